//! What was checked of an issue, kept until its first turn.
//!
//! Texts are long and runs may be many, so that of title, body and the text for the agent only digests are kept: the issue is read
//! once more right before its turn, and what is sent is that reading, when it has the same digest. It judges nothing.

use ring::digest::{SHA256, digest};

use super::frozen_text::FrozenText;
use crate::domain::issue::IssueFacts;

/// An issue that passed the gate.
#[derive(Clone, Debug)]
pub struct Checked {
    facts: IssueFacts,
    source: Digest,
    frozen: Digest,
}

/// SHA-256.
type Digest = [u8; 32];

impl Checked {
    /// Keeps what is needed of `facts`, whose text for the agent is `frozen`.
    #[must_use]
    pub fn new(facts: IssueFacts, frozen: &FrozenText) -> Self {
        Self {
            source: source(&facts),
            frozen: of(frozen.as_str()),
            facts: IssueFacts {
                body: String::new(),
                ..facts
            },
        }
    }

    /// Returns the facts, without the body.
    #[must_use]
    pub const fn facts(&self) -> &IssueFacts {
        &self.facts
    }

    /// Returns whether title and body are written as they were.
    pub(super) fn has_source_of(&self, now: &IssueFacts) -> bool {
        self.source == source(now)
    }

    /// Returns whether this is the text that was checked.
    pub(super) fn froze(&self, text: &FrozenText) -> bool {
        self.frozen == of(text.as_str())
    }
}

fn source(issue: &IssueFacts) -> Digest {
    // Digests of both, so that nothing moves from one to the other.
    let parts = [of(&issue.title), of(&issue.body)];
    of_bytes(parts.as_flattened())
}

fn of(text: &str) -> Digest {
    of_bytes(text.as_bytes())
}

fn of_bytes(bytes: &[u8]) -> Digest {
    let digest = digest(&SHA256, bytes);
    digest.as_ref().try_into().expect("SHA-256 gives 32 bytes")
}
