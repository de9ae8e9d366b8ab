//! `s2scert inspect`, with and without `--lint`.

use super::shell::Shell;

#[test]
fn inspect() {
    Shell::new()
        .run("s2scert inspect leaf.cer")
        .run("s2scert inspect leaf.key")
        .run("s2scert inspect leaf.csr")
        .run("s2scert inspect chain.pfx")
        .run("s2scert inspect chain.pfx --password-file pass")
        .run("s2scert inspect modern.pfx --password-file pass")
        .run("s2scert inspect - --password-file pass < chain.pfx")
        .run("s2scert inspect expired.cer")
        .says("What AD CS writes, and what certreq asks.")
        .run("s2scert inspect adcs.cer")
        .run("s2scert inspect adcs.csr")
        .run("s2scert inspect adcs.csr --json")
        .says("A damaged block that is nothing of ours.")
        .run("s2scert inspect foreign.pem")
        .run("s2scert inspect leaf.cer --json")
        .run("s2scert inspect chain.pfx --password-file pass --json")
        .compare("inspect");
}

#[test]
fn inspect_lint() {
    Shell::new()
        .run("s2scert inspect chain.pfx --password-file pass --lint --for server2016")
        .run("s2scert inspect modern.pfx --password-file pass --lint --for server2016")
        .run("s2scert inspect modern.pfx --lint --for server2012r2")
        .run("s2scert inspect leaf-only.pfx --password-file pass --lint")
        .says("The remedies name the file, quoted where it must be.")
        .run("s2scert inspect 'with blank.pfx' --password-file pass --lint --for server2016")
        .run("s2scert inspect expired.cer --lint")
        .run("s2scert inspect weak.pem --lint")
        .run("s2scert inspect other.key --lint")
        .run("s2scert inspect leaf.csr --lint")
        .run("s2scert inspect modern.pfx --password-file pass --lint --for server2016 --json")
        .compare("inspect-lint");
}

#[test]
fn inspect_errors() {
    let mut shell = Shell::new();
    for line in [
        "s2scert inspect no-such.pfx",
        "s2scert inspect no-such-folder/s2s.pfx",
        "s2scert inspect leaf.cer/s2s.pfx",
        "s2scert inspect .",
        "s2scert inspect empty",
        "s2scert inspect garbage.pfx",
        "s2scert inspect notes.txt",
        "s2scert inspect store.jks",
        "s2scert inspect page.cer",
        "s2scert inspect damaged.pem",
        "s2scert inspect torn.pem",
        "s2scert inspect cut.pfx --password-file pass",
        "s2scert inspect chain.pfx --password-file wrong",
        "s2scert inspect altered.pfx --password-file pass",
        "s2scert inspect absurd.pfx --password-file pass",
        "s2scert inspect absurd.pfx",
        "s2scert inspect - < empty",
        "s2scert inspect no-such.pfx --json",
        "s2scert inspect chain.pfx --password-file wrong --json",
    ] {
        shell.run(line);
    }
    for (name, text) in [
        ("stray.pem", "AAEC\n-----END CERTIFICATE-----\n"),
        ("mixed.pem", "-----BEGIN CERTIFICATE-----\nAAEC\n-----END PRIVATE KEY-----\n"),
        ("short.pem", "-----BEGIN CERTIFICATE-----\nAAECA\n-----END CERTIFICATE-----\n"),
        ("hollow.pem", "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"),
        ("header.pem", "-----BEGIN CERTIFICATE-----\n: a\nAAEC\n-----END CERTIFICATE-----\n"),
        ("key.pem", "-----BEGIN PRIVATE KEY-----\nMAMCAQA=\n-----END PRIVATE KEY-----\n"),
    ] {
        shell.file(name, text).run(&format!("s2scert inspect {name}"));
    }
    for (name, label, base64) in [
        ("dsa.pem", "PRIVATE KEY", "MB4CAQAwFAYHKoZIzjgEATAJAgEXAgELAgEEBAMCAQU="),
        (
            "ed448.pem",
            "PRIVATE KEY",
            "MEcCAQAwBQYDK2VxBDsEOQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==",
        ),
        ("md5des.pem", "ENCRYPTED PRIVATE KEY", "MC8wGwYJKoZIhvcNAQUDMA4ECAAAAAAAAAAAAgIIAAQQAAAAAAAAAAAAAAAAAAAAAA=="),
        (
            "work.pem",
            "ENCRYPTED PRIVATE KEY",
            "MF8wSwYJKoZIhvcNAQUNMD4wHQYJKoZIhvcNAQUMMBAECAAAAAAAAAAAAgR3NZQAMB0GCWCGSAFlAwQBKgQQAAAAAAAAAAAAAAAAAAAAAAQQAAAAAAAAAAAAAAAAAAAAAA==",
        ),
        (
            "md5mac.pem",
            "PKCS12",
            "MEcCAQMwEQYJKoZIhvcNAQcBoAQEAjAAMC8wIDAMBggqhkiG9w0CBQUABBAAAAAAAAAAAAAAAAAAAAAABAgAAAAAAAAAAAIBAQ==",
        ),
        ("signed.pem", "PKCS12", "MBcCAQMwEgYJKoZIhvcNAQcCoAUwAwIBAQ=="),
    ] {
        let text = format!("-----BEGIN {label}-----\n{base64}\n-----END {label}-----\n");
        shell.file(name, &text).run(&format!("s2scert inspect {name} --password-file pass"));
    }
    shell.compare("inspect-errors");
}
