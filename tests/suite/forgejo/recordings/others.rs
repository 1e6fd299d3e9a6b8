//! Recordings of calls that stand in the middle of something: labels before they are put on or taken off, where a commit is, which
//! comments were written here, and what the server is.

use std::collections::BTreeMap;

use afk::domain::identity::ThreadId;
use afk::domain::issue::Actor;
use afk::domain::repository::{IssueNumber, IssueRef};
use afk::domain::verdict::attribution::Placement;
use afk::domain::verdict::ci::CommitSha;
use afk::service_error::FailureKind;
use afk::tracker::{Closer, IssueEventKind, IssueLookup, RunIssue, RunQuery, Tracker, WatchQuery};
use serde_json::{Value, json};

use super::{Stage, act, fits};
use crate::support::sandbox::forgejo::ServerKind;

fn check(right: bool, what: String) -> Result<(), String> {
    if right { Ok(()) } else { Err(what) }
}

/// Something of a repository of the recording, or of any other.
fn in_issue(stage: &Stage<'_>, number: u64) -> IssueRef {
    IssueRef {
        repo: stage.repo(),
        number: IssueNumber(number),
    }
}

/// Runs of workflows are asked for where the server has them.
pub(super) fn version(stage: &Stage<'_>) -> Result<(), String> {
    let sha = CommitSha::parse(&"a".repeat(40)).unwrap();
    let repo = afk::domain::repository::RepoRef::parse(
        "owner/pub",
        afk::domain::repository::ForgeKind::Forgejo,
    );
    let told = stage.with(|forge| forge.commit_checks(&repo.unwrap(), &sha));
    let runs = stage
        .sent()
        .iter()
        .any(|sent| sent.path.ends_with("/actions/runs"));
    let expected = stage.kind != ServerKind::Forgejo11;
    check(
        told.is_ok() && runs == expected,
        format!("{told:?}, runs asked for: {runs}"),
    )
}

/// A timeline that shows the recorded comments, and one that the list does not have.
fn timeline_of(comments: &Value) -> Value {
    let listed = comments.as_array().into_iter().flatten();
    let mut entries: Vec<Value> = listed
        .map(|comment| {
            json!({
                "id": comment["id"], "type": "comment", "user": comment["user"],
                "body": comment["body"], "created_at": comment["created_at"],
                "updated_at": comment["updated_at"],
            })
        })
        .collect();
    entries.push(json!({
        "id": 999_999, "type": "comment", "user": {"id": 77, "login": "amy"}, "body": "unlisted",
        "created_at": "2026-11-28T16:05:56Z", "updated_at": "2026-11-28T16:05:56Z",
    }));
    json!(entries)
}

/// What the list has is by its account here, and nothing else is.
pub(super) fn comments(stage: &Stage<'_>) -> Result<(), String> {
    let recording = stage.recording;
    let stage = Stage {
        beside: BTreeMap::from([("/timeline".to_owned(), timeline_of(&recording.body))]),
        sent: std::sync::Mutex::default(),
        ..*stage
    };
    let number = stage.issue_ref().number;
    let read = stage.with(|forge| {
        let repository = stage.repository(forge)?;
        forge.issue(&repository, number)
    });
    let right = match &read {
        Ok(IssueLookup::Issue(facts)) => {
            let by_person = |body: &str| {
                let of_body = facts.comments.iter().find(|comment| comment.body == body);
                of_body.is_some_and(|comment| matches!(comment.author, Actor::User { .. }))
            };
            let listed = recording.body.as_array().map_or(&[][..], Vec::as_slice);
            recording.status == 200
                && facts.comments.len() == listed.len() + 1
                && !by_person("unlisted")
                && listed
                    .iter()
                    .all(|comment| by_person(comment["body"].as_str().unwrap()))
        }
        Ok(IssueLookup::Missing) => recording.status == 404,
        Ok(IssueLookup::PullRequest | IssueLookup::TooLong(_)) => false,
        Err(error) => fits(recording.status, error),
    };
    check(right, format!("{read:?}"))
}

/// A label that the list has is put on by the oldest id of its name.
pub(super) fn labels(stage: &Stage<'_>) -> Result<(), String> {
    let recording = stage.recording;
    let listed = recording.body.as_array().map_or(&[][..], Vec::as_slice);
    let name = listed.first().and_then(|label| label["name"].as_str());
    let name = name.unwrap_or("any");
    let oldest = listed
        .iter()
        .filter(|label| label["name"] == name)
        .filter_map(|label| label["id"].as_u64())
        .min();
    let result = stage.with(|forge| forge.add_label(&in_issue(stage, 9), name));
    if let (Ok(()), Some(oldest)) = (&result, oldest) {
        let written: Vec<Value> = stage
            .sent()
            .into_iter()
            .filter(|sent| sent.method == "POST")
            .map(|sent| sent.body)
            .collect();
        check(
            written == [json!({"labels": [oldest]})],
            format!("{written:?}"),
        )?;
    }
    act(recording, recording.status == 200, &result)
}

/// A label that is nowhere is made, and put on by the id that the answer gives it.
pub(super) fn create_label(stage: &Stage<'_>) -> Result<(), String> {
    let recording = stage.recording;
    let result = stage.with(|forge| forge.add_label(&in_issue(stage, 9), "made-by-bot"));
    let done = recording.status == 201;
    if done {
        let sent = stage.sent();
        let last = &sent.last().unwrap().body;
        let expected = json!({"labels": [recording.body["id"]]});
        check(*last == expected, format!("{last} and not {expected}"))?;
    }
    act(recording, done, &result)
}

/// A label that is shown is taken off by its id; that it is still shown afterwards is said. One that is not shown costs nothing.
pub(super) fn shown_labels(stage: &Stage<'_>) -> Result<(), String> {
    let listed = stage.recording.body.as_array().cloned();
    let listed = listed.unwrap_or_default();
    let shown = &listed[0];
    let issue = stage.issue_ref();
    let (absent, taken) = stage.with(|forge| {
        (
            forge.remove_label(&issue, "not shown"),
            forge.remove_label(&issue, shown["name"].as_str().unwrap()),
        )
    });
    let deleted: Vec<String> = stage
        .sent()
        .into_iter()
        .filter(|sent| sent.method == "DELETE")
        .map(|sent| sent.path)
        .collect();
    // A repository may have two labels of one name.
    let expected: Vec<String> = listed
        .iter()
        .filter(|label| label["name"] == shown["name"])
        .map(|label| format!("{}/{}", stage.recording.path, label["id"]))
        .collect();
    let right = absent.is_ok()
        && taken.is_err_and(|error| error.kind == FailureKind::Refused)
        && deleted == expected;
    check(right, format!("{absent:?} {deleted:?}"))
}

/// The later commit is not contained in the earlier one. Asked for a commit that an event names, from the head of the list; and for
/// one that may have closed an issue, from the head of a branch whose name has a slash.
pub(super) fn compare(stage: &Stage<'_>) -> Result<(), String> {
    let recording = stage.recording;
    let range = recording.segments()[4].to_owned();
    let (base, head) = range.split_once("...").unwrap();
    let thread = "11111111-2222-5333-8444-555555555555";
    let commit = |sha: &str, message: &str| {
        let date = json!({"name": "amy", "email": "amy@x.test", "date": "2026-11-28T16:07:10Z"});
        json!({
            "sha": sha, "html_url": "", "parents": [],
            "commit": {"message": message, "author": date, "committer": date},
        })
    };
    let entry = |id: u64, kind: &str| {
        json!({
            "id": id, "type": kind, "user": {"id": 77, "login": "amy"}, "body": "",
            "created_at": "2026-11-28T16:07:11Z", "updated_at": "2026-11-28T16:07:11Z",
        })
    };
    let mut reference = entry(1, "commit_ref");
    reference["ref_commit_sha"] = json!(head);
    reference["body"] = json!(format!("<a href=\"/owner/pub/commit/{head}\">it</a>"));
    let message = format!("Done\n\nFixes #9\n\nRefs owner/pub#9\nAfk-Run: {thread}\n");
    let mut repository = stage.body("repo-pub");
    repository["default_branch"] = json!("release/1");
    let stage = Stage {
        beside: BTreeMap::from([
            ("/repos/owner/pub".to_owned(), repository),
            ("/commits".to_owned(), json!([commit(base, "Begin")])),
            (format!("/git/commits/{head}"), commit(head, &message)),
            (
                "/timeline".to_owned(),
                json!([reference, entry(2, "close")]),
            ),
        ]),
        sent: std::sync::Mutex::default(),
        ..*stage
    };
    let repo = stage.repo();
    let query = WatchQuery {
        repo: repo.clone(),
        branch: None,
        runs: vec![RunQuery {
            issue: IssueNumber(9),
            thread: ThreadId(thread.parse().unwrap()),
            dispatched_at: chrono::DateTime::UNIX_EPOCH,
            since: chrono::DateTime::UNIX_EPOCH,
        }],
    };
    let (watched, stray) = stage.with(|forge| {
        (
            forge.watch(&[query]).remove(0),
            forge.stray(&in_issue(&stage, 9)),
        )
    });
    let asked = stage
        .sent()
        .iter()
        .filter(|sent| sent.path == recording.path)
        .count();
    let placed = watched.as_ref().is_ok_and(|reading| {
        let mut linked = reading.linked.iter();
        linked.any(|linked| linked.placement == Placement::Elsewhere)
    });
    let closed_by_hand = matches!(&stray, Ok(RunIssue::Issue(issue)) if issue
        .events
        .iter()
        .any(|event| event.kind == IssueEventKind::Closed(Closer::Actor)));
    check(
        placed && closed_by_hand && asked >= 2,
        format!("{placed} {closed_by_hand} {asked} {watched:?} {stray:?}"),
    )
}
