//! Sentences about a limit that is reached.

use super::form::{before_words, find_any, goes_on_as_prose, is_quoted};
use crate::domain::run::provider_failure::stop::StopCause;

/// "You've hit your limit", "5-hour limit reached", "Claude AI usage limit reached|…". At the head of a message the words may
/// stand alone; inside it they need what errors have behind them.
pub(super) fn limit_sentence(text: &str, at_head: bool) -> Option<StopCause> {
    for verb in ["hit", "reached", "exceeded", "exhausted"] {
        for subject in ["you've", "you have"] {
            let words = format!("{subject} {verb} your");
            for (at, _) in text.match_indices(&words) {
                if (at_head && at > 0) || is_quoted(text, at) {
                    continue;
                }
                let rest: String = text[at + words.len()..].chars().take(60).collect();
                let Some(limit) = find_any(&rest, &["limit", "quota"]) else {
                    continue;
                };
                if rest[..limit].contains(['.', '!', '?', '·', ',']) {
                    continue;
                }
                let after = rest[limit..].trim_start_matches(char::is_alphanumeric);
                if !goes_on_as_prose(after) {
                    return Some(StopCause::Limit);
                }
            }
        }
    }
    for (at, words) in text
        .match_indices("limit reached")
        .chain(text.match_indices("limit has been reached"))
        .chain(text.match_indices("limit hit"))
    {
        if is_quoted(text, at) {
            continue;
        }
        let rest = &text[at + words.len()..];
        if rest.starts_with(|c: char| c.is_alphanumeric()) || goes_on_as_prose(rest) {
            continue;
        }
        let before = &text[..at];
        let told = rest.trim_start().starts_with(['|', '·', '('])
            || find_any(rest, &["reset", "try again", "retry"]).is_some();
        let names_it = before_words(before, 4)
            .iter()
            .any(|word| LIMIT_NAMES.contains(word));
        let opens = before_words(before, 5).len() < 5 && !before.contains(['.', ';']);
        if at_head && at == 0 && rest.trim_start().starts_with("· resets ") {
            return Some(StopCause::Limit);
        }
        if names_it && (told || (at_head && opens && rest.trim_matches(['.', '!', ' ']).len() < 60))
        {
            return Some(StopCause::Limit);
        }
    }
    None
}

/// What limits are called.
const LIMIT_NAMES: &[&str] = &[
    "usage",
    "5-hour",
    "five-hour",
    "hour",
    "hourly",
    "session",
    "weekly",
    "daily",
    "monthly",
    "opus",
    "sonnet",
    "haiku",
    "rate",
    "token",
    "claude",
    "ai",
    "spending",
    "spend",
    "plan",
    "account",
    "7-day",
];
