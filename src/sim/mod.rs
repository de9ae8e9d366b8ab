//! A farm that is not there, behind the same transport port, with a virtual clock and faults.
//!
//! | file | holds |
//! |---|---|
//! | `state` | the farm at one moment, and what time does to it |
//! | `node` | the rules of a node: fence, lease, marker, attempt, `busy` |
//! | `acts` | what actions see and do, Microsoft's script among them |
//! | `describe` | what a node tells of itself |
//! | `fault` | what goes wrong, drawn from the seed |
//! | `hand` | people who do their part |
//! | `world` | the ports of the engine; a controller that can die; a second operator |
//! | `build` | a simulation: a farm, and what goes wrong |
//! | `chance` | a farm from a seed |
//! | `load` | a farm as a real one was seen |
//! | `roll` | one roll from a seed, in as many runs as it takes |
//! | `trace` | what happened, as plain values |
//! | `back` | a roll that is taken back from every point, and people who do what they are told |
//! | `typed` | what a person types on a server |
//! | `checker` | the invariants, apart from planner and engine |
//! | `gap` | that of them which is about `overlap` |

mod acts;
pub mod back;
mod build;
mod chance;
pub mod checker;
mod describe;
pub mod dice;
pub mod fault;
mod gap;
mod hand;
mod load;
mod node;
pub mod roll;
mod state;
pub mod trace;
mod typed;
mod world;

#[cfg(test)]
mod back_tests;
#[cfg(test)]
mod conformance;
#[cfg(test)]
mod season_tests;
#[cfg(test)]
mod tests;

pub use world::RunEnd;
