//! `docs/exit-codes.md` is written from the table in `src/error.rs`, and each code has a place that ends with it.
//!
//! `S2SCERT_WRITE_DOCS=1 cargo test --test it exit_codes` writes the page anew.

use s2scert::error::{ExitCode, Kind};

use crate::architecture::{Source, product_sources, root};

const PAGE: &str = "docs/exit-codes.md";

#[test]
fn the_page_says_what_the_table_says() {
    let path = root().join(PAGE);
    if std::env::var_os("S2SCERT_WRITE_DOCS").is_some() {
        std::fs::write(&path, page()).unwrap_or_else(|error| panic!("{PAGE}: {error}"));
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(written, page(), "{PAGE} is out of date: run with S2SCERT_WRITE_DOCS=1");
}

#[test]
fn codes_are_in_order_and_each_is_there_once() {
    assert!(ExitCode::TABLE.is_sorted_by(|(a, _), (b, _)| a.code() < b.code()));
}

#[test]
fn every_kind_of_error_ends_with_a_code_of_the_table() {
    for kind in [Kind::Internal, Kind::Usage, Kind::Finding, Kind::Unreadable, Kind::Refused] {
        assert!(ExitCode::TABLE.iter().any(|(code, _)| *code == kind.exit_code()), "{kind:?}");
    }
}

#[test]
fn every_code_has_a_place_that_ends_with_it() {
    let mut sources = product_sources();
    sources.retain(|source| source.path != "src/error.rs");
    let names = |variant: &str| {
        sources
            .iter()
            .flat_map(Source::paths)
            .any(|path| matches!(path[..], [.., "Kind" | "ExitCode", last] if last == variant))
    };
    let unused: Vec<String> =
        ExitCode::TABLE.iter().map(|(code, _)| format!("{code:?}")).filter(|variant| !names(variant)).collect();
    assert!(unused.is_empty(), "no source outside src/error.rs names {unused:?}");
}

fn page() -> String {
    let mut page = String::from(
        "# Exit codes\n\n\
         Written from `ExitCode::TABLE` in `src/error.rs`; a test compares the two. Numbers are never given a second\n\
         meaning. Those that are missing here are kept for commands to come.\n\n\
         | code | meaning |\n|---|---|\n",
    );
    for (code, meaning) in ExitCode::TABLE {
        page.push_str(&format!("| {} | {meaning} |\n", code.code()));
    }
    page
}
