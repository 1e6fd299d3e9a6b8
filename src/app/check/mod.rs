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
mod monitoring;
mod place;
mod probe;
mod reads;
mod repository;
mod sinks;
mod t3;
mod watching;

use std::sync::Arc;

pub use self::lines::Lines;
use super::arguments::{CommonArguments, Output};
use super::exit::{Stopped, print, print_text, reported};
use super::settings::collect;
use super::setup::{poll_secrets, start_log, watch_secrets};
use super::wiring::{Surroundings, look_at_runs};
use crate::clock::{Deadline, SystemClock};
use crate::domain::config::{
    self, BaseUrl, Config, Endpoint, Gate, Key, Loaded, PollAccess, Secret, SecretSource,
    ServicesThere, WatchAccess,
};
use crate::exit_code::ExitCode;
use crate::http::Http;
use crate::tick::watch::Watch;
use crate::tick::{Narrowing, TickKind};

/// Checks what one of the binaries needs. `ring`: whether each sink gets a test message; `fix`: whether the commands that mend are
/// shown in place of the lines.
pub(super) fn run(
    common: &CommonArguments,
    kind: TickKind,
    ring: bool,
    fix: bool,
) -> Result<ExitCode, Stopped> {
    let mut lines = Lines::new();
    if let Some(config) = configuration(&mut lines, common) {
        gates(&mut lines, &config, kind);
        let there = access(&mut lines, &config, kind);
        let clock = SystemClock::start();
        let surroundings = Surroundings::of_machine(&clock).map_err(Stopped::Machine)?;
        services(&mut lines, &config, &there, kind, ring, &surroundings);
    }
    let written = match (fix, common.output) {
        (true, Output::Text) => print_text(&lines.fixes()),
        (false, Output::Text) | (_, Output::Json) => print(&lines, common.output),
    };
    Ok(reported(written, lines.exit_code(), ring, common))
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
    gates(&mut lines, config, kind);
    let WatchAccess {
        t3,
        github,
        forgejo,
        woodpecker,
    } = access.clone();
    secrets(&mut lines, config, access, kind);
    let there = ServicesThere {
        t3: Some(t3),
        github,
        forgejo,
        woodpecker,
    };
    services(&mut lines, config, &there, kind, ring, surroundings);
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
                        let mend = if fact.contains(", found both")
                            && fact.starts_with("expected it or ")
                        {
                            "remove one of the two".to_owned()
                        } else {
                            format!("mend {key}")
                        };
                        lines.problem(key, fact, mend);
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

fn gates(lines: &mut Lines, config: &Config, kind: TickKind) {
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
        Gate::Drain(drain) => lines.ok(
            "gates",
            match kind {
                TickKind::Poll => drain.reason().to_string(),
                TickKind::Watch => drain.in_words(),
            },
        ),
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
    for (_, login) in &config.trust.trusted_people {
        if config.trust.is_agent(login) {
            lines.warn(
                "AFK_TRUSTED_PEOPLE",
                format!("it lists {login}, and so does AFK_AGENT_ACCOUNTS: nothing that it labels counts"),
                "take it out of one of the two",
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

/// The services that are configured. What is missing, and what can not be read, is told, and keeps nobody from asking the others.
fn access(lines: &mut Lines, config: &Config, kind: TickKind) -> ServicesThere {
    let required = match kind {
        TickKind::Poll => config.require_for_poll().map(|_| ()),
        TickKind::Watch => config.require_for_watch().map(|_| ()),
    };
    if let Err(errors) = required {
        for problem in errors.problems() {
            let text = problem.to_string();
            let (key, fact) = text.split_once(": ").unwrap_or(("configuration", &text));
            let mend = match problem.key().file_name() {
                Some(file) => format!("set {key}, or {file} to the path of a file that holds it"),
                None => format!("set {key}"),
            };
            lines.problem(key, fact, mend);
        }
    }
    let there = config.what_is_there();
    secrets(lines, config, &reached_by(&there), kind);
    there
}

/// Files that hold no secret, or can not be read. Whatever asks a service says nothing of them again.
fn secrets(lines: &mut Lines, config: &Config, access: &WatchAccess, kind: TickKind) {
    let access = access.clone();
    let secrets = match kind {
        TickKind::Poll => {
            let poll = PollAccess {
                t3: access.t3,
                github: access.github,
                forgejo: access.forgejo,
            };
            poll_secrets(config, &poll)
        }
        TickKind::Watch => watch_secrets(config, &access),
    };
    for why in secrets.into_iter().filter_map(Result::err) {
        for problem in why.lines().skip(1) {
            let (key, fact) = problem
                .trim()
                .split_once(": ")
                .unwrap_or(("secret", problem));
            let what = if [Key::CaFile, Key::KubernetesCaFile]
                .map(Key::name)
                .contains(&key)
            {
                "certificates in PEM"
            } else if key == Key::GithubAppKeyFile.name() {
                "the private key of the App"
            } else {
                "the secret"
            };
            lines.problem(
                key,
                fact,
                format!("see that the file is there, can be read and holds {what}"),
            );
            lines.command(format!("ls -l \"${key}\""));
        }
    }
}

/// What is there, with nothing in the place of a T3 that is not: nobody asks it then.
fn reached_by(there: &ServicesThere) -> WatchAccess {
    let ServicesThere {
        t3,
        github,
        forgejo,
        woodpecker,
    } = there.clone();
    WatchAccess {
        t3: t3.unwrap_or_else(|| Endpoint {
            url: BaseUrl::parse("http://localhost").expect("a plain address"),
            token: SecretSource::Inline(Secret::new("none")),
        }),
        github,
        forgejo,
        woodpecker,
    }
}

fn services(
    lines: &mut Lines,
    config: &Config,
    there: &ServicesThere,
    kind: TickKind,
    ring: bool,
    surroundings: &Surroundings<'_>,
) {
    let stop = Arc::clone(&surroundings.stop);
    let deadline =
        Deadline::start(surroundings.clock, config.limits.tick_max, stop).ending_at_stop();
    let http = Http::new(deadline).trusting_also(config.ca_file.clone());
    let now = surroundings.clock.now();
    let stopped = || http.deadline().is_stopping();
    let look = |watch: &Watch<'_>| {
        let hands = &watch.hands;
        let fleet = there
            .t3
            .as_ref()
            .and_then(|endpoint| t3::check(lines, &http, config, endpoint, hands.executor, now));
        let mut read = Vec::new();
        if let Some(github) = there.github.as_ref().filter(|_| !stopped()) {
            read.extend(github::check(
                lines,
                &http,
                config,
                github,
                hands.tracker,
                kind,
                now,
            ));
        }
        if let Some(forgejo) = there.forgejo.as_ref().filter(|_| !stopped()) {
            read.extend(forgejo::check(lines, &http, config, forgejo, hands.tracker));
        }
        if let Some(fleet) = &fleet {
            t3::projects(lines, config, fleet, &read);
        }
        if kind == TickKind::Watch && !stopped() {
            build::results(lines, config, hands.tracker, &read, now);
            watching::stages(lines, config, watch, &read);
        }
        if kind == TickKind::Watch && !stopped() {
            sinks::check(lines, &http, config, watch, ring);
        }
        if stopped() {
            // Nobody waits for the rest, and what was not asked is not well for that.
            return lines.problem(
                "check",
                "it was asked to stop before its end",
                "run it again",
            );
        }
        monitoring::check(lines, &http, config, kind);
    };
    look_at_runs(
        config,
        &reached_by(there),
        &Narrowing::default(),
        surroundings,
        look,
    );
}
