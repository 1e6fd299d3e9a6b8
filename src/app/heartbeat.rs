//! Tells a watchdog that ticks run: the convention of healthchecks, `URL/start`, `URL`, `URL/fail`.
//!
//! What a watchdog answers, and whether it is there at all, changes nothing that a tick does. A tick that does nothing on purpose
//! pings nothing, and a dry run lets no write out.

use url::Url;

use super::courtesy::tell;
use super::exit::Stopped;
use crate::clock::Clock;
use crate::domain::config::{Config, Key, SecretSource, parse_webhook};
use crate::exit_code::ExitCode;
use crate::http::{Call, Method, read_secret};
use crate::tick::TickKind;

/// A watchdog that wants to hear of every tick.
pub(super) struct Heartbeat<'a> {
    config: &'a Config,
    clock: &'a dyn Clock,
    kind: TickKind,
    address: &'a SecretSource,
}

impl<'a> Heartbeat<'a> {
    /// `None` when no watchdog is configured for this program.
    pub(super) fn of(config: &'a Config, kind: TickKind, clock: &'a dyn Clock) -> Option<Self> {
        let address = match kind {
            TickKind::Poll => config.monitoring.poll_heartbeat.as_ref(),
            TickKind::Watch => config.monitoring.watch_heartbeat.as_ref(),
        }?;
        Some(Self {
            config,
            clock,
            kind,
            address,
        })
    }

    /// Says that a tick begins.
    pub(super) fn start(&self) {
        self.ping(&["start"], None);
    }

    /// Says how a tick ended.
    pub(super) fn end(&self, result: &Result<ExitCode, Stopped>) {
        let code = match result {
            Ok(code) => *code,
            Err(stopped) => stopped.code(),
        };
        match code {
            ExitCode::Done => self.ping(&[], None),
            ExitCode::DoneWithFailures | ExitCode::Usage | ExitCode::CouldNotStart => {
                let status = serde_json::json!({"exit_status": u8::from(code)});
                self.ping(&["fail"], Some(status.to_string().into_bytes()));
            }
        }
    }

    fn ping(&self, path: &[&str], body: Option<Vec<u8>>) {
        if let Err(why) = self.try_ping(path, body) {
            tracing::warn!("{}: no heartbeat: {why}", self.key());
        }
    }

    fn key(&self) -> Key {
        match self.kind {
            TickKind::Poll => Key::PollHeartbeatUrl,
            TickKind::Watch => Key::WatchHeartbeatUrl,
        }
    }

    fn try_ping(&self, path: &[&str], json: Option<Vec<u8>>) -> Result<(), String> {
        let secret = read_secret(self.address)?;
        let mut url: Url = parse_webhook(secret.expose()).map_err(|error| error.to_string())?;
        url.path_segments_mut()
            .map_err(|()| "the address has no path".to_owned())?
            .pop_if_empty()
            .extend(path);
        let call = Call {
            service: "heartbeat",
            name: "ping",
            method: if json.is_some() {
                Method::Post
            } else {
                Method::Get
            },
            url,
            headers: &[],
            bearer: None,
            json,
            repeatable: false,
        };
        tell(&call, self.config, self.clock)
    }
}
