//! Reads one tag as a browser does.
//!
//! Does not decide what becomes of the element.

use super::elements::{FLAG_ATTRIBUTES, SIZE_ATTRIBUTES};
use super::entity::decode;
use crate::domain::text::address::{is_followed, shows_picture};

/// A tag, as a browser reads it.
pub(super) struct Tag<'a> {
    pub(super) is_closing: bool,
    is_self_closing: bool,
    pub(super) name: &'a str,
    /// All attributes.
    attributes: Vec<(&'a str, Option<&'a str>)>,
    /// Attributes that stay.
    kept: Vec<(&'a str, Option<&'a str>)>,
    /// Whether something does not stay.
    pub(super) is_trimmed: bool,
    pub(super) length: usize,
}

impl<'a> Tag<'a> {
    /// Reads the tag that `text` begins with; `None` when it does not end.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let is_closing = text.starts_with("</");
        let name_start = if is_closing { 2 } else { 1 };
        let is_delimiter = |c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>');
        let name_end = name_start + text[name_start..].find(is_delimiter)?;
        let mut tag = Tag {
            is_closing,
            is_self_closing: false,
            name: &text[name_start..name_end],
            attributes: Vec::new(),
            kept: Vec::new(),
            is_trimmed: false,
            length: 0,
        };
        let mut at = name_end;
        loop {
            at += text[at..].find(|c: char| !c.is_ascii_whitespace())?;
            match text.as_bytes()[at] {
                b'>' => {
                    tag.length = at + 1;
                    tag.is_self_closing = text[..at].ends_with('/');
                    return Some(tag);
                }
                b'/' => at += 1,
                _ => {
                    let (name, value, end) = attribute(text, at)?;
                    tag.attributes.push((name, value));
                    if !is_closing && stays(tag.name, name, value) {
                        tag.kept.push((name, value));
                    } else {
                        tag.is_trimmed = true;
                    }
                    at = end;
                }
            }
        }
    }

    /// Returns the value of an attribute, empty when it has none; `name` is in lower case.
    pub(super) fn value(&self, name: &str) -> Option<&'a str> {
        self.attributes
            .iter()
            .find(|(attribute, _)| attribute.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.unwrap_or_default())
    }

    /// Returns the addresses that the tag names.
    pub(super) fn addresses(&self) -> impl Iterator<Item = &'a str> + '_ {
        ["href", "src"]
            .into_iter()
            .filter_map(|name| self.value(name))
    }

    /// Returns whether a picture has no address, or no size to be seen in.
    pub(super) fn shows_no_picture(&self) -> bool {
        let is_tiny = |name| {
            self.value(name)
                .and_then(|size| pixels(&decode(size)))
                .is_some_and(|size| size < PICTURE_MIN)
        };
        let shows = |address: &str| shows_picture(&decode(address));
        !self.value("src").is_some_and(shows) || is_tiny("width") || is_tiny("height")
    }

    /// Writes the tag with the attributes that stay.
    pub(super) fn trimmed(&self) -> String {
        let mut text = String::from(if self.is_closing { "</" } else { "<" });
        text.push_str(self.name);
        for (name, value) in &self.kept {
            text.push(' ');
            text.push_str(name);
            if let Some(value) = value {
                text.push_str(&format!("=\"{value}\""));
            }
        }
        text.push_str(if self.is_self_closing { "/>" } else { ">" });
        text
    }
}

/// The least width and height, in pixels, of a picture that people see.
const PICTURE_MIN: f64 = 8.0;

/// Reads a size as browsers do: blanks, a number, and whatever follows.
fn pixels(size: &str) -> Option<f64> {
    let size = size.trim_start_matches(|c: char| c.is_ascii_whitespace());
    let size = size.strip_prefix('+').unwrap_or(size);
    let end = size
        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .unwrap_or(size.len());
    let number = &size[..end];
    let fraction = number.match_indices('.').nth(1).map_or(end, |(at, _)| at);
    number[..fraction].parse().ok()
}

/// Reads the attribute at `at`; returns name, value and where it ends.
fn attribute(text: &str, at: usize) -> Option<(&str, Option<&str>, usize)> {
    // A leading `=` belongs to the name.
    let first = text[at..].chars().next().map_or(0, char::len_utf8);
    let name_end = at
        + first
        + text[at + first..]
            .find(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>' | '='))?;
    let name = &text[at..name_end];
    let behind = name_end + text[name_end..].find(|c: char| !c.is_ascii_whitespace())?;
    if text.as_bytes()[behind] != b'=' {
        return Some((name, None, name_end));
    }
    let start = behind + 1 + text[behind + 1..].find(|c: char| !c.is_ascii_whitespace())?;
    let (start, end, next) = match text.as_bytes()[start] {
        quote @ (b'"' | b'\'') => {
            let end = start + 1 + text[start + 1..].find(char::from(quote))?;
            (start + 1, end, end + 1)
        }
        _ => {
            let end = start + text[start..].find(|c: char| c.is_ascii_whitespace() || c == '>')?;
            (start, end, end)
        }
    };
    Some((name, Some(&text[start..end]), next))
}

/// Returns whether an attribute is given to the agent: addresses, sizes, and words that change the look.
fn stays(element: &str, name: &str, value: Option<&str>) -> bool {
    const LONGEST_SIZE: usize = 6;
    const PLACES: [&str; 7] = [
        "left", "right", "center", "justify", "top", "middle", "bottom",
    ];
    let name = name.to_ascii_lowercase();
    let value = value.unwrap_or("");
    match name.as_str() {
        "src" | "href" => {
            let elements: &[&str] = if name == "href" {
                &["a"]
            } else {
                &["img", "video"]
            };
            elements
                .iter()
                .any(|known| element.eq_ignore_ascii_case(known))
                && !value.contains(|c: char| c.is_whitespace() || c == '"')
                && is_followed(&decode(value))
        }
        "align" | "valign" => PLACES.iter().any(|place| value.eq_ignore_ascii_case(place)),
        name if SIZE_ATTRIBUTES.contains(&name) => {
            let size = value.trim_end_matches(['%', 'p', 'x']);
            value.len() <= LONGEST_SIZE
                && size
                    .bytes()
                    .all(|byte| byte.is_ascii_digit() || byte == b'.')
        }
        name => {
            FLAG_ATTRIBUTES.contains(&name)
                && (value.is_empty() || value.eq_ignore_ascii_case(name))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_browsers_read_them() {
        for (size, expected) in [
            ("100", Some(100.0)),
            ("1px", Some(1.0)),
            (" +1e9", Some(1.0)),
            ("0.5%", Some(0.5)),
            ("1.5.9", Some(1.5)),
            ("1 000", Some(1.0)),
            (".5", Some(0.5)),
            ("", None),
            ("auto", None),
            ("-1", None),
        ] {
            assert_eq!(pixels(size), expected, "{size:?}");
        }
    }

    #[test]
    fn pictures_without_address_or_size_are_not_shown() {
        for (tag, is_shown) in [
            ("<img src=a.png>", true),
            ("<img src=a.png width=8 height=8>", true),
            ("<img src=a.png width=auto>", true),
            ("<img src=a.png width=7>", false),
            ("<img src  =  'a.png' width\n=  9>", true),
            ("<img src  =  'a.png' width\n=  7>", false),
            ("<img src=a.png height=\"0\">", false),
            ("<img src=a.png width=\"&#49;\">", false),
            ("<img src=a.png width=1e9>", false),
            ("<img src=\"&#32;\">", false),
            ("<img src=\"data:x\">", false),
            ("<img src=\"&#x64;ata:x\">", false),
            ("<img>", false),
        ] {
            let tag = Tag::parse(tag).unwrap();
            assert_eq!(!tag.shows_no_picture(), is_shown, "{}", tag.trimmed());
        }
    }
}
