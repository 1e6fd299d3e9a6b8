//! What a bearer of T3 tells of itself: when it ends.
//!
//! T3 makes it of two parts in base64url, what it says and a signature. Only the server can tell whether it is good: this
//! trusts nothing, and asks nobody.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde::Deserialize;

use crate::domain::config::Secret;

/// Returns when a bearer ends, by its own word; `None` when it is of another form.
#[must_use]
pub fn token_end(token: &Secret) -> Option<DateTime<Utc>> {
    #[derive(Deserialize)]
    struct Claims {
        /// In milliseconds.
        exp: i64,
    }
    let (said, _) = token.expose().split_once('.')?;
    let said = URL_SAFE_NO_PAD.decode(said.trim_end_matches('=')).ok()?;
    let claims: Claims = serde_json::from_slice(&said).ok()?;
    DateTime::from_timestamp_millis(claims.exp)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(token: &str) -> Option<i64> {
        token_end(&Secret::parse(token).unwrap()).map(|end| end.timestamp())
    }

    #[test]
    fn a_bearer_tells_its_end_in_milliseconds_and_anything_else_tells_none() {
        let of = |said: &str| format!("{}.c2lnbmF0dXJl", URL_SAFE_NO_PAD.encode(said));
        let claims = r#"{"v":1,"kind":"session","sid":"s","iat":1,"exp":1767225600123}"#;
        assert_eq!(end(&of(claims)), Some(1_767_225_600));
        assert_eq!(
            end(&of(claims).replacen('.', "==.", 1)),
            Some(1_767_225_600)
        );
        for other in [
            "t3-sandbox-bearer".to_owned(),
            "a.b".to_owned(),
            of("nonsense"),
            of("{}"),
            of(r#"{"exp":"soon"}"#),
            of(r#"{"exp":9223372036854775807}"#),
            // A token of three parts has its end in the second one.
            format!("e30.{}", of(claims)),
        ] {
            assert_eq!(end(&other), None, "{other}");
        }
    }
}
