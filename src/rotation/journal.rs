//! The journal of a roll as a file: one line of JSON a record, each with the hash of the line before.
//!
//! A line that a power cut left half is not a record: what it announced was never begun, because an act waits until its
//! record is on disk. It goes with the next write. A damaged line before the last is refused, and stays as it is.

use std::sync::Arc;

use super::record::{Journal, JournalError, Record, State};
use crate::ports::StateFolder;
use crate::protocol::{Hex, Id, Octets, chain};

/// The most octets of a journal. A roll of 50 servers writes about one million.
const MAX_BYTES: u64 = 64 << 20;

/// A journal in a folder that nobody else can write.
pub struct FileJournal {
    folder: Arc<dyn StateFolder>,
    name: String,
    lines: Vec<Line>,
}

/// One line, its end left out.
struct Line {
    octets: Vec<u8>,
    record: Record,
    sha256: Hex<32>,
}

impl FileJournal {
    /// Opens the journal of a roll, which may not be there yet.
    ///
    /// # Errors
    /// When it cannot be read, or a line before the last is damaged.
    pub fn open(folder: Arc<dyn StateFolder>, roll: &Id) -> Result<Self, JournalError> {
        let name = format!("{roll}.journal");
        let bytes = folder.read(&name, MAX_BYTES).map_err(|error| JournalError(error.to_string()))?;
        let mut journal = Self { folder, name, lines: Vec::new() };
        let bytes = bytes.map(|bytes| bytes.to_vec()).unwrap_or_default();
        let mut rest = bytes.as_slice();
        while let Some(end) = rest.iter().position(|octet| *octet == b'\n') {
            let (line, behind) = (&rest[..end], &rest[end + 1..]);
            match journal.understood(line) {
                Ok((record, sha256)) => journal.lines.push(Line { octets: line.to_vec(), record, sha256 }),
                Err(_) if behind.is_empty() => break,
                Err(why) => {
                    let number = journal.lines.len();
                    return Err(JournalError(format!("line {} of {} is damaged: {why}", number + 1, journal.name)));
                }
            }
            rest = behind;
        }
        State::of(&journal.records()).map_err(|error| JournalError(error.to_string()))?;
        Ok(journal)
    }

    /// Returns the hash of the last line, which tells this journal from every other.
    #[must_use]
    pub fn head(&self) -> Hex<32> {
        self.lines.last().map_or_else(chain::beginning, |line| line.sha256)
    }

    /// Reads a line that is to follow the last.
    fn understood(&self, line: &[u8]) -> Result<(Record, Hex<32>), String> {
        chain::follow(line, self.length(), &self.head())
    }

    fn end(&self) -> u64 {
        self.lines.iter().map(|line| line.octets.len() as u64 + 1).sum()
    }

    fn write(&mut self, line: Line) -> Result<(), JournalError> {
        let text = [line.octets.as_slice(), b"\n"].concat();
        self.folder.append(&self.name, self.end(), &text).map_err(|error| JournalError(error.to_string()))?;
        self.lines.push(line);
        Ok(())
    }
}

impl Journal for FileJournal {
    fn records(&self) -> Vec<Record> {
        self.lines.iter().map(|line| line.record.clone()).collect()
    }

    fn length(&self) -> u32 {
        self.lines.len() as u32
    }

    fn append(&mut self, record: &Record) -> Result<(), JournalError> {
        let (octets, sha256) = chain::link(self.length(), self.head(), record).map_err(JournalError)?;
        self.write(Line { octets, record: record.clone(), sha256 })
    }

    fn octets(&self, index: u32) -> Option<Octets> {
        Octets::new(self.lines.get(index as usize)?.octets.clone())
    }

    fn take_over(&mut self, from: u32, records: &[Octets]) -> Result<(), JournalError> {
        self.lines.truncate(from as usize);
        for octets in records {
            let (record, sha256) = self.understood(octets.as_bytes()).map_err(JournalError)?;
            self.write(Line { octets: octets.as_bytes().to_vec(), record, sha256 })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

    use std::path::Path;

    use super::*;
    use crate::fake_host::FakeHost;
    use crate::protocol::Text;
    use crate::rotation::record::{Began, Moment, Run, Turned};

    const NOW: &str = "2026-06-01T00:00:00Z";

    fn folder() -> Arc<dyn StateFolder> {
        FakeHost::new(NOW.parse().unwrap(), 1).host().state.create(Path::new("/state")).unwrap()
    }

    fn records() -> Vec<Record> {
        let at = NOW.parse().unwrap();
        let roll = || Id::word("roll-1");
        vec![
            Record::Began(Began { roll: roll(), plan_sha256: Hex::from([7; 32]), at }),
            Record::Run(Run { holder: Text::told("ada"), fence: 1, at }),
            Record::Turned(Turned { why: Text::told("a step failed"), at }),
        ]
    }

    fn written(folder: &Arc<dyn StateFolder>) -> FileJournal {
        let mut journal = FileJournal::open(Arc::clone(folder), &Id::word("roll-1")).unwrap();
        for record in records() {
            journal.append(&record).unwrap();
        }
        journal
    }

    fn opened(folder: &Arc<dyn StateFolder>) -> Result<Vec<Record>, JournalError> {
        FileJournal::open(Arc::clone(folder), &Id::word("roll-1")).map(|journal| journal.records())
    }

    #[test]
    fn what_was_written_is_read_again_and_a_torn_line_goes_with_the_next() {
        let folder = folder();
        let journal = written(&folder);
        assert_eq!(opened(&folder).unwrap(), records());
        let bytes = folder.read("roll-1.journal", MAX_BYTES).unwrap().unwrap();
        let whole: Vec<usize> = bytes.iter().enumerate().filter(|(_, one)| **one == b'\n').map(|(at, _)| at).collect();
        for cut in whole[1] + 1..bytes.len() {
            folder.write("roll-1.journal", &bytes[..cut]).unwrap();
            assert_eq!(opened(&folder).unwrap(), records()[..2], "cut at {cut}");
        }
        let mut torn = FileJournal::open(Arc::clone(&folder), &Id::word("roll-1")).unwrap();
        torn.append(&records()[2]).unwrap();
        assert_eq!(torn.head(), journal.head());
        assert_eq!(opened(&folder).unwrap(), records());
    }

    #[test]
    fn a_damaged_line_before_the_last_is_refused() {
        let folder = folder();
        written(&folder);
        let bytes = folder.read("roll-1.journal", MAX_BYTES).unwrap().unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        for (from, to) in [("ada", "bob"), ("\"index\":1", "\"index\":2"), ("{\"index\":0", "{\"index\":0,\"x\":1")] {
            folder.write("roll-1.journal", text.replacen(from, to, 1).as_bytes()).unwrap();
            assert!(opened(&folder).unwrap_err().0.contains("is damaged"), "{from}");
        }
    }

    #[test]
    fn another_controller_takes_the_records_over() {
        let (here, there) = (folder(), folder());
        let journal = written(&here);
        let octets: Vec<Octets> = (0..3).filter_map(|index| journal.octets(index)).collect();
        let mut other = FileJournal::open(Arc::clone(&there), &Id::word("roll-1")).unwrap();
        other.append(&records()[0]).unwrap();
        let at = NOW.parse().unwrap();
        other.append(&Record::Run(Run { holder: Text::told("bob"), fence: 1, at })).unwrap();
        other.append(&Record::Verified(Moment { at })).unwrap();
        other.take_over(1, &octets[1..]).unwrap();
        assert_eq!(opened(&there).unwrap(), records());
        assert_eq!(other.head(), journal.head());
        assert!(other.take_over(1, &octets[2..]).is_err(), "a record that does not follow is refused");
    }
}
