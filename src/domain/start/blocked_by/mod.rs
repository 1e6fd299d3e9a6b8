//! Reads which issues must be finished first from the body of an issue.
//!
//! Says which references the text names, not whether they are closed. It errs towards blocking: what looks like a reference
//! but is none that can be looked up (`#0`, an address on another host) is returned as unreadable instead of being dropped,
//! and so is a field whose value names nothing, because a dropped reference would clear the issue.
//!
//! - **Fields**: a line that begins with "Blocked by", "Depends on" and their kin and a colon, or a heading with such words.
//!   Every reference in the value counts.
//! - **Sentences**: "blocked by #41, octo-org/gadgets#12 and #7" anywhere else. "Blocked by the release" names nothing there,
//!   and "not" is not understood.
//!
//! References are `#n`, `!n`, `GH-n`, `owner/name#n`, `owner/name!n` and full addresses of issues and pull
//! requests, bare, in brackets or as Markdown links; in sentences they are separated by commas, semicolons, `&`, `+`, `/`,
//! "and" or "or", and may go on in the next line. Code, struck-through text and comments in the source do not count, and characters that
//! nobody sees are read over.
//!
//! ```text
//! counting    what of the body counts          found       what was found
//! range       everything between two numbers   table       columns of values
//! field       fields and their values          mention     notations of references
//! line        marks, headings, tables          words       the words that open a field
//! subheading  smaller headings in a value      inverse     fields that say the opposite
//! clause      sentences                        nothing     what says "none"
//! gatherer    collects what mentions name      none_words  the words for it
//! instead     what stands for what is cut      references  those of one line of a value
//! bare_number numbers without a sign            tag         tags of raw HTML
//! question    headings that ask             opening     what opens a field
//! apart       fields in the middle of lines   said      lines that hold no value
//! pointer     what leads to a value            list      lists in a value, also without marks
//! ```

mod apart;
mod bare_number;
mod clause;
mod counting;
mod field;
mod found;
mod gatherer;
mod instead;
mod inverse;
mod line;
mod list;
mod mention;
mod none_words;
mod nothing;
mod opening;
mod pointer;
mod question;
mod range;
mod references;
mod said;
mod subheading;
mod table;
mod tag;
mod words;

pub use self::found::{BlockedBy, BlockerRef, MAX_REFERENCES};
use self::gatherer::Gatherer;
use crate::domain::text::hidden_characters::without_harmless;

impl BlockedBy {
    /// Reads a body. `web` is what the issue's own address begins with ([`web_of_issue`]): full addresses count as
    /// references only there.
    ///
    /// [`web_of_issue`]: crate::domain::issue::web_of_issue
    #[must_use]
    pub fn in_body(body: &str, web: &str) -> Self {
        let mut gatherer = Gatherer::new(web);
        // Characters that nobody sees split no words.
        let (body, _) = without_harmless(body);
        let sentences = field::read_fields(&counting::counting_text(&body), &mut gatherer);
        clause::read_clauses(&sentences, &mut gatherer);
        gatherer.found
    }
}

#[cfg(test)]
mod apart_tests;
#[cfg(test)]
mod beside_tests;
#[cfg(test)]
mod edge_tests;
#[cfg(test)]
mod field_tests;
#[cfg(test)]
mod measure_tests;
#[cfg(test)]
mod notation_tests;
#[cfg(test)]
mod table_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod written_tests;
