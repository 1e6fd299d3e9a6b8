//! The checkpoints of a thread: how many, and the newest.

use serde::{Deserialize, Deserializer};

use super::lenient::{Fold, Text, Time, WORD_MAX_CHARS, fold};
use crate::domain::run::thread_state::CheckpointFacts;

/// The checkpoints of a thread.
#[derive(Debug, Default)]
pub(super) struct Checkpoints {
    pub(super) count: usize,
    pub(super) newest: Option<CheckpointFacts>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Checkpoint {
    #[serde(default)]
    status: Text<WORD_MAX_CHARS>,
    #[serde(default)]
    completed_at: Time,
}

impl Fold for Checkpoints {
    type Item = Checkpoint;

    fn add(&mut self, checkpoint: Checkpoint) {
        self.count += 1;
        let at = checkpoint.completed_at.0;
        let known = self.newest.as_ref();
        if known.is_none_or(|known| at >= known.at) {
            self.newest = Some(CheckpointFacts {
                status: checkpoint.status.0.unwrap_or_default(),
                at,
            });
        }
    }
}

impl<'de> Deserialize<'de> for Checkpoints {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        fold(deserializer)
    }
}
