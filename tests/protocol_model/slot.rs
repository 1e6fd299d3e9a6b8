//! One slot of the repository: a T3 thread of ours, what it shows, and what of it only T3 remembers.

use std::fmt;

use super::issue::{IssueNumber, LabelEvent};

/// What a slot is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binding {
    pub issue: IssueNumber,
    pub event: LabelEvent,
}

impl Binding {
    /// Two bits.
    pub const fn code(self) -> u64 {
        self.issue.code() | self.event.code() << 1
    }
}

impl fmt::Display for Binding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.event {
            LabelEvent::Original => write!(f, "{}", self.issue),
            LabelEvent::Rearming => write!(f, "{} (labelled anew)", self.issue),
        }
    }
}

/// The end of a run that its title records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Done,
    NeedsHuman,
    Frozen,
    StoodDown,
}

impl Ending {
    pub const fn code(self) -> u64 {
        self as u64
    }

    /// Whether a bell rings and the issue goes back to a person (or is closed).
    pub const fn is_loud(self) -> bool {
        match self {
            Self::Done | Self::NeedsHuman | Self::Frozen => true,
            Self::StoodDown => false,
        }
    }
}

/// What the session of a thread does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agent {
    /// No turn was ever started.
    Absent,
    Running,
    /// The turn is over.
    Idle,
    /// We stopped it.
    Stopped,
    /// T3 accepted a turn and lost it, or restarted under it.
    Lost,
    /// Its provider refused to go on, or T3's server died and its process with it: a message makes it go on.
    Interrupted,
    /// T3's server died and the process lives on unseen, for no longer than `AFK_ORPHAN_SECONDS`.
    Orphaned,
}

impl Agent {
    pub const fn is_at_work(self) -> bool {
        match self {
            Self::Running | Self::Orphaned => true,
            Self::Absent | Self::Idle | Self::Stopped | Self::Lost | Self::Interrupted => false,
        }
    }
}

/// What CI says about the pushed commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ci {
    Pending,
    Green,
    Red,
}

/// What somebody typed into the title of a thread of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forgery {
    None,
    /// An end that nobody decided.
    End,
    /// Another issue than our messages name.
    Binding,
}

/// How many step ids are told apart.
pub const STEPS_MAX: u8 = 16;

/// One slot: a T3 thread of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    pub binding: Option<Binding>,
    /// The step ids whose receipts T3 keeps, one bit each. Ticks can not read them.
    pub burned: u16,
    /// The step id after the last one that T3 shows.
    pub next: u8,
    /// Corrective turns that T3 shows.
    pub fixes: u8,
    /// Resumes that T3 shows, in a row.
    pub resumes: u8,
    pub ending: Option<Ending>,
    pub agent: Agent,
    /// Archived or deleted.
    pub released: bool,
    /// Deleted: nobody can stop its agent any more.
    pub deleted: bool,
    /// A commit of the run is on the branch.
    pub pushed: bool,
    pub ci: Ci,
    /// The title notes that the bell rang.
    pub noted: bool,
    /// How often the bell rang.
    pub rings: u8,
    pub forgery: Forgery,
}

impl Slot {
    /// A thread that was just created.
    pub const fn allocated(binding: Option<Binding>) -> Self {
        Self {
            binding,
            burned: 0,
            next: 0,
            fixes: 0,
            resumes: 0,
            ending: None,
            agent: Agent::Absent,
            released: false,
            deleted: false,
            pushed: false,
            ci: Ci::Pending,
            noted: false,
            rings: 0,
            forgery: Forgery::None,
        }
    }

    /// Whether nothing was ever said in it: neither a turn nor an end.
    pub fn is_allocated(&self) -> bool {
        self.ending.is_none() && self.agent == Agent::Absent
    }

    /// Burns a step id. Returns whether it was free, which is whether the command takes effect.
    pub fn burn(&mut self, step: u8) -> bool {
        assert!(step < STEPS_MAX, "{self:?} has no step {step}");
        let bit = 1 << step;
        let free = self.burned & bit == 0;
        self.burned |= bit;
        if free {
            self.next = self.next.max(step + 1);
        }
        free
    }

    /// Whether the bell that its end asks for never rang.
    pub fn is_silent(&self) -> bool {
        // A thread that a person took away before anything was said in it is nobody's run.
        let never_began = self.released && self.is_allocated();
        // A forged title does not say which end was carried out: the step that released the slot has looked at that.
        let unknown = self.released && self.forgery == Forgery::End;
        let quiet = self.ending == Some(Ending::StoodDown) || never_began || unknown;
        self.binding.is_some() && self.rings == 0 && !quiet
    }

    /// 48 bits; never zero, which is the absent slot.
    pub fn code(&self) -> u64 {
        assert!(
            self.next <= STEPS_MAX && self.fixes < 16 && self.resumes < 4 && self.rings < 16,
            "{self:?} does not fit"
        );
        let binding = match self.binding {
            None => 1,
            Some(binding) => 2 + binding.code(),
        };
        let ending = match self.ending {
            None => 0,
            Some(ending) => 1 + ending.code(),
        };
        binding
            | u64::from(self.burned) << 3
            | u64::from(self.next) << 19
            | u64::from(self.fixes) << 24
            | u64::from(self.resumes) << 28
            | ending << 30
            | (self.agent as u64) << 33
            | u64::from(self.released) << 36
            | u64::from(self.deleted) << 37
            | u64::from(self.pushed) << 38
            | (self.ci as u64) << 39
            | u64::from(self.noted) << 41
            | u64::from(self.rings) << 42
            | (self.forgery as u64) << 46
    }
}
