//! Why something was decided about an issue, for whoever keeps it.
//!
//! Pure data.

use crate::domain::reason::Reason;
use crate::domain::start::basis::{Asked, Decision};
use crate::domain::start::caps::Caps;

/// Why an issue is refused, and the question that gave it.
#[derive(Clone)]
pub(super) struct Refused {
    pub(super) reasons: Vec<Reason>,
    pub(super) asked: Asked,
}

impl Refused {
    /// Refused by what a service told, or did not tell: nothing that is kept decides it again.
    pub(super) fn told(reasons: Vec<Reason>) -> Self {
        Self {
            asked: Asked::Told {
                decision: Decision::Refuse,
                reasons: reasons.clone(),
            },
            reasons,
        }
    }
}

/// What a decision came from.
pub(super) enum Why {
    /// A question about the issue, or about its repository.
    Asked(Asked),
    /// A cap, or a pause.
    Capped(Caps),
    /// The gate, and room for it.
    Started(Asked, Caps),
    /// A service's answer, or another tick's act.
    Told,
}
