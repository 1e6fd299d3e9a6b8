//! The search: every state within the bounds, breadth first, so that the first violation found is a shortest one.
//!
//! It keeps fingerprints, and the whole states of the present depth only; the way to a state is walked again from the start
//! when somebody asks for it. Why not a library: stateright (0.31) brings a web server, a random generator and a
//! concurrent map, some dozen crates that nothing else here uses; it does not ask whether *every* way on from *every*
//! state comes to rest (`quiescence.rs`), and as generic code it would be built without optimisation all the same.

use super::properties::{Reached, Violation, violations};
use super::state::{Bounds, Event, Fingerprint, Mixer, State, Steps};
use super::trace::Trace;
use super::troubles::Rules;
use super::visited::{Arrival, Visited};
use super::world::{People, World};

/// When the search stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// Every state was seen.
    Exhausted,
    /// The first state that violates this was seen, or every state.
    Found(Violation),
}

/// The first state, in order of depth, that violates something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    pub violation: Violation,
    /// How many steps lead to it; no fewer do.
    pub depth: usize,
    number: u32,
}

/// What a search saw.
pub struct Search {
    rules: Rules,
    bounds: Bounds,
    visited: Visited,
    /// The state from which each state was seen first. The start is its own.
    parents: Vec<u32>,
    pub findings: Vec<Finding>,
    pub reached: Reached,
    /// The depth of the deepest states.
    pub depth: usize,
    /// Every world that was seen, with no tick under way: from any of them, ticks that do not crash must come to rest.
    pub worlds: Vec<World>,
    seen_worlds: Visited,
}

impl Search {
    /// Runs a search.
    pub fn run(rules: Rules, bounds: Bounds, until: Until) -> Self {
        let mut search = Self {
            rules,
            bounds,
            visited: Visited::new(),
            parents: Vec::new(),
            findings: Vec::new(),
            reached: Reached::default(),
            depth: 0,
            worlds: Vec::new(),
            seen_worlds: Visited::new(),
        };
        search.breadth_first(until);
        search
    }

    /// How many distinct states were seen.
    pub fn states(&self) -> usize {
        self.visited.len()
    }

    fn breadth_first(&mut self, until: Until) {
        let mut steps = Steps::new(self.rules);
        let start = State::start(self.rules, self.bounds);
        let mut present = Vec::new();
        let mut next = Vec::new();
        if let Arrival::New(number) = self.visited.insert(start.fingerprint()) {
            self.parents.push(number);
            present.push((number, start));
        }
        for depth in 0.. {
            self.depth = depth;
            for (number, state) in present.drain(..) {
                self.look_at(number, &state);
                steps.of_state(self.bounds, &state, |_, after| {
                    if let Arrival::New(arrived) = self.visited.insert(after.fingerprint()) {
                        self.parents.push(number);
                        next.push((arrived, after));
                    }
                });
            }
            let found = |finding: &Finding| until == Until::Found(finding.violation);
            if next.is_empty() || self.findings.iter().any(found) {
                return;
            }
            std::mem::swap(&mut present, &mut next);
        }
    }

    fn look_at(&mut self, number: u32, state: &State) {
        let mut wrong = Vec::new();
        violations(self.rules, &state.world, &mut wrong);
        for violation in wrong {
            if !self
                .findings
                .iter()
                .any(|finding| finding.violation == violation)
            {
                let depth = self.depth;
                self.findings.push(Finding {
                    violation,
                    depth,
                    number,
                });
            }
        }
        self.reached.count(&state.world);
        let world = World {
            may: People::NOTHING,
            ..state.world
        };
        if self.seen_worlds.insert(fingerprint_of(&world)).is_new() {
            self.worlds.push(world);
        }
    }

    /// Returns a shortest way to a finding.
    pub fn trace(&self, finding: &Finding) -> Trace {
        let mut way = vec![finding.number];
        let mut number = finding.number;
        while self.parents[number as usize] != number {
            number = self.parents[number as usize];
            way.push(number);
        }
        let mut steps = Steps::new(self.rules);
        let mut state = State::start(self.rules, self.bounds);
        let mut trace = Trace::default();
        for number in way.into_iter().rev().skip(1) {
            let wanted = self.visited.fingerprint(number);
            let mut taken: Option<(Event, State)> = None;
            steps.of_state(self.bounds, &state, |event, after| {
                if after.fingerprint() == wanted {
                    taken = Some((event, after));
                }
            });
            let (event, after) = taken.expect("the search came this way");
            trace.push(&event, &state.world, &after.world);
            state = after;
        }
        trace
    }
}

/// A world as a number.
pub fn fingerprint_of(world: &World) -> Fingerprint {
    let mut mixer = Mixer::new();
    for word in world.code() {
        mixer.add(word);
    }
    mixer.finish()
}
