//! How the value of a name is written: in files, commands, code, tables and prose.
//!
//! Says where the value begins, not whether it is secret.

use super::around;

/// How a value stands behind its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notation {
    /// `name=value`, `name => value`.
    Assigned,
    /// `name: value`.
    Labelled,
    /// `--name value`, `<name>value`, `password value` of a `.netrc`.
    Given,
    /// `the name is value`.
    Told,
    /// `call("name", "value")`.
    Passed,
    /// `name value`, `name (value)`, `name(value)`.
    Beside,
    /// The value stands on the line below.
    Below {
        /// Indented, quoted or in a fence, so that it is no sentence.
        is_inside: bool,
        /// Whether all lines that are indented as far belong to it, as behind the `|` and `>` of YAML.
        is_block: bool,
    },
}

/// What stands between a name and its value. Longer ones come first.
const SEPARATORS: [(&str, Notation); 13] = [
    ("=>", Notation::Assigned),
    (":=", Notation::Assigned),
    // What is compared gets no value; a password may be written there all the same.
    ("===", Notation::Beside),
    ("==", Notation::Beside),
    ("=", Notation::Assigned),
    ("->", Notation::Labelled),
    ("→", Notation::Labelled),
    (":", Notation::Labelled),
    ("：", Notation::Labelled),
    ("|", Notation::Told),
    ("–", Notation::Told),
    ("—", Notation::Told),
    ("- ", Notation::Told),
];

/// The longest word of a sentence that is read over, in bytes. Text may go on for long without a blank, and its end is not
/// looked for from each name in it.
const WORD_MAX: usize = 200;

/// Words after which a value is told.
const VERBS: [&str; 11] = [
    "is", "was", "to", "be", "are", "ist", "war", "lautet", "est", "es", "è",
];

/// Words between such a word and the value.
const FILLERS: [&str; 13] = [
    "now",
    "still",
    "currently",
    "simply",
    "just",
    "actually",
    "set",
    "to",
    "as",
    "changed",
    "reset",
    "jetzt",
    "the",
];

/// Reads how a value stands behind the name at `start..name_end`, and where.
pub(super) fn notation(text: &str, start: usize, name_end: usize) -> Option<(Notation, usize)> {
    let behind = &text[name_end..];
    // "the password's hunter2"
    for joint in ["'s ", "’s "] {
        if let Some(rest) = behind.strip_prefix(joint) {
            return Some((Notation::Told, text.len() - after_fillers(rest).len()));
        }
    }
    let closed = behind.trim_start_matches(['"', '\'', '`', '\\', ']', '*']);
    let blanks = closed.trim_start_matches([' ', '\t']);
    let place = |rest: &str| text.len() - rest.len();
    let before = &text[..start];
    // `std::password::Hasher` is a path.
    if blanks.starts_with("::") {
        return None;
    }
    for (separator, notation) in SEPARATORS {
        let Some(rest) = blanks.strip_prefix(separator) else {
            continue;
        };
        let row = around::before(text, start);
        if (separator == "|" && !row.trim_start().starts_with('|'))
            || (separator == "- " && blanks.len() == closed.len())
        {
            continue;
        }
        let rest = if separator == ":" {
            behind_tag(rest)?
        } else {
            rest
        };
        if let Some(below) = below(text, start, text.len() - rest.len()) {
            return Some(below);
        }
        let rest = rest.trim_start_matches([' ', '\t', '*']);
        return Some((notation, place(rest)));
    }
    if let Some(rest) = blanks.strip_prefix('(') {
        return Some((Notation::Beside, place(rest)));
    }
    if before.ends_with('<') && behind.starts_with('>') {
        return Some((Notation::Given, name_end + 1));
    }
    if let Some(rest) = value_member(closed) {
        return Some((Notation::Assigned, place(rest)));
    }
    if let Some(rest) = next_string(behind) {
        if text[start..name_end].starts_with("--") {
            return Some((Notation::Given, place(rest)));
        }
        if before.trim_end_matches(['"', '\'', '`']).ends_with('(') {
            return Some((Notation::Passed, place(rest)));
        }
    }
    if blanks.len() < behind.len() {
        let name = &text[start..name_end];
        let line = around::before(text, start);
        let previous = line.split_whitespace().next_back().unwrap_or_default();
        let is_option = name.starts_with("--");
        let is_netrc = line.contains("login ")
            || line.contains("machine ")
            || is_line_of_netrc(text, start, line);
        let is_variable = matches!(
            previous,
            "ENV" | "ARG" | "set" | "setenv" | "-x" | "-gx" | "--env"
        );
        if is_option || is_netrc || is_variable {
            return Some((Notation::Given, place(blanks)));
        }
        if let Some(rest) = told(blanks) {
            return Some((Notation::Told, place(after_fillers(rest))));
        }
        return Some((Notation::Beside, place(blanks)));
    }
    None
}

/// Lists of names and values: `"TOKEN", "value": "x"`, `name: TOKEN⏎ value: x`, `key="Token" value="x"`.
fn value_member(behind: &str) -> Option<&str> {
    let rest = behind.trim_start_matches([',', ' ', '\t', '\n', '"', '\'']);
    let rest = rest.strip_prefix("value")?;
    let rest = rest.trim_start_matches(['"', '\'', ' ']);
    let rest = rest.strip_prefix([':', '='])?;
    Some(rest.trim_start_matches([' ', '\t']))
}

/// Whether a line stands below `machine x` and `login y`, each on a line of its own.
fn is_line_of_netrc(text: &str, start: usize, line: &str) -> bool {
    /// How far above they stand.
    const REACH: usize = 300;
    if !line.trim().is_empty() || text[start..].split_whitespace().nth(1).is_none() {
        return false;
    }
    let from = around::boundary(text, (start - line.len()).saturating_sub(REACH));
    let above = text[from..start - line.len()].trim_end_matches('\n');
    let mut lines = above.rsplit('\n').map(str::trim).take(3);
    let is_pair = |line: &str, name: &str| {
        let mut words = line.split(' ');
        words.next() == Some(name) && words.next().is_some() && words.next().is_none()
    };
    let mut has_login = false;
    lines.any(|line| {
        has_login |= is_pair(line, "login") || line.contains(" login ");
        has_login && (line.starts_with("machine ") || line.starts_with("default"))
    })
}

/// The string that follows the one that a name stands in: `"name", "value"`.
fn next_string(behind: &str) -> Option<&str> {
    let rest = behind.strip_prefix(['"', '\'', '`'])?;
    let rest = rest.trim_start_matches(' ').strip_prefix(',')?;
    let rest = rest.trim_start_matches(' ');
    rest.starts_with(['"', '\'', '`']).then_some(rest)
}

/// Returns what stands behind the tag or the anchor of a value in YAML; `None` when the tag says that there is no value.
fn behind_tag(rest: &str) -> Option<&str> {
    /// Tags of values that are written behind them.
    const OF_VALUES: [&str; 6] = ["!vault", "!unsafe", "!binary", "!!binary", "!!str", "!str"];
    /// Tags of references.
    const OF_REFERENCES: [&str; 13] = [
        "!Ref",
        "!Sub",
        "!GetAtt",
        "!ImportValue",
        "!FindInMap",
        "!Join",
        "!If",
        "!secret",
        "!env",
        "!ENV",
        "!env_var",
        "!reference",
        "!include",
    ];
    /// What shorter words stand behind is a reference in code.
    const LEAST: usize = 4;
    let value = rest.trim_start_matches(' ');
    if !value.starts_with(['!', '&']) {
        return Some(rest);
    }
    let tag = around::head(value, WORD_MAX);
    let tag = &tag[..tag.find([' ', '\n']).unwrap_or(tag.len())];
    let behind = &value[tag.len()..];
    if OF_REFERENCES.contains(&tag) {
        return None;
    }
    if OF_VALUES.contains(&tag) {
        return Some(behind);
    }
    let is_anchor = tag.starts_with('&')
        && tag[1..]
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    let word = around::behind(behind, 0).trim();
    let is_value = word.len() >= LEAST && !word.contains(' ');
    Some(if is_anchor && is_value { behind } else { rest })
}

/// Returns what stands behind `is`, `was` or `to`, with a few words before it.
fn told(behind: &str) -> Option<&str> {
    const WORDS_MAX: usize = 6;
    let mut rest = behind;
    for _ in 0..WORDS_MAX {
        let end = around::head(rest, WORD_MAX).find([' ', '\n', '.', ';', '!', '?'])?;
        if !rest[end..].starts_with(' ') {
            return None;
        }
        let word = &rest[..end];
        rest = rest[end..].trim_start_matches(' ');
        let is_verb = VERBS.contains(&word.trim_end_matches(':'));
        if is_verb || word.ends_with([':', '：']) {
            return Some(rest);
        }
    }
    None
}

/// Returns a text without the words that may stand before a told value.
fn after_fillers(text: &str) -> &str {
    let mut rest = text;
    for _ in 0..4 {
        let Some(end) = around::head(rest, WORD_MAX).find(' ') else {
            break;
        };
        if !FILLERS.contains(&&rest[..end]) {
            break;
        }
        rest = rest[end + 1..].trim_start_matches(' ');
    }
    rest
}

/// Returns where the value stands when nothing but the marks of a block follows the separator that ends at `end`.
fn below(text: &str, start: usize, end: usize) -> Option<(Notation, usize)> {
    let is_mark = |c: char| {
        c != '\n' && (c.is_whitespace() || matches!(c, '|' | '>' | '-' | '+' | '\\' | '*'))
    };
    let line_end = end + text[end..].find(|c| !is_mark(c))?;
    if !text[line_end..].starts_with('\n') {
        return None;
    }
    let is_block = text[end..line_end].contains(['|', '>']);
    let indent = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let own = &text[start - around::before(text, start).len()..];
    let mut at = line_end + 1;
    let mut is_fenced = false;
    // A blank line, and the line that opens a fence.
    for _ in 0..3 {
        let line = text[at..].split('\n').next().unwrap_or_default();
        let is_fence = line.trim_start().starts_with("```");
        if !line.trim().is_empty() && !is_fence {
            break;
        }
        is_fenced |= is_fence;
        at += line.len() + 1;
        if at >= text.len() {
            return None;
        }
    }
    let line = text[at..].split('\n').next().unwrap_or_default();
    let value = at + indent(line);
    let is_quoted = text[value..].starts_with(['"', '\'', '`']);
    let is_deeper = indent(line) > indent(own);
    let below = Notation::Below {
        is_inside: is_fenced || is_quoted || is_deeper,
        is_block: is_block && is_deeper,
    };
    Some((below, value))
}
