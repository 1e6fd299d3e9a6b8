//! A record of decisions: what was decided, when, and from what, one line each, so that it can be decided again.
//!
//! It writes and reads no file, and decides nothing by itself: `StartBasis` and `RunBasis` ask the functions that ticks ask.
//! Texts of people are not in it, and what looks like a secret is taken out of what services said.

mod line;
mod replay;

pub use self::line::{Line, Tick};
pub use self::replay::{Difference, Outcome, replay};

/// Version of the form of a line.
pub const VERSION: u32 = 1;

/// Version of the rules. It is raised whenever the same facts may be decided otherwise than before, so that a difference
/// between two releases can be told from one between two machines.
pub const POLICY_VERSION: u32 = 1;
