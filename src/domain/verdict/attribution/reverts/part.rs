//! Titles and sentences of reverts that take back a part of a commit: `Revert changes to README from 4f1c2b7a`, "This reverts part
//! of 4f1c2b7a". The rest of that commit stands, so that it was not taken back.

use super::ids::{bare, in_text};
use super::titles::Rest;

/// What is less than all of something, with "of" behind it.
const PARTS: [&str; 6] = ["part", "parts", "portion", "portions", "hunk", "hunks"];

/// The same where a commit stands behind it: "some of 4f1c2b7a", and not "some of the commits".
const SHARES: [&str; 4] = ["some", "most", "half", "bits"];

/// What was done to things.
const CHANGES: [&str; 8] = [
    "change",
    "changes",
    "edit",
    "edits",
    "modification",
    "modifications",
    "addition",
    "additions",
];

/// What stands between a change and what it was done to.
const DONE_TO: [&str; 6] = ["to", "in", "on", "of", "for", "made"];

/// Words that name nothing.
const EMPTY: [&str; 24] = [
    "the",
    "a",
    "all",
    "both",
    "these",
    "those",
    "commit",
    "commits",
    "changeset",
    "merge",
    "pr",
    "pull",
    "request",
    "branch",
    "of",
    "from",
    "in",
    "by",
    "to",
    "with",
    "made",
    "done",
    "introduced",
    "since",
];

/// What repositories have beside their code, as it is called in titles.
const BESIDE_CODE: [&str; 10] = [
    "readme",
    "changelog",
    "docs",
    "documentation",
    "license",
    "lockfile",
    "formatting",
    "whitespace",
    "comments",
    "typo",
];

/// How a sentence says that only a part is taken back.
const SENTENCES: [&str; 4] = [
    "reverts part",
    "partial revert",
    "partially revert",
    "partly revert",
];

/// Returns whether a revert says that it takes back a part only: the words between "Revert" and the first id of its title name
/// one, or a sentence says so.
#[must_use]
pub(super) fn takes_a_part(rest: &Rest<'_>, message: &str) -> bool {
    let mut words = Vec::new();
    let mut has_id = false;
    for word in rest.text.split_whitespace() {
        has_id = !in_text(word).is_empty();
        if has_id {
            break;
        }
        words.push(word);
    }
    let named: Vec<String> = words
        .iter()
        .map(|word| bare(word).to_ascii_lowercase())
        .collect();
    let is_told = has_id
        && (is_share(&named) || is_change_to_a_thing(&named) || names_a_place(&words, &named));
    if is_told || has_before_of(&named, &PARTS) {
        return true;
    }
    says_a_part(message)
}

/// Returns whether a sentence of a text says that only a part is taken back.
#[must_use]
pub(super) fn says_a_part(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    SENTENCES.iter().any(|words| text.contains(words))
}

/// Whether one of some words has "of" behind it.
fn has_before_of(words: &[String], known: &[&str]) -> bool {
    let mut pairs = words.windows(2);
    pairs.any(|pair| known.contains(&pair[0].as_str()) && pair[1] == "of")
}

/// Whether the words before an id say how much of it: "some of commit", "partially".
fn is_share(words: &[String]) -> bool {
    let words = match words {
        [words @ .., last] if last == "commit" => words,
        words => words,
    };
    match words {
        [.., last] if last == "partially" || last == "partly" => true,
        [.., _, _] => has_before_of(&words[words.len() - 2..], &SHARES),
        [] | [_] => false,
    }
}

/// Whether a place stands before "of" or the like, or a change to one: "`src/api.rs` from", "README change of".
fn names_a_place(words: &[&str], named: &[String]) -> bool {
    words.iter().enumerate().any(|(at, word)| {
        let behind = match named[at + 1..].split_first() {
            Some((next, behind)) if CHANGES.contains(&next.as_str()) => behind,
            Some(_) | None => &named[at + 1..],
        };
        let joins = ["of", "from", "in", "to"];
        let is_before = behind
            .first()
            .is_some_and(|next| joins.contains(&next.as_str()));
        is_before && is_place(word)
    })
}

/// Whether a word is a file, or what repositories have beside their code.
fn is_place(word: &str) -> bool {
    let word = bare(word);
    let has_ending = word.rsplit_once('.').is_some_and(|(name, ending)| {
        !name.is_empty()
            && (1..=5).contains(&ending.len())
            && ending.starts_with(|c: char| c.is_ascii_alphabetic())
            && ending.bytes().all(|byte| byte.is_ascii_alphanumeric())
    });
    let has_ending = has_ending && !word.contains("://");
    has_ending || BESIDE_CODE.contains(&word.to_ascii_lowercase().as_str())
}

/// "changes to the login from", and not "changes of the merge in".
fn is_change_to_a_thing(words: &[String]) -> bool {
    let is = |known: &[&str], word: &String| known.contains(&word.as_str());
    words.windows(2).enumerate().any(|(at, pair)| {
        is(&CHANGES, &pair[0])
            && is(&DONE_TO, &pair[1])
            && words[at + 2..].iter().any(|word| !is(&EMPTY, word))
    })
}
