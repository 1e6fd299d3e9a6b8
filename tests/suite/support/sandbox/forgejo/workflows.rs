//! What CI says on a Forgejo or Gitea: statuses that anybody posts, and the server's own Actions, whose jobs post one each.

use chrono::{DateTime, Utc};

use super::Forgejo;
use super::state::{Run, Status};

/// The statuses of a job in this state, in the words of both families: what was cancelled counts as failed.
fn status_word(state: &str) -> &'static str {
    match state {
        "success" | "neutral" => "success",
        "skipped" => "skipped",
        "failure" | "cancelled" | "timed_out" => "failure",
        "waiting" | "running" | "blocked" => "pending",
        _ => panic!("no job of Actions is {state}"),
    }
}

impl Forgejo {
    /// Somebody posts a status.
    pub fn post_status(&self, full_name: &str, sha: &str, context: &str, word: &str) {
        self.post(full_name, sha, context, word, "", "https://ci.example/1");
    }

    /// The same, with a description.
    pub fn described_status(
        &self,
        full_name: &str,
        sha: &str,
        context: &str,
        word: &str,
        says: &str,
    ) {
        self.post(full_name, sha, context, word, says, "https://ci.example/1");
    }

    /// A job of the server's own Actions says how it is.
    pub fn job(&self, full_name: &str, sha: &str, context: &str, word: &str, says: &str) {
        self.job_of(full_name, 1, sha, context, (word, says));
    }

    fn job_of(
        &self,
        full_name: &str,
        run: u64,
        sha: &str,
        context: &str,
        (word, says): (&str, &str),
    ) {
        let below = self.lock().options.subpath;
        let target = format!("{below}/{full_name}/actions/runs/{run}/jobs/0");
        self.post(full_name, sha, context, word, says, &target);
    }

    /// The number of something new, and when it comes to be.
    fn numbered(&self) -> (u64, DateTime<Utc>) {
        let mut inner = self.lock();
        (inner.state.id(), inner.state.now())
    }

    fn post(
        &self,
        full_name: &str,
        sha: &str,
        context: &str,
        word: &str,
        says: &str,
        target: &str,
    ) {
        let (id, at) = self.numbered();
        self.with_repository(full_name, |home| {
            home.statuses.push(Status {
                id,
                sha: sha.to_owned(),
                context: context.to_owned(),
                status: word.to_owned(),
                target: target.to_owned(),
                description: says.to_owned(),
                creator: None,
                at,
            });
        });
    }

    /// A run of a workflow that posts no status, in the words of Forgejo.
    pub fn run_of(&self, full_name: &str, sha: &str, workflow: &str, event: &str, status: &str) {
        self.begin(full_name, sha, (workflow, event), status, &[]);
    }

    /// As [`Forgejo::run_of`], of a push to somewhere else than `main`: `refs/tags/v1`.
    pub fn run_elsewhere(&self, full_name: &str, sha: &str, place: &str, status: &str) {
        let id = self.begin(full_name, sha, ("ci.yml", "push"), status, &[]);
        self.change_run(full_name, id, |run| place.clone_into(&mut run.place));
    }

    fn begin(
        &self,
        full_name: &str,
        sha: &str,
        (workflow, event): (&str, &str),
        status: &str,
        jobs: &[&str],
    ) -> u64 {
        let (id, at) = self.numbered();
        self.with_repository(full_name, |home| {
            home.runs.push(Run {
                id,
                sha: sha.to_owned(),
                workflow: workflow.to_owned(),
                event: event.to_owned(),
                place: "refs/heads/main".to_owned(),
                jobs: jobs.iter().map(|job| (*job).to_owned()).collect(),
                status: status.to_owned(),
                at,
            });
        });
        id
    }

    /// A push starts a workflow, whose jobs each post that they wait. Returns the run.
    pub fn start_workflow(&self, full_name: &str, sha: &str, name: &str, jobs: &[&str]) -> u64 {
        let file = (format!("{name}.yml"), "push");
        let run = self.begin(full_name, sha, (&file.0, file.1), "running", jobs);
        for job in jobs {
            self.tell(full_name, run, job, "running");
        }
        run
    }

    /// One job ends; the run goes on.
    pub fn finish_job(&self, full_name: &str, run: u64, job: &str, conclusion: &str) {
        self.tell(full_name, run, job, conclusion);
        self.change_run(full_name, run, |run| {
            let before = run.jobs.len();
            run.jobs.retain(|known| known != job);
            assert!(run.jobs.len() < before, "stories finish jobs that exist");
        });
    }

    /// The run ends, and every job that still goes on ends the same way.
    pub fn finish_workflow(&self, full_name: &str, run: u64, conclusion: &str) {
        let at = self.lock().state.now();
        let mut jobs = Vec::new();
        self.change_run(full_name, run, |run| {
            jobs = std::mem::take(&mut run.jobs);
            conclusion.clone_into(&mut run.status);
            run.at = at;
        });
        for job in jobs {
            self.tell(full_name, run, &job, conclusion);
        }
    }

    fn tell(&self, full_name: &str, id: u64, job: &str, state: &str) {
        let mut of = None;
        self.change_run(full_name, id, |run| {
            let workflow = run.workflow.trim_end_matches(".yml");
            of = Some((
                run.sha.clone(),
                format!("{workflow} / {job} ({})", run.event),
            ));
        });
        let (sha, context) = of.expect("a run was changed");
        self.job_of(full_name, id, &sha, &context, (status_word(state), ""));
    }

    fn change_run(&self, full_name: &str, id: u64, change: impl FnOnce(&mut Run)) {
        self.with_repository(full_name, |home| {
            let run = home.runs.iter_mut().find(|run| run.id == id);
            change(run.expect("stories name runs that were started"));
        });
    }
}
