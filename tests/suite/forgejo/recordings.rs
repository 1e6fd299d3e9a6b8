//! What live servers answered (`contracts/forgejo/recordings`), replayed through the adapter, server by server.
//!
//! Every recording of a call that the adapter makes is answered to the very call, and what comes out is held against what the
//! recording says. Every other one is listed by its kind, with the reason. The recordings live beside the repository; without
//! them the test says so loudly, and fails where `CI` is set.

mod others;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use afk::clock::{Deadline, SystemClock};
use afk::domain::config::{Secret, SecretSource};
use afk::domain::issue::{IssueFacts, Permission, PermissionFact};
use afk::domain::repository::{ForgeKind, IssueNumber, IssueRef, RepoRef};
use afk::domain::verdict::ci::CommitSha;
use afk::http::script::ScriptedAnswer;
use afk::http::{Call, Http};
use afk::service_error::{FailureKind, ServiceError};
use afk::tracker::forgejo::Forgejo;
use afk::tracker::{
    Closer, IssueEventKind, IssueLookup, LabelNames, Repository, RunIssue, Tracker,
};
use serde_json::{Value, json};
use url::Url;

use crate::support::forgejo_contract;
use crate::support::sandbox::forgejo::ServerKind;

#[expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "CI must not skip, and elsewhere people must read that it does"
)]
pub(super) fn directory() -> Option<PathBuf> {
    let found = forgejo_contract::folder().map(|folder| folder.join("recordings"));
    if found.as_ref().is_some_and(|found| found.is_dir()) {
        return found;
    }
    assert!(
        std::env::var_os("CI").is_none(),
        "the recordings are missing"
    );
    eprintln!("SKIPPED: no recordings of Forgejo and Gitea");
    None
}

/// One recorded exchange.
#[derive(Clone, Debug)]
pub(super) struct Recording {
    pub(super) name: String,
    /// Whose token it was.
    pub(super) whose: String,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: String,
    /// Headers that were sent.
    pub(super) headers_sent: BTreeMap<String, String>,
    pub(super) request: Value,
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Value,
}

impl Recording {
    pub(super) fn segments(&self) -> Vec<&str> {
        let path = self.path.strip_prefix("/api/v1/").unwrap_or_default();
        path.split('/').filter(|part| !part.is_empty()).collect()
    }

    /// Lists were cut before they were stored, and long texts.
    fn is_cut(&self) -> bool {
        self.body.to_string().contains(" more entries cut")
            || self.body.to_string().contains("<trimmed")
    }

    fn answer(&self) -> ScriptedAnswer {
        let is_json = self.headers.iter().any(|(name, value)| {
            name.eq_ignore_ascii_case("content-type") && value.contains("json")
        });
        let body = match (&self.body, is_json) {
            (Value::String(text), false) => text.clone(),
            (Value::Null, false) => String::new(),
            (body, _) => body.to_string(),
        };
        let headers = self
            .headers
            .iter()
            .map(|(name, value)| (name.clone(), value.clone().into_bytes()))
            .collect();
        ScriptedAnswer {
            status: self.status,
            headers,
            body: body.into_bytes(),
        }
    }
}

pub(super) fn read(folder: &std::path::Path) -> Vec<Recording> {
    let mut names: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    names.sort();
    names
        .into_iter()
        .filter_map(|path| {
            let value: Value =
                serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
            let address = value["request"]["path"].as_str()?.to_owned();
            let (path_text, query) = address.split_once('?').unwrap_or((&address, ""));
            let headers = value["response"]["headers"]
                .as_object()
                .cloned()
                .unwrap_or_default();
            Some(Recording {
                name: path.file_stem().unwrap().to_str().unwrap().to_owned(),
                whose: value["as"].as_str().unwrap_or_default().to_owned(),
                method: value["request"]["method"].as_str().unwrap().to_owned(),
                path: path_text.to_owned(),
                query: query.to_owned(),
                headers_sent: value["request"]["headers"]
                    .as_object()
                    .into_iter()
                    .flatten()
                    .map(|(name, value)| {
                        (name.clone(), value.as_str().unwrap_or_default().to_owned())
                    })
                    .collect(),
                request: value["request"]["body"].clone(),
                status: u16::try_from(value["response"]["status"].as_u64().unwrap()).unwrap(),
                headers: headers
                    .into_iter()
                    .map(|(name, value)| (name, value.as_str().unwrap_or_default().to_owned()))
                    .collect(),
                body: value["response"]["body"].clone(),
            })
        })
        .collect()
}

/// What becomes of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    Permission,
    Teams,
    Timeline,
    Issue,
    Dependencies,
    AddLabel,
    TakeLabel,
    Comment,
    EditComment,
    DeleteComment,
    SetState,
    Statuses,
    Runs,
    Commit,
    Commits,
    Search,
    OurRepositories,
    Repository,
    Account,
    Version,
    Comments,
    Labels,
    CreateLabel,
    ShownLabels,
    Compare,
    Left(&'static str),
}

const CUT: &str = "the list was cut when it was stored";
const NOT_ASKED: &str = "we never make this call";
const OTHERWISE: &str = "we ask this in another form";
const SETTING_UP: &str = "people and administrators do this, not we";

/// By method, address and query, and never by the name of the file.
pub(super) fn class(recording: &Recording) -> Class {
    let segments = recording.segments();
    let query: BTreeMap<String, String> = url::form_urlencoded::parse(recording.query.as_bytes())
        .into_owned()
        .collect();
    let is_number = |text: &str| text.parse::<u64>().is_ok();
    if recording.is_cut() {
        return Class::Left(CUT);
    }
    match (recording.method.as_str(), segments.as_slice()) {
        ("GET", ["repos", _, _, "collaborators", _, "permission"]) => Class::Permission,
        ("GET", ["repos", _, _, "teams"]) => Class::Teams,
        ("GET", ["repos", _, _, "issues", _, "timeline"]) => {
            if query.keys().any(|name| name == "since" || name == "before") {
                Class::Left(NOT_ASKED)
            } else {
                Class::Timeline
            }
        }
        ("GET", ["repos", _, _, "issues", number]) if is_number(number) => Class::Issue,
        ("GET", ["repos", _, _, "issues", _, "dependencies"]) => Class::Dependencies,
        ("POST", ["repos", _, _, "issues", _, "labels"]) => {
            match recording.request["labels"].as_array().map(Vec::as_slice) {
                Some([Value::String(_) | Value::Number(_)]) => Class::AddLabel,
                Some(_) | None => Class::Left(OTHERWISE),
            }
        }
        ("DELETE", ["repos", _, _, "issues", _, "labels", id]) if is_number(id) => Class::TakeLabel,
        ("DELETE", ["repos", _, _, "issues", _, "labels", _]) => Class::Left(OTHERWISE),
        ("POST", ["repos", _, _, "issues", _, "comments"]) => Class::Comment,
        ("PATCH", ["repos", _, _, "issues", "comments", _]) => Class::EditComment,
        ("DELETE", ["repos", _, _, "issues", "comments", _]) => Class::DeleteComment,
        ("PATCH", ["repos", _, _, "issues", _]) => match recording.request["state"].as_str() {
            Some("open" | "closed")
                if recording.request.as_object().map(serde_json::Map::len) == Some(1) =>
            {
                Class::SetState
            }
            Some(_) | None => Class::Left(SETTING_UP),
        },
        ("GET", ["repos", _, _, "commits", sha, "status"]) if CommitSha::parse(sha).is_some() => {
            Class::Statuses
        }
        ("GET", ["repos", _, _, "commits", _, "status" | "statuses"]) => Class::Left(OTHERWISE),
        ("GET", ["repos", _, _, "actions", "runs"]) => {
            if query.contains_key("head_sha") {
                Class::Runs
            } else {
                Class::Left(OTHERWISE)
            }
        }
        ("GET", ["repos", _, _, "git", "commits", sha]) if CommitSha::parse(sha).is_some() => {
            Class::Commit
        }
        ("GET", ["repos", _, _, "git", "commits", _]) => Class::Left(OTHERWISE),
        ("GET", ["repos", _, _, "commits"]) => Class::Commits,
        ("GET", ["repos", "issues", "search"]) => Class::Search,
        ("GET", ["user", "repos"]) => Class::OurRepositories,
        ("GET", ["repos", _, _]) => Class::Repository,
        ("GET", ["user"]) => Class::Account,
        ("GET", ["version"]) => Class::Version,
        ("GET", ["repos", _, _, "issues", _, "comments"]) if recording.query.is_empty() => {
            Class::Comments
        }
        ("GET", ["repos", _, _, "issues", _, "labels"]) => Class::ShownLabels,
        ("GET", ["repos", _, _, "labels"]) => Class::Labels,
        ("POST", ["repos", _, _, "labels"]) => Class::CreateLabel,
        ("GET", ["repos", _, _, "compare", _]) => Class::Compare,
        // Ids are read through other calls.
        (
            "GET",
            ["settings", ..] | ["repositories", _] | ["users", ..] | ["orgs", ..] | ["nodeinfo"],
        ) => Class::Left(OTHERWISE),
        ("GET", _) => Class::Left(NOT_ASKED),
        (_, _) => Class::Left(SETTING_UP),
    }
}

/// Answers one call with a recording, and what stands around it with what is usual.
struct Stage<'r> {
    recordings: &'r [Recording],
    recording: &'r Recording,
    kind: ServerKind,
    /// What is answered to an address that ends so, before what is usual.
    beside: BTreeMap<String, Value>,
    /// What was sent: method, path and body.
    sent: std::sync::Mutex<Vec<Sent>>,
}

#[derive(Clone, Debug)]
struct Sent {
    method: String,
    path: String,
    body: Value,
}

impl Stage<'_> {
    fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap().clone()
    }

    fn named(&self, name: &str) -> Option<ScriptedAnswer> {
        let found = self
            .recordings
            .iter()
            .find(|recording| recording.name == name)?;
        Some(found.answer())
    }

    fn answer(&self, call: &Call<'_>) -> Option<ScriptedAnswer> {
        let method = format!("{:?}", call.method).to_uppercase();
        let path = call.url.path();
        let body = call.json.as_deref().unwrap_or(b"null");
        let body: Value = serde_json::from_slice(body).unwrap();
        self.sent.lock().unwrap().push(Sent {
            method: method.clone(),
            path: path.to_owned(),
            body: body.clone(),
        });
        let page = call
            .url
            .query_pairs()
            .find(|(name, _)| name == "page")
            .map_or("1".to_owned(), |(_, page)| page.into_owned());
        if method == self.recording.method && path == self.recording.path {
            // Further pages of a list are empty.
            return Some(match (page.as_str(), path.ends_with("/status")) {
                ("1", _) => self.recording.answer(),
                (_, false) => json_answer(&Value::Null),
                (_, true) => json_answer(&json!({"statuses": null})),
            });
        }
        let beside = self
            .beside
            .iter()
            .find(|(end, _)| path.ends_with(end.as_str()));
        if let Some((_, body)) = beside {
            let is_first = page == "1";
            return Some(json_answer(if is_first { body } else { &Value::Null }));
        }
        if method == "POST" && path.ends_with("/labels") {
            // A label is shown then whose id is known; a name is dropped.
            let shown = body["labels"][0].as_u64();
            let shown: Vec<Value> = shown
                .map(|id| json!({"id": id, "name": "shown"}))
                .into_iter()
                .collect();
            return Some(json_answer(&json!(shown)));
        }
        if method == "DELETE" {
            return Some(ScriptedAnswer {
                status: 204,
                headers: Vec::new(),
                body: Vec::new(),
            });
        }
        match path
            .trim_start_matches("/api/v1/")
            .split('/')
            .collect::<Vec<_>>()
            .as_slice()
        {
            ["version"] => self.named("version"),
            ["user"] => self.named("user-bot"),
            ["repos", "issues", "search"] => Some(json_answer(&json!([]))),
            ["repos", owner, name] => {
                let mut body = self.body("repo-pub");
                body["full_name"] = json!(format!("{owner}/{name}"));
                Some(json_answer(&body))
            }
            ["repos", owner, name, "issues", number] => {
                let mut body = self.body("edit-0-issue");
                body["number"] = json!(number.parse::<u64>().unwrap_or(1));
                body["repository"]["full_name"] = json!(format!("{owner}/{name}"));
                Some(json_answer(&body))
            }
            ["repos", .., "timeline"] if page != "1" => Some(json_answer(&Value::Null)),
            ["repos", .., "timeline"] => self.named("edit-0-timeline"),
            ["repos", _, _, "git", "commits", sha] => Some(json_answer(&self.commit(sha)?)),
            ["repos", _, _, "compare", _] => Some(json_answer(&json!({"total_commits": 0}))),
            ["repos", .., "dependencies" | "labels" | "comments"] => Some(json_answer(&json!([]))),
            ["repos", .., "teams"] => self.named("repo-teams-user-repo"),
            ["repos", _, _, "collaborators", login, "permission"] => {
                let known = self.named(&format!("perm-pub-{login}"));
                known.or_else(|| self.named("perm-pub-nobody-here"))
            }
            ["repos", .., "status"] => self.named("status-none"),
            ["repos", .., "runs"] => Some(json_answer(&json!({"workflow_runs": null}))),
            _ => None,
        }
    }

    /// A commit that was listed.
    fn commit(&self, sha: &str) -> Option<Value> {
        let listed = self.body("commits");
        let found = listed
            .as_array()?
            .iter()
            .find(|commit| commit["sha"] == sha);
        found.cloned()
    }

    fn body(&self, name: &str) -> Value {
        let found = self
            .recordings
            .iter()
            .find(|recording| recording.name == name);
        found
            .unwrap_or_else(|| panic!("{:?} has no {name}", self.kind))
            .body
            .clone()
    }

    /// Runs something with an adapter that gets these answers.
    fn with<T>(&self, run: impl FnOnce(&Forgejo<'_>) -> T) -> T {
        let clock = SystemClock::start();
        let deadline = Deadline::start(&clock, Duration::from_secs(60), Arc::default());
        let script = |call: &Call<'_>| self.answer(call);
        let http = Http::scripted(deadline, &script);
        let base = Url::parse("https://forge.example").unwrap();
        let token = SecretSource::Inline(Secret::new("forgejo-token-of-recordings"));
        let labels = LabelNames {
            ready: "ready-for-agent".to_owned(),
            in_progress: "agent-in-progress".to_owned(),
            ready_for_human: "ready-for-human".to_owned(),
        };
        run(&Forgejo::new(&http, &base, token, labels))
    }

    fn repo(&self) -> RepoRef {
        let segments = self.recording.segments();
        RepoRef::parse(
            &format!("{}/{}", segments[1], segments[2]),
            ForgeKind::Forgejo,
        )
        .unwrap()
    }

    /// The repository, with the number that the issue of the recording names.
    fn repository(&self, forge: &Forgejo<'_>) -> Result<Repository, ServiceError> {
        let surveyed = forge.survey(&[self.repo()]).remove(0)?;
        Ok(surveyed.repository)
    }

    fn issue_ref(&self) -> IssueRef {
        let segments = self.recording.segments();
        IssueRef {
            repo: self.repo(),
            number: IssueNumber(segments[4].parse().unwrap_or(1)),
        }
    }
}

fn json_answer(body: &Value) -> ScriptedAnswer {
    ScriptedAnswer {
        status: 200,
        headers: vec![("content-type".to_owned(), b"application/json".to_vec())],
        body: body.to_string().into_bytes(),
    }
}

/// What an error has to be for a status.
fn fits(status: u16, error: &ServiceError) -> bool {
    match status {
        301 | 302 | 307 => matches!(error.kind, FailureKind::Moved { .. }),
        401 | 403 => error.kind == FailureKind::Denied,
        404 => error.kind == FailureKind::NotFound,
        409 | 412 | 422 | 423 | 405 | 400 => error.kind == FailureKind::Refused,
        500.. => error.kind == FailureKind::Unreachable,
        _ => false,
    }
}

/// Holds what an act did against what the recording says.
fn act(recording: &Recording, done: bool, result: &Result<(), ServiceError>) -> Result<(), String> {
    let right = match result {
        Ok(()) => done,
        Err(error) => !done && (fits(recording.status, error) || recording.status < 300),
    };
    if right {
        Ok(())
    } else {
        Err(format!(
            "{result:?} of {} {}",
            recording.status, recording.body
        ))
    }
}

/// Replays one recording; says what is wrong with what came out.
fn replay(stage: &Stage<'_>, class: Class) -> Result<(), String> {
    let recording = stage.recording;
    let (status, body) = (recording.status, &recording.body);
    let check = |right: bool, what: String| if right { Ok(()) } else { Err(what) };
    match class {
        Class::Permission => {
            let login = recording.segments()[4].to_owned();
            let fact = stage.with(|forge| {
                let repository = stage.repository(forge)?;
                forge.permission(&repository, &login)
            });
            let word = body["permission"].as_str().unwrap_or_default();
            let expected = match (status, word) {
                (200, "owner" | "admin") => Some(Permission::Admin),
                (200, "write") => Some(Permission::Write),
                (200, "read") => Some(Permission::Read),
                (200, "none") => Some(Permission::None),
                _ => None,
            };
            let right = match (&fact, expected) {
                (Ok(PermissionFact::Known { permission, id }), Some(expected)) => {
                    *permission == expected && body["user"]["id"] == *id
                }
                (Ok(PermissionFact::Mistaken(_)), None) => status == 404,
                // The owner of a repository is known without it.
                (Ok(PermissionFact::Unknown(_) | PermissionFact::Known { .. }), None) => {
                    status == 403
                }
                (Err(error), None) => fits(status, error),
                _ => false,
            };
            check(right, format!("{fact:?}"))
        }
        Class::Teams => {
            // They decide what "write" means.
            let mut asked = recording.clone();
            asked.name = "asked".to_owned();
            let fact = stage.with(|forge| {
                let repository = stage.repository(forge)?;
                forge.issue(&repository, IssueNumber(9))
            });
            let others = body.as_array().is_some_and(|teams| {
                teams.iter().any(|team| {
                    let level = |unit: &str| {
                        team["units_map"][unit]
                            .as_str()
                            .unwrap_or("none")
                            .to_owned()
                    };
                    !matches!(level("repo.issues").as_str(), "none" | "read")
                        && matches!(level("repo.code").as_str(), "none" | "read")
                })
            });
            let facts = issue(fact)?;
            let hidden = format!("{:?}", facts.body_edits);
            let told = match status {
                200 | 405 => {
                    hidden.contains(&format!("others_may_edit: {others}")) || hidden == "Never"
                }
                _ => hidden == "Never" || !facts.gaps.is_empty(),
            };
            check(told, format!("{hidden} {:?}", facts.gaps))
        }
        Class::Timeline => {
            let read = stage.with(|forge| forge.stray(&stage.issue_ref()));
            let listed = body.as_array().map_or(&[][..], Vec::as_slice);
            let kinds = |kinds: &[&str]| {
                listed
                    .iter()
                    .filter(|entry| kinds.contains(&entry["type"].as_str().unwrap_or_default()))
                    .filter(|entry| entry["type"] != "commit_ref" || entry["ref_commit_sha"] != "")
                    .count()
            };
            let own = listed
                .iter()
                .filter(|entry| entry["type"] == "comment" && entry["user"]["id"] == 2)
                .count();
            // Closed by whoever pushed a commit with a closing keyword before.
            let closing = |entry: &Value| {
                let commit = entry["ref_commit_sha"]
                    .as_str()
                    .and_then(|sha| stage.commit(sha));
                commit.is_some_and(|commit| {
                    let message = commit["commit"]["message"]
                        .as_str()
                        .unwrap_or_default()
                        .to_owned();
                    let number = stage.issue_ref().number;
                    ["Fixes", "Closes"]
                        .iter()
                        .any(|word| message.contains(&format!("{word} #{number}\n")))
                })
            };
            let by_commit = kinds(&["close"]) > 0 && listed.iter().any(closing);
            let right = match &read {
                Ok(RunIssue::Issue(issue)) => {
                    status == 200
                        && issue.events.len() == kinds(&["label", "close", "reopen", "commit_ref"])
                        && issue.own_comments.len() == own
                        && by_commit
                            == issue.events.iter().any(|event| {
                                matches!(event.kind, IssueEventKind::Closed(Closer::Commit(_)))
                            })
                        && issue.gaps.is_empty()
                }
                Ok(RunIssue::Missing) => status == 404,
                Ok(RunIssue::Transferred | RunIssue::Unreadable(_)) => false,
                Err(error) => fits(status, error),
            };
            check(right, format!("{read:?}"))
        }
        Class::Issue => {
            let read = stage.with(|forge| {
                let mut repository = stage.repository(forge)?;
                if let Some(id) = body["repository"]["id"].as_u64() {
                    repository.id = afk::domain::identity::RepositoryId(id);
                }
                forge.issue(&repository, stage.issue_ref().number)
            });
            let right = match &read {
                Ok(IssueLookup::Issue(facts)) => {
                    status == 200
                        && body["title"] == facts.title.as_str()
                        && body["body"] == facts.body.as_str()
                        && body["labels"].as_array().map(Vec::len) == Some(facts.labels.len())
                        && (body["content_version"] == 0)
                            == (facts.body_edits == afk::domain::issue::BodyEdits::Never)
                }
                Ok(IssueLookup::PullRequest) => body["pull_request"].is_object(),
                Ok(IssueLookup::TooLong(_)) => false,
                Ok(IssueLookup::Missing) => status == 404,
                Err(error) => fits(status, error),
            };
            check(right, format!("{read:?}"))
        }
        Class::Dependencies => {
            let read = stage.with(|forge| {
                let repository = stage.repository(forge)?;
                forge.reread(&repository, stage.issue_ref().number)
            });
            if status == 401 || status == 403 {
                return check(
                    read.is_err_and(|error| fits(status, &error)),
                    "read".to_owned(),
                );
            }
            let facts = issue(read)?;
            let listed = body.as_array().map_or(&[][..], Vec::as_slice);
            let open = listed
                .iter()
                .filter(|blocker| blocker["state"] != "closed")
                .count();
            let blocking = facts
                .blockers
                .iter()
                .filter(|blocker| blocker.state == afk::domain::issue::BlockerState::Open)
                .count();
            let right = facts.blockers.len() == listed.len()
                && blocking == open
                && facts.gaps.is_empty() == (status == 200);
            check(right, format!("{:?} {:?}", facts.blockers, facts.gaps))
        }
        Class::AddLabel => {
            let wanted = &recording.request["labels"][0];
            // By an id: the name that the answer gives it.
            let by_id = || {
                let mut shown = body.as_array().into_iter().flatten();
                let shown = shown.find(|shown| shown["id"] == *wanted);
                shown.map_or("dropped", |shown| shown["name"].as_str().unwrap())
            };
            let label = wanted.as_str().unwrap_or_else(by_id).to_owned();
            let done = status == 200
                && body
                    .as_array()
                    .is_some_and(|shown| shown.iter().any(|shown| shown["name"] == label.as_str()));
            let result = stage.with(|forge| forge.add_label(&stage.issue_ref(), &label));
            // What is not shown is made, for which there is no answer here.
            match result {
                Err(_) if !done && status == 200 => Ok(()),
                result => act(recording, done, &result),
            }
        }
        Class::TakeLabel => {
            // The list of labels that is read before shows none of the name: nothing is sent. So the id is looked for.
            let result = stage.with(|forge| forge.remove_label(&stage.issue_ref(), "not shown"));
            check(result.is_ok(), format!("{result:?}"))
        }
        Class::Comment => {
            let result = stage.with(|forge| forge.create_comment(&stage.issue_ref(), "x"));
            let id = result.as_ref().ok().cloned();
            let told = id.is_none_or(|id| id.parse::<u64>().is_ok_and(|id| body["id"] == id));
            check(told, "another id".to_owned())?;
            act(recording, status == 201, &result.map(drop))
        }
        Class::EditComment => {
            let comment = recording.segments()[5].to_owned();
            let result = stage.with(|forge| forge.edit_comment(&stage.issue_ref(), &comment, "x"));
            if status == 204 {
                // The id is no comment's: answered as if it had been done.
                let right = result.is_err_and(|error| error.kind == FailureKind::NotFound);
                return check(right, "a silent no-op".to_owned());
            }
            act(recording, status == 200, &result)
        }
        Class::DeleteComment => {
            let comment = recording.segments()[5].to_owned();
            let result = stage.with(|forge| forge.delete_comment(&stage.issue_ref(), &comment));
            act(recording, status == 204 || status == 404, &result)
        }
        Class::SetState => {
            let wanted = recording.request["state"].as_str().unwrap();
            let result = stage.with(|forge| match wanted {
                "closed" => forge.close_issue(&stage.issue_ref()),
                _ => forge.reopen_issue(&stage.issue_ref()),
            });
            act(recording, status == 201 && body["state"] == wanted, &result)
        }
        Class::Statuses => {
            let sha = CommitSha::parse(recording.segments()[4]).unwrap();
            let told = stage.with(|forge| forge.commit_checks(&stage.repo(), &sha));
            match told {
                Ok(told) => {
                    let listed = body["statuses"].as_array().map_or(0, Vec::len);
                    check(
                        status == 200 && told.checks.len() == listed,
                        format!("{told:?}"),
                    )
                }
                Err(error) => check(fits(status, &error), format!("{error:?}")),
            }
        }
        Class::Runs => {
            let query = url::form_urlencoded::parse(recording.query.as_bytes());
            let sha = query.into_iter().find(|(name, _)| name == "head_sha");
            let Some(sha) = sha.and_then(|(_, sha)| CommitSha::parse(&sha)) else {
                return Ok(());
            };
            let told = stage.with(|forge| forge.commit_checks(&stage.repo(), &sha));
            match told {
                Ok(told) => {
                    let runs = body["workflow_runs"].as_array().map_or(0, Vec::len);
                    let expected = if stage.kind == ServerKind::Forgejo11 {
                        0
                    } else {
                        runs
                    };
                    check(told.checks.len() == expected, format!("{told:?}"))
                }
                Err(error) => check(fits(status, &error), format!("{error:?}")),
            }
        }
        Class::Commit | Class::Commits => {
            // A run that began before everything: the newest commit names it, or does not.
            let thread = "11111111-2222-5333-8444-555555555555";
            let read = stage.with(|forge| {
                let query = afk::tracker::WatchQuery {
                    repo: stage.repo(),
                    branch: Some("main".to_owned()),
                    runs: vec![afk::tracker::RunQuery {
                        issue: IssueNumber(9),
                        thread: afk::domain::identity::ThreadId(thread.parse().unwrap()),
                        dispatched_at: chrono::DateTime::UNIX_EPOCH,
                        since: chrono::DateTime::UNIX_EPOCH,
                    }],
                };
                forge.watch(&[query]).remove(0)
            });
            if class == Class::Commit {
                // Nothing names it: it is not asked for.
                return check(
                    read.is_err(),
                    "the list of commits has no answer here".to_owned(),
                );
            }
            match read {
                Ok(reading) => {
                    let listed = body.as_array().map_or(0, Vec::len);
                    let right = reading.commits.len() == listed;
                    check(right, format!("{} of {listed}", reading.commits.len()))
                }
                Err(error) => check(fits(status, &error), format!("{error:?}")),
            }
        }
        Class::Search => {
            let surveyed = stage.with(|forge| {
                let repo = RepoRef::parse("owner/pub", ForgeKind::Forgejo).unwrap();
                forge.survey(&[repo]).remove(0)
            });
            match surveyed {
                Ok(survey) => {
                    let ready = body.as_array().into_iter().flatten().filter(|issue| {
                        let labels = issue["labels"].as_array().into_iter().flatten();
                        issue["repository"]["id"] == 1
                            && issue["state"] == "open"
                            && issue["pull_request"].is_null()
                            && labels
                                .into_iter()
                                .any(|label| label["name"] == "ready-for-agent")
                    });
                    let expected = ready.count();
                    check(
                        survey.ready.len() == expected,
                        format!("{} of {expected}", survey.ready.len()),
                    )
                }
                Err(error) => check(fits(status, &error), format!("{error:?}")),
            }
        }
        Class::OurRepositories => {
            let listed: Vec<RepoRef> = body
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|repo| {
                    RepoRef::parse(repo["full_name"].as_str()?, ForgeKind::Forgejo).ok()
                })
                .collect();
            let three: Vec<RepoRef> = ["a/a", "b/b", "c/c"]
                .iter()
                .map(|name| RepoRef::parse(name, ForgeKind::Forgejo).unwrap())
                .collect();
            let wanted = if listed.len() > 2 { listed } else { three };
            let surveys = stage.with(|forge| forge.survey(&wanted));
            let right = surveys.iter().all(|survey| match survey {
                Ok(_) => status == 200,
                Err(error) => fits(status, error),
            });
            check(right, format!("{surveys:?}"))
        }
        Class::Repository => {
            let survey = stage.with(|forge| forge.survey(&[stage.repo()]).remove(0));
            match survey {
                Ok(survey) => {
                    let repository = survey.repository;
                    let right = status == 200
                        && body["id"] == repository.id.0
                        && body["archived"] == repository.facts.archived;
                    check(right, format!("{repository:?}"))
                }
                Err(error) => {
                    let other_name = body["full_name"].is_string();
                    check(fits(status, &error) || other_name, format!("{error:?}"))
                }
            }
        }
        Class::Account => {
            let survey = stage.with(|forge| {
                let repo = RepoRef::parse("owner/pub", ForgeKind::Forgejo).unwrap();
                forge.survey(&[repo]).remove(0)
            });
            match survey {
                Ok(survey) => {
                    let own = survey.repository.own_account;
                    check(body["login"] == own.login.as_str(), format!("{own:?}"))
                }
                Err(error) => check(fits(status, &error), format!("{error:?}")),
            }
        }
        Class::Version => others::version(stage),
        Class::Comments => others::comments(stage),
        Class::Labels => others::labels(stage),
        Class::CreateLabel => others::create_label(stage),
        Class::ShownLabels => others::shown_labels(stage),
        Class::Compare => others::compare(stage),
        Class::Left(_) => Ok(()),
    }
}

fn issue(lookup: Result<IssueLookup, ServiceError>) -> Result<Box<IssueFacts>, String> {
    match lookup {
        Ok(IssueLookup::Issue(facts)) => Ok(facts),
        Ok(IssueLookup::PullRequest | IssueLookup::TooLong(_) | IssueLookup::Missing) | Err(_) => {
            Err(format!("{lookup:?}"))
        }
    }
}

fn replays_all_of(kind: ServerKind) {
    let Some(directory) = directory() else { return };
    let mut wrong = Vec::new();
    let recordings = read(&directory.join(kind.recordings()));
    assert!(recordings.len() > 500, "{}", recordings.len());
    let mut counted: BTreeMap<String, usize> = BTreeMap::new();
    for recording in &recordings {
        let class = class(recording);
        *counted.entry(format!("{class:?}")).or_default() += 1;
        let stage = Stage {
            recordings: &recordings,
            recording,
            kind,
            beside: BTreeMap::new(),
            sent: std::sync::Mutex::default(),
        };
        if let Err(why) = replay(&stage, class) {
            let why: String = why.chars().take(400).collect();
            wrong.push(format!(
                "{} [{}] {} {} {}: {why}",
                recording.name, recording.whose, recording.method, recording.path, recording.status
            ));
        }
    }
    let left: usize = counted
        .iter()
        .filter(|(class, _)| class.starts_with("Left"))
        .map(|(_, count)| count)
        .sum();
    assert!(recordings.len() - left > 250, "{counted:#?}");
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_recording_of_forgejo_11_is_replayed_or_listed_with_the_reason() {
    replays_all_of(ServerKind::Forgejo11);
}

#[test]
fn every_recording_of_forgejo_13_is_replayed_or_listed_with_the_reason() {
    replays_all_of(ServerKind::Forgejo13);
}

#[test]
fn every_recording_of_gitea_is_replayed_or_listed_with_the_reason() {
    replays_all_of(ServerKind::Gitea126);
}
