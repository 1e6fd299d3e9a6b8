//! Headings that ask for blockers.

/// A heading that asks for blockers, as the labels of forms do.
pub(super) struct Question<'t> {
    /// What may name issues behind the words of the field.
    pub(super) rest: &'t str,
    /// Whether it asks for nothing else.
    pub(super) is_whole: bool,
}

/// Reads "What is this blocked by?" and "Does this depend on another issue?".
pub(super) fn asks(heading: &str) -> Option<Question<'_>> {
    const PHRASES: [&str; 6] = [
        "blocked by",
        "blocked on",
        "depends on",
        "depend on",
        "depend upon",
        "dependent on",
    ];
    const WHOLE: [&str; 30] = [
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
        "other",
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
