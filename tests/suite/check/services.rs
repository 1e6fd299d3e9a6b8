//! What only services tell: what an App was given, whether results count, and whether a deploy fits.

use serde_json::{Value, json};

use super::planted::{assert_line, deploying, line};
use super::{POLL, WATCH, assert_found, check, sound};
use crate::github_app;
use crate::support::forgejo_saga::ForgejoSaga;
use crate::support::sandbox::forgejo::ServerKind;
use crate::support::world::{READY, REPO};

#[test]
fn an_app_is_asked_for_a_token_of_each_owner_before_anything_is_called_well() {
    let (mut world, _directory) = github_app::world();
    world.github.push_commit(REPO, "alice", "Begin");
    for (binary, budget) in [(POLL, "requests and"), (WATCH, "points are left")] {
        let (_, lines) = check(&world, binary, &[]);
        assert_line(&lines, "ok", "github app", "it is afk-runs", "");
        for owner in ["acme", "zeta"] {
            let subject = |what: &str| format!("github {what} of {owner}");
            assert_line(
                &lines,
                "ok",
                &subject("token"),
                "minted, for 1 repository",
                "",
            );
            assert_line(&lines, "ok", &subject("rights"), "every right", "");
            assert_line(&lines, "ok", &subject("rate limit"), budget, "");
        }
        // With the token of its owner each repository is looked at as with one of a person.
        assert_found(&lines, "ok", &format!("github:{REPO} label {READY}"));
        assert_found(&lines, "ok", &format!("github:{REPO} branch main"));
        assert_found(&lines, "ok", &format!("github:{REPO} actions"));
    }
    let of_zeta = "github token of zeta";
    // What can be done without is a warning, and what can not is a problem.
    let withhold = |rights: &[&str]| {
        let rights: Vec<String> = rights.iter().map(|right| (*right).to_owned()).collect();
        world
            .github
            .with_app(|app| app.installations[1].withheld = rights);
    };
    withhold(&["checks", "statuses"]);
    let (_, lines) = check(&world, WATCH, &[]);
    assert_line(
        &lines,
        "warning",
        "github rights of zeta",
        "it lacks checks: read, statuses: read",
        "have the owner accept them",
    );
    assert_found(&lines, "ok", of_zeta);
    // Whoever only starts runs reads no checks.
    let (_, lines) = check(&world, POLL, &[]);
    assert_found(&lines, "ok", "github rights of zeta");
    withhold(&["issues"]);
    let (status, lines) = check(&world, POLL, &[]);
    assert_eq!(status, 2);
    assert_line(
        &lines,
        "problem",
        of_zeta,
        "lacks rights (issues: write)",
        "grant the rights",
    );
    assert_found(&lines, "ok", "github token of acme");
    withhold(&[]);
    world
        .github
        .with_app(|app| app.installations[1].suspended = true);
    let (_, lines) = check(&world, POLL, &[]);
    assert_line(&lines, "problem", of_zeta, "suspended", "end a suspension");
    world.github.with_app(|app| {
        app.installations.remove(1);
    });
    let (_, lines) = check(&world, POLL, &[]);
    assert_line(
        &lines,
        "problem",
        of_zeta,
        "not installed with zeta",
        "install the App",
    );
    world.set("AFK_TRUSTED_APPS", "afk-runs");
    let (_, lines) = check(&world, POLL, &[]);
    assert_line(
        &lines,
        "warning",
        "AFK_TRUSTED_APPS",
        "our own App",
        "take it out",
    );
}

#[test]
fn statuses_of_woodpecker_that_count_for_nothing_are_named() {
    const MEND: &str = r#""build": {"checks": ["ci/woodpecker/push/build"]}"#;
    let subject = &format!("github:{REPO} build");
    let mut world = sound();
    let (_, lines) = check(&world, WATCH, &[]);
    assert_line(&lines, "ok", subject, "nothing that counts reported", "");
    let sha = world.github.push_commit(REPO, "alice", "Go on");
    for context in ["ci/woodpecker/push/build", "ci/woodpecker/push/lint"] {
        world
            .github
            .commit_status(REPO, &sha, "alice", context, "success");
    }
    let (_, lines) = check(&world, WATCH, &[]);
    assert_line(&lines, "warning", subject, "frozen as ci-silent", MEND);
    // A poll judges no commit.
    let (_, lines) = check(&world, POLL, &[]);
    assert!(lines.iter().all(|line| line["subject"] != subject.as_str()));
    world.set(
        "AFK_REPOS",
        r#"{"acme/widgets": {"build": {"checks": ["ci/woodpecker/push/build"]}}}"#,
    );
    let (_, lines) = check(&world, WATCH, &[]);
    assert_line(&lines, "ok", subject, "build.checks names", "");
    world.unset("AFK_REPOS");
    world
        .github
        .commit_status(REPO, &sha, "alice", "ci/jenkins", "success");
    let (_, lines) = check(&world, WATCH, &[]);
    assert_line(&lines, "ok", subject, "1 result of commit", "");
}

#[test]
fn statuses_of_woodpecker_are_named_on_forgejo_too() {
    let story = ForgejoSaga::of(ServerKind::Forgejo13);
    let subject = &format!("forgejo:{REPO} build");
    let sha = story.forge.push_commit(REPO, "alice", "Begin");
    story
        .forge
        .post_status(REPO, &sha, "ci/woodpecker/push/test", "success");
    let (_, lines) = check(&story.saga.world, WATCH, &[]);
    assert_line(
        &lines,
        "warning",
        subject,
        "never count by themselves",
        "ci/woodpecker/push/test",
    );
}

#[test]
fn a_deploy_that_no_pipeline_fits_is_named_with_the_word_that_is_wrong() {
    let mut story = deploying();
    let deploy = &format!("github:{REPO} deploy");
    let sha = story.world.github.push_commit(REPO, "alice", "Begin");
    let pushed = story.woodpecker.push_pipeline(REPO, &sha, "success");
    story.woodpecker.fail_step(REPO, pushed, "test", "unit", 1);
    let mut configured = |deploy: Value| {
        let settings = json!({REPO: {"deploy": deploy}}).to_string();
        story.world.set("AFK_REPOS", &settings);
        check(&story.world, WATCH, &[]).1
    };
    let lines = configured(json!("woodpecker"));
    assert_line(&lines, "ok", deploy, "it can be asked", "");
    for (configuration, fact, mend) in [
        (
            json!({"on": "woodpecker", "event": "manual", "variable": "TAG"}),
            "no manual pipeline of main was started with TAG; variables of them IMAGE_TAG",
            "deploy.variable",
        ),
        (
            json!({"on": "woodpecker", "event": "tag"}),
            "none of the newest 2 pipelines has the event tag",
            "deploy.event",
        ),
        (
            json!({"on": "woodpecker", "event": "push", "workflow": "deploy"}),
            "runs the workflow deploy; they run test",
            "deploy.workflow",
        ),
    ] {
        let lines = configured(configuration);
        assert_line(&lines, "warning", deploy, fact, mend);
    }
    let lines = configured(json!({"on": "woodpecker", "event": "push", "workflow": "test"}));
    assert_line(&lines, "ok", deploy, "it can be asked", "");
    for number in [1, pushed] {
        story.woodpecker.delete(REPO, number);
    }
    let (_, lines) = check(&story.world, WATCH, &[]);
    assert_line(
        &lines,
        "warning",
        deploy,
        "no pipeline has run yet",
        "run the deploy once",
    );
    assert!(line(&lines, deploy)["mend"].is_string());
}
