//! Labels in brackets, and what stands before a place on its line.
//!
//! Looks at the letters only, without the parser. Every question takes time that does not grow with the length of the line: the
//! places are found once, or the search ends at the first letter that answers it.

use std::ops::Range;

/// The most bytes of a label: longer ones refer to nothing on GitHub.
const LABEL_MAX: usize = 1_000;

/// Returns the labels of all `[^label]`, in their order. They hold no blanks, and may hold brackets that open.
pub(super) fn footnote_labels(source: &str) -> Vec<Range<usize>> {
    let mut labels = Vec::new();
    // Where the next closing bracket or blank stands: the same for all that open before it.
    let mut end = 0;
    for (at, _) in source.match_indices("[^") {
        let start = at + 2;
        if end < start {
            end = source[start..]
                .find(|c: char| c == ']' || c.is_whitespace())
                .map_or(source.len(), |length| start + length);
        }
        if source[end..].starts_with(']') && end - start <= LABEL_MAX {
            labels.push(start..end);
        }
    }
    labels
}

/// Returns whether nothing but bytes of one kind stands before a place on its line.
pub(super) fn follows_only(source: &str, at: usize, is_of: impl Fn(u8) -> bool) -> bool {
    source.as_bytes()[..at]
        .iter()
        .rev()
        .take_while(|byte| **byte != b'\n')
        .all(|byte| is_of(*byte))
}

/// Returns whether nothing but marks of quotes and lists stands before a place on its line.
pub(super) fn begins_line(source: &str, at: usize) -> bool {
    follows_only(source, at, is_mark)
}

/// Returns whether a byte is one of a mark of a quote or a list, or a blank between them.
pub(super) const fn is_mark(byte: u8) -> bool {
    matches!(
        byte,
        b' ' | b'\t' | b'>' | b'-' | b'+' | b'*' | b'.' | b')' | b'0'..=b'9'
    )
}

/// The brackets and blank lines of a source.
#[derive(Debug)]
pub(super) struct Brackets {
    brackets: Vec<usize>,
    blank_lines: Vec<usize>,
}

impl Brackets {
    /// Finds them.
    pub(super) fn of(source: &str) -> Self {
        let bytes = source.as_bytes();
        let mut found = Self {
            brackets: Vec::new(),
            blank_lines: Vec::new(),
        };
        for (at, byte) in bytes.iter().enumerate() {
            match byte {
                b'[' | b']' => found.brackets.push(at),
                b'\n' if bytes.get(at + 1) == Some(&b'\n') => found.blank_lines.push(at),
                _ => {}
            }
        }
        found
    }

    /// Returns whether `[^` is the last bracket before a part of a paragraph, and `]` the first one behind it.
    pub(super) fn is_in_label(&self, source: &str, part: &Range<usize>) -> bool {
        let before = |places: &[usize], at: usize| {
            let index = places.partition_point(|place| *place < at);
            index.checked_sub(1).map(|index| places[index])
        };
        let behind = |places: &[usize], at: usize| {
            let index = places.partition_point(|place| *place < at);
            places.get(index).copied()
        };
        let paragraph = before(&self.blank_lines, part.start).unwrap_or(0);
        let paragraph_end = behind(&self.blank_lines, part.end).unwrap_or(source.len());
        let is_open = before(&self.brackets, part.start)
            .is_some_and(|open| open >= paragraph && source[open..].starts_with("[^"));
        let closes = behind(&self.brackets, part.end)
            .is_some_and(|close| close < paragraph_end && source[close..].starts_with(']'));
        is_open && closes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_hold_no_blanks_and_are_not_longer_than_pages_read() {
        for (source, expected) in [
            ("[^a] [^b c] [^[d] [^", vec!["a", "[d"]),
            ("[^[^x]]", vec!["[^x", "x"]),
            ("[^a\n]", vec![]),
            ("[^]", vec![""]),
        ] {
            let labels = footnote_labels(source);
            let found: Vec<&str> = labels.into_iter().map(|label| &source[label]).collect();
            assert_eq!(found, expected, "{source:?}");
        }
        let long = "[^".repeat(2_000) + "]";
        assert_eq!(footnote_labels(&long).len(), LABEL_MAX / 2 + 1);
    }

    #[test]
    fn a_line_begins_behind_marks() {
        for (before, expected) in [("", true), ("a\n > 1. ", true), ("\n> a ", false)] {
            assert_eq!(begins_line(before, before.len()), expected, "{before:?}");
        }
    }

    #[test]
    fn a_tag_is_in_a_label_between_its_brackets() {
        for (before, behind, expected) in [
            ("[^a", "b]", true),
            ("[^", "]", true),
            ("[a", "]", false),
            ("[^a]", "]", false),
            ("[^a[", "]", false),
            ("[^a", "[b]", false),
            ("[^a", "", false),
            ("[^a\n\n", "]", false),
            ("[^a\n", "\n\n]", false),
            ("[^a\n", "\n]", true),
        ] {
            let source = format!("{before}<i>{behind}");
            let tag = before.len()..before.len() + 3;
            let found = Brackets::of(&source).is_in_label(&source, &tag);
            assert_eq!(found, expected, "{source:?}");
        }
    }
}
