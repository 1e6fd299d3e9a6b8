//! What is held of a long commit message: its title, and what anybody reads of the rest, in few words.
//!
//! Strangers write the messages of other commits, and a squash may carry the whole description of a pull request: how long they are
//! must not decide how much memory a tick takes. A short message stays as it is. Of a long one stand the title, or its beginning, what
//! makes CI skip it, the runs and issues that it names, what the commit takes back, and references to issues, each once, up to a
//! limit, in lines that say nothing else wherever they stand. It does not know what the answers mean: they are the same as for the
//! whole message, and where that does not fit, less is said and never more.

use std::borrow::Cow;
use std::collections::BTreeSet;

use uuid::Uuid;

use super::recognition::{REFERENCES, TRAILER, issue_words, own_words, run_words};
use super::reverts::{is_revert, numbered, restated};
use crate::domain::verdict::commit_message::{marked_lines, skip_token};
use crate::domain::verdict::issue_mention::{full_reference, references};

/// The longest message that stays as it is, in bytes: people hardly ever write more by hand.
const WHOLE_MAX_BYTES: usize = 4096;

/// The longest message that stands for a longer one, in bytes.
const KEPT_MAX_BYTES: usize = 8192;

/// How long it may be before references are added, in bytes: release notes have hundreds of them.
const BEFORE_REFERENCES_MAX_BYTES: usize = 6144;

/// The longest title, in characters. A longer one ends at a blank before.
const TITLE_MAX_CHARS: usize = 512;

/// What parts the title from the rest. It is no reference, no trailer, no word of a list, and no title in brackets.
const GAP: &str = "\n…omitted…";

/// What makes CI skip a commit whose other lines do not say so.
const SKIPS: &str = "\nskip-checks: true";

/// Returns a commit message without what nobody reads of it.
#[must_use]
pub fn kept_message(message: &str) -> Cow<'_, str> {
    if message.len() <= WHOLE_MAX_BYTES {
        return Cow::Borrowed(message);
    }
    let title = message.lines().next().unwrap_or_default();
    let shorter = shorter(title);
    let skips = skip_token(message);
    let in_brackets = skips.filter(|token| token.starts_with('['));
    let words = own_words(message, is_revert(message));
    let mut kept = Kept {
        text: format!("{}{GAP}", shorter.as_deref().unwrap_or(title)),
        lines: BTreeSet::new(),
    };
    let first = in_brackets.map(str::to_owned).into_iter();
    let said = first
        .chain(runs(&words))
        .chain(restated(message, shorter.is_none()))
        .chain(issues(&words));
    kept.add(said, BEFORE_REFERENCES_MAX_BYTES);
    // The word before one begins no list, and keeps a word at the end of the line above apart from it.
    let references = references(message).map(|reference| format!("mentions {reference}"));
    kept.add(references, KEPT_MAX_BYTES - SKIPS.len());
    if skips.is_some() && skip_token(&kept.text).is_none() {
        kept.text.push_str(SKIPS);
    }
    if kept.text.len() < message.len() {
        kept.text.shrink_to_fit();
        Cow::Owned(kept.text)
    } else {
        Cow::Borrowed(message)
    }
}

/// Returns a title that is too long up to a blank, and the number of a pull request at its end. `None` where it may stay.
fn shorter(title: &str) -> Option<String> {
    let (end, _) = title.char_indices().nth(TITLE_MAX_CHARS)?;
    let beginning = title[..end].rsplit_once(' ').map_or("", |(whole, _)| whole);
    let number = numbered(title.trim_end()).map_or(String::new(), |(_, n)| format!(" (#{n})"));
    // What ended a quotation may be left out, and what was quoted is no line; nor are several lines one.
    let shorter = format!("{beginning} …{number}").replace('\\', "%");
    let is_marked = [TRAILER, REFERENCES]
        .iter()
        .any(|key| marked_lines(&shorter, key).next().is_some());
    Some(if is_marked {
        format!("…{shorter}")
    } else {
        shorter
    })
}

/// Lines that name the runs that a text names. One that names something else names a run that is not known.
fn runs(words: &str) -> impl Iterator<Item = String> {
    marked_lines(words, TRAILER).flat_map(|value| {
        let ids: Vec<&str> = run_words(value)
            .filter(|word| Uuid::try_parse(word).is_ok())
            .collect();
        let lines = if ids.is_empty() { vec![""] } else { ids };
        lines.into_iter().map(|id| format!("{TRAILER}: {id}"))
    })
}

/// Lines that name the issues that a text says it is for. The sign before each makes it no mention: those are added by themselves.
fn issues(words: &str) -> impl Iterator<Item = String> {
    marked_lines(words, REFERENCES)
        .flat_map(issue_words)
        .filter_map(full_reference)
        .map(|issue| format!("{REFERENCES}: &{issue}"))
}

struct Kept {
    text: String,
    /// The lines behind the gap, each of which is added once.
    lines: BTreeSet<String>,
}

impl Kept {
    /// Adds lines that fit, so that there are `most` bytes at most.
    fn add(&mut self, lines: impl Iterator<Item = String>, most: usize) {
        for line in lines {
            if self.text.len() + line.len() < most && !self.lines.contains(&line) {
                self.text.push('\n');
                self.text.push_str(&line);
                self.lines.insert(line);
            }
        }
    }
}

#[cfg(test)]
#[path = "kept_message_tests.rs"]
mod tests;
