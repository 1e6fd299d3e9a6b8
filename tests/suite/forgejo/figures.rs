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
