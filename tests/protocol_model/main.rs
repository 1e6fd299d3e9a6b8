//! A model of the protocol of SPEC 3 and 4, and the search through everything that can happen in it.
//!
//! One repository with two issues, a T3 that keeps its receipts, a forge whose lists lag, agents, CI, people, and a handful of
//! `afk-poll` and `afk-watch` ticks, each of which may stop for ever, or be overtaken, between any two requests. Every state
//! within the bounds is looked at. It is not the product's code: it says what order of requests is safe, and the other test
//! binary says that the product keeps to that order. Broken protocols are searched as well, because a search that finds nothing
//! proves nothing until it has found something.
//!
//! It uses nothing but the standard library, so that the widest bounds, which are ignored here, can be searched by an optimised
//! build of these files alone, in seconds and without building the crate anew:
//!
//! ```text
//! rustc --edition 2024 -C opt-level=3 --test tests/protocol_model/main.rs -o target/protocol_model
//! target/protocol_model --include-ignored
//! ```
//!
//! `--nocapture` shows the numbers of states and the ways to what is wrong with the broken protocols.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "test code: nobody links against it, a broken assumption must stop the test"
)]

mod closing;
mod decision;
mod forge;
mod issue;
mod label_first;
mod outcomes;
mod poll;
mod properties;
mod quiescence;
mod search;
mod slot;
mod slots;
mod state;
mod surroundings;
mod t3;
mod trace;
mod troubles;
mod variants;
mod visited;
mod watch;
mod watch_stage;
mod with_troubles;
mod without_troubles;
mod world;

use properties::{Reached, Violation};
use quiescence::{Leftover, Rest};
use search::{Search, Until};
use state::Bounds;
use troubles::Rules;

const fn bounds(ticks: u8, overlapping: u8) -> Bounds {
    Bounds { ticks, overlapping }
}

/// Searches a sound protocol to the end: nothing is violated.
fn assert_safe(rules: impl Into<Rules>, bounds: Bounds, states: usize) -> Search {
    let rules = rules.into();
    let search = Search::run(rules, bounds, Until::Exhausted);
    if let Some(finding) = search.findings.first() {
        panic!(
            "{rules}, {bounds}: {:?}\n{}",
            finding.violation,
            search.trace(finding)
        );
    }
    assert_eq!(search.states(), states, "{rules}, {bounds}");
    search
}

/// The same, and from everywhere the rounds come to rest and leave nothing.
fn assert_sound(rules: impl Into<Rules>, bounds: Bounds, states: usize) -> Reached {
    let rules = rules.into();
    let search = assert_safe(rules, bounds, states);
    let rest = Rest::after(rules, &search.worlds);
    println!(
        "{rules}, {bounds}: {states} states, {} steps deep; from {} worlds, {} worlds of rounds, {} of them at rest",
        search.depth,
        search.worlds.len(),
        rest.worlds,
        rest.at_rest
    );
    assert_eq!(rest.leftovers, [], "{rules}, {bounds}");
    assert!(
        rest.at_rest > 0 && rest.worlds >= search.worlds.len() / 2,
        "{rest:?}"
    );
    search.reached
}

/// Searches a broken protocol until it shows what is wrong with it. `depth` is the length of the shortest way there.
fn assert_found(rules: impl Into<Rules>, bounds: Bounds, violation: Violation, depth: usize) {
    let rules = rules.into();
    let search = Search::run(rules, bounds, Until::Found(violation));
    let finding = search
        .findings
        .iter()
        .find(|finding| finding.violation == violation)
        .unwrap_or_else(|| panic!("{rules}, {bounds}: {violation:?} was not found"));
    let trace = search.trace(finding);
    println!(
        "{rules}, {bounds}: {violation:?} after {} steps\n{trace}",
        finding.depth
    );
    assert_eq!(finding.depth, depth, "{rules}, {bounds}: {violation:?}");
    assert_eq!(trace.len(), depth, "the trace is the shortest way");
}

/// Searches a broken protocol whose damage shows when nothing moves any more.
fn assert_leaves(rules: impl Into<Rules>, bounds: Bounds, leftovers: &[Leftover]) {
    let rules = rules.into();
    let search = Search::run(rules, bounds, Until::Exhausted);
    let rest = Rest::after(rules, &search.worlds);
    println!(
        "{rules}, {bounds}: {} states, at rest {:?}",
        search.states(),
        rest.leftovers
    );
    for leftover in leftovers {
        assert!(
            rest.count(*leftover) > 0,
            "{rules}, {bounds}: no {leftover:?}"
        );
    }
    assert_eq!(
        rest.leftovers.len(),
        leftovers.len(),
        "{:?}",
        rest.leftovers
    );
}

/// The search has come past everything that matters.
fn assert_not_vacuous(reached: &Reached, least: u32) {
    let Reached {
        archived,
        two_slots,
        second_run_live,
        fix_used,
        closed,
        stood_down,
        rearmed_dispatched,
        most_rings,
    } = *reached;
    for (what, states) in [
        ("archived", archived),
        ("two_slots", two_slots),
        ("second_run_live", second_run_live),
        ("fix_used", fix_used),
        ("closed", closed),
        ("stood_down", stood_down),
        ("rearmed_dispatched", rearmed_dispatched),
    ] {
        assert!(states > least, "{what} in only {states} states");
    }
    assert!(most_rings > 1, "no crash ever rang a bell twice");
}
