//! The service and the timer of systemd.

use std::fmt::Write as _;
use std::path::Path;

use super::TRIGGER_MINUTES;
use super::trigger::{ROLL_HOURS, SERVICE, Trigger};

/// The state folder of root, which systemd makes by itself under this name.
const STATE_FOLDER: &str = "/var/lib/s2scert";

/// What holds for every service of ours: nothing of the machine can be changed but the folders that are named, no new right can be
/// had, and only the network and the file system are reached.
const HARDENED: &str = "\
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=read-only
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
UMask=0077
";

/// Returns the service.
pub(super) fn service(trigger: &Trigger) -> String {
    let mut text = String::from(
        "# Written by s2scert schedule install. When the watch really looks is decided by watch.toml.\n[Unit]\n\
         Description=Certificate watch of s2scert\nWants=network-online.target\nAfter=network-online.target\n\n\
         [Service]\nType=oneshot\n",
    );
    let words: Vec<String> =
        std::iter::once(&trigger.program).chain(&trigger.arguments).map(|word| quoted(word, true)).collect();
    let _ = writeln!(text, "ExecStart={}", words.join(" "));
    // What the watch has told is no failure of the service: an alert, or a source that cannot be read, which is an alert, too.
    let hours = if trigger.rolls { ROLL_HOURS } else { 1 };
    let _ = writeln!(text, "SuccessExitStatus=4 6 7 8\nTimeoutStartSec={hours}h");
    match &trigger.account {
        Some(user) => {
            let _ = writeln!(text, "User={}", quoted(user, false));
            text.push_str("CapabilityBoundingSet=\n");
        }
        None => {
            // Root may read what it does not own; it writes elsewhere only where a folder is named.
            let writes = if trigger.writes.is_empty() { "" } else { " CAP_DAC_OVERRIDE" };
            let _ = writeln!(text, "CapabilityBoundingSet=CAP_DAC_READ_SEARCH{writes}");
        }
    }
    if trigger.state == Path::new(STATE_FOLDER) {
        text.push_str("StateDirectory=s2scert\nStateDirectoryMode=0700\n");
    } else {
        let _ = writeln!(text, "ReadWritePaths={}", quoted(&trigger.state.display().to_string(), false));
    }
    for folder in &trigger.writes {
        // One that is missing is said by the watch; it must not keep the watch from looking.
        let _ = writeln!(text, "ReadWritePaths=-{}", quoted(&folder.display().to_string(), false));
    }
    let below = |path: &str, folder: &str| Path::new(path).starts_with(folder);
    let shared = trigger.arguments.iter().any(|word| below(word, "/tmp") || below(word, "/var/tmp"));
    let _ = writeln!(text, "PrivateTmp={}", if shared { "no" } else { "yes" });
    text.push_str(HARDENED);
    text
}

/// Returns the timer. A call that was missed is made up for.
pub(super) fn timer() -> String {
    format!(
        "# Written by s2scert schedule install. When the watch really looks is decided by watch.toml.\n[Unit]\n\
         Description=Calls the certificate watch of s2scert every {TRIGGER_MINUTES} minutes\n\n\
         [Timer]\nOnBootSec=2min\nOnCalendar=*:00/{TRIGGER_MINUTES}\nPersistent=true\nAccuracySec=30s\nUnit={SERVICE}\n\n\
         [Install]\nWantedBy=timers.target\n"
    )
}

/// Writes a word so that systemd takes it as one: specifiers, quotes and, on a command line, variables are taken away their meaning.
fn quoted(word: &str, command: bool) -> String {
    let mut escaped = word.replace('\\', r"\\").replace('"', "\\\"").replace('%', "%%");
    if command {
        escaped = escaped.replace('$', "$$");
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@=,%".contains(c);
    if !escaped.is_empty() && escaped.chars().all(plain) { escaped } else { format!("\"{escaped}\"") }
}
