//! Ids of commits and numbers of pull requests in messages: at the head of titles and lines, and anywhere.
//!
//! Whose they are is not known here. An id has seven hexadecimal digits or more; what holds fewer, or other letters, is a word.
//! A number stands behind `#` or `!`, or in an address.

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
    /// A pull request, by its number; the repository in lower case, where one is named.
    Pull(Option<String>, String),
}

impl Named {
    /// Whether commits are named.
    pub(super) const fn is_by_id(&self) -> bool {
        match self {
            Self::Commit(_) | Self::Range(..) => true,
            Self::Pull(..) => false,
        }
    }
}

/// A word, and where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word<'m> {
    pub(super) text: &'m str,
    pub(super) begins_line: bool,
    pub(super) begins_paragraph: bool,
}

impl Word<'_> {
    /// Whether it is a dash, a number or the like, that a line of a list begins with.
    pub(super) fn is_bullet(&self) -> bool {
        let bare = bare(self.text);
        let is_number =
            (1..=3).contains(&bare.len()) && bare.bytes().all(|byte| byte.is_ascii_digit());
        bare.is_empty() || self.begins_line && is_number && pull(self.text).is_none()
    }

    /// Whether it may stand between two ids.
    fn joins(&self) -> bool {
        self.is_bullet() || JOINTS.contains(&bare(self.text))
    }
}

/// How many commits one message names at most, or about.
pub(super) const NAMED_MAX: usize = 200;

/// How many words the text of a link, or the title behind an id, has at most.
const TITLE_WORDS_MAX: usize = 40;

/// The words that may stand between "reverts" and the first id.
const BEFORE: [&str; 21] = [
    "pr",
    "pull",
    "mr",
    "request",
    "changes",
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

/// What is named at the beginning of a text, behind "Revert".
#[must_use]
pub(super) fn leading(text: &str) -> Vec<Named> {
    behind_verb(&words(&text.to_ascii_lowercase()))
}

/// The same where nothing else is said but why.
#[must_use]
pub(super) fn leading_alone(text: &str) -> Vec<Named> {
    alone_behind_verb(&words(&text.to_ascii_lowercase()))
}

/// Whether a text says that something is named below it, and no more than that.
#[must_use]
pub(super) fn announces_a_list(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let words = words(&text);
    !words.is_empty() && words.iter().all(|word| BEFORE.contains(&bare(word.text)))
}

/// What some words name, of which the first stands behind "reverts".
pub(super) fn behind_verb(words: &[Word<'_>]) -> Vec<Named> {
    list(words, &BEFORE).0
}

/// The same where nothing else is said in the sentence but why: "Reverting 4f1c2b7a is hard" is another matter.
pub(super) fn alone_behind_verb(words: &[Word<'_>]) -> Vec<Named> {
    const REASONS: [&str; 12] = [
        "and", "as", "because", "due", "for", "it", "since", "that", "to", "until", "which", "with",
    ];
    let (named, length) = list(words, &BEFORE);
    let is_over = words[..length]
        .last()
        .is_some_and(|last| last.text.ends_with([',', ':', ';', '.', '!']));
    let is_alone = words.get(length).is_none_or(|next| {
        is_over
            || next.begins_line
            || !next.text.starts_with(char::is_alphanumeric)
            || REASONS.contains(&bare(next.text))
    });
    if is_alone { named } else { Vec::new() }
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
            list(&words[usize::from(key)..], &[]).0
        })
        .filter(Named::is_by_id)
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

pub(super) fn words(text: &str) -> Vec<Word<'_>> {
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

/// What some words begin to name, behind bullets and the words in `before`, and what is joined to it; and how many words that
/// takes. Where the first begins a line, each line may have more behind its own.
fn list(words: &[Word<'_>], before: &[&str]) -> (Vec<Named>, usize) {
    let mut at = words
        .iter()
        .take_while(|word| word.is_bullet() || before.contains(&bare(word.text)))
        .count();
    let is_one_a_line = words.get(at).is_some_and(|first| first.begins_line)
        || words[..at]
            .last()
            .is_some_and(|last| last.begins_line && last.is_bullet());
    let mut named = Vec::new();
    for _ in 0..NAMED_MAX {
        let Some(Item { mut ids, length }) = item(&words[at..]) else {
            break;
        };
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
    (named, at)
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
        return in_address(path).into_iter().collect();
    }
    let word = match word.rsplit_once('@') {
        Some((repository, rest)) if repository.contains('/') => rest,
        Some(_) | None => word,
    };
    let parts = word.split([',', ';', '+', '&', ':']);
    parts
        .flat_map(|part| match pull(part) {
            Some(pull) => vec![pull],
            None => part.split('/').filter_map(commits).collect(),
        })
        .collect()
}

/// What an address is of: `…/commit/4f1c2b7a`, or `…/owner/name/pull/12`.
fn in_address(path: &str) -> Option<Named> {
    let commit = path.rsplit('/').find_map(|segment| id(bare(segment)));
    if commit.is_some() {
        return commit.map(Named::Commit);
    }
    let segments: Vec<&str> = path.split('/').collect();
    segments.windows(4).find_map(|segments| match segments {
        [owner, name, "pull" | "pulls", number] => {
            let number = number.trim_end_matches(|c: char| !c.is_alphanumeric());
            Some(Named::Pull(
                Some(format!("{owner}/{name}")),
                digits(number)?,
            ))
        }
        _ => None,
    })
}

/// `#12`, `!12` or `owner/name#12`.
fn pull(part: &str) -> Option<Named> {
    let part = part.trim_matches(|c: char| !(c.is_alphanumeric() || matches!(c, '#' | '!')));
    let (repository, number) = part.rsplit_once(['#', '!'])?;
    let number = digits(number)?;
    match repository {
        "" => Some(Named::Pull(None, number)),
        named => named
            .contains('/')
            .then(|| Named::Pull(Some(named.to_owned()), number)),
    }
}

fn digits(text: &str) -> Option<String> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.to_owned())
}

fn commits(part: &str) -> Option<Named> {
    if let Some((first, last)) = part.split_once("..") {
        let first = first.split(['^', '~']).next().unwrap_or_default();
        if let (Some(first), Some(last)) = (id(bare(first)), id(bare(last))) {
            return Some(Named::Range(first, last));
        }
    }
    id(bare(part)).map(Named::Commit)
}

/// A word without what decorates it.
pub(super) fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric())
}

fn id(word: &str) -> Option<String> {
    let is_id = (SHORTEST..=LONGEST).contains(&word.len())
        && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_id.then(|| word.to_owned())
}
