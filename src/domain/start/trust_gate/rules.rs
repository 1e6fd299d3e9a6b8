//! What the gate is asked: the operator's rules and the facts about one issue.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::config::{Labels, TrustConfig};
use crate::domain::identity::Authorisation;
use crate::domain::issue::{IssueFacts, OwnAccount, Permissions, RepositoryFacts};
use crate::domain::repository::{ForgeKind, RepoRef};

/// What the operator decided, and the time of the question.
#[derive(Clone, Copy, Debug)]
pub struct GateRules<'a> {
    /// The labels. The ready label is compared exactly; a label that is a brake counts in any case.
    pub labels: &'a Labels,
    /// Apps, people and accounts that have a rule of their own.
    pub trust: &'a TrustConfig,
    /// The kind of forge that the logins belong to.
    pub forge: ForgeKind,
    /// Whether this repository may be public.
    pub public_allowed: bool,
    /// How long before the labelling nobody untrusted may have changed the text.
    pub quiet: TimeDelta,
    /// How old a labelling has to be before it is acted on.
    pub settle: TimeDelta,
    /// The account that our token belongs to.
    pub own_account: &'a OwnAccount,
    /// Whether an event that put the lock label on is a brake. Not so for a slot that is allocated already.
    pub lock_brakes: bool,
    /// The enrolled repositories: a parent in another one is left out.
    pub enrolled: &'a [RepoRef],
    /// Longest frozen text, in UTF-16 code units.
    pub text_budget: usize,
    /// The time.
    pub now: DateTime<Utc>,
}

impl GateRules<'_> {
    /// Returns whether `owner/name#n` is in an enrolled repository.
    pub(in crate::domain::start) fn enrols_home_of(&self, name: &str) -> bool {
        name.rsplit_once('#')
            .and_then(|(repo, _)| RepoRef::parse(repo, self.forge).ok())
            .is_some_and(|repo| self.enrolled.contains(&repo))
    }
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
