//! Turns Markdown into the part of it that its page shows.
//!
//! Parses as forges do and cuts the source in place, so that what is left is still the author's Markdown: text in
//! code blocks and code spans stays, whatever it looks like. Three kinds of parts go. *Hidden* ones carry text that
//! nobody sees: comments, definitions that nothing refers to, links without text, surplus table cells, content of
//! `<script>` and its kin. *Unshown* ones are the small print of shown things: alternative texts, titles, unknown
//! tags and attributes, words behind a fence that name no language, definitions (their links are written out).
//! *Characters* that neither show nor move text are left behind by chats and editors.
//!
//! What a page shows in another form than it is written stays, and is named in [`ShownText::unseen`]. Whether anything
//! refuses is the trust gate's decision.

#[cfg(test)]
mod attacks;
mod blocks;
mod containers;
mod coverage;
mod dialect;
#[cfg(test)]
mod dialect_tests;
mod doubts;
mod footnotes;
mod forge_pages;
mod labels;
mod languages;
mod links;
mod page;
mod plain_footnotes;
mod reading;
mod source_only;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::ops::Range;

use pulldown_cmark::{Event, Options};

use self::reading::read;
use crate::domain::text::cut::apply;
use crate::domain::text::hidden_characters::{hidden_characters, without_harmless};
use crate::domain::text::unseen::{BlankRow, Unseen};

/// An event of the parser, and what of the source it stands for.
type EventAt<'e> = (Event<'e>, Range<usize>);

/// What the parser takes of GitHub's dialect. Marks of tasks stay text, which is what the rest of their line is read with.
const OPTIONS: Options = Options::ENABLE_TABLES
    .union(Options::ENABLE_FOOTNOTES)
    .union(Options::ENABLE_STRIKETHROUGH);

/// A lone carriage return ends a line, and whether it makes an empty one around a footnote is read differently.
const LONE_RETURN: &str = "footnotes among lines that a lone carriage return ends";

/// The shown part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownText {
    /// The text without hidden and unshown parts, lines ended by `\n`.
    pub text: String,
    /// Number of hidden parts that were removed.
    pub removed_hidden: usize,
    /// Number of unshown parts that were left out.
    pub removed_unshown: usize,
    /// Number of characters that were removed or replaced because they neither show nor move text.
    pub removed_characters: usize,
    /// Characters anywhere in the source, also those written as entities, that carry or move text unseen: a text that has
    /// any is not used, whoever wrote it.
    pub hidden_characters: BTreeSet<char>,
    /// What the page shows in another form than it is written: refuses a text of an untrusted author.
    pub unseen: BTreeSet<Unseen>,
}

impl ShownText {
    /// Reads a text that is shown as it is, such as a title.
    #[must_use]
    pub fn of_plain(source: &str) -> Self {
        let lines = with_plain_line_ends(source);
        let mut blanks = BlankRow::default();
        blanks.push(&lines, false);
        let (text, removed_characters) = without_harmless(&lines);
        Self {
            hidden_characters: hidden_characters(&lines),
            text,
            removed_hidden: 0,
            removed_unshown: 0,
            removed_characters,
            unseen: blanks.off_screen().into_iter().collect(),
        }
    }

    /// Reads Markdown.
    #[must_use]
    pub fn of_markdown(source: &str) -> Self {
        let lines = with_plain_line_ends(source);
        let has_lone_return = source.replace("\r\n", "\n").contains('\r');
        // Readers of Markdown take it for no part of the text; anywhere else it is a character like others.
        let (source, marks) = match lines.strip_prefix('\u{FEFF}') {
            Some(rest) => (rest, 1),
            None => (lines.as_str(), 0),
        };
        let mut page = read(source);
        if has_lone_return && source.contains("[^") && source.contains("]:") {
            page.unseen.insert(Unseen::Doubtful(LONE_RETURN));
        }
        let mut hidden = hidden_characters(source);
        hidden.extend(page.hidden_characters);
        let cut = apply(source, page.cuts);
        let (text, characters) = without_harmless(&cut.text);
        Self {
            text: text.trim_start_matches('\n').trim_end().to_owned(),
            removed_hidden: cut.hidden,
            removed_unshown: cut.unshown,
            removed_characters: marks + cut.characters + characters,
            hidden_characters: hidden,
            unseen: page.unseen,
        }
    }
}

/// Ends all lines by `\n`. An empty line that a lone carriage return ends gets a space: some pages do not take it for empty,
/// which the readers of blocks know of lines with a space.
fn with_plain_line_ends(source: &str) -> String {
    let source = source.replace("\r\n", "\n");
    let mut lines = String::with_capacity(source.len());
    for line in source.split_inclusive(['\r', '\n']) {
        match line.strip_suffix('\r') {
            Some("") => lines.push_str(" \n"),
            Some(line) => {
                lines.push_str(line);
                lines.push('\n');
            }
            None => lines.push_str(line),
        }
    }
    lines
}
