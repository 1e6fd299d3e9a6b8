//! Clause 1: the label.

use super::story::*;

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
