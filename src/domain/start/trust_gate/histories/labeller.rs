//! Clauses 2 and 3: the labeller.

use super::story::*;
use crate::domain::start::trust_gate::{labeller_to_ask, may_label};

/// Clauses 2 and 3: the labeller.
pub(super) const HISTORIES: &[History] = &[
    history("an administrator labels", |s| s.labeller(ada()), &[]),
    history(
        "a maintainer labels",
        |s| s.permit("grace", 2, Permission::Maintain),
        &[],
    ),
    history(
        "a triage user labels",
        |s| s.labeller(tim()),
        &["permission-too-low"],
    ),
    history(
        "the author's issue form labels",
        |s| s.labeller(rex()),
        &["permission-too-low"],
    ),
    history(
        "the labeller lost his rights since",
        |s| {
            s.permit("grace", 2, Permission::Triage);
        },
        &["permission-too-low"],
    ),
    history(
        "the labeller was removed since",
        |s| {
            s.permit("grace", 2, Permission::None);
        },
        &["permission-too-low"],
    ),
    history(
        "somebody else has the labeller's login now",
        |s| {
            s.permit("grace", 3, Permission::Admin);
        },
        &["permission-unknown"],
    ),
    history(
        "the labeller can not be looked up",
        |s| s.labeller(uwe()),
        &["permission-unknown"],
    ),
    history(
        "nobody looked the labeller up",
        |s| {
            s.labeller(user("zoe", 70));
        },
        &["permission-unknown"],
    ),
    history(
        "the permission is a word we do not know",
        |s| {
            s.permissions
                .insert("grace", PermissionFact::Unknown("'superuser'".to_owned()));
        },
        &["permission-unknown"],
    ),
    history(
        "the login differs in case only",
        |s| s.labeller(user("Grace", 2)),
        &[],
    ),
    history(
        "the labeller has no account id",
        |s| {
            s.labeller(Actor::User {
                login: "grace".to_owned(),
                id: None,
            });
        },
        &["label-actor-unknown"],
    ),
    history(
        "the labeller has no account id and the App is unknown",
        |s| {
            s.labeller(Actor::User {
                login: "grace".to_owned(),
                id: None,
            });
            s.via(ViaApp::Unknown);
        },
        &["label-actor-unknown", "facts-incomplete"],
    ),
    history(
        "the labeller's account was deleted",
        |s| {
            s.labeller(Actor::Gone);
        },
        &["label-actor-unknown"],
    ),
    history(
        "an organisation labels",
        |s| {
            s.labeller(Actor::Other {
                kind: "Organization".to_owned(),
                login: "octo-org".to_owned(),
            });
        },
        &["label-actor-unknown"],
    ),
    history(
        "a mannequin with a trusted login labels",
        |s| {
            s.labeller(Actor::Other {
                kind: "Mannequin".to_owned(),
                login: "grace".to_owned(),
            });
        },
        &["label-actor-unknown"],
    ),
    history(
        "a bot labels",
        |s| s.labeller(bot("renovate")),
        &["label-by-app"],
    ),
    history(
        "a bot with a trusted person's login labels",
        |s| {
            s.labeller(bot("grace"));
        },
        &["label-by-app"],
    ),
    history(
        "a trusted App labels",
        |s| s.labeller(bot("triage-app")),
        &[],
    ),
    history(
        "a trusted App labels, in another case",
        |s| s.labeller(bot("Triage-App")),
        &[],
    ),
    history(
        "an App labels for a person who may push",
        |s| {
            s.via(ViaApp::App("some-app".to_owned()));
        },
        &["label-by-app"],
    ),
    history(
        "a trusted App labels for a person who may push",
        |s| {
            s.via(ViaApp::App("triage-app".to_owned()));
        },
        &[],
    ),
    history(
        "a trusted App labels for a person who may not push",
        |s| {
            s.labeller(rex());
            s.via(ViaApp::App("triage-app".to_owned()));
        },
        &["permission-too-low"],
    ),
    history(
        "a trusted App labels for a triage user",
        |s| {
            s.labeller(tim());
            s.via(ViaApp::App("triage-app".to_owned()));
        },
        &["permission-too-low"],
    ),
    history(
        "a trusted App, in another case, labels for an administrator",
        |s| {
            s.labeller(ada());
            s.via(ViaApp::App("Triage-App".to_owned()));
        },
        &[],
    ),
    history(
        "a trusted App labels for a person who can not be looked up",
        |s| {
            s.labeller(uwe());
            s.via(ViaApp::App("triage-app".to_owned()));
        },
        &["permission-unknown"],
    ),
    history(
        "a trusted App labels for a person without an account id",
        |s| {
            s.labeller(Actor::User {
                login: "grace".to_owned(),
                id: None,
            });
            s.via(ViaApp::App("triage-app".to_owned()));
        },
        &["label-actor-unknown"],
    ),
    history(
        "another App labels for a person who may not push",
        |s| {
            s.labeller(rex());
            s.via(ViaApp::App("some-app".to_owned()));
        },
        &["label-by-app"],
    ),
    history(
        "an account that agents use labels",
        |s| s.labeller(robo()),
        &["label-by-agent"],
    ),
    history(
        "an account that agents use labels, in another case",
        |s| s.labeller(user("Robo", 50)),
        &["label-by-agent"],
    ),
    history(
        "an account that agents use labels, and the operator vouches for it",
        |s| {
            s.labeller(robo());
            s.vouch(ForgeKind::GitHub, "robo");
        },
        &["label-by-agent"],
    ),
    history(
        "an agent's App labels, which is listed as trusted as well",
        |s| {
            s.labeller(bot("robo-app"));
            s.trust.trusted_apps.insert("robo-app".to_owned());
        },
        &["label-by-agent"],
    ),
    history(
        "an agent's App labels for a person who may push",
        |s| {
            s.via(ViaApp::App("robo-app".to_owned()));
            s.trust.trusted_apps.insert("robo-app".to_owned());
        },
        &["label-by-agent"],
    ),
    history(
        "a trusted App labels for an account that agents use",
        |s| {
            s.labeller(robo());
            s.via(ViaApp::App("triage-app".to_owned()));
        },
        &["label-by-agent"],
    ),
    history(
        "agents use our own account, and we label",
        |s| {
            s.labeller(ourselves());
            s.trust.agent_accounts.insert("afk-runner".to_owned());
        },
        &["label-by-self"],
    ),
    history(
        "somebody labels whose permission may come from a team",
        |s| s.labeller(amy()),
        &["permission-ambiguous"],
    ),
    history(
        "somebody in a team labels, and the operator vouches for her",
        |s| {
            s.labeller(amy());
            s.vouch(ForgeKind::GitHub, "amy");
        },
        &[],
    ),
    history(
        "somebody in a team labels, and the operator vouches for that login on another forge",
        |s| {
            s.labeller(amy());
            s.vouch(ForgeKind::Forgejo, "amy");
        },
        &["permission-ambiguous"],
    ),
    history(
        "somebody in a team of Forgejo labels, and the operator vouches for her there",
        |s| {
            s.labeller(amy());
            s.forge = ForgeKind::Forgejo;
            s.vouch(ForgeKind::Forgejo, "amy");
        },
        &[],
    ),
    history(
        "the labeller can not be looked up, and the operator vouches for him",
        |s| {
            s.labeller(user("Uwe", 40));
            s.vouch(ForgeKind::GitHub, "uwe");
        },
        &[],
    ),
    history(
        "the operator vouches for a triage user, who labels",
        |s| {
            s.labeller(tim());
            s.vouch(ForgeKind::GitHub, "tim");
        },
        &["permission-too-low"],
    ),
    history(
        "the operator vouches for somebody who was thrown out",
        |s| {
            s.permit("grace", 2, Permission::None);
            s.vouch(ForgeKind::GitHub, "grace");
        },
        &["permission-too-low"],
    ),
    history(
        "the operator vouches for a login that is somebody else's now",
        |s| {
            s.permit("grace", 3, Permission::Read);
            s.vouch(ForgeKind::GitHub, "grace");
        },
        &["permission-unknown"],
    ),
    history(
        "the operator vouches for a login, and the team is somebody else's",
        |s| {
            s.labeller(user("amy", 61));
            s.vouch(ForgeKind::GitHub, "amy");
        },
        &["permission-unknown"],
    ),
    history(
        "the operator vouches for a login that the forge says is nobody's",
        |s| {
            let nobody = PermissionFact::Mistaken("grace is not a user".to_owned());
            s.permissions.insert("grace", nobody);
            s.vouch(ForgeKind::GitHub, "grace");
        },
        &["permission-unknown"],
    ),
    history(
        "the operator vouches for a labeller whom nobody looked up",
        |s| {
            s.labeller(user("zoe", 70));
            s.vouch(ForgeKind::GitHub, "zoe");
        },
        &["permission-unknown"],
    ),
    history(
        "the forge does not say whether an App labelled",
        |s| {
            s.via(ViaApp::Unknown);
        },
        &["facts-incomplete"],
    ),
    history(
        "the forge does not say whether an App labelled for a triage user",
        |s| {
            s.labeller(tim());
            s.via(ViaApp::Unknown);
        },
        &["facts-incomplete", "permission-too-low"],
    ),
    history(
        "a person with a trusted App's name labels",
        |s| {
            s.labeller(user("triage-app", 60));
        },
        &["permission-unknown"],
    ),
    history("we label", |s| s.labeller(ourselves()), &["label-by-self"]),
    history(
        "we label under an old login",
        |s| {
            s.labeller(user("afk-old", 99));
        },
        &["label-by-self"],
    ),
    history(
        "our App labels under an old slug",
        |s| {
            s.labeller(Actor::Bot {
                slug: "afk-old".to_owned(),
                id: Some(99),
            });
        },
        &["label-by-self"],
    ),
    history(
        "we label in another case and without an id",
        |s| {
            s.labeller(Actor::User {
                login: "AFK-Runner".to_owned(),
                id: None,
            });
        },
        &["label-by-self"],
    ),
    history(
        "we label as an App that is listed",
        |s| {
            s.own_account = OwnAccount {
                login: "triage-app[bot]".to_owned(),
                id: None,
            };
            s.labeller(bot("triage-app"));
        },
        &["label-by-self"],
    ),
    history(
        "our App labels for a person",
        |s| {
            s.own_account = OwnAccount {
                login: "triage-app[bot]".to_owned(),
                id: None,
            };
            s.via(ViaApp::App("triage-app".to_owned()));
        },
        &["label-by-self"],
    ),
];

#[test]
fn only_people_who_matter_are_asked_about() {
    let mut story = Story::common();
    assert_eq!(story.people(), ["grace"]);
    story.edit(rex(), -400);
    story.edit(rex(), -1);
    story.edit(ada(), 0);
    story.rename(tim(), 3);
    story.rename(Actor::Gone, 4);
    story.rename(bot("renovate"), 5);
    story.rename(robo(), 6);
    story.comment(user("eve", 70), -1, "talk");
    assert_eq!(story.people(), ["ada", "grace", "rex", "tim"]);

    let mut story = Story::common();
    story.issue.body = "$x$".to_owned();
    assert_eq!(story.people(), ["grace", "rex"]);

    let mut story = Story::common();
    story.hide_edits(false, true);
    assert_eq!(story.people(), ["grace", "rex"]);
}

#[test]
fn who_wrote_an_issue_is_not_asked_for_having_written_it() {
    let mut story = Story::common();
    story.issue.created_at = at(-20);
    story.edit(rex(), -20);
    story.edit(ada(), -10);
    assert_eq!(story.people(), ["ada", "grace"]);
}

#[test]
fn authors_of_pull_requests_are_asked_about_where_not_everybody_counts() {
    let mut story = Story::common();
    story.rival(user("eve", 70));
    story.rival(user("Grace", 2));
    story.rival(bot("renovate"));
    assert_eq!(story.people(), ["grace"]);
    story.public();
    assert_eq!(story.people(), ["eve", "grace"]);
}

#[test]
fn nobody_is_asked_about_when_the_labeller_is_no_person() {
    for bend in [
        (|s| s.labeller(Actor::Gone)) as fn(&mut Story),
        |s| s.labeller(ourselves()),
        |s| s.labeller(bot("triage-app")),
        |s| s.via(ViaApp::App("some-app".to_owned())),
        |s| s.labeller(robo()),
        |s| s.label("LE_2", LabelChange::Removed, grace(), 5),
        |s| s.issue.label_events.clear(),
    ] {
        let mut story = Story::common();
        bend(&mut story);
        assert_eq!(story.people(), Vec::<String>::new());
    }
}

/// Notes about refusals are written only for people who may label, and ask about nobody else.
#[test]
fn who_may_label_is_asked_of_people_only_and_told_for_certain() {
    for (name, bend, asked, may) in [
        (
            "a person who may push",
            (|_| {}) as fn(&mut Story),
            ["grace"].as_slice(),
            true,
        ),
        ("an administrator", |s| s.labeller(ada()), &["ada"], true),
        ("a triage user", |s| s.labeller(tim()), &["tim"], false),
        ("a reader", |s| s.labeller(rex()), &["rex"], false),
        ("not to be had", |s| s.labeller(uwe()), &["uwe"], false),
        ("in a team", |s| s.labeller(amy()), &["amy"], false),
        (
            "an App, perhaps",
            |s| s.via(ViaApp::Unknown),
            &["grace"],
            false,
        ),
        (
            "a listed App for a person",
            |s| s.via(ViaApp::App("triage-app".to_owned())),
            &["grace"],
            true,
        ),
        ("a listed App", |s| s.labeller(bot("triage-app")), &[], true),
        ("another App", |s| s.labeller(bot("some-app")), &[], false),
        ("an agent", |s| s.labeller(robo()), &[], false),
        ("we", |s| s.labeller(ourselves()), &[], false),
    ] {
        let mut story = Story::common();
        bend(&mut story);
        let event = &story.issue.label_events[0];
        let logins: Vec<String> = labeller_to_ask(event, &story.rules()).into_iter().collect();
        assert_eq!(logins, asked, "{name}");
        let answer = may_label(event, &story.permissions, &story.rules());
        assert_eq!(answer, may, "{name}");
    }
}

/// Forgejo and Gitea do not tell every right that a team gives: the person is told what helps.
#[test]
fn a_permission_that_is_too_low_says_what_else_it_can_mean() {
    for (forge, rest) in [
        (ForgeKind::GitHub, ""),
        (
            ForgeKind::Forgejo,
            "; a right to push by a team of an organisation is not always told here: give the person admin through the team, or make them a direct collaborator with write",
        ),
    ] {
        let mut story = Story::common();
        story.forge = forge;
        story.labeller(tim());
        let GateVerdict::Refused(refusal) = story.judge() else {
            panic!();
        };
        let texts: Vec<String> = refusal.reasons().iter().map(ToString::to_string).collect();
        let text =
            format!("permission-too-low (tim labelled and has only triage permission{rest})");
        assert_eq!(texts, [text]);
    }
}
