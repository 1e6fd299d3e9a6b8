//! The parent that a body names, where the forge knows none: the one reference under a heading "Parent".
//!
//! Several references name none: nobody could say which is meant. It looks nothing up.

use super::blocked_by::{BlockedBy, BlockerRef};
use super::trust_gate::host_of;
use crate::domain::issue::IssueFacts;

/// Returns the parent that the body of an issue names.
#[must_use]
pub fn named_parent(issue: &IssueFacts) -> Option<BlockerRef> {
    let value = value_of_heading(&issue.body)?;
    // References are read as in a field of blockers, where every one counts.
    let field = format!("## Blocked by\n\n{value}");
    let named = BlockedBy::in_body(&field, host_of(&issue.url));
    match named.references.as_slice() {
        [parent] if parent.repo.is_some() || parent.number != issue.number => Some(parent.clone()),
        _ => None,
    }
}

/// Returns what stands between the first heading "Parent" and the next heading, code blocks left out.
fn value_of_heading(body: &str) -> Option<String> {
    let mut fence: Option<&str> = None;
    let mut value: Option<String> = None;
    for line in body.lines() {
        let trimmed = line.trim();
        let mark = ["```", "~~~"]
            .into_iter()
            .find(|mark| trimmed.starts_with(mark));
        match (fence, mark) {
            (None, Some(opened)) => fence = Some(opened),
            (Some(open), Some(closed)) if open == closed => fence = None,
            (Some(_), _) => {}
            (None, None) => match (heading(trimmed), &mut value) {
                (Some(text), None) if is_parent(text) => value = Some(String::new()),
                (Some(_), None) | (None, None) => {}
                (Some(_), Some(_)) => break,
                (None, Some(value)) => {
                    value.push_str(line);
                    value.push('\n');
                }
            },
        }
    }
    value
}

/// Returns the text of a heading.
fn heading(line: &str) -> Option<&str> {
    let text = line.trim_start_matches('#');
    let level = line.len() - text.len();
    ((1..=6).contains(&level) && text.starts_with([' ', '\t'])).then(|| text.trim())
}

/// Emphasis, a colon and closing marks do not matter.
fn is_parent(heading: &str) -> bool {
    let word = heading.trim_matches(|c: char| !c.is_alphanumeric());
    word.eq_ignore_ascii_case("parent") || word.eq_ignore_ascii_case("parent issue")
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
        ] {
            assert_eq!(named(body).as_deref(), Some(parent), "{body}");
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
            // Itself.
            "## Parent\n\n#7",
            "## Parent\n\nhttps://example.org/o/r/issues/5",
        ] {
            assert_eq!(named(body), None, "{body}");
        }
    }
}
