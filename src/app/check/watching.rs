//! What only the watcher needs: deploy and rollout.

use crate::ci::{StageQuery, StageReader};
use crate::domain::config::{Config, Deploy, RepositoryConfig};
use crate::domain::verdict::ci::{CommitSha, StageOutcome};
use crate::domain::verdict::deploy::Misfit;
use crate::service_error::{FailureKind, ServiceError};
use crate::tick::watch::Watch;
use crate::tracker::Repository;

use super::lines::Lines;
use super::repository::mend_of_illness;

/// A commit that nobody has: what is asked about it is only whether it can be asked.
const NO_COMMIT: &str = "0000000000000000000000000000000000000000";

/// Asks deploy and rollout of each enrolled repository about a commit that does not exist. `read` are the repositories that
/// their forges told of.
pub(super) fn stages(lines: &mut Lines, config: &Config, watch: &Watch<'_>, read: &[Repository]) {
    for repo in config.allowlist() {
        let of_repo = config.repository(repo);
        let named = [
            ("deploy", of_repo.deploy.is_some(), watch.deploy),
            ("rollout", !of_repo.rollout.is_empty(), watch.rollout),
        ];
        for (name, _, reader) in named.into_iter().filter(|(_, is_named, _)| *is_named) {
            if name == "rollout"
                && let Some(why) = watch.no_rollout
            {
                lines.problem(
                    format!("{repo} {name}"),
                    format!("there is no Kubernetes to ask: {why}"),
                    "run in the cluster, or set AFK_KUBERNETES_URL and AFK_KUBERNETES_TOKEN",
                );
                continue;
            }
            match read.iter().find(|repository| repository.repo == *repo) {
                Some(repository) => stage(lines, config, watch, repository, name, reader),
                None => lines.warn(
                    format!("{repo} {name}"),
                    "not asked: the repository itself can not be read",
                    "mend that first",
                ),
            }
        }
    }
    for repo in config.repositories.keys() {
        if !config.allowlist().contains(repo) {
            lines.warn(
                format!("AFK_REPOS {repo}"),
                "it is not on AFK_ALLOWLIST",
                "enrol it, or take it out of AFK_REPOS",
            );
        }
    }
}

fn stage(
    lines: &mut Lines,
    config: &Config,
    watch: &Watch<'_>,
    repository: &Repository,
    name: &str,
    reader: Option<&dyn StageReader>,
) {
    let repo = &repository.repo;
    let subject = format!("{repo} {name}");
    let Some(reader) = reader else {
        deployments(lines, config, watch, repository, subject);
        return;
    };
    let commit = CommitSha::parse(NO_COMMIT).expect("forty digits");
    let of_repo = config.repository(repo);
    let branch = of_repo.branch_or(repository.default_branch.as_deref());
    let now = watch.hands.deadline.clock().now();
    let query = StageQuery {
        repo,
        id: repository.id,
        config: of_repo,
        branch: &branch,
        commit: &commit,
        of_run: std::slice::from_ref(&commit),
        since: now,
        descendants: &[],
        known: &[],
        knows_all: false,
        deployed_at: Some(now),
        began: now,
    };
    match reader.read(&query) {
        Ok(StageOutcome::Pending { detail }) => match reader.misfit(&query) {
            Ok(None) => lines.ok(subject, detail),
            // What a rollout can be followed without.
            Ok(Some(Misfit { fact, mend })) => {
                lines.ok(subject, format!("{detail}; {fact}: {mend}"))
            }
            Err(error) => lines.problem(subject, error.to_string(), mend_of_stage(name, &error)),
        },
        Ok(StageOutcome::Unreadable { cause }) => {
            lines.problem(subject, cause, "mend what AFK_REPOS says of it");
        }
        Ok(
            StageOutcome::None
            | StageOutcome::OnlyNewer { .. }
            | StageOutcome::NotNamed { .. }
            | StageOutcome::Blocked { .. }
            | StageOutcome::Superseded
            | StageOutcome::Success { .. }
            | StageOutcome::Failure { .. },
        ) => match reader.misfit(&query) {
            Ok(None) => lines.ok(subject, "it can be asked"),
            Ok(Some(Misfit { fact, mend })) => lines.warn(subject, fact, mend),
            Err(error) => lines.problem(subject, error.to_string(), mend_of_stage(name, &error)),
        },
        Err(error) => {
            lines.problem(subject, error.to_string(), mend_of_stage(name, &error));
            if let Some(command) = command_of_stage(repository, of_repo, name, &error) {
                lines.command(command);
            }
        }
    }
}

/// A deploy that is read from the forge: whether it can be, and whether there is such an environment.
fn deployments(
    lines: &mut Lines,
    config: &Config,
    watch: &Watch<'_>,
    repository: &Repository,
    subject: String,
) {
    let repo = &repository.repo;
    let Some(Deploy::GitHub { environment }) = &config.repository(repo).deploy else {
        return lines.problem(
            subject,
            "there is no Woodpecker to ask",
            "set AFK_WOODPECKER_URL and AFK_WOODPECKER_TOKEN",
        );
    };
    let now = watch.hands.deadline.clock().now();
    match watch.hands.tracker.deployments(repo, environment, now) {
        Ok(deployments) if deployments.is_empty() => lines.warn(
            subject,
            format!("nothing was deployed to {environment} yet"),
            "see that AFK_REPOS spells the environment as GitHub does",
        ),
        Ok(deployments) => lines.ok(
            subject,
            format!(
                "{} of the newest deployments go to {environment}",
                deployments.len()
            ),
        ),
        Err(error) if error.kind == FailureKind::NotFound => lines.problem(
            subject,
            error.to_string(),
            "configure another deploy in AFK_REPOS",
        ),
        Err(error) => lines.problem(
            subject,
            error.to_string(),
            mend_of_illness(&error, "GitHub")
                .unwrap_or_else(|| "give the token, or the App, deployments: read".to_owned()),
        ),
    }
}

/// The command that mends a stage that can not be asked, where there is one for certain.
fn command_of_stage(
    repository: &Repository,
    config: &RepositoryConfig,
    name: &str,
    error: &ServiceError,
) -> Option<String> {
    match (name == "deploy", &error.kind) {
        (true, FailureKind::NotFound) => {
            Some(format!("woodpecker-cli repo add {}", repository.id.0))
        }
        (false, FailureKind::Denied) if !is_unknown(error) => {
            let rollout = config.rollout.first()?;
            Some(format!(
                "kubectl auth can-i get {}/{} --namespace {}",
                rollout.kind.as_str().to_lowercase(),
                rollout.name,
                rollout.namespace
            ))
        }
        (true | false, _) => None,
    }
}

/// Whether a service does not know our token: no role and no access mends that.
fn is_unknown(error: &ServiceError) -> bool {
    error.answered_by.status() == Some(401)
}

fn mend_of_stage(name: &str, error: &ServiceError) -> String {
    let who = if name == "deploy" {
        "Woodpecker"
    } else {
        "the cluster"
    };
    match (mend_of_illness(error, who), is_unknown(error)) {
        (Some(mend), _) => mend,
        (None, true) if name == "deploy" => {
            "make a new token, and put it into AFK_WOODPECKER_TOKEN or the file of AFK_WOODPECKER_TOKEN_FILE".to_owned()
        }
        (None, true) => {
            "make a new token of our service account, and put it where AFK_KUBERNETES_TOKEN or its _FILE says".to_owned()
        }
        (None, false) => mend_of_refusal(name, error).to_owned(),
    }
}

fn mend_of_refusal(name: &str, error: &ServiceError) -> &'static str {
    let (missing, denied) = (
        error.kind == FailureKind::NotFound,
        error.kind == FailureKind::Denied,
    );
    match (name == "deploy", missing, denied) {
        (true, true, _) => {
            "enable the repository in Woodpecker, and see that AFK_WOODPECKER_URL and AFK_REPOS are right"
        }
        (true, false, true) => "give AFK_WOODPECKER_TOKEN access to the repository",
        (true, false, false) => "see that AFK_WOODPECKER_URL is right and that Woodpecker runs",
        (false, true, _) => "mend namespace, kind and name in AFK_REPOS",
        (false, false, true) => {
            "bind a role that may get the named object to our service account (deploy/README.md)"
        }
        (false, false, false) => "see that AFK_KUBERNETES_URL and the certificates are right",
    }
}
