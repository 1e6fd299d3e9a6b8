//! Lines of a body: marks of lists and quotes, headings, tables.

use super::clause::{bullet_text, is_picture};
use super::tag::behind_tag;

/// One line, with its line end.
pub(super) struct Line<'t> {
    pub(super) text: &'t str,
    /// Columns before its first character; quotes do not count.
    pub(super) indent: usize,
    /// The indentation, when it is a list item.
    pub(super) item: Option<usize>,
}

/// A heading.
pub(super) struct Heading<'t> {
    pub(super) level: usize,
    pub(super) text: &'t str,
    /// Lines that it takes.
    pub(super) lines: usize,
}

impl<'t> Line<'t> {
    /// Cuts a text into lines.
    pub(super) fn all(text: &'t str) -> Vec<Self> {
        text.split_inclusive('\n')
            .map(|text| {
                let unquoted = text.trim_start_matches(['>', ' ', '\t']);
                let indent = text[..text.len() - unquoted.len()]
                    .chars()
                    .map(|c| match c {
                        '\t' => 4,
                        ' ' => 1,
                        _ => 0,
                    })
                    .sum();
                Self {
                    text,
                    indent,
                    item: bullet_text(text).map(|_| indent),
                }
            })
            .collect()
    }

    pub(super) fn is_blank(&self) -> bool {
        self.text
            .trim_matches(['>', ' ', '\t', '\n', '\r'])
            .is_empty()
    }

    /// A row of a table that begins with its border.
    pub(super) fn is_row(&self) -> bool {
        self.text
            .trim_start_matches(['>', ' ', '\t'])
            .starts_with('|')
    }

    /// A cell of a table, or the description of a term, in raw HTML.
    pub(super) fn is_cell(&self) -> bool {
        self.begins_with_tag(&["td", "dd"])
    }

    /// The name of a column, or another term, in raw HTML.
    pub(super) fn is_head_cell(&self) -> bool {
        self.begins_with_tag(&["th", "dt"])
    }

    fn begins_with_tag(&self, names: &[&str]) -> bool {
        let text = self.text.trim_start_matches(['>', ' ', '\t']);
        names.iter().any(|name| {
            text.strip_prefix('<')
                .and_then(|tag| tag.get(..name.len()))
                .is_some_and(|start| start.eq_ignore_ascii_case(name))
        })
    }

    /// Whether the line is neither bold nor in a tag of its own, as headings of some people are.
    pub(super) fn is_plain(&self) -> bool {
        let text = self.text.trim_start_matches(['>', ' ', '\t']);
        !text.starts_with("**") && !text.starts_with("__") && !text.starts_with(['<', '|'])
    }

    /// Whether a text is a rule across the page: `---`, `* * *`, `|---|`.
    pub(super) fn is_rule(text: &str) -> bool {
        let text = text.trim_matches(['>', ' ', '\t', '\n', '\r']);
        let signs = text
            .chars()
            .filter(|c| matches!(c, '-' | '*' | '_' | '='))
            .count();
        signs >= 3
            && text
                .chars()
                .all(|c| matches!(c, '-' | '*' | '_' | '=' | '|' | ':' | ' ' | '\t'))
    }

    /// `|---|:--:|`
    pub(super) fn is_table_rule(&self) -> bool {
        let text = self.text.trim();
        text.contains("--")
            && text.contains('|')
            && text
                .chars()
                .all(|c| matches!(c, '|' | '-' | ':' | ' ' | '\t' | '>'))
    }

    /// The cells of a row, whose borders at both ends may be missing. A border behind a backslash is text.
    pub(super) fn cells(&self) -> Vec<&'t str> {
        let row = self.text.trim_start_matches(['>', ' ', '\t']).trim_end();
        let row = row.strip_prefix('|').unwrap_or(row);
        let mut cells = Vec::new();
        let mut start = 0;
        for (at, _) in row.match_indices('|') {
            if !row[start..at].ends_with('\\') {
                cells.push(row[start..at].trim());
                start = at + 1;
            }
        }
        if start < row.len() {
            cells.push(row[start..].trim());
        }
        cells
    }

    /// Reads a heading: `## Text`, `<h2>Text</h2>`, or a line that the next one underlines.
    pub(super) fn heading(&self, next: Option<&Self>) -> Option<Heading<'t>> {
        let text = unlisted(self.text).trim();
        let signs = text.len() - text.trim_start_matches('#').len();
        let behind = &text[signs..];
        if (1..=6).contains(&signs) && (behind.is_empty() || behind.starts_with([' ', '\t'])) {
            return Some(Heading {
                level: signs,
                text: after_marks(behind.trim_end_matches(['#', ' ', '\t'])),
                lines: 1,
            });
        }
        if let Some(level) = text
            .strip_prefix("<h")
            .or_else(|| text.strip_prefix("<H"))
            .and_then(|rest| rest.chars().next())
            .and_then(|level| level.to_digit(10))
            .filter(|level| (1..=6).contains(level))
        {
            return Some(Heading {
                level: level as usize,
                text: after_marks(text),
                lines: 1,
            });
        }
        let under = next?.text.trim_matches(['>', ' ', '\t', '\n', '\r']);
        let underlines = |sign: char| under.len() >= 2 && under.chars().all(|c| c == sign);
        let level = if underlines('=') {
            1
        } else if underlines('-') {
            2
        } else {
            return None;
        };
        (!self.is_blank() && self.item.is_none() && !text.starts_with('|')).then(|| Heading {
            level,
            text: after_marks(text),
            lines: 2,
        })
    }

    /// Whether an emoji begins the line, as the mark of an item.
    pub(super) fn begins_with_picture(&self) -> bool {
        let text = self.text.trim_start_matches(['>', ' ', '\t']);
        text.chars().next().is_some_and(is_picture)
    }

    /// Whether the line says of a list below it that it has to be done first: "These need to land first:".
    pub(super) fn introduces_blockers(&self) -> bool {
        const WORDS: [&str; 8] = [
            "first", "before", "block", "blocks", "blocking", "wait", "waits", "depends",
        ];
        let text = self
            .text
            .trim_end_matches(['*', '_', ' ', '\t', '\r', '\n']);
        let mut words = text.split(|c: char| !c.is_alphanumeric());
        text.ends_with(':')
            && words.any(|word| WORDS.iter().any(|known| word.eq_ignore_ascii_case(known)))
    }

    /// Whether the line begins with up to four words and a colon, as other fields do.
    pub(super) fn looks_like_label(&self) -> bool {
        let text = after_marks(self.text);
        text.split_once(':').is_some_and(|(label, _)| {
            label.len() <= 60 && !label.contains('#') && label.split_whitespace().count() <= 4
        })
    }
}

/// The text behind marks of quotes and lists.
fn unlisted(text: &str) -> &str {
    let unquoted = text.trim_start_matches(['>', ' ', '\t']);
    bullet_text(unquoted).unwrap_or(unquoted)
}

/// The text behind marks of quotes and lists, check boxes, tags, emphasis, emoji and their short names.
pub(super) fn after_marks(text: &str) -> &str {
    /// More marks than this are no decoration.
    const MARKS_MAX: usize = 12;
    let mut text = unlisted(text);
    for _ in 0..MARKS_MAX {
        let before = text;
        text = text.trim_start_matches(|c: char| {
            !c.is_alphanumeric()
                && !matches!(
                    c,
                    '#' | '!'
                        | '<'
                        | ':'
                        | '|'
                        | '['
                        | '-'
                        | '—'
                        | '–'
                        | '?'
                        | '…'
                        | '/'
                        | '@'
                        | '\u{fffc}'
                        | '('
                )
        });
        if let Some(row) = text.strip_prefix('|') {
            text = row;
        }
        text = behind_tag(text).unwrap_or(text);
        text = behind_short_name(text).unwrap_or(text);
        if text.len() == before.len() {
            break;
        }
    }
    text
}

/// The text behind the short name of an emoji: `:construction:`.
fn behind_short_name(text: &str) -> Option<&str> {
    let name = text.strip_prefix(':')?;
    let end = name.bytes().take(40).position(|byte| byte == b':')?;
    let is_name = name[..end]
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+'));
    (end > 0 && is_name).then(|| &name[end + 1..])
}
