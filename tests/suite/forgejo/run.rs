//! Runs on a Forgejo or Gitea, followed to their end.

use super::everywhere;
use crate::support::forgejo_saga::ForgejoSaga;
use crate::support::sandbox::forgejo::ServerKind;
use crate::support::sandbox::forgejo::state::Level;
use crate::support::world::{LOCK, READY, REPO};

fn has(story: &ForgejoSaga, number: u64, label: &str) -> bool {
    story.labels(number).iter().any(|shown| shown == label)
}

/// Nothing of a run is left: released, unlocked, not ready.
fn assert_over(story: &ForgejoSaga, number: u64, thread: &str) {
    let view = story.saga.world.t3.thread(thread).unwrap();
    assert!(view.archived, "{:?} {view:?}", story.kind);
    assert!(!has(story, number, LOCK) && !has(story, number, READY));
    assert_eq!(story.own_comments(number).len(), 1);
}

#[test]
fn a_named_check_is_found_among_the_jobs_of_the_forge() {
    everywhere(|story| {
        let mut story = story;
        let named = format!(r#"{{"forgejo:{REPO}": {{"build": {{"checks": ["build"]}}}}}}"#);
        story.saga.world.set("AFK_REPOS", &named);
        let (number, thread) = story.started();
        let sha = story.push(number, &thread, "Done");
        story.saga.world.t3.agent_finishes(&thread, "Pushed.");
        let job = |context: &str, word: &str| {
            story.forge.job(REPO, &sha, context, word, "says so");
            story.pass(60);
        };
        job("CI / lint (push)", "success");
        assert_eq!(story.acted(), "wait", "{:?}", story.kind);
        job("CI / build (push)", "pending");
        assert_eq!(story.acted(), "wait", "{:?}", story.kind);
        job("CI / build (push)", "success");
        assert_eq!(story.acted(), "close_success", "{:?}", story.kind);
    });
}

#[test]
fn one_failed_status_among_many_pages_is_red_and_a_job_without_status_is_waited_for() {
    everywhere(|story| {
        let (number, thread) = story.started();
        let sha = story.push(number, &thread, "Try");
        story.saga.world.t3.agent_finishes(&thread, "Pushed.");
        for context in 0..60 {
            story
                .forge
                .post_status(REPO, &sha, &format!("ci/{context}"), "success");
        }
        if story.kind == ServerKind::Forgejo11 {
            // It tells nothing of runs.
        } else {
            story
                .forge
                .run_of(REPO, &sha, "late.yml", "push", "waiting");
            story
                .forge
                .run_of(REPO, &sha, "dispatch.yml", "workflow_dispatch", "waiting");
            assert_eq!(story.acted(), "wait", "{:?}", story.kind);
        }
        story.forge.post_status(REPO, &sha, "ci/61", "failure");
        assert_eq!(story.acted(), "fix_forward", "{:?}", story.kind);
    });
}

/// Our own label and comment start workflows, too, and a tag is no branch.
#[test]
fn only_runs_of_a_push_to_the_branch_are_the_build() {
    everywhere(|story| {
        let (number, thread) = story.started();
        let sha = story.push(number, &thread, "Done");
        story.saga.world.t3.agent_finishes(&thread, "Pushed.");
        for (event, status) in [
            ("schedule", "failure"),
            ("issues", "failure"),
            ("issue_comment", "waiting"),
            ("workflow_dispatch", "running"),
            ("pull_request", "failure"),
            ("release", "blocked"),
            ("workflow_run", "failure"),
        ] {
            let workflow = format!("{event}.yml");
            story.forge.run_of(REPO, &sha, &workflow, event, status);
        }
        story
            .forge
            .run_elsewhere(REPO, &sha, "refs/tags/v1", "failure");
        story
            .forge
            .run_elsewhere(REPO, &sha, "refs/heads/topic", "waiting");
        story.ci(&sha, "success");
        story.pass(60);
        assert_eq!(story.acted(), "close_success", "{:?}", story.kind);
    });
}

#[test]
fn runs_that_our_account_may_not_see_hold_nothing() {
    everywhere(|story| {
        story
            .forge
            .with_repository(REPO, |home| home.runs_hidden = true);
        let (number, thread) = story.started();
        let sha = story.push(number, &thread, "Done");
        story.saga.world.t3.agent_finishes(&thread, "Pushed.");
        story.ci(&sha, "success");
        story.pass(60);
        assert_eq!(story.acted(), "close_success", "{:?}", story.kind);
    });
}

/// It is there within seconds, CI is not.
#[test]
fn a_licence_check_alone_is_green_only_when_ci_had_its_time_to_start() {
    everywhere(|story| {
        let (number, thread) = story.started();
        let sha = story.push(number, &thread, "Done");
        story.saga.world.t3.agent_finishes(&thread, "Pushed.");
        story
            .forge
            .post_status(REPO, &sha, "license/cla", "success");
        story.pass(200);
        assert_eq!(story.acted(), "wait", "{:?}", story.kind);
        story.pass(800);
        assert_eq!(story.acted(), "close_success", "{:?}", story.kind);
    });
}

#[test]
fn a_commit_with_a_closing_keyword_revokes_nothing() {
    everywhere(|story| {
        let (number, thread) = story.started();
        let message =
            format!("Done\n\nFixes #{number}\n\nRefs {REPO}#{number}\nAfk-Run: {thread}\n");
        let sha = story.forge.push_commit(REPO, "alice", &message);
        assert!(!story.forge.is_open(REPO, number));
        story.pass(5);
        story.saga.world.t3.agent_finishes(&thread, "Pushed.");
        assert_eq!(story.acted(), "wait", "{:?}", story.kind);
        story.ci(&sha, "success");
        assert_eq!(story.acted(), "close_success");
        assert_eq!(
            story.saga.bells.titles(),
            [format!("[DONE] {REPO}#{number} landed")]
        );
    });
}

/// Its release notes close issues of another project, which have the numbers of ours.
#[test]
fn the_commit_of_a_bot_does_not_land_the_run() {
    everywhere(|story| {
        story.forge.add_user("renovate-bot");
        story.forge.set_level(REPO, "renovate-bot", Level::Write);
        let (number, thread) = story.started();
        let notes = format!("Bump left-pad\n\nFixes #{number} ; Refs {REPO}#{number}\n");
        let bump = story.forge.push_commit(REPO, "renovate-bot", &notes);
        story.pass(5);
        story.ci(&bump, "success");
        story.saga.world.t3.agent_finishes(&thread, "Nothing yet.");
        story.pass(600);
        let run = story.only_run();
        assert_ne!(run.action, "close_success", "{:?} {run:?}", story.kind);
        // A commit of the run is one whoever made it.
        let story = ForgejoSaga::of(story.kind);
        story.forge.add_user("agent-bot");
        story.forge.set_level(REPO, "agent-bot", Level::Write);
        let (number, thread) = story.started();
        let message = format!("Done\n\nRefs {REPO}#{number}\nAfk-Run: {thread}\n");
        let sha = story.forge.push_commit(REPO, "agent-bot", &message);
        story.pass(5);
        story.saga.world.t3.agent_finishes(&thread, "Pushed.");
        story.ci(&sha, "success");
        assert_eq!(story.acted(), "close_success", "{:?}", story.kind);
    });
}

#[test]
fn a_pull_request_that_is_merged_is_no_person_who_closed_the_issue() {
    everywhere(|story| {
        let (number, thread) = story.started();
        let pull = story.forge.open_pull_request(REPO, "alice", number);
        story.pass(60);
        let sha = story.forge.merge_pull_request(REPO, pull, "alice");
        assert!(!story.forge.is_open(REPO, number));
        story.pass(5);
        story.saga.world.t3.agent_finishes(&thread, "Opened it.");
        assert_eq!(story.acted(), "wait", "{:?}", story.kind);
        story.ci(&sha, "success");
        assert_eq!(story.acted(), "close_success", "{:?}", story.kind);
        assert_over(&story, number, &thread);
        // One that was closed without a merge closed nothing.
        let story = ForgejoSaga::of(story.kind);
        let (number, _) = story.started();
        let pull = story.forge.open_pull_request(REPO, "alice", number);
        story.pass(60);
        story.forge.close_issue(REPO, pull, "alice");
        story.forge.close_issue(REPO, number, "alice");
        story.pass(300);
        assert_eq!(story.acted(), "stand_down", "{:?}", story.kind);
    });
}

#[test]
fn a_commit_that_only_an_event_names_is_looked_at_and_one_elsewhere_is_not_taken() {
    everywhere(|story| {
        let (number, thread) = story.started();
        let message = format!("Try\n\nRefs {REPO}#{number}\nAfk-Run: {thread}\n");
        story.forge.push_elsewhere(REPO, "alice", &message);
        story.pass(600);
        story
            .saga
            .world
            .t3
            .agent_finishes(&thread, "Pushed to a branch.");
        story.pass(600);
        let run = story.only_run();
        assert_eq!(run.action, "escalate_prepush", "{run:?}");
    });
}

/// Nothing is listed of a stray's repository: each commit that its issue names is looked for on the branch.
#[test]
fn a_branch_with_a_slash_in_its_name_is_compared_by_its_head() {
    everywhere(|story| {
        story.forge.with_repository(REPO, |repository| {
            repository.branch = "release/1".to_owned();
        });
        let number = story.issue_by("alice", "Old.");
        story.forge.label_issue(REPO, number, "afk-bot", LOCK);
        story.pass(60);
        let message = format!("Done\n\nFixes #{number}\n");
        let sha = story.forge.push_commit(REPO, "alice", &message);
        assert!(!story.forge.is_open(REPO, number));
        story.forge.push_commit(REPO, "alice", "Something else");
        story.pass(60);
        story.saga.watch();
        let head = {
            let inner = story.forge.lock();
            let home = inner.state.repository(REPO).unwrap();
            home.commits.last().unwrap().sha.clone()
        };
        let asked = format!("forgejo GET /api/v1/repos/{REPO}/compare/{head}...{sha}");
        let lines = story.requests();
        assert!(lines.contains(&asked), "{:?} {lines:#?}", story.kind);
    });
}

#[test]
fn an_open_dependency_keeps_the_issue_open_and_costs_neither_bell_nor_release() {
    everywhere(|story| {
        let (number, thread) = story.started();
        let blocker = story.issue_by("alice", "Found on the way.");
        story.forge.depend(REPO, number, blocker);
        let sha = story.push(number, &thread, "Done");
        story.saga.world.t3.agent_finishes(&thread, "Pushed.");
        story.ci(&sha, "success");
        let report = story.saga.watch();
        assert_eq!(report.runs[0].action, "close_success", "{report}");
        assert!(report.failures[0].error.contains("412"), "{report}");
        assert_over(&story, number, &thread);
        assert!(story.forge.is_open(REPO, number));
        assert_eq!(story.saga.bells.titles().len(), 1);
    });
}

#[test]
fn a_run_follows_its_repository_to_a_new_name() {
    everywhere(|story| {
        let (number, thread) = story.started();
        story.forge.add_user("newcorp");
        story.forge.rename_repository(REPO, "newcorp/gadgets");
        let message = format!("Done\n\nRefs newcorp/gadgets#{number}\nAfk-Run: {thread}\n");
        let sha = story
            .forge
            .push_commit("newcorp/gadgets", "alice", &message);
        story.saga.world.t3.agent_finishes(&thread, "Pushed.");
        story.pass(60);
        let job = ("CI / build (push)", "success");
        story.forge.job("newcorp/gadgets", &sha, job.0, job.1, "");
        story.pass(60);
        let report = story.saga.watch();
        assert_eq!(report.runs[0].action, "close_success", "{report}");
        assert!(!story.forge.is_open("newcorp/gadgets", number));
        let warned = report
            .warnings
            .iter()
            .any(|warning| warning.error.contains("newcorp/gadgets"));
        assert!(warned, "{report}");
    });
}

#[test]
fn watching_costs_one_search_and_few_requests_for_each_run() {
    everywhere(|story| {
        let (number, thread) = story.started();
        story.push(number, &thread, "Try");
        story.saga.watch();
        story.saga.world.journal.clear();
        story.saga.watch();
        let asked = story.requests();
        assert!(asked.len() <= 9, "{:?} {asked:#?}", story.kind);
    });
}

#[test]
fn the_corrective_turn_names_the_job_by_its_whole_address() {
    everywhere(|story| {
        let (number, thread) = story.started();
        let red = story.push(number, &thread, "First try");
        story.saga.world.t3.agent_finishes(&thread, "Pushed.");
        story.ci(&red, "failure");
        assert_eq!(story.acted(), "fix_forward");
        let messages = story.saga.world.t3.thread(&thread).unwrap().messages;
        let last = &messages.last().unwrap().text;
        let address = format!("{}/{REPO}/actions/runs/1/jobs/0", story.url());
        assert!(
            last.contains("CI / build (push)") && last.contains(&address),
            "{last}"
        );
    });
}
