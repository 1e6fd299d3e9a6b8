//! What GitHub's Deployments API says about a commit (`contracts/github` section 13).

use chrono::{DateTime, Utc};

use super::failed_words;
use crate::domain::verdict::ci::{CommitSha, FailedCheck, Hold, StageOutcome};

/// One deployment to one environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForgeDeployment {
    /// The commit, as the forge writes it.
    pub commit: String,
    /// What its newest status says.
    pub state: DeploymentState,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When its newest status came; `None` without one.
    pub changed_at: Option<DateTime<Utc>>,
    /// Where to look.
    pub url: Option<String>,
}

/// The newest status of a deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeploymentState {
    /// None yet, or under way.
    Pending,
    /// A person has to approve it.
    Waiting,
    /// It succeeded.
    Success,
    /// It failed.
    Failure,
    /// It had succeeded, and a later one took its place.
    Inactive,
    /// A word we do not know; pending, bounded by time.
    Unknown(String),
}

impl DeploymentState {
    /// Reads the forge's word, in any case.
    #[must_use]
    pub fn parse(word: &str) -> Self {
        match word.to_ascii_lowercase().as_str() {
            "success" => Self::Success,
            "failure" | "error" => Self::Failure,
            "inactive" => Self::Inactive,
            "in_progress" | "queued" | "pending" => Self::Pending,
            "waiting" => Self::Waiting,
            _ => Self::Unknown(word.to_owned()),
        }
    }
}

/// Folds the deployments of one environment, newest first, into what they say about `commit`. The newest one of the commit
/// counts; one of a newer commit that contains it helps, and never hurts.
#[must_use]
pub fn fold_deployments(
    deployments: &[ForgeDeployment],
    environment: &str,
    commit: &CommitSha,
    descendants: &[CommitSha],
) -> StageOutcome {
    let is_of = |deployment: &ForgeDeployment, commit: &CommitSha| {
        deployment.commit.eq_ignore_ascii_case(commit.as_str())
    };
    let own = deployments
        .iter()
        .position(|deployment| is_of(deployment, commit));
    let said = own.map_or(StageOutcome::None, |index| {
        outcome(&deployments[index], environment)
    });
    if let StageOutcome::Success { .. } = said {
        return said;
    }
    let later: Vec<&ForgeDeployment> = deployments[..own.unwrap_or(deployments.len())]
        .iter()
        .filter(|deployment| descendants.iter().any(|newer| is_of(deployment, newer)))
        .collect();
    let success = later.iter().find(|deployment| {
        matches!(
            deployment.state,
            DeploymentState::Success | DeploymentState::Inactive
        )
    });
    if let Some(success) = success.filter(|success| success.state == DeploymentState::Success) {
        return outcome(success, environment);
    }
    let is_open = |outcome: &StageOutcome| {
        matches!(
            outcome,
            StageOutcome::Pending { .. } | StageOutcome::Blocked { .. }
        )
    };
    match (said, later.first()) {
        (StageOutcome::None | StageOutcome::Failure { .. }, Some(newer))
            if is_open(&outcome(newer, environment)) =>
        {
            StageOutcome::Pending {
                detail: format!("a newer commit is being deployed to {environment}"),
            }
        }
        (StageOutcome::None, Some(newer)) => match failed_words(&outcome(newer, environment)) {
            Some(said) => StageOutcome::OnlyNewer { said },
            None => StageOutcome::None,
        },
        (said, _) => said,
    }
}

fn outcome(deployment: &ForgeDeployment, environment: &str) -> StageOutcome {
    let what = |what: &str| FailedCheck {
        name: format!("deployment to {environment} {what}"),
        url: deployment.url.clone(),
        excerpt: None,
    };
    let changed_at = deployment.changed_at.or(Some(deployment.created_at));
    match &deployment.state {
        DeploymentState::Pending => StageOutcome::Pending {
            detail: format!("the deployment to {environment} is under way"),
        },
        DeploymentState::Waiting => StageOutcome::Blocked {
            hold: Hold::Waits,
            since: changed_at,
            what: what("waits for a person to approve it"),
        },
        DeploymentState::Success => StageOutcome::Success {
            ended_at: changed_at,
        },
        DeploymentState::Failure => StageOutcome::Failure {
            concluded_at: changed_at,
            checks: vec![what("failed")],
        },
        DeploymentState::Inactive => StageOutcome::Pending {
            detail: format!(
                "another deployment to {environment} took its place, and it is not known to contain the commit"
            ),
        },
        DeploymentState::Unknown(word) => StageOutcome::Pending {
            detail: format!(
                "the deployment to {environment} says '{word}', a word that is not known here"
            ),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sha(letter: char) -> CommitSha {
        CommitSha::parse(&letter.to_string().repeat(40)).unwrap()
    }

    fn deployment(letter: char, word: &str) -> ForgeDeployment {
        ForgeDeployment {
            commit: sha(letter).to_string(),
            state: DeploymentState::parse(word),
            created_at: DateTime::UNIX_EPOCH,
            changed_at: DateTime::from_timestamp(60, 0),
            url: Some(format!("https://ci.example/{letter}")),
        }
    }

    /// `a` is ours, `b` contains it, `c` is anything else; newest first.
    fn short(deployments: &[(char, &str)]) -> String {
        let deployments: Vec<_> = deployments
            .iter()
            .map(|(letter, word)| deployment(*letter, word))
            .collect();
        match fold_deployments(&deployments, "production", &sha('a'), &[sha('b')]) {
            StageOutcome::None => "none".to_owned(),
            StageOutcome::OnlyNewer { said } => format!("only newer: {said}"),
            StageOutcome::Pending { detail } => format!("pending: {detail}"),
            StageOutcome::Blocked { hold, what, .. } => format!("{hold:?}: {}", what.name),
            StageOutcome::Success { ended_at } => {
                assert_eq!(ended_at, DateTime::from_timestamp(60, 0));
                "success".to_owned()
            }
            StageOutcome::Failure { checks, .. } => format!("failure: {}", checks[0].name),
            other @ (StageOutcome::Unreadable { .. } | StageOutcome::Superseded) => {
                panic!("{other:?}")
            }
        }
    }

    const UNDER_WAY: &str = "pending: the deployment to production is under way";

    #[test]
    fn every_word_of_our_own_deployment_has_its_outcome() {
        for (word, expected) in [
            ("success", "success"),
            ("SUCCESS", "success"),
            ("failure", "failure: deployment to production failed"),
            ("error", "failure: deployment to production failed"),
            ("queued", UNDER_WAY),
            ("in_progress", UNDER_WAY),
            ("pending", UNDER_WAY),
            (
                "WAITING",
                "Waits: deployment to production waits for a person to approve it",
            ),
            (
                "inactive",
                "pending: another deployment to production took its place, and it is not known to contain the commit",
            ),
            (
                "odd",
                "pending: the deployment to production says 'odd', a word that is not known here",
            ),
        ] {
            assert_eq!(short(&[('a', word)]), expected, "{word}");
        }
        assert_eq!(short(&[]), "none");
        assert_eq!(short(&[('c', "success")]), "none");
    }

    #[test]
    fn the_newest_of_ours_counts_and_a_newer_commit_helps_and_never_hurts() {
        let newer = "pending: a newer commit is being deployed to production";
        let failed = "failure: deployment to production failed";
        for (deployments, expected) in [
            (vec![('a', "success"), ('a', "failure")], "success"),
            (vec![('a', "failure"), ('a', "success")], failed),
            (vec![('b', "success"), ('a', "inactive")], "success"),
            (vec![('b', "success"), ('a', "failure")], "success"),
            (vec![('b', "success")], "success"),
            (vec![('b', "failure"), ('a', "success")], "success"),
            (vec![('b', "failure"), ('a', "failure")], failed),
            (vec![('b', "failure"), ('a', "queued")], UNDER_WAY),
            (
                vec![('b', "failure")],
                "only newer: deployment to production failed (https://ci.example/b)",
            ),
            (vec![('b', "queued"), ('a', "failure")], newer),
            (vec![('b', "waiting")], newer),
            (
                vec![('b', "failure"), ('b', "success"), ('a', "queued")],
                "success",
            ),
            // An older one says nothing about ours.
            (vec![('a', "failure"), ('b', "success")], failed),
            (vec![('c', "failure"), ('a', "queued")], UNDER_WAY),
        ] {
            assert_eq!(short(&deployments), expected, "{deployments:?}");
        }
    }

    /// Every word of ours beside every word of a newer commit's, before and after it, with a stranger's between.
    #[test]
    fn every_pair_of_words() {
        let words = [
            "success",
            "failure",
            "error",
            "inactive",
            "in_progress",
            "queued",
            "pending",
            "waiting",
            "odd",
        ];
        let newer = "pending: a newer commit is being deployed to production";
        for own in words {
            let alone = short(&[('a', own)]);
            for other in words {
                let open = [
                    "inactive",
                    "in_progress",
                    "queued",
                    "pending",
                    "waiting",
                    "odd",
                ];
                let expected = match (own, other) {
                    ("success", _) | (_, "success") => "success",
                    ("failure" | "error", other) if open.contains(&other) => newer,
                    _ => &alone,
                };
                for stranger in words {
                    let later = [('b', other), ('c', stranger), ('a', own)];
                    assert_eq!(short(&later), expected, "{own} {other} {stranger}");
                    let earlier = [('a', own), ('c', stranger), ('b', other)];
                    assert_eq!(short(&earlier), alone, "{own} {other} {stranger}");
                }
                // Of two newer ones that contain it, one that succeeded is enough; the newest says what goes on.
                let two = [('b', other), ('b', "failure"), ('a', own)];
                assert_eq!(short(&two), expected, "{own} {other}");
            }
            assert_eq!(short(&[('c', own)]), "none");
        }
    }
}
