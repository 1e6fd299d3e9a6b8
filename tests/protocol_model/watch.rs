//! `afk-watch`, one request per step (SPEC 4.3).
//!
//! A tick drives one run, or removes one stray lock label; which of them is any. The checklist is reduced to its final
//! text, and time to what may have happened: a deadline has passed whenever the facts allow it.

use std::fmt;

use super::forge;
use super::outcomes::Outcomes;
use super::t3;
use super::variants::Variant;
use super::world::{
    Agent, Binding, Ci, Ending, ISSUES, IssueNumber, Known, Slot, SlotNumber, World,
};

/// How many corrective turns a run may have.
const FIXES_MAX: u8 = 1;

/// What a watch tick does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WatchStage {
    /// w1 to w3: reads T3, the forge and CI, and decides.
    ReadAndDecide,
    /// w3: records the end under the step id that was free when the tick decided.
    RecordEnd {
        slot: SlotNumber,
        step: u8,
        ending: Ending,
    },
    /// w3: reads back who won.
    ReadBackEnd { slot: SlotNumber },
    /// w3: sends a corrective turn under the step id that was free when the tick decided.
    FixForward { slot: SlotNumber, step: u8 },
    /// w3, WAIT: repairs the lock label.
    RepairLock { slot: SlotNumber },
    /// w4.
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
}

/// What the decision table says, as far as the model tells ends apart (SPEC 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    Wait,
    FixForward,
    End(Ending),
}

/// The decision table on the facts that the model keeps.
pub fn decide(variant: Variant, slot: &Slot) -> Decision {
    match (slot.pushed, slot.ci) {
        (true, Ci::Green) => Decision::End(Ending::Done),
        (true, Ci::Red) if slot.fixes < FIXES_MAX => Decision::FixForward,
        (true, Ci::Red) => Decision::End(Ending::Frozen),
        (true, Ci::Pending) => Decision::Wait,
        (false, _) => match slot.agent {
            Agent::Idle | Agent::Stopped => Decision::End(Ending::NeedsHuman),
            Agent::Lost if variant == Variant::NoDeadline => Decision::Wait,
            Agent::Lost => Decision::End(Ending::NeedsHuman),
            Agent::Absent | Agent::Running => Decision::Wait,
        },
    }
}

/// Carries out one step of a watch tick, in every way it can go.
pub fn step(
    variant: Variant,
    world: &World,
    stage: &WatchStage,
    outcomes: &mut Outcomes<WatchStage>,
) {
    let bound = |slot: SlotNumber| {
        world
            .slots
            .of(slot)
            .binding
            .expect("an ended slot is bound")
    };
    match *stage {
        WatchStage::ReadAndDecide => read_and_decide(variant, world, outcomes),
        WatchStage::RecordEnd { slot, step, ending } => outcomes.go_on(
            WatchStage::ReadBackEnd { slot },
            t3::record_end(world, slot, step, ending),
        ),
        WatchStage::ReadBackEnd { slot } => {
            let found = world.slots.of(slot);
            if found.ending.is_some() && !found.released {
                let closing = Closing { slot };
                outcomes.go_on(WatchStage::StopSession { closing }, *world);
            } else {
                outcomes.finish(*world);
            }
        }
        WatchStage::FixForward { slot, step } => {
            outcomes.finish(t3::start_corrective_turn(variant, world, slot, step));
        }
        WatchStage::RepairLock { slot } => {
            let issue = bound(slot).issue;
            outcomes.finish(forge::write(world, issue, |issue| issue.lock = true));
        }
        WatchStage::StopSession { closing } => {
            let next = WatchStage::FinalChecklist { closing };
            outcomes.go_on(
                next,
                t3::on_slot(world, closing.slot, |slot| {
                    if variant == Variant::EarlyRelease {
                        slot.released = true;
                    } else {
                        slot.agent = Agent::Stopped;
                    }
                }),
            );
        }
        WatchStage::FinalChecklist { closing } => {
            let Binding { issue, event } = bound(closing.slot);
            let after = forge::write(world, issue, |issue| issue.final_text = Some(event));
            outcomes.go_on(WatchStage::Ring { closing }, after);
        }
        WatchStage::Ring { closing } => {
            let slot = world.slots.of(closing.slot);
            if slot.noted || slot.ending == Some(Ending::StoodDown) || variant == Variant::BellLast
            {
                outcomes.go_on(WatchStage::SettleIssue { closing }, *world);
            } else {
                outcomes.go_on(
                    WatchStage::NoteReceipt { closing },
                    rung(world, closing.slot),
                );
            }
        }
        WatchStage::NoteReceipt { closing } => outcomes.go_on(
            WatchStage::SettleIssue { closing },
            t3::on_slot(world, closing.slot, |slot| slot.noted = true),
        ),
        WatchStage::SettleIssue { closing } => settle_issue(variant, world, closing, outcomes),
        WatchStage::RemoveReady { closing } => {
            let Binding { issue, event } = bound(closing.slot);
            let after = forge::write(world, issue, |issue| {
                if issue.event == event {
                    issue.ready = false;
                }
            });
            if variant == Variant::LockBeforeReady {
                outcomes.go_on(WatchStage::Archive { closing }, after);
            } else {
                outcomes.go_on(WatchStage::RemoveLock { closing }, after);
            }
        }
        WatchStage::RemoveLock { closing } => {
            let Binding { issue, event } = bound(closing.slot);
            let mut after = forge::write(world, issue, |issue| issue.lock = false);
            let left = after.issue(issue);
            let loud = world
                .slots
                .of(closing.slot)
                .ending
                .is_some_and(Ending::is_loud);
            after.exposed |= loud && left.open && left.ready && left.event == event;
            if variant == Variant::LockBeforeReady && loud {
                outcomes.go_on(WatchStage::RemoveReady { closing }, after);
            } else {
                outcomes.go_on(WatchStage::Archive { closing }, after);
            }
        }
        WatchStage::Archive { closing } => {
            let after = t3::on_slot(world, closing.slot, |slot| slot.released = true);
            if variant == Variant::BellLast {
                outcomes.go_on(WatchStage::RingLate { closing }, after);
            } else {
                outcomes.finish(after);
            }
        }
        WatchStage::RingLate { closing } => outcomes.finish(rung(world, closing.slot)),
        WatchStage::ListLocks { known } => {
            for listing in forge::listings(world) {
                let mut strays = false;
                for issue in ISSUES {
                    let known = known[issue.index()];
                    if listing[issue.index()].lock && known != Known::Live {
                        strays = true;
                        if variant == Variant::StraysByOldReading {
                            stray(world, issue, known, outcomes);
                        } else {
                            outcomes.go_on(WatchStage::LookAgain { issue }, *world);
                        }
                    }
                }
                if !strays {
                    outcomes.finish(*world);
                }
            }
        }
        WatchStage::LookAgain { issue } => {
            stray(world, issue, world.slots.knowledge(issue), outcomes);
        }
        WatchStage::HandBackStray { issue } => {
            let mut after = forge::write(world, issue, |issue| issue.human = true);
            let live = world.slots.knowledge(issue) == Known::Live;
            after.false_alarm |= live && world.may_tamper;
            outcomes.finish(after);
        }
        WatchStage::RemoveStrayLock { issue } => {
            outcomes.finish(forge::write(world, issue, |issue| issue.lock = false));
        }
    }
}

/// What becomes of a lock label without a live run.
fn stray(world: &World, issue: IssueNumber, known: Known, outcomes: &mut Outcomes<WatchStage>) {
    match known {
        Known::Live => outcomes.finish(*world),
        Known::Released => outcomes.go_on(WatchStage::RemoveStrayLock { issue }, *world),
        Known::Nothing => outcomes.go_on(WatchStage::HandBackStray { issue }, *world),
    }
}

fn rung(world: &World, slot: SlotNumber) -> World {
    /// More is not told apart.
    const RINGS_MAX: u8 = 9;
    t3::on_slot(world, slot, |slot| {
        slot.rings = (slot.rings + 1).min(RINGS_MAX)
    })
}

/// w1 to w3.
fn read_and_decide(variant: Variant, world: &World, outcomes: &mut Outcomes<WatchStage>) {
    let mut nothing = true;
    for (slot, found) in world.slots.iter() {
        let Some(binding) = found.binding else {
            continue;
        };
        if found.released {
            continue;
        }
        nothing = false;
        if found.ending.is_some() {
            outcomes.go_on(WatchStage::ReadBackEnd { slot }, *world);
        } else if variant.creation_binds() && found.steps == 0 {
            let issue = world.issue(binding.issue);
            if issue.asks_for_run() && issue.event == binding.event {
                outcomes.finish(*world);
            } else {
                let ending = Ending::StoodDown;
                outcomes.go_on(
                    WatchStage::RecordEnd {
                        slot,
                        step: 0,
                        ending,
                    },
                    *world,
                );
            }
        } else {
            let step = found.steps;
            outcomes.go_on(
                match decide(variant, found) {
                    Decision::Wait => WatchStage::RepairLock { slot },
                    Decision::FixForward => WatchStage::FixForward { slot, step },
                    Decision::End(ending) => WatchStage::RecordEnd { slot, step, ending },
                },
                *world,
            );
        }
    }
    if variant.reads_apart() {
        let known = ISSUES.map(|issue| world.slots.knowledge(issue));
        return outcomes.go_on(WatchStage::ListLocks { known }, *world);
    }
    for issue in ISSUES {
        let live = |slot: &Slot| {
            !slot.released && slot.binding.is_some_and(|binding| binding.issue == issue)
        };
        let stray = world.issue(issue).lock && !world.slots.iter().any(|(_, slot)| live(slot));
        if stray && variant != Variant::StraysIgnored {
            nothing = false;
            outcomes.go_on(WatchStage::RemoveStrayLock { issue }, *world);
        }
    }
    if nothing {
        outcomes.finish(*world);
    }
}

/// w7: closes the issue, or hands it back; not when it was labelled anew, and not after a stand-down.
fn settle_issue(
    variant: Variant,
    world: &World,
    closing: Closing,
    outcomes: &mut Outcomes<WatchStage>,
) {
    let slot = world.slots.of(closing.slot);
    let Binding { issue, event } = slot.binding.expect("an ended slot is bound");
    let rearmed = world.issue(issue).event != event;
    let after = match slot.ending {
        Some(Ending::Done) if !rearmed => forge::write(world, issue, |issue| issue.open = false),
        Some(Ending::NeedsHuman | Ending::Frozen) if !rearmed => {
            forge::write(world, issue, |issue| issue.human = true)
        }
        Some(Ending::Done | Ending::NeedsHuman | Ending::Frozen | Ending::StoodDown) | None => {
            return outcomes.go_on(WatchStage::RemoveLock { closing }, *world);
        }
    };
    if variant == Variant::LockBeforeReady {
        outcomes.go_on(WatchStage::RemoveLock { closing }, after);
    } else {
        outcomes.go_on(WatchStage::RemoveReady { closing }, after);
    }
}

impl WatchStage {
    /// Packs the stage and what the tick remembers.
    pub fn code(&self) -> [u64; 3] {
        let small = |stage: u64, slot: u64, rest: u64| [stage | slot << 8 | rest << 16, 0, 0];
        let of = |stage: u64, slot: SlotNumber| small(stage, u64::from(slot.0), 0);
        match self {
            Self::ReadAndDecide => small(65, 0, 0),
            Self::RecordEnd { slot, step, ending } => {
                small(66, u64::from(slot.0), u64::from(*step) | ending.code() << 8)
            }
            Self::ReadBackEnd { slot } => of(67, *slot),
            Self::FixForward { slot, step } => small(68, u64::from(slot.0), u64::from(*step)),
            Self::RepairLock { slot } => of(69, *slot),
            Self::StopSession { closing } => of(70, closing.slot),
            Self::FinalChecklist { closing } => of(71, closing.slot),
            Self::Ring { closing } => of(72, closing.slot),
            Self::NoteReceipt { closing } => of(73, closing.slot),
            Self::SettleIssue { closing } => of(74, closing.slot),
            Self::RemoveReady { closing } => of(75, closing.slot),
            Self::RemoveLock { closing } => of(76, closing.slot),
            Self::Archive { closing } => of(77, closing.slot),
            Self::RingLate { closing } => of(78, closing.slot),
            Self::RemoveStrayLock { issue } => small(79, 0, issue.code()),
            Self::ListLocks {
                known: [first, second],
            } => small(80, 0, first.code() | second.code() << 2),
            Self::LookAgain { issue } => small(81, 0, issue.code()),
            Self::HandBackStray { issue } => small(82, 0, issue.code()),
        }
    }
}

impl fmt::Display for WatchStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReadAndDecide => write!(f, "w1-w3 reads and decides"),
            Self::RecordEnd { slot, step, ending } => {
                write!(f, "w3 records {ending:?} for {slot} as step {step}")
            }
            Self::ReadBackEnd { slot } => write!(f, "w3 reads back {slot}"),
            Self::FixForward { slot, step } => {
                write!(f, "w3 sends {slot} a corrective turn as step {step}")
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
