//! Smaller headings within the value of a heading: "Hard" and "Soft" sort blockers, "Acceptance criteria" ends them.

use super::bare_number::BareNumber;
use super::inverse::is_of_others;
use super::line::{Line, after_marks};
use super::mention::mention;
use super::words::KINDS;

/// Whether the value goes on below a smaller heading. `is_sorted`: nothing but such headings stood in it so far.
pub(super) fn goes_on(heading: &str, below: &[Line<'_>], is_sorted: bool) -> bool {
    !is_of_others(heading)
        && (is_kind(heading)
            || is_sorted && (mention(heading).is_some() || holds_references(below)))
}

/// Whether a smaller heading below one of these goes on with its value: "Hard", "Internal issues", "Depends on".
fn is_kind(heading: &str) -> bool {
    const WORDS: [&str; 19] = [
        "blocked",
        "by",
        "on",
        "depends",
        "upon",
        "requires",
        "blockers",
        "blocker",
        "dependencies",
        "dependency",
        "issues",
        "issue",
        "tickets",
        "ticket",
        "prs",
        "pull",
        "requests",
        "and",
        "or",
    ];
    let mut words = heading
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty() && !word.bytes().all(|byte| byte.is_ascii_digit()))
        .peekable();
    words.peek().is_some()
        && words.all(|word| {
            let mut known = KINDS.iter().chain(&WORDS);
            known.any(|known| word.eq_ignore_ascii_case(known))
        })
}

/// Whether each line up to the next heading names an issue, at its beginning or in parentheses at its end.
fn holds_references(lines: &[Line<'_>]) -> bool {
    let mut names_any = false;
    for (at, line) in lines.iter().enumerate() {
        let next = lines.get(at + 1);
        if line.heading(next).is_some() {
            break;
        }
        let is_head_of_table = next.is_some_and(Line::is_table_rule);
        if line.is_blank() || Line::is_rule(line.text) || is_head_of_table {
            continue;
        }
        let content = after_marks(line.text).trim();
        let at_end = content
            .trim_end_matches('.')
            .strip_suffix(')')
            .and_then(|text| text.rsplit_once('('))
            .is_some_and(|(_, remark)| mention(remark).is_some());
        if !(at_end || mention(content).is_some() || BareNumber::at(content).is_some()) {
            return false;
        }
        names_any = true;
    }
    names_any
}
