//! Notes on refused issues: one comment by us that says why nothing happens, and goes away again.

use afk::tick::NoteCount;

use crate::support::saga::Saga;
use crate::support::sandbox::github_state::Role;
use crate::support::world::{READY, REPO};

const MARKER: &str = "<!-- afk:refusal -->";

fn saga() -> Saga {
    let mut saga = Saga::new();
    saga.world.set("AFK_REFUSAL_COMMENT", "on");
    saga
}

/// Our notes on an issue.
fn notes(saga: &Saga, number: u64) -> Vec<String> {
    let mut ours = saga.checklist(number);
    ours.retain(|body| body.starts_with(MARKER));
    ours
}

/// What a tick did to notes: written, edited, removed.
fn tick(saga: &Saga) -> (usize, usize, usize) {
    let report = saga.poll();
    assert!(report.failures.is_empty(), "{report}");
    let NoteCount {
        written,
        edited,
        removed,
    } = report.refusal_notes;
    (written, edited, removed)
}

/// A ready issue that waits for another one. Returns both.
fn blocked(saga: &Saga) -> (u64, u64) {
    let blocker = saga.world.issue(REPO, "First", "");
    let body = format!("Blocked by: #{blocker}\n");
    let number = saga.world.issue(REPO, "Second", &body);
    saga.world.approve(REPO, number);
    (blocker, number)
}

#[test]
fn a_note_goes_when_its_issue_only_waits_or_is_closed_with_its_label() {
    let mut saga = saga();
    let (blocker, number) = blocked(&saga);
    saga.pass(605);
    assert_eq!(tick(&saga), (1, 0, 0));
    // The repository is busy when what blocked it is done: it waits for its turn now.
    let (running, _) = saga.started();
    assert_eq!(notes(&saga, number).len(), 1);
    saga.world.github.close(REPO, blocker, "alice");
    saga.pass(60);
    let report = saga.poll();
    let entry = &report.repositories[0].issues[0];
    assert_eq!((entry.issue.0, entry.decision.as_str()), (number, "skip"));
    assert_eq!(report.refusal_notes.removed, 1, "{report}");
    assert_eq!(notes(&saga, number), [""; 0]);
    assert_eq!(tick(&saga), (0, 0, 0), "it is gone");
    assert_ne!(running, number);
    // Closed, with the label on it.
    saga.world.set("AFK_MAX_IN_FLIGHT", "1");
    let other = saga
        .world
        .issue(REPO, "Third", "Blocked by: the weather of tomorrow\n");
    saga.world.approve(REPO, other);
    saga.world.github.label(REPO, other, "alice", "wontfix");
    saga.pass(605);
    assert_eq!(tick(&saga), (1, 0, 0));
    saga.world.github.close(REPO, other, "alice");
    saga.pass(60);
    assert_eq!(tick(&saga), (0, 0, 1));
    assert_eq!(notes(&saga, other), [""; 0]);
}

#[test]
fn a_refusal_is_told_after_ten_minutes_kept_true_and_taken_away_with_the_start() {
    let saga = saga();
    let (blocker, number) = blocked(&saga);
    assert_eq!(tick(&saga), (0, 0, 0));
    saga.pass(585);
    assert_eq!(tick(&saga), (0, 0, 0), "not ten minutes yet");
    saga.pass(20);
    assert_eq!(tick(&saga), (1, 0, 0));
    assert_eq!(
        notes(&saga, number),
        [format!(
            "{MARKER}\n#### No agent was started for this issue\n\n\
             - Something that blocks it is still open ({REPO}#{blocker} is open).\n  \
             What would change it: close what blocks it, or take the blocker off the issue.\n\n\
             This note follows what is so, and goes away when an agent is started or the label `{READY}` is taken off.\n"
        )]
    );
    assert_eq!(tick(&saga), (0, 0, 0), "it is there");
    saga.world.github.label(REPO, number, "alice", "wontfix");
    assert_eq!(tick(&saga), (0, 1, 0));
    let [note] = &notes(&saga, number)[..] else {
        panic!("one note");
    };
    assert!(
        note.contains("A label holds it back (shows 'wontfix')"),
        "{note}"
    );
    saga.world.github.unlabel(REPO, number, "alice", "wontfix");
    saga.world.github.close(REPO, blocker, "alice");
    saga.pass(5);
    let report = saga.poll();
    assert_eq!(report.dispatched.len(), 1, "{report}");
    assert_eq!(report.refusal_notes.removed, 1);
    assert!(
        report
            .to_string()
            .contains("notes on refused issues: 0 written, 0 edited, 1 removed")
    );
    assert_eq!(notes(&saga, number), [""; 0]);
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["refusal_notes"]["removed"], 1);
}

#[test]
fn a_note_goes_with_the_label() {
    let saga = saga();
    let (_, number) = blocked(&saga);
    saga.pass(700);
    assert_eq!(tick(&saga), (1, 0, 0));
    saga.world.github.unlabel(REPO, number, "alice", READY);
    saga.pass(5);
    assert_eq!(tick(&saga), (0, 0, 1));
    assert_eq!(notes(&saga, number), [""; 0]);
    assert_eq!(tick(&saga), (0, 0, 0));
}

#[test]
fn nobody_who_may_not_label_gets_a_note_and_no_passing_reason_has_one() {
    let mut saga = saga();
    saga.world
        .github
        .set_permission(REPO, "mallory", Role::TRIAGE);
    let by_mallory = saga.world.issue(REPO, "Mine", "");
    saga.world.github.label(REPO, by_mallory, "mallory", READY);
    let on_hold = saga.world.issue(REPO, "Mine too", "");
    saga.world.github.label(REPO, on_hold, "mallory", READY);
    saga.world.github.label(REPO, on_hold, "alice", "wontfix");
    let unresolved = saga.world.issue(REPO, "Later", "Depends on: #999\n");
    saga.world.approve(REPO, unresolved);
    saga.pass(700);
    assert_eq!(tick(&saga), (0, 0, 0));
    saga.world.set("AFK_READY_SETTLE_SECONDS", "3600");
    assert_eq!(tick(&saga), (0, 0, 0));
    for number in [by_mallory, on_hold, unresolved] {
        assert_eq!(saga.checklist(number), [""; 0]);
    }
}

/// A text that names no issue does not change by itself.
#[test]
fn a_blocker_that_is_no_reference_is_told() {
    let saga = saga();
    let number = saga.world.issue(REPO, "Later", "Blocked by: TBD\n");
    saga.world.approve(REPO, number);
    saga.pass(700);
    assert_eq!(tick(&saga), (1, 0, 0));
    let note = notes(&saga, number).remove(0);
    for part in [
        "- Something that blocks it could not be looked up (",
        "TBD",
        "write 'none' where there is none",
    ] {
        assert!(note.contains(part), "{part}: {note}");
    }
}

#[test]
fn comments_of_others_are_left_alone_and_a_second_note_of_ours_goes() {
    let saga = saga();
    let (_, number) = blocked(&saga);
    let forged = format!("{MARKER}\nforged");
    saga.world.github.comment(REPO, number, "mallory", &forged);
    saga.pass(700);
    assert_eq!(tick(&saga), (1, 0, 0));
    // Two ticks at once may have written one each, and so may one whose answer was lost.
    let body = notes(&saga, number).remove(0);
    saga.world.github.comment(REPO, number, "afk-bot", &body);
    assert_eq!(tick(&saga), (0, 0, 1));
    assert_eq!(notes(&saga, number).len(), 1);
    let all = saga.world.github.comments_of(REPO, number);
    assert!(
        all.iter()
            .any(|comment| comment.author == "mallory" && comment.body == forged)
    );
}

#[test]
fn ten_new_notes_a_tick_and_the_others_follow() {
    let saga = saga();
    let blocker = saga.world.issue(REPO, "First", "");
    let numbers: Vec<u64> = (0..12)
        .map(|_| {
            let number = saga
                .world
                .issue(REPO, "Next", &format!("Blocked by: #{blocker}\n"));
            saga.world.approve(REPO, number);
            number
        })
        .collect();
    saga.pass(700);
    assert_eq!(tick(&saga), (10, 0, 0));
    assert_eq!(tick(&saga), (2, 0, 0));
    assert!(
        numbers
            .iter()
            .all(|number| notes(&saga, *number).len() == 1)
    );
}

#[test]
fn no_note_where_it_is_switched_off_in_a_dry_run_or_while_disarmed() {
    let mut saga = saga();
    let (_, number) = blocked(&saga);
    saga.pass(700);
    let dry = saga.world.poll_with(&["--dry-run"]);
    assert_eq!(dry.status, 0, "{dry:?}");
    assert_eq!(dry.report()["refusal_notes"]["written"], 0);
    saga.world.set("AFK_KILL_SWITCH", "on");
    assert_eq!(saga.world.poll().status, 0);
    saga.world.set("AFK_KILL_SWITCH", "off");
    saga.world.set("AFK_HALT", "on");
    assert_eq!(saga.world.poll().status, 0);
    saga.world.set("AFK_HALT", "off");
    saga.explain(&format!("{REPO}#{number}"));
    saga.world.set("AFK_REFUSAL_COMMENT", "false");
    assert_eq!(saga.world.poll().status, 0);
    assert_eq!(notes(&saga, number), [""; 0]);
    saga.world.set("AFK_REFUSAL_COMMENT", "true");
    assert_eq!(saga.world.poll().report()["refusal_notes"]["written"], 1);
    assert_eq!(notes(&saga, number).len(), 1);
}
