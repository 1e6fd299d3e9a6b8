//! Reads commit messages: lines that carry a mark, trailers, and requests that CI skip the commit.
//!
//! It does not say whose commit it is ([`crate::domain::verdict::attribution`]). Trailers are the lines that end a message, as git
//! reads them, but more patient, because agents write them: footers of tools, `Refs owner/name#7` without a colon and
//! blank lines may stand between and behind them. The first line is the title and never a trailer, and neither is a line
//! that prose follows.

/// Returns the trailers of a message as keys and values, in the order of the text. Keys compare without ASCII case.
#[must_use]
pub fn trailers(message: &str) -> Vec<(&str, &str)> {
    let lines: Vec<&str> = message.lines().map(str::trim_end).collect();
    let mut found = Vec::new();
    let mut continued = false;
    for line in lines.iter().skip(1).rev() {
        if line.is_empty() {
            // An indented line belongs to the line above it, and there is none.
            if continued {
                break;
            }
        } else if line.starts_with([' ', '\t']) {
            continued = true;
        } else if let Some(trailer) = trailer(line) {
            found.push(trailer);
            continued = false;
        } else if is_footer(line) {
            continued = false;
        } else {
            break;
        }
    }
    found.reverse();
    found
}

/// Returns what follows `key` in the lines of a message that begin with it, wherever they stand: squash buttons move
/// trailers, indent them and quote them. A colon after the key is optional where a space follows; case does not matter. What
/// git folded stands on the next line, indented.
pub fn marked_lines<'m>(message: &'m str, key: &'m str) -> impl Iterator<Item = &'m str> {
    let mut lines = message.lines().flat_map(meant_lines).peekable();
    std::iter::from_fn(move || {
        let line = lines.next()?;
        let folded = lines
            .peek()
            .copied()
            .filter(|next| next.starts_with([' ', '\t']));
        Some((line, folded))
    })
    .filter_map(move |(line, folded)| {
        let line = without_list_number(line.trim_start_matches(is_decoration));
        let line = line.trim_start_matches(is_decoration);
        let start = line.get(..key.len())?;
        let rest = line[key.len()..].trim_start_matches(['*', '_', '`']);
        let value = match rest.trim_start().strip_prefix(':') {
            Some(value) => match value.trim_matches(is_decoration) {
                "" => folded.unwrap_or_default(),
                value => value,
            },
            None if rest.starts_with([' ', '\t']) => rest,
            None => return None,
        };
        start
            .eq_ignore_ascii_case(key)
            .then(|| value.trim_matches(is_decoration))
    })
}

/// Returns the lines that one line of a message was meant to be: agents write `\n` as two characters, which no shell makes a line
/// break. What stands in quotation marks is a quotation, and stays whole.
pub fn meant_lines(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(line);
    std::iter::from_fn(move || {
        let text = rest?;
        let (own, behind) = match written_break(text) {
            Some((own, behind)) => (own, Some(behind)),
            None => (text, None),
        };
        rest = behind;
        Some(own)
    })
}

/// What stands before and behind the first `\n` or `\r\n` that is written as characters and not quoted.
fn written_break(text: &str) -> Option<(&str, &str)> {
    const BREAK: &str = "\\n";
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match quote {
            Some(mark) if mark == c => quote = None,
            // A mark by itself opens nothing.
            None if matches!(c, '"' | '`') => {
                quote = text[at + 1..].contains(c).then_some(c);
            }
            None if text[at..].starts_with(BREAK) => {
                let own = &text[..at];
                let own = own.strip_suffix("\\r").unwrap_or(own);
                return Some((own, &text[at + BREAK.len()..]));
            }
            Some(_) | None => {}
        }
    }
    None
}

/// Marks of quotes, lists and emphasis, and blanks.
fn is_decoration(c: char) -> bool {
    c.is_whitespace() || matches!(c, '>' | '-' | '*' | '+' | '_' | '`' | '~' | '|' | '•' | '·')
}

/// Takes `1.` and `1)` off.
fn without_list_number(line: &str) -> &str {
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
    if rest.len() == line.len() {
        return line;
    }
    rest.strip_prefix(['.', ')'])
        .filter(|rest| rest.starts_with([' ', '\t']))
        .unwrap_or(line)
}

/// Returns the part of a message that makes CI skip the commit, if there is one.
///
/// The tokens of GitHub Actions, which Forgejo and Gitea share; Woodpecker's, which is more lenient about case and spaces;
/// and GitHub's `skip-checks: true` trailer.
#[must_use]
pub fn skip_token(message: &str) -> Option<&str> {
    bracketed(message)
        .find(|token| is_skip_token(token))
        .or_else(|| {
            trailers(message)
                .into_iter()
                .find(|(key, value)| {
                    key.eq_ignore_ascii_case("skip-checks") && value.eq_ignore_ascii_case("true")
                })
                .map(|(key, _)| key)
        })
}

/// `key: value`, where the key has letters, digits and hyphens only.
fn trailer(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once(':')?;
    let key = key.trim_end();
    let is_key = key
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    (is_key && !key.is_empty()).then(|| (key, value.trim()))
}

/// A line that may stand among trailers without being one.
fn is_footer(line: &str) -> bool {
    const WORDS: [&str; 15] = [
        "ref",
        "refs",
        "see",
        "close",
        "closes",
        "closed",
        "fix",
        "fixes",
        "fixed",
        "resolve",
        "resolves",
        "resolved",
        "references",
        "issue",
        "part",
    ];
    let mut words = line.split_whitespace();
    let first = words.next().unwrap_or_default();
    let is_reference = WORDS.iter().any(|word| first.eq_ignore_ascii_case(word))
        && words.clone().count() <= 3
        && words.any(|word| word.contains('#') || word.contains("/issues/"));
    is_reference
        || line.starts_with("(cherry picked from commit ")
        || line.contains("Generated with ")
}

/// The shortest texts in square brackets.
fn bracketed(message: &str) -> impl Iterator<Item = &str> {
    message.match_indices('[').filter_map(|(start, _)| {
        let inside = &message[start + 1..];
        let end = inside.find(['[', ']', '\n'])?;
        inside[end..]
            .starts_with(']')
            .then(|| &message[start..start + end + 2])
    })
}

fn is_skip_token(token: &str) -> bool {
    const TOKENS: [&str; 5] = [
        "[skip ci]",
        "[ci skip]",
        "[no ci]",
        "[skip actions]",
        "[actions skip]",
    ];
    let token = token.to_ascii_lowercase();
    let unspaced = token.replace(' ', "");
    TOKENS.contains(&token.as_str()) || ["[skipci]", "[ciskip]"].contains(&unspaced.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trailers_are_the_lines_that_end_a_message() {
        let cases: [(&str, &[(&str, &str)]); 22] = [
            ("Title\n\nProse.\n\nAfk-Run: t1\n", &[("Afk-Run", "t1")]),
            ("Title\n\nAfk-Run: t1", &[("Afk-Run", "t1")]),
            (
                "Title\r\n\r\nProse.\r\n\r\nAfk-Run: t1\r\n",
                &[("Afk-Run", "t1")],
            ),
            (
                "Title\n\nSigned-off-by: A <a@b>\nafk-run : t1\nCo-authored-by: C <c@d>\n",
                &[
                    ("Signed-off-by", "A <a@b>"),
                    ("afk-run", "t1"),
                    ("Co-authored-by", "C <c@d>"),
                ],
            ),
            (
                "Title\n\nAfk-Run: t1\nAfk-Run: t2\n",
                &[("Afk-Run", "t1"), ("Afk-Run", "t2")],
            ),
            // What agents write.
            (
                "Title\n\nProse.\n\nRefs o/n#7\nAfk-Run: t1\n\nGenerated with [Tool](https://x)\n\nCo-Authored-By: T <t@x>\n",
                &[("Afk-Run", "t1"), ("Co-Authored-By", "T <t@x>")],
            ),
            (
                "Title\n\nProse.\nRefs o/n#7\nAfk-Run: t1\n",
                &[("Afk-Run", "t1")],
            ),
            (
                "Title\n\nAfk-Run: t1\n(cherry picked from commit 0123)\n",
                &[("Afk-Run", "t1")],
            ),
            (
                "Title\n\nAfk-Run: t1\nNote: folded\n  over lines\n",
                &[("Afk-Run", "t1"), ("Note", "folded")],
            ),
            ("Title\n\n\nskip-checks:true\n", &[("skip-checks", "true")]),
            ("Title\n\nAfk-Run: t1\nRefs o/n#7\n", &[("Afk-Run", "t1")]),
            (
                "Title\n\nAfk-Run: t1\nPart of issue https://x/o/n/issues/7\n",
                &[("Afk-Run", "t1")],
            ),
            // What is no trailer.
            ("", &[]),
            ("Afk-Run: t1", &[]),
            ("Afk-Run: t1\n\nProse.\n", &[]),
            ("Title\n\nAfk-Run: t1\n\nMore prose.\n", &[]),
            ("Title\n\nAfk-Run: t1\n\nProse on #7.\n", &[]),
            ("Title\n\nAfk-Run: t1\n\nSee the notes.\n", &[]),
            ("Title\n\nAfk-Run: t1\n\nSee what people say in #7.\n", &[]),
            ("Title\n\nProse about\nAfk-Run: t1\nin its middle.\n", &[]),
            ("Title\n\nProse that says Afk-Run: t1\n", &[]),
            ("Title\n\nProse:\n\n    Afk-Run: t1\n", &[]),
        ];
        for (message, expected) in cases {
            assert_eq!(trailers(message), expected, "{message:?}");
        }
    }

    #[test]
    fn marked_lines_are_found_wherever_they_stand() {
        for message in [
            "Mark: t1",
            "Title\n\nMark: t1\n\nMore prose, with a full stop.",
            "Title\n\n    Mark: t1",
            "Title\n\n\tMARK : t1",
            "Title\n\n* Work\n\n  mark:t1\n* More",
            "Title\n\n- Mark: t1",
            "Title\n\n1. Mark: t1",
            "Title\n\n> > Mark: t1",
            "Title\n\n**Mark:** t1",
            "Title\n\n**Mark**: t1",
            "Title\n\n`Mark: t1`",
            "Title\r\n\r\nMark: t1\r\n---------\r\nCo-authored-by: A <a@b>\r\n",
            "Title\n\nMark t1",
            // Line breaks as characters, as agents write them.
            "Title\\n\\nMark: t1",
            "Title\\n\\nRefs o/n#7\\nMark: t1\\n",
            "Title\\r\\n\\r\\nRefs o/n#7\\r\\nMark: t1\\r\\n",
            "Title \\n \\n Refs o/n#7 \\n Mark: t1 \\n More",
            "Title\\n\\n- Mark: t1\\n- More",
            "Title\n\nProse.\\n\\nMark: t1",
            "Set 5\" wide\\n\\nMark: t1",
            "Say \"yes\"\\n\\nMark: t1",
            "Say `yes`\\n\\nMark: t1",
            // Folded by git.
            "Title\n\nMark:\n  t1\n",
            "Title\n\nMark: \r\n\tt1\r\nRefs o/n#7\r\n",
            "Title\n\n**Mark:**\n t1",
            "Title\\n\\nMark:\\n  t1",
        ] {
            let found: Vec<_> = marked_lines(message, "Mark").collect();
            assert_eq!(found, ["t1"], "{message:?}");
        }
        for message in [
            "",
            "Title\n\nProse with Mark: t1",
            "Title\n\nMarked: t1",
            "Title\n\nMark-up: t1",
            "Title\n\nMärk: t1",
            "Title\n\nNo-Mark: t1",
            "Title\n\n2026 Mark: t1",
            "Title\\nProse with Mark: t1",
            "Title\\n\\nMarked: t1",
            "C:\\new\\Mark: t1",
            "Revert \"Title\\n\\nMark: t1\"",
            "[hotfix] Revert \"Title\\n\\nRefs o/n#7\\nMark: t1\"",
            "Do not write `Title\\n\\nMark: t1` in one line",
        ] {
            assert_eq!(marked_lines(message, "Mark").count(), 0, "{message:?}");
        }
        let several: Vec<_> = marked_lines("Mark: a\nMark:\n> Mark: b", "Mark").collect();
        assert_eq!(several, ["a", "", "b"]);
        let not_folded: Vec<_> = marked_lines("Mark:\nt1\n\nMark:\n\n  t2", "Mark").collect();
        assert_eq!(not_folded, ["", ""]);
        let own: Vec<_> = marked_lines("Mark: a\n  b", "Mark").collect();
        assert_eq!(own, ["a"]);
    }

    #[test]
    fn every_way_to_skip_ci_is_recognised() {
        for message in [
            "Docs [skip ci]",
            "[ci skip] Docs",
            "Docs\n\nSmall change. [no ci]\n\nAfk-Run: t1",
            "Docs [skip actions]",
            "Docs [actions skip]",
            "Docs [SKIP CI]",
            "Docs [Skip  Ci]",
            "Docs [CISKIP]",
            "Docs [[skip ci]]",
            "Docs\n\n\nskip-checks: true",
            "Docs\n\n\nAfk-Run: t1\nskip-checks:true\n",
            "Docs\n\n\nskip-checks:true\nAfk-Run: t1\n",
            "Docs\r\n\r\n\r\nSkip-Checks: True\r\n",
        ] {
            assert!(skip_token(message).is_some(), "{message:?}");
        }
        assert_eq!(skip_token("a [x] [Skip CI] b"), Some("[Skip CI]"));
    }

    #[test]
    fn talk_about_skipping_skips_nothing() {
        for message in [
            "",
            "skip ci",
            "Docs (skip ci)",
            "Docs [skip ci",
            "Docs [skip\nci]",
            "Docs [skip ci please]",
            "Docs [no actions]",
            "Docs [noci]",
            "Docs\n\nskip-checks: false",
            "Docs\n\nskip-checks: true\n\nwas wrong",
            "skip-checks: true",
            "[é] [",
        ] {
            assert_eq!(skip_token(message), None, "{message:?}");
        }
    }
}
