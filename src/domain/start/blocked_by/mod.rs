//! Reads "Blocked by #41, octo-org/gadgets#12 and #7" in the body of an issue.
//!
//! Says which references the text names, not whether they are closed. It errs towards blocking: it reads bullets
//! below a "Blocked by" heading, does not understand "not", and what looks like a reference but is none that can
//! be looked up (`#0`, an address on another host) is returned as unreadable instead of being dropped, because
//! a dropped reference would clear the issue. "Blocked by the release" names nothing.
//!
//! References are `#n`, `!n`, `GH-n`, `owner/name#n`, `owner/name!n` and full addresses of issues and pull
//! requests, bare, in brackets or as Markdown links; lists are separated by commas, semicolons, `&`, `+`, `/`,
//! "and" or "or", and may go on in the next line.

mod clause;
mod found;
mod mention;

pub use self::found::{BlockedBy, BlockerRef, MAX_REFERENCES};

impl BlockedBy {
    /// Reads a body. `host` is the `host[:port]` of the issue's own address: full addresses count as
    /// references only there.
    #[must_use]
    pub fn in_body(body: &str, host: &str) -> Self {
        let mut found = Self::default();
        clause::read_clauses(body, host, &mut found);
        found
    }
}

#[cfg(test)]
mod tests;
