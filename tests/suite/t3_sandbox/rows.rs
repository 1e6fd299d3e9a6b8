//! Which recorded requests are sent to which server, in which order, and what happens in between.

use serde_json::json;

use super::{Bench, order, recording, subject, thread_create};
use crate::support::sandbox::t3::{T3Version, Workspace};

use T3Version::{Fork0_0_33, July, V0_0_27};

/// One step of a row.
pub(super) enum Step {
    /// Sends the recorded request and expects the recorded answer.
    Send(&'static str),
    /// Brings the project or thread that the recording is about into a state.
    Given(State, &'static str),
    /// Anything else that happened in between.
    Do(fn(&Bench)),
}
use Step::{Do, Given, Send};

/// What a recording presupposes about its thread.
#[derive(Clone, Copy)]
pub(super) enum State {
    /// Its project exists.
    Project,
    /// Its thread exists and has seen no turn.
    Thread,
    /// A turn runs.
    Working,
    /// A turn is over and the session idles.
    Finished,
    /// A turn runs and waits for an answer.
    Asking,
    /// A turn runs and waits for leave.
    WantsApproval,
}

/// A row is one server and the steps it goes through.
pub(super) struct Row {
    pub version: T3Version,
    pub web_client: bool,
    pub steps: &'static [Step],
}

const fn row(version: T3Version, steps: &'static [Step]) -> Row {
    Row {
        version,
        web_client: false,
        steps,
    }
}

/// The first requests of the recorded v0.0.27 server, in their order, from an empty base directory on.
pub(super) const FIRST_REQUESTS: &[Step] = &[
    Do(|bench| {
        let t3 = &bench.t3;
        t3.place_workspace("/data/ws/plain-dir", Workspace::Directory);
        t3.place_workspace("/data/ws/a-file", Workspace::File);
    }),
    Send("snapshot.empty"),
    Send("project-create.workspace-missing-no-create-flag"),
    Send("project-create.ok-create-workspace"),
    Send("project-create.ok-existing-workspace"),
    Send("project-create.duplicate-project-id"),
    Send("project-create.duplicate-command-id.first"),
    Send("project-create.duplicate-command-id.second"),
    Send("project-create.same-workspace-other-project-id"),
    Send("project-create.workspace-is-a-file"),
    Send("project-create.relative-workspace"),
    Send("project-create.missing-title"),
    Send("project-create.blank-title"),
    Send("project-create.extra-unknown-field"),
    Send("project-create.bad-createdAt"),
    Send("thread-create.ok"),
    Send("thread-create.unknown-project"),
    Send("thread-create.duplicate-thread-id"),
    Send("thread-create.duplicate-command-id.first"),
    Send("thread-create.duplicate-command-id.second"),
    Send("thread-create.duplicate-command-id.other-content"),
    Send("thread-create.rejected-then-retried.first"),
    Send("thread-create.rejected-then-retried.second"),
    Send("thread-create.rejected-then-retried.corrected-same-command-id"),
    Send("thread-create.null-interaction-mode-omitted"),
    Send("thread-create.branch-omitted"),
    Send("thread-create.worktreePath-omitted"),
    Send("thread-create.runtimeMode-omitted"),
    Send("thread-create.createdAt-omitted"),
    Send("thread-create.commandId-omitted"),
    Send("thread-create.bad-runtimeMode"),
    Send("thread-create.unknown-instance"),
    Send("thread-create.empty-ids"),
    Send("thread-create.legacy-provider-model-selection"),
    Send("dispatch.wrapped-command"),
    Send("dispatch.internal-command"),
    Send("dispatch.unknown-type"),
    Send("dispatch.old-guessed-shape"),
    Send("dispatch.empty-object"),
    Send("dispatch.not-json"),
    Send("dispatch.no-body"),
    Send("dispatch.no-content-type"),
    Send("dispatch.text-plain"),
    Send("dispatch.array-body"),
    Send("turn-start.unknown-thread"),
    Send("turn-start.attachments-omitted"),
    Send("turn-start.runtimeMode-omitted"),
    Send("turn-start.interactionMode-omitted"),
    Send("turn-start.role-assistant"),
    Send("interrupt.unknown-thread"),
    Send("session-stop.unknown-thread"),
    Send("thread-archive.unknown-thread"),
    Send("thread-delete.unknown-thread"),
    Send("auth.missing-bearer"),
    Send("auth.wrong-scheme"),
    Send("auth.garbage-bearer"),
    Send("auth.tampered-bearer"),
    Send("auth.expired-bearer"),
    Send("auth.revoked-bearer"),
    Send("auth.session-state"),
    Send("auth.exchanged-token-snapshot"),
    Send("auth.insufficient-scope-dispatch"),
    Send("auth.insufficient-scope-malformed-dispatch"),
    Send("auth.insufficient-scope-snapshot"),
    Send("auth.missing-bearer-dispatch"),
    Send("auth.missing-bearer-malformed-dispatch"),
    Send("auth.read-scope-snapshot"),
    Send("path.auth-session"),
    Send("path.auth-session.anonymous"),
    Send("path.get-dispatch"),
    Send("path.healthz"),
    Send("path.post-snapshot"),
    Send("path.root"),
    Send("path.shell"),
    Send("path.thread-detail"),
    Send("path.trailing-slash-snapshot"),
    Send("path.unknown-api"),
    Send("path.unknown-api-post"),
    Send("path.well-known-environment"),
];

pub(super) const ROWS: &[Row] = &[
    row(V0_0_27, FIRST_REQUESTS),
    Row {
        version: V0_0_27,
        web_client: true,
        steps: &[
            Send("path.with-web-client.healthz"),
            Send("path.with-web-client.root"),
            Send("path.with-web-client.shell"),
            Send("path.with-web-client.thread-detail"),
            Send("path.with-web-client.unknown-api-get"),
            Send("path.with-web-client.unknown-api-post"),
        ],
    },
    row(
        V0_0_27,
        &[
            Do(|bench| {
                let remote = Some("https://example.invalid/acme/repo.git".to_owned());
                bench
                    .t3
                    .place_workspace("/data/ws/acme__repo", Workspace::Git { remote });
            }),
            Send("project-create.ok-git-workspace"),
        ],
    ),
    row(
        V0_0_27,
        &[
            Send("project-create.retry-after-400.first"),
            Do(|bench| {
                bench
                    .t3
                    .place_workspace("/data/ws/retry400", Workspace::Directory)
            }),
            Send("project-create.retry-after-400.same-command-id"),
        ],
    ),
    row(
        V0_0_27,
        &[
            Given(State::Project, "project-delete.empty"),
            Send("project-delete.empty"),
            Send("project-create.reuse-deleted-project-id"),
        ],
    ),
    row(
        V0_0_27,
        &[
            Given(State::Project, "project-delete.non-empty"),
            Do(|bench| {
                let project = bench.t3.projects()[0].id.clone();
                bench.accepted(&thread_create("inhabitant", &project));
            }),
            Send("project-delete.non-empty"),
        ],
    ),
    row(
        V0_0_27,
        &[
            Given(State::Project, "thread-create.ok-with-worktree"),
            Send("thread-create.ok-with-worktree"),
        ],
    ),
    row(
        V0_0_27,
        &[
            Given(State::Finished, "thread-archive.ok"),
            Send("thread-archive.ok"),
            Send("thread-archive.twice"),
            Send("turn-start.archived-thread"),
            Send("thread-unarchive.ok"),
            Send("thread-delete.ok"),
            Send("thread-delete.twice"),
            Send("turn-start.deleted-thread"),
            Given(State::Project, "thread-create.reuse-deleted-thread-id"),
            Send("thread-create.reuse-deleted-thread-id"),
        ],
    ),
    row(
        V0_0_27,
        &[
            Given(State::Working, "thread-archive.while-running"),
            Send("thread-archive.while-running"),
            Send("thread-delete.while-running"),
        ],
    ),
    row(
        V0_0_27,
        &[
            Given(State::Finished, "interrupt.idle-thread"),
            Send("interrupt.idle-thread"),
            Given(State::Working, "interrupt.ok-with-turn-id"),
            Send("interrupt.ok-with-turn-id"),
            Given(State::Working, "interrupt.ok-without-turn-id"),
            Send("interrupt.ok-without-turn-id"),
            Given(State::Thread, "interrupt.thread-without-session"),
            Send("interrupt.thread-without-session"),
        ],
    ),
    row(
        V0_0_27,
        &[
            Given(State::Working, "session-stop.while-running"),
            Send("session-stop.while-running"),
            Do(|bench| bench.t3.settle()),
            Send("turn-start.after-session-stop"),
            Given(State::Finished, "session-stop.while-idle"),
            Send("session-stop.while-idle"),
            Send("session-stop.already-stopped"),
            Given(State::Thread, "session-stop.thread-without-session"),
            Send("session-stop.thread-without-session"),
        ],
    ),
    row(
        V0_0_27,
        &[
            Given(State::Thread, "turn-start.ok"),
            Send("turn-start.ok"),
            Given(State::Thread, "turn-start.ok-with-tools"),
            Send("turn-start.ok-with-tools"),
            Given(State::Thread, "turn-start.model-override"),
            Send("turn-start.model-override"),
            Given(State::Thread, "turn-start.bootstrap-prepare-worktree"),
            Send("turn-start.bootstrap-prepare-worktree"),
            Send("turn-start.bootstrap-create-thread"),
            Given(State::Thread, "turn-start.empty-text"),
            Send("turn-start.empty-text"),
            Given(State::Thread, "turn-start.text-119000-chars"),
            Send("turn-start.text-119000-chars"),
            Given(State::Thread, "turn-start.text-120001-chars"),
            Send("turn-start.text-120001-chars"),
            Given(State::Thread, "turn-start.body-1000000-bytes"),
            Send("turn-start.body-1000000-bytes"),
            Given(State::Thread, "turn-start.body-12000000-bytes"),
            Send("turn-start.body-12000000-bytes"),
            Given(State::Thread, "turn-start.unknown-provider-instance"),
            Send("turn-start.unknown-provider-instance"),
            Given(State::Thread, "turn-start.agent-binary-missing"),
            Send("turn-start.agent-binary-missing"),
            Given(State::Thread, "turn-start.workspace-directory-removed"),
            Send("turn-start.workspace-directory-removed"),
            Given(State::Working, "turn-start.while-turn-running"),
            Send("turn-start.while-turn-running"),
        ],
    ),
    // From another base directory than the rows above, whence its sequence.
    row(
        V0_0_27,
        &[
            Given(State::Thread, "turn-start.agent-process-exits-at-start"),
            Send("turn-start.agent-process-exits-at-start"),
        ],
    ),
    row(
        V0_0_27,
        &[
            Given(State::Working, "turn-start.after-agent-process-death"),
            Do(|bench| bench.t3.agent_process_dies(&bench.t3.threads()[0])),
            Send("turn-start.after-agent-process-death"),
        ],
    ),
    row(
        V0_0_27,
        &[
            Given(State::Thread, "turn-start.duplicate-command-id.first"),
            Send("turn-start.duplicate-command-id.first"),
            Send("turn-start.duplicate-command-id.second"),
            Given(
                State::Finished,
                "turn-start.duplicate-command-id.after-completion",
            ),
            Send("turn-start.duplicate-command-id.after-completion"),
            Send("turn-start.duplicate-message-id"),
        ],
    ),
    row(
        V0_0_27,
        &[
            Given(State::Asking, "user-input-respond.unknown-request"),
            Send("user-input-respond.unknown-request"),
            Send("user-input-respond.ok"),
            Given(State::WantsApproval, "approval-respond.bad-decision"),
            Send("approval-respond.bad-decision"),
            Send("approval-respond.decline"),
        ],
    ),
    row(
        V0_0_27,
        &[
            Given(State::Working, "interrupt.after-sigkill-restart"),
            Given(State::Working, "turn-start.after-sigkill-restart"),
            Given(State::Asking, "user-input-respond.after-sigkill-restart"),
            Do(|bench| bench.t3.restart_server(true)),
            Send("interrupt.after-sigkill-restart"),
            Send("turn-start.after-sigkill-restart"),
            Send("user-input-respond.after-sigkill-restart"),
            Send("session-stop.after-sigkill-restart"),
        ],
    ),
    row(
        V0_0_27,
        &[
            Given(State::Working, "interrupt.after-sigterm-restart"),
            Given(State::Working, "turn-start.after-sigterm-restart"),
            Given(State::Asking, "user-input-respond.after-sigterm-restart"),
            Do(|bench| bench.t3.restart_server(true)),
            Send("interrupt.after-sigterm-restart"),
            Send("turn-start.after-sigterm-restart"),
            Send("user-input-respond.after-sigterm-restart"),
            Send("session-stop.after-sigterm-restart"),
        ],
    ),
    row(
        July,
        &[Send("snapshot.empty"), Send("path.well-known-environment")],
    ),
    row(
        July,
        &[
            Do(|bench| seed_shell(bench, July)),
            Send("shell.ok"),
            Send("shell.no-bearer"),
            Send("thread-detail.thread-without-turns"),
            Send("thread-detail.no-bearer"),
            Send("thread-detail.blank-id"),
            Send("thread-detail.unknown"),
            Do(|bench| {
                for (recording, kind) in [
                    ("thread-detail.archived", "thread.archive"),
                    ("thread-detail.deleted", "thread.delete"),
                ] {
                    let thread = subject(July, recording).unwrap();
                    bench.create_thread(&thread);
                    bench.accepted(&order(kind, &thread, "gone"));
                }
            }),
            Send("thread-detail.archived"),
            Send("thread-detail.deleted"),
        ],
    ),
    row(
        July,
        &[
            Do(|bench| seed_first_project(bench, July)),
            Send("project-create.same-workspace-other-project-id"),
        ],
    ),
    row(
        July,
        &[
            Do(|bench| seed_commit(bench, July, "thread-detail.ok")),
            Send("thread-detail.ok"),
        ],
    ),
    row(
        Fork0_0_33,
        &[
            Send("path.well-known-environment"),
            Do(|bench| seed_shell(bench, Fork0_0_33)),
            Send("shell.ok"),
        ],
    ),
    row(
        Fork0_0_33,
        &[
            Do(|bench| seed_first_project(bench, Fork0_0_33)),
            Send("project-create.same-workspace-other-project-id"),
        ],
    ),
    row(
        Fork0_0_33,
        &[
            Do(|bench| seed_commit(bench, Fork0_0_33, "thread-detail.ok")),
            Send("thread-detail.ok"),
            Send("thread-detail.turn-limit"),
        ],
    ),
];

/// Brings what the recording `name` is about into `state`.
pub(super) fn bring(bench: &Bench, version: T3Version, state: State, name: &str) {
    let recorded = recording(version, name);
    if let State::Project = state {
        let project = recorded["request"]["body"]["projectId"].as_str().unwrap();
        bench.create_project(project, &format!("/data/ws/{project}"));
        return;
    }
    let thread = &subject(version, name).unwrap();
    let t3 = &bench.t3;
    if t3.thread(thread).is_none() {
        bench.create_thread(thread);
    }
    if let State::Thread = state {
        return;
    }
    if t3.thread(thread).unwrap().turns_waiting == 0 {
        bench.request_turn(thread, "x");
    }
    if let State::WantsApproval = state {
        let mut set = order("thread.runtime-mode.set", thread, "mode");
        set["runtimeMode"] = json!("approval-required");
        bench.accepted(&set);
    }
    t3.agent_starts(thread).unwrap();
    match state {
        State::Project | State::Thread | State::Working => {}
        State::Finished => t3.agent_finishes(thread, "ok"),
        State::Asking => drop(t3.agent_asks(thread, "Which?")),
        State::WantsApproval => drop(t3.agent_wants_approval(thread, "touch a")),
    }
}

/// Creates the project whose root the recorded second project wants.
fn seed_first_project(bench: &Bench, version: T3Version) {
    let second = recording(version, "project-create.same-workspace-other-project-id");
    let root = second["request"]["body"]["workspaceRoot"].as_str().unwrap();
    bench.create_project("first", root);
}

/// Creates what the recorded shell of a version lists.
fn seed_shell(bench: &Bench, version: T3Version) {
    let shell = recording(version, "shell.ok")["response"]["body"].clone();
    for project in shell["projects"].as_array().unwrap() {
        bench.accepted(&json!({
            "type": "project.create",
            "commandId": project["id"],
            "projectId": project["id"],
            "title": project["title"],
            "workspaceRoot": project["workspaceRoot"],
            "createWorkspaceRootIfMissing": true,
            "createdAt": project["createdAt"],
        }));
    }
    for thread in shell["threads"].as_array().unwrap() {
        let mut create = thread_create("", thread["projectId"].as_str().unwrap());
        create["commandId"] = thread["id"].clone();
        create["threadId"] = thread["id"].clone();
        create["title"] = thread["title"].clone();
        create["modelSelection"] = thread["modelSelection"].clone();
        create["createdAt"] = thread["createdAt"].clone();
        bench.accepted(&create);
    }
}

/// Lets an agent do what the recorded one did: talk, write a file with a command, talk.
fn seed_commit(bench: &Bench, version: T3Version, name: &str) {
    let thread = &subject(version, name).unwrap();
    let root = format!("/data/ws/{thread}");
    bench
        .t3
        .place_workspace(&root, Workspace::Git { remote: None });
    bench.create_thread(thread);
    bench.request_turn(thread, "Implement issue #1 and commit.");
    bench.t3.agent_starts(thread).unwrap();
    bench
        .t3
        .agent_says(thread, "I will write the file and commit it.");
    bench.t3.agent_changes_file(thread, "feature.txt");
    bench.t3.agent_runs_tool(thread, "git commit", "a10baaf1");
    bench
        .t3
        .agent_finishes(thread, "Implemented and committed.");
}
