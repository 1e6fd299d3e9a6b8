//! Marker words: they can be told from everything else, and from each other, wherever they stand.

use std::collections::BTreeSet;

/// Returns the `index`-th word: letters between `q` and `z`, which stand nowhere else.
pub(crate) fn word(index: usize) -> String {
    const LETTERS: &[u8] = b"bcdfghjklm";
    let mut text = String::from("q");
    for digit in format!("{index:03}").bytes() {
        text.push(char::from(LETTERS[usize::from(digit - b'0')]));
    }
    text.push('z');
    text
}

/// Returns the words in a text.
pub(crate) fn words_in(text: &str) -> BTreeSet<String> {
    text.split('q')
        .skip(1)
        .filter_map(|rest| {
            let end = rest.find('z')?;
            let is_word = end >= 3
                && rest[..end]
                    .bytes()
                    .all(|byte| b"bcdfghjklm".contains(&byte));
            is_word.then(|| format!("q{}", &rest[..=end]))
        })
        .collect()
}
