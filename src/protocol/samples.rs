//! One of everything that goes over the wire.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use super::*;
use crate::cert::Password;

/// The password in every sample.
pub(crate) const CANARY: &str = "kanarienvogel-7Q4x-Zwitscher";

/// Makes a value that has a form from its text.
pub(crate) fn of<T: std::str::FromStr<Err = &'static str>>(text: &str) -> T {
    text.parse().unwrap()
}

fn password() -> SecretText {
    SecretText::new(Password::new(CANARY.to_owned()))
}

/// One action of each kind, in the order of the table.
pub(crate) fn actions() -> Vec<Action> {
    let thumbprint = Hex::from([0xab; 20]);
    let (which, nothing) = (Which { thumbprint }, Nothing {});
    let after = "2026-11-25T10:00:00Z".parse().unwrap();
    let names = Identities { thumbprint, names: List::first([of("NETWORK SERVICE"), of("S-1-5-20")]) };
    vec![
        Action::Describe(nothing),
        Action::StoreList(StoreList { store: Store::My, whole: None }),
        Action::StoreShow(which),
        Action::Orphans(nothing),
        Action::Stage(Stage { thumbprint, pfx: SecretBytes::new(vec![0x30, 0x03].into()), password: password() }),
        Action::Unstage(nothing),
        Action::Install(Install {
            thumbprint,
            password: password(),
            readers: List::first([of("NETWORK SERVICE")]),
            friendly_name: Some(of("S2S 2026")),
            trust_root: false,
            same_subject: false,
        }),
        Action::Remove(Remove { thumbprint, with_key: true }),
        Action::AccessShow(which),
        Action::Grant(names.clone()),
        Action::Revoke(names),
        Action::RestoreAccess(RestoreAccess { thumbprint, list: of("D:P(A;;FA;;;SY)") }),
        Action::Reconfigure(Reconfigure {
            thumbprint,
            password: password(),
            script_sha256: Hex::from([7; 32]),
            certificate_type: RowType::S2STokenIssuer,
            service_account: of("CONTOSO\\crm"),
            store_find_type: Some(of("FindBySubjectDistinguishedName")),
            update_crm: true,
        }),
        Action::CrmCertificates(nothing),
        Action::CrmCertificateSet(CrmCertificateSet {
            certificate_type: RowType::AlternativeS2STokenIssuer,
            certificate: Octets::new(vec![0x30, 0x00]).unwrap(),
            expected: Some(thumbprint),
            name: None,
        }),
        Action::CrmCertificateRemove(CrmCertificateRemove {
            certificate_type: RowType::AlternativeS2STokenIssuer,
            id: of("0d9b2d4e-0000-4000-8000-000000000001"),
        }),
        Action::CrmServers(nothing),
        Action::Services(nothing),
        Action::ServiceRestart(Restart { name: of("MSCRMAsyncService"), after }),
        Action::PoolRecycle(Restart { name: of("CRMAppPool"), after }),
        Action::IisReset(After { after }),
        Action::Lease(nothing),
        Action::LeaseTake(LeaseTake { holder: of("CONTOSO\\ada on ops01"), seconds: 300, over: None }),
        Action::LeaseRenew(LeaseRenew { seconds: 300 }),
        Action::LeaseRelease(nothing),
        Action::RollMarker(nothing),
        Action::RollMarkerWrite(RollMarkerWrite {
            plan_sha256: Hex::from([9; 32]),
            owner: of("CONTOSO\\ada"),
            phase: of("import"),
        }),
        Action::RollMarkerClear(nothing),
        Action::Journal(JournalRead { roll: of("roll-1"), from: 0 }),
        Action::JournalAppend(JournalAppend { index: 0, record: Octets::new(b"begun".to_vec()).unwrap() }),
        Action::SharepointTrusts(nothing),
        Action::MetadataJob(nothing),
        Action::MetadataJobStart(After { after }),
        Action::MetadataJobHold(nothing),
        Action::MetadataJobRelease(nothing),
        Action::Prove(Prove { thumbprint, nonce: Hex::from([5; 32]), purpose: of("gate") }),
        Action::Signals(SignalsRead { kind: SignalKind::SharePoint, since: after }),
        Action::CrmMonitoring(nothing),
        Action::Token(TokenOrder {
            thumbprint,
            site: of("https://sharepoint.contoso.com/sites/crm"),
            realm: of("5f0d3a52-0000-0000-0000-0000000000aa"),
            issuer_realm: of("5f0d3a52-0000-0000-0000-0000000000aa"),
            seconds: Lifetime::try_from(300).unwrap(),
            authorities: List::default(),
        }),
    ]
}

/// A request that asks for an action: to perform it, where it changes something.
pub(crate) fn request(action: Action) -> Request {
    let acts = action.info().effect != Effect::Observes;
    Request {
        schema: REQUEST_SCHEMA.to_owned(),
        request: of("q-1"),
        deadline_seconds: 60,
        mode: if acts { Mode::Perform } else { Mode::Observe },
        roll: acts.then(|| of("roll-1")),
        step: acts.then(|| of("step-1")),
        attempt: acts.then_some(1),
        fence: acts.then_some(1),
        action,
    }
}

/// The octets of [`request`].
pub(crate) fn bytes(action: Action) -> Vec<u8> {
    serde_json::to_vec(&request(action)).unwrap()
}

/// The order that a node reads from it.
pub(crate) fn order(action: Action) -> Order {
    read(&bytes(action)).unwrap()
}
