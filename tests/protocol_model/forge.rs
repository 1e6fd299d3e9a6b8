//! The forge: one register per issue, whose lists may lag one write behind.
//!
//! Writes are atomic and know nothing of each other: the forge guards nothing, which is why it holds no authority.

use super::issue::{Issue, IssueNumber};
use super::world::{Refusal, World};

/// What a list of both issues shows.
pub type Listing = [Issue; 2];

/// Writes to an issue. A write that changes nothing, or that is refused for good, leaves no trace.
pub fn write(world: &World, number: IssueNumber, change: impl FnOnce(&mut Issue)) -> World {
    let mut after = *world;
    if world.refusal == Refusal::Writes(number) {
        return after;
    }
    let issue = &mut after.issues[number.index()];
    let before = *issue;
    change(issue);
    if *issue != before {
        after.before[number.index()] = before;
    }
    after
}

/// Whether comments on an issue are refused for good.
pub fn refuses_comments(world: &World, number: IssueNumber) -> bool {
    match world.refusal {
        Refusal::Comments(refused) | Refusal::Writes(refused) => refused == number,
        Refusal::Nothing | Refusal::Sink => false,
    }
}

/// Every listing that the forge may answer with: each issue as it is, or as it was before its last write.
pub fn listings(world: &World) -> impl Iterator<Item = Listing> {
    let versions = |index: usize| {
        let (now, before) = (world.issues[index], world.before[index]);
        [Some(now), (before != now).then_some(before)]
    };
    let (first, second) = (versions(0), versions(1));
    first.into_iter().flatten().flat_map(move |first| {
        second
            .into_iter()
            .flatten()
            .map(move |second| [first, second])
    })
}
