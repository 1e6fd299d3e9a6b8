//! Sentences about a limit that is reached.
//!
//! Two of them are the programs' own and believed in short messages ("You've hit your limit", "5-hour limit reached"). Others
//! mean the same and are written by people, too: those count with a reset behind them, or as all that is said.

use super::behind::ends_as_of_a_program;
use super::form::{
    before_words, ends_there, find_any, goes_on_as_prose, is_inside_quotes, is_quoted, words_of,
};
use crate::domain::run::provider_failure::stop::StopCause;

/// "You've hit your limit", "5-hour limit reached", "Claude AI usage limit reached|…". At the head of a message the words may
/// stand alone; inside it they need what errors have behind them.
pub(super) fn limit_sentence(text: &str, at_head: bool) -> Option<StopCause> {
    let found = you_hit_it(text, at_head)
        || it_is_reached(text, at_head)
        || it_is_exceeded(text, at_head)
        || you_are_out_of_it(text, at_head);
    found.then_some(StopCause::Limit)
}

/// What is done to a limit; the first ones with "you've" and "your" are the programs' own words.
const VERBS: &[(&str, bool)] = &[
    ("hit ", true),
    ("reached ", true),
    ("exceeded ", true),
    ("exhausted ", true),
    ("used up ", false),
    ("used all of ", false),
    ("used all ", false),
    ("run out of ", false),
];

/// "You've hit your limit", "You have reached the weekly usage limit · resets …".
fn you_hit_it(text: &str, at_head: bool) -> bool {
    text.match_indices("you").any(|(at, you)| {
        if (at_head && at > 0) || is_quoted(text, at) {
            return false;
        }
        let rest = &text[at + you.len()..];
        let (is_perfect, rest) = match strip_any(rest, &["'ve ", " have "]) {
            Some(rest) => (true, rest),
            None => (false, rest.strip_prefix(' ').unwrap_or_default()),
        };
        let rest = strip_any(rest, &["already ", "now ", "just "]).unwrap_or(rest);
        let verb = VERBS
            .iter()
            .find_map(|(verb, is_own)| Some((*is_own, rest.strip_prefix(verb)?)));
        let Some((is_own, rest)) = verb else {
            return false;
        };
        let (is_yours, rest) = match rest.strip_prefix("your ") {
            Some(rest) => (true, rest),
            None => (false, rest.strip_prefix("the ").unwrap_or_default()),
        };
        let near: String = rest.chars().take(60).collect();
        let named = find_any(&near, &["limit", "quota"]);
        let Some(limit) = named.or_else(|| find_any(&near, &["usage"])) else {
            return false;
        };
        let name = &near[..limit];
        let after = rest[limit..].trim_start_matches(char::is_alphanumeric);
        if ends_a_sentence(name) {
            return false;
        }
        if is_perfect && is_own && is_yours && named.is_some() {
            return !goes_on_as_prose(after);
        }
        begins_sentence(text, at) && is_name(name) && is_believed(after, at_head && names_it(name))
    })
}

/// "5-hour limit reached ∙ resets 11pm", "usage limit has been reached".
fn it_is_reached(text: &str, at_head: bool) -> bool {
    let mut found = text
        .match_indices("limit reached")
        .chain(text.match_indices("limit has been reached"))
        .chain(text.match_indices("limit hit"));
    found.any(|(at, words)| {
        let rest = &text[at + words.len()..];
        if is_quoted(text, at)
            || rest.starts_with(|c: char| c.is_alphanumeric())
            || goes_on_as_prose(rest)
        {
            return false;
        }
        let before = &text[..at];
        let told = rest.trim_start().starts_with(['|', '·', '('])
            || find_any(rest, &["reset", "try again", "retry"]).is_some();
        let named = before_words(before, 4)
            .iter()
            .any(|word| LIMIT_NAMES.contains(word));
        let opens =
            before_words(before, 5).len() < 5 && !before.contains(';') && !ends_a_sentence(before);
        if at_head && at == 0 && rest.trim_start().starts_with("· resets ") {
            return true;
        }
        let is_short = rest.trim_matches(['.', '!', ' ']).len() < 60;
        named && (told || (at_head && opens && is_short))
    })
}

/// "Your weekly usage limit is reached · resets …", "Weekly limit exceeded", "Usage limit exhausted. Resets in 3 hours".
fn it_is_exceeded(text: &str, at_head: bool) -> bool {
    let mut found = text
        .match_indices("limit")
        .chain(text.match_indices("quota"));
    found.any(|(at, limit)| {
        let rest = &text[at + limit.len()..];
        let rest = rest.strip_prefix('s').unwrap_or(rest);
        let sentences = [" has been", " have been", " is now", " is", " are", " was"];
        let (is_headline, rest) = match strip_any(rest, &sentences) {
            Some(rest) => (false, rest),
            None => (true, rest),
        };
        let verbs = [" reached", " exceeded", " exhausted", " hit", " used up"];
        let Some(after) = strip_any(rest, &verbs) else {
            return false;
        };
        let name = sentence_before(text, at);
        let begins_at = at - name.len();
        let is_first = at_head && words_of(&text[..begins_at]).next().is_none();
        // "The rate limit is exceeded" may be anybody's, in the middle of other words.
        let is_ours = is_first || words_of(name).any(|word| !OF_ANYBODY.contains(&word));
        is_name(name)
            && names_it(name)
            && is_ours
            && !is_quoted(text, begins_at)
            && !is_inside_quotes(text, at)
            && is_believed(after, is_first && is_headline)
    })
}

/// "You're out of usage · resets 6pm (UTC)".
fn you_are_out_of_it(text: &str, at_head: bool) -> bool {
    text.match_indices("you").any(|(at, you)| {
        let rest = &text[at + you.len()..];
        let out = [
            "'re out of ",
            " are out of ",
            "'ve run out of ",
            " have run out of ",
        ];
        let Some(rest) = strip_any(rest, &out) else {
            return false;
        };
        let rest = strip_any(rest, &["your ", "included ", "extra ", "free "]).unwrap_or(rest);
        let things = [
            "usage credits",
            "usage",
            "messages",
            "requests",
            "prompts",
            "tokens",
            "quota",
        ];
        let Some(after) = strip_any(rest, &things) else {
            return false;
        };
        let is_head = at_head && at == 0;
        begins_sentence(text, at) && !is_inside_quotes(text, at) && is_believed(after, is_head)
    })
}

/// Whether what stands behind a limit makes an error of it: a reset, or nothing where `may_be_all`.
fn is_believed(after: &str, may_be_all: bool) -> bool {
    // "Limit for Opus 4.5 · resets 3am".
    let after = match after.strip_prefix(" for ") {
        Some(rest) => {
            let name: usize = rest
                .split_inclusive(' ')
                .take(4)
                .take_while(|word| is_name(word) && words_of(word).next().is_some())
                .map(str::len)
                .sum();
            &rest[name..]
        }
        None => after,
    };
    let trimmed = after.trim_start();
    let ends = ends_there(after);
    let goes_on_with_reset = ANCHORS.iter().any(|anchor| trimmed.starts_with(anchor));
    let is_short = after.trim_matches(['.', '!', ' ']).chars().count() < 60;
    (ends || goes_on_with_reset) && tells_reset(after)
        || (ends_as_of_a_program(after) && may_be_all && is_short)
}

/// What stands before a reset.
const ANCHORS: &[&str] = &[
    "resets",
    "reset",
    "try again",
    "retry",
    "available",
    "regain access",
    "come back",
    "renews",
];

/// How far behind a limit its reset begins, in characters.
const RESET_REACH: usize = 80;

/// Whether a reset is told with its moment: "resets 3am", "try again in 20 minutes", "|1751234567".
pub(super) fn tells_reset(after: &str) -> bool {
    const FILLERS: &[&str] = &["at", "on", "by", "in", "after", "again", "until", "around"];
    const MOMENTS: &[&str] = &[
        "tomorrow", "midnight", "noon", "an", "next", "mon", "tue", "wed", "thu", "fri", "sat",
        "sun", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ];
    if let Some(rest) = after.trim_start().strip_prefix('|') {
        return rest.trim_start().starts_with(|c: char| c.is_ascii_digit());
    }
    let near: String = after.chars().take(RESET_REACH).collect();
    ANCHORS.iter().any(|anchor| {
        near.match_indices(anchor).any(|(at, anchor)| {
            let mut words = words_of(&after[at + anchor.len()..]);
            let moment = words.find(|word| !FILLERS.contains(word));
            moment.is_some_and(|word| {
                let is_named = |name: &&str| match name.len() {
                    3 => word.starts_with(*name),
                    _ => word == *name,
                };
                word.starts_with(|c: char| c.is_ascii_digit()) || MOMENTS.iter().any(is_named)
            })
        })
    })
}

/// The words between the beginning of a sentence and a place in it.
fn sentence_before(text: &str, at: usize) -> &str {
    let before = &text[..at];
    let begin = before.char_indices().rev().find(|(at, c)| {
        matches!(c, '!' | '?' | ':' | ';' | '·' | '|' | '(') || is_stop(before, *at)
    });
    match begin {
        Some((mark, c)) => &before[mark + c.len_utf8()..],
        None => before,
    }
}

fn begins_sentence(text: &str, at: usize) -> bool {
    words_of(sentence_before(text, at)).next().is_none()
}

fn ends_a_sentence(text: &str) -> bool {
    text.char_indices()
        .any(|(at, c)| matches!(c, '!' | '?' | '·' | ',') || is_stop(text, at))
}

/// Whether a full stop stands there, and not one of "Opus 4.5".
fn is_stop(text: &str, at: usize) -> bool {
    let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    text[at..].starts_with('.')
        && !(is_digit(text[..at].chars().next_back()) && is_digit(text[at + 1..].chars().next()))
}

/// Whether words are nothing but what limits are called: "your weekly", "the gpt-5.2 usage".
fn is_name(name: &str) -> bool {
    let is_of_name = |word: &str| {
        LIMIT_NAMES.contains(&word)
            || BESIDE_NAMES.contains(&word)
            || word.chars().any(|c| c.is_ascii_digit())
    };
    words_of(name).count() <= 6 && words_of(name).all(is_of_name)
}

fn names_it(name: &str) -> bool {
    words_of(name)
        .any(|word| LIMIT_NAMES.contains(&word) || word.chars().any(|c| c.is_ascii_digit()))
}

fn strip_any<'t>(text: &'t str, words: &[&str]) -> Option<&'t str> {
    words.iter().find_map(|words| text.strip_prefix(words))
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
    "codex",
    "ai",
    "spending",
    "spend",
    "plan",
    "plan's",
    "included",
    "account",
    "7-day",
];

/// What stands beside the names of limits, and does not name one.
const BESIDE_NAMES: &[&str] = &[
    "your",
    "the",
    "our",
    "current",
    "code",
    "gpt",
    "gemini",
    "max",
    "pro",
    "team",
    "org's",
    "organization's",
    "account's",
    "api",
    "model",
    "message",
    "request",
    "all",
];

/// Limits that any service has.
const OF_ANYBODY: &[&str] = &[
    "the", "your", "our", "rate", "token", "api", "request", "message", "account", "current",
];
