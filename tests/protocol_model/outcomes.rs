//! The ways in which one step of a tick can go.

use super::world::World;

/// Collects outcomes: the world after the step, and what the tick does next; `None` when it is done.
pub struct Outcomes<Stage> {
    found: Vec<(Option<Stage>, World)>,
}

impl<Stage> Outcomes<Stage> {
    pub fn new() -> Self {
        Self { found: Vec::new() }
    }

    pub fn go_on(&mut self, next: Stage, world: World) {
        self.found.push((Some(next), world));
    }

    pub fn finish(&mut self, world: World) {
        self.found.push((None, world));
    }

    /// Takes what was collected and leaves the room for more.
    pub fn take(&mut self) -> impl Iterator<Item = (Option<Stage>, World)> {
        self.found.drain(..)
    }
}
