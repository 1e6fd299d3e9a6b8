//! "Blocked by" in running text, and the list that follows.

use super::found::BlockedBy;
use super::mention::{Mention, is_name_char, issue_address, mention};

/// Reads every such clause of `body` into `found`. `host` is the host of the issue's own address.
pub(super) fn read_clauses(body: &str, host: &str, found: &mut BlockedBy) {
    let mut reader = Reader {
        host,
        found,
        list_names_something: false,
    };
    let mut start = 0;
    while let Some(list) = next_clause(body, start) {
        start = list + reader.read_list(&body[list..]);
        if reader.found.too_many {
            break;
        }
    }
}

struct Reader<'a> {
    host: &'a str,
    found: &'a mut BlockedBy,
    /// Of the present list alone: what an earlier one named does not end this one.
    list_names_something: bool,
}

impl Reader<'_> {
    /// Reads the list that follows "Blocked by"; returns how much of `text` it took.
    fn read_list(&mut self, text: &str) -> usize {
        self.list_names_something = false;
        let mut taken = 0;
        let mut in_bullets = false;
        let mut after_blank = false;
        for (index, line) in text.split_inclusive('\n').enumerate() {
            let bullet = bullet_text(line);
            if line.trim().is_empty() {
                after_blank = true;
                taken += line.len();
                continue;
            }
            if let (Some(item), true) = (bullet, index > 0) {
                let rest = self.read_prose(item);
                self.read_all(rest);
                in_bullets = true;
                after_blank = false;
            } else if in_bullets {
                // Only an indented line still belongs to its bullet.
                if !line.starts_with([' ', '\t']) {
                    break;
                }
                self.read_all(line);
            } else {
                if after_blank && self.list_names_something {
                    break;
                }
                after_blank = false;
                let rest = self.read_prose(line);
                // What introduces a list goes on with it, unless it says "Blocked by" itself.
                let introduces = rest.trim_end().ends_with(':') && next_clause(rest, 0).is_none();
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
        let mut rest = text;
        loop {
            if let Some((mention, after)) = mention(rest) {
                self.note(mention, true);
                rest = after;
                // A remark in parentheses does not end the list.
                if let Some(remark) = rest.trim_start().strip_prefix('(') {
                    let end = remark.find([')', '\n']).unwrap_or(remark.len());
                    self.read_all(&remark[..end]);
                    rest = &remark[end..];
                }
            } else if let Some(after) = separator(rest) {
                rest = after;
            } else {
                return rest;
            }
        }
    }

    /// Reads every reference in `text`, whatever else it says.
    fn read_all(&mut self, text: &str) {
        let mut rest = text;
        while !rest.is_empty() && !self.found.too_many {
            if let Some((mention, after)) = mention(rest) {
                self.note(mention, false);
                rest = after;
            } else {
                let word = rest.find(|c| !is_name_char(c)).unwrap_or(rest.len());
                let width = rest.chars().next().map_or(0, char::len_utf8);
                rest = &rest[word.max(width)..];
            }
        }
    }

    /// Notes what a mention names. `strict`: an address that is no issue is unreadable, not a remark.
    fn note(&mut self, mention: Mention, strict: bool) {
        self.list_names_something = true;
        match mention {
            Mention::Reference(reference) => self.found.add_reference(reference),
            Mention::Unreadable(text) => self.found.add_unreadable(text),
            Mention::Link { text, address } => {
                self.read_all(&text);
                match issue_address(&address) {
                    Some((host, reference)) if host.eq_ignore_ascii_case(self.host) => {
                        self.found.add_reference(reference)
                    }
                    Some(_) => self.found.add_unreadable(address),
                    None if strict => self.found.add_unreadable(address),
                    None => {}
                }
            }
        }
    }
}

/// Returns where the text after the next "Blocked by" begins.
fn next_clause(body: &str, start: usize) -> Option<usize> {
    const WORD: &str = "blocked";
    let bytes = body.as_bytes();
    (start..bytes.len()).find_map(|at| {
        let word = bytes.get(at..at + WORD.len())?;
        if !word.eq_ignore_ascii_case(WORD.as_bytes()) {
            return None;
        }
        // All of it is ASCII, so these are character boundaries.
        if body[..at]
            .chars()
            .next_back()
            .is_some_and(char::is_alphanumeric)
        {
            return None;
        }
        let gap = &body[at + WORD.len()..];
        let by =
            gap.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '-' | '_' | '*'));
        let is_by =
            by.len() < gap.len() && by.get(..2).is_some_and(|by| by.eq_ignore_ascii_case("by"));
        let list = is_by.then(|| &by[2..])?;
        let ends = !list.chars().next().is_some_and(char::is_alphanumeric);
        ends.then_some(body.len() - list.len())
    })
}

/// Returns the text of a list item, without bullet and check box.
fn bullet_text(line: &str) -> Option<&str> {
    let line = line.trim_start_matches([' ', '\t', '>']);
    let text = line.strip_prefix(['-', '*', '+']).or_else(|| {
        let digits = line
            .find(|c: char| !c.is_ascii_digit())
            .filter(|&digits| digits > 0)?;
        line[digits..].strip_prefix(['.', ')'])
    })?;
    let text = text.strip_prefix([' ', '\t'])?.trim_start();
    let unboxed = ["[ ]", "[x]", "[X]"]
        .iter()
        .find_map(|check_box| text.strip_prefix(check_box));
    Some(unboxed.unwrap_or(text))
}

/// Returns the text behind one separator or linking word.
fn separator(text: &str) -> Option<&str> {
    const WORDS: [&str; 14] = [
        "and", "or", "plus", "also", "both", "either", "issue", "issues", "pr", "prs", "pull",
        "request", "requests", "ticket",
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
                | '-'
                | '–'
                | '—'
        );
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
