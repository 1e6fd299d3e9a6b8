//! Stories of deploys in several parts, and of newer commits whose deploys go on beside ours.

use serde_json::{Value, json};

use crate::support::delivery::{Built, Delivery};
use crate::support::place::{Place, on_each_kind_of_forge};
use crate::support::world::REPO;

on_each_kind_of_forge! {
    a_newer_commit_lands_ours_when_all_its_parts_are_green,
    two_tags_schedules_or_tasks_at_one_commit_are_two_parts,
    a_tag_is_one_part_with_its_next_version,
    what_an_older_server_does_not_tell_is_not_different,
    parts_behind_those_of_newer_commits_are_found,
    our_own_failure_on_a_busy_branch_gets_its_turn,
    a_deploy_that_is_cancelled_for_a_newer_one_waits_for_it,
}

const BY_IMAGE: &str = r#"{"acme/widgets": {"deploy": "woodpecker"}}"#;
const BY_TAG: &str = r#"{"acme/widgets": {"deploy": {"on": "woodpecker", "event": "tag"}}}"#;
const BY_CRON: &str = r#"{"acme/widgets": {"deploy": {"on": "woodpecker", "event": "cron"}}}"#;
const BY_PROMOTION: &str = r#"{"acme/widgets": {"deploy": {"on": "woodpecker", "event": "deployment", "target": "production"}}}"#;
const BY_GITHUB: &str =
    r#"{"acme/widgets": {"deploy": {"on": "github", "environment": "production"}}}"#;

fn newer(story: &Delivery) -> String {
    (story.saga.world.forge).push_commit(REPO, "alice", "On top")
}

fn service(story: &Delivery, sha: &str, name: &str, status: &str) -> u64 {
    let number = story.woodpecker.deploy_pipeline(REPO, &sha[..8], status);
    story.woodpecker.change(REPO, number, |pipeline| {
        pipeline["variables"]["SERVICE"] = json!(name);
    });
    number
}

/// A pipeline of an event with fields of its own.
fn add(story: &Delivery, event: &str, sha: &str, fields: &Value, status: &str) -> u64 {
    let number = story.woodpecker.add(REPO, event, sha, status);
    story.woodpecker.change(REPO, number, |pipeline| {
        for (name, value) in fields.as_object().unwrap() {
            pipeline[name] = value.clone();
        }
    });
    number
}

fn tag(name: &str) -> Value {
    json!({"branch": "", "ref": format!("refs/tags/{name}")})
}

fn a_newer_commit_lands_ours_when_all_its_parts_are_green(place: Place) {
    let story = Delivery::at(place, BY_IMAGE);
    let built = story.built();
    let newer = newer(&story);
    let api = service(&story, &newer, "api", "running");
    service(&story, &newer, "web", "success");
    story.waits_for(&built, "a newer commit is being deployed: pipeline 1 runs");
    story.woodpecker.set_status(REPO, api, "failure");
    story.waits_for(&built, "nothing has started for it, and of a newer commit that contains it: deploy pipeline 1 failed (");
    service(&story, &newer, "api", "success");
    story.lands(&built);
}

fn two_tags_schedules_or_tasks_at_one_commit_are_two_parts(place: Place) {
    let task = |name: &str| json!({"deploy_to": "production", "deploy_task": name});
    let cron = |name: &str| json!({"cron": name, "sender": name, "message": name});
    let sender = |name: &str| json!({"sender": name, "message": name});
    for (repos, event, one, other) in [
        (BY_TAG, "tag", tag("api-v1.2.0"), tag("web-v2.0.1")),
        (BY_CRON, "cron", cron("deploy"), cron("nightly-tests")),
        (BY_CRON, "cron", sender("deploy"), sender("nightly-tests")),
        (BY_PROMOTION, "deployment", task("api"), task("web")),
        (BY_PROMOTION, "deployment", task("api"), task("")),
    ] {
        let story = Delivery::at(place, repos);
        let built = story.built();
        add(&story, event, &built.sha, &one, "failure");
        story.saga.pass(60);
        add(&story, event, &built.sha, &other, "success");
        story.corrects(&built, "deploy pipeline 1 failed");
        // The same once more.
        let story = Delivery::at(place, repos);
        let built = story.built();
        add(&story, event, &built.sha, &one, "failure");
        add(&story, event, &built.sha, &other, "success");
        add(&story, event, &built.sha, &one, "success");
        story.lands(&built);
        // At a newer commit.
        let story = Delivery::at(place, repos);
        let built = story.built();
        let newer = newer(&story);
        add(&story, event, &newer, &one, "failure");
        add(&story, event, &newer, &other, "success");
        story.waits_for(
            &built,
            "of a newer commit that contains it: deploy pipeline 1 failed (",
        );
        add(&story, event, &newer, &one, "success");
        story.lands(&built);
    }
}

fn a_tag_is_one_part_with_its_next_version(place: Place) {
    for (first, second) in [("v1.0-rc1", "v1.0"), ("v1.2.0", "v1.2.1")] {
        let story = Delivery::at(place, BY_TAG);
        let built = story.built();
        add(&story, "tag", &built.sha, &tag(first), "failure");
        add(&story, "tag", &built.sha, &tag(second), "success");
        story.lands(&built);
    }
}

fn what_an_older_server_does_not_tell_is_not_different(place: Place) {
    // The default of a promotion through GitHub is told as a task by some servers, and as none by hand.
    let to = json!({"deploy_to": "production"});
    let task = json!({"deploy_to": "production", "deploy_task": "api"});
    let deploy = json!({"deploy_to": "production", "deploy_task": "deploy"});
    let none = json!({"deploy_to": "production", "deploy_task": ""});
    for (first, second) in [
        (&to, &task),
        (&task, &to),
        (&deploy, &none),
        (&none, &deploy),
    ] {
        let story = Delivery::at(place, BY_PROMOTION);
        let built = story.built();
        add(&story, "deployment", &built.sha, first, "failure");
        add(&story, "deployment", &built.sha, second, "success");
        story.lands(&built);
    }
}

/// Twelve services each: most of ours stand on the second page.
fn parts_behind_those_of_newer_commits_are_found(place: Place) {
    let services: Vec<String> = (0..12).map(|number| format!("service-{number}")).collect();
    let deploy = |story: &Delivery, sha: &str, failed: &str| {
        for name in &services {
            let status = if name == failed { "failure" } else { "success" };
            service(story, sha, name, status);
        }
    };
    let lists = |story: &Delivery| {
        let exchanges = story.saga.world.journal.exchanges();
        let lists = exchanges.iter().filter(|exchange| {
            exchange.service == "woodpecker" && exchange.request.path.ends_with("/pipelines")
        });
        lists.count()
    };
    // Of another branch's commits: nothing of theirs helps ours.
    let others = ["0a1b2c3d", "1a1b2c3d", "2a1b2c3d", "3a1b2c3d"];
    for (newer, expected) in [(0, 1), (2, 1), (4, 2)] {
        for failed in ["service-0", "none"] {
            let story = Delivery::at(place, BY_IMAGE);
            let built = story.built();
            deploy(&story, &built.sha, failed);
            for other in &others[..newer] {
                deploy(&story, other, "none");
            }
            if failed == "none" {
                story.lands(&built);
                assert_eq!(lists(&story), expected, "{newer}");
            } else {
                story.corrects(&built, "deploy pipeline 1 failed");
            }
        }
    }
    // A full page with ours before many others is all that is read.
    let story = Delivery::at(place, BY_IMAGE);
    let built = story.built();
    for _ in 0..60 {
        service(&story, others[0], "api", "failure");
    }
    deploy(&story, &built.sha, "none");
    story.lands(&built);
    assert_eq!(lists(&story), 1);
}

/// Waits for something newer for longer than the time for repairs, and has all of it afterwards.
fn waited(story: &Delivery, built: &Built, said: &str) {
    for _ in 0..7 {
        story.waits_for(built, said);
        story.saga.pass(600);
    }
}

fn our_own_failure_on_a_busy_branch_gets_its_turn(place: Place) {
    // It fails behind one that runs for more than an hour.
    let said = "failed (";
    let story = Delivery::at(place, BY_IMAGE);
    let built = story.built();
    let image = |sha: &str, status| story.woodpecker.deploy_pipeline(REPO, &sha[..8], status);
    image(&built.sha, "failure");
    let other = newer(&story);
    let number = image(&other, "running");
    waited(&story, &built, said);
    story.waits_for(&built, "a newer commit is being deployed: pipeline 2 runs");
    story.woodpecker.set_status(REPO, number, "failure");
    // One is always under way.
    let third = newer(&story);
    image(&third, "running");
    story.corrects(&built, "deploy pipeline 1 failed");
    // The deadline tells what failed.
    let story = Delivery::at(place, BY_IMAGE);
    let built = story.built();
    let image = |sha: &str, status| story.woodpecker.deploy_pipeline(REPO, &sha[..8], status);
    image(&built.sha, "failure");
    let other = newer(&story);
    image(&other, "running");
    story.saga.pass(5_400);
    story.freezes(&built, "ci-silent", "deploy pipeline 1 failed (");
}

fn a_deploy_that_is_cancelled_for_a_newer_one_waits_for_it(place: Place) {
    type Hold = fn(&Delivery, u64);
    let holds: [(Hold, &str); 3] = [
        (
            |story, number| story.woodpecker.cancel(REPO, number, "alice"),
            "was cancelled by alice",
        ),
        (
            |story, number| story.woodpecker.decline(REPO, number, "alice"),
            "was declined by alice",
        ),
        (
            |story, number| story.woodpecker.set_status(REPO, number, "blocked"),
            "waits for a person to approve it",
        ),
    ];
    for (hold, said) in holds {
        for end in ["success", "failure", "blocked"] {
            let story = Delivery::at(place, BY_IMAGE);
            let built = story.built();
            let image =
                |sha: &str, status| story.woodpecker.deploy_pipeline(REPO, &sha[..8], status);
            let own = image(&built.sha, "running");
            let other = newer(&story);
            let number = image(&other, "running");
            hold(&story, own);
            story.saga.pass(1_200);
            story.waits_for(&built, said);
            story.waits_for(&built, "a newer commit is being deployed: pipeline 2 runs");
            story.woodpecker.set_status(REPO, number, end);
            if end == "success" {
                story.lands(&built);
            } else {
                story.freezes(&built, "ci-blocked", said);
            }
        }
    }
}

#[test]
fn deployments_of_newer_commits_are_waited_for_and_what_failed_is_told() {
    let waits = "waits for a person to approve it";
    for (own, end, said) in [
        ("waiting", "success", waits),
        ("waiting", "failure", waits),
        ("failure", "success", "deployment to production failed ("),
        ("failure", "failure", "deployment to production failed ("),
    ] {
        let story = Delivery::of(BY_GITHUB);
        let built = story.built();
        let github = &story.saga.world.github;
        let ours = github.deploy(REPO, &built.sha, "production");
        github.deployment_is(REPO, ours, own);
        story.saga.pass(60);
        let other = newer(&story);
        let later = github.deploy(REPO, &other, "production");
        github.deployment_is(REPO, later, "in_progress");
        waited(&story, &built, said);
        story.waits_for(&built, "a newer commit is being deployed to production");
        github.deployment_is(REPO, later, end);
        match (own, end) {
            (_, "success") => story.lands(&built),
            ("waiting", _) => story.freezes(&built, "ci-blocked", waits),
            _ => {
                let third = newer(&story);
                let latest = github.deploy(REPO, &third, "production");
                github.deployment_is(REPO, latest, "in_progress");
                story.corrects(&built, "deployment to production failed");
            }
        }
    }
}
