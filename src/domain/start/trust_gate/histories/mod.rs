//! Hostile and harmless histories of an issue, and what the trust gate says to each.
//!
//! One file per topic holds a table; [`story`] tells them; what holds for all of them is tested here.

mod accounts;
mod blockers;
mod edits;
mod explained;
mod kept;
mod label;
mod labeller;
mod order;
mod parent;
mod readiness;
mod state;
mod story;
mod text;
mod withdrawal;

use std::collections::BTreeSet;

use self::story::{BlockerState, GateVerdict, History, Refusal, Story, rex, tim};
use crate::domain::reason::{Reason, ReasonCode};

const ALL: [&[History]; 10] = [
    label::HISTORIES,
    order::HISTORIES,
    withdrawal::HISTORIES,
    labeller::HISTORIES,
    accounts::HISTORIES,
    state::HISTORIES,
    edits::HISTORIES,
    text::HISTORIES,
    blockers::HISTORIES,
    readiness::HISTORIES,
];

/// What no permission of anybody gives or takes away.
const ABOUT_NO_PERSON: [&str; 17] = [
    "no-label-event",
    "label-removed",
    "label-actor-unknown",
    "label-by-app",
    "label-by-self",
    "label-by-agent",
    "voided",
    "not-open",
    "transferred",
    "archived",
    "handed-back",
    "public-repository",
    "blocked",
    "lock-label",
    "on-hold",
    "assigned-since",
    "has-sub-issues",
];

#[test]
fn every_history_is_judged_as_the_tables_say() {
    let mut names = BTreeSet::new();
    for History { name, bend, codes } in ALL.into_iter().flatten() {
        let mut story = Story::common();
        bend(&mut story);
        assert_eq!(story.codes(), *codes, "{name}");
        assert!(names.insert(name), "{name}");
    }
    // A table that shrinks says less.
    assert!(names.len() >= 350, "{}", names.len());
}

#[test]
fn a_refusal_is_definite_unless_only_facts_are_missing() {
    let passing = [
        "facts-incomplete",
        "permission-unknown",
        "blocker-unresolved",
        "settling",
    ];
    // A text that names no issue does not change by itself.
    let of_the_text = [
        "a blocker on another host",
        "a blocker that is none",
        "a field that names nothing",
        "more blockers than we look up",
    ];
    let mut seen = 0;
    for History { name, bend, codes } in ALL.into_iter().flatten() {
        let mut story = Story::common();
        bend(&mut story);
        let definite = codes.iter().any(|code| !passing.contains(code));
        let is_of_the_text = of_the_text.contains(name);
        seen += usize::from(is_of_the_text);
        let definite = definite || is_of_the_text;
        match story.judge() {
            GateVerdict::Trusted(_) => assert!(codes.is_empty(), "{name}"),
            GateVerdict::Refused(refusal) => assert_eq!(refusal.is_definite(), definite, "{name}"),
        }
    }
    assert_eq!(seen, of_the_text.len());
}

#[test]
fn what_is_refused_without_people_is_refused_with_them() {
    for History { name, bend, .. } in ALL.into_iter().flatten() {
        let mut story = Story::common();
        bend(&mut story);
        let Some(early) = story.without_people() else {
            continue;
        };
        let GateVerdict::Refused(refusal) = story.judge() else {
            panic!("{name}");
        };
        assert!(early.is_definite(), "{name}");
        for reason in early.reasons() {
            assert!(refusal.reasons().contains(reason), "{name}: {reason}");
        }
    }
}

#[test]
fn what_does_not_depend_on_people_is_refused_without_asking() {
    for History { name, bend, codes } in ALL.into_iter().flatten() {
        let mut story = Story::common();
        bend(&mut story);
        let early = story.without_people();
        let early: Vec<&str> = early
            .iter()
            .flat_map(|early| early.reasons())
            .map(|reason| reason.code.as_str())
            .filter(|code| ABOUT_NO_PERSON.contains(code))
            .collect();
        let expected: Vec<&str> = codes
            .iter()
            .copied()
            .filter(|code| ABOUT_NO_PERSON.contains(code))
            .collect();
        assert_eq!(early, expected, "{name}");
    }
}

/// Once the blockers are known, only what people's permissions and the App behind a labelling decide is left to ask for.
#[test]
fn what_is_known_refuses_before_anybody_is_looked_up() {
    for History { name, bend, .. } in ALL.into_iter().flatten() {
        let mut story = Story::common();
        bend(&mut story);
        let known = |reason: &&Reason| {
            let is_gap = story.issue.gaps.contains(&reason.detail);
            let code = reason.code.as_str();
            ABOUT_NO_PERSON.contains(&code)
                || ["settling", "blocker-unresolved"].contains(&code)
                || code == "facts-incomplete" && is_gap
        };
        let whole = match story.judge() {
            GateVerdict::Trusted(_) => Vec::new(),
            GateVerdict::Refused(refusal) => refusal.into_reasons(),
        };
        let so_far = story.so_far().map_or_else(Vec::new, Refusal::into_reasons);
        assert_eq!(
            so_far.iter().filter(known).collect::<Vec<_>>(),
            whole.iter().filter(known).collect::<Vec<_>>(),
            "{name}"
        );
        for reason in so_far {
            assert!(whole.contains(&reason), "{name}: {reason}");
        }
    }
}

#[test]
fn reasons_say_what_exactly() {
    let mut story = Story::common();
    story.labeller(tim());
    story.edit(rex(), 1);
    story.issue.title = "a\u{202E}b".to_owned();
    story.blocker("octo-org/widgets#41", BlockerState::Open);
    let GateVerdict::Refused(refusal) = story.judge() else {
        panic!();
    };
    let texts: Vec<String> = refusal.reasons().iter().map(ToString::to_string).collect();
    assert_eq!(
        texts,
        [
            "permission-too-low (tim labelled and has only triage permission)",
            "edited-since (rex edited the body: only read permission)",
            "hidden-text (title: U+202E)",
            "blocked (octo-org/widgets#41 is open)",
        ]
    );
    assert_eq!(refusal.clone().into_reasons(), refusal.reasons());
}

/// No clause is only tested in the shadow of another one.
#[test]
fn every_code_of_the_gate_is_the_only_reason_of_some_history() {
    let alone: BTreeSet<&str> = ALL
        .into_iter()
        .flatten()
        .filter(|history| history.codes.len() == 1)
        .map(|history| history.codes[0])
        .collect();
    let last = ReasonCode::PullRequestOpen;
    let codes = ReasonCode::ALL.iter().take_while(|code| **code != last);
    for code in codes.chain([&last, &ReasonCode::LockLabel]) {
        assert!(alone.contains(code.as_str()), "{code}");
    }
}
