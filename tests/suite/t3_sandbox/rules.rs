//! Rules that no single recording shows: receipts, growth, versions, and what the driver may not do.

use serde_json::{Value, json};

use super::{Bench, VERSIONS, order, thread_create, turn_start};
use crate::support::sandbox::t3::{AgentProcess, T3, T3Version, Workspace};

#[test]
fn t3_sandbox_refusals_are_for_ever_and_400s_leave_no_receipt() {
    for version in VERSIONS {
        let bench = Bench::new(version);
        bench.create_project("project", "/data/ws/project");

        let mut refused = thread_create("thread", "no-such-project");
        assert_eq!(bench.dispatch(&refused).status, 500);
        refused["projectId"] = json!("project");
        assert_eq!(bench.dispatch(&refused).status, 500);
        assert_eq!(bench.t3.receipt("seed-thread-thread"), Some(false));
        assert_eq!(bench.t3.thread("thread"), None);

        let mut ill_formed = thread_create("thread", "project");
        ill_formed["commandId"] = json!("second");
        ill_formed["title"] = json!(" ");
        assert_eq!(bench.dispatch(&ill_formed).status, 400);
        assert_eq!(bench.t3.receipt("second"), None);
        ill_formed["title"] = json!(" padded ");
        bench.accepted(&ill_formed);
        assert_eq!(bench.t3.thread("thread").unwrap().title, "padded");
    }
}

#[test]
fn t3_sandbox_denied_commands_leave_no_receipt() {
    let bench = Bench::new(T3Version::V0_0_27);
    bench.create_project("project", "/data/ws/project");
    bench.t3.allow_bearer("reader", &["orchestration:read"]);
    let create = thread_create("thread", "project");
    let body = create.to_string();
    for (bearer, status) in [("Bearer reader", 403), ("Bearer nobody", 401)] {
        let headers = [("authorization", bearer)];
        let answer = bench.send(
            "POST",
            "/api/orchestration/dispatch",
            &headers,
            body.as_bytes(),
        );
        assert_eq!(answer.status, status);
    }
    bench.accepted(&create);
}

#[test]
fn t3_sandbox_ids_are_trimmed_and_never_free_again() {
    for version in VERSIONS {
        let bench = Bench::new(version);
        bench.create_thread("thread");
        bench.accepted(&order("thread.delete", "  thread ", "delete"));
        let project = bench.t3.projects()[0].id.clone();
        let mut again = thread_create("thread", &project);
        again["commandId"] = json!("again");
        assert_eq!(bench.dispatch(&again).status, 500);
        assert!(bench.t3.thread("thread").unwrap().deleted);
    }
}

#[test]
fn t3_sandbox_command_id_with_another_target_is_refused_by_the_fork_only() {
    for (version, status) in [
        (T3Version::V0_0_27, 200),
        (T3Version::July, 200),
        (T3Version::Fork0_0_33, 500),
    ] {
        let bench = Bench::new(version);
        bench.create_thread("one");
        bench.create_thread("two");
        bench.accepted(&order("thread.archive", "one", "act"));
        let mut other = order("thread.archive", "two", "act");
        other["commandId"] = json!("one-act");
        assert_eq!(bench.dispatch(&other).status, status, "{version:?}");
        assert!(!bench.t3.thread("two").unwrap().archived);
    }
}

#[test]
fn t3_sandbox_second_project_on_a_root_is_allowed_on_the_oldest_server_only() {
    for (version, status) in [
        (T3Version::V0_0_27, 200),
        (T3Version::July, 500),
        (T3Version::Fork0_0_33, 500),
    ] {
        let bench = Bench::new(version);
        bench.create_project("one", "/data/ws/root");
        let create = json!({
            "type": "project.create",
            "commandId": "two",
            "projectId": "two",
            "title": "two",
            "workspaceRoot": "/data/ws/./root/",
            "createdAt": "whenever",
        });
        assert_eq!(bench.dispatch(&create).status, status, "{version:?}");
        // A deleted project frees its root, not its id.
        bench.accepted(&json!({"type": "project.delete", "commandId": "d", "projectId": "one"}));
        let mut three = create.clone();
        three["commandId"] = json!("three");
        three["projectId"] = json!("three");
        assert_eq!(bench.dispatch(&three).status, 200, "{version:?}");
    }
}

#[test]
fn t3_sandbox_body_that_is_not_json_is_500_or_400() {
    for (version, status) in [
        (T3Version::V0_0_27, 500),
        (T3Version::July, 500),
        (T3Version::Fork0_0_33, 400),
    ] {
        let bench = Bench::new(version);
        let bearer = format!("Bearer {}", T3::BEARER);
        let headers = [("authorization", bearer.as_str())];
        let answer = bench.send(
            "POST",
            "/api/orchestration/dispatch",
            &headers,
            b"{not json",
        );
        assert_eq!(
            (answer.status, answer.body),
            (status, Value::Null),
            "{version:?}"
        );
    }
}

#[test]
fn t3_sandbox_requires_every_member_of_a_turn() {
    let bench = Bench::new(T3Version::V0_0_27);
    bench.create_thread("thread");
    let whole = turn_start("thread", "turn", "x");
    for name in [
        "type",
        "commandId",
        "threadId",
        "message",
        "runtimeMode",
        "interactionMode",
        "createdAt",
    ] {
        let mut command = whole.clone();
        command.as_object_mut().unwrap().remove(name);
        assert_eq!(bench.dispatch(&command).status, 400, "without {name}");
    }
    for name in ["messageId", "role", "text", "attachments"] {
        let mut command = whole.clone();
        command["message"].as_object_mut().unwrap().remove(name);
        assert_eq!(
            bench.dispatch(&command).status,
            400,
            "without message.{name}"
        );
    }
    assert_eq!(bench.t3.thread("thread").unwrap().messages, []);
    bench.accepted(&whole);
}

#[test]
fn t3_sandbox_rename_touches_nothing_else() {
    for version in VERSIONS {
        let bench = Bench::new(version);
        bench.create_thread("thread");
        let mut rename = order("thread.meta.update", "thread", "rename");
        rename["title"] = json!("another");
        bench.accepted(&rename);
        let thread = bench.t3.thread("thread").unwrap();
        assert_eq!(
            (thread.title.as_str(), thread.messages.len()),
            ("another", 0)
        );
        assert_eq!(thread.agent, AgentProcess::None);
        assert_eq!(bench.snapshot_thread("thread")["title"], "another");
        bench.t3.people_rename("thread", "a person's");
        assert_eq!(bench.t3.thread("thread").unwrap().title, "a person's");
    }
}

#[test]
fn t3_sandbox_archived_and_deleted_threads_run_nothing_and_leave_the_shell() {
    for version in [T3Version::July, T3Version::Fork0_0_33] {
        for kind in ["thread.archive", "thread.delete"] {
            let bench = Bench::new(version);
            bench.create_thread("thread");
            assert!(bench.shell_thread("thread").is_some());
            bench.accepted(&order(kind, "thread", "away"));
            bench.request_turn("thread", "x");
            assert_eq!(bench.t3.agent_starts("thread"), None);
            assert_eq!(bench.t3.turns_run("thread"), 0);
            assert_eq!(bench.t3.thread("thread").unwrap().messages.len(), 1);
            assert_eq!(bench.shell_thread("thread"), None);
            let answer = bench.detail("thread");
            assert_eq!(
                (answer.status, &answer.body["reason"]),
                (404, &json!("thread_not_found"))
            );
        }
    }
}

#[test]
fn t3_sandbox_freezes_a_running_thread_that_a_person_archives() {
    for version in VERSIONS {
        let bench = Bench::new(version);
        bench.create_thread("thread");
        bench.request_turn("thread", "x");
        bench.t3.agent_starts("thread").unwrap();
        bench.t3.people_archive("thread");
        bench.t3.agent_says("thread", "unheard");
        bench.t3.agent_finishes("thread", "unheard");
        let thread = bench.t3.thread("thread").unwrap();
        assert!(thread.archived);
        assert_eq!(thread.session_status, Some("running"));
        assert_eq!(thread.messages.len(), 1);
        // The agent itself lives on; deleting the thread ends it.
        assert_eq!(bench.t3.live_agents(), ["thread"]);
        bench.t3.people_delete("thread");
        assert_eq!(bench.t3.live_agents(), Vec::<String>::new());
    }
}

#[test]
fn t3_sandbox_interrupted_turn_stays_interrupted_without_a_checkpoint_on_the_fork() {
    let bench = Bench::new(T3Version::Fork0_0_33);
    bench.create_thread("thread");
    bench.request_turn("thread", "x");
    let turn = bench.t3.agent_starts("thread").unwrap();
    let mut interrupt = order("thread.turn.interrupt", "thread", "interrupt");
    interrupt["turnId"] = json!(turn);
    bench.accepted(&interrupt);
    bench.t3.settle();
    let thread = bench.t3.thread("thread").unwrap();
    assert_eq!(
        (thread.turn_state, thread.session_status),
        (Some("interrupted"), Some("ready"))
    );
}

#[test]
fn t3_sandbox_failed_run_shows_its_error() {
    for version in VERSIONS {
        let bench = Bench::new(version);
        bench.create_thread("thread");
        bench.request_turn("thread", "x");
        bench.t3.agent_starts("thread").unwrap();
        bench.t3.agent_fails("thread", "out of credits");
        let thread = bench.t3.thread("thread").unwrap();
        assert_eq!(thread.session_status, Some("error"));
        assert_eq!(thread.last_error.as_deref(), Some("out of credits"));
    }
}

#[test]
fn t3_sandbox_accepted_duplicate_changes_nothing() {
    for version in VERSIONS {
        let bench = Bench::new(version);
        bench.create_thread("thread");
        let command = turn_start("thread", "turn", "x");
        let original = bench.accepted(&command);
        bench.t3.people_archive("thread");
        bench.t3.people_unarchive("thread");
        let before = (bench.t3.sequence(), bench.t3.thread("thread"));
        assert_eq!(bench.accepted(&command), original);
        assert_eq!((bench.t3.sequence(), bench.t3.thread("thread")), before);
    }
}

#[test]
fn t3_sandbox_creates_a_missing_workspace_as_a_plain_directory() {
    let bench = Bench::new(T3Version::V0_0_27);
    bench.create_project("project", "/data/ws/new");
    assert_eq!(
        bench.t3.workspace("/data/ws/new"),
        Some(Workspace::Directory)
    );
    assert_eq!(bench.t3.workspace("/data/ws"), None);
}

#[test]
fn t3_sandbox_client_clock_is_copied_and_orders_nothing() {
    let bench = Bench::new(T3Version::V0_0_27);
    bench.create_thread("thread");
    let mut command = turn_start("thread", "turn", "x");
    command["createdAt"] = json!("not a date");
    bench.accepted(&command);
    let thread = bench.snapshot_thread("thread");
    assert_eq!(thread["updatedAt"], "not a date");
    assert_eq!(thread["messages"][0]["createdAt"], "not a date");
    bench.t3.agent_starts("thread").unwrap();
    let thread = bench.snapshot_thread("thread");
    assert_eq!(thread["latestTurn"]["requestedAt"], "not a date");
    assert_eq!(thread["latestTurn"]["startedAt"], "not a date");
}

#[test]
fn t3_sandbox_interrupt_of_a_turn_nobody_took_up_applies_when_it_starts() {
    let bench = Bench::new(T3Version::V0_0_27);
    bench.create_thread("thread");
    bench.request_turn("thread", "x");
    bench.accepted(&order("thread.turn.interrupt", "thread", "interrupt"));
    assert_eq!(bench.t3.agent_starts("thread"), None);
    let thread = bench.t3.thread("thread").unwrap();
    assert_eq!(thread.session_status, Some("error"));
    assert_eq!((thread.turns_waiting, bench.t3.turns_run("thread")), (0, 1));
}

#[test]
fn t3_sandbox_restart_keeps_or_loses_turns_that_nobody_took_up() {
    for (loses, runs) in [(false, 1), (true, 0)] {
        let bench = Bench::new(T3Version::V0_0_27);
        bench.create_thread("thread");
        bench.request_turn("thread", "x");
        bench.t3.restart_server(loses);
        bench.t3.agent_starts("thread");
        assert_eq!(bench.t3.turns_run("thread"), runs);
        // The message is there in both cases, and so is the receipt.
        assert_eq!(bench.t3.thread("thread").unwrap().messages.len(), 1);
        assert_eq!(bench.t3.receipt("thread-turn-0"), Some(true));
    }
}

#[test]
fn t3_sandbox_reaper_takes_idle_sessions_only() {
    let bench = Bench::new(T3Version::V0_0_27);
    for thread in ["idle", "busy"] {
        bench.create_thread(thread);
        bench.request_turn(thread, "x");
        bench.t3.agent_starts(thread).unwrap();
    }
    bench.t3.agent_finishes("idle", "ok");
    bench.clock.advance(chrono::TimeDelta::minutes(29));
    bench.t3.reap_idle();
    assert_eq!(bench.t3.live_agents(), ["idle", "busy"]);
    bench.clock.advance(chrono::TimeDelta::minutes(1));
    bench.t3.reap_idle();
    assert_eq!(bench.t3.live_agents(), ["busy"]);
}

#[test]
fn t3_sandbox_turn_runs_in_git_as_soon_as_the_workspace_is_a_repository() {
    let bench = Bench::new(T3Version::V0_0_27);
    bench.create_thread("thread");
    for (workspace, checkpoints) in [
        (Workspace::Directory, 0),
        (Workspace::Git { remote: None }, 1),
    ] {
        bench.t3.place_workspace("/data/ws/thread", workspace);
        bench.request_turn("thread", "x");
        bench.t3.agent_starts("thread").unwrap();
        bench.t3.agent_finishes("thread", "ok");
        assert_eq!(
            bench.t3.thread("thread").unwrap().checkpoints.len(),
            checkpoints
        );
    }
}

#[test]
fn t3_sandbox_pages_a_thread_on_the_fork() {
    let bench = Bench::new(T3Version::Fork0_0_33);
    bench.create_thread("thread");
    for _ in 0..3 {
        bench.request_turn("thread", "x");
        bench.t3.agent_starts("thread").unwrap();
        bench.t3.agent_finishes("thread", "ok");
    }
    let page = bench.detail("thread?turnLimit=2").body;
    assert_eq!(page["thread"]["messages"].as_array().unwrap().len(), 4);
    assert_eq!(page["page"]["hasMore"], true);
    let cursor = page["page"]["beforeCursor"].as_str().unwrap();
    let rest = bench
        .detail(&format!("thread?turnLimit=2&beforeCursor={cursor}"))
        .body;
    assert_eq!(rest["page"]["hasMore"], false);
    assert_eq!(bench.detail("thread?turnLimit=x").status, 400);
}

#[test]
fn t3_sandbox_grows_to_the_size_that_was_asked_for() {
    let bench = Bench::new(T3Version::V0_0_27);
    bench.create_thread("ours");
    bench.t3.inflate(100, 20_000);
    let length = bench
        .get("/api/orchestration/snapshot")
        .body
        .to_string()
        .len();
    assert!((1_900_000..2_100_000).contains(&length), "{length} bytes");
    assert_eq!(bench.t3.threads().len(), 101);
    assert_eq!(bench.t3.live_agents(), Vec::<String>::new());
}

#[test]
#[should_panic(expected = "no agent works on thread")]
fn t3_sandbox_agent_without_a_turn_cannot_talk() {
    let bench = Bench::new(T3Version::V0_0_27);
    bench.create_thread("thread");
    bench.t3.agent_says("thread", "hello");
}
