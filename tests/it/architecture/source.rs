//! A Rust file reduced to its product code, and the paths that this code names.
//!
//! Comments, literals and test modules are blanked, so that none of them can hide or fake anything. What remains is cut
//! into identifiers and marks; no types are known. Limits: a call through a qualified type (`<Timestamp>::now()`), a
//! path that a macro puts together, and code that a macro from outside writes, are not seen.

use std::path::Path;

const TEST_MARK: &str = "#[cfg(test)]";

/// One file of the repository, with its path relative to the root, `/` between the parts.
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) text: String,
    tokens: Vec<String>,
    test_modules: Vec<String>,
}

impl Source {
    /// Reads a text as Rust.
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let code = blanked(text);
        let test_modules = test_modules(&code);
        let tokens = tokens(&without_test_modules(&code));
        Self { path: path.to_owned(), text: text.to_owned(), tokens, test_modules }
    }

    /// Reads a file below `root`.
    pub(crate) fn read(root: &Path, path: &str) -> Self {
        let text = std::fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        Self::new(path, &text)
    }

    /// Returns the identifiers and marks of the product code, in order. `::` is one mark.
    pub(crate) fn tokens(&self) -> &[String] {
        &self.tokens
    }

    /// Returns the beginnings of the paths of files that hold only tests, because this file declares their module under
    /// `cfg(test)`.
    pub(crate) fn test_files(&self) -> Vec<String> {
        let stem = self.path.trim_end_matches(".rs");
        let folder = ["/mod", "/lib", "/main"].iter().find_map(|name| stem.strip_suffix(name)).unwrap_or(stem);
        let files = |name: &String| [format!("{folder}/{name}.rs"), format!("{folder}/{name}/")];
        self.test_modules.iter().flat_map(files).collect()
    }

    /// Returns the module path inside the crate: `src/cert/name/mod.rs` is `[cert, name]`.
    pub(crate) fn module(&self) -> Vec<&str> {
        let inner = self.path.strip_prefix("src/").unwrap_or(&self.path);
        let inner = inner.strip_suffix(".rs").unwrap_or(inner);
        let inner = inner.strip_suffix("/mod").unwrap_or(inner);
        if inner == "lib" || inner == "main" { Vec::new() } else { inner.split('/').collect() }
    }

    /// Returns the first part of the module path, empty for `lib.rs` and `main.rs`.
    pub(crate) fn room(&self) -> &str {
        self.module().first().copied().unwrap_or_default()
    }

    /// Returns every path that the code names, groups written out: `use a::{b, c::d};` names `a::b` and `a::c::d`. A
    /// macro's name ends with `!`.
    pub(crate) fn paths(&self) -> Vec<Vec<&str>> {
        let mut found = Vec::new();
        let mut at = 0;
        while at < self.tokens.len() {
            at = if is_identifier(&self.tokens[at]) { self.path_at(at, &[], &mut found) } else { at + 1 };
        }
        found
    }

    /// Returns the rooms of this crate that the code names by `crate`, by the crate's name or by `super`, without its own.
    pub(crate) fn rooms_named(&self) -> Vec<String> {
        let mut rooms: Vec<String> = self.paths().iter().filter_map(|path| self.room_of(path)).collect();
        rooms.sort();
        rooms.dedup();
        rooms.retain(|room| room != self.room());
        rooms
    }

    fn room_of(&self, path: &[&str]) -> Option<String> {
        let rest = match *path.first()? {
            "crate" | "s2scert" => &path[1..],
            "super" => {
                let ups = path.iter().take_while(|part| **part == "super").count();
                if ups < self.module().len() {
                    return None;
                }
                &path[ups..]
            }
            _ => return None,
        };
        rest.first().map(|room| (*room).to_owned())
    }

    fn path_at<'a>(&'a self, start: usize, prefix: &[&'a str], found: &mut Vec<Vec<&'a str>>) -> usize {
        let token = |at: usize| self.tokens.get(at).map_or("", String::as_str);
        let mut path = prefix.to_vec();
        let mut at = start;
        loop {
            path.push(token(at));
            at += 1;
            if token(at) != "::" {
                break;
            }
            at += 1;
            if token(at) == "{" {
                return self.group_at(at + 1, &path, found);
            }
            if token(at) == "*" {
                path.push("*");
                at += 1;
                break;
            }
            if !is_identifier(token(at)) {
                break;
            }
        }
        found.push(path);
        at
    }

    fn group_at<'a>(&'a self, start: usize, prefix: &[&'a str], found: &mut Vec<Vec<&'a str>>) -> usize {
        let mut at = start;
        while at < self.tokens.len() {
            at = match self.tokens[at].as_str() {
                "}" => return at + 1,
                "as" => at + 2,
                "*" => {
                    found.push([prefix, &["*"]].concat());
                    at + 1
                }
                name if is_identifier(name) => self.path_at(at, prefix, found),
                _ => at + 1,
            };
        }
        at
    }
}

fn is_identifier(token: &str) -> bool {
    token.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

/// Replaces comments and literals by spaces. Line ends stay, so that lines keep their numbers.
fn blanked(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut code = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let end = literal_end(&chars, at);
        if end > at {
            code.extend(chars[at..end].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
            at = end;
        } else if chars[at].is_alphanumeric() || chars[at] == '_' {
            while at < chars.len() && (chars[at].is_alphanumeric() || chars[at] == '_') {
                code.push(chars[at]);
                at += 1;
            }
        } else {
            code.push(chars[at]);
            at += 1;
        }
    }
    code
}

/// Returns where the comment or literal that begins at `at` ends, or `at` if none begins there.
fn literal_end(chars: &[char], at: usize) -> usize {
    let next = |offset: usize| chars.get(at + offset).copied().unwrap_or('\0');
    match (chars[at], next(1)) {
        ('/', '/') => (at..chars.len()).find(|i| chars[*i] == '\n').unwrap_or(chars.len()),
        ('/', '*') => block_comment_end(chars, at),
        ('"', _) => quoted_end(chars, at + 1, '"'),
        ('b' | 'c', '"') => quoted_end(chars, at + 2, '"'),
        ('b', '\'') => quoted_end(chars, at + 2, '\''),
        ('r', '"' | '#') => raw_end(chars, at, at + 1),
        ('b' | 'c', 'r') if matches!(next(2), '"' | '#') => raw_end(chars, at, at + 2),
        ('\'', '\\') => quoted_end(chars, at + 1, '\''),
        ('\'', _) if next(2) == '\'' => at + 3,
        _ => at,
    }
}

fn quoted_end(chars: &[char], mut at: usize, quote: char) -> usize {
    while at < chars.len() && chars[at] != quote {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(chars.len())
}

fn raw_end(chars: &[char], start: usize, hashes_at: usize) -> usize {
    let hashes = chars[hashes_at..].iter().take_while(|c| **c == '#').count();
    let open = hashes_at + hashes;
    if chars.get(open) != Some(&'"') {
        return start;
    }
    let closes =
        |i: &usize| chars[*i] == '"' && chars[*i + 1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes;
    (open + 1..chars.len()).find(closes).map_or(chars.len(), |i| i + 1 + hashes)
}

fn block_comment_end(chars: &[char], start: usize) -> usize {
    let mut depth = 0;
    let mut at = start;
    while at < chars.len() {
        match (chars[at], chars.get(at + 1)) {
            ('/', Some('*')) => (depth, at) = (depth + 1, at + 2),
            ('*', Some('/')) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    chars.len()
}

/// Returns the names in `#[cfg(test)] mod NAME;`.
fn test_modules(code: &str) -> Vec<String> {
    let items = code.split(TEST_MARK).skip(1).filter_map(|item| item.trim_start().strip_prefix("mod "));
    items
        .filter_map(|item| item.split_once(';'))
        .map(|(name, _)| name.trim().to_owned())
        .filter(|name| is_name(name))
        .collect()
}

fn is_name(text: &str) -> bool {
    is_identifier(text) && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// Drops `#[cfg(test)] mod NAME { ... }`, wherever it stands. Any other item under `cfg(test)` stays: it counts as
/// product code.
fn without_test_modules(code: &str) -> String {
    let mut kept = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(start) = rest.find(TEST_MARK) {
        let (before, item) = rest.split_at(start);
        kept.push_str(before);
        let body = item[TEST_MARK.len()..].trim_start();
        let opens = body.find(['{', ';']).filter(|i| body.starts_with("mod ") && body.as_bytes()[*i] == b'{');
        rest = match opens {
            Some(brace) => after_block(&body[brace..]),
            None => &item[TEST_MARK.len()..],
        };
    }
    kept + rest
}

fn after_block(text: &str) -> &str {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &text[at + 1..];
        }
    }
    ""
}

fn tokens(code: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut chars = code.chars().peekable();
    while let Some(first) = chars.next() {
        if first.is_whitespace() {
            continue;
        }
        let mut token = String::from(first);
        if first.is_alphanumeric() || first == '_' {
            while let Some(c) = chars.next_if(|c| c.is_alphanumeric() || *c == '_') {
                token.push(c);
            }
            // `println!` is one name; `a != b` is none.
            let mut ahead = chars.clone();
            if ahead.next_if_eq(&'!').is_some() && ahead.peek() != Some(&'=') {
                chars.next();
                token.push('!');
            }
        } else if first == ':' && chars.next_if_eq(&':').is_some() {
            token.push(':');
        }
        tokens.push(token);
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(text: &str) -> Vec<String> {
        Source::new("src/cert/pfx/read.rs", text).paths().iter().map(|path| path.join("::")).collect()
    }

    #[test]
    fn groups_are_written_out_and_renames_keep_the_true_name() {
        assert_eq!(
            paths("use std::{fs as disk, io::{self, Read}, *};"),
            ["use", "std::fs", "std::io::self", "std::io::Read", "std::*"]
        );
        assert_eq!(paths("::std::env::var(x)"), ["std::env::var", "x"]);
        assert_eq!(paths("println!(); a != b"), ["println!", "a", "b"]);
    }

    #[test]
    fn comments_and_literals_name_nothing() {
        for hidden in [
            "// std::fs\n",
            "/* std::fs /* nested */ std::fs */",
            "\"std::fs \\\" std::fs\"",
            "r#\"std::fs \" std::fs\"#",
            "br##\"std::fs\"# std::fs\"##",
            "b\"std::fs\"",
        ] {
            assert_eq!(paths(&format!("{hidden} after")), ["after"], "{hidden}");
        }
    }

    #[test]
    fn quotes_that_are_no_strings_hide_nothing() {
        for code in ["let q = '\"'; seen", "let q = '\\''; seen", "let q = b'\"'; seen", "fn f<'a>(x: &'a u8) { seen }"]
        {
            assert!(paths(code).contains(&"seen".to_owned()), "{code}");
        }
        assert!(paths("let r#type = 1; seen").contains(&"seen".to_owned()));
    }

    #[test]
    fn a_test_module_is_dropped_and_what_follows_it_is_not() {
        assert_eq!(paths("#[cfg(test)]\nmod tests { fn f() { hidden } } seen"), ["seen"]);
        assert_eq!(paths("#[cfg(test)]\nmod tests; seen"), ["mod", "tests", "seen"]);
        assert_eq!(paths("#[cfg(test)]\nfn f() {} seen"), ["fn", "f", "seen"]);
    }

    #[test]
    fn a_module_declared_for_tests_names_its_files() {
        let files = |path: &str, text: &str| Source::new(path, text).test_files();
        assert_eq!(
            files("src/cert/mod.rs", "#[cfg(test)]\nmod tools;\nmod key;"),
            ["src/cert/tools.rs", "src/cert/tools/"]
        );
        assert_eq!(files("src/cert/key.rs", "#[cfg(test)]\nmod tests;")[0], "src/cert/key/tests.rs");
        assert_eq!(files("src/lib.rs", "#[cfg(test)]\nmod tests;")[0], "src/tests.rs");
        assert!(
            files("src/cert/key.rs", "// #[cfg(test)]\nmod real;\n#[cfg(test)]\nmod tests { fn f() {} }\nmod b;")
                .is_empty()
        );
    }

    #[test]
    fn super_leads_out_of_a_room_only_when_it_climbs_to_the_root() {
        let rooms = |text: &str| Source::new("src/cert/pfx/read.rs", text).rooms_named();
        assert!(rooms("use super::policy;").is_empty());
        assert!(rooms("use super::super::policy;").is_empty());
        assert_eq!(rooms("use super::super::super::policy::Rule;"), ["policy"]);
        assert_eq!(rooms("use crate::{app, cert, cli::views};"), ["app", "cli"]);
        assert_eq!(Source::new("src/main.rs", "s2scert::sys::clock()").rooms_named(), ["sys"]);
    }
}
