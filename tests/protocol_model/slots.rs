//! All slots of the repository, in their order, and what they tell of an issue.

use std::fmt;

use super::slot::{Binding, Slot};

/// Slots that one repository may use before the model stops starting runs.
pub const SLOTS_MAX: usize = 4;

/// The n-th slot of the repository, from zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotNumber(pub u8);

impl SlotNumber {
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for SlotNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "slot {}", self.0 + 1)
    }
}

/// All slots of the repository, as T3 shows them at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slots {
    known: [Option<Slot>; SLOTS_MAX],
    count: u8,
}

impl Slots {
    pub const NONE: Self = Self {
        known: [None; SLOTS_MAX],
        count: 0,
    };

    pub const fn count(&self) -> usize {
        self.count as usize
    }

    /// The number that the next slot would have.
    pub const fn next(&self) -> SlotNumber {
        SlotNumber(self.count)
    }

    pub fn is_full(&self) -> bool {
        self.count() == SLOTS_MAX
    }

    pub fn contains(&self, number: SlotNumber) -> bool {
        number.0 < self.count
    }

    pub fn push(&mut self, slot: Slot) {
        self.known[self.count()] = Some(slot);
        self.count += 1;
    }

    /// Forgets every slot from the `count`th on.
    pub fn truncate(&mut self, count: u8) {
        for slot in &mut self.known[usize::from(count)..] {
            *slot = None;
        }
        self.count = self.count.min(count);
    }

    /// The slot; the caller has seen that it exists.
    pub fn of(&self, number: SlotNumber) -> &Slot {
        self.known[number.index()]
            .as_ref()
            .expect("the slot exists")
    }

    pub fn of_mut(&mut self, number: SlotNumber) -> &mut Slot {
        self.known[number.index()]
            .as_mut()
            .expect("the slot exists")
    }

    /// Every slot with its number, in order.
    pub fn iter(&self) -> impl Iterator<Item = (SlotNumber, &Slot)> {
        (0..self.count).map(|number| (SlotNumber(number), self.of(SlotNumber(number))))
    }

    /// Whether a slot is bound to this authorisation: it had its run.
    pub fn had_run(&self, binding: Binding) -> bool {
        self.iter().any(|(_, slot)| slot.binding == Some(binding))
    }

    pub fn code(&self) -> [u64; 3] {
        let code = |index: usize| match &self.known[index] {
            None => 0,
            Some(slot) => slot.code(),
        };
        // The last of the four lies in the high bits of the other three.
        let last = code(3);
        [0, 1, 2].map(|part| code(part) | (last >> (16 * part) & 0xffff) << 48)
    }
}
