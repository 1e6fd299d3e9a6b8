//! The port to the places where doorbells ring.
//!
//! A sink rings once per call and says whether it rang. It remembers nothing: who rang before is noted elsewhere.

use std::time::Duration;

use crate::domain::told::message::Message;
use crate::domain::told::notification::Notification;
use crate::service_error::{FailureKind, ServiceError};

pub mod ntfy;
pub mod slack;

/// The longest that one request to a sink may take, so that a sink that hangs does not use up a tick's time. A real ntfy that was
/// slow took twelve seconds; who gives up sooner rings it again with every tick.
pub const REQUEST_MAX: Duration = Duration::from_secs(15);

/// The time at the end of a tick in which no bell rings any more, so that every bell that rang can be noted.
pub const NOTE_TIME: Duration = Duration::from_secs(5);

/// A place where doorbells ring.
pub trait Sink: Sync {
    /// Returns the sink's name: one word without commas, the same for ever, because receipts are noted under it.
    fn name(&self) -> &'static str;

    /// Rings.
    ///
    /// # Errors
    ///
    /// Any: then it may not have rung, and the next tick rings again. It may ring twice when only the answer was lost.
    fn ring(&self, notification: &Notification) -> Result<(), ServiceError>;

    /// Sends a message that is no bell.
    ///
    /// # Errors
    ///
    /// As [`Sink::ring`].
    fn tell(&self, message: &Message) -> Result<(), ServiceError>;
}

/// What a 4xx means that is not the sink's own word, so that something before it answers: a router while a container restarts, or a
/// gateway that wants somebody to log in. The sink refused nothing, and the next ticks ring again until their patience ends.
const fn before_the_sink(status: u16) -> FailureKind {
    match status {
        // Too large for whatever it is: about this message alone, so that others are sent all the same.
        413 | 414 | 431 => FailureKind::Unreadable,
        _ => FailureKind::Unreachable,
    }
}
