//! What the gate is asked: the operator's rules and the facts about one issue.

use std::collections::BTreeSet;

use crate::domain::identity::Authorisation;
use crate::domain::issue::{IssueFacts, OwnAccount, Permissions, RepositoryFacts};

/// What the operator decided.
#[derive(Clone, Copy, Debug)]
pub struct GateRules<'a> {
    /// The label that asks for a run; compared exactly.
    pub ready_label: &'a str,
    /// The label that hands an issue back; a brake in any case.
    pub human_label: &'a str,
    /// Slugs of Apps that may label.
    pub trusted_apps: &'a BTreeSet<String>,
    /// Whether this repository may be public.
    pub public_allowed: bool,
    /// The account that our token belongs to.
    pub own_account: &'a OwnAccount,
    /// Longest frozen text, in UTF-16 code units.
    pub text_budget: usize,
}

/// What the gate judges.
#[derive(Clone, Copy, Debug)]
pub struct GateFacts<'a> {
    /// The repository.
    pub repository: &'a RepositoryFacts,
    /// The issue.
    pub issue: &'a IssueFacts,
    /// Permissions of the people that [`super::people_to_ask`] names.
    pub permissions: &'a Permissions,
    /// `E`: the label event that the run is, or would be, bound to.
    pub authorisation: &'a Authorisation,
}
