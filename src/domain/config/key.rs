//! The one table of configuration keys (SPEC 8).
//!
//! Everything that must agree about keys comes from here: what the parser knows, what it reads when a key is not
//! set, which values are secrets, and what the README and the ConfigMap show. No value is judged here.

use std::fmt;

use serde::Deserialize;

/// What holds when a key is not set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyDefault {
    /// This value, which goes through the same parser as any other.
    Value(&'static str),
    /// No value; the text says what that means.
    Unset(&'static str),
}

impl KeyDefault {
    /// Returns the text for the table of keys.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Value(text) | Self::Unset(text) => text,
        }
    }
}

macro_rules! optional {
    () => {
        None
    };
    ($present:ident, $value:expr) => {
        Some($value)
    };
}

macro_rules! keys {
    ($($variant:ident: $field:ident $(or $file_field:ident)?, $name:literal, $default:expr, $doc:literal;)+) => {
        /// A configuration key. A secret one also exists as a second name that holds a path, see [`Key::file_name`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Key {
            $(#[doc = concat!("`", $name, "`: ", $doc, ".")] $variant,)+
        }

        impl Key {
            /// Every key, in the order of the specification.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// Returns the full name, such as `AFK_ALLOWLIST`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// Returns the name whose value is the path of a file with the secret; `None` for keys that are no secret.
            #[must_use]
            pub const fn file_name(self) -> Option<&'static str> {
                match self {
                    $(Self::$variant => optional!($($file_field, concat!($name, "_FILE"))?),)+
                }
            }

            /// Returns what holds when the key is not set.
            #[must_use]
            pub const fn default(self) -> KeyDefault {
                use KeyDefault::{Unset, Value};
                match self {
                    $(Self::$variant => $default,)+
                }
            }

            /// Returns one line about the meaning, without a full stop.
            #[must_use]
            pub const fn doc(self) -> &'static str {
                match self {
                    $(Self::$variant => $doc,)+
                }
            }
        }

        /// The values as they were found: optional strings, trimmed, never empty, not judged yet.
        ///
        /// Holds secrets in the open, so it can not be printed, and it does not leave the parser.
        #[derive(Default, Deserialize)]
        pub(super) struct RawConfig {
            $($field: Option<String>, $($file_field: Option<String>,)?)+
        }

        impl RawConfig {
            /// Returns the value under the key's own name.
            pub(super) fn value(&self, key: Key) -> Option<&str> {
                match key {
                    $(Key::$variant => self.$field.as_deref(),)+
                }
            }

            /// Returns the value under the key's [`Key::file_name`].
            pub(super) fn file(&self, key: Key) -> Option<&str> {
                let file: Option<&Option<String>> = match key {
                    $(Key::$variant => optional!($($file_field, &self.$file_field)?),)+
                };
                file?.as_deref()
            }
        }

        #[cfg(test)]
        const FIELDS: &[(&str, Option<&str>)] =
            &[$((stringify!($field), optional!($($file_field, stringify!($file_field))?)),)+];
    };
}

keys! {
    KillSwitch: kill_switch, "AFK_KILL_SWITCH", Value("true"),
        "Keeps every run from starting; any source that says on wins";
    Allowlist: allowlist, "AFK_ALLOWLIST", Unset("empty"),
        "Enrolled repositories: `owner/name`, `github:owner/name` or `forgejo:owner/name`, comma separated";
    AllowPublic: allow_public, "AFK_ALLOW_PUBLIC", Unset("empty"),
        "Repositories that may start runs although not private, comma separated";
    TrustedApps: trusted_apps, "AFK_TRUSTED_APPS", Unset("empty"),
        "Slugs of Apps whose labels count, comma separated";
    TrustedPeople: trusted_people, "AFK_TRUSTED_PEOPLE", Unset("empty"),
        "People who count where the forge can not tell their permission: `github:login` or `forgejo:login`, comma separated";
    AgentAccounts: agent_accounts, "AFK_AGENT_ACCOUNTS", Unset("empty"),
        "Logins that agents use, comma separated: never trusted, whatever they may do";
    QuietSeconds: quiet_seconds, "AFK_QUIET_SECONDS", Value("300"),
        "Seconds before the label in which nobody untrusted may have changed the text, 0 to 86400";
    ReadyLabel: ready_label, "AFK_READY_LABEL", Value("ready-for-agent"),
        "Label that asks for a run";
    InProgressLabel: in_progress_label, "AFK_IN_PROGRESS_LABEL", Value("agent-in-progress"),
        "Label that shows a run and holds back others";
    ReadyForHumanLabel: ready_for_human_label, "AFK_READY_FOR_HUMAN_LABEL", Value("ready-for-human"),
        "Label of an issue that was handed back";
    HoldLabels: hold_labels, "AFK_HOLD_LABELS", Value("needs-triage,needs-info,wontfix"),
        "Labels that hold an issue back, comma separated, in any case; an empty value: none";
    ReadySettleSeconds: ready_settle_seconds, "AFK_READY_SETTLE_SECONDS", Value("60"),
        "Seconds that a label must be old, 0 to 3600: people and scripts add blockers and the brief right after it";
    MaxInFlight: max_in_flight, "AFK_MAX_IN_FLIGHT", Value("5"),
        "Runs under way at once, all repositories together, 1 to 1000; per repository it is always 1";
    MaxStartsPerDay: max_starts_per_day, "AFK_MAX_STARTS_PER_DAY", Value("20"),
        "Runs started within 24 hours, all repositories together, 0 to 10000; 0 means no limit";
    RunMaxTokens: run_max_tokens, "AFK_RUN_MAX_TOKENS", Unset("none"),
        "Tokens that one run may use, as far as T3 reports them, 1 to 1000000000000";
    ResumeMax: resume_max, "AFK_RESUME_MAX", Value("8"),
        "Resumes in a row after a provider's failure or a restart of T3, 0 to 100";
    OrphanSeconds: orphan_seconds, "AFK_ORPHAN_SECONDS", Value("600"),
        "Seconds that an agent may live on unseen after its server died, 1 to 2592000";
    Halt: halt, "AFK_HALT", Value("false"),
        "Stops every live agent of ours and hands its run back; any source that says on wins, and it opens no gate";
    RefusalComment: refusal_comment, "AFK_REFUSAL_COMMENT", Value("true"),
        "Whether an issue that is refused for more than ten minutes gets a comment that says why";
    BudgetUsd: budget_usd, "AFK_BUDGET_USD", Value("100"),
        "US dollars that one run may cost, above 0 to 10000";
    FixForwardMaxAttempts: fix_forward_max_attempts, "AFK_FIX_FORWARD_MAX_ATTEMPTS", Value("5"),
        "Corrective turns per run, 0 to 20; 0 means never";
    FixForwardMaxSeconds: fix_forward_max_seconds, "AFK_FIX_FORWARD_MAX_SECONDS", Value("3600"),
        "Seconds from the first red until a run is frozen, 1 to 2592000";
    RunMaxSeconds: run_max_seconds, "AFK_RUN_MAX_SECONDS", Value("14400"),
        "Seconds that a run may take until its push, 1 to 2592000";
    StallSeconds: stall_seconds, "AFK_STALL_SECONDS", Value("1800"),
        "Seconds of silence after which an agent counts as dead, 1 to 2592000";
    SettleSeconds: settle_seconds, "AFK_SETTLE_SECONDS", Value("120"),
        "Seconds that a finished agent's push may take to show, 1 to 2592000";
    CiStartMaxSeconds: ci_start_max_seconds, "AFK_CI_START_MAX_SECONDS", Value("900"),
        "Seconds in which a CI stage must start, 1 to 2592000";
    CiMaxSeconds: ci_max_seconds, "AFK_CI_MAX_SECONDS", Value("5400"),
        "Seconds in which a CI stage must end, 1 to 2592000";
    CiSettleSeconds: ci_settle_seconds, "AFK_CI_SETTLE_SECONDS", Value("60"),
        "Seconds that the newest result of a green build must be old where no checks are named, 0 to 3600";
    TickMaxSeconds: tick_max_seconds, "AFK_TICK_MAX_SECONDS", Value("100"),
        "Seconds that one tick may take, 1 to 2592000";
    T3Url: t3_url, "AFK_T3_URL", Unset("–"),
        "Address of the T3 Code server";
    T3Token: t3_token or t3_token_file, "AFK_T3_TOKEN", Unset("–"),
        "Token for the T3 Code server";
    T3WorkspaceRoot: t3_workspace_root, "AFK_T3_WORKSPACE_ROOT", Value("/data"),
        "Directory on the T3 server that holds the workspaces";
    T3Instance: t3_instance, "AFK_T3_INSTANCE", Value("claudeAgent"),
        "Provider instance that T3 runs agents with";
    T3Model: t3_model, "AFK_T3_MODEL", Value("claude-sonnet-4-6"),
        "Model that T3 runs agents with";
    CockpitUrl: cockpit_url, "AFK_COCKPIT_URL", Unset("= `AFK_T3_URL`"),
        "Address of T3 Code for people";
    CockpitLink: cockpit_link, "AFK_COCKPIT_LINK", Value("{cockpit}/{environment}/{thread}"),
        "Link to a thread, made of `{cockpit}`, `{environment}` and `{thread}`";
    DefaultForge: default_forge, "AFK_DEFAULT_FORGE", Value("github"),
        "Forge of repositories that are named without one, github or forgejo";
    GithubUrl: github_url, "AFK_GITHUB_URL", Value("https://api.github.com"),
        "Address of the GitHub API; Enterprise: `https://HOST/api/v3`";
    GithubToken: github_token or github_token_file, "AFK_GITHUB_TOKEN", Unset("–"),
        "Token for GitHub";
    GithubAppId: github_app_id, "AFK_GITHUB_APP_ID", Unset("–"),
        "Id or client id of a GitHub App, in place of a token: tokens of its installations are minted for each tick and owner";
    GithubAppKeyFile: github_app_key_file, "AFK_GITHUB_APP_KEY_FILE", Unset("–"),
        "Path of the GitHub App's private key, in PEM";
    PollHeartbeatUrl: poll_heartbeat_url or poll_heartbeat_url_file, "AFK_POLL_HEARTBEAT_URL", Unset("none"),
        "Address that every tick of afk-poll pings: `/start`, then itself or `/fail`; the address is a secret";
    WatchHeartbeatUrl: watch_heartbeat_url or watch_heartbeat_url_file, "AFK_WATCH_HEARTBEAT_URL", Unset("none"),
        "The same for afk-watch";
    MetricsFile: metrics_file, "AFK_METRICS_FILE", Unset("none"),
        "Path of a file that every tick replaces with its figures, for Prometheus; one for each program";
    PushgatewayUrl: pushgateway_url, "AFK_PUSHGATEWAY_URL", Unset("none"),
        "Address of a Prometheus Pushgateway that every armed tick sends its figures to";
    CaFile: ca_file, "AFK_CA_FILE", Unset("none"),
        "Path of certificates that are trusted beside the machine's, in PEM";
    ForgejoUrl: forgejo_url, "AFK_FORGEJO_URL", Unset("–"),
        "Address of Forgejo or Gitea";
    ForgejoToken: forgejo_token or forgejo_token_file, "AFK_FORGEJO_TOKEN", Unset("–"),
        "Token for Forgejo or Gitea";
    WoodpeckerUrl: woodpecker_url, "AFK_WOODPECKER_URL", Unset("–"),
        "Address of Woodpecker, for the deploy stage";
    WoodpeckerToken: woodpecker_token or woodpecker_token_file, "AFK_WOODPECKER_TOKEN", Unset("–"),
        "Token for Woodpecker";
    WoodpeckerPublicUrl: woodpecker_public_url, "AFK_WOODPECKER_PUBLIC_URL", Unset("= `AFK_WOODPECKER_URL`"),
        "Address of Woodpecker for people";
    KubernetesUrl: kubernetes_url, "AFK_KUBERNETES_URL", Unset("in-cluster"),
        "Address of the Kubernetes API, for the rollout stage; `http://127.0.0.1:8001` for `kubectl proxy`";
    KubernetesToken: kubernetes_token or kubernetes_token_file, "AFK_KUBERNETES_TOKEN", Unset("in-cluster"),
        "Token for the Kubernetes API";
    KubernetesCaFile: kubernetes_ca_file, "AFK_KUBERNETES_CA_FILE", Unset("in-cluster"),
        "Path of the certificates that the Kubernetes API is checked against, in PEM";
    SlackWebhookUrl: slack_webhook_url or slack_webhook_url_file, "AFK_SLACK_WEBHOOK_URL", Unset("none"),
        "Slack webhook that doorbells go to; the address is a secret";
    NtfyUrl: ntfy_url, "AFK_NTFY_URL", Unset("none"),
        "Address of the ntfy server that doorbells go to";
    NtfyTopic: ntfy_topic, "AFK_NTFY_TOPIC", Unset("none"),
        "Topic on the ntfy server";
    NtfyToken: ntfy_token or ntfy_token_file, "AFK_NTFY_TOKEN", Unset("none"),
        "Token for the ntfy server";
    Repos: repos, "AFK_REPOS", Value("{}"),
        "What single repositories have beyond a build, as JSON";
    Log: log, "AFK_LOG", Value("info"),
        "Least severe log lines shown: off, error, warn, info, debug or trace";
    LogFormat: log_format, "AFK_LOG_FORMAT", Value("auto"),
        "Form of log lines: auto, pretty or json; auto is pretty on a terminal, json otherwise";
    ConfigDir: config_dir, "AFK_CONFIG_DIR", Unset("none"),
        "Directory with one file per key, such as a mounted ConfigMap; environment only";
}

/// The prefix that all keys share.
pub(super) const PREFIX: &str = "AFK_";

impl Key {
    /// Returns whether the value must never be shown.
    #[must_use]
    pub const fn is_secret(self) -> bool {
        self.file_name().is_some()
    }

    /// Returns every name that the parser knows: all keys, and the `_FILE` names of the secret ones.
    pub fn names() -> impl Iterator<Item = &'static str> {
        Self::ALL
            .iter()
            .flat_map(|key| std::iter::once(key.name()).chain(key.file_name()))
    }

    /// Returns the known name that `name` most likely was meant to be, if any comes near.
    pub(super) fn nearest(name: &str) -> Option<&'static str> {
        // Long unknown names are never near, and comparing them costs their length.
        const LONGEST: usize = 64;
        // Below this, suggestions are noise: a Service called `afk` makes Kubernetes inject `AFK_PORT`.
        const LIKENESS: f64 = 0.65;
        let name = name.to_ascii_uppercase();
        let rest = name
            .strip_prefix(PREFIX)
            .filter(|rest| rest.len() <= LONGEST)?;
        Self::names()
            .map(|known| {
                let likeness = strsim::normalized_damerau_levenshtein(rest, &known[PREFIX.len()..]);
                (likeness, known)
            })
            .filter(|(likeness, _)| *likeness >= LIKENESS)
            .max_by(|(left, _), (right, _)| left.total_cmp(right))
            .map(|(_, known)| known)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fields_and_prefix_agree() {
        for (key, (field, file_field)) in Key::ALL.iter().zip(FIELDS) {
            assert_eq!(key.name(), format!("AFK_{}", field.to_uppercase()));
            assert_eq!(
                key.file_name().map(str::to_owned),
                file_field.map(|field| format!("AFK_{}", field.to_uppercase()))
            );
        }
    }

    #[test]
    fn names_are_distinct() {
        let mut names: Vec<_> = Key::names().collect();
        assert_eq!(names.len(), 62 + 9);
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), 62 + 9);
    }

    #[test]
    fn docs_are_one_line_that_fits_a_table() {
        for key in Key::ALL {
            let doc = key.doc();
            assert!(doc.starts_with(|c: char| c.is_ascii_uppercase()), "{key}");
            assert!(!doc.contains(['\n', '|']) && !doc.ends_with('.'), "{key}");
            assert!(!key.default().text().is_empty(), "{key}");
        }
    }

    #[test]
    fn the_table_shows_the_default_or_what_none_means() {
        assert_eq!(KeyDefault::Value("5").text(), "5");
        assert_eq!(KeyDefault::Unset("none").text(), "none");
    }

    #[test]
    fn exactly_these_are_secrets() {
        let secrets: Vec<_> = Key::ALL
            .iter()
            .filter(|key| key.is_secret())
            .map(|key| key.name())
            .collect();
        assert_eq!(
            secrets,
            [
                "AFK_T3_TOKEN",
                "AFK_GITHUB_TOKEN",
                "AFK_POLL_HEARTBEAT_URL",
                "AFK_WATCH_HEARTBEAT_URL",
                "AFK_FORGEJO_TOKEN",
                "AFK_WOODPECKER_TOKEN",
                "AFK_KUBERNETES_TOKEN",
                "AFK_SLACK_WEBHOOK_URL",
                "AFK_NTFY_TOKEN",
            ]
        );
    }

    #[test]
    fn slips_find_the_key_that_was_meant() {
        for (slip, meant) in [
            ("AFK_KILLSWITCH", "AFK_KILL_SWITCH"),
            ("AFK_ALLOW_LIST", "AFK_ALLOWLIST"),
            ("AFK_MAX_INFLIGHT", "AFK_MAX_IN_FLIGHT"),
            ("AFK_GITHUB_TOKEN_FILES", "AFK_GITHUB_TOKEN_FILE"),
            ("AFK_Kill_Switch", "AFK_KILL_SWITCH"),
            ("afk_repo", "AFK_REPOS"),
            ("AFK_STALL_SECS", "AFK_STALL_SECONDS"),
        ] {
            assert_eq!(Key::nearest(slip), Some(meant), "{slip}");
        }
    }

    #[test]
    fn injected_names_are_near_nothing() {
        for name in [
            "AFK_",
            "AFK_PORT",
            "AFK_SERVICE_HOST",
            "AFK_SERVICE_PORT",
            "AFK_PORT_80_TCP_ADDR",
            "AFK_T3_PORT_3773_TCP",
        ] {
            assert_eq!(Key::nearest(name), None, "{name}");
        }
    }
}
