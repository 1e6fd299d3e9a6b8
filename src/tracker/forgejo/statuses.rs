//! What CI says about a commit (`contracts/forgejo` section 9): all of its statuses, and workflow runs that posted none.
//!
//! The combined state is folded by the servers from one page only, and differently on each: it is never read.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use url::Url;

use super::Forgejo;
use super::rest::{PAGE, SERVICE};
use crate::domain::repository::RepoRef;
use crate::domain::verdict::build::{FORGE_ACTIONS, forgejo_status};
use crate::domain::verdict::ci::{Check, CheckSource, CheckState, CommitChecks, CommitSha};
use crate::http::Method;
use crate::service_error::{FailureKind, ServiceError};

/// Pages of statuses that are read of one commit: 1,000 contexts.
const PAGES_MAX: usize = 20;

#[derive(Debug, Deserialize)]
struct WireStatuses {
    #[serde(default)]
    statuses: Option<Vec<WireStatus>>,
}

#[derive(Debug, Deserialize)]
struct WireStatus {
    context: String,
    status: String,
    target_url: Option<String>,
    description: Option<String>,
    updated_at: DateTime<Utc>,
}

#[derive(Debug, Deserialize)]
struct WireRuns {
    #[serde(default)]
    workflow_runs: Option<Vec<WireRun>>,
}

/// One run of a workflow; Forgejo and Gitea name almost everything differently.
#[derive(Debug, Deserialize)]
struct WireRun {
    id: u64,
    html_url: String,
    status: String,
    conclusion: Option<String>,
    /// Forgejo: what started it. Its `event` is empty for some.
    trigger_event: Option<String>,
    event: Option<String>,
    /// Forgejo.
    workflow_id: Option<String>,
    prettyref: Option<String>,
    updated: Option<DateTime<Utc>>,
    /// Gitea: `ci.yml@refs/heads/main`.
    path: Option<String>,
    head_branch: Option<String>,
    completed_at: Option<DateTime<Utc>>,
}

impl WireRun {
    fn workflow(&self) -> &str {
        let path = self.path.as_deref().unwrap_or("a workflow");
        let named = self.workflow_id.as_deref();
        named.unwrap_or_else(|| path.split('@').next().unwrap_or(path))
    }

    fn event(&self) -> Option<&str> {
        first_told([&self.trigger_event, &self.event])
    }

    /// The branch it runs on; the whole name of what is none, as far as the server tells.
    fn branch(&self) -> Option<&str> {
        let place = |path: &'_ str| path.find("@refs/").map(|at| at + 1);
        let path = self.path.as_deref();
        let place = path.and_then(|path| path.get(place(path)?..));
        let told = place.map(|place| place.strip_prefix("refs/heads/").unwrap_or(place));
        told.or_else(|| first_told([&self.prettyref, &self.head_branch]))
    }

    fn state(&self) -> CheckState {
        let word = self.conclusion.as_deref().filter(|word| !word.is_empty());
        match word.unwrap_or(&self.status) {
            "success" => CheckState::Success,
            "skipped" | "neutral" => CheckState::Passed,
            "failure" => CheckState::Failure,
            "cancelled" => CheckState::Cancelled,
            "waiting" | "running" | "blocked" | "queued" | "in_progress" | "pending"
            | "requested" => CheckState::Pending,
            word => CheckState::Unknown(word.to_owned()),
        }
    }
}

fn first_told(told: [&Option<String>; 2]) -> Option<&str> {
    let mut told = told.into_iter().flatten().map(String::as_str);
    told.find(|word| !word.is_empty())
}

impl Forgejo<'_> {
    /// Reads all that is told about a commit.
    pub(super) fn checks_of(
        &self,
        repo: &RepoRef,
        sha: &CommitSha,
    ) -> Result<CommitChecks, ServiceError> {
        let statuses = self.statuses(repo, sha)?;
        let runs = if self.server()?.traits.action_runs {
            self.runs(repo, sha)?
        } else {
            Vec::new()
        };
        let web = self.sender.web();
        let unsaid = runs_without_status(&statuses, &runs);
        let mut checks: Vec<Check> = statuses
            .into_iter()
            .map(|status| check(status, &web))
            .collect();
        checks.extend(unsaid);
        Ok(CommitChecks {
            checks,
            suites: None,
        })
    }

    fn statuses(&self, repo: &RepoRef, sha: &CommitSha) -> Result<Vec<WireStatus>, ServiceError> {
        let name = format!(
            "read the statuses of {} in {}",
            sha.short(),
            repo.full_name()
        );
        let segments = [
            "repos",
            repo.owner(),
            repo.name(),
            "commits",
            sha.as_str(),
            "status",
        ];
        let limit = PAGE.to_string();
        let mut statuses = Vec::new();
        for number in 1..=PAGES_MAX {
            let number = number.to_string();
            let query = [("limit", limit.as_str()), ("page", number.as_str())];
            let url = self.sender.address(&segments, &query);
            let call = self.sender.call(&name, Method::Get, url, None);
            let answer = self.sender.answer(&call, 200)?;
            let total = answer
                .header("x-total-count")
                .and_then(|total| total.trim().parse::<usize>().ok());
            let page: WireStatuses = answer.decode()?;
            let page = page.statuses.unwrap_or_default();
            let is_empty = page.is_empty();
            statuses.extend(page);
            if is_empty || total.is_some_and(|total| statuses.len() >= total) {
                return Ok(statuses);
            }
        }
        Err(ServiceError::new(
            SERVICE,
            name,
            FailureKind::Unreadable,
            "the commit has more statuses than are read",
        ))
    }

    fn runs(&self, repo: &RepoRef, sha: &CommitSha) -> Result<Vec<WireRun>, ServiceError> {
        let name = format!("read the runs of {} in {}", sha.short(), repo.full_name());
        let limit = PAGE.to_string();
        let segments = ["repos", repo.owner(), repo.name(), "actions", "runs"];
        let query = [("head_sha", sha.as_str()), ("limit", limit.as_str())];
        match self.sender.read::<WireRuns>(&name, &segments, &query) {
            Ok(runs) => Ok(runs.workflow_runs.unwrap_or_default()),
            // The repository has no Actions, or the server, whatever its version, no such page: its router says so in plain words.
            Err(error) if error.kind == FailureKind::NotFound || is_no_route(&error) => {
                Ok(Vec::new())
            }
            // Our account may not see them. What their jobs post is still told.
            Err(error) if error.kind == FailureKind::Denied => {
                self.runs_denied.once(repo, || {
                    tracing::warn!(%repo, "runs of Actions can not be read, only statuses count: {error}");
                    Ok(())
                })?;
                Ok(Vec::new())
            }
            Err(error) => Err(error),
        }
    }
}

fn check(status: WireStatus, web: &Url) -> Check {
    let description = status.description.unwrap_or_default();
    Check {
        state: forgejo_status(&status.context, &status.status, &description),
        name: status.context,
        source: CheckSource::Status,
        at: Some(status.updated_at),
        url: status.target_url.and_then(|target| absolute(&target, web)),
        excerpt: Some(description).filter(|text| !text.is_empty()),
    }
}

/// Jobs of the forge's own Actions have an address without a host. Its path begins with the one that the forge is below.
fn absolute(target: &str, web: &Url) -> Option<String> {
    if target.is_empty() {
        return None;
    }
    if target.starts_with('/') && !target.starts_with("//") {
        let web = web.as_str().trim_end_matches('/');
        let below = web.splitn(4, '/').nth(3).unwrap_or_default();
        let is_below = target[1..]
            .strip_prefix(below)
            .is_some_and(|rest| !below.is_empty() && rest.starts_with('/'));
        let place = if is_below {
            web.strip_suffix(below).unwrap_or(web).trim_end_matches('/')
        } else {
            web
        };
        return Some(format!("{place}{target}"));
    }
    Some(target.to_owned())
}

/// The newest run of each workflow, event and branch that is not over, or not well, and of which no status tells: jobs post theirs
/// a moment after the run began, and a workflow that can not be read never posts one. Beside one that goes on, a run of another branch
/// may have posted over its statuses: they have one name for both.
fn runs_without_status(statuses: &[WireStatus], runs: &[WireRun]) -> Vec<Check> {
    let told = |run: &WireRun| {
        let path = Url::parse(&run.html_url).map_or_else(
            |_| run.html_url.clone(),
            |address| address.path().to_owned(),
        );
        let below = format!("{}/", path.trim_end_matches('/'));
        statuses
            .iter()
            .filter_map(|status| status.target_url.as_deref())
            .any(|target| target.contains(&below))
    };
    let kind = |run: &WireRun| {
        let told = [Some(run.workflow()), run.event(), run.branch()];
        told.map(|word| word.map(str::to_owned))
    };
    let is_newest = |run: &WireRun| {
        let mut others = runs.iter();
        others.all(|other| other.id <= run.id || kind(other) != kind(run))
    };
    let is_posted_over = |run: &WireRun| {
        let mut others = runs.iter();
        run.state() == CheckState::Pending
            && others.any(|other| {
                other.workflow() == run.workflow()
                    && other.event() == run.event()
                    && other.branch() != run.branch()
                    && told(other)
            })
    };
    runs.iter()
        .filter(|run| is_newest(run) && (!told(run) || is_posted_over(run)))
        .filter(|run| !matches!(run.state(), CheckState::Success | CheckState::Passed))
        .map(|run| Check {
            name: run.workflow().to_owned(),
            source: CheckSource::Run {
                app: Some(FORGE_ACTIONS.to_owned()),
                event: run.event().map(str::to_owned),
                branch: run.branch().map(str::to_owned),
                suite: None,
            },
            state: run.state(),
            at: run
                .updated
                .or(run.completed_at)
                .filter(|at| at.timestamp() > 0),
            url: Some(run.html_url.clone()),
            excerpt: None,
        })
        .collect()
}

/// Whether something said 404 that is not the form in which these servers say what they do not have: their router for a page that is
/// not theirs (`api-unknown-route` of the recordings), which a proxy's is like.
fn is_no_route(error: &ServiceError) -> bool {
    error.is_refused_before() && error.answered_by.status() == Some(404)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn run(json: serde_json::Value) -> WireRun {
        serde_json::from_value(json).unwrap()
    }

    fn forgejo(id: u64, event: &str, status: &str) -> WireRun {
        run(
            json!({"id": id, "html_url": format!("https://forge.example/o/r/actions/runs/{id}"),
            "status": status, "event": "", "trigger_event": event, "workflow_id": "ci.yml",
            "prettyref": "main", "updated": "2026-11-28T16:12:30Z"}),
        )
    }

    fn status(target: &str) -> WireStatus {
        serde_json::from_value(json!({"context": "CI / build (push)", "status": "pending",
            "target_url": target, "description": "", "updated_at": "2026-11-28T16:12:30Z"}))
        .unwrap()
    }

    #[test]
    fn a_page_that_is_not_there_is_told_from_a_refusal() {
        use crate::service_error::AnsweredBy;

        let error = |kind, answered_by| {
            ServiceError::new("forgejo", "runs", kind, "404 page not found")
                .answered_by(answered_by)
        };
        let before = |status| {
            error(
                FailureKind::Unreachable,
                AnsweredBy::SomethingBefore(status),
            )
        };
        for status in 400..500 {
            assert_eq!(is_no_route(&before(status)), status == 404, "{status}");
        }
        for kind in [FailureKind::Unreachable, FailureKind::NotFound] {
            let error = error(kind, AnsweredBy::Service(404));
            assert!(!is_no_route(&error), "{error}");
        }
    }

    #[test]
    fn addresses_without_a_host_are_completed() {
        for (base, target, expected) in [
            (
                "https://f.example/",
                "/o/r/actions/runs/1",
                "https://f.example/o/r/actions/runs/1",
            ),
            (
                "https://f.example/git",
                "/o/r/x",
                "https://f.example/git/o/r/x",
            ),
            (
                "https://f.example/git",
                "/git/o/r/x",
                "https://f.example/git/o/r/x",
            ),
            (
                "https://f.example:3000/deep/git/",
                "/deep/git/o/r/x",
                "https://f.example:3000/deep/git/o/r/x",
            ),
            (
                "https://f.example/git",
                "/github/r/x",
                "https://f.example/git/github/r/x",
            ),
            (
                "https://f.example/",
                "https://ci.example/1",
                "https://ci.example/1",
            ),
            ("https://f.example/", "//ci.example/1", "//ci.example/1"),
        ] {
            let web = Url::parse(base).unwrap();
            assert_eq!(absolute(target, &web).as_deref(), Some(expected));
        }
        assert_eq!(
            absolute("", &Url::parse("https://f.example").unwrap()),
            None
        );
    }

    #[test]
    fn runs_count_only_where_no_status_tells_of_them() {
        let names = |statuses: &[WireStatus], runs: &[WireRun]| -> Vec<CheckState> {
            runs_without_status(statuses, runs)
                .into_iter()
                .map(|check| check.state)
                .collect()
        };
        let runs = [forgejo(1, "push", "waiting")];
        assert_eq!(names(&[], &runs), [CheckState::Pending]);
        assert_eq!(names(&[status("/o/r/actions/runs/1/jobs/0")], &runs), []);
        // The tenth run is not the first one.
        let tenth = status("/o/r/actions/runs/10/jobs/0");
        assert_eq!(names(&[tenth], &runs), [CheckState::Pending]);
        assert_eq!(names(&[], &[forgejo(1, "push", "success")]), []);
        assert_eq!(names(&[], &[forgejo(1, "push", "skipped")]), []);
        let failed = [forgejo(1, "push", "failure")];
        assert_eq!(names(&[], &failed), [CheckState::Failure]);
        let repeated = [forgejo(1, "push", "failure"), forgejo(2, "push", "running")];
        assert_eq!(names(&[], &repeated), [CheckState::Pending]);
        let others = [
            forgejo(1, "push", "failure"),
            forgejo(2, "schedule", "running"),
        ];
        assert_eq!(
            names(&[], &others),
            [CheckState::Failure, CheckState::Pending]
        );
    }

    /// One runner took the run of the topic branch between the jobs of the run of `main`, whose statuses have the same names.
    #[test]
    fn a_run_goes_on_though_one_of_another_branch_posted_over_its_statuses() {
        let of = |id: u64, place: &str, event: &str, status: &str| WireRun {
            prettyref: Some(place.to_owned()),
            ..forgejo(id, event, status)
        };
        let own = status("/o/r/actions/runs/2/jobs/0");
        let other = status("/o/r/actions/runs/1/jobs/1");
        let states = |other_run: WireRun, own_word: &str, statuses: &[WireStatus]| {
            let runs = [other_run, of(2, "main", "push", own_word)];
            let told = runs_without_status(statuses, &runs);
            let told = told.into_iter().filter(|check| {
                matches!(&check.source, CheckSource::Run { branch, .. } if branch.as_deref() == Some("main"))
            });
            told.map(|check| check.state).collect::<Vec<_>>()
        };
        let both = [own, other];
        for (word, expected) in [
            ("running", vec![CheckState::Pending]),
            ("waiting", vec![CheckState::Pending]),
            ("success", vec![]),
            // Its jobs tell.
            ("failure", vec![]),
            ("cancelled", vec![]),
        ] {
            for of_topic in ["success", "running", "failure"] {
                let topic = of(1, "topic", "push", of_topic);
                assert_eq!(states(topic, word, &both), expected, "{word} {of_topic}");
            }
        }
        // Nothing was posted over where the other run posts by other names, or did not post.
        let nightly = of(1, "topic", "schedule", "running");
        assert_eq!(states(nightly, "running", &both), []);
        let topic = of(1, "topic", "push", "running");
        assert_eq!(states(topic, "running", &both[..1]), []);
        let again = of(1, "main", "push", "success");
        assert_eq!(states(again, "running", &both), []);
    }

    #[test]
    fn a_newer_run_of_another_branch_does_not_stand_for_an_older_one() {
        let mut tag = forgejo(2, "push", "success");
        tag.prettyref = Some("v1".to_owned());
        let runs = [forgejo(1, "push", "failure"), tag];
        let [check] = &runs_without_status(&[], &runs)[..] else {
            panic!("the run of the branch failed");
        };
        assert_eq!(check.state, CheckState::Failure);
    }

    #[test]
    fn runs_say_what_began_them_and_where_as_far_as_they_are_told() {
        let told = |fields: serde_json::Value| {
            let mut whole = json!({"id": 1, "html_url": "", "status": "running"});
            let fields = fields.as_object().unwrap().clone();
            whole.as_object_mut().unwrap().extend(fields);
            let run = run(whole);
            let owned = |word: Option<&str>| word.unwrap_or("-").to_owned();
            (owned(run.event()), owned(run.branch()))
        };
        for (fields, event, branch) in [
            (json!({}), "-", "-"),
            (
                json!({"event": "", "trigger_event": "", "prettyref": ""}),
                "-",
                "-",
            ),
            (
                json!({"event": "", "trigger_event": "workflow_dispatch", "prettyref": "main"}),
                "workflow_dispatch",
                "main",
            ),
            (json!({"event": "push", "prettyref": "v1"}), "push", "v1"),
            (
                json!({"event": "pull_request", "prettyref": "#7"}),
                "pull_request",
                "#7",
            ),
            (
                json!({"event": "push", "path": "ci.yml@refs/heads/a/b", "head_branch": ""}),
                "push",
                "a/b",
            ),
            // Gitea tells no branch of a tag, or calls the tag one.
            (
                json!({"event": "push", "path": "ci.yml@refs/tags/main", "head_branch": "main"}),
                "push",
                "refs/tags/main",
            ),
            (
                json!({"event": "push", "path": "ci.yml", "head_branch": "main"}),
                "push",
                "main",
            ),
        ] {
            let expected = (event.to_owned(), branch.to_owned());
            assert_eq!(told(fields.clone()), expected, "{fields}");
        }
    }

    #[test]
    fn runs_of_gitea_are_read_by_their_own_words() {
        let queued = run(
            json!({"id": 1, "html_url": "https://f.example/o/r/actions/runs/1",
            "path": "ci.yml@refs/heads/main", "event": "push", "head_branch": "main",
            "status": "queued", "completed_at": "1970-01-01T00:00:00Z"}),
        );
        let checks = runs_without_status(&[], &[queued]);
        let [check] = checks.as_slice() else {
            panic!("one run");
        };
        assert_eq!(
            (check.name.as_str(), &check.state),
            ("ci.yml", &CheckState::Pending)
        );
        assert_eq!(check.at, None);
        let expected = CheckSource::Run {
            app: Some(FORGE_ACTIONS.to_owned()),
            event: Some("push".to_owned()),
            branch: Some("main".to_owned()),
            suite: None,
        };
        assert_eq!(check.source, expected);
        for (status, conclusion, expected) in [
            ("completed", "success", CheckState::Success),
            ("completed", "failure", CheckState::Failure),
            ("completed", "cancelled", CheckState::Cancelled),
            ("completed", "skipped", CheckState::Passed),
            (
                "completed",
                "strange",
                CheckState::Unknown("strange".to_owned()),
            ),
            ("in_progress", "", CheckState::Pending),
        ] {
            let run =
                run(json!({"id": 1, "html_url": "", "status": status, "conclusion": conclusion}));
            assert_eq!(run.state(), expected, "{status} {conclusion}");
        }
    }
}
