//! `s2scert store` and `s2scert install`, on stores that are folders.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use s2scert::cert::Certificate;

use super::fixtures::FILES;
use super::shell::Shell;

fn thumbprint() -> String {
    let (_, der) = FILES.iter().find(|(name, _)| *name == "leaf.cer").unwrap();
    Certificate::from_der(der).unwrap().thumbprint().to_string()
}

/// The files of one folder of the stores.
fn files(shell: &Shell, folder: &str) -> Vec<PathBuf> {
    fs::read_dir(shell.folder().join("stores").join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn store() {
    let mut shell = Shell::new();
    let print = thumbprint();
    shell
        .says("From a PFX to a key that is proven.")
        .run("s2scert install chain.pfx --password-file pass --store-dir stores --grant nobody")
        .says("A second time there is nothing to do.")
        .run("s2scert install chain.pfx --password-file pass --store-dir stores --grant nobody")
        .run_to("s2scert install chain.pfx --password-file pass --store-dir stores --json", 6)
        .run("s2scert store install chain.pfx --password-file pass --store-dir stores --trust-root --friendly-name CRM")
        .run("s2scert store list --store-dir stores")
        .run("s2scert store list --store-dir stores --store ca --store root")
        .run_to("s2scert store list --store-dir stores --json", 6)
        .run(&format!("s2scert store show {print} --store-dir stores"))
        .run_to(&format!("s2scert store show {print} --store my --store-dir stores --json"), 4)
        .says("A certificate that is named twice keeps its key.");
    let my = files(&shell, "My").remove(0);
    fs::copy(&my, shell.folder().join("stores/CA").join(my.file_name().unwrap())).unwrap();
    shell
        .run(&format!("s2scert store remove --thumbprint {print} --with-key --store-dir stores"))
        .run(&format!("s2scert store remove --thumbprint {print} --even-if-used --store-dir stores"))
        .run(&format!("s2scert store remove --thumbprint {print} --store ca --store-dir stores"))
        .run("s2scert store orphans --store-dir stores")
        .run_to("s2scert store orphans --store-dir stores --json", 4)
        .run(&format!("s2scert store remove --thumbprint {print} --store-dir stores"))
        .run_to(&format!("s2scert store remove --thumbprint {print} --store-dir stores --json"), 3)
        .says("With its key.")
        .run_to("s2scert store install chain.pfx --password-file pass --store-dir stores --exportable --json", 4)
        .run(&format!("s2scert store remove --thumbprint {print} --with-key --store-dir stores"))
        .compare("store");
}

#[test]
fn store_repair() {
    let mut shell = Shell::new();
    let print = thumbprint();
    shell.run_to("s2scert install chain.pfx --password-file pass --store-dir stores", 1);
    for key in files(&shell, "keys") {
        fs::remove_file(key).unwrap();
    }
    shell
        .says("The key was deleted.")
        .run(&format!("s2scert store show {print} --store-dir stores"))
        .run("s2scert store orphans --store-dir stores")
        .run("s2scert install chain.pfx --password-file pass --store-dir stores")
        .run("s2scert install chain.pfx --password-file pass --store-dir stores --repair")
        .run_to("s2scert store install chain.pfx --password-file pass --store-dir stores --repair", 1);
    fs::write(files(&shell, "keys").remove(0), include_bytes!("../../data/keys/other.pem")).unwrap();
    shell
        .says("It is the key of another certificate.")
        .run("s2scert install chain.pfx --password-file pass --store-dir stores")
        .run("s2scert install chain.pfx --password-file pass --store-dir stores --repair")
        .compare("store-repair");
}

#[test]
fn store_same_subject() {
    let mut shell = Shell::new();
    for (key, out) in [("leaf.key", "one.pfx"), ("other.key", "two.pfx")] {
        shell.run_to(
            &format!(
                "s2scert issue --subject 'CN=crm.contoso.com,OU={{g}}' --generation g20260101 --key-file {key} --out {out} \
                 --password-file pass"
            ),
            1,
        );
    }
    shell
        .says("What the policy refuses is not installed.")
        .run("s2scert install one.pfx --password-file pass --store-dir stores")
        .run_to("s2scert install one.pfx --password-file pass --store-dir stores --policy evaluation", 1)
        .says("Another certificate of the same subject.")
        .run("s2scert install two.pfx --password-file pass --store-dir stores --policy evaluation")
        .run_to(
            "s2scert install two.pfx --password-file pass --store-dir stores --policy evaluation --allow-same-subject \
             --provider 'Microsoft Enhanced RSA and AES Cryptographic Provider' --exportable --trust-root \
             --friendly-name g20260101 --nonce 000102030405060708090a0b0c0d0e0f",
            1,
        )
        .run_to(
            "s2scert store install two.pfx --password-file pass --store-dir stores --policy evaluation --allow-same-subject \
             --provider 'Microsoft Enhanced RSA and AES Cryptographic Provider' --nonce 000102030405060708090a0b0c0d0e0f",
            1,
        )
        .run("s2scert store list --store my --store-dir stores")
        .compare("store-same-subject");
}

#[test]
fn store_errors() {
    let mut shell = Shell::new();
    for command in ["install", "store install"] {
        for rest in [
            "",
            "missing.pfx --store-dir stores",
            "chain.pfx --store-dir stores",
            "chain.pfx --store-dir stores --password-file wrong",
            "chain.pfx --store-dir stores --password-env NO_SUCH_VARIABLE",
            "chain.pfx --store-dir stores --password-command no-such-program",
            "chain.pfx --store-dir stores --password-stdin",
            "- --store-dir stores --password-stdin",
            "leaf.cer --store-dir stores",
            "chain.pfx --store-dir stores --password-file pass --leaf 00",
            "chain.pfx --store-dir stores --password-file pass --grant no-such-user-here",
            "chain.pfx --store-dir stores --password-file pass --grant S-1-5-20",
            "chain.pfx --store-dir stores --password-file pass --grant other",
            "chain.pfx --store-dir stores --password-file pass --nonce 12",
            "chain.pfx --store-dir stores --password-file pass --nonce no-hexadecimal-digits-in-this-text",
            "chain.pfx --store-dir stores --password-file pass --waivers no-such.toml",
            "chain.pfx --store-dir stores --password-file pass --provider 'Microsoft Software Key Storage Provider'",
            "chain.pfx --store-dir stores --password-file pass --provider 'Microsoft RSA SChannel Cryptographic Provider'",
            "chain.pfx --store-dir leaf.cer --password-file pass",
            "chain.pfx --store-dir stores --current-user",
        ] {
            shell.run(&format!("s2scert {command} {rest}"));
        }
    }
    shell.says("Nothing was installed.").run("s2scert store orphans --store-dir stores");
    for line in [
        "s2scert store list --store-dir no-such-folder",
        "s2scert store list --store-dir no-such-folder --current-user",
        "s2scert store list --store personal",
        "s2scert store show --store-dir no-such-folder",
        "s2scert store show 00 --store-dir no-such-folder",
        "s2scert store show 00 --current-user --store-dir no-such-folder",
        "s2scert store remove --store-dir no-such-folder",
        "s2scert store remove --thumbprint 00 --store-dir no-such-folder",
        "s2scert store remove --thumbprint 00 --current-user --store-dir no-such-folder",
        "s2scert store orphans --store-dir no-such-folder",
        "s2scert store orphans --current-user --store-dir no-such-folder",
    ] {
        shell.run(line);
    }
    shell.run_to("s2scert install chain.pfx --password-file pass --store-dir stores", 1);
    shell.run("s2scert store show 00 --store-dir stores");
    let my = shell.folder().join("stores/My");
    fs::write(my.join("notes.pem"), "The certificate is in the mail of Tuesday.\n").unwrap();
    shell.says("A file that is no certificate.").run("s2scert store list --store-dir stores");
    fs::remove_file(my.join("notes.pem")).unwrap();
    fs::set_permissions(&my, PermissionsExt::from_mode(0o777)).unwrap();
    shell.says("A store that everybody may write.").run("s2scert store list --store-dir stores");
    shell.compare("store-errors");
}

#[test]
fn store_help() {
    let mut shell = Shell::new();
    for command in ["install", "store", "store list", "store show", "store install", "store remove", "store orphans"] {
        shell.run(&format!("s2scert {command} --help"));
    }
    for name in ["store-list", "store-show", "store-install", "store-remove", "store-orphans"] {
        shell.run_to(&format!("s2scert schema {name}"), 5);
    }
    shell.compare("store-help");
}
