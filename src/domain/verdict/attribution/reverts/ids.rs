//! Ids of commits in messages: behind "This reverts commit", at the head of lines, and anywhere.
//!
//! Whose they are is not known here. An id has seven hexadecimal digits or more; what holds fewer, or other letters, is a word.

/// The shortest id in a message that counts, in hexadecimal digits.
const SHORTEST: usize = 7;

/// The longest, as git writes SHA-256.
const LONGEST: usize = 64;

/// What is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// One commit, by the beginning of its id, in lower case.
    Commit(String),
    /// Two, and all between them.
    Range(String, String),
}

/// A word, and where it stands.
#[derive(Clone, Copy, Debug)]
struct Word<'m> {
    text: &'m str,
    begins_line: bool,
    begins_paragraph: bool,
}

impl Word<'_> {
    /// Whether it is a dash, a number or the like, that a line of a list begins with.
    fn is_bullet(&self) -> bool {
        let bare = bare(self.text);
        let is_number =
            (1..=3).contains(&bare.len()) && bare.bytes().all(|byte| byte.is_ascii_digit());
        bare.is_empty() || self.begins_line && is_number
    }

    /// Whether it may stand between two ids.
    fn joins(&self) -> bool {
        self.is_bullet() || JOINTS.contains(&bare(self.text))
    }
}

/// How many ids one message names at most.
const NAMED_MAX: usize = 200;

/// How many words the text of a link, or the title behind an id, has at most.
const TITLE_WORDS_MAX: usize = 40;

/// The words that may stand between "reverts" and the first id.
const BEFORE: [&str; 16] = [
    "the",
    "following",
    "these",
    "both",
    "all",
    "of",
    "two",
    "three",
    "commit",
    "commits",
    "commit(s",
    "changeset",
    "changesets",
    "merge",
    "sha",
    "hash",
];

/// The words that join ids.
const JOINTS: [&str; 7] = ["and", "or", "plus", "also", "then", "commit", "commits"];

/// What is named behind "This reverts commit", however it is decorated: up to the end of the sentence, or of the list.
#[must_use]
pub(super) fn stated(message: &str) -> Vec<Named> {
    let message = message.to_ascii_lowercase();
    let words = words(&message);
    let mut named = Vec::new();
    for (index, pair) in words.windows(2).enumerate() {
        if named.len() < NAMED_MAX
            && bare(pair[0].text) == "this"
            && bare(pair[1].text) == "reverts"
        {
            named.extend(list(&words[index + 2..], &BEFORE));
        }
    }
    named
}

/// What is named at the beginning of a text, behind "Revert".
#[must_use]
pub(super) fn leading(text: &str) -> Vec<Named> {
    list(&words(&text.to_ascii_lowercase()), &BEFORE)
}

/// What lines begin with, behind a bullet or a key such as `Refs:`; the title is none of them.
#[must_use]
pub(super) fn in_lists(message: &str) -> Vec<Named> {
    let message = message.to_ascii_lowercase();
    message
        .lines()
        .skip(1)
        .flat_map(|line| {
            let words = words(line);
            let key = words.first().is_some_and(|word| word.text.ends_with(':'));
            list(&words[usize::from(key)..], &[])
        })
        .collect()
}

/// What is named anywhere.
#[must_use]
pub(super) fn in_text(message: &str) -> Vec<Named> {
    let message = message.to_ascii_lowercase();
    message
        .split(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_')))
        .filter_map(id)
        .map(Named::Commit)
        .collect()
}

fn words(text: &str) -> Vec<Word<'_>> {
    let mut begins_paragraph = false;
    let mut words = Vec::new();
    for line in text.lines() {
        let before = words.len();
        words.extend(
            line.split_whitespace()
                .enumerate()
                .map(|(index, text)| Word {
                    text,
                    begins_line: index == 0,
                    begins_paragraph: index == 0 && begins_paragraph,
                }),
        );
        begins_paragraph = words.len() == before;
    }
    words
}

/// The ids that some words begin with, behind bullets and the words in `before`, and what is joined to them. Where the first begins
/// a line, each line may have more behind its own.
fn list(words: &[Word<'_>], before: &[&str]) -> Vec<Named> {
    let mut at = words
        .iter()
        .take_while(|word| word.is_bullet() || before.contains(&bare(word.text)))
        .count();
    let is_one_a_line = words.get(at).is_some_and(|first| first.begins_line)
        || words[..at]
            .last()
            .is_some_and(|last| last.begins_line && last.is_bullet());
    let mut named = Vec::new();
    while let Some(Item { mut ids, length }) = item(&words[at..])
        && named.len() < NAMED_MAX
    {
        named.append(&mut ids);
        at += length;
        at += aside(&words[at..]);
        let is_over = words[at - 1].text.ends_with(['.', '!']);
        let joints = words[at..].iter().take_while(|word| word.joins()).count();
        let goes_on = !is_over
            && item(&words[at + joints..]).is_some()
            && (is_one_a_line || !words[at].begins_paragraph);
        if goes_on {
            at += joints;
        } else {
            let reverses = words.get(at).is_some_and(|next| next.text == "reversing");
            if reverses || !is_one_a_line {
                break;
            }
            let Some(next) = next_line(&words[at..]) else {
                break;
            };
            at += next;
        }
    }
    named
}

/// How many words there are before the first id of the next line, where that begins with one.
fn next_line(words: &[Word<'_>]) -> Option<usize> {
    let next = words.iter().position(|word| word.begins_line)?;
    let bullets = words[next..]
        .iter()
        .take_while(|word| word.is_bullet())
        .count();
    item(&words[next + bullets..]).map(|_| next + bullets)
}

/// Ids in one place, and how many words they take.
struct Item {
    ids: Vec<Named>,
    length: usize,
}

fn item(words: &[Word<'_>]) -> Option<Item> {
    let first = words.first()?.text;
    // The text of a link may have several words.
    let length = if first.starts_with('[') && !first.contains(']') {
        let mut words = words.iter().take(TITLE_WORDS_MAX);
        words.position(|word| word.text.contains(']'))? + 1
    } else {
        1
    };
    let ids: Vec<Named> = words[..length]
        .iter()
        .map(|word| ids_of(word.text))
        .find(|ids| !ids.is_empty())?;
    Some(Item { ids, length })
}

/// How many words in brackets or quotation marks follow an id: the title of the commit.
fn aside(words: &[Word<'_>]) -> usize {
    const PAIRS: [(char, char); 4] = [('(', ')'), ('"', '"'), ('“', '”'), ('\'', '\'')];
    let closing = words.first().and_then(|first| {
        let opening = first.text.chars().next()?;
        PAIRS.iter().find(|pair| pair.0 == opening)
    });
    let Some((_, closing)) = closing else {
        return 0;
    };
    let ends = |word: &Word<'_>| {
        let word = word.text.trim_end_matches([',', ';', '.', ':']);
        word.ends_with(*closing)
    };
    let mut words = words.iter().take(TITLE_WORDS_MAX);
    words.position(ends).map_or(0, |last| last + 1)
}

/// The ids in one word: bare, quoted, linked, behind a repository, or in an address. Of a link its text tells, or else its address.
fn ids_of(word: &str) -> Vec<Named> {
    let mut parts = word.split(']').map(plain_ids);
    parts.find(|ids| !ids.is_empty()).unwrap_or_default()
}

fn plain_ids(word: &str) -> Vec<Named> {
    if word.contains("://") {
        let path = word.split(['?', '#']).next().unwrap_or_default();
        return path
            .rsplit('/')
            .find_map(|segment| id(bare(segment)))
            .map(Named::Commit)
            .into_iter()
            .collect();
    }
    let word = match word.rsplit_once('@') {
        Some((repository, rest)) if repository.contains('/') => rest,
        Some(_) | None => word,
    };
    word.split([',', ';', '+', '&', '/', ':'])
        .filter_map(|part| {
            if let Some((first, last)) = part.split_once("..") {
                let first = first.split(['^', '~']).next().unwrap_or_default();
                let first = id(bare(first));
                if let (Some(first), Some(last)) = (first, id(bare(last))) {
                    return Some(Named::Range(first, last));
                }
            }
            id(bare(part)).map(Named::Commit)
        })
        .collect()
}

/// A word without what decorates it.
fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric())
}

fn id(word: &str) -> Option<String> {
    let is_id = (SHORTEST..=LONGEST).contains(&word.len())
        && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_id.then(|| word.to_owned())
}
