//! How the gate refuses: a list of reasons, in the order of the clauses, none twice.

use crate::domain::reason::{Reason, ReasonCode};

/// Why the gate refuses: at least one reason, in the order of the clauses, none twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    reasons: Vec<Reason>,
}

impl Refusal {
    /// Returns `None` when there is no reason.
    pub(in crate::domain::start) fn new(reasons: Vec<Reason>) -> Option<Self> {
        (!reasons.is_empty()).then_some(Self { reasons })
    }

    /// Returns the reasons.
    #[must_use]
    pub fn reasons(&self) -> &[Reason] {
        &self.reasons
    }

    /// Returns the reasons by value.
    #[must_use]
    pub fn into_reasons(self) -> Vec<Reason> {
        self.reasons
    }

    /// Adds further reasons.
    pub(in crate::domain::start) fn and(mut self, more: Vec<Reason>) -> Self {
        for reason in more {
            if !self.reasons.contains(&reason) {
                self.reasons.push(reason);
            }
        }
        self
    }

    /// Returns whether some reason holds whatever the next tick can learn about facts that are missing now.
    #[must_use]
    pub fn is_definite(&self) -> bool {
        self.reasons.iter().any(|reason| !reason.is_passing())
    }
}

/// Reasons while they are collected.
#[derive(Debug, Default)]
pub(in crate::domain::start) struct Reasons(Vec<Reason>);

impl Reasons {
    /// Adds a reason, unless exactly this one is there already.
    pub(in crate::domain::start) fn refuse(&mut self, code: ReasonCode, detail: impl Into<String>) {
        let reason = Reason::new(code, detail);
        if !self.0.contains(&reason) {
            self.0.push(reason);
        }
    }

    pub(in crate::domain::start) fn into_inner(self) -> Vec<Reason> {
        self.0
    }
}
