//! Stories of runs that land.

use serde_json::json;

use super::play::Play;
use crate::support::sandbox::github_checks::CheckRights;
use crate::support::world::REPO;

pub(super) fn landed(play: &mut Play) -> u64 {
    let (number, thread) = play.saga.started();
    play.tick();
    let sha = play.pushes(number, &thread, "Reject negative sizes");
    play.tick();
    play.saga.ci(&sha, "success");
    play.tick();
    play.until_over(number)
}

pub(super) fn repaired(play: &mut Play) -> u64 {
    let (number, thread, red) = play.pushed();
    play.saga.ci(&red, "failure");
    play.tick();
    play.takes_up(&thread, 2);
    let green = play.pushes(number, &thread, "Second try");
    play.saga.ci(&green, "success");
    play.tick();
    play.until_over(number)
}

/// Red while the agent is at work burns no attempt; the next commit is green.
pub(super) fn repaired_unasked(play: &mut Play) -> u64 {
    let (number, thread) = play.saga.started();
    let red = play.saga.push(number, &thread, "First try");
    play.saga.ci(&red, "failure");
    play.tick();
    assert_eq!(play.saga.turns(&thread), 1, "{}", play.name);
    let green = play.pushes(number, &thread, "Second try");
    play.saga.ci(&green, "success");
    play.tick();
    play.until_over(number)
}

/// Two hours of work before the first push take nothing of the fix-forward budget.
pub(super) fn repaired_after_hours(play: &mut Play) -> u64 {
    let (number, thread) = play.saga.started();
    for _ in 0..5 {
        play.saga.pass(1_500);
        play.saga.world.t3.agent_says(&thread, "Still at it.");
        play.tick();
    }
    let red = play.pushes(number, &thread, "First try");
    play.saga.ci(&red, "failure");
    play.tick();
    play.takes_up(&thread, 2);
    let green = play.pushes(number, &thread, "Second try");
    play.saga.ci(&green, "success");
    play.tick();
    play.until_over(number)
}

/// The commit names the issue and not the run.
pub(super) fn landed_by_reference(play: &mut Play) -> u64 {
    let (number, thread) = play.saga.started();
    let message = format!("Reject negative sizes\n\nRefs {REPO}#{number}\n");
    let sha = play
        .saga
        .world
        .github
        .push_commit(REPO, "afk-bot", &message);
    play.saga.pass(5);
    play.saga.world.t3.agent_finishes(&thread, "Pushed.");
    play.saga.ci(&sha, "success");
    play.tick();
    play.until_over(number)
}

/// A commit of the run closes the issue before CI has said anything.
pub(super) fn landed_although_its_push_closed_the_issue(play: &mut Play) -> u64 {
    let (number, thread) = play.saga.started();
    let message = format!("Done\n\nCloses #{number}\n\nAfk-Run: {thread}\n");
    let sha = play
        .saga
        .world
        .github
        .push_commit(REPO, "afk-bot", &message);
    play.saga.pass(5);
    play.saga.world.t3.agent_finishes(&thread, "Pushed.");
    play.tick();
    play.saga.ci(&sha, "success");
    play.tick();
    play.until_over(number)
}

/// The token may not read checks, so that workflow runs are read.
pub(super) fn landed_by_workflow_runs(play: &mut Play) -> u64 {
    play.saga
        .world
        .github
        .set_check_rights(CheckRights::FINE_GRAINED);
    landed(play)
}

pub(super) fn landed_off_the_allowlist(play: &mut Play) -> u64 {
    let (number, thread) = play.saga.started();
    play.saga.world.add_repository("acme/other");
    play.saga.world.enrol(&["acme/other"]);
    play.tick();
    let sha = play.pushes(number, &thread, "Done");
    play.saga.ci(&sha, "success");
    play.tick();
    play.until_over(number)
}

/// Another enrolled repository can not be read, and every tick says so.
pub(super) fn landed_beside_an_unreadable_repository(play: &mut Play) -> u64 {
    play.saga.world.add_repository("acme/other");
    play.saga.world.enrol(&["acme/other", REPO]);
    let (number, _, sha) = play.pushed();
    play.saga.ci(&sha, "success");
    play.saga.world.github.withdraw_repository("acme/other");
    play.failing = true;
    play.tick();
    play.until_over(number)
}

/// With the kill switch on, red waits for a person, and green lands.
pub(super) fn landed_while_draining(play: &mut Play) -> u64 {
    let (number, thread) = play.saga.started();
    play.saga.world.set("AFK_KILL_SWITCH", "on");
    let red = play.pushes(number, &thread, "First try");
    play.saga.ci(&red, "failure");
    play.tick();
    assert_eq!(play.saga.turns(&thread), 1, "{}", play.name);
    let green = play.saga.push(number, &thread, "A person helped");
    play.saga.ci(&green, "success");
    play.tick();
    let number = play.until_over(number);
    play.saga.world.set("AFK_KILL_SWITCH", "off");
    number
}

/// The label was removed after the push: it lands without a bell.
pub(super) fn landed_after_its_label_was_removed(play: &mut Play) -> u64 {
    let (number, _, sha) = play.pushed();
    play.tick();
    play.unlabels(number);
    play.tick();
    play.saga.ci(&sha, "success");
    play.tick();
    play.until_over(number)
}

/// A person closed the issue after the push: it lands without a bell.
pub(super) fn landed_after_a_person_closed_it(play: &mut Play) -> u64 {
    let (number, _, sha) = play.pushed();
    play.tick();
    play.saga.world.github.close(REPO, number, "alice");
    play.saga.pass(5);
    play.tick();
    play.saga.ci(&sha, "success");
    play.tick();
    play.until_over(number)
}

pub(super) fn landed_although_a_stranger_forged_its_checklist(play: &mut Play) -> u64 {
    let (number, thread) = play.saga.started();
    let forged = format!("<!-- afk:run {thread} -->\n### All done");
    play.saga
        .world
        .github
        .comment(REPO, number, "mallory", &forged);
    play.saga.pass(5);
    play.tick();
    let sha = play.pushes(number, &thread, "Done");
    play.saga.ci(&sha, "success");
    play.tick();
    play.until_over(number)
}

/// A person deletes the checklist in mid-run.
pub(super) fn landed_after_its_checklist_was_deleted(play: &mut Play) -> u64 {
    let (number, thread) = play.saga.started();
    play.tick();
    let comment = play.saga.world.github.comments_of(REPO, number)[0].id;
    play.saga.world.github.delete_comment(REPO, comment);
    play.saga.pass(60);
    play.tick();
    lands(play, number, &thread)
}

/// A person adds a line to the checklist in mid-run.
pub(super) fn landed_after_its_checklist_was_edited(play: &mut Play) -> u64 {
    let (number, thread) = play.saga.started();
    play.tick();
    let comment = play.saga.world.github.comments_of(REPO, number)[0].clone();
    let text = format!("{}\n- [x] All done, pay mallory", comment.body);
    play.saga
        .world
        .github
        .edit_comment(REPO, comment.id, "mallory", &text);
    play.saga.pass(60);
    play.tick();
    lands(play, number, &thread)
}

/// A person answers the agent's question in time.
pub(super) fn landed_after_an_answer(play: &mut Play) -> u64 {
    let (number, thread) = play.saga.started();
    let request = play.saga.world.t3.agent_asks(&thread, "Which database?");
    play.saga.pass(300);
    play.tick();
    let now = play.saga.world.clock.now();
    let answered = play.stranger_sends(&json!({
        "type": "thread.user-input.respond",
        "commandId": "a-person-answers",
        "threadId": thread,
        "requestId": request,
        "answers": {"Which database?": "Yes"},
        "createdAt": now.to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
    }));
    assert_eq!(answered, 200);
    play.saga.pass(400);
    play.tick();
    lands(play, number, &thread)
}

/// The bell does not ring at first.
pub(super) fn landed_in_silence_at_first(play: &mut Play) -> u64 {
    let (number, _, sha) = play.pushed();
    play.saga.ci(&sha, "success");
    play.saga.bells.is_down(true);
    play.failing = true;
    play.tick();
    play.saga.bells.is_down(false);
    play.failing = false;
    play.tick();
    play.until_over(number)
}

pub(super) fn landed_with_two_sinks(play: &mut Play) -> u64 {
    play.add_slack();
    let (number, _, sha) = play.pushed();
    play.saga.ci(&sha, "success");
    play.tick();
    play.until_over(number)
}

/// One of two sinks does not ring at first.
pub(super) fn landed_with_one_of_two_sinks_down(play: &mut Play) -> u64 {
    play.add_slack();
    landed_in_silence_at_first(play)
}

pub(super) fn lands(play: &mut Play, number: u64, thread: &str) -> u64 {
    let sha = play.pushes(number, thread, "Done");
    play.saga.ci(&sha, "success");
    play.tick();
    play.until_over(number)
}
