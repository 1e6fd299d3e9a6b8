//! What may go wrong outside the ticks besides crashes and overlap, and the rules under which a world is searched.
//!
//! Each trouble is switched on by itself, because all at once would be too many worlds. Without any, the model is the one of
//! `protocol_model.py` beside the specification, state for state.

use std::fmt;

use super::issue::IssueNumber;
use super::slot::{Ending, Slot};
use super::slots::Slots;
use super::variants::Variant;

/// A set of troubles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Troubles(u8);

impl Troubles {
    pub const NONE: Self = Self(0);
    /// Agents are stopped by their provider.
    pub const PROVIDER: Self = Self(1);
    /// T3 forgets messages and keeps their receipts: threads are cut, people revert.
    pub const FORGETS: Self = Self(2);
    /// Somebody types into the title of a thread of ours.
    pub const FORGES: Self = Self(4);
    /// The forge refuses writes for good; a sink is gone.
    pub const REFUSES: Self = Self(8);
    /// T3's server dies and agents survive it.
    pub const RESTARTS: Self = Self(16);
    /// People archive and delete threads under a live agent.
    pub const REMOVES: Self = Self(32);
    /// People put the kill switch, or `AFK_HALT`, on and off.
    pub const BRAKES: Self = Self(64);
    /// T3's data are put back from a backup.
    pub const RESTORES: Self = Self(128);

    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// The protocol that the ticks follow, and the troubles of its world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    pub variant: Variant,
    pub troubles: Troubles,
}

impl Rules {
    pub const fn have(self, trouble: Troubles) -> bool {
        self.troubles.has(trouble)
    }

    pub fn are(self, variant: Variant) -> bool {
        self.variant == variant
    }

    /// Whether a slot keeps its repository (SPEC 3).
    ///
    /// One that a person archived or deleted keeps it until its end is written, and as long as T3 shows its agent at work.
    pub fn is_busy(self, slot: &Slot) -> bool {
        if !slot.released {
            return true;
        }
        let removed_early = self.shows_agent(slot) || Self::lacks_end(slot);
        self.have(Troubles::REMOVES) && !self.are(Variant::ArchiveIsRelease) && removed_early
    }

    /// Whether watch still has something to do for a slot.
    pub fn is_unfinished(self, slot: &Slot) -> bool {
        if !slot.released {
            return true;
        }
        let unstopped = self.shows_agent(slot) && !slot.deleted;
        let unrung = !slot.noted && slot.ending.is_some_and(Ending::is_loud);
        self.have(Troubles::REMOVES)
            && !self.are(Variant::ArchiveIsRelease)
            && (Self::lacks_end(slot) || unstopped || unrung)
    }

    /// Whether the agent of a slot that people took away counts as one at work.
    fn shows_agent(self, slot: &Slot) -> bool {
        let trusted = self.are(Variant::StopsInArchive) || self.are(Variant::EndIsRelease);
        slot.agent.is_at_work() && !(trusted && slot.ending.is_some())
    }

    /// A run that nobody ended. A slot that was only allocated is none.
    fn lacks_end(slot: &Slot) -> bool {
        slot.ending.is_none() && !slot.is_allocated()
    }

    /// What these slots tell of an issue.
    pub fn knowledge(self, slots: &Slots, issue: IssueNumber) -> Known {
        let mut known = Known::Nothing;
        for (_, slot) in slots.iter() {
            if slot.binding.is_some_and(|binding| binding.issue == issue) {
                if self.is_unfinished(slot) {
                    return Known::Live;
                }
                known = Known::Released;
            }
        }
        known
    }
}

impl From<Variant> for Rules {
    /// A world without troubles.
    fn from(variant: Variant) -> Self {
        Self {
            variant,
            troubles: Troubles::NONE,
        }
    }
}

impl fmt::Display for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.variant)?;
        for (trouble, name) in [
            (Troubles::PROVIDER, "provider"),
            (Troubles::FORGETS, "forgets"),
            (Troubles::FORGES, "forges"),
            (Troubles::REFUSES, "refuses"),
            (Troubles::RESTARTS, "restarts"),
            (Troubles::REMOVES, "removes"),
            (Troubles::BRAKES, "brakes"),
            (Troubles::RESTORES, "restores"),
        ] {
            if self.have(trouble) {
                write!(f, " + {name}")?;
            }
        }
        Ok(())
    }
}

/// What T3 knows of an issue whose lock label nobody seems to need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// No slot was ever bound to it.
    Nothing,
    /// Its runs are over.
    Released,
    /// A run of it is live.
    Live,
}

impl Known {
    pub const fn code(self) -> u64 {
        self as u64
    }
}
