//! What a run's thread is doing (SPEC 6, `contracts/t3` section 6), and what our own messages in it tell.
//!
//! It judges one reading and remembers nothing: a turn counts for the newest request in the thread only, which
//! is found by the times and the order of what the thread lists. It does not know commits, verdicts or endings,
//! and it never takes "turn over" for "work done".
//!
//! Words of the server are kept as they came, because servers differ and change: a word nobody knows becomes
//! [`ThreadState::Unknown`], which waits, and which callers bound by time.
//!
//! `facts` is what was read, `judge` the rules, `stopped` those for stops that are nobody's fault, `reading` what they come to.

mod facts;
mod judge;
mod reading;
mod stopped;

pub use self::facts::{
    CheckpointFacts, DETAIL_MAX_CHARS, LAST_WORDS_MAX_CHARS, LastWords, OpenRequest, OpenTask,
    OurMessage, RetryWarning, SessionFacts, StartFailure, ThreadFacts, ThreadLog, TurnFacts,
    WaitsFor,
};
pub use self::judge::thread_state;
pub use self::reading::{Death, Failure, SessionSign, ThreadReading, ThreadState, explanation};

#[cfg(test)]
mod tests;
