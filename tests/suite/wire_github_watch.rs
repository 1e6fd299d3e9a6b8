//! What the watcher reads from GitHub and writes to it, against the strict stand-in.

use std::sync::Arc;
use std::time::Duration;

use afk::clock::{Deadline, SystemClock};
use afk::domain::config::{Secret, SecretSource};
use afk::domain::identity::ThreadId;
use afk::domain::issue::{Actor, IssueState};
use afk::domain::repository::{ForgeKind, IssueNumber, IssueRef, RepoRef};
use afk::domain::verdict::ci::{Check, CheckSource, CheckState, CommitSha};
use afk::http::Http;
use afk::service_error::{FailureKind, ServiceError};
use afk::tracker::github::GitHub;
use afk::tracker::{
    Checks, Closer, IssueEventKind, IssueReading, LabelNames, RunIssue, RunQuery, Tracker,
    WatchQuery, WatchReading,
};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use uuid::Uuid;

use crate::support::sandbox::github::{Enterprise, GitHubOptions, TokenAccount};
use crate::support::sandbox::github_checks::CheckRights;
use crate::support::sandbox::github_limits::Overload;
use crate::support::sandbox::http_server::{Fault, Response, Service};
use crate::support::world::{HUMAN, LOCK, READY, REPO, World, WorldOptions};

fn world_as(options: GitHubOptions) -> World {
    World::with(WorldOptions {
        github: options,
        ..WorldOptions::default()
    })
}

/// Runs `act` with the program's GitHub adapter.
fn with<T>(world: &World, act: impl FnOnce(&dyn Tracker) -> T) -> T {
    with_base(world, &world.forge_url(), act)
}

fn with_base<T>(world: &World, base: &str, act: impl FnOnce(&dyn Tracker) -> T) -> T {
    let clock = SystemClock::start();
    let deadline = Deadline::start(&clock, Duration::from_secs(60), Arc::default());
    let http = Http::new(deadline);
    let labels = LabelNames {
        ready: READY.to_owned(),
        in_progress: LOCK.to_owned(),
        ready_for_human: HUMAN.to_owned(),
    };
    let token = SecretSource::Inline(Secret::new(world.settings["AFK_GITHUB_TOKEN"].clone()));
    let github = GitHub::new(&http, base.parse().unwrap(), token, labels);
    act(&github)
}

fn repo(full_name: &str) -> RepoRef {
    RepoRef::parse(full_name, ForgeKind::GitHub).unwrap()
}

fn issue(number: u64) -> IssueRef {
    IssueRef {
        repo: repo(REPO),
        number: IssueNumber(number),
    }
}

fn sha(text: &str) -> CommitSha {
    CommitSha::parse(text).unwrap()
}

/// The thread of every run here.
const THREAD: ThreadId = ThreadId(Uuid::from_u128(7));

/// A commit of that run.
const FIX: &str = "Fix\n\nAfk-Run: 00000000-0000-0000-0000-000000000007\n";

/// A query for one run that was dispatched now.
fn run(world: &World, full_name: &str, number: u64) -> WatchQuery {
    WatchQuery {
        repo: repo(full_name),
        runs: vec![RunQuery {
            issue: IssueNumber(number),
            thread: THREAD,
            dispatched_at: world.clock.now() - TimeDelta::seconds(5),
            since: world.clock.now() - TimeDelta::seconds(5),
        }],
        branch: None,
    }
}

fn watch(world: &World, queries: &[WatchQuery]) -> Vec<Result<WatchReading, ServiceError>> {
    with(world, |tracker| tracker.watch(queries))
}

fn watch_one(world: &World, query: &WatchQuery) -> WatchReading {
    watch(world, std::slice::from_ref(query))
        .pop()
        .unwrap()
        .unwrap()
}

fn reading(reading: &WatchReading) -> &IssueReading {
    reading.runs[0].issue().expect("the issue is there")
}

fn checks(reading: &WatchReading) -> &[Check] {
    match &reading.commits[0].checks {
        Checks::Read(told) => &told.checks,
        Checks::Unreadable(why) => panic!("unreadable: {why}"),
        Checks::NotAsked => panic!("not asked"),
    }
}

/// Checks as texts: `name app/event/branch state`.
fn told(checks: &[Check]) -> Vec<String> {
    let mut told: Vec<String> = checks
        .iter()
        .map(|check| {
            let source = match &check.source {
                CheckSource::Status => "status".to_owned(),
                CheckSource::Run {
                    app, event, branch, ..
                } => [app, event, branch]
                    .map(|part| part.as_deref().unwrap_or("?"))
                    .join("/"),
            };
            format!("{} {source} {:?}", check.name, check.state)
        })
        .collect();
    told.sort();
    told
}

/// Requests to GitHub since the journal was cleared, as `METHOD path`.
fn requests(world: &World) -> Vec<String> {
    world
        .requests()
        .iter()
        .map(|line| line.trim_start_matches("github ").to_owned())
        .collect()
}

#[test]
fn a_run_whose_commit_is_the_newest_is_read_with_all_its_facts_in_one_request() {
    let world = World::new();
    let number = world.ready_issue("Fix it");
    let authorisation = world
        .github
        .newest_label_event(REPO, number, READY)
        .unwrap();
    let query = run(&world, REPO, number);
    world.github.label(REPO, number, "afk-bot", LOCK);
    let comment = world
        .github
        .comment(REPO, number, "afk-bot", "- [ ] pushed");
    world.later();
    let commit = world
        .github
        .push_commit(REPO, "alice", "Fix\n\nRefs acme/widgets#1\n");
    let flow = world
        .github
        .start_workflow(REPO, &commit, "CI", &["build", "lint"]);
    world.github.finish_job(REPO, flow, "lint", "success");
    world
        .github
        .commit_status(REPO, &commit, "alice", "docs", "success");
    world.journal.clear();

    let watched = watch_one(&world, &query);

    assert_eq!(requests(&world), ["POST /graphql"]);
    assert_eq!(watched.repository.repo, repo(REPO));
    assert_eq!(watched.repository.default_branch.as_deref(), Some("main"));
    assert_eq!(watched.repository.own_account.login, "afk-bot");
    assert!(!watched.repository.facts.archived);
    assert_eq!(watched.locked.len(), 1);
    assert_eq!(
        (
            watched.locked[0].number.0,
            watched.locked[0].title.as_str(),
            &watched.locked[0].state
        ),
        (number, "Fix it", &IssueState::Open)
    );
    let issue = reading(&watched);
    assert_eq!(
        (issue.number.0, issue.title.as_str(), &issue.state),
        (number, "Fix it", &IssueState::Open)
    );
    assert!(issue.url.ends_with("/acme/widgets/issues/1"));
    assert_eq!(issue.labels, [READY, LOCK]);
    assert_eq!(issue.shown_label("READY-for-agent"), Some(READY));
    assert_eq!(issue.gaps, Vec::<String>::new());
    assert_eq!(issue.own_comments.len(), 1);
    assert_eq!(issue.own_comments[0].id, comment.to_string());
    assert_eq!(issue.own_comments[0].body, "- [ ] pushed");
    assert!(!issue.own_comments[0].edited_by_other);
    let kinds: Vec<_> = issue
        .events
        .iter()
        .map(|event| (event.actor.name(), event.by_us, event.kind.clone()))
        .collect();
    let added = |label: &str, id: &str| IssueEventKind::LabelAdded {
        label: label.to_owned(),
        id: afk::domain::identity::Authorisation::new(id),
    };
    let lock = world.github.newest_label_event(REPO, number, LOCK).unwrap();
    assert_eq!(
        kinds,
        [
            ("alice", false, added(READY, &authorisation)),
            ("afk-bot", true, added(LOCK, &lock)),
            (
                "alice",
                false,
                IssueEventKind::Referenced {
                    commit: sha(&commit),
                    here: true
                }
            ),
        ]
    );
    assert_eq!(watched.commits.len(), 1);
    assert_eq!(watched.commits[0].sha, sha(&commit));
    assert_eq!(watched.commits[0].message, "Fix\n\nRefs acme/widgets#1\n");
    assert_eq!(watched.commits[0].committed_at, world.clock.now());
    assert!(watched.commits[0].url.ends_with(&commit));
    assert!(!watched.more_commits);
    assert_eq!(
        told(checks(&watched)),
        [
            "build github-actions/push/main Pending",
            "docs status Success",
            "lint github-actions/push/main Success",
        ]
    );
    let lint = checks(&watched)
        .iter()
        .find(|check| check.name == "lint")
        .unwrap();
    assert_eq!(lint.at, Some(world.clock.now()));
    assert!(lint.url.as_ref().unwrap().contains("/actions/runs/"));
}

/// The newest commit's checks come with the list; those of an older one are asked for.
#[test]
fn a_run_below_somebody_elses_commit_takes_two_requests() {
    let world = World::new();
    let number = world.ready_issue("Fix it");
    let query = run(&world, REPO, number);
    let commit = world.github.push_commit(REPO, "alice", FIX);
    let flow = world.github.start_workflow(REPO, &commit, "CI", &["build"]);
    world.github.finish_workflow(REPO, flow, "success");
    world.journal.clear();
    let alone = watch_one(&world, &query);
    assert_eq!(requests(&world).len(), 1);
    world.github.push_commit(REPO, "alice", "Other");
    world.journal.clear();
    let below = watch_one(&world, &query);
    assert_eq!(requests(&world).len(), 2);
    assert_eq!(below.commits[1].checks, alone.commits[0].checks);
    assert_eq!(
        told(checks(&alone)),
        ["build github-actions/push/main Success"]
    );
}

#[test]
fn a_repository_without_runs_tells_its_locks_and_no_commits() {
    let world = World::new();
    let number = world.issue(REPO, "Left behind", "");
    world
        .github
        .label(REPO, number, "alice", "Agent-In-Progress");
    world.github.close(REPO, number, "alice");
    world.github.push_commit(REPO, "alice", "Anything");
    let watched = watch_one(
        &world,
        &WatchQuery {
            repo: repo(REPO),
            runs: Vec::new(),
            branch: None,
        },
    );
    assert_eq!(watched.locked.len(), 1);
    assert_eq!(watched.locked[0].state, IssueState::Closed);
    assert!(watched.runs.is_empty());
    assert!(watched.commits.is_empty());
}

#[test]
fn comments_by_others_are_never_returned_and_edits_by_others_are_told() {
    let world = World::new();
    let number = world.ready_issue("Fix it");
    let query = run(&world, REPO, number);
    let marker = "<!-- afk:run 7b1f -->";
    world.github.comment(REPO, number, "mallory", marker);
    world.github.comment(REPO, number, "alice", marker);
    let untouched = world.github.comment(REPO, number, "afk-bot", marker);
    let ours = world.github.comment(REPO, number, "afk-bot", marker);
    let theirs = world.github.comment(REPO, number, "afk-bot", marker);
    let ghostly = world.github.comment(REPO, number, "afk-bot", marker);
    world.later();
    world.github.edit_comment(REPO, ours, "afk-bot", "new");
    world.github.edit_comment(REPO, theirs, "alice", "evil");
    world.github.edit_comment(REPO, ghostly, "mallory", "evil");
    world.github.delete_user("mallory");

    let watched = watch_one(&world, &query);
    let told: Vec<(String, bool)> = reading(&watched)
        .own_comments
        .iter()
        .map(|comment| (comment.id.clone(), comment.edited_by_other))
        .collect();
    assert_eq!(
        told,
        [
            (untouched.to_string(), false),
            (ours.to_string(), false),
            (theirs.to_string(), true),
            (ghostly.to_string(), true),
        ]
    );
}

#[test]
fn comments_are_read_back_to_the_dispatch_and_no_further() {
    let world = World::new();
    let number = world.ready_issue("Popular");
    for _ in 0..160 {
        world.github.comment(REPO, number, "mallory", "before");
    }
    world.clock.advance(TimeDelta::hours(1));
    let query = run(&world, REPO, number);
    let ours = world.github.comment(REPO, number, "afk-bot", "checklist");
    for _ in 0..120 {
        world.later();
        world.github.comment(REPO, number, "mallory", "+1");
    }
    world.journal.clear();
    let watched = watch_one(&world, &query);
    assert_eq!(reading(&watched).own_comments[0].id, ours.to_string());
    assert_eq!(reading(&watched).gaps, Vec::<String>::new());
    // 50 in bulk and 100 more: the dispatch is in view.
    assert_eq!(requests(&world).len(), 2);
}

#[test]
fn a_flood_of_comments_is_a_gap_and_not_silence() {
    let world = World::new();
    let number = world.ready_issue("Flooded");
    let query = run(&world, REPO, number);
    world.github.comment(REPO, number, "afk-bot", "checklist");
    for _ in 0..5_100 {
        world.github.comment(REPO, number, "mallory", "+1");
    }
    let watched = watch_one(&world, &query);
    assert!(reading(&watched).own_comments.is_empty());
    assert_eq!(
        reading(&watched).gaps,
        ["the issue's comments are too many to be read back to the dispatch"]
    );
}

#[test]
fn events_are_read_back_to_the_labelling_that_the_run_stems_from() {
    let world = World::new();
    let number = world.ready_issue("Restless");
    let authorisation = world
        .github
        .newest_label_event(REPO, number, READY)
        .unwrap();
    for _ in 0..40 {
        world.later();
        world.github.label(REPO, number, "alice", "noise");
        world.github.unlabel(REPO, number, "alice", "noise");
    }
    let query = run(&world, REPO, number);
    let watched = watch_one(&world, &query);
    let issue = reading(&watched);
    assert_eq!(issue.events.len(), 81);
    assert!(issue.events.iter().any(|event| matches!(
        &event.kind,
        IssueEventKind::LabelAdded { id: Some(id), .. } if id.as_str() == authorisation
    )));
}

#[test]
fn closing_and_reopening_tell_who_and_what() {
    let world = World::new();
    world.add_repository("acme/fork");
    let number = world.ready_issue("Fix it");
    let query = run(&world, REPO, number);
    world.github.close(REPO, number, "alice");
    world.github.reopen(REPO, number, "afk-bot");
    let elsewhere = world
        .github
        .push_commit("acme/fork", "mallory", "See acme/widgets#1");
    let closing = world.github.push_commit(REPO, "alice", "Closes #1");
    let watched = watch_one(&world, &query);
    let issue = reading(&watched);
    assert_eq!(issue.state, IssueState::Closed);
    let events: Vec<_> = issue.events[1..]
        .iter()
        .map(|event| (event.actor.name(), event.by_us, event.kind.clone()))
        .collect();
    assert_eq!(
        events,
        [
            ("alice", false, IssueEventKind::Closed(Closer::Actor)),
            ("afk-bot", true, IssueEventKind::Reopened),
            (
                "mallory",
                false,
                IssueEventKind::Referenced {
                    commit: sha(&elsewhere),
                    here: false
                }
            ),
            (
                "alice",
                false,
                IssueEventKind::Referenced {
                    commit: sha(&closing),
                    here: true
                }
            ),
            (
                "alice",
                false,
                IssueEventKind::Closed(Closer::Commit(sha(&closing)))
            ),
        ]
    );
}

#[test]
fn an_app_knows_its_own_acts() {
    let world = world_as(GitHubOptions {
        account: TokenAccount::App("afk".to_owned()),
        ..GitHubOptions::default()
    });
    let number = world.ready_issue("Fix it");
    let query = run(&world, REPO, number);
    world.github.add_app("other");
    world.github.label_by_app(REPO, number, "other", LOCK);
    with(&world, |tracker| {
        tracker.add_label(&issue(number), HUMAN).unwrap();
        let comment = tracker.create_comment(&issue(number), "text").unwrap();
        tracker
            .edit_comment(&issue(number), &comment, "more")
            .unwrap();
    });
    let watched = watch_one(&world, &query);
    assert_eq!(watched.repository.own_account.login, "afk[bot]");
    let by_us: Vec<bool> = reading(&watched)
        .events
        .iter()
        .map(|event| event.by_us)
        .collect();
    assert_eq!(by_us, [false, false, true]);
    assert!(matches!(
        &reading(&watched).events[2].actor,
        Actor::Bot { slug, .. } if slug == "afk"
    ));
    assert!(!reading(&watched).own_comments[0].edited_by_other);
}

#[test]
fn issues_that_left_are_missing_and_the_others_are_read() {
    let world = World::new();
    world.add_repository("acme/gadgets");
    let [kept, deleted, moved] = ["Kept", "Deleted", "Moved"].map(|title| world.ready_issue(title));
    let pull_request = world.github.make_pull_request(REPO, "alice", "Change");
    let mut query = run(&world, REPO, deleted);
    let since = query.runs[0].since;
    query.runs = [deleted, kept, moved, pull_request, 999]
        .map(|number| RunQuery {
            thread: THREAD,
            dispatched_at: world.clock.now(),
            issue: IssueNumber(number),
            since,
        })
        .to_vec();
    world.github.delete_issue(REPO, deleted);
    world.github.transfer(REPO, moved, "acme/gadgets", "alice");
    let watched = watch_one(&world, &query);
    let there: Vec<bool> = watched
        .runs
        .iter()
        .map(|run| run.issue().is_some())
        .collect();
    assert_eq!(there, [false, true, false, false, false]);
    assert_eq!(watched.runs[0], RunIssue::Missing);
}

#[test]
fn one_repository_fails_alone_and_says_why() {
    let world = World::new();
    for name in ["acme/gone", "acme/renamed", "acme/old", "acme/silent"] {
        world.add_repository(name);
    }
    let number = world.ready_issue("Fix it");
    world.github.withdraw_repository("acme/gone");
    world
        .github
        .rename_repository("acme/renamed", "acme/new-name");
    world.github.archive_repository("acme/old");
    world.github.disable_issues("acme/silent");
    let names = [
        "acme/gone",
        "acme/renamed",
        "acme/old",
        "acme/silent",
        REPO,
        "acme/never",
    ];
    let queries: Vec<WatchQuery> = names.map(|name| run(&world, name, number)).to_vec();
    let watched = watch(&world, &queries);
    let kind = |index: usize| watched[index].as_ref().unwrap_err().kind.clone();
    assert_eq!(kind(0), FailureKind::NotFound);
    assert_eq!(
        kind(1),
        FailureKind::Moved {
            to: "acme/new-name".to_owned()
        }
    );
    assert!(watched[2].as_ref().unwrap().repository.facts.archived);
    assert_eq!(kind(3), FailureKind::NotFound);
    assert!(watched[4].as_ref().unwrap().runs[0].issue().is_some());
    assert_eq!(kind(5), FailureKind::NotFound);
    // Under its new name it is the same repository.
    let renamed = watch_one(&world, &run(&world, "acme/new-name", number));
    assert_ne!(
        renamed.repository.key,
        watched[4].as_ref().unwrap().repository.key
    );
    assert!(
        renamed
            .repository
            .key
            .as_str()
            .starts_with("github@127.0.0.1")
    );
}

#[test]
fn an_error_inside_one_repository_is_never_read_as_silence() {
    let world = World::new();
    let number = world.ready_issue("Fix it");
    let facts = json!({
        "databaseId": 1, "nameWithOwner": REPO, "url": "https://github.com/acme/widgets",
        "isArchived": false, "hasIssuesEnabled": true, "visibility": "PRIVATE",
        "defaultBranchRef": {"name": "main"}, "locked": {"nodes": []},
        "i0": null, "head": null,
    });
    let errors = [
        json!({"path": ["r0", "i0", "comments"], "message": "odd"}),
        json!({"path": ["r0", "i0"], "type": "FORBIDDEN", "message": "odd"}),
        json!({"path": ["viewer"], "message": "odd"}),
        json!({"message": "odd"}),
    ];
    for error in errors {
        let answer = json!({
            "data": {"viewer": {"login": "afk-bot", "databaseId": 1}, "r0": facts},
            "errors": [error],
        });
        world
            .journal
            .intercept(move |_| Fault::Instead(Response::json(200, &answer)));
        let watched = watch(&world, &[run(&world, REPO, number)]);
        match &watched[0] {
            Err(failure) => assert!(failure.detail.contains("odd"), "{failure}"),
            // What is withheld of one issue costs no other.
            Ok(reading) => assert_eq!(reading.runs, [RunIssue::Unreadable("odd".to_owned())]),
        }
    }
    // Null without an error is no missing issue either.
    let answer = json!({"data": {"viewer": {"login": "afk-bot", "databaseId": 1}, "r0": facts}});
    world
        .journal
        .intercept(move |_| Fault::Instead(Response::json(200, &answer)));
    watch(&world, &[run(&world, REPO, number)])[0]
        .as_ref()
        .unwrap_err();
}

/// SAML, deleted accounts and odd permissions withhold single values: null, and an error with the path to it.
#[test]
fn a_withheld_value_costs_that_fact_and_nothing_else() {
    let world = World::new();
    let number = world.ready_issue("Fix it");
    let query = run(&world, REPO, number);
    world.github.comment(REPO, number, "afk-bot", "checklist");
    world.github.close(REPO, number, "alice");
    let whole = reading(&watch_one(&world, &query)).clone();
    assert_eq!((whole.events.len(), whole.own_comments.len()), (2, 1));
    // Path to the null, and what is left: events, comments, gaps.
    for (path, events, comments, gaps) in [
        ("/i0/timelineItems/nodes/1/closer", 1, 1, 1),
        ("/i0/timelineItems/nodes/1/actor", 2, 1, 0),
        ("/i0/timelineItems/nodes/1", 1, 1, 1),
        ("/i0/timelineItems/nodes/0", 1, 1, 1),
        ("/i0/timelineItems/nodes/0/label", 1, 1, 1),
        ("/i0/comments/nodes/0", 2, 0, 1),
        ("/i0/comments/nodes/0/body", 2, 0, 1),
        ("/i0/comments/nodes/0/lastEditedAt", 2, 0, 1),
        ("/i0/comments/nodes/0/editor", 2, 1, 0),
        ("/i0/labels/nodes/0", 2, 1, 1),
    ] {
        let github = Arc::clone(&world.github);
        world.journal.intercept(move |exchange| {
            let answer = github.answer(&exchange.request);
            let mut body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
            *body["data"]["r0"].pointer_mut(path).unwrap() = json!(null);
            let mut steps = vec![json!("r0")];
            steps.extend(path.split('/').skip(1).map(|step| {
                step.parse::<u64>()
                    .map_or_else(|_| json!(step), |index| json!(index))
            }));
            body["errors"] = json!([{"path": steps, "type": "FORBIDDEN", "message": "SAML"}]);
            Fault::Instead(Response::json(200, &body))
        });
        let watched = watch_one(&world, &query);
        let issue = reading(&watched);
        assert_eq!(
            (
                issue.events.len(),
                issue.own_comments.len(),
                issue.gaps.len()
            ),
            (events, comments, gaps),
            "{path}: {:?}",
            issue.gaps
        );
    }
}

/// Every part of the answer without which something would be taken for "nothing happened".
#[test]
fn a_part_that_is_missing_from_the_answer_is_never_read_as_silence() {
    let world = World::new();
    let number = world.ready_issue("Fix it");
    let query = run(&world, REPO, number);
    let comment = world.github.comment(REPO, number, "afk-bot", "checklist");
    world
        .github
        .edit_comment(REPO, comment, "afk-bot", "checked");
    checked_commit(&world);
    world.github.close(REPO, number, "alice");
    let whole = watch_one(&world, &query);
    let paths = [
        "/viewer",
        "/viewer/login",
        "/r0",
        "/r0/databaseId",
        "/r0/nameWithOwner",
        "/r0/isArchived",
        "/r0/visibility",
        "/r0/locked",
        "/r0/locked/nodes",
        "/r0/i0",
        "/r0/i0/state",
        "/r0/i0/repository",
        "/r0/i0/labels",
        "/r0/i0/labels/totalCount",
        "/r0/i0/comments",
        "/r0/i0/comments/pageInfo",
        "/r0/i0/comments/pageInfo/hasPreviousPage",
        "/r0/i0/comments/nodes",
        "/r0/i0/comments/nodes/0/viewerDidAuthor",
        "/r0/i0/comments/nodes/0/fullDatabaseId",
        "/r0/i0/comments/nodes/0/lastEditedAt",
        "/r0/i0/comments/nodes/0/editor",
        "/r0/i0/timelineItems",
        "/r0/i0/timelineItems/nodes",
        "/r0/i0/timelineItems/nodes/0/createdAt",
        "/r0/i0/timelineItems/nodes/0/label",
        "/r0/i0/timelineItems/nodes/0/id",
        "/r0/i0/timelineItems/nodes/0/actor",
        "/r0/i0/timelineItems/nodes/1/closer",
        "/r0/head",
        "/r0/head/target",
        "/r0/head/target/oid",
        "/r0/head/target/history",
        "/r0/head/target/history/pageInfo",
        "/r0/head/target/history/nodes",
        "/r0/head/target/history/nodes/0/oid",
        "/r0/head/target/history/nodes/0/message",
        "/r0/tip",
        "/r0/tip/target",
        "/r0/tip/target/oid",
        "/r0/tip/target/statusCheckRollup",
        "/r0/tip/target/statusCheckRollup/contexts",
        "/r0/tip/target/statusCheckRollup/contexts/pageInfo",
        "/r0/tip/target/statusCheckRollup/contexts/nodes/1/status",
        "/r0/tip/target/statusCheckRollup/contexts/nodes/1/conclusion",
        "/r0/tip/target/statusCheckRollup/contexts/nodes/1/checkSuite",
        "/r0/tip/target/checkSuites",
        "/r0/tip/target/checkSuites/pageInfo",
        "/r0/tip/target/checkSuites/nodes",
        "/r0/tip/target/checkSuites/nodes/0/databaseId",
        "/r0/tip/target/checkSuites/nodes/0/status",
        "/r0/tip/target/checkSuites/nodes/0/createdAt",
        "/r0/object",
        "/r0/object/oid",
        "/r0/object/statusCheckRollup",
        "/r0/object/statusCheckRollup/contexts",
        "/r0/object/statusCheckRollup/contexts/pageInfo",
        "/r0/object/statusCheckRollup/contexts/nodes/1/status",
        "/r0/object/statusCheckRollup/contexts/nodes/1/conclusion",
        "/r0/object/statusCheckRollup/contexts/nodes/1/checkSuite",
        "/r0/object/checkSuites",
        "/r0/object/checkSuites/pageInfo",
        "/r0/object/checkSuites/nodes",
        "/r0/object/checkSuites/nodes/0/databaseId",
        "/r0/object/checkSuites/nodes/0/status",
        "/r0/object/checkSuites/nodes/0/createdAt",
    ];
    for path in paths {
        let github = Arc::clone(&world.github);
        world.journal.intercept(move |exchange| {
            let answer = github.answer(&exchange.request);
            let mut body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
            let (parent, member) = path.rsplit_once('/').unwrap();
            let asks_details = body["data"].pointer("/r0/object").is_some();
            if asks_details != path.starts_with("/r0/object") {
                // Details are asked only of what the first answer did not tell.
                let told = body["data"]["r0"].as_object_mut();
                if let Some(told) = told.filter(|_| !asks_details) {
                    told.remove("tip");
                }
                return Fault::Instead(Response::json(200, &body));
            }
            let parent = body["data"].pointer_mut(parent);
            let parent = parent.unwrap().as_object_mut().unwrap();
            assert!(parent.remove(member).is_some(), "{path}");
            Fault::Instead(Response::json(200, &body))
        });
        let Ok(watched) = watch(&world, std::slice::from_ref(&query)).pop().unwrap() else {
            continue;
        };
        if let RunIssue::Unreadable(_) = watched.runs[0] {
            continue;
        }
        let issue = reading(&watched);
        // What was not told of the newest commit is asked for.
        let told = (path.starts_with("/r0/tip") && watched == whole)
            || !issue.gaps.is_empty()
            || !matches!(watched.commits[0].checks, Checks::Read(_))
            || match path.rsplit('/').next().unwrap() {
                "editor" => issue.own_comments[0].edited_by_other,
                "actor" => issue.events[0].actor == Actor::Gone,
                "id" => matches!(
                    issue.events[0].kind,
                    IssueEventKind::LabelAdded { id: None, .. }
                ),
                "conclusion" => checks(&watched)
                    .iter()
                    .any(|check| matches!(check.state, CheckState::Unknown(_))),
                _ => false,
            };
        assert!(told, "{path}: {watched:#?}");
    }
    world.journal.calm();
    assert_eq!(watch_one(&world, &query), whole);
}

#[test]
fn a_configured_branch_is_read_instead_of_the_default_one() {
    let world = World::new();
    let number = world.ready_issue("Fix it");
    let mut query = run(&world, REPO, number);
    world.github.push_commit(REPO, "alice", "Anything");
    query.branch = Some("main".to_owned());
    let watched = watch_one(&world, &query);
    assert_eq!(watched.commits.len(), 1);
    assert_eq!((watched.more_commits, watched.absent_branch), (false, None));
    assert!(watched.every_commit);
    // It is not there: that is no list without commits.
    query.branch = Some("release".to_owned());
    let watched = watch_one(&world, &query);
    assert!(watched.commits.is_empty());
    assert!(watched.more_commits && !watched.every_commit);
    assert_eq!(watched.absent_branch.as_deref(), Some("release"));
    assert_eq!(watched.repository.default_branch.as_deref(), Some("main"));
}

#[test]
fn the_newest_hundred_are_read_whatever_their_dates_and_older_ones_since_the_dispatch() {
    let world = World::new();
    let number = world.ready_issue("Fix it");
    world.github.push_commit(REPO, "alice", "too old");
    world.clock.advance(TimeDelta::hours(1));
    let query = run(&world, REPO, number);
    let first = world.github.push_commit(REPO, "alice", "first");
    world
        .github
        .check_run(REPO, &first, "github-actions", "build", Some("success"));
    for index in 0..129 {
        world.github.push_commit(REPO, "alice", &format!("{index}"));
    }
    world.journal.clear();
    let watched = watch_one(&world, &query);
    // The newest, whatever their dates.
    assert_eq!(watched.commits.len(), 131);
    assert_eq!(watched.commits[0].message, "128");
    assert_eq!(watched.commits[129].sha, sha(&first));
    assert_eq!(watched.commits[129].checks, Checks::NotAsked);
    assert_eq!(watched.commits[130].message, "too old");
    assert!(!watched.more_commits);
    assert_eq!(requests(&world).len(), 2);
    for index in 0..450 {
        world.github.push_commit(REPO, "alice", &format!("{index}"));
    }
    let watched = watch_one(&world, &query);
    assert_eq!(watched.commits.len(), 500);
    assert!(watched.more_commits && !watched.every_commit);
}

#[test]
fn each_kind_of_check_keeps_its_source_and_its_words() {
    let world = World::new();
    let number = world.ready_issue("Fix it");
    let query = run(&world, REPO, number);
    let commit = world.github.push_commit(REPO, "alice", FIX);
    let github = &world.github;
    assert!(checks(&watch_one(&world, &query)).is_empty());
    // Suites without check runs are no runs, whoever they belong to.
    github.empty_suite(REPO, &commit, "dependabot");
    github.start_workflow(REPO, &commit, "Orphan", &[]);
    assert!(checks(&watch_one(&world, &query)).is_empty());

    let push = github.start_workflow(REPO, &commit, "CI", &["build", "test"]);
    github.finish_job(REPO, push, "build", "success");
    github.finish_workflow(REPO, push, "failure");
    let nightly = github.start_workflow_by(REPO, &commit, "Nightly", "schedule", &["fuzz"]);
    github.finish_workflow(REPO, nightly, "cancelled");
    for conclusion in [
        "neutral",
        "skipped",
        "timed_out",
        "action_required",
        "stale",
        "startup_failure",
    ] {
        github.check_run(REPO, &commit, "scanner", conclusion, Some(conclusion));
    }
    github.check_run(REPO, &commit, "scanner", "waits", None);
    for state in ["pending", "error", "success"] {
        github.commit_status(REPO, &commit, "alice", "deploy", state);
    }
    github.commit_status(REPO, &commit, "alice", "ci/woodpecker/push", "error");
    let expected = [
        "action_required scanner/?/main ActionRequired",
        "build github-actions/push/main Success",
        "ci/woodpecker/push status Failure",
        "deploy status Success",
        "fuzz github-actions/schedule/main Cancelled",
        "neutral scanner/?/main Passed",
        "skipped scanner/?/main Passed",
        "stale scanner/?/main Stale",
        "startup_failure scanner/?/main Failure",
        "test github-actions/push/main Failure",
        "timed_out scanner/?/main Failure",
        "waits scanner/?/main Pending",
    ];
    let watched = watch_one(&world, &query);
    assert_eq!(told(checks(&watched)), expected);
    let excerpt = |name: &str| {
        let found = checks(&watched).iter().find(|check| check.name == name);
        found.unwrap().excerpt.clone()
    };
    assert_eq!(
        excerpt("ci/woodpecker/push").as_deref(),
        Some("ci/woodpecker/push says error")
    );
    assert_eq!(
        excerpt("timed_out").as_deref(),
        Some("timed_out: timed_out")
    );
    // One commit by itself tells the same.
    let alone = with(&world, |tracker| {
        tracker.commit_checks(&repo(REPO), &sha(&commit)).unwrap()
    });
    assert_eq!(told(&alone.checks), expected);
}

#[test]
fn a_run_between_two_jobs_is_pending_and_a_second_attempt_replaces_the_first() {
    let world = World::new();
    let number = world.ready_issue("Fix it");
    let query = run(&world, REPO, number);
    let commit = world.github.push_commit(REPO, "alice", FIX);
    let flow = world.github.start_workflow(REPO, &commit, "CI", &["build"]);
    world.github.finish_job(REPO, flow, "build", "success");
    let now = || told(checks(&watch_one(&world, &query)));
    assert_eq!(
        now(),
        ["build github-actions/push/main Success"],
        "the suite goes on, which the fold sees"
    );
    world.github.add_job(REPO, flow, "deploy");
    assert_eq!(
        now(),
        [
            "build github-actions/push/main Success",
            "deploy github-actions/push/main Pending"
        ]
    );
    world.github.finish_workflow(REPO, flow, "failure");
    assert_eq!(
        now(),
        [
            "build github-actions/push/main Success",
            "deploy github-actions/push/main Failure"
        ]
    );
    world.github.rerun(REPO, flow);
    assert_eq!(
        now(),
        [
            "build github-actions/push/main Pending",
            "deploy github-actions/push/main Pending"
        ]
    );
    world.github.finish_workflow(REPO, flow, "success");
    assert_eq!(
        now(),
        [
            "build github-actions/push/main Success",
            "deploy github-actions/push/main Success"
        ]
    );
}

#[test]
fn more_checks_than_a_page_are_read_one_commit_at_a_time() {
    let world = World::new();
    let number = world.ready_issue("Fix it");
    let query = run(&world, REPO, number);
    let commit = world.github.push_commit(REPO, "alice", FIX);
    for index in 0..130 {
        let name = format!("shard {index}");
        world
            .github
            .check_run(REPO, &commit, "github-actions", &name, Some("success"));
    }
    let watched = watch_one(&world, &query);
    assert!(matches!(watched.commits[0].checks, Checks::Unreadable(_)));
    world.journal.clear();
    let all = with(&world, |tracker| {
        tracker.commit_checks(&repo(REPO), &sha(&commit)).unwrap()
    });
    assert_eq!(all.checks.len(), 130);
    assert_eq!(all.suites.map(|suites| suites.len()), Some(130));
    assert_eq!(requests(&world).len(), 2);
}

/// A commit with a finished push workflow, a schedule, another app's check and a status.
fn checked_commit(world: &World) -> String {
    let commit = world.github.push_commit(REPO, "alice", FIX);
    let flow = world
        .github
        .start_workflow(REPO, &commit, "CI", &["build", "test"]);
    world.github.finish_job(REPO, flow, "build", "success");
    world
        .github
        .fail_in_step(REPO, flow, "test", "Run cargo test");
    world.github.finish_workflow(REPO, flow, "failure");
    world
        .github
        .start_workflow_by(REPO, &commit, "Nightly", "schedule", &["fuzz"]);
    world
        .github
        .check_run(REPO, &commit, "scanner", "scan", Some("success"));
    world
        .github
        .commit_status(REPO, &commit, "alice", "docs", "pending");
    commit
}

#[test]
fn without_the_right_to_checks_the_rest_is_read_and_checks_come_another_way() {
    let world = World::new();
    let number = world.ready_issue("Fix it");
    let query = run(&world, REPO, number);
    let older = world.github.push_commit(REPO, "alice", "Other");
    let commit = checked_commit(&world);
    world.github.set_check_rights(CheckRights::FINE_GRAINED);
    world.journal.clear();
    with(&world, |tracker| {
        let watched = tracker.watch(std::slice::from_ref(&query)).pop().unwrap();
        let watched = watched.unwrap();
        assert_eq!(watched.commits.len(), 2);
        assert_eq!(
            watched.commits[0].checks,
            Checks::Unreadable("Resource not accessible by personal access token".to_owned())
        );
        assert_eq!(watched.commits[1].checks, Checks::NotAsked);
        assert_eq!(reading(&watched).number.0, number);
        let checks = tracker.commit_checks(&repo(REPO), &sha(&commit)).unwrap();
        assert_eq!(
            told(&checks.checks),
            [
                "build github-actions/push/main Success",
                "docs status Pending",
                "test github-actions/push/main Failure",
            ]
        );
        assert!(
            tracker
                .commit_checks(&repo(REPO), &sha(&older))
                .unwrap()
                .checks
                .is_empty()
        );
    });
    let paths = requests(&world);
    assert_eq!(paths[0], "POST /graphql");
    assert!(
        paths[1..].iter().all(|path| path.starts_with("GET /repos")),
        "{paths:?}"
    );
    assert_eq!(paths.len(), 1 + 3 + 2);
    // Without the bulk read nobody knows yet, and one question is wasted.
    let checks = with(&world, |tracker| {
        tracker.commit_checks(&repo(REPO), &sha(&commit)).unwrap()
    });
    assert_eq!(checks.checks.len(), 3);
}

/// A name may be that of any event: then the newest run of each workflow and other event is read, too.
#[test]
fn runs_of_any_event_are_read_where_they_are_asked_for() {
    let world = World::new();
    world.ready_issue("Fix it");
    let commit = checked_commit(&world);
    world.github.set_check_rights(CheckRights::FINE_GRAINED);
    let start = |event: &str, job: &str| {
        world
            .github
            .start_workflow_by(REPO, &commit, "Queue", event, &[job])
    };
    start("merge_group", "old");
    start("merge_group", "new");
    start("workflow_dispatch", "by hand");
    let read = || {
        with(&world, |tracker| {
            let (repo, sha) = (repo(REPO), sha(&commit));
            tracker.commit_checks_of_any_event(&repo, &sha).unwrap()
        })
    };
    world.journal.clear();
    let checks = read();
    assert_eq!(
        told(&checks.checks),
        [
            "build github-actions/push/main Success",
            "by hand github-actions/workflow_dispatch/main Pending",
            "docs status Pending",
            "fuzz github-actions/schedule/main Pending",
            "new github-actions/merge_group/main Pending",
            "test github-actions/push/main Failure",
        ]
    );
    assert_eq!(checks.suites.unwrap().len(), 5);
    let paths = requests(&world);
    let lists = paths.iter().filter(|path| path.ends_with("/actions/runs"));
    assert_eq!(lists.count(), 1, "{paths:?}");
    // Where one page does not hold them all, those of a push are asked for.
    for _ in 0..100 {
        start("issue_comment", "answer");
    }
    world.journal.clear();
    let told = told(&read().checks);
    let of_push = |check: &&String| check.contains("/push/");
    assert_eq!(told.iter().filter(of_push).count(), 2, "{told:?}");
    assert_eq!(told.len(), 2 + 1 + 1, "{told:?}");
}

#[test]
fn a_workflow_read_without_the_rollup_speaks_when_its_jobs_do_not() {
    let world = World::new();
    world.ready_issue("Fix it");
    let commit = world.github.push_commit(REPO, "alice", FIX);
    world.github.set_check_rights(CheckRights::FINE_GRAINED);
    let now = || {
        with(&world, |tracker| {
            let read = tracker.commit_checks(&repo(REPO), &sha(&commit)).unwrap();
            let suites = read.suites.unwrap();
            let mut suites: Vec<String> = suites
                .iter()
                .map(|suite| format!("{} {:?}", suite.workflow.as_deref().unwrap(), suite.state))
                .collect();
            suites.sort();
            (suites, told(&read.checks))
        })
    };
    let orphan = world.github.start_workflow(REPO, &commit, "CI", &[]);
    assert_eq!(now(), (vec!["CI Pending".to_owned()], vec![]));
    world
        .github
        .finish_workflow(REPO, orphan, "startup_failure");
    assert_eq!(now(), (vec!["CI Failure".to_owned()], vec![]));
    let flow = world
        .github
        .start_workflow(REPO, &commit, "Test", &["unit"]);
    world.github.finish_workflow(REPO, flow, "failure");
    world.github.rerun(REPO, flow);
    assert_eq!(
        now(),
        (
            vec!["CI Failure".to_owned(), "Test Pending".to_owned()],
            vec!["unit github-actions/push/main Pending".to_owned()]
        )
    );
}

#[test]
fn an_app_without_the_right_to_actions_does_not_learn_the_event() {
    let world = world_as(GitHubOptions {
        account: TokenAccount::App("afk".to_owned()),
        ..GitHubOptions::default()
    });
    let number = world.ready_issue("Fix it");
    let query = run(&world, REPO, number);
    let commit = checked_commit(&world);
    world.github.set_check_rights(CheckRights {
        actions: false,
        ..CheckRights::ALL
    });
    let expected = [
        "build github-actions/?/main Success",
        "docs status Pending",
        "fuzz github-actions/?/main Pending",
        "scan scanner/?/main Success",
        "test github-actions/?/main Failure",
    ];
    assert_eq!(told(checks(&watch_one(&world, &query))), expected);
    let alone = with(&world, |tracker| {
        tracker.commit_checks(&repo(REPO), &sha(&commit)).unwrap()
    });
    assert_eq!(told(&alone.checks), expected);
    // Without any of the rights the failure names one that is missing.
    world.github.set_check_rights(CheckRights {
        actions: false,
        ..CheckRights::FINE_GRAINED
    });
    let failure = with(&world, |tracker| {
        tracker
            .commit_checks(&repo(REPO), &sha(&commit))
            .unwrap_err()
    });
    assert_eq!(failure.kind, FailureKind::Denied);
    assert!(failure.detail.contains("needs actions=read"), "{failure}");
}

#[test]
fn a_failed_job_is_quoted_by_the_step_that_failed() {
    let world = World::new();
    let number = world.ready_issue("Fix it");
    let query = run(&world, REPO, number);
    checked_commit(&world);
    let watched = watch_one(&world, &query);
    let quoted = |name: &str| {
        let found = checks(&watched).iter().find(|check| check.name == name);
        with(&world, |tracker| {
            tracker.failure_excerpt(&repo(REPO), found.unwrap())
        })
    };
    assert_eq!(
        quoted("test").as_deref(),
        Some("failed step: Run cargo test")
    );
    assert_eq!(quoted("build"), None);
    assert_eq!(quoted("scan").as_deref(), Some("scan: success"));
    world.github.set_check_rights(CheckRights {
        actions: false,
        ..CheckRights::ALL
    });
    assert_eq!(quoted("test"), None);
}

#[test]
fn a_stray_is_read_back_to_its_beginning() {
    let world = World::new();
    let number = world.ready_issue("Lost");
    let ours = world.github.comment(REPO, number, "afk-bot", "checklist");
    for _ in 0..130 {
        world.later();
        world.github.comment(REPO, number, "mallory", "+1");
    }
    world.github.label(REPO, number, "afk-bot", LOCK);
    let found = with(&world, |tracker| tracker.stray(&issue(number)).unwrap());
    let found = found.issue().unwrap();
    assert_eq!(found.own_comments[0].id, ours.to_string());
    assert_eq!(found.events.len(), 2);
    world.github.delete_issue(REPO, number);
    let gone = with(&world, |tracker| tracker.stray(&issue(number)).unwrap());
    assert_eq!(gone, RunIssue::Missing);
}

#[test]
fn acts_may_be_repeated() {
    let world = World::new();
    let number = world.ready_issue("Fix it");
    let at = issue(number);
    world.github.create_label(REPO, "Agent-In-Progress");
    with(&world, |tracker| {
        for _ in 0..2 {
            tracker.add_label(&at, LOCK).unwrap();
        }
        assert_eq!(world.labels(number), ["Agent-In-Progress", READY]);
        for _ in 0..2 {
            tracker.remove_label(&at, LOCK).unwrap();
        }
        assert_eq!(world.labels(number), [READY]);
        let comment = tracker.create_comment(&at, "one").unwrap();
        for _ in 0..2 {
            tracker.edit_comment(&at, &comment, "two").unwrap();
        }
        let comments = world.github.comments_of(REPO, number);
        assert_eq!(comments.len(), 1);
        assert_eq!(
            (comments[0].id.to_string(), comments[0].body.as_str()),
            (comment.clone(), "two")
        );
        for _ in 0..2 {
            tracker.delete_comment(&at, &comment).unwrap();
        }
        assert!(world.github.comments_of(REPO, number).is_empty());
        let gone = tracker.edit_comment(&at, &comment, "three").unwrap_err();
        assert_eq!(gone.kind, FailureKind::NotFound);
        for _ in 0..2 {
            tracker.close_issue(&at).unwrap();
        }
        let state = world.github.issue_state(REPO, number);
        assert_eq!(
            (state.open, state.reason.as_deref()),
            (false, Some("completed"))
        );
        for _ in 0..2 {
            tracker.reopen_issue(&at).unwrap();
        }
        assert!(world.github.issue_state(REPO, number).open);
    });
    let events = world.github.events_of(REPO, number);
    assert_eq!(
        events[1..],
        [
            "labeled Agent-In-Progress by afk-bot",
            "unlabeled Agent-In-Progress by afk-bot",
            "closed completed by afk-bot",
            "reopened by afk-bot",
        ]
    );
}

#[test]
fn a_label_with_a_slash_comes_off_in_the_case_it_is_stored() {
    let world = World::new();
    let number = world.issue(REPO, "Fix it", "");
    world.github.label(REPO, number, "alice", "Area/CI 100%");
    world.journal.intercept(|exchange| {
        // A server that compares labels exactly.
        let exact = exchange
            .request
            .path
            .ends_with("/labels/Area%2FCI%20100%25");
        if exchange.request.method == "DELETE" && !exact {
            let body = json!({"message": "Label does not exist"});
            return Fault::Instead(Response::json(404, &body));
        }
        Fault::None
    });
    with(&world, |tracker| {
        tracker
            .remove_label(&issue(number), "area/ci 100%")
            .unwrap();
    });
    assert!(world.labels(number).is_empty());
    let gone = with(&world, |tracker| {
        tracker.remove_label(&issue(999), LOCK).unwrap_err()
    });
    assert_eq!(gone.kind, FailureKind::NotFound);
}

#[test]
fn a_lost_answer_never_doubles_a_comment() {
    let world = World::new();
    let number = world.issue(REPO, "Fix it", "");
    world.journal.intercept(|exchange| {
        if exchange.request.method == "POST" && exchange.request.path.ends_with("/comments") {
            Fault::LostAnswer
        } else {
            Fault::None
        }
    });
    let lost = with(&world, |tracker| {
        tracker.create_comment(&issue(number), "one").unwrap_err()
    });
    assert_eq!(lost.kind, FailureKind::Unreachable);
    assert_eq!(world.github.comments_of(REPO, number).len(), 1);
}

#[test]
fn nothing_is_written_under_an_old_name_or_into_an_archive() {
    let world = World::new();
    let number = world.issue(REPO, "Fix it", "");
    world.github.label(REPO, number, "alice", LOCK);
    let comment = world.github.comment(REPO, number, "afk-bot", "text");
    let comment = comment.to_string();
    let at = issue(number);
    let all = |world: &World| {
        with(world, |tracker| {
            [
                tracker.add_label(&at, HUMAN),
                tracker.remove_label(&at, LOCK),
                tracker.create_comment(&at, "x").map(drop),
                tracker.edit_comment(&at, &comment, "x"),
                tracker.delete_comment(&at, &comment),
                tracker.close_issue(&at),
                tracker.reopen_issue(&at),
            ]
            .map(|done| done.unwrap_err().kind)
        })
    };
    world.github.archive_repository(REPO);
    assert!(all(&world).iter().all(|kind| *kind == FailureKind::Denied));
    world.github.rename_repository(REPO, "acme/other");
    for kind in all(&world) {
        assert!(matches!(kind, FailureKind::Moved { .. }), "{kind:?}");
    }
    assert_eq!(world.github.labels_of("acme/other", number), [LOCK]);
    assert_eq!(world.github.comments_of("acme/other", number).len(), 1);
}

#[test]
fn a_hundred_repositories_with_fifty_runs_take_six_requests_at_most() {
    let world = World::new();
    let mut queries = Vec::new();
    for index in 0..100 {
        let name = format!("acme/r{index}");
        world.add_repository(&name);
        let number = world.issue(&name, "Fix it", "");
        world.approve(&name, number);
        world.github.label(&name, number, "afk-bot", LOCK);
        let mut query = run(&world, &name, number);
        if index % 2 == 1 {
            query.runs.clear();
        } else {
            let commit = world.github.push_commit(&name, "alice", FIX);
            world.github.comment(&name, number, "afk-bot", "checklist");
            let flow = world
                .github
                .start_workflow(&name, &commit, "CI", &["build"]);
            world.github.finish_workflow(&name, flow, "success");
        }
        queries.push(query);
    }
    world.journal.clear();
    let watched = watch(&world, &queries);
    assert_eq!(requests(&world).len(), 5);
    world.github.push_commit("acme/r0", "alice", "Other");
    world.journal.clear();
    drop(watch(&world, &queries));
    assert_eq!(requests(&world).len(), 6);
    for (index, watched) in watched.into_iter().enumerate() {
        let watched = watched.unwrap();
        assert_eq!(watched.repository.repo, queries[index].repo);
        assert_eq!(watched.locked.len(), 1);
        if index % 2 == 0 {
            assert_eq!(reading(&watched).own_comments.len(), 1);
            assert_eq!(checks(&watched)[0].state, CheckState::Success);
        }
    }
}

#[test]
fn an_overloaded_server_is_asked_for_less() {
    let world = World::new();
    let number = world.ready_issue("Fix it");
    let mut queries = vec![run(&world, REPO, number)];
    for index in 0..7 {
        let name = format!("acme/r{index}");
        world.add_repository(&name);
        queries.push(run(&world, &name, 1));
    }
    world
        .github
        .overload_when_aliases_exceed(2, Overload::GatewayTimeout);
    world.journal.clear();
    let watched = watch(&world, &queries);
    assert!(watched.iter().all(Result::is_ok));
    // Beside them it is asked where each issue went that is not there.
    let mut in_bulk = requests(&world);
    in_bulk.retain(|line| line.ends_with("/graphql"));
    // All at once, in parts of five, and each by itself.
    assert_eq!(in_bulk.len(), 1 + 2 + 8);
    // One repository alone is asked for in small pages, once.
    world
        .github
        .overload_when_aliases_exceed(0, Overload::ResourceLimit);
    world.journal.clear();
    let failure = watch(&world, &queries[..1]).pop().unwrap().unwrap_err();
    assert_eq!(failure.kind, FailureKind::Overloaded);
    assert_eq!(requests(&world).len(), 2);
}

#[test]
fn an_old_enterprise_server_is_read_and_written_the_same_way() {
    let world = world_as(GitHubOptions {
        enterprise: Enterprise::WithoutDependencies,
        ..GitHubOptions::default()
    });
    let number = world.ready_issue("Fix it");
    let query = run(&world, REPO, number);
    let commit = checked_commit(&world);
    let base = format!("{}/api/v3", world.forge_url());
    let since: DateTime<Utc> = query.runs[0].since;
    assert!(since < world.clock.now());
    with_base(&world, &base, |tracker| {
        tracker.add_label(&issue(number), LOCK).unwrap();
        let comment = tracker.create_comment(&issue(number), "text").unwrap();
        tracker.delete_comment(&issue(number), &comment).unwrap();
        let watched = tracker.watch(std::slice::from_ref(&query)).pop().unwrap();
        let watched = watched.unwrap();
        assert_eq!(watched.locked.len(), 1);
        assert_eq!(checks(&watched).len(), 5);
    });
    world.github.set_check_rights(CheckRights::FINE_GRAINED);
    with_base(&world, &base, |tracker| {
        let checks = tracker.commit_checks(&repo(REPO), &sha(&commit)).unwrap();
        assert_eq!(checks.checks.len(), 3);
    });
}
