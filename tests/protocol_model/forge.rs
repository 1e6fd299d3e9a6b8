//! The forge: one register per issue, whose lists may lag one write behind.
//!
//! Writes are atomic and know nothing of each other: the forge guards nothing, which is why it holds no authority.

use super::world::{Issue, IssueNumber, World};

/// What a list of both issues shows.
pub type Listing = [Issue; 2];

/// Writes to an issue. A write that changes nothing leaves no trace.
pub fn write(world: &World, number: IssueNumber, change: impl FnOnce(&mut Issue)) -> World {
    let mut after = *world;
    let issue = &mut after.issues[number.index()];
    let before = *issue;
    change(issue);
    if *issue != before {
        after.before[number.index()] = before;
    }
    after
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
