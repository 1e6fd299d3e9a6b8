//! The part of a body that counts: without code, struck-through text and comments of the page's source.
//!
//! A code span leaves a mark, because a field that holds only code names something all the same; one that says "none" keeps
//! the word.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::nothing;

/// Stands for a code span.
pub(super) const CODE: char = '\u{fffc}';

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
        end = range.end;
    }
    kept.push_str(&body[end..]);
    kept
}

/// What is taken out, in the order of the text, and what is put there. What lies in a longer cut goes with it.
fn cuts(body: &str) -> Vec<(Range<usize>, String)> {
    let mut cuts = Vec::new();
    let mut struck_since: Option<usize> = None;
    for (event, range) in Parser::new_ext(body, Options::ENABLE_STRIKETHROUGH).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(_)) => cuts.push((range, "\n".to_owned())),
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
