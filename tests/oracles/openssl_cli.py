"""OpenSSL's `pkcs12` command as a decoder.

The password goes through a file. Friendly names come out as the low octet of each UTF-16 unit: that is what the command prints, so it
is what the answer holds. RC2-40 needs `-legacy`, which is tried where the plain call fails and is recorded in the answer.
"""

import base64
import re
from pathlib import Path

import batch

PEM = re.compile(r"-----BEGIN ([A-Z ]+)-----\n(.*?)-----END \1-----\n", re.DOTALL)


def read(path, password):
    with batch.scratch() as folder:
        secret = Path(folder, "password")
        secret.write_text((password or "") + "\n", encoding="utf-8")
        call = ["openssl", "pkcs12", "-in", path, "-passin", f"file:{secret}", "-nodes"]
        try:
            text, legacy = batch.run(*call), False
        except batch.Refused as refusal:
            if "unsupported" not in str(refusal):
                raise
            text, legacy = batch.run(*call, "-legacy"), True
    return {"legacy_provider": legacy, **parse(text.decode("latin-1"))}


def parse(text):
    keys, certificates = [], []
    end = 0
    for block in PEM.finditer(text):
        attributes = dict(attribute_lines(text[end : block.start()]))
        end = block.end()
        der = base64.b64decode(block[2])
        shown = {"name": attributes.get("friendlyName"), "local_key_id": octets(attributes.get("localKeyID"))}
        if block[1] == "CERTIFICATE":
            certificates.append({"sha256": batch.sha256(der), **shown})
        else:
            csp, keyset = attributes.get("Microsoft CSP Name"), attributes.get("Microsoft Local Key set")
            keys.append(
                {
                    "spki": batch.private_spki(der),
                    "csp": csp,
                    "machine_keyset": keyset is not None,
                    "key_usage": octets(attributes.get("X509v3 Key Usage")),
                    **shown,
                }
            )
    return {"keys": keys, "certificates": certificates}


def attribute_lines(text):
    for line in text.split("\n"):
        # Attributes are indented by four spaces; what stands at the margin are headings, subject and issuer.
        if line.startswith("    ") and ": " in line:
            name, value = line[4:].split(": ", 1)
            yield name, value


def octets(text):
    return None if text is None else batch.hex_octets(text)


if __name__ == "__main__":
    batch.main(read)
