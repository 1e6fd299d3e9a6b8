//! What is held of a long commit message: its ends, and from between them what anybody reads of it.
//!
//! Strangers write the messages of other commits, and a squash may carry the whole description of a pull request: how long they are
//! must not decide how much memory a tick takes. A short message stays as it is. Of a long one stand its first and last lines, the
//! lines that name a run or an issue, those that say what the commit takes back, references to issues by themselves, and what makes
//! CI skip it, up to a limit. What is left out leaves a line of its own behind, so that what stood apart is not joined. It does not
//! know what the answers mean; they are the same as for the whole message while what is read fits into the limit.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::recognition::TRAILER;
use super::reverts::{Statements, is_taking_back};
use crate::domain::verdict::commit_message::{marked_lines, meant_lines, skip_token};
use crate::domain::verdict::issue_mention::{boundary_behind, references};

/// The longest message that stays as it is, in bytes: people hardly ever write more by hand.
const WHOLE_MAX_BYTES: usize = 4 * 1024;

/// Bytes of whole lines that stay at the beginning, and at the end.
const END_BYTES: usize = 1536;

/// The longest message that is held, in bytes.
const KEPT_MAX_BYTES: usize = 8 * 1024;

/// The longest line that stays whole between the ends, and the longest title.
const LINE_MAX_BYTES: usize = 1024;

/// Bytes of a longer title that stay at its end, where the number of a pull request is.
const TITLE_END_BYTES: usize = 256;

/// Bytes that references to issues take at most. Release notes of others have hundreds.
const REFERENCES_MAX_BYTES: usize = 2 * 1024;

/// Room for what is added whatever the limit says: a line for a gap at the end, and what makes CI skip the commit.
const RESERVE_BYTES: usize = 128;

/// What stands for lines that were left out. It is no reference, no trailer, no word of a list, and no title in brackets.
const GAP: &str = "…omitted…";

/// Returns a commit message without what nobody reads of it.
#[must_use]
pub fn kept_message(message: &str) -> Cow<'_, str> {
    if message.len() <= WHOLE_MAX_BYTES {
        return Cow::Borrowed(message);
    }
    let mut kept = Reduction::of(message);
    kept.take_ends();
    kept.take_marked_lines();
    kept.take_statements();
    kept.take_references();
    Cow::Owned(kept.text())
}

struct Reduction<'m> {
    message: &'m str,
    lines: Vec<&'m str>,
    /// Whether each line stays.
    stays: Vec<bool>,
    /// Parts of longer lines, by the place of the line, in order.
    parts: Vec<(usize, &'m str)>,
    /// References in lines that do not stay.
    references: Vec<String>,
    /// The bytes that are left.
    room: usize,
}

impl<'m> Reduction<'m> {
    fn of(message: &'m str) -> Self {
        let lines: Vec<&str> = message.lines().collect();
        Self {
            message,
            stays: vec![false; lines.len()],
            lines,
            parts: Vec::new(),
            references: Vec::new(),
            room: KEPT_MAX_BYTES - RESERVE_BYTES,
        }
    }

    fn take_ends(&mut self) {
        // The title always stays, or its ends do.
        let title = self.lines.first().map_or(0, |title| title.len());
        if let Some(stays) = self.stays.first_mut() {
            *stays = true;
        }
        self.room -= title.min(LINE_MAX_BYTES) + 1;
        let behind_title = 1..self.lines.len();
        for places in [
            behind_title.clone().collect::<Vec<usize>>(),
            behind_title.rev().collect(),
        ] {
            let mut left = END_BYTES;
            for at in places {
                let Some(rest) = left.checked_sub(self.lines[at].len() + 1) else {
                    break;
                };
                left = rest;
                self.take(at);
            }
        }
    }

    /// Takes a line where there is room for it, and for the gap before it.
    fn take(&mut self, at: usize) {
        let bytes = self.lines[at].len() + GAP.len() + 2;
        if !self.stays[at]
            && self.lines[at].len() <= LINE_MAX_BYTES
            && let Some(room) = self.room.checked_sub(bytes)
        {
            self.room = room;
            self.stays[at] = true;
        }
    }

    /// Takes the lines that name a run or issues, and what git folded of them.
    fn take_marked_lines(&mut self) {
        let is_revert = is_taking_back(self.lines.first().copied().unwrap_or_default());
        for at in 0..self.lines.len() {
            let line = self.lines[at];
            if line.len() > LINE_MAX_BYTES {
                // What is one line with the title of a revert is quoted with it.
                if at > 0 || !is_revert {
                    self.take_marked_parts(at);
                }
            } else if is_marked(line) {
                self.take(at);
                if is_folded(line) {
                    let behind = at + 1..self.lines.len();
                    let quoted = behind.clone().take_while(|at| is_quoted(self.lines[*at]));
                    let count = quoted.count();
                    behind.take(count + 1).for_each(|at| self.take(at));
                }
            }
        }
    }

    /// The same of a line that holds many.
    fn take_marked_parts(&mut self, at: usize) {
        let mut follows = false;
        for part in meant_lines(self.lines[at]) {
            let marked = is_marked(part);
            if marked || follows {
                let part = &part[..boundary_before(part, LINE_MAX_BYTES)];
                let Some(room) = self.room.checked_sub(part.len() + GAP.len() + 2) else {
                    return;
                };
                self.room = room;
                self.parts.push((at, part));
            }
            follows = marked && is_folded(part);
        }
    }

    /// Takes the lines that say what the commit takes back.
    fn take_statements(&mut self) {
        let lines = std::mem::take(&mut self.lines);
        let statements = Statements::of(&lines);
        let places: Vec<usize> = statements
            .flat_map(|places| places.filter(|at| !self.stays[*at]).collect::<Vec<usize>>())
            .take(KEPT_MAX_BYTES)
            .collect();
        self.lines = lines;
        places.into_iter().for_each(|at| self.take(at));
    }

    /// Takes the references of lines that do not stay, and of those that stay without the word before.
    fn take_references(&mut self) {
        let mut known: BTreeSet<String> = BTreeSet::new();
        let mut room = self.room.min(REFERENCES_MAX_BYTES);
        let start = self.message.as_ptr() as usize;
        let end = |line: &&str| line.as_ptr() as usize - start + line.len();
        let ends: Vec<usize> = self.lines.iter().map(end).collect();
        let place = |at: usize| ends.partition_point(|end| *end < at);
        for reference in references(self.message) {
            let is_whole = |at: usize| {
                let line = place(at);
                self.stays[line] && (line > 0 || self.lines[0].len() <= LINE_MAX_BYTES)
            };
            if is_whole(reference.at) && reference.word_at.is_none_or(is_whole) {
                continue;
            }
            let Some(left) = room.checked_sub(reference.text.len() + 2) else {
                break;
            };
            if known.insert(reference.text.clone()) {
                room = left;
                self.references.push(reference.text);
            }
        }
    }

    fn text(self) -> String {
        let skip = skip_token(self.message);
        let mut gap = GAP.to_owned();
        let in_brackets = skip.filter(|token| token.starts_with('['));
        for more in in_brackets
            .into_iter()
            .chain(self.references.iter().map(String::as_str))
        {
            gap.push(' ');
            gap.push_str(more);
            gap.push(';');
        }
        let mut gap = Some(gap);
        let mut text = String::with_capacity(KEPT_MAX_BYTES);
        let mut parts = self.parts.iter().peekable();
        let mut is_open = false;
        for (at, line) in self.lines.iter().enumerate() {
            if self.stays[at] {
                if at > 0 {
                    text.push('\n');
                }
                if at == 0 && line.len() > LINE_MAX_BYTES {
                    push_ends(&mut text, line);
                } else {
                    text.push_str(line);
                }
                is_open = false;
            }
            let of_line = std::iter::from_fn(|| parts.next_if(|(of, _)| *of == at));
            let of_line: Vec<&str> = of_line.map(|(_, part)| *part).collect();
            if !is_open && (!self.stays[at] || !of_line.is_empty()) {
                text.push('\n');
                text.push_str(gap.take().as_deref().unwrap_or(GAP));
                is_open = true;
            }
            for part in &of_line {
                text.push('\n');
                text.push_str(part);
            }
            if !of_line.is_empty() {
                text.push('\n');
                text.push_str(GAP);
            }
        }
        if let Some(gap) = gap {
            text.push('\n');
            text.push_str(&gap);
        }
        // A trailer that stood above others that were left out.
        if let (Some(key), None) = (skip, skip_token(&text)) {
            text.push('\n');
            text.push_str(key);
            text.push_str(": true");
        }
        text.shrink_to_fit();
        text
    }
}

/// Whether a line names a run, or issues.
fn is_marked(line: &str) -> bool {
    [TRAILER, "Refs"]
        .iter()
        .any(|key| marked_lines(line, key).next().is_some())
}

/// Whether what a marked line says may stand on the next one.
fn is_folded(line: &str) -> bool {
    line.trim_end_matches(|c: char| !c.is_alphanumeric() && c != ':')
        .ends_with(':')
}

/// Whether a revert does not read the line.
fn is_quoted(line: &str) -> bool {
    line.starts_with("    ") || line.starts_with('\t') || line.trim_start().starts_with('>')
}

/// The last place up to `at` where a character begins, or the end.
fn boundary_before(text: &str, at: usize) -> usize {
    let mut places = (0..=at.min(text.len())).rev();
    places
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or_default()
}

/// The beginning and the end of a title.
fn push_ends(text: &mut String, title: &str) {
    let start = boundary_before(title, LINE_MAX_BYTES - TITLE_END_BYTES - '…'.len_utf8());
    let end = boundary_behind(title, title.len() - TITLE_END_BYTES);
    text.push_str(&title[..start]);
    text.push('…');
    text.push_str(&title[end..]);
}

#[cfg(test)]
#[path = "kept_message_tests.rs"]
mod tests;
