//! What the stubbed cmdlets see and change: one JSON document, in memory or in a file that several processes share.

#![allow(dead_code, reason = "the program and tests/it use a part each")]
#![allow(clippy::expect_used, reason = "a world that cannot be read or written ends the test")]

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};

/// The state and the record of what was done to it.
pub(crate) enum World {
    Memory(Mutex<Json>, Mutex<Vec<Json>>),
    /// The state's file. A lock and the record lie beside it.
    Shared(PathBuf),
}

impl World {
    /// Makes a world in memory.
    pub(crate) fn of(state: Json) -> Self {
        Self::Memory(Mutex::new(state), Mutex::default())
    }

    /// Reads and changes the state; nobody else does meanwhile.
    pub(crate) fn with<R>(&self, act: impl FnOnce(&mut Json) -> R) -> R {
        match self {
            Self::Memory(state, _) => act(&mut held(state)),
            Self::Shared(path) => {
                let _lock = lock(path);
                let mut state = load(path);
                let result = act(&mut state);
                let staged = path.with_extension("new");
                std::fs::write(&staged, state.to_string()).expect("the state can be written");
                std::fs::rename(&staged, path).expect("the state can be replaced");
                result
            }
        }
    }

    /// Writes one entry to the record.
    pub(crate) fn note(&self, entry: Json) {
        match self {
            Self::Memory(_, record) => held(record).push(entry),
            Self::Shared(path) => {
                let _lock = lock(path);
                let mut record = File::options().create(true).append(true).open(path.with_extension("log"));
                let record = record.as_mut().expect("the record can be opened");
                record.write_all(format!("{entry}\n").as_bytes()).expect("the record can be written");
            }
        }
    }

    /// Returns the state as it is.
    pub(crate) fn state(&self) -> Json {
        match self {
            Self::Memory(state, _) => held(state).clone(),
            Self::Shared(path) => {
                let _lock = lock(path);
                load(path)
            }
        }
    }

    /// Returns the record.
    pub(crate) fn record(&self) -> Vec<Json> {
        match self {
            Self::Memory(_, record) => held(record).clone(),
            Self::Shared(path) => {
                let text = std::fs::read_to_string(path.with_extension("log")).unwrap_or_default();
                text.lines().map(|line| serde_json::from_str(line).expect("the record is JSON")).collect()
            }
        }
    }

    /// Takes the fault that is ordered for a cmdlet, if one is due. `skip` lets so many calls pass before.
    pub(crate) fn fault(&self, on: &str) -> Option<Json> {
        self.with(|state| {
            let faults = state["faults"].as_array_mut()?;
            let place = faults.iter().position(|fault| word(fault, "on").eq_ignore_ascii_case(on))?;
            match faults[place]["skip"].as_i64() {
                Some(skip) if skip > 0 => {
                    faults[place]["skip"] = json!(skip - 1);
                    None
                }
                _ => Some(faults.remove(place)),
            }
        })
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn lock(path: &Path) -> File {
    let file = File::options().create(true).truncate(false).write(true).open(path.with_extension("lock"));
    let file = file.expect("the lock can be opened");
    file.lock().expect("the lock can be had");
    file
}

fn load(path: &Path) -> Json {
    let text = std::fs::read_to_string(path).expect("the state can be read");
    serde_json::from_str(&text).expect("the state is JSON")
}

/// Returns a text of a JSON object, empty where it has none.
pub(crate) fn word<'a>(json: &'a Json, key: &str) -> &'a str {
    json[key].as_str().unwrap_or_default()
}

/// Returns the items of a list in a JSON object.
pub(crate) fn items<'a>(json: &'a Json, key: &str) -> &'a [Json] {
    json[key].as_array().map_or(&[], Vec::as_slice)
}

/// Returns the items of a list in a JSON object, to change them.
pub(crate) fn items_mut<'a>(json: &'a mut Json, key: &str) -> &'a mut Vec<Json> {
    if !json[key].is_array() {
        json[key] = json!([]);
    }
    json[key].as_array_mut().expect("it was just made a list")
}

/// Lets a second pass and returns the new instant. A world that lives has the clock of the machine, and never goes back.
#[allow(clippy::disallowed_methods, reason = "the lab is real")]
pub(crate) fn tick(state: &mut Json) -> String {
    let before = instant(word(state, "clock"));
    let now = match state["lives"] == json!(true) {
        true => Timestamp::now().max(before + SignedDuration::from_millis(1)),
        false => before + SignedDuration::from_secs(1),
    };
    state["clock"] = json!(now.to_string());
    now.to_string()
}

/// Reads an instant of the state.
pub(crate) fn instant(text: &str) -> Timestamp {
    text.parse().unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Returns a file of the world, or one that really lies on the disk, as the nodes of the lab have them.
#[allow(clippy::disallowed_methods, reason = "a program for tests only")]
pub(crate) fn file(state: &Json, path: &str) -> Option<Json> {
    let on_disk = || {
        let octets = path.starts_with('/').then(|| std::fs::read(path).ok()).flatten()?;
        Some(json!({ "data": base64::Engine::encode(&base64::engine::general_purpose::STANDARD, octets) }))
    };
    at_path(&state["files"], path).cloned().or_else(on_disk)
}

/// Returns the entry of a JSON object whose key is the same path, letter case left aside.
pub(crate) fn at_path<'a>(json: &'a Json, path: &str) -> Option<&'a Json> {
    json.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(path)).map(|(_, value)| value)
}
