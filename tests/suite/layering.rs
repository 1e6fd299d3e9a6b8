//! Who may use whom: reads the `use` lines and paths of the sources and holds them against the rules.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What the code of each part of the crate may name. A part may always name itself.
const ALLOWED: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("clock", &[]),
    ("fan_out", &[]),
    ("exit_code", &[]),
    ("service_error", &[]),
    ("http", &["clock", "domain", "service_error"]),
    ("executor", &["domain", "service_error"]),
    (
        "executor/t3",
        &["clock", "domain", "executor", "http", "service_error"],
    ),
    ("tracker", &["domain", "service_error"]),
    ("tracker/router", &["domain", "service_error", "tracker"]),
    (
        "tracker/github",
        &[
            "clock",
            "domain",
            "fan_out",
            "http",
            "service_error",
            "tracker",
        ],
    ),
    ("ci", &["domain", "service_error"]),
    (
        "ci/woodpecker",
        &["ci", "clock", "domain", "http", "service_error"],
    ),
    (
        "ci/rollout",
        &["ci", "clock", "domain", "http", "service_error"],
    ),
    ("notifier", &["domain", "service_error"]),
    (
        "notifier/slack",
        &["clock", "domain", "http", "notifier", "service_error"],
    ),
    (
        "notifier/ntfy",
        &["clock", "domain", "http", "notifier", "service_error"],
    ),
    (
        "tick",
        &[
            "ci",
            "notifier",
            "clock",
            "domain",
            "executor",
            "exit_code",
            "fan_out",
            "service_error",
            "tracker",
        ],
    ),
    (
        "app",
        &[
            "ci",
            "ci/rollout",
            "ci/woodpecker",
            "clock",
            "domain",
            "executor",
            "executor/t3",
            "exit_code",
            "fan_out",
            "http",
            "notifier",
            "notifier/ntfy",
            "notifier/slack",
            "service_error",
            "tick",
            "tracker",
            "tracker/github",
            "tracker/router",
        ],
    ),
    ("lib", &[]),
    ("bin", &["app"]),
];

/// Libraries that one part alone may name.
const OWNED: &[(&str, &[&str])] = &[
    ("reqwest", &["http"]),
    ("rustls", &["http"]),
    ("anyhow", &["app"]),
    ("clap", &["app"]),
    ("signal_hook", &["app"]),
    ("tracing_subscriber", &["app"]),
    ("envy", &["domain"]),
    ("std::env", &["app"]),
    ("std::fs", &["app", "http"]),
    ("std::process", &["app", "bin", "exit_code"]),
    ("std::net", &[]),
];

fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The part that a file or a path such as `tracker/github/wire` belongs to: the longest one that is listed.
fn part_of(path: &str) -> Option<&'static str> {
    ALLOWED
        .iter()
        .map(|(part, _)| *part)
        .filter(|part| {
            path == *part
                || path.starts_with(&format!("{part}/"))
                || path.starts_with(&format!("{part}_"))
        })
        .max_by_key(|part| part.len())
}

/// Code without its comments and without its unit tests, which stand at the end.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]").next().unwrap();
    text.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn every_part_uses_only_what_it_may() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let mut offences = Vec::new();
    for file in files {
        let path = file.strip_prefix(&root).unwrap().with_extension("");
        let path = path.to_str().unwrap().trim_end_matches("/mod").to_owned();
        if path.split('/').any(|part| part.ends_with("tests")) {
            continue;
        }
        let part = part_of(&path)
            .unwrap_or_else(|| panic!("src/{path}.rs belongs to no part: list it in ALLOWED"));
        *seen.entry(part).or_default() += 1;
        let allowed = ALLOWED.iter().find(|(name, _)| *name == part).unwrap().1;
        let code = code(&std::fs::read_to_string(&file).unwrap());
        let prefix = if part == "bin" { "afk::" } else { "crate::" };
        for (start, _) in code.match_indices(prefix) {
            let used: String = code[start + prefix.len()..]
                .chars()
                .take_while(|c| c.is_alphanumeric() || matches!(c, '_' | ':'))
                .collect();
            let used = used.trim_end_matches(':').replace("::", "/");
            let used = part_of(&used).unwrap_or_else(|| panic!("{path}: unknown part {used}"));
            if used != part && !allowed.contains(&used) {
                offences.push(format!("{path} ({part}) uses {used}"));
            }
        }
        for (library, owners) in OWNED {
            let named = code.contains(&format!("{library}::"));
            if named && !owners.contains(&part) {
                offences.push(format!("{path} ({part}) uses {library}"));
            }
        }
        if part == "domain" {
            for forbidden in ["tracing::", "Utc::now", "Instant", "new_v4"] {
                if code.contains(forbidden) {
                    offences.push(format!("{path} (domain) uses {forbidden}"));
                }
            }
        }
    }
    assert_eq!(offences, Vec::<String>::new());
    for (part, _) in ALLOWED {
        assert!(
            seen.contains_key(part),
            "no file belongs to {part}: remove it from ALLOWED"
        );
    }
}

#[test]
fn domain_enums_are_matched_without_wildcards() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/domain");
    let mut files = Vec::new();
    sources(&root, &mut files);
    assert!(files.len() > 10);
    // A wildcard is allowed in matches on words, characters and numbers, which have no last variant.
    let wildcards: usize = files
        .iter()
        .map(|file| {
            code(&std::fs::read_to_string(file).unwrap())
                .lines()
                .filter(|line| line.trim_start().starts_with("_ =>"))
                .count()
        })
        .sum();
    assert!(
        wildcards <= 25,
        "{wildcards} wildcard arms in src/domain: is one of them on an enum of ours?"
    );
}
