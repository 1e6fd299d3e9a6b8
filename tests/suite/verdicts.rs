//! Stories of commits and their builds: which one is the run's, and what all of its CI says (field report B).

use crate::support::delivery::{Built, Delivery};
use crate::support::place::{Place, on_each_kind_of_forge};
use crate::support::saga::Saga;
use crate::support::world::REPO;

on_each_kind_of_forge! {
    a_rebased_run_is_followed_and_a_dropped_one_has_nothing,
    somebody_elses_merge_helps_and_never_hurts,
    what_ran_on_a_side_branch_lands_nothing,
    a_side_branch_counts_where_the_branch_has_no_ci,
    a_newer_commit_proves_the_run_only_where_it_contains_it,
    a_green_build_settles_before_it_counts,
    a_green_build_that_has_settled_lands,
    a_build_of_which_all_was_skipped_says_so_and_proves_nothing,
    what_a_bot_bumped_and_what_prose_mentions_is_not_the_runs,
    what_a_bot_proposed_is_not_the_runs_whoever_merges_it,
    a_reverted_run_is_handed_back_without_a_turn,
    a_commit_below_hundreds_of_others_is_found,
    a_commit_that_only_the_issues_events_name_is_found,
}

fn delivery(place: Place) -> Delivery {
    Delivery::at(place, "{}")
}

/// Somebody else's commit on top of the branch.
fn others_push(saga: &Saga, what: &str) -> String {
    let sha = saga.world.forge.push_commit(REPO, "alice", what);
    saga.pass(5);
    sha
}

/// The run, with another commit as the one that is watched.
fn of(built: &Built, sha: &str) -> Built {
    Built {
        number: built.number,
        thread: built.thread.clone(),
        sha: sha.to_owned(),
    }
}

/// `ci-silent` never hides its cause.
fn a_build_of_which_all_was_skipped_says_so_and_proves_nothing(place: Place) {
    let story = delivery(place);
    let built = story.pushed();
    story.waits_for(&built, "build: nothing has started");
    story.saga.ci(&built.sha, "skipped");
    let said = "was skipped, which proves nothing";
    story.waits_for(&built, said);
    story.saga.pass(900);
    story.freezes(&built, "ci-silent", said);
}

/// B1 and B2: a workflow that never ran is part of the build, whatever the others say.
#[test]
fn a_workflow_that_could_not_start_is_red_beside_green_ones() {
    let story = delivery(Place::GitHub);
    let built = story.pushed();
    let github = &story.saga.world.github;
    let broken = github.start_workflow(REPO, &built.sha, "release", &[]);
    story.saga.ci(&built.sha, "success");
    story.waits_for(&built, "build: release");
    github.finish_workflow(REPO, broken, "startup_failure");
    story.corrects(&built, "release");
}

/// B5.
fn a_green_build_settles_before_it_counts(place: Place) {
    let mut story = delivery(place);
    story.saga.world.set("AFK_CI_SETTLE_SECONDS", "60");
    let built = story.built();
    story.waits_for(&built, "all that reported is green, and more may come");
    let forge = &story.saga.world.forge;
    forge.commit_status(REPO, &built.sha, "alice", "license/scan", "failure");
    story.corrects(&built, "license/scan");
}

fn a_green_build_that_has_settled_lands(place: Place) {
    let mut story = delivery(place);
    story.saga.world.set("AFK_CI_SETTLE_SECONDS", "60");
    let built = story.built();
    story.saga.pass(56);
    story.lands(&built);
}

/// B6 and B7: nobody pushed for the run.
fn what_a_bot_bumped_and_what_prose_mentions_is_not_the_runs(place: Place) {
    let story = delivery(place);
    let (number, thread) = story.saga.started();
    story.saga.world.forge.add_user("renovate[bot]");
    let forge = &story.saga.world.forge;
    for (who, message) in [
        (
            "renovate[bot]",
            format!("Bump left-pad\n\nRefs {REPO}#{number}\n"),
        ),
        ("alice", format!("docs: changelog, see #{number}")),
        ("alice", format!("Clean up after {REPO}#{number}")),
    ] {
        let sha = forge.push_commit(REPO, who, &message);
        story.saga.ci(&sha, "success");
    }
    story
        .saga
        .world
        .t3
        .agent_finishes(&thread, "Nothing to do.");
    story.saga.pass(200);
    let run = story.acts();
    assert_eq!(run.reason.unwrap().as_str(), "no-push", "{}", run.detail);
    assert_eq!(run.commit, None);
}

/// A bot's pull request that says it fixes the issue, merged by a person: green, and nobody's work on it.
fn what_a_bot_proposed_is_not_the_runs_whoever_merges_it(place: Place) {
    let story = delivery(place);
    let (number, thread) = story.saga.started();
    let forge = &story.saga.world.forge;
    forge.add_bot("renovate");
    let pull_request = forge.pull_request(REPO, "renovate", number);
    let merge = forge.merge(REPO, pull_request, "alice", number);
    story.saga.ci(&merge, "success");
    story
        .saga
        .world
        .t3
        .agent_finishes(&thread, "Nothing to do.");
    story.saga.pass(200);
    let run = story.acts();
    assert_eq!(run.action, "stand_down", "{}", run.detail);
    assert_eq!(run.commit, None);
}

/// B8, by id and by title, and what reverts something else.
fn a_reverted_run_is_handed_back_without_a_turn(place: Place) {
    for by_id in [true, false] {
        let story = delivery(place);
        let built = story.built();
        let body = if by_id {
            format!("\n\nThis reverts commit {}.\n", built.sha)
        } else {
            String::new()
        };
        let revert = others_push(
            &story.saga,
            &format!("Revert \"Reject negative sizes\"{body}"),
        );
        story.saga.ci(&revert, "success");
        let run = story.acts();
        assert_eq!(run.action, "escalate_prepush", "{}", run.detail);
        assert_eq!(run.reason.unwrap().as_str(), "reverted");
        assert_eq!(story.saga.turns(&built.thread), 1);
        assert!(story.saga.world.forge.is_open(REPO, built.number));
        let shown = &story.saga.checklist(built.number)[0];
        assert!(shown.contains(&revert[..8]), "{shown}");
    }
    let story = delivery(place);
    let before = others_push(&story.saga, "Something before");
    let built = story.built();
    others_push(
        &story.saga,
        &format!("Revert \"Something before\"\n\nThis reverts commit {before}.\n"),
    );
    story.lands(&built);
}

/// B10: a busy night, with the run's line on a commit that the newest hundred do not hold, and one beyond all that are read.
fn a_commit_below_hundreds_of_others_is_found(place: Place) {
    let story = delivery(place);
    let built = story.built();
    for index in 0..150 {
        let message = format!("Night shift {index}");
        story.saga.world.forge.push_commit(REPO, "alice", &message);
    }
    story.lands(&built);
}

fn a_commit_that_only_the_issues_events_name_is_found(place: Place) {
    let story = delivery(place);
    let built = story.built();
    for index in 0..600 {
        let message = format!("Night shift {index}");
        story.saga.world.forge.push_commit(REPO, "alice", &message);
    }
    story.lands(&built);
}

/// B14: the agent opened a pull request after all, and a person merged it.
#[test]
fn the_merge_of_a_pull_request_is_the_runs() {
    for (message, conclusion) in [
        ("Reject negative sizes", "success"),
        ("Reject negative sizes", "failure"),
        (
            "Reject negative sizes\n\nRefs {REPO}#{n}\nAfk-Run: {T}",
            "success",
        ),
        (
            "Reject negative sizes\n\nRefs {REPO}#{n}\nAfk-Run: {T}",
            "failure",
        ),
    ] {
        let story = delivery(Place::GitHub);
        others_push(&story.saga, "Before");
        let (number, thread) = story.saga.started();
        let github = &story.saga.world.github;
        let pull_request = github.make_pull_request(REPO, "afk-bot", "Do it");
        let message = message
            .replace("{REPO}", REPO)
            .replace("{n}", &number.to_string())
            .replace("{T}", &thread);
        let names =
            github.merge_pull_request_of(REPO, pull_request, "alice", &[&message], &[number]);
        story.saga.world.t3.agent_finishes(&thread, "Merged.");
        // CI runs on what the branch was pushed to, and a pull request's own runs count nowhere.
        let own = github.start_workflow_by(REPO, &names[0], "ci", "pull_request", &["build"]);
        github.finish_workflow(REPO, own, "success");
        story.saga.ci(&names[1], conclusion);
        let watched = if message.contains("Afk-Run") {
            &names[0]
        } else {
            &names[1]
        };
        let built = Built {
            number,
            thread,
            sha: watched.clone(),
        };
        if conclusion == "success" {
            story.lands(&built);
        } else {
            story.corrects(&built, "build");
        }
    }
}

/// The run's commit on a side branch, where something reported on it, and a person's merge of it, a quarter of an hour later.
fn merged(story: &Delivery, of_side: &str) -> (Built, String) {
    let base = others_push(&story.saga, "Before");
    let (number, thread) = story.saga.started();
    let forge = &story.saga.world.forge;
    let message = format!("Reject negative sizes\n\nRefs {REPO}#{number}\nAfk-Run: {thread}\n");
    let sha = forge.push_commit_onto(REPO, "afk-bot", &message, &[&base]);
    forge.commit_status(REPO, &sha, "alice", "preview", of_side);
    story.saga.world.t3.agent_finishes(&thread, "Pushed.");
    story.saga.pass(1_000);
    let title = "Merge pull request #9 from acme/topic\n\nReject negative sizes";
    let merge = forge.push_commit_onto(REPO, "alice", title, &[&base, &sha]);
    story.saga.pass(5);
    let built = Built {
        number,
        thread,
        sha,
    };
    (built, merge)
}

/// The branch never was at it: the merge is what CI runs on.
fn what_ran_on_a_side_branch_lands_nothing(place: Place) {
    for of_side in ["success", "failure"] {
        for conclusion in ["success", "failure"] {
            let story = delivery(place);
            let (built, merge) = merged(&story, of_side);
            let short = &merge[..8];
            let said = format!("build: nothing has started for {short}, which merged it");
            story.waits_for(&built, &said);
            let forge = &story.saga.world.forge;
            let run = forge.start_workflow(REPO, &merge, "ci", &["build"]);
            story.saga.pass(60);
            story.waits_for(&built, "build");
            forge.finish_workflow(REPO, run, conclusion);
            story.saga.pass(5);
            if conclusion == "success" {
                story.lands(&built);
            } else {
                let said = format!("was left to commit {merge}, which merged it and failed");
                story.corrects(&built, &said);
            }
        }
    }
}

/// CI runs on pull requests alone, or the merge was made with a token that starts nothing.
fn a_side_branch_counts_where_the_branch_has_no_ci(place: Place) {
    let story = delivery(place);
    let (built, _) = merged(&story, "success");
    story.saga.pass(890);
    story.waits_for(&built, "build: nothing has started");
    story.saga.pass(10);
    story.lands(&built);
    let story = delivery(place);
    let (built, _) = merged(&story, "failure");
    story.saga.pass(900);
    story.corrects(&built, "preview");
}

/// However old what it brought is; cancelled for a newer commit, it waits for that one.
#[test]
fn a_merge_has_its_own_time_to_be_built() {
    let story = delivery(Place::GitHub);
    let (built, merge) = merged(&story, "pending");
    story.saga.pass(300);
    let short = &merge[..8];
    story.waits_for(
        &built,
        &format!("nothing has started for {short}, which merged it"),
    );
    let forge = &story.saga.world.forge;
    let run = forge.start_workflow(REPO, &merge, "ci", &["build"]);
    story.saga.pass(1_000);
    let newer = others_push(&story.saga, "On top");
    forge.finish_workflow(REPO, run, "cancelled");
    story.saga.pass(5);
    story.waits_for(&built, "cancelled for a newer commit");
    story.saga.ci(&newer, "success");
    story.lands(&built);
}

#[test]
fn a_build_that_ran_out_of_time_is_red_whatever_documentation_came_on_top() {
    let story = delivery(Place::GitHub);
    let built = story.pushed();
    let forge = &story.saga.world.forge;
    let run = forge.start_workflow(REPO, &built.sha, "ci", &["build"]);
    others_push(&story.saga, "docs: explain it");
    story.saga.pass(1_200);
    forge.finish_workflow(REPO, run, "cancelled");
    story.saga.pass(5);
    story.waits_for(&built, "cancelled for a newer commit");
    story.saga.pass(900);
    story.corrects(&built, "build");
}

#[test]
fn documentation_on_top_hides_no_green_commit() {
    let story = delivery(Place::GitHub);
    let built = story.pushed();
    let forge = &story.saga.world.forge;
    let run = forge.start_workflow(REPO, &built.sha, "ci", &["build"]);
    story.saga.pass(30);
    let newer = others_push(&story.saga, "On top");
    forge.finish_workflow(REPO, run, "cancelled");
    for what in ["one", "two", "three", "four", "five"] {
        others_push(&story.saga, &format!("docs: chapter {what}"));
    }
    for what in ["1", "2", "3", "4"] {
        others_push(&story.saga, &format!("Release {what} [skip ci]"));
    }
    story.saga.ci(&newer, "success");
    story.lands(&built);
}

/// B16, and its siblings: what merely stands on top by date does not contain it.
fn a_newer_commit_proves_the_run_only_where_it_contains_it(place: Place) {
    let story = delivery(place);
    others_push(&story.saga, "Before");
    let built = story.pushed();
    let newer = others_push(&story.saga, "On top within seconds");
    story.saga.ci(&newer, "success");
    story.lands(&built);

    // A side branch that began before the run's commit, merged later: green there is green without the run's work.
    let story = delivery(place);
    let base = others_push(&story.saga, "Before");
    let built = story.pushed();
    let forge = &story.saga.world.forge;
    let side = forge.push_commit_onto(REPO, "alice", "On a side branch", &[&base]);
    let merge = forge.push_commit_onto(REPO, "alice", "Merge topic", &[&built.sha, &side]);
    story.saga.ci(&side, "success");
    story.waits_for(&built, "build: nothing has started");
    story.saga.ci(&merge, "success");
    story.lands(&built);
}

/// Somebody pulls the run's commit into work of their own and pushes: green proves the run, and red is theirs.
fn somebody_elses_merge_helps_and_never_hurts(place: Place) {
    for conclusion in ["success", "failure"] {
        let story = delivery(place);
        let base = others_push(&story.saga, "Before");
        let built = story.pushed();
        let forge = &story.saga.world.forge;
        let own = forge.push_commit_onto(REPO, "alice", "Her own", &[&base]);
        let merge = forge.push_commit_onto(REPO, "alice", "Merge main", &[&own, &built.sha]);
        story.saga.ci(&merge, conclusion);
        if conclusion == "success" {
            story.lands(&built);
        } else {
            let red = &merge[..8];
            story.waits_for(
                &built,
                &format!("build: nothing has started for it, and of a newer commit that contains it: {red} is red: "),
            );
        }
    }
}

#[test]
fn the_line_is_read_once_more_where_checks_of_many_can_not_be_had() {
    let story = delivery(Place::GitHub);
    let base = others_push(&story.saga, "Before");
    let built = story.pushed();
    let github = &story.saga.world.github;
    let side = github.push_commit_onto(REPO, "alice", "On a side branch", &[&base]);
    github.push_commit_onto(REPO, "alice", "Merge topic", &[&built.sha, &side]);
    story.saga.ci(&side, "success");
    story.saga.world.journal.intercept(|exchange| {
        let document = String::from_utf8_lossy(&exchange.request.body).into_owned();
        if document.contains("query Details") {
            crate::support::sandbox::http_server::Fault::Instead(
                crate::support::sandbox::http_server::Response::empty(502),
            )
        } else {
            crate::support::sandbox::http_server::Fault::None
        }
    });
    story.waits_for(&built, "build: nothing has started");
}

fn a_rebased_run_is_followed_and_a_dropped_one_has_nothing(place: Place) {
    let story = delivery(place);
    others_push(&story.saga, "Before");
    let built = story.pushed();
    story.saga.ci(&built.sha, "failure");
    let forge = &story.saga.world.forge;
    forge.drop_commit(REPO, &built.sha);
    others_push(&story.saga, "Somebody's");
    let rebased = story
        .saga
        .push(built.number, &built.thread, "Reject negative sizes");
    story.saga.ci(&rebased, "success");
    story.lands(&of(&built, &rebased));

    let story = delivery(place);
    others_push(&story.saga, "Before");
    let built = story.built();
    story.saga.world.forge.drop_commit(REPO, &built.sha);
    story.saga.pass(200);
    let run = story.acts();
    assert_eq!(run.reason.unwrap().as_str(), "no-push", "{}", run.detail);
}

/// B17.
#[test]
fn a_workflow_that_waits_for_approval_is_handed_back_after_the_start_limit() {
    let story = delivery(Place::GitHub);
    let built = story.pushed();
    let github = &story.saga.world.github;
    let run = github.start_workflow(REPO, &built.sha, "deploy", &["production"]);
    github.finish_workflow(REPO, run, "action_required");
    story.waits_for(&built, "build: production waits for a person to approve it");
    story.saga.pass(900);
    story.freezes(
        &built,
        "ci-blocked",
        "production waits for a person to approve it",
    );
    assert_eq!(story.saga.turns(&built.thread), 1);
    let shown = &story.saga.checklist(built.number)[0];
    assert!(shown.contains("/actions/runs/"), "{shown}");
}

/// A sibling of B17: the job behind an environment is a person's, and it waits since the tests before it were done.
#[test]
fn a_job_that_its_environment_holds_back_is_a_persons_after_the_start_limit() {
    let story = delivery(Place::GitHub);
    let built = story.pushed();
    let github = &story.saga.world.github;
    let run = github.start_workflow(REPO, &built.sha, "ci", &["test"]);
    story.saga.pass(1_200);
    github.finish_job(REPO, run, "test", "success");
    github.hold_job(REPO, run, "production");
    let waits = "production waits for a person to approve it";
    story.waits_for(&built, &format!("build: {waits}"));
    story.saga.pass(600);
    story.waits_for(&built, &format!("build: {waits}"));
    story.saga.pass(300);
    story.freezes(&built, "ci-blocked", waits);
    assert_eq!(story.saga.turns(&built.thread), 1);
}

/// Two files with the same `name:` are two workflows: the newer one does not replace the older.
#[test]
fn a_workflow_is_not_replaced_by_another_one_of_its_name() {
    let story = delivery(Place::GitHub);
    let built = story.pushed();
    let github = &story.saga.world.github;
    let start = |file: &str| {
        let workflow = (file, "CI");
        github.start_workflow_of(REPO, &built.sha, workflow, "push", &["test"])
    };
    let first = start("ci.yml");
    story.saga.pass(1);
    let second = start("ci-windows.yml");
    github.finish_workflow(REPO, first, "failure");
    github.finish_workflow(REPO, second, "success");
    story.corrects(&built, "test");
}
