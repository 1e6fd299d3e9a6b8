//! What `explain` says of the clauses that hold: the fact that each rests on.

use std::collections::BTreeMap;

use super::ALL;
use super::story::*;
use crate::domain::reason::{Reason, ReasonCode};
use crate::domain::start::clauses::clauses;

/// Every clause of a story, as code and fact; what does not hold is marked.
fn told(story: &Story, refused: &[Reason]) -> Vec<String> {
    let facts = GateFacts {
        repository: &story.repository,
        issue: &story.issue,
        permissions: &story.permissions,
        authorisation: &story.authorisation,
    };
    let surroundings = BTreeMap::from([(ReasonCode::CapReached, "0 of 5".to_owned())]);
    clauses(refused, Some((&facts, &story.rules())), &surroundings)
        .into_iter()
        .map(|clause| {
            let mark = if clause.passed { "" } else { "not " };
            format!("{mark}{}: {}", clause.code, clause.fact)
        })
        .collect()
}

#[test]
fn every_clause_of_an_eligible_issue_rests_on_a_fact() {
    assert_eq!(
        told(&Story::common(), &[]),
        [
            "no-label-event: grace put 'ready-for-agent' on at 2026-01-01T00:00:00Z",
            "label-removed: that is the newest change of 'ready-for-agent', and the issue shows it",
            "voided: nobody closed, moved or handed it back since",
            "label-actor-unknown: grace is a person",
            "label-by-app: no App stood in between",
            "label-by-self: our own account is afk-runner",
            "label-by-agent: AFK_AGENT_ACCOUNTS does not list grace",
            "permission-too-low: grace has write permission",
            "permission-unknown: grace is account 2, as at the labelling",
            "permission-ambiguous: the forge tells it for certain",
            "transferred: it was not moved here since it was labelled",
            "not-open: it is an open issue",
            "archived: the repository is not archived",
            "handed-back: it does not show 'ready-for-human'",
            "edited-since: the body was never edited",
            "edited-before: nobody untrusted changed the text in the 300 s before",
            "edit-history-hidden: the forge lists edits",
            "public-repository: the repository is private",
            "hidden-text: everything in title and body can be seen",
            "too-long: title and body have 24 characters, which fit into one message",
            "blocked: it names no blocker",
            "blocker-unresolved: every blocker could be looked up",
            "facts-incomplete: every fact could be read",
            "settling: labelled 3600 s ago, and 60 s are asked for",
            "on-hold: it shows no label that holds it back",
            "assigned-since: nobody is assigned",
            "has-sub-issues: no sub-issue is open",
            "pull-request-open: no open pull request will close it",
            "cap-reached: 0 of 5",
        ]
    );
}

#[test]
fn other_facts_are_told_in_their_own_words() {
    for (bend, fact) in [
        (
            (|s| s.labeller(bot("triage-app"))) as fn(&mut Story),
            "label-actor-unknown: triage-app is an App",
        ),
        (
            |s| {
                s.comment(ada(), 60, "Tag\u{E0041}.");
                s.comment(rex(), 60, "Tag\u{E0041}.");
            },
            "hidden-text: everything in title and body can be seen; a comment by ada at 2026-01-01T00:01:00Z was left out: it holds hidden characters",
        ),
        (
            |s| s.labeller(bot("triage-app")),
            "label-by-app: AFK_TRUSTED_APPS lists triage-app",
        ),
        (
            |s| s.labeller(bot("triage-app")),
            "permission-unknown: the App acts by itself",
        ),
        (
            |s| s.via(ViaApp::App("triage-app".to_owned())),
            "label-by-app: AFK_TRUSTED_APPS lists triage-app",
        ),
        (
            |s| {
                s.labeller(uwe());
                s.vouch(ForgeKind::GitHub, "uwe");
            },
            "permission-too-low: AFK_TRUSTED_PEOPLE lists uwe",
        ),
        (
            |s| s.edit(ada(), 60),
            "edited-since: the newest edit of the body is of 2026-01-01T00:01:00Z, and nobody untrusted changed the text since it was labelled",
        ),
        (
            |s| s.hide_edits(false, true),
            "edit-history-hidden: rex, who wrote it, is trusted",
        ),
        (
            |s| s.hide_edits(false, true),
            "edited-since: nobody untrusted could change the text",
        ),
        (
            |s| {
                s.assign(ada(), Some(-1));
                s.assign(grace(), Some(-2));
            },
            "assigned-since: assigned before it was labelled: ada, grace",
        ),
        (
            |s| {
                s.blocker("a/b#4", BlockerState::Closed);
                s.blocker("a/b#5", BlockerState::Open);
                s.blocker("a/b#6", BlockerState::Closed);
            },
            "blocked: closed: a/b#4, a/b#6",
        ),
        (
            Story::public,
            "public-repository: AFK_ALLOW_PUBLIC lists the repository",
        ),
        (
            |s| s.issue.open_sub_issues = None,
            "has-sub-issues: the forge knows no sub-issues",
        ),
        (
            |s| s.rival(rex()),
            "pull-request-open: only people who may not push have pull requests for it",
        ),
        (
            |s| s.now = at(-5),
            "settling: labelled 0 s ago, and 60 s are asked for",
        ),
    ] {
        let mut story = Story::common();
        bend(&mut story);
        let told = told(&story, &[]);
        assert!(told.iter().any(|told| told == fact), "{fact}: {told:#?}");
    }
}

/// What does not hold is said in the dispatcher's words, and nothing says that it holds, too.
#[test]
fn no_clause_is_told_to_hold_that_refuses() {
    for History { name, bend, .. } in ALL.into_iter().flatten() {
        let mut story = Story::common();
        bend(&mut story);
        let reasons = match story.judge() {
            GateVerdict::Trusted(_) => Vec::new(),
            GateVerdict::Refused(refusal) => refusal.into_reasons(),
        };
        let told = told(&story, &reasons);
        for reason in &reasons {
            let code = reason.code.as_str();
            let holds = |told: &String| told.starts_with(&format!("{code}: "));
            assert!(!told.iter().any(holds), "{name}: {told:#?}");
        }
        let refused = told.iter().filter(|told| told.starts_with("not "));
        assert_eq!(refused.count(), reasons.len(), "{name}");
    }
}

/// A clause that nothing is known for is left out: it would be a guess.
#[test]
fn clauses_without_a_fact_are_left_out() {
    for (bend, codes) in [
        (
            (|s| s.labeller(Actor::Gone)) as fn(&mut Story),
            ["label-actor-unknown", "permission-too-low"],
        ),
        (
            |s| s.labeller(user("eve", 70)),
            ["permission-too-low", "permission-unknown"],
        ),
        (
            |s| {
                s.via(ViaApp::Unknown);
                s.issue.state = IssueState::Closed;
            },
            ["label-by-app", "not-open"],
        ),
        (
            |s| {
                s.issue.is_pull_request = true;
                s.issue.label_events.clear();
            },
            ["not-open", "settling"],
        ),
    ] {
        let mut story = Story::common();
        bend(&mut story);
        let told = told(&story, &[]);
        for code in codes {
            let is_told = |told: &String| told.starts_with(&format!("{code}: "));
            assert!(!told.iter().any(is_told), "{code}: {told:#?}");
        }
    }
}
