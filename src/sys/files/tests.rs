//! Reading and walking: bounds, what is no regular file, loops.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use tempfile::TempDir;

use super::*;

fn folder_with(names: &[&str]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for name in names {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, name).unwrap();
    }
    folder
}

/// Walks and returns what was seen, relative to `folder`, errors as their fault.
fn walked(folder: &Path, roots: &[PathBuf]) -> Vec<Result<String, FileFault>> {
    let mut seen = Vec::new();
    SystemFiles::default().walk(roots, &mut |found| {
        seen.push(match found {
            Ok(path) => {
                let name = path.strip_prefix(folder).unwrap_or(&path);
                Ok(name.to_str().unwrap().replace('\\', "/"))
            }
            Err(error) => Err(error.fault().clone()),
        });
        ControlFlow::Continue(())
    });
    seen
}

#[test]
fn a_file_is_read_up_to_the_limit_and_not_beyond() {
    let folder = folder_with(&["12345"]);
    let path = folder.path().join("12345");
    let files = SystemFiles::default();
    assert_eq!(files.read(&path, 5).unwrap().as_slice(), b"12345");
    let error = files.read(&path, 4).unwrap_err();
    assert_eq!((error.fault(), error.path()), (&FileFault::TooLarge { limit: 4 }, path.as_path()));
}

#[test]
fn what_cannot_be_read_is_said() {
    let folder = folder_with(&["file"]);
    let path = |name: &str| folder.path().join(name);
    let cases = [
        (path("missing"), FileFault::NotFound),
        (path("a/b/missing"), FileFault::ParentMissing { part: path("a") }),
        (path("file/missing"), FileFault::ParentNotDirectory { part: path("file") }),
        (folder.path().to_owned(), FileFault::NotAFile { kind: EntryKind::Directory }),
    ];
    for (path, fault) in cases {
        let error = SystemFiles::default().read(&path, 10).unwrap_err();
        assert_eq!(error.fault(), &fault, "{path:?}");
    }
}

#[test]
fn kinds_are_told_apart_and_nothing_is_no_error() {
    let folder = folder_with(&["a/file"]);
    let kind = |name: &str| SystemFiles::default().kind(&folder.path().join(name)).unwrap();
    assert_eq!(kind("a"), Some(EntryKind::Directory));
    assert_eq!(kind("a/file"), Some(EntryKind::File));
    assert_eq!(kind("a/missing"), None);
    assert_eq!(kind("b/missing"), None);
    assert_eq!(kind("a/file/missing"), None);
}

#[test]
fn two_paths_of_one_file_are_one_file() {
    let folder = folder_with(&["a/file", "a/other"]);
    let path = |name: &str| folder.path().join(name);
    std::fs::hard_link(path("a/file"), path("a/hard")).unwrap();
    let same = |a: &str, b: &str| SystemFiles::default().same_file(&path(a), &path(b)).unwrap();
    for (a, b) in [("a/file", "a/file"), ("a/file", "a/../a/file"), ("a/file", "a/hard"), ("a", "a/.")] {
        assert!(same(a, b), "{a} {b}");
    }
    for (a, b) in [("a/file", "a/other"), ("a/file", "a/missing"), ("a/missing", "a/file")] {
        assert!(!same(a, b), "{a} {b}");
    }
}

#[test]
fn two_paths_of_a_file_to_come_are_one_file() {
    let folder = folder_with(&["a/file"]);
    let path = |name: &str| folder.path().join(name);
    let same = |a: &str, b: &str| SystemFiles::default().same_file(&path(a), &path(b)).unwrap();
    assert!(same("a/new", "a/../a/new"));
    assert!(!same("a/new", "a/newer"));
    assert!(!same("a/new", "new"));
    assert!(!same("b/new", "c/new"));
    assert_eq!(same("a/new", "a/NEW"), cfg!(windows));
    assert!(SystemFiles::default().same_file(Path::new("s2s.new"), Path::new("./s2s.new")).unwrap());
}

#[test]
fn a_walk_yields_files_in_order_and_goes_on_after_an_error() {
    let folder = folder_with(&["b/2", "b/1", "a", "c/d/3", "c/z"]);
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    let names = ["a", "b/1", "b/2", "c/d/3", "c/z"].map(|name| Ok(name.to_owned()));
    assert_eq!(walked(folder.path(), &[folder.path().to_owned()]), names);

    let roots = ["c/z", "missing", "b"].map(|name| folder.path().join(name));
    let expected = [Ok("c/z".to_owned()), Err(FileFault::NotFound), names[1].clone(), names[2].clone()];
    assert_eq!(walked(folder.path(), &roots), expected);
}

#[test]
fn a_walk_ends_when_the_visitor_says_so() {
    let folder = folder_with(&["a", "b", "c"]);
    let mut seen = 0;
    let roots = [folder.path().to_owned(), folder.path().to_owned()];
    SystemFiles::default().walk(&roots, &mut |_| {
        seen += 1;
        if seen == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert_eq!(seen, 2);
}

#[test]
fn a_walk_says_where_it_stops_in_a_tree_that_is_too_deep() {
    let folder = TempDir::new().unwrap();
    let deepest = folder.path().join("d/".repeat(MAX_DEPTH + 2));
    if let Err(error) = std::fs::create_dir_all(&deepest) {
        // Windows without long paths.
        println!("skipped: a deep folder cannot be made here ({error})");
        return;
    }
    std::fs::write(folder.path().join("d/".repeat(MAX_DEPTH - 1)).join("seen"), b"").unwrap();
    std::fs::write(deepest.join("unseen"), b"").unwrap();
    let seen = walked(folder.path(), &[folder.path().to_owned()]);
    let expected = [Err(FileFault::TooDeep { limit: MAX_DEPTH }), Ok(format!("{}seen", "d/".repeat(MAX_DEPTH - 1)))];
    assert_eq!(seen, expected);
}
