//! Characters that a person does not see and a language model reads.
//!
//! Tells them apart from the same characters at work: joiners inside emoji and inside words of scripts that
//! need them, and presentation selectors after emoji. What is left is of two sorts. Some of it neither shows nor moves
//! text, and is taken out: chats and editors leave it behind. The rest carries text (tag characters, variation
//! selectors 17 to 256), shows text in another order than it is read (bidi controls), or does whatever the reader's
//! program makes of it (control characters); it refuses. Tables are ranges on purpose: wide enough for every script
//! that joins, and no data file to keep up to date.

use std::collections::BTreeSet;

/// What becomes of an invisible character that is not at work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::domain::text) enum Treatment {
    /// Nobody gives the text to an agent.
    Refused,
    /// It is taken out.
    Removed,
    /// A line or paragraph separator becomes a line end.
    LineEnd,
    /// A filler has the width of a letter and no ink: it becomes a space.
    Blank,
}

impl Treatment {
    /// Returns what becomes of `c`, which [`is_invisible`].
    pub(in crate::domain::text) const fn of(c: char) -> Self {
        match c {
            '\u{2028}' | '\u{2029}' => Self::LineEnd,
            '\u{115F}' | '\u{1160}' | '\u{3164}' | '\u{FFA0}' => Self::Blank,
            // Soft hyphen, grapheme joiner, marks of direction, inherent vowels.
            '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{17B4}' | '\u{17B5}'
            // Zero width, joiners, invisible operators, byte order mark.
            | '\u{200B}'..='\u{200D}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}'
            // Selectors of presentation, Mongolian ones too.
            | '\u{180B}'..='\u{180F}' | '\u{FE00}'..='\u{FE0F}'
            // Shorthand and musical controls.
            | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' => Self::Removed,
            _ => Self::Refused,
        }
    }

    /// Returns what stands in the place of the character.
    pub(in crate::domain::text) const fn replacement(self) -> &'static str {
        match self {
            Self::Refused | Self::Removed => "",
            Self::LineEnd => "\n",
            Self::Blank => " ",
        }
    }
}

/// Returns the characters of a text that refuse it. Tab, line feed and carriage return are none.
#[must_use]
pub(in crate::domain) fn hidden_characters(text: &str) -> BTreeSet<char> {
    let mut hidden = BTreeSet::new();
    for_each_hidden(text, |_, c| {
        if Treatment::of(c) == Treatment::Refused {
            hidden.insert(c);
        }
    });
    hidden
}

/// Returns a text without the invisible characters that neither show nor move text, and how many there were.
///
/// Line and paragraph separators become line ends, fillers become spaces. Characters that refuse the text stay: what
/// holds one is not used.
#[must_use]
pub(in crate::domain) fn without_harmless(text: &str) -> (String, usize) {
    let (mut clean, mut at, mut removed) = (String::with_capacity(text.len()), 0, 0);
    for_each_hidden(text, |index, c| {
        let treatment = Treatment::of(c);
        if treatment != Treatment::Refused {
            clean.push_str(&text[at..index]);
            clean.push_str(treatment.replacement());
            at = index + c.len_utf8();
            removed += 1;
        }
    });
    clean.push_str(&text[at..]);
    (clean, removed)
}

/// Calls `note` with every invisible character that is not at work, and where it stands.
fn for_each_hidden(text: &str, mut note: impl FnMut(usize, char)) {
    // Nearly every text is plain; these bytes are below every character that could be hidden.
    if text
        .bytes()
        .all(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7E))
    {
        return;
    }
    let places: Vec<(usize, char)> = text.char_indices().collect();
    let chars: Vec<char> = places.iter().map(|&(_, c)| c).collect();
    for (index, &(place, c)) in places.iter().enumerate() {
        if is_invisible(c) && !is_at_work(&chars, index) {
            note(place, c);
        }
    }
}

/// Returns whether a character has no shape of its own, wherever it stands.
#[must_use]
pub(in crate::domain) const fn is_invisible(c: char) -> bool {
    matches!(c,
        // Controls, C0 and C1, without tab and line ends.
        '\0'..='\u{8}' | '\u{B}' | '\u{C}' | '\u{E}'..='\u{1F}' | '\u{7F}'..='\u{9F}'
        // Bidi controls, also the deprecated ones.
        | '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{206F}'
        // Zero width, joiners, invisible operators, line and paragraph separators, byte order mark.
        | '\u{200B}'..='\u{200D}' | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{2065}' | '\u{FEFF}'
        // Soft hyphen, grapheme joiner, fillers, inherent vowels, hieroglyph, shorthand and musical controls.
        | '\u{AD}' | '\u{34F}' | '\u{115F}' | '\u{1160}' | '\u{3164}' | '\u{FFA0}' | '\u{17B4}' | '\u{17B5}'
        | '\u{13430}'..='\u{1343F}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}'
        // Mongolian, general and supplementary variation selectors, interlinear annotation.
        | '\u{180B}'..='\u{180F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FFF0}'..='\u{FFFB}'
        // Tags, VS17 to VS256, and the rest of the plane of default-ignorable characters.
        | '\u{E0000}'..='\u{E0FFF}')
}

/// Writes characters as `U+202E, U+200B`, at most `LISTED` of them.
#[must_use]
pub(in crate::domain) fn code_points(chars: &BTreeSet<char>) -> String {
    const LISTED: usize = 8;
    let mut text = chars
        .iter()
        .take(LISTED)
        .map(|&c| format!("U+{:04X}", u32::from(c)))
        .collect::<Vec<_>>()
        .join(", ");
    if chars.len() > LISTED {
        text.push_str(&format!(" and {} more", chars.len() - LISTED));
    }
    text
}

/// Returns whether the invisible character at `index` does what it is for.
fn is_at_work(chars: &[char], index: usize) -> bool {
    let before = index.checked_sub(1).map(|before| chars[before]);
    let after = chars.get(index + 1).copied();
    match chars[index] {
        '\u{200D}' => {
            joins_emoji(chars, index)
                || joins_letters(before, after)
                || before.is_some_and(is_virama)
        }
        '\u{200C}' => joins_letters(before, after),
        '\u{FE0E}' | '\u{FE0F}' => match before {
            Some('0'..='9' | '#' | '*') => after == Some('\u{20E3}'),
            Some(base) => is_emoji(base) && !is_skin_tone(base),
            None => false,
        },
        // Compatibility ideographs.
        '\u{FE00}'..='\u{FE02}' => before.is_some_and(is_ideograph),
        '\u{180B}'..='\u{180D}' | '\u{180F}' => {
            before.is_some_and(|c| matches!(c, '\u{1820}'..='\u{18AA}'))
        }
        _ => false,
    }
}

fn joins_emoji(chars: &[char], index: usize) -> bool {
    let base = chars[..index]
        .iter()
        .rev()
        .copied()
        .find(|&c| c != '\u{FE0F}' && !is_skin_tone(c));
    // At most one selector and one skin tone stand between base and joiner; more would be a hiding place, and
    // the selectors among them are judged by themselves.
    base.is_some_and(is_emoji) && chars.get(index + 1).copied().is_some_and(is_emoji)
}

fn joins_letters(before: Option<char>, after: Option<char>) -> bool {
    before.is_some_and(is_joining_letter) && after.is_some_and(is_joining_letter)
}

/// Letters and marks of the scripts whose spelling needs joiners.
fn is_joining_letter(c: char) -> bool {
    let of_script = matches!(c,
        // Arabic, Syriac, Thaana, N'Ko, Mandaic and their supplements.
        '\u{610}'..='\u{8FF}'
        // Devanagari to Sinhala.
        | '\u{900}'..='\u{DFF}'
        // Tibetan, Myanmar, Khmer, Mongolian.
        | '\u{F00}'..='\u{109F}' | '\u{1780}'..='\u{17E9}' | '\u{1820}'..='\u{18AA}'
        // Balinese to Lepcha, Vedic extensions, and the Indic blocks of planes 0 and 1.
        | '\u{1B00}'..='\u{1C4F}' | '\u{1CD0}'..='\u{1CFF}' | '\u{A8E0}'..='\u{A8FF}' | '\u{A980}'..='\u{A9FF}'
        | '\u{AA60}'..='\u{AA7F}' | '\u{11000}'..='\u{1171F}'
        // Arabic presentation forms.
        | '\u{FB50}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}');
    let is_punctuation = matches!(
        c,
        '\u{61B}'..='\u{61F}' | '\u{66A}'..='\u{66D}' | '\u{6D4}' | '\u{700}'..='\u{70D}' | '\u{964}' | '\u{965}' | '\u{970}'
    );
    of_script && !is_punctuation && !c.is_numeric() && !is_invisible(c)
}

/// Signs after which an Indic word may end in a joiner.
const fn is_virama(c: char) -> bool {
    matches!(
        c,
        '\u{94D}'
            | '\u{9CD}'
            | '\u{A4D}'
            | '\u{ACD}'
            | '\u{B4D}'
            | '\u{BCD}'
            | '\u{C4D}'
            | '\u{CCD}'
            | '\u{D4D}'
            | '\u{DCA}'
    )
}

const fn is_skin_tone(c: char) -> bool {
    matches!(c, '\u{1F3FB}'..='\u{1F3FF}')
}

/// Characters that can show as emoji, digits and the two keycap signs left out.
const fn is_emoji(c: char) -> bool {
    matches!(c,
        '\u{A9}' | '\u{AE}' | '\u{203C}' | '\u{2049}' | '\u{2122}' | '\u{2139}' | '\u{2194}'..='\u{2199}'
        | '\u{21A9}' | '\u{21AA}' | '\u{231A}'..='\u{23FF}' | '\u{24C2}' | '\u{25AA}'..='\u{25FE}'
        | '\u{2600}'..='\u{27BF}' | '\u{2934}' | '\u{2935}' | '\u{2B05}'..='\u{2B55}' | '\u{3030}' | '\u{303D}'
        | '\u{3297}' | '\u{3299}' | '\u{1F000}'..='\u{1FAFF}')
}

const fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{323AF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_people_write_hides_nothing() {
        for text in [
            "",
            "plain\ttext\r\nwith lines",
            "naïve café — “quotes” … 漢字 한국어 ελληνικά עברית",
            // Family, woman technologist with skin tone, rainbow flag, heart on fire, eye in speech bubble.
            "👨\u{200D}👩\u{200D}👧\u{200D}👦 👩🏽\u{200D}💻 🏳\u{FE0F}\u{200D}🌈 ❤\u{FE0F}\u{200D}🔥 👁\u{FE0F}\u{200D}🗨\u{FE0F}",
            "1\u{FE0F}\u{20E3} #\u{FE0F}\u{20E3} ✔\u{FE0F} ☎\u{FE0E} ⚠\u{FE0F}",
            // Persian "I want", Hindi with an explicit joiner, Sinhala "Sri", Malayalam chillu at a word's end.
            "می\u{200C}خواهم",
            "क्\u{200D}ष",
            "ශ්\u{200D}රී",
            "അവന്\u{200D} വന്നു",
            "葛\u{FE00}",
            "ᠠ\u{180B}",
        ] {
            assert_eq!(hidden_characters(text), BTreeSet::new(), "{text:?}");
            assert_eq!(without_harmless(text), (text.to_owned(), 0), "{text:?}");
        }
    }

    #[test]
    fn every_invisible_character_is_found_between_latin_letters() {
        let (mut refused, mut harmless) = (0, 0);
        for code in 0..=0x10_FFFF_u32 {
            let Some(c) = char::from_u32(code) else {
                continue;
            };
            let text = format!("a{c}b");
            let refuses = hidden_characters(&text).contains(&c);
            let (clean, removed) = without_harmless(&text);
            assert_eq!(refuses || removed == 1, is_invisible(c), "U+{code:04X}");
            assert!(!refuses || (clean == text && removed == 0), "U+{code:04X}");
            refused += usize::from(refuses);
            harmless += removed;
        }
        // Harmless: 8 single ones, 3 + 5 of zero width, 5 + 16 selectors, 4 + 8 controls, 2 separators, 4 fillers.
        assert_eq!(harmless, 55);
        assert_eq!(refused, 4_241 + 16 - harmless);
    }

    #[test]
    fn what_neither_shows_nor_moves_text_is_taken_out() {
        for (text, expected, count) in [
            ("\u{FEFF}# Title", "# Title", 1),
            ("pass\u{200B}word", "password", 1),
            ("pass\u{200D}word", "password", 1),
            ("pass\u{200C}word", "password", 1),
            ("a\u{2060}b\u{AD}c\u{200E}d\u{200F}e\u{61C}f", "abcdef", 5),
            ("a\u{2062}b\u{34F}c\u{180E}d", "abcd", 3),
            ("می\u{200C} خواهم", "می خواهم", 1),
            ("می\u{200C}\u{200C}خواهم", "میخواهم", 2),
            ("می\u{200C}x", "میx", 1),
            ("👨\u{200D}x", "👨x", 1),
            ("👨\u{200D}\u{200D}👩", "👨👩", 2),
            ("👨\u{200C}👩", "👨👩", 1),
            ("a\u{FE0F}", "a", 1),
            ("1\u{FE0F}", "1", 1),
            ("⚠\u{FE0F}\u{FE0F}", "⚠\u{FE0F}", 1),
            ("👍🏽\u{FE0F}", "👍🏽", 1),
            ("漢\u{FE05}", "漢", 1),
            ("a\u{2028}b\u{2029}c", "a\nb\nc", 2),
            ("a\u{3164}b", "a b", 1),
            // What refuses stays, and does not shield the rest.
            ("a\u{202E}\u{200B}b", "a\u{202E}b", 1),
        ] {
            let (clean, removed) = without_harmless(text);
            assert_eq!((clean.as_str(), removed), (expected, count), "{text:?}");
        }
    }

    #[test]
    fn what_carries_or_moves_text_refuses() {
        for (text, expected) in [
            ("a\u{202A}b\u{202E}c", "U+202A, U+202E"),
            ("a\u{2066}b\u{2069}c", "U+2066, U+2069"),
            ("👍\u{E0100}", "U+E0100"),
            ("🏴\u{E0067}\u{E007F}", "U+E0067, U+E007F"),
            ("\u{1B}[31m\u{9B}\u{7F}", "U+001B, U+007F, U+009B"),
            ("a\u{FFF9}b", "U+FFF9"),
            ("\u{FEFF}a\u{200B}\tb\r\n", ""),
        ] {
            assert_eq!(code_points(&hidden_characters(text)), expected, "{text:?}");
        }
    }

    #[test]
    fn long_lists_are_cut() {
        let eight: BTreeSet<char> = ('\u{E0020}'..='\u{E0027}').collect();
        assert_eq!(
            code_points(&eight),
            "U+E0020, U+E0021, U+E0022, U+E0023, U+E0024, U+E0025, U+E0026, U+E0027"
        );
        let chars: BTreeSet<char> = ('\u{E0020}'..='\u{E0030}').collect();
        assert_eq!(
            code_points(&chars),
            "U+E0020, U+E0021, U+E0022, U+E0023, U+E0024, U+E0025, U+E0026, U+E0027 and 9 more"
        );
    }
}
