//! What a timeline says (`contracts/forgejo` section 4): labels, state, title, assignees, commits, pull requests.
//!
//! Pure. The order of the entries' ids is the order of what happened; their times are told, and administrators of Forgejo can
//! set them. So nothing that follows a labelling is ever dated before it.

use chrono::{DateTime, Utc};

use super::entries::{Reference, WireEntry};
use super::wire::{WireIssue, WireLabel, WireUser, actor};
use crate::domain::identity::Authorisation;
use crate::domain::issue::{
    Assignment, Edit, IssueFacts, LabelChange, LabelEvent, Rival, StateChange, StateEvent, ViaApp,
};

/// What an entry says.
#[derive(Clone, Debug)]
pub(super) enum Happened<'e> {
    /// A label was put on or taken off.
    Label(LabelChange, &'e WireLabel),
    /// It was closed or opened again.
    State(StateChange),
    /// The title was changed.
    Renamed,
    /// Somebody was assigned, or not any more.
    Assigned { assignee: &'e WireUser, now: bool },
    /// A commit mentions it.
    Commit { sha: &'e str },
    /// Somebody commented.
    Commented,
    /// Anything else, which counts as activity.
    Other,
}

/// One entry, read.
#[derive(Clone, Debug)]
pub(super) struct Item<'e> {
    pub(super) entry: &'e WireEntry,
    /// When it happened; never before a labelling with the ready label that it followed.
    pub(super) at: DateTime<Utc>,
    pub(super) what: Happened<'e>,
}

/// Reads the entries, which are in the order of their ids. An entry that lacks what it must have is a gap.
pub(super) fn items<'e>(
    entries: &'e [WireEntry],
    ready: &str,
    gaps: &mut Vec<String>,
) -> Vec<Item<'e>> {
    let mut not_before: Option<DateTime<Utc>> = None;
    let mut items = Vec::new();
    for entry in entries {
        let what = match happened(entry) {
            Ok(what) => what,
            Err(why) => {
                gaps.push(why);
                continue;
            }
        };
        let at = not_before.map_or(entry.created_at, |floor| floor.max(entry.created_at));
        if let Happened::Label(LabelChange::Added, label) = &what
            && label.name == ready
        {
            not_before = Some(at);
        }
        items.push(Item { entry, at, what });
    }
    items
}

fn happened(entry: &WireEntry) -> Result<Happened<'_>, String> {
    Ok(match entry.kind.as_str() {
        "label" => {
            let label = entry
                .label
                .as_ref()
                .ok_or_else(|| format!("entry {} is about a label and names none", entry.id))?;
            let change = match entry.body.as_deref() {
                Some("1") => LabelChange::Added,
                Some("") | None => LabelChange::Removed,
                Some(word) => {
                    return Err(format!(
                        "entry {} neither puts a label on nor takes it off: '{}'",
                        entry.id,
                        word.chars().take(20).collect::<String>()
                    ));
                }
            };
            Happened::Label(change, label)
        }
        "close" => Happened::State(StateChange::Closed),
        "reopen" => Happened::State(StateChange::Reopened),
        "change_title" => Happened::Renamed,
        "assignees" => match &entry.assignee {
            Some(assignee) => Happened::Assigned {
                assignee,
                now: !entry.removed_assignee,
            },
            // A team was asked, or the account is gone.
            None => Happened::Other,
        },
        "commit_ref" => match entry.ref_commit_sha.as_deref() {
            Some(sha) if !sha.is_empty() => Happened::Commit { sha },
            Some(_) | None => Happened::Other,
        },
        "comment" => Happened::Commented,
        _ => Happened::Other,
    })
}

/// Whether a change of a label counts: changes of the ready label only where they are about a label that the issue shows.
///
/// A repository and its organisation may both have a label of the name, and a repository may have two. When the issue
/// shows none of them, all count: then the newest says who took it away.
pub(super) fn counts(label: &WireLabel, ready: &str, shown: &[WireLabel]) -> bool {
    let mut of_name = shown.iter().filter(|shown| shown.name == ready).peekable();
    label.name != ready || of_name.peek().is_none() || of_name.any(|shown| shown.id == label.id)
}

/// Puts what the timeline says into the facts.
pub(super) fn add_to(facts: &mut IssueFacts, items: &[Item<'_>], issue: &WireIssue, ready: &str) {
    for Item { entry, at, what } in items {
        let who = || actor(entry.user.as_ref());
        match what {
            Happened::Label(change, label) => {
                if !counts(label, ready, issue.labels()) {
                    continue;
                }
                let Some(id) = Authorisation::new(&entry.id.to_string()) else {
                    continue;
                };
                facts.label_events.push(LabelEvent {
                    id,
                    at: *at,
                    change: *change,
                    label: label.name.clone(),
                    actor: who(),
                    // These forges have no Apps.
                    via_app: ViaApp::No,
                });
            }
            Happened::State(change) => facts.state_events.push(StateEvent {
                at: *at,
                change: *change,
                actor: who(),
            }),
            Happened::Renamed => facts.renames.push(Edit {
                at: *at,
                editor: who(),
            }),
            Happened::Assigned { .. }
            | Happened::Commit { .. }
            | Happened::Commented
            | Happened::Other => {}
        }
    }
    facts.assignees = assignments(issue, items);
    facts.rivals = rivals(items, &mut facts.gaps);
}

/// Who is assigned now, and since when.
fn assignments(issue: &WireIssue, items: &[Item<'_>]) -> Vec<Assignment> {
    let assigned = issue.assignees.as_deref().unwrap_or_default();
    assigned
        .iter()
        .map(|assigned| Assignment {
            assignee: actor(Some(assigned)),
            since: since(items, assigned),
        })
        .collect()
}

/// When the newest entry about somebody's assignment made it; `None` when there is none, or when it ended it.
fn since(items: &[Item<'_>], assigned: &WireUser) -> Option<DateTime<Utc>> {
    let about = items.iter().rev().find_map(|item| {
        if let Happened::Assigned { assignee, now } = &item.what
            && assignee.id == assigned.id
        {
            Some((item.at, *now))
        } else {
            None
        }
    });
    about.and_then(|(at, now)| now.then_some(at))
}

/// Open pull requests that say that they will close the issue.
fn rivals(items: &[Item<'_>], gaps: &mut Vec<String>) -> Vec<Rival> {
    let mut rivals: Vec<Rival> = Vec::new();
    for Item { entry, .. } in items {
        if !entry.says_that_it_closes() {
            continue;
        }
        let pull_request = match &entry.ref_issue {
            Some(Reference::Read(read)) => read,
            Some(Reference::Unreadable) => {
                gaps.push(format!("the pull request that entry {} names", entry.id));
                continue;
            }
            None => continue,
        };
        if !pull_request.is_pull_request() || pull_request.state == "closed" {
            continue;
        }
        let home = pull_request.repository.as_ref();
        let home = home.map_or("", |home| home.full_name.as_str());
        let rival = Rival {
            name: format!("{home}#{}", pull_request.number),
            author: pull_request.author(),
        };
        if !rivals.contains(&rival) {
            rivals.push(rival);
        }
    }
    rivals
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::domain::issue::Actor;

    const READY: &str = "ready-for-agent";

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap()
    }

    /// An entry by user 7, with more members.
    fn entry(id: u64, second: i64, kind: &str, more: Value) -> WireEntry {
        let mut entry = json!({
            "id": id, "type": kind, "user": {"id": 7, "login": "amy"}, "body": "",
            "created_at": at(second), "updated_at": at(second), "label": null, "ref_action": "none",
        });
        for (name, value) in more.as_object().unwrap() {
            entry[name] = value.clone();
        }
        serde_json::from_value(entry).unwrap()
    }

    fn label(id: u64, second: i64, on: bool, label: u64, name: &str) -> WireEntry {
        let body = if on { "1" } else { "" };
        entry(
            id,
            second,
            "label",
            json!({"body": body, "label": {"id": label, "name": name}}),
        )
    }

    fn issue(labels: &[(u64, &str)], assignees: Value) -> WireIssue {
        let labels: Vec<Value> = labels
            .iter()
            .map(|(id, name)| json!({"id": id, "name": name}))
            .collect();
        serde_json::from_value(json!({
            "number": 4, "title": "t", "body": "b", "html_url": "https://f.example/o/r/issues/4",
            "user": {"id": 7, "login": "amy"}, "labels": labels, "assignees": assignees,
            "state": "open", "created_at": at(0), "updated_at": at(9), "pull_request": null,
            "repository": {"id": 1, "full_name": "o/r"},
        }))
        .unwrap()
    }

    fn kinds(entries: &[WireEntry]) -> (Vec<String>, Vec<String>) {
        let mut gaps = Vec::new();
        let kinds = items(entries, READY, &mut gaps)
            .iter()
            .map(|item| format!("{:?}", item.what).chars().take(12).collect())
            .collect();
        (kinds, gaps)
    }

    #[test]
    fn a_label_is_put_on_by_one_body_and_taken_off_by_another() {
        let body = |body: Value| {
            let label = json!({"id": 1, "name": READY});
            kinds(&[entry(1, 0, "label", json!({"body": body, "label": label}))])
        };
        assert_eq!(body(json!("1")).0, ["Label(Added,"]);
        assert_eq!(body(json!("")).0, ["Label(Remove"]);
        assert_eq!(body(json!("2")).1.len(), 1);
        let without_label = kinds(&[entry(1, 0, "label", json!({"body": "1"}))]);
        assert_eq!((without_label.0.len(), without_label.1.len()), (0, 1));
    }

    #[test]
    fn other_entries_are_read_or_count_as_activity() {
        for (kind, more, expected) in [
            ("close", json!({}), "State(Closed"),
            ("reopen", json!({}), "State(Reopen"),
            ("change_title", json!({}), "Renamed"),
            ("comment", json!({}), "Commented"),
            (
                "commit_ref",
                json!({"ref_commit_sha": "aa"}),
                "Commit { sha",
            ),
            ("commit_ref", json!({"ref_commit_sha": ""}), "Other"),
            (
                "assignees",
                json!({"assignee": {"id": 7, "login": "amy"}}),
                "Assigned { a",
            ),
            ("assignees", json!({"assignee": null}), "Other"),
            ("issue_ref", json!({}), "Other"),
            ("invented", json!({}), "Other"),
        ] {
            let (kinds, gaps) = kinds(&[entry(1, 0, kind, more)]);
            assert_eq!((kinds, gaps), (vec![expected.to_owned()], vec![]), "{kind}");
        }
    }

    #[test]
    fn nothing_that_follows_a_labelling_is_dated_before_it() {
        let entries = [
            label(1, 50, true, 1, READY),
            entry(2, 20, "close", json!({})),
            label(3, 30, true, 9, "bug"),
            label(4, 10, true, 1, READY),
            entry(5, 60, "reopen", json!({})),
        ];
        let times: Vec<_> = items(&entries, READY, &mut Vec::new())
            .iter()
            .map(|item| item.at)
            .collect();
        assert_eq!(times, [50, 50, 50, 50, 60].map(at));
    }

    #[test]
    fn of_namesakes_the_label_that_the_issue_shows_counts() {
        let (repository, organisation) = (15, 24);
        let label = |id, name: &str| WireLabel {
            id,
            name: name.to_owned(),
        };
        let shown =
            |ids: &[u64]| -> Vec<WireLabel> { ids.iter().map(|id| label(*id, READY)).collect() };
        for (about, shows, expected) in [
            (organisation, &[organisation][..], true),
            (repository, &[organisation], false),
            (repository, &[repository, organisation], true),
            // It was taken away: whoever did it is found.
            (repository, &[], true),
        ] {
            let counts = counts(&label(about, READY), READY, &shown(shows));
            assert_eq!(counts, expected, "{about} {shows:?}");
        }
        // Other labels are brakes: all of them count. Case matters.
        assert!(counts(&label(3, "Ready-For-Agent"), READY, &shown(&[15])));
        assert!(counts(&label(3, "ready-for-human"), READY, &shown(&[15])));
    }

    fn facts(entries: &[WireEntry], issue: &WireIssue) -> IssueFacts {
        let mut facts = IssueFacts {
            number: crate::domain::repository::IssueNumber(4),
            url: String::new(),
            title: String::new(),
            body: String::new(),
            author: Actor::Gone,
            created_at: at(0),
            state: crate::domain::issue::IssueState::Open,
            state_events: Vec::new(),
            is_pull_request: false,
            labels: Vec::new(),
            label_events: Vec::new(),
            renames: Vec::new(),
            transfers: Vec::new(),
            body_edits: crate::domain::issue::BodyEdits::Never,
            comments: Vec::new(),
            blockers: Vec::new(),
            open_native_blockers: None,
            listed_open_native_blockers: 0,
            assignees: Vec::new(),
            open_sub_issues: None,
            rivals: Vec::new(),
            parent: crate::domain::issue::Parent::None,
            gaps: Vec::new(),
        };
        let items = items(entries, READY, &mut Vec::new());
        add_to(&mut facts, &items, issue, READY);
        facts
    }

    #[test]
    fn the_newest_change_by_id_is_last() {
        let entries = [
            label(3, 9, true, 1, READY),
            label(7, 5, false, 1, READY),
            label(8, 5, true, 2, READY),
            entry(9, 9, "change_title", json!({})),
            entry(10, 9, "close", json!({})),
        ];
        let facts = facts(&entries, &issue(&[(1, READY)], Value::Null));
        let ids: Vec<&str> = facts
            .label_events
            .iter()
            .map(|event| event.id.as_str())
            .collect();
        assert_eq!(ids, ["3", "7"]);
        assert_eq!(facts.label_events[1].change, LabelChange::Removed);
        assert_eq!(facts.label_events[1].via_app, ViaApp::No);
        assert_eq!((facts.renames.len(), facts.state_events.len()), (1, 1));
    }

    #[test]
    fn assignments_begin_with_the_newest_entry_about_them() {
        let assigned = |id, second, who: u64, removed: bool| {
            let assignee = json!({"id": who, "login": format!("u{who}")});
            let more = json!({"assignee": assignee, "removed_assignee": removed});
            entry(id, second, "assignees", more)
        };
        let entries = [
            assigned(1, 1, 8, false),
            assigned(2, 2, 8, true),
            assigned(3, 3, 8, false),
            assigned(4, 4, 9, false),
            assigned(5, 5, 9, true),
        ];
        let assignees =
            json!([{"id": 8, "login": "u8"}, {"id": 9, "login": "u9"}, {"id": 6, "login": "u6"}]);
        let since: Vec<_> = facts(&entries, &issue(&[], assignees))
            .assignees
            .into_iter()
            .map(|assignment| assignment.since)
            .collect();
        assert_eq!(since, [Some(at(3)), None, None]);
    }

    #[test]
    fn open_pull_requests_that_will_close_it_are_rivals() {
        let pull = |number: u64, state: &str| {
            json!({
                "number": number, "title": "p", "body": "", "html_url": "", "labels": [],
                "user": {"id": 9, "login": "bob"}, "state": state, "created_at": at(0),
                "updated_at": at(0), "pull_request": {"merged": false}, "assignees": null,
                "repository": {"id": 1, "full_name": "o/r"},
            })
        };
        let refers = |id, action: &str, target: Value| {
            entry(
                id,
                1,
                "pull_ref",
                json!({"ref_action": action, "ref_issue": target}),
            )
        };
        let by_comment = |id, action: &str, target: Value| {
            entry(
                id,
                1,
                "comment_ref",
                json!({"ref_action": action, "ref_issue": target}),
            )
        };
        let issue_of = |number| {
            let mut issue = pull(number, "open");
            issue["pull_request"] = Value::Null;
            issue
        };
        let entries = [
            refers(1, "closes", pull(5, "open")),
            refers(2, "closes", pull(5, "open")),
            refers(3, "closes", pull(6, "closed")),
            refers(4, "none", pull(7, "open")),
            refers(5, "closes", Value::Null),
            by_comment(6, "closes", pull(8, "open")),
            by_comment(7, "none", pull(9, "open")),
            // A comment on an issue closes nothing.
            by_comment(8, "closes", issue_of(10)),
        ];
        let facts = facts(&entries, &issue(&[], Value::Null));
        let names: Vec<&str> = facts
            .rivals
            .iter()
            .map(|rival| rival.name.as_str())
            .collect();
        assert_eq!(names, ["o/r#5", "o/r#8"]);
        assert_eq!(facts.gaps, Vec::<String>::new());
    }
}
