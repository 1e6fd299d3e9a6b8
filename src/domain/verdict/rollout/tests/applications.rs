//! An Application that waits, and why.

use super::*;

fn application() -> Rollout {
    Rollout {
        kind: WorkloadKind::Application,
        ..rollout()
    }
}

/// Synced to our commit and healthy.
fn synced() -> Application {
    Application {
        sync: "Synced".to_owned(),
        health: "Healthy".to_owned(),
        revisions: vec![OURS.to_owned()],
        ..Application::default()
    }
}

/// What it comes to. The stage began at minute 90; it is minute 100.
fn judged(application: &Application) -> StageOutcome {
    let mut judged = None;
    let of_run = [sha(OURS), sha(KNOWN)];
    question(&self::application(), None, &mut |question| {
        let of_run = &of_run;
        judged = Some(fold_application(
            application,
            &RolloutQuestion {
                of_run,
                ..*question
            },
        ));
    });
    judged.unwrap()
}

/// A pause that a canary ends by itself begins with our sync, not with the end of the build.
#[test]
fn a_suspended_application_waits_from_when_its_pause_began() {
    // In minutes: when its health changed, when its sync started and ended, and since when it waits.
    for (changed, started, finished, since) in [
        (Some(97), Some(95), Some(96), 97),
        (Some(97), None, None, 97),
        (Some(95), Some(95), Some(96), 95),
        (None, Some(98), Some(99), 99),
        (None, Some(98), None, 98),
        (None, Some(10), Some(20), 90),
        (None, None, None, 90),
        // It was paused before, and our sync began the pause anew.
        (Some(5), Some(98), Some(99), 99),
        (Some(5), Some(98), None, 98),
        (Some(5), Some(10), Some(20), 90),
    ] {
        let suspended = Application {
            health: "Suspended".to_owned(),
            health_changed_at: changed.map(time),
            started_at: started.map(time),
            finished_at: finished.map(time),
            ..synced()
        };
        let StageOutcome::Blocked {
            hold,
            since: told,
            what,
        } = judged(&suspended)
        else {
            panic!("{changed:?} {started:?} {finished:?}");
        };
        assert_eq!(
            (hold, told),
            (Hold::Waits, Some(time(since))),
            "{changed:?} {started:?} {finished:?}"
        );
        assert!(
            what.name
                .ends_with("waits in a pause, or for a person to resume it"),
            "{}",
            what.name
        );
    }
}

/// A turn does not help against a person who stopped the sync.
#[test]
fn a_sync_of_ours_that_a_person_terminated_is_no_failure() {
    let said_at = |finished: i64, phase: &str, message: &str, of: &str| {
        told(judged(&Application {
            sync: "OutOfSync".to_owned(),
            images: vec!["r/w:bbbbbbbb".to_owned()],
            revisions: vec!["b".repeat(40)],
            operation: phase.to_owned(),
            operation_message: message.to_owned(),
            operation_revisions: vec![of.to_owned()],
            finished_at: Some(time(finished)),
            ..synced()
        }))
    };
    let said = |phase: &str, message: &str, of: &str| said_at(95, phase, message, of);
    let stopped = "Stopped: the sync of Application prod/widgets was terminated; a person has to sync it again";
    for (phase, message) in [
        ("Failed", "Operation terminated"),
        ("Failed", "Operation terminated (retried 2 times)."),
        ("Error", "Operation termination had errors"),
    ] {
        assert_eq!(said(phase, message, OURS), stopped, "{message}");
        // Whoever wants to sync again terminates first.
        let just_now = said_at(96, phase, message, OURS);
        assert!(
            just_now.contains("it still runs image r/w:bbbbbbbb"),
            "{just_now}"
        );
        // Somebody else's sync, that of an older commit of the run, and one that is not over.
        for of in [NEWER, KNOWN, "dddddddddddddddddddddddddddddddddddddddd"] {
            let said = said(phase, message, of);
            assert!(said.contains("it still runs image r/w:bbbbbbbb"), "{said}");
        }
        let said = said("Terminating", message, OURS);
        assert!(said.contains("it still runs image r/w:bbbbbbbb"), "{said}");
    }
    for message in [
        "Operation terminated, triggered by controller sync timeout",
        "one or more objects failed to apply, reason: Operation terminated",
        "hook failed",
        "",
    ] {
        let red = format!("FAILURE at 95: the sync failed: {message}");
        assert_eq!(said("Failed", message, OURS), red);
        assert_eq!(said("Failed", message, KNOWN), red);
    }
}

#[test]
fn an_application_that_is_being_deleted_does_not_land() {
    let said = |application: Application| {
        told(judged(&Application {
            deleting: true,
            ..application
        }))
    };
    let with = |sync: &str, health: &str| Application {
        sync: sync.to_owned(),
        health: health.to_owned(),
        health_changed_at: Some(time(91)),
        ..synced()
    };
    assert_eq!(told(judged(&synced())), "SUCCESS");
    for application in [
        synced(),
        with("OutOfSync", "Missing"),
        // What is deleted goes down.
        with("Synced", "Degraded"),
        with("Synced", "Suspended"),
        Application {
            revisions: vec!["b".repeat(40)],
            ..synced()
        },
    ] {
        let deleting = "Application prod/widgets: somebody is deleting it";
        assert_eq!(said(application), deleting);
    }
    // It failed before somebody deleted it.
    let failed = Application {
        operation: "Failed".to_owned(),
        operation_message: "hook failed".to_owned(),
        operation_revisions: vec![OURS.to_owned()],
        ..synced()
    };
    assert_eq!(said(failed), "FAILURE at 0: the sync failed: hook failed");
}

/// While it is waited for it: why nothing happens.
#[test]
fn what_keeps_an_application_from_moving_is_told_while_it_is_waited_for() {
    const CONFIG: &str = "dddddddddddddddddddddddddddddddddddddddd";
    let error = |kind: &str, message: &str| Condition {
        kind: kind.to_owned(),
        message: message.to_owned(),
        ..Condition::default()
    };
    let said = |application: &Application| {
        let said = told(judged(application));
        said.trim_start_matches("Application prod/widgets: ")
            .to_owned()
    };
    let old = Application {
        images: vec!["r/w:bbbbbbbb".to_owned()],
        revisions: vec![CONFIG.to_owned()],
        ..synced()
    };
    let with = |sync: &str, health: &str, conditions: &[Condition]| Application {
        sync: sync.to_owned(),
        health: health.to_owned(),
        conditions: conditions.to_vec(),
        ..synced()
    };
    let comparison = error("ComparisonError", "helm template failed:\n  line 12");
    let window = error("SyncError", "Cannot sync: blocked by sync window");
    let shared = error("SharedResourceWarning", "ConfigMap/x is part of two");
    for (application, expected) in [
        (
            Application {
                conditions: vec![shared.clone(), comparison.clone()],
                ..old.clone()
            },
            "it still runs image r/w:bbbbbbbb; ComparisonError: helm template failed: line 12",
        ),
        (
            with("OutOfSync", "Healthy", std::slice::from_ref(&window)),
            "it is OutOfSync; SyncError: Cannot sync: blocked by sync window",
        ),
        (
            with("Synced", "Missing", &[error("InvalidSpecError", "")]),
            "it is Missing; InvalidSpecError",
        ),
        (
            with(
                "Synced",
                "Progressing",
                &[
                    comparison.clone(),
                    window.clone(),
                    error("OrphanError", "third"),
                ],
            ),
            "it is Progressing; ComparisonError: helm template failed: line 12; SyncError: Cannot sync: blocked by sync window",
        ),
        (
            Application {
                deleting: true,
                conditions: vec![error("DeletionError", "no such cluster")],
                ..synced()
            },
            "somebody is deleting it; DeletionError: no such cluster",
        ),
        // It decides nothing.
        (
            with("Synced", "Healthy", std::slice::from_ref(&comparison)),
            "SUCCESS",
        ),
        (
            with("OutOfSync", "Healthy", std::slice::from_ref(&shared)),
            "it is OutOfSync",
        ),
    ] {
        assert_eq!(said(&application), expected);
    }
    let hook = "job migrate failed";
    for (phase, of, expected) in [
        ("Failed", CONFIG, "; its sync failed: job migrate failed"),
        ("Error", CONFIG, "; its sync failed: job migrate failed"),
        (
            "Running",
            CONFIG,
            "; its sync is under way: job migrate failed",
        ),
        (
            "Running",
            OURS,
            "; its sync is under way: job migrate failed",
        ),
        (
            "Failed",
            NEWER,
            "; the sync of a newer commit that contains it failed: job migrate failed",
        ),
        (
            "Running",
            NEWER,
            "; the sync of a newer commit that contains it is under way: job migrate failed",
        ),
        ("Succeeded", CONFIG, ""),
    ] {
        let operation = |of_application: &Application| Application {
            operation: phase.to_owned(),
            operation_message: hook.to_owned(),
            operation_revisions: vec![of.to_owned()],
            ..of_application.clone()
        };
        assert_eq!(
            said(&operation(&old)),
            format!("it still runs image r/w:bbbbbbbb{expected}"),
            "{phase} {of}"
        );
        assert_eq!(
            said(&operation(&with("OutOfSync", "Healthy", &[]))),
            format!("it is OutOfSync{expected}"),
            "{phase} {of}"
        );
        // Argo CD repeats in a condition what its sync came to.
        let again = error("SyncError", &format!("Failed last sync attempt: {hook}"));
        let repeated = Application {
            conditions: vec![again, window.clone()],
            ..operation(&old)
        };
        let error = if phase == "Succeeded" {
            "; SyncError: Failed last sync attempt: job migrate failed"
        } else {
            ""
        };
        assert_eq!(
            said(&repeated),
            format!(
                "it still runs image r/w:bbbbbbbb{expected}{error}; SyncError: Cannot sync: blocked by sync window"
            ),
            "{phase} {of}"
        );
    }
    let long = Application {
        conditions: vec![error("ComparisonError", &"long ".repeat(1_000))],
        operation: "Failed".to_owned(),
        operation_message: "words ".repeat(1_000),
        ..old
    };
    let said = said(&long);
    assert!(said.chars().count() < 700, "{said}");
    assert!(said.contains("ComparisonError: long long"), "{said}");
}
