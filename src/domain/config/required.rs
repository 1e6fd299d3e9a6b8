//! What a tick that acts must have, beyond values that are well-formed.
//!
//! Asked only after a gate opened: a disarmed tick needs nothing. Nothing is read or reached here.

use super::key::Key;
use super::problem::{ConfigErrors, Problem};
use super::secret::SecretSource;
use super::stages::Deploy;
use super::{AppIdentity, BaseUrl, Config, ServiceConfig};
use crate::domain::repository::{ForgeKind, RepoRef};

/// A service that can be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Where it is.
    pub url: BaseUrl,
    /// What opens it.
    pub token: SecretSource,
}

/// GitHub, and who we are there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GitHubAccess {
    /// One account, whose token sees every repository.
    Token(Endpoint),
    /// An App that is installed with every owner.
    App {
        /// Where GitHub is.
        url: BaseUrl,
        /// The App.
        app: AppIdentity,
    },
}

impl GitHubAccess {
    /// Returns the token; `None` for an App, whose tokens are minted.
    #[must_use]
    pub const fn token(&self) -> Option<&SecretSource> {
        match self {
            Self::Token(endpoint) => Some(&endpoint.token),
            Self::App { .. } => None,
        }
    }
}

/// The services of a tick that starts runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PollAccess {
    /// T3 Code.
    pub t3: Endpoint,
    /// GitHub; there when a repository on the allowlist needs it, or when it is configured.
    pub github: Option<GitHubAccess>,
    /// Forgejo or Gitea; there when a repository on the allowlist needs it, or when it is configured.
    pub forgejo: Option<Endpoint>,
}

/// The services of a tick that drives runs. Kubernetes has defaults in a cluster: see [`Config::kubernetes`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchAccess {
    /// T3 Code.
    pub t3: Endpoint,
    /// GitHub; there when a repository on the allowlist needs it, or when it is configured.
    pub github: Option<GitHubAccess>,
    /// Forgejo or Gitea; there when a repository on the allowlist needs it, or when it is configured.
    pub forgejo: Option<Endpoint>,
    /// Woodpecker; there when a repository on the allowlist deploys with it, or when it is configured.
    pub woodpecker: Option<Endpoint>,
}

/// The services that are configured, whatever is missing beside them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServicesThere {
    /// T3 Code.
    pub t3: Option<Endpoint>,
    /// GitHub.
    pub github: Option<GitHubAccess>,
    /// Forgejo or Gitea.
    pub forgejo: Option<Endpoint>,
    /// Woodpecker.
    pub woodpecker: Option<Endpoint>,
}

/// Why T3 is needed.
const ACTS: &str = "for every tick that acts";

/// Why T3 is needed by whoever acts on nothing.
const LOOKS: &str = "for T3 tells what was started and what is under way";

impl Config {
    /// Returns the services that `afk-poll` needs.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] with every key that is missing: address and token of T3, and of each forge that hosts a
    /// repository on the allowlist.
    pub fn require_for_poll(&self) -> Result<PollAccess, ConfigErrors> {
        let mut problems = Vec::new();
        let access = self.poll_access(None, ACTS, &mut problems);
        access.ok_or_else(|| ConfigErrors::new(problems))
    }

    /// Returns the services that `afk-watch` needs.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] with every key that is missing: those of [`Config::require_for_poll`], those of a forge that builds a
    /// repository on the allowlist, Woodpecker's when one deploys with it, and a token for a Kubernetes address that asks for one.
    pub fn require_for_watch(&self) -> Result<WatchAccess, ConfigErrors> {
        let mut problems = Vec::new();
        let poll = self.poll_access(None, ACTS, &mut problems);
        self.require_mirrors(&mut problems);
        let deployed = self
            .allowlist()
            .iter()
            .find(|repo| matches!(self.repository(repo).deploy, Some(Deploy::Woodpecker(_))))
            .map(|repo| format!("because AFK_REPOS deploys {repo} with it"));
        let woodpecker = endpoint(
            &self.woodpecker,
            (Key::WoodpeckerUrl, Key::WoodpeckerToken),
            deployed,
            &mut problems,
        );
        self.require_kubernetes_token(&mut problems);
        match poll {
            Some(PollAccess {
                t3,
                github,
                forgejo,
            }) if problems.is_empty() => Ok(WatchAccess {
                t3,
                github,
                forgejo,
                woodpecker,
            }),
            Some(_) | None => Err(ConfigErrors::new(problems)),
        }
    }

    /// Returns the services that a command needs which only looks, at the enrolled repositories and at `also`: T3 and the
    /// forges. Others are there when they are configured; what they would tell is missing otherwise.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] as [`Config::require_for_poll`].
    pub fn require_for_looking(&self, also: Option<&RepoRef>) -> Result<WatchAccess, ConfigErrors> {
        let mut problems = Vec::new();
        let poll = self.poll_access(also, LOOKS, &mut problems);
        let keys = (Key::WoodpeckerUrl, Key::WoodpeckerToken);
        let woodpecker = endpoint(&self.woodpecker, keys, None, &mut problems);
        match poll {
            Some(PollAccess {
                t3,
                github,
                forgejo,
            }) => Ok(WatchAccess {
                t3,
                github,
                forgejo,
                woodpecker,
            }),
            None => Err(ConfigErrors::new(problems)),
        }
    }

    /// Returns whatever of the services is configured, for somebody who looks at each by itself.
    #[must_use]
    pub fn what_is_there(&self) -> ServicesThere {
        let mut nowhere = Vec::new();
        let mut there = |service, keys| endpoint(service, keys, None, &mut nowhere);
        let github = there(&self.github, (Key::GithubUrl, Key::GithubToken));
        ServicesThere {
            t3: there(&self.executor.t3, (Key::T3Url, Key::T3Token)),
            github: self.github_access(github),
            forgejo: there(&self.forgejo, (Key::ForgejoUrl, Key::ForgejoToken)),
            woodpecker: there(&self.woodpecker, (Key::WoodpeckerUrl, Key::WoodpeckerToken)),
        }
    }

    /// An App, where one is configured; otherwise the account of a token.
    fn github_access(&self, token: Option<Endpoint>) -> Option<GitHubAccess> {
        match (&self.github_app, &self.github.url) {
            (Some(app), Some(url)) => Some(GitHubAccess::App {
                url: url.clone(),
                app: app.clone(),
            }),
            (Some(_) | None, _) => token.map(GitHubAccess::Token),
        }
    }

    /// `None` when a problem was added.
    fn poll_access(
        &self,
        also: Option<&RepoRef>,
        why_t3: &str,
        problems: &mut Vec<Problem>,
    ) -> Option<PollAccess> {
        let t3 = endpoint(
            &self.executor.t3,
            (Key::T3Url, Key::T3Token),
            Some(why_t3.to_owned()),
            problems,
        );
        let mut forge = |kind, keys| {
            let hosted = self.allowlist().iter().find(|repo| repo.forge() == kind);
            let why = hosted
                .map(|repo| format!("because AFK_ALLOWLIST names {repo}"))
                .or_else(|| {
                    let asked = also.filter(|repo| repo.forge() == kind);
                    asked.map(|repo| format!("because {repo} is asked about"))
                });
            endpoint(self.forge(kind), keys, why, problems)
        };
        let github = if self.github_app.is_some() {
            self.github_access(None)
        } else {
            let token = forge(ForgeKind::GitHub, (Key::GithubUrl, Key::GithubToken));
            self.github_access(token)
        };
        let forgejo = forge(ForgeKind::Forgejo, (Key::ForgejoUrl, Key::ForgejoToken));
        let t3 = t3.filter(|_| problems.is_empty())?;
        Some(PollAccess {
            t3,
            github,
            forgejo,
        })
    }

    /// A forge that hosts no enrolled repository can still build one.
    fn require_mirrors(&self, problems: &mut Vec<Problem>) {
        let forges = [
            (ForgeKind::GitHub, (Key::GithubUrl, Key::GithubToken)),
            (ForgeKind::Forgejo, (Key::ForgejoUrl, Key::ForgejoToken)),
        ];
        for (kind, keys) in forges {
            if self.allowlist().iter().any(|repo| repo.forge() == kind) {
                continue;
            }
            let why = self.allowlist().iter().find_map(|repo| {
                let mirror = self.repository(repo).build_on.as_ref()?;
                (mirror.forge() == kind)
                    .then(|| format!("because AFK_REPOS builds {repo} on {mirror}"))
            });
            if let Some(why) = why {
                endpoint(self.forge(kind), keys, Some(why), problems);
            }
        }
    }

    fn require_kubernetes_token(&self, problems: &mut Vec<Problem>) {
        let rolled_out = |repo: &&RepoRef| !self.repository(repo).rollout.is_empty();
        let Some(repo) = self.allowlist().iter().find(rolled_out) else {
            return;
        };
        // Plain addresses that passed the parser are a proxy that has a token of its own.
        let kubernetes = &self.kubernetes.api;
        if kubernetes.token.is_none() && kubernetes.url.as_ref().is_some_and(|url| !url.is_plain())
        {
            problems.push(missing(
                Key::KubernetesToken,
                &format!("because AFK_REPOS rolls out {repo} and AFK_KUBERNETES_URL is set"),
            ));
        }
    }
}

/// Returns the service when it is complete; adds what is missing when there is a reason to need it.
fn endpoint(
    service: &ServiceConfig,
    (url_key, token_key): (Key, Key),
    why: Option<String>,
    problems: &mut Vec<Problem>,
) -> Option<Endpoint> {
    if let Some(why) = why {
        if service.url.is_none() {
            problems.push(missing(url_key, &why));
        }
        if service.token.is_none() {
            problems.push(missing(token_key, &why));
        }
    }
    Some(Endpoint {
        url: service.url.clone()?,
        token: service.token.clone()?,
    })
}

fn missing(key: Key, why: &str) -> Problem {
    Problem::new(
        key,
        match key.file_name() {
            Some(file_name) => format!("expected it or {file_name} to be set, {why}"),
            None => format!("expected it to be set, {why}"),
        },
    )
}

#[cfg(test)]
mod tests {
    use super::super::load::tests::config;

    const T3: [(&str, &str); 2] = [
        ("AFK_T3_URL", "https://t3.example.org"),
        ("AFK_T3_TOKEN", "t"),
    ];

    #[test]
    fn every_missing_key_is_named_with_its_reason() {
        let config = config(&[
            ("AFK_ALLOWLIST", "a/b,forgejo:a/c"),
            (
                "AFK_REPOS",
                r#"{"a/b": {"deploy": "woodpecker", "rollout": {"namespace": "n", "deployment": "d"}}}"#,
            ),
            ("AFK_KUBERNETES_URL", "https://kube.example.org"),
        ]);
        let poll = "AFK_T3_URL: expected it to be set, for every tick that acts
AFK_T3_TOKEN: expected it or AFK_T3_TOKEN_FILE to be set, for every tick that acts
AFK_GITHUB_TOKEN: expected it or AFK_GITHUB_TOKEN_FILE to be set, because AFK_ALLOWLIST names github:a/b
AFK_FORGEJO_URL: expected it to be set, because AFK_ALLOWLIST names forgejo:a/c
AFK_FORGEJO_TOKEN: expected it or AFK_FORGEJO_TOKEN_FILE to be set, because AFK_ALLOWLIST names forgejo:a/c";
        let watch = "
AFK_WOODPECKER_URL: expected it to be set, because AFK_REPOS deploys github:a/b with it
AFK_WOODPECKER_TOKEN: expected it or AFK_WOODPECKER_TOKEN_FILE to be set, because AFK_REPOS deploys github:a/b with it
AFK_KUBERNETES_TOKEN: expected it or AFK_KUBERNETES_TOKEN_FILE to be set, because AFK_REPOS rolls out github:a/b and AFK_KUBERNETES_URL is set";
        assert_eq!(config.require_for_poll().unwrap_err().to_string(), poll);
        assert_eq!(
            config.require_for_watch().unwrap_err().to_string(),
            format!("{poll}{watch}")
        );
    }

    #[test]
    fn forges_and_stages_that_nobody_uses_may_be_missing_or_half_configured() {
        let config = config(&[
            T3[0],
            T3[1],
            ("AFK_ALLOWLIST", "forgejo:a/c"),
            ("AFK_FORGEJO_URL", "https://git.example.org"),
            ("AFK_FORGEJO_TOKEN_FILE", "/run/token"),
            ("AFK_WOODPECKER_URL", "https://ci.example.org"),
            ("AFK_REPOS", r#"{"a/b": {"deploy": "woodpecker"}}"#),
        ]);
        let access = config.require_for_watch().unwrap();
        assert_eq!(
            access.forgejo.unwrap().url.as_str(),
            "https://git.example.org"
        );
        assert_eq!((access.github, access.woodpecker), (None, None));
    }

    #[test]
    fn configured_services_are_there_for_runs_off_the_allowlist() {
        let config = config(&[
            T3[0],
            T3[1],
            ("AFK_ALLOWLIST", "forgejo:a/c"),
            ("AFK_FORGEJO_URL", "https://git.example.org"),
            ("AFK_FORGEJO_TOKEN", "f"),
            ("AFK_GITHUB_TOKEN", "g"),
            ("AFK_WOODPECKER_URL", "https://ci.example.org"),
            ("AFK_WOODPECKER_TOKEN", "w"),
        ]);
        let access = config.require_for_watch().unwrap();
        assert!(access.github.is_some() && access.woodpecker.is_some());
    }

    #[test]
    fn a_forge_that_only_builds_is_needed_by_the_tick_that_asks_it() {
        let config = config(&[
            T3[0],
            T3[1],
            ("AFK_ALLOWLIST", "forgejo:a/c"),
            ("AFK_FORGEJO_URL", "https://git.example.org"),
            ("AFK_FORGEJO_TOKEN", "f"),
            (
                "AFK_REPOS",
                r#"{"forgejo:a/c": {"build": {"on": "github:a/mirror"}}}"#,
            ),
        ]);
        assert!(config.require_for_poll().is_ok());
        assert_eq!(
            config.require_for_watch().unwrap_err().to_string(),
            "AFK_GITHUB_TOKEN: expected it or AFK_GITHUB_TOKEN_FILE to be set, because AFK_REPOS builds forgejo:a/c on github:a/mirror"
        );
    }

    #[test]
    fn kubernetes_needs_a_token_only_for_an_encrypted_address() {
        let rollout = r#"{"a/b": {"rollout": {"namespace": "n", "deployment": "d"}}}"#;
        for (url, complete) in [
            ("", true),
            ("http://127.0.0.1:8001", true),
            ("https://kube.example.org", false),
        ] {
            let config = config(&[
                T3[0],
                T3[1],
                ("AFK_ALLOWLIST", "a/b"),
                ("AFK_GITHUB_TOKEN", "g"),
                ("AFK_REPOS", rollout),
                ("AFK_KUBERNETES_URL", url),
            ]);
            assert_eq!(config.require_for_watch().is_ok(), complete, "{url}");
        }
    }
}
