"""Judges tokens as a site of SharePoint is documented to: signature by pyca/cryptography, then issuer, audience and life.

Reads one JSON object from stdin: `token`; `certificates`, the DER of those that the trust accepts as base64; `issuer`;
`audience`; `now` in seconds. Prints one JSON object: `ok`, and `why` where it is not.
"""

import base64
import binascii
import json
import sys

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding


def decode(part):
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def thumbprint(certificate):
    return base64.urlsafe_b64encode(certificate.fingerprint(hashes.SHA1())).rstrip(b"=").decode()


def fault(asked):
    try:
        head, body, signature = asked["token"].split(".")
        header, claims, signature = json.loads(decode(head)), json.loads(decode(body)), decode(signature)
    except (ValueError, binascii.Error):
        return "the token cannot be parsed"
    if header.get("typ") != "JWT" or header.get("alg") != "RS256":
        return "the token has another type or algorithm"
    trusted = [x509.load_der_x509_certificate(base64.b64decode(der)) for der in asked["certificates"]]
    trusted = [one for one in trusted if thumbprint(one) == header.get("x5t")]
    if not trusted:
        return "the issuer of the token is not a trusted issuer"
    try:
        trusted[0].public_key().verify(signature, f"{head}.{body}".encode(), padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return "the token contains an invalid signature"
    if claims.get("iss") != asked["issuer"] or claims.get("nameid") != asked["issuer"]:
        return "the issuer name is not registered"
    if claims.get("aud") != asked["audience"]:
        return "invalid audience"
    if int(claims["nbf"]) > asked["now"]:
        return "the token is not valid yet"
    if int(claims["exp"]) <= asked["now"]:
        return "the token has expired"
    return None


if __name__ == "__main__":
    why = fault(json.load(sys.stdin))
    print(json.dumps({"ok": why is None, "why": why}))
