//! Whether the footnotes of a page are written in the one form that every page reads alike.
//!
//! A footnote that nothing refers to is shown nowhere, so that whatever makes a reference, or a definition, doubtful hides or
//! shows whole sentences. People write them in one form: a reference in a paragraph that has nothing else to misread, and
//! definitions of one paragraph each, in lines of their own, at the margin.

use std::collections::BTreeSet;
use std::ops::Range;

use pulldown_cmark::{Event, Tag};

use super::EventAt;
use super::footnotes::head;

/// Returns whether all that looks like a part of a footnote is one, in the plain form. `references` are in their order.
pub(super) fn are_plain(
    source: &str,
    events: &[EventAt<'_>],
    references: &[(String, Range<usize>)],
) -> bool {
    if has_raw_label(source) {
        return false;
    }
    // Without a definition, a reference is text.
    if !source.contains("[^") || !source.contains("]:") {
        return true;
    }
    let mut accounted: Vec<Range<usize>> = Vec::new();
    let mut defined: BTreeSet<String> = BTreeSet::new();
    let mut paragraphs: Vec<&Range<usize>> = Vec::new();
    let mut depth = 0_usize;
    for (event, range) in events {
        match event {
            Event::Start(tag) => {
                if let Tag::FootnoteDefinition(label) = tag {
                    let is_new = defined.insert(label.to_lowercase());
                    if depth > 0 || !is_new || !is_plain_definition(source, range) {
                        return false;
                    }
                    accounted.push(head(source, range));
                } else if depth == 0 && matches!(tag, Tag::Paragraph | Tag::Heading { .. }) {
                    paragraphs.push(range);
                } else if depth == 0 && matches!(tag, Tag::CodeBlock(_)) {
                    accounted.push(range.clone());
                }
                depth += 1;
            }
            Event::End(_) => depth = depth.saturating_sub(1),
            Event::Code(_) if depth == 1 => accounted.push(range.clone()),
            Event::Code(_)
            | Event::Text(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::Html(_)
            | Event::InlineHtml(_)
            | Event::FootnoteReference(_)
            | Event::SoftBreak
            | Event::HardBreak
            | Event::Rule
            | Event::TaskListMarker(_) => {}
        }
    }
    accounted.extend(plain_references(source, &paragraphs, references));
    accounted.sort_by_key(|part| part.start);
    let mut accounted = accounted.iter().peekable();
    source.match_indices("[^").all(|(at, _)| {
        while accounted.next_if(|part| part.end <= at).is_some() {}
        accounted.peek().is_some_and(|part| part.start <= at)
    })
}

/// Returns the places of the references that are written in the plain form: in a paragraph at the margin, behind text that can
/// not hide them. Paragraphs and references come in their order, and each text is read once.
fn plain_references(
    source: &str,
    paragraphs: &[&Range<usize>],
    references: &[(String, Range<usize>)],
) -> Vec<Range<usize>> {
    let mut plain = Vec::new();
    let mut paragraphs = paragraphs.iter().peekable();
    let (mut before, mut read_to) = (PlainText::default(), 0);
    for (_, place) in references {
        while paragraphs
            .next_if(|paragraph| paragraph.end <= place.start)
            .is_some()
        {}
        let around = paragraphs.peek();
        let around = around.filter(|around| around.start <= place.start && place.end <= around.end);
        let Some(paragraph) = around else {
            continue;
        };
        if read_to < paragraph.start {
            (before, read_to) = (PlainText::default(), paragraph.start);
        }
        before.take(&source[read_to..place.start]);
        read_to = place.start;
        if before.is_plain() && is_plain_reference(source, paragraph, place) {
            plain.push(place.clone());
        }
    }
    plain
}

/// Whether what looks like a label holds what may be raw HTML.
fn has_raw_label(source: &str) -> bool {
    let mut rest = source;
    while let Some(at) = rest.find("[^") {
        // What begins inside ends with it.
        let (label, behind) = rest[at..].split_at(
            rest[at..]
                .find([']', '\n'])
                .unwrap_or_else(|| rest[at..].len()),
        );
        let mut tags = label.match_indices('<').map(|(at, _)| &label[at + 1..]);
        let is_tag = |tag: &str| {
            tag.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'))
        };
        if tags.any(is_tag) {
            return true;
        }
        rest = behind;
    }
    false
}

/// One paragraph behind `[^label]: `, at the margin, below an empty line or another definition.
fn is_plain_definition(source: &str, range: &Range<usize>) -> bool {
    let above = source[..range.start].lines().next_back().unwrap_or("");
    let is_at_margin = range.start == 0 || source[..range.start].ends_with('\n');
    let definition = source[range.clone()].trim_end();
    let Some((label, text)) = definition
        .strip_prefix("[^")
        .and_then(|rest| rest.split_once("]: "))
    else {
        return false;
    };
    is_at_margin
        && (above.is_empty() || above.starts_with("[^"))
        && is_plain_label(label)
        && !text.trim().is_empty()
        && !text.contains("\n\n")
        && !text.contains("\n \n")
        && is_plain_text(text)
}

/// Letters and digits, as people and tools number footnotes.
fn is_plain_label(label: &str) -> bool {
    !label.is_empty()
        && label
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// A reference with a plain label, in a paragraph that begins at the margin, apart from what would make something else of it.
fn is_plain_reference(source: &str, paragraph: &Range<usize>, place: &Range<usize>) -> bool {
    let is_at_margin = paragraph.start == 0 || source[..paragraph.start].ends_with('\n');
    let before = &source[paragraph.start..place.start];
    let behind = &source[place.end..paragraph.end];
    let label = source[place.clone()]
        .trim_start_matches("[^")
        .trim_end_matches(']');
    is_at_margin
        && is_plain_label(label)
        && !before.ends_with(['!', '[', '\\'])
        && !behind.starts_with([':', '(', '['])
}

/// Whether a text is without raw HTML, addresses, open code and open brackets.
fn is_plain_text(text: &str) -> bool {
    let mut read = PlainText::default();
    read.take(text);
    read.is_plain()
}

/// A text that is read piece by piece. No piece but the first begins a line.
#[derive(Default)]
struct PlainText {
    /// Brackets that are open.
    open: usize,
    /// Marks of code.
    backticks: usize,
    /// Whether something was read that is never plain.
    is_odd: bool,
}

impl PlainText {
    fn take(&mut self, piece: &str) {
        for byte in piece.bytes() {
            match byte {
                b'[' => self.open += 1,
                b']' => match self.open.checked_sub(1) {
                    Some(rest) => self.open = rest,
                    None => self.is_odd = true,
                },
                b'`' => self.backticks += 1,
                _ => {}
            }
        }
        let begins_block =
            |line: &str| line.starts_with([' ', '\t', '>', '-', '+', '*', '|', '=', ':', '#']);
        self.is_odd |= piece.contains(['<', '\\'])
            || piece.contains("``")
            || piece.contains("www.")
            || piece.lines().skip(1).any(begins_block);
    }

    /// Returns whether all that was read is plain.
    const fn is_plain(&self) -> bool {
        !self.is_odd && self.open == 0 && self.backticks.is_multiple_of(2)
    }
}

#[cfg(test)]
mod tests {
    use super::super::dialect::Dialect;
    use super::super::{EventAt, OPTIONS};
    use super::*;
    use pulldown_cmark::Parser;

    fn plain(source: &str) -> bool {
        let dialect = Dialect::of(source);
        let events: Vec<EventAt<'_>> = Parser::new_ext(&dialect.masked, OPTIONS)
            .into_offset_iter()
            .collect();
        are_plain(source, &events, &dialect.references)
    }

    #[test]
    fn what_people_write_is_plain() {
        for source in [
            "no footnote at all [x]: y",
            "a set [^abc] of letters",
            "all but angles: [^<>]+ and [^ <1]",
            "It rounds down[^1], see `src/a.rs`[^2].\n\n[^1]: Since 1.2.\n[^2]: And `b.rs`.",
            "# Head[^a]\n\nText.\n\n[^a]: See [the docs](https://example.org/a).\n\nMore text.",
            "a[^long-note]\n\n[^long-note]: one line\nand another\n",
            "Use `[^/]+` here[^1]\n\n```\n[^x]: code\n```\n\n[^1]: yes",
        ] {
            assert!(plain(source), "{source:?}");
        }
    }

    #[test]
    fn every_other_form_is_not() {
        for source in [
            "a[^1]\n\n[^1]:text",
            "a[^1]\n\n[^1]: ",
            "a[^1]\n[^1]: b",
            "a[^1]\n\n [^1]: b",
            "> a[^1]\n\n[^1]: b",
            "- a[^1]\n\n[^1]: b",
            "a[^1]\n\n> [^1]: b",
            "a[^1]\n\n[^1]: b\n\n    c",
            "a[^1]\n\n[^1]: b[^2]\n[^2]: c",
            "a[^1]\n\n[^1]: b\n[^1]: c",
            "a[^1]\n\n[^1]: <b>c</b>",
            "a <b>[^1]\n\n[^1]: c",
            "a ` [^1]\n\n[^1]: c",
            "a [ [^1]\n\n[^1]: c",
            "a ![^1]\n\n[^1]: c",
            "a [^1](b)\n\n[^1]: c",
            "a www.b.example[^1]\n\n[^1]: c",
            "a[^1 2]\n\n[^1 2]: c",
            "a\n    [^1]\n\n[^1]: c",
            "a[^1]\n\n[^1]: c\n\n[^x",
            "a [^<b>] c",
            "a [^</b>]() c",
        ] {
            assert!(!plain(source), "{source:?}");
        }
    }
}
