use chrono::{DateTime, Utc};

use super::*;
use crate::domain::verdict::ci::{FailedCheck, Hold};

pub(super) const OURS: &str = "4f1c2b7a9d8e7f60514233241506f7e8d9cafbec";
pub(super) const NEWER: &str = "aaaaaaaa9d8e7f60514233241506f7e8d9cafbec";
pub(super) const OLDER: &str = "bbbbbbbb9d8e7f60514233241506f7e8d9cafbec";

fn sha(text: &str) -> CommitSha {
    CommitSha::parse(text).unwrap()
}

fn time(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap()
}

pub(super) fn by(trigger: Trigger) -> WoodpeckerDeploy {
    WoodpeckerDeploy {
        trigger,
        ..WoodpeckerDeploy::usual()
    }
}

/// A manual pipeline that deploys `built`, recorded at somebody else's commit.
pub(super) fn manual(number: u64, built: &str, status: &str) -> Pipeline {
    let at = i64::try_from(number).unwrap();
    Pipeline {
        number,
        event: PipelineEvent::Manual,
        status: PipelineStatus::parse(status),
        commit: OLDER.to_owned(),
        branch: "main".to_owned(),
        variables: [("IMAGE_TAG".to_owned(), built[..8].to_owned())].into(),
        created: Some(time(50 + at)),
        finished: Some(time(100 + at)),
        url: Some(format!("https://ci/{number}")),
        ..Pipeline::default()
    }
}

pub(super) fn push(number: u64, commit: &str, status: &str) -> Pipeline {
    Pipeline {
        event: PipelineEvent::Push,
        commit: commit.to_owned(),
        variables: [].into(),
        ..manual(number, commit, status)
    }
}

pub(super) fn superseded(by: u64, pipeline: Pipeline) -> Pipeline {
    Pipeline {
        superseded_by: Some(by),
        ..pipeline
    }
}

fn finding(pipelines: &[Pipeline], deploy: &WoodpeckerDeploy, of_run: &[&str]) -> DeployFinding {
    let of_run: Vec<CommitSha> = of_run.iter().map(|text| sha(text)).collect();
    fold(
        pipelines,
        &DeployQuestion {
            deploy,
            branch: "main",
            commit: &sha(OURS),
            descendants: &[sha(NEWER)],
            of_run: &of_run,
        },
    )
}

/// The outcome in short: `none`, `pending N`, `waits N`, `stopped N`, `success N`, `failure N`, `missing N`.
pub(super) fn short_by(
    pipelines: &[Pipeline],
    deploy: &WoodpeckerDeploy,
    of_run: &[&str],
) -> String {
    match finding(pipelines, deploy, of_run) {
        DeployFinding::Missing(number) => format!("missing {number}"),
        DeployFinding::Outcome(outcome, number) => {
            let word = match outcome {
                StageOutcome::None | StageOutcome::NotNamed { .. } => return "none".to_owned(),
                StageOutcome::OnlyNewer { said } => return format!("only newer: {said}"),
                StageOutcome::Pending { .. } => "pending",
                StageOutcome::Blocked {
                    hold: Hold::Waits, ..
                } => "waits",
                StageOutcome::Blocked {
                    hold: Hold::Stopped,
                    ..
                } => "stopped",
                StageOutcome::Unreadable { .. } => "unreadable",
                StageOutcome::Success { .. } => "success",
                StageOutcome::Failure { .. } => "failure",
                StageOutcome::Superseded => "superseded",
            };
            format!("{word} {}", number.unwrap())
        }
    }
}

pub(super) fn short(pipelines: &[Pipeline]) -> String {
    short_by(pipelines, &WoodpeckerDeploy::usual(), &[OURS])
}

pub(super) fn short_push(pipelines: &[Pipeline]) -> String {
    short_by(pipelines, &by(Trigger::Push), &[OURS])
}

#[test]
fn words_of_events_are_taken_exactly() {
    for (word, event) in [
        ("manual", PipelineEvent::Manual),
        ("push", PipelineEvent::Push),
        ("deployment", PipelineEvent::Deployment),
        ("tag", PipelineEvent::Tag),
        ("cron", PipelineEvent::Cron),
        ("release", PipelineEvent::Other),
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
        ("blocked", "waits 5"),
        ("success", "success 5"),
        ("failure", "failure 5"),
        ("error", "failure 5"),
        // A time limit.
        ("killed", "failure 5"),
        ("canceled", "stopped 5"),
        ("declined", "stopped 5"),
        ("skipped", "none"),
        ("", "pending 5"),
        ("SUCCESS", "pending 5"),
        ("teleported", "pending 5"),
    ] {
        assert_eq!(short(&[manual(5, OURS, word)]), expected, "{word}");
        assert_eq!(short_push(&[push(5, OURS, word)]), expected, "{word}");
    }
    let killed = Pipeline {
        cancelled_by: Some("alice".to_owned()),
        ..manual(5, OURS, "killed")
    };
    assert_eq!(short(&[killed]), "stopped 5");
}

#[test]
fn details_say_what_is_waited_for_what_failed_and_who_decided() {
    let detail = |pipeline: Pipeline| match finding(&[pipeline], &WoodpeckerDeploy::usual(), &[]) {
        DeployFinding::Outcome(StageOutcome::Pending { detail }, _) => detail,
        DeployFinding::Outcome(StageOutcome::Failure { checks, .. }, _) => checks[0].name.clone(),
        DeployFinding::Outcome(StageOutcome::Blocked { what, .. }, _) => what.name,
        other @ (DeployFinding::Outcome(..) | DeployFinding::Missing(_)) => panic!("{other:?}"),
    };
    let person = |word: &str| Pipeline {
        cancelled_by: Some("alice".to_owned()),
        reviewed_by: Some("bob".to_owned()),
        ..manual(5, OURS, word)
    };
    let by_step = |word: &str| Pipeline {
        cancelled_by_step: Some("unit".to_owned()),
        ..manual(5, OURS, word)
    };
    for (pipeline, expected) in [
        (manual(5, OURS, "pending"), "pipeline 5 waits for its turn"),
        (manual(5, OURS, "running"), "pipeline 5 runs"),
        (
            manual(5, OURS, "blocked"),
            "deploy pipeline 5 waits for a person to approve it",
        ),
        (
            manual(5, OURS, "teleported"),
            "pipeline 5 says 'teleported', a word that is not known here",
        ),
        (manual(5, OURS, "failure"), "deploy pipeline 5 failed"),
        (manual(5, OURS, "error"), "deploy pipeline 5 has an error"),
        (manual(5, OURS, "killed"), "deploy pipeline 5 was killed"),
        (
            person("killed"),
            "deploy pipeline 5 was cancelled by alice; a person has to start it again",
        ),
        (
            manual(5, OURS, "canceled"),
            "deploy pipeline 5 was cancelled; a person has to start it again",
        ),
        (
            by_step("killed"),
            "deploy pipeline 5 was cancelled, for its step unit failed",
        ),
        (
            by_step("canceled"),
            "deploy pipeline 5 was cancelled, for its step unit failed",
        ),
        (by_step("failure"), "deploy pipeline 5 failed"),
        (
            Pipeline {
                cancelled_by: Some("alice".to_owned()),
                ..by_step("canceled")
            },
            "deploy pipeline 5 was cancelled by alice; a person has to start it again",
        ),
        (
            person("declined"),
            "deploy pipeline 5 was declined by bob; a person has to decide how to go on",
        ),
        (
            manual(5, OURS, "declined"),
            "deploy pipeline 5 was declined by a person, who has to decide how to go on",
        ),
    ] {
        assert_eq!(detail(pipeline), expected);
    }
}

#[test]
fn evidence_is_carried_along() {
    let failed = Pipeline {
        errors: vec!["no such image".to_owned(), "linter".to_owned()],
        ..manual(5, OURS, "error")
    };
    let usual = WoodpeckerDeploy::usual();
    assert_eq!(
        finding(&[failed], &usual, &[]),
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
        finding(&[manual(5, OURS, "success")], &usual, &[]),
        DeployFinding::Outcome(
            StageOutcome::Success {
                ended_at: Some(time(105))
            },
            Some(5)
        )
    );
    let DeployFinding::Outcome(StageOutcome::Blocked { since, what, .. }, _) =
        finding(&[manual(5, OURS, "blocked")], &usual, &[])
    else {
        panic!("it is blocked");
    };
    assert_eq!(since, Some(time(55)));
    assert_eq!(what.url.as_deref(), Some("https://ci/5"));
}

/// Every event under every configuration.
#[test]
fn only_the_configured_event_deploys() {
    let target = |name: Option<&str>| Trigger::Deployment {
        target: name.map(str::to_owned),
    };
    let variable = |name: &str| Trigger::Manual {
        variable: name.to_owned(),
    };
    let event = |event: PipelineEvent| Pipeline {
        event,
        target: "production".to_owned(),
        ..push(5, OURS, "success")
    };
    let pipelines = [
        ("manual", manual(5, OURS, "success")),
        ("push", push(5, OURS, "success")),
        ("deployment", event(PipelineEvent::Deployment)),
        (
            "tag",
            Pipeline {
                branch: String::new(),
                ..event(PipelineEvent::Tag)
            },
        ),
        ("cron", event(PipelineEvent::Cron)),
        ("other", event(PipelineEvent::Other)),
    ];
    for (trigger, deploying) in [
        (variable("IMAGE_TAG"), "manual"),
        (variable("TAG"), ""),
        (Trigger::Push, "push"),
        (target(None), "deployment"),
        (target(Some("production")), "deployment"),
        (target(Some("staging")), ""),
        (Trigger::Tag, "tag"),
        (Trigger::Cron, "cron"),
    ] {
        for (name, pipeline) in &pipelines {
            let said = short_by(std::slice::from_ref(pipeline), &by(trigger.clone()), &[]);
            let expected = if *name == deploying {
                "success 5"
            } else {
                "none"
            };
            assert_eq!(said, expected, "{trigger:?} {name}");
        }
    }
}

/// A branch that is made at our commit runs only tests, and the deploy may have failed on the watched one.
#[test]
fn other_branches_and_other_commits_never_count() {
    let elsewhere = |pipeline: Pipeline| Pipeline {
        branch: "release-x".to_owned(),
        ..pipeline
    };
    assert_eq!(short_push(&[elsewhere(push(6, OURS, "success"))]), "none");
    assert_eq!(
        short_push(&[
            elsewhere(push(6, OURS, "success")),
            push(5, OURS, "failure")
        ]),
        "failure 5"
    );
    assert_eq!(
        short_push(&[
            elsewhere(push(4, OURS, "success")),
            push(5, OURS, "running")
        ]),
        "pending 5"
    );
    assert_eq!(short(&[elsewhere(manual(6, OURS, "success"))]), "none");
    assert_eq!(short_push(&[push(5, OLDER, "success")]), "none");
    let recorded_only = Pipeline {
        commit: OURS.to_owned(),
        ..manual(5, OLDER, "success")
    };
    assert_eq!(short(&[recorded_only]), "none");
    assert_eq!(short(&[]), "none");
    // By tag, a push proves nothing; by push, an image that somebody deployed by hand says nothing.
    assert_eq!(short(&[push(5, OURS, "success")]), "none");
    assert_eq!(
        short_push(&[push(5, OURS, "success"), manual(6, OURS, "failure")]),
        "success 5"
    );
    // The same, promoted: one environment failed.
    let to = |number, target: &str, status| Pipeline {
        event: PipelineEvent::Deployment,
        target: target.to_owned(),
        ..push(number, OURS, status)
    };
    let both = [to(6, "staging", "success"), to(5, "production", "failure")];
    let production = by(Trigger::Deployment {
        target: Some("production".to_owned()),
    });
    assert_eq!(short_by(&both, &production, &[]), "failure 5");
}

#[test]
fn the_newest_match_is_judged_in_any_order() {
    for (old, new, expected) in [
        ("failure", "success", "success 6"),
        ("success", "failure", "failure 6"),
        ("failure", "running", "pending 6"),
        ("declined", "success", "success 6"),
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
        ("failure", "blocked", "pending 6"),
        ("failure", "failure", "failure 5"),
        ("failure", "skipped", "failure 5"),
        ("running", "success", "success 6"),
        ("running", "failure", "pending 5"),
        ("blocked", "success", "success 6"),
        ("blocked", "running", "pending 6"),
        ("blocked", "blocked", "waits 5"),
        ("declined", "running", "pending 6"),
        ("declined", "success", "success 6"),
        ("declined", "failure", "stopped 5"),
        ("skipped", "success", "success 6"),
        ("skipped", "blocked", "pending 6"),
        (
            "skipped",
            "failure",
            "only newer: deploy pipeline 6 failed (https://ci/6)",
        ),
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
        (
            "failure",
            "only newer: deploy pipeline 6 failed (https://ci/6)",
        ),
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
fn superseded_pipelines_are_followed_and_somebody_elses_failure_is_not_ours() {
    let killed = |by| superseded(by, manual(5, OURS, "killed"));
    assert_eq!(short(&[killed(6)]), "missing 6");
    for (status, expected) in [
        ("success", "success 6"),
        ("running", "pending 6"),
        ("failure", "pending 6"),
        ("declined", "pending 6"),
    ] {
        assert_eq!(short(&[killed(6), manual(6, NEWER, status)]), expected);
    }
    // A later commit of the run itself.
    let of_run = short_by(
        &[killed(6), manual(6, NEWER, "failure")],
        &WoodpeckerDeploy::usual(),
        &[NEWER, OURS],
    );
    assert_eq!(of_run, "failure 6");
    // It succeeded, and what it deployed is not known to contain the commit.
    assert_eq!(
        short(&[killed(6), manual(6, OLDER, "success")]),
        "pending 6"
    );
    assert_eq!(
        short(&[killed(6), manual(6, OLDER, "failure")]),
        "pending 6"
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

/// Of a pipeline with several workflows one deploys.
#[test]
fn a_configured_workflow_is_all_that_counts() {
    let deploy = WoodpeckerDeploy {
        workflow: Some("deploy".to_owned()),
        ..by(Trigger::Push)
    };
    let with = |number, status: &str, workflows: &[(&str, &str)]| Pipeline {
        workflows: Some(
            workflows
                .iter()
                .map(|(name, state)| ((*name).to_owned(), PipelineStatus::parse(state)))
                .collect(),
        ),
        ..push(number, OURS, status)
    };
    // Lists do not tell workflows.
    assert_eq!(
        short_by(&[push(5, OURS, "success")], &deploy, &[]),
        "missing 5"
    );
    for (status, workflows, expected) in [
        (
            "success",
            vec![("build", "success"), ("deploy", "success")],
            "success 5",
        ),
        (
            "failure",
            vec![("notify", "failure"), ("deploy", "success")],
            "success 5",
        ),
        (
            "failure",
            vec![("build", "success"), ("deploy", "failure")],
            "failure 5",
        ),
        (
            "running",
            vec![("build", "success"), ("deploy", "running")],
            "pending 5",
        ),
        (
            "failure",
            vec![("build", "failure"), ("deploy", "skipped")],
            "failure 5",
        ),
        (
            "running",
            vec![("build", "running"), ("deploy", "skipped")],
            "pending 5",
        ),
        (
            "blocked",
            vec![("build", "blocked"), ("deploy", "blocked")],
            "waits 5",
        ),
        ("success", vec![("build", "success")], "none"),
        ("error", vec![], "failure 5"),
        ("pending", vec![], "pending 5"),
    ] {
        assert_eq!(
            short_by(&[with(5, status, &workflows)], &deploy, &[]),
            expected,
            "{status} {workflows:?}"
        );
    }
    // The newest in which it runs.
    let both = [
        with(6, "success", &[("build", "success")]),
        with(5, "failure", &[("deploy", "failure")]),
    ];
    assert_eq!(short_by(&both, &deploy, &[]), "failure 5");
}
