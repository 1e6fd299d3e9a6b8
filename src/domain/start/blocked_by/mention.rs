//! Notations of references: `#n`, `!n`, `GH-n`, `owner/name#n`, full addresses, Markdown links.
//!
//! Reads one mention where it stands and looks no further.

use super::found::BlockerRef;
use crate::domain::repository::IssueNumber;

/// The longest `owner/name`, in bytes, and some. A longer run of such characters is unreadable as a whole: looking for its
/// end from each of its parts would take time with the square of its length.
const MAX_PATH: usize = 256;

/// The longest address of a Markdown link that is looked for, in bytes; for the same reason.
pub(super) const MAX_LINK: usize = 1_000;

/// More signs than this are no emphasis; a limit for the same reason.
const MAX_EMPHASIS: usize = 8;

/// Forges number issues with 32 bits where it matters (GraphQL `Int`).
const MAX_NUMBER: u64 = i32::MAX as u64;

/// Something that stands where a reference should.
pub(super) enum Mention {
    Reference(BlockerRef),
    Unreadable(String),
    /// Several of either, from a Markdown link.
    Link {
        text: String,
        address: String,
    },
}

/// Reads a mention at the beginning of `text`, which may stand in emphasis; returns it and the text behind it.
pub(super) fn mention(text: &str) -> Option<(Mention, &str)> {
    // No owner's name begins so.
    let marks = text
        .bytes()
        .take(MAX_EMPHASIS)
        .take_while(|byte| *byte == b'_');
    let text = &text[marks.count()..];
    markdown_link(text)
        .or_else(|| address(text))
        .or_else(|| short_reference(text))
}

/// `[text](address)`, on one line and without brackets in the text.
fn markdown_link(text: &str) -> Option<(Mention, &str)> {
    let inside = text.strip_prefix('[')?;
    let end = inside.find(['[', ']', '\n'])?;
    let target = inside[end..].strip_prefix("](")?;
    let close = target
        .bytes()
        .take(MAX_LINK)
        .position(|byte| matches!(byte, b')' | b'\n'))?;
    let after = target[close..].strip_prefix(')')?;
    let address = target[..close].split_whitespace().next().unwrap_or("");
    let mention = Mention::Link {
        text: inside[..end].to_owned(),
        address: address.trim_matches(['<', '>']).to_owned(),
    };
    Some((mention, after))
}

/// A bare address.
fn address(text: &str) -> Option<(Mention, &str)> {
    let is_address = ["http://", "https://"].iter().any(|scheme| {
        text.get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    });
    if !is_address {
        return None;
    }
    let end = text
        .find(|c: char| {
            c.is_whitespace()
                || matches!(
                    c,
                    ')' | ']' | '>' | '<' | '"' | '\'' | ',' | ';' | '`' | '|' | '*'
                )
        })
        .unwrap_or(text.len());
    let address = text[..end].trim_end_matches(['.', ':', '!', '?', '_']);
    let mention = Mention::Link {
        text: String::new(),
        address: address.to_owned(),
    };
    Some((mention, &text[address.len()..]))
}

/// What stands before, and reference of, `owner/name/(issues|pull|pulls)/n` in an address, also of the tabs of a pull request. A
/// forge may be below a path, which is part of what stands before.
pub(super) fn issue_address(address: &str) -> Option<(&str, BlockerRef)> {
    let (_, rest) = address.split_once("://")?;
    let rest = rest.split(['?', '#']).next()?.trim_end_matches('/');
    ["/issues/", "/pull/", "/pulls/"].iter().find_map(|kind| {
        let (before, after) = rest.rsplit_once(kind)?;
        let mut after = after.split('/');
        let number = number(after.next()?)?;
        let (before, name) = before.rsplit_once('/')?;
        let (web, owner) = before.rsplit_once('/')?;
        let fits = after.next().is_none_or(|tab| {
            *kind != "/issues/" && matches!(tab, "files" | "commits" | "checks" | "changes")
        });
        (fits && is_name(owner) && is_name(name)).then(|| {
            let repo = Some((owner.to_owned(), name.to_owned()));
            (web, BlockerRef { repo, number })
        })
    })
}

/// `#n`, `!n`, `GH-n`, `owner/name#n`, `owner/name!n`.
fn short_reference(text: &str) -> Option<(Mention, &str)> {
    let path_end = text
        .find(|c| !(is_name_char(c) || c == '/'))
        .unwrap_or(text.len());
    let (path, rest) = text.split_at(path_end);
    // "#12-#13", "#12/#13", "#12...#13": a sign between two references belongs to neither.
    if !path.is_empty()
        && !path.contains(|c: char| c.is_ascii_alphanumeric())
        && (path.len() < 3 || path == "...")
    {
        return None;
    }
    if path.len() > MAX_PATH {
        return Some((Mention::Unreadable(path.to_owned()), rest));
    }
    if let Some(digits) = path
        .get(..3)
        .filter(|start| start.eq_ignore_ascii_case("gh-"))
        .map(|_| &path[3..])
    {
        let end = digits
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(digits.len());
        if end > 0 && !goes_on(&digits[end..]) {
            return Some((
                plain_number(&text[..3 + end], &digits[..end], None),
                &text[3 + end..],
            ));
        }
    }
    let sign = rest
        .chars()
        .next()
        .filter(|sign| matches!(sign, '#' | '!'))?;
    let behind = &rest[1..];
    let end = behind
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(behind.len());
    // "C# support", "## Notes" and "done!" are no references; "#backend" may be meant as one.
    let is_bare_sign = end == 0 && (sign == '!' || !behind.starts_with(is_word_char));
    if is_bare_sign || (sign == '!' && !path.is_empty() && !path.contains('/')) {
        return None;
    }
    let tail = tail(&behind[end..]);
    let whole = &text[..path_end + 1 + end + tail];
    let after = &text[whole.len()..];
    let repo = match path.split_once('/') {
        Some((owner, name)) if is_name(owner) && is_name(name) => {
            Some(Some((owner.to_owned(), name.to_owned())))
        }
        None if path.is_empty() => Some(None),
        Some(_) | None => None,
    };
    let mention = match repo {
        Some(repo) if tail == 0 => plain_number(whole, &behind[..end], repo),
        Some(_) | None => Mention::Unreadable(whole.to_owned()),
    };
    Some((mention, after))
}

fn plain_number(whole: &str, digits: &str, repo: Option<(String, String)>) -> Mention {
    match number(digits) {
        Some(number) => Mention::Reference(BlockerRef { repo, number }),
        None => Mention::Unreadable(whole.to_owned()),
    }
}

pub(super) fn number(digits: &str) -> Option<IssueNumber> {
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = plain.then(|| digits.parse().ok()).flatten()?;
    (1..=MAX_NUMBER)
        .contains(&number)
        .then_some(IssueNumber(number))
}

pub(super) const fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
}

/// How much of a text belongs to the word before it; emphasis that ends there does not.
fn tail(text: &str) -> usize {
    let word = &text[..text.find(|c| !is_word_char(c)).unwrap_or(text.len())];
    word.trim_end_matches('_').len()
}

/// Whether the word before a text goes on in it.
pub(super) fn goes_on(text: &str) -> bool {
    tail(text) > 0
}

fn is_word_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 100
        && text != "."
        && text != ".."
        && text.chars().all(is_name_char)
}
