//! What every implementation of [`Files`] must do: the real one and the one in memory pass one suite.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use tempfile::TempDir;

use super::host;
use crate::fake_host::FakeHost;
use crate::ports::{Access, EntryKind, Existing, FileFault, Host, place_all};

/// Runs a case on the real machine and on the one in memory, each with a folder of its own.
fn on_both(case: impl Fn(&Host, &Path)) {
    let folder = TempDir::new().unwrap();
    case(&host(), folder.path());
    let fake = FakeHost::new(Timestamp::UNIX_EPOCH, 1);
    case(&fake.host(), Path::new("/srv/contoso"));
    assert_eq!(fake.staged(), 0);
}

#[test]
fn a_file_is_created_once_and_replaced_on_request() {
    on_both(|host, folder| {
        let path = folder.join("s2s.pfx");
        let create = |existing, bytes: &[u8]| {
            host.files.create(&path, Access::Secret, existing, bytes).map_err(|error| error.fault().clone())
        };
        assert_eq!(create(Existing::Refuse, b"one"), Ok(()));
        assert_eq!(create(Existing::Refuse, b"two"), Err(FileFault::Exists));
        assert_eq!(host.files.read(&path, 3).unwrap().as_slice(), b"one");
        assert_eq!(create(Existing::Replace, b"three"), Ok(()));
        assert_eq!(host.files.read(&path, 5).unwrap().as_slice(), b"three");
        assert_eq!(host.files.read(&path, 4).unwrap_err().fault(), &FileFault::TooLarge { limit: 4 });
    });
}

#[test]
fn a_group_of_files_is_placed_whole_or_not_at_all() {
    on_both(|host, folder| {
        let [a, b] = ["a", "b"].map(|name| folder.join(name));
        host.files.create(&a, Access::Public, Existing::Refuse, b"old").unwrap();
        let stage =
            |path: &Path, existing| host.files.stage(path, Access::Secret, existing, b"new").map_err(|e| e.to_string());
        let both = vec![stage(&a, Existing::Replace).unwrap(), stage(&b, Existing::Refuse).unwrap()];
        // Another writer is faster.
        host.files.create(&b, Access::Public, Existing::Refuse, b"theirs").unwrap();
        assert_eq!(place_all(both).unwrap_err().fault(), &FileFault::Exists);
        assert_eq!(host.files.read(&a, 9).unwrap().as_slice(), b"old");
        assert_eq!(host.files.read(&b, 9).unwrap().as_slice(), b"theirs");
        place_all(vec![stage(&a, Existing::Replace).unwrap(), stage(&b, Existing::Replace).unwrap()]).unwrap();
        assert_eq!(host.files.read(&a, 9).unwrap().as_slice(), b"new");
        assert_eq!(host.files.read(&b, 9).unwrap().as_slice(), b"new");
    });
}

#[test]
fn kinds_and_identities_are_found() {
    on_both(|host, folder| {
        let [file, dotted, other] = ["a", "./a", "b"].map(|name| folder.join(name));
        assert_eq!(host.files.kind(&file).unwrap(), None);
        assert!(host.files.same_file(&file, &dotted).unwrap());
        host.files.create(&file, Access::Public, Existing::Refuse, b"x").unwrap();
        assert_eq!(host.files.kind(&file).unwrap(), Some(EntryKind::File));
        assert_eq!(host.files.kind(folder).unwrap(), Some(EntryKind::Directory));
        assert!(host.files.same_file(&file, &dotted).unwrap());
        assert!(!host.files.same_file(&file, &other).unwrap());
        let directory = FileFault::NotAFile { kind: EntryKind::Directory };
        assert_eq!(host.files.read(folder, 9).unwrap_err().fault(), &directory);
        assert_eq!(host.files.read(&other, 9).unwrap_err().fault(), &FileFault::NotFound);
    });
}

#[test]
fn a_walk_yields_every_file_in_order() {
    on_both(|host, folder| {
        let expected = ["1", "2", "3"].map(|name| folder.join(name));
        for path in expected.iter().rev() {
            host.files.create(path, Access::Public, Existing::Refuse, b"x").unwrap();
        }
        let walk = |roots: &[PathBuf]| {
            let mut seen = Vec::new();
            host.files.walk(roots, &mut |found| {
                seen.push(found.map_err(|error| error.fault().clone()));
                ControlFlow::Continue(())
            });
            seen
        };
        assert_eq!(walk(&[folder.to_owned()]), expected.clone().map(Ok));
        assert_eq!(walk(&[expected[1].clone()]), [Ok(expected[1].clone())]);
        assert_eq!(walk(&[folder.join("missing")]), [Err(FileFault::NotFound)]);
    });
}

#[test]
fn the_machine_in_memory_fails_where_it_is_told_to_and_leaves_nothing() {
    let create_two = |fake: &FakeHost| {
        let files = fake.host().files;
        place_all(vec![
            files.stage(Path::new("a"), Access::Secret, Existing::Refuse, b"key")?,
            files.stage(Path::new("b"), Access::Public, Existing::Refuse, b"certificate")?,
        ])
    };
    for number in 0..4 {
        let fake = FakeHost::new(Timestamp::UNIX_EPOCH, 1).failing_at(number, FileFault::DiskFull);
        assert_eq!(create_two(&fake).unwrap_err().fault(), &FileFault::DiskFull);
        assert_eq!((fake.names().len(), fake.staged()), (0, 0), "{number}");
    }
    let fake = FakeHost::new(Timestamp::UNIX_EPOCH, 1).failing_at(4, FileFault::DiskFull);
    create_two(&fake).unwrap();
    assert_eq!(fake.operations(), ["stage a", "stage b", "place a", "place b"]);
    assert_eq!(fake.file("a"), Some((Access::Secret, b"key".to_vec())));
}

#[test]
fn the_machine_in_memory_answers_as_it_was_made() {
    let fake = FakeHost::new(Timestamp::UNIX_EPOCH, 7)
        .with_variable("S2S_PASSWORD", "from the environment")
        .with_stdin("from stdin")
        .with_answers(&["first", "second"])
        .with_program("vault", "from a program")
        .with_file("s2s.pfx", "old");
    let host = fake.host();
    assert_eq!(host.clock.now(), Timestamp::UNIX_EPOCH);
    assert_eq!(host.environment.var("S2S_PASSWORD").unwrap().as_deref(), Some("from the environment"));
    assert_eq!(host.files.read_stdin(99).unwrap().as_slice(), b"from stdin");
    for answer in ["first", "second"] {
        assert_eq!(host.terminal.prompt_secret("?").unwrap().unwrap().expose(), answer);
    }
    assert!(host.terminal.prompt_secret("?").is_err());
    let draw = |seed| {
        let mut octets = [0; 16];
        FakeHost::new(Timestamp::UNIX_EPOCH, seed).host().random.fill(&mut octets).unwrap();
        octets
    };
    assert_eq!(draw(7), draw(7));
    assert_ne!(draw(7), draw(8));
}
