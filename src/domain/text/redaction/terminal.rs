//! What terminals do not show: colours, titles, and the control characters between words.
//!
//! A sequence of colour that stands before a token would hide where it begins, and one inside would split it.

/// The longest sequence that is taken out; what goes on longer is text.
const LONGEST: usize = 256;

/// Returns a text without sequences and control characters other than line ends and tabs. What moves to another line, or
/// separates words, becomes a line end.
pub(super) fn plain(text: &str) -> String {
    // Texts of two bytes a letter have one of these behind every letter.
    let is_wide = text.matches('\0').count() * 3 > text.len();
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let behind = &rest[c.len_utf8()..];
        rest = match c {
            '\u{1B}' => &behind[sequence(behind)..],
            '\u{9B}' => &behind[parameters(behind)..],
            '\r' => {
                let is_line_end = behind.starts_with('\n') || behind.starts_with("\r\n");
                if !is_line_end {
                    plain.push('\n');
                }
                behind
            }
            '\0' if is_wide => behind,
            '\0' | '\u{B}' | '\u{C}' | '\u{1C}'..='\u{1F}' => {
                plain.push('\n');
                behind
            }
            _ => {
                if !c.is_control() || matches!(c, '\n' | '\t') {
                    plain.push(c);
                }
                behind
            }
        };
    }
    plain
}

/// Returns the length of the sequence behind an escape character.
fn sequence(text: &str) -> usize {
    if let Some(rest) = text.strip_prefix('[') {
        return 1 + parameters(rest);
    }
    // Another set of characters: `tput sgr0` chooses the usual one behind each colour.
    if text.starts_with(['(', ')', '*', '+']) {
        return match text.as_bytes().get(1) {
            Some(b'0'..=b'9' | b'A'..=b'Z') => 2,
            Some(_) | None => 0,
        };
    }
    if text.starts_with([']', 'P', '_', '^']) {
        let shown = text
            .char_indices()
            .take(LONGEST)
            .find(|(_, c)| matches!(c, '\u{7}' | '\u{1B}' | '\n'));
        return shown.map_or(0, |(at, _)| at);
    }
    0
}

/// Returns the length of the numbers of a sequence and of the letter that ends it; 0 when it does not end.
fn parameters(text: &str) -> usize {
    text.bytes()
        .take(LONGEST)
        .position(|byte| !(0x20..=0x3F).contains(&byte))
        .filter(|&end| (0x40..=0x7E).contains(&text.as_bytes()[end]))
        .map_or(0, |end| end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_and_controls_leave_no_trace() {
        for (text, expected) in [
            ("\u{1B}[31mred\u{1B}[0m", "red"),
            ("\u{1B}[38;5;196mx\u{1B}[m y", "x y"),
            ("\u{9B}1mx", "x"),
            ("\u{1B}]0;title\u{7}x", "x"),
            ("\u{1B}]8;;https://e.org\u{1B}\\x", "\\x"),
            ("\u{1B}(B\u{1B}[mx\u{1B})0y", "xy"),
            ("\u{1B}(é", "(é"),
            ("\u{1B}(", "("),
            ("\u{1B}x", "x"),
            ("\u{1B}[é", "é"),
            ("\u{1B}[1", "1"),
            ("a\r\nb\rc\r\r\nd", "a\nb\nc\nd"),
            ("A=1\0B=2", "A=1\nB=2"),
            ("a\0b", "a\nb"),
            ("g\0h\0p\0_\0", "ghp_"),
            ("a\u{8}b\u{C}c", "ab\nc"),
            ("größer\t✓\n", "größer\t✓\n"),
            ("", ""),
        ] {
            assert_eq!(plain(text), expected, "{text:?}");
        }
    }
}
