//! Footnotes: their references, their definitions, and what looks like one.
//!
//! What is numbered and shown is known before; here it is cut.

use std::collections::BTreeSet;
use std::ops::Range;

use super::Reader;
use crate::domain::text::cut::Cut;
use crate::domain::text::shown_text::footnotes::behind_blank_line;
use crate::domain::text::shown_text::labels::{Brackets, begins_line, footnote_labels};

impl Reader<'_> {
    /// Takes a reference to a footnote, which the parser may not have seen.
    pub(in crate::domain::text::shown_text) fn footnote_reference(
        &mut self,
        label: &str,
        range: &Range<usize>,
    ) {
        if self.images == 0 {
            let cut = self.footnotes.reference(self.source, label, range);
            self.cuts.extend(cut);
            self.note_shown();
        }
    }

    /// Begins a definition.
    pub(super) fn start_note(&mut self, label: &str, range: &Range<usize>) {
        self.begin_block(range);
        // What is not shown closes nothing, and what is shown stands at the end of the page.
        let is_in_hidden = range.start > 0
            && self.hidden_note_end == range.start
            && !self.source[..range.start].ends_with('\n');
        let is_shown = self.footnotes.is_shown(label) && !is_in_hidden;
        if !is_shown || self.html.is_hiding() {
            self.mute_until = self.mute_until.max(range.end);
        }
        if is_in_hidden {
            self.cuts.push(Cut::hidden(range.clone()));
        } else {
            let cuts = self.footnotes.definition(self.source, label, range);
            self.cuts.extend(cuts);
        }
        // What a page reads in its own way goes on in the blocks around.
        if let Some(rest) = behind_blank_line(self.source, range) {
            let end = self.outermost_end.max(rest.end);
            self.cuts.push(Cut::hidden(rest.start..end));
            self.muted = rest.start..end;
        }
        if is_shown {
            self.shown_notes.push(range.clone());
        } else {
            self.hidden_note_end = range.end;
        }
    }

    /// Returns the references to footnotes whose definitions stand in what is left open: a page that ends it sooner finds them,
    /// and shows numbers for the labels.
    pub(super) fn references_into_open_end(&self) -> Vec<Cut> {
        // The parser ends a block of one of these at its own name only, a page at any of them.
        const NAMES: [&str; 4] = ["pre", "script", "style", "textarea"];
        let folded = self.source.to_ascii_lowercase();
        let is_mixed = NAMES.iter().any(|opened| {
            let ends_other =
                |name: &&str| *name != *opened && folded.contains(&format!("</{name}>"));
            folded.contains(&format!("<{opened}")) && NAMES.iter().any(ends_other)
        });
        if !is_mixed {
            return Vec::new();
        }
        let labels: Vec<(usize, &str)> = footnote_labels(self.source)
            .into_iter()
            .map(|label| (label.start - 2, &self.source[label]))
            .collect();
        let is_head = |at: usize, label: &str| {
            self.source[at + 2 + label.len()..].starts_with("]:") && begins_line(self.source, at)
        };
        let defined: BTreeSet<String> = labels
            .iter()
            .filter(|(at, label)| is_head(*at, label))
            .map(|(_, label)| label.to_lowercase())
            .collect();
        labels
            .into_iter()
            .filter(|(at, label)| !is_head(*at, label) && defined.contains(&label.to_lowercase()))
            .filter(|(_, label)| !self.footnotes.is_referred_to(label))
            .map(|(at, label)| Cut::hidden(at..at + label.len() + 3))
            .collect()
    }

    /// Returns whether a tag stands between `[^` and `]` of its paragraph: a page that finds no footnote of that label shows
    /// all of it as it is written, tags too.
    pub(super) fn is_in_label(&mut self, tag: &Range<usize>) -> bool {
        let source = self.source;
        self.brackets
            .get_or_insert_with(|| Brackets::of(source))
            .is_in_label(source, tag)
    }
}
