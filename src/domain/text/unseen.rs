//! What a page shows in another form than its source, so that nobody who reads the page sees that source.
//!
//! A diagram drawn from a block of code, a line whose text begins far off the screen, an address long enough to hold a
//! letter. None of it is removed: of a trusted author it is fine, of anybody else it refuses, which the trust gate decides.

use std::fmt;

use crate::domain::text::hidden_characters::is_invisible;

/// The most blanks in a row before text that still show the text on a usual screen.
pub(in crate::domain::text) const BLANKS_MAX: usize = 80;

/// The most characters of an address of a link or picture.
pub(in crate::domain::text) const ADDRESS_MAX_CHARS: usize = 500;

/// How many columns a browser gives to a tab in code.
const TAB_COLUMNS: usize = 8;

/// How many columns an empty cell of a table takes, at least.
const CELL_COLUMNS: usize = 3;

/// The most quotes and lists in each other whose text is still on a usual screen.
pub(in crate::domain::text) const NESTING_MAX: usize = 20;

/// The most elements in each other that make text smaller and leave it readable.
pub(in crate::domain::text) const SMALLER_MAX: usize = 3;

/// Parts of addresses that forges write shorter than they are: of issues, changes, commits and files.
const SHORTENED: [&str; 7] = [
    "/issues/",
    "/pull/",
    "/pulls/",
    "/commit/",
    "/compare/",
    "/discussions/",
    "/blob/",
];

/// Something that the page does not show as it is written. Displays as a phrase that names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unseen {
    /// A block or formula that pages draw: its kind.
    Drawn(&'static str),
    /// Text behind more than 80 blanks in a row: how many.
    OffScreen(usize),
    /// An address of a link or picture that is longer than 500 characters: its length in characters.
    LongAddress(usize),
    /// Text in more than 20 quotes and lists, one in the other, which leave no room for it: how many.
    Nested(usize),
    /// Text in more elements that make it smaller than leave it readable.
    TooSmall,
    /// Markup that pages read in different ways: what it is.
    Doubtful(&'static str),
}

impl fmt::Display for Unseen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Drawn(kind) => write!(f, "{kind} that the page draws"),
            Self::OffScreen(blanks) => write!(f, "text behind {blanks} blanks in a row"),
            Self::LongAddress(length) => write!(f, "an address of {length} characters"),
            Self::Nested(depth) => write!(f, "text in {depth} nested quotes and lists"),
            Self::TooSmall => f.write_str("text too small to be read"),
            Self::Doubtful(what) => write!(f, "{what}, which pages read in different ways,"),
        }
    }
}

impl Unseen {
    /// Returns what a page draws from a block of code in this language; `None` when it shows the code.
    pub(in crate::domain::text) fn drawn_from(language: &str) -> Option<Self> {
        let kind = match language.to_ascii_lowercase().as_str() {
            "mermaid" => "a mermaid diagram",
            "geojson" => "a geojson map",
            "topojson" => "a topojson map",
            "stl" => "an stl solid",
            "math" => "a math block",
            _ => return None,
        };
        Some(Self::Drawn(kind))
    }

    /// Looks at an address of a link or picture, as it is written.
    pub(in crate::domain::text) fn in_address(address: &str) -> Option<Self> {
        let length = address.chars().count();
        (length > ADDRESS_MAX_CHARS).then_some(Self::LongAddress(length))
    }

    /// Looks for bare addresses in prose that forges do not show as they are written. Others are shown whole.
    pub(in crate::domain::text) fn in_bare_addresses(prose: &str) -> Option<Self> {
        prose
            .split_whitespace()
            .filter(|word| word.len() > ADDRESS_MAX_CHARS && word.contains("://"))
            .filter(|word| SHORTENED.iter().any(|part| word.contains(part)))
            .find_map(Self::in_address)
    }

    /// Looks at how many quotes and lists stand in each other.
    pub(in crate::domain::text) fn in_containers(depth: usize) -> Option<Self> {
        (depth > NESTING_MAX).then_some(Self::Nested(depth))
    }
}

/// Measures rows of blanks that text follows on the same line.
#[derive(Debug, Default)]
pub(in crate::domain::text) struct BlankRow {
    now: usize,
    longest: usize,
}

impl BlankRow {
    /// Takes the next part of a line. In code every blank has its width; elsewhere browsers make one of all spaces and
    /// tabs, and leave the others as they are.
    pub(in crate::domain::text) fn push(&mut self, text: &str, is_code: bool) {
        for c in text.chars() {
            match c {
                '\n' => self.now = 0,
                '\t' if is_code => self.now += TAB_COLUMNS,
                ' ' if is_code => self.now += 1,
                '\t' | ' ' => {}
                c if has_wide_blank(c) => self.now += 1,
                // It has no width, so it does not end the row.
                c if is_invisible(c) => {}
                _ => {
                    self.longest = self.longest.max(self.now);
                    self.now = 0;
                }
            }
        }
    }

    /// Begins a new line.
    pub(in crate::domain::text) const fn end_line(&mut self) {
        self.now = 0;
    }

    /// Goes on with the next cell of a row.
    pub(in crate::domain::text) const fn next_cell(&mut self) {
        self.now += CELL_COLUMNS;
    }

    /// Returns the longest row when text behind it is off the screen.
    pub(in crate::domain::text) fn off_screen(&self) -> Option<Unseen> {
        (self.longest > BLANKS_MAX).then_some(Unseen::OffScreen(self.longest))
    }
}

/// Returns whether a character has width and no ink, and is not one that browsers make one of.
fn has_wide_blank(c: char) -> bool {
    let is_filler = matches!(
        c,
        '\u{115F}'
            | '\u{1160}'
            | '\u{3164}'
            | '\u{FFA0}'
            | '\u{2800}'
            | '\u{13441}'
            | '\u{13442}'
            | '\u{1D159}'
    );
    is_filler || (c.is_whitespace() && !c.is_ascii() && !is_invisible(c))
}

/// Returns whether a character shows nothing.
pub(in crate::domain::text) fn is_blank(c: char) -> bool {
    c.is_whitespace() || has_wide_blank(c) || is_invisible(c)
}

/// Stands in prose for what is no text: a code span, a dollar sign with a backslash before it.
pub(in crate::domain::text) const NO_TEXT: char = '\u{FFFC}';

/// Returns whether a block has a line that begins or ends with `$$` and has no partner in the block: two of them make a
/// formula over several blocks.
pub(in crate::domain::text) fn has_lone_display_mark(prose: &str) -> bool {
    let is_edge = |line: &str| {
        let line = line.trim();
        line.starts_with("$$") || line.ends_with("$$")
    };
    prose.matches("$$").count() % 2 == 1 && prose.lines().any(is_edge)
}

/// Looks for formulas in the prose of one block: `$x$` and `$$x$$`, by the rules of pages and a little wider. A sum of
/// money is none: its sign has a digit behind it or a space before it.
pub(in crate::domain::text) fn formula_in(prose: &str) -> Option<Unseen> {
    const FORMULA: Unseen = Unseen::Drawn("a formula");
    let displayed: Vec<usize> = prose.match_indices("$$").map(|(at, _)| at).collect();
    let is_displayed = displayed
        .windows(2)
        .any(|pair| !prose[pair[0] + 2..pair[1]].trim().is_empty());
    if is_displayed {
        return Some(FORMULA);
    }
    let chars: Vec<char> = prose.chars().collect();
    let at = |index: Option<usize>| index.and_then(|index| chars.get(index)).copied();
    let mut opened = false;
    for (index, _) in chars.iter().enumerate().filter(|(_, c)| **c == '$') {
        let before = at(index.checked_sub(1));
        let after = at(Some(index + 1));
        if before == Some('$') || after == Some('$') {
            continue;
        }
        let closes = before.is_some_and(|c| !c.is_whitespace())
            && after.is_none_or(|c| !c.is_alphanumeric());
        if closes && opened {
            return Some(FORMULA);
        }
        let opens = before.is_none_or(|c| !c.is_alphanumeric())
            && after.is_some_and(|c| !c.is_whitespace());
        opened |= opens;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_that_pages_draw_are_named() {
        for (language, expected) in [
            ("mermaid", Some("a mermaid diagram that the page draws")),
            ("GeoJSON", Some("a geojson map that the page draws")),
            ("topojson", Some("a topojson map that the page draws")),
            ("STL", Some("an stl solid that the page draws")),
            ("math", Some("a math block that the page draws")),
            ("mermaids", None),
            ("json", None),
            ("", None),
        ] {
            let drawn = Unseen::drawn_from(language).map(|drawn| drawn.to_string());
            assert_eq!(drawn.as_deref(), expected, "{language}");
        }
    }

    #[test]
    fn long_addresses_are_named() {
        assert_eq!(Unseen::in_address(&"ä".repeat(500)), None);
        let long = Unseen::in_address(&"ä".repeat(501)).unwrap();
        assert_eq!(long.to_string(), "an address of 501 characters");
    }

    #[test]
    fn bare_addresses_that_forges_shorten_are_named_when_they_are_long() {
        let long = "a".repeat(490);
        for (prose, is_named) in [
            (
                format!("see https://github.com/o/r/issues/1?{long} b"),
                true,
            ),
            (
                format!("https://github.com/o/r/commit/4f1c2b7#{long}"),
                true,
            ),
            (format!("(https://h/o/r/compare/{long})"), true),
            (format!("https://e.org/{long}"), false),
            ("https://github.com/o/r/issues/1".to_owned(), false),
            (format!("{long}/issues/{long}"), false),
        ] {
            let named = Unseen::in_bare_addresses(&prose);
            assert_eq!(named.is_some(), is_named, "{prose}");
        }
    }

    #[test]
    fn text_in_many_containers_is_named() {
        assert_eq!(Unseen::in_containers(20), None);
        let named = Unseen::in_containers(21).unwrap().to_string();
        assert_eq!(named, "text in 21 nested quotes and lists");
        assert_eq!(Unseen::TooSmall.to_string(), "text too small to be read");
    }

    #[test]
    fn display_marks_without_partner_are_told_from_pairs_and_process_ids() {
        for (prose, is_lone) in [
            ("$$", true),
            ("a\n$$\n% x", true),
            ("x = 1$$", true),
            ("$$ x $$", false),
            ("the id is $$ here", false),
            ("$$ a $$ b\n$$", true),
            ("", false),
        ] {
            assert_eq!(has_lone_display_mark(prose), is_lone, "{prose:?}");
        }
    }

    #[test]
    fn rows_of_blanks_count_before_text_and_on_one_line() {
        let of = |parts: &[(&str, bool)]| {
            let mut row = BlankRow::default();
            for (text, is_code) in parts {
                row.push(text, *is_code);
            }
            row.off_screen().map(|unseen| unseen.to_string())
        };
        let found = |blanks| Some(format!("text behind {blanks} blanks in a row"));
        let spaces = " ".repeat(80);
        assert_eq!(of(&[(&format!("{spaces}x"), true)]), None);
        assert_eq!(of(&[(&format!("{spaces} x"), true)]), found(81));
        assert_eq!(of(&[(&format!("a{spaces} \n x"), true)]), None);
        assert_eq!(of(&[(&format!("{spaces}{spaces}x"), false)]), None);
        assert_eq!(of(&[(&spaces, true), ("  x", true)]), found(82));
        // Browsers make one of all tabs of prose, and letters are no blanks.
        assert_eq!(of(&[(&"\t".repeat(90), false), ("x", false)]), None);
        assert_eq!(of(&[(&"\u{e4}".repeat(90), false), ("x", false)]), None);
        assert_eq!(of(&[(&"\t".repeat(10), true), ("x", true)]), None);
        assert_eq!(of(&[(&"\t".repeat(11), true), ("x", true)]), found(88));
        for blank in [
            '\u{A0}',
            '\u{2003}',
            '\u{2800}',
            '\u{3000}',
            '\u{3164}',
            '\u{202F}',
            '\u{1680}',
            '\u{13441}',
            '\u{1D159}',
        ] {
            let row = format!("a{}x", String::from(blank).repeat(81));
            assert_eq!(of(&[(&row, false)]), found(81), "{blank:?}");
            assert_eq!(of(&[(&row, true)]), found(81), "{blank:?}");
        }
        let broken = "\u{A0}\u{200B} ".repeat(81) + "x";
        assert_eq!(of(&[(&broken, false)]), found(81));
        let mut row = BlankRow::default();
        for _ in 0..26 {
            row.next_cell();
        }
        row.push("x", false);
        assert_eq!(row.off_screen(), None);
        for _ in 0..27 {
            row.next_cell();
        }
        row.push("x", false);
        assert_eq!(row.off_screen().map(|unseen| unseen.to_string()), found(81));
        let mut row = BlankRow::default();
        row.push(&spaces, true);
        row.end_line();
        row.push(" x", true);
        assert_eq!(row.off_screen(), None);
    }

    #[test]
    fn formulas_are_told_from_money_and_variables() {
        for prose in [
            "$x$",
            "a $x^2$ b",
            "($\\phantom{EVIL}$)",
            "$$x$$",
            "a $$\n% EVIL\n$$ b",
            "$5 or $x$",
            "$\u{FFFC}$",
            "$a b$.",
            "$a\nb$",
        ] {
            assert_eq!(
                formula_in(prose),
                Some(Unseen::Drawn("a formula")),
                "{prose:?}"
            );
        }
        for prose in [
            "",
            "costs $5 and $10",
            "$HOME/bin:$PATH",
            "$HOME and $PATH are set",
            "US$ 5, CA$ 6",
            "$$",
            "$$ $$",
            "a$b$c",
            "$5-$10 a year",
            "cash: $",
            "echo $ and $",
            "5$ and 6$",
            "US$5, CA$ 6",
            "$ 5, 6$",
            "\u{FFFC}x\u{FFFC}",
        ] {
            assert_eq!(formula_in(prose), None, "{prose:?}");
        }
    }
}
