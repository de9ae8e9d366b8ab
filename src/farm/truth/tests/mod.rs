//! Farms with one fault each, and a roll from one certificate to the next.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

mod properties;

use std::sync::{Arc, LazyLock};

use jiff::{Span, Timestamp};

use super::*;
use crate::cert::name::DistinguishedName;
use crate::cert::{Fingerprint, Thumbprint};
use crate::farm::description::{Farm, Role, read};
use crate::farm::{KeyLocation, KeySpec};

const NOW: &str = "2026-06-01T12:00:00Z";

const FARM: &str = include_str!("../../../../tests/data/farm/contoso.toml");

static DESCRIPTION: LazyLock<Farm> = LazyLock::new(|| {
    let reading = read(FARM);
    assert_eq!(reading.problems, []);
    reading.farm
});

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

/// A certificate with this subject, valid until so many days from now.
fn certificate(subject: &str, days: i64) -> Arc<SeenCertificate> {
    let name = DistinguishedName::parse(subject).unwrap();
    let octets = format!("{subject} {days}").into_bytes();
    let template = DESCRIPTION.certificate.as_ref().unwrap().subject.template().unwrap();
    Arc::new(SeenCertificate {
        fingerprint: Fingerprint::of(&octets),
        thumbprint: Thumbprint::of(&octets),
        subject: name.to_string(),
        subject_key: name.normalised_key(),
        issuer: "CN=Contoso Issuing CA".to_owned(),
        not_before: now() - Span::new().hours(24),
        not_after: now() + Span::new().hours(24 * days),
        self_issued: false,
        of_farm: template.generation_of(&name).is_some(),
    })
}

static OLD: LazyLock<Arc<SeenCertificate>> =
    LazyLock::new(|| certificate("CN=crm.contoso.com S2S g20250601-aaaaaa,O=Contoso", 100));
static NEW: LazyLock<Arc<SeenCertificate>> =
    LazyLock::new(|| certificate("CN=crm.contoso.com S2S g20260601-bbbbbb,O=Contoso", 400));
/// The subject of [`OLD`], and later.
static TWIN: LazyLock<Arc<SeenCertificate>> =
    LazyLock::new(|| certificate("CN=crm.contoso.com S2S g20250601-aaaaaa,O=Contoso", 200));
static TLS: LazyLock<Arc<SeenCertificate>> = LazyLock::new(|| certificate("CN=www.contoso.com,O=Contoso", 30));

type Facts = ServerFacts<Arc<SeenCertificate>>;

const ISSUER: &str = "00000007-0000-0000-c000-000000000000@0f0f";
const WEB: usize = 0;
const ASYNC: usize = 2;
const SP: usize = 3;

fn stored(certificate: &Arc<SeenCertificate>) -> StoredCertificate<Arc<SeenCertificate>> {
    let location = KeyLocation {
        provider: "Microsoft Enhanced RSA and AES Cryptographic Provider".to_owned(),
        provider_type: 24,
        container: "s2s".to_owned(),
        key_spec: KeySpec::Exchange,
        machine: true,
    };
    let reader = Reader { account: "contoso\\SVC-crm".to_owned(), reading: Reading::Granted };
    let key = KeyFacts { location: Some(location), matches: true, readers: Seen::Seen(vec![reader]) };
    StoredCertificate {
        certificate: certificate.clone(),
        key: Seen::Seen(Some(key)),
        tls_bindings: Vec::new(),
        names_key: Some(true),
    }
}

/// What a server of a farm shows in which everything agrees on [`OLD`].
fn server(name: &str) -> Facts {
    let unseen = || "not asked".to_owned();
    let mut facts = ServerFacts {
        server: name.to_owned(),
        collected_at: now(),
        collected_by: "s2scert 0.1.0".to_owned(),
        clock_offset_seconds: Seen::Seen(0),
        store: Seen::Unseen(unseen()),
        services: Seen::Unseen(unseen()),
        rows: Seen::Unseen(unseen()),
        metadata: Vec::new(),
        trusts: Seen::Unseen(unseen()),
        refresh_job: Seen::Unseen(unseen()),
        script_sha256: Seen::Unseen(unseen()),
        network_identity: Seen::Unseen(unseen()),
        other_rows: Seen::Unseen(unseen()),
    };
    if name == "sp-1" {
        let trust = TrustFacts {
            name: "crm".to_owned(),
            registered_issuer: Some(ISSUER.to_owned()),
            source: TrustSource::Metadata("https://crm.contoso.com/".to_owned()),
            signing: Some(OLD.clone()),
            additional: Vec::new(),
        };
        facts.trusts = Seen::Seen(vec![trust]);
        facts.refresh_job = Seen::Seen(Some(RefreshJob { enabled: true, last_success: Some(now()) }));
    } else {
        facts.store =
            Seen::Seen(StoreFacts { certificates: vec![stored(&OLD), stored(&TLS)], issuers: Seen::Seen(Vec::new()) });
        facts.services = Seen::Seen(running(name));
    }
    if name == "crm-web-1" {
        facts.rows = Seen::Seen(vec![row(&OLD, RowKind::S2STokenIssuer)]);
    }
    if name.starts_with("crm-web") {
        let answer = MetadataAnswer { issuer: Some(ISSUER.to_owned()), keys: vec![OLD.clone()] };
        facts.metadata = vec![MetadataFacts { organization: "Sales".to_owned(), answer: Seen::Seen(answer) }];
    }
    facts
}

fn row(certificate: &Arc<SeenCertificate>, kind: RowKind) -> RowFacts<Arc<SeenCertificate>> {
    RowFacts { kind, id: "1".to_owned(), certificate: certificate.clone(), shared_with: Vec::new() }
}

/// The services of a server that signs.
fn running(name: &str) -> Vec<ServiceFacts> {
    let (service, role) =
        if name.starts_with("crm-web") { ("CRMAppPool", Role::Web) } else { ("MSCRMAsyncService", Role::Async) };
    vec![ServiceFacts { name: service.to_owned(), role, account: "CONTOSO\\svc-crm".to_owned(), runs: Some(true) }]
}

fn servers() -> Vec<Facts> {
    ["crm-web-1", "crm-web-2", "crm-async-1", "sp-1"].map(server).into()
}

fn table(facts: Vec<Facts>) -> TruthTable {
    TruthTable::of(&Observation::new(&DESCRIPTION, now(), facts, &[]))
}

fn ids(table: &TruthTable) -> Vec<String> {
    table.disagreements.iter().map(|one| format!("{} {}", one.kind.id(), one.about)).collect()
}

fn store(facts: &mut Facts) -> &mut Vec<StoredCertificate<Arc<SeenCertificate>>> {
    match &mut facts.store {
        Seen::Seen(store) => &mut store.certificates,
        Seen::Unseen(why) => panic!("{why}"),
    }
}

fn place(facts: &mut Facts) -> &mut KeyLocation {
    key(facts).location.as_mut().unwrap()
}

fn key(facts: &mut Facts) -> &mut KeyFacts {
    match &mut store(facts)[0].key {
        Seen::Seen(Some(key)) => key,
        other => panic!("{other:?}"),
    }
}

fn trust(facts: &mut Facts) -> &mut TrustFacts<Arc<SeenCertificate>> {
    match &mut facts.trusts {
        Seen::Seen(trusts) => &mut trusts[0],
        Seen::Unseen(why) => panic!("{why}"),
    }
}

fn rows(facts: &mut Facts) -> &mut Vec<RowFacts<Arc<SeenCertificate>>> {
    match &mut facts.rows {
        Seen::Seen(rows) => rows,
        Seen::Unseen(why) => panic!("{why}"),
    }
}

fn answer(facts: &mut Facts) -> &mut MetadataAnswer<Arc<SeenCertificate>> {
    match &mut facts.metadata[0].answer {
        Seen::Seen(answer) => answer,
        Seen::Unseen(why) => panic!("{why}"),
    }
}

#[test]
fn a_farm_that_agrees_has_one_certificate_in_force_and_nothing_else() {
    let table = table(servers());
    assert_eq!((ids(&table), table.gaps.len(), table.lines.len()), (Vec::new(), 0, 1));
    assert_eq!((table.lines[0].verdict, table.lines[0].registered), (Verdict::InForce, true));
}

type Break = fn(&mut Vec<Facts>);

#[test]
fn each_fault_has_a_finding_of_its_own() {
    let cases: &[(&str, Break)] = &[
        ("row-missing crm-web-1", |all| rows(&mut all[WEB]).clear()),
        ("row-twice crm-web-1", |all| rows(&mut all[WEB]).push(row(&OLD, RowKind::S2STokenIssuer))),
        ("row-certificate-missing crm-async-1", |all| drop(store(&mut all[ASYNC]).remove(0))),
        ("other-certificate-behind-subject crm-async-1", |all| store(&mut all[ASYNC])[0] = stored(&TWIN)),
        ("subject-twice crm-async-1", |all| store(&mut all[ASYNC]).push(stored(&TWIN))),
        ("key-missing crm-async-1", |all| store(&mut all[ASYNC])[0].key = Seen::Seen(None)),
        ("key-of-another-certificate crm-async-1", |all| key(&mut all[ASYNC]).matches = false),
        ("key-in-cng crm-async-1", |all| {
            let location = place(&mut all[ASYNC]);
            (location.provider_type, location.key_spec) = (0, KeySpec::None);
        }),
        ("key-specification crm-async-1", |all| place(&mut all[ASYNC]).key_spec = KeySpec::Signature),
        ("key-of-a-user crm-async-1", |all| place(&mut all[ASYNC]).machine = false),
        ("key-not-readable crm-async-1", |all| {
            key(&mut all[ASYNC]).readers =
                Seen::Seen(vec![Reader { account: "CONTOSO\\svc-crm".to_owned(), reading: Reading::Missing }]);
        }),
        ("chain-missing crm-async-1", |all| {
            if let Seen::Seen(store) = &mut all[ASYNC].store {
                let fingerprint_sha256 = OLD.fingerprint.to_string();
                store.issuers = Seen::Seen(vec![IssuerFacts {
                    fingerprint_sha256,
                    missing: Some("CN=Root".to_owned()),
                    earliest: None,
                }]);
            }
        }),
        ("shared-with-tls crm-web-1", |all| store(&mut all[WEB])[0].tls_bindings.push("0.0.0.0:443".to_owned())),
        ("row-shared crm-web-1", |all| rows(&mut all[WEB])[0].shared_with.push("WSFedServiceProvider".to_owned())),
        ("metadata-stale crm-web-1", |all| answer(&mut all[WEB]).keys = vec![NEW.clone()]),
        ("metadata-empty crm-web-1", |all| answer(&mut all[WEB]).keys.clear()),
        ("trust-lacks-certificate crm in intranet", |all| trust(&mut all[SP]).signing = Some(NEW.clone())),
        ("trust-missing crm in intranet", |all| trust(&mut all[SP]).name = "other".to_owned()),
        ("trust-not-from-metadata crm in intranet", |all| trust(&mut all[SP]).source = TrustSource::Fixed),
        ("trust-issuer-differs crm in intranet, against crm-web-1", |all| {
            answer(&mut all[WEB]).issuer = Some(ISSUER.to_uppercase())
        }),
        ("refresh-job-off intranet", |all| all[SP].refresh_job = Seen::Seen(None)),
        ("refresh-job-late intranet", |all| {
            let last_success = Some(now() - Span::new().hours(27));
            all[SP].refresh_job = Seen::Seen(Some(RefreshJob { enabled: true, last_success }));
        }),
        ("clocks-apart crm-web-1", |all| all[ASYNC].clock_offset_seconds = Seen::Seen(301)),
        ("account-differs crm-web-1", |all| {
            let service = ServiceFacts {
                name: "CRMAppPool".to_owned(),
                role: Role::Web,
                account: "NETWORK SERVICE".to_owned(),
                runs: None,
            };
            all[WEB].services = Seen::Seen(vec![service]);
        }),
        ("facts-old crm-web-1", |all| all[WEB].collected_at = now() - Span::new().hours(25)),
        ("facts-from-the-future crm-web-1", |all| all[WEB].collected_at = now() + Span::new().hours(1)),
        ("expired crm-web-1", |all| {
            rows(&mut all[WEB]).push(row(&certificate("CN=a", -1), RowKind::AlternativeS2STokenIssuer))
        }),
        ("rows-differ crm-async-1", |all| all[ASYNC].rows = Seen::Seen(vec![row(&TWIN, RowKind::S2STokenIssuer)])),
    ];
    for (wanted, damage) in cases {
        let mut all = servers();
        damage(&mut all);
        let found = ids(&table(all));
        assert!(found.iter().any(|one| one == wanted), "{wanted}: {found:?}");
        if !wanted.starts_with("rows-differ") {
            assert_eq!(found.len(), 1, "{wanted}: {found:?}");
        }
    }
}

#[test]
fn services_that_were_not_seen_are_a_gap_and_never_in_order() {
    let mut all = servers();
    assert_eq!(table(all.clone()).gaps, []);
    all[ASYNC].services = Seen::Unseen("access is denied".to_owned());
    all[SP].services = Seen::Unseen("nobody asked".to_owned());
    let gaps = table(all).gaps;
    let told: Vec<_> = gaps.iter().map(|gap| (gap.server.as_str(), gap.topic.clone(), gap.why.as_str())).collect();
    assert_eq!(told, [("crm-async-1", Some(Topic::Services), "access is denied")]);
}

#[test]
fn a_roll_goes_through_its_verdicts() {
    let verdict_of = |all: Vec<Facts>, wanted: &SeenCertificate| {
        let table = table(all);
        table.lines.iter().find(|line| line.certificate.fingerprint == wanted.fingerprint).unwrap().verdict
    };
    let mut all = servers();
    store(&mut all[WEB]).push(stored(&NEW));
    assert_eq!(verdict_of(all.clone(), &NEW), Verdict::ImportIncomplete);
    store(&mut all[1]).push(stored(&NEW));
    store(&mut all[ASYNC]).push(stored(&NEW));
    assert_eq!(verdict_of(all.clone(), &NEW), Verdict::Imported);
    rows(&mut all[WEB]).push(row(&NEW, RowKind::AlternativeS2STokenIssuer));
    for web in [0, 1] {
        answer(&mut all[web]).keys.push(NEW.clone());
    }
    assert_eq!(verdict_of(all.clone(), &NEW), Verdict::PublishedNotTrusted);
    trust(&mut all[SP]).additional.push(NEW.clone());
    assert_eq!(verdict_of(all.clone(), &NEW), Verdict::ReadyToSwitch);
    *rows(&mut all[WEB]) = vec![row(&NEW, RowKind::S2STokenIssuer), row(&OLD, RowKind::AlternativeS2STokenIssuer)];
    assert_eq!(verdict_of(all.clone(), &NEW), Verdict::InForce);
    assert_eq!(verdict_of(all.clone(), &OLD), Verdict::OldStillPublished);
    rows(&mut all[WEB]).pop();
    for web in [0, 1] {
        answer(&mut all[web]).keys.remove(0);
    }
    assert_eq!(verdict_of(all.clone(), &OLD), Verdict::OldStillTrusted);
    trust(&mut all[SP]).signing = trust(&mut all[SP]).additional.pop();
    assert_eq!(verdict_of(all.clone(), &OLD), Verdict::Leftover);
    store(&mut all[ASYNC]).remove(0);
    let last = table(all.clone());
    assert_eq!(ids(&last), Vec::<String>::new());
    assert_eq!(last.lines.iter().map(|line| line.verdict).collect::<Vec<_>>(), [Verdict::InForce, Verdict::Leftover]);
    for web in [0, 1] {
        store(&mut all[web]).remove(0);
    }
    assert_eq!(table(all).lines.len(), 1);
}

#[test]
fn what_is_still_somewhere_is_not_called_gone() {
    let mut all = servers();
    answer(&mut all[1]).keys.push(NEW.clone());
    *rows(&mut all[WEB]) = vec![row(&NEW, RowKind::S2STokenIssuer)];
    answer(&mut all[WEB]).keys = vec![NEW.clone()];
    trust(&mut all[SP]).signing = Some(NEW.clone());
    let old = |table: TruthTable| table.lines.into_iter().find(|line| !line.registered).unwrap().verdict;
    assert_eq!(old(table(all.clone())), Verdict::OldStillPublished);
    answer(&mut all[1]).keys = vec![NEW.clone()];
    assert_eq!(old(table(all.clone())), Verdict::Leftover);
    all.remove(SP);
    assert_eq!(old(table(all)), Verdict::RetirementUnseen);
}

#[test]
fn a_key_of_which_nobody_asked_who_reads_it_is_a_gap() {
    for (readers, wanted) in [
        (Seen::Seen(Vec::new()), "nobody asked whether CONTOSO\\svc-crm reads it"),
        (Seen::Unseen("access denied".to_owned()), "who reads it: access denied"),
    ] {
        let mut all = servers();
        key(&mut all[ASYNC]).readers = readers;
        let table = table(all);
        assert_eq!((ids(&table).len(), table.gaps.len()), (0, 1));
        assert!(table.gaps[0].why.ends_with(wanted), "{}", table.gaps[0]);
    }
}

#[test]
fn a_certificate_whose_key_cannot_be_used_is_not_present() {
    let states = |damage: Break| {
        let mut all = servers();
        damage(&mut all);
        let table = table(all);
        let cell = table.lines[0].cells.iter().find(|cell| cell.about == "crm-async-1").unwrap().clone();
        (table.lines[0].verdict, cell.state, cell.there)
    };
    let broken: [Break; 5] = [
        |all| key(&mut all[ASYNC]).matches = false,
        |all| place(&mut all[ASYNC]).key_spec = KeySpec::Signature,
        |all| place(&mut all[ASYNC]).provider_type = 0,
        |all| store(&mut all[ASYNC])[0].key = Seen::Seen(None),
        |all| {
            let denied = Reader { account: "CONTOSO\\svc-crm".to_owned(), reading: Reading::Denied };
            key(&mut all[ASYNC]).readers = Seen::Seen(vec![denied]);
        },
    ];
    for damage in broken {
        assert_eq!(states(damage), (Verdict::RowWithoutKey, PlaceState::Absent, true));
    }
    let unseen: [Break; 3] = [
        |all| store(&mut all[ASYNC])[0].key = Seen::Unseen("hidden".to_owned()),
        |all| key(&mut all[ASYNC]).readers = Seen::Unseen("hidden".to_owned()),
        |all| key(&mut all[ASYNC]).readers = Seen::Seen(Vec::new()),
    ];
    for damage in unseen {
        assert_eq!(states(damage), (Verdict::StoreUnseen, PlaceState::Unseen, true));
    }
    assert_eq!(states(|_| {}), (Verdict::InForce, PlaceState::Present, true));
}

#[test]
fn only_what_signs_or_may_sign_expires_soon() {
    let mut farm = DESCRIPTION.clone();
    farm.thresholds.days = vec![101, 50];
    let soon = |all: Vec<Facts>| {
        let table = TruthTable::of(&Observation::new(&farm, now(), all, &[]));
        table.disagreements.iter().filter(|one| one.kind.id() == "expires-soon").count()
    };
    // Three stores, the row, two documents, one trust.
    assert_eq!(soon(servers()), 7);
    let mut all = servers();
    *rows(&mut all[WEB]) = vec![row(&NEW, RowKind::S2STokenIssuer)];
    assert_eq!(soon(all.clone()), 0);
    all[WEB].rows = Seen::Unseen("hidden".to_owned());
    assert_eq!(soon(all), 6);
}

#[test]
fn a_certificate_ends_with_the_first_of_its_issuers() {
    let mut farm = DESCRIPTION.clone();
    farm.thresholds.days = vec![50];
    let ids = |table: &TruthTable| table.disagreements.iter().map(|one| one.kind.id()).collect::<Vec<_>>();
    let of = |all: Vec<Facts>| TruthTable::of(&Observation::new(&farm, now(), all, &[]));
    assert!(!ids(&of(servers())).contains(&"expires-soon"), "the leaf has more than fifty days");
    for (days, wanted) in [(20, "expires-soon"), (-1, "expired")] {
        let mut all = servers();
        let not_after = now() + Span::new().hours(24 * days);
        if let Seen::Seen(store) = &mut all[ASYNC].store {
            let fingerprint_sha256 = OLD.fingerprint.to_string();
            let earliest = Some(EarlyIssuer { subject: "CN=Issuing".to_owned(), not_after });
            store.issuers = Seen::Seen(vec![IssuerFacts { fingerprint_sha256, missing: None, earliest }]);
        }
        let table = of(all);
        assert!(ids(&table).contains(&wanted), "{:?}", ids(&table));
        let line = table.lines.iter().find(|line| line.certificate.fingerprint == OLD.fingerprint).unwrap();
        assert_eq!((line.end, line.limited_by.as_deref()), (not_after, Some("CN=Issuing")));
    }
}

#[test]
fn what_is_not_seen_is_a_gap_and_never_an_absence() {
    let mut all = servers();
    all.remove(ASYNC);
    let partly = table(all);
    assert_eq!((ids(&partly), partly.lines[0].verdict), (Vec::new(), Verdict::StoreUnseen));
    assert_eq!(partly.gaps[0].to_string(), "crm-async-1: no document of this server");
    let nothing = table(Vec::new());
    assert_eq!((nothing.lines.len(), nothing.gaps.len(), ids(&nothing).len()), (0, 4, 0));
}

#[test]
fn the_page_is_that_of_the_code() {
    crate::current::assert_current("docs/truth-table.md", &truth_table_page());
}
