//! What a watch tick is about to do, and what it remembers meanwhile.
//!
//! It carries nothing out: `watch.rs` decides and acts on runs under way and on strays, `closing.rs` ends runs.

use std::fmt;

use super::issue::IssueNumber;
use super::slot::Ending;
use super::slots::SlotNumber;
use super::t3::Turn;
use super::troubles::Known;

/// What a watch tick does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WatchStage {
    /// w1 to w3: reads T3, the forge and CI, and decides.
    ReadAndDecide,
    /// w3: acts under a step id that seemed free.
    Act { attempt: Attempt, act: Act },
    /// w3: reads back who won.
    ReadBackEnd { slot: SlotNumber },
    /// w3: reads back whether anything came of the step id; where nothing did, the next one is tried.
    ReadBackStep { attempt: Attempt, act: Act },
    /// w3, WAIT: repairs the lock label.
    RepairLock { slot: SlotNumber },
    /// w4: stops the session, after the thread was taken out of the archive if a person put it there.
    StopSession { closing: Closing },
    /// w5.
    FinalChecklist { closing: Closing },
    /// w6: rings, unless the title notes that it rang.
    Ring { closing: Closing },
    /// w6: notes the receipt in the title.
    NoteReceipt { closing: Closing },
    /// w7.
    SettleIssue { closing: Closing },
    /// w8.
    RemoveReady { closing: Closing },
    /// w9.
    RemoveLock { closing: Closing },
    /// w10.
    Archive { closing: Closing },
    /// [`Variant::BellLast`] only.
    RingLate { closing: Closing },
    /// Where reads are apart: lists the lock labels, by what T3 knew of each issue a moment ago.
    ListLocks { known: [Known; 2] },
    /// Where reads are apart: looks at T3 once more.
    LookAgain { issue: IssueNumber },
    /// A stray that T3 knows nothing of: a bell, the hand-back label; a person removes the lock label.
    HandBackStray { issue: IssueNumber },
    /// A stray: takes the lock label from an issue without a live run.
    RemoveStrayLock { issue: IssueNumber },
}

/// A run whose end is recorded and that is being closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closing {
    pub slot: SlotNumber,
    /// What its title says, as far as the evidence bears it out.
    pub ending: Ending,
    /// Its title and its messages name different issues: nothing is written to either.
    pub forged: bool,
}

/// A step id that is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    pub slot: SlotNumber,
    pub step: u8,
    /// How many ids were tried before it in this tick.
    pub tried: u8,
}

/// What is done under a step id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    End(Ending),
    Send(Turn),
}

impl Act {
    const fn code(self) -> u64 {
        match self {
            Self::End(ending) => ending.code(),
            Self::Send(Turn::Corrective) => 4,
            Self::Send(Turn::Resume) => 5,
        }
    }
}

impl Attempt {
    const fn code(self) -> u64 {
        self.slot.0 as u64 | (self.step as u64) << 8 | (self.tried as u64) << 16
    }
}

impl Closing {
    const fn code(self) -> u64 {
        self.slot.0 as u64 | self.ending.code() << 8 | (self.forged as u64) << 16
    }
}

impl WatchStage {
    /// Packs the stage and what the tick remembers.
    pub fn code(&self) -> [u64; 4] {
        let small = |stage: u64, rest: u64| [stage | rest << 8, 0, 0, 0];
        let of = |stage: u64, slot: SlotNumber| small(stage, u64::from(slot.0));
        let by = |stage: u64, closing: &Closing| small(stage, closing.code());
        match self {
            Self::ReadAndDecide => small(65, 0),
            Self::Act { attempt, act } => small(66, attempt.code() | act.code() << 24),
            Self::ReadBackEnd { slot } => of(67, *slot),
            Self::ReadBackStep { attempt, act } => small(68, attempt.code() | act.code() << 24),
            Self::RepairLock { slot } => of(69, *slot),
            Self::StopSession { closing } => by(70, closing),
            Self::FinalChecklist { closing } => by(71, closing),
            Self::Ring { closing } => by(72, closing),
            Self::NoteReceipt { closing } => by(73, closing),
            Self::SettleIssue { closing } => by(74, closing),
            Self::RemoveReady { closing } => by(75, closing),
            Self::RemoveLock { closing } => by(76, closing),
            Self::Archive { closing } => by(77, closing),
            Self::RingLate { closing } => by(78, closing),
            Self::RemoveStrayLock { issue } => small(79, issue.code()),
            Self::ListLocks {
                known: [first, second],
            } => small(80, first.code() | second.code() << 2),
            Self::LookAgain { issue } => small(81, issue.code()),
            Self::HandBackStray { issue } => small(82, issue.code()),
        }
    }
}

impl fmt::Display for WatchStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReadAndDecide => write!(f, "w1-w3 reads and decides"),
            Self::Act { attempt, act } => {
                let Attempt { slot, step, .. } = attempt;
                match act {
                    Act::End(ending) => {
                        write!(f, "w3 records {ending:?} for {slot} as step {step}")
                    }
                    Act::Send(Turn::Corrective) => {
                        write!(f, "w3 sends {slot} a corrective turn as step {step}")
                    }
                    Act::Send(Turn::Resume) => write!(f, "w3 resumes {slot} as step {step}"),
                }
            }
            Self::ReadBackEnd { slot } => write!(f, "w3 reads back {slot}"),
            Self::ReadBackStep { attempt, .. } => {
                write!(f, "w3 reads back step {} of {}", attempt.step, attempt.slot)
            }
            Self::RepairLock { slot } => write!(f, "w3 repairs the lock label of {slot}"),
            Self::StopSession { closing } => write!(f, "w4 stops the session of {}", closing.slot),
            Self::FinalChecklist { closing } => {
                write!(f, "w5 writes the last text of {}", closing.slot)
            }
            Self::Ring { closing } => write!(f, "w6 rings for {}", closing.slot),
            Self::NoteReceipt { closing } => write!(f, "w6 notes the bell of {}", closing.slot),
            Self::SettleIssue { closing } => write!(f, "w7 settles the issue of {}", closing.slot),
            Self::RemoveReady { closing } => {
                write!(f, "w8 removes the ready label of {}", closing.slot)
            }
            Self::RemoveLock { closing } => {
                write!(f, "w9 removes the lock label of {}", closing.slot)
            }
            Self::Archive { closing } => write!(f, "w10 archives {}", closing.slot),
            Self::RingLate { closing } => write!(f, "rings for {} after its release", closing.slot),
            Self::ListLocks { .. } => write!(f, "w1 lists the lock labels"),
            Self::LookAgain { issue } => write!(f, "stray: looks at T3 again for {issue}"),
            Self::HandBackStray { issue } => write!(f, "stray: hands {issue} back"),
            Self::RemoveStrayLock { issue } => {
                write!(f, "stray: removes the lock label of {issue}")
            }
        }
    }
}
