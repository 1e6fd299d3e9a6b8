//! Whether people withdrew a run's authorisation, and whether they gave a new one.
//!
//! Works on events that an adapter fetched, of any forge. It needs evidence: an event with an actor. A label or a state that
//! changed without an event (a label deleted from the repository, say) revokes nothing. It does not ask what a person may:
//! stopping is always safe. Bots and workflows withdraw nothing, nor do we, and a new label after a withdrawal never gives the old authorisation
//! back. It does not judge a new label either; that is the trust gate's work.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

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
    /// A merged pull request, with the commit that merged it, where the forge tells. It is the run's when that is a commit of the
    /// run, or brought one to the branch; without it, when a commit of the run is there at all.
    Merge(Option<CommitSha>),
    /// Something else: a project's automation.
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
#[derive(Clone, Debug)]
pub struct RunBinding<'r> {
    /// `E`, which the run is bound to.
    pub authorisation: &'r Authorisation,
    /// When the run's first message was sent.
    pub started_at: DateTime<Utc>,
    /// The ready label.
    pub ready_label: &'r str,
    /// The account that our token belongs to.
    pub own_account: &'r OwnAccount,
    /// Accounts that agents use, in lower case: they withdraw nothing.
    pub agents: &'r BTreeSet<String>,
    /// Slugs of Apps whose labels count, in lower case. Other bots put no label on that asks for a run.
    pub apps: &'r BTreeSet<String>,
    /// Every commit on the branch that is the run's ([`crate::domain::verdict::attribution::PushedCommit::of_run`]).
    pub commits: &'r [CommitSha],
    /// Merges of pull requests that brought them to the branch.
    pub merges: Vec<&'r CommitSha>,
    /// How long commit lists may lag a push: an issue that a commit closed just now waits for the list.
    pub settle: TimeDelta,
}

impl RunBinding<'_> {
    /// Whether what closed the issue is the run's own work: a commit of it, or the merge that brought one.
    fn is_closed_by_its_work(&self, closer: &Closer) -> bool {
        match closer {
            Closer::Commit(sha) => self.commits.contains(sha),
            Closer::Merge(Some(sha)) => self.commits.contains(sha) || self.merges.contains(&sha),
            Closer::Merge(None) => !self.commits.is_empty(),
            Closer::Actor | Closer::Other => false,
        }
    }

    fn is_person(&self, actor: &Actor) -> bool {
        actor.is_person(self.own_account, self.agents)
    }

    /// Whether a ready label that this actor puts on may ask for another run. Of an actor that is not known it may.
    fn may_ask(&self, actor: &Actor) -> bool {
        match actor {
            Actor::User { .. } => self.is_person(actor),
            Actor::Bot { slug, .. } => {
                let slug = slug.to_ascii_lowercase();
                !self.own_account.is(actor) && self.apps.contains(slug.trim_end_matches("[bot]"))
            }
            Actor::Other { .. } | Actor::Gone => true,
        }
    }
}

/// Whether the authorisation was withdrawn, by whom and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
    /// The issue is not there any more.
    IssueGone(Gone),
}

/// How an issue went away, as far as the forge tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gone {
    /// Deleted, or made a discussion: forges answer both alike.
    Deleted,
    /// Moved to another repository.
    Transferred,
}

impl Gone {
    /// Returns what happened as a clause for people, without a full stop.
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Deleted => "the issue was deleted or made a discussion",
            Self::Transferred => "the issue was transferred to another repository",
        }
    }
}

impl Revocation {
    /// Returns whether the authorisation was withdrawn.
    #[must_use]
    pub const fn is_revoked(&self) -> bool {
        match self {
            Self::None => false,
            Self::ClosedByPerson { .. } | Self::ReadyLabelRemoved { .. } | Self::IssueGone(_) => {
                true
            }
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
            Self::IssueGone(gone) => Some(gone.in_words().to_owned()),
        }
    }

    /// Returns whether the bell of a run that landed is not rung: a person withdrew it before it was green and expects
    /// nothing. Who closes what is green already, or moves it away, is told all the same.
    #[must_use]
    pub fn silences(&self, green_since: Option<DateTime<Utc>>) -> bool {
        match self {
            Self::None | Self::IssueGone(_) => false,
            Self::ClosedByPerson { at, .. } | Self::ReadyLabelRemoved { at, .. } => {
                green_since.is_none_or(|green_since| *at < green_since)
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
    /// A person. Bots and workflows decide nothing, nor does an account that nobody can see: those are [`ClosedBy::Other`].
    Person,
    /// A bot, a workflow, an agent's account, or nobody that the forge names.
    Other,
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
    /// Whether a person withdrew the run at some time since its start, even if that was undone: what bears out an end that was
    /// recorded meanwhile.
    pub withdrawn_once: bool,
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
            ClosedBy::Run | ClosedBy::Us | ClosedBy::Other | ClosedBy::UnseenCommit => None,
        });
        let revocation = closed_by_person.or(removal).unwrap_or(Revocation::None);
        // Whoever closes between the last look at the issue and the start withdraws it, too.
        let asked_at = self.asked_at(run);
        let closed_once = self.states.iter().any(|event| {
            let closed = match &event.change {
                StateChange::Closed(closer) => !run.is_closed_by_its_work(closer),
                StateChange::Reopened => false,
            };
            let is_later = event.at >= run.started_at || asked_at.is_some_and(|at| event.at > at);
            closed && is_later && run.is_person(&event.actor)
        });
        Standing {
            withdrawn_once: closed_once || revocation.is_revoked(),
            revocation,
            ready_label: self.ready_label(run),
            closed: closing.map(|(_, closed_by)| closed_by),
        }
    }

    /// Returns when the label was put on that the run is bound to, where the list reaches back to it.
    fn asked_at(&self, run: &RunBinding<'_>) -> Option<DateTime<Utc>> {
        let asked = self
            .labels
            .iter()
            .find(|event| event.id == *run.authorisation);
        asked.map(|event| event.at)
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
                && run.is_person(&event.actor)
        })
    }

    /// Returns where the ready label stands. What a bot puts on that may ask for nothing is the label as it was before: label
    /// syncs take labels off and put them on.
    fn ready_label(&self, run: &RunBinding<'_>) -> ReadyLabel {
        let (mut shown, mut is_off) = (ReadyLabel::FromRun, false);
        for event in &self.labels {
            match event.change {
                LabelChange::Removed if event.label.eq_ignore_ascii_case(run.ready_label) => {
                    is_off = true;
                }
                LabelChange::Added if event.label == run.ready_label => {
                    is_off = false;
                    if event.id == *run.authorisation {
                        shown = ReadyLabel::FromRun;
                    } else if run.may_ask(&event.actor) {
                        shown = ReadyLabel::Rearmed(event.id.clone());
                    }
                }
                LabelChange::Removed | LabelChange::Added => {}
            }
        }
        if is_off { ReadyLabel::Off } else { shown }
    }

    /// Returns the event that closed the issue, and who it was; `None` when it was reopened since, or never closed.
    fn closing(&self, run: &RunBinding<'_>, now: DateTime<Utc>) -> Option<(&StateEvent, ClosedBy)> {
        let newest = self.states.last()?;
        let closer = match &newest.change {
            StateChange::Reopened => return None,
            StateChange::Closed(closer) => closer,
        };
        let closed_by = match closer {
            closer if run.is_closed_by_its_work(closer) => ClosedBy::Run,
            // The lists of events and of commits are read at different times.
            Closer::Commit(_) | Closer::Merge(_) if now - newest.at < run.settle => {
                ClosedBy::UnseenCommit
            }
            Closer::Actor | Closer::Other | Closer::Commit(_) | Closer::Merge(_) => {
                if run.own_account.is(&newest.actor) {
                    ClosedBy::Us
                } else if run.is_person(&newest.actor) {
                    ClosedBy::Person
                } else {
                    ClosedBy::Other
                }
            }
        };
        Some((newest, closed_by))
    }
}

#[cfg(test)]
mod tests;
