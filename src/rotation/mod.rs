//! A roll of the certificate: plan, lint, admission, engine, journal. Pure but for ports.
//!
//! | file | holds |
//! |---|---|
//! | `basis` | the facts that a plan rests on |
//! | `observe` | looks at a farm through the transport, so that it can be planned for |
//! | `plan` | the plan and its steps: check, act, time |
//! | `belief` | what a plan rests on that nobody has documented |
//! | `planner` | basis in, plan or objections out; the way forward and the way back |
//! | `lint` | reads a plan as a stranger would |
//! | `admission` | whether a plan may be applied |
//! | `record` | the journal: records, and the one order that is legal |
//! | `journal` | the journal as a file: one line a record, each with the hash of the one before |
//! | `evidence` | plan, journal, facts and audit log of a roll in one document |
//! | `season` | whether farm.toml lets something be changed now |
//! | `engine` | takes the steps: look, write down, act, write down, look |
//! | `mutant` | parts of the engine that tests take out |
//! | `token` | what the answer of a site to a token means |
//! | `world` | what the engine needs beside the transport |

pub mod admission;
pub mod basis;
pub mod belief;
pub mod engine;
pub mod evidence;
pub mod journal;
pub mod lint;
pub(crate) mod mutant;
pub mod observe;
pub mod plan;
pub mod planner;
pub mod record;
pub mod season;
pub mod token;
pub mod world;

#[cfg(test)]
mod shapes_tests;
#[cfg(test)]
mod tests;
