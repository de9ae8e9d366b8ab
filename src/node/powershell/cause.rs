//! Error texts that mislead people, and what they truly mean.

/// A true cause behind a text or a code.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Cause {
    /// Fragments of the text, in English; one is enough. A server in another language gives only the code.
    pub signs: &'static [&'static str],
    /// Codes of the exception (HRESULT).
    pub codes: &'static [u32],
    /// What it means.
    pub means: &'static str,
    /// What to do next.
    pub next: &'static str,
}

/// Every known cause. The first that fits is taken, so the special stands before the general.
pub const CAUSES: &[Cause] = &[
    Cause {
        signs: &["requires either a different password", "network password is not correct"],
        codes: &[0x8007_0056],
        means: "the PFX is encrypted with AES, which Windows Server 2016 and older cannot open, or its password is wrong",
        next: "write the PFX for the oldest server of the farm: `s2scert export --help` tells of --for",
    },
    Cause {
        signs: &["private key not found"],
        codes: &[],
        means: "two certificates with one subject are in the store, or the one has no private key",
        next: "list LocalMachine\\My by subject, and give every generation a subject of its own",
    },
    Cause {
        signs: &["invalid provider type specified"],
        codes: &[0x8009_0014],
        means: "the private key is in CNG, and Dynamics can use keys of a legacy CSP only",
        next: "import the PFX anew into the CSP \"Microsoft Enhanced RSA and AES Cryptographic Provider\" with KeySpec 1",
    },
    Cause {
        signs: &["keyset does not exist"],
        codes: &[0x8009_0016],
        means: "the account may not read the private key, or its container is gone",
        next: "grant the account read access to the key; where the container is gone, import the PFX anew",
    },
    Cause {
        signs: &["nte_bad_public_key"],
        codes: &[0x8009_0015],
        means: "key and certificate do not belong together: a stale container, or the wrong PFX",
        next: "import the PFX anew and compare the public keys",
    },
    Cause {
        signs: &["appmng.svc"],
        codes: &[],
        means: "the App Management service of SharePoint does not answer",
        next: "start the App Management service application, or restart IIS on that server",
    },
    Cause {
        signs: &["(400) bad request"],
        codes: &[],
        means: "the web process of Dynamics still works with what was before",
        next: "restart IIS on the server of the Dynamics web application, then look at the row before anything is repeated",
    },
    Cause {
        signs: &["more than one s2stokenissuer", "more than one alternatives2stokenissuer"],
        codes: &[],
        means: "the configuration database has more than one row of this type",
        next: "remove the wrong row by its id with Remove-CrmCertificate",
    },
    Cause {
        signs: &["no s2stokenissuer certificate", "no certificate found with certificatetype"],
        codes: &[0x8005_e239],
        means: "the certificate was never registered in the configuration database",
        next: "run the registration (-updateCrm) once, on one server",
    },
    Cause {
        signs: &["not a trusted issuer"],
        codes: &[],
        means: "SharePoint does not know the certificate yet, or its root authority is missing",
        next: "start RefreshMetadataFeed and compare the trusts and root authorities with the metadata",
    },
    Cause {
        signs: &["issuer name is not registered"],
        codes: &[],
        means: "realm or issuer id in the token differ from those of the trust",
        next: "compare RegisteredIssuerName of the trust with the issuer of the metadata, letter case included",
    },
    Cause {
        signs: &["failed authentication"],
        codes: &[],
        means: "certificate, trust or address do not fit together",
        next: "compare the certificates in the metadata with those of the trust",
    },
    Cause {
        signs: &["failed authorization", "(401) unauthorized"],
        codes: &[],
        means: "the user is mapped otherwise on both sides",
        next: "compare the claim mappings: the SID is the default between two farms on premises",
    },
    Cause {
        signs: &["cmdletswithfeaturedependencyid", "local farm is not accessible", "cannot access the local farm"],
        codes: &[],
        means: "the account has no access to SharePoint's configuration database, or the session no credentials to go on with",
        next: "run as a SharePoint shell administrator, on the server itself or with delegated credentials",
    },
    Cause {
        signs: &["anonymous logon", "double hop"],
        codes: &[0x8007_052e],
        means: "the session has no credentials for a further server: the second hop is refused",
        next: "run s2scert on that server itself, or as a scheduled task of a gMSA",
    },
    Cause {
        signs: &["access is denied", "requested registry access is not allowed"],
        codes: &[0x8007_0005],
        means: "the account has too few rights on this server",
        next: "run elevated, as a local administrator",
    },
];

/// Returns what a text or a code truly means, where that is known.
pub fn cause(text: &str, hresult: Option<i64>) -> Option<&'static Cause> {
    let text = text.to_lowercase();
    // An HRESULT is a negative number in 32 bits; some layers hand it on without its sign.
    let code = hresult.map(|code| code as u32).filter(|code| *code != 0);
    CAUSES.iter().find(|cause| {
        cause.signs.iter().any(|sign| text.contains(sign)) || code.is_some_and(|code| cause.codes.contains(&code))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sign_and_every_code_leads_to_its_own_cause() {
        for known in CAUSES {
            for sign in known.signs {
                assert_eq!(*sign, sign.to_lowercase());
                assert_eq!(cause(&format!("Error: {}.", sign.to_uppercase()), None), Some(known), "{sign}");
            }
            for code in known.codes {
                assert_eq!(cause("Fehler", Some(i64::from(*code as i32))), Some(known), "{code:08x}");
                assert_eq!(cause("Fehler", Some(i64::from(*code))), Some(known), "{code:08x}");
            }
        }
    }

    #[test]
    fn what_is_unknown_stays_unknown() {
        assert_eq!(cause("Fehler", None), None);
        assert_eq!(cause("", Some(0)), None);
        // COR_E_EXCEPTION, the code of any exception.
        assert_eq!(cause("Fehler", Some(-2_146_233_088)), None);
    }
}
