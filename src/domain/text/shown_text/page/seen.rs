//! What of a page is seen, for the elements and links that go when nothing in them is.

use super::Reader;
use crate::domain::text::shown_html::Shown;
use crate::domain::text::unseen::is_blank;

impl Reader<'_> {
    /// Takes what a piece of raw HTML shows.
    pub(super) fn take_shown(&mut self, shown: Vec<Shown>) {
        for part in shown {
            match part {
                Shown::Text(text, keeps_blanks) => {
                    if !text.chars().all(is_blank) {
                        self.note_shown_in_links();
                    }
                    self.source_only.prose(&text, keeps_blanks);
                }
                Shown::Picture => self.note_shown_in_links(),
                Shown::LineEnd => self.source_only.end_line(),
                Shown::Cell => self.source_only.next_cell(),
            }
        }
    }

    /// Notes that something is shown here.
    pub(super) fn note_shown(&mut self) {
        self.html.note_shown();
        self.note_shown_in_links();
    }

    fn note_shown_in_links(&mut self) {
        if !self.html.is_hiding() {
            for link in &mut self.links {
                link.shows_something |= !link.is_ended;
            }
        }
    }
}
