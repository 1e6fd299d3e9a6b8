//! Where settings come from: the environment, a directory of files, and the files of secrets.
//!
//! The only place that reads the environment. What the values mean is the configuration's business.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::domain::config::{AppIdentity, Key, SecretSource, Source, parse_webhook};
use crate::http::{check_roots, read_secret};
use crate::tracker::github_app::check_key;

/// Collects settings from the environment and from the configuration directory, if there is one.
pub(super) fn collect(directory: Option<&Path>) -> Result<Vec<Source>, String> {
    let environment = environment();
    let named = environment.get("AFK_CONFIG_DIR").and_then(|value| {
        let value = value.as_ref().ok()?.trim();
        (!value.is_empty()).then(|| PathBuf::from(value))
    });
    let directory = directory.map(Path::to_path_buf).or(named);
    let mut sources = vec![Source::new("environment", environment)];
    if let Some(directory) = directory {
        let values = read_directory(&directory).map_err(|error| {
            format!(
                "can not read the configuration directory {}: {error}",
                directory.display()
            )
        })?;
        sources.push(Source::directory(directory, values));
    }
    Ok(sources)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the environment"
)]
fn environment() -> BTreeMap<String, Result<String, String>> {
    std::env::vars_os()
        .filter_map(|(key, value)| {
            let key = key.into_string().ok()?;
            key.starts_with("AFK_").then(|| (key, text(value)))
        })
        .collect()
}

fn text(value: OsString) -> Result<String, String> {
    value
        .into_string()
        .map_err(|_| "the value is not UTF-8".to_owned())
}

/// Reads every file whose name starts with `AFK_`. Mounted ConfigMaps have other entries beside them.
fn read_directory(directory: &Path) -> std::io::Result<BTreeMap<String, Result<String, String>>> {
    let mut values = BTreeMap::new();
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let Ok(key) = entry.file_name().into_string() else {
            continue;
        };
        if key.starts_with("AFK_") {
            values.insert(key, read_value(&entry.path()));
        }
    }
    Ok(values)
}

/// Reads one value. Links are followed, as in a mounted ConfigMap; a pipe or a device would never end.
fn read_value(path: &Path) -> Result<String, String> {
    /// Longer than any value; a ConfigMap holds 1 MiB.
    const MAX_BYTES: u64 = 1024 * 1024;
    let metadata = std::fs::metadata(path).map_err(|error| error.to_string())?;
    if !metadata.is_file() {
        return Err("expected a file".to_owned());
    }
    if metadata.len() > MAX_BYTES {
        return Err("expected at most 1 MiB".to_owned());
    }
    std::fs::read_to_string(path).map_err(|error| error.to_string())
}

/// Makes sure that a file of certificates can be read before anything starts.
pub(super) fn check_certificates(key: Key, path: Option<&Path>) -> Result<(), String> {
    path.map_or(Ok(()), check_roots)
        .map_err(|why| format!("certificates can not be read:\n  {key}: {why}"))
}

/// Makes sure that an App's key can be read and can sign before anything starts; it is read again for each use.
pub(super) fn check_app(app: Option<&AppIdentity>) -> Result<(), String> {
    app.map_or(Ok(()), |app| check_key(&app.key_file))
        .map_err(|why| {
            format!(
                "a secret can not be read:\n  {}: {why}",
                Key::GithubAppKeyFile
            )
        })
}

/// Makes sure that every secret can be read before anything starts; they are read again for each use.
pub(super) fn check_secrets(secrets: &[(Key, Option<&SecretSource>)]) -> Result<(), String> {
    let mut problems = String::new();
    for (key, source) in secrets {
        let Some(source @ SecretSource::File(path)) = source else {
            continue;
        };
        // A file of the configuration directory has the key's own name.
        let own = path.file_name().is_some_and(|name| name == key.name());
        let name = key.file_name().filter(|_| !own).unwrap_or(key.name());
        let read = read_secret(source).and_then(|secret| {
            if matches!(
                key,
                Key::SlackWebhookUrl | Key::PollHeartbeatUrl | Key::WatchHeartbeatUrl
            ) {
                parse_webhook(secret.expose()).map_err(|error| error.to_string())?;
            }
            Ok(())
        });
        if let Err(why) = read {
            problems.push_str(&format!("\n  {name}: {why}"));
        }
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(format!("a secret can not be read:{problems}"))
    }
}
