//! Titles that say "Revert" in other words, or behind something: `[hotfix] Revert "…"`, `OPS-12: Revert "…"`, `fix: revert …`.
//!
//! What they take back counts only where they name it as exactly as a revert does: such a title may as well be of new work.

use super::titles::{Find, Rest, behind, first_line, named_title, same_title};

/// How a title may say that something is taken back.
const TAKE_BACK: [&str; 14] = [
    "revert",
    "reverts",
    "reverted",
    "reverting",
    "back out",
    "backs out",
    "backed out",
    "backing out",
    "backout",
    "roll back",
    "rolled back",
    "rollback",
    "undo",
    "undoes",
];

/// How a title may say that what was taken back is there again.
const BRING_BACK: [&str; 4] = ["reapply", "re-apply", "reland", "re-land"];

/// How many things may stand before the word.
const PREFIXES_MAX: usize = 4;

/// Returns what stands behind "Revert" or its like in a title, whatever stands before it.
#[must_use]
pub(super) fn taking_back(title: &str) -> Option<Rest<'_>> {
    behind_any(title, &TAKE_BACK)
}

/// Returns where the revert is that a message takes back by saying "Reapply" and the title of what was reverted.
#[must_use]
pub(super) fn brought_back(message: &str, find: Find<'_>) -> Option<usize> {
    let rest = behind_any(first_line(message), &BRING_BACK)?;
    let title = named_title(&rest);
    find(&|revert| taking_back(revert).is_some_and(|taken| same_title(named_title(&taken), title)))
}

fn behind_any<'m>(title: &'m str, verbs: &[&str]) -> Option<Rest<'m>> {
    let mut title = undecorated(title);
    for _ in 0..PREFIXES_MAX {
        if let Some(rest) = verbs.iter().find_map(|verb| behind(title, verb)) {
            return Some(rest);
        }
        title = undecorated(without_prefix(title)?);
    }
    verbs.iter().find_map(|verb| behind(title, verb))
}

/// Without emoji and dashes. Quotation marks stay: what begins with them is quoted.
fn undecorated(title: &str) -> &str {
    title.trim_start_matches(|c: char| {
        let is_quotation_mark = matches!(c, '“' | '”' | '‘' | '„' | '«' | '»');
        matches!(c, ' ' | '-' | '*' | '|' | '!')
            || !(c.is_ascii() || c.is_alphanumeric() || is_quotation_mark)
    })
}

/// Without `[x]`, `(x)`, `:emoji:`, `type(scope)!:` or the key of an issue.
fn without_prefix(title: &str) -> Option<&str> {
    let in_brackets = match title.chars().next()? {
        '[' => Some(title.split_once(']')?.1),
        '(' => Some(title.split_once(')')?.1),
        _ => None,
    };
    if let Some(rest) = in_brackets {
        return Some(rest.trim_start_matches(':'));
    }
    if let Some((kind, rest)) = title.strip_prefix(':').unwrap_or(title).split_once(':')
        && is_kind(kind)
    {
        return Some(rest);
    }
    let (word, rest) = title.split_once(' ')?;
    is_key(word).then_some(rest)
}

/// A word, with or without a scope.
fn is_kind(kind: &str) -> bool {
    let kind = kind.strip_suffix('!').unwrap_or(kind);
    let kind = match kind.split_once('(') {
        Some((kind, scope)) if scope.ends_with(')') => kind,
        Some(_) | None => kind,
    };
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '/' | '.' | '#' | '+');
    !kind.is_empty() && kind.chars().all(is_part)
}

/// `OPS-12` or `#12`.
fn is_key(word: &str) -> bool {
    let Some((project, number)) = word.split_once(['-', '#']) else {
        return false;
    };
    project
        .chars()
        .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
        && !number.is_empty()
        && number.bytes().all(|byte| byte.is_ascii_digit())
}
