"""pyca/cryptography as a reader of certificates. As x509_openssl.py, but names come as DER too and string types do not.

`text` in the manifest is the subject as we print it; `text_differs` says what a foreign reader of RFC 4514 makes of it: null if the same name.
"""

import warnings
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import ExtensionOID, NameOID, ObjectIdentifier

import batch

COMMENT = ObjectIdentifier("2.16.840.1.113730.1.13")
# pyca/cryptography knows nine names of RFC 4514 by itself.
DESCRIPTORS = {
    "emailAddress": NameOID.EMAIL_ADDRESS,
    "serialNumber": NameOID.SERIAL_NUMBER,
    "SN": NameOID.SURNAME,
    "title": NameOID.TITLE,
    "givenName": NameOID.GIVEN_NAME,
    "initials": NameOID.INITIALS,
    "postalCode": NameOID.POSTAL_CODE,
    "description": ObjectIdentifier("2.5.4.13"),
    "businessCategory": NameOID.BUSINESS_CATEGORY,
    "organizationIdentifier": NameOID.ORGANIZATION_IDENTIFIER,
    "dnQualifier": NameOID.DN_QUALIFIER,
}


def read(path, text):
    # Lengths beyond RFC 5280's upper bounds are warned of; they are the test's wish.
    warnings.simplefilter("ignore")
    certificate = x509.load_der_x509_certificate(Path(path).read_bytes())
    try:
        certificate.verify_directly_issued_by(certificate)
    except (InvalidSignature, ValueError, TypeError) as error:
        raise batch.Refused(f"the signature does not verify: {error}") from error
    usage = certificate.extensions.get_extension_for_oid(ExtensionOID.KEY_USAGE)
    purposes = certificate.extensions.get_extension_for_oid(ExtensionOID.EXTENDED_KEY_USAGE).value
    key_id = certificate.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_KEY_IDENTIFIER).value
    comment = certificate.extensions.get_extension_for_oid(COMMENT).value.value
    try:
        names = certificate.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME).value
        dns_names = names.get_values_for_type(x509.DNSName)
    except x509.ExtensionNotFound:
        dns_names = []
    return {
        "serial": certificate.serial_number.to_bytes((certificate.serial_number.bit_length() + 7) // 8).hex().upper(),
        "not_before": certificate.not_valid_before_utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "not_after": certificate.not_valid_after_utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "subject": rdns(certificate.subject),
        "issuer": rdns(certificate.issuer),
        "subject_der": certificate.subject.public_bytes().hex(),
        "dns_names": dns_names,
        "key_usage": sorted(usages(usage.value)),
        "key_usage_critical": usage.critical,
        "extended_key_usage": [purpose.dotted_string for purpose in purposes],
        "subject_key_id": key_id.digest.hex(),
        # An IA5String shorter than 128 octets.
        "comment": comment[2:].decode("ascii"),
        "spki": batch.spki(certificate.public_key()),
        "text_differs": difference(text, certificate.subject),
    }


def usages(value):
    bits = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    bits += ("key_cert_sign", "crl_sign")
    for bit in bits:
        if getattr(value, bit):
            first, *rest = bit.split("_")
            yield first + "".join(word.capitalize() for word in rest)


def rdns(name):
    return [[[one.oid.dotted_string, "", one.value] for one in rdn] for rdn in name.rdns]


def difference(text, subject):
    try:
        read_back = x509.Name.from_rfc4514_string(text, DESCRIPTORS)
    except ValueError as error:
        return f"refused: {error}"
    wanted, seen = unordered(subject), unordered(read_back)
    return None if wanted == seen else f"read as {seen}"


def unordered(name):
    """The attributes of one RDN are a set: text and encoding may order them differently."""
    return [sorted(rdn) for rdn in rdns(name)]


if __name__ == "__main__":
    batch.main(read)
