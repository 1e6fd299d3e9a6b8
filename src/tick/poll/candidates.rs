//! What is known of candidates, for the rest of the tick: nothing is asked twice.
//!
//! Decides nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::enrolment::Enrolled;
use super::gate_look_ups::{Cleared, Examined};
use super::glance::{Glanced, Glimpse};
use super::line::{Ahead, Key};
use super::why::Refused;
use crate::domain::identity::{RepositoryKey, Slot};
use crate::domain::repository::IssueNumber;
use crate::domain::start::dispatch_policy::Opening;
use crate::domain::start::rotation::Rotation;
use crate::service_error::ServiceError;

/// What is known of one candidate.
pub(super) enum Known {
    /// Nothing that its issue tells refuses it.
    Open(Glimpse),
    /// The gate lets it pass.
    Trusted(Box<Cleared>),
    /// It is refused.
    Refused(Refused),
    /// It could not be read.
    Failed(ServiceError),
}

impl From<Glanced> for Known {
    fn from(glanced: Glanced) -> Self {
        match glanced {
            Glanced::Open(glimpse) => Self::Open(glimpse),
            Glanced::Refused(refused) => Self::Refused(refused),
            Glanced::Failed(error) => Self::Failed(error),
        }
    }
}

impl From<Examined> for Known {
    fn from(examined: Examined) -> Self {
        match examined {
            Examined::Trusted(cleared) => Self::Trusted(cleared),
            Examined::Refused(refused) => Self::Refused(refused),
            Examined::Failed(error) => Self::Failed(error),
        }
    }
}

/// What is known of all candidates.
pub(super) struct Candidates {
    known: BTreeMap<Key, Known>,
    /// The bytes of the texts that are held of those that nothing refuses so far.
    text_bytes: usize,
    pub(super) rotation: Rotation,
    pub(super) ahead: Ahead,
    /// How many are read at once, at most: fewer where their texts are long.
    pub(super) width: usize,
    /// Whether one was refused: more may be, so that many are looked at at once from then on.
    pub(super) some_refused: bool,
    /// Whether what was used is kept: the repositories may be gone through again.
    pub(super) keeps: bool,
}

impl Candidates {
    pub(super) fn new(rotation: Rotation) -> Self {
        Self {
            known: BTreeMap::new(),
            text_bytes: 0,
            rotation,
            ahead: Ahead::default(),
            width: usize::MAX,
            some_refused: false,
            keeps: false,
        }
    }

    pub(super) fn knows(&self, key: Key) -> bool {
        self.known.contains_key(&key)
    }

    pub(super) fn is_open(&self, key: Key) -> bool {
        matches!(self.known.get(&key), Some(Known::Open(_)))
    }

    pub(super) fn is_trusted(&self, key: Key) -> bool {
        matches!(self.known.get(&key), Some(Known::Trusted(_)))
    }

    /// The bytes of the texts that are held.
    pub(super) const fn text_bytes(&self) -> usize {
        self.text_bytes
    }

    pub(super) fn put(&mut self, key: Key, known: Known) {
        self.text_bytes += text_bytes(&known);
        if let Some(old) = self.known.insert(key, known) {
            self.text_bytes -= text_bytes(&old);
        }
    }

    /// Takes what is known of a candidate, to decide about it. What may be needed again stays.
    pub(super) fn take(&mut self, key: Key) -> Option<Known> {
        let known = self.known.remove(&key)?;
        self.text_bytes -= text_bytes(&known);
        if self.keeps {
            match &known {
                Known::Refused(refused) => self.put(key, Known::Refused(refused.clone())),
                Known::Failed(error) => self.put(key, Known::Failed(error.clone())),
                Known::Open(_) | Known::Trusted(_) => {}
            }
        }
        Some(known)
    }

    /// What of this still holds after T3 told more: nothing of a repository in which something else may happen now, and nothing
    /// of an issue that had a run that was not known. `all` is how repositories stand now.
    pub(super) fn seen_again(self, before: &[Standing], all: &[Enrolled]) -> Self {
        let now: BTreeMap<&RepositoryKey, (usize, &Enrolled)> = all
            .iter()
            .enumerate()
            .map(|(index, enrolled)| (&enrolled.survey.repository.key, (index, enrolled)))
            .collect();
        let mut again = Self {
            some_refused: self.some_refused,
            width: self.width,
            ..Self::new(self.rotation)
        };
        for ((index, number), known) in self.known {
            let stood = &before[index];
            let Some((index, enrolled)) = now.get(&stood.key) else {
                continue;
            };
            let had_run = runs_of(enrolled, number).any(|slot| !stood.slots.contains(&slot));
            if !had_run && is_same(&stood.opening, &enrolled.opening) {
                again.put((*index, number), known);
            }
        }
        again
    }
}

/// How a repository stood when its candidates were looked at.
pub(super) struct Standing {
    key: RepositoryKey,
    opening: Opening,
    slots: BTreeSet<Slot>,
}

impl Standing {
    pub(super) fn of(enrolled: &Enrolled) -> Self {
        Self {
            key: enrolled.survey.repository.key.clone(),
            opening: enrolled.opening.clone(),
            slots: enrolled.slots.iter().map(|view| view.slot).collect(),
        }
    }
}

/// The slots that an issue had, or may have had.
fn runs_of(enrolled: &Enrolled, number: IssueNumber) -> impl Iterator<Item = Slot> + '_ {
    let slots = enrolled.slots.iter();
    slots
        .filter(move |view| {
            let binding = view.binding.as_ref();
            binding.is_some_and(|binding| binding.issue == number)
        })
        .map(|view| view.slot)
}

/// Whether the same question is asked about candidates. Which slot is free does not matter to that.
fn is_same(one: &Opening, other: &Opening) -> bool {
    match (one, other) {
        (Opening::Free(_), Opening::Free(_)) => true,
        (Opening::Free(_), _) | (_, Opening::Free(_)) => false,
        (one, other) => one == other,
    }
}

const fn text_bytes(known: &Known) -> usize {
    match known {
        Known::Open(glimpse) => glimpse.text_bytes(),
        Known::Trusted(_) | Known::Refused(_) | Known::Failed(_) => 0,
    }
}
