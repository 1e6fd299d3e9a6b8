//! `afk-poll check` and `afk-watch check`: would a tick work, and if not, what mends it?
//!
//! Reads settings and services, with the gates closed too, and writes nothing; only `--ring` sends a test message to each
//! sink. Whoever asks wants to see everything at once, so that nothing ends it early but settings that can not be read.

mod app;
mod asker;
mod branch;
mod budget;
mod build;
mod forgejo;
mod github;
mod lines;
mod probe;
mod repository;
mod t3;
mod watching;

use std::sync::Arc;

pub use self::lines::Lines;
use super::arguments::CommonArguments;
use super::exit::{Stopped, print};
use super::settings::collect;
use super::setup::{check_poll_secrets, check_watch_secrets, start_log};
use super::wiring::{Surroundings, look_at_runs};
use crate::clock::{Deadline, SystemClock};
use crate::domain::config::{self, Config, Gate, Loaded, PollAccess, WatchAccess};
use crate::exit_code::ExitCode;
use crate::http::Http;
use crate::tick::watch::Watch;
use crate::tick::{Narrowing, TickKind};

/// Checks what one of the binaries needs. `ring`: whether each sink gets a test message.
pub(super) fn run(
    common: &CommonArguments,
    kind: TickKind,
    ring: bool,
) -> Result<ExitCode, Stopped> {
    let mut lines = Lines::new();
    if let Some(config) = configuration(&mut lines, common) {
        gates(&mut lines, &config);
        if let Some(access) = access(&mut lines, &config, kind) {
            let clock = SystemClock::start();
            let surroundings = Surroundings::of_machine(&clock).map_err(Stopped::Machine)?;
            services(&mut lines, &config, &access, kind, ring, &surroundings);
        }
    }
    print(&lines, common.output).map_err(Stopped::Machine)?;
    Ok(lines.exit_code())
}

/// Checks what one of the binaries needs, from settings that could be read. `access` is what [`Config::require_for_looking`] gives.
#[must_use]
pub fn check(
    config: &Config,
    access: &WatchAccess,
    kind: TickKind,
    ring: bool,
    surroundings: &Surroundings<'_>,
) -> Lines {
    let mut lines = Lines::new();
    settings_were_read(&mut lines);
    gates(&mut lines, config);
    services(&mut lines, config, access, kind, ring, surroundings);
    lines
}

fn settings_were_read(lines: &mut Lines) {
    lines.ok("configuration", "every value can be read");
}

/// The settings; `None` when they are wrong.
fn configuration(lines: &mut Lines, common: &CommonArguments) -> Option<Config> {
    let sources = match collect(common.config_dir.as_deref()) {
        Ok(sources) => sources,
        Err(why) => {
            lines.problem("configuration", why, "name a directory that can be read");
            return None;
        }
    };
    match config::load(&sources) {
        Err(errors) => {
            for problem in errors.to_string().lines() {
                match problem.strip_prefix("warning: ") {
                    Some(warning) => lines.warn("configuration", warning, "mend or remove it"),
                    None => {
                        let (key, fact) = problem
                            .split_once(": ")
                            .unwrap_or(("configuration", problem));
                        lines.problem(key, fact, format!("mend {key}"));
                    }
                }
            }
            None
        }
        Ok(Loaded { config, warnings }) => {
            start_log(common, &config);
            for warning in &warnings {
                lines.warn("configuration", warning.to_string(), "mend or remove it");
            }
            settings_were_read(lines);
            Some(config)
        }
    }
}

fn gates(lines: &mut Lines, config: &Config) {
    match config.gate() {
        Gate::Armed(armed) => lines.ok(
            "gates",
            match armed.enrolled().len() {
                1 => "armed for 1 repository".to_owned(),
                many => format!("armed for {many} repositories"),
            },
        ),
        Gate::Drain(drain) if drain.halts() => lines.warn(
            "gates",
            drain.reason().to_string(),
            "nothing to do while that is meant",
        ),
        // Whoever checks before arming is told that nothing is in the way.
        Gate::Drain(drain) => lines.ok("gates", drain.reason().to_string()),
        Gate::Disarmed(reason) => lines.warn(
            "gates",
            reason.to_string(),
            "list the repositories that AFK may work in",
        ),
    }
    for repo in &config.trust.allow_public {
        if !config.allowlist().contains(repo) {
            lines.warn(
                format!("AFK_ALLOW_PUBLIC {repo}"),
                "it is not on AFK_ALLOWLIST",
                "enrol it, or take it out of AFK_ALLOW_PUBLIC",
            );
        }
    }
    let limits = &config.limits;
    if limits.stall >= limits.run_max {
        lines.warn(
            "AFK_STALL_SECONDS",
            "it is not below AFK_RUN_MAX_SECONDS, so that no agent ever counts as stalled",
            "lower it, or raise AFK_RUN_MAX_SECONDS",
        );
    }
    if limits.ci_start_max >= limits.ci_max {
        lines.warn(
            "AFK_CI_START_MAX_SECONDS",
            "it is not below AFK_CI_MAX_SECONDS",
            "lower it, or raise AFK_CI_MAX_SECONDS",
        );
    }
}

/// The services; `None` when a setting or a secret is missing.
fn access(lines: &mut Lines, config: &Config, kind: TickKind) -> Option<WatchAccess> {
    let required = match kind {
        TickKind::Poll => config.require_for_poll().map(|_| ()),
        TickKind::Watch => config.require_for_watch().map(|_| ()),
    };
    if let Err(errors) = required {
        for problem in errors.problems() {
            let text = problem.to_string();
            let (key, fact) = text.split_once(": ").unwrap_or(("configuration", &text));
            lines.problem(key, fact, format!("set {key}"));
        }
    }
    let access = config.require_for_looking(None).ok()?;
    let secrets = match kind {
        TickKind::Poll => {
            let poll = PollAccess {
                t3: access.t3.clone(),
                github: access.github.clone(),
                forgejo: access.forgejo.clone(),
            };
            check_poll_secrets(config, &poll)
        }
        TickKind::Watch => check_watch_secrets(config, &access),
    };
    match secrets {
        Ok(()) => Some(access),
        Err(why) => {
            for problem in why.lines().skip(1) {
                let (key, fact) = problem
                    .trim()
                    .split_once(": ")
                    .unwrap_or(("secret", problem));
                lines.problem(
                    key,
                    fact,
                    "see that the file is there, can be read and holds the secret",
                );
            }
            None
        }
    }
}

fn services(
    lines: &mut Lines,
    config: &Config,
    access: &WatchAccess,
    kind: TickKind,
    ring: bool,
    surroundings: &Surroundings<'_>,
) {
    let stop = Arc::clone(&surroundings.stop);
    let deadline = Deadline::start(surroundings.clock, config.limits.tick_max, stop);
    let http = Http::new(deadline).trusting_also(config.ca_file.clone());
    let now = surroundings.clock.now();
    let look = |watch: &Watch<'_>| {
        let hands = &watch.hands;
        t3::check(lines, &http, config, &access.t3, hands.executor, now);
        let mut read = Vec::new();
        if let Some(github) = &access.github {
            read.extend(github::check(
                lines,
                &http,
                config,
                github,
                hands.tracker,
                kind,
            ));
        }
        if access.forgejo.is_some() {
            read.extend(forgejo::check(lines, config, hands.tracker));
        }
        if kind == TickKind::Watch {
            build::results(lines, config, hands.tracker, &read, now);
            watching::stages(lines, config, watch, &read);
            watching::sinks(lines, watch, ring);
        }
    };
    look_at_runs(config, access, &Narrowing::default(), surroundings, look);
}
