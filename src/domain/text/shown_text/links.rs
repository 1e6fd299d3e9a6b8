//! Links, as the parser and pages see them, and what of them goes.

use std::ops::Range;

use pulldown_cmark::{Event, LinkType, RefDefs, Tag};

use super::EventAt;
use crate::domain::text::cut::{Cut, CutKind};

/// A link whose end has not been read yet.
pub(super) struct OpenLink {
    pub(super) range: Range<usize>,
    /// End of what it shows.
    pub(super) shown_end: usize,
    pub(super) shows_something: bool,
    /// Whether another link began inside: browsers end this one there.
    pub(super) is_ended: bool,
    /// The destination, when the text behind the shown part has to be written anew.
    pub(super) rewritten: Option<String>,
    /// Names of raw tags that opened in its text, in lower case, and are open.
    pub(super) tags: Vec<String>,
}

impl OpenLink {
    /// Begins one; `rewritten` is the destination that is written anew behind it. What pages make no link of is shown.
    pub(super) fn new(range: &Range<usize>, is_link: bool, rewritten: Option<String>) -> Self {
        Self {
            range: range.clone(),
            shown_end: range.start + 1,
            shows_something: !is_link,
            is_ended: false,
            rewritten,
            tags: Vec::new(),
        }
    }

    /// Returns what goes of it when it ends.
    pub(super) fn cuts(self, source: &str) -> Vec<Cut> {
        // Of `[text][]` the range holds only the text.
        let end = self.range.end;
        let end = if source[end..].starts_with("[]") {
            end + 2
        } else {
            end
        };
        let tail = self.shown_end.min(self.range.end)..end;
        if !self.shows_something && self.is_ended {
            // What is inside is shown, and leads elsewhere.
            vec![
                Cut::hidden(self.range.start..self.range.start + 1),
                Cut::hidden(tail),
            ]
        } else if !self.shows_something {
            vec![Cut::hidden(self.range)]
        } else if let Some(destination) = self.rewritten {
            vec![Cut {
                range: tail,
                replacement: format!("]({destination})"),
                kind: CutKind::Unshown,
            }]
        } else {
            Vec::new()
        }
    }
}

/// Returns whether a reference without a label of its own has what looks like one behind it: pages make no link of it.
pub(super) fn is_no_link(source: &str, link_type: LinkType, range: &Range<usize>) -> bool {
    link_type == LinkType::Shortcut && source[range.end..].starts_with("[^")
}

/// Returns the definitions that links and pictures use, once for each use.
pub(super) fn used_definitions(
    source: &str,
    events: &[EventAt<'_>],
    definitions: &RefDefs<'_>,
) -> Vec<Range<usize>> {
    let mut used = Vec::new();
    for (event, range) in events {
        let Event::Start(Tag::Link { link_type, id, .. } | Tag::Image { link_type, id, .. }) =
            event
        else {
            continue;
        };
        if is_by_reference(*link_type)
            && !is_no_link(source, *link_type, range)
            && let Some(definition) = definitions.get(id)
        {
            used.push(definition.span.clone());
        }
    }
    used
}

/// Returns whether an inline tag begins a link.
pub(super) fn is_anchor(tag: &str) -> bool {
    let name = tag.trim_start_matches('<');
    let name = &name[..name
        .find(|c: char| !c.is_ascii_alphanumeric())
        .unwrap_or(name.len())];
    name.eq_ignore_ascii_case("a")
}

pub(super) const fn is_by_reference(link_type: LinkType) -> bool {
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
pub(super) fn destination(address: &str) -> String {
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
