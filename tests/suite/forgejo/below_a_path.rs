//! A server below a path: `https://forge.example/git`.

use crate::support::forgejo_saga::ForgejoSaga;
use crate::support::sandbox::forgejo::{ForgejoOptions, ServerKind};
use crate::support::world::REPO;

const WEB: &str = "https://forge.example/git";

fn everywhere(story: impl Fn(ForgejoSaga)) {
    for kind in ServerKind::ALL {
        let options = ForgejoOptions::below(kind, "/git");
        story(ForgejoSaga::with(options, |forge| {
            forge.add_user("acme");
        }));
    }
}

#[test]
fn it_is_found() {
    everywhere(|story| {
        let number = story.ready_issue();
        assert_eq!(story.starts(), [number], "{:?}", story.kind);
    });
}

#[test]
fn a_blocker_that_the_body_names_by_its_address_blocks_until_it_is_closed() {
    for (before, after) in [("Blocked by: ", "\n"), ("It is blocked by ", ", I fear.\n")] {
        everywhere(|story| {
            let blocker = story.issue_by("alice", "First.");
            let body = format!("{before}{WEB}/{REPO}/issues/{blocker}{after}");
            let number = story.issue_by("alice", &body);
            story.approve_by(number, "alice");
            assert_eq!(story.refused(number), ["blocked"], "{:?}", story.kind);
            story.forge.close_issue(REPO, blocker, "alice");
            story.pass(5);
            assert_eq!(story.starts(), [number], "{:?}", story.kind);
        });
    }
}

#[test]
fn an_address_beside_the_path_is_not_ours_to_look_up() {
    everywhere(|story| {
        let body = format!("It is blocked by https://forge.example/{REPO}/issues/1\n");
        let number = story.issue_by("alice", &body);
        story.approve_by(number, "alice");
        assert_eq!(story.refused(number), ["blocker-unresolved"]);
    });
}

#[test]
fn a_commit_that_names_the_issue_by_its_address_closes_it_and_jobs_are_linked() {
    everywhere(|story| {
        let (number, thread) = story.started();
        let message = format!("Done\n\nFixes {WEB}/{REPO}/issues/{number}\n");
        let sha = story.forge.push_commit(REPO, "alice", &message);
        assert!(!story.forge.is_open(REPO, number));
        story.pass(5);
        story.saga.world.t3.agent_finishes(&thread, "Pushed.");
        story.ci(&sha, "failure");
        assert_eq!(story.acted(), "fix_forward", "{:?}", story.kind);
        let messages = story.saga.world.t3.thread(&thread).unwrap().messages;
        let last = &messages.last().unwrap().text;
        let address = format!("{}/git/{REPO}/actions/runs/1/jobs/0", story.url());
        assert!(last.contains(&address), "{last}");
        assert!(!last.contains("/git/git/"), "{last}");
    });
}
