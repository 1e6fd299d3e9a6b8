//! Going back to an earlier checkpoint, as people can in the web client.

use serde_json::json;

use super::T3;
use super::turns::Scene;

impl T3 {
    /// A person goes back to the checkpoint of turn number `turns_kept`; later turns vanish from the lists.
    pub fn people_revert(&self, thread: &str, turns_kept: usize) {
        let now = self.now();
        self.person_dispatches(json!({
            "type": "thread.checkpoint.revert",
            "threadId": thread,
            "turnCount": turns_kept,
            "createdAt": now,
        }));
    }
}

impl Scene<'_> {
    /// Takes messages, activities and checkpoints of the turns behind the kept ones out of the lists. There are no checkpoints
    /// without git, and then nothing happens.
    pub(super) fn revert(&mut self, turns_kept: u64) {
        let kept = usize::try_from(turns_kept).unwrap_or(usize::MAX);
        if self.thread.is_frozen() || self.thread.checkpoints.len() <= kept {
            return;
        }
        let gone: Vec<String> = self
            .thread
            .checkpoints
            .drain(kept..)
            .map(|checkpoint| checkpoint.turn)
            .collect();
        let is_gone = |turn: &Option<String>| turn.as_ref().is_some_and(|turn| gone.contains(turn));
        let first = self
            .thread
            .turns
            .iter()
            .find(|turn| gone.contains(&turn.id));
        let since = first
            .map(|turn| turn.requested_at.clone())
            .unwrap_or_default();
        self.thread.messages.retain(|message| match &message.turn {
            Some(_) => !is_gone(&message.turn),
            None => message.created_at < since,
        });
        self.thread
            .activities
            .retain(|activity| !is_gone(&activity.turn));
        self.thread.turns.retain(|turn| !gone.contains(&turn.id));
        let last = self.thread.checkpoints.last();
        self.thread.latest_turn = last.map(|checkpoint| checkpoint.turn.clone());
        self.touch();
    }
}
