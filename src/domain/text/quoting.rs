//! How text of others stands in text of ours: shortened, fenced, as code, as a link.
//!
//! Whatever an agent, a check or a branch is called, it can neither end the place it was put in nor call people. These
//! functions do not look for secrets; see [`crate::domain::text::redaction`].

use url::Url;

use crate::domain::text::hidden_characters::hidden_characters;
use crate::domain::text::redaction::{REDACTED, has_marked_token, redact};

/// The longest address that is linked, in bytes.
const LINK_MAX_BYTES: usize = 1_000;

/// Returns at most `max` characters of `text`; the last of them says when something is missing.
#[must_use]
pub fn shorten(text: &str, max: usize) -> String {
    shorten_by(text, max, |_| 1)
}

/// Returns at most `max` bytes of `text`, cut at a character; `…` at the end says when something is missing.
#[must_use]
pub fn shorten_bytes(text: &str, max: usize) -> String {
    shorten_by(text, max, char::len_utf8)
}

/// Returns as much of the beginning of `text` as fits into `max`, where `width` measures a character.
#[must_use]
pub fn shorten_by(text: &str, max: usize, width: impl Fn(char) -> usize) -> String {
    const MISSING: char = '…';
    let mut used = 0;
    // Where to cut, when the rest turns out not to fit.
    let mut cut = 0;
    for (start, c) in text.char_indices() {
        if used + width(MISSING) <= max {
            cut = start;
        }
        used += width(c);
        if used > max {
            let mut short = text[..cut].trim_end().to_owned();
            if width(MISSING) <= max {
                short.push(MISSING);
            }
            return short;
        }
    }
    text.to_owned()
}

/// Returns `text` in a fence of backticks longer than any run of them inside. Nothing in a fence calls people.
#[must_use]
pub fn fenced(text: &str) -> String {
    const SHORTEST: usize = 3;
    let text = text.trim_end();
    let longest_run = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(SHORTEST.max(longest_run + 1));
    format!("{fence}text\n{text}\n{fence}\n")
}

/// Returns `text` on one line as a code span, at most `max` characters of it.
#[must_use]
pub fn code(text: &str, max: usize) -> String {
    let line = shorten(&one_line(text), max).replace('`', "'");
    format!("`{}`", if line.is_empty() { "(no name)" } else { &line })
}

/// Returns `text` on one line of Markdown, such that it calls nobody, links nothing, hides nothing, and is prose even at
/// the beginning of a line.
#[must_use]
pub fn plain(text: &str) -> String {
    let line = one_line(text);
    let mut clean = String::with_capacity(line.len());
    // A number before one of these begins a list.
    let number = line
        .find(|c: char| !c.is_ascii_digit())
        .filter(|end| *end > 0);
    for (at, c) in line.char_indices() {
        match c {
            '<' => clean.push_str("&lt;"),
            '>' => clean.push_str("&gt;"),
            // `&#64;` is as good as `@`.
            '&' => clean.push_str("&amp;"),
            '@' => clean.push_str("@\u{200b}"),
            '`' => clean.push('\''),
            ':' if line[at..].starts_with("://") => clean.push_str(":\u{200b}"),
            '.' if ends_with_www(&line[..at]) => clean.push_str("\u{200b}."),
            '\\' | '[' | '*' | '_' | '~' | '|' => clean.extend(['\\', c]),
            '#' | '-' | '+' | '=' if at == 0 => clean.extend(['\\', c]),
            '.' | ')' if number == Some(at) => clean.extend(['\\', c]),
            other => clean.push(other),
        }
    }
    clean
}

fn ends_with_www(text: &str) -> bool {
    let start = text.len().checked_sub(3);
    start
        .and_then(|start| text.get(start..))
        .is_some_and(|end| end.eq_ignore_ascii_case("www"))
}

/// Returns an address that can stand in Markdown and in Slack's markup; `None` when it is none, too long, or holds a token. User
/// name and password are dropped, and so is a query that looks like it has a secret in it.
#[must_use]
pub fn link(address: &str) -> Option<String> {
    let mut url = Url::parse(address.trim()).ok()?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return None;
    }
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    if url
        .query()
        .is_some_and(|query| redact(&query.replace('&', " ")).contains(REDACTED))
    {
        url.set_query(None);
    }
    // Elsewhere in an address, ids of commits look like secrets; tokens with a mark do not look like anything else.
    if has_marked_token(url.as_str()) {
        return None;
    }
    let text: String = url
        .as_str()
        .chars()
        .map(|c| match c {
            '(' => "%28".to_owned(),
            ')' => "%29".to_owned(),
            '|' => "%7C".to_owned(),
            '<' => "%3C".to_owned(),
            '>' => "%3E".to_owned(),
            // These end a destination early, and entities are read in one.
            '`' => "%60".to_owned(),
            '\\' => "%5C".to_owned(),
            ';' => "%3B".to_owned(),
            '*' => "%2A".to_owned(),
            '~' => "%7E".to_owned(),
            // A host may hold one.
            '"' => "%22".to_owned(),
            other => other.to_string(),
        })
        .collect();
    (text.len() <= LINK_MAX_BYTES).then_some(text)
}

/// Returns `text` as a code span that leads to `address`, when there is a usable one.
#[must_use]
pub fn linked_code(text: &str, max: usize, address: Option<&str>) -> String {
    let code = code(text, max);
    match address.and_then(link) {
        Some(link) => format!("[{code}]({link})"),
        None => code,
    }
}

/// Returns `text` on one line: white space and control characters become single spaces.
#[must_use]
pub fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Returns `text` as one line for a terminal: whatever breaks lines or moves a cursor becomes a single space, characters that
/// hide or move text go. Spaces stay, so that a line keeps its indent.
#[must_use]
pub fn printable(text: &str) -> String {
    let hidden = hidden_characters(text);
    let mut line = String::with_capacity(text.len());
    let mut is_broken = false;
    for c in text.chars() {
        if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') {
            is_broken = true;
        } else if !hidden.contains(&c) {
            if is_broken && !line.is_empty() && !line.ends_with(' ') {
                line.push(' ');
            }
            is_broken = false;
            line.push(c);
        }
    }
    line
}

/// Returns a text of several lines with each of them [`printable`].
#[must_use]
pub fn printable_lines(text: &str) -> String {
    let lines: Vec<String> = text.trim_end().split('\n').map(printable).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_at_characters() {
        for (text, max, short) in [
            ("", 0, ""),
            ("abc", 3, "abc"),
            ("abcd", 3, "ab…"),
            ("äöüß", 3, "äö…"),
            ("ab cd", 4, "ab…"),
            ("abc", 1, "…"),
            ("abc", 0, ""),
        ] {
            assert_eq!(shorten(text, max), short, "{text:?} {max}");
        }
        for (text, max, short) in [
            ("abcdef", 6, "abcdef"),
            ("abcdefg", 6, "abc…"),
            ("ääää", 8, "ääää"),
            ("äääää", 8, "ää…"),
            ("😀😀", 7, "😀…"),
            ("😀😀", 6, "…"),
            ("😀", 2, ""),
        ] {
            assert_eq!(shorten_bytes(text, max), short, "{text:?} {max}");
        }
    }

    #[test]
    fn a_line_for_a_terminal_breaks_nothing() {
        for (text, line) in [
            ("", ""),
            ("  a  b", "  a  b"),
            ("\u{1b}[2Jred\r\n\ngreen\n", "[2Jred green"),
            ("a\tb\u{9b}31mc\u{7f}", "a b 31mc"),
            ("a\u{2028}b\u{85}c\u{202e}d\u{e0041}", "a b cd"),
            ("größer ✓ 👨\u{200d}👩", "größer ✓ 👨\u{200d}👩"),
        ] {
            assert_eq!(printable(text), line, "{text:?}");
        }
        assert_eq!(printable_lines("a:\n  b\u{1b}c\r\n"), "a:\n  b c");
    }

    #[test]
    fn no_content_closes_its_fence() {
        assert_eq!(fenced("a"), "```text\na\n```\n");
        assert_eq!(fenced("a\n````\nb\n\n"), "`````text\na\n````\nb\n`````\n");
        assert_eq!(fenced(""), "```text\n\n```\n");
    }

    #[test]
    fn prose_of_others_is_prose_wherever_it_stands() {
        for (text, expected) in [
            ("# heading", "\\# heading"),
            ("- item", "\\- item"),
            ("+ item", "\\+ item"),
            ("12. item", "12\\. item"),
            ("3) item", "3\\) item"),
            ("3 items (1)", "3 items (1)"),
            (".net", ".net"),
            ("note: x", "note: x"),
            (") and so on", ") and so on"),
            ("=== x", "\\=== x"),
            ("~~~ opens a fence", "\\~\\~\\~ opens a fence"),
            ("a | b", "a \\| b"),
            ("*a* _b_", "\\*a\\* \\_b\\_"),
            ("\\[x](y)", "\\\\\\[x](y)"),
            ("&#64;all &lt;b&gt;", "&amp;#64;all &amp;lt;b&amp;gt;"),
            ("see https://x.example", "see https:\u{200b}//x.example"),
            ("WWW.x.example", "WWW\u{200b}.x.example"),
        ] {
            assert_eq!(plain(text), expected);
        }
    }

    #[test]
    fn addresses_stay_in_their_brackets_and_carry_no_token() {
        for (address, expected) in [
            (
                "https://h.example/?a=`\\",
                Some("https://h.example/?a=%60%5C"),
            ),
            (
                "https://h.example/?a&lt;b",
                Some("https://h.example/?a&lt%3Bb"),
            ),
            (
                "https://h.example/*a*~b",
                Some("https://h.example/%2Aa%2A%7Eb"),
            ),
            ("https://h.example/x%20ghp_0123456789abcdef0", None),
            ("https://h.example/#ghp_0123456789abcdef0", None),
            (
                "https://h.example/task-with-a-name-of-many-letters",
                Some("https://h.example/task-with-a-name-of-many-letters"),
            ),
        ] {
            assert_eq!(link(address).as_deref(), expected, "{address}");
        }
    }

    #[test]
    fn names_stay_in_their_code_span_and_prose_calls_nobody() {
        assert_eq!(code("build `x`](y)\n@all", 80), "`build 'x'](y) @all`");
        assert_eq!(code(" \n", 80), "`(no name)`");
        assert_eq!(code("abcdef", 4), "`abc…`");
        assert_eq!(
            plain("ask @octo-org/all\n<!-- x --> [y](z) `w`"),
            "ask @\u{200b}octo-org/all &lt;!-- x --&gt; \\[y](z) 'w'"
        );
    }

    #[test]
    fn links_are_addresses_without_credentials() {
        for (address, expected) in [
            (
                "https://ci.example.org/a b",
                Some("https://ci.example.org/a%20b"),
            ),
            (
                "https://u:p@ci.example.org/x",
                Some("https://ci.example.org/x"),
            ),
            (
                "https://ci.example.org/(x)|<y>",
                Some("https://ci.example.org/%28x%29%7C%3Cy%3E"),
            ),
            (
                "https://ci.example.org/x?token=hunter2",
                Some("https://ci.example.org/x"),
            ),
            (
                "https://ci.example.org/x?pr=7&check=8",
                Some("https://ci.example.org/x?pr=7&check=8"),
            ),
            ("javascript:alert(1)", None),
            ("ftp://ci.example.org/x", None),
            ("data:text/html,x", None),
            ("not an address", None),
            ("", None),
        ] {
            assert_eq!(link(address).as_deref(), expected, "{address}");
        }
        assert_eq!(
            link(&format!("https://x.example/{}", "a".repeat(1_000))),
            None
        );
        assert_eq!(
            linked_code("b", 9, Some("https://x.example/")),
            "[`b`](https://x.example/)"
        );
        assert_eq!(linked_code("b", 9, Some("nothing")), "`b`");
    }
}
