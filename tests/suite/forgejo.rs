//! Runs on Forgejo 11, Forgejo 13 and Gitea 1.26: the same stories in three places, and what only happens there.

mod below_a_path;
mod figures;
mod gate;
mod hostile;
mod long_texts;
mod migrated;
mod mirror;
mod poll_stories;
mod random_histories;
mod recordings;
mod run;
mod stand_in;
mod under_way;
mod watch_stories;

use crate::support::forgejo_saga::ForgejoSaga;
use crate::support::sandbox::forgejo::ServerKind;
use crate::support::world::REPO;

/// Tells a story on every server.
fn everywhere(story: impl Fn(ForgejoSaga)) {
    for kind in ServerKind::ALL {
        story(ForgejoSaga::of(kind));
    }
}

/// A stranger comments with so many lines so many times, and then somebody with a say comments: the run starts, and is told that alone.
fn strangers_are_read_past(comments: usize, lines: usize) {
    everywhere(|mut story| {
        story.forge.make_public(REPO);
        story.saga.world.set("AFK_ALLOW_PUBLIC", REPO);
        let number = story.ready_issue();
        for _ in 0..comments {
            let long = "Buy this. ".repeat(lines);
            story.forge.comment_on(REPO, number, "mallory", &long);
        }
        story
            .forge
            .comment_on(REPO, number, "alice", "Mind the tests.");
        story.pass(30);
        // A text of alice's issue is hers: what strangers wrote after the label is activity and no edit.
        assert_eq!(story.starts(), [number], "{:?}", story.kind);
        let text = &story.saga.world.only_thread().messages[0].text;
        assert!(text.contains("Mind the tests."), "{text}");
        assert!(!text.contains("Buy this."), "{text}");
    });
}
