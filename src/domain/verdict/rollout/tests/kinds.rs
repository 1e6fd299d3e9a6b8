//! Objects that are no Deployment, and several objects at once.

use super::*;

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
            updated: 1,
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

/// What pods say of an image is asked of these.
#[test]
fn the_images_of_a_workload_are_those_of_all_its_containers() {
    let workload = complete(&[("app", "acme/widgets:4f1c2b7a"), ("proxy", "envoy:1.30")]);
    assert_eq!(workload.images(), ["acme/widgets:4f1c2b7a", "envoy:1.30"]);
    assert!(complete(&[]).images().is_empty());
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
            // Long after the stage began.
            let now = time(1_000);
            let question = RolloutQuestion { now, ..*question };
            said = Some(fold_application(application, &question));
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
                "FAILURE at 90: it is Degraded since 1970-01-01 01:30:00 UTC: exceeded its progress deadline",
            ),
            (
                Application {
                    health: "Suspended".to_owned(),
                    ..ours.clone()
                },
                "Waits: Application argocd/widgets is suspended: it waits in a pause, or for a person to resume it",
            ),
            (
                Application {
                    health: String::new(),
                    ..ours.clone()
                },
                "Application argocd/widgets: it is Unknown",
            ),
        ] {
            // What a newer commit does is no failure of ours.
            let expected = if ours == &newer && expected.starts_with("FAILURE") {
                "Application argocd/widgets: a newer commit that contains it is not healthy (it is Degraded since 1970-01-01 01:30:00 UTC: exceeded its progress deadline)"
            } else {
                expected
            };
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

/// Hooks run when everything is synced and healthy already. Of a sync whose revision is another repository's nobody knows whose
/// fault it is, so that it is waited for.
#[test]
fn an_application_is_not_green_before_its_sync_is_over() {
    let rollout = Rollout {
        kind: WorkloadKind::Application,
        ..rollout()
    };
    let said = |image: &str, phase: &str, message: &str, of: &[&str]| {
        let application = Application {
            sync: "Synced".to_owned(),
            health: "Healthy".to_owned(),
            images: vec![image.to_owned()],
            operation: phase.to_owned(),
            operation_message: message.to_owned(),
            operation_revisions: of.iter().map(|of| (*of).to_owned()).collect(),
            ..Application::default()
        };
        let mut said = None;
        question(&rollout, None, &mut |question| {
            said = Some(told(fold_application(&application, question)));
        });
        let said = said.unwrap();
        said.trim_start_matches("Application prod/widgets: ")
            .to_owned()
    };
    const CONFIG: &str = "dddddddddddddddddddddddddddddddddddddddd";
    let hook = "one or more synchronization tasks completed unsuccessfully";
    for (phase, message, of, expected) in [
        ("Succeeded", "successfully synced", CONFIG, "SUCCESS"),
        ("", "", CONFIG, "SUCCESS"),
        ("Running", "", CONFIG, "its sync is under way"),
        (
            "Running",
            "waiting for completion of hook batch/Job/smoke",
            CONFIG,
            "its sync is under way: waiting for completion of hook batch/Job/smoke",
        ),
        ("Terminating", "", OURS, "its sync is under way"),
        ("Running", "", OURS, "its sync is under way"),
        (
            "Failed",
            hook,
            CONFIG,
            "its sync failed: one or more synchronization tasks completed unsuccessfully",
        ),
        ("Error", "", CONFIG, "its sync failed"),
        (
            "Failed",
            hook,
            OURS,
            "FAILURE at 0: the sync failed: one or more synchronization tasks completed unsuccessfully",
        ),
        // Ours runs, whatever becomes of a newer one.
        ("Running", "", NEWER, "SUCCESS"),
        ("Failed", hook, NEWER, "SUCCESS"),
    ] {
        let found = said("r/w:4f1c2b7a", phase, message, &[of]);
        assert_eq!(found, expected, "{phase} {of}");
        let other = said("r/w:bbbbbbbb", phase, message, &[CONFIG]);
        let sync = match phase {
            "Running" | "Terminating" => "; its sync is under way",
            "Failed" | "Error" => "; its sync failed",
            _ => "",
        };
        let why = if sync.is_empty() || message.is_empty() {
            String::new()
        } else {
            format!(": {message}")
        };
        let expected = format!("it still runs image r/w:bbbbbbbb{sync}{why}");
        assert_eq!(other, expected, "{phase}");
    }
    assert_eq!(
        said("r/w:4f1c2b7a", "Failed", hook, &[]),
        format!("its sync failed: {hook}")
    );
}

/// All of several objects must be green; every three outcomes.
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
    let blocked = |hold| StageOutcome::Blocked {
        hold,
        since: None,
        what: what(),
    };
    // The worst first. Of the same rank the first object is told.
    let ranked = [
        vec![StageOutcome::Failure {
            concluded_at: None,
            checks: vec![what()],
        }],
        vec![blocked(Hold::Waits), blocked(Hold::Stopped)],
        vec![StageOutcome::Unreadable {
            cause: "x".to_owned(),
        }],
        vec![
            StageOutcome::Pending {
                detail: "x".to_owned(),
            },
            StageOutcome::Superseded,
        ],
        vec![StageOutcome::None],
        vec![success(50)],
    ];
    let every: Vec<(usize, &StageOutcome)> = ranked
        .iter()
        .enumerate()
        .flat_map(|(rank, outcomes)| outcomes.iter().map(move |outcome| (rank, outcome)))
        .collect();
    for first in &every {
        for second in &every {
            for third in &every {
                let three = [first, second, third];
                let worst = three.iter().min_by_key(|(rank, _)| *rank).unwrap().1;
                let said = fold_all(three.iter().map(|(_, told)| (*told).clone()).collect());
                assert_eq!(&said, worst, "{three:?}");
            }
        }
        assert_eq!(&fold_all(vec![first.1.clone()]), first.1);
    }
    let unknown = StageOutcome::Success { ended_at: None };
    for (ends, last) in [
        (vec![success(50), success(60), success(40)], success(60)),
        (vec![success(50), unknown.clone()], success(50)),
        (vec![unknown.clone()], unknown),
        (Vec::new(), StageOutcome::None),
    ] {
        assert_eq!(fold_all(ends), last);
    }
}

/// Pods that are replaced look Degraded for a moment, and an Application may have been so for days.
#[test]
fn a_degraded_application_is_red_when_that_lasts_and_came_with_our_sync() {
    let rollout = Rollout {
        kind: WorkloadKind::Application,
        ..rollout()
    };
    // In minutes. The stage began at 90.
    let said = |changed: Option<i64>, started: Option<i64>, finished: Option<i64>, now: i64| {
        let application = Application {
            sync: "Synced".to_owned(),
            health: "Degraded".to_owned(),
            health_changed_at: changed.map(time),
            revisions: vec![OURS.to_owned()],
            started_at: started.map(time),
            finished_at: finished.map(time),
            ..Application::default()
        };
        let mut said = None;
        question(&rollout, None, &mut |question| {
            let now = time(now);
            let question = RolloutQuestion { now, ..*question };
            said = Some(fold_application(&application, &question));
        });
        told(said.unwrap())
    };
    let pending = "Application prod/widgets: it is Degraded since 1970-01-01 ";
    for (changed, started, finished, since) in [
        (Some(120), None, None, 120),
        (Some(120), Some(100), None, 120),
        (Some(120), Some(120), Some(150), 120),
        (Some(120), None, Some(110), 120),
        // Without its own time since the end of the sync, and not before anything was expected.
        (None, Some(100), Some(110), 110),
        (None, Some(10), Some(20), 90),
        (None, Some(100), None, 90),
        (None, None, None, 90),
    ] {
        let young = said(changed, started, finished, since + 4);
        assert!(young.starts_with(pending), "{young}");
        assert!(!young.contains("before"), "{young}");
        let old = said(changed, started, finished, since + 5);
        let red = format!("FAILURE at {since}: it is Degraded since");
        assert!(old.starts_with(&red), "{old}");
    }
    for (changed, started, finished) in [
        (Some(99), Some(100), None),
        (Some(99), Some(100), Some(110)),
        (Some(99), None, Some(100)),
        (Some(-90_000), Some(100), Some(110)),
    ] {
        for now in [120, 90_000] {
            let said = said(changed, started, finished, now);
            assert!(said.ends_with(" UTC, before its sync began"), "{said}");
            assert!(said.starts_with("Application"), "{said}");
        }
    }
}
