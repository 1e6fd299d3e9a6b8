//! Lists in a value, also without marks.

use super::line::{Line, after_marks};
use super::mention::mention;

/// Whether a line could be an item that lost its mark: some words, and an issue at their end.
pub(super) fn ends_in_reference(content: &str) -> bool {
    /// More words are a sentence.
    const WORDS_MAX: usize = 8;
    const OF_SENTENCES: [&str; 8] = [
        "see", "cf", "also", "this", "fixes", "closes", "refs", "part",
    ];
    let content = content.trim().trim_end_matches('.');
    let first = content.split(|c: char| !c.is_alphanumeric()).next();
    let is_sentence = first.is_some_and(|first| {
        OF_SENTENCES
            .iter()
            .any(|word| first.eq_ignore_ascii_case(word))
    });
    let last = content.rsplit([' ', '(']).next().unwrap_or_default();
    content.split_whitespace().count() <= WORDS_MAX
        && !is_sentence
        && mention(last.trim_end_matches(')')).is_some()
}

/// Whether what stands behind a rule is the foot of the issue and no more of a section: a paragraph that says where it is from.
pub(super) fn is_footer(lines: &[Line<'_>]) -> bool {
    const BEGINNINGS: [&str; 17] = [
        "part",
        "generated",
        "created",
        "source",
        "parent",
        "prd",
        "this",
        "from",
        "see",
        "epic",
        "filed",
        "imported",
        "synced",
        "migrated",
        "linked",
        "split",
        "written",
    ];
    let Some((first, line)) = lines.iter().enumerate().find(|(_, line)| !line.is_blank()) else {
        return true;
    };
    let content = after_marks(line.text);
    let word = content.split(|c: char| !c.is_alphanumeric()).next();
    line.item.is_none()
        && line.heading(lines.get(first + 1)).is_none()
        && word.is_some_and(|word| {
            BEGINNINGS
                .iter()
                .any(|known| word.eq_ignore_ascii_case(known))
        })
}

/// Whether nothing but the subject of a sentence is left of a line: "This ticket".
pub(super) fn is_subject(text: &str) -> bool {
    const WORDS: [&str; 11] = [
        "this", "it", "the", "ticket", "issue", "task", "pr", "which", "also", "and", "but",
    ];
    let mut words = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    words.all(|word| WORDS.iter().any(|known| word.eq_ignore_ascii_case(known)))
}
