//! T3's commands: each is atomic, takes effect once, and its first writer wins (SPEC 3).
//!
//! A command that lost returns the world unchanged, as T3's receipts do. Who won is for the caller to read back. Receipts
//! outlive what they were given for: T3 may have forgotten the effect.

use super::slot::{Agent, Binding, Ci, Ending, Forgery, Slot};
use super::slots::SlotNumber;
use super::troubles::Rules;
use super::variants::Variant;
use super::world::{World, Wrongs};

/// p7, `thread.create`: the id can be created once.
pub fn create_thread(rules: Rules, world: &World, number: SlotNumber, binding: Binding) -> World {
    let mut after = *world;
    if number == world.slots.next() && !world.slots.is_full() {
        let bound = rules.variant.creation_binds().then_some(binding);
        after.slots.push(Slot::allocated(bound));
    }
    after
}

/// p9, `thread.turn.start` under C(T,0). In a thread that is archived or deleted nothing ever runs.
pub fn start_first_turn(
    rules: Rules,
    world: &World,
    number: SlotNumber,
    binding: Binding,
) -> World {
    let mut after = *world;
    let slot = after.slots.of_mut(number);
    if slot.burn(0) && !slot.released {
        slot.agent = Agent::Running;
        if number.index() == 0 && world.old_commit == Some(binding.issue) {
            // What it pushed before a restore names its trailer and its issue.
            (slot.pushed, slot.ci) = (true, Ci::Green);
        }
        if !rules.variant.creation_binds() {
            slot.binding = Some(binding);
        }
    }
    after
}

/// Why a later turn is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// With a corrective message.
    Corrective,
    /// With the message "go on".
    Resume,
}

impl Turn {
    /// Whether the protocol under test sends it without the step id that an end would use.
    fn is_unguarded(self, rules: Rules) -> bool {
        match self {
            Self::Corrective => rules.are(Variant::UnguardedTurn),
            Self::Resume => rules.are(Variant::ResumeOutsideSteps),
        }
    }
}

/// `thread.turn.start` under C(T,step).
///
/// It is taken to wake the agent of an archived thread, although T3 is said to let such turns lie: no promise rests on that.
pub fn start_turn(rules: Rules, world: &World, number: SlotNumber, step: u8, turn: Turn) -> World {
    let mut after = *world;
    let slot = after.slots.of_mut(number);
    let step = if turn.is_unguarded(rules) {
        slot.next
    } else {
        step
    };
    if slot.burn(step) {
        match turn {
            Turn::Corrective => {
                slot.fixes += 1;
                slot.resumes = 0;
                slot.ci = Ci::Pending;
            }
            Turn::Resume => slot.resumes += 1,
        }
        if !slot.deleted {
            slot.agent = Agent::Running;
        }
        let woken = slot.ending.is_some() && slot.forgery == Forgery::None;
        after.wrongs.note(Wrongs::WOKEN, woken);
    }
    after
}

/// `thread.meta.update` under C(T,step): the title gets the end. It works on archived and deleted threads as well.
pub fn record_end(world: &World, number: SlotNumber, step: u8, ending: Ending) -> World {
    let mut after = *world;
    let slot = after.slots.of_mut(number);
    if slot.burn(step) {
        slot.ending = Some(ending);
    }
    after
}

/// Changes one slot, by a command that is safe to repeat.
pub fn on_slot(world: &World, number: SlotNumber, change: impl FnOnce(&mut Slot)) -> World {
    let mut after = *world;
    change(after.slots.of_mut(number));
    after
}
