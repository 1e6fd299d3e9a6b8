//! What the pages of Forgejo and Gitea leave out, and GitHub's shows as text.
//!
//! They take a head of settings off a text, attributes off a heading, and arguments out of a short link, and they draw more
//! formulas. Names what does so, as narrowly as its form allows: people who write for GitHub do not write it. It does not know on
//! which forge the text is.

use std::ops::Range;

use pulldown_cmark::{Event, Tag, TagEnd};

use super::EventAt;
use crate::domain::text::cut::{Cut, apply};

/// Settings at the very beginning, between two rows of dashes: a table, or nothing.
const FRONT_MATTER: &str = "settings above the text";

/// `## Steps {title="…"}`
const ATTRIBUTES: &str = "attributes behind a heading";

/// `[[name|key=…]]`
const SHORT_LINK: &str = "a short link with arguments";

/// `\(\phantom{…}\)`
const FORMULA: &str = "a formula between backslashes";

/// Names of a heading that people give it, at most: its own, and one of a class.
const NAMES_MAX: usize = 2;

/// Bytes of such a name, at most: longer ones are sentences.
const NAME_MAX: usize = 60;

/// Names what is doubtful.
pub(super) fn doubts(source: &str, events: &[EventAt<'_>]) -> Vec<&'static str> {
    let mut found = Vec::new();
    if has_front_matter(source) {
        found.push(FRONT_MATTER);
    }
    let mut code: Vec<Range<usize>> = Vec::new();
    let mut is_code = false;
    // Text that stands together on a line of the page.
    let mut run = String::new();
    let mut runs = Vec::new();
    for (event, range) in events {
        match event {
            Event::Start(Tag::CodeBlock(_)) => {
                is_code = true;
                code.push(range.clone());
            }
            Event::End(TagEnd::CodeBlock) => is_code = false,
            Event::Start(Tag::Heading { .. })
                if source[range.clone()].lines().any(has_attributes) =>
            {
                found.push(ATTRIBUTES);
            }
            Event::Code(_) => code.push(range.clone()),
            Event::Text(text) if !is_code => {
                run.push_str(text);
                continue;
            }
            Event::Text(_)
            | Event::Start(_)
            | Event::End(_)
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
        runs.push(std::mem::take(&mut run));
    }
    runs.push(run);
    if runs.iter().any(|run| has_short_link(run)) {
        found.push(SHORT_LINK);
    }
    let code = code.into_iter().map(|range| Cut {
        replacement: " ".to_owned(),
        ..Cut::hidden(range)
    });
    if has_formula(&apply(source, code.collect()).text) {
        found.push(FORMULA);
    }
    found
}

/// Returns whether the first line is a row of dashes, and something stands below it: whatever that is, settings or not, it may be
/// left out up to the next such row, or to the end.
fn has_front_matter(source: &str) -> bool {
    let (first, rest) = source.split_once('\n').unwrap_or((source, ""));
    let row = first.trim();
    !row.is_empty() && row.bytes().all(|byte| byte == b'-') && !rest.trim().is_empty()
}

/// Returns whether a line of a heading ends with attributes that are more than names for links to it.
fn has_attributes(line: &str) -> bool {
    let line = line.trim_end_matches([' ', '\t', '#', '\r']);
    let Some(line) = line.strip_suffix('}') else {
        return false;
    };
    let line = line.trim_end_matches([' ', '\t', ',']);
    line.match_indices('{')
        .any(|(at, _)| hides_words(&line[at + 1..]))
}

/// Returns whether what stands between braces reads as attributes, and could say something.
fn hides_words(inner: &str) -> bool {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':' | '.' | '-');
    let inner = inner.trim_start_matches([' ', '\t', ',']);
    if inner.starts_with(['#', '.']) {
        let words: Vec<&str> = inner
            .split([' ', '\t', ','])
            .filter(|word| !word.is_empty())
            .take(NAMES_MAX + 1)
            .collect();
        return words.len() > NAMES_MAX
            || words
                .iter()
                .any(|word| word.len() > NAME_MAX || !word.starts_with(['#', '.']));
    }
    let begins = inner.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '_' | ':'));
    let behind = inner.trim_start_matches(is_name).trim_start();
    begins && behind.starts_with('=')
}

/// Returns whether text on one line has a short link with an argument that has a name, or is named by one.
fn has_short_link(run: &str) -> bool {
    run.split('\n').any(|line| {
        let mut rest = line;
        while let Some((_, behind)) = rest.split_once("[[") {
            let Some((inner, after)) = behind.split_once("]]") else {
                return false;
            };
            if inner.contains('=') {
                return true;
            }
            rest = after;
        }
        false
    })
}

/// Returns whether something between `\(` and `\)`, or `\[` and `\]`, has a command or a remark of a formula.
fn has_formula(source: &str) -> bool {
    let forms = [("\\(", "\\)"), ("\\[", "\\]")];
    forms.into_iter().any(|(open, close)| {
        let mut rest = source;
        while let Some((_, behind)) = rest.split_once(open) {
            let Some((inner, after)) = behind.split_once(close) else {
                return false;
            };
            if is_drawn(inner) {
                return true;
            }
            rest = after;
        }
        false
    })
}

/// Returns whether a formula could hide something: `\phantom`, `% a remark`.
fn is_drawn(inner: &str) -> bool {
    let has_command = inner
        .match_indices('\\')
        .any(|(at, _)| inner[at + 1..].starts_with(|c: char| c.is_ascii_alphabetic()));
    let has_remark = inner
        .split_once('%')
        .is_some_and(|(_, remark)| !remark.trim().is_empty());
    has_command || has_remark
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
    fn what_some_pages_leave_out_is_named() {
        for (source, doubt) in [
            ("---\ngitea: none\nx: EVIL\n---\n\nSEEN", FRONT_MATTER),
            (
                "---\ngitea:\n  meta: none\nx: EVIL\n---\nSEEN",
                FRONT_MATTER,
            ),
            ("---\nEVIL", FRONT_MATTER),
            ("  ----  \nEVIL\n----", FRONT_MATTER),
            ("-\nEVIL\n-", FRONT_MATTER),
            ("## Steps {title=\"EVIL\"}", ATTRIBUTES),
            ("## Steps { title = \"EVIL\" } ##  ", ATTRIBUTES),
            ("## Steps {#steps title=\"EVIL\"}", ATTRIBUTES),
            ("## Steps {#steps,title=\"EVIL\"}", ATTRIBUTES),
            ("## Steps {data-x=EVIL}", ATTRIBUTES),
            ("## Steps {x=[\"EVIL\"]}", ATTRIBUTES),
            ("## Steps {x=\"{EVIL}\"}", ATTRIBUTES),
            ("## Steps {.delete .the .database}", ATTRIBUTES),
            ("Steps {title=\"EVIL\"}\n=====", ATTRIBUTES),
            ("a\nSteps {title=\"EVIL\"}\n---", ATTRIBUTES),
            ("> - ## Steps {title=\"EVIL\"}", ATTRIBUTES),
            ("see [[typo|x=EVIL]]", SHORT_LINK),
            ("see [[x=EVIL|typo]]", SHORT_LINK),
            ("see [[x=EVIL]]", SHORT_LINK),
            ("see \\[\\[typo|x=EVIL\\]\\]", SHORT_LINK),
            ("see &#91;[typo&#124;x=EVIL]]", SHORT_LINK),
            ("see [[ [[typo|x=EVIL]]", SHORT_LINK),
            ("- see [[typo\\|x=EVIL]]", SHORT_LINK),
            ("a \\(\\phantom{EVIL}\\) b", FORMULA),
            ("a \\(b %EVIL\\)", FORMULA),
            ("\\[\n\\phantom{EVIL}\n\\]", FORMULA),
            ("\\[\n% EVIL\nx\n\\]", FORMULA),
            ("> \\[\\color{white}{EVIL}\\]", FORMULA),
        ] {
            assert_eq!(found(source), [doubt], "{source:?}");
        }
    }

    #[test]
    fn what_people_write_is_not_in_doubt() {
        for source in [
            "a\n\n---\n\nb: c\n\n---",
            "\n---\na: b\n---",
            "---",
            "- a\n- b",
            "-- a\nb",
            "## Steps {#steps}",
            "## Steps {#steps .unnumbered}",
            "## Steps {.unnumbered} ##",
            "## GET /users/{id}",
            "## The case {a, b}",
            "## {}",
            "## {{ name }}",
            "## Use `{title=\"x\"}` here",
            "Set {title=\"x\"}\n\nbelow a line",
            "[[1]](https://e.org/?a=b) and [[2]]",
            "[[Page|shown]] and [[Home]]",
            "`[[typo|x=y]]`",
            "```sh\nif [[ $a == 1 || $b == 2 ]]; then\n```",
            "    [[ $a = 1 ]]",
            "\\[bug\\] it fails \\(see below\\)",
            "\\(100 %\\) of C:\\temp\\[x\\]",
            "`\\(\\alpha\\)` and\n\n```tex\n\\[\\phantom{x}\\]\n```",
            "grep '\\(' a\\b",
        ] {
            assert_eq!(found(source), Vec::<&str>::new(), "{source:?}");
        }
    }
}
