//! Runs that stopped although neither their issue nor their agent is to blame (SPEC 6, "Stopped by its provider").
//!
//! A provider that has no quota left, is overloaded or refuses our credentials ends a turn as if the work were done: what
//! tells is the last thing that the agent shows. So form and place count here. A report *about* rate limits is no failure.
//! When in doubt it is none: the run is then handed back, which a person sees, instead of resumed, which nobody sees.
//!
//! `words` recognises the error, `reset_time` reads when the provider takes work again, `stop` is what comes of it. Which facts are the last ones is
//! judged by `thread_state`; what is done about it, by the decision table.

mod reset_time;
mod stop;
mod words;

pub use self::reset_time::{Told, told_time};
pub use self::stop::{GRACE, SAID_MAX_CHARS, Stop, StopCause, WAIT_FIRST, WAIT_MAX, default_wait};
pub use self::words::{Place, cause_by_status, cause_of, error_in};
