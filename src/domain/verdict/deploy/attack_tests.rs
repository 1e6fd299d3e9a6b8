//! What real servers throw at the deploy: restarts, parents, workflows, tags that only look like ours.

use chrono::DateTime;

use super::tests::{NEWER, OLDER, OURS, by, manual, push, short, short_by, short_push, superseded};
use super::*;

fn tagged(number: u64, tag: &str, status: &str) -> Pipeline {
    Pipeline {
        variables: [("IMAGE_TAG".to_owned(), tag.to_owned())].into(),
        ..manual(number, OURS, status)
    }
}

fn with_workflows(pipeline: Pipeline, workflows: &[(&str, &str)]) -> Pipeline {
    Pipeline {
        workflows: Some(
            workflows
                .iter()
                .map(|(name, state)| ((*name).to_owned(), PipelineStatus::parse(state)))
                .collect(),
        ),
        ..pipeline
    }
}

#[test]
fn an_image_tag_is_ours_by_its_digits_and_by_nothing_else() {
    for (tag, expected) in [
        ("4f1c2b7", "success 1"),
        ("4F1C2B7A", "success 1"),
        ("v1.2.3-4f1c2b7a", "success 1"),
        ("4f1c2b7a-amd64", "success 1"),
        (OURS, "success 1"),
        ("4f1c2b", "none"),
        ("4f1c2b7b", "none"),
        ("bbbbbbbb", "none"),
        ("deadbeef", "none"),
        ("latest", "none"),
        ("", "none"),
        ("1.4.2", "none"),
        ("14f1c2b7a", "none"),
    ] {
        assert_eq!(short(&[tagged(1, tag, "success")]), expected, "{tag}");
    }
}

#[test]
fn a_restart_is_a_pipeline_of_its_own_and_the_newest_counts() {
    for (pipelines, expected) in [
        (
            vec![push(1, OURS, "failure"), push(2, OURS, "running")],
            "pending 2",
        ),
        (
            vec![push(1, OURS, "failure"), push(2, OURS, "success")],
            "success 2",
        ),
        (
            vec![push(1, OURS, "success"), push(2, OURS, "failure")],
            "failure 2",
        ),
        (
            vec![push(1, OURS, "declined"), push(2, OURS, "blocked")],
            "waits 2",
        ),
        (
            vec![push(1, OURS, "killed"), push(2, OURS, "success")],
            "success 2",
        ),
        (
            vec![push(1, OURS, "error"), push(2, OURS, "pending")],
            "pending 2",
        ),
        (
            vec![push(1, OURS, "failure"), push(2, OURS, "skipped")],
            "none",
        ),
    ] {
        assert_eq!(short_push(&pipelines), expected, "{pipelines:?}");
    }
}

/// A chain of pipelines that took each other's place, and one that goes round.
#[test]
fn chains_are_followed_to_their_end_and_never_for_ever() {
    let chain = |last: &str| {
        vec![
            superseded(2, push(1, OURS, "killed")),
            superseded(3, push(2, NEWER, "killed")),
            push(3, NEWER, last),
        ]
    };
    assert_eq!(short_push(&chain("success")), "success 3");
    assert_eq!(short_push(&chain("running")), "pending 3");
    assert_eq!(short_push(&chain("failure")), "pending 3");
    assert_eq!(short_push(&chain("blocked")), "pending 3");
    let of_run = [OURS, NEWER];
    assert_eq!(
        short_by(&chain("failure"), &by(Trigger::Push), &of_run),
        "failure 3"
    );
    // The end of the chain deploys something that is not known to contain ours.
    let strange = [
        superseded(2, push(1, OURS, "killed")),
        push(2, OLDER, "success"),
    ];
    assert_eq!(short_push(&strange), "pending 2");
    let round = [
        superseded(2, push(1, OURS, "killed")),
        superseded(1, push(2, NEWER, "killed")),
    ];
    assert!(
        short_push(&round).starts_with("pending"),
        "{}",
        short_push(&round)
    );
    let gone = [superseded(2, push(1, OURS, "killed"))];
    assert_eq!(short_push(&gone), "missing 2");
    // Something that succeeded was not superseded, whatever it says.
    let odd = [superseded(2, push(1, OURS, "success"))];
    assert_eq!(short_push(&odd), "success 1");
}

/// Who stopped a pipeline decides whose turn it is.
#[test]
fn what_killed_a_pipeline_decides() {
    let killed = |by: Option<&str>, superseded_by| Pipeline {
        cancelled_by: by.map(str::to_owned),
        superseded_by,
        ..push(1, OURS, "killed")
    };
    for (pipelines, expected) in [
        (vec![killed(None, None)], "failure 1"),
        (vec![killed(Some("alice"), None)], "stopped 1"),
        (
            vec![killed(None, Some(2)), push(2, NEWER, "success")],
            "success 2",
        ),
        // Both are told: what took its place says more.
        (
            vec![killed(Some("alice"), Some(2)), push(2, NEWER, "success")],
            "success 2",
        ),
        // What took its place is its end, whatever was deployed later.
        (
            vec![
                killed(None, Some(2)),
                push(2, NEWER, "success"),
                push(3, NEWER, "success"),
            ],
            "success 2",
        ),
        // A newer one that contains it succeeded meanwhile.
        (
            vec![killed(Some("alice"), None), push(2, NEWER, "success")],
            "success 2",
        ),
        (
            vec![killed(Some("alice"), None), push(2, NEWER, "failure")],
            "stopped 1",
        ),
        (
            vec![killed(None, None), push(2, NEWER, "running")],
            "pending 2",
        ),
        (
            vec![killed(None, None), push(2, NEWER, "blocked")],
            "pending 2",
        ),
    ] {
        assert_eq!(short_push(&pipelines), expected, "{pipelines:?}");
    }
}

/// A matrix makes several workflows of one name; all of them have to be there.
#[test]
fn a_workflow_of_a_matrix_is_all_of_them() {
    let deploy = WoodpeckerDeploy {
        workflow: Some("deploy".to_owned()),
        ..by(Trigger::Push)
    };
    let said = |status: &str, workflows: &[(&str, &str)]| {
        short_by(
            &[with_workflows(push(1, OURS, status), workflows)],
            &deploy,
            &[OURS],
        )
    };
    for (status, workflows, expected) in [
        (
            "success",
            vec![("deploy", "success"), ("deploy", "success")],
            "success 1",
        ),
        (
            "running",
            vec![("deploy", "success"), ("deploy", "running")],
            "pending 1",
        ),
        (
            "failure",
            vec![("deploy", "success"), ("deploy", "failure")],
            "failure 1",
        ),
        (
            "running",
            vec![("deploy", "failure"), ("deploy", "running")],
            "failure 1",
        ),
        (
            "failure",
            vec![("test", "failure"), ("deploy", "success")],
            "success 1",
        ),
        (
            "failure",
            vec![("test", "failure"), ("deploy", "skipped")],
            "failure 1",
        ),
        (
            "success",
            vec![("test", "success"), ("deploy", "skipped")],
            "none",
        ),
        ("success", vec![("test", "success")], "none"),
        ("running", vec![], "pending 1"),
    ] {
        assert_eq!(said(status, &workflows), expected, "{workflows:?}");
    }
}

#[test]
fn unknown_words_wait() {
    for word in ["", "queued", "SUCCESS", "cancelled", "started"] {
        assert_eq!(short_push(&[push(1, OURS, word)]), "pending 1", "{word}");
    }
}

/// A commit of which each service is deployed by a pipeline of its own. Every word of the one beside every word of the other.
#[test]
fn every_part_of_a_deploy_has_to_be_good() {
    let rank = ["failure", "stopped", "waits", "pending", "none", "success"];
    let place = |said: &str| rank.iter().position(|known| *known == said);
    let words = [
        ("running", "pending"),
        ("blocked", "waits"),
        ("success", "success"),
        ("failure", "failure"),
        ("canceled", "stopped"),
        ("skipped", "none"),
    ];
    let of = |service: &str, pipeline: Pipeline| {
        let mut with = pipeline;
        with.variables
            .insert("SERVICE".to_owned(), service.to_owned());
        with
    };
    let to = |target: &str, pipeline: Pipeline| Pipeline {
        event: PipelineEvent::Deployment,
        commit: OURS.to_owned(),
        target: target.to_owned(),
        variables: [].into(),
        ..pipeline
    };
    let anywhere = by(Trigger::Deployment { target: None });
    for (api, api_says) in words {
        for (web, web_says) in words {
            let worst = if place(api_says) <= place(web_says) {
                (api_says, 5)
            } else {
                (web_says, 6)
            };
            let expected = match worst {
                ("none", _) => "none".to_owned(),
                // Of two that are equally good the newer is told.
                ("success", _) => "success 6".to_owned(),
                (said, number) => format!("{said} {number}"),
            };
            let is_same = |said: &str| {
                let word = said.split(' ').next();
                word == expected.split(' ').next()
                    || matches!(
                        (word, worst.0),
                        (Some("waits"), "stopped") | (Some("stopped"), "waits")
                    )
            };
            let pair = [manual(5, OURS, api), manual(6, OURS, web)];
            let [first, second] = pair.clone();
            let services = [of("api", first), of("web", second)];
            assert!(
                is_same(&short(&services)),
                "{api} {web}: {}",
                short(&services)
            );
            let [first, second] = pair;
            let targets = [to("eu", first), to("us", second)];
            let said = short_by(&targets, &anywhere, &[OURS]);
            assert!(is_same(&said), "{api} {web}: {said}");
            // The same once more is a retry, whatever the older one said.
            let again = of("web", manual(7, OURS, "success"));
            let [first, second] = services;
            let said = short(&[first.clone(), second, again]);
            let alone = short(&[first]);
            let alone = if alone == "success 5" {
                "success 7"
            } else {
                &alone
            };
            assert_eq!(said, alone, "{api} {web}");
        }
    }
    // A newer image helps the part that it is of, and any when nothing says that it is of one.
    let own = [
        of("api", manual(5, OURS, "failure")),
        of("web", manual(6, OURS, "success")),
    ];
    for (service, expected) in [
        ("web", "failure 5"),
        ("api", "success 6"),
        ("all", "failure 5"),
        ("", "success 6"),
    ] {
        let newer = match service {
            "" => manual(7, NEWER, "success"),
            service => of(service, manual(7, NEWER, "success")),
        };
        let [api, web] = own.clone();
        let said = short(&[api, web, newer]);
        let said = if said == "success 7" {
            "success 6"
        } else {
            &said
        };
        assert_eq!(said, expected, "{service}");
    }
}

/// What was started with other numbers of a build, by other people, is the same part once more, after it had ended.
#[test]
fn a_part_that_is_tried_again_by_another_start_is_one_part() {
    let of = |service: &str, run: &str, number: u64, built: &str, status: &str| {
        let mut with = manual(number, built, status);
        with.variables.extend(
            [("SERVICE", service), ("RUN_ID", run)]
                .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        // Ten minutes apart, and a minute long.
        let made = i64::try_from(number).unwrap() * 600;
        with.created = DateTime::from_timestamp(made, 0);
        with.finished = DateTime::from_timestamp(made + 60, 0);
        with
    };
    let beside = |number: u64, pipeline: Pipeline| Pipeline {
        finished: DateTime::from_timestamp(i64::try_from(number).unwrap() * 600 + 1, 0),
        ..pipeline
    };
    let unnamed = |run: &str, number: u64, built: &str| {
        let mut with = of("", run, number, built, "success");
        with.variables.remove("SERVICE");
        with
    };
    let api = || of("api", "1", 1, OURS, "failure");
    let web = |status| of("web", "2", 2, OURS, status);
    for (pipelines, expected) in [
        (vec![api(), of("api", "2", 2, OURS, "success")], "success 2"),
        (vec![api(), of("api", "2", 2, OURS, "running")], "pending 2"),
        (vec![api(), web("success")], "failure 1"),
        (
            vec![api(), web("success"), of("web", "3", 3, OURS, "success")],
            "failure 1",
        ),
        (
            vec![api(), web("failure"), of("api", "3", 3, OURS, "success")],
            "failure 2",
        ),
        (
            vec![api(), web("success"), of("api", "3", 3, OURS, "success")],
            "success 3",
        ),
        // Side by side: one of them may be another part.
        (
            vec![beside(2, api()), of("api", "2", 2, OURS, "success")],
            "failure 1",
        ),
        (
            vec![
                beside(3, api()),
                of("api", "2", 2, OURS, "success"),
                of("api", "3", 3, OURS, "success"),
            ],
            "failure 1",
        ),
        // A newer image helps its own part, whatever started it.
        (
            vec![api(), of("api", "2", 2, NEWER, "success")],
            "success 2",
        ),
        (
            vec![api(), web("success"), of("web", "3", 3, NEWER, "success")],
            "failure 1",
        ),
        (
            vec![api(), web("success"), of("api", "3", 3, NEWER, "success")],
            "success 2",
        ),
        // One that names no part helps each, unless there is such a part already.
        (vec![api(), unnamed("2", 2, NEWER)], "success 2"),
        (
            vec![api(), unnamed("2", 2, OURS), unnamed("3", 3, NEWER)],
            "failure 1",
        ),
    ] {
        let said = short(&pipelines);
        let said = if said == "success 3" && expected == "success 2" {
            expected
        } else {
            &said
        };
        assert_eq!(said, expected, "{pipelines:?}");
    }
}
