//! Lines of a value that hold no value: hints of a form, answers that nobody gave, what is finished.

use super::nothing;
use super::references::names_issue;

/// What a line of a value is, before its references are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// Nothing that concerns the value: the next line may say all of it.
    Aside,
    /// "None" of one kind: "Internal: none".
    NoneOfKind,
    /// "None", as the answer that somebody ticked.
    NoneTicked,
    /// Words that may be a form's, and are nothing beside "none".
    OfForm,
    /// A box that nobody ticked.
    Unticked,
    /// Anything else.
    Words,
}

impl Said {
    /// Reads a line, and its text behind its marks.
    pub(super) fn of(line: &str, text: &str) -> Self {
        let (ticked, unticked) = boxes(line);
        let is_none = nothing::is_nothing(text);
        let is_unanswered = unticked && (is_none || is_yes(text));
        let is_form = is_empty_field(text) || is_hint_with_example(line);
        if is_unanswered || is_form || is_finished(text) {
            Self::Aside
        } else if is_none_of_kind(text) {
            Self::NoneOfKind
        } else if ticked && is_none {
            Self::NoneTicked
        } else if unticked {
            Self::Unticked
        } else if is_set_apart(line) || text.ends_with([':', '：']) {
            Self::OfForm
        } else {
            Self::Words
        }
    }
}

/// Whether a line is an item with a box, ticked or not.
fn boxes(line: &str) -> (bool, bool) {
    let item = line.trim_start_matches(['>', ' ', '\t', '-', '*', '+']);
    let ticked = ["[x]", "[X]"].iter().any(|mark| item.starts_with(mark));
    (ticked, item.starts_with("[ ]"))
}

fn is_yes(text: &str) -> bool {
    const YES: [&str; 7] = ["yes", "ja", "oui", "sí", "sim", "да", "是"];
    let answer = text.trim().trim_end_matches(['.', '!']).to_lowercase();
    YES.contains(&answer.as_str())
}

/// "Issue:", "PR:", "#": a template that nobody filled in.
fn is_empty_field(text: &str) -> bool {
    const NAMES: [&str; 11] = [
        "issue", "issues", "pr", "prs", "ticket", "tickets", "task", "tasks", "link", "links",
        "url",
    ];
    let name = text.trim().strip_suffix([':', '：']);
    name.is_some_and(|name| NAMES.iter().any(|known| name.eq_ignore_ascii_case(known)))
        || text.trim() == "#"
}

/// Whether a line is emphasised as a whole, or quotes, as the hints of forms do.
fn is_set_apart(line: &str) -> bool {
    let line = line.trim();
    line.starts_with('>')
        || ['_', '*'].iter().any(|sign| {
            line.strip_prefix(*sign)
                .and_then(|inside| inside.strip_suffix(*sign))
                .is_some_and(|inside| !inside.is_empty() && !inside.contains(*sign))
        })
}

/// "_List the issues that block this one, e.g. #12_"
fn is_hint_with_example(line: &str) -> bool {
    const SAYS: [&str; 4] = ["e.g.", "for example", "z.b.", "for instance"];
    if !is_set_apart(line) {
        return false;
    }
    let lower = line.to_lowercase();
    let example = SAYS.iter().filter_map(|words| lower.find(words)).min();
    // What stands before the example is meant.
    example.is_some_and(|at| !names_issue(&lower[..at]))
}

/// Whether nothing is left but that it is finished: "~~#12~~ (merged)".
fn is_finished(text: &str) -> bool {
    const FINISHED: [&str; 11] = [
        "done",
        "merged",
        "closed",
        "fixed",
        "landed",
        "finished",
        "resolved",
        "shipped",
        "released",
        "completed",
        "already",
    ];
    let mut words = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .peekable();
    words.peek().is_some()
        && words.all(|word| {
            FINISHED
                .iter()
                .any(|known| word.eq_ignore_ascii_case(known))
        })
}

/// "Internal: none.", "**Backend:** n/a"
fn is_none_of_kind(text: &str) -> bool {
    /// A longer label is a sentence.
    const LABEL_MAX: usize = 30;
    let Some((label, rest)) = text.split_once([':', '：']) else {
        return false;
    };
    let is_label = label.len() <= LABEL_MAX
        && label.split_whitespace().count() <= 3
        && label.contains(char::is_alphabetic)
        && !label.contains(|c: char| c.is_ascii_digit() || matches!(c, '#' | '/'));
    is_label && nothing::is_plain(rest)
}
