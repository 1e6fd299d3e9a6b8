//! Crashes and overlaps of `afk-poll`: the built binary, killed, held back, doubled and lied to at every request.
//!
//! Each story ends in the same question: is there exactly one thread with exactly one first message, for the
//! right issue, and exactly one lock label? No test waits for time to pass: ticks are held and killed from inside the
//! sandbox, at a request or at its answer. What the services say in detail is not looked at here.

use std::collections::BTreeSet;
use std::process::Child;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use serde_json::json;

use crate::support::every_point;
use crate::support::place::{Place, on_each_kind_of_forge};
use crate::support::sandbox::http_server::{Exchange, Fault, Request, Response, Service};
use crate::support::sandbox::t3::{T3Version, ThreadView};
use crate::support::world::{Finished, LOCK, READY, REPO, World, describe, finish};

on_each_kind_of_forge! {
    two_ticks_at_once_start_each_repository_once,
    four_ticks_at_once_start_each_repository_once,
    ticks_that_meet_before_an_act_start_one_run,
    held_tick_adds_nothing_to_what_another_did_meanwhile,
    slot_belongs_to_the_issue_that_created_it,
    turn_that_comes_after_the_stand_down_has_no_effect,
    stand_down_that_comes_after_the_turn_has_no_effect,
    killed_tick_is_completed_by_the_next,
    request_of_a_dead_tick_that_arrives_late_adds_nothing,
    late_turn_of_an_ended_slot_starts_nothing,
    error_after_the_effect_doubles_nothing,
    error_without_effect_loses_nothing,
    lost_request_or_answer_doubles_nothing,
    cut_or_foreign_answer_doubles_nothing,
}

const VERSIONS: [T3Version; 3] = [T3Version::V0_0_27, T3Version::July, T3Version::Fork0_0_33];

const REPOS: [&str; 3] = ["acme/widgets", "acme/gadgets", "zeta/tools"];

/// Ends a story that is stuck; no story waits that long when all is well.
const STUCK: Duration = Duration::from_secs(20);

/// Where in an exchange something happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    /// The service has not seen the request, and will not when the tick dies.
    Before,
    /// The request took effect, its answer is not sent.
    After,
}

const MOMENTS: [Moment; 2] = [Moment::Before, Moment::After];

/// A world with three ready issues in one repository, of which the second is the most urgent. Returns its number too.
fn world_with_urgent_issue(place: Place, version: T3Version) -> (World, u64) {
    let world = World::of_version(place, version);
    world.ready_issue("Sort the list");
    let urgent = world.issue(REPO, "Stop losing orders", "They vanish.\n");
    world.forge.label(REPO, urgent, "alice", "priority:0");
    world.approve(REPO, urgent);
    world.ready_issue("Tidy the README");
    (world, urgent)
}

fn threads_of(world: &World, full_name: &str) -> Vec<ThreadView> {
    world
        .t3
        .threads()
        .iter()
        .map(|id| world.t3.thread(id).unwrap())
        .filter(|thread| thread.title.starts_with(&format!("{full_name}#")))
        .collect()
}

/// Checks that a repository has one run with one message, for `issue`, shown by one lock label.
fn assert_one_start(world: &World, full_name: &str, issue: u64, story: &str) {
    let threads = threads_of(world, full_name);
    assert_eq!(threads.len(), 1, "{story}: {threads:#?}");
    let thread = &threads[0];
    assert!(
        thread
            .title
            .starts_with(&format!("{full_name}#{issue} · run 1 · ")),
        "{story}: {}",
        thread.title
    );
    assert!(!thread.archived && !thread.deleted, "{story}");
    assert_eq!(thread.messages.len(), 1, "{story}: {thread:#?}");
    let event = world
        .forge
        .newest_label_event(full_name, issue, READY)
        .unwrap();
    let message = &thread.messages[0];
    assert!(
        message
            .id
            .starts_with(&format!("afk1|{}@", world.place.word())),
        "{story}: {}",
        message.id
    );
    assert!(
        message.id.ends_with(&format!("|{issue}|{event}|1|0")),
        "{story}: {}",
        message.id
    );
    assert_eq!(
        world.t3.turns_run(&thread.id) + thread.turns_waiting,
        1,
        "{story}"
    );
    assert_eq!(locked(world, full_name), [issue], "{story}");
    let labellings = world.forge.times_labelled(full_name, issue, LOCK);
    assert_eq!(labellings, 1, "{story}");
}

/// The issues of a repository that show the lock label.
fn locked(world: &World, full_name: &str) -> Vec<u64> {
    let forge = &world.forge;
    let shows = |number: &u64| {
        forge
            .labels_of(full_name, *number)
            .iter()
            .any(|it| it == LOCK)
    };
    forge
        .issues_of(full_name)
        .into_iter()
        .filter(shows)
        .collect()
}

/// Checks that one more tick finds the run under way and changes nothing anywhere.
fn assert_settled(world: &World, story: &str) {
    let before = (world.t3.sequence(), world.forge.writes(), world.messages());
    let tick = world.poll();
    assert_eq!(tick.status, 0, "{story}: {tick:?}");
    assert_eq!(tick.outcome(REPO), "busy", "{story}");
    assert_eq!(tick.dispatched(), [0_u64; 0], "{story}");
    let after = (world.t3.sequence(), world.forge.writes(), world.messages());
    assert_eq!(after, before, "{story}");
}

/// Threads that the reports name as started, over several ticks.
fn started_threads(ticks: &[Finished]) -> BTreeSet<(String, u64, String)> {
    ticks
        .iter()
        .filter(|tick| !tick.stdout.is_empty())
        .flat_map(|tick| {
            let report = tick.report();
            let started = report["dispatched"].as_array().unwrap().clone();
            started.into_iter().map(|run| {
                (
                    run["repository"].as_str().unwrap().to_owned(),
                    run["issue"].as_u64().unwrap(),
                    run["thread"].as_str().unwrap().to_owned(),
                )
            })
        })
        .collect()
}

/// The requests of an undisturbed start.
fn undisturbed(place: Place, version: T3Version) -> Vec<String> {
    let (world, urgent) = world_with_urgent_issue(place, version);
    let tick = world.poll();
    assert_eq!(tick.status, 0, "{tick:?}");
    assert_one_start(&world, REPO, urgent, "undisturbed");
    world.requests()
}

/// The requests at which a start is disturbed on this version, with their places: each place on one of the versions, or on
/// all of them with `AFK_EVERY_POINT=1`. The fault loop of the simulation leaves out none.
fn told_on(
    place: Place,
    version: T3Version,
    requests: &[String],
) -> impl Iterator<Item = (usize, &String)> {
    let turn = VERSIONS.iter().position(|one| *one == version);
    let turn = turn.expect("one of the versions");
    // The other forges share the places among themselves, too.
    let (turn, turns) = match place {
        Place::GitHub => (turn, VERSIONS.len()),
        Place::Forgejo11 => (3 * turn, 3 * VERSIONS.len()),
        Place::Forgejo13 => (3 * turn + 1, 3 * VERSIONS.len()),
        Place::Gitea126 => (3 * turn + 2, 3 * VERSIONS.len()),
    };
    let places = requests.iter().enumerate();
    places.filter(move |(index, _)| every_point() || index % turns == turn)
}

/// What a T3 dispatch asks for, such as `thread.create`.
fn command(exchange: &Exchange) -> Option<String> {
    (exchange.service == "t3" && exchange.request.method == "POST").then(|| {
        let body = exchange.request.json().unwrap();
        body["type"].as_str().unwrap().to_owned()
    })
}

/// A door at which one exchange waits until the story lets it go on.
#[derive(Clone, Default)]
struct Door(Arc<(Mutex<DoorState>, Condvar)>);

#[derive(Default)]
struct DoorState {
    arrived: usize,
    open: bool,
}

impl Door {
    fn change(&self, change: impl FnOnce(&mut DoorState)) {
        change(&mut self.0.0.lock().unwrap_or_else(PoisonError::into_inner));
        self.0.1.notify_all();
    }

    fn wait_until(&self, what: &str, reached: impl Fn(&DoorState) -> bool) {
        let state = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (_state, timeout) = self
            .0
            .1
            .wait_timeout_while(state, STUCK, |state| !reached(state))
            .unwrap_or_else(PoisonError::into_inner);
        assert!(!timeout.timed_out(), "stuck: {what}");
    }

    /// Stops here until [`Door::open`].
    fn hold(&self) {
        self.change(|state| state.arrived += 1);
        self.wait_until("nobody opened", |state| state.open);
    }

    /// Stops here until `count` exchanges are here.
    fn meet(&self, count: usize) {
        self.change(|state| state.arrived += 1);
        self.wait_until("the other tick did not come", |state| {
            state.arrived >= count
        });
    }

    fn await_arrival(&self) {
        self.wait_until("nobody came", |state| state.arrived > 0);
    }

    fn open(&self) {
        self.change(|state| state.open = true);
    }
}

/// Holds the exchange with this number, and no other.
fn hold_exchange(world: &World, number: usize, moment: Moment) -> Door {
    let door = Door::default();
    let held = door.clone();
    let hold = move |exchange: &Exchange| {
        if exchange.number == number {
            held.hold();
        }
    };
    match moment {
        Moment::Before => world.journal.intercept(move |exchange| {
            hold(exchange);
            Fault::None
        }),
        Moment::After => world.journal.observe(hold),
    }
    door
}

/// Holds the first exchange that `which` accepts, before its service sees it.
fn hold_first(world: &World, which: impl Fn(&Exchange) -> bool + Send + Sync + 'static) -> Door {
    let door = Door::default();
    let held = door.clone();
    let taken = Mutex::new(false);
    world.journal.intercept(move |exchange| {
        let first = which(exchange)
            && !std::mem::replace(
                &mut *taken.lock().unwrap_or_else(PoisonError::into_inner),
                true,
            );
        if first {
            held.hold();
        }
        Fault::None
    });
    door
}

/// Starts a tick that dies by SIGKILL at the exchange that `which` accepts.
fn kill_at(
    world: &World,
    moment: Moment,
    which: impl Fn(&Exchange) -> bool + Send + Sync + 'static,
) -> Receiver<(Finished, Request)> {
    let (dead, deaths) = channel();
    let victim: Arc<Mutex<Option<Child>>> = Arc::default();
    let which = Arc::new(which);
    let kill = {
        let (victim, which) = (Arc::clone(&victim), Arc::clone(&which));
        move |exchange: &Exchange| {
            let child = which(exchange)
                .then(|| victim.lock().unwrap_or_else(PoisonError::into_inner).take())
                .flatten();
            if let Some(mut child) = child {
                child.kill().expect("an own child can be killed");
                drop(dead.send((finish(child), exchange.request.clone())));
                true
            } else {
                false
            }
        }
    };
    match moment {
        Moment::Before => world.journal.intercept(move |exchange| {
            if kill(exchange) {
                Fault::LostRequest
            } else {
                Fault::None
            }
        }),
        Moment::After => {
            world.journal.observe(move |exchange| {
                kill(exchange);
            });
            let which = Arc::clone(&which);
            world.journal.intercept(move |exchange| {
                if which(exchange) {
                    Fault::LostAnswer
                } else {
                    Fault::None
                }
            });
        }
    }
    // The first request may come before the handle is here: it waits for the lock.
    let mut handle = victim.lock().unwrap_or_else(PoisonError::into_inner);
    *handle = Some(world.start_poll(&[]));
    drop(handle);
    deaths
}

fn killed(deaths: &Receiver<(Finished, Request)>, story: &str) -> Request {
    let (tick, request) = deaths
        .recv_timeout(STUCK)
        .unwrap_or_else(|_| panic!("{story}: not killed"));
    assert_eq!(tick.status, -1, "{story}: {tick:?}");
    request
}

// Two and more at once.

fn busy_world(place: Place, version: T3Version) -> (World, Vec<u64>) {
    let mut world = World::of_version(place, version);
    for repo in &REPOS[1..] {
        world.add_repository(repo);
    }
    world.enrol(&REPOS);
    let mut urgent = Vec::new();
    for (index, repo) in REPOS.iter().enumerate() {
        for title in ["Sort the list", "Stop losing orders", "Tidy the README"] {
            let number = world.issue(repo, title, "Please do it.\n");
            world.approve(repo, number);
        }
        // Another issue is the most urgent one in each repository.
        let number = index as u64 + 1;
        world.forge.label(repo, number, "alice", "priority:0");
        urgent.push(number);
    }
    world.later();
    (world, urgent)
}

fn rounds(place: Place, processes: usize, rounds: usize) {
    for round in 0..rounds {
        let version = VERSIONS[round % VERSIONS.len()];
        let story = format!("round {round}, {version:?}, {processes} ticks");
        let (world, urgent) = busy_world(place, version);
        if !place.is_github() {
            // These servers let any number of ticks make a label at the same time, and keep them all under one name. `check --fix`
            // has made it.
            for repo in REPOS {
                world.forge.create_label(repo, LOCK);
            }
        }
        let ticks: Vec<Child> = (0..processes).map(|_| world.start_poll(&[])).collect();
        let ticks: Vec<Finished> = ticks.into_iter().map(finish).collect();
        for tick in &ticks {
            assert_eq!(tick.status, 0, "{story}: {tick:?}");
        }
        for (repo, issue) in REPOS.iter().zip(&urgent) {
            assert_one_start(&world, repo, *issue, &story);
        }
        assert_eq!(world.t3.threads().len(), REPOS.len(), "{story}");
        assert_eq!(world.t3.projects().len(), REPOS.len(), "{story}");
        let started = started_threads(&ticks);
        let shown: BTreeSet<_> = REPOS
            .iter()
            .zip(&urgent)
            .map(|(repo, issue)| {
                (
                    format!("{}:{repo}", place.word()),
                    *issue,
                    threads_of(&world, repo)[0].id.clone(),
                )
            })
            .collect();
        assert_eq!(started, shown, "{story}");
        assert_settled(&world, &story);
    }
}

fn two_ticks_at_once_start_each_repository_once(place: Place) {
    rounds(place, 2, if place.is_github() { 25 } else { 3 });
}

fn four_ticks_at_once_start_each_repository_once(place: Place) {
    rounds(place, 4, if place.is_github() { 9 } else { 3 });
}

/// Both ticks meet at their first request of each kind: neither goes on before the other is there.
fn meet_at(place: Place, version: T3Version, kinds: &'static [&'static str]) {
    let story = format!("{version:?}, both at {kinds:?}");
    let (world, urgent) = world_with_urgent_issue(place, version);
    let doors: Vec<Door> = kinds.iter().map(|_| Door::default()).collect();
    world.journal.intercept(move |exchange| {
        let kind = command(exchange).unwrap_or_else(|| describe(exchange));
        if let Some(index) = kinds.iter().position(|wanted| kind.ends_with(wanted)) {
            doors[index].meet(2);
        }
        Fault::None
    });
    let ticks = [world.start_poll(&[]), world.start_poll(&[])].map(finish);
    world.journal.calm();
    for tick in &ticks {
        assert_eq!(tick.status, 0, "{story}: {tick:?}");
    }
    assert_one_start(&world, REPO, urgent, &story);
    assert_eq!(started_threads(&ticks).len(), 1, "{story}");
    assert_settled(&world, &story);
}

/// At `project.create` both have read T3 and the forge, and neither did anything yet.
fn ticks_that_meet_before_an_act_start_one_run(place: Place) {
    for version in VERSIONS {
        for kinds in [
            &["project.create"] as &[_],
            &["thread.create"],
            &["thread.turn.start"],
            &[
                "project.create",
                "thread.create",
                "thread.turn.start",
                "/labels",
            ],
        ] {
            meet_at(place, version, kinds);
        }
    }
}

/// One tick is held at each of its requests in turn, before and after its effect, while another runs to its end.
fn held_tick_adds_nothing_to_what_another_did_meanwhile(place: Place) {
    for version in VERSIONS {
        let requests = undisturbed(place, version);
        for (index, request) in told_on(place, version, &requests) {
            for moment in MOMENTS {
                let story = format!("{version:?}, held {moment:?} request {index} ({request})");
                let (world, urgent) = world_with_urgent_issue(place, version);
                let door = hold_exchange(&world, index, moment);
                let held = world.start_poll(&[]);
                door.await_arrival();
                let other = world.poll();
                assert_eq!(other.status, 0, "{story}: {other:?}");
                assert_one_start(&world, REPO, urgent, &story);
                door.open();
                let held = finish(held);
                world.journal.calm();
                assert_eq!(held.status, 0, "{story}: {held:?}");
                assert_one_start(&world, REPO, urgent, &story);
                assert_eq!(started_threads(&[held, other]).len(), 1, "{story}");
                assert_settled(&world, &story);
            }
        }
    }
}

/// Somebody labels a more urgent issue between the reads of two ticks.
fn slot_belongs_to_the_issue_that_created_it(place: Place) {
    for version in VERSIONS {
        let story = format!("{version:?}");
        let world = World::of_version(place, version);
        let late = world.issue(REPO, "Stop losing orders", "They vanish.\n");
        let early = world.ready_issue("Sort the list");
        let door = hold_first(&world, |exchange| {
            command(exchange).as_deref() == Some("thread.create")
        });
        let held = world.start_poll(&[]);
        door.await_arrival();
        world.forge.label(REPO, late, "alice", "priority:0");
        world.approve(REPO, late);
        let other = world.poll();
        assert_eq!(other.dispatched(), [late], "{story}: {other:?}");
        door.open();
        let held = finish(held);
        world.journal.calm();
        assert_eq!(held.status, 0, "{story}: {held:?}");
        assert_eq!(held.outcome(REPO), "busy", "{story}");
        assert_eq!(
            held.decision(REPO, early),
            ("skip".to_owned(), vec!["repository-busy".to_owned()]),
            "{story}"
        );
        assert_one_start(&world, REPO, late, &story);
        assert_settled(&world, &story);
    }
}

/// The first message and the end of an allocated slot share one command id.
fn turn_that_comes_after_the_stand_down_has_no_effect(place: Place) {
    for version in VERSIONS {
        let story = format!("{version:?}");
        let world = World::of_version(place, version);
        let number = world.ready_issue("Sort the list");
        let door = hold_first(&world, |exchange| {
            command(exchange).as_deref() == Some("thread.turn.start")
        });
        let held = world.start_poll(&[]);
        door.await_arrival();
        world.forge.unlabel(REPO, number, "alice", READY);
        world.later();
        let other = world.poll();
        assert_eq!(other.status, 0, "{story}: {other:?}");
        assert!(
            world.only_thread().title.contains(" · stood-down"),
            "{story}"
        );
        door.open();
        let held = finish(held);
        world.journal.calm();
        assert_eq!(held.status, 0, "{story}: {held:?}");
        assert_eq!(held.dispatched(), [0_u64; 0], "{story}");
        let thread = world.only_thread();
        assert_eq!(thread.messages, [], "{story}");
        assert!(
            thread.title.contains(" · stood-down"),
            "{story}: {}",
            thread.title
        );
        assert_eq!(thread.turns_waiting, 0, "{story}");
        assert_eq!(locked(&world, REPO), [0_u64; 0], "{story}");
        assert_settled(&world, &story);
    }
}

fn stand_down_that_comes_after_the_turn_has_no_effect(place: Place) {
    for version in VERSIONS {
        let story = format!("{version:?}");
        let world = World::of_version(place, version);
        let number = world.ready_issue("Sort the list");
        // The first tick allocates the slot and dies.
        let deaths = kill_at(&world, Moment::Before, |exchange| {
            command(exchange).as_deref() == Some("thread.turn.start")
        });
        killed(&deaths, &story);
        // The second sees the label gone and wants to stand down.
        world.forge.unlabel(REPO, number, "alice", READY);
        let door = hold_first(&world, |exchange| {
            command(exchange).as_deref() == Some("thread.meta.update")
        });
        let held = world.start_poll(&[]);
        door.await_arrival();
        // The first one's request arrives after all.
        let event = world.forge.newest_label_event(REPO, number, READY).unwrap();
        let turn = turn_of(&world, number, &event);
        assert_eq!(world.t3.answer(&turn).status, 200, "{story}");
        door.open();
        let held = finish(held);
        world.journal.calm();
        assert_eq!(held.status, 0, "{story}: {held:?}");
        let thread = world.only_thread();
        assert_eq!(thread.messages.len(), 1, "{story}");
        assert!(
            !thread.title.contains("stood-down"),
            "{story}: {}",
            thread.title
        );
        assert!(
            held.repository(REPO)["detail"]
                .as_str()
                .unwrap()
                .contains("started meanwhile"),
            "{story}"
        );
    }
}

/// The newest recorded request that starts a turn.
fn turn_of(world: &World, issue: u64, event: &str) -> Request {
    let turn = world
        .journal
        .exchanges()
        .into_iter()
        .rev()
        .find(|exchange| command(exchange).as_deref() == Some("thread.turn.start"))
        .expect("a turn was asked for")
        .request;
    let body = turn.json().unwrap();
    let message = body["message"]["messageId"].as_str().unwrap();
    assert!(
        message.ends_with(&format!("|{issue}|{event}|1|0")),
        "{message}"
    );
    turn
}

// Killed.

/// One tick is enough in every case: it either repeats the start from the beginning, goes on with the allocated slot,
/// or finds the run under way and at most lacks the lock label.
fn killed_tick_is_completed_by_the_next(place: Place) {
    for version in VERSIONS {
        let requests = undisturbed(place, version);
        for (index, request) in told_on(place, version, &requests) {
            for moment in MOMENTS {
                let story = format!("{version:?}, killed {moment:?} request {index} ({request})");
                let (world, urgent) = world_with_urgent_issue(place, version);
                let deaths = kill_at(&world, moment, move |exchange| exchange.number == index);
                killed(&deaths, &story);
                world.journal.calm();
                // Elsewhere than on GitHub, others are on their way beside it.
                if place.is_github() {
                    assert_eq!(world.journal.len(), index + 1, "{story}");
                }
                let next = world.poll();
                assert_eq!(next.status, 0, "{story}: {next:?}");
                assert_one_start(&world, REPO, urgent, &story);
                assert_settled(&world, &story);
            }
        }
    }
}

/// The death of one tick and the start of the next overlap: the request of the dead one takes effect last.
fn request_of_a_dead_tick_that_arrives_late_adds_nothing(place: Place) {
    for version in VERSIONS {
        for kind in ["project.create", "thread.create", "thread.turn.start"] {
            let story = format!("{version:?}, late {kind}");
            let (world, urgent) = world_with_urgent_issue(place, version);
            let deaths = kill_at(&world, Moment::Before, move |exchange| {
                command(exchange).as_deref() == Some(kind)
            });
            let late = killed(&deaths, &story);
            world.journal.calm();
            let next = world.poll();
            assert_eq!(next.status, 0, "{story}: {next:?}");
            assert_eq!(next.dispatched(), [urgent], "{story}");
            for delivery in 1..=2 {
                let story = format!("{story}, delivery {delivery}");
                let sequence = world.t3.sequence();
                let answer = world.t3.answer(&late);
                assert!(matches!(answer.status, 200 | 500), "{story}: {answer:?}");
                assert_eq!(world.t3.sequence(), sequence, "{story}");
                assert_eq!(world.t3.projects().len(), 1, "{story}");
                assert_one_start(&world, REPO, urgent, &story);
            }
            assert_settled(&world, &story);
        }
    }
}

/// A dead tick's turn arrives after its run was stood down and the issue was labelled anew.
fn late_turn_of_an_ended_slot_starts_nothing(place: Place) {
    for version in VERSIONS {
        let story = format!("{version:?}");
        let world = World::of_version(place, version);
        let number = world.ready_issue("Sort the list");
        let deaths = kill_at(&world, Moment::Before, |exchange| {
            command(exchange).as_deref() == Some("thread.turn.start")
        });
        let late = killed(&deaths, &story);
        world.journal.calm();
        world.forge.unlabel(REPO, number, "alice", READY);
        world.later();
        assert_eq!(world.poll().status, 0, "{story}");
        world.approve(REPO, number);
        assert_eq!(world.t3.answer(&late).status, 200, "{story}");
        let thread = world.only_thread();
        assert_eq!(thread.messages, [], "{story}");
        assert!(thread.title.contains(" · stood-down"), "{story}");
        assert_settled(&world, &story);
    }
}

// Lied to.

fn internal_error() -> Response {
    Response::json(
        500,
        &json!({"_tag": "EnvironmentInternalError", "code": "internal_error", "reason": "orchestration_dispatch_failed"}),
    )
}

fn bad_gateway() -> Response {
    Response::text(502, "text/html", "<html><h1>502 Bad Gateway</h1></html>")
}

/// The issue that was started, or must be: the urgent one, unless its facts could not be read. Then the next one was tried.
fn started_or_urgent(tick: &Finished, urgent: u64, story: &str) -> u64 {
    let Some(started) = tick.dispatched().first().copied() else {
        return urgent;
    };
    if started != urgent {
        let (decision, codes) = tick.decision(REPO, urgent);
        assert_eq!(decision, "refuse", "{story}");
        let unread = ["facts-incomplete", "permission-unknown"];
        assert!(
            codes.iter().all(|code| unread.contains(&code.as_str())),
            "{story}: {codes:?}"
        );
    }
    started
}

/// One request of a tick meets a fault; nothing is doubled, and a run is under way after the next tick at the latest.
fn faulty(place: Place, name: &str, fault: impl Fn(&str) -> Option<Fault>) {
    for version in VERSIONS {
        let requests = undisturbed(place, version);
        for (index, request) in told_on(place, version, &requests) {
            let Some(fault) = fault(request) else {
                continue;
            };
            let story = format!("{version:?}, {name} at request {index} ({request})");
            let (world, urgent) = world_with_urgent_issue(place, version);
            // Requests that are sent beside each other come in no fixed order.
            let met = Arc::new(Mutex::new(""));
            let service = Arc::clone(&met);
            world.journal.intercept(move |exchange| {
                if exchange.number == index {
                    *service.lock().unwrap() = exchange.service;
                    fault.clone()
                } else {
                    Fault::None
                }
            });
            let tick = world.poll();
            world.journal.calm();
            assert!(matches!(tick.status, 0 | 1 | 3), "{story}: {tick:?}");
            let report = tick.report();
            let failures = report["failures"].as_array().unwrap();
            assert_eq!(failures.is_empty(), tick.status == 0, "{story}: {report:#}");
            for failure in failures {
                let service = *met.lock().unwrap();
                assert_eq!(failure["service"], service, "{story}: {report:#}");
            }
            assert!(threads_of(&world, REPO).len() <= 1, "{story}");
            let expected = started_or_urgent(&tick, urgent, &story);
            let next = world.poll();
            assert_eq!(next.status, 0, "{story}: {next:?}");
            assert_one_start(&world, REPO, expected, &story);
            assert!(started_threads(&[tick, next]).len() <= 1, "{story}");
            assert_settled(&world, &story);
        }
    }
}

fn error_after_the_effect_doubles_nothing(place: Place) {
    faulty(place, "500 after the effect", |_| {
        Some(Fault::Mask(internal_error()))
    });
    faulty(place, "502 after the effect", |_| {
        Some(Fault::Mask(bad_gateway()))
    });
}

fn error_without_effect_loses_nothing(place: Place) {
    faulty(place, "500 without effect", |_| {
        Some(Fault::Instead(internal_error()))
    });
    faulty(place, "502 without effect", |_| {
        Some(Fault::Instead(bad_gateway()))
    });
}

fn lost_request_or_answer_doubles_nothing(place: Place) {
    faulty(place, "lost request", |_| Some(Fault::LostRequest));
    faulty(place, "lost answer", |_| Some(Fault::LostAnswer));
}

fn cut_or_foreign_answer_doubles_nothing(place: Place) {
    faulty(place, "truncated answer", |_| Some(Fault::Truncate(7)));
    faulty(place, "page instead of an answer", |_| {
        Some(Fault::Mask(Response::text(
            200,
            "text/html",
            "<!doctype html>",
        )))
    });
}

#[test]
fn rate_limit_in_mid_start_doubles_nothing() {
    let limited = |seconds: &'static str| {
        move |request: &str| {
            request.starts_with("github ").then(|| {
                let body = json!({"message": "You have exceeded a secondary rate limit."});
                Fault::Instead(Response::json(429, &body).with_header("retry-after", seconds))
            })
        }
    };
    faulty(Place::GitHub, "429 for 0 s", limited("0"));
    // The forge is the same in all versions: one wait of a real second is enough.
    let label = |request: &str| {
        request
            .ends_with("/labels")
            .then(|| limited("1")(request))
            .flatten()
    };
    faulty(Place::GitHub, "429 for 1 s", label);
}

/// The requests that the stories of this file walk through: a new one is noticed here.
#[test]
fn start_makes_these_requests() {
    const SURVEY: &str = "github POST /graphql";
    let reads = |version: T3Version| match version {
        // The published package of this version answers unknown paths with a page.
        T3Version::V0_0_27 => (
            "t3 GET shell\nt3 GET snapshot",
            "t3 GET thread\nt3 GET snapshot",
            "t3 GET snapshot",
        ),
        T3Version::July | T3Version::Fork0_0_33 => {
            ("t3 GET shell", "t3 GET thread", "t3 GET thread")
        }
    };
    for version in VERSIONS {
        let world = World::of_version(Place::GitHub, version);
        let number = world.ready_issue("Sort the list");
        assert_eq!(world.poll().dispatched(), [number]);
        let thread = world.only_thread().id;
        let lines: Vec<String> = world
            .journal
            .exchanges()
            .iter()
            .map(|exchange| {
                command(exchange).unwrap_or_else(|| {
                    describe(exchange)
                        .replace("/api/orchestration/", "")
                        .replace(&format!("threads/{thread}"), "thread")
                })
            })
            .collect();
        let (fleet, first_read_back, second_read_back) = reads(version);
        let mut lines = lines;
        if version == T3Version::V0_0_27 && lines[1] == SURVEY {
            // The two are read side by side.
            lines.swap(1, 2);
        }
        // Released slots are not in the light reading; they matter as soon as something is to start.
        let whole = match version {
            T3Version::V0_0_27 => "",
            T3Version::July | T3Version::Fork0_0_33 => "t3 GET snapshot\n",
        };
        assert_eq!(
            lines.join("\n"),
            format!(
                "{fleet}\n{SURVEY}\n{SURVEY}\n\
                 github GET /repos/acme/widgets/collaborators/alice/permission\n\
                 github GET /repos/acme/widgets/issues/1/events\n\
                 {whole}project.create\nthread.create\n{first_read_back}\n{SURVEY}\n\
                 thread.turn.start\n{second_read_back}\n\
                 github POST /repos/acme/widgets/issues/1/labels"
            ),
            "{version:?}"
        );
    }
}
