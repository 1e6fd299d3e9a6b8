//! What every command does first: settings, their warnings, the log.

use super::arguments::CommonArguments;
use super::exit::Stopped;
use super::logging::start_logging;
use super::settings::{check_app, check_certificates, check_secrets, collect};
use crate::domain::config::{
    self, Config, ConfigErrors, Endpoint, Gate, GitHubAccess, Key, Loaded, PollAccess,
    SecretSource, WatchAccess,
};
use crate::tick::TickKind;

/// Says that command line or configuration are wrong.
pub(super) fn usage(kind: TickKind) -> impl Fn(String) -> Stopped + Copy {
    move |text| Stopped::Usage(format!("{}: {text}", kind.binary()))
}

/// Reads the settings and starts the log. `quiet`: for a command that only looks.
pub(super) fn load(
    common: &CommonArguments,
    kind: TickKind,
    quiet: bool,
) -> Result<Config, Stopped> {
    let usage = usage(kind);
    let sources = collect(common.config_dir.as_deref()).map_err(usage)?;
    let Loaded { config, warnings } =
        config::load(&sources).map_err(|errors| usage(describe(&errors)))?;
    start_logging(common.log_format, &config, quiet);
    for warning in &warnings {
        tracing::warn!("{warning}");
    }
    Ok(config)
}

/// Starts the log of a command that only looks.
pub(super) fn start_log(common: &CommonArguments, config: &Config) {
    start_logging(common.log_format, config, true);
}

/// Makes sure that every secret that poll uses can be read.
pub(super) fn check_poll_secrets(config: &Config, access: &PollAccess) -> Result<(), String> {
    poll_secrets(config, access).into_iter().collect()
}

/// Makes sure that every secret that watch uses can be read.
pub(super) fn check_watch_secrets(config: &Config, access: &WatchAccess) -> Result<(), String> {
    watch_secrets(config, access).into_iter().collect()
}

/// Whether the secrets that poll uses can be read, kind by kind.
pub(super) fn poll_secrets(config: &Config, access: &PollAccess) -> Vec<Result<(), String>> {
    let secrets = check_secrets(&[
        (Key::T3Token, Some(&access.t3.token)),
        (Key::GithubToken, github_token(&access.github)),
        (Key::ForgejoToken, token(&access.forgejo)),
    ]);
    [vec![secrets], files(config)].concat()
}

/// Whether files which both programs use can be read: the key of an App, and certificates.
fn files(config: &Config) -> Vec<Result<(), String>> {
    vec![
        check_app(config.github_app.as_ref()),
        check_certificates(Key::CaFile, config.ca_file.as_deref()),
    ]
}

/// Whether the secrets that watch uses can be read, kind by kind.
pub(super) fn watch_secrets(config: &Config, access: &WatchAccess) -> Vec<Result<(), String>> {
    let notifiers = &config.notifiers;
    let ntfy = notifiers.ntfy.as_ref();
    let kubernetes = config.kubernetes.api.token.as_ref();
    let secrets = check_secrets(&[
        (Key::T3Token, Some(&access.t3.token)),
        (Key::GithubToken, github_token(&access.github)),
        (Key::ForgejoToken, token(&access.forgejo)),
        (Key::WoodpeckerToken, token(&access.woodpecker)),
        (
            Key::KubernetesToken,
            kubernetes.filter(|_| config.has_rollouts()),
        ),
        (Key::SlackWebhookUrl, notifiers.slack.as_ref()),
        (Key::NtfyToken, ntfy.and_then(|ntfy| ntfy.token.as_ref())),
    ]);
    let roots = config.kubernetes.ca_file.as_deref();
    let roots = roots.filter(|_| config.has_rollouts());
    let of_cluster = check_certificates(Key::KubernetesCaFile, roots);
    [vec![secrets], files(config), vec![of_cluster]].concat()
}

fn github_token(access: &Option<GitHubAccess>) -> Option<&SecretSource> {
    access.as_ref().and_then(GitHubAccess::token)
}

fn token(endpoint: &Option<Endpoint>) -> Option<&SecretSource> {
    endpoint.as_ref().map(|endpoint| &endpoint.token)
}

/// Why no tick of `kind` would start anything; `None` when both gates are open. A watch that drains works, so it is not called
/// disarmed.
pub(super) fn closed(config: &Config, kind: TickKind) -> Option<String> {
    match (config.gate(), kind) {
        (Gate::Armed(_), _) => None,
        (Gate::Drain(drain), TickKind::Poll) => Some(drain.reason().to_string()),
        (Gate::Drain(drain), TickKind::Watch) => Some(drain.in_words()),
        (Gate::Disarmed(reason), _) => Some(reason.to_string()),
    }
}

/// All problems of a configuration.
pub(super) fn describe(errors: &ConfigErrors) -> String {
    format!("the configuration is wrong:\n{errors}")
}
