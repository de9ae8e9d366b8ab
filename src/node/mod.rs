//! What happens on one server. Decisions come from the pure rooms, the world is touched through the ports.

pub mod access;
pub mod acts;
pub mod engine;
pub mod protocol;
pub mod store;
