//! A world that leaves nothing to chance: what agents do, how CI ends, and which call meets which fault is written down.
//!
//! Time passes as in any simulated world, but every delay is the middle of its range, lists do not lag, and ticks run one
//! after the other. So the same script gives the same world, and two that differ in one fault differ by that fault alone.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use afk::domain::verdict::ci::CommitSha;
use chrono::TimeDelta;
use fastrand::Rng;

use super::commits::Ci;
use super::executor::Version;
use super::ports::{Call, Service};
use super::weather::Fate;
use super::world::{Due, Plan, World};

/// How long a service that limits us wants to be left alone; longer than a tick goes on.
pub const RETRY_AFTER: Duration = Duration::from_secs(60);

/// What becomes of one call, counted from 0 over all ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    pub at: usize,
    pub fate: Fate,
}

#[derive(Default)]
pub struct Script {
    /// What the agents do, turn by turn; nothing, once it is used up.
    pub plans: VecDeque<Plan>,
    /// How CI ends, commit by commit; green, once it is used up. [`Ci::None`] never starts.
    pub checks: VecDeque<Ci>,
    ci: BTreeMap<CommitSha, Ci>,
    pub faults: Vec<Fault>,
    /// Part of a story: the first tick that gets here dies before the call.
    pub dies_at: Option<Call>,
    /// Every call so far.
    pub calls: Vec<Call>,
    /// Acts on their way.
    pub late: Vec<Delivery>,
}

/// An act that takes effect after a later tick than the one that sent it.
#[derive(Clone, Copy, Debug)]
pub struct Delivery {
    pub sender: usize,
    pub number: usize,
    /// Whether that tick has to be one of the same program.
    pub later: bool,
}

impl Script {
    pub fn next_plan(&mut self) -> Plan {
        self.plans.pop_front().unwrap_or(Plan::Nothing)
    }

    /// How CI is going to end for a commit.
    pub fn next_ci(&mut self, sha: &CommitSha) -> Ci {
        let end = self.checks.pop_front().unwrap_or(Ci::Green);
        self.ci.insert(sha.clone(), end);
        end
    }

    pub fn ci_of(&self, sha: &CommitSha) -> Ci {
        self.ci.get(sha).copied().unwrap_or(Ci::Green)
    }
}

impl World {
    /// A calm world without issues, for one telling of a story.
    pub fn scripted(version: Version, faults: &[Fault], traced: bool) -> Self {
        let mut world = Self::empty(Rng::with_seed(0), version, traced);
        world.weather.calm = true;
        world.enrolled.clear();
        world.script = Some(Script {
            faults: faults.to_vec(),
            ..Script::default()
        });
        world
    }

    /// What a story has for its next call.
    pub fn scripted_fate(&mut self, tick: usize, call: Call) -> Fate {
        let now = self.now;
        let Some(script) = &mut self.script else {
            return Fate::Served;
        };
        let at = script.calls.len();
        script.calls.push(call);
        let fate = if script.dies_at == Some(call) {
            // A fault has nothing to meet at a call that the story itself leaves out.
            script.dies_at = None;
            Fate::DiesBefore
        } else {
            let fault = script.faults.iter().find(|fault| fault.at == at);
            fault.map_or(Fate::Served, |fault| fault.fate)
        };
        if call.service() != Service::Forge {
            return fate;
        }
        match (fate, self.weather.limited_until) {
            (Fate::RateLimited, _) => {
                let until = now + TimeDelta::from_std(RETRY_AFTER).unwrap();
                self.weather.limited_until = Some(until);
                self.limit(tick, until)
            }
            (Fate::Served, Some(until)) if now < until => self.limit(tick, until),
            _ => fate,
        }
    }

    /// Delivers what earlier ticks than this one sent, now that this one is over.
    pub fn deliver(&mut self, tick: usize) {
        let Some(script) = &mut self.script else {
            return;
        };
        let kind = |tick: usize| self.ticks[tick].kind;
        let (old, new): (Vec<Delivery>, Vec<Delivery>) = std::mem::take(&mut script.late)
            .into_iter()
            .partition(|late| {
                late.sender < tick && (!late.later || kind(late.sender) == kind(tick))
            });
        script.late = new;
        for Delivery { number, .. } in old {
            self.at(TimeDelta::zero(), Due::Delivered(number));
        }
        self.pass(TimeDelta::zero());
    }
}
