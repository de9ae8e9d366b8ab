//! Descriptions with one mistake each, with many at once, and hostile ones.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use proptest::prelude::*;

use super::{Fault, farm_schema, read};

const SOUND: &str = r#"format = "1.0"
name = "contoso"
policy = "production"
tls_ca = "contoso-root.pem"

[certificate]
subject = "CN=crm.contoso.com,OU={g},O=Contoso"
password = { file = "s2s.pass" }

[update_crm]
node = "crm-web-1"

[watcher]
owner = "Identity team"

[[node]]
name = "crm-web-1"
roles = ["web", "deployment-tools"]
os = "server2019"
transport = "ssh"
address = "crm-web-1.contoso.com"
drain = ["lb", "drain", "1"]
undrain = ["lb", "undrain", "1"]

[[node]]
name = "crm-async-1"
roles = ["async"]
os = "server2016"
transport = "winrm"
address = "crm-async-1.contoso.com"

[[node]]
name = "sp-1"
roles = ["sharepoint"]
os = "server2022"
transport = "manual"

[[identity]]
account = 'CONTOSO\svc-crm'
roles = ["web", "async"]

[[organization]]
name = "sales"
metadata = "https://crm.contoso.com/XrmServices/2015/metadataendpoint.svc/json?orgName=sales"
tls_pin = "0A:0A:0A:0A:0A:0A:0A:0A:0A:0A:0A:0A:0A:0A:0A:0A:0A:0A:0A:0A:0A:0A:0A:0A:0A:0A:0A:0A:0A:0A:0A:0A"

[[sharepoint]]
name = "intranet"
version = "2019"
servers = ["sp-1"]
sites = ["https://sharepoint.contoso.com/sites/crm"]

[[sharepoint.trust]]
name = "crm"
organization = "sales"

[[consumer]]
name = "exchange-online"
kind = "entra-service-principal"
step = "Add the certificate to the service principal"

[[window]]
name = "Sunday night"
days = ["sunday"]
from = "22:00"
until = 05:00:00
offset = "+01:00"

[[freeze]]
reason = "Year-end closing"
from = 2026-12-20
until = "2027-01-06"
"#;

fn ids(text: &str) -> Vec<String> {
    read(text).problems.iter().map(|one| one.fault.id().to_owned()).collect()
}

#[test]
fn a_sound_description_is_read_whole() {
    let reading = read(SOUND);
    assert_eq!(reading.problems, []);
    let farm = reading.farm;
    assert_eq!(
        (farm.nodes.len(), farm.sharepoint[0].trusts.len(), farm.windows.len(), farm.freezes.len()),
        (3, 1, 1, 1)
    );
    let web = farm.node("CRM-WEB-1").unwrap();
    assert_eq!(farm.identities_of(web).count(), 1);
    assert_eq!(farm.identities_of(farm.node("sp-1").unwrap()).count(), 0);
    assert_eq!(farm.oldest_target().unwrap().to_string(), "server2016");
}

#[test]
fn each_mistake_is_found_at_its_place_and_hides_no_other() {
    let cases: &[(&str, &str, &str)] = &[
        ("name = \"contoso\"", "naem = \"contoso\"", "farm-unknown-key farm-missing-key"),
        ("format = \"1.0\"", "format = \"1.1\"", "farm-format-newer"),
        ("format = \"1.0\"", "format = 1", "farm-without-format"),
        ("format = \"1.0\"", "format = ", "farm-not-toml"),
        ("password = { file = \"s2s.pass\" }", "password = \"Geheim\"", "farm-secret"),
        ("password = { file = \"s2s.pass\" }", "password = { value = \"Geheim\" }", "farm-secret"),
        ("node = \"crm-web-1\"", "node = \"crm-wed-1\"", "farm-unknown-reference"),
        ("node = \"crm-web-1\"", "node = \"sp-1\"", "farm-role-missing"),
        ("[update_crm]\nnode = \"crm-web-1\"\n", "", "farm-no-update-crm"),
        ("name = \"crm-async-1\"", "name = \"CRM-web-1\"", "farm-duplicate"),
        ("address = \"crm-async-1.contoso.com\"", "address = \"CRM-web-1.contoso.com\"", "farm-address-twice"),
        ("address = \"crm-async-1.contoso.com\"", "address = \"-oProxyCommand=x\"", "farm-wrong-value farm-no-address"),
        ("address = \"crm-async-1.contoso.com\"\n", "", "farm-no-address"),
        ("transport = \"manual\"", "transport = \"manual\"\nport = 22", "farm-unused-key"),
        ("os = \"server2019\"", "os = \"server2016\"", "farm-transport-impossible"),
        ("os = \"server2019\"", "os = \"server2008\"", "farm-wrong-value"),
        ("roles = [\"async\"]", "roles = []", "farm-roles farm-no-node"),
        ("roles = [\"web\", \"async\"]", "roles = [\"web\"]", "farm-no-identity"),
        ("roles = [\"web\", \"async\"]", "roles = [\"sharepoint\"]", "farm-roles farm-no-identity farm-no-identity"),
        ("servers = [\"sp-1\"]", "servers = [\"crm-web-1\"]", "farm-role-missing"),
        ("servers = [\"sp-1\"]", "servers = []", "farm-no-node"),
        ("organization = \"sales\"", "organization = \"sale\"", "farm-unknown-reference farm-organization-untrusted"),
        ("orgName=sales", "orgName=service", "farm-metadata-of-another"),
        ("https://crm.contoso.com/Xrm", "http://crm.contoso.com/Xrm", "farm-metadata-http"),
        ("tls_ca = \"", "tls_pin = \"", "farm-wrong-value"),
        ("tls_pin = \"", "tls_ca = \"root.pem\"\ntls_pin = \"", "farm-senseless"),
        ("tls_pin = \"0A:", "tls_pin = \"0A:0A:", "farm-wrong-value"),
        ("OU={g},", "", "farm-no-generation"),
        ("until = \"2027-01-06\"", "until = \"2025-01-06\"", "farm-senseless"),
        ("until = 05:00:00", "until = \"22:00\"", "farm-senseless"),
        ("offset = \"+01:00\"", "offset = \"Europe/Berlin\"", "farm-wrong-value"),
        ("offset = \"+01:00\"", "zone = \"Europe/Berlin\"", ""),
        ("offset = \"+01:00\"", "zone = \"Europe/Bielefeld\"", "farm-wrong-value"),
        ("offset = \"+01:00\"", "offset = \"+01:00\"\nzone = \"Europe/Berlin\"", "farm-senseless"),
        ("undrain = [\"lb\", \"undrain\", \"1\"]\n", "", "farm-half-drained"),
        ("step = \"Add", "steps = \"Add", "farm-unknown-key farm-missing-key"),
        ("[[consumer]]", "[consumer]", "farm-wrong-value"),
    ];
    for (from, to, wanted) in cases {
        assert!(SOUND.contains(from), "{from}");
        let mut found = ids(&SOUND.replacen(from, to, 1));
        let mut wanted: Vec<&str> = wanted.split_whitespace().collect();
        found.sort();
        wanted.sort_unstable();
        assert_eq!(found, wanted, "{to}");
    }
}

#[test]
fn all_mistakes_are_told_at_once_with_line_and_column() {
    let text = SOUND
        .replace("naem", "x")
        .replacen("transport = \"ssh\"", "transprot = \"ssh\"\nport = \"a\"", 1)
        .replacen("roles = [\"async\"]", "roles = [\"asynk\"]\nextra = 1", 1)
        .replacen("version = \"2019\"", "version = \"2018\"", 1);
    let problems = read(&text).problems;
    let told: Vec<String> = problems
        .iter()
        .map(|one| format!("{} {}", one.place.map_or_else(String::new, |place| place.to_string()), one.fault.id()))
        .collect();
    assert_eq!(
        told,
        [
            "16:1 farm-missing-key",
            "20:1 farm-unknown-key",
            "21:8 farm-wrong-value",
            "28:10 farm-wrong-value",
            "29:1 farm-unknown-key",
            "51:11 farm-wrong-value",
        ]
    );
    assert!(problems[1].fault.to_string().contains("did you mean \"transport\"?"));
}

#[test]
fn a_secret_in_the_file_is_in_no_message() {
    let secret = "kanarienvogel-7Q4x";
    for value in [
        format!("\"{secret}\""),
        format!("[\"{secret}\"]"),
        format!("{{ value = \"{secret}\" }}"),
        format!("{{ env = [\"{secret}\"] }}"),
    ] {
        let text = SOUND.replace("{ file = \"s2s.pass\" }", &value);
        let problems = read(&text).problems;
        assert!(matches!(problems[0].fault, Fault::Secret(_)), "{problems:?}");
        assert!(!format!("{problems:?}").contains(secret));
    }
}

#[test]
fn the_schema_accepts_what_the_reader_accepts_and_refuses_its_unknown_keys() {
    let validator = jsonschema::validator_for(farm_schema().as_value()).unwrap();
    let as_json = |text: &str| {
        // JSON has no dates; the schema asks for text.
        let text = text.replace("05:00:00", "\"05:00\"").replace("from = 2026-12-20", "from = \"2026-12-20\"");
        serde_json::to_value(toml::from_str::<toml::Table>(&text).unwrap()).unwrap()
    };
    let errors: Vec<String> =
        validator.iter_errors(&as_json(SOUND)).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert_eq!(errors, Vec::<String>::new());
    for (from, to) in [
        ("policy =", "polcy ="),
        ("\"1.0\"", "\"2.0\""),
        ("transport = \"ssh\"", "transport = \"telnet\""),
        ("owner =", "ownr ="),
    ] {
        assert!(!validator.is_valid(&as_json(&SOUND.replacen(from, to, 1))), "{to}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "(?s).{0,400}") {
        let _ = read(&text);
    }

    /// Cuts and altered characters of a sound description: everything is told as a problem, and places lie in the text.
    #[test]
    fn no_altered_description_makes_the_reader_panic(at in 0usize..1500, with in "\\PC{0,3}", cut in 0usize..40) {
        let start = at.min(SOUND.len());
        let end = (start + cut).min(SOUND.len());
        let text = format!("{}{with}{}", &SOUND[..start], &SOUND[end..]);
        for problem in read(&text).problems {
            if let Some(place) = problem.place {
                prop_assert!((1..=text.lines().count() + 1).contains(&place.line), "{place}");
            }
        }
    }
}
