//! How a run whose end is recorded is closed, one request per step (SPEC 4.3): w4 to w10.
//!
//! What the forge refuses for good is passed: a comment that can not be written costs neither bell nor release.

use super::decision::{asks_for, proven};
use super::forge;
use super::outcomes::Outcomes;
use super::slot::{Agent, Binding, Ending, Forgery, Slot};
use super::slots::SlotNumber;
use super::t3;
use super::troubles::{Rules, Troubles};
use super::variants::Variant;
use super::watch_stage::{Closing, WatchStage};
use super::world::{Refusal, World, Wrongs};

/// Begins to close a run whose title was read a moment ago, or goes on where another tick stopped; `None` where there is nothing
/// to close, or the evidence for its end is still to come.
pub fn begin(rules: Rules, world: &World, slot: SlotNumber, found: &Slot) -> Option<WatchStage> {
    if !rules.is_unfinished(found) {
        return None;
    }
    let closing = read_title(rules, world, slot, found)?;
    Some(WatchStage::StopSession { closing })
}

/// Goes on with a stray whose run has ended: its agent was stopped before.
pub fn resume_at_bell(
    rules: Rules,
    world: &World,
    slot: SlotNumber,
    found: &Slot,
) -> Option<WatchStage> {
    let closing = read_title(rules, world, slot, found)?;
    Some(WatchStage::Ring { closing })
}

fn read_title(rules: Rules, world: &World, slot: SlotNumber, found: &Slot) -> Option<Closing> {
    let forged = found.forgery == Forgery::Binding && !rules.are(Variant::FollowsTitle);
    let ending = found.ending?;
    let ending = if forged {
        Ending::NeedsHuman
    } else {
        proven(rules, world, found, ending)?
    };
    Some(Closing {
        slot,
        ending,
        forged,
    })
}

/// What a slot is bound to, as the protocol under test sees it.
pub fn bound(rules: Rules, world: &World, slot: SlotNumber) -> Binding {
    let slot = world.slots.of(slot);
    let binding = slot.binding.expect("an ended slot is bound");
    if rules.are(Variant::FollowsTitle) && slot.forgery == Forgery::Binding {
        let issue = binding.issue.other();
        let event = world.issue(issue).event;
        return Binding { issue, event };
    }
    binding
}

/// Carries out one step of w4 to w10, in every way it can go.
pub fn step(rules: Rules, world: &World, stage: &WatchStage, outcomes: &mut Outcomes<WatchStage>) {
    match *stage {
        WatchStage::StopSession { closing } => stop_session(rules, world, closing, outcomes),
        WatchStage::FinalChecklist { closing } => {
            let Binding { issue, event } = bound(rules, world, closing.slot);
            if closing.forged {
                return outcomes.go_on(WatchStage::Ring { closing }, *world);
            }
            if forge::refuses_comments(world, issue) {
                return if rules.are(Variant::StopsAtRefusal) {
                    outcomes.finish(*world)
                } else {
                    outcomes.go_on(WatchStage::Ring { closing }, *world)
                };
            }
            let after = forge::write(world, issue, |issue| issue.final_text = Some(event));
            outcomes.go_on(WatchStage::Ring { closing }, after);
        }
        WatchStage::Ring { closing } => {
            let slot = world.slots.of(closing.slot);
            let quiet = closing.ending == Ending::StoodDown || rules.are(Variant::BellLast);
            if rules.are(Variant::GivesUpNoSink) && world.refusal == Refusal::Sink && !quiet {
                // The sink that answers rings once, the other one is waited for.
                let after = t3::on_slot(&ring(world, closing.slot), closing.slot, |slot| {
                    slot.noted = true;
                });
                outcomes.finish(if slot.noted { *world } else { after });
            } else if slot.noted || quiet {
                outcomes.go_on(after_the_bell(closing), *world);
            } else {
                outcomes.go_on(
                    WatchStage::NoteReceipt { closing },
                    ring(world, closing.slot),
                );
            }
        }
        WatchStage::NoteReceipt { closing } => outcomes.go_on(
            after_the_bell(closing),
            t3::on_slot(world, closing.slot, |slot| slot.noted = true),
        ),
        WatchStage::SettleIssue { closing } => settle_issue(rules, world, closing, outcomes),
        WatchStage::RemoveReady { closing } => {
            let Binding { issue, event } = bound(rules, world, closing.slot);
            let after = forge::write(world, issue, |issue| {
                if issue.event == event {
                    issue.ready = false;
                }
            });
            if rules.are(Variant::LockBeforeReady) {
                outcomes.go_on(WatchStage::Archive { closing }, after);
            } else {
                outcomes.go_on(WatchStage::RemoveLock { closing }, after);
            }
        }
        WatchStage::RemoveLock { closing } => remove_lock(rules, world, closing, outcomes),
        WatchStage::Archive { closing } => {
            let mut after = t3::on_slot(world, closing.slot, |slot| slot.released = true);
            let slot = world.slots.of(closing.slot);
            let withdrawn = slot.binding.is_none_or(|binding| !asks_for(world, binding));
            let hushed = slot.rings == 0 && (closing.ending.is_loud() || !withdrawn);
            let judged = rules.have(Troubles::FORGES);
            after.wrongs.note(Wrongs::HUSHED, judged && hushed);
            if rules.are(Variant::BellLast) {
                outcomes.go_on(WatchStage::RingLate { closing }, after);
            } else {
                outcomes.finish(after);
            }
        }
        WatchStage::RingLate { closing } => outcomes.finish(ring(world, closing.slot)),
        WatchStage::ReadAndDecide
        | WatchStage::Act { .. }
        | WatchStage::ReadBackEnd { .. }
        | WatchStage::ReadBackStep { .. }
        | WatchStage::RepairLock { .. }
        | WatchStage::ListLocks { .. }
        | WatchStage::LookAgain { .. }
        | WatchStage::HandBackStray { .. }
        | WatchStage::RemoveStrayLock { .. } => unreachable!("{stage} closes nothing"),
    }
}

/// w4: no repository is released under a live agent.
fn stop_session(
    rules: Rules,
    world: &World,
    closing: Closing,
    outcomes: &mut Outcomes<WatchStage>,
) {
    let slot = world.slots.of(closing.slot);
    let next = WatchStage::FinalChecklist { closing };
    if rules.are(Variant::EarlyRelease) {
        let after = t3::on_slot(world, closing.slot, |slot| slot.released = true);
        outcomes.go_on(next, after);
    } else if slot.deleted {
        // Nobody can stop it. The slot keeps its repository instead.
        outcomes.go_on(next, *world);
    } else if slot.agent == Agent::Orphaned {
        if rules.are(Variant::ReleasesOrphans) {
            outcomes.go_on(next, *world);
        } else {
            outcomes.finish(*world);
        }
    } else if slot.released && slot.agent.is_at_work() {
        if rules.are(Variant::StopsInArchive) {
            outcomes.go_on(next, *world);
        } else {
            let after = t3::on_slot(world, closing.slot, |slot| slot.released = false);
            outcomes.go_on(WatchStage::StopSession { closing }, after);
        }
    } else {
        let stopped = t3::on_slot(world, closing.slot, |slot| slot.agent = Agent::Stopped);
        outcomes.go_on(next, stopped);
    }
}

/// What follows w6: nothing on the forge where the binding is contradicted.
fn after_the_bell(closing: Closing) -> WatchStage {
    if closing.forged {
        WatchStage::Archive { closing }
    } else {
        WatchStage::SettleIssue { closing }
    }
}

fn ring(world: &World, slot: SlotNumber) -> World {
    /// More is not told apart.
    const RINGS_MAX: u8 = 9;
    t3::on_slot(world, slot, |slot| {
        slot.rings = (slot.rings + 1).min(RINGS_MAX);
    })
}

/// w7: closes the issue, or hands it back; not when it was labelled anew, and not after a stand-down.
fn settle_issue(
    rules: Rules,
    world: &World,
    closing: Closing,
    outcomes: &mut Outcomes<WatchStage>,
) {
    let Binding { issue, event } = bound(rules, world, closing.slot);
    let rearmed = world.issue(issue).event != event;
    let slot = world.slots.of(closing.slot);
    let mut after = match closing.ending {
        Ending::Done if !rearmed => {
            let mut after = forge::write(world, issue, |issue| issue.open = false);
            let green = slot.pushed && slot.ci == super::slot::Ci::Green;
            after.wrongs.note(Wrongs::UNPROVEN, !green);
            after
        }
        Ending::NeedsHuman | Ending::Frozen if !rearmed => {
            forge::write(world, issue, |issue| issue.human = true)
        }
        Ending::Done | Ending::NeedsHuman | Ending::Frozen | Ending::StoodDown => {
            return outcomes.go_on(WatchStage::RemoveLock { closing }, *world);
        }
    };
    let own = slot.binding.is_some_and(|binding| binding.issue == issue);
    after.wrongs.note(Wrongs::FOREIGN, !own);
    if rules.are(Variant::LockBeforeReady) {
        outcomes.go_on(WatchStage::RemoveLock { closing }, after);
    } else {
        outcomes.go_on(WatchStage::RemoveReady { closing }, after);
    }
}

/// w9.
fn remove_lock(rules: Rules, world: &World, closing: Closing, outcomes: &mut Outcomes<WatchStage>) {
    let Binding { issue, event } = bound(rules, world, closing.slot);
    let mut after = forge::write(world, issue, |issue| issue.lock = false);
    let left = *after.issue(issue);
    let loud = closing.ending.is_loud();
    let writable = world.refusal != Refusal::Writes(issue);
    let exposed = loud && writable && left.open && left.ready && left.event == event;
    after.wrongs.note(Wrongs::EXPOSED, exposed);
    if rules.are(Variant::LockBeforeReady) && loud {
        outcomes.go_on(WatchStage::RemoveReady { closing }, after);
    } else {
        outcomes.go_on(WatchStage::Archive { closing }, after);
    }
}
