//! Character references of HTML: `&zwj;`, `&#8203;`, `&#x200B`.
//!
//! Decodes one at a time, so that what it stands for can be judged. Knows no table of names: the Markdown parser has one.

use pulldown_cmark::{Event, Parser};

/// A reference in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::domain::text) struct Entity {
    /// Where it begins, and how long it is.
    pub(in crate::domain::text) start: usize,
    /// Its length in bytes, with the semicolon if it has one.
    pub(in crate::domain::text) length: usize,
    /// What it stands for.
    pub(in crate::domain::text) decoded: String,
}

/// Returns the references in a piece of raw HTML. Browsers also take numbers without the semicolon.
pub(in crate::domain::text) fn entities(text: &str) -> impl Iterator<Item = Entity> + '_ {
    text.match_indices('&').filter_map(|(start, _)| {
        let rest = &text[start + 1..];
        let is_number = rest.starts_with('#');
        let name_length = if is_number {
            let is_hex = rest[1..].starts_with(['x', 'X']);
            let digits = if is_hex { 2 } else { 1 };
            let is_digit = |c: char| {
                if is_hex {
                    c.is_ascii_hexdigit()
                } else {
                    c.is_ascii_digit()
                }
            };
            digits
                + rest[digits..]
                    .find(|c| !is_digit(c))
                    .unwrap_or(rest.len() - digits)
        } else {
            rest.find(|c: char| !c.is_ascii_alphanumeric())
                .unwrap_or(rest.len())
        };
        let is_closed = rest[name_length..].starts_with(';');
        if name_length == 0 || (!is_number && !is_closed) {
            return None;
        }
        let name = &rest[..name_length];
        let decoded = if is_number {
            number(name)?
        } else {
            named(name)?
        };
        Some(Entity {
            start,
            length: 1 + name_length + usize::from(is_closed),
            decoded,
        })
    })
}

fn number(name: &str) -> Option<String> {
    let digits = &name[1..];
    let code = match digits.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => digits.parse(),
    };
    code.ok().and_then(char::from_u32).map(String::from)
}

fn named(name: &str) -> Option<String> {
    let text = format!("&{name};");
    let mut decoded = String::new();
    for event in Parser::new(&text) {
        if let Event::Text(text) = event {
            decoded.push_str(&text);
        }
    }
    (decoded != text).then_some(decoded)
}

/// Returns a text with its references decoded, as far as they are known.
pub(in crate::domain::text) fn decode(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut at = 0;
    for entity in entities(text) {
        decoded.push_str(&text[at..entity.start]);
        decoded.push_str(&entity.decoded);
        at = entity.start + entity.length;
    }
    decoded.push_str(&text[at..]);
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_as_browsers_read_them() {
        for (text, expected) in [
            ("a&amp;b", "a&b"),
            ("&#8203;x&#x200b;y&#X200B", "\u{200b}x\u{200b}y\u{200b}"),
            ("&#8203 x", "\u{200b} x"),
            ("&zwj;&zwnj;", "\u{200d}\u{200c}"),
            (
                "&nothing; & &; &# &#x &#; &#x110000; &#99999999999;",
                "&nothing; & &; &# &#x &#; &#x110000; &#99999999999;",
            ),
            ("&copy", "&copy"),
            ("&CounterClockwiseContourIntegral;&", "∳&"),
        ] {
            assert_eq!(decode(text), expected, "{text}");
        }
    }
}
