//! Errors of the machine: streams that cannot be written, names that are no text, files that are in the way.

use super::shell::Shell;

#[cfg(target_os = "linux")]
#[test]
fn full_stdout() {
    let mut shell = Shell::new();
    for line in [
        "s2scert inspect leaf.cer > /dev/full",
        "s2scert policy list --json > /dev/full",
        "s2scert check leaf.cer --policy baseline > /dev/full",
        "s2scert completions bash > /dev/full",
        "s2scert --help > /dev/full",
        "s2scert issue --key-file leaf.key --password-file pass > /dev/full",
    ] {
        shell.run(line);
    }
    shell.compare("full-stdout");
}

#[cfg(unix)]
#[test]
fn odd_files() {
    use std::os::unix::fs::symlink;

    let mut shell = Shell::new();
    let folder = shell.folder().to_owned();
    std::fs::create_dir(folder.join("folder")).unwrap();
    symlink("leaf.cer", folder.join("link.cer")).unwrap();
    symlink("nowhere", folder.join("lost.cer")).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, folder.join("pipe"), rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    let sparse = |name: &str, size| std::fs::File::create(folder.join(name)).unwrap().set_len(size).unwrap();
    sparse("large.pass", 65_537);
    sparse("large.pfx", (64 << 20) + 1);
    sparse("huge.pfx", 1 << 40);
    shell
        .run_to("s2scert inspect link.cer", 1)
        .run("s2scert inspect chain.pfx --password-file large.pass")
        .run("s2scert inspect large.pfx")
        .run("s2scert inspect huge.pfx")
        .run("s2scert inspect lost.cer")
        .run("s2scert inspect pipe")
        .run("s2scert inspect /dev/null")
        .run("s2scert inspect chain.pfx --password-file pipe")
        .run("s2scert export chain.pfx --in-password-file pass --out folder --format cer --force")
        .run("s2scert export chain.pfx --in-password-file pass --out pipe --format cer --force")
        .run("s2scert export chain.pfx --in-password-file pass --out link.cer --force")
        .run(&format!("s2scert export chain.pfx --in-password-file pass --out {}.cer", "x".repeat(300)))
        .run("s2scert export chain.pfx --in-password-file pass --out new/ --format cer")
        .run("s2scert export chain.pfx --in-password-file pass --out .. --format cer --force")
        .compare("odd-files");
}
