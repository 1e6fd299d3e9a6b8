//! The operator's rules as they were when the gate was asked.
//!
//! Pure data.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::trust_gate::GateRules;
use crate::domain::config::{Labels, TrustConfig};
use crate::domain::issue::OwnAccount;
use crate::domain::repository::ForgeKind;

/// The operator's rules at the time of the question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RulesKept {
    /// The labels.
    pub labels: Labels,
    /// Apps, people and accounts that have a rule of their own.
    pub trust: TrustConfig,
    /// The kind of forge.
    pub forge: ForgeKind,
    /// Whether the repository may be public.
    pub public_allowed: bool,
    /// How long before the labelling nobody untrusted may have changed the text.
    pub quiet: TimeDelta,
    /// How old a labelling has to be.
    pub settle: TimeDelta,
    /// The account that our token belongs to.
    pub own_account: OwnAccount,
    /// Whether an event that put the lock label on is a brake.
    pub lock_brakes: bool,
    /// Longest frozen text.
    pub text_budget: usize,
    /// The time.
    pub now: DateTime<Utc>,
}

impl RulesKept {
    /// Keeps the rules. Which repositories are enrolled decides only what the agent reads, and is not kept.
    #[must_use]
    pub fn of(rules: &GateRules<'_>) -> Self {
        Self {
            labels: rules.labels.clone(),
            trust: rules.trust.clone(),
            forge: rules.forge,
            public_allowed: rules.public_allowed,
            quiet: rules.quiet,
            settle: rules.settle,
            own_account: rules.own_account.clone(),
            lock_brakes: rules.lock_brakes,
            text_budget: rules.text_budget,
            now: rules.now,
        }
    }

    pub(super) fn rules(&self) -> GateRules<'_> {
        GateRules {
            labels: &self.labels,
            trust: &self.trust,
            forge: self.forge,
            public_allowed: self.public_allowed,
            quiet: self.quiet,
            settle: self.settle,
            own_account: &self.own_account,
            lock_brakes: self.lock_brakes,
            enrolled: &[],
            text_budget: self.text_budget,
            now: self.now,
        }
    }
}
