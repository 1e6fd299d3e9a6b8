//! Footnotes, as pages number them.
//!
//! A page shows a number where the source has a label, so the label goes: it can be a sentence. The first definition of a
//! label counts, and it is shown when anything refers to it, another footnote too.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use pulldown_cmark::{Event, Tag};

use super::EventAt;

use crate::domain::text::cut::{Cut, CutKind};

/// The footnotes of a page.
#[derive(Debug, Default)]
pub(super) struct Footnotes {
    /// The numbers of labels that are referred to.
    numbers: BTreeMap<String, usize>,
    /// Labels that were defined already.
    defined: BTreeSet<String>,
}

impl Footnotes {
    /// Numbers the footnotes in the order of their first references. Those in `ended_items` do not count.
    pub(super) fn of(
        source: &str,
        events: &[EventAt<'_>],
        references: &[(String, Range<usize>)],
        ended_items: &[Range<usize>],
    ) -> Self {
        // What a page reads in its own way may hold no reference.
        let mut doubtful: Vec<Range<usize>> = ended_items.to_vec();
        let definitions = events
            .iter()
            .filter(|(event, _)| matches!(event, Event::Start(Tag::FootnoteDefinition(_))));
        for (_, range) in definitions {
            // One that begins in the line where such a part ends belongs to it.
            let goes_on = !source[..range.start].ends_with('\n')
                && doubtful.last().is_some_and(|part| part.end == range.start);
            if goes_on {
                doubtful.push(range.clone());
            } else {
                doubtful.extend(behind_blank_line(source, range));
            }
        }
        doubtful.sort_by_key(|range| range.start);
        let mut footnotes = Self::default();
        // References come in their order: of the parts that begin before one, the farthest end counts.
        let (mut parts, mut doubtful_until) = (doubtful.iter().peekable(), 0);
        let sure = references.iter().filter(|(_, place)| {
            while let Some(part) = parts.next_if(|part| part.start <= place.start) {
                doubtful_until = part.end.max(doubtful_until);
            }
            place.start >= doubtful_until
        });
        for (label, _) in sure {
            let next = footnotes.numbers.len() + 1;
            footnotes.numbers.entry(key(label)).or_insert(next);
        }
        footnotes
    }

    /// Returns what goes of a reference.
    pub(super) fn reference(&self, source: &str, label: &str, range: &Range<usize>) -> Option<Cut> {
        let number = self.numbers.get(&key(label))?;
        let replacement = format!("[^{number}]");
        (source[range.clone()] != replacement).then(|| Cut {
            range: range.clone(),
            replacement,
            kind: CutKind::Unshown,
        })
    }

    /// Returns what goes of a definition: all of it when nothing refers to it or it comes second, and its label otherwise.
    pub(super) fn definition(
        &mut self,
        source: &str,
        label: &str,
        range: &Range<usize>,
    ) -> Vec<Cut> {
        let head = head(source, range);
        let key = key(label);
        let number = self
            .numbers
            .get(&key)
            .filter(|_| !self.defined.contains(&key));
        let Some(number) = number else {
            return vec![Cut::hidden(range.clone())];
        };
        let replacement = format!("[^{number}]:");
        self.defined.insert(key);
        let number = (source[head.clone()] != replacement).then_some(Cut {
            range: head,
            replacement,
            kind: CutKind::Unshown,
        });
        number.into_iter().collect()
    }

    /// Returns whether a label is one of a reference.
    pub(super) fn is_referred_to(&self, label: &str) -> bool {
        self.numbers.contains_key(&key(label))
    }

    /// Returns whether a definition is shown.
    pub(super) fn is_shown(&self, label: &str) -> bool {
        let key = key(label);
        self.numbers.contains_key(&key) && !self.defined.contains(&key)
    }
}

/// Returns where `[^label]:` stands.
pub(super) fn head(source: &str, range: &Range<usize>) -> Range<usize> {
    let definition = &source[range.clone()];
    let start = definition.find('[').unwrap_or(0);
    let end = definition.find("]:").map_or(start, |end| end + 2);
    range.start + start..range.start + end
}

/// Returns the part of a definition behind its first line that is blank and not empty: a page ends it there, and reads the rest
/// in its own way.
pub(super) fn behind_blank_line(source: &str, range: &Range<usize>) -> Option<Range<usize>> {
    let mut start = range.start;
    for line in source[range.clone()].split_inclusive('\n') {
        let bare = line.trim_end_matches('\n');
        let is_blank = bare.trim_matches([' ', '\t', '>']).is_empty();
        if start > range.start && is_blank && !bare.is_empty() {
            return Some(start..range.end);
        }
        start += line.len();
    }
    None
}

fn key(label: &str) -> String {
    label.to_lowercase()
}
