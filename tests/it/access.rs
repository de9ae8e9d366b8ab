//! Access to a key file against the real kernel: what s2scert writes is read by `getfacl`, what `setfacl` writes is read by
//! s2scert, and another user is let in or kept out.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]
#![expect(clippy::print_stderr, reason = "a test says aloud what it skips")]

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use s2scert::farm::access::Principal;
use s2scert::node::access::{check, grant, restore, revoke, show};
use s2scert::ports::KeyPlace;
use serde_json::Value;
use tempfile::TempDir;

use crate::tools::{Tool, tool};

/// Users that every Debian has, and that own nothing.
const SERVICE: (&str, u32) = ("daemon", 1);
const STRANGER: &str = "nobody";

fn acl_tools() -> Option<(Tool, Tool)> {
    Some((tool("getfacl", "--version")?, tool("setfacl", "--version")?))
}

pub(crate) fn is_root() -> bool {
    let root = own_user() == 0;
    if !root {
        eprintln!("skipped: not root, so no file can be another user's");
    }
    root
}

/// The user of this process, as the kernel tells it.
fn own_user() -> u32 {
    fs::metadata("/proc/self").unwrap().uid()
}

/// Makes a folder that others may enter, with a key in it.
fn with_key() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let key = folder.path().join("s2s.pem");
    let der = crate::chains::keys()[0].pkcs8_der();
    fs::write(&key, s2scert::cert::pem::encode("PRIVATE KEY", der).as_bytes()).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    (folder, key)
}

fn access(arguments: &[&str], key: &Path, names: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_s2scert"));
    command.arg("access").args(arguments).arg(key).args(names).arg("--json");
    command.env("S2SCERT_STATE", key.with_file_name("state"));
    command.stdin(Stdio::null()).output().unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

/// Returns the list as `getfacl` shows it, in our one line.
fn seen(getfacl: &Tool, file: &Path) -> String {
    let printed = getfacl.run(&["--omit-header", "--numeric", "--no-effective", file.to_str().unwrap()]);
    String::from_utf8(printed).unwrap().split_whitespace().collect::<Vec<_>>().join(",")
}

#[test]
fn a_service_is_let_in_proven_checked_and_shut_out() {
    let Some((getfacl, _)) = acl_tools() else { return };
    let (_folder, key) = with_key();
    let before = seen(&getfacl, &key);

    assert_eq!(access(&["check"], &key, &[SERVICE.0]).status.code(), Some(12));
    let granted = access(&["grant"], &key, &[SERVICE.0]);
    assert_eq!((granted.status.code(), json(&granted)["changed"].clone()), (Some(0), Value::Bool(true)));
    let wanted = format!("user::rw-,user:{}:r--,group::---,mask::r--,other::---", SERVICE.1);
    assert_eq!(seen(&getfacl, &key), wanted);
    assert_eq!(json(&granted)["now"], Value::String(wanted));
    let again = access(&["grant"], &key, &[SERVICE.0]);
    assert_eq!((again.status.code(), json(&again)["changed"].clone()), (Some(0), Value::Bool(false)));
    assert_eq!(access(&["check"], &key, &[SERVICE.0]).status.code(), Some(0));
    assert_eq!(access(&["check"], &key, &[]).status.code(), Some(12), "a reader that was not named");
    assert_eq!(access(&["check", "--allow-others"], &key, &[]).status.code(), Some(0));

    if is_root() {
        let proof = access(&["prove"], &key, &[SERVICE.0]);
        assert_eq!((proof.status.code(), json(&proof)["proven"].clone()), (Some(0), Value::Bool(true)));
        let refused = access(&["prove"], &key, &[STRANGER]);
        assert_eq!(refused.status.code(), Some(4), "{}", String::from_utf8_lossy(&refused.stderr));
        assert!(String::from_utf8_lossy(&refused.stderr).contains("access denied"));
    }

    assert_eq!(access(&["revoke"], &key, &[SERVICE.0]).status.code(), Some(0));
    assert_eq!(seen(&getfacl, &key), before);
    if is_root() {
        assert_eq!(access(&["prove"], &key, &[SERVICE.0]).status.code(), Some(4));
    }
    let snapshot = json(&granted)["now"].as_str().unwrap().to_owned();
    assert_eq!(access(&["restore"], &key, &[&snapshot]).status.code(), Some(0));
    assert_eq!(seen(&getfacl, &key), snapshot);
}

#[test]
fn what_cannot_be_done_says_so_and_changes_nothing() {
    let (folder, key) = with_key();
    let link = folder.path().join("link.pem");
    symlink(&key, &link).unwrap();
    let mode = fs::metadata(&key).unwrap().mode();
    for (arguments, target, names, code, said) in [
        (&["grant"][..], &key, &["no-such-user-here"][..], 4, "no user, group or other identity of this name"),
        (&["grant"], &key, &["other"], 2, "everybody is nobody"),
        (&["grant"], &key, &["user:4294967295"], 4, "no user"),
        (&["revoke"], &key, &["root"], 2, "always keeps its access"),
        (&["show"], &folder.path().join("absent"), &[], 4, "no such key or file"),
        (&["show"], &folder.path().to_owned(), &[], 4, "is a directory"),
        (&["grant"], &link, &["daemon"], 4, "is a symbolic link"),
        (&["restore"], &key, &["user::rw-"], 2, "no access list of this key"),
        (&["show"], &PathBuf::from("container:s2s"), &[], 2, "a thing of Windows"),
        (&["show"], &PathBuf::from("container:"), &[], 2, "followed by the name"),
        (&["show"], &PathBuf::from("0123456789abcdef0123456789ABCDEF01234567"), &[], 4, "has this thumbprint"),
        (&["prove"], &key, &["group:daemon"], 9, "only a user"),
    ] {
        let output = access(arguments, target, names);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?} {names:?}: {stderr}");
        assert!(stderr.contains(said), "{arguments:?} {names:?}: {stderr}");
    }
    assert_eq!(fs::metadata(&key).unwrap().mode(), mode);
}

/// A list of numbers that look random and are the same each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as u32 % bound
    }

    fn perm(&mut self) -> String {
        let bits = self.below(8);
        [(4, 'r'), (2, 'w'), (1, 'x')].iter().map(|(bit, letter)| if bits & bit != 0 { *letter } else { '-' }).collect()
    }
}

#[test]
fn two_hundred_files_with_any_access_converge_in_one_step() {
    let Some((getfacl, setfacl)) = acl_tools() else { return };
    let host = s2scert::sys::host();
    let folder = tempfile::tempdir().unwrap();
    let mut numbers = Numbers(2026);
    let readers = [Principal::User(2), Principal::Group(3)];
    let mut changed = 0;
    for number in 0..200 {
        let file = folder.path().join(format!("{number}.pem"));
        fs::write(&file, "no key, but a file").unwrap();
        // The owner reads, so that the test needs no root.
        let mut entries = vec![
            format!("u::r{}", &numbers.perm()[1..]),
            format!("g::{}", numbers.perm()),
            format!("o::{}", numbers.perm()),
        ];
        let more = numbers.below(4);
        for one in 0..more {
            entries.push(format!("{}:{}:{}", if numbers.below(2) == 0 { "u" } else { "g" }, one + 1, numbers.perm()));
        }
        if more > 0 {
            entries.push(format!("m::{}", numbers.perm()));
        }
        setfacl.run(&["--set", &entries.join(","), file.to_str().unwrap()]);
        let place = KeyPlace::File(file.clone());
        let before = seen(&getfacl, &file);
        assert_eq!(show(&host, &place).unwrap().before, before, "read as getfacl reads it");

        let first = grant(&host, &place, &readers).unwrap();
        changed += usize::from(first.changed);
        assert_eq!(first.now, seen(&getfacl, &file), "{before}");
        assert!(!grant(&host, &place, &readers).unwrap().changed, "{before}");
        assert!(check(&host, &place, &readers, true).unwrap().deviations.is_empty(), "{before}");
        restore(&host, &place, &before).unwrap();
        assert_eq!(seen(&getfacl, &file), before);
        revoke(&host, &place, &readers).unwrap();
        assert!(!revoke(&host, &place, &readers).unwrap().changed, "{before}");
    }
    assert!(changed > 150, "{changed} of 200 files were not as wanted");
}
