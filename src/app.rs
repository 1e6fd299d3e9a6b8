//! From the process to a tick: arguments, configuration, logging, wiring, exit status.
//!
//! The only file that names every adapter, reads the environment and the configuration directory, and writes to
//! standard output. Decides nothing about issues or runs.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode as ProcessExitCode;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};

use anyhow::Context as _;
use clap::{Parser, ValueEnum};
use tracing::level_filters::LevelFilter;

use crate::ci::StageReader;
use crate::ci::rollout::{ClusterApi, PodVariables, Rollouts};
use crate::ci::woodpecker::Woodpecker;
use crate::clock::{Clock, Deadline, IdSource, SystemClock};
use crate::domain::config::{
    self, Armed, Config, ConfigErrors, Endpoint, Gate, Key, Loaded, LogFormat, LogLevel,
    PollAccess, SecretSource, Source, WatchAccess, parse_webhook,
};
use crate::domain::repository::{ForgeKind, IssueRef, ParseRepoError, RepoRef};
use crate::executor::t3::{Agent, T3};
use crate::exit_code::ExitCode;
use crate::fan_out::MAX_PARALLEL;
use crate::http::{Http, read_secret};
use crate::notifier::ntfy::Ntfy;
use crate::notifier::slack::Slack;
use crate::notifier::{self, Sink};
use crate::tick::poll::Poll;
use crate::tick::watch::Watch;
use crate::tick::{Hands, Narrowing, TickKind, TickReport};
use crate::tracker::github::GitHub;
use crate::tracker::router::Router;
use crate::tracker::{LabelNames, Tracker};

/// Start coding agents for triaged issues
///
/// Runs one tick and exits: reads T3 and the forges, starts at most one agent per repository for issues that a
/// trusted person labelled, and reports what it did and why not more. Does nothing at all unless
/// AFK_KILL_SWITCH is off and AFK_ALLOWLIST names repositories. All settings come from AFK_* variables or from
/// a directory with one file per variable; see the README for the table.
///
/// Exit status: 0 done, 1 done with failures, 2 usage or configuration, 3 could not start.
#[derive(Debug, Parser)]
#[command(name = "afk-poll", version, max_term_width = 100)]
struct PollArguments {
    #[command(flatten)]
    common: CommonArguments,
}

/// Drive every run to its end
///
/// Runs one tick and exits: follows each run that afk-poll started through push, CI, deploy and rollout, sends corrective
/// turns when CI is red, closes the issue or hands it back with a doorbell, and releases the repository. Does nothing at all
/// unless AFK_ALLOWLIST names repositories; while AFK_KILL_SWITCH is on it drains: it observes, closes, hands back and rings,
/// and never sends a turn. All settings come from AFK_* variables or from a directory with one file per variable; see the
/// README for the table.
///
/// Exit status: 0 done, 1 done with failures, 2 usage or configuration, 3 could not start.
#[derive(Debug, Parser)]
#[command(name = "afk-watch", version, max_term_width = 100)]
struct WatchArguments {
    #[command(flatten)]
    common: CommonArguments,
}

/// Flags of both binaries.
#[derive(Debug, clap::Args)]
struct CommonArguments {
    /// Read and decide, write nothing
    ///
    /// All reads are made and the report says what would be done; no write leaves the process.
    #[arg(long)]
    dry_run: bool,

    /// Look at this repository only; may repeat
    ///
    /// Narrows the allowlist and never widens it.
    #[arg(long, value_name = "OWNER/NAME")]
    repo: Vec<String>,

    /// Look at this issue only; may repeat
    ///
    /// Narrows the allowlist and never widens it.
    #[arg(long, value_name = "OWNER/NAME#N")]
    issue: Vec<String>,

    /// Read settings from the files of this directory too
    ///
    /// One file per setting, named after it, as a mounted ConfigMap or Secret has them. The environment wins,
    /// except that any "on" wins for AFK_KILL_SWITCH. [variable: AFK_CONFIG_DIR]
    #[arg(long, value_name = "DIR")]
    config_dir: Option<PathBuf>,

    /// Form of the report on standard output
    #[arg(long, value_enum, default_value_t = Output::Text)]
    output: Output,

    /// Form of the log on standard error [variable: AFK_LOG_FORMAT] [default: pretty on a terminal, json otherwise]
    #[arg(long, value_enum)]
    log_format: Option<LogFormatArgument>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Output {
    Text,
    Json,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LogFormatArgument {
    Pretty,
    Json,
}

/// Runs `afk-poll`.
#[must_use]
pub fn poll() -> ProcessExitCode {
    let arguments = PollArguments::try_parse().map(|arguments| arguments.common);
    main(arguments, TickKind::Poll)
}

/// Runs `afk-watch`.
#[must_use]
pub fn watch() -> ProcessExitCode {
    let arguments = WatchArguments::try_parse().map(|arguments| arguments.common);
    main(arguments, TickKind::Watch)
}

fn main(arguments: Result<CommonArguments, clap::Error>, tick: TickKind) -> ProcessExitCode {
    match arguments {
        Ok(arguments) => finish(run(&arguments, tick)),
        Err(error) => {
            // Help and version are no errors; both go where clap sends them.
            drop(error.print());
            if error.use_stderr() {
                ExitCode::Usage.into()
            } else {
                ExitCode::Done.into()
            }
        }
    }
}

/// Why a tick did not get as far as a report.
enum Stopped {
    /// The command line or the configuration.
    Usage(String),
    /// This machine.
    Machine(anyhow::Error),
}

fn finish(result: Result<ExitCode, Stopped>) -> ProcessExitCode {
    let (text, code) = match result {
        Ok(code) => return code.into(),
        Err(Stopped::Usage(text)) => (text, ExitCode::Usage),
        Err(Stopped::Machine(error)) => (format!("{error:#}"), ExitCode::CouldNotStart),
    };
    let mut stderr = std::io::stderr().lock();
    // Nobody is left to be told when standard error is gone.
    drop(writeln!(stderr, "{}", text.trim_end()));
    code.into()
}

fn run(arguments: &CommonArguments, tick: TickKind) -> Result<ExitCode, Stopped> {
    let usage = |text: String| Stopped::Usage(format!("{}: {text}", tick.binary()));
    let sources = collect(arguments.config_dir.as_deref()).map_err(usage)?;
    let Loaded { config, warnings } =
        config::load(&sources).map_err(|errors| usage(describe(&errors)))?;
    start_logging(arguments.log_format, &config);
    for warning in &warnings {
        tracing::warn!("{warning}");
    }
    let narrowing = narrowing(arguments, config.default_forge).map_err(usage)?;
    let clock = SystemClock::start();
    let disarmed = |why: String| {
        tracing::info!("nothing was done: {why}");
        TickReport::disarmed(tick, clock.now(), arguments.dry_run, why)
    };
    let surroundings = || {
        Ok(Surroundings {
            clock: &clock,
            ids: &clock,
            stop: stop_on_signals().map_err(Stopped::Machine)?,
        })
    };
    let report = match (tick, config.gate()) {
        (_, Gate::Disarmed(reason)) => disarmed(reason.to_string()),
        (TickKind::Poll, Gate::Drain(drain)) => disarmed(drain.reason().to_string()),
        (TickKind::Poll, Gate::Armed(armed)) => {
            let access = config
                .require_for_poll()
                .map_err(|errors| usage(describe(&errors)))?;
            check_secrets(&[
                (Key::T3Token, Some(&access.t3.token)),
                (Key::GithubToken, token(&access.github)),
                (Key::ForgejoToken, token(&access.forgejo)),
            ])
            .map_err(usage)?;
            poll_tick(
                &config,
                &armed,
                &access,
                &narrowing,
                arguments.dry_run,
                &surroundings()?,
            )
        }
        (TickKind::Watch, gate @ (Gate::Armed(_) | Gate::Drain(_))) => {
            let access = config
                .require_for_watch()
                .map_err(|errors| usage(describe(&errors)))?;
            let notifiers = &config.notifiers;
            let ntfy = notifiers.ntfy.as_ref();
            let kubernetes = config.kubernetes.api.token.as_ref();
            check_secrets(&[
                (Key::T3Token, Some(&access.t3.token)),
                (Key::GithubToken, token(&access.github)),
                (Key::ForgejoToken, token(&access.forgejo)),
                (Key::WoodpeckerToken, token(&access.woodpecker)),
                (
                    Key::KubernetesToken,
                    kubernetes.filter(|_| config.has_rollouts()),
                ),
                (Key::SlackWebhookUrl, notifiers.slack.as_ref()),
                (Key::NtfyToken, ntfy.and_then(|ntfy| ntfy.token.as_ref())),
            ])
            .map_err(usage)?;
            watch_tick(
                &config,
                &gate,
                &access,
                &narrowing,
                arguments.dry_run,
                &surroundings()?,
            )
        }
    };
    let code = report.exit_code();
    let Err(error) = print(&report, arguments.output) else {
        return Ok(code);
    };
    // The tick is done whoever can read of it, so this is no reason to say that nothing was.
    drop(writeln!(std::io::stderr().lock(), "{error:#}"));
    Ok(match code {
        ExitCode::Done => ExitCode::DoneWithFailures,
        ExitCode::DoneWithFailures | ExitCode::Usage | ExitCode::CouldNotStart => code,
    })
}

fn token(endpoint: &Option<Endpoint>) -> Option<&SecretSource> {
    endpoint.as_ref().map(|endpoint| &endpoint.token)
}

/// What a tick takes from the machine it runs on.
pub struct Surroundings<'a> {
    /// The time.
    pub clock: &'a dyn Clock,
    /// Fresh ids.
    pub ids: &'a dyn IdSource,
    /// Set when the tick should start no other act.
    pub stop: Arc<AtomicBool>,
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
    dry_run: bool,
    surroundings: &Surroundings<'_>,
) -> TickReport {
    let Surroundings { clock, ids, stop } = surroundings;
    let deadline = Deadline::start(*clock, config.limits.tick_max, Arc::clone(stop));
    let http = Http::new(deadline.clone());
    let t3 = t3(&http, config, &access.t3);
    let github = access
        .github
        .as_ref()
        .map(|github| self::github(&http, config, github));
    let router = Router {
        github: github.as_ref().map(|github| github as &dyn Tracker),
        forgejo: None,
    };
    Poll {
        armed,
        config,
        narrowing,
        hands: Hands {
            executor: &t3,
            tracker: &router,
            ids: *ids,
            deadline: &deadline,
            dry_run,
            parallel: MAX_PARALLEL,
        },
    }
    .run()
}

/// Wires the real adapters and runs one watch tick. From here on sockets may be opened. A disarmed gate enrols nothing.
#[must_use]
pub fn watch_tick(
    config: &Config,
    gate: &Gate,
    access: &WatchAccess,
    narrowing: &Narrowing,
    dry_run: bool,
    surroundings: &Surroundings<'_>,
) -> TickReport {
    let Surroundings { clock, ids, stop } = surroundings;
    let (enrolled, draining) = match gate {
        Gate::Armed(armed) => (armed.enrolled(), false),
        Gate::Drain(drain) => (drain.enrolled(), true),
        Gate::Disarmed(reason) => {
            return TickReport::disarmed(TickKind::Watch, clock.now(), dry_run, reason.to_string());
        }
    };
    let deadline = Deadline::start(*clock, config.limits.tick_max, Arc::clone(stop));
    let http = Http::new(deadline.clone());
    let t3 = t3(&http, config, &access.t3);
    let github = access
        .github
        .as_ref()
        .map(|github| self::github(&http, config, github));
    let router = Router {
        github: github.as_ref().map(|github| github as &dyn Tracker),
        forgejo: None,
    };
    let woodpecker = access
        .woodpecker
        .as_ref()
        .map(|woodpecker| Woodpecker::new(&http, woodpecker));
    let cluster = cluster_api(config);
    let cluster_http = match cluster.as_ref().and_then(|api| api.ca_file.clone()) {
        Some(ca_file) => Http::new(deadline.clone()).trusting_only(ca_file),
        None => Http::new(deadline.clone()),
    };
    let rollouts = cluster.map(|api| Rollouts::new(&cluster_http, api));
    // A sink that hangs must not use up the tick.
    let bell_http =
        Http::new(deadline.sooner(notifier::NOTE_TIME)).with_request_max(notifier::REQUEST_MAX);
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
    Watch {
        enrolled,
        draining,
        config,
        narrowing,
        deploy: woodpecker
            .as_ref()
            .map(|woodpecker| woodpecker as &dyn StageReader),
        rollout: rollouts
            .as_ref()
            .map(|rollouts| rollouts as &dyn StageReader),
        sinks: &sinks,
        hands: Hands {
            executor: &t3,
            tracker: &router,
            ids: *ids,
            deadline: &deadline,
            dry_run,
            parallel: MAX_PARALLEL,
        },
        environment: OnceLock::new(),
    }
    .run()
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

fn github<'a>(http: &'a Http<'a>, config: &Config, endpoint: &Endpoint) -> GitHub<'a> {
    let labels = LabelNames {
        ready: config.labels.ready.clone(),
        in_progress: config.labels.in_progress.clone(),
        ready_for_human: config.labels.ready_for_human.clone(),
    };
    GitHub::new(
        http,
        endpoint.url.url().clone(),
        endpoint.token.clone(),
        labels,
    )
}

/// The cluster that rollouts are read from; `None` where no repository has a rollout, or where there is no cluster, which then
/// fails the runs that ask for it.
#[expect(
    clippy::disallowed_methods,
    reason = "Kubernetes tells pods by variables where its API is"
)]
fn cluster_api(config: &Config) -> Option<ClusterApi> {
    if !config.has_rollouts() {
        return None;
    }
    let host = std::env::var("KUBERNETES_SERVICE_HOST").ok();
    let port = std::env::var("KUBERNETES_SERVICE_PORT").ok();
    let pod = match (&host, &port) {
        (Some(host), Some(port)) => Some(PodVariables { host, port }),
        (None, _) | (_, None) => None,
    };
    match ClusterApi::find(&config.kubernetes, pod) {
        Ok(api) => Some(api),
        Err(why) => {
            tracing::error!("rollouts can not be read: {why}");
            None
        }
    }
}

/// Collects settings from the environment and from the configuration directory, if there is one.
fn collect(directory: Option<&Path>) -> Result<Vec<Source>, String> {
    let environment = environment();
    let named = environment.get("AFK_CONFIG_DIR").and_then(|value| {
        let value = value.as_ref().ok()?.trim();
        (!value.is_empty()).then(|| PathBuf::from(value))
    });
    let directory = directory.map(Path::to_path_buf).or(named);
    let mut sources = vec![Source::new("environment", environment)];
    if let Some(directory) = directory {
        let values = read_directory(&directory).map_err(|error| {
            format!(
                "can not read the configuration directory {}: {error}",
                directory.display()
            )
        })?;
        sources.push(Source::directory(directory, values));
    }
    Ok(sources)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the environment"
)]
fn environment() -> BTreeMap<String, Result<String, String>> {
    std::env::vars_os()
        .filter_map(|(key, value)| {
            let key = key.into_string().ok()?;
            key.starts_with("AFK_").then(|| (key, text(value)))
        })
        .collect()
}

fn text(value: OsString) -> Result<String, String> {
    value
        .into_string()
        .map_err(|_| "the value is not UTF-8".to_owned())
}

/// Reads every file whose name starts with `AFK_`. Mounted ConfigMaps have other entries beside them.
fn read_directory(directory: &Path) -> std::io::Result<BTreeMap<String, Result<String, String>>> {
    let mut values = BTreeMap::new();
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let Ok(key) = entry.file_name().into_string() else {
            continue;
        };
        if key.starts_with("AFK_") {
            values.insert(key, read_value(&entry.path()));
        }
    }
    Ok(values)
}

/// Reads one value. Links are followed, as in a mounted ConfigMap; a pipe or a device would never end.
fn read_value(path: &Path) -> Result<String, String> {
    /// Longer than any value; a ConfigMap holds 1 MiB.
    const MAX_BYTES: u64 = 1024 * 1024;
    let metadata = std::fs::metadata(path).map_err(|error| error.to_string())?;
    if !metadata.is_file() {
        return Err("expected a file".to_owned());
    }
    if metadata.len() > MAX_BYTES {
        return Err("expected at most 1 MiB".to_owned());
    }
    std::fs::read_to_string(path).map_err(|error| error.to_string())
}

/// Makes sure that every secret can be read before anything starts; they are read again for each use.
fn check_secrets(secrets: &[(Key, Option<&SecretSource>)]) -> Result<(), String> {
    let mut problems = String::new();
    for (key, source) in secrets {
        let Some(source @ SecretSource::File(path)) = source else {
            continue;
        };
        // A file of the configuration directory has the key's own name.
        let own = path.file_name().is_some_and(|name| name == key.name());
        let name = key.file_name().filter(|_| !own).unwrap_or(key.name());
        let read = read_secret(source).and_then(|secret| {
            if *key == Key::SlackWebhookUrl {
                parse_webhook(secret.expose()).map_err(|error| error.to_string())?;
            }
            Ok(())
        });
        if let Err(why) = read {
            problems.push_str(&format!("\n  {name}: {why}"));
        }
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(format!("a secret can not be read:{problems}"))
    }
}

/// Reads what the command line names.
fn narrowing(arguments: &CommonArguments, default_forge: ForgeKind) -> Result<Narrowing, String> {
    let mut problems = Vec::new();
    let narrowing = Narrowing {
        repos: parsed("--repo", &arguments.repo, &mut problems, |text| {
            RepoRef::parse(text, default_forge)
        }),
        issues: parsed("--issue", &arguments.issue, &mut problems, |text| {
            IssueRef::parse(text, default_forge)
        }),
    };
    if problems.is_empty() {
        Ok(narrowing)
    } else {
        Err(problems.join("\n"))
    }
}

/// Reads all values of a flag; notes those that can not be read.
fn parsed<T>(
    flag: &str,
    texts: &[String],
    problems: &mut Vec<String>,
    parse: impl Fn(&str) -> Result<T, ParseRepoError>,
) -> Vec<T> {
    let mut values = Vec::new();
    for text in texts {
        match parse(text) {
            Ok(value) => values.push(value),
            Err(error) => problems.push(format!("{flag}: {error}")),
        }
    }
    values
}

fn describe(errors: &ConfigErrors) -> String {
    format!("the configuration is wrong:\n{errors}")
}

fn start_logging(argument: Option<LogFormatArgument>, config: &Config) {
    let level = match config.logging.level {
        LogLevel::Off => LevelFilter::OFF,
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    let pretty = match (argument, config.logging.format) {
        (Some(LogFormatArgument::Pretty), _) | (None, LogFormat::Pretty) => true,
        (Some(LogFormatArgument::Json), _) | (None, LogFormat::Json) => false,
        (None, LogFormat::Auto) => std::io::stderr().is_terminal(),
    };
    let builder = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_target(false)
        .with_ansi(false)
        // A log that nobody can read any more is no reason to stop in the middle of an act.
        .log_internal_errors(false)
        .with_writer(std::io::stderr);
    // Fails only when a subscriber is installed already.
    drop(if pretty {
        builder.try_init()
    } else {
        builder.json().flatten_event(true).try_init()
    });
}

fn print(report: &TickReport, output: Output) -> anyhow::Result<()> {
    let text = match output {
        Output::Text => report.to_string(),
        Output::Json => serde_json::to_string(report).context("can not write the report")? + "\n",
    };
    let mut stdout = std::io::stdout().lock();
    stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
        .context("can not write the report")
}
