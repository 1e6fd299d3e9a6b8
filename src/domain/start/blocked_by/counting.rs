//! The part of a body that counts: without code, struck-through text and comments of the page's source.
//!
//! A code span leaves a mark, because a field that holds only code names something all the same; one that says "none" keeps
//! the word. Where text behind a colon was taken out, blank space of its own kind says that the rest of the line was not empty.
//! Links that are defined elsewhere get their address, and the definitions go.

use std::ops::Range;

use pulldown_cmark::{Event, LinkType, Options, Parser, Tag, TagEnd};

use super::instead::{CODE, TAKEN_OUT};
use super::mention::issue_address;
use super::nothing;

/// Returns the text that counts, line for line as it was written.
pub(super) fn counting_text(body: &str) -> String {
    let mut kept = String::with_capacity(body.len());
    let mut end = 0;
    for (range, instead) in cuts(body) {
        if range.start < end {
            continue;
        }
        kept.push_str(&body[end..range.start]);
        kept.push_str(&instead);
        // More decoration than this behind a colon is none.
        let sign = kept
            .chars()
            .rev()
            .take(8)
            .find(|c| !matches!(c, ' ' | '\t' | '*' | '_' | '~'));
        if instead.is_empty() && range.len() > 1 && matches!(sign, Some(':' | '：')) {
            kept.push(TAKEN_OUT);
        }
        end = range.end;
    }
    kept.push_str(&body[end..]);
    kept
}

/// What is taken out, in the order of the text, and what is put there. What lies in a longer cut goes with it.
fn cuts(body: &str) -> Vec<(Range<usize>, String)> {
    let mut cuts = Vec::new();
    let mut struck_since: Option<usize> = None;
    let events = Parser::new_ext(body, Options::ENABLE_STRIKETHROUGH).into_offset_iter();
    for (_, definition) in events.reference_definitions().iter() {
        let span = definition.span.clone();
        let is_line = body[..span.start].is_empty() || body[..span.start].ends_with('\n');
        // A title may say anything.
        let is_address = definition.title.is_none() && definition.dest.contains("://");
        // Writers of Markdown hide remarks in the titles of such definitions.
        let is_address = is_address || matches!(&*definition.dest, "" | "#");
        if is_line && is_address && !is_reference(&body[span.clone()]) {
            cuts.push((span, String::new()));
        }
    }
    cuts.extend(remarks(body));
    for (event, range) in events {
        if let Event::Text(_) = event
            && let Some(sign) = escape_before(body, range.start)
        {
            cuts.push((sign, String::new()));
        }
        match event {
            Event::Start(Tag::Link {
                link_type: LinkType::Reference | LinkType::Collapsed,
                dest_url,
                ..
            }) => {
                let name = body[range.clone()].rfind("][");
                let name = name.map_or(range.end, |at| range.start + at + 1);
                cuts.extend(address_at(name..range.end, &dest_url));
            }
            Event::Start(Tag::Link {
                link_type: LinkType::Shortcut,
                dest_url,
                ..
            }) => cuts.extend(address_at(range.end..range.end, &dest_url)),
            // A value that is code is none that can be read, and not none at all.
            Event::Start(Tag::CodeBlock(_)) => {
                let inner = body[range.clone()]
                    .trim_matches(|c: char| c.is_whitespace() || c == '`' || c == '~');
                let instead = if nothing::is_nothing(inner) {
                    inner.to_owned()
                } else {
                    CODE.to_string()
                };
                cuts.push((range, format!("{instead}\n")));
            }
            Event::Code(code) => {
                let instead = if nothing::is_nothing(&code) {
                    code.into_string()
                } else {
                    CODE.to_string()
                };
                cuts.push((range, instead));
            }
            Event::Start(Tag::Strikethrough) => cuts.push((range, String::new())),
            Event::InlineHtml(tag) => {
                if tag.starts_with("<!--") {
                    cuts.push((range, String::new()));
                } else if let Some(address) = address_of_link(&tag)
                    && !body[range.end..].starts_with(['#', '!'])
                {
                    cuts.push((range, format!(" {address} ")));
                } else if is_tag(&tag, "<") && struck_since.is_none() {
                    struck_since = Some(range.start);
                } else if is_tag(&tag, "</")
                    && let Some(start) = struck_since.take()
                {
                    cuts.push((start..range.end, String::new()));
                }
            }
            Event::Start(Tag::HtmlBlock) => cuts.extend(unseen_in_html(body, range)),
            // Entities read as what they stand for.
            Event::Text(text) if *text != body[range.clone()] => {
                cuts.push((range, text.into_string()));
            }
            Event::End(TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::Item) => {
                struck_since = None;
            }
            Event::Start(_)
            | Event::End(_)
            | Event::Text(_)
            | Event::Html(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::FootnoteReference(_)
            | Event::SoftBreak
            | Event::HardBreak
            | Event::Rule
            | Event::TaskListMarker(_) => {}
        }
    }
    cuts.sort_by_key(|(range, _)| (range.start, std::cmp::Reverse(range.end)));
    cuts
}

/// Lines such as `[//]: # (remark)`, each of which defines the same link anew: the parser tells the first one only.
fn remarks(body: &str) -> Vec<(Range<usize>, String)> {
    let mut found = Vec::new();
    let mut start = 0;
    // A definition does not interrupt a paragraph.
    let mut may_begin = true;
    for line in body.split_inclusive('\n') {
        let text = line.trim_start_matches(['>', ' ', '\t']);
        let is_remark = ["[//]: #", "[//]: <", "[comment]: #", "[comment]: <"]
            .iter()
            .any(|begin| {
                let head = text.get(..begin.len());
                head.is_some_and(|head| head.eq_ignore_ascii_case(begin))
            });
        if is_remark && may_begin {
            found.push((start..start + line.trim_end().len(), String::new()));
        }
        may_begin = is_remark && may_begin || text.trim().is_empty() || text.starts_with('#');
        start += line.len();
    }
    found
}

/// Whether a definition could be an item of a list: `[#12]: address`.
fn is_reference(definition: &str) -> bool {
    definition
        .split(']')
        .next()
        .is_some_and(|label| label.contains(['#', '^']))
}

/// Puts the address where a link names its definition: `[text][name]`, `[text][]`, `[text]`.
fn address_at(name: Range<usize>, address: &str) -> Option<(Range<usize>, String)> {
    let is_plain =
        address.contains("://") && !address.contains(|c: char| c.is_whitespace() || c == ')');
    is_plain.then(|| (name, format!("({address})")))
}

/// A backslash before text that would keep words from being read as they are shown. Others stay: without them, text could
/// become a mark.
fn escape_before(body: &str, text: usize) -> Option<Range<usize>> {
    let before = body[..text].strip_suffix('\\')?;
    let is_shown = body[text..].starts_with([':', '_', '/']);
    is_shown.then_some(before.len()..text)
}

/// Comments and struck-through text in a block of raw HTML. What is not closed there counts.
fn unseen_in_html(body: &str, block: Range<usize>) -> Vec<(Range<usize>, String)> {
    let mut cuts = Vec::new();
    // Nothing that closes these follows: they are not looked for again.
    let mut left_open: Vec<&str> = Vec::new();
    let mut at = block.start;
    while let Some(tag) = body[at..block.end].find('<').map(|offset| at + offset) {
        let rest = &body[tag..block.end];
        let close = if rest.starts_with("<!--") {
            Some("-->")
        } else {
            ["del", "s", "strike"]
                .iter()
                .zip(["</del>", "</s>", "</strike>"])
                .find(|(name, _)| opens(rest, name))
                .map(|(_, close)| close)
        };
        let end = close
            .filter(|close| !left_open.contains(close))
            // `<!-->` ends at once.
            .and_then(|close| find_folded(&rest[1..], close))
            .map(|end| tag + 1 + end);
        let tag_end = rest.bytes().take(TAG_MAX).position(|byte| byte == b'>');
        let link = tag_end.and_then(|end| {
            let end = end + 1;
            let address = address_of_link(&rest[..end])?;
            // What it shows says the same.
            (!rest[end..].starts_with(['#', '!'])).then_some((tag + end, address))
        });
        if let Some((end, address)) = link {
            cuts.push((tag..end, format!(" {address} ")));
            at = end;
            continue;
        }
        at = match end {
            Some(end) => {
                cuts.push((tag..end, String::new()));
                end
            }
            None => {
                left_open.extend(close);
                tag + 1
            }
        };
    }
    cuts
}

/// A longer tag leads to no issue.
const TAG_MAX: usize = 500;

/// The address that a tag of a link in raw HTML leads to.
fn address_of_link(tag: &str) -> Option<&str> {
    if tag.len() > TAG_MAX || !opens(tag, "a") {
        return None;
    }
    let (_, value) = tag.split_once("href=")?;
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let address = value[1..].split(quote).next()?;
    let is_plain = !address.contains(char::is_whitespace);
    (is_plain && issue_address(address).is_some()).then_some(address)
}

/// Whether a text begins with the opening tag of an element.
fn opens(text: &str, name: &str) -> bool {
    text.get(1..=name.len())
        .is_some_and(|found| found.eq_ignore_ascii_case(name))
        && text[1 + name.len()..].starts_with(|c: char| c.is_ascii_whitespace() || c == '>')
}

/// Where `wanted` ends in a text, in any case.
fn find_folded(text: &str, wanted: &str) -> Option<usize> {
    text.as_bytes()
        .windows(wanted.len())
        .position(|found| found.eq_ignore_ascii_case(wanted.as_bytes()))
        .map(|at| at + wanted.len())
}

/// Whether this is a tag of struck-through text.
fn is_tag(tag: &str, opening: &str) -> bool {
    tag.strip_prefix(opening)
        .and_then(|rest| rest.strip_suffix('>'))
        .and_then(|rest| rest.split_whitespace().next())
        .is_some_and(|name| {
            ["del", "s", "strike"]
                .iter()
                .any(|known| name.eq_ignore_ascii_case(known))
        })
}
