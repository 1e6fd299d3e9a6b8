//! What is asked of each service before it is called well: reading by reading, name by name, host by host.

use std::process::Command;
use std::sync::Arc;

use afk::tick::TickKind;
use serde_json::{Value, json};

use super::planted::{assert_line, line};
use super::{POLL, WATCH, assert_found, assert_nothing_written, check, sound};
use crate::support::forgejo_saga::ForgejoSaga;
use crate::support::saga::Saga;
use crate::support::sandbox::forgejo::ServerKind;
use crate::support::sandbox::forgejo::state::LabelOwner;
use crate::support::sandbox::http_server::{HttpServer, Journal, Request, Response, Service};
use crate::support::world::{READY, REPO, T3_TOKEN, World};

#[test]
fn five_rights_to_read_that_a_token_lacks_are_named_one_by_one() {
    let mut world = sound();
    let reads = &format!("github:{REPO} reads");
    world.set(
        "AFK_REPOS",
        r#"{"acme/widgets": {"deploy": {"on": "github", "environment": "production"}}}"#,
    );
    let (_, lines) = check(&world, POLL, &[]);
    assert_line(&lines, "ok", reads, "pull requests can be read", "");
    let (_, lines) = check(&world, WATCH, &[]);
    assert_line(
        &lines,
        "ok",
        reads,
        "pull requests, checks, commit statuses, runs of Actions, deployments can be read",
        "",
    );
    for (right, what) in [
        ("pull_requests", "pull requests"),
        ("checks", "checks"),
        ("statuses", "commit statuses"),
        ("actions", "runs of Actions"),
        ("deployments", "deployments"),
    ] {
        world.github.withhold(&[right]);
        let (_, lines) = check(&world, WATCH, &[]);
        let fact = format!("not seen: {what} (HTTP 403: ");
        assert_line(&lines, "warning", reads, &fact, &format!("{right}: read"));
    }
    world.github.withhold(&["checks", "actions"]);
    let (_, lines) = check(&world, WATCH, &[]);
    assert_line(
        &lines,
        "warning",
        reads,
        "",
        "give the token checks, actions: read",
    );
    // What only a write would show is said, unless a classic token tells its scope.
    let rights = &format!("github:{REPO} rights");
    assert_line(&lines, "ok", rights, "can not be seen without writing", "");
    world.github.set_scopes("repo");
    let (_, lines) = check(&world, POLL, &[]);
    let told = line(&lines, rights)["fact"].as_str().unwrap();
    assert_eq!(told, "our account may push, label and comment");
    assert_nothing_written(&world);
}

#[test]
fn the_end_of_a_token_is_told_a_week_before() {
    let saga = Saga::new();
    let told = |ends: &str| {
        saga.world.github.set_token_end(ends);
        let lines = serde_json::to_value(saga.check(TickKind::Poll)).unwrap();
        let lines = lines["lines"].as_array().unwrap().clone();
        line(&lines, "github token's end").clone()
    };
    // The story begins on 2026-11-20 at nine.
    let sound = told("2026-11-27 09:00:10 UTC");
    assert_eq!(
        (&sound["level"], &sound["fact"]),
        (&"ok".into(), &"at 2026-11-27 09:00:10 UTC".into())
    );
    for soon in ["2026-11-27 08:59:00 UTC", "2026-11-27 10:59:00 +0200"] {
        let soon = told(soon);
        assert_eq!(soon["level"], "warning", "{soon}");
        assert_eq!(soon["fact"], "it ends at 2026-11-27 08:59:00 UTC");
    }
    assert_eq!(told("some day")["fact"], "GitHub says some day");
}

#[test]
fn a_name_of_build_checks_that_nothing_reports_under_is_named() {
    let mut world = sound();
    let build = &format!("github:{REPO} build");
    let names = |names: Value| json!({REPO: {"build": {"checks": names}}}).to_string();
    world.set("AFK_REPOS", &names(json!(["bild", "lint"])));
    let (_, lines) = check(&world, WATCH, &[]);
    assert_line(&lines, "ok", build, "nothing reported on the newest", "");
    let mut shas = Vec::new();
    for what in ["One", "Two", "Three"] {
        shas.push(world.github.push_commit(REPO, "alice", what));
    }
    // One of the newest three has the one, another one the other.
    for (sha, context) in [(&shas[0], "build"), (&shas[2], "lint")] {
        world
            .github
            .commit_status(REPO, sha, "alice", context, "success");
    }
    let (_, lines) = check(&world, WATCH, &[]);
    assert_line(
        &lines,
        "warning",
        build,
        "build.checks names bild, and nothing of that name reported on the newest 3 commits",
        "as it reports: build, lint",
    );
    world.set("AFK_REPOS", &names(json!(["build", "lint"])));
    let (_, lines) = check(&world, WATCH, &[]);
    assert_line(
        &lines,
        "ok",
        build,
        "the newest 3 commits have all of it",
        "",
    );
}

#[test]
fn a_deploy_of_the_forge_is_read_and_an_environment_without_one_is_named() {
    let mut world = sound();
    let deploy = &format!("github:{REPO} deploy");
    let of = |environment: &str| {
        json!({REPO: {"deploy": {"on": "github", "environment": environment}}}).to_string()
    };
    world.set("AFK_REPOS", &of("production"));
    let (_, lines) = check(&world, WATCH, &[]);
    assert_line(
        &lines,
        "warning",
        deploy,
        "nothing was deployed to production yet",
        "spells the environment",
    );
    let sha = world.github.push_commit(REPO, "alice", "Go on");
    world.github.deploy(REPO, &sha, "production");
    let (_, lines) = check(&world, WATCH, &[]);
    assert_line(
        &lines,
        "ok",
        deploy,
        "1 of the newest deployments go to production",
        "",
    );
    world.set("AFK_REPOS", &of("prodction"));
    let (_, lines) = check(&world, WATCH, &[]);
    assert_line(&lines, "warning", deploy, "prodction", "spells");
}

#[test]
fn seven_things_of_forgejo_are_asked_one_by_one() {
    for kind in [ServerKind::Forgejo13, ServerKind::Gitea126] {
        let mut story = ForgejoSaga::of(kind);
        story.forge.push_commit(REPO, "alice", "Begin");
        let subject = |what: &str| format!("forgejo:{REPO} {what}");
        let (_, lines) = check(&story.saga.world, POLL, &[]);
        assert_line(&lines, "ok", "forgejo version", "which was tried", "");
        assert_line(
            &lines,
            "ok",
            &subject("branch main"),
            "nothing refuses a push",
            "",
        );
        assert_line(
            &lines,
            "ok",
            &subject("rights"),
            "can not be seen without writing",
            "",
        );
        assert_found(&lines, "ok", &subject("actions"));
        story
            .forge
            .with_repository(REPO, |repository| repository.protected = true);
        story.saga.world.set(
            "AFK_REPOS",
            &json!({format!("forgejo:{REPO}"): {"branch": "main"}}).to_string(),
        );
        let (_, lines) = check(&story.saga.world, POLL, &[]);
        assert_line(
            &lines,
            "warning",
            &subject("branch main"),
            "keeps our account from pushing",
            "agent's account",
        );
        story.saga.world.set(
            "AFK_REPOS",
            &json!({format!("forgejo:{REPO}"): {"branch": "trunk"}}).to_string(),
        );
        story.saga.world.set("AFK_READY_LABEL", "start-an-agent");
        let (_, lines) = check(&story.saga.world, POLL, &[]);
        assert_line(
            &lines,
            "problem",
            &subject("branch trunk"),
            "no such branch",
            "AFK_REPOS",
        );
        let label = line(&lines, &subject("label start-an-agent")).clone();
        assert_eq!(label["level"], "warning", "{label}");
        assert_eq!(
            label["command"],
            format!("tea labels create --repo {REPO} --name 'start-an-agent' --color '#0e8a16'")
        );
        assert_nothing_written(&story.saga.world);
    }
}

#[test]
fn what_keeps_runs_from_going_well_on_forgejo_is_warned_of() {
    for kind in [ServerKind::Forgejo13, ServerKind::Gitea126] {
        let mut story = ForgejoSaga::in_organisation(kind);
        let subject = |what: &str| format!("forgejo:{REPO} {what}");
        story.forge.with_repository(REPO, |home| {
            home.runs_hidden = true;
            home.mirror = true;
        });
        story.saga.world.set("AFK_READY_LABEL", "agent/ready");
        story.saga.world.set("AFK_IN_PROGRESS_LABEL", "agent/lock");
        {
            let mut inner = story.forge.lock();
            let id = inner.state.repository_id(REPO);
            for name in ["agent/ready", "agent/lock"] {
                inner
                    .state
                    .new_label(LabelOwner::Repository(id), name, "00aabb");
            }
            for label in &mut inner.state.labels {
                label.exclusive = label.name == "agent/lock";
            }
        }
        let (_, lines) = check(&story.saga.world, POLL, &[]);
        for (level, what, fact, mend) in [
            ("warning", "actions", "may not see runs", "read Actions"),
            ("warning", "teams", "members of triage", "who may push"),
            ("problem", "state", "a mirror", "AFK_ALLOWLIST"),
            (
                "warning",
                "label agent/lock",
                "takes 'agent/ready' off",
                "not exclusive",
            ),
            ("ok", "label agent/ready", "is there", ""),
        ] {
            assert_line(&lines, level, &subject(what), fact, mend);
        }
        assert_nothing_written(&story.saga.world);
    }
}

#[test]
fn a_project_of_ours_that_works_elsewhere_is_a_problem_whatever_its_title() {
    let mut saga = Saga::new();
    let (_, _) = saga.started();
    let workspace = format!("github:{REPO} workspace");
    let lines = |saga: &Saga| {
        let told = serde_json::to_value(saga.check(TickKind::Poll)).unwrap();
        told["lines"].as_array().unwrap().clone()
    };
    assert_line(
        &lines(&saga),
        "ok",
        &workspace,
        "its project works in /data/",
        "",
    );
    saga.world.set("AFK_T3_WORKSPACE_ROOT", "/elsewhere");
    assert_line(
        &lines(&saga),
        "problem",
        &workspace,
        "every start is refused",
        "set \"workspace\": \"/data/",
    );
    // A bearer that ends before the next day.
    assert_found(&lines(&saga), "ok", "t3 token's end");
    saga.pass(29 * 86_400 + 3_600);
    assert_line(
        &lines(&saga),
        "warning",
        "t3 token's end",
        "it ends at",
        "one that lives longer",
    );
}

#[test]
fn what_is_missing_keeps_nobody_from_asking_the_others() {
    let mut world = sound();
    for key in ["AFK_T3_URL", "AFK_T3_TOKEN"] {
        world.unset(key);
    }
    let (status, lines) = check(&world, POLL, &[]);
    assert_eq!(status, 2);
    assert_line(
        &lines,
        "problem",
        "AFK_T3_TOKEN",
        "AFK_T3_TOKEN_FILE",
        "or AFK_T3_TOKEN_FILE to the path of a file",
    );
    assert_found(&lines, "ok", &format!("github:{REPO} reading"));
    assert!(lines.iter().all(|line| line["subject"] != "t3"));
    // Nor does one secret that can not be read.
    let mut world = sound();
    world.unset("AFK_T3_TOKEN");
    world.set("AFK_T3_TOKEN_FILE", "/nonexistent/token");
    world.set("AFK_CA_FILE", "/nonexistent/roots");
    let (_, lines) = check(&world, POLL, &[]);
    for (key, holds) in [
        ("AFK_T3_TOKEN_FILE", "holds the secret"),
        ("AFK_CA_FILE", "holds certificates"),
    ] {
        assert_line(&lines, "problem", key, "", holds);
    }
    // Nor is it told again by whatever would have used it.
    let problems = lines.iter().filter(|line| line["level"] == "problem");
    assert_eq!(problems.count(), 2, "{lines:#?}");
    assert_found(&lines, "ok", "t3 version");
    assert_found(&lines, "ok", &format!("github:{REPO} reading"));
}

/// Answers everybody.
struct Anybody;

impl Service for Anybody {
    fn answer(&self, _request: &Request) -> Response {
        Response::text(404, "text/plain", "nothing here")
    }
}

#[test]
fn whoever_hears_of_ticks_is_reached_without_being_told_anything() {
    const NOWHERE: &str = "http://127.0.0.1:1";
    let heard = Journal::new();
    let server = HttpServer::start("anybody", Arc::clone(&heard), Arc::new(Anybody));
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("afk.prom");
    let mut world = sound();
    let url = server.url();
    world.set("AFK_SLACK_WEBHOOK_URL", &format!("{url}/services/secret"));
    world.set("AFK_NTFY_URL", &url);
    world.set("AFK_NTFY_TOPIC", "afk");
    world.set("AFK_WATCH_HEARTBEAT_URL", &format!("{url}/ping/secret"));
    world.set("AFK_PUSHGATEWAY_URL", &url);
    world.set("AFK_METRICS_FILE", file.to_str().unwrap());
    let (_, lines) = check(&world, WATCH, &[]);
    for subject in [
        "sink slack",
        "sink ntfy",
        "AFK_WATCH_HEARTBEAT_URL",
        "AFK_PUSHGATEWAY_URL",
        "AFK_METRICS_FILE",
    ] {
        assert_found(&lines, "ok", subject);
    }
    let asked: Vec<String> = heard
        .exchanges()
        .iter()
        .map(|exchange| format!("{} {}", exchange.request.method, exchange.request.path))
        .collect();
    assert_eq!(asked, ["GET /"; 4]);
    assert!(!file.exists() && directory.path().read_dir().unwrap().next().is_none());
    world.set(
        "AFK_SLACK_WEBHOOK_URL",
        &format!("{NOWHERE}/services/secret"),
    );
    world.set("AFK_NTFY_URL", NOWHERE);
    world.set("AFK_WATCH_HEARTBEAT_URL", &format!("{NOWHERE}/ping/secret"));
    world.set("AFK_PUSHGATEWAY_URL", NOWHERE);
    world.set("AFK_METRICS_FILE", "/nowhere/afk.prom");
    let (status, lines) = check(&world, WATCH, &[]);
    assert_eq!(status, 2);
    for subject in ["sink slack", "sink ntfy"] {
        assert_line(&lines, "problem", subject, "does not answer", "address");
    }
    for subject in [
        "AFK_WATCH_HEARTBEAT_URL",
        "AFK_PUSHGATEWAY_URL",
        "AFK_METRICS_FILE",
    ] {
        assert_line(&lines, "warning", subject, "", "");
    }
    assert!(!format!("{lines:?}").contains("secret"), "{lines:#?}");
}

fn fixes(world: &World, binary: &str) -> String {
    let mut command = Command::new(binary);
    command
        .env_clear()
        .envs(&world.settings)
        .args(["check", "--fix"]);
    String::from_utf8(command.output().unwrap().stdout).unwrap()
}

#[test]
fn fix_names_the_commands_and_carries_out_none() {
    let mut world = sound();
    world.add_repository("acme/plain");
    world.github.push_commit("acme/plain", "alice", "Begin");
    world.add_repository("acme/cased");
    world.github.push_commit("acme/cased", "alice", "Begin");
    world.github.create_label("acme/cased", "Ready-For-Agent");
    world.github.archive_repository("acme/cased");
    world.enrol(&[REPO, "acme/plain", "acme/cased", "acme/nowhere"]);
    let text = fixes(&world, POLL);
    for line in [
        format!("gh label create '{READY}' --repo acme/plain"),
        format!("gh label edit 'Ready-For-Agent' --name '{READY}' --repo acme/cased"),
        "gh repo unarchive acme/cased".to_owned(),
        "#   by hand: see that it is spelled right in AFK_ALLOWLIST and that the token may read it"
            .to_owned(),
    ] {
        assert!(text.lines().any(|told| told == line), "{line}\n{text}");
    }
    // Everything else is a comment, so that a shell that is given it does what is named and nothing more.
    let commands = text.lines().filter(|line| !line.starts_with('#')).count();
    assert_eq!(commands, 3, "{text}");
    assert!(!text.contains("ok "), "{text}");
    assert_nothing_written(&world);
    assert_ne!(T3_TOKEN, "");
}
