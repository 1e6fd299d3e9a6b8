//! What newer commits say of ours part by part, and what is said of ours beside them.

use chrono::DateTime;

use super::tests::{NEWER, OURS, by, manual, push, superseded};
use super::*;

/// Contains [`NEWER`].
const NEWEST: &str = "cccccccc9d8e7f60514233241506f7e8d9cafbec";

const WORDS: [(&str, &str); 7] = [
    ("running", "pending"),
    ("blocked", "waits"),
    ("success", "success"),
    ("failure", "failure"),
    ("killed", "failure"),
    ("declined", "stopped"),
    ("skipped", "none"),
];

fn said(pipelines: &[Pipeline], deploy: &WoodpeckerDeploy) -> (StageOutcome, Option<u64>) {
    let question = DeployQuestion {
        deploy,
        branch: "main",
        commit: &CommitSha::parse(OURS).unwrap(),
        descendants: &[NEWEST, NEWER].map(|commit| CommitSha::parse(commit).unwrap()),
        of_run: &[CommitSha::parse(OURS).unwrap()],
    };
    match fold(pipelines, &question) {
        DeployFinding::Outcome(outcome, number) => (outcome, number),
        DeployFinding::Missing(number) => panic!("{number} is missing"),
    }
}

/// The outcome in short, and for people what it waits for.
fn short_by(pipelines: &[Pipeline], deploy: &WoodpeckerDeploy) -> String {
    let (outcome, number) = said(pipelines, deploy);
    let number = number.unwrap_or_default();
    match outcome {
        StageOutcome::None | StageOutcome::NotNamed { .. } => "none".to_owned(),
        StageOutcome::OnlyNewer { .. } => "only newer".to_owned(),
        StageOutcome::Pending { .. } => format!("pending {number}"),
        StageOutcome::Blocked { .. } => format!("blocked {number}"),
        StageOutcome::Success { .. } => format!("success {number}"),
        StageOutcome::Failure { .. } => format!("failure {number}"),
        other @ (StageOutcome::Unreadable { .. } | StageOutcome::Superseded) => {
            panic!("{other:?}")
        }
    }
}

fn short(pipelines: &[Pipeline]) -> String {
    short_by(pipelines, &WoodpeckerDeploy::usual())
}

fn detail(pipelines: &[Pipeline]) -> String {
    let StageOutcome::Pending { detail } = said(pipelines, &WoodpeckerDeploy::usual()).0 else {
        panic!("it does not wait: {pipelines:?}")
    };
    detail
}

/// When ours failed, in seconds.
fn failed_at(pipelines: &[Pipeline]) -> Option<i64> {
    let outcome = said(pipelines, &WoodpeckerDeploy::usual()).0;
    let StageOutcome::Failure { concluded_at, .. } = outcome else {
        panic!("it did not fail: {pipelines:?}")
    };
    concluded_at.map(|at| at.timestamp())
}

fn with(pipeline: Pipeline, name: &str, value: &str) -> Pipeline {
    let mut with = pipeline;
    with.variables.insert(name.to_owned(), value.to_owned());
    with
}

fn of(service: &str, number: u64, built: &str, status: &str) -> Pipeline {
    with(manual(number, built, status), "SERVICE", service)
}

fn named(event: PipelineEvent, name: &str, pipeline: Pipeline) -> Pipeline {
    let branch = match event {
        PipelineEvent::Tag => String::new(),
        PipelineEvent::Manual
        | PipelineEvent::Push
        | PipelineEvent::Deployment
        | PipelineEvent::Cron
        | PipelineEvent::Other => pipeline.branch.clone(),
    };
    Pipeline {
        event,
        branch,
        named: (name != "not told").then(|| name.to_owned()),
        ..pipeline
    }
}

/// A way in which something tells two parts of one deploy apart: the one and the other part, and how the deploy is configured.
type Parts = (
    &'static str,
    WoodpeckerDeploy,
    fn(bool, u64, &str, &str) -> Pipeline,
);

fn ways() -> Vec<Parts> {
    let to = |target: Option<&str>| {
        by(Trigger::Deployment {
            target: target.map(str::to_owned),
        })
    };
    vec![
        (
            "variable",
            WoodpeckerDeploy::usual(),
            |is_api, n, at, word| of(if is_api { "api" } else { "web" }, n, at, word),
        ),
        ("target", to(None), |is_api, n, at, word| Pipeline {
            target: if is_api { "eu" } else { "us" }.to_owned(),
            ..named(PipelineEvent::Deployment, "", push(n, at, word))
        }),
        ("task", to(Some("eu")), |is_api, n, at, word| Pipeline {
            target: "eu".to_owned(),
            ..named(
                PipelineEvent::Deployment,
                if is_api { "api" } else { "web" },
                push(n, at, word),
            )
        }),
        ("task or none", to(Some("eu")), |is_api, n, at, word| {
            Pipeline {
                target: "eu".to_owned(),
                ..named(
                    PipelineEvent::Deployment,
                    if is_api { "api" } else { "" },
                    push(n, at, word),
                )
            }
        }),
        ("tag", by(Trigger::Tag), |is_api, n, at, word| {
            let tag = if is_api { "api-v1.2.0" } else { "web-v2.0.1" };
            named(PipelineEvent::Tag, tag, push(n, at, word))
        }),
        ("cron", by(Trigger::Cron), |is_api, n, at, word| {
            let name = if is_api { "deploy" } else { "nightly-tests" };
            named(PipelineEvent::Cron, name, push(n, at, word))
        }),
    ]
}

/// Every word of the one part beside every word of the other.
#[test]
fn a_newer_commit_is_deployed_when_all_its_parts_are() {
    for (way, deploy, part) in ways() {
        for (api, api_says) in WORDS {
            for (web, web_says) in WORDS {
                let heard: Vec<(u64, &str)> = [(7, web_says), (6, api_says)]
                    .into_iter()
                    .filter(|(_, says)| !matches!(*says, "none" | "success"))
                    .collect();
                let of_a_person = heard
                    .first()
                    .filter(|(_, says)| matches!(*says, "waits" | "stopped"));
                let open = heard.iter().find(|(_, says)| *says == "pending");
                let expected = if [api_says, web_says] == ["success", "success"] {
                    "success 7".to_owned()
                } else if let Some((number, _)) = of_a_person.or(open) {
                    format!("pending {number}")
                } else if heard.iter().any(|(_, says)| *says == "failure") {
                    "only newer".to_owned()
                } else {
                    "none".to_owned()
                };
                let both = [part(true, 6, NEWER, api), part(false, 7, NEWER, web)];
                assert_eq!(short_by(&both, &deploy), expected, "{way} {api} {web}");
                // Tried again.
                let [first, second] = both;
                let again = [
                    first.clone(),
                    second.clone(),
                    part(true, 8, NEWER, "success"),
                ];
                let is_success = short_by(&again, &deploy).starts_with("success");
                assert_eq!(is_success, web == "success", "{way} {api} {web}, again");
                // The next commit deploys one part, or all of them.
                let one = [first, second, part(false, 8, NEWEST, "success")];
                let is_success = short_by(&one, &deploy).starts_with("success");
                assert_eq!(
                    is_success,
                    api == "success",
                    "{way} {api} {web}, web of the next"
                );
                let [first, second, next] = one;
                let all = [first, second, next, part(true, 9, NEWEST, "success")];
                let said = short_by(&all, &deploy);
                assert_eq!(said, "success 9", "{way} {api} {web}, all of the next");
            }
        }
    }
}

#[test]
fn of_newer_commits_one_after_the_other_one_is_enough() {
    let version = |number, built, status, version: &str| {
        with(manual(number, built, status), "VERSION", version)
    };
    let service = |name: &str, pipeline| with(pipeline, "SERVICE", name);
    for (pipelines, expected) in [
        (
            vec![manual(6, NEWER, "success"), manual(7, NEWEST, "failure")],
            "success 6",
        ),
        (
            vec![manual(6, NEWER, "failure"), manual(7, NEWEST, "success")],
            "success 7",
        ),
        // A part that only a later one has is none of the earlier one's.
        (
            vec![
                of("api", 6, NEWER, "success"),
                of("web", 7, NEWER, "success"),
                of("docs", 8, NEWEST, "failure"),
            ],
            "success 7",
        ),
        // Each part by another commit.
        (
            vec![
                of("api", 6, NEWER, "failure"),
                of("web", 7, NEWER, "success"),
                of("api", 8, NEWEST, "success"),
                of("web", 9, NEWEST, "running"),
            ],
            "success 7",
        ),
        (
            vec![
                of("api", 6, NEWER, "failure"),
                of("web", 7, NEWER, "success"),
                manual(8, NEWEST, "success"),
            ],
            "success 8",
        ),
        // What is new with each commit makes no part.
        (
            vec![
                version(6, NEWER, "failure", "1.2.3"),
                version(7, NEWEST, "success", "1.2.4"),
            ],
            "success 7",
        ),
        (
            vec![
                service("api", version(6, NEWER, "failure", "1.2.3")),
                service("web", version(7, NEWER, "success", "1.2.3")),
                service("api", version(8, NEWEST, "success", "1.2.4")),
            ],
            "success 8",
        ),
        (
            vec![
                service("api", version(6, NEWER, "failure", "1.2.3")),
                service("web", version(7, NEWER, "success", "1.2.3")),
                service("web", version(8, NEWEST, "success", "1.2.4")),
            ],
            "only newer",
        ),
        // The newest of a part counts.
        (
            vec![manual(6, NEWER, "success"), manual(7, NEWER, "failure")],
            "only newer",
        ),
    ] {
        assert_eq!(short(&pipelines), expected, "{pipelines:?}");
    }
}

#[test]
fn what_an_event_names_is_part_of_what_is_deployed() {
    for (way, deploy, part) in ways() {
        for (older, newer) in [(true, false), (false, true)] {
            let both = [
                part(older, 5, OURS, "failure"),
                part(newer, 6, OURS, "success"),
            ];
            assert_eq!(short_by(&both, &deploy), "failure 5", "{way}");
            let later = [
                part(older, 5, OURS, "failure"),
                part(newer, 6, NEWER, "success"),
            ];
            // What was started with no part, or no task, is told by nothing.
            assert_eq!(short_by(&later, &deploy), "failure 5", "{way}");
        }
        let again = [
            part(true, 5, OURS, "failure"),
            part(true, 6, OURS, "success"),
        ];
        assert_eq!(short_by(&again, &deploy), "success 6", "{way}");
    }
    let tag = |number, name: &str, commit, status| {
        named(PipelineEvent::Tag, name, push(number, commit, status))
    };
    for (older, newer) in [
        ("v1.0-rc1", "v1.0"),
        ("v1.2.0", "v1.2.1"),
        ("api-v1.2.0", "api-v1.2.1-rc2"),
        ("v1.0", "not told"),
        ("not told", "v1.0"),
        ("not told", "not told"),
    ] {
        for commit in [OURS, NEWER] {
            let both = [
                tag(5, older, OURS, "failure"),
                tag(6, newer, commit, "success"),
            ];
            let said = short_by(&both, &by(Trigger::Tag));
            assert_eq!(said, "success 6", "{older} {newer}");
        }
    }
    // A schedule's name is taken as it is.
    let cron = |number, name, status| named(PipelineEvent::Cron, name, push(number, OURS, status));
    let both = [
        cron(5, "deploy-1", "failure"),
        cron(6, "deploy-2", "success"),
    ];
    assert_eq!(short_by(&both, &by(Trigger::Cron)), "failure 5");
}

/// Every word of a newer commit, and of one newer than that, beside our own failure.
#[test]
fn our_own_failure_waits_for_newer_ones_as_long_as_none_of_them_fails() {
    for (first, first_says) in WORDS {
        for (second, second_says) in WORDS {
            let pipelines = [
                manual(5, OURS, "failure"),
                manual(6, NEWER, first),
                manual(7, NEWEST, second),
            ];
            let both = [(7, second_says), (6, first_says)];
            let success = both.iter().find(|(_, says)| *says == "success");
            let open = both.iter().find(|(_, says)| *says == "pending");
            let heard = both.iter().find(|(_, says)| *says != "none");
            let of_a_person = heard.filter(|(_, says)| matches!(*says, "waits" | "stopped"));
            // What was killed may have made place for another.
            let has_failed = [first, second].contains(&"failure");
            let expected = match (success, of_a_person.or(open)) {
                (Some((number, _)), _) => format!("success {number}"),
                (None, Some((number, _))) if !has_failed => format!("pending {number}"),
                (None, _) => "failure 5".to_owned(),
            };
            assert_eq!(short(&pipelines), expected, "{first} {second}");
        }
    }
    let ours = || manual(5, OURS, "failure");
    assert_eq!(
        detail(&[ours(), manual(6, NEWER, "running")]),
        "deploy pipeline 5 failed (https://ci/5); a newer commit is being deployed: pipeline 6 runs"
    );
    // Tried again.
    let again = [
        ours(),
        manual(6, NEWER, "failure"),
        manual(7, NEWER, "running"),
    ];
    assert_eq!(short(&again), "pending 7");
    // What took our place, and is of the run, is ours, and nothing newer.
    let of_run = [
        superseded(6, manual(5, OURS, "killed")),
        manual(6, OURS, "failure"),
        manual(7, NEWER, "running"),
    ];
    assert_eq!(short(&of_run), "pending 7");
    // Before ours.
    let before = [
        manual(4, NEWER, "failure"),
        ours(),
        manual(6, NEWEST, "running"),
    ];
    assert_eq!(short(&before), "pending 6");
}

#[test]
fn our_own_failure_is_dated_at_the_end_of_what_was_waited_for() {
    let ended = |at: Option<i64>, pipeline: Pipeline| Pipeline {
        finished: at.and_then(|at| DateTime::from_timestamp(at, 0)),
        ..pipeline
    };
    let ours = |at| ended(at, manual(5, OURS, "failure"));
    let newer = |at, word| ended(at, manual(6, NEWER, word));
    let newest = |at, word| ended(at, manual(7, NEWEST, word));
    for (pipelines, expected) in [
        (vec![ours(Some(100))], Some(100)),
        (
            vec![ours(Some(100)), newer(Some(900), "failure")],
            Some(900),
        ),
        (vec![ours(Some(100)), newer(Some(90), "failure")], Some(100)),
        (vec![ours(Some(100)), newer(None, "failure")], Some(100)),
        // The first of them ends it, and nothing moves it on.
        (
            vec![
                ours(Some(100)),
                newer(Some(500), "failure"),
                newest(Some(900), "failure"),
            ],
            Some(500),
        ),
        (
            vec![
                ours(Some(100)),
                newer(Some(500), "failure"),
                newest(Some(900), "killed"),
            ],
            Some(500),
        ),
        (
            vec![
                ours(Some(100)),
                newer(Some(500), "killed"),
                newest(Some(900), "killed"),
            ],
            Some(900),
        ),
        (
            vec![
                ours(Some(100)),
                newer(Some(500), "failure"),
                newest(None, "running"),
            ],
            Some(500),
        ),
        // Nobody knows when ours ended.
        (vec![ours(None), newer(Some(500), "failure")], None),
    ] {
        assert_eq!(failed_at(&pipelines), expected, "{pipelines:?}");
    }
}

/// A person cancels ours for a newer one, or approves only that one.
#[test]
fn what_holds_ours_up_is_waited_for_while_a_newer_one_goes_on() {
    for own in ["blocked", "declined", "canceled"] {
        for (first, first_says) in WORDS {
            for (second, second_says) in WORDS {
                let pipelines = [
                    manual(5, OURS, own),
                    manual(6, NEWER, first),
                    manual(7, NEWEST, second),
                ];
                let both = [(7, second_says), (6, first_says)];
                let newest = |wanted| both.iter().find(|(_, says)| *says == wanted);
                let expected = match (newest("success"), newest("pending")) {
                    (Some((number, _)), _) => format!("success {number}"),
                    (None, Some((number, _))) => format!("pending {number}"),
                    (None, None) => "blocked 5".to_owned(),
                };
                assert_eq!(short(&pipelines), expected, "{own} {first} {second}");
            }
        }
    }
    let ours = Pipeline {
        cancelled_by: Some("alice".to_owned()),
        ..manual(5, OURS, "killed")
    };
    assert_eq!(
        detail(&[ours, manual(6, NEWER, "running")]),
        "deploy pipeline 5 was cancelled by alice; a person has to start it again (https://ci/5); a newer commit is being deployed: pipeline 6 runs"
    );
    // Of another part, nothing is awaited.
    let parts = [
        of("api", 5, OURS, "declined"),
        of("web", 6, NEWER, "running"),
    ];
    assert_eq!(short(&parts), "blocked 5");
}
