//! A folder with the fixtures, in which command lines are run and what they print is put on record.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::fixtures;

/// The program under test.
pub(super) const PROGRAM: &str = env!("CARGO_BIN_EXE_s2scert");

/// What differs from run to run, and the shape that stands for it in a transcript. Applied in this order.
const VARYING: &[(&str, &str)] = &[
    (r"\b2[01]\d\d-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\d(\.\d+)?Z", "[INSTANT]"),
    (r"\bg20\d{6}-[0-9a-f]{6}\b", "g[DATE]-[HEX]"),
    (r"\b20\d\d-[01]\d-[0-3]\d\b", "[DATE]"),
    (r"\[DATE\] [0-2]\d:[0-5]\d UTC", "[MINUTE]"),
    (r"\b20\d{6}T\d{6}Z\b", "[INSTANT]"),
    (r"\b(CRITICAL|ERROR|WARNING|ATTENTION)  [0-9a-f]{10}\b", "$1  [ID]"),
    (r"(?m)^[0-9a-f]{10} ", "[ID] "),
    (r#""[0-9a-f]{10}""#, "\"[ID]\""),
    (r"/warning/[0-9a-f]{10}\b", "/warning/[ID]"),
    (r"\b\d+ (hours|days) ago", "[N] $1 ago"),
    (r"\b[0-9A-F]{64}\b", "[SHA-256]"),
    (r"\b[0-9A-F]{40}\b", "[SHA-1]"),
    (r"\b[0-9A-F]{26,34}\b", "[SERIAL]"),
    (r"\broll-[0-9a-f]{16}\b", "[ROLL]"),
    (r#"\brustc \d[^\n"]*"#, "rustc [VERSION]"),
    (r"\b(x86_64|aarch64)-[a-z0-9-]+\b", "[TARGET]"),
    (r"\b\d+ days (left|ago)", "[N] days $1"),
    (r#""days_left": ?-?\d+"#, r#""days_left": [N]"#),
    (r#""subject_der": ?"[A-Za-z0-9+/]+=*""#, r#""subject_der": "[BASE64]""#),
    (r"\b\d+\.\d s\b", "[N] s"),
    (r"(?m)^error: \S+: the description has no node with", "error: [NODE]: the description has no node with"),
    (r#""took_ms": ?\d+"#, r#""took_ms": [N]"#),
    (r"looked at (within a minute of the plan|\d+ minutes? before)", "looked at [AGE]"),
    (r#""age_seconds": ?-?\d+"#, r#""age_seconds": [N]"#),
    (r#""age": ?"[^"]*""#, r#""age": "[AGE]""#),
    (r#""size": ?\d+"#, r#""size": [N]"#),
    (r": (PFX|PEM|PKCS#7|DER certificate|DER private key), \d+ octets", ": $1, [N] octets"),
    (r"/[^ ,:]*/\.tmp\w{6}\b", "[FOLDER]"),
    (r#"/[^ ,:"]*/(debug|release)/s2scert\b"#, "[PROGRAM]"),
    (r"\bs2scert-[0-9a-f]{32}\b", "s2scert-[HEX]"),
    (r"structure has \d+ octets", "structure has [N] octets"),
    (r#""node": ?"[^"]*""#, r#""node": "[NODE]""#),
    (r"(?m)^\S+ \((linux|windows) [^)]*\)$", "[NODE] ($1 [VERSION])"),
    (r"Looked at from \S+, ", "Looked at from [NODE], "),
    (r#""machine": ?"[^"]*""#, r#""machine": "[NODE]""#),
    (r"uid:\d+, may (not )?change", "[ACCOUNT], may change"),
    (r"uid:\d+ on \S+", "[ACCOUNT] on [NODE]"),
    (r#""account": ?"uid:\d+""#, r#""account": "[ACCOUNT]""#),
];

/// Stands in a command line for the user who runs the test, and in a record for that user's name.
const ME: &str = "[ME]";

/// One session.
pub(super) struct Shell {
    folder: TempDir,
    record: String,
}

/// A command line taken apart.
#[derive(Default)]
struct Line {
    variables: Vec<(String, String)>,
    arguments: Vec<String>,
    stdin: Option<String>,
    stdout: Option<String>,
}

impl Shell {
    /// Opens a folder that holds the fixtures.
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in fixtures::FILES.iter() {
            fs::write(folder.path().join(name), bytes).unwrap();
        }
        Self { folder, record: String::new() }
    }

    /// Returns the folder.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Adds a file and puts its text on record.
    pub(super) fn file(&mut self, name: &str, text: &str) -> &mut Self {
        fs::write(self.folder().join(name), text).unwrap();
        let _ = write!(self.record, "$ cat {name}\n{text}\n");
        self
    }

    /// Writes a remark into the record.
    pub(super) fn says(&mut self, remark: &str) -> &mut Self {
        let _ = writeln!(self.record, "# {remark}");
        self
    }

    /// Runs a command line as a person types it: words, quotes, `NAME=value` before it, `< FILE` and `> FILE` behind it.
    pub(super) fn run(&mut self, text: &str) -> &mut Self {
        self.run_to(text, usize::MAX)
    }

    /// As [`Shell::run`]; of what is printed, only the first `lines` are put on record.
    pub(super) fn run_to(&mut self, text: &str, lines: usize) -> &mut Self {
        let line = Line::parse(&text.replace(ME, &owner().0));
        let before = self.stamps();
        let output = line.start(self.folder()).output().unwrap();
        let (stdout, stderr) = (text_of(&output.stdout), text_of(&output.stderr));
        if line.arguments.iter().any(|word| word == "--json") && line.stdout.is_none() {
            let document: serde_json::Value = serde_json::from_str(&stdout).unwrap_or_else(|e| panic!("{text}: {e}"));
            assert!(document["schema"].is_string(), "{text}: the document names no schema");
        }
        let _ = writeln!(self.record, "$ {text}");
        let shown: Vec<&str> = stdout.lines().take(lines).collect();
        shown.iter().for_each(|line| self.record.extend([line.trim_end(), "\n"]));
        if shown.len() < stdout.lines().count() {
            self.record.push_str("[and so on]\n");
        }
        if !stderr.is_empty() {
            let _ = write!(self.record, "--- stderr\n{stderr}");
        }
        let written: Vec<String> = self
            .stamps()
            .into_iter()
            .filter(|(name, stamp)| before.get(name) != Some(stamp))
            .map(|(name, _)| name)
            .collect();
        if !written.is_empty() {
            let _ = writeln!(self.record, "--- written: {}", written.join(" "));
        }
        let _ = writeln!(self.record, "? {}\n", output.status.code().unwrap());
        self
    }

    /// Compares the record with the transcript `name`.
    pub(super) fn compare(&self, name: &str) {
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("../../transcripts");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        for (pattern, shape) in VARYING {
            settings.add_filter(pattern, *shape);
        }
        for (pattern, shape) in mine() {
            settings.add_filter(&pattern, shape);
        }
        settings.bind(|| insta::assert_snapshot!(name, self.record));
    }

    /// Every file with its content: what a command has written is what differs afterwards.
    fn stamps(&self) -> BTreeMap<String, Vec<u8>> {
        let entries = fs::read_dir(self.folder()).unwrap().map(|entry| entry.unwrap().path());
        let files = entries.filter(|path| path.metadata().is_ok_and(|found| found.is_file() && found.len() < 1 << 20));
        files.map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(path).unwrap())).collect()
    }
}

impl Line {
    fn parse(text: &str) -> Self {
        let mut line = Self::default();
        let mut words = split(text).into_iter().peekable();
        while let Some((name, value)) = words.peek().and_then(|word| word.split_once('='))
            && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
        {
            line.variables.push((name.to_owned(), value.to_owned()));
            words.next();
        }
        assert_eq!(words.next().as_deref(), Some("s2scert"), "{text}");
        while let Some(word) = words.next() {
            match word.as_str() {
                "<" => line.stdin = words.next(),
                ">" => line.stdout = words.next(),
                _ => line.arguments.push(word),
            }
        }
        line
    }

    fn start(&self, folder: &Path) -> Command {
        let mut command = without_terminal();
        if self.arguments.first().is_some_and(|word| ["access", "install", "store"].contains(&word.as_str())) {
            // What is written down of acts on this machine goes into the folder of the transcript.
            command.env("S2SCERT_STATE", folder.join(".acts"));
        }
        command.args(&self.arguments).current_dir(folder).envs(self.variables.iter().cloned());
        let stdin = self.stdin.as_ref().map(|name| fs::File::open(folder.join(name)).unwrap());
        command.stdin(stdin.map_or_else(Stdio::null, Stdio::from));
        if let Some(name) = &self.stdout {
            command.stdout(fs::File::create(folder.join(name)).unwrap());
        }
        command
    }
}

/// Returns the owner of what this process creates, user and group, as s2scert names them.
#[cfg(unix)]
fn owner() -> (String, String) {
    use std::os::unix::fs::MetadataExt as _;
    let own = fs::metadata("/proc/self").unwrap();
    (format!("user:{}", own.uid()), format!("group:{}", own.gid()))
}

/// Access lists of files are put on record on Unix alone.
#[cfg(not(unix))]
fn owner() -> (String, String) {
    (ME.to_owned(), ME.to_owned())
}

/// How the names and numbers of that owner are told, and what stands for them.
fn mine() -> Vec<(String, String)> {
    let (user, group) = owner();
    let number = |who: &str| who.split_once(':').map_or(who, |(_, number)| number).to_owned();
    vec![
        (format!(r#""{user}": ?"[^"]*""#), r#""user:[UID]": "[ME]""#.to_owned()),
        (format!(r#""{group}": ?"[^"]*""#), r#""group:[GID]": "group:[MINE]""#.to_owned()),
        (format!(r"\S+ \({user}\)"), "[ME] (user:[UID])".to_owned()),
        (format!(r"group:\S+ \({group}\)"), "group:[MINE] (group:[GID])".to_owned()),
        (format!(r#""user": ?{}\b"#, number(&user)), r#""user": [UID]"#.to_owned()),
        (format!(r#""group": ?{}\b"#, number(&group)), r#""group": [GID]"#.to_owned()),
        (format!("what {user} sees"), "what [ME] sees".to_owned()),
        (format!(r#"(grant \S+) "{user}""#), r#"$1 "[ME]""#.to_owned()),
        (format!(r"^{user} opened"), "[ME] opened".to_owned()),
    ]
}

/// Returns the program, with no controlling terminal on which it could ask, and an environment that is always the same.
pub(crate) fn without_terminal() -> Command {
    let has_terminal = fs::File::open("/dev/tty").is_ok();
    let mut command = Command::new(if has_terminal { "setsid" } else { PROGRAM });
    if has_terminal {
        command.arg(PROGRAM);
    }
    for name in ["COLUMNS", "LINES", "NO_COLOR", "CLICOLOR_FORCE", "FORCE_COLOR"] {
        command.env_remove(name);
    }
    command
}

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Splits at spaces; single and double quotes keep spaces together.
pub(crate) fn split(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for character in text.chars() {
        match (character, quote) {
            (' ', None) => words.extend(word.take()),
            ('\'' | '"', None) => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (_, Some(open)) if open == character => quote = None,
            _ => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    words
}
