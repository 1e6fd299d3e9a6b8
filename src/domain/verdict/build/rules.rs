//! Which checks make up the build stage of a commit.
//!
//! It reads where a check comes from and not what it says.

use super::posted::is_posted;
use crate::domain::config::NamedCheck;
use crate::domain::verdict::ci::{Check, CheckSource, CheckState, CommitChecks, Suite};

/// Slug of the App that posts the check runs of GitHub Actions.
pub const GITHUB_ACTIONS: &str = "github-actions";

/// What runs of Forgejo's and Gitea's own Actions are called where an App has a slug.
pub const FORGE_ACTIONS: &str = "actions";

/// What Woodpecker's statuses are called. They can sit on a commit that did not cause them (`contracts/woodpecker`
/// section 6), so that they count only when they are configured by name.
pub const WOODPECKER_PREFIX: &str = "ci/woodpecker/";

/// Which checks make up the build stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuildRules<'r> {
    /// Push runs of Actions on the branch, check runs of other Apps wherever the commit was pushed first, and commit statuses
    /// other than the deploy's.
    All {
        /// The branch that runs push to.
        branch: &'r str,
        /// What the statuses of the deploy are called, beside Woodpecker's usual name.
        deploy_context: Option<&'r str>,
    },
    /// Exactly the checks with these names, or the jobs of a forge's own Actions; all of them must report.
    Named {
        /// The names.
        names: &'r [NamedCheck],
        /// The branch that runs push to. Its workflows tell why a check does not report.
        branch: &'r str,
    },
}

impl BuildRules<'_> {
    /// Returns whether a check is part of the build stage. What a service does not tell about a check run does not
    /// exclude it.
    #[must_use]
    pub fn selects(&self, check: &Check) -> bool {
        match self {
            Self::Named { names, .. } => names.iter().any(|named| is_named(named, check)),
            Self::All {
                branch,
                deploy_context,
            } => match &check.source {
                CheckSource::Status => {
                    !check.name.starts_with(WOODPECKER_PREFIX)
                        && !deploy_context.is_some_and(|context| is_below(context, &check.name))
                }
                CheckSource::Run {
                    app,
                    event,
                    branch: ran_on,
                    suite: _,
                } => {
                    let (app, event) = (app.as_deref(), event.as_deref());
                    // A report goes into whichever suite came first for the commit.
                    let is_report = || {
                        app == Some(GITHUB_ACTIONS) && event == Some(OF_GITHUB) && is_posted(check)
                    };
                    counts(app, event, ran_on.as_deref(), branch) || is_report()
                }
            },
        }
    }

    /// Returns whether a check is part of the build stage, beside all that reported on the commit. A job of a forge's own Actions has
    /// a configured name only where nothing has it exactly; of such a forge, which knows no suites, jobs that the push did not start
    /// say nothing of the branch.
    #[must_use]
    pub fn selects_among(&self, check: &Check, told: &CommitChecks) -> bool {
        match self {
            Self::Named { names, .. } => names.iter().any(|named| {
                let exactly = |check: &Check| is_named_exactly(named, check);
                exactly(check) || (is_job(named, check) && !told.checks.iter().any(exactly))
            }),
            Self::All { .. } => {
                self.selects(check) && !(told.suites.is_none() && is_of_another_event(check))
            }
        }
    }

    /// Returns whether a check has a configured name.
    #[must_use]
    pub(super) fn names(&self, check: &Check) -> bool {
        match self {
            Self::Named { .. } => self.selects(check),
            Self::All { .. } => false,
        }
    }

    /// Returns whether two checks have one configured name.
    #[must_use]
    pub(super) fn share_name(&self, one: &Check, other: &Check) -> bool {
        match self {
            Self::Named { names, .. } => names
                .iter()
                .any(|named| is_named(named, one) && is_named(named, other)),
            Self::All { .. } => false,
        }
    }

    /// Returns whether a check has a configured name that others share with it: it is called `test (unit)`, and `test` is configured.
    #[must_use]
    pub(super) fn names_one_of_several(&self, check: &Check) -> bool {
        match self {
            Self::Named { names, .. } => names
                .iter()
                .any(|named| is_named_exactly(named, check) && named.name != check.name),
            Self::All { .. } => false,
        }
    }

    /// Returns whether a check run is of a workflow that the push of the commit started, as far as it tells itself.
    #[must_use]
    pub(super) fn is_run_of_push(&self, check: &Check) -> bool {
        match &check.source {
            CheckSource::Status => false,
            CheckSource::Run {
                app,
                event,
                branch,
                suite: _,
            } => {
                let app = app.as_deref();
                app == Some(GITHUB_ACTIONS)
                    && counts(app, event.as_deref(), branch.as_deref(), self.branch())
            }
        }
    }

    /// Returns whether a suite is part of the build stage by itself, without the check runs in it. Named checks are all there
    /// is, and of other Apps there are empty suites for ever.
    #[must_use]
    pub fn selects_suite(&self, suite: &Suite) -> bool {
        match self {
            Self::Named { .. } => false,
            Self::All { .. } => self.is_workflow_of_push(suite),
        }
    }

    /// Returns the branch that runs push to.
    #[must_use]
    pub(super) const fn branch(&self) -> &str {
        let (Self::All { branch, .. } | Self::Named { branch, .. }) = self;
        branch
    }

    /// Returns whether a suite is a workflow that the push of the commit started.
    #[must_use]
    pub(super) fn is_workflow_of_push(&self, suite: &Suite) -> bool {
        suite.app.as_deref() == Some(GITHUB_ACTIONS)
            && counts(
                suite.app.as_deref(),
                suite.event.as_deref(),
                suite.branch.as_deref(),
                self.branch(),
            )
    }

    /// Returns the configured names that no check carries.
    #[must_use]
    pub fn missing<'n>(&'n self, checks: &[&Check]) -> Vec<&'n str> {
        match self {
            Self::All { .. } => Vec::new(),
            Self::Named { names, .. } => names
                .iter()
                .filter(|named| !checks.iter().any(|check| is_named(named, check)))
                .map(|named| named.name.as_str())
                .collect(),
        }
    }
}

/// The configured names under which checks have reported, and none of them succeeded: a job that was skipped did not say that it
/// is fine.
pub(super) fn unproven<'n>(rules: &BuildRules<'n>, checks: &[&Check]) -> Vec<&'n str> {
    let names = match rules {
        BuildRules::All { .. } => return Vec::new(),
        BuildRules::Named { names, .. } => names,
    };
    let only_passed = |named: &&NamedCheck| {
        let mut own = checks.iter().filter(|check| is_named(named, check));
        own.clone().next().is_some() && own.all(|check| proves_nothing(&check.state))
    };
    let unproven = names.iter().filter(only_passed);
    unproven.map(|named| named.name.as_str()).collect()
}

fn proves_nothing(state: &CheckState) -> bool {
    matches!(state, CheckState::Passed | CheckState::NeverRan)
}

/// Whether a run of this App, event and branch is part of the build. Workflows run once for each event and branch. Other Apps look
/// at a commit once, and what a suite of theirs names is the branch on which the commit was seen first.
fn counts(app: Option<&str>, event: Option<&str>, ran_on: Option<&str>, branch: &str) -> bool {
    match app {
        None => false,
        Some(app @ (GITHUB_ACTIONS | FORGE_ACTIONS)) => {
            // A forge that names no event does so with an empty word.
            let is_untold = |event: &str| event.is_empty() && app == FORGE_ACTIONS;
            event.is_none_or(|event| event == PUSH || is_untold(event))
                && ran_on.is_none_or(|ran_on| ran_on == branch)
        }
        Some(_) => true,
    }
}

/// Whether a check has a configured name, or is a job of that name.
fn is_named(named: &NamedCheck, check: &Check) -> bool {
    is_named_exactly(named, check) || is_job(named, check)
}

/// `test` names `test`, and all jobs of its matrix: `test (20)`.
fn is_named_exactly(named: &NamedCheck, check: &Check) -> bool {
    let app_fits = match (&named.app, &check.source) {
        (None, _) => true,
        (Some(wanted), CheckSource::Run { app, .. }) => app.as_ref() == Some(wanted),
        (Some(_), CheckSource::Status) => false,
    };
    app_fits && is_of_matrix(&named.name, &check.name)
}

/// Whether a check is a job of this name that the push started.
fn is_job(named: &NamedCheck, check: &Check) -> bool {
    let is_named = |job: Job<'_>| job.event == PUSH && is_of_matrix(&named.name, job.name);
    named.app.is_none() && Job::of_status(check).is_some_and(is_named)
}

/// A job of a forge's own Actions. Forgejo and Gitea post them as statuses: `CI / test (push)`, `CI / test (20) (push)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Job<'c> {
    /// The name of its workflow.
    pub workflow: &'c str,
    /// Its own name.
    pub name: &'c str,
    /// What started it, one of [`EVENTS`].
    pub event: &'c str,
}

/// The event of a push.
const PUSH: &str = "push";

/// The event of workflows of GitHub's own, for Pages, CodeQL or Dependabot, which post no reports.
const OF_GITHUB: &str = "dynamic";

/// Events that start workflows. What else stands in the last brackets of a status is part of its name.
const EVENTS: [&str; 25] = [
    PUSH,
    "create",
    "delete",
    "fork",
    "gollum",
    "issue_comment",
    "issues",
    "merge_group",
    "page_build",
    "pull_request",
    "pull_request_approved",
    "pull_request_comment",
    "pull_request_rejected",
    "pull_request_review",
    "pull_request_review_comment",
    "pull_request_sync",
    "pull_request_target",
    "registry_package",
    "release",
    "repository_dispatch",
    "schedule",
    "tag",
    "workflow_call",
    "workflow_dispatch",
    "workflow_run",
];

/// Whether a check that counts says that CI is there: it is a check run, or a job of a forge's own Actions that the push started.
pub(super) fn tells_of_ci(check: &Check) -> bool {
    match &check.source {
        CheckSource::Run { .. } => true,
        CheckSource::Status => Job::of_status(check).is_some_and(|job| job.event == PUSH),
    }
}

/// Whether a job or a run of a forge's own Actions was started by something else than a push.
fn is_of_another_event(check: &Check) -> bool {
    let event = match &check.source {
        CheckSource::Status => Job::of_status(check).map(|job| job.event),
        CheckSource::Run { event, .. } => event.as_deref(),
    };
    event.is_some_and(|event| event != PUSH && EVENTS.contains(&event))
}

impl<'c> Job<'c> {
    /// Reads the context of a status; `None` where it is no job's.
    pub(super) fn of_status(check: &'c Check) -> Option<Self> {
        let (job, event) = check.name.strip_suffix(')')?.rsplit_once(" (")?;
        let (workflow, name) = job.split_once(" / ")?;
        let is_job = check.source == CheckSource::Status && EVENTS.contains(&event);
        is_job.then_some(Self {
            workflow,
            name,
            event,
        })
    }
}

/// Whether a job has this name, or is one of its matrix.
pub(super) fn is_of_matrix(name: &str, job: &str) -> bool {
    job.strip_prefix(name)
        .is_some_and(|rest| rest.is_empty() || (rest.starts_with(" (") && rest.ends_with(')')))
}

/// Whether a context is the given one, or below it.
fn is_below(context: &str, name: &str) -> bool {
    let context = context.trim_end_matches('/');
    name.strip_prefix(context)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
