//! What closed an issue, as far as it can be told (`contracts/forgejo` section 4).
//!
//! These forges do not say which commit closed an issue. It is taken to be a commit of the default branch that has a closing
//! keyword for the issue, and that whoever closed it pushed before. Each commit closes once. Neither do they say that a pull request
//! did it: it is one of those that said that they would, and was merged by whoever closed the issue, at that time.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;

use super::entries::Reference;
use super::timeline::{Happened, Item};
use super::wire::WireUser;
use crate::domain::identity::RepositoryId;
use crate::domain::issue::StateChange;

/// How long after a merge the issue is closed at most: it is done in the same request, which may be a slow one.
const AT_ONCE: TimeDelta = TimeDelta::seconds(60);

/// A commit that somebody pushed before closing the issue, to be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate<'e> {
    /// Where the closing stands among the items.
    pub(super) closing: usize,
    pub(super) sha: &'e str,
}

/// Returns, for each closing, the commits that can have done it: newest first.
pub(super) fn candidates<'e>(items: &[Item<'e>]) -> Vec<Candidate<'e>> {
    let mut found = Vec::new();
    for (closing, closed) in items.iter().enumerate() {
        if !matches!(closed.what, Happened::State(StateChange::Closed)) {
            continue;
        }
        let Some(closed_by) = &closed.entry.user else {
            continue;
        };
        for item in items[..closing].iter().rev() {
            let same = item
                .entry
                .user
                .as_ref()
                .is_some_and(|user| user.id == closed_by.id);
            if let Happened::Commit { sha } = item.what
                && same
            {
                found.push(Candidate { closing, sha });
            }
        }
    }
    found
}

/// Returns, for each closing, the pull requests of this repository that said before that they would close the issue and are not open
/// any more, by their numbers: newest first.
pub(super) fn pull_requests(items: &[Item<'_>], home: RepositoryId) -> Vec<(usize, u64)> {
    let mut found = Vec::new();
    for (closing, closed) in items.iter().enumerate() {
        if !matches!(closed.what, Happened::State(StateChange::Closed)) {
            continue;
        }
        for item in items[..closing].iter().rev() {
            let entry = item.entry;
            let Some(Reference::Read(target)) = entry
                .ref_issue
                .as_ref()
                .filter(|_| entry.says_that_it_closes())
            else {
                continue;
            };
            let is_here = target
                .repository
                .as_ref()
                .is_some_and(|repo| RepositoryId(repo.id) == home);
            let candidate = (closing, target.number);
            if is_here
                && target.is_pull_request()
                && target.state == "closed"
                && !found.contains(&candidate)
            {
                found.push(candidate);
            }
        }
    }
    found
}

/// A pull request, as far as it can have closed an issue.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct WirePull {
    pub(super) user: Option<WireUser>,
    #[serde(default)]
    merged: bool,
    merged_at: Option<DateTime<Utc>>,
    merged_by: Option<WireUser>,
    pub(super) merge_commit_sha: Option<String>,
}

impl WirePull {
    /// Whether merging it is what closed the issue here.
    pub(super) fn closed(&self, closing: &Item<'_>) -> bool {
        let Some(merged_at) = self.merged_at.filter(|_| self.merged) else {
            return false;
        };
        let id = |user: &Option<WireUser>| user.as_ref().map(|user| user.id);
        let waited = closing.entry.created_at - merged_at;
        id(&self.merged_by).is_some()
            && id(&self.merged_by) == id(&closing.entry.user)
            && (TimeDelta::zero()..=AT_ONCE).contains(&waited)
    }
}

/// Returns which commit closed each closing, as positions and ids. `closes` says of a commit whether it has a closing keyword
/// for the issue and is on the default branch.
pub(super) fn closed_by<'e>(
    candidates: &[Candidate<'e>],
    closes: impl Fn(&str) -> bool,
) -> Vec<(usize, &'e str)> {
    let mut closed: Vec<(usize, &'e str)> = Vec::new();
    for candidate in candidates {
        let taken = closed.iter().any(|(closing, sha)| {
            *closing == candidate.closing || sha.eq_ignore_ascii_case(candidate.sha)
        });
        if !taken && closes(candidate.sha) {
            closed.push((candidate.closing, candidate.sha));
        }
    }
    closed
}

#[cfg(test)]
mod tests {
    use super::super::entries::WireEntry;
    use super::super::timeline::items;
    use super::*;

    fn entry(id: u64, kind: &str, user: i64, sha: &str) -> WireEntry {
        serde_json::from_value(serde_json::json!({
            "id": id, "type": kind, "user": {"id": user, "login": format!("u{user}")},
            "created_at": "2026-11-28T16:12:30Z", "updated_at": "2026-11-28T16:12:30Z",
            "ref_commit_sha": sha,
        }))
        .unwrap()
    }

    /// Which commits closed which entries, when those named in `closing` have the keyword.
    fn closed(entries: &[WireEntry], closing: &[&str]) -> Vec<(u64, String)> {
        let items = items(entries, "ready", &mut Vec::new());
        closed_by(&candidates(&items), |sha| closing.contains(&sha))
            .into_iter()
            .map(|(closing, sha)| (items[closing].entry.id, sha.to_owned()))
            .collect()
    }

    #[test]
    fn a_pull_request_closes_what_whoever_merged_it_closed_then() {
        let pull = |state: &str, is_pull: bool, home: u64| {
            serde_json::json!({
                "number": 5, "title": "p", "body": "", "html_url": "", "labels": [], "user": null,
                "state": state, "created_at": "2026-11-28T16:12:30Z", "assignees": null,
                "updated_at": "2026-11-28T16:12:30Z", "repository": {"id": home, "full_name": "o/r"},
                "pull_request": if is_pull { serde_json::json!({"merged": true}) } else { serde_json::Value::Null },
            })
        };
        let refers = |kind: &str, action: &str, target: serde_json::Value| {
            let mut entry = entry(1, kind, 7, "");
            entry.ref_action = Some(action.to_owned());
            let target = serde_json::from_value(target).unwrap();
            entry.ref_issue = Some(Reference::Read(Box::new(target)));
            entry
        };
        let close = entry(2, "close", 7, "");
        for (refers, expected) in [
            (refers("pull_ref", "closes", pull("closed", true, 1)), true),
            (
                refers("comment_ref", "closes", pull("closed", true, 1)),
                true,
            ),
            (refers("pull_ref", "none", pull("closed", true, 1)), false),
            (refers("pull_ref", "closes", pull("open", true, 1)), false),
            (
                refers("pull_ref", "closes", pull("closed", false, 1)),
                false,
            ),
            // A fork's numbers are not ours.
            (refers("pull_ref", "closes", pull("closed", true, 2)), false),
        ] {
            let story = [refers, close.clone()];
            let items = items(&story, "ready", &mut Vec::new());
            let expected = if expected { vec![(1, 5)] } else { Vec::new() };
            assert_eq!(
                pull_requests(&items, RepositoryId(1)),
                expected,
                "{story:?}"
            );
        }
        let story = [close];
        let items = items(&story, "ready", &mut Vec::new());
        let closed = |merged: bool, at: &str, by: serde_json::Value| {
            let pull: WirePull = serde_json::from_value(serde_json::json!({
                "merged": merged, "merged_at": at, "merged_by": by, "merge_commit_sha": "aa",
            }))
            .unwrap();
            pull.closed(&items[0])
        };
        let amy = || serde_json::json!({"id": 7, "login": "amy"});
        assert!(closed(true, "2026-11-28T16:12:30Z", amy()));
        assert!(closed(true, "2026-11-28T16:12:00Z", amy()));
        assert!(!closed(false, "2026-11-28T16:12:30Z", amy()));
        // It was merged long before, or after.
        assert!(!closed(true, "2026-11-28T16:10:00Z", amy()));
        assert!(!closed(true, "2026-11-28T16:12:31Z", amy()));
        for by in [
            serde_json::Value::Null,
            serde_json::json!({"id": 8, "login": "bob"}),
        ] {
            assert!(!closed(true, "2026-11-28T16:12:30Z", by));
        }
    }

    #[test]
    fn a_closing_is_a_commits_when_whoever_closed_pushed_one_with_the_keyword() {
        let pushed = entry(1, "commit_ref", 7, "aa");
        let by_pusher = entry(2, "close", 7, "");
        let by_another = entry(2, "close", 8, "");
        let aa = |id| vec![(id, "aa".to_owned())];
        assert_eq!(closed(&[pushed.clone(), by_pusher.clone()], &["aa"]), aa(2));
        assert_eq!(closed(&[pushed.clone(), by_pusher.clone()], &[]), []);
        assert_eq!(closed(&[pushed.clone(), by_another], &["aa"]), []);
        assert_eq!(closed(std::slice::from_ref(&by_pusher), &["aa"]), []);
        // A commit that came after it did not do it.
        let after = entry(3, "commit_ref", 7, "aa");
        assert_eq!(closed(&[by_pusher.clone(), after], &["aa"]), []);
        // Opened again and closed by hand: the commit has closed once.
        let reopened = entry(3, "reopen", 9, "");
        let by_hand = entry(4, "close", 7, "");
        let story = [
            pushed.clone(),
            by_pusher.clone(),
            reopened.clone(),
            by_hand.clone(),
        ];
        assert_eq!(closed(&story, &["aa"]), aa(2));
        let second = entry(3, "commit_ref", 7, "bb");
        let story = [pushed, by_pusher, second, reopened, by_hand];
        assert_eq!(
            closed(&story, &["aa", "bb"]),
            [(2, "aa".to_owned()), (4, "bb".to_owned())]
        );
    }
}
