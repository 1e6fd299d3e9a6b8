//! The port to the places where doorbells ring.
//!
//! A sink rings once per call and says whether it rang. It remembers nothing: who rang before is noted elsewhere.

use std::time::Duration;

use crate::domain::told::message::Message;
use crate::domain::told::notification::Notification;
use crate::service_error::ServiceError;

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
