//! Errors of sessions by the words of their kind. Each agent's program has sentences of its own, and servers hand them on.
//!
//! Only for what a server says of a session: an agent writes such words about the code that it works on.

use super::form::names_other_service;
use crate::domain::run::provider_failure::stop::StopCause;

/// What no wait mends. It is asked first: such an error often comes as a connection that was cut, or with a status.
pub(super) fn lasting(text: &str) -> Option<StopCause> {
    if is_too_long(text) {
        Some(StopCause::TooLong)
    } else if names_no_model(text) {
        Some(StopCause::Model)
    } else if any(text, CREDENTIALS) && !names_other_service(text) {
        Some(StopCause::Credentials)
    } else {
        None
    }
}

/// What is used up: for a time, or until somebody pays.
pub(super) fn used_up(text: &str) -> Option<StopCause> {
    // What a disk has, too.
    let is_of_disk = any(text, &["disk quota", "edquot"]);
    let is_quota = any(text, QUOTAS) && any(text, LACKS) && !is_of_disk;
    let is_credit = any(text, CREDITS) && any(text, LACKS) || text.contains("payment required");
    let has_time = any(text, TIMES);
    if is_quota || is_credit {
        let must_pay = is_credit || text.contains("billing");
        Some(if must_pay && !has_time && !text.contains("free usage") {
            StopCause::Credit
        } else {
            StopCause::Limit
        })
    } else {
        let is_rate = any(text, RATES) && !is_of_disk && !names_other_service(text);
        is_rate.then_some(StopCause::Limit)
    }
}

/// What passes: a provider that has too much to do, or that is out of reach.
pub(super) fn passing(text: &str) -> Option<StopCause> {
    // A server on the same machine is no provider.
    let is_local = any(text, &["127.0.0.1", "localhost", "[::1]"]);
    let is_cut = any(text, NETWORK) && !is_local && !names_other_service(text);
    // All that some runtimes say of a connection that was cut; a program that a signal ended says more.
    let is_all = text.trim_matches(['.', ' ']) == "terminated";
    (any(text, BUSY) || is_cut || is_all).then_some(StopCause::Overloaded)
}

fn any(text: &str, words: &[&str]) -> bool {
    words.iter().any(|words| text.contains(words))
}

/// "Your input exceeds the context window", "Conversation too long", and not "File name too long".
fn is_too_long(text: &str) -> bool {
    const LONG: &[&str] = &[
        "context window",
        "context length",
        "context limit",
        "context_length_exceeded",
        "maximum context",
        "ran out of room",
        "request too large",
        "request is too large",
        "request_too_large",
    ];
    const SAID: &[&str] = &[
        "prompt",
        "input",
        "conversation",
        "request",
        "thread",
        "session",
    ];
    let before_too_long = text.match_indices("too long").any(|(at, _)| {
        let before = text[..at].trim_end().trim_end_matches(" is");
        SAID.iter().any(|said| before.ends_with(said))
    });
    before_too_long || any(text, LONG)
}

/// How far behind the word "model" it is said that there is none, in characters.
const MODEL_REACH: usize = 100;

/// "The 'x' model is not supported", "models/x is not found", "`ProviderModelNotFoundError`".
fn names_no_model(text: &str) -> bool {
    const NONE: &[&str] = &[
        "not supported",
        "not found",
        "notfound",
        "not available",
        "no longer available",
        "does not exist",
        "requires a newer version",
        "was retired",
        "been retired",
        "is retired",
        "been deprecated",
    ];
    let unknown = ["unknown model", "invalid model", "unsupported model"];
    let behind = text.match_indices("model").any(|(at, _)| {
        let near: String = text[at..].chars().take(MODEL_REACH).collect();
        // Up to the end of the sentence, which is not the dot of "gpt-5.1".
        let sentence = near.split(". ").next().unwrap_or_default();
        any(sentence, NONE) && !sentence.starts_with("model context protocol")
    });
    any(text, &unknown) || behind
}

const CREDENTIALS: &[&str] = &[
    "not authenticated",
    "could not authenticate",
    "not logged in",
    "not signed in",
    "unauthenticated",
    "authentication required",
    "authentication expired",
    "log in again",
    "login again",
    "sign in again",
    "please log in",
    "please login",
    "please sign in",
    "run /login",
    "refresh token",
    "refresh oauth token",
    "refresh your token",
    "oauth session expired",
    "oauth session has expired",
    "does not have access to claude",
];

const QUOTAS: &[&str] = &[
    "quota",
    "capacity",
    "free usage",
    "included usage",
    "resource has been",
    "resource_exhausted",
];

/// What is used up for a time says so with one of them.
const TIMES: &[&str] = &[
    "reset",
    "try again in",
    "retrying in",
    "retry in",
    "retry after",
    "renews",
    "per-day",
    "per-min",
    "per day",
    "per minute",
];

/// Limits of a minute or a day, and one that a program names without more.
const RATES: &[&str] = &[
    "would exceed the rate limit",
    "exceeded your per-minute rate limit",
    "hit a rate limit",
    "rate-limited",
    "too many tokens, please wait",
    "resource exhausted. please try again",
    "quota reached",
    "usage limit blocked",
];

const CREDITS: &[&str] = &["credits", "credit balance", "balance", "funds"];

const LACKS: &[&str] = &[
    "out of",
    "exceeded",
    "exhausted",
    "insufficient",
    "not enough",
    "used up",
    "required",
    "too low",
    "depleted",
    "no remaining",
];

const BUSY: &[&str] = &[
    "high demand",
    "server overloaded",
    "at capacity",
    "no capacity",
    "stream disconnected",
    "stream closed before",
    "trouble connecting to the model",
    "error sending request",
    "upstream request failed",
    "provider returned error",
    "content block not found",
    "content block is not a",
    "service is currently unavailable",
    "internal error encountered",
    "an internal error has occurred",
    "deadline expired before operation",
    "upstream connect error",
    "no healthy upstream",
    "error code: 502",
    "error code: 503",
    "error code: 504",
    "connection failed. if the problem persists",
    "[internal]",
    "http/2 stream closed",
];

const NETWORK: &[&str] = &[
    "fetch failed",
    "econnreset",
    "econnrefused",
    "econnaborted",
    "etimedout",
    "enetunreach",
    "ehostunreach",
    "enotfound",
    "eai_again",
    "socket hang up",
    "premature close",
    "other side closed",
    "cannot connect to api",
    "able to access the url",
    "socket connection was closed",
    "operation timed out",
    "aborted due to timeout",
    "sse read timed out",
    "network error",
    "network connection",
    "connection reset",
    "connection refused",
    "connection closed",
    "connection lost",
    "connection timed out",
    "service unavailable",
    "bad gateway",
    "gateway timeout",
    "temporarily unavailable",
];
