//! Whether a commit message closes or references exactly one given issue.
//!
//! Reads what GitHub and Forgejo read: `#7`, `GH-7`, `owner/name#7` and full addresses, with or without a closing keyword
//! before them. A bare number counts for the repository of the commit only, so the caller must not ask about commits of
//! other repositories. `#7` is not `#70`, and `other/name#7` is another issue.

use crate::domain::repository::IssueRef;

/// How a text mentions an issue; the stronger one last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mention {
    /// By its number or address.
    References,
    /// With a closing keyword before it: a forge closes the issue when the commit reaches the default branch.
    Closes,
}

/// Returns the strongest mention of `issue` in a message of a commit to the issue's own repository. `web` is
/// what the addresses of the forge's pages begin with: `host[:port]`, and the path where it is below one.
#[must_use]
pub fn mention(message: &str, issue: &IssueRef, web: &str) -> Option<Mention> {
    let number = issue.number.to_string();
    message
        .match_indices(&number)
        .filter(|(at, _)| ends_word(&message[at + number.len()..]))
        .filter_map(|(at, _)| before_reference(&message[..at], issue, web))
        .map(|before| {
            if ends_with_closing_keyword(before) {
                Mention::Closes
            } else {
                Mention::References
            }
        })
        .max()
}

/// Returns whether a commit with this message closes the issue at push time.
#[must_use]
pub fn closes_issue(message: &str, issue: &IssueRef, web: &str) -> bool {
    mention(message, issue, web) == Some(Mention::Closes)
}

/// Returns whether a word is `owner/name#7`, the whole name of exactly this issue; marks around it do not matter.
#[must_use]
pub fn is_reference(word: &str, issue: &IssueRef) -> bool {
    let full_name = issue.repo.full_name();
    full_reference(word)
        .and_then(|whole| whole.rsplit_once('#'))
        .is_some_and(|(name, number)| {
            name.eq_ignore_ascii_case(&full_name) && number == issue.number.to_string()
        })
}

/// Returns the `owner/name#7` of a word that is the whole name of some issue.
pub(super) fn full_reference(word: &str) -> Option<&str> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | '#');
    let bare = word.trim_matches(|c: char| !is_part(c));
    let bare = bare.trim_end_matches('.');
    let (name, number) = bare.rsplit_once('#')?;
    let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && name.contains('/') && name.chars().all(is_part)).then_some(bare)
}

/// How much of a word is looked at, in characters: more than a full name, or the address of an issue, has.
const WORD_MAX_CHARS: usize = 400;

/// Returns the references to issues in a message, whosever they are, each with what touches it and a closing keyword before it. A
/// text that holds them, each apart, mentions what the message mentions.
pub(super) fn references(message: &str) -> impl Iterator<Item = String> {
    const SIGNS: [&str; 3] = ["#", "gh-", "/issues/"];
    let numbers = message
        .match_indices(|c: char| c.is_ascii_digit())
        .map(|(at, _)| message.split_at(at))
        .filter(|(before, _)| {
            SIGNS
                .iter()
                .any(|sign| strip_suffix_ignoring_case(before, sign).is_some())
        });
    numbers.map(|(before, behind)| {
        let own = last_word(before);
        let apart = before.strip_suffix(own).unwrap_or_default();
        // What is cut begins no reference.
        let cut = if apart.ends_with(|c: char| !c.is_whitespace()) {
            "x"
        } else {
            ""
        };
        let keyword = if ends_with_closing_keyword(apart) {
            last_word(apart.trim_end())
        } else {
            ""
        };
        let digits = behind
            .split(|c: char| !c.is_ascii_digit())
            .next()
            .unwrap_or_default();
        let next = behind[digits.len()..].chars().next();
        let text = format!("{keyword} {cut}{own}{digits}");
        let text = text.trim_start().chars().chain(next).map(harmless);
        text.collect::<String>().trim_end().to_owned()
    })
}

/// What stands behind the last blank of a text.
fn last_word(text: &str) -> &str {
    let chars = text.char_indices().rev().take(WORD_MAX_CHARS);
    let of_word = chars.take_while(|(_, c)| !c.is_whitespace());
    of_word.last().map_or("", |(at, _)| &text[at..])
}

/// Marks that have a meaning of their own to other readers of a message become one that has none.
const fn harmless(c: char) -> char {
    match c {
        '\\' | '[' | '`' | '"' => '(',
        other => other,
    }
}

fn ends_word(after: &str) -> bool {
    !after.starts_with(|c: char| c.is_alphanumeric() || c == '_')
}

/// Returns the text before the reference whose number follows `text`; `None` when it is no reference to the issue.
fn before_reference<'t>(text: &'t str, issue: &IssueRef, web: &str) -> Option<&'t str> {
    let full_name = issue.repo.full_name();
    if let Some(before) = text.strip_suffix('#') {
        // What stands right before the sign names another repository, or none that we know.
        if !before.ends_with(is_name_char) {
            return Some(before);
        }
        let before = strip_suffix_ignoring_case(before, &full_name)?;
        return (!before.ends_with(is_name_char)).then_some(before);
    }
    if let Some(before) = strip_suffix_ignoring_case(text, "gh-") {
        return (!before.ends_with(is_name_char)).then_some(before);
    }
    ["https://", "http://"].iter().find_map(|scheme| {
        strip_suffix_ignoring_case(text, &format!("{scheme}{web}/{full_name}/issues/"))
    })
}

fn is_name_char(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | '&')
}

fn ends_with_closing_keyword(text: &str) -> bool {
    const WORDS: [&str; 9] = [
        "close", "closes", "closed", "fix", "fixes", "fixed", "resolve", "resolves", "resolved",
    ];
    let spaced = text.trim_end();
    // An opening bracket of a Markdown link does not come between.
    let bare = spaced.strip_suffix(':').unwrap_or(spaced);
    if bare.len() == text.len() {
        return false;
    }
    let start = bare
        .rfind(|c: char| !c.is_ascii_alphabetic())
        .map_or(0, |at| {
            at + bare[at..].chars().next().map_or(1, char::len_utf8)
        });
    let joined = bare[..start].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '-');
    let word = &bare[start..];
    !joined && WORDS.iter().any(|known| word.eq_ignore_ascii_case(known))
}

fn strip_suffix_ignoring_case<'t>(text: &'t str, suffix: &str) -> Option<&'t str> {
    let at = text.len().checked_sub(suffix.len())?;
    let end = text.get(at..)?;
    end.eq_ignore_ascii_case(suffix).then(|| &text[..at])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::repository::ForgeKind;

    fn in_message(message: &str) -> Option<Mention> {
        let issue = IssueRef::parse("octo-org/widgets#7", ForgeKind::GitHub).unwrap();
        mention(message, &issue, "github.com")
    }

    #[test]
    fn references_to_exactly_the_issue_count() {
        for message in [
            "Refs #7",
            "#7",
            "#7: title",
            "Title (#7)",
            "Title (#7).",
            "[#7]",
            "see GH-7",
            "gh-7",
            "Refs octo-org/widgets#7",
            "Refs Octo-Org/Widgets#7, octo-org/widgets#8",
            "https://github.com/octo-org/widgets/issues/7",
            "<https://GitHub.com/octo-org/widgets/issues/7#issuecomment-1>",
            "Refs #70 and #7",
            "Refs #77, #7",
            "prefixes #7",
            "re-fixes #7",
            "no_fixes #7",
            "1fixes #7",
            "äfixes #7",
            "Fixes #8, #7",
            "fix the thing for #7",
            "Enclosed #7",
            "é#8 é #7",
            "Refs #7-and-more",
        ] {
            assert_eq!(
                in_message(message),
                Some(Mention::References),
                "{message:?}"
            );
        }
    }

    #[test]
    fn other_numbers_and_other_repositories_do_not_count() {
        for message in [
            "",
            "7",
            "# 7",
            "Refs #70",
            "Refs #17",
            "Refs #7a",
            "Refs #7_",
            "Refs other/widgets#7",
            "Refs octo-org/gadgets#7",
            "Refs my-octo-org/widgets#7",
            "Refs x/octo-org/widgets#7",
            "Refs widgets#7",
            "fixes#7",
            "Closes other/widgets#7",
            "AGH-7",
            "GH-70",
            "https://github.com/octo-org/widgets/issues/70",
            "https://github.com/octo-org/widgets/pull/7",
            "https://evil.example/octo-org/widgets/issues/7",
            "https://evil.github.com/octo-org/widgets/issues/7",
            "https://github.com/octo-org/gadgets/issues/7",
            "/issues/7",
            "&#7",
        ] {
            assert_eq!(in_message(message), None, "{message:?}");
        }
    }

    #[test]
    fn addresses_of_a_forge_below_a_path_are_its_own() {
        let issue = IssueRef::parse("acme/widgets#7", ForgeKind::Forgejo).unwrap();
        let closes = |message: &str| closes_issue(message, &issue, "h.example:3000/git");
        assert!(closes(
            "Fixes https://h.example:3000/git/acme/widgets/issues/7"
        ));
        assert!(!closes(
            "Fixes https://h.example:3000/acme/widgets/issues/7"
        ));
        assert!(!closes(
            "Fixes https://h.example:3000/git/git/acme/widgets/issues/7"
        ));
    }

    #[test]
    fn every_closing_keyword_closes_with_every_form() {
        for word in [
            "close", "closes", "closed", "fix", "fixes", "fixed", "resolve", "resolves",
            "resolved", "Fixes", "CLOSES",
        ] {
            for colon in ["", ":"] {
                for name in [
                    "#7",
                    "GH-7",
                    "octo-org/widgets#7",
                    "https://github.com/octo-org/widgets/issues/7",
                ] {
                    for message in [
                        format!("{word}{colon} {name}"),
                        format!("Title\n\n({word}{colon} {name})."),
                        format!("Refs {name}, {word}{colon}\t{name} and more"),
                    ] {
                        assert_eq!(in_message(&message), Some(Mention::Closes), "{message:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn references_stand_by_themselves_with_the_keyword_before_them() {
        let long = "x".repeat(500);
        let cases: [(&str, &[&str]); 16] = [
            ("", &[]),
            ("no 7, # 7, 7# or x7", &[]),
            ("#7", &["#7"]),
            ("see #7 and #8.", &["#7", "#8."]),
            ("é#12é", &["é#12é"]),
            ("Fixes #7", &["Fixes #7"]),
            ("(closes:\n  GH-70)", &["(closes: GH-70)"]),
            ("prefixes #7", &["#7"]),
            ("é fixes\u{a0}#7", &["fixes #7"]),
            ("re-fixes #7", &["#7"]),
            ("fixes#7", &["fixes#7"]),
            ("a/b#7,#8", &["a/b#7,", "a/b#7,#8"]),
            ("see `#7` or [#8](x", &["(#7(", "(#8]"]),
            ("fixed \"o/w#1\"", &["fixed (o/w#1("]),
            (
                "https://github.com/o/w/issues/7#issuecomment-1",
                &["https://github.com/o/w/issues/7#"],
            ),
            ("https://github.com/o/w/pull/7", &[]),
        ];
        for (message, expected) in cases {
            let found: Vec<String> = references(message).collect();
            assert_eq!(found, expected, "{message:?}");
        }
        // Where it is cut, no reference begins.
        let found: Vec<String> = references(&format!("{long}#7 {long}x fix #8")).collect();
        assert_eq!(
            found,
            [format!("{}#7", "x".repeat(400)), "fix #8".to_owned()]
        );
        let list = format!("#8{}", ",a/b#9".repeat(67));
        let found: Vec<String> = references(&format!("yyy{list}")).collect();
        assert_eq!(found.last(), Some(&format!("x{}", &list[3..])));
    }

    #[test]
    fn a_reference_is_the_whole_name_and_nothing_else() {
        let issue = IssueRef::parse("octo-org/widgets#7", ForgeKind::GitHub).unwrap();
        for (word, is_ours) in [
            ("octo-org/widgets#7", true),
            ("Octo-Org/Widgets#7", true),
            ("octo-org/widgets#7.", true),
            ("(octo-org/widgets#7)", true),
            ("`octo-org/widgets#7`", true),
            ("octo-org/widgets#70", false),
            ("octo-org/widgets#07", false),
            ("x/octo-org/widgets#7", false),
            ("other/widgets#7", false),
            ("#7", false),
            ("7", false),
            ("", false),
        ] {
            assert_eq!(is_reference(word, &issue), is_ours, "{word}");
        }
    }

    #[test]
    fn closing_one_issue_does_not_close_another() {
        let issue = |text| IssueRef::parse(text, ForgeKind::GitHub).unwrap();
        let message = "Fixes #8, refs #7, closes octo-org/gadgets#7";
        for (name, closes) in [
            ("octo-org/widgets#7", false),
            ("octo-org/widgets#8", true),
            ("octo-org/gadgets#7", true),
            ("octo-org/widgets#9", false),
        ] {
            assert_eq!(
                closes_issue(message, &issue(name), "github.com"),
                closes,
                "{name}"
            );
        }
    }
}
