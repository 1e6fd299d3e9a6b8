//! The ticks of [`Variant::LabelFirst`]: the lock label is the authority, and nothing else is.
//!
//! This is how such a system is often built first: look for the label, start a run, set the label. It is here to be found
//! guilty.

use std::fmt;

use super::decision::{Decision, decide};
use super::forge;
use super::issue::ISSUES;
use super::outcomes::Outcomes;
use super::slot::{Agent, Binding, Ending, Slot};
use super::slots::SlotNumber;
use super::t3;
use super::troubles::{Rules, Troubles};
use super::variants::Variant;
use super::world::World;

const RULES: Rules = Rules {
    variant: Variant::LabelFirst,
    troubles: Troubles::NONE,
};

/// What its poll tick does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LabelPollStage {
    ReadForge,
    Dispatch { binding: Binding },
    AddLock { binding: Binding },
}

/// What its watch tick does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LabelWatchStage {
    ReadAndDecide,
    RemoveLock { slot: SlotNumber, ending: Ending },
    SettleIssue { slot: SlotNumber, ending: Ending },
    RingAndArchive { slot: SlotNumber, ending: Ending },
}

/// Carries out one step of its poll tick.
pub fn poll(world: &World, stage: &LabelPollStage, outcomes: &mut Outcomes<LabelPollStage>) {
    match *stage {
        LabelPollStage::ReadForge => {
            for listing in forge::listings(world) {
                let mut any = false;
                if !listing
                    .iter()
                    .any(|issue| issue.lock && issue.ready && issue.open)
                {
                    for issue in ISSUES {
                        let shown = &listing[issue.index()];
                        if shown.open && shown.ready {
                            any = true;
                            let binding = Binding {
                                issue,
                                event: shown.event,
                            };
                            outcomes.go_on(LabelPollStage::Dispatch { binding }, *world);
                        }
                    }
                }
                if !any {
                    outcomes.finish(*world);
                }
            }
        }
        LabelPollStage::Dispatch { binding } => {
            if world.slots.is_full() {
                return outcomes.finish(*world);
            }
            let mut after = *world;
            let slot = after.slots.next();
            after.slots.push(Slot::allocated(None));
            let after = t3::start_first_turn(RULES, &after, slot, binding);
            outcomes.go_on(LabelPollStage::AddLock { binding }, after);
        }
        LabelPollStage::AddLock { binding } => {
            outcomes.finish(forge::write(world, binding.issue, |issue| {
                issue.lock = true
            }));
        }
    }
}

/// Carries out one step of its watch tick.
pub fn watch(world: &World, stage: &LabelWatchStage, outcomes: &mut Outcomes<LabelWatchStage>) {
    let issue_of = |slot: SlotNumber| {
        world
            .slots
            .of(slot)
            .binding
            .expect("every thread is bound")
            .issue
    };
    match *stage {
        LabelWatchStage::ReadAndDecide => {
            let mut any = false;
            for (slot, found) in world.slots.iter() {
                if found.released || !world.issue(issue_of(slot)).lock {
                    continue;
                }
                any = true;
                match decide(RULES, found, world.brake) {
                    Decision::Wait => outcomes.finish(*world),
                    Decision::Send(turn) => {
                        outcomes.finish(t3::start_turn(RULES, world, slot, found.next, turn));
                    }
                    Decision::End(ending) => {
                        outcomes.go_on(LabelWatchStage::RemoveLock { slot, ending }, *world);
                    }
                }
            }
            if !any {
                outcomes.finish(*world);
            }
        }
        LabelWatchStage::RemoveLock { slot, ending } => outcomes.go_on(
            LabelWatchStage::SettleIssue { slot, ending },
            forge::write(world, issue_of(slot), |issue| issue.lock = false),
        ),
        LabelWatchStage::SettleIssue { slot, ending } => outcomes.go_on(
            LabelWatchStage::RingAndArchive { slot, ending },
            forge::write(world, issue_of(slot), |issue| match ending {
                Ending::Done => issue.open = false,
                Ending::NeedsHuman | Ending::Frozen | Ending::StoodDown => issue.human = true,
            }),
        ),
        LabelWatchStage::RingAndArchive { slot, .. } => {
            outcomes.finish(t3::on_slot(world, slot, |slot| {
                slot.rings += 1;
                slot.released = true;
                if slot.agent == Agent::Idle {
                    slot.agent = Agent::Stopped;
                }
            }));
        }
    }
}

impl LabelPollStage {
    /// Packs the stage and what the tick remembers.
    pub fn code(&self) -> [u64; 4] {
        match self {
            Self::ReadForge => [32, 0, 0, 0],
            Self::Dispatch { binding } => [33 | binding.code() << 8, 0, 0, 0],
            Self::AddLock { binding } => [34 | binding.code() << 8, 0, 0, 0],
        }
    }
}

impl LabelWatchStage {
    /// Packs the stage and what the tick remembers.
    pub fn code(&self) -> [u64; 4] {
        let of = |stage: u64, slot: SlotNumber, ending: Ending| {
            [
                stage | u64::from(slot.0) << 8 | ending.code() << 16,
                0,
                0,
                0,
            ]
        };
        match *self {
            Self::ReadAndDecide => [96, 0, 0, 0],
            Self::RemoveLock { slot, ending } => of(97, slot, ending),
            Self::SettleIssue { slot, ending } => of(98, slot, ending),
            Self::RingAndArchive { slot, ending } => of(99, slot, ending),
        }
    }
}

impl fmt::Display for LabelPollStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReadForge => write!(f, "reads the forge and chooses"),
            Self::Dispatch { binding } => write!(f, "starts a thread for {binding}"),
            Self::AddLock { binding } => write!(f, "adds the lock label to {}", binding.issue),
        }
    }
}

impl fmt::Display for LabelWatchStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReadAndDecide => write!(f, "reads and decides"),
            Self::RemoveLock { slot, .. } => write!(f, "removes the lock label of {slot}"),
            Self::SettleIssue { slot, .. } => write!(f, "settles the issue of {slot}"),
            Self::RingAndArchive { slot, .. } => write!(f, "rings for {slot} and archives it"),
        }
    }
}
