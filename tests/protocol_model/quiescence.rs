//! I4: from every world that can be reached, ticks that do not crash and do not overlap come to rest, and rest well.
//!
//! A round is a poll tick, a watch tick, and one thing that agents, CI or T3 do, if they still have something to do. First, all
//! worlds that rounds lead to while lists may lag; then, from each of those, rounds whose lists are up to date. Of the second
//! kind no way may go in circles, whatever is chosen on it, and the world where it ends must have nothing left over. No way is
//! sampled, all are walked. People do nothing meanwhile.

use super::decision::{Decision, decide};
use super::issue::ISSUES;
use super::search::fingerprint_of;
use super::slot::{Binding, Forgery, Slot};
use super::state::{Steps, Tick};
use super::t3::Turn;
use super::troubles::{Known, Rules, Troubles};
use super::variants::Variant;
use super::visited::Visited;
use super::world::{Brake, Refusal, World};

/// What must not be left over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Leftover {
    /// A bound slot is never released.
    RunNotTerminal,
    /// A bell that somebody waits for never rings.
    NoBell,
    /// A lock label stays without a run.
    PhantomLock,
    /// An issue asks for a run and gets none.
    StarvedIssue,
    /// An agent works on although everything was halted.
    LiveAgent,
    /// The rounds go on for ever.
    NeverRests,
}

/// What came of all rounds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rest {
    /// From how many worlds the rounds were walked.
    pub worlds: usize,
    /// In how many of them nothing moves any more.
    pub at_rest: usize,
    /// What was left over anywhere, and in how many worlds.
    pub leftovers: Vec<(Leftover, usize)>,
}

impl Rest {
    /// Walks all rounds from `worlds`.
    pub fn after(rules: Rules, worlds: &[World]) -> Self {
        let mut steps = Steps::new(rules);
        let lagging = Rounds::from(&mut steps, worlds.iter().copied(), Lists::MayLag);
        // A brake stays on, or somebody takes it off.
        let settled = lagging.worlds.into_iter().flat_map(|world| {
            let free = World {
                brake: Brake::Off,
                ..world
            };
            [up_to_date(world), up_to_date(free)]
        });
        let rounds = Rounds::from(&mut steps, settled, Lists::UpToDate);
        rounds.rest(rules)
    }

    pub fn count(&self, leftover: Leftover) -> usize {
        self.leftovers
            .iter()
            .find(|(found, _)| *found == leftover)
            .map_or(0, |(_, count)| *count)
    }

    fn note(&mut self, leftover: Leftover) {
        match self
            .leftovers
            .iter_mut()
            .find(|(found, _)| *found == leftover)
        {
            Some((_, count)) => *count += 1,
            None => self.leftovers.push((leftover, 1)),
        }
    }
}

/// Whether the forge's lists may still show what was before the last write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lists {
    MayLag,
    UpToDate,
}

/// Worlds, and to which of them a round leads from each.
struct Rounds {
    worlds: Vec<World>,
    /// Without the way from a world to itself.
    onward: Vec<Vec<u32>>,
}

impl Rounds {
    fn from(steps: &mut Steps, starts: impl Iterator<Item = World>, lists: Lists) -> Self {
        let mut seen = Visited::new();
        let mut rounds = Self {
            worlds: Vec::new(),
            onward: Vec::new(),
        };
        for world in starts {
            if seen.insert(fingerprint_of(&world)).is_new() {
                rounds.worlds.push(world);
            }
        }
        let mut next = 0;
        while next < rounds.worlds.len() {
            let world = rounds.worlds[next];
            let mut onward = Vec::new();
            for after in round(steps, &world, lists) {
                let arrival = seen.insert(fingerprint_of(&after));
                if arrival.is_new() {
                    rounds.worlds.push(after);
                }
                if arrival.number() as usize != next {
                    onward.push(arrival.number());
                }
            }
            rounds.onward.push(onward);
            next += 1;
        }
        rounds
    }

    fn rest(&self, rules: Rules) -> Rest {
        let mut rest = Rest {
            worlds: self.worlds.len(),
            ..Rest::default()
        };
        for (world, onward) in self.worlds.iter().zip(&self.onward) {
            if onward.is_empty() {
                rest.at_rest += 1;
                for leftover in leftovers(rules, world) {
                    rest.note(leftover);
                }
            }
        }
        for _ in 0..self.going_in_circles() {
            rest.note(Leftover::NeverRests);
        }
        rest
    }

    /// Takes away, again and again, what leads only to what was taken away. Returns how much is left: the ways from there
    /// need not end.
    fn going_in_circles(&self) -> usize {
        let mut ways_on: Vec<usize> = self.onward.iter().map(Vec::len).collect();
        let mut back: Vec<Vec<u32>> = vec![Vec::new(); self.worlds.len()];
        for (from, onward) in self.onward.iter().enumerate() {
            for to in onward {
                back[*to as usize].push(from as u32);
            }
        }
        let mut ending: Vec<usize> = (0..ways_on.len())
            .filter(|world| ways_on[*world] == 0)
            .collect();
        let mut left = self.worlds.len();
        while let Some(world) = ending.pop() {
            left -= 1;
            for from in &back[world] {
                let from = *from as usize;
                ways_on[from] -= 1;
                if ways_on[from] == 0 {
                    ending.push(from);
                }
            }
        }
        left
    }
}

/// The worlds that one round may lead to.
fn round(steps: &mut Steps, world: &World, lists: Lists) -> Vec<World> {
    let rules = steps.rules();
    let mut found = Vec::new();
    for polled in whole_tick(steps, world, Tick::poll(rules), lists) {
        for watched in whole_tick(steps, &polled, Tick::watch(rules), lists) {
            let before = found.len();
            steps.of_machines(&watched, |_, world| found.push(world));
            if found.len() == before {
                found.push(watched);
            }
        }
    }
    distinct(found)
}

/// The worlds that one tick may lead to when nothing disturbs it.
fn whole_tick(steps: &mut Steps, world: &World, tick: Tick, lists: Lists) -> Vec<World> {
    let mut under_way = vec![(tick, *world)];
    let mut done = Vec::new();
    while let Some((tick, world)) = under_way.pop() {
        steps.of_tick(&world, &tick, |next, after| {
            let after = match lists {
                Lists::MayLag => after,
                Lists::UpToDate => up_to_date(after),
            };
            match next {
                Some(next) => under_way.push((next, after)),
                None => done.push(after),
            }
        });
    }
    distinct(done)
}

fn distinct(worlds: Vec<World>) -> Vec<World> {
    let mut distinct: Vec<World> = Vec::new();
    for world in worlds {
        if !distinct.contains(&world) {
            distinct.push(world);
        }
    }
    distinct
}

fn up_to_date(world: World) -> World {
    World {
        before: world.issues,
        ..world
    }
}

/// What is left over in a world where nothing moves.
fn leftovers(rules: Rules, world: &World) -> Vec<Leftover> {
    let mut found = Vec::new();
    let braked = world.brake != Brake::Off;
    // A brake holds up what would be started, or sent.
    let waits = |slot: &Slot| {
        let would_send = match decide(rules, slot, Brake::Off) {
            Decision::Send(Turn::Corrective) => true,
            Decision::Send(Turn::Resume) => world.brake == Brake::Drain,
            Decision::Wait | Decision::End(_) => false,
        };
        braked && slot.ending.is_none() && (slot.is_allocated() || would_send)
    };
    for (_, slot) in world.slots.iter() {
        if world.brake == Brake::Halt && slot.agent.is_at_work() && !slot.released {
            found.push(Leftover::LiveAgent);
        }
        if waits(slot) {
            continue;
        }
        if slot.binding.is_some() && rules.is_unfinished(slot) {
            found.push(Leftover::RunNotTerminal);
        }
        if slot.is_silent() {
            found.push(Leftover::NoBell);
        }
    }
    // A stray keeps its lock label until a person takes it off, and so does an issue that nobody may write to.
    let held = ISSUES.map(|number| {
        let contradicted = |slot: &Slot| {
            slot.forgery == Forgery::Binding
                && slot.binding.is_some_and(|binding| binding.issue == number)
        };
        let issue = world.issue(number);
        let lost = rules.have(Troubles::RESTORES)
            && issue.human
            && rules.knowledge(&world.slots, number) == Known::Nothing;
        let waits = |slot: &Slot| {
            waits(slot) && slot.binding.is_some_and(|binding| binding.issue == number)
        };
        issue.lock
            && (world.refusal == Refusal::Writes(number)
                || lost
                || world.slots.iter().any(|(_, slot)| waits(slot))
                || issue.human && world.slots.iter().any(|(_, slot)| contradicted(slot)))
    });
    for number in ISSUES {
        let issue = world.issue(number);
        let asked = Binding {
            issue: number,
            event: issue.event,
        };
        if issue.lock && !held[number.index()] {
            found.push(Leftover::PhantomLock);
        }
        let free = !world.slots.is_full() && held == [false, false];
        if issue.asks_for_run() && !world.slots.had_run(asked) && free && !braked {
            found.push(Leftover::StarvedIssue);
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

#[test]
fn rounds_that_go_in_circles_are_seen() {
    let rounds = |onward: &[&[u32]]| Rounds {
        worlds: vec![World::start(Troubles::NONE); onward.len()],
        onward: onward.iter().map(|onward| onward.to_vec()).collect(),
    };
    assert_eq!(rounds(&[&[1, 2], &[2], &[]]).going_in_circles(), 0);
    // The second and the third lead to each other, the first leads there.
    let circle = rounds(&[&[1, 3], &[2], &[1, 3], &[]]);
    assert_eq!(circle.going_in_circles(), 3);
    assert_eq!(
        circle
            .rest(Variant::Protocol.into())
            .count(Leftover::NeverRests),
        3
    );
}
