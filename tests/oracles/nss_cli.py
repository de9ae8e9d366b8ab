"""NSS's `pk12util` and `certutil` as a decoder.

`pk12util -l` shows certificates in order and names. The key is proven by use: the file is imported into a fresh database, and
`certutil -R` signs a request with the imported key; the request's own signature is then verified. (`pk12util -o` would show the
same at 600,000 iterations a file.)
"""

import re
import shutil
from pathlib import Path

from cryptography import x509

import batch

CERTIFICATE = re.compile(r"^Certificate(\(has private key\))?:$", re.MULTILINE)
FINGERPRINT = re.compile(r"Fingerprint \(SHA-256\):\s*((?:[0-9A-F]{2}:){31}[0-9A-F]{2})")
NAME = re.compile(r"^    Friendly Name: (.*)$", re.MULTILINE)
KEY = re.compile(r"^Key(?:\(.*\))?:$", re.MULTILINE)
KEY_LINE = re.compile(r"^< *\d+> \w+ +([0-9a-f]{40}|\(orphan\))", re.MULTILINE)


def read(path, password):
    with batch.scratch() as folder:
        secret, noise, database = Path(folder, "password"), Path(folder, "noise"), Path(folder, "db")
        secret.write_text((password or "") + "\n", encoding="utf-8")
        noise.write_bytes(bytes(range(64)))
        shutil.copytree(template(), database)
        where = ["-d", f"sql:{database}"]
        listing = batch.run("pk12util", "-l", path, *where, "-w", str(secret)).decode("utf-8", "replace")
        certificates, key_names = parse(listing)
        batch.run("pk12util", "-i", path, *where, "-w", str(secret), "-K", "")
        # Without any key the command fails; a file without a key is not a refusal.
        try:
            held = batch.run("certutil", "-K", *where).decode("utf-8", "replace")
        except batch.Refused:
            held = ""
        keys = []
        for key_id in KEY_LINE.findall(held):
            request = batch.run("certutil", "-R", "-k", key_id, "-s", "CN=oracle", "-z", str(noise), *where)
            keys.append({"spki": batch.spki(proven(request))})
    if len(keys) == 1 and len(key_names) == 1:
        keys[0]["name"] = key_names[0]
    return {"keys": keys, "certificates": certificates}


def template():
    """Returns an empty database, made once a process."""
    if not template.folder:
        template.folder = batch.scratch()
        batch.run("certutil", "-N", "-d", f"sql:{template.folder.name}", "--empty-password")
    return template.folder.name


template.folder = None


def parse(listing):
    starts = sorted([(found.start(), "certificate") for found in CERTIFICATE.finditer(listing)]
                    + [(found.start(), "key") for found in KEY.finditer(listing)])
    certificates, key_names = [], []
    for (start, kind), (end, _) in zip(starts, starts[1:] + [(len(listing), "")]):
        part = listing[start:end]
        name = NAME.search(part)
        name = name[1] if name else None
        if kind == "certificate":
            certificates.append({"sha256": batch.hex_octets(FINGERPRINT.search(part)[1]), "name": name})
        else:
            key_names.append(name)
    return certificates, key_names


def proven(request):
    read = x509.load_der_x509_csr(request)
    if not read.is_signature_valid:
        raise batch.Refused("the imported key does not make a valid signature")
    return read.public_key()


if __name__ == "__main__":
    batch.main(read)
