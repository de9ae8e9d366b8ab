//! `watch` and `alert`: what is seen, who is told, what is remembered and answered.

use std::fs::File;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::shell::Shell;

const SETTINGS: &str = "format = \"1.0\"
name = \"crm01\"
paths = [\"farm\"]
passwords = [{ file = \"pass\" }]

[ladder]
thresholds = [\"400d\", \"30d\", \"7d\", \"1d\"]

[[file]]
name = \"drop\"
folder = \"drop\"
";

/// Puts files into a folder, as if they had stood there since yesterday.
fn folder(shell: &Shell, name: &str, files: &[&str]) {
    let folder = shell.folder().join(name);
    std::fs::create_dir(&folder).unwrap();
    for file in files {
        std::fs::copy(shell.folder().join(file), folder.join(file)).unwrap();
        age(&folder.join(file));
    }
}

fn age(path: &Path) {
    let yesterday = SystemTime::now() - Duration::from_secs(86_400);
    File::options().write(true).open(path).unwrap().set_modified(yesterday).unwrap();
}

#[test]
fn watch() {
    let mut shell = Shell::new();
    folder(&shell, "farm", &["chain.pfx", "expired.cer", "notes.txt", "damaged.pem"]);
    folder(&shell, "later", &["leaf.cer"]);
    std::fs::create_dir(shell.folder().join("drop")).unwrap();
    shell
        .says("Without settings: only who reads this is told.")
        .run("s2scert watch --once later")
        .file("quiet.toml", "format = \"1.0\"\nname = \"crm01\"\n")
        .run("s2scert watch --once later --config quiet.toml --json")
        .run("s2scert watch --once expired.cer")
        .run("s2scert watch --once expired.cer --format table")
        .run("s2scert watch --once expired.cer --format nagios")
        .run("s2scert watch --once later --format nagios")
        .says("A pattern, and a certificate store.")
        .run("s2scert watch --once 'la*/*.cer'")
        .run("s2scert install chain.pfx --password-file pass --store-dir stores")
        .file("stores.toml", "format = \"1.0\"\nname = \"crm01\"\n\n[ladder]\nthresholds = [\"3000d\"]\n\n[[store]]\nplace = { folder = \"stores\" }\n")
        .run("s2scert watch --once --config stores.toml")
        .run("s2scert watch --once chain.pfx --password-file pass --policy production")
        .run("PASS=Transkript-1 s2scert watch --once chain.pfx --password-env PASS")
        .run("s2scert watch --once chain.pfx --password-stdin < pass")
        .run("s2scert watch --once chain.pfx --password-command 'cat pass'")
        .file("watch.toml", SETTINGS)
        .says("A channel: told once, and then only what is new.")
        .run("s2scert alert list --state-dir state")
        .run("s2scert watch --once --config watch.toml --state-dir state")
        .run("s2scert watch --once --config watch.toml --state-dir state")
        .run("s2scert watch --once --config watch.toml --state-dir state --json")
        .run("s2scert alert list --state-dir state")
        .run_to("s2scert alert list --state-dir state --json", 12)
        .run("s2scert alert ack unreadable/farm/damaged.pem --by Ada --note 'asked the other team' --state-dir state")
        .run_to("s2scert alert ack unreadable/farm/damaged.pem --by Ada --state-dir state --json", 4)
        .run("s2scert alert snooze unreadable/farm/damaged.pem --until 3d --by Ada --note 'new one on Friday' --state-dir state")
        .run_to("s2scert alert snooze unreadable/farm/damaged.pem --until 30d --state-dir state --json", 4)
        .run("s2scert alert history --most 3 --state-dir state")
        .run_to("s2scert alert history --state-dir state --json", 6)
        .run("s2scert alert test drop --config watch.toml")
        .run("s2scert alert test drop --config watch.toml --json")
        .compare("watch");
}

const SCHEDULED: &str = "format = \"1.0\"
zone = \"Europe/Berlin\"
paths = [\"later\"]
passwords = [{ env = \"PFX_PASSWORD\" }]

[schedule]
cron = \"0 7 * * *\"

[heartbeat]
file = \"beat.json\"
";

const WATCHED: &str = "format = \"1.0\"
name = \"contoso\"

[watcher]
name = \"ops\"
owner = \"Identity team\"
schedule = \"0 7 * * *\"
heartbeat = \"lives.json\"
";

const SILENT: &str = "{ \"schema\": \"s2scert.heartbeat/1.0\", \"name\": \"ops\", \"machine\": \"ops01\",
  \"ended\": \"2026-01-01T06:00:05Z\", \"exit_code\": 0, \"alerts\": 0, \"delivered\": 0, \"failed\": 0,
  \"next\": \"2026-01-02T06:00:00Z\" }
";

#[test]
fn schedule() {
    let mut shell = Shell::new();
    folder(&shell, "later", &["leaf.cer"]);
    shell
        .file("watch.toml", SCHEDULED)
        .says("What the trigger of the machine calls every 15 minutes: the first time something is due.")
        .run("PFX_PASSWORD=x s2scert watch --once --if-due --config watch.toml --state-dir state")
        .run("PFX_PASSWORD=x s2scert watch --once --if-due --config watch.toml --state-dir state")
        .run("PFX_PASSWORD=x s2scert watch --once --if-due --config watch.toml --state-dir state --json")
        .says("What would be installed. Nothing is changed without a yes.")
        .run_to("s2scert schedule show --kind systemd --config watch.toml --state-dir state", 62)
        .run_to("s2scert schedule show --kind cron --account s2scert --config watch.toml --state-dir state", 8)
        .run_to("s2scert schedule show --kind task --config watch.toml --state-dir state --json", 8)
        .run_to("s2scert schedule install --kind cron --config watch.toml --state-dir state", 4)
        .run_to("s2scert schedule install --kind systemd --config watch.toml --state-dir state --json", 8)
        .run_to(
            "s2scert schedule install --kind task --account 'CONTOSO\\s2scert$' --config watch.toml --state-dir state",
            2,
        )
        .run("s2scert schedule check --config watch.toml --state-dir state")
        .run_to("s2scert schedule check --config watch.toml --state-dir state --json", 6)
        .run("s2scert schedule remove --state-dir state")
        .run("s2scert schedule remove --state-dir state --json")
        .says("One watch of the farm sends; this one looks only whether that one lives. So does every command that reads farm.toml.")
        .file("farm.toml", WATCHED)
        .file("standby.toml", "format = \"1.0\"\nname = \"crm02\"\npaths = [\"later\"]\n\n[farm]\nfile = \"farm.toml\"\n")
        .run("s2scert watch --once --config standby.toml --state-dir standby")
        .file("lives.json", SILENT)
        .run("s2scert watch --once --config standby.toml --state-dir standby")
        .run_to("s2scert farm check --farm farm.toml", 1)
        .compare("schedule");
}

#[test]
fn schedule_errors() {
    let mut shell = Shell::new();
    shell
        .file("never.toml", "format = \"1.0\"\npaths = [\"leaf.cer\"]\n")
        .run("s2scert watch --once --if-due")
        .run("s2scert watch --once --if-due --config never.toml --state-dir state")
        .run("s2scert watch --stay --config never.toml --state-dir state")
        .run("s2scert watch --stay --once --config never.toml")
        .run("s2scert watch --once --if-due --format table --config never.toml")
        .file("february.toml", "format = \"1.0\"\n[schedule]\ncron = \"0 7 30 2 *\"\n")
        .run("s2scert watch --once --if-due --config february.toml")
        .file("six.toml", "format = \"1.0\"\n[schedule]\ncron = \"0 0 7 * * *\"\n")
        .run("s2scert watch --once --if-due --config six.toml")
        .file("watch.toml", SCHEDULED)
        .run("s2scert schedule show --config never.toml --kind cron --state-dir state")
        .run("s2scert schedule install --config watch.toml --kind task --state-dir state --yes")
        .run("s2scert schedule install --config watch.toml --kind cron --account s2scert --state-dir state --yes")
        .run("s2scert schedule show --config watch.toml --kind cron --account 'root /bin/sh' --state-dir state")
        .run("s2scert schedule show --config watch.toml --kind launchd --state-dir state")
        .file("farm.toml", &WATCHED.replace("0 7 * * *", "at seven"))
        .file("of-farm.toml", "format = \"1.0\"\n[farm]\nfile = \"farm.toml\"\n")
        .run("s2scert watch --once --if-due --config of-farm.toml --state-dir state")
        .run("s2scert schedule check --config no-such.toml --state-dir state")
        .run("s2scert schedule remove --state-dir notes.txt --yes")
        .file("due.toml", "format = \"1.0\"\npaths = [\"leaf.cer\"]\n[schedule]\ncron = \"0 7 * * *\"\n")
        .run("s2scert watch --once --if-due --config due.toml --state-dir state");
    std::fs::write(shell.folder().join("state/trigger.json"), "{").unwrap();
    shell
        .says("A record that is damaged.")
        .run("s2scert schedule check --config watch.toml --state-dir state")
        .run("s2scert schedule remove --state-dir state")
        .compare("schedule-errors");
}

#[test]
fn watch_errors() {
    let mut shell = Shell::new();
    let waiver = "format = \"1.0\"\n\n[[waiver]]\nrule = \"valid-now\"\nsubject = \"CN=crm.*\"\nowner = \"PKI team\"\nreason = \"Ordered.\"\nuntil = \"2026-01-01\"\n";
    shell
        .run("s2scert watch")
        .run("s2scert watch --once")
        .run("s2scert watch --once --format nagios")
        .run("s2scert watch --format nagios")
        .run("s2scert watch --once -")
        .run("s2scert watch --once no-such-folder")
        .run("s2scert watch --once 'no-such-folder/*.pfx'")
        .run("s2scert watch --once '*.none'")
        .run("s2scert watch --once tls://crm.contoso.com/page")
        .run("s2scert watch --once tls://127.0.0.1:1")
        .file("elsewhere.toml", "format = \"1.0\"\n\n[farm]\nfile = \"no-such-farm.toml\"\n")
        .run("s2scert watch --once --config elsewhere.toml")
        .run("s2scert watch --once leaf.cer --config no-such.toml")
        .run("s2scert watch --once leaf.cer --config garbage.pfx")
        .file("newer.toml", "format = \"2.0\"\n")
        .run("s2scert watch --once leaf.cer --config newer.toml")
        .run("s2scert watch --once leaf.cer --config newer.toml --json")
        .file("wrong.toml", "format = \"1.0\"\n[ladder]\nthresholds = [\"soon\"]\n")
        .run("s2scert watch --once leaf.cer --config wrong.toml")
        .file("secret.toml", "format = \"1.0\"\npasswords = [\"Geheim-Geheim\"]\n")
        .says("A secret that stands there by mistake is not repeated.")
        .run("s2scert watch --once leaf.cer --config secret.toml")
        .file("over.toml", waiver)
        .run("s2scert watch --once leaf.cer --policy baseline --waivers over.toml")
        .says("Nothing can be rolled where no farm is named.")
        .file("no-farm.toml", "format = \"1.0\"\n")
        .run("s2scert watch --once --rotate leaf.cer --config no-farm.toml")
        .says("Nobody can be told: the folder is missing.")
        .file("deaf.toml", "format = \"1.0\"\n\n[[file]]\nname = \"drop\"\nfolder = \"no-such-folder\"\n")
        .run("s2scert watch --once expired.cer --config deaf.toml --state-dir state")
        .run("s2scert watch --once expired.cer --config deaf.toml --state-dir state --format nagios")
        .run("s2scert alert test drop --config deaf.toml")
        .run("s2scert alert test mail --config deaf.toml")
        .run("s2scert alert test mail --config newer.toml")
        .file("authority.toml", "format = \"1.0\"\n\n[[webhook]]\nname = \"hook\"\nurl = \"https://127.0.0.1:9/\"\nauthorities = \"leaf.key\"\n\n[[webhook]]\nname = \"other\"\nurl = \"https://127.0.0.1:9/\"\nauthorities = \"notes.txt\"\n")
        .run("s2scert alert test hook --config authority.toml")
        .run("s2scert alert test other --config authority.toml")
        .run("s2scert alert list --state-dir notes.txt")
        .run("s2scert alert history --state-dir notes.txt")
        .run("s2scert alert ack 0000 --state-dir state")
        .run("s2scert alert ack 0000 --state-dir no-such-folder")
        .run("s2scert alert snooze 0000 --until 3d --state-dir state")
        .run("s2scert alert snooze 0000 --until tomorrow --state-dir state")
        .run("s2scert alert snooze 0000 --until 400d --state-dir state")
        .run("s2scert alert ack 0000 --by '' --state-dir state")
        .compare("watch-errors");
}
