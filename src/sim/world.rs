//! The simulated farm behind the ports of the engine, and a controller that can die.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::acts::{password, signature};
use super::node::Carried;
use super::state::State;
use super::trace::{Ending, What};
use crate::cert::pfx::PfxProfile;
use crate::farm::description::{ArgumentList, Farm, Node, Organization};
use crate::ports::{CarryError, Clock, Random, Transport};
use crate::protocol::{Answer, Hex, Id, Octets, ProofFacts, Request, SecretBytes, SecretText, Text};
use crate::rotation::admission::Admitted;
use crate::rotation::engine::{self, End, Operator, Stop, Way};
use crate::rotation::plan::Plan;
use crate::rotation::record::{self, Illegal, Journal, JournalError, Record, Recorded};
use crate::rotation::world::{Audience, Balancer, CredentialSource, Metadata, Nobody, Patience, Sealed, World};

/// The controller of a simulation died.
struct Dead;

/// Ends the controller that runs on this thread.
pub(super) fn die() -> ! {
    resume_unwind(Box::new(Dead))
}

/// A simulated farm.
pub(super) struct Sim {
    state: Mutex<State>,
    /// Every record that any controller wrote, so that another can read it from a node.
    library: Mutex<Vec<Arc<Record>>>,
    rival: Mutex<Option<Rival>>,
    nested: AtomicBool,
    pub(super) farm: Farm,
    pub(super) admitted: Admitted,
    /// Another plan for the same farm, where somebody comes with one.
    pub(super) other: Option<Admitted>,
}

/// A second operator.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rival {
    /// At which request of the first it comes.
    pub at: u64,
    /// Whether the first stalls for longer than its lease, so that the second takes the roll over.
    pub takes_over: bool,
    /// Whether the second comes with a plan of his own.
    pub other: bool,
    /// Whether the second resumes the roll of the first, or applies its plan.
    pub resumes: bool,
}

/// How a run of a controller ended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum RunEnd {
    /// It came to an end.
    End(End),
    /// It was not its to go on.
    Stop(Stop),
    /// It died.
    Died,
}

impl Sim {
    pub(super) fn new(state: State, farm: Farm, plans: (Admitted, Option<Admitted>), rival: Option<Rival>) -> Self {
        let (admitted, other) = plans;
        Self {
            state: Mutex::new(state),
            library: Mutex::default(),
            rival: Mutex::new(rival),
            nested: AtomicBool::new(false),
            farm,
            admitted,
            other,
        }
    }

    /// Returns what the farm has become, and the plan.
    pub(super) fn into_parts(self) -> (State, Plan) {
        (self.state.into_inner().unwrap_or_else(PoisonError::into_inner), self.admitted.into_plan())
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        // A controller that dies holds no lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn library(&self) -> MutexGuard<'_, Vec<Arc<Record>>> {
        self.library.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a record where any controller can read it, and returns its number.
    fn keep(&self, record: &Arc<Record>) -> u64 {
        let mut library = self.library();
        library.push(Arc::clone(record));
        library.len() as u64 - 1
    }

    /// Lets a controller take the roll up, until it ends or dies.
    pub(super) fn run(&self, journal: &mut SimJournal<'_>, way: Way, other: bool, audience: &dyn Audience) -> RunEnd {
        let (run, before) = {
            let mut state = self.state();
            let before = state.run;
            let run = state.events.iter().map(|event| event.run).max().unwrap_or_default() + 1;
            state.run = run;
            state.tell(What::RunBegins { other });
            (run, before)
        };
        let owner = Text::told(&format!("operator {run}"));
        let operator = Operator { owner, take_over: None };
        let world = self.world(audience);
        let plan = self.other.as_ref().filter(|_| other).unwrap_or(&self.admitted);
        let went = catch_unwind(AssertUnwindSafe(|| engine::run(plan, &self.farm, world, journal, way, &operator)));
        let end = match went {
            Ok(Ok(end)) => RunEnd::End(end),
            Ok(Err(stop)) => RunEnd::Stop(stop),
            Err(payload) if payload.is::<Dead>() => RunEnd::Died,
            Err(payload) => resume_unwind(payload),
        };
        let mut state = self.state();
        state.tell_as(run, ending(&end));
        state.run = before;
        end
    }

    fn world<'a>(&'a self, audience: &'a dyn Audience) -> World<'a> {
        World {
            transport: self,
            metadata: self,
            credential: self,
            clock: self,
            patience: self,
            random: self,
            audience,
            balancer: self,
        }
    }

    /// A second operator comes, if it is his time.
    fn rival_comes(&self) {
        if self.nested.load(Ordering::Relaxed) {
            return;
        }
        let mut waiting = self.rival.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(rival) = waiting.filter(|rival| rival.at <= self.state().requests) else { return };
        *waiting = None;
        drop(waiting);
        self.nested.store(true, Ordering::Relaxed);
        let faults = std::mem::take(&mut self.state().faults);
        if rival.takes_over {
            self.state().advance(400);
        }
        let mut journal = SimJournal::new(self);
        let way = if rival.resumes && !rival.other { Way::Resume } else { Way::Apply };
        self.run(&mut journal, way, rival.other, &Nobody);
        self.state().faults = faults;
        self.nested.store(false, Ordering::Relaxed);
    }
}

fn ending(end: &RunEnd) -> What {
    match end {
        RunEnd::Died => What::Died,
        RunEnd::Stop(_) => What::RunEnds(Ending::Stopped),
        RunEnd::End(End::Done) => What::RunEnds(Ending::Done),
        RunEnd::End(End::RolledBack { .. }) => What::RunEnds(Ending::RolledBack),
        RunEnd::End(End::NothingToDo | End::Aborted) => What::RunEnds(Ending::Nothing),
        RunEnd::End(End::Manual { left, .. }) => What::RunEnds(Ending::Manual {
            named: left.iter().map(|one| one.node.clone()).collect(),
            commands: left
                .iter()
                .flat_map(|one| one.commands.iter().map(|told| (one.node.clone(), told.clone())))
                .collect(),
        }),
    }
}

impl Transport for Sim {
    fn ask(&self, node: &Node, request: &Request, _: Duration) -> Result<Answer, CarryError> {
        self.rival_comes();
        let Carried { result, dies } = self.state().carry(node.name.as_str(), request);
        if dies {
            die();
        }
        result
    }
}

impl Metadata for Sim {
    fn certificates(&self, node: &Node, _: &Organization) -> Result<Vec<Hex<20>>, String> {
        let mut state = self.state();
        state.advance(1);
        let number = state.places.get(node.name.as_str()).copied().ok_or("no such server")?;
        if state.nodes[number].down_until > state.now {
            return Err("the server does not answer".to_owned());
        }
        let shown = state.document(number)?;
        Ok(shown.into_iter().map(|cert| state.thumbprint(cert)).collect())
    }
}

impl CredentialSource for Sim {
    fn seal(&self, _: PfxProfile) -> Result<Sealed, String> {
        let mut state = self.state();
        state.sealed += 1;
        let pfx = SecretBytes::new(Zeroizing::new(state.sealed.to_string().into_bytes()));
        Ok(Sealed { pfx, password: SecretText::new(password(state.sealed)) })
    }

    fn proven(&self, proof: &ProofFacts, node: &Node, nonce: &Hex<32>, _: &Id) -> bool {
        let thumbprint = self.admitted.plan().basis.asked.certificate.thumbprint;
        proof.signature.as_bytes() == signature(nonce, &thumbprint, node.name.as_str())
    }
}

impl Balancer for Sim {
    fn run(&self, command: &ArgumentList) -> Result<(), String> {
        let mut state = self.state();
        state.advance(5);
        if state.faults.left > 0 && state.dice.below(30) == 0 {
            state.faults.left -= 1;
            return Err("the load balancer does not answer".to_owned());
        }
        let [_, part, name] = command.words() else { return Err("no such command".to_owned()) };
        let node = state.places.get(name).copied().ok_or("no such server")?;
        let out = part == "drain";
        state.nodes[node].drained = out;
        state.tell(What::Drained { node, out });
        Ok(())
    }
}

impl Clock for Sim {
    fn now(&self) -> Timestamp {
        self.state().controller_clock()
    }
}

impl Patience for Sim {
    fn pause(&self, span: Duration) {
        self.state().advance(span.as_secs() as i64);
    }
}

impl Random for Sim {
    fn fill(&self, buffer: &mut [u8]) -> io::Result<()> {
        let mut state = self.state();
        for part in buffer.chunks_mut(8) {
            let octets = state.dice.next().to_le_bytes();
            part.copy_from_slice(&octets[..part.len()]);
        }
        Ok(())
    }
}

/// The journal of one controller. It outlives him.
pub(super) struct SimJournal<'a> {
    sim: &'a Sim,
    records: Vec<(u64, Arc<Record>)>,
}

impl<'a> SimJournal<'a> {
    pub(super) const fn new(sim: &'a Sim) -> Self {
        Self { sim, records: Vec::new() }
    }

    /// Somebody says that a step is done that is done by hand: as the program does it, here and without the lease.
    pub(super) fn say(&mut self, step: Id) {
        let at = self.sim.state().controller_clock();
        let (by, note) = (Text::told("somebody"), Text::told("seen"));
        let record = Arc::new(Record::Recorded(Recorded { step, by, note, at }));
        let number = self.sim.keep(&record);
        self.records.push((number, record));
    }

    fn die_perhaps(&self) {
        if self.sim.state().dies_at_journal() {
            die();
        }
    }
}

impl Journal for SimJournal<'_> {
    fn records(&self) -> Vec<Record> {
        self.records.iter().map(|(_, record)| Record::clone(record)).collect()
    }

    fn state(&self) -> Result<record::State, Illegal> {
        record::State::of(self.records.iter().map(|(_, record)| &**record))
    }

    fn length(&self) -> u32 {
        self.records.len() as u32
    }

    fn append(&mut self, record: &Record) -> Result<(), JournalError> {
        self.die_perhaps();
        let record = Arc::new(record.clone());
        self.records.push((self.sim.keep(&record), record));
        self.die_perhaps();
        Ok(())
    }

    fn octets(&self, index: u32) -> Option<Octets> {
        let (number, _) = self.records.get(index as usize)?;
        Octets::new(number.to_le_bytes().to_vec())
    }

    fn take_over(&mut self, from: u32, records: &[Octets]) -> Result<(), JournalError> {
        self.records.truncate(from as usize);
        for octets in records {
            let number = <[u8; 8]>::try_from(octets.as_bytes()).map(u64::from_le_bytes);
            let number = number.map_err(|_| JournalError("no record".to_owned()))?;
            let record = self.sim.library().get(number as usize).cloned();
            self.records.push((number, record.ok_or_else(|| JournalError("no such record".to_owned()))?));
        }
        Ok(())
    }
}
