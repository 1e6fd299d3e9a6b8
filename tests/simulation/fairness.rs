//! Nobody starves: an eligible issue with a free slot is started in the first tick, however many refused ones stand around it.
//!
//! The order among equally urgent issues of different repositories comes from the time alone, so that several times are tried.

use afk::tick::TickKind;
use chrono::TimeDelta;

use super::executor::Version;
use super::faults::Telling;
use super::forge::{BlockedOn, By, Issue, READY, Repo, What};
use super::world::World;

const REPOSITORIES: usize = 100;

/// A world in which three issues of every repository are ready and refused, each for another reason, and the fourth of one
/// repository is eligible.
fn crowd(version: Version, eligible: usize, minutes: i64) -> World {
    let mut world = World::scripted(version, &[], false);
    world.pass(TimeDelta::minutes(minutes));
    world.repos = (0..REPOSITORIES).map(Repo::new).collect();
    world.enrolled = (0..REPOSITORIES).collect();
    let alice = By::Person("alice");
    let mut ask = |repo: usize, issue: Issue, by: By| {
        let number = issue.number;
        world.repos[repo].issues.insert(number, issue);
        world.change(repo, number, by, What::Labeled(READY.to_owned()));
    };
    for repo in 0..REPOSITORIES {
        let mut hidden = Issue::new(1, "alice");
        hidden.hidden = true;
        ask(repo, hidden, alice);
        let mut blocked = Issue::new(2, "alice");
        blocked.blocked_on = Some(BlockedOn::Issue(1));
        ask(repo, blocked, alice);
        // She may triage, which is not enough.
        ask(repo, Issue::new(3, "alice"), By::Person("tina"));
    }
    ask(eligible, Issue::new(4, "alice"), alice);
    world.pass(TimeDelta::minutes(1));
    world
}

#[test]
fn an_eligible_issue_is_started_in_one_tick_behind_three_hundred_that_are_refused() {
    super::ticks::listen();
    for (version, eligible, minutes) in [
        (Version::Release, 0, 0),
        (Version::July, 41, 54),
        (Version::Fork, REPOSITORIES - 1, 125),
    ] {
        let telling = Telling::of(crowd(version, eligible, minutes));
        telling.tick(TickKind::Poll);
        let world = telling.world();
        assert_eq!(world.violation, None);
        let started: Vec<(usize, u64)> = world
            .t3
            .threads
            .values()
            .filter(|thread| thread.sent(0))
            .map(|thread| (thread.repo, thread.issue))
            .collect();
        assert_eq!(started, [(eligible, 4)], "{version:?}, {minutes} min");
    }
}
