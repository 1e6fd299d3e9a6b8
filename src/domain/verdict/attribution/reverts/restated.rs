//! Says in few lines what a message takes back, so that the rest of it need not be held.
//!
//! Whoever reads the lines behind the title of that message finds the same in them. Whether it names anything that is there is not
//! known here.

use super::ids::{Named, in_lists, in_text};
use super::part::takes_a_part;
use super::prefix::taking_back;
use super::sentences::{outright, stated};
use super::titles::{first_line, rest};

/// Returns the lines, what matters most first; `title_is_whole` says whether all of the title stands above them. They say no more than
/// the message does, wherever they stand.
#[must_use]
pub(in crate::domain::verdict::attribution) fn restated(
    message: &str,
    title_is_whole: bool,
) -> Vec<String> {
    let outright = outright(message);
    let stated = stated(message);
    let mut lines = Vec::new();
    for named in &outright {
        // A pull request that is named by itself is no part of one: "reverts part".
        let verb = if stated.contains(named) {
            "This reverts"
        } else {
            "Reverts PR"
        };
        lines.extend(word(named).map(|word| format!("{verb} {word}.")));
    }
    // Lines count that only name commits, where none is named outright, and below a title that says what they are.
    let rest = rest(message);
    if rest.is_some_and(|rest| takes_a_part(&rest, message)) {
        lines.push("A partial revert.".to_owned());
    }
    let is_told = outright.iter().any(Named::is_by_id);
    if !title_is_whole || is_told || rest.or_else(|| taking_back(first_line(message))).is_none() {
        return lines;
    }
    let of_lists = in_lists(message);
    let listed = of_lists.iter().filter_map(word);
    lines.extend(listed.map(|word| format!("- {word}")));
    if rest.is_some() {
        let of_text = in_text(message).into_iter();
        let of_text = of_text.filter(|named| !of_lists.contains(named));
        lines.extend(
            of_text
                .filter_map(|named| word(&named))
                .map(|word| format!("See {word}.")),
        );
    }
    lines
}

/// What is named, in a word that means nothing else: `!12` is no issue's number. `None` for a repository whose name has marks that
/// part words.
fn word(named: &Named) -> Option<String> {
    let is_name = |name: &str| {
        let is_sign = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
        name.chars().all(is_sign)
    };
    match named {
        Named::Commit(id) => Some(id.clone()),
        Named::Range(first, last) => Some(format!("{first}..{last}")),
        Named::Pull(None, number) => Some(format!("!{number}")),
        Named::Pull(Some(repository), number) => {
            is_name(repository).then(|| format!("{repository}!{number}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_back_is_said_again() {
        let cases: [(&str, &[&str]); 18] = [
            ("Add x\n\nSee 4f1c2b7a.", &[]),
            ("Add x\n\n- 4f1c2b7a", &[]),
            ("Add x\n\nA partial revert.", &[]),
            (
                "Revert \"Add x\"\n\nThis reverts commit 4f1c2b7a.\n\n- 5f1c2b7a",
                &["This reverts 4f1c2b7a."],
            ),
            (
                "Undo it\n\nThis reverts commits\n4f1c2b7 and 5f1c2b7.",
                &["This reverts 4f1c2b7.", "This reverts 5f1c2b7."],
            ),
            (
                "Add x\n\nThis commit reverts 4f1c2b7a..5f1c2b7a.",
                &["Reverts PR 4f1c2b7a..5f1c2b7a."],
            ),
            (
                "Add x\n\nReverts #12 and Part/w#13.",
                &["Reverts PR !12.", "Reverts PR part/w!13."],
            ),
            (
                "Add x\n\nThis reverts 4f1c2b7a\n\nReverts #7",
                &["This reverts 4f1c2b7a.", "Reverts PR !7."],
            ),
            (
                "Add x\n\nThis reverts\nhttps://github.com/o/w/pull/7",
                &["Reverts PR o/w!7."],
            ),
            ("Add x\n\nThis reverts\nhttps://h/a+o/w/pull/7", &[]),
            (
                "[x] Revert it\n\n- 4f1c2b7a\n\nprose 5f1c2b7a",
                &["- 4f1c2b7a"],
            ),
            (
                "Revert it\n\n- 4f1c2b7a\n\nprose 5f1c2b7a and 4f1c2b7a",
                &["- 4f1c2b7a", "See 5f1c2b7a."],
            ),
            (
                "Revert it\n\nReverts #12\n\nprose 5f1c2b7a",
                &["Reverts PR !12.", "See 5f1c2b7a."],
            ),
            (
                "Revert it\n\nIt is a partial revert of\n4f1c2b7a",
                &["A partial revert.", "- 4f1c2b7a"],
            ),
            (
                "Revert some of 4f1c2b7a",
                &["A partial revert.", "See 4f1c2b7a."],
            ),
            ("[x] Revert part of it", &[]),
            ("revert: x", &[]),
            ("", &[]),
        ];
        for (message, lines) in cases {
            assert_eq!(restated(message, true), lines, "{message:?}");
            // Said again, it is the same.
            let title = message.lines().next().unwrap_or_default();
            let again = format!("{title}\n…\n{}", lines.join("\n"));
            let mut said: Vec<String> = restated(&again, true);
            said.dedup();
            assert_eq!(said, lines, "{again:?}");
            // Without the end of the title nobody knows what the lines below it are for.
            let outright = lines
                .iter()
                .filter(|line| !line.starts_with("- ") && !line.starts_with("See "));
            let outright: Vec<&str> = outright.copied().collect();
            assert_eq!(restated(message, false), outright, "{message:?}");
        }
    }
}
