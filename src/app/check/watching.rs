//! What only the watcher needs: deploy, rollout, and the places where bells ring.

use crate::ci::{StageQuery, StageReader};
use crate::domain::config::Config;
use crate::domain::told::message::Message;
use crate::domain::verdict::ci::{CommitSha, StageOutcome};
use crate::domain::verdict::deploy::Misfit;
use crate::service_error::{FailureKind, ServiceError};
use crate::tick::watch::Watch;
use crate::tracker::Repository;

use super::lines::Lines;

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
        if name == "rollout" {
            lines.problem(
                subject,
                "there is no Kubernetes to ask",
                "run in the cluster, or set AFK_KUBERNETES_URL and AFK_KUBERNETES_TOKEN",
            );
        } else {
            lines.ok(subject, "it is read from the forge");
        }
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
        deployed_at: Some(now),
        began: now,
    };
    match reader.read(&query) {
        Ok(StageOutcome::Pending { detail }) => lines.ok(subject, detail),
        Ok(StageOutcome::Unreadable { cause }) => {
            lines.problem(subject, cause, "mend what AFK_REPOS says of it");
        }
        Ok(
            StageOutcome::None
            | StageOutcome::Blocked { .. }
            | StageOutcome::Superseded
            | StageOutcome::Success { .. }
            | StageOutcome::Failure { .. },
        ) => match reader.misfit(&query) {
            Ok(None) => lines.ok(subject, "it can be asked"),
            Ok(Some(Misfit { fact, mend })) => lines.warn(subject, fact, mend),
            Err(error) => lines.problem(subject, error.to_string(), mend_of_stage(name, &error)),
        },
        Err(error) => lines.problem(subject, error.to_string(), mend_of_stage(name, &error)),
    }
}

fn mend_of_stage(name: &str, error: &ServiceError) -> &'static str {
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

/// The places where bells ring. Only `ring` sends anything: one message to each.
pub(super) fn sinks(lines: &mut Lines, watch: &Watch<'_>, ring: bool) {
    if watch.sinks.is_empty() {
        lines.warn(
            "sinks",
            "none is configured: bells are only logged",
            "set AFK_SLACK_WEBHOOK_URL, or AFK_NTFY_URL and AFK_NTFY_TOPIC",
        );
    }
    for sink in watch.sinks {
        let subject = format!("sink {}", sink.name());
        if !ring {
            lines.ok(subject, "is configured; --ring sends it a test");
            continue;
        }
        let message = Message::new(
            "[TEST] AFK can reach you",
            "Somebody asked afk-watch check --ring for this. Nobody has to do anything.",
            "test",
        );
        match sink.tell(&message) {
            Ok(()) => lines.ok(subject, "took a test message"),
            Err(error) => lines.problem(
                subject,
                error.to_string(),
                "see that the address, the topic and the token are right, and that the network lets us through",
            ),
        }
    }
}
