//! Asking the policy: loading it, gathering the facts it looks at, and its verdict.

use std::path::PathBuf;

use jiff::Timestamp;

use super::policies;
use crate::cert::chain::{Found, Remark};
use crate::cert::name::{self, NameMatch};
use crate::cert::pfx::{Cipher, EncryptionScheme, MacScheme, Pfx, PfxProfile};
use crate::cert::signature::Hash;
use crate::cert::{Certificate, Chain, KeyPair, pfx};
use crate::error::Result;
use crate::policy::{
    ChainProblem, Facts, Finding, KeyFacts, PfxEncryption, PfxFacts, PfxMac, PfxOrder, Policy, WaiverUse,
};
use crate::ports::Host;

/// Which policy and waivers.
#[derive(Clone, Debug)]
pub struct Options {
    /// The name of a shipped policy or a path.
    pub policy: String,
    /// A file of waivers.
    pub waivers: Option<PathBuf>,
}

impl Options {
    /// Returns the files that are read: no output may take the place of one.
    pub fn files(&self) -> impl Iterator<Item = PathBuf> + '_ {
        let policy = policies::is_path(&self.policy).then(|| PathBuf::from(&self.policy));
        policy.into_iter().chain(self.waivers.clone())
    }
}

/// A loaded policy with its waivers.
#[derive(Clone, Debug)]
pub struct Gate {
    policy: Policy,
}

impl Gate {
    /// Loads the policy and the waivers.
    ///
    /// # Errors
    /// When a file cannot be read, or is no policy.
    pub fn load(host: &Host, options: &Options) -> Result<Self> {
        let mut policy = policies::load(host, &options.policy)?;
        if let Some(path) = &options.waivers {
            policies::add_waivers(host, &mut policy, path)?;
        }
        Ok(Self { policy })
    }

    /// Returns the name of the policy.
    pub fn name(&self) -> &str {
        self.policy.name()
    }

    /// Returns the policy.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Asks about one file or chain, and about the waivers too.
    pub fn evaluate(&self, facts: &Facts<'_>) -> Vec<Finding> {
        self.policy.evaluate(facts)
    }

    /// Asks about one of several files. Waivers are judged at the end: [`Gate::waiver_findings`].
    pub fn evaluate_one_of_many(&self, facts: &Facts<'_>, used: &mut WaiverUse) -> Vec<Finding> {
        self.policy.evaluate_rules(facts, used)
    }

    /// Returns what is to be said about the waivers after all files.
    pub fn waiver_findings(&self, now: Timestamp, used: &WaiverUse) -> Vec<Finding> {
        self.policy.waiver_findings(now, used)
    }
}

/// Returns whether a finding stops the command.
pub fn refuses(findings: &[Finding]) -> bool {
    findings.iter().any(Finding::stops)
}

/// Gathers what is known of a chain.
pub fn facts_of_chain(chain: &Chain, now: Timestamp, target: Option<pfx::Target>) -> Facts<'_> {
    let mut facts = Facts::of_chain(now, chain);
    facts.target = target;
    facts.subject_ambiguity = subject_ambiguity(chain.leaf());
    facts
}

/// Gathers what is known of a chain that was found in a bag, with what the search remarked.
pub fn facts_of_found(found: &Found, now: Timestamp, target: Option<pfx::Target>) -> Facts<'_> {
    let mut facts = facts_of_chain(&found.chain, now, target);
    // Expiry and authority flags are asked of every certificate by rules of their own.
    let structural = found.remarks.iter().filter(|remark| {
        !matches!(remark, Remark::Expired { .. } | Remark::NotYetValid { .. } | Remark::NotAuthority { .. })
    });
    facts.chain_problems = structural
        .map(|remark| ChainProblem { position: position(&found.chain, remark), problem: remark.to_string() })
        .collect();
    facts
}

/// Says what is known of the private key.
pub fn key_facts(key: &KeyPair, leaf: &Certificate) -> KeyFacts {
    KeyFacts::Present {
        algorithm: key.algorithm().clone(),
        matches_leaf: key.public_key().bits() == leaf.public_key().bits(),
    }
}

/// Says what an opened PFX tells beyond its certificates.
pub fn pfx_facts(pfx: &Pfx, chain: &Chain) -> PfxFacts {
    let leaf_key = chain.leaf().public_key();
    let key_bag = pfx
        .keys()
        .find(|bag| bag.key_pair().and_then(Result::ok).is_some_and(|key| key.public_key().bits() == leaf_key.bits()))
        .or_else(|| pfx.keys().next());
    PfxFacts {
        encryption: encryption(pfx),
        mac: match pfx.mac {
            None => PfxMac::Absent,
            Some(mac) => match (mac.scheme, mac.hash) {
                (MacScheme::Pkcs12Kdf, Hash::Sha1) => PfxMac::Sha1,
                (MacScheme::Pkcs12Kdf, Hash::Sha256) => PfxMac::Sha256,
                _ => PfxMac::Other,
            },
        },
        provider: key_bag.and_then(|bag| bag.provider_name()),
        machine_keyset: key_bag.is_some_and(|bag| bag.is_machine_keyset()),
        key_usage: key_bag.and_then(|bag| bag.key_usage()),
        order: order(pfx, chain),
    }
}

fn encryption(pfx: &Pfx) -> PfxEncryption {
    let mut schemes: Vec<String> = Vec::new();
    let mut profile: Option<Option<PfxProfile>> = None;
    let mut see = |scheme: Option<EncryptionScheme>| {
        let text = scheme.map_or_else(|| "in clear".to_owned(), |scheme| scheme.to_string());
        if !schemes.contains(&text) {
            schemes.push(text);
        }
        let this = match scheme {
            Some(EncryptionScheme::PbeSha1TripleDes) => Some(PfxProfile::Legacy),
            Some(EncryptionScheme::Pbes2 { cipher: Cipher::Aes256, prf: Hash::Sha256 }) => Some(PfxProfile::Modern),
            _ => None,
        };
        profile = Some(match profile {
            None => this,
            Some(before) if before == this => this,
            Some(_) => None,
        });
    };
    for safe in &pfx.safes {
        match safe.encryption {
            Some(encryption) => see(Some(encryption.scheme)),
            None => safe.bags.iter().for_each(|bag| match &bag.content {
                pfx::BagContent::ShroudedKey { encryption, .. } => see(Some(encryption.scheme)),
                _ => see(None),
            }),
        }
    }
    match profile.flatten() {
        Some(PfxProfile::Legacy) => PfxEncryption::Legacy,
        Some(PfxProfile::Modern) => PfxEncryption::Modern,
        None => PfxEncryption::Other(schemes.join(" and ")),
    }
}

fn order(pfx: &Pfx, chain: &Chain) -> PfxOrder {
    let stored: Vec<&Certificate> = pfx.certificates().filter_map(|bag| bag.certificate()).collect();
    let wanted: Vec<&Certificate> = chain.certificates().iter().collect();
    if stored == wanted {
        PfxOrder::LeafFirst
    } else if stored.iter().rev().eq(wanted.iter()) {
        PfxOrder::Other("root first".to_owned())
    } else if stored.first() == wanted.first() {
        PfxOrder::Other("leaf first, but the issuers are not in the order of the chain".to_owned())
    } else {
        PfxOrder::Other("the first certificate is not the leaf".to_owned())
    }
}

/// The text that Windows prints for a subject must find that subject; it may not where the printed form is uncertain.
fn subject_ambiguity(leaf: &Certificate) -> Option<String> {
    let subject = leaf.subject();
    match name::compare_lookup(&subject.windows_text().text, &subject) {
        NameMatch::Ambiguous(reason) => Some(reason),
        NameMatch::Same | NameMatch::Different => None,
    }
}

fn position(chain: &Chain, remark: &Remark) -> usize {
    let subject = match remark {
        Remark::Expired { subject, .. }
        | Remark::NotYetValid { subject, .. }
        | Remark::NotAuthority { subject }
        | Remark::NotVerified { subject, .. }
        | Remark::NameEncoding { subject }
        | Remark::KeyIdDiffers { subject } => subject,
        Remark::Circle | Remark::LimitReached => return chain.certificates().len() - 1,
    };
    chain.certificates().iter().position(|certificate| certificate.subject() == *subject).unwrap_or(0)
}
