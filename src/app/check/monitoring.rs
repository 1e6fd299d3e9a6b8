//! Who hears of ticks beside people: a watchdog, and Prometheus. Nobody is pinged, and nothing is pushed or written.

use std::path::Path;

use rustix::fs::{Access, access};

use super::lines::Lines;
use super::probe::host_answers;
use crate::domain::config::{Config, Key, parse_webhook};
use crate::http::{Http, read_secret};
use crate::tick::TickKind;

/// Tells whether what is configured could be told. A tick goes on without it, so that nothing here is worse than a warning.
pub(super) fn check(lines: &mut Lines, http: &Http<'_>, config: &Config, kind: TickKind) {
    const MEND: &str = "see that the address is right, and that the network lets us through";
    let monitoring = &config.monitoring;
    let (key, heartbeat) = match kind {
        TickKind::Poll => (Key::PollHeartbeatUrl, &monitoring.poll_heartbeat),
        TickKind::Watch => (Key::WatchHeartbeatUrl, &monitoring.watch_heartbeat),
    };
    if let Some(address) = heartbeat {
        let reached = read_secret(address)
            .and_then(|secret| parse_webhook(secret.expose()).map_err(|error| error.to_string()))
            .and_then(|address| host_answers(http, "heartbeat", &address));
        match reached {
            Ok(()) => lines.ok(key.name(), "its host answers; nobody was pinged"),
            Err(why) => lines.warn(key.name(), format!("no tick is heard of: {why}"), MEND),
        }
    }
    if let Some(url) = &monitoring.pushgateway {
        match host_answers(http, "pushgateway", url.url()) {
            Ok(()) => lines.ok(Key::PushgatewayUrl.name(), "it answers; nothing was pushed"),
            Err(why) => lines.warn(
                Key::PushgatewayUrl.name(),
                format!("no figures get there: {why}"),
                MEND,
            ),
        }
    }
    if let Some(path) = &monitoring.metrics_file {
        match directory_of(path) {
            Ok(()) => lines.ok(Key::MetricsFile.name(), "its directory can be written to"),
            Err(why) => lines.warn(
                Key::MetricsFile.name(),
                format!("{}: no figures get there: {why}", path.display()),
                "name a file in a directory that exists and that we may write to",
            ),
        }
    }
}

/// Whether the directory of a file is there and may be written to, without writing to it.
fn directory_of(path: &Path) -> Result<(), String> {
    let directory = match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => return Err("expected the path of a file".to_owned()),
    };
    if path.is_dir() {
        return Err("a directory is there".to_owned());
    }
    let metadata = std::fs::metadata(directory).map_err(|error| error.to_string())?;
    if !metadata.is_dir() {
        return Err("its parent is no directory".to_owned());
    }
    access(directory, Access::WRITE_OK | Access::EXEC_OK).map_err(|error| error.to_string())
}
