"""An independent walk through a PFX: ASN.1 by asn1crypto, key derivation and MAC written here from RFC 7292, RFC 8018 and RFC 9579.

It shares nothing with s2scert and with none of the other decoders but the ciphers of pyca/cryptography. It shows what the others
hide: the order of bags and their types, all attributes, encryption, iterations and salts.
"""

import hashlib
import hmac
from pathlib import Path

from asn1crypto import algos, cms, core, keys as asn1_keys, parser, pkcs12
from cryptography.hazmat.decrepit.ciphers.algorithms import RC2, TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

import batch

FRIENDLY_NAME, LOCAL_KEY_ID = "1.2.840.113549.1.9.20", "1.2.840.113549.1.9.21"
CSP_NAME, MACHINE_KEYSET, KEY_USAGE = "1.3.6.1.4.1.311.17.1", "1.3.6.1.4.1.311.17.2", "2.5.29.15"
# RFC 7292 appendix C: hash SHA-1; the cipher, the octets of its key.
PBES1 = {
    "1.2.840.113549.1.12.1.3": (TripleDES, 24),
    "1.2.840.113549.1.12.1.5": (RC2, 16),
}
PBES2, PBMAC1 = "1.2.840.113549.1.5.13", "1.2.840.113549.1.5.14"
CIPHERS = {
    "2.16.840.1.101.3.4.1.2": (algorithms.AES, 16),
    "2.16.840.1.101.3.4.1.22": (algorithms.AES, 24),
    "2.16.840.1.101.3.4.1.42": (algorithms.AES, 32),
    "1.2.840.113549.3.7": (TripleDES, 24),
}
HMACS = {
    "1.2.840.113549.2.7": "sha1",
    "1.2.840.113549.2.8": "sha224",
    "1.2.840.113549.2.9": "sha256",
    "1.2.840.113549.2.10": "sha384",
    "1.2.840.113549.2.11": "sha512",
}
KEY, IV, MAC = 1, 2, 3
MAX_DEPTH = 8


class AnyValues(core.SetOf):
    _child_spec = core.Any


class Attribute(core.Sequence):
    _fields = [("type", core.ObjectIdentifier), ("values", AnyValues)]


class Attributes(core.SetOf):
    _child_spec = Attribute


class Bag(core.Sequence):
    _fields = [
        ("id", core.ObjectIdentifier),
        ("value", core.Any, {"explicit": 0}),
        ("attributes", Attributes, {"optional": True}),
    ]


class Bags(core.SequenceOf):
    _child_spec = Bag


class TypedValue(core.Sequence):
    _fields = [("id", core.ObjectIdentifier), ("value", core.Any, {"explicit": 0})]


class Pbkdf2(core.Sequence):
    _fields = [
        ("salt", core.OctetString),
        ("iterations", core.Integer),
        ("length", core.Integer, {"optional": True}),
        ("prf", algos.AlgorithmIdentifier, {"optional": True}),
    ]


class Algorithm(core.Sequence):
    _fields = [("id", core.ObjectIdentifier), ("parameters", core.Any, {"optional": True})]


class TwoAlgorithms(core.Sequence):
    """`PBES2-params` and `PBMAC1-params`, RFC 8018 appendices A.4 and A.5."""

    _fields = [("kdf", Algorithm), ("other", Algorithm)]


class Sealed(core.Sequence):
    """`EncryptedPrivateKeyInfo`, RFC 5958 section 3."""

    _fields = [("algorithm", Algorithm), ("data", core.OctetString)]


class DigestInfo(core.Sequence):
    _fields = [("algorithm", Algorithm), ("digest", core.OctetString)]


class MacData(core.Sequence):
    _fields = [("mac", DigestInfo), ("salt", core.OctetString), ("iterations", core.Integer, {"default": 1})]


class Pfx(core.Sequence):
    _fields = [("version", core.Integer), ("auth_safe", cms.ContentInfo), ("mac_data", MacData, {"optional": True})]


class Walk:
    """One file, seen with one password."""

    def __init__(self, password):
        self.text = password or ""
        # RFC 7292 appendix B.1: UTF-16BE with two zero octets at the end; without a password nothing at all, as OpenSSL has it.
        self.bmp = b"" if password is None else self.text.encode("utf-16-be") + b"\0\0"
        self.keys, self.certificates, self.containers, self.order = [], [], [], []

    def read(self, der):
        pfx = Pfx.load(der, strict=True)
        content = pfx["auth_safe"]["content"].native
        mac = self.verify(pfx["mac_data"], content) if pfx["mac_data"].native is not None else None
        for info in pkcs12.AuthenticatedSafe.load(content, strict=True):
            if info["content_type"].native == "data":
                self.containers.append(None)
                self.bags(info["content"].native, 0)
            else:
                sealed = info["content"]["encrypted_content_info"]
                algorithm = Algorithm.load(sealed["content_encryption_algorithm"].dump())
                octets = sealed["encrypted_content"].native
                self.containers.append(describe(algorithm))
                self.bags(self.decrypt(algorithm, octets), 0)
        return {
            "version": pfx["version"].native,
            "mac": mac,
            "containers": self.containers,
            "order": self.order,
            "keys": self.keys,
            "certificates": self.certificates,
        }

    def verify(self, mac_data, content):
        algorithm = mac_data["mac"]["algorithm"]
        if algorithm["id"].dotted == PBMAC1:
            shown = TwoAlgorithms.load(algorithm["parameters"].dump())
            derived, seen = pbkdf2(shown["kdf"], None, self.text)
            name = HMACS[shown["other"]["id"].dotted]
            seen = {"algorithm": f"pbmac1-{name}", **seen}
        else:
            name = algos.DigestAlgorithmId(algorithm["id"].dotted).native
            salt, rounds = mac_data["salt"].native, mac_data["iterations"].native
            derived = pkcs12_kdf(name, self.bmp, salt, rounds, MAC, hashlib.new(name).digest_size)
            seen = {"algorithm": name, "iterations": rounds, "salt": len(salt)}
        if not hmac.compare_digest(hmac.digest(derived, content, name), mac_data["mac"]["digest"].native):
            raise batch.Refused("the MAC does not verify")
        return seen

    def bags(self, der, depth):
        if depth > MAX_DEPTH:
            raise batch.Refused("bags are nested too deep")
        for bag in Bags.load(der, strict=True):
            kind = bag["id"].dotted.removeprefix("1.2.840.113549.1.12.10.1.")
            shown = attributes(bag["attributes"])
            value = inside(bag["value"])
            if kind == "1":
                self.order.append("key")
                self.key(value, None, shown)
            elif kind == "2":
                self.order.append("shrouded key")
                sealed = Sealed.load(value, strict=True)
                self.key(self.decrypt(sealed["algorithm"], sealed["data"].native), describe(sealed["algorithm"]), shown)
            elif kind == "3":
                self.order.append("certificate")
                certificate = core.OctetString.load(inside(TypedValue.load(value, strict=True)["value"])).native
                self.certificates.append({"sha256": batch.sha256(certificate), **shown})
            elif kind == "6":
                self.bags(value, depth + 1)
            else:
                self.order.append(f"type {kind}")

    def key(self, der, encryption, shown):
        """Adds a key. OpenSSL and Windows put the key usage into the attributes of the PKCS#8 structure, not of the bag."""
        inner = asn1_keys.PrivateKeyInfo.load(der)["attributes"]
        usage_in_key = None
        if inner.native is not None:
            for attribute in Attributes.load(inner.untag().dump()):
                if attribute["type"].dotted == KEY_USAGE:
                    usage_in_key = bit_string(attribute["values"][0])
        usage = shown["attributes"].get(KEY_USAGE)
        self.keys.append(
            {
                "spki": batch.private_spki(der),
                "encryption": encryption,
                "csp": shown["attributes"].get(CSP_NAME),
                "machine_keyset": MACHINE_KEYSET in shown["attributes"],
                "machine_keyset_values": shown["attributes"].get(MACHINE_KEYSET),
                "key_usage": usage_in_key or usage,
                "key_usage_place": "key" if usage_in_key else "bag" if usage else None,
                **shown,
            }
        )

    def decrypt(self, algorithm, octets):
        identifier = algorithm["id"].dotted
        if identifier == PBES2:
            shown = TwoAlgorithms.load(algorithm["parameters"].dump())
            cipher, length = CIPHERS[shown["other"]["id"].dotted]
            key, _ = pbkdf2(shown["kdf"], length, self.text)
            iv = core.OctetString.load(shown["other"]["parameters"].dump()).native
        elif identifier in PBES1:
            cipher, length = PBES1[identifier]
            salt, rounds = core.Sequence.load(algorithm["parameters"].dump()).native.values()
            key = pkcs12_kdf("sha1", self.bmp, salt, rounds, KEY, length)
            iv = pkcs12_kdf("sha1", self.bmp, salt, rounds, IV, 8)
        else:
            raise batch.Refused(f"encryption {identifier} is not known to the walk")
        decryptor = Cipher(cipher(key), modes.CBC(iv)).decryptor()
        plain = decryptor.update(octets) + decryptor.finalize()
        pad = plain[-1]
        if plain[-pad:] != bytes([pad]) * pad:
            raise batch.Refused("wrong padding after decryption")
        return plain[:-pad]


def read(path, password):
    try:
        return Walk(password).read(Path(path).read_bytes())
    except (ValueError, TypeError, KeyError, IndexError) as error:
        raise batch.Refused(f"{type(error).__name__}: {error}") from error


def attributes(found):
    shown = {"name": None, "local_key_id": None, "attributes": {}}
    for attribute in found if found.native is not None else ():
        identifier = attribute["type"].dotted
        values = [value.dump() for value in attribute["values"]]
        if identifier == FRIENDLY_NAME:
            shown["name"] = bmp_string(values[0])
        elif identifier == LOCAL_KEY_ID:
            shown["local_key_id"] = core.OctetString.load(values[0]).native.hex()
        elif identifier == CSP_NAME:
            shown["attributes"][identifier] = bmp_string(values[0])
        elif identifier == KEY_USAGE:
            shown["attributes"][identifier] = bit_string(attribute["values"][0])
        else:
            shown["attributes"][identifier] = [value.hex() for value in values]
    return shown


def inside(explicit):
    """Returns what stands inside an explicit tag."""
    return parser.parse(explicit.dump(), strict=True)[4]


def bmp_string(der):
    """Reads a BMPString as the UTF-16 that Windows writes: with surrogates."""
    if der[0] != 0x1E:
        raise batch.Refused(f"a BMPString was expected, its tag is {der[0]:#x}")
    return core.Asn1Value.load(b"\x04" + der[1:]).contents.decode("utf-16-be")


def bit_string(value):
    return value.dump()[3:].hex()


def describe(algorithm):
    identifier = algorithm["id"].dotted
    if identifier == PBES2:
        shown = TwoAlgorithms.load(algorithm["parameters"].dump())
        kdf = Pbkdf2.load(shown["kdf"]["parameters"].dump())
        prf = Algorithm.load(kdf["prf"].dump())["id"].dotted if kdf["prf"].native is not None else "1.2.840.113549.2.7"
        return {
            "scheme": identifier,
            "cipher": shown["other"]["id"].dotted,
            "prf": HMACS.get(prf, prf),
            "iterations": kdf["iterations"].native,
            "salt": len(kdf["salt"].native),
        }
    salt, rounds = core.Sequence.load(algorithm["parameters"].dump()).native.values()
    return {"scheme": identifier, "iterations": rounds, "salt": len(salt)}


def pbkdf2(algorithm, length, text):
    """Derives a key with PBKDF2, RFC 8018 section 5.2; the password is UTF-8."""
    parameters = Pbkdf2.load(algorithm["parameters"].dump())
    prf = Algorithm.load(parameters["prf"].dump())["id"].dotted if parameters["prf"].native is not None else None
    name = HMACS[prf] if prf else "sha1"
    salt, rounds = parameters["salt"].native, parameters["iterations"].native
    length = length or parameters["length"].native
    if length is None:
        raise batch.Refused("PBMAC1 without a key length")
    return hashlib.pbkdf2_hmac(name, text.encode("utf-8"), salt, rounds, length), {"iterations": rounds, "salt": len(salt)}


def pkcs12_kdf(name, password, salt, rounds, purpose, length):
    """Derives octets as RFC 7292 appendix B.2 says; its variable names are kept."""
    v = hashlib.new(name).block_size
    d = bytes([purpose]) * v
    i = filled(salt, v) + filled(password, v)
    out = b""
    while len(out) < length:
        a = d + i
        for _ in range(rounds):
            a = hashlib.new(name, a).digest()
        out += a
        b = int.from_bytes(filled(a, v), "big") + 1
        parts = [i[j : j + v] for j in range(0, len(i), v)]
        i = b"".join(((int.from_bytes(part, "big") + b) % (1 << 8 * v)).to_bytes(v, "big") for part in parts)
    return out[:length]


def filled(octets, v):
    """Repeats octets up to a multiple of the block size; nothing stays nothing."""
    if not octets:
        return b""
    whole = v * ((len(octets) + v - 1) // v)
    return (octets * (whole // len(octets) + 1))[:whole]


if __name__ == "__main__":
    batch.main(read)
