//! Formats that are recognised and refused, each with the way out of it.

use super::ContainerError;

const JAVA_REMEDY: &str = "convert it with 'keytool -importkeystore -srckeystore FILE -destkeystore NEW.pfx -deststoretype PKCS12' and hand in NEW.pfx";
const OPENSSH_REMEDY: &str =
    "convert a copy of it with 'ssh-keygen -p -m PEM -f COPY' (it writes over the file) and hand in the copy";

/// First octets of binary formats.
const MAGIC: [(&[u8], &str, &str); 8] = [
    (b"\xfe\xed\xfe\xed", "a Java keystore (JKS)", JAVA_REMEDY),
    (
        b"\xce\xce\xce\xce",
        "a Java keystore (JCEKS)",
        "convert it with 'keytool -importkeystore -srckeystore FILE -srcstoretype JCEKS -destkeystore NEW.pfx -deststoretype PKCS12' and hand in NEW.pfx",
    ),
    (
        b"\x1e\xf1\xb5\xb0",
        "a Microsoft private key file (PVK)",
        "convert it with 'openssl rsa -inform PVK -in FILE -out NEW.pem' and hand in NEW.pem",
    ),
    (
        b"\x00\x00\x00\x00CERT",
        "a Microsoft serialized certificate store (SST)",
        "open it with certmgr.msc, select the certificates and export them as PKCS#7 (.p7b)",
    ),
    (b"PK\x03\x04", "a ZIP archive", "unpack it and hand in the files inside"),
    (b"\x1f\x8b", "a gzip archive", "unpack it and hand in the files inside"),
    (b"%PDF", "a PDF document", "ask for the certificate as a file of its own (.cer, .p7b or .pem)"),
    (b"\xd0\xcf\x11\xe0", "an Office document or an Outlook message", "save its attachment and hand in that"),
];

/// Recognises a binary format.
pub(super) fn binary(bytes: &[u8]) -> Option<ContainerError> {
    if let Some((_, what, remedy)) = MAGIC.iter().find(|(magic, ..)| bytes.starts_with(magic)) {
        return Some(ContainerError::Foreign { what, remedy });
    }
    // Bouncy Castle writes a version of 1 or 2 and a salt of 20 octets, each number in four octets.
    let bouncy_castle = matches!(bytes, [0, 0, 0, 1 | 2, 0, 0, 0, 20, ..]);
    bouncy_castle.then_some(ContainerError::Foreign {
        what: "a Bouncy Castle keystore (BKS)",
        remedy: "convert it with 'keytool -importkeystore -srckeystore FILE -srcstoretype BKS -provider org.bouncycastle.jce.provider.BouncyCastleProvider -providerpath bcprov.jar -destkeystore NEW.pfx -deststoretype PKCS12' and hand in NEW.pfx",
    })
}

/// Recognises a private key that stands in PEM, but is not ASN.1.
pub(super) fn pem_label(label: &str) -> Option<ContainerError> {
    match label {
        "OPENSSH PRIVATE KEY" => {
            Some(ContainerError::Foreign { what: "an OpenSSH private key", remedy: OPENSSH_REMEDY })
        }
        "PGP PRIVATE KEY BLOCK" | "PGP PUBLIC KEY BLOCK" | "PGP MESSAGE" => Some(ContainerError::Foreign {
            what: "an OpenPGP message or key",
            remedy: "decrypt it first, or ask for an X.509 certificate",
        }),
        _ => None,
    }
}

/// Says what a text without a PEM block is.
pub(super) fn text(text: &str) -> ContainerError {
    let start: String = text.trim_start().chars().take(400).collect::<String>().to_ascii_lowercase();
    if start.starts_with("putty-user-key-file-") {
        return ContainerError::Foreign {
            what: "a PuTTY private key",
            remedy: "convert it with 'puttygen FILE -O private-openssh -o NEW.pem' and hand in NEW.pem",
        };
    }
    if start.starts_with("<!doctype html") || start.contains("<html") {
        return ContainerError::Foreign {
            what: "a web page",
            remedy: "the download gave a login or error page instead of the certificate; download it again and look at the file before you hand it in",
        };
    }
    if start.starts_with('<') {
        return ContainerError::Foreign {
            what: "an XML document",
            remedy: "copy the text of its certificate element into a file of its own and hand in that",
        };
    }
    if ["ssh-rsa ", "ssh-ed25519 ", "ecdsa-sha2-", "---- begin ssh2"].iter().any(|head| start.starts_with(head)) {
        return ContainerError::Foreign {
            what: "an SSH public key",
            remedy: "it has no certificate and no private key; hand in the file that the certification authority gave you",
        };
    }
    ContainerError::NoBlock { reason: reason(text) }
}

fn reason(text: &str) -> &'static str {
    if text.contains("-----BEGIN ") {
        "a BEGIN line does not start its line; remove what stands before the hyphens"
    } else if text.contains("BEGIN CERTIFICATE") || text.contains("PRIVATE KEY") {
        "there is no line '-----BEGIN ...-----' with five hyphens on both sides; a mail or text program may have changed the hyphens"
    } else {
        "there is no line '-----BEGIN ...-----'"
    }
}
