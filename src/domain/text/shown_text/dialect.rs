//! Where GitHub's dialect reads other marks than the parser: hides those marks from it.
//!
//! The parser is given a source of the same length in which some marks are commas, so that every place stays what it is:
//! marks inside bare addresses, the `<!` of what is no declaration, brackets in labels of footnotes, and references to
//! footnotes (links can stand around one). Nothing of it reaches anybody: the text is cut from the real source.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the parser's events are not ours: a new kind of them is text like any other"
)]

mod bare_address;
mod lazy_tags;
#[cfg(test)]
mod mask_tests;

use std::collections::BTreeSet;
use std::ops::Range;

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use self::bare_address::{MASK, Marked, addresses_with_marks, mask_marks};
use self::lazy_tags::{LazyTags, lazy_tags, make_block};
use super::labels::{begins_line, footnote_labels, is_mark};
use super::{EventAt, OPTIONS};

/// A bare address with marks in it, behind a bracket that was closed in one that was not.
const ADDRESS: &str = "an address with brackets in it, behind an open bracket";

/// A span of code that goes on, with a tag, on a line that belongs to fewer quotes or items.
const CODE: &str =
    "code or a comment over lines with a tag on a line that reaches out of its quote";

/// How often a source is read again because an address in it holds marks: each time, the first such address of every
/// block is hidden from the parser.
const READINGS_MAX: usize = 6;

/// A source as the parser should see it.
#[derive(Debug)]
pub(super) struct Dialect {
    /// As long as the source.
    pub(super) masked: String,
    /// References to footnotes, which are masked, in their order.
    pub(super) references: Vec<(String, Range<usize>)>,
    /// Whether some address may still hold marks.
    pub(super) is_unsure: bool,
    /// What pages read in different ways.
    pub(super) doubts: BTreeSet<&'static str>,
}

impl Dialect {
    /// Masks a source whose lines end in `\n`.
    pub(super) fn of(source: &str) -> Self {
        let mut masked = source.as_bytes().to_vec();
        mask_declarations(source, &mut masked);
        mask_labels(source, &mut masked);
        let mut masked = text(masked, source);
        let mut is_unsure = true;
        let mut doubts = BTreeSet::new();
        let mut references = Vec::new();
        for _ in 0..READINGS_MAX {
            let events: Vec<EventAt<'_>> = Parser::new_ext(&masked, OPTIONS)
                .into_offset_iter()
                .collect();
            let Marked {
                addresses,
                is_unsure: is_in_bracket,
            } = addresses_with_marks(&masked, &events);
            let LazyTags {
                names: tags,
                is_inside,
            } = lazy_tags(&masked, &events);
            let backticks = literal_backticks(&masked, &events);
            doubts.extend(is_in_bracket.then_some(ADDRESS));
            doubts.extend(is_inside.then_some(CODE));
            if addresses.is_empty() && tags.is_empty() && backticks.is_empty() {
                references = footnote_references(&masked, &events);
                is_unsure = false;
                break;
            }
            let mut bytes = masked.into_bytes();
            for address in addresses {
                mask_marks(&mut bytes[address]);
            }
            for run in backticks {
                bytes[run].fill(MASK);
            }
            for name in tags {
                make_block(&mut bytes[name]);
            }
            masked = text(bytes, source);
        }
        let mut bytes = masked.into_bytes();
        for (_, range) in &references {
            bytes[range.clone()].fill(MASK);
        }
        Self {
            masked: text(bytes, source),
            references,
            is_unsure,
            doubts,
        }
    }
}

fn text(bytes: Vec<u8>, source: &str) -> String {
    // Only ASCII characters were replaced, by ASCII ones.
    String::from_utf8(bytes).unwrap_or_else(|_| source.to_owned())
}

/// A declaration is `<!`, a name in capitals, a blank, and more; at the beginning of a line one letter is enough.
fn mask_declarations(source: &str, masked: &mut [u8]) {
    // Up to where it was looked, and where the line began there, and the last label of a footnote.
    let (mut seen, mut line_start, mut label) = (0, 0, None);
    for (at, _) in source.match_indices("<!") {
        let passed = &source[seen..at];
        line_start = passed.rfind('\n').map_or(line_start, |end| seen + end + 1);
        label = passed.rfind("[^").map(|open| seen + open).or(label);
        seen = at;
        let rest = &source[at + 2..];
        if rest.starts_with("--") || rest.starts_with("[CDATA[") {
            continue;
        }
        let name = rest
            .find(|c: char| !c.is_ascii_uppercase())
            .unwrap_or(rest.len());
        let marks = source.as_bytes()[line_start..at]
            .iter()
            .rev()
            .take_while(|byte| is_mark(**byte))
            .count();
        // A footnote begins with its label.
        let begins_line = line_start + marks == at
            || (source[..at - marks].ends_with("]:") && label >= Some(line_start));
        // What begins a line begins a block by some rules, and hides.
        let begins_block = begins_line && rest.starts_with(|c: char| c.is_ascii_alphabetic());
        let is_declaration = begins_block
            || (name > 0 && rest[name..].starts_with(|c: char| c.is_ascii_whitespace()));
        if !is_declaration {
            masked[at] = MASK;
        }
    }
}

/// Labels of footnotes may hold brackets, if they are defined.
fn mask_labels(source: &str, masked: &mut [u8]) {
    let places = footnote_labels(source);
    let defined: BTreeSet<&str> = places
        .iter()
        .filter(|label| {
            // `[^` and `]:` of a label at the beginning of a line, or behind another one.
            let start = label.start - 2;
            source[label.end..].starts_with("]:")
                && (begins_line(source, start) || source[..start].ends_with(':'))
        })
        .map(|label| &source[label.start..label.end])
        .filter(|label| label.contains(['[', '\\', '`', '<', '&', '!']))
        .collect();
    for label in places {
        if defined.contains(&source[label.clone()]) {
            for byte in &mut masked[label] {
                if matches!(*byte, b'[' | b'\\' | b'`' | b'<' | b'&' | b'!') {
                    *byte = b'.';
                }
            }
        }
    }
}

/// Returns the references to footnotes: those that the parser found, and those that it took for text because a bracket
/// stands behind them.
fn footnote_references(source: &str, events: &[EventAt<'_>]) -> Vec<(String, Range<usize>)> {
    let mut references: Vec<(String, Range<usize>)> = Vec::new();
    let mut defined: BTreeSet<String> = BTreeSet::new();
    for (event, range) in events {
        if let Event::FootnoteReference(label) = event {
            references.push((label.to_string(), range.clone()));
        } else if let Event::Start(Tag::FootnoteDefinition(label)) = event {
            defined.insert(label.to_lowercase());
        }
    }
    if defined.is_empty() {
        return references;
    }
    let bytes = source.as_bytes();
    let known: BTreeSet<usize> = references.iter().map(|(_, place)| place.start).collect();
    let mut is_code = false;
    let mut text: Range<usize> = 0..0;
    // The last `[^` of the text, as long as no bracket closes it.
    let mut open: Option<usize> = None;
    for (event, range) in events {
        match event {
            Event::Start(Tag::CodeBlock(_)) => {
                is_code = true;
                continue;
            }
            Event::End(TagEnd::CodeBlock) => {
                is_code = false;
                continue;
            }
            _ if !matches!(event, Event::Text(_)) || is_code => continue,
            _ => {}
        }
        if text.end == range.start {
            text.end = range.end;
        } else {
            text = range.clone();
            open = None;
        }
        // The pieces of the parser may end between the two.
        let from = range.start.saturating_sub(1).max(text.start);
        let opened = bytes[from..range.end]
            .windows(2)
            .rposition(|pair| pair == b"[^")
            .map(|at| from + at);
        open = opened.or(open);
        let Some(start) = open else {
            continue;
        };
        // The piece that ends a reference is its bracket.
        let behind = opened.unwrap_or(range.start);
        let Some(end) = bytes[behind..range.end]
            .iter()
            .position(|byte| *byte == b']')
            .map(|at| behind + at)
        else {
            continue;
        };
        open = None;
        let label = &source[start + 2..end];
        if !known.contains(&start)
            && defined.contains(&label.to_lowercase())
            && source[end + 1..].starts_with('[')
        {
            references.push((label.to_owned(), start..end + 1));
        }
    }
    references.sort_by_key(|(_, place)| place.start);
    references
}

/// Returns what stays literal because a run of backticks before it was never closed. GitHub's parser remembers, from the
/// search for the end of that run, where the last run of each length was; the next span of a length overwrites it, and
/// later ones are not looked for any more.
fn literal_backticks(source: &str, events: &[EventAt<'_>]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let (mut is_searched, mut is_code) = (false, false);
    let mut used: BTreeSet<usize> = BTreeSet::new();
    for (event, range) in events {
        match event {
            Event::Start(Tag::CodeBlock(_)) => is_code = true,
            Event::End(TagEnd::CodeBlock) => is_code = false,
            Event::Text(_) if !is_code => {
                let is_unmatched = source[range.clone()].contains('`')
                    && !(source[..range.start].ends_with('\\')
                        && source[range.clone()].matches('`').count() == 1
                        && source[range.clone()].starts_with('`'));
                if is_unmatched && !is_searched {
                    is_searched = true;
                    used.clear();
                }
            }
            Event::Code(_) => {
                let span = &source[range.clone()];
                let length = span.len() - span.trim_start_matches('`').len();
                if is_searched && used.contains(&length) {
                    found.push(range.start..range.start + length);
                    found.push(range.end - length..range.end);
                }
                used.insert(length);
            }
            Event::Start(Tag::Paragraph | Tag::Heading { .. } | Tag::Item | Tag::TableCell)
            | Event::End(
                TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::Item | TagEnd::TableCell,
            ) => {
                is_searched = false;
                used.clear();
            }
            _ => {}
        }
    }
    found
}
