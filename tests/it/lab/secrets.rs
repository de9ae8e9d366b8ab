//! Where the password and the PFX of a whole roll are looked for: files, processes, what was printed, what PowerShell was given.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::canary::holds;
use crate::lab_farm::Folder;
use crate::standin::World;

/// How often the processes of the machine are looked at.
const POLL: Duration = Duration::from_millis(25);
/// Larger files are programs: what a roll writes is smaller.
const LARGEST: u64 = 4 << 20;
/// So many octets of the PFX tell it.
const SAMPLE: usize = 48;

fn password(lab: &Folder) -> String {
    std::fs::read_to_string(lab.path("new.pass")).unwrap().trim().to_owned()
}

/// Looks at arguments and environment of every process while a roll goes on.
pub(super) struct Watcher {
    over: Arc<AtomicBool>,
    thread: JoinHandle<(usize, Vec<String>)>,
}

impl Watcher {
    pub(super) fn begin(lab: &Folder) -> Self {
        let (secret, over) = (password(lab), Arc::new(AtomicBool::new(false)));
        let ended = Arc::clone(&over);
        let thread = std::thread::spawn(move || {
            let (mut seen, mut found) = (0, Vec::new());
            while !ended.load(Ordering::Relaxed) {
                for process in std::fs::read_dir("/proc").unwrap().flatten() {
                    for part in ["cmdline", "environ"] {
                        // Processes end while they are looked at.
                        let Ok(told) = std::fs::read(process.path().join(part)) else { continue };
                        seen += usize::from(part == "cmdline" && told.windows(7).any(|word| word == b"s2scert"));
                        if holds(&told, &secret) {
                            found.push(format!("{}/{part}", process.path().display()));
                        }
                    }
                }
                std::thread::sleep(POLL);
            }
            (seen, found)
        });
        Self { over, thread }
    }

    pub(super) fn end(self) {
        self.over.store(true, Ordering::Relaxed);
        let (seen, found) = self.thread.join().unwrap();
        assert!(seen > 0, "no process of the roll was looked at");
        assert_eq!(found, Vec::<String>::new());
    }
}

/// The password stands in its own file, and the PFX in its own, and neither anywhere else: not in what was printed, in no file of
/// the farm and of the operators, in nothing that was handed to PowerShell.
pub(super) fn are_nowhere(lab: &Folder, printed: &[&[u8]]) {
    let (secret, pfx) = (password(lab), std::fs::read(lab.path("new.pfx")).unwrap());
    let sample = &pfx[pfx.len() / 2..pfx.len() / 2 + SAMPLE];
    assert!(holds(&std::fs::read(lab.path("new.pass")).unwrap(), &secret), "the search finds it where it is");
    for text in printed {
        assert!(!holds(text, &secret), "it was printed");
    }
    let mut searched = 0;
    for path in super::operator::below(&lab.0) {
        let small = std::fs::metadata(&path).is_ok_and(|found| found.is_file() && found.len() <= LARGEST);
        let own = [lab.path("new.pass"), lab.path("new.pfx")].contains(&path);
        let Ok(octets) = std::fs::read(Path::new(&path)) else { continue };
        if !small || own {
            continue;
        }
        searched += 1;
        assert!(!holds(&octets, &secret), "{} holds the password", path.display());
        assert!(!octets.windows(SAMPLE).any(|window| window == sample), "{} holds the PFX", path.display());
    }
    assert!(searched > 20, "{searched} files");
    // The one-use passwords of the PFX that were sealed anew go in by standard input, and in no other way.
    let record = World::Shared(lab.world()).record();
    let given = record.iter().filter_map(|entry| entry["parameters"]["password"].as_str());
    let given: Vec<&str> = given.filter(|one| !one.is_empty()).collect();
    assert!(!given.is_empty(), "the script was given no password");
    for entry in record.iter().filter(|entry| entry["started"].is_array()) {
        let told = format!("{}{}", entry["started"], entry["environment"]);
        assert!(!given.iter().any(|one| holds(told.as_bytes(), one)), "an argument or the environment of PowerShell");
    }
}
