//! What is held of a long commit message: its title, and what anybody reads of the rest, in few words.
//!
//! Strangers write the messages of other commits, and a squash may carry the whole description of a pull request: how long they are
//! must not decide how much memory a tick takes. A short message stays as it is. Of a long one stand the title, or its ends, what
//! makes CI skip it, the values of lines that name a run or issues, what the commit takes back, and references to issues, each
//! once, up to a limit. It does not know what the answers mean; they are the same as for the whole message while what is read fits
//! into the limit.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::recognition::{TRAILER, own_words};
use super::reverts::restated;
use crate::domain::verdict::commit_message::{marked_lines, skip_token};
use crate::domain::verdict::issue_mention::{harmless, references};

/// The longest message that stays as it is, in bytes: people hardly ever write more by hand.
const WHOLE_MAX_BYTES: usize = 4096;

/// The longest message that stands for a longer one, in bytes.
const KEPT_MAX_BYTES: usize = 8192;

/// How long it may be before references are added, in bytes: release notes have hundreds of them.
const BEFORE_REFERENCES_MAX_BYTES: usize = 6144;

/// How much of a long title stays, in characters: before what is left out, and at least behind it, where the number of a pull
/// request is.
const TITLE_CHARS: (usize, usize) = (512, 128);

/// The longest value of a line, in characters.
const VALUE_MAX_CHARS: usize = 512;

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
    let skips = skip_token(message);
    let in_brackets = skips.filter(|token| token.starts_with('['));
    let words = own_words(message);
    let values = [TRAILER, "Refs"].into_iter().flat_map(|key| {
        marked_lines(&words, key).map(move |value| {
            let value = value.chars().take(VALUE_MAX_CHARS).map(harmless);
            format!("{key}: {}", value.collect::<String>())
        })
    });
    let mut kept = Kept::titled(message.lines().next().unwrap_or_default());
    let lines = in_brackets.map(str::to_owned).into_iter();
    kept.add(
        lines.chain(values).chain(restated(message)),
        BEFORE_REFERENCES_MAX_BYTES,
    );
    // What stands before one keeps a word at the end of the line above apart from it.
    let references = references(message).map(|reference| format!("… {reference}"));
    kept.add(references, KEPT_MAX_BYTES - SKIPS.len());
    if skips.is_some() && skip_token(&kept.text).is_none() {
        kept.text.push_str(SKIPS);
    }
    kept.text.shrink_to_fit();
    Cow::Owned(kept.text)
}

struct Kept {
    text: String,
    /// The lines behind the title.
    known: BTreeSet<String>,
}

impl Kept {
    fn titled(title: &str) -> Self {
        let (first, last) = TITLE_CHARS;
        let start = title.char_indices().nth(first);
        let end = title.char_indices().nth_back(last);
        let mut text = match (start, end) {
            (Some((start, _)), Some((end, _))) if start < end => {
                // What ends a quotation may be left out, and what was quoted is no line.
                format!("{}…{}", &title[..start], &title[end..]).replace('\\', "/")
            }
            _ => title.to_owned(),
        };
        text.push_str(GAP);
        Self {
            text,
            known: BTreeSet::new(),
        }
    }

    /// Adds lines that fit, so that there are `most` bytes at most.
    fn add(&mut self, lines: impl Iterator<Item = String>, most: usize) {
        for line in lines {
            if self.text.len() + line.len() < most && !self.known.contains(&line) {
                self.text.push('\n');
                self.text.push_str(&line);
                self.known.insert(line);
            }
        }
    }
}

#[cfg(test)]
#[path = "kept_message_tests.rs"]
mod tests;
