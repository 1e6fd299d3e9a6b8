//! What a body was found to say about blockers.

use serde::{Deserialize, Serialize};

use crate::domain::repository::IssueNumber;
use crate::domain::text::redaction::redact;

/// References that one body may name; a limit because each is looked up.
pub const MAX_REFERENCES: usize = 50;

/// A reference to an issue or pull request on the forge of the issue that names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BlockerRef {
    /// Owner and name as written; `None` for the repository of the issue itself. Only characters that
    /// forges allow in names.
    pub repo: Option<(String, String)>,
    /// Its number.
    pub number: IssueNumber,
}

/// What a body says about blockers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockedBy {
    /// What it names, each once: that of fields first, in the order of the text.
    pub references: Vec<BlockerRef>,
    /// What looks like a reference and can not be looked up. Blocks.
    pub unreadable: Vec<String>,
    /// Whether it names more than [`MAX_REFERENCES`]; the rest is not listed. Blocks.
    pub too_many: bool,
}

/// The most characters of an unreadable reference that are kept.
const SHOWN_CHARS: usize = 100;

/// The most characters of one in which secrets are looked for: more than a token has that begins in what is kept.
const REDACTED_CHARS: usize = 1_000;

impl BlockedBy {
    /// Notes a reference, once.
    pub(super) fn add_reference(&mut self, reference: BlockerRef) {
        let known = self
            .references
            .iter()
            .any(|known| is_same(known, &reference));
        if !known && self.has_room() {
            self.references.push(reference);
        }
    }

    /// Notes what looks like a reference and can not be looked up, once, shortened and without secrets: reports, notes and
    /// records show it.
    pub(super) fn add_unreadable(&mut self, text: &str) {
        let text: String = text.chars().take(REDACTED_CHARS).collect();
        let shown = |text: &str| text.chars().take(SHOWN_CHARS).collect::<String>();
        if self.unreadable.contains(&shown(&text)) || !self.has_room() {
            return;
        }
        let text = shown(&redact(&text));
        if !self.unreadable.contains(&text) {
            self.unreadable.push(text);
        }
    }

    fn has_room(&mut self) -> bool {
        let room = self.references.len() + self.unreadable.len() < MAX_REFERENCES;
        self.too_many |= !room;
        room
    }
}

fn is_same(one: &BlockerRef, other: &BlockerRef) -> bool {
    let same_repo = match (&one.repo, &other.repo) {
        (None, None) => true,
        (Some((owner, name)), Some((other_owner, other_name))) => {
            owner.eq_ignore_ascii_case(other_owner) && name.eq_ignore_ascii_case(other_name)
        }
        (None, Some(_)) | (Some(_), None) => false,
    };
    same_repo && one.number == other.number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_not_be_looked_up_is_kept_without_secrets_and_shortened() {
        let token = "ghp_0123456789abcdefABCDEF";
        let behind = format!("{} {token}", "a ".repeat(SHOWN_CHARS / 2 - 5));
        let kept = format!("{} [redacted]", "a ".repeat(SHOWN_CHARS / 2 - 5));
        for (text, expected) in [
            (
                "https://user:pa55word1@jira.example.com/browse/X-1",
                "https:[redacted]@jira.example.com/browse/X-1",
            ),
            (token, "[redacted]"),
            ("the work of bob", "the work of bob"),
            // What is cut is no part of a token.
            (behind.as_str(), &kept[..SHOWN_CHARS]),
        ] {
            let mut found = BlockedBy::default();
            found.add_unreadable(text);
            found.add_unreadable(text);
            assert_eq!(found.unreadable, [expected], "{text}");
        }
    }
}
