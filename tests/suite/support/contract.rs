//! Validators made from the published descriptions of the services, for tests that have them at hand.
//!
//! The descriptions are not part of this repository. Where they are absent, [`Contract::open`] says so
//! loudly and gives `None`, and the test that asked ends early. Nothing here is used by the program.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use apollo_compiler::request::coerce_variable_values;
use apollo_compiler::response::JsonValue;
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Schema};
use jsonschema::{Draft, Validator};
use serde_json::{Value, json};

use super::sandbox::http_server::{Request, Response};

/// Names the folder of descriptions when it is not in its usual place.
const PLACE_VARIABLE: &str = "AFK_CONTRACTS";

/// The descriptions, ready to check against.
pub struct Contract {
    root: PathBuf,
    schema: Valid<Schema>,
    openapi: Value,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
    /// Those that the schema allows, by their text: most are asked by many tests.
    documents: Mutex<HashMap<String, Arc<Valid<ExecutableDocument>>>>,
}

impl Contract {
    /// Opens the descriptions, once for all tests; says on standard error when there are none.
    #[allow(clippy::print_stderr, reason = "a test that checks less must say so")]
    pub fn open() -> Option<&'static Self> {
        static CONTRACT: OnceLock<Result<Contract, PathBuf>> = OnceLock::new();
        match CONTRACT.get_or_init(Self::read) {
            Ok(contract) => Some(contract),
            Err(root) => {
                eprintln!("SKIPPED: contract files not found in {}", root.display());
                None
            }
        }
    }

    /// Reads them; the folder where they are not, when there are none.
    #[allow(
        clippy::disallowed_methods,
        reason = "this variable is for tests; the program never reads it"
    )]
    fn read() -> Result<Self, PathBuf> {
        let usual = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/contracts");
        let root = std::env::var_os(PLACE_VARIABLE).map_or(usual, PathBuf::from);
        let read = |name: &str| std::fs::read_to_string(root.join("github").join(name));
        let (Ok(schema), Ok(openapi)) = (read("schema.graphql"), read("openapi.json")) else {
            return Err(root);
        };
        let schema = Schema::parse_and_validate(schema, "schema.graphql")
            .expect("the published schema is valid");
        let mut openapi: Value =
            serde_json::from_str(&openapi).expect("the published description is JSON");
        add_comment_deletion(&mut openapi);
        Ok(Self {
            root,
            schema,
            openapi: without_nullable(openapi),
            validators: Mutex::default(),
            documents: Mutex::default(),
        })
    }

    /// The text of a file of the descriptions, such as `github/queries/ready.graphql`.
    pub fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.root.join(name)).expect("the descriptions are complete")
    }

    /// The content of a JSON file of the descriptions.
    pub fn json(&self, name: &str) -> Value {
        serde_json::from_str(&self.text(name)).expect("the descriptions hold valid JSON")
    }

    /// Checks a query and its variables against the published GraphQL schema.
    pub fn validate_graphql(&self, document: &str, variables: &Value) -> Result<(), String> {
        let document = self.document(document)?;
        let operation = document
            .operations
            .get(None)
            .map_err(|error| error.message().to_string())?;
        let given = if variables.is_null() {
            json!({})
        } else {
            variables.clone()
        };
        let JsonValue::Object(variables) = JsonValue::from(given) else {
            return Err("variables are not an object".to_owned());
        };
        for name in variables.keys() {
            if !operation
                .variables
                .iter()
                .any(|known| known.name == name.as_str())
            {
                return Err(format!("variable ${} is not declared", name.as_str()));
            }
        }
        coerce_variable_values(&self.schema, operation, &variables)
            .map(drop)
            .map_err(|error| error.message().to_string())
    }

    fn document(&self, text: &str) -> Result<Arc<Valid<ExecutableDocument>>, String> {
        let documents = || {
            self.documents
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        };
        if let Some(known) = documents().get(text) {
            return Ok(Arc::clone(known));
        }
        let document = ExecutableDocument::parse_and_validate(&self.schema, text, "query.graphql")
            .map_err(|invalid| invalid.errors.to_string())?;
        let document = Arc::new(document);
        documents().insert(text.to_owned(), Arc::clone(&document));
        Ok(document)
    }

    /// Checks everything about a request to GitHub: headers, path, query and body.
    pub fn validate_github_request(&self, request: &Request) -> Result<(), String> {
        check_headers(request)?;
        if is_graphql(request) {
            let body = request.json().ok_or("the body is not JSON")?;
            let query = body["query"].as_str().ok_or("the body has no query")?;
            return self.validate_graphql(query, &body["variables"]);
        }
        let called = self.operation(request)?;
        let described = self.parameters(&called)?;
        for (name, text) in &called.path_values {
            let parameter = described
                .iter()
                .find(|known| known["in"] == "path" && known["name"] == *name);
            let parameter =
                parameter.ok_or_else(|| format!("path parameter {name} is not described"))?;
            self.check_text(&parameter["schema"], text, name)?;
        }
        let mut given = Vec::new();
        for (name, text) in url::form_urlencoded::parse(request.query.as_bytes()) {
            let parameter = described
                .iter()
                .find(|known| known["in"] == "query" && known["name"] == *name);
            let parameter =
                parameter.ok_or_else(|| format!("query parameter {name} is unknown"))?;
            self.check_text(&parameter["schema"], &text, &name)?;
            if given.contains(&name.to_string()) {
                return Err(format!("query parameter {name} is given twice"));
            }
            given.push(name.into_owned());
        }
        for known in &described {
            let name = known["name"].as_str().unwrap_or_default();
            if known["in"] == "query"
                && known["required"] == true
                && !given.iter().any(|given| given == name)
            {
                return Err(format!("query parameter {name} is missing"));
            }
        }
        self.check_request_body(&called, request)
    }

    /// Checks an answer of GitHub to `request` against what is described for its status.
    pub fn validate_github_response(
        &self,
        request: &Request,
        response: &Response,
    ) -> Result<(), String> {
        if is_graphql(request) {
            let body: Value =
                serde_json::from_slice(&response.body).map_err(|error| error.to_string())?;
            let known = body["data"].is_object()
                || body["errors"].is_array()
                || body["message"].is_string();
            return if known {
                Ok(())
            } else {
                Err("neither data nor errors".to_owned())
            };
        }
        let body =
            || serde_json::from_slice::<Value>(&response.body).map_err(|error| error.to_string());
        let error_schema = json!({"$ref": if response.status == 422 {
            "#/components/schemas/validation-error"
        } else {
            "#/components/schemas/basic-error"
        }});
        let called = match self.operation(request) {
            Ok(called) => called,
            Err(_) if response.status >= 400 => return self.check(&error_schema, &body()?),
            Err(unknown) => return Err(unknown),
        };
        let described = self.resolve(&called.operation["responses"][response.status.to_string()]);
        let schema = &described["content"]["application/json"]["schema"];
        if described.is_null() {
            // Redirects and failures common to all operations are described once, not per operation.
            if response.status < 300 {
                return Err(format!("status {} is not described", response.status));
            }
            return self.check(&error_schema, &body()?);
        }
        if schema.is_null() {
            return if response.body.is_empty() {
                Ok(())
            } else {
                Err("a body where none belongs".to_owned())
            };
        }
        self.check(schema, &body()?)
    }

    /// Finds the described operation; literal segments win over parameters.
    fn operation(&self, request: &Request) -> Result<Called, String> {
        let path = request
            .path
            .strip_prefix("/api/v3")
            .unwrap_or(&request.path);
        let mut segments: Vec<String> = path
            .split('/')
            .skip(1)
            .map(decode)
            .collect::<Result<_, _>>()?;
        // The address a redirect leads to is the same operation under another name.
        if segments
            .first()
            .is_some_and(|first| first == "repositories")
            && segments.len() > 1
        {
            segments[0] = "repos".to_owned();
            segments.insert(1, "redirected".to_owned());
        }
        let templates = self.openapi["paths"]
            .as_object()
            .ok_or("the description has no paths")?;
        let fitting = templates.iter().filter_map(|(template, operations)| {
            let (literals, values) = match_path(template, &segments)?;
            Some((literals, operations, values))
        });
        let best = fitting.max_by_key(|(literals, ..)| *literals);
        let (_, operations, path_values) =
            best.ok_or_else(|| format!("{path} is not a described path"))?;
        let method = request.method.to_lowercase();
        match operations.get(&method) {
            Some(operation) => Ok(Called {
                operation: operation.clone(),
                path_values,
            }),
            None => Err(format!("{} is not described for {path}", request.method)),
        }
    }

    fn parameters(&self, called: &Called) -> Result<Vec<Value>, String> {
        let listed = called.operation["parameters"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let resolved: Vec<Value> = listed
            .iter()
            .map(|parameter| self.resolve(parameter).clone())
            .collect();
        if resolved.iter().any(Value::is_null) {
            return Err("a parameter of the description leads nowhere".to_owned());
        }
        Ok(resolved)
    }

    fn check_request_body(&self, called: &Called, request: &Request) -> Result<(), String> {
        let described = &called.operation["requestBody"];
        if described.is_null() {
            return if request.body.is_empty() {
                Ok(())
            } else {
                Err("a body where none belongs".to_owned())
            };
        }
        if request.body.is_empty() {
            return if described["required"] == true {
                Err("the body is missing".to_owned())
            } else {
                Ok(())
            };
        }
        let body = request.json().ok_or("the body is not JSON")?;
        let schema = &described["content"]["application/json"]["schema"];
        self.check(schema, &body)?;
        let known = known_members(schema);
        if let (Some(body), Some(known)) = (body.as_object(), known) {
            for name in body.keys() {
                if !known.contains(name) {
                    return Err(format!("body member {name} is unknown"));
                }
            }
        }
        Ok(())
    }

    fn check_text(&self, schema: &Value, text: &str, name: &str) -> Result<(), String> {
        let value = match schema["type"].as_str() {
            Some("integer") => text
                .parse::<i64>()
                .map(Value::from)
                .map_err(|_| format!("{name} is not a number"))?,
            Some("boolean") => text
                .parse::<bool>()
                .map(Value::from)
                .map_err(|_| format!("{name} is not a boolean"))?,
            _ => Value::from(text),
        };
        self.check(schema, &value)
            .map_err(|error| format!("{name}: {error}"))
    }

    fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value["$ref"]
            .as_str()
            .and_then(|path| path.strip_prefix('#'))
        {
            Some(pointer) => self.openapi.pointer(pointer).unwrap_or(&Value::Null),
            None => value,
        }
    }

    fn check(&self, schema: &Value, value: &Value) -> Result<(), String> {
        let key = schema.to_string();
        let known = self
            .validators
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&key)
            .cloned();
        let validator = match known {
            Some(validator) => validator,
            None => {
                let whole = json!({"components": self.openapi["components"], "allOf": [schema]});
                let options = jsonschema::options()
                    .with_draft(Draft::Draft7)
                    .should_validate_formats(true);
                let validator = Arc::new(options.build(&whole).map_err(|error| error.to_string())?);
                let mut validators = self
                    .validators
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner);
                validators.insert(key, Arc::clone(&validator));
                validator
            }
        };
        let errors: Vec<String> = validator
            .iter_errors(value)
            .map(|error| format!("{} at {}", error, error.instance_path()))
            .collect();
        if errors.is_empty() {
            Ok(())
        } else {
            Err(errors.join("; "))
        }
    }
}

/// An operation of the description and the values its path template took.
struct Called {
    operation: Value,
    path_values: Vec<(String, String)>,
}

fn is_graphql(request: &Request) -> bool {
    matches!(request.path.as_str(), "/graphql" | "/api/graphql")
}

fn check_headers(request: &Request) -> Result<(), String> {
    let header = |name| request.header(name).filter(|value| !value.is_empty());
    if !header("authorization").is_some_and(|value| value.starts_with("Bearer ")) {
        return Err("header authorization is not a bearer token".to_owned());
    }
    if header("accept") != Some("application/vnd.github+json") {
        return Err("header accept is not application/vnd.github+json".to_owned());
    }
    if header("x-github-api-version") != Some("2022-11-28") {
        return Err("header x-github-api-version is not 2022-11-28".to_owned());
    }
    if header("user-agent").is_none() {
        return Err("header user-agent is missing".to_owned());
    }
    Ok(())
}

fn match_path(template: &str, segments: &[String]) -> Option<(usize, Vec<(String, String)>)> {
    let wanted: Vec<&str> = template.split('/').skip(1).collect();
    if wanted.len() != segments.len() {
        return None;
    }
    let (mut literals, mut values) = (0, Vec::new());
    for (wanted, segment) in wanted.into_iter().zip(segments) {
        match wanted
            .strip_prefix('{')
            .and_then(|name| name.strip_suffix('}'))
        {
            Some(_) if segment.is_empty() => return None,
            Some(name) => values.push((name.to_owned(), segment.clone())),
            None if wanted == segment => literals += 1,
            None => return None,
        }
    }
    Some((literals, values))
}

fn decode(segment: &str) -> Result<String, String> {
    // A plus sign means itself in a path; only the query writes spaces that way.
    let query = format!("x={}", segment.replace('+', "%2B").replace('&', "%26"));
    let decoded = url::form_urlencoded::parse(query.as_bytes()).next();
    let decoded = decoded.map(|(_, value)| value.into_owned());
    decoded.ok_or_else(|| format!("{segment} can not be decoded"))
}

/// Member names an object schema lists, through its alternatives; `None` when it lists none.
fn known_members(schema: &Value) -> Option<Vec<String>> {
    if let Some(properties) = schema["properties"].as_object() {
        return Some(properties.keys().cloned().collect());
    }
    let alternatives = schema["oneOf"]
        .as_array()
        .or_else(|| schema["anyOf"].as_array())?;
    Some(
        alternatives
            .iter()
            .filter_map(known_members)
            .flatten()
            .collect(),
    )
}

/// The description at hand was cut down before anybody deleted comments; GitHub's own has the operation beside the
/// other two on a comment, with the same parameters and 204 without a body as its answer.
fn add_comment_deletion(openapi: &mut Value) {
    let comment = &mut openapi["paths"]["/repos/{owner}/{repo}/issues/comments/{comment_id}"];
    if comment["delete"].is_null() {
        comment["delete"] = json!({
            "parameters": comment["get"]["parameters"],
            "responses": {"204": {"description": "Response"}},
        });
    }
}

/// Turns `nullable` of OpenAPI 3.0 into the null type of JSON Schema.
fn without_nullable(value: Value) -> Value {
    match value {
        Value::Array(values) => Value::Array(values.into_iter().map(without_nullable).collect()),
        Value::Object(members) => {
            let nullable = members.get("nullable") == Some(&Value::Bool(true));
            let mut members: serde_json::Map<String, Value> = members
                .into_iter()
                .filter(|(name, value)| name != "nullable" || !value.is_boolean())
                .map(|(name, value)| (name, without_nullable(value)))
                .collect();
            if !nullable {
                return Value::Object(members);
            }
            if let Some(Value::Array(allowed)) = members.get_mut("enum") {
                allowed.push(Value::Null);
            }
            if let Some(Value::String(name)) = members.get("type") {
                let both = json!([name, "null"]);
                members.insert("type".to_owned(), both);
                let plain = ["oneOf", "anyOf", "allOf", "$ref"]
                    .iter()
                    .all(|key| !members.contains_key(*key));
                if plain {
                    return Value::Object(members);
                }
            }
            json!({"anyOf": [Value::Object(members), {"type": "null"}]})
        }
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => other,
    }
}
