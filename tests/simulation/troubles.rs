//! Troubles that whole worlds have or have not: providers, background work, survivors, sinks and forges that are gone for good.
//!
//! A world draws its troubles from its seed. Only those are drawn that the ticks are built to carry ([`HOLDS`]); the others are
//! tried with `AFK_SIMULATION_TROUBLES=all`, or with their names, and move to the list when the ticks carry them.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use afk::domain::identity::{EndKind, Ending, ThreadId, Title};
use afk::domain::reason::ReasonCode;
use chrono::{DateTime, TimeDelta, Utc};

use super::executor::{Agent, Version};
use super::forge::Ci;
use super::settings;
use super::world::{Due, Plan, World, short};

/// A kind of trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trouble {
    /// The provider of all agents takes no work for a while.
    Provider,
    /// Agents end their turns while a command of theirs runs on, and wake up when it ends.
    Background,
    /// Agents survive a restart of T3 for a while, unseen.
    Survivors,
    /// A sink is gone for good.
    DeadSinks,
    /// The forge refuses writes to an issue for good.
    Refusals,
    /// T3 forgets messages and keeps their receipts.
    Forgets,
    /// Somebody types ends into titles.
    Forges,
}

impl Trouble {
    pub const ALL: [Self; 7] = [
        Self::Provider,
        Self::Background,
        Self::Survivors,
        Self::DeadSinks,
        Self::Refusals,
        Self::Forgets,
        Self::Forges,
    ];
}

/// What the ticks carry.
pub const HOLDS: &[Trouble] = &[
    Trouble::Provider,
    Trouble::Background,
    Trouble::DeadSinks,
    Trouble::Refusals,
];

fn drawn_from() -> &'static [Trouble] {
    static DRAWN: OnceLock<Vec<Trouble>> = OnceLock::new();
    DRAWN.get_or_init(|| {
        let asked = std::env::var("AFK_SIMULATION_TROUBLES").unwrap_or_default();
        let wanted = |trouble: &Trouble| {
            let name = format!("{trouble:?}");
            let named = asked
                .split(',')
                .any(|word| word.eq_ignore_ascii_case(&name));
            HOLDS.contains(trouble) || named || asked == "all"
        };
        Trouble::ALL.into_iter().filter(wanted).collect()
    })
}

/// A provider that takes no work.
#[derive(Clone, Copy, Debug)]
pub struct Outage {
    pub until: DateTime<Utc>,
    /// Whether its errors say until when.
    pub tells: bool,
}

/// What stopped the agent of a thread although it did nothing wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped {
    pub at: DateTime<Utc>,
    /// Before this no message helps.
    pub not_before: DateTime<Utc>,
    /// The provider, and not a restart of T3.
    pub by_provider: bool,
}

impl World {
    pub fn draw_troubles(&mut self) {
        for trouble in drawn_from() {
            if self.rng.u8(0..3) == 0 {
                self.troubles.insert(*trouble);
            }
        }
    }

    pub fn has(&self, trouble: Trouble) -> bool {
        self.troubles.contains(&trouble)
    }

    /// One thing that goes wrong for longer than a call.
    pub fn lasting_trouble(&mut self) {
        let troubles: Vec<Trouble> = self.troubles.iter().copied().collect();
        if troubles.is_empty() {
            return;
        }
        match troubles[self.rng.usize(0..troubles.len())] {
            Trouble::Provider => self.provider_fails(),
            Trouble::DeadSinks => {
                let sink = super::run::SINKS[self.rng.usize(0..2)];
                if self.dead_sinks.is_empty() {
                    self.dead_sinks.insert(sink);
                    self.count("fault a sink is gone for good");
                    self.say(|| format!("{sink} is gone for good"));
                }
            }
            Trouble::Refusals => {
                let repo = self.rng.usize(0..self.repos.len());
                let everything = self.rng.u8(0..3) == 0;
                let issues: Vec<u64> = self.repos[repo].issues.keys().copied().collect();
                let number = issues[self.rng.usize(0..issues.len())];
                if let Some(issue) = self.repos[repo].issues.get_mut(&number) {
                    issue.refuses_comments = true;
                    issue.refuses_writes = everything;
                }
                self.count("fault writes are refused for good");
                self.say(|| format!("repo{repo}#{number} refuses writes, all: {everything}"));
            }
            Trouble::Forgets => self.forget(),
            Trouble::Forges => self.forge_a_title(),
            Trouble::Survivors => self.restart(),
            // Agents do that by themselves.
            Trouble::Background => {}
        }
    }

    fn provider_fails(&mut self) {
        if self.outage.is_some_and(|outage| outage.until > self.now) {
            return;
        }
        let minutes = self.rng.i64(10..150);
        let tells = self.rng.bool();
        // Limits are told in whole seconds.
        let until = DateTime::from_timestamp(self.now.timestamp() + minutes * 60, 0).unwrap();
        self.outage = Some(Outage { until, tells });
        self.count(if tells {
            "fault provider fails and says until when"
        } else {
            "fault provider fails and does not say until when"
        });
        self.say(|| format!("the provider takes no work until {until}, tells: {tells}"));
    }

    pub fn current_outage(&self) -> Option<Outage> {
        self.outage.filter(|outage| outage.until > self.now)
    }

    /// The provider stops an agent: its turn ends as if the work were done.
    pub fn stopped_by_provider(&mut self, id: ThreadId, outage: Outage) {
        let now = self.now;
        let text = if outage.tells {
            format!("Claude AI usage limit reached|{}", outage.until.timestamp())
        } else {
            "API Error: 529 {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}"
                .to_owned()
        };
        let Some(thread) = self.t3.threads.get_mut(&id) else {
            return;
        };
        thread.answers.push(now);
        thread.words = Some(text);
        let resumes = thread.resumes_in_a_row();
        let wait = TimeDelta::minutes(15 << resumes.min(3)).min(TimeDelta::hours(2));
        let not_before = if outage.tells {
            outage.until
        } else {
            now + wait
        };
        self.count("an agent is stopped by its provider");
        self.turn_ends(id, "ready", None);
        if let Some(thread) = self.t3.threads.get_mut(&id) {
            thread.stopped = Some(Stopped {
                at: now,
                not_before,
                by_provider: true,
            });
        }
    }

    /// An agent leaves a command behind and ends its turn; the command wakes it.
    pub fn leaves_work_behind(&mut self, id: ThreadId, generation: u32) {
        let now = self.now;
        self.turn_ends(id, "ready", None);
        let Some(thread) = self.t3.threads.get_mut(&id) else {
            return;
        };
        thread.agent = Agent::Working;
        thread.background_since = Some(now);
        self.count("an agent works on in the background");
        self.in_seconds(60, 500, Due::AgentGoesOn(id, generation, 1));
    }

    /// Its command is over: the agent wakes up, pushes, and is done; or is stopped, if somebody asked for that meanwhile.
    pub fn wakes_up(&mut self, id: ThreadId) {
        let now = self.now;
        let Some(thread) = self.t3.threads.get_mut(&id) else {
            return;
        };
        thread.background_since = None;
        if thread.stop_waits {
            thread.stop_waits = false;
            self.count("a stop waits for a background command");
            return self.stopped(id);
        }
        let thread = self.t3.threads.get_mut(&id).unwrap();
        thread.answers.push(now);
        thread.words = Some("The build is done.".to_owned());
        thread.updated_at = now;
        self.push(id, true, false);
        self.turn_ends(id, "ready", None);
    }

    /// T3 comes up again. Some agents live on and it does not know them.
    pub fn survive(&mut self) {
        let now = self.now;
        let release = self.t3.version == Version::Release;
        let working: Vec<ThreadId> = self
            .t3
            .threads
            .values()
            .filter(|thread| thread.is_alive() && !thread.is_released())
            .map(|thread| thread.id)
            .collect();
        for id in working {
            let lives_on = self.rng.bool();
            let thread = self.t3.threads.get_mut(&id).unwrap();
            let generation = thread.generation;
            if thread.agent != Agent::Working || !lives_on {
                thread.agent = Agent::None;
            } else {
                thread.orphan = true;
            }
            thread.background_since = None;
            if !release {
                let text = "Provider session did not survive a server restart. Send a new message to continue.";
                thread.set_session("error", Some(text), now);
                if let Some(turn) = &mut thread.turn {
                    turn.state = "error".to_owned();
                    turn.completed_at = Some(now);
                }
                thread.stopped = Some(Stopped {
                    at: now,
                    not_before: now,
                    by_provider: false,
                });
            }
            if lives_on {
                self.count("an agent survives a restart of T3");
                self.say(|| format!("agent of {} lives on unseen", short(id)));
                let most = settings::ORPHAN - 60;
                self.in_seconds(20, most, Due::OrphanDies(id, generation));
            }
        }
    }

    pub fn orphan_dies(&mut self, id: ThreadId, generation: u32) {
        let pushes = self.rng.u8(0..3) == 0;
        let Some(thread) = self.t3.threads.get_mut(&id) else {
            return;
        };
        if !thread.orphan || thread.generation != generation {
            return;
        }
        thread.orphan = false;
        thread.agent = Agent::None;
        if pushes {
            self.push(id, true, false);
        }
    }

    /// T3 shows some of our messages no more.
    fn forget(&mut self) {
        let candidates: Vec<ThreadId> = self
            .t3
            .threads
            .values()
            .filter(|thread| !thread.is_released() && !thread.messages.is_empty())
            .map(|thread| thread.id)
            .collect();
        if candidates.is_empty() {
            return;
        }
        let id = candidates[self.rng.usize(0..candidates.len())];
        let cut = self.rng.bool();
        let thread = self.t3.threads.get_mut(&id).unwrap();
        if cut {
            for message in &mut thread.messages {
                message.forgotten = true;
            }
        } else if thread.messages.len() > 1
            && let Some(last) = thread.messages.last_mut()
        {
            last.forgotten = true;
        }
        self.count("fault T3 forgets messages");
        self.say(|| format!("T3 forgets messages of {}, all: {cut}", short(id)));
    }

    /// An end is typed into the title of a run.
    fn forge_a_title(&mut self) {
        let kind = [EndKind::Done, EndKind::StoodDown][self.rng.usize(0..2)];
        let live: Vec<ThreadId> = self
            .t3
            .threads
            .values()
            .filter(|thread| !thread.is_released() && !thread.forged)
            .map(|thread| thread.id)
            .collect();
        if live.is_empty() {
            return;
        }
        let id = live[self.rng.usize(0..live.len())];
        let now = self.now;
        let thread = self.t3.threads.get_mut(&id).unwrap();
        let Some(mut title) = Title::parse(&thread.title) else {
            return;
        };
        let reason = match kind {
            EndKind::StoodDown => ReasonCode::Revoked,
            EndKind::Done | EndKind::NeedsHuman | EndKind::Frozen => ReasonCode::Landed,
        };
        title.ending = Some(Ending::new(kind, Some(reason)));
        thread.title = title.to_string();
        thread.forged = true;
        thread.updated_at = now;
        self.count(&format!("fault a title is forged: {}", kind.as_str()));
        self.say(|| format!("somebody types '{title}'"));
    }

    /// Whether a commit of a run of this issue is green, whatever titles say.
    pub fn has_green_commit(&self, repo: usize, number: u64) -> bool {
        let runs = self.t3.threads.values();
        let trailers: Vec<String> = runs
            .filter(|thread| (thread.repo, thread.issue) == (repo, number))
            .map(|thread| format!("Afk-Run: {}", thread.id))
            .collect();
        let closes = format!("Closes #{number}\n");
        self.repos[repo].commits.iter().any(|commit| {
            let ours = trailers
                .iter()
                .any(|trailer| commit.message.contains(trailer))
                || commit.message.contains(&closes);
            ours && commit.ci == Ci::Green
        })
    }

    /// Whether a run has waited for its provider since before a moment.
    pub fn waits_for_provider(&self, since: DateTime<Utc>) -> bool {
        self.t3.threads.values().any(|thread| {
            let titled = Title::parse(&thread.title);
            !thread.is_released()
                && titled.is_some_and(|title| title.ending.is_none())
                && !thread.renamed
                && thread
                    .stopped
                    .is_some_and(|stopped| stopped.by_provider && stopped.at < since)
        })
    }
}

/// The troubles of a world, for its fields.
pub type Troubles = BTreeSet<Trouble>;

/// The plan of an agent in a world where agents work in the background.
pub fn plan_of(world: &mut World, plan: Plan) -> Plan {
    if world.script.is_none() && world.has(Trouble::Background) && world.rng.u8(0..3) == 0 {
        Plan::Background
    } else {
        plan
    }
}
