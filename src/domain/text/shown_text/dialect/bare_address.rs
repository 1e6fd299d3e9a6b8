//! Bare addresses: where GitHub sees one, and the marks in it that mean nothing there.

use std::ops::Range;

use pulldown_cmark::{Event, Tag, TagEnd};

use crate::domain::text::shown_text::EventAt;
use crate::domain::text::shown_text::labels::follows_only;

/// Stands for a mark: punctuation, as most marks are, that means nothing.
pub(super) const MASK: u8 = b',';

/// Replaces everything in a bare address that could begin or end something.
pub(super) fn mask_marks(address: &mut [u8]) {
    for byte in address {
        if is_mark(*byte) {
            *byte = MASK;
        }
    }
}

const fn is_mark(byte: u8) -> bool {
    matches!(
        byte,
        b'`' | b'[' | b']' | b'!' | b'\\' | b'&' | b'*' | b'_' | b'~' | b'|'
    )
}

/// Bare addresses with marks in them.
#[derive(Debug, Default)]
pub(super) struct Marked {
    /// The first one of each block.
    pub(super) addresses: Vec<Range<usize>>,
    /// Whether one of them stands where some readers are still in a bracket, and some are not.
    pub(super) is_unsure: bool,
}

/// Returns the first bare address of each block that the parser found marks in.
pub(super) fn addresses_with_marks(source: &str, events: &[EventAt<'_>]) -> Marked {
    let mut found = Marked::default();
    let (mut is_in_brackets, mut is_code, mut depth, mut is_done) = (false, false, 0_usize, false);
    // How many brackets are open: behind one that was closed, some readers remember the others.
    let mut brackets = 0_usize;
    let mut is_closed_in_link = false;
    let mut block = 0;
    // No address reaches out of its cell.
    let mut readable = source;
    let mut hopeless = 0;
    for (event, range) in events {
        match event {
            Event::Start(Tag::CodeBlock(_)) => is_code = true,
            Event::End(TagEnd::CodeBlock) => is_code = false,
            Event::Start(Tag::Link { .. } | Tag::Image { .. }) => {
                is_in_brackets = true;
                is_closed_in_link = false;
                depth += 1;
            }
            Event::End(TagEnd::Link | TagEnd::Image) => {
                is_in_brackets = false;
                depth = depth.saturating_sub(1);
            }
            Event::Start(
                Tag::Emphasis
                | Tag::Strong
                | Tag::Strikethrough
                | Tag::Superscript
                | Tag::Subscript,
            )
            | Event::End(
                TagEnd::Emphasis
                | TagEnd::Strong
                | TagEnd::Strikethrough
                | TagEnd::Superscript
                | TagEnd::Subscript,
            ) => {}
            Event::Start(_) | Event::End(_) | Event::Rule => {
                (is_in_brackets, is_done) = (false, false);
                brackets = 0;
                block = range.start;
                let is_cell = matches!(event, Event::Start(Tag::TableCell));
                readable = if is_cell {
                    &source[..range.end]
                } else {
                    source
                };
            }
            // Behind a bracket that was closed in the text of a link, some readers are in none, and see an address.
            Event::Text(_) if !is_code && depth > 0 => {
                let text = &source[range.clone()];
                is_closed_in_link |= text.contains(']') && !source[..range.start].ends_with('\\');
                let has_address = ["www.", "://"].iter().any(|begin| text.contains(begin));
                found.is_unsure |= is_closed_in_link && has_address;
            }
            Event::Text(_) if !is_code && !is_done && depth == 0 => {
                let mut at = range.start;
                while at < range.end {
                    // The parser begins a text behind the mark that takes the meaning of the next one.
                    let is_escaped = at == range.start && source[..at].ends_with('\\');
                    match source.as_bytes()[at] {
                        b'[' if !is_escaped => {
                            is_in_brackets = true;
                            brackets += 1;
                        }
                        b']' if !is_escaped => {
                            is_in_brackets = false;
                            brackets = brackets.saturating_sub(1);
                        }
                        _ => {}
                    }
                    let address = (!is_in_brackets)
                        .then(|| bare_address(readable, block, at, &mut hopeless))
                        .flatten();
                    if let Some(address) = address {
                        if source.as_bytes()[address.clone()]
                            .iter()
                            .copied()
                            .any(is_mark)
                        {
                            found.is_unsure |= brackets > 0;
                            found.addresses.push(address);
                            is_done = true;
                            break;
                        }
                        at = address.end.max(at + 1);
                    } else {
                        at += 1;
                    }
                }
            }
            Event::Text(_)
            | Event::Code(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::Html(_)
            | Event::InlineHtml(_)
            | Event::FootnoteReference(_)
            | Event::SoftBreak
            | Event::HardBreak
            | Event::TaskListMarker(_) => {}
        }
    }
    found
}

/// Returns the bare address that begins at `at`, in the block that begins at `block`. Before `hopeless` none begins with
/// `www`.
fn bare_address(
    source: &str,
    block: usize,
    at: usize,
    hopeless: &mut usize,
) -> Option<Range<usize>> {
    let rest = source.get(at..)?;
    let is_www = rest.starts_with("www.");
    let scheme = ["https://", "http://", "ftp://"]
        .into_iter()
        .find(|scheme| rest.starts_with(scheme));
    // Asked for every byte of a text: what is dear comes last.
    if !is_www && scheme.is_none() {
        return None;
    }
    let begins_line = follows_only(source, at, |byte| matches!(byte, b' ' | b'\t' | b'>'));
    let before = source[block.min(at)..at]
        .chars()
        .next_back()
        .filter(|_| !begins_line);
    let host = match scheme {
        None => {
            let is_free = before.is_none_or(|c| {
                c.is_ascii_whitespace() || matches!(c, '*' | '_' | '~' | '(' | '[')
            });
            if !is_free || at < *hopeless {
                return None;
            }
            match domain(&rest[4..], false) {
                Ok(length) => 4 + length,
                Err(length) => {
                    *hopeless = at + 4 + length;
                    return None;
                }
            }
        }
        Some(scheme) => {
            if before.is_some_and(|c| c.is_ascii_alphabetic()) {
                return None;
            }
            scheme.len() + domain(&rest[scheme.len()..], true).ok()?
        }
    };
    let end = host
        + rest[host..]
            .find(|c: char| c.is_ascii_whitespace() || c == '<')
            .unwrap_or(rest.len() - host);
    Some(at..at + without_tail(&rest[..end]))
}

/// Returns the length of a domain that a text begins with; what is none, up to where none of this text begins either.
fn domain(text: &str, is_short_allowed: bool) -> Result<usize, usize> {
    let (mut dots, mut before_last_dot, mut behind_last_dot) = (0, 0, 0);
    // Where the last two parts begin.
    let (mut part_before, mut part) = (0, 0);
    let mut end = text.len();
    for (at, c) in text.char_indices() {
        match c {
            '\\' => {}
            '_' => behind_last_dot += 1,
            '.' => {
                before_last_dot = behind_last_dot;
                behind_last_dot = 0;
                (part_before, part) = (part, at + 1);
                dots += 1;
            }
            c if c.is_alphanumeric() || c == '-' => {}
            _ => {
                end = at;
                break;
            }
        }
    }
    let has_underscores = before_last_dot > 0 || behind_last_dot > 0;
    if (is_short_allowed || dots > 0) && !has_underscores {
        Ok(end)
    } else {
        Err(part_before)
    }
}

/// Returns the length of an address without the punctuation behind it.
fn without_tail(address: &str) -> usize {
    let mut address = address;
    let mut unopened = address
        .matches(')')
        .count()
        .saturating_sub(address.matches('(').count());
    while let Some(last) = address.chars().next_back() {
        let shorter = &address[..address.len() - last.len_utf8()];
        let is_tail = match last {
            '?' | '!' | '.' | ',' | ':' | '*' | '_' | '~' | '\'' | '"' => true,
            ')' if unopened > 0 => {
                unopened -= 1;
                true
            }
            ';' => {
                let name = shorter.trim_end_matches(|c: char| c.is_ascii_alphabetic());
                if name.len() < shorter.len() && name.ends_with('&') {
                    address = &name[..name.len() - 1];
                    continue;
                }
                true
            }
            _ => false,
        };
        if !is_tail {
            break;
        }
        address = shorter;
    }
    address.len()
}
