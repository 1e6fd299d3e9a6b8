//! `afk-poll`, one request per step (SPEC 4.1).
//!
//! Everything between two requests is one step: a tick can be stopped, or overtaken, only between them. The trust gate is
//! reduced to what the issue shows; that one repository's failure stops no other is not looked at.

use std::fmt;

use super::forge::{self, Listing};
use super::issue::{ISSUES, IssueNumber};
use super::outcomes::Outcomes;
use super::slot::{Binding, Ending, Slot};
use super::slots::{SlotNumber, Slots};
use super::t3;
use super::troubles::Rules;
use super::variants::Variant;
use super::world::{Brake, World};

/// What a poll tick does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PollStage {
    /// p1.
    ReadT3,
    /// p2 to p5: reads the forge and chooses, by what T3 showed a moment ago.
    ReadForge { seen: Slots },
    /// p7, without its read-back.
    CreateThread { slot: SlotNumber, binding: Binding },
    /// p9.
    StartTurn { slot: SlotNumber, binding: Binding },
    /// p10: reads back who won.
    ReadBack { slot: SlotNumber },
    /// p11, and the repair in p3.
    AddLock {
        slot: SlotNumber,
        issue: IssueNumber,
    },
    /// p3: ends an allocated slot whose issue may not be run any more, under C(T,0).
    StandDown { slot: SlotNumber },
    /// p7 to p10 of [`Variant::IdPerAuthorisation`].
    DispatchByIssue { binding: Binding },
}

/// Carries out one step of a poll tick, in every way it can go.
pub fn step(rules: Rules, world: &World, stage: &PollStage, outcomes: &mut Outcomes<PollStage>) {
    match *stage {
        PollStage::ReadT3 if world.brake != Brake::Off => outcomes.finish(*world),
        PollStage::ReadT3 => outcomes.go_on(PollStage::ReadForge { seen: world.slots }, *world),
        PollStage::ReadForge { seen } => {
            for listing in forge::listings(world) {
                choose(rules, world, &seen, &listing, outcomes);
            }
        }
        PollStage::CreateThread { slot, binding } => {
            let after = t3::create_thread(rules, world, slot, binding);
            let ours = after.slots.contains(slot) && {
                let found = after.slots.of(slot);
                !rules.variant.creation_binds()
                    || (found.binding == Some(binding) && found.is_allocated())
            };
            if ours {
                outcomes.go_on(PollStage::StartTurn { slot, binding }, after);
            } else {
                outcomes.finish(after);
            }
        }
        PollStage::StartTurn { slot, binding } => outcomes.go_on(
            PollStage::ReadBack { slot },
            t3::start_first_turn(rules, world, slot, binding),
        ),
        PollStage::ReadBack { slot } => {
            let found = world.slots.of(slot);
            match found.binding {
                Some(binding) if !(rules.variant.creation_binds() && found.ending.is_some()) => {
                    let issue = binding.issue;
                    outcomes.go_on(PollStage::AddLock { slot, issue }, *world);
                }
                Some(_) | None => outcomes.finish(*world),
            }
        }
        PollStage::AddLock { slot: _, issue } => {
            outcomes.finish(forge::write(world, issue, |issue| issue.lock = true));
        }
        PollStage::StandDown { slot } => {
            outcomes.finish(t3::record_end(world, slot, 0, Ending::StoodDown));
        }
        PollStage::DispatchByIssue { binding } => {
            if world.slots.had_run(binding) || world.slots.is_full() {
                outcomes.finish(*world);
            } else {
                let mut after = *world;
                let slot = after.slots.next();
                after.slots.push(Slot::allocated(Some(binding)));
                let after = t3::start_first_turn(rules, &after, slot, binding);
                // There are no slots to remember here.
                let (slot, issue) = (SlotNumber(0), binding.issue);
                outcomes.go_on(PollStage::AddLock { slot, issue }, after);
            }
        }
    }
}

/// p3 to p5, on one listing.
fn choose(
    rules: Rules,
    world: &World,
    seen: &Slots,
    listing: &Listing,
    outcomes: &mut Outcomes<PollStage>,
) {
    let live = seen.iter().find(|(_, slot)| rules.is_busy(slot));
    let any_lock = listing[0].lock || listing[1].lock;
    match live {
        Some((slot, found)) if !rules.are(Variant::LabelIsPermission) => {
            if rules.are(Variant::IdPerAuthorisation) {
                return outcomes.finish(*world);
            }
            match found.binding {
                Some(binding) if rules.variant.creation_binds() && found.is_allocated() => {
                    let issue = &listing[binding.issue.index()];
                    if issue.asks_for_run() && issue.event == binding.event {
                        outcomes.go_on(PollStage::StartTurn { slot, binding }, *world);
                    } else {
                        outcomes.go_on(PollStage::StandDown { slot }, *world);
                    }
                }
                // Only where the first turn binds.
                None => start_candidates(world, seen, listing, outcomes, |binding| {
                    PollStage::StartTurn { slot, binding }
                }),
                Some(Binding { issue, .. })
                    if found.ending.is_none() && !listing[issue.index()].lock =>
                {
                    outcomes.go_on(PollStage::AddLock { slot, issue }, *world);
                }
                Some(_) => outcomes.finish(*world),
            }
        }
        Some(_) | None if any_lock => outcomes.finish(*world),
        Some(_) | None => start_candidates(world, seen, listing, outcomes, |binding| {
            if rules.are(Variant::IdPerAuthorisation) {
                PollStage::DispatchByIssue { binding }
            } else {
                PollStage::CreateThread {
                    slot: seen.next(),
                    binding,
                }
            }
        }),
    }
}

/// p4 and p5: any issue that is ready and whose labelling had no run yet may be the most urgent one.
fn start_candidates(
    world: &World,
    seen: &Slots,
    listing: &Listing,
    outcomes: &mut Outcomes<PollStage>,
    start: impl Fn(Binding) -> PollStage,
) {
    let mut any = false;
    for issue in ISSUES {
        let shown = &listing[issue.index()];
        let binding = Binding {
            issue,
            event: shown.event,
        };
        if shown.asks_for_run() && !seen.had_run(binding) {
            any = true;
            outcomes.go_on(start(binding), *world);
        }
    }
    if !any {
        outcomes.finish(*world);
    }
}

impl PollStage {
    /// Packs the stage and what the tick remembers.
    pub fn code(&self) -> [u64; 4] {
        let small = |stage: u64, slot: u64, rest: u64| [stage | slot << 8 | rest << 16, 0, 0, 0];
        match self {
            Self::ReadT3 => small(1, 0, 0),
            Self::ReadForge { seen } => {
                let [first, second, third] = seen.code();
                [2, first, second, third]
            }
            Self::CreateThread { slot, binding } => small(3, u64::from(slot.0), binding.code()),
            Self::StartTurn { slot, binding } => small(4, u64::from(slot.0), binding.code()),
            Self::ReadBack { slot } => small(5, u64::from(slot.0), 0),
            Self::AddLock { slot, issue } => small(6, u64::from(slot.0), issue.code()),
            Self::StandDown { slot } => small(7, u64::from(slot.0), 0),
            Self::DispatchByIssue { binding } => small(8, 0, binding.code()),
        }
    }
}

impl fmt::Display for PollStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReadT3 => write!(f, "p1 reads T3"),
            Self::ReadForge { .. } => write!(f, "p2-p5 reads the forge and chooses"),
            Self::CreateThread { slot, binding } => write!(f, "p7 creates {slot} for {binding}"),
            Self::StartTurn { slot, binding } => write!(f, "p9 starts {slot} for {binding}"),
            Self::ReadBack { slot } => write!(f, "p10 reads back {slot}"),
            Self::AddLock { slot: _, issue } => write!(f, "p11 adds the lock label to {issue}"),
            Self::StandDown { slot } => write!(f, "p3 stands {slot} down"),
            Self::DispatchByIssue { binding } => write!(f, "p7-p10 starts a thread for {binding}"),
        }
    }
}
