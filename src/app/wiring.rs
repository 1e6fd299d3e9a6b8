//! Builds the real adapters and hands them to a tick. The only place that names every adapter.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};

use anyhow::Context as _;

use crate::ci::rollout::{ClusterApi, PodVariables, Rollouts};
use crate::ci::woodpecker::Woodpecker;
use crate::ci::{self, StageReader};
use crate::clock::{Clock, Deadline, IdSource, SystemClock};
use crate::domain::config::{Armed, Config, Endpoint, Gate, GitHubAccess, PollAccess, WatchAccess};
use crate::domain::repository::RepoRef;
use crate::executor::t3::{Agent, T3};
use crate::fan_out::MAX_PARALLEL;
use crate::http::Http;
use crate::notifier::ntfy::Ntfy;
use crate::notifier::slack::Slack;
use crate::notifier::{self, Sink};
use crate::tick::poll::{Mandate, Poll};
use crate::tick::watch::{Pace, Sights, SinkHealth, Watch};
use crate::tick::{Failure, Hands, Manner, Narrowing, TickKind, TickReport};
use crate::tracker::forgejo::Forgejo;
use crate::tracker::github::GitHub;
use crate::tracker::github_app::{GitHubApp, POLL_RIGHTS, Right, WATCH_RIGHTS};
use crate::tracker::router::Router;
use crate::tracker::{LabelNames, Tracker};

/// What a tick takes from the machine it runs on.
pub struct Surroundings<'a> {
    /// The time.
    pub clock: &'a dyn Clock,
    /// Fresh ids.
    pub ids: &'a dyn IdSource,
    /// Set when the tick should start no other act.
    pub stop: Arc<AtomicBool>,
}

impl<'a> Surroundings<'a> {
    /// This machine's, stopped by its signals.
    pub(super) fn of_machine(clock: &'a SystemClock) -> anyhow::Result<Self> {
        Ok(Self {
            clock,
            ids: clock,
            stop: stop_on_signals()?,
        })
    }
}

fn stop_on_signals() -> anyhow::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGTERM, signal_hook::consts::SIGINT] {
        signal_hook::flag::register(signal, Arc::clone(&stop))
            .context("can not listen for signals")?;
    }
    Ok(stop)
}

/// Wires the real adapters and runs one poll tick. From here on sockets may be opened.
#[must_use]
pub fn poll_tick(
    config: &Config,
    armed: &Armed,
    access: &PollAccess,
    narrowing: &Narrowing,
    manner: Manner,
    surroundings: &Surroundings<'_>,
) -> TickReport {
    with_poll(
        config,
        Mandate::Start(armed),
        access,
        narrowing,
        manner,
        surroundings,
        |poll| told_unenrolled(poll.run(), config),
    )
}

/// The time of one tick. What only looks has no act in hand that it would have to finish.
fn deadline<'c>(
    config: &Config,
    manner: Manner,
    clock: &'c dyn Clock,
    stop: &Arc<AtomicBool>,
) -> Deadline<'c> {
    let deadline = Deadline::start(clock, config.limits.tick_max, Arc::clone(stop));
    if manner.dry_run {
        deadline.ending_at_stop()
    } else {
        deadline
    }
}

/// Adds what the settings warn of and the log has said by now: whoever reads reports alone must not miss a misspelt name.
fn told_unenrolled(mut report: TickReport, config: &Config) -> TickReport {
    for entry in config.unenrolled() {
        let (repo, what) = (Some(&entry.repo), entry.to_string());
        let warning = Failure::warning(repo, "configuration", "read AFK_REPOS", what);
        report.warnings.push(warning);
    }
    report
}

/// Wires what a poll needs, and hands it to `work`. From here on sockets may be opened.
pub(super) fn with_poll<T>(
    config: &Config,
    mandate: Mandate<'_>,
    access: &PollAccess,
    narrowing: &Narrowing,
    manner: Manner,
    surroundings: &Surroundings<'_>,
    work: impl FnOnce(&Poll<'_>) -> T,
) -> T {
    let Surroundings { clock, ids, stop } = surroundings;
    let deadline = deadline(config, manner, *clock, stop);
    let http = Http::new(deadline.clone()).trusting_also(config.ca_file.clone());
    let t3 = t3(&http, config, &access.t3);
    let (github, forgejo) = (access.github.as_ref(), access.forgejo.as_ref());
    let router = router(&http, config, github, forgejo, POLL_RIGHTS);
    work(&Poll {
        mandate,
        config,
        narrowing,
        hands: Hands {
            executor: &t3,
            tracker: &router,
            ids: *ids,
            deadline: &deadline,
            dry_run: manner.dry_run,
            keeps_facts: manner.keeps_facts,
            parallel: MAX_PARALLEL,
        },
    })
}

/// Wires the real adapters and runs one watch tick. From here on sockets may be opened. A disarmed gate enrols nothing.
#[must_use]
pub fn watch_tick(
    config: &Config,
    gate: &Gate,
    access: &WatchAccess,
    narrowing: &Narrowing,
    manner: Manner,
    surroundings: &Surroundings<'_>,
) -> TickReport {
    let duty = match gate {
        Gate::Armed(armed) => Duty {
            enrolled: armed.enrolled(),
            draining: false,
            halted: false,
        },
        Gate::Drain(drain) => Duty {
            enrolled: drain.enrolled(),
            draining: true,
            halted: drain.halts(),
        },
        Gate::Disarmed(reason) => {
            let now = surroundings.clock.now();
            return TickReport::disarmed(TickKind::Watch, now, manner.dry_run, reason.to_string());
        }
    };
    with_watch(
        config,
        duty,
        access,
        narrowing,
        manner,
        surroundings,
        Sights::default(),
        |watch| told_unenrolled(watch.run(), config),
    )
}

/// Wires what is needed to look at runs, and hands it to `work`. Nothing that `work` does acts.
pub(super) fn look_at_runs<T>(
    config: &Config,
    access: &WatchAccess,
    narrowing: &Narrowing,
    surroundings: &Surroundings<'_>,
    work: impl FnOnce(&Watch<'_>) -> T,
) -> T {
    let (draining, halted) = match config.gate() {
        Gate::Armed(_) | Gate::Disarmed(_) => (false, false),
        Gate::Drain(drain) => (true, drain.halts()),
    };
    let duty = Duty {
        enrolled: config.allowlist(),
        draining,
        halted,
    };
    with_watch(
        config,
        duty,
        access,
        narrowing,
        Manner::LOOKING,
        surroundings,
        Sights::kept(),
        work,
    )
}

/// What a watch is for.
struct Duty<'a> {
    enrolled: &'a [RepoRef],
    draining: bool,
    halted: bool,
}

#[expect(
    clippy::too_many_arguments,
    reason = "the one place where a watch is put together"
)]
fn with_watch<T>(
    config: &Config,
    duty: Duty<'_>,
    access: &WatchAccess,
    narrowing: &Narrowing,
    manner: Manner,
    surroundings: &Surroundings<'_>,
    sights: Sights,
    work: impl FnOnce(&Watch<'_>) -> T,
) -> T {
    let Surroundings { clock, ids, stop } = surroundings;
    let Duty {
        enrolled,
        draining,
        halted,
    } = duty;
    let deadline = deadline(config, manner, *clock, stop);
    let http = Http::new(deadline.clone()).trusting_also(config.ca_file.clone());
    let t3 = t3(&http, config, &access.t3);
    let (github, forgejo) = (access.github.as_ref(), access.forgejo.as_ref());
    let router = router(&http, config, github, forgejo, WATCH_RIGHTS);
    // What deploys, or the cluster, must not use up the tick either: the runs of other repositories have to be driven.
    let deploy_http = Http::new(deadline.clone())
        .trusting_also(config.ca_file.clone())
        .with_request_max(ci::REQUEST_MAX);
    let woodpecker = access.woodpecker.as_ref().map(|woodpecker| {
        Woodpecker::new(
            &deploy_http,
            woodpecker,
            config.woodpecker_public_url.as_ref(),
        )
    });
    let (cluster, no_cluster) = match cluster_api(config) {
        None => (None, None),
        Some(Ok(api)) => (Some(api), None),
        Some(Err(why)) => (None, Some(why)),
    };
    let cluster_http = match cluster.as_ref().and_then(|api| api.ca_file.clone()) {
        Some(ca_file) => Http::new(deadline.clone()).trusting_only(ca_file),
        None => Http::new(deadline.clone()).trusting_also(config.ca_file.clone()),
    }
    .with_request_max(ci::REQUEST_MAX);
    let rollouts = cluster.map(|api| Rollouts::new(&cluster_http, api));
    // A sink that hangs must not use up the tick.
    let bell_http = Http::new(deadline.sooner(notifier::NOTE_TIME))
        .trusting_also(config.ca_file.clone())
        .with_request_max(notifier::REQUEST_MAX);
    let slack = config
        .notifiers
        .slack
        .clone()
        .map(|webhook| Slack::new(&bell_http, webhook));
    let ntfy = config
        .notifiers
        .ntfy
        .clone()
        .map(|ntfy| Ntfy::new(&bell_http, ntfy));
    let sinks: Vec<&dyn Sink> = slack
        .iter()
        .map(|slack| slack as &dyn Sink)
        .chain(ntfy.iter().map(|ntfy| ntfy as &dyn Sink))
        .collect();
    work(&Watch {
        enrolled,
        draining,
        halted,
        config,
        narrowing,
        deploy: woodpecker
            .as_ref()
            .map(|woodpecker| woodpecker as &dyn StageReader),
        rollout: rollouts
            .as_ref()
            .map(|rollouts| rollouts as &dyn StageReader),
        no_rollout: no_cluster.as_deref(),
        sinks: &sinks,
        hands: Hands {
            executor: &t3,
            tracker: &router,
            ids: *ids,
            deadline: &deadline,
            dry_run: manner.dry_run,
            keeps_facts: manner.keeps_facts,
            parallel: MAX_PARALLEL,
        },
        environment: OnceLock::new(),
        sink_health: SinkHealth::default(),
        pace: Pace::default(),
        former_names: OnceLock::new(),
        sights,
    })
}

fn t3<'a>(http: &'a Http<'a>, config: &Config, endpoint: &Endpoint) -> T3<'a> {
    T3::new(
        http,
        endpoint.url.url().clone(),
        endpoint.token.clone(),
        Agent {
            instance: config.executor.instance.clone(),
            model: config.executor.model.clone(),
        },
    )
}

fn github<'a>(
    http: &'a Http<'a>,
    config: &Config,
    access: &GitHubAccess,
    rights: &'static [Right],
) -> Box<dyn Tracker + 'a> {
    let labels = label_names(config);
    match access {
        GitHubAccess::Token(endpoint) => Box::new(GitHub::new(
            http,
            endpoint.url.url().clone(),
            endpoint.token.clone(),
            labels,
        )),
        GitHubAccess::App { url, app } => Box::new(GitHubApp::new(
            http,
            url.url().clone(),
            app,
            labels,
            config.allowlist(),
            rights,
        )),
    }
}

/// The forges that are configured; what an App may do for us is asked of it as `rights`.
fn router<'a>(
    http: &'a Http<'a>,
    config: &Config,
    github: Option<&GitHubAccess>,
    forgejo: Option<&Endpoint>,
    rights: &'static [Right],
) -> Router<'a> {
    Router {
        github: github.map(|access| self::github(http, config, access, rights)),
        forgejo: forgejo.map(|endpoint| -> Box<dyn Tracker + 'a> {
            Box::new(Forgejo::new(
                http,
                endpoint.url.url(),
                endpoint.token.clone(),
                label_names(config),
            ))
        }),
    }
}

pub(super) fn label_names(config: &Config) -> LabelNames {
    LabelNames {
        ready: config.labels.ready.clone(),
        in_progress: config.labels.in_progress.clone(),
        ready_for_human: config.labels.ready_for_human.clone(),
    }
}

/// The cluster that rollouts are read from, or why there is none, which then fails the ticks that need it; `None` where no
/// repository has a rollout.
#[expect(
    clippy::disallowed_methods,
    reason = "Kubernetes tells pods by variables where its API is"
)]
fn cluster_api(config: &Config) -> Option<Result<ClusterApi, String>> {
    if !config.has_rollouts() {
        return None;
    }
    let host = std::env::var("KUBERNETES_SERVICE_HOST").ok();
    let port = std::env::var("KUBERNETES_SERVICE_PORT").ok();
    let pod = match (&host, &port) {
        (Some(host), Some(port)) => Some(PodVariables { host, port }),
        (None, _) | (_, None) => None,
    };
    Some(ClusterApi::find(&config.kubernetes, pod))
}
