//! `export`: a bundle or PFX into the form that somebody else reads.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use zeroize::Zeroizing;

use super::gate::{self, Gate};
use super::import::{bundle_text, mismatch, no_key};
use super::outputs::{self, Output};
use super::passwords::{self, InputPasswords, OutSource, Source};
use super::pfx_choice::{PfxOptions, with_random};
use super::report::{CertificateReport, Identity, optional_path_text, path_text};
use super::source::{self, Choice, Gathered};
use crate::cert::bundle::Attributes;
use crate::cert::name::generation_of;
use crate::cert::pfx::{AttributeValue, Bag, BagContent, Contents, Labels, Pfx, PfxProfile, SecretDer, seal};
use crate::cert::{Certificate, Chain, Credential, Password, pem, pkcs7};
use crate::error::{Error, Kind, Result};
use crate::policy::Finding;
use crate::ports::{Access, Host};

/// What the person asked for.
#[derive(Clone, Debug)]
pub struct Options {
    /// The input; `-` is stdin.
    pub input: PathBuf,
    /// The file to write.
    pub out: PathBuf,
    /// Its form.
    pub format: Format,
    /// The thumbprint of the leaf, where one is named.
    pub leaf: Option<String>,
    /// How a PFX is made.
    pub pfx: PfxOptions,
    /// The policy and waivers.
    pub gate: gate::Options,
    /// Where the passwords of the input come from.
    pub in_passwords: Vec<Source>,
    /// Where the password of the output comes from.
    pub password: OutSource,
    /// Whether the key of a PEM is written without a password.
    pub unencrypted: bool,
    /// Whether a file that exists is replaced.
    pub force: bool,
}

/// The forms.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// PKCS#12: key and chain.
    Pfx,
    /// The bundle: encrypted key and chain, PEM.
    Bundle,
    /// The chain without the key, PEM.
    PemChain,
    /// The chain without the key, PKCS#7.
    P7b,
    /// The leaf, DER.
    Cer,
}

impl Format {
    /// Returns whether the private key is part of it.
    pub fn holds_key(self) -> bool {
        matches!(self, Self::Pfx | Self::Bundle)
    }
}

/// What `export` answers.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct ExportReport {
    /// `s2scert.export/1.0`.
    pub schema: &'static str,
    /// Whether the file was written. It is not when a finding of severity error stands.
    pub written: bool,
    /// SHA-1 of the leaf, upper-case hexadecimal.
    pub thumbprint: String,
    /// SHA-256 of the leaf, upper-case hexadecimal.
    pub fingerprint_sha256: String,
    /// The subject of the leaf as RFC 4514 text.
    pub subject: String,
    /// The subject of the leaf as DER, base64.
    pub subject_der: String,
    /// The leaf's first instant of validity, RFC 3339, UTC.
    pub not_before: Timestamp,
    /// The leaf's last instant of validity, RFC 3339, UTC.
    pub not_after: Timestamp,
    /// The chain, leaf first.
    pub chain: Vec<CertificateReport>,
    /// The form.
    pub format: Format,
    /// The file.
    #[serde(serialize_with = "path_text")]
    pub file: PathBuf,
    /// The encryption profile of a PFX.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<PfxProfile>,
    /// Why it is that profile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile_reason: Option<&'static str>,
    /// The iterations of a PFX.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iterations: Option<u32>,
    /// The provider named in a PFX.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The friendly name in a PFX.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub friendly_name: Option<String>,
    /// The file with the generated password, where one was made.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "optional_path_text")]
    pub password_file: Option<PathBuf>,
    /// The policy that was asked.
    pub policy: String,
    /// What it found.
    pub findings: Vec<Finding>,
    /// Remarks that are no findings.
    pub notes: Vec<String>,
}

/// `id-at-commonName`, RFC 5280 appendix A.1.
const COMMON_NAME: const_oid::ObjectIdentifier = const_oid::db::rfc4519::CN;

/// The schema of [`ExportReport`].
pub const SCHEMA: &str = "s2scert.export/1.0";

/// Exports.
///
/// # Errors
/// Whatever stops it before a verdict of the policy. Nothing is written then.
pub fn export(host: &Host, options: &Options) -> Result<ExportReport> {
    let now = host.clock.now();
    let gate = Gate::load(host, &options.gate)?;
    let existing = outputs::existing(options.force);
    options.refuse_what_has_no_meaning()?;
    let targets: Vec<&Path> = [Some(options.out.as_path()), options.password_file()].into_iter().flatten().collect();
    let others = passwords::files(&options.in_passwords, &options.password).chain(options.gate.files());
    let inputs: Vec<PathBuf> = std::iter::once(options.input.clone()).chain(others).collect();
    outputs::admit(host, &inputs, &targets, existing)?;

    let mut in_passwords = InputPasswords::collect(host, &options.in_passwords)?;
    let password = match options.needs_password() {
        true => Some(passwords::for_output(host, &options.password, &options.out)?),
        false => None,
    };
    let gathered = read(host, options, &mut in_passwords, password.as_ref())?;
    let Choice { found, key } = gathered.choose(options.leaf.as_deref(), now)?;
    let leaf = found.chain.leaf().clone();
    let mut facts = gate::facts_of_found(&found, now, options.pfx.choose().target);
    if let Some(key) = &key {
        facts.key = gate::key_facts(key, &leaf);
    } else if options.format.holds_key() {
        return Err(no_key(&leaf, &gathered));
    }
    let mut report = ExportReport::of(options, &found.chain, now, &gate);
    report.findings = gate.evaluate(&facts);
    if gate::refuses(&report.findings) {
        return Ok(report);
    }

    let bytes = match (options.format, key) {
        (Format::Pfx | Format::Bundle, None) => return Err(no_key(&leaf, &gathered)),
        (Format::Pfx, Some(key)) => {
            let credential = Credential::prove(found.chain.clone(), key).map_err(mismatch)?;
            let attributes = Attributes::of(&credential, &gathered.items);
            let password = password.as_ref().ok_or_else(|| Error::new(Kind::Internal, "no password was asked for"))?;
            let labels = options.labels(&attributes, &leaf);
            report.friendly_name.clone_from(&labels.friendly_name);
            let pfx = sealed(host, options, &credential, &attributes, &labels, password)?;
            let opened = read_back(&pfx, password, &found.chain)?;
            facts.pfx = Some(gate::pfx_facts(&opened, &found.chain));
            report.findings = gate.evaluate(&facts);
            if gate::refuses(&report.findings) {
                return Ok(report);
            }
            if !password.is_ascii() {
                report.notes.push("the password is not ASCII: Java refuses such files".to_owned());
            }
            pfx
        }
        (Format::Bundle, Some(key)) => {
            let credential = Credential::prove(found.chain.clone(), key).map_err(mismatch)?;
            let attributes = Attributes::of(&credential, &gathered.items);
            let text = bundle_text(host, &options.out, &credential, &attributes, password.as_ref())?;
            Zeroizing::new(text.as_bytes().to_vec())
        }
        (Format::PemChain, _) => {
            let blocks = found.chain.certificates().iter().map(|one| pem::encode("CERTIFICATE", one.der()).to_string());
            Zeroizing::new(blocks.collect::<String>().into_bytes())
        }
        (Format::P7b, _) => Zeroizing::new(pkcs7::certificates_only(found.chain.certificates())),
        (Format::Cer, _) => Zeroizing::new(leaf.der().to_vec()),
    };
    let access = if options.format.holds_key() { Access::Secret } else { Access::Public };
    let mut files = vec![Output { path: &options.out, access, bytes: &bytes }];
    let line = password.as_ref().map(|password| Zeroizing::new(format!("{}\n", password.expose())));
    if let (Some(path), Some(line)) = (options.password_file(), &line) {
        // Before what it opens: a run that is killed in between leaves a password without a file, not a file without one.
        files.insert(0, Output { path, access: Access::Secret, bytes: line.as_bytes() });
    }
    outputs::write(host, &files, existing)?;
    report.written = true;
    Ok(report)
}

fn read(
    host: &Host,
    options: &Options,
    in_passwords: &mut InputPasswords,
    password: Option<&Password>,
) -> Result<Gathered> {
    // One password for both files is common; it is tried before a person is asked.
    if let (false, Some(password), OutSource::From(_)) = (in_passwords.are_named(), password, &options.password) {
        in_passwords.also(password.clone());
    }
    let input = source::read_asking(host, &options.input, in_passwords)?;
    // A locked key does not matter where only certificates are wanted.
    if let Some(error) = input.locked_error(&options.input, source::IN_PASSWORD)
        && (options.format.holds_key() || input.certificates().is_empty())
    {
        return Err(error);
    }
    let mut gathered = Gathered::default();
    gathered.add(&options.input, input);
    Ok(gathered)
}

fn sealed(
    host: &Host,
    options: &Options,
    credential: &Credential,
    attributes: &Attributes,
    labels: &Labels,
    password: &Password,
) -> Result<Zeroizing<Vec<u8>>> {
    let key = BagContent::Key(SecretDer::new(credential.key().pkcs8_der().clone()));
    let mut bags = vec![Bag { content: key, attributes: attributes.key.clone() }];
    for certificate in credential.chain().certificates() {
        bags.push(Bag {
            content: BagContent::Certificate { der: certificate.der().to_vec(), parsed: Some(certificate.clone()) },
            attributes: attributes.certificate(certificate).to_vec(),
        });
    }
    let contents = Contents::of_bags(bags).labelled(labels);
    let settings = options.pfx.settings();
    with_random(
        host,
        |random| seal(&contents, password, &settings, random),
        |e| Error::new(Kind::Usage, "the PFX cannot be made").at(options.out.display()).because(e),
    )
}

fn read_back(pfx: &[u8], password: &Password, chain: &Chain) -> Result<Pfx> {
    let damaged = || Error::new(Kind::Internal, "the new PFX cannot be read back, so it was not written");
    let opened = Pfx::open(pfx, password).map_err(|e| damaged().because(e))?;
    let stored: Vec<&Certificate> = opened.certificates().filter_map(|bag| bag.certificate()).collect();
    if stored.into_iter().eq(chain.certificates()) { Ok(opened) } else { Err(damaged()) }
}

impl Options {
    fn password_file(&self) -> Option<&Path> {
        match &self.password {
            OutSource::Generate(path) if self.needs_password() => Some(path),
            OutSource::Generate(_) | OutSource::From(_) | OutSource::Ask => None,
        }
    }

    fn needs_password(&self) -> bool {
        match self.format {
            Format::Pfx => true,
            Format::Bundle => !self.unencrypted,
            Format::PemChain | Format::P7b | Format::Cer => false,
        }
    }

    fn refuse_what_has_no_meaning(&self) -> Result<()> {
        if self.unencrypted && self.format != Format::Bundle {
            return Err(Error::new(Kind::Usage, "--insecure-unencrypted has a meaning for PEM with a key only")
                .at(self.out.display())
                .hint("a PFX always has a password; a chain or certificate has no secret"));
        }
        if !self.needs_password() && self.password != OutSource::Ask {
            let why = if self.unencrypted {
                "--insecure-unencrypted writes the key without one"
            } else {
                "this form holds no secret"
            };
            return Err(Error::new(Kind::Usage, "a password for the output has no meaning here")
                .at(self.out.display())
                .because(why)
                .hint("leave the password of the output away; --in-password-file FILE is that of the input"));
        }
        if self.format != Format::Pfx && self.pfx.is_asked_for() {
            return Err(Error::new(
                Kind::Usage,
                "--profile, --for, --provider, --friendly-name and --iterations have a meaning for a PFX only",
            )
            .at(self.out.display())
            .hint("name a file that ends in .pfx, or leave them away"));
        }
        Ok(())
    }

    /// The friendly name: as asked for, or that of the input.
    fn labels(&self, attributes: &Attributes, leaf: &Certificate) -> Labels {
        let friendly_name = self.pfx.friendly_name.clone().or_else(|| friendly_name_of(attributes, leaf));
        Labels { friendly_name, provider: Some(self.pfx.provider.clone()) }
    }
}

/// Returns the friendly name that a certificate came with, else its generation, else its common name.
pub(super) fn friendly_name_of(attributes: &Attributes, leaf: &Certificate) -> Option<String> {
    let stored = attributes.certificate(leaf).iter().chain(&attributes.key).find_map(|one| match one.value() {
        AttributeValue::FriendlyName(text) => Some(text),
        _ => None,
    });
    let subject = leaf.subject();
    let named = || {
        let common = subject.attributes().filter(|value| value.oid() == COMMON_NAME);
        common.filter_map(|value| value.text()).last().map(str::to_owned)
    };
    stored.or_else(|| generation_of(&subject)).or_else(named)
}

impl ExportReport {
    fn of(options: &Options, chain: &Chain, now: Timestamp, gate: &Gate) -> Self {
        let identity = Identity::of(chain.leaf());
        let choice = options.pfx.choose();
        let is_pfx = options.format == Format::Pfx;
        Self {
            schema: SCHEMA,
            written: false,
            thumbprint: identity.thumbprint,
            fingerprint_sha256: identity.fingerprint_sha256,
            subject: identity.subject,
            subject_der: identity.subject_der,
            not_before: identity.not_before,
            not_after: identity.not_after,
            chain: CertificateReport::of_chain(chain, now),
            format: options.format,
            file: options.out.clone(),
            profile: is_pfx.then_some(choice.profile),
            profile_reason: is_pfx.then_some(choice.reason),
            iterations: is_pfx.then(|| options.pfx.settings().iterations()),
            provider: is_pfx.then(|| options.pfx.provider.clone()),
            friendly_name: None,
            password_file: options.password_file().map(Path::to_owned),
            policy: gate.name().to_owned(),
            findings: Vec::new(),
            notes: Vec::new(),
        }
    }
}
