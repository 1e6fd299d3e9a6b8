//! Ranges of references: "#12-#14", "#12 to 14", "12–14".
//!
//! Says where a range ends, not what lies in it. Words and signs make a range only where a number follows, and a number
//! without a sign only where it is no measure: "#12 to 14 days" names one issue.

use super::bare_number::BareNumber;
use super::mention::number;
use crate::domain::repository::IssueNumber;

/// What stands between the two ends of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// "-", directly between.
    Sign,
    /// " – ", which stands before remarks as well.
    SpacedSign,
    /// " to "
    Word,
}

/// The joint of a range, and the text behind it.
pub(super) struct Joint<'t> {
    kind: Kind,
    pub(super) rest: &'t str,
}

/// Reads the joint of a range at the beginning of `text`, and emphasis around it.
pub(super) fn behind_joint(text: &str) -> Option<Joint<'_>> {
    const SIGNS: [&str; 12] = [
        "...", "..", "…", "-", "‐", "–", "—", "~", "〜", "～", "至", "到",
    ];
    /// The first of several that begin alike is the longest.
    const WORDS: [&str; 18] = [
        "up to",
        "to",
        "through",
        "thru",
        "until",
        "till",
        "bis",
        "jusqu'à",
        "jusqu’à",
        "à",
        "al",
        "a",
        "até",
        "hasta",
        "tot",
        "t/m",
        "до",
        "по",
    ];
    let emphasis = |c: char| matches!(c, '*' | '_');
    let text = text.trim_start_matches(emphasis);
    let joint = text.trim_start_matches([' ', '\t', '\u{a0}']);
    let is_spaced = joint.len() < text.len();
    if let Some(rest) = SIGNS.iter().find_map(|sign| joint.strip_prefix(sign)) {
        let next = rest.trim_start_matches([' ', '\t', '\u{a0}']);
        let kind = if is_spaced || next.len() < rest.len() {
            Kind::SpacedSign
        } else {
            Kind::Sign
        };
        let rest = next.trim_start_matches(emphasis);
        return Some(Joint { kind, rest });
    }
    if !is_spaced {
        return None;
    }
    WORDS.iter().find_map(|word| {
        let found = joint.get(..word.len())?;
        let is_word = found == *word || found.to_lowercase() == **word;
        let behind = &joint[word.len()..];
        let next = behind.trim_start_matches([' ', '\t', '\u{a0}']);
        (is_word && next.len() < behind.len()).then(|| Joint {
            kind: Kind::Word,
            rest: next.trim_start_matches(emphasis),
        })
    })
}

/// Reads the number without a sign that ends a range, and the text behind.
pub(super) fn signless_end<'t>(joint: &Joint<'t>) -> Option<(IssueNumber, &'t str)> {
    sure_end(joint).map(|end| (end.number, end.behind))
}

fn sure_end<'t>(joint: &Joint<'t>) -> Option<BareNumber<'t>> {
    let end = match joint.kind {
        Kind::Sign | Kind::Word => BareNumber::at(joint.rest),
        Kind::SpacedSign => None,
    };
    // "#12-14-rc1"
    end.filter(|end| !end.behind.starts_with('-'))
        .filter(|_| joint.rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// Two numbers without signs and a joint: "12-14", "issues 12 to 14".
pub(super) struct BareRange<'t> {
    pub(super) first: IssueNumber,
    pub(super) last: IssueNumber,
    pub(super) behind: &'t str,
}

impl<'t> BareRange<'t> {
    /// Reads one at the beginning of an item.
    pub(super) fn at(text: &'t str) -> Option<Self> {
        let digits = text.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        // "Issues 12 to 14", and no other word.
        if digits.len() < text.len() {
            let noun = &text[..text.len() - digits.len()];
            let is_noun = ["issues", "tickets", "prs", "bugs", "nos", "issue"]
                .iter()
                .any(|known| noun.eq_ignore_ascii_case(known));
            if !is_noun || !digits.starts_with(' ') {
                return None;
            }
        }
        let digits = digits.trim_start_matches(' ');
        let end = digits
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(digits.len());
        let first = number(&digits[..end])?;
        // "2-3 Reviewers"
        let last = sure_end(&behind_joint(&digits[end..])?).filter(|last| !last.is_doubtful)?;
        (first.0 < last.number.0).then_some(Self {
            first,
            last: last.number,
            behind: last.behind,
        })
    }
}
