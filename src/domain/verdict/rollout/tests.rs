use chrono::{DateTime, Utc};

use super::*;
use crate::domain::verdict::ci::CommitSha;

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
        other @ (StageOutcome::None
        | StageOutcome::Blocked { .. }
        | StageOutcome::Unreadable { .. }
        | StageOutcome::Superseded) => panic!("{other:?}"),
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
