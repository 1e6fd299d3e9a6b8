//! What watch reads: the issues of runs, commits, and what CI says of them.

use afk::domain::issue::IssueState;
use afk::domain::verdict::ci::{CheckState, CommitSha};
use afk::tracker::{Checks, Closer, IssueEventKind, IssueReading, RunIssue, WatchReading};

use super::stage::{MARK, Stage};
use crate::support::world::{HUMAN, LOCK, READY, REPO};

fn issue(reading: &WatchReading) -> &IssueReading {
    reading.runs[0].issue().expect("the issue is there")
}

pub fn commits_are_told_newest_first_with_what_ci_says_of_the_runs_own(stage: &Stage) {
    let number = stage.ready();
    let message = format!("Reject them\n\nRefs {REPO}#{number}\n{MARK}\n");
    let own = stage.push("afk-bot", &message);
    let newer = stage.push("alice", "Something else");
    stage.status(&own, "ci/test", "success");
    stage.status(&own, "ci/lint", "failure");
    let reading = stage.watch(&[number]);
    let shas: Vec<&str> = reading
        .commits
        .iter()
        .map(|commit| commit.sha.as_str())
        .collect();
    assert_eq!(shas[..2], [newer.as_str(), own.as_str()]);
    assert_eq!(shas.len(), 3);
    assert!(!reading.more_commits && reading.every_commit);
    let commit = &reading.commits[1];
    assert_eq!(commit.message.trim_end(), message.trim_end());
    assert_eq!(reading.commits[0].parents[0], commit.sha);
    assert!(commit.url.contains(&own), "{}", commit.url);
    assert!(commit.committed_at < reading.commits[0].committed_at);
    let Checks::Read(told) = &commit.checks else {
        panic!("{:?}", commit.checks);
    };
    let mut told: Vec<_> = told
        .checks
        .iter()
        .map(|check| (check.name.as_str(), check.state.clone()))
        .collect();
    told.sort_by_key(|(name, _)| *name);
    assert_eq!(
        told,
        [
            ("ci/lint", CheckState::Failure),
            ("ci/test", CheckState::Success)
        ]
    );
    // Asked for by itself, it is told the same.
    let sha = CommitSha::parse(&own).unwrap();
    let alone = stage.with(|tracker| tracker.commit_checks(&stage.repo(REPO), &sha).unwrap());
    assert_eq!(alone.checks.len(), 2);
    // Of a repository without a run, no commits are read.
    assert!(stage.watch(&[]).commits.is_empty());
}

pub fn statuses_are_all_told_however_many(stage: &Stage) {
    let sha = stage.push("alice", "Much is checked");
    for context in 0..130 {
        stage.status(&sha, &format!("ci/{context}"), "success");
    }
    stage.status(&sha, "ci/last", "failure");
    stage.status(&sha, "ci/7", "pending");
    let sha = CommitSha::parse(&sha).unwrap();
    let told = stage.with(|tracker| tracker.commit_checks(&stage.repo(REPO), &sha).unwrap());
    assert_eq!(told.checks.len(), 131, "{:?}", stage.place);
    let of = |name: &str| {
        let mut of_name = told.checks.iter().filter(|check| check.name == name);
        let found = of_name.next().unwrap();
        assert!(of_name.next().is_none(), "{name} is told twice");
        found.state.clone()
    };
    assert_eq!(of("ci/last"), CheckState::Failure);
    // The newest of each context counts.
    assert_eq!(of("ci/7"), CheckState::Pending);
}

pub fn who_closed_an_issue_is_told_and_whether_it_was_a_commit(stage: &Stage) {
    let number = stage.ready();
    let sha = stage.push("alice", &format!("Done\n\nCloses #{number}\n"));
    let by_commit = stage.watch(&[number]);
    let issue_of_run = issue(&by_commit);
    assert_eq!(issue_of_run.state, IssueState::Closed);
    let closing = |issue: &IssueReading| {
        let events = issue.events.iter();
        let newest = events
            .filter_map(|event| match &event.kind {
                IssueEventKind::Closed(closer) => {
                    Some((event.actor.name().to_owned(), closer.clone()))
                }
                IssueEventKind::LabelAdded { .. }
                | IssueEventKind::LabelRemoved { .. }
                | IssueEventKind::Reopened
                | IssueEventKind::Referenced { .. } => None,
            })
            .next_back();
        newest.expect("it was closed")
    };
    let sha = CommitSha::parse(&sha).unwrap();
    assert_eq!(
        closing(issue_of_run),
        ("alice".to_owned(), Closer::Commit(sha.clone()))
    );
    let named: Vec<&CommitSha> = issue_of_run.named_commits().collect();
    assert!(named.contains(&&sha), "{named:?}");
    // By hand, by the same person: the commit has closed it once.
    stage.reopen(number, "alice");
    stage.close(number, "alice");
    let by_hand = stage.watch(&[number]);
    assert_eq!(
        closing(issue(&by_hand)),
        ("alice".to_owned(), Closer::Actor)
    );
    // And by us.
    stage.reopen(number, "alice");
    let at = stage.at_issue(number);
    stage.with(|tracker| tracker.close_issue(&at).unwrap());
    let by_us = stage.watch(&[number]);
    assert_eq!(closing(issue(&by_us)).0, "afk-bot");
    assert!(issue(&by_us).events.last().unwrap().by_us);
}

pub fn only_our_own_comments_are_told_and_edits_of_them(stage: &Stage) {
    let number = stage.ready();
    stage.comment(number, "mallory", "<!-- afk -->");
    let untouched = stage.comment(number, "afk-bot", "one");
    let edited = stage.comment(number, "afk-bot", "two");
    stage.edit_comment(number, &edited, "alice", "something else");
    let reading = stage.watch(&[number]);
    let told: Vec<_> = issue(&reading)
        .own_comments
        .iter()
        .map(|comment| (comment.id.clone(), comment.edited_by_other))
        .collect();
    assert_eq!(told, [(untouched, false), (edited, true)]);
    assert!(!issue(&reading).comments_incomplete);
}

pub fn locks_are_told_open_or_closed(stage: &Stage) {
    let open = stage.issue("alice", "Under way", "");
    stage.label(open, "afk-bot", LOCK);
    let closed = stage.issue("alice", "Was under way", "");
    stage.label(closed, "alice", LOCK);
    stage.close(closed, "alice");
    stage.issue("alice", "Nothing", "");
    let mut told: Vec<_> = stage
        .watch(&[])
        .locked
        .into_iter()
        .map(|locked| (locked.number.0, locked.title, locked.state))
        .collect();
    told.sort_by_key(|(number, _, _)| *number);
    assert_eq!(
        told,
        [
            (open, "Under way".to_owned(), IssueState::Open),
            (closed, "Was under way".to_owned(), IssueState::Closed)
        ]
    );
}

pub fn a_stray_is_read_back_to_its_beginning(stage: &Stage) {
    let number = stage.ready();
    let ours = stage.comment(number, "afk-bot", "checklist");
    for _ in 0..130 {
        stage.comment(number, "mallory", "+1");
    }
    stage.label(number, "afk-bot", LOCK);
    stage.label(number, "alice", HUMAN);
    let at = stage.at_issue(number);
    let read = || stage.with(|tracker| tracker.stray(&at).unwrap());
    let found = read();
    let found = found.issue().unwrap();
    assert_eq!(found.own_comments.len(), 1);
    assert_eq!(found.own_comments[0].id, ours);
    let added: Vec<_> = found
        .events
        .iter()
        .filter_map(|event| match &event.kind {
            IssueEventKind::LabelAdded { label, id } => {
                assert!(id.is_some());
                Some((label.as_str(), event.by_us))
            }
            IssueEventKind::LabelRemoved { .. }
            | IssueEventKind::Closed(_)
            | IssueEventKind::Reopened
            | IssueEventKind::Referenced { .. } => None,
        })
        .collect();
    assert_eq!(added, [(READY, false), (LOCK, true), (HUMAN, false)]);
    assert!(found.gaps.is_empty(), "{:?}", found.gaps);
    assert_eq!(found.shown_label("AGENT-in-progress"), Some(LOCK));
    stage.delete_issue(number);
    assert_eq!(read(), RunIssue::Missing);
}
