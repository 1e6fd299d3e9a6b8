//! One request to somebody who only wants to hear of a tick: it is short, and nothing depends on it.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::{Clock, Deadline};
use crate::domain::config::Config;
use crate::http::{Call, Http};

/// The longest that a tick waits for one of them, before it begins or after it ended.
const TOLD_MAX: Duration = Duration::from_secs(5);

/// Sends the request, on time of its own.
///
/// # Errors
///
/// Why it was not taken, without the address.
pub(super) fn tell(call: &Call<'_>, config: &Config, clock: &dyn Clock) -> Result<(), String> {
    let deadline = Deadline::start(clock, TOLD_MAX, Arc::default());
    let http = Http::new(deadline).trusting_also(config.ca_file.clone());
    let answer = http.send(call).map_err(|error| error.detail)?;
    if (200..300).contains(&answer.status) {
        Ok(())
    } else {
        Err(format!("HTTP {}", answer.status))
    }
}
