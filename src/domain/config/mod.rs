//! Configuration (SPEC 8): what was collected goes in, a [`Config`] or every problem at once comes out.
//!
//! Nothing here reads the environment, a file or a clock, and nothing is logged: the shell collects [`Source`]s and
//! shows what comes back. There is one parser for all sources and one table of keys ([`Key`]). A value that can not
//! be read is an error and never a guess. Invariants, above all about what is missing:
//!
//! - Only [`load()`] makes a [`Config`], and only a [`Config`] makes a [`Gate`]; there is no way to set the kill
//!   switch or to enrol a repository in code.
//! - No error, warning or debug form shows a secret, or an address that might have credentials in it.
//! - Being disarmed needs no key at all: what acting needs is asked later, by [`Config::require_for_poll`] and
//!   [`Config::require_for_watch`].
//!
//! ```text
//! source.rs   collected values, and which of several wins      key.rs       the table of keys
//! value.rs    parsers of single values                         problem.rs   errors and warnings
//! load.rs     the parser                                       gate.rs      what a tick may do
//! reader.rs   reads one value, notes its problems              required.rs  what acting needs
//! limits.rs   what must not be exceeded
//! ```

mod base_url;
mod entry;
mod gate;
mod issue_address;
mod json;
mod key;
mod limits;
mod link;
mod load;
mod problem;
mod reader;
mod repositories;
mod required;
mod secret;
mod source;
mod stages;
mod unenrolled;
mod value;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

pub use self::base_url::{BaseUrl, ParseUrlError, is_near, parse_webhook};
pub use self::gate::{Armed, DisarmedReason, Drain, Gate};
pub use self::key::{Key, KeyDefault};
pub use self::limits::{Limits, RunLimits};
pub use self::link::LinkTemplate;
pub use self::load::{Loaded, load};
pub use self::problem::{ConfigErrors, Problem, Warning};
pub use self::repositories::RepositoryConfig;
pub use self::required::{Endpoint, GitHubAccess, PollAccess, ServicesThere, WatchAccess};
pub use self::secret::{ParseSecretError, Secret, SecretSource};
pub use self::source::{Source, early_log_format};
pub use self::stages::{
    Deploy, NamedCheck, Revision, Rollout, Trigger, WoodpeckerDeploy, WorkloadKind,
};
pub use self::unenrolled::Unenrolled;
pub use self::value::{LogFormat, LogLevel, Usd, WorkspacePath};

use self::gate::{Halt, KillSwitch};
use serde::{Deserialize, Serialize};

use super::identity::ThreadId;
use super::repository::{ForgeKind, IssueRef, ParseRepoError, RepoRef};

/// Everything that is configured. Comes from [`load()`] only; the two gates can be read and not set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    kill_switch: KillSwitch,
    halt: Halt,
    allowlist: Vec<RepoRef>,
    /// Whom and what the trust gate lets pass.
    pub trust: TrustConfig,
    /// The labels that people and we use.
    pub labels: Labels,
    /// Whether refused issues get a note.
    pub refusal_comment: bool,
    /// What must not be exceeded.
    pub limits: Limits,
    /// What runs agents.
    pub executor: ExecutorConfig,
    /// Where people look at threads.
    pub cockpit: CockpitConfig,
    /// The forge of repositories that are named without one.
    pub default_forge: ForgeKind,
    /// GitHub; always has an address.
    pub github: ServiceConfig,
    /// The GitHub App that we are, in place of a token.
    pub github_app: Option<AppIdentity>,
    /// Forgejo or Gitea.
    pub forgejo: ServiceConfig,
    /// Woodpecker, for the deploy stage.
    pub woodpecker: ServiceConfig,
    /// Where people look at Woodpecker; its address unless configured.
    pub woodpecker_public_url: Option<BaseUrl>,
    /// Kubernetes, for the rollout stage.
    pub kubernetes: KubernetesConfig,
    /// Where doorbells ring.
    pub notifiers: NotifierConfig,
    /// Who wants to hear of ticks.
    pub monitoring: MonitoringConfig,
    /// Certificates that are trusted beside the machine's, in PEM; an absolute path.
    pub ca_file: Option<PathBuf>,
    /// What single repositories have; ask with [`Config::repository`].
    pub repositories: BTreeMap<RepoRef, RepositoryConfig>,
    /// What is logged, and how.
    pub logging: LogConfig,
    /// The directory that the environment names as a second source. The shell has read it by now.
    pub config_dir: Option<PathBuf>,
}

impl Config {
    /// Returns what a tick may do.
    #[must_use]
    pub fn gate(&self) -> Gate {
        Gate::new(&self.kill_switch, &self.halt, &self.allowlist)
    }

    /// Returns whether a repository is rolled out, enrolled or not.
    #[must_use]
    pub fn has_rollouts(&self) -> bool {
        self.repositories
            .values()
            .any(|repository| !repository.rollout.is_empty())
    }

    /// Returns the enrolled repositories, in the order they were listed; no two are the same.
    #[must_use]
    pub fn allowlist(&self) -> &[RepoRef] {
        &self.allowlist
    }

    /// Returns the service that hosts repositories of `kind`.
    #[must_use]
    pub const fn forge(&self, kind: ForgeKind) -> &ServiceConfig {
        match kind {
            ForgeKind::GitHub => &self.github,
            ForgeKind::Forgejo => &self.forgejo,
        }
    }

    /// Reads an issue that a person names: `owner/name#n`, or its address on one of the forges.
    ///
    /// # Errors
    ///
    /// What was expected.
    pub fn issue(&self, text: &str) -> Result<IssueRef, ParseRepoError> {
        let kinds = [ForgeKind::GitHub, ForgeKind::Forgejo];
        let hosts = kinds.into_iter().filter_map(|kind| {
            let host = self.forge(kind).url.as_ref()?.authority();
            // Pages of github.com and their API have two hosts.
            let host = if host == "api.github.com" {
                "github.com"
            } else {
                host
            };
            Some((kind, host.to_owned()))
        });
        let hosts: Vec<_> = hosts.collect();
        match issue_address::issue_at(text, &hosts) {
            Some(issue) => Ok(issue),
            None => IssueRef::parse(text, self.default_forge),
        }
    }

    /// Returns whether `AFK_REPOS` mentions `repo`.
    #[must_use]
    pub fn mentions(&self, repo: &RepoRef) -> bool {
        self.repositories.contains_key(repo)
    }

    /// Returns the entries of `AFK_REPOS` that are of no enrolled repository; none while nothing is enrolled.
    #[must_use]
    pub fn unenrolled(&self) -> Vec<Unenrolled> {
        unenrolled::unenrolled(&self.allowlist, self.repositories.keys())
    }

    /// Returns what `repo` has; a build only, unless `AFK_REPOS` mentions it.
    #[must_use]
    pub fn repository(&self, repo: &RepoRef) -> &RepositoryConfig {
        static BUILD_ONLY: RepositoryConfig = RepositoryConfig::BUILD_ONLY;
        self.repositories.get(repo).unwrap_or(&BUILD_ONLY)
    }
}

/// Whom and what the trust gate lets pass beyond the usual.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrustConfig {
    /// Repositories that may start runs although they are not private.
    pub allow_public: BTreeSet<RepoRef>,
    /// Slugs of Apps whose labels count: lower case, without `[bot]`; ask with [`TrustConfig::trusts_app`].
    pub trusted_apps: BTreeSet<String>,
    /// People who count where their forge can not tell a permission; ask with [`TrustConfig::trusts_person`].
    pub trusted_people: BTreeSet<(ForgeKind, String)>,
    /// Logins that agents use, in lower case; ask with [`TrustConfig::is_agent`].
    pub agent_accounts: BTreeSet<String>,
}

impl TrustConfig {
    /// Returns whether labels by the App with this slug count; case and a `[bot]` suffix do not matter.
    #[must_use]
    pub fn trusts_app(&self, slug: &str) -> bool {
        value::app_slug(slug).is_ok_and(|slug| self.trusted_apps.contains(&slug))
    }

    /// Returns whether the operator vouches for this person of this forge; case does not matter. It never lifts a
    /// permission that the forge tells for certain.
    #[must_use]
    pub fn trusts_person(&self, forge: ForgeKind, login: &str) -> bool {
        self.trusted_people
            .contains(&(forge, login.to_ascii_lowercase()))
    }

    /// Returns whether agents use this account; case and a `[bot]` suffix do not matter.
    #[must_use]
    pub fn is_agent(&self, login: &str) -> bool {
        value::login(login).is_ok_and(|login| self.agent_accounts.contains(&login))
    }
}

/// The labels that people and we use: 1 to 50 characters, no commas, different even without regard to case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Labels {
    /// Asks for a run.
    pub ready: String,
    /// Shows a run, and holds back others.
    pub in_progress: String,
    /// Marks an issue that was handed back.
    pub ready_for_human: String,
    /// Hold an issue back, in lower case; ask with [`Labels::holds`].
    pub hold: BTreeSet<String>,
}

impl Labels {
    /// Returns whether this label holds an issue back; case does not matter.
    #[must_use]
    pub fn holds(&self, label: &str) -> bool {
        self.hold.contains(&label.to_lowercase())
    }
}

/// A service that may be configured or not. An `http://` address with a token is loopback or cluster-internal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceConfig {
    /// Where it is.
    pub url: Option<BaseUrl>,
    /// What opens it.
    pub token: Option<SecretSource>,
}

/// A GitHub App: tokens are minted with its key, for each tick and owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppIdentity {
    /// The App's id or client id, the issuer of its assertions.
    pub id: String,
    /// The file with the App's RSA key, in PEM; an absolute path. Read anew for each assertion.
    pub key_file: PathBuf,
}

/// What runs agents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecutorConfig {
    /// The T3 Code server.
    pub t3: ServiceConfig,
    /// The directory on that server that holds the workspaces.
    pub workspace_root: WorkspacePath,
    /// The provider instance that T3 runs agents with (`modelSelection.instanceId`).
    pub instance: String,
    /// The model that T3 runs agents with (`modelSelection.model`).
    pub model: String,
}

/// Where people look at threads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CockpitConfig {
    /// Its address: `AFK_COCKPIT_URL`, otherwise `AFK_T3_URL`; `None` when neither is set.
    pub url: Option<BaseUrl>,
    /// How a link is put together.
    pub link: LinkTemplate,
}

impl CockpitConfig {
    /// Returns the link to `thread`; `None` without an address. `environment` is T3's own id of its environment.
    #[must_use]
    pub fn link(&self, environment: &str, thread: ThreadId) -> Option<String> {
        let url = self.url.as_ref()?;
        Some(self.link.render(url, environment, thread))
    }
}

/// Kubernetes, for the rollout stage. What is `None` is found in the cluster that we run in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KubernetesConfig {
    /// Address and token. With an address of its own, nothing is taken from the cluster.
    pub api: ServiceConfig,
    /// The certificates that the server is checked against, in PEM; an absolute path.
    pub ca_file: Option<PathBuf>,
}

/// Where doorbells ring. When there is nothing, bells are only logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotifierConfig {
    /// Address of a Slack webhook; whoever reads it from a file checks it with [`parse_webhook`].
    pub slack: Option<SecretSource>,
    /// A topic on an ntfy server.
    pub ntfy: Option<NtfyConfig>,
}

/// A topic on an ntfy server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NtfyConfig {
    /// The server.
    pub url: BaseUrl,
    /// The topic: 1 to 64 letters, digits, `-` and `_`.
    pub topic: String,
    /// What opens it; public topics need none.
    pub token: Option<SecretSource>,
}

/// Who wants to hear of ticks. Nothing of it changes what a tick does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MonitoringConfig {
    /// The watchdog of afk-poll; whoever reads it from a file checks it with [`parse_webhook`].
    pub poll_heartbeat: Option<SecretSource>,
    /// The watchdog of afk-watch.
    pub watch_heartbeat: Option<SecretSource>,
    /// The file that figures are written to.
    pub metrics_file: Option<PathBuf>,
    /// The Pushgateway that figures are sent to.
    pub pushgateway: Option<BaseUrl>,
}

/// What is logged, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogConfig {
    /// The least severe lines that are shown.
    pub level: LogLevel,
    /// Their form.
    pub format: LogFormat,
}
