//! Nothing that a person can type or meet is without a transcript: commands, options, exit codes, error texts.

use std::collections::BTreeSet;
use std::fs;

use clap::CommandFactory;
use regex::Regex;
use s2scert::cli::args::Cli;
use s2scert::error::ExitCode;

use super::shell::split;
use crate::architecture::root;

/// One command line with what it printed.
struct Transcript {
    words: Vec<String>,
    printed: String,
    code: u8,
}

fn transcripts() -> Vec<Transcript> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root().join("tests/transcripts")).unwrap() {
        let page = fs::read_to_string(entry.unwrap().path()).unwrap();
        let mut open: Option<Transcript> = None;
        for line in page.lines() {
            if let Some(command) = line.strip_prefix("$ ").filter(|command| !command.starts_with("cat ")) {
                let words = split(command).into_iter().skip_while(|word| word != "s2scert").skip(1).collect();
                open = Some(Transcript { words, printed: String::new(), code: 0 });
            } else if let Some(code) = line.strip_prefix("? ").and_then(|code| code.parse().ok()) {
                found.extend(open.take().map(|one| Transcript { code, ..one }));
            } else if let Some(one) = &mut open {
                one.printed.extend([line, "\n"]);
            }
        }
    }
    assert!(found.len() > 200, "the transcripts are not found");
    found
}

/// Every command that does something by itself, with the words that call it.
fn commands() -> Vec<(Vec<String>, clap::Command)> {
    fn collect(command: &clap::Command, path: &[String], found: &mut Vec<(Vec<String>, clap::Command)>) {
        for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
            let path = [path, &[sub.get_name().to_owned()]].concat();
            collect(sub, &path, found);
            // One that does something by itself too is a command as well.
            if !sub.has_subcommands() || !sub.is_subcommand_required_set() {
                found.push((path, sub.clone()));
            }
        }
    }
    let mut root = Cli::command();
    root.build();
    let mut found = Vec::new();
    collect(&root, &[], &mut found);
    found
}

/// What these print is the same with and without `--json`: a script, pages, a schema.
const WITHOUT_JSON: [&str; 4] = ["completions", "man", "schema", "policy schema"];

/// What needs a farm to do its work: `tests/it/lab/roll.rs` has it done by the real program over real connections.
const OF_A_FARM: [&str; 7] = [
    "rotate abort",
    "rotate apply",
    "rotate repair",
    "rotate resume",
    "rotate retire",
    "rotate rollback",
    "rotate verify",
];

/// The ends of a roll and of a plan of a real farm, which the same tests ask for.
const ENDS_OF_A_FARM: [u8; 3] = [5, 10, 20];

/// Done; or done as far as could be seen, which on a machine that is no server is never all.
const DID_ITS_WORK: [u8; 2] = [0, 8];

/// These change or judge the schedule of the machine itself, so a session shows how far they go without: src/app/schedule/tests.rs.
const OF_THE_MACHINE: [(&str, u8); 2] = [("schedule install", 5), ("schedule check", 3)];

#[test]
fn every_command_and_option_has_a_transcript() {
    let transcripts = transcripts();
    let mut missing = Vec::new();
    for (path, command) in commands() {
        let name = path.join(" ");
        let own: Vec<&Transcript> = transcripts.iter().filter(|one| one.words.starts_with(&path)).collect();
        let has = |word: &str| own.iter().any(|one| one.words.iter().any(|other| other == word));
        let succeeds = |word: Option<&str>| {
            own.iter().any(|one| {
                let asked = word.is_none_or(|word| one.words.iter().any(|other| other == word));
                (DID_ITS_WORK.contains(&one.code) || OF_THE_MACHINE.contains(&(name.as_str(), one.code)))
                    && asked
                    && (word.is_some() || !one.words.iter().any(|other| other == "--help"))
            })
        };
        let mut want = |what: &str, there: bool| missing.extend((!there).then(|| format!("{name}: {what}")));
        want("success", OF_A_FARM.contains(&name.as_str()) || succeeds(None));
        want("--help", succeeds(Some("--help")));
        want(
            "--json",
            WITHOUT_JSON.contains(&name.as_str()) || OF_A_FARM.contains(&name.as_str()) || succeeds(Some("--json")),
        );
        if command
            .get_arguments()
            .any(|one| !one.is_global_set() && !["help", "version"].contains(&one.get_id().as_str()))
        {
            want("a failure", own.iter().any(|one| one.code != 0));
        }
        for option in command.get_arguments().filter_map(clap::Arg::get_long) {
            want(&format!("--{option}"), ["help", "version", "json"].contains(&option) || has(&format!("--{option}")));
        }
    }
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn every_exit_code_has_a_transcript() {
    let seen = transcripts().iter().map(|one| one.code).chain(ENDS_OF_A_FARM).collect::<BTreeSet<u8>>();
    let table: BTreeSet<u8> = ExitCode::TABLE.iter().map(|(code, _)| code.code()).collect();
    assert_eq!(seen, table);
}

/// The sources whose error texts reach a person as they stand, each written by `Error::new` or `#[error]`.
const SOURCES: [&str; 11] = [
    "src/app",
    "src/cli",
    "src/node/store",
    "src/ports/fault.rs",
    "src/ports/store.rs",
    "src/policy/error.rs",
    "src/cert/name",
    "src/cert/container/mod.rs",
    "src/cert/pem.rs",
    "src/cert/key_file",
    "src/cert/pfx",
];

/// Texts that no session shows, and why.
const NOT_SHOWN: &[(&str, &str)] = &[
    ("a manual page cannot be made", "writing into memory does not fail"),
    ("a watch cannot ask anybody for a secret", "a guard: the reader of the settings refuses it before"),
    ("a path that is no Unicode text cannot stand in a schedule", "a name that no page can hold"),
    ("a schedule of the machine is changed by an administrator only", "nothing is refused to root"),
    ("access denied", "nothing is denied to root; src/sys/fault.rs"),
    ("access to the certificate store is denied", "Windows only"),
    ("another program has installed the certificate at the same time", "a race"),
    ("another program is using the certificate store", "Windows only"),
    ("another program is using the file", "Windows only"),
    ("another run is writing the audit log", "needs two at once; src/store/database.rs"),
    ("another s2scert is rolling from this state folder", "needs two at once; tests/it/lab/roll.rs"),
    (
        "farm.toml names no site in which Dynamics has app-only permission",
        "needs a plan of a farm; tests/it/lab/token.rs",
    ),
    ("farm.toml does not say how certificates are made", "needs a farm that was seen; src/app/rotate/plan.rs"),
    ("not everything that a roll rests on could be seen", "needs a farm that is seen in part; src/rotation/observe.rs"),
    ("the PFX cannot be sealed anew", "a guard: what was opened can be sealed"),
    ("it was made on {machine}, and the step belongs to {node}", "src/app/rotate/record/tests.rs"),
    ("its beginning is missing", "src/app/rotate/record/tests.rs"),
    (
        "its marker lines are those of no script of this plan: it belongs to another plan, or they were edited",
        "src/app/rotate/record/tests.rs",
    ),
    ("the answer has not the form in which {script} writes it: {why}", "src/app/rotate/record/tests.rs"),
    ("no certificate can be made up", "a guard: the subject of farm.toml was read before"),
    ("the certificate of the row cannot be read", "a guard: the row was read before"),
    ("the certificate is larger than any that a plan holds", "a guard: a container of that size is refused before"),
    ("the credential is not that of the plan", "src/app/rotate/credential.rs"),
    ("the plan of this roll cannot be used", "a guard: only a plan that was admitted is kept"),
    ("the evidence cannot be written as JSON", "a guard: every value of it can be written"),
    ("the journal cannot be written", "a disk that fails; src/rotation/journal.rs"),
    ("the journal cannot be written, and the run stops", "a disk that fails; src/rotation/journal.rs"),
    ("the plan breaks a rule of its own", "a guard against faults of our own; src/rotation/lint.rs"),
    ("the roll was cut off by a fault of s2scert", "a guard against faults of our own"),
    ("another run of the watch is at work", "needs two at once; tests/it/watch/hardship.rs"),
    ("cannot read what {program} writes", "a pipe that breaks while it is read"),
    (
        "certificate and private key do not work together",
        "key and certificate are chosen by their public key; src/cert/credential.rs",
    ),
    ("it is not known as whom s2scert runs", "a process always knows"),
    ("it is not known where this program stands", "a process always knows"),
    ("its ASN.1 is damaged: {0}", "src/cert/container/tests.rs"),
    ("did not come to its end within {seconds} seconds", "a node tells it in its answer; tests/it/node/process.rs"),
    ("more than {MAX_DOCUMENTS} documents", "five thousand files"),
    ("no chain can be told", "the leaf is taken from the file itself"),
    ("no settings are named", "a guard: the command line asks for them"),
    ("no key could be made", "the cryptographic library has no such failure to offer"),
    ("no password was asked for", "a guard: each form that needs one asks"),
    ("no password was typed", "needs a terminal; src/app/passwords.rs"),
    ("nobody could be asked", "needs a terminal"),
    ("no way to the servers is wired", "a guard: the command line wires it"),
    ("nobody has been told of it yet", "a guard: only what was told has an entry"),
    ("not a distinguished name: {what} at octet {offset}", "src/cert/name/tests"),
    ("not searched: more than {limit} folders deep", "src/sys/files/tests.rs"),
    ("the audit log cannot be used", "a disk that fails"),
    ("the audit log is of a later version", "src/store/watch/tests.rs"),
    ("the certificate store is read-only", "Windows only"),
    ("the data of a step cannot be written", "a guard: a plan holds no control characters"),
    ("the folder is not empty", "src/app/rotate/emit/tests.rs"),
    ("the installed key is not proven, so it was taken back", "a guard; src/node/store/tests.rs"),
    ("the memory of the watch cannot be used", "a disk that fails; src/store/tests.rs"),
    ("the memory of the watch is of a later version", "tests/it/watch/hardship.rs; src/store/tests.rs"),
    ("the name of this machine cannot be told", "the system always has one"),
    ("the provider cannot use this key: {0}", "Windows only"),
    ("the provider is not installed here", "Windows only"),
    ("the source of the event log cannot be registered", "Windows only"),
    ("the store names no private key for this certificate", "needs the store of the machine; src/app/access.rs"),
    ("the store says that the certificate is removed, and still holds it", "a guard"),
    ("the system reports an error about the certificate store", "Windows only"),
    ("there is a key container or key file of this name already", "the names are drawn; src/sys/unix/store_tests.rs"),
    ("there is no such certificate in the store", "a race; src/sys/unix/store_tests.rs"),
    ("there is no such key container or key file", "a race; src/sys/unix/store_tests.rs"),
    ("requests to end cannot be heard", "the system always lets them be"),
    ("several alerts begin like this", "the ids are hashes"),
    ("systemd does not take the units", "needs systemd; src/app/schedule/tests.rs"),
    ("the answer cannot be written as JSON", "a guard: every value of a report can be written"),
    ("the bundle cannot be written as JSON", "a guard: facts can always be written"),
    ("the bundle cannot be made", "a guard: an empty password is refused before; src/cert/bundle/tests.rs"),
    ("the disk is full, or the quota of this account is used up", "tests/it/hardship.rs"),
    ("the end of validity is out of range", "a guard: --days is bounded"),
    ("the environment variable {name} is not Unicode text", "tests/it/hardship.rs"),
    (
        "the file has {size} octets; at most {MAX_SIZE} are read",
        "a file is not read beyond the limit; src/cert/container/tests.rs",
    ),
    ("the file or its folder is read-only", "nothing is read-only to root; src/sys/fault.rs"),
    ("the key does not sign", "a key that was read can sign"),
    ("the new PFX cannot be read back, so it was not written", "a guard against faults of our own"),
    ("the new key and certificate do not fit", "a guard against faults of our own"),
    ("the other identity did nothing", "a guard: who may act as another has acted"),
    ("the farm cannot be simulated", "a guard: the sample farm can be planned for; src/sim/tests.rs"),
    ("the path cannot be made absolute", "the system always can"),
    ("the scheduler of the machine refused", "needs a scheduler; src/app/schedule/tests.rs"),
    ("this machine has no scheduler that is known here", "most have one; src/app/schedule/tests.rs"),
    ("the random generator failed", "the system always has some"),
    ("the settings that hold without a file are wrong", "a guard against faults of our own"),
    ("the signature does not verify", "a guard against faults of our own"),
    ("the system has no random numbers to give", "the system always has some"),
    ("the system reports an error", "what is left when no other sort of fault fits; src/ports/fault.rs"),
    ("the temporary file for the answer cannot be used", "a full disk during the answer for very many files"),
    ("the text has more than {MAX_TEXT} characters", "a page of one line; src/cert/name/tests/text.rs"),
    ("the answers cannot be used", "needs a terminal; src/app/farm/ask.rs"),
    ("the terminal cannot be asked", "a terminal that breaks off"),
    ("the two passwords differ; nothing was written", "needs a terminal; src/app/passwords.rs"),
    ("there are more than {MAX_ATTRIBUTES} attributes", "a page of one line; src/cert/name/tests/text.rs"),
    ("'{given}' is not one of {known}", "the command line knows the words itself; src/cert/pfx/profile.rs"),
    ("elements nest deeper than {MAX_DEPTH} levels", "src/cert/pfx/tests/hostile.rs"),
    (
        "the file has {size} octets; at most {MAX_FILE_SIZE} are read",
        "a file of that length is a page of its own; src/cert/pfx/tests/hostile.rs",
    ),
    (
        "the key derivations of the file ask for more than {MAX_TOTAL_ITERATIONS} iterations together",
        "takes seconds; src/cert/pfx/tests/hostile.rs",
    ),
    (
        "the private key is encrypted ({encryption}) and no password was given",
        "a locked item is told in the words of src/app/source.rs; src/cert/key_file/tests.rs",
    ),
    ("there are more than {MAX_BAGS} bags", "src/cert/pfx/tests/hostile.rs"),
    (
        "there is nothing to write: neither a key nor a certificate",
        "a guard: a chain is never empty; src/cert/pfx/tests.rs",
    ),
    (
        "wrong password or damaged file: the {place} does not decrypt, and without a MAC the two cannot be told apart",
        "a locked item is told in the words of src/app/source.rs; src/cert/pfx/tests/interop.rs",
    ),
    (
        "wrong password: the MAC does not verify, and nothing in the file decrypts",
        "a locked item is told in the words of src/app/source.rs; src/cert/pfx/tests.rs",
    ),
    ("these options do not make a farm", "a guard: each option is judged by itself; src/app/farm/init.rs"),
    ("{program} did not end within {} seconds and was ended", "takes a minute; src/sys/unix/process.rs"),
];

#[test]
fn every_error_text_has_a_transcript() {
    let printed: String = transcripts().into_iter().map(|one| one.printed).collect();
    let texts = error_texts();
    assert!(texts.len() > 80, "the error texts are not found");
    let silent: Vec<&String> = texts.iter().filter(|text| !pattern(text).is_match(&printed)).collect();
    let excused = |text: &str| NOT_SHOWN.iter().any(|(excused, _)| *excused == text);
    let missing: Vec<&&String> = silent.iter().filter(|text| !excused(text)).collect();
    assert!(missing.is_empty(), "no transcript shows {missing:#?}");
    let stale: Vec<&str> =
        NOT_SHOWN.iter().map(|(text, _)| *text).filter(|text| !silent.iter().any(|one| one == text)).collect();
    assert!(stale.is_empty(), "these are shown or gone, and need no excuse: {stale:#?}");
}

fn error_texts() -> BTreeSet<String> {
    let literal = r#""((?:[^"\\]|\\.)*)""#;
    let made = Regex::new(&format!(r"(?s)Error::new\(\s*[\w:]+,\s*(?:format!\(\s*)?{literal}")).unwrap();
    let declared = Regex::new(&format!(r"(?s)#\[error\(\s*{literal}")).unwrap();
    let line_end = Regex::new(r"\\\n\s*").unwrap();
    let field = Regex::new(r"\{[^}]*\}").unwrap();
    let mut texts = BTreeSet::new();
    for source in sources() {
        let product = source.split("#[cfg(test)]\nmod tests {").next().unwrap();
        for found in made.captures_iter(product).chain(declared.captures_iter(product)) {
            let text = line_end.replace_all(&found[1], "").replace("\\\"", "\"").replace("\\\\", "\\");
            if field.replace_all(&text, "").chars().filter(|c| c.is_alphabetic()).count() > 4 {
                texts.insert(text);
            }
        }
    }
    texts
}

fn sources() -> Vec<String> {
    let named = |path: &str| SOURCES.iter().any(|start| path.starts_with(start)) && !path.contains("/tests/");
    let paths = crate::architecture::product_sources().into_iter().map(|source| source.path).filter(|path| named(path));
    paths.map(|path| fs::read_to_string(root().join(path)).unwrap()).collect()
}

/// The text with anything in place of its fields.
fn pattern(text: &str) -> Regex {
    let fields = Regex::new(r"\{[^}]*\}").unwrap();
    let parts: Vec<String> = fields.split(text).map(regex::escape).collect();
    Regex::new(&parts.join(".*")).unwrap()
}
