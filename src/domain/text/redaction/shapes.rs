//! Shapes of secrets that nothing else marks: random text, and tokens of a fixed form.

use std::ops::Range;

use super::ids::is_id;

/// The shortest hexadecimal run that counts as a secret: 128 bits.
const HEX_MIN: usize = 32;

/// Lengths of hexadecimal runs that are commit ids and digests: SHA-1, SHA-256, SHA-384, SHA-512.
const DIGESTS: [usize; 4] = [40, 64, 96, 128];

/// The shortest run of the base64 alphabets that counts as a secret.
const BASE64_MIN: usize = 40;

/// Finds random text.
pub(super) fn find(text: &str, secrets: &mut Vec<Range<usize>>) {
    let mut at = 0;
    while let Some(offset) = text[at..].find(is_of_word) {
        let start = at + offset;
        let end = start
            + text[start..]
                .find(|c| !is_of_word(c))
                .unwrap_or(text.len() - start);
        word(text, start..end, secrets);
        at = end;
    }
    bots(text, secrets);
}

/// What tokens are made of. Colons, dots and at signs stand between words.
fn is_of_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+' | '/' | '=')
}

fn word(text: &str, range: Range<usize>, secrets: &mut Vec<Range<usize>>) {
    // `name=` before a value.
    let whole = &text[range.clone()];
    let begin = whole
        .trim_end_matches('=')
        .rfind('=')
        .map_or(0, |at| at + 1);
    let range = range.start + begin..range.end;
    let before = &text[..range.start];
    let whole = text[range.clone()].trim_matches(['-', '/']);
    if is_digest_of(whole, before) {
        return;
    }
    if is_base64_secret(whole) {
        secrets.push(range);
        return;
    }
    if is_of_azure(text, &range) {
        let behind = &text[range.end + 1..];
        let length = behind.find(|c| !is_of_word(c)).unwrap_or(behind.len());
        secrets.push(range.start..range.end + 1 + length);
        return;
    }
    if is_private_key(whole) {
        secrets.push(range);
        return;
    }
    if is_of_mailgun(whole) || is_of_cloudflare(whole, before) {
        secrets.push(range);
        return;
    }
    if is_of_airtable(text, &range) {
        secrets.push(range.start..range.end + 1 + AIRTABLE_MARK);
        return;
    }
    let mut start = range.start;
    for part in text[range].split_inclusive(['/', '=', '+']) {
        let bare = part.trim_end_matches(['/', '=', '+']);
        if is_hex_secret(text, start..start + bare.len()) || is_base64_secret(bare) {
            secrets.push(start..start + bare.len());
        }
        start += part.len();
    }
}

/// A private key in base64, as files of credentials hold them.
fn is_private_key(word: &str) -> bool {
    /// `-----BEGIN` in base64.
    const BEGIN: &str = "LS0tLS1CRUdJT";
    word.starts_with(BEGIN)
        && decoded(word)
            .is_some_and(|bytes| bytes.windows(11).any(|window| window == b"PRIVATE KEY"))
}

/// A secret of an application of Azure: three characters, a digit, `Q~`, and many more.
fn is_of_azure(text: &str, range: &Range<usize>) -> bool {
    let word = &text[range.clone()];
    let behind = text[range.end..].strip_prefix('~').unwrap_or_default();
    word.len() == 5
        && word.ends_with('Q')
        && word.as_bytes()[3].is_ascii_digit()
        && behind.find(|c| !is_of_word(c)).unwrap_or(behind.len()) >= 20
}

/// A key of Mailgun: three groups of hexadecimal digits.
fn is_of_mailgun(word: &str) -> bool {
    let groups: Vec<&str> = word.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    lengths == [32, 8, 8] && groups.iter().all(|group| is_hex(group))
}

/// A key for certificates of origins: `v1.0-`, and two groups of hexadecimal digits.
fn is_of_cloudflare(word: &str, before: &str) -> bool {
    let groups: Vec<&str> = word.splitn(4, '-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    before.ends_with("v1.")
        && lengths == [1, 24, 146]
        && groups[1..].iter().all(|group| is_hex(group))
}

/// The length of the second half of a token of Airtable.
const AIRTABLE_MARK: usize = 64;

/// A token of Airtable: `pat` and fourteen characters, and 64 hexadecimal digits behind a dot.
fn is_of_airtable(text: &str, range: &Range<usize>) -> bool {
    let word = &text[range.clone()];
    let behind = text[range.end..].strip_prefix('.').unwrap_or_default();
    word.len() == 17
        && word.starts_with("pat")
        && behind.find(|c| !is_of_word(c)).unwrap_or(behind.len()) == AIRTABLE_MARK
        && is_hex(&behind[..AIRTABLE_MARK])
}

fn is_hex(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// `sha512-…` of lock files, `SHA256:…` of keys.
fn is_digest_of(word: &str, before: &str) -> bool {
    const NAMES: [&str; 6] = ["sha1", "sha256", "sha384", "sha512", "md5", "h1"];
    let folded = word.to_ascii_lowercase();
    let begins = NAMES.iter().any(|name| {
        folded
            .strip_prefix(name)
            .is_some_and(|rest| rest.starts_with('-'))
    });
    let follows = before.strip_suffix(':').is_some_and(|before| {
        let start = before.len().saturating_sub(6);
        before.get(start..).is_some_and(|end| {
            let end = end.to_ascii_lowercase();
            NAMES.iter().any(|name| end.ends_with(name))
        })
    });
    begins || follows
}

fn is_hex_secret(text: &str, range: Range<usize>) -> bool {
    let word = &text[range.clone()];
    word.len() >= HEX_MIN
        && is_hex(word)
        && word.bytes().any(|byte| byte.is_ascii_digit())
        && !DIGESTS.contains(&word.len())
        && !is_repetitive(word)
        && !is_id(text, range)
}

fn is_base64_secret(word: &str) -> bool {
    let bare = word.trim_end_matches('=');
    let alphabet = bare
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_'));
    // Paths and long names have many of these; random text has few.
    let joints = bare
        .bytes()
        .filter(|byte| matches!(byte, b'/' | b'-' | b'_'))
        .count();
    bare.len() >= BASE64_MIN
        && alphabet
        && joints <= bare.len() / 12
        && is_random(bare)
        && !is_of_humps(bare)
        && !is_data(bare)
}

/// Returns whether letters, capitals and digits follow each other as they do by chance. In names they come in groups.
fn is_random(word: &str) -> bool {
    #[derive(PartialEq)]
    enum Class {
        Small,
        Capital,
        Digit,
        Mark,
    }
    let class = |byte: u8| match byte {
        b'a'..=b'z' => Class::Small,
        b'A'..=b'Z' => Class::Capital,
        b'0'..=b'9' => Class::Digit,
        _ => Class::Mark,
    };
    let bytes = word.as_bytes();
    let count = |wanted: Class| bytes.iter().filter(|byte| class(**byte) == wanted).count();
    let changes = bytes
        .windows(2)
        .filter(|pair| class(pair[0]) != class(pair[1]))
        .count();
    let (small, capital, digits) = (
        count(Class::Small),
        count(Class::Capital),
        count(Class::Digit),
    );
    let share = changes * 100 / bytes.len().max(1);
    small > 0 && capital > 0 && digits > 0 && (share >= 50 || (share >= 36 && digits >= 3))
}

/// Returns whether a name is written in humps, as tests are: `shouldReturn404WhenUserDoesNotExist`. By chance every sixth
/// character stands in a row of small letters.
fn is_of_humps(word: &str) -> bool {
    const SHARE_MIN: usize = 50;
    const ROW_MIN: usize = 3;
    let in_rows: usize = word
        .split(|c: char| !c.is_ascii_lowercase())
        .map(str::len)
        .filter(|length| *length >= ROW_MIN)
        .sum();
    !word.contains(['+', '/', '-']) && in_rows * 100 >= word.len() * SHARE_MIN
}

/// Returns whether base64 is of text, or of a kind of file, or says the same again and again: data of a test.
fn is_data(word: &str) -> bool {
    const FILES: [&str; 9] = [
        "iVBORw0KGgo",
        "R0lGOD",
        "/9j/",
        "JVBERi0",
        "UEsDB",
        "H4sI",
        "AAAA",
        "AGFzb",
        "f0VMR",
    ];
    FILES.iter().any(|file| word.starts_with(file)) || is_repetitive(word) || is_text(word)
}

fn is_repetitive(word: &str) -> bool {
    let mut seen = [false; 256];
    for byte in word.bytes() {
        seen[usize::from(byte)] = true;
    }
    let different = seen.iter().filter(|seen| **seen).count();
    let least = if word.len() < BASE64_MIN { 6 } else { 9 };
    different < least
}

/// Returns whether what it decodes to is printable.
fn is_text(word: &str) -> bool {
    decoded(word).is_some_and(|bytes| {
        let printable = bytes
            .iter()
            .filter(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7E))
            .count();
        !bytes.is_empty() && printable * 100 >= bytes.len() * 95
    })
}

/// Decodes the whole groups of base64, in either alphabet.
fn decoded(word: &str) -> Option<Vec<u8>> {
    let value = |byte: u8| {
        Some(match byte {
            b'A'..=b'Z' => u32::from(byte - b'A'),
            b'a'..=b'z' => u32::from(byte - b'a') + 26,
            b'0'..=b'9' => u32::from(byte - b'0') + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        })
    };
    let mut bytes = Vec::new();
    for group in word.trim_end_matches('=').as_bytes().chunks_exact(4) {
        let mut bits = 0;
        for &byte in group {
            bits = (bits << 6) + value(byte)?;
        }
        bytes.extend([16, 8, 0].map(|shift| (bits >> shift & 0xFF) as u8));
    }
    Some(bytes)
}

/// Tokens of bots, in parts: of Discord (`id.time.mark`) and of Telegram (`number:mark`).
fn bots(text: &str, secrets: &mut Vec<Range<usize>>) {
    let is_of_bot = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
    let mut at = 0;
    while let Some(offset) = text[at..].find(is_of_bot) {
        let start = at + offset;
        let end = start
            + text[start..]
                .find(|c| !is_of_bot(c))
                .unwrap_or(text.len() - start);
        let word = text[start..end].trim_matches(['.', ':']);
        let place = text[start..end]
            .find(word)
            .map_or(start, |offset| start + offset);
        for (offset, part) in parts(word, ':') {
            let dotted: Vec<&str> = part.split('.').collect();
            let is_discord = dotted.len() == 3
                && dotted[0].starts_with(['M', 'N', 'O'])
                && (23..=28).contains(&dotted[0].len())
                && (5..=7).contains(&dotted[1].len())
                && (27..=45).contains(&dotted[2].len())
                && is_random(dotted[2]);
            if is_discord {
                secrets.push(place + offset..place + offset + part.len());
            }
        }
        let halves = parts(word, ':');
        for pair in halves.windows(2) {
            let ((offset, number), (mark_at, mark)) = (pair[0], pair[1]);
            let number = number.rsplit('.').next().unwrap_or_default();
            let digits = number.strip_prefix("bot").unwrap_or(number);
            let is_telegram = (8..=10).contains(&digits.len())
                && digits.bytes().all(|byte| byte.is_ascii_digit())
                && (34..=36).contains(&mark.len())
                && !mark.contains('.');
            if is_telegram {
                secrets.push(place + offset..place + mark_at + mark.len());
            }
        }
        at = end;
    }
}

fn parts(word: &str, joint: char) -> Vec<(usize, &str)> {
    let mut at = 0;
    word.split(joint)
        .map(|part| {
            let start = at;
            at += part.len() + joint.len_utf8();
            (start, part)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        let mut secrets = Vec::new();
        find(text, &mut secrets);
        secrets.into_iter().map(|secret| &text[secret]).collect()
    }

    #[test]
    fn random_text_is_found_in_its_place() {
        for (text, secret) in [
            (
                "see a/b/c/d/e/f/aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hJ6kL9nP here",
                "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hJ6kL9nP",
            ),
            (
                "id aB3dE6gH9jK2mN5pQ8sT1vW-4yZ7bC0eF3hJ6kL9nP2rS5tU",
                "aB3dE6gH9jK2mN5pQ8sT1vW-4yZ7bC0eF3hJ6kL9nP2rS5tU",
            ),
            (
                "id abcDE12fghIJ34klmNO56pqrST78uvwXY90zabCD12",
                "abcDE12fghIJ34klmNO56pqrST78uvwXY90zabCD12",
            ),
            (
                "id 01234501234501234501234501234501",
                "01234501234501234501234501234501",
            ),
            (
                "run bot:MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs, then",
                "MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs",
            ),
            (
                "run .MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs.",
                "MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs",
            ),
            (
                "run as bot:110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw0 now",
                "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw0",
            ),
        ] {
            assert_eq!(found(text), [secret], "{text}");
        }
    }

    #[test]
    fn what_is_not_random_is_no_secret() {
        for text in [
            // Of two classes only.
            "serial A1B2C3D4E5F6G7H8J9K1L2M3N4P5Q6R7S8T9U1V2",
            "sPoNgE aBcDeFgHiJkLmNoPqRsTuVwXyZaBcDeFgHiJkLmNoPqR",
            // The same again and again.
            "aB1cD2aB1cD2aB1cD2aB1cD2aB1cD2aB1cD2aB1c",
            "id 01234012340123401234012340123401",
            // Names in humps.
            "shouldReturn404WhenUserDoesNotExistInTenant2AndRegion3",
            "TestReconcileCreatesV2DeploymentWhenV1CRDIsMissingAndRBACv1Exists",
            // Texts in base64: "i>1 j>2 …", "a?1 b?2 …".
            "aT4xIGo+MiBrPjMgbD40IG0+NSBuPjYgbz43IHA+OCBxPjkgcj4w",
            "YT8xIGI/MiBjPzMgZD80IGU/NSBmPzYgZz83IGg/OCBpPzkgaj8w",
            // A name behind another one, as long as what bots have.
            "crate:configuration_loader_implementations",
        ] {
            assert_eq!(found(text), Vec::<&str>::new(), "{text}");
        }
    }
}
