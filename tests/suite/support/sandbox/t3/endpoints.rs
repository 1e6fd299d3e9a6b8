//! The endpoints of the T3 stand-in: routes, checks in the servers' order, and error bodies.

use chrono::SecondsFormat;
use serde_json::{Value, json};

use super::super::http_server::{Request, Response, Service};
use super::commands::Command;
use super::rendering::Page;
use super::rules::Refusal;
use super::{T3, T3Version};

impl T3 {
    /// Returns the error answer when the request's bearer is missing, bad or lacks `scope`.
    fn authenticate(&self, request: &Request) -> Result<Vec<String>, Response> {
        let Some(token) = bearer_token(request) else {
            return Err(self.unauthorized("missing_credential"));
        };
        let bearer = self.bearer(token).map(|bearer| bearer.scopes);
        bearer.ok_or_else(|| self.unauthorized("invalid_credential"))
    }

    fn require_scope(&self, scopes: &[String], required: &str) -> Result<(), Response> {
        if scopes.iter().any(|scope| scope == required) {
            return Ok(());
        }
        Err(self.error(
            403,
            json!({
                "_tag": "EnvironmentScopeRequiredError",
                "code": "insufficient_scope",
                "requiredScope": required,
            }),
        ))
    }

    fn unauthorized(&self, reason: &str) -> Response {
        self.error(
            401,
            json!({"_tag": "EnvironmentAuthInvalidError", "code": "auth_invalid", "reason": reason}),
        )
    }

    fn error(&self, status: u16, mut body: Value) -> Response {
        let trace = self.state().mint.id().replace('-', "");
        body["traceId"] = json!(trace);
        Response::json(status, &body)
    }

    fn environment(&self) -> Response {
        let (version, capabilities) = match self.options.version {
            // A server built from the tag reports the package version before it.
            T3Version::V0_0_27 => ("0.0.26", json!({"repositoryIdentity": true})),
            T3Version::July => (
                "0.0.28",
                json!({"repositoryIdentity": true, "connectionProbe": true}),
            ),
            T3Version::Fork0_0_33 => (
                "0.0.33",
                json!({
                    "repositoryIdentity": true,
                    "connectionProbe": true,
                    "pullRequests": true,
                    "threadSettlement": true,
                    "threadSnooze": true,
                    "threadPinning": true,
                    "threadPinReorder": true,
                    "threadTitleRegeneration": true,
                    "agentActivityPublishing": false,
                }),
            ),
        };
        Response::json(
            200,
            &json!({
                "environmentId": "1769fc1a-1385-414e-83a3-302c6aac2beb",
                "label": "host",
                "platform": {"os": "linux", "arch": "x64"},
                "serverVersion": version,
                "capabilities": capabilities,
            }),
        )
    }

    fn auth_session(&self, request: &Request) -> Response {
        let mut body = json!({
            "authenticated": false,
            "auth": {
                "policy": "loopback-browser",
                "bootstrapMethods": ["one-time-token"],
                "sessionMethods": [
                    "browser-session-cookie",
                    "bearer-access-token",
                    "dpop-access-token",
                ],
                "sessionCookieName": "t3_session",
            },
        });
        if let Some(bearer) = bearer_token(request).and_then(|token| self.bearer(token)) {
            let expires_at = bearer.expires_at;
            let expires_at = expires_at.to_rfc3339_opts(SecondsFormat::Millis, true);
            body["authenticated"] = json!(true);
            body["scopes"] = json!(bearer.scopes);
            body["sessionMethod"] = json!("bearer-access-token");
            body["expiresAt"] = json!(expires_at);
        }
        Response::json(200, &body)
    }

    fn snapshot(&self, request: &Request) -> Result<Response, Response> {
        let scopes = self.authenticate(request)?;
        self.require_scope(&scopes, "orchestration:read")?;
        Ok(json_bytes(self.state().model.snapshot()))
    }

    fn shell(&self, request: &Request) -> Result<Response, Response> {
        let scopes = self.authenticate(request)?;
        self.require_scope(&scopes, "orchestration:read")?;
        Ok(json_bytes(self.state().model.shell()))
    }

    fn detail(&self, request: &Request, id: &str) -> Result<Response, Response> {
        let scopes = self.authenticate(request)?;
        let id = percent_decoded(id).ok_or_else(|| Response::empty(400))?;
        let id = id.trim();
        if id.is_empty() {
            return Err(Response::empty(400));
        }
        let page = match self.options.version {
            T3Version::Fork0_0_33 => page(&request.query).ok_or_else(|| Response::empty(400))?,
            T3Version::V0_0_27 | T3Version::July => None,
        };
        self.require_scope(&scopes, "orchestration:read")?;
        let shown = self.state().model.detail(id, page);
        match shown {
            Some(shown) => Ok(Response::json(200, &shown)),
            None => Err(self.error(
                404,
                json!({
                    "_tag": "EnvironmentResourceNotFoundError",
                    "code": "not_found",
                    "reason": "thread_not_found",
                }),
            )),
        }
    }

    /// Checks in the order of the real servers: bearer, body, scope, normalisation, rules.
    fn dispatch(&self, request: &Request) -> Result<Response, Response> {
        let scopes = self.authenticate(request)?;
        let body = self.body(request)?;
        let command = Command::parse(&body).map_err(|_| Response::empty(400))?;
        self.require_scope(&scopes, "orchestration:operate")?;
        match self.accept(&command) {
            Ok(sequence) => Ok(Response::json(200, &json!({"sequence": sequence}))),
            Err(Refusal::InvalidCommand) => Err(self.error(
                400,
                json!({
                    "_tag": "EnvironmentRequestInvalidError",
                    "code": "invalid_request",
                    "reason": "invalid_command",
                }),
            )),
            Err(Refusal::Rule) => Err(self.error(
                500,
                json!({
                    "_tag": "EnvironmentInternalError",
                    "code": "internal_error",
                    "reason": "orchestration_dispatch_failed",
                }),
            )),
        }
    }

    fn body(&self, request: &Request) -> Result<Value, Response> {
        if request.body.is_empty() {
            return Err(Response::empty(400));
        }
        // A missing content type counts as JSON.
        let content_type = request.header("content-type").unwrap_or("application/json");
        let essence = content_type.split(';').next().unwrap_or("").trim();
        if !essence.eq_ignore_ascii_case("application/json") {
            let text = format!("Unsupported content-type: {content_type}");
            return Err(Response::text(415, "text/plain", &text));
        }
        let status = match self.options.version {
            T3Version::V0_0_27 | T3Version::July => 500,
            T3Version::Fork0_0_33 => 400,
        };
        request.json().ok_or_else(|| Response::empty(status))
    }

    fn unknown_path(&self, request: &Request) -> Response {
        if request.method != "GET" {
            return Response::empty(404);
        }
        if !self.options.web_client {
            let text = "No static directory configured and no dev URL set.";
            return Response::text(503, "text/plain", text);
        }
        let content_type = match request.path.as_str() {
            "/" => "text/html",
            _ => "text/html; charset=utf-8",
        };
        Response::text(200, content_type, "<!doctype html><title>T3 Code</title>")
    }

    fn route(&self, request: &Request) -> Response {
        let has_shell = self.options.version != T3Version::V0_0_27;
        let path = match request.path.trim_end_matches('/') {
            "" => "/",
            path => path,
        };
        let answer = match (request.method.as_str(), path) {
            ("GET", "/.well-known/t3/environment") => Ok(self.environment()),
            ("GET", "/api/auth/session") => Ok(self.auth_session(request)),
            ("GET", "/api/orchestration/snapshot") => self.snapshot(request),
            ("POST", "/api/orchestration/dispatch") => self.dispatch(request),
            ("GET", "/api/orchestration/shell") if has_shell => self.shell(request),
            ("GET", path) if has_shell => match path.strip_prefix("/api/orchestration/threads/") {
                Some(id) if !id.contains('/') => self.detail(request, id),
                Some(_) | None => Ok(self.unknown_path(request)),
            },
            _ => Ok(self.unknown_path(request)),
        };
        answer.unwrap_or_else(|error| error)
    }
}

impl Service for T3 {
    fn answer(&self, request: &Request) -> Response {
        let response = self.route(request);
        response.with_header("access-control-allow-origin", "*")
    }
}

/// A scheme other than Bearer counts as no credential at all.
fn bearer_token(request: &Request) -> Option<&str> {
    let token = request.header("authorization")?.strip_prefix("Bearer ")?;
    Some(token.trim()).filter(|token| !token.is_empty())
}

fn json_bytes(body: Vec<u8>) -> Response {
    Response {
        status: 200,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body,
    }
}

/// Reads `turnLimit` and `beforeCursor`; `None` when they cannot be read, `Some(None)` when absent.
fn page(query: &str) -> Option<Option<Page>> {
    let mut turn_limit = None;
    let mut before = None;
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        match name.as_ref() {
            "turnLimit" => turn_limit = Some(value.parse().ok().filter(|limit| *limit > 0)?),
            "beforeCursor" => before = Some(value.parse().ok()?),
            _ => {}
        }
    }
    Some(turn_limit.map(|turn_limit| Page { turn_limit, before }))
}

fn percent_decoded(segment: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = segment.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            let digits = std::str::from_utf8(&digits).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}
