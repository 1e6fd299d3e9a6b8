//! Which parts of the source do the events of its parser account for?
//!
//! What no event shows, and is no mark of a list, a quote or a table, no page shows either: definitions that nothing
//! refers to, and surplus cells. The parser says nothing about them, so they are found as gaps.

use std::collections::BTreeSet;
use std::ops::Range;

use pulldown_cmark::{Event, Tag, TagEnd};

use super::footnotes::head;
use crate::domain::text::cut::Cut;

/// Parts of the source that are shown, or belong to something shown.
#[derive(Debug, Default)]
pub(super) struct Coverage {
    covered: Vec<Range<usize>>,
    /// Beginnings and ends of the definitions among them.
    definitions: BTreeSet<(usize, usize)>,
    /// End of the inline event before this one, as long as no block began or ended in between.
    inline_end: Option<usize>,
}

impl Coverage {
    /// Notes a definition that a link uses; returns whether it is new.
    pub(super) fn add_definition(&mut self, range: &Range<usize>) -> bool {
        let is_new = self.definitions.insert((range.start, range.end));
        if is_new {
            self.covered.push(range.clone());
        }
        is_new
    }

    /// Notes which part of the source an event shows.
    pub(super) fn cover(&mut self, event: &Event<'_>, range: &Range<usize>, source: &str) {
        let is_inline = match event {
            Event::Start(tag) => match tag {
                Tag::Emphasis
                | Tag::Strong
                | Tag::Strikethrough
                | Tag::Superscript
                | Tag::Subscript
                | Tag::Link { .. }
                | Tag::Image { .. } => true,
                Tag::Paragraph
                | Tag::Heading { .. }
                | Tag::CodeBlock(_)
                | Tag::HtmlBlock
                | Tag::TableCell
                | Tag::MetadataBlock(_) => {
                    self.covered.push(range.clone());
                    false
                }
                Tag::FootnoteDefinition(_) => {
                    // Its label.
                    self.covered.push(range.start..head(source, range).end);
                    false
                }
                Tag::BlockQuote(_)
                | Tag::List(_)
                | Tag::Item
                | Tag::DefinitionList
                | Tag::DefinitionListTitle
                | Tag::DefinitionListDefinition
                | Tag::Table(_)
                | Tag::TableHead
                | Tag::TableRow => false,
            },
            Event::End(tag) => matches!(
                tag,
                TagEnd::Emphasis
                    | TagEnd::Strong
                    | TagEnd::Strikethrough
                    | TagEnd::Superscript
                    | TagEnd::Subscript
                    | TagEnd::Link
                    | TagEnd::Image
            ),
            Event::Rule | Event::Html(_) => {
                self.covered.push(range.clone());
                false
            }
            Event::Text(_)
            | Event::Code(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::InlineHtml(_)
            | Event::FootnoteReference(_)
            | Event::SoftBreak
            | Event::HardBreak
            | Event::TaskListMarker(_) => true,
        };
        if is_inline {
            let start = self
                .inline_end
                .map_or(range.start, |end| end.min(range.start));
            self.covered.push(start..range.end);
            self.inline_end = Some(self.inline_end.map_or(range.end, |end| end.max(range.end)));
        } else {
            self.inline_end = None;
        }
    }

    /// Returns a cut for every line that no event shows and that is more than the marks of lists, quotes and tables: definitions
    /// that nothing refers to or that come second, and surplus cells.
    pub(super) fn cuts(self, source: &str) -> Vec<Cut> {
        let mut covered = self.covered;
        let mut cuts = Vec::new();
        covered.push(source.len()..source.len());
        covered.sort_by_key(|range| range.start);
        let mut at = 0;
        for range in covered {
            if range.start > at {
                cut_gap(source, at..range.start, &mut cuts);
            }
            at = at.max(range.end);
        }
        cuts
    }
}

fn cut_gap(source: &str, gap: Range<usize>, cuts: &mut Vec<Cut>) {
    let mut start = gap.start;
    let mut open: Option<Range<usize>> = None;
    for line in source[gap].split_inclusive('\n') {
        let range = start..start + line.trim_end().len();
        start += line.len();
        let is_mark = |c: char| {
            c.is_whitespace()
                || c.is_ascii_digit()
                || matches!(c, '>' | '-' | '+' | '*' | '.' | ')' | '|' | ':' | '\\')
        };
        if line.chars().all(is_mark) {
            if let Some(hidden) = open.take() {
                cuts.push(Cut::hidden(hidden));
            }
        } else {
            open = Some(open.map_or(range.start, |open| open.start)..range.end);
        }
    }
    if let Some(hidden) = open {
        cuts.push(Cut::hidden(hidden));
    }
}
