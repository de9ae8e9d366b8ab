//! A roll that is taken back, from every point and with everything that can go wrong: the farm is what it was, or the end is
//! `manual`, and what it tells people to do, done word for word, makes the farm what it was.
//!
//! What a person types is understood here by itself, from the text alone; nothing of the engine helps.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use super::build::build;
use super::fault::{Fault, Faults};
use super::roll::Shape;
use super::trace::{NodeShot, Snapshot, What};
use super::world::{RunEnd, Sim, SimJournal, die};
use crate::rotation::basis::Strategy;
use crate::rotation::engine::{End, Left, Stop, Way};
use crate::rotation::record::{EndKind, Journal as _};
use crate::rotation::world::{Audience, News, Nobody};

/// How often a roll is taken up before it counts as one that does not come to an end.
const RUNS: u32 = 20;
/// How many seeds are tried for a farm that nobody looks after by hand.
const SEEDS: u64 = 200;

/// What goes wrong once.
const KINDS: [Fault; 13] = [
    Fault::Unsent,
    Fault::Lost,
    Fault::Straggles,
    Fault::Fails,
    Fault::FailsAfter,
    Fault::AnswerLost,
    Fault::Doubled,
    Fault::Hangs,
    Fault::DiesBefore,
    Fault::Dies,
    Fault::NodeFalls,
    Fault::NodeGone,
    Fault::ClockJumps,
];

/// Which roll of which farm.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Ground {
    /// The shape of the roll.
    pub strategy: Strategy,
    /// How many servers of Dynamics.
    pub servers: u32,
    /// The seed of the farm.
    pub seed: u64,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Trouble {
    /// One fault, once.
    Once(Fault),
    /// The next act fails, and so does its like on that server until somebody comes.
    Lasting,
}

/// One way to take a roll back.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Case {
    /// Something goes wrong at a request of the way forward, and the roll is taken back from there.
    Forward {
        /// The request, from 1.
        request: u64,
        /// What goes wrong.
        trouble: Trouble,
    },
    /// The roll is taken back from a moment of the way forward, and something goes wrong at a request of the way back.
    Back {
        /// The moment: how many steps were begun or done before.
        moment: u64,
        /// The request, from 1, counted from that moment.
        request: u64,
        /// What goes wrong.
        trouble: Trouble,
    },
}

/// How a case ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Proven {
    /// The farm is as before.
    Restored,
    /// People were told what to do; they did it, and the farm is as before.
    ByHand,
    /// The roll was over, or behind its point of no return: it is not taken back.
    Over,
}

/// A farm that is not what it was.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Broken {
    /// What is otherwise, or what went wrong.
    pub what: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl From<String> for Broken {
    fn from(what: String) -> Self {
        Self { what }
    }
}

/// Where the controller is ended on the way forward.
enum Point {
    Moment(u64),
    Request(u64),
    Never,
}

/// Looks on, and ends the controller where it is told to.
struct Cutter<'a> {
    sim: &'a Sim,
    point: Point,
    seen: AtomicU64,
}

impl Audience for Cutter<'_> {
    fn tell(&self, news: &News<'_>) {
        if !matches!(news, News::Acts(_) | News::Done(_)) {
            return;
        }
        let seen = self.seen.fetch_add(1, Ordering::Relaxed);
        let cut = match self.point {
            Point::Moment(moment) => seen == moment,
            Point::Request(request) => self.sim.state().requests > request,
            Point::Never => false,
        };
        if cut {
            die();
        }
    }
}

impl Ground {
    /// Returns the first farm of so many servers for a roll of this shape, none of which is looked after by hand.
    ///
    /// # Errors
    /// When there is none among the first seeds: a fault of the simulation.
    pub fn first(strategy: Strategy, servers: u32, from: u64) -> Result<Self, Broken> {
        let grounds = (from..from + SEEDS).map(|seed| Self { strategy, servers, seed });
        for ground in grounds {
            let sim = ground.sim()?;
            let seen = &sim.admitted.plan().basis.seen;
            if seen.signing_by_hand().next().is_none() && !(seen.sharepoint.is_empty() && strategy == Strategy::Overlap)
            {
                return Ok(ground);
            }
        }
        Err(Broken { what: format!("no farm of {servers} servers for {strategy:?}") })
    }

    fn sim(&self) -> Result<Sim, Broken> {
        let shape = Shape { strategy: Some(self.strategy), retire: false, ..Shape::calm(self.servers, self.servers) };
        Ok(build(self.seed, &shape)?)
    }

    /// Returns every case: each fault at each request of the way forward, and at each request of the way back from each moment.
    ///
    /// # Errors
    /// When a roll in which nothing goes wrong cannot be taken back.
    pub fn cases(&self) -> Result<Vec<Case>, Broken> {
        let troubles = || KINDS.map(Trouble::Once).into_iter().chain([Trouble::Lasting]);
        let (requests, moments) = self.length()?;
        let forward =
            (1..=requests).flat_map(|request| troubles().map(move |trouble| Case::Forward { request, trouble }));
        let mut cases: Vec<Case> = forward.collect();
        for moment in 0..moments {
            let sim = self.sim()?;
            let before = sim.state().snapshot();
            let mut journal = SimJournal::new(&sim);
            sim.run(&mut journal, Way::Apply, false, &cutter(&sim, Point::Moment(moment)));
            let begun = sim.state().requests;
            if take_back(&sim, &mut journal, &before)? == Proven::Over {
                continue;
            }
            let requests = sim.state().requests - begun;
            cases.extend(
                (1..=requests)
                    .flat_map(|request| troubles().map(move |trouble| Case::Back { moment, request, trouble })),
            );
        }
        Ok(cases)
    }

    /// Returns how many requests and moments the way forward has where nothing goes wrong.
    fn length(&self) -> Result<(u64, u64), Broken> {
        let sim = self.sim()?;
        let cutter = cutter(&sim, Point::Never);
        sim.run(&mut SimJournal::new(&sim), Way::Apply, false, &cutter);
        let requests = sim.state().requests;
        Ok((requests, cutter.seen.load(Ordering::Relaxed)))
    }

    /// After each moment of the way forward the controller dies, and the server that writes the row is gone for good. Returns how
    /// often SharePoint's job was held then, and the end said how it is released.
    ///
    /// # Errors
    /// An end that leaves the job held and does not say so.
    #[cfg(test)]
    pub(super) fn gone_while_the_job_is_held(&self) -> Result<u32, Broken> {
        let mut told = 0;
        for moment in 0..self.length()?.1 {
            let sim = self.sim()?;
            let mut journal = SimJournal::new(&sim);
            sim.run(&mut journal, Way::Apply, false, &cutter(&sim, Point::Moment(moment)));
            let writer = sim.admitted.plan().basis.seen.update_crm.clone();
            sim.state().nodes.iter_mut().filter(|node| node.name == writer).for_each(|node| node.down_until = i64::MAX);
            let end = sim.run(&mut journal, Way::Resume, false, &Nobody);
            let held = sim.state().snapshot().held;
            let RunEnd::End(End::Manual { left, why }) = end else { continue };
            let releases = |one: &Left| one.commands.iter().any(|command| command.contains("Enable-SPTimerJob"));
            for server in held {
                let name = sim.state().nodes[server].name.clone();
                if !left.iter().any(|one| one.node == name.as_str() && releases(one)) {
                    return Err(Broken {
                        what: format!("after moment {moment} the job of {name} is held, told is: {why}"),
                    });
                }
                told += 1;
            }
        }
        Ok(told)
    }

    /// Runs a case.
    ///
    /// # Errors
    /// What is not as before.
    pub fn prove(&self, case: Case) -> Result<Proven, Broken> {
        let sim = self.sim()?;
        let before = sim.state().snapshot();
        let mut journal = SimJournal::new(&sim);
        let (point, first) = match case {
            Case::Forward { request, trouble } => (Point::Request(request), faults(trouble, request)),
            Case::Back { moment, .. } => (Point::Moment(moment), Faults::default()),
        };
        sim.state().faults = first;
        let went = sim.run(&mut journal, Way::Apply, false, &cutter(&sim, point));
        if let RunEnd::End(End::Done | End::NothingToDo) = went {
            return Ok(Proven::Over);
        }
        if let Case::Back { request, trouble, .. } = case {
            let mut state = sim.state();
            state.faults = faults(trouble, state.requests + request);
        }
        take_back(&sim, &mut journal, &before)
    }
}

const fn cutter(sim: &Sim, point: Point) -> Cutter<'_> {
    Cutter { sim, point, seen: AtomicU64::new(0) }
}

fn faults(trouble: Trouble, request: u64) -> Faults {
    match trouble {
        Trouble::Once(fault) => Faults { at: Some((request, fault)), ..Faults::default() },
        Trouble::Lasting => Faults { lasting: Some(request), ..Faults::default() },
    }
}

/// Takes a roll back, in as many runs as it takes. People do what they are told.
fn take_back(sim: &Sim, journal: &mut SimJournal<'_>, before: &Snapshot) -> Result<Proven, Broken> {
    let mut proven = Proven::Restored;
    for _ in 0..RUNS {
        let over = journal.state().ok().and_then(|state| state.over());
        if over.is_some_and(|end| end != EndKind::RolledBack) {
            return Ok(Proven::Over);
        }
        match sim.run(journal, Way::Rollback, false, &Nobody) {
            RunEnd::Died => sim.state().advance(900),
            RunEnd::Stop(Stop::Held(_) | Stop::Fenced(_)) => sim.state().advance(400),
            RunEnd::Stop(Stop::Order(why)) if why.contains("point of no return") => return Ok(Proven::Over),
            RunEnd::Stop(Stop::Order(why)) if why.contains("has not begun") => {
                return as_before(sim, before, Whole::Yes).map(|()| proven);
            }
            RunEnd::Stop(stop) => return Err(Broken { what: format!("the way back was stopped: {stop}") }),
            RunEnd::End(End::Manual { left, why }) => {
                proven = Proven::ByHand;
                by_hand(sim, journal, &left, before)
                    .map_err(|broken| Broken { what: format!("{broken}, after: {why}") })?;
            }
            RunEnd::End(End::RolledBack { .. } | End::NothingToDo) => {
                return as_before(sim, before, Whole::Yes).map(|()| proven);
            }
            RunEnd::End(end @ (End::Done | End::Aborted)) => {
                return Err(Broken { what: format!("taken back, it ended as {end:?}") });
            }
        }
    }
    Err(Broken { what: format!("no end after {RUNS} runs") })
}

/// Does what an end tells people to do, in the order in which it is told. Going on with the roll is left to the caller.
fn by_hand(sim: &Sim, journal: &mut SimJournal<'_>, left: &[Left], before: &Snapshot) -> Result<(), Broken> {
    if left.iter().all(|one| one.commands.is_empty()) {
        return Err(Broken { what: "something is left to do, and no command is told".to_owned() });
    }
    {
        let mut state = sim.state();
        state.mend();
        state.advance(3600);
    }
    // Where the program itself is to do a part, people alone do not restore the farm.
    let mut alone = true;
    for one in left.iter().filter(|one| one.node != "the controller") {
        for command in &one.commands {
            match command.as_str() {
                "s2scert rotate resume" => {
                    alone = false;
                    sim.run(journal, Way::Resume, false, &Nobody);
                }
                "s2scert node describe" => alone = false,
                command => sim.state().typed(&one.node, &one.what, command)?,
            }
        }
    }
    sim.state().advance(120);
    if alone { as_before(sim, before, Whole::No) } else { Ok(()) }
}

/// Whether the roll is over too, so that nothing of it may be left.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Whole {
    Yes,
    No,
}

/// Compares the farm with what it was.
fn as_before(sim: &Sim, before: &Snapshot, whole: Whole) -> Result<(), Broken> {
    // A run of SharePoint's job that goes on ends first. Where a clock was set, one that is long over may have passed for the one that
    // was asked for: trusts then follow with its next run, within a day.
    let set = sim.state().events.iter().any(|event| matches!(event.what, What::ClockSet { .. }));
    sim.state().advance(if set { 90_000 } else { 60 });
    sim.state().advance(60);
    let after = sim.state().snapshot();
    let mut other: Vec<String> = Vec::new();
    let mut tell = |same: bool, what: String| {
        if !same {
            other.push(what);
        }
    };
    tell(before.rows == after.rows, format!("the rows are {:?}", after.rows));
    tell(before.alternatives == after.alternatives, format!("beside the row stands {:?}", after.alternatives));
    tell(before.held == after.held, format!("the job is held on {:?}", after.held));
    for (was, is) in before.trusts.iter().zip(&after.trusts) {
        tell(was == is || was.is_empty(), format!("a trust accepts {is:?}, before {was:?}"));
    }
    for (was, is) in before.nodes.iter().zip(&after.nodes) {
        let name = &is.name;
        tell(same_store(was, is), format!("the store of {name} is {:?}, before {:?}", is.store, was.store));
        let signs = same_processes(before, was, is);
        tell(signs, format!("{name} signs with {:?}, before {:?}", is.signs_with, was.signs_with));
        tell(was.drained == is.drained, format!("{name} is out of the load balancer"));
        tell(whole == Whole::No || !is.staged, format!("a PFX lies on {name}"));
        tell(whole == Whole::No || !is.marked, format!("the marker stands on {name}"));
    }
    if other.is_empty() { Ok(()) } else { Err(Broken { what: other.join("; ") }) }
}

/// A key in the wrong provider that was mended stays mended.
fn same_store(was: &NodeShot, is: &NodeShot) -> bool {
    was.store.len() == is.store.len()
        && was.store.iter().zip(&is.store).all(|(was, is)| (was.0, was.2) == (is.0, is.2) && (is.1 || !was.1))
}

/// A process signs with what it had loaded, or with what one loads that begins on the farm as it was.
fn same_processes(before: &Snapshot, was: &NodeShot, is: &NodeShot) -> bool {
    let named = before.rows.first().copied();
    let loads = named.filter(|cert| was.store.iter().any(|one| one.0 == *cert));
    was.signs_with.iter().zip(&is.signs_with).all(|(was, is)| was == is || *is == loads)
}
