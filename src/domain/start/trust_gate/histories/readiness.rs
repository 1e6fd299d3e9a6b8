//! Clauses 9 to 13: readiness.

use super::story::*;

/// Clauses 9 to 13.
pub(super) const HISTORIES: &[History] = &[
    history("settled to the second", |s| s.now = at(60), &[]),
    history("a second too young", |s| s.now = at(59), &["settling"]),
    history("of this second", |s| s.now = at(0), &["settling"]),
    history(
        "of the future, by our clock",
        |s| s.now = at(-30),
        &["settling"],
    ),
    history(
        "of this second, and nobody has to wait",
        |s| {
            s.now = at(0);
            s.settle = TimeDelta::zero();
        },
        &[],
    ),
    history(
        "labelled anew just now",
        |s| {
            s.label("LE_2", LabelChange::Removed, grace(), 100);
            s.label("LE_3", LabelChange::Added, grace(), 101);
            s.authorisation = Authorisation::new("LE_3").unwrap();
            s.now = at(120);
        },
        &["settling"],
    ),
    history(
        "waits for information",
        |s| s.issue.labels.push("needs-info".to_owned()),
        &["on-hold"],
    ),
    history(
        "put on hold just now, and the issue does not show it yet",
        |s| s.other_label("Needs-Info", LabelChange::Added, tim(), 10),
        &["on-hold"],
    ),
    history(
        "put on hold and let go again",
        |s| {
            s.other_label("needs-info", LabelChange::Added, tim(), 10);
            s.other_label("needs-info", LabelChange::Removed, tim(), 20);
        },
        &[],
    ),
    history(
        "put on hold before it was labelled, and let go by nobody that the events tell",
        |s| s.other_label("needs-info", LabelChange::Added, tim(), -10),
        &[],
    ),
    history(
        "to be triaged, in another case",
        |s| s.issue.labels.push("Needs-Triage".to_owned()),
        &["on-hold"],
    ),
    history(
        "not to be fixed and waits for information",
        |s| {
            s.issue.labels.push("WONTFIX".to_owned());
            s.issue.labels.push("needs-info".to_owned());
        },
        &["on-hold", "on-hold"],
    ),
    history(
        "a label that only begins like one",
        |s| s.issue.labels.push("needs-info-soon".to_owned()),
        &[],
    ),
    history(
        "waits for information, and no label holds",
        |s| {
            s.issue.labels.push("needs-info".to_owned());
            s.labels.hold.clear();
        },
        &[],
    ),
    history(
        "a label of the operator's own holds",
        |s| {
            s.issue.labels.push("Blocked".to_owned());
            s.labels.hold = BTreeSet::from(["blocked".to_owned()]);
        },
        &["on-hold"],
    ),
    history(
        "the labeller assigned herself after the labelling",
        |s| s.assign(grace(), Some(60)),
        &["assigned-since"],
    ),
    history(
        "a stranger was assigned in the second of the labelling",
        |s| s.assign(rex(), Some(0)),
        &["assigned-since"],
    ),
    history(
        "a coding agent of the forge was assigned after the labelling",
        |s| s.assign(bot("copilot"), Some(1)),
        &["assigned-since"],
    ),
    history(
        "an account that agents use was assigned after the labelling",
        |s| s.assign(robo(), Some(1)),
        &["assigned-since"],
    ),
    history(
        "somebody was assigned before the labelling",
        |s| s.assign(ada(), Some(-1)),
        &[],
    ),
    history(
        "we were assigned after the labelling",
        |s| s.assign(ourselves(), Some(60)),
        &[],
    ),
    history(
        "two were assigned, one of them after the labelling",
        |s| {
            s.assign(ada(), Some(-60));
            s.assign(grace(), Some(60));
        },
        &["assigned-since"],
    ),
    history(
        "nobody knows since when somebody is assigned",
        |s| s.assign(ada(), None),
        &["facts-incomplete"],
    ),
    history(
        "nobody knows since when we are assigned",
        |s| s.assign(ourselves(), None),
        &[],
    ),
    history(
        "a specification with open sub-issues",
        |s| s.issue.open_sub_issues = Some(4),
        &["has-sub-issues"],
    ),
    history(
        "one open sub-issue",
        |s| s.issue.open_sub_issues = Some(1),
        &["has-sub-issues"],
    ),
    history(
        "all sub-issues are closed",
        |s| s.issue.open_sub_issues = Some(0),
        &[],
    ),
    history(
        "a forge without sub-issues",
        |s| s.issue.open_sub_issues = None,
        &[],
    ),
    history(
        "a colleague has a pull request",
        |s| s.rival(ada()),
        &["pull-request-open"],
    ),
    history(
        "in a private repository a reader has a pull request",
        |s| s.rival(rex()),
        &["pull-request-open"],
    ),
    history(
        "in a private repository somebody whose account was deleted has a pull request",
        |s| s.rival(Actor::Gone),
        &["pull-request-open"],
    ),
    history(
        "in a public repository a stranger's fork has a pull request",
        |s| {
            s.public();
            s.rival(rex());
        },
        &[],
    ),
    history(
        "in a public repository a triage user has a pull request",
        |s| {
            s.public();
            s.rival(tim());
        },
        &[],
    ),
    history(
        "in a public repository a colleague has a pull request beside a stranger's",
        |s| {
            s.public();
            s.rival(rex());
            s.rival(ada());
        },
        &["pull-request-open"],
    ),
    history(
        "in an internal repository a stranger's fork has a pull request",
        |s| {
            s.public();
            s.repository.visibility = Visibility::Internal;
            s.rival(rex());
        },
        &[],
    ),
    history(
        "in a public repository an agent's account has a pull request",
        |s| {
            s.public();
            s.rival(robo());
        },
        &["pull-request-open"],
    ),
    history(
        "in a public repository we have a pull request",
        |s| {
            s.public();
            s.rival(ourselves());
        },
        &["pull-request-open"],
    ),
    history(
        "in a public repository an agent's account that is never looked up has a pull request",
        |s| {
            s.public();
            s.rival(uwe());
            s.trust.agent_accounts.insert("uwe".to_owned());
        },
        &["pull-request-open"],
    ),
    history(
        "in a public repository we, whom nobody looks up, have a pull request",
        |s| {
            s.public();
            s.own_account.login = "uwe".to_owned();
            s.rival(uwe());
        },
        &["pull-request-open"],
    ),
    history(
        "in a public repository an App has a pull request",
        |s| {
            s.public();
            s.rival(bot("renovate"));
        },
        &["pull-request-open"],
    ),
    history(
        "in a public repository somebody whose account was deleted has a pull request",
        |s| {
            s.public();
            s.rival(Actor::Gone);
        },
        &[],
    ),
    history(
        "in a public repository the author of a pull request can not be looked up",
        |s| {
            s.public();
            s.rival(uwe());
        },
        &["facts-incomplete"],
    ),
    history(
        "in a public repository the author of a pull request has no account id",
        |s| {
            s.public();
            s.rival(Actor::User {
                login: "rex".to_owned(),
                id: None,
            });
        },
        &["facts-incomplete"],
    ),
    history(
        "an hour to settle, and a second is missing",
        |s| {
            s.settle = TimeDelta::seconds(3_600);
            s.now = at(3_599);
        },
        &["settling"],
    ),
    history(
        "somebody was assigned whose account is gone",
        |s| s.assign(Actor::Gone, Some(5)),
        &["assigned-since"],
    ),
    history(
        "a mannequin was assigned after the labelling",
        |s| {
            s.assign(
                Actor::Other {
                    kind: "Mannequin".to_owned(),
                    login: "ada".to_owned(),
                },
                Some(5),
            );
        },
        &["assigned-since"],
    ),
    history(
        "we are assigned under another case of our login",
        |s| s.assign(user("AFK-Runner", 99), Some(5)),
        &[],
    ),
    history(
        "our App is assigned after the labelling",
        |s| {
            s.own_account.login = "afk-app[bot]".to_owned();
            s.assign(bot("afk-app"), Some(5));
        },
        &[],
    ),
    history(
        "somebody was assigned before the labelling, and labelled anew it is theirs before that as well",
        |s| {
            s.assign(ada(), Some(10));
            s.label("LE_2", LabelChange::Removed, grace(), 20);
            s.label("LE_3", LabelChange::Added, grace(), 30);
            s.authorisation = Authorisation::new("LE_3").unwrap();
        },
        &[],
    ),
    history(
        "two were assigned after the labelling",
        |s| {
            s.assign(ada(), Some(5));
            s.assign(rex(), Some(6));
        },
        &["assigned-since", "assigned-since"],
    ),
    history(
        "a look-alike of a label that holds",
        |s| s.issue.labels.push("needs-inf\u{43e}".to_owned()),
        &[],
    ),
    history(
        "a label with an umlaut holds, in another case",
        |s| {
            s.issue.labels.push("IN KL\u{c4}RUNG".to_owned());
            s.labels.hold = BTreeSet::from(["in kl\u{e4}rung".to_owned()]);
        },
        &["on-hold"],
    ),
    history(
        "a label that holds came and went after the labelling",
        |s| {
            s.other_label("needs-info", LabelChange::Added, tim(), 5);
            s.other_label("needs-info", LabelChange::Removed, rex(), 6);
        },
        &[],
    ),
    history(
        "in a public repository the labeller has a pull request of her own",
        |s| {
            s.public();
            s.rival(grace());
        },
        &["pull-request-open"],
    ),
    history(
        "in a public repository a mannequin has a pull request",
        |s| {
            s.public();
            s.rival(Actor::Other {
                kind: "Mannequin".to_owned(),
                login: "ada".to_owned(),
            });
        },
        &[],
    ),
    history(
        "in a public repository somebody in a team has a pull request",
        |s| {
            s.public();
            s.rival(amy());
        },
        &["facts-incomplete"],
    ),
    history(
        "in a public repository somebody for whom the operator vouches has a pull request",
        |s| {
            s.public();
            s.rival(uwe());
            s.vouch(ForgeKind::GitHub, "uwe");
        },
        &["pull-request-open"],
    ),
    history(
        "in a public repository somebody who lost his rights has a pull request",
        |s| {
            s.public();
            s.rival(ada());
            s.permit("ada", 1, Permission::Read);
        },
        &[],
    ),
    history(
        "in a repository of unknown visibility a stranger has a pull request",
        |s| {
            s.public();
            s.repository.visibility = Visibility::Unknown;
            s.rival(rex());
        },
        &[],
    ),
    history(
        "a container that somebody took, with a pull request, on hold and young",
        |s| {
            s.now = at(30);
            s.issue.labels.push("needs-info".to_owned());
            s.assign(ada(), Some(1));
            s.issue.open_sub_issues = Some(2);
            s.rival(ada());
        },
        &[
            "settling",
            "on-hold",
            "assigned-since",
            "has-sub-issues",
            "pull-request-open",
        ],
    ),
];

#[test]
fn reasons_say_what_exactly() {
    let mut story = Story::common();
    story.now = at(20);
    story.issue.labels.push("Needs-Info".to_owned());
    story.assign(ada(), Some(1));
    story.issue.open_sub_issues = Some(2);
    story.rival(ada());
    let GateVerdict::Refused(refusal) = story.judge() else {
        panic!();
    };
    let texts: Vec<String> = refusal.reasons().iter().map(ToString::to_string).collect();
    assert_eq!(
        texts,
        [
            "settling (labelled 20 s ago; 40 s more for blockers and a brief to arrive)",
            "on-hold (shows 'Needs-Info')",
            "assigned-since (ada was assigned after it was labelled)",
            "has-sub-issues (2 sub-issues are open)",
            "pull-request-open (octo-org/widgets#90 by ada is open and will close it)",
        ]
    );
}

#[test]
fn who_was_assigned_in_the_second_of_the_labelling_is_told_so() {
    let mut story = Story::common();
    story.assign(ada(), Some(0));
    let GateVerdict::Refused(refusal) = story.judge() else {
        panic!();
    };
    let texts: Vec<String> = refusal.reasons().iter().map(ToString::to_string).collect();
    assert_eq!(
        texts,
        ["assigned-since (ada was assigned in the second in which it was labelled)"]
    );
}
