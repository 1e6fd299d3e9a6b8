//! Turns that never started: those that a provider refused go on later, all others are handed back as before.

use super::*;
use crate::domain::run::provider_failure::StopCause;

fn refused(detail: &str) -> ThreadFacts {
    with(|facts| {
        log(facts).start_failure = Some(StartFailure {
            at: at(100),
            detail: detail.to_owned(),
        });
        log(facts).last_activity_at = at(101);
    })
}

fn cause(facts: &ThreadFacts) -> Option<StopCause> {
    let reading = read(facts);
    assert!(matches!(
        reading.state,
        ThreadState::Failed {
            why: Failure::NotStarted(_)
        }
    ));
    reading.stop.map(|stop| stop.cause)
}

#[test]
fn a_start_that_a_provider_refused_is_stopped_by_its_provider() {
    use StopCause::{Credentials, Limit, Overloaded};
    for (detail, expected) in [
        ("You've hit your limit · resets 6pm (UTC)", Limit),
        ("Claude AI usage limit reached|64800", Limit),
        (
            r#"API Error: 529 {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
            Overloaded,
        ),
        (
            "ProviderAdapterRequestError: Provider adapter request failed (codex) for turn/start: You've hit your usage limit. Try again at 6:00 PM.\n    at toRequestError (file:///opt/t3/...",
            Limit,
        ),
        ("unexpected status 429 Too Many Requests", Limit),
        ("Weekly limit exceeded · resets 6pm (UTC)", Limit),
        ("Invalid API key · Please run /login", Credentials),
    ] {
        assert_eq!(cause(&refused(detail)), Some(expected), "{detail}");
    }
    let stop = read(&refused("You've hit your limit · resets 6pm (UTC)")).stop;
    let told = stop.as_ref().and_then(|stop| stop.told);
    assert_eq!(told.map(|told| told.at), at(18 * 3_600));
    assert_eq!(stop.map(|stop| Some(stop.at)), Some(at(101)));
}

#[test]
fn a_start_that_failed_by_itself_is_not_stopped_by_a_provider() {
    for detail in [
        "",
        "no such provider",
        "Thread 'a' references unknown provider instance 'b'. The instance is not configured in this build.",
        "ProviderAdapterProcessError: Provider adapter process error (codex) for thread a: Failed to spawn Codex App Server process for command: codex app-server",
        "ProviderAdapterSessionNotFoundError: Unknown claudeAgent adapter thread: a",
        "Claude Code process exited with code 1",
        // It quotes the message that it refuses.
        "ProviderValidationError: Provider validation failed in ProviderService.sendTurn: Expected a value with a length of at most 120000, got \"You've hit your limit · resets 6pm (UTC)",
    ] {
        assert_eq!(cause(&refused(detail)), None, "{detail}");
    }
}

#[test]
fn the_error_of_a_session_tells_of_a_start_only_when_it_is_of_that_start() {
    let unknown = "ProviderAdapterSessionNotFoundError: Unknown claudeAgent adapter thread: a";
    let limit = "You've hit your limit · resets 6pm (UTC)";
    let key = "Invalid API key · Please run /login";
    for (error, updated, requests, expected) in [
        (limit, 101, 2, Some(StopCause::Limit)),
        // The stop before this request.
        (limit, 60, 2, None),
        // By a clock of ours that is ahead.
        (limit, 60, 1, Some(StopCause::Limit)),
        // Nobody mended that.
        (key, 60, 2, Some(StopCause::Credentials)),
        (
            "Claude Code native binary not found at claude.",
            101,
            2,
            None,
        ),
    ] {
        let mut facts = refused(unknown);
        log(&mut facts).requests = requests;
        facts.session = Some(SessionFacts {
            last_error: Some(error.to_owned()),
            ..session("stopped", updated)
        });
        assert_eq!(
            cause(&facts),
            expected,
            "{error} at {updated} of {requests}"
        );
    }
}

#[test]
fn an_error_behind_other_words_is_told_without_them() {
    let facts = with(|facts| {
        facts.session = Some(session("ready", 101));
        let log = log(facts);
        log.answers = 2;
        log.answers_since = 1;
        log.last_answer_at = at(101);
        log.last_words = Some(LastWords {
            text: "I'll wait 5 minutes for the tests.\n\nYou've reached your usage limit. Your limit will reset at 09:00\n\n/upgrade".to_owned(),
            shortened: false,
            at: at(101),
        });
    });
    let stop = read(&facts).stop.unwrap();
    assert_eq!(stop.told.map(|told| told.at), at(9 * 3_600));
    assert_eq!(
        stop.said,
        "You've reached your usage limit. Your limit will reset at 09:00"
    );
}
