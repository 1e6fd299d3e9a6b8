//! Clauses 1 and 4: the same acts in another order, several within one second, and some done twice.
//!
//! Forges tell times to the second. Label events are listed in their order; a label and a closing of one second have none.

use super::story::*;

const LOCK: &str = "agent-in-progress";
const HUMAN: &str = "ready-for-human";

fn asked_anew(s: &mut Story, remover: Actor, labeller: Actor, seconds: i64) {
    s.label("LE_2", LabelChange::Removed, remover, seconds);
    s.label("LE_3", LabelChange::Added, labeller, seconds);
    s.authorisation = Authorisation::new("LE_3").unwrap();
}

/// Orders of events.
pub(super) const HISTORIES: &[History] = &[
    history(
        "taken off and put on again within the second of the labelling",
        |s| asked_anew(s, grace(), grace(), 0),
        &[],
    ),
    history(
        "taken off and put on again within the second, and the slot is bound to the one before",
        |s| {
            asked_anew(s, grace(), grace(), 0);
            s.authorisation = Authorisation::new("LE_1").unwrap();
        },
        &["label-removed"],
    ),
    history(
        "put on, off and on by a triage user, all within one second",
        |s| asked_anew(s, tim(), tim(), 0),
        &["permission-too-low"],
    ),
    history(
        "taken off by a triage user, put on again by a colleague",
        |s| asked_anew(s, tim(), ada(), 60),
        &[],
    ),
    history(
        "taken off by us, put on again by a colleague",
        |s| asked_anew(s, ourselves(), ada(), 60),
        &[],
    ),
    history(
        "taken off and put on again by a workflow",
        |s| asked_anew(s, bot("github-actions"), bot("github-actions"), 60),
        &["label-by-app"],
    ),
    history(
        "taken off and put on again by an account that agents use",
        |s| asked_anew(s, robo(), robo(), 60),
        &["label-by-agent"],
    ),
    history(
        "taken off by a colleague and put on again by somebody whose account is gone",
        |s| asked_anew(s, ada(), Actor::Gone, 60),
        &["label-actor-unknown"],
    ),
    history(
        "put on twice without being taken off, the second time by a triage user",
        |s| {
            s.label("LE_2", LabelChange::Added, tim(), 1);
            s.authorisation = Authorisation::new("LE_2").unwrap();
        },
        &["permission-too-low"],
    ),
    history(
        "put on twice without being taken off, and the slot is bound to the first",
        |s| s.label("LE_2", LabelChange::Added, grace(), 1),
        &["label-removed"],
    ),
    history(
        "taken off twice, and shown by a stale answer",
        |s| {
            s.label("LE_2", LabelChange::Removed, grace(), 5);
            s.label("LE_3", LabelChange::Removed, tim(), 5);
        },
        &["label-removed"],
    ),
    history(
        "the label's name was given another case in the repository, and the old one is taken off",
        |s| {
            s.other_label("Ready-For-Agent", LabelChange::Removed, tim(), 5);
            s.issue.labels = vec!["Ready-For-Agent".to_owned()];
        },
        &["label-removed"],
    ),
    history(
        "a label of that name in another case comes and goes beside it",
        |s| {
            s.other_label("READY-FOR-AGENT", LabelChange::Added, rex(), 5);
            s.other_label("READY-FOR-AGENT", LabelChange::Removed, rex(), 6);
        },
        &[],
    ),
    history(
        "another label was given this name in the repository: nobody put this one on",
        |s| {
            s.issue.label_events[0].label = "bug".to_owned();
            s.issue.labels = vec![READY.to_owned()];
        },
        &["no-label-event"],
    ),
    history(
        "the label was taken out of the repository and made anew: nobody put that one on",
        |s| s.issue.labels = vec!["bug".to_owned()],
        &["label-removed"],
    ),
    history(
        "opened again and closed within one second",
        |s| {
            s.state(StateChange::Reopened, rex(), 10);
            s.state(StateChange::Closed, grace(), 10);
        },
        &["not-open"],
    ),
    history(
        "closed events that are listed newest first",
        |s| {
            s.state(StateChange::Reopened, tim(), 20);
            s.state(StateChange::Closed, grace(), 10);
        },
        &["voided"],
    ),
    history(
        "opened again twice, and closed only before the labelling",
        |s| {
            s.state(StateChange::Closed, grace(), -10);
            s.state(StateChange::Reopened, rex(), 10);
            s.state(StateChange::Reopened, tim(), 11);
        },
        &[],
    ),
    history(
        "closed in the second before the labelling",
        |s| {
            s.state(StateChange::Closed, grace(), -1);
            s.state(StateChange::Reopened, rex(), 0);
        },
        &[],
    ),
    history(
        "closed after the first labelling, opened and labelled anew by a triage user",
        |s| {
            s.state(StateChange::Closed, grace(), 10);
            s.state(StateChange::Reopened, tim(), 20);
            asked_anew(s, tim(), tim(), 30);
        },
        &["permission-too-low"],
    ),
    history(
        "labelled anew, then closed and opened again",
        |s| {
            asked_anew(s, grace(), grace(), 30);
            s.state(StateChange::Closed, bot("stale"), 40);
            s.state(StateChange::Reopened, grace(), 41);
        },
        &["voided"],
    ),
    history(
        "handed back, taken back and handed back again",
        |s| {
            s.other_label(HUMAN, LabelChange::Added, grace(), 10);
            s.other_label(HUMAN, LabelChange::Removed, tim(), 20);
            s.other_label(HUMAN, LabelChange::Added, grace(), 30);
        },
        &["handed-back"],
    ),
    history(
        "handed back and taken back within the second of the labelling",
        |s| {
            s.other_label(HUMAN, LabelChange::Added, ada(), 0);
            s.other_label(HUMAN, LabelChange::Removed, tim(), 0);
        },
        &["voided"],
    ),
    history(
        "taken back in the second of the labelling: one command swaps the two labels",
        |s| {
            s.other_label(HUMAN, LabelChange::Added, ourselves(), -900);
            s.other_label(HUMAN, LabelChange::Removed, grace(), 0);
        },
        &[],
    ),
    history(
        "handed back before the labelling and still shown",
        |s| {
            s.other_label(HUMAN, LabelChange::Added, ourselves(), -900);
            s.issue.labels.push(HUMAN.to_owned());
        },
        &["handed-back"],
    ),
    history(
        "handed back and taken back, labelled anew after that",
        |s| {
            s.other_label(HUMAN, LabelChange::Added, grace(), 10);
            s.other_label(HUMAN, LabelChange::Removed, grace(), 20);
            asked_anew(s, grace(), grace(), 30);
        },
        &[],
    ),
    history(
        "handed back by a stranger's App, and taken back",
        |s| {
            s.other_label(HUMAN, LabelChange::Added, bot("some-app"), 10);
            s.other_label(HUMAN, LabelChange::Removed, bot("some-app"), 11);
        },
        &["voided"],
    ),
    history(
        "locked before the labelling and unlocked after it",
        |s| {
            s.other_label(LOCK, LabelChange::Added, ourselves(), -900);
            s.other_label(LOCK, LabelChange::Removed, tim(), 5);
        },
        &[],
    ),
    history(
        "locked, unlocked and locked again, and the issue does not show it yet",
        |s| {
            s.other_label(LOCK, LabelChange::Added, ourselves(), 10);
            s.other_label(LOCK, LabelChange::Removed, ourselves(), 20);
            s.other_label("Agent-in-Progress", LabelChange::Added, tim(), 30);
        },
        &["lock-label"],
    ),
    history(
        "the events of an allocated slot say locked",
        |s| {
            s.other_label(LOCK, LabelChange::Added, ourselves(), 10);
            s.lock_brakes = false;
        },
        &[],
    ),
    history(
        "transferred twice, long before the labelling",
        |s| s.issue.transfers.extend([at(-900), at(-600)]),
        &[],
    ),
    history(
        "transferred away, closed there, opened again and transferred back",
        |s| {
            s.issue.transfers.extend([at(10), at(40)]);
            s.state(StateChange::Closed, grace(), 20);
            s.state(StateChange::Reopened, rex(), 30);
        },
        &["voided", "transferred"],
    ),
    history(
        "transferred here and labelled anew",
        |s| {
            s.issue.transfers.push(at(10));
            asked_anew(s, grace(), grace(), 30);
        },
        &[],
    ),
];
