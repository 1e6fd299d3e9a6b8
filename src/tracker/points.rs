//! What a tick spent of a forge's rate limit.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer};

/// One budget of one token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Points {
    /// The forge.
    pub service: &'static str,
    /// Which budget of it: `graphql`, or `core` for REST.
    pub budget: String,
    /// Points that this tick spent; with REST, one per request.
    pub used: u64,
    /// Points that are left to everybody who uses the token.
    pub left: u64,
    /// Points of a whole window; on GitHub, an hour.
    pub limit: u64,
    /// When the window ends; `null` when the forge does not tell.
    #[serde(serialize_with = "seconds")]
    pub resets_at: Option<DateTime<Utc>>,
}

fn seconds<S: Serializer>(at: &Option<DateTime<Utc>>, serializer: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => serializer.serialize_str(&at.to_rfc3339_opts(SecondsFormat::Secs, true)),
        None => serializer.serialize_none(),
    }
}
