//! Stories of `afk-poll`'s policy: what counts as ours in T3, caps and pauses, candidates that can not be read.

use afk::domain::identity::{Authorisation, RepositoryId, RepositoryKey, Slot, Title};
use afk::domain::reason::ReasonCode;
use afk::domain::repository::IssueNumber;
use afk::tick::{Outcome, RepositoryReport, TickReport};

use crate::support::forge::Rank;
use crate::support::place::{Place, on_each_kind_of_forge};
use crate::support::saga::Saga;
use crate::support::sandbox::http_server::{Exchange, Fault, Response, Service};
use crate::support::sandbox::t3::{T3Options, T3Version};
use crate::support::world::{Finished, LOCK, READY, REPO, World, WorldOptions};

on_each_kind_of_forge! {
    titles_that_people_typed_count_for_nothing,
    a_gap_in_the_slots_is_a_warning_and_is_never_filled,
    lost_slots_are_named_and_their_numbers_never_come_again,
    slots_that_people_renamed_are_found_by_their_ids,
    a_project_of_ours_with_another_workspace_refuses_the_start_and_is_named,
    a_slot_that_a_person_released_under_a_working_agent_stays_busy,
    a_slot_that_names_another_issue_labelling_or_end_is_left_alone,
    no_more_runs_start_in_a_day_than_allowed,
    nothing_starts_while_a_run_waits_for_its_provider,
    a_restart_that_a_session_did_not_survive_pauses_nobody,
    a_run_that_was_not_resumed_in_time_waits_for_something_else_and_pauses_nobody,
    one_conversation_that_the_provider_refuses_pauses_nobody,
    talk_about_limits_pauses_nobody,
    an_issue_that_can_not_be_read_does_not_hold_the_next_one,
    five_unreadable_issues_end_the_turn_of_a_repository,
    an_eligible_issue_starts_in_the_first_tick_however_many_refused_ones_stand_before_it,
}

const VERSIONS: [T3Version; 3] = [T3Version::V0_0_27, T3Version::July, T3Version::Fork0_0_33];

fn key(world: &World) -> RepositoryKey {
    world.key(world.repository_id)
}

fn skipped(code: &str) -> (String, Vec<String>) {
    ("skip".to_owned(), vec![code.to_owned()])
}

fn refused(code: &str) -> (String, Vec<String>) {
    ("refuse".to_owned(), vec![code.to_owned()])
}

/// The detail of an issue's only reason.
fn detail(finished: &Finished, full_name: &str, number: u64) -> String {
    let repository = finished.repository(full_name);
    let issues = repository["issues"].as_array().unwrap();
    let issue = issues
        .iter()
        .find(|issue| issue["issue"] == number)
        .unwrap();
    issue["reasons"][0]["detail"].as_str().unwrap().to_owned()
}

fn saga_of(place: Place, t3: T3Options) -> Saga {
    Saga::with(WorldOptions {
        t3,
        ..WorldOptions::at(place)
    })
}

/// A ready issue of another enrolled repository.
fn ready_in(world: &World, full_name: &str) -> u64 {
    let number = world.issue(full_name, "there", "");
    world.approve(full_name, number);
    number
}

// What is ours.

fn titles_that_people_typed_count_for_nothing(place: Place) {
    for version in VERSIONS {
        let world = World::of_version(place, version);
        let number = world.ready_issue("Sort the list");
        world.t3.people_create_project("somebody", "/srv/somebody");
        for (index, end) in ["", "", " · done", " · frozen · rung slack", ""]
            .iter()
            .enumerate()
        {
            let title = format!(
                "{REPO}#{} · run {} · 0123456789ab{end}",
                index + 1,
                index + 1
            );
            world.t3.people_open_thread("somebody", &title);
        }
        // One of them has an id of the right kind, and is no slot.
        let near = key(&world)
            .sibling(RepositoryId(1))
            .thread(Slot(1))
            .to_string();
        let title = format!("{REPO}#{number} · run 1 · 0123456789ab");
        world.t3.people_open_thread_as(&near, "somebody", &title);
        let finished = world.poll();
        assert_eq!(finished.dispatched(), [number], "{version:?} {finished:?}");
        assert_eq!(finished.report()["dispatched"][0]["slot"], 1);
        assert_eq!(finished.status, 0);
    }
}

fn a_gap_in_the_slots_is_a_warning_and_is_never_filled(place: Place) {
    for version in VERSIONS {
        let world = World::of_version(place, version);
        let number = world.ready_issue("Sort the list");
        let event = world.forge.newest_label_event(REPO, number, READY).unwrap();
        let title = Title {
            full_name: REPO.to_owned(),
            issue: IssueNumber(number),
            slot: Slot(2),
            authorisation: Authorisation::new(&event).unwrap().digest(),
            ending: None,
        };
        let thread = key(&world).thread(Slot(2)).to_string();
        world.t3.people_create_project("lost", "/srv/lost");
        world
            .t3
            .people_open_thread_as(&thread, "lost", &title.to_string());
        let finished = world.poll();
        assert_eq!(finished.status, 0, "{version:?} {finished:?}");
        assert_eq!(finished.report()["dispatched"][0]["slot"], 2);
        let warnings = finished.report()["warnings"].clone();
        assert_eq!(warnings.as_array().unwrap().len(), 1, "{warnings:#}");
        assert_eq!(
            warnings[0]["repository"],
            format!("{}:{REPO}", place.word())
        );
        assert!(
            warnings[0]["error"].as_str().unwrap().contains("run 1"),
            "{warnings:#}"
        );

        // Busy without its lock label, too; and once it is released, the next number follows.
        world.forge.unlabel(REPO, number, "alice", LOCK);
        let next = world.ready_issue("Tidy up");
        assert_eq!(
            world.poll().decision(REPO, next),
            skipped("repository-busy")
        );
        assert_eq!(world.t3.threads().len(), 1, "{version:?}");
    }
}

/// A slot as it stands in T3 when nothing but its thread is left of it.
fn slot_of(world: &World, slot: u32, issue: u64, end: &str) -> String {
    let event = format!("LE_of_run_{slot}");
    let title = Title {
        full_name: REPO.to_owned(),
        issue: IssueNumber(issue),
        slot: Slot(slot),
        authorisation: Authorisation::new(&event).unwrap().digest(),
        ending: None,
    };
    let thread = key(world).thread(Slot(slot)).to_string();
    let title = format!("{title}{end}");
    world.t3.people_open_thread_as(&thread, "lost", &title);
    thread
}

/// T3 lost some slots of a repository. The highest one that exists decides; the numbers of the lost ones never come again.
fn lost_slots_are_named_and_their_numbers_never_come_again(place: Place) {
    // Slots that exist, released but for the last, what became of the last, and the lost ones that are named.
    type Left = (&'static [u32], &'static str, &'static str, Option<u32>);
    let cases: [Left; 8] = [
        (&[2], "released", "run 1", Some(3)),
        (&[4], "released", "runs 1, 2 and 3", Some(5)),
        (&[1, 3], "released", "run 2", Some(4)),
        (&[1, 3, 6], "released", "runs 2, 4 and 5", Some(7)),
        (&[9], "released", "runs 1, 2, 3, 4, 5 and more", Some(10)),
        (&[2], "ended", "run 1", None),
        (&[1, 3], "ended", "run 2", None),
        (&[2], "working", "run 1", None),
    ];
    for ((left, last, lost, next), version) in cases.into_iter().zip(VERSIONS.into_iter().cycle()) {
        let world = World::of_version(place, version);
        world.t3.people_create_project("lost", "/srv/lost");
        let old = world.issue(REPO, "Old work", "");
        for slot in left {
            let is_last = Some(slot) == left.last();
            let end = if is_last && last == "ended" {
                " · done"
            } else {
                ""
            };
            let thread = slot_of(&world, *slot, old, end);
            if !is_last || last == "released" {
                world.t3.people_archive(&thread);
            } else if last == "working" {
                world.t3.people_say(&thread, "Go on, please.");
                world.t3.agent_starts(&thread);
            }
        }
        let number = world.ready_issue("Sort the list");
        let finished = world.poll();
        let story = format!("{version:?} {left:?} {last}: {finished:?}");
        assert_eq!(finished.status, 0, "{story}");
        let warnings = finished.report()["warnings"].clone();
        if next.is_none() && version != T3Version::V0_0_27 {
            // Nothing can start, so that what is over was not read.
            assert_eq!(warnings, serde_json::json!([]), "{story}");
            assert!(finished.dispatched().is_empty(), "{story}");
            continue;
        }
        assert_eq!(warnings.as_array().unwrap().len(), 1, "{story}");
        let said = format!("T3 does not show {lost} any more although it shows run ");
        let error = warnings[0]["error"].as_str().unwrap().to_owned();
        assert!(error.starts_with(&said), "{error}");
        match next {
            Some(slot) => {
                assert_eq!(finished.dispatched(), [number], "{story}");
                assert_eq!(finished.report()["dispatched"][0]["slot"], slot, "{story}");
            }
            None => {
                assert_eq!(finished.decision(REPO, number), skipped("repository-busy"));
                assert_eq!(world.t3.threads().len(), left.len(), "{story}");
            }
        }
    }
}

fn slots_that_people_renamed_are_found_by_their_ids(place: Place) {
    for version in VERSIONS {
        let world = World::of_version(place, version);
        world.ready_issue("Sort the list");
        world.poll();
        let thread = world.only_thread().id;
        for title in ["Mine now", "acme/gadgets#9 · run 7 · 0123456789ab"] {
            world.t3.people_rename(&thread, title);
            world.ready_issue("Tidy up");
            let finished = world.poll();
            assert_eq!(
                finished.outcome(REPO),
                "busy",
                "{version:?} {title} {finished:?}"
            );
        }
        assert_eq!(world.t3.threads().len(), 1);
    }
}

fn a_project_of_ours_with_another_workspace_refuses_the_start_and_is_named(place: Place) {
    for version in VERSIONS {
        let world = World::of_version(place, version);
        let number = world.ready_issue("Sort the list");
        let project = key(&world).project().to_string();
        world.t3.people_create_project(&project, "/srv/elsewhere");
        let finished = world.poll();
        assert_eq!(finished.status, 1, "{version:?} {finished:?}");
        assert_eq!(finished.outcome(REPO), "failed");
        assert_eq!(finished.decision(REPO, number).0, "refuse");
        let error = finished.report()["failures"][0]["error"].to_string();
        assert!(
            error.contains(&project) && error.contains("/srv/elsewhere"),
            "{error}"
        );
        assert_eq!(world.t3.threads(), Vec::<String>::new());
    }
}

fn a_slot_that_a_person_released_under_a_working_agent_stays_busy(place: Place) {
    for (version, is_deleted) in VERSIONS
        .into_iter()
        .flat_map(|version| [(version, false), (version, true)])
    {
        let saga = Saga::with(WorldOptions {
            t3: T3Options::new(version),
            ..WorldOptions::at(place)
        });
        let (number, thread) = saga.started();
        if is_deleted {
            saga.world.t3.people_delete(&thread);
        } else {
            saga.world.t3.people_archive(&thread);
        }
        saga.world.forge.unlabel(REPO, number, "alice", LOCK);
        let next = saga.world.ready_issue("Tidy up");
        saga.pass(90);
        let report = saga.poll();
        assert_eq!(
            report.repositories[0].outcome,
            Outcome::Busy,
            "{version:?} {is_deleted} {report}"
        );
        assert!(report.dispatched.is_empty(), "{report}");
        if is_deleted {
            // Nobody can stop it: it counts for the stall limit (1,800 s).
            saga.pass(1_700);
        } else {
            // It was taken out of the archive, where the watcher finds it.
            assert!(saga.poll().dispatched.is_empty());
            for _ in 0..3 {
                saga.pass(60);
                saga.watch();
                saga.world.t3.settle();
            }
        }
        let report = saga.poll();
        assert_eq!(
            report.dispatched.len(),
            1,
            "{version:?} {is_deleted} {report}"
        );
        assert_eq!(report.dispatched[0].issue, IssueNumber(next));
        assert_eq!(report.dispatched[0].slot, Slot(2));
    }
}

/// Somebody else creates the slot while a tick is about to: the one that is there says whose it is, in every part.
fn a_slot_that_names_another_issue_labelling_or_end_is_left_alone(place: Place) {
    // What the thread that is there already says; `E` stands for the labelling of the tick that comes too late.
    let cases = [
        (
            "the same issue under another labelling",
            "{repo}#{issue} · run 1 · 0123456789ab",
        ),
        (
            "another issue under this labelling",
            "{repo}#{other} · run 1 · {E}",
        ),
        (
            "this issue and labelling, and its end",
            "{repo}#{issue} · run 1 · {E} · stood-down (voided)",
        ),
        ("nothing that anybody can read", "Mine now"),
    ];
    for ((story, title), version) in cases.into_iter().zip(VERSIONS.into_iter().cycle()) {
        let world = World::of_version(place, version);
        let other = world.issue(REPO, "Other", "");
        let number = world.ready_issue("Sort the list");
        let event = world.forge.newest_label_event(REPO, number, READY);
        let event = Authorisation::new(&event.unwrap()).unwrap().digest();
        let title = title
            .replace("{repo}", REPO)
            .replace("{issue}", &number.to_string())
            .replace("{other}", &other.to_string())
            .replace("{E}", &event.to_string());
        let t3 = std::sync::Arc::clone(&world.t3);
        let thread = key(&world).thread(Slot(1)).to_string();
        let project = key(&world).project().to_string();
        world.journal.intercept(move |exchange| {
            let creates = exchange.service == "t3"
                && String::from_utf8_lossy(&exchange.request.body).contains("thread.create");
            if creates && t3.threads().is_empty() {
                t3.people_open_thread_as(&thread, &project, &title);
            }
            Fault::None
        });
        let finished = world.poll();
        assert_eq!(finished.outcome(REPO), "busy", "{story}: {finished:?}");
        assert_eq!(finished.decision(REPO, number), skipped("repository-busy"));
        assert_eq!(finished.status, 0, "{story}: {finished:?}");
        assert!(world.only_thread().messages.is_empty(), "{story}");
        assert!(!world.labels(number).contains(&LOCK.to_owned()), "{story}");
    }
}

// How many.

fn no_more_runs_start_in_a_day_than_allowed(place: Place) {
    let mut world = World::at(place);
    world.add_repository("acme/gadgets");
    world.enrol(&[REPO, "acme/gadgets"]);
    world.set("AFK_MAX_STARTS_PER_DAY", "1");
    let first = world.ready_issue("first");
    world.forge.label(REPO, first, "alice", "P1");
    let issue = ready_in(&world, "acme/gadgets");
    let capped = "acme/gadgets";
    for outcome in ["dispatched", "busy"] {
        let finished = world.poll();
        assert_eq!(finished.status, 0, "{finished:?}");
        assert_eq!(finished.outcome(REPO), outcome);
        assert_eq!(finished.outcome(capped), "capped");
        assert_eq!(finished.decision(capped, issue), skipped("cap-reached"));
        assert!(detail(&finished, capped, issue).contains("AFK_MAX_STARTS_PER_DAY is 1"));
    }
    // A run that is over counts all the same.
    let thread = world.only_thread().id;
    world.t3.people_archive(&thread);
    assert_eq!(world.poll().decision(capped, issue), skipped("cap-reached"));
    world.set("AFK_MAX_STARTS_PER_DAY", "0");
    assert_eq!(world.poll().dispatched(), [issue]);
}

/// Outcome, code and detail of the one issue that waits in `acme/gadgets`.
fn waiting_in_gadgets(report: &TickReport) -> (Outcome, Option<ReasonCode>, String) {
    let is_it = |entry: &&RepositoryReport| entry.repository.full_name() == "acme/gadgets";
    let entry = report.repositories.iter().find(is_it).unwrap();
    let reason = entry.issues[0].reasons.first();
    let detail = reason.map_or_else(String::new, |reason| reason.detail.clone());
    (entry.outcome, reason.map(|reason| reason.code), detail)
}

fn nothing_starts_while_a_run_waits_for_its_provider(place: Place) {
    for version in VERSIONS {
        for (words, until) in [
            (
                "You've hit your limit · resets 5am (UTC)",
                "until 2026-11-21T05:01:00Z",
            ),
            ("API Error: 529 Overloaded", "until 2026-11-20T"),
            ("Invalid API key · Please run /login", "until a person"),
        ] {
            let mut saga = saga_of(place, T3Options::new(version));
            saga.world.add_repository("acme/gadgets");
            saga.world.enrol(&[REPO, "acme/gadgets"]);
            let (_, thread) = saga.started();
            let waiting = ready_in(&saga.world, "acme/gadgets");
            saga.world
                .t3
                .provider_error_looks_like_success(&thread, words);
            saga.pass(120);
            let report = saga.poll();
            let (outcome, code, detail) = waiting_in_gadgets(&report);
            assert_eq!(outcome, Outcome::Capped, "{words}: {report}");
            assert_eq!(code, Some(ReasonCode::ProviderPaused), "{words}");
            assert!(
                detail.contains("waits since 2026-11-20T09:") && detail.contains(until),
                "{detail}"
            );
            assert!(
                report.failures.is_empty() && report.dispatched.is_empty(),
                "{report}"
            );

            // Once that run is released, things go on.
            saga.world.t3.people_archive(&thread);
            let report = saga.poll();
            assert_eq!(report.dispatched.len(), 1, "{words}: {report}");
            assert_eq!(report.dispatched[0].issue, IssueNumber(waiting));
        }
    }
}

fn a_restart_that_a_session_did_not_survive_pauses_nobody(place: Place) {
    let mut saga = saga_of(place, T3Options::main_2026_08_21());
    saga.world.add_repository("acme/gadgets");
    saga.world.enrol(&[REPO, "acme/gadgets"]);
    let (_, thread) = saga.started();
    ready_in(&saga.world, "acme/gadgets");
    saga.world.t3.restart_server(true);
    let lost = saga.world.t3.thread(&thread).unwrap();
    assert_eq!(lost.session_status, Some("error"));
    saga.pass(120);
    let report = saga.poll();
    assert_eq!(report.dispatched.len(), 1, "{report}");
}

fn a_run_that_was_not_resumed_in_time_waits_for_something_else_and_pauses_nobody(place: Place) {
    let mut saga = Saga::at(place);
    saga.world.add_repository("acme/gadgets");
    saga.world.enrol(&[REPO, "acme/gadgets"]);
    let (_, thread) = saga.started();
    let waiting = ready_in(&saga.world, "acme/gadgets");
    saga.world.t3.provider_error_looks_like_success(
        &thread,
        "You've hit your limit, try again in 30 minutes",
    );
    // 31 minutes, and ten in which watch should have resumed it.
    for (seconds, paused) in [(60, true), (1_700, true), (600, true), (200, false)] {
        saga.pass(seconds);
        let report = saga.poll();
        assert_eq!(report.dispatched.is_empty(), paused, "{report}");
        if paused {
            let (_, code, _) = waiting_in_gadgets(&report);
            assert_eq!(code, Some(ReasonCode::ProviderPaused), "{report}");
        } else {
            assert_eq!(report.dispatched[0].issue, IssueNumber(waiting));
        }
    }
}

fn one_conversation_that_the_provider_refuses_pauses_nobody(place: Place) {
    let mut saga = Saga::at(place);
    saga.world.add_repository("acme/gadgets");
    saga.world.enrol(&[REPO, "acme/gadgets"]);
    let (_, thread) = saga.started();
    ready_in(&saga.world, "acme/gadgets");
    saga.world.t3.provider_error_looks_like_success(
        &thread,
        "API Error: 400 due to tool use concurrency issues. Run /rewind to recover the conversation.",
    );
    saga.pass(120);
    let report = saga.poll();
    assert_eq!(report.dispatched.len(), 1, "{report}");
    let states: Vec<String> = saga.watch().runs.into_iter().map(|run| run.state).collect();
    assert_eq!(states, ["paused", "starting"]);
}

fn talk_about_limits_pauses_nobody(place: Place) {
    for words in [
        "I documented how the usage limit works.",
        "Done: rate limits answer 429 now.",
    ] {
        let mut saga = Saga::at(place);
        saga.world.add_repository("acme/gadgets");
        saga.world.enrol(&[REPO, "acme/gadgets"]);
        let (_, thread) = saga.started();
        ready_in(&saga.world, "acme/gadgets");
        saga.world.t3.agent_finishes(&thread, words);
        saga.pass(120);
        let report = saga.poll();
        assert_eq!(report.dispatched.len(), 1, "{words}: {report}");
    }
}

// What can not be read.

/// Whether a request reads the given issue itself.
fn reads_issue(exchange: &Exchange, number: u64) -> bool {
    if exchange.service == "forgejo" {
        return exchange
            .request
            .path
            .ends_with(&format!("/issues/{number}"));
    }
    exchange.service == "github"
        && exchange.request.path.ends_with("/graphql")
        && exchange.request.json().is_some_and(|body| {
            let asked = |index: usize| &body["variables"][format!("i{index}")];
            (0..20).any(|index| *asked(index) == number)
        })
}

fn an_issue_that_can_not_be_read_does_not_hold_the_next_one(place: Place) {
    type Broken = fn(&Exchange, u64) -> bool;
    let went_wrong = || {
        Response::json(
            200,
            &serde_json::json!({"data": null, "errors": [{"message": "Something went wrong while executing your query. Please include `X` when reporting this issue."}]}),
        )
    };
    let events: Broken = |exchange, number| {
        let path = &exchange.request.path;
        ["events", "timeline"]
            .iter()
            .any(|last| path.ends_with(&format!("/issues/{number}/{last}")))
    };
    let permission: Broken = |exchange, _| {
        exchange
            .request
            .path
            .ends_with("/collaborators/bob/permission")
    };
    let document: Broken = |exchange, number| reads_issue(exchange, number);
    for (name, broken, answer, expected, status) in [
        ("500", document, Response::empty(500), "facts-incomplete", 1),
        ("went wrong", document, went_wrong(), "facts-incomplete", 1),
        ("403", document, Response::empty(403), "facts-incomplete", 1),
        (
            "events 404",
            events,
            Response::empty(404),
            "facts-incomplete",
            1,
        ),
        (
            "events 500",
            events,
            Response::empty(500),
            "facts-incomplete",
            1,
        ),
        (
            "permission 500",
            permission,
            Response::empty(500),
            "permission-unknown",
            0,
        ),
        (
            "permission 404",
            permission,
            Response::empty(404),
            "permission-unknown",
            0,
        ),
    ] {
        if name == "events 404" && !place.is_github() {
            // An issue without a timeline is none there.
            continue;
        }
        let world = World::at(place);
        world.forge.add_user("bob");
        world.forge.set_rank(REPO, "bob", Rank::Writer);
        let first = world.issue(REPO, "first", "");
        world.forge.label(REPO, first, "bob", READY);
        world.later();
        let second = world.ready_issue("second");
        world.journal.intercept(move |exchange| {
            if exchange.service == place.word() && broken(exchange, first) {
                Fault::Instead(answer.clone())
            } else {
                Fault::None
            }
        });
        let finished = world.poll();
        assert_eq!(finished.dispatched(), [second], "{name} {finished:?}");
        assert_eq!(finished.outcome(REPO), "dispatched", "{name}");
        let (decision, codes) = finished.decision(REPO, first);
        assert_eq!(
            (decision.as_str(), codes[0].as_str()),
            ("refuse", expected),
            "{name}"
        );
        assert_eq!(finished.status, status, "{name} {finished:?}");
    }
}

fn five_unreadable_issues_end_the_turn_of_a_repository(place: Place) {
    let mut world = World::at(place);
    world.add_repository("acme/gadgets");
    world.enrol(&[REPO, "acme/gadgets"]);
    let numbers: Vec<u64> = (0..7).map(|_| world.ready_issue("unreadable")).collect();
    let other = ready_in(&world, "acme/gadgets");
    let repository = REPO.split_once('/').unwrap().1;
    world.journal.intercept(move |exchange| {
        let is_of_repo = exchange.request.json().is_some_and(|body| {
            let variables = &body["variables"];
            (0..20).any(|index| {
                variables[format!("n{index}")] == repository
                    && variables[format!("i{index}")].is_u64()
            })
        });
        let path = &exchange.request.path;
        if is_of_repo || path.contains(&format!("/api/v1/repos/{REPO}/issues/")) {
            Fault::Instead(Response::empty(500))
        } else {
            Fault::None
        }
    });
    let finished = world.poll();
    assert_eq!(finished.status, 1);
    assert_eq!(finished.dispatched(), [other]);
    assert_eq!(finished.outcome(REPO), "failed");
    let failures = finished.report()["failures"].as_array().unwrap().len();
    assert_eq!(failures, 5, "{finished:?}");
    assert_eq!(
        finished.decision(REPO, numbers[4]),
        refused("facts-incomplete")
    );
    assert_eq!(
        finished.decision(REPO, numbers[5]),
        skipped("facts-incomplete")
    );
}

/// Three refused issues in each of a hundred repositories, more urgent than the one that may start; room for one run.
fn an_eligible_issue_starts_in_the_first_tick_however_many_refused_ones_stand_before_it(
    place: Place,
) {
    let mut world = World::at(place);
    world.forge.add_user("tim");
    let names: Vec<String> = (0..99).map(|index| format!("acme/r{index}")).collect();
    for name in &names {
        world.add_repository(name);
        world.forge.set_rank(name, "tim", Rank::Triage);
    }
    world.forge.set_rank(REPO, "tim", Rank::Triage);
    let mut enrolled: Vec<&str> = names.iter().map(String::as_str).collect();
    enrolled.push(REPO);
    world.enrol(&enrolled);
    world.set("AFK_MAX_IN_FLIGHT", "1");
    let at = |name: &str, body: &str, labeller: &str| {
        let forge = &world.forge;
        let number = forge.open_issue(name, "alice", "refused", body);
        forge.label(name, number, "alice", "P0");
        forge.label(name, number, labeller, READY);
        number
    };
    for name in &enrolled {
        at(name, "Blocked by: the weather", "alice");
        at(name, "Please.", "tim");
        // Nobody who was refused by a look-up of people alone keeps others waiting either.
        let edited = at(name, "Please.", "alice");
        world.forge.rename_title(name, edited, "mallory", "Mail it");
    }
    let eligible = world.ready_issue("eligible");
    let finished = world.poll();
    assert_eq!(finished.status, 0, "{}", finished.stderr);
    assert_eq!(finished.dispatched(), [eligible]);
    assert_eq!(finished.outcome(REPO), "dispatched");
    let mut codes: Vec<String> = (1..=3)
        .flat_map(|number| finished.decision(&names[98], number).1)
        .collect();
    codes.sort();
    assert_eq!(finished.outcome(&names[98]), "refused");
    assert_eq!(
        codes,
        ["blocker-unresolved", "edited-since", "permission-too-low"]
    );
}

// One labelling under two ids.

/// GitHub spells ids in an older and in a newer form. `seen` says which answers have the older one of a label event.
fn spell_anew(world: &World, newer: &str, seen: fn(&Exchange) -> bool) {
    let github = std::sync::Arc::clone(&world.github);
    let newer = newer.to_owned();
    world.journal.intercept(move |exchange| {
        if exchange.service != "github" || !seen(exchange) {
            return Fault::None;
        }
        let mut answer = github.answer(&exchange.request);
        let body = String::from_utf8(answer.body.clone()).unwrap();
        answer.body = body.replace(&newer, OLDER_FORM).into_bytes();
        Fault::Instead(answer)
    });
}

const OLDER_FORM: &str = "MDEyOkxhYmVsZWRFdmVudDE=";

/// A run that is over and whose issue still shows the ready label, unlocked; the id that its label event has now.
fn had_a_run(world: &World) -> (u64, String) {
    let number = world.ready_issue("Sort the list");
    let event = world.github.newest_label_event(REPO, number, READY);
    (number, event.unwrap())
}

#[test]
fn a_labelling_whose_id_is_spelled_in_another_form_by_the_next_tick_has_one_run() {
    type Seen = fn(&Exchange) -> bool;
    let all: Seen = |_| true;
    let survey: Seen =
        |exchange| String::from_utf8_lossy(&exchange.request.body).contains("query Survey");
    let details: Seen =
        |exchange| !String::from_utf8_lossy(&exchange.request.body).contains("query Survey");
    let nowhere: Seen = |_| false;
    for version in VERSIONS {
        for (first, then) in [
            (nowhere, all),
            (all, nowhere),
            (nowhere, details),
            (survey, all),
        ] {
            let world = World::of_version(Place::GitHub, version);
            let (number, event) = had_a_run(&world);
            spell_anew(&world, &event, first);
            assert_eq!(world.poll().dispatched(), [number], "{version:?}");
            let thread = world.only_thread().id;
            world.t3.people_archive(&thread);
            world.github.unlabel(REPO, number, "alice", LOCK);
            spell_anew(&world, &event, then);
            let finished = world.poll();
            assert_eq!(finished.decision(REPO, number), refused("already-run"));
            assert_eq!(finished.status, 0, "{finished:?}");
            world.journal.calm();
            assert_eq!(world.t3.threads().len(), 1, "{version:?}");
            assert_eq!(world.messages().len(), 1, "{version:?}");
        }
    }
}

/// A new labelling re-arms, in whatever form its id is spelled.
#[test]
fn a_new_labelling_in_the_other_form_has_its_own_run() {
    let world = World::new();
    let (number, _) = had_a_run(&world);
    assert_eq!(world.poll().dispatched(), [number]);
    let thread = world.only_thread().id;
    world.t3.people_archive(&thread);
    for label in [LOCK, READY] {
        world.github.unlabel(REPO, number, "alice", label);
    }
    world.catch_up();
    world.approve(REPO, number);
    let newer = world.github.newest_label_event(REPO, number, READY);
    spell_anew(&world, &newer.unwrap(), |_| true);
    let finished = world.poll();
    assert_eq!(finished.dispatched(), [number], "{finished:?}");
    assert_eq!(finished.report()["dispatched"][0]["slot"], 2);
}
