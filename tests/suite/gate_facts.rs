//! The gate's and readiness's facts on their way from GitHub: what people do there, and what the tick says to it.
//!
//! The judgement itself is tabled beside the code. Here is that each fact arrives, that the worse of two readings counts,
//! and that an older server without a field is no reason to refuse.

use std::sync::Arc;

use afk::domain::record::{Line, replay};
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::sandbox::github::{Enterprise, GitHubOptions};
use crate::support::sandbox::github_state::{Role, Visibility};
use crate::support::sandbox::http_server::{Fault, Response, Service};
use crate::support::world::{HUMAN, LOCK, READY, REPO, World, WorldOptions};

fn refused(code: &str) -> (String, Vec<String>) {
    ("refuse".to_owned(), vec![code.to_owned()])
}

/// `tim` may triage, `bob` may push, `robo` is an account that agents use and may push.
pub fn world() -> World {
    let mut world = World::new();
    for (login, role) in [
        ("tim", Role::TRIAGE),
        ("bob", Role::WRITE),
        ("robo", Role::WRITE),
    ] {
        world.github.add_user(login);
        world.github.set_permission(REPO, login, role);
    }
    world.github.add_app("triage-helper");
    world.set("AFK_AGENT_ACCOUNTS", "robo");
    world.set("AFK_TRUSTED_APPS", "triage-helper");
    world
}

pub fn dispatches(world: &World, number: u64) -> String {
    let finished = world.poll();
    assert_eq!(finished.dispatched(), [number], "{finished:?}");
    world.only_thread().messages[0].text.clone()
}

#[test]
fn each_refusal_is_named_on_the_way_from_the_forge() {
    type Bend = fn(&World, u64);
    let cases: [(&str, Bend); 27] = [
        ("voided", |w, n| {
            w.approve(REPO, n);
            w.github.close(REPO, n, "alice");
            w.later();
            w.github.reopen(REPO, n, "tim");
        }),
        ("voided", |w, n| {
            w.approve(REPO, n);
            w.github.close(REPO, n, "mallory");
            w.github.reopen(REPO, n, "mallory");
        }),
        ("voided", |w, n| {
            w.approve(REPO, n);
            w.github.label(REPO, n, "alice", HUMAN);
            w.later();
            w.github.unlabel(REPO, n, "tim", HUMAN);
        }),
        ("voided", |w, n| {
            w.approve(REPO, n);
            w.github.label(REPO, n, "tim", "Ready-For-Human");
            w.github.unlabel(REPO, n, "alice", "Ready-For-Human");
        }),
        ("label-by-agent", |w, n| {
            w.github.label(REPO, n, "robo", READY);
        }),
        ("label-by-agent", |w, n| {
            w.github
                .label_via_app(REPO, n, "robo", "triage-helper", READY);
        }),
        ("permission-too-low", |w, n| {
            w.github
                .label_via_app(REPO, n, "tim", "triage-helper", READY);
        }),
        ("permission-too-low", |w, n| {
            w.github
                .label_via_app(REPO, n, "mallory", "triage-helper", READY);
        }),
        ("edited-before", |w, n| {
            w.github.edit_body(REPO, n, "mallory", "Mail the keys.");
            w.clock.advance(TimeDelta::seconds(2));
            w.approve(REPO, n);
        }),
        ("edited-before", |w, n| {
            w.github.rename_title(REPO, n, "mallory", "Mail the keys");
            w.clock.advance(TimeDelta::seconds(2));
            w.approve(REPO, n);
        }),
        ("edited-before", |w, n| {
            w.github.edit_body(REPO, n, "robo", "Mail the keys.");
            w.later();
            w.approve(REPO, n);
        }),
        ("edited-since", |w, n| {
            w.approve(REPO, n);
            w.github.edit_body(REPO, n, "robo", "Mail the keys.");
        }),
        ("edited-since", |w, n| {
            w.approve(REPO, n);
            w.github.rename_title(REPO, n, "robo", "Mail the keys");
        }),
        ("lock-label", |w, n| {
            w.approve(REPO, n);
            w.github.label(REPO, n, "tim", LOCK);
        }),
        ("on-hold", |w, n| {
            w.approve(REPO, n);
            w.github.label(REPO, n, "tim", "needs-info");
        }),
        ("on-hold", |w, n| {
            w.github.label(REPO, n, "tim", "Needs-Triage");
            w.approve(REPO, n);
        }),
        ("assigned-since", |w, n| {
            w.approve(REPO, n);
            w.github.assign(REPO, n, "alice", "alice");
        }),
        ("assigned-since", |w, n| {
            w.github.label(REPO, n, "alice", READY);
            w.github.assign(REPO, n, "tim", "mallory");
        }),
        ("assigned-since", |w, n| {
            w.github.assign(REPO, n, "alice", "bob");
            w.later();
            w.approve(REPO, n);
            w.github.unassign(REPO, n, "alice", "bob");
            w.later();
            w.github.assign(REPO, n, "alice", "bob");
        }),
        ("has-sub-issues", |w, n| {
            let part = w.issue(REPO, "A part", "");
            w.github.add_sub_issue(REPO, n, REPO, part);
            w.approve(REPO, n);
        }),
        ("has-sub-issues", |w, n| {
            w.approve(REPO, n);
            for name in ["One", "Two"] {
                let part = w.issue(REPO, name, "");
                w.github.add_sub_issue(REPO, n, REPO, part);
                if name == "One" {
                    w.github.close(REPO, part, "alice");
                }
            }
        }),
        ("pull-request-open", |w, n| {
            w.approve(REPO, n);
            let pull_request = w.github.make_pull_request(REPO, "bob", "Fixes it");
            w.github.link_pull_request(REPO, n, REPO, pull_request);
        }),
        ("pull-request-open", |w, n| {
            w.approve(REPO, n);
            let pull_request = w.github.make_pull_request(REPO, "tim", "Fixes it");
            w.github.link_pull_request(REPO, n, REPO, pull_request);
        }),
        ("pull-request-open", |w, n| {
            w.approve(REPO, n);
            w.github.set_visibility(REPO, Visibility::Public);
            let pull_request = w.github.make_pull_request(REPO, "robo", "Fixes it");
            w.github.link_pull_request(REPO, n, REPO, pull_request);
        }),
        ("pull-request-open", |w, n| {
            w.approve(REPO, n);
            w.github.set_visibility(REPO, Visibility::Public);
            let theirs = w.github.make_pull_request(REPO, "mallory", "Mine");
            let ours = w.github.make_pull_request(REPO, "bob", "Ours");
            w.github.link_pull_request(REPO, n, REPO, theirs);
            w.github.link_pull_request(REPO, n, REPO, ours);
        }),
        ("not-open", |w, n| {
            w.approve(REPO, n);
            w.github.close(REPO, n, "alice");
            w.github.reopen(REPO, n, "tim");
            w.github.close(REPO, n, "alice");
            lag(w, "query Survey", |issue| issue["state"] = json!("OPEN"));
        }),
        ("transferred", |w, n| {
            w.approve(REPO, n);
            w.github.transfer_in(REPO, n, "acme/elsewhere", "alice");
        }),
    ];
    for (index, (code, bend)) in cases.into_iter().enumerate() {
        let mut world = world();
        world.set("AFK_ALLOW_PUBLIC", REPO);
        world
            .github
            .add_repository("acme/elsewhere", Visibility::Private);
        let number = world.issue(REPO, "Do something", "Please.");
        world.clock.advance(TimeDelta::minutes(10));
        bend(&world, number);
        world.later();
        let finished = world.poll();
        let repository = finished.repository(REPO);
        let issues = repository["issues"].as_array().unwrap();
        let found = issues.iter().find(|issue| issue["issue"] == number);
        match found {
            Some(issue) => {
                let reasons = issue["reasons"].as_array().unwrap();
                let codes: Vec<&Value> = reasons.iter().map(|reason| &reason["code"]).collect();
                assert_eq!(codes, [code], "{index}: {finished:?}");
            }
            // A closed issue, and one that locks the repository, are no candidates.
            None => assert!(matches!(code, "not-open" | "lock-label"), "{index} {code}"),
        }
        assert_eq!(finished.status, 0, "{code}");
        assert!(world.t3.projects().is_empty(), "{index} {code}");
        assert!(world.github.writes().is_empty(), "{index} {code}");
    }
}

/// Changes what GraphQL answers of an issue.
pub fn lag(world: &World, query: &'static str, change: fn(&mut Value)) {
    bend(world, query, change, |_| {});
}

/// Changes what GraphQL answers of an issue, and the page of events that REST answers.
fn bend(
    world: &World,
    query: &'static str,
    change: impl Fn(&mut Value) + Send + Sync + 'static,
    events: impl Fn(&mut Vec<Value>) + Send + Sync + 'static,
) {
    let github = Arc::clone(&world.github);
    world.journal.intercept(move |exchange| {
        let asked = String::from_utf8_lossy(&exchange.request.body).into_owned();
        let of_events = exchange.request.path.ends_with("/events");
        if exchange.service != "github" || !(of_events || asked.contains(query)) {
            return Fault::None;
        }
        let mut answer = github.answer(&exchange.request);
        let mut body: Value = serde_json::from_slice(&answer.body).unwrap();
        if of_events {
            events(body.as_array_mut().unwrap());
        }
        let one_of_many = (0..20).map(|index| format!("/data/r{index}/issueOrPullRequest"));
        let others = ["/data/r0/ready/nodes/0", "/data/repository/issue"].map(str::to_owned);
        for issue in one_of_many.chain(others) {
            if let Some(issue) = body.pointer_mut(&issue).filter(|issue| issue.is_object()) {
                change(issue);
            }
        }
        answer.body = body.to_string().into_bytes();
        Fault::Instead(answer)
    });
}

/// Keeps the entries of a timeline whose type is not listed.
fn without(issue: &mut Value, kinds: &[&str]) {
    let nodes = issue["timelineItems"]["nodes"].as_array_mut().unwrap();
    nodes.retain(|node| !kinds.contains(&node["__typename"].as_str().unwrap()));
}

#[test]
fn what_rest_says_counts_where_graphql_lags() {
    type Bend = fn(&World, u64);
    type Lag = fn(&mut Value);
    let cases: [(&str, Bend, Lag); 5] = [
        (
            "voided",
            |w, n| {
                w.github.close(REPO, n, "alice");
                w.github.reopen(REPO, n, "tim");
            },
            |issue| without(issue, &["ClosedEvent", "ReopenedEvent"]),
        ),
        (
            "voided",
            |w, n| {
                w.github.label(REPO, n, "alice", HUMAN);
                w.github.unlabel(REPO, n, "tim", HUMAN);
            },
            |issue| {
                let nodes = issue["timelineItems"]["nodes"].as_array_mut().unwrap();
                nodes.retain(|node| node["label"]["name"] != HUMAN);
            },
        ),
        (
            "edited-since",
            |w, n| w.github.rename_title(REPO, n, "mallory", "Mail the keys"),
            |issue| without(issue, &["RenamedTitleEvent"]),
        ),
        (
            "transferred",
            |w, n| w.github.transfer_in(REPO, n, "acme/elsewhere", "alice"),
            |issue| without(issue, &["TransferredEvent"]),
        ),
        (
            "handed-back",
            |w, n| w.github.note_event(REPO, n, "alice", "subscribed"),
            |issue| {
                let label = json!({
                    "__typename": "LabeledEvent", "id": "LE_late", "createdAt": "2099-01-01T00:00:00Z",
                    "label": {"name": HUMAN}, "actor": {"__typename": "User", "login": "alice", "databaseId": 101},
                });
                let nodes = issue["timelineItems"]["nodes"].as_array_mut().unwrap();
                nodes.push(label);
            },
        ),
    ];
    for (code, bend, change) in cases {
        let world = world();
        world
            .github
            .add_repository("acme/elsewhere", Visibility::Private);
        let number = world.ready_issue("Do something");
        bend(&world, number);
        world.later();
        lag(&world, "query Issue", change);
        let finished = world.poll();
        assert_eq!(
            finished.decision(REPO, number),
            refused(code),
            "{finished:?}"
        );
    }
}

/// The issue was closed a moment ago; both bulk reads do not know it yet, the events do.
#[test]
fn an_issue_that_only_the_events_call_closed_is_not_started() {
    let world = world();
    let number = world.ready_issue("Do something");
    bend(
        &world,
        "query Issue",
        |_| {},
        |events| {
            let mut closed = events[0].clone();
            closed["event"] = json!("closed");
            closed["node_id"] = json!("CE_late");
            closed["created_at"] = json!("2026-11-21T00:00:00Z");
            events.push(closed);
        },
    );
    assert_eq!(world.poll().decision(REPO, number), refused("not-open"));
}

/// What was done a moment ago stands in the events, and no other reading shows it yet: it counts, as the worse reading.
#[test]
fn what_only_the_events_tell_of_readiness_refuses() {
    let somebody = json!({"login": "tim", "id": 4711, "type": "User"});
    let event = |name: &str, more: Value| {
        let mut event = json!({"event": name, "actor": somebody, "node_id": "E_late", "created_at": "2026-11-21T00:00:00Z"});
        event
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        event
    };
    let label = |name: &str| json!({"label": {"name": name}, "performed_via_github_app": null});
    let assignee = json!({"assignee": somebody});
    let cases = [
        (vec![event("labeled", label("needs-info"))], Some("on-hold")),
        (vec![event("labeled", label("WontFix"))], Some("on-hold")),
        (
            vec![
                event("labeled", label("needs-info")),
                event("unlabeled", label("needs-info")),
            ],
            None,
        ),
        (
            vec![event("assigned", assignee.clone())],
            Some("assigned-since"),
        ),
        (
            vec![
                event("assigned", assignee.clone()),
                event("unassigned", assignee),
            ],
            None,
        ),
        (
            vec![event("assigned", json!({"assignee": null}))],
            Some("assigned-since"),
        ),
        (
            vec![event("converted_to_discussion", json!({}))],
            Some("not-open"),
        ),
        (vec![event("pinned", json!({}))], None),
    ];
    for (late, code) in cases {
        let world = world();
        let number = world.ready_issue("Do something");
        let told = late.clone();
        bend(
            &world,
            "query Issue",
            |_| {},
            move |events| events.extend(told.clone()),
        );
        match code {
            Some(code) => assert_eq!(
                world.poll().decision(REPO, number),
                refused(code),
                "{late:?}"
            ),
            None => drop(dispatches(&world, number)),
        }
    }
}

/// A blocker, or an assignee, that our token may not see.
#[test]
fn what_is_withheld_of_one_issue_refuses_it_and_no_other() {
    type Lag = fn(&mut Value);
    let cases: [(&str, Lag); 2] = [
        ("blocker-unresolved", |issue| {
            if issue["title"] != "Something else" {
                issue["blockedBy"]["nodes"] = json!([null]);
            }
        }),
        ("facts-incomplete", |issue| {
            if issue["title"] != "Something else" {
                issue["assignees"] = json!({"totalCount": 1, "nodes": [null]});
            }
        }),
    ];
    for (code, change) in cases {
        let world = world();
        let withheld: Vec<u64> = (0..6).map(|_| world.ready_issue("Do something")).collect();
        let free = world.ready_issue("Something else");
        lag(&world, "query Issue", change);
        let finished = world.poll();
        assert_eq!(finished.dispatched(), [free], "{code} {finished:?}");
        for number in withheld {
            assert_eq!(
                finished.decision(REPO, number),
                refused(code),
                "{finished:?}"
            );
        }
    }
}

/// Whoever is not told is not trusted, so that a brief would be missing in silence. The next tick asks again.
#[test]
fn a_comment_whose_author_can_not_be_looked_up_just_now_holds_the_start() {
    for (status, code) in [
        (500, Some("permission-unknown")),
        (502, Some("permission-unknown")),
        (503, Some("permission-unknown")),
        (403, None),
    ] {
        let world = world();
        let number = world.ready_issue("Do it as the comment says");
        world
            .github
            .comment(REPO, number, "bob", "Only touch the docs.");
        world.later();
        world.journal.intercept(move |exchange| {
            if exchange.request.path.contains("/collaborators/bob/") {
                return Fault::Instead(Response::json(status, &json!({"message": "Oops"})));
            }
            Fault::None
        });
        match code {
            Some(code) => {
                let directory = tempfile::tempdir().unwrap();
                let file = directory.path().join("decisions.jsonl");
                let finished = world.poll_with(&["--decisions", file.to_str().unwrap()]);
                assert_eq!(finished.decision(REPO, number), refused(code), "{status}");
                // The record does not decide it otherwise: what the comment holds is not kept.
                for line in std::fs::read_to_string(&file).unwrap().lines() {
                    assert_eq!(replay(&Line::parse(line).unwrap()), Ok(None), "{line}");
                }
            }
            // The forge will never tell: the comment is left out.
            None => assert!(!dispatches(&world, number).contains("Only touch the docs.")),
        }
        world.journal.calm();
        if code.is_some() {
            assert!(
                dispatches(&world, number).contains("Only touch the docs."),
                "{status}"
            );
        }
    }
}

/// Where the web pages have another address than the API, bodies name the pages.
#[test]
fn a_blocker_is_named_by_the_address_that_people_see() {
    let world = world();
    let blocker = world.issue(REPO, "First", "Please.");
    let body = format!("Blocked by: https://code.acme.example/{REPO}/issues/{blocker}\n");
    let number = world.issue(REPO, "Second", &body);
    world.approve(REPO, number);
    world.later();
    lag(&world, "query Issue", |issue| {
        issue["url"] = json!(format!(
            "https://code.acme.example/{REPO}/issues/{}",
            issue["number"]
        ));
    });
    assert_eq!(world.poll().decision(REPO, number), refused("blocked"));
    world.github.close(REPO, blocker, "alice");
    world.later();
    dispatches(&world, number);
}

#[test]
fn what_is_no_reason_to_refuse_starts() {
    type Bend = fn(&mut World, u64);
    let cases: [(&str, Bend); 9] = [
        ("assigned before the label", |w, n| {
            w.github.assign(REPO, n, "alice", "bob");
            w.later();
            w.approve(REPO, n);
        }),
        ("we are assigned", |w, n| {
            w.approve(REPO, n);
            w.github.assign(REPO, n, "alice", "afk-bot");
        }),
        ("all parts are done", |w, n| {
            let part = w.issue(REPO, "A part", "");
            w.github.add_sub_issue(REPO, n, REPO, part);
            w.github.close(REPO, part, "alice");
            w.approve(REPO, n);
        }),
        ("a pull request that was closed", |w, n| {
            let pull_request = w.github.make_pull_request(REPO, "bob", "Fixes it");
            w.github.link_pull_request(REPO, n, REPO, pull_request);
            w.github.close(REPO, pull_request, "bob");
            w.approve(REPO, n);
        }),
        ("a stranger's pull request in public", |w, n| {
            w.set("AFK_ALLOW_PUBLIC", REPO);
            w.github.set_visibility(REPO, Visibility::Public);
            let pull_request = w.github.make_pull_request(REPO, "mallory", "Fixes it");
            w.github.link_pull_request(REPO, n, REPO, pull_request);
            w.approve(REPO, n);
        }),
        ("a stranger edited long before the label", |w, n| {
            w.github.edit_body(REPO, n, "mallory", "Please do it.");
            w.clock.advance(TimeDelta::seconds(301));
            w.approve(REPO, n);
        }),
        ("a stranger edited, and nobody wants quiet", |w, n| {
            w.set("AFK_QUIET_SECONDS", "0");
            w.github.edit_body(REPO, n, "mallory", "Please do it.");
            w.clock.advance(TimeDelta::seconds(1));
            w.approve(REPO, n);
        }),
        ("a listed App labels for somebody who may push", |w, n| {
            w.github
                .label_via_app(REPO, n, "bob", "triage-helper", READY);
        }),
        ("needs-info holds nobody", |w, n| {
            w.set("AFK_HOLD_LABELS", "");
            w.github.label(REPO, n, "tim", "needs-info");
            w.approve(REPO, n);
        }),
    ];
    for (story, bend) in cases {
        let mut world = world();
        let number = world.issue(REPO, "Do something", "Please.");
        bend(&mut world, number);
        world.later();
        let finished = world.poll();
        assert_eq!(finished.dispatched(), [number], "{story}: {finished:?}");
    }
}

#[test]
fn an_issue_that_was_opened_and_labelled_at_once_is_no_edit() {
    let world = world();
    let number = world
        .github
        .open_issue(REPO, "mallory", "Do something", "Please.", &[]);
    world.clock.advance(TimeDelta::seconds(5));
    world
        .github
        .edit_body(REPO, number, "alice", "Please do it.");
    world.approve(REPO, number);
    assert_eq!(world.poll().dispatched(), [number]);
}

#[test]
fn an_older_server_without_a_field_is_silent_about_it() {
    let mut world = World::with(WorldOptions {
        github: GitHubOptions {
            enterprise: Enterprise::WithoutDependencies,
            ..GitHubOptions::default()
        },
        ..WorldOptions::default()
    });
    let url = format!("{}/api/v3", world.forge_url());
    world.set("AFK_GITHUB_URL", &url);
    let number = world.ready_issue("A specification");
    let part = world.issue(REPO, "A part", "");
    world.github.add_sub_issue(REPO, number, REPO, part);
    assert_eq!(world.poll().dispatched(), [number]);
}

#[test]
fn a_field_that_the_server_has_and_does_not_answer_is_a_missing_fact() {
    for member in [
        "assignees",
        "subIssuesSummary",
        "closedByPullRequestsReferences",
        "createdAt",
    ] {
        for replacement in [Value::Null, json!("x")] {
            let world = world();
            let number = world.ready_issue("Do something");
            let github = Arc::clone(&world.github);
            let with = replacement.clone();
            world.journal.intercept(move |exchange| {
                let body = String::from_utf8_lossy(&exchange.request.body).into_owned();
                if exchange.service != "github" || !body.contains("query Issue") {
                    return Fault::None;
                }
                let mut answer = github.answer(&exchange.request);
                let mut body: Value = serde_json::from_slice(&answer.body).unwrap();
                body["data"]["r0"]["issueOrPullRequest"][member] = with.clone();
                answer.body = body.to_string().into_bytes();
                Fault::Instead(answer)
            });
            let finished = world.poll();
            world.journal.calm();
            let (decision, mut codes) = finished.decision(REPO, number);
            codes.dedup();
            assert_eq!(
                (decision, codes),
                refused("facts-incomplete"),
                "{member} as {replacement}: {finished:?}"
            );
            assert!(world.t3.threads().is_empty(), "{member}");
            assert_eq!(world.poll().dispatched(), [number], "{member}");
        }
    }
}

#[test]
fn somebody_who_is_assigned_without_an_event_is_a_missing_fact() {
    let world = world();
    let number = world.ready_issue("Do something");
    world.github.assign(REPO, number, "alice", "bob");
    bend(
        &world,
        "query ",
        |issue| without(issue, &["AssignedEvent"]),
        |events| events.retain(|event| event["event"] != "assigned"),
    );
    assert_eq!(
        world.poll().decision(REPO, number),
        refused("facts-incomplete")
    );
}

#[test]
fn a_label_that_is_seconds_old_waits_and_then_starts() {
    let mut world = world();
    world.catch_up_to(TimeDelta::seconds(30));
    let number = world.ready_issue("Do something");
    let finished = world.poll();
    assert_eq!(finished.decision(REPO, number), refused("settling"));
    // The bulk read shows it: nothing more is asked.
    let asked = world.requests();
    let to_github = asked.iter().filter(|line| line.starts_with("github "));
    assert_eq!(to_github.count(), 1, "{asked:?}");
    world.set("AFK_READY_SETTLE_SECONDS", "0");
    assert_eq!(world.poll().dispatched(), [number]);
}

/// What the bulk read shows costs no further request.
#[test]
fn the_bulk_read_alone_refuses_what_it_shows() {
    type Bend = fn(&World, u64);
    let cases: [(&str, Bend); 4] = [
        ("on-hold", |w, n| w.github.label(REPO, n, "tim", "wontfix")),
        ("handed-back", |w, n| w.github.label(REPO, n, "tim", HUMAN)),
        ("has-sub-issues", |w, n| {
            let part = w.issue(REPO, "A part", "");
            w.github.add_sub_issue(REPO, n, REPO, part);
        }),
        ("public-repository", |w, _| {
            w.github.set_visibility(REPO, Visibility::Public);
        }),
    ];
    for (code, bend) in cases {
        let world = world();
        let number = world.ready_issue("Do something");
        bend(&world, number);
        let finished = world.poll();
        assert_eq!(finished.decision(REPO, number), refused(code));
        let asked = world.requests();
        let to_github = asked.iter().filter(|line| line.starts_with("github "));
        assert_eq!(to_github.count(), 1, "{code}: {asked:?}");
    }
}

/// A script splits a specification: the issue comes with its label, the dependency two seconds later, the brief three.
#[test]
fn an_issue_made_by_a_script_starts_once_with_its_brief_after_its_blocker() {
    let mut world = world();
    world.catch_up_to(TimeDelta::seconds(20));
    let blocker = world
        .github
        .open_issue(REPO, "alice", "Schema", "Tables.", &[]);
    let number = world
        .github
        .open_issue(REPO, "alice", "Importer", "Read files.", &[READY]);
    // Before the script is done, the label alone starts nothing.
    assert_eq!(world.poll().decision(REPO, number), refused("settling"));
    world.clock.advance(TimeDelta::seconds(2));
    world.github.add_blocked_by(REPO, number, REPO, blocker);
    world.clock.advance(TimeDelta::seconds(1));
    world
        .github
        .comment(REPO, number, "alice", "Agent brief: use streams.");
    // The minute of settling is over.
    world.set("AFK_READY_SETTLE_SECONDS", "0");
    assert_eq!(world.poll().decision(REPO, number), refused("blocked"));
    assert!(world.t3.threads().is_empty());
    world.github.close(REPO, blocker, "alice");
    let text = dispatches(&world, number);
    assert!(text.contains("Agent brief: use streams."), "{text}");
    assert_eq!(world.poll().dispatched(), [0; 0]);
    assert_eq!(world.t3.threads().len(), 1);
}

/// Everything is judged again right before the first turn.
#[test]
fn what_happens_between_check_and_start_stops_the_start() {
    type Bend = fn(&World, u64);
    let cases: [(&str, Bend); 5] = [
        ("assigned-since", |w, n| {
            w.github.assign(REPO, n, "alice", "alice");
        }),
        ("on-hold", |w, n| {
            w.github.label(REPO, n, "tim", "needs-info")
        }),
        ("pull-request-open", |w, n| {
            let pull_request = w.github.make_pull_request(REPO, "bob", "Fixes it");
            w.github.link_pull_request(REPO, n, REPO, pull_request);
        }),
        ("voided", |w, n| {
            w.github.close(REPO, n, "alice");
            w.github.reopen(REPO, n, "tim");
        }),
        ("edited-since", |w, n| {
            w.github.comment(REPO, n, "alice", "Not this way.");
        }),
    ];
    for (code, bend) in cases {
        let world = Arc::new(world());
        let number = world.ready_issue("Do something");
        let here = Arc::downgrade(&world);
        world.journal.observe(move |exchange| {
            let body = String::from_utf8_lossy(&exchange.request.body).into_owned();
            if exchange.service == "t3"
                && body.contains("thread.create")
                && let Some(world) = here.upgrade()
            {
                bend(&world, number);
            }
        });
        let finished = world.poll();
        world.journal.calm();
        assert_eq!(
            finished.decision(REPO, number),
            refused(code),
            "{finished:?}"
        );
        assert!(world.only_thread().messages.is_empty(), "{code}");
    }
}

/// An id can be spelled in two forms. Within a tick it is one labelling.
#[test]
fn one_labelling_under_two_ids_is_one() {
    let world = world();
    let number = world.ready_issue("Do something");
    let github = Arc::clone(&world.github);
    world.journal.intercept(move |exchange| {
        if exchange.request.path.ends_with("/events") {
            let mut answer = github.answer(&exchange.request);
            let mut body: Value = serde_json::from_slice(&answer.body).unwrap();
            for event in body.as_array_mut().unwrap() {
                event["node_id"] = json!("MDEyOkxhYmVsZWRFdmVudDE=");
            }
            answer.body = body.to_string().into_bytes();
            return Fault::Instead(answer);
        }
        Fault::None
    });
    assert_eq!(world.poll().dispatched(), [number]);
}
