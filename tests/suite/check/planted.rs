//! Misconfigurations of the services, each planted alone in a world that is sound otherwise: `check` finds it, names the mend,
//! and writes nothing. Those of settings and of the simpler kinds stand in the file above.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{POLL, WATCH, assert_found, assert_nothing_written, check, sound};
use crate::github_app;
use crate::support::forgejo_saga::ForgejoSaga;
use crate::support::sandbox::forgejo::ServerKind;
use crate::support::sandbox::forgejo::state::Level;
use crate::support::sandbox::github::GitHubOptions;
use crate::support::sandbox::github_state::Role;
use crate::support::sandbox::http_server::HttpServer;
use crate::support::sandbox::kubernetes::Kubernetes;
use crate::support::sandbox::woodpecker::{self, Woodpecker};
use crate::support::world::{READY, REPO, World, WorldOptions};

/// The line with this subject.
pub(super) fn line<'l>(lines: &'l [Value], subject: &str) -> &'l Value {
    let found = lines.iter().find(|line| line["subject"] == subject);
    found.unwrap_or_else(|| panic!("no '{subject}' in {lines:#?}"))
}

/// Stops the test unless the line has this level, and its fact and mend say this.
pub(super) fn assert_line(lines: &[Value], level: &str, subject: &str, fact: &str, mend: &str) {
    let line = line(lines, subject);
    assert_eq!(line["level"], level, "{line:#}");
    for (part, words) in [("fact", fact), ("mend", mend)] {
        assert!(
            line[part].as_str().unwrap().contains(words),
            "{words}: {line:#}"
        );
    }
}

/// A repository in which our account is what `role` says, with a first commit and the ready label.
fn add(world: &World, name: &str, role: Role) {
    world.add_repository(name);
    world.github.push_commit(name, "alice", "Begin");
    world.github.create_label(name, READY);
    world.github.set_permission(name, "afk-bot", role);
}

#[test]
fn eleven_things_that_may_keep_the_agents_push_or_its_ci_from_working_are_named() {
    let mut world = sound();
    let review = json!({
        "dismiss_stale_reviews_on_push": false, "require_code_owner_review": false,
        "require_last_push_approval": false, "required_approving_review_count": 1,
        "required_review_thread_resolution": false,
    });
    let checks = json!({"required_status_checks": [{"context": "build"}], "strict_required_status_checks_policy": true});
    let queue = json!({
        "check_response_timeout_minutes": 60, "grouping_strategy": "ALLGREEN", "max_entries_to_build": 5,
        "max_entries_to_merge": 5, "merge_method": "MERGE", "min_entries_to_merge": 1,
        "min_entries_to_merge_wait_minutes": 5,
    });
    let reviews = json!({"required_pull_request_reviews": {"dismiss_stale_reviews": false, "require_code_owner_reviews": false}});
    let old_checks = json!({"required_status_checks": {"contexts": ["build"], "checks": [{"context": "build", "app_id": null}]}});
    let locked = json!({"lock_branch": {"enabled": true}, "required_signatures": {"url": "https://api.github.test/s", "enabled": false}});
    let rules: [(&str, &str, Value); 5] = [
        ("acme/reviewed", "pull_request", review),
        ("acme/checked", "required_status_checks", checks),
        ("acme/queued", "merge_queue", queue),
        (
            "acme/closed",
            "update",
            json!({"update_allows_fetch_and_merge": false}),
        ),
        ("acme/signed", "required_signatures", Value::Null),
    ];
    let protections = [
        ("acme/old-reviews", "required_pull_request_reviews", reviews),
        ("acme/old-checks", "required_status_checks", old_checks),
        ("acme/old-lock", "lock_branch", locked),
    ];
    let mut enrolled = vec![REPO];
    for (name, kind, parameters) in &rules {
        add(&world, name, Role::WRITE);
        // What everybody ought to forbid is never named.
        world.github.add_rule(name, "non_fast_forward", Value::Null);
        world.github.add_rule(name, kind, parameters.clone());
        enrolled.push(name);
    }
    for (name, _, protection) in &protections {
        add(&world, name, Role::ADMIN);
        world.github.protect_branch(name, protection.clone());
        enrolled.push(name);
    }
    // Nobody tells us what it demands.
    add(&world, "acme/unread", Role::WRITE);
    world.github.protect_branch("acme/unread", json!({}));
    add(&world, "acme/misnamed", Role::WRITE);
    world.set("AFK_REPOS", r#"{"acme/misnamed": {"branch": "trunk"}}"#);
    add(&world, "acme/idle", Role::ADMIN);
    world.github.switch_actions_off("acme/idle");
    // As the page for operators asks for it.
    add(&world, "acme/guarded", Role::WRITE);
    for kind in ["deletion", "non_fast_forward"] {
        world.github.add_rule("acme/guarded", kind, Value::Null);
    }
    enrolled.extend(["acme/unread", "acme/misnamed", "acme/idle", "acme/guarded"]);
    world.enrol(&enrolled);
    let (status, lines) = check(&world, POLL, &[]);
    assert_eq!(status, 2);
    for (name, kind, _) in rules.iter().chain(&protections) {
        let subject = format!("github:{name} branch main");
        let fact = format!("a push may be refused by {kind}");
        assert_line(&lines, "warning", &subject, &fact, "bypass");
        let told = line(&lines, &subject)["fact"].as_str().unwrap();
        assert_eq!(told, fact, "and by nothing else");
    }
    let subject = "github:acme/unread branch main";
    assert_line(&lines, "warning", subject, "told to admins only", "by hand");
    let subject = "github:acme/misnamed branch trunk";
    assert_line(&lines, "problem", subject, "no such branch", "AFK_REPOS");
    let subject = "github:acme/idle actions";
    assert_line(
        &lines,
        "warning",
        subject,
        "switched off",
        "switch Actions on",
    );
    for sound in [REPO, "acme/guarded", "acme/idle"] {
        assert_found(&lines, "ok", &format!("github:{sound} branch main"));
    }
    assert_nothing_written(&world);
}

#[test]
fn a_token_of_the_wrong_scope_or_with_few_points_left_is_named() {
    let world = sound();
    world.github.set_scopes("repo, workflow");
    let (_, lines) = check(&world, POLL, &[]);
    assert_found(&lines, "ok", "github scopes");
    world.github.set_scopes("public_repo, read:org");
    let (status, lines) = check(&world, POLL, &[]);
    assert_eq!(status, 2);
    assert_line(
        &lines,
        "problem",
        "github scopes",
        "lacks repo",
        "fine-grained",
    );

    let world = World::with(WorldOptions {
        github: GitHubOptions {
            rest_limit: 400,
            ..GitHubOptions::default()
        },
        ..WorldOptions::default()
    });
    let (_, lines) = check(&world, POLL, &[]);
    assert_line(
        &lines,
        "warning",
        "github rate limit",
        "requests",
        "one of its own",
    );
    assert_nothing_written(&world);
}

#[test]
fn six_mistakes_of_an_app_are_named_with_what_its_owners_have_to_do() {
    let (mut world, directory) = github_app::world();
    let (_, lines) = check(&world, POLL, &[]);
    for repo in ["acme/widgets", "zeta/tools"] {
        assert_found(&lines, "ok", &format!("github:{repo} reading"));
    }
    let subject = "github:zeta/tools reading";
    // Suspended, not selected, not installed; the other owner is as it was.
    world
        .github
        .with_app(|app| app.installations[1].suspended = true);
    let (status, lines) = check(&world, POLL, &[]);
    assert_eq!(status, 2);
    assert_line(&lines, "problem", subject, "suspended", "owner");
    assert_found(&lines, "ok", "github:acme/widgets reading");
    world
        .github
        .with_app(|app| app.installations[1].suspended = false);
    world.add_repository("zeta/unselected");
    world.add_repository("omega/stranger");
    world.enrol(&[REPO, "zeta/unselected", "omega/stranger"]);
    let (_, lines) = check(&world, POLL, &[]);
    for repo in ["zeta/unselected", "omega/stranger"] {
        let subject = format!("github:{repo} reading");
        assert_line(&lines, "problem", &subject, "", "install the App");
    }
    assert_found(&lines, "ok", "github:acme/widgets reading");
    world.enrol(&[REPO]);
    // Another App's id.
    world.set("AFK_GITHUB_APP_ID", "99999");
    let (_, lines) = check(&world, POLL, &[]);
    let mend = "AFK_GITHUB_APP_ID";
    assert_line(&lines, "problem", "github app", "App whose id", mend);
    world.set("AFK_GITHUB_APP_ID", "12345");
    // A file that holds no key, and one that is not there.
    let key = directory.path().join("key.pem");
    std::fs::write(&key, "no key").unwrap();
    let (status, lines) = check(&world, POLL, &[]);
    assert_eq!(status, 2);
    let subject = "AFK_GITHUB_APP_KEY_FILE";
    assert_line(
        &lines,
        "problem",
        subject,
        "in PEM",
        "holds the private key of the App",
    );
    assert!(lines.iter().all(|line| line["subject"] != "github app"));
    std::fs::remove_file(&key).unwrap();
    let (_, lines) = check(&world, POLL, &[]);
    assert_found(&lines, "problem", "AFK_GITHUB_APP_KEY_FILE");
    let minted = |request: &String| !request.contains("/access_tokens");
    let mut writes: Vec<String> = world.requests();
    writes.retain(|request| {
        !request.contains(" GET ") && !request.ends_with("POST /graphql") && minted(request)
    });
    assert_eq!(writes, [""; 0]);
}

#[test]
fn six_mistakes_on_forgejo_are_named() {
    for kind in [ServerKind::Forgejo13, ServerKind::Gitea126] {
        let mut story = ForgejoSaga::of(kind);
        let subject = |what: &str| format!("forgejo:{REPO} {what}");
        let (_, lines) = check(&story.saga.world, POLL, &[]);
        for what in ["reading", "visibility", "permissions"] {
            assert_found(&lines, "ok", &subject(what));
        }
        // An account that only writes learns nothing of others.
        story.forge.set_level(REPO, "afk-bot", Level::Write);
        let (status, lines) = check(&story.saga.world, POLL, &[]);
        assert_eq!(status, 1);
        assert_line(
            &lines,
            "warning",
            &subject("permissions"),
            "",
            "administrator",
        );
        story.forge.set_level(REPO, "afk-bot", Level::Admin);
        story.forge.make_public(REPO);
        let (_, lines) = check(&story.saga.world, POLL, &[]);
        assert_line(
            &lines,
            "problem",
            &subject("visibility"),
            "not private",
            "AFK_ALLOW_PUBLIC",
        );
        story
            .forge
            .with_repository(REPO, |repository| repository.archived = true);
        let (_, lines) = check(&story.saga.world, POLL, &[]);
        assert_line(
            &lines,
            "problem",
            &subject("state"),
            "archived",
            "out of the archive",
        );
        story.forge.rename_repository(REPO, "acme/gadgets");
        let (_, lines) = check(&story.saga.world, POLL, &[]);
        assert_line(&lines, "problem", &subject("reading"), "", "AFK_ALLOWLIST");
        story.saga.world.enrol(&["acme/nowhere"]);
        let (_, lines) = check(&story.saga.world, POLL, &[]);
        let nowhere = "forgejo:acme/nowhere reading";
        assert_line(&lines, "problem", nowhere, "", "spelled right");
        story.saga.world.set("AFK_FORGEJO_TOKEN", "wrong");
        let (status, lines) = check(&story.saga.world, POLL, &[]);
        assert_eq!(status, 2);
        assert_line(&lines, "problem", nowhere, "", "AFK_FORGEJO_TOKEN");
        assert_nothing_written(&story.saga.world);
    }
}

/// A world with a Woodpecker and a Kubernetes.
pub(super) struct Deploying {
    pub(super) world: World,
    pub(super) woodpecker: Arc<Woodpecker>,
    kubernetes: Arc<Kubernetes>,
    servers: [HttpServer; 2],
}

pub(super) fn deploying() -> Deploying {
    let mut world = sound();
    let woodpecker = Woodpecker::new(world.clock.clone());
    let kubernetes = Kubernetes::proxy(world.clock.clone());
    woodpecker.add_repository(REPO, world.repository_id);
    woodpecker.deploy_pipeline(REPO, "0ld0ld00", "success");
    let containers = [("app", "registry.test/widgets:0ld0ld00")];
    kubernetes.set_deployment("shop", "widgets", &containers);
    let journal = || Arc::clone(&world.journal);
    let servers = [
        HttpServer::start("woodpecker", journal(), woodpecker.clone()),
        HttpServer::start("kubernetes", journal(), kubernetes.clone()),
    ];
    world.set("AFK_WOODPECKER_URL", &servers[0].url());
    world.set("AFK_WOODPECKER_TOKEN", woodpecker::TOKEN);
    world.set("AFK_KUBERNETES_URL", &servers[1].url());
    world.set("AFK_REPOS", &repos("shop", "widgets"));
    Deploying {
        world,
        woodpecker,
        kubernetes,
        servers,
    }
}

fn repos(namespace: &str, name: &str) -> String {
    json!({REPO: {"deploy": "woodpecker", "rollout": {"namespace": namespace, "name": name}}})
        .to_string()
}

#[test]
fn nine_mistakes_about_deploy_and_rollout_are_named() {
    let mut story = deploying();
    let deploy = &format!("github:{REPO} deploy");
    let rollout = &format!("github:{REPO} rollout");
    let (_, lines) = check(&story.world, WATCH, &[]);
    assert_found(&lines, "ok", deploy);
    assert_found(&lines, "ok", rollout);
    let sound = story.world.settings.clone();

    for (key, value, fact) in [
        ("AFK_WOODPECKER_TOKEN", "wrong", "wrong or was reset"),
        ("AFK_WOODPECKER_URL", "http://127.0.0.1:1", "connect"),
        ("AFK_WOODPECKER_URL", &story.servers[1].url(), ""),
    ] {
        story.world.set(key, value);
        let (status, lines) = check(&story.world, WATCH, &[]);
        assert_eq!(status, 2, "{key}={value}");
        assert_line(&lines, "problem", deploy, fact, "AFK_WOODPECKER");
        assert_found(&lines, "ok", rollout);
        story.world.settings.clone_from(&sound);
    }
    for (key, value) in [
        ("AFK_KUBERNETES_URL", "http://127.0.0.1:1"),
        ("AFK_REPOS", &repos("shop", "wodgets")),
        ("AFK_REPOS", &repos("shoppe", "widgets")),
    ] {
        story.world.set(key, value);
        let (status, lines) = check(&story.world, WATCH, &[]);
        assert_eq!(status, 2, "{key}={value}");
        assert_line(&lines, "problem", rollout, "", key);
        assert_found(&lines, "ok", deploy);
        story.world.settings.clone_from(&sound);
    }
    story.kubernetes.forbid("shop");
    let (_, lines) = check(&story.world, WATCH, &[]);
    assert_line(&lines, "problem", rollout, "", "role");
    story.woodpecker.disable(REPO);
    let (_, lines) = check(&story.world, WATCH, &[]);
    assert_line(&lines, "problem", deploy, "", "Woodpecker");
    // Without a cluster there is nobody to ask.
    story.world.unset("AFK_KUBERNETES_URL");
    let (_, lines) = check(&story.world, WATCH, &[]);
    assert_line(
        &lines,
        "problem",
        rollout,
        "no Kubernetes",
        "AFK_KUBERNETES_URL",
    );
    assert_nothing_written(&story.world);
}
