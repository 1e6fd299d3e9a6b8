//! Ticks as threads of which one runs at a time: the driver says who, and for how many calls.
//!
//! A tick runs until its next call to a service, where it may be held, while other ticks, people and services go on. A tick
//! that dies unwinds out of its call, like a process that is killed there: nothing of it runs any more.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, Once, PoisonError};
use std::time::Duration;

use afk::clock::{Clock, IdSource};
use afk::domain::identity::{Ending, ThreadId};
use afk::tick::TickKind;
use chrono::{DateTime, TimeDelta, Utc};
use tracing_subscriber::fmt::MakeWriter;
use uuid::Uuid;

use super::asked::{Asked, SeenRepository};
use super::ports::Call;
use super::run::Variant;
use super::script::Delivery;
use super::settings;
use super::weather::Fate;
use super::world::World;

/// What a tick saw when it examined an issue: what really was then, not what it was told.
#[derive(Clone, Debug)]
pub struct Examined {
    /// Why nobody should trust it, or what has to hold of people.
    pub verdict: Result<Asked, &'static str>,
}

/// What is known of a tick from outside.
pub struct TickState {
    pub draining: bool,
    pub halted: bool,
    pub enrolled: BTreeSet<usize>,
    pub public: BTreeSet<usize>,
    pub skew: TimeDelta,
    pub kind: TickKind,
    pub began_at: DateTime<Utc>,
    pub killed: bool,
    pub done: bool,
    /// What a process hears of a SIGTERM.
    pub stop: Arc<AtomicBool>,
    /// Whether a call of it met anything but a good answer.
    pub disturbed: bool,
    /// Whether another tick was under way at the same time.
    pub overlapped: bool,
    /// How many calls it may make before it is held again.
    pub burst: u32,
    /// How many acts of others there were when it was held.
    held_at: u64,
    pub acts: u64,
    pub surveyed: BTreeMap<usize, SeenRepository>,
    pub examined: BTreeMap<(usize, u64), Examined>,
    pub reread: BTreeMap<(usize, u64), Examined>,
    pub permitted: BTreeMap<(usize, String), bool>,
    /// Whose permission was not told, at some time.
    pub untold: BTreeSet<(usize, String)>,
    /// Of each thread, the end that its title told when the tick last read it.
    pub ended: BTreeMap<ThreadId, Option<Ending>>,
    /// Of each thread, how many messages the tick saw last.
    pub seen: BTreeMap<ThreadId, usize>,
    /// Of each thread, when the tick saw it first; its decision is no older, its reading back is newer.
    pub first_seen: BTreeMap<ThreadId, DateTime<Utc>>,
    /// Of each issue, the newest labelling that the tick saw last.
    pub labelling: BTreeMap<(usize, u64), Option<u64>>,
    pub limited_until: Option<DateTime<Utc>>,
    pub limited: u32,
    /// Sinks that refused the bell of a thread for good.
    pub refused: BTreeSet<(ThreadId, &'static str)>,
    /// Readings of the watcher that gave no answer.
    pub unread: u32,
    /// Issues that a reading withheld.
    pub withheld: BTreeSet<(usize, u64)>,
    /// Issues of which the forge refused to take a label off, for good.
    pub denied: BTreeSet<(usize, u64)>,
}

impl TickState {
    pub fn new(kind: TickKind, draining: bool, world: &World, skew: TimeDelta) -> Self {
        Self {
            kind,
            began_at: world.now,
            stop: Arc::default(),
            draining,
            halted: false,
            enrolled: world.enrolled.clone(),
            public: world.public.clone(),
            skew,
            killed: false,
            done: false,
            disturbed: false,
            overlapped: false,
            burst: 0,
            held_at: 0,
            acts: 0,
            surveyed: BTreeMap::new(),
            examined: BTreeMap::new(),
            reread: BTreeMap::new(),
            permitted: BTreeMap::new(),
            untold: BTreeSet::new(),
            ended: BTreeMap::new(),
            seen: BTreeMap::new(),
            first_seen: BTreeMap::new(),
            labelling: BTreeMap::new(),
            limited_until: None,
            limited: 0,
            refused: BTreeSet::new(),
            unread: 0,
            withheld: BTreeSet::new(),
            denied: BTreeSet::new(),
        }
    }

    /// Whether it runs for longer than `AFK_TICK_MAX_SECONDS` lets it send anything. Without an adapter nobody refuses its calls.
    pub fn is_over_time(&self, now: DateTime<Utc>) -> bool {
        now - self.began_at > TimeDelta::seconds(settings::BELLS_MAX)
    }

    /// The end that it read last in the title of a thread.
    pub fn ending_of(&self, thread: ThreadId) -> Option<&Ending> {
        self.ended.get(&thread)?.as_ref()
    }

    /// The bells that it read last in the title of a thread, those that were given up as well.
    pub fn rung(&self, thread: ThreadId) -> Vec<String> {
        self.ending_of(thread).map_or_else(Vec::new, |ending| {
            [&ending.rung[..], &ending.given_up].concat()
        })
    }
}

/// Unwinds a tick that was killed.
pub struct Killed;

/// Who runs now: one tick, or the driver.
#[derive(Default)]
pub struct Baton {
    holder: Mutex<Option<usize>>,
    passed: Condvar,
}

impl Baton {
    /// Gives the baton to `to` and waits until it comes back to `me`.
    pub fn pass(&self, me: Option<usize>, to: Option<usize>) {
        self.give(to);
        self.wait(me);
    }

    pub fn give(&self, to: Option<usize>) {
        *self.lock() = to;
        self.passed.notify_all();
    }

    pub fn wait(&self, me: Option<usize>) {
        /// Ends a simulation that is stuck; no step takes that long.
        const STUCK: Duration = Duration::from_secs(120);
        let (_holder, timeout) = self
            .passed
            .wait_timeout_while(self.lock(), STUCK, |holder| *holder != me)
            .unwrap_or_else(PoisonError::into_inner);
        assert!(!timeout.timed_out(), "the simulation is stuck");
    }

    fn lock(&self) -> MutexGuard<'_, Option<usize>> {
        self.holder.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One tick's way to the world.
#[derive(Clone)]
pub struct Link {
    pub world: Arc<Mutex<World>>,
    pub baton: Arc<Baton>,
    pub tick: usize,
    pub variant: Variant,
}

impl Link {
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes one call: is held where the driver wants it, and meets what the weather has for it.
    pub fn call<T>(
        &self,
        call: Call,
        effect: impl FnOnce(&mut World) -> Result<T, afk::service_error::ServiceError> + Send + 'static,
    ) -> Result<T, afk::service_error::ServiceError> {
        self.hold(call);
        self.send(call, effect)
    }

    /// As [`Link::call`], after the tick was held: what the request says is said from here on.
    pub fn send<T>(
        &self,
        call: Call,
        effect: impl FnOnce(&mut World) -> Result<T, afk::service_error::ServiceError> + Send + 'static,
    ) -> Result<T, afk::service_error::ServiceError> {
        let tick = self.tick;
        let mut guard = self.world();
        let world = &mut *guard;
        world.pass(TimeDelta::milliseconds(150));
        let fate = world.fate(tick, call);
        world.say(|| format!("tick {tick}: {call:?}: {fate:?}"));
        let late = matches!(fate, Fate::Late | Fate::Later);
        // A tick that was held too long counts as one that died.
        let out_of_time = world.ticks[tick].is_over_time(world.now);
        let well = matches!(fate, Fate::Served | Fate::Slow | Fate::AskedToStop);
        world.ticks[tick].disturbed |= !well || out_of_time;
        world.late_titles |= late && call == Call::Retitle;
        let failed = |kind| Err(call.failed(kind));
        use afk::service_error::FailureKind;
        let result = match fate {
            Fate::Served => effect(world),
            Fate::AskedToStop => {
                world.ticks[tick].stop.store(true, Ordering::Relaxed);
                effect(world)
            }
            Fate::Slow => {
                let seconds = world.rng.i64(5..60);
                world.pass(TimeDelta::seconds(seconds));
                effect(world)
            }
            Fate::Refuses => failed(FailureKind::Overloaded),
            Fate::RateLimited => failed(FailureKind::RateLimited {
                retry_after: world.script.is_some().then_some(super::script::RETRY_AFTER),
            }),
            Fate::LosesAnswer => {
                drop(effect(world));
                failed(FailureKind::Unreachable)
            }
            Fate::Late | Fate::Later => {
                let number = usize::try_from(world.next()).unwrap();
                world
                    .late
                    .insert(number, Box::new(move |world| drop(effect(world))));
                match &mut world.script {
                    Some(script) => script.late.push(Delivery {
                        sender: tick,
                        number,
                        later: fate == Fate::Later,
                    }),
                    None => world.in_seconds(1, 200, super::world::Due::Delivered(number)),
                }
                failed(FailureKind::Unreachable)
            }
            Fate::DiesBefore | Fate::DiesAfter => {
                if fate == Fate::DiesAfter {
                    drop(effect(world));
                }
                drop(guard);
                std::panic::resume_unwind(Box::new(Killed));
            }
        };
        if call.is_act() {
            world.ticks[tick].disturbed |= result.is_err();
            for (index, state) in world.ticks.iter_mut().enumerate() {
                state.acts += u64::from(index != tick);
            }
        }
        result
    }

    pub fn hold(&self, call: Call) {
        {
            let mut world = self.world();
            let held = !world.weather.calm && call.eighths_held() > world.rng.u8(0..8);
            let state = &mut world.ticks[self.tick];
            if state.burst > 0 && !held {
                state.burst -= 1;
                return;
            }
            state.held_at = state.acts;
        }
        /// Seldom calls are held until somebody else acts, but not for ever.
        const PATIENCE: u32 = 20;
        for _ in 0..=PATIENCE {
            self.baton.pass(Some(self.tick), None);
            let mut world = self.world();
            let calm = world.weather.calm;
            let state = &mut world.ticks[self.tick];
            if state.killed {
                drop(world);
                std::panic::resume_unwind(Box::new(Killed));
            }
            if calm || !call.is_seldom() || state.acts > state.held_at {
                break;
            }
        }
        let mut world = self.world();
        let state = &mut world.ticks[self.tick];
        if state.acts > state.held_at {
            world.count(&format!("overlap at {call:?}"));
        }
    }
}

/// The clock of one tick's machine.
pub struct TickClock(pub Link);

impl Clock for TickClock {
    fn now(&self) -> DateTime<Utc> {
        let world = self.0.world();
        world.now + world.ticks[self.0.tick].skew
    }

    fn uptime(&self) -> Duration {
        let now = self.0.world().now.timestamp_millis();
        Duration::from_millis(u64::try_from(now).unwrap())
    }

    fn sleep(&self, duration: Duration) {
        self.0.world().pass(TimeDelta::from_std(duration).unwrap());
    }
}

impl IdSource for TickClock {
    fn fresh(&self) -> Uuid {
        let number = self.0.world().next();
        Uuid::new_v5(&Uuid::NAMESPACE_OID, &number.to_be_bytes())
    }
}

thread_local! {
    static LOG: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// What the running thread logged.
struct ThreadLog;

impl io::Write for ThreadLog {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.with_borrow_mut(|log| log.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for ThreadLog {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        Self
    }
}

/// Collects what ticks log, each on its own thread.
pub fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .without_time()
            .with_writer(|| ThreadLog)
            .finish();
        tracing::subscriber::set_global_default(subscriber).unwrap();
    });
}

pub fn logged() -> String {
    LOG.with_borrow_mut(|log| String::from_utf8_lossy(&std::mem::take(log)).into_owned())
}
