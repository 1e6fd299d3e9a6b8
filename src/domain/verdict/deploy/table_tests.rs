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
