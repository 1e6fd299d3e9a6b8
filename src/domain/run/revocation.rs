//! Whether people withdrew a run's authorisation, and whether they gave a new one.
//!
//! Works on events that an adapter fetched, of any forge. It needs evidence: an event with an actor. A label or a state that
//! changed without an event (a label deleted from the repository, say) revokes nothing. It does not judge who may withdraw:
//! stopping is always safe, so anybody but us may, and a new label after a withdrawal never gives the old authorisation
//! back. It does not judge a new label either; that is the trust gate's work.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::identity::Authorisation;
use crate::domain::issue::{Actor, LabelChange, LabelEvent, OwnAccount};
use crate::domain::verdict::ci::CommitSha;

/// What closed an issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Closer {
    /// The event's actor, directly.
    Actor,
    /// A commit that reached the default branch; the actor is whoever pushed it.
    Commit(CommitSha),
    /// Something else: a merged pull request, a project's automation.
    Other,
}

/// One change of an issue's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateEvent {
    /// When, to one second.
    pub at: DateTime<Utc>,
    /// Who.
    pub actor: Actor,
    /// What changed.
    pub change: StateChange,
}

/// Closed or reopened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StateChange {
    /// Closed.
    Closed(Closer),
    /// Opened again.
    Reopened,
}

/// What happened to an issue, oldest first. At least everything since the run's first message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IssueEvents {
    /// Changes of labels; others than the ready label are passed over.
    pub labels: Vec<LabelEvent>,
    /// Changes of the state.
    pub states: Vec<StateEvent>,
}

/// What the events are held against.
#[derive(Clone, Copy, Debug)]
pub struct RunBinding<'r> {
    /// `E`, which the run is bound to.
    pub authorisation: &'r Authorisation,
    /// When the run's first message was sent.
    pub started_at: DateTime<Utc>,
    /// The ready label.
    pub ready_label: &'r str,
    /// The account that our token belongs to.
    pub own_account: &'r OwnAccount,
    /// Every commit on the branch that is the run's ([`crate::domain::verdict::attribution::PushedCommit::of_run`]).
    pub commits: &'r [CommitSha],
    /// How long commit lists may lag a push: an issue that a commit closed just now waits for the list.
    pub settle: TimeDelta,
}

/// Whether the authorisation was withdrawn, by whom and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Revocation {
    /// It stands.
    None,
    /// The issue is closed, not by us and not by a commit of the run.
    ClosedByPerson {
        /// By whom.
        actor: Actor,
        /// When.
        at: DateTime<Utc>,
    },
    /// The ready label was taken off since the authorisation, not by us; it may be back.
    ReadyLabelRemoved {
        /// By whom.
        actor: Actor,
        /// When.
        at: DateTime<Utc>,
    },
}

impl Revocation {
    /// Returns whether the authorisation was withdrawn.
    #[must_use]
    pub const fn is_revoked(&self) -> bool {
        match self {
            Self::None => false,
            Self::ClosedByPerson { .. } | Self::ReadyLabelRemoved { .. } => true,
        }
    }

    /// Returns what happened as a clause for people, without a full stop.
    #[must_use]
    pub fn in_words(&self) -> Option<String> {
        match self {
            Self::None => None,
            Self::ClosedByPerson { actor, .. } => {
                Some(format!("{} closed the issue", actor.name()))
            }
            Self::ReadyLabelRemoved { actor, .. } => {
                Some(format!("{} removed the ready label", actor.name()))
            }
        }
    }
}

/// Where the ready label stands, by its newest event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadyLabel {
    /// It still stems from the run's authorisation.
    FromRun,
    /// It is off.
    Off,
    /// It was put on again since: this newer authorisation re-armed the issue.
    Rearmed(Authorisation),
}

/// Who closed an issue that is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClosedBy {
    /// A commit of the run, at push time: the issue is reopened when the run is handed back.
    Run,
    /// Our own account.
    Us,
    /// Anybody else.
    Person,
    /// A commit that no list shows yet.
    UnseenCommit,
}

/// What the events say about a run's authorisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Whether it was withdrawn.
    pub revocation: Revocation,
    /// Where the ready label stands.
    pub ready_label: ReadyLabel,
    /// Who closed the issue; `None` when no event says that it is closed.
    pub closed: Option<ClosedBy>,
}

impl Standing {
    /// Returns the authorisation that re-armed the issue, if there is one.
    #[must_use]
    pub const fn rearmed_by(&self) -> Option<&Authorisation> {
        match &self.ready_label {
            ReadyLabel::Rearmed(newer) => Some(newer),
            ReadyLabel::FromRun | ReadyLabel::Off => None,
        }
    }
}

impl IssueEvents {
    /// Returns what the events say about the run that `run` describes.
    #[must_use]
    pub fn standing(&self, run: &RunBinding<'_>, now: DateTime<Utc>) -> Standing {
        let removal = self
            .removal(run)
            .map(|event| Revocation::ReadyLabelRemoved {
                actor: event.actor.clone(),
                at: event.at,
            });
        let closing = self.closing(run, now);
        let closed_by_person = closing.and_then(|(event, closed_by)| match closed_by {
            ClosedBy::Person => Some(Revocation::ClosedByPerson {
                actor: event.actor.clone(),
                at: event.at,
            }),
            ClosedBy::Run | ClosedBy::Us | ClosedBy::UnseenCommit => None,
        });
        Standing {
            revocation: closed_by_person.or(removal).unwrap_or(Revocation::None),
            ready_label: self.ready_label(run),
            closed: closing.map(|(_, closed_by)| closed_by),
        }
    }

    /// Returns the newest removal of the ready label since the authorisation by anybody but us. It is a brake, so that
    /// the case of the name does not matter.
    fn removal(&self, run: &RunBinding<'_>) -> Option<&LabelEvent> {
        let bound = self
            .labels
            .iter()
            .position(|event| event.id == *run.authorisation);
        let since = match bound {
            Some(index) => &self.labels[index + 1..],
            // The list does not reach back to it: what came after the run's start came after it.
            None => {
                let start = self
                    .labels
                    .iter()
                    .position(|event| event.at >= run.started_at);
                &self.labels[start.unwrap_or(self.labels.len())..]
            }
        };
        since.iter().rev().find(|event| {
            event.change == LabelChange::Removed
                && event.label.eq_ignore_ascii_case(run.ready_label)
                && !is_us(&event.actor, run.own_account)
        })
    }

    fn ready_label(&self, run: &RunBinding<'_>) -> ReadyLabel {
        let newest = self.labels.iter().rev().find(|event| match event.change {
            LabelChange::Added => event.label == run.ready_label,
            LabelChange::Removed => event.label.eq_ignore_ascii_case(run.ready_label),
        });
        match newest {
            None => ReadyLabel::FromRun,
            Some(event) => match event.change {
                LabelChange::Removed => ReadyLabel::Off,
                LabelChange::Added if event.id == *run.authorisation => ReadyLabel::FromRun,
                LabelChange::Added => ReadyLabel::Rearmed(event.id.clone()),
            },
        }
    }

    /// Returns the event that closed the issue, and who it was; `None` when it was reopened since, or never closed.
    fn closing(&self, run: &RunBinding<'_>, now: DateTime<Utc>) -> Option<(&StateEvent, ClosedBy)> {
        let newest = self.states.last()?;
        let closer = match &newest.change {
            StateChange::Reopened => return None,
            StateChange::Closed(closer) => closer,
        };
        let closed_by = match closer {
            Closer::Commit(sha) if run.commits.contains(sha) => ClosedBy::Run,
            // The lists of events and of commits are read at different times.
            Closer::Commit(_) if now - newest.at < run.settle => ClosedBy::UnseenCommit,
            Closer::Actor | Closer::Other | Closer::Commit(_) => {
                if is_us(&newest.actor, run.own_account) {
                    ClosedBy::Us
                } else {
                    ClosedBy::Person
                }
            }
        };
        Some((newest, closed_by))
    }
}

/// Whether it is our own account: by id where both are known, because logins can be taken over.
fn is_us(actor: &Actor, own: &OwnAccount) -> bool {
    let (name, id, own_name) = match actor {
        Actor::User { login, id } => (login, id, own.login.as_str()),
        Actor::Bot { slug, id } => (
            slug,
            id,
            own.login.strip_suffix("[bot]").unwrap_or(&own.login),
        ),
        Actor::Other { .. } | Actor::Gone => return false,
    };
    match (id, own.id) {
        (Some(id), Some(own_id)) => *id == own_id,
        (None, _) | (_, None) => name.eq_ignore_ascii_case(own_name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::issue::ViaApp;

    const READY: &str = "ready-for-agent";

    /// `seconds` after the run's start.
    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_772_366_400 + seconds, 0).unwrap()
    }

    fn sha(letter: char) -> CommitSha {
        CommitSha::parse(&letter.to_string().repeat(40)).unwrap()
    }

    fn event_id(id: &str) -> Authorisation {
        Authorisation::new(id).unwrap()
    }

    fn person() -> Actor {
        Actor::User {
            login: "octocat".to_owned(),
            id: Some(1),
        }
    }

    fn us() -> Actor {
        Actor::Bot {
            slug: "afk-app".to_owned(),
            id: Some(9),
        }
    }

    fn stranger_bot() -> Actor {
        Actor::Bot {
            slug: "stale".to_owned(),
            id: Some(5),
        }
    }

    fn label(seconds: i64, id: &str, change: LabelChange, name: &str, actor: Actor) -> LabelEvent {
        LabelEvent {
            id: event_id(id),
            at: at(seconds),
            change,
            label: name.to_owned(),
            actor,
            via_app: ViaApp::No,
        }
    }

    fn added(seconds: i64, id: &str) -> LabelEvent {
        label(seconds, id, LabelChange::Added, READY, person())
    }

    fn removed(seconds: i64, actor: Actor) -> LabelEvent {
        label(seconds, "removal", LabelChange::Removed, READY, actor)
    }

    fn closed(seconds: i64, actor: Actor, closer: Closer) -> StateEvent {
        StateEvent {
            at: at(seconds),
            actor,
            change: StateChange::Closed(closer),
        }
    }

    fn reopened(seconds: i64) -> StateEvent {
        StateEvent {
            at: at(seconds),
            actor: person(),
            change: StateChange::Reopened,
        }
    }

    const NOW: i64 = 1_000;

    fn standing(labels: Vec<LabelEvent>, states: Vec<StateEvent>) -> Standing {
        let own_account = OwnAccount {
            login: "afk-app[bot]".to_owned(),
            id: Some(9),
        };
        let run = RunBinding {
            authorisation: &event_id("E"),
            started_at: at(0),
            ready_label: READY,
            own_account: &own_account,
            commits: &[sha('a')],
            settle: TimeDelta::seconds(120),
        };
        IssueEvents { labels, states }.standing(&run, at(NOW))
    }

    fn by_label(labels: Vec<LabelEvent>) -> Standing {
        standing(labels, Vec::new())
    }

    fn by_state(states: Vec<StateEvent>) -> Standing {
        standing(vec![added(-60, "E")], states)
    }

    #[test]
    fn an_untouched_issue_stands() {
        let untouched = Standing {
            revocation: Revocation::None,
            ready_label: ReadyLabel::FromRun,
            closed: None,
        };
        assert_eq!(by_label(vec![added(-60, "E")]), untouched);
        assert_eq!(by_label(Vec::new()), untouched);
        assert!(!untouched.revocation.is_revoked() && untouched.revocation.in_words().is_none());
    }

    #[test]
    fn anybody_but_us_may_take_the_ready_label_off() {
        for (actor, revoked) in [
            (person(), true),
            (stranger_bot(), true),
            (Actor::Gone, true),
            (us(), false),
        ] {
            let standing = by_label(vec![added(-60, "E"), removed(100, actor.clone())]);
            let expected = if revoked {
                let at = at(100);
                Revocation::ReadyLabelRemoved { actor, at }
            } else {
                Revocation::None
            };
            assert_eq!(standing.revocation, expected);
            assert_eq!(standing.ready_label, ReadyLabel::Off);
        }
    }

    #[test]
    fn a_new_label_rearms_the_issue_and_does_not_bring_the_old_authorisation_back() {
        let standing = by_label(vec![
            added(-60, "E"),
            removed(100, person()),
            added(200, "E2"),
        ]);
        assert!(standing.revocation.is_revoked());
        assert_eq!(standing.rearmed_by(), Some(&event_id("E2")));

        let removed_by_us = by_label(vec![added(-60, "E"), removed(100, us()), added(200, "E2")]);
        assert!(!removed_by_us.revocation.is_revoked());
        assert_eq!(removed_by_us.rearmed_by(), Some(&event_id("E2")));
    }

    #[test]
    fn removals_before_the_authorisation_do_not_count() {
        let before = vec![added(-90, "E0"), removed(-80, person()), added(-60, "E")];
        assert_eq!(by_label(before).revocation, Revocation::None);
        // At one second, the order of the list decides.
        let at_once = vec![removed(-60, person()), added(-60, "E")];
        assert_eq!(by_label(at_once).revocation, Revocation::None);
        let at_once = vec![added(-60, "E"), removed(-60, person())];
        assert!(by_label(at_once).revocation.is_revoked());
    }

    #[test]
    fn a_list_that_does_not_reach_back_counts_from_the_runs_start() {
        let before = by_label(vec![removed(-1, person()), added(-1, "other")]);
        assert_eq!(before.revocation, Revocation::None);
        assert!(by_label(vec![removed(0, person())]).revocation.is_revoked());
    }

    #[test]
    fn only_the_ready_label_matters_and_its_removal_counts_in_any_case() {
        let change = |change, name| label(100, "x", change, name, person());
        let other = by_label(vec![
            added(-60, "E"),
            change(LabelChange::Removed, "bug"),
            change(LabelChange::Added, "Ready-For-Agent"),
        ]);
        assert_eq!(other.revocation, Revocation::None);
        assert_eq!(other.ready_label, ReadyLabel::FromRun);
        let renamed = by_label(vec![
            added(-60, "E"),
            change(LabelChange::Removed, "Ready-For-Agent"),
        ]);
        assert!(renamed.revocation.is_revoked());
    }

    #[test]
    fn every_way_to_be_closed_is_told_apart() {
        let rows = [
            (person(), Closer::Actor, ClosedBy::Person),
            (person(), Closer::Other, ClosedBy::Person),
            (stranger_bot(), Closer::Actor, ClosedBy::Person),
            (Actor::Gone, Closer::Actor, ClosedBy::Person),
            (person(), Closer::Commit(sha('b')), ClosedBy::Person),
            (person(), Closer::Commit(sha('a')), ClosedBy::Run),
            (us(), Closer::Commit(sha('a')), ClosedBy::Run),
            (us(), Closer::Commit(sha('b')), ClosedBy::Us),
            (us(), Closer::Actor, ClosedBy::Us),
            (us(), Closer::Other, ClosedBy::Us),
        ];
        for (actor, closer, closed_by) in rows {
            let standing = by_state(vec![closed(100, actor.clone(), closer.clone())]);
            assert_eq!(standing.closed, Some(closed_by), "{actor:?} {closer:?}");
            let expected = if closed_by == ClosedBy::Person {
                let at = at(100);
                Revocation::ClosedByPerson { actor, at }
            } else {
                Revocation::None
            };
            assert_eq!(standing.revocation, expected, "{closer:?}");
        }
    }

    #[test]
    fn a_commit_that_closed_the_issue_may_still_turn_out_to_be_the_runs() {
        for (age, closed_by) in [
            (0, ClosedBy::UnseenCommit),
            (119, ClosedBy::UnseenCommit),
            (120, ClosedBy::Person),
            (121, ClosedBy::Person),
        ] {
            let closing = closed(NOW - age, person(), Closer::Commit(sha('b')));
            assert_eq!(by_state(vec![closing]).closed, Some(closed_by), "{age}");
        }
    }

    #[test]
    fn closed_and_reopened_is_open() {
        let person_closed = |seconds| closed(seconds, person(), Closer::Actor);
        let open = by_state(vec![person_closed(100), reopened(200)]);
        assert_eq!((open.revocation, open.closed), (Revocation::None, None));
        let again = by_state(vec![person_closed(100), reopened(200), person_closed(300)]);
        assert!(again.revocation.is_revoked());
        let by_run_first = by_state(vec![
            closed(100, person(), Closer::Commit(sha('a'))),
            reopened(200),
            person_closed(300),
        ]);
        assert_eq!(by_run_first.closed, Some(ClosedBy::Person));
    }

    #[test]
    fn a_person_with_the_name_of_our_app_is_not_us() {
        let namesake = |id| Actor::User {
            login: "afk-app".to_owned(),
            id,
        };
        for id in [None, Some(1)] {
            let standing = by_label(vec![added(-60, "E"), removed(100, namesake(id))]);
            assert!(standing.revocation.is_revoked(), "{id:?}");
        }
        let unnumbered = Actor::Bot {
            slug: "AFK-App".to_owned(),
            id: None,
        };
        let standing = by_label(vec![added(-60, "E"), removed(100, unnumbered)]);
        assert!(!standing.revocation.is_revoked());
    }

    #[test]
    fn people_read_who_did_what() {
        let both = standing(
            vec![added(-60, "E"), removed(100, person())],
            vec![closed(200, stranger_bot(), Closer::Actor)],
        );
        assert_eq!(
            both.revocation.in_words().as_deref(),
            Some("stale closed the issue")
        );
        let removed = by_label(vec![added(-60, "E"), removed(100, Actor::Gone)]);
        assert_eq!(
            removed.revocation.in_words().as_deref(),
            Some("a deleted account removed the ready label")
        );
    }
}
