//! Clause 5: edits.

use super::story::*;

/// Clause 5: edits.
pub(super) const HISTORIES: &[History] = &[
    history(
        "a stranger edits before the quiet time",
        |s| s.edit(rex(), -301),
        &[],
    ),
    history(
        "a stranger edits at the beginning of the quiet time",
        |s| s.edit(rex(), -300),
        &["edited-before"],
    ),
    history(
        "a stranger edits two seconds before the labelling",
        |s| s.edit(rex(), -2),
        &["edited-before"],
    ),
    history(
        "a triage user edits in the quiet time",
        |s| s.edit(tim(), -100),
        &["edited-before"],
    ),
    history(
        "a bot edits in the quiet time",
        |s| s.edit(bot("renovate"), -100),
        &["edited-before"],
    ),
    history(
        "an account that agents use edits in the quiet time",
        |s| s.edit(robo(), -100),
        &["edited-before"],
    ),
    history(
        "a trusted person edits in the quiet time",
        |s| s.edit(ada(), -2),
        &[],
    ),
    history(
        "somebody who can not be looked up edits in the quiet time",
        |s| s.edit(uwe(), -2),
        &["permission-unknown"],
    ),
    history(
        "somebody in a team edits in the quiet time",
        |s| s.edit(amy(), -2),
        &["permission-ambiguous"],
    ),
    history(
        "a stranger edits just before the labelling, and no quiet time is asked for",
        |s| {
            s.edit(rex(), -1);
            s.quiet = TimeDelta::zero();
        },
        &[],
    ),
    history(
        "a stranger edits in the second of the labelling, and no quiet time is asked for",
        |s| {
            s.edit(rex(), 0);
            s.quiet = TimeDelta::zero();
        },
        &["edited-since"],
    ),
    history(
        "a stranger edits before and after the labelling",
        |s| {
            s.edit(rex(), -1);
            s.edit(rex(), 1);
        },
        &["edited-before", "edited-since"],
    ),
    history(
        "a stranger renames two seconds before the labelling",
        |s| s.rename(rex(), -2),
        &["edited-before"],
    ),
    history(
        "an account that agents use renames in the quiet time",
        |s| s.rename(robo(), -2),
        &["edited-before"],
    ),
    history(
        "a stranger opens the issue in the quiet time, and a trusted person edits it",
        |s| {
            s.issue.created_at = at(-20);
            s.edit(rex(), -20);
            s.edit(ada(), -10);
        },
        &[],
    ),
    history(
        "a stranger opens the issue in the quiet time and edits it himself",
        |s| {
            s.issue.created_at = at(-20);
            s.edit(rex(), -20);
            s.edit(rex(), -10);
        },
        &["edited-before"],
    ),
    history(
        "a triage user edits in the second in which the issue was opened, in the quiet time",
        |s| {
            s.issue.created_at = at(-20);
            s.edit(tim(), -20);
        },
        &["edited-before"],
    ),
    history(
        "a stranger opens the issue in the second of the labelling, and a trusted person edits it",
        |s| {
            s.issue.created_at = at(0);
            s.edit(rex(), 0);
            s.edit(ada(), 10);
        },
        &["edited-since"],
    ),
    history(
        "a rename in the second in which the issue was opened is a change",
        |s| {
            s.issue.created_at = at(-20);
            s.rename(rex(), -20);
        },
        &["edited-before"],
    ),
    history(
        "an edit in the quiet time that is not listed",
        |s| {
            s.edit(ada(), -200);
            if let BodyEdits::Edited { last_at, .. } = &mut s.issue.body_edits {
                *last_at = at(-100);
            }
        },
        &["edited-before"],
    ),
    history(
        "a listing that does not reach back to the beginning of the quiet time",
        |s| {
            s.edit(ada(), -100);
            s.edit(ada(), 5);
            s.incomplete_edits();
        },
        &["edited-before"],
    ),
    history(
        "a listing that reaches back to before the quiet time",
        |s| {
            s.edit(rex(), -400);
            s.edit(ada(), -100);
            s.incomplete_edits();
        },
        &[],
    ),
    history(
        "an account that agents use edits after the labelling",
        |s| s.edit(robo(), 60),
        &["edited-since"],
    ),
    history(
        "an agent's App edits after the labelling",
        |s| s.edit(bot("robo-app"), 60),
        &["edited-since"],
    ),
    history(
        "somebody in a team edits after the labelling",
        |s| s.edit(amy(), 60),
        &["permission-ambiguous"],
    ),
    history(
        "somebody in a team edits, and the operator vouches for her",
        |s| {
            s.edit(amy(), 60);
            s.vouch(ForgeKind::GitHub, "amy");
        },
        &[],
    ),
    history(
        "the operator vouches for a stranger, who edits",
        |s| {
            s.edit(rex(), 60);
            s.vouch(ForgeKind::GitHub, "rex");
        },
        &["edited-since"],
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
            s.edit(rex(), -301);
            s.edit(ada(), 1);
            s.incomplete_edits();
        },
        &[],
    ),
    history(
        "an incomplete listing of edits before the labelling",
        |s| {
            s.edit(rex(), -301);
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
        "a stranger renames before the quiet time",
        |s| s.rename(rex(), -301),
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
        "edits are hidden and a stranger wrote it",
        |s| s.hide_edits(false, true),
        &["edit-history-hidden"],
    ),
    history(
        "edits are hidden, a stranger wrote it and something happened since",
        |s| s.hide_edits(true, false),
        &["edit-history-hidden", "edit-history-hidden"],
    ),
    history(
        "edits are hidden and a trusted person wrote it",
        |s| {
            s.hide_edits(false, false);
            s.issue.author = ada();
        },
        &[],
    ),
    history(
        "edits are hidden, others may edit, and nothing happened since",
        |s| {
            s.hide_edits(true, true);
            s.issue.author = ada();
        },
        &[],
    ),
    history(
        "edits are hidden, others may edit, and something happened since",
        |s| {
            s.hide_edits(true, false);
            s.issue.author = ada();
        },
        &["edit-history-hidden"],
    ),
    history(
        "edits are hidden and an account that agents use wrote it",
        |s| {
            s.hide_edits(false, true);
            s.issue.author = robo();
        },
        &["edit-history-hidden"],
    ),
    history(
        "edits are hidden and the author can not be looked up",
        |s| {
            s.hide_edits(false, true);
            s.issue.author = uwe();
        },
        &["permission-unknown"],
    ),
    history(
        "edits are hidden and the author is in a team",
        |s| {
            s.hide_edits(false, true);
            s.issue.author = amy();
        },
        &["permission-ambiguous"],
    ),
    history(
        "edits are hidden, all is quiet, and a stranger renamed",
        |s| {
            s.hide_edits(false, true);
            s.issue.author = ada();
            s.rename(rex(), 0);
        },
        &["edited-since"],
    ),
    history(
        "a stranger renames, and a colleague renames back",
        |s| {
            s.rename(rex(), 10);
            s.rename(ada(), 20);
        },
        &["edited-since"],
    ),
    history(
        "a stranger edits the body and a colleague the title",
        |s| {
            s.edit(rex(), 10);
            s.rename(ada(), 20);
        },
        &["edited-since"],
    ),
    history(
        "a stranger edits, and it is labelled anew within the quiet time",
        |s| {
            s.edit(rex(), 3);
            s.label("LE_2", LabelChange::Removed, grace(), 5);
            s.label("LE_3", LabelChange::Added, grace(), 302);
            s.authorisation = Authorisation::new("LE_3").unwrap();
        },
        &["edited-before"],
    ),
    history(
        "a stranger edits a day before, and the operator wants a day of quiet",
        |s| {
            s.edit(rex(), -86_399);
            s.quiet = TimeDelta::days(1);
        },
        &["edited-before"],
    ),
    history(
        "the time before the labelling is shorter than the quiet time",
        |s| {
            s.issue.created_at = at(-1);
            s.quiet = TimeDelta::days(1);
        },
        &[],
    ),
    history(
        "a stranger opens the issue a second before the labelling and renames it at once",
        |s| {
            s.issue.created_at = at(-1);
            s.rename(rex(), -1);
        },
        &["edited-before"],
    ),
    history(
        "a stranger edits in the future of our clock",
        |s| s.edit(rex(), 86_400),
        &["edited-since"],
    ),
    history(
        "edits are hidden and a person for whom the operator vouches wrote it",
        |s| {
            s.hide_edits(false, true);
            s.issue.author = amy();
            s.vouch(ForgeKind::GitHub, "amy");
        },
        &[],
    ),
    history(
        "edits are hidden and an App wrote it",
        |s| {
            s.hide_edits(false, true);
            s.issue.author = bot("triage-app");
        },
        &["edit-history-hidden"],
    ),
    history(
        "edits are hidden and its author's account is gone",
        |s| {
            s.hide_edits(false, true);
            s.issue.author = Actor::Gone;
        },
        &["edit-history-hidden"],
    ),
    history(
        "edits are hidden and we wrote it",
        |s| {
            s.hide_edits(false, true);
            s.issue.author = ourselves();
        },
        &["edit-history-hidden"],
    ),
    history(
        "edits are hidden, others may edit, something happened, and somebody in a team wrote it",
        |s| {
            s.hide_edits(true, false);
            s.issue.author = amy();
        },
        &["permission-ambiguous", "edit-history-hidden"],
    ),
];

#[test]
fn reasons_say_who_changed_what_and_when() {
    for (bend, text) in [
        (
            (|s| s.edit(rex(), -60)) as fn(&mut Story),
            "edited-before (rex edited the body shortly before the labelling: only read permission)",
        ),
        (
            |s| s.rename(tim(), -1),
            "edited-before (tim changed the title shortly before the labelling: only triage permission)",
        ),
        (
            |s| s.edit(robo(), 0),
            "edited-since (robo edited the body: an account that agents use)",
        ),
        (
            |s| s.rename(ourselves(), 1),
            "edited-since (afk-runner changed the title: our own account)",
        ),
        (
            |s| s.edit(uwe(), 1),
            "permission-unknown (uwe, who edited the body: the look-up was refused)",
        ),
    ] {
        let mut story = Story::common();
        bend(&mut story);
        let GateVerdict::Refused(refusal) = story.judge() else {
            panic!("{text}");
        };
        let texts: Vec<String> = refusal.reasons().iter().map(ToString::to_string).collect();
        assert_eq!(texts, [text]);
    }
}
