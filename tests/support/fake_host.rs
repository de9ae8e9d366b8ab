//! A machine in memory, for tests of what lies above the ports.
//!
//! Compiled into the unit tests (`src/lib.rs`) and into `tests/it`; no release build contains it. Files live in a map, time
//! stands still, randomness follows a seed, and any file operation can be made to fail.

#![allow(dead_code, reason = "every test crate uses a part")]

use std::collections::BTreeMap;
use std::io;
use std::ops::ControlFlow;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use jiff::Timestamp;
use s2scert::cert::Password;
use s2scert::farm::access::{AccessState, Principal, well_known};
use s2scert::ports::{
    Access, Clock, EntryKind, Existing, FileError, FileFault, FileStamp, Files, Host, KeyPlace, PowerShell,
    PrincipalError, Principals, Random, Staged, Stream, Terminal,
};
use zeroize::Zeroizing;

#[allow(unused_imports, reason = "every test crate uses a part")]
pub(crate) use fake_state::{Crash, FakeFolders};
#[allow(unused_imports, reason = "every test crate uses a part")]
pub(crate) use fake_store::Outcome;
#[allow(unused_imports, reason = "every test crate uses a part")]
pub(crate) use fake_web::page;

#[allow(unused_imports, reason = "every test crate uses a part")]
pub(crate) use fake_powershell::FakeOpenSsh;

#[path = "fake_net.rs"]
mod fake_net;
#[path = "fake_powershell.rs"]
mod fake_powershell;
#[path = "fake_scheduler.rs"]
mod fake_scheduler;
#[path = "fake_state.rs"]
mod fake_state;
#[path = "fake_store.rs"]
mod fake_store;
#[path = "fake_web.rs"]
mod fake_web;

/// The machine. Clones share one state.
#[derive(Clone)]
pub(crate) struct FakeHost {
    state: Arc<Mutex<State>>,
    folders: FakeFolders,
    powershell: Option<Arc<dyn PowerShell>>,
    openssh: Option<Arc<FakeOpenSsh>>,
    web: fake_web::FakeWeb,
}

#[derive(Default)]
struct State {
    now: Timestamp,
    random: u64,
    files: BTreeMap<PathBuf, (Access, Vec<u8>)>,
    staged: usize,
    operations: Vec<String>,
    fail: Option<(usize, FileFault)>,
    stdin: Vec<u8>,
    variables: BTreeMap<String, String>,
    typed: Vec<String>,
    terminal: bool,
    outputs: BTreeMap<String, Vec<u8>>,
    access: BTreeMap<String, AccessState>,
    access_written: usize,
    stores: fake_store::Stores,
    deaf: BTreeMap<String, usize>,
    outbox: Vec<(String, String)>,
    schedulers: fake_scheduler::Schedulers,
}

impl FakeHost {
    /// Makes a machine without files, terminal and variables, on which it is `now`, and whose randomness follows `seed`.
    pub(crate) fn new(now: Timestamp, seed: u64) -> Self {
        let state = State { now, random: seed, ..State::default() };
        let (state, web) = (Arc::new(Mutex::new(state)), fake_web::FakeWeb::default());
        Self { state, folders: FakeFolders::default(), powershell: None, openssh: None, web }
    }

    /// Puts a file there.
    pub(crate) fn with_file(self, path: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.state().files.insert(plain(Path::new(path)), (Access::Public, bytes.into()));
        self
    }

    /// Sets an environment variable.
    pub(crate) fn with_variable(self, name: &str, value: &str) -> Self {
        self.state().variables.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Sets what standard input holds.
    pub(crate) fn with_stdin(self, bytes: impl Into<Vec<u8>>) -> Self {
        self.state().stdin = bytes.into();
        self
    }

    /// Sets somebody at the terminal, who answers the prompts in this order and breaks off after the last.
    pub(crate) fn with_answers(self, answers: &[&str]) -> Self {
        self.state().terminal = true;
        self.state().typed = answers.iter().rev().map(|&answer| answer.to_owned()).collect();
        self
    }

    /// Installs a program that writes `output`.
    pub(crate) fn with_program(self, name: &str, output: impl Into<Vec<u8>>) -> Self {
        self.state().outputs.insert(name.to_owned(), output.into());
        self
    }

    /// Gives a key its access: a file's path, or the name of a container.
    pub(crate) fn with_access(self, place: &str, state: AccessState) -> Self {
        self.state().access.insert(place.to_owned(), state);
        self
    }

    /// Returns how often an access list was written.
    pub(crate) fn access_written(&self) -> usize {
        self.state().access_written
    }

    /// Makes the file operation with this number, counted from 0 and from the start of the machine, fail.
    pub(crate) fn failing_at(self, number: usize, fault: FileFault) -> Self {
        self.state().fail = Some((number, fault));
        self
    }

    /// Returns the ports of the machine.
    pub(crate) fn host(&self) -> Host {
        let fake = Arc::new(self.clone());
        Host {
            clock: fake.clone(),
            random: fake.clone(),
            files: fake.clone(),
            terminal: fake.clone(),
            environment: fake.clone(),
            commands: fake.clone(),
            powershell: self.powershell.clone().unwrap_or_else(|| fake.clone()),
            key_access: fake.clone(),
            principals: fake.clone(),
            stores: fake.clone(),
            state: Arc::new(self.folders.clone()),
            machine: fake.clone(),
            mail: fake.clone(),
            wire: fake.clone(),
            stop: fake.clone(),
            scheduler: fake.clone(),
            events: fake.clone(),
            pause: fake,
            web: Arc::new(self.web.clone()),
        }
    }

    /// Returns the state folders.
    pub(crate) fn folders(&self) -> &FakeFolders {
        &self.folders
    }

    /// Lets time pass.
    pub(crate) fn pass(&self, seconds: i64) {
        let mut state = self.state();
        state.now += jiff::SignedDuration::from_secs(seconds);
    }

    /// Returns a file with its access.
    pub(crate) fn file(&self, path: &str) -> Option<(Access, Vec<u8>)> {
        self.state().files.get(&plain(Path::new(path))).cloned()
    }

    /// Returns the names of all files.
    pub(crate) fn names(&self) -> Vec<String> {
        self.state().files.keys().map(|path| path.display().to_string()).collect()
    }

    /// Returns how many staged files are neither kept nor undone.
    pub(crate) fn staged(&self) -> usize {
        self.state().staged
    }

    /// Returns the file operations so far, in order, as `verb path`.
    pub(crate) fn operations(&self) -> Vec<String> {
        self.state().operations.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Notes an operation, and fails it when its turn has come.
    fn begin(&self, verb: &str, path: &Path) -> Result<MutexGuard<'_, State>, FileError> {
        let mut state = self.state();
        let number = state.operations.len();
        state.operations.push(format!("{verb} {}", path.display()));
        match &state.fail {
            Some((at, fault)) if *at == number => Err(FileError::new(path, fault.clone())),
            _ => Ok(state),
        }
    }
}

/// Returns the path without `.` and `..`: one key per file.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}

fn kind_of(state: &State, path: &Path) -> Option<EntryKind> {
    let path = plain(path);
    if state.files.contains_key(&path) {
        Some(EntryKind::File)
    } else {
        let folder = state.files.keys().any(|file| file.starts_with(&path));
        folder.then_some(EntryKind::Directory)
    }
}

fn within(bytes: &[u8], path: &Path, limit: u64) -> Result<Zeroizing<Vec<u8>>, FileError> {
    if bytes.len() as u64 > limit {
        return Err(FileError::new(path, FileFault::TooLarge { limit }));
    }
    Ok(Zeroizing::new(bytes.to_vec()))
}

impl Clock for FakeHost {
    fn now(&self) -> Timestamp {
        self.state().now
    }
}

impl Random for FakeHost {
    fn fill(&self, buffer: &mut [u8]) -> io::Result<()> {
        let mut state = self.state();
        for octet in buffer {
            // SplitMix64: every seed gives another sequence, and the same one each time.
            state.random = state.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut word = state.random;
            word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            *octet = (word >> 56) as u8;
        }
        Ok(())
    }
}

impl Files for FakeHost {
    fn read(&self, path: &Path, limit: u64) -> Result<Zeroizing<Vec<u8>>, FileError> {
        let state = self.begin("read", path)?;
        match (state.files.get(&plain(path)), kind_of(&state, path)) {
            (Some((_, bytes)), _) => within(bytes, path, limit),
            (None, Some(kind)) => Err(FileError::new(path, FileFault::NotAFile { kind })),
            (None, None) => Err(FileError::new(path, FileFault::NotFound)),
        }
    }

    fn read_stdin(&self, limit: u64) -> Result<Zeroizing<Vec<u8>>, FileError> {
        let path = Path::new("-");
        let mut state = self.begin("read", path)?;
        within(&std::mem::take(&mut state.stdin), path, limit)
    }

    fn read_stdin_within(&self, limit: u64, _: Duration) -> Result<Zeroizing<Vec<u8>>, FileError> {
        self.read_stdin(limit)
    }

    fn kind(&self, path: &Path) -> Result<Option<EntryKind>, FileError> {
        Ok(kind_of(&*self.begin("kind", path)?, path))
    }

    fn stamp(&self, path: &Path) -> Result<Option<FileStamp>, FileError> {
        let state = self.state();
        // Time stands still here, so a file is told from another by what is in it.
        Ok(state.files.get(&plain(path)).map(|(_, bytes)| FileStamp {
            size: bytes.len() as u64,
            written: Timestamp::UNIX_EPOCH,
            identity: (
                0,
                0,
                bytes.iter().fold(0, |sum: i64, octet| sum.wrapping_mul(31).wrapping_add(i64::from(*octet))),
            ),
        }))
    }

    fn same_file(&self, a: &Path, b: &Path) -> Result<bool, FileError> {
        Ok(plain(a) == plain(b))
    }

    fn stage(
        &self,
        path: &Path,
        access: Access,
        existing: Existing,
        bytes: &[u8],
    ) -> Result<Box<dyn Staged>, FileError> {
        let mut state = self.begin("stage", path)?;
        replaceable(&state, path, existing)?;
        state.staged += 1;
        drop(state);
        let (path, file) = (path.to_owned(), (access, bytes.to_vec()));
        Ok(Box::new(FakeStaged { host: self.clone(), path, existing, file, placed: false, before: None, kept: false }))
    }

    fn walk(&self, roots: &[PathBuf], visit: &mut dyn FnMut(Result<PathBuf, FileError>) -> ControlFlow<()>) {
        for root in roots {
            let found: Vec<PathBuf> = {
                let state = self.state();
                state.files.keys().filter(|file| file.starts_with(plain(root))).cloned().collect()
            };
            let missing = found.is_empty().then(|| Err(FileError::new(root, FileFault::NotFound)));
            for entry in found.into_iter().map(Ok).chain(missing) {
                if visit(entry).is_break() {
                    return;
                }
            }
        }
    }
}

fn replaceable(state: &State, path: &Path, existing: Existing) -> Result<(), FileError> {
    match (existing, kind_of(state, path)) {
        (_, None) | (Existing::Replace, Some(EntryKind::File)) => Ok(()),
        (Existing::Refuse, Some(_)) => Err(FileError::new(path, FileFault::Exists)),
        (Existing::Replace, Some(kind)) => Err(FileError::new(path, FileFault::TargetNotAFile { kind })),
    }
}

struct FakeStaged {
    host: FakeHost,
    path: PathBuf,
    existing: Existing,
    file: (Access, Vec<u8>),
    placed: bool,
    before: Option<(Access, Vec<u8>)>,
    kept: bool,
}

impl Staged for FakeStaged {
    fn path(&self) -> &Path {
        &self.path
    }

    fn place(&mut self) -> Result<(), FileError> {
        let mut state = self.host.begin("place", &self.path)?;
        replaceable(&state, &self.path, self.existing)?;
        self.before = state.files.insert(plain(&self.path), self.file.clone());
        self.placed = true;
        Ok(())
    }

    fn keep(mut self: Box<Self>) {
        self.kept = true;
    }
}

impl Drop for FakeStaged {
    fn drop(&mut self) {
        let mut state = self.host.state();
        state.staged -= 1;
        if self.placed && !self.kept {
            match self.before.take() {
                Some(file) => state.files.insert(plain(&self.path), file),
                None => state.files.remove(&plain(&self.path)),
            };
        }
    }
}

impl Terminal for FakeHost {
    fn is_terminal(&self, _: Stream) -> bool {
        self.state().terminal
    }

    fn wants_color(&self, _: Stream) -> bool {
        false
    }

    fn pause(&self, span: Duration) {
        self.pass(i64::try_from(span.as_secs()).unwrap_or_default());
    }

    fn width(&self) -> Option<u16> {
        self.state().terminal.then_some(100)
    }

    fn prompt_secret(&self, _: &str) -> io::Result<Option<Password>> {
        let mut state = self.state();
        if !state.terminal {
            return Ok(None);
        }
        let answer = state.typed.pop().ok_or_else(|| io::Error::other("interrupted"))?;
        Ok(Some(Password::new(answer)))
    }

    fn prompt_line(&self, _: &str) -> io::Result<Option<String>> {
        self.state().typed.pop().map(Some).ok_or_else(|| io::Error::other("interrupted"))
    }
}

fn place_name(place: &KeyPlace) -> String {
    match place {
        KeyPlace::File(path) => path.display().to_string(),
        KeyPlace::Key(location) => location.container.clone(),
    }
}

/// The well-known identities of Windows, and SIDs as text; nobody else exists.
impl Principals for FakeHost {
    fn find(&self, name: &str) -> Result<Principal, PrincipalError> {
        let sid = well_known::by_name(name).or_else(|| name.parse().ok());
        sid.map(Principal::Sid).ok_or_else(|| PrincipalError::Unknown { name: name.to_owned() })
    }

    fn name(&self, principal: &Principal) -> Option<String> {
        match principal {
            Principal::Sid(sid) => Some(well_known::of(sid)?.name.to_owned()),
            _ => None,
        }
    }

    fn act_as(&self, _: &Principal, act: &mut (dyn FnMut() + Send)) -> Result<(), PrincipalError> {
        act();
        Ok(())
    }
}
