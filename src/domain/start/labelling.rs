//! Which labelling a start would be bound to, and whether it is still to be had.
//!
//! It does not ask who labelled: the trust gate does.

use chrono::{DateTime, Utc};

use super::dispatch_policy::{self, Binding, SlotView};
use super::trust_gate::{newest_event, unseen};
use crate::domain::identity::Authorisation;
use crate::domain::issue::{IssueFacts, LabelChange};
use crate::domain::reason::{Reason, ReasonCode};

/// What the labelling of an issue is held against.
#[derive(Clone, Copy, Debug)]
pub struct Labelling<'a> {
    /// The ready label.
    pub ready: &'a str,
    /// What the bulk read shows, where it shows one.
    pub seen: Option<&'a Authorisation>,
    /// What the slot is bound to, when it exists already.
    pub bound: Option<&'a Binding>,
    /// The repository's slots.
    pub slots: &'a [SlotView],
}

impl Labelling<'_> {
    /// Returns the authorisation that is in force.
    ///
    /// # Errors
    ///
    /// Why there is none, or why it is not for this run.
    pub fn in_force(&self, issue: &IssueFacts) -> Result<Authorisation, Reason> {
        let event = newest_event(issue, self.ready);
        let newest = event.filter(|event| event.change == LabelChange::Added);
        let newest_id = newest.map(|event| &event.id);
        let Some(authorisation) = newest_id.or(self.seen) else {
            let why = "no labelling with the ready label is in force";
            return Err(match event {
                Some(_) => Reason::new(ReasonCode::LabelRemoved, why),
                None => Reason::new(ReasonCode::NoLabelEvent, unseen(issue, self.ready)),
            });
        };
        match self.refused(issue, authorisation, newest.map(|event| event.at)) {
            None => Ok(authorisation.clone()),
            Some(reason) => Err(reason),
        }
    }

    fn refused(
        &self,
        issue: &IssueFacts,
        authorisation: &Authorisation,
        labelled_at: Option<DateTime<Utc>>,
    ) -> Option<Reason> {
        match self.bound {
            Some(binding) if binding.authorisation.is(authorisation) => None,
            Some(_) => Some(Reason::new(
                ReasonCode::LabelRemoved,
                "the label was set anew since the slot was allocated",
            )),
            None => {
                dispatch_policy::already_run(self.slots, issue.number, authorisation, labelled_at)
            }
        }
    }
}
