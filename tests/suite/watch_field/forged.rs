//! What somebody who can reach T3 writes there: it opens the way to no issue.

use afk::domain::identity::{Authorisation, Slot};

use super::*;
use crate::support::place::{Place, on_every_forge};
use crate::support::world::{HUMAN, READY};

on_every_forge! {
    a_first_message_that_binds_another_issue_than_the_title_is_forged,
    a_planted_end_writes_nothing_that_its_evidence_does_not_bear_out,
    an_authorisation_that_is_no_label_event_of_the_issue_or_ours_opens_nothing,
    off_the_allowlist_only_an_issue_that_we_locked_is_written_to,
    a_thread_of_a_namesake_repository_is_never_acted_on,
}

/// A second thread under the id of the next slot, made by somebody who can reach T3; returns it.
fn planted(saga: &Saga, title_issue: u64, message_issue: Option<u64>, ending: &str) -> String {
    let key = saga.world.key(saga.world.repository_id);
    let slots = u32::try_from(saga.world.t3.threads().len()).unwrap();
    let slot = Slot(slots + 1);
    let thread = key.thread(slot).to_string();
    let event = |number: u64| {
        let forge = &saga.world.forge;
        forge.newest_label_event(REPO, number, READY).unwrap()
    };
    let digest = Authorisation::new(&event(title_issue)).unwrap().digest();
    let project = saga.world.t3.projects()[0].id.clone();
    let title = format!("{REPO}#{title_issue} · run {} · {digest}{ending}", slot.0);
    saga.world
        .t3
        .people_open_thread_as(&thread, &project, &title);
    if let Some(number) = message_issue {
        let id = format!(
            "afk1|{}|{number}|{}|{}|0",
            key.as_str(),
            event(number),
            slot.0
        );
        saga.world.t3.people_say_as(&thread, &id, "Do it.");
    }
    thread
}

fn a_first_message_that_binds_another_issue_than_the_title_is_forged(place: Place) {
    let saga = Saga::at(place);
    green(&saga);
    saga.watch();
    saga.pass(60);
    let one = saga.world.ready_issue("One");
    let two = saga.world.ready_issue("Two");
    let before = (saga.world.labels(one), saga.world.labels(two));
    let thread = planted(&saga, one, Some(two), "");
    saga.world.t3.agent_starts(&thread);
    saga.pass(60);
    let report = saga.watch();
    assert_eq!(code(&report), "forged", "{report}");
    until_released(&saga);
    assert!(is_released(&saga, &thread) && saga.world.t3.live_agents().is_empty());
    assert_eq!((saga.world.labels(one), saga.world.labels(two)), before);
    assert!(saga.checklist(one).is_empty() && saga.checklist(two).is_empty());
    assert_eq!(
        saga.bells.titles().len(),
        2,
        "the first run's and this one's"
    );
}

fn a_planted_end_writes_nothing_that_its_evidence_does_not_bear_out(place: Place) {
    for ending in [
        " · done (landed)",
        " · stood-down (revoked)",
        " · needs-human (no-push)",
    ] {
        let saga = Saga::at(place);
        green(&saga);
        saga.watch();
        saga.pass(60);
        let one = saga.world.ready_issue("One");
        let thread = planted(&saga, one, Some(one), ending);
        saga.pass(60);
        let report = saga.watch();
        assert!(is_open(&saga, one), "{ending}: {report}");
        until_released(&saga);
        assert!(is_released(&saga, &thread));
        assert!(is_open(&saga, one) && has(&saga, one, HUMAN), "{ending}");
    }
}

fn an_authorisation_that_is_no_label_event_of_the_issue_or_ours_opens_nothing(place: Place) {
    for by_us in [false, true] {
        let saga = Saga::at(place);
        green(&saga);
        saga.watch();
        saga.pass(60);
        let one = saga.world.issue(REPO, "One", "Please.\n");
        let other = saga.world.ready_issue("Two");
        if by_us {
            saga.world.forge.label(REPO, one, "afk-bot", READY);
        } else {
            saga.world.approve(REPO, one);
        }
        let thread = planted(&saga, one, Some(one), " · needs-human (no-push)");
        if !by_us {
            // The event is of another issue.
            let forge = &saga.world.forge;
            let event = |number| forge.newest_label_event(REPO, number, READY).unwrap();
            let digest = |number| {
                Authorisation::new(&event(number))
                    .unwrap()
                    .digest()
                    .to_string()
            };
            let forged = title(&saga, &thread).replace(&digest(one), &digest(other));
            saga.world.t3.people_rename(&thread, &forged);
        }
        let before = saga.world.labels(one);
        saga.pass(60);
        saga.watch();
        until_released(&saga);
        assert_eq!(saga.world.labels(one), before, "by us: {by_us}");
        assert!(saga.checklist(one).is_empty());
    }
}

fn off_the_allowlist_only_an_issue_that_we_locked_is_written_to(place: Place) {
    let mut saga = Saga::at(place);
    green(&saga);
    saga.watch();
    saga.pass(60);
    let one = saga.world.ready_issue("One");
    let thread = planted(&saga, one, Some(one), " · needs-human (no-push)");
    saga.world.add_repository("acme/other");
    saga.world.enrol(&["acme/other"]);
    let before = (saga.world.labels(one), saga.world.forge.writes());
    saga.pass(60);
    saga.watch();
    until_released(&saga);
    let after = (saga.world.labels(one), saga.world.forge.writes());
    assert_eq!(after, before);
    assert!(is_released(&saga, &thread) && is_open(&saga, one));
}

fn a_thread_of_a_namesake_repository_is_never_acted_on(place: Place) {
    let saga = Saga::at(place);
    let (_, old) = saga.started();
    saga.world.forge.delete_repository(REPO);
    saga.world.add_repository(REPO);
    // The new repository has an issue of the same number, which a person labelled and closed.
    let number = saga.world.ready_issue("In the new repository");
    saga.world.forge.unlabel(REPO, number, "alice", READY);
    saga.world.forge.close(REPO, number, "alice");
    let before = saga.world.forge.writes();
    saga.pass(60);
    let report = saga.watch();
    assert_eq!(report.runs[0].action, "wait", "{report}");
    assert!(
        !is_released(&saga, &old),
        "withdrawing another issue stops nothing"
    );
    saga.pass(PAST_EVERY_LIMIT);
    saga.watch();
    until_released(&saga);
    assert_eq!(saga.world.forge.writes(), before);
}
