//! Whether what runs is of the commit: images, revisions, what ran before.

use std::collections::BTreeMap;

use super::*;

#[test]
fn the_image_must_be_of_the_commit_in_every_container_that_runs_it() {
    let other = "it still runs image tag 'bbbbbbbb'";
    let floating = |tag: &str| {
        format!(
            "it runs an image whose tag '{tag}' names no commit; say where the commit is written with \"revision\" in AFK_REPOS"
        )
    };
    let partly = |image: &str| format!("one of its containers still runs {image}");
    let unread = |image: &str| {
        format!(
            "one of its containers still runs {image}, of a commit that was not read; where it is built from another repository, name the container that counts with \"container\" in AFK_REPOS"
        )
    };
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
            vec![("a", "w@sha256:00ff"), ("b", "proxy@sha256:00ff")],
            digest("a"),
        ),
        // Which of two is ours nobody can tell: any tag may still become one that names a commit.
        (
            vec![("b", "proxy:1.2"), ("a", "w@sha256:00ff")],
            floating("1.2"),
        ),
        (
            vec![("a", "w:v1.4.2"), ("b", "proxy@sha256:00ff")],
            floating("v1.4.2"),
        ),
        (
            vec![("a", "w:latest"), ("b", "proxy@sha256:00ff")],
            floating("latest"),
        ),
        (
            vec![("b", "proxy@sha256:00ff"), ("a", "w")],
            floating("latest"),
        ),
        (vec![("b", "proxy:1.2"), ("a", "w:main")], floating("main")),
        (
            vec![("b", "proxy@sha256:00ff"), ("a", "w:1.4.2")],
            floating("1.4.2"),
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
            "it still runs image tags 'bbbbbbbb' and '1.2'; where '1.2' is the commit's image, say where the commit is written with \"revision\" in AFK_REPOS".to_owned(),
        ),
        (
            vec![("a", "proxy:1.2"), ("b", "w:cccccccc")],
            "it still runs image tag 'cccccccc'".to_owned(),
        ),
        // Another image of the product, and another image with a commit of the branch.
        (
            vec![("a", "x/w:bbbbbbbb"), ("b", "x/w-worker:4f1c2b7a")],
            unread("x/w:bbbbbbbb"),
        ),
        (
            vec![("a", "x/w:4f1c2b7a"), ("b", "x/w/job:bbbbbbbb")],
            unread("x/w/job:bbbbbbbb"),
        ),
        (
            vec![("a", "x/w:cccccccc"), ("b", "x/w-worker:4f1c2b7a")],
            partly("x/w:cccccccc"),
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
    // What is beside it can not become ours.
    let pinned = complete(&[("app", "w@sha256:00ff"), ("proxy", "proxy:1.2")]);
    assert!(matches!(
        ask(&pinned, Some("app")),
        Ok(StageOutcome::Blocked {
            hold: Hold::Stopped,
            ..
        })
    ));
    assert_eq!(
        ask(&deployment, Some("web")).unwrap_err().to_string(),
        "Deployment prod/widgets has no container 'web' (it has init, app)"
    );
}

#[test]
fn a_floating_tag_may_have_a_revision_in_the_template() {
    let said = |text: &str| {
        BTreeMap::from([(
            "org.opencontainers.image.revision".to_owned(),
            text.to_owned(),
        )])
    };
    let revision = |text: &str, image: &str| Workload {
        annotations: said(text),
        template_annotations: said(text),
        ..complete(&[("app", image)])
    };
    assert_eq!(short(&revision(OURS, "w:latest")), "SUCCESS");
    assert_eq!(short(&revision("aaaaaaaa", "w:latest")), "SUCCESS");
    assert_eq!(short(&revision(OURS, "w@sha256:00ff")), "SUCCESS");
    assert!(short(&revision("bbbbbbbb", "w:latest")).contains("names no commit"));
    // On the object alone it restarts no pod.
    for image in ["w:latest", "w@sha256:00ff"] {
        let of_object = Workload {
            annotations: said(OURS),
            labels: [("app.kubernetes.io/version".to_owned(), OURS.to_owned())].into(),
            ..complete(&[("app", image)])
        };
        assert!(short(&of_object).contains("names no commit"), "{image}");
    }
    // It does not outvote a tag that names another commit of ours.
    assert!(short(&revision(OURS, "w:cccccccc")).contains("still runs"));
    assert!(short(&revision(OURS, "w:dddddddd")).contains("still runs"));
    assert_eq!(short(&revision(OURS, "w:bbbbbbbb")), "SUCCESS");
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
        earlier: Vec::new(),
        containers: containers(&[("app", &format!("w:{tag}"))]),
        labels: BTreeMap::new(),
        annotations: BTreeMap::new(),
    };
    let back = |revision, earlier: &[u64], tag: &str| PastTemplate {
        earlier: earlier.to_vec(),
        ..past(revision, tag)
    };
    let other = |revision| Workload {
        revision,
        ..complete(&[("app", "w:bbbbbbbb")])
    };
    let still = "it still runs image tag 'bbbbbbbb'";
    let rolled_back = "FAILURE at 50: It was rolled back: revision 5 ran the commit, and revision 6 runs image tag 'bbbbbbbb', which is not known to contain it.";
    let another = "it runs another commit: revision 5 ran this one, and revision 6 runs image tag 'bbbbbbbb', which was not there before and is not known to contain it";
    let taken_back = "revision 5 ran a newer commit that contains it, and was taken back: revision 6 runs image tag 'bbbbbbbb', which is not known to contain it";
    let other_newer = "it runs another commit: revision 5 ran a newer one that contains it, and revision 6 runs image tag 'bbbbbbbb', which was not there before and is not known to contain it";
    for (revision, past, expected) in [
        (
            Some(6),
            vec![past(5, "4f1c2b7a"), back(6, &[4], "bbbbbbbb")],
            rolled_back,
        ),
        (
            Some(6),
            vec![past(5, "aaaaaaaa"), back(6, &[2, 4], "bbbbbbbb")],
            taken_back,
        ),
        // The same image under another template.
        (
            Some(6),
            vec![
                past(4, "bbbbbbbb"),
                past(5, "4f1c2b7a"),
                past(6, "bbbbbbbb"),
            ],
            rolled_back,
        ),
        // Merely seen: it was never current before.
        (
            Some(6),
            vec![past(5, "4f1c2b7a"), past(6, "bbbbbbbb")],
            another,
        ),
        (
            Some(6),
            vec![past(5, "aaaaaaaa"), past(6, "bbbbbbbb")],
            other_newer,
        ),
        (
            Some(6),
            vec![past(3, "4f1c2b7a"), past(5, "4f1c2b7a")],
            another,
        ),
        (
            Some(6),
            vec![past(4, "cccccccc"), past(5, "4f1c2b7a")],
            another,
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
        (Some(6), vec![past(6, "4f1c2b7a")], still),
    ] {
        let said = told(ask_of(&other(revision), &past, &rollout()).unwrap());
        assert_eq!(said, expected, "{past:?}");
    }
}

/// Digest pins say their commit in a label or an annotation, and so do those that were current before.
#[test]
fn what_a_revision_names_is_rolled_back_like_a_tag() {
    const KEY: &str = "acme.io/commit";
    let pin = &[("app", "w@sha256:0123")];
    let one = |value: &str| BTreeMap::from([(KEY.to_owned(), value.to_owned())]);
    let none = BTreeMap::new();
    for is_label in [true, false] {
        let (place, revision) = if is_label {
            ("label", Revision::Label(KEY.to_owned()))
        } else {
            ("annotation", Revision::Annotation(KEY.to_owned()))
        };
        let at = |value: &str| {
            if is_label {
                (one(value), none.clone())
            } else {
                (none.clone(), one(value))
            }
        };
        let past = |revision, value: &str| {
            let (labels, annotations) = at(value);
            PastTemplate {
                revision,
                earlier: Vec::new(),
                containers: containers(pin),
                labels,
                annotations,
            }
        };
        let back = |earlier: &[u64]| PastTemplate {
            earlier: earlier.to_vec(),
            ..past(6, "bbbbbbbb")
        };
        let (labels, annotations) = at("bbbbbbbb");
        let now = Workload {
            revision: Some(6),
            labels,
            annotations,
            ..complete(pin)
        };
        let rollout = Rollout {
            revision: Some(revision),
            ..rollout()
        };
        let runs = format!("{place} {KEY} 'bbbbbbbb'");
        let rolled_back = format!(
            "FAILURE at 50: It was rolled back: revision 5 ran the commit, and revision 6 runs {runs}, which is not known to contain it."
        );
        let still = format!("it still runs {runs}");
        let another = format!(
            "it runs another commit: revision 5 ran this one, and revision 6 runs {runs}, which was not there before and is not known to contain it"
        );
        let taken_back = format!(
            "revision 5 ran a newer commit that contains it, and was taken back: revision 6 runs {runs}, which is not known to contain it"
        );
        let other_newer = another.replace("ran this one", "ran a newer one that contains it");
        let misplaced = {
            let said = past(5, OURS);
            PastTemplate {
                labels: said.annotations.clone(),
                annotations: said.labels.clone(),
                ..said
            }
        };
        let tagged = PastTemplate {
            containers: containers(&[("app", "w:4f1c2b7a")]),
            ..past(5, "cccccccc")
        };
        for (past, expected) in [
            (vec![past(5, OURS), back(&[4])], &rolled_back),
            (vec![past(5, "aaaaaaaa"), back(&[2, 5])], &taken_back),
            (vec![past(5, OURS), past(4, "bbbbbbbb")], &rolled_back),
            (vec![past(5, OURS), past(6, "bbbbbbbb")], &another),
            (vec![past(5, "aaaaaaaa")], &other_newer),
            (vec![past(3, OURS), past(5, "v1-4f1c2b7a")], &another),
            (vec![past(5, "cccccccc"), past(6, "bbbbbbbb")], &still),
            (vec![past(7, OURS)], &still),
            (vec![past(6, OURS)], &still),
            (vec![], &still),
            // What the operator did not name says nothing.
            (vec![misplaced], &still),
            (vec![tagged], &still),
        ] {
            let said = told(ask_of(&now, &past, &rollout).unwrap());
            assert_eq!(said, *expected, "{past:?}");
        }
        let mut asks = false;
        question(&rollout, None, &mut |question| {
            asks = asks_for_past(&now, question);
        });
        assert!(asks, "{place}");
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
    // So may what names no commit, and what has no label.
    for images in [&[("app", "w:v1.4.2")], &[("app", "w@sha256:00ff")]] {
        let unnamed = Workload {
            revision: Some(6),
            ..complete(images)
        };
        assert!(asks(&unnamed, None), "{images:?}");
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
