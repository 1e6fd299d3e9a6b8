//! Notes what a page shows in another form than its source.
//!
//! Follows the parts of the page in their order: prose by block (formulas), lines (blanks), languages, addresses.

use std::collections::BTreeSet;

use crate::domain::text::unseen::{BlankRow, Unseen, formula_in, has_lone_display_mark};

/// What was seen so far.
#[derive(Debug, Default)]
pub(super) struct SourceOnly {
    prose: String,
    blanks: BlankRow,
    /// Blocks with a `$$` that has no partner there.
    lone_display_marks: usize,
    found: BTreeSet<Unseen>,
}

impl SourceOnly {
    /// Takes prose, as it is shown.
    pub(super) fn prose(&mut self, text: &str, keeps_blanks: bool) {
        self.prose.push_str(text);
        self.blanks.push(text, keeps_blanks);
    }

    /// Takes a code span, which has `$` around it in another spelling of formulas.
    pub(super) fn code_span(&mut self, text: &str) {
        self.prose.push(crate::domain::text::unseen::NO_TEXT);
        self.blanks.push(text, true);
    }

    /// Takes text of a code block.
    pub(super) fn code(&mut self, text: &str) {
        self.blanks.push(text, true);
    }

    /// Takes what is found elsewhere.
    pub(super) fn add(&mut self, unseen: impl IntoIterator<Item = Unseen>) {
        self.found.extend(unseen);
    }

    /// Ends a line in a block.
    pub(super) fn end_line(&mut self) {
        self.prose.push('\n');
        self.blanks.end_line();
    }

    /// Ends a block.
    pub(super) fn end_block(&mut self) {
        self.end_prose();
        self.blanks.end_line();
    }

    /// Goes on with the next cell of a row, which stands on the same line.
    pub(super) fn next_cell(&mut self) {
        self.end_prose();
        self.blanks.next_cell();
    }

    fn end_prose(&mut self) {
        self.found.extend(formula_in(&self.prose));
        self.found.extend(Unseen::in_bare_addresses(&self.prose));
        self.lone_display_marks += usize::from(has_lone_display_mark(&self.prose));
        self.prose.clear();
    }

    /// Returns all that was found.
    pub(super) fn finish(mut self) -> BTreeSet<Unseen> {
        self.end_block();
        if self.lone_display_marks > 1 {
            self.found.insert(Unseen::Drawn("a formula"));
        }
        self.found.extend(self.blanks.off_screen());
        // Of texts in each other, the deepest says all.
        let deepest = self.found.iter().rev().find_map(|unseen| match unseen {
            Unseen::Nested(depth) => Some(*depth),
            Unseen::Drawn(_)
            | Unseen::OffScreen(_)
            | Unseen::LongAddress(_)
            | Unseen::TooSmall
            | Unseen::Doubtful(_) => None,
        });
        self.found
            .retain(|unseen| !matches!(unseen, Unseen::Nested(depth) if Some(*depth) < deepest));
        self.found
    }
}
