//! Who may use whom: reads the `use` lines and paths of the sources and holds them against the rules. Also that no files use
//! each other in a circle, and that files keep to their size.

mod circles;
mod sources;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use self::circles::circles;
use self::sources::{Sources, before_tests};

/// Lines of a file with its unit tests, and without them.
const MAX_LINES: usize = 600;
const MAX_LINES_WITHOUT_TESTS: usize = 400;

/// Files that are longer, and why.
const LONG_FILES: &[(&str, &str)] = &[];

/// What the code of each part of the crate may name. A part may always name itself.
const ALLOWED: &[(&str, &[&str])] = &[
    // The words on the ground floor of the domain, then its rooms.
    ("domain", &[]),
    ("domain/config", &["domain"]),
    ("domain/text", &["domain"]),
    ("domain/start", &["domain", "domain/config", "domain/text"]),
    (
        "domain/verdict",
        &["domain", "domain/config", "domain/text"],
    ),
    (
        "domain/run",
        &["domain", "domain/config", "domain/text", "domain/verdict"],
    ),
    (
        "domain/told",
        &[
            "domain",
            "domain/config",
            "domain/run",
            "domain/text",
            "domain/verdict",
        ],
    ),
    (
        "domain/record",
        &["domain", "domain/run", "domain/start", "domain/text"],
    ),
    ("clock", &[]),
    ("fan_out", &[]),
    ("exit_code", &[]),
    ("service_error", &[]),
    (
        "http",
        &[
            "clock",
            "domain",
            "domain/config",
            "domain/text",
            "service_error",
        ],
    ),
    ("executor", &["domain", "domain/run", "service_error"]),
    (
        "executor/t3",
        &[
            "clock",
            "domain",
            "domain/config",
            "domain/run",
            "domain/text",
            "executor",
            "fan_out",
            "http",
            "service_error",
        ],
    ),
    (
        "tracker",
        &["domain", "domain/start", "domain/verdict", "service_error"],
    ),
    (
        "tracker/router",
        &[
            "domain",
            "domain/start",
            "domain/verdict",
            "fan_out",
            "service_error",
            "tracker",
        ],
    ),
    (
        "tracker/forgejo",
        &[
            "clock",
            "domain",
            "domain/config",
            "domain/start",
            "domain/verdict",
            "fan_out",
            "http",
            "service_error",
            "tracker",
        ],
    ),
    (
        "tracker/github",
        &[
            "clock",
            "domain",
            "domain/config",
            "domain/start",
            "domain/text",
            "domain/verdict",
            "fan_out",
            "http",
            "service_error",
            "tracker",
        ],
    ),
    (
        "tracker/github_app",
        &[
            "clock",
            "domain",
            "domain/config",
            "domain/start",
            "domain/verdict",
            "http",
            "service_error",
            "tracker",
            "tracker/github",
        ],
    ),
    (
        "ci",
        &["domain", "domain/config", "domain/verdict", "service_error"],
    ),
    (
        "ci/woodpecker",
        &[
            "ci",
            "clock",
            "domain",
            "domain/config",
            "domain/text",
            "domain/verdict",
            "http",
            "service_error",
        ],
    ),
    (
        "ci/rollout",
        &[
            "ci",
            "clock",
            "domain",
            "domain/config",
            "domain/text",
            "domain/verdict",
            "http",
            "service_error",
        ],
    ),
    ("notifier", &["domain", "domain/told", "service_error"]),
    (
        "notifier/slack",
        &[
            "clock",
            "domain",
            "domain/config",
            "domain/text",
            "domain/told",
            "http",
            "notifier",
            "service_error",
        ],
    ),
    (
        "notifier/ntfy",
        &[
            "clock",
            "domain",
            "domain/config",
            "domain/text",
            "domain/told",
            "http",
            "notifier",
            "service_error",
        ],
    ),
    (
        "tick",
        &[
            "ci",
            "clock",
            "domain",
            "domain/config",
            "domain/record",
            "domain/run",
            "domain/start",
            "domain/text",
            "domain/told",
            "domain/verdict",
            "executor",
            "exit_code",
            "fan_out",
            "notifier",
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
            "domain/config",
            "domain/record",
            "domain/run",
            "domain/start",
            "domain/text",
            "domain/told",
            "domain/verdict",
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
            "tracker/forgejo",
            "tracker/github",
            "tracker/github_app",
            "tracker/router",
        ],
    ),
    ("lib", &[]),
    ("bin", &["app"]),
];

/// Libraries that one part alone may name.
const OWNED: &[(&str, &[&str])] = &[
    ("reqwest", &["http"]),
    ("rustls", &["http", "tracker/github_app"]),
    ("ring", &["domain/start", "tracker/github_app"]),
    ("base64", &["executor/t3", "tracker/github_app"]),
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
    before_tests(text)
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// The part that a module belongs to.
fn part_of_module(path: &[String]) -> &'static str {
    let path = if path.is_empty() {
        "lib".to_owned()
    } else {
        path.join("/")
    };
    part_of(&path).unwrap_or_else(|| panic!("src/{path} belongs to no part: list it in ALLOWED"))
}

#[test]
fn every_part_uses_only_what_it_may() {
    let sources = Sources::of_the_crate();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let mut offences = Vec::new();
    for (path, used) in sources.uses() {
        let module = &sources.modules[path];
        let part = part_of_module(path);
        *seen.entry(part).or_default() += 1;
        let allowed = ALLOWED.iter().find(|(name, _)| *name == part).unwrap().1;
        for used in used {
            let used_part = part_of_module(used);
            if used_part != part && !allowed.contains(&used_part) {
                offences.push(format!("{} ({part}) uses {}", module.file, used.join("/")));
            }
        }
        offences.extend(offences_of_code(&module.file, part, &module.code));
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/bin");
    let mut binaries = Vec::new();
    self::sources(&root, &mut binaries);
    for file in binaries {
        let code = code(&std::fs::read_to_string(&file).unwrap());
        *seen.entry("bin").or_default() += 1;
        for (at, _) in code.match_indices("afk::") {
            if !code[at..].starts_with("afk::app") {
                offences.push(format!("{} uses more than app", file.display()));
            }
        }
        offences.extend(offences_of_code(&file.to_string_lossy(), "bin", &code));
    }
    assert_eq!(offences, Vec::<String>::new());
    for (part, _) in ALLOWED {
        assert!(
            seen.contains_key(part),
            "no file belongs to {part}: remove it from ALLOWED"
        );
    }
}

/// What code names beside files of this crate and may not.
fn offences_of_code(file: &str, part: &str, code: &str) -> Vec<String> {
    let mut offences = Vec::new();
    let house = part.split('/').next().unwrap();
    for (library, owners) in OWNED {
        let named = code.match_indices(&format!("{library}::")).any(|(at, _)| {
            !code[..at].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | ':'))
        });
        if named && !owners.contains(&house) && !owners.contains(&part) {
            offences.push(format!("{file} ({part}) uses {library}"));
        }
    }
    if house == "domain" {
        for forbidden in ["tracing::", "Utc::now", "Instant", "new_v4"] {
            if code.contains(forbidden) {
                offences.push(format!("{file} (domain) uses {forbidden}"));
            }
        }
    }
    offences
}

/// The circles among files, named by their files.
fn circles_of(sources: &Sources) -> Vec<Vec<&str>> {
    circles(&sources.uses())
        .into_iter()
        .map(|circle| {
            let mut files: Vec<&str> = circle
                .into_iter()
                .map(|path| sources.modules[path].file.as_str())
                .collect();
            files.sort_unstable();
            files
        })
        .collect()
}

#[test]
fn no_files_use_each_other_in_a_circle() {
    let sources = Sources::of_the_crate();
    assert!(sources.modules.len() > 60, "sources were not found");
    let arrows: usize = sources.uses().values().map(|used| used.len()).sum();
    assert!(arrows > 200, "only {arrows} uses were found");
    assert_eq!(circles_of(&sources), Vec::<Vec<&str>>::new());
}

/// The files of the planted sources that stand in a circle.
fn planted(texts: &[(&str, &str)]) -> Vec<String> {
    let owned = texts
        .iter()
        .map(|(file, text)| ((*file).to_owned(), (*text).to_owned()));
    circles_of(&Sources::from_texts(owned))
        .concat()
        .into_iter()
        .map(str::to_owned)
        .collect()
}

#[test]
fn planted_circles_are_found() {
    for (texts, expected) in [
        // By `use` from the root and from above.
        (
            &[
                ("a/b.rs", "use crate::a::c::C;\npub struct B(C);"),
                ("a/c.rs", "use super::b::B;\npub struct C;"),
                ("a/mod.rs", "mod b;\nmod c;"),
            ][..],
            &["a/b.rs", "a/c.rs"][..],
        ),
        // By paths in code alone.
        (
            &[
                ("a.rs", "fn a() { crate::b::b() }"),
                ("b.rs", "fn b() { super::a::a() }"),
            ],
            &["a.rs", "b.rs"],
        ),
        // Over three files, one of them behind a signpost, in a tree over several lines.
        (
            &[
                (
                    "a/mod.rs",
                    "mod one;\npub use self::one::{\n    One,\n    other::Other as Another,\n};",
                ),
                ("a/one.rs", "use crate::b::{self, deep::{Deep, self}};"),
                ("b/mod.rs", "pub mod deep;"),
                ("b/deep.rs", "use crate::c::C;"),
                ("c.rs", "use crate::{\n    a::One,\n    d,\n};"),
                ("d.rs", ""),
            ],
            &["a/one.rs", "b/deep.rs", "c.rs"],
        ),
        // A parent that speaks of what it shows on, and a child that uses its parent.
        (
            &[
                (
                    "a/mod.rs",
                    "pub use self::b::B;\npub trait A { fn b(&self) -> B; }",
                ),
                ("a/b.rs", "use super::A;"),
            ],
            &["a/b.rs", "a/mod.rs"],
        ),
        // A child named without `self`.
        (
            &[
                ("a/mod.rs", "mod b;\nfn a() { b::b() }"),
                ("a/b.rs", "fn b() { super::a() }"),
            ],
            &["a/b.rs", "a/mod.rs"],
        ),
        // No circle: a signpost alone, the same name elsewhere, comments, unit tests.
        (
            &[
                ("a/mod.rs", "pub use self::b::B;\npub struct A;"),
                ("a/b.rs", "use super::A;\npub struct B;"),
                (
                    "c.rs",
                    "use std::a::B;\n// crate::d::D\n#[cfg(test)]\nmod tests { use crate::d::D; }",
                ),
                ("d.rs", "use crate::c::C;\n#[cfg(test)]\nmod tests;"),
                ("d/tests.rs", "use crate::a::A;"),
            ],
            &[],
        ),
    ] {
        assert_eq!(planted(texts), expected, "{texts:?}");
    }
}

#[test]
fn files_keep_to_their_size() {
    let sources = Sources::of_the_crate();
    let mut long = Vec::new();
    for module in sources.modules.values() {
        if module.lines > MAX_LINES || module.lines_before_tests > MAX_LINES_WITHOUT_TESTS {
            long.push((
                module.file.as_str(),
                module.lines,
                module.lines_before_tests,
            ));
        }
    }
    for (file, lines) in &sources.test_files {
        if *lines > MAX_LINES {
            long.push((file.as_str(), *lines, 0));
        }
    }
    let (long, unneeded) = against(long, LONG_FILES);
    assert_eq!(long, Vec::new(), "file, lines, lines before its tests");
    assert_eq!(unneeded, Vec::<&str>::new(), "in LONG_FILES, and not long");
}

/// Returns which long files are not `known`, and which known ones are not long (any more).
fn against<'f>(
    mut long: Vec<(&'f str, usize, usize)>,
    known: &[(&'f str, &str)],
) -> (Vec<(&'f str, usize, usize)>, Vec<&'f str>) {
    let unneeded = known
        .iter()
        .map(|(known, _)| *known)
        .filter(|known| !long.iter().any(|(file, _, _)| file == known))
        .collect();
    long.retain(|(file, _, _)| !known.iter().any(|(known, _)| known == file));
    (long, unneeded)
}

#[test]
fn planted_long_files_and_entries_without_one_are_found() {
    let long = vec![("a.rs", 700, 300), ("b.rs", 500, 450)];
    let known = [("b.rs", "known"), ("c.rs", "split long ago")];
    assert_eq!(
        against(long, &known),
        (vec![("a.rs", 700, 300)], vec!["c.rs"])
    );
}

#[test]
fn domain_enums_are_matched_without_wildcards() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/domain");
    let mut files = Vec::new();
    sources(&root, &mut files);
    assert!(files.len() > 10);
    // Tables of tests are no part of the program.
    let of_tests = |file: &PathBuf| {
        let path = file.strip_prefix(&root).unwrap().with_extension("");
        path.components()
            .any(|part| part.as_os_str().to_string_lossy().ends_with("tests"))
    };
    files.retain(|file| !of_tests(file));
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
        wildcards <= 45,
        "{wildcards} wildcard arms in src/domain: is one of them on an enum of ours?"
    );
}
