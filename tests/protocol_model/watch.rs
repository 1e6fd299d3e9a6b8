//! `afk-watch`, one request per step (SPEC 4.3): w1 to w3, and strays.
//!
//! A tick drives one run, or one stray lock label; which of them is any. The checklist is reduced to its final text.

use super::closing;
use super::decision::{Decision, asks_for, decide};
use super::forge;
use super::issue::{ISSUES, IssueNumber};
use super::outcomes::Outcomes;
use super::slot::{Agent, Ci, Ending, Slot};
use super::slots::SlotNumber;
use super::t3;
use super::troubles::{Known, Rules, Troubles};
use super::variants::Variant;
use super::watch_stage::{Act, Attempt, WatchStage};
use super::world::{Brake, World, Wrongs};

/// How many step ids one tick tries.
const TRIES_MAX: u8 = 5;

/// Carries out one step of a watch tick, in every way it can go.
pub fn step(rules: Rules, world: &World, stage: &WatchStage, outcomes: &mut Outcomes<WatchStage>) {
    match *stage {
        WatchStage::ReadAndDecide => read_and_decide(rules, world, outcomes),
        WatchStage::Act { attempt, act } => take_step(rules, world, attempt, act, outcomes),
        WatchStage::ReadBackEnd { slot } => {
            let found = world.slots.of(slot);
            match closing::begin(rules, world, slot, found) {
                Some(next) => outcomes.go_on(next, *world),
                None => outcomes.finish(*world),
            }
        }
        WatchStage::ReadBackStep { attempt, act } => {
            read_back_step(rules, world, attempt, act, outcomes);
        }
        WatchStage::RepairLock { slot } => {
            let issue = closing::bound(rules, world, slot).issue;
            outcomes.finish(forge::write(world, issue, |issue| issue.lock = true));
        }
        WatchStage::ListLocks { known } => {
            for listing in forge::listings(world) {
                let mut strays = false;
                for issue in ISSUES {
                    let known = known[issue.index()];
                    if listing[issue.index()].lock && known != Known::Live {
                        strays = true;
                        if rules.are(Variant::StraysByOldReading) {
                            stray(rules, world, issue, known, outcomes);
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
            let known = rules.knowledge(&world.slots, issue);
            stray(rules, world, issue, known, outcomes);
        }
        WatchStage::HandBackStray { issue } => {
            let mut after = forge::write(world, issue, |issue| issue.human = true);
            let live = rules.knowledge(&world.slots, issue) == Known::Live;
            let untouched = world.may.has(super::world::People::TAMPER);
            after.wrongs.note(Wrongs::FALSE_ALARM, live && untouched);
            outcomes.finish(after);
        }
        WatchStage::RemoveStrayLock { issue } => {
            outcomes.finish(forge::write(world, issue, |issue| issue.lock = false));
        }
        WatchStage::StopSession { .. }
        | WatchStage::FinalChecklist { .. }
        | WatchStage::Ring { .. }
        | WatchStage::NoteReceipt { .. }
        | WatchStage::SettleIssue { .. }
        | WatchStage::RemoveReady { .. }
        | WatchStage::RemoveLock { .. }
        | WatchStage::Archive { .. }
        | WatchStage::RingLate { .. } => closing::step(rules, world, stage, outcomes),
    }
}

/// w1 to w3.
fn read_and_decide(rules: Rules, world: &World, outcomes: &mut Outcomes<WatchStage>) {
    let mut nothing = true;
    for (slot, found) in world.slots.iter() {
        let Some(binding) = found.binding else {
            continue;
        };
        if !rules.is_unfinished(found) {
            continue;
        }
        nothing = false;
        let act = |act: Act| WatchStage::Act {
            attempt: Attempt {
                slot,
                step: found.next,
                tried: 0,
            },
            act,
        };
        if found.ending.is_some() {
            outcomes.go_on(WatchStage::ReadBackEnd { slot }, *world);
        } else if rules.variant.creation_binds() && seems_allocated(rules, found) {
            if asks_for(world, binding) {
                outcomes.finish(*world);
            } else {
                outcomes.go_on(act(Act::End(Ending::StoodDown)), *world);
            }
        } else {
            let mut seen = *found;
            let trailer = slot.index() == 0 && world.old_commit.is_some();
            if rules.are(Variant::BelievesTrailers) && trailer {
                (seen.pushed, seen.ci) = (true, Ci::Green);
            }
            match decide(rules, &seen, world.brake) {
                Decision::Wait => outcomes.go_on(WatchStage::RepairLock { slot }, *world),
                Decision::Send(turn) => {
                    let mut after = *world;
                    after.wrongs.note(Wrongs::BRAKED, world.brake != Brake::Off);
                    outcomes.go_on(act(Act::Send(turn)), after);
                    if turn == t3::Turn::Resume {
                        // Its time has not come yet.
                        outcomes.go_on(WatchStage::RepairLock { slot }, *world);
                    }
                }
                Decision::End(ending) => outcomes.go_on(act(Act::End(ending)), *world),
            }
        }
    }
    if rules.variant.reads_apart() {
        let known = ISSUES.map(|issue| rules.knowledge(&world.slots, issue));
        return outcomes.go_on(WatchStage::ListLocks { known }, *world);
    }
    for issue in ISSUES {
        let known = rules.knowledge(&world.slots, issue);
        let is_stray = world.issue(issue).lock && known != Known::Live;
        if is_stray && !rules.are(Variant::StraysIgnored) {
            nothing = false;
            // Where T3 loses nothing, and lists do not lag, nothing is ever a stray because T3 lost it.
            let known = if rules.have(Troubles::RESTORES) {
                known
            } else {
                Known::Released
            };
            stray(rules, world, issue, known, outcomes);
        }
    }
    if nothing {
        outcomes.finish(*world);
    }
}

/// Whether a slot looks as if nothing was ever said in it.
fn seems_allocated(rules: Rules, slot: &Slot) -> bool {
    if rules.are(Variant::StartedByMessages) {
        slot.next == 0
    } else {
        slot.is_allocated()
    }
}

/// w3: an act under a step id.
fn take_step(
    rules: Rules,
    world: &World,
    attempt: Attempt,
    act: Act,
    outcomes: &mut Outcomes<WatchStage>,
) {
    let Attempt { slot, step, .. } = attempt;
    let after = match act {
        Act::Send(turn) => t3::start_turn(rules, world, slot, step, turn),
        Act::End(ending) => {
            let before = world.slots.of(slot);
            let mut after = t3::record_end(world, slot, step, ending);
            let unspent = ending == Ending::Frozen
                && before.ending.is_none()
                && after.slots.of(slot).ending.is_some()
                && before.ci == Ci::Red
                && before.fixes < super::decision::FIXES_MAX
                && before.agent != Agent::Interrupted
                && !before.released;
            // A turn that T3 forgot is not to be counted, and who halts everything wants no more turns.
            let counted = !rules.have(Troubles::FORGETS) && !rules.have(Troubles::BRAKES);
            after.wrongs.note(Wrongs::UNSPENT, unspent && counted);
            after
        }
    };
    if rules.have(Troubles::FORGETS) {
        return outcomes.go_on(WatchStage::ReadBackStep { attempt, act }, after);
    }
    match act {
        Act::Send(_) => outcomes.finish(after),
        Act::End(_) => outcomes.go_on(WatchStage::ReadBackEnd { slot }, after),
    }
}

/// w3: an id that was accepted and shows nothing was used before T3 forgot it.
fn read_back_step(
    rules: Rules,
    world: &World,
    attempt: Attempt,
    act: Act,
    outcomes: &mut Outcomes<WatchStage>,
) {
    let found = world.slots.of(attempt.slot);
    if found.ending.is_some() {
        return match closing::begin(rules, world, attempt.slot, found) {
            Some(next) => outcomes.go_on(next, *world),
            None => outcomes.finish(*world),
        };
    }
    let tried = attempt.tried + 1;
    let shows_a_turn = found.next > attempt.step;
    if shows_a_turn || tried == TRIES_MAX || rules.are(Variant::NeverProbes) {
        return outcomes.finish(*world);
    }
    let mut try_step = |step: u8| {
        let attempt = Attempt {
            step,
            tried,
            ..attempt
        };
        outcomes.go_on(WatchStage::Act { attempt, act }, *world);
    };
    try_step(attempt.step + 1);
    if rules.are(Variant::ProbesAnyOrder) {
        try_step(attempt.step + 2);
    }
}

/// What becomes of a lock label without a live run.
fn stray(
    rules: Rules,
    world: &World,
    issue: IssueNumber,
    known: Known,
    outcomes: &mut Outcomes<WatchStage>,
) {
    match known {
        Known::Live => outcomes.finish(*world),
        Known::Released => match unsettled(rules, world, issue) {
            Some((slot, found)) => match closing::resume_at_bell(rules, world, slot, found) {
                Some(next) => outcomes.go_on(next, *world),
                None => outcomes.finish(*world),
            },
            None => outcomes.go_on(WatchStage::RemoveStrayLock { issue }, *world),
        },
        Known::Nothing => outcomes.go_on(WatchStage::HandBackStray { issue }, *world),
    }
}

/// The ended run of a stray, where people may have archived it before everything was done.
fn unsettled(rules: Rules, world: &World, issue: IssueNumber) -> Option<(SlotNumber, &Slot)> {
    if !rules.have(Troubles::REMOVES) {
        return None;
    }
    let of_issue = |slot: &Slot| slot.binding.is_some_and(|binding| binding.issue == issue);
    let (number, slot) = world
        .slots
        .iter()
        .filter(|(_, slot)| of_issue(slot))
        .last()?;
    slot.ending
        .is_some_and(Ending::is_loud)
        .then_some((number, slot))
}
