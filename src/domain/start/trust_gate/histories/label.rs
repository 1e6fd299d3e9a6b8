//! Clause 1: the label.

use super::story::*;
use crate::domain::identity::{RepositoryId, RepositoryKey, Slot};
use crate::domain::reason::{Reason, ReasonCode};
use crate::domain::start::dispatch_policy::{Binding, BoundAuthorisation, SlotState, SlotView};
use crate::domain::start::labelling::Labelling;

/// Clause 1: the label.
pub(super) const HISTORIES: &[History] = &[
    history("a person who may push labels", |_| {}, &[]),
    history(
        "nobody ever labelled",
        |s| s.issue.label_events.clear(),
        &["no-label-event"],
    ),
    history(
        "the label came with an issue form and has no event, other labels have",
        |s| {
            s.issue.label_events[0].label = "bug".to_owned();
        },
        &["no-label-event"],
    ),
    history(
        "the label was taken away",
        |s| {
            s.label("LE_2", LabelChange::Removed, grace(), 5);
            s.issue.labels.pop();
        },
        &["label-removed"],
    ),
    history(
        "the label was taken away in the same second",
        |s| {
            s.label("LE_2", LabelChange::Removed, tim(), 0);
            s.issue.labels.pop();
        },
        &["label-removed"],
    ),
    history(
        "the label was taken away and is still shown by a stale answer",
        |s| {
            s.label("LE_2", LabelChange::Removed, grace(), 5);
        },
        &["label-removed"],
    ),
    history(
        "the event is there, the issue shows no label",
        |s| {
            s.issue.labels.pop();
        },
        &["label-removed"],
    ),
    history(
        "the label was removed and put back by a triage user",
        |s| {
            s.label("LE_2", LabelChange::Removed, tim(), 5);
            s.label("LE_3", LabelChange::Added, tim(), 6);
        },
        &["label-removed"],
    ),
    history(
        "the newest labelling is by a triage user and is the one to judge",
        |s| {
            s.label("LE_2", LabelChange::Removed, tim(), 5);
            s.label("LE_3", LabelChange::Added, tim(), 6);
            s.authorisation = Authorisation::new("LE_3").unwrap();
        },
        &["permission-too-low"],
    ),
    history(
        "the label was removed and put back by the same trusted person",
        |s| {
            s.label("LE_2", LabelChange::Removed, grace(), 5);
            s.label("LE_3", LabelChange::Added, grace(), 6);
        },
        &["label-removed"],
    ),
    history(
        "the new labelling is judged by itself",
        |s| {
            s.label("LE_2", LabelChange::Removed, grace(), 5);
            s.label("LE_3", LabelChange::Added, grace(), 600);
            s.edit(rex(), 3);
            s.authorisation = Authorisation::new("LE_3").unwrap();
        },
        &[],
    ),
    history(
        "the label is shown and was applied in another case",
        |s| {
            s.issue.label_events[0].label = "Ready-For-Agent".to_owned();
            s.issue.labels = vec!["Ready-For-Agent".to_owned()];
        },
        &["no-label-event"],
    ),
    history(
        "the issue shows the label in another case only",
        |s| {
            s.issue.labels = vec!["Ready-For-Agent".to_owned()];
        },
        &["label-removed"],
    ),
    history(
        "the label is a look-alike with a Cyrillic letter",
        |s| {
            s.issue.label_events[0].label = "ready-for-\u{430}gent".to_owned();
            s.issue.labels = vec!["ready-for-\u{430}gent".to_owned()];
        },
        &["no-label-event"],
    ),
    history(
        "a look-alike label is taken away later",
        |s| {
            s.label("LE_2", LabelChange::Removed, rex(), 5);
            s.issue.label_events[1].label = "ready-for-\u{430}gent".to_owned();
        },
        &[],
    ),
    history(
        "the label has white space around it",
        |s| {
            s.issue.label_events[0].label = "ready-for-agent ".to_owned();
        },
        &["no-label-event"],
    ),
];

/// A start is bound to the newest labelling, a slot that exists to its own one, and no labelling has two runs.
/// Whoever reads it must not be told to put on what is on.
#[test]
fn a_label_without_its_event_is_told_as_what_it_is() {
    for (shown, words) in [
        (
            true,
            "the issue shows 'ready-for-agent', and no event says who put it on: it had another name then, or the issue was opened with it",
        ),
        (
            false,
            "no event says that anybody ever put 'ready-for-agent' on",
        ),
    ] {
        let mut story = Story::common();
        story.issue.label_events[0].label = "ready".to_owned();
        if !shown {
            story.issue.labels.clear();
        }
        let GateVerdict::Refused(refusal) = story.judge() else {
            panic!("{shown}");
        };
        let told = Reason::new(ReasonCode::NoLabelEvent, words);
        assert_eq!(refusal.reasons()[0], told);
        let labelling = Labelling {
            ready: "ready-for-agent",
            seen: None,
            bound: None,
            slots: &[],
        };
        assert_eq!(labelling.in_force(&story.issue), Err(told));
    }
}

#[test]
fn the_labelling_in_force_is_the_newest_one_that_had_no_run() {
    let number = IssueNumber(87);
    let event = |id: &str| Authorisation::new(id).unwrap();
    let bound_to = |id| Binding {
        issue: number,
        authorisation: BoundAuthorisation::Event(event(id)),
    };
    let slot = |id, created: Option<i64>| SlotView {
        slot: Slot(1),
        thread: RepositoryKey::new(ForgeKind::GitHub, "github.com", RepositoryId(1))
            .thread(Slot(1)),
        binding: Some(bound_to(id)),
        state: SlotState::Released,
        created_at: created.map(at),
    };
    let taken_away: fn(&mut Story) = |s| s.label("LE_2", LabelChange::Removed, grace(), 5);
    let anew: fn(&mut Story) = |s| {
        s.label("LE_2", LabelChange::Removed, grace(), 5);
        s.label("LE_3", LabelChange::Added, grace(), 6);
    };
    let none: fn(&mut Story) = |s| s.issue.label_events.clear();
    let same: fn(&mut Story) = |_| {};
    for (what, bend, seen, bound, slots, expected) in [
        ("labelled once", same, None, None, vec![], Ok("LE_1")),
        (
            "the bulk read is older",
            anew,
            Some("LE_1"),
            None,
            vec![],
            Ok("LE_3"),
        ),
        (
            "only the bulk read shows it",
            none,
            Some("LE_1"),
            None,
            vec![],
            Ok("LE_1"),
        ),
        (
            "never labelled",
            none,
            None,
            None,
            vec![],
            Err("no-label-event"),
        ),
        (
            "taken away",
            taken_away,
            None,
            None,
            vec![],
            Err("label-removed"),
        ),
        (
            "the slot's own",
            same,
            None,
            Some("LE_1"),
            vec![slot("LE_1", None)],
            Ok("LE_1"),
        ),
        (
            "anew since the slot",
            anew,
            None,
            Some("LE_1"),
            vec![],
            Err("label-removed"),
        ),
        (
            "had its run",
            same,
            None,
            None,
            vec![slot("LE_1", None)],
            Err("already-run"),
        ),
        (
            "older than a slot",
            same,
            None,
            None,
            vec![slot("LE_0", Some(301))],
            Err("already-run"),
        ),
        (
            "anew after a run",
            anew,
            None,
            None,
            vec![slot("LE_1", Some(4))],
            Ok("LE_3"),
        ),
    ] {
        let mut story = Story::common();
        bend(&mut story);
        let (seen, bound) = (seen.map(event), bound.map(bound_to));
        let labelling = Labelling {
            ready: READY,
            seen: seen.as_ref(),
            bound: bound.as_ref(),
            slots: &slots,
        };
        let found = labelling.in_force(&story.issue);
        let found = found.as_ref().map(Authorisation::as_str);
        let expected = expected.map_err(|code: &str| code.to_owned());
        let found = found.map_err(|reason| reason.code.as_str().to_owned());
        assert_eq!(found, expected, "{what}");
    }
}
