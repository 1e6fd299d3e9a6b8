//! Errors of newer programs, of other providers' programs, and what only looks like them.

use super::*;

fn read(text: &str) -> Option<StopCause> {
    cause_of(text, Place::Message)
}

#[test]
fn errors_of_newer_programs_are_recognised() {
    use StopCause::{Credentials, Credit, Limit, Model, Overloaded, TooLong};
    for (text, expected) in [
        ("You're out of usage credits · resets 6pm (UTC)", Limit),
        ("You're out of usage credits", Limit),
        (
            "You've used up your plan's included usage. Resets 6pm (UTC).",
            Limit,
        ),
        (
            "You've used up your included usage · resets 6pm (UTC)",
            Limit,
        ),
        (
            "API Error: Usage credits required for 1M context · turn on usage credits at https://e.org, or use --model to switch to standard context",
            Credit,
        ),
        (
            "API Error: Extra usage is required for 1M context · enable it",
            Credit,
        ),
        (
            "Your organization does not have access to Claude. Please login again or contact your administrator.",
            Credentials,
        ),
        ("Failed to refresh OAuth token", Credentials),
        ("Failed to refresh OAuth token: 400", Credentials),
        (
            "Context limit reached · /compact or /clear to continue",
            TooLong,
        ),
        (
            "Conversation too long. Press esc twice to go up a few messages and try again.",
            TooLong,
        ),
        (
            "Request too large (max 32MB). Double press esc to go back and try with a smaller file.",
            TooLong,
        ),
        (
            "The model claude-3-opus-20240229 was retired on January 5, 2026. Please switch to a newer model.",
            Model,
        ),
        (
            "The model claude-3-opus was retired on January 5, 2026 · Run --model to pick another",
            Model,
        ),
        ("Server overloaded, please try again later.", Overloaded),
        (
            "We're currently experiencing high demand, which may cause temporary errors.",
            Overloaded,
        ),
        (
            "I read the code.\n\nContext limit reached · /compact or /clear to continue",
            TooLong,
        ),
    ] {
        assert_eq!(read(text), Some(expected), "{text}");
    }
    for text in [
        "The model claude-3-opus was retired on January 5, 2026. I changed the setting.",
        "The model claude-3-opus was retired on January 5, 2026. Which one should I take?",
        "The model order was retired on Monday.",
        "The model claude-3-opus is what the page names.",
        "You've used up your usage examples.",
        "You've reached your usage.",
        "Context limit reached is what the banner says.",
        "Conversation too long for the column: I cut it.",
        "Request too large responses have a page now.",
        "Server overloaded pages are cached.",
        // Somebody else's API.
        "API Error: 404 from our own /v2/orders",
        "API Error: 404 Not Found from our own /v2/orders",
        "API Error: 404 Not Found, our own service has no such order",
        "API Error: 500 Internal Server Error on /v2/orders",
        "API Error: 401 Unauthorized for GET https://staging.example.test/orders",
        "API Error: 403 Forbidden, says GitHub",
        "What I see is API Error: 404 (/v2/orders).",
    ] {
        assert_eq!(read(text), None, "{text}");
    }
}

#[test]
fn errors_of_other_programs_sessions_are_known_by_the_words_of_their_kind() {
    use StopCause::{Credentials, Credit, Limit, Model, Overloaded, TooLong};
    for (text, expected) in [
        // Codex.
        (
            "Your workspace is out of credits. Ask your workspace owner to refill in order to continue.",
            Credit,
        ),
        (
            "Quota exceeded. Check your plan and billing details.",
            Credit,
        ),
        (
            "We're currently experiencing high demand, which may cause temporary errors.",
            Overloaded,
        ),
        (
            "stream disconnected before completion: stream closed before response.completed",
            Overloaded,
        ),
        (
            "Error running remote compact task: stream disconnected before completion: error sending request for url (https://example.test/responses)",
            Overloaded,
        ),
        (
            "stream disconnected before completion: Your input exceeds the context window of this model. Please adjust your input and try again.",
            TooLong,
        ),
        (
            "Your access token could not be refreshed because your refresh token has already been used. Please log out and sign in again.",
            Credentials,
        ),
        (
            "Your refresh token has already been used to generate a new access token.",
            Credentials,
        ),
        (
            "The 'gpt-5.1-codex' model is not supported when using Codex with a ChatGPT account.",
            Model,
        ),
        (
            r#"unexpected status 400 Bad Request: {"detail":"The 'gpt-5.4' model is not supported when using Codex with a ChatGPT account."}"#,
            Model,
        ),
        (
            "The 'gpt-6' model requires a newer version of Codex. Please upgrade.",
            Model,
        ),
        (
            "unexpected status 404 Not Found: The model `gpt-5.5` does not exist or you do not have access to it.",
            Model,
        ),
        (
            "Codex ran out of room in the model's context window. Start a new thread or clear earlier history before retrying.",
            TooLong,
        ),
        ("error code: context_length_exceeded", TooLong),
        // Gemini.
        (
            "You have exhausted your capacity on this model. Your quota will reset after 13h33m1s.",
            Limit,
        ),
        ("You have exhausted your daily quota on this model.", Limit),
        ("Resource has been exhausted (e.g. check quota).", Limit),
        (
            "No capacity available for model gemini-3-flash on the server",
            Overloaded,
        ),
        (
            "models/gemini-nine is not found for API version v1beta, or is not supported for generateContent.",
            Model,
        ),
        // OpenCode.
        (
            "Free usage exceeded, add credits https://opencode.example/zen [retrying in 17h 42m attempt #1]",
            Limit,
        ),
        ("Free usage exceeded, add credits", Limit),
        (
            "Insufficient balance. Manage your billing here: https://e.org",
            Credit,
        ),
        ("ProviderModelNotFoundError: anthropic/claude-nine", Model),
        // Cursor.
        (
            "We're having trouble connecting to the model provider. This might be temporary - please try again in a moment.",
            Overloaded,
        ),
        (
            "Authentication required. Please run 'agent login' first.",
            Credentials,
        ),
        // Claude.
        (
            "Claude OAuth session expired and could not be refreshed",
            Credentials,
        ),
        ("Failed to refresh OAuth token", Credentials),
        ("Conversation too long. Press esc twice.", TooLong),
        (
            "The model claude-3-opus was retired on January 5, 2026.",
            Model,
        ),
        ("Server overloaded, please try again later.", Overloaded),
        ("You're out of usage credits · resets 6pm (UTC)", Limit),
        (
            "Your plan's included usage is used up. Resets 6pm (UTC).",
            Limit,
        ),
        // The network.
        ("fetch failed", Overloaded),
        ("read ECONNRESET", Overloaded),
        ("connect ECONNREFUSED 203.0.113.7:443", Overloaded),
        ("getaddrinfo ENOTFOUND api.example.test", Overloaded),
        ("socket hang up", Overloaded),
    ] {
        assert_eq!(cause_of(text, Place::SystemError), Some(expected), "{text}");
    }
    for text in [
        "File name too long (os error 36)",
        "connect ECONNREFUSED 127.0.0.1:4096",
        "fatal: unable to access 'https://github.com/o/w/': Connection reset by peer",
        "npm error network ECONNRESET",
        "write EPIPE",
        "codex: command not found",
        "Provider instance not found: codex-2",
        "Unknown provider instance 'gemini'",
        "No such session: the thread was not found",
        "Out of memory",
        "Out of disk space: resource temporarily busy",
        "Retries exhausted",
        "The working directory does not exist",
        "Model context protocol server failed to start",
        "Model Context Protocol server 'docs' was not found",
        "EDQUOT: disk quota exceeded, write",
        "git: Authentication required for the remote",
    ] {
        assert_eq!(cause_of(text, Place::SystemError), None, "{text}");
    }
}

#[test]
fn pages_of_gateways_regions_of_clouds_and_documented_headlines_are_recognised() {
    use StopCause::{Credentials, Limit, Model, Overloaded, Rejected, TooLong};
    let page = "<html>\n<head><title>502 Bad Gateway</title></head>\n<body>\n<center><h1>502 Bad Gateway</h1></center>\n\
                <hr><center>cloudflare</center>\n</body>\n</html>";
    for (text, expected) in [
        (format!("API Error: 502 {page}"), Overloaded),
        (format!("API Error: 502 {}", page.replace('\n', "\r\n")), Overloaded),
        (format!("API Error: 504 <!DOCTYPE html>\n{page}"), Overloaded),
        (format!("Working on the fix now.\n\nAPI Error: 502 {page}"), Overloaded),
        (format!("API Error: 403 {page}"), Credentials),
        (
            "API Error (us-east5): 429 Resource exhausted. Please try again later. https://cloud.google.com/vertex-ai/x".to_owned(),
            Limit,
        ),
        ("API Error (us-east5): 500 Internal error".to_owned(), Overloaded),
        (
            "API Error: The security token included in the request is expired".to_owned(),
            Credentials,
        ),
        (
            "API Error: Could not load credentials from any providers".to_owned(),
            Credentials,
        ),
        (
            "Your organization has disabled Claude subscription access for Claude Code \u{b7} Use an Anthropic API key instead, or ask your admin to enable access".to_owned(),
            Credentials,
        ),
        (
            "OAuth token does not meet scope requirement user:profile".to_owned(),
            Credentials,
        ),
        (
            "Claude Opus is not available with the Claude Pro plan. If you have updated your subscription plan recently, run /logout and /login".to_owned(),
            Model,
        ),
        (
            "API Error: Claude Code is unable to respond to this request, which appears to violate our Usage Policy (https://www.anthropic.com/legal/aup).".to_owned(),
            Rejected,
        ),
        (
            "API Error: API returned an empty or malformed response (HTTP 200) \u{2014} check for a proxy".to_owned(),
            Overloaded,
        ),
        ("API Error: Response stalled mid-stream".to_owned(), Overloaded),
        (
            "Error during compaction: Conversation too long. Press esc twice to go up a few messages and try again.".to_owned(),
            TooLong,
        ),
        (
            "SSL certificate verification failed.".to_owned(),
            Overloaded,
        ),
        (
            "Unable to connect to API: SSL certificate verification failed. Check your proxy or corporate SSL certificates".to_owned(),
            Overloaded,
        ),
        (
            "API Error: SSL certificate verification failed. Check your proxy or corporate SSL certificates".to_owned(),
            Overloaded,
        ),
        ("API Error: Service Unavailable".to_owned(), Overloaded),
        ("API Error: Extra usage is required for long context requests".to_owned(), StopCause::Credit),
        (
            "Your organization has reached its monthly spend limit".to_owned(),
            Limit,
        ),
        (
            "Your org is out of extra usage \u{b7} resets 3am (UTC)".to_owned(),
            Limit,
        ),
        (
            "Server is temporarily limiting requests (not your usage limit)".to_owned(),
            Limit,
        ),
    ] {
        assert_eq!(read(&text), Some(expected), "{text}");
    }
    for text in [
        "API Error (see #12): 429 is retried now.",
        "SSL certificate verification failed in the test, and I added the root.",
        "Claude Code is unable to respond to this request because the hook is wrong; I mended the hook.",
        "The page at /login answered 502 <html>, which I mended.",
    ] {
        assert_eq!(read(text), None, "{text}");
    }
}

/// The words of the runtime that a program runs on, behind its own.
#[test]
fn what_runtimes_say_of_connections_and_answers_is_recognised() {
    for text in [
        "API Error: read ECONNRESET",
        "API Error: write EPIPE",
        "API Error: connect ECONNREFUSED 203.0.113.7:443",
        "API Error: Premature close",
        "[API Error: Premature close]",
        "API Error: other side closed",
        "API Error: getaddrinfo EAI_AGAIN api.example.org",
        "API Error: getaddrinfo ENOTFOUND api.example.org",
        "API Error: self signed certificate in certificate chain",
        "API Error: self-signed certificate in certificate chain",
        "API Error: self-signed certificate",
        "API Error: unable to get local issuer certificate",
        "API Error: unable to verify the first certificate",
        "API Error: Failed to parse JSON",
        "API Error: Content block is not a text block",
        "API Error: Content block not found",
        "API Error: Cannot read properties of undefined (reading 'length')",
        "I read the code.\n\nAPI Error: Premature close",
    ] {
        assert_eq!(read(text), Some(StopCause::Overloaded), "{text}");
    }
    for text in [
        "API error: failed to parse JSON in the webhook, which sends none.",
        "API error: cannot read properties of undefined in `orders.ts`, fixed.",
        "API error: premature close is what the client shows.",
        "API error: getaddrinfos",
        "API error: read ECONNRESET from our own /v2/orders",
        "API error: self signed certificate in the test, and I added the root.",
        "Premature close",
    ] {
        assert_eq!(read(text), None, "{text}");
    }
    for text in [
        "Premature close",
        "Content block not found",
        "Content block is not a text block",
        "other side closed",
    ] {
        let said = cause_of(text, Place::SystemError);
        assert_eq!(said, Some(StopCause::Overloaded), "{text}");
    }
    for text in [
        "npm error network premature close",
        "http://127.0.0.1:4096: other side closed",
    ] {
        assert_eq!(cause_of(text, Place::SystemError), None, "{text}");
    }
}

#[test]
fn sessions_that_expired_and_limits_of_accounts_are_recognised() {
    for (text, expected) in [
        (
            "Session expired. Please run /login to sign in again.",
            StopCause::Credentials,
        ),
        (
            "Session expired \u{b7} Please run /login",
            StopCause::Credentials,
        ),
        (
            "This request would exceed your account's rate limit. Please try again later.",
            StopCause::Limit,
        ),
        (
            "This request would exceed your organization\u{2019}s rate limit of 50,000 input tokens per minute.",
            StopCause::Limit,
        ),
    ] {
        for place in [Place::Message, Place::SystemError] {
            assert_eq!(cause_of(text, place), Some(expected), "{text}");
        }
    }
    for text in [
        "Session expired. The issue asks to change this text, but it does not exist. I stopped.",
        "Session expired pages have a link now.",
        "This request would exceed the rate limit of the shop.",
    ] {
        assert_eq!(read(text), None, "{text}");
    }
}

/// An agent that was stopped by something else reports it in words that programs begin with, too.
#[test]
fn reports_of_agents_that_were_stopped_by_something_else_are_no_errors() {
    for text in [
        "Authentication failed: git push to origin was refused. A person has to set up credentials on this machine.",
        "Authentication failed: the docker registry wants a password.",
        "Not logged in: the registry refuses us, so that nothing can be published.",
        "Not logged in: the registry on this machine refuses my push (no credentials). I stopped.",
        "Invalid API key: the Stripe key in .env.local is a placeholder. A person has to provide one.",
        "Your session has expired: GitHub wants another sign-in.",
        "Connection error: the package mirror can not be reached, so the project does not build here. I stopped.",
        "Request timed out: the e2e suite never finishes on this host. I could not verify it.",
        "API Error: Connection to the staging database is refused. It is needed here. A person has to start it.",
        "API error: connection refused when the app calls the billing backend. I could not finish.",
        "API error: 500 on checkout. I can't reproduce this; what payload did the customer send?",
        "API error: 500 on checkout. Can't reproduce this.",
        "What customers see: API error: 500 on checkout. I'm not able to see why.",
        "Internal server error: the dev server answers 500 for every page since the last migration. A person has to repair it first.",
        "Too many requests: the third party sandbox (Stripe) refuses us, so I can not verify.",
        "Overloaded: the constructor is overloaded twice, and the issue does not say which one is meant.",
        "Model not found: the issue names a Django model that does not exist.",
        "Insufficient credits: the sandbox account has none; somebody has to top it up.",
        "I ran it.\n\nConnection error: the mirror is down, so I stopped.",
    ] {
        assert_eq!(read(text), None, "{text}");
    }
    // What a program says, who speaks for its provider.
    use StopCause::{Credentials, Limit, Overloaded};
    for (text, expected) in [
        ("Authentication failed", Credentials),
        ("Authentication failed: invalid token", Credentials),
        (
            "Failed to authenticate. API Error: 403 Forbidden by the proxy",
            Credentials,
        ),
        (
            "Please run /login, or set up a git credential helper",
            Credentials,
        ),
        (
            "OAuth token has expired (git-credential-store)",
            Credentials,
        ),
        ("Connection error: fetch failed", Overloaded),
        (
            "Connection error. If the issue persists, contact us.",
            Overloaded,
        ),
        ("API Error: Connection lost (I/O)", Overloaded),
        (
            "We're currently experiencing high demand. We are sorry.",
            Overloaded,
        ),
        (
            r#"API Error: 529 {"error":{"message":"I am overloaded, a person has to help"}}"#,
            Overloaded,
        ),
        (
            "Sorry, I can not go on. You've hit your limit \u{b7} resets 3am (UTC).",
            Limit,
        ),
        ("I stopped: API Error: 529 Overloaded", Overloaded),
    ] {
        assert_eq!(read(text), Some(expected), "{text}");
    }
}

/// What some programs say in other words than all others.
#[test]
fn sentences_of_single_programs_are_recognised() {
    use StopCause::{Credentials, Limit, Overloaded, Rejected, TooLong};
    for (text, expected) in [
        ("Codex usage limit reached.", Limit),
        ("The usage limit has been reached", Limit),
        ("Codex limit reached. Try again in 2 hours.", Limit),
        (
            "You've hit your usage limit. Your usage limits will reset when your monthly cycle ends on 12/5/2026.",
            Limit,
        ),
        (
            "Your usage limits will reset when your monthly cycle ends on 12/5/2026.",
            Limit,
        ),
        (
            "You've hit your usage limit for Opus. Switch to a different model such as Auto, or set a Spend Limit to continue. Your usage limits will reset when your monthly cycle ends on 12/5/2026.",
            Limit,
        ),
        (
            r#"API Error: 400 {"type":"error","error":{"type":"invalid_request_error","message":"This organization has been disabled."}}"#,
            Credentials,
        ),
        (
            r#"API Error: 400 {"type":"error","error":{"type":"invalid_request_error","message":"Your organization has been disabled."}}"#,
            Credentials,
        ),
        (
            "Your ANTHROPIC_API_KEY belongs to a disabled organization \u{b7} Unset the environment variable to use your subscription instead",
            Credentials,
        ),
        (
            "API Error: The model has reached its context window limit.",
            TooLong,
        ),
        (
            "Opus is experiencing high load, please use /model to switch to Sonnet",
            Overloaded,
        ),
        // The same status, and another word for it.
        (
            r#"API Error: 400 {"type":"error","error":{"type":"invalid_request_error","message":"This tool has been disabled."}}"#,
            Rejected,
        ),
    ] {
        for place in [Place::Message, Place::SystemError] {
            assert_eq!(cause_of(text, place), Some(expected), "{text}");
        }
    }
    for text in [
        "The Codex usage limit reached page is ready.",
        "The codex limit is what the page names.",
        "Your usage limits will reset page has a button now.",
        "Your ANTHROPIC_API_KEY belongs to the wrong account in .env.example.",
        "API error: the model has reached its context window limits in the test.",
        "Opus is experiencing high load times in the fixture.",
        "The monthly cycle ends on 12/5/2026.",
    ] {
        assert_eq!(read(text), None, "{text}");
    }
}

/// Errors of the way to the provider, of which OpenCode tells in a session's error only.
#[test]
fn sessions_that_did_not_reach_their_provider_are_known() {
    let read = |text| cause_of(text, Place::SystemError);
    for text in [
        "Cannot connect to API: The socket connection was closed unexpectedly. For more information, pass `verbose: true` in the second argument to fetch()",
        "The socket connection was closed unexpectedly.",
        "SSE read timed out",
        "The operation timed out.",
        "ConnectError: [deadline_exceeded] the operation timed out",
        "Cannot connect to API: Unable to connect. Is the computer able to access the url?",
        "Unable to connect. Is the computer able to access the url?",
        "Upstream request failed",
        "Provider returned error",
    ] {
        assert_eq!(read(text), Some(StopCause::Overloaded), "{text}");
        assert_eq!(cause_of(text, Place::Message), None, "{text}");
    }
    for text in [
        "git fetch: the operation timed out",
        "npm error: SSE read timed out",
        "http://127.0.0.1:4096: the operation timed out",
        "Unable to connect to the display",
        "GitHub: the usage limit has been reached",
        "The page limit has been reached",
        "timeout waiting for child process to exit",
    ] {
        assert_eq!(read(text), None, "{text}");
    }
}
