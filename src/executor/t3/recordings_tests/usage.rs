//! What recordings tell beside the state: provider's errors, tokens, questions, errors of sessions.

use super::*;
use crate::domain::run::provider_failure::StopCause;

/// Recordings of runs that their provider stopped, or somebody who ended the agent's program with SIGTERM. Of all others none is one: also not `20-midfail`, whose provider failed
/// in the middle without a trace, and agents that could not start.
const STOPS: &[(&str, StopCause, &str)] = &[
    (
        "81-agent-process-terminated",
        StopCause::Restart,
        "Provider adapter process error (claudeAgent) for thread b683a5cd-d0c4-5b8b-8ac6-c8b897d17e11: Claude Code process exited with code 143",
    ),
    (
        "20-e400",
        StopCause::Rejected,
        "API Error: 400 mock: bad request",
    ),
    (
        "20-nongit-e400",
        StopCause::Rejected,
        "API Error: 400 mock: bad request",
    ),
    (
        "20-e403",
        StopCause::Credentials,
        "Failed to authenticate. API Error: 403 mock: forbidden",
    ),
    (
        "20-e404",
        StopCause::Model,
        "There's an issue with the selected model (claude-sonnet-4-6). It may not exist or you may not have access to it. Run --model to pick a different model.",
    ),
    (
        "21-e401-final",
        StopCause::Credentials,
        "Invalid API key · Fix external API key",
    ),
    (
        "22-e429-final",
        StopCause::Limit,
        "API Error: Request rejected (429) · mock: rate limited",
    ),
    (
        "22-e529-final",
        StopCause::Overloaded,
        "API Error: 529 Overloaded. This is a server-side issue, usually temporary — try again in a moment. If it persists, check your inference gateway (127.0.0.1:3773).",
    ),
];

/// Every whole thread that is recorded.
fn whole_threads() -> Vec<(String, Thread)> {
    let mut threads = Vec::new();
    for (folder, _, columns) in VERSIONS {
        for (name, stage) in json_files(&fixtures().join(folder).join("states")) {
            for (member, column) in ["snapshot", "shell", "detail"].into_iter().zip(columns) {
                if let Some(thread) = stage.get(member)
                    && !LIGHT.contains(&column)
                {
                    threads.push((name.clone(), read(thread, column)));
                }
            }
        }
    }
    threads
}

#[test]
fn stops_of_every_recording_are_the_expected_ones() {
    let mut seen = BTreeSet::new();
    for (name, thread) in whole_threads() {
        let reading = judge(&thread);
        // Not every version tells how an agent's program ended.
        let entry = STOPS.iter().find(|(recording, cause, said)| {
            let is_told = *cause != StopCause::Restart || thread.facts.last_error() == Some(said);
            *recording == name && is_told
        });
        let found = reading
            .stop
            .as_ref()
            .map(|stop| (stop.cause, stop.said.as_str()));
        assert_eq!(
            found,
            entry.map(|(_, cause, said)| (*cause, *said)),
            "{name}"
        );
        if let Some(stop) = reading.stop {
            seen.insert(name);
            assert!(stop.at <= reading.changed_at);
            assert_eq!(stop.told, None, "none of them names a time");
        }
    }
    assert_eq!(seen.len(), STOPS.len());
}

/// After everything that is recorded.
fn later() -> Option<DateTime<Utc>> {
    "2027-01-01T00:00:00Z".parse().ok()
}

#[test]
fn an_error_is_no_stop_while_the_agent_works_and_none_once_it_went_on() {
    let recorded = whole_threads()
        .into_iter()
        .find(|(name, _)| name == "22-e429-final");
    let thread = recorded.unwrap().1;
    let with = |change: fn(&mut Thread)| {
        let mut changed = thread.clone();
        change(&mut changed);
        judge(&changed).stop.map(|stop| stop.cause)
    };
    assert_eq!(with(|_| {}), Some(StopCause::Limit));
    // A turn runs.
    assert_eq!(
        with(|thread| thread.facts.session.as_mut().unwrap().status = "running".to_owned()),
        None
    );
    // A newer message asked for another turn.
    assert_eq!(
        with(|thread| {
            let log = thread.facts.log.as_mut().unwrap();
            log.requests += 1;
            log.last_request_at = later();
        }),
        None
    );
    // The agent used a tool, or spoke, after the error.
    assert_eq!(
        with(|thread| thread.facts.log.as_mut().unwrap().last_tool_at = later()),
        None
    );
    assert_eq!(
        with(|thread| {
            let words = thread.facts.log.as_mut().unwrap().last_words.as_mut();
            let words = words.unwrap();
            words.text = "Pushed; the tests pass.".to_owned();
            words.at = later();
        }),
        None
    );
    // The words are gone, and the last of ten tries is on record.
    assert_eq!(
        with(|thread| thread.facts.log.as_mut().unwrap().last_words = None),
        Some(StopCause::Limit)
    );
    assert_eq!(
        with(|thread| {
            let log = thread.facts.log.as_mut().unwrap();
            log.last_words = None;
            log.retry.as_mut().unwrap().attempt = Some(9);
        }),
        None,
        "the tenth try may have worked"
    );
    assert_eq!(
        with(|thread| {
            let log = thread.facts.log.as_mut().unwrap();
            log.last_words = None;
            let retry = log.retry.as_mut().unwrap();
            (retry.status, retry.error) = (Some(401), "authentication_failed".to_owned());
        }),
        Some(StopCause::Credentials)
    );
    // Released threads are nobody's business.
    assert_eq!(with(|thread| thread.facts.archived = true), None);
}

#[test]
fn retries_of_a_provider_are_read_from_warnings() {
    for (name, status, attempt, error) in [
        ("20-e401", Some(401), 7, "authentication_failed"),
        ("21-e401-final", Some(401), 10, "authentication_failed"),
        ("22-e429-final", Some(429), 10, "rate_limit"),
        ("22-e529-final", Some(529), 10, "rate_limit"),
        ("23-model-never-answers", None, 3, "unknown"),
    ] {
        let thread = whole_threads()
            .into_iter()
            .find(|(found, _)| found == name)
            .unwrap()
            .1;
        let retry = thread.facts.log.unwrap().retry.unwrap();
        assert_eq!(
            (
                retry.status,
                retry.attempt,
                retry.attempts_max,
                retry.error.as_str()
            ),
            (status, Some(attempt), Some(10), error),
            "{name}"
        );
    }
}

#[test]
fn tokens_are_those_of_all_turns_and_not_reported_is_not_zero() {
    for (folder, stage, member, column, tokens) in [
        (
            "live-0.0.27",
            "bg.01-turn-over-command-runs",
            "snapshot",
            "v0.0.27",
            Some(2_100),
        ),
        (
            "live-0.0.27",
            "bg.03-woken-turn-over",
            "snapshot",
            "v0.0.27",
            Some(3_150),
        ),
        (
            "live-main",
            "bg.01-turn-over-command-runs",
            "detail",
            "fork",
            Some(2_100),
        ),
        (
            "live-main",
            "bg.03-woken-turn-over",
            "detail",
            "fork",
            Some(3_150),
        ),
        (
            "live-main",
            "restart.02-restarted",
            "detail",
            "fork",
            Some(50),
        ),
        ("live-main", "other.01-9s", "detail", "fork", None),
        ("v0.0.27", "20-e400", "snapshot", "v0.0.27", None),
        ("july", "12-turn-completed", "snapshot", "july", Some(2_042)),
        (
            "fork-0.0.33",
            "13-turn-completed-with-git-commit",
            "detail",
            "fork",
            Some(4_084),
        ),
        // The size of a context before any answer is no use of tokens.
        ("fork-0.0.33", "20-e400", "detail", "fork", None),
    ] {
        let path = fixtures()
            .join(folder)
            .join("states")
            .join(format!("{stage}.json"));
        let stage_of: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let thread = read(&stage_of[member], column);
        assert_eq!(thread.facts.tokens(), tokens, "{folder} {stage}");
    }
    let shell = json!({"session": null});
    let light = read(&thread(&shell), "july-shell");
    assert_eq!(light.facts.tokens(), None);
}

/// Codex tells the running total of its session with each turn; Claude tells each turn's own, also where they happen to grow.
#[test]
fn a_running_total_is_not_added_up_and_figures_of_turns_are() {
    let told = |provider: Value, readings: &[(&str, u64)]| {
        let activities: Vec<Value> = readings
            .iter()
            .map(|(turn, total)| {
                json!({
                    "kind": "context-window.updated", "turnId": turn, "createdAt": "2026-01-01T00:00:00Z",
                    "payload": {"usedTokens": 50, "inputTokens": 40, "outputTokens": 10, "totalProcessedTokens": total},
                })
            })
            .collect();
        let session = json!({"status": "ready", "providerName": provider});
        let listed = thread(&json!({"activities": activities, "session": session}));
        read(&listed, "july").facts.tokens()
    };
    let grows = [("a", 100), ("a", 300), ("b", 500), ("b", 900)];
    let falls = [("a", 300), ("b", 900), ("c", 200), ("c", 250)];
    for (provider, readings, tokens) in [
        (json!("codex"), &grows[..], Some(900)),
        (json!("codex"), &falls, Some(1_150)),
        (json!("codex"), &[], None),
        (json!("claudeAgent"), &grows, Some(1_200)),
        (json!("claudeAgent"), &falls, Some(1_450)),
        (json!("codex-like"), &grows, Some(1_200)),
        (Value::Null, &grows, Some(1_200)),
        (json!(7), &grows, Some(1_200)),
    ] {
        assert_eq!(told(provider.clone(), readings), tokens, "{provider}");
    }
}

#[test]
fn questions_and_errors_are_there_to_be_quoted() {
    let find = |name: &str| {
        let mut threads = whole_threads().into_iter();
        threads.find(|(found, _)| found == name).unwrap().1
    };
    assert_eq!(
        find("50-waiting-for-user-input")
            .facts
            .unanswered_question(),
        Some("Which database should be used?")
    );
    assert_eq!(
        find("52-waiting-for-approval").facts.unanswered_question(),
        Some("Bash: touch needs-approval.txt")
    );
    // Answered too late: it was never answered.
    assert_eq!(
        find("91-after-sigkill-restart-question-answered")
            .facts
            .unanswered_question(),
        Some("Which database should be used?")
    );
    assert_eq!(
        find("51-user-input-answered").facts.unanswered_question(),
        None
    );
    let gone = find("76-workspace-directory-removed");
    let error = gone.facts.last_error().unwrap();
    assert!(error.contains("native binary not found"), "{error}");
    assert_eq!(
        judge(&gone).stop,
        None,
        "a missing directory is no provider's failure"
    );
    assert_eq!(find("12-turn-completed").facts.last_error(), None);
}

#[test]
fn tasks_are_matched_by_their_ids_in_any_order() {
    let activity = |kind: &str, id: Value, more: Value| {
        let mut payload = json!({"taskId": id});
        for (name, value) in more.as_object().unwrap() {
            payload[name] = value.clone();
        }
        json!({"kind": kind, "payload": payload, "createdAt": "2026-01-01T00:00:00Z"})
    };
    let open = |activities: Vec<Value>| {
        let listed = thread(&json!({"activities": activities}));
        let tasks = read(&listed, "july").facts.log.unwrap().open_tasks;
        tasks.into_iter().map(|task| task.id).collect::<Vec<_>>()
    };
    let none = json!({});
    let began = |id: &str| activity("task.started", json!(id), none.clone());
    let ended = |id: &str| activity("task.completed", json!(id), none.clone());
    assert_eq!(open(vec![began("a"), began("b"), ended("a")]), ["b"]);
    assert_eq!(open(vec![ended("a"), began("a")]), Vec::<String>::new());
    assert_eq!(
        open(vec![began("a"), began("a"), ended("a")]),
        Vec::<String>::new()
    );
    assert_eq!(open(vec![ended("x"), began("a")]), ["a"]);
    let updated = |more| activity("task.updated", json!("a"), more);
    assert_eq!(
        open(vec![began("a"), updated(json!({"status": "running"}))]),
        ["a"]
    );
    for end in [
        json!({"status": "killed"}),
        json!({"status": "completed"}),
        json!({"endedAt": "2026-01-01T00:00:00Z"}),
    ] {
        assert_eq!(open(vec![began("a"), updated(end)]), Vec::<String>::new());
    }
    // Odd ids name nothing, and thousands of tasks are not all held.
    assert_eq!(
        open(vec![activity("task.started", json!(7), none.clone())]),
        Vec::<String>::new()
    );
    let many: Vec<Value> = (0..5_000)
        .map(|number| began(&number.to_string()))
        .collect();
    assert_eq!(open(many).len(), 64);
}
