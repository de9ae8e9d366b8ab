//! Looking once more at everything that a roll has to prove, without the lease and without changing anything.

use super::look::Look;
use super::{Engine, Operator, Stop};
use crate::farm::description::Farm;
use crate::rotation::admission::Admitted;
use crate::rotation::plan::{Phase, Step};
use crate::rotation::record::Journal;
use crate::rotation::world::World;

/// What a look found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// It is so.
    So,
    /// It is not so, and why.
    Not(String),
    /// It could not be seen, and why.
    Unseen(String),
}

impl Verdict {
    /// Returns it as a word (`so`, `not`, `unseen`), and why.
    #[must_use]
    pub fn parts(self) -> (&'static str, Option<String>) {
        match self {
            Self::So => ("so", None),
            Self::Not(why) => ("not", Some(why)),
            Self::Unseen(why) => ("unseen", Some(why)),
        }
    }
}

/// Looks at every step that proves, and at what others have to do.
///
/// # Errors
/// When the journal cannot be used.
pub fn verify<'a>(
    admitted: &'a Admitted,
    farm: &'a Farm,
    world: World<'a>,
    journal: &'a mut dyn Journal,
    operator: &Operator,
) -> Result<Vec<(&'a Step, Verdict)>, Stop> {
    let mut engine = Engine::new(admitted, farm, world, journal, operator)?;
    engine.patient = false;
    let proves = |step: &&Step| matches!(step.phase, Phase::Verify | Phase::HandOver);
    let mut verdicts = Vec::new();
    for step in admitted.plan().steps.iter().filter(proves) {
        let verdict = match engine.look(step)? {
            Look::Holds => Verdict::So,
            Look::Not(why) => Verdict::Not(why),
            Look::Unseen(why) => Verdict::Unseen(why),
        };
        verdicts.push((step, verdict));
    }
    Ok(verdicts)
}
