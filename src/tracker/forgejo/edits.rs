//! Whether the text is the one that was labelled (`contracts/forgejo` section 5).
//!
//! These forges tell neither who edited a body nor when. Newer Giteas count its edits. Beside that there is only the issue's own
//! time, in whole seconds, which every activity moves. Pure; what the answers mean for the gate is decided in `domain`.

use chrono::{DateTime, TimeDelta, Utc};

use super::server::Traits;
use super::timeline::{Happened, Item, counts};
use super::wire::WireIssue;
use crate::domain::issue::{Actor, Edit, LabelChange};

/// How old a labelling must be before "nothing happened since" is believed.
const SETTLED: TimeDelta = TimeDelta::seconds(3);

/// Whether the forge proves that the body is as it was written.
pub(super) fn is_unedited(issue: &WireIssue, traits: Traits) -> bool {
    traits.content_version && issue.content_version == Some(0)
}

/// Whether nothing at all happened since the newest labelling, by exact equality of times: it is the last entry, and the
/// issue's own time is its time. A body edit in that very second can not be told.
pub(super) fn is_quiet(
    issue: &WireIssue,
    items: &[Item<'_>],
    ready: &str,
    now: DateTime<Utc>,
) -> bool {
    let Some(last) = items.last() else {
        return false;
    };
    let Happened::Label(LabelChange::Added, label) = &last.what else {
        return false;
    };
    label.name == ready
        && counts(label, ready, issue.labels())
        && issue.updated_at == last.entry.created_at
        && now - last.entry.created_at >= SETTLED
}

/// The newest edit of a comment; `None` when there was none. Its editor is not named: it is the author or somebody who may
/// push, unless others may edit, too.
pub(super) fn comment_edit(item: &Item<'_>, author: &Actor, others_may_edit: bool) -> Option<Edit> {
    (item.entry.updated_at != item.entry.created_at).then(|| Edit {
        at: item.entry.updated_at,
        editor: if others_may_edit {
            Actor::Gone
        } else {
            author.clone()
        },
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::entries::WireEntry;
    use super::super::server::Traits;
    use super::super::timeline::items;
    use super::*;

    const READY: &str = "ready-for-agent";

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap()
    }

    fn issue(updated: i64, content_version: Option<u64>) -> WireIssue {
        serde_json::from_value(json!({
            "number": 4, "title": "t", "body": "b", "html_url": "", "user": null,
            "labels": [{"id": 1, "name": READY}], "assignees": null, "state": "open",
            "created_at": at(0), "updated_at": at(updated), "pull_request": null,
            "repository": null, "content_version": content_version,
        }))
        .unwrap()
    }

    fn entry(id: u64, second: i64, kind: &str, body: &str, label: u64) -> WireEntry {
        serde_json::from_value(json!({
            "id": id, "type": kind, "body": body, "created_at": at(second),
            "updated_at": at(second), "label": {"id": label, "name": READY},
        }))
        .unwrap()
    }

    #[test]
    fn only_a_server_that_counts_edits_proves_that_there_were_none() {
        for content_version in [false, true] {
            let traits = Traits {
                whole_timeline: false,
                content_version,
                action_runs: false,
                hides_team_units: false,
                breaks_on_missing: true,
            };
            for (count, zero) in [(Some(0), true), (Some(1), false), (None, false)] {
                assert_eq!(
                    is_unedited(&issue(5, count), traits),
                    content_version && zero
                );
            }
        }
    }

    #[test]
    fn quiet_is_exact() {
        let labelled = entry(1, 5, "label", "1", 1);
        let quiet = |updated, entries: &[WireEntry], now| {
            let items = items(entries, READY, &mut Vec::new());
            is_quiet(&issue(updated, None), &items, READY, at(now))
        };
        let once = std::slice::from_ref(&labelled);
        for (what, updated, now, expected) in [
            ("untouched", 5, 100, true),
            ("three seconds old", 5, 8, true),
            ("two seconds old", 5, 7, false),
            ("a second later", 6, 100, false),
            ("a second earlier: set by an administrator", 4, 100, false),
        ] {
            assert_eq!(quiet(updated, once, now), expected, "{what}");
        }
        assert!(!quiet(5, &[], 100));
        let then = |entry| [labelled.clone(), entry];
        assert!(!quiet(5, &then(entry(2, 5, "comment", "x", 1)), 100));
        assert!(!quiet(5, &then(entry(2, 5, "label", "", 1)), 100));
        // The newest labelling is one with a namesake that the issue does not show.
        assert!(!quiet(5, &then(entry(2, 5, "label", "1", 9)), 100));
        // A backdated one: the issue's own time is what it was.
        assert!(!quiet(9, &[entry(1, 5, "label", "1", 1)], 100));
    }

    #[test]
    fn the_editor_of_a_comment_is_its_author_unless_others_may_edit() {
        let author = Actor::User {
            login: "amy".to_owned(),
            id: Some(7),
        };
        let mut written = entry(1, 5, "comment", "x", 1);
        let edit = |entry: &WireEntry, others| {
            let entries = std::slice::from_ref(entry);
            let items = items(entries, READY, &mut Vec::new());
            comment_edit(&items[0], &author, others).map(|edit| edit.editor)
        };
        assert_eq!((edit(&written, true), edit(&written, false)), (None, None));
        written.updated_at = at(6);
        assert_eq!(edit(&written, false), Some(author.clone()));
        assert_eq!(edit(&written, true), Some(Actor::Gone));
    }
}
