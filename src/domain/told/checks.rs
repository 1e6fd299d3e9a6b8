//! Failed checks, and those that wait for a person, in lines for bells.
//!
//! Comments list them with links of their own (`hand_back`).

use crate::domain::reason::ReasonCode;
use crate::domain::verdict::ci::FailedCheck;

/// How many checks a bell names.
const CHECKS_MAX: usize = 3;

/// What the checks of a run that ended with this code are called: what waits for a person is not red.
#[must_use]
pub fn named(code: ReasonCode) -> &'static str {
    if code == ReasonCode::CiBlocked {
        "needs a person"
    } else {
        "red"
    }
}

/// Returns a line for each of the first checks, without markup; each begins with a line end. Names are of others: whoever
/// shows the lines redacts them.
#[must_use]
pub fn lines(code: ReasonCode, checks: &[FailedCheck]) -> String {
    let named = named(code);
    let (first, rest) = named.split_at(1);
    let mut lines = String::new();
    for check in checks.iter().take(CHECKS_MAX) {
        let url = check.url.as_deref().unwrap_or_default();
        let line = format!("\n{}{rest}: {} {url}", first.to_uppercase(), check.name);
        lines.push_str(line.trim_end_matches(' '));
    }
    lines
}
