//! The items of a file, with their places.

use std::fmt;

use super::foreign;
use super::structure::{self, Found};
use super::{ContainerError, ContainerKind, ItemError};
use crate::cert::bundle;
use crate::cert::certificate::Certificate;
use crate::cert::csr::Csr;
use crate::cert::der::DerError;
use crate::cert::key_file::{self, KeyFile, KeyFileError};
use crate::cert::password::Password;
use crate::cert::pem::Block;
use crate::cert::pfx::{Attribute, BagContent, Pfx, PfxError};
use crate::cert::pkcs7;

/// What a file holds.
#[derive(Clone, Debug)]
pub struct Contents {
    /// What the file is as a whole.
    pub kind: ContainerKind,
    /// The items, in the order of the file.
    pub items: Vec<Item>,
    /// The opened PFX, where the file is one and nothing else.
    pub pfx: Option<Pfx>,
}

/// One item.
#[derive(Clone, Debug)]
pub struct Item {
    /// Where it stands.
    pub origin: Origin,
    /// What it is.
    pub content: Content,
    /// The attributes of its bag: from a PFX, from the text before a PEM block, from inside a PKCS#8 key.
    pub attributes: Vec<Attribute>,
}

/// What an item is.
#[derive(Clone, Debug)]
pub enum Content {
    /// A certificate.
    Certificate(Certificate),
    /// A private key.
    Key(KeyFile),
    /// A certificate signing request.
    Csr(Csr),
    /// Something that no given password opens.
    Locked(Locked),
    /// Something that is of no use here, named: a revocation list, a public key, a key that the product cannot use.
    PassedOver(String),
}

/// Something that no given password opens.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Locked {
    /// What it is: `PFX`, `private key`.
    pub what: &'static str,
    /// How it is encrypted, as far as it is known without the password.
    pub encryption: Option<String>,
    /// How many passwords were given. With 0, the person is asked for one; with more, they were all wrong.
    pub tried: usize,
}

/// The place of an item in a file. Numbers count from 1.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Origin {
    /// Which block of a PEM file, or which structure of several in one DER file.
    pub number: Option<usize>,
    /// The line of the PEM block.
    pub line: Option<usize>,
    /// The label of the PEM block.
    pub label: Option<String>,
    /// Which certificate of a PKCS#7, or which bag of a PFX.
    pub bag: Option<usize>,
}

impl Contents {
    pub(super) fn new(kind: ContainerKind) -> Self {
        Self { kind, items: Vec::new(), pfx: None }
    }

    /// Returns the certificates, in order.
    pub fn certificates(&self) -> impl Iterator<Item = &Certificate> {
        self.items.iter().filter_map(|item| match &item.content {
            Content::Certificate(certificate) => Some(certificate),
            _ => None,
        })
    }

    /// Returns the private keys, in order.
    pub fn keys(&self) -> impl Iterator<Item = &KeyFile> {
        self.items.iter().filter_map(|item| match &item.content {
            Content::Key(key) => Some(key),
            _ => None,
        })
    }

    /// Returns what no password opened, in order.
    pub fn locked(&self) -> impl Iterator<Item = &Locked> {
        self.items.iter().filter_map(|item| match &item.content {
            Content::Locked(locked) => Some(locked),
            _ => None,
        })
    }

    pub(super) fn pass_over(&mut self, origin: &Origin, what: String) {
        self.push(origin, Content::PassedOver(what), Vec::new());
    }

    /// An opened PFX stands for the whole file only if every item comes from it.
    pub(super) fn keep_pfx_only_if_alone(&mut self) {
        let first = self.items.first().and_then(|item| item.origin.number);
        if self.items.iter().any(|item| item.origin.bag.is_none() || item.origin.number != first) {
            self.pfx = None;
        }
    }

    fn push(&mut self, origin: &Origin, content: Content, attributes: Vec<Attribute>) {
        self.items.push(Item { origin: origin.clone(), content, attributes });
    }
}

/// Reads one PEM block by its content; the label counts only where the content says nothing.
pub(super) fn read_block(
    block: &Block,
    number: usize,
    passwords: &[Password],
    contents: &mut Contents,
) -> Result<(), ContainerError> {
    let origin =
        Origin { number: Some(number), line: Some(block.line), label: Some(block.label.clone()), ..Origin::default() };
    if let Some(refusal) = foreign::pem_label(&block.label) {
        return Err(refusal);
    }
    if let Some(damage) = &block.damage {
        contents.pass_over(&origin, format!("a damaged block that is nothing known here: {damage}"));
        return Ok(());
    }
    let from = contents.items.len();
    if block.header("Proc-Type").is_some_and(|kind| kind.contains("ENCRYPTED")) {
        push_key(key_file::from_block(block, passwords), &origin, passwords, contents)?;
    } else if block.label.ends_with("PARAMETERS") {
        contents.pass_over(&origin, format!("{} (of no use here)", block.label.to_lowercase()));
    } else if let Some(structure) = structure::recognise(&block.content) {
        // OpenSSL appends its trust settings to the certificate in `TRUSTED CERTIFICATE`.
        let whole = &block.content[..structure.length];
        read_structure(structure.found, whole, &origin, passwords, contents)?;
    } else {
        unreadable(block, &origin, contents)?;
    }
    let listed = bundle::listing::read(&block.preamble);
    for item in &mut contents.items[from..] {
        merge(&mut item.attributes, &listed);
    }
    Ok(())
}

/// A block whose content is nothing known: damage where the label promises something that is read.
fn unreadable(block: &Block, origin: &Origin, contents: &mut Contents) -> Result<(), ContainerError> {
    let content = &block.content;
    let source: Option<ItemError> = match block.label.as_str() {
        label if label.contains("REQUEST") => Csr::from_der(content).err().map(Into::into),
        label if label.contains("CERTIFICATE") => Certificate::from_der(content).err().map(Into::into),
        label if label.contains("PRIVATE KEY") => key_file::from_der(content, &[]).err().map(Into::into),
        label if label.contains("PKCS7") || label == "CMS" => pkcs7::read(content).err().map(Into::into),
        label => {
            contents.pass_over(origin, format!("a block {label} that is nothing known"));
            return Ok(());
        }
    };
    // What is not recognised is not read either.
    let source = source.unwrap_or(ItemError::Asn1(DerError::Malformed));
    Err(ContainerError::Item { origin: Box::new(origin.clone()), source })
}

/// Reads one structure.
pub(super) fn read_structure(
    found: Found,
    der: &[u8],
    origin: &Origin,
    passwords: &[Password],
    contents: &mut Contents,
) -> Result<(), ContainerError> {
    let failed = |source: ItemError| ContainerError::Item { origin: Box::new(origin.clone()), source };
    match found {
        Found::Certificate => {
            let certificate = Certificate::from_der(der).map_err(|e| failed(e.into()))?;
            contents.push(origin, Content::Certificate(certificate), Vec::new());
        }
        Found::Csr => {
            let csr = Csr::from_der(der).map_err(|e| failed(e.into()))?;
            contents.push(origin, Content::Csr(csr), Vec::new());
        }
        Found::Crl => contents.pass_over(origin, "a certificate revocation list (of no use here)".to_owned()),
        Found::PublicKey => contents.pass_over(origin, "a public key without certificate (of no use here)".to_owned()),
        Found::Pkcs7 => {
            let read = pkcs7::read(der).map_err(|e| failed(e.into()))?;
            for (index, certificate) in read.certificates.into_iter().enumerate() {
                let origin = Origin { bag: Some(index + 1), ..origin.clone() };
                contents.push(&origin, Content::Certificate(certificate), Vec::new());
            }
            if read.revocation_lists + read.other_certificates > 0 {
                let (lists, others) = (read.revocation_lists, read.other_certificates);
                contents.pass_over(
                    origin,
                    format!("{lists} revocation lists and {others} certificates that are not X.509"),
                );
            }
        }
        Found::Key => push_key(key_file::from_der(der, passwords), origin, passwords, contents)?,
        Found::Pfx => read_pfx(der, origin, passwords, contents)?,
    }
    Ok(())
}

fn push_key(
    read: Result<KeyFile, KeyFileError>,
    origin: &Origin,
    passwords: &[Password],
    contents: &mut Contents,
) -> Result<(), ContainerError> {
    match read {
        Ok(key) => {
            let attributes = key.attributes.clone();
            contents.push(origin, Content::Key(key), attributes);
        }
        Err(KeyFileError::PasswordNeeded { encryption } | KeyFileError::WrongPassword { encryption }) => {
            let locked = Locked { what: "private key", encryption: Some(encryption), tried: passwords.len() };
            contents.push(origin, Content::Locked(locked), Vec::new());
        }
        Err(useless @ (KeyFileError::Dsa | KeyFileError::Key { .. } | KeyFileError::Unsupported { .. })) => {
            contents.pass_over(origin, useless.to_string());
        }
        Err(error @ (KeyFileError::Damaged { .. } | KeyFileError::TooMuchWork { .. })) => {
            return Err(ContainerError::Item { origin: Box::new(origin.clone()), source: error.into() });
        }
    }
    Ok(())
}

fn read_pfx(
    der: &[u8],
    origin: &Origin,
    passwords: &[Password],
    contents: &mut Contents,
) -> Result<(), ContainerError> {
    let empty = Password::new(String::new());
    let mut opened = None;
    for password in passwords.iter().chain([&empty]) {
        match Pfx::open(der, password) {
            Ok(pfx) => {
                opened = Some(pfx);
                break;
            }
            Err(PfxError::WrongPassword | PfxError::Undecryptable { .. }) => {}
            Err(error) => return Err(ContainerError::Item { origin: Box::new(origin.clone()), source: error.into() }),
        }
    }
    let Some(pfx) = opened else {
        let locked = Locked { what: "PFX", encryption: None, tried: passwords.len() };
        contents.push(origin, Content::Locked(locked), Vec::new());
        return Ok(());
    };
    for (index, bag) in pfx.bags().into_iter().enumerate() {
        let origin = Origin { bag: Some(index + 1), ..origin.clone() };
        match &bag.content {
            BagContent::Key(key) | BagContent::ShroudedKey { key, .. } => {
                push_key(key_file::from_der(key.expose(), &[]), &origin, passwords, contents)?;
            }
            BagContent::Certificate { parsed: Some(certificate), .. } => {
                contents.push(&origin, Content::Certificate(certificate.clone()), Vec::new());
            }
            BagContent::Certificate { parsed: None, .. } => {
                contents.pass_over(&origin, "a certificate that cannot be read".to_owned());
            }
            BagContent::Crl { .. } => {
                contents.pass_over(&origin, "a certificate revocation list (of no use here)".to_owned());
            }
            BagContent::Secret { .. } => contents.pass_over(&origin, "a secret that is no private key".to_owned()),
            BagContent::SafeContents(_) => continue,
            BagContent::Other { oid, .. } => contents.pass_over(&origin, format!("a bag of the type {oid}")),
        }
        if let Some(item) = contents.items.last_mut() {
            // The attributes of the bag count more than those inside the key.
            let inside = std::mem::replace(&mut item.attributes, bag.attributes.clone());
            merge(&mut item.attributes, &inside);
        }
    }
    contents.pfx = Some(pfx);
    Ok(())
}

/// Adds attributes of types that are not there yet.
fn merge(attributes: &mut Vec<Attribute>, more: &[Attribute]) {
    for attribute in more {
        if attributes.iter().all(|known| known.oid() != attribute.oid()) {
            attributes.push(attribute.clone());
        }
    }
}

impl fmt::Display for Locked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {}", self.what)?;
        if let Some(encryption) = &self.encryption {
            write!(f, " ({encryption})")?;
        }
        match self.tried {
            0 => f.write_str(" is protected by a password, and none was given"),
            1 => f.write_str(" is not opened by the password that was given"),
            several => write!(f, " is not opened by any of the {several} passwords that were given"),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        match (self.number, &self.label) {
            (Some(number), Some(label)) => parts.push(format!("block {number} ({label})")),
            (Some(number), None) => parts.push(format!("structure {number}")),
            (None, _) => {}
        }
        parts.extend(self.line.map(|line| format!("line {line}")));
        parts.extend(self.bag.map(|bag| format!("entry {bag}")));
        if parts.is_empty() {
            parts.push("the file".to_owned());
        }
        f.write_str(&parts.join(", "))
    }
}
