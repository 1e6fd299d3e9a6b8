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
    let said = |phase: &str, message: &str, of: &str| {
        told(judged(&Application {
            sync: "OutOfSync".to_owned(),
            images: vec!["r/w:bbbbbbbb".to_owned()],
            revisions: vec!["b".repeat(40)],
            operation: phase.to_owned(),
            operation_message: message.to_owned(),
            operation_revisions: vec![of.to_owned()],
            finished_at: Some(time(97)),
            ..synced()
        }))
    };
    let stopped = "Stopped: the sync of Application prod/widgets was terminated; a person has to sync it again";
    for (phase, message) in [
        ("Failed", "Operation terminated"),
        ("Failed", "Operation terminated (retried 2 times)."),
        ("Error", "Operation termination had errors"),
    ] {
        assert_eq!(said(phase, message, OURS), stopped, "{message}");
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
        let red = format!("FAILURE at 97: the sync failed: {message}");
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
