//! `s2scert import` and `s2scert export`.

use super::shell::Shell;

#[test]
fn import() {
    Shell::new()
        .says("A bag of files in any order, with duplicates.")
        .run("s2scert import root.cer leaf.key leaf.cer issuing.pem root.cer --out bundle.pem --generate-password-to bundle.pass")
        .says("The file that somebody sent, with its password.")
        .run("s2scert import chain.pfx --in-password-file pass --out from-pfx.pem --password-file pass")
        .run("s2scert import leaf.cer issuing.pem root.cer leaf.key leaf.csr other.cer --out clear.pem --insecure-unencrypted")
        .run("s2scert import chain.pfx --in-password-file pass --out from-pfx.pem --password-file pass --force --json")
        .says("From stdin.")
        .run("s2scert import - --in-password-file pass --out stdin.pem --password-file pass < chain.pfx")
        .says("Two keys with certificates: one is chosen by its thumbprint.")
        .run("s2scert import leaf.cer leaf.key other.cer other.key issuing.pem root.cer --out x.pem --password-file pass")
        .says("The chain lacks its issuers.")
        .run("s2scert import leaf.cer leaf.key root.cer --out x.pem --password-file pass")
        .run("s2scert import leaf.cer leaf.key root.cer --out x.pem --password-file pass --json")
        .says("Expired.")
        .run("s2scert import expired.cer leaf.key issuing.pem root.cer --out x.pem --password-file pass")
        .compare("import");
}

#[test]
fn import_errors() {
    let mut shell = Shell::new();
    for line in [
        "s2scert import leaf.cer issuing.pem root.cer --out x.pem --password-file pass",
        "s2scert import leaf.key --out x.pem --password-file pass",
        "s2scert import leaf.key other.cer issuing.pem --out x.pem --password-file pass",
        "s2scert import leaf.key other.key root.cer --out x.pem --password-file pass",
        "s2scert import leaf.cer other.cer issuing.pem root.cer --out x.pem --password-file pass",
        "s2scert import leaf.cer leaf.key --leaf 0000000000000000000000000000000000000000 --out x.pem --password-file pass",
        "s2scert import leaf.cer leaf.key --leaf CN=crm --out x.pem --password-file pass",
        "s2scert import chain.pfx --out x.pem --password-file pass",
        "s2scert import chain.pfx --in-password-file wrong --out x.pem --password-file pass",
        "s2scert import cut.pfx --in-password-file pass --out x.pem --password-file pass",
        "s2scert import leaf.cer no-such.cer --out x.pem --password-file pass",
        "s2scert import leaf.cer leaf.key issuing.pem root.cer --out leaf.key --password-file pass --force",
        "s2scert import leaf.cer leaf.key issuing.pem root.cer --out leaf.cer --password-file pass",
        "s2scert import leaf.cer leaf.key issuing.pem root.cer --out other.key --password-file pass",
        "s2scert import leaf.cer leaf.key issuing.pem root.cer --out x.pem",
        "s2scert import leaf.cer leaf.key issuing.pem root.cer --out pass --password-file pass --force",
        "s2scert import leaf.cer leaf.key issuing.pem root.cer --out x.pem --generate-password-to x.pem",
        "s2scert import leaf.cer leaf.key issuing.pem root.cer --out x.pem --insecure-unencrypted --password-file pass",
        "s2scert import leaf.cer leaf.key issuing.pem root.cer --out x.pem --insecure-unencrypted --generate-password-to x.pass",
        "s2scert import leaf.cer camellia.key issuing.pem root.cer --out x.pem --password-file pass --in-password-file pass",
        "s2scert import - --in-password-stdin --out x.pem --password-file pass < chain.pfx",
    ] {
        shell.run(line);
    }
    shell.compare("import-errors");
}

#[test]
fn export() {
    Shell::new()
        .run("s2scert import leaf.key leaf.cer issuing.pem root.cer --out bundle.pem --password-file pass")
        .run("s2scert export bundle.pem --in-password-file pass --out old.pfx --for server2016 --password-file pass")
        .says("One password for both files need not be named twice.")
        .run("s2scert export bundle.pem --out new.pfx --for server2022 --password-file pass")
        .run("s2scert export bundle.pem --out named.pfx --profile legacy --iterations 4000 --friendly-name 'S2S g20260101' \
              --provider 'Microsoft Strong Cryptographic Provider' --password-file pass")
        .run("s2scert export chain.pfx --in-password-file pass --out bundle2.pem --generate-password-to bundle2.pass")
        .run("s2scert export chain.pfx --in-password-file pass --out clear.pem --insecure-unencrypted")
        .run("s2scert export chain.pfx --in-password-file pass --out chain.p7b")
        .run("s2scert export chain.pfx --in-password-file pass --out leaf-again.cer")
        .run("s2scert export chain.pfx --in-password-file pass --format pem-chain --out chain.txt")
        .run("s2scert export chain.pfx --in-password-file pass --out json.pfx --password-file pass --json")
        .says("A chain without its root, and a certificate of nobody.")
        .run("s2scert export leaf-only.pfx --in-password-file pass --out x.pfx --password-file pass")
        .run("s2scert export weak.pem --out x.pfx --password-file pass")
        .compare("export");
}

#[test]
fn export_errors() {
    let mut shell = Shell::new();
    for line in [
        "s2scert export leaf.cer --out x.pfx --password-file pass",
        "s2scert export leaf.key --out x.pfx --password-file pass",
        "s2scert export leaf.csr --out x.cer",
        "s2scert export chain.pfx --out x.pfx --generate-password-to x.pass",
        "s2scert export chain.pfx --in-password-file wrong --out x.pfx --password-file pass",
        "s2scert export chain.pfx --in-password-file pass --out x.pfx",
        "s2scert export chain.pfx --in-password-file pass --out chain.pfx --password-file pass --force",
        "s2scert export chain.pfx --in-password-file pass --out leaf.cer",
        "s2scert export chain.pfx --in-password-file pass --out x.pfx --password-file pass --insecure-unencrypted",
        "s2scert export chain.pfx --in-password-file pass --out x.pfx --password-file pass --iterations 1",
        "s2scert export chain.pfx --in-password-file pass --out x.pfx --password-file pass --leaf 1234",
        "s2scert export chain.pfx --in-password-file pass --out pass --format pfx --password-file pass --force",
        "s2scert export chain.pfx --in-password-file pass --out x.cer --generate-password-to x.pass",
        "s2scert export chain.pfx --in-password-file pass --out x.pem --insecure-unencrypted --password-file pass",
        "s2scert export chain.pfx --in-password-file pass --out x.pem --password-file pass --profile modern --iterations 5000",
        "s2scert export chain.pfx --in-password-file pass --out x.pfx --password-file pass --provider ''",
        "s2scert export - --in-password-stdin --out x.pfx --password-file pass < chain.pfx",
    ] {
        shell.run(line);
    }
    shell.compare("export-errors");
}
