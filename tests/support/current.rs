//! Holds generated files of the repository against the source code.

#![expect(clippy::disallowed_methods, reason = "a test that keeps files of the repository current")]

/// Fails when the file differs from `text`; writes it first where `S2SCERT_REGENERATE` is 1.
pub(crate) fn assert_current(path: &str, text: &str) {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("S2SCERT_REGENERATE").is_some_and(|value| value == "1") {
        let folder = file.parent().map(std::fs::create_dir_all);
        assert!(folder.is_some_and(|made| made.is_ok()) && std::fs::write(&file, text).is_ok(), "cannot write {path}");
    }
    let current = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(current == text, "{path} has drifted from the source code; run: S2SCERT_REGENERATE=1 cargo test --lib");
}
