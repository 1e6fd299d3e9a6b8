//! Checks requests against the published descriptions of Forgejo and Gitea (Swagger 2.0), for tests that have them at hand.
//!
//! The descriptions were cut down to what an adapter needs, and a few calls that the contract page names are not among them:
//! those are listed here.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use jsonschema::Validator;
use serde_json::{Value, json};

use super::sandbox::forgejo::ServerKind;
use super::sandbox::http_server::Request;

/// Calls that were recorded on live servers and that the cut descriptions lack, with their query parameters.
const RECORDED: &[(&str, &str, &[&str])] = &[
    // Of the servers' own descriptions, which the page at hand shortens.
    ("GET", "/repos/{owner}/{repo}/branches/{branch}", &[]),
    ("GET", "/user/repos", &["page", "limit"]),
    ("GET", "/repositories/{id}", &[]),
    ("GET", "/repos/{owner}/{repo}/teams", &[]),
    ("GET", "/repos/{owner}/{repo}/compare/{basehead}", &[]),
    ("DELETE", "/repos/{owner}/{repo}/issues/comments/{id}", &[]),
    // Read in Gitea's sources (modules/structs/pull.go) and not recorded.
    ("GET", "/repos/{owner}/{repo}/pulls/{index}", &[]),
];

/// Where the contract's pages are, when they are at hand.
#[allow(clippy::disallowed_methods, reason = "this variable is for tests")]
pub fn folder() -> Option<PathBuf> {
    let usual = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/contracts");
    let root = std::env::var_os("AFK_CONTRACTS").map_or(usual, PathBuf::from);
    let folder = root.join("forgejo");
    folder.is_dir().then_some(folder)
}

fn description(kind: ServerKind) -> Option<&'static Value> {
    static FORGEJO: OnceLock<Option<Value>> = OnceLock::new();
    static GITEA: OnceLock<Option<Value>> = OnceLock::new();
    let (cell, name) = if kind.is_gitea() {
        (&GITEA, "gitea.openapi.json")
    } else {
        (&FORGEJO, "openapi.json")
    };
    cell.get_or_init(|| {
        let text = std::fs::read_to_string(folder()?.join(name)).ok()?;
        Some(serde_json::from_str(&text).expect("the published description is JSON"))
    })
    .as_ref()
}

/// Checks method, path, query and body. Where the descriptions are absent, everything fits.
pub fn validate(kind: ServerKind, request: &Request) -> Result<(), String> {
    let Some(description) = description(kind) else {
        return Ok(());
    };
    let (_, path) = request
        .path
        .split_once("/api/v1")
        .ok_or("not below /api/v1")?;
    if request
        .header("accept")
        .is_some_and(|accept| accept.contains("github"))
    {
        return Err("asks for GitHub's media type".to_owned());
    }
    let method = request.method.to_lowercase();
    let given: Vec<(String, String)> = url::form_urlencoded::parse(request.query.as_bytes())
        .into_owned()
        .collect();
    if let Some((_, _, known)) = RECORDED
        .iter()
        .find(|(of, template, _)| *of == request.method && fits(template, path))
    {
        return check_names(&given, known);
    }
    let paths = description["paths"].as_object().ok_or("no paths")?;
    let operation = paths
        .iter()
        .filter(|(template, _)| fits(template, path))
        // Literal segments win over parameters.
        .min_by_key(|(template, _)| template.matches('{').count())
        .and_then(|(_, operations)| operations.get(&method))
        .ok_or_else(|| format!("{method} {path} is not described"))?;
    let parameters = operation["parameters"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let of = |place: &str| -> Vec<&Value> {
        parameters
            .iter()
            .filter(|parameter| parameter["in"] == place)
            .collect()
    };
    let known: Vec<&str> = of("query")
        .iter()
        .filter_map(|parameter| parameter["name"].as_str())
        .collect();
    check_names(&given, &known)?;
    for parameter in of("query") {
        let name = parameter["name"].as_str().unwrap_or_default();
        let value = given.iter().find(|(given, _)| given == name);
        let Some((_, value)) = value else { continue };
        let fits = match parameter["type"].as_str() {
            Some("integer") => value.parse::<u64>().is_ok(),
            Some("boolean") => matches!(value.as_str(), "true" | "false"),
            _ => true,
        };
        let in_enum = parameter["enum"]
            .as_array()
            .is_none_or(|words| words.iter().any(|word| word == value));
        if !fits || !in_enum {
            return Err(format!("{name}={value} is not allowed"));
        }
    }
    match (of("body").first(), request.body.is_empty()) {
        (None, true) | (Some(_), true) => Ok(()),
        (None, false) => Err("a body where none belongs".to_owned()),
        (Some(body), false) => {
            let value = request.json().ok_or("the body is not JSON")?;
            validator(kind, description, &body["schema"])?
                .validate(&value)
                .map_err(|error| error.to_string())
        }
    }
}

/// What checks a body against a schema of a description, made once for all tests.
fn validator(
    kind: ServerKind,
    description: &Value,
    schema: &Value,
) -> Result<Arc<Validator>, String> {
    static VALIDATORS: Mutex<BTreeMap<(bool, String), Arc<Validator>>> =
        Mutex::new(BTreeMap::new());
    let mut validators = VALIDATORS.lock().unwrap_or_else(PoisonError::into_inner);
    let key = (kind.is_gitea(), schema.to_string());
    if let Some(known) = validators.get(&key) {
        return Ok(Arc::clone(known));
    }
    let whole = json!({"definitions": description["definitions"], "allOf": [schema]});
    let validator = jsonschema::draft4::new(&whole).map_err(|error| error.to_string())?;
    let validator = Arc::new(validator);
    validators.insert(key, Arc::clone(&validator));
    Ok(validator)
}

fn check_names(given: &[(String, String)], known: &[&str]) -> Result<(), String> {
    match given
        .iter()
        .find(|(name, _)| !known.contains(&name.as_str()))
    {
        None => Ok(()),
        Some((name, _)) => Err(format!("query parameter {name} is unknown")),
    }
}

fn fits(template: &str, path: &str) -> bool {
    let (mut wanted, mut given) = (template.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(wanted), Some(given)) if wanted == given => {}
            (Some(wanted), Some(given)) if wanted.starts_with('{') && !given.is_empty() => {}
            _ => return false,
        }
    }
}
