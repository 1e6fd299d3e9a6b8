//! What every part of a watch tick needs: the configuration, the way to the world, the clock.
//!
//! Decides nothing. The one way to act from here is [`Watch::act`].

use std::collections::BTreeMap;
use std::sync::OnceLock;

use chrono::{DateTime, Utc};

use super::observed::Observed;
use super::pace::{Counter, Pace};
use super::sights::Sights;
use super::sink_health::SinkHealth;
use crate::ci::StageReader;
use crate::domain::config::{Config, RepositoryConfig, RunLimits};
use crate::domain::identity::ThreadId;
use crate::domain::repository::{ForgeKind, RepoRef};
use crate::domain::run::run_state_machine::{PATIENCE, sum_of_limits};
use crate::domain::run::thread_state::ThreadReading;
use crate::domain::step::Step;
use crate::domain::told::labels::LabelNames;
use crate::executor::Thread;
use crate::notifier::Sink;
use crate::service_error::{FailureKind, ServiceError};
use crate::tick::report::{Failure, TickReport};
use crate::tick::{Applied, Hands, Narrowing};

/// Everything that one watch tick needs.
pub struct Watch<'a> {
    /// The enrolled repositories.
    pub enrolled: &'a [RepoRef],
    /// Whether no turn may be sent: the kill switch is on, or `AFK_HALT` is.
    pub draining: bool,
    /// Whether `AFK_HALT` is on: every live agent of ours is stopped.
    pub halted: bool,
    /// The configuration.
    pub config: &'a Config,
    /// What the command line narrows the tick to.
    pub narrowing: &'a Narrowing,
    /// The deploy stage, when a repository has one.
    pub deploy: Option<&'a dyn StageReader>,
    /// The rollout stage, when a repository has one.
    pub rollout: Option<&'a dyn StageReader>,
    /// Why rollouts can not be read although a repository has one; for people.
    pub no_rollout: Option<&'a str>,
    /// Where doorbells ring.
    pub sinks: &'a [&'a dyn Sink],
    /// The way to the world.
    pub hands: Hands<'a>,
    /// T3's id of its environment, asked for when the first link is made.
    pub environment: OnceLock<Option<String>>,
    /// Which sinks answered in this tick; starts empty.
    pub sink_health: SinkHealth,
    /// How runs are driven side by side; starts with nothing under way.
    pub pace: Pace,
    /// What is kept for people of the runs that were looked at; nothing in a tick that acts.
    pub sights: Sights,
    /// Repositories that answered under another name in this tick, each with the name that it had before; starts empty.
    pub former_names: OnceLock<BTreeMap<RepoRef, RepoRef>>,
}

impl Watch<'_> {
    pub(super) fn now(&self) -> DateTime<Utc> {
        self.hands.deadline.clock().now()
    }

    /// What a repository has, also where only the name that it had before is configured: a commit must not land without its
    /// deploy because of a new name.
    pub(super) fn config_of(&self, repo: &RepoRef) -> &RepositoryConfig {
        let former = self.former_names.get().and_then(|names| names.get(repo));
        match former {
            Some(former) if !self.config.mentions(repo) => self.config.repository(former),
            Some(_) | None => self.config.repository(repo),
        }
    }

    pub(super) fn limits(&self) -> RunLimits {
        RunLimits::from(&self.config.limits)
    }

    /// When a run began: with our first message, or with its thread, or now when T3 knows no sensible time.
    pub(super) fn started_at(&self, thread: &Thread) -> DateTime<Utc> {
        let now = self.now();
        thread.facts.dispatched_at().unwrap_or(now).min(now)
    }

    /// From when the clocks of a run count: from its newest resume, otherwise from its beginning. They stand still while its
    /// provider takes no work.
    pub(super) fn clock_start(&self, thread: &Thread) -> DateTime<Utc> {
        let now = self.now();
        let began = thread.facts.clock_started_at().unwrap_or(now).min(now);
        let stop = self.state_of(thread).stop;
        let resumes = thread.facts.resumes_in_a_row();
        let resume_at = stop.and_then(|stop| stop.resume_at(resumes, self.config.limits.orphan));
        resume_at.map_or(began, |at| at.clamp(began, now))
    }

    /// Host and port of the forges that are configured.
    pub(super) fn forges(&self) -> Vec<(ForgeKind, &str)> {
        [ForgeKind::GitHub, ForgeKind::Forgejo]
            .into_iter()
            .filter_map(|kind| Some((kind, self.config.forge(kind).url.as_ref()?.authority())))
            .collect()
    }

    pub(super) fn state_of(&self, thread: &Thread) -> ThreadReading {
        thread.reading(self.now(), self.config.limits.stall)
    }

    /// Applies a step, when it may be sent beside those of other runs.
    pub(super) fn act(&self, repo: &RepoRef, step: &Step) -> Result<Applied, ServiceError> {
        let _leave = self.pace.leave(Counter::of(step));
        self.hands.apply(repo, step)
    }

    /// As [`Watch::act`], for the step that notes what was just done: see [`Hands::note`].
    pub(super) fn note(&self, repo: &RepoRef, step: &Step) -> Result<Applied, ServiceError> {
        let _leave = self.pace.leave(Counter::of(step));
        self.hands.note(repo, step)
    }

    /// Reads a thread back, after an act. `None` as in [`Executor::thread`](crate::executor::Executor::thread).
    pub(super) fn read_back(&self, thread: ThreadId) -> Result<Option<Thread>, ServiceError> {
        let executor = self.hands.executor;
        self.pace.read_back(thread, |ids| match ids {
            [one] => vec![executor.thread(*one)],
            _ => executor.threads(ids),
        })
    }

    /// Passes over an act that the forge refuses for good: it is reported, and what comes after it is done all the same.
    pub(super) fn pass_refused<T: Default>(
        &self,
        report: &mut TickReport,
        repo: &RepoRef,
        result: Result<T, ServiceError>,
    ) -> Result<T, ServiceError> {
        match result {
            Err(error) if error.is_refused_for_good() => {
                tracing::warn!(%repo, "refused for good, the next step is taken: {error}");
                report.failures.push(Failure::new(Some(repo), &error));
                Ok(T::default())
            }
            result => result,
        }
    }

    /// As [`Watch::pass_refused`], for an act at the end of a run. What stands before the forge, and a forge that takes no writes, is
    /// waited for as long as a sink that can not be reached: it may refuse this one act for ever. Where the lock label stays, what is
    /// missing is done when the issue shows up as a stray.
    pub(super) fn pass_refused_of<T: Default>(
        &self,
        report: &mut TickReport,
        run: &Observed,
        result: Result<T, ServiceError>,
    ) -> Result<T, ServiceError> {
        let age = self.now() - self.clock_start(&run.thread);
        let may_last = |error: &ServiceError| {
            let kinds = [
                FailureKind::Overloaded,
                FailureKind::Unreachable,
                FailureKind::Unreadable,
            ];
            error.is_refused_before() || kinds.contains(&error.kind)
        };
        match result {
            Err(error) if may_last(&error) && age > sum_of_limits(&self.limits()) + PATIENCE => {
                tracing::warn!(repo = %run.repo(), "refused for too long, the next step is taken: {error}");
                report.failures.push(Failure::new(Some(run.repo()), &error));
                Ok(T::default())
            }
            result => self.pass_refused(report, run.repo(), result),
        }
    }

    /// The link to a thread for people; `None` when T3 does not tell its environment.
    pub(super) fn link(&self, thread: ThreadId) -> Option<String> {
        let environment = self
            .environment
            .get_or_init(|| match self.hands.executor.environment_id() {
                Ok(environment) => Some(environment),
                Err(error) => {
                    tracing::warn!("links to threads can not be made: {error}");
                    None
                }
            })
            .as_deref()?;
        self.config.cockpit.link(environment, thread)
    }

    pub(super) fn label_names(&self) -> LabelNames<'_> {
        let labels = &self.config.labels;
        LabelNames {
            ready: &labels.ready,
            in_progress: &labels.in_progress,
            ready_for_human: &labels.ready_for_human,
        }
    }
}
