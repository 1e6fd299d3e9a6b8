//! One GraphQL request: checked whole, priced, then executed against the remembered world.
//!
//! A query that names something unknown, lacks a variable or asks for too much is refused as a whole,
//! without data. A query that fails in places answers with status 200, null in those places, and an error
//! per place.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use apollo_compiler::ast;
use apollo_compiler::request::coerce_variable_values;
use apollo_compiler::resolvers::Execution;
use apollo_compiler::response::{ExecutionResponse, JsonMap, JsonValue};
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Schema};
use serde::Serialize;
use serde_json::{Value, json};

use super::github::Inner;
use super::github_limits::{self, Budget, Overload};
use super::github_objects::{KIND_MARK, View};
use super::github_price::{NODE_LIMIT, Price};
use super::github_rest;
use super::github_schema::{Capabilities, schema, undefined_names};
use super::http_server::{Request, Response};

/// Answers a request to the GraphQL address.
pub fn answer(inner: &mut Inner, request: &Request) -> Response {
    let now = inner.state.now();
    if let Some(refusal) = github_rest::check_headers(inner, request) {
        return refusal;
    }
    if request.method != "POST" {
        return github_rest::refuse(404, "Not Found", "https://docs.github.com/rest");
    }
    if let Err(limited) = inner.limits.admit(Budget::GraphQl, now) {
        let refusal = github_limits::refusal(limited, Budget::GraphQl, inner.viewer);
        return inner.limits.label(refusal, Budget::GraphQl, now);
    }
    let response = execute(inner, request);
    inner.limits.label(response, Budget::GraphQl, now)
}

fn execute(inner: &mut Inner, request: &Request) -> Response {
    let Some(body) = request.json() else {
        return github_rest::refuse(
            400,
            "Problems parsing JSON",
            "https://docs.github.com/graphql",
        );
    };
    let Some(text) = body["query"].as_str() else {
        let message = "A query attribute must be specified and must be a string.";
        return github_rest::refuse(400, message, "https://docs.github.com/graphql");
    };
    let capabilities = inner.options.enterprise.into();
    let schema = schema_of(capabilities);
    let (document, variables) = match check(&schema, capabilities, text, &body) {
        Ok(checked) => checked,
        Err(errors) => return Response::json(200, &json!({ "errors": errors })),
    };
    let operation = match document.operations.get(body["operationName"].as_str()) {
        Ok(operation) => operation,
        Err(error) => return whole_refusal(&[json!({"message": error.message().to_string()})]),
    };
    let price = Price::of(&document, operation, &variables);
    if !price.errors.is_empty() {
        return whole_refusal(&price.errors);
    }
    if price.nodes > NODE_LIMIT {
        return whole_refusal(&[json!({
            "type": "MAX_NODE_LIMIT_EXCEEDED",
            "message": format!(
                "This query requests up to {} possible nodes which exceeds the maximum limit of {NODE_LIMIT}.",
                price.nodes
            ),
        })]);
    }
    if let Some((aliases, overload)) = inner.limits.overload
        && price.repositories > aliases
    {
        return overloaded(overload);
    }
    inner.limits.spend(Budget::GraphQl, price.points());
    let window = inner.limits.window(Budget::GraphQl, inner.state.now());
    let html = inner.html_base(request);
    let view = View {
        inner,
        html: &html,
        price: &price,
        window,
    };
    let execution = Execution::new(&schema, &document).operation(operation);
    match execution
        .coerced_variable_values(&variables)
        .execute_sync(&view.query())
    {
        Ok(response) => Response::json(200, &rendered(response)),
        Err(error) => whole_refusal(&[json!({"message": error.message().to_string()})]),
    }
}

type Checked = (Arc<Valid<ExecutableDocument>>, Valid<JsonMap>);

/// Parses and validates; the errors are those of the whole query.
fn check(
    schema: &Valid<Schema>,
    capabilities: Capabilities,
    text: &str,
    body: &Value,
) -> Result<Checked, Vec<Value>> {
    let document = document_of(schema, capabilities, text)?;
    let given = if body["variables"].is_null() {
        json!({})
    } else {
        body["variables"].clone()
    };
    let JsonValue::Object(variables) = JsonValue::from(given) else {
        return Err(vec![json!({"message": "Variables must be an object."})]);
    };
    let operation = document
        .operations
        .get(body["operationName"].as_str())
        .map_err(|error| vec![json!({"message": error.message().to_string()})])?;
    let variables = coerce_variable_values(schema, operation, &variables).map_err(|error| {
        vec![json!({
            "message": error.message().to_string(),
            "extensions": {"code": "variableInvalid"},
        })]
    })?;
    Ok((document, variables))
}

type Parsed = Result<Arc<Valid<ExecutableDocument>>, Vec<Value>>;

/// The parsed query. Stories ask the same again and again, and parsing is most of what an answer costs.
fn document_of(schema: &Valid<Schema>, capabilities: Capabilities, text: &str) -> Parsed {
    /// Then all are forgotten; stories rarely differ so much.
    const REMEMBERED_MAX: usize = 200;
    type Documents = HashMap<((bool, bool), String), Parsed>;
    static PARSED: Mutex<Option<Documents>> = Mutex::new(None);
    let key = (
        (capabilities.dependencies, capabilities.sub_issues),
        text.to_owned(),
    );
    let remembered = || PARSED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(parsed) = remembered().get_or_insert_default().get(&key) {
        return parsed.clone();
    }
    let parsed = parse(schema, text);
    let mut documents = remembered();
    let documents = documents.get_or_insert_default();
    if documents.len() >= REMEMBERED_MAX {
        documents.clear();
    }
    documents.insert(key, parsed.clone());
    parsed
}

fn parse(schema: &Valid<Schema>, text: &str) -> Parsed {
    let tree = ast::Document::parse(text, "query.graphql").map_err(|invalid| {
        invalid
            .errors
            .iter()
            .map(|error| generic(&error.to_json(), "parseError"))
            .collect::<Vec<_>>()
    })?;
    let undefined = undefined_names(schema, &tree);
    if !undefined.is_empty() {
        return Err(undefined);
    }
    let document = tree.to_executable_validate(schema).map_err(|errors| {
        let errors = errors.errors.iter();
        errors
            .map(|error| generic(&error.unstable_to_json_compat(), "invalidQuery"))
            .collect::<Vec<_>>()
    })?;
    Ok(Arc::new(document))
}

fn generic(error: &apollo_compiler::response::GraphQLError, code: &str) -> Value {
    json!({
        "message": error.message,
        "locations": error.locations,
        "extensions": {"code": code},
    })
}

/// Puts the kinds of field errors where GitHub puts them.
/// An answer, whose members stand in the order of the query, as GraphQL promises and GitHub keeps it.
#[derive(Serialize)]
struct Rendered {
    data: Option<JsonMap>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Value>,
}

fn rendered(response: ExecutionResponse) -> Rendered {
    let errors = response
        .errors
        .iter()
        .map(|error| {
            let mut rendered = json!({
                "path": error.path,
                "locations": error.locations,
                "message": error.message,
            });
            // The executor puts words of its own before the first mark.
            let parts: Vec<&str> = error.message.split(KIND_MARK).collect();
            if let [_, kind, message] = parts[..] {
                rendered["type"] = Value::from(kind);
                rendered["message"] = Value::from(message);
            }
            rendered
        })
        .collect();
    Rendered {
        data: response.data,
        errors,
    }
}

fn whole_refusal(errors: &[Value]) -> Response {
    Response::json(200, &json!({ "errors": errors }))
}

fn overloaded(overload: Overload) -> Response {
    let page = "<html><head><title>Unicorn!</title></head><body>This page is taking too long to load.</body></html>";
    match overload {
        Overload::BadGateway => Response::text(502, "text/html", page),
        Overload::GatewayTimeout => Response::text(504, "text/html", page),
        Overload::ResourceLimit => whole_refusal(&[json!({
            "type": "RESOURCE_LIMITS_EXCEEDED",
            "message": "Resource limits for this query exceeded.",
        })]),
    }
}

type Schemas = HashMap<(bool, bool), Arc<Valid<Schema>>>;

/// The parsed schema for these capabilities; parsed once per process.
fn schema_of(capabilities: Capabilities) -> Arc<Valid<Schema>> {
    static PARSED: Mutex<Option<Schemas>> = Mutex::new(None);
    let mut parsed = PARSED.lock().unwrap_or_else(PoisonError::into_inner);
    let schemas = parsed.get_or_insert_default();
    let key = (capabilities.dependencies, capabilities.sub_issues);
    Arc::clone(
        schemas
            .entry(key)
            .or_insert_with(|| Arc::new(schema(capabilities))),
    )
}
