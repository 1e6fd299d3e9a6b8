//! Both binaries without a command: one tick.

use super::arguments::{CommonArguments, TickArguments, narrowing};
use super::decisions;
use super::exit::{Stopped, print, reported};
use super::heartbeat::Heartbeat;
use super::metrics;
use super::settings::collect;
use super::setup::{check_poll_secrets, check_watch_secrets, describe, load, usage};
use super::wiring::{Surroundings, poll_tick, watch_tick};
use crate::clock::{Clock as _, SystemClock};
use crate::domain::config::{self, Config, Gate, Key, Source};
use crate::exit_code::ExitCode;
use crate::tick::{Manner, Narrowing, TickKind, TickReport};

/// Reads the settings and, when the gate is open, runs one tick.
pub(super) fn run(
    arguments: &TickArguments,
    common: &CommonArguments,
    tick: TickKind,
) -> Result<ExitCode, Stopped> {
    let usage = usage(tick);
    let clock = SystemClock::start();
    let config = load(common, tick, false).inspect_err(|stopped| {
        if let Some(config) = what_can_be_read(common).filter(|_| !arguments.dry_run) {
            let works = works(tick, &config);
            metrics::publish_stopped(tick, stopped.code(), works, &config, &clock);
        }
    })?;
    let narrowing = narrowing(&arguments.repo, &arguments.issue, &config).map_err(usage)?;
    let heartbeat = works(tick, &config)
        .then(|| Heartbeat::of(&config, tick, &clock))
        .flatten()
        .filter(|_| !arguments.dry_run);
    if let Some(heartbeat) = &heartbeat {
        heartbeat.start();
    }
    let result = run_gated(arguments, common, tick, &config, &narrowing, &clock);
    if let Err(stopped) = &result
        && !arguments.dry_run
    {
        metrics::publish_stopped(tick, stopped.code(), works(tick, &config), &config, &clock);
    }
    if let Some(heartbeat) = &heartbeat {
        heartbeat.end(&result);
    }
    result
}

/// Of settings that are wrong, what says whether a tick works and where its figures go; `None` where that is wrong, too.
fn what_can_be_read(common: &CommonArguments) -> Option<Config> {
    const KEYS: &[Key] = &[
        Key::KillSwitch,
        Key::Halt,
        Key::Allowlist,
        Key::DefaultForge,
        Key::MetricsFile,
        Key::PushgatewayUrl,
        Key::CaFile,
    ];
    let sources = collect(common.config_dir.as_deref()).ok()?;
    let sources: Vec<Source> = sources.into_iter().map(|one| one.only(KEYS)).collect();
    Some(config::load(&sources).ok()?.config)
}

/// Whether the gates let this program do anything.
fn works(tick: TickKind, config: &Config) -> bool {
    match (tick, config.gate()) {
        (_, Gate::Disarmed(_)) | (TickKind::Poll, Gate::Drain(_)) => false,
        (_, Gate::Armed(_)) | (TickKind::Watch, Gate::Drain(_)) => true,
    }
}

fn run_gated(
    arguments: &TickArguments,
    common: &CommonArguments,
    tick: TickKind,
    config: &Config,
    narrowing: &Narrowing,
    clock: &SystemClock,
) -> Result<ExitCode, Stopped> {
    let usage = usage(tick);
    let disarmed = |why: String| {
        tracing::info!("nothing was done: {why}");
        TickReport::disarmed(tick, clock.now(), arguments.dry_run, why)
    };
    let surroundings = || Surroundings::of_machine(clock).map_err(Stopped::Machine);
    let manner = Manner {
        dry_run: arguments.dry_run,
        keeps_facts: decisions::are_wanted(arguments.decisions.as_deref()),
    };
    let mut report = match (tick, config.gate()) {
        (_, Gate::Disarmed(reason)) => disarmed(reason.to_string()),
        (TickKind::Poll, Gate::Drain(drain)) => disarmed(drain.reason().to_string()),
        (TickKind::Poll, Gate::Armed(armed)) => {
            let access = config
                .require_for_poll()
                .map_err(|errors| usage(describe(&errors)))?;
            check_poll_secrets(config, &access).map_err(usage)?;
            poll_tick(config, &armed, &access, narrowing, manner, &surroundings()?)
        }
        (TickKind::Watch, gate @ (Gate::Armed(_) | Gate::Drain(_))) => {
            let access = config
                .require_for_watch()
                .map_err(|errors| usage(describe(&errors)))?;
            check_watch_secrets(config, &access).map_err(usage)?;
            watch_tick(config, &gate, &access, narrowing, manner, &surroundings()?)
        }
    };
    if manner.keeps_facts {
        decisions::keep(&mut report, arguments.decisions.as_deref());
    }
    metrics::publish(&report, config, clock);
    let code = report.exit_code();
    Ok(reported(print(&report, common.output), code, true, common))
}
