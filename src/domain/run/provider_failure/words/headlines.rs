//! The errors that agents' programs write as a whole message, or before details.

use crate::domain::run::provider_failure::stop::StopCause;

/// Headlines that the agent's program writes as a whole message, or before details. `true`: other words may follow; `false`:
/// they stand alone, or before a mark.
pub(super) const HEADLINES: &[(&str, bool, StopCause)] = &[
    ("failed to authenticate", false, StopCause::Credentials),
    ("authentication failed", false, StopCause::Credentials),
    ("invalid api key", false, StopCause::Credentials),
    (
        "invalid authentication credentials",
        false,
        StopCause::Credentials,
    ),
    ("invalid bearer token", false, StopCause::Credentials),
    ("incorrect api key provided", true, StopCause::Credentials),
    ("missing api key", false, StopCause::Credentials),
    ("oauth token has expired", false, StopCause::Credentials),
    ("oauth token expired", false, StopCause::Credentials),
    (
        "oauth token has been revoked",
        false,
        StopCause::Credentials,
    ),
    ("oauth token revoked", false, StopCause::Credentials),
    (
        "oauth authentication is currently not",
        true,
        StopCause::Credentials,
    ),
    (
        "your oauth token has expired",
        false,
        StopCause::Credentials,
    ),
    ("your session has expired", false, StopCause::Credentials),
    (
        "session expired. please run /login",
        true,
        StopCause::Credentials,
    ),
    (
        "your access token could not be refreshed",
        true,
        StopCause::Credentials,
    ),
    (
        "your organization does not have access to",
        true,
        StopCause::Credentials,
    ),
    (
        "failed to refresh oauth token",
        false,
        StopCause::Credentials,
    ),
    (
        "your organization has disabled claude subscription access",
        true,
        StopCause::Credentials,
    ),
    (
        "oauth token does not meet scope requirement",
        true,
        StopCause::Credentials,
    ),
    ("please run /login", true, StopCause::Credentials),
    ("not logged in", false, StopCause::Credentials),
    (
        "your organization has been disabled",
        false,
        StopCause::Credentials,
    ),
    (
        "this organization has been disabled",
        false,
        StopCause::Credentials,
    ),
    (
        "your anthropic_api_key belongs to a disabled organization",
        false,
        StopCause::Credentials,
    ),
    (
        "your account has been disabled",
        false,
        StopCause::Credentials,
    ),
    (
        "your account does not have access to",
        true,
        StopCause::Credentials,
    ),
    (
        "there's an issue with the selected model",
        true,
        StopCause::Model,
    ),
    (
        "there is an issue with the selected model",
        true,
        StopCause::Model,
    ),
    ("claude opus is not available with", true, StopCause::Model),
    (
        "claude sonnet is not available with",
        true,
        StopCause::Model,
    ),
    ("model not found", false, StopCause::Model),
    ("the model does not exist", false, StopCause::Model),
    (
        "the selected model is not available",
        true,
        StopCause::Model,
    ),
    ("your credit balance is too low", true, StopCause::Credit),
    ("credit balance is too low", true, StopCause::Credit),
    ("credit balance too low", true, StopCause::Credit),
    ("insufficient credits", false, StopCause::Credit),
    ("you exceeded your current quota", true, StopCause::Credit),
    ("your workspace is out of credits", false, StopCause::Credit),
    ("prompt is too long", false, StopCause::TooLong),
    ("context limit reached", false, StopCause::TooLong),
    ("conversation too long", false, StopCause::TooLong),
    (
        "error during compaction: conversation too long",
        false,
        StopCause::TooLong,
    ),
    ("conversation is too long", false, StopCause::TooLong),
    ("request too large", false, StopCause::TooLong),
    (
        "codex ran out of room in the model's context window",
        false,
        StopCause::TooLong,
    ),
    (
        "your input exceeds the context window of this model",
        false,
        StopCause::TooLong,
    ),
    ("unable to connect to api", true, StopCause::Overloaded),
    (
        "unable to connect to anthropic",
        true,
        StopCause::Overloaded,
    ),
    ("connection error", false, StopCause::Overloaded),
    (
        "ssl certificate verification failed",
        false,
        StopCause::Overloaded,
    ),
    ("request timed out", false, StopCause::Overloaded),
    ("internal server error", false, StopCause::Overloaded),
    ("the server is overloaded", false, StopCause::Overloaded),
    ("server overloaded", false, StopCause::Overloaded),
    (
        "we're currently experiencing high demand",
        false,
        StopCause::Overloaded,
    ),
    (
        "we're having trouble connecting to the model provider",
        false,
        StopCause::Overloaded,
    ),
    (
        "stream disconnected before completion",
        false,
        StopCause::Overloaded,
    ),
    (
        "opus is experiencing high load",
        false,
        StopCause::Overloaded,
    ),
    ("the model is overloaded", false, StopCause::Overloaded),
    ("overloaded", false, StopCause::Overloaded),
    (
        "selected model is at capacity",
        false,
        StopCause::Overloaded,
    ),
    (
        "your organization has reached its monthly spend limit",
        false,
        StopCause::Limit,
    ),
    ("your org is out of extra usage", false, StopCause::Limit),
    (
        "server is temporarily limiting requests",
        false,
        StopCause::Limit,
    ),
    ("too many requests", false, StopCause::Limit),
    ("rate limit reached for", true, StopCause::Limit),
    (
        "this request would exceed your account's rate limit",
        true,
        StopCause::Limit,
    ),
    (
        "this request would exceed your organization's rate limit",
        true,
        StopCause::Limit,
    ),
    ("rate limit exceeded", false, StopCause::Limit),
    ("rate limited", false, StopCause::Limit),
    ("usage limit exceeded", false, StopCause::Limit),
    ("you're out of extra usage", true, StopCause::Limit),
    ("you are out of extra usage", true, StopCause::Limit),
    ("your limit will reset", true, StopCause::Limit),
    ("your usage limit will reset", true, StopCause::Limit),
    (
        "your usage limits will reset when your",
        true,
        StopCause::Limit,
    ),
    (
        "you have exhausted your capacity on this model",
        true,
        StopCause::Limit,
    ),
];

/// Headlines that are so plain that they count inside a short message, too.
pub(super) const PLAIN: &[(&str, bool, StopCause)] = &[
    ("credit balance is too low", false, StopCause::Credit),
    ("invalid api key · ", true, StopCause::Credentials),
    ("please run /login", false, StopCause::Credentials),
    ("oauth token has expired", false, StopCause::Credentials),
    ("oauth token revoked", false, StopCause::Credentials),
    (
        "oauth token has been revoked",
        false,
        StopCause::Credentials,
    ),
    (
        "failed to authenticate. api error",
        true,
        StopCause::Credentials,
    ),
    ("issue with the selected model", true, StopCause::Model),
    ("your limit will reset", true, StopCause::Limit),
    ("your usage limit will reset", true, StopCause::Limit),
    (
        "your usage limits will reset when your",
        true,
        StopCause::Limit,
    ),
];
