//! What happens without us: agents, CI, T3's restarts, and people.
//!
//! Each call gives every single thing that may happen next. People are bounded by what they may still do once.

use super::forge;
use super::t3;
use super::variants::Variant;
use super::world::{Agent, Ci, ISSUES, LabelEvent, SlotNumber, World};

/// Who did something, for the trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    Agent(SlotNumber),
    Ci(SlotNumber),
    /// A restart of T3, or a turn that it accepted and lost.
    T3(SlotNumber),
    Person,
}

/// Agents, CI and T3.
pub fn machines(world: &World, happened: &mut Vec<(Actor, World)>) {
    for (number, slot) in world.slots.iter() {
        let agent = |agent: Agent| t3::on_slot(world, number, |slot| slot.agent = agent);
        if slot.agent == Agent::Running {
            happened.push((Actor::T3(number), agent(Agent::Lost)));
            happened.push((Actor::Agent(number), agent(Agent::Idle)));
            if !slot.pushed {
                let pushed = t3::on_slot(world, number, |slot| {
                    slot.pushed = true;
                    slot.ci = Ci::Pending;
                });
                happened.push((Actor::Agent(number), pushed));
            }
        }
        if slot.pushed && slot.ci == Ci::Pending && slot.ending.is_none() {
            for verdict in [Ci::Green, Ci::Red] {
                let judged = t3::on_slot(world, number, |slot| slot.ci = verdict);
                happened.push((Actor::Ci(number), judged));
            }
        }
    }
}

/// People: they label an issue anew, withdraw the ready label, and flip the lock label by hand.
pub fn people(variant: Variant, world: &World, happened: &mut Vec<(Actor, World)>) {
    if world.may_rearm {
        for number in ISSUES {
            let issue = world.issue(number);
            if (issue.human || variant.creation_binds()) && !issue.ready && issue.open {
                let mut after = forge::write(world, number, |issue| {
                    issue.ready = true;
                    issue.human = false;
                    issue.event = LabelEvent::Rearming;
                });
                after.may_rearm = false;
                happened.push((Actor::Person, after));
            }
        }
    }
    if world.may_tamper {
        for number in ISSUES {
            let issue = world.issue(number);
            if variant.creation_binds() && issue.ready && issue.open {
                let mut after = forge::write(world, number, |issue| issue.ready = false);
                after.may_tamper = false;
                happened.push((Actor::Person, after));
            }
            let mut after = forge::write(world, number, |issue| issue.lock = !issue.lock);
            after.may_tamper = false;
            happened.push((Actor::Person, after));
        }
    }
}
