//! What is read at most. A PFX is opened before anything in it is proven, so each bound holds for hostile files.

use crate::cert::der;

/// The largest file that is read, in octets: 16 MiB. A trust store of every public root has 0.3 MiB.
pub const MAX_FILE_SIZE: usize = der::MAX_SIZE;

/// How deep elements may nest. An honest file with a nested safe contents needs about 20 levels of BER.
pub const MAX_DEPTH: usize = der::MAX_DEPTH;

/// The iterations of one key derivation: 10 million, a few seconds of work. Windows writes 2,000, OpenSSL 2,048, Java 10,000.
/// A fuzz target must not spend its time on this one field, so the bound is lower where the compiler is told of fuzzing.
pub const MAX_ITERATIONS: u32 = if cfg!(fuzzing) { 4_096 } else { 10_000_000 };

/// The iterations of all key derivations together, tries of other password encodings included: MAC, certificates and key
/// at the bound of one.
pub const MAX_TOTAL_ITERATIONS: u64 = 3 * MAX_ITERATIONS as u64;

/// The number of bags, nested ones included. The largest trust stores hold some hundred.
pub const MAX_BAGS: usize = 10_000;
