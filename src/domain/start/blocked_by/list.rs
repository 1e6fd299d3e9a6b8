//! Lists in a value, also without marks.

use super::line::Line;
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

/// Whether the next line that is not blank goes on with a list.
pub(super) fn in_list_below(lines: &[Line<'_>]) -> bool {
    let mut below = lines.iter().skip_while(|line| line.is_blank());
    below.next().is_some_and(|line| line.item.is_some())
}
