use chrono::{DateTime, Utc};

mod applications;
mod causes;
mod images;
mod kinds;
mod other_images;
mod others;

use super::*;
use crate::domain::config::{Revision, Rollout};
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
fn complete(images: &[(&str, &str)]) -> Workload {
    Workload {
        generation: 3,
        observed_generation: 3,
        wanted: 2,
        replicas: 2,
        updated: 2,
        available: 2,
        containers: containers(images),
        conditions: vec![
            condition("Available", "True", "MinimumReplicasAvailable", 1),
            condition("Progressing", "True", "NewReplicaSetAvailable", 50),
        ],
        ..Workload::empty(WorkloadKind::Deployment)
    }
}

fn ours() -> Workload {
    complete(&[("app", "registry:5000/acme/widgets:4f1c2b7a")])
}

/// Of the branch: older than ours, and newer beside it.
const KNOWN: &str = "cccccccc9d8e7f60514233241506f7e8d9cafbec";
const BESIDE: &str = "dddddddd9d8e7f60514233241506f7e8d9cafbec";

fn rollout() -> Rollout {
    Rollout {
        kind: WorkloadKind::Deployment,
        namespace: "prod".to_owned(),
        name: "widgets".to_owned(),
        container: None,
        revision: None,
    }
}

fn question(
    rollout: &Rollout,
    deployed_at: Option<DateTime<Utc>>,
    act: &mut dyn FnMut(&RolloutQuestion<'_>),
) {
    let (commit, descendants) = (sha(OURS), [sha(NEWER)]);
    let known = [sha(BESIDE), sha(NEWER), sha(OURS), sha(KNOWN)];
    act(&RolloutQuestion {
        rollout,
        commit: &commit,
        descendants: &descendants,
        of_run: std::slice::from_ref(&commit),
        known: &known,
        knows_all: false,
        deployed_at,
        began: time(90),
        now: time(100),
    });
}

fn ask_of(
    workload: &Workload,
    past: &[PastTemplate],
    rollout: &Rollout,
) -> Result<StageOutcome, NoSuchContainer> {
    let mut said = None;
    question(rollout, None, &mut |question| {
        said = Some(fold(workload, past, question))
    });
    said.unwrap()
}

fn ask(workload: &Workload, container: Option<&str>) -> Result<StageOutcome, NoSuchContainer> {
    let rollout = Rollout {
        container: container.map(str::to_owned),
        ..rollout()
    };
    ask_of(workload, &[], &rollout)
}

/// The outcome in short.
fn short(workload: &Workload) -> String {
    told(ask(workload, None).unwrap())
}

fn told(outcome: StageOutcome) -> String {
    match outcome {
        StageOutcome::Pending { detail } => detail
            .strip_prefix("Deployment prod/widgets: ")
            .unwrap_or(&detail)
            .to_owned(),
        StageOutcome::Success { .. } => "SUCCESS".to_owned(),
        StageOutcome::Failure {
            concluded_at,
            checks,
        } => format!(
            "FAILURE at {}: {}",
            concluded_at.map_or(0, |at| at.timestamp() / 60),
            checks[0].excerpt.clone().unwrap()
        ),
        StageOutcome::Blocked { hold, what, .. } => format!("{hold:?}: {}", what.name),
        other @ (StageOutcome::None
        | StageOutcome::OnlyNewer { .. }
        | StageOutcome::NotNamed { .. }
        | StageOutcome::Unreadable { .. }
        | StageOutcome::Superseded) => panic!("{other:?}"),
    }
}

#[test]
fn the_tests_of_kubectl_in_their_order() {
    let exceeded = condition("Progressing", "False", "ProgressDeadlineExceeded", 60);
    let bad = Workload {
        generation: 4,
        wanted: 4,
        replicas: 3,
        updated: 2,
        available: 1,
        conditions: vec![exceeded],
        ..ours()
    };
    // Each line repairs what the line before complained about.
    assert_eq!(short(&bad), "the cluster has not seen the new image yet");
    let bad = Workload {
        observed_generation: 4,
        ..bad
    };
    assert_eq!(
        short(&bad),
        "FAILURE at 60: ProgressDeadlineExceeded: about ProgressDeadlineExceeded"
    );
    let bad = Workload {
        conditions: vec![condition("Progressing", "True", "ReplicaSetUpdated", 50)],
        ..bad
    };
    assert_eq!(short(&bad), "2 of 4 pods have the new image");
    let bad = Workload { wanted: 2, ..bad };
    assert_eq!(short(&bad), "1 old pods are still there");
    let bad = Workload { replicas: 2, ..bad };
    assert_eq!(short(&bad), "1 of 2 new pods are available");
    let good = Workload {
        available: 2,
        ..bad
    };
    assert_eq!(short(&good), "SUCCESS");
}

#[test]
fn a_status_that_nobody_wrote_yet_is_pending() {
    let fresh = Workload {
        generation: 1,
        wanted: 1,
        containers: ours().containers,
        ..Workload::empty(WorkloadKind::Deployment)
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
            Workload {
                paused: true,
                ..ours()
            },
            "somebody paused it; a person must resume it",
        ),
        (
            Workload {
                deleting: true,
                ..ours()
            },
            "somebody is deleting it",
        ),
        (
            Workload {
                wanted: 0,
                replicas: 0,
                updated: 0,
                available: 0,
                ..ours()
            },
            "it is scaled to zero, so nothing runs the image",
        ),
        (
            with("ReplicaFailure", "True", "FailedCreate", 96),
            "the cluster refuses pods (FailedCreate: about FailedCreate)",
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
    let paused = Workload {
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
