//! The views of `store` and `install`.

use std::fmt::Write as _;

use super::{WIDTH, access, field, findings, wrapped};
use crate::farm::store::{KeyState, StoreEntry, StoredKey, TlsBinding};
use crate::farm::{Gap, KeyPlace};
use crate::node::store::{InstallReport, ListReport, OrphansReport, RemoveReport, ShowReport, StoreUse};

/// Renders the answer of `list`.
pub(crate) fn render_list(report: &ListReport) -> String {
    let mut text = String::new();
    for &store in &report.stores {
        let entries: Vec<&StoreEntry> = report.entries.iter().filter(|one| one.store == store).collect();
        let _ = writeln!(text, "{}: {}", report.place.text(store), count(entries.len(), "certificate"));
        for one in entries {
            entry(&mut text, one);
            text.push('\n');
        }
    }
    for same in &report.same_subjects {
        let _ =
            writeln!(text, "One subject, {} times in {}: {}", same.thumbprints.len(), same.store.text(), same.subject);
        same.thumbprints.iter().for_each(|print| field(&mut text, "thumbprint", print));
        let why = same.uncertain.clone().unwrap_or_else(|| {
            "the product finds its certificate by the subject, so which of them signs cannot be told".to_owned()
        });
        wrapped(&mut text, "  ", WIDTH, &why);
    }
    gaps(&mut text, &report.gaps);
    text
}

/// Renders the answer of `show`.
pub(crate) fn render_show(report: &ShowReport) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{}", report.place.text(report.entry.store));
    entry(&mut text, &report.entry);
    uses(&mut text, &report.used_by, &report.tls_bindings);
    if let Some(report) = &report.access {
        access::holdings(&mut text, report);
    }
    gaps(&mut text, &report.gaps);
    findings::render(&mut text, "Findings", &report.findings);
    text
}

/// Renders the answer of `install`.
pub(crate) fn render_install(report: &InstallReport) -> String {
    let mut text = String::new();
    let headline = match (report.installed, report.changed) {
        (false, _) => "Not installed: a finding of severity error stands",
        (true, true) => "Installed, and the key is proven",
        (true, false) => "Nothing to do: it is installed, and the key is proven",
    };
    let _ = writeln!(text, "{headline}");
    match &report.entry {
        Some(one) => entry(&mut text, one),
        None => {
            field(&mut text, "subject", &report.subject);
            field(&mut text, "thumbprint", &report.thumbprint);
        }
    }
    for placed in &report.chain {
        let place = match placed.store {
            Some(store) => report.place.text(store),
            None => "not installed; --trust-root puts it into Root".to_owned(),
        };
        let new = if placed.store.is_some() && !placed.new { ", was there" } else { "" };
        field(&mut text, "chain", &format!("{}: {place}{new}", placed.subject));
    }
    if let Some(report) = &report.access {
        access::holdings(&mut text, report);
    }
    if let Some(proof) = &report.proof {
        field(&mut text, "proof", &format!("signature over nonce {} verifies", proof.nonce));
    }
    notes(&mut text, &report.notes);
    if let Some(policy) = &report.policy {
        findings::render(&mut text, &format!("Policy {policy}"), &report.findings);
    }
    text
}

/// Renders the answer of `remove`.
pub(crate) fn render_remove(report: &RemoveReport) -> String {
    let mut text = String::new();
    let headline = match (report.removed, report.key_deleted) {
        (false, false) => "Nothing to do",
        (true, false) => "Removed",
        (true, true) => "Removed, and its key deleted",
        (false, true) => "The key was deleted; the certificate was gone already",
    };
    let _ = writeln!(text, "{headline}");
    if let Some(one) = &report.entry {
        entry(&mut text, one);
    }
    uses(&mut text, &report.used_by, &report.tls_bindings);
    notes(&mut text, &report.notes);
    gaps(&mut text, &report.gaps);
    text
}

/// Renders the answer of `orphans`.
pub(crate) fn render_orphans(report: &OrphansReport) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{} that no certificate names", count(report.keys.len(), "key"));
    for key in &report.keys {
        let _ = writeln!(text, "  {}", key.place.text());
        if let (Some(file), KeyPlace::Key(_)) = (&key.file, &key.place) {
            field(&mut text, "file", &file.display().to_string());
        }
        if let Some(owner) = key.belongs_to {
            field(&mut text, "belongs to", &format!("{owner}; do not delete it"));
        }
        if let Some(print) = &key.public_key_sha256 {
            field(&mut text, "public key", print);
        }
        key.fits.iter().for_each(|print| field(&mut text, "is the key of", print));
    }
    let _ = writeln!(text, "{} whose key is gone", count(report.certificates.len(), "certificate"));
    report.certificates.iter().for_each(|one| entry(&mut text, one));
    gaps(&mut text, &report.gaps);
    text
}

fn entry(text: &mut String, entry: &StoreEntry) {
    field(text, "subject", &entry.subject);
    field(text, "thumbprint", &entry.thumbprint);
    field(text, "valid", &format!("{} to {}", entry.not_before, entry.not_after));
    if let Some(name) = &entry.friendly_name {
        field(text, "friendly name", name);
    }
    match &entry.key {
        Some(one) => key(text, one),
        None => field(text, "key", "none"),
    }
}

fn key(text: &mut String, key: &StoredKey) {
    let state = match key.state {
        KeyState::Matches => "",
        KeyState::OtherKey => " (of another certificate)",
        KeyState::Missing => " (does not exist)",
        KeyState::NotOpened => " (cannot be opened)",
    };
    field(text, "key", &format!("{}{state}", key.place.text()));
    if let Some(why) = &key.why {
        field(text, "because", why);
    }
    if let KeyPlace::Key(location) = &key.place {
        let spec = location.key_spec.value();
        let line = format!("{}, type {}, KeySpec {spec}", location.provider, location.provider_type);
        field(text, "provider", &line);
        if let Some(file) = &key.file {
            field(text, "file", file);
        }
    }
    if let Some(exportable) = key.exportable {
        field(text, "exportable", if exportable { "yes" } else { "no" });
    }
    if let Some(list) = &key.access {
        field(text, "access", list);
    }
}

fn uses(text: &mut String, used_by: &[StoreUse], bindings: &[TlsBinding]) {
    for one in used_by {
        field(text, "key used by", &format!("{} {} in {}", one.thumbprint, one.subject, one.store.text()));
    }
    for one in bindings {
        field(text, "TLS binding", &one.endpoint);
    }
}

fn notes(text: &mut String, notes: &[String]) {
    notes.iter().for_each(|note| field(text, "note", note));
}

fn gaps(text: &mut String, gaps: &[Gap]) {
    for gap in gaps {
        field(text, "not seen", &format!("{}: {}", gap.what, gap.why));
    }
}

fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}
