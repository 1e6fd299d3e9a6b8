//! Tags alone on a lazy line: to the parser part of a paragraph or a row, to GitHub the beginning of a block.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the parser's events are not ours: a new kind of them is text like any other"
)]

use std::ops::Range;

use pulldown_cmark::{Event, Tag, TagEnd};

use crate::domain::text::shown_text::EventAt;
use crate::domain::text::shown_text::containers::{is_lazy, item_width};
use crate::domain::text::shown_text::labels::follows_only;

/// What stands on lazy lines.
#[derive(Debug, Default)]
pub(super) struct LazyTags {
    /// Names of tags that begin a block.
    pub(super) names: Vec<Range<usize>>,
    /// Whether something like a tag stands there inside of code, or of a comment or tag over lines: whether it ends that is read
    /// differently.
    pub(super) is_inside: bool,
}

/// Returns the names of tags that stand alone on a line which goes on with a paragraph of a quote or an item that it is no
/// part of, or with a table: to the parser they are part of the paragraph, or a row, and GitHub begins a block of HTML.
pub(super) fn lazy_tags(source: &str, events: &[EventAt<'_>]) -> LazyTags {
    let mut found = LazyTags::default();
    let mut containers: Vec<Option<usize>> = Vec::new();
    let mut is_table = false;
    for (event, range) in events {
        match event {
            Event::Start(Tag::BlockQuote(_)) => containers.push(None),
            Event::Start(Tag::Item) => containers.push(Some(item_width(source, range.start))),
            Event::Start(Tag::FootnoteDefinition(_)) => containers.push(Some(4)),
            Event::End(TagEnd::BlockQuote(_) | TagEnd::Item | TagEnd::FootnoteDefinition) => {
                containers.pop();
            }
            Event::Start(Tag::Table(_)) => is_table = true,
            Event::End(TagEnd::Table) => is_table = false,
            Event::InlineHtml(_) if source[range.clone()].contains('\n') => {
                found.is_inside |= lines_behind_first(source, range)
                    .any(|(prefix, text, _)| text.starts_with('<') && is_lazy(prefix, &containers));
            }
            Event::InlineHtml(_) if is_table || !containers.is_empty() => {
                let is_alone = follows_only(source, range.start, is_of_quote)
                    && source[range.end..]
                        .chars()
                        .take_while(|c| *c != '\n')
                        .all(char::is_whitespace);
                if !is_alone {
                    continue;
                }
                let prefix = source.as_bytes()[..range.start]
                    .iter()
                    .rev()
                    .take_while(|byte| is_of_quote(**byte))
                    .count();
                let prefix = &source[range.start - prefix..range.start];
                let slash = usize::from(source[range.start..].starts_with("</"));
                let name = range.start + 1 + slash;
                let length = source[name..range.end]
                    .find(|c: char| !c.is_ascii_alphanumeric() && c != '-')
                    .unwrap_or(0);
                if length > 0 && (is_table || is_lazy(prefix, &containers)) {
                    found.names.push(name..name + length);
                }
            }
            // In a span of code over lines, a page may have begun a block before.
            Event::Code(_) if !containers.is_empty() => {
                for (prefix, text, start) in lines_behind_first(source, range) {
                    if !text.starts_with('<') || !is_lazy(prefix, &containers) {
                        continue;
                    }
                    found.is_inside = true;
                    let length = lone_tag(text.trim_end());
                    if length > 0 {
                        let slash = usize::from(text.starts_with("</"));
                        let name = start + 1 + slash;
                        found.names.push(name..name + length);
                    }
                }
            }
            _ => {}
        }
    }
    found
}

/// The lines of a part behind its first one: the marks of quotes before the text, the text, and where that begins.
fn lines_behind_first<'s>(
    source: &'s str,
    part: &Range<usize>,
) -> impl Iterator<Item = (&'s str, &'s str, usize)> {
    let mut end = part.start;
    let lines = source[part.clone()].split_inclusive('\n').map(move |line| {
        end += line.len();
        let text = line.trim_start_matches([' ', '\t', '>']);
        (&line[..line.len() - text.len()], text, end - text.len())
    });
    lines.skip(1)
}

const fn is_of_quote(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'>')
}

/// Returns the length of the name when a text is one tag and nothing else.
fn lone_tag(text: &str) -> usize {
    let Some(inside) = text
        .strip_prefix('<')
        .and_then(|text| text.strip_suffix('>'))
    else {
        return 0;
    };
    let inside = inside.strip_prefix('/').unwrap_or(inside);
    if inside.contains(['<', '>']) || !inside.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return 0;
    }
    let name = inside
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '-')
        .unwrap_or(inside.len());
    let is_name = inside[name..].is_empty() || inside[name..].starts_with([' ', '\t', '/']);
    if is_name { name } else { 0 }
}

/// Gives a tag another name of the same length, with which it begins a block everywhere.
pub(super) fn make_block(name: &mut [u8]) {
    for (index, byte) in name.iter_mut().enumerate() {
        *byte = match index {
            0 => b'p',
            1 => b' ',
            _ => b'x',
        };
    }
}
