//! Takes what looks like a secret out of text that machines and agents wrote.
//!
//! Signs of many kinds are looked for, each in a file of its own: marks that makers put on their tokens, names of things that are
//! secret, with values behind, before or below them, commands and addresses that carry credentials, users with their passwords
//! beside them, files and manifests that keep secrets, and shapes of random text. It errs on the side of taking too much, but
//! what people need to find their way stays: commit ids, digests of images, UUIDs, paths, test data. It does not find every
//! secret, so texts that pass here are shortened and linked all the same.

mod arguments;
mod around;
mod beside;
mod carriers;
mod columns;
#[cfg(test)]
mod edge_tests;
#[cfg(test)]
mod form_tests;
mod headers;
mod ids;
mod kept_files;
#[cfg(test)]
mod limit_tests;
mod manifests;
mod marks;
mod name;
mod name_words;
mod named;
mod notation;
mod pairs;
mod phrases;
#[cfg(test)]
mod place_tests;
mod shapes;
mod stores;
mod terminal;
#[cfg(test)]
mod tests;
mod tools;
mod typed;
mod value;

use std::ops::Range;

use crate::domain::text::hidden_characters::{hidden_characters, without_harmless};

pub use self::marks::has_marked_token;

/// What stands where something was taken out.
pub const REDACTED: &str = "[redacted]";

/// Returns `text` without what looks like a secret, without control characters other than line ends and tabs, and without
/// characters that nobody sees, which could split a token.
#[must_use]
pub fn redact(text: &str) -> String {
    let text = visible(text);
    let mut secrets: Vec<Range<usize>> = Vec::new();
    arguments::find(&text, &mut secrets);
    carriers::find(&text, &mut secrets);
    headers::find(&text, &mut secrets);
    marks::find(&text, &mut secrets);
    named::find(&text, &mut secrets);
    beside::find(&text, &mut secrets);
    columns::find(&text, &mut secrets);
    kept_files::find(&text, &mut secrets);
    manifests::find(&text, &mut secrets);
    phrases::find(&text, &mut secrets);
    tools::find(&text, &mut secrets);
    stores::find(&text, &mut secrets);
    typed::find(&text, &mut secrets);
    pairs::find(&text, &mut secrets);
    shapes::find(&text, &mut secrets);
    secrets.sort_by_key(|secret| (secret.start, secret.end));
    let mut clean = String::with_capacity(text.len());
    let mut at = 0;
    for secret in secrets {
        if secret.end <= at {
            continue;
        }
        // What overlaps is one secret.
        if secret.start >= at {
            clean.push_str(&text[at..secret.start]);
            // Twice behind each other says no more than once.
            if !(clean.ends_with(REDACTED) && secret.start == at) {
                clean.push_str(REDACTED);
            }
        }
        at = secret.end;
    }
    clean.push_str(&text[at..]);
    clean
}

fn visible(text: &str) -> String {
    let (text, _) = without_harmless(&terminal::plain(text));
    let hidden = hidden_characters(&text);
    if hidden.is_empty() {
        text
    } else {
        text.replace(|c| hidden.contains(&c), "")
    }
}
