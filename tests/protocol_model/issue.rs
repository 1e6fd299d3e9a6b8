//! An issue of the model's repository, as the forge shows it: labels, the newest labelling, and the last text of a run.

use std::fmt;

/// The two issues of the repository.
pub const ISSUES: [IssueNumber; 2] = [IssueNumber::First, IssueNumber::Second];

/// Which issue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssueNumber {
    First,
    Second,
}

impl IssueNumber {
    pub const fn index(self) -> usize {
        self as usize
    }

    pub const fn code(self) -> u64 {
        self as u64
    }

    pub const fn other(self) -> Self {
        match self {
            Self::First => Self::Second,
            Self::Second => Self::First,
        }
    }
}

impl fmt::Display for IssueNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.index() + 1)
    }
}

/// A labelling with the ready label: the first of an issue, or the one that re-armed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LabelEvent {
    Original,
    Rearming,
}

impl LabelEvent {
    pub const fn code(self) -> u64 {
        self as u64
    }
}

/// One issue, as the forge shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Issue {
    pub open: bool,
    /// The ready label.
    pub ready: bool,
    /// The lock label.
    pub lock: bool,
    /// The hand-back label.
    pub human: bool,
    /// The newest labelling with the ready label.
    pub event: LabelEvent,
    /// The checklist's final text: of the run that which labelling asked for.
    pub final_text: Option<LabelEvent>,
}

impl Issue {
    pub const READY: Self = Self {
        open: true,
        ready: true,
        lock: false,
        human: false,
        event: LabelEvent::Original,
        final_text: None,
    };

    /// Whether the ready label asks for a run under `event` now.
    pub const fn asks_for_run(&self) -> bool {
        self.open && self.ready && !self.human
    }

    /// Seven bits.
    pub fn code(&self) -> u64 {
        let final_text = match self.final_text {
            None => 0,
            Some(event) => 1 + event.code(),
        };
        u64::from(self.open)
            | u64::from(self.ready) << 1
            | u64::from(self.lock) << 2
            | u64::from(self.human) << 3
            | self.event.code() << 4
            | final_text << 5
    }
}
