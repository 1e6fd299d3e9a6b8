//! The README tells the truth where a machine can check it.

use afk::domain::config::{self, Key, Source};
use afk::domain::identity::ThreadId;
use afk::domain::reason::{Reason, ReasonCode};
use afk::domain::repository::{ForgeKind, IssueRef};
use afk::domain::told::hand_back::{HandBack, LastCommit};
use afk::domain::told::labels::LabelNames;
use afk::domain::told::notification::{BellKind, Notification};
use afk::domain::told::phase_checklist::{Checklist, Phase};
use afk::domain::told::why::why;
use afk::domain::verdict::ci::{CommitSha, FailedCheck};
use afk::tracker::github_app::{POLL_RIGHTS, Right, WATCH_RIGHTS};
use chrono::TimeDelta;

const README: &str = include_str!("../../README.md");

/// The configuration table as the parser's own table of keys gives it.
fn table() -> String {
    let mut table = String::from("| key | default | meaning |\n|---|---|---|\n");
    for key in Key::ALL {
        let file = key
            .file_name()
            .map_or_else(String::new, |file| format!(", `{file}`"));
        let default = key.default().text();
        let default = if default.starts_with(['=', '–'])
            || default.contains(' ')
            || ["empty", "none", "in-cluster"].contains(&default)
        {
            default.to_owned()
        } else {
            format!("`{default}`")
        };
        table.push_str(&format!(
            "| `{}`{file} | {default} | {} |\n",
            key.name(),
            key.doc()
        ));
    }
    table
}

#[test]
fn the_configuration_table_is_the_parsers_own() {
    let (_, rest) = README.split_once("<!-- configuration table -->\n").unwrap();
    let (shown, _) = rest
        .split_once("<!-- end of configuration table -->")
        .unwrap();
    assert!(
        shown == table(),
        "put this table into the README:\n{}",
        table()
    );
}

/// A right of an App as GitHub's settings call it.
fn in_settings(right: &Right) -> (&'static str, &'static str) {
    let name = match right.name {
        "metadata" => "Metadata",
        "issues" => "Issues",
        "contents" => "Contents",
        "pull_requests" => "Pull requests",
        "checks" => "Checks",
        "statuses" => "Commit statuses",
        "actions" => "Actions",
        "deployments" => "Deployments",
        other => panic!("what do GitHub's settings call {other}?"),
    };
    let level = match right.level {
        "read" => "read",
        "write" => "read and write",
        other => panic!("{other}"),
    };
    (name, level)
}

#[test]
fn the_rights_of_an_app_are_those_that_tokens_are_narrowed_to() {
    let use_of = |rights: &[Right], name: &str| {
        let right = rights.iter().find(|right| right.name == name);
        right.map_or("–", |right| if right.required { "needed" } else { "used" })
    };
    let mut table =
        String::from("| right | level | `afk-poll` | `afk-watch` |\n|---|---|---|---|\n");
    for right in WATCH_RIGHTS {
        let (name, level) = in_settings(right);
        let (poll, watch) = (
            use_of(POLL_RIGHTS, right.name),
            use_of(WATCH_RIGHTS, right.name),
        );
        table += &format!("| {name} | {level} | {poll} | {watch} |\n");
    }
    // A poll uses nothing that the table does not tell of.
    for right in POLL_RIGHTS {
        assert!(WATCH_RIGHTS.iter().any(|other| other.name == right.name));
    }
    let (_, rest) = README.split_once("<!-- rights of an App -->\n").unwrap();
    let (told, _) = rest.split_once("<!-- end of rights of an App -->").unwrap();
    assert!(told == table, "put this table into the README:\n{table}");
    // The page for operators tells the same in a sentence.
    let (_, page) = include_str!("../../deploy/README.md")
        .split_once("with the repository rights ")
        .unwrap();
    let (sentence, _) = page.split_once(". ").unwrap();
    let mut told: Vec<(&str, &str)> = Vec::new();
    let mut words = sentence.split('*').skip(1);
    while let (Some(name), Some(after)) = (words.next(), words.next()) {
        let level = if after.starts_with(" read and write") {
            "read and write"
        } else {
            "read"
        };
        told.push((name, level));
    }
    let mut wanted: Vec<(&str, &str)> = WATCH_RIGHTS.iter().map(in_settings).collect();
    told.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(told, wanted, "{sentence}");
}

/// The blocks of JSON that are values of `AFK_REPOS`.
fn examples() -> Vec<&'static str> {
    let (_, rest) = README.split_once("`AFK_REPOS` tells what").unwrap();
    let (section, _) = rest.split_once("\n## ").unwrap();
    section
        .split("```json\n")
        .skip(1)
        .map(|block| block.split("```").next().unwrap())
        .collect()
}

#[test]
fn the_parser_takes_every_chain_that_is_shown() {
    let examples = examples();
    assert!(examples.len() >= 10, "{}", examples.len());
    for example in examples {
        let values = [("AFK_REPOS".to_owned(), Ok(example.to_owned()))].into();
        let loaded = config::load(&[Source::new("README", values)]);
        let repositories = loaded
            .unwrap_or_else(|problems| panic!("{example}: {problems}"))
            .config
            .repositories;
        assert!(!repositories.is_empty(), "{example}");
    }
}

#[test]
fn the_two_commands_are_there() {
    for command in ["cargo run --example demo", "cargo test"] {
        assert!(README.contains(command), "{command}");
    }
}

#[test]
fn every_reason_code_is_explained() {
    for code in ReasonCode::ALL {
        assert!(README.contains(&format!("`{code}`")), "{code}");
    }
}

const THREAD: &str = "8b1b0c0e-8d0a-5b5e-9d58-0d7c2f1f1d11";
const THREAD_URL: &str = "https://t3.example.org/env-1/8b1b0c0e-8d0a-5b5e-9d58-0d7c2f1f1d11";

fn issue() -> IssueRef {
    IssueRef::parse("octo-org/widgets#12", ForgeKind::GitHub).unwrap()
}

fn shown(fence: &str, language: &str, text: &str) {
    let text = text.trim_end();
    let block = format!("\n{fence}{language}\n{text}\n{fence}\n");
    assert!(
        README.contains(&block),
        "put this into the README:\n{block}"
    );
}

fn exhausted() -> Reason {
    Reason::new(
        ReasonCode::BudgetExhausted,
        "Commit 4f1c2b7a is red, and all 5 attempts to repair are used up.",
    )
}

#[test]
fn the_checklist_is_as_rendered() {
    let checklist = Checklist {
        issue: &issue(),
        thread: ThreadId(THREAD.parse().unwrap()),
        branch: "main",
        phase: Phase::Ci,
        rollout_line: true,
        attempts: 1,
        waits: None,
        ending: None,
    };
    shown("```", "markdown", &checklist.render());
}

#[test]
fn the_hand_back_is_as_rendered() {
    let sha = CommitSha::parse("4f1c2b7a00112233445566778899aabbccddeeff").unwrap();
    let check = FailedCheck {
        name: "build".to_owned(),
        url: Some("https://github.com/octo-org/widgets/actions/runs/1/job/2".to_owned()),
        excerpt: None,
    };
    let hand_back = HandBack {
        reason: &exhausted(),
        commit: Some(LastCommit {
            sha: &sha,
            url: Some("https://github.com/octo-org/widgets/commit/4f1c2b7a"),
            red_checks: &[check],
        }),
        branch: "main",
        elapsed: TimeDelta::minutes(75),
        attempts: 5,
        tokens: Some(412_800),
        last_error: None,
        question: None,
        last_message: Some("The test server rejects every key."),
        thread_url: Some(THREAD_URL),
        labels: LabelNames {
            ready: "ready-for-agent",
            in_progress: "agent-in-progress",
            ready_for_human: "ready-for-human",
        },
    };
    shown("````", "markdown", &hand_back.render());
}

#[test]
fn the_bells_are_as_rendered() {
    for (kind, reason) in [
        (
            BellKind::Done,
            Reason::new(ReasonCode::Landed, "Commit 4f1c2b7a is green."),
        ),
        (
            BellKind::NeedsHuman,
            Reason::new(
                ReasonCode::NoPush,
                "The agent finished, and no commit is on the branch.",
            ),
        ),
        (BellKind::Frozen, exhausted()),
    ] {
        let bell = Notification::new(kind, issue(), None, Some(THREAD_URL), &why(&reason));
        shown("```", "text", &format!("{}\n{}", bell.title(), bell.body()));
    }
}
