//! What must never be, and what must have happened at least once for the search to mean anything.

use super::issue::LabelEvent;
use super::slot::{Agent, Ending, Slot};
use super::slots::SlotNumber;
use super::troubles::Rules;
use super::world::{World, Wrongs};

/// Something that must never be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Violation {
    /// I2: one repository, two agents at work.
    TwoLiveAgents,
    /// I3: one labelling started two runs.
    DispatchedTwice,
    /// I5: a run was released and its bell never rang.
    ReleasedUnrung,
    /// I6: an end took the lock label from an open issue that still showed the ready label of the run that was over.
    ExposedIssue,
    /// An issue with a live run was handed back as a stray, and nobody had changed a label by hand.
    FalseAlarm,
    /// An issue was closed although the commit of its run was not green.
    ClosedUnproven,
    /// A run that nobody had withdrawn was released without a bell.
    Hushed,
    /// An end was written to an issue that its run was not about.
    WroteToForeignIssue,
    /// A turn was sent to a run whose end was recorded.
    WokenAfterEnd,
    /// A run with a red commit and turns left was ended as if they were used up.
    FrozenUnspent,
    /// A turn was decided on although a brake was on.
    TurnWhileBraked,
}

/// What a step leaves behind for the properties, and what it violates.
const NOTED: [(Wrongs, Violation); 8] = [
    (Wrongs::BRAKED, Violation::TurnWhileBraked),
    (Wrongs::EXPOSED, Violation::ExposedIssue),
    (Wrongs::FALSE_ALARM, Violation::FalseAlarm),
    (Wrongs::UNPROVEN, Violation::ClosedUnproven),
    (Wrongs::HUSHED, Violation::Hushed),
    (Wrongs::FOREIGN, Violation::WroteToForeignIssue),
    (Wrongs::WOKEN, Violation::WokenAfterEnd),
    (Wrongs::UNSPENT, Violation::FrozenUnspent),
];

/// Returns what is wrong with a world.
pub fn violations(rules: Rules, world: &World, found: &mut Vec<Violation>) {
    let slots = || world.slots.iter();
    if slots().filter(|(_, slot)| slot.agent.is_at_work()).count() > 1 {
        found.push(Violation::TwoLiveAgents);
    }
    for (number, slot) in slots() {
        let twin =
            |(other, twin): (SlotNumber, &Slot)| other.0 > number.0 && twin.binding == slot.binding;
        if slot.binding.is_some() && slots().any(twin) {
            found.push(Violation::DispatchedTwice);
        }
        if !rules.is_unfinished(slot) && slot.is_silent() {
            found.push(Violation::ReleasedUnrung);
        }
    }
    for (wrong, violation) in NOTED {
        if world.wrongs.has(wrong) {
            found.push(violation);
        }
    }
}

/// How many states show what the search must have come past.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reached {
    pub archived: u32,
    pub two_slots: u32,
    pub second_run_live: u32,
    pub fix_used: u32,
    pub closed: u32,
    pub stood_down: u32,
    pub rearmed_dispatched: u32,
    /// The most often that one run's bell rang.
    pub most_rings: u8,
}

impl Reached {
    pub fn count(&mut self, world: &World) {
        let slots = &world.slots;
        let mut archived = false;
        let mut fix_used = false;
        let mut stood_down = false;
        let mut rearmed = false;
        for (number, slot) in slots.iter() {
            archived |= slot.released;
            fix_used |= slot.fixes > 0;
            stood_down |= slot.ending == Some(Ending::StoodDown);
            rearmed |= slot
                .binding
                .is_some_and(|binding| binding.event == LabelEvent::Rearming);
            self.most_rings = self.most_rings.max(slot.rings);
            if number == SlotNumber(1) {
                self.two_slots += 1;
                self.second_run_live += u32::from(slot.agent == Agent::Running);
            }
        }
        self.archived += u32::from(archived);
        self.fix_used += u32::from(fix_used);
        self.stood_down += u32::from(stood_down);
        self.rearmed_dispatched += u32::from(rearmed);
        self.closed += u32::from(world.issues.iter().any(|issue| !issue.open));
    }
}
