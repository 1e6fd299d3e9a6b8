//! A GitHub App as GitHub serves one (`contracts/github` sections 2 and 13): installations by owner, and tokens narrowed to
//! repositories. Assertions are checked against the App's public key and the sandbox's clock.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use serde_json::{Value, json};

use super::github::{Inner, TokenAccount};
use super::github_json::Writer;
use super::github_rest::{self, refuse};
use super::http_server::{Request, Response};

const DOCS: &str = "https://docs.github.com/rest";

/// Rights that a token can be narrowed to here.
const GRANTED: &[(&str, &str)] = &[
    ("metadata", "read"),
    ("issues", "write"),
    ("contents", "read"),
    ("pull_requests", "read"),
    ("checks", "read"),
    ("statuses", "read"),
    ("actions", "read"),
];

/// One owner's installation.
#[derive(Clone, Debug)]
pub struct Installation {
    pub id: u64,
    pub owner: String,
    /// Names of the repositories that the owner selected.
    pub selected: Vec<String>,
    pub suspended: bool,
    /// Rights that the owner did not grant.
    pub withheld: Vec<String>,
}

/// The App whose key the program has.
#[derive(Clone, Debug)]
pub struct AppWorld {
    pub id: String,
    /// The RSA public key, in DER (PKCS #1).
    pub public_key: Vec<u8>,
    pub installations: Vec<Installation>,
    /// How long a token lives.
    pub life: chrono::TimeDelta,
    /// How many of the next tokens open nothing, as when GitHub does not know them everywhere yet.
    pub stillborn: usize,
    /// Tokens, each with the full names of its repositories, and when it ends by the sandbox's clock, in seconds since 1970.
    minted: Vec<(String, Vec<String>, i64)>,
}

impl AppWorld {
    pub fn new(id: &str, public_key: Vec<u8>) -> Self {
        Self {
            id: id.to_owned(),
            public_key,
            installations: Vec::new(),
            life: chrono::TimeDelta::hours(1),
            stillborn: 0,
            minted: Vec::new(),
        }
    }

    /// Takes every token back that was handed out.
    pub fn revoke_all(&mut self) {
        for (.., until) in &mut self.minted {
            *until = i64::MIN;
        }
    }

    /// Every token that was handed out.
    pub fn tokens(&self) -> Vec<String> {
        self.minted
            .iter()
            .map(|(token, ..)| token.clone())
            .collect()
    }
}

/// What the bearer of a request opens, when it is a token of an installation that has not ended.
pub fn narrowed_to(inner: &Inner, request: &Request) -> Option<Vec<String>> {
    let bearer = request.header("authorization")?.strip_prefix("Bearer ")?;
    let now = inner.state.now().timestamp();
    let minted = &inner.options.app.as_ref()?.minted;
    minted
        .iter()
        .find(|(token, _, until)| token == bearer && now < *until)
        .map(|(_, names, _)| names.clone())
}

/// Answers what is asked as the App itself; `None` for everything else.
pub fn answer(inner: &mut Inner, request: &Request) -> Option<Response> {
    inner.options.app.as_ref()?;
    let path = request.path.strip_prefix(inner.rest_prefix())?;
    let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let response = match (request.method.as_str(), segments.as_slice()) {
        ("GET", ["repos", owner, name, "installation"]) => as_app(inner, request, |inner| {
            let full_name = format!("{owner}/{name}");
            let moved = inner.state.repository_named(&full_name).is_none();
            match inner.state.repository_formerly(&full_name) {
                Some(repository) if moved => {
                    let base = inner.api_base(request);
                    let to = format!("{base}/repositories/{}/installation", repository.id);
                    github_rest::moved(&to, request)
                }
                Some(_) | None => found(inner, owner, name),
            }
        }),
        ("GET", ["repositories", id, "installation"]) => {
            as_app(inner, request, |inner| match full_name(inner, id) {
                Some(full_name) => {
                    let (owner, name) = full_name.split_once('/').expect("two names");
                    found(inner, owner, name)
                }
                None => refuse(404, "Not Found", DOCS),
            })
        }
        ("GET", ["app"]) => as_app(inner, request, |inner| {
            let app = inner.options.app.as_ref().expect("asked for an App");
            let slug = match &inner.options.account {
                TokenAccount::App(slug) | TokenAccount::User(slug) => slug,
            };
            let id: u64 = app.id.parse().expect("Apps of stories have numbers");
            Response::json(200, &json!({"id": id, "slug": slug, "name": slug}))
        }),
        ("GET", ["installation", "repositories"]) => match narrowed_to(inner, request) {
            Some(names) => opened(inner, request, &names),
            None => refuse(401, "Bad credentials", DOCS),
        },
        ("POST", ["app", "installations", id, "access_tokens"]) => {
            as_app(inner, request, |inner| mint(inner, request, id))
        }
        _ => return None,
    };
    let date = inner.state.now().format("%a, %d %b %Y %H:%M:%S GMT");
    Some(response.with_header("date", &date.to_string()))
}

/// The name of a repository today.
fn full_name(inner: &Inner, id: &str) -> Option<String> {
    let repository = inner.state.repositories.get(&id.parse().ok()?)?;
    Some(inner.state.full_name(repository))
}

/// The repositories that a token opens.
fn opened(inner: &Inner, request: &Request, names: &[String]) -> Response {
    let repositories: Vec<Value> = names
        .iter()
        .filter_map(|name| inner.state.repository_named(name))
        .map(|repository| Writer::new(inner, request).repository(repository))
        .collect();
    Response::json(
        200,
        &json!({"total_count": repositories.len(), "repositories": repositories}),
    )
}

fn as_app(
    inner: &mut Inner,
    request: &Request,
    told: impl FnOnce(&mut Inner) -> Response,
) -> Response {
    match check_assertion(inner, request) {
        Ok(()) => told(inner),
        Err(message) => refuse(401, message, DOCS),
    }
}

fn check_assertion(inner: &Inner, request: &Request) -> Result<(), &'static str> {
    const UNREADABLE: &str = "A JSON web token could not be decoded";
    let app = inner.options.app.as_ref().ok_or(UNREADABLE)?;
    let bearer = request.header("authorization").unwrap_or_default();
    let token = bearer.strip_prefix("Bearer ").ok_or(UNREADABLE)?;
    let (signed, signature) = token.rsplit_once('.').ok_or(UNREADABLE)?;
    let (header, claims) = signed.split_once('.').ok_or(UNREADABLE)?;
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| UNREADABLE);
    let json = |part: &str| -> Result<Value, &'static str> {
        serde_json::from_slice(&decode(part)?).map_err(|_| UNREADABLE)
    };
    let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &app.public_key);
    key.verify(signed.as_bytes(), &decode(signature)?)
        .map_err(|_| UNREADABLE)?;
    if json(header)?["alg"] != "RS256" {
        return Err(UNREADABLE);
    }
    let claims = json(claims)?;
    if claims["iss"] != app.id.as_str() {
        return Err("Integration must be found");
    }
    let now = inner.state.now().timestamp();
    let at = |name: &str| claims[name].as_i64().ok_or(UNREADABLE);
    if at("iat")? > now {
        return Err(
            "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
        );
    }
    if at("exp")? <= now {
        return Err(
            "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
        );
    }
    if at("exp")? > now + 600 {
        return Err("'Expiration time' claim ('exp') is too far in the future");
    }
    Ok(())
}

fn found(inner: &Inner, owner: &str, name: &str) -> Response {
    let app = inner.options.app.as_ref().expect("asked for an App");
    let found = app.installations.iter().find(|installation| {
        installation.owner == owner && installation.selected.iter().any(|known| known == name)
    });
    match found {
        Some(found) => {
            let suspended = found.suspended.then_some("2026-01-01T00:00:00Z");
            let permissions: Value = GRANTED
                .iter()
                .filter(|(name, _)| !found.withheld.iter().any(|withheld| withheld == name))
                .map(|(name, level)| ((*name).to_owned(), Value::from(*level)))
                .collect::<serde_json::Map<_, _>>()
                .into();
            Response::json(
                200,
                &json!({"id": found.id, "suspended_at": suspended, "permissions": permissions, "repository_selection": "selected"}),
            )
        }
        None => refuse(404, "Not Found", DOCS),
    }
}

fn mint(inner: &mut Inner, request: &Request, id: &str) -> Response {
    let now = inner.state.now();
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let ids: Vec<(u64, String)> = inner
        .state
        .repositories
        .values()
        .map(|repository| (repository.id, inner.state.full_name(repository)))
        .collect();
    let app = inner.options.app.as_mut().expect("asked for an App");
    let Some(installation) = app
        .installations
        .iter()
        .find(|installation| installation.id.to_string() == id)
    else {
        return refuse(404, "Not Found", DOCS);
    };
    if installation.suspended {
        return refuse(403, "This installation has been suspended", DOCS);
    }
    let mut names = Vec::new();
    for name in body["repositories"].as_array().into_iter().flatten() {
        let name = name.as_str().unwrap_or_default();
        if !installation.selected.iter().any(|known| known == name) {
            let message = "There is at least one repository that does not exist or is not accessible to the parent installation.";
            return refuse(422, message, DOCS);
        }
        names.push(format!("{}/{name}", installation.owner));
    }
    for id in body["repository_ids"].as_array().into_iter().flatten() {
        let full_name = ids
            .iter()
            .find(|(known, _)| id == *known)
            .map(|(_, name)| name);
        let inside = full_name.and_then(|full_name| {
            let (owner, name) = full_name.split_once('/')?;
            let selected = installation.selected.iter().any(|known| known == name);
            (owner == installation.owner && selected).then_some(full_name)
        });
        let Some(full_name) = inside else {
            let message = "There is at least one repository that does not exist or is not accessible to the parent installation.";
            return refuse(422, message, DOCS);
        };
        names.push(full_name.clone());
    }
    for (name, level) in body["permissions"].as_object().into_iter().flatten() {
        let granted = GRANTED.iter().find(|(right, _)| right == name);
        if !granted.is_some_and(|(_, most)| *level == *most || *most == "write") {
            let message = "The permissions requested are not granted to this installation.";
            return refuse(422, message, DOCS);
        }
    }
    let token = format!("ghs_{id}_{}", app.minted.len());
    let until = now + app.life;
    let opens_until = if app.stillborn > 0 {
        app.stillborn -= 1;
        i64::MIN
    } else {
        until.timestamp()
    };
    app.minted.push((token.clone(), names, opens_until));
    Response::json(
        201,
        &json!({"token": token, "expires_at": until.format("%Y-%m-%dT%H:%M:%SZ").to_string(), "permissions": body["permissions"], "repository_selection": "selected"}),
    )
}
