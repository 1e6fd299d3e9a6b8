//! A stand-in for a Woodpecker server, as strict as `contracts/woodpecker` tells.
//!
//! It runs nothing: tests say what pipelines do. A wrong token makes a request anonymous, as on the real server, and a
//! query parameter that the server would ignore is refused, because a filter that is not applied is a mistake of ours.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use super::clock::SandboxClock;
use super::http_server::{Request, Response, Service};

pub const TOKEN: &str = "woodpecker-sandbox-token";

const EVENTS: [&str; 9] = [
    "push",
    "pull_request",
    "pull_request_closed",
    "pull_request_metadata",
    "tag",
    "release",
    "deployment",
    "cron",
    "manual",
];

#[derive(Debug)]
struct Repo {
    id: u64,
    forge_remote_id: String,
    full_name: String,
    public: bool,
    active: bool,
    pipelines: Vec<Value>,
}

#[derive(Debug)]
struct State {
    token: String,
    repos: Vec<Repo>,
    /// Servers before 3.0 apply no filter but `before` and `after`.
    old: bool,
    next_number: BTreeMap<u64, u64>,
}

/// A Woodpecker server.
pub struct Woodpecker {
    clock: SandboxClock,
    state: Mutex<State>,
}

impl Woodpecker {
    pub fn new(clock: SandboxClock) -> Arc<Self> {
        Arc::new(Self {
            clock,
            state: Mutex::new(State {
                token: TOKEN.to_owned(),
                repos: Vec::new(),
                old: false,
                next_number: BTreeMap::new(),
            }),
        })
    }

    /// Enables a private repository; `forge_id` is its id on the forge.
    pub fn add_repository(&self, full_name: &str, forge_id: u64) {
        let mut state = self.state();
        let id = 40 + state.repos.len() as u64;
        state.repos.push(Repo {
            id,
            forge_remote_id: forge_id.to_string(),
            full_name: full_name.to_owned(),
            public: false,
            active: true,
            pipelines: Vec::new(),
        });
    }

    /// The server's own id of a repository.
    pub fn repository_id(&self, full_name: &str) -> u64 {
        repo(&mut self.state(), full_name).id
    }

    /// A build triggers a deploy of the image `image_tag`; the pipeline records another commit. Returns its number.
    pub fn deploy_pipeline(&self, full_name: &str, image_tag: &str, status: &str) -> u64 {
        let recorded = "0000000000000000000000000000000000000000";
        let number = self.add(full_name, "manual", recorded, status);
        self.change(full_name, number, |pipeline| {
            pipeline["variables"] = json!({"IMAGE_TAG": image_tag});
            pipeline["message"] = json!("MANUAL PIPELINE @ main");
        });
        number
    }

    /// A push runs a pipeline. Returns its number.
    pub fn push_pipeline(&self, full_name: &str, commit: &str, status: &str) -> u64 {
        self.add(full_name, "push", commit, status)
    }

    /// A pipeline of any event.
    pub fn add(&self, full_name: &str, event: &str, commit: &str, status: &str) -> u64 {
        assert!(EVENTS.contains(&event), "no such event: {event}");
        let now = self.clock.now().timestamp();
        let mut state = self.state();
        let id = repo(&mut state, full_name).id;
        let counter = state.next_number.entry(id).or_default();
        *counter += 1;
        let number = *counter;
        let ended = !matches!(status, "created" | "pending" | "running" | "blocked");
        repo(&mut state, full_name).pipelines.push(json!({
            "id": 1_000 * id + number, "number": number, "event": event, "status": status,
            "commit": commit, "branch": "main", "ref": "refs/heads/main", "message": "a commit", "author": "alice",
            "created": now, "updated": now, "started": now, "finished": if ended { now } else { 0 },
            "workflows": [],
        }));
        number
    }

    /// A pipeline moves on.
    pub fn set_status(&self, full_name: &str, number: u64, status: &str) {
        let now = self.clock.now().timestamp();
        self.change(full_name, number, |pipeline| {
            pipeline["status"] = json!(status);
            pipeline["finished"] = json!(now);
        });
    }

    /// A person restarts a pipeline: a new number with the same content.
    pub fn restart(&self, full_name: &str, number: u64, status: &str) -> u64 {
        let original = self.pipeline(full_name, number);
        let event = original["event"].as_str().unwrap();
        let commit = original["commit"].as_str().unwrap();
        let restarted = self.add(full_name, event, commit, status);
        self.change(full_name, restarted, |pipeline| {
            pipeline["parent"] = json!(number);
            for field in [
                "variables",
                "branch",
                "ref",
                "cron",
                "sender",
                "deploy_to",
                "deploy_task",
            ] {
                if !original[field].is_null() {
                    pipeline[field] = original[field].clone();
                }
            }
        });
        restarted
    }

    /// A person cancels a pipeline.
    pub fn cancel(&self, full_name: &str, number: u64, person: &str) {
        self.change(full_name, number, |pipeline| {
            pipeline["status"] = json!("killed");
            pipeline["cancel_info"] = json!({"canceled_by_user": person});
        });
    }

    /// A person refuses to approve a pipeline.
    pub fn decline(&self, full_name: &str, number: u64, person: &str) {
        self.change(full_name, number, |pipeline| {
            pipeline["status"] = json!("declined");
            pipeline["reviewed_by"] = json!(person);
        });
    }

    /// A newer pipeline cancels an older one.
    pub fn supersede(&self, full_name: &str, old: u64, new: u64) {
        self.change(full_name, old, |pipeline| {
            pipeline["status"] = json!("killed");
            pipeline["cancel_info"] = json!({"superseded_by": new});
        });
    }

    /// A step of a pipeline failed.
    pub fn fail_step(&self, full_name: &str, number: u64, workflow: &str, step: &str, code: i64) {
        self.change(full_name, number, |pipeline| {
            pipeline["status"] = json!("failure");
            pipeline["workflows"] = json!([{
                "id": 1, "pid": 1, "name": workflow, "state": "failure",
                "children": [
                    {"id": 2, "pid": 2, "name": "clone", "state": "success", "exit_code": 0},
                    {"id": 3, "pid": 3, "name": step, "state": "failure", "exit_code": code},
                ],
            }]);
        });
    }

    /// Changes whatever a story needs changed.
    pub fn change(&self, full_name: &str, number: u64, change: impl FnOnce(&mut Value)) {
        let mut state = self.state();
        let pipeline = repo(&mut state, full_name)
            .pipelines
            .iter_mut()
            .find(|pipeline| pipeline["number"] == number)
            .unwrap_or_else(|| panic!("no pipeline {number}"));
        change(pipeline);
    }

    /// An administrator deletes a pipeline.
    pub fn delete(&self, full_name: &str, number: u64) {
        repo(&mut self.state(), full_name)
            .pipelines
            .retain(|pipeline| pipeline["number"] != number);
    }

    pub fn pipeline(&self, full_name: &str, number: u64) -> Value {
        repo(&mut self.state(), full_name)
            .pipelines
            .iter()
            .find(|pipeline| pipeline["number"] == number)
            .unwrap_or_else(|| panic!("no pipeline {number}"))
            .clone()
    }

    /// Anybody may read the repository.
    pub fn publish(&self, full_name: &str) {
        repo(&mut self.state(), full_name).public = true;
    }

    /// Somebody disables the repository.
    pub fn disable(&self, full_name: &str) {
        repo(&mut self.state(), full_name).active = false;
    }

    /// The user resets the token.
    pub fn reset_token(&self) {
        self.state().token = "another-token".to_owned();
    }

    /// Becomes a 2.8 server.
    pub fn be_old(&self) {
        self.state().old = true;
    }

    /// Everything that it remembers, in words that are the same when it is the same.
    pub fn memory(&self) -> String {
        format!("{:?}", *self.state())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn repo<'s>(state: &'s mut State, full_name: &str) -> &'s mut Repo {
    state
        .repos
        .iter_mut()
        .find(|repo| repo.full_name.eq_ignore_ascii_case(full_name))
        .unwrap_or_else(|| panic!("no repository {full_name}"))
}

impl Service for Woodpecker {
    fn answer(&self, request: &Request) -> Response {
        let state = self.state();
        let Some(path) = request.path.strip_prefix("/api/repos/") else {
            // Any other address shows the web page.
            return Response::text(200, "text/html", "<!doctype html><title>Woodpecker</title>");
        };
        if request.method != "GET" {
            return Response::empty(405);
        }
        let bearer = format!("Bearer {}", state.token);
        let is_user = request.header("authorization") == Some(bearer.as_str());
        let visible = |repo: &Repo| is_user || repo.public;
        let missing = || Response::empty(if is_user { 404 } else { 401 });
        let segments: Vec<&str> = path.split('/').collect();
        match segments.as_slice() {
            ["lookup", owner, name] => {
                let full_name = format!("{owner}/{name}");
                let found = state
                    .repos
                    .iter()
                    .find(|repo| repo.full_name.eq_ignore_ascii_case(&full_name));
                match found.filter(|repo| visible(repo)) {
                    Some(repo) => Response::json(200, &describe(repo)),
                    None => missing(),
                }
            }
            [id, "pipelines"] => match found(&state, id).filter(|repo| visible(repo)) {
                Some(repo) => list(repo, &request.query, state.old),
                None => missing(),
            },
            [id, "pipelines", number] => {
                let Some(repo) = found(&state, id).filter(|repo| visible(repo)) else {
                    return missing();
                };
                let Ok(number) = number.parse::<u64>() else {
                    return Response::empty(400);
                };
                let pipeline = repo
                    .pipelines
                    .iter()
                    .find(|pipeline| pipeline["number"] == number);
                match pipeline {
                    Some(pipeline) => Response::json(200, pipeline),
                    None => Response::empty(404),
                }
            }
            _ => Response::empty(404),
        }
    }
}

fn found<'s>(state: &'s State, id: &str) -> Option<&'s Repo> {
    state.repos.iter().find(|repo| repo.id.to_string() == id)
}

fn describe(repo: &Repo) -> Value {
    let (owner, name) = repo.full_name.split_once('/').unwrap();
    json!({
        "id": repo.id, "forge_id": 1, "forge_remote_id": repo.forge_remote_id, "full_name": repo.full_name,
        "owner": owner, "name": name, "default_branch": "main", "private": !repo.public,
        "visibility": if repo.public { "public" } else { "private" }, "active": repo.active,
    })
}

fn list(repo: &Repo, query: &str, old: bool) -> Response {
    let (mut page, mut size, mut events) = (1_usize, 50_usize, None);
    let (mut branch, mut after, mut before) = (None, None, None);
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        match name.as_ref() {
            "page" => page = value.parse().unwrap_or(1).max(1),
            "perPage" => size = value.parse().unwrap_or(50).clamp(1, 50),
            "event" => {
                let wanted: Vec<String> = value.split(',').map(str::to_owned).collect();
                if !wanted.iter().all(|event| EVENTS.contains(&event.as_str())) {
                    return Response::empty(400);
                }
                events = (!old).then_some(wanted);
            }
            "branch" => branch = (!old).then(|| value.into_owned()),
            // Both are exclusive, and about the time of creation.
            "after" | "before" => {
                let Ok(time) = chrono::DateTime::parse_from_rfc3339(&value) else {
                    return Response::empty(400);
                };
                let bound = if name == "after" {
                    &mut after
                } else {
                    &mut before
                };
                *bound = Some(time.timestamp());
            }
            other => {
                let text = format!("the stand-in does not know the parameter {other}");
                return Response::text(400, "text/plain", &text);
            }
        }
    }
    let mut pipelines: Vec<Value> = repo
        .pipelines
        .iter()
        .filter(|pipeline| {
            events.as_ref().is_none_or(|events| {
                events
                    .iter()
                    .any(|event| pipeline["event"] == event.as_str())
            })
        })
        .filter(|pipeline| {
            let created = pipeline["created"].as_i64().unwrap();
            branch
                .as_ref()
                .is_none_or(|branch| pipeline["branch"] == branch.as_str())
                && after.is_none_or(|after| created > after)
                && before.is_none_or(|before| created < before)
        })
        .cloned()
        .collect();
    pipelines.sort_by_key(|pipeline| std::cmp::Reverse(pipeline["number"].as_u64()));
    let shown: Vec<Value> = pipelines
        .into_iter()
        .skip((page - 1) * size)
        .take(size)
        .map(|mut pipeline| {
            // Lists come without workflows.
            pipeline.as_object_mut().unwrap().remove("workflows");
            pipeline
        })
        .collect();
    Response::json(200, &json!(shown))
}
