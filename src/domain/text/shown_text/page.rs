//! Reads one page of Markdown and notes what of it goes.
//!
//! Does not change the text; [`crate::domain::text::cut`] does. What is raw HTML is handed to
//! [`crate::domain::text::shown_html`], what the parser says nothing about is found by [`super::coverage`], what shows
//! in another form than its source by [`super::source_only`].

use std::collections::BTreeSet;
use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, CowStr, Event, LinkType, Options, Parser, Tag, TagEnd};

use super::coverage::Coverage;
use super::source_only::SourceOnly;
use crate::domain::text::cut::{Cut, CutKind};
use crate::domain::text::shown_html::{HtmlScan, Shown};
use crate::domain::text::unseen::{NO_TEXT, Unseen, is_blank};

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

impl Page {
    /// Reads a source whose lines end in `\n`.
    pub(super) fn read(source: &str) -> Self {
        let options = Options::ENABLE_TABLES
            | Options::ENABLE_FOOTNOTES
            | Options::ENABLE_STRIKETHROUGH
            | Options::ENABLE_TASKLISTS;
        let mut parser = Parser::new_ext(source, options).into_offset_iter();
        let events: Vec<(Event<'_>, Range<usize>)> = parser.by_ref().collect();
        let mut reader = Reader {
            source,
            shown_footnotes: footnotes_referred_to(&events),
            cuts: Vec::new(),
            coverage: Coverage::default(),
            html: HtmlScan::default(),
            html_lines: Vec::new(),
            source_only: SourceOnly::default(),
            links: Vec::new(),
            images: 0,
            is_in_code: false,
        };
        // Definitions that links use: the links are written out, so these only repeat them.
        for (event, _) in &events {
            let Event::Start(Tag::Link { link_type, id, .. } | Tag::Image { link_type, id, .. }) =
                event
            else {
                continue;
            };
            if is_by_reference(*link_type)
                && let Some(definition) = parser.reference_definitions().get(id)
            {
                let range = definition.span.clone();
                if reader.coverage.add_definition(&range) {
                    reader.cut(range, String::new(), CutKind::Unshown);
                }
            }
        }
        for (event, range) in &events {
            reader.read(event, range);
        }
        reader.finish()
    }
}

/// A link whose end has not been read yet.
struct OpenLink {
    range: Range<usize>,
    /// End of what it shows.
    shown_end: usize,
    shows_something: bool,
    /// The destination, when the text behind the shown part has to be written anew.
    rewritten: Option<String>,
}

/// The state between two events of the parser.
struct Reader<'s> {
    source: &'s str,
    shown_footnotes: BTreeSet<&'s str>,
    cuts: Vec<Cut>,
    coverage: Coverage,
    html: HtmlScan,
    html_lines: Vec<Range<usize>>,
    source_only: SourceOnly,
    links: Vec<OpenLink>,
    /// How many images are open: one may stand in the alternative text of another.
    images: usize,
    is_in_code: bool,
}

impl Reader<'_> {
    fn read(&mut self, event: &Event<'_>, range: &Range<usize>) {
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
            Event::InlineHtml(tag) => {
                let shown = self.html.inline(self.source, tag, range);
                self.take_shown(shown);
                let is_picture = tag
                    .get(..4)
                    .is_some_and(|tag| tag.eq_ignore_ascii_case("<img"));
                if is_picture {
                    self.note_shown_in_links();
                }
            }
            Event::InlineMath(_) | Event::DisplayMath(_) | Event::FootnoteReference(_) => {
                self.note_shown();
            }
            Event::SoftBreak | Event::HardBreak => self.source_only.end_line(),
            Event::Rule => self.source_only.end_block(),
            Event::TaskListMarker(_) => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>, range: &Range<usize>) {
        match tag {
            Tag::Image { dest_url, .. } => {
                self.images += 1;
                if self.images == 1 {
                    self.address(dest_url);
                    if !dest_url.trim().is_empty() {
                        self.note_shown();
                    }
                    let replacement = format!("![]({})", destination(dest_url));
                    if self.source[range.clone()] != replacement {
                        self.cut(range.clone(), replacement, CutKind::Unshown);
                    }
                }
            }
            Tag::Link { .. } if self.images > 0 => {}
            Tag::Link {
                link_type,
                dest_url,
                title,
                ..
            } => {
                // These show the whole address.
                if !matches!(link_type, LinkType::Autolink | LinkType::Email) {
                    self.address(dest_url);
                }
                let anew = is_by_reference(*link_type) || !title.is_empty();
                self.links.push(OpenLink {
                    range: range.clone(),
                    shown_end: range.start + 1,
                    shows_something: false,
                    rewritten: anew.then(|| destination(dest_url)),
                });
            }
            Tag::FootnoteDefinition(label) => {
                self.end_block(range.start);
                // The first definition of a label is the one that counts.
                if !self.shown_footnotes.remove(label.as_ref()) {
                    self.cut(range.clone(), String::new(), CutKind::Hidden);
                }
            }
            Tag::CodeBlock(kind) => {
                self.end_block(range.start);
                self.is_in_code = true;
                if let CodeBlockKind::Fenced(info) = kind {
                    self.read_info(range, info);
                }
            }
            Tag::HtmlBlock => {
                self.end_block(range.start);
                self.html_lines.clear();
            }
            Tag::Emphasis
            | Tag::Strong
            | Tag::Strikethrough
            | Tag::Superscript
            | Tag::Subscript => {}
            Tag::Paragraph
            | Tag::Heading { .. }
            | Tag::BlockQuote(_)
            | Tag::List(_)
            | Tag::Item
            | Tag::DefinitionList
            | Tag::DefinitionListTitle
            | Tag::DefinitionListDefinition
            | Tag::Table(_)
            | Tag::TableHead
            | Tag::TableRow
            | Tag::TableCell
            | Tag::MetadataBlock(_) => self.end_block(range.start),
        }
    }

    fn end(&mut self, tag: TagEnd, range: &Range<usize>) {
        match tag {
            TagEnd::Image => self.images = self.images.saturating_sub(1),
            TagEnd::Link if self.images > 0 => {}
            TagEnd::Link => {
                if let Some(link) = self.links.pop() {
                    self.end_link(link);
                }
            }
            TagEnd::CodeBlock => {
                self.is_in_code = false;
                self.end_block(range.end);
            }
            TagEnd::HtmlBlock => {
                let shown = self.html.block(self.source, &self.html_lines);
                self.take_shown(shown);
                self.source_only.end_block();
            }
            TagEnd::Emphasis
            | TagEnd::Strong
            | TagEnd::Strikethrough
            | TagEnd::Superscript
            | TagEnd::Subscript => {}
            TagEnd::Paragraph
            | TagEnd::Heading(_)
            | TagEnd::BlockQuote(_)
            | TagEnd::List(_)
            | TagEnd::Item
            | TagEnd::FootnoteDefinition
            | TagEnd::DefinitionList
            | TagEnd::DefinitionListTitle
            | TagEnd::DefinitionListDefinition
            | TagEnd::Table
            | TagEnd::TableHead
            | TagEnd::TableRow
            | TagEnd::TableCell
            | TagEnd::MetadataBlock(_) => self.end_block(range.end),
        }
    }

    fn finish(mut self) -> Page {
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
            return;
        }
        let source = &self.source[range.clone()];
        let is_escaped = self.source[..range.start].ends_with('\\');
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

    /// Takes an address of a link or picture, its references decoded.
    fn address(&mut self, address: &str) {
        self.source_only.add(Unseen::in_address(address));
        self.html.address(address);
    }

    fn take_shown(&mut self, shown: Vec<Shown>) {
        for part in shown {
            match part {
                Shown::Text(text, keeps_blanks) => {
                    if !text.chars().all(is_blank) {
                        self.note_shown_in_links();
                    }
                    self.source_only.prose(&text, keeps_blanks);
                }
                Shown::LineEnd => self.source_only.end_line(),
            }
        }
    }

    fn note_shown(&mut self) {
        self.html.note_shown();
        self.note_shown_in_links();
    }

    fn note_shown_in_links(&mut self) {
        if !self.html.is_hiding() {
            for link in &mut self.links {
                link.shows_something = true;
            }
        }
    }

    fn end_block(&mut self, at: usize) {
        self.source_only.end_block();
        self.html.end_block(self.source[..at].trim_end().len());
    }

    fn cut(&mut self, range: Range<usize>, replacement: String, kind: CutKind) {
        self.cuts.push(Cut {
            range,
            replacement,
            kind,
        });
    }

    fn end_link(&mut self, link: OpenLink) {
        if !link.shows_something {
            self.cut(link.range, String::new(), CutKind::Hidden);
        } else if let Some(destination) = link.rewritten {
            // Of `[text][]` the range holds only the text.
            let end = link.range.end;
            let end = if self.source[end..].starts_with("[]") {
                end + 2
            } else {
                end
            };
            let tail = link.shown_end.min(link.range.end)..end;
            self.cut(tail, format!("]({destination})"), CutKind::Unshown);
        }
    }

    /// Reads the words behind a fence: only a plain name of a language stays.
    fn read_info(&mut self, range: &Range<usize>, info: &str) {
        let word = info.split_whitespace().next().unwrap_or_default();
        let language = language(info);
        self.source_only
            .add([word, language].into_iter().filter_map(Unseen::drawn_from));
        let block = &self.source[range.clone()];
        let line = &block[..block.find('\n').unwrap_or(block.len())];
        let fence = line.trim_start_matches([' ', '\t']);
        let written = fence.trim_start_matches(['`', '~']).trim_start();
        if written.trim_end() != language {
            let end = range.start + line.len();
            self.cut(
                end - written.len()..end,
                language.to_owned(),
                CutKind::Unshown,
            );
        }
    }
}

/// Returns the name of a language that the words behind a fence begin with, empty when they do not: short, and not
/// several words in one.
fn language(info: &str) -> &str {
    const LONGEST: usize = 20;
    const JOINTS_MAX: usize = 2;
    let is_of_name =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '#' | '-' | '.' | '_');
    let info = info.trim_start();
    let name = &info[..info.find(|c| !is_of_name(c)).unwrap_or(info.len())];
    let joints = name.matches(['-', '.', '_']).count();
    let is_plain = name.len() <= LONGEST
        && joints <= JOINTS_MAX
        && name.starts_with(|c: char| c.is_ascii_alphanumeric());
    if is_plain { name } else { "" }
}

/// Returns the labels of footnotes that are referred to from outside of footnotes.
fn footnotes_referred_to<'s>(events: &'s [(Event<'_>, Range<usize>)]) -> BTreeSet<&'s str> {
    let mut inside = 0_usize;
    let mut labels = BTreeSet::new();
    for (event, _) in events {
        if matches!(event, Event::Start(Tag::FootnoteDefinition(_))) {
            inside += 1;
        } else if matches!(event, Event::End(TagEnd::FootnoteDefinition)) {
            inside = inside.saturating_sub(1);
        } else if let Event::FootnoteReference(label) = event
            && inside == 0
        {
            labels.insert(label.as_ref());
        }
    }
    labels
}

const fn is_by_reference(link_type: LinkType) -> bool {
    match link_type {
        LinkType::Reference
        | LinkType::ReferenceUnknown
        | LinkType::Collapsed
        | LinkType::CollapsedUnknown
        | LinkType::Shortcut
        | LinkType::ShortcutUnknown => true,
        LinkType::Inline | LinkType::Autolink | LinkType::Email | LinkType::WikiLink { .. } => {
            false
        }
    }
}

/// Writes a destination so that it ends where it should.
fn destination(address: &str) -> String {
    let mut text = String::with_capacity(address.len());
    for c in address.chars() {
        if c.is_whitespace() || c.is_control() || matches!(c, '(' | ')' | '<' | '>' | '\\') {
            let mut bytes = [0; 4];
            for byte in c.encode_utf8(&mut bytes).bytes() {
                text.push_str(&format!("%{byte:02X}"));
            }
        } else {
            text.push(c);
        }
    }
    text
}
