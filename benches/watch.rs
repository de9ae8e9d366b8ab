//! A folder of 100,000 files as a watch meets it, scanned for the first time and again, against a loop over `openssl x509
//! -checkend` and, where it is installed, over `ssl-cert-check`.
//!
//! `cargo bench --bench watch [-- FILES]`. 90 % are PEM and DER, 9 % bundles and P7B, 1 % PFX at 2,000 iterations. What was just
//! written is in the cache of the system: the first scan is not cold. `-- million` adds 10,000 files of 100 certificates.
//! Every certificate is in order for longer than the one threshold, so that looking is measured and not the telling of alerts.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measuring program: it prints, and a failed step ends it"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "a measuring program starts processes, reads files and the clock itself"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

mod many;

const OURS: &str = env!("CARGO_BIN_EXE_s2scert");
const FILES: usize = 100_000;
/// Files on which the loops over other programs are timed.
const LOOPED: usize = 1_000;
/// How many ticks of processor time the system counts in a second.
const TICKS: f64 = 100.0;
/// How many different P7B and PFX there are; the rest are copies.
const DIFFERENT: usize = 20;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let files = words.iter().find_map(|word| word.parse().ok()).unwrap_or(FILES);
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let cores = std::thread::available_parallelism().unwrap();
    println!("machine: {cores} cores; load before: {}", load.trim());
    let single = mix(dir, files);
    settings(dir);
    // What was written less than three seconds ago is not remembered.
    std::thread::sleep(Duration::from_secs(4));
    let first = scans(dir, "mix", files);
    loops(dir, &single, files, first);
    if words.iter().any(|word| word == "million") {
        bundles(dir);
        std::thread::sleep(Duration::from_secs(4));
        scans(dir, "million", 10_000);
    }
}

/// Scans three times with one memory, and returns how long the first scan took.
fn scans(dir: &Path, name: &str, files: usize) -> Duration {
    let mut first = Duration::ZERO;
    let state = format!("state-{name}");
    let words = ["watch", "--once", "--json", "--config", "watch.toml", "--state-dir", &state, name];
    for which in ["first", "second", "third"] {
        let Ran { took, busy, peak, json } = ours(dir, &words);
        first = if which == "first" { took } else { first };
        let summary = json["summary"].to_string();
        println!(
            "{name}, {which} scan of {files} files: {:.2} s, {busy:.2} s of processor time, peak memory {peak} KiB; {summary}",
            took.as_secs_f64()
        );
    }
    first
}

/// Writes the mix, and returns the files that hold one certificate as PEM or DER.
fn mix(dir: &Path, files: usize) -> Vec<PathBuf> {
    let ders = many::ders(files + 2 * files / 20 + 3);
    let (p7b, pfx) = containers(dir, &ders);
    let mut more = ders[files..].iter();
    let mut single = Vec::new();
    for (number, der) in ders[..files].iter().enumerate() {
        let folder = dir.join("mix").join(format!("{:02}", number % 100));
        fs::create_dir_all(&folder).unwrap();
        let (ending, bytes) = match number / 100 % 100 {
            0..45 => ("cer", der.clone()),
            45..90 => ("pem", pem(der).into_bytes()),
            90..95 => {
                let parts = [pem(der), pem(more.next().unwrap()), pem(more.next().unwrap())];
                ("pem", parts.concat().into_bytes())
            }
            95..99 => ("p7b", p7b[number % p7b.len()].clone()),
            _ => ("pfx", pfx[number % pfx.len()].clone()),
        };
        let path = folder.join(format!("{number}.{ending}"));
        fs::write(&path, bytes).unwrap();
        if number / 100 % 100 < 90 {
            single.push(path);
        }
    }
    single
}

/// Makes some P7B and some PFX with OpenSSL.
fn containers(dir: &Path, ders: &[Vec<u8>]) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    fs::write(dir.join("pass"), "correct horse battery staple\n").unwrap();
    let (mut p7b, mut pfx) = (Vec::new(), Vec::new());
    for der in &ders[..DIFFERENT] {
        fs::write(dir.join("one.pem"), pem(der)).unwrap();
        openssl(dir, &["crl2pkcs7", "-nocrl", "-certfile", "one.pem", "-outform", "DER", "-out", "out.p7b"]);
        p7b.push(fs::read(dir.join("out.p7b")).unwrap());
        let export = ["pkcs12", "-export", "-nokeys", "-in", "one.pem", "-out", "out.pfx", "-passout", "file:pass"];
        let how = ["-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1", "-iter", "2000"];
        openssl(dir, &[&export[..], &how].concat());
        pfx.push(fs::read(dir.join("out.pfx")).unwrap());
    }
    (p7b, pfx)
}

/// 10,000 files of 100 certificates.
fn bundles(dir: &Path) {
    let ders = many::ders(1_000_000);
    for (number, some) in ders.chunks(100).enumerate() {
        let folder = dir.join("million").join(format!("{:02}", number % 100));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("{number}.pem")), some.iter().map(|der| pem(der)).collect::<String>()).unwrap();
    }
}

fn settings(dir: &Path) {
    fs::create_dir(dir.join("drop")).unwrap();
    let text = "format = \"1.0\"\npolicy = \"evaluation\"\npasswords = [{ file = \"pass\" }]\n[ladder]\nthresholds = [\"7d\"]\n\
                [[file]]\nname = \"drop\"\nfolder = \"drop\"\n";
    fs::write(dir.join("watch.toml"), text).unwrap();
}

fn loops(dir: &Path, single: &[PathBuf], files: usize, first: Duration) {
    let started = Instant::now();
    for path in single.iter().take(LOOPED) {
        let form = if path.extension().is_some_and(|one| one == "cer") { "DER" } else { "PEM" };
        let path = path.display().to_string();
        openssl(dir, &["x509", "-in", &path, "-inform", form, "-noout", "-enddate", "-checkend", "604800"]);
    }
    ratio("openssl x509 -checkend", started.elapsed(), first, files);
    if Command::new("ssl-cert-check").arg("-V").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
        println!("skipped: ssl-cert-check not found");
        return;
    }
    let started = Instant::now();
    let pems: Vec<&PathBuf> = single.iter().filter(|path| path.extension().is_some_and(|one| one == "pem")).collect();
    for path in pems.iter().take(LOOPED / 10) {
        let mut command = Command::new("ssl-cert-check");
        command.args(["-b", "-x", "7", "-c"]).arg(path).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().unwrap();
    }
    ratio("ssl-cert-check -c", started.elapsed() * 10, first, files);
}

fn ratio(whom: &str, looped: Duration, ours: Duration, files: usize) {
    let whole = looped.as_secs_f64() * files as f64 / LOOPED as f64;
    println!(
        "{files} files, first scan: {:.2} s, {:.0} times faster than a loop over {whom} ({whole:.0} s, scaled)",
        ours.as_secs_f64(),
        whole / ours.as_secs_f64()
    );
}

fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}

fn openssl(dir: &Path, arguments: &[&str]) {
    let mut command = Command::new("openssl");
    command.args(arguments).current_dir(dir).stdout(Stdio::null()).stderr(Stdio::null());
    assert!(command.status().unwrap().success(), "{arguments:?}");
}

/// How a run of s2scert went.
struct Ran {
    took: Duration,
    /// Seconds of processor time, its own and the system's for it, to a hundredth; on a busy machine the truer figure.
    busy: f64,
    /// The peak of its resident memory in KiB; 0 where the system does not tell.
    peak: u64,
    json: serde_json::Value,
}

/// Runs s2scert and watches what it uses.
fn ours(dir: &Path, arguments: &[&str]) -> Ran {
    let out = dir.join("answer.json");
    let started = Instant::now();
    let stdout = fs::File::create(&out).unwrap();
    let mut child = Command::new(OURS).args(arguments).current_dir(dir).stdout(stdout).spawn().unwrap();
    let (mut peak, mut busy) = (0, 0.0);
    while child.try_wait().unwrap().is_none() {
        let told = |file: &str| fs::read_to_string(format!("/proc/{}/{file}", child.id())).unwrap_or_default();
        let status = told("status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        peak = line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(peak);
        // Behind the name, which ends with a bracket, the ticks of both sorts are the 12th and 13th.
        let stat = told("stat");
        let behind = stat.rsplit_once(") ").map_or("", |(_, behind)| behind);
        let ticks = behind.split(' ').skip(11).take(2).filter_map(|word| word.parse::<f64>().ok()).sum::<f64>();
        busy = if ticks > 0.0 { ticks / TICKS } else { busy };
        std::thread::sleep(Duration::from_millis(2));
    }
    let took = started.elapsed();
    Ran { took, busy, peak, json: serde_json::from_slice(&fs::read(&out).unwrap()).unwrap_or_default() }
}
