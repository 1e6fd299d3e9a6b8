//! The parser: every key is read to its end before anything is returned, so that all problems are reported at once.
//!
//! Every value goes through [`Reader`], which decides what may be shown of it. Needed keys are asked for in
//! [`super::required`], not here.

use std::collections::BTreeMap;

use super::base_url::{BaseUrl, parse_webhook};
use super::gate::{Halt, KillSwitch};
use super::key::Key;
use super::link::LinkTemplate;
use super::problem::{ConfigErrors, Problem, Warning, found as shown, quoted};
use super::reader::Reader;
use super::repositories;
use super::secret::Secret;
use super::source::{Merged, Source, merge};
use super::value::{self, Expected, LogFormat, LogLevel, Usd, WorkspacePath};
use super::{
    AppIdentity, CockpitConfig, Config, ExecutorConfig, KubernetesConfig, Labels, Limits,
    LogConfig, MonitoringConfig, NotifierConfig, NtfyConfig, RepositoryConfig, TrustConfig,
};
use crate::domain::repository::{ForgeKind, ParseRepoError, RepoRef};

/// A configuration without problems.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// What is configured.
    pub config: Config,
    /// What is probably a slip and does no harm.
    pub warnings: Vec<Warning>,
}

/// Parses what was collected. Of several sources the first one that has a key wins, except that any "on" wins for
/// the kill switch.
///
/// # Errors
///
/// [`ConfigErrors`] with every problem of every key.
pub fn load(sources: &[Source]) -> Result<Loaded, ConfigErrors> {
    let mut reader = Reader {
        merged: merge(sources),
    };
    let config = reader.config();
    let Merged {
        problems, warnings, ..
    } = reader.merged;
    match config {
        Some(config) if problems.is_empty() => Ok(Loaded { config, warnings }),
        Some(_) | None => Err(ConfigErrors::new(problems).with_warnings(warnings)),
    }
}

impl<'a> Reader<'a> {
    fn config(&mut self) -> Option<Config> {
        // All of them are read before the first `?` can leave.
        let kill_switch = self.switch(Key::KillSwitch);
        let default_forge = self.required(Key::DefaultForge, forge);
        let bare = default_forge.unwrap_or(ForgeKind::GitHub);
        let allowlist = self.list(Key::Allowlist, |entry| repo(entry, bare));
        let allow_public = self.list(Key::AllowPublic, |entry| repo(entry, bare));
        let trusted_apps = self.list(Key::TrustedApps, value::app_slug);
        let trusted_people = self.list(Key::TrustedPeople, |entry| value::person(entry, bare));
        let agent_accounts = self.list(Key::AgentAccounts, value::login);
        let labels = self.labels();
        let halt = self.switch(Key::Halt);
        let refusal_comment = self.required(Key::RefusalComment, value::boolean);
        let limits = self.limits();
        let executor = self.executor();
        let cockpit_url = self.url(Key::CockpitUrl);
        let cockpit_link = self.required(Key::CockpitLink, LinkTemplate::parse);
        let github = self.service(Key::GithubUrl, Key::GithubToken);
        let github_app = self.github_app(github.url.as_ref());
        let forgejo = self.service(Key::ForgejoUrl, Key::ForgejoToken);
        let woodpecker = self.service(Key::WoodpeckerUrl, Key::WoodpeckerToken);
        let woodpecker_public = self.url(Key::WoodpeckerPublicUrl);
        let kubernetes = self.service(Key::KubernetesUrl, Key::KubernetesToken);
        let cluster_ca_file = self.optional(Key::KubernetesCaFile, value::absolute_path);
        let address = |secret: &Secret| parse_webhook(secret.expose()).map(drop);
        let monitoring = MonitoringConfig {
            poll_heartbeat: self.secret(Key::PollHeartbeatUrl, address),
            watch_heartbeat: self.secret(Key::WatchHeartbeatUrl, address),
            metrics_file: self.optional(Key::MetricsFile, value::absolute_path),
            pushgateway: self.url(Key::PushgatewayUrl),
        };
        let ca_file = self.optional(Key::CaFile, value::absolute_path);
        let notifiers = self.notifiers();
        let repositories = self.repositories(bare);
        let level = self.required(Key::Log, LogLevel::parse);
        let format = self.required(Key::LogFormat, LogFormat::parse);
        let config_dir = self.optional(Key::ConfigDir, value::path);

        let executor = executor?;
        let config = Config {
            kill_switch: KillSwitch::fold(kill_switch?),
            halt: Halt::fold(halt?),
            allowlist: value::distinct(allowlist),
            trust: TrustConfig {
                allow_public: allow_public.into_iter().collect(),
                trusted_apps: trusted_apps.into_iter().collect(),
                trusted_people: trusted_people.into_iter().collect(),
                agent_accounts: agent_accounts.into_iter().collect(),
            },
            labels: labels?,
            refusal_comment: refusal_comment?,
            limits: limits?,
            cockpit: CockpitConfig {
                url: cockpit_url.or_else(|| executor.t3.url.clone()),
                link: cockpit_link?,
            },
            executor,
            default_forge: default_forge?,
            github,
            github_app,
            forgejo,
            woodpecker_public_url: woodpecker_public.or_else(|| woodpecker.url.clone()),
            woodpecker,
            kubernetes: KubernetesConfig {
                api: kubernetes,
                ca_file: cluster_ca_file,
            },
            monitoring,
            ca_file,
            notifiers,
            repositories: repositories?,
            logging: LogConfig {
                level: level?,
                format: format?,
            },
            config_dir,
        };
        self.warn_of_unenrolled(&config);
        Some(config)
    }

    fn warn_of_unenrolled(&mut self, config: &Config) {
        let origin = self.merged.origins.get(&Key::Repos);
        let source = origin.map_or("default", |origin| origin.name()).to_owned();
        let entries = config.unenrolled().into_iter();
        let warnings = entries.map(|entry| Warning::NotEnrolled {
            entry,
            source: source.clone(),
        });
        self.merged.warnings.extend(warnings);
    }

    /// Reads what every source says of a switch; `None` when one of them can not be understood.
    fn switch(&mut self, key: Key) -> Option<Vec<(&'a str, bool)>> {
        let mut said = Vec::new();
        let mut unclear = Vec::new();
        for (source, text) in self.merged.switches.get(&key).into_iter().flatten() {
            match value::boolean(text) {
                Ok(on) => said.push((*source, on)),
                Err(expected) => unclear.push(Problem::new(
                    key,
                    format!("{expected}{} ({source})", shown(text)),
                )),
            }
        }
        let clear = unclear.is_empty() && !self.has_problem(key);
        self.merged.problems.extend(unclear);
        clear.then_some(said)
    }

    fn labels(&mut self) -> Option<Labels> {
        let keys = [
            Key::ReadyLabel,
            Key::InProgressLabel,
            Key::ReadyForHumanLabel,
        ];
        let [ready, in_progress, ready_for_human] =
            keys.map(|key| self.required(key, value::label));
        let hold = self.list(Key::HoldLabels, value::label);
        let labels = Labels {
            ready: ready?,
            in_progress: in_progress?,
            ready_for_human: ready_for_human?,
            hold: hold.iter().map(|label| label.to_lowercase()).collect(),
        };
        let texts = [&labels.ready, &labels.in_progress, &labels.ready_for_human];
        let folded = texts.map(|label| label.to_lowercase());
        for (first, second) in [(0, 1), (0, 2), (1, 2)] {
            if folded[first] == folded[second] {
                let text = format!(
                    "expected another label than {}, found {} for both",
                    keys[first],
                    quoted(texts[second])
                );
                self.problem(keys[second], text);
            }
        }
        for (index, text) in texts.into_iter().enumerate() {
            if labels.hold.contains(&folded[index]) {
                let text = format!(
                    "expected other labels than {}, found {} for both",
                    keys[index],
                    quoted(text)
                );
                self.problem(Key::HoldLabels, text);
            }
        }
        Some(labels)
    }

    fn limits(&mut self) -> Option<Limits> {
        let max_in_flight = self.required(Key::MaxInFlight, |text| value::number(text, 1, 1000));
        let budget = self.required(Key::BudgetUsd, Usd::parse);
        let attempts = self.required(Key::FixForwardMaxAttempts, |text| {
            value::number(text, 0, 20)
        });
        let [
            fix_forward_max,
            run_max,
            stall,
            settle,
            ci_start_max,
            ci_max,
        ] = [
            Key::FixForwardMaxSeconds,
            Key::RunMaxSeconds,
            Key::StallSeconds,
            Key::SettleSeconds,
            Key::CiStartMaxSeconds,
            Key::CiMaxSeconds,
        ]
        .map(|key| self.required(key, value::time_delta));
        let tick_max = self.required(Key::TickMaxSeconds, value::duration);
        let max_starts = self.required(Key::MaxStartsPerDay, |text| value::number(text, 0, 10_000));
        let tokens = self.optional(Key::RunMaxTokens, value::tokens);
        let resume_max = self.required(Key::ResumeMax, |text| value::number(text, 0, 100));
        let orphan = self.required(Key::OrphanSeconds, value::time_delta);
        let [ci_settle, ready_settle, quiet] = [
            (Key::CiSettleSeconds, 3600),
            (Key::ReadySettleSeconds, 3600),
            (Key::QuietSeconds, 86_400),
        ]
        .map(|(key, max)| self.required(key, |text| value::seconds_up_to(text, max)));
        Some(Limits {
            max_in_flight: max_in_flight?,
            budget: budget?,
            fix_forward_max_attempts: attempts?,
            fix_forward_max: fix_forward_max?,
            run_max: run_max?,
            stall: stall?,
            settle: settle?,
            ci_start_max: ci_start_max?,
            ci_max: ci_max?,
            tick_max: tick_max?,
            max_starts_per_day: Some(max_starts?).filter(|max| *max > 0),
            run_max_tokens: tokens,
            resume_max: resume_max?,
            orphan: orphan?,
            ci_settle: ci_settle?,
            ready_settle: ready_settle?,
            quiet: quiet?,
        })
    }

    fn executor(&mut self) -> Option<ExecutorConfig> {
        let t3 = self.service(Key::T3Url, Key::T3Token);
        let workspace_root = self.required(Key::T3WorkspaceRoot, WorkspacePath::parse);
        let instance = self.required(Key::T3Instance, value::word);
        let model = self.required(Key::T3Model, value::word);
        Some(ExecutorConfig {
            t3,
            workspace_root: workspace_root?,
            instance: instance?,
            model: model?,
        })
    }

    /// Reads the identity of a GitHub App: both of its keys, and no token beside them.
    fn github_app(&mut self, url: Option<&BaseUrl>) -> Option<AppIdentity> {
        let keys = (Key::GithubAppId, Key::GithubAppKeyFile);
        let id = self.optional(keys.0, value::app_id);
        let key_file = self.optional(keys.1, value::absolute_path);
        let missing = match (self.is_set(keys.0), self.is_set(keys.1)) {
            (false, false) => return None,
            (true, true) => None,
            (true, false) => Some((keys.1, keys.0)),
            (false, true) => Some((keys.0, keys.1)),
        };
        if let Some((missing, set)) = missing {
            self.problem(missing, format!("expected it to be set, because {set} is"));
        }
        if self.is_set(Key::GithubToken) {
            self.problem(
                keys.0,
                format!("expected it or {}, found both", Key::GithubToken),
            );
        }
        if let Some(url) = url {
            self.encrypted(Key::GithubUrl, url, keys.0);
        }
        Some(AppIdentity {
            id: id?,
            key_file: key_file?,
        })
    }

    fn notifiers(&mut self) -> NotifierConfig {
        let slack = self.secret(Key::SlackWebhookUrl, |secret| {
            parse_webhook(secret.expose()).map(drop)
        });
        let ntfy = self.service(Key::NtfyUrl, Key::NtfyToken);
        let topic = self.optional(Key::NtfyTopic, value::topic);
        let (has_url, has_topic) = (self.is_set(Key::NtfyUrl), self.is_set(Key::NtfyTopic));
        match (has_url, has_topic) {
            (true, false) => self.problem(
                Key::NtfyTopic,
                format!("expected it to be set, because {} is", Key::NtfyUrl),
            ),
            (false, true) => self.problem(
                Key::NtfyUrl,
                format!("expected it to be set, because {} is", Key::NtfyTopic),
            ),
            (false, false) => {
                if let Some(source) = self.merged.origins.get(&Key::NtfyToken) {
                    self.merged.warnings.push(Warning::NoEffect {
                        key: Key::NtfyToken,
                        source: source.name().to_owned(),
                        why: "AFK_NTFY_URL and AFK_NTFY_TOPIC are not set",
                    });
                }
            }
            (true, true) => {}
        }
        NotifierConfig {
            slack,
            ntfy: ntfy.url.zip(topic).map(|(url, topic)| NtfyConfig {
                url,
                topic,
                token: ntfy.token,
            }),
        }
    }

    fn repositories(
        &mut self,
        default_forge: ForgeKind,
    ) -> Option<BTreeMap<RepoRef, RepositoryConfig>> {
        let text = self.text(Key::Repos)?;
        match repositories::parse(&text, default_forge) {
            Ok(repositories) => Some(repositories),
            Err(texts) => {
                for text in texts {
                    let text = format!("{text}{}", self.origin(Key::Repos));
                    self.problem(Key::Repos, text);
                }
                None
            }
        }
    }
}

fn forge(text: &str) -> Result<ForgeKind, Expected> {
    text.parse()
        .map_err(|_| "expected github or forgejo".to_owned())
}

fn repo(text: &str, default_forge: ForgeKind) -> Result<RepoRef, Expected> {
    RepoRef::parse(text, default_forge).map_err(|error| match error {
        ParseRepoError::UnknownForge(_) => {
            "expected github: or forgejo: before owner/name".to_owned()
        }
        ParseRepoError::Address(_, meant) => {
            format!("expected a name and no address: {meant} is meant")
        }
        ParseRepoError::NotOwnerName(_) | ParseRepoError::NotIssue(_) => {
            "expected owner/name, github:owner/name or forgejo:owner/name".to_owned()
        }
    })
}

#[cfg(test)]
pub(super) mod tests;
