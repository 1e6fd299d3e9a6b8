//! Clauses 2 and 3: accounts that are not what they look like, and rights that came and went.

use super::story::*;

fn other(kind: &str, login: &str) -> Actor {
    Actor::Other {
        kind: kind.to_owned(),
        login: login.to_owned(),
    }
}

/// Who acts.
pub(super) const HISTORIES: &[History] = &[
    history(
        "a listed App labels by itself, and the forge names it as the one in between as well",
        |s| {
            s.labeller(bot("triage-app"));
            s.via(ViaApp::App("triage-app".to_owned()));
        },
        &[],
    ),
    history(
        "a listed App labels, and an App that is not listed stands behind it",
        |s| {
            s.labeller(bot("triage-app"));
            s.via(ViaApp::App("some-app".to_owned()));
        },
        &["label-by-app"],
    ),
    history(
        "an App that is not listed labels, and a listed one stands behind it",
        |s| {
            s.labeller(bot("some-app"));
            s.via(ViaApp::App("triage-app".to_owned()));
        },
        &["label-by-app"],
    ),
    history(
        "a listed App labels, and an agent's App stands behind it",
        |s| {
            s.labeller(bot("triage-app"));
            s.via(ViaApp::App("robo-app".to_owned()));
        },
        &["label-by-agent"],
    ),
    history(
        "a listed App labels, and our own App stands behind it",
        |s| {
            s.own_account.login = "afk-app[bot]".to_owned();
            s.labeller(bot("triage-app"));
            s.via(ViaApp::App("afk-app".to_owned()));
        },
        &["label-by-self"],
    ),
    history(
        "a listed App labels, and the forge does not say whether another stands behind it",
        |s| {
            s.labeller(bot("triage-app"));
            s.via(ViaApp::Unknown);
        },
        &[],
    ),
    history(
        "an App whose slug only begins like a listed one labels",
        |s| s.labeller(bot("triage-app-2")),
        &["label-by-app"],
    ),
    history(
        "an App that is listed with its suffix labels",
        |s| s.labeller(bot("triage-app[bot]")),
        &[],
    ),
    history(
        "a person whose login is that of a listed App and who may push labels",
        |s| {
            s.labeller(user("triage-app", 60));
            s.permit("triage-app", 60, Permission::Write);
        },
        &[],
    ),
    history(
        "a person whose login is that of an agent's App labels",
        |s| {
            s.labeller(user("robo-app", 61));
            s.permit("robo-app", 61, Permission::Admin);
        },
        &["label-by-agent"],
    ),
    history(
        "an account of an enterprise labels",
        |s| s.labeller(other("EnterpriseUserAccount", "grace")),
        &["label-actor-unknown"],
    ),
    history(
        "a kind of account that nobody knows labels",
        |s| s.labeller(other("Robot", "grace")),
        &["label-actor-unknown"],
    ),
    history(
        "a mannequin with an agent's login labels",
        |s| s.labeller(other("Mannequin", "robo")),
        &["label-by-agent"],
    ),
    history(
        "a listed App labels for a mannequin",
        |s| {
            s.labeller(other("Mannequin", "grace"));
            s.via(ViaApp::App("triage-app".to_owned()));
        },
        &["label-actor-unknown"],
    ),
    history(
        "a listed App labels for a deleted account",
        |s| {
            s.labeller(Actor::Gone);
            s.via(ViaApp::App("triage-app".to_owned()));
        },
        &["label-actor-unknown"],
    ),
    history(
        "the labeller has another login now",
        |s| {
            s.labeller(user("grace-hopper", 2));
            s.permit("grace-hopper", 2, Permission::Write);
        },
        &[],
    ),
    history(
        "the labeller has another login now, and a stranger took the old one",
        |s| {
            s.labeller(user("grace-hopper", 2));
            s.permit("grace-hopper", 2, Permission::Write);
            s.permit("grace", 31, Permission::Read);
        },
        &[],
    ),
    history(
        "a stranger took a login of somebody who may push, and labels",
        |s| s.labeller(user("ada", 31)),
        &["permission-unknown"],
    ),
    history(
        "the labeller was made an administrator since",
        |s| {
            s.labeller(tim());
            s.permit("tim", 20, Permission::Admin);
        },
        &[],
    ),
    history(
        "the labeller, in a team, is somebody else's login by now",
        |s| {
            s.labeller(user("amy", 62));
            s.vouch(ForgeKind::GitHub, "amy");
        },
        &["permission-unknown"],
    ),
    history(
        "the operator vouches for an App's account as if it were a person",
        |s| {
            s.labeller(bot("renovate"));
            s.vouch(ForgeKind::GitHub, "renovate");
        },
        &["label-by-app"],
    ),
    history(
        "the operator vouches for ourselves",
        |s| {
            s.labeller(ourselves());
            s.vouch(ForgeKind::GitHub, "afk-runner");
        },
        &["label-by-self"],
    ),
    history(
        "our account was deleted and its login taken by somebody who labels",
        |s| s.labeller(user("afk-runner", 31)),
        &["label-by-self"],
    ),
    history(
        "a mannequin with a trusted login edits",
        |s| s.edit(other("Mannequin", "ada"), 60),
        &["edited-since"],
    ),
    history(
        "an organisation renames in the quiet time",
        |s| s.rename(other("Organization", "octo-org"), -60),
        &["edited-before"],
    ),
    history(
        "somebody whose account is gone edits in the quiet time",
        |s| s.edit(Actor::Gone, -60),
        &["edited-before"],
    ),
    history(
        "somebody whose account is gone edited before the quiet time",
        |s| s.edit(Actor::Gone, -301),
        &[],
    ),
    history(
        "an editor lost his rights since",
        |s| {
            s.edit(ada(), 60);
            s.permit("ada", 1, Permission::Triage);
        },
        &["edited-since"],
    ),
    history(
        "an editor was thrown out since, and the operator vouches for him",
        |s| {
            s.edit(ada(), 60);
            s.permit("ada", 1, Permission::None);
            s.vouch(ForgeKind::GitHub, "ada");
        },
        &["edited-since"],
    ),
    history(
        "an editor was made a colleague since",
        |s| {
            s.edit(rex(), 60);
            s.permit("rex", 30, Permission::Write);
        },
        &[],
    ),
];

/// Permissions are looked up by login: the account must be the one that acted here under it.
#[test]
fn a_login_is_the_account_that_acted_under_it() {
    let mut story = Story::common();
    story.rename(user("nina", 61), 1);
    story.edit(user("Eve", 62), 2);
    story.rival(user("rita", 63));
    story.label("LE_2", LabelChange::Removed, user("grace", 64), 3);
    story.rename(bot("renovate"), 4);
    for (login, id) in [
        ("rex", Some(30)),
        ("REX", Some(30)),
        ("nina", Some(61)),
        ("eve", Some(62)),
        ("rita", Some(63)),
        // The newest labelling under a login is of its account of now.
        ("grace", Some(64)),
        ("renovate", None),
        ("ada", None),
    ] {
        assert_eq!(story.issue.account_id(login), id, "{login}");
    }
}
