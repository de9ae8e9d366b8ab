//! Checks of certificates and keys: what the truth table finds, seen as what a roll needs.

use super::sight::{Look, Shown, truth};
use super::{Check, Facts, Sight};
use crate::farm::description::{Node, Role};
use crate::farm::truth::Topic;

const COLLECT: &str = "collect what each server shows, then evaluate it: s2scert farm status --from DIR";
const SIGNS: &str = "server that signs";
const SET_UP: &str = "Microsoft, server-based authentication with SharePoint on-premises";
const TROUBLE: &str = "Microsoft, troubleshooting server-based authentication";
const KEY_SPEC: &str = "Microsoft, AD FS and the KeySpec property";

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "row-there",
        wants: "The configuration database has one row S2STokenIssuer, the same from every server",
        why: "Dynamics signs with the certificate that this row names, and publishes it",
        remedy: "with no row: run the script once with -updateCrm; with two: Remove-CrmCertificate the wrong one by its Id",
        look: COLLECT,
        source: SET_UP,
        judge: |facts| rows(facts, &["row-missing", "row-twice", "rows-differ"], "there is one row"),
    },
    Check {
        id: "certificate-in-store",
        wants: "Each server that signs has the certificate that the row names, with its own key",
        why: "the row names a certificate; the key is looked for in the store of each server by the subject",
        remedy: "on the server: s2scert install FILE",
        look: COLLECT,
        source: TROUBLE,
        judge: |facts| {
            store(
                facts,
                &[
                    "row-certificate-missing",
                    "other-certificate-behind-subject",
                    "key-missing",
                    "key-of-another-certificate",
                ],
                "each has it",
            )
        },
    },
    Check {
        id: "subject-unique",
        wants: "No subject stands twice in a store",
        why: "the key is found by the subject; with two of one subject the wrong one is picked (\"Private key not found\")",
        remedy: "remove the one that is not named by the row: s2scert store remove --thumbprint THUMBPRINT",
        look: COLLECT,
        source: TROUBLE,
        judge: |facts| store(facts, &["subject-twice"], "each subject stands once"),
    },
    Check {
        id: "key-provider",
        wants: "The key is in a CSP, not in CNG",
        why: "the product reads keys through an interface that knows CSPs only (\"Invalid provider type specified\")",
        remedy: "import the PFX anew: s2scert install FILE",
        look: COLLECT,
        source: KEY_SPEC,
        judge: |facts| store(facts, &["key-in-cng"], "no key is in CNG"),
    },
    Check {
        id: "key-specification",
        wants: "The key is filed as AT_KEYEXCHANGE (KeySpec 1)",
        why: "a key that is filed as AT_SIGNATURE cannot be used for all that tokens need",
        remedy: "import the PFX anew: s2scert install FILE",
        look: COLLECT,
        source: KEY_SPEC,
        judge: |facts| store(facts, &["key-specification"], "every key has KeySpec 1"),
    },
    Check {
        id: "key-of-machine",
        wants: "The key belongs to the machine, not to a user",
        why: "a service cannot open a key that lies in somebody's profile",
        remedy: "import the PFX anew, from an elevated prompt: s2scert install FILE",
        look: COLLECT,
        source: "Microsoft, key storage and retrieval",
        judge: |facts| store(facts, &["key-of-a-user"], "every key belongs to the machine"),
    },
    Check {
        id: "key-readable",
        wants: "The accounts of the services can read the key",
        why: "a key that the service cannot read is the commonest cause of a failed roll, and is noticed weeks later",
        remedy: "grant it: s2scert access grant container:NAME ACCOUNT",
        look: COLLECT,
        source: "Microsoft, connect Dynamics 365 (on-premises) to Exchange Online: Manage Private Keys, Read",
        judge: |facts| store(facts, &["key-not-readable"], "each account that is described can"),
    },
    Check {
        id: "chain-whole",
        wants: "Each server finds the issuers of the certificate",
        why: "whoever checks the chain on that server refuses the certificate",
        remedy: "install the PFX with its chain: s2scert install FILE",
        look: COLLECT,
        source: SET_UP,
        judge: |facts| chain(facts, &["chain-missing"], "no issuer is missing"),
    },
    Check {
        id: "not-shared-with-tls",
        wants: "No TLS binding uses the certificate",
        why: "whoever renews the TLS certificate with the same subject changes what signs tokens, by surprise",
        remedy: "give the web site a certificate of its own, before the roll removes this one",
        look: "on the server: netsh http show sslcert",
        source: "docs/farm.md",
        judge: |facts| store(facts, &["shared-with-tls"], "no binding uses it"),
    },
    Check {
        id: "not-shared-with-row",
        wants: "No row of another type names the certificate",
        why: "what is done to the certificate for one use is done for the other: a renewal there signs tokens by surprise, a removal here breaks it",
        remedy: "keep the old certificate until the other row names another one, and give each use a certificate of its own",
        look: "on a server with deployment tools: Get-CrmCertificate",
        source: "docs/farm.md",
        judge: |facts| rows(facts, &["row-shared"], "no other row names it"),
    },
    Check {
        id: "not-expired",
        wants: "The certificate in use is valid for longer than a roll takes",
        why: "an overlap without an outage needs the old certificate still valid; SharePoint's cache takes up to 24 hours",
        remedy: "order the next certificate now, with a subject of its own",
        look: COLLECT,
        source: TROUBLE,
        judge: |facts| store(facts, &["expired", "expires-soon"], "none expires soon"),
    },
    Check {
        id: "metadata-answers",
        wants: "Each web server publishes the certificate of the row for each organization",
        why: "SharePoint takes the certificate from this document; a server that publishes another one breaks every second request",
        remedy: "recycle CRMAppPool on that server, and look again",
        look: "from a SharePoint server: open the metadata address of each organization",
        source: SET_UP,
        judge: |facts| {
            truth(
                facts,
                &Look {
                    ids: &["metadata-stale", "metadata-empty"],
                    whom: "web server",
                    pick: |node| node.has(Role::Web),
                    part: |topic| matches!(topic, Topic::Metadata(_)),
                    unseen: |_| None,
                    well: "each does",
                },
            )
        },
    },
    Check {
        id: "facts-fresh",
        wants: "What servers showed is fresh",
        why: "what is told here may no longer be so",
        remedy: "collect from this server again",
        look: COLLECT,
        source: "docs/farm.md",
        judge: |facts| {
            truth(
                facts,
                &Look {
                    ids: &["facts-old", "facts-from-the-future"],
                    whom: "server",
                    pick: |_| true,
                    part: |_| false,
                    unseen: |_| None,
                    well: "nothing is old",
                },
            )
        },
    },
];

/// Of the stores of servers that sign.
fn store(facts: &Facts<'_>, ids: &[&str], well: &str) -> Vec<Sight> {
    let part = |topic: &Topic| *topic == Topic::Store;
    truth(facts, &Look { ids, whom: SIGNS, pick: Node::signs, part, unseen: |shown| shown.store.gap(), well })
}

/// Of the chains in them, which may be unseen where the store was seen.
fn chain(facts: &Facts<'_>, ids: &[&str], well: &str) -> Vec<Sight> {
    let part = |topic: &Topic| *topic == Topic::Store;
    truth(facts, &Look { ids, whom: SIGNS, pick: Node::signs, part, unseen: unseen_chain, well })
}

fn unseen_chain(shown: &Shown) -> Option<&str> {
    match shown.store.seen() {
        Some(store) => store.issuers.gap(),
        None => shown.store.gap(),
    }
}

/// Of servers with the deployment tools.
fn rows(facts: &Facts<'_>, ids: &[&str], well: &str) -> Vec<Sight> {
    let pick = |node: &Node| node.has(Role::DeploymentTools);
    let part = |topic: &Topic| *topic == Topic::Rows;
    truth(facts, &Look { ids, whom: "server with deployment tools", pick, part, unseen: |_| None, well })
}
