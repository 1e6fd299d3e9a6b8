//! Raw tags whose ends pages find in different places: those that reach out of a cell, or out of the text of a link.
//!
//! Cells and links end what is open in them, or do not, by rules that differ from element to element.

use super::Reader;
use crate::domain::text::unseen::Unseen;

/// Elements without an end.
const VOID: [&str; 10] = [
    "area", "br", "col", "embed", "hr", "img", "input", "link", "source", "wbr",
];

impl Reader<'_> {
    /// Notes markup that pages read in different ways.
    pub(in crate::domain::text::shown_text) fn doubt(&mut self, what: &'static str) {
        self.source_only.add([Unseen::Doubtful(what)]);
    }

    /// Begins a cell of a table.
    pub(super) fn begin_cell(&mut self) {
        self.is_hidden_cell = self.html.is_hiding();
    }

    /// Ends a cell of a table: what hides has to end where it began.
    pub(super) fn end_cell(&mut self) {
        if self.html.is_hiding() != self.is_hidden_cell {
            self.doubt("an element that reaches out of its cell");
        }
    }

    /// Takes a tag, which may stand in the text of a link.
    pub(super) fn tag_in_link(&mut self, tag: &str) {
        let Some(link) = self.links.last_mut() else {
            return;
        };
        let inside = tag.strip_prefix('<').unwrap_or(tag);
        let (is_closing, inside) = match inside.strip_prefix('/') {
            Some(inside) => (true, inside),
            None => (false, inside),
        };
        let end = inside
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
            .unwrap_or(inside.len());
        let name = inside[..end].to_ascii_lowercase();
        if name.is_empty() || VOID.contains(&&*name) {
            return;
        }
        if !is_closing {
            link.tags.push(name);
        } else if link.tags.last() == Some(&name) {
            link.tags.pop();
        } else {
            self.doubt_link();
        }
    }

    /// Notes that a tag reaches into a link, or out of it.
    pub(super) fn doubt_link(&mut self) {
        self.doubt("a tag that reaches out of the text of a link");
    }
}
