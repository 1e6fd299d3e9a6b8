//! Both binaries without a command: one tick.

use std::io::Write;

use super::arguments::{CommonArguments, narrowing};
use super::exit::{Stopped, print};
use super::logging::start_logging;
use super::settings::{check_certificates, check_secrets, collect};
use super::wiring::{Surroundings, poll_tick, stop_on_signals, watch_tick};
use crate::clock::{Clock as _, SystemClock};
use crate::domain::config::{self, ConfigErrors, Endpoint, Gate, Key, Loaded, SecretSource};
use crate::exit_code::ExitCode;
use crate::tick::{TickKind, TickReport};

/// Reads the settings and, when the gate is open, runs one tick.
pub(super) fn run(arguments: &CommonArguments, tick: TickKind) -> Result<ExitCode, Stopped> {
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
            let roots = config.kubernetes.ca_file.as_deref();
            let roots = roots.filter(|_| config.has_rollouts());
            check_certificates(Key::KubernetesCaFile, roots).map_err(usage)?;
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

fn describe(errors: &ConfigErrors) -> String {
    format!("the configuration is wrong:\n{errors}")
}
