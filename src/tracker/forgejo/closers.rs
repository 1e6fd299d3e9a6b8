//! What closed an issue, as far as it can be told (`contracts/forgejo` section 4).
//!
//! These forges do not say which commit closed an issue. It is taken to be a commit of the default branch that has a closing
//! keyword for the issue, and that whoever closed it pushed before. Each commit closes once.

use super::timeline::{Happened, Item};
use crate::domain::issue::StateChange;

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
    use super::super::timeline::items;
    use super::super::wire::WireEntry;
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
