//! Brings the figures of a tick to Prometheus: into a file for the textfile collector, or to a Pushgateway.
//!
//! Neither changes what a tick does or how it ends. A dry run leaves the figures of the last real tick alone, and a tick that does
//! nothing on purpose opens no connection; its file tells that it was disarmed.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use super::courtesy::tell;
use crate::clock::Clock;
use crate::domain::config::{BaseUrl, Config, Key};
use crate::domain::told::digest::Digest;
use crate::executor::t3::token_end;
use crate::exit_code::ExitCode;
use crate::http::{Call, Method, join, read_secret};
use crate::tick::report::{digest_metrics, metrics, metrics_of_stopped};
use crate::tick::{TickKind, TickReport};

/// Writes the figures wherever they are configured to go.
pub(super) fn publish(report: &TickReport, config: &Config, clock: &dyn Clock) {
    let monitoring = &config.monitoring;
    if report.dry_run || (monitoring.metrics_file.is_none() && monitoring.pushgateway.is_none()) {
        return;
    }
    let text = metrics(report, token_end_of(config).filter(|_| !report.idle));
    to_file(monitoring.metrics_file.as_deref(), &text);
    if !report.idle {
        to_gateway(report.tick.binary(), &text, config, clock);
    }
}

/// Tells that a tick got no further than its settings, as far as those say where that is told. `works`: whether the gates are
/// open.
pub(super) fn publish_stopped(
    kind: TickKind,
    code: ExitCode,
    works: bool,
    config: &Config,
    clock: &dyn Clock,
) {
    let text = metrics_of_stopped(kind, clock.now(), code);
    to_file(config.monitoring.metrics_file.as_deref(), &text);
    if works {
        to_gateway(kind.binary(), &text, config, clock);
    }
}

/// Tells what a digest knows beside the ticks: in a group of its own, or in a file beside that of the ticks.
pub(super) fn publish_digest(digest: &Digest, config: &Config, clock: &dyn Clock) {
    let text = digest_metrics(digest);
    let path = config.monitoring.metrics_file.as_deref();
    to_file(path.map(beside).as_deref(), &text);
    to_gateway("afk-digest", &text, config, clock);
}

/// The file of the digest: `afk-watch.prom` has `afk-watch-digest.prom` beside it.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    name.push("-digest");
    if let Some(extension) = path.extension() {
        name.push(".");
        name.push(extension);
    }
    path.with_file_name(name)
}

fn to_file(path: Option<&Path>, text: &str) {
    if let Some(path) = path
        && let Err(error) = write_whole(path, text)
    {
        tracing::warn!("{}: {}: {error}", Key::MetricsFile, path.display());
    }
}

fn to_gateway(job: &str, text: &str, config: &Config, clock: &dyn Clock) {
    if let Some(url) = &config.monitoring.pushgateway
        && let Err(why) = push(url, job, text, config, clock)
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
    job: &str,
    text: &str,
    config: &Config,
    clock: &dyn Clock,
) -> Result<(), String> {
    let call = Call {
        service: "pushgateway",
        name: "push",
        // It replaces the group: a series that the last tick had and this one has not must not stay.
        method: Method::Put,
        url: join(url.url(), &["metrics", "job", job]),
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
        assert!(beside(&path).ends_with("afk-digest.prom"));
        assert!(beside(Path::new("/figures")).ends_with("figures-digest"));
        assert!(write_whole(&directory.path().join("none").join("afk.prom"), "x").is_err());
        // A directory of that name is in the way.
        assert!(write_whole(directory.path(), "x").is_err());
        assert!(write_whole(Path::new("/"), "x").is_err());
    }
}
