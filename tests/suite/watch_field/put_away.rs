//! Runs that a person put into the archive under their agents.

use std::sync::{Arc, OnceLock};

use super::*;
use crate::support::place::{Place, on_each_kind_of_forge};
use crate::support::sandbox::t3::T3Options;
use crate::support::world::{HUMAN, LOCK, READY};

on_each_kind_of_forge! {
    an_agent_whose_thread_was_archived_is_stopped_outside_the_archive,
    an_agent_that_was_put_away_together_with_its_lock_label_is_found_stopped_and_handed_back,
    a_run_that_was_put_away_is_ended_although_its_repository_is_not_enrolled_any_more,
    halt_reaches_into_the_archive,
    halt_waits_for_no_forge_in_the_archive,
    a_run_whose_forge_can_not_be_read_stays_in_the_archive_without_a_halt,
    an_agent_that_was_put_away_idle_is_lost_and_not_halted,
    an_agent_that_was_put_away_beside_a_command_in_the_background_is_stopped,
    an_agent_that_goes_on_after_its_end_is_stopped_by_a_halt_and_by_nothing_else,
    an_end_that_has_not_rung_rings_although_its_thread_was_put_away_and_a_halt_stopped_it,
    what_was_on_the_branch_before_a_thread_was_put_away_did_not_come_late,
    what_comes_while_an_agent_that_was_put_away_is_stopped_is_named,
}

/// A run whose agent works.
fn at_work(saga: &Saga) -> (u64, String) {
    let (number, thread) = saga.started();
    saga.world.t3.agent_says(&thread, "Let me look.");
    saga.watch();
    (number, thread)
}

/// A run whose agent works, and whose thread and lock label a person took away.
fn put_away(saga: &Saga) -> (u64, String) {
    let (number, thread) = at_work(saga);
    saga.world.t3.people_archive(&thread);
    saga.world.forge.unlabel(REPO, number, "alice", LOCK);
    (number, thread)
}

fn is_stopped_and_handed_back(saga: &Saga, number: u64, thread: &str) {
    for _ in 0..3 {
        saga.pass(60);
        saga.watch();
        saga.world.t3.settle();
    }
    assert!(saga.world.t3.live_agents().is_empty());
    assert!(is_released(saga, thread) && has(saga, number, HUMAN));
    assert_eq!(saga.bells.titles().len(), 1);
}

fn an_agent_whose_thread_was_archived_is_stopped_outside_the_archive(place: Place) {
    for t3 in live() {
        let saga = saga_of(place, t3);
        let (number, thread) = at_work(&saga);
        saga.world.t3.people_archive(&thread);
        assert_eq!(saga.world.t3.live_agents().len(), 1);
        // A new label does not start a second agent beside it.
        saga.pass(60);
        saga.world.forge.unlabel(REPO, number, "alice", READY);
        saga.pass(1);
        saga.world.approve(REPO, number);
        assert!(saga.poll().dispatched.is_empty());
        for _ in 0..3 {
            saga.pass(60);
            saga.watch();
            saga.world.t3.settle();
        }
        assert!(saga.world.t3.live_agents().is_empty());
        assert!(is_released(&saga, &thread) && !has(&saga, number, LOCK));
    }
}

/// Where T3's light reading leaves out the archive, poll sees the run as soon as something else is ready there.
fn an_agent_that_was_put_away_together_with_its_lock_label_is_found_stopped_and_handed_back(
    place: Place,
) {
    for t3 in live() {
        let saga = saga_of(place, t3);
        let (number, thread) = put_away(&saga);
        let next = saga.world.ready_issue("Tidy up");
        saga.pass(90);
        assert!(saga.poll().dispatched.is_empty());
        // A second tick has nothing to add.
        let title = saga.world.t3.thread(&thread).unwrap().title.clone();
        assert!(saga.poll().dispatched.is_empty());
        assert_eq!(saga.world.t3.thread(&thread).unwrap().title, title);
        is_stopped_and_handed_back(&saga, number, &thread);
        let report = saga.poll();
        let started = report.dispatched.iter().map(|one| one.issue.0);
        assert_eq!(started.collect::<Vec<_>>(), [next]);
    }
}

/// Only where T3's light reading shows the archive.
fn a_run_that_was_put_away_is_ended_although_its_repository_is_not_enrolled_any_more(place: Place) {
    for keeps_label in [true, false] {
        let mut saga = saga_of(place, T3Options::v0_0_27_live());
        let (number, thread) = put_away(&saga);
        if keeps_label {
            saga.world.forge.label(REPO, number, "alice", LOCK);
        }
        saga.world.add_repository("acme/other");
        saga.world.enrol(&["acme/other"]);
        is_stopped_and_handed_back(&saga, number, &thread);
    }
}

fn halt_reaches_into_the_archive(place: Place) {
    for t3 in live() {
        for enrolled in [true, false] {
            let mut saga = saga_of(place, t3.clone());
            let (number, thread) = put_away(&saga);
            saga.world.set("AFK_HALT", "yes");
            if !enrolled {
                saga.world.add_repository("acme/other");
                saga.world.enrol(&["acme/other"]);
            }
            is_stopped_and_handed_back(&saga, number, &thread);
            let title = title(&saga, &thread);
            assert!(title.contains(" · needs-human (halted)"), "{title}");
        }
    }
    // A commit that nobody judged yet is on the branch.
    for t3 in live() {
        let mut saga = saga_of(place, t3);
        let (number, thread) = put_away(&saga);
        let sha = saga.push(number, &thread, "Reject negative sizes");
        saga.world.set("AFK_HALT", "yes");
        is_stopped_and_handed_back(&saga, number, &thread);
        let title = title(&saga, &thread);
        assert!(title.contains(" · frozen (halted)"), "{title}");
        let on_branch = format!("commit {} was on the branch, pending", &sha[..8]);
        assert!(bell(&saga).contains(&on_branch), "{}", bell(&saga));
    }
}

/// Whoever pulls the brake waits for no forge, whether or not the lock label would lead to the run.
fn halt_waits_for_no_forge_in_the_archive(place: Place) {
    for t3 in live() {
        for (keeps_label, enrolled) in [(true, true), (false, true), (false, false)] {
            let mut saga = saga_of(place, t3.clone());
            let (number, thread) = put_away(&saga);
            if keeps_label {
                saga.world.forge.label(REPO, number, "alice", LOCK);
            }
            saga.world.set("AFK_HALT", "yes");
            if !enrolled {
                saga.world.add_repository("acme/other");
                saga.world.enrol(&["acme/other"]);
            }
            lose(&saga, place.word());
            let report = saga.watch();
            assert!(!report.could_not_start, "{report}");
            for _ in 0..2 {
                saga.world.t3.settle();
                saga.pass(60);
                saga.watch();
            }
            assert!(saga.world.t3.live_agents().is_empty());
            let named = title(&saga, &thread);
            assert!(named.contains(" · needs-human (halted)"), "{named}");
            assert!(bell(&saga).contains("AFK_HALT"), "{}", bell(&saga));
            assert!(!is_released(&saga, &thread) && !has(&saga, number, HUMAN));
            // What was left is done when the forge is there again.
            saga.world.journal.calm();
            is_stopped_and_handed_back(&saga, number, &thread);
        }
    }
}

fn a_run_whose_forge_can_not_be_read_stays_in_the_archive_without_a_halt(place: Place) {
    let saga = saga_of(place, T3Options::v0_0_27_live());
    let (number, thread) = put_away(&saga);
    let before = title(&saga, &thread);
    lose(&saga, place.word());
    for _ in 0..2 {
        let report = saga.watch();
        assert!(report.could_not_start, "{report}");
        saga.pass(60);
    }
    assert!(is_released(&saga, &thread) && title(&saga, &thread) == before);
    assert_eq!(saga.world.t3.live_agents().len(), 1);
    saga.world.journal.calm();
    is_stopped_and_handed_back(&saga, number, &thread);
    assert!(title(&saga, &thread).contains("(agent-lost)"));
}

fn an_agent_that_was_put_away_idle_is_lost_and_not_halted(place: Place) {
    for t3 in live() {
        let mut saga = saga_of(place, t3);
        let (number, thread) = saga.started();
        saga.watch();
        saga.world.t3.agent_finishes(&thread, "I see nothing.");
        saga.world.t3.people_archive(&thread);
        saga.world.set("AFK_HALT", "yes");
        saga.pass(60);
        is_stopped_and_handed_back(&saga, number, &thread);
        assert!(title(&saga, &thread).contains("(agent-lost)"));
    }
}

/// Its turn is over, and it wakes by itself when the command ends. Newer servers tell nothing of commands in the archive.
fn an_agent_that_was_put_away_beside_a_command_in_the_background_is_stopped(place: Place) {
    for halt in [false, true] {
        let mut saga = saga_of(place, T3Options::v0_0_27_live());
        let (number, thread) = saga.started();
        saga.watch();
        let t3 = &saga.world.t3;
        let task = t3.agent_starts_background(&thread, "make test");
        t3.agent_finishes(&thread, "The tests run.");
        t3.people_archive(&thread);
        saga.world.forge.unlabel(REPO, number, "alice", LOCK);
        let next = saga.world.ready_issue("Tidy up");
        saga.pass(90);
        if halt {
            saga.world.set("AFK_HALT", "yes");
        } else {
            // No second agent beside it.
            assert!(saga.poll().dispatched.is_empty());
        }
        for _ in 0..2 {
            saga.watch();
            saga.pass(60);
            assert!(!is_released(&saga, &thread) || !saga.world.t3.live_agents().is_empty());
        }
        saga.world.t3.background_ends(&thread, &task);
        saga.world.t3.settle();
        is_stopped_and_handed_back(&saga, number, &thread);
        let reason = if halt { "(halted)" } else { "(agent-lost)" };
        assert!(title(&saga, &thread).contains(reason));
        saga.world.set("AFK_HALT", "no");
        let report = saga.poll();
        let started = report.dispatched.iter().map(|one| one.issue.0);
        assert_eq!(started.collect::<Vec<_>>(), [next]);
    }
}

/// A person takes the thread of a landed run out, has its agent do something more, and archives it again.
fn an_agent_that_goes_on_after_its_end_is_stopped_by_a_halt_and_by_nothing_else(place: Place) {
    for t3 in live() {
        for unreadable in [false, true] {
            let mut saga = saga_of(place, t3.clone());
            let (number, thread) = green(&saga);
            until_released(&saga);
            let before = title(&saga, &thread);
            let t3 = &saga.world.t3;
            t3.people_unarchive(&thread);
            t3.people_say(&thread, "One more thing.");
            t3.settle();
            saga.pass(5);
            saga.world.t3.agent_starts(&thread);
            saga.world.t3.agent_says(&thread, "Let me look.");
            saga.world.t3.people_archive(&thread);
            saga.pass(5);
            assert!(saga.watch().runs.is_empty());
            assert_eq!(saga.world.t3.live_agents().len(), 1);
            saga.world.set("AFK_HALT", "yes");
            if unreadable {
                lose(&saga, place.word());
            }
            for _ in 0..3 {
                saga.watch();
                saga.world.t3.settle();
                saga.pass(60);
            }
            assert!(saga.world.t3.live_agents().is_empty());
            saga.world.journal.calm();
            until_released(&saga);
            assert!(is_released(&saga, &thread));
            // Nothing of its end is done again.
            assert_eq!(title(&saga, &thread), before);
            assert_eq!(saga.bells.titles().len(), 1);
            assert!(!is_open(&saga, number) && !has(&saga, number, HUMAN));
        }
    }
}

fn what_was_on_the_branch_before_a_thread_was_put_away_did_not_come_late(place: Place) {
    for t3 in live() {
        for keeps_label in [true, false] {
            for verdict in ["failure", "pending", "success"] {
                let saga = saga_of(place, t3.clone());
                let (number, thread) = saga.started();
                let sha = saga.push(number, &thread, "Reject negative sizes");
                if verdict != "pending" {
                    saga.ci(&sha, verdict);
                    saga.pass(60);
                }
                saga.world.t3.agent_says(&thread, "Pushed.");
                saga.world.forge.label(REPO, number, "afk-bot", LOCK);
                saga.world.t3.people_archive(&thread);
                if !keeps_label {
                    saga.world.forge.unlabel(REPO, number, "alice", LOCK);
                    saga.world.ready_issue("Tidy up");
                    saga.pass(90);
                    saga.poll();
                }
                let report = saga.watch();
                let line = report.runs[0].detail.clone();
                for _ in 0..2 {
                    saga.world.t3.settle();
                    saga.pass(60);
                    saga.watch();
                }
                assert!(is_released(&saga, &thread), "{report}");
                let shown = saga.checklist(number).remove(0);
                let said = bell(&saga);
                for text in [&line, &shown, &said] {
                    assert!(!text.contains("all the same"), "{text}");
                    assert!(!text.contains("late-push"), "{text}");
                }
                let short = &sha[..8];
                if verdict == "success" && keeps_label {
                    let landed = format!("landed; commit {short} was on the branch, green");
                    assert!(line.contains(&landed), "{line}");
                    assert!(title(&saga, &thread).contains(" · done (landed)"));
                    continue;
                }
                let verdict = match verdict {
                    "failure" => "red",
                    "success" => "green",
                    pending => pending,
                };
                let on_branch = format!("commit {short} was on the branch, {verdict}");
                for text in [&shown, &said] {
                    assert!(text.contains(&on_branch), "{text}");
                    assert!(text.contains("(`agent-lost`)"), "{text}");
                }
                if keeps_label {
                    let how = format!("handed back (agent-lost); {on_branch}");
                    assert!(line.contains(&how), "{line}");
                }
            }
        }
    }
}

fn what_comes_while_an_agent_that_was_put_away_is_stopped_is_named(place: Place) {
    for t3 in live() {
        let saga = saga_of(place, t3);
        let (number, thread) = at_work(&saga);
        saga.world.t3.people_archive(&thread);
        let (forge, id) = (saga.world.forge.clone(), thread.clone());
        let late = Arc::new(OnceLock::new());
        let pushed = Arc::clone(&late);
        saga.world.journal.intercept(move |exchange| {
            if command(exchange) == "thread.session.stop" {
                let message = format!("Late\n\nRefs {REPO}#{number}\nAfk-Run: {id}\n");
                pushed.get_or_init(|| forge.push_commit(REPO, "afk-bot", &message));
            }
            Fault::None
        });
        saga.watch();
        saga.world.journal.calm();
        is_stopped_and_handed_back(&saga, number, &thread);
        // A later tick does not know when it came, and names it.
        let said = bell(&saga);
        let named = format!("ommit {} ", &late.get().unwrap()[..8]);
        assert!(said.contains(&named), "{said}");
    }
}

/// A tick died between the end in the title and the bell, and a person archived the thread.
fn an_end_that_has_not_rung_rings_although_its_thread_was_put_away_and_a_halt_stopped_it(
    place: Place,
) {
    let mut saga = saga_of(place, T3Options::v0_0_27_live());
    let (number, thread) = at_work(&saga);
    let ended = format!("{} · needs-human (halted)", title(&saga, &thread));
    saga.world.t3.people_rename(&thread, &ended);
    saga.world.t3.people_archive(&thread);
    saga.world.forge.unlabel(REPO, number, "alice", LOCK);
    saga.world.set("AFK_HALT", "yes");
    assert!(saga.bells.titles().is_empty());
    is_stopped_and_handed_back(&saga, number, &thread);
}
