//! What is left of GitHub's rate limit for one token.

use super::asker::Asker;
use super::lines::Lines;

/// Points of the rate limit below which a day of ticks may not go through.
const POINTS_LOW: u64 = 500;

/// What is left of the rate limit of a token.
pub(super) fn budget(lines: &mut Lines, asker: &Asker<'_>, subject: &str) {
    let Ok(got) = asker.get("read the rate limit", &["rate_limit"]) else {
        return;
    };
    let left = |name: &str| got.json["resources"][name]["remaining"].as_u64();
    if let (Some(core), Some(graphql)) = (left("core"), left("graphql")) {
        let fact = format!("{core} requests and {graphql} points are left in this hour");
        if core.min(graphql) < POINTS_LOW {
            lines.warn(
                subject,
                fact,
                "see who else uses this token, or give AFK one of its own",
            );
        } else {
            lines.ok(subject, fact);
        }
    }
}
