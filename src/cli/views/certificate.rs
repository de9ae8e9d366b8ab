//! One certificate as text.

use super::{WIDTH, field, wrapped};
use crate::app::report::{CertificateReport, KeyReport};

/// Renders a certificate as labelled lines.
pub(crate) fn render(text: &mut String, certificate: &CertificateReport) {
    field(text, "subject", &certificate.subject);
    let doubt = if certificate.subject_windows_certain { "" } else { " (not certain)" };
    field(text, "on Windows", &format!("{}{doubt}", certificate.subject_windows));
    if certificate.self_signed {
        field(text, "issuer", "itself (self-signed)");
    } else {
        field(text, "issuer", &certificate.issuer);
    }
    field(text, "thumbprint", &certificate.thumbprint);
    field(text, "SHA-256", &certificate.fingerprint_sha256);
    field(text, "serial", &certificate.serial);
    field(text, "valid from", &certificate.not_before.to_string());
    field(text, "valid to", &format!("{} ({})", certificate.not_after, days_left(certificate.days_left)));
    field(text, "key", &key(&certificate.key));
    field(text, "signature", &certificate.signature_algorithm);
    if let Some(usage) = &certificate.key_usage {
        field(text, "key usage", &list(usage));
    }
    if !certificate.extended_key_usage.is_empty() {
        field(text, "extended usage", &list(&certificate.extended_key_usage));
    }
    if !certificate.alt_names.is_empty() {
        field(text, "names", &list(&certificate.alt_names));
    }
    if let Some(id) = &certificate.subject_key_id {
        field(text, "subject key id", id);
    }
    if let Some(id) = &certificate.authority_key_id {
        field(text, "issuer key id", id);
    }
    let marks: Vec<&str> = [
        (certificate.ca, "certificate authority"),
        (certificate.evaluation, "evaluation only"),
        (certificate.version != 3, "not version 3"),
    ]
    .into_iter()
    .filter_map(|(set, mark)| set.then_some(mark))
    .collect();
    if !marks.is_empty() {
        field(text, "marks", &marks.join(", "));
    }
    let extensions: Vec<String> = certificate
        .extensions
        .iter()
        .map(|extension| {
            let name = extension.name.unwrap_or(&extension.oid);
            if extension.critical { format!("{name} (critical)") } else { name.to_owned() }
        })
        .collect();
    if !extensions.is_empty() {
        let mut lines = String::new();
        wrapped(&mut lines, &" ".repeat(18), WIDTH, &extensions.join(", "));
        field(text, "extensions", lines.trim());
    }
}

/// Says how long a certificate lives: `365 days left`, `ends within a day`, `expired 3 days ago`.
pub(crate) fn days_left(days: i64) -> String {
    match days {
        0 => "ends within a day".to_owned(),
        1 => "1 day left".to_owned(),
        2.. => format!("{days} days left"),
        -1 => "expired less than a day ago".to_owned(),
        -2 => "expired 1 day ago".to_owned(),
        _ => format!("expired {} days ago", -days - 1),
    }
}

/// Names a key: algorithm, size and, where it is not the usual one, the exponent.
pub(crate) fn key(key: &KeyReport) -> String {
    match key.exponent {
        Some(exponent) if exponent != 65_537 => format!("{}, exponent {exponent}", key.algorithm),
        _ => key.algorithm.clone(),
    }
}

fn list<T: AsRef<str>>(items: &[T]) -> String {
    items.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_days_are_said_as_a_person_would() {
        for (days, said) in [
            (365, "365 days left"),
            (1, "1 day left"),
            (0, "ends within a day"),
            (-1, "expired less than a day ago"),
            (-2, "expired 1 day ago"),
            (-4, "expired 3 days ago"),
        ] {
            assert_eq!(days_left(days), said);
        }
    }
}
