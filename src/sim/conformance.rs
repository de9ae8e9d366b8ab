//! The simulated node and the real one are asked the same, in the same order, and answer the same: who may act in view of fence,
//! lease and marker, what a repeat is told, what stands in the journal.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::collections::BTreeMap;
use std::time::Duration;

use super::build::build;
use super::dice::Dice;
use super::fault::{Fault, Faults};
use super::roll::Shape;
use super::world::Sim;
use crate::fake_acts::{Ending, FakeActs};
use crate::fake_host::FakeHost;
use crate::node::engine::{self, Allow, Settings};
use crate::protocol::{
    Action, Facts, Hex, Id, JournalAppend, JournalRead, LeaseRenew, LeaseTake, Nothing, Octets, Outcome, Request,
    Restart, RollMarkerWrite, Text, Ticket,
};
use crate::rotation::basis::Strategy;

/// How many sequences, and how many requests in each.
const SEQUENCES: (u64, u64) = (300, 60);

/// Both nodes.
struct Pair {
    fake: FakeHost,
    acts: FakeActs,
    sim: Sim,
}

impl Pair {
    fn new() -> Self {
        let sim = build(1, &Shape::sample(1, Strategy::Direct)).unwrap();
        let now = sim.state().clock(0);
        let fake = FakeHost::new(now, 1);
        let acts = FakeActs::beside(fake.folders());
        Self { fake, acts, sim }
    }

    /// Lets the clock of the real node be that of the simulated one.
    fn same_time(&self) {
        let (here, there) = (self.sim.state().clock(0), self.fake.host().clock.now());
        self.fake.pass(here.duration_since(there).as_secs());
    }

    fn ask(&self, request: &Request, fault: Option<Fault>) -> [Said; 2] {
        self.acts.ending(match fault {
            Some(Fault::Fails) => Ending::Fails,
            Some(Fault::FailsAfter) => Ending::Unclear,
            _ => Ending::Well,
        });
        let number = self.sim.state().requests + 1;
        self.sim.state().faults = Faults { at: fault.map(|fault| (number, fault)), ..Faults::default() };
        // In the simulation a request takes a second on its way.
        self.same_time();
        self.fake.pass(1);
        let settings = Settings { allow: Allow::All, state: None, read_within: Duration::from_secs(1) };
        let bytes = serde_json::to_vec(request).unwrap();
        let real = engine::answer(&self.fake.host(), &self.acts, &settings, &bytes);
        let name = self.sim.state().nodes[0].name.as_str().to_owned();
        let simulated = self.sim.state().carry(&name, request).result.unwrap();
        [Said::of(&real.outcome), Said::of(&simulated.outcome)]
    }
}

/// What both must say alike.
#[derive(Debug, Eq, PartialEq)]
struct Said {
    outcome: String,
    facts: String,
}

impl Said {
    fn of(outcome: &Outcome) -> Self {
        let (word, facts) = match outcome {
            Outcome::Observed(seen) => ("observed".to_owned(), Some(&seen.facts)),
            Outcome::Done(_) => ("done".to_owned(), None),
            Outcome::Failed(_) => ("failed".to_owned(), None),
            Outcome::Unclear(_) => ("unclear".to_owned(), None),
            Outcome::Busy(_) => ("busy".to_owned(), None),
            Outcome::Refused(refusal) => (format!("refused: {:?}", refusal.code), None),
        };
        let facts = match facts {
            Some(Facts::Lease(lease)) => {
                let held = lease.lease.as_ref().map(|one| (one.roll.clone(), one.holder.clone(), one.fence, one.until));
                format!("{held:?} {}", lease.highest_fence)
            }
            Some(Facts::Roll(roll)) => {
                let stands = roll.roll.as_ref();
                format!(
                    "{:?}",
                    stands.map(|one| (one.roll.clone(), one.owner.clone(), one.phase.clone(), one.plan_sha256))
                )
            }
            Some(Facts::Journal(journal)) => format!("{} {:?}", journal.length, journal.records),
            _ => String::new(),
        };
        Self { outcome: word, facts }
    }
}

fn drawn(dice: &mut Dice, pair: &Pair) -> (Action, bool) {
    let one_of = |dice: &mut Dice, many: u64| dice.below(many);
    let action = match one_of(dice, 16) {
        0 | 1 => {
            let holder = Text::told(["ada on ops01", "bob on ops02"][one_of(dice, 2) as usize]);
            let over = (one_of(dice, 3) == 0).then(|| one_of(dice, 5));
            Action::LeaseTake(LeaseTake { holder, seconds: 10 + one_of(dice, 60) as u32, over })
        }
        2 => Action::LeaseRenew(LeaseRenew { seconds: 10 + one_of(dice, 60) as u32 }),
        3 => Action::LeaseRelease(Nothing {}),
        4 => Action::RollMarkerWrite(RollMarkerWrite {
            plan_sha256: Hex::from([one_of(dice, 2) as u8; 32]),
            owner: Text::told("ada"),
            phase: Id::word(["forward", "back"][one_of(dice, 2) as usize]),
        }),
        5 => Action::RollMarkerClear(Nothing {}),
        6 | 7 => Action::JournalAppend(JournalAppend {
            index: one_of(dice, 4) as u32,
            record: Octets::new(vec![one_of(dice, 2) as u8]).unwrap(),
        }),
        8 => return (Action::Lease(Nothing {}), false),
        9 => return (Action::RollMarker(Nothing {}), false),
        10 => {
            let roll = Id::word(["a", "b"][one_of(dice, 2) as usize]);
            return (Action::Journal(JournalRead { roll, from: one_of(dice, 3) as u32 }), false);
        }
        11 => Action::Unstage(Nothing {}),
        number => {
            let name = pair.sim.state().nodes[0].processes[usize::from(number % 2 == 0)].seen.name.clone();
            let restart = Restart { name: Text::told(&name), after: pair.sim.state().instant(0) };
            if number % 2 == 0 { Action::ServiceRestart(restart) } else { Action::PoolRecycle(restart) }
        }
    };
    (action, true)
}

#[test]
fn the_simulated_node_answers_as_the_real_one() {
    let mut told: BTreeMap<String, u64> = BTreeMap::new();
    for seed in 0..SEQUENCES.0 {
        let mut dice = Dice::new(seed);
        let pair = Pair::new();
        let mut asked = Vec::new();
        for number in 0..SEQUENCES.1 {
            let (action, acts) = drawn(&mut dice, &pair);
            let ticket = acts.then(|| Ticket {
                roll: Id::word(["a", "a", "a", "b"][dice.below(4) as usize]),
                step: Id::word(["1", "2", "3"][dice.below(3) as usize]),
                attempt: 1 + dice.below(2) as u32,
                fence: 1 + dice.below(4),
            });
            let restarts = matches!(action, Action::ServiceRestart(_) | Action::PoolRecycle(_));
            let fault = [None, None, Some(Fault::Fails), Some(Fault::FailsAfter)][dice.below(4) as usize];
            let request = Request::new(Id::word(&format!("q-{number}")), 60, ticket, action);
            asked.push(format!("{:?} {:?}", request.step, request.action));
            let [real, simulated] = pair.ask(&request, fault.filter(|_| restarts));
            assert_eq!(real, simulated, "seed {seed}, after {asked:#?}");
            *told.entry(real.outcome).or_default() += 1;
            if dice.below(8) == 0 {
                pair.sim.state().advance(dice.below(90) as i64);
            }
        }
    }
    // The sequences come to everything that a node can say, but for what needs two requests at once.
    let codes = ["done", "failed", "unclear", "observed", "refused: Fenced", "refused: LeaseHeld"];
    let more = ["refused: RollStands", "refused: Journal", "refused: TicketUsed"];
    for code in codes.iter().chain(&more) {
        assert!(told.get(*code).copied().unwrap_or_default() > 20, "{code} was hardly told: {told:?}");
    }
}
