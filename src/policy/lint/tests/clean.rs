//! A file made as s2scert makes it, for the server that it is made for, gives no warning and no error.

use super::draft::{Draft, Key};
use super::input::Input;
use crate::cert::issue::{Request, self_sign};
use crate::cert::name::{Generation, SubjectName};
use crate::cert::pfx::{Contents, Labels, Pfx, PfxProfile, Settings, Target, seal};
use crate::cert::{Chain, Credential, Password};
use crate::policy::Severity;
use crate::policy::lint::{Subject, lint};

fn above_info(input: &Input) -> Vec<String> {
    let findings = input.findings().into_iter().filter(|finding| finding.severity > Severity::Info);
    findings.map(|finding| format!("{}: {}", finding.id, finding.message)).collect()
}

#[test]
fn the_clean_inputs_of_the_examples_are_clean() {
    assert_eq!(Input::pfx(|_| {}).ids(), Vec::<String>::new());
    assert_eq!(Input::leaf(|leaf| leaf).ids(), Vec::<String>::new());
    assert_eq!(Input::key(Key::Leaf.pair()).ids(), Vec::<String>::new());
    assert_eq!(above_info(&Input::certificates(&[Draft::self_signed()])), Vec::<String>::new());
}

/// Seals the credential for a target, opens the file again and returns what is found above `info`.
fn findings_for(credential: &Credential, profile: PfxProfile, target: Option<Target>) -> Vec<String> {
    let password = Password::generate(&[0x5a; 16]);
    let labels = Labels { friendly_name: Some("S2S g20260101".to_owned()), ..Labels::default() };
    let contents = Contents::of_credential(credential, &labels);
    // The salts need not be random where nothing is kept secret.
    let mut random = |octets: &mut [u8]| octets.fill(0x5a);
    let file = seal(&contents, &password, &Settings::of(profile), &mut random).unwrap();
    let pfx = Pfx::open(&file, &password).unwrap();
    let subject = Subject::Pfx { pfx: &pfx, size: file.len(), password: Some(&password) };
    let findings = lint(&subject, target, "2026-01-31T12:00:00Z".parse().unwrap());
    let heavy = findings.into_iter().filter(|finding| finding.severity > Severity::Info);
    heavy.map(|finding| format!("{} for {target:?}: {}", finding.id, finding.message)).collect()
}

#[test]
fn a_sealed_chain_is_clean_for_the_target_that_it_is_sealed_for() {
    let issuers = vec![Draft::issuing().make(), Draft::root().make()];
    let credential = Credential::prove(Chain::new(Draft::leaf().make(), issuers), Key::Leaf.pair()).unwrap();
    for target in Target::ALL {
        assert_eq!(findings_for(&credential, target.profile(), Some(target)), Vec::<String>::new());
    }
    assert_eq!(findings_for(&credential, PfxProfile::Legacy, None), Vec::<String>::new());
    let wrong = findings_for(&credential, PfxProfile::Modern, Some(Target::Server2016));
    assert_eq!(wrong.len(), 3, "safe, key and MAC: {wrong:?}");
}

#[test]
fn an_issued_evaluation_certificate_is_clean_but_for_what_is_worth_knowing() {
    let key = Key::Leaf.pair();
    let generation = Generation::default_for(jiff::civil::date(2026, 1, 1), key.public_key().spki_der());
    let request = Request {
        subject: SubjectName::parse("CN=S2S Token Issuer,O=Contoso").unwrap().render(&generation).unwrap(),
        dns_names: vec!["crm.contoso.com".to_owned()],
        not_before: "2026-01-01T00:00:00Z".parse().unwrap(),
        not_after: "2027-01-01T00:00:00Z".parse().unwrap(),
        serial: [0x5a; 16],
    };
    let certificate = self_sign(&request, &key).unwrap();
    let credential = Credential::prove(Chain::new(certificate, Vec::new()), key).unwrap();
    assert_eq!(findings_for(&credential, PfxProfile::Modern, Some(Target::Server2025)), Vec::<String>::new());
    assert_eq!(findings_for(&credential, PfxProfile::Legacy, None), Vec::<String>::new());
}
