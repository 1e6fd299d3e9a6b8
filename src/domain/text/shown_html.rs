//! Finds what a page does not show in the raw HTML of a Markdown text.
//!
//! Works like a browser on the raw pieces only: comments and their kin, elements whose content is never shown,
//! elements and attributes that forges drop. It does not decide whether that is allowed and does not know
//! Markdown; [`crate::domain::text::shown_text`] hands it the pieces, in order. What is left open at the end of a piece hides
//! everything behind it, as it would in a browser, where an escaped `-->` closes nothing.

mod elements;
mod tag;

use std::collections::BTreeSet;
use std::ops::Range;

use pulldown_cmark::{Event, Parser};

use self::elements::{HIDING_ELEMENTS, SHOWN_ELEMENTS};
use self::tag::Tag;
use crate::domain::text::cut::{Cut, CutKind};
use crate::domain::text::hidden_characters::is_invisible;

/// The scan of one text.
#[derive(Debug, Default)]
pub(super) struct HtmlScan {
    /// Element that hides its content and is still open, and where it began.
    hiding: Option<(String, usize)>,
    /// Where something began that was never closed.
    unclosed: Option<usize>,
    /// What was found.
    cuts: Vec<Cut>,
    /// Invisible characters written as entities.
    invisible: BTreeSet<char>,
}

/// One raw piece, put together from its lines.
struct Piece {
    text: String,
    /// Beginning of each line in `text` and in the source.
    lines: Vec<(usize, usize)>,
}

impl Piece {
    fn source_start(&self, at: usize) -> usize {
        let line = self
            .lines
            .partition_point(|(start, _)| *start <= at)
            .saturating_sub(1);
        self.lines
            .get(line)
            .map_or(0, |(start, in_source)| in_source + (at - start))
    }

    fn source_range(&self, range: Range<usize>) -> Range<usize> {
        self.source_start(range.start)..self.source_start(range.end.saturating_sub(1)) + 1
    }
}

impl HtmlScan {
    /// Scans a piece: the lines of one HTML block, or one inline tag.
    pub(super) fn scan(&mut self, source: &str, lines: &[Range<usize>]) {
        let mut piece = Piece {
            text: String::new(),
            lines: Vec::new(),
        };
        for line in lines {
            piece.lines.push((piece.text.len(), line.start));
            piece.text.push_str(&source[line.clone()]);
        }
        self.note_entities(&piece.text);
        let mut at = 0;
        while self.unclosed.is_none() && at < piece.text.len() {
            at = match &self.hiding {
                Some((name, start)) => match closing_tag(&piece.text, at, name) {
                    Some(end) => {
                        let range = *start..piece.source_range(at..end).end;
                        self.hiding = None;
                        self.cut(range, String::new(), CutKind::Hidden);
                        end
                    }
                    None => piece.text.len(),
                },
                None => match piece.text[at..].find('<') {
                    Some(offset) => self.markup(&piece, at + offset),
                    None => piece.text.len(),
                },
            };
        }
    }

    /// Returns what was found in a source of this length.
    pub(super) fn finish(mut self, length: usize) -> (Vec<Cut>, BTreeSet<char>) {
        let open = self.hiding.take().map(|(_, start)| start);
        if let Some(start) = open.into_iter().chain(self.unclosed).min() {
            self.cut(start..length, String::new(), CutKind::Hidden);
        }
        (self.cuts, self.invisible)
    }

    fn cut(&mut self, range: Range<usize>, replacement: String, kind: CutKind) {
        self.cuts.push(Cut {
            range,
            replacement,
            kind,
        });
    }

    /// Scans what begins with the `<` at `at`; returns where it ends.
    fn markup(&mut self, piece: &Piece, at: usize) -> usize {
        let rest = &piece.text[at..];
        let empty_comment = ["<!-->", "<!--->"]
            .into_iter()
            .find(|comment| rest.starts_with(comment));
        let hidden_end = if let Some(comment) = empty_comment {
            Some(comment.len())
        } else if rest.starts_with("<!--") {
            end_of(rest, "-->")
        } else if rest.starts_with("<![CDATA[") {
            end_of(rest, "]]>")
        } else if rest.starts_with("<?") {
            end_of(rest, "?>")
        } else if rest.starts_with("<!")
            || (rest.starts_with("</") && !rest[2..].starts_with(|c: char| c.is_ascii_alphabetic()))
        {
            end_of(rest, ">")
        } else if rest[1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '/') {
            return self.tag(piece, at);
        } else {
            return at + 1;
        };
        match hidden_end {
            Some(end) => {
                self.cut(
                    piece.source_range(at..at + end),
                    String::new(),
                    CutKind::Hidden,
                );
                at + end
            }
            None => self.leave_open(piece, at),
        }
    }

    fn leave_open(&mut self, piece: &Piece, at: usize) -> usize {
        self.unclosed = Some(piece.source_start(at));
        piece.text.len()
    }

    fn tag(&mut self, piece: &Piece, at: usize) -> usize {
        let Some(tag) = Tag::parse(&piece.text[at..]) else {
            return self.leave_open(piece, at);
        };
        let name = tag.name.to_ascii_lowercase();
        let range = piece.source_range(at..at + tag.length);
        if HIDING_ELEMENTS.contains(&name.as_str()) && !tag.is_closing {
            self.hiding = Some((name, range.start));
        } else if !SHOWN_ELEMENTS.contains(&name.as_str()) {
            self.cut(range, String::new(), CutKind::Unshown);
        } else if tag.is_trimmed {
            self.cut(range, tag.trimmed(), CutKind::Unshown);
        }
        at + tag.length
    }

    fn note_entities(&mut self, text: &str) {
        const LONGEST: usize = 40;
        for (at, _) in text.match_indices('&') {
            let entity: String = text[at..].chars().take(LONGEST).collect();
            let end = entity[1..].find(|c: char| !(c.is_ascii_alphanumeric() || c == '#'));
            // Browsers also take numbers without the semicolon.
            let entity = format!("{};", &entity[..end.map_or(entity.len(), |end| end + 1)]);
            self.invisible.extend(invisible_entities(&entity));
        }
    }
}

/// Returns the invisible characters that the entities in a line of Markdown stand for.
fn invisible_entities(text: &str) -> Vec<char> {
    Parser::new(text)
        .filter_map(|event| match event {
            Event::Text(text) => Some(text),
            Event::Start(_)
            | Event::End(_)
            | Event::Code(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::Html(_)
            | Event::InlineHtml(_)
            | Event::FootnoteReference(_)
            | Event::SoftBreak
            | Event::HardBreak
            | Event::Rule
            | Event::TaskListMarker(_) => None,
        })
        .flat_map(|text| {
            text.chars()
                .filter(|&c| is_invisible(c))
                .collect::<Vec<_>>()
        })
        .collect()
}

fn end_of(text: &str, close: &str) -> Option<usize> {
    // Behind the shortest opening, so that `<!--` does not close itself.
    const OPENING: usize = 2;
    let from = if close == "-->" { 4 } else { OPENING };
    text[from..].find(close).map(|end| from + end + close.len())
}

/// Returns where the closing tag of `name` ends, at or behind `from`; `None` also when it does not end.
fn closing_tag(text: &str, from: usize, name: &str) -> Option<usize> {
    let start = text[from..].match_indices("</").find_map(|(offset, _)| {
        let behind = text[from + offset + 2..].get(..name.len())?;
        behind.eq_ignore_ascii_case(name).then_some(from + offset)
    })?;
    let tag = Tag::parse(&text[start..])?;
    // `</scripts>` does not close `<script>`; what it is then is not worth finding out.
    tag.name
        .eq_ignore_ascii_case(name)
        .then_some(start + tag.length)
}
