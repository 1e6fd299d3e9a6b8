//! The parent that a body names, where the forge knows none: the one reference under a heading "Parent", also with a word for what
//! it is.
//!
//! Only what the page shows counts: a heading in a comment that nobody sees would bring a text of a stranger's choice beside the
//! task. Several references name none: nobody could say which is meant. It looks nothing up.

use std::ops::Range;

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use super::blocked_by::{BlockedBy, BlockerRef};
use crate::domain::issue::{IssueFacts, web_of_issue};
use crate::domain::text::shown_text::ShownText;

/// What a parent is called in a heading.
const KINDS: [&str; 9] = [
    "issue",
    "prd",
    "epic",
    "spec",
    "specification",
    "ticket",
    "story",
    "feature",
    "task",
];

/// Returns the parent that the body of an issue names.
#[must_use]
pub fn named_parent(issue: &IssueFacts) -> Option<BlockerRef> {
    if issue.is_beyond_reading() {
        return None;
    }
    let shown = ShownText::of_markdown(&issue.body).text;
    let value = &shown[below_heading(&shown)?];
    // References are read as in a field of blockers, where every one counts.
    let field = format!("## Blocked by\n\n{value}");
    let named = BlockedBy::in_body(&field, web_of_issue(&issue.url));
    match named.references.as_slice() {
        [parent] if parent.repo.is_some() || parent.number != issue.number => Some(parent.clone()),
        _ => None,
    }
}

/// Returns where the text between the first heading "Parent" and the next heading stands. Headings in quotes and lists are none
/// of the issue's own.
fn below_heading(text: &str) -> Option<Range<usize>> {
    let mut depth = 0_usize;
    let mut heading: Option<String> = None;
    let mut from = None;
    for (event, place) in Parser::new(text).into_offset_iter() {
        if let Event::Start(tag) = event {
            if depth == 0 && matches!(tag, Tag::Heading { .. }) {
                if let Some(from) = from {
                    return Some(from..place.start);
                }
                heading = Some(String::new());
            }
            depth += 1;
        } else if let Event::End(tag) = event {
            depth -= 1;
            if matches!(tag, TagEnd::Heading(_))
                && heading.take().is_some_and(|heading| is_parent(&heading))
            {
                from = Some(place.end);
            }
        } else if let Event::Text(words) | Event::Code(words) = event
            && let Some(heading) = &mut heading
        {
            heading.push_str(&words);
        }
    }
    from.map(|from| from..text.len())
}

/// Emphasis, a colon and closing marks do not matter.
fn is_parent(heading: &str) -> bool {
    let heading = heading.trim_matches(|c: char| !c.is_alphanumeric());
    let (word, kind) = match heading.split_once(char::is_whitespace) {
        Some((word, kind)) => (word, Some(kind.trim_start())),
        None => (heading, None),
    };
    word.eq_ignore_ascii_case("parent")
        && kind.is_none_or(|kind| KINDS.iter().any(|known| kind.eq_ignore_ascii_case(known)))
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::domain::issue::{Actor, BodyEdits, IssueState, Parent};
    use crate::domain::repository::IssueNumber;

    fn named(body: &str) -> Option<String> {
        let issue = IssueFacts {
            number: IssueNumber(7),
            url: "https://github.com/o/r/issues/7".to_owned(),
            title: String::new(),
            body: body.to_owned(),
            author: Actor::Gone,
            created_at: DateTime::UNIX_EPOCH,
            state: IssueState::Open,
            state_events: Vec::new(),
            is_pull_request: false,
            labels: Vec::new(),
            label_events: Vec::new(),
            renames: Vec::new(),
            transfers: Vec::new(),
            body_edits: BodyEdits::Never,
            comments: Vec::new(),
            blockers: Vec::new(),
            open_native_blockers: None,
            listed_open_native_blockers: 0,
            assignees: Vec::new(),
            open_sub_issues: None,
            rivals: Vec::new(),
            parent: Parent::None,
            gaps: Vec::new(),
        };
        named_parent(&issue).map(|parent| match parent.repo {
            Some((owner, name)) => format!("{owner}/{name}#{}", parent.number),
            None => format!("#{}", parent.number),
        })
    }

    #[test]
    fn the_one_reference_under_the_heading_is_the_parent() {
        for (body, parent) in [
            ("## Parent\n\n#3", "#3"),
            (
                "Do it.\n\n### PARENT:\n- #3 (the specification)\n\n## What to build\n\n#4",
                "#3",
            ),
            ("# **Parent**\n\nacme/specs#12", "acme/specs#12"),
            (
                "## Parent issue\n\nhttps://github.com/o/r/issues/5",
                "o/r#5",
            ),
            ("```\ncode\n```\n## Parent\n\n#3", "#3"),
            ("~~~\n```\n~~~\n## Parent\n\n#3", "#3"),
            ("## Parent ##\n\nSee #3.\n\n## Blocked by\n\n- #4", "#3"),
            (
                "Parent\n------\n\n#3\n\nWhat to build\n-------------\n\n#4",
                "#3",
            ),
            ("````\n```\n````\n## Parent\n\n#3", "#3"),
            ("<!-- a template -->\n## Parent\n\n#3 <!-- #4 -->", "#3"),
        ] {
            assert_eq!(named(body).as_deref(), Some(parent), "{body}");
        }
    }

    #[test]
    fn the_heading_may_tell_what_the_parent_is() {
        for (heading, parent) in [
            ("## Parent issue", Some("#3")),
            ("## Parent PRD", Some("#3")),
            ("## Parent epic", Some("#3")),
            ("## Parent Spec", Some("#3")),
            ("## Parent specification", Some("#3")),
            ("## PARENT TICKET", Some("#3")),
            ("## parent story", Some("#3")),
            ("## Parent feature", Some("#3")),
            ("## Parent task", Some("#3")),
            ("## Parent PRD:", Some("#3")),
            ("### **Parent PRD**", Some("#3")),
            ("## **Parent** *epic*:", Some("#3")),
            ("## Parent  `PRD` ##", Some("#3")),
            ("Parent PRD\n---", Some("#3")),
            ("## Parent directory", None),
            ("## Parents", None),
            ("## Parents issue", None),
            ("## Parental leave", None),
            ("## Parent issues", None),
            ("## Parent task list", None),
            ("## Parent issue tracker", None),
            ("## ParentPRD", None),
            ("## Parent-task", None),
            ("## Parent: task", None),
            ("## No parent task", None),
            ("## PRD", None),
            ("## Task", None),
        ] {
            let body = format!("{heading}\n\n#3");
            assert_eq!(named(&body).as_deref(), parent, "{heading}");
        }
    }

    #[test]
    fn everything_else_names_none() {
        for body in [
            "",
            "#3",
            "Parent: #3",
            "## Parent\n\nnone",
            "## Parent\n\n#3 and #4",
            "## Parent\n\n## Blocked by\n\n#3",
            "## Parents of the class\n\n#3",
            "## Grandparent\n\n#3",
            "####### Parent\n\n#3",
            "##Parent\n\n#3",
            "```\n## Parent\n\n#3\n```",
            "```\n~~~\n## Parent\n\n#3\n```",
            "## Parent\n\n```\n#3\n```",
            // Nobody sees these.
            "<!--\n## Parent\n\n#3\n-->",
            "It breaks.\n\n<!--\n\n## Parent\no/words#3\n\n-->\n",
            "    ## Parent\n\n    #3",
            "<pre>\n## Parent\n\n#3\n</pre>",
            "````\n```\n## Parent\n\n#3\n````",
            "## Parent\n\n<!-- #3 -->",
            "<details hidden>\n\n<!--\n## Parent\n#3\n--></details>",
            // Somebody else's.
            "> ## Parent\n>\n> #3",
            "- ## Parent\n\n  #3",
            // Itself.
            "## Parent\n\n#7",
            "## Parent\n\nhttps://example.org/o/r/issues/5",
        ] {
            assert_eq!(named(body), None, "{body}");
        }
    }
}
