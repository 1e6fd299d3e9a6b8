//! What deploy pipelines say about a commit (`contracts/woodpecker` sections 4 and 5).
//!
//! Pipelines in, outcome out. The newest pipeline of the commit's own image is the one that counts. One of a newer image
//! that contains the commit may make it a success, and never a failure: that is somebody else's.

use chrono::{DateTime, Utc};

use crate::domain::verdict::ci::{CommitSha, FailedCheck, StageOutcome};
use crate::domain::verdict::image_tag;

/// How many times a cancelled pipeline is followed to the one that superseded it.
const SUPERSEDED_MAX: usize = 5;

/// One pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pipeline {
    /// Its number; newer ones are higher.
    pub number: u64,
    /// What started it.
    pub event: PipelineEvent,
    /// What it says.
    pub status: PipelineStatus,
    /// The commit that was recorded; for a manual pipeline the head of the branch, and not what was built.
    pub commit: String,
    /// The variable `IMAGE_TAG`.
    pub image_tag: Option<String>,
    /// When it ended.
    pub finished: Option<DateTime<Utc>>,
    /// The pipeline that took its place.
    pub superseded_by: Option<u64>,
    /// Where to look.
    pub url: Option<String>,
    /// Errors of its configuration, without warnings.
    pub errors: Vec<String>,
}

/// What started a pipeline, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PipelineEvent {
    /// A person or a build, by hand.
    Manual,
    /// A push to a branch.
    Push,
    /// The forge's deployment API.
    Deployment,
    /// Anything else: it deploys nothing of ours.
    Other,
}

impl PipelineEvent {
    /// Reads the service's word.
    #[must_use]
    pub fn parse(word: &str) -> Self {
        match word {
            "manual" => Self::Manual,
            "push" => Self::Push,
            "deployment" => Self::Deployment,
            _ => Self::Other,
        }
    }
}

/// What a pipeline says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PipelineStatus {
    /// Not begun.
    Waiting,
    /// Under way.
    Running,
    /// Waits for a person's approval.
    Blocked,
    /// It succeeded.
    Success,
    /// A step failed.
    Failure,
    /// Its configuration or the system failed.
    Error,
    /// Stopped by a person, or superseded.
    Cancelled,
    /// A person refused it.
    Declined,
    /// Nothing was executed.
    Skipped,
    /// A word we do not know; pending, bounded by time.
    Unknown(String),
}

impl PipelineStatus {
    /// Reads the service's word.
    #[must_use]
    pub fn parse(word: &str) -> Self {
        match word {
            "created" | "pending" => Self::Waiting,
            "running" => Self::Running,
            "blocked" => Self::Blocked,
            "success" => Self::Success,
            "failure" => Self::Failure,
            "error" => Self::Error,
            "killed" | "canceled" => Self::Cancelled,
            "declined" => Self::Declined,
            "skipped" => Self::Skipped,
            other => Self::Unknown(other.to_owned()),
        }
    }
}

/// What the pipelines say, or what must be known first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeployFinding {
    /// Nothing more is needed. The number is the pipeline that says so, when there is one.
    Outcome(StageOutcome, Option<u64>),
    /// A pipeline was superseded by one that is not among those at hand. Read it, add it, fold again.
    Missing(u64),
}

/// Folds pipelines, in any order, into what they say about `commit`.
#[must_use]
pub fn fold(
    pipelines: &[Pipeline],
    commit: &CommitSha,
    descendants: &[CommitSha],
) -> DeployFinding {
    // Where images are deployed by tag, pipelines of pushes test or build, and deploy nothing.
    let by_tag = pipelines
        .iter()
        .any(|pipeline| pipeline.image_tag.is_some());
    let deploys = |pipeline: &Pipeline, commit: &CommitSha| deploys(pipeline, commit, by_tag);
    let newest = |wanted: &dyn Fn(&Pipeline) -> bool| {
        pipelines
            .iter()
            .filter(|pipeline| wanted(pipeline))
            .max_by_key(|pipeline| pipeline.number)
    };
    let contains = |pipeline: &Pipeline| {
        deploys(pipeline, commit) || descendants.iter().any(|newer| deploys(pipeline, newer))
    };
    let own = newest(&|pipeline| deploys(pipeline, commit));
    let own_number = own.map_or(0, |pipeline| pipeline.number);
    let later = |pipeline: &Pipeline| pipeline.number > own_number && contains(pipeline);
    let later_success =
        newest(&|pipeline| later(pipeline) && pipeline.status == PipelineStatus::Success);
    let later_newest = newest(&later);

    let finding = match own {
        Some(own) => follow(own, pipelines, &contains),
        None => DeployFinding::Outcome(StageOutcome::None, None),
    };
    match (&finding, later_success, later_newest) {
        (DeployFinding::Outcome(StageOutcome::Success { .. }, _), _, _) => finding,
        (_, Some(success), _) => outcome(success),
        (
            DeployFinding::Missing(_)
            | DeployFinding::Outcome(StageOutcome::Pending { .. } | StageOutcome::Superseded, _),
            ..,
        )
        | (
            DeployFinding::Outcome(StageOutcome::None | StageOutcome::Failure { .. }, _),
            None,
            None,
        ) => finding,
        (
            DeployFinding::Outcome(StageOutcome::None | StageOutcome::Failure { .. }, _),
            None,
            Some(newer),
        ) => match outcome(newer) {
            DeployFinding::Outcome(StageOutcome::Pending { detail }, number) => {
                DeployFinding::Outcome(
                    StageOutcome::Pending {
                        detail: format!("a newer commit is being deployed: {detail}"),
                    },
                    number,
                )
            }
            DeployFinding::Missing(_) | DeployFinding::Outcome(_, _) => finding,
        },
    }
}

fn deploys(pipeline: &Pipeline, commit: &CommitSha, by_tag: bool) -> bool {
    let at_commit = || pipeline.commit.eq_ignore_ascii_case(commit.as_str());
    match (pipeline.event, &pipeline.image_tag) {
        (PipelineEvent::Manual | PipelineEvent::Deployment, Some(tag)) => {
            image_tag::names(tag, commit)
        }
        (PipelineEvent::Push, _) => !by_tag && at_commit(),
        (PipelineEvent::Deployment, None) => at_commit(),
        (PipelineEvent::Manual, None) | (PipelineEvent::Other, _) => false,
    }
}

/// Follows a superseded pipeline to the one that took its place.
fn follow(
    own: &Pipeline,
    pipelines: &[Pipeline],
    contains: &dyn Fn(&Pipeline) -> bool,
) -> DeployFinding {
    let mut current = own;
    for _ in 0..SUPERSEDED_MAX {
        let Some(number) = current
            .superseded_by
            .filter(|_| current.status == PipelineStatus::Cancelled)
        else {
            let finding = outcome(current);
            let proves_nothing = !contains(current);
            return match finding {
                DeployFinding::Outcome(StageOutcome::Success { .. }, number) if proves_nothing => {
                    DeployFinding::Outcome(
                        StageOutcome::Pending {
                            detail: format!(
                                "pipeline {} superseded pipeline {}, and it is not known to deploy the commit",
                                current.number, own.number
                            ),
                        },
                        number,
                    )
                }
                DeployFinding::Outcome(_, _) | DeployFinding::Missing(_) => finding,
            };
        };
        match pipelines.iter().find(|pipeline| pipeline.number == number) {
            Some(next) => current = next,
            None => return DeployFinding::Missing(number),
        }
    }
    DeployFinding::Outcome(
        StageOutcome::Pending {
            detail: format!("pipeline {} was superseded again and again", own.number),
        },
        Some(current.number),
    )
}

/// What one pipeline says by itself.
fn outcome(pipeline: &Pipeline) -> DeployFinding {
    let number = pipeline.number;
    let pending = |what: String| StageOutcome::Pending {
        detail: format!("pipeline {number} {what}"),
    };
    let failure = |what: &str| StageOutcome::Failure {
        concluded_at: pipeline.finished,
        checks: vec![FailedCheck {
            name: format!("deploy pipeline {number} {what}"),
            url: pipeline.url.clone(),
            excerpt: (!pipeline.errors.is_empty()).then(|| pipeline.errors.join("\n")),
        }],
    };
    let outcome = match &pipeline.status {
        PipelineStatus::Waiting => pending("waits for its turn".to_owned()),
        PipelineStatus::Running => pending("runs".to_owned()),
        PipelineStatus::Blocked => pending("waits for a person to approve it".to_owned()),
        PipelineStatus::Success => StageOutcome::Success {
            ended_at: pipeline.finished,
        },
        PipelineStatus::Failure => failure("failed"),
        PipelineStatus::Error => failure("has an error"),
        PipelineStatus::Cancelled => failure("was cancelled"),
        PipelineStatus::Declined => failure("was declined by a person"),
        PipelineStatus::Skipped => StageOutcome::None,
        PipelineStatus::Unknown(word) => {
            pending(format!("says '{word}', a word that is not known here"))
        }
    };
    DeployFinding::Outcome(outcome, Some(number))
}

#[cfg(test)]
mod tests {
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
            DeployFinding::Outcome(StageOutcome::Failure { checks, .. }, _) => {
                checks[0].name.clone()
            }
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
}
