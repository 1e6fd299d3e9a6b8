use chrono::{DateTime, Utc};

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

const KNOWN: &str = "cccccccc9d8e7f60514233241506f7e8d9cafbec";

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
    let (commit, descendants, known) =
        (sha(OURS), [sha(NEWER)], [sha(OURS), sha(NEWER), sha(KNOWN)]);
    act(&RolloutQuestion {
        rollout,
        commit: &commit,
        descendants: &descendants,
        known: &known,
        deployed_at,
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

#[test]
fn the_image_must_be_of_the_commit_in_every_container_that_runs_it() {
    let other = "it still runs image tag 'bbbbbbbb'";
    let floating = |tag: &str| {
        format!(
            "it runs an image whose tag '{tag}' names no commit; say where the commit is written with \"revision\" in AFK_REPOS"
        )
    };
    let partly = |image: &str| format!("one of its containers still runs {image}");
    let digest = |container: &str| {
        format!(
            "Stopped: Deployment prod/widgets pins a digest in container {container}, which names no commit; say where the commit is written with \"revision\" in AFK_REPOS"
        )
    };
    for (images, expected) in [
        (vec![("a", "w:4f1c2b7a")], "SUCCESS".to_owned()),
        (
            vec![("a", "w:main-4f1c2b7@sha256:00ff")],
            "SUCCESS".to_owned(),
        ),
        (vec![("a", "w:v1.4.2-3-g4f1c2b7")], "SUCCESS".to_owned()),
        (vec![("a", "w:aaaaaaaa")], "SUCCESS".to_owned()),
        (vec![("a", "w:bbbbbbbb")], other.to_owned()),
        (vec![("a", "w:bbbbbbbb@sha256:00ff")], other.to_owned()),
        (vec![("a", "w:latest")], floating("latest")),
        (vec![("a", "w")], floating("latest")),
        (vec![("a", "w:1.2.3")], floating("1.2.3")),
        (vec![], floating("latest")),
        // A digest is said at once.
        (vec![("a", "w@sha256:00ff")], digest("a")),
        (vec![("a", "w:latest@sha256:00ff")], digest("a")),
        (
            vec![("b", "proxy:1.2"), ("a", "w@sha256:00ff")],
            digest("a"),
        ),
        // A sidecar has an image of its own; an init container of the same image is set too.
        (
            vec![("a", "w:4f1c2b7a"), ("b", "proxy:1.2")],
            "SUCCESS".to_owned(),
        ),
        (
            vec![("a", "proxy:1.2"), ("b", "w:4f1c2b7a")],
            "SUCCESS".to_owned(),
        ),
        (
            vec![("a", "w:4f1c2b7a"), ("b", "proxy@sha256:00ff")],
            "SUCCESS".to_owned(),
        ),
        (
            vec![("init", "w:bbbbbbbb"), ("a", "w:4f1c2b7a")],
            partly("w:bbbbbbbb"),
        ),
        (
            vec![("a", "w:4f1c2b7a"), ("b", "w:latest")],
            partly("w:latest"),
        ),
        (
            vec![("a", "proxy:1.2"), ("b", "w:bbbbbbbb")],
            other.to_owned(),
        ),
        // Another image of the product, and another image with a commit of the branch.
        (
            vec![("a", "x/w:bbbbbbbb"), ("b", "x/w-worker:4f1c2b7a")],
            partly("x/w:bbbbbbbb"),
        ),
        (
            vec![("a", "x/w:4f1c2b7a"), ("b", "x/w/job:bbbbbbbb")],
            partly("x/w/job:bbbbbbbb"),
        ),
        (
            vec![("a", "x/w:4f1c2b7a"), ("b", "y/tool:cccccccc")],
            partly("y/tool:cccccccc"),
        ),
        // Another repository's image is judged by its own repository.
        (
            vec![("init", "y/tool:bbbbbbbb"), ("a", "x/w:4f1c2b7a")],
            "SUCCESS".to_owned(),
        ),
        (
            vec![("a", "x/w:4f1c2b7a"), ("b", "x/wide:bbbbbbbb")],
            "SUCCESS".to_owned(),
        ),
        (
            vec![("a", "x/w:4f1c2b7a"), ("b", "x/w-proxy:1.2")],
            "SUCCESS".to_owned(),
        ),
        (
            vec![("a", "x/w:4f1c2b7a"), ("b", "y/tool:aaaaaaaa")],
            "SUCCESS".to_owned(),
        ),
    ] {
        assert_eq!(short(&complete(&images)), expected, "{images:?}");
    }
}

#[test]
fn a_named_container_is_the_only_one_that_counts() {
    let deployment = complete(&[("init", "w:bbbbbbbb"), ("app", "w:4f1c2b7a")]);
    assert_eq!(
        ask(&deployment, Some("app")),
        Ok(StageOutcome::Success {
            ended_at: Some(time(50))
        })
    );
    assert!(matches!(
        ask(&deployment, Some("init")),
        Ok(StageOutcome::Pending { .. })
    ));
    assert_eq!(
        ask(&deployment, Some("web")).unwrap_err().to_string(),
        "Deployment prod/widgets has no container 'web' (it has init, app)"
    );
}

#[test]
fn a_floating_tag_may_have_a_revision_in_the_template() {
    let revision = |text: &str, image: &str| Workload {
        annotations: [(
            "org.opencontainers.image.revision".to_owned(),
            text.to_owned(),
        )]
        .into(),
        ..complete(&[("app", image)])
    };
    assert_eq!(short(&revision(OURS, "w:latest")), "SUCCESS");
    assert_eq!(short(&revision("aaaaaaaa", "w:latest")), "SUCCESS");
    assert_eq!(short(&revision(OURS, "w@sha256:00ff")), "SUCCESS");
    assert!(short(&revision("bbbbbbbb", "w:latest")).contains("names no commit"));
    // It does not outvote a tag.
    assert!(short(&revision(OURS, "w:bbbbbbbb")).contains("still runs"));
}

/// Digest pins, release numbers: a label or an annotation tells the commit, and the image does not.
#[test]
fn a_configured_revision_is_all_that_counts() {
    let label = Revision::Label("example.com/commit".to_owned());
    let annotation = Revision::Annotation("example.com/commit".to_owned());
    let with = |value: Option<&str>| {
        value.map(|value| ("example.com/commit".to_owned(), value.to_owned()))
    };
    for (value, expected) in [
        (Some(OURS), "SUCCESS"),
        (Some("4f1c2b7"), "SUCCESS"),
        (Some("v1-4f1c2b7"), "SUCCESS"),
        (Some(NEWER), "SUCCESS"),
        (
            Some("bbbbbbbb"),
            "it still runs PLACE example.com/commit 'bbbbbbbb'",
        ),
        (
            Some("1.4.2"),
            "it still runs PLACE example.com/commit '1.4.2'",
        ),
        (
            None,
            "neither it nor its template has PLACE example.com/commit",
        ),
    ] {
        for image in ["w@sha256:00ff", "w:4f1c2b7a", "w:bbbbbbbb", "w:1.4.2"] {
            let workload = complete(&[("app", image)]);
            let labelled = Workload {
                labels: with(value).into_iter().collect(),
                ..workload.clone()
            };
            let annotated = Workload {
                annotations: with(value).into_iter().collect(),
                ..workload
            };
            for (workload, revision, place) in [
                (labelled, &label, "label"),
                (annotated, &annotation, "annotation"),
            ] {
                let rollout = Rollout {
                    revision: Some(revision.clone()),
                    ..rollout()
                };
                let said = told(ask_of(&workload, &[], &rollout).unwrap());
                assert_eq!(said, expected.replace("PLACE", place), "{image}");
            }
        }
    }
}

/// Slow GitOps restarts the old image long after the deploy; only what was current and is not any more was rolled back.
#[test]
fn only_what_ran_before_was_rolled_back() {
    let past = |revision, tag: &str| PastTemplate {
        revision,
        containers: containers(&[("app", &format!("w:{tag}"))]),
    };
    let other = |revision| Workload {
        revision,
        ..complete(&[("app", "w:bbbbbbbb")])
    };
    let still = "it still runs image tag 'bbbbbbbb'";
    let rolled_back = "FAILURE at 50: It was rolled back: revision 5 ran the commit, and revision 6 runs image tag 'bbbbbbbb', which is not known to contain it.";
    for (revision, past, expected) in [
        (
            Some(6),
            vec![past(5, "4f1c2b7a"), past(6, "bbbbbbbb")],
            rolled_back,
        ),
        (
            Some(6),
            vec![past(5, "aaaaaaaa"), past(6, "bbbbbbbb")],
            rolled_back,
        ),
        (
            Some(6),
            vec![past(3, "4f1c2b7a"), past(5, "4f1c2b7a")],
            rolled_back,
        ),
        // Not arrived yet.
        (
            Some(6),
            vec![past(5, "cccccccc"), past(6, "bbbbbbbb")],
            still,
        ),
        (Some(6), vec![], still),
        (None, vec![past(5, "4f1c2b7a")], still),
        // Ours is being made current just now.
        (Some(6), vec![past(7, "4f1c2b7a")], still),
    ] {
        let said = told(ask_of(&other(revision), &past, &rollout()).unwrap());
        assert_eq!(said, expected, "{past:?}");
    }
}

#[test]
fn what_it_ran_before_is_asked_only_where_it_matters() {
    let asks = |workload: &Workload, deployed_at| {
        let mut asks = false;
        question(&rollout(), deployed_at, &mut |question| {
            asks = asks_for_past(workload, question);
        });
        asks
    };
    let other = Workload {
        revision: Some(6),
        ..complete(&[("app", "w:bbbbbbbb")])
    };
    // It became what it is at minute 50.
    for (deployed_at, expected) in [
        (None, true),
        (Some(time(49)), true),
        (Some(time(50)), false),
        (Some(time(60)), false),
        (Some(DateTime::<Utc>::MIN_UTC), true),
        (Some(DateTime::<Utc>::MAX_UTC), false),
    ] {
        assert_eq!(asks(&other, deployed_at), expected, "{deployed_at:?}");
    }
    for workload in [
        Workload {
            revision: Some(1),
            ..other.clone()
        },
        Workload {
            revision: None,
            ..other.clone()
        },
        Workload {
            conditions: Vec::new(),
            ..other.clone()
        },
        Workload {
            kind: WorkloadKind::StatefulSet,
            ..other
        },
        ours(),
    ] {
        assert!(!asks(&workload, None), "{workload:?}");
    }
}

#[test]
fn stateful_and_daemon_sets_have_rules_of_their_own() {
    let of = |kind| Workload {
        kind,
        conditions: Vec::new(),
        ..ours()
    };
    let said = |workload: &Workload| {
        let rollout = Rollout {
            kind: workload.kind,
            ..rollout()
        };
        let said = told(ask_of(workload, &[], &rollout).unwrap());
        said.rsplit(": ").next().unwrap().to_owned()
    };
    for kind in [WorkloadKind::StatefulSet, WorkloadKind::DaemonSet] {
        let whole = of(kind);
        assert_eq!(said(&whole), "SUCCESS");
        for (workload, expected) in [
            (
                Workload {
                    generation: 4,
                    ..whole.clone()
                },
                "the cluster has not seen the new image yet",
            ),
            (
                Workload {
                    updated: 1,
                    ..whole.clone()
                },
                "1 of 2 pods have the new image",
            ),
            (
                Workload {
                    available: 1,
                    ..whole.clone()
                },
                "1 of 2 new pods are available",
            ),
            (
                Workload {
                    deleting: true,
                    ..whole.clone()
                },
                "somebody is deleting it",
            ),
            (
                Workload {
                    updated: 0,
                    on_delete: true,
                    ..whole.clone()
                },
                "0 of 2 pods have the new image; its strategy is OnDelete, so a person must delete the old ones",
            ),
        ] {
            assert_eq!(said(&workload), expected, "{kind:?}");
        }
    }
    let set = of(WorkloadKind::StatefulSet);
    assert_eq!(
        said(&Workload {
            partition: 1,
            ..set.clone()
        }),
        "its partition keeps 1 of 2 pods on the old image"
    );
    assert_eq!(
        said(&Workload {
            wanted: 0,
            replicas: 0,
            updated: 0,
            available: 0,
            ..set
        }),
        "it is scaled to zero, so nothing runs the image"
    );
    let daemons = of(WorkloadKind::DaemonSet);
    assert_eq!(
        said(&Workload {
            wanted: 0,
            replicas: 0,
            updated: 0,
            available: 0,
            ..daemons
        }),
        "no node takes it, so nothing runs the image"
    );
}

#[test]
fn an_application_is_green_when_it_is_ours_synced_and_healthy() {
    let rollout = Rollout {
        kind: WorkloadKind::Application,
        namespace: "argocd".to_owned(),
        ..rollout()
    };
    let said = |application: &Application| {
        let mut said = None;
        question(&rollout, None, &mut |question| {
            said = Some(fold_application(application, question));
        });
        told(said.unwrap())
    };
    let by_image = Application {
        sync: "Synced".to_owned(),
        health: "Healthy".to_owned(),
        images: vec!["r/proxy:1.2".to_owned(), "r/w:4f1c2b7a".to_owned()],
        revisions: vec!["d".repeat(40)],
        ..Application::default()
    };
    let by_revision = Application {
        images: vec!["r/w:1.4.2".to_owned()],
        revisions: vec![OURS.to_owned()],
        ..by_image.clone()
    };
    let newer = Application {
        revisions: vec![NEWER.to_owned()],
        ..by_revision.clone()
    };
    for ours in [&by_image, &by_revision, &newer] {
        assert_eq!(said(ours), "SUCCESS");
        for (application, expected) in [
            (
                Application {
                    sync: "OutOfSync".to_owned(),
                    ..ours.clone()
                },
                "Application argocd/widgets: it is OutOfSync",
            ),
            (
                Application {
                    sync: String::new(),
                    ..ours.clone()
                },
                "Application argocd/widgets: it is Unknown",
            ),
            (
                Application {
                    health: "Progressing".to_owned(),
                    ..ours.clone()
                },
                "Application argocd/widgets: it is Progressing",
            ),
            (
                Application {
                    health: "Degraded".to_owned(),
                    health_message: "exceeded its progress deadline".to_owned(),
                    ..ours.clone()
                },
                "FAILURE at 0: it is Degraded: exceeded its progress deadline",
            ),
            (
                Application {
                    health: "Suspended".to_owned(),
                    ..ours.clone()
                },
                "Waits: Application argocd/widgets is suspended; a person must resume it",
            ),
            (
                Application {
                    health: String::new(),
                    ..ours.clone()
                },
                "Application argocd/widgets: it is Unknown",
            ),
        ] {
            assert_eq!(said(&application), expected);
        }
    }
    let other = Application {
        images: vec!["r/w:bbbbbbbb".to_owned()],
        revisions: vec!["d".repeat(40)],
        ..by_image.clone()
    };
    assert_eq!(
        said(&other),
        "Application argocd/widgets: it still runs image r/w:bbbbbbbb"
    );
    let by_name = Application {
        images: Vec::new(),
        ..other.clone()
    };
    assert!(said(&by_name).contains("it still runs revision dddd"));
    assert_eq!(
        said(&Application::default()),
        "Application argocd/widgets: it still runs nothing that it names"
    );
    for phase in ["Failed", "Error"] {
        let failed = Application {
            operation: phase.to_owned(),
            operation_message: "hook failed".to_owned(),
            operation_revisions: vec![OURS.to_owned()],
            ..other.clone()
        };
        assert_eq!(said(&failed), "FAILURE at 0: the sync failed: hook failed");
        // Somebody else's sync.
        let foreign = Application {
            operation_revisions: vec!["e".repeat(40)],
            ..failed
        };
        assert!(said(&foreign).contains("it still runs"));
    }
}

/// All of several objects must be green; every pair of outcomes.
#[test]
fn the_worst_of_several_objects_counts() {
    let success = |minutes| StageOutcome::Success {
        ended_at: Some(time(minutes)),
    };
    let what = || FailedCheck {
        name: "x".to_owned(),
        url: None,
        excerpt: None,
    };
    let ranked = [
        StageOutcome::Failure {
            concluded_at: None,
            checks: vec![what()],
        },
        StageOutcome::Blocked {
            hold: Hold::Waits,
            since: None,
            what: what(),
        },
        StageOutcome::Pending {
            detail: "x".to_owned(),
        },
        success(50),
    ];
    for (first, one) in ranked.iter().enumerate() {
        for (second, other) in ranked.iter().enumerate() {
            let worst = &ranked[first.min(second)];
            assert_eq!(&fold_all(vec![one.clone(), other.clone()]), worst);
        }
    }
    assert_eq!(
        fold_all(vec![success(50), success(60), success(40)]),
        success(60)
    );
    assert_eq!(fold_all(Vec::new()), StageOutcome::None);
}
