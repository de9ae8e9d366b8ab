//! The question to a site, over a machine in memory and a site that reads the token for itself.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use rcgen::{CertificateParams, KeyPair as RcKey, PKCS_RSA_SHA256};
use serde_json::Value as Json;

use super::*;
use crate::cert::pfx::DEFAULT_PROVIDER;
use crate::cert::signature::{Hash, SignatureAlgorithm};
use crate::cert::{Certificate, KeyPair, pem};
use crate::fake_host::FakeHost;
use crate::farm::store::StoreName;
use crate::farm::{KeyLocation, KeyPlace, KeySpec};
use crate::node::acts::MachineActs;
use crate::node::engine::{self, Allow, Settings};
use crate::ports::{StoredCertificate, Web, WebError, WebFault};
use crate::protocol::{Action, Answer, Id, Lifetime, List, Octets, Outcome, RefusalCode, Request};

const NOW: &str = "2026-11-25T10:00:00Z";
const REALM: &str = "5F0d3a52-0000-0000-0000-0000000000aa";
const ISSUER_REALM: &str = "5f0d3a52-0000-0000-0000-0000000000bb";

/// A site: what it answers without a token and with one, and what it was asked.
struct Site {
    without: Result<u16, WebFault>,
    with: Result<u16, WebFault>,
    asked: Mutex<Vec<WebRequest>>,
}

impl Web for Site {
    fn exchange(&self, request: &WebRequest) -> Result<WebAnswer, WebError> {
        self.asked.lock().unwrap().push(request.clone());
        let answer = if bearer(request).is_some() { self.with } else { self.without };
        let status = answer.map_err(|fault| WebError { fault, why: "nothing answers".to_owned() })?;
        Ok(WebAnswer {
            status,
            content_type: Some("application/json".to_owned()),
            location: Some("https://elsewhere.contoso.com/".to_owned()),
            body: Vec::new(),
            date: Some("Wed, 25 Nov 2026 10:00:07 GMT".to_owned()),
            diagnostics: Some("3000003;reason=\"no\u{7}\"".to_owned()),
        })
    }

    fn certificates(&self, _: &str, _: u16, _: Duration) -> Result<Vec<Vec<u8>>, WebError> {
        Err(WebError { fault: WebFault::Unreachable, why: String::new() })
    }
}

fn bearer(request: &WebRequest) -> Option<String> {
    let field = request.headers.iter().find(|header| header.name == "Authorization")?;
    field.value.strip_prefix("Bearer ").map(str::to_owned)
}

fn key(octets: &[u8]) -> KeyPair {
    KeyPair::from_pkcs8_der(&pem::scan(octets).unwrap()[0].content).unwrap()
}

fn own_key() -> KeyPair {
    key(include_bytes!("../../../../tests/data/keys/leaf.pem"))
}

fn certificate() -> Certificate {
    let own = own_key();
    let rc = RcKey::from_pkcs8_der_and_sign_algo(&own.pkcs8_der().as_slice().into(), &PKCS_RSA_SHA256).unwrap();
    let der = CertificateParams::default().self_signed(&rc).unwrap();
    Certificate::from_der(der.der()).unwrap()
}

fn order(authorities: &[&[u8]]) -> TokenOrder {
    TokenOrder {
        thumbprint: Hex::from(*certificate().thumbprint().as_bytes()),
        site: "https://sharepoint.contoso.com:8443/sites/crm".parse().unwrap(),
        realm: REALM.parse().unwrap(),
        issuer_realm: ISSUER_REALM.parse().unwrap(),
        seconds: Lifetime::try_from(120).unwrap(),
        authorities: List::first(authorities.iter().map(|der| Octets::new(der.to_vec()).unwrap())),
    }
}

/// Asks a machine whose store names this key, with a site that answers so.
fn ask(
    key: &KeyPair,
    order: TokenOrder,
    answers: (Result<u16, WebFault>, Result<u16, WebFault>),
    allow: Allow,
) -> (Answer, Vec<WebRequest>) {
    let location = KeyLocation {
        provider: DEFAULT_PROVIDER.to_owned(),
        provider_type: 24,
        container: "s2s".to_owned(),
        key_spec: KeySpec::Exchange,
        machine: true,
    };
    let place = Some(KeyPlace::Key(location.clone()));
    let stored = StoredCertificate { der: certificate().der().to_vec(), friendly_name: None, key: place };
    let fake = FakeHost::new(NOW.parse().unwrap(), 7)
        .with_bindings(Vec::new())
        .with_certificate(StoreName::My, stored)
        .with_container(&location, key);
    let site = Arc::new(Site { without: answers.0, with: answers.1, asked: Mutex::default() });
    let mut host = fake.host();
    host.web = site.clone();
    let settings = Settings { allow, state: None, read_within: Duration::from_secs(1) };
    let request = Request::new(Id::word("q-1"), 60, None, Action::Token(order));
    let answer = engine::answer(&host, &MachineActs, &settings, &serde_json::to_vec(&request).unwrap());
    let asked = site.asked.lock().unwrap().clone();
    (answer, asked)
}

fn facts(answer: Answer) -> TokenFacts {
    match answer.outcome {
        Outcome::Observed(seen) => match seen.facts {
            Facts::Token(facts) => facts,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_token_says_who_for_whom_and_for_how_long_is_signed_by_the_key_and_goes_to_its_site_only() {
    let (answer, asked) = ask(&own_key(), order(&[b"ca"]), (Ok(401), Ok(200)), Allow::All);
    let shown = serde_json::to_string(&answer).unwrap();
    let [first, second] = asked.as_slice() else { panic!("{asked:?}") };
    let url = "https://sharepoint.contoso.com:8443/sites/crm/_api/web";
    for request in [first, second] {
        assert_eq!((request.url.as_str(), &request.connect_to, &request.body), (url, &None, &None));
        assert_eq!(request.trust, WebTrust::Authorities(vec![b"ca".to_vec()]));
    }
    assert_eq!(bearer(first), None);
    let token = bearer(second).unwrap();
    let parts: Vec<&str> = token.split('.').collect();
    let read = |part: &str| BASE64URL.decode(part).unwrap();
    let [header, claims]: [Json; 2] = [parts[0], parts[1]].map(|part| serde_json::from_slice(&read(part)).unwrap());
    let x5t = BASE64URL.encode(certificate().thumbprint().as_bytes());
    assert_eq!(header, serde_json::json!({ "typ": "JWT", "alg": "RS256", "x5t": x5t }));
    let begin = NOW.parse::<Timestamp>().unwrap().as_second();
    let dynamics = format!("00000007-0000-0000-c000-000000000000@{ISSUER_REALM}");
    assert_eq!(
        claims,
        serde_json::json!({
            "aud": format!("00000003-0000-0ff1-ce00-000000000000/sharepoint.contoso.com:8443@{REALM}"),
            "iss": dynamics, "nameid": dynamics, "nbf": begin.to_string(), "exp": (begin + 120).to_string(),
        })
    );
    let signed = &token[..token.rfind('.').unwrap()];
    let public = certificate().public_key();
    let algorithm = SignatureAlgorithm::RsaPkcs1(Hash::Sha256);
    algorithm.verify(&public, signed.as_bytes(), &read(parts[2])).unwrap();
    // The answer holds no part of it, and neither does what is printed of a request.
    assert!(parts.iter().all(|part| !shown.contains(part) && !format!("{second:?}").contains(part)), "{shown}");
    let facts = facts(answer);
    assert_eq!((facts.without, facts.with), (401, Some(200)));
    assert_eq!(facts.claims_sha256, Some(Hex::from(*Fingerprint::of(&read(parts[1])).as_bytes())));
    assert_eq!(facts.diagnostics.unwrap().as_str(), "3000003;reason=\"no \"");
    assert_eq!(facts.site_clock, Some("2026-11-25T10:00:07Z".parse().unwrap()));
}

#[test]
fn no_token_is_made_for_a_site_that_answers_anybody() {
    let (answer, asked) = ask(&own_key(), order(&[]), (Ok(200), Ok(200)), Allow::All);
    let facts = facts(answer);
    assert_eq!((asked.len(), facts.without, facts.with, facts.claims_sha256), (1, 200, None, None));
    assert_eq!(asked[0].trust, WebTrust::System);
}

#[test]
fn a_redirect_is_an_answer_and_is_not_followed_with_the_token() {
    let (answer, asked) = ask(&own_key(), order(&[]), (Ok(302), Ok(302)), Allow::All);
    assert_eq!((asked.len(), facts(answer).with), (2, Some(302)));
}

#[test]
fn what_cannot_be_asked_or_signed_is_a_failure_with_a_next_step() {
    let other = key(include_bytes!("../../../../tests/data/keys/other.pem"));
    let unknown = TokenOrder { thumbprint: Hex::from([9; 20]), ..order(&[]) };
    for (key, order, answers, part, questions) in [
        (own_key(), order(&[]), (Err(WebFault::Unreachable), Ok(200)), "the site does not answer", 1),
        (own_key(), order(&[]), (Ok(401), Err(WebFault::Late)), "the site does not answer", 2),
        (own_key(), unknown, (Ok(401), Ok(200)), "no certificate in the store", 0),
        (other, order(&[]), (Ok(401), Ok(200)), "does not verify with the certificate", 1),
    ] {
        let (answer, asked) = ask(&key, order, answers, Allow::All);
        let trouble = match answer.outcome {
            Outcome::Observed(seen) => match seen.facts {
                Facts::Unseen(trouble) => trouble,
                other => panic!("{other:?}"),
            },
            Outcome::Failed(trouble) => trouble,
            other => panic!("{other:?}"),
        };
        assert!(trouble.what.as_str().contains(part), "{trouble:?}");
        assert!(!trouble.next.is_empty());
        assert_eq!(asked.len(), questions, "{part}");
    }
}

#[test]
fn a_node_that_may_only_observe_signs_no_token() {
    let (answer, asked) = ask(&own_key(), order(&[]), (Ok(401), Ok(200)), Allow::Observe);
    let Outcome::Refused(refusal) = answer.outcome else { panic!("{:?}", answer.outcome) };
    assert_eq!((refusal.code, asked.len()), (RefusalCode::ObserveOnly, 0));
}
