//! `afk-watch status`: the runs under way.

use std::io::IsTerminal as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::arguments::{CommonArguments, Output, StatusArguments, narrowing};
use super::exit::{Stopped, print_text, reported};
use super::setup::{check_watch_secrets, closed, describe, load, usage};
use super::wiring::{Surroundings, look_at_runs};
use crate::clock::{Clock as _, SystemClock};
use crate::domain::config::{Config, WatchAccess};
use crate::exit_code::ExitCode;
use crate::tick::status::{Page, Status};
use crate::tick::watch::Watch;
use crate::tick::{Narrowing, TickKind};

/// Shows the runs under way, once or again and again. Reads with the gates closed, too, and acts on nothing.
pub(super) fn run(
    arguments: &StatusArguments,
    common: &CommonArguments,
) -> Result<ExitCode, Stopped> {
    let usage = usage(TickKind::Watch);
    let config = load(common, TickKind::Watch, true)?;
    let narrowing = narrowing(&arguments.repo, &[], &config).map_err(usage)?;
    let access = config
        .require_for_looking(None)
        .map_err(|errors| usage(describe(&errors)))?;
    check_watch_secrets(&config, &access).map_err(usage)?;
    let clock = SystemClock::start();
    let surroundings = Surroundings::of_machine(&clock).map_err(Stopped::Machine)?;
    loop {
        let status = status(&config, &access, &narrowing, &surroundings);
        let shown = show(&status, arguments.watch.is_some(), common.output);
        let code = ExitCode::of(status.could_not_start, !status.failures.is_empty());
        let Some(seconds) = arguments.watch.filter(|_| shown.is_ok()) else {
            return Ok(reported(shown, code, false, common));
        };
        if waited(&clock, seconds, &surroundings.stop) {
            return Ok(code);
        }
    }
}

/// Looks at the runs under way that `narrowing` includes. `access` is what [`Config::require_for_looking`] gives.
#[must_use]
pub fn status(
    config: &Config,
    access: &WatchAccess,
    narrowing: &Narrowing,
    surroundings: &Surroundings<'_>,
) -> Status {
    let look = |watch: &Watch<'_>| {
        Status::new(watch.run(), &watch.sights, closed(config, TickKind::Watch))
    };
    look_at_runs(config, access, narrowing, surroundings, look)
}

fn show(status: &Status, anew: bool, output: Output) -> anyhow::Result<()> {
    match output {
        Output::Json => print_text(&(serde_json::to_string(status)? + "\n")),
        Output::Text => {
            let terminal = std::io::stdout().is_terminal();
            let page = Page::new(columns(), terminal && wants_colour());
            let clear = if anew && terminal {
                "\x1b[H\x1b[2J"
            } else {
                ""
            };
            print_text(&format!("{clear}{}", status.render(page)))
        }
    }
}

/// Waits; returns whether the process was asked to stop meanwhile.
fn waited(clock: &SystemClock, seconds: u64, stop: &AtomicBool) -> bool {
    /// Nobody wants to wait longer for a key to be heard.
    const STEP: Duration = Duration::from_millis(100);
    let until = clock.uptime() + Duration::from_secs(seconds);
    while clock.uptime() < until {
        if stop.load(Ordering::Relaxed) {
            return true;
        }
        clock.sleep(STEP);
    }
    stop.load(Ordering::Relaxed)
}

/// How wide the terminal is: as the variable says, which shells keep to themselves and people export; otherwise as it tells
/// itself.
#[expect(
    clippy::disallowed_methods,
    reason = "people say by a variable how wide it is to be"
)]
fn columns() -> usize {
    let told = std::env::var("COLUMNS").ok();
    let told = told.and_then(|columns| columns.trim().parse().ok());
    let itself = || {
        let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok()?;
        Some(usize::from(size.ws_col))
    };
    told.filter(|columns| *columns > 0)
        .or_else(itself)
        .filter(|columns| *columns > 0)
        .unwrap_or(Page::WIDEST)
}

/// Whether nothing speaks against colour (no-color.org).
#[expect(
    clippy::disallowed_methods,
    reason = "people say by variables that they want no colour"
)]
fn wants_colour() -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let dumb = std::env::var("TERM").is_ok_and(|term| term == "dumb");
    !is_set("NO_COLOR") && !dumb
}
