//! Brings the figures of a tick to Prometheus: into a file for the textfile collector, or to a Pushgateway.
//!
//! Neither changes what a tick does or how it ends. A dry run leaves the figures of the last real tick alone, and a tick that does
//! nothing on purpose opens no connection; its file tells that it was disarmed.

use std::io::Write as _;
use std::path::Path;

use chrono::{DateTime, Utc};

use super::courtesy::tell;
use crate::clock::Clock;
use crate::domain::config::{BaseUrl, Config, Key};
use crate::executor::t3::token_end;
use crate::http::{Call, Method, join, read_secret};
use crate::tick::TickReport;
use crate::tick::report::metrics;

/// Writes the figures wherever they are configured to go.
pub(super) fn publish(report: &TickReport, config: &Config, clock: &dyn Clock) {
    let monitoring = &config.monitoring;
    if report.dry_run || (monitoring.metrics_file.is_none() && monitoring.pushgateway.is_none()) {
        return;
    }
    let text = metrics(report, token_end_of(config).filter(|_| report.armed));
    if let Some(path) = &monitoring.metrics_file
        && let Err(error) = write_whole(path, &text)
    {
        tracing::warn!("{}: {}: {error}", Key::MetricsFile, path.display());
    }
    if let Some(url) = &monitoring.pushgateway
        && report.armed
        && let Err(why) = push(url, report, &text, config, clock)
    {
        tracing::warn!("{}: {why}", Key::PushgatewayUrl);
    }
}

/// When the bearer of T3 ends, as far as it says so itself. Nobody is asked.
fn token_end_of(config: &Config) -> Option<DateTime<Utc>> {
    let token = config.executor.t3.token.as_ref()?;
    token_end(&read_secret(token).ok()?)
}

/// Replaces a file at once: whoever reads it sees the old text or the new one, and never a part.
fn write_whole(path: &Path, text: &str) -> std::io::Result<()> {
    let mut name = path
        .file_name()
        .ok_or_else(|| std::io::Error::other("expected the path of a file"))?
        .to_owned();
    // The collector reads `*.prom` only.
    name.push(".new");
    let beside = path.with_file_name(name);
    let written = std::fs::File::create(&beside)
        .and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        })
        .and_then(|()| std::fs::rename(&beside, path));
    if written.is_err() {
        // Nothing is left lying about; what is told is why it was not written.
        drop(std::fs::remove_file(&beside));
    }
    written
}

fn push(
    url: &BaseUrl,
    report: &TickReport,
    text: &str,
    config: &Config,
    clock: &dyn Clock,
) -> Result<(), String> {
    let call = Call {
        service: "pushgateway",
        name: "push",
        method: Method::Post,
        url: join(url.url(), &["metrics", "job", report.tick.binary()]),
        headers: &[("content-type", "text/plain; version=0.0.4; charset=utf-8")],
        bearer: None,
        json: Some(text.as_bytes().to_vec()),
        repeatable: false,
    };
    tell(&call, config, clock)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_at_once_and_nothing_is_left_beside_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("afk.prom");
        for text in ["one\n", "two\n"] {
            write_whole(&path, text).unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
        let names: Vec<_> = std::fs::read_dir(directory.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(names, ["afk.prom"]);
        assert!(write_whole(&directory.path().join("none").join("afk.prom"), "x").is_err());
        // A directory of that name is in the way.
        assert!(write_whole(directory.path(), "x").is_err());
        assert!(write_whole(Path::new("/"), "x").is_err());
    }
}
