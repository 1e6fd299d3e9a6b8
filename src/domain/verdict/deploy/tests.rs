use chrono::{DateTime, Utc};

use super::*;

const OURS: &str = "4f1c2b7a9d8e7f60514233241506f7e8d9cafbec";
const NEWER: &str = "aaaaaaaa9d8e7f60514233241506f7e8d9cafbec";
const OLDER: &str = "bbbbbbbb9d8e7f60514233241506f7e8d9cafbec";

fn sha(text: &str) -> CommitSha {
    CommitSha::parse(text).unwrap()
}

fn time(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap()
}

/// A manual pipeline that deploys `built`, recorded at somebody else's commit.
fn manual(number: u64, built: &str, status: &str) -> Pipeline {
    Pipeline {
        number,
        event: PipelineEvent::Manual,
        status: PipelineStatus::parse(status),
        commit: OLDER.to_owned(),
        image_tag: Some(built[..8].to_owned()),
        finished: Some(time(100 + i64::try_from(number).unwrap())),
        superseded_by: None,
        url: Some(format!("https://ci/{number}")),
        errors: Vec::new(),
    }
}

fn push(number: u64, commit: &str, status: &str) -> Pipeline {
    Pipeline {
        event: PipelineEvent::Push,
        commit: commit.to_owned(),
        image_tag: None,
        ..manual(number, commit, status)
    }
}

fn superseded(by: u64, pipeline: Pipeline) -> Pipeline {
    Pipeline {
        superseded_by: Some(by),
        ..pipeline
    }
}

/// The outcome in short: `none`, `pending`, `success N`, `failure N`, `missing N`.
fn short(pipelines: &[Pipeline]) -> String {
    match fold(pipelines, &sha(OURS), &[sha(NEWER)]) {
        DeployFinding::Missing(number) => format!("missing {number}"),
        DeployFinding::Outcome(outcome, number) => {
            let word = match outcome {
                StageOutcome::None => return "none".to_owned(),
                StageOutcome::Pending { .. } => "pending",
                StageOutcome::Blocked { .. } => "blocked",
                StageOutcome::Unreadable { .. } => "unreadable",
                StageOutcome::Success { .. } => "success",
                StageOutcome::Failure { .. } => "failure",
                StageOutcome::Superseded => "superseded",
            };
            format!("{word} {}", number.unwrap())
        }
    }
}

#[test]
fn words_of_events_are_taken_exactly() {
    for (word, event) in [
        ("manual", PipelineEvent::Manual),
        ("push", PipelineEvent::Push),
        ("deployment", PipelineEvent::Deployment),
        ("cron", PipelineEvent::Other),
        ("Push", PipelineEvent::Other),
        ("", PipelineEvent::Other),
    ] {
        assert_eq!(PipelineEvent::parse(word), event, "{word}");
    }
}

#[test]
fn every_status_word_has_its_outcome() {
    for (word, expected) in [
        ("created", "pending 5"),
        ("pending", "pending 5"),
        ("running", "pending 5"),
        ("blocked", "pending 5"),
        ("success", "success 5"),
        ("failure", "failure 5"),
        ("error", "failure 5"),
        ("killed", "failure 5"),
        ("canceled", "failure 5"),
        ("declined", "failure 5"),
        ("skipped", "none"),
        ("", "pending 5"),
        ("SUCCESS", "pending 5"),
        ("teleported", "pending 5"),
    ] {
        assert_eq!(short(&[manual(5, OURS, word)]), expected, "{word}");
        assert_eq!(short(&[push(5, OURS, word)]), expected, "{word}");
    }
}

#[test]
fn details_say_what_is_waited_for_or_what_failed() {
    let detail = |word: &str| match fold(&[manual(5, OURS, word)], &sha(OURS), &[]) {
        DeployFinding::Outcome(StageOutcome::Pending { detail }, _) => detail,
        DeployFinding::Outcome(StageOutcome::Failure { checks, .. }, _) => checks[0].name.clone(),
        other @ (DeployFinding::Outcome(..) | DeployFinding::Missing(_)) => panic!("{other:?}"),
    };
    assert_eq!(detail("pending"), "pipeline 5 waits for its turn");
    assert_eq!(detail("running"), "pipeline 5 runs");
    assert_eq!(
        detail("blocked"),
        "pipeline 5 waits for a person to approve it"
    );
    assert_eq!(
        detail("teleported"),
        "pipeline 5 says 'teleported', a word that is not known here"
    );
    assert_eq!(detail("failure"), "deploy pipeline 5 failed");
    assert_eq!(detail("error"), "deploy pipeline 5 has an error");
    assert_eq!(detail("killed"), "deploy pipeline 5 was cancelled");
    assert_eq!(
        detail("declined"),
        "deploy pipeline 5 was declined by a person"
    );
}

#[test]
fn evidence_is_carried_along() {
    let failed = Pipeline {
        errors: vec!["no such image".to_owned(), "linter".to_owned()],
        ..manual(5, OURS, "error")
    };
    assert_eq!(
        fold(&[failed], &sha(OURS), &[]),
        DeployFinding::Outcome(
            StageOutcome::Failure {
                concluded_at: Some(time(105)),
                checks: vec![FailedCheck {
                    name: "deploy pipeline 5 has an error".to_owned(),
                    url: Some("https://ci/5".to_owned()),
                    excerpt: Some("no such image\nlinter".to_owned()),
                }],
            },
            Some(5)
        )
    );
    assert_eq!(
        fold(&[manual(5, OURS, "success")], &sha(OURS), &[]),
        DeployFinding::Outcome(
            StageOutcome::Success {
                ended_at: Some(time(105))
            },
            Some(5)
        )
    );
}

#[test]
fn pipelines_match_by_tag_or_by_pushed_commit() {
    let without_tag = Pipeline {
        commit: OURS.to_owned(),
        image_tag: None,
        ..manual(5, OURS, "success")
    };
    let deployment = Pipeline {
        event: PipelineEvent::Deployment,
        ..without_tag.clone()
    };
    let other_event = Pipeline {
        event: PipelineEvent::Other,
        ..without_tag.clone()
    };
    let recorded_only = Pipeline {
        commit: OURS.to_owned(),
        ..manual(5, OLDER, "success")
    };
    let short_tag = Pipeline {
        image_tag: Some(OURS[..6].to_owned()),
        ..manual(5, OURS, "success")
    };
    for (name, pipeline, expected) in [
        ("tag", manual(5, OURS, "success"), "success 5"),
        ("push", push(5, OURS, "success"), "success 5"),
        ("push of another", push(5, OLDER, "success"), "none"),
        ("deployment", deployment, "success 5"),
        ("manual without tag", without_tag, "none"),
        ("recorded commit only", recorded_only, "none"),
        ("tag of six digits", short_tag, "none"),
        ("cron and others", other_event, "none"),
    ] {
        assert_eq!(short(&[pipeline]), expected, "{name}");
    }
    assert_eq!(short(&[]), "none");
}

#[test]
fn a_push_proves_nothing_where_images_are_deployed_by_tag() {
    assert_eq!(
        short(&[push(5, OURS, "success"), manual(4, OLDER, "success")]),
        "none"
    );
    assert_eq!(
        short(&[push(5, OURS, "failure"), manual(6, OURS, "success")]),
        "success 6"
    );
}

#[test]
fn the_newest_match_is_judged_in_any_order() {
    for (old, new, expected) in [
        ("failure", "success", "success 6"),
        ("success", "failure", "failure 6"),
        ("failure", "running", "pending 6"),
        ("success", "skipped", "none"),
    ] {
        let (old, new) = (manual(5, OURS, old), manual(6, OURS, new));
        assert_eq!(short(&[new.clone(), old.clone()]), expected);
        assert_eq!(short(&[old, new]), expected);
    }
}

#[test]
fn a_newer_image_helps_and_never_hurts() {
    for (own, newer, expected) in [
        ("success", "failure", "success 5"),
        ("success", "running", "success 5"),
        ("failure", "success", "success 6"),
        ("failure", "running", "pending 6"),
        ("failure", "failure", "failure 5"),
        ("failure", "skipped", "failure 5"),
        ("running", "success", "success 6"),
        ("running", "failure", "pending 5"),
        ("skipped", "success", "success 6"),
        ("skipped", "blocked", "pending 6"),
        ("skipped", "failure", "none"),
    ] {
        assert_eq!(
            short(&[manual(5, OURS, own), manual(6, NEWER, newer)]),
            expected,
            "{own} {newer}"
        );
    }
    for (newer, expected) in [
        ("success", "success 6"),
        ("running", "pending 6"),
        ("failure", "none"),
    ] {
        assert_eq!(short(&[manual(6, NEWER, newer)]), expected, "{newer}");
    }
    // One that was started before ours says nothing about ours.
    assert_eq!(
        short(&[manual(5, OURS, "failure"), manual(4, NEWER, "success")]),
        "failure 5"
    );
}

#[test]
fn superseded_pipelines_are_followed() {
    let killed = |by| superseded(by, manual(5, OURS, "killed"));
    assert_eq!(short(&[killed(6)]), "missing 6");
    for (status, expected) in [
        ("success", "success 6"),
        ("running", "pending 6"),
        ("failure", "failure 6"),
    ] {
        assert_eq!(short(&[killed(6), manual(6, NEWER, status)]), expected);
    }
    // It succeeded, and what it deployed is not known to contain the commit.
    assert_eq!(
        short(&[killed(6), manual(6, OLDER, "success")]),
        "pending 6"
    );
    assert_eq!(
        short(&[killed(6), manual(6, OLDER, "failure")]),
        "failure 6"
    );
    // Only cancelled pipelines are followed.
    assert_eq!(
        short(&[superseded(6, manual(5, OURS, "failure"))]),
        "failure 5"
    );
    let chain: Vec<_> = (5..8)
        .map(|number| superseded(number + 1, manual(number, OLDER, "canceled")))
        .chain([manual(8, NEWER, "success")])
        .collect();
    let chain = [&[killed(6)], &chain[1..]].concat();
    assert_eq!(short(&chain), "success 8");
    let circle = [killed(6), superseded(5, manual(6, OLDER, "killed"))];
    assert_eq!(short(&circle), "pending 6");
}
