//! The whole of what `check` says, as text and as JSON, and that the README shows it.

use afk::tick::TickKind;
use serde_json::{Value, json};

use crate::support::saga::Saga;
use crate::support::world::{READY, REPO};

const README: &str = include_str!("../../../README.md");

/// A sound installation, whose only CI is a Woodpecker that nobody named.
fn saga() -> Saga {
    let saga = Saga::new();
    let github = &saga.world.github;
    let sha = github.push_commit(REPO, "alice", "Begin");
    github.create_label(REPO, READY);
    github.commit_status(REPO, &sha, "alice", "ci/woodpecker/push/test", "success");
    saga
}

const OF_POLL: &str = "\
ok       configuration: every value can be read
ok       gates: armed for 1 repository
ok       t3 version: 0.0.26, which was tried
ok       t3 token: may orchestration:read and orchestration:operate
ok       t3 token's end: at 2026-12-20 09:00:00 UTC
ok       t3 reading: 0 projects, 0 threads, 1 KiB large, 0 KiB more a week, 0 % of it released threads older than 30 days
ok       t3 agent: instance claudeAgent with model claude-sonnet-4-6; T3 checks neither before the first turn
ok       github token: it is afk-bot
ok       github rate limit: 4999 requests and 5000 points are left in this hour
ok       github:acme/widgets reading: 0 ready issues
ok       github:acme/widgets visibility: private
ok       github:acme/widgets permissions: permissions of people can be looked up
ok       github:acme/widgets rights: our account may push, label and comment; that the token may write issues, too, can not be seen without writing
ok       github:acme/widgets reads: pull requests can be read
ok       github:acme/widgets label ready-for-agent: is there
ok       github:acme/widgets label agent-in-progress: is missing; it is created when it is first needed
ok       github:acme/widgets label ready-for-human: is missing; it is created when it is first needed
ok       github:acme/widgets branch main: no rule refuses a push
ok       github:acme/widgets actions: whether they are switched on is told to admins only
ok       github:acme/widgets workspace: the first start makes its project, in /data/github.com/acme/widgets-1
";

/// What was told, with the address of the real GitHub.
fn told(saga: &Saga, kind: TickKind) -> String {
    let id = format!("widgets-{}\n", saga.world.repository_id);
    let text = saga.check(kind).to_string();
    text.replace("/data/127.0.0.1/", "/data/github.com/")
        .replace(&id, "widgets-1\n")
}

#[test]
fn everything_that_a_watcher_needs_is_told_as_shown() {
    let saga = saga();
    let text = told(&saga, TickKind::Watch);
    let block = format!("```text\n{text}```\n");
    assert!(
        README.contains(&block),
        "put what check says into the README:\n{block}"
    );
}

#[test]
fn everything_that_a_poller_needs_is_told() {
    assert_eq!(told(&saga(), TickKind::Poll), OF_POLL);
}

/// One line of text for each line of the document, with the same words.
#[test]
fn text_and_document_say_the_same() {
    let told = saga().check(TickKind::Watch);
    let document = serde_json::to_value(&told).unwrap();
    assert_eq!(document["version"], 1);
    assert_eq!(
        document["lines"][0],
        json!({"level": "ok", "subject": "configuration", "fact": "every value can be read", "mend": ""})
    );
    let of_document: String = document["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| {
            let word = |member: &str| line[member].as_str().unwrap().to_owned();
            let level = match word("level").as_str() {
                "ok" => "ok     ",
                "warning" => "warning",
                "problem" => "PROBLEM",
                other => panic!("{other}"),
            };
            let mend = match word("mend") {
                none if none.is_empty() => none,
                mend => format!("         -> {mend}\n"),
            };
            format!("{level}  {}: {}\n{mend}", word("subject"), word("fact"))
        })
        .collect();
    assert_eq!(told.to_string(), of_document);
    let members = document.as_object().unwrap().keys();
    assert_eq!(members.collect::<Vec<_>>(), ["lines", "version"]);
    assert!(
        document["lines"]
            .as_array()
            .unwrap()
            .iter()
            .all(Value::is_object)
    );
}
