//! The view of `inspect`.

use std::fmt::Write as _;

use super::{certificate, field, findings, issue};
use crate::app::inspect::{InspectReport, RequestEntry};
use crate::cert::digest::hex_upper;
use crate::cert::pfx::{Attribute, AttributeValue, BagKind, BagOutline, Encryption, Outline};

/// Renders the report.
pub(crate) fn render(report: &InspectReport) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{}: {}, {} octets", report.file.display(), report.kind, report.size);
    for (number, entry) in report.certificates.iter().enumerate() {
        let role = role(report, number);
        let _ = writeln!(text, "\nCertificate {} ({}){role}", number + 1, entry.place);
        certificate::render(&mut text, &entry.certificate);
    }
    for entry in &report.keys {
        let _ = writeln!(text, "\nPrivate key ({})", entry.place);
        certificate::key_in_full(&mut text, &entry.key);
        match &entry.belongs_to {
            Some(thumbprint) => field(&mut text, "belongs to", thumbprint),
            None => field(&mut text, "belongs to", "no certificate in this file"),
        }
    }
    report.requests.iter().for_each(|entry| request(&mut text, entry));
    if let Some(pfx) = &report.pfx {
        text.push_str("\nStructure of the PFX\n");
        structure(&mut text, pfx);
    }
    if !report.chain.is_empty() && report.certificates.len() > 1 {
        let order: Vec<String> = report.chain.iter().map(|position| (position + 1).to_string()).collect();
        let end = if report.chain_complete { "complete" } else { "its root is not in the file" };
        let _ = writeln!(text, "\nChain: {} ({end})", order.join(" <- "));
    }
    for line in report.locked.iter() {
        let _ = writeln!(text, "\nLocked: {line}");
    }
    for line in &report.skipped {
        let _ = writeln!(text, "\nPassed over: {line}");
    }
    if report.linted {
        text.push('\n');
        findings::render(&mut text, "Lint", &report.findings);
    }
    if !report.notes.is_empty() {
        text.push('\n');
        issue::notes(&mut text, &report.notes);
    }
    text
}

fn request(text: &mut String, entry: &RequestEntry) {
    let _ = writeln!(text, "\nSigning request ({})", entry.place);
    field(text, "subject", &entry.subject);
    certificate::key_in_full(text, &entry.key);
    let valid = if entry.signature_valid { "valid" } else { "NOT valid" };
    field(text, "signature", &format!("{}, {valid}", entry.signature_algorithm));
    if let Some(usage) = &entry.key_usage {
        field(text, "key usage", &certificate::list(usage));
    }
    for (label, values) in [("extended usage", &entry.extended_key_usage), ("names", &entry.alt_names)] {
        if !values.is_empty() {
            field(text, label, &certificate::list(values));
        }
    }
    for (label, value) in [("template", &entry.template), ("subject key id", &entry.subject_key_id)] {
        if let Some(value) = value {
            field(text, label, value);
        }
    }
    if entry.ca {
        field(text, "marks", "certificate authority");
    }
    certificate::extensions(text, &entry.extension_details);
    for attribute in &entry.attributes {
        field(text, "attribute", attribute);
    }
}

fn role(report: &InspectReport, number: usize) -> &'static str {
    match report.chain.iter().position(|position| *position == number) {
        Some(0) if report.certificates.len() > 1 => ", the leaf",
        Some(0) => "",
        Some(place) if place + 1 == report.chain.len() && report.chain_complete => ", the root",
        Some(_) => ", an issuer",
        None if report.chain.is_empty() => "",
        None => ", not in the chain",
    }
}

fn structure(text: &mut String, outline: &Outline) {
    match &outline.mac {
        Some(mac) => field(
            text,
            "integrity",
            &format!(
                "HMAC-{} by {}, {} iterations, salt of {} octets",
                mac.hash, mac.scheme, mac.iterations, mac.salt_length
            ),
        ),
        None => field(text, "integrity", "none: the file has no MAC"),
    }
    field(text, "encoding", if outline.was_ber { "BER" } else { "DER" });
    if outline.trailing_octets > 0 {
        field(text, "behind the end", &format!("{} octets that belong to nothing", outline.trailing_octets));
    }
    for (number, safe) in outline.safes.iter().enumerate() {
        let protection = safe.encryption.as_ref().map_or_else(|| "in clear".to_owned(), encryption);
        field(text, &format!("safe {}", number + 1), &protection);
        match &safe.bags {
            Some(bags) => bags.iter().enumerate().for_each(|(number, bag)| one_bag(text, bag, number, 4)),
            None => text.push_str("    contents not visible without the password\n"),
        }
    }
}

fn one_bag(text: &mut String, bag: &BagOutline, number: usize, indent: usize) {
    let pad = " ".repeat(indent);
    let kind = match bag.kind {
        BagKind::Key => "private key in clear",
        BagKind::ShroudedKey => "private key",
        BagKind::Certificate => "certificate",
        BagKind::Crl => "revocation list",
        BagKind::Secret => "secret",
        BagKind::SafeContents => "nested bags",
        BagKind::Other => "bag of another type",
    };
    let _ = write!(text, "{pad}bag {}: {kind}", number + 1);
    if let Some(details) = &bag.encryption {
        let _ = write!(text, ", {}", encryption(details));
    }
    if let Some(certificate) = &bag.certificate {
        let _ = write!(text, " {}", certificate.thumbprint());
    }
    if bag.kind == BagKind::Other {
        let _ = write!(text, " {}", bag.oid);
    }
    text.push('\n');
    for attribute in &bag.attributes {
        let _ = writeln!(text, "{pad}  {}: {}", attribute.name(), value(attribute));
    }
    bag.bags.iter().enumerate().for_each(|(number, inner)| one_bag(text, inner, number, indent + 2));
}

fn value(attribute: &Attribute) -> String {
    match attribute.value() {
        AttributeValue::FriendlyName(text) | AttributeValue::ProviderName(text) => text,
        AttributeValue::LocalKeyId(octets) => hex_upper(&octets),
        AttributeValue::MachineKeyset => "the key belongs to the machine".to_owned(),
        AttributeValue::ExtendedAttributes(octets) => format!("{octets} octets"),
        AttributeValue::KeyUsage(octet) => format!("0x{octet:02X}"),
        AttributeValue::JavaTrusted => "a certificate that Java trusts".to_owned(),
        AttributeValue::Other => {
            let values: Vec<String> = attribute.values().iter().map(|value| hex_upper(value)).collect();
            values.join(" ")
        }
    }
}

fn encryption(encryption: &Encryption) -> String {
    format!("{}, {} iterations, salt of {} octets", encryption.scheme, encryption.iterations, encryption.salt_length)
}
