"""pyca/cryptography's `load_pkcs12` as a decoder. It shows the certificate of the key first, then the others in file order."""

from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import pkcs12

import batch


def read(path, password):
    try:
        held = pkcs12.load_pkcs12(Path(path).read_bytes(), None if password is None else password.encode("utf-8"))
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise batch.Refused(f"{type(error).__name__}: {error}") from error
    certificates = [held.cert, *held.additional_certs] if held.cert else held.additional_certs
    return {
        "keys": [{"spki": batch.spki(held.key)}] if held.key else [],
        "certificates": [
            {"sha256": one.certificate.fingerprint(hashes.SHA256()).hex(), "name": name(one.friendly_name)}
            for one in certificates
        ],
    }


def name(octets):
    return None if octets is None else octets.decode("utf-8")


if __name__ == "__main__":
    batch.main(read)
