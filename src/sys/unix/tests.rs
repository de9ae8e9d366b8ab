//! What only Unix can show: modes, links, pipes, a full disk. Where the whole process must differ (umask, user, limits),
//! the test starts its own binary once more for itself alone, and the second process does the other half.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]
#![expect(clippy::disallowed_methods, reason = "the tests arrange and examine the file system")]

use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use rustix::fs::{CWD, FileType, Mode, mknodat};
use tempfile::TempDir;

use super::super::host;
use crate::ports::{Access, EntryKind, Existing, FileFault};

/// Set for a second process: the folder in which it works.
const FOLDER: &str = "S2SCERT_TEST_FOLDER";

/// Runs one test of this file, the one that calls, in a process of its own, where it finds a [`second_folder`]. `script` is shell
/// text that ends by `exec "$@"`.
fn run_again(test: &str, folder: &Path, script: &str) -> Output {
    let this = std::env::current_exe().unwrap();
    Command::new("sh")
        .args(["-c", script, "sh"])
        .arg(this)
        .args(["--exact", &format!("sys::os::tests::{test}"), "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .output()
        .unwrap()
}

/// Returns the folder to work in where this is the second process.
fn second_folder() -> Option<PathBuf> {
    std::env::var_os(FOLDER).map(PathBuf::from)
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Returns whether the second process ran the one test, to its end. A name that no test has would succeed too.
fn passed(output: &Output) -> bool {
    output.status.success() && said(output).contains("test result: ok. 1 passed")
}

/// Skips aloud, unless every tool is required.
fn skip(reason: &str) {
    println!("skipped: {reason}");
    assert!(std::env::var_os("S2SCERT_REQUIRE_TOOLS").is_none_or(|value| value != "1"), "{reason}");
}

fn mode(path: &Path) -> u32 {
    std::fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

fn names(folder: &Path) -> Vec<String> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn fifo(path: &Path) {
    mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
}

#[test]
fn a_secret_file_is_0600_under_any_umask() {
    if let Some(folder) = second_folder() {
        return create_secret_and_public_files(&folder);
    }
    for (umask, secret, public) in [("000", 0o600, 0o666), ("022", 0o600, 0o644), ("777", 0o600, 0o000)] {
        let folder = TempDir::new().unwrap();
        let script = format!("umask {umask}; exec \"$@\"");
        let output = run_again("a_secret_file_is_0600_under_any_umask", folder.path(), &script);
        assert!(passed(&output), "{}", said(&output));
        let modes = ["secret", "replaced", "public"].map(|name| mode(&folder.path().join(name)));
        assert_eq!(modes, [secret, secret, public], "umask {umask}");
    }
}

fn create_secret_and_public_files(folder: &Path) {
    let files = host().files;
    files.create(&folder.join("secret"), Access::Secret, Existing::Refuse, b"key").unwrap();
    std::fs::write(folder.join("replaced"), b"old").unwrap();
    std::fs::set_permissions(folder.join("replaced"), Permissions::from_mode(0o666)).unwrap();
    files.create(&folder.join("replaced"), Access::Secret, Existing::Replace, b"key").unwrap();
    files.create(&folder.join("public"), Access::Public, Existing::Refuse, b"certificate").unwrap();
}

#[test]
fn a_secret_file_is_never_wider_at_any_instant() {
    if let Some(folder) = second_folder() {
        return create_secret_files_while_another_thread_looks(&folder);
    }
    // In memory there is no waiting for a disk, so the instants that matter are a larger share of all.
    let folder = TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).unwrap();
    let test = "a_secret_file_is_never_wider_at_any_instant";
    let output = run_again(test, folder.path(), "umask 000; exec \"$@\"");
    assert!(passed(&output), "{}", said(&output));
}

fn create_secret_files_while_another_thread_looks(folder: &Path) {
    // So many that a mode set only after the file was opened was seen in each of three trials.
    const ENOUGH: usize = 5_000;
    let (sightings, done) = (AtomicUsize::new(0), AtomicBool::new(false));
    let look = || {
        while !done.load(Ordering::SeqCst) {
            for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
                // It may be gone by now.
                let Ok(metadata) = std::fs::symlink_metadata(entry.path()) else { continue };
                assert_eq!(metadata.permissions().mode() & 0o777, 0o600, "{entry:?}");
                let temporary = entry.path().extension().is_some_and(|extension| extension == "tmp");
                sightings.fetch_add(usize::from(temporary), Ordering::SeqCst);
            }
        }
    };
    std::thread::scope(|scope| {
        let watcher = scope.spawn(look);
        for n in 0..200_000 {
            if sightings.load(Ordering::SeqCst) >= ENOUGH || watcher.is_finished() {
                break;
            }
            let target = folder.join(format!("{}", n % 10));
            host().files.create(&target, Access::Secret, Existing::Replace, &[7; 4096]).unwrap();
        }
        done.store(true, Ordering::SeqCst);
        watcher.join().unwrap();
    });
    assert!(sightings.load(Ordering::SeqCst) >= ENOUGH, "the watcher saw too little to prove anything");
}

/// The other half of the tests of a full disk and of a closed folder.
fn create_a_large_file_and_print_the_fault(folder: &Path) {
    let target = folder.join("s2s.pfx");
    let result = host().files.create(&target, Access::Secret, Existing::Refuse, &[7; 300_000]);
    println!("fault: {:?}", result.map_err(|error| error.fault().clone()).err());
}

#[test]
fn a_full_disk_is_said_and_leaves_nothing() {
    if let Some(folder) = second_folder() {
        return create_a_large_file_and_print_the_fault(&folder);
    }
    let test = "a_full_disk_is_said_and_leaves_nothing";
    let folder = TempDir::new().unwrap();
    // A limit on the size of files is the full disk that needs no privilege.
    let limited = "trap '' XFSZ; ulimit -f 64; exec \"$@\"";
    let output = run_again(test, folder.path(), limited);
    assert!(said(&output).contains("fault: Some(DiskFull)"), "{}", said(&output));
    assert_eq!(names(folder.path()), [""; 0]);

    // In a mount name space of its own, which ends with the process; the listing is printed from inside.
    let real = "unshare --mount sh -c 'mount -t tmpfs -o size=64k tmpfs \"$0\" || exit 77; \"$@\"; ls -A \"$0\" | sed s/^/left:/' \
                \"$S2SCERT_TEST_FOLDER\" \"$@\"";
    let output = run_again(test, folder.path(), real);
    if !said(&output).contains("fault:") {
        return skip("a small file system cannot be mounted here");
    }
    assert!(said(&output).contains("fault: Some(DiskFull)"), "{}", said(&output));
    assert!(!said(&output).contains("left:"), "{}", said(&output));
}

#[test]
fn a_folder_that_may_not_be_written_is_said() {
    if let Some(folder) = second_folder() {
        return create_a_large_file_and_print_the_fault(&folder);
    }
    let folder = TempDir::new().unwrap();
    std::fs::set_permissions(folder.path(), Permissions::from_mode(0o555)).unwrap();
    let script = if rustix::process::geteuid().is_root() {
        "exec setpriv --reuid=65534 --regid=65534 --clear-groups \"$@\""
    } else {
        "exec \"$@\""
    };
    let output = run_again("a_folder_that_may_not_be_written_is_said", folder.path(), script);
    if !said(&output).contains("fault:") {
        return skip("the test binary cannot be run by another user here");
    }
    assert!(said(&output).contains("fault: Some(Permission)"), "{}", said(&output));
}

#[test]
fn a_read_only_file_system_is_said() {
    if let Some(folder) = second_folder() {
        return create_a_large_file_and_print_the_fault(&folder);
    }
    let folder = TempDir::new().unwrap();
    let script =
        "unshare --mount sh -c 'mount -t tmpfs -o ro tmpfs \"$0\" || exit 77; \"$@\"' \"$S2SCERT_TEST_FOLDER\" \"$@\"";
    let output = run_again("a_read_only_file_system_is_said", folder.path(), script);
    if !said(&output).contains("fault:") {
        return skip("a read-only file system cannot be mounted here");
    }
    assert!(said(&output).contains("fault: Some(ReadOnly)"), "{}", said(&output));
}

#[test]
fn standard_input_is_read_up_to_the_limit() {
    if second_folder().is_some() {
        return read_standard_input_and_print_its_length();
    }
    let folder = TempDir::new().unwrap();
    let cases = [
        ("printf 12345 | \"$@\"", "read: Ok(5)"),
        ("printf 123456 | \"$@\"", "read: Err(TooLarge { limit: 5 })"),
        ("yes | \"$@\"", "read: Err(TooLarge { limit: 5 })"),
        ("exec \"$@\" </dev/null", "read: Ok(0)"),
        ("exec \"$@\" <&-", "read: Ok(0)"),
        ("exec \"$@\" </", "read: Err(NotAFile { kind: Directory })"),
    ];
    for (script, said_so) in cases {
        let output = run_again("standard_input_is_read_up_to_the_limit", folder.path(), script);
        assert!(said(&output).contains(said_so), "{script}: {}", said(&output));
    }
}

fn read_standard_input_and_print_its_length() {
    let read = host().files.read_stdin(5);
    println!("read: {:?}", read.map(|bytes| bytes.len()).map_err(|error| error.fault().clone()));
}

#[test]
fn pipes_sockets_and_devices_are_refused_at_once() {
    let folder = TempDir::new().unwrap();
    let (pipe, socket) = (folder.path().join("pipe"), folder.path().join("socket"));
    fifo(&pipe);
    let _listener = UnixListener::bind(&socket).unwrap();
    let cases = [
        (pipe, EntryKind::Pipe),
        (socket, EntryKind::Socket),
        (PathBuf::from("/dev/zero"), EntryKind::Device),
        (PathBuf::from("/"), EntryKind::Directory),
    ];
    for (path, kind) in cases {
        let (sender, receiver) = mpsc::channel();
        let read = path.clone();
        std::thread::spawn(move || sender.send(host().files.read(&read, 10).unwrap_err()));
        let error = receiver.recv_timeout(Duration::from_secs(10)).unwrap();
        assert_eq!(error.fault(), &FileFault::NotAFile { kind }, "{path:?}");
        let error = host().files.create(&path, Access::Secret, Existing::Replace, b"key").unwrap_err();
        assert!(
            matches!(error.fault(), FileFault::TargetNotAFile { kind: found } if *found == kind)
                || matches!(error.fault(), FileFault::InvalidName { .. }),
            "{path:?}: {error:?}"
        );
    }
}

#[test]
fn a_link_is_read_through_but_never_written_through() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("file"), b"old").unwrap();
    symlink("file", path("link")).unwrap();
    symlink("missing", path("dangling")).unwrap();
    let files = host().files;
    assert_eq!(files.read(&path("link"), 10).unwrap().as_slice(), b"old");
    assert!(files.same_file(&path("link"), &path("file")).unwrap());
    for link in ["link", "dangling"] {
        let refused = files.create(&path(link), Access::Secret, Existing::Refuse, b"new").unwrap_err();
        assert_eq!(refused.fault(), &FileFault::Exists, "{link}");
        let refused = files.create(&path(link), Access::Secret, Existing::Replace, b"new").unwrap_err();
        assert_eq!(refused.fault(), &FileFault::TargetNotAFile { kind: EntryKind::Link }, "{link}");
    }
    assert_eq!(std::fs::read(path("file")).unwrap(), b"old");
    assert_eq!(files.kind(&path("dangling")).unwrap(), None);
    assert_eq!(names(folder.path()).len(), 3);
}

#[test]
fn a_walk_takes_linked_files_and_enters_no_linked_folder() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::create_dir_all(path("a/b")).unwrap();
    std::fs::write(path("a/file"), b"").unwrap();
    symlink("../file", path("a/b/link")).unwrap();
    symlink("..", path("a/b/loop")).unwrap();
    symlink("loop2", path("a/loop2")).unwrap();
    symlink("nowhere", path("a/dangling")).unwrap();
    symlink("a", path("root")).unwrap();
    fifo(&path("a/pipe"));
    let walk = |root: &str| {
        let mut seen = Vec::new();
        host().files.walk(&[path(root)], &mut |found| {
            seen.push(found.map_err(|error| error.fault().clone()));
            std::ops::ControlFlow::Continue(())
        });
        seen
    };
    for root in ["a", "root"] {
        let seen = walk(root);
        let in_root = |name: &str| Ok(path(root).join(name));
        let [first, dangling, file, looped] = seen.as_slice() else { panic!("{seen:?}") };
        assert_eq!([first, file], [&in_root("b/link"), &in_root("file")]);
        assert_eq!(dangling, &Err(FileFault::NotFound));
        assert_eq!(looped, &Err(FileFault::Other));
    }
    assert_eq!(walk("a/pipe"), [Err(FileFault::NotAFile { kind: EntryKind::Pipe })]);
}
