//! Whole processes against the `openssl` program, in interleaved pairs within one run, reported as ratios.
//!
//! `cargo bench --bench whole_process [-- PAIRS]`. A ratio below 1 means that s2scert is faster. The interval is a 95 %
//! bootstrap interval of the ratio of medians. Absolute times are reported with the machine and compared with nothing.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measuring program: it prints, and a failed step ends it"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "a measuring program starts processes, reads files and the clock itself"
)]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const OURS: &str = env!("CARGO_BIN_EXE_s2scert");

/// Enough that the lottery of the prime search shows its middle.
const PAIRS: usize = 120;

/// Files in the folder that `check` walks, and those on which the loop over openssl is timed.
const FOLDER: usize = 100_000;
const LOOPED: usize = 1_000;

fn main() {
    let pairs = std::env::args().skip(1).find_map(|text| text.parse().ok()).unwrap_or(PAIRS);
    if Command::new("openssl").arg("version").stdout(Stdio::null()).status().is_err() {
        println!("skipped: openssl not found");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    fs::write(dir.join("pass"), "correct horse battery staple\n").unwrap();
    println!("machine: {} cores; {pairs} interleaved pairs each", std::thread::available_parallelism().unwrap());

    report("issue, new RSA 2048 key", pairs, || ours(dir, &issue(&[])), || openssl_issue(dir, true));
    report("issue, given key", pairs, || ours(dir, &issue(&["--key-file", "given.key"])), || openssl_issue(dir, false));
    report(
        "inspect of a certificate against x509 -text",
        pairs,
        || ours(dir, &["inspect", "ours.cer"]),
        || openssl(dir, &["x509", "-in", "ours.cer", "-inform", "DER", "-text", "-noout"]),
    );
    check_folder(dir);
}

fn issue<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let fixed = [
        "issue",
        "--subject",
        "CN=crm.contoso.com,O=Contoso",
        "--out",
        "ours.pfx",
        "--password-file",
        "pass",
        "--force",
    ];
    fixed.iter().chain(more).copied().collect()
}

fn openssl_issue(dir: &Path, new_key: bool) -> Duration {
    let subject = ["-x509", "-sha256", "-days", "365", "-subj", "/O=Contoso/CN=crm.contoso.com", "-out", "theirs.pem"];
    let key: &[&str] =
        if new_key { &["-newkey", "rsa:2048", "-nodes", "-keyout", "given.key"] } else { &["-key", "given.key"] };
    let request: Vec<&str> = ["req"].iter().chain(&subject).chain(key).copied().collect();
    let pfx = [
        "pkcs12",
        "-export",
        "-inkey",
        "given.key",
        "-in",
        "theirs.pem",
        "-out",
        "theirs.pfx",
        "-passout",
        "file:pass",
        "-keypbe",
        "PBE-SHA1-3DES",
        "-certpbe",
        "PBE-SHA1-3DES",
        "-macalg",
        "sha1",
        "-iter",
        "2000",
    ];
    openssl(dir, &request) + openssl(dir, &pfx)
}

fn check_folder(dir: &Path) {
    let many = dir.join("many");
    fs::create_dir(&many).unwrap();
    let der = fs::read(dir.join("ours.cer")).unwrap();
    let pem = fs::read(dir.join("theirs.pem")).unwrap();
    for number in 0..FOLDER {
        let (name, bytes) =
            if number % 2 == 0 { (format!("{number}.cer"), &der) } else { (format!("{number}.pem"), &pem) };
        fs::write(many.join(name), bytes).unwrap();
    }
    let (ours, peak) = ours_with_peak(dir, &["check", "many", "--policy", "evaluation", "--json"]);
    let started = Instant::now();
    for number in 0..LOOPED {
        let (name, form) =
            if number % 2 == 0 { (format!("many/{number}.cer"), "DER") } else { (format!("many/{number}.pem"), "PEM") };
        openssl(
            dir,
            &["x509", "-in", &name, "-inform", form, "-noout", "-subject", "-enddate", "-checkend", "2592000"],
        );
    }
    let loop_time = started.elapsed() * u32::try_from(FOLDER / LOOPED).unwrap();
    let few = dir.join("few");
    fs::create_dir(&few).unwrap();
    for number in 0..LOOPED {
        fs::write(few.join(format!("{number}.cer")), &der).unwrap();
    }
    let (_, small_peak) = ours_with_peak(dir, &["check", "few", "--policy", "evaluation", "--json"]);
    println!(
        "check of {FOLDER} files: {:.2} s, {:.0} times faster than a loop over openssl x509 ({LOOPED} timed, scaled); peak memory \
         {} KiB, for {LOOPED} files {} KiB",
        ours.as_secs_f64(),
        loop_time.as_secs_f64() / ours.as_secs_f64(),
        peak,
        small_peak
    );
}

fn report(what: &str, pairs: usize, mut ours: impl FnMut() -> Duration, mut theirs: impl FnMut() -> Duration) {
    // Once each before the clock counts: caches, and files that later steps need.
    theirs();
    ours();
    let (mut a, mut b) = (Vec::new(), Vec::new());
    for _ in 0..pairs {
        a.push(ours().as_secs_f64());
        b.push(theirs().as_secs_f64());
    }
    let (low, high) = bootstrap(&a, &b);
    println!(
        "{what}: ratio {:.3} (95 % {low:.3} to {high:.3}); medians {:.1} ms and {:.1} ms",
        median(&a) / median(&b),
        median(&a) * 1e3,
        median(&b) * 1e3
    );
}

fn bootstrap(a: &[f64], b: &[f64]) -> (f64, f64) {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut draw = |values: &[f64]| {
        let sample: Vec<f64> = (0..values.len())
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                values[usize::try_from(state % values.len() as u64).unwrap()]
            })
            .collect();
        median(&sample)
    };
    let mut ratios: Vec<f64> = (0..2_000).map(|_| draw(a) / draw(b)).collect();
    ratios.sort_by(f64::total_cmp);
    (ratios[50], ratios[1_949])
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

fn ours(dir: &Path, arguments: &[&str]) -> Duration {
    timed(Command::new(OURS).args(arguments).current_dir(dir))
}

fn openssl(dir: &Path, arguments: &[&str]) -> Duration {
    timed(Command::new("openssl").args(arguments).current_dir(dir))
}

fn timed(command: &mut Command) -> Duration {
    let started = Instant::now();
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    let elapsed = started.elapsed();
    assert!(status.success(), "{command:?} failed");
    elapsed
}

/// Runs s2scert and watches the peak of its resident memory in KiB; 0 where the system does not tell.
fn ours_with_peak(dir: &Path, arguments: &[&str]) -> (Duration, u64) {
    let started = Instant::now();
    let mut child = Command::new(OURS).args(arguments).current_dir(dir).stdout(Stdio::null()).spawn().unwrap();
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        peak = line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(peak);
        std::thread::sleep(Duration::from_millis(2));
    }
    (started.elapsed(), peak)
}
