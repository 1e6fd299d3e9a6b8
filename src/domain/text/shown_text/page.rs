//! Reads one page of Markdown and notes what of it goes.
//!
//! Does not change the text; [`crate::domain::text::cut`] does. What is raw HTML is handed to
//! [`crate::domain::text::shown_html`], what the parser says nothing about is found by [`super::coverage`].

use std::collections::BTreeSet;
use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, CowStr, Event, LinkType, Options, Parser, Tag, TagEnd};

use super::coverage::Coverage;
use crate::domain::text::cut::{Cut, CutKind};
use crate::domain::text::hidden_characters::is_invisible;
use crate::domain::text::shown_html::HtmlScan;

/// A link whose end has not been read yet.
struct OpenLink {
    range: Range<usize>,
    /// End of what it shows.
    shown_end: usize,
    shows_something: bool,
    /// The destination, when the text behind the shown part has to be written anew.
    rewritten: Option<String>,
}

/// What is found while a page is read.
#[derive(Default)]
pub(super) struct Page {
    pub(super) cuts: Vec<Cut>,
    pub(super) hidden_characters: BTreeSet<char>,
    coverage: Coverage,
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
        let mut page = Self::default();
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
                if page.coverage.add_definition(&range) {
                    page.cut(range, String::new(), CutKind::Unshown);
                }
            }
        }
        page.read_events(source, &events);
        let uncovered = std::mem::take(&mut page.coverage).cuts(source);
        page.cuts.extend(uncovered);
        page
    }

    fn cut(&mut self, range: Range<usize>, replacement: String, kind: CutKind) {
        self.cuts.push(Cut {
            range,
            replacement,
            kind,
        });
    }

    fn read_events(&mut self, source: &str, events: &[(Event<'_>, Range<usize>)]) {
        let mut shown_footnotes = footnotes_referred_to(events);
        let mut html = HtmlScan::default();
        let mut html_lines: Vec<Range<usize>> = Vec::new();
        let mut links: Vec<OpenLink> = Vec::new();
        let mut images = 0_usize;
        let mut code_blocks = 0_usize;
        for (event, range) in events {
            self.coverage.cover(event, range, source);
            if images == 0 && !matches!(event, Event::End(TagEnd::Link)) {
                for link in &mut links {
                    link.shown_end = link.shown_end.max(range.end);
                }
            }
            let mut shows_something = false;
            match event {
                Event::Start(Tag::Image { dest_url, .. }) => {
                    images += 1;
                    if images == 1 {
                        shows_something = true;
                        self.note_invisible(dest_url);
                        let replacement = format!("![]({})", destination(dest_url));
                        if source[range.clone()] != replacement {
                            self.cut(range.clone(), replacement, CutKind::Unshown);
                        }
                    }
                }
                Event::End(TagEnd::Image) => images = images.saturating_sub(1),
                // Alternative text goes as a whole.
                Event::Start(_)
                | Event::End(_)
                | Event::Text(_)
                | Event::Code(_)
                | Event::InlineHtml(_)
                    if images > 0 => {}
                Event::Start(Tag::Link {
                    link_type,
                    dest_url,
                    title,
                    ..
                }) => {
                    self.note_invisible(dest_url);
                    let anew = is_by_reference(*link_type) || !title.is_empty();
                    links.push(OpenLink {
                        range: range.clone(),
                        shown_end: range.start + 1,
                        shows_something: false,
                        rewritten: anew.then(|| destination(dest_url)),
                    });
                }
                Event::End(TagEnd::Link) => {
                    if let Some(link) = links.pop() {
                        self.end_link(source, link);
                    }
                }
                Event::Start(Tag::FootnoteDefinition(label)) => {
                    // The first definition of a label is the one that counts.
                    if !shown_footnotes.remove(label.as_ref()) {
                        self.cut(range.clone(), String::new(), CutKind::Hidden);
                    }
                }
                Event::Start(Tag::CodeBlock(kind)) => {
                    code_blocks += 1;
                    self.cut_small_print(source, range, kind);
                }
                Event::End(TagEnd::CodeBlock) => code_blocks = code_blocks.saturating_sub(1),
                Event::Start(Tag::HtmlBlock) => html_lines.clear(),
                Event::Html(_) => html_lines.push(range.clone()),
                Event::End(TagEnd::HtmlBlock) => html.scan(source, &html_lines),
                Event::InlineHtml(tag) => {
                    html.scan(source, std::slice::from_ref(range));
                    shows_something = tag
                        .get(..4)
                        .is_some_and(|tag| tag.eq_ignore_ascii_case("<img"));
                }
                Event::Text(text) => {
                    shows_something = !text.trim().is_empty();
                    // Elsewhere the text is the source, and read with it.
                    if code_blocks == 0 && source[range.clone()].starts_with('&') {
                        self.note_invisible(text);
                    }
                }
                Event::Code(_)
                | Event::InlineMath(_)
                | Event::DisplayMath(_)
                | Event::FootnoteReference(_) => {
                    shows_something = true;
                }
                Event::Start(_)
                | Event::End(_)
                | Event::SoftBreak
                | Event::HardBreak
                | Event::Rule
                | Event::TaskListMarker(_) => {}
            }
            if shows_something {
                for link in &mut links {
                    link.shows_something = true;
                }
            }
        }
        let (cuts, invisible) = html.finish(source.len());
        self.cuts.extend(cuts);
        self.hidden_characters.extend(invisible);
    }

    fn note_invisible(&mut self, decoded: &CowStr<'_>) {
        self.hidden_characters.extend(
            decoded
                .chars()
                .filter(|&c| is_invisible(c) && !matches!(c, '\u{FE0F}')),
        );
    }

    fn end_link(&mut self, source: &str, link: OpenLink) {
        if !link.shows_something {
            self.cut(link.range, String::new(), CutKind::Hidden);
        } else if let Some(destination) = link.rewritten {
            // Of `[text][]` the range holds only the text.
            let end = link.range.end;
            let end = if source[end..].starts_with("[]") {
                end + 2
            } else {
                end
            };
            let tail = link.shown_end.min(link.range.end)..end;
            self.cut(tail, format!("]({destination})"), CutKind::Unshown);
        }
    }

    /// Cuts what stands behind the language of a fenced code block.
    fn cut_small_print(&mut self, source: &str, range: &Range<usize>, kind: &CodeBlockKind<'_>) {
        if matches!(kind, CodeBlockKind::Indented) {
            return;
        }
        let block = &source[range.clone()];
        let line = &block[..block.find('\n').unwrap_or(block.len())];
        let fence = line.trim_start_matches([' ', '\t']);
        let info = fence.trim_start_matches(['`', '~']).trim_start();
        let language = info.find(char::is_whitespace).unwrap_or(info.len());
        if !info[language..].trim().is_empty() {
            let start = range.start + line.len() - info.len() + language;
            self.cut(
                start..range.start + line.len(),
                String::new(),
                CutKind::Unshown,
            );
        }
    }
}

/// Returns the labels of footnotes that are referred to from outside of footnotes.
fn footnotes_referred_to<'e>(events: &'e [(Event<'_>, Range<usize>)]) -> BTreeSet<&'e str> {
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
