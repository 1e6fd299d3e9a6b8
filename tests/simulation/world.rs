//! Everything there is in a simulated world, and how it moves by itself: time, agents, CI.
//!
//! One seed decides everything. Nothing here knows a tick from the inside: what ticks ask for comes in by `ports.rs`, what
//! people do by `people.rs`, and what must never happen is judged in `promises.rs`, at each event.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use afk::domain::identity::ThreadId;
use afk::domain::verdict::ci::CommitSha;
use chrono::{DateTime, TimeDelta, Utc};
use fastrand::Rng;

use super::commits::{Ci, Commit};
use super::executor::{Agent, SimThread, T3, Version};
use super::forge::{BlockedOn, By, Event, Issue, LOCK, READY, Repo, What};
use super::promises::Bell;
use super::script::Script;
use super::settings;
use super::ticks::TickState;
use super::troubles::{self, Outage, Trouble, Troubles};
use super::weather::Weather;

/// Something that happens at its time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Due {
    /// T3 takes up a turn that it accepted.
    TurnBegins(ThreadId, u32),
    /// The agent goes on with its plan.
    AgentGoesOn(ThreadId, u32, u32),
    /// A stop, or an interrupt, reaches the agent.
    Stopped(ThreadId),
    Interrupted(ThreadId),
    CiStarts(usize, CommitSha),
    CiEnds(usize, CommitSha),
    DeployEnds(usize, CommitSha),
    RolledOut(usize, CommitSha),
    /// An agent that survived T3's server is at its end.
    OrphanDies(ThreadId, u32),
    /// An act whose answer never came takes effect after all.
    Delivered(usize),
}

/// What an agent is going to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// Pushes once, or twice, and finishes.
    Push {
        twice: bool,
        trailer: bool,
        skip_ci: bool,
        after_end: bool,
    },
    /// Finishes without a push.
    Nothing,
    /// Falls silent.
    Stall,
    /// Never stops talking.
    Endless,
    Ask,
    Fail,
    Die,
    NotStarted,
    /// Leaves a command behind, ends its turn, and pushes when the command is over.
    Background,
}

type Act = Box<dyn FnOnce(&mut World) + Send>;

pub struct World {
    pub rng: Rng,
    pub now: DateTime<Utc>,
    pub repos: Vec<Repo>,
    pub t3: T3,
    pub bells: Vec<Bell>,
    pub ticks: Vec<TickState>,
    pub weather: Weather,
    /// What happens, when nothing is left to chance.
    pub script: Option<Script>,
    /// What people set.
    pub kill_switch: bool,
    pub halt: bool,
    pub enrolled: BTreeSet<usize>,
    pub public: BTreeSet<usize>,
    /// Issues whose lock label a person touched, and runs that a person meddled with.
    pub meddled: BTreeSet<(usize, u64)>,
    /// Issues of which a run was once started.
    pub started: BTreeSet<(usize, u64)>,
    /// Issues of which a run was once titled done.
    pub landed: BTreeSet<(usize, u64)>,
    /// Whether a title was ever written late: it may have covered a newer one.
    pub late_titles: bool,
    /// How often T3 lost its data.
    pub t3_losses: usize,
    /// T3 as it was when a backup of it was made.
    pub backup: Option<T3>,
    /// When a backup was put back, if one ever was.
    pub restored_at: Option<DateTime<Utc>>,
    /// Runs whose end or release is the doing of a tick that began before the restore.
    pub ends_of_before: BTreeSet<ThreadId>,
    /// Whether agents do more than they were told.
    pub mischief: bool,
    /// Whether people work around the issues.
    pub at_work: bool,
    pub troubles: Troubles,
    pub outage: Option<Outage>,
    pub dead_sinks: BTreeSet<&'static str>,
    pub agenda: BinaryHeap<Reverse<(DateTime<Utc>, u64, Due)>>,
    pub late: BTreeMap<usize, Act>,
    /// Whether what happens now was sent earlier, by a tick that never heard of it.
    pub delivering: bool,
    plans: BTreeMap<(ThreadId, u32), Plan>,
    counter: u64,
    pub coverage: BTreeMap<String, u64>,
    pub violation: Option<String>,
    pub trace: Option<Vec<String>>,
    /// Everything that ticks and people could read: logs, reports, texts.
    pub published: String,
}

impl World {
    pub fn new(seed: u64, traced: bool) -> Self {
        let mut rng = Rng::with_seed(seed);
        let version = [Version::Release, Version::July, Version::Fork][rng.usize(0..3)];
        let mischief = rng.u8(0..3) == 0;
        let mut world = Self {
            mischief,
            ..Self::empty(rng, version, traced)
        };
        world.populate();
        world.draw_troubles();
        world
    }

    /// People work around the issues, and leave T3 alone.
    pub fn set_to_work(&mut self) {
        self.at_work = true;
        self.mischief = false;
        self.troubles = Troubles::new();
    }

    /// A world where nobody asked for anything yet.
    pub fn empty(rng: Rng, version: Version, traced: bool) -> Self {
        let now = DateTime::from_timestamp(1_780_000_000, 0).unwrap();
        Self {
            now,
            repos: (0..3).map(Repo::new).collect(),
            t3: T3::new(version),
            bells: Vec::new(),
            ticks: Vec::new(),
            weather: Weather::default(),
            script: None,
            kill_switch: false,
            halt: false,
            enrolled: [0, 1, 2].into(),
            public: BTreeSet::new(),
            meddled: BTreeSet::new(),
            started: BTreeSet::new(),
            landed: BTreeSet::new(),
            late_titles: false,
            t3_losses: 0,
            backup: None,
            restored_at: None,
            ends_of_before: BTreeSet::new(),
            mischief: false,
            at_work: false,
            troubles: Troubles::new(),
            outage: None,
            dead_sinks: BTreeSet::new(),
            agenda: BinaryHeap::new(),
            late: BTreeMap::new(),
            delivering: false,
            plans: BTreeMap::new(),
            counter: 0,
            coverage: BTreeMap::new(),
            violation: None,
            trace: traced.then(Vec::new),
            published: String::new(),
            rng,
        }
    }

    fn populate(&mut self) {
        for repo in 0..self.repos.len() {
            for number in 1..=self.rng.u64(2..=3) {
                let author = ["alice", "alice", "rita"][self.rng.usize(0..3)];
                let mut issue = Issue::new(number, author);
                match self.rng.u8(0..40) {
                    0..=1 => issue.hidden = true,
                    // Reading so much text takes longer than all the rest of a world.
                    2 => issue.long = self.rng.u8(0..8) == 0,
                    3..=5 => issue.blocked_on = Some(BlockedOn::Issue(number % 4 + 1)),
                    6..=8 => issue.blocked_on = Some(BlockedOn::Unknown),
                    _ => {}
                }
                if self.rng.u8(0..4) == 0 {
                    issue.labels.insert(format!("P{}", self.rng.u8(0..4)));
                }
                if self.rng.u8(0..40) == 0 {
                    // Imported with its labels, and without their history.
                    issue.labels.insert(READY.to_owned());
                }
                issue.pull_request = self.rng.u8(0..60) == 0;
                self.repos[repo].issues.insert(number, issue);
            }
            if self.rng.u8(0..8) == 0 {
                self.repos[repo].private = false;
                if self.rng.bool() {
                    self.public.insert(repo);
                }
            }
        }
    }

    pub fn next(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    pub fn count(&mut self, what: &str) {
        if let Some(count) = self.coverage.get_mut(what) {
            *count += 1;
        } else {
            self.coverage.insert(what.to_owned(), 1);
        }
    }

    pub fn say(&mut self, line: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            let at = self.now.format("%H:%M:%S%.3f");
            trace.push(format!("{at} {}", line()));
        }
    }

    pub fn violate(&mut self, what: impl Into<String>) {
        let what = what.into();
        self.say(|| format!("VIOLATION {what}"));
        if self.violation.is_none() {
            self.violation = Some(what);
        }
    }

    pub fn at(&mut self, after: TimeDelta, due: Due) {
        let number = self.next();
        self.agenda.push(Reverse((self.now + after, number, due)));
    }

    pub fn in_seconds(&mut self, from: i64, to: i64, due: Due) {
        let millis = if self.script.is_some() {
            (from + to) * 500
        } else {
            self.rng.i64(from * 1_000..=to * 1_000)
        };
        self.at(TimeDelta::milliseconds(millis), due);
    }

    /// Time passes, and with it everything that is due.
    pub fn pass(&mut self, time: TimeDelta) {
        let until = self.now + time;
        while let Some(Reverse((at, _, _))) = self.agenda.peek()
            && *at <= until
            && self.violation.is_none()
        {
            let Some(Reverse((at, _, due))) = self.agenda.pop() else {
                break;
            };
            self.now = self.now.max(at);
            self.happen(due);
        }
        self.now = until;
    }

    fn happen(&mut self, due: Due) {
        match due {
            Due::TurnBegins(thread, generation) => self.turn_begins(thread, generation),
            Due::AgentGoesOn(thread, generation, step) => {
                self.agent_goes_on(thread, generation, step)
            }
            Due::Stopped(thread) => self.stopped(thread),
            Due::Interrupted(thread) => self.interrupted(thread),
            Due::CiStarts(repo, sha) => self.ci_starts(repo, &sha),
            Due::CiEnds(repo, sha) => self.ci_ends(repo, &sha),
            Due::DeployEnds(repo, sha) => {
                let red = self.script.is_none() && self.rng.u8(0..8) == 0;
                let now = self.now;
                if let Some(commit) = self.commit(repo, &sha) {
                    commit.deploy = if red { Ci::Red } else { Ci::Green };
                    commit.deploy_at = now;
                    if !red {
                        self.in_seconds(10, 60, Due::RolledOut(repo, sha));
                    }
                }
            }
            Due::RolledOut(repo, sha) => {
                if let Some(commit) = self.commit(repo, &sha) {
                    commit.rollout = Ci::Green;
                }
            }
            Due::OrphanDies(thread, generation) => self.orphan_dies(thread, generation),
            Due::Delivered(number) => {
                if let Some(act) = self.late.remove(&number) {
                    self.say(|| format!("late delivery {number}"));
                    self.delivering = true;
                    act(self);
                    self.delivering = false;
                }
            }
        }
    }

    pub fn commit(&mut self, repo: usize, sha: &CommitSha) -> Option<&mut Commit> {
        self.repos[repo]
            .commits
            .iter_mut()
            .find(|commit| commit.sha == *sha)
    }

    /// Changes an issue, and remembers how it was for lists that lag.
    pub fn change(&mut self, repo: usize, number: u64, by: By, what: What) {
        let id = self.next();
        let now = self.now;
        let repo = &mut self.repos[repo];
        let Some(issue) = repo.issues.get_mut(&number) else {
            return;
        };
        repo.before.insert(number, issue.clone());
        match &what {
            What::Labeled(label) => {
                if !issue.labels.insert(label.clone()) {
                    return;
                }
            }
            What::Unlabeled(label) => {
                if !issue.labels.remove(label) {
                    return;
                }
            }
            What::Closed(_) => {
                if !issue.open {
                    return;
                }
                issue.open = false;
            }
            What::Reopened => {
                if issue.open {
                    return;
                }
                issue.open = true;
            }
            What::Edited | What::Renamed => issue.version += 1,
            What::Transferred => {}
        }
        issue.events.push(Event {
            id,
            at: now,
            by,
            what: what.clone(),
        });
        let index = repo.index;
        self.say(|| format!("repo{index}#{number}: {what:?} by {by:?}"));
    }

    // Agents.

    /// A turn was accepted: T3 takes it up soon.
    pub fn turn_accepted(&mut self, id: ThreadId) {
        let Some(thread) = self.t3.threads.get_mut(&id) else {
            return;
        };
        thread.agent = Agent::Pending;
        thread.stopped = None;
        thread.orphan = false;
        thread.generation += 1;
        thread.turns += 1;
        let generation = thread.generation;
        self.in_seconds(1, 20, Due::TurnBegins(id, generation));
    }

    fn turn_begins(&mut self, id: ThreadId, generation: u32) {
        let now = self.now;
        let number = self.next();
        let Some(thread) = self.t3.threads.get_mut(&id) else {
            return;
        };
        if thread.generation != generation || thread.agent != Agent::Pending {
            return;
        }
        let first = thread.turns == 1;
        let plan = match &mut self.script {
            Some(script) => script.next_plan(),
            None => Self::any_plan(&mut self.rng, first),
        };
        let plan = troubles::plan_of(self, plan);
        let scripted = self.script.is_some();
        let Some(thread) = self.t3.threads.get_mut(&id) else {
            return;
        };
        let requested = thread.messages.last().map(|message| message.at);
        if plan == Plan::NotStarted {
            thread.agent = Agent::None;
            thread.start_failure = Some(afk::domain::run::thread_state::StartFailure {
                at: requested,
                detail: "no such instance".to_owned(),
            });
            thread.updated_at = now;
            return;
        }
        thread.agent = Agent::Working;
        thread.hungry = plan == Plan::Endless && number.is_multiple_of(2) && !scripted;
        thread.turn = Some(afk::domain::run::thread_state::TurnFacts {
            id: format!("turn-{number}"),
            state: "running".to_owned(),
            requested_at: requested,
            started_at: requested,
            completed_at: None,
        });
        thread.set_session("running", None, now);
        self.plans.insert((id, generation), plan);
        self.say(|| format!("agent of {} starts: {plan:?}", short(id)));
        self.in_seconds(10, 240, Due::AgentGoesOn(id, generation, 0));
    }

    fn any_plan(rng: &mut Rng, first: bool) -> Plan {
        match (first, rng.u8(0..100)) {
            (true, 0..=54) | (false, 0..=69) => Plan::Push {
                twice: rng.u8(0..8) == 0,
                trailer: rng.u8(0..4) != 0,
                skip_ci: rng.u8(0..12) == 0,
                after_end: rng.u8(0..6) == 0,
            },
            (_, 55..=69) => Plan::Nothing,
            (_, 70..=75) => Plan::Stall,
            (_, 76..=84) => Plan::Endless,
            (_, 85..=88) => Plan::Ask,
            (_, 89..=92) => Plan::Fail,
            (_, 93..=96) => Plan::Die,
            _ => Plan::NotStarted,
        }
    }

    fn agent_goes_on(&mut self, id: ThreadId, generation: u32, step: u32) {
        let (Some(plan), Some(thread)) = (
            self.plans.get(&(id, generation)).copied(),
            self.t3.threads.get_mut(&id),
        ) else {
            return;
        };
        let late_push = matches!(
            plan,
            Plan::Push {
                after_end: true,
                ..
            }
        ) && step == 9;
        if thread.generation != generation || (thread.agent != Agent::Working && !late_push) {
            return;
        }
        if thread.orphan {
            // It says nothing that T3 would hear, and comes to its end by itself.
            return;
        }
        if plan == Plan::Background && step > 0 {
            return self.wakes_up(id);
        }
        if !late_push && let Some(outage) = self.current_outage() {
            return self.stopped_by_provider(id, outage);
        }
        let now = self.now;
        let release = self.t3.version == Version::Release;
        let thread = self.t3.threads.get_mut(&id).unwrap();
        if !late_push {
            thread.answers.push(now);
            thread.words = Some(format!("I have done step {step}.\n{}", settings::excerpt()));
            thread.updated_at = now;
            thread.tokens += if thread.hungry { 150_000 } else { 1_000 };
            if release && let Some(turn) = &mut thread.turn {
                // The first text completes the turn on this server, while the agent works on.
                turn.state = "completed".to_owned();
                turn.completed_at = Some(now);
            }
        }
        if self.mischief && self.rng.u8(0..3) == 0 {
            self.be_naughty(id);
        }
        let next = |step| Due::AgentGoesOn(id, generation, step);
        match (plan, step) {
            (
                Plan::Push {
                    after_end: true, ..
                },
                0,
            ) => {
                self.turn_ends(id, "ready", None);
                self.in_seconds(1, settings::SETTLE - 30, next(9));
            }
            (
                Plan::Push {
                    trailer, skip_ci, ..
                },
                9,
            ) => self.push(id, trailer, skip_ci),
            (
                Plan::Push {
                    twice,
                    trailer,
                    skip_ci,
                    ..
                },
                0,
            ) => {
                self.push(id, trailer, skip_ci);
                if twice {
                    self.in_seconds(20, 400, next(1));
                } else {
                    self.in_seconds(5, 120, next(2));
                }
            }
            (Plan::Push { trailer, .. }, 1) => {
                self.push(id, trailer, false);
                self.in_seconds(5, 60, next(2));
            }
            (Plan::Push { .. } | Plan::Nothing, _) => self.turn_ends(id, "ready", None),
            (Plan::Stall, _) => {}
            (Plan::Endless, _) => self.in_seconds(200, 600, next(step + 1)),
            (Plan::Ask, _) => {
                if let Some(thread) = self.t3.threads.get_mut(&id) {
                    thread.ask(now);
                }
            }
            (Plan::Fail, _) => self.turn_ends(id, "error", Some("the process exited with code 1")),
            (Plan::Background, _) => self.leaves_work_behind(id, generation),
            (Plan::Die | Plan::NotStarted, _) => {
                self.turn_ends(id, "stopped", Some("killed by signal 9"));
            }
        }
    }

    /// The agent of a thread is at its end.
    pub fn turn_ends(&mut self, id: ThreadId, status: &str, error: Option<&str>) {
        let now = self.now;
        let Some(thread) = self.t3.threads.get_mut(&id) else {
            return;
        };
        thread.agent = Agent::None;
        thread.question = None;
        if let Some(turn) = &mut thread.turn {
            turn.state = if error.is_some() {
                "error"
            } else {
                "completed"
            }
            .to_owned();
            turn.completed_at = Some(now);
        }
        thread.set_session(status, error, now);
        self.say(|| format!("agent of {} ends: {status}", short(id)));
    }

    pub fn stopped(&mut self, id: ThreadId) {
        self.pushes_at_last(id);
        let now = self.now;
        let Some(thread) = self.t3.threads.get_mut(&id) else {
            return;
        };
        // A turn that was accepted before the stop begins and ends with it.
        let had = thread.session.is_some() || thread.agent != Agent::None;
        if !thread.orphan {
            thread.agent = Agent::None;
        }
        thread.question = None;
        if had {
            thread.set_session("stopped", None, now);
        }
        self.say(|| format!("session of {} stopped", short(id)));
    }

    /// Some agents push a moment before a stop reaches them.
    fn pushes_at_last(&mut self, id: ThreadId) {
        let works = self
            .t3
            .threads
            .get(&id)
            .is_some_and(|thread| thread.agent == Agent::Working && !thread.orphan);
        if works && self.script.is_none() && self.rng.u8(0..5) == 0 {
            self.count("an agent pushes while it is stopped");
            self.push(id, true, false);
        }
    }

    fn interrupted(&mut self, id: ThreadId) {
        let fork = self.t3.version == Version::Fork;
        if self
            .t3
            .threads
            .get(&id)
            .is_some_and(|thread| thread.agent == Agent::Working)
        {
            self.pushes_at_last(id);
            if fork {
                self.turn_ends(id, "ready", None);
            } else {
                self.turn_ends(id, "error", Some("[ede_diagnostic] interrupted"));
            }
        }
    }

    /// T3 restarts: accepted turns are lost, agents die, and their sessions say "running" for ever.
    pub fn restart(&mut self) {
        self.say(|| "T3 restarts".to_owned());
        self.count("fault t3-restart");
        if self.has(Trouble::Survivors) {
            return self.survive();
        }
        for thread in self.t3.threads.values_mut() {
            thread.agent = Agent::None;
        }
    }

    /// T3 comes up without its data: no thread, no project, no receipt, and no agent.
    pub fn lose_t3(&mut self) {
        self.say(|| "T3 loses its data".to_owned());
        self.t3_losses += 1;
        self.t3 = T3::new(self.t3.version);
    }

    pub fn push(&mut self, id: ThreadId, trailer: bool, skip_ci: bool) {
        let (repo, issue) = {
            let thread = &self.t3.threads[&id];
            (thread.repo, thread.issue)
        };
        let name = self.repos[repo].name.full_name();
        let mut message = if trailer {
            format!("Do it\n\nRefs {name}#{issue}\nAfk-Run: {id}\n")
        } else {
            format!("Do it\n\nCloses #{issue}\n")
        };
        let closes = !trailer || (self.script.is_none() && self.rng.u8(0..3) == 0);
        if trailer && closes {
            message = message.replacen("Refs", "Closes", 1);
        }
        if skip_ci {
            message = message.replacen("Do it", "Do it [skip ci]", 1);
        }
        self.pushed(repo, message);
        if let Some(commit) = self.repos[repo].commits.last_mut() {
            commit.of_run = Some(id);
        }
        if closes {
            let sha = self.repos[repo]
                .commits
                .last()
                .map(|commit| commit.sha.clone());
            self.change(repo, issue, By::Us, What::Closed(sha));
        }
    }

    pub fn pushed(&mut self, repo: usize, message: String) {
        let number = self.next();
        // In front, where people read it.
        let sha = CommitSha::parse(&format!("{number:08x}{:032x}", 0)).unwrap();
        let now = self.now;
        let lag = if self.script.is_some() {
            TimeDelta::zero()
        } else {
            TimeDelta::milliseconds(self.rng.i64(0..20_000))
        };
        let skipped = message.contains("[skip ci]");
        self.say(|| format!("repo{repo}: push {}", sha.short()));
        // A newer commit cancels what runs.
        if self.script.is_none() && self.rng.bool() {
            for commit in &mut self.repos[repo].commits {
                if commit.ci == Ci::Pending {
                    commit.ci = Ci::Cancelled;
                    commit.ci_at = now;
                }
            }
        }
        self.repos[repo].commits.push(Commit {
            sha: sha.clone(),
            message,
            at: now,
            listed_at: now + lag,
            ci: Ci::None,
            ci_at: now,
            deploy: Ci::None,
            deploy_at: now,
            rollout: Ci::None,
            of_run: None,
            reverted: false,
        });
        let seen_by_ci = match &mut self.script {
            Some(script) => script.next_ci(&sha) != Ci::None,
            None => self.rng.u8(0..14) != 0,
        };
        if !skipped && seen_by_ci {
            self.in_seconds(1, 60, Due::CiStarts(repo, sha));
        }
    }

    fn ci_starts(&mut self, repo: usize, sha: &CommitSha) {
        let now = self.now;
        if let Some(commit) = self.commit(repo, sha)
            && commit.ci == Ci::None
        {
            commit.ci = Ci::Pending;
            commit.ci_at = now;
            if self.script.is_none() && self.rng.u8(0..14) == 0 {
                if let Some(commit) = self.commit(repo, sha) {
                    commit.ci = Ci::Blocked;
                }
                return;
            }
            if self.script.is_some() || self.rng.u8(0..25) != 0 {
                self.in_seconds(20, 500, Due::CiEnds(repo, sha.clone()));
            }
        }
    }

    fn ci_ends(&mut self, repo: usize, sha: &CommitSha) {
        let now = self.now;
        let red = match &self.script {
            Some(script) => script.ci_of(sha) == Ci::Red,
            None => self.rng.u8(0..100) < 42,
        };
        let Some(commit) = self.commit(repo, sha) else {
            return;
        };
        if commit.ci != Ci::Pending {
            return;
        }
        commit.ci = if red { Ci::Red } else { Ci::Green };
        commit.ci_at = now;
        let ci = commit.ci;
        self.say(|| format!("repo{repo}: {} is {ci:?}", sha.short()));
        if !red
            && settings::DEPLOYED.contains(&repo)
            && (self.script.is_some() || self.rng.u8(0..15) != 0)
        {
            if let Some(commit) = self.commit(repo, sha) {
                commit.deploy = Ci::Pending;
            }
            self.in_seconds(20, 200, Due::DeployEnds(repo, sha.clone()));
        }
    }

    /// What an agent with full access may do besides.
    fn be_naughty(&mut self, id: ThreadId) {
        let (repo, issue) = {
            let thread = &self.t3.threads[&id];
            (thread.repo, thread.issue)
        };
        let labelled = What::Labeled(READY.to_owned());
        match self.rng.u8(0..5) {
            0 => {
                self.count("mischief: agent labels another issue");
                let other = issue % 3 + 1;
                self.change(repo, other, By::Us, labelled);
            }
            1 => {
                self.count("mischief: agent edits our comment");
                if let Some(issue) = self.repos[repo].issues.get_mut(&issue)
                    && let Some(comment) = issue.comments.last_mut()
                {
                    comment.body.push_str("\nAll good!");
                }
            }
            2 => {
                self.count("mischief: agent closes the issue");
                self.change(repo, issue, By::Us, What::Closed(None));
            }
            3 => {
                self.count("mischief: agent takes the lock label off");
                self.meddled.insert((repo, issue));
                self.change(repo, issue, By::Us, What::Unlabeled(LOCK.to_owned()));
            }
            _ => {
                self.count("mischief: agent takes the ready label off");
                self.change(repo, issue, By::Us, What::Unlabeled(READY.to_owned()));
            }
        }
    }

    pub fn repo_of(&self, key_or_name: &afk::domain::repository::RepoRef) -> Option<usize> {
        self.repos
            .iter()
            .position(|repo| repo.was_called(key_or_name))
    }

    pub fn thread_mut(&mut self, id: ThreadId) -> Option<&mut SimThread> {
        self.t3.threads.get_mut(&id)
    }
}

pub fn short(id: ThreadId) -> String {
    id.to_string()[..8].to_owned()
}
