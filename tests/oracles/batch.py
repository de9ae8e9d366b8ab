"""Runs one decoder over all files of a manifest.

A manifest is a JSON list of {"id", "path", "password"}; password null means that none is given at all. The answer is a JSON list
of one object for each file: {"id", "refused", "keys", "certificates"} and what else the decoder sees. `refused` is null, or the
decoder's own words. A key is {"spki": SHA-256 of its SubjectPublicKeyInfo}, a certificate is {"sha256": SHA-256 of its DER}; both
may carry "name" and "local_key_id". Keys and certificates stand in the order in which the decoder shows them.
"""

import functools
import hashlib
import json
import os
import subprocess
import sys
import tempfile

from cryptography.hazmat.primitives import serialization

# One file may not hold up the rest.
SECONDS = 60


class Refused(Exception):
    """The decoder did not read the file."""


def main(read):
    """Calls `read(path, password)` for each file, and writes the answers."""
    manifest, answers = sys.argv[1:]
    with open(manifest, encoding="utf-8") as source:
        files = json.load(source)
    with open(answers, "w", encoding="utf-8") as target:
        json.dump([answer(read, file) for file in files], target)


def answer(read, file):
    try:
        return {"id": file["id"], "refused": None, **read(file["path"], file["password"])}
    except Refused as refusal:
        return {"id": file["id"], "refused": str(refusal).strip() or "without a word", "keys": [], "certificates": []}


def run(*argv, stdin=b""):
    """Runs a program and returns its standard output; a failure is a refusal in the program's own words."""
    done = subprocess.run(argv, input=stdin, capture_output=True, timeout=SECONDS, env={**os.environ, "LC_ALL": "C.UTF-8"})
    if done.returncode != 0:
        raise Refused((done.stderr + done.stdout).decode("utf-8", "replace"))
    return done.stdout


def scratch():
    """Returns a temporary folder, in memory where that is to be had: NSS waits for the disk at every step."""
    memory = "/dev/shm"
    return tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None)


def sha256(octets):
    return hashlib.sha256(octets).hexdigest()


def spki(key):
    """Returns the SHA-256 of the SubjectPublicKeyInfo that belongs to a key of pyca/cryptography, private or public."""
    public = key.public_key() if hasattr(key, "public_key") else key
    return sha256(public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo))


@functools.cache
def private_spki(der):
    """Returns the same for a PKCS#8 key in clear. Its primes are proven at each loading, so equal keys are loaded once."""
    return spki(serialization.load_der_private_key(der, None))


def hex_octets(text):
    """Returns `AA BB` or `AA:BB` as `aabb`."""
    return "".join(text.replace(":", " ").split()).lower()
