//! "Blocked by" and "depends on" in running text, and the list that follows.

use super::gatherer::Gatherer;
use super::mention::{issue_address, mention};
use super::tag::behind_tag;
use super::words::behind_address;

/// Reads every such clause of `body`.
pub(super) fn read_clauses(body: &str, gatherer: &mut Gatherer<'_>) {
    let mut start = 0;
    let mut line = Line::default();
    while let Some(list) = next_clause(body, start) {
        line.go_on(body, list);
        // "This issue is blocked by: Auth (#12)"
        let behind = body[list..].trim_start_matches(['*', '_', ' ']);
        if behind.starts_with([':', '：']) && !std::mem::replace(&mut line.is_read, true) {
            gatherer.read_all(&behind[..line.end.saturating_sub(body.len() - behind.len())]);
        }
        let mut reader = Reader {
            named_before: gatherer.named,
            gatherer,
            own_indent: line.item,
        };
        start = list + reader.read_list(&body[list..], line.end - list, line.introduces);
        if gatherer.is_full() {
            break;
        }
    }
}

/// The line that a clause stands in: many may stand in one.
#[derive(Default)]
struct Line {
    /// Where it ends, behind its line end.
    end: usize,
    introduces: bool,
    /// Whether all of it behind a colon was read already.
    is_read: bool,
    /// How far it is indented, when it is an item of a list.
    item: Option<usize>,
}

impl Line {
    /// Goes on to the line that a place stands in.
    fn go_on(&mut self, body: &str, at: usize) {
        if at >= self.end {
            let rest = &body[at..];
            let line = &rest[..rest.find('\n').map_or(rest.len(), |end| end + 1)];
            self.end = at + line.len();
            self.introduces = introduces(line);
            self.is_read = false;
            let begin = body[..at].rfind('\n').map_or(0, |end| end + 1);
            self.item = item_indent(&body[begin..self.end]);
        }
    }
}

/// Whether a list may follow a line.
fn introduces(line: &str) -> bool {
    line.trim_end().ends_with(':')
}

struct Reader<'r, 'h> {
    gatherer: &'r mut Gatherer<'h>,
    /// What earlier lists named does not end this one.
    named_before: usize,
    /// How far the item is indented that the clause stands in: others of its list are no part of it.
    own_indent: Option<usize>,
}

impl Reader<'_, '_> {
    /// Reads the list that follows "Blocked by"; returns how much of `text` it took. Its first line is so long, and may
    /// introduce a list.
    fn read_list(&mut self, text: &str, first: usize, first_introduces: bool) -> usize {
        let mut taken = 0;
        let mut in_bullets = false;
        let mut after_blank = false;
        let (first, others) = text.split_at(first);
        let lines = std::iter::once(first).chain(others.split_inclusive('\n'));
        for (index, line) in lines.enumerate() {
            let bullet = bullet_text(line);
            if line.chars().all(char::is_whitespace) {
                after_blank = true;
                taken += line.len();
                continue;
            }
            if let (Some(item), true) = (bullet, index > 0) {
                let indent = item_indent(line);
                if self
                    .own_indent
                    .is_some_and(|own| indent.is_none_or(|item| item <= own))
                {
                    break;
                }
                let rest = self.read_prose(item);
                self.gatherer.read_all(rest);
                in_bullets = true;
                after_blank = false;
            } else if in_bullets {
                // Only an indented line still belongs to its bullet.
                if !line.starts_with([' ', '\t']) {
                    break;
                }
                self.gatherer.read_all(line);
            } else {
                if after_blank && self.gatherer.named > self.named_before {
                    break;
                }
                after_blank = false;
                let rest = self.read_prose(line);
                // What introduces a list goes on with it, unless it says "Blocked by" itself.
                let goes_on = if index == 0 {
                    first_introduces
                } else {
                    introduces(rest)
                };
                let introduces = goes_on && next_clause(rest, 0).is_none();
                if !(rest.is_empty() || introduces) {
                    return taken + line.len() - rest.len();
                }
            }
            taken += line.len();
        }
        taken
    }

    /// Reads references and separators up to the first other word; returns the text from there.
    fn read_prose<'t>(&mut self, text: &'t str) -> &'t str {
        let mut rest = behind_nouns(text).unwrap_or(text);
        loop {
            if let Some((mention, after)) = mention(rest) {
                rest = self.gatherer.note_range(&mention, after);
                self.gatherer.note(mention, true);
                // A remark in parentheses does not end the list.
                if let Some(remark) = rest.trim_start().strip_prefix('(') {
                    let end = remark.find([')', '\n']).unwrap_or(remark.len());
                    self.gatherer.read_all(&remark[..end]);
                    rest = &remark[end..];
                }
            } else if let Some(after) = separator(rest) {
                rest = after;
            } else {
                return rest;
            }
        }
    }
}

/// Returns where the text after the next "blocked by" or "depends on" begins.
fn next_clause(body: &str, start: usize) -> Option<usize> {
    const PHRASES: [(&str, [&str; 2]); 2] =
        [("blocked", ["by", "on"]), ("depends", ["on", "upon"])];
    let bytes = body.as_bytes();
    (start..bytes.len()).find_map(|at| {
        let (word, seconds) = PHRASES.iter().find(|(word, _)| {
            bytes
                .get(at..at + word.len())
                .is_some_and(|found| found.eq_ignore_ascii_case(word.as_bytes()))
        })?;
        // All of it is ASCII, so these are character boundaries.
        if body[..at]
            .chars()
            .next_back()
            .is_some_and(char::is_alphanumeric)
        {
            return None;
        }
        let gap = &body[at + word.len()..];
        let second =
            gap.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '-' | '_' | '*'));
        if second.len() == gap.len() {
            return None;
        }
        let list = seconds.iter().find_map(|word| {
            second
                .get(..word.len())
                .filter(|start| start.eq_ignore_ascii_case(word))
                .map(|_| &second[word.len()..])
        })?;
        let ends = !list.chars().next().is_some_and(char::is_alphanumeric);
        ends.then_some(body.len() - behind_explanation(list).len())
    })
}

/// The text behind the address of a link whose text are the words, when it leads to no issue: it explains them.
fn behind_explanation(list: &str) -> &str {
    list.strip_prefix("](")
        .and_then(|address| {
            let behind = behind_address(address)?;
            let target = &address[..address.len() - behind.len() - 1];
            let target = target.trim_matches(['<', '>', ' ']);
            issue_address(target).is_none().then_some(behind)
        })
        .unwrap_or(list)
}

/// How far a line is indented, when it is an item of a list.
fn item_indent(line: &str) -> Option<usize> {
    let unquoted = line.trim_start_matches('>');
    let text = unquoted.trim_start_matches([' ', '\t']);
    bullet_text(text).map(|_| unquoted.len() - text.len())
}

/// Returns the text of a list item, without bullet and check box.
pub(super) fn bullet_text(line: &str) -> Option<&str> {
    let line = line.trim_start_matches([' ', '\t', '>']);
    // Copied from a text that was set.
    if let Some(text) = line.strip_prefix(['•', '‣', '◦', '▪', '●', '∙', '·']) {
        return Some(without_check_box(text.trim_start()));
    }
    let text = line.strip_prefix(['-', '*', '+', '–']).or_else(|| {
        let digits = line
            .find(|c: char| !c.is_ascii_digit())
            .filter(|&digits| digits > 0)?;
        line[digits..].strip_prefix(['.', ')'])
    })?;
    let text = text.strip_prefix([' ', '\t'])?.trim_start();
    Some(without_check_box(text))
}

fn without_check_box(text: &str) -> &str {
    ["[ ]", "[x]", "[X]"]
        .iter()
        .find_map(|check_box| text.strip_prefix(check_box))
        .unwrap_or(text)
}

/// The text from the first reference on, when nothing but nouns and signs stands before it on its line: "these tickets: #12".
fn behind_nouns(text: &str) -> Option<&str> {
    /// More of them are a sentence.
    const NOUNS_MAX: usize = 6;
    const NOUNS: [&str; 29] = [
        "the",
        "this",
        "these",
        "those",
        "that",
        "our",
        "following",
        "open",
        "new",
        "other",
        "task",
        "tasks",
        "epic",
        "epics",
        "bug",
        "bugs",
        "story",
        "stories",
        "sub",
        "subissue",
        "subissues",
        "subtask",
        "subtasks",
        "tickets",
        "item",
        "items",
        "mr",
        "mrs",
        "merge",
    ];
    let mut rest = text;
    let mut nouns = 0;
    loop {
        if mention(rest).is_some() {
            return Some(rest);
        }
        if let Some(behind) = separator(rest) {
            if rest.starts_with(['\n', '\r']) {
                return None;
            }
            rest = behind;
            continue;
        }
        let end = rest
            .find(|c: char| !c.is_alphanumeric())
            .unwrap_or(rest.len());
        let is_noun = NOUNS
            .iter()
            .any(|noun| rest[..end].eq_ignore_ascii_case(noun));
        if !is_noun || nouns == NOUNS_MAX {
            return None;
        }
        nouns += 1;
        rest = &rest[end..];
    }
}

/// Returns the text behind one separator or linking word.
fn separator(text: &str) -> Option<&str> {
    const WORDS: [&str; 20] = [
        "by", "on", "upon", "then", "well", "as", "and", "or", "plus", "also", "both", "either",
        "issue", "issues", "pr", "prs", "pull", "request", "requests", "ticket",
    ];
    let first = text.chars().next()?;
    let is_sign = first.is_whitespace()
        || matches!(
            first,
            ',' | ';'
                | ':'
                | '&'
                | '+'
                | '/'
                | '*'
                | '_'
                | '`'
                | '('
                | ')'
                | '['
                | ']'
                | '<'
                | '>'
                | '|'
                | '~'
                | '\\'
                | '-'
                | '–'
                | '—'
                | '='
                | '→'
                | '：'
                | '，'
                | '、'
                | '"'
                | '\''
        )
        || is_picture(first);
    if let Some(behind) = behind_tag(text) {
        return Some(behind);
    }
    if is_sign {
        return Some(&text[first.len_utf8()..]);
    }
    let end = text
        .find(|c: char| !c.is_alphanumeric())
        .unwrap_or(text.len());
    let word = &text[..end];
    WORDS
        .iter()
        .any(|known| word.eq_ignore_ascii_case(known))
        .then(|| &text[end..])
}

/// Whether a sign is an emoji, an arrow or a quotation mark, and does not end a sentence.
pub(super) fn is_picture(c: char) -> bool {
    !c.is_ascii()
        && !c.is_alphanumeric()
        && !matches!(c, '。' | '．' | '！' | '？' | '…' | '\u{fffc}')
}
