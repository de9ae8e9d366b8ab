//! Where passwords come from.

use super::shell::Shell;

#[test]
fn passwords() {
    let mut shell = Shell::new();
    std::fs::write(
        shell.folder().join("utf16"),
        "\u{feff}Transkript-1\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>(),
    )
    .unwrap();
    shell
        .says("Each source.")
        .run_to("S2S_PASSWORD=Transkript-1 s2scert inspect chain.pfx --password-env S2S_PASSWORD", 1)
        .run_to("s2scert inspect chain.pfx --password-stdin < pass", 1)
        .run_to("s2scert inspect chain.pfx --password-command 'cat pass'", 1)
        .run_to("s2scert inspect chain.pfx --password-file wrong --password-file pass", 1)
        .says("As Notepad on Windows saves it: UTF-16, with a mark and CR LF.")
        .run_to("s2scert inspect chain.pfx --password-file utf16", 1)
        .says("Two passwords of one command.")
        .run_to("s2scert export chain.pfx --in-password-stdin --out a.pfx --password-command 'cat wrong' < pass", 1)
        .run_to("IN=Transkript-1 OUT=Transkript-2 s2scert export chain.pfx --in-password-env IN --out b.pfx --password-env OUT", 1)
        .run_to("s2scert import chain.pfx --in-password-command 'cat pass' --out b.pem --password-stdin < wrong", 1)
        .run_to("IN=Transkript-1 s2scert import chain.pfx --in-password-env IN --out c.pem --password-command 'cat wrong'", 1)
        .run_to("OUT=Transkript-2 s2scert import chain.pfx --in-password-stdin --out d.pem --password-env OUT < pass", 1)
        .run_to("IN=Transkript-1 OUT=Transkript-2 s2scert issue --key-file chain.pfx --in-password-env IN --out e.pfx --password-env OUT", 1)
        .run_to("s2scert issue --key-file chain.pfx --in-password-stdin --out f.pfx --password-command 'cat wrong' < pass", 1)
        .run_to("s2scert issue --key-file chain.pfx --in-password-command 'cat pass' --out g.pfx --password-stdin < wrong", 1)
        .run_to("s2scert export chain.pfx --in-password-command 'cat pass' --out h.pfx --password-stdin < wrong", 1)
        .run_to("S2S_PASSWORD=Transkript-1 s2scert check chain.pfx --for server2016 --password-env S2S_PASSWORD", 1)
        .run_to("s2scert check chain.pfx --for server2016 --password-stdin < pass", 1)
        .run_to("s2scert check chain.pfx --for server2016 --password-command 'cat pass'", 1)
        .compare("passwords");
}

#[test]
fn password_errors() {
    let mut shell = Shell::new();
    std::fs::write(shell.folder().join("binary"), [0xc3, 0x28, b'\n']).unwrap();
    for line in [
        "s2scert issue",
        "s2scert issue --json",
        "s2scert issue --password-file no-such",
        "s2scert issue --password-file empty",
        "s2scert issue --password-file blank",
        "s2scert issue --password-file .",
        "s2scert issue --password-file binary",
        "s2scert issue --password-env S2S_NOT_SET",
        "S2S_EMPTY= s2scert issue --password-env S2S_EMPTY",
        "s2scert issue --password-stdin",
        "s2scert issue --password-command false",
        "s2scert issue --password-command no-such-program",
        "s2scert issue --password-command true",
        "s2scert issue --password-command ''",
        "s2scert issue --password-command '\"open'",
        "s2scert issue --password-command 'cat garbage.pfx'",
        "s2scert issue --password-command 'head -c 100000 /dev/zero'",
        "s2scert issue --in-password-stdin --password-stdin --key-file chain.pfx < pass",
        "s2scert inspect chain.pfx --password-file no-such",
        "s2scert export chain.pfx --in-password-file no-such --out x.pfx --password-file pass",
    ] {
        shell.run(line);
    }
    shell.compare("password-errors");
}
