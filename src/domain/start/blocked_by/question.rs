//! Headings that ask for blockers, or name them among other things.

use super::words::field_words;

/// A heading that asks for blockers, as the labels of forms do.
pub(super) struct Question<'t> {
    /// What may name issues behind the words of the field.
    pub(super) rest: &'t str,
    /// Whether it asks for nothing else.
    pub(super) is_whole: bool,
}

/// Reads "What is this blocked by?" and "Does this depend on another issue?".
pub(super) fn asks(heading: &str) -> Option<Question<'_>> {
    const PHRASES: [&str; 10] = [
        "blocked by",
        "blocked on",
        "depends on",
        "depend on",
        "depend upon",
        "dependent on",
        "blockers",
        "blocker",
        "dependencies",
        "dependency",
    ];
    const WHOLE: [&str; 35] = [
        "there",
        "have",
        "has",
        "known",
        "list",
        "other",
        "what",
        "which",
        "is",
        "are",
        "does",
        "do",
        "this",
        "it",
        "the",
        "that",
        "another",
        "any",
        "an",
        "a",
        "by",
        "on",
        "issue",
        "issues",
        "ticket",
        "tickets",
        "task",
        "tasks",
        "pr",
        "prs",
        "work",
        "anything",
        "something",
        "else",
        "currently",
    ];
    let question = heading
        .trim_end_matches(['*', '_', ' ', ':'])
        .strip_suffix(['?', '？'])?;
    let (at, phrase) = PHRASES.iter().find_map(|phrase| {
        question
            .as_bytes()
            .windows(phrase.len())
            .position(|found| found.eq_ignore_ascii_case(phrase.as_bytes()))
            .map(|at| (at, phrase))
    })?;
    let (before, rest) = (&question[..at], &question[at + phrase.len()..]);
    let is_letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    if is_letter(before.chars().next_back()) || is_letter(rest.chars().next()) {
        return None;
    }
    let mut others = before.split_whitespace().chain(rest.split_whitespace());
    let is_whole = others.all(|other| WHOLE.iter().any(|word| other.eq_ignore_ascii_case(word)));
    Some(Question {
        // "another issue" is no value.
        rest: if is_whole { "" } else { rest },
        is_whole,
    })
}

/// Whether a heading names blockers beside other things, or behind a number: "Risks & Dependencies", "Phase 1: Dependencies".
pub(super) fn names_among_others(heading: &str) -> bool {
    /// More words are a sentence.
    const WORDS_MAX: usize = 6;
    let joins = |before: &str| {
        let before = before.trim_end_matches(['*', '_', ' ']);
        let last = before.rsplit(' ').next().unwrap_or_default();
        before.ends_with(['/', '&', '+', ',', ':', '.', ')', '|', '、', '：'])
            || ["and", "or"]
                .iter()
                .any(|word| last.eq_ignore_ascii_case(word))
    };
    // "Priority: Blocker" says how much it matters.
    let is_one = |rest: &str| {
        let rest = rest.trim_end_matches(['*', '_', ' ', '.', '\r', '\n']);
        ["blocker", "dependency"]
            .iter()
            .any(|word| rest.eq_ignore_ascii_case(word))
    };
    heading.split_whitespace().count() <= WORDS_MAX
        && heading.char_indices().any(|(at, c)| {
            c.is_alphabetic()
                && joins(&heading[..at])
                && !is_one(&heading[at..])
                && field_words(&heading[at..]).is_some_and(|words| words.is_whole)
        })
}
