//! Whatever a T3 server answers, through the adapter.

use chrono::{DateTime, TimeDelta};
use url::Url;
use uuid::Uuid;

use super::exchange::{Exchange, bearer, checked};
use afk::domain::identity::{
    Authorisation, CommandId, MessageId, RepositoryId, RepositoryKey, Slot, StepNumber, ThreadId,
    Title,
};
use afk::domain::repository::{ForgeKind, IssueNumber};
use afk::domain::run::provider_failure::SAID_MAX_CHARS;
use afk::domain::run::thread_state::{DETAIL_MAX_CHARS, LAST_WORDS_MAX_CHARS, ThreadState};
use afk::executor::t3::{Agent, T3};
use afk::executor::{Executor, Fleet, NewThread, NewTurn, Thread};
use afk::http::Http;

/// More than the adapter keeps of a word, and of the requests of one thread.
const WORD_MAX_CHARS: usize = 200;
const OPEN_REQUESTS_MAX: usize = 16;

/// Checks one conversation with T3.
///
/// # Panics
///
/// When something holds that must not.
pub fn t3_answers(bytes: &[u8]) {
    let Some(exchange) = Exchange::read(bytes) else {
        return;
    };
    let texts = exchange.texts().unwrap_or_default();
    let key = RepositoryKey::new(ForgeKind::GitHub, "github.com", RepositoryId(1_296_269));
    // The thread that the answer tells about, when it tells about one.
    let id = texts
        .iter()
        .find_map(|text| Uuid::try_parse(text).ok())
        .map_or_else(|| key.thread(Slot::FIRST), ThreadId);
    let command = id.step(StepNumber::FIRST);
    match exchange.question % 8 {
        0 => {
            let (fleet, _) = exchange.ask(|http| t3(http).live_fleet());
            checked(fleet).iter().for_each(|fleet| check(fleet, &texts));
        }
        1 => {
            let (fleet, _) = exchange.ask(|http| t3(http).whole_fleet());
            if let Some(fleet) = checked(fleet) {
                assert!(!fleet.live_only);
                check(&fleet, &texts);
                for thread in fleet.threads.values() {
                    let log = thread.facts.log.as_ref();
                    let words = log.and_then(|log| log.last_words.as_ref());
                    assert!(
                        !thread.messages.is_empty()
                            || thread.parsed_title().is_some()
                            || words.is_none(),
                        "keeps the words of somebody else's thread"
                    );
                }
            }
        }
        2 => {
            let (thread, _) = exchange.ask(|http| t3(http).thread(id));
            if let Some(Some(thread)) = checked(thread) {
                assert_eq!(thread.id, id, "answers for another thread");
                check_thread(&thread, &texts);
            }
        }
        3 => {
            let (environment, _) = exchange.ask(|http| t3(http).environment_id());
            // Sent without a bearer, so that nobody can echo it.
            if let Ok(environment) = environment {
                assert!(texts.is_empty() || texts.contains(&environment));
            }
        }
        4 => {
            let new = NewThread {
                command,
                id,
                project: "project".to_owned(),
                title: title(),
            };
            let (created, _) = exchange.ask(|http| t3(http).create_thread(&new));
            check_accepted(created.is_ok(), &exchange);
            checked(created);
        }
        5 => {
            let message = MessageId {
                repository: key,
                issue: IssueNumber(7),
                authorisation: Authorisation::new("LE_1").unwrap(),
                slot: Slot::FIRST,
                step: StepNumber::FIRST,
                red_commit: None,
            };
            let turn = NewTurn {
                command,
                thread: id,
                message,
                text: "text".to_owned(),
                runtime_mode: None,
            };
            let (started, _) = exchange.ask(|http| t3(http).start_turn(&turn));
            check_accepted(started.is_ok(), &exchange);
            checked(started);
        }
        6 => {
            let (archived, _) = exchange.ask(|http| t3(http).archive(command, id));
            checked(archived);
        }
        _ => {
            let fresh = CommandId(Uuid::nil());
            let (stopped, _) = exchange.ask(|http| t3(http).stop_session(fresh, id));
            check_accepted(stopped.is_ok(), &exchange);
            checked(stopped);
        }
    }
}

fn t3<'a>(http: &'a Http<'a>) -> T3<'a> {
    let agent = Agent {
        instance: "claudeAgent".to_owned(),
        model: "claude-sonnet-4-6".to_owned(),
    };
    let base = Url::parse("http://127.0.0.1:3773").unwrap();
    T3::new(http, base, bearer(), agent)
}

fn title() -> Title {
    Title::parse("octo-org/widgets#7 · run 1 · cfe2fda94967").unwrap()
}

/// A command took effect only if T3 gives it a number.
fn check_accepted(accepted: bool, exchange: &Exchange) {
    let answer = exchange.first();
    let numbered = || {
        let value: serde_json::Value = serde_json::from_slice(&answer.body).ok()?;
        // Derived readers take a list for an object with its members in order.
        value
            .get("sequence")
            .or_else(|| value.get(0))
            .and_then(serde_json::Value::as_u64)
    };
    assert!(!accepted || (answer.status == 200 && numbered().is_some()));
}

fn check(fleet: &Fleet, texts: &[String]) {
    for (id, thread) in &fleet.threads {
        assert_eq!(*id, thread.id);
        check_thread(thread, texts);
    }
}

fn check_thread(thread: &Thread, texts: &[String]) {
    for message in &thread.messages {
        let id = message.to_string();
        assert!(texts.is_empty() || texts.contains(&id), "nobody sent {id}");
    }
    let steps: Vec<_> = thread.messages.iter().map(|message| message.step).collect();
    assert!(steps.is_sorted());
    assert!(thread.messages_told || thread.messages.is_empty());
    assert_eq!(thread.messages_told, thread.facts.log.is_some());
    if let Some(title) = thread.parsed_title() {
        assert_eq!(Title::parse(&title.to_string()), Some(title));
    }
    let short = |text: &str, max| assert!(text.chars().count() <= max, "keeps {text}");
    if let Some(session) = &thread.facts.session {
        short(&session.status, WORD_MAX_CHARS);
        short(session.active_turn.as_deref().unwrap_or(""), WORD_MAX_CHARS);
        short(
            session.last_error.as_deref().unwrap_or(""),
            DETAIL_MAX_CHARS,
        );
    }
    if let Some(turn) = &thread.facts.latest_turn {
        short(&turn.id, WORD_MAX_CHARS);
        short(&turn.state, WORD_MAX_CHARS);
    }
    if let Some(log) = &thread.facts.log {
        assert!(log.open_requests.len() <= OPEN_REQUESTS_MAX);
        assert!(log.ours.len() <= log.requests);
        assert!(log.answers_since <= log.answers);
        if let Some(words) = &log.last_words {
            short(&words.text, LAST_WORDS_MAX_CHARS);
        }
        assert!(log.open_tasks.len() <= 64);
        for request in &log.open_requests {
            short(request.question.as_deref().unwrap_or(""), DETAIL_MAX_CHARS);
        }
        if let Some(failure) = &log.start_failure {
            short(&failure.detail, DETAIL_MAX_CHARS);
        }
    }
    let now = DateTime::from_timestamp(1_767_225_600, 0).unwrap();
    for stall in [1, 1_800, 30 * 86_400] {
        let reading = thread.reading(now, TimeDelta::seconds(stall));
        assert_eq!(
            reading.state == ThreadState::Gone,
            thread.archived || thread.deleted,
            "{reading:?}"
        );
        if let Some(stop) = &reading.stop {
            short(&stop.said, SAID_MAX_CHARS + 1);
            assert!(stop.at <= now);
            let resumed_at = stop.resume_at(0, TimeDelta::seconds(600));
            assert_eq!(resumed_at.is_some(), stop.cause.is_resumable());
        }
        let _ = reading.state.to_string();
    }
}
