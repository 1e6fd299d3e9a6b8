//! What goes wrong between a tick and a service, and how often.

use chrono::{DateTime, TimeDelta, Utc};

use super::ports::{Call, Service};
use super::world::World;

/// What becomes of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Served,
    /// The tick dies before the call, or after its effect.
    DiesBefore,
    DiesAfter,
    /// The service fails and nothing happens.
    Refuses,
    /// The answer is lost; the effect is not.
    LosesAnswer,
    /// No answer, and the effect comes later. In a story: after the next tick.
    Late,
    /// As late, after the next tick of the same program; in stories only.
    Later,
    /// All is well, but the tick is asked to stop.
    AskedToStop,
    Slow,
    RateLimited,
}

/// The troubles of one world.
#[derive(Default)]
pub struct Weather {
    /// Nothing goes wrong any more.
    pub calm: bool,
    pub down: [Option<DateTime<Utc>>; 4],
    pub limited_until: Option<DateTime<Utc>>,
}

impl World {
    /// Decides what becomes of a call.
    pub fn fate(&mut self, tick: usize, call: Call) -> Fate {
        if self.script.is_some() {
            return self.scripted_fate(tick, call);
        }
        if self.weather.calm {
            return Fate::Served;
        }
        let service = call.service();
        let now = self.now;
        if service == Service::Forge
            && let Some(until) = self.weather.limited_until
            && now < until
        {
            return self.limit(tick, until);
        }
        if self.weather.down[service as usize].is_some_and(|until| now < until) {
            self.count(&format!("fault down {service:?}"));
            return Fate::Refuses;
        }
        // Acts are fewer than reads, and more depends on them.
        let often = if call.is_act() { 700 } else { 1_000 };
        let fate = match self.rng.u16(0..often) {
            0..=2 => Fate::DiesBefore,
            3..=6 => Fate::DiesAfter,
            7..=12 => Fate::Refuses,
            13..=20 => Fate::LosesAnswer,
            21..=27 if call.is_act() => Fate::Late,
            28..=35 => Fate::Slow,
            39..=42 => Fate::AskedToStop,
            36..=38 if service == Service::Forge => {
                let until = now + TimeDelta::seconds(self.rng.i64(1..120));
                self.weather.limited_until = Some(until);
                return self.limit(tick, until);
            }
            _ => Fate::Served,
        };
        if fate != Fate::Served {
            let kind = if call.is_act() { "act" } else { "read" };
            self.count(&format!("fault {fate:?} {kind}"));
        }
        fate
    }

    /// The forge refuses for a while, and counts who asks again and again.
    pub fn limit(&mut self, tick: usize, until: DateTime<Utc>) -> Fate {
        /// A tick may ask once more for each repository and bell that it has at hand; more is a siege.
        const PATIENCE: u32 = 20;
        self.count("fault RateLimited");
        let state = &mut self.ticks[tick];
        if state.limited_until == Some(until) {
            state.limited += 1;
            if state.limited > PATIENCE {
                self.violate(format!("tick {tick} goes on asking a forge that limits it"));
            }
        } else {
            state.limited_until = Some(until);
            state.limited = 1;
        }
        Fate::RateLimited
    }

    /// Something breaks, or T3 restarts.
    pub fn trouble(&mut self) {
        match self.rng.u8(0..9) {
            0 => self.restart(),
            6..=8 => self.lasting_trouble(),
            service @ 1..=4 => {
                let until = self.now + TimeDelta::seconds(self.rng.i64(10..600));
                self.say(|| format!("service {service} is down for a while"));
                self.weather.down[usize::from(service) - 1] = Some(until);
            }
            _ => self.weather.down = [None; 4],
        }
    }
}
