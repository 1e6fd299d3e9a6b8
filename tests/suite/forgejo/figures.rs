//! How many requests a tick makes for 1, 10 and 100 repositories (`contracts/forgejo` section 11).

use super::everywhere;
use crate::support::world::{READY, REPO};

#[test]
fn requests_grow_with_pages_and_not_with_repositories() {
    everywhere(|story| {
        let mut story = story;
        let mut names = vec![format!("forgejo:{REPO}")];
        // Account, repositories, two searches.
        for (repositories, most) in [(1, 4), (10, 4), (100, 5)] {
            while names.len() < repositories {
                let name = format!("acme/r{}", names.len());
                story.forge.add_repository(&name);
                names.push(format!("forgejo:{name}"));
            }
            story.saga.world.set("AFK_ALLOWLIST", &names.join(","));
            story.saga.world.journal.clear();
            let report = story.poll();
            assert!(report.failures.is_empty(), "{report}");
            let asked = story.requests();
            assert!(asked.len() <= most, "{repositories}: {asked:#?}");
            story.saga.world.journal.clear();
            story.saga.watch();
            let asked = story.requests();
            assert!(asked.len() < most, "{repositories}: {asked:#?}");
        }
        // What the bulk read shows refuses without another request, however many there are.
        for name in &names {
            let name = name.trim_start_matches("forgejo:");
            story.forge.make_public(name);
            for title in ["One", "Two", "Three"] {
                let number = story.forge.open_issue(name, "acme", title, "Please.");
                story.forge.label_issue(name, number, "acme", READY);
            }
        }
        story.pass(60);
        story.saga.world.journal.clear();
        let report = story.poll();
        assert_eq!(report.dispatched.len(), 0, "{report}");
        let refused: usize = report
            .repositories
            .iter()
            .map(|repository| repository.issues.len())
            .sum();
        assert_eq!(refused, 300);
        let asked = story.requests();
        assert!(asked.len() <= 10, "{asked:#?}");
    });
}

/// What one start asks for, in its order: the bulk read, the gate's questions, the last look, and the lock label, which is made.
#[test]
fn a_start_asks_for_what_the_contract_counts_and_nothing_twice_in_vain() {
    everywhere(|story| {
        let number = story.ready_issue();
        assert_eq!(story.starts(), [number]);
        let base = format!("/api/v1/repos/{REPO}");
        let issue = format!("GET {base}/issues/{number}");
        let timeline = format!("{issue}/timeline");
        let asked = story.requests();
        let count = |line: &str| {
            let line = format!("forgejo {line}");
            asked.iter().filter(|asked| **asked == line).count()
        };
        // On Gitea the page after the last one says that it was the last.
        let pages = if story.kind.is_gitea() { 2 } else { 1 };
        for (line, times) in [
            ("GET /api/v1/version", 1),
            ("GET /api/v1/user", 1),
            (&format!("GET {base}"), 1),
            ("GET /api/v1/repos/issues/search", 2),
            (&issue, 2),
            (&timeline, 2 * pages),
            (&format!("{issue}/dependencies"), 2),
            (&format!("GET {base}/teams"), 1),
            (&format!("GET {base}/collaborators/alice/permission"), 1),
            // Once more right before the label is made, and after it; that is once in the life of a repository.
            (&format!("GET {base}/labels"), 3),
            (&format!("POST {base}/labels"), 1),
            (&format!("POST {base}/issues/{number}/labels"), 2),
        ] {
            assert_eq!(count(line), times, "{:?} {line} {asked:#?}", story.kind);
        }
        assert_eq!(asked.len(), 17 + 2 * pages, "{asked:#?}");
    });
}

/// Anybody may make a repository on a server with open registration, and use our label in it.
#[test]
fn however_often_strangers_use_the_label_ours_are_found_in_few_requests() {
    everywhere(|story| {
        let number = story.ready_issue();
        let noise = "mallory/noise";
        story.forge.add_repository(noise);
        story.forge.make_public(noise);
        let text = "spam ".repeat(200);
        for index in 0..600 {
            let title = format!("Noise {index}");
            let number = story.forge.open_issue(noise, "mallory", &title, &text);
            story.forge.label_issue(noise, number, "mallory", READY);
        }
        story.pass(60);
        story.saga.world.journal.clear();
        let report = story.poll();
        assert!(report.failures.is_empty(), "{report}");
        let searches = story
            .requests()
            .iter()
            .filter(|request| request.contains("issues/search"))
            .count();
        // Everybody's first page, then our owner's one page, and what shows the lock label.
        assert_eq!(searches, 3, "{:#?}", story.requests());
        let started: Vec<u64> = report.dispatched.iter().map(|run| run.issue.0).collect();
        assert_eq!(started, [number]);
    });
}
