//! What stands behind the words of a headline, where they are not all that is said.
//!
//! Anybody may begin a report with "Request timed out: …". A program goes on with an answer, a status, or a hint of its own; a
//! sentence that is none of these is somebody's, and in doubt it is.

use super::form::ends_there;

/// What stands behind the colon or the full stop that `rest` begins with.
pub(super) fn behind_mark(rest: &str) -> Option<&str> {
    let is_mark = |c: char| !(c.is_alphanumeric() || matches!(c, '{' | '<' | '/'));
    let behind = rest.trim_start().strip_prefix([':', '.'])?;
    Some(behind.trim_start_matches(is_mark))
}

/// Whether a headline ends before `rest`, and nothing that somebody reports stands behind its colon or full stop. A reset behind it
/// is looked for elsewhere.
pub(super) fn ends_as_of_a_program(rest: &str) -> bool {
    let Some(behind) = behind_mark(rest) else {
        return ends_there(rest);
    };
    let begins_with = |words: &[&str]| words.iter().any(|words| behind.starts_with(words));
    behind.is_empty()
        || begins_with(&["{\"", "<html", "<!doctype"])
        || begins_with(HINTS)
        || is_wait(behind)
        || is_status(behind)
        || is_error(behind)
        || is_of_tokens(behind)
}

/// "401 Unauthorized", "HTTP 503", and not "500 for every order".
fn is_status(text: &str) -> bool {
    let named = [
        "unexpected status ",
        "status code ",
        "status: ",
        "status ",
        "http ",
    ];
    let text = named
        .iter()
        .find_map(|words| text.strip_prefix(words))
        .unwrap_or(text);
    let Some((status, behind)) = text.split_at_checked(3) else {
        return false;
    };
    let is_status = status
        .parse()
        .is_ok_and(|status: u16| (400..600).contains(&status));
    let phrase = behind.trim_start();
    let mut phrases = PHRASES
        .iter()
        .filter_map(|words| phrase.strip_prefix(words));
    is_status && (ends_as_of_a_program(behind) || phrases.any(ends_as_of_a_program))
}

/// "Try again later", "retrying in 5 seconds", and not "Try again once the key is set".
fn is_wait(text: &str) -> bool {
    const ASKS: [&str; 5] = [
        "try again",
        "please try again",
        "please try",
        "retrying",
        "please retry",
    ];
    const GOES_ON: [&str; 11] = [
        "in ",
        "at ",
        "on ",
        "later",
        "again",
        "a different",
        "another",
        "shortly",
        "your request",
        "or ",
        "after ",
    ];
    let mut behind = ASKS.iter().filter_map(|words| text.strip_prefix(words));
    behind.any(|behind| {
        let words = behind.trim_start();
        let goes_on = GOES_ON.iter().any(|go_on| words.starts_with(go_on));
        goes_on || words.starts_with(|c: char| c.is_ascii_digit()) || ends_there(behind)
    })
}

/// "210000 tokens > 200000 maximum".
fn is_of_tokens(text: &str) -> bool {
    text.trim_start_matches(|c: char| c.is_ascii_digit())
        .starts_with(" tokens >")
}

/// An error behind an error, which ends there.
fn is_error(text: &str) -> bool {
    let mut behind = ERRORS.iter().filter_map(|words| text.strip_prefix(words));
    behind.any(ends_as_of_a_program)
}

/// What statuses are called.
const PHRASES: &[&str] = &[
    "bad request",
    "unauthorized",
    "payment required",
    "forbidden",
    "not found",
    "too many requests",
    "internal server error",
    "bad gateway",
    "service unavailable",
    "gateway timeout",
    "overloaded",
];

/// Short errors of connections and credentials.
const ERRORS: &[&str] = &[
    "invalid token",
    "invalid bearer token",
    "invalid x-api-key",
    "fetch failed",
    "network error",
    "transport error",
    "connection closed",
    "connection reset",
    "connection refused",
    "read econnreset",
    "read etimedout",
    "socket hang up",
];

/// What programs and providers write behind their errors: how other errors of theirs begin, and what they ask people to do.
const HINTS: &[&str] = &[
    "api error",
    "error sending request",
    "error decoding response",
    "stream closed before",
    "your input exceeds the context",
    "your authentication token has been",
    "please check your api key",
    "self-signed certificate in certificate chain",
    "error: getaddrinfo ",
    "getaddrinfo ",
    "request id",
    "this is a server-side",
    "this might be temporary",
    "this may be temporary",
    "this is usually temporary",
    "we are sorry",
    "we're sorry",
    "retry in ",
    "retry after",
    "retry later",
    "please wait",
    "please run /login",
    "please run /model",
    "please run /compact",
    "please run /clear",
    "please run /upgrade",
    "please run /extra-usage",
    "please run 'agent",
    "please log in",
    "please log out",
    "please login",
    "please sign in",
    "please adjust your",
    "please reduce",
    "please check your plan",
    "please check your network",
    "please check your internet",
    "please contact us",
    "please contact support",
    "contact us",
    "contact support",
    "contact your administrator",
    "please contact your administrator",
    "if the issue persists",
    "if this persists",
    "if it persists",
    "if the problem persists",
    "check your internet",
    "check your network",
    "check your plan",
    "check your proxy",
    "press esc",
    "double press esc",
    "run /login",
    "run /model",
    "run /compact",
    "run /clear",
    "run /upgrade",
    "run /extra-usage",
    "run claude ",
    "/upgrade",
    "/login",
    "/compact",
    "/clear",
    "/model",
    "/extra-usage",
    "log in again",
    "login again",
    "sign in again",
    "log out and",
    "start a new thread",
    "start a new session",
    "start a new conversation",
    "add credits",
    "add more credits",
    "add more using",
    "add funds",
    "ask your workspace owner",
    "ask an owner",
    "upgrade to ",
    "upgrade your plan",
    "switch to another model",
    "switch to a different model",
];

#[cfg(test)]
mod tests {
    use crate::domain::run::provider_failure::{Place, StopCause, cause_of};

    fn read(text: &str) -> Option<StopCause> {
        cause_of(text, Place::Message)
    }

    /// Short reports of agents that were held up by something of the project's.
    #[test]
    fn reports_that_begin_as_headlines_do_are_no_errors() {
        for text in [
            "Request timed out: the staging server did not answer within 30 s. Blocked.",
            "Request timed out. The staging server did not answer, so nothing could be verified.",
            "Internal server error: the staging service fails for every order, which is outside this repository.",
            "Internal server error: staging answers so for every order.",
            "Rate limit exceeded: the weather service allows 100 calls a day. Blocked until somebody buys a plan.",
            "Rate limit exceeded: weather.example allows 100 calls a day.",
            "Connection error: the database at db.internal:5432 is not reachable from this host, so migrations can not run.",
            "Missing API key: STRIPE_KEY is not set in this environment; a maintainer must provide it.",
            "Missing API key: 2FA codes are needed for the sandbox, too.",
            "Authentication failed: the staging database refuses the password in .env.example. Blocked.",
            "Authentication failed. The password in .env.example is not the one of the staging database.",
            "Model not found: the issue refers to app/models/invoice.rb, which does not exist.",
            "Too many requests: the sandbox of the bank allows ten a minute.",
            "Not logged in: the cloud's command line has no account here.",
            "Error: Connection error: Redis is not running.",
            "Missing API key: authentication failed for the staging database.",
            "Connection error: connection refused. Postgres is not running on this host.",
            "Request timed out: HTTP 504. The staging gateway does not answer, so nothing could be verified.",
            "Internal server error: HTTP 500. The checkout endpoint of staging fails for every order.",
            "Connection error: retrying does not help; the staging database is down.",
            "Request timed out. Please try the staging server by hand; the e2e suite never finishes.",
            "Authentication failed: 401 Unauthorized. The staging key in .env.example is not valid any more.",
            "Authentication failed: invalid token. The token of the staging database has run out.",
            "Authentication failed. Try again once STRIPE_KEY is set in this environment.",
            "Not logged in: run /usr/local/bin/vault login first.",
            "Missing API key. Please contact your admin for STRIPE_KEY.",
            "Request timed out: connection error between the two services of the stage.",
            "Internal server error: 500 for every order.",
            "Internal server error: /v2/orders fails on staging.",
            "Internal server error: https://staging.example/orders has no answer else.",
            "Connection error: connection refused by the staging database.",
            "Rate limit exceeded: 100 calls a day.",
            "Request timed out: retries did not help.",
            "Request timed out: HTTP calls to staging hang.",
            "I read the code.\n\nRequest timed out: the staging server does not answer.",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn headlines_with_what_programs_write_behind_them_stay_errors() {
        use StopCause::{Credentials, Credit, Limit, Model, Overloaded, TooLong};
        for (text, expected) in [
            ("Request timed out", Overloaded),
            ("Request timed out.", Overloaded),
            (
                "Request timed out. Check your internet connection",
                Overloaded,
            ),
            (
                r#"Internal server error: {"type":"error","error":{"type":"api_error","message":"Internal server error"}}"#,
                Overloaded,
            ),
            (
                "Internal server error. This is a server-side issue, usually temporary \u{2014} try again in a moment.",
                Overloaded,
            ),
            ("Connection error.", Overloaded),
            ("Connection error: read ECONNRESET", Overloaded),
            ("Overloaded: HTTP 529", Overloaded),
            (
                "Selected model is at capacity. Please try a different model.",
                Overloaded,
            ),
            (
                "We're having trouble connecting to the model provider. This might be temporary - please try again in a moment.",
                Overloaded,
            ),
            (
                "stream disconnected before completion: Transport error: network error: error decoding response body",
                Overloaded,
            ),
            (
                "stream disconnected before completion: stream closed before response.completed",
                Overloaded,
            ),
            ("Rate limit exceeded. Please try again later.", Limit),
            ("Rate limit exceeded: retry in 20 seconds", Limit),
            ("Rate limit exceeded: limit resets 6pm (UTC)", Limit),
            ("Too many requests. Please wait before trying again.", Limit),
            ("Weekly limit exceeded. Upgrade to go on.", Limit),
            ("Authentication failed: 401 Unauthorized", Credentials),
            ("Authentication failed: invalid x-api-key", Credentials),
            ("Authentication failed: Invalid API key", Credentials),
            (
                "Failed to authenticate: OAuth token has expired. Please run /login",
                Credentials,
            ),
            ("Request timed out: Connection error.", Overloaded),
            (
                "Failed to authenticate: OAuth session expired and could not be refreshed",
                Credentials,
            ),
            (
                "Authentication failed: Your authentication token has been invalidated. Please try signing in again.",
                Credentials,
            ),
            (
                "Authentication failed. Please check your API key.",
                Credentials,
            ),
            (
                "Insufficient credits. Add more using https://openrouter.ai/settings/credits",
                Credit,
            ),
            (
                "stream disconnected before completion: idle timeout waiting for SSE",
                Overloaded,
            ),
            (
                "Connection error: self-signed certificate in certificate chain",
                Overloaded,
            ),
            (
                "Connection error. Error: getaddrinfo ENOTFOUND api.example",
                Overloaded,
            ),
            ("Connection error: retrying in 5 seconds", Overloaded),
            (
                "Request timed out: 504 Gateway Timeout. Please try again later.",
                Overloaded,
            ),
            ("Failed to refresh OAuth token: 400", Credentials),
            ("Missing API key. Run /login", Credentials),
            (
                "Your session has expired. Please log in again.",
                Credentials,
            ),
            (
                "Your workspace is out of credits. Ask your workspace owner to refill in order to continue.",
                Credit,
            ),
            ("Insufficient credits. Add more credits to go on.", Credit),
            ("Model not found", Model),
            (
                "Prompt is too long: 210000 tokens > 200000 maximum",
                TooLong,
            ),
            (
                "Your input exceeds the context window of this model. Please adjust your input and try again.",
                TooLong,
            ),
            (
                "Codex ran out of room in the model's context window. Start a new thread or clear earlier history before retrying.",
                TooLong,
            ),
        ] {
            assert_eq!(read(text), Some(expected), "{text}");
        }
    }

    /// A server speaks of its provider, whatever it adds.
    #[test]
    fn errors_of_sessions_have_what_they_have_behind_them() {
        for (text, expected) in [
            (
                "Request timed out: deadline of the turn",
                StopCause::Overloaded,
            ),
            ("Model not found: anthropic/claude-nine", StopCause::Model),
            ("Authentication failed: no account", StopCause::Credentials),
        ] {
            assert_eq!(cause_of(text, Place::SystemError), Some(expected), "{text}");
        }
    }
}
