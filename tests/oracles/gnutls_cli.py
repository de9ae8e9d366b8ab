"""GnuTLS's `certtool` as a decoder.

`certtool --p12-info` shows certificates and attributes but leaves the key encrypted, so a second call opens the key that the first one
found. The password stands in the argument vector: certtool has no other way in batch mode, and it is a test's password.
"""

import base64
import re
from pathlib import Path

import batch

PEM = re.compile(r"-----BEGIN ([A-Z ]+)-----\n(.*?)-----END \1-----\n", re.DOTALL)
BAG = "\tType: "


def read(path, password):
    secret = [f"--password={password}"] if password else ["--empty-password"] if password == "" else ["--null-password"]
    text = batch.run("certtool", "--p12-info", "--inder", "--infile", path, *secret).decode("utf-8")
    keys, certificates = [], []
    end = 0
    for block in PEM.finditer(text):
        # A block belongs to the last bag that was announced before it.
        shown = attributes(text[end : block.start()].rpartition(BAG)[2])
        end = block.end()
        if block[1] == "CERTIFICATE":
            certificates.append({"sha256": batch.sha256(base64.b64decode(block[2])), **shown})
        elif "PRIVATE KEY" in block[1]:
            keys.append({"spki": opened(block, secret), **shown})
    return {"keys": keys, "certificates": certificates}


def attributes(text):
    found = {"name": None, "local_key_id": None}
    for line in text.split("\n"):
        name, _, value = line.strip("\t").partition(": ")
        if name == "Friendly name":
            found["name"] = value
        elif name == "Key ID":
            found["local_key_id"] = batch.hex_octets(value)
    return found


def opened(block, secret):
    with batch.scratch() as folder:
        sealed = Path(folder, "key.pem")
        sealed.write_text(block[0], encoding="ascii")
        shown = batch.run("certtool", "--key-info", "--pkcs8", "--infile", str(sealed), *secret).decode("utf-8", "replace")
    plain = next((found for found in PEM.finditer(shown) if "PRIVATE KEY" in found[1]), None)
    if plain is None:
        raise batch.Refused("certtool shows no key:\n" + shown)
    return batch.private_spki(base64.b64decode(plain[2]))


if __name__ == "__main__":
    batch.main(read)
