//! Whatever Woodpecker, Kubernetes, ntfy and Slack answer, through their adapters.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use url::Url;

use super::exchange::{Exchange, TOKEN, bearer, checked};
use afk::ci::rollout::{ClusterApi, Rollouts};
use afk::ci::woodpecker::Woodpecker;
use afk::ci::{StageQuery, StageReader};
use afk::domain::config::{
    Deploy, Endpoint, NtfyConfig, RepositoryConfig, Rollout, Secret, SecretSource, Source,
    WoodpeckerDeploy, WorkloadKind, load,
};
use afk::domain::identity::RepositoryId;
use afk::domain::repository::{ForgeKind, IssueRef, RepoRef};
use afk::domain::told::notification::{BellKind, Notification};
use afk::domain::verdict::ci::{CommitSha, StageOutcome};
use afk::http::Http;
use afk::notifier::Sink;
use afk::notifier::ntfy::Ntfy;
use afk::notifier::slack::Slack;
use afk::service_error::{FailureKind, ServiceError};

const COMMIT: &str = "4f1c2b7a9d8e7f60514233241506f7e8d9cafbec";
const DESCENDANT: &str = "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3";

/// The shortest part of a commit id that tells anything.
const SHORTEST: usize = 7;

/// Checks one conversation with what comes after a build.
///
/// # Panics
///
/// When something holds that must not.
pub fn deploy_answers(bytes: &[u8]) {
    let Some(exchange) = Exchange::read(bytes) else {
        return;
    };
    match exchange.question % 4 {
        0 => check_stage(&exchange, |http, query| {
            Woodpecker::new(http, &WOODPECKER, None).read(query)
        }),
        1 => check_stage(&exchange, |http, query| {
            let api = ClusterApi {
                base: Url::parse("https://10.0.0.1").unwrap(),
                token: Some(bearer()),
                ca_file: None,
            };
            Rollouts::new(http, api).read(query)
        }),
        2 => {
            let (rung, _) = exchange.ask(|http| Ntfy::new(http, ntfy()).ring(&bell()));
            if checked(rung).is_some() {
                let said = |word: &str| {
                    let texts = exchange.texts();
                    texts.is_none_or(|texts| texts.iter().any(|text| text == word))
                };
                assert!(
                    said("message") && said("afk-topic"),
                    "rang without a receipt"
                );
            }
        }
        _ => {
            let webhook = Secret::new(format!("https://hooks.slack.com/services/{TOKEN}"));
            let webhook = SecretSource::Inline(webhook);
            let (rung, _) = exchange.ask(|http| Slack::new(http, webhook.clone()).ring(&bell()));
            if checked(rung).is_none() {
                return;
            }
            let first = exchange.first();
            let blank = |c: char| c.is_whitespace() || c.is_control();
            assert!(
                first.status != 200
                    || String::from_utf8_lossy(&first.body).trim_matches(blank) == "ok",
                "rang without an ok"
            );
        }
    }
}

pub(crate) fn bell() -> Notification {
    let issue = IssueRef::parse("octo-org/widgets#7", ForgeKind::GitHub).unwrap();
    Notification::new(BellKind::Done, issue, None, None, "Detail.")
}

/// Made once: the configuration alone makes such addresses, and takes longer than everything here.
static WOODPECKER: LazyLock<Endpoint> = LazyLock::new(woodpecker);

fn woodpecker() -> Endpoint {
    let pairs = [
        ("AFK_WOODPECKER_URL", "https://ci.example.org"),
        ("AFK_WOODPECKER_TOKEN", TOKEN),
    ];
    let values: BTreeMap<_, _> = pairs
        .map(|(key, value)| (key.to_owned(), Ok(value.to_owned())))
        .into();
    let config = load(&[Source::new("environment", values)]).unwrap().config;
    Endpoint {
        url: config.woodpecker.url.unwrap(),
        token: config.woodpecker.token.unwrap(),
    }
}

pub(crate) fn ntfy() -> NtfyConfig {
    NtfyConfig {
        url: WOODPECKER.url.clone(),
        topic: "afk-topic".to_owned(),
        token: Some(bearer()),
    }
}

fn check_stage(
    exchange: &Exchange,
    read: impl Fn(&Http<'_>, &StageQuery<'_>) -> Result<StageOutcome, ServiceError>,
) {
    let repo = RepoRef::parse("octo-org/widgets", ForgeKind::GitHub).unwrap();
    let commit = CommitSha::parse(COMMIT).unwrap();
    let descendants = [CommitSha::parse(DESCENDANT).unwrap()];
    let config = RepositoryConfig {
        deploy: Some(Deploy::Woodpecker(WoodpeckerDeploy::usual())),
        rollout: vec![Rollout {
            kind: WorkloadKind::Deployment,
            namespace: "prod".to_owned(),
            name: "widgets".to_owned(),
            container: None,
            revision: None,
        }],
        ..RepositoryConfig::BUILD_ONLY
    };
    // Times come from other services, which may say anything.
    let usual = DateTime::from_timestamp(1_767_220_000, 0).unwrap();
    let at = match exchange.question / 4 % 4 {
        0 | 1 => usual,
        2 => DateTime::<Utc>::MAX_UTC,
        _ => DateTime::<Utc>::MIN_UTC,
    };
    let query = StageQuery {
        repo: &repo,
        id: RepositoryId(1_296_269),
        config: &config,
        commit: &commit,
        branch: "main",
        of_run: std::slice::from_ref(&commit),
        since: at,
        descendants: &descendants,
        known: &descendants,
        knows_all: false,
        deployed_at: Some(at),
        began: at,
    };
    let (outcome, _) = exchange.ask(|http| read(http, &query));
    if let Err(error) = &outcome
        && let FailureKind::RateLimited {
            retry_after: Some(wait),
        } = &error.kind
    {
        assert!(wait.as_secs() <= 86_400, "believes {wait:?}");
    }
    let Some(outcome) = checked(outcome) else {
        return;
    };
    let texts = exchange.texts();
    let names = |sha: &str| {
        let short = &sha[..SHORTEST];
        let mut texts = texts.iter().flatten();
        texts.any(|text| text.to_ascii_lowercase().contains(short))
    };
    match outcome {
        StageOutcome::Success { .. } => {
            assert!(
                texts.is_none() || names(COMMIT) || names(DESCENDANT),
                "a success that names no commit of ours"
            );
        }
        StageOutcome::Failure { checks, .. } => assert!(!checks.is_empty()),
        StageOutcome::None
        | StageOutcome::OnlyNewer { .. }
        | StageOutcome::NotNamed { .. }
        | StageOutcome::Pending { .. }
        | StageOutcome::Unreadable { .. }
        | StageOutcome::Superseded => {}
        StageOutcome::Blocked { what, .. } => assert!(!what.name.is_empty()),
    }
}
