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
//! field       fields                           value       their values
//! opening     what opens a field               words       the words that do
//! pointer     what leads to a value            apart       fields in the middle of lines
//! question    headings that ask                subheading  smaller headings in a value
//! line        marks, headings, tables          list        lists in a value, also without marks
//! table       columns of values                said        lines that hold no value
//! inverse     fields about other issues        nothing     what says "none"
//! none_words  the words for it                 clause      sentences
//! references  those of one line of a value     mention     notations of references
//! bare_number numbers without a sign           range       everything between two numbers
//! gatherer    collects what mentions name      tag         tags of raw HTML
//! instead     what stands for what is cut
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
mod value;
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
mod aside_tests;
#[cfg(test)]
mod beside_tests;
#[cfg(test)]
mod edge_tests;
#[cfg(test)]
mod field_tests;
#[cfg(test)]
mod measure_tests;
#[cfg(test)]
mod near_tests;
#[cfg(test)]
mod notation_tests;
#[cfg(test)]
mod table_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod written_tests;
