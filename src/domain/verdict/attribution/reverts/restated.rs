//! Says in few lines what a message takes back, so that the rest of it need not be held.
//!
//! Whoever reads the lines behind the title of that message finds the same in them. Whether it names anything that is there is not
//! known here.

use super::ids::{Named, in_lists, in_text};
use super::part::says_a_part;
use super::prefix::taking_back;
use super::sentences::{outright, stated};
use super::titles::{first_line, rest};

/// Returns the lines, what matters most first.
#[must_use]
pub(in crate::domain::verdict::attribution) fn restated(message: &str) -> Vec<String> {
    let stated = stated(message);
    let mut lines: Vec<String> = stated
        .iter()
        .map(|named| format!("This reverts {}.", word(named)))
        .collect();
    let others = outright(message).into_iter();
    lines.extend(
        others
            .filter(|named| !stated.contains(named))
            .map(|named| format!("Reverts {}.", word(&named))),
    );
    // Where the title says that something is taken back, lines count that only name it.
    if rest(message).is_some() || taking_back(first_line(message)).is_some() {
        if says_a_part(message) {
            lines.push("A partial revert.".to_owned());
        }
        let of_lists = in_lists(message);
        lines.extend(of_lists.iter().map(|named| format!("- {}", word(named))));
        let of_text = in_text(message).into_iter();
        lines.extend(
            of_text
                .filter(|named| !of_lists.contains(named))
                .map(|named| format!("See {}.", word(&named))),
        );
    }
    lines
}

/// One that is named, as no reader takes for an issue.
fn word(named: &Named) -> String {
    match named {
        Named::Commit(id) => id.clone(),
        Named::Range(first, last) => format!("{first}..{last}"),
        Named::Pull(None, number) => format!("!{number}"),
        Named::Pull(Some(repository), number) => format!("{repository}!{number}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_back_is_said_again() {
        let cases: [(&str, &[&str]); 13] = [
            ("Add x\n\nSee 4f1c2b7a.", &[]),
            ("Add x\n\n- 4f1c2b7a", &[]),
            ("Add x\n\nA partial revert.", &[]),
            (
                "Revert \"Add x\"\n\nThis reverts commit 4f1c2b7a.",
                &["This reverts 4f1c2b7a.", "See 4f1c2b7a."],
            ),
            (
                "Undo it\n\nThis reverts commits\n4f1c2b7 and 5f1c2b7.",
                &[
                    "This reverts 4f1c2b7.",
                    "This reverts 5f1c2b7.",
                    "- 4f1c2b7",
                    "- 5f1c2b7",
                ],
            ),
            (
                "Add x\n\nThis commit reverts 4f1c2b7a..5f1c2b7a.",
                &["Reverts 4f1c2b7a..5f1c2b7a."],
            ),
            (
                "Add x\n\nReverts #12 and O/w#13.",
                &["Reverts !12.", "Reverts o/w!13."],
            ),
            (
                "Add x\n\nThis reverts 4f1c2b7a\n\nReverts #7",
                &["This reverts 4f1c2b7a.", "Reverts !7."],
            ),
            (
                "Add x\n\nThis reverts\nhttps://github.com/o/w/pull/7",
                &["Reverts o/w!7."],
            ),
            (
                "[x] Revert it\n\n- 4f1c2b7a\n\nprose 5f1c2b7a",
                &["- 4f1c2b7a", "See 5f1c2b7a."],
            ),
            (
                "Revert it\n\nIt is a partial revert of\n4f1c2b7a",
                &["A partial revert.", "- 4f1c2b7a"],
            ),
            ("revert: x", &[]),
            ("", &[]),
        ];
        for (message, lines) in cases {
            assert_eq!(restated(message), lines, "{message:?}");
            // Said again, it is the same.
            let title = message.lines().next().unwrap_or_default();
            let again = restated(&format!("{title}\n…\n{}", lines.join("\n")));
            for line in lines {
                assert!(
                    again.iter().any(|said| said == line),
                    "{message:?}: {line} {again:?}"
                );
            }
        }
    }
}
