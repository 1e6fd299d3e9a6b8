//! A door for tests of adapters: answers that never were on a network.
//!
//! Used by unit tests, by `tests/hostile_input` and by the fuzz targets; nothing of the product calls it.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::call::Call;

/// Answers a request in place of a network; `None` when no answer comes.
pub type Script<'a> = dyn Fn(&Call<'_>) -> Option<ScriptedAnswer> + Sync + 'a;

/// An answer that never was on a network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScriptedAnswer {
    /// The HTTP status.
    pub status: u16,
    /// Headers; those that no HTTP library would let pass are left out.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body, as it arrives.
    pub body: Vec<u8>,
}

impl ScriptedAnswer {
    pub(super) fn headers(&self) -> HeaderMap {
        self.headers
            .iter()
            .filter_map(|(name, value)| {
                let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
                Some((name, HeaderValue::from_bytes(value).ok()?))
            })
            .collect()
    }
}
