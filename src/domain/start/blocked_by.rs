//! Reads "Blocked by #41, octo-org/gadgets#12 and #7" in the body of an issue.
//!
//! Says which references the text names, not whether they are closed. It errs towards blocking: it reads bullets
//! below a "Blocked by" heading, does not understand "not", and what looks like a reference but is none that can
//! be looked up (`#0`, an address on another host) is returned as unreadable instead of being dropped, because
//! a dropped reference would clear the issue. "Blocked by the release" names nothing.
//!
//! References are `#n`, `!n`, `GH-n`, `owner/name#n`, `owner/name!n` and full addresses of issues and pull
//! requests, bare, in brackets or as Markdown links; lists are separated by commas, semicolons, `&`, `+`, `/`,
//! "and" or "or", and may go on in the next line.

use crate::domain::repository::IssueNumber;

/// References that one body may name; a limit because each is looked up.
pub const MAX_REFERENCES: usize = 50;

/// The longest `owner/name`, in bytes, and some. A longer run of such characters is unreadable as a whole: looking for its
/// end from each of its parts would take time with the square of its length.
const MAX_PATH: usize = 256;

/// The longest address of a Markdown link that is looked for, in bytes; for the same reason.
const MAX_LINK: usize = 1_000;

/// Forges number issues with 32 bits where it matters (GraphQL `Int`).
const MAX_NUMBER: u64 = i32::MAX as u64;

/// A reference to an issue or pull request on the forge of the issue that names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BlockerRef {
    /// Owner and name as written; `None` for the repository of the issue itself. Only characters that
    /// forges allow in names.
    pub repo: Option<(String, String)>,
    /// Its number.
    pub number: IssueNumber,
}

/// What a body says about blockers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlockedBy {
    /// What it names, in the order of the text, each once.
    pub references: Vec<BlockerRef>,
    /// What looks like a reference and can not be looked up. Blocks.
    pub unreadable: Vec<String>,
    /// Whether it names more than [`MAX_REFERENCES`]; the rest is not listed. Blocks.
    pub too_many: bool,
}

impl BlockedBy {
    /// Reads a body. `host` is the `host[:port]` of the issue's own address: full addresses count as
    /// references only there.
    #[must_use]
    pub fn in_body(body: &str, host: &str) -> Self {
        let mut reader = Reader {
            host,
            found: Self::default(),
            list_names_something: false,
        };
        let mut start = 0;
        while let Some(list) = next_clause(body, start) {
            start = list + reader.read_list(&body[list..]);
            if reader.found.too_many {
                break;
            }
        }
        reader.found
    }
}

/// Something that stands where a reference should.
enum Mention {
    Reference(BlockerRef),
    Unreadable(String),
    /// Several of either, from a Markdown link.
    Link {
        text: String,
        address: String,
    },
}

struct Reader<'a> {
    host: &'a str,
    found: BlockedBy,
    /// Of the present list alone: what an earlier one named does not end this one.
    list_names_something: bool,
}

impl Reader<'_> {
    /// Reads the list that follows "Blocked by"; returns how much of `text` it took.
    fn read_list(&mut self, text: &str) -> usize {
        self.list_names_something = false;
        let mut taken = 0;
        let mut in_bullets = false;
        let mut after_blank = false;
        for (index, line) in text.split_inclusive('\n').enumerate() {
            let bullet = bullet_text(line);
            if line.trim().is_empty() {
                after_blank = true;
                taken += line.len();
                continue;
            }
            if let (Some(item), true) = (bullet, index > 0) {
                let rest = self.read_prose(item);
                self.read_all(rest);
                in_bullets = true;
                after_blank = false;
            } else if in_bullets {
                // Only an indented line still belongs to its bullet.
                if !line.starts_with([' ', '\t']) {
                    break;
                }
                self.read_all(line);
            } else {
                if after_blank && self.list_names_something {
                    break;
                }
                after_blank = false;
                let rest = self.read_prose(line);
                // What introduces a list goes on with it, unless it says "Blocked by" itself.
                let introduces = rest.trim_end().ends_with(':') && next_clause(rest, 0).is_none();
                if !(rest.is_empty() || introduces) {
                    return taken + line.len() - rest.len();
                }
            }
            taken += line.len();
        }
        taken
    }

    /// Reads references and separators up to the first other word; returns the text from there.
    fn read_prose<'t>(&mut self, text: &'t str) -> &'t str {
        let mut rest = text;
        loop {
            if let Some((mention, after)) = mention(rest) {
                self.note(mention, true);
                rest = after;
                // A remark in parentheses does not end the list.
                if let Some(remark) = rest.trim_start().strip_prefix('(') {
                    let end = remark.find([')', '\n']).unwrap_or(remark.len());
                    self.read_all(&remark[..end]);
                    rest = &remark[end..];
                }
            } else if let Some(after) = separator(rest) {
                rest = after;
            } else {
                return rest;
            }
        }
    }

    /// Reads every reference in `text`, whatever else it says.
    fn read_all(&mut self, text: &str) {
        let mut rest = text;
        while !rest.is_empty() && !self.found.too_many {
            if let Some((mention, after)) = mention(rest) {
                self.note(mention, false);
                rest = after;
            } else {
                let word = rest.find(|c| !is_name_char(c)).unwrap_or(rest.len());
                let width = rest.chars().next().map_or(0, char::len_utf8);
                rest = &rest[word.max(width)..];
            }
        }
    }

    /// Notes what a mention names. `strict`: an address that is no issue is unreadable, not a remark.
    fn note(&mut self, mention: Mention, strict: bool) {
        self.list_names_something = true;
        match mention {
            Mention::Reference(reference) => self.add_reference(reference),
            Mention::Unreadable(text) => self.add_unreadable(text),
            Mention::Link { text, address } => {
                self.read_all(&text);
                match issue_address(&address) {
                    Some((host, reference)) if host.eq_ignore_ascii_case(self.host) => {
                        self.add_reference(reference)
                    }
                    Some(_) => self.add_unreadable(address),
                    None if strict => self.add_unreadable(address),
                    None => {}
                }
            }
        }
    }

    fn add_reference(&mut self, reference: BlockerRef) {
        let known = self
            .found
            .references
            .iter()
            .any(|known| is_same(known, &reference));
        if !known && self.has_room() {
            self.found.references.push(reference);
        }
    }

    fn add_unreadable(&mut self, text: String) {
        const SHOWN_CHARS: usize = 100;
        let text: String = text.chars().take(SHOWN_CHARS).collect();
        if !self.found.unreadable.contains(&text) && self.has_room() {
            self.found.unreadable.push(text);
        }
    }

    fn has_room(&mut self) -> bool {
        let room = self.found.references.len() + self.found.unreadable.len() < MAX_REFERENCES;
        self.found.too_many |= !room;
        room
    }
}

fn is_same(one: &BlockerRef, other: &BlockerRef) -> bool {
    let same_repo = match (&one.repo, &other.repo) {
        (None, None) => true,
        (Some((owner, name)), Some((other_owner, other_name))) => {
            owner.eq_ignore_ascii_case(other_owner) && name.eq_ignore_ascii_case(other_name)
        }
        (None, Some(_)) | (Some(_), None) => false,
    };
    same_repo && one.number == other.number
}

/// Returns where the text after the next "Blocked by" begins.
fn next_clause(body: &str, start: usize) -> Option<usize> {
    const WORD: &str = "blocked";
    let bytes = body.as_bytes();
    (start..bytes.len()).find_map(|at| {
        let word = bytes.get(at..at + WORD.len())?;
        if !word.eq_ignore_ascii_case(WORD.as_bytes()) {
            return None;
        }
        // All of it is ASCII, so these are character boundaries.
        if body[..at]
            .chars()
            .next_back()
            .is_some_and(char::is_alphanumeric)
        {
            return None;
        }
        let gap = &body[at + WORD.len()..];
        let by =
            gap.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '-' | '_' | '*'));
        let is_by =
            by.len() < gap.len() && by.get(..2).is_some_and(|by| by.eq_ignore_ascii_case("by"));
        let list = is_by.then(|| &by[2..])?;
        let ends = !list.chars().next().is_some_and(char::is_alphanumeric);
        ends.then_some(body.len() - list.len())
    })
}

/// Returns the text of a list item, without bullet and check box.
fn bullet_text(line: &str) -> Option<&str> {
    let line = line.trim_start_matches([' ', '\t', '>']);
    let text = line.strip_prefix(['-', '*', '+']).or_else(|| {
        let digits = line
            .find(|c: char| !c.is_ascii_digit())
            .filter(|&digits| digits > 0)?;
        line[digits..].strip_prefix(['.', ')'])
    })?;
    let text = text.strip_prefix([' ', '\t'])?.trim_start();
    let unboxed = ["[ ]", "[x]", "[X]"]
        .iter()
        .find_map(|check_box| text.strip_prefix(check_box));
    Some(unboxed.unwrap_or(text))
}

/// Returns the text behind one separator or linking word.
fn separator(text: &str) -> Option<&str> {
    const WORDS: [&str; 14] = [
        "and", "or", "plus", "also", "both", "either", "issue", "issues", "pr", "prs", "pull",
        "request", "requests", "ticket",
    ];
    let first = text.chars().next()?;
    let is_sign = first.is_whitespace()
        || matches!(
            first,
            ',' | ';'
                | ':'
                | '&'
                | '+'
                | '/'
                | '*'
                | '_'
                | '`'
                | '('
                | ')'
                | '['
                | ']'
                | '<'
                | '>'
                | '|'
                | '~'
                | '-'
                | '–'
                | '—'
        );
    if is_sign {
        return Some(&text[first.len_utf8()..]);
    }
    let end = text
        .find(|c: char| !c.is_alphanumeric())
        .unwrap_or(text.len());
    let word = &text[..end];
    WORDS
        .iter()
        .any(|known| word.eq_ignore_ascii_case(known))
        .then(|| &text[end..])
}

/// Reads a mention at the beginning of `text`; returns it and the text behind it.
fn mention(text: &str) -> Option<(Mention, &str)> {
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
    let address = text[..end].trim_end_matches(['.', ':', '!', '?']);
    let mention = Mention::Link {
        text: String::new(),
        address: address.to_owned(),
    };
    Some((mention, &text[address.len()..]))
}

/// Host and reference of `http(s)://host/owner/name/(issues|pull|pulls)/n`.
fn issue_address(address: &str) -> Option<(&str, BlockerRef)> {
    let (_, rest) = address.split_once("://")?;
    let rest = rest.split(['?', '#']).next()?;
    let mut parts = rest.trim_end_matches('/').split('/');
    let (host, owner, name) = (parts.next()?, parts.next()?, parts.next()?);
    let kind = parts.next()?;
    let number = number(parts.next()?)?;
    let is_issue = matches!(kind, "issues" | "pull" | "pulls") && parts.next().is_none();
    (is_issue && is_name(owner) && is_name(name)).then(|| {
        let repo = Some((owner.to_owned(), name.to_owned()));
        (host, BlockerRef { repo, number })
    })
}

/// `#n`, `!n`, `GH-n`, `owner/name#n`, `owner/name!n`.
fn short_reference(text: &str) -> Option<(Mention, &str)> {
    let path_end = text
        .find(|c| !(is_name_char(c) || c == '/'))
        .unwrap_or(text.len());
    let (path, rest) = text.split_at(path_end);
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
        if end > 0 && !digits[end..].starts_with(is_word_char) {
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
    let tail = behind[end..]
        .find(|c| !is_word_char(c))
        .unwrap_or(behind.len() - end);
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

fn number(digits: &str) -> Option<IssueNumber> {
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = plain.then(|| digits.parse().ok()).flatten()?;
    (1..=MAX_NUMBER)
        .contains(&number)
        .then_some(IssueNumber(number))
}

const fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
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

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: &str = "github.com";

    /// What a body names, written as `#1 o/n#2`, and what it names unreadably behind a bar.
    fn read(body: &str) -> String {
        let found = BlockedBy::in_body(body, HOST);
        assert!(!found.too_many, "{body:?}");
        let mut words: Vec<String> = found
            .references
            .iter()
            .map(|BlockerRef { repo, number }| match repo {
                Some((owner, name)) => format!("{owner}/{name}#{number}"),
                None => format!("#{number}"),
            })
            .collect();
        if !found.unreadable.is_empty() {
            words.push("|".to_owned());
            words.extend(found.unreadable);
        }
        words.join(" ")
    }

    #[test]
    fn what_is_too_long_for_a_name_blocks_as_a_whole() {
        let path = "a/".repeat(129);
        let shown = &path[..100];
        for body in [
            format!("Blocked by\n- {path}"),
            format!("Blocked by {path}#7"),
            format!("Blocked by and/{path}"),
        ] {
            assert!(read(&body).contains("| "), "{body}");
        }
        assert_eq!(
            read(&format!("Blocked by\n- {path} #7")),
            format!("#7 | {shown}")
        );
        let fits = "a/".repeat(128);
        assert_eq!(read(&format!("Blocked by\n- {fits} #7")), "#7");
        let long = format!("https://github.com/{}", "x".repeat(MAX_LINK));
        let shown = &long[..100];
        assert_eq!(
            read(&format!("Blocked by [#7]({long}) and #8")),
            format!("#7 #8 | {shown}")
        );
    }

    #[test]
    fn bodies_name_what_the_table_says() {
        for (body, expected) in [
            (
                "Blocked by #41, octo-org/gadgets#12 and #7",
                "#41 octo-org/gadgets#12 #7",
            ),
            ("blocked by: #41", "#41"),
            ("BLOCKED BY #41 & #42", "#41 #42"),
            (
                "**Blocked by:** #41; #42 + #43 / #44 or #45",
                "#41 #42 #43 #44 #45",
            ),
            ("Blocked-by: #41", "#41"),
            ("Blocked\nby #41,\n#42", "#41 #42"),
            (
                "Text before. Blocked by #41. See also #7.\n\nMore text, blocked by #3!",
                "#41 #3",
            ),
            ("Blocked by #41, #41, a/b#41 and A/B#41", "#41 a/b#41"),
            (
                "Blocked by issue #41 and PR !42 and gh-43 and forge/tea!44",
                "#41 #42 #43 forge/tea#44",
            ),
            ("Blocked by GH-4 #5 and GH-61. #7", "#4 #5 #61"),
            ("Blocked by #41 (the parser, needs #40), #12", "#41 #40 #12"),
            (
                "## Blocked by\n\n- #41 the parser\n- [ ] #42\n- [x] Login, a/b#43\n  and #44\n1. #45\n\nSee #46",
                "#41 #42 a/b#43 #44 #45",
            ),
            (
                "Blocked by the following:\n* #41\n* #42\nSee #43",
                "#41 #42",
            ),
            ("Blocked by (#41) and [#42]", "#41 #42"),
            (
                "Blocked by [#41](https://github.com/a/b/issues/41)",
                "#41 a/b#41",
            ),
            (
                "Blocked by [the parser](https://GitHub.com/a/b/pull/41#top)",
                "a/b#41",
            ),
            (
                "Blocked by https://github.com/a/b/issues/41, <https://github.com/a/b/pull/42>.",
                "a/b#41 a/b#42",
            ),
            ("> Blocked by #41", "#41"),
            ("Blocked by\u{a0}#41", "#41"),
            ("Nicht blöd: blocked by #41", "#41"),
            // A blank line ends a list that has begun, and may stand before the list.
            ("Blocked by #41\n\n#42", "#41"),
            ("Blocked by #0\n\n#42", "| #0"),
            ("Blocked by:\n\n#42", "#42"),
            ("Blocked by:\n\n#41,\n#42\n\n#7", "#41 #42"),
            ("Blocked by\n#41,\n#42", "#41 #42"),
            ("Blocked by\n   \n#41", "#41"),
            ("Blocked by #1 and #2\n      \nBlocked by #3", "#1 #2 #3"),
            ("Blocked by #41.\n\nBlocked by\n#42", "#41 #42"),
            // A dash on the first line begins no list item, in which every reference counts.
            ("Blocked by - #41, not #7", "#41"),
            (
                "Blocked by a/b#41, a/c#41 and c/b#41",
                "a/b#41 a/c#41 c/b#41",
            ),
            // Addresses of other pages may stand in the remarks of a list item.
            (
                "Blocked by:\n- #41, as https://docs.example/page says",
                "#41",
            ),
        ] {
            assert_eq!(read(body), expected, "{body:?}");
        }
    }

    #[test]
    fn a_list_is_read_whatever_earlier_lists_named() {
        for (body, expected) in [
            ("Blocked by #41.\n\n## Blocked by\n\n#42", "#41 #42"),
            ("Blocked by #0.\n\nBlocked by:\n\n#42\n\n#7", "#42 | #0"),
            ("Blocked by #41.\n\nBlocked by:\n#41\n\n#7", "#41"),
            (
                "Blocked by #41, which is blocked by #42, as is:\n- #43",
                "#41 #42 #43",
            ),
            (
                "Blocked by the parser. Blocked by #41 until:\n\ntext",
                "#41",
            ),
        ] {
            assert_eq!(read(body), expected, "{body:?}");
        }
    }

    #[test]
    fn text_without_references_names_nothing() {
        for body in [
            "",
            "Blocked by the release",
            "blocked by",
            "Blocked by:\n\nSee #7",
            "Unblocked by #7",
            "Blocked bye #7",
            "Blockedby #7",
            "Blocked by GH-",
            "Blocked by GH-7abc",
            "Blocked by:\n. #7",
            "Blocked #7",
            "Blocked by C# support",
            "Blocked by nothing! #7",
            "Blocked by:\n## Notes\n#7",
            "Blocked by the release.\n- #7",
            "Blocked by octo-org/gadgets",
            "#7",
            "ſblocked by the release",
        ] {
            assert_eq!(read(body), "", "{body:?}");
        }
    }

    #[test]
    fn references_that_can_not_be_looked_up_are_not_dropped() {
        for (body, expected) in [
            ("Blocked by #0", "| #0"),
            ("Blocked by #0, #0 and #backend", "| #0 #backend"),
            (
                "Blocked by #2147483647 and #2147483648",
                "#2147483647 | #2147483648",
            ),
            (
                "Blocked by #99999999999999999999999, #4",
                "#4 | #99999999999999999999999",
            ),
            ("Blocked by #12abc", "| #12abc"),
            ("Blocked by GH-0", "| GH-0"),
            ("Blocked by GH-2147483648", "| GH-2147483648"),
            (
                "Blocked by https://github.com/a/b/issues/+12",
                "| https://github.com/a/b/issues/+12",
            ),
            ("Blocked by #backend", "| #backend"),
            ("Blocked by gadgets#12", "| gadgets#12"),
            ("Blocked by a/b/c#12", "| a/b/c#12"),
            ("Blocked by ../b#12", "| ../b#12"),
            (
                "Blocked by https://codeberg.org/a/b/issues/41",
                "| https://codeberg.org/a/b/issues/41",
            ),
            (
                "Blocked by https://github.com/a/b/commit/41",
                "| https://github.com/a/b/commit/41",
            ),
            (
                "Blocked by https://github.com/a/b/issues/41/x",
                "| https://github.com/a/b/issues/41/x",
            ),
            (
                "Blocked by https://github.com/../b/issues/41",
                "| https://github.com/../b/issues/41",
            ),
            (
                "Blocked by https://github.com/a/../issues/41",
                "| https://github.com/a/../issues/41",
            ),
            (
                "Blocked by https://github.com/a/b/issues/0",
                "| https://github.com/a/b/issues/0",
            ),
            (
                "Blocked by https://tracker.example/X-1 and #4",
                "#4 | https://tracker.example/X-1",
            ),
            (
                "Blocked by [#4](https://codeberg.org/a/b/issues/4)",
                "#4 | https://codeberg.org/a/b/issues/4",
            ),
            ("Blocked by:\n- #0 first", "| #0"),
        ] {
            assert_eq!(read(body), expected, "{body:?}");
        }
    }

    #[test]
    fn more_references_than_the_limit_are_said_to_be_too_many() {
        let named = |count: usize, prefix: &str| {
            let names: Vec<String> = (1..=count).map(|n| format!("#{prefix}{n}")).collect();
            BlockedBy::in_body(&format!("Blocked by {}", names.join(", ")), HOST)
        };
        for (count, shown, too_many) in [(50, 50, false), (51, 50, true)] {
            let readable = named(count, "");
            assert_eq!(
                (readable.references.len(), readable.too_many),
                (shown, too_many)
            );
            let unreadable = named(count, "x");
            assert_eq!(
                (unreadable.unreadable.len(), unreadable.too_many),
                (shown, too_many)
            );
        }
    }

    #[test]
    fn hostile_bodies_are_read_to_their_end() {
        for unit in [
            "blocked by ",
            "blocked by:\n- ",
            "blocked by [",
            "blocked by #",
            "- blocked-",
            "blocked by https://",
        ] {
            // Reading in time with the square of this length would not end.
            let body = unit.repeat(200_000 / unit.len()) + "x.\n\nBlocked by #7.";
            let found = BlockedBy::in_body(&body, HOST);
            let seven = BlockerRef {
                repo: None,
                number: IssueNumber(7),
            };
            assert!(
                found.too_many || found.references.contains(&seven),
                "{unit:?}"
            );
        }
    }
}
