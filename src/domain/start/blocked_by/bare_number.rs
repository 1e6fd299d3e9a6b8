//! Numbers without a sign at the beginning of an item: "12", "Issue 01 (ingest)".
//!
//! Not "2 weeks", "1.5", "12th", "2-factor" or "24/7 support". Says of a number with a word behind it that it is doubtful:
//! "12 Bootstrap" is an issue with its title, and "2 Reviewers", "12 May" and "16 GB" are none.

use super::mention::{goes_on, number};
use crate::domain::repository::IssueNumber;

/// A number that stands where a reference may stand.
#[derive(Clone, Copy)]
pub(super) struct BareNumber<'t> {
    pub(super) number: IssueNumber,
    /// The text behind it.
    pub(super) behind: &'t str,
    /// Whether a word follows that may be a title, a unit, a month or what is counted.
    pub(super) is_doubtful: bool,
}

impl<'t> BareNumber<'t> {
    /// Reads one at the beginning of an item.
    pub(super) fn at(text: &'t str) -> Option<Self> {
        let named = behind_noun(text);
        let digits = named.unwrap_or(text);
        let end = digits
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(digits.len());
        let number = number(&digits[..end])?;
        let behind = &digits[end..];
        let doubt = Doubt::of(behind)?;
        Some(Self {
            number,
            behind,
            is_doubtful: named.is_none() && doubt == Doubt::Word,
        })
    }
}

/// The text behind a word that says that a number is one of an issue.
fn behind_noun(text: &str) -> Option<&str> {
    const NOUNS: [&str; 12] = [
        "issues",
        "issue",
        "tickets",
        "ticket",
        "prs",
        "pr",
        "pull requests",
        "pull request",
        "bugs",
        "bug",
        "no",
        "nr",
    ];
    NOUNS.iter().find_map(|noun| {
        text.get(..noun.len())
            .filter(|start| start.eq_ignore_ascii_case(noun))
            .map(|_| text[noun.len()..].trim_start_matches(['.', ' ', '\u{a0}']))
            .filter(|rest| rest.len() < text.len() - noun.len())
    })
}

/// What the text behind a number makes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doubt {
    /// It is one of an issue.
    None,
    /// It may be one of an issue with its title, or count or measure what the word says.
    Word,
}

impl Doubt {
    /// Reads the text behind a number; `None` when the number is none of an issue.
    fn of(behind: &str) -> Option<Self> {
        let mut next = behind.chars();
        let (sign, second) = (next.next(), next.next());
        let is_digit = |c: char| c.is_ascii_digit();
        let is_sure = match sign {
            None => true,
            Some(c) if c.is_alphanumeric() => false,
            // "12/13" are two issues, "24/7 support" and "1/d" none.
            Some('/') => match second {
                None | Some(' ') => true,
                Some(c) if is_digit(c) => {
                    return Self::of_word(behind.trim_start_matches(|c| c == '/' || is_digit(c)))
                        .filter(|doubt| *doubt == Self::None);
                }
                Some(_) => false,
            },
            Some('-' | '‐' | '\u{2011}') if second.is_some_and(char::is_alphanumeric) => false,
            Some('.' | ',' | ':') => !second.is_some_and(is_digit),
            Some('_') if goes_on(behind) => false,
            Some('+') => second.is_some_and(|c| is_digit(c) || c == '#'),
            Some('%' | '‰' | '$' | '€' | '£' | '°' | '×' | '\'' | '’' | '#') => false,
            Some(_) => return Self::of_word(behind),
        };
        is_sure.then_some(Self::None)
    }

    /// Judges by the word behind blanks and the end of emphasis.
    fn of_word(behind: &str) -> Option<Self> {
        let open = behind.trim_start_matches(['*', '_', ')', ']']);
        let word = open.trim_start();
        // "2 - 3 Reviewers", "2- 3"
        let spaced = word.trim_start_matches(['-', '‐', '\u{2011}', '–', '—']);
        if spaced.len() < word.len()
            && spaced
                .trim_start()
                .starts_with(|c: char| c.is_ascii_digit())
        {
            return Some(Self::Word);
        }
        if word.len() == open.len() {
            return Some(Self::None);
        }
        let goes_on = JOINTS.iter().any(|joint| {
            word.get(..joint.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(joint))
        });
        match word.chars().next() {
            Some('%' | '‰' | '$' | '€' | '£' | '°' | '×') => None,
            Some(c) if c.is_alphabetic() && !goes_on && behind_noun(word).is_none_or(is_word) => {
                // "2 weeks" is a measure.
                (!c.is_lowercase()).then_some(Self::Word)
            }
            Some(_) | None => Some(Self::None),
        }
    }
}

/// What joins a number with the next one.
const JOINTS: [&str; 5] = ["and ", "or ", "und ", "et ", "y "];

/// Whether what stands behind "PRs" is no number.
fn is_word(text: &str) -> bool {
    !text.starts_with(|c: char| c.is_ascii_digit() || c == '#')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_behind_a_number_says_whether_it_is_one_of_an_issue() {
        let read = |text: &str| {
            BareNumber::at(text)
                .map(|found| (found.number.0, found.behind.len(), found.is_doubtful))
        };
        // What stands behind, and whether that is a number of an issue, and doubtful.
        for (behind, expected) in [
            ("", Some(false)),
            (".", Some(false)),
            (". 1", Some(false)),
            (", 13", Some(false)),
            (": parser", Some(false)),
            (" (parser)", Some(false)),
            (" - Parser", Some(false)),
            (" — Parser", Some(false)),
            (" → Parser", Some(false)),
            (" 13", Some(false)),
            (" #13", Some(false)),
            (" and 13", Some(false)),
            (" und 13", Some(false)),
            (" OR 13", Some(false)),
            (" PR 13", Some(false)),
            ("/13", Some(false)),
            ("/13/14, 15", Some(false)),
            (" / 13", Some(false)),
            ("+13", Some(false)),
            ("**", Some(false)),
            ("_, 13", Some(false)),
            ("]", Some(false)),
            (" Bootstrap", Some(true)),
            (" Reviewers", Some(true)),
            (" GB RAM", Some(true)),
            (" May", Some(true)),
            ("\u{a0}GB", Some(true)),
            ("\tGB", Some(true)),
            ("** Reviewers", Some(true)),
            ("_ Reviewers", Some(true)),
            (" 設計", Some(true)),
            (" PRs in review", Some(true)),
            (" Andes", Some(true)),
            (" - 3 Reviewers", Some(true)),
            (" – 14", Some(true)),
            (" weeks", None),
            ("** weeks", None),
            (" orders", None),
            (" %", None),
            (" €", None),
            ("%", None),
            ("£", None),
            ("×3", None),
            ("+", None),
            ("+ Reviewers", None),
            ("th", None),
            (".5", None),
            (",5", None),
            (":30", None),
            ("-factor", None),
            ("‑factor", None),
            ("-auth.md", None),
            ("-1", None),
            ("/7 support", None),
            ("/7 Support", None),
            ("/d", None),
            ("_000", None),
            ("'s", None),
            ("#1", None),
        ] {
            let text = format!("12{behind}");
            let expected = expected.map(|doubtful| (12, behind.len(), doubtful));
            assert_eq!(read(&text), expected, "{text:?}");
        }
        for (text, expected) in [
            ("0", None),
            ("parser", None),
            ("no one", None),
            ("issues/03", None),
            ("Issue 01 Parser", Some((1, 7, false))),
            ("PR12", None),
            ("no. 12", Some((12, 0, false))),
            ("Ticket\u{a0}12 weeks", None),
        ] {
            assert_eq!(read(text), expected, "{text:?}");
        }
    }
}
