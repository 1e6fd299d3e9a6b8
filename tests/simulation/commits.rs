//! Commits of the forge's memory, and what CI tells of them.
//!
//! CI tells in one of two forms: check runs alone, as other CI reports, or with the suites of GitHub Actions around them, which
//! exist before their runs, stay behind them, and fail without any.

use afk::domain::identity::ThreadId;
use afk::domain::verdict::ci::{Check, CheckSource, CheckState, CommitChecks, CommitSha, Suite};
use afk::domain::verdict::deploy::{DeploymentState, ForgeDeployment};
use chrono::{DateTime, Utc};

/// What the checks of a commit say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ci {
    None,
    Pending,
    Green,
    Red,
    Cancelled,
    /// Waits for somebody to approve it.
    Blocked,
}

#[derive(Clone, Debug)]
pub struct Commit {
    pub sha: CommitSha,
    pub message: String,
    pub at: DateTime<Utc>,
    /// Lists show it from then on.
    pub listed_at: DateTime<Utc>,
    pub ci: Ci,
    pub ci_at: DateTime<Utc>,
    pub deploy: Ci,
    pub deploy_at: DateTime<Utc>,
    pub rollout: Ci,
    /// The run that pushed it.
    pub of_run: Option<ThreadId>,
    /// A person took it back.
    pub reverted: bool,
}

impl Commit {
    /// What the forge itself deployed of it, when it did.
    pub fn deployment(&self) -> Option<ForgeDeployment> {
        let state = match self.deploy {
            Ci::None | Ci::Cancelled => return None,
            Ci::Pending => DeploymentState::Pending,
            Ci::Green => DeploymentState::Success,
            Ci::Red => DeploymentState::Failure,
            Ci::Blocked => DeploymentState::Waiting,
        };
        Some(ForgeDeployment {
            commit: self.sha.to_string(),
            state,
            created_at: self.ci_at,
            changed_at: Some(self.deploy_at),
            url: None,
        })
    }

    /// What the forge answers, `in_suites` where the repository's CI is GitHub Actions.
    pub fn told(&self, in_suites: bool) -> CommitChecks {
        let state = match self.ci {
            Ci::None => None,
            Ci::Pending => Some(CheckState::Pending),
            Ci::Green => Some(CheckState::Success),
            Ci::Red => Some(CheckState::Failure),
            Ci::Cancelled => Some(CheckState::Cancelled),
            Ci::Blocked => Some(CheckState::ActionRequired),
        };
        let Some(state) = state else {
            return CommitChecks {
                checks: Vec::new(),
                suites: in_suites.then(Vec::new),
            };
        };
        if !in_suites {
            return CommitChecks {
                checks: vec![check(state, self.ci_at)],
                suites: None,
            };
        }
        // Every other commit has no run in its suite as long as that is open, or when it could not start.
        let is_odd = self.sha.as_str()[..8].ends_with(['1', '3', '5', '7', '9', 'b', 'd', 'f']);
        let is_bare = is_odd && matches!(self.ci, Ci::Pending | Ci::Red);
        let mut suites = vec![self.suite(2, state.clone())];
        if is_odd && self.ci == Ci::Green {
            // The same workflow was begun twice, and the older one gave way.
            suites.push(self.suite(1, CheckState::Cancelled));
        }
        let mut checks = Vec::new();
        if !is_bare {
            let mut check = check(state, self.ci_at);
            if let CheckSource::Run { suite, .. } = &mut check.source {
                *suite = Some(2);
            }
            checks.push(check);
        }
        CommitChecks {
            checks,
            suites: Some(suites),
        }
    }

    fn suite(&self, id: u64, state: CheckState) -> Suite {
        Suite {
            id,
            app: Some("github-actions".to_owned()),
            workflow: Some("build".to_owned()),
            workflow_id: Some(1),
            event: Some("push".to_owned()),
            branch: Some("main".to_owned()),
            state,
            waits_for_group: false,
            created_at: self.at,
            updated_at: self.ci_at,
            url: Some(format!("https://github.com/o/r/actions/runs/{id}")),
        }
    }
}

/// The one check that commits have.
pub fn check(state: CheckState, at: DateTime<Utc>) -> Check {
    Check {
        name: "build".to_owned(),
        source: CheckSource::Run {
            app: Some("github-actions".to_owned()),
            event: Some("push".to_owned()),
            branch: Some("main".to_owned()),
            suite: None,
        },
        state,
        at: Some(at),
        url: Some("https://github.com/o/r/actions/runs/1/job/1".to_owned()),
        excerpt: Some(super::settings::excerpt()),
    }
}
