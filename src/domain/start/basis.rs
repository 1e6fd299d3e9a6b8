//! What a decision about one issue was made from, complete enough to make it again.
//!
//! Texts of people are not kept: what the gate read of them is. What a service answered instead of a fact, and what other ticks did
//! meanwhile, was told and not decided: it is kept as it was told. Nothing here decides by itself: it asks the functions that
//! a tick asks, in the tick's order.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::caps::Caps;
use super::dispatch_policy::{self, Binding, Candidate, Opening, SlotView};
use super::eligibility::{self, Depth, Sight};
use super::kept_rules::RulesKept;
use super::labelling::Labelling;
use super::priority::Priority;
use super::trust_gate::{GateFacts, GateRules, TextFacts};
use crate::domain::identity::Authorisation;
use crate::domain::issue::{Assignment, Blocker, IssueFacts, Permissions, RepositoryFacts, Rival};
use crate::domain::reason::{Reason, ReasonCode};
use crate::domain::repository::{IssueNumber, RepoRef};

/// The decision about one issue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// A run was started for it.
    Dispatch,
    /// Not eligible.
    Refuse,
    /// Not its turn.
    Skip,
}

impl Decision {
    /// Returns the word that reports carry.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dispatch => "dispatch",
            Self::Refuse => "refuse",
            Self::Skip => "skip",
        }
    }
}

/// What a decision about one issue was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartBasis {
    /// The repository's slots: the highest one, and those of the issue.
    pub slots: Vec<SlotView>,
    /// The issues of the repository that show the lock label.
    pub locked: Vec<IssueNumber>,
    /// What holds the repository beside its slots and the label.
    pub held: Option<Reason>,
    /// What could be started, where that was asked.
    pub caps: Option<Caps>,
    /// The question that gave the decision.
    pub asked: Asked,
}

/// The question that gave a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    /// None about the issue: its repository is held, or nothing may start anywhere.
    Nothing,
    /// Whether its repository is enrolled, or looked at all the same.
    Enrolment {
        /// The repositories that are.
        enrolled: Vec<RepoRef>,
        /// That of the issue.
        repository: RepoRef,
    },
    /// Whether its labelling had its run, as far as the bulk read tells.
    Queue {
        /// The labelling.
        authorisation: Authorisation,
        /// When it happened.
        labelled_at: Option<DateTime<Utc>>,
    },
    /// What the bulk read shows.
    Sight(Box<Seen>),
    /// The trust gate and readiness.
    Gate(Box<Examination>),
    /// Whether another issue of its repository goes first.
    Order {
        /// Its priority.
        own: Priority,
        /// The other issue.
        first: IssueNumber,
        /// The other's priority.
        of_first: Priority,
    },
    /// Nothing: it was told, by a service that did not answer or by what another tick did.
    Told {
        /// What came of it.
        decision: Decision,
        /// Why.
        reasons: Vec<Reason>,
    },
}

/// What the bulk read showed of an issue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The repository.
    pub repository: RepositoryFacts,
    /// Labels that the issue shows.
    pub labels: Vec<String>,
    /// When the newest labelling was made.
    pub labelled_at: Option<DateTime<Utc>>,
    /// Open sub-issues.
    pub open_sub_issues: Option<u64>,
    /// Open native blockers.
    pub open_blockers: Option<u64>,
    /// Native blockers.
    pub blockers: Vec<Blocker>,
    /// Who is assigned.
    pub assignees: Vec<Assignment>,
    /// Open pull requests that will close it.
    pub rivals: Vec<Rival>,
    /// The rules.
    pub rules: RulesKept,
}

impl Seen {
    /// Keeps what was seen.
    #[must_use]
    pub fn of(sight: &Sight<'_>, rules: &GateRules<'_>) -> Self {
        Self {
            repository: sight.repository.clone(),
            labels: sight.labels.to_vec(),
            labelled_at: sight.labelled_at,
            open_sub_issues: sight.open_sub_issues,
            open_blockers: sight.open_blockers,
            blockers: sight.blockers.to_vec(),
            assignees: sight.assignees.to_vec(),
            rivals: sight.rivals.to_vec(),
            rules: RulesKept::of(rules),
        }
    }

    fn reasons(&self) -> Vec<Reason> {
        let sight = Sight {
            repository: &self.repository,
            labels: &self.labels,
            labelled_at: self.labelled_at,
            open_sub_issues: self.open_sub_issues,
            open_blockers: self.open_blockers,
            blockers: &self.blockers,
            assignees: &self.assignees,
            rivals: &self.rivals,
        };
        eligibility::refused_at_sight(&sight, &self.rules.rules())
    }
}

/// What the gate was asked about an issue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Examination {
    /// How much was known.
    pub depth: Depth,
    /// The repository.
    pub repository: RepositoryFacts,
    /// The issue, without texts.
    pub issue: IssueFacts,
    /// What was read of the texts.
    pub texts: TextFacts,
    /// Who may do what.
    pub permissions: Permissions,
    /// The labelling that the bulk read showed.
    pub seen: Option<Authorisation>,
    /// What the slot is bound to, when it existed already.
    pub bound: Option<Binding>,
    /// The labelling that the start goes by, where that was settled before.
    pub authorisation: Option<Authorisation>,
    /// The rules.
    pub rules: RulesKept,
}

impl Examination {
    /// Keeps what the gate was asked.
    #[expect(
        clippy::too_many_arguments,
        reason = "everything that the gate is asked, taken together in one place"
    )]
    #[must_use]
    pub fn of(
        depth: Depth,
        repository: &RepositoryFacts,
        issue: &IssueFacts,
        texts: TextFacts,
        permissions: &Permissions,
        seen: Option<&Authorisation>,
        bound: Option<&Binding>,
        rules: &GateRules<'_>,
    ) -> Self {
        Self {
            depth,
            repository: repository.clone(),
            issue: issue.without_texts(),
            texts,
            permissions: permissions.clone(),
            seen: seen.cloned(),
            bound: bound.cloned(),
            authorisation: None,
            rules: RulesKept::of(rules),
        }
    }

    /// The reasons that refuse.
    fn reasons(&self, slots: &[SlotView]) -> Vec<Reason> {
        let labelling = Labelling {
            ready: &self.rules.labels.ready,
            seen: self.seen.as_ref(),
            bound: self.bound.as_ref(),
            slots,
        };
        let settled = self.authorisation.clone().map(Ok);
        let authorisation = match settled.unwrap_or_else(|| labelling.in_force(&self.issue)) {
            Ok(authorisation) => authorisation,
            Err(reason) => return vec![reason],
        };
        let facts = GateFacts {
            repository: &self.repository,
            issue: &self.issue,
            permissions: &self.permissions,
            authorisation: &authorisation,
        };
        let reasons = eligibility::reasons(&facts, &self.texts, &self.rules.rules());
        self.depth.of(reasons, &self.issue)
    }
}

impl StartBasis {
    /// Decides again. `None`: nothing of what is kept refuses, and more would be asked.
    #[must_use]
    pub fn decide(&self, issue: IssueNumber) -> Option<(Decision, Vec<Reason>)> {
        let skip = |reason: Reason| Some((Decision::Skip, vec![reason]));
        match &self.asked {
            Asked::Told { decision, reasons } => return Some((*decision, reasons.clone())),
            Asked::Enrolment {
                enrolled,
                repository,
            } => {
                let reason = || not_allowlisted(repository);
                return (!enrolled.contains(repository))
                    .then(|| (Decision::Refuse, vec![reason()]));
            }
            // Asked before whether anything may start at all.
            Asked::Queue { .. } | Asked::Sight(_) => return self.of_issue(issue),
            Asked::Nothing | Asked::Gate(_) | Asked::Order { .. } => {}
        }
        let allocated = match self.opening() {
            Opening::Closed(reason) | Opening::Running { reason, .. } => return skip(reason),
            Opening::Resume(view) => {
                let bound = view.binding.as_ref().map(|binding| binding.issue);
                if bound != Some(issue) {
                    return skip(dispatch_policy::allocated(view.slot));
                }
                true
            }
            Opening::Free(_) => false,
        };
        let reached = self.caps.as_ref().and_then(|caps| {
            if allocated {
                caps.reached_for_allocated()
            } else {
                caps.reached()
            }
        });
        if let Some(reason) = reached {
            return skip(reason);
        }
        self.of_issue(issue)
    }

    /// What may happen in the repository.
    fn opening(&self) -> Opening {
        match &self.held {
            Some(reason) => Opening::Closed(reason.clone()),
            None => dispatch_policy::opening(&self.slots, &self.locked),
        }
    }

    fn of_issue(&self, issue: IssueNumber) -> Option<(Decision, Vec<Reason>)> {
        let refused = |reasons: Vec<Reason>| {
            let some = !reasons.is_empty();
            some.then_some((Decision::Refuse, reasons))
        };
        match &self.asked {
            Asked::Nothing | Asked::Told { .. } | Asked::Enrolment { .. } => None,
            Asked::Queue {
                authorisation,
                labelled_at,
            } => refused(
                dispatch_policy::already_run(&self.slots, issue, authorisation, *labelled_at)
                    .into_iter()
                    .collect(),
            ),
            Asked::Sight(seen) => refused(seen.reasons()),
            Asked::Gate(examined) => {
                let reasons = examined.reasons(&self.slots);
                match examined.depth {
                    Depth::Whole if reasons.is_empty() => Some((Decision::Dispatch, reasons)),
                    Depth::Whole | Depth::Certain | Depth::WithoutPeople | Depth::Again(_) => {
                        refused(reasons)
                    }
                }
            }
            Asked::Order {
                own,
                first,
                of_first,
            } => {
                let candidate = |number, priority| Candidate {
                    number,
                    priority,
                    authorisation: None,
                    labelled_at: None,
                };
                let both = vec![candidate(issue, *own), candidate(*first, *of_first)];
                let queue = dispatch_policy::queue(&[], both);
                let goes_first = queue.waiting.first().map(|one| one.number);
                (goes_first == Some(*first))
                    .then(|| (Decision::Skip, vec![dispatch_policy::goes_first(*first)]))
            }
        }
    }
}

/// Why an issue of a repository that is not enrolled is refused.
#[must_use]
pub fn not_allowlisted(repository: &RepoRef) -> Reason {
    Reason::new(
        ReasonCode::NotAllowlisted,
        format!("{repository} is not on AFK_ALLOWLIST"),
    )
}
