//! Journals on the node: the records of a roll, one a line, so that another controller can take over.

use std::cmp::Ordering;

use super::stored::unusable;
use crate::cert::digest::{Fingerprint, hex_upper};
use crate::node::acts::Fault;
use crate::ports::StateFolder;
use crate::protocol::{Id, MOST_RECORDS, Octets, Refusal, RefusalCode};

/// The folder.
const FOLDER: &str = "journals";
/// The most octets of one journal.
const MOST: u64 = 16 << 20;
/// How many journals stay. The one that is written is never pruned.
const KEPT: usize = 32;
/// The most octets of the records in one answer.
const MOST_TOLD: usize = 4 << 20;

/// Returns how many records there are, and those from a number on, as many as one answer holds.
pub(super) fn read(folder: &dyn StateFolder, roll: &Id, from: u32) -> Result<(u32, Vec<Octets>), Fault> {
    let Some(journals) = folder.find(FOLDER)? else { return Ok((0, Vec::new())) };
    let (records, _) = records(&*journals, &name(roll))?;
    let mut told = 0;
    let length = u32::try_from(records.len()).unwrap_or(u32::MAX);
    let from = usize::try_from(from).unwrap_or(usize::MAX);
    let fits = |record: &Octets| {
        told += record.as_bytes().len();
        told <= MOST_TOLD
    };
    Ok((length, records.into_iter().skip(from).take(MOST_RECORDS).take_while(fits).collect()))
}

/// Writes a record at its number, and returns whether it was not there yet.
pub(super) fn append(folder: &dyn StateFolder, roll: &Id, index: u32, record: &Octets) -> Result<bool, Fault> {
    let journals = folder.create(FOLDER)?;
    let name = name(roll);
    let (records, whole) = records(&*journals, &name)?;
    let refused = |why: &str| {
        let next = "read the journal with the action journal, and go on from there";
        Fault::Refused(Refusal::new(RefusalCode::Journal, why, next))
    };
    let index = usize::try_from(index).unwrap_or(usize::MAX);
    match index.cmp(&records.len()) {
        Ordering::Less if records[index] == *record => return Ok(false),
        Ordering::Less => return Err(refused(&format!("record {index} stands and is another"))),
        Ordering::Greater => {
            return Err(refused(&format!("there are {} records; number {index} would leave a gap", records.len())));
        }
        Ordering::Equal => {}
    }
    let line = format!("{}\n", serde_json::to_string(record).unwrap_or_default());
    if whole + line.len() as u64 > MOST {
        let why = format!("the journal of roll {roll} has reached {MOST} octets");
        return Err(Fault::Refused(Refusal::new(RefusalCode::Full, &why, "end the roll, and begin another")));
    }
    if records.is_empty() {
        make_room(&*journals)?;
    }
    journals.append(&name, whole, line.as_bytes()).map_err(|error| Fault::Refused(unusable(&error)))?;
    Ok(true)
}

/// Returns the records, and where the last whole line ends. What a broken write left behind it is no record.
fn records(journals: &dyn StateFolder, name: &str) -> Result<(Vec<Octets>, u64), Fault> {
    // A torn line may stand behind the last octet that is allowed.
    let bytes = journals.read(name, MOST + (1 << 20)).map_err(|error| Fault::Refused(unusable(&error)))?;
    let bytes = bytes.unwrap_or_default();
    let (mut records, mut whole) = (Vec::new(), 0);
    for line in bytes.split_inclusive(|octet| *octet == b'\n').filter(|line| line.ends_with(b"\n")) {
        let record = serde_json::from_slice(line).map_err(|_| {
            let why = format!("{}: line {} is damaged", journals.path().join(name).display(), records.len() + 1);
            Fault::Refused(Refusal::new(RefusalCode::DamagedState, &why, "keep the file, and go on by hand"))
        })?;
        records.push(record);
        whole += line.len() as u64;
    }
    Ok((records, whole))
}

/// Removes the oldest journals before another is begun.
fn make_room(journals: &dyn StateFolder) -> Result<(), Fault> {
    let mut entries = journals.entries()?;
    entries.sort_by_key(|entry| entry.written);
    let surplus = (entries.len() + 1).saturating_sub(KEPT);
    for entry in entries.iter().take(surplus) {
        journals.remove(&entry.name)?;
    }
    Ok(())
}

fn name(roll: &Id) -> String {
    format!("{}.jsonl", hex_upper(&Fingerprint::of(roll.as_str().as_bytes()).as_bytes()[..16]))
}
