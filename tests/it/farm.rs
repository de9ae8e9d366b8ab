//! `farm` on the real machine: published schemas, and a description that others may write.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn run(folder: &Path, line: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_s2scert"));
    command.args(line.split(' ')).current_dir(folder).stdin(Stdio::null()).output().unwrap()
}

#[test]
fn the_schema_of_farm_toml_is_published_and_fits_what_init_writes() {
    let folder = tempfile::tempdir().unwrap();
    let printed: Value = serde_json::from_slice(&run(folder.path(), "schema farm").stdout).unwrap();
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema/farm.json");
    let published: Value = serde_json::from_slice(&fs::read(page).unwrap()).unwrap();
    assert_eq!(printed, published, "docs/schema/farm.json has drifted; run: s2scert schema farm");
    assert_eq!(run(folder.path(), "farm init").status.code(), Some(0));
    let text = fs::read_to_string(folder.path().join("farm.toml")).unwrap();
    let value = serde_json::to_value(toml::from_str::<toml::Table>(&text).unwrap()).unwrap();
    let faults: Vec<String> =
        jsonschema::validator_for(&published).unwrap().iter_errors(&value).map(|e| e.to_string()).collect();
    assert_eq!(faults, Vec::<String>::new());
}

#[test]
fn the_description_in_the_pages_is_sound() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/farm.md")).unwrap();
    let text = page.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let reading = s2scert::farm::description::read(text);
    assert_eq!(reading.problems, []);
    assert!(reading.farm.nodes.len() > 2);
}

/// As root a description that others may write is refused; others read it, because they give nothing away.
#[cfg(unix)]
#[test]
fn elevated_a_description_that_others_may_write_is_refused() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    let folder = tempfile::tempdir().unwrap();
    let root = fs::metadata("/proc/self").unwrap().uid() == 0;
    assert_eq!(run(folder.path(), "farm init").status.code(), Some(0));
    let file = folder.path().join("farm.toml");
    for (path, mode, safe) in [(&file, 0o644, true), (&file, 0o666, false), (&folder.path().to_owned(), 0o777, false)] {
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        let output = run(folder.path(), "farm check");
        let stderr = String::from_utf8_lossy(&output.stderr);
        let wanted = if safe || !root { 0 } else { 9 };
        assert_eq!(output.status.code(), Some(wanted), "{path:?} {mode:o}: {stderr}");
        assert_eq!(stderr.contains("not safe"), wanted == 9, "{stderr}");
    }
    // What else lies in the folder is not read.
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let sibling = folder.path().join("notes.txt");
    fs::write(&sibling, "x").unwrap();
    fs::set_permissions(&sibling, fs::Permissions::from_mode(0o666)).unwrap();
    assert_eq!(run(folder.path(), "farm check").status.code(), Some(0));
}

#[test]
fn a_bundle_obeys_its_published_schema() {
    let folder = tempfile::tempdir().unwrap();
    let printed: Value = serde_json::from_slice(&run(folder.path(), "schema farm-facts").stdout).unwrap();
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema/farm-facts.json");
    let published: Value = serde_json::from_slice(&fs::read(page).unwrap()).unwrap();
    assert_eq!(printed, published, "docs/schema/farm-facts.json has drifted; run: s2scert schema farm-facts");
    let validator = jsonschema::validator_for(&published).unwrap();
    let mut facts = crate::bundles::healthy(b"not looked at");
    crate::bundles::damage(&mut facts, b"twin", b"other");
    crate::bundles::write(folder.path(), &facts);
    for entry in fs::read_dir(folder.path().join("collected")).unwrap() {
        let document: Value = serde_json::from_slice(&fs::read(entry.unwrap().path()).unwrap()).unwrap();
        let faults: Vec<String> = validator.iter_errors(&document).map(|e| e.to_string()).collect();
        assert_eq!(faults, Vec::<String>::new());
    }
}

/// A name, a subject or a command line may be longer, so that it can be copied whole.
#[test]
fn the_table_fits_a_hundred_columns() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| crate::transcripts::FILES.iter().find(|(one, _)| *one == name).unwrap().1.as_slice();
    let mut facts = crate::bundles::healthy(file("leaf.cer"));
    crate::bundles::damage(&mut facts, file("expired.cer"), file("other.cer"));
    crate::bundles::write(folder.path(), &facts);
    let long = "w".repeat(63);
    let described = fs::read_to_string(folder.path().join("farm.toml")).unwrap();
    fs::write(folder.path().join("farm.toml"), described.replace("crm-web-2", &long)).unwrap();
    facts[1]["server"] = serde_json::json!(long);
    crate::bundles::write_as(folder.path(), "crm-web-2.json", &facts[1]);
    let output = run(folder.path(), "farm status --from collected");
    assert_eq!(output.status.code(), Some(3));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains(&long) && text.lines().count() > 40);
    let wide: Vec<&str> = text.lines().filter(|line| line.chars().count() > 100).collect();
    assert_eq!(wide, Vec::<&str>::new());
}

/// The hash is described in docs/farm.md; Python follows that description.
#[test]
fn the_hash_of_a_bundle_is_found_by_another_program() {
    let Some(python) = crate::tools::tool("python3", "--version") else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut facts = crate::bundles::healthy(b"not looked at");
    facts[0]["collected_by"] = serde_json::json!("Zoë \u{1f512} \"quoted\" \\ \u{7f}\n");
    crate::bundles::write(folder.path(), &facts);
    let script = "import hashlib, json, sys\n\
                  d = json.load(open(sys.argv[1], encoding='utf-8'))\n\
                  t = json.dumps(d['facts'], sort_keys=True, separators=(',', ':'), ensure_ascii=False)\n\
                  print(hashlib.sha256(t.encode()).hexdigest().upper() == d['sha256'])";
    for entry in fs::read_dir(folder.path().join("collected")).unwrap() {
        let path = entry.unwrap().path();
        let answer = python.run(&["-c", script, path.to_str().unwrap()]);
        assert_eq!(String::from_utf8_lossy(&answer).trim(), "True", "{}", path.display());
    }
}

/// A page with names that try to leave their place, looked at with regular expressions and a stack of its tags.
#[test]
fn the_report_is_whole_read_by_machines_and_keeps_hostile_names_in_their_place() {
    let folder = tempfile::tempdir().unwrap();
    let leaf = crate::transcripts::FILES.iter().find(|(name, _)| *name == "leaf.cer").unwrap();
    let mut facts = crate::bundles::healthy(&leaf.1);
    crate::bundles::damage(&mut facts, &leaf.1, &leaf.1);
    let hostile = "</td><script>alert(1)</script>\u{202e}\"' onclick=x & <b>";
    facts[3]["trusts"] = serde_json::json!({ "unseen": hostile });
    facts[0]["metadata"][0]["answer"] = serde_json::json!({ "unseen": hostile });
    facts[2]["store"]["seen"]["certificates"][0]["tls_bindings"] = serde_json::json!([hostile]);
    facts.push({
        let mut stranger = facts[3].clone();
        stranger["server"] = serde_json::json!("<img src=x>");
        stranger
    });
    crate::bundles::write(folder.path(), &facts[..4]);
    crate::bundles::write_as(folder.path(), "stranger.json", &facts[4]);
    assert_eq!(run(folder.path(), "farm report --from collected --html farm.html").status.code(), Some(3));
    let page = fs::read_to_string(folder.path().join("farm.html")).unwrap();

    for (what, wanted) in [("<script", 0), ("<img", 0), ("\u{202e}", 0), ("<h1>", 1), ("<main ", 1), ("lang=\"en\"", 1)]
    {
        assert_eq!(page.matches(what).count(), wanted, "{what}");
    }
    assert_eq!(
        page.matches("<title>").count(),
        1 + page.matches("<g class").count(),
        "one of the page, one of each bar"
    );
    assert!(page.contains("&lt;script&gt;") && page.contains("&lt;img src=x&gt;") && page.contains("\\u{202e}"));
    let count = |pattern: &str| regex::Regex::new(pattern).unwrap().find_iter(&page).count();
    // Nothing is loaded: no address, no script, no style from elsewhere, no event attribute.
    assert_eq!(count(r#"(?i)<[^>]*\s(src|action|data|srcset|on[a-z]+)\s*="#), 0);
    assert_eq!(count(r"(?i)url\(|@import|https?://"), 0);
    assert_eq!(count(r#"href="[^#]"#), 0);
    // Every table has a caption, every header cell a scope, every drawing a title and a description that exist.
    assert!(count("<table>") >= 3 && count("<table>") == count("<caption>"));
    assert_eq!(count("<th[ >]"), count("<th scope=\"(col|row)\">"));
    assert_eq!(
        (count("<svg "), count("<svg [^>]*role=\"img\" aria-labelledby=\"timeline-title timeline-words\"")),
        (1, 1)
    );
    assert_eq!((count("id=\"timeline-title\""), count("id=\"timeline-words\"")), (1, 1));
    for target in regex::Regex::new("(?:href=\"#|aria-labelledby=\")([a-z]+)\"").unwrap().captures_iter(&page) {
        assert_eq!(count(&format!("id=\"{}\"", &target[1])), 1, "{}", &target[1]);
    }
    // What scrolls sideways is reached by keyboard and has a name.
    assert_eq!(
        count("class=\"scroll\""),
        count("class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"[^\"]+\"")
    );
    // Headings go down by one step at a time.
    let levels: Vec<u32> =
        regex::Regex::new("<h([1-6])[ >]").unwrap().captures_iter(&page).map(|one| one[1].parse().unwrap()).collect();
    assert_eq!(levels[0], 1);
    assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{levels:?}");
    assert_tags_close(&page);
}

/// Every tag that opens is closed in its turn.
fn assert_tags_close(page: &str) {
    const VOID: [&str; 3] = ["meta", "br", "!doctype"];
    let mut open: Vec<String> = Vec::new();
    for tag in regex::Regex::new(r"<(/?)([!A-Za-z0-9]+)[^>]*?(/?)>").unwrap().captures_iter(page) {
        let name = tag[2].to_ascii_lowercase();
        match (&tag[1], &tag[3]) {
            ("/", _) => assert_eq!(open.pop().as_deref(), Some(name.as_str()), "at {}", &tag[0]),
            (_, "/") => {}
            _ if VOID.contains(&name.as_str()) => {}
            _ => open.push(name),
        }
    }
    assert_eq!(open, Vec::<String>::new());
}
