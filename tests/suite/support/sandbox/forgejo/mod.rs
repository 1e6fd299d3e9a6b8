//! A stand-in for Forgejo 11, Forgejo 13 and Gitea 1.26: one remembered world, as strict and as strange as the servers.
//!
//! Requests reach it through [`Service`]; stories shape its world through the methods of `story.rs`. Every answer follows from
//! the world, the account and the scopes of the token. It answers as recorded (`contracts/forgejo/recordings`), in particular
//! where a server says that it did what it did not do.

mod json;
mod reads;
pub mod state;
mod story;
mod workflows;
mod writes;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use self::state::{Level, Repository, State, Team};
use super::clock::SandboxClock;
use super::http_server::{Request, Response, Service};

/// Which server it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerKind {
    Forgejo11,
    Forgejo13,
    Gitea126,
}

impl ServerKind {
    pub const ALL: [Self; 3] = [Self::Forgejo11, Self::Forgejo13, Self::Gitea126];

    fn version(self) -> &'static str {
        match self {
            Self::Forgejo11 => "11.0.15+gitea-1.22.0",
            Self::Forgejo13 => "13.0.5+gitea-1.22.0",
            Self::Gitea126 => "1.26.3",
        }
    }

    /// Name of the folder of its recordings.
    pub fn recordings(self) -> &'static str {
        match self {
            Self::Forgejo11 => "forgejo-11.0.15",
            Self::Forgejo13 => "forgejo-13.0.5",
            Self::Gitea126 => "gitea-1.26.3",
        }
    }

    pub fn is_gitea(self) -> bool {
        self == Self::Gitea126
    }

    fn actions_user(self) -> &'static str {
        if self.is_gitea() {
            "gitea-actions"
        } else {
            "forgejo-actions"
        }
    }

    /// What an answer about teams calls the team's permission.
    fn team_word(self, team: &Team) -> &'static str {
        if let Some(level) = team.level {
            return level.word();
        }
        if self.is_gitea() {
            return "none";
        }
        let lowest = team
            .units
            .values()
            .copied()
            .filter(|level| *level > Level::None)
            .min();
        lowest.unwrap_or(Level::None).word()
    }
}

/// What the token may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    ReadIssue,
    WriteIssue,
    ReadRepository,
    ReadUser,
}

#[derive(Clone, Debug)]
pub struct ForgejoOptions {
    pub kind: ServerKind,
    pub token: String,
    /// Login of the account that the token belongs to.
    pub account: String,
    pub scopes: Vec<Scope>,
    /// Address for people, in answers.
    pub web: String,
    /// Path before `/api/v1`.
    pub subpath: &'static str,
    pub max_response_items: usize,
    /// Timelines come in pages where nobody asks for one, whatever the version is called.
    pub always_pages: bool,
    /// The database does not tell cases apart where labels are looked for by name.
    pub folds_case: bool,
}

impl ForgejoOptions {
    /// A server below a path, which its addresses for people have, too.
    pub fn below(kind: ServerKind, subpath: &'static str) -> Self {
        let root = Self::of(kind);
        Self {
            subpath,
            web: format!("{}{subpath}", root.web),
            ..root
        }
    }

    pub fn of(kind: ServerKind) -> Self {
        Self {
            kind,
            token: "forgejo-sandbox-token".to_owned(),
            account: "afk-bot".to_owned(),
            scopes: vec![Scope::WriteIssue, Scope::ReadRepository, Scope::ReadUser],
            web: "https://forge.example".to_owned(),
            subpath: "",
            max_response_items: 50,
            always_pages: false,
            folds_case: false,
        }
    }
}

/// One request that changed the world, or tried to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    pub line: String,
    pub status: u16,
}

pub struct Inner {
    pub options: ForgejoOptions,
    pub state: State,
    /// The account of the token.
    pub viewer: i64,
    pub writes: Vec<Write>,
}

/// The stand-in; share it, it locks itself.
pub struct Forgejo {
    inner: Mutex<Inner>,
}

impl Forgejo {
    pub fn new(options: ForgejoOptions, clock: SandboxClock) -> Arc<Self> {
        let mut state = State::new(clock);
        let viewer = story::add_account(&mut state, &options.account, false);
        Arc::new(Self {
            inner: Mutex::new(Inner {
                options,
                state,
                viewer,
                writes: Vec::new(),
            }),
        })
    }

    pub fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Requests that changed the world, or tried to.
    pub fn writes(&self) -> Vec<Write> {
        self.lock().writes.clone()
    }
}

/// An answer that is not a success.
pub type Refused = Response;

impl Service for Forgejo {
    fn answer(&self, request: &Request) -> Response {
        let mut inner = self.lock();
        let response = inner.route(request).unwrap_or_else(|refused| refused);
        if request.method != "GET" {
            inner.writes.push(Write {
                line: format!("{} {}", request.method, request.path),
                status: response.status,
            });
        }
        response
    }
}

impl Inner {
    fn route(&mut self, request: &Request) -> Result<Response, Refused> {
        let prefix = format!("{}/api/v1/", self.options.subpath);
        let Some(path) = request.path.strip_prefix(&prefix) else {
            return Err(unknown_route());
        };
        let decoded: Vec<String> = path.split('/').map(decode).collect();
        let segments: Vec<&str> = decoded.iter().map(String::as_str).collect();
        let method = request.method.as_str();
        // Neither needs a token, but one that is sent must be right.
        let authorised = self.is_authorised(request);
        match (method, segments.as_slice()) {
            ("GET", ["version"]) => {
                authorised?;
                return Ok(Response::json(
                    200,
                    &json!({"version": self.options.kind.version()}),
                ));
            }
            ("GET", ["settings", "api"]) => {
                authorised?;
                return Ok(Response::json(
                    200,
                    &json!({"max_response_items": self.options.max_response_items, "default_paging_num": 30,
                        "default_git_trees_per_page": 1000, "default_max_blob_size": 10_485_760}),
                ));
            }
            _ => authorised?,
        }
        self.check_scope(method, &segments)?;
        let query = Query::of(request, self.options.max_response_items);
        match (method, segments.as_slice()) {
            ("GET", ["user"]) => Ok(Response::json(200, &self.user(self.viewer))),
            ("GET", ["user", "repos"]) => Ok(self.own_repositories(&query)),
            ("GET", ["repos", "issues", "search"]) => self.search(&query),
            ("GET", ["repositories", id]) => {
                let id: u64 = id.parse().map_err(|_| self.not_found())?;
                let found = self.state.repositories.get(&id);
                let found = found.filter(|repository| self.sees(repository));
                let found = found.ok_or_else(|| self.not_found())?;
                Ok(Response::json(200, &self.repository(found)))
            }
            (_, ["repos", owner, name, rest @ ..]) => {
                let full_name = format!("{owner}/{name}");
                let id = self.find(request, &full_name)?;
                if method == "GET" {
                    self.read(id, rest, &query)
                } else {
                    self.write(method, id, rest, request)
                }
            }
            _ => Err(unknown_route()),
        }
    }

    fn is_authorised(&self, request: &Request) -> Result<(), Refused> {
        let given = request.header("authorization").unwrap_or_default();
        let token = given
            .strip_prefix("Bearer ")
            .or_else(|| given.strip_prefix("token "));
        match token {
            Some(token) if token == self.options.token => Ok(()),
            Some(_) => Err(self.message(401, "user does not exist [uid: 0, name: ]")),
            None => Err(self.message(401, "token is required")),
        }
    }

    /// The scope is checked before anything is looked up.
    fn check_scope(&self, method: &str, segments: &[&str]) -> Result<(), Refused> {
        let wanted = match segments {
            ["user", ..] => Scope::ReadUser,
            ["repos", "issues", "search"] | ["repos", _, _, "issues" | "labels", ..] => {
                if method == "GET" {
                    Scope::ReadIssue
                } else {
                    Scope::WriteIssue
                }
            }
            _ => Scope::ReadRepository,
        };
        let has = |scope| self.options.scopes.contains(&scope);
        let granted = has(wanted) || wanted == Scope::ReadIssue && has(Scope::WriteIssue);
        if granted {
            return Ok(());
        }
        let name = match wanted {
            Scope::ReadIssue => "read:issue",
            Scope::WriteIssue => "write:issue",
            Scope::ReadRepository => "read:repository",
            Scope::ReadUser => "read:user",
        };
        let text = format!("token does not have at least one of required scope(s): [{name}]");
        Err(self.message(403, &text))
    }

    /// The repository of this name. One that had the name before redirects, whatever the method.
    fn find(&self, request: &Request, full_name: &str) -> Result<u64, Refused> {
        if let Some(found) = self.state.repository(full_name) {
            return if self.sees(found) {
                Ok(found.id)
            } else {
                Err(self.not_found())
            };
        }
        let Some(id) = self.state.former_names.get(&full_name.to_lowercase()) else {
            return Err(self.not_found());
        };
        let new = self.state.full_name(&self.state.repositories[id]);
        let path = request.path.replacen(full_name, &new, 1);
        let query = if request.query.is_empty() {
            String::new()
        } else {
            format!("?{}", request.query)
        };
        let status = match self.options.kind {
            ServerKind::Forgejo11 => 307,
            ServerKind::Forgejo13 | ServerKind::Gitea126 => 301,
        };
        let response = if request.method == "GET" {
            Response::text(status, "text/html; charset=utf-8", "<a>Moved</a>.\n\n")
        } else {
            Response::empty(status)
        };
        Err(response.with_header("Location", &format!("{path}{query}")))
    }

    fn sees(&self, repository: &Repository) -> bool {
        ["repo.issues", "repo.code"]
            .iter()
            .any(|unit| self.state.unit_level(repository, self.viewer, unit) > Level::None)
    }

    fn message(&self, status: u16, text: &str) -> Response {
        let body = json!({"message": text, "url": format!("{}/api/swagger", self.options.web)});
        Response::json(status, &body)
    }

    fn not_found(&self) -> Response {
        let text = if self.options.kind.is_gitea() {
            "not found"
        } else {
            "The target couldn't be found."
        };
        self.message(404, text)
    }
}

fn unknown_route() -> Response {
    Response::text(404, "text/plain; charset=utf-8", "404 page not found\n")
}

fn decode(segment: &str) -> String {
    // A plus sign is one in a path.
    let escaped = segment.replace('+', "%2B");
    url::form_urlencoded::parse(format!("x={escaped}").as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

/// A query string, as the servers read it.
pub struct Query {
    pairs: Vec<(String, String)>,
    max: usize,
}

impl Query {
    fn of(request: &Request, max: usize) -> Self {
        Self {
            pairs: url::form_urlencoded::parse(request.query.as_bytes())
                .into_owned()
                .collect(),
            max,
        }
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.pairs
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    fn number(&self, name: &str) -> Option<usize> {
        self.text(name)?.parse().ok()
    }

    /// Cuts a page out of a list.
    pub fn page<T: Clone>(&self, items: &[T]) -> Vec<T> {
        let limit = self
            .number("limit")
            .filter(|limit| *limit > 0)
            .unwrap_or(30);
        let limit = limit.min(self.max);
        let page = self.number("page").unwrap_or(1).max(1);
        items
            .iter()
            .skip((page - 1) * limit)
            .take(limit)
            .cloned()
            .collect()
    }

    pub fn is_paged(&self) -> bool {
        self.number("page").is_some_and(|page| page > 0)
    }
}

/// A list; without entries it is null where the servers say so.
pub fn list(status: u16, items: &[Value], null: bool) -> Response {
    if items.is_empty() && null {
        Response::json(status, &Value::Null)
    } else {
        Response::json(status, &json!(items))
    }
}
