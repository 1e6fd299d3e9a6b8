//! One seed, from an empty world to a verdict.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use afk::clock::Deadline;
use afk::domain::config::{Config, Gate};
use afk::domain::identity::{MessageId, Title};
use afk::domain::repository::{IssueNumber, IssueRef};
use afk::domain::verdict::ci::Stage;
use afk::executor::{Fleet, Thread};
use afk::tick::poll::{Mandate, Poll};
use afk::tick::watch::Watch;
use afk::tick::{Hands, Narrowing, TickKind, TickReport};
use chrono::TimeDelta;

use super::executor::{SimThread, Version};
use super::forge::{By, LOCK, What};
use super::ports::{SimSink, SimStage};
use super::records;
use super::settings::{self, Settings};
use super::ticks::{Baton, Killed, Link, TickClock, TickState, logged};
use super::world::World;

pub const SINKS: [&str; 2] = ["slack", "ntfy"];

/// Faults for ever, or faults that stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Safety,
    Liveness,
    /// As liveness, but the forge of one repository never comes back.
    ForgeLost,
    /// People work around the issues, and nobody meddles with T3: what may start is the question.
    Work,
}

impl Mode {
    pub const ALL: [Self; 4] = [Self::Safety, Self::Liveness, Self::ForgeLost, Self::Work];

    /// How many of the seeds are tried in this mode. Worlds of different modes differ only in how they come to rest.
    pub const fn share_of(self, seeds: u64) -> u64 {
        match self {
            Self::Safety | Self::Liveness | Self::ForgeLost => seeds,
            Self::Work => seeds * 4 / 5,
        }
    }

    /// Whether the world of a seed comes to rest at last.
    const fn settles(self, seed: u64) -> bool {
        match self {
            Self::Safety => false,
            Self::Liveness | Self::ForgeLost => true,
            // Most of what may start was started, or not, before.
            Self::Work => seed.is_multiple_of(4),
        }
    }
}

/// The program, or one of the mistakes that such systems really make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    Real,
    LabelBeforeDispatch,
    RandomCommandIds,
    ReleaseBeforeBell,
    CorrectionOutsideSteps,
    TriageIsTrusted,
    CompletedTurnMeansIdle,
    ReceiptIsLost,
    ResumeOutsideSteps,
    ResumesAreAttempts,
    GivesUpNoSink,
    FollowsNames,
    BelievesDone,
}

impl Variant {
    /// What this variant takes a fleet for.
    pub fn shown(self, mut fleet: Fleet) -> Fleet {
        if matches!(
            self,
            Self::CompletedTurnMeansIdle | Self::ResumesAreAttempts
        ) {
            let threads = std::mem::take(&mut fleet.threads);
            fleet.threads = threads
                .into_iter()
                .map(|(id, thread)| (id, self.shown_thread(thread)))
                .collect();
        }
        fleet
    }

    pub fn shown_thread(self, mut thread: Thread) -> Thread {
        if self == Self::ResumesAreAttempts {
            let as_attempt = |id: &mut MessageId| {
                if id.is_resume() {
                    id.red_commit = Some(format!("{:040x}", id.step.0));
                }
            };
            thread.messages.iter_mut().for_each(as_attempt);
            if let Some(log) = &mut thread.facts.log {
                let ids = log.ours.iter_mut().map(|message| &mut message.id);
                ids.for_each(as_attempt);
            }
        }
        let completed = thread
            .facts
            .latest_turn
            .as_ref()
            .is_some_and(|turn| turn.state == "completed");
        if self == Self::CompletedTurnMeansIdle
            && completed
            && let Some(session) = &mut thread.facts.session
        {
            session.status = "stopped".to_owned();
            session.active_turn = None;
        }
        thread
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub seed: u64,
    pub mode: Mode,
    pub variant: Variant,
    pub traced: bool,
}

pub struct Outcome {
    pub violation: Option<String>,
    pub coverage: BTreeMap<String, u64>,
    pub trace: Vec<String>,
}

/// How many times the driver chooses what happens next while there are faults.
const STEPS: usize = 90;

/// Ticks that may be under way at once.
const LIVE_MAX: usize = 3;

/// Rounds of clean ticks after which everything must have come to its end.
const ROUNDS_MAX: usize = 160;

struct Driver<'scope, 'env> {
    scope: &'scope std::thread::Scope<'scope, 'env>,
    world: Arc<Mutex<World>>,
    baton: Arc<Baton>,
    variant: Variant,
    live: Vec<usize>,
    configs: BTreeMap<Settings, Arc<Config>>,
}

pub fn simulate(options: Options) -> Outcome {
    super::ticks::listen();
    let mut world = World::new(options.seed, options.traced);
    if options.mode == Mode::Work {
        world.set_to_work();
    }
    let world = Arc::new(Mutex::new(world));
    std::thread::scope(|scope| {
        let mut driver = Driver {
            scope,
            world: Arc::clone(&world),
            baton: Arc::default(),
            variant: options.variant,
            live: Vec::new(),
            configs: BTreeMap::new(),
        };
        driver.begin();
        for _ in 0..STEPS {
            if driver.is_over() {
                break;
            }
            driver.step();
        }
        if options.mode.settles(options.seed) && !driver.is_over() {
            driver.settle(options.mode);
        }
        driver.kill_all();
    });
    let mut world = world.lock().unwrap_or_else(PoisonError::into_inner);
    world.judge_secrets();
    Outcome {
        violation: world.violation.take(),
        coverage: std::mem::take(&mut world.coverage),
        trace: world.trace.take().unwrap_or_default(),
    }
}

impl Driver<'_, '_> {
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_over(&self) -> bool {
        self.world().violation.is_some()
    }

    /// Somebody asks for something, so that there is work.
    fn begin(&self) {
        let mut world = self.world();
        for repo in 0..world.repos.len() {
            for number in 1..=2 {
                if world.rng.u8(0..3) != 0 {
                    world.ask(repo, number);
                    if world.at_work && world.rng.u8(0..4) == 0 {
                        world.brief(repo, number, By::Person("bob"));
                    }
                }
            }
        }
        world.pass(TimeDelta::seconds(5));
    }

    fn step(&mut self) {
        let choice = self.world().rng.u8(0..100);
        match choice {
            0..=29 if self.live.len() < LIVE_MAX => {
                let poll = self.world().rng.u8(0..5) < 2;
                let kind = if poll {
                    TickKind::Poll
                } else {
                    TickKind::Watch
                };
                if let Some(tick) = self.start(kind) {
                    self.resume(tick);
                }
            }
            0..=59 if !self.live.is_empty() => {
                let tick = {
                    let mut world = self.world();
                    self.live[world.rng.usize(0..self.live.len())]
                };
                self.resume(tick);
            }
            60..=76 => self.world().somebody_acts(),
            77..=80 if !self.world().at_work => self.world().trouble(),
            81 if !self.live.is_empty() => {
                let tick = self.live[0];
                self.world().count("fault paused for ever");
                self.kill(tick);
            }
            _ => {
                let mut world = self.world();
                if !world.troubles.is_empty() && world.rng.u8(0..8) == 0 {
                    world.lasting_trouble();
                }
                let seconds = match world.rng.u8(0..12) {
                    0..=4 => world.rng.i64(1..30),
                    5..=10 => world.rng.i64(30..240),
                    _ => world.rng.i64(240..2_400),
                };
                world.pass(TimeDelta::seconds(seconds));
            }
        }
    }

    /// Reads the settings as a new process does, and starts a tick when the gate lets it.
    fn start(&mut self, kind: TickKind) -> Option<usize> {
        let set = Settings::of(&self.world());
        let parsed = self.configs.entry(set.clone());
        let config = Arc::clone(parsed.or_insert_with(|| Arc::new(settings::config(&set))));
        let draining = match (config.gate(), kind) {
            (Gate::Disarmed(_), _) => {
                self.world().count("disarmed tick");
                if !set.allowlist.is_empty() {
                    self.world()
                        .violate("disarmed although the allowlist names a repository");
                }
                return None;
            }
            (Gate::Drain(_), TickKind::Poll) => {
                self.world().count("disarmed tick");
                return None;
            }
            (Gate::Drain(_), TickKind::Watch) => true,
            (Gate::Armed(_), _) => false,
        };
        if draining != (set.kill_switch || set.halt) || set.allowlist.is_empty() {
            self.world().violate("the gate and the settings disagree");
        }
        let tick = {
            let mut world = self.world();
            let skew = if world.weather.calm {
                0
            } else {
                {
                    let most =
                        [500, 3_000, settings::SKEW.num_milliseconds()][world.rng.usize(0..3)];
                    world.rng.i64(-most..most)
                }
            };
            let mut state = TickState::new(kind, draining, &world, TimeDelta::milliseconds(skew));
            state.halted = set.halt;
            state.overlapped = !self.live.is_empty();
            world.ticks.push(state);
            for live in &self.live {
                world.ticks[*live].overlapped = true;
            }
            world.say(|| format!("{} starts, draining: {draining}", kind.binary()));
            if set.halt {
                world.count("halted tick");
            } else if draining {
                world.count("draining tick");
            }
            world.ticks.len() - 1
        };
        self.live.push(tick);
        let link = Link {
            world: Arc::clone(&self.world),
            baton: Arc::clone(&self.baton),
            tick,
            variant: self.variant,
        };
        // Now and then by hand, for one repository, which may not be enrolled.
        let narrowing = {
            let mut world = self.world();
            let by_hand = !world.weather.calm && world.rng.u8(0..8) == 0;
            let repos = world.repos.len();
            let repo = world.rng.usize(0..repos);
            let named = by_hand.then(|| world.repos[repo].name.clone());
            if world.rng.bool() {
                Narrowing {
                    repos: named.into_iter().collect(),
                    issues: Vec::new(),
                }
            } else {
                Narrowing {
                    repos: Vec::new(),
                    issues: named
                        .map(|repo| IssueRef {
                            repo,
                            number: IssueNumber(1),
                        })
                        .into_iter()
                        .collect(),
                }
            }
        };
        self.scope.spawn(move || {
            link.baton.wait(Some(tick));
            let result = catch_unwind(AssertUnwindSafe(|| {
                run_tick(&link, kind, &config, &narrowing)
            }));
            let mut world = link.world();
            world.ended(result);
            world.ticks[tick].done = true;
            drop(world);
            link.baton.give(None);
        });
        Some(tick)
    }

    /// Lets a tick run for a while, or to its end.
    fn resume(&mut self, tick: usize) {
        {
            let mut world = self.world();
            let calm = world.weather.calm;
            let burst = match world.rng.u8(0..10) {
                _ if calm => u32::MAX,
                0..=3 => u32::MAX,
                4..=6 => world.rng.u32(0..4),
                _ => world.rng.u32(3..15),
            };
            world.ticks[tick].burst = burst;
        }
        self.go(tick);
    }

    fn go(&mut self, tick: usize) {
        self.baton.pass(None, Some(tick));
        if self.world().ticks[tick].done {
            self.live.retain(|live| *live != tick);
        }
    }

    fn kill(&mut self, tick: usize) {
        self.world().ticks[tick].killed = true;
        // A tick that was not held yet has no call to die at: it makes none.
        self.world().ticks[tick].burst = 0;
        while self.live.contains(&tick) {
            self.go(tick);
        }
    }

    fn kill_all(&mut self) {
        for tick in self.live.clone() {
            self.kill(tick);
        }
    }

    /// Faults stop. Clean ticks, one after the other, must bring everything to its end.
    fn settle(&mut self, mode: Mode) {
        {
            let mut world = self.world();
            world.weather = super::weather::Weather {
                calm: true,
                ..super::weather::Weather::default()
            };
            world.say(|| "calm".to_owned());
            world.kill_switch = false;
            world.halt = false;
            world.enrolled = (0..world.repos.len()).collect();
            world.mischief = false;
            for repo in &mut world.repos {
                repo.archived = false;
            }
            // A repository that was renamed stays so in some worlds: its runs are followed, and it gets no new one.
            if world.rng.bool() {
                for repo in &mut world.repos {
                    repo.moved_to = None;
                }
            }
            if mode == Mode::ForgeLost {
                let lost = world.any_repo_with_a_run();
                world.repos[lost].lost = true;
                world.count("fault a forge never comes back");
                world.say(|| format!("repo{lost} is lost for good"));
            }
        }
        let calm_at = self.world().now;
        while let Some(tick) = self.live.first().copied() {
            self.resume(tick);
        }
        let mut rest = 0;
        for round in 0..ROUNDS_MAX {
            let before = self.world().remains();
            for kind in [TickKind::Poll, TickKind::Watch] {
                let starved = self.world().startable();
                if let Some(tick) = self.start(kind) {
                    self.resume(tick);
                }
                if kind == TickKind::Poll && round > 1 {
                    self.world().judge_fairness(&starved);
                }
                if self.is_over() {
                    return;
                }
            }
            let mut world = self.world();
            world.pass(TimeDelta::seconds(240));
            world.judge_ages(calm_at);
            rest = if before.is_empty() { rest + 1 } else { 0 };
            if rest == 2 {
                return;
            }
        }
        let mut world = self.world();
        let left = world.remains();
        world.violate(format!("does not come to rest: {}", left.join("; ")));
    }
}

impl World {
    /// Some repository; one with a run under way, where there is one.
    fn any_repo_with_a_run(&mut self) -> usize {
        let threads = self.t3.threads.values();
        let live = threads.filter(|thread| !thread.is_released());
        let mut repos: Vec<usize> = live.map(|thread| thread.repo).collect();
        if repos.is_empty() {
            repos = (0..self.repos.len()).collect();
        }
        repos[self.rng.usize(0..repos.len())]
    }

    /// A tick is over: it has reported, died, or panicked. What its thread logged is public.
    pub fn ended(&mut self, result: std::thread::Result<TickReport>) {
        self.published.push_str(&logged());
        match result {
            Ok(report) => self.reported(&report),
            Err(panic) if panic.is::<Killed>() => {}
            Err(_) => self.violate("a tick panicked"),
        }
    }

    fn reported(&mut self, report: &TickReport) {
        let text = serde_json::to_string(report).unwrap();
        self.published.push_str(&text);
        if self.published.len() > 200_000 {
            self.judge_secrets();
        }
        for repository in &report.repositories {
            self.count(&format!("outcome {:?}", repository.outcome));
            self.say(|| {
                format!(
                    "{}: {:?}, {}",
                    repository.repository, repository.outcome, repository.detail
                )
            });
            for issue in &repository.issues {
                for reason in &issue.reasons {
                    self.count(&format!("reason {}", reason.code));
                }
                let codes: Vec<_> = issue.reasons.iter().map(|reason| reason.code).collect();
                self.say(|| format!("{}: {:?} {codes:?}", issue.issue.0, issue.decision));
            }
        }
        for run in &report.runs {
            self.count(&format!("action {}", run.action));
            self.count(&format!("state {}", run.state));
            self.say(|| {
                format!(
                    "{}: {} ({}), {}",
                    run.issue, run.action, run.state, run.detail
                )
            });
            if let Some(reason) = run.reason {
                self.count(&format!("end reason {reason}"));
            }
        }
    }

    /// What is still to be done.
    pub fn remains(&self) -> Vec<String> {
        let mut left = Vec::new();
        for thread in self.t3.threads.values() {
            let name = format!("repo{}#{}", thread.repo, thread.issue);
            if !thread.is_released() {
                left.push(format!(
                    "the run of {name} is not released ('{}')",
                    thread.title
                ));
            } else if thread.is_alive() && !thread.by_person && !thread.orphan {
                left.push(format!("an agent of {name} is alive"));
            }
        }
        for repo in self.repos.iter().filter(|repo| !repo.lost) {
            // Of a thread that somebody renamed only our messages tell, as far as T3 shows them, and not on a server that hides those
            // of released ones.
            let known = |number: u64| {
                self.t3.threads.values().any(|thread| {
                    let titled = Title::parse(&thread.title)
                        .is_some_and(|title| title.issue == IssueNumber(number));
                    let told = self.t3.version != Version::Fork && thread.is_named();
                    // One that was deleted before it showed what was sent looks like one that was only allocated.
                    let shows_start = !thread.deleted || thread.shows_start();
                    (thread.repo, thread.issue) == (repo.index, number)
                        && (titled || told)
                        && shows_start
                })
            };
            let locked: Vec<u64> = repo
                .issues
                .values()
                .filter(|issue| issue.shows(LOCK) && !issue.gone)
                .map(|issue| issue.number)
                .collect();
            // A stray that somebody else locked is left to that person: T3 tells nothing of a thread that was deleted, or of one in
            // which nobody ever worked.
            let locked_by_somebody = |number: u64| {
                let of_issue = |thread: &&SimThread| {
                    (thread.repo, thread.issue) == (repo.index, number)
                        && !thread.deleted
                        && thread.turns > 0
                };
                let put_on = What::Labeled(LOCK.to_owned());
                let mut newest_first = repo.issues[&number].events.iter().rev();
                let labelled = newest_first.find(|event| event.what == put_on);
                labelled.is_some_and(|event| event.by != By::Us)
                    && !self.t3.threads.values().any(|thread| of_issue(&thread))
            };
            for number in &locked {
                let may_stay = repo.issues[number].refuses_writes
                    || self.is_contradicted(repo.index, *number)
                    || locked_by_somebody(*number);
                if known(*number) && !may_stay {
                    left.push(format!("repo{}#{number} is locked", repo.index));
                }
            }
            // A lock on an issue that T3 knows nothing of stays until a person removes it.
            if !locked.is_empty() || repo.moved_to.is_some() {
                continue;
            }
            for number in repo.issues.keys() {
                if self.asks_in_vain(repo.index, *number) {
                    left.push(format!("repo{}#{number} is not started", repo.index));
                }
            }
        }
        left
    }

    /// Whether a trusted person asked for an issue and no run of it began.
    fn asks_in_vain(&self, repo: usize, number: u64) -> bool {
        let seen = self.seen_repository(repo, &self.public);
        let Ok(asked) = self.asked(repo, number, seen, true) else {
            return false;
        };
        let levels = &self.repos[repo].permissions;
        let is_trusted = |login: &&str| levels.get(*login).is_some_and(|level| level.is_trusted());
        asked.people.iter().all(is_trusted)
            && !asked.strangers.iter().any(is_trusted)
            && !self.bound_to(repo, number, asked.event)
            && !self.is_older_than_a_slot(repo, number, asked.event)
    }

    /// The repositories in which the next clean poll tick must start something, if a slot stays free.
    fn startable(&self) -> Vec<usize> {
        let held = |repo: &usize| {
            let repo = &self.repos[*repo];
            // An agent may be at work in what a tick of before a restore released.
            let busy = |thread: &SimThread| {
                let is_of_before = self.ends_of_before.contains(&thread.id);
                let may_work = thread.by_person || is_of_before;
                thread.repo == repo.index && (!thread.is_released() || may_work)
            };
            repo.lost
                || repo.moved_to.is_some()
                || self.t3.threads.values().any(busy)
                || repo.issues.values().any(|issue| issue.shows(LOCK))
        };
        if self.may_wait_for_provider() {
            return Vec::new();
        }
        (0..self.repos.len())
            .filter(|repo| !held(repo))
            .filter(|repo| {
                let mut numbers = self.repos[*repo].issues.keys();
                numbers.any(|number| self.asks_in_vain(*repo, *number))
            })
            .collect()
    }

    /// An eligible issue with a free slot is started by the first clean poll tick that could see it.
    fn judge_fairness(&mut self, startable: &[usize]) {
        let under_way = self
            .t3
            .threads
            .values()
            .filter(|thread| !thread.is_released());
        // An agent that ends while the tick reads may show only then that its provider stopped it.
        if under_way.count() >= settings::MAX_IN_FLIGHT || self.may_wait_for_provider() {
            return;
        }
        for repo in startable {
            let began = |thread: &SimThread| thread.repo == *repo && !thread.is_released();
            if self.t3.threads.values().any(began) {
                self.count("fairness: started in the first tick");
            } else {
                self.violate(format!(
                    "repo{repo}: an eligible issue waits although a slot is free"
                ));
            }
        }
    }

    /// Every run ends within the bound of its limits, once faults have stopped.
    fn judge_ages(&mut self, calm_at: chrono::DateTime<chrono::Utc>) {
        use settings::{CI_MAX, CI_START_MAX, FIX_MAX, RUN_MAX, SETTLE, STALL};
        let bound = TimeDelta::seconds(
            2 * RUN_MAX + FIX_MAX + 3 * (CI_START_MAX + CI_MAX) + 2 * STALL + SETTLE + 1_800,
        );
        let old = self.t3.threads.values().find(|thread| {
            // The clocks start anew with a resume, and stand still while nobody can work.
            let resumed = thread
                .messages
                .iter()
                .filter(|message| message.id.is_resume());
            let began = resumed
                .map(|message| message.at)
                .fold(thread.created_at, Ord::max);
            let outage = self.outage.map_or(calm_at, |outage| outage.until);
            !thread.is_released() && self.now - began.max(calm_at).max(outage) > bound
        });
        if let Some(old) = old {
            let title = old.title.clone();
            self.violate(format!("older than its limits allow: {title}"));
        }
    }
}

/// What `app.rs` does with real adapters.
pub fn run_tick(link: &Link, kind: TickKind, config: &Config, narrowing: &Narrowing) -> TickReport {
    let clock = TickClock(link.clone());
    let stop = Arc::clone(&link.world().ticks[link.tick].stop);
    let deadline = Deadline::start(&clock, config.limits.tick_max, stop);
    let keeps_facts = records::is_held(link);
    let hands = || Hands {
        executor: link,
        tracker: link,
        ids: &clock,
        deadline: &deadline,
        dry_run: false,
        keeps_facts,
        parallel: 1,
    };
    let report = match kind {
        TickKind::Poll => Poll {
            mandate: Mandate::Start(&config.gate().into_armed().unwrap()),
            config,
            narrowing,
            hands: hands(),
        }
        .run(),
        TickKind::Watch => {
            let sinks = SINKS.map(|name| SimSink {
                link: link.clone(),
                name,
            });
            let sinks: Vec<&dyn afk::notifier::Sink> = sinks
                .iter()
                .map(|sink| sink as &dyn afk::notifier::Sink)
                .collect();
            let stage = |stage| SimStage {
                link: link.clone(),
                stage,
            };
            let (deploy, rollout) = (stage(Stage::Deploy), stage(Stage::Rollout));
            let gate = config.gate();
            let (enrolled, draining, halted) = match &gate {
                Gate::Armed(armed) => (armed.enrolled(), false, false),
                Gate::Drain(drain) => (drain.enrolled(), true, drain.halts()),
                Gate::Disarmed(_) => unreachable!("the driver starts no disarmed tick"),
            };
            Watch {
                enrolled,
                draining,
                halted,
                config,
                narrowing,
                deploy: Some(&deploy),
                rollout: Some(&rollout),
                no_rollout: None,
                sinks: &sinks,
                hands: hands(),
                environment: OnceLock::new(),
                sink_health: afk::tick::watch::SinkHealth::default(),
                pace: afk::tick::watch::Pace::default(),
                sights: afk::tick::watch::Sights::default(),
                former_names: std::sync::OnceLock::new(),
            }
            .run()
        }
    };
    records::hold(link, &report);
    report
}
