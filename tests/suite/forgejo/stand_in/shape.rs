//! Whether two answers have the same shape.

use serde_json::Value;

/// Members that the adapter reads, somewhere. The stand-in has them wherever a server has.
const READ: &[&str] = &[
    "archived",
    "assignee",
    "assignees",
    "author",
    "body",
    "clone_url",
    "commit",
    "committer",
    "completed_at",
    "conclusion",
    "content_version",
    "context",
    "created_at",
    "date",
    "default_branch",
    "description",
    "email",
    "empty",
    "enable_issue_dependencies",
    "event",
    "full_name",
    "head_branch",
    "html_url",
    "id",
    "internal",
    "internal_tracker",
    "label",
    "labels",
    "login",
    "message",
    "name",
    "number",
    "owner",
    "parents",
    "path",
    "permission",
    "prettyref",
    "private",
    "pull_request",
    "ref_action",
    "ref_commit_sha",
    "ref_issue",
    "removed_assignee",
    "repository",
    "sha",
    "state",
    "status",
    "statuses",
    "target_url",
    "title",
    "trigger_event",
    "type",
    "units_map",
    "updated",
    "updated_at",
    "user",
    "version",
    "workflow_id",
    "workflow_runs",
];

/// Words that decide something: the stand-in says the same one.
const WORDS: &[&str] = &[
    "permission",
    "ref_action",
    "state",
    "status",
    "type",
    "event",
    "trigger_event",
];

/// Compares what is told with what was recorded. With `words`, some texts have to be the same as well.
pub fn compare(told: &Value, recorded: &Value, words: bool) -> Result<(), String> {
    differ(told, recorded, words, "")
}

fn differ(told: &Value, recorded: &Value, words: bool, place: &str) -> Result<(), String> {
    match (told, recorded) {
        // What is null here is something there.
        (Value::Null, _) | (_, Value::Null) if !place.is_empty() => Ok(()),
        (Value::Null, Value::Null)
        | (Value::Bool(_), Value::Bool(_))
        | (Value::Number(_), Value::Number(_))
        | (Value::String(_), Value::String(_)) => Ok(()),
        (Value::Array(told), Value::Array(recorded)) => {
            if told.len() != recorded.len() && !place.ends_with("units") {
                return Err(format!(
                    "{place}: {} entries, recorded {}",
                    told.len(),
                    recorded.len()
                ));
            }
            for (index, (told, recorded)) in told.iter().zip(recorded).enumerate() {
                differ(told, recorded, words, &format!("{place}[{index}]"))?;
            }
            Ok(())
        }
        (Value::Object(told), Value::Object(recorded)) => {
            // Units of teams: which there are is up to the server's version.
            if place.ends_with(".units_map") {
                return Ok(());
            }
            for (name, value) in told {
                let inside = format!("{place}.{name}");
                let Some(known) = recorded.get(name) else {
                    return Err(format!("{inside} is invented"));
                };
                let is_word = words && WORDS.contains(&name.as_str());
                if is_word && value.is_string() && known.is_string() && value != known {
                    return Err(format!("{inside} is {value}, recorded {known}"));
                }
                differ(value, known, words, &inside)?;
            }
            let read = READ
                .iter()
                .find(|name| recorded.contains_key(**name) && !told.contains_key(**name));
            read.map_or(Ok(()), |name| Err(format!("{place}.{name} is missing")))
        }
        _ => Err(format!("{place}: {told} is not like {recorded}")),
    }
}

#[test]
fn what_is_invented_missing_or_of_another_type_is_found() {
    use serde_json::json;
    let recorded = json!({"id": 1, "state": "open", "extra": [1], "user": {"login": "amy"}});
    for (told, fits) in [
        (
            json!({"id": 2, "state": "open", "user": {"login": "bob"}}),
            true,
        ),
        (json!({"id": 2, "state": "open", "user": null}), true),
        (json!({"id": 2, "state": "closed", "user": null}), false),
        (json!({"id": "2", "state": "open", "user": null}), false),
        (json!({"state": "open", "user": null}), false),
        (json!({"id": 2, "state": "open", "user": {}}), false),
        (
            json!({"id": 2, "state": "open", "user": null, "new": 1}),
            false,
        ),
        (
            json!({"id": 2, "state": "open", "user": null, "extra": []}),
            false,
        ),
        (json!([]), false),
        (Value::Null, false),
    ] {
        assert_eq!(compare(&told, &recorded, true).is_ok(), fits, "{told}");
    }
}
