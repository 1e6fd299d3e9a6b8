//! Titles of reverts, and the titles that they name.

/// What stands behind "Revert" in a title.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rest<'m> {
    /// The text.
    pub(super) text: &'m str,
    /// Whether a colon parts them, as in `revert: …` and `revert(scope): …`.
    pub(super) behind_colon: bool,
}

/// Returns the first line of a message.
#[must_use]
pub(super) fn first_line(message: &str) -> &str {
    message.lines().next().unwrap_or_default().trim()
}

/// Returns what stands behind "Revert" in the title of a message, when that begins with it.
#[must_use]
pub(super) fn rest(message: &str) -> Option<Rest<'_>> {
    behind(first_line(message), "revert")
}

/// Returns what stands behind a verb in a title, when that begins with it.
#[must_use]
pub(super) fn behind<'m>(title: &'m str, verb: &str) -> Option<Rest<'m>> {
    let start = title.get(..verb.len())?;
    if !start.eq_ignore_ascii_case(verb) {
        return None;
    }
    let behind = &title[verb.len()..];
    if let Some(text) = behind_colon(behind) {
        return Some(Rest {
            text,
            behind_colon: true,
        });
    }
    behind.starts_with(' ').then(|| Rest {
        text: behind.trim(),
        behind_colon: false,
    })
}

/// What stands behind `:`, `!:` or `(scope):`.
fn behind_colon(text: &str) -> Option<&str> {
    let text = match text.strip_prefix('(') {
        Some(scope) => scope.split_once(')')?.1,
        None => text,
    };
    let text = text.strip_prefix('!').unwrap_or(text);
    text.strip_prefix(':').map(str::trim)
}

/// Things that have "revert" in their name, as in "Revert button for orders".
const THINGS: [&str; 20] = [
    "action", "api", "button", "command", "dialog", "endpoint", "feature", "flag", "flow",
    "function", "handler", "link", "logic", "menu", "option", "page", "script", "step", "support",
    "tool",
];

/// Returns whether the title may be of a thing that has "revert" in its name, or of going back "to" something, so that a mention
/// of a commit says nothing.
#[must_use]
pub(super) fn names_a_thing(rest: &Rest<'_>) -> bool {
    let next = rest.text.split_whitespace().next().unwrap_or_default();
    let next = next
        .trim_matches(|c: char| !c.is_alphanumeric())
        .to_ascii_lowercase();
    let one = next.strip_suffix('s').unwrap_or(&next);
    !rest.behind_colon && (one == "to" || THINGS.contains(&one))
}

/// Returns the commit that a title goes back to, so that all that is newer is taken back: `Revert to 4f1c2b7a`.
#[must_use]
pub(super) fn goes_back_to<'m>(rest: &Rest<'m>) -> Option<&'m str> {
    let text = rest
        .text
        .get(..3)
        .filter(|to| to.eq_ignore_ascii_case("to "));
    text.map(|to| &rest.text[to.len()..])
}

/// The words that may stand between "Revert" and a quoted title.
const BEFORE: [&str; 11] = [
    "the", "all", "commit", "commits", "change", "changes", "merge", "of", "from", "in", "both",
];

/// Which title fits, and where a commit is that has one like it.
pub(super) type Find<'f> = &'f dyn Fn(&dyn Fn(&str) -> bool) -> Option<usize>;

/// Returns where the commits are whose titles a title names: all of it in quotation marks, each quoted one by itself, or what is
/// behind `revert:`.
#[must_use]
pub(super) fn said_titles(rest: &Rest<'_>, find: Find<'_>) -> Vec<usize> {
    let whole = find(&|title| {
        same_title(title, rest.text) || (rest.behind_colon && same_subject(title, rest.text))
    });
    if let Some(whole) = whole {
        return vec![whole];
    }
    let Some(quoted) = quoted(rest.text) else {
        return Vec::new();
    };
    // A title may have quotation marks of its own.
    if let Some(whole) = titled(quoted.text, find) {
        return vec![whole];
    }
    quoted
        .parts()
        .into_iter()
        .filter_map(|part| titled(part, find))
        .collect()
}

/// Returns the title that a title names: what is in quotation marks, or else all of it.
#[must_use]
pub(super) fn named_title<'m>(rest: &Rest<'m>) -> &'m str {
    quoted(rest.text).map_or(rest.text, |quoted| quoted.text)
}

/// Returns whether a title has the number of a pull request, as squashes and merges do.
#[must_use]
pub(super) fn has_number(title: &str, number: &str) -> bool {
    if let Some(merged) = title.strip_prefix("Merge pull request ") {
        return merged.starts_with(&format!("#{number} "))
            || merged.contains(&format!("' (#{number}) from "));
    }
    let mut title = title;
    while let Some((bare, of)) = numbered(title) {
        if of == number {
            return true;
        }
        title = bare;
    }
    false
}

/// What is quoted, from the first mark to the last.
struct Quoted<'m> {
    text: &'m str,
    opening: char,
    closing: char,
}

fn quoted(rest: &str) -> Option<Quoted<'_>> {
    const MARKS: [(char, char); 7] = [
        ('"', '"'),
        ('\'', '\''),
        ('`', '`'),
        ('“', '”'),
        ('‘', '’'),
        ('„', '“'),
        ('«', '»'),
    ];
    let start = rest.find(|c| MARKS.iter().any(|marks| marks.0 == c))?;
    let (before, text) = rest.split_at(start);
    let is_before = |word: &str| {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        word.is_empty() || BEFORE.iter().any(|known| known.eq_ignore_ascii_case(word))
    };
    if !before.split_whitespace().all(is_before) {
        return None;
    }
    let first = text.chars().next()?;
    let (opening, closing) = *MARKS.iter().find(|marks| marks.0 == first)?;
    let text = &text[opening.len_utf8()..];
    let (text, behind) = text.rsplit_once(closing)?;
    // "… in Safari only": the rest of it stands.
    if behind.split_whitespace().any(|word| word == "only") {
        return None;
    }
    Some(Quoted {
        text,
        opening,
        closing,
    })
}

impl<'m> Quoted<'m> {
    /// Each quoted title, as far as they are joined by commas and "and".
    fn parts(&self) -> Vec<&'m str> {
        let mut parts = Vec::new();
        let mut text = self.text;
        loop {
            let Some((part, behind)) = text.split_once(self.closing) else {
                parts.push(text);
                return parts;
            };
            parts.push(part);
            let Some((joint, next)) = behind.split_once(self.opening) else {
                return parts;
            };
            if !matches!(
                joint.trim().to_ascii_lowercase().as_str(),
                "," | ";" | "&" | "+" | "/" | "and" | ", and"
            ) {
                return parts;
            }
            text = next;
        }
    }
}

/// Squash merges append the number of a pull request.
fn bare(title: &str) -> &str {
    numbered(title).map_or(title, |(bare, _)| bare)
}

/// A title without the number at its end, and that number.
pub(in crate::domain::verdict::attribution) fn numbered(title: &str) -> Option<(&str, &str)> {
    let (bare, number) = title.rsplit_once(" (#")?;
    let number = number.strip_suffix(')')?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then_some((bare, number))
}

/// Where the commit is that has a quoted title: with the number of the pull request that it names, or else without looking at
/// numbers.
fn titled(quoted: &str, find: Find<'_>) -> Option<usize> {
    let of_its_number = numbered(quoted.trim()).and_then(|(_, number)| {
        find(&|title| same_title(title, quoted) && has_number(title, number))
    });
    of_its_number.or_else(|| find(&|title| same_title(title, quoted)))
}

/// Returns whether two titles are one, but for the numbers of pull requests.
#[must_use]
pub(super) fn same_title(one: &str, other: &str) -> bool {
    let (one, other) = (bare(one.trim()), bare(other.trim()));
    !one.is_empty() && one == other
}

/// `revert: add x` takes back `feat: add x` and `Add x`.
fn same_subject(title: &str, subject: &str) -> bool {
    fn subject_of(title: &str) -> &str {
        let is_type = |kind: &str| {
            let kind = kind.strip_suffix('!').unwrap_or(kind);
            let kind = kind.split('(').next().unwrap_or_default();
            !kind.is_empty() && kind.bytes().all(|byte| byte.is_ascii_alphabetic())
        };
        match title.split_once(": ") {
            Some((kind, subject)) if is_type(kind) => subject.trim(),
            Some(_) | None => title,
        }
    }
    let (title, subject) = (bare(title.trim()), bare(subject.trim()));
    !subject.is_empty()
        && (title.eq_ignore_ascii_case(subject) || subject_of(title).eq_ignore_ascii_case(subject))
}
