//! Lints about the attributes with which a key bag tells Windows where its key goes: provider, key set, KeySpec.

use super::bags::BagView;
use super::view::View;
use super::{ANY_PFX, Confidence, Hit, Lint, OPENED, Place, Weight};
use crate::policy::Severity::{Error, Info, Warning};

/// The bits of `keyUsage` (RFC 5280 section 4.2.1.3, first octet) that make Windows choose AT_KEYEXCHANGE.
const EXCHANGE: u8 = KEY_ENCIPHERMENT | DATA_ENCIPHERMENT;
const KEY_ENCIPHERMENT: u8 = 0x20;
const DATA_ENCIPHERMENT: u8 = 0x10;
/// The bits that make it choose AT_SIGNATURE: digitalSignature, keyCertSign, cRLSign.
const SIGNATURE: u8 = 0x80 | 0x04 | 0x02;

/// What a provider name stands for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Provider {
    /// A legacy CSP of this type.
    Csp(u8),
    /// A CNG key storage provider.
    Ksp,
    Unknown,
}

/// PROV_RSA_AES: the type that signs with SHA-256.
const PROV_RSA_AES: u8 = 24;

const CSPS: [(&str, u8); 6] = [
    ("Microsoft Enhanced RSA and AES Cryptographic Provider", PROV_RSA_AES),
    ("Microsoft Base Cryptographic Provider v1.0", 1),
    ("Microsoft Strong Cryptographic Provider", 1),
    ("Microsoft Enhanced Cryptographic Provider v1.0", 1),
    ("Microsoft RSA Signature Cryptographic Provider", 2),
    ("Microsoft RSA SChannel Cryptographic Provider", 12),
];

pub(super) const LINTS: &[Lint] = &[
    Lint {
        id: "pfx-provider-missing",
        weight: Weight::Always(Warning),
        title: "the key bag names no provider",
        reason: "The importing program decides then: Import-PfxCertificate puts the key into CNG, where the product cannot use \
                 it ('Invalid provider type specified'); others take a provider of type 1, which signs with SHA-1 only.",
        remedy: "write the file again, which names the right one: s2scert export FILE --for TARGET --out s2s-TARGET.pfx",
        source: "Microsoft, PFXImportCertStore; puppetlabs-sslcertificate issue 62",
        confidence: Confidence::Documented,
        scopes: ANY_PFX,
        check: missing,
    },
    Lint {
        id: "pfx-provider-cng",
        weight: Weight::Always(Error),
        title: "the key bag names a CNG key storage provider",
        reason: "Code of the product reads the key through an API that knows CSP keys only and throws 'Invalid provider type \
                 specified' for CNG.",
        remedy: "write the file again, which names a CSP of type 24: s2scert export FILE --for TARGET --out s2s-TARGET.pfx",
        source: "Microsoft, AD FS and KeySpec property; pariswells.com on Dynamics 365 9.0",
        confidence: Confidence::Reported,
        scopes: ANY_PFX,
        check: cng,
    },
    Lint {
        id: "pfx-provider-sha1-only",
        weight: Weight::Always(Warning),
        title: "the provider is of a type that signs with SHA-1 only",
        reason: "RS256 needs type 24. Microsoft's token libraries open keys of type 1 and 12 again as type 24; other code fails \
                 with 'Invalid algorithm specified'.",
        remedy: "write the file again, which names a CSP of type 24: s2scert export FILE --for TARGET --out s2s-TARGET.pfx",
        source: "AzureAD identitymodel extensions, RSACryptoServiceProviderProxy",
        confidence: Confidence::Code,
        scopes: ANY_PFX,
        check: sha1_only,
    },
    Lint {
        id: "pfx-provider-unknown",
        weight: Weight::Always(Warning),
        title: "the provider is not one that comes with Windows",
        reason: "Where it is not installed, Windows falls back to the default of some provider type, and the key lands elsewhere \
                 on each server.",
        remedy: "write the file again, which names a CSP of type 24: s2scert export FILE --for TARGET --out s2s-TARGET.pfx",
        source: "Microsoft, PFXImportCertStore",
        confidence: Confidence::Documented,
        scopes: ANY_PFX,
        check: unknown,
    },
    Lint {
        id: "pfx-machine-keyset-missing",
        weight: Weight::Always(Warning),
        title: "the key bag is not marked for the machine key set",
        reason: "An import without flags of its own then puts the key into the profile of whoever imports it, where no service \
                 can read it.",
        remedy: "write the file again, which sets the mark: s2scert export FILE --for TARGET --out s2s-TARGET.pfx",
        source: "dotnet/runtime, PKCS#12 loader; openssl-pkcs12 manual (-LMK)",
        confidence: Confidence::Code,
        scopes: ANY_PFX,
        check: no_machine_keyset,
    },
    Lint {
        id: "pfx-key-usage-signature",
        weight: Weight::Always(Error),
        title: "the key usage attribute makes the key AT_SIGNATURE",
        reason: "The documentation asks for KeySpec 1 (AT_KEYEXCHANGE). This attribute, not the \
                 certificate's keyUsage, decides it.",
        remedy: "write the file again, which writes the right attribute: s2scert export FILE --for TARGET --out s2s-TARGET.pfx",
        source: "Microsoft, PFXImportCertStore; Connect Dynamics 365 (on-premises) to Exchange Online",
        confidence: Confidence::Documented,
        scopes: ANY_PFX,
        check: at_signature,
    },
    Lint {
        id: "pfx-key-usage-unclear",
        weight: Weight::Always(Warning),
        title: "the key usage attribute sets both groups of bits, or neither",
        reason: "Encipherment bits mean AT_KEYEXCHANGE and signature bits AT_SIGNATURE. What Windows does with both, or with \
                 neither, is not documented.",
        remedy: "write the file again, which sets one encipherment bit only: s2scert export FILE --for TARGET --out s2s-TARGET.pfx",
        source: "Microsoft, PFXImportCertStore",
        confidence: Confidence::Inferred,
        scopes: ANY_PFX,
        check: key_usage_unclear,
    },
    Lint {
        id: "pfx-key-usage-contradiction",
        weight: Weight::Always(Warning),
        title: "the key usage on the bag is not the one inside the key",
        reason: "Microsoft documents the attribute of the bag, while Windows itself and OpenSSL write it inside the key. Which \
                 one decides KeySpec where they differ is not documented.",
        remedy: "write the file again, which writes both alike: s2scert export FILE --for TARGET --out s2s-TARGET.pfx",
        source: "Microsoft, PFXImportCertStore",
        confidence: Confidence::Inferred,
        scopes: OPENED,
        check: key_usage_contradiction,
    },
    Lint {
        id: "pfx-key-usage-absent",
        weight: Weight::Always(Info),
        title: "neither the key bag nor the key has a key usage attribute",
        reason: "Windows then takes AT_KEYEXCHANGE for RSA keys, which is right. Written down it does not rest on a default.",
        remedy: "nothing needs to be done; s2scert export writes it",
        source: "Microsoft, PFXImportCertStore",
        confidence: Confidence::Documented,
        scopes: ANY_PFX,
        check: key_usage_absent,
    },
];

/// Runs a check over the key bags.
pub(super) fn of_key_bags(view: &View<'_>, message: impl Fn(&BagView<'_>) -> Option<String>) -> Vec<Hit> {
    let bags = view.bags.iter().enumerate();
    bags.filter(|(_, bag)| bag.holds_key())
        .filter_map(|(at, bag)| Some(Hit::new(Place::Bag(at), message(bag)?)))
        .collect()
}

/// Looks a provider up by name. Windows compares provider names without regard to case.
fn provider(name: &str) -> Provider {
    if let Some((_, kind)) = CSPS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
        return Provider::Csp(*kind);
    }
    let lower = name.to_ascii_lowercase();
    if lower.contains("key storage provider") || lower == "microsoft platform crypto provider" {
        return Provider::Ksp;
    }
    Provider::Unknown
}

fn of_providers(view: &View<'_>, message: impl Fn(Provider, &str) -> Option<String>) -> Vec<Hit> {
    of_key_bags(view, |bag| {
        let name = bag.provider_name()?;
        message(provider(&name), &name)
    })
}

fn missing(view: &View<'_>) -> Vec<Hit> {
    of_key_bags(view, |bag| {
        bag.provider_name().is_none().then(|| "no attribute 1.3.6.1.4.1.311.17.1 that can be read".to_owned())
    })
}

fn cng(view: &View<'_>) -> Vec<Hit> {
    of_providers(view, |kind, name| (kind == Provider::Ksp).then(|| format!("the provider is {name:?}")))
}

fn sha1_only(view: &View<'_>) -> Vec<Hit> {
    of_providers(view, |kind, name| match kind {
        Provider::Csp(kind) if kind != PROV_RSA_AES => Some(format!("the provider is {name:?}, of type {kind}")),
        Provider::Csp(_) | Provider::Ksp | Provider::Unknown => None,
    })
}

fn unknown(view: &View<'_>) -> Vec<Hit> {
    of_providers(view, |kind, name| (kind == Provider::Unknown).then(|| format!("the provider is {name:?}")))
}

fn no_machine_keyset(view: &View<'_>) -> Vec<Hit> {
    of_key_bags(view, |bag| (!bag.is_machine_keyset()).then(|| "no attribute 1.3.6.1.4.1.311.17.2".to_owned()))
}

/// Returns the key usage that counts: on the bag, where it is documented, or else inside the key.
fn usage(bag: &BagView<'_>) -> Option<u8> {
    bag.usage_on_bag().or_else(|| bag.usage_in_key())
}

/// Returns which of the two groups of bits are set: for AT_KEYEXCHANGE, for AT_SIGNATURE.
fn groups(bits: u8) -> (bool, bool) {
    (bits & EXCHANGE != 0, bits & SIGNATURE != 0)
}

fn of_usage(view: &View<'_>, wrong: impl Fn(bool, bool) -> bool) -> Vec<Hit> {
    of_key_bags(view, |bag| {
        let bits = usage(bag)?;
        let (exchange, signature) = groups(bits);
        wrong(exchange, signature).then(|| format!("the first octet of the key usage is 0x{bits:02X}"))
    })
}

fn at_signature(view: &View<'_>) -> Vec<Hit> {
    of_usage(view, |exchange, signature| signature && !exchange)
}

fn key_usage_unclear(view: &View<'_>) -> Vec<Hit> {
    of_usage(view, |exchange, signature| exchange == signature)
}

fn key_usage_contradiction(view: &View<'_>) -> Vec<Hit> {
    of_key_bags(view, |bag| {
        let (outer, inner) = (bag.usage_on_bag()?, bag.usage_in_key()?);
        (groups(outer) != groups(inner)).then(|| format!("the bag says 0x{outer:02X} and the key 0x{inner:02X}"))
    })
}

fn key_usage_absent(view: &View<'_>) -> Vec<Hit> {
    of_key_bags(view, |bag| {
        // What stands inside a key that is locked is not known.
        let seen = bag.key_attributes.is_some();
        (seen && usage(bag).is_none())
            .then(|| "no attribute 2.5.29.15 on the bag or in the key that can be read".to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn providers_are_told_apart_by_name_whatever_the_case() {
        for (name, expected) in [
            ("Microsoft Enhanced RSA and AES Cryptographic Provider", Provider::Csp(24)),
            ("MICROSOFT RSA SCHANNEL CRYPTOGRAPHIC PROVIDER", Provider::Csp(12)),
            ("Microsoft Enhanced Cryptographic Provider v1.0", Provider::Csp(1)),
            ("Microsoft Software Key Storage Provider", Provider::Ksp),
            ("Microsoft Platform Crypto Provider", Provider::Ksp),
            ("nCipher Security World Key Storage Provider", Provider::Ksp),
            ("Contoso HSM Cryptographic Provider", Provider::Unknown),
            ("", Provider::Unknown),
        ] {
            assert_eq!(provider(name), expected, "{name}");
        }
    }
}
