//! A story of `afk-watch` that is told with or without a disturbance: its ticks, and what comes after a disturbed one.
//!
//! What happens between ticks is in `scenes.rs`, what must hold after each in `promises.rs`.

use std::sync::Arc;

use afk::tick::TickReport;

use super::disturbance::{Asked, Disturbance, Memory, Mishap, Watchman};
use super::door::Door;
use crate::support::saga::Saga;
use crate::support::sandbox::http_server::{Fault, HttpServer};
use crate::support::sandbox::slack::Slack;
use crate::support::sandbox::t3::{T3Options, T3Version};
use crate::support::world::WorldOptions;

/// No end takes more ticks than this.
const TICKS_MAX: usize = 8;

/// A story on its way.
pub(super) struct Play {
    pub(super) saga: Saga,
    pub(super) name: String,
    /// Of each watch tick so far, what it asked for.
    pub(super) ticks: Vec<Vec<Asked>>,
    /// Whether ticks report failures now, because the story says that a service is down.
    pub(super) failing: bool,
    /// Whether a person releases a thread under a live agent in this story.
    pub(super) released_by_a_person: bool,
    /// Whether a person asked for another run while one was under way.
    pub(super) rearmed: bool,
    /// Whether something arrived when no later tick looked at the run any more.
    pub(super) too_late: bool,
    pub(super) slack: Option<Arc<Slack>>,
    pub(super) disturbance: Option<Disturbance>,
    /// What each service remembers.
    pub(super) memory: Vec<Memory>,
    pub(super) servers: Vec<HttpServer>,
}

impl Play {
    pub(super) fn new(name: &str, version: T3Version, disturbance: Option<Disturbance>) -> Self {
        let saga = Saga::with(WorldOptions {
            t3: T3Options::new(version),
            ..WorldOptions::default()
        });
        let (t3, github) = (Arc::clone(&saga.world.t3), Arc::clone(&saga.world.github));
        let bells = saga.bells.clone();
        Self {
            saga,
            name: format!("{name}, {version:?}, {disturbance:?}"),
            ticks: Vec::new(),
            failing: false,
            released_by_a_person: false,
            rearmed: false,
            too_late: false,
            slack: None,
            disturbance,
            memory: vec![
                Arc::new(move || t3.memory()),
                Arc::new(move || github.memory()),
                Arc::new(move || bells.memory()),
            ],
            servers: Vec::new(),
        }
    }

    /// One tick of `afk-watch`; the disturbed one is followed by what a CronJob starts next.
    pub(super) fn tick(&mut self) {
        self.saga.world.journal.clear();
        let disturbance = self
            .disturbance
            .filter(|disturbance| disturbance.tick == self.ticks.len());
        match disturbance {
            None if self.disturbance.is_none() => self.watched_tick(),
            None => self.clean_tick(),
            Some(disturbance) => {
                match disturbance.mishap {
                    Mishap::OvertakenByWatch | Mishap::OvertakenByPoll => {
                        self.be_overtaken(disturbance);
                    }
                    Mishap::DiesBefore
                    | Mishap::DiesAfter
                    | Mishap::LosesTheAnswer
                    | Mishap::IsLate
                    | Mishap::IsRateLimited => self.suffer(disturbance),
                }
                self.check();
                self.saga.world.t3.settle();
                self.saga.pass(10);
                self.clean_tick();
                self.let_the_late_arrive();
            }
        }
        let exchanges = self.saga.world.journal.exchanges();
        self.ticks.push(exchanges.iter().map(Asked::of).collect());
        self.check();
    }

    fn clean_tick(&self) {
        let report = self.saga.watch();
        self.expect(&report);
    }

    fn expect(&self, report: &TickReport) {
        if !self.failing {
            assert!(report.failures.is_empty(), "{}: {report}", self.name);
        }
    }

    /// A tick whose reads are watched: they must leave nothing behind.
    fn watched_tick(&self) {
        let journal = &self.saga.world.journal;
        let memory = self.memory.clone();
        let all: Memory = Arc::new(move || memory.iter().map(|memory| memory()).collect());
        let watchman = Watchman::post(journal, &all);
        let report = self.saga.watch();
        journal.calm();
        self.expect(&report);
        assert_eq!(
            report.failures.is_empty(),
            !self.failing,
            "{}: {report}",
            self.name
        );
        let asked: Vec<Asked> = journal.exchanges().iter().map(Asked::of).collect();
        watchman.certify(&asked);
    }

    /// What was late arrives now.
    fn let_the_late_arrive(&mut self) {
        let released = |id: &String| {
            let thread = self.saga.world.t3.thread(id).unwrap();
            thread.archived || thread.deleted
        };
        let over = self.saga.world.t3.threads().iter().all(released);
        let arrived = self.saga.world.journal.deliver();
        let late = self
            .disturbance
            .filter(|disturbance| disturbance.mishap == Mishap::IsLate);
        assert_eq!(arrived.len(), late.iter().count(), "{}", self.name);
        self.too_late = !arrived.is_empty() && (over || self.released_by_a_person);
    }

    fn suffer(&self, disturbance: Disturbance) {
        let journal = &self.saga.world.journal;
        journal.intercept(move |exchange| disturbance.fault(exchange.number));
        drop(self.saga.watch());
        assert!(
            journal.len() > disturbance.request,
            "{}: over before it was disturbed",
            self.name
        );
        journal.calm();
    }

    fn be_overtaken(&self, disturbance: Disturbance) {
        let door = Door::default();
        let held = door.clone();
        self.saga.world.journal.intercept(move |exchange| {
            if exchange.number == disturbance.request {
                held.hold();
            }
            Fault::None
        });
        let saga = &self.saga;
        std::thread::scope(|scope| {
            let slow = scope.spawn(|| saga.watch());
            door.await_arrival();
            if disturbance.mishap == Mishap::OvertakenByPoll {
                let report = saga.poll();
                assert!(report.dispatched.is_empty(), "{}: {report}", self.name);
            } else {
                drop(saga.watch());
            }
            self.check();
            door.open();
            drop(slow.join().expect("a tick does not panic"));
        });
        saga.world.journal.calm();
    }

    /// Ticks, a minute apart, until nothing is left to do.
    pub(super) fn until_over(&mut self, number: u64) -> u64 {
        for _ in 0..TICKS_MAX {
            self.saga.world.t3.settle();
            self.saga.pass(60);
            let before = self.state();
            self.tick();
            if self.saga.world.t3.live_agents().is_empty() && self.state() == before {
                return number;
            }
        }
        panic!("{}: does not come to an end", self.name);
    }

    /// Everything that a tick could have changed.
    fn state(&self) -> (u64, usize) {
        let world = &self.saga.world;
        (world.t3.sequence(), world.github.writes().len())
    }
}
