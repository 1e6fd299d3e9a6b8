//! The built binaries as a GitHub App: tokens of installations in place of one of an account.
//!
//! The sandbox's clock is days behind the machine's in all of these stories, so every assertion is refused first and made again
//! by the forge's time.

use std::path::PathBuf;

use ring::signature::{KeyPair as _, RsaKeyPair};
use rustls::pki_types::PrivatePkcs1KeyDer;
use rustls::pki_types::pem::PemObject as _;

use crate::support::sandbox::github::{GitHubOptions, TokenAccount};
use crate::support::sandbox::github_app::{AppWorld, Installation};
use crate::support::world::{Finished, LOCK, REPO, World, WorldOptions, finish};

const KEY: &str = include_str!("../fixtures/github_app/key.pem");

const OTHER: &str = "zeta/tools";

pub fn installation(id: u64, owner: &str, selected: &[&str]) -> Installation {
    Installation {
        id,
        owner: owner.to_owned(),
        selected: selected.iter().map(|name| (*name).to_owned()).collect(),
        suspended: false,
    }
}

/// A world in which the program is the App `afk-runs`, installed with two owners, each with a ready issue.
pub fn world() -> (World, tempfile::TempDir) {
    let der = PrivatePkcs1KeyDer::from_pem_slice(KEY.as_bytes()).unwrap();
    let key = RsaKeyPair::from_der(der.secret_pkcs1_der()).unwrap();
    let mut app = AppWorld::new("12345", key.public_key().as_ref().to_vec());
    app.installations = vec![
        installation(71, "acme", &["widgets"]),
        installation(72, "zeta", &["tools"]),
    ];
    let mut world = World::with(WorldOptions {
        github: GitHubOptions {
            account: TokenAccount::App("afk-runs".to_owned()),
            app: Some(app),
            ..GitHubOptions::default()
        },
        ..WorldOptions::default()
    });
    world.add_repository(OTHER);
    world.enrol(&[REPO, OTHER]);
    let directory = tempfile::tempdir().unwrap();
    let key_file = directory.path().join("key.pem");
    std::fs::write(&key_file, KEY).unwrap();
    world.unset("AFK_GITHUB_TOKEN");
    world.set("AFK_GITHUB_APP_ID", "12345");
    world.set("AFK_GITHUB_APP_KEY_FILE", key_file.to_str().unwrap());
    for repo in [REPO, OTHER] {
        let number = world.issue(repo, "Sort the list", "Please do it.\n");
        world.approve(repo, number);
    }
    world.catch_up();
    (world, directory)
}

/// No token, no assertion and no key is in what the program printed.
fn assert_silent(world: &World, finished: &Finished) {
    let printed = format!("{}{}", finished.stdout, finished.stderr);
    for secret in world.github.minted_tokens() {
        assert!(!printed.contains(&secret), "{printed}");
    }
    assert!(
        !printed.contains("eyJ") && !printed.contains("PRIVATE KEY"),
        "{printed}"
    );
}

#[test]
fn each_owner_has_a_token_of_its_own_and_its_issue_is_started() {
    let (world, _directory) = world();
    let finished = world.poll();
    assert_eq!(finished.status, 0, "{finished:?}");
    assert_eq!(finished.outcome(REPO), "dispatched");
    assert_eq!(finished.outcome(OTHER), "dispatched");
    for repo in [REPO, OTHER] {
        assert!(world.github.labels_of(repo, 1).contains(&LOCK.to_owned()));
    }
    assert_eq!(world.github.minted_tokens().len(), 2);
    assert_silent(&world, &finished);

    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_afk-watch"));
    command
        .env_clear()
        .envs(&world.settings)
        .args(["--output", "json", "--log-format", "json"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let watched = finish(command.spawn().unwrap());
    assert_eq!(watched.status, 0, "{watched:?}");
    assert_eq!(watched.report()["runs"].as_array().unwrap().len(), 2);
    // The checklists are the App's own.
    for repo in [REPO, OTHER] {
        let comments = world.github.comments_of(repo, 1);
        assert_eq!(comments.len(), 1, "{comments:?}");
        assert_eq!(comments[0].author, "afk-runs[bot]");
    }
    assert_silent(&world, &watched);
}

#[test]
fn an_owner_that_suspended_the_app_fails_alone() {
    let (world, _directory) = world();
    world
        .github
        .with_app(|app| app.installations[1].suspended = true);
    let finished = world.poll();
    assert_eq!(finished.status, 1, "{finished:?}");
    assert_eq!(finished.outcome(REPO), "dispatched");
    assert_eq!(finished.outcome(OTHER), "failed");
    assert!(
        finished
            .stdout
            .contains("installation with zeta is suspended"),
        "{finished:?}"
    );
    assert_silent(&world, &finished);
}

#[test]
fn an_owner_that_did_not_install_the_app_fails_alone() {
    let (world, _directory) = world();
    world.github.with_app(|app| {
        app.installations.remove(0);
    });
    let finished = world.poll();
    assert_eq!(finished.status, 1, "{finished:?}");
    assert_eq!(finished.outcome(OTHER), "dispatched");
    assert_eq!(finished.outcome(REPO), "failed");
    assert!(
        finished
            .stdout
            .contains("not installed with acme for widgets"),
        "{finished:?}"
    );
    assert_silent(&world, &finished);
}

#[test]
fn a_repository_that_the_owner_did_not_select_fails_alone() {
    let (mut world, _directory) = world();
    world.add_repository("acme/secrets");
    world.enrol(&["acme/secrets", REPO, OTHER]);
    let finished = world.poll();
    assert_eq!(finished.status, 1, "{finished:?}");
    assert_eq!(finished.outcome("acme/secrets"), "failed");
    assert_eq!(finished.outcome(REPO), "dispatched");
    assert_eq!(finished.outcome(OTHER), "dispatched");
    assert_silent(&world, &finished);
}

#[test]
fn a_key_of_another_app_starts_nothing() {
    let (mut world, _directory) = world();
    world.set("AFK_GITHUB_APP_ID", "54321");
    let finished = world.poll();
    assert_eq!(finished.status, 3, "{finished:?}");
    assert!(
        finished.stdout.contains("Integration must be found"),
        "{finished:?}"
    );
    assert_eq!(world.t3.threads(), [""; 0]);
    assert_silent(&world, &finished);
}

#[test]
fn a_file_without_a_key_is_told_before_anything_is_asked() {
    let (mut world, directory) = world();
    let path: PathBuf = directory.path().join("no-key.pem");
    std::fs::write(&path, "hunter2").unwrap();
    world.set("AFK_GITHUB_APP_KEY_FILE", path.to_str().unwrap());
    let finished = world.poll();
    assert_eq!(finished.status, 2, "{finished:?}");
    assert!(
        finished.stderr.contains("AFK_GITHUB_APP_KEY_FILE: ")
            && finished.stderr.contains("expected a private key in PEM")
            && !finished.stderr.contains("hunter2"),
        "{finished:?}"
    );
    assert_eq!(world.requests(), [""; 0]);
}

#[test]
fn a_file_of_certificates_that_is_none_is_told_before_anything_is_asked() {
    let (mut world, directory) = world();
    let path = directory.path().join("ca.pem");
    for (text, wanted) in [
        ("nothing\n", "holds no certificate"),
        ("", "holds no certificate"),
    ] {
        std::fs::write(&path, text).unwrap();
        world.set("AFK_CA_FILE", path.to_str().unwrap());
        let finished = world.poll();
        assert_eq!(finished.status, 2, "{finished:?}");
        assert!(
            finished.stderr.contains("AFK_CA_FILE: ") && finished.stderr.contains(wanted),
            "{finished:?}"
        );
    }
    assert_eq!(world.requests(), [""; 0]);
}
