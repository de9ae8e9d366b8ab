//! `s2scert issue`.

use super::shell::Shell;

#[test]
fn issue() {
    Shell::new()
        .says("From nothing to a PFX.")
        .run("s2scert issue --generate-password-to s2s.pass")
        .says("A second time: nothing is replaced without being told.")
        .run("s2scert issue --generate-password-to s2s.pass")
        .run("s2scert issue --password-file pass --force")
        .says("Everything named.")
        .run(
            "s2scert issue --subject 'CN=crm.contoso.com,OU={g},O=Contoso' --generation g20260101 --days 90 \
             --dns crm.contoso.com --dns login.contoso.com --key rsa-3072 --out all.pfx --cer all.crt --profile modern \
             --provider 'Microsoft Strong Cryptographic Provider' --friendly-name 'Contoso S2S' --iterations 5000 \
             --policy baseline --password-file pass --show",
        )
        .says("For the oldest of several servers.")
        .run("s2scert issue --for server2022 --for server2019 --key-file leaf.key --out new.pfx --password-file pass")
        .says("With a password that Java cannot use, from stdin.")
        .file("uml", "Schlüssel\n")
        .run("s2scert issue --key-file leaf.key --out uml.pfx --password-stdin < uml")
        .run("s2scert issue --key-file leaf.key --out json.pfx --password-file pass --show --json")
        .compare("issue");
}

#[test]
fn issue_refused_by_policy() {
    Shell::new()
        .run("s2scert issue --key-file leaf.key --policy production --password-file pass")
        .run("s2scert issue --key-file leaf.key --policy production --password-file pass --json")
        .says("A policy of one's own that wants longer keys.")
        .file(
            "strict.toml",
            "format = \"1.0\"\nname = \"strict\"\ndescription = \"Evaluation with longer keys.\"\nextends = \"evaluation\"\n\n\
             [[rule]]\nid = \"long-key\"\nkind = \"key-size\"\nseverity = \"error\"\nwhy = \"Our handbook asks for 3072 bits.\"\n\
             rsa = { min = 3072 }\n",
        )
        .run("s2scert issue --key-file leaf.key --policy strict.toml --password-file pass")
        .run("s2scert issue --key-file leaf.key --days 3000 --password-file pass")
        .says("What a policy finds only in the finished PFX.")
        .run(
            "s2scert issue --key-file leaf.key --for server2016 --provider 'Microsoft Software Key Storage Provider' \
             --password-file pass",
        )
        .compare("issue-refused-by-policy");
}

#[test]
fn issue_errors() {
    let mut shell = Shell::new();
    for line in [
        "s2scert issue --password-file pass --subject ''",
        "s2scert issue --password-file pass --subject crm.contoso.com",
        "s2scert issue --password-file pass --subject CN=",
        "s2scert issue --password-file pass --subject 'CN=crm.contoso.com,'",
        "s2scert issue --password-file pass --subject 'XY=crm.contoso.com'",
        "s2scert issue --password-file pass --subject 'CN=a,C=Germany'",
        "s2scert issue --password-file pass --subject 'CN=\"open'",
        "s2scert issue --password-file pass --subject 'CN=a\\zz'",
        "s2scert issue --password-file pass --subject 'CN=#0c'",
        "s2scert issue --password-file pass --subject 'CN=\\FF\\FE'",
        "s2scert issue --password-file pass --subject 'CN=\"a\"b'",
        "s2scert issue --password-file pass --subject 'CN=a;b'",
        "s2scert issue --password-file pass --subject CN",
        "s2scert issue --password-file pass --subject 'CN=a<b'",
        "s2scert issue --password-file pass --subject 'CN=a\tb'",
        "s2scert issue --password-file pass --subject 'CN=a\u{200b}b'",
        "s2scert issue --password-file pass --subject 'CN=a,DC=büro'",
        "s2scert issue --password-file pass --subject 'CN=a,SERIALNUMBER=a_b'",
        "s2scert issue --password-file pass --generation 'g\u{200b}1'",
        "s2scert issue --password-file pass --subject 'CN=token issuer of crm.contoso.com {g}' --generation 'the generation of the first of January'",
        "s2scert issue --password-file pass --subject 'CN=this-name-is-longer-than-the-sixty-four-characters-that-fit.contoso.com'",
        "s2scert issue --password-file pass --generation ''",
        "s2scert issue --password-file pass --generation ' g1 '",
        "s2scert issue --password-file pass --generation 'a generation that is far longer than the sixty-four characters that one RDN value holds'",
        "s2scert issue --password-file pass --dns 'crm contoso'",
        "s2scert issue --password-file pass --key-file leaf.key --iterations 3",
        "s2scert issue --password-file pass --key-file leaf.key --iterations 900000",
        "s2scert issue --password-file pass --key-file leaf.key --friendly-name '' --policy production",
        "s2scert issue --password-file pass --key-file no-such.key --out fresh.pfx",
        "s2scert issue --password-file pass --key-file leaf.cer --out fresh.pfx",
        "s2scert issue --password-file wrong --key-file chain.pfx --out fresh.pfx",
        "s2scert issue --password-file pass --out -",
        "s2scert issue --password-file pass --out fresh.pfx --cer -",
        "s2scert issue --password-file pass --key-file chain.pfx --in-password-file wrong --out fresh.pfx",
        "s2scert issue --password-file pass --key-file keys.pem --out fresh.pfx",
        "s2scert issue --password-file pass --key-file weak.pem --out fresh.pfx",
        "s2scert issue --password-file pass --out no-such-folder/other.pfx",
        "s2scert issue --password-file pass --out leaf.cer/other.pfx",
        "s2scert issue --password-file pass --out same.pfx --cer same.pfx",
        "s2scert issue --password-file pass --out leaf.cer",
        "s2scert issue --password-file pass --out leaf.key --key-file leaf.key --force",
        "s2scert issue --password-file pass --out pass --force",
        "s2scert issue --out fresh.pfx --generate-password-to pass",
        "s2scert issue --out fresh.pfx --generate-password-to fresh.pfx",
        "s2scert issue --password-file pass --out . --force",
        "s2scert issue --password-file pass --out ''",
        "s2scert issue --password-file pass --out fresh.pfx --cer pages/x.cer",
    ] {
        shell.run(line);
    }
    shell.compare("issue-errors");
}
