//! What the model keeps of the world: two issues of one repository, the slots in T3, and what people may still do.
//!
//! It holds facts and packs them for the search. It decides nothing: commands are `t3.rs` and `forge.rs`, ticks
//! `poll.rs` and `watch.rs`. Fields are small and of fixed size, because millions of worlds are compared.

use super::issue::{Issue, IssueNumber};
use super::slots::Slots;
use super::troubles::Troubles;

/// Everything outside the ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct World {
    pub issues: [Issue; 2],
    /// Each issue before its last write: what a list that lags behind still shows.
    pub before: [Issue; 2],
    pub slots: Slots,
    /// What is refused for good from now on.
    pub refusal: Refusal,
    pub brake: Brake,
    /// A green commit of a first slot that T3 lost in a restore, and the issue that it names: the slot that gets the number again
    /// has the trailer of that commit.
    pub old_commit: Option<IssueNumber>,
    pub may: People,
    pub wrongs: Wrongs,
}

/// What people may still do, each once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct People(u8);

impl People {
    pub const NOTHING: Self = Self(0);
    /// Label an issue anew.
    pub const REARM: Self = Self(1);
    /// Change a label by hand.
    pub const TAMPER: Self = Self(2);
    /// Revert messages in T3; T3 cuts a thread.
    pub const FORGET: Self = Self(4);
    /// Type into a title.
    pub const FORGE: Self = Self(8);
    /// Lock a conversation, archive a repository or a channel.
    pub const REFUSE: Self = Self(16);
    /// Archive or delete a thread.
    pub const REMOVE: Self = Self(32);
    /// Put a brake on.
    pub const BRAKE: Self = Self(64);
    /// Put T3 back from a backup.
    pub const RESTORE: Self = Self(128);

    pub const fn has(self, deed: Self) -> bool {
        self.0 & deed.0 != 0
    }

    pub const fn without(self, deed: Self) -> Self {
        Self(self.0 & !deed.0)
    }

    const fn at_start(troubles: Troubles) -> Self {
        let mut may = Self::REARM.0 | Self::TAMPER.0;
        if troubles.has(Troubles::FORGETS) {
            may |= Self::FORGET.0;
        }
        if troubles.has(Troubles::FORGES) {
            may |= Self::FORGE.0;
        }
        if troubles.has(Troubles::REFUSES) {
            may |= Self::REFUSE.0;
        }
        if troubles.has(Troubles::REMOVES) {
            may |= Self::REMOVE.0;
        }
        if troubles.has(Troubles::BRAKES) {
            may |= Self::BRAKE.0;
        }
        if troubles.has(Troubles::RESTORES) {
            may |= Self::RESTORE.0;
        }
        Self(may)
    }
}

/// What people put on to stop us (SPEC 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Brake {
    Off,
    /// The kill switch: poll does nothing, watch sends no turn.
    Drain,
    /// `AFK_HALT`: and watch ends every run with a live agent, or one that waits for its provider.
    Halt,
}

/// What is refused for good: 403, 404, 410 or 422, whenever it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    Nothing,
    /// Comments on this issue: its conversation is locked, or full.
    Comments(IssueNumber),
    /// Every write to this issue.
    Writes(IssueNumber),
    /// Every bell of one of the two sinks. The other one rings.
    Sink,
}

impl Refusal {
    const fn code(self) -> u64 {
        match self {
            Self::Nothing => 0,
            Self::Sink => 1,
            Self::Comments(issue) => 2 + issue.code(),
            Self::Writes(issue) => 4 + issue.code(),
        }
    }
}

/// Wrongs that a step did and that no later state shows any more. They stay for the properties.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wrongs(u8);

impl Wrongs {
    pub const NONE: Self = Self(0);
    /// An end took the lock label from an open issue that still showed the ready label of the run that was over.
    pub const EXPOSED: Self = Self(1);
    /// An issue with a live run was handed back as a stray, and nobody had changed a label by hand.
    pub const FALSE_ALARM: Self = Self(2);
    /// An issue was closed although the commit of its run was not green.
    pub const UNPROVEN: Self = Self(4);
    /// A run that nobody had withdrawn was released without a bell.
    pub const HUSHED: Self = Self(8);
    /// An end was written to an issue that its run was not about.
    pub const FOREIGN: Self = Self(16);
    /// A turn was sent to a run whose end was recorded.
    pub const WOKEN: Self = Self(32);
    /// A run with a red commit and turns left was ended as if they were used up.
    pub const UNSPENT: Self = Self(64);
    /// A turn was decided on although a brake was on.
    pub const BRAKED: Self = Self(128);

    pub const fn has(self, wrong: Self) -> bool {
        self.0 & wrong.0 != 0
    }

    pub const fn note(&mut self, wrong: Self, when: bool) {
        if when {
            self.0 |= wrong.0;
        }
    }
}

impl World {
    /// Two ready issues, no run.
    pub const fn start(troubles: Troubles) -> Self {
        Self {
            issues: [Issue::READY; 2],
            before: [Issue::READY; 2],
            slots: Slots::NONE,
            refusal: Refusal::Nothing,
            brake: Brake::Off,
            old_commit: None,
            may: People::at_start(troubles),
            wrongs: Wrongs::NONE,
        }
    }

    pub fn issue(&self, number: IssueNumber) -> &Issue {
        &self.issues[number.index()]
    }

    /// Four words; the first has its highest eight bits free.
    pub fn code(&self) -> [u64; 4] {
        let old_commit = match self.old_commit {
            None => 0,
            Some(issue) => 1 + issue.code(),
        };
        let issues = self.issues[0].code()
            | self.issues[1].code() << 8
            | self.before[0].code() << 16
            | self.before[1].code() << 24
            | u64::from(self.may.0) << 32
            | u64::from(self.wrongs.0) << 40
            | self.refusal.code() << 48
            | (self.brake as u64) << 51
            | old_commit << 53;
        let [first, second, third] = self.slots.code();
        [issues, first, second, third]
    }
}
