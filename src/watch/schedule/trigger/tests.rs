//! The texts of triggers: what they say, that every word stays one word, and the order that the format of tasks wants.

use std::path::PathBuf;

use proptest::prelude::*;

use super::*;
use crate::watch::schedule::{differences, leaves};

fn trigger(kind: TriggerKind, program: &str, arguments: &[&str]) -> Trigger {
    Trigger {
        kind,
        program: program.to_owned(),
        arguments: arguments.iter().map(|&word| word.to_owned()).collect(),
        account: None,
        state: PathBuf::from("/var/lib/s2scert"),
        writes: Vec::new(),
        rolls: false,
    }
}

fn text(trigger: &Trigger) -> String {
    trigger.texts().unwrap_or_else(|error| panic!("{error}")).swap_remove(0).text
}

#[test]
fn a_word_stays_one_word_whoever_reads_it() {
    for (kind, program, argument, line) in [
        (TriggerKind::Cron, "/usr/bin/s2scert", "/etc/s2s/w.toml", "root /usr/bin/s2scert /etc/s2s/w.toml >/dev/null"),
        (TriggerKind::Cron, "/opt/a b/s2scert", "50%", r"root '/opt/a b/s2scert' '50\%' >/dev/null"),
        (
            TriggerKind::Cron,
            "/usr/bin/s2scert",
            "it's $HOME `id`",
            r"root /usr/bin/s2scert 'it'\''s $HOME `id`' >/dev/null",
        ),
        (TriggerKind::Systemd, "/usr/bin/s2scert", "/etc/w.toml", "ExecStart=/usr/bin/s2scert /etc/w.toml\n"),
        (TriggerKind::Systemd, "/opt/a b/s2scert", "50% $HOME", "ExecStart=\"/opt/a b/s2scert\" \"50%% $$HOME\"\n"),
        (TriggerKind::Systemd, "/usr/bin/s2scert", "a\"b\\c", "ExecStart=/usr/bin/s2scert \"a\\\"b\\\\c\"\n"),
        (
            TriggerKind::Task,
            r"C:\Program Files\s2scert\s2scert.exe",
            r"C:\a b\w.toml",
            "<Command>C:\\Program Files\\s2scert\\s2scert.exe</Command>\n      <Arguments>&quot;C:\\a b\\w.toml&quot;</Arguments>",
        ),
        (
            TriggerKind::Task,
            r"C:\s2scert.exe",
            r#"a & <b> "c\"#,
            r#"<Arguments>&quot;a &amp; &lt;b&gt; \&quot;c\\&quot;</Arguments>"#,
        ),
    ] {
        let text = text(&trigger(kind, program, &[argument]));
        assert!(text.contains(line), "{line}\n{text}");
    }
}

#[test]
fn what_a_text_cannot_hold_is_refused() {
    for (kind, program, account) in [
        (TriggerKind::Cron, "/usr/bin/s2\nscert", None),
        (TriggerKind::Systemd, "/usr/bin/s2scert\r", None),
        (TriggerKind::Task, "C:\\s2scert.exe\0", None),
        (TriggerKind::Cron, "/usr/bin/s2scert", Some("root /bin/sh #")),
        (TriggerKind::Systemd, "/usr/bin/s2scert", Some("a\nExecStart=/bin/sh")),
    ] {
        let trigger = Trigger { account: account.map(str::to_owned), ..trigger(kind, program, &[]) };
        assert!(trigger.texts().is_err(), "{trigger:?}");
    }
}

#[test]
fn a_service_gets_what_it_needs_and_nothing_else() {
    let plain = text(&trigger(TriggerKind::Systemd, "/usr/bin/s2scert", &["watch"]));
    assert!(
        plain.contains("StateDirectory=s2scert\n") && plain.contains("CapabilityBoundingSet=CAP_DAC_READ_SEARCH\n")
    );
    assert!(!plain.contains("ReadWritePaths") && !plain.contains("User=") && plain.contains("PrivateTmp=yes\n"));
    let other = text(&Trigger {
        account: Some("s2scert".to_owned()),
        state: PathBuf::from("/srv/state of s2s"),
        writes: vec![PathBuf::from("/mnt/beat")],
        ..trigger(TriggerKind::Systemd, "/usr/bin/s2scert", &["/tmp/w.toml"])
    });
    for line in [
        "User=s2scert\n",
        "CapabilityBoundingSet=\n",
        "ReadWritePaths=\"/srv/state of s2s\"\n",
        "ReadWritePaths=-/mnt/beat\n",
        "PrivateTmp=no\n",
    ] {
        assert!(other.contains(line), "{line}\n{other}");
    }
    assert!(!other.contains("StateDirectory"));
}

/// The order of the sequences in the published schema; everything else may stand in any order there.
const SEQUENCES: &[(&str, &[&str])] = &[
    ("BootTrigger", &["Enabled", "StartBoundary", "EndBoundary", "Repetition", "ExecutionTimeLimit", "Delay"]),
    ("TimeTrigger", &["Enabled", "StartBoundary", "EndBoundary", "Repetition", "ExecutionTimeLimit", "RandomDelay"]),
];
/// The elements that the published schema knows in each place that is used.
const KNOWN: &[(&str, &[&str])] = &[
    ("Task", &["RegistrationInfo", "Triggers", "Settings", "Data", "Principals", "Actions"]),
    (
        "RegistrationInfo",
        &["URI", "SecurityDescriptor", "Source", "Date", "Author", "Version", "Description", "Documentation"],
    ),
    ("Triggers", &["BootTrigger", "TimeTrigger"]),
    ("Repetition", &["Interval", "Duration", "StopAtDurationEnd"]),
    ("Principals", &["Principal"]),
    ("Principal", &["UserId", "LogonType", "GroupId", "DisplayName", "RunLevel"]),
    (
        "Settings",
        &[
            "AllowStartOnDemand",
            "RestartOnFailure",
            "MultipleInstancesPolicy",
            "DisallowStartIfOnBatteries",
            "StopIfGoingOnBatteries",
            "AllowHardTerminate",
            "StartWhenAvailable",
            "NetworkProfileName",
            "RunOnlyIfNetworkAvailable",
            "WakeToRun",
            "Enabled",
            "Hidden",
            "DeleteExpiredTaskAfter",
            "IdleSettings",
            "NetworkSettings",
            "ExecutionTimeLimit",
            "Priority",
            "RunOnlyIfIdle",
        ],
    ),
    ("RestartOnFailure", &["Interval", "Count"]),
    ("Actions", &["Exec"]),
    ("Exec", &["Command", "Arguments", "WorkingDirectory"]),
];

#[test]
fn a_task_has_only_known_elements_each_once_and_in_the_order_of_the_format() {
    for account in [None, Some("CONTOSO\\s2scert$".to_owned())] {
        let trigger = Trigger { account, ..trigger(TriggerKind::Task, "C:\\s2scert.exe", &["watch", "--once"]) };
        let leaves = leaves(&text(&trigger)).unwrap_or_else(|| panic!("no XML"));
        let mut children: Vec<(String, Vec<String>)> = Vec::new();
        for leaf in &leaves {
            let names: Vec<&str> = leaf.place.split('/').collect();
            for pair in names.windows(2) {
                let at = children.iter().position(|(parent, _)| parent == pair[0]);
                let at = at.unwrap_or_else(|| {
                    children.push((pair[0].to_owned(), Vec::new()));
                    children.len() - 1
                });
                let known = &mut children[at].1;
                if known.last().is_none_or(|last| last != pair[1]) {
                    assert!(!known.iter().any(|one| one == pair[1]), "{} stands twice in {}", pair[1], pair[0]);
                    known.push(pair[1].to_owned());
                }
            }
        }
        for (parent, names) in &children {
            if let Some((_, order)) = SEQUENCES.iter().find(|(name, _)| name == parent) {
                let places: Vec<usize> = names
                    .iter()
                    .map(|name| order.iter().position(|one| one == name).unwrap_or_else(|| panic!("{parent}/{name}")))
                    .collect();
                assert!(places.is_sorted(), "{parent}: {names:?}");
            } else {
                let (_, known) = KNOWN.iter().find(|(name, _)| name == parent).unwrap_or_else(|| panic!("{parent}"));
                for name in names {
                    assert!(known.contains(&name.as_str()), "{parent}/{name}");
                }
            }
        }
        let value = |place: &str| leaves.iter().find(|leaf| leaf.place == place).map(|leaf| leaf.text.clone());
        assert_eq!(value("Task/Settings/StartWhenAvailable").as_deref(), Some("true"));
        assert_eq!(value("Task/Settings/MultipleInstancesPolicy").as_deref(), Some("IgnoreNew"));
        assert_eq!(value("Task/Triggers/TimeTrigger/Repetition/Interval").as_deref(), Some("PT15M"));
        assert_eq!(value("Task/Actions/Exec/Arguments").as_deref(), Some("watch --once"));
    }
}

#[test]
fn a_task_that_somebody_changed_is_told_from_one_that_windows_wrote_in_its_own_way() {
    let written = text(&trigger(TriggerKind::Task, "C:\\s2scert.exe", &["watch", "--once"]));
    assert_eq!(differences(&written, &written), Vec::<String>::new());
    // Windows leaves out what is the default, changes the order and adds what it knows.
    let windows = written
        .replace("      <Enabled>true</Enabled>\n      <StartBoundary>", "      <StartBoundary>")
        .replace("    <Enabled>true</Enabled>\n", "")
        .replace("<RegistrationInfo>", "<RegistrationInfo>\n    <Date>2026-11-25T12:00:00</Date>")
        .replace("\"UTF-16\"", "\"UTF-16\" standalone=\"yes\"");
    assert_eq!(differences(&written, &windows), Vec::<String>::new());
    for (from, to, said) in [
        ("    <Enabled>true</Enabled>\n", "    <Enabled>false</Enabled>\n", "whether it is enabled"),
        ("<StartWhenAvailable>true</StartWhenAvailable>", "", "whether a missed call is made up for"),
        ("PT15M", "PT12H", "how often it calls"),
        ("S-1-5-18", "S-1-5-21-1-2-3-1001", "as whom it runs"),
        ("C:\\s2scert.exe", "C:\\other.exe", "what it starts"),
        ("watch --once", "version", "with which arguments"),
        ("IgnoreNew", "Parallel", "what happens to a second call"),
        ("<StopAtDurationEnd>", "<Duration>P1D</Duration><StopAtDurationEnd>", "for how long it goes on calling"),
    ] {
        assert!(written.contains(from), "{from}");
        let changed = differences(&written, &written.replace(from, to));
        assert!(changed.iter().any(|one| one.starts_with(said)), "{from}: {changed:?}");
    }
    assert_eq!(differences(&written, "<html>"), ["the task cannot be read"]);
}

proptest! {
    /// Whatever a program of the scheduler prints, it is read or not, and nothing breaks.
    #[test]
    fn any_text_is_read_as_xml_or_not(text in "[<>/?!&;a-z#x0-9\" -]{0,200}") {
        let _ = leaves(&text);
    }

    #[test]
    fn any_value_comes_back_from_a_task(argument in "[ -~\u{e4}\u{20ac}]{1,40}") {
        let text = text(&trigger(TriggerKind::Task, "C:\\s2scert.exe", &[&argument]));
        let leaves = leaves(&text).unwrap_or_default();
        let found = leaves.iter().find(|leaf| leaf.place.ends_with("/Arguments")).map(|leaf| words(&leaf.text));
        prop_assert_eq!(found, Some(vec![argument]));
    }
}

/// Splits a command line as programs of Windows do (CommandLineToArgvW), written from its description.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut inside, mut any) = (Vec::new(), String::new(), false, false);
    let chars: Vec<char> = line.chars().collect();
    let mut at = 0;
    while at < chars.len() {
        let run = chars[at..].iter().take_while(|c| **c == '\\').count();
        if run > 0 {
            any = true;
            at += run;
            let quote = chars.get(at) == Some(&'"');
            word.extend(std::iter::repeat_n('\\', if quote { run / 2 } else { run }));
            if quote && run % 2 == 1 {
                word.push('"');
                at += 1;
            }
            continue;
        }
        match chars[at] {
            '"' => (inside, any) = (!inside, true),
            ' ' | '\t' if !inside => {
                if any {
                    words.push(std::mem::take(&mut word));
                }
                any = false;
            }
            c => {
                word.push(c);
                any = true;
            }
        }
        at += 1;
    }
    if any {
        words.push(word);
    }
    words
}
