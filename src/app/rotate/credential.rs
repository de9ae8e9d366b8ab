//! The credential of a roll: opened once, sealed anew for each server and run with a password that nobody has typed.
//!
//! A proof is verified with the public key of the certificate in the plan, so that it needs no key here.

use std::path::PathBuf;

use zeroize::Zeroizing;

use crate::app::export::friendly_name_of;
use crate::app::import::{mismatch, no_key};
use crate::app::passwords::{InputPasswords, Source};
use crate::app::pfx_choice::with_random;
use crate::app::source::{self, Choice, Gathered};
use crate::cert::bundle::Attributes;
use crate::cert::digest::hex_upper;
use crate::cert::pfx::{Contents, DEFAULT_PROVIDER, Labels, PfxProfile, Settings, seal};
use crate::cert::signature::{Hash, SignatureAlgorithm};
use crate::cert::{Certificate, Credential, Password};
use crate::error::{Error, Kind, Result};
use crate::farm::description::Node;
use crate::node::store::proof_text;
use crate::ports::Host;
use crate::protocol::{Hex, Id, ProofFacts, SecretBytes, SecretText};
use crate::rotation::plan::{Act, Plan};
use crate::rotation::world::{CredentialSource, Sealed};

/// Where the credential is, and how its password is found.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    /// The PFX, or another file with key and chain.
    pub file: Option<PathBuf>,
    /// Where its password comes from.
    pub passwords: Vec<Source>,
}

/// A credential that was opened, with what it is labelled.
pub(super) struct Opened {
    pub(super) credential: Credential,
    labels: Labels,
    /// What was found on the way to the chain.
    pub(super) found: crate::cert::chain::Found,
}

/// Returns whether a plan hands the credential out, so that it cannot be carried out without it.
pub(super) fn is_needed(plan: &Plan) -> bool {
    let hands_out =
        |act: &Act| matches!(act, Act::ImportByScript(_) | Act::ImportNatively | Act::Mend | Act::Switch(_));
    plan.steps.iter().chain(&plan.unwind).any(|step| hands_out(&step.act))
}

/// Returns whether octets were signed with the key of a certificate, as a node signs its proof.
pub(super) fn is_signed(certificate: &Certificate, text: &[u8], signature: &[u8]) -> bool {
    SignatureAlgorithm::RsaPkcs1(Hash::Sha256).verify(&certificate.public_key(), text, signature).is_ok()
}

/// Opens a credential.
///
/// # Errors
/// When the file cannot be read, stays locked, or holds no key with its certificate.
pub(super) fn open(host: &Host, file: &std::path::Path, sources: &[Source]) -> Result<Opened> {
    let mut passwords = InputPasswords::collect(host, sources)?;
    let input = source::read_asking(host, file, &mut passwords)?;
    if let Some(error) = input.locked_error(file, source::PASSWORD) {
        return Err(error);
    }
    let mut gathered = Gathered::default();
    gathered.add(file, input);
    let Choice { found, key } = gathered.choose(None, host.clock.now())?;
    let leaf = found.chain.leaf().clone();
    let key = key.ok_or_else(|| no_key(&leaf, &gathered))?;
    let credential = Credential::prove(found.chain.clone(), key).map_err(mismatch)?;
    let friendly_name = friendly_name_of(&Attributes::of(&credential, &gathered.items), &leaf);
    let labels = Labels { friendly_name, provider: Some(DEFAULT_PROVIDER.to_owned()) };
    Ok(Opened { credential, labels, found })
}

/// What is known of a credential before anything is planned with it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(in crate::app) struct Staged {
    /// SHA-256 of its certificate, upper-case hexadecimal.
    pub(in crate::app) fingerprint: String,
    /// The public key (SubjectPublicKeyInfo, DER).
    pub(in crate::app) key: Vec<u8>,
    /// The last instant of its certificate.
    pub(in crate::app) not_after: jiff::Timestamp,
}

/// Opens a credential to see which one it is.
///
/// # Errors
/// As [`open`].
pub(in crate::app) fn staged(host: &Host, file: &std::path::Path, sources: &[Source]) -> Result<Staged> {
    let opened = open(host, file, sources)?;
    let leaf = opened.credential.chain().leaf();
    Ok(Staged {
        fingerprint: leaf.fingerprint().to_string(),
        key: leaf.public_key().spki_der().to_vec(),
        not_after: leaf.not_after(),
    })
}

/// Seals a credential, and verifies proofs of its certificate.
pub(super) struct Sealer<'a> {
    host: &'a Host,
    certificate: Certificate,
    /// Nothing where none was handed in: what needs no key goes on without it.
    opened: Option<Opened>,
}

impl<'a> Sealer<'a> {
    /// Makes one for the certificate of a plan.
    ///
    /// # Errors
    /// [`Kind::Internal`] when the plan holds no certificate; [`Kind::Refused`] when the credential is that of another.
    pub(super) fn new(host: &'a Host, certificate: &[u8], opened: Option<Opened>) -> Result<Self> {
        let certificate = Certificate::from_der(certificate)
            .map_err(|error| Error::new(Kind::Internal, "the certificate of the plan cannot be read").because(error))?;
        if let Some(one) = &opened
            && *one.credential.chain().leaf() != certificate
        {
            let leaf = one.credential.chain().leaf();
            return Err(Error::new(Kind::Refused, "the credential is not that of the plan")
                .at(leaf.thumbprint())
                .because(std::io::Error::other(format!("the plan is for {}", certificate.thumbprint())))
                .hint(
                    "name the file that the plan was made with, or plan anew: s2scert rotate plan --credential FILE",
                ));
        }
        Ok(Self { host, certificate, opened })
    }

    fn sealed(&self, one: &Opened, profile: PfxProfile) -> Result<Sealed> {
        let mut octets = Zeroizing::new([0; 16]);
        self.host
            .random
            .fill(&mut *octets)
            .map_err(|error| Error::new(Kind::Internal, "the system has no random numbers to give").because(error))?;
        let password = Password::generate(&octets);
        let contents = Contents::of_credential(&one.credential, &one.labels);
        let pfx = with_random(
            self.host,
            |random| seal(&contents, &password, &Settings::of(profile), random),
            |error| Error::new(Kind::Internal, "the PFX cannot be sealed anew").because(error),
        )?;
        Ok(Sealed { pfx: SecretBytes::new(pfx), password: SecretText::new(password) })
    }
}

impl CredentialSource for Sealer<'_> {
    fn seal(&self, profile: PfxProfile) -> std::result::Result<Sealed, String> {
        let Some(one) = &self.opened else {
            return Err("the credential was not handed in: name it with --credential".to_owned());
        };
        self.sealed(one, profile).map_err(|error| error.to_string())
    }

    /// The node signs the name that it knows itself by, which need not be that of farm.toml. The nonce was drawn for this very
    /// question to this very node, and whoever answers was known by the transport.
    fn proven(&self, proof: &ProofFacts, _: &Node, nonce: &Hex<32>, purpose: &Id) -> bool {
        let nonce = hex_upper(nonce.as_bytes());
        let thumbprint = self.certificate.thumbprint().to_string();
        let text = proof_text(&nonce, proof.node.as_str(), purpose.as_str(), &thumbprint);
        proof.certificate.as_bytes() == self.certificate.der()
            && is_signed(&self.certificate, &text, proof.signature.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

    use super::*;
    use crate::app::keygen;
    use crate::cert::Chain;
    use crate::cert::issue::{Request, self_sign};
    use crate::cert::key::KeySpec;
    use crate::cert::name::{Generation, SubjectName};
    use crate::cert::pfx::Pfx;
    use crate::fake_host::FakeHost;
    use crate::protocol::{Octets, Text};

    fn opened() -> Opened {
        let key = keygen::generate(KeySpec::Rsa2048).unwrap();
        let subject = SubjectName::parse("CN=crm.contoso.com {g}").unwrap();
        let request = Request {
            subject: subject.render(&Generation::new("g2").unwrap()).unwrap(),
            dns_names: Vec::new(),
            not_before: "2026-01-01T00:00:00Z".parse().unwrap(),
            not_after: "2028-01-01T00:00:00Z".parse().unwrap(),
            serial: [7; 16],
        };
        let certificate = self_sign(&request, &key).unwrap();
        let chain = Chain::new(certificate.clone(), Vec::new());
        let credential = Credential::prove(chain.clone(), key).unwrap();
        let wanted = crate::cert::chain::Wanted { key: None, leaf: None };
        let found = crate::cert::chain::find(&[certificate], &wanted, request.not_before).unwrap();
        let labels = Labels { friendly_name: Some("g2".to_owned()), provider: Some(DEFAULT_PROVIDER.to_owned()) };
        Opened { credential, labels, found }
    }

    #[test]
    fn each_sealing_has_a_password_of_its_own_and_opens_with_it_alone() {
        let machine = FakeHost::new("2026-11-25T12:00:00Z".parse().unwrap(), 1);
        let host = machine.host();
        let one = opened();
        let der = one.credential.chain().leaf().der().to_vec();
        let sealer = Sealer::new(&host, &der, Some(one)).unwrap();
        let sealed = [PfxProfile::Legacy, PfxProfile::Modern].map(|profile| sealer.seal(profile).unwrap());
        let words = sealed.each_ref().map(|one| one.password.password().expose().to_owned());
        assert!(words[0] != words[1] && words.iter().all(|word| word.len() >= 22 && word.is_ascii()), "too weak");
        for (number, one) in sealed.iter().enumerate() {
            let open = |word: &str| Pfx::open(one.pfx.expose(), &Password::new(word.to_owned()));
            assert_eq!(open(&words[number]).unwrap().keys().count(), 1);
            assert!(open(&words[1 - number]).is_err());
        }
    }

    #[test]
    fn only_a_signature_of_this_certificate_over_this_very_question_is_a_proof() {
        let machine = FakeHost::new("2026-11-25T12:00:00Z".parse().unwrap(), 1);
        let host = machine.host();
        let (one, other) = (opened(), opened());
        let certificate = one.credential.chain().leaf().clone();
        let (nonce, purpose) = (Hex::from([5; 32]), Id::word("rotation"));
        let proof = |signer: &Opened, nonce: &Hex<32>, purpose: &str, node: &str| {
            let print = certificate.thumbprint().to_string();
            let text = proof_text(&hex_upper(nonce.as_bytes()), node, purpose, &print);
            ProofFacts {
                certificate: Octets::new(certificate.der().to_vec()).unwrap(),
                node: Text::told("CRM1"),
                signature: Octets::new(signer.credential.key().sign_sha256(&text).unwrap()).unwrap(),
            }
        };
        let good = proof(&one, &nonce, "rotation", "CRM1");
        let bad = [
            proof(&other, &nonce, "rotation", "CRM1"),
            proof(&one, &Hex::from([6; 32]), "rotation", "CRM1"),
            proof(&one, &nonce, "install", "CRM1"),
            proof(&one, &nonce, "rotation", "CRM2"),
            ProofFacts {
                certificate: Octets::new(other.credential.chain().leaf().der().to_vec()).unwrap(),
                ..proof(&one, &nonce, "rotation", "CRM1")
            },
        ];
        let sealer = Sealer::new(&host, certificate.der(), None).unwrap();
        let node = crate::farm::description::read(
            "format = \"1.0\"\nname = \"contoso\"\n[[node]]\nname = \"crm-1\"\nroles = [\"web\"]\nos = \"server2019\"\n\
             transport = \"local\"\n",
        )
        .farm
        .nodes
        .remove(0);
        assert!(sealer.proven(&good, &node, &nonce, &purpose));
        for (number, one) in bad.iter().enumerate() {
            assert!(!sealer.proven(one, &node, &nonce, &purpose), "proof {number}");
        }
        assert!(sealer.seal(PfxProfile::Modern).unwrap_err().contains("--credential"));
        assert!(Sealer::new(&host, certificate.der(), Some(other)).is_err(), "another credential is refused");
    }
}
