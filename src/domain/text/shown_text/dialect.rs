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

use std::collections::BTreeSet;
use std::ops::Range;

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use self::bare_address::{MASK, addresses_with_marks, mask_marks};
use super::blocks::begins_line;
use super::{EventAt, OPTIONS};

/// How often a source is read again because an address in it holds marks: each time, the first such address of every
/// block is hidden from the parser.
const READINGS_MAX: usize = 6;

/// How many columns make code of a line, and how wide tabs are.
const CODE_INDENT: usize = 4;

/// A source as the parser should see it.
#[derive(Debug)]
pub(super) struct Dialect {
    /// As long as the source.
    pub(super) masked: String,
    /// References to footnotes, which are masked, in their order.
    pub(super) references: Vec<(String, Range<usize>)>,
    /// Whether some address may still hold marks.
    pub(super) is_unsure: bool,
}

impl Dialect {
    /// Masks a source whose lines end in `\n`.
    pub(super) fn of(source: &str) -> Self {
        let mut masked = source.as_bytes().to_vec();
        mask_declarations(source, &mut masked);
        mask_labels(source, &mut masked);
        let mut masked = text(masked, source);
        let mut is_unsure = true;
        let mut references = Vec::new();
        for _ in 0..READINGS_MAX {
            let events: Vec<EventAt<'_>> = Parser::new_ext(&masked, OPTIONS)
                .into_offset_iter()
                .collect();
            let addresses = addresses_with_marks(&masked, &events);
            let tags = lazy_tags(&masked, &events);
            let backticks = literal_backticks(&masked, &events);
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
        }
    }
}

fn text(bytes: Vec<u8>, source: &str) -> String {
    // Only ASCII characters were replaced, by ASCII ones.
    String::from_utf8(bytes).unwrap_or_else(|_| source.to_owned())
}

/// A declaration is `<!`, a name in capitals, a blank, and more; at the beginning of a line one letter is enough.
fn mask_declarations(source: &str, masked: &mut [u8]) {
    for (at, _) in source.match_indices("<!") {
        let rest = &source[at + 2..];
        if rest.starts_with("--") || rest.starts_with("[CDATA[") {
            continue;
        }
        let name = rest
            .find(|c: char| !c.is_ascii_uppercase())
            .unwrap_or(rest.len());
        let line = &source[source[..at].rfind('\n').map_or(0, |end| end + 1)..at];
        // A footnote begins with its label.
        let line = match line.rfind("]:") {
            Some(end) if line.contains("[^") => &line[end + 2..],
            Some(_) | None => line,
        };
        let begins_line = line.bytes().all(|byte| {
            matches!(
                byte,
                b' ' | b'\t' | b'>' | b'-' | b'+' | b'*' | b'.' | b')' | b'0'..=b'9'
            )
        });
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
    let label_at = |at: usize| {
        let rest = &source[at + 2..];
        let end = rest.find(|c: char| c == ']' || c.is_ascii_whitespace())?;
        rest[end..].starts_with(']').then_some(at + 2..at + 2 + end)
    };
    let places: Vec<Range<usize>> = source
        .match_indices("[^")
        .filter_map(|(at, _)| label_at(at))
        .collect();
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
    let mut is_code = false;
    let mut text: Range<usize> = 0..0;
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
        text = if text.end == range.start {
            text.start..range.end
        } else {
            range.clone()
        };
        // The piece that ends a reference is its bracket.
        let Some(start) = source[text.clone()].rfind("[^").map(|at| text.start + at) else {
            continue;
        };
        let Some(end) = source[start..text.end].find(']').map(|at| start + at) else {
            continue;
        };
        let label = &source[start + 2..end];
        let is_new = references.iter().all(|(_, place)| place.start != start);
        if is_new && defined.contains(&label.to_lowercase()) && source[end + 1..].starts_with('[') {
            references.push((label.to_owned(), start..end + 1));
        }
    }
    references.sort_by_key(|(_, place)| place.start);
    references
}

/// Returns the names of tags that stand alone on a line which goes on with a paragraph of a quote or an item that it is no
/// part of, or with a table: to the parser they are part of the paragraph, or a row, and GitHub begins a block of HTML.
fn lazy_tags(source: &str, events: &[EventAt<'_>]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut containers: Vec<Option<usize>> = Vec::new();
    let mut is_table = false;
    for (event, range) in events {
        match event {
            Event::Start(Tag::BlockQuote(_)) => containers.push(None),
            Event::Start(Tag::Item) => containers.push(Some(item_width(source, range.start))),
            Event::Start(Tag::FootnoteDefinition(_)) => containers.push(Some(4)),
            Event::End(TagEnd::BlockQuote(_) | TagEnd::Item | TagEnd::FootnoteDefinition) => {
                containers.pop();
            }
            Event::Start(Tag::Table(_)) => is_table = true,
            Event::End(TagEnd::Table) => is_table = false,
            Event::InlineHtml(_) if is_table || !containers.is_empty() => {
                let start = source[..range.start].rfind('\n').map_or(0, |end| end + 1);
                let prefix = &source[start..range.start];
                let end = source[range.end..]
                    .find('\n')
                    .unwrap_or(source.len() - range.end);
                let is_alone = !source[range.clone()].contains('\n')
                    && source[range.end..range.end + end].trim().is_empty()
                    && prefix
                        .bytes()
                        .all(|byte| matches!(byte, b' ' | b'\t' | b'>'));
                let slash = usize::from(source[range.start..].starts_with("</"));
                let name = range.start + 1 + slash;
                let length = source[name..range.end]
                    .find(|c: char| !c.is_ascii_alphanumeric() && c != '-')
                    .unwrap_or(0);
                if is_alone && length > 0 && (is_table || is_lazy(prefix, &containers)) {
                    found.push(name..name + length);
                }
            }
            // In a span of code over lines, a page may have begun a block before.
            Event::Code(_) if !containers.is_empty() => {
                let mut start = range.start;
                for line in source[range.clone()].split_inclusive('\n') {
                    let text = line.trim_start_matches([' ', '\t', '>']);
                    let prefix = &line[..line.len() - text.len()];
                    let length = lone_tag(text.trim_end());
                    if start > range.start && length > 0 && is_lazy(prefix, &containers) {
                        let slash = usize::from(text.starts_with("</"));
                        let name = start + prefix.len() + 1 + slash;
                        found.push(name..name + length);
                    }
                    start += line.len();
                }
            }
            _ => {}
        }
    }
    found
}

/// Returns the length of the name when a text is one tag and nothing else.
fn lone_tag(text: &str) -> usize {
    let Some(inside) = text
        .strip_prefix('<')
        .and_then(|text| text.strip_suffix('>'))
    else {
        return 0;
    };
    let inside = inside.strip_prefix('/').unwrap_or(inside);
    if inside.contains(['<', '>']) || !inside.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return 0;
    }
    inside
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '-')
        .unwrap_or(inside.len())
}

/// Returns how many columns the text of an item is behind its beginning.
fn item_width(source: &str, start: usize) -> usize {
    let line_start = source[..start].rfind('\n').map_or(0, |end| end + 1);
    let line = source[line_start..].lines().next().unwrap_or_default();
    let before = columns(&source[line_start..start]).len();
    let expanded = columns(line);
    let item = expanded.get(before..).unwrap_or_default();
    let mark = item
        .find(['-', '+', '*', '.', ')'])
        .map_or(0, |mark| mark + 1);
    let blanks = item[mark..].len() - item[mark..].trim_start().len();
    let is_usual = (1..=4).contains(&blanks) && mark + blanks < item.len();
    mark + if is_usual { blanks } else { 1 }
}

/// Writes a line with blanks for its tabs, as wide as they are; what is not ASCII takes one column.
fn columns(line: &str) -> String {
    let mut expanded = String::new();
    for c in line.chars() {
        if c == '\t' {
            expanded.push(' ');
            while !expanded.len().is_multiple_of(CODE_INDENT) {
                expanded.push(' ');
            }
        } else {
            expanded.push(if c.is_ascii() { c } else { 'x' });
        }
    }
    expanded
}

/// Returns whether a line's beginning does not reach into all containers: quotes, and items of some width.
fn is_lazy(prefix: &str, containers: &[Option<usize>]) -> bool {
    let expanded = columns(prefix);
    let mut rest = expanded.as_str();
    for container in containers {
        let indent = rest.len() - rest.trim_start_matches(' ').len();
        // Indented as code it goes on with the paragraph.
        let begins_block = indent < CODE_INDENT;
        match container {
            None => match rest[indent..].strip_prefix('>').filter(|_| begins_block) {
                Some(inside) => rest = inside.strip_prefix(' ').unwrap_or(inside),
                None => return begins_block,
            },
            Some(width) if indent < *width => return begins_block,
            Some(width) => rest = &rest[*width..],
        }
    }
    false
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

/// Gives a tag another name of the same length, with which it begins a block everywhere.
fn make_block(name: &mut [u8]) {
    for (index, byte) in name.iter_mut().enumerate() {
        *byte = match index {
            0 => b'p',
            1 => b' ',
            _ => b'x',
        };
    }
}
