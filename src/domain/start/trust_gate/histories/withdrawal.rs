//! Clause 1: what withdrew an issue since the labelling, and what the events know before the issue shows it.

use super::story::*;

const LOCK: &str = "agent-in-progress";
const HUMAN: &str = "ready-for-human";

/// Clause 1, its second half, and the reading rule of clause 4: the worse of all readings counts.
pub(super) const HISTORIES: &[History] = &[
    history(
        "closed and opened again before the labelling",
        |s| {
            s.state(StateChange::Closed, grace(), -20);
            s.state(StateChange::Reopened, rex(), -10);
        },
        &[],
    ),
    history(
        "closed before the labelling and opened again after it",
        |s| {
            s.state(StateChange::Closed, grace(), -20);
            s.state(StateChange::Reopened, grace(), 10);
        },
        &[],
    ),
    history(
        "a maintainer closes it, a triage user opens it again",
        |s| {
            s.state(StateChange::Closed, grace(), 10);
            s.state(StateChange::Reopened, tim(), 20);
        },
        &["voided"],
    ),
    history(
        "a maintainer closes it, the author opens it again",
        |s| {
            s.state(StateChange::Closed, ada(), 10);
            s.state(StateChange::Reopened, rex(), 20);
        },
        &["voided"],
    ),
    history(
        "the labeller closes it and opens it again himself",
        |s| {
            s.state(StateChange::Closed, grace(), 10);
            s.state(StateChange::Reopened, grace(), 11);
        },
        &["voided"],
    ),
    history(
        "the author closes it and opens it again",
        |s| {
            s.state(StateChange::Closed, rex(), 10);
            s.state(StateChange::Reopened, rex(), 11);
        },
        &["voided"],
    ),
    history(
        "a stale bot closes it and a person opens it again",
        |s| {
            s.state(StateChange::Closed, bot("stale"), 10);
            s.state(StateChange::Reopened, grace(), 11);
        },
        &["voided"],
    ),
    history(
        "we closed it and a person opens it again",
        |s| {
            s.state(StateChange::Closed, ourselves(), 10);
            s.state(StateChange::Reopened, rex(), 11);
        },
        &["voided"],
    ),
    history(
        "closed and opened again in the second of the labelling",
        |s| {
            s.state(StateChange::Closed, Actor::Gone, 0);
            s.state(StateChange::Reopened, rex(), 0);
        },
        &["voided"],
    ),
    history(
        "closed and opened again, twice",
        |s| {
            for second in [10, 20] {
                s.state(StateChange::Closed, grace(), second);
                s.state(StateChange::Reopened, tim(), second + 1);
            }
        },
        &["voided"],
    ),
    history(
        "closed and opened again, labelled anew after that",
        |s| {
            s.state(StateChange::Closed, grace(), 10);
            s.state(StateChange::Reopened, tim(), 20);
            s.label("LE_2", LabelChange::Removed, grace(), 29);
            s.label("LE_3", LabelChange::Added, grace(), 30);
            s.authorisation = Authorisation::new("LE_3").unwrap();
        },
        &[],
    ),
    history(
        "closed, opened again and closed",
        |s| {
            s.state(StateChange::Closed, grace(), 10);
            s.state(StateChange::Reopened, rex(), 20);
            s.state(StateChange::Closed, grace(), 30);
            s.issue.state = IssueState::Closed;
        },
        &["not-open"],
    ),
    history(
        "the events say closed, the issue does not yet",
        |s| s.state(StateChange::Closed, grace(), 10),
        &["not-open"],
    ),
    history(
        "the events say closed, and the issue is in a state that nobody knows",
        |s| {
            s.state(StateChange::Closed, grace(), 10);
            s.issue.state = IssueState::Unknown("draft".to_owned());
        },
        &["not-open"],
    ),
    history(
        "the issue says closed, the events say opened again",
        |s| {
            s.state(StateChange::Closed, grace(), 10);
            s.state(StateChange::Reopened, grace(), 20);
            s.issue.state = IssueState::Closed;
        },
        &["not-open"],
    ),
    history(
        "handed back and taken back by a triage user",
        |s| {
            s.other_label(HUMAN, LabelChange::Added, grace(), 10);
            s.other_label(HUMAN, LabelChange::Removed, tim(), 20);
        },
        &["voided"],
    ),
    history(
        "handed back in another case and taken back by the labeller",
        |s| {
            s.other_label("Ready-For-Human", LabelChange::Added, tim(), 10);
            s.other_label("Ready-For-Human", LabelChange::Removed, grace(), 20);
        },
        &["voided"],
    ),
    history(
        "handed back by us and taken back by a person",
        |s| {
            s.other_label(HUMAN, LabelChange::Added, ourselves(), 10);
            s.other_label(HUMAN, LabelChange::Removed, grace(), 20);
        },
        &["voided"],
    ),
    history(
        "handed back before the labelling, and taken back after it",
        |s| {
            s.other_label(HUMAN, LabelChange::Added, grace(), -10);
            s.other_label(HUMAN, LabelChange::Removed, grace(), 1);
        },
        &[],
    ),
    history(
        "the events say handed back, the issue does not show it yet",
        |s| s.other_label(HUMAN, LabelChange::Added, tim(), 10),
        &["handed-back"],
    ),
    history(
        "handed back, taken back and shown by a stale answer",
        |s| {
            s.other_label(HUMAN, LabelChange::Added, grace(), 10);
            s.other_label(HUMAN, LabelChange::Removed, grace(), 20);
            s.issue.labels.push(HUMAN.to_owned());
        },
        &["handed-back"],
    ),
    history(
        "a look-alike of the hand-back label comes and goes",
        |s| {
            s.other_label("ready-for-hum\u{430}n", LabelChange::Added, rex(), 10);
            s.other_label("ready-for-hum\u{430}n", LabelChange::Removed, rex(), 20);
        },
        &[],
    ),
    history(
        "closed, opened again, handed back and taken back",
        |s| {
            s.state(StateChange::Closed, grace(), 10);
            s.state(StateChange::Reopened, tim(), 20);
            s.other_label(HUMAN, LabelChange::Added, grace(), 30);
            s.other_label(HUMAN, LabelChange::Removed, tim(), 40);
        },
        &["voided", "voided"],
    ),
    history(
        "the events say locked, the issue does not show it yet",
        |s| s.other_label(LOCK, LabelChange::Added, ourselves(), 10),
        &["lock-label"],
    ),
    history(
        "the issue shows the lock label, in another case",
        |s| s.issue.labels.push("Agent-In-Progress".to_owned()),
        &["lock-label"],
    ),
    history(
        "locked and unlocked since",
        |s| {
            s.other_label(LOCK, LabelChange::Added, tim(), 10);
            s.other_label(LOCK, LabelChange::Removed, tim(), 20);
        },
        &[],
    ),
    history(
        "locked, and the slot is allocated already",
        |s| {
            s.other_label(LOCK, LabelChange::Added, ourselves(), 10);
            s.issue.labels.push(LOCK.to_owned());
            s.lock_brakes = false;
        },
        &[],
    ),
    history(
        "transferred away and back",
        |s| s.issue.transfers.extend([at(10), at(20)]),
        &["transferred"],
    ),
];

#[test]
fn reasons_say_who_withdrew_it_and_what_to_do() {
    let mut story = Story::common();
    story.state(StateChange::Closed, grace(), 10);
    story.state(StateChange::Reopened, tim(), 20);
    let GateVerdict::Refused(refusal) = story.judge() else {
        panic!();
    };
    assert_eq!(
        refusal.reasons()[0].to_string(),
        "voided (grace closed it after it was labelled; a new label asks anew)"
    );
}
