//! Finds what a page does not show in the raw HTML of a Markdown text.
//!
//! Works like a browser on the raw pieces only: comments and their kin, elements whose content is never shown,
//! elements and attributes that forges drop, links and pictures with nothing to see. It does not decide whether that is
//! allowed and does not know Markdown; [`crate::domain::text::shown_text`] hands it the pieces, in order, and says what
//! was shown between them. What is left open at the end of a piece hides everything behind it, as it would in a browser,
//! where an escaped `-->` closes nothing. Where readings differ, it hides too much rather than too little.

mod elements;
pub(super) mod entity;
mod layout;
mod open;
mod piece;
mod tag;

use std::ops::Range;

use self::elements::{Hiding, hiding, is_filtered, is_kept, is_line_end, is_phrasing};
use self::entity::{decode, entities};
use self::layout::Layout;
use self::open::{OpenHiding, OpenLink};
use self::piece::{Piece, end_of, source_is_blank};
use self::tag::Tag;
use crate::domain::text::cut::{Cut, CutKind};
use crate::domain::text::hidden_characters::{Treatment, is_invisible};
use crate::domain::text::unseen::{Unseen, is_blank};

/// What a piece of HTML shows, for those who look at the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// Text, its references decoded; `true` when its blanks keep their width.
    Text(String, bool),
    /// A line end.
    LineEnd,
    /// The beginning of a cell of a table, on the same line as the one before.
    Cell,
    /// A picture.
    Picture,
}

/// The scan of one text.
#[derive(Debug, Default)]
pub(super) struct HtmlScan {
    hiding: Option<OpenHiding>,
    /// Where something began that was never closed.
    unclosed: Option<usize>,
    link: Option<OpenLink>,
    /// How many blocks of Markdown are open around an inline piece.
    block_depth: Option<usize>,
    /// Whether an inline tag ended the paragraph that it stands in.
    is_block_broken: bool,
    /// How many `ruby` are open.
    rubies: usize,
    /// How many `pre` are open.
    preformatted: usize,
    layout: Layout,
    /// What goes.
    pub(super) cuts: Vec<Cut>,
    /// Characters, written as references, that refuse the text.
    pub(super) hidden_characters: Vec<char>,
    /// What the page shows in another form than it is written.
    pub(super) unseen: Vec<Unseen>,
}

impl HtmlScan {
    /// Scans an HTML block: the ranges of its lines. Returns what it shows.
    pub(super) fn block(&mut self, source: &str, lines: &[Range<usize>]) -> Vec<Shown> {
        self.scan(&Piece::of_lines(source, lines))
    }

    /// Scans an inline tag, comment or declaration: its text, where it stands, and in how many blocks of Markdown. Returns
    /// what it shows.
    pub(super) fn inline(
        &mut self,
        source: &str,
        text: &str,
        range: &Range<usize>,
        depth: usize,
    ) -> Vec<Shown> {
        self.block_depth = Some(depth);
        let shown = self.scan(&Piece::of_inline(source, text, range));
        self.block_depth = None;
        shown
    }

    /// Notes that nobody can tell where what begins here ends.
    pub(super) fn distrust(&mut self, start: usize) {
        self.unclosed.get_or_insert(start);
    }

    /// Notes that something is shown here that is no raw HTML.
    pub(super) fn note_shown(&mut self) {
        if let Some(link) = &mut self.link
            && self.hiding.is_none()
        {
            link.shows_something = true;
        }
    }

    /// Notes that a block of Markdown ends at `end`, and with it what does not outlive one. `depth` counts the blocks that
    /// are open, this one included.
    pub(super) fn end_block(&mut self, end: usize, depth: usize) {
        self.rubies = 0;
        let ends = self.hiding.as_ref().is_some_and(|open| match open.hiding {
            Hiding::InBlock | Hiding::Fallback => open
                .block_depth
                .is_some_and(|opened_at| depth <= opened_at && open.inner.is_empty()),
            Hiding::Nested | Hiding::Flat => false,
        });
        // A tag that ends paragraphs ended this one before, and what was opened behind it is outside.
        if ends
            && !self.is_block_broken
            && let Some(open) = self.hiding.take()
        {
            self.hide(open.start..end);
        }
        self.is_block_broken &= self.hiding.is_some();
    }

    /// Returns whether blanks keep their width.
    pub(super) const fn is_preformatted(&self) -> bool {
        self.preformatted > 0
    }

    /// Returns whether nothing is shown here.
    pub(super) const fn is_hiding(&self) -> bool {
        self.hiding.is_some() || self.unclosed.is_some()
    }

    /// Ends the scan of a source of this length.
    pub(super) fn finish(&mut self, length: usize) {
        self.end_link(length);
        let open = self.hiding.take().map(|open| open.start);
        if let Some(start) = open.into_iter().chain(self.unclosed).min() {
            self.hide(start..length);
        }
    }

    fn scan(&mut self, piece: &Piece) -> Vec<Shown> {
        let mut shown = Vec::new();
        let mut at = 0;
        while self.unclosed.is_none() && at < piece.text.len() {
            let markup = piece.text[at..]
                .find('<')
                .map_or(piece.text.len(), |offset| at + offset);
            if markup > at {
                self.text(piece, at..markup, &mut shown);
                at = markup;
            } else {
                let end = self.markup(piece, at, &mut shown);
                if end == at {
                    // A `<` that begins nothing.
                    self.text(piece, at..at + 1, &mut shown);
                }
                at = end.max(at + 1);
            }
        }
        shown
    }

    fn text(&mut self, piece: &Piece, range: Range<usize>, shown: &mut Vec<Shown>) {
        let text = &piece.text[range.clone()];
        let mut decoded = String::with_capacity(text.len());
        let mut at = 0;
        for entity in entities(text) {
            decoded.push_str(&text[at..entity.start]);
            at = entity.start + entity.length;
            decoded.push_str(&entity.decoded);
            let in_piece = range.start + entity.start..range.start + at;
            let place = piece.source_range(in_piece);
            self.reference(&entity.decoded, place);
        }
        decoded.push_str(&text[at..]);
        if self.is_hiding() {
            return;
        }
        if !decoded.chars().all(is_blank) {
            self.note_shown();
        }
        shown.push(Shown::Text(decoded, self.is_preformatted()));
    }

    /// Notes the characters of an address, its references decoded, that refuse the text.
    pub(super) fn address(&mut self, decoded: &str) {
        let refused = |c: &char| is_invisible(*c) && Treatment::of(*c) == Treatment::Refused;
        self.hidden_characters
            .extend(decoded.chars().filter(refused));
    }

    /// Judges the characters that a reference stands for.
    pub(super) fn reference(&mut self, decoded: &str, place: Range<usize>) {
        let mut replacement = None;
        for c in decoded.chars().filter(|&c| is_invisible(c)) {
            match Treatment::of(c) {
                Treatment::Refused => self.hidden_characters.push(c),
                treatment @ (Treatment::Removed | Treatment::LineEnd | Treatment::Blank) => {
                    replacement = Some(treatment.replacement().to_owned());
                }
            }
        }
        if let Some(replacement) = replacement {
            self.cut(place, replacement, CutKind::Character);
        }
    }

    fn cut(&mut self, range: Range<usize>, replacement: String, kind: CutKind) {
        self.cuts.push(Cut {
            range,
            replacement,
            kind,
        });
    }

    fn hide(&mut self, range: Range<usize>) {
        if !range.is_empty() {
            self.cuts.push(Cut::hidden(range));
        }
    }

    /// Scans what begins with the `<` at `at`; returns where it ends, `at` when it begins nothing.
    fn markup(&mut self, piece: &Piece, at: usize, shown: &mut Vec<Shown>) -> usize {
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
            // Over lines, the parser may have taken the mark of a quote for the end.
            end_of(rest, ">")
                .filter(|&end| self.block_depth.is_none() || !rest[..end].contains('\n'))
        } else if rest[1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '/') {
            return self.tag(piece, at, shown);
        } else {
            return at;
        };
        match hidden_end {
            Some(end) => {
                self.hide(piece.source_range(at..at + end));
                at + end
            }
            None => self.leave_open(piece, at),
        }
    }

    fn leave_open(&mut self, piece: &Piece, at: usize) -> usize {
        self.unclosed = Some(piece.source_start(at));
        piece.text.len()
    }

    fn tag(&mut self, piece: &Piece, at: usize, shown: &mut Vec<Shown>) -> usize {
        let Some(tag) = Tag::parse(&piece.text[at..]) else {
            return self.leave_open(piece, at);
        };
        let name = tag.name.to_ascii_lowercase();
        // GitHub shows some tags as text, and then reads markup in their attributes.
        if is_filtered(&name) && piece.text[at + 1..at + tag.length].contains('<') {
            return self.leave_open(piece, at);
        }
        self.is_block_broken |= self.block_depth.is_some() && !is_phrasing(&name);
        let range = piece.source_range(at..at + tag.length);
        let end = at + tag.length;
        if let Some(open) = &mut self.hiding {
            if self.rubies > 0 && open.ends_before(&name, tag.is_closing) {
                let start = open.start;
                self.hiding = None;
                self.hide(start..range.start);
                // The tag itself is read below.
            } else {
                open.holds_text_only = false;
                let is_first_close = open.name == name && open.hiding == Hiding::Flat;
                if !tag.is_closing {
                    // The end of an element is not looked for inside a table in it.
                    let is_table = name == "table" && open.hiding != Hiding::Flat;
                    if is_table || (hiding(&name).is_some() && !is_first_close) {
                        open.inner.push(name);
                    }
                } else if open.inner.last() == Some(&name) {
                    open.inner.pop();
                } else if open.name == name && open.inner.is_empty() {
                    let hides_tag = open.hiding != Hiding::Fallback;
                    let hidden = open.start..if hides_tag { range.end } else { range.start };
                    self.hiding = None;
                    if hides_tag || !source_is_blank(piece, &hidden, at) {
                        self.hide(hidden);
                    }
                    if !hides_tag && !is_kept(&name) {
                        self.cut(range, String::new(), CutKind::Unshown);
                    }
                }
                return end;
            }
        }
        self.read_tag(&tag, &name, range, shown);
        end
    }

    /// Reads a tag that nothing hides.
    fn read_tag(&mut self, tag: &Tag<'_>, name: &str, range: Range<usize>, shown: &mut Vec<Shown>) {
        if !tag.is_closing
            && let Some(hiding) = hiding(name)
        {
            let start = if hiding == Hiding::Fallback {
                if name == "video" && tag.shows_no_picture() {
                    self.hide(range.clone());
                } else {
                    self.keep(tag, name, range.clone());
                }
                range.end
            } else {
                range.start
            };
            self.hiding = Some(OpenHiding {
                name: name.to_owned(),
                hiding,
                start,
                inner: Vec::new(),
                block_depth: self.block_depth,
                holds_text_only: true,
            });
            return;
        }
        if is_line_end(name) {
            shown.push(Shown::LineEnd);
        }
        if matches!(name, "td" | "th") && !tag.is_closing {
            shown.push(Shown::Cell);
        }
        let unseen = self.layout.follow(name, tag.is_closing, self.rubies);
        self.unseen.extend(unseen);
        match name {
            "a" => {
                let end = if tag.is_closing {
                    range.end
                } else {
                    range.start
                };
                if self.end_link(end) && tag.is_closing {
                    return;
                }
                if !tag.is_closing {
                    self.link = Some(OpenLink {
                        start: range.start,
                        shows_something: false,
                    });
                }
            }
            "ruby" if tag.is_closing => self.rubies = self.rubies.saturating_sub(1),
            "ruby" => self.rubies += 1,
            "pre" if tag.is_closing => self.preformatted = self.preformatted.saturating_sub(1),
            "pre" => {
                self.preformatted += 1;
                let language = tag.value("lang").unwrap_or_default();
                self.unseen.extend(Unseen::drawn_from(language.trim()));
            }
            "img" if !tag.is_closing => {
                if tag.shows_no_picture() {
                    self.hide(range);
                    return;
                }
                self.note_shown();
                shown.push(Shown::Picture);
            }
            _ => {}
        }
        self.keep(tag, name, range);
    }

    /// Keeps of a tag what may stay.
    fn keep(&mut self, tag: &Tag<'_>, name: &str, range: Range<usize>) {
        for address in tag.addresses() {
            self.address(&decode(address));
            self.unseen.extend(Unseen::in_address(address));
        }
        if !is_kept(name) {
            self.cut(range, String::new(), CutKind::Unshown);
        } else if tag.is_trimmed {
            self.cut(range, tag.trimmed(), CutKind::Unshown);
        }
    }

    /// Ends the open link at `end`; one that shows nothing goes as a whole. Returns whether it went.
    fn end_link(&mut self, end: usize) -> bool {
        let hidden = self.link.take().filter(|link| !link.shows_something);
        if let Some(link) = &hidden {
            self.hide(link.start..end);
        }
        hidden.is_some()
    }
}
