//! A state of the model: the world and the ticks under way; and everything that may happen next in it.
//!
//! A tick that stops for ever and one that crashes are the same, and so are a lost answer and a crash right after the
//! effect, and a request that arrives late and a tick that was paused before it.

use std::fmt;

use super::label_first::{self, LabelPollStage, LabelWatchStage};
use super::outcomes::Outcomes;
use super::poll::{self, PollStage};
use super::surroundings::{self, Actor};
use super::troubles::Rules;
use super::variants::Variant;
use super::watch;
use super::watch_stage::WatchStage;
use super::world::World;

/// Most ticks that may overlap.
pub const OVERLAP_MAX: usize = 3;

/// How many ticks there are, and how many of them may be under way at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    pub ticks: u8,
    pub overlapping: u8,
}

impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ticks x {} overlapping", self.ticks, self.overlapping)
    }
}

/// A tick under way: what it does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tick {
    Poll(PollStage),
    Watch(WatchStage),
    LabelPoll(LabelPollStage),
    LabelWatch(LabelWatchStage),
}

impl Tick {
    /// A poll tick that did nothing yet.
    pub fn poll(rules: Rules) -> Self {
        if rules.are(Variant::LabelFirst) {
            Self::LabelPoll(LabelPollStage::ReadForge)
        } else {
            Self::Poll(PollStage::ReadT3)
        }
    }

    /// A watch tick that did nothing yet.
    pub fn watch(rules: Rules) -> Self {
        if rules.are(Variant::LabelFirst) {
            Self::LabelWatch(LabelWatchStage::ReadAndDecide)
        } else {
            Self::Watch(WatchStage::ReadAndDecide)
        }
    }

    fn code(&self) -> [u64; 4] {
        match self {
            Self::Poll(stage) => stage.code(),
            Self::Watch(stage) => stage.code(),
            Self::LabelPoll(stage) => stage.code(),
            Self::LabelWatch(stage) => stage.code(),
        }
    }

    const fn name(&self) -> &'static str {
        match self {
            Self::Poll(_) | Self::LabelPoll(_) => "poll",
            Self::Watch(_) | Self::LabelWatch(_) => "watch",
        }
    }
}

impl fmt::Display for Tick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Poll(stage) => stage.fmt(f),
            Self::Watch(stage) => stage.fmt(f),
            Self::LabelPoll(stage) => stage.fmt(f),
            Self::LabelWatch(stage) => stage.fmt(f),
        }
    }
}

/// The world and the ticks under way. A tick keeps its place, so that a trace can name it.
#[derive(Clone, Copy, Debug)]
pub struct State {
    pub world: World,
    pub ticks: [Option<Tick>; OVERLAP_MAX],
    /// How many more ticks may start.
    pub ticks_left: u8,
}

/// What led from one state to the next.
#[derive(Clone, Copy, Debug)]
pub enum Event {
    /// The tick in this place took one step.
    Step(usize, Tick),
    /// The tick in this place stopped for ever.
    Crash(usize, Tick),
    /// A tick started in this place.
    Start(usize, Tick),
    /// Something happened without us.
    Outside(Actor),
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letter = |place: usize| ["A", "B", "C"][place];
        match self {
            Self::Step(place, tick) => write!(f, "{} {}: {tick}", tick.name(), letter(*place)),
            Self::Crash(place, tick) => {
                write!(
                    f,
                    "{} {}: dies before it {tick}",
                    tick.name(),
                    letter(*place)
                )
            }
            Self::Start(place, tick) => write!(f, "{} {}: starts", tick.name(), letter(*place)),
            Self::Outside(Actor::Agent(slot)) => write!(f, "the agent of {slot}"),
            Self::Outside(Actor::Ci(slot)) => write!(f, "CI of {slot}"),
            Self::Outside(Actor::T3(slot)) => write!(f, "T3, of {slot}"),
            Self::Outside(Actor::Cockpit(slot)) => write!(f, "somebody in T3, on {slot}"),
            Self::Outside(Actor::Person) => write!(f, "a person"),
        }
    }
}

/// Room for the outcomes of every kind of tick, used again for each step.
pub struct Steps {
    rules: Rules,
    poll: Outcomes<PollStage>,
    watch: Outcomes<WatchStage>,
    label_poll: Outcomes<LabelPollStage>,
    label_watch: Outcomes<LabelWatchStage>,
    outside: Vec<(Actor, World)>,
}

impl Steps {
    pub fn new(rules: Rules) -> Self {
        Self {
            rules,
            poll: Outcomes::new(),
            watch: Outcomes::new(),
            label_poll: Outcomes::new(),
            label_watch: Outcomes::new(),
            outside: Vec::new(),
        }
    }

    pub const fn rules(&self) -> Rules {
        self.rules
    }

    /// Hands every outcome of one step of `tick` to `each`.
    pub fn of_tick(
        &mut self,
        world: &World,
        tick: &Tick,
        mut each: impl FnMut(Option<Tick>, World),
    ) {
        match tick {
            Tick::Poll(stage) => {
                poll::step(self.rules, world, stage, &mut self.poll);
                for (next, world) in self.poll.take() {
                    each(next.map(Tick::Poll), world);
                }
            }
            Tick::Watch(stage) => {
                watch::step(self.rules, world, stage, &mut self.watch);
                for (next, world) in self.watch.take() {
                    each(next.map(Tick::Watch), world);
                }
            }
            Tick::LabelPoll(stage) => {
                label_first::poll(world, stage, &mut self.label_poll);
                for (next, world) in self.label_poll.take() {
                    each(next.map(Tick::LabelPoll), world);
                }
            }
            Tick::LabelWatch(stage) => {
                label_first::watch(world, stage, &mut self.label_watch);
                for (next, world) in self.label_watch.take() {
                    each(next.map(Tick::LabelWatch), world);
                }
            }
        }
    }

    /// Hands everything that agents, CI and T3 may do to `each`.
    pub fn of_machines(&mut self, world: &World, mut each: impl FnMut(Actor, World)) {
        surroundings::machines(self.rules, world, &mut self.outside);
        for (actor, world) in self.outside.drain(..) {
            each(actor, world);
        }
    }

    /// Hands every state that may follow `state` to `each`.
    pub fn of_state(&mut self, bounds: Bounds, state: &State, mut each: impl FnMut(Event, State)) {
        let rules = self.rules;
        surroundings::machines(rules, &state.world, &mut self.outside);
        let idle = state.ticks.iter().all(Option::is_none);
        surroundings::people(rules, &state.world, idle, &mut self.outside);
        for (actor, world) in self.outside.drain(..) {
            each(Event::Outside(actor), State { world, ..*state });
        }
        for place in 0..OVERLAP_MAX {
            let Some(tick) = state.ticks[place] else {
                continue;
            };
            let mut after = *state;
            after.ticks[place] = None;
            each(Event::Crash(place, tick), after);
            self.of_tick(&state.world, &tick, |next, world| {
                after.world = world;
                after.ticks[place] = next;
                each(Event::Step(place, tick), after);
            });
        }
        let free = state.ticks[..usize::from(bounds.overlapping)]
            .iter()
            .position(Option::is_none);
        if let Some(place) = free
            && state.ticks_left > 0
        {
            for tick in [Tick::poll(rules), Tick::watch(rules)] {
                let mut after = *state;
                after.ticks_left -= 1;
                after.ticks[place] = Some(tick);
                each(Event::Start(place, tick), after);
            }
        }
    }
}

impl State {
    /// Nothing has happened yet.
    pub const fn start(rules: Rules, bounds: Bounds) -> Self {
        Self {
            world: World::start(rules.troubles),
            ticks: [None; OVERLAP_MAX],
            ticks_left: bounds.ticks,
        }
    }

    /// The state as a number. Which tick sits in which place makes no difference.
    pub fn fingerprint(&self) -> Fingerprint {
        let mut mixer = Mixer::new();
        let [issues, slots @ ..] = self.world.code();
        mixer.add(issues | u64::from(self.ticks_left) << 56);
        for word in slots {
            mixer.add(word);
        }
        let mut state = mixer.finish();
        for tick in self.ticks.iter().flatten() {
            let mut mixer = Mixer::new();
            for word in tick.code() {
                mixer.add(word);
            }
            state = state.wrapping_add(mixer.finish());
        }
        state
    }
}

/// A state or a world in 128 bits. Two of a few million meet with a probability below 10^-24.
pub type Fingerprint = u128;

/// Mixes words into a fingerprint: two lanes of multiply and shift, the same on every machine and in every run.
pub struct Mixer {
    lanes: [u64; 2],
}

impl Mixer {
    pub const fn new() -> Self {
        Self {
            lanes: [0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7344],
        }
    }

    pub const fn add(&mut self, word: u64) {
        let [first, second] = self.lanes;
        let first = (first ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let second = (second ^ word.rotate_left(32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
        self.lanes = [first ^ first >> 29, second ^ second >> 32];
    }

    pub const fn finish(self) -> Fingerprint {
        (self.lanes[0] as u128) << 64 | self.lanes[1] as u128
    }
}
