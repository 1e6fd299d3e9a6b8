//! Holds messages and answers against the published or written-down schemas, where they are at hand.
//!
//! They are not part of this repository. Without them the checks say so on standard error, and the rules that the
//! stand-ins know by themselves are all that is checked.

use std::path::{Path, PathBuf};

use jsonschema::Draft;
use serde_json::{Value, json};

/// Names the folder of schemas when it is not in its usual place.
const PLACE_VARIABLE: &str = "AFK_CONTRACTS";

/// Reads a schema, such as `slack/webhook-message.schema.json`.
#[allow(clippy::print_stderr, reason = "a test that checks less must say so")]
#[allow(
    clippy::disallowed_methods,
    reason = "this variable is for tests; the program never reads it"
)]
fn read(name: &str) -> Option<Value> {
    let usual = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/contracts");
    let root = std::env::var_os(PLACE_VARIABLE).map_or(usual, PathBuf::from);
    let path = root.join(name);
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("SKIPPED: {} not found", path.display());
        return None;
    };
    Some(serde_json::from_str(&text).expect("schemas are JSON"))
}

/// Checks a message against a whole schema file.
pub fn check_message(name: &str, message: &Value) {
    if let Some(schema) = read(name) {
        check(&schema, Draft::Draft202012, message);
    }
}

/// Checks an answer against a definition of a Swagger 2.0 description.
pub fn check_definition(name: &str, definition: &str, answer: &Value) {
    if let Some(description) = read(name) {
        let schema = json!({
            "definitions": description["definitions"],
            "allOf": [description["definitions"][definition]],
        });
        assert!(schema["allOf"][0].is_object(), "no definition {definition}");
        check(&schema, Draft::Draft4, answer);
    }
}

fn check(schema: &Value, draft: Draft, value: &Value) {
    let validator = jsonschema::options()
        .with_draft(draft)
        .build(schema)
        .expect("schemas are valid");
    let errors: Vec<String> = validator
        .iter_errors(value)
        .map(|error| format!("{error} at {}", error.instance_path()))
        .collect();
    assert_eq!(errors, Vec::<String>::new(), "{value:#}");
}
