//! The name constraints of an authority (RFC 5280 section 4.2.1.10), applied to a certificate below it.
//!
//! Only the two forms that matter to this certificate are checked: the subject itself and DNS names.

use const_oid::ObjectIdentifier;
use der::Decode as _;
use x509_cert::ext::pkix::NameConstraints;
use x509_cert::ext::pkix::constraints::name::GeneralSubtree;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::name::Name;

use crate::cert::Certificate;
use crate::cert::certificate::AltName;

/// `nameConstraints`, RFC 5280 section 4.2.1.10.
pub(super) const NAME_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.30");

/// Returns how `below` breaks the name constraints of `authority`, if it does.
pub(super) fn violation(authority: &Certificate, below: &Certificate) -> Option<String> {
    let extension = authority.extension(NAME_CONSTRAINTS)?;
    let Ok(constraints) = NameConstraints::from_der(extension.extn_value.as_bytes()) else {
        return Some("the name constraints cannot be read".to_owned());
    };
    let permitted = constraints.permitted_subtrees.unwrap_or_default();
    let excluded = constraints.excluded_subtrees.unwrap_or_default();
    let subject = Name::from_der(below.subject().der()).ok()?;
    if !subject.is_empty() {
        let bases = |trees: &[GeneralSubtree]| -> Vec<Name> {
            trees
                .iter()
                .filter_map(|tree| match &tree.base {
                    GeneralName::DirectoryName(name) => Some(name.clone()),
                    _ => None,
                })
                .collect()
        };
        if let Some(reason) = judge(&bases(&permitted), &bases(&excluded), |base| is_under(&subject, base)) {
            return Some(format!("the subject {} is {reason}", below.subject()));
        }
    }
    let bases = |trees: &[GeneralSubtree]| -> Vec<String> {
        trees
            .iter()
            .filter_map(|tree| match &tree.base {
                GeneralName::DnsName(name) => Some(name.to_string()),
                _ => None,
            })
            .collect()
    };
    let (permitted, excluded) = (bases(&permitted), bases(&excluded));
    below.alt_names().into_iter().find_map(|name| match name {
        AltName::Dns(host) => {
            let reason = judge(&permitted, &excluded, |base| is_within(&host, base))?;
            Some(format!("the DNS name {host:?} is {reason}"))
        }
        AltName::Ip(_) | AltName::Email(_) | AltName::Uri(_) | AltName::Other(_) => None,
    })
}

/// A name is refused when one excluded base holds it, or when there are permitted bases and none holds it.
fn judge<T>(permitted: &[T], excluded: &[T], holds: impl Fn(&T) -> bool) -> Option<&'static str> {
    if excluded.iter().any(&holds) {
        Some("in an excluded subtree")
    } else if !permitted.is_empty() && !permitted.iter().any(&holds) {
        Some("in no permitted subtree")
    } else {
        None
    }
}

/// Returns whether a name begins with all elements of the base (RFC 5280 section 7.1, compared without regard to case).
fn is_under(name: &Name, base: &Name) -> bool {
    let elements = |name: &Name| -> Vec<String> { name.iter_rdn().map(|rdn| rdn.to_string().to_lowercase()).collect() };
    elements(name).starts_with(&elements(base))
}

/// Returns whether a host is the base or lies below it.
fn is_within(host: &str, base: &str) -> bool {
    let (host, base) = (host.to_lowercase(), base.to_lowercase());
    let base = base.strip_prefix('.').unwrap_or(&base);
    base.is_empty() || host == base || host.strip_suffix(base).is_some_and(|rest| rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_lies_within_a_domain_only_at_a_label_border() {
        for (host, base, within) in [
            ("crm.contoso.com", "contoso.com", true),
            ("CRM.Contoso.com", ".contoso.com", true),
            ("contoso.com", "contoso.com", true),
            ("notcontoso.com", "contoso.com", false),
            ("contoso.com.example.net", "contoso.com", false),
            ("crm.contoso.com", "", true),
        ] {
            assert_eq!(is_within(host, base), within, "{host} within {base}");
        }
    }
}
