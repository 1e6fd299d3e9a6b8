//! Clause 8: blockers. And gaps.

use super::story::*;

/// Clause 8: blockers. And gaps.
pub(super) const HISTORIES: &[History] = &[
    history(
        "a closed blocker",
        |s| s.blocker("octo-org/widgets#41", BlockerState::Closed),
        &[],
    ),
    history(
        "an open blocker",
        |s| {
            s.blocker("octo-org/widgets#41", BlockerState::Open);
        },
        &["blocked"],
    ),
    history(
        "two open blockers and a closed one",
        |s| {
            s.blocker("octo-org/widgets#41", BlockerState::Open);
            s.blocker("octo-org/widgets#42", BlockerState::Closed);
            s.blocker("octo-org/widgets#43", BlockerState::Open);
        },
        &["blocked", "blocked"],
    ),
    history(
        "a blocker that can not be read",
        |s| {
            s.blocker(
                "octo-org/secret#1",
                BlockerState::Unresolved("not found".to_owned()),
            );
        },
        &["blocker-unresolved"],
    ),
    history(
        "more open blockers than are listed",
        |s| {
            s.issue.open_native_blockers = Some(2);
            s.issue.listed_open_native_blockers = 1;
        },
        &["blocked"],
    ),
    history(
        "a forge that does not count blockers",
        |s| {
            s.issue.open_native_blockers = None;
        },
        &[],
    ),
    history(
        "a blocker named in the body and closed",
        |s| {
            s.issue.body = "Blocked by #41".to_owned();
            s.blocker("octo-org/widgets#41", BlockerState::Closed);
        },
        &[],
    ),
    history(
        "a blocker named in the body and not looked up",
        |s| {
            s.issue.body = "Blocked by #41 and octo-org/gadgets#12".to_owned();
            s.blocker("octo-org/widgets#41", BlockerState::Closed);
        },
        &["blocker-unresolved"],
    ),
    history(
        "a blocker on the same host, by its address",
        |s| {
            s.issue.body = "Blocked by https://github.com/octo-org/widgets/issues/41".to_owned();
            s.blocker("octo-org/widgets#41", BlockerState::Closed);
        },
        &[],
    ),
    history(
        "a blocker on another host",
        |s| {
            s.issue.body = "Blocked by https://codeberg.org/octo-org/widgets/issues/41".to_owned();
            s.blocker("octo-org/widgets#41", BlockerState::Closed);
        },
        &["blocker-unresolved"],
    ),
    history(
        "a field that names nothing",
        |s| {
            s.issue.body = "Blocked by: TBD".to_owned();
        },
        &["blocker-unresolved"],
    ),
    history(
        "a blocker that is none",
        |s| {
            s.issue.body = "Blocked by #0".to_owned();
        },
        &["blocker-unresolved"],
    ),
    history(
        "more blockers than we look up",
        |s| {
            let numbers: Vec<String> = (1..=51).map(|n| format!("#{n}")).collect();
            s.issue.body = format!("Blocked by {}", numbers.join(", "));
            for number in numbers {
                s.blocker(&format!("octo-org/widgets{number}"), BlockerState::Closed);
            }
        },
        &["blocker-unresolved"],
    ),
    history(
        "blocked by nothing in particular",
        |s| {
            s.issue.body = "Blocked by the release".to_owned();
        },
        &[],
    ),
    history(
        "a blocker that is linked and named is told once",
        |s| {
            s.issue.body = "Blocked by #41".to_owned();
            s.blocker("octo-org/widgets#41", BlockerState::Open);
            s.blocker("octo-org/widgets#41", BlockerState::Open);
        },
        &["blocked"],
    ),
    history(
        "it names itself as its blocker",
        |s| {
            s.issue.body = "Blocked by #87".to_owned();
            s.blocker("octo-org/widgets#87", BlockerState::Open);
        },
        &["blocked"],
    ),
    history(
        "an open blocker is listed, and the forge counts none",
        |s| {
            s.blocker("octo-org/widgets#41", BlockerState::Open);
            s.issue.open_native_blockers = Some(0);
            s.issue.listed_open_native_blockers = 1;
        },
        &["blocked"],
    ),
    history(
        "the body was given another blocker after it was looked up",
        |s| {
            s.issue.body = "Blocked by #41, #42".to_owned();
            s.blocker("octo-org/widgets#41", BlockerState::Closed);
        },
        &["blocker-unresolved"],
    ),
    history(
        "a partial answer",
        |s| {
            s.issue
                .gaps
                .push("timelineItems: SERVICE_UNAVAILABLE".to_owned());
        },
        &["facts-incomplete"],
    ),
    history(
        "two gaps",
        |s| {
            s.issue.gaps.push("labels".to_owned());
            s.issue.gaps.push("comments".to_owned());
        },
        &["facts-incomplete", "facts-incomplete"],
    ),
    history(
        "everything at once",
        |s| {
            s.labeller(tim());
            s.issue.transfers.push(at(1));
            s.issue.state = IssueState::Closed;
            s.issue.is_pull_request = true;
            s.repository = RepositoryFacts {
                archived: true,
                unworkable: None,
                visibility: Visibility::Public,
            };
            s.issue.labels.push("ready-for-human".to_owned());
            s.edit(rex(), 1);
            s.rename(uwe(), 1);
            s.issue.body = "$x$\u{202E}".to_owned();
            s.state(StateChange::Closed, grace(), 2);
            s.other_label("ready-for-human", LabelChange::Added, grace(), 3);
            s.issue.labels.push("Needs-Info".to_owned());
            s.issue.labels.push("agent-in-progress".to_owned());
            s.assign(ada(), Some(4));
            s.issue.open_sub_issues = Some(2);
            s.rival(ada());
            s.edit(rex(), -1);
            s.now = at(10);
            s.text_budget = 10;
            s.blocker("octo-org/widgets#41", BlockerState::Open);
            s.issue.gaps.push("labels".to_owned());
        },
        &[
            "permission-too-low",
            "transferred",
            "not-open",
            "not-open",
            "archived",
            "handed-back",
            "lock-label",
            "edited-since",
            "edited-before",
            "permission-unknown",
            "public-repository",
            "hidden-text",
            "hidden-text",
            "permission-unknown",
            "too-long",
            "blocked",
            "facts-incomplete",
            "settling",
            "on-hold",
            "assigned-since",
            "has-sub-issues",
            "pull-request-open",
        ],
    ),
];

#[test]
fn blockers_that_can_not_be_seen_are_counted() {
    for (open, listed, detail) in [
        (2, 1, "blocked (1 open blocker can not be seen)"),
        (5, 2, "blocked (3 open blockers can not be seen)"),
    ] {
        let mut story = Story::common();
        story.issue.open_native_blockers = Some(open);
        story.issue.listed_open_native_blockers = listed;
        let GateVerdict::Refused(refusal) = story.judge() else {
            panic!();
        };
        assert_eq!(refusal.reasons()[0].to_string(), detail);
    }
}
