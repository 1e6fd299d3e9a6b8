//! Errors of sessions in the words of T3 itself, of providers' interfaces, and of what stands before them.

use crate::domain::run::provider_failure::{Place, StopCause, cause_of};

#[test]
fn errors_of_interfaces_and_of_what_stands_before_them_are_known() {
    use StopCause::{Credentials, Limit, Overloaded};
    for (text, expected) in [
        ("Claude stopped: a usage limit blocked the request.", Limit),
        (
            "Claude could not authenticate. For subscription login, run `claude auth login` on this environment's machine.",
            Credentials,
        ),
        (
            "You exceeded your current quota, please check your plan and billing details. Please retry in 41.293s.",
            Limit,
        ),
        (
            "Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 free model requests per day",
            Limit,
        ),
        (
            "This request would exceed the rate limit for your organization (1c8) of 30,000 input tokens per minute.",
            Limit,
        ),
        (
            "Sorry, you've hit a rate limit that restricts the number of Copilot model requests you can make.",
            Limit,
        ),
        (
            "Sorry, you have been rate-limited. Please wait a moment before trying again.",
            Limit,
        ),
        ("Too many tokens, please wait before trying again.", Limit),
        ("Resource exhausted. Please try again later.", Limit),
        (
            "Individual quota reached. Contact your administrator to enable overages.",
            Limit,
        ),
        ("The service is currently unavailable.", Overloaded),
        ("Internal error encountered.", Overloaded),
        (
            "An internal error has occurred. Please retry or report in the forum.",
            Overloaded,
        ),
        (
            "Deadline expired before operation could complete.",
            Overloaded,
        ),
        (
            "upstream connect error or disconnect/reset before headers",
            Overloaded,
        ),
        ("no healthy upstream", Overloaded),
        ("error code: 502", Overloaded),
        ("The operation was aborted due to timeout", Overloaded),
        ("terminated", Overloaded),
        (
            "Connection failed. If the problem persists, please check your internet connection or VPN",
            Overloaded,
        ),
        (
            "[canceled] http/2 stream closed with error code CANCEL (0x8)",
            Overloaded,
        ),
        ("[internal] internal error", Overloaded),
    ] {
        assert_eq!(cause_of(text, Place::SystemError), Some(expected), "{text}");
    }
}

#[test]
fn what_sounds_like_them_is_none() {
    for text in [
        "terminated by the user",
        "The agent was terminated before it began.",
        "disk quota reached",
        "GitHub: you have been rate-limited. Please wait a moment.",
    ] {
        assert_eq!(cause_of(text, Place::SystemError), None, "{text}");
    }
}
