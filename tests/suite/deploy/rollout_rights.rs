//! The rights of the rollout stage: every request that the program can make is allowed, once the rule for it is there.

use serde_json::{Value, json};

use super::rendered::{EXAMPLE, file, list, rendered, text, with};

/// Group, resource and verb of every request of the rollout stage.
const REQUESTS: [(&str, &str, &str); 6] = [
    ("apps", "deployments", "get"),
    ("apps", "statefulsets", "get"),
    ("apps", "daemonsets", "get"),
    ("argoproj.io", "applications", "get"),
    ("", "pods", "list"),
    ("apps", "replicasets", "list"),
];

fn allows(rules: &[Value], (group, resource, verb): (&str, &str, &str)) -> bool {
    rules.iter().any(|rule| {
        let has = |member: &str, wanted: &str| list(&rule[member]).contains(&json!(wanted));
        has("apiGroups", group) && has("resources", resource) && has("verbs", verb)
    })
}

/// The rules of the example with the marks taken off those that are optional.
fn written_out() -> Vec<Value> {
    let source = file("overlays/example/rollout.yaml");
    let role = source.split("\n---\n").next().unwrap();
    let unmarked: Vec<String> = role
        .lines()
        .map(|line| match line.strip_prefix("  # ") {
            Some(rule) if rule.starts_with("- ") || rule.starts_with("  ") => format!("  {rule}"),
            Some(_) | None => line.to_owned(),
        })
        .collect();
    let role: Value = yaml_serde::from_str(&unmarked.join("\n")).unwrap();
    list(&role["rules"]).to_vec()
}

#[test]
fn rules_for_other_kinds_only_lack_their_marks() {
    let rules = written_out();
    assert_eq!(rules.len(), 3);
    for request in &REQUESTS[..4] {
        assert!(allows(&rules, *request), "{request:?}");
    }
    for rule in &rules {
        assert_eq!(rule["verbs"], json!(["get"]));
        assert!(!list(&rule["resourceNames"]).is_empty(), "{rule:#}");
    }
}

#[test]
fn a_component_adds_what_explains_a_failure_and_nothing_else() {
    let (Some(before), Some(after)) = (rendered(EXAMPLE), with(EXAMPLE, &["rollout-reasons"]))
    else {
        return;
    };
    assert_eq!(before.names(), after.names());
    let rules =
        |of: &super::rendered::Rendered| list(&of.object("Role", "afk-watch")["rules"]).to_vec();
    let (before, after) = (rules(&before), rules(&after));
    assert_eq!(after[..before.len()], before);
    assert_eq!(after.len(), before.len() + 2);
    for request in &REQUESTS[4..] {
        assert!(allows(&after, *request) && !allows(&before, *request));
    }
    let all = written_out().into_iter().chain(after).collect::<Vec<_>>();
    for request in REQUESTS {
        assert!(allows(&all, request), "{request:?}");
    }
    for rule in &all {
        for verb in list(&rule["verbs"]) {
            assert!(["get", "list"].contains(&text(verb)), "{rule:#}");
        }
    }
}

/// The base has no rollout stage: there is nothing to add to, and it renders all the same.
#[test]
fn a_deployment_without_a_rollout_stage_renders_with_it() {
    if let Some(base) = with(super::rendered::BASE, &["rollout-reasons"]) {
        assert!(base.all("Role").is_empty());
    }
}
