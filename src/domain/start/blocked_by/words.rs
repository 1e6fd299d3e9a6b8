//! The words that open a field.

use super::mention::{MAX_LINK, issue_address, mention};
use super::pointer::{behind_arrow, behind_cell, behind_count, behind_pointer, head, remark};
use super::references::names_issue;

/// The words that open a field, and what follows them.
pub(super) struct FieldWords<'t> {
    /// The text behind words and colon.
    pub(super) rest: &'t str,
    /// Whether a colon, or the border of a table's cell, follows.
    pub(super) has_colon: bool,
    /// Whether the words are an emphasised line of their own, which people use as a heading.
    pub(super) is_emphasised_line: bool,
    /// Whether a heading says nothing but the words, and perhaps references.
    pub(super) is_whole: bool,
}

/// Reads the words of one or several fields at the beginning of a text.
pub(super) fn field_words(text: &str) -> Option<FieldWords<'_>> {
    let link = linked_field(text);
    let mut rest = match &link {
        Some(link) => link.behind,
        None => one_field(text).or_else(|| one_field(behind_kinds(text)?))?,
    };
    loop {
        let joined = rest.trim_start_matches(is_joint);
        let joined = ["and ", "or "]
            .iter()
            .find_map(|word| {
                joined
                    .get(..word.len())
                    .filter(|start| start.eq_ignore_ascii_case(word))
                    .map(|_| joined[word.len()..].trim_start())
            })
            .unwrap_or(joined);
        match one_field(joined) {
            Some(after) => rest = after,
            None => break,
        }
    }
    let is_of_sentences = ends_a_sentence(&text[..text.len() - rest.len()]);
    // "Blocked by issues:", "Blocked by (hard):"
    rest = after_noun(rest);
    let emphasis = |c: char| matches!(c, '*' | '_' | ' ' | '\t' | '\u{a0}' | '~');
    let closed = after_closing_tags(rest, emphasis);
    // "**Blocked by** (2)", "**Blockers?**"
    let closed = behind_count(closed).unwrap_or(closed);
    let ends = rest.trim_start_matches(['?', '？']);
    let is_bold = ends.starts_with("**") || ends.starts_with("__") || ends.starts_with("</");
    let colon = closed
        .strip_prefix(':')
        .or_else(|| closed.strip_prefix('：'))
        .or_else(|| closed.strip_prefix('|'))
        .or_else(|| behind_cell(closed))
        .or_else(|| behind_pointer(closed, is_bold || !is_of_sentences))
        .or_else(|| behind_arrow(closed))
        // "Blocked by (see #3): #4": what the remark names counts as well.
        .or_else(|| {
            let (_, behind) = remark(closed)?;
            let behind = behind.trim_start_matches(emphasis);
            behind.starts_with([':', '：']).then_some(closed)
        })
        // "**Depends on** the Auth work (#12)", "**Requires** #12 (Auth)"
        .or_else(|| {
            let line = closed.split('\n').next().unwrap_or(closed);
            let leads = match mention(line) {
                // The reader of sentences knows those words.
                Some(_) => !is_of_sentences,
                None => is_of_sentences && names_issue(head(line)),
            };
            Some(closed).filter(|_| is_bold && leads)
        });
    let has_colon = colon.is_some() || link.as_ref().is_some_and(|link| link.has_colon);
    let is_emphasised_line = closed.trim().is_empty()
        && (ends.starts_with(['*', '_']) || rest.trim_start_matches(emphasis).starts_with("</"));
    let behind = colon.unwrap_or(closed);
    let behind = behind.trim_start_matches(emphasis);
    Some(FieldWords {
        // An issue that the words lead to is named.
        rest: link.and_then(|link| link.issue).unwrap_or(behind),
        has_colon,
        is_emphasised_line,
        is_whole: has_colon
            || !behind
                .trim_start_matches(is_joint)
                .starts_with(char::is_alphabetic),
    })
}

/// The words of a field as the text of a link.
struct LinkedField<'t> {
    /// The text behind the link.
    behind: &'t str,
    /// Whether the colon is part of the link.
    has_colon: bool,
    /// The text from its address on, when that is the address of an issue.
    issue: Option<&'t str>,
}

/// Reads `[Blocked by](address)`. Only a text that is the words, and perhaps their colon, is the name of a field.
fn linked_field(text: &str) -> Option<LinkedField<'_>> {
    let emphasis = ['*', '_', ' ', '\t'];
    let inside = text.strip_prefix('[')?.trim_start_matches(emphasis);
    let mut words = one_field(inside)?;
    while let Some(more) = one_field(words.trim_start_matches(is_joint)) {
        words = more;
    }
    let words = after_noun(words).trim_start_matches(emphasis);
    let closed = words.trim_start_matches([':', '：']);
    let has_colon = closed.len() < words.len();
    let address = closed.trim_start_matches(emphasis).strip_prefix("](")?;
    let behind = behind_address(address)?;
    let target = &address[..address.len() - behind.len() - 1];
    let issue = issue_address(target.trim_matches(['<', '>', ' '])).map(|_| address);
    Some(LinkedField {
        behind,
        has_colon,
        issue,
    })
}

/// The text behind the parenthesis that closes the address of a link.
pub(super) fn behind_address(address: &str) -> Option<&str> {
    let close = address
        .bytes()
        .take(MAX_LINK)
        .position(|byte| matches!(byte, b')' | b'\n'))?;
    address[close..].strip_prefix(')')
}

/// Signs between several fields, or a field and other words.
fn is_joint(c: char) -> bool {
    matches!(c, ' ' | '\t' | '/' | '&' | ',' | '+' | '|' | '*' | '_')
}

/// The text behind emphasis and tags that end, and breaks.
fn after_closing_tags(text: &str, emphasis: fn(char) -> bool) -> &str {
    /// More tags than this are no decoration.
    const TAGS_MAX: usize = 6;
    let mut text = text.trim_start_matches(emphasis);
    for _ in 0..TAGS_MAX {
        let behind = text
            .strip_prefix('<')
            .filter(|tag| {
                tag.starts_with('/')
                    || tag
                        .get(..2)
                        .is_some_and(|name| name.eq_ignore_ascii_case("br"))
            })
            .and_then(|tag| {
                let end = tag.bytes().take(80).position(|byte| byte == b'>')?;
                Some(&tag[end + 1..])
            });
        match behind {
            Some(behind) => text = behind.trim_start_matches(emphasis),
            None => break,
        }
    }
    text
}

/// Whether the words are those that the reader of sentences knows, and reads what follows them.
fn ends_a_sentence(words: &str) -> bool {
    let words = words.trim_end_matches(['*', '_', ' ', '\t']);
    words
        .rsplit_once(|c: char| !c.is_alphanumeric())
        .is_some_and(|(_, last)| {
            ["by", "on", "upon"]
                .iter()
                .any(|word| last.eq_ignore_ascii_case(word))
        })
}

/// What sorts blockers: "Hard dependencies", "Known blockers".
pub(super) const KINDS: [&str; 20] = [
    "hard",
    "soft",
    "strict",
    "must",
    "should",
    "required",
    "optional",
    "critical",
    "internal",
    "external",
    "upstream",
    "direct",
    "indirect",
    "technical",
    "open",
    "closed",
    "blocking",
    "known",
    "existing",
    "remaining",
];

/// Other words that stand before the words of a field: "Task dependencies".
const BEFORE: [&str; 15] = [
    "issue",
    "ticket",
    "task",
    "story",
    "epic",
    "feature",
    "pr",
    "main",
    "key",
    "any",
    "all",
    "also",
    "other",
    "currently",
    "still",
];

/// The text behind words that sort what the words of a field name, if there are any.
fn behind_kinds(text: &str) -> Option<&str> {
    /// More of them are a sentence.
    const KINDS_MAX: usize = 3;
    let mut found = None;
    let mut rest = text;
    for _ in 0..KINDS_MAX {
        let end = rest
            .find(|c: char| !c.is_alphanumeric())
            .unwrap_or(rest.len());
        let mut known = KINDS.iter().chain(&BEFORE);
        if !known.any(|kind| rest[..end].eq_ignore_ascii_case(kind)) {
            break;
        }
        let behind = rest[end..].trim_start_matches([' ', '\t', '\u{a0}', '-', '/', '&', '*', '_']);
        // "Known blocking issues"
        if behind.len() == rest.len() - end || found.is_some() && one_field(rest).is_some() {
            break;
        }
        rest = behind;
        found = Some(rest);
    }
    found
}

/// The text behind one field's words.
fn one_field(text: &str) -> Option<&str> {
    const FIELDS: [&[&str]; 18] = [
        &["is", "blocked", "by"],
        &["blocked", "by"],
        &["blocked", "on"],
        &["depends", "on"],
        &["depends", "upon"],
        &["dependent", "on"],
        &["requires"],
        &["dependencies"],
        &["dependency"],
        &["blockers"],
        &["blocker"],
        &["dependson"],
        &["blockedby"],
        &["blockedon"],
        // "Blocking" alone may say the opposite.
        &["blocking", "issues"],
        &["blocking", "issue"],
        &["blocking", "tickets"],
        &["blocking", "prs"],
    ];
    FIELDS.iter().find_map(|words| {
        let mut rest = text;
        for (index, word) in words.iter().enumerate() {
            if index > 0 {
                let gap = rest.trim_start_matches(|c: char| {
                    c.is_whitespace() && c != '\n' || matches!(c, '-' | '_' | '*')
                });
                if gap.len() == rest.len() {
                    return None;
                }
                rest = gap;
            }
            rest = behind_word(rest, word)?;
        }
        let ends = !rest
            .chars()
            .next()
            .is_some_and(|c| c.is_alphanumeric() || c == '-');
        ends.then_some(rest)
    })
}

/// The text behind a word, parts of which may be bold: "**Block**ed".
fn behind_word<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let mut rest = text;
    for (index, wanted) in word.bytes().enumerate() {
        if index > 0 {
            rest = rest.trim_start_matches('*');
        }
        if !rest.bytes().next()?.eq_ignore_ascii_case(&wanted) {
            return None;
        }
        rest = &rest[1..];
    }
    Some(rest)
}

/// Skips a noun and a remark in parentheses between the words and the colon.
fn after_noun(text: &str) -> &str {
    const NOUNS: [&str; 10] = [
        "issues", "issue", "tickets", "ticket", "tasks", "task", "prs", "pr", "items", "list",
    ];
    let start = text.trim_start_matches([' ', '\t']);
    // "Blocked by these issues" as a line of its own
    let determined = ["these", "the following", "following", "other"]
        .iter()
        .find_map(|word| {
            let (found, behind) = start.split_at_checked(word.len())?;
            found
                .eq_ignore_ascii_case(word)
                .then_some(behind)?
                .strip_prefix(' ')
        });
    let start = determined.unwrap_or(start);
    let end = start
        .find(|c: char| !c.is_alphanumeric())
        .unwrap_or(start.len());
    let is_noun = NOUNS
        .iter()
        .any(|noun| start[..end].eq_ignore_ascii_case(noun));
    let before_colon = |rest: &str| {
        let rest = rest.trim_start_matches(['*', '_', ' ', '\t']);
        let is_end = rest.is_empty() || rest.starts_with(['\n', '\r']);
        is_end || determined.is_none() && rest.starts_with([':', '：', '(', '<'])
    };
    let text = if is_noun && before_colon(&start[end..]) {
        &start[end..]
    } else {
        text
    };
    match remark(text) {
        Some((remark, rest)) if before_colon(rest) && !remark.contains(['#', '/']) => rest,
        Some(_) | None => text,
    }
}
