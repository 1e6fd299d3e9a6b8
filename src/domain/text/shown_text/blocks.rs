//! What of a block is read in another way by the parser than by a page.
//!
//! It says where that stands; whether it goes, [`super::page`] decides.

use std::ops::Range;

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use super::{EventAt, OPTIONS};

/// Returns what the parser takes for rows of a table although it is indented as code: a page ends the table there, and reads
/// the rest in its own way.
///
/// `in_list` tells whether the table stands in an item: then its first line says how far items are indented.
fn behind_indented_row(source: &str, table: &Range<usize>, in_list: bool) -> Option<Range<usize>> {
    const CODE_INDENT: usize = 4;
    // Behind the last mark of a quote, where its blanks begin to count.
    let columns = |prefix: &str| {
        let inside = prefix.rsplit('>').next().unwrap_or_default();
        inside.len() + inside.matches('\t').count() * CODE_INDENT
    };
    let indent = |line: &str| {
        let text = line.trim_start_matches(['>', ' ', '\t']);
        columns(&line[..line.len() - text.len()])
    };
    let line_start = source[..table.start].rfind('\n').map_or(0, |end| end + 1);
    let prefix = &source[line_start..table.start];
    let first = if in_list {
        columns(prefix)
    } else {
        usize::from(prefix.contains('>'))
    };
    let mut start = table.start;
    for (index, line) in source[table.clone()].split_inclusive('\n').enumerate() {
        if index > 0 && indent(line) >= first + CODE_INDENT {
            return Some(start..table.end);
        }
        start += line.len();
    }
    None
}

/// Returns what stands in items of a list behind definitions and two blank lines: to a page the item was empty when the
/// second one came, and ended there. And what follows the end of a table in the same way.
pub(super) fn behind_ends(source: &str, events: &[EventAt<'_>]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut lists = 0_usize;
    for pair in events.windows(2) {
        if let [(event, range), _] = pair {
            match event {
                Event::Start(Tag::List(_)) => lists += 1,
                Event::End(TagEnd::List(_)) => lists = lists.saturating_sub(1),
                Event::Start(Tag::Table(_)) => {
                    found.extend(behind_indented_row(source, range, lists > 0));
                }
                Event::Start(_)
                | Event::End(_)
                | Event::Text(_)
                | Event::Code(_)
                | Event::InlineMath(_)
                | Event::DisplayMath(_)
                | Event::Html(_)
                | Event::InlineHtml(_)
                | Event::FootnoteReference(_)
                | Event::SoftBreak
                | Event::HardBreak
                | Event::Rule
                | Event::TaskListMarker(_) => {}
            }
        }
        let [(Event::Start(Tag::Item), item), (_, first)] = pair else {
            continue;
        };
        let start = first.start.max(item.start);
        let mut at = item.start;
        let (mut has_text, mut blanks) = (false, 0);
        for line in source[item.start..start].split_inclusive('\n') {
            let text = if at == item.start {
                line.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ')
                    .get(1..)
                    .unwrap_or_default()
            } else {
                line.trim_start_matches(['>', ' ', '\t'])
            };
            at += line.len();
            if text.trim().is_empty() {
                blanks += usize::from(has_text && line.ends_with('\n'));
            } else {
                (has_text, blanks) = (true, 0);
            }
        }
        if blanks > 1 {
            found.push(start..item.end);
        }
    }
    found
}

/// Returns the definitions behind the mark of a task: GitHub begins the text of the task behind it, and reads definitions
/// there.
pub(super) fn definitions_of_task(source: &str, item: &Range<usize>) -> Vec<Range<usize>> {
    let text = &source[item.clone()];
    // Its own mark only: those of items in it are looked at with them.
    let mark = text
        .trim_start_matches([' ', '\t'])
        .trim_start_matches(|c: char| c.is_ascii_digit());
    let text = mark.get(1..).unwrap_or_default();
    let text = text.trim_start_matches([' ', '\t']);
    let Some(task) = ["[ ]", "[x]", "[X]"]
        .into_iter()
        .find_map(|mark| text.strip_prefix(mark))
        .filter(|task| task.starts_with([' ', '\t', '\n']))
        // Nothing but definitions may come first. Where items stand in each other, only the innermost goes on like this.
        .filter(|task| task.trim_start().starts_with('['))
    else {
        return Vec::new();
    };
    let at = item.end - task.len();
    let parser = Parser::new_ext(task, OPTIONS);
    let mut definitions: Vec<Range<usize>> = parser
        .reference_definitions()
        .iter()
        .map(|(_, definition)| definition.span.clone())
        .collect();
    definitions.sort_by_key(|span| span.start);
    let mut found = Vec::new();
    let mut end = 0;
    // One behind the other, from the beginning.
    for definition in definitions {
        if definition.start < end || definition.end <= end {
            continue;
        }
        if !task[end..definition.start].trim().is_empty() {
            break;
        }
        found.push(at + definition.start..at + definition.end);
        end = definition.end;
    }
    found
}

/// Returns where the words behind a fence stand, when they are more than the plain name of a language.
pub(super) fn beyond_language(
    source: &str,
    code: &Range<usize>,
    language: &str,
) -> Option<Range<usize>> {
    let block = &source[code.clone()];
    let line = &block[..block.find('\n').unwrap_or(block.len())];
    let fence = line.trim_start_matches([' ', '\t']);
    let written = fence.trim_start_matches(['`', '~']).trim_start();
    let end = code.start + line.len();
    (written.trim_end() != language).then(|| end - written.len()..end)
}

/// Returns whether the end of a tag over lines could be the mark of a quote.
pub(super) fn ends_with_mark(tag: &str) -> bool {
    tag.rsplit_once('\n')
        .is_some_and(|(_, line)| line.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'>')))
}

/// Returns whether a comment is none by older rules, for the dash at its end, and holds marks that would mean something then.
pub(super) fn is_doubtful_comment(tag: &str) -> bool {
    tag.strip_prefix("<!--")
        .and_then(|rest| rest.strip_suffix("-->"))
        .is_some_and(|inner| inner.ends_with('-') && inner.contains(['[', ']', '`', '<']))
}

/// Returns the length of a tag without attributes whose end stands on the next line, indented as code: the parser takes it for
/// text.
pub(super) fn tag_over_lines(text: &str) -> Option<usize> {
    let name = text.strip_prefix("</").or_else(|| text.strip_prefix('<'))?;
    let end = name.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))?;
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let behind = name[end..]
        .trim_start_matches([' ', '\t'])
        .strip_prefix('\n')?;
    let mark = behind.trim_start_matches([' ', '\t']);
    // With less before it, it is the mark of a quote.
    let blanks = &behind[..behind.len() - mark.len()];
    let is_code = blanks.contains('\t') || blanks.len() >= 4;
    let close = mark.strip_prefix('>').filter(|_| is_code)?;
    Some(text.len() - close.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_are_indented_as_code_end_a_table() {
        for (source, behind) in [
            ("a|b\n-|-\n\tc|d", Some("\tc|d")),
            ("a|b\n-|-\n    c|d\ne|f", Some("    c|d\ne|f")),
            ("a|b\n-|-\n   c|d", None),
            ("x\n\n- a|b\n  -|-\n      c|d", Some("      c|d")),
            ("x\n\n- a|b\n  -|-\n     c|d", None),
        ] {
            let events: Vec<EventAt<'_>> = Parser::new_ext(source, OPTIONS)
                .into_offset_iter()
                .collect();
            let found: Vec<&str> = behind_ends(source, &events)
                .into_iter()
                .map(|part| source[part].trim_end_matches('\n'))
                .collect();
            assert_eq!(found, Vec::from_iter(behind), "{source:?}");
        }
    }
}
