//! `s2scert access`, on key files. The owner of a file is whoever runs the test; access to key containers is put on record
//! by `tests/wine/run`.

use super::shell::Shell;

#[test]
fn access() {
    Shell::new()
        .says("A bundle of our own: nobody but its owner reads it.")
        .run("s2scert import leaf.key leaf.cer issuing.pem root.cer --out s2s.pem --password-file pass")
        .run("s2scert access show s2s.pem")
        .says("The service is let in, and that is proven.")
        .run("s2scert access check s2s.pem daemon")
        .run("s2scert access grant s2s.pem daemon")
        .run("s2scert access grant s2s.pem daemon --json")
        .run("s2scert access check s2s.pem daemon")
        .says("Who was not named is a difference, unless others may.")
        .run("s2scert access check s2s.pem --json")
        .run("s2scert access check s2s.pem daemon --json")
        .run("s2scert access check s2s.pem --allow-others")
        .says("As oneself anybody can sign.")
        .run("s2scert access prove s2s.pem [ME] --password-file pass")
        .run("TRANSCRIPT_PASSWORD=Transkript-1 s2scert access prove s2s.pem [ME] --password-env TRANSCRIPT_PASSWORD --json")
        .run("s2scert access prove s2s.pem [ME] --password-stdin < pass")
        .run("s2scert access prove s2s.pem [ME] --password-command 'cat pass'")
        .says("And back.")
        .run("s2scert access revoke s2s.pem daemon")
        .run("s2scert access revoke s2s.pem daemon --json")
        .run("s2scert access restore s2s.pem user::rw-,user:1:r--,group::---,mask::r--,other::---")
        .run("s2scert access restore s2s.pem user::rw-,group::---,other::--- --json")
        .run("s2scert access show s2s.pem --json")
        .compare("access");
}

#[test]
fn access_errors() {
    let mut shell = Shell::new();
    shell.run("s2scert import leaf.key leaf.cer issuing.pem root.cer --out s2s.pem --password-file pass");
    for line in [
        "s2scert access grant s2s.pem no-such-user-here",
        "s2scert access grant s2s.pem other",
        "s2scert access revoke s2s.pem root",
        "s2scert access show absent.pem",
        "s2scert access show absent.pem --json",
        "s2scert access restore s2s.pem user::rw-",
        "s2scert access prove s2s.pem group:daemon --password-file pass",
        "s2scert access prove s2s.pem [ME] --password-file wrong",
        "s2scert access prove leaf.cer [ME]",
        "s2scert access prove container:s2s [ME]",
        "s2scert access show container:",
        "s2scert access show container:s2s",
        "s2scert access show container:s2s --provider 'Microsoft Software Key Storage Provider' --provider-type 0",
        "s2scert access grant container:s2s daemon --provider 'Contoso Provider' --provider-type 24",
        "s2scert access revoke container:s2s daemon --provider 'Contoso Provider' --provider-type 24",
        "s2scert access check container:s2s daemon --provider 'Contoso Provider' --provider-type 24",
        "s2scert access restore container:s2s D:P --provider 'Contoso Provider' --provider-type 24",
        "s2scert access prove container:s2s [ME] --provider 'Contoso Provider' --provider-type 24",
        "s2scert access show 0123456789ABCDEF0123456789ABCDEF01234567",
    ] {
        shell.run(line);
    }
    shell.compare("access-errors");
}
