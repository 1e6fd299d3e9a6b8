//! What the README shows of `explain`, `status`, `digest` and of the note on a refused issue is what they say.

use afk::tick::status::Page;

use crate::support::saga::Saga;
use crate::support::world::REPO;

const README: &str = include_str!("../../README.md");

/// A thread's id depends on the port of the sandbox; this one stands for it.
const THREAD: &str = "8b1b0c0e-8d0a-5b5e-9d58-0d7c2f1f1d11";

/// Stops the test when the README does not show exactly this.
fn assert_shown(what: &str, text: &str) {
    let block = format!("```text\n{text}```\n");
    assert!(
        README.contains(&block),
        "put what {what} says into the README:\n{block}"
    );
}

fn saga() -> Saga {
    let mut saga = Saga::new();
    saga.world.set("AFK_COCKPIT_URL", "https://t3.example.org");
    saga.world.set("AFK_COCKPIT_LINK", "{cockpit}/{thread}");
    saga
}

#[test]
fn a_refused_issue_is_explained_and_noted_as_shown() {
    let mut saga = saga();
    let blocker = saga.world.issue(REPO, "First", "");
    let body = format!("Blocked by: #{blocker}\n");
    let number = saga.world.issue(REPO, "Second", &body);
    saga.world.approve(REPO, number);
    let told = saga.explain(&format!("{REPO}#{number}")).to_string();
    assert_shown("explain", &told);
    saga.world.set("AFK_REFUSAL_COMMENT", "on");
    saga.pass(700);
    saga.poll();
    let note = saga.checklist(number).remove(0);
    let (_, note) = note.split_once('\n').unwrap();
    let block = format!("```markdown\n{note}```\n");
    assert!(
        README.contains(&block),
        "put the note into the README:\n{block}"
    );
}

#[test]
fn runs_under_way_and_the_day_are_told_as_shown() {
    let saga = saga();
    let (number, thread) = saga.started();
    let sha = saga.push(number, &thread, "Reject negative sizes");
    saga.world.t3.agent_finishes(&thread, "Pushed.");
    saga.ci(&sha, "failure");
    let status = saga.status().render(Page::new(100, false));
    assert_shown(
        "status",
        &status
            .replace(&thread, THREAD)
            .replace(&sha[..8], "4f1c2b7a"),
    );
    let waiting = saga.world.issue(REPO, "Later", "");
    saga.world.approve(REPO, waiting);
    let message = saga.digest().digest.message();
    let told = format!("{}\n{}\n", message.title(), message.body());
    assert_shown(
        "digest",
        &told.replace(&thread, THREAD).replace(&sha[..8], "4f1c2b7a"),
    );
}
