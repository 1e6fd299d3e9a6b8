//! The built binaries as a GitHub App: tokens of installations in place of one of an account.
//!
//! The sandbox's clock is days behind the machine's in all of these stories, so every assertion is refused first and made again
//! by the forge's time.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::TimeDelta;
use ring::signature::{KeyPair as _, RsaKeyPair};
use rustls::pki_types::PrivatePkcs1KeyDer;
use rustls::pki_types::pem::PemObject as _;

use crate::support::saga::Saga;
use crate::support::sandbox::github::{GitHubOptions, TokenAccount};
use crate::support::sandbox::github_app::{AppWorld, Installation};
use crate::support::sandbox::http_server::Fault;
use crate::support::world::{Finished, LOCK, READY, REPO, World, WorldOptions, describe, finish};

const KEY: &str = include_str!("../fixtures/github_app/key.pem");

const OTHER: &str = "zeta/tools";

pub fn installation(id: u64, owner: &str, selected: &[&str]) -> Installation {
    Installation {
        id,
        owner: owner.to_owned(),
        selected: selected.iter().map(|name| (*name).to_owned()).collect(),
        suspended: false,
        withheld: Vec::new(),
    }
}

/// Options of a world in which the program is the App `afk-runs`, installed with two owners.
fn options() -> WorldOptions {
    let der = PrivatePkcs1KeyDer::from_pem_slice(KEY.as_bytes()).unwrap();
    let key = RsaKeyPair::from_der(der.secret_pkcs1_der()).unwrap();
    let mut app = AppWorld::new("12345", key.public_key().as_ref().to_vec());
    app.installations = vec![
        installation(71, "acme", &["widgets"]),
        installation(72, "zeta", &["tools"]),
    ];
    WorldOptions {
        github: GitHubOptions {
            account: TokenAccount::App("afk-runs".to_owned()),
            app: Some(app),
            ..GitHubOptions::default()
        },
        ..WorldOptions::default()
    }
}

/// That world, with a ready issue of each owner.
pub fn world() -> (World, tempfile::TempDir) {
    let mut world = World::with(options());
    let directory = furnish(&mut world);
    world.catch_up();
    (world, directory)
}

/// Enrols both owners' repositories, gives the program its key, and asks for one run in each.
fn furnish(world: &mut World) -> tempfile::TempDir {
    world.add_repository(OTHER);
    world.enrol(&[REPO, OTHER]);
    let directory = tempfile::tempdir().unwrap();
    let key_file = directory.path().join("key.pem");
    std::fs::write(&key_file, KEY).unwrap();
    world.unset("AFK_GITHUB_TOKEN");
    world.set("AFK_GITHUB_APP_ID", "12345");
    // Whatever is logged, no secret is.
    world.set("AFK_LOG", "debug");
    world.set("AFK_GITHUB_APP_KEY_FILE", key_file.to_str().unwrap());
    for repo in [REPO, OTHER] {
        let number = world.issue(repo, "Sort the list", "Please do it.\n");
        world.approve(repo, number);
    }
    directory
}

/// One tick of the built `afk-watch`.
fn watch(world: &World) -> Finished {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_afk-watch"));
    command
        .env_clear()
        .envs(&world.settings)
        .args(["--output", "json", "--log-format", "json"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    finish(command.spawn().unwrap())
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

    let watched = watch(&world);
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
fn a_key_that_is_not_the_apps_starts_nothing_and_both_settings_are_named() {
    let (mut world, directory) = world();
    let path: PathBuf = directory.path().join("another.pem");
    std::fs::write(
        &path,
        include_str!("../fixtures/github_app/another_key.pem"),
    )
    .unwrap();
    world.set("AFK_GITHUB_APP_KEY_FILE", path.to_str().unwrap());
    for binary in ["poll", "watch"] {
        let finished = match binary {
            "poll" => world.poll(),
            _ => watch(&world),
        };
        assert_eq!(finished.status, 3, "{finished:?}");
        for words in [
            "A JSON web token could not be decoded",
            "AFK_GITHUB_APP_KEY_FILE has to hold a private key of the App whose id AFK_GITHUB_APP_ID is",
        ] {
            assert!(finished.stdout.contains(words), "{finished:?}");
        }
        assert_silent(&world, &finished);
    }
    assert_eq!(world.github.minted_tokens(), [""; 0]);
    assert_eq!(world.t3.threads(), [""; 0]);
}

/// What GitHub answered with 401, but for assertions of another time.
fn refused(world: &World) -> Vec<String> {
    let exchanges = world.journal.exchanges();
    let refused = exchanges.iter().filter(|exchange| {
        exchange.service == "github"
            && exchange.status == Some(401)
            && !exchange.request.path.ends_with("/installation")
    });
    refused.map(describe).collect()
}

#[test]
fn a_token_that_github_does_not_take_is_minted_again_once_and_the_call_repeated_once() {
    let (world, _directory) = world();
    world.github.with_app(|app| app.stillborn = 1);
    let finished = world.poll();
    assert_eq!(finished.status, 0, "{finished:?}");
    for repo in [REPO, OTHER] {
        assert_eq!(finished.outcome(repo), "dispatched");
    }
    assert_eq!(world.github.minted_tokens().len(), 3);
    assert_eq!(refused(&world).len(), 1);
    assert_silent(&world, &finished);
}

#[test]
fn tokens_that_github_never_takes_end_the_tick() {
    let (world, _directory) = world();
    world.github.with_app(|app| app.stillborn = 1_000);
    let finished = world.poll();
    assert_eq!(finished.status, 3, "{finished:?}");
    assert!(finished.stdout.contains("Bad credentials"), "{finished:?}");
    assert_eq!(world.github.minted_tokens().len(), 4, "two of each owner");
    assert_eq!(world.t3.threads(), [""; 0]);
    assert_silent(&world, &finished);
}

/// Does something once, before GitHub sees the first request whose line ends so.
fn before(world: &World, line: &'static str, act: impl Fn() + Send + Sync + 'static) {
    let done = AtomicBool::new(false);
    world.journal.intercept(move |exchange| {
        if describe(exchange).ends_with(line) && !done.swap(true, Ordering::SeqCst) {
            act();
        }
        Fault::None
    });
}

/// The first act after a start.
const LABELLING: &str = "POST /repos/acme/widgets/issues/1/labels";

#[test]
fn an_act_whose_token_was_taken_back_is_done_once_with_another_one() {
    let (world, _directory) = world();
    let github = Arc::clone(&world.github);
    before(&world, LABELLING, move || {
        github.with_app(AppWorld::revoke_all);
    });
    let finished = world.poll();
    assert_eq!(finished.status, 0, "{finished:?}");
    for repo in [REPO, OTHER] {
        assert!(world.github.labels_of(repo, 1).contains(&LOCK.to_owned()));
    }
    let refused = refused(&world);
    assert!(
        refused.contains(&format!("github {LABELLING}")),
        "{refused:?}"
    );
    let requests = world.requests();
    let labelled = requests.iter().filter(|line| line.ends_with(LABELLING));
    assert_eq!(labelled.count(), 2);
    assert_eq!(world.messages().len(), 2, "each run was started once");
    assert_silent(&world, &finished);
}

#[test]
fn a_tick_that_outlives_its_tokens_by_githubs_clock_goes_on_with_new_ones() {
    let (world, _directory) = world();
    let clock = world.clock.clone();
    // GitHub's clock jumps: its tokens are over, and our assertions are of another time.
    before(&world, LABELLING, move || {
        clock.advance(TimeDelta::minutes(61));
    });
    let finished = world.poll();
    assert_eq!(finished.status, 0, "{finished:?}");
    for repo in [REPO, OTHER] {
        assert!(world.github.labels_of(repo, 1).contains(&LOCK.to_owned()));
    }
    assert_silent(&world, &finished);
}

#[test]
fn tokens_that_live_no_longer_than_their_renewal_are_renewed_in_the_tick() {
    let (world, _directory) = world();
    world
        .github
        .with_app(|app| app.life = TimeDelta::seconds(120));
    let finished = world.poll();
    assert_eq!(finished.status, 0, "{finished:?}");
    for repo in [REPO, OTHER] {
        assert_eq!(finished.outcome(repo), "dispatched");
    }
    assert!(world.github.minted_tokens().len() > 2);
    assert_eq!(refused(&world), [""; 0]);
    assert_silent(&world, &finished);
}

#[test]
fn a_token_is_renewed_when_the_tick_outlives_it() {
    let mut saga = Saga::with(options());
    let _directory = furnish(&mut saga.world);
    saga.world.set("AFK_TICK_MAX_SECONDS", "7200");
    let clock = saga.world.clock.clone();
    // The token of this request holds for another minute; GitHub takes it, and the next one is another.
    before(&saga.world, LABELLING, move || {
        clock.advance(TimeDelta::minutes(59));
    });
    let report = saga.poll();
    assert_eq!(report.dispatched.len(), 2, "{report}");
    assert!(report.failures.is_empty(), "{report}");
    assert_eq!(refused(&saga.world), [""; 0]);
    assert!(saga.world.github.minted_tokens().len() > 2);
    for repo in [REPO, OTHER] {
        let labels = saga.world.github.labels_of(repo, 1);
        assert!(labels.contains(&LOCK.to_owned()), "{labels:?}");
    }
}

/// The owner calls its repository otherwise, and its installation with it.
fn rename(world: &World, new: &str) {
    world.github.rename_repository(REPO, new);
    let (owner, name) = new.split_once('/').unwrap();
    let moved = (owner.to_owned(), name.to_owned());
    world.github.with_app(move |app| {
        let (owner, name) = moved;
        app.installations[0].selected.clear();
        match app
            .installations
            .iter_mut()
            .find(|known| known.owner == owner)
        {
            Some(known) => known.selected.push(name),
            None => app.installations.push(installation(73, &owner, &[&name])),
        }
    });
}

#[test]
fn a_run_is_followed_when_its_repository_is_renamed_or_goes_to_another_owner() {
    for new in ["acme/gizmos", "zeta/widgets", "omega/widgets"] {
        let mut saga = Saga::with(options());
        let _directory = furnish(&mut saga.world);
        let report = saga.poll();
        assert_eq!(report.dispatched.len(), 2, "{report}");
        saga.pass(5);
        for thread in saga.world.t3.threads() {
            saga.world.t3.agent_starts(&thread);
        }
        rename(&saga.world, new);
        saga.pass(60);
        let report = saga.watch();
        assert!(report.failures.is_empty(), "{new}: {report}");
        assert_eq!(report.runs.len(), 2, "{new}: {report}");
        let run = report
            .runs
            .iter()
            .find(|run| run.repository.full_name() == new);
        assert_eq!(
            run.map(|run| run.state.as_str()),
            Some("running"),
            "{report}"
        );
        let warned = report.warnings.iter().any(|warning| {
            warning.error.contains(&format!(
                "put {new} on AFK_ALLOWLIST in the place of {REPO}"
            ))
        });
        assert!(warned, "{report}");
        // What it acts on is the repository of today.
        let comments = saga.world.github.comments_of(new, 1);
        assert_eq!(comments.len(), 1, "{new}: {comments:?}");
        // A person ends it there.
        saga.world.github.unlabel(new, 1, "alice", READY);
        saga.pass(60);
        let report = saga.watch();
        let run = report
            .runs
            .iter()
            .find(|run| run.repository.full_name() == new);
        assert_eq!(run.map(|run| run.action), Some("stand_down"), "{report}");
    }
}

/// A repository's entry of `AFK_REPOS` stands under its name.
#[test]
fn the_entry_of_a_renamed_repository_is_to_be_renamed_as_well() {
    let entry = |name: &str| {
        format!(r#""{name}": {{"deploy": {{"on": "github", "environment": "production"}}}}"#)
    };
    let as_well = "in the place of acme/widgets, and rename its entry in AFK_REPOS as well";
    for (named, expected) in [
        (vec![REPO], true),
        (vec![], false),
        (vec!["acme/gizmos"], false),
        (vec![REPO, "acme/gizmos"], false),
        (vec![OTHER], false),
    ] {
        let mut saga = Saga::with(options());
        let _directory = furnish(&mut saga.world);
        let entries: Vec<String> = named.iter().map(|name| entry(name)).collect();
        saga.world
            .set("AFK_REPOS", &format!("{{{}}}", entries.join(", ")));
        let report = saga.poll();
        assert_eq!(report.dispatched.len(), 2, "{report}");
        rename(&saga.world, "acme/gizmos");
        saga.pass(60);
        let report = saga.watch();
        let mut warned = report.warnings.iter().map(|warning| &warning.error);
        let warned = warned.find(|error| error.contains("on AFK_ALLOWLIST in the place of"));
        let warned = warned.unwrap_or_else(|| panic!("{named:?}: {report}"));
        assert_eq!(warned.contains(as_well), expected, "{named:?}: {report}");
    }
}

#[test]
fn nothing_starts_in_a_renamed_repository_and_its_name_of_today_is_told() {
    let (world, _directory) = world();
    rename(&world, "acme/gizmos");
    let finished = world.poll();
    assert_eq!(finished.status, 1, "{finished:?}");
    assert_eq!(finished.outcome(REPO), "failed");
    assert_eq!(finished.outcome(OTHER), "dispatched");
    assert!(finished.stdout.contains("acme/gizmos"), "{finished:?}");
    assert!(finished.stdout.contains("AFK_ALLOWLIST"), "{finished:?}");
    assert_silent(&world, &finished);
}

#[test]
fn a_renamed_repository_that_the_app_may_not_see_is_a_failure_as_before() {
    let (world, _directory) = world();
    world.github.rename_repository(REPO, "acme/gizmos");
    let finished = world.poll();
    assert_eq!(finished.status, 1, "{finished:?}");
    assert_eq!(finished.outcome(REPO), "failed");
    assert_eq!(finished.outcome(OTHER), "dispatched");
    assert!(!finished.stdout.contains("acme/gizmos"), "{finished:?}");
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
