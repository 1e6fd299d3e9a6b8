//! `afk-watch digest`: one message to every sink about what happened and what stands.

use serde::Serialize;

use super::arguments::{CommonArguments, DigestArguments, Output, narrowing};
use super::exit::{Stopped, print_text, reported};
use super::metrics::publish_digest;
use super::setup::{check_watch_secrets, closed, describe, load, usage};
use super::wiring::{Surroundings, look_at_runs, with_poll};
use crate::clock::SystemClock;
use crate::domain::config::{Config, PollAccess, WatchAccess};
use crate::domain::text::quoting::printable_lines;
use crate::domain::told::digest::Digest;
use crate::exit_code::ExitCode;
use crate::service_error::ServiceError;
use crate::tick::digest::digest as put_together;
use crate::tick::poll::{Mandate, Poll};
use crate::tick::status::Status;
use crate::tick::watch::Watch;
use crate::tick::{Manner, Narrowing, TickKind};

/// Looks, tells every sink, and shows what was told.
pub(super) fn run(
    arguments: &DigestArguments,
    common: &CommonArguments,
) -> Result<ExitCode, Stopped> {
    let usage = usage(TickKind::Watch);
    let config = load(common, TickKind::Watch, true)?;
    let narrowing = narrowing(&arguments.repo, &[], &config).map_err(usage)?;
    if config.allowlist().is_empty() && config.executor.t3.url.is_none() {
        // Installed and not set up yet: a schedule must not fail for that.
        let why = "nothing is told: AFK_ALLOWLIST is empty and AFK_T3_URL is not set";
        tracing::warn!("{why}");
        let text = match common.output {
            Output::Text => format!("afk-watch digest: {why}\n"),
            Output::Json => serde_json::json!({
                "version": 1, "gate": why, "landed": [], "waiting": [], "running": [], "ready": [], "failures": [],
                "tokens": 0, "tokens_unknown": 0,
            })
            .to_string()
                + "\n",
        };
        return Ok(reported(print_text(&text), ExitCode::Done, false, common));
    }
    let access = config
        .require_for_looking(None)
        .map_err(|errors| usage(describe(&errors)))?;
    check_watch_secrets(&config, &access).map_err(usage)?;
    let clock = SystemClock::start();
    let surroundings = Surroundings::of_machine(&clock).map_err(Stopped::Machine)?;
    let told = digest(&config, &access, &narrowing, &surroundings);
    if !told.could_not_start {
        publish_digest(&told.digest, &config, &clock);
    }
    let text = match common.output {
        Output::Text => told.in_words(),
        Output::Json => {
            let json = serde_json::to_string(&Document {
                digest: &told.digest,
                told: !told.could_not_start,
            });
            json.map_err(|error| Stopped::Machine(error.into()))? + "\n"
        }
    };
    let failed = !told.not_told.is_empty() || told.is_partial;
    let code = ExitCode::of(told.could_not_start, failed);
    Ok(reported(print_text(&text), code, true, common))
}

/// What a program is told.
#[derive(Serialize)]
struct Document<'d> {
    #[serde(flatten)]
    digest: &'d Digest,
    /// Whether the sinks were told anything.
    told: bool,
}

/// A digest, and what became of it.
pub struct Told {
    /// What was told.
    pub digest: Digest,
    /// Sinks that did not take it.
    pub not_told: Vec<ServiceError>,
    /// Whether something could not be read, so that the digest may lack something.
    pub is_partial: bool,
    /// Whether T3 could not be read, and so nothing; then nobody was told anything.
    pub could_not_start: bool,
}

impl Told {
    /// What a person is shown: the message, and whether nobody got it.
    #[must_use]
    pub fn in_words(&self) -> String {
        let message = self.digest.message();
        let mut text = format!("{}\n{}", message.title(), message.body());
        if self.could_not_start {
            text = format!("nothing could be read, and nobody was told anything\n{text}");
        }
        printable_lines(&text) + "\n"
    }
}

/// Puts the digest of what `narrowing` includes together and tells every sink; nothing else is sent. `access` is what
/// [`Config::require_for_looking`] gives.
#[must_use]
pub fn digest(
    config: &Config,
    access: &WatchAccess,
    narrowing: &Narrowing,
    surroundings: &Surroundings<'_>,
) -> Told {
    let poll = (!config.allowlist().is_empty()).then(|| {
        let poll_access = PollAccess {
            t3: access.t3.clone(),
            github: access.github.clone(),
            forgejo: access.forgejo.clone(),
        };
        with_poll(
            config,
            Mandate::Look(config.allowlist()),
            &poll_access,
            narrowing,
            Manner::LOOKING,
            surroundings,
            |poll: &Poll<'_>| poll.run(),
        )
    });
    let look = |watch: &Watch<'_>| {
        let mut report = watch.run();
        // What T3 tells is told, whatever became of the forges.
        let could_not_start = report.t3_is_unread;
        report.could_not_start = could_not_start;
        let past = if could_not_start {
            crate::tick::watch::Past::default()
        } else {
            watch.look_back(&mut report)
        };
        let status = Status::new(report, &watch.sights, closed(config, TickKind::Watch));
        let is_partial = !status.failures.is_empty()
            || poll.as_ref().is_some_and(|poll| !poll.failures.is_empty());
        let mut digest = put_together(status, past, poll.as_ref());
        let mut not_told = Vec::new();
        if !could_not_start {
            let message = digest.message();
            for sink in watch.sinks {
                if let Err(error) = sink.tell(&message) {
                    tracing::error!(sink = sink.name(), "{error}");
                    digest.failures.push(crate::domain::told::digest::Failed {
                        repository: None,
                        service: error.service.to_owned(),
                        call: error.call.clone(),
                        error: error.detail.clone(),
                    });
                    not_told.push(error);
                }
            }
            if watch.sinks.is_empty() {
                tracing::warn!("no sink is configured: the digest is only shown");
            }
        }
        Told {
            digest,
            not_told,
            is_partial,
            could_not_start,
        }
    };
    look_at_runs(config, access, narrowing, surroundings, look)
}
