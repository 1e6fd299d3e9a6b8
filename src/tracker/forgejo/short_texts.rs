//! Cuts long texts out of JSON while it arrives, before anything decodes them.
//!
//! A decoder holds a text whole before it hands it on, however little of it is kept. These forges set no limit to a body or a
//! comment, so that a stranger would decide how much memory a tick takes. Of a text that is longer than a limit a beginning goes on
//! that is longer, too: whoever reads it sees that it is too long. It knows texts and escapes, and judges no JSON: what is broken
//! stays broken.

use std::io::{self, Read};

/// So many bytes may go on behind the limit, so that no character is cut in two.
const BEHIND_MAX: usize = 4;

/// Reads JSON whose texts are short.
#[derive(Debug)]
pub(super) struct ShortTexts<R> {
    inner: R,
    /// Bytes of a text that always go on.
    max: usize,
    place: Place,
    /// What went on of the text: bytes, and one for each escape, which stands for at least one.
    length: usize,
    /// Whether what is left of the text is dropped.
    drops: bool,
    /// Whether the last escape is the first half of a character.
    is_half: bool,
}

/// Where the next byte stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Outside,
    Text,
    /// Behind a backslash.
    Escape,
    /// In the number of an escape, with what it is so far.
    Number {
        left: u8,
        value: u32,
    },
}

impl<R> ShortTexts<R> {
    pub(super) const fn new(inner: R, max: usize) -> Self {
        Self {
            inner,
            max,
            place: Place::Outside,
            length: 0,
            drops: false,
            is_half: false,
        }
    }

    /// Takes the next byte. Returns whether it goes on.
    fn take(&mut self, byte: u8) -> bool {
        match (self.place, byte) {
            (Place::Outside, b'"') => {
                self.place = Place::Text;
                (self.length, self.drops, self.is_half) = (0, false, false);
                true
            }
            (Place::Outside, _) => true,
            (Place::Text, b'"') => {
                self.place = Place::Outside;
                true
            }
            (Place::Text, _) => {
                let begins_character = byte & 0b1100_0000 != 0b1000_0000;
                let may_cut = begins_character && !self.is_half;
                let over = self.length.saturating_sub(self.max);
                // One byte more than the limit shows that it is longer.
                self.drops |= over > 0 && may_cut || over > BEHIND_MAX;
                self.length += 1;
                self.is_half = false;
                if byte == b'\\' {
                    self.place = Place::Escape;
                }
                !self.drops
            }
            (Place::Escape, _) => {
                self.place = if byte == b'u' {
                    Place::Number { left: 4, value: 0 }
                } else {
                    Place::Text
                };
                !self.drops
            }
            (Place::Number { left, value }, _) => {
                let value = value * 16 + char::from(byte).to_digit(16).unwrap_or_default();
                self.place = if left > 1 {
                    let left = left - 1;
                    Place::Number { left, value }
                } else {
                    self.is_half = (0xD800..0xDC00).contains(&value);
                    Place::Text
                };
                !self.drops
            }
        }
    }

    /// Moves what goes on to the front. Returns how much that is.
    fn shorten(&mut self, bytes: &mut [u8]) -> usize {
        let (mut from, mut to) = (0, 0);
        while from < bytes.len() {
            if self.drops && self.place == Place::Text {
                // Most of a long text, in one go.
                let is_end = |byte: &u8| matches!(byte, b'"' | b'\\');
                match bytes[from..].iter().position(is_end) {
                    Some(dropped) => from += dropped,
                    None => break,
                }
            }
            let byte = bytes[from];
            if self.take(byte) {
                bytes[to] = byte;
                to += 1;
            }
            from += 1;
        }
        to
    }
}

impl<R: Read> Read for ShortTexts<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.inner.read(buffer)?;
            let left = self.shorten(&mut buffer[..read]);
            // Nothing at all would say that the answer ends.
            if left > 0 || read == 0 {
                return Ok(left);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives out a few bytes at a time.
    struct Pieces<'b> {
        bytes: &'b [u8],
        size: usize,
    }

    impl Read for Pieces<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let size = self.size.min(buffer.len());
            self.bytes.read(&mut buffer[..size])
        }
    }

    /// What goes on, however it arrives.
    fn short(json: &str, max: usize) -> String {
        let read = |size| {
            let bytes = json.as_bytes();
            let mut text = String::new();
            let mut short = ShortTexts::new(Pieces { bytes, size }, max);
            short.read_to_string(&mut text).unwrap();
            text
        };
        let whole = read(json.len().max(1));
        for size in 1..8 {
            assert_eq!(read(size), whole, "{size}");
        }
        whole
    }

    #[test]
    fn of_a_long_text_a_beginning_goes_on_that_is_too_long() {
        for (json, expected) in [
            // Up to the limit everything goes on.
            (r#""""#, r#""""#),
            (r#""abc""#, r#""abc""#),
            (r#""abcd""#, r#""abcd""#),
            (r#""abcde""#, r#""abcd""#),
            (r#""abcdefghijk" "#, r#""abcd" "#),
            // Neither a character nor an escape is cut in two.
            (r#""abäö""#, r#""abä""#),
            (r#""abcäö""#, r#""abcä""#),
            (r#""abc€x""#, r#""abc€""#),
            (r#""abc😀x""#, r#""abc😀""#),
            (r#""abc\"\"\"""#, r#""abc\"""#),
            (r#""abcd\\\\""#, r#""abcd""#),
            (r#""abcde\\""#, r#""abcd""#),
            (r#""abcde\\\"f\u0022g""#, r#""abcd""#),
            (r#""abc\u00e4\u00e4""#, r#""abc\u00e4""#),
            (r#""abc\ud83d\ude00\ud83d\ude00""#, r#""abc\ud83d\ude00""#),
            (r#""ab\ud83d\ude00\ud83d\ude00""#, r#""ab\ud83d\ude00""#),
            // Every text by itself, names of members too, and nothing else.
            (
                r#"{"longname": "longtext", "n": 123456789, "l": ["longest", null, "s"]}"#,
                r#"{"long": "long", "n": 123456789, "l": ["long", null, "s"]}"#,
            ),
        ] {
            assert_eq!(short(json, 3), expected, "{json}");
            assert_eq!(short(json, 100), json);
        }
    }

    #[test]
    fn what_is_longer_than_the_limit_stays_longer_and_is_hardly_longer() {
        for character in ["a", "ä", "€", "😀", "\u{1}", "\"", "\\", "\u{2028}"] {
            for count in 0..40 {
                let text = character.repeat(count);
                let raw = serde_json::to_string(&text).unwrap();
                let escaped: String = text
                    .encode_utf16()
                    .map(|unit| format!("\\u{unit:04x}"))
                    .collect();
                for json in [raw, format!("\"{escaped}\"")] {
                    let told: String = serde_json::from_str(&short(&json, 20)).unwrap();
                    assert!(text.starts_with(&told), "{json}");
                    assert!(told == text || told.len() > 20, "{json}: {told}");
                    assert!(told.len() <= 3 * (20 + BEHIND_MAX), "{json}: {told}");
                }
            }
        }
    }

    #[test]
    fn what_is_no_text_at_all_has_a_limit_too() {
        let mut bytes = vec![b'"'];
        bytes.extend([0x80; 1_000]);
        let mut told = Vec::new();
        let mut short = ShortTexts::new(bytes.as_slice(), 10);
        short.read_to_end(&mut told).unwrap();
        assert!(told.len() <= 10 + BEHIND_MAX + 2, "{}", told.len());
    }
}
