//! Walks over one page of Markdown and notes what of it goes.
//!
//! Does not change the text; [`crate::domain::text::cut`] does. What is raw HTML is handed to
//! [`crate::domain::text::shown_html`], what the parser says nothing about is found by [`super::coverage`], what shows
//! in another form than its source by [`super::source_only`]. [`super::reading`] hands it the events.

mod addressed;
mod doubtful;
mod noted;
mod seen;

use std::collections::BTreeSet;
use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, CowStr, Event, Tag, TagEnd};

use super::blocks::{
    beyond_language, definitions_of_task, ends_with_mark, is_doubtful_comment, tag_over_lines,
};
use super::coverage::Coverage;
use super::footnotes::Footnotes;
use super::labels::Brackets;
use super::languages::language;
use super::links::{OpenLink, is_anchor};
use super::source_only::SourceOnly;
use crate::domain::text::cut::{Cut, CutKind};
use crate::domain::text::shown_html::HtmlScan;
use crate::domain::text::unseen::{NO_TEXT, Unseen, is_blank};

/// Some readers take the mark of a task off before they look for definitions, and to others it is text like any other.
const TASK: &str = "a definition behind the mark of a task";

/// Whether a paragraph of an item ends what is open depends on where its list has blank lines.
const OPEN_IN_LIST: &str = "an element that is open where a paragraph of a list ends";

/// What is found on a page.
#[derive(Debug, Default)]
pub(super) struct Page {
    /// What goes.
    pub(super) cuts: Vec<Cut>,
    /// Characters, written as references, that refuse the text.
    pub(super) hidden_characters: Vec<char>,
    /// What the page shows in another form than it is written.
    pub(super) unseen: BTreeSet<Unseen>,
}

/// The state between two events of the parser.
#[derive(Default)]
pub(super) struct Reader<'s> {
    source: &'s str,
    footnotes: Footnotes,
    cuts: Vec<Cut>,
    coverage: Coverage,
    html: HtmlScan,
    html_lines: Vec<Range<usize>>,
    source_only: SourceOnly,
    links: Vec<OpenLink>,
    /// How many images are open: one may stand in the alternative text of another.
    images: usize,
    /// What the parser takes for pictures and is open, and whether pages do.
    pictures: Vec<bool>,
    is_in_code: bool,
    /// How many blocks are open.
    depth: usize,
    /// Where the outermost of them ends.
    outermost_end: usize,
    /// How many of them are quotes.
    quotes: usize,
    /// How many of them are lists.
    lists: usize,
    /// Up to here, raw HTML is not scanned.
    mute_until: usize,
    /// Nor is it here, where a page reads in its own way.
    muted: Range<usize>,
    /// Where the last footnote ends that is not shown: one that begins there stands in it.
    hidden_note_end: usize,
    /// Footnotes that are shown, at the end of the page.
    shown_notes: Vec<Range<usize>>,
    /// Whether something hid already where the cell of a table began.
    is_hidden_cell: bool,
    /// Where brackets stand, once anybody asked.
    brackets: Option<Brackets>,
    /// The last end of a block, and where its text ends: many blocks may end in one place.
    text_end: (usize, usize),
}

impl<'s> Reader<'s> {
    /// Begins a page.
    pub(super) fn new(source: &'s str, footnotes: Footnotes) -> Self {
        Self {
            source,
            footnotes,
            ..Self::default()
        }
    }

    /// Takes the next event.
    pub(super) fn read(&mut self, event: &Event<'_>, range: &Range<usize>) {
        self.coverage.cover(event, range, self.source);
        if self.images == 0 && !matches!(event, Event::End(TagEnd::Link)) {
            for link in &mut self.links {
                link.shown_end = link.shown_end.max(range.end);
            }
        }
        match event {
            Event::Start(tag) => self.start(tag, range),
            Event::End(tag) => self.end(*tag, range),
            // Alternative text goes as a whole.
            Event::Text(_) | Event::Code(_) | Event::InlineHtml(_) if self.images > 0 => {}
            Event::Text(text) => self.text(text, range),
            Event::Code(text) => {
                self.source_only.code_span(text);
                self.note_shown();
            }
            Event::Html(_) => self.html_lines.push(range.clone()),
            Event::InlineHtml(tag) if self.is_muted(range) => {
                let mut apart = HtmlScan::default();
                let _ = apart.inline(self.source, tag, range, self.depth);
                self.distrust_open(&apart, range);
            }
            // To a page it may be the text of a label.
            Event::InlineHtml(_) if self.html.is_hiding() && self.is_in_label(range) => {}
            Event::InlineHtml(tag) => {
                self.tag_in_link(tag);
                if is_anchor(tag) {
                    self.end_links();
                }
                let is_doubtful = is_doubtful_comment(tag)
                    || (self.quotes > 0 && ends_with_mark(&self.source[range.clone()]));
                if is_doubtful {
                    self.html.distrust(range.start);
                    return;
                }
                let shown = self.html.inline(self.source, tag, range, self.depth);
                self.take_shown(shown);
            }
            Event::FootnoteReference(label) => self.footnote_reference(label, range),
            Event::InlineMath(_) | Event::DisplayMath(_) => self.note_shown(),
            Event::SoftBreak | Event::HardBreak => self.source_only.end_line(),
            Event::Rule => self.source_only.end_block(),
            Event::TaskListMarker(_) => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>, range: &Range<usize>) {
        match tag {
            Tag::Image {
                link_type,
                dest_url,
                ..
            } => self.start_picture(*link_type, dest_url, range),
            Tag::Link { .. } if self.images > 0 => {}
            Tag::Link {
                link_type,
                dest_url,
                title,
                ..
            } => self.start_link(*link_type, dest_url, !title.is_empty(), range),
            Tag::FootnoteDefinition(label) => self.start_note(label, range),
            Tag::CodeBlock(kind) => {
                self.begin_block(range);
                self.is_in_code = true;
                if let CodeBlockKind::Fenced(info) = kind {
                    self.read_info(range, info);
                }
            }
            Tag::HtmlBlock => {
                self.begin_block(range);
                self.html_lines.clear();
            }
            Tag::Emphasis
            | Tag::Strong
            | Tag::Strikethrough
            | Tag::Superscript
            | Tag::Subscript => {}
            Tag::Item => {
                self.begin_block(range);
                let definitions = definitions_of_task(self.source, range);
                if !definitions.is_empty() {
                    self.doubt(TASK);
                }
                self.cuts.extend(definitions.into_iter().map(Cut::hidden));
            }
            Tag::BlockQuote(_) => {
                self.begin_block(range);
                self.quotes += 1;
                self.note_nesting();
            }
            Tag::List(_) => {
                self.begin_block(range);
                self.lists += 1;
                self.note_nesting();
            }
            Tag::TableCell => {
                self.begin_cell();
                self.depth += 1;
            }
            Tag::Paragraph
            | Tag::Heading { .. }
            | Tag::Table(_)
            | Tag::DefinitionList
            | Tag::DefinitionListTitle
            | Tag::DefinitionListDefinition
            | Tag::TableHead
            | Tag::TableRow
            | Tag::MetadataBlock(_) => self.begin_block(range),
        }
    }

    fn end(&mut self, tag: TagEnd, range: &Range<usize>) {
        match tag {
            TagEnd::Image => {
                let is_picture = self.pictures.pop().unwrap_or(true);
                self.images = self.images.saturating_sub(usize::from(is_picture));
            }
            TagEnd::Link if self.images > 0 => {}
            TagEnd::Link => {
                if let Some(link) = self.links.pop() {
                    if !link.tags.is_empty() {
                        self.doubt_link();
                    }
                    self.cuts.extend(link.cuts(self.source));
                }
            }
            TagEnd::CodeBlock => {
                self.is_in_code = false;
                self.end_block(range.end);
            }
            TagEnd::HtmlBlock if self.is_muted(range) => {
                let mut apart = HtmlScan::default();
                let _ = apart.block(self.source, &self.html_lines);
                self.distrust_open(&apart, range);
                self.end_block(range.end);
            }
            TagEnd::HtmlBlock => {
                let shown = self.html.block(self.source, &self.html_lines);
                self.take_shown(shown);
                self.source_only.end_block();
                self.depth = self.depth.saturating_sub(1);
            }
            TagEnd::Emphasis
            | TagEnd::Strong
            | TagEnd::Strikethrough
            | TagEnd::Superscript
            | TagEnd::Subscript => {}
            TagEnd::BlockQuote(_) => {
                self.end_block(range.end);
                self.quotes = self.quotes.saturating_sub(1);
            }
            TagEnd::List(_) => {
                self.end_block(range.end);
                self.lists = self.lists.saturating_sub(1);
            }
            TagEnd::TableCell => {
                self.source_only.next_cell();
                self.end_cell();
                self.end_html_block(range.end);
            }
            // Where its items are not apart, a page has no paragraph that could end.
            TagEnd::Paragraph if self.lists > 0 => {
                if self.html.is_hiding() {
                    self.doubt(OPEN_IN_LIST);
                }
                self.source_only.end_block();
                self.depth = self.depth.saturating_sub(1);
            }
            TagEnd::Paragraph
            | TagEnd::Heading(_)
            | TagEnd::Item
            | TagEnd::FootnoteDefinition
            | TagEnd::DefinitionList
            | TagEnd::DefinitionListTitle
            | TagEnd::DefinitionListDefinition
            | TagEnd::Table
            | TagEnd::TableHead
            | TagEnd::TableRow
            | TagEnd::MetadataBlock(_) => self.end_block(range.end),
        }
    }

    /// Takes a definition that links use: the links are written out, so it only repeats them.
    pub(super) fn definition(&mut self, range: Range<usize>) {
        if self.coverage.add_definition(&range) {
            self.cut(range, String::new(), CutKind::Unshown);
        }
    }

    /// Takes a part that a page may not show.
    pub(super) fn hide(&mut self, range: Range<usize>) {
        self.cuts.push(Cut::hidden(range));
    }

    /// Notes that the page may hold marks that the parser reads in another way.
    pub(super) fn distrust_addresses(&mut self) {
        self.source_only.add([Unseen::Drawn("a web of addresses")]);
    }

    /// Ends the page.
    pub(super) fn finish(mut self) -> Page {
        // What is open to the end hides the footnotes, too.
        if self.html.is_hiding() {
            self.cuts.extend(self.references_into_open_end());
            self.cuts
                .extend(self.shown_notes.drain(..).map(Cut::hidden));
        }
        self.html.finish(self.source.len());
        self.cuts.append(&mut self.html.cuts);
        self.cuts.extend(self.coverage.cuts(self.source));
        self.source_only.add(self.html.unseen);
        Page {
            cuts: self.cuts,
            hidden_characters: self.html.hidden_characters,
            unseen: self.source_only.finish(),
        }
    }

    fn text(&mut self, text: &CowStr<'_>, range: &Range<usize>) {
        if self.is_in_code {
            self.source_only.code(text);
            self.note_shown();
            return;
        }
        let source = &self.source[range.clone()];
        let is_escaped = self.source[..range.start].ends_with('\\');
        if let Some(length) = tag_over_lines(&self.source[range.start..]).filter(|_| !is_escaped) {
            self.hide(range.start..range.start + length);
        }
        match text.strip_prefix('$') {
            Some(rest) if is_escaped => {
                self.source_only.prose(&format!("{NO_TEXT}{rest}"), false);
            }
            Some(_) | None => self.source_only.prose(text, self.html.is_preformatted()),
        }
        // Elsewhere the text is the source, and read with it.
        if source.starts_with('&') && source != &**text {
            self.html.reference(text, range.clone());
        }
        if !text.chars().all(is_blank) {
            self.note_shown();
        }
    }

    /// Raw HTML in a footnote that is not shown closes nothing, and what it leaves open may hide the rest.
    fn distrust_open(&mut self, apart: &HtmlScan, range: &Range<usize>) {
        if apart.is_hiding() {
            self.html.distrust(range.start);
        }
    }

    fn begin_block(&mut self, range: &Range<usize>) {
        self.source_only.end_block();
        if self.depth == 0 {
            self.outermost_end = range.end;
        }
        self.depth += 1;
    }

    fn is_muted(&self, range: &Range<usize>) -> bool {
        range.start < self.mute_until || self.muted.contains(&range.start)
    }

    fn note_nesting(&mut self) {
        let nested = Unseen::in_containers(self.quotes + self.lists);
        self.source_only.add(nested);
    }

    fn end_block(&mut self, at: usize) {
        self.source_only.end_block();
        self.end_html_block(at);
    }

    fn end_html_block(&mut self, at: usize) {
        if self.text_end.0 != at {
            self.text_end = (at, self.source[..at].trim_end().len());
        }
        self.html.end_block(self.text_end.1, self.depth);
        self.depth = self.depth.saturating_sub(1);
    }

    fn cut(&mut self, range: Range<usize>, replacement: String, kind: CutKind) {
        self.cuts.push(Cut {
            range,
            replacement,
            kind,
        });
    }

    /// Reads the words behind a fence: only a plain name of a language stays.
    fn read_info(&mut self, range: &Range<usize>, info: &str) {
        let word = info.split_whitespace().next().unwrap_or_default();
        let language = language(info);
        self.source_only
            .add([word, language].into_iter().filter_map(Unseen::drawn_from));
        if let Some(written) = beyond_language(self.source, range, language) {
            self.cut(written, language.to_owned(), CutKind::Unshown);
        }
    }
}
