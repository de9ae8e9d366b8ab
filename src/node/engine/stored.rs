//! Small JSON files in the state folder. A newer format and a damaged file are refused; neither is overwritten.

use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::ports::{FileError, FileFault, StateFolder};
use crate::protocol::{Refusal, RefusalCode};

/// The most octets of one file: an outcome in it is as large as an answer may be.
const MOST: u64 = crate::protocol::MAX_ANSWER as u64 + (64 << 10);

/// What is read of a file before its format is known.
#[derive(serde::Deserialize)]
struct Envelope {
    schema: String,
}

/// Reads a file, or returns nothing where none is.
pub(super) fn read<T: DeserializeOwned>(
    folder: &dyn StateFolder,
    name: &str,
    schema: &str,
) -> Result<Option<T>, Refusal> {
    let damaged = |why: &str| {
        let path = folder.path().join(name);
        let why = format!("{}: {why}", path.display());
        Refusal::new(RefusalCode::DamagedState, &why, "look at the file; move it away only when no roll is under way")
    };
    let Some(bytes) = folder.read(name, MOST).map_err(|error| unusable(&error))? else { return Ok(None) };
    let envelope: Envelope = serde_json::from_slice(&bytes).map_err(|_| damaged("it is damaged"))?;
    if envelope.schema != schema {
        return Err(damaged(&format!("it has the format {}, and this s2scert knows {schema}", envelope.schema)));
    }
    serde_json::from_slice(&bytes).map(Some).map_err(|_| damaged("it is damaged"))
}

/// Writes a file in place of what stands there.
pub(super) fn write(folder: &dyn StateFolder, name: &str, value: &impl Serialize) -> Result<(), FileError> {
    // Every value here can be written as JSON; were one not, an empty file would be refused when it is read.
    folder.write(name, &Zeroizing::new(serde_json::to_vec(value).unwrap_or_default()))
}

/// Turns a fault of the state folder into a refusal: nothing is done where it cannot be written down.
pub(super) fn unusable(error: &FileError) -> Refusal {
    let why = format!("{}: {error}", error.path().display());
    match error.fault() {
        FileFault::Unsafe { .. } => Refusal::new(
            RefusalCode::UnsafeState,
            &why,
            "find out who made it; give the state folder to the account that runs s2scert, or remove it",
        ),
        FileFault::DiskFull => Refusal::new(RefusalCode::Full, &why, "make room on the disk; nothing was begun"),
        FileFault::TooLarge { .. } | FileFault::NotAFile { .. } => {
            Refusal::new(RefusalCode::DamagedState, &why, "look at the file; it is not as s2scert wrote it")
        }
        FileFault::Permission | FileFault::ReadOnly => {
            Refusal::new(RefusalCode::Rights, &why, "run as an administrator, or as root")
        }
        _ => Refusal::new(RefusalCode::DamagedState, &why, "make the state folder usable, then ask again"),
    }
}
