//! Finds what a page does not show in the raw HTML of a Markdown text.
//!
//! Works like a browser on the raw pieces only: comments and their kin, elements whose content is never shown,
//! elements and attributes that forges drop. It does not decide whether that is allowed and does not know
//! Markdown; [`crate::domain::text::shown_text`] hands it the pieces, in order. What is left open at the end of a piece hides
//! everything behind it, as it would in a browser, where an escaped `-->` closes nothing.

use std::collections::BTreeSet;
use std::ops::Range;

use pulldown_cmark::{Event, Parser};

use crate::domain::text::hidden_characters::is_invisible;

/// Why something is not given to the agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CutKind {
    /// Text that the page hides. Refuses an untrusted author.
    Hidden,
    /// What a page shows on hover at most, as alternative text and titles: left out, whoever wrote it.
    Unshown,
}

/// A part of the source to replace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    /// Where.
    pub(super) range: Range<usize>,
    /// By what.
    pub(super) replacement: String,
    /// Why.
    pub(super) kind: CutKind,
}

/// Elements whose content pages do not show, and `bdo`, which shows it in another order.
const HIDING_ELEMENTS: [&str; 20] = [
    "bdo",
    "canvas",
    "datalist",
    "frameset",
    "head",
    "iframe",
    "math",
    "noembed",
    "noframes",
    "noscript",
    "object",
    "plaintext",
    "script",
    "select",
    "style",
    "svg",
    "template",
    "textarea",
    "title",
    "xmp",
];

/// Elements that forges keep when they render Markdown.
const SHOWN_ELEMENTS: [&str; 69] = [
    "a",
    "abbr",
    "b",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "details",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "font",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "input",
    "ins",
    "kbd",
    "li",
    "mark",
    "ol",
    "p",
    "picture",
    "pre",
    "q",
    "rp",
    "rt",
    "ruby",
    "s",
    "samp",
    "section",
    "small",
    "source",
    "span",
    "strike",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "time",
    "tr",
    "tt",
    "u",
    "ul",
    "var",
    "video",
    "wbr",
];

/// Attributes that change how an element looks and hold no text.
const PLAIN_ATTRIBUTES: [&str; 12] = [
    "align", "border", "checked", "colspan", "controls", "disabled", "height", "open", "rowspan",
    "start", "valign", "width",
];

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

/// A tag, as a browser reads it.
struct Tag<'a> {
    is_closing: bool,
    is_self_closing: bool,
    name: &'a str,
    /// Attributes that stay.
    kept: Vec<(&'a str, Option<&'a str>)>,
    /// Whether something does not stay.
    is_trimmed: bool,
    length: usize,
}

impl<'a> Tag<'a> {
    /// Reads the tag that `text` begins with; `None` when it does not end.
    fn parse(text: &'a str) -> Option<Self> {
        let is_closing = text.starts_with("</");
        let name_start = if is_closing { 2 } else { 1 };
        let is_delimiter = |c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>');
        let name_end = name_start + text[name_start..].find(is_delimiter)?;
        let mut tag = Tag {
            is_closing,
            is_self_closing: false,
            name: &text[name_start..name_end],
            kept: Vec::new(),
            is_trimmed: false,
            length: 0,
        };
        let mut at = name_end;
        loop {
            at += text[at..].find(|c: char| !c.is_ascii_whitespace())?;
            match text.as_bytes()[at] {
                b'>' => {
                    tag.length = at + 1;
                    tag.is_self_closing = text[..at].ends_with('/');
                    return Some(tag);
                }
                b'/' => at += 1,
                _ => {
                    let (name, value, end) = attribute(text, at)?;
                    if !is_closing && stays(name, value) {
                        tag.kept.push((name, value));
                    } else {
                        tag.is_trimmed = true;
                    }
                    at = end;
                }
            }
        }
    }

    fn trimmed(&self) -> String {
        let mut text = String::from(if self.is_closing { "</" } else { "<" });
        text.push_str(self.name);
        for (name, value) in &self.kept {
            text.push(' ');
            text.push_str(name);
            if let Some(value) = value {
                text.push_str(&format!("=\"{value}\""));
            }
        }
        text.push_str(if self.is_self_closing { "/>" } else { ">" });
        text
    }
}

/// Reads the attribute at `at`; returns name, value and where it ends.
fn attribute(text: &str, at: usize) -> Option<(&str, Option<&str>, usize)> {
    // A leading `=` belongs to the name.
    let first = text[at..].chars().next().map_or(0, char::len_utf8);
    let name_end = at
        + first
        + text[at + first..]
            .find(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>' | '='))?;
    let name = &text[at..name_end];
    let behind = name_end + text[name_end..].find(|c: char| !c.is_ascii_whitespace())?;
    if text.as_bytes()[behind] != b'=' {
        return Some((name, None, name_end));
    }
    let start = behind + 1 + text[behind + 1..].find(|c: char| !c.is_ascii_whitespace())?;
    let (start, end, next) = match text.as_bytes()[start] {
        quote @ (b'"' | b'\'') => {
            let end = start + 1 + text[start + 1..].find(char::from(quote))?;
            (start + 1, end, end + 1)
        }
        _ => {
            let end = start + text[start..].find(|c: char| c.is_ascii_whitespace() || c == '>')?;
            (start, end, end)
        }
    };
    Some((name, Some(&text[start..end]), next))
}

/// Returns whether an attribute is given to the agent: addresses, and short words that change the look.
fn stays(name: &str, value: Option<&str>) -> bool {
    const LONGEST_WORD: usize = 12;
    let name = name.to_ascii_lowercase();
    let value = value.unwrap_or("");
    let is_address = matches!(name.as_str(), "src" | "href")
        && !value.contains(|c: char| c.is_whitespace() || c == '"');
    let is_plain = PLAIN_ATTRIBUTES.contains(&name.as_str())
        && value.len() <= LONGEST_WORD
        && value
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'%' | b'.' | b'-'));
    is_address || is_plain
}
