//! How the newest roll of this state folder stands, in one word: for metrics. No server is asked.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use super::places::Rolls;
use crate::error::Result;
use crate::ports::Host;
use crate::rotation::plan::{Act, Plan};
use crate::rotation::record::{EndKind, Record, State};

/// How long after its last record an open roll counts as running.
const QUIET: SignedDuration = SignedDuration::from_mins(15);

/// The state of the newest roll.
#[derive(Clone, Copy, Debug, Default, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RollState {
    /// No roll was begun from here.
    #[default]
    None,
    /// It is open, and wrote something within the last quarter of an hour.
    Running,
    /// It is open, and wrote nothing for longer: it waits for a step, or for somebody to take it up.
    Waiting,
    /// It is open, and holds the job by which SharePoint reads the metadata.
    Held,
    /// Its last run left something to do by hand, or it was given up.
    Manual,
    /// The farm uses its certificate, or nothing was to do.
    Done,
    /// The farm is as before.
    RolledBack,
}

impl RollState {
    /// Every state.
    pub const ALL: [Self; 7] =
        [Self::None, Self::Running, Self::Waiting, Self::Held, Self::Manual, Self::Done, Self::RolledBack];

    /// Returns the word of it in metrics and JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Held => "held",
            Self::Manual => "manual",
            Self::Done => "done",
            Self::RolledBack => "rolled-back",
        }
    }
}

/// Tells how the newest roll stands.
///
/// # Errors
/// When the state folder, or what is kept of a roll, cannot be read.
pub fn newest(host: &Host, state: Option<&Path>) -> Result<RollState> {
    let Some(rolls) = Rolls::find(host, state)? else { return Ok(RollState::None) };
    let Some((Some(last), kept)) = rolls.newest()? else { return Ok(RollState::None) };
    let plan = kept.plan().ok().and_then(|bytes| Plan::read(&bytes).ok());
    let (records, state) = kept.state()?;
    Ok(of(&records, &state, plan.as_ref(), last, host.clock.now()))
}

fn of(records: &[Record], state: &State, plan: Option<&Plan>, last: Timestamp, now: Timestamp) -> RollState {
    match state.over() {
        Some(EndKind::Done | EndKind::NothingToDo) => return RollState::Done,
        Some(EndKind::RolledBack) => return RollState::RolledBack,
        Some(EndKind::Aborted | EndKind::Manual) => return RollState::Manual,
        None => {}
    }
    if plan.is_some_and(|plan| holds_the_job(records, plan)) {
        return RollState::Held;
    }
    match records.last() {
        Some(Record::Ended(_)) => RollState::Manual,
        _ if now.duration_since(last) <= QUIET => RollState::Running,
        _ => RollState::Waiting,
    }
}

/// Whether a step that holds the job was done, and none since that releases it.
fn holds_the_job(records: &[Record], plan: &Plan) -> bool {
    let steps = || plan.steps.iter().chain(&plan.unwind);
    let mut held = false;
    for record in records {
        let Record::Done(done) = record else { continue };
        match steps().find(|step| step.id == done.step).map(|step| &step.act) {
            Some(Act::HoldJob) => held = true,
            Some(Act::ReleaseJob) => held = false,
            _ => {}
        }
    }
    held
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

    use super::*;
    use crate::app::rehearse::sample_plan;
    use crate::fake_host::FakeHost;
    use crate::protocol::Text;
    use crate::rotation::journal::FileJournal;
    use crate::rotation::record::{Began, Ended, Journal as _, Run};

    /// Keeps a roll with these records more than its beginning, and tells how it stands so many seconds later.
    fn stands(more: &dyn Fn(Timestamp) -> Vec<Record>, later: i64) -> RollState {
        let now: Timestamp = "2026-11-25T12:00:00Z".parse().unwrap();
        let machine = FakeHost::new(now, 1);
        let host = machine.host();
        let plan = sample_plan(1).unwrap();
        let state = host.state.create(Path::new("state")).unwrap();
        let kept = state.create("rolls").unwrap().create(plan.roll.as_str()).unwrap();
        kept.write("plan.json", &plan.bytes()).unwrap();
        let mut journal = FileJournal::open(kept, &plan.roll).unwrap();
        let begun = [
            Record::Began(Began { roll: plan.roll.clone(), plan_sha256: plan.digest(), at: now }),
            Record::Run(Run { holder: Text::told("ada"), fence: 1, at: now }),
        ];
        begun.iter().chain(&more(now)).for_each(|record| journal.append(record).unwrap());
        machine.pass(later);
        newest(&machine.host(), Some(Path::new("state"))).unwrap()
    }

    fn ended(kind: EndKind) -> impl Fn(Timestamp) -> Vec<Record> {
        move |at| vec![Record::Ended(Ended { end: kind, why: Text::told("why"), at })]
    }

    #[test]
    fn the_newest_roll_is_told_in_one_word() {
        let machine = FakeHost::new("2026-11-25T12:00:00Z".parse().unwrap(), 1);
        assert_eq!(newest(&machine.host(), Some(Path::new("state"))).unwrap(), RollState::None);
        let nothing = |_| Vec::new();
        assert_eq!(stands(&nothing, 60), RollState::Running);
        assert_eq!(stands(&nothing, 3_600), RollState::Waiting);
        for (end, state) in [
            (EndKind::Done, RollState::Done),
            (EndKind::RolledBack, RollState::RolledBack),
            (EndKind::Manual, RollState::Manual),
            (EndKind::Aborted, RollState::Manual),
        ] {
            assert_eq!(stands(&ended(end), 60), state);
        }
    }

    #[test]
    fn a_roll_that_holds_the_job_is_held_until_it_releases_it() {
        use crate::rotation::record::Done;
        let mut plan = sample_plan(1).unwrap();
        let at: Timestamp = "2026-11-25T12:00:00Z".parse().unwrap();
        plan.steps[0].act = Act::HoldJob;
        plan.steps[1].act = Act::ReleaseJob;
        let done = |step: usize| Record::Done(Done { step: plan.steps[step].id.clone(), at });
        let state = |records: &[Record]| of(records, &State::default(), Some(&plan), at, at);
        assert_eq!(state(&[done(0)]), RollState::Held);
        assert_eq!(state(&[done(0), done(1)]), RollState::Running);
        let words: std::collections::BTreeSet<_> = RollState::ALL.iter().map(|one| one.word()).collect();
        assert_eq!(words.len(), RollState::ALL.len());
    }
}
