//! Which pipelines deploy the same part of a commit, as far as what they were started with tells.

use std::collections::BTreeMap;

use super::pipeline::{Pipeline, PipelineEvent, PipelineStatus};
use super::tag::released;
use crate::domain::config::Trigger;
use crate::domain::verdict::image_tag::without_ids_of;

/// The variable that names the image, when one does.
fn image_variable(trigger: &Trigger) -> Option<&str> {
    match trigger {
        Trigger::Manual { variable } => Some(variable),
        Trigger::Push | Trigger::Deployment { .. } | Trigger::Tag | Trigger::Cron => None,
    }
}

/// Whether two pipelines go to the same place for the same tag, apart from its version, the same schedule or the same task. What a server
/// does not tell is not different.
fn is_at_one(one: &Pipeline, other: &Pipeline) -> bool {
    let is_named_alike = match (&one.named, &other.named) {
        (Some(one_named), Some(named)) if one.event == PipelineEvent::Tag => {
            released(one_named) == released(named)
        }
        (Some(one_named), Some(named)) => one_named == named,
        (Some(_) | None, None) | (None, Some(_)) => true,
    };
    one.target == other.target && is_named_alike
}

/// Whether two pipelines deploy the same: what they were started with differs in nothing but the variable that names the image.
pub(super) fn is_same(one: &Pipeline, other: &Pipeline, trigger: &Trigger) -> bool {
    is_at_one(one, other) && differing(one, other, trigger).is_empty()
}

/// Whether two pipelines deploy the same, whoever or whatever started each of them.
///
/// Which part a variable stands for is not known: `SERVICE`, `TENANT_ID` and `RUN_MIGRATIONS` may each name one, and `FORCE` or
/// `DRY_RUN` may change what is done. So two pipelines are of one part only where what differs is by its name a matter of the start:
/// who started it and why, or a number, a time or an address of its build that differs in digits alone. Values that stand in no
/// pipeline of another commit prove nothing: a list may show one commit.
pub(super) fn is_alike(one: &Pipeline, other: &Pipeline, trigger: &Trigger) -> bool {
    is_at_one(one, other)
        && differing(one, other, trigger)
            .into_iter()
            .all(|(name, values)| is_of_the_start(name, values))
}

/// Whether a newer pipeline of a commit counts in the place of an older one: it is the same once more, or alike and was made after
/// the older one had ended. Alike ones that ran beside each other may be parts that nothing here tells apart.
pub(super) fn replaces(newer: &Pipeline, older: &Pipeline, trigger: &Trigger) -> bool {
    let ended = match older.status {
        // It never ran, and no time is told.
        PipelineStatus::Declined | PipelineStatus::Blocked => older.finished.or(older.created),
        PipelineStatus::Waiting
        | PipelineStatus::Running
        | PipelineStatus::Success
        | PipelineStatus::Failure
        | PipelineStatus::Error
        | PipelineStatus::Killed
        | PipelineStatus::Cancelled
        | PipelineStatus::Skipped
        | PipelineStatus::Unknown(_) => older.finished,
    };
    let is_after = || matches!((ended, newer.created), (Some(ended), Some(made)) if ended <= made);
    is_same(newer, older, trigger) || (is_alike(newer, older, trigger) && is_after())
}

/// Whether a pipeline of a newer commit deploys all that an older one was to deploy, as far as what they were started with tells: to the
/// same place, and started with no more than that one, but for what each says of its own commit.
pub(super) fn covers(newer: &Pipeline, older: &Pipeline, trigger: &Trigger) -> bool {
    is_at_one(newer, older)
        && differing(newer, older, trigger)
            .into_iter()
            .all(|(name, values)| {
                values.0.is_none()
                    || is_of_the_start(name, values)
                    || is_of_its_commit(name, values, [newer, older].map(|one| tag(one, trigger)))
            })
}

/// Whether a pipeline of a newer commit deploys the part that an older one deploys: it goes to the same place, and agrees in, or was started
/// without, what tells that one from those `beside` it, of the same commit. A commit's other variables may be new with each.
pub(super) fn makes_good(
    newer: &Pipeline,
    older: &Pipeline,
    beside: &[&Pipeline],
    trigger: &Trigger,
) -> bool {
    let of_its_part = |name: &String| {
        let value = newer.variables.get(name);
        value.is_none() || value == older.variables.get(name)
    };
    is_at_one(newer, older)
        && beside
            .iter()
            .flat_map(|other| differing(older, other, trigger))
            .all(|(name, values)| is_of_the_start(name, values) || of_its_part(name))
}

/// A variable's value in the one and in the other pipeline.
type Values<'p> = (Option<&'p String>, Option<&'p String>);

/// The variables in which two pipelines differ, beside the one that names the image.
fn differing<'p>(
    one: &'p Pipeline,
    other: &'p Pipeline,
    trigger: &Trigger,
) -> BTreeMap<&'p String, Values<'p>> {
    let image = image_variable(trigger);
    let names = one.variables.keys().chain(other.variables.keys());
    names
        .filter(|name| Some(name.as_str()) != image)
        .map(|name| (name, (one.variables.get(name), other.variables.get(name))))
        .filter(|(_, (in_one, in_other))| in_one != in_other)
        .collect()
}

/// What a pipeline was started for: the value that names the image, or the commit that was recorded.
fn tag<'p>(pipeline: &'p Pipeline, trigger: &Trigger) -> &'p str {
    let image = image_variable(trigger).and_then(|name| pipeline.variables.get(name));
    image.unwrap_or(&pipeline.commit)
}

/// Whether a variable tells of the commit that each of two pipelines deploys, whose `tags` name it: its id, with the same beside it; its
/// message or author; its version.
fn is_of_its_commit(name: &str, values: Values<'_>, tags: [&str; 2]) -> bool {
    let (Some(one), Some(other)) = values else {
        return false;
    };
    let name = name.to_ascii_uppercase();
    let words: Vec<&str> = name.split(['_', '-', '.']).collect();
    let is_said_of_it = matches!(
        words.as_slice(),
        [.., "COMMIT", "MESSAGE" | "TITLE" | "SUBJECT" | "AUTHOR"]
    );
    let is_version = matches!(
        words.as_slice(),
        ["VERSION"] | ["APP" | "IMAGE" | "RELEASE", "VERSION"]
    );
    let names_it = || {
        let rest = without_ids_of(one, tags[0]);
        rest.is_some() && rest == without_ids_of(other, tags[1])
    };
    is_said_of_it || (is_version && without_digits(one) == without_digits(other)) || names_it()
}

/// Whether a variable is by its name a matter of the start.
fn is_of_the_start(name: &str, values: Values<'_>) -> bool {
    let name = name.to_ascii_uppercase();
    let words: Vec<&str> = name.split(['_', '-', '.']).collect();
    let is_counted = || match values {
        (Some(one), Some(other)) => without_digits(one) == without_digits(other),
        (Some(_) | None, None) | (None, Some(_)) => true,
    };
    let is_of_a_person = matches!(
        words.as_slice(),
        [.., "ACTOR" | "NOTE" | "REASON"] | [.., "TRIGGERED" | "STARTED", "BY"]
    );
    let is_of_a_build = matches!(
        words.as_slice(),
        [.., "RUN" | "BUILD", "ID" | "NUMBER" | "URL"]
            | [.., "ATTEMPT" | "DATE" | "TIME" | "TIMESTAMP"]
    );
    is_of_a_person || (is_of_a_build && is_counted())
}

fn without_digits(value: &str) -> String {
    value
        .chars()
        .filter(|sign| !sign.is_ascii_digit())
        .collect()
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn with(variables: &[(&str, &str)]) -> Pipeline {
        Pipeline {
            variables: variables
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            ..Pipeline::default()
        }
    }

    fn by_tag() -> Trigger {
        Trigger::Manual {
            variable: "IMAGE_TAG".to_owned(),
        }
    }

    #[test]
    fn what_is_a_matter_of_the_start_makes_no_part() {
        for (name, one, other) in [
            ("RUN_ID", "111", "222"),
            ("GITHUB_RUN_ID", "111", "222"),
            ("github_run_number", "9", "10"),
            ("BUILD_NUMBER", "#9", "#10"),
            ("build-id", "9", "10"),
            ("BUILD_URL", "https://ci/api/9", "https://ci/api/10"),
            ("ATTEMPT", "1", "2"),
            ("GITHUB_RUN_ATTEMPT", "1", "2"),
            ("BUILD_DATE", "2026-11-20", "2026-11-21"),
            ("TIMESTAMP", "1795880426", "1795880430"),
            ("GITHUB_ACTOR", "alice", "bob"),
            ("TRIGGERED_BY", "github-actions", "alice"),
            ("STARTED_BY", "ci", "bob"),
            ("NOTE", "first", "once more"),
            ("DEPLOY_REASON", "new", "retry"),
        ] {
            let (one, other) = (with(&[(name, one)]), with(&[(name, other)]));
            let without = with(&[("IMAGE_TAG", "4f1c2b7a")]);
            assert!(is_alike(&one, &other, &by_tag()), "{name}");
            assert!(is_alike(&one, &without, &by_tag()), "{name}");
            assert!(is_alike(&without, &one, &by_tag()), "{name}");
            assert!(!is_same(&one, &other, &by_tag()), "{name}");
        }
    }

    #[test]
    fn what_may_name_a_part_or_change_what_is_done_makes_one() {
        for (name, one, other) in [
            ("SERVICE", "api", "web"),
            ("SERVICE", "1", "2"),
            ("SERVICE_ID", "1", "2"),
            ("TENANT_ID", "1", "2"),
            ("SHARD_NUMBER", "1", "2"),
            ("ID", "1", "2"),
            ("URL", "https://1", "https://2"),
            ("BUILD_TARGET", "api", "web"),
            ("BUILD", "1", "2"),
            ("RUN_MIGRATIONS", "1", "0"),
            ("TIMEZONE", "1", "2"),
            ("DB_USER", "api", "web"),
            ("USER", "api", "web"),
            ("GITHUB_JOB", "api", "web"),
            ("RUNID", "1", "2"),
            ("FACTOR", "1", "2"),
            ("FORCE", "1", "0"),
            ("DRY_RUN", "1", "0"),
            ("", "1", "2"),
        ] {
            let (one, other) = (with(&[(name, one)]), with(&[(name, other)]));
            assert!(!is_alike(&one, &other, &by_tag()), "{name}");
            assert!(!is_alike(&one, &with(&[]), &by_tag()), "{name}");
            assert!(!is_alike(&with(&[]), &other, &by_tag()), "{name}");
        }
        // Their words say of what the build is.
        for (name, one, other) in [
            ("BUILD_ID", "api-9", "web-10"),
            ("BUILD_URL", "https://ci/api/9", "https://ci/web/10"),
            ("RUN_DATE", "2026-11-20", "today"),
        ] {
            let (one, other) = (with(&[(name, one)]), with(&[(name, other)]));
            assert!(!is_alike(&one, &other, &by_tag()), "{name}");
        }
        // Beside what makes none, and to another place.
        let run = |id, service| with(&[("RUN_ID", id), ("SERVICE", service)]);
        assert!(is_alike(&run("1", "api"), &run("2", "api"), &by_tag()));
        assert!(!is_alike(&run("1", "api"), &run("2", "web"), &by_tag()));
        let there = Pipeline {
            target: "eu".to_owned(),
            ..run("1", "api")
        };
        assert!(!is_alike(&run("1", "api"), &there, &by_tag()));
        // The image is no part, unless another event deploys.
        let image = |tag| with(&[("IMAGE_TAG", tag)]);
        assert!(is_same(&image("a"), &image("b"), &by_tag()));
        assert!(!is_alike(&image("a"), &image("b"), &Trigger::Push));
    }

    #[test]
    fn a_newer_one_covers_an_older_one_when_it_was_started_with_no_more() {
        let api = with(&[("SERVICE", "api"), ("RUN_ID", "1")]);
        for (newer, expected) in [
            (with(&[("SERVICE", "api"), ("RUN_ID", "2")]), true),
            (with(&[("SERVICE", "api"), ("NOTE", "again")]), true),
            (with(&[("IMAGE_TAG", "4f1c2b7a")]), true),
            (with(&[]), true),
            (with(&[("SERVICE", "web")]), false),
            (with(&[("SERVICE", "api"), ("DRY_RUN", "true")]), false),
            (with(&[("DRY_RUN", "true")]), false),
        ] {
            assert_eq!(covers(&newer, &api, &by_tag()), expected, "{newer:?}");
            let elsewhere = Pipeline {
                target: "staging".to_owned(),
                ..newer
            };
            assert!(!covers(&elsewhere, &api, &by_tag()));
        }
    }

    #[test]
    fn what_each_says_of_its_own_commit_is_no_part_of_another() {
        const OLDER: &str = "4f1c2b7a9d0e4f1c2b7a9d0e4f1c2b7a9d0e4f1c";
        const NEWER: &str = "bbbbbbbb9d0e4f1c2b7a9d0e4f1c2b7a9d0e4f1c";
        for (name, older, newer, expected) in [
            ("GIT_SHA", OLDER, NEWER, true),
            ("GIT_SHA", "4f1c2b7", "bbbbbbb", true),
            ("SENTRY_RELEASE", "web@4f1c2b7a", "web@bbbbbbbb", true),
            ("SENTRY_RELEASE", "web@4f1c2b7a", "api@bbbbbbbb", false),
            // Another commit than the one that is deployed.
            ("BASE_SHA", "cccccccc", "bbbbbbbb", false),
            ("BASE_SHA", "4f1c2b7a", "cccccccc", false),
            ("CI_COMMIT_MESSAGE", "Mend it", "Add it", true),
            ("commit_author", "alice", "bob", true),
            ("COMMIT_TITLE", "Mend it", "Add it", true),
            ("COMMIT_SUBJECT", "Mend it", "Add it", true),
            ("COMMIT_KIND", "api", "web", false),
            ("MESSAGE", "api", "web", false),
            ("VERSION", "1.4.2", "1.4.3", true),
            ("APP_VERSION", "v1.4.2", "v1.5.0", true),
            ("IMAGE_VERSION", "1.4.2", "1.4.3", true),
            ("RELEASE_VERSION", "1.4.2", "1.4.3", true),
            ("VERSION", "1.4.2-api", "1.4.3-web", false),
            ("NODE_VERSION", "20", "22", false),
        ] {
            let of = |tag, value| with(&[("IMAGE_TAG", tag), (name, value)]);
            let (older, newer) = (of("4f1c2b7a", older), of("bbbbbbbb", newer));
            assert_eq!(covers(&newer, &older, &by_tag()), expected, "{name}");
            assert!(!is_alike(&newer, &older, &by_tag()), "{name}");
            // Started with less, it leaves the part open.
            assert!(covers(&with(&[]), &older, &by_tag()), "{name}");
            assert!(!covers(&newer, &with(&[]), &by_tag()), "{name}");
            // Where no variable names the image, the recorded commit does.
            let recorded = |pipeline: &Pipeline, commit: &str| {
                let mut pipeline = pipeline.clone();
                pipeline.variables.remove("IMAGE_TAG");
                commit.clone_into(&mut pipeline.commit);
                pipeline
            };
            let (older, newer) = (recorded(&older, OLDER), recorded(&newer, NEWER));
            for trigger in [by_tag(), Trigger::Push] {
                assert_eq!(covers(&newer, &older, &trigger), expected, "{name}");
            }
        }
    }

    #[test]
    fn an_alike_one_replaces_what_had_ended_before_it_was_made() {
        let at = |seconds| DateTime::from_timestamp(seconds, 0);
        let run = |id, created, finished| Pipeline {
            created,
            finished,
            ..with(&[("RUN_ID", id)])
        };
        let newer = run("2", at(100), None);
        for (older, expected) in [
            (run("1", at(10), at(99)), true),
            (run("1", at(10), at(100)), true),
            (run("1", at(10), at(101)), false),
            (run("1", at(10), None), false),
            (run("2", at(10), None), true),
        ] {
            assert_eq!(replaces(&newer, &older, &by_tag()), expected, "{older:?}");
        }
        let declined = Pipeline {
            status: PipelineStatus::Declined,
            ..run("1", at(10), None)
        };
        assert!(replaces(&newer, &declined, &by_tag()));
        let blocked = Pipeline {
            status: PipelineStatus::Blocked,
            ..declined
        };
        assert!(replaces(&newer, &blocked, &by_tag()));
        let unsaid = run("2", None, None);
        assert!(!replaces(&unsaid, &run("1", at(10), at(99)), &by_tag()));
    }
}
