//! Stories of `afk-watch` from the field: each row of what went wrong elsewhere, with siblings of its kind.
//!
//! The common ways to an end are in `watch.rs` and `watch_ends.rs`.

mod executor;
mod forged;
mod forges;
mod hostile;
mod people;
mod providers;
mod put_away;
mod siblings;
mod sinks;

use afk::tick::TickReport;

use crate::support::place::Place;
use crate::support::saga::Saga;
use crate::support::sandbox::http_server::{Exchange, Fault};
use crate::support::sandbox::t3::T3Options;
use crate::support::world::{REPO, WorldOptions};

/// Run limit, fix-forward and both limits of CI together, and a minute.
const PAST_EVERY_LIMIT: i64 = 14_400 + 3_600 + 900 + 5_400 + 60;

fn saga_of(place: Place, t3: T3Options) -> Saga {
    Saga::with(WorldOptions {
        t3,
        ..WorldOptions::at(place)
    })
}

/// The servers that were recorded live.
fn live() -> [T3Options; 2] {
    [T3Options::v0_0_27_live(), T3Options::main_2026_08_21()]
}

fn has(saga: &Saga, number: u64, label: &str) -> bool {
    saga.world.labels(number).iter().any(|shown| shown == label)
}

fn title(saga: &Saga, thread: &str) -> String {
    saga.world.t3.thread(thread).unwrap().title
}

fn is_released(saga: &Saga, thread: &str) -> bool {
    let view = saga.world.t3.thread(thread).unwrap();
    view.archived || view.deleted
}

fn is_open(saga: &Saga, number: u64) -> bool {
    saga.is_open(number)
}

/// A run whose agent pushed a commit and finished, before CI said anything.
fn pushed(saga: &Saga) -> (u64, String, String) {
    let (number, thread) = saga.started();
    let sha = saga.push(number, &thread, "Reject negative sizes");
    saga.world.t3.agent_finishes(&thread, "Pushed.");
    (number, thread, sha)
}

/// A run whose commit is green.
fn green(saga: &Saga) -> (u64, String) {
    let (number, thread, sha) = pushed(saga);
    saga.ci(&sha, "success");
    (number, thread)
}

/// Ticks, ten minutes apart, until no run is looked at any more. Returns the last report that told of one.
fn until_released(saga: &Saga) -> TickReport {
    let mut last = saga.watch();
    for _ in 0..12 {
        saga.world.t3.settle();
        saga.pass(600);
        let report = saga.watch();
        if report.runs.is_empty() {
            return last;
        }
        last = report;
    }
    panic!("a run does not end: {last}");
}

/// The code of the only run.
fn code(report: &TickReport) -> &'static str {
    assert_eq!(report.runs.len(), 1, "{report}");
    report.runs[0].reason.map_or("", |code| code.as_str())
}

/// What the only bell says below its title.
fn bell(saga: &Saga) -> String {
    let rung = saga.bells.rung();
    assert_eq!(rung.len(), 1, "{rung:?}");
    rung[0]["message"].as_str().unwrap().to_owned()
}

/// The type of a command to T3; empty for every other request.
fn command(exchange: &Exchange) -> String {
    let body = exchange.request.json().unwrap_or_default();
    body["type"].as_str().unwrap_or_default().to_owned()
}

/// How many commands of a type T3 got since the journal was cleared.
fn commands(saga: &Saga, kind: &str) -> usize {
    let exchanges = saga.world.journal.exchanges();
    exchanges.iter().filter(|it| command(it) == kind).count()
}

/// Every request of this kind is lost.
fn lose(saga: &Saga, service: &'static str) {
    saga.world.journal.intercept(move |exchange| {
        if exchange.service == service {
            Fault::LostRequest
        } else {
            Fault::None
        }
    });
}
