//! Turns Markdown into the part of it that its page shows.
//!
//! Parses as forges do and cuts the source in place, so that what is left is still the author's Markdown: text in
//! code blocks and code spans stays, whatever it looks like. Two kinds of parts go. *Hidden* ones carry text that
//! nobody sees: comments, definitions that nothing refers to, links without text, surplus table cells, content of
//! `<script>` and its kin. *Unshown* ones are the small print of shown things: alternative texts, titles, unknown
//! tags and attributes, words behind the language of a code block, definitions (their links are written out).
//! Whether a hidden part refuses is the trust gate's decision.
//!
//! It does not look into pictures, destinations of links, or diagrams and formulas that a forge draws from code.

mod coverage;
mod page;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use self::page::Page;
use crate::domain::text::cut::apply;
use crate::domain::text::hidden_characters::hidden_characters;

/// The shown part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::domain) struct ShownText {
    /// The text without hidden and unshown parts, lines ended by `\n`.
    pub(in crate::domain) text: String,
    /// Number of hidden parts that were removed.
    pub(in crate::domain) removed_hidden: usize,
    /// Number of unshown parts that were left out.
    pub(in crate::domain) removed_unshown: usize,
    /// Hidden characters anywhere in the source, also those written as entities.
    pub(in crate::domain) hidden_characters: BTreeSet<char>,
}

impl ShownText {
    /// Reads a text that is shown as it is, such as a title.
    pub(in crate::domain) fn of_plain(source: &str) -> Self {
        let text = with_plain_line_ends(source);
        Self {
            hidden_characters: hidden_characters(&text),
            text,
            removed_hidden: 0,
            removed_unshown: 0,
        }
    }

    /// Reads Markdown.
    pub(in crate::domain) fn of_markdown(source: &str) -> Self {
        let plain = Self::of_plain(source);
        let mut page = Page::read(&plain.text);
        page.hidden_characters.extend(&plain.hidden_characters);
        let (text, removed_hidden, removed_unshown) = apply(&plain.text, page.cuts);
        Self {
            text: text.trim_start_matches('\n').trim_end().to_owned(),
            removed_hidden,
            removed_unshown,
            hidden_characters: page.hidden_characters,
        }
    }
}

fn with_plain_line_ends(source: &str) -> String {
    source.replace("\r\n", "\n").replace('\r', "\n")
}
