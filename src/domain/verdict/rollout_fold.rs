//! What a Deployment says about a commit (`contracts/kubernetes` sections 4 and 5).
//!
//! One object in, outcome out: the image and the counters are judged on the same object, in the order of `kubectl rollout
//! status`. Only Deployments are understood; StatefulSets and DaemonSets follow other rules. A Deployment that does not
//! run the commit's image yet is pending, and bounded by the stage's own deadline.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::verdict::ci::{CommitSha, FailedCheck, StageOutcome};
use crate::domain::verdict::image_tag::{self, ImageReference};

/// How long pods may be refused, by a quota or an admission check, before that counts as a failure. Old pods that make
/// room are gone after 30 s, unless told otherwise.
pub const REFUSED_PODS_MAX: TimeDelta = TimeDelta::minutes(5);

/// How long after a deploy another commit's rollout may still end without meaning that ours was rolled back. Tools that
/// bring manifests into a cluster look every few minutes.
pub const LATE_ROLLOUT_MAX: TimeDelta = TimeDelta::minutes(10);

/// A Deployment, as far as the fold asks. Counters that the service leaves out are 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deployment {
    /// `metadata.generation`.
    pub generation: i64,
    /// Whether somebody is deleting it.
    pub deleting: bool,
    /// `spec.replicas`, 1 unless told otherwise.
    pub wanted_replicas: i64,
    /// `spec.paused`.
    pub paused: bool,
    /// Containers and init containers of the template.
    pub containers: Vec<Container>,
    /// Labels and annotations of the template that tell a commit: `app.kubernetes.io/version` and
    /// `org.opencontainers.image.revision`.
    pub revisions: Vec<String>,
    /// `status.observedGeneration`.
    pub observed_generation: i64,
    /// `status.replicas`.
    pub replicas: i64,
    /// `status.updatedReplicas`.
    pub updated_replicas: i64,
    /// `status.availableReplicas`.
    pub available_replicas: i64,
    /// `status.conditions`.
    pub conditions: Vec<Condition>,
}

/// A container of the template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// Its name.
    pub name: String,
    /// Its image.
    pub image: String,
}

/// A condition of the status.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Condition {
    /// Its type.
    pub kind: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
    /// One word.
    pub reason: String,
    /// For people.
    pub message: String,
    /// When it last changed at all.
    pub updated_at: Option<DateTime<Utc>>,
    /// When its status last changed.
    pub changed_at: Option<DateTime<Utc>>,
}

/// What is asked about a Deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RolloutQuestion<'a> {
    /// `namespace/name`, for people.
    pub name: &'a str,
    /// The container that runs the image; `None`: the only one, or whichever does, with all others of the same image.
    pub container: Option<&'a str>,
    /// The commit.
    pub commit: &'a CommitSha,
    /// Commits that contain it.
    pub descendants: &'a [CommitSha],
    /// When the commit's deploy succeeded, where there is a deploy stage.
    pub deployed_at: Option<DateTime<Utc>>,
    /// The time.
    pub now: DateTime<Utc>,
}

/// The configured container is not in the template: a mistake of configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Deployment {deployment} has no container '{container}' (it has {present})")]
pub struct NoSuchContainer {
    deployment: String,
    container: String,
    present: String,
}

/// Folds a Deployment into what it says about a commit.
///
/// # Errors
///
/// [`NoSuchContainer`] when the configuration names a container that is not there.
pub fn fold(
    deployment: &Deployment,
    question: &RolloutQuestion<'_>,
) -> Result<StageOutcome, NoSuchContainer> {
    let image = image(deployment, question)?;
    let outcome = match image {
        Image::Ours => progress(deployment, question),
        Image::Partly => pending("some of its containers still have another image"),
        Image::Unnamed(tag) => pending(format!(
            "it runs an image whose tag '{tag}' names no commit"
        )),
        Image::Other(tag) => other_image(deployment, question, &tag),
    };
    Ok(match outcome {
        Ok(outcome) => outcome,
        Err(detail) => StageOutcome::Pending {
            detail: format!("Deployment {}: {detail}", question.name),
        },
    })
}

/// An outcome, or what is still waited for.
type Judged = Result<StageOutcome, String>;

fn pending(detail: impl Into<String>) -> Judged {
    Err(detail.into())
}

/// Whose image the template runs.
enum Image {
    /// The commit's, or a newer one that contains it.
    Ours,
    /// Ours in some containers and not in all.
    Partly,
    /// That of another commit.
    Other(String),
    /// Nobody can tell.
    Unnamed(String),
}

fn image(
    deployment: &Deployment,
    question: &RolloutQuestion<'_>,
) -> Result<Image, NoSuchContainer> {
    let containers = &deployment.containers;
    let is_ours = |tag: &str| {
        image_tag::names(tag, question.commit)
            || question
                .descendants
                .iter()
                .any(|newer| image_tag::names(tag, newer))
    };
    let runs_ours = |container: &Container| {
        ImageReference::parse(&container.image)
            .tag
            .is_some_and(is_ours)
    };
    let group: Vec<&Container> = match question.container {
        Some(name) => containers
            .iter()
            .filter(|container| container.name == name)
            .collect(),
        None => match containers.iter().find(|container| runs_ours(container)) {
            // A deploy sets one image in all containers that run it, init containers too.
            Some(ours) => {
                let repository = ImageReference::parse(&ours.image).repository;
                containers
                    .iter()
                    .filter(|container| {
                        ImageReference::parse(&container.image).repository == repository
                    })
                    .collect()
            }
            None => containers.iter().collect(),
        },
    };
    if let (Some(name), true) = (question.container, group.is_empty()) {
        let names: Vec<_> = containers
            .iter()
            .map(|container| container.name.as_str())
            .collect();
        return Err(NoSuchContainer {
            deployment: question.name.to_owned(),
            container: name.to_owned(),
            present: names.join(", "),
        });
    }
    let ours = group
        .iter()
        .filter(|container| runs_ours(container))
        .count();
    if ours > 0 {
        return Ok(if ours == group.len() {
            Image::Ours
        } else {
            Image::Partly
        });
    }
    let tags: Vec<&str> = group
        .iter()
        .filter_map(|container| ImageReference::parse(&container.image).tag)
        .collect();
    Ok(
        match tags.iter().find(|tag| image_tag::names_a_commit(tag)) {
            Some(tag) => Image::Other((*tag).to_owned()),
            // A floating tag proves nothing; the deploy may say in the template what it deployed.
            None if deployment
                .revisions
                .iter()
                .any(|revision| is_ours(revision)) =>
            {
                Image::Ours
            }
            None => Image::Unnamed((*tags.first().unwrap_or(&"latest")).to_owned()),
        },
    )
}

/// The template runs another commit's image: ours has not arrived, or it was taken back.
fn other_image(deployment: &Deployment, question: &RolloutQuestion<'_>, tag: &str) -> Judged {
    let finished_at = progressing(deployment)
        .filter(|_| {
            matches!(
                progress(deployment, question),
                Ok(StageOutcome::Success { .. })
            )
        })
        .and_then(|condition| condition.updated_at);
    match (finished_at, question.deployed_at) {
        (Some(finished_at), Some(deployed_at))
            if finished_at.signed_duration_since(deployed_at) > LATE_ROLLOUT_MAX =>
        {
            Ok(failure(
                question,
                Some(finished_at),
                format!(
                    "The Deployment was rolled back, or on to image tag '{tag}', which is not known to contain the commit."
                ),
            ))
        }
        (Some(_) | None, Some(_) | None) => pending(format!("it still runs image tag '{tag}'")),
    }
}

/// The tests of `kubectl rollout status` in their order, and those that it does not make.
fn progress(deployment: &Deployment, question: &RolloutQuestion<'_>) -> Judged {
    let Deployment {
        generation,
        deleting,
        wanted_replicas,
        paused,
        containers: _,
        revisions: _,
        observed_generation,
        replicas,
        updated_replicas,
        available_replicas,
        conditions,
    } = deployment;
    if generation > observed_generation {
        return pending("the cluster has not seen the new image yet");
    }
    let progressing = progressing(deployment);
    if let Some(condition) =
        progressing.filter(|condition| condition.reason == "ProgressDeadlineExceeded")
    {
        let detail = format!("ProgressDeadlineExceeded: {}", condition.message);
        let at = condition.changed_at.or(condition.updated_at);
        return Ok(failure(question, at, detail));
    }
    if *deleting {
        return pending("somebody is deleting it");
    }
    if *paused {
        return pending("somebody paused it; a person must resume it");
    }
    if let Some(condition) = conditions
        .iter()
        .find(|condition| condition.kind == "ReplicaFailure" && condition.status == "True")
    {
        let since = condition.changed_at.or(condition.updated_at);
        return if since.is_some_and(|since| question.now - since >= REFUSED_PODS_MAX) {
            let detail = format!("{}: {}", condition.reason, condition.message);
            Ok(failure(question, since, detail))
        } else {
            pending(format!("the cluster refuses pods ({})", condition.reason))
        };
    }
    if *wanted_replicas == 0 {
        return pending("it is scaled to zero, so nothing runs the image");
    }
    if updated_replicas < wanted_replicas {
        return pending(format!(
            "{updated_replicas} of {wanted_replicas} pods have the new image"
        ));
    }
    if replicas > updated_replicas {
        return pending(format!(
            "{} old pods are still there",
            replicas - updated_replicas
        ));
    }
    if available_replicas < updated_replicas {
        return pending(format!(
            "{available_replicas} of {updated_replicas} new pods are available"
        ));
    }
    if conditions
        .iter()
        .any(|condition| condition.kind == "Available" && condition.status == "False")
    {
        return pending("its pods are failing");
    }
    Ok(StageOutcome::Success {
        ended_at: progressing.and_then(|condition| condition.updated_at),
    })
}

fn progressing(deployment: &Deployment) -> Option<&Condition> {
    deployment
        .conditions
        .iter()
        .find(|condition| condition.kind == "Progressing")
}

fn failure(
    question: &RolloutQuestion<'_>,
    concluded_at: Option<DateTime<Utc>>,
    excerpt: String,
) -> StageOutcome {
    StageOutcome::Failure {
        concluded_at,
        checks: vec![FailedCheck {
            name: format!("rollout of Deployment {}", question.name),
            url: None,
            excerpt: Some(excerpt),
        }],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "4f1c2b7a9d8e7f60514233241506f7e8d9cafbec";
    const NEWER: &str = "aaaaaaaa9d8e7f60514233241506f7e8d9cafbec";

    fn sha(text: &str) -> CommitSha {
        CommitSha::parse(text).unwrap()
    }

    fn time(minutes: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(minutes * 60, 0).unwrap()
    }

    fn condition(kind: &str, status: &str, reason: &str, minutes: i64) -> Condition {
        Condition {
            kind: kind.to_owned(),
            status: status.to_owned(),
            reason: reason.to_owned(),
            message: format!("about {reason}"),
            updated_at: Some(time(minutes)),
            changed_at: Some(time(minutes)),
        }
    }

    fn containers(images: &[(&str, &str)]) -> Vec<Container> {
        images
            .iter()
            .map(|(name, image)| Container {
                name: (*name).to_owned(),
                image: (*image).to_owned(),
            })
            .collect()
    }

    /// Rolled out at minute 50.
    fn complete(images: &[(&str, &str)]) -> Deployment {
        Deployment {
            generation: 3,
            observed_generation: 3,
            wanted_replicas: 2,
            replicas: 2,
            updated_replicas: 2,
            available_replicas: 2,
            containers: containers(images),
            conditions: vec![
                condition("Available", "True", "MinimumReplicasAvailable", 1),
                condition("Progressing", "True", "NewReplicaSetAvailable", 50),
            ],
            ..Deployment::default()
        }
    }

    fn ours() -> Deployment {
        complete(&[("app", "registry:5000/acme/widgets:4f1c2b7a")])
    }

    fn ask(
        deployment: &Deployment,
        container: Option<&str>,
        deployed_at: Option<DateTime<Utc>>,
    ) -> Result<StageOutcome, NoSuchContainer> {
        let (commit, descendants) = (sha(OURS), [sha(NEWER)]);
        fold(
            deployment,
            &RolloutQuestion {
                name: "prod/widgets",
                container,
                commit: &commit,
                descendants: &descendants,
                deployed_at,
                now: time(100),
            },
        )
    }

    /// The outcome in short.
    fn short(deployment: &Deployment) -> String {
        match ask(deployment, None, None).unwrap() {
            StageOutcome::Pending { detail } => detail
                .strip_prefix("Deployment prod/widgets: ")
                .unwrap()
                .to_owned(),
            StageOutcome::Success { ended_at } => {
                assert_eq!(ended_at, Some(time(50)));
                "SUCCESS".to_owned()
            }
            StageOutcome::Failure {
                concluded_at,
                checks,
            } => format!(
                "FAILURE at {}: {}",
                concluded_at.unwrap().timestamp() / 60,
                checks[0].excerpt.clone().unwrap()
            ),
            other @ (StageOutcome::None | StageOutcome::Superseded) => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_tests_of_kubectl_in_their_order() {
        let exceeded = condition("Progressing", "False", "ProgressDeadlineExceeded", 60);
        let bad = Deployment {
            generation: 4,
            wanted_replicas: 4,
            replicas: 3,
            updated_replicas: 2,
            available_replicas: 1,
            conditions: vec![exceeded],
            ..ours()
        };
        // Each line repairs what the line before complained about.
        assert_eq!(short(&bad), "the cluster has not seen the new image yet");
        let bad = Deployment {
            observed_generation: 4,
            ..bad
        };
        assert_eq!(
            short(&bad),
            "FAILURE at 60: ProgressDeadlineExceeded: about ProgressDeadlineExceeded"
        );
        let bad = Deployment {
            conditions: vec![condition("Progressing", "True", "ReplicaSetUpdated", 50)],
            ..bad
        };
        assert_eq!(short(&bad), "2 of 4 pods have the new image");
        let bad = Deployment {
            wanted_replicas: 2,
            ..bad
        };
        assert_eq!(short(&bad), "1 old pods are still there");
        let bad = Deployment { replicas: 2, ..bad };
        assert_eq!(short(&bad), "1 of 2 new pods are available");
        let good = Deployment {
            available_replicas: 2,
            ..bad
        };
        assert_eq!(short(&good), "SUCCESS");
    }

    #[test]
    fn a_status_that_nobody_wrote_yet_is_pending() {
        let fresh = Deployment {
            generation: 1,
            wanted_replicas: 1,
            containers: ours().containers,
            ..Deployment::default()
        };
        assert_eq!(short(&fresh), "the cluster has not seen the new image yet");
    }

    #[test]
    fn what_kubectl_does_not_test() {
        let with = |kind: &str, status: &str, reason: &str, minutes: i64| {
            let mut deployment = ours();
            deployment
                .conditions
                .push(condition(kind, status, reason, minutes));
            deployment
        };
        let failing = {
            let mut deployment = ours();
            deployment.conditions[0] =
                condition("Available", "False", "MinimumReplicasUnavailable", 90);
            deployment
        };
        for (deployment, expected) in [
            (
                Deployment {
                    paused: true,
                    ..ours()
                },
                "somebody paused it; a person must resume it",
            ),
            (
                Deployment {
                    deleting: true,
                    ..ours()
                },
                "somebody is deleting it",
            ),
            (
                Deployment {
                    wanted_replicas: 0,
                    replicas: 0,
                    updated_replicas: 0,
                    available_replicas: 0,
                    ..ours()
                },
                "it is scaled to zero, so nothing runs the image",
            ),
            (
                with("ReplicaFailure", "True", "FailedCreate", 96),
                "the cluster refuses pods (FailedCreate)",
            ),
            (
                with("ReplicaFailure", "True", "FailedCreate", 95),
                "FAILURE at 95: FailedCreate: about FailedCreate",
            ),
            (
                with("ReplicaFailure", "False", "FailedCreate", 1),
                "SUCCESS",
            ),
            (failing, "its pods are failing"),
        ] {
            assert_eq!(short(&deployment), expected);
        }
        // It failed before somebody paused it.
        let paused = Deployment {
            paused: true,
            conditions: vec![condition(
                "Progressing",
                "False",
                "ProgressDeadlineExceeded",
                60,
            )],
            ..ours()
        };
        assert!(short(&paused).starts_with("FAILURE"));
    }

    #[test]
    fn every_reason_of_progressing_but_one_leaves_it_to_the_counters() {
        for reason in [
            "NewReplicaSetCreated",
            "FoundNewReplicaSet",
            "ReplicaSetUpdated",
            "NewReplicaSetAvailable",
            "DeploymentPaused",
            "DeploymentResumed",
            "SomethingNew",
        ] {
            let mut deployment = ours();
            deployment.conditions[1] = condition("Progressing", "Unknown", reason, 50);
            assert_eq!(short(&deployment), "SUCCESS", "{reason}");
        }
    }

    #[test]
    fn the_image_must_be_of_the_commit_in_every_container_that_runs_it() {
        let other = "it still runs image tag 'bbbbbbbb'";
        for (images, expected) in [
            (vec![("a", "w:4f1c2b7a")], "SUCCESS"),
            (vec![("a", "w:main-4f1c2b7@sha256:00ff")], "SUCCESS"),
            (vec![("a", "w:aaaaaaaa")], "SUCCESS"),
            (vec![("a", "w:bbbbbbbb")], other),
            (
                vec![("a", "w:latest")],
                "it runs an image whose tag 'latest' names no commit",
            ),
            (
                vec![("a", "w")],
                "it runs an image whose tag 'latest' names no commit",
            ),
            (
                vec![("a", "w:1.2.3")],
                "it runs an image whose tag '1.2.3' names no commit",
            ),
            (
                vec![],
                "it runs an image whose tag 'latest' names no commit",
            ),
            // A sidecar has an image of its own; an init container of the same image is set too.
            (vec![("a", "w:4f1c2b7a"), ("b", "proxy:1.2")], "SUCCESS"),
            (vec![("a", "proxy:1.2"), ("b", "w:4f1c2b7a")], "SUCCESS"),
            (
                vec![("init", "w:bbbbbbbb"), ("a", "w:4f1c2b7a")],
                "some of its containers still have another image",
            ),
            (
                vec![("a", "w:4f1c2b7a"), ("b", "w:latest")],
                "some of its containers still have another image",
            ),
            (vec![("a", "proxy:1.2"), ("b", "w:bbbbbbbb")], other),
        ] {
            assert_eq!(short(&complete(&images)), expected, "{images:?}");
        }
    }

    #[test]
    fn a_named_container_is_the_only_one_that_counts() {
        let deployment = complete(&[("init", "w:bbbbbbbb"), ("app", "w:4f1c2b7a")]);
        assert_eq!(
            ask(&deployment, Some("app"), None),
            Ok(StageOutcome::Success {
                ended_at: Some(time(50))
            })
        );
        assert!(matches!(
            ask(&deployment, Some("init"), None),
            Ok(StageOutcome::Pending { .. })
        ));
        assert_eq!(
            ask(&deployment, Some("web"), None).unwrap_err().to_string(),
            "Deployment prod/widgets has no container 'web' (it has init, app)"
        );
    }

    #[test]
    fn a_floating_tag_needs_a_revision_in_the_template() {
        let revision = |text: &str| Deployment {
            revisions: vec![text.to_owned()],
            ..complete(&[("app", "w:latest")])
        };
        assert_eq!(short(&revision(OURS)), "SUCCESS");
        assert_eq!(short(&revision("aaaaaaaa")), "SUCCESS");
        assert!(short(&revision("bbbbbbbb")).contains("names no commit"));
        // It does not outvote a tag.
        let both = Deployment {
            revisions: vec![OURS.to_owned()],
            ..complete(&[("app", "w:bbbbbbbb")])
        };
        assert!(short(&both).contains("still runs"));
    }

    #[test]
    fn another_image_long_after_the_deploy_is_a_rollback() {
        let other = complete(&[("app", "w:bbbbbbbb")]);
        let rolled_back = |deployment: &Deployment, deployed_at| {
            matches!(
                ask(deployment, None, deployed_at),
                Ok(StageOutcome::Failure { .. })
            )
        };
        // It was rolled out at minute 50.
        assert!(rolled_back(&other, Some(time(39))));
        // Woodpecker may name any time; none of them stops a tick.
        assert!(rolled_back(&other, Some(DateTime::<Utc>::MIN_UTC)));
        assert!(!rolled_back(&other, Some(DateTime::<Utc>::MAX_UTC)));
        for deployed_at in [None, Some(time(40)), Some(time(50)), Some(time(60))] {
            assert!(!rolled_back(&other, deployed_at), "{deployed_at:?}");
        }
        let unfinished = Deployment {
            updated_replicas: 1,
            ..other
        };
        assert!(!rolled_back(&unfinished, Some(time(1))));
        let floating = complete(&[("app", "w:latest")]);
        assert!(!rolled_back(&floating, Some(time(1))));
    }
}
