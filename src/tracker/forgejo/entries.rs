//! The entries of a timeline as they arrive, and which of them are of use.
//!
//! Anybody can add entries, and texts to them: comments, and mentions in issues of their own. What a reading has no use for is
//! dropped while it arrives. An entry that can not be read is named, and costs no other.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::lists::{Keep, beginning};
use super::wire::{WireHome, WireLabel, WireUser, author, is_own};
use crate::domain::issue::{Actor, OwnAccount};

/// The longest word or name that is kept, in characters.
const WORD_MAX: usize = 1_000;

/// The longest text that is kept, in characters: the longest of our own comments has half of it.
pub(super) const TEXT_MAX: usize = 131_072;

/// The longest link to a commit that is kept, in characters.
const LINK_MAX: usize = 2_000;

/// Entries that are named because they can not be read.
const NAMED_MAX: usize = 5;

const WORD: Keep = Keep::Scalar(WORD_MAX);
const USER: Keep = Keep::Members(&[("id", WORD), ("login", WORD)]);
const HOME: Keep = Keep::Members(&[("id", WORD), ("full_name", WORD)]);
const LABEL: Keep = Keep::Members(&[("id", WORD), ("name", WORD)]);

/// What is kept of an issue, or a pull request, that mentions another: nothing of its text.
const REFERENCE: Keep = Keep::Members(&[
    ("number", WORD),
    ("state", WORD),
    ("user", USER),
    ("original_author", WORD),
    ("pull_request", Keep::Presence),
    ("repository", HOME),
]);

/// What is kept of an entry while it is read.
pub(super) const ENTRY: Keep = Keep::Members(&[
    ("id", WORD),
    ("type", WORD),
    ("user", USER),
    ("body", Keep::Scalar(TEXT_MAX)),
    ("created_at", WORD),
    ("updated_at", WORD),
    ("label", LABEL),
    ("assignee", USER),
    ("removed_assignee", WORD),
    ("ref_commit_sha", WORD),
    ("ref_action", WORD),
    ("ref_issue", REFERENCE),
]);

/// One entry of a timeline.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct WireEntry {
    pub(super) id: u64,
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) user: Option<WireUser>,
    pub(super) body: Option<String>,
    pub(super) created_at: DateTime<Utc>,
    pub(super) updated_at: DateTime<Utc>,
    pub(super) label: Option<WireLabel>,
    pub(super) assignee: Option<WireUser>,
    #[serde(default)]
    pub(super) removed_assignee: bool,
    pub(super) ref_commit_sha: Option<String>,
    pub(super) ref_action: Option<String>,
    /// An issue, or a pull request, that mentions this one; kept only where it says that it closes it.
    #[serde(default, deserialize_with = "reference")]
    pub(super) ref_issue: Option<Reference>,
}

/// What mentions an issue.
#[derive(Clone, Debug)]
pub(super) enum Reference {
    Read(Box<WireReference>),
    Unreadable,
}

/// An issue, or a pull request, without its text.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct WireReference {
    pub(super) number: u64,
    pub(super) state: String,
    user: Option<WireUser>,
    original_author: Option<String>,
    /// Null for an issue.
    pull_request: Option<serde::de::IgnoredAny>,
    pub(super) repository: Option<WireHome>,
}

impl WireReference {
    /// Who wrote it.
    pub(super) fn author(&self) -> Actor {
        author(self.user.as_ref(), self.original_author.as_deref())
    }

    pub(super) fn is_pull_request(&self) -> bool {
        self.pull_request.is_some()
    }
}

fn reference<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Reference>, D::Error> {
    let value = Option::<Value>::deserialize(deserializer)?;
    Ok(value.map(|value| match serde_json::from_value(value) {
        Ok(read) => Reference::Read(Box::new(read)),
        Err(_) => Reference::Unreadable,
    }))
}

impl WireEntry {
    /// Whether a pull request says that it closes the issue: in its own text, or in a comment on it.
    pub(super) fn says_that_it_closes(&self) -> bool {
        let by_pull_request = matches!(self.kind.as_str(), "pull_ref" | "comment_ref");
        by_pull_request && self.ref_action.as_deref() == Some("closes")
    }

    /// Whether it is one that nobody asks for anything but that it is there.
    fn is_idle(&self) -> bool {
        let is_read = matches!(
            self.kind.as_str(),
            "label" | "close" | "reopen" | "change_title" | "assignees" | "commit_ref" | "comment"
        );
        !is_read && !self.says_that_it_closes()
    }

    /// Drops what nobody reads.
    fn shorten(&mut self, uses: Uses<'_>) {
        let max = match self.kind.as_str() {
            "label" => WORD_MAX,
            "commit_ref" => LINK_MAX,
            "comment" if uses.reads_text_of(self) => TEXT_MAX,
            _ => 0,
        };
        if let Some(body) = &mut self.body {
            let kept = beginning(body, max).len();
            body.truncate(kept);
            body.shrink_to_fit();
        }
        if !self.says_that_it_closes() {
            self.ref_issue = None;
        }
    }
}

/// What a timeline is read for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Uses<'o> {
    /// Whether a run may start: everything that happened, and no text.
    Gate,
    /// What a run needs: labels, states, commits, and our own comments.
    Run(&'o OwnAccount),
}

impl Uses<'_> {
    fn reads_text_of(self, entry: &WireEntry) -> bool {
        match self {
            Self::Gate => false,
            Self::Run(own) => is_own(entry.user.as_ref(), own),
        }
    }

    /// Whether an entry can be left out as if it were not there.
    fn leaves_out(self, entry: &WireEntry) -> bool {
        match self {
            Self::Gate => false,
            Self::Run(own) => match entry.kind.as_str() {
                "comment" => !is_own(entry.user.as_ref(), own),
                "change_title" | "assignees" => true,
                _ => entry.is_idle(),
            },
        }
    }
}

/// Whether the texts of comments are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Texts {
    Read,
    /// They were read before: that nobody edited a comment since proves what it says.
    Unread,
}

/// Entries that one answer gave, in its order.
#[derive(Debug, Default)]
pub(super) struct Entries {
    /// Those that are of use. Of several in a row that only show that something happened, the newest stands for all.
    pub(super) kept: Vec<WireEntry>,
    /// The ids of all that have one.
    pub(super) ids: Vec<u64>,
    /// How many there were.
    pub(super) count: usize,
    /// The one with the highest id, and when it was written.
    pub(super) newest: Option<(u64, DateTime<Utc>)>,
    /// Those that could not be read, by name.
    pub(super) unreadable: Vec<String>,
}

impl Entries {
    /// Takes the next one.
    pub(super) fn add(&mut self, value: Value, uses: Uses<'_>) {
        self.count += 1;
        let id = value["id"].as_u64();
        self.ids.extend(id);
        let entry = match serde_json::from_value::<WireEntry>(value) {
            Ok(entry) => entry,
            Err(error) => {
                if self.unreadable.len() < NAMED_MAX {
                    let name = id.map_or_else(
                        || format!("entry number {} of an answer", self.count),
                        |id| format!("entry {id}"),
                    );
                    let why = format!("{name} of the timeline can not be read: {error}");
                    self.unreadable.push(why);
                }
                return;
            }
        };
        let newest = (entry.id, entry.created_at);
        self.newest = self.newest.max(Some(newest));
        self.keep(entry, uses);
    }

    fn keep(&mut self, mut entry: WireEntry, uses: Uses<'_>) {
        if uses.leaves_out(&entry) {
            return;
        }
        entry.shorten(uses);
        match self.kept.last_mut() {
            Some(last) if last.is_idle() && entry.is_idle() => {
                if entry.id > last.id {
                    *last = entry;
                }
            }
            Some(_) | None => self.kept.push(entry),
        }
    }

    /// Adds what another answer gave after this one.
    pub(super) fn append(&mut self, more: Self) {
        self.kept.extend(more.kept);
        self.ids.extend(more.ids);
        self.count += more.count;
        self.newest = self.newest.max(more.newest);
        let room = NAMED_MAX.saturating_sub(self.unreadable.len());
        self.unreadable
            .extend(more.unreadable.into_iter().take(room));
    }

    /// Those that are of use, each once. Ids are given out in the order of what happened; times can be set by administrators.
    pub(super) fn in_order(self) -> (Vec<WireEntry>, Vec<String>) {
        let mut entries = self.kept;
        entries.sort_by_key(|entry| entry.id);
        entries.dedup_by_key(|entry| entry.id);
        (entries, self.unreadable)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn own() -> OwnAccount {
        OwnAccount {
            login: "afk".to_owned(),
            id: Some(99),
        }
    }

    fn entry(id: u64, kind: &str, user: i64, more: &Value) -> Value {
        let mut entry = json!({
            "id": id, "type": kind, "user": {"id": user, "login": format!("u{user}")},
            "created_at": "2026-11-28T16:12:30Z", "updated_at": "2026-11-28T16:12:30Z",
        });
        for (name, value) in more.as_object().unwrap() {
            entry[name] = value.clone();
        }
        entry
    }

    /// As an answer gives them: cut to what is kept while they are read.
    fn read(values: &[Value], uses: Uses<'_>) -> Entries {
        let mut entries = Entries::default();
        for value in values {
            let text = value.to_string();
            let mut decoder = serde_json::Deserializer::from_str(&text);
            let kept = serde::de::DeserializeSeed::deserialize(ENTRY, &mut decoder).unwrap();
            entries.add(kept, uses);
        }
        entries
    }

    /// Bytes of texts that are held of entries.
    fn held(entries: &Entries) -> usize {
        let of = |entry: &WireEntry| entry.body.as_ref().map_or(0, String::capacity);
        entries.kept.iter().map(of).sum()
    }

    #[test]
    fn what_strangers_write_is_not_held() {
        let long = "x".repeat(10_000);
        let mentions = json!({"ref_action": "none", "ref_issue": {
            "number": 3, "state": "open", "body": long, "user": {"id": 2, "login": "eve"}}});
        for (kind, more) in [
            ("comment", json!({"body": long})),
            ("issue_ref", mentions.clone()),
            ("pull_ref", mentions),
            ("invented", json!({"body": long})),
        ] {
            let values: Vec<Value> = (1..=20).map(|id| entry(id, kind, 2, &more)).collect();
            for uses in [Uses::Gate, Uses::Run(&own())] {
                let entries = read(&values, uses);
                assert_eq!(held(&entries), 0, "{kind} {uses:?}");
                assert!(entries.kept.iter().all(|entry| entry.ref_issue.is_none()));
                assert_eq!((entries.count, entries.ids.len()), (20, 20));
                assert_eq!(entries.newest.map(|(id, _)| id), Some(20));
                let kept = match (uses, kind) {
                    (Uses::Run(_), _) => 0,
                    (Uses::Gate, "comment") => 20,
                    // The newest tells that something happened.
                    (Uses::Gate, _) => 1,
                };
                assert_eq!(entries.kept.len(), kept, "{kind} {uses:?}");
                if kept == 1 {
                    assert_eq!(entries.kept[0].id, 20);
                }
            }
        }
    }

    #[test]
    fn a_run_reads_its_own_comments_and_what_binds_it() {
        let values = [
            entry(
                1,
                "label",
                7,
                &json!({"body": "1", "label": {"id": 1, "name": "ready"}}),
            ),
            entry(2, "comment", 99, &json!({"body": "ours"})),
            entry(3, "comment", 7, &json!({"body": "theirs"})),
            entry(
                4,
                "commit_ref",
                7,
                &json!({"body": "<a>", "ref_commit_sha": "aa"}),
            ),
            entry(5, "close", 7, &json!({})),
            entry(6, "change_title", 7, &json!({})),
            entry(7, "assignees", 7, &json!({})),
            entry(
                8,
                "pull_ref",
                7,
                &json!({"ref_action": "closes", "ref_issue": {"number": 5, "state": "open"}}),
            ),
            entry(9, "reopen", 7, &json!({})),
        ];
        let own = own();
        let told = |uses| -> Vec<(u64, String)> {
            let (kept, _) = read(&values, uses).in_order();
            kept.into_iter()
                .map(|entry| (entry.id, entry.body.unwrap_or_default()))
                .collect()
        };
        let expected = [(1, "1"), (2, "ours"), (4, "<a>"), (5, ""), (8, ""), (9, "")];
        assert_eq!(
            told(Uses::Run(&own)),
            expected.map(|(id, body)| (id, body.to_owned()))
        );
        let of_gate = told(Uses::Gate);
        assert_eq!(of_gate.len(), values.len());
        assert!(
            of_gate
                .iter()
                .all(|(_, body)| !["ours", "theirs"].contains(&body.as_str()))
        );
        // Somebody without a number is not we.
        let nobody = OwnAccount { id: None, ..own };
        let entries = read(&values[1..2], Uses::Run(&nobody));
        assert_eq!(entries.kept.len(), 0);
    }

    #[test]
    fn one_bad_entry_is_named_and_costs_no_other() {
        let good = entry(9, "close", 7, &json!({}));
        for (bad, name) in [
            (
                entry(5, "label", 7, &json!({"created_at": null})),
                "entry 5 of",
            ),
            (
                entry(5, "label", 7, &json!({"label": {"id": -3, "name": "x"}})),
                "entry 5 of",
            ),
            (
                entry(5, "label", 7, &json!({"user": {"id": null, "login": "x"}})),
                "entry 5 of",
            ),
            (entry(5, "label", 7, &json!({"user": "amy"})), "entry 5 of"),
            (
                entry(5, "label", 7, &json!({"id": -1})),
                "entry number 1 of an answer of",
            ),
            (json!("x"), "entry number 1 of an answer of"),
        ] {
            let entries = read(&[bad.clone(), good.clone()], Uses::Gate);
            assert_eq!(entries.count, 2);
            assert_eq!(entries.unreadable.len(), 1, "{bad}");
            assert!(entries.unreadable[0].starts_with(name), "{entries:?}");
            let (kept, _) = entries.in_order();
            assert_eq!(kept.len(), 1);
            assert_eq!(kept[0].id, 9);
        }
        let many: Vec<Value> = (0..50).map(|_| json!(null)).collect();
        let mut entries = read(&many, Uses::Gate);
        assert_eq!((entries.count, entries.unreadable.len()), (50, NAMED_MAX));
        entries.append(read(&many, Uses::Gate));
        assert_eq!((entries.count, entries.unreadable.len()), (100, NAMED_MAX));
    }

    #[test]
    fn a_mention_that_can_not_be_read_costs_no_entry() {
        let bad = json!({"ref_action": "closes", "ref_issue": {"number": "five"}});
        let entries = read(&[entry(1, "pull_ref", 7, &bad)], Uses::Gate);
        assert!(matches!(
            entries.kept[0].ref_issue,
            Some(Reference::Unreadable)
        ));
    }
}
