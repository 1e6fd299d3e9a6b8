//! Why a rollout is waited for, or failed: the true cause, and whose it is.

use super::*;

fn asked(workload: &Workload, change: &dyn Fn(&mut RolloutQuestion<'_>)) -> String {
    let rollout = Rollout {
        kind: workload.kind,
        ..rollout()
    };
    let mut said = None;
    question(&rollout, None, &mut |question| {
        let mut question = *question;
        change(&mut question);
        said = Some(fold(workload, &[], &question).unwrap());
    });
    let said = told(said.unwrap());
    said.split_once("prod/widgets: ")
        .map_or(said.clone(), |(_, said)| said.to_owned())
}

fn with(workload: Workload, more: &[Condition]) -> Workload {
    let mut conditions = workload.conditions;
    conditions.retain(|known| more.iter().all(|condition| condition.kind != known.kind));
    conditions.extend_from_slice(more);
    Workload {
        conditions,
        ..workload
    }
}

/// The stage began at minute 90, and it is minute 100. What an old ReplicaSet was refused says nothing of ours.
#[test]
fn pods_are_refused_since_the_last_step_and_not_since_before_ours() {
    let refused = |since| condition("ReplicaFailure", "True", "FailedCreate", since);
    let stepped = |at| condition("Progressing", "True", "ReplicaSetUpdated", at);
    let waits = "the cluster refuses pods (FailedCreate: about FailedCreate)".to_owned();
    let red = |since| format!("FAILURE at {since}: FailedCreate: about FailedCreate");
    for (since, step, updated, expected) in [
        (95, 50, 0, red(95)),
        (96, 50, 0, waits.clone()),
        // It made a step since.
        (91, 95, 0, red(95)),
        (91, 96, 0, waits.clone()),
        (91, 99, 1, waits.clone()),
        (91, 92, 1, red(92)),
        // It was so before anything was expected.
        (-1_000, 50, 0, red(90)),
        (-1_000, 95, 0, red(95)),
        (-1_000, 99, 0, waits.clone()),
        // There are new pods, which only start slowly.
        (-1_000, 99, 1, waits.clone()),
        (-1_000, 50, 1, waits.clone()),
        (89, 90, 2, waits.clone()),
        (90, 90, 2, red(90)),
    ] {
        let workload = Workload {
            updated,
            replicas: 3,
            ..with(ours(), &[refused(since), stepped(step)])
        };
        let said = asked(&workload, &|_| {});
        assert_eq!(said, expected, "{since} {step} {updated}");
    }
    // The first minutes of a stage.
    let workload = Workload {
        updated: 0,
        ..with(ours(), &[refused(-1_000), stepped(50)])
    };
    assert_eq!(
        asked(&workload, &|question| question.began = time(96)),
        waits
    );
    // Nobody tells of steps.
    let mut workload = workload;
    workload
        .conditions
        .retain(|known| known.kind != "Progressing");
    assert_eq!(asked(&workload, &|_| {}), red(90));
}

#[test]
fn a_deadline_that_is_over_tells_what_refuses_the_pods() {
    let exceeded = condition("Progressing", "False", "ProgressDeadlineExceeded", 60);
    let told = "FAILURE at 60: ProgressDeadlineExceeded: about ProgressDeadlineExceeded";
    for (status, expected) in [
        ("True", format!("{told}\nFailedCreate: about FailedCreate")),
        ("False", told.to_owned()),
    ] {
        let refused = condition("ReplicaFailure", status, "FailedCreate", 99);
        let workload = with(ours(), &[exceeded.clone(), refused]);
        assert_eq!(asked(&workload, &|_| {}), expected);
    }
}

/// `updatedReplicas` counts all pods where no two revisions are there.
#[test]
fn a_partition_keeps_old_pods_only_where_there_are_some() {
    let keeps = |kept: i64| format!("its partition keeps {kept} of 3 pods on the old image");
    let pods = |have: i64| format!("{have} of 3 pods have the new image");
    for (partition, replicas, updated, ready, expected) in [
        (1, 3, 3, 3, "SUCCESS".to_owned()),
        (3, 3, 3, 3, "SUCCESS".to_owned()),
        (7, 3, 3, 3, "SUCCESS".to_owned()),
        (1, 3, 2, 3, keeps(1)),
        (1, 3, 0, 3, keeps(1)),
        (3, 3, 0, 3, keeps(3)),
        (7, 3, 0, 3, keeps(3)),
        // One of the old ones is being replaced.
        (1, 2, 1, 2, keeps(1)),
        // It is created for the first time.
        (1, 1, 1, 0, pods(1)),
        (1, 0, 0, 0, pods(0)),
        (1, 3, 3, 2, "2 of 3 new pods are available".to_owned()),
        (0, 3, 2, 3, pods(2)),
        // It was made smaller.
        (1, 4, 3, 3, "1 old pods are still there".to_owned()),
    ] {
        let workload = Workload {
            kind: WorkloadKind::StatefulSet,
            conditions: Vec::new(),
            wanted: 3,
            partition,
            replicas,
            updated,
            available: ready,
            ..ours()
        };
        let said = asked(&workload, &|_| {});
        assert_eq!(said, expected, "{partition} {replicas} {updated} {ready}");
    }
}

/// A commit that is none of the branch is another repository's, where all of the branch were read.
#[test]
fn another_image_of_the_product_counts_by_commits_of_ours() {
    let still = |image: &str| format!("one of its containers still runs {image}");
    for (other, all_read, not_all) in [
        ("x/w-proxy:9fe31c02", None, Some("x/w-proxy:9fe31c02, of a")),
        ("x/w/proxy:9fe31c02", None, Some("x/w/proxy:9fe31c02, of a")),
        (
            "x/w-worker:cccccccc",
            Some("x/w-worker:cccccccc"),
            Some("x/w-worker:cccccccc"),
        ),
        (
            "x/w-worker:dddddddd",
            Some("x/w-worker:dddddddd"),
            Some("x/w-worker:dddddddd"),
        ),
        (
            "y/tool:cccccccc",
            Some("y/tool:cccccccc"),
            Some("y/tool:cccccccc"),
        ),
        ("y/tool:9fe31c02", None, None),
        // The image's own repository counts whatever its tag is.
        ("x/w:9fe31c02", Some("x/w:9fe31c02"), Some("x/w:9fe31c02")),
        ("x/w:latest", Some("x/w:latest"), Some("x/w:latest")),
        ("x/w-worker:aaaaaaaa", None, None),
        ("x/w-worker:4f1c2b7", None, None),
        ("x/w-proxy:1.2", None, None),
    ] {
        for images in [
            [("a", "x/w:4f1c2b7a"), ("b", other)],
            [("b", other), ("a", "x/w:4f1c2b7a")],
        ] {
            for (knows_all, expected) in [(true, all_read), (false, not_all)] {
                let workload = complete(&images);
                let said = asked(&workload, &|question| question.knows_all = knows_all);
                match expected {
                    None => assert_eq!(said, "SUCCESS", "{images:?} {knows_all}"),
                    Some(image) if image.ends_with(", of a") => {
                        assert!(said.starts_with(&still(image)), "{said}");
                        assert!(said.contains("name the container that counts"), "{said}");
                    }
                    Some(image) => assert_eq!(said, still(image), "{images:?} {knows_all}"),
                }
            }
        }
    }
}

#[test]
fn of_images_those_of_known_commits_are_told_and_two_where_there_are_none() {
    let hint = |tag: &str| {
        format!(
            "; where '{tag}' is the commit's image, say where the commit is written with \"revision\" in AFK_REPOS"
        )
    };
    for (images, expected) in [
        (
            vec!["w:v1.4.2", "proxy:9fe31c02"],
            format!("image tags '9fe31c02' and 'v1.4.2'{}", hint("v1.4.2")),
        ),
        (
            vec!["proxy:9fe31c02", "w"],
            format!("image tags '9fe31c02' and 'latest'{}", hint("latest")),
        ),
        (
            vec!["busybox:1.36", "w:main", "proxy:9fe31c02"],
            format!("image tags '9fe31c02' and 'main'{}", hint("main")),
        ),
        (
            vec!["proxy:9fe31c02", "w:v1.4.2", "x:cccccccc"],
            "image tag 'cccccccc'".to_owned(),
        ),
        (
            vec!["proxy:9fe31c02", "w:bbbbbbbb"],
            "image tag '9fe31c02'".to_owned(),
        ),
        (
            vec!["proxy:9fe31c02", "w@sha256:00ff"],
            "image tag '9fe31c02'".to_owned(),
        ),
    ] {
        let named: Vec<_> = images.iter().map(|image| ("c", *image)).collect();
        let said = short(&complete(&named));
        assert_eq!(said, format!("it still runs {expected}"), "{images:?}");
    }
    let argo = Rollout {
        kind: WorkloadKind::Application,
        ..rollout()
    };
    for (images, expected) in [
        (vec!["redis:7", "r/w:cccccccc"], "image r/w:cccccccc"),
        (
            vec!["redis:7", "p:9fe31c02", "r/w:dddddddd"],
            "image r/w:dddddddd",
        ),
        (
            vec!["redis:7", "r/w:bbbbbbbb"],
            "images r/w:bbbbbbbb and redis:7",
        ),
        (
            vec!["redis:7", "pg:16", "r/w:v1.4.2"],
            "images redis:7 and pg:16",
        ),
        (
            vec!["a:1", "p:9fe31c02", "r/w:bbbbbbbb"],
            "images p:9fe31c02 and r/w:bbbbbbbb",
        ),
        (vec!["redis:7"], "image redis:7"),
        (vec![], "revision dddd"),
    ] {
        let application = Application {
            sync: "Synced".to_owned(),
            health: "Healthy".to_owned(),
            images: images.iter().map(|image| (*image).to_owned()).collect(),
            revisions: vec!["dddd".to_owned()],
            ..Application::default()
        };
        let mut said = None;
        question(&argo, None, &mut |question| {
            said = Some(told(fold_application(&application, question)));
        });
        let expected = format!("Application prod/widgets: it still runs {expected}");
        assert_eq!(said.unwrap(), expected, "{images:?}");
    }
}

#[test]
fn all_that_is_waited_for_is_told_and_each_once() {
    let waits = |detail: &str| StageOutcome::Pending {
        detail: detail.to_owned(),
    };
    let good = StageOutcome::Success {
        ended_at: Some(time(50)),
    };
    for (outcomes, expected) in [
        (vec![waits("a"), waits("b")], "a; b"),
        (vec![waits("b"), good.clone(), waits("a")], "b; a"),
        (vec![waits("a"), waits("a"), waits("b"), waits("a")], "a; b"),
        (vec![StageOutcome::None, waits("a"), good.clone()], "a"),
        (vec![waits("a"), waits("b"), waits("c")], "a; b; c"),
        (
            vec![waits("a"), waits("b"), waits("c"), waits("d"), waits("e")],
            "a; b; c; and 2 more",
        ),
    ] {
        assert_eq!(told(fold_all(outcomes.clone())), expected, "{outcomes:?}");
    }
    let failed = StageOutcome::Failure {
        concluded_at: None,
        checks: vec![FailedCheck {
            name: "x".to_owned(),
            url: None,
            excerpt: None,
        }],
    };
    assert_eq!(
        fold_all(vec![waits("a"), failed.clone(), waits("b")]),
        failed
    );
}
