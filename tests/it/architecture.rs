//! The house rules that a lint cannot hold: who may name whom, where the world is touched, how large a file may be.
//!
//! Every rule is a function from one [`Source`] to its faults. `the_house_stands` applies all of them to the repository;
//! the tests below it show that each can fail. What the reading of a source cannot see is told in [`source`].

use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) use source::Source;

mod source;

/// The arrows of docs/ARCHITECTURE.md: a room, and the rooms it may name.
const ARROWS: &[(&str, &[&str])] = &[
    ("cert", &[]),
    ("error", &[]),
    ("farm", &["cert"]),
    ("policy", &["cert", "farm"]),
    ("protocol", &["cert", "error"]),
    ("doctor", &["cert", "farm", "policy", "protocol"]),
    ("ports", &["cert", "error", "farm", "protocol"]),
    ("node", &["cert", "error", "farm", "policy", "ports", "protocol"]),
    (
        "app",
        &[
            "cert", "doctor", "error", "farm", "node", "notify", "policy", "ports", "protocol", "rotation", "sim",
            "store", "watch",
        ],
    ),
    (
        "cli",
        &[
            "app",
            "cert",
            "doctor",
            "error",
            "farm",
            "node",
            "notify",
            "policy",
            "ports",
            "protocol",
            "rotation",
            "sim",
            "store",
            "transport",
            "watch",
        ],
    ),
    ("rotation", &["cert", "error", "farm", "policy", "ports", "protocol"]),
    ("sim", &["cert", "error", "farm", "node", "ports", "protocol", "rotation"]),
    ("sys", &["cert", "error", "farm", "ports"]),
    ("transport", &["cert", "error", "farm", "node", "ports", "protocol"]),
    ("notify", &["cert", "error", "farm", "ports", "watch"]),
    ("store", &["cert", "error", "farm", "ports", "protocol", "watch"]),
    ("watch", &["cert", "farm", "policy"]),
];

/// A way to touch the world: what betrays it, as the parts of a path that follow one another, and the edges that may.
struct Edge {
    what: &'static str,
    betrayed_by: &'static [&'static [&'static str]],
    allowed_in: &'static [&'static str],
}

const EDGES: &[Edge] = &[
    Edge {
        what: "reads a clock or sleeps",
        betrayed_by: &[
            &["SystemTime"],
            &["Instant"],
            &["Timestamp", "now"],
            &["Zoned", "now"],
            &["TimeZone", "system"],
            &["thread", "sleep"],
        ],
        allowed_in: &["src/sys/"],
    },
    Edge {
        what: "touches files",
        betrayed_by: &[&["std", "fs"], &["std", "*"], &["tempfile"], &["walkdir"], &["rustix"]],
        allowed_in: &["src/cli/views/check.rs", "src/sys/"],
    },
    Edge { what: "opens a database", betrayed_by: &[&["rusqlite"]], allowed_in: &["src/store/"] },
    Edge {
        what: "calls the operating system",
        betrayed_by: &[
            &["windows_sys"],
            &["nix"],
            &["rpassword"],
            &["lettre"],
            &["Command", "new"],
            &["TcpStream"],
            &["TcpListener"],
            &["UdpSocket"],
            &["rustls"],
            &["rustls_platform_verifier"],
        ],
        allowed_in: &["src/sys/"],
    },
    Edge {
        what: "reads the environment",
        betrayed_by: &[&["std", "env"], &["env", "var"]],
        allowed_in: &["src/main.rs", "src/sys/"],
    },
    Edge {
        what: "ends the process",
        betrayed_by: &[&["process", "exit"], &["process", "abort"]],
        allowed_in: &["src/main.rs"],
    },
    Edge {
        what: "prints",
        betrayed_by: &[&["println!"], &["print!"], &["eprintln!"], &["eprint!"], &["dbg!"]],
        allowed_in: &["src/cli/", "src/main.rs"],
    },
    Edge { what: "parses the command line", betrayed_by: &[&["clap"]], allowed_in: &["src/cli/", "src/main.rs"] },
];

/// Types that an import may not rename, so that no edge is reached under another name.
const UNRENAMED: &[&str] = &["crate", "s2scert", "SystemTime", "Instant", "Timestamp", "Zoned", "Command"];

/// Words that, inside `cfg(...)`, choose a platform.
const PLATFORMS: &[&str] = &["windows", "unix", "target_os", "target_family", "target_env"];

/// Longer files are two files.
const LONGEST_FILE: usize = 450;

/// Parts of addresses that belong to one machine or to one registry. Written in two halves: this file is searched too.
const FOREIGN: &[(&str, &str)] = &[
    ("/wo", "rk/"),
    ("/ro", "ot/"),
    ("/ho", "me/"),
    ("crates", ".io"),
    ("py", "pi.org"),
    ("pythonhosted", ".org"),
    ("npmjs", ".org"),
    ("deb.debian", ".org"),
    ("proxy.golang", ".org"),
];

#[test]
fn the_house_stands() {
    let root = root();
    let mut faults = Vec::new();
    for path in tracked(&root) {
        let text = String::from_utf8_lossy(&std::fs::read(root.join(&path)).unwrap_or_default()).into_owned();
        faults.extend(foreign_addresses(&path, &text));
        if path.ends_with(".rs") {
            faults.extend(too_long(&Source::new(&path, &text)));
        }
    }
    for source in &sources() {
        faults.extend([undocumented(source), unsafe_code(source), platform_choice(source)].concat());
    }
    for source in &product_sources() {
        faults.extend([wrong_arrows(source), edges_touched(source), renamed(source)].concat());
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn the_room_table_names_every_room_and_no_other() {
    let mut rooms: Vec<String> = tracked(&root())
        .iter()
        .filter_map(|path| path.strip_prefix("src/"))
        .filter(|path| !matches!(*path, "lib.rs" | "main.rs"))
        .map(|path| path.split('/').next().unwrap_or(path).trim_end_matches(".rs").to_owned())
        .collect();
    rooms.sort();
    rooms.dedup();
    let mut known: Vec<&str> = ARROWS.iter().map(|(room, _)| *room).collect();
    known.sort_unstable();
    assert_eq!(rooms, known);
}

/// Returns the root of the repository.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Returns every file below `src` that is not there for tests alone.
pub(crate) fn product_sources() -> Vec<Source> {
    let mut sources = sources();
    let for_tests: Vec<String> = sources.iter().flat_map(Source::test_files).collect();
    sources.retain(|source| !for_tests.iter().any(|beginning| source.path.starts_with(beginning)));
    sources
}

fn sources() -> Vec<Source> {
    let root = root();
    let paths = tracked(&root).into_iter().filter(|path| path.starts_with("src/") && path.ends_with(".rs"));
    paths.map(|path| Source::read(&root, &path)).collect()
}

/// Returns the files of the repository: tracked ones, and new ones that git does not ignore.
fn tracked(root: &Path) -> Vec<String> {
    let listed = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .unwrap_or_else(|error| panic!("git ls-files: {error}"));
    let paths: Vec<String> = String::from_utf8_lossy(&listed.stdout)
        .split_terminator('\0')
        .filter(|path| root.join(path).is_file())
        .map(str::to_owned)
        .collect();
    assert!(paths.iter().any(|path| path == "src/lib.rs"), "git ls-files lists no src/lib.rs");
    paths
}

fn wrong_arrows(source: &Source) -> Vec<String> {
    if matches!(source.path.as_str(), "src/lib.rs" | "src/main.rs") {
        return Vec::new();
    }
    let Some((_, may_name)) = ARROWS.iter().find(|(room, _)| *room == source.room()) else {
        return vec![format!("{}: the room is missing in ARROWS", source.path)];
    };
    let named = source.rooms_named().into_iter().filter(|room| !may_name.contains(&room.as_str()));
    named.map(|room| format!("{}: `{}` may not name `{room}`", source.path, source.room())).collect()
}

fn edges_touched(source: &Source) -> Vec<String> {
    let paths = source.paths();
    let touches = |edge: &Edge| {
        edge.betrayed_by
            .iter()
            .find(|sign| paths.iter().any(|path| path.windows(sign.len()).any(|part| part == **sign)))
    };
    EDGES
        .iter()
        .filter(|edge| !edge.allowed_in.iter().any(|allowed| source.path.starts_with(allowed)))
        .filter_map(|edge| touches(edge).map(|sign| format!("{}: {} (`{}`)", source.path, edge.what, sign.join("::"))))
        .collect()
}

fn renamed(source: &Source) -> Vec<String> {
    let renamed = source.tokens().windows(2).filter(|pair| pair[1] == "as" && UNRENAMED.contains(&pair[0].as_str()));
    renamed.map(|pair| format!("{}: `{}` is renamed", source.path, pair[0])).collect()
}

fn platform_choice(source: &Source) -> Vec<String> {
    if source.path.starts_with("src/sys/") {
        return Vec::new();
    }
    let tokens = source.tokens();
    let choices = (0..tokens.len()).filter(|at| matches!(tokens[*at].as_str(), "cfg" | "cfg!" | "cfg_attr"));
    let chosen = choices.filter_map(|at| {
        let condition = tokens[at..].iter().take_while(|token| !matches!(token.as_str(), "]" | ";" | "{"));
        condition.into_iter().find(|token| PLATFORMS.contains(&token.as_str()))
    });
    chosen.map(|word| format!("{}: chooses a platform (`{word}`)", source.path)).collect()
}

fn unsafe_code(source: &Source) -> Vec<String> {
    let mut parts = source.path.trim_end_matches(".rs").split('/');
    let at_home = (parts.next(), parts.next()) == (Some("src"), Some("sys")) && parts.any(|part| part == "ffi");
    let found = !at_home && source.tokens().iter().any(|token| token == "unsafe");
    found.then(|| format!("{}: `unsafe` outside src/sys/*/ffi", source.path)).into_iter().collect()
}

fn undocumented(source: &Source) -> Vec<String> {
    let documented = source.text.lines().next().is_some_and(|line| line.starts_with("//! ") && line.len() > 8);
    (!documented)
        .then(|| format!("{}: does not begin with what it is for (`//! ...`)", source.path))
        .into_iter()
        .collect()
}

fn too_long(source: &Source) -> Vec<String> {
    let lines = source.text.lines().count();
    (lines > LONGEST_FILE)
        .then(|| format!("{}: {lines} lines, more than {LONGEST_FILE}", source.path))
        .into_iter()
        .collect()
}

/// Lock files name the registry that cargo itself writes there; everything else is searched.
fn foreign_addresses(path: &str, text: &str) -> Vec<String> {
    if path.ends_with(".lock") {
        return Vec::new();
    }
    let found = FOREIGN.iter().map(|(head, tail)| format!("{head}{tail}")).filter(|address| text.contains(address));
    found.map(|address| format!("{path}: names `{address}`")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    type Rule = fn(&Source) -> Vec<String>;

    /// A rule, a place, a text, and whether the rule finds a fault there.
    const SAMPLES: &[(Rule, &str, &str, bool)] = &[
        (wrong_arrows, "src/cert/key.rs", "use crate::policy::Finding;", true),
        (wrong_arrows, "src/cert/key.rs", "use super::super::policy::Finding;", true),
        (wrong_arrows, "src/cert/key.rs", "use crate::{cert::Key, app};", true),
        (wrong_arrows, "src/cert/key.rs", "fn f() -> crate::error::Error {}", true),
        (wrong_arrows, "src/cert/key.rs", "use crate::cert::name::DistinguishedName; // crate::app", false),
        (wrong_arrows, "src/policy/rule.rs", "use crate::cert::Certificate;", false),
        (wrong_arrows, "src/policy/rule.rs", "use crate::ports::Files;", true),
        (wrong_arrows, "src/app/issue.rs", "use crate::cli::Args;", true),
        (wrong_arrows, "src/app/issue.rs", "use crate::sys;", true),
        (wrong_arrows, "src/app/issue.rs", "use crate::*;", true),
        (wrong_arrows, "src/cli/run.rs", "s2scert::sys::files()", true),
        (wrong_arrows, "src/attic/box.rs", "", true),
        (wrong_arrows, "src/main.rs", "use s2scert::sys;", false),
        (edges_touched, "src/app/issue.rs", "let now = jiff::Timestamp::now();", true),
        (edges_touched, "src/app/issue.rs", "use std::time::SystemTime;", true),
        (edges_touched, "src/app/issue.rs", "std::fs::read(path)", true),
        (edges_touched, "src/app/issue.rs", "use std::{fs as disk, fmt};", true),
        (edges_touched, "src/app/issue.rs", "use std::process::Command; Command::new(\"sh\")", true),
        (edges_touched, "src/app/issue.rs", "std::env::var(\"PATH\")", true),
        (edges_touched, "src/app/issue.rs", "println!(\"x\")", true),
        (edges_touched, "src/app/issue.rs", "#[cfg(test)]\nmod tests { fn f() { println!(\"x\"); } }", false),
        (edges_touched, "src/app/issue.rs", "/// Like `println!` and std::fs.\nfn f() { \"std::fs\"; }", false),
        (edges_touched, "src/cli/run.rs", "eprintln!(\"x\")", false),
        (edges_touched, "src/cli/run.rs", "std::process::exit(1)", true),
        (edges_touched, "src/sys/unix/files.rs", "std::fs::read(path)", false),
        (renamed, "src/app/issue.rs", "use jiff::Timestamp as T;", true),
        (renamed, "src/app/issue.rs", "use jiff::Timestamp; x as u8", false),
        (platform_choice, "src/app/issue.rs", "#[cfg(windows)]\nfn f() {}", true),
        (platform_choice, "src/app/issue.rs", "if cfg!(target_os = \"linux\") {}", true),
        (platform_choice, "src/app/issue.rs", "#[cfg_attr(not(unix), ignore)]\nfn f() {}", true),
        (platform_choice, "src/app/issue.rs", "#[cfg(test)]\nfn windows() {}", false),
        (platform_choice, "src/sys/mod.rs", "#[cfg(windows)]\nmod windows;", false),
        (unsafe_code, "src/sys/windows/files.rs", "unsafe { f() }", true),
        (unsafe_code, "src/cert/ffi.rs", "unsafe { f() }", true),
        (unsafe_code, "src/sys/windows/ffi/acl.rs", "unsafe { f() }", false),
        (unsafe_code, "src/sys/windows/ffi.rs", "unsafe { f() }", false),
        (unsafe_code, "src/cert/key.rs", "// unsafe\nlet s = \"unsafe\";", false),
        (undocumented, "src/cert/key.rs", "use std::fmt;", true),
        (undocumented, "src/cert/key.rs", "//!\nuse std::fmt;", true),
        (undocumented, "src/cert/key.rs", "//! Keys of a certificate.\n", false),
    ];

    #[test]
    fn each_rule_finds_its_faults_and_only_them() {
        for (rule, path, text, expected) in SAMPLES {
            let faults = rule(&Source::new(path, text));
            assert_eq!(!faults.is_empty(), *expected, "{path}: {text}\n{faults:?}");
        }
    }

    #[test]
    fn a_file_of_one_line_too_many_is_found() {
        assert!(too_long(&Source::new("src/a.rs", &"x\n".repeat(LONGEST_FILE))).is_empty());
        assert_eq!(too_long(&Source::new("src/a.rs", &"x\n".repeat(LONGEST_FILE + 1))).len(), 1);
    }

    #[test]
    fn every_foreign_address_is_found_outside_lock_files() {
        for (head, tail) in FOREIGN {
            let text = format!("see {head}{tail}x");
            assert_eq!(foreign_addresses("README.md", &text).len(), 1, "{text}");
            assert!(foreign_addresses("Cargo.lock", &text).is_empty());
        }
    }
}
