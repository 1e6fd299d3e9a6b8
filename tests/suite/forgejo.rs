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

/// Tells a story on every server.
fn everywhere(story: impl Fn(ForgejoSaga)) {
    for kind in ServerKind::ALL {
        story(ForgejoSaga::of(kind));
    }
}
