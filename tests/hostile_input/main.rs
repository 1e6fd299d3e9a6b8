//! The fuzz targets as ordinary tests: same inputs and same result on every run.
//!
//! Recorded inputs and everything that was found before are in `tests/fixtures/hostile_input`, one folder per target.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "test code: nobody links against it, and a broken assumption must stop the test"
)]

mod long_texts;
mod promises;

use std::path::Path;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

use self::promises::exchange::{Exchange, split};
use self::promises::forge_answers::{judged, read_issue, read_runs};
use self::promises::{
    configuration, deploy_answers, forge_answers, t3_answers, texts_in, texts_out,
};
use afk::tracker::{Checks, IssueLookup, RunIssue, WatchReading};

type Target = fn(&[u8]);

/// Name, function, and how many of a hundred cases it gets: pages take longer to read than answers.
const TARGETS: [(&str, Target, u32); 6] = [
    ("configuration", configuration, 60),
    ("t3_answers", t3_answers, 100),
    ("forge_answers", forge_answers, 100),
    ("deploy_answers", deploy_answers, 100),
    ("texts_in", texts_in, 100),
    ("texts_out", texts_out, 20),
];

const SEPARATOR: &[u8] = b"\n%%%\n";

/// Small pieces that mean something to one of the readers, or nothing good to any.
const WORDS: &[&str] = &[
    "null",
    "true",
    "-1",
    "0",
    "18446744073709551616",
    "1e999",
    "{}",
    "[]",
    "\"\"",
    ",",
    ":",
    "%%%\n",
    "\n%%%\n",
    "\\u0000",
    "\\ud800",
    "\"errors\":[{\"message\":\"x\"}],",
    "\u{202e}",
    "\u{200b}",
    "\u{feff}",
    "\u{e0041}",
    "&#8238;",
    "<!--",
    "-->",
    "<!-- afk:run ",
    "<script>",
    "<",
    "@all",
    "`",
    "```",
    "~~~",
    "\n# ",
    "\n> ",
    "\n- ",
    "\n\n",
    "\\",
    "|",
    " · ",
    "afk1|",
    "#7",
    "Blocked by ",
    "GH-7",
    "[x](y)",
    "https://",
    "://",
    "%SECRET%",
    "%TOKEN%",
    "AFK_KILL_SWITCH=off\n",
    "AFK_ALLOWLIST=a/b\n",
    "---\n",
    "\\n",
    "Afk-Run: ",
    "[skip ci]",
    "priority:",
    "9999999999",
    "200\n",
    "404\n\n",
    "\r\n",
    "\t",
];

/// What replaces a value of an answer.
fn replacements() -> Vec<Value> {
    let mut deep = json!(1);
    for _ in 0..200 {
        deep = json!([deep]);
    }
    vec![
        Value::Null,
        json!(true),
        json!(-1),
        json!(u64::MAX),
        json!(1e300),
        json!(""),
        json!("x".repeat(5_000)),
        json!("\u{202e}\u{0}@all"),
        json!([]),
        json!({}),
        json!([null]),
        deep,
    ]
}

fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/hostile_input")
        .join(target);
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read(path).unwrap())
        })
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{target} has no recorded inputs");
    files
}

fn recorded(target: &str, name: &str) -> Vec<u8> {
    let mut files = corpus(target).into_iter();
    files.find(|(known, _)| known == name).unwrap().1
}

fn runner(cases: u32) -> TestRunner {
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 500,
        ..Config::default()
    };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

/// How an input is damaged.
#[derive(Clone, Debug)]
enum Damage {
    Flip(prop::sample::Index, u8),
    Cut(prop::sample::Index, usize),
    Repeat(prop::sample::Index, usize),
    Truncate(prop::sample::Index),
    Insert(prop::sample::Index, &'static str),
    Splice(prop::sample::Index, prop::sample::Index),
    Question(u8),
    /// Replaces or removes one value of a JSON answer.
    Value(prop::sample::Index, prop::sample::Index, Option<Value>),
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = any::<prop::sample::Index>;
    prop_oneof![
        1 => (at(), any::<u8>()).prop_map(|(at, byte)| Damage::Flip(at, byte)),
        1 => (at(), 1..200_usize).prop_map(|(at, length)| Damage::Cut(at, length)),
        1 => (at(), 1..200_usize).prop_map(|(at, length)| Damage::Repeat(at, length)),
        1 => at().prop_map(Damage::Truncate),
        1 => (at(), prop::sample::select(WORDS)).prop_map(|(at, word)| Damage::Insert(at, word)),
        1 => (at(), at()).prop_map(|(at, other)| Damage::Splice(at, other)),
        1 => any::<u8>().prop_map(Damage::Question),
        3 => (
            at(),
            at(),
            prop::option::weighted(0.7, prop::sample::select(replacements()))
        )
            .prop_map(|(answer, at, value)| Damage::Value(answer, at, value)),
    ]
}

impl Damage {
    fn apply(&self, bytes: &mut Vec<u8>, corpus: &[(String, Vec<u8>)]) {
        if bytes.is_empty() {
            return;
        }
        match self {
            Self::Flip(at, byte) => {
                let at = at.index(bytes.len());
                bytes[at] ^= byte;
            }
            Self::Cut(at, length) => {
                let at = at.index(bytes.len());
                let end = (at + length).min(bytes.len());
                bytes.drain(at..end);
            }
            Self::Repeat(at, length) => {
                let at = at.index(bytes.len());
                let end = (at + length).min(bytes.len());
                let part = bytes[at..end].to_vec();
                bytes.splice(at..at, part);
            }
            Self::Truncate(at) => bytes.truncate(at.index(bytes.len())),
            Self::Insert(at, word) => {
                let at = at.index(bytes.len());
                bytes.splice(at..at, word.bytes());
            }
            Self::Splice(at, other) => {
                let at = at.index(bytes.len());
                let (_, other) = &corpus[other.index(corpus.len())];
                bytes.splice(at..at, other.iter().copied().take(2_000));
            }
            Self::Question(question) => bytes[0] = *question,
            Self::Value(answer, at, value) => {
                let (question, rest) = bytes.split_at(1);
                let mut answers: Vec<Vec<u8>> = split(rest, SEPARATOR)
                    .into_iter()
                    .map(<[u8]>::to_vec)
                    .collect();
                let answer = answer.index(answers.len());
                let Ok(mut json) = serde_json::from_slice::<Value>(&answers[answer]) else {
                    return;
                };
                let places = places(&json);
                if places.is_empty() {
                    return;
                }
                change(&mut json, &places[at.index(places.len())], value.clone());
                answers[answer] = json.to_string().into_bytes();
                *bytes = [question.to_vec(), answers.join(SEPARATOR)].concat();
            }
        }
    }
}

/// Pointers to every value in a document but the document itself.
fn places(json: &Value) -> Vec<String> {
    fn walk(value: &Value, at: &str, found: &mut Vec<String>) {
        let children: Vec<(String, &Value)> = match value {
            Value::Object(members) => members
                .iter()
                .map(|(key, value)| (key.replace('~', "~0").replace('/', "~1"), value))
                .collect(),
            Value::Array(items) => items
                .iter()
                .enumerate()
                .map(|(index, value)| (index.to_string(), value))
                .collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
        };
        for (key, value) in children {
            let at = format!("{at}/{key}");
            found.push(at.clone());
            walk(value, &at, found);
        }
    }
    let mut found = Vec::new();
    walk(json, "", &mut found);
    found
}

/// Replaces the value at a place; removes it without a replacement.
fn change(json: &mut Value, place: &str, value: Option<Value>) {
    if let Some(value) = value {
        if let Some(old) = json.pointer_mut(place) {
            *old = value;
        }
        return;
    }
    let (parent, key) = place.rsplit_once('/').unwrap();
    let key = key.replace("~1", "/").replace("~0", "~");
    match json.pointer_mut(parent) {
        Some(Value::Object(members)) => _ = members.remove(&key),
        Some(Value::Array(items)) => _ = items.remove(key.parse().unwrap()),
        Some(_) | None => {}
    }
}

#[test]
fn recorded_inputs_and_old_findings_keep_every_promise() {
    for (name, target, _) in TARGETS {
        for (file, bytes) in corpus(name) {
            let kept = std::panic::catch_unwind(|| target(&bytes));
            assert!(kept.is_ok(), "{name}/{file}");
        }
    }
}

#[test]
fn arbitrary_bytes_keep_every_promise() {
    for (_, target, share) in TARGETS {
        runner(2 * share)
            .run(&prop::collection::vec(any::<u8>(), 0..400), |bytes| {
                target(&bytes);
                Ok(())
            })
            .unwrap();
    }
}

#[test]
fn texts_of_words_keep_every_promise() {
    let words = prop::collection::vec(
        prop_oneof![
            prop::sample::select(WORDS).prop_map(str::to_owned),
            "[a-z0-9 *_~=|&;.(-]{0,6}",
        ],
        0..30,
    );
    for (_, target, share) in TARGETS {
        runner(2 * share)
            .run(&words, |words| {
                target(words.concat().as_bytes());
                Ok(())
            })
            .unwrap();
    }
}

#[test]
fn damaged_inputs_keep_every_promise() {
    for (name, target, share) in TARGETS {
        let corpus = corpus(name);
        let damages = prop::collection::vec(damage(), 1..4);
        runner(3 * share)
            .run(
                &(any::<prop::sample::Index>(), damages),
                |(file, damages)| {
                    let mut bytes = corpus[file.index(corpus.len())].1.clone();
                    for damage in &damages {
                        damage.apply(&mut bytes, &corpus);
                    }
                    target(&bytes);
                    Ok(())
                },
            )
            .unwrap();
    }
}

/// One answer of a recorded conversation with something taken out of it, and the conversation.
fn with_losses(bytes: &[u8]) -> Vec<(String, Exchange)> {
    let (question, rest) = bytes.split_at(1);
    let answers = split(rest, SEPARATOR);
    let mut all = Vec::new();
    for (index, answer) in answers.iter().enumerate() {
        let json: Value = serde_json::from_slice(answer).unwrap();
        for place in places(&json) {
            // A shorter list is another list; what a list can be is told by the counts beside it.
            if place.ends_with(|c: char| c.is_ascii_digit())
                && !place.ends_with("/r0")
                && !place.ends_with("/i0")
            {
                continue;
            }
            let mut damaged = json.clone();
            change(&mut damaged, &place, None);
            let mut answers: Vec<Vec<u8>> = answers.iter().map(|answer| answer.to_vec()).collect();
            answers[index] = damaged.to_string().into_bytes();
            let bytes = [question.to_vec(), answers.join(SEPARATOR)].concat();
            all.push((format!("{index}{place}"), Exchange::read(&bytes).unwrap()));
        }
    }
    all
}

#[test]
fn an_issue_passes_with_all_members_or_not_at_all() {
    let bytes = recorded("forge_answers", "issue");
    let Some(IssueLookup::Issue(whole)) = read_issue(&Exchange::read(&bytes).unwrap()) else {
        panic!("the recorded issue can not be read");
    };
    assert!(judged(&whole), "{whole:?}");
    let mut losses = 0;
    for (place, exchange) in with_losses(&bytes) {
        losses += 1;
        if let Some(IssueLookup::Issue(facts)) = read_issue(&exchange)
            && judged(&facts)
        {
            // Nobody is somebody who is not trusted, and an account without a number is told by its login.
            const WEAKER: [&str; 5] = [
                "/userContentEdits/totalCount",
                "/author",
                "/databaseId",
                "/editor",
                "/actor",
            ];
            let weaker = WEAKER.iter().any(|weaker| place.ends_with(weaker));
            assert!(
                weaker || facts == whole,
                "passes without {place}: {facts:?}"
            );
        }
    }
    assert!(losses > 60, "{losses}");
}

/// A reading without what only people look at.
fn decisive(mut reading: WatchReading) -> WatchReading {
    for commit in &mut reading.commits {
        if let Checks::Read(told) = &mut commit.checks {
            for check in &mut told.checks {
                (check.url, check.excerpt, check.at) = (None, None, None);
            }
        }
    }
    reading
}

/// What a reading lacks, in its own words.
fn confesses(reading: &WatchReading) -> bool {
    let gaps = |run: &RunIssue| run.issue().is_none_or(|issue| !issue.gaps.is_empty());
    reading.runs.iter().any(gaps)
        || reading
            .commits
            .iter()
            .any(|commit| !matches!(commit.checks, Checks::Read(_)))
}

#[test]
fn a_watched_repository_is_whole_or_says_that_it_is_not() {
    let bytes = recorded("forge_answers", "watch");
    let whole = read_runs(&Exchange::read(&bytes).unwrap()).unwrap();
    assert!(!confesses(&whole), "{whole:?}");
    let whole = decisive(whole);
    let (mut losses, mut missed) = (0, Vec::new());
    for (place, exchange) in with_losses(&bytes) {
        losses += 1;
        let Some(reading) = read_runs(&exchange) else {
            continue;
        };
        if confesses(&reading) {
            continue;
        }
        let reading = decisive(reading);
        // Without these, what is left means something weaker that is a fact of its own.
        const WEAKER: [&str; 13] = [
            "/history/nodes/0/author",
            "/author/email",
            "/isCrossRepository",
            "/commit",
            "/defaultBranchRef",
            "/actor",
            "/databaseId",
            "/id",
            "/conclusion",
            "/app",
            "/branch",
            "/workflowRun",
            "/editor",
        ];
        // An entry that can not be read costs that issue alone: it is no stray of this tick, and goes on to brake poll.
        let weaker = WEAKER.iter().any(|weaker| place.ends_with(weaker));
        if weaker || place.contains("/locked/nodes/") {
            continue;
        }
        if reading != whole {
            missed.push(place);
        }
    }
    assert_eq!(missed, Vec::<String>::new(), "losses that nobody told of");
    assert!(losses > 90, "{losses}");
}

#[test]
fn an_answer_about_another_issue_is_not_taken() {
    let text = String::from_utf8(recorded("forge_answers", "issue")).unwrap();
    let other = text.replacen("\"number\":87", "\"number\":88", 1);
    assert_eq!(read_issue(&Exchange::read(other.as_bytes()).unwrap()), None);
}

#[test]
fn nesting_without_end_is_unreadable_everywhere() {
    let nested = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let deep = nested(100_000);
    let answers = [
        deep.clone(),
        "{\"a\":".repeat(100_000),
        format!("{{\"data\":{deep},\"errors\":{deep}}}"),
        format!("404\n\n{deep}"),
    ];
    for answer in &answers {
        for question in b'0'..b'8' {
            let bytes = [&[question], answer.as_bytes()].concat();
            for target in [t3_answers, forge_answers, deploy_answers] {
                target(&bytes);
            }
        }
    }
    configuration(format!("AFK_REPOS={{\"a/b\":{deep}}}").as_bytes());
    texts_in(format!("title\n{deep}").as_bytes());
    texts_out(nested(5_000).as_bytes());
    // The place that holds it says so, and nothing else is made of it.
    let lookup = read_issue(&Exchange::read(format!("1{}", answers[2]).as_bytes()).unwrap());
    assert_eq!(lookup, None);
}

#[test]
fn a_hundred_thousand_labels_are_read_and_refused() {
    let bytes = recorded("forge_answers", "issue");
    let text = String::from_utf8(bytes).unwrap();
    let one = "{\"name\":\"ready-for-agent\"}";
    let many = vec![one; 100_000].join(",");
    let text = text.replacen(one, &many, 1);
    let Some(IssueLookup::Issue(facts)) = read_issue(&Exchange::read(text.as_bytes()).unwrap())
    else {
        panic!("unreadable");
    };
    assert_eq!(facts.labels.len(), 100_000);
    assert_ne!(facts.gaps, Vec::<String>::new());
    assert!(!judged(&facts));
}

/// Bodies as long as GitHub takes them, made of what is costly to read in the wrong way: with the square of their length,
/// the first four alone would take minutes.
#[test]
fn the_longest_bodies_are_read() {
    const LONGEST: usize = 65_536;
    for (head, piece) in [
        ("Blocked by:\n- ", "a/"),
        ("Blocked by ", "and/"),
        ("Blocked by:\n- ", "[a]("),
        ("", "Blocked by: [a]("),
        ("", "Blocked by "),
        ("Blocked by ", "https://"),
        ("", "#7 "),
        ("", "[skip "),
        ("", "`"),
        ("", "*a_"),
        ("", "<a "),
        ("", "</"),
        ("", "<div "),
        ("", "<!--"),
        ("", "<script>"),
        ("", "[a]: b\n[a]\n"),
        ("", "[^1]\n"),
        ("", "![a]("),
        ("", "|a|b|\n|-|-|\n"),
        ("", "> "),
        ("", "&#8238;"),
        ("", "\u{200d}"),
    ] {
        let body = piece.repeat((LONGEST - head.len()) / piece.len());
        texts_in(format!("title\n{head}{body}").as_bytes());
    }
}
