//! Reads HTML as a person at a page does: which words are there to be seen?
//!
//! A tokenizer by the HTML standard, a stack of open elements, and the rule of each element whose content browsers do not
//! show. Not a whole browser: it knows the elements that bodies are built from.

use std::collections::BTreeSet;

use super::words::words_in;

/// Whose page it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// A browser that is given the HTML as it is.
    Browser,
    /// A forge, which shows some tags as text (GitHub's filter) and reads CDATA sections and processing instructions to
    /// their own ends.
    Forge,
}

/// What a page shows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Page {
    /// Words that are shown, and words in addresses of links and pictures that are.
    pub(crate) given: BTreeSet<String>,
    /// Words that are shown, before anything was left open.
    pub(crate) required: BTreeSet<String>,
}

/// Elements whose content no browser shows, or only in place of something else. `bdo`, `svg` and `math` show theirs in
/// another form than it is written, which is no better.
const HIDING: [&str; 18] = [
    "audio", "bdo", "canvas", "datalist", "dialog", "iframe", "math", "meter", "noembed",
    "noframes", "noscript", "progress", "rp", "select", "svg", "template", "video", "title",
];

/// Elements in which browsers read no tags. `textarea` and `xmp` show their text, tags and all, which no Markdown can
/// say: the reader leaves it out, and so does this one.
const RAW_TEXT: [&str; 9] = [
    "iframe", "noembed", "noframes", "noscript", "script", "style", "textarea", "title", "xmp",
];

const VOID: [&str; 10] = [
    "area", "br", "col", "embed", "hr", "img", "input", "link", "source", "wbr",
];

/// Tags that end an open paragraph.
const ENDS_PARAGRAPH: [&str; 22] = [
    "blockquote",
    "center",
    "details",
    "div",
    "dl",
    "figure",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "li",
    "ol",
    "p",
    "pre",
    "section",
    "summary",
    "table",
    "ul",
    "dd",
];

/// Elements through which no end tag of another reaches.
const BARRIERS: [&str; 6] = ["template", "select", "svg", "math", "td", "th"];

/// Tags that GitHub's filter shows as text.
const FILTERED: [&str; 9] = [
    "iframe",
    "noembed",
    "noframes",
    "plaintext",
    "script",
    "style",
    "textarea",
    "title",
    "xmp",
];

struct Open {
    name: String,
    hides: bool,
    /// Words of the address of a link, and whether it shows something.
    link: Option<(BTreeSet<String>, bool)>,
}

/// Reads a page. Behind `open_end` nothing is required.
pub(super) fn read(html: &str, reading: Reading, open_end: char) -> Page {
    let mut reader = Reader {
        page: Page::default(),
        stack: Vec::new(),
        is_open_ended: false,
        is_behind_task: false,
    };
    let mut at = 0;
    while at < html.len() {
        let rest = &html[at..];
        let found = token(rest, reading);
        let (text, length) = match &found {
            Token::Filtered => {
                // The reader takes it for a tag, and everything else for hidden.
                let tag = match token(rest, Reading::Browser) {
                    Token::Tag(tag) => &rest[..tag.length],
                    Token::Filtered | Token::Text(_) | Token::Comment(_) | Token::Open => rest,
                };
                reader.is_open_ended |= tag[1..].contains('<');
                (&rest[..1], 1)
            }
            Token::Text(length) | Token::Comment(length) => {
                let text = &rest[..*length];
                // A declaration over lines: see the reader.
                let is_declaration = text.starts_with("<!") && !text.starts_with("<!--");
                reader.is_open_ended |= is_declaration && text.contains('\n');
                (text, *length)
            }
            Token::Tag(tag) => {
                // In a quote, the end may be a mark of the quote: the reader hides everything behind it.
                let text = &rest[..tag.length];
                let ends_line = text
                    .rsplit_once('\n')
                    .is_some_and(|(_, line)| line.trim() == ">");
                reader.is_open_ended |=
                    ends_line && reader.stack.iter().any(|open| open.name == "blockquote");
                (text, tag.length)
            }
            Token::Open => (rest, rest.len()),
        };
        if let Token::Text(_) = found {
            reader.text(text.split(open_end).next().unwrap_or_default());
        }
        reader.is_open_ended |= text.contains(open_end);
        if let Token::Text(_) = found
            && let Some((_, after)) = text.split_once(open_end)
        {
            reader.text(after);
        }
        // An item of nothing but definitions: the reader takes what is indented below for more of it.
        reader.is_open_ended |= rest.starts_with("<li></li>");
        // A table that code follows without a blank line: the reader takes the code for rows that hide.
        reader.is_open_ended |= rest.starts_with("</table>\n<pre>");
        at += length;
        if let Token::Tag(tag) = found {
            at += reader.tag(&tag, &html[at..]);
        }
    }
    reader.pop_to(0);
    reader.page
}

/// Returns whether a raw block leaves markup open, or an element that hides what follows, by any reading.
pub(super) fn ends_open(html: &str) -> bool {
    [Reading::Browser, Reading::Forge]
        .into_iter()
        .any(|reading| ends_open_by(html, reading))
}

fn ends_open_by(html: &str, reading: Reading) -> bool {
    let mut at = 0;
    let mut hiding: Vec<String> = Vec::new();
    while at < html.len() {
        match token(&html[at..], reading) {
            Token::Filtered => at += 1,
            Token::Text(length) | Token::Comment(length) => at += length,
            Token::Open => return true,
            Token::Tag(tag) => {
                at += tag.length;
                let hides = HIDING.contains(&&*tag.name) || RAW_TEXT.contains(&&*tag.name);
                if tag.is_closing {
                    if let Some(open) = hiding.iter().rposition(|open| *open == tag.name) {
                        hiding.truncate(open);
                    }
                } else if hides || tag.name == "plaintext" {
                    hiding.push(tag.name);
                }
            }
        }
    }
    !hiding.is_empty()
}

struct Reader {
    page: Page,
    stack: Vec<Open>,
    is_open_ended: bool,
    is_behind_task: bool,
}

impl Reader {
    fn text(&mut self, text: &str) {
        if self.is_hidden() {
            return;
        }
        // Markup that is text by GitHub's older rules (a declaration without a word in capitals, a comment that ends in more
        // than two dashes, anything that does not end) is hidden by the reader, by the newer ones, to wherever it ends.
        self.is_open_ended |= text.contains("&lt;?")
            || text.split("&lt;!").skip(1).any(|rest| {
                rest.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '-' | '['))
            });
        let words = words_in(text);
        // Behind the mark of a task GitHub begins a block, and reads definitions; this renderer reads text.
        if !text.trim().is_empty() {
            self.is_open_ended |= std::mem::take(&mut self.is_behind_task) && text.contains("]:");
        }
        // The reader takes tags in it out, and what they hide.
        self.is_open_ended |= shows_source(text);
        // What looks like a definition and is none, for a line that makes a table of it or an address that is empty, is hidden
        // by the reader.
        self.is_open_ended |= text.contains("]:") || text.starts_with(':');
        if !self.is_open_ended {
            self.page.required.extend(words.iter().cloned());
        }
        self.page.given.extend(words);
        let blanks = ["&nbsp;", "\u{a0}", "\u{200b}"];
        let text = blanks
            .iter()
            .fold(text.to_owned(), |text, blank| text.replace(blank, ""));
        if !text.trim().is_empty() {
            self.show();
        }
    }

    fn show(&mut self) {
        for open in &mut self.stack {
            if let Some((_, shows)) = &mut open.link {
                *shows = true;
            }
        }
    }

    fn is_hidden(&self) -> bool {
        self.stack.iter().any(|open| open.hides)
    }

    fn pop_to(&mut self, length: usize) {
        while self.stack.len() > length {
            let Some(open) = self.stack.pop() else { return };
            let is_hidden = self.is_hidden();
            if let Some((words, true)) = open.link
                && !is_hidden
            {
                self.page.given.extend(words);
            }
        }
    }

    /// Takes a tag; returns how much of what follows belongs to it.
    fn tag(&mut self, tag: &Tag, rest: &str) -> usize {
        let name = &*tag.name;
        if tag.is_closing {
            let barrier = self
                .stack
                .iter()
                .rposition(|open| {
                    // The end of a template is found through everything.
                    name != "template" && BARRIERS.contains(&&*open.name) && open.name != name
                })
                .map_or(0, |barrier| barrier + 1);
            if let Some(open) = self.stack.iter().rposition(|open| open.name == name)
                && open >= barrier
            {
                self.note_implied_ends(open + 1);
                self.pop_to(open);
            }
            return 0;
        }
        // Outside tables, browsers pass over their parts.
        let is_part_of_table = matches!(name, "td" | "th" | "tr" | "tbody" | "thead" | "tfoot");
        if is_part_of_table && self.stack.iter().all(|open| open.name != "table") {
            return 0;
        }
        if ENDS_PARAGRAPH.contains(&name)
            && let Some(open) = self.stack.iter().rposition(|open| open.name == "p")
            && !self.stack[open..]
                .iter()
                .any(|open| BARRIERS.contains(&&*open.name))
        {
            self.note_implied_ends(open);
            // A link goes on in the next paragraph.
            let links: Vec<Open> = self.stack[open..]
                .iter_mut()
                .filter_map(|open| {
                    let link = open.link.take()?;
                    Some(Open {
                        name: "a".to_owned(),
                        hides: false,
                        link: Some(link),
                    })
                })
                .collect();
            self.pop_to(open);
            self.stack.extend(links);
        }
        if matches!(name, "rt" | "rp")
            && self.stack.iter().any(|open| open.name == "ruby")
            && let Some(open) = self.stack.last()
            && matches!(&*open.name, "rt" | "rp")
        {
            // In something hidden, the reader waits for the tag that ends it.
            self.is_open_ended |= self.stack[..self.stack.len() - 1]
                .iter()
                .any(|open| open.hides);
            self.pop_to(self.stack.len() - 1);
        }
        if name == "a"
            && let Some(open) = self.stack.iter().rposition(|open| open.name == "a")
        {
            // The renderer makes links around links, which are text on GitHub, with their addresses.
            if let Some((_, shows)) = &mut self.stack[open].link {
                *shows = true;
            }
            self.note_implied_ends(open);
            self.pop_to(open);
        }
        self.is_behind_task |= name == "input";
        if name == "img" {
            let source = tag.value("src").unwrap_or_default();
            if !self.is_hidden() && tag.is_seen() {
                self.show();
                self.page.given.extend(words_in(source));
            }
        }
        // The mark of a footnote is a link of its own, and ends one that it stands in.
        if tag.value("class") == Some("footnote-ref") {
            self.show();
        }
        if VOID.contains(&name) {
            return 0;
        }
        let link = (name == "a").then(|| {
            let address = tag.value("href").unwrap_or_default();
            // The label of a footnote is no address of the author's.
            let is_of_note = address.starts_with("#fn");
            (
                if is_of_note || !has_scheme_of(address, &["http", "https", "mailto"]) {
                    BTreeSet::new()
                } else {
                    words_in(address)
                },
                false,
            )
        });
        // A video's address is one of a picture.
        if name == "video" && !self.is_hidden() && tag.is_seen() {
            let source = tag.value("src").unwrap_or_default();
            self.page.given.extend(words_in(source));
        }
        if RAW_TEXT.contains(&name) {
            let close = format!("</{name}");
            let folded = rest.to_ascii_lowercase();
            let end = folded
                .match_indices(&close)
                .map(|(start, _)| start)
                .find(|start| {
                    folded[start + close.len()..]
                        .starts_with(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>'))
                })
                .and_then(|start| Some(start + folded[start..].find('>')? + 1));
            // Tags in it are text to a browser, and tags to the reader.
            let inside = rest[..end.unwrap_or(rest.len())].matches('<').count();
            self.is_open_ended |= end.is_none() || inside > 1;
            return end.unwrap_or(rest.len());
        }
        if name == "plaintext" {
            self.is_open_ended = true;
            return rest.len();
        }
        self.stack.push(Open {
            name: tag.name.clone(),
            hides: HIDING.contains(&name),
            link,
        });
        0
    }

    /// What hides and is ended by something else than its own tag may hide more for the reader.
    fn note_implied_ends(&mut self, from: usize) {
        let is_implied = |open: &Open| open.hides;
        self.is_open_ended |= self.stack[from..].iter().any(is_implied);
    }
}

/// Returns whether a text holds what looked like the mark of a footnote and is none: the renderer shows what stands
/// between its brackets as it is written, tags too, which the reader takes out.
fn shows_source(text: &str) -> bool {
    text.split("[^").skip(1).any(|rest| {
        rest.split(']')
            .next()
            .is_some_and(|inside| inside.contains("&lt;"))
    })
}

enum Token {
    /// The `<` of a tag that is shown as text: what is in its attributes is read as if it stood outside.
    Filtered,
    /// Characters that are shown.
    Text(usize),
    /// A comment, or what is read as one.
    Comment(usize),
    Tag(Tag),
    /// Markup that does not end.
    Open,
}

struct Tag {
    name: String,
    is_closing: bool,
    attributes: Vec<(String, String)>,
    length: usize,
}

impl Tag {
    fn value(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(attribute, _)| attribute == name)
            .map(|(_, value)| value.as_str())
    }

    /// Whether a picture can be loaded and is large enough to be seen, by everybody: GitHub shows some to people with a
    /// dark, or a bright, page only.
    fn is_seen(&self) -> bool {
        let is_small = |name| {
            let value = self.value(name).unwrap_or_default().trim_start();
            let digits: String = value.chars().take_while(char::is_ascii_digit).collect();
            digits.parse::<u32>().is_ok_and(|size| size < 8)
        };
        let source = self.value("src").unwrap_or_default();
        !source.trim().is_empty()
            && has_scheme_of(source, &["http", "https"])
            && !source.ends_with("-mode-only")
            && !is_small("width")
            && !is_small("height")
    }
}

/// Whether a page keeps an address: without a scheme, or with one of these.
fn has_scheme_of(address: &str, schemes: &[&str]) -> bool {
    let end = address.find([':', '/', '?', '#']).unwrap_or(address.len());
    !address[end..].starts_with(':') || schemes.contains(&&address[..end])
}

fn token(text: &str, reading: Reading) -> Token {
    if !text.starts_with('<') {
        return Token::Text(text.find('<').unwrap_or(text.len()));
    }
    let to = |from: usize, end: &str| {
        text.get(from..)
            .and_then(|rest| rest.find(end))
            .map_or(Token::Open, |at| Token::Comment(from + at + end.len()))
    };
    if text.starts_with("<!-->") {
        return Token::Comment(5);
    }
    if text.starts_with("<!--->") {
        return Token::Comment(6);
    }
    if text.starts_with("<!--") {
        return to(4, "-->");
    }
    if reading == Reading::Forge {
        if text.starts_with("<![CDATA[") {
            return to(9, "]]>");
        }
        if text.starts_with("<?") {
            return to(2, "?>");
        }
    }
    if text.starts_with("<!") || text.starts_with("<?") {
        return to(2, ">");
    }
    let is_closing = text.starts_with("</");
    let name_start = if is_closing { 2 } else { 1 };
    match text[name_start..].chars().next() {
        Some(c) if c.is_ascii_alphabetic() => tag(text, name_start, is_closing, reading),
        Some('>') if is_closing => Token::Comment(3),
        Some(_) if is_closing => to(2, ">"),
        _ => Token::Text(1),
    }
}

fn tag(text: &str, name_start: usize, is_closing: bool, reading: Reading) -> Token {
    let bytes = text.as_bytes();
    let is_end_of_name = |byte: u8| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>');
    let mut at = name_start;
    while at < bytes.len() && !is_end_of_name(bytes[at]) {
        at += 1;
    }
    let name = text[name_start..at].to_ascii_lowercase();
    if reading == Reading::Forge && FILTERED.contains(&&*name) {
        return Token::Filtered;
    }
    let mut attributes: Vec<(String, String)> = Vec::new();
    loop {
        while at < bytes.len() && (bytes[at].is_ascii_whitespace() || bytes[at] == b'/') {
            at += 1;
        }
        if at >= bytes.len() {
            return Token::Open;
        }
        if bytes[at] == b'>' {
            return Token::Tag(Tag {
                name,
                is_closing,
                attributes,
                length: at + 1,
            });
        }
        let start = at;
        at += 1;
        while at < bytes.len() && !is_end_of_name(bytes[at]) && bytes[at] != b'=' {
            at += 1;
        }
        let attribute = text[start..at].to_ascii_lowercase();
        let mut next = at;
        while next < bytes.len() && bytes[next].is_ascii_whitespace() {
            next += 1;
        }
        let mut value = String::new();
        if bytes.get(next) == Some(&b'=') {
            at = next + 1;
            while at < bytes.len() && bytes[at].is_ascii_whitespace() {
                at += 1;
            }
            match bytes.get(at) {
                Some(&quote @ (b'"' | b'\'')) => {
                    let Some(end) = text[at + 1..].find(char::from(quote)) else {
                        return Token::Open;
                    };
                    text[at + 1..at + 1 + end].clone_into(&mut value);
                    at += end + 2;
                }
                Some(_) => {
                    let start = at;
                    while at < bytes.len() && !bytes[at].is_ascii_whitespace() && bytes[at] != b'>'
                    {
                        at += 1;
                    }
                    text[start..at].clone_into(&mut value);
                }
                None => return Token::Open,
            }
        }
        if attributes.iter().all(|(known, _)| *known != attribute) {
            attributes.push((attribute, value));
        }
    }
}
