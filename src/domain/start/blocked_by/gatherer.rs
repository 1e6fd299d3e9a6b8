//! Collects what mentions name.

use super::found::{BlockedBy, BlockerRef};
use super::mention::{Mention, is_name_char, issue_address, mention};
use crate::domain::repository::IssueNumber;

/// Collects what one body names.
pub(super) struct Gatherer<'w> {
    /// What the issue's own address begins with.
    web: &'w str,
    pub(super) found: BlockedBy,
    /// How often something was named, also again.
    pub(super) named: usize,
}

impl<'w> Gatherer<'w> {
    pub(super) fn new(web: &'w str) -> Self {
        Self {
            web,
            found: BlockedBy::default(),
            named: 0,
        }
    }

    /// Whether nothing more is listed.
    pub(super) fn is_full(&self) -> bool {
        self.found.too_many
    }

    /// Reads every reference in `text`, whatever else it says.
    pub(super) fn read_all(&mut self, text: &str) {
        let mut rest = text;
        while !rest.is_empty() && !self.is_full() {
            if let Some((mention, after)) = mention(rest) {
                self.note(mention, false);
                rest = after;
            } else {
                let word = rest.find(|c| !is_name_char(c)).unwrap_or(rest.len());
                let width = rest.chars().next().map_or(0, char::len_utf8);
                rest = &rest[word.max(width)..];
            }
        }
    }

    /// Notes what a mention names. `strict`: an address that is no issue is unreadable, not a remark.
    pub(super) fn note(&mut self, mention: Mention, strict: bool) {
        match mention {
            Mention::Reference(reference) => self.note_reference(reference),
            Mention::Unreadable(text) => self.note_unresolvable(text),
            Mention::Link { text, address } => {
                self.read_all(&text);
                match issue_address(&address) {
                    Some((web, reference)) if web.eq_ignore_ascii_case(self.web) => {
                        self.note_reference(reference);
                    }
                    Some(_) => self.note_unresolvable(address),
                    None if strict => self.note_unresolvable(address),
                    None => {}
                }
            }
        }
    }

    /// Notes a number of the issue's own repository.
    pub(super) fn note_number(&mut self, number: IssueNumber) {
        self.note_reference(BlockerRef { repo: None, number });
    }

    /// Notes what can not be looked up.
    pub(super) fn note_unresolvable(&mut self, text: String) {
        self.named += 1;
        self.found.add_unreadable(text);
    }

    fn note_reference(&mut self, reference: BlockerRef) {
        self.named += 1;
        self.found.add_reference(reference);
    }
}
