//! What happens without us: agents, CI, T3's restarts, and people.
//!
//! Each call gives every single thing that may happen next. People are bounded by what they may still do once.

use super::forge;
use super::issue::{ISSUES, LabelEvent};
use super::slot::{Agent, Ci, Ending, Forgery, Slot};
use super::slots::SlotNumber;
use super::t3;
use super::troubles::{Rules, Troubles};
use super::world::{Brake, People, Refusal, World};

/// Who did something, for the trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    Agent(SlotNumber),
    Ci(SlotNumber),
    /// A restart of T3, or a turn that it accepted and lost.
    T3(SlotNumber),
    Person,
    /// Somebody in T3: a person in the cockpit, or whoever else can write there.
    Cockpit(SlotNumber),
}

/// Agents, CI and T3.
pub fn machines(rules: Rules, world: &World, happened: &mut Vec<(Actor, World)>) {
    for (number, slot) in world.slots.iter() {
        let agent = |agent: Agent| t3::on_slot(world, number, |slot| slot.agent = agent);
        match slot.agent {
            Agent::Running => {
                happened.push((Actor::T3(number), agent(Agent::Lost)));
                happened.push((Actor::Agent(number), agent(Agent::Idle)));
                if rules.have(Troubles::PROVIDER) {
                    happened.push((Actor::Agent(number), agent(Agent::Interrupted)));
                }
                if rules.have(Troubles::RESTARTS) {
                    happened.push((Actor::T3(number), agent(Agent::Orphaned)));
                }
            }
            Agent::Orphaned => happened.push((Actor::T3(number), agent(Agent::Interrupted))),
            Agent::Absent | Agent::Idle | Agent::Stopped | Agent::Lost | Agent::Interrupted => {}
        }
        if slot.agent.is_at_work() && !slot.pushed {
            let pushed = t3::on_slot(world, number, |slot| {
                slot.pushed = true;
                slot.ci = Ci::Pending;
                slot.resumes = 0;
            });
            happened.push((Actor::Agent(number), pushed));
        }
        let followed = slot.ending.is_none() || slot.forgery == Forgery::End;
        if slot.pushed && slot.ci == Ci::Pending && followed {
            for verdict in [Ci::Green, Ci::Red] {
                let judged = t3::on_slot(world, number, |slot| slot.ci = verdict);
                happened.push((Actor::Ci(number), judged));
            }
        }
    }
}

/// People: they label an issue anew, withdraw the ready label, and flip the lock label by hand.
///
/// `idle` says that no tick is under way: T3 is put back from a backup only then, because it is down meanwhile for longer than a
/// tick lasts.
pub fn people(rules: Rules, world: &World, idle: bool, happened: &mut Vec<(Actor, World)>) {
    if world.may.has(People::REARM) {
        for number in ISSUES {
            let issue = world.issue(number);
            if (issue.human || rules.variant.creation_binds()) && !issue.ready && issue.open {
                let mut after = forge::write(world, number, |issue| {
                    issue.ready = true;
                    issue.human = false;
                    issue.event = LabelEvent::Rearming;
                });
                after.may = world.may.without(People::REARM);
                happened.push((Actor::Person, after));
            }
        }
    }
    if world.may.has(People::TAMPER) {
        for number in ISSUES {
            let issue = world.issue(number);
            if rules.variant.creation_binds() && issue.ready && issue.open {
                let mut after = forge::write(world, number, |issue| issue.ready = false);
                after.may = world.may.without(People::TAMPER);
                happened.push((Actor::Person, after));
            }
            let mut after = forge::write(world, number, |issue| issue.lock = !issue.lock);
            after.may = world.may.without(People::TAMPER);
            happened.push((Actor::Person, after));
        }
    }
    if world.may.has(People::REFUSE) {
        let [first, second] = ISSUES;
        for refusal in [
            Refusal::Comments(first),
            Refusal::Comments(second),
            Refusal::Writes(first),
            Refusal::Writes(second),
            Refusal::Sink,
        ] {
            let mut after = *world;
            after.refusal = refusal;
            after.may = world.may.without(People::REFUSE);
            happened.push((Actor::Person, after));
        }
    }
    if world.brake != Brake::Off {
        happened.push((Actor::Person, with_brake(world, Brake::Off)));
    } else if world.may.has(People::BRAKE) {
        for brake in [Brake::Drain, Brake::Halt] {
            let mut after = with_brake(world, brake);
            after.may = world.may.without(People::BRAKE);
            happened.push((Actor::Person, after));
        }
    }
    if world.may.has(People::RESTORE) && idle {
        for mut after in backups(world) {
            after.may = world.may.without(People::RESTORE);
            happened.push((Actor::Person, after));
        }
    }
    for (number, slot) in world.slots.iter() {
        if slot.binding.is_some() && !slot.released {
            in_the_cockpit(world, number, slot, happened);
        }
    }
}

fn with_brake(world: &World, brake: Brake) -> World {
    World { brake, ..*world }
}

/// T3 as it was before a slot was created, right after that, and right after its first turn. Nobody is at work afterwards; what
/// was pushed stays pushed.
fn backups(world: &World) -> Vec<World> {
    let mut found = Vec::new();
    for (number, slot) in world.slots.iter() {
        let mut before = *world;
        before.slots.truncate(number.0);
        let binding = slot.binding.filter(|_| slot.pushed && slot.ci == Ci::Green);
        if let Some(binding) = binding.filter(|_| number.index() == 0) {
            before.old_commit = Some(binding.issue);
        }
        let back = Slot {
            pushed: slot.pushed,
            ci: slot.ci,
            ..Slot::allocated(slot.binding)
        };
        let mut allocated = World {
            old_commit: world.old_commit,
            ..before
        };
        let mut started = allocated;
        let mut begun = Slot {
            agent: Agent::Lost,
            ..back
        };
        begun.burn(0);
        allocated.slots.push(back);
        started.slots.push(begun);
        found.push(before);
        if !slot.is_allocated() {
            found.extend([allocated, started]);
        }
    }
    found.retain(|after| after.slots != world.slots);
    found
}

/// What is done to one thread by people in T3, by whoever can write there, and by T3's own cutting.
fn in_the_cockpit(
    world: &World,
    number: SlotNumber,
    slot: &Slot,
    happened: &mut Vec<(Actor, World)>,
) {
    let mut may = |deed: People, change: &dyn Fn(&mut Slot)| {
        if world.may.has(deed) {
            let mut after = t3::on_slot(world, number, change);
            after.may = world.may.without(deed);
            happened.push((Actor::Cockpit(number), after));
        }
    };
    if slot.ending.is_none() && slot.next > 1 {
        may(People::FORGET, &|slot| {
            slot.next -= 1;
            if slot.resumes > 0 {
                slot.resumes -= 1;
            } else {
                slot.fixes = slot.fixes.saturating_sub(1);
            }
        });
    }
    if slot.ending.is_none() && slot.next > 0 {
        may(People::FORGET, &|slot| {
            slot.next = 0;
            slot.fixes = 0;
            slot.resumes = 0;
        });
    }
    for ending in [Ending::Done, Ending::StoodDown] {
        may(People::FORGE, &|slot| {
            slot.ending = Some(ending);
            slot.forgery = Forgery::End;
        });
    }
    may(People::FORGE, &|slot| slot.forgery = Forgery::Binding);
    may(People::REMOVE, &|slot| slot.released = true);
    may(People::REMOVE, &|slot| {
        slot.released = true;
        slot.deleted = true;
    });
}
