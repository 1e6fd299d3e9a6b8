//! The tables of the fold, cell by cell: every word beside every word.

use super::tests::{NEWER, OLDER, OURS, by, manual, push, short, short_by, superseded};
use super::*;

/// Every word of the service with what a pipeline says by it.
const WORDS: [(&str, &str); 12] = [
    ("created", "pending"),
    ("pending", "pending"),
    ("running", "pending"),
    ("blocked", "waits"),
    ("success", "success"),
    ("failure", "failure"),
    ("error", "failure"),
    ("killed", "failure"),
    ("canceled", "stopped"),
    ("declined", "stopped"),
    ("skipped", "none"),
    ("teleported", "pending"),
];

/// `none` has no pipeline that says it.
fn by_number(said: &str, number: u64) -> String {
    match said {
        "none" => said.to_owned(),
        _ => format!("{said} {number}"),
    }
}

/// What is said of ours, that nothing deployed, where the word of a newer pipeline is a failure.
fn only_newer(word: &str) -> String {
    let what = match word {
        "failure" => "failed",
        "error" => "has an error",
        _ => "was killed",
    };
    format!("only newer: deploy pipeline 6 {what} (https://ci/6)")
}

#[test]
fn a_newer_image_beside_ours() {
    for (own, own_says) in WORDS {
        for (newer, newer_says) in WORDS {
            let expected = match (own_says, newer_says) {
                ("success", _) => "success 5".to_owned(),
                (_, "success") => "success 6".to_owned(),
                ("none" | "failure", "pending" | "waits") => "pending 6".to_owned(),
                // A person's no to a newer image leaves a person to decide about ours.
                ("none" | "failure", "stopped") => "pending 6".to_owned(),
                // Ours was held up, and the newer one goes on.
                ("waits" | "stopped", "pending") => "pending 6".to_owned(),
                ("none", "failure") => only_newer(newer),
                _ => by_number(own_says, 5),
            };
            let pipelines = [manual(5, OURS, own), manual(6, NEWER, newer)];
            assert_eq!(short(&pipelines), expected, "{own} {newer}");
        }
    }
}

#[test]
fn a_pipeline_that_took_our_place() {
    for (own, own_says) in WORDS {
        for (last, last_says) in WORDS {
            for (built, of_run, is_ours, contains) in [
                (OURS, [OURS, OURS], true, true),
                (NEWER, [OURS, OURS], false, true),
                (NEWER, [OURS, NEWER], true, true),
                (OLDER, [OURS, OURS], false, false),
                (OLDER, [OURS, OLDER], true, false),
            ] {
                let pipelines = [superseded(6, manual(5, OURS, own)), manual(6, built, last)];
                // A pipeline of our own commit with a higher number is the one that counts.
                let expected = if built == OURS {
                    by_number(last_says, 6)
                } else if !matches!(own, "killed" | "canceled") {
                    match (own_says, last_says) {
                        ("success", _) => "success 5".to_owned(),
                        (_, "success") if contains => "success 6".to_owned(),
                        ("none" | "failure", "pending" | "waits" | "stopped") if contains => {
                            "pending 6".to_owned()
                        }
                        ("waits" | "stopped", "pending") if contains => "pending 6".to_owned(),
                        ("none", "failure") if contains => only_newer(last),
                        _ => by_number(own_says, 5),
                    }
                } else {
                    match last_says {
                        "success" if !contains => "pending 6".to_owned(),
                        "failure" | "waits" | "stopped" if !is_ours => "pending 6".to_owned(),
                        said => by_number(said, 6),
                    }
                };
                let said = short_by(&pipelines, &WoodpeckerDeploy::usual(), &of_run);
                assert_eq!(said, expected, "{own} {last} {built} {of_run:?}");
            }
        }
    }
}

#[test]
fn the_configured_workflow_in_its_pipeline() {
    let deploy = WoodpeckerDeploy {
        workflow: Some("deploy".to_owned()),
        ..by(Trigger::Push)
    };
    let rank = ["failure", "stopped", "waits", "pending", "none", "success"];
    let place = |said: &str| rank.iter().position(|known| *known == said);
    for (whole, whole_says) in WORDS {
        // It never ran: the pipeline says why, unless all else went well.
        let says = |word: &str, said: &'static str| match word {
            "skipped" if whole != "success" => whole_says,
            _ => said,
        };
        for (one, one_says) in WORDS {
            for (other, other_says) in WORDS {
                let workflows = |names: &[(&str, &str)]| Pipeline {
                    workflows: Some(
                        names
                            .iter()
                            .map(|(name, word)| ((*name).to_owned(), PipelineStatus::parse(word)))
                            .collect(),
                    ),
                    ..push(5, OURS, whole)
                };
                let (one_says, other_says) = (says(one, one_says), says(other, other_says));
                let alone = workflows(&[("test", other), ("deploy", one)]);
                let said = short_by(&[alone], &deploy, &[]);
                assert_eq!(said, by_number(one_says, 5), "{whole}: {one}");
                let worst = if place(one_says) <= place(other_says) {
                    one_says
                } else {
                    other_says
                };
                let matrix = workflows(&[("deploy", one), ("deploy", other)]);
                let said = short_by(&[matrix], &deploy, &[]);
                // Whoever waits, and whoever said no, are both a person's.
                let is_a_persons = |said: &str| matches!(said, "waits" | "stopped");
                if is_a_persons(one_says) && is_a_persons(other_says) {
                    assert!(["waits 5", "stopped 5"].contains(&said.as_str()), "{said}");
                } else {
                    assert_eq!(said, by_number(worst, 5), "{whole}: {one} {other}");
                }
            }
        }
        let none = Pipeline {
            workflows: Some(vec![("test".to_owned(), PipelineStatus::parse(whole))]),
            ..push(5, OURS, whole)
        };
        assert_eq!(short_by(&[none], &deploy, &[]), "none", "{whole}");
        let unread = Pipeline {
            workflows: Some(Vec::new()),
            ..push(5, OURS, whole)
        };
        let said = short_by(&[unread], &deploy, &[]);
        assert_eq!(said, by_number(whole_says, 5), "{whole}");
    }
}

/// A pipeline of which the workflow `deploy` says one word and everything together another.
fn of_two(pipeline: Pipeline, deploy: &str) -> Pipeline {
    let word = PipelineStatus::parse(deploy);
    let workflows = vec![
        ("test".to_owned(), pipeline.status.clone()),
        ("deploy".to_owned(), word),
    ];
    Pipeline {
        workflows: Some(workflows),
        ..pipeline
    }
}

/// What such a pipeline says of the deploy; `left out` when it deploys nothing.
fn said_of_two(whole: (&str, &'static str), deploy: (&str, &'static str)) -> &'static str {
    match (whole.0, deploy.0) {
        ("success", "skipped") => "left out",
        (_, "skipped") => whole.1,
        _ => deploy.1,
    }
}

/// The word of such a pipeline that counts for the deploy.
fn word_of_two<'w>(whole: (&'w str, &str), deploy: (&'w str, &str)) -> &'w str {
    match deploy.0 {
        "skipped" => whole.0,
        word => word,
    }
}

/// Our own deploy says what it says; a newer one, which says so by this word, may only help.
fn helped(own_says: &str, newer_says: &str, word: &str) -> String {
    match (own_says, newer_says) {
        ("success", _) => "success 5".to_owned(),
        (_, "success") => "success 6".to_owned(),
        ("none" | "failure", "pending" | "waits" | "stopped") => "pending 6".to_owned(),
        ("waits" | "stopped", "pending") => "pending 6".to_owned(),
        ("none", "failure") => only_newer(word),
        _ => by_number(own_says, 5),
    }
}

fn push_and_workflow() -> WoodpeckerDeploy {
    WoodpeckerDeploy {
        workflow: Some("deploy".to_owned()),
        ..by(Trigger::Push)
    }
}

#[test]
fn the_configured_workflow_in_a_newer_pipeline() {
    let deploy = push_and_workflow();
    for (own, own_says) in WORDS {
        for whole in WORDS {
            for one in WORDS {
                let newer = of_two(push(6, NEWER, whole.0), one.0);
                let newer_says = said_of_two(whole, one);
                let word = word_of_two(whole, one);
                // What a workflow of our own says is tried elsewhere; here all of it agrees.
                let own_says = match own {
                    "skipped" => "none",
                    _ => own_says,
                };
                let ours = of_two(push(5, OURS, own), own);
                let said = short_by(&[ours, newer.clone()], &deploy, &[OURS]);
                assert_eq!(
                    said,
                    helped(own_says, newer_says, word),
                    "{own} {whole:?} {one:?}"
                );
                // Without one of our own.
                let expected = helped("none", newer_says, word);
                let alone = std::slice::from_ref(&newer);
                assert_eq!(
                    short_by(alone, &deploy, &[OURS]),
                    expected,
                    "{whole:?} {one:?}"
                );
                // Whatever came after it without a deploy changes nothing.
                let left_out = of_two(push(7, NEWER, "success"), "skipped");
                let said = short_by(&[newer.clone(), left_out], &deploy, &[OURS]);
                assert_eq!(said, expected, "{whole:?} {one:?}, left out of a newer one");
                let docs_only = Pipeline {
                    workflows: Some(vec![("test".to_owned(), PipelineStatus::Success)]),
                    ..push(7, NEWER, "success")
                };
                let said = short_by(&[newer, docs_only], &deploy, &[OURS]);
                assert_eq!(said, expected, "{whole:?} {one:?}, not in a newer one");
            }
        }
    }
}

#[test]
fn the_configured_workflow_in_a_pipeline_that_took_our_place() {
    let deploy = push_and_workflow();
    for (own, own_says) in WORDS {
        for whole in WORDS {
            for one in WORDS {
                for (built, of_run, is_ours, contains) in [
                    (OURS, [OURS, OURS], true, true),
                    (NEWER, [OURS, OURS], false, true),
                    (NEWER, [OURS, NEWER], true, true),
                    (OLDER, [OURS, OURS], false, false),
                    (OLDER, [OURS, OLDER], true, false),
                ] {
                    let pipelines = [
                        superseded(6, of_two(push(5, OURS, "killed"), own)),
                        of_two(push(6, built, whole.0), one.0),
                    ];
                    let last_says = said_of_two(whole, one);
                    let expected = if built == OURS && last_says != "left out" {
                        // The newest of our own commit in which it runs.
                        by_number(last_says, 6)
                    } else if matches!(own, "killed" | "canceled" | "skipped") {
                        match last_says {
                            // It took our place, and deploys nothing.
                            "left out" => "pending 6".to_owned(),
                            "success" if !contains => "pending 6".to_owned(),
                            "failure" | "waits" | "stopped" if !is_ours => "pending 6".to_owned(),
                            said => by_number(said, 6),
                        }
                    } else {
                        // It had said its word before the rest was cancelled.
                        let last_says = if contains { last_says } else { "none" };
                        helped(own_says, last_says, word_of_two(whole, one))
                    };
                    let said = short_by(&pipelines, &deploy, &of_run);
                    assert_eq!(said, expected, "{own} {whole:?} {one:?} {built} {of_run:?}");
                }
            }
        }
    }
}

/// All newer ones count, and not only the newest; but one that failed of itself, and was not tried again, fails as ours did.
#[test]
fn three_newer_pipelines_in_every_order() {
    for (first, first_says) in WORDS {
        for (second, second_says) in WORDS {
            for (third, third_says) in WORDS {
                let pipelines = [
                    push(5, OURS, "failure"),
                    push(6, NEWER, first),
                    push(7, NEWER, second),
                    push(8, NEWER, third),
                ];
                let newest_first = [(8, third_says), (7, second_says), (6, first_says)];
                let newest = |wanted: &str| {
                    newest_first
                        .iter()
                        .find(|(_, says)| *says == wanted)
                        .map(|(number, _)| format!("{wanted} {number}"))
                };
                let heard = newest_first.iter().find(|(_, says)| *says != "none");
                let a_persons = heard
                    .filter(|(_, says)| matches!(*says, "waits" | "stopped"))
                    .map(|(number, _)| format!("pending {number}"));
                let has_failed =
                    matches!(third, "failure" | "error").then(|| "failure 5".to_owned());
                let expected = newest("success")
                    .or(has_failed)
                    .or(a_persons)
                    .or(newest("pending"))
                    .unwrap_or_else(|| "failure 5".to_owned());
                let said = short_by(&pipelines, &by(Trigger::Push), &[OURS]);
                assert_eq!(said, expected, "{first} {second} {third}");
            }
        }
    }
}
