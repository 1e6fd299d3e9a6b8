//! What other commits do to a rollout: an old one that comes back, a newer one that does not become ready, pods that say why.

use std::collections::BTreeMap;

use super::*;

/// What was current, under which revisions before, and with which tag.
fn past(revision: u64, earlier: &[u64], image: &str) -> PastTemplate {
    PastTemplate {
        revision,
        earlier: earlier.to_vec(),
        containers: containers(&[("app", image)]),
        labels: BTreeMap::new(),
        annotations: BTreeMap::new(),
    }
}

/// `kubectl rollout undo` brings back what names no commit. A release that is newer than ours looks alike, and was never current.
#[test]
fn what_names_no_commit_was_rolled_back_to_only_when_it_was_current_before_ours() {
    for (image, runs, still) in [
        (
            "w:v1.4.2",
            "image tag 'v1.4.2'",
            "it runs an image whose tag 'v1.4.2' names no commit",
        ),
        (
            "w",
            "image tag 'latest'",
            "it runs an image whose tag 'latest' names no commit",
        ),
        (
            "w@sha256:00ff",
            "a digest in container app",
            "Stopped: Deployment prod/widgets pins a digest in container app",
        ),
    ] {
        let workload = Workload {
            revision: Some(6),
            ..complete(&[("app", image)])
        };
        let rolled_back = format!(
            "FAILURE at 50: It was rolled back: revision 5 ran the commit, and revision 6 runs {runs}, which is not known to contain it."
        );
        for (sets, is_back) in [
            (vec![past(5, &[], "w:4f1c2b7a"), past(6, &[4], image)], true),
            // Ours came and went twice.
            (
                vec![past(5, &[3], "w:4f1c2b7a"), past(6, &[4], image)],
                true,
            ),
            // Never current before: a release that may contain ours.
            (vec![past(5, &[], "w:4f1c2b7a"), past(6, &[], image)], false),
            // Another one was.
            (
                vec![
                    past(5, &[], "w:4f1c2b7a"),
                    past(4, &[2], "w:v1.4.1"),
                    past(6, &[], image),
                ],
                false,
            ),
            // Under one number only one of them was current: that says not which was first.
            (
                vec![past(5, &[], "w:4f1c2b7a"), past(6, &[5], image)],
                false,
            ),
            // Ours never was.
            (
                vec![past(5, &[], "w:cccccccc"), past(6, &[4], image)],
                false,
            ),
            // Ours is being made current just now.
            (
                vec![past(7, &[], "w:4f1c2b7a"), past(6, &[4], image)],
                false,
            ),
            (vec![], false),
        ] {
            let said = told(ask_of(&workload, &sets, &rollout()).unwrap());
            if is_back {
                assert_eq!(said, rolled_back, "{sets:?}");
            } else {
                assert!(said.starts_with(still), "{said}: {sets:?}");
            }
        }
    }
}

/// SPEC 5: what superseded ours and fails is ours only when it is a commit of the run. Revision 4 was the old one.
#[test]
fn a_newer_image_that_is_taken_back_is_no_failure_of_ours_unless_it_is_of_the_run() {
    let said = |workload: &Workload, sets: &[PastTemplate], of_run: &[CommitSha]| {
        let mut said = None;
        question(&rollout(), None, &mut |question| {
            let question = RolloutQuestion {
                of_run,
                ..*question
            };
            said = Some(fold(workload, sets, &question).unwrap());
        });
        told(said.unwrap())
    };
    let (ours, newer) = ("w:4f1c2b7a", "w:aaaaaaaa");
    for (image, runs) in [
        ("w:bbbbbbbb", "image tag 'bbbbbbbb'"),
        ("w:cccccccc", "image tag 'cccccccc'"),
        ("w:v1.4.2", "image tag 'v1.4.2'"),
        ("w", "image tag 'latest'"),
        ("w@sha256:00ff", "a digest in container app"),
    ] {
        let workload = Workload {
            revision: Some(8),
            ..complete(&[("app", image)])
        };
        let runs = format!("revision 8 runs {runs}, which is not known to contain it");
        let back = |ran: u64| {
            format!("FAILURE at 50: It was rolled back: revision {ran} ran the commit, and {runs}.")
        };
        let waits =
            format!("revision 7 ran a newer commit that contains it, and was taken back: {runs}");
        let old = past(8, &[4], image);
        for (sets, alone, with_newer) in [
            // Ours never ran by itself.
            (
                vec![past(7, &[], newer), old.clone()],
                waits.clone(),
                back(7),
            ),
            // It did, before the newer one, or after it.
            (
                vec![past(6, &[], ours), past(7, &[], newer), old.clone()],
                back(6),
                back(7),
            ),
            (
                vec![past(6, &[], newer), past(7, &[], ours), old.clone()],
                back(7),
                back(7),
            ),
            // Another one came between ours and the newer one, and came back.
            (
                vec![past(3, &[], ours), past(7, &[], newer), old.clone()],
                if image == "w:cccccccc" {
                    back(3)
                } else {
                    waits.clone()
                },
                back(7),
            ),
        ] {
            assert_eq!(said(&workload, &sets, &[sha(OURS)]), alone, "{sets:?}");
            let both = [sha(NEWER), sha(OURS)];
            assert_eq!(said(&workload, &sets, &both), with_newer, "{sets:?}");
        }
    }
    // An older commit of the run is not what is asked about.
    let workload = Workload {
        revision: Some(8),
        ..complete(&[("app", "w:bbbbbbbb")])
    };
    let sets = [
        past(6, &[], "w:cccccccc"),
        past(7, &[], newer),
        past(8, &[4], "w:bbbbbbbb"),
    ];
    let waits = said(&workload, &sets, &[sha(OURS), sha(KNOWN)]);
    assert!(
        waits.starts_with("revision 7 ran a newer commit"),
        "{waits}"
    );
}

#[test]
fn a_template_without_the_configured_label_was_rolled_back_to_like_any_other() {
    let rollout = Rollout {
        revision: Some(Revision::Label("acme.io/commit".to_owned())),
        ..rollout()
    };
    let workload = Workload {
        revision: Some(6),
        ..complete(&[("app", "w:1")])
    };
    let ours = PastTemplate {
        labels: [("acme.io/commit".to_owned(), OURS.to_owned())].into(),
        ..past(5, &[], "w:2")
    };
    for (earlier, expected) in [
        (
            &[4][..],
            "FAILURE at 50: It was rolled back: revision 5 ran the commit, and revision 6 runs a template without label acme.io/commit, which is not known to contain it.",
        ),
        (&[], "neither it nor its template has label acme.io/commit"),
    ] {
        let sets = [ours.clone(), past(6, earlier, "w:1")];
        let said = told(ask_of(&workload, &sets, &rollout).unwrap());
        assert_eq!(said, expected);
    }
    let mut asks = false;
    question(&rollout, None, &mut |question| {
        asks = asks_for_past(&workload, question);
    });
    assert!(asks);
}

/// Helps, and never hurts: what somebody else's image does is red for nobody but them.
#[test]
fn a_newer_image_that_stalls_is_no_failure_of_ours_unless_it_is_of_the_run() {
    let stalled = |images: &[(&str, &str)]| Workload {
        conditions: vec![condition(
            "Progressing",
            "False",
            "ProgressDeadlineExceeded",
            60,
        )],
        ..complete(images)
    };
    let said = |workload: &Workload, rollout: &Rollout, of_run: &[CommitSha]| {
        let mut said = None;
        question(rollout, None, &mut |question| {
            let question = RolloutQuestion {
                of_run,
                ..*question
            };
            said = Some(fold(workload, &[], &question).unwrap());
        });
        told(said.unwrap())
    };
    let why = "ProgressDeadlineExceeded: about ProgressDeadlineExceeded";
    let red = format!("FAILURE at 60: {why}");
    let waits = format!("a newer commit that contains it does not become ready ({why})");
    let label = Rollout {
        revision: Some(Revision::Label("acme.io/commit".to_owned())),
        ..rollout()
    };
    let named = Rollout {
        container: Some("b".to_owned()),
        ..rollout()
    };
    let labelled = |value: &str| Workload {
        labels: [("acme.io/commit".to_owned(), value.to_owned())].into(),
        ..stalled(&[("a", "w:4f1c2b7a")])
    };
    let usual = |value: &str| Workload {
        template_annotations: [(
            "org.opencontainers.image.revision".to_owned(),
            value.to_owned(),
        )]
        .into(),
        ..stalled(&[("a", "w:latest")])
    };
    for (workload, rollout, is_ours) in [
        (stalled(&[("a", "w:4f1c2b7a")]), rollout(), true),
        (stalled(&[("a", "w:aaaaaaaa")]), rollout(), false),
        (
            stalled(&[("a", "w:4f1c2b7a"), ("b", "y/tool:aaaaaaaa")]),
            rollout(),
            true,
        ),
        (
            stalled(&[("a", "w:4f1c2b7a"), ("b", "w:aaaaaaaa")]),
            named,
            false,
        ),
        (labelled(OURS), label.clone(), true),
        (labelled(NEWER), label, false),
        (usual(OURS), rollout(), true),
        (usual(NEWER), rollout(), false),
    ] {
        let expected = if is_ours { &red } else { &waits };
        assert_eq!(&said(&workload, &rollout, &[sha(OURS)]), expected);
        assert_eq!(said(&workload, &rollout, &[sha(NEWER), sha(OURS)]), red);
    }
}

#[test]
fn an_application_that_fails_for_a_newer_commit_is_waited_for() {
    let rollout = Rollout {
        kind: WorkloadKind::Application,
        ..rollout()
    };
    let said = |application: &Application, of_run: &[CommitSha]| {
        let mut said = None;
        question(&rollout, None, &mut |question| {
            let question = RolloutQuestion {
                of_run,
                now: time(1_000),
                ..*question
            };
            said = Some(fold_application(application, &question));
        });
        let said = told(said.unwrap());
        said.trim_start_matches("Application prod/widgets: ")
            .to_owned()
    };
    let at = |revision: &str, health: &str, operation: &str, of: &str| Application {
        sync: "Synced".to_owned(),
        health: health.to_owned(),
        revisions: vec![revision.to_owned()],
        operation: operation.to_owned(),
        operation_message: "hook failed".to_owned(),
        operation_revisions: vec![of.to_owned()],
        ..Application::default()
    };
    let old = "b".repeat(40);
    let sync = "the sync of a newer commit that contains it failed: hook failed";
    let synced = "FAILURE at 0: the sync failed: hook failed".to_owned();
    let degraded = "FAILURE at 90: it is Degraded since 1970-01-01 01:30:00 UTC".to_owned();
    for (application, others, of_run) in [
        (
            at(&old, "Healthy", "Failed", NEWER),
            format!("it still runs revision {old}; {sync}"),
            synced.clone(),
        ),
        (
            at(NEWER, "Degraded", "Succeeded", NEWER),
            "a newer commit that contains it is not healthy (it is Degraded since 1970-01-01 01:30:00 UTC)".to_owned(),
            degraded.clone(),
        ),
        (
            at(NEWER, "Degraded", "Error", NEWER),
            format!(
                "a newer commit that contains it is not healthy (it is Degraded since 1970-01-01 01:30:00 UTC); {sync}"
            ),
            synced.clone(),
        ),
        // Ours runs, whatever the sync of a newer one came to.
        (
            at(OURS, "Healthy", "Failed", NEWER),
            "SUCCESS".to_owned(),
            synced,
        ),
        (
            at(OURS, "Degraded", "Failed", NEWER),
            degraded.clone(),
            "FAILURE at 0: the sync failed: hook failed".to_owned(),
        ),
        (
            at(OURS, "Degraded", "Succeeded", OURS),
            degraded.clone(),
            degraded,
        ),
    ] {
        assert_eq!(said(&application, &[sha(OURS)]), others);
        assert_eq!(said(&application, &[sha(NEWER), sha(OURS)]), of_run);
    }
}

/// One more request, where nothing else may ever say why.
#[test]
fn pods_are_asked_only_of_what_waits_for_long() {
    let stuck = |kind| Workload {
        kind,
        updated: 1,
        conditions: Vec::new(),
        ..ours()
    };
    let asks = |workload: &Workload, began: i64| {
        let mut asks = false;
        question(&rollout(), None, &mut |question| {
            let question = RolloutQuestion {
                began: time(began),
                ..*question
            };
            asks = asks_for_pods(workload, &question);
        });
        asks
    };
    // It is minute 100.
    for (kind, began, expected) in [
        (WorkloadKind::StatefulSet, 95, true),
        (WorkloadKind::StatefulSet, 96, false),
        (WorkloadKind::DaemonSet, 95, true),
        (WorkloadKind::DaemonSet, 96, false),
        (WorkloadKind::Deployment, 95, true),
        (WorkloadKind::Deployment, 96, false),
        (WorkloadKind::Application, 0, false),
    ] {
        assert_eq!(asks(&stuck(kind), began), expected, "{kind:?} {began}");
    }
    let set = stuck(WorkloadKind::StatefulSet);
    for (workload, expected) in [
        (set.clone(), true),
        (
            Workload {
                updated: 2,
                available: 1,
                ..set.clone()
            },
            true,
        ),
        (
            Workload {
                updated: 2,
                ..set.clone()
            },
            false,
        ),
        (
            Workload {
                generation: 4,
                ..set.clone()
            },
            false,
        ),
        (
            Workload {
                deleting: true,
                ..set.clone()
            },
            false,
        ),
        (
            Workload {
                containers: containers(&[("app", "w:bbbbbbbb")]),
                ..set
            },
            false,
        ),
    ] {
        assert_eq!(asks(&workload, 0), expected, "{workload:?}");
        let workload = Workload {
            kind: WorkloadKind::Deployment,
            ..workload
        };
        assert_eq!(asks(&workload, 0), expected, "{workload:?}");
    }
    // Nobody expects new pods of these.
    let deployment = stuck(WorkloadKind::Deployment);
    for workload in [
        Workload {
            paused: true,
            ..deployment.clone()
        },
        Workload {
            wanted: 0,
            ..deployment
        },
    ] {
        assert!(!asks(&workload, 0), "{workload:?}");
    }
}
