"""OpenSSL's `x509` and `verify` commands as readers of certificates.

Manifest and answers are lists as in batch.py, of {"id", "path"} and of what the certificate says. A name is a list of RDNs in the order of
encoding, an RDN a list of [object identifier, string type, text].
"""

import base64
import re
from pathlib import Path

import batch

NAME_OPTIONS = "oid,show_type,sep_multiline,utf8,esc_2253,esc_ctrl"
# What stands before the first attribute, and between two of one RDN. A plus sign in a value is escaped.
TYPE = re.compile(r"(?:^| \+ )([0-9.]+)=([A-Z0-9]+STRING):")
PEM = re.compile(r"-----BEGIN ([A-Z ]+)-----\n(.*?)-----END \1-----\n", re.DOTALL)
ESCAPE = re.compile(rb"\\([0-9A-Fa-f]{2}|.)", re.DOTALL)
USAGES = {"Digital Signature": "digitalSignature", "Key Encipherment": "keyEncipherment"}
PURPOSES = {"TLS Web Server Authentication": "1.3.6.1.5.5.7.3.1"}
EXTENSIONS = "subjectAltName,keyUsage,extendedKeyUsage,subjectKeyIdentifier,nsComment"


def read(path, _password):
    call = ["openssl", "x509", "-in", path, "-inform", "DER", "-subject", "-issuer", "-serial", "-dates", "-pubkey"]
    shown = batch.run(*call, "-dateopt", "iso_8601", "-nameopt", NAME_OPTIONS, "-ext", EXTENSIONS).decode("utf-8")
    blocks = {found[1]: found for found in PEM.finditer(shown)}
    with batch.scratch() as folder:
        pem = Path(folder, "certificate.pem")
        pem.write_text(blocks["CERTIFICATE"][0], encoding="ascii")
        batch.run("openssl", "verify", "-check_ss_sig", "-no_check_time", "-partial_chain", "-trusted", pem, pem)
    fields = dict(line.split("=", 1) for line in shown.split("\n") if re.match(r"[a-zA-Z]+=", line))
    usage, critical = extension(shown, "X509v3 Key Usage")
    names = extension(shown, "X509v3 Subject Alternative Name")[0]
    purposes = extension(shown, "X509v3 Extended Key Usage")[0]
    return {
        "serial": fields["serial"],
        "not_before": fields["notBefore"].replace(" ", "T"),
        "not_after": fields["notAfter"].replace(" ", "T"),
        "subject": name(shown, "subject"),
        "issuer": name(shown, "issuer"),
        "dns_names": [one.removeprefix("DNS:") for one in names.split(", ")] if names else [],
        "key_usage": sorted(USAGES.get(one, one) for one in usage.split(", ")),
        "key_usage_critical": critical,
        "extended_key_usage": [PURPOSES.get(one, one) for one in purposes.split(", ")],
        "subject_key_id": batch.hex_octets(extension(shown, "X509v3 Subject Key Identifier")[0]),
        "comment": extension(shown, "Netscape Comment")[0],
        "spki": batch.sha256(base64.b64decode(blocks["PUBLIC KEY"][2])),
    }


def name(shown, which):
    lines = shown.split(f"{which}=\n", 1)[1].split("\n")
    rdns = []
    for line in lines:
        if not line.startswith("    "):
            break
        rdns.append(attributes(line[4:]))
    return rdns


def attributes(line):
    starts = list(TYPE.finditer(line))
    ends = [start.start() for start in starts[1:]] + [len(line)]
    return [[start[1], start[2], unescaped(line[start.end() : end])] for start, end in zip(starts, ends)]


def unescaped(text):
    octets = ESCAPE.sub(lambda found: bytes.fromhex(found[1].decode()) if len(found[1]) == 2 else found[1], text.encode())
    return octets.decode("utf-8")


def extension(shown, title):
    """Returns the text of an extension and whether it is critical."""
    found = re.search(rf"^{re.escape(title)}: (critical)?\n    (.*)$", shown, re.MULTILINE)
    return (found[2], found[1] is not None) if found else ("", False)


if __name__ == "__main__":
    batch.main(read)
