//! Stories of rollouts by Argo CD.

use serde_json::{Value, json};

use crate::support::delivery::Delivery;
use crate::support::place::{Place, on_each_kind_of_forge};
use crate::support::sandbox::kubernetes_objects::Application;

on_each_kind_of_forge! {
    an_application_lands_by_its_revision_and_is_red_when_degraded,
    an_application_that_is_paused_has_its_time_from_its_sync_on,
    a_sync_that_a_person_terminated_is_theirs_and_one_that_failed_is_the_runs,
    an_application_that_somebody_deletes_is_waited_for,
    why_nothing_happens_is_told_while_it_waits_and_at_its_end,
}

/// A repository that Argo CD rolls out.
fn argo(place: Place) -> Delivery {
    Delivery::at(
        place,
        r#"{"acme/widgets": {"rollout": {"kind": "Application", "namespace": "argocd", "name": "widgets"}}}"#,
    )
}

/// The Application has this status.
fn argo_is(story: &Delivery, status: Value) {
    story.kubernetes.set_object(
        "argoproj.io/v1alpha1/namespaces/argocd/applications/widgets",
        json!({"kind": "Application", "metadata": {"name": "widgets"}, "spec": {}, "status": status}),
    );
}

fn an_application_lands_by_its_revision_and_is_red_when_degraded(place: Place) {
    for (health, missing) in [("Healthy", false), ("Degraded", false), ("Missing", true)] {
        let story = argo(place);
        let built = story.built();
        story.kubernetes.set_application(
            "argocd",
            "widgets",
            Application {
                revision: &built.sha,
                images: &["registry.test/widgets:latest"],
                sync: "Synced",
                health,
            },
        );
        if missing {
            story.waits_for(&built, "it is Missing");
        } else if health == "Healthy" {
            story.lands(&built);
        } else {
            // It may be so for a moment only.
            story.waits_for(&built, "it is Degraded since");
            story.saga.pass(300);
            story.corrects(&built, "it is Degraded since");
        }
    }
}

/// A canary's pause may end by itself, however late the sync began it.
fn an_application_that_is_paused_has_its_time_from_its_sync_on(place: Place) {
    let story = argo(place);
    let built = story.built();
    story.saga.pass(3_600);
    let synced = |health: &str| {
        let now = story.saga.world.clock.now();
        argo_is(
            &story,
            json!({
                "sync": {"status": "Synced", "revision": built.sha},
                "health": {"status": health, "lastTransitionTime": now.to_rfc3339()},
                "operationState": {"phase": "Succeeded", "finishedAt": now.to_rfc3339(), "syncResult": {"revision": built.sha}},
            }),
        );
    };
    let said = "is suspended: it waits in a pause, or for a person to resume it";
    synced("Suspended");
    story.waits_for(&built, said);
    story.saga.pass(600);
    // The next step of the canary.
    synced("Suspended");
    story.saga.pass(600);
    story.waits_for(&built, said);
    story.saga.pass(300);
    story.freezes(&built, "ci-blocked", said);

    let story = argo(place);
    let built = story.built();
    story.saga.pass(3_600);
    let of = json!({"revision": built.sha});
    argo_is(
        &story,
        json!({
            "sync": {"status": "Synced", "revision": built.sha}, "health": {"status": "Healthy"},
            "operationState": {"phase": "Succeeded", "syncResult": of},
        }),
    );
    story.lands(&built);
}

fn a_sync_that_a_person_terminated_is_theirs_and_one_that_failed_is_the_runs(place: Place) {
    for message in [
        "Operation terminated",
        "one or more objects failed to apply",
    ] {
        let story = argo(place);
        let built = story.built();
        let old = "0a1b2c3d".repeat(5);
        argo_is(
            &story,
            json!({
                "sync": {"status": "OutOfSync", "revision": old}, "health": {"status": "Healthy"},
                "operationState": {"phase": "Failed", "message": message, "syncResult": {"revision": built.sha}},
            }),
        );
        if message == "Operation terminated" {
            let said = "was terminated; a person has to sync it again";
            story.freezes(&built, "ci-blocked", said);
        } else {
            story.corrects(&built, message);
        }
    }
}

fn an_application_that_somebody_deletes_is_waited_for(place: Place) {
    let story = argo(place);
    let built = story.built();
    let mut object = json!({
        "kind": "Application", "spec": {},
        "metadata": {"name": "widgets", "deletionTimestamp": "2026-11-20T09:00:00Z"},
        "status": {"sync": {"status": "Synced", "revision": built.sha}, "health": {"status": "Healthy"}},
    });
    let path = "argoproj.io/v1alpha1/namespaces/argocd/applications/widgets";
    story.kubernetes.set_object(path, object.clone());
    story.waits_for(&built, "somebody is deleting it");
    // Made anew.
    object["metadata"]["deletionTimestamp"] = Value::Null;
    story.kubernetes.set_object(path, object);
    story.lands(&built);
}

fn why_nothing_happens_is_told_while_it_waits_and_at_its_end(place: Place) {
    let (old, config) = ("0a1b2c3d".repeat(5), "dd".repeat(20));
    let sync = |status: &str, revision: &str| json!({"status": status, "revision": revision});
    let failed = json!({
        "phase": "Failed", "message": "one or more objects failed to apply:\nadmission webhook denied",
        "finishedAt": "2026-11-20T09:00:00Z", "syncResult": {"revision": config},
    });
    for (status, said) in [
        (
            json!({
                "sync": sync("Unknown", &old), "health": {"status": "Healthy"},
                "conditions": [{"type": "ComparisonError", "message": "helm template failed"}],
            }),
            "ComparisonError: helm template failed",
        ),
        (
            json!({
                "sync": sync("OutOfSync", &config), "health": {"status": "Missing"},
                "conditions": [{"type": "InvalidSpecError", "message": "the project does not permit it"}, {"type": "OrphanedResourceWarning"}],
            }),
            "InvalidSpecError: the project does not permit it",
        ),
        // A sync of another repository's revision, of which nobody knows whose fault it is.
        (
            json!({
                "sync": sync("OutOfSync", &config), "health": {"status": "Healthy"}, "conditions": null,
                "operationState": failed,
            }),
            "its sync failed: one or more objects failed to apply: admission webhook denied",
        ),
    ] {
        let story = argo(place);
        let built = story.built();
        argo_is(&story, status);
        story.waits_for(&built, said);
        story.saga.pass(5_400);
        story.freezes(&built, "ci-silent", said);
        assert_eq!(story.saga.turns(&built.thread), 1);
    }
}
