//! Sentences and lines of a message that say outright what it takes back: "This reverts commit …", "Reverts owner/name#12".

use super::ids::{NAMED_MAX, Named, Word, alone_behind_verb, bare, behind_verb, words};

/// Which ids are named behind "This reverts commit", however it is decorated: up to the end of the sentence, or of the list.
#[must_use]
pub(super) fn stated(message: &str) -> Vec<Named> {
    let message = message.to_ascii_lowercase();
    let words = words(&message);
    (2..words.len())
        .filter(|at| bare(words[at - 2].text) == "this" && bare(words[at - 1].text) == "reverts")
        .flat_map(|at| behind_verb(&words[at..]))
        .filter(Named::is_by_id)
        .take(NAMED_MAX)
        .collect()
}

/// What a message says that it takes back: with "this", "this commit" or the like before the verb, or where the verb begins a
/// line of the body.
#[must_use]
pub(super) fn outright(message: &str) -> Vec<Named> {
    let lower = message.to_ascii_lowercase();
    let words = words(&lower);
    // The same words as they are written.
    let capital: Vec<bool> = message
        .split_whitespace()
        .map(|word| {
            let word = word.trim_start_matches(|c: char| !c.is_alphanumeric());
            word.starts_with(|c: char| c.is_ascii_uppercase())
        })
        .collect();
    let mut line = Vec::with_capacity(words.len());
    for (at, word) in words.iter().enumerate() {
        line.push(if word.begins_line {
            at
        } else {
            line.last().copied().unwrap_or_default()
        });
    }
    let title = line.iter().take_while(|start| **start == 0).count();
    let said = (0..words.len()).flat_map(|at| {
        let Some(verb) = Verb::at(&words[at..]) else {
            return Vec::new();
        };
        let behind = &words[at + verb.length..];
        if verb.is_present && subject_is_this(&words[..at]) {
            return behind_verb(behind);
        }
        let head = &words[line[at]..at];
        // A sentence that goes on from the line before is another matter.
        let begins = head.iter().all(Word::is_bullet)
            && (!head.is_empty() || words[at].begins_paragraph || capital[at]);
        if at < title || !begins {
            Vec::new()
        } else if verb.is_present {
            behind_verb(behind)
        } else {
            alone_behind_verb(behind)
        }
    });
    said.take(NAMED_MAX).collect()
}

/// A word, or two, for taking back.
struct Verb {
    length: usize,
    /// "Reverts": what the commit does. "Revert" may be advice, and "reverting" what is talked of.
    is_present: bool,
}

impl Verb {
    fn at(words: &[Word<'_>]) -> Option<Self> {
        let verb = |length, is_present| Some(Self { length, is_present });
        let second = words.get(1).map_or("", |word| bare(word.text));
        match (bare(words.first()?.text), second) {
            ("reverts" | "undoes", _) => verb(1, true),
            ("revert" | "reverted" | "reverting", _) => verb(1, false),
            ("backs", "out") | ("rolls", "back") => verb(2, true),
            ("back" | "backed" | "backing", "out") => verb(2, false),
            _ => None,
        }
    }
}

/// Whether what stands before a verb ends in "this", "this commit", "this pull request" or the like.
fn subject_is_this(before: &[Word<'_>]) -> bool {
    const SUBJECTS: [&str; 9] = [
        "change",
        "changeset",
        "commit",
        "merge",
        "mr",
        "patch",
        "pr",
        "pull",
        "request",
    ];
    before
        .iter()
        .rev()
        .map(|word| bare(word.text))
        .find(|word| !SUBJECTS.contains(word))
        == Some("this")
}
