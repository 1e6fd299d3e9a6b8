//! Each form of a provider's error, words around it, and what only speaks of such errors.

use super::*;

fn read(text: &str) -> Option<StopCause> {
    cause_of(text, Place::Message)
}

#[test]
fn errors_as_agents_programs_write_them_are_recognised() {
    use StopCause::{Credentials, Credit, Limit, Model, Overloaded, Rejected, TooLong};
    for (text, expected) in [
        // Recorded (contracts/t3).
        ("API Error: 400 mock: bad request", Rejected),
        (
            "Failed to authenticate. API Error: 403 mock: forbidden",
            Credentials,
        ),
        (
            "There's an issue with the selected model (claude-sonnet-4-6). It may not exist or you may not have access to it. Run --model to pick a different model.",
            Model,
        ),
        ("Invalid API key · Fix external API key", Credentials),
        (
            "API Error: Request rejected (429) · mock: rate limited",
            Limit,
        ),
        (
            "API Error: 529 Overloaded. This is a server-side issue, usually temporary — try again in a moment. If it persists, check your inference gateway (127.0.0.1:3773).",
            Overloaded,
        ),
        // Seen in the wild.
        (
            r#"API Error: 400 {"type":"error","error":{"type":"invalid_request_error","message":"You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC."}}"#,
            Limit,
        ),
        (
            "API Error: The socket connection was closed unexpectedly. For more information, pass `verbose: true` in the second argument to fetch()",
            Overloaded,
        ),
        (
            "API Error: Stream idle timeout - partial response received",
            Overloaded,
        ),
        ("API Error: No response from the model", Overloaded),
        (
            r#"429 {"type":"error","error":{"type":"rate_limit_error","message":"Too many"}}"#,
            Limit,
        ),
        (
            "Limit reached · resets 5am (Europe/Berlin) · /upgrade to increase your usage limit",
            Limit,
        ),
        (
            "I pushed nothing yet.\n\nYou've hit your limit · resets 5am (UTC)",
            Limit,
        ),
        (
            "Tests are being added.\n\nClaude AI usage limit reached|1751234567\n",
            Limit,
        ),
        // Usage limits.
        ("Claude AI usage limit reached|1751234567", Limit),
        ("You've hit your limit · resets 3am (UTC)", Limit),
        ("You’ve hit your limit · resets 3am (UTC)", Limit),
        (
            "You've hit your session limit · resets 3:30pm (Europe/Paris)",
            Limit,
        ),
        ("You've hit your org's monthly usage limit", Limit),
        ("You've hit your limit for Claude messages.", Limit),
        ("5-hour limit reached ∙ resets 11pm", Limit),
        ("Weekly limit reached ∙ resets Oct 6, 1pm (UTC)", Limit),
        ("Opus weekly limit reached • resets Mon 9am", Limit),
        ("Session limit reached", Limit),
        (
            "You've reached your usage limit. Your limit will reset at 14:00",
            Limit,
        ),
        ("You have exceeded your weekly quota.", Limit),
        ("You're out of extra usage · resets 3am (UTC)", Limit),
        (
            "You've hit your usage limit. Upgrade to Pro or try again in 3 hours 12 minutes.",
            Limit,
        ),
        (
            "Rate limit reached for gpt-5 in organization org-1 on tokens per min. Please try again in 20s.",
            Limit,
        ),
        ("Too many requests. Retry in 20s", Limit),
        ("Rate limit exceeded, retry after 30 seconds", Limit),
        // Errors of the API.
        (
            r#"API Error: 429 {"type":"error","error":{"type":"rate_limit_error","message":"This request would exceed your account's rate limit. Please try again later."},"request_id":"req_1"}"#,
            Limit,
        ),
        (
            r#"API Error: 529 {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
            Overloaded,
        ),
        (
            r#"API Error (529 {"type":"error","error":{"type":"overloaded_error"}}) · Retrying in 5 seconds… (attempt 4/10)"#,
            Overloaded,
        ),
        (
            "API Error (Connection error.) · Retrying in 1 seconds… (attempt 1/10)",
            Overloaded,
        ),
        ("API Error (… retrying …)", Overloaded),
        ("API Error: Connection error.", Overloaded),
        ("API Error: Request timed out.", Overloaded),
        ("API Error: 500 Internal server error", Overloaded),
        ("API Error: 502 Bad Gateway", Overloaded),
        ("API Error: 401 Unauthorized", Credentials),
        (
            r#"API Error: 401 {"type":"error","error":{"type":"authentication_error","message":"OAuth token has expired. Please obtain a new token or refresh your existing token."}} · Please run /login"#,
            Credentials,
        ),
        (
            r#"API Error: 400 {"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the Anthropic API."}}"#,
            Credit,
        ),
        (
            r#"API Error: 400 {"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens > 200000 maximum"}}"#,
            TooLong,
        ),
        (
            r#"API Error: 400 {"error":{"message":"messages.3: `tool_use` ids were found without `tool_result` blocks, fixes added"}}"#,
            Rejected,
        ),
        (
            r#"API Error: 404 {"type":"error","error":{"type":"not_found_error","message":"model: claude-nine"}}"#,
            Model,
        ),
        ("API Error: 404 no such deployment", Model),
        (
            "API Error: Claude's response exceeded the 32000 output token maximum.",
            Rejected,
        ),
        // Credentials, credit.
        ("Invalid API key · Please run /login", Credentials),
        ("OAuth token has expired", Credentials),
        ("OAuth token revoked · Please run /login", Credentials),
        ("Please run /login · API Error: 401", Credentials),
        ("Not logged in · Run claude auth login", Credentials),
        ("Credit balance is too low", Credit),
        ("Your credit balance is too low to access the API.", Credit),
        (
            "You exceeded your current quota, please check your plan and billing details.",
            Credit,
        ),
        // Marks and words around.
        ("⚠️ You've hit your limit · resets 3am (UTC)", Limit),
        ("**You've hit your limit** · resets 3am (UTC)", Limit),
        ("Error: Claude AI usage limit reached|1751234567", Limit),
        (
            "You've hit your limit · resets 3am (UTC)\n\n/upgrade to increase your usage limit.",
            Limit,
        ),
        (
            "Sorry, I can not go on. You've hit your limit · resets 3am (UTC). Please come back then.",
            Limit,
        ),
        (
            "The agent stopped: Claude AI usage limit reached|1751234567",
            Limit,
        ),
        (
            r#"Stopped early: API Error: 529 {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
            Overloaded,
        ),
        (
            "Turn aborted. Invalid API key · Please run /login",
            Credentials,
        ),
        ("Turn aborted. Credit balance is too low", Credit),
        ("API ERROR: 503 UPSTREAM CONNECT ERROR", Overloaded),
    ] {
        assert_eq!(read(text), Some(expected), "{text}");
    }
}

#[test]
fn reports_about_such_errors_are_no_errors() {
    for text in [
        "",
        "Done.",
        "I implemented the rate limiter. When the 5-hour limit is reached the page says so.",
        "Done. The banner now reads You've hit your limit · resets 3am (UTC).",
        "The CLI prints \"You've hit your limit · resets 3am (UTC)\" when that happens, which is what users reported.",
        "Added a retry for API Error: 529 and pushed it as 4f1c2b7.",
        "API Error: 429 is now retried with a growing wait; all tests pass.",
        "API Error: 429 responses are retried now.",
        "API Error: 500 when the body is empty: could not be reproduced.",
        "API Error handling was moved into one place.",
        "API error: 200",
        "API Error: 12345",
        "Rate limit exceeded is an error of its own now.",
        "Overloaded methods were split.",
        "Too many requests were sent by the crawler; that is why the page was slow.",
        "Connection errors are told apart now.",
        "Invalid API key handling is in place.",
        "Usage limit reached page is ready.",
        "API error: the handler in `src/api.rs` is tested now.",
        "API error: connection retries are implemented.",
        "429 responses are retried now.",
        r#"404 {"a": 1} is what the endpoint answers, and I documented it."#,
        "I added the banner:\n\n`You've hit your limit · resets 5am (UTC)`",
        "I added the banner. It reads as follows.\nYou've hit your limit · resets 5am (UTC)",
        "The usage limit reached page is ready.",
        "The limit reached its maximum.",
        "I could not push: GitHub says rate limit exceeded, retry after 30 seconds.",
        "Rate limit exceeded on the GitHub API, so the pull request could not be read.",
        "You've reached your limit of 5 open pull requests on GitHub.",
        "The npm registry answered 429 Too Many Requests.",
        "API rate limit exceeded for installation ID 123.",
        "The server is overloaded because of the loop in poll.rs.",
        "Model not found in the registry file: I renamed it.",
        "`Credit balance is too low` is shown when the account is empty.",
        "OAuth token has expired checks were missing in the middleware.",
        "BLOCKED: the tests need a database that is not there.",
    ] {
        assert_eq!(read(text), None, "{text}");
    }
}

#[test]
fn a_long_report_is_no_error_whatever_it_quotes() {
    let report = format!(
        "{}\n\nYou've hit your limit · resets 3am (UTC)",
        "The importer reads each line by itself. ".repeat(40)
    );
    assert_eq!(read(&report), None);
    let middling = format!(
        "{} You've hit your limit · resets 3am (UTC)",
        "The importer reads each line. ".repeat(12)
    );
    assert!(middling.chars().count() > EMBEDDED_MAX_CHARS);
    assert_eq!(read(&middling), None);
}

#[test]
fn what_the_server_says_of_a_session_counts_wherever_it_stands() {
    let read = |text| cause_of(text, Place::SystemError);
    for (text, expected) in [
        (
            "Claude runtime stream failed: API Error: 529 overloaded",
            StopCause::Overloaded,
        ),
        (
            "unexpected status 401 Unauthorized: Missing bearer",
            StopCause::Credentials,
        ),
        (
            "exceeded retry limit, last status: 429 Too Many Requests",
            StopCause::Limit,
        ),
        (
            "stream error: You've hit your usage limit. Try again in 2 hours",
            StopCause::Limit,
        ),
        ("turn failed: insufficient_quota", StopCause::Credit),
        ("provider said: model not found", StopCause::Model),
    ] {
        assert_eq!(read(text), Some(expected), "{text}");
    }
    for text in [
        "",
        "Claude runtime stream failed.",
        "[ede_diagnostic] result_type=user last_content_type=n/a stop_reason=null",
        "Claude Code native binary not found at /opt/t3/cli. Please ensure Claude Code is installed.",
        "Claude Code process terminated by signal SIGKILL",
        "Claude Code process exited with code 143",
        "Provider session did not survive a server restart. Send a new message to continue.",
        "killed",
    ] {
        assert_eq!(read(text), None, "{text}");
    }
}

#[test]
fn a_status_is_read_together_with_the_providers_word_for_it() {
    for (status, error, expected) in [
        (Some(401), "authentication_failed", StopCause::Credentials),
        (Some(403), "", StopCause::Credentials),
        (Some(404), "", StopCause::Model),
        (Some(402), "", StopCause::Credit),
        (Some(429), "rate_limit", StopCause::Limit),
        (Some(429), "insufficient_quota", StopCause::Credit),
        (Some(529), "rate_limit", StopCause::Overloaded),
        (Some(500), "", StopCause::Overloaded),
        (None, "unknown", StopCause::Overloaded),
        (Some(400), "", StopCause::Rejected),
        (Some(413), "", StopCause::TooLong),
    ] {
        assert_eq!(
            cause_by_status(status, error),
            expected,
            "{status:?} {error}"
        );
    }
}

#[test]
fn further_spellings_of_the_same_errors_are_recognised() {
    use StopCause::{Credentials, Credit, Limit, Overloaded};
    for (text, expected) in [
        (
            "Claude usage limit reached. Your limit will reset at 3pm (America/Santiago).",
            Limit,
        ),
        ("You have hit your weekly limit. Resets Monday 9am", Limit),
        ("claude ai usage limit reached|1751234567000", Limit),
        ("API Error: Rate limit reached", Limit),
        ("API Error: 429 Too many requests", Limit),
        (
            "API Error: Server is temporarily limiting requests (not your usage limit) · Rate limited",
            Limit,
        ),
        ("API Error: Repeated 529 Overloaded errors", Overloaded),
        (
            "API Error: Unable to connect to API (ConnectionRefused)",
            Overloaded,
        ),
        ("Unable to connect to API (ECONNRESET)", Overloaded),
        (
            "Unable to connect to API due to poor internet connection",
            Overloaded,
        ),
        ("Credit balance too low · Add funds: https://e.org", Credit),
        (
            "Your account does not have access to Claude Code. Please run /login.",
            Credentials,
        ),
        (
            "API Error: 403 OAuth authentication is currently not allowed for this organization.",
            Credentials,
        ),
        ("This organization has been disabled.", Credentials),
        ("__You've hit your limit__ · resets 3am (UTC)", Limit),
        ("- You've hit your limit · resets 3am (UTC)", Limit),
        ("### You've hit your limit · resets 3am (UTC)", Limit),
        ("YOU'VE HIT YOUR LIMIT · RESETS 3AM (UTC)", Limit),
        ("You've hit your limit\u{a0}·\u{a0}resets 3am (UTC)", Limit),
        ("You\u{2018}ve hit your limit, resets 3am (UTC)", Limit),
    ] {
        assert_eq!(read(text), Some(expected), "{text}");
    }
}

#[test]
fn what_an_agent_quotes_of_others_is_no_error() {
    for text in [
        "> You've hit your limit · resets 3am (UTC)",
        "> You've reached your usage limit. Your limit will reset at 14:00\n\nis what the user reported; I need a reproduction.",
        "  > Claude AI usage limit reached|1751234567\n\nWhat should I do about this?",
        "The issue says: “You've hit your limit · resets 3am (UTC)”. Where does that come from?",
        "«Credit balance is too low» is all that the log has.",
        "'API Error: 529 overloaded' comes from which program?",
        "The user's message was *\"Invalid API key · Please run /login\"*, and I can not see why.",
        "```\nAPI Error: 529 overloaded\n```\nis what I would show.",
    ] {
        assert_eq!(read(text), None, "{text}");
    }
}

#[test]
fn limits_are_recognised_whatever_model_period_and_verb_they_name() {
    for text in [
        "You've hit your Opus 4.5 limit · resets 3am (UTC)",
        "You've reached your GPT-5.2 usage limit. Try again at 18:00 UTC.",
        "You've reached the usage limit. Resets at 18:00 UTC",
        "You have reached the weekly usage limit · resets Dec 3, 9am (UTC)",
        "You hit your usage limit · resets 6pm (UTC)",
        "You've used all of your weekly limit · resets Dec 3, 9am (UTC)",
        "You've used up your weekly limit. Try again tomorrow.",
        "Your weekly usage limit is reached · resets Dec 3, 9am (UTC)",
        "Your weekly limit has been exceeded. Try again on Monday.",
        "Weekly limit exceeded · resets Dec 3, 9am (UTC)",
        "Weekly limit exceeded",
        "Usage limit exhausted. Resets in 3 hours.",
        "Usage quota exhausted, retry in 20 minutes",
        "Weekly limits exceeded · resets Thursday",
        "You're out of usage · resets 6pm (UTC)",
        "You are out of usage",
        "You've run out of messages. Try again in 2 hours.",
        "You hit your usage limit for Opus 4.5 · resets 6pm (UTC)",
        "You've already hit the 5-hour limit · resets 6pm (UTC)",
        "You've reached the Claude Max usage limit.",
        "GPT-5.2 limit is reached · resets 6pm (UTC)",
        "HTTP 429: Too Many Requests",
        "HTTP 429 Too Many Requests",
        "HTTP error 429 (Too Many Requests)",
        "429 Too Many Requests",
        "Error: 429 Too Many Requests",
        // With other words around them.
        "I could not go on. You hit your usage limit · resets 6pm (UTC)",
        "The agent stopped: weekly limit exceeded · resets Dec 3, 9am (UTC)",
        "Stopped. Your weekly usage limit is reached · resets 6pm (UTC)",
    ] {
        assert_eq!(read(text), Some(StopCause::Limit), "{text}");
    }
    for text in ["HTTP 529: Overloaded", "HTTP 503 Service Unavailable"] {
        assert_eq!(read(text), Some(StopCause::Overloaded), "{text}");
    }
}

#[test]
fn sentences_about_limits_are_no_limits() {
    for text in [
        "When you hit your usage limit, it resets at 6pm.",
        "If you reached the usage limit · resets 6pm is what you would see.",
        "Once you've used all of your weekly limit the button is grey.",
        "You hit your usage limit of 5 in the configuration, so the loop ends early.",
        "You've reached the limit of what I can find out here.",
        "You've reached the limit.",
        "You've reached the page with the limit. Try again in 3 hours.",
        "You have reached the usage limit page by a stale link.",
        "The usage limit is reached.",
        "The daily limit is exceeded when ten are open.",
        "The limit is exceeded, it resets in 3 hours.",
        "If the weekly limit is exceeded, the counter resets in 3 hours.",
        "I looked at it. The rate limit is exceeded, it resets in 3 hours.",
        "The upload limit is exceeded · resets 6pm (UTC)",
        "The weekly limit exceeded what I expected.",
        "You're out of usage examples in the manual.",
        "You're out of luck · resets 6pm (UTC)",
        "Tell people \"you're out of usage · resets 6pm (UTC)\" then.",
        "HTTP 429: too many requests is what it answers under load.",
        "HTTP 429: Too Many Requests from GitHub.",
        "HTTP 404: Not Found",
        "502 Bad Gateway",
        "HTTP 200: Too Many Requests",
        "429: line of the file that is wrong",
        "The rate limit of the server is exceeded, it resets in 3 hours.",
    ] {
        assert_eq!(read(text), None, "{text}");
    }
}

#[test]
fn an_error_as_the_last_paragraph_is_read_alone() {
    use StopCause::{Credentials, Credit, Limit, Overloaded};
    for (text, expected, part) in [
        (
            "I'll run the tests next.\n\nAPI Error: 529 {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}",
            Overloaded,
            "API Error: 529 {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}",
        ),
        (
            "I'll run the tests next.\n\nCredit balance is too low",
            Credit,
            "Credit balance is too low",
        ),
        (
            "I'll run the tests next.\n\nInvalid API key · Please run /login\n",
            Credentials,
            "Invalid API key · Please run /login",
        ),
        (
            "I'll run the tests next.\n\nYou've reached your usage limit. Your limit will reset at 18:00",
            Limit,
            "You've reached your usage limit. Your limit will reset at 18:00",
        ),
        (
            "I'll run the tests next.\n\n5-hour limit reached ∙ resets 11pm\n\n/upgrade to increase your usage limit.",
            Limit,
            "5-hour limit reached ∙ resets 11pm",
        ),
        (
            "I'll run the tests next.\r\n \r\nYou've hit your limit\n· resets 3am (UTC)\n\n/extra-usage to go on\n\n/upgrade",
            Limit,
            "You've hit your limit\n· resets 3am (UTC)",
        ),
        (
            "```\ncargo test\n```\n\nYou're out of usage · resets 6pm (UTC)",
            Limit,
            "You're out of usage · resets 6pm (UTC)",
        ),
        (
            "Wait 5 minutes, I said.\n\nYou've hit your limit · resets 3am (UTC)",
            Limit,
            "You've hit your limit · resets 3am (UTC)",
        ),
    ] {
        let found = error_in(text, Place::Message).map(|(cause, part)| (cause, part.trim()));
        assert_eq!(found, Some((expected, part)), "{text}");
    }
    for text in [
        // Led up to, quoted, code, or a part of something.
        "The page now says:\n\nYou've hit your limit · resets 3am (UTC)",
        "**What the log has:**\n\nAPI Error: 529 overloaded",
        "I ran the tests.\n\n> API Error: 529 overloaded",
        "I ran the tests.\n\n    API Error: 529 overloaded",
        "I ran the tests.\n\n`API Error: 529 overloaded`",
        "I ran the tests.\n\n```\nAPI Error: 529 overloaded\n```",
        "I ran the tests, see ```\n\nAPI Error: 529 overloaded",
        "The tests say \"it failed.\n\nAPI Error: 529 overloaded\"",
        "Two tests are left.\n\n- API Error: 529",
        "Two tests are left.\n\n1. API Error: 529",
        "Two tests are left.\n\n| API Error: 529 |",
        "It shows, so far:\n\nYour weekly usage limit is reached · resets 6pm (UTC)",
        "What I saw was as follows.\n\n~~~\nYou've hit your limit · resets 3am (UTC)\n~~~",
        // Not behind a blank line, or not the last.
        "The tests are next.\nAPI Error: 529 overloaded",
        "I ran the tests.\n\nAPI Error: 529 overloaded\n\nI'll look at that next.",
        // Prose.
        "I ran the tests.\n\nAPI Error: 529 is retried now.",
        "I ran the tests.\n\nThe last one shows API Error: 529 overloaded",
        "I ran the tests.\n\nThe weekly limit is reached when ten are open.",
        "I ran the tests.\n\nGitHub: rate limit exceeded, retry after 30 seconds.",
        "I ran the tests.\n\n/upgrade is a page of ours.",
        "\n\n/upgrade to increase your usage limit.",
    ] {
        assert_eq!(read(text), None, "{text}");
    }
}
