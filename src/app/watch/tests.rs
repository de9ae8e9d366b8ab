//! The watch on a machine of which everything but the state folder is in memory.
