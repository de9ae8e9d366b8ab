//! watch.toml: what is read, what is refused, and that no secret is repeated.

use super::*;
use crate::farm::store::StoreName;

const WHOLE: &str = r#"
format = "1.0"
name = "crm01"
paths = ["certs"]
policy = "production"
zone = "Europe/Berlin"
passwords = [{ file = "pass" }]

[ladder]
thresholds = ["60d", "10%", "36h"]
critical = "5d"

[act_by]
lead = "10d"

[[freeze]]
reason = "year end"
from = "2026-12-20"
until = "2027-01-03"

[escalation]
after = "24h"

[heartbeat]
file = "beat.json"
ping = "https://watch.contoso.com/ping/1"

[schedule]
cron = "0 7 * * *"

[[smtp]]
name = "mail"
server = "mail.contoso.com"
user = "s2scert"
password = { env = "MAIL_PASSWORD" }
from = "s2scert@contoso.com"
to = ["Farm team <farm@contoso.com>"]

[[webhook]]
name = "hook"
url = "https://hooks.contoso.com/s2s"
secret = { file = "hook.secret" }
level = "error"

[[syslog]]
name = "log"
server = "127.0.0.1"
role = "fallback"

[[command]]
name = "page"
command = ["page", "farm"]
role = "escalation"

[[store]]
place = "local-machine"

[[store]]
place = { folder = "stores" }
stores = ["my", "root"]

[[endpoint]]
url = "TLS://[2001:db8::1]:8443/"

[[endpoint]]
url = "https://crm.contoso.com/metadata/json?orgName=sales"
authorities = "ca.pem"

[farm]
file = "farm.toml"
"#;

#[test]
fn a_whole_file_is_read() {
    let settings = read(WHOLE).unwrap_or_else(|error| panic!("{error}"));
    let names: Vec<String> = settings.channels().iter().map(|one| one.name.to_string()).collect();
    assert_eq!(names, ["mail", "hook", "log", "page"]);
    let orders = settings.orders();
    assert_eq!(orders.rules.freezes[0].from.to_string(), "2026-12-19T23:00:00Z");
    assert_eq!(orders.routes[1].level, crate::watch::Level::Error);
    assert_eq!(orders.escalation.after.as_hours(), 24);
    assert_eq!(settings.store[0].stores, [StoreName::My]);
    let chain = Asked::Chain { host: "2001:db8::1".to_owned(), port: 8443 };
    assert_eq!(settings.endpoint[0].url.asked(), chain);
    assert!(matches!(settings.endpoint[1].url.asked(), Asked::Document(_)));
    let mut beside = settings.clone();
    beside.beside(Path::new("/etc/s2scert"));
    assert_eq!(beside.farm.map(|one| one.file), Some(PathBuf::from("/etc/s2scert/farm.toml")));
    assert_eq!(beside.store[1].place, StorePlace::Folder(PathBuf::from("/etc/s2scert/stores")));
    let least = read("format = \"1.0\"").unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(least.ladder.thresholds.len(), 6);
    assert!(least.channels().is_empty());
}

#[test]
fn a_mistake_is_told_with_its_line() {
    let smtp = "format = \"1.0\"\n[[smtp]]\nname = \"m\"\nserver = \"mail\"\nfrom = \"a@b\"\nto = [\"a@b\"]\n";
    for (text, line, said) in [
        ("", None, "format = \"1.0\""),
        ("format = \"2.0\"", None, "too old for the file"),
        ("format = \"1.0\"\npathes = []", Some(2), "unknown key `pathes`"),
        ("format = \"1.0\"\n[ladder]\nthresholds = [\"soon\"]", Some(3), "is no span of time"),
        ("format = \"1.0\"\n[ladder]\nthresholds = []", None, "1 to 32 thresholds"),
        ("format = \"1.0\"\nzone = \"Mars/Olympus\"", None, "is no known time zone"),
        (&format!("{smtp}{}", smtp.replace("format = \"1.0\"\n", "")), None, "two channels have the name m"),
        (&format!("{smtp}role = \"fallback\""), None, "no channel has the role primary"),
        (&smtp.replace("a@b", "nobody"), Some(5), "no mail address"),
        (
            "format = \"1.0\"\n[[freeze]]\nreason = \"x\"\nfrom = \"2027-01-02\"\nuntil = \"2027-01-01\"",
            None,
            "ends before",
        ),
        ("format = \"1.0\"\n[[endpoint]]\nurl = \"ftp://crm.contoso.com\"", Some(3), "is no endpoint"),
        ("format = \"1.0\"\n[[endpoint]]\nurl = \"tls://crm.contoso.com/page\"", Some(3), "is no endpoint"),
        ("format = [", Some(1), ""),
    ] {
        let Err(error) = read(text) else { panic!("{text} was taken") };
        assert!(error.message.contains(said), "{text}: {error}");
        assert_eq!(error.line, line, "{text}: {error}");
    }
}

#[test]
fn a_secret_that_stands_there_by_mistake_is_not_repeated() {
    for secret in [
        "\"Geheim-4711\"",
        "{ env = 4711, Geheim = 4711 }",
        "{ prompt = \"Geheim-4711\" }",
        "[\"Geheim-4711\"]",
        "{ Geheim = \"4711\" }",
    ] {
        for key in [
            "passwords = [SECRET]",
            "[[webhook]]\nname = \"h\"\nsecret = SECRET",
            "[[webhook]]\nname = \"h\"\nurl_from = SECRET",
        ] {
            let text = format!("format = \"1.0\"\n{}", key.replace("SECRET", secret));
            let error = read(&text).map(|_| ()).map_err(|error| format!("{error} {error:?}"));
            let Err(error) = error else { panic!("{text} was taken") };
            assert!(!error.contains("4711") && !error.contains("Geheim"), "{error}");
            assert!(error.contains("only its source"), "{error}");
        }
    }
}
