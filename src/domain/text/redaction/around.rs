//! What stands around a place on its line, no farther than sense reaches.
//!
//! Lines of machines can be as long as a text. Whoever looked at all of such a line for each of its words would take time with
//! the square of its length.

use std::borrow::Cow;
use std::ops::Range;

/// How many bytes of a line are looked at, to either side.
const REACH: usize = 1_000;

/// Returns what stands before a place on its line.
pub(super) fn before(text: &str, at: usize) -> &str {
    let from = boundary(text, at.saturating_sub(REACH));
    let reach = &text[from..at];
    &reach[reach.rfind('\n').map_or(0, |end| end + 1)..]
}

/// Returns what stands behind a place on its line.
pub(super) fn behind(text: &str, at: usize) -> &str {
    let reach = head(&text[at..], REACH);
    &reach[..reach.find('\n').unwrap_or(reach.len())]
}

/// Returns about as many bytes of the beginning of a text, at least as many as asked for unless it is shorter.
pub(super) fn head(text: &str, bytes: usize) -> &str {
    &text[..boundary(text, bytes.min(text.len()))]
}

/// Returns a part of a text without what stands around it.
pub(super) fn bare(text: &str, part: Range<usize>, around: &[char]) -> Range<usize> {
    let whole = &text[part.clone()];
    let start = part.start + whole.len() - whole.trim_start_matches(around).len();
    start..start + whole.trim_matches(around).len()
}

/// Returns a line in which lists of strings stand as words do in a command: `["mysql", "-px"]`. All places stay the same.
pub(super) fn as_command(line: &str) -> Cow<'_, str> {
    let is_quote = |byte: Option<&u8>| matches!(byte, Some(b'"' | b'\''));
    let is_list = ["\",", "',", "[\"", "['"]
        .iter()
        .any(|sign| line.contains(sign));
    if !is_list {
        return Cow::Borrowed(line);
    }
    let bytes = line.as_bytes();
    let is_of_list = |at: usize| {
        let before = at.checked_sub(1).and_then(|at| bytes.get(at));
        let behind = bytes.get(at + 1);
        let byte = bytes[at];
        (byte == b'[' && is_quote(behind))
            || (byte == b']' && is_quote(before))
            || (byte == b',' && is_quote(before) && (is_quote(behind) || behind == Some(&b' ')))
    };
    Cow::Owned(
        line.char_indices()
            .map(|(at, c)| if is_of_list(at) { ' ' } else { c })
            .collect(),
    )
}

/// Returns the inside of the object that stands behind a name, in JSON or in text that holds JSON: up to its first closing brace.
pub(super) fn object_behind(text: &str, name_end: usize) -> Option<Range<usize>> {
    let behind = text[name_end..].trim_start_matches(['\\', '"']);
    let value = behind.trim_start().strip_prefix(':')?;
    let inside = value.trim_start().strip_prefix('{')?;
    let start = text.len() - inside.len();
    Some(start..start + inside.find('}').unwrap_or(inside.len()))
}

/// Returns the next place from `at` on at which a character begins.
pub(super) fn boundary(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_looked_at_as_far_as_sense_reaches() {
        assert_eq!((before("a\nbc", 3), behind("ab\nc", 1)), ("b", "b"));
        assert_eq!((before("", 0), behind("", 0)), ("", ""));
        let long = "ä".repeat(2 * REACH);
        let at = long.len() / 2;
        assert_eq!(before(&long, at).len(), REACH);
        assert_eq!(behind(&long, at).len(), REACH);
        assert_eq!(head("äö", 1), "ä");
    }

    #[test]
    fn lists_of_strings_are_read_as_commands() {
        for (line, expected) in [
            ("[\"mysql\", \"-px\"]", " \"mysql\"  \"-px\" "),
            ("['a','b,c'] é, x[0]", " 'a' 'b,c'  é, x[0]"),
            ("a \"b\", c", "a \"b\"  c"),
            ("a, b[0]", "a, b[0]"),
            ("", ""),
        ] {
            assert_eq!(as_command(line), expected);
            assert_eq!(as_command(line).len(), line.len());
        }
    }
}
