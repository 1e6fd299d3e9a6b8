//! Turns Markdown into the part of it that its page shows.
//!
//! Parses as forges do and cuts the source in place, so that what is left is still the author's Markdown: text in
//! code blocks and code spans stays, whatever it looks like. Two kinds of parts go. *Hidden* ones carry text that
//! nobody sees: comments, definitions that nothing refers to, links without text, surplus table cells, content of
//! `<script>` and its kin. *Unshown* ones are the small print of shown things: alternative texts, titles, unknown
//! tags and attributes, words behind the language of a code block, definitions (their links are written out).
//! Whether a hidden part refuses is the trust gate's decision.
//!
//! It does not look into pictures, destinations of links, or diagrams and formulas that a forge draws from code.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, CowStr, Event, LinkType, Options, Parser, Tag, TagEnd};

use crate::domain::text::hidden_characters::{hidden_characters, is_invisible};
use crate::domain::text::shown_html::{Cut, CutKind, HtmlScan};

/// The shown part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::domain) struct ShownText {
    /// The text without hidden and unshown parts, lines ended by `\n`.
    pub(in crate::domain) text: String,
    /// Number of hidden parts that were removed.
    pub(in crate::domain) removed_hidden: usize,
    /// Number of unshown parts that were left out.
    pub(in crate::domain) removed_unshown: usize,
    /// Hidden characters anywhere in the source, also those written as entities.
    pub(in crate::domain) hidden_characters: BTreeSet<char>,
}

impl ShownText {
    /// Reads a text that is shown as it is, such as a title.
    pub(in crate::domain) fn of_plain(source: &str) -> Self {
        let text = with_plain_line_ends(source);
        Self {
            hidden_characters: hidden_characters(&text),
            text,
            removed_hidden: 0,
            removed_unshown: 0,
        }
    }

    /// Reads Markdown.
    pub(in crate::domain) fn of_markdown(source: &str) -> Self {
        let plain = Self::of_plain(source);
        let mut page = Page::read(&plain.text);
        page.hidden_characters.extend(&plain.hidden_characters);
        let (text, removed_hidden, removed_unshown) = apply(&plain.text, page.cuts);
        Self {
            text: text.trim_start_matches('\n').trim_end().to_owned(),
            removed_hidden,
            removed_unshown,
            hidden_characters: page.hidden_characters,
        }
    }
}

fn with_plain_line_ends(source: &str) -> String {
    source.replace("\r\n", "\n").replace('\r', "\n")
}

/// Returns the text after all cuts, and how many of each kind were made. A cut inside another one is not counted.
fn apply(source: &str, mut cuts: Vec<Cut>) -> (String, usize, usize) {
    cuts.sort_by_key(|cut| (cut.range.start, Reverse(cut.range.end)));
    let mut text = String::with_capacity(source.len());
    let (mut at, mut hidden, mut unshown) = (0, 0, 0);
    for cut in cuts {
        let Range { start, end } = cut.range;
        if end <= at {
            continue;
        }
        if start >= at {
            text.push_str(&source[at..start]);
            text.push_str(&cut.replacement);
        }
        at = end;
        match cut.kind {
            CutKind::Hidden => hidden += 1,
            CutKind::Unshown => unshown += 1,
        }
    }
    text.push_str(&source[at..]);
    (text, hidden, unshown)
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

/// What is found while a page is read.
#[derive(Default)]
struct Page {
    cuts: Vec<Cut>,
    hidden_characters: BTreeSet<char>,
    /// Parts of the source that are shown, or belong to something shown.
    covered: Vec<Range<usize>>,
}

impl Page {
    fn read(source: &str) -> Self {
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
                if !page.covered.contains(&range) {
                    page.covered.push(range.clone());
                    page.cut(range, String::new(), CutKind::Unshown);
                }
            }
        }
        page.read_events(source, &events);
        page.cut_uncovered(source);
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
        // End of the inline event before this one, as long as no block began or ended in between.
        let mut inline_end: Option<usize> = None;
        for (event, range) in events {
            self.cover(event, range, source, &mut inline_end);
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

    /// Notes which part of the source an event shows.
    fn cover(
        &mut self,
        event: &Event<'_>,
        range: &Range<usize>,
        source: &str,
        inline_end: &mut Option<usize>,
    ) {
        let is_inline = match event {
            Event::Start(tag) => match tag {
                Tag::Emphasis
                | Tag::Strong
                | Tag::Strikethrough
                | Tag::Superscript
                | Tag::Subscript
                | Tag::Link { .. }
                | Tag::Image { .. } => true,
                Tag::Paragraph
                | Tag::Heading { .. }
                | Tag::CodeBlock(_)
                | Tag::HtmlBlock
                | Tag::TableCell
                | Tag::MetadataBlock(_) => {
                    self.covered.push(range.clone());
                    false
                }
                Tag::FootnoteDefinition(_) => {
                    // Its label.
                    let label = source[range.clone()].find("]:").map_or(0, |end| end + 2);
                    self.covered.push(range.start..range.start + label);
                    false
                }
                Tag::BlockQuote(_)
                | Tag::List(_)
                | Tag::Item
                | Tag::DefinitionList
                | Tag::DefinitionListTitle
                | Tag::DefinitionListDefinition
                | Tag::Table(_)
                | Tag::TableHead
                | Tag::TableRow => false,
            },
            Event::End(tag) => matches!(
                tag,
                TagEnd::Emphasis
                    | TagEnd::Strong
                    | TagEnd::Strikethrough
                    | TagEnd::Superscript
                    | TagEnd::Subscript
                    | TagEnd::Link
                    | TagEnd::Image
            ),
            Event::Rule | Event::Html(_) => {
                self.covered.push(range.clone());
                false
            }
            Event::Text(_)
            | Event::Code(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::InlineHtml(_)
            | Event::FootnoteReference(_)
            | Event::SoftBreak
            | Event::HardBreak
            | Event::TaskListMarker(_) => true,
        };
        if is_inline {
            let start = inline_end.map_or(range.start, |end| end.min(range.start));
            self.covered.push(start..range.end);
            *inline_end = Some(inline_end.map_or(range.end, |end| end.max(range.end)));
        } else {
            *inline_end = None;
        }
    }

    /// Cuts every line that no event shows and that is more than the marks of lists, quotes and tables: definitions
    /// that nothing refers to or that come second, and surplus cells.
    fn cut_uncovered(&mut self, source: &str) {
        let mut covered = std::mem::take(&mut self.covered);
        covered.push(source.len()..source.len());
        covered.sort_by_key(|range| range.start);
        let mut at = 0;
        for range in covered {
            if range.start > at {
                self.cut_gap(source, at..range.start);
            }
            at = at.max(range.end);
        }
    }

    fn cut_gap(&mut self, source: &str, gap: Range<usize>) {
        let mut start = gap.start;
        let mut open: Option<Range<usize>> = None;
        for line in source[gap].split_inclusive('\n') {
            let range = start..start + line.trim_end().len();
            start += line.len();
            let is_mark = |c: char| {
                c.is_whitespace()
                    || c.is_ascii_digit()
                    || matches!(c, '>' | '-' | '+' | '*' | '.' | ')' | '|' | ':' | '\\')
            };
            if line.chars().all(is_mark) {
                if let Some(hidden) = open.take() {
                    self.cut(hidden, String::new(), CutKind::Hidden);
                }
            } else {
                open = Some(open.map_or(range.start, |open| open.start)..range.end);
            }
        }
        if let Some(hidden) = open {
            self.cut(hidden, String::new(), CutKind::Hidden);
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Hidden parts, unshown parts, and the text.
    fn shown(source: &str) -> (usize, usize, String) {
        let shown = ShownText::of_markdown(source);
        assert_eq!(shown.hidden_characters, BTreeSet::new(), "{source:?}");
        (shown.removed_hidden, shown.removed_unshown, shown.text)
    }

    #[test]
    fn text_that_a_page_shows_stays_as_it_is() {
        for source in [
            "",
            "Plain *text* with **marks**, ~~more~~ and `code`\\\nand two lines  \nof it",
            "# Heading\n\nSetext\n======\n\n***\n\n> quote\nlazy\n\n> [!NOTE]\n> look",
            "- tight \\* item\n- [ ] task\n  - nested\n\n1. loose\n\n2. list",
            "Literal `<!-- comment -->` and\n\n```html\n<!-- comment -->\n<script>x</script>\n[a]: b\n```\n\n    <!-- indented -->",
            "~~~\n<!-- a -->\n~~~",
            "\\<!-- not a comment --> and &lt;!-- neither --&gt;",
            "| a | b |\n|---|:-:|\n| `x` | c \\| d |",
            "[text](https://example.org/a_(b)) <https://example.org> https://example.org a@b.example",
            "![](https://example.org/a.png)",
            "<details open><summary>Log</summary>\n\ntext\n\n</details>\n\nH<sub>2</sub>O<br/>",
            "<img src=\"https://example.org/a.png\" width=\"100%\">",
            "Note[^1] here\n\n[^1]: The note.",
            "a < b && c > d, 1 <2, x<-y, <3",
            "- [a]\n- b\\\n  c",
        ] {
            assert_eq!(shown(source), (0, 0, source.to_owned()), "{source:?}");
        }
    }

    #[test]
    fn hidden_parts_are_removed_and_counted() {
        for (source, hidden, expected) in [
            ("a <!-- x --> b", 1, "a  b"),
            ("a<!-- x\ny -->b<!-- z -->c", 2, "abc"),
            ("<!-- x -->\n\ntext", 1, "text"),
            ("<!-- x\n\n```\ny\n```\n-->\ntext", 1, "text"),
            ("text\n\n<!-- x", 1, "text"),
            ("text\n\n<!-- x\n\nmore", 1, "text"),
            ("<div><!-- x\n\nmore -->\n\nmore", 1, "<div>"),
            ("<div title=\"x\n\nmore", 1, ""),
            ("> <!-- x\n> y --> z\n\nend", 1, ">  z\n\nend"),
            ("- <!-- x -->\n- b", 1, "- \n- b"),
            ("<!--> a -->", 1, " a -->"),
            ("a <?x y?> b <!X y> c <![CDATA[ z ]]> d", 3, "a  b  c  d"),
            ("<script>\nx\n\ny</script> z", 1, " z"),
            ("a <script>x *y*</script> b", 1, "a  b"),
            ("a <style>x", 1, "a"),
            ("<svg><text>x</text></svg>", 1, ""),
            ("<bdo dir=\"rtl\">x</bdo>", 1, ""),
            ("</ x y>", 1, "</ x y>"),
            ("<div></ x y></div>", 1, "<div></div>"),
            ("text\n\n[//]: # (x)", 1, "text"),
            (
                "text\n\n[a]: <b>\n  \"x\n  y\"\n\nmore",
                1,
                "text\n\n\n\nmore",
            ),
            ("> [a]: b\n> c", 1, "> c"),
            ("- [a]: b\n  c", 1, "  c"),
            ("[a]\n\n[a]: b\n[A]: c \"x\"", 1, "[a](b)"),
            ("text\n\n[^1]: x [^1]", 1, "text"),
            ("a[^1]\n\n[^1]: b\n\n[^1]: x", 1, "a[^1]\n\n[^1]: b"),
            ("a [](https://example.org/x) b", 1, "a  b"),
            ("a [ ](b \"x\") c", 1, "a  c"),
            ("| a |\n|---|\n| b | x |", 1, "| a |\n|---|\n| b"),
        ] {
            if source == "</ x y>" {
                // Markdown shows it.
                assert_eq!(shown(source), (0, 0, source.to_owned()));
                continue;
            }
            let (found, _, text) = shown(source);
            assert_eq!((found, text.as_str()), (hidden, expected), "{source:?}");
        }
    }

    #[test]
    fn entities_in_html_are_hidden_characters_when_they_stand_for_one() {
        for (source, hidden) in [
            ("<div>a&#x202e;b &lt; &nbsp;c</div>", vec!['\u{202e}']),
            ("<div title=\"a\">1 &lt; 2 &amp; x</div>", Vec::new()),
        ] {
            let shown = ShownText::of_markdown(source);
            assert!(shown.hidden_characters.iter().eq(&hidden), "{source:?}");
        }
    }

    #[test]
    fn unshown_parts_are_left_out() {
        for (source, unshown, expected) in [
            ("![x](a.png)", 1, "![](a.png)"),
            ("![x *y* ![z](c)](a.png \"t\") d", 1, "![](a.png) d"),
            ("[a](b \"x\") c", 1, "[a](b) c"),
            ("<div>a</div title=\"x\">", 1, "<div>a</div>"),
            (
                "<div>1 <5 title=\"x\"> 2</div>",
                0,
                "<div>1 <5 title=\"x\"> 2</div>",
            ),
            ("[`a` *b*](<c d> 'x')", 1, "[`a` *b*](c%20d)"),
            ("[![x](a.png)](b)", 1, "[![](a.png)](b)"),
            ("[text][do x]\n\n[do x]: b (y)", 2, "[text](b)"),
            (
                "[text][] and [text]\n\n[text]: b",
                3,
                "[text](b) and [text](b)",
            ),
            ("![x][img]\n\n[img]: a.png", 2, "![](a.png)"),
            ("```rust do x\ncode\n```", 1, "```rust\ncode\n```"),
            (
                "~~~  rust title=\"x\"\ncode\n~~~",
                1,
                "~~~  rust\ncode\n~~~",
            ),
            ("> ```sh x y\n> code\n> ```", 1, "> ```sh\n> code\n> ```"),
            (
                "<img alt='x' src=a.png width=10 data-x=\"y\"/>",
                1,
                "<img src=\"a.png\" width=\"10\"/>",
            ),
            ("<p do evil>a</p >", 1, "<p>a</p >"),
            ("Vec<String>", 1, "Vec"),
            ("a </b x> c", 0, "a </b x> c"),
            ("<a href=\"do x\" HREF='b'>c</a>", 1, "<a HREF=\"b\">c</a>"),
        ] {
            let (hidden, found, text) = shown(source);
            assert_eq!(
                (hidden, found, text.as_str()),
                (0, unshown, expected),
                "{source:?}"
            );
        }
    }

    #[test]
    fn entities_do_not_hide_characters() {
        for source in [
            "a&#x200B;b",
            "a&zwj;b",
            "a&#8203;b",
            "<div>a&#x202e;b</div>",
            "<div>a&#8203 b</div>",
            "<div>&shy;</div>",
            "[a](b&#xE0041;)",
            "![](b&#xE0041;)",
        ] {
            assert_eq!(
                ShownText::of_markdown(source).hidden_characters.len(),
                1,
                "{source:?}"
            );
        }
        assert_eq!(shown("`&zwj;` &amp;zwj;\n\n    &zwj;\n\n&nbsp;&copy;").0, 0);
    }

    #[test]
    fn line_ends_become_plain() {
        assert_eq!(shown("a\r\nb\rc").2, "a\nb\nc");
    }

    #[test]
    fn hostile_texts_take_linear_time() {
        for unit in [
            "[",
            "![",
            "[a](",
            "[a]: b\n",
            "[a][b] ",
            "<!--",
            "<",
            "</",
            "<a ",
            "<script>",
            "</script ",
            "<script></scripts>\n",
            "<div>\n</x",
            "&",
            "&#x200b",
            "`",
            "*a _b ",
            "> ",
            "- ",
            "| a ",
            "[^a]: ",
            "<a b=\"",
            "\u{200D}👨",
            "```a b\n",
        ] {
            let _ = ShownText::of_markdown(&unit.repeat(65_536 / unit.len()));
            let _ =
                ShownText::of_markdown(&format!("<script>\n{}", unit.repeat(65_536 / unit.len())));
        }
    }

    #[test]
    fn no_text_is_too_strange() {
        use proptest::prelude::*;
        use proptest::test_runner::{Config, RngSeed, TestRunner};

        let mut runner = TestRunner::new(Config {
            cases: 4_000,
            rng_seed: RngSeed::Fixed(1),
            failure_persistence: None,
            ..Config::default()
        });
        let token = prop::sample::select(vec![
            "a",
            "é",
            "😀",
            " ",
            "  ",
            "    ",
            "\n",
            "\n\n",
            "\r\n",
            "\t",
            "<!--",
            "-->",
            "<",
            ">",
            "</",
            "/>",
            "<div>",
            "</div>",
            "<script>",
            "</script>",
            "<img alt=",
            "\"",
            "'",
            "=",
            "&#x200B;",
            "&amp;",
            "&",
            "[",
            "]",
            "(",
            ")",
            "![",
            "](b)",
            "]: b",
            "[a]",
            "[^1]",
            "[^1]: ",
            "`",
            "```",
            "~~~",
            "``` é x",
            "|",
            "|---|",
            "- ",
            "1. ",
            "> ",
            "# ",
            "*",
            "_",
            "\\",
            "<?",
            "?>",
            "<![CDATA[",
            "]]>",
            "<!X",
            "\0",
        ]);
        let text = prop::collection::vec(token, 0..40).prop_map(|tokens| tokens.concat());
        let checked = runner.run(&text, |source| {
            let shown = ShownText::of_markdown(&source);
            prop_assert!(!shown.text.contains('\r'));
            Ok(())
        });
        checked.unwrap();
    }
}
