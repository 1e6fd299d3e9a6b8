//! Checks of commits: workflow runs, check runs of other apps, commit statuses, and what may be read of them.
//!
//! Keeps what reported and when. A workflow run is one suite of GitHub Actions whose jobs are its check runs; starting it
//! again keeps its id, raises the attempt and replaces the jobs. Nothing is folded here except the rollup's own
//! state word, which nobody should rely on.

use chrono::{DateTime, Utc};

use super::github::GitHub;
use super::github_connection::{Page, no_edges};
use super::github_ids::{node_id, timestamp};
use super::github_objects::{Ask, Object, Refusal, Value, View, leaf, null};
use super::github_state::Repository;

/// What the token may read of checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckRights {
    /// Check runs and the rollup; fine-grained tokens can not have it.
    pub checks: bool,
    /// Workflow runs and jobs.
    pub actions: bool,
    /// Commit statuses.
    pub statuses: bool,
}

impl CheckRights {
    pub const ALL: Self = Self {
        checks: true,
        actions: true,
        statuses: true,
    };

    /// A fine-grained token with everything it can have.
    pub const FINE_GRAINED: Self = Self {
        checks: false,
        ..Self::ALL
    };
}

/// Everything that reported on a repository's commits.
#[derive(Clone, Debug, Default)]
pub struct Reports {
    pub suites: Vec<Suite>,
    pub statuses: Vec<Status>,
}

/// What one app runs on one commit.
#[derive(Clone, Debug)]
pub struct Suite {
    pub id: u64,
    pub sha: String,
    pub app: String,
    pub branch: Option<String>,
    /// Of GitHub Actions only.
    pub workflow: Option<Workflow>,
    pub status: String,
    pub conclusion: Option<String>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub runs: Vec<CheckRun>,
}

/// One run of a workflow.
#[derive(Clone, Debug)]
pub struct Workflow {
    pub run: u64,
    pub number: u64,
    pub attempt: u64,
    pub name: String,
    /// Its file; files may share a name.
    pub file: String,
    pub event: String,
}

impl Workflow {
    /// The number of the file, the same for all of its runs.
    pub fn id(&self) -> u64 {
        let digest = uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_URL, self.file.as_bytes());
        digest.as_u128() as u64 % 100_000_000
    }
}

/// One check run; of GitHub Actions, one job.
#[derive(Clone, Debug)]
pub struct CheckRun {
    pub id: u64,
    pub name: String,
    pub status: String,
    pub conclusion: Option<String>,
    pub started_at: Option<DateTime<Utc>>,
    pub completed_at: Option<DateTime<Utc>>,
    pub title: Option<String>,
    /// Steps with their conclusions.
    pub steps: Vec<(String, String)>,
    /// A newer attempt took its place.
    pub replaced: bool,
}

/// One commit status, as it was posted.
#[derive(Clone, Debug)]
pub struct Status {
    pub id: u64,
    pub sha: String,
    pub context: String,
    pub state: String,
    pub description: Option<String>,
    pub target_url: Option<String>,
    pub creator: u64,
    pub at: DateTime<Utc>,
}

impl Suite {
    /// Check runs of the newest attempt.
    pub fn latest(&self) -> impl Iterator<Item = &CheckRun> {
        self.runs.iter().filter(|run| !run.replaced)
    }

    fn touch(&mut self, status: &str, conclusion: Option<&str>, now: DateTime<Utc>) {
        status.clone_into(&mut self.status);
        self.conclusion = conclusion.map(str::to_owned);
        self.updated_at = now;
    }
}

impl CheckRun {
    fn new(id: u64, name: &str, status: &str, now: DateTime<Utc>) -> Self {
        let mut run = Self {
            id,
            name: name.to_owned(),
            status: "queued".to_owned(),
            conclusion: None,
            started_at: None,
            completed_at: None,
            title: None,
            steps: Vec::new(),
            replaced: false,
        };
        if status != "queued" {
            run.start(status, now);
        }
        run
    }

    fn start(&mut self, status: &str, now: DateTime<Utc>) {
        status.clone_into(&mut self.status);
        self.started_at = Some(now);
    }

    fn finish(&mut self, conclusion: &str, now: DateTime<Utc>) {
        "completed".clone_into(&mut self.status);
        self.started_at.get_or_insert(now);
        self.conclusion = Some(conclusion.to_owned());
        self.completed_at = Some(now);
    }
}

impl Reports {
    /// Newest status of each context of a commit, in the order the contexts first appeared.
    pub fn latest_statuses(&self, sha: &str) -> Vec<&Status> {
        let mut latest: Vec<&Status> = Vec::new();
        for status in self.statuses.iter().filter(|status| status.sha == sha) {
            match latest
                .iter_mut()
                .find(|known| known.context == status.context)
            {
                Some(known) => *known = status,
                None => latest.push(status),
            }
        }
        latest
    }

    pub fn suites_of(&self, sha: &str) -> impl Iterator<Item = &Suite> {
        self.suites.iter().filter(move |suite| suite.sha == sha)
    }

    pub fn suite_of_run(&self, run: u64) -> Option<&Suite> {
        self.suites
            .iter()
            .find(|suite| suite.workflow.as_ref().is_some_and(|flow| flow.run == run))
    }
}

impl GitHub {
    /// What the token may read of checks from now on.
    pub fn set_check_rights(&self, rights: CheckRights) {
        self.lock().check_rights = rights;
    }

    /// A push starts a workflow on the default branch: its jobs are in progress. Returns the run's id.
    pub fn start_workflow(&self, full_name: &str, sha: &str, name: &str, jobs: &[&str]) -> u64 {
        self.start_workflow_by(full_name, sha, name, "push", jobs)
    }

    /// An event starts a workflow on the default branch, with `sha` as its head.
    pub fn start_workflow_by(
        &self,
        full_name: &str,
        sha: &str,
        name: &str,
        event: &str,
        jobs: &[&str],
    ) -> u64 {
        self.start_workflow_of(full_name, sha, (name, name), event, jobs)
    }

    /// As [`GitHub::start_workflow_by`], of a file that has this name.
    pub fn start_workflow_of(
        &self,
        full_name: &str,
        sha: &str,
        (file, name): (&str, &str),
        event: &str,
        jobs: &[&str],
    ) -> u64 {
        let mut inner = self.lock();
        let state = &mut inner.state;
        let now = state.now();
        let (suite, run) = (state.next_check(), state.next_check());
        let runs: Vec<CheckRun> = jobs
            .iter()
            .map(|job| CheckRun::new(state.next_check(), job, "in_progress", now))
            .collect();
        let home = state.home_mut(full_name);
        let earlier = home.reports.suites.iter().filter(|suite| {
            let flow = suite.workflow.as_ref();
            flow.is_some_and(|flow| flow.name == name)
        });
        let number = earlier.count() as u64 + 1;
        let status = if runs.is_empty() {
            "queued"
        } else {
            "in_progress"
        };
        home.reports.suites.push(Suite {
            id: suite,
            sha: sha.to_owned(),
            app: "github-actions".to_owned(),
            branch: Some(home.default_branch.clone()),
            workflow: Some(Workflow {
                run,
                number,
                attempt: 1,
                name: name.to_owned(),
                file: file.to_owned(),
                event: event.to_owned(),
            }),
            status: status.to_owned(),
            conclusion: None,
            created_at: now,
            updated_at: now,
            runs,
        });
        run
    }

    /// A job that waited for others starts.
    pub fn add_job(&self, full_name: &str, run: u64, job: &str) {
        let id = self.lock().state.next_check();
        self.change_run(full_name, run, |suite, now| {
            suite.runs.push(CheckRun::new(id, job, "in_progress", now));
        });
    }

    /// A job that a rule of its environment holds back: nobody approved it yet, and it has not begun.
    pub fn hold_job(&self, full_name: &str, run: u64, job: &str) {
        let id = self.lock().state.next_check();
        self.change_run(full_name, run, |suite, now| {
            let mut held = CheckRun::new(id, job, "waiting", now);
            held.started_at = None;
            suite.runs.push(held);
            suite.touch("waiting", None, now);
        });
    }

    /// One job ends; the run goes on.
    pub fn finish_job(&self, full_name: &str, run: u64, job: &str, conclusion: &str) {
        self.change_run(full_name, run, |suite, now| {
            let mut jobs = suite.runs.iter_mut().filter(|known| !known.replaced);
            jobs.find(|known| known.name == job)
                .expect("stories finish jobs that exist")
                .finish(conclusion, now);
        });
    }

    /// One job fails in this step.
    pub fn fail_in_step(&self, full_name: &str, run: u64, job: &str, step: &str) {
        self.change_run(full_name, run, |suite, now| {
            let mut jobs = suite.runs.iter_mut().filter(|known| !known.replaced);
            let job = jobs
                .find(|known| known.name == job)
                .expect("stories finish jobs that exist");
            job.steps = vec![
                ("Set up job".to_owned(), "success".to_owned()),
                (step.to_owned(), "failure".to_owned()),
                ("Complete job".to_owned(), "skipped".to_owned()),
            ];
            job.finish("failure", now);
        });
    }

    /// The run ends, and every job that still goes on ends the same way.
    pub fn finish_workflow(&self, full_name: &str, run: u64, conclusion: &str) {
        self.change_run(full_name, run, |suite, now| {
            for job in suite.runs.iter_mut().filter(|job| job.conclusion.is_none()) {
                job.finish(conclusion, now);
            }
            suite.touch("completed", Some(conclusion), now);
        });
    }

    /// Somebody runs it again: same id, next attempt, new jobs.
    pub fn rerun(&self, full_name: &str, run: u64) {
        let ids: Vec<u64> = {
            let mut inner = self.lock();
            (0..100).map(|_| inner.state.next_check()).collect()
        };
        self.change_run(full_name, run, |suite, now| {
            let mut ids = ids.into_iter();
            let names: Vec<String> = suite.latest().map(|job| job.name.clone()).collect();
            for job in &mut suite.runs {
                job.replaced = true;
            }
            suite.runs.extend(names.iter().map(|name| {
                let id = ids.next().expect("a story's workflow has few jobs");
                CheckRun::new(id, name, "queued", now)
            }));
            if let Some(flow) = &mut suite.workflow {
                flow.attempt += 1;
            }
            suite.touch("queued", None, now);
        });
    }

    /// Another app reports a check run; `conclusion` is `None` while it goes on. Returns its id.
    pub fn check_run(
        &self,
        full_name: &str,
        sha: &str,
        app: &str,
        name: &str,
        conclusion: Option<&str>,
    ) -> u64 {
        let mut inner = self.lock();
        let now = inner.state.now();
        let (suite, id) = (inner.state.next_check(), inner.state.next_check());
        let home = inner.state.home_mut(full_name);
        let mut run = CheckRun::new(id, name, "in_progress", now);
        if let Some(conclusion) = conclusion {
            run.finish(conclusion, now);
            run.title = Some(format!("{name}: {conclusion}"));
        }
        let status = run.status.clone();
        home.reports.suites.push(Suite {
            id: suite,
            sha: sha.to_owned(),
            app: app.to_owned(),
            branch: Some(home.default_branch.clone()),
            workflow: None,
            status,
            conclusion: conclusion.map(str::to_owned),
            created_at: now,
            updated_at: now,
            runs: vec![run],
        });
        id
    }

    /// An app asked for checks and never reports any: its suite stays queued for ever.
    pub fn empty_suite(&self, full_name: &str, sha: &str, app: &str) {
        let mut inner = self.lock();
        let now = inner.state.now();
        let id = inner.state.next_check();
        let home = inner.state.home_mut(full_name);
        home.reports.suites.push(Suite {
            id,
            sha: sha.to_owned(),
            app: app.to_owned(),
            branch: Some(home.default_branch.clone()),
            workflow: None,
            status: "queued".to_owned(),
            conclusion: None,
            created_at: now,
            updated_at: now,
            runs: Vec::new(),
        });
    }

    /// Somebody posts a commit status: `error`, `failure`, `pending` or `success`.
    pub fn commit_status(&self, full_name: &str, sha: &str, who: &str, context: &str, state: &str) {
        let says = format!("{context} says {state}");
        self.described_status(full_name, sha, who, (context, state), &says);
    }

    /// The same, with a description.
    pub fn described_status(
        &self,
        full_name: &str,
        sha: &str,
        who: &str,
        (context, state): (&str, &str),
        says: &str,
    ) {
        let creator = self.account_id(who);
        let mut inner = self.lock();
        let at = inner.state.now();
        let id = inner.state.next_check();
        let home = inner.state.home_mut(full_name);
        home.reports.statuses.push(Status {
            id,
            sha: sha.to_owned(),
            context: context.to_owned(),
            state: state.to_owned(),
            description: Some(says.to_owned()),
            target_url: Some(format!("https://ci.example.test/{id}")),
            creator,
            at,
        });
    }

    fn change_run(
        &self,
        full_name: &str,
        run: u64,
        change: impl FnOnce(&mut Suite, DateTime<Utc>),
    ) {
        let mut inner = self.lock();
        let now = inner.state.now();
        let suites = &mut inner.state.home_mut(full_name).reports.suites;
        let suite = suites
            .iter_mut()
            .find(|suite| suite.workflow.as_ref().is_some_and(|flow| flow.run == run))
            .expect("stories name workflow runs that exist");
        suite.updated_at = now;
        change(suite, now);
    }
}

/// An entry of the rollup.
#[derive(Clone, Copy)]
enum Context<'w> {
    Run(&'w Suite, &'w CheckRun),
    Status(&'w Status),
}

impl<'w> View<'w> {
    fn not_accessible(self) -> Refusal {
        let by = if self.inner.is_app() {
            "integration"
        } else {
            "personal access token"
        };
        Refusal {
            kind: "FORBIDDEN",
            message: format!("Resource not accessible by {by}"),
        }
    }

    /// All suites of a commit, those without check runs too.
    pub fn suites(
        self,
        home: &'w Repository,
        sha: &str,
        ask: &Ask<'_>,
    ) -> Result<Value<'w>, Refusal> {
        if !self.inner.check_rights.checks {
            return Err(self.not_accessible());
        }
        let places = (0_i64..).map(|index| (index, 0));
        let entries = places.zip(home.reports.suites_of(sha)).collect();
        let page = Page::cut("checkSuites", entries, ask)?;
        let node = move |suite: &&'w Suite| self.suite_object(home, suite);
        Ok(page.connection("CheckSuiteConnection", node, no_edges))
    }

    /// Null while nothing reported anything: suites without check runs do not count.
    pub fn rollup(self, home: &'w Repository, sha: &str) -> Result<Value<'w>, Refusal> {
        let rights = self.inner.check_rights;
        if !rights.checks || !rights.statuses {
            return Err(self.not_accessible());
        }
        let mut contexts: Vec<Context<'w>> = Vec::new();
        for suite in home.reports.suites_of(sha) {
            contexts.extend(suite.latest().map(|run| Context::Run(suite, run)));
        }
        let statuses = home.reports.latest_statuses(sha);
        contexts.extend(statuses.into_iter().map(Context::Status));
        if contexts.is_empty() {
            return Ok(null());
        }
        let id = node_id("SCR", &[home.id]) + sha;
        Ok(Object::value("StatusCheckRollup", move |ask| {
            Ok(match ask.field {
                "id" => leaf(id.clone()),
                "state" => leaf(rollup_state(&contexts)),
                "contexts" => self.contexts(home, &contexts, ask)?,
                _ => return Err(Refusal::not_modelled("StatusCheckRollup", ask)),
            })
        }))
    }

    fn contexts(
        self,
        home: &'w Repository,
        contexts: &[Context<'w>],
        ask: &Ask<'_>,
    ) -> Result<Value<'w>, Refusal> {
        let places = (0_i64..).map(|index| (index, 0));
        let entries = places.zip(contexts.iter().copied()).collect();
        let page = Page::cut("contexts", entries, ask)?;
        let node = move |context: &Context<'w>| match *context {
            Context::Run(suite, run) => self.check_run_object(home, suite, run),
            Context::Status(status) => self.status_object(status),
        };
        Ok(page.connection("StatusCheckRollupContextConnection", node, no_edges))
    }

    fn check_run_object(
        self,
        home: &'w Repository,
        suite: &'w Suite,
        run: &'w CheckRun,
    ) -> Value<'w> {
        let url = run_url(&self.repository_page(home), suite, run);
        Object::value("CheckRun", move |ask| {
            Ok(match ask.field {
                "id" => leaf(node_id("CR", &[home.id, run.id])),
                "databaseId" => leaf(run.id),
                "name" => leaf(run.name.clone()),
                "status" => leaf(run.status.to_uppercase()),
                "conclusion" => leaf(run.conclusion.as_ref().map(|word| word.to_uppercase())),
                "startedAt" => leaf(run.started_at.map(timestamp)),
                "completedAt" => leaf(run.completed_at.map(timestamp)),
                "detailsUrl" | "url" | "permalink" => leaf(url.clone()),
                "title" => leaf(run.title.clone()),
                "summary" | "text" => null(),
                "externalId" => leaf(""),
                "checkSuite" => self.suite_object(home, suite),
                _ => return Err(Refusal::not_modelled("CheckRun", ask)),
            })
        })
    }

    fn suite_object(self, home: &'w Repository, suite: &'w Suite) -> Value<'w> {
        let page = self.repository_page(home);
        Object::value("CheckSuite", move |ask| {
            Ok(match ask.field {
                "id" => leaf(node_id("CS", &[home.id, suite.id])),
                "databaseId" => leaf(suite.id),
                "status" => leaf(suite.status.to_uppercase()),
                "conclusion" => leaf(suite.conclusion.as_ref().map(|word| word.to_uppercase())),
                "createdAt" => leaf(timestamp(suite.created_at)),
                "updatedAt" => leaf(timestamp(suite.updated_at)),
                "url" => leaf(format!("{page}/suites/{}", suite.id)),
                "app" => Object::value("App", move |ask| match ask.field {
                    "slug" | "name" => Ok(leaf(suite.app.clone())),
                    _ => Err(Refusal::not_modelled("App", ask)),
                }),
                "branch" => match &suite.branch {
                    Some(branch) => self.branch(home, branch),
                    None => null(),
                },
                "workflowRun" => match &suite.workflow {
                    None => null(),
                    Some(_) if !self.inner.check_rights.actions => {
                        return Err(self.not_accessible());
                    }
                    Some(flow) => self.workflow_run(home, suite, flow),
                },
                _ => return Err(Refusal::not_modelled("CheckSuite", ask)),
            })
        })
    }

    fn workflow_run(self, home: &'w Repository, suite: &'w Suite, flow: &'w Workflow) -> Value<'w> {
        let url = format!("{}/actions/runs/{}", self.repository_page(home), flow.run);
        Object::value("WorkflowRun", move |ask| {
            Ok(match ask.field {
                "id" => leaf(node_id("WFR", &[home.id, flow.run])),
                "databaseId" => leaf(flow.run),
                "runNumber" => leaf(flow.number),
                "runAttempt" => leaf(flow.attempt),
                "event" => leaf(flow.event.clone()),
                "displayTitle" => leaf(flow.name.clone()),
                "url" => leaf(url.clone()),
                "createdAt" => leaf(timestamp(suite.created_at)),
                "updatedAt" => leaf(timestamp(suite.updated_at)),
                "workflow" => Object::value("Workflow", move |ask| match ask.field {
                    "name" => Ok(leaf(flow.name.clone())),
                    "databaseId" => Ok(leaf(flow.id())),
                    _ => Err(Refusal::not_modelled("Workflow", ask)),
                }),
                _ => return Err(Refusal::not_modelled("WorkflowRun", ask)),
            })
        })
    }

    fn status_object(self, status: &'w Status) -> Value<'w> {
        Object::value("StatusContext", move |ask| {
            Ok(match ask.field {
                "id" => leaf(node_id("SC", &[status.id])),
                "context" => leaf(status.context.clone()),
                "state" => leaf(status.state.to_uppercase()),
                "description" => leaf(status.description.clone()),
                "targetUrl" => leaf(status.target_url.clone()),
                "createdAt" | "updatedAt" => leaf(timestamp(status.at)),
                "creator" => self.actor(status.creator),
                _ => return Err(Refusal::not_modelled("StatusContext", ask)),
            })
        })
    }

    fn repository_page(self, home: &Repository) -> String {
        format!("{}/{}", self.html, self.inner.state.full_name(home))
    }
}

/// Where people look at a check run.
pub fn run_url(page: &str, suite: &Suite, run: &CheckRun) -> String {
    match &suite.workflow {
        Some(flow) => format!("{page}/actions/runs/{}/job/{}", flow.run, run.id),
        None => format!("{page}/runs/{}", run.id),
    }
}

fn rollup_state(contexts: &[Context<'_>]) -> &'static str {
    let word = |context: &Context<'_>| match context {
        Context::Run(_, run) => run.conclusion.clone().unwrap_or("pending".to_owned()),
        Context::Status(status) => status.state.clone(),
    };
    let words: Vec<String> = contexts.iter().map(word).collect();
    let any = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    if any(&[
        "failure",
        "error",
        "timed_out",
        "cancelled",
        "startup_failure",
    ]) {
        "FAILURE"
    } else if any(&["pending"]) {
        "PENDING"
    } else {
        "SUCCESS"
    }
}
