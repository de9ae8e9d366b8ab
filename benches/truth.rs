//! How long the truth table of a large farm takes.
//!
//! Budget: 50 ms for 1,000 servers with 20 certificates each. The documents are already read and their certificates decoded.

#![expect(clippy::unwrap_used, reason = "a failed step fails the bench")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use jiff::{Span, Timestamp};
use s2scert::cert::name::DistinguishedName;
use s2scert::cert::{Fingerprint, Thumbprint};
use s2scert::farm::description::{Farm, read};
use s2scert::farm::truth::{
    MetadataAnswer, MetadataFacts, Observation, RowFacts, RowKind, Seen, SeenCertificate, ServerFacts, StoreFacts,
    StoredCertificate, TruthTable,
};

const SERVERS: usize = 1_000;
const CERTIFICATES: usize = 20;

fn farm() -> Farm {
    let mut text = String::from(
        "format = \"1.0\"\nname = \"large\"\n[certificate]\nsubject = \"CN=crm.contoso.com,OU={g},O=Contoso\"\n[update_crm]\nnode = \"n0\"\n\
         [[identity]]\naccount = \"CONTOSO\\\\svc-crm\"\nroles = [\"web\", \"async\"]\n[[organization]]\nname = \"sales\"\n\
         metadata = \"https://crm.contoso.com/XrmServices/2015/metadataendpoint.svc/json?orgName=sales\"\n",
    );
    for number in 0..SERVERS {
        let roles = if number == 0 { "\"web\", \"async\", \"deployment-tools\"" } else { "\"web\"" };
        write!(
            text,
            "[[node]]\nname = \"n{number}\"\nroles = [{roles}]\nos = \"server2019\"\ntransport = \"manual\"\n"
        )
        .unwrap();
    }
    let reading = read(&text);
    assert!(reading.problems.is_empty(), "{:?}", reading.problems);
    reading.farm
}

fn certificate(subject: &str, of_farm: bool, until: Timestamp) -> Arc<SeenCertificate> {
    let name = DistinguishedName::parse(subject).unwrap();
    Arc::new(SeenCertificate {
        fingerprint: Fingerprint::of(subject.as_bytes()),
        thumbprint: Thumbprint::of(subject.as_bytes()),
        subject: subject.to_owned(),
        subject_key: name.normalised_key(),
        issuer: "CN=Contoso Issuing CA".to_owned(),
        not_before: until - Span::new().hours(24 * 365),
        not_after: until,
        self_issued: false,
        of_farm,
    })
}

/// Three generations of the farm's own on every server, and others of each server's own.
fn facts(now: Timestamp) -> Vec<ServerFacts<Arc<SeenCertificate>>> {
    let own: Vec<_> = (0..3)
        .map(|year| {
            let subject = format!("CN=crm.contoso.com,OU=S2S g202{year}0101-aaaaaa,O=Contoso");
            certificate(&subject, true, now + Span::new().hours(24 * 100 * (year + 1)))
        })
        .collect();
    let stored = |certificate: Arc<SeenCertificate>| StoredCertificate {
        certificate,
        key: Seen::Seen(None),
        tls_bindings: Vec::new(),
        names_key: None,
    };
    (0..SERVERS)
        .map(|number| {
            let others = (own.len()..CERTIFICATES)
                .map(|index| certificate(&format!("CN=host-{number}-{index}.contoso.com"), false, now));
            let certificates = own.iter().cloned().chain(others).map(stored).collect();
            let row = RowFacts {
                kind: RowKind::S2STokenIssuer,
                id: "1".to_owned(),
                certificate: own[2].clone(),
                shared_with: Vec::new(),
            };
            let answer = Seen::Seen(MetadataAnswer { issuer: None, keys: vec![own[2].clone()] });
            ServerFacts {
                server: format!("n{number}"),
                collected_at: now,
                collected_by: "bench".to_owned(),
                clock_offset_seconds: Seen::Seen(0),
                store: Seen::Seen(StoreFacts { certificates, issuers: Seen::Seen(Vec::new()) }),
                services: Seen::Seen(Vec::new()),
                rows: if number == 0 { Seen::Seen(vec![row]) } else { Seen::default() },
                metadata: vec![MetadataFacts { organization: "sales".to_owned(), answer }],
                trusts: Seen::default(),
                refresh_job: Seen::default(),
                script_sha256: Seen::default(),
                network_identity: Seen::default(),
                other_rows: Seen::default(),
            }
        })
        .collect()
}

fn table(criterion: &mut Criterion) {
    let farm = farm();
    let now: Timestamp = "2026-06-01T12:00:00Z".parse().unwrap();
    let seen = Observation::new(&farm, now, facts(now), &[]);
    assert_eq!(TruthTable::of(&seen).lines.len(), 3);
    criterion.bench_function("1,000 servers with 20 certificates", |bencher| {
        bencher.iter(|| TruthTable::of(black_box(&seen)))
    });
}

criterion_group!(benches, table);
criterion_main!(benches);
