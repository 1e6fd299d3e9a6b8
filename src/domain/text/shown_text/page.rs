//! Reads one page of Markdown and notes what of it goes.
//!
//! Does not change the text; [`crate::domain::text::cut`] does. What is raw HTML is handed to
//! [`crate::domain::text::shown_html`], what the parser says nothing about is found by [`super::coverage`], what shows
//! in another form than its source by [`super::source_only`].

use std::collections::BTreeSet;
use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, CowStr, Event, LinkType, Parser, Tag, TagEnd};

use super::coverage::Coverage;
use super::dialect::Dialect;
use super::footnotes::Footnotes;
use super::languages::language;
use super::source_only::SourceOnly;
use super::{EventAt, OPTIONS};
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
        let dialect = Dialect::of(source);
        let parsed = &*dialect.masked;
        let mut parser = Parser::new_ext(parsed, OPTIONS).into_offset_iter();
        let events: Vec<EventAt<'_>> = parser.by_ref().collect();
        let mut reader = Reader {
            source,
            footnotes: Footnotes::of(source, &events, &dialect.references),
            cuts: Vec::new(),
            coverage: Coverage::default(),
            html: HtmlScan::default(),
            html_lines: Vec::new(),
            source_only: SourceOnly::default(),
            links: Vec::new(),
            images: 0,
            is_in_code: false,
            depth: 0,
            quotes: 0,
            mute_until: 0,
            hidden_note_end: 0,
            shown_notes: Vec::new(),
        };
        // Definitions that links use: the links are written out, so these only repeat them.
        for (event, range) in &events {
            let Event::Start(Tag::Link { link_type, id, .. } | Tag::Image { link_type, id, .. }) =
                event
            else {
                continue;
            };
            if is_by_reference(*link_type)
                && !reader.is_no_link(*link_type, range)
                && let Some(definition) = parser.reference_definitions().get(id)
            {
                let range = definition.span.clone();
                if reader.coverage.add_definition(&range) {
                    reader.cut(range, String::new(), CutKind::Unshown);
                }
            }
        }
        let mut references = dialect.references.iter().peekable();
        for (event, range) in &events {
            reader.read(event, range);
            if !matches!(event, Event::Text(_)) {
                continue;
            }
            while let Some((label, place)) =
                references.next_if(|(_, place)| place.start < range.end)
            {
                if place.start >= range.start {
                    reader.footnote_reference(label, place);
                }
            }
        }
        if dialect.is_unsure {
            reader
                .source_only
                .add([Unseen::Drawn("a web of addresses")]);
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
    /// Whether another link began inside: browsers end this one there.
    is_ended: bool,
    /// The destination, when the text behind the shown part has to be written anew.
    rewritten: Option<String>,
}

/// The state between two events of the parser.
struct Reader<'s> {
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
    is_in_code: bool,
    /// How many blocks are open.
    depth: usize,
    /// How many of them are quotes.
    quotes: usize,
    /// Up to here, raw HTML is not scanned.
    mute_until: usize,
    /// Where the last footnote ends that is not shown: one that begins there stands in it.
    hidden_note_end: usize,
    /// Footnotes that are shown, at the end of the page.
    shown_notes: Vec<Range<usize>>,
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
            Event::InlineHtml(tag) if range.start < self.mute_until => {
                let mut apart = HtmlScan::default();
                let _ = apart.inline(self.source, tag, range, self.depth);
                self.distrust_open(&apart, range);
            }
            Event::InlineHtml(tag) => {
                if is_anchor(tag) {
                    self.end_links();
                }
                if self.quotes > 0 && ends_with_mark(&self.source[range.clone()]) {
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

    fn footnote_reference(&mut self, label: &str, range: &Range<usize>) {
        if self.images == 0 {
            let cut = self.footnotes.reference(self.source, label, range);
            self.cuts.extend(cut);
            self.note_shown();
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
                self.end_links();
                let is_link = !self.is_no_link(*link_type, range);
                let anew = is_link && (is_by_reference(*link_type) || !title.is_empty());
                self.links.push(OpenLink {
                    range: range.clone(),
                    shown_end: range.start + 1,
                    shows_something: !is_link,
                    is_ended: false,
                    rewritten: anew.then(|| destination(dest_url)),
                });
            }
            Tag::FootnoteDefinition(label) => {
                self.begin_block();
                // What is not shown closes nothing, and what is shown stands at the end of the page.
                let is_in_hidden = self.hidden_note_end == range.start
                    && !self.source[..range.start].ends_with('\n');
                let is_shown = self.footnotes.is_shown(label) && !is_in_hidden;
                if !is_shown || self.html.is_hiding() {
                    self.mute_until = self.mute_until.max(range.end);
                }
                if is_in_hidden {
                    self.cuts.push(Cut::hidden(range.clone()));
                } else {
                    let cuts = self.footnotes.definition(self.source, label, range);
                    self.cuts.extend(cuts);
                }
                if is_shown {
                    self.shown_notes.push(range.clone());
                } else {
                    self.hidden_note_end = range.end;
                }
            }
            Tag::CodeBlock(kind) => {
                self.begin_block();
                self.is_in_code = true;
                if let CodeBlockKind::Fenced(info) = kind {
                    self.read_info(range, info);
                }
            }
            Tag::HtmlBlock => {
                self.begin_block();
                self.html_lines.clear();
            }
            Tag::Emphasis
            | Tag::Strong
            | Tag::Strikethrough
            | Tag::Superscript
            | Tag::Subscript => {}
            Tag::Item => {
                self.begin_block();
                self.hide_definitions_of_task(range);
            }
            Tag::Table(_) => {
                self.begin_block();
                self.hide_behind_indented_row(range);
            }
            Tag::BlockQuote(_) => {
                self.begin_block();
                self.quotes += 1;
            }
            Tag::Paragraph
            | Tag::Heading { .. }
            | Tag::List(_)
            | Tag::DefinitionList
            | Tag::DefinitionListTitle
            | Tag::DefinitionListDefinition
            | Tag::TableHead
            | Tag::TableRow
            | Tag::TableCell
            | Tag::MetadataBlock(_) => self.begin_block(),
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
            TagEnd::HtmlBlock if range.start < self.mute_until => {
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
            TagEnd::Paragraph
            | TagEnd::Heading(_)
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
        // What is open to the end hides the footnotes, too.
        if self.html.is_hiding() {
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

    /// Returns whether a reference without a label of its own has what looks like one behind it: pages make no link of it.
    fn is_no_link(&self, link_type: LinkType, range: &Range<usize>) -> bool {
        link_type == LinkType::Shortcut && self.source[range.end..].starts_with("[^")
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
                Shown::Picture => self.note_shown_in_links(),
                Shown::LineEnd => self.source_only.end_line(),
            }
        }
    }

    fn note_shown(&mut self) {
        self.html.note_shown();
        self.note_shown_in_links();
    }

    /// Notes that a link begins, which ends the ones that it stands in.
    fn end_links(&mut self) {
        for link in &mut self.links {
            link.is_ended = true;
        }
    }

    fn note_shown_in_links(&mut self) {
        if !self.html.is_hiding() {
            for link in &mut self.links {
                link.shows_something |= !link.is_ended;
            }
        }
    }

    /// Raw HTML in a footnote that is not shown closes nothing, and what it leaves open may hide the rest.
    fn distrust_open(&mut self, apart: &HtmlScan, range: &Range<usize>) {
        if apart.is_hiding() {
            self.html.distrust(range.start);
        }
    }

    fn begin_block(&mut self) {
        self.source_only.end_block();
        self.depth += 1;
    }

    fn end_block(&mut self, at: usize) {
        self.source_only.end_block();
        self.html
            .end_block(self.source[..at].trim_end().len(), self.depth);
        self.depth = self.depth.saturating_sub(1);
    }

    fn cut(&mut self, range: Range<usize>, replacement: String, kind: CutKind) {
        self.cuts.push(Cut {
            range,
            replacement,
            kind,
        });
    }

    fn end_link(&mut self, link: OpenLink) {
        // Of `[text][]` the range holds only the text.
        let end = link.range.end;
        let end = if self.source[end..].starts_with("[]") {
            end + 2
        } else {
            end
        };
        let tail = link.shown_end.min(link.range.end)..end;
        if !link.shows_something && link.is_ended {
            // What is inside is shown, and leads elsewhere.
            self.cuts
                .push(Cut::hidden(link.range.start..link.range.start + 1));
            self.cuts.push(Cut::hidden(tail));
        } else if !link.shows_something {
            self.cuts.push(Cut::hidden(link.range));
        } else if let Some(destination) = link.rewritten {
            self.cut(tail, format!("]({destination})"), CutKind::Unshown);
        }
    }

    /// Hides what the parser takes for rows although it is indented as code: a page ends the table there, and reads the rest
    /// in its own way.
    fn hide_behind_indented_row(&mut self, table: &Range<usize>) {
        const CODE_INDENT: usize = 4;
        let indent = |line: &str| {
            let prefix = line.len() - line.trim_start_matches(['>', ' ', '\t']).len();
            prefix + line[..prefix].matches('\t').count() * CODE_INDENT
        };
        let line_start = self.source[..table.start]
            .rfind('\n')
            .map_or(0, |end| end + 1);
        let first = table.start - line_start;
        let mut start = table.start;
        for (index, line) in self.source[table.clone()].split_inclusive('\n').enumerate() {
            if index > 0 && indent(line) >= first + CODE_INDENT {
                self.cuts.push(Cut::hidden(start..table.end));
                return;
            }
            start += line.len();
        }
    }

    /// Hides definitions behind the mark of a task: GitHub begins the text of the task behind it, and reads definitions
    /// there.
    fn hide_definitions_of_task(&mut self, item: &Range<usize>) {
        let text = &self.source[item.clone()];
        let text = text.trim_start_matches(|c: char| {
            c.is_ascii_digit() || matches!(c, '-' | '+' | '*' | '.' | ')' | ' ' | '\t')
        });
        let Some(task) = ["[ ]", "[x]", "[X]"]
            .into_iter()
            .find_map(|mark| text.strip_prefix(mark))
            .filter(|task| task.starts_with([' ', '\t', '\n']))
        else {
            return;
        };
        let at = item.end - task.len();
        let parser = Parser::new_ext(task, OPTIONS);
        let definitions: Vec<Range<usize>> = parser
            .reference_definitions()
            .iter()
            .map(|(_, definition)| definition.span.clone())
            .collect();
        let mut end = 0;
        // One behind the other, from the beginning.
        while let Some(definition) = definitions.iter().find(|span| {
            span.start >= end && task[end..span.start].trim().is_empty() && span.end > end
        }) {
            self.cuts
                .push(Cut::hidden(at + definition.start..at + definition.end));
            end = definition.end;
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

/// Returns whether the end of a tag over lines could be the mark of a quote.
fn ends_with_mark(tag: &str) -> bool {
    tag.rsplit_once('\n')
        .is_some_and(|(_, line)| line.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'>')))
}

/// Returns whether an inline tag begins a link.
fn is_anchor(tag: &str) -> bool {
    let name = tag.trim_start_matches('<');
    let name = &name[..name
        .find(|c: char| !c.is_ascii_alphanumeric())
        .unwrap_or(name.len())];
    name.eq_ignore_ascii_case("a")
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
