//! Histories that somebody made up to be misread, in the form that Forgejo and Gitea give them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::everywhere;
use crate::support::forgejo_saga::ForgejoSaga;
use crate::support::sandbox::forgejo::state::Level;
use crate::support::sandbox::forgejo::{ForgejoOptions, ServerKind};
use crate::support::sandbox::http_server::Exchange;
use crate::support::world::{LOCK, READY, REPO};

/// More mentions than are read past, where they can not be seen.
const FLOOD: usize = 1_200;

/// Whatever comes later on a Gitea is not seen any more.
fn flood(story: &ForgejoSaga, number: u64, who: &str) {
    story.forge.flood(REPO, number, who, FLOOD);
    story.pass(5);
}

#[test]
fn a_title_that_its_poster_changed_behind_a_flood_is_refused() {
    everywhere(|story| {
        // Who may only read may post, and change the title of what they posted.
        story.forge.add_user("rita");
        story.forge.set_level(REPO, "rita", Level::Read);
        let number = story.issue_by("rita", "Good.");
        story.approve_by(number, "alice");
        flood(&story, number, "rita");
        story.forge.rename_title(REPO, number, "rita", "EVIL");
        story.pass(30);
        let codes = story.refused(number);
        let expected = if story.kind.is_gitea() {
            "facts-incomplete"
        } else {
            "edited-since"
        };
        assert!(codes.iter().any(|code| code == expected), "{codes:?}");
    });
}

#[test]
fn a_title_that_somebody_without_push_changed_behind_a_flood_is_refused() {
    for kind in ServerKind::ALL {
        let story = ForgejoSaga::in_organisation(kind);
        let number = story.issue_by("olga", "Good.");
        story.approve_by(number, "olga");
        flood(&story, number, "tracy");
        story.forge.rename_title(REPO, number, "tracy", "EVIL");
        story.pass(30);
        let codes = story.refused(number);
        let expected = if kind.is_gitea() {
            "facts-incomplete"
        } else {
            "edit-history-hidden"
        };
        assert!(
            codes.iter().any(|code| code == expected),
            "{kind:?} {codes:?}"
        );
    }
}

#[test]
fn a_flood_behind_which_only_people_who_may_push_can_act_holds_nobody_up() {
    everywhere(|story| {
        story.forge.make_public(REPO);
        let mut story = story;
        story.saga.world.set("AFK_ALLOW_PUBLIC", REPO);
        let number = story.ready_issue();
        flood(&story, number, "mallory");
        assert_eq!(story.starts(), [number], "{:?}", story.kind);
    });
}

#[test]
fn a_new_label_settles_what_was_unexplained() {
    let story = ForgejoSaga::of(ServerKind::Gitea126);
    story.forge.add_user("rita");
    story.forge.set_level(REPO, "rita", Level::Read);
    let number = story.issue_by("rita", "Good.");
    story.approve_by(number, "alice");
    // One mention that our token can not see.
    story.forge.flood(REPO, number, "alice", 1);
    story.pass(30);
    assert_eq!(story.refused(number), ["facts-incomplete"]);
    story.forge.unlabel(REPO, number, "alice", READY);
    story.approve_by(number, "alice");
    assert_eq!(story.starts(), [number]);
}

#[test]
fn the_title_of_a_parent_that_was_changed_behind_a_flood_never_reaches_the_agent() {
    for kind in ServerKind::ALL {
        let story = ForgejoSaga::in_organisation(kind);
        let parent = story.issue_by("olga", "The whole specification.");
        flood(&story, parent, "tracy");
        story.forge.rename_title(REPO, parent, "tracy", "EVIL");
        let number = story.issue_by(
            "olga",
            &format!("## Parent\n\n#{parent}\n\n## Now\n\nGo.\n"),
        );
        story.approve_by(number, "olga");
        assert_eq!(story.starts(), [number], "{kind:?}");
        let text = &story.saga.world.only_thread().messages[0].text;
        assert!(text.contains(&format!("#{parent}")), "{text}");
        assert!(!text.contains("EVIL"), "{kind:?} {text}");
    }
}

/// A tick in which the repository is transferred right after the exchange that `is_moment` names.
fn transferred(kind: ServerKind, is_moment: fn(&Exchange) -> bool) -> (ForgejoSaga, u64) {
    let story = ForgejoSaga::of(kind);
    let number = story.ready_issue();
    story.forge.add_user("newcorp");
    let (forge, once) = (Arc::clone(&story.forge), AtomicBool::new(true));
    story.saga.world.journal.observe(move |exchange| {
        if is_moment(exchange) && once.swap(false, Ordering::SeqCst) {
            forge.rename_repository(REPO, "newcorp/widgets");
        }
    });
    let report = story.poll();
    story.saga.world.journal.calm();
    // The run is there, and the label that shows it to people is not.
    assert_eq!(report.dispatched.len(), 1, "{report}");
    let said = &report.failures[0].error;
    assert!(said.contains("newcorp/widgets"), "{report}");
    assert_eq!(story.forge.labels_of("newcorp/widgets", number), [READY]);
    // Nothing but the old name was asked for: a redirect of a write would have become a reading.
    let followed = story.requests().iter().any(|line| line.contains("newcorp"));
    assert!(!followed);
    (story, number)
}

#[test]
fn a_repository_that_is_transferred_in_mid_tick_is_not_written_to() {
    for kind in ServerKind::ALL {
        let (story, number) = transferred(kind, |exchange| {
            let body = String::from_utf8_lossy(&exchange.request.body);
            exchange.service == "t3" && body.contains("thread.turn.start")
        });
        assert!(story.forge.writes().is_empty());
        // The run is followed under the new name, which is said.
        let thread = story.saga.world.t3.threads().remove(0);
        story.saga.world.t3.agent_starts(&thread);
        story.pass(30);
        let watched = story.saga.watch();
        assert_eq!(watched.runs[0].action, "wait", "{watched}");
        let mut warnings = watched.warnings.iter();
        assert!(warnings.any(|warning| warning.error.contains("newcorp/widgets")));
        let labels = story.forge.labels_of("newcorp/widgets", number);
        assert!(labels.contains(&LOCK.to_owned()), "{labels:?}");
    }
}

#[test]
fn a_redirect_of_a_write_is_not_followed() {
    for kind in ServerKind::ALL {
        let (story, _) = transferred(kind, |exchange| {
            let listed = format!("/repos/{REPO}/labels");
            exchange.request.path.ends_with(&listed)
        });
        let writes = story.forge.writes();
        let expected = if kind == ServerKind::Forgejo11 {
            307
        } else {
            301
        };
        assert!(!writes.is_empty(), "{kind:?}");
        for write in writes {
            assert_eq!(write.status, expected, "{kind:?} {write:?}");
        }
    }
}

#[test]
fn who_was_renamed_is_known_by_number_and_nobody_inherits_a_name() {
    everywhere(|story| {
        let number = story.ready_issue();
        story.forge.rename_user("alice", "alicia");
        story.forge.add_user("alice");
        // The timeline shows the new name.
        assert_eq!(story.starts(), [number], "{:?}", story.kind);

        let story = ForgejoSaga::of(story.kind);
        let number = story.issue_by("alice", "Please.");
        story.approve_by(number, "mallory");
        story.forge.rename_user("mallory", "harmless");
        story.forge.add_user("mallory");
        story.forge.set_level(REPO, "mallory", Level::Write);
        assert_eq!(story.refused(number), ["permission-too-low"]);
    });
}

#[test]
fn who_takes_the_labellers_name_in_mid_tick_is_not_the_labeller() {
    everywhere(|story| {
        let number = story.issue_by("alice", "Please.");
        story.approve_by(number, "mallory");
        let (forge, once) = (Arc::clone(&story.forge), AtomicBool::new(true));
        story.saga.world.journal.observe(move |exchange| {
            let read = exchange.request.path.ends_with("/timeline");
            if read && once.swap(false, Ordering::SeqCst) {
                forge.rename_user("mallory", "harmless");
                forge.add_user("mallory");
                forge.set_level(REPO, "mallory", Level::Write);
            }
        });
        let codes = story.refused(number);
        assert_eq!(codes, ["permission-unknown"], "{:?}", story.kind);
    });
}

#[test]
fn a_label_that_was_made_anew_counts_by_its_own_entries() {
    everywhere(|story| {
        // What was said about its namesakes went with them.
        let number = story.ready_issue();
        story.forge.delete_label(REPO, READY);
        story.forge.label_issue(REPO, number, "mallory", READY);
        story.pass(30);
        story.forge.delete_label(REPO, READY);
        story.approve_by(number, "alice");
        assert_eq!(story.starts(), [number], "{:?}", story.kind);
    });
}

#[test]
fn an_issue_that_goes_away_between_two_readings_is_missing_and_costs_the_next_one_nothing() {
    everywhere(|story| {
        let gone = story.ready_issue();
        let next = story.ready_issue();
        let (forge, once) = (Arc::clone(&story.forge), AtomicBool::new(true));
        // Gitea answers 500 then, as on a bad day.
        story.saga.world.journal.observe(move |exchange| {
            let issue = format!("/repos/{REPO}/issues/{gone}");
            let read = exchange.request.path.ends_with(&issue);
            if read && once.swap(false, Ordering::SeqCst) {
                forge.delete_issue(REPO, gone);
            }
        });
        let report = story.poll();
        story.saga.world.journal.calm();
        assert!(report.failures.is_empty(), "{:?} {report}", story.kind);
        assert_eq!(report.dispatched[0].issue.0, next, "{report}");
    });
}

/// Comments until the timeline shows so many entries.
fn fill(story: &ForgejoSaga, number: u64, entries: usize) {
    let shown = {
        let inner = story.forge.lock();
        let id = inner.state.repository_id(REPO);
        inner.state.issue(id, number).unwrap().entries.len()
    };
    for _ in shown..entries {
        story.forge.comment_on(REPO, number, "mallory", "Hm.");
    }
}

#[test]
fn a_server_that_pages_although_its_version_says_otherwise_is_read_to_its_end() {
    for entries in [30, 50] {
        for kind in [ServerKind::Forgejo11, ServerKind::Forgejo13] {
            let options = ForgejoOptions {
                always_pages: true,
                ..ForgejoOptions::of(kind)
            };
            let story = ForgejoSaga::with(options, |forge| {
                forge.add_user("acme");
            });
            let number = story.ready_issue();
            fill(&story, number, entries);
            story.forge.unlabel(REPO, number, "alice", READY);
            story.pass(5);
            story.approve_by(number, "mallory");
            assert_eq!(story.refused(number), ["permission-too-low"], "{kind:?}");
        }
    }
}

#[test]
fn a_timeline_that_is_just_as_long_as_a_page_starts() {
    for hidden in [0, 40] {
        everywhere(|story| {
            let number = story.ready_issue();
            fill(&story, number, 10);
            story.forge.flood(REPO, number, "alice", hidden);
            fill(&story, number, 30 + hidden);
            story.pass(30);
            if story.kind.is_gitea() {
                // It has its own stories.
                return;
            }
            assert_eq!(story.starts(), [number], "{:?} {hidden}", story.kind);
        });
    }
}

/// A database that does not tell cases apart finds the stranger's label as ours.
#[test]
fn labels_in_another_case_hide_nothing() {
    for kind in ServerKind::ALL {
        let options = ForgejoOptions {
            folds_case: true,
            ..ForgejoOptions::of(kind)
        };
        let story = ForgejoSaga::with(options, |forge| {
            forge.add_user("acme");
        });
        let number = story.ready_issue();
        let noise = "mallory/noise";
        story.forge.add_repository(noise);
        story.forge.make_public(noise);
        for _ in 0..60 {
            let number = story.forge.open_issue(noise, "mallory", "Noise", "");
            let label = "Ready-For-Agent";
            story.forge.label_issue(noise, number, "mallory", label);
        }
        story.pass(60);
        assert_eq!(story.starts(), [number], "{kind:?}");
    }
}
