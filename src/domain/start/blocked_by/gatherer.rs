//! Collects what mentions name.

use super::found::{BlockedBy, BlockerRef, MAX_REFERENCES};
use super::mention::{Mention, is_name_char, issue_address, mention, number as number_of};
use super::range::{behind_joint, signless_end};
use crate::domain::repository::IssueNumber;

/// Collects what one body names.
pub(super) struct Gatherer<'w> {
    /// What the issue's own address begins with.
    web: &'w str,
    pub(super) found: BlockedBy,
    /// How often something was named, also again.
    pub(super) named: usize,
    /// What `named` was when the value that is read began.
    value_began: usize,
    /// Numbers of that value that may be measures and counts.
    doubtful: Vec<IssueNumber>,
}

impl<'w> Gatherer<'w> {
    pub(super) fn new(web: &'w str) -> Self {
        Self {
            web,
            found: BlockedBy::default(),
            named: 0,
            value_began: 0,
            doubtful: Vec::new(),
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
            Mention::Unreadable(text) => self.note_unresolvable(&text),
            Mention::Link { text, address } => {
                self.read_all(&text);
                if let Some(reference) = self.relative(&address) {
                    return self.note_reference(reference);
                }
                match issue_address(&address) {
                    Some((web, reference)) if web.eq_ignore_ascii_case(self.web) => {
                        self.note_reference(reference);
                    }
                    Some(_) => self.note_unresolvable(&address),
                    None if strict => self.note_unresolvable(&address),
                    None => {}
                }
            }
        }
    }

    /// Notes everything between a mention and the one that ends a range with it; returns the text behind the range, else
    /// `behind`.
    pub(super) fn note_range<'t>(&mut self, first: &Mention, behind: &'t str) -> &'t str {
        self.range_behind(first, behind).unwrap_or(behind)
    }

    fn range_behind<'t>(&mut self, first: &Mention, behind: &'t str) -> Option<&'t str> {
        let joint = behind_joint(behind)?;
        let first = self.reference(first)?;
        if let Some((last_mention, after)) = mention(joint.rest) {
            let last = self.reference(&last_mention)?;
            // "octo-org/gadgets#12 to #14": the last one is of this repository.
            if last.repo != first.repo || first.number.0 > last.number.0 {
                return None;
            }
            self.note_numbers(first.repo, first.number, last.number);
            self.note(last_mention, false);
            return Some(after);
        }
        let (last, after) = signless_end(&joint)?;
        (first.number.0 <= last.0).then(|| {
            self.note_numbers(first.repo, first.number, last);
            after
        })
    }

    /// The issue that an address without a host names: `/owner/name/issues/12` as Forgejo's editor makes it, `../issues/12` as people
    /// write it.
    fn relative(&self, address: &str) -> Option<BlockerRef> {
        if let Some(path) = address.strip_prefix('/') {
            let whole = format!("https://{}/{path}", self.web);
            let (web, reference) = issue_address(&whole)?;
            return web.eq_ignore_ascii_case(self.web).then_some(reference);
        }
        let path = address.trim_start_matches("../");
        let of_repository = path.len() < address.len() || path.starts_with("issues/");
        let number = ["issues/", "pull/", "pulls/"]
            .iter()
            .find_map(|kind| path.strip_prefix(kind))
            .filter(|_| of_repository)?;
        Some(BlockerRef {
            repo: None,
            number: number_of(number)?,
        })
    }

    /// The issue that a mention names, when it is one.
    fn reference(&self, found: &Mention) -> Option<BlockerRef> {
        match found {
            Mention::Reference(reference) => Some(reference.clone()),
            Mention::Unreadable(_) => None,
            Mention::Link { text, address } => match mention(text) {
                Some((Mention::Reference(reference), "")) => Some(reference),
                Some(_) | None if self.relative(address).is_some() => self.relative(address),
                Some(_) | None => issue_address(address)
                    .filter(|(web, _)| web.eq_ignore_ascii_case(self.web))
                    .map(|(_, reference)| reference),
            },
        }
    }

    /// Notes the numbers from the first to the last.
    pub(super) fn note_numbers(
        &mut self,
        repo: Option<(String, String)>,
        first: IssueNumber,
        last: IssueNumber,
    ) {
        // One more than can be listed is too many.
        let length = last.0.saturating_sub(first.0).min(MAX_REFERENCES as u64);
        for next in 0..=length {
            self.note_reference(BlockerRef {
                repo: repo.clone(),
                number: IssueNumber(first.0 + next),
            });
        }
    }

    /// Notes a number of the issue's own repository.
    pub(super) fn note_number(&mut self, number: IssueNumber) {
        self.note_reference(BlockerRef { repo: None, number });
    }

    /// Begins to read a value.
    pub(super) fn begin_value(&mut self) {
        self.value_began = self.named;
    }

    /// Notes a number that may be a measure or a count. It counts only beside what names an issue for certain: alone it would
    /// stand for the words around it, and let an issue start that waits for them.
    pub(super) fn note_doubtful(&mut self, number: IssueNumber) {
        if self.named > self.value_began {
            self.note_number(number);
        } else {
            self.doubtful.push(number);
        }
    }

    /// Ends a value, or the values of a column.
    pub(super) fn end_value(&mut self, names_something: bool) {
        for number in std::mem::take(&mut self.doubtful) {
            if names_something {
                self.note_number(number);
            }
        }
    }

    /// Notes what can not be looked up.
    pub(super) fn note_unresolvable(&mut self, text: &str) {
        self.named += 1;
        self.found.add_unreadable(text);
    }

    fn note_reference(&mut self, reference: BlockerRef) {
        self.named += 1;
        self.found.add_reference(reference);
    }
}
