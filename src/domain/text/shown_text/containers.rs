//! Quotes and lists: how far a line reaches into them.
//!
//! Counts columns as pages do. Which containers are open, the parser says.

/// How many columns make code of a line, and how wide tabs are.
pub(super) const CODE_INDENT: usize = 4;

/// Returns how many columns the text of an item is behind its beginning.
pub(super) fn item_width(source: &str, start: usize) -> usize {
    // So many marks before an item leave no room for its text.
    const LOOKED_AT: usize = 400;
    let boundary = |mut at: usize| {
        while !source.is_char_boundary(at) {
            at += 1;
        }
        at
    };
    let from = boundary(start.saturating_sub(LOOKED_AT));
    let line_start = source[from..start]
        .rfind('\n')
        .map_or(from, |end| from + end + 1);
    let end = boundary(source.len().min(start + LOOKED_AT));
    let line = source[line_start..end].lines().next().unwrap_or_default();
    let before = columns(&source[line_start..start]).len();
    let expanded = columns(line);
    let item = expanded.get(before..).unwrap_or_default();
    let mark = item
        .find(['-', '+', '*', '.', ')'])
        .map_or(0, |mark| mark + 1);
    let blanks = item[mark..].len() - item[mark..].trim_start().len();
    let is_usual = (1..=4).contains(&blanks) && mark + blanks < item.len();
    mark + if is_usual { blanks } else { 1 }
}

/// Writes a line with blanks for its tabs, as wide as they are; what is not ASCII takes one column.
pub(super) fn columns(line: &str) -> String {
    let mut expanded = String::new();
    for c in line.chars() {
        if c == '\t' {
            expanded.push(' ');
            while !expanded.len().is_multiple_of(CODE_INDENT) {
                expanded.push(' ');
            }
        } else {
            expanded.push(if c.is_ascii() { c } else { 'x' });
        }
    }
    expanded
}

/// Returns whether a line's beginning does not reach into all containers: quotes, and items of some width.
pub(super) fn is_lazy(prefix: &str, containers: &[Option<usize>]) -> bool {
    let expanded = columns(prefix);
    let mut rest = expanded.as_str();
    for container in containers {
        let indent = rest.len() - rest.trim_start_matches(' ').len();
        // Indented as code it goes on with the paragraph.
        let begins_block = indent < CODE_INDENT;
        match container {
            None => match rest[indent..].strip_prefix('>').filter(|_| begins_block) {
                Some(inside) => rest = inside.strip_prefix(' ').unwrap_or(inside),
                None => return begins_block,
            },
            Some(width) if indent < *width => return begins_block,
            Some(width) => rest = &rest[*width..],
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_an_item_stands_behind_its_mark_and_up_to_four_blanks() {
        for (source, width) in [
            ("- a", 2),
            ("-    a", 5),
            ("-     a", 2),
            ("-", 2),
            ("-   ", 2),
            ("10.   a", 6),
            ("-\ta", 4),
        ] {
            assert_eq!(item_width(source, 0), width, "{source:?}");
        }
        let long = "é".repeat(300) + "\n- a";
        assert_eq!(item_width(&long, 601), 2);
    }

    #[test]
    fn lines_are_lazy_that_do_not_reach_into_all_containers() {
        for (prefix, containers, expected) in [
            ("  ", vec![Some(2)], false),
            (" ", vec![Some(2)], true),
            ("> ", vec![None], false),
            ("", vec![None], true),
            ("    ", vec![None], false),
            (">  ", vec![None, Some(2)], true),
            (">   ", vec![None, Some(2)], false),
            ("  > ", vec![Some(2), None], false),
        ] {
            assert_eq!(is_lazy(prefix, &containers), expected, "{prefix:?}");
        }
    }
}
