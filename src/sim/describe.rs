//! What a simulated node tells of itself, so that it can be planned for.

use super::state::{State, Stored};
use crate::protocol::{
    Action, CertificateFacts, Certificates, Facts, Hex, Id, KeyFacts, List, MonitoringFacts, NetworkFacts, NodeFacts,
    ScriptFacts, Seen, SignalFacts, StateFacts, Text,
};

/// A simulated server has written no event, and its deployment warns as an own one would.
pub(super) fn signals(action: &Action) -> Facts {
    match action {
        Action::CrmMonitoring(_) => Facts::Monitoring(MonitoringFacts { threshold: Some(10) }),
        _ => Facts::Signals(SignalFacts::default()),
    }
}

impl State {
    pub(super) fn description(&self, node: usize) -> Facts {
        let there = &self.nodes[node];
        let script = there
            .script
            .map(|sha256| Seen::There(ScriptFacts { file: Text::default(), sha256, signature: Text::default() }));
        Facts::Node(Box::new(NodeFacts {
            version: Text::told("simulated"),
            program_sha256: None,
            system: Text::told("simulated"),
            system_version: Text::default(),
            machine: Text::told(there.name.as_str()),
            account: Text::default(),
            elevated: true,
            state: StateFacts { highest_fence: there.standing.highest_fence, ..StateFacts::default() },
            powershell: Seen::Absent(Text::default()),
            script: script.unwrap_or_else(|| Seen::Absent(Text::told("there is none"))),
            network_identity: Seen::There(NetworkFacts { share: Text::default(), reached: true, why: None }),
        }))
    }

    pub(super) fn store_facts(&self, node: usize) -> Facts {
        let certificate = |one: &Stored| {
            let info = &self.certs[usize::from(one.cert)];
            CertificateFacts {
                thumbprint: info.thumbprint,
                fingerprint_sha256: Hex::from([0; 32]),
                subject: info.subject.clone(),
                subject_der: info.der.clone(),
                issuer: info.subject.clone(),
                not_before: self.instant(0),
                not_after: self.instant(i64::from(u32::MAX)),
                friendly_name: None,
                key: Some(KeyFacts {
                    place: Text::default(),
                    provider: None,
                    provider_type: None,
                    key_spec: None,
                    state: Id::word("matches"),
                    exportable: None,
                    access: None,
                }),
                whole: None,
            }
        };
        let certificates = List::first(self.nodes[node].store.iter().map(certificate));
        Facts::Certificates(Certificates { certificates, ..Certificates::default() })
    }
}
