"""Makes PKCS#12 files with foreign programs: `make_foreign.py FOLDER MAKER...`, makers: openssl nss java pyca gnutls vectors.

Keys and certificates are made here with pyca/cryptography, so what a file must hold is known and not read back. FOLDER/files.json lists
the files: {"id", "path", "password", "keys": [SHA-256 of SPKI], "certificates": [SHA-256], "labels"}. Keys and certificates are in no order:
what one program calls the first another calls the last. `labels` holds what the key's attributes must say, where the maker was told so.
"""

import datetime
import json
import shutil
import sys
from importlib import resources
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import PrivateFormat, pkcs12
from cryptography.hazmat.primitives.serialization.pkcs12 import PBES

import batch
import pyca as pyca_decoder

PASSWORD = "Correct7Horse-Battery"
NON_ASCII = "Zoë-\u5bc6\u78bc-\U0001f600"
CSP = "Microsoft Enhanced RSA and AES Cryptographic Provider"
NAME = "CRM S2S"
UNICODE_NAME = "Zoë's \u5bc6\u94a5"
DER, PEM = serialization.Encoding.DER, serialization.Encoding.PEM
OPENSSL = {
    "default": [],
    "rc2-40": ["-legacy"],
    "rc2-128": ["-legacy", "-certpbe", "PBE-SHA1-RC2-128", "-keypbe", "PBE-SHA1-RC2-128"],
    "3des": ["-legacy", "-certpbe", "PBE-SHA1-3DES", "-keypbe", "PBE-SHA1-3DES", "-macalg", "sha1"],
    "certificates-clear": ["-certpbe", "NONE"],
    "key-clear": ["-keypbe", "NONE"],
    "all-clear": ["-keypbe", "NONE", "-certpbe", "NONE"],
    "no-mac": ["-nomac"],
    "all-clear-no-mac": ["-keypbe", "NONE", "-certpbe", "NONE", "-nomac"],
    "mac-sha512-100000": ["-macalg", "sha512", "-iter", "100000"],
    "mac-sha384": ["-macalg", "sha384"],
    "mac-sha224": ["-macalg", "sha224"],
    "aes-128": ["-keypbe", "AES-128-CBC", "-certpbe", "AES-128-CBC"],
    "aes-192": ["-keypbe", "AES-192-CBC", "-certpbe", "AES-192-CBC"],
    "pbes2-3des": ["-keypbe", "DES-EDE3-CBC", "-certpbe", "DES-EDE3-CBC"],
    "one-iteration": ["-noiter", "-nomaciter"],
}


class Makers:
    def __init__(self, folder):
        self.folder = folder
        self.files = []
        self.keys = {name: rsa.generate_private_key(65537, 2048) for name in ("leaf", "other", "issuing", "root")}
        self.certificates = {}
        self.issue("root", "root", "CN=Contoso Root CA", True)
        self.issue("issuing", "root", "CN=Contoso Issuing CA,O=Contoso", True)
        self.issue("leaf", "issuing", "CN=crm.contoso.com,O=Contoso,C=US", False)
        self.issue("other", "other", "CN=other.contoso.com", False)
        for name, key in self.keys.items():
            for suffix, encoding in (("key", DER), ("key.pem", PEM)):
                octets = key.private_bytes(encoding, PrivateFormat.PKCS8, serialization.NoEncryption())
                self.path(f"{name}.{suffix}").write_bytes(octets)
        for name, certificate in self.certificates.items():
            self.path(f"{name}.der").write_bytes(certificate.public_bytes(DER))
            self.path(f"{name}.pem").write_bytes(certificate.public_bytes(PEM))
        self.chain = ["leaf", "issuing", "root"]
        self.path("chain.pem").write_bytes(self.pem(self.chain))
        self.path("issuers.pem").write_bytes(self.pem(self.chain[1:]))

    def path(self, name):
        return self.folder / name

    def pem(self, names):
        return b"".join(self.certificates[name].public_bytes(PEM) for name in names)

    def issue(self, name, issuer, subject, authority):
        subject = x509.Name.from_rfc4514_string(subject)
        issued_by = subject if name == issuer else self.certificates[issuer].subject
        now = datetime.datetime.now(datetime.timezone.utc)
        self.certificates[name] = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issued_by)
            .public_key(self.keys[name].public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(days=365))
            .add_extension(x509.BasicConstraints(authority, None), critical=True)
            .sign(self.keys[issuer], hashes.SHA256())
        )

    def add(self, file, password, keys, certificates, **labels):
        """Lists a file that was written."""
        self.files.append(
            {
                "id": Path(file).stem,
                "path": str(self.path(file)),
                "password": password,
                "keys": [batch.spki(self.keys[key]) for key in keys],
                "certificates": [self.certificates[one].fingerprint(hashes.SHA256()).hex() for one in certificates],
                "labels": labels,
            }
        )

    def openssl(self):
        for case, options in OPENSSL.items():
            self.openssl_export(case, PASSWORD, options)
        self.openssl_export("empty-password", "", [])
        self.openssl_export("empty-password-3des", "", OPENSSL["3des"])
        self.openssl_export("non-ascii", NON_ASCII, [])
        self.openssl_export("non-ascii-3des", NON_ASCII, OPENSSL["3des"])
        self.openssl_export("unicode-name", PASSWORD, [], name=UNICODE_NAME)
        csp, usage = ["-CSP", CSP, "-LMK"], {"csp": CSP, "machine_keyset": True}
        self.openssl_export("csp-exchange", PASSWORD, [*csp, "-keyex"], key_usage=0x10, **usage)
        self.openssl_export("csp-signature", PASSWORD, [*csp, "-keysig"], key_usage=0x80, **usage)
        target, secret = self.path("openssl-certificates-only.p12"), self.secret(PASSWORD)
        call = ["openssl", "pkcs12", "-export", "-nokeys", "-in", self.path("issuers.pem"), "-passout", secret]
        batch.run(*call, "-out", target)
        self.add(target.name, PASSWORD, [], self.chain[1:])

    def openssl_export(self, case, password, options, name=NAME, **labels):
        target = self.path(f"openssl-{case}.p12")
        call = ["openssl", "pkcs12", "-export", "-inkey", self.path("leaf.key.pem"), "-in", self.path("leaf.pem")]
        call += ["-certfile", self.path("issuers.pem"), "-name", name, "-passout", self.secret(password)]
        batch.run(*call, *options, "-out", target)
        self.add(target.name, password, ["leaf"], self.chain, name=name, **labels)

    def secret(self, password):
        path = self.path("password")
        path.write_text(password + "\n", encoding="utf-8")
        return f"file:{path}"

    def nss(self):
        database, source = self.path("nss"), self.path("nss-source.p12")
        source.write_bytes(self.pyca_octets(serialization.BestAvailableEncryption(PASSWORD.encode()), NAME))
        database.mkdir()
        self.secret(PASSWORD)
        where = ["-d", f"sql:{database}", "-w", self.path("password"), "-K", ""]
        batch.run("certutil", "-N", "-d", f"sql:{database}", "--empty-password")
        batch.run("pk12util", "-i", source, *where)
        des, rc2 = "PKCS #12 V2 PBE With SHA-1 And 3KEY Triple DES-CBC", "PKCS #12 V2 PBE With SHA-1 And 40 Bit RC2 CBC"
        for case, options in {"default": [], "3des-rc2-40": ["-c", des, "-C", rc2]}.items():
            target = self.path(f"nss-{case}.p12")
            batch.run("pk12util", "-o", target, "-n", NAME, *where, *options)
            self.add(target.name, PASSWORD, ["leaf"], self.chain)

    def java(self):
        batch.run("java", Path(__file__).with_name("JavaMaker.java"), self.folder, PASSWORD)
        for case in ("default", "legacy", "sha512", "no-mac", "secret"):
            self.add(f"java-{case}.p12", PASSWORD, ["leaf", "other"], [*self.chain, "other"])
        self.add("java-trust.p12", PASSWORD, [], self.chain[1:])

    def pyca(self):
        secret = PASSWORD.encode()
        builder = PrivateFormat.PKCS12.encryption_builder
        cases = {
            "best": serialization.BestAvailableEncryption(secret),
            "none": serialization.NoEncryption(),
            "aes-sha256": builder().key_cert_algorithm(PBES.PBESv2SHA256AndAES256CBC).kdf_rounds(50000).build(secret),
            "aes-mac-sha1": builder()
            .key_cert_algorithm(PBES.PBESv2SHA256AndAES256CBC)
            .hmac_hash(hashes.SHA1())
            .build(secret),
            "3des": builder()
            .key_cert_algorithm(PBES.PBESv1SHA1And3KeyTripleDESCBC)
            .hmac_hash(hashes.SHA1())
            .kdf_rounds(2000)
            .build(secret),
            "3des-mac-sha512": builder()
            .key_cert_algorithm(PBES.PBESv1SHA1And3KeyTripleDESCBC)
            .hmac_hash(hashes.SHA512())
            .build(secret),
        }
        for case, encryption in cases.items():
            self.path(f"pyca-{case}.p12").write_bytes(self.pyca_octets(encryption, UNICODE_NAME))
            self.add(f"pyca-{case}.p12", None if case == "none" else PASSWORD, ["leaf"], self.chain, name=UNICODE_NAME)
        trust = [pkcs12.PKCS12Certificate(self.certificates[name], name.encode()) for name in self.chain[1:]]
        octets = pkcs12.serialize_java_truststore(trust, cases["best"])
        self.path("pyca-trust.p12").write_bytes(octets)
        self.add("pyca-trust.p12", PASSWORD, [], self.chain[1:])

    def pyca_octets(self, encryption, name):
        issuers = [self.certificates[one] for one in self.chain[1:]]
        key, leaf = self.keys["leaf"], self.certificates["leaf"]
        return pkcs12.serialize_key_and_certificates(name.encode(), key, leaf, issuers, encryption)

    def gnutls(self):
        for cipher in ("3des", "3des-pkcs12", "aes-128", "aes-192", "aes-256", "rc2-40"):
            target = self.path(f"gnutls-{cipher}.p12")
            call = ["certtool", "--to-p12", "--load-privkey", self.path("leaf.key.pem"), "--outder", "--outfile", target]
            call += ["--load-certificate", self.path("chain.pem"), "--p12-name", NAME, f"--password={PASSWORD}"]
            batch.run(*call, "--pkcs-cipher", cipher)
            self.add(target.name, PASSWORD, ["leaf"], self.chain, name=NAME)

    def vectors(self):
        """Lists the files of pyca/cryptography's own tests, with what pyca/cryptography reads in them."""
        with resources.as_file(resources.files("cryptography_vectors") / "pkcs12") as source:
            for path in sorted(source.glob("*.p12")):
                password = vector_password(path.stem)
                shown = pyca_decoder.read(path, password)
                shutil.copy(path, self.path(f"vector-{path.name}"))
                self.files.append(
                    {
                        "id": f"vector-{path.stem}",
                        "path": str(self.path(f"vector-{path.name}")),
                        "password": password,
                        "keys": [key["spki"] for key in shown["keys"]],
                        "certificates": [one["sha256"] for one in shown["certificates"]],
                        "labels": {},
                    }
                )


def vector_password(name):
    """The passwords that the tests of pyca/cryptography use for these files."""
    if name.endswith("no-pwd") or name in ("no-password", "java-truststore"):
        return None
    return "password" if name.endswith("pwd") else "cryptography"


def main():
    folder = Path(sys.argv[1]).absolute()
    makers = Makers(folder)
    for maker in sys.argv[2:]:
        getattr(makers, maker)()
    (folder / "files.json").write_text(json.dumps(makers.files), encoding="utf-8")


if __name__ == "__main__":
    main()
