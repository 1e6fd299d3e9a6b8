//! Images of other commits: which of them came before ours, which may be newer, and which are a sidecar's.

use std::collections::BTreeMap;

use super::*;

fn past(revision: u64, earlier: &[u64], images: &[(&str, &str)]) -> PastTemplate {
    PastTemplate {
        revision,
        earlier: earlier.to_vec(),
        containers: containers(images),
        labels: BTreeMap::new(),
        annotations: BTreeMap::new(),
    }
}

/// 2 was the old one, 3 is ours, and 4 is what runs now.
#[test]
fn a_new_image_is_no_roll_back_unless_it_is_older_than_ours() {
    let old = |image| past(2, &[], &[("app", image)]);
    let ours = past(3, &[1], &[("app", "w:4f1c2b7a")]);
    for (image, sets, is_back) in [
        // Not on the branch, and never current before.
        ("w:eeeeeeee", vec![old("w:bbbbbbbb")], false),
        // On the branch, and newer than ours or beside it.
        ("w:dddddddd", vec![old("w:bbbbbbbb")], false),
        ("w:v1.2-3-gdddddddd", vec![old("w:bbbbbbbb")], false),
        // On the branch, and older than ours.
        ("w:cccccccc", vec![old("w:bbbbbbbb")], true),
        ("w:v1.2-3-gcccccccc", vec![], true),
        // It was current before ours.
        ("w:eeeeeeee", vec![old("w:eeeeeeee")], true),
        ("w:dddddddd", vec![old("w:dddddddd")], true),
        (
            "w:eeeeeeee",
            vec![past(4, &[2], &[("app", "w:eeeeeeee")])],
            true,
        ),
        // Another image with the same tag was.
        ("w:eeeeeeee", vec![old("x:eeeeeeee")], false),
        // It was current after ours came for the last time, or is only now.
        (
            "w:eeeeeeee",
            vec![past(4, &[3], &[("app", "w:eeeeeeee")])],
            false,
        ),
        (
            "w:eeeeeeee",
            vec![past(4, &[], &[("app", "w:eeeeeeee")])],
            false,
        ),
    ] {
        let workload = Workload {
            revision: Some(4),
            ..complete(&[("app", image)])
        };
        let sets: Vec<_> = sets.into_iter().chain([ours.clone()]).collect();
        let said = told(ask_of(&workload, &sets, &rollout()).unwrap());
        let start = if is_back {
            "FAILURE at 50: It was rolled back: revision 3 ran the commit, and revision 4 runs"
        } else {
            "it runs another commit: revision 3 ran this one, and revision 4 runs"
        };
        assert!(said.starts_with(start), "{image} {sets:?}: {said}");
    }
}

/// A release came after ours beside a sidecar, or a worker, that stayed as it was.
#[test]
fn what_stood_beside_ours_does_not_make_a_roll_back() {
    for beside in ["proxy:1.22-deadbeef", "tool:cccccccc"] {
        let workload = Workload {
            revision: Some(4),
            ..complete(&[("app", "w:v1.4.2"), ("beside", beside)])
        };
        let sets = [
            past(2, &[], &[("app", "w:v1.4.1"), ("beside", beside)]),
            past(3, &[], &[("app", "w:4f1c2b7a"), ("beside", beside)]),
            past(4, &[], &[("app", "w:v1.4.2"), ("beside", beside)]),
        ];
        let said = told(ask_of(&workload, &sets, &rollout()).unwrap());
        assert!(said.starts_with("it runs another commit"), "{said}");
        // `kubectl rollout undo` brings a template back as it was.
        let undone = PastTemplate {
            earlier: vec![2],
            ..sets[2].clone()
        };
        let sets = [sets[1].clone(), undone];
        let said = told(ask_of(&workload, &sets, &rollout()).unwrap());
        assert!(said.contains("It was rolled back"), "{said}");
    }
}

const LABEL: &str = "app.kubernetes.io/version";
const ANNOTATION: &str = "org.opencontainers.image.revision";

/// Digests that the next deploy pins anew, with its commit or its release beside them, are another version; digests alone are
/// nobody's for ever.
#[test]
fn a_digest_is_another_version_where_a_commit_or_a_release_stands_beside_it() {
    let stopped = "Stopped: Deployment prod/widgets pins a digest in container app, which names no commit; say where the commit is written with \"revision\" in AFK_REPOS";
    let still = |what: &str| format!("it still runs {what}");
    let unnamed = |tag: &str| {
        format!(
            "it runs an image whose tag '{tag}' names no commit; say where the commit is written with \"revision\" in AFK_REPOS"
        )
    };
    let digest = "r.io/w@sha256:00ff";
    for (image, key, value, expected) in [
        (
            digest,
            ANNOTATION,
            KNOWN,
            still(&format!("annotation {ANNOTATION} '{KNOWN}'")),
        ),
        (
            digest,
            ANNOTATION,
            "bbbbbbbb",
            still(&format!("annotation {ANNOTATION} 'bbbbbbbb'")),
        ),
        (
            digest,
            LABEL,
            "v1-gbbbbbbbb",
            still(&format!("label {LABEL} 'v1-gbbbbbbbb'")),
        ),
        (
            "r.io/w:latest@sha256:00ff",
            ANNOTATION,
            "bbbbbbbb",
            still(&format!("annotation {ANNOTATION} 'bbbbbbbb'")),
        ),
        (
            "r.io/w:v1.4.2@sha256:00ff",
            ANNOTATION,
            "bbbbbbbb",
            still(&format!("annotation {ANNOTATION} 'bbbbbbbb'")),
        ),
        // Ours, and one that contains it.
        (digest, ANNOTATION, OURS, "SUCCESS".to_owned()),
        (digest, LABEL, "v1-gaaaaaaaa", "SUCCESS".to_owned()),
        // What is no commit says nothing.
        (digest, LABEL, "1.4.2", stopped.to_owned()),
        (digest, ANNOTATION, "", stopped.to_owned()),
        (digest, ANNOTATION, "main", stopped.to_owned()),
        (digest, "acme.io/other", "bbbbbbbb", stopped.to_owned()),
        // A release has its number beside the digest, and the next one may have its commit.
        (
            "r.io/w:v1.4.2@sha256:00ff",
            LABEL,
            "1.4.2",
            unnamed("v1.4.2"),
        ),
        (
            "r.io/w:20261120@sha256:00ff",
            LABEL,
            "",
            unnamed("20261120"),
        ),
        ("r.io/w:latest@sha256:00ff", LABEL, "", stopped.to_owned()),
        (
            "r.io/w:main@sha256:00ff",
            LABEL,
            "1.4.2",
            stopped.to_owned(),
        ),
        // A tag with a commit says whose it is.
        (
            "r.io/w:bbbbbbbb@sha256:00ff",
            ANNOTATION,
            "eeeeeeee",
            still("image tag 'bbbbbbbb'"),
        ),
        (
            "r.io/w:4f1c2b7a@sha256:00ff",
            ANNOTATION,
            "bbbbbbbb",
            "SUCCESS".to_owned(),
        ),
    ] {
        let one = BTreeMap::from([(key.to_owned(), value.to_owned())]);
        let workload = complete(&[("app", image)]);
        let workload = if key == LABEL {
            Workload {
                template_labels: one,
                ..workload
            }
        } else {
            Workload {
                template_annotations: one,
                ..workload
            }
        };
        assert_eq!(short(&workload), expected, "{image} {key} {value}");
    }
}

/// Only a tag that names another commit of ours outweighs what the deploy wrote.
#[test]
fn a_sidecars_tag_does_not_outweigh_what_the_deploy_wrote() {
    let with = |images: &[(&str, &str)], revision: &str| Workload {
        template_annotations: [(ANNOTATION.to_owned(), revision.to_owned())].into(),
        ..complete(images)
    };
    let proxy = ("proxy", "istio/proxyv2:1.22-deadbeef");
    for app in ["w:main", "w", "w:v1.4.2", "w@sha256:00ff"] {
        for images in [[("app", app), proxy], [proxy, ("app", app)]] {
            for revision in [OURS, NEWER, "4f1c2b7a"] {
                assert_eq!(short(&with(&images, revision)), "SUCCESS", "{app}");
            }
            let old = short(&with(&images, KNOWN));
            let beside = match app {
                "w:main" => Some("main"),
                "w" => Some("latest"),
                "w:v1.4.2" => Some("v1.4.2"),
                _ => None,
            };
            let expected = match beside {
                None => "it still runs image tag '1.22-deadbeef'".to_owned(),
                Some(tag) => format!(
                    "it still runs image tags '1.22-deadbeef' and '{tag}'; where '{tag}' is the commit's image, say where the commit is written with \"revision\" in AFK_REPOS"
                ),
            };
            assert_eq!(old, expected, "{app}");
        }
    }
    for other in ["cccccccc", "dddddddd", "v1-gcccccccc"] {
        let worker = format!("y/tool:{other}");
        let images = [("app", "w:main"), ("worker", worker.as_str())];
        let expected = format!("it still runs image tag '{other}'");
        assert_eq!(short(&with(&images, OURS)), expected);
    }
}
