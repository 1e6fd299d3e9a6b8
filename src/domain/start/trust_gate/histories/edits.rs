//! Clause 5: edits.

use super::story::*;

/// Clause 5: edits.
pub(super) const HISTORIES: &[History] = &[
    history(
        "a stranger edits before the labelling",
        |s| s.edit(rex(), -1),
        &[],
    ),
    history(
        "a stranger edits in the second of the labelling",
        |s| {
            s.edit(rex(), 0);
        },
        &["edited-since"],
    ),
    history(
        "a stranger edits after the labelling",
        |s| s.edit(rex(), 60),
        &["edited-since"],
    ),
    history(
        "a stranger edits, then a trusted person",
        |s| {
            s.edit(rex(), 60);
            s.edit(ada(), 61);
        },
        &["edited-since"],
    ),
    history(
        "a triage user edits",
        |s| s.edit(tim(), 1),
        &["edited-since"],
    ),
    history("a trusted person edits", |s| s.edit(ada(), 1), &[]),
    history("the labeller edits", |s| s.edit(grace(), 1), &[]),
    history(
        "a bot edits",
        |s| s.edit(bot("renovate"), 1),
        &["edited-since"],
    ),
    history(
        "a trusted App edits",
        |s| s.edit(bot("triage-app"), 1),
        &["edited-since"],
    ),
    history("we edit", |s| s.edit(ourselves(), 1), &["edited-since"]),
    history(
        "an account that was deleted since edits",
        |s| {
            s.edit(Actor::Gone, 1);
        },
        &["edited-since"],
    ),
    history(
        "an editor without account id",
        |s| {
            s.edit(
                Actor::User {
                    login: "ada".to_owned(),
                    id: None,
                },
                1,
            );
        },
        &["edited-since"],
    ),
    history(
        "an editor who can not be looked up",
        |s| s.edit(uwe(), 1),
        &["permission-unknown"],
    ),
    history(
        "an editor whose login is somebody else's now",
        |s| {
            s.edit(user("ada", 11), 1);
        },
        &["permission-unknown"],
    ),
    history(
        "the forge counts an edit after the labelling and lists none",
        |s| {
            s.issue.body_edits = BodyEdits::Edited {
                last_at: at(5),
                listed: vec![],
                complete: true,
            };
        },
        &["edited-since"],
    ),
    history(
        "the newest edit is not listed",
        |s| {
            s.edit(ada(), 1);
            if let BodyEdits::Edited { last_at, .. } = &mut s.issue.body_edits {
                *last_at = at(5);
            }
        },
        &["edited-since"],
    ),
    history(
        "the listing does not reach back to the labelling",
        |s| {
            s.edit(ada(), 1);
            s.incomplete_edits();
        },
        &["edited-since"],
    ),
    history(
        "the oldest edit of the listing is of the second of the labelling",
        |s| {
            s.edit(ada(), 0);
            s.incomplete_edits();
        },
        &["edited-since"],
    ),
    history(
        "the listing reaches back, though not to the beginning",
        |s| {
            s.edit(rex(), -1);
            s.edit(ada(), 1);
            s.incomplete_edits();
        },
        &[],
    ),
    history(
        "an incomplete listing of edits before the labelling",
        |s| {
            s.edit(rex(), -1);
            s.incomplete_edits();
        },
        &[],
    ),
    history(
        "an edit that the forge's own newest time denies",
        |s| {
            s.edit(rex(), 5);
            if let BodyEdits::Edited { last_at, .. } = &mut s.issue.body_edits {
                *last_at = at(-5);
            }
        },
        &["edited-since"],
    ),
    history(
        "a stranger renames before the labelling",
        |s| s.rename(rex(), -1),
        &[],
    ),
    history(
        "a stranger renames in the second of the labelling",
        |s| {
            s.rename(rex(), 0);
        },
        &["edited-since"],
    ),
    history(
        "a stranger renames there and back again",
        |s| {
            s.rename(rex(), 1);
            s.rename(rex(), 2);
        },
        &["edited-since"],
    ),
    history("a trusted person renames", |s| s.rename(ada(), 1), &[]),
    history(
        "a trusted person renames, whose login is a stranger's now",
        |s| {
            s.rename(ada(), 1);
            s.permit("ada", 12, Permission::Read);
        },
        &["permission-unknown"],
    ),
    history(
        "edits are hidden, a stranger wrote it and something happened since",
        |s| {
            s.hide_edits(false);
        },
        &["edited-since"],
    ),
    history(
        "edits are hidden, a stranger wrote it and nothing happened since",
        |s| {
            s.hide_edits(true);
        },
        &[],
    ),
    history(
        "edits are hidden and a trusted person wrote it",
        |s| {
            s.hide_edits(false);
            s.issue.author = ada();
        },
        &[],
    ),
    history(
        "edits are hidden and the author can not be looked up",
        |s| {
            s.hide_edits(false);
            s.issue.author = uwe();
        },
        &["permission-unknown"],
    ),
    history(
        "edits are hidden, all is quiet, and a stranger renamed",
        |s| {
            s.hide_edits(true);
            s.rename(rex(), 0);
        },
        &["edited-since"],
    ),
];
