//! T3's commands: each is atomic, takes effect once, and its first writer wins (SPEC 3).
//!
//! A command that lost returns the world unchanged, as T3's receipts do. Who won is for the caller to read back.

use super::variants::Variant;
use super::world::{Agent, Binding, Ci, Ending, Slot, SlotNumber, World};

/// p7, `thread.create`: the id can be created once.
pub fn create_thread(
    variant: Variant,
    world: &World,
    number: SlotNumber,
    binding: Binding,
) -> World {
    let mut after = *world;
    if number == world.slots.next() && !world.slots.is_full() {
        let bound = variant.creation_binds().then_some(binding);
        after.slots.push(Slot::allocated(bound));
    }
    after
}

/// p9, `thread.turn.start` under C(T,0).
pub fn start_first_turn(
    variant: Variant,
    world: &World,
    number: SlotNumber,
    binding: Binding,
) -> World {
    let mut after = *world;
    let slot = after.slots.of_mut(number);
    if slot.steps == 0 {
        slot.steps = 1;
        slot.agent = Agent::Running;
        if !variant.creation_binds() {
            slot.binding = Some(binding);
        }
    }
    after
}

/// `thread.turn.start` under C(T,step), with a corrective message.
pub fn start_corrective_turn(
    variant: Variant,
    world: &World,
    number: SlotNumber,
    step: u8,
) -> World {
    let mut after = *world;
    let slot = after.slots.of_mut(number);
    if variant == Variant::UnguardedTurn || step >= slot.steps {
        slot.steps += 1;
        slot.fixes += 1;
        slot.agent = Agent::Running;
        slot.ci = Ci::Pending;
    }
    after
}

/// `thread.meta.update` under C(T,step): the title gets the end.
pub fn record_end(world: &World, number: SlotNumber, step: u8, ending: Ending) -> World {
    let mut after = *world;
    let slot = after.slots.of_mut(number);
    if step >= slot.steps && slot.ending.is_none() {
        slot.steps += 1;
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
