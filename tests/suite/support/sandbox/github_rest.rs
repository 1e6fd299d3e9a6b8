//! The REST side: headers, routes, rights, and the writes that change the remembered world.
//!
//! Paths are matched whole after decoding each segment; a trailing slash is another path. What the real
//! service forgives and its documentation forbids (a missing version header) is refused here.

use serde_json::{Value, json};

use super::github::{Enterprise, Inner};
use super::github_ids::timestamp;
use super::github_json::Writer;
use super::github_limits::{self, Budget};
use super::github_state::{Access, AccountKind, Doer, Gone, Issue, Repository, Role, same_name};
use super::http_server::{Request, Response};

pub const DOCS: &str = "https://docs.github.com/rest";
const VERSIONS: [&str; 2] = ["2022-11-28", "2026-03-10"];
/// Longest text of a comment or an issue, in characters.
const LONGEST_BODY: usize = 65_536;

pub type Outcome = Result<Response, Response>;

/// Answers a request to anything but the GraphQL address.
pub fn answer(inner: &mut Inner, request: &Request) -> Response {
    let now = inner.state.now();
    if let Some(refusal) = check_headers(inner, request) {
        return refusal;
    }
    let prefix = inner.rest_prefix();
    let Some(path) = request.path.strip_prefix(prefix) else {
        return not_found();
    };
    let counted = path != "/rate_limit";
    if counted {
        if let Err(limited) = inner.limits.admit(Budget::Core, now) {
            let refusal = github_limits::refusal(limited, Budget::Core, inner.viewer);
            return inner.limits.label(refusal, Budget::Core, now);
        }
        inner.limits.spend(Budget::Core, 1);
    }
    let response = match decode(path) {
        Some(segments) => {
            let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
            route(inner, request, &segments).unwrap_or_else(|refusal| refusal)
        }
        None => refuse(400, "Bad Request", DOCS),
    };
    let response = inner.limits.label(response, Budget::Core, now);
    let response = match &inner.options.token_ends {
        Some(ends) => response.with_header("github-authentication-token-expiration", ends),
        None => response,
    };
    match &inner.options.scopes {
        Some(scopes) => response.with_header("x-oauth-scopes", scopes),
        None => response,
    }
}

/// What every request must have; `None` when all is well.
pub fn check_headers(inner: &Inner, request: &Request) -> Option<Response> {
    if request.header("user-agent").is_none_or(str::is_empty) {
        let text = "Request forbidden by administrative rules. Please make sure your request has a User-Agent header.";
        return Some(Response::text(403, "text/html", text));
    }
    let right = format!("Bearer {}", inner.options.token);
    let is_right = match &inner.options.app {
        Some(_) => inner.narrowed.is_some(),
        None => request.header("authorization") == Some(&right),
    };
    if !is_right {
        return Some(refuse(401, "Bad credentials", DOCS));
    }
    if !request
        .header("x-github-api-version")
        .is_some_and(|version| VERSIONS.contains(&version))
    {
        return Some(refuse(400, "This API version is not supported.", DOCS));
    }
    let accept = request.header("accept").unwrap_or_default();
    if !accept
        .split(',')
        .any(|kind| kind.trim().starts_with("application/vnd.github+json"))
    {
        let message = "Unsupported 'Accept' header. Must accept 'application/vnd.github+json'.";
        return Some(refuse(415, message, DOCS));
    }
    None
}

/// An error body.
pub fn refuse(status: u16, message: &str, documentation: &str) -> Response {
    let body = json!({"message": message, "documentation_url": documentation, "status": status.to_string()});
    Response::json(status, &body)
}

pub fn not_found() -> Response {
    refuse(404, "Not Found", DOCS)
}

fn invalid(resource: &str, field: &str, code: &str, documentation: &str) -> Response {
    let body = json!({
        "message": "Validation Failed",
        "errors": [{"resource": resource, "field": field, "code": code}],
        "documentation_url": documentation,
        "status": "422",
    });
    Response::json(422, &body)
}

/// Decoded segments; `None` when an escape is broken. A trailing slash leaves an empty last segment.
fn decode(path: &str) -> Option<Vec<String>> {
    path.strip_prefix('/')?
        .split('/')
        .map(decode_segment)
        .collect()
}

fn decode_segment(segment: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = segment.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        if *first == b'%' {
            let digits = std::str::from_utf8(tail.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).ok()
}

fn route(inner: &mut Inner, request: &Request, segments: &[&str]) -> Outcome {
    match (request.method.as_str(), segments) {
        ("GET", ["rate_limit"]) => return rate_limit(inner),
        ("GET", ["user"]) => {
            if inner.is_app() {
                return Err(not_accessible(
                    inner,
                    "metadata=read",
                    "users/users#get-the-authenticated-user",
                ));
            }
            return Ok(Response::json(
                200,
                &Writer::new(inner, request).own_account(),
            ));
        }
        _ => {}
    }
    // Repositories are addressed by name, or by number after a redirect.
    let (repository, rest) = match segments {
        ["repos", owner, name, rest @ ..] => {
            let full_name = format!("{owner}/{name}");
            if let Some(found) = inner.state.repository_named(&full_name) {
                (found.id, rest)
            } else if let Some(found) = inner.state.repository_formerly(&full_name) {
                if !inner.sees(found) {
                    return Err(not_found());
                }
                let address = format!("{}/repositories/{}", inner.api_base(request), found.id);
                let raw = request
                    .path
                    .strip_prefix(inner.rest_prefix())
                    .unwrap_or_default();
                // The raw text, because escapes must survive: "", "repos", owner, name, tail.
                let address = raw
                    .splitn(5, '/')
                    .nth(4)
                    .map_or(address.clone(), |tail| format!("{address}/{tail}"));
                return Err(moved(&address, request));
            } else {
                return Err(not_found());
            }
        }
        ["repositories", id, rest @ ..] => (id.parse().map_err(|_| not_found())?, rest),
        _ => return Err(not_found()),
    };
    let found = inner
        .state
        .repositories
        .get(&repository)
        .ok_or_else(not_found)?;
    if !inner.sees(found) {
        return Err(not_found());
    }
    in_repository(inner, request, repository, rest)
}

fn in_repository(inner: &mut Inner, request: &Request, id: u64, rest: &[&str]) -> Outcome {
    let target = Target { id, request };
    let right = match rest {
        ["commits", _, "pulls"] => "pull_requests",
        ["commits", _, "check-runs"] => "checks",
        ["commits", _, "status"] => "statuses",
        ["actions", "runs", ..] => "actions",
        ["deployments", ..] => "deployments",
        _ => "",
    };
    if inner.options.withheld.iter().any(|lacks| lacks == right) {
        let message = "Resource not accessible by personal access token";
        return Err(refuse(403, message, DOCS));
    }
    match (request.method.as_str(), rest) {
        // Nothing asks for more than whether they can be read.
        ("GET", ["deployments"] | ["commits", _, "pulls"]) => Ok(Response::json(200, &json!([]))),
        ("GET", []) => Ok(target.repository(inner)),
        ("GET", ["collaborators", login, "permission"]) => target.permission(inner, login),
        ("GET", ["labels", name]) => target.get_label(inner, name),
        ("POST", ["labels"]) => target.create_label(inner),
        ("GET", ["issues"]) => target.list_issues(inner),
        ("GET", ["issues", "comments", comment]) => target.get_comment(inner, number(comment)?),
        ("PATCH", ["issues", "comments", comment]) => target.edit_comment(inner, number(comment)?),
        ("DELETE", ["issues", "comments", comment]) => {
            target.delete_comment(inner, number(comment)?)
        }
        ("GET", ["issues", issue]) => target.get_issue(inner, number(issue)?),
        ("PATCH", ["issues", issue]) => target.change_issue(inner, number(issue)?),
        ("GET", ["issues", issue, "comments"]) => target.list_comments(inner, number(issue)?),
        ("POST", ["issues", issue, "comments"]) => target.create_comment(inner, number(issue)?),
        ("GET", ["issues", issue, "events"]) => target.list_events(inner, number(issue)?, false),
        ("GET", ["issues", issue, "timeline"]) => target.list_events(inner, number(issue)?, true),
        ("GET", ["issues", issue, "labels"]) => target.list_labels(inner, number(issue)?),
        ("POST", ["issues", issue, "labels"]) => target.add_labels(inner, number(issue)?),
        ("DELETE", ["issues", issue, "labels", name]) => {
            target.remove_label(inner, number(issue)?, name)
        }
        ("GET", ["issues", issue, "dependencies", direction]) => {
            target.list_dependencies(inner, number(issue)?, direction)
        }
        ("GET", ["issues", issue, "sub_issues"]) => target.list_sub_issues(inner, number(issue)?),
        ("GET", ["issues", issue, "parent"]) => target.get_parent(inner, number(issue)?),
        ("GET", ["branches" | "rules", ..] | ["actions", "permissions"]) => {
            target.read_guards(inner, rest)
        }
        ("GET", ["commits" | "compare" | "actions", ..]) => target.read_commits(inner, rest),
        _ => Err(not_found()),
    }
}

fn number(segment: &str) -> Result<u64, Response> {
    segment.parse().map_err(|_| not_found())
}

pub fn moved(address: &str, request: &Request) -> Response {
    let address = match request.query.as_str() {
        "" => address.to_owned(),
        query => format!("{address}?{query}"),
    };
    // Only reads may be repeated elsewhere without thought; a write keeps its method that way.
    let (status, message) = match request.method.as_str() {
        "GET" => (301, "Moved Permanently"),
        _ => (307, "Temporary Redirect"),
    };
    let body = json!({"message": message, "url": address, "documentation_url": DOCS});
    Response::json(status, &body).with_header("location", &address)
}

pub fn not_accessible(inner: &Inner, accepted: &str, documentation: &str) -> Response {
    let by = if inner.is_app() {
        "integration"
    } else {
        "personal access token"
    };
    let message = format!("Resource not accessible by {by}");
    refuse(403, &message, &format!("{DOCS}/{documentation}"))
        .with_header("x-accepted-github-permissions", accepted)
}

fn rate_limit(inner: &mut Inner) -> Outcome {
    if inner.options.enterprise != Enterprise::No {
        return Err(refuse(404, "Rate limiting is not enabled.", DOCS));
    }
    let now = inner.state.now();
    let [core, graphql] = [Budget::Core, Budget::GraphQl].map(|budget| {
        let window = inner.limits.window(budget, now);
        json!({
            "limit": window.limit, "used": window.used, "remaining": window.remaining(),
            "reset": window.reset.timestamp(), "resource": budget.name(),
        })
    });
    let search = json!({"limit": 30, "used": 0, "remaining": 30, "reset": now.timestamp() + 60, "resource": "search"});
    let body =
        json!({"resources": {"core": core, "graphql": graphql, "search": search}, "rate": core});
    Ok(Response::json(200, &body))
}

/// One repository and the request for it.
pub struct Target<'r> {
    pub id: u64,
    pub request: &'r Request,
}

impl Target<'_> {
    pub fn home<'w>(&self, inner: &'w Inner) -> &'w Repository {
        &inner.state.repositories[&self.id]
    }

    /// The issue, or why there is none.
    fn issue<'w>(&self, inner: &'w Inner, from: u64) -> Result<&'w Issue, Response> {
        let home = self.home(inner);
        if let Some(gone) = home.gone.get(&from) {
            return Err(match gone {
                Gone::Deleted => refuse(
                    410,
                    "This issue was deleted",
                    "https://docs.github.com/v3/issues/",
                ),
                Gone::MovedTo { repository, number } => {
                    let there = &inner.state.repositories[repository];
                    // Only the issue itself redirects; what hangs on it is not found here any more.
                    let own = self.request.path.ends_with(&format!("/issues/{from}"));
                    if !own || !inner.sees(there) {
                        return Err(not_found());
                    }
                    let base = inner.api_base(self.request);
                    let address = format!("{base}/repositories/{repository}/issues/{number}");
                    moved(&address, self.request)
                }
            });
        }
        let issue = home.issues.get(&from).ok_or_else(not_found)?;
        if !home.has_issues && !issue.is_pull_request() {
            return Err(issues_disabled());
        }
        Ok(issue)
    }

    /// Whether the token may write to issues here, with triage or better unless `anybody` may.
    fn may_write(
        &self,
        inner: &Inner,
        documentation: &str,
        needed: Access,
    ) -> Result<(), Response> {
        let home = self.home(inner);
        if !inner.options.rights.issues_write {
            return Err(not_accessible(
                inner,
                "issues=write; pull_requests=write",
                documentation,
            ));
        }
        if home.archived {
            let message = "Repository was archived so is read-only.";
            return Err(refuse(403, message, &format!("{DOCS}/{documentation}")));
        }
        let access = inner.state.role(home, inner.viewer).access();
        if !inner.is_app() && access < needed {
            let message = "Must have admin rights to Repository.";
            return Err(refuse(403, message, &format!("{DOCS}/{documentation}")));
        }
        Ok(())
    }

    fn doer(inner: &Inner) -> Doer {
        Doer::account(inner.viewer)
    }

    fn object(&self) -> Result<serde_json::Map<String, Value>, Response> {
        match serde_json::from_slice(&self.request.body) {
            Ok(Value::Object(body)) => Ok(body),
            Ok(_) => Err(refuse(
                422,
                "Invalid request.\n\nFor 'links/0/schema', the body is not an object.",
                DOCS,
            )),
            Err(_) => Err(refuse(400, "Problems parsing JSON", DOCS)),
        }
    }

    pub fn writer<'w>(&self, inner: &'w Inner) -> Writer<'w> {
        Writer::new(inner, self.request)
    }

    pub fn parameter(&self, name: &str) -> Option<String> {
        let pairs = url::form_urlencoded::parse(self.request.query.as_bytes());
        pairs
            .into_iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }

    fn choice(&self, name: &str, allowed: &[&'static str]) -> Result<&'static str, Response> {
        let Some(given) = self.parameter(name) else {
            return Ok(allowed[0]);
        };
        let known = allowed.iter().find(|choice| **choice == given);
        known
            .copied()
            .ok_or_else(|| invalid("Issue", name, "invalid", DOCS))
    }

    /// One page of `entries`, with links to the others.
    pub fn page(&self, inner: &Inner, entries: Vec<Value>) -> Response {
        self.page_as(inner, entries, Value::from)
    }

    /// One page of `entries` in a body that `wrap` makes, with links to the others.
    pub fn page_as(
        &self,
        inner: &Inner,
        entries: Vec<Value>,
        wrap: impl FnOnce(Vec<Value>) -> Value,
    ) -> Response {
        let count = |name: &str| {
            self.parameter(name)
                .and_then(|text| text.parse::<usize>().ok())
        };
        let asked = count("per_page").filter(|size| *size > 0).unwrap_or(30);
        let size = asked.min(100).min(inner.options.page_limit.max(1));
        let page = count("page").filter(|page| *page > 0).unwrap_or(1);
        let last = entries.len().div_ceil(size).max(1);
        let link = |page: usize, relation: &str| {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            for (key, value) in url::form_urlencoded::parse(self.request.query.as_bytes()) {
                if key != "page" {
                    query.append_pair(&key, &value);
                }
            }
            query.append_pair("page", &page.to_string());
            let path = self
                .request
                .path
                .strip_prefix(inner.rest_prefix())
                .unwrap_or(&self.request.path);
            format!(
                "<{}{path}?{}>; rel=\"{relation}\"",
                inner.api_base(self.request),
                query.finish()
            )
        };
        let mut links = Vec::new();
        if page > 1 {
            links.push(link(page - 1, "prev"));
        }
        if page < last {
            links.push(link(page + 1, "next"));
            links.push(link(last, "last"));
        }
        if page > 1 {
            links.push(link(1, "first"));
        }
        let shown: Vec<Value> = entries
            .into_iter()
            .skip((page - 1) * size)
            .take(size)
            .collect();
        let response = Response::json(200, &wrap(shown));
        if links.is_empty() {
            response
        } else {
            response.with_header("link", &links.join(", "))
        }
    }

    fn repository(&self, inner: &Inner) -> Response {
        Response::json(200, &self.writer(inner).repository(self.home(inner)))
    }

    fn permission(&self, inner: &Inner, login: &str) -> Outcome {
        let documentation =
            format!("{DOCS}/collaborators/collaborators#get-repository-permissions-for-a-user");
        let home = self.home(inner);
        if !inner.is_app() && !inner.may_push(home) {
            let message = "Must have push access to view collaborator permission.";
            return Err(refuse(403, message, &documentation));
        }
        let account = inner.state.account_named(login, AccountKind::User);
        let Some(account) = account else {
            return Err(refuse(
                404,
                &format!("{login} is not a user"),
                &documentation,
            ));
        };
        let role: Role = inner.state.role(home, account.id);
        Ok(Response::json(
            200,
            &self.writer(inner).permission(account, &role),
        ))
    }

    // Labels.

    fn get_label(&self, inner: &Inner, name: &str) -> Outcome {
        let home = self.home(inner);
        let label = home.label_named(name).ok_or_else(not_found)?;
        Ok(Response::json(200, &self.writer(inner).label(home, label)))
    }

    fn create_label(&self, inner: &mut Inner) -> Outcome {
        let documentation = format!("{DOCS}/issues/labels#create-a-label");
        self.may_write(inner, "issues/labels#create-a-label", Access::Write)?;
        let body = self.object()?;
        let missing = |field, code| invalid("Label", field, code, &documentation);
        let Some(name) = body.get("name") else {
            return Err(missing("name", "missing_field"));
        };
        let name = name
            .as_str()
            .filter(|name| !name.trim().is_empty() && name.chars().count() <= 50);
        let name = name.ok_or_else(|| missing("name", "invalid"))?;
        let color = body.get("color").map_or(Some("ededed"), Value::as_str);
        let color = color
            .filter(|color| color.len() == 6 && color.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let color = color.ok_or_else(|| missing("color", "invalid"))?;
        let description = match body.get("description") {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) if text.chars().count() <= 100 => Some(text.as_str()),
            Some(_) => return Err(missing("description", "invalid")),
        };
        if self.home(inner).label_named(name).is_some() {
            return Err(missing("name", "already_exists"));
        }
        let id = inner.state.create_label(self.id, name, color, description);
        let home = self.home(inner);
        let label = self.writer(inner).label(home, home.label(id));
        let location = label["url"].as_str().unwrap_or_default().to_owned();
        Ok(Response::json(201, &label).with_header("location", &location))
    }

    fn list_labels(&self, inner: &Inner, number: u64) -> Outcome {
        let issue = self.issue(inner, number)?;
        Ok(self.page(inner, self.writer(inner).labels(self.home(inner), issue)))
    }

    fn add_labels(&self, inner: &mut Inner, number: u64) -> Outcome {
        let place = "issues/labels#add-labels-to-an-issue";
        self.issue(inner, number)?;
        self.may_write(inner, place, Access::Triage)?;
        let body: Value = serde_json::from_slice(&self.request.body)
            .map_err(|_| refuse(400, "Problems parsing JSON", DOCS))?;
        let wrong = || invalid("Label", "labels", "invalid", &format!("{DOCS}/{place}"));
        let listed = if body.is_array() {
            &body
        } else {
            &body["labels"]
        };
        let listed = listed
            .as_array()
            .filter(|listed| !listed.is_empty())
            .ok_or_else(wrong)?;
        let mut names = Vec::new();
        for entry in listed {
            // A suggestion would not put the label on; nobody here may ask for one.
            let plain = entry.get("suggest").is_none();
            let name = entry
                .as_str()
                .or_else(|| entry.get("name")?.as_str())
                .filter(|_| plain);
            names.push(
                name.filter(|name| !name.trim().is_empty())
                    .ok_or_else(wrong)?
                    .to_owned(),
            );
        }
        for name in names {
            let known = self.home(inner).label_named(&name).map(|label| label.id);
            let label = match known {
                Some(label) => label,
                None if inner.may_push(self.home(inner)) => {
                    inner.state.create_label(self.id, &name, "ededed", None)
                }
                None => {
                    let message = "You do not have permission to create labels on this repository.";
                    return Err(refuse(403, message, &format!("{DOCS}/{place}")));
                }
            };
            inner
                .state
                .add_label(self.id, number, Self::doer(inner), label);
        }
        let issue = self.issue(inner, number)?;
        let labels = self.writer(inner).labels(self.home(inner), issue);
        Ok(Response::json(200, &Value::from(labels)))
    }

    fn remove_label(&self, inner: &mut Inner, number: u64, name: &str) -> Outcome {
        let place = "issues/labels#remove-a-label-from-an-issue";
        self.issue(inner, number)?;
        self.may_write(inner, place, Access::Triage)?;
        let absent = || refuse(404, "Label does not exist", &format!("{DOCS}/{place}"));
        let label = self
            .home(inner)
            .label_named(name)
            .map(|label| label.id)
            .ok_or_else(absent)?;
        if !self.issue(inner, number)?.labels.contains(&label) {
            return Err(absent());
        }
        inner
            .state
            .remove_label(self.id, number, Self::doer(inner), label);
        let issue = self.issue(inner, number)?;
        let labels = self.writer(inner).labels(self.home(inner), issue);
        Ok(Response::json(200, &Value::from(labels)))
    }

    // Issues.

    fn list_issues(&self, inner: &Inner) -> Outcome {
        let home = self.home(inner);
        if !home.has_issues {
            return Err(issues_disabled());
        }
        let state = self.choice("state", &["open", "closed", "all"])?;
        let sort = self.choice("sort", &["created", "updated", "comments"])?;
        let direction = self.choice("direction", &["desc", "asc"])?;
        let since = self.parameter("since");
        let labels = self.parameter("labels").unwrap_or_default();
        let labels: Vec<&str> = labels
            .split(',')
            .map(str::trim)
            .filter(|label| !label.is_empty())
            .collect();
        let shows = |issue: &Issue, name: &str| {
            let mut shown = issue.labels.iter().map(|label| home.label(*label));
            shown.any(|label| same_name(&label.name, name))
        };
        let mut issues: Vec<&Issue> = home
            .issues
            .values()
            .filter(|issue| state == "all" || issue.is_open() == (state == "open"))
            .filter(|issue| labels.iter().all(|label| shows(issue, label)))
            .filter(|issue| {
                since
                    .as_ref()
                    .is_none_or(|since| timestamp(issue.updated_at) >= *since)
            })
            .collect();
        issues.sort_by_key(|issue| match sort {
            "updated" => (issue.updated_at.timestamp(), issue.number),
            "comments" => (
                i64::try_from(issue.comments.len()).unwrap_or(i64::MAX),
                issue.number,
            ),
            _ => (issue.created_at.timestamp(), issue.number),
        });
        if direction == "desc" {
            issues.reverse();
        }
        let writer = self.writer(inner);
        Ok(self.page(
            inner,
            issues
                .into_iter()
                .map(|issue| writer.issue(issue))
                .collect(),
        ))
    }

    fn get_issue(&self, inner: &Inner, number: u64) -> Outcome {
        let issue = self.issue(inner, number)?;
        Ok(Response::json(200, &self.writer(inner).issue(issue)))
    }

    fn change_issue(&self, inner: &mut Inner, number: u64) -> Outcome {
        let place = "issues/issues#update-an-issue";
        let author = self.issue(inner, number)?.author;
        let own = author == inner.viewer;
        self.may_write(
            inner,
            place,
            if own { Access::Read } else { Access::Triage },
        )?;
        let body = self.object()?;
        let wrong = |field: &str| invalid("Issue", field, "invalid", &format!("{DOCS}/{place}"));
        for (field, value) in &body {
            let fits = match (field.as_str(), value) {
                ("title", Value::String(title)) => {
                    !title.trim().is_empty() && title.chars().count() <= 256
                }
                ("body", Value::String(text)) => text.chars().count() <= LONGEST_BODY,
                ("body" | "state_reason", Value::Null) => true,
                ("state", Value::String(state)) => matches!(state.as_str(), "open" | "closed"),
                ("state_reason", Value::String(reason)) => {
                    matches!(
                        reason.as_str(),
                        "completed" | "not_planned" | "duplicate" | "reopened"
                    )
                }
                // Everything else exists, but nobody here has business with it.
                _ => false,
            };
            if !fits {
                return Err(wrong(field));
            }
        }
        let doer = Self::doer(inner);
        if let Some(title) = body.get("title").and_then(Value::as_str) {
            inner.state.rename_title(self.id, number, doer, title);
        }
        if let Some(text) = body.get("body") {
            inner.state.edit_body(
                self.id,
                number,
                doer.account,
                text.as_str().unwrap_or_default(),
            );
        }
        let reason = body.get("state_reason").and_then(Value::as_str);
        match body.get("state").and_then(Value::as_str) {
            Some("closed") => {
                let reason = match reason {
                    None | Some("completed") => "completed",
                    Some("not_planned") => "not_planned",
                    Some("duplicate") => "duplicate",
                    Some(_) => return Err(wrong("state_reason")),
                };
                inner.state.close(self.id, number, doer, reason);
            }
            Some("open") => inner.state.reopen(self.id, number, doer),
            Some(_) | None => {}
        }
        self.get_issue(inner, number)
    }

    fn list_events(&self, inner: &Inner, number: u64, with_comments: bool) -> Outcome {
        let issue = self.issue(inner, number)?;
        let writer = self.writer(inner);
        let events = issue.events.iter().map(|event| {
            let place = (event.at.timestamp(), event.id);
            (place, writer.event(issue, event))
        });
        let mut entries: Vec<((i64, u64), Value)> = events.collect();
        if with_comments {
            entries.extend(issue.comments.iter().map(|comment| {
                let place = (comment.created_at.timestamp(), comment.id);
                (place, writer.comment_entry(issue, comment))
            }));
            entries.sort_by_key(|(place, _)| *place);
        }
        Ok(self.page(inner, entries.into_iter().map(|(_, entry)| entry).collect()))
    }

    // Comments.

    fn list_comments(&self, inner: &Inner, number: u64) -> Outcome {
        let issue = self.issue(inner, number)?;
        let since = self.parameter("since");
        let writer = self.writer(inner);
        let comments = issue.comments.iter().filter(|comment| {
            since
                .as_ref()
                .is_none_or(|since| timestamp(comment.updated_at) >= *since)
        });
        Ok(self.page(
            inner,
            comments
                .map(|comment| writer.comment(issue, comment))
                .collect(),
        ))
    }

    fn text(&self, documentation: &str) -> Result<String, Response> {
        let body = self.object()?;
        let wrong = |code| invalid("IssueComment", "body", code, documentation);
        let text = body.get("body").ok_or_else(|| wrong("missing_field"))?;
        let text = text.as_str().ok_or_else(|| wrong("invalid"))?;
        if text.trim().is_empty() {
            return Err(wrong("missing_field"));
        }
        if text.chars().count() > LONGEST_BODY {
            let body = json!({
                "message": "Validation Failed",
                "errors": [{
                    "resource": "IssueComment", "field": "body", "code": "unprocessable",
                    "message": "body is too long (maximum is 65536 characters)",
                }],
                "documentation_url": documentation,
                "status": "422",
            });
            return Err(Response::json(422, &body));
        }
        Ok(text.to_owned())
    }

    fn create_comment(&self, inner: &mut Inner, number: u64) -> Outcome {
        let place = "issues/comments#create-an-issue-comment";
        let locked = self.issue(inner, number)?.locked;
        self.may_write(inner, place, Access::Read)?;
        if locked && !inner.may_push(self.home(inner)) {
            let message = "Unable to create comment because issue is locked.";
            return Err(refuse(403, message, &format!("{DOCS}/{place}")));
        }
        let text = self.text(&format!("{DOCS}/{place}"))?;
        let id = inner.state.comment(self.id, number, inner.viewer, &text);
        let answer = self.get_comment(inner, id)?;
        let location = format!(
            "{}/issues/comments/{id}",
            self.writer(inner).repository_url(self.home(inner))
        );
        Ok(Response {
            status: 201,
            ..answer
        }
        .with_header("location", &location))
    }

    fn get_comment(&self, inner: &Inner, id: u64) -> Outcome {
        let (number, index) = inner
            .state
            .find_comment(self.id, id)
            .ok_or_else(not_found)?;
        let issue = self.issue(inner, number)?;
        Ok(Response::json(
            200,
            &self.writer(inner).comment(issue, &issue.comments[index]),
        ))
    }

    /// The author or somebody with write access may change a comment.
    fn own_comment(&self, inner: &Inner, id: u64, place: &str) -> Result<(), Response> {
        let (number, index) = inner
            .state
            .find_comment(self.id, id)
            .ok_or_else(not_found)?;
        let own = self.issue(inner, number)?.comments[index].author == inner.viewer;
        self.may_write(inner, place, Access::Read)?;
        if own || inner.may_push(self.home(inner)) {
            return Ok(());
        }
        Err(refuse(
            403,
            "Must have admin rights to Repository.",
            &format!("{DOCS}/{place}"),
        ))
    }

    fn edit_comment(&self, inner: &mut Inner, id: u64) -> Outcome {
        let place = "issues/comments#update-an-issue-comment";
        self.own_comment(inner, id, place)?;
        let text = self.text(&format!("{DOCS}/{place}"))?;
        inner.state.edit_comment(self.id, id, inner.viewer, &text);
        self.get_comment(inner, id)
    }

    fn delete_comment(&self, inner: &mut Inner, id: u64) -> Outcome {
        self.own_comment(inner, id, "issues/comments#delete-an-issue-comment")?;
        inner.state.delete_comment(self.id, id);
        Ok(Response::empty(204))
    }

    // Relations.

    fn list_dependencies(&self, inner: &Inner, number: u64, direction: &str) -> Outcome {
        if inner.options.enterprise == Enterprise::WithoutDependencies {
            return Err(not_found());
        }
        let issue = self.issue(inner, number)?;
        let sees = |repository: &Repository| inner.sees(repository);
        let listed = match direction {
            "blocked_by" => inner.state.blockers(issue, sees).0,
            "blocking" => {
                let mut blocking = inner.state.blocking(issue);
                blocking.retain(|other| sees(&inner.state.repositories[&other.repository]));
                blocking
            }
            _ => return Err(not_found()),
        };
        let writer = self.writer(inner);
        Ok(self.page(
            inner,
            listed
                .into_iter()
                .map(|issue| writer.issue(issue))
                .collect(),
        ))
    }

    fn list_sub_issues(&self, inner: &Inner, number: u64) -> Outcome {
        if inner.options.enterprise != Enterprise::No {
            return Err(not_found());
        }
        let issue = self.issue(inner, number)?;
        let writer = self.writer(inner);
        let listed = inner.state.sub_issues(issue).into_iter();
        Ok(self.page(inner, listed.map(|issue| writer.issue(issue)).collect()))
    }

    fn get_parent(&self, inner: &Inner, number: u64) -> Outcome {
        if inner.options.enterprise != Enterprise::No {
            return Err(not_found());
        }
        let issue = self.issue(inner, number)?;
        let parent = inner.state.parent(issue).ok_or_else(not_found)?;
        Ok(Response::json(200, &self.writer(inner).issue(parent)))
    }
}

fn issues_disabled() -> Response {
    refuse(
        410,
        "Issues are disabled for this repo",
        "https://docs.github.com/v3/issues/",
    )
}
