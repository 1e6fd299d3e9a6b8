//! Clauses 4 and 6: issue and repository.

use super::story::*;
use crate::domain::issue::Unworkable;

/// Clauses 4 and 6: issue and repository.
pub(super) const HISTORIES: &[History] = &[
    history(
        "transferred before the labelling",
        |s| s.issue.transfers.push(at(-1)),
        &[],
    ),
    history(
        "transferred in the second of the labelling",
        |s| {
            s.issue.transfers.push(at(0));
        },
        &["transferred"],
    ),
    history(
        "transferred after the labelling",
        |s| {
            s.issue.transfers.extend([at(-9), at(9)]);
        },
        &["transferred"],
    ),
    history(
        "closed",
        |s| s.issue.state = IssueState::Closed,
        &["not-open"],
    ),
    history(
        "in a state we do not know",
        |s| {
            s.issue.state = IssueState::Unknown("draft".to_owned());
        },
        &["facts-incomplete"],
    ),
    history(
        "a pull request",
        |s| s.issue.is_pull_request = true,
        &["not-open"],
    ),
    history("archived", |s| s.repository.archived = true, &["archived"]),
    history(
        "a mirror",
        |s| s.repository.unworkable = Some(Unworkable::Mirror),
        &["archived"],
    ),
    history(
        "empty",
        |s| s.repository.unworkable = Some(Unworkable::Empty),
        &["archived"],
    ),
    history(
        "handed back",
        |s| {
            s.issue.labels.push("ready-for-human".to_owned());
        },
        &["handed-back"],
    ),
    history(
        "handed back in another case",
        |s| {
            s.issue.labels.push("Ready-For-Human".to_owned());
        },
        &["handed-back"],
    ),
    history(
        "public",
        |s| s.repository.visibility = Visibility::Public,
        &["public-repository"],
    ),
    history(
        "internal",
        |s| {
            s.repository.visibility = Visibility::Internal;
        },
        &["public-repository"],
    ),
    history(
        "of unknown visibility",
        |s| {
            s.repository.visibility = Visibility::Unknown;
        },
        &["public-repository"],
    ),
    history(
        "public and allowed",
        |s| {
            s.repository.visibility = Visibility::Public;
            s.public_allowed = true;
        },
        &[],
    ),
    history(
        "internal and allowed",
        |s| {
            s.public();
            s.repository.visibility = Visibility::Internal;
        },
        &[],
    ),
    history(
        "of unknown visibility and allowed",
        |s| {
            s.public();
            s.repository.visibility = Visibility::Unknown;
        },
        &[],
    ),
    history(
        "public, allowed and archived",
        |s| {
            s.public();
            s.repository.archived = true;
        },
        &["archived"],
    ),
    history(
        "a pull request that is closed",
        |s| {
            s.issue.is_pull_request = true;
            s.issue.state = IssueState::Closed;
        },
        &["not-open", "not-open"],
    ),
];
