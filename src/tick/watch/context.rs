//! What every part of a watch tick needs: the configuration, the way to the world, the clock.
//!
//! Decides nothing. The one way to act from here is [`Watch::act`].

use crate::ci::StageReader;
use crate::domain::config::Config;
use crate::domain::identity::ThreadId;
use crate::domain::repository::RepoRef;
use crate::domain::run::thread_state::ThreadReading;
use crate::domain::step::Step;
use crate::domain::told::labels::LabelNames;
use crate::executor::Thread;
use crate::notifier::Sink;
use crate::service_error::ServiceError;
use crate::tick::{Applied, Hands, Narrowing};
use crate::tracker::Repository;
use chrono::{DateTime, Utc};
use std::sync::OnceLock;

/// Everything that one watch tick needs.
pub struct Watch<'a> {
    /// The enrolled repositories.
    pub enrolled: &'a [RepoRef],
    /// Whether the kill switch is on: everything but sending turns.
    pub draining: bool,
    /// The configuration.
    pub config: &'a Config,
    /// What the command line narrows the tick to.
    pub narrowing: &'a Narrowing,
    /// The deploy stage, when a repository has one.
    pub deploy: Option<&'a dyn StageReader>,
    /// The rollout stage, when a repository has one.
    pub rollout: Option<&'a dyn StageReader>,
    /// Where doorbells ring.
    pub sinks: &'a [&'a dyn Sink],
    /// The way to the world.
    pub hands: Hands<'a>,
    /// T3's id of its environment, asked for when the first link is made.
    pub environment: OnceLock<Option<String>>,
}

impl Watch<'_> {
    pub(super) fn now(&self) -> DateTime<Utc> {
        self.hands.deadline.clock().now()
    }

    /// When a run began: with our first message, or with its thread, or now when T3 knows no sensible time.
    pub(super) fn started_at(&self, thread: &Thread) -> DateTime<Utc> {
        let now = self.now();
        let facts = &thread.facts;
        facts
            .first_message_at()
            .or(facts.created_at)
            .unwrap_or(now)
            .min(now)
    }

    pub(super) fn state_of(&self, thread: &Thread) -> ThreadReading {
        thread.reading(self.now(), self.config.limits.stall)
    }

    /// Applies a step.
    pub(super) fn act(
        &self,
        repository: &Repository,
        step: &Step,
    ) -> Result<Applied, ServiceError> {
        self.hands.apply(&repository.repo, step)
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
