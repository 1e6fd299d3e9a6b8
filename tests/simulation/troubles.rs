//! Troubles that whole worlds have or have not: providers, background work, survivors, sinks and forges that are gone for good.
//!
//! A world draws its troubles from its seed. Only those are drawn that the ticks are built to carry ([`HOLDS`]); the others are
//! tried with `AFK_SIMULATION_TROUBLES=all`, or with their names, and move to the list when the ticks carry them.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::OnceLock;

use afk::domain::identity::{EndKind, Ending, ThreadId, Title};
use afk::domain::reason::ReasonCode;
use afk::domain::repository::IssueNumber;
use chrono::{DateTime, TimeDelta, Utc};

use super::commits::{Ci, Commit};
use super::executor::{Agent, SimThread, Version};
use super::forge::What;
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
    /// Somebody types ends, or other issues, into titles.
    Forges,
    /// T3's data are put back from a backup.
    Restores,
}

impl Trouble {
    pub const ALL: [Self; 8] = [
        Self::Provider,
        Self::Background,
        Self::Survivors,
        Self::DeadSinks,
        Self::Refusals,
        Self::Forgets,
        Self::Forges,
        Self::Restores,
    ];
}

/// What the ticks carry.
pub const HOLDS: &[Trouble] = &[
    Trouble::Provider,
    Trouble::Background,
    Trouble::DeadSinks,
    Trouble::Refusals,
    Trouble::Survivors,
    Trouble::Forgets,
    Trouble::Forges,
    Trouble::Restores,
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
    pub says: OutageWords,
}

/// What its errors say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutageWords {
    /// A limit is reached, until when.
    UntilWhen,
    /// It is overloaded.
    Overloaded,
    /// It does not know our credentials: no message helps.
    Credentials,
}

impl OutageWords {
    pub const ALL: [Self; 3] = [Self::UntilWhen, Self::Overloaded, Self::Credentials];
}

/// What stopped the agent of a thread although it did nothing wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped {
    pub at: DateTime<Utc>,
    pub why: StoppedBy,
}

/// Who stopped an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoppedBy {
    /// The provider, which said until when.
    LimitUntil(DateTime<Utc>),
    Overload,
    Credentials,
    Restart,
}

impl Stopped {
    pub fn by_provider(&self) -> bool {
        self.why != StoppedBy::Restart
    }

    /// Before this no message helps; never, when none does. `resumes` counts those in a row before it, as far as T3 shows them.
    pub fn not_before(&self, resumes: usize) -> Option<DateTime<Utc>> {
        let wait = TimeDelta::minutes(15 << resumes.min(3)).min(TimeDelta::hours(2));
        match self.why {
            // Who was told twice when it would go on, and stopped again, does not believe the next moment alone.
            StoppedBy::LimitUntil(told) if resumes >= 2 => Some(told.max(self.at + wait)),
            StoppedBy::LimitUntil(told) => Some(told),
            StoppedBy::Overload => Some(self.at + wait),
            StoppedBy::Credentials => None,
            StoppedBy::Restart => Some(self.at + TimeDelta::seconds(settings::ORPHAN)),
        }
    }
}

/// A run that nobody resumed for so long waits for something else than its provider.
const RESUMED_WITHIN: TimeDelta = TimeDelta::minutes(10);

/// It may be longer: a moment that a text tells to the minute is waited out.
const GRACE: TimeDelta = TimeDelta::minutes(1);

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
            Trouble::Restores => self.back_up_or_restore(),
            // Agents do that by themselves.
            Trouble::Background => {}
        }
    }

    /// The provider takes no work from now on.
    pub fn set_outage(&mut self, says: OutageWords, minutes: i64) {
        // Limits are told in whole seconds.
        let until = DateTime::from_timestamp(self.now.timestamp() + minutes * 60, 0).unwrap();
        self.outage = Some(Outage { until, says });
        self.count(&format!("fault provider fails: {says:?}"));
        self.say(|| format!("the provider takes no work until {until}: {says:?}"));
    }

    /// Somebody changes the titles of all runs.
    pub fn type_into_titles(&mut self, change: impl Fn(&mut Title)) {
        let now = self.now;
        for thread in self.t3.threads.values_mut() {
            let mut title = Title::parse(&thread.title).unwrap();
            change(&mut title);
            thread.title = title.to_string();
            thread.forged = true;
            thread.updated_at = now;
        }
    }

    fn provider_fails(&mut self) {
        if self.outage.is_some_and(|outage| outage.until > self.now) {
            return;
        }
        let minutes = self.rng.i64(10..150);
        let says = OutageWords::ALL[self.rng.usize(0..3)];
        self.set_outage(says, minutes);
    }

    pub fn current_outage(&self) -> Option<Outage> {
        self.outage.filter(|outage| outage.until > self.now)
    }

    /// The provider stops an agent: its turn ends as if the work were done.
    pub fn stopped_by_provider(&mut self, id: ThreadId, outage: Outage) {
        let now = self.now;
        let (text, why) = match outage.says {
            OutageWords::UntilWhen => (
                format!("Claude AI usage limit reached|{}", outage.until.timestamp()),
                StoppedBy::LimitUntil(outage.until),
            ),
            OutageWords::Overloaded => (
                "API Error: 529 {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}"
                    .to_owned(),
                StoppedBy::Overload,
            ),
            OutageWords::Credentials => (
                "Invalid API key · Please run /login".to_owned(),
                StoppedBy::Credentials,
            ),
        };
        let Some(thread) = self.t3.threads.get_mut(&id) else {
            return;
        };
        thread.answers.push(now);
        thread.words = Some(text);
        self.count("an agent is stopped by its provider");
        self.turn_ends(id, "ready", None);
        if let Some(thread) = self.t3.threads.get_mut(&id) {
            thread.stopped = Some(Stopped { at: now, why });
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
        // Only the newest server says what it lost; the others show those sessions at work.
        let tells = self.t3.version == Version::Fork;
        let working: Vec<ThreadId> = self
            .t3
            .threads
            .values()
            .filter(|thread| thread.is_alive() && !thread.is_released())
            .map(|thread| thread.id)
            .collect();
        // A stop that had not reached its agent goes with the server that was to bring it.
        self.agenda.retain(|Reverse((_, _, due))| match due {
            Due::Stopped(thread) | Due::Interrupted(thread) => !working.contains(thread),
            Due::TurnBegins(..)
            | Due::AgentGoesOn(..)
            | Due::CiStarts(..)
            | Due::CiEnds(..)
            | Due::DeployEnds(..)
            | Due::RolledOut(..)
            | Due::OrphanDies(..)
            | Due::Delivered(_) => true,
        });
        for id in working {
            let lives_on = self.rng.u8(0..3) != 0;
            let thread = self.t3.threads.get_mut(&id).unwrap();
            let generation = thread.generation;
            if thread.agent != Agent::Working || !lives_on {
                thread.agent = Agent::None;
            } else {
                thread.orphan = true;
            }
            thread.background_since = None;
            if tells {
                let text = "Provider session did not survive a server restart. Send a new message to continue.";
                thread.set_session("error", Some(text), now);
                if let Some(turn) = &mut thread.turn {
                    turn.state = "error".to_owned();
                    turn.completed_at = Some(now);
                }
                thread.stopped = Some(Stopped {
                    at: now,
                    why: StoppedBy::Restart,
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

    /// A backup of T3's data is made; the next time it is put back, once.
    fn back_up_or_restore(&mut self) {
        let Some(backup) = self.backup.take() else {
            if self.restored_at.is_none() {
                self.backup = Some(self.t3.clone());
                self.say(|| "a backup of T3 is made".to_owned());
            }
            return;
        };
        self.count("fault T3 is restored from a backup");
        self.say(|| "T3 is restored from a backup".to_owned());
        self.restored_at = Some(self.now);
        // Whoever was at work is gone with the server.
        self.t3 = backup;
        for thread in self.t3.threads.values_mut() {
            thread.agent = Agent::None;
            thread.orphan = false;
            thread.generation += 1_000;
        }
    }

    /// Whether a tick read T3 before that was restored, and acts afterwards: on what nobody knows any more. It can not be kept from
    /// that (SPEC 11).
    pub fn acts_on_what_was_lost(&self, tick: usize) -> bool {
        self.restored_at
            .is_some_and(|restored_at| self.ticks[tick].began_at < restored_at)
    }

    /// An end, or another issue, is typed into the title of a run.
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
        let (now, number) = (self.now, self.next());
        let thread = self.t3.threads.get_mut(&id).unwrap();
        let Some(mut title) = Title::parse(&thread.title) else {
            return;
        };
        if thread.shown().next().is_some() && number % 2 == 0 {
            title.issue = IssueNumber(thread.issue % 3 + 1);
            thread.title = title.to_string();
            thread.forged = true;
            thread.contradicts = true;
            thread.updated_at = now;
            self.count("fault a title is forged: another issue");
            self.say(|| format!("somebody types '{title}'"));
            return;
        }
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

    /// Whether a commit is green, or its own build never came and a newer one that contains it is.
    pub fn is_proven(&self, repo: usize, commit: &Commit) -> bool {
        match commit.ci {
            Ci::Green => true,
            Ci::Red | Ci::Blocked => false,
            Ci::None | Ci::Pending | Ci::Cancelled => {
                let commits = self.repos[repo].commits.iter();
                let mut newer = commits.filter(|newer| newer.at > commit.at);
                newer.any(|newer| newer.ci == Ci::Green)
            }
        }
    }

    /// Whether a commit of a run of this issue is proven, whatever titles say.
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
            ours && self.is_proven(repo, commit)
        })
    }

    /// The newest commit of a run that names its issue: by its trailer, or, where none has it, because it closed the issue.
    pub fn newest_commit(&self, id: ThreadId) -> Option<&Commit> {
        let thread = self.t3.threads.get(&id)?;
        let repo = &self.repos[thread.repo];
        let issue = repo.issues.get(&thread.issue)?;
        let named = format!("#{}\n", thread.issue);
        let trailer = format!("Afk-Run: {id}");
        let closed_it = |commit: &Commit| {
            let closed = What::Closed(Some(commit.sha.clone()));
            commit.at >= thread.created_at && issue.events.iter().any(|event| event.what == closed)
        };
        let newest = |is_of_run: &dyn Fn(&Commit) -> bool| {
            let mut newest_first = repo.commits.iter().rev();
            newest_first.find(|commit| {
                // What no list shows nobody can know.
                commit.listed_at <= self.now && commit.message.contains(&named) && is_of_run(commit)
            })
        };
        newest(&|commit| commit.message.contains(&trailer)).or_else(|| newest(&closed_it))
    }

    /// Whether a run has waited for its provider since before a moment, for every clock that may ask.
    pub fn waits_for_provider(&self, since: DateTime<Utc>) -> bool {
        let within = RESUMED_WITHIN - settings::SKEW;
        self.t3.threads.values().any(|thread| {
            // Where its forge can not be read either, nothing but our messages tells whose it is.
            Title::parse(&thread.title).is_some()
                && !thread.renamed
                && thread.is_named()
                // A tick that takes it out of the archive has read it there.
                && !thread.by_person
                && waits(thread, since, within)
        })
    }

    /// Whether a run may be taken for one that waits for its provider now.
    pub fn may_wait_for_provider(&self) -> bool {
        let within = RESUMED_WITHIN + GRACE + settings::SKEW;
        let mut threads = self.t3.threads.values();
        threads.any(|thread| waits(thread, self.now, within))
    }
}

/// Whether a run that has not ended waits for its provider since before a moment, and not for longer than it may.
fn waits(thread: &SimThread, since: DateTime<Utc>, within: TimeDelta) -> bool {
    !thread.is_released()
        && Title::parse(&thread.title).is_none_or(|title| title.ending.is_none())
        && thread.stopped.is_some_and(|stopped| {
            let takes_work = stopped.not_before(thread.resumes_in_a_row());
            stopped.by_provider()
                && stopped.at < since
                && takes_work.is_none_or(|at| since < at + within)
        })
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
