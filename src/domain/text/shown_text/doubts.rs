//! Blocks that pages read in another way than the parser, and what of them shows nobody could tell for certain.
//!
//! Names them, as narrowly as their form allows: people do not write them. A text of somebody who is not trusted is not used
//! then, instead of being cut by a guess. What is doubtful for its tags, [`super::page`] notes.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Tag, TagEnd};

use super::EventAt;
use super::containers::{columns, item_width};
use super::labels::is_mark;

/// A table whose lines do not stand in the same quotes.
const TABLE: &str = "a table that reaches out of its quote, or is none";

/// Raw HTML whose end is read differently.
const RAW_BLOCK: &str = "raw HTML that the end of another element may end";

/// Raw HTML that begins on a later line of a footnote.
const FOOTNOTE: &str = "raw HTML on a later line of a footnote";

/// A bare address without a host, with marks in it.
const ADDRESS: &str = "an address without a host, with brackets in it";

/// A comment that is none by older rules, around what could be marks.
const COMMENT: &str = "a comment with a dash before its end, around brackets";

/// What goes on below an item that only defines something, behind two blank lines.
const DEFINITIONS: &str = "text below an item of definitions";

/// A line that goes on a quote, or is one, or ends a tag.
const QUOTE: &str = "a quote whose next line is read differently";

/// Text as far to the right as an item before it.
const ITEM: &str = "text below an empty item";

/// An element whose content GitHub's page shows, and that of Forgejo and Gitea leaves out.
const LEFT_OUT: &str = "an element whose content some pages leave out";

/// Such elements: Forgejo and Gitea clean pages with bluemonday, which drops what stands in them.
const LEFT_OUT_ELEMENTS: [&str; 4] = ["frame", "frameset", "nostyle", "object"];

/// Whether a tag of raw HTML begins one of [`LEFT_OUT_ELEMENTS`].
fn begins_left_out(html: &str) -> bool {
    html.split('<').skip(1).any(|tag| {
        let end = tag.find(|c: char| !c.is_ascii_alphanumeric());
        let name = &tag[..end.unwrap_or(tag.len())];
        LEFT_OUT_ELEMENTS
            .iter()
            .any(|element| name.eq_ignore_ascii_case(element))
    })
}

/// Names what is doubtful.
pub(super) fn doubts(source: &str, events: &[EventAt<'_>]) -> Vec<&'static str> {
    let mut found = Vec::new();
    // What is no Markdown, and tables, which are looked at by themselves: in their order.
    let mut apart: Vec<Range<usize>> = Vec::new();
    // The last item of the list that ended just now.
    let mut ended: Option<usize> = None;
    let mut items: Vec<usize> = Vec::new();
    for (event, range) in events {
        if let Event::Start(tag) = event {
            let is_code = matches!(tag, Tag::CodeBlock(CodeBlockKind::Indented));
            let is_block = is_code || matches!(tag, Tag::Paragraph | Tag::HtmlBlock);
            if let Some(item) = ended.take().filter(|_| is_block)
                && is_in_item(source, item, range.start)
            {
                found.push(ITEM);
            }
        }
        match event {
            Event::Start(Tag::Table(_)) => {
                let is_odd = !is_in_one_quote(source, range)
                    || is_ruled_by_item(&source[range.clone()])
                    || was_ruled_before(source, range);
                if is_odd {
                    found.push(TABLE);
                }
                apart.push(range.clone());
            }
            Event::Start(Tag::CodeBlock(_)) => apart.push(range.clone()),
            Event::Start(Tag::HtmlBlock) => {
                let block = &source[range.clone()];
                if may_end_before(block) || ends_at_once(&source[range.start..]) {
                    found.push(RAW_BLOCK);
                }
                apart.push(range.clone());
            }
            Event::Start(Tag::FootnoteDefinition(_)) => {
                let has_tag = source[range.clone()].lines().skip(1).any(begins_tag);
                if has_tag {
                    found.push(FOOTNOTE);
                }
            }
            Event::Html(html) | Event::InlineHtml(html) if begins_left_out(html) => {
                found.push(LEFT_OUT);
            }
            Event::Start(Tag::Item) => items.push(range.start),
            Event::End(TagEnd::Item) => ended = items.pop(),
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
    if has_lone_rule(source, &apart) {
        found.push(TABLE);
    }
    if source.split([' ', '\n', '\t']).any(is_address_of_nobody) {
        found.push(ADDRESS);
    }
    if has_odd_comment(source) {
        found.push(COMMENT);
    }
    if goes_on_below_definitions(source) {
        found.push(DEFINITIONS);
    }
    if has_odd_quote(source) {
        found.push(QUOTE);
    }
    found
}

/// Returns whether something without blanks has an address without a host, and what could be a mark: whether that is part of
/// the address is read differently.
fn is_address_of_nobody(run: &str) -> bool {
    let hosts = ["://", "www."].into_iter().flat_map(|begin| {
        run.match_indices(begin)
            .map(|(at, begin)| &run[at + begin.len()..])
    });
    // Behind a bracket that is only text, one that follows a dot may be part of the address, or not.
    let last = ["<!", ".[", ".`"]
        .iter()
        .filter_map(|mark| run.rfind(mark))
        .max();
    let mut odd = hosts.filter(|host| {
        host.starts_with(['.', '-', '_']) || last.is_some_and(|at| at >= run.len() - host.len())
    });
    odd.next().is_some() && run.contains(['[', ']', '<', '>', '!', '(', '`'])
}

/// Returns whether a text begins with a comment without anything in it, or a declaration, and with a tag behind that, whose end
/// stands on a later line.
fn ends_at_once(text: &str) -> bool {
    let (line, below) = text.split_once('\n').unwrap_or((text, ""));
    let inside = line.strip_prefix("<!").unwrap_or_default();
    let is_short = inside.starts_with("--") && inside.trim_start_matches('-').starts_with('>');
    let is_declared = inside.starts_with(|c: char| c.is_ascii_alphabetic());
    let Some((_, tag)) = inside.split_once('<').filter(|_| is_short || is_declared) else {
        return false;
    };
    let name = tag.split(|c: char| !c.is_ascii_alphanumeric()).next();
    let end = format!("</{}", name.unwrap_or_default());
    end.len() > 2 && !line.contains(&end) && below.contains(&end)
}

/// Returns whether a comment ends in three dashes and has marks in it.
fn has_odd_comment(source: &str) -> bool {
    if !source.contains("--->") {
        return false;
    }
    let mut rest = source;
    while let Some((_, behind)) = rest.split_once("<!--") {
        // What begins inside ends with it.
        let Some((inner, after)) = behind.split_once("-->") else {
            return false;
        };
        if inner.ends_with('-') && inner.contains(['[', ']', '`', '<']) {
            return true;
        }
        rest = after;
    }
    false
}

/// Returns whether two blank lines follow an item that begins with a definition, and then something that stands to the right.
fn goes_on_below_definitions(source: &str) -> bool {
    let (mut is_below, mut blanks) = (false, 0);
    // The label of a definition may go on in the next lines.
    let mut is_in_label = false;
    for line in source.lines() {
        let bare = line.trim_start_matches(['>', ' ', '\t']);
        if bare.is_empty() {
            is_in_label = false;
            blanks += 1;
            continue;
        }
        let stands_right = line.trim_start_matches('>').starts_with([' ', '\t']);
        if is_below && blanks > 1 && stands_right {
            return true;
        }
        let text = bare
            .trim_start_matches(|c: char| c.is_ascii_digit())
            .trim_start_matches(['-', '+', '*', '.', ')']);
        let is_item = text.len() < bare.len() || stands_right;
        let opens = is_item && text.trim_start().starts_with('[');
        is_below = ((opens || is_in_label) && text.contains("]:"))
            || (is_below && blanks < 2 && stands_right);
        is_in_label = (opens || is_in_label) && !text.contains(']');
        blanks = 0;
    }
    false
}

/// Returns whether a mark of a quote stands far to the right behind a quote, or behind a tag that is open, or raw HTML goes on a
/// quote in which code is open.
fn has_odd_quote(source: &str) -> bool {
    let (mut above, mut was_far) = ("", false);
    for line in source.lines() {
        let bare = line.trim_start_matches([' ', '\t']);
        let indent = &line[..line.len() - bare.len()];
        let is_far = indent.contains('\t') || indent.len() >= 4;
        // In an item as well, where an address goes on.
        let of_item = |c: char| c.is_ascii_digit() || " \t-+*.)".contains(c);
        let has_open_address = above
            .rfind("](")
            .is_some_and(|at| !above[at..].contains(')'));
        let quote = if has_open_address {
            above.trim_start_matches(of_item)
        } else {
            above.trim_start()
        };
        let is_quote_above = !was_far && quote.starts_with('>');
        let has_open_tag = above
            .rfind('<')
            .is_some_and(|at| !above[at..].contains('>') && begins_tag(&above[at..]));
        let has_open_code = quotes(above) > 0 && !above.matches('`').count().is_multiple_of(2);
        if (is_far && bare.starts_with('>') && (is_quote_above || has_open_tag))
            || (has_open_code && bare.starts_with('<'))
        {
            return true;
        }
        (above, was_far) = (line, is_far);
    }
    false
}

/// Returns how many quotes a line begins in, as far as its own marks say.
fn quotes(line: &str) -> usize {
    line.bytes()
        .take_while(|byte| is_mark(*byte))
        .filter(|byte| *byte == b'>')
        .count()
}

/// Returns whether the head of a table, or a line of text above it, could be the line below a head: a page that tried to make a
/// table there, and did not, makes none below.
fn was_ruled_before(source: &str, table: &Range<usize>) -> bool {
    let head_end = source[table.start..]
        .find('\n')
        .map_or(source.len(), |end| table.start + end);
    source[..head_end]
        .rsplit('\n')
        .take_while(|line| !line.trim_matches(['>', ' ', '\t']).is_empty())
        .any(is_rule_of_table)
}

/// Returns whether the line below the head of a table begins as an item of a list does.
fn is_ruled_by_item(table: &str) -> bool {
    table.lines().nth(1).is_some_and(|line| {
        let rule = line.trim_start_matches(['>', ' ', '\t']);
        rule.starts_with("- ") || rule.starts_with("-\t")
    })
}

/// Returns whether all lines of a table stand in as many quotes.
fn is_in_one_quote(source: &str, table: &Range<usize>) -> bool {
    let before = source.as_bytes()[..table.start]
        .iter()
        .rev()
        .take_while(|byte| **byte != b'\n')
        .filter(|byte| **byte == b'>')
        .count();
    source[table.clone()]
        .lines()
        .skip(1)
        .all(|line| line.trim().is_empty() || quotes(line) == before)
}

/// Returns whether a row of dashes, as below the head of a table, makes no table although it follows a line of text in
/// other quotes, or one of as many cells.
fn has_lone_rule(source: &str, apart: &[Range<usize>]) -> bool {
    let mut apart = apart.iter().peekable();
    let mut end = 0;
    let mut at = 0;
    let mut above = "";
    for line in source.split_inclusive('\n') {
        while let Some(part) = apart.next_if(|part| part.start <= at + line.len()) {
            end = end.max(part.end);
        }
        let is_text_above = !above.trim_matches(['>', ' ', '\t', '\n']).is_empty();
        let reaches_out = || quotes(line) != quotes(above) || cells(line) == cells(above);
        if at >= end && is_text_above && is_rule_of_table(line) && reaches_out() {
            return true;
        }
        above = if at < end { "" } else { line };
        at += line.len();
    }
    false
}

/// Returns how many cells a line would have as a row of a table.
fn cells(line: &str) -> usize {
    let row = line.trim_start_matches(['>', ' ', '\t']).trim_end();
    let row = row.strip_prefix('|').unwrap_or(row);
    let row = row.strip_suffix('|').unwrap_or(row);
    row.matches('|').count() - row.matches("\\|").count() + 1
}

/// Returns whether a line is the one below the head of a table.
fn is_rule_of_table(line: &str) -> bool {
    let row = line.trim_start_matches(['>', ' ', '\t']).trim_end();
    row.contains('-')
        && row.contains(['|', ':'])
        && row
            .bytes()
            .all(|byte| matches!(byte, b'|' | b'-' | b':' | b' ' | b'\t'))
}

/// Returns whether a block of raw HTML that only its own end ends, to the parser, holds the end of another one of its kind:
/// to GitHub that ends it as well.
fn may_end_before(block: &str) -> bool {
    const NAMES: [&str; 4] = ["pre", "script", "style", "textarea"];
    let folded = block.trim_start().to_ascii_lowercase();
    let Some(name) = folded
        .strip_prefix('<')
        .and_then(|tag| NAMES.into_iter().find(|name| tag.starts_with(name)))
    else {
        return false;
    };
    let own = folded.find(&format!("</{name}>")).unwrap_or(folded.len());
    NAMES
        .iter()
        .any(|other| *other != name && folded[..own].contains(&format!("</{other}>")))
}

/// Returns whether a line begins with what may be raw HTML.
fn begins_tag(line: &str) -> bool {
    line.trim_start_matches(['>', ' ', '\t'])
        .strip_prefix('<')
        .is_some_and(|tag| {
            tag.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '!' | '?' | '/'))
        })
}

/// Returns whether a block behind an item stands as far to the right as what is in the item.
fn is_in_item(source: &str, item: usize, block: usize) -> bool {
    let line = |at: usize| source[..at].rfind('\n').map_or(0, |end| end + 1);
    let (item_line, block_line) = (line(item), line(block));
    let behind = &source[block_line..];
    let marks = behind.len() - behind.trim_start_matches([' ', '\t', '>']).len();
    let begin = columns(&source[item_line..item]).len();
    block_line > item
        && block <= block_line + marks
        && columns(&behind[..marks]).len() >= begin + item_width(source, item)
}

#[cfg(test)]
mod tests {
    use pulldown_cmark::Parser;

    use super::*;
    use crate::domain::text::shown_text::OPTIONS;

    fn found(source: &str) -> Vec<&'static str> {
        let events: Vec<EventAt<'_>> = Parser::new_ext(source, OPTIONS)
            .into_offset_iter()
            .collect();
        doubts(source, &events)
    }

    #[test]
    fn blocks_that_are_read_differently_are_named() {
        for (source, doubt) in [
            (">a\n b|c\n>-|-\n[z]:w", TABLE),
            ("|\n|-|-\n-|-\ni||w", TABLE),
            ("a\n|:-|-|\nb|c\n-|-\ni||w", TABLE),
            ("a|b\n- |-\ni|j|w", TABLE),
            ("> a|b\n> -\t|-\n> i|j|w", TABLE),
            ("0\n|-\n    ]\n[z]:w", TABLE),
            (">>h||\n>-|-\n>>w", TABLE),
            (">> a | b\n> - | :-\n> x", TABLE),
            ("<textarea></pre>\n[w]:z", RAW_BLOCK),
            ("> <pre>\n> </Script>\n> x </pre>", RAW_BLOCK),
            ("<style>\n</textarea>", RAW_BLOCK),
            ("[^n]\n\n[^n]: a\n    <!--", FOOTNOTE),
            ("[^n]\n\n[^n]: a\n<b>", FOOTNOTE),
            ("\\[http://.[][w]\n\n[w]: z", ADDRESS),
            ("\\[www..![w]()", ADDRESS),
            ("z\n\t<!http://.w>", ADDRESS),
            ("www.e.<![w]()", ADDRESS),
            ("![[w<!--]]()--->", COMMENT),
            ("<!-- [ --->][w]\n\n[w]: z", COMMENT),
            ("- [z]:z\n\n\n\t[z]:z\n\tz\n[z]:w", DEFINITIONS),
            ("> 1) [z]: a\n>\n>\n>    b", DEFINITIONS),
            ("0)\n   [z]:z\n\n\n\tz\n[z]:w", DEFINITIONS),
            ("\\[http://e.[](w)", ADDRESS),
            ("\\[www.e.[w]\n\n[w]:z", ADDRESS),
            ("- <w\n    >", QUOTE),
            (">\n\t>![w]()", QUOTE),
            ("><!-->\n\t><g c=\"w\">", QUOTE),
            (">|\n\t><??>w", QUOTE),
            ("\\[\nwww.e.[](w)", ADDRESS),
            (">`\n<qe.>\n`[][w]\n\n[w]:z", QUOTE),
        ] {
            assert_eq!(found(source), [doubt], "{source:?}");
        }
    }

    #[test]
    fn what_people_write_is_not_in_doubt() {
        for source in [
            "a\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nb",
            "> | a | b |\n> |---|---|\n> | <br> | 2 |\n\nb",
            "- > | a | b |\n  > |---|---|\n  > | 1 | 2 |\n- x",
            "1. | a | b |\n   |---|---|\n   | > 1 | 2 |\n\n   x",
            "| a | b |\n|---|---|\n| 1 | 2 |\n\n| c | d |\n|---|---|\n| - | - |",
            "See:\n| a | b |\n|---|:-:|\n| - | - |",
            "> a\n---\n> b\n***",
            "a\n|---|---|\nb",
            "> ```\n> a\n|-|-|\n",
            "```\n> a\n|-|-|\n```\n",
            "<pre>\n&lt;/script>\n</pre>\n\n<script>x</script></pre>",
            "<details>\n<summary>x</summary>\n\n- a\n- b\n\n</details>",
            "[^n]\n\n[^n]: a <b>c</b>\n    d",
            "- a\n- b\n\nc\n\n1. d\n\n   e\n\nf\n\n    code",
            "- a\n  - b\n\n  c\n- d\n\n<div>\n\n- [ ] e\n- [x] f\n\n</div>",
            "> - a\n> - b\n>\n> c\n\n> d",
            "* a\n\n  * b\n\n    c\n\n  d\n\ne",
            "10. a\n    ```\n    b\n    ```\n11. c\n\n  d",
            "<!-- a note --->\n\n- [x]: done\n\nb\n\n\n    code",
            "1. [a]: b\n2. [c]: d\n\n   e",
            "1. as they say:\n    > a quote\n\n> `b`\n> c\n<br>",
            "> a\n>\n> b\n\n    > code",
            "1. as they say:\n    > a quote\n    > goes on",
            "see https://... or http://[::1]:8080/, and www.example.org!",
            "[a](https://example.org/b) <https://example.org/c>",
        ] {
            assert_eq!(found(source), Vec::<&str>::new(), "{source:?}");
        }
    }
}
