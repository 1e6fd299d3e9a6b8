//! Images of other commits: which of them are another version, and which are a sidecar's.

use std::collections::BTreeMap;

use super::*;

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
                labels: one,
                ..workload
            }
        } else {
            Workload {
                annotations: one,
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
        annotations: [(ANNOTATION.to_owned(), revision.to_owned())].into(),
        ..complete(images)
    };
    let proxy = ("proxy", "istio/proxyv2:1.22-deadbeef");
    for app in ["w:main", "w", "w:v1.4.2", "w@sha256:00ff"] {
        for images in [[("app", app), proxy], [proxy, ("app", app)]] {
            for revision in [OURS, NEWER, "4f1c2b7a"] {
                assert_eq!(short(&with(&images, revision)), "SUCCESS", "{app}");
            }
            let old = short(&with(&images, KNOWN));
            assert_eq!(old, "it still runs image tag '1.22-deadbeef'", "{app}");
        }
    }
    for other in ["cccccccc", "dddddddd", "v1-gcccccccc"] {
        let worker = format!("y/tool:{other}");
        let images = [("app", "w:main"), ("worker", worker.as_str())];
        let expected = format!("it still runs image tag '{other}'");
        assert_eq!(short(&with(&images, OURS)), expected);
    }
}
