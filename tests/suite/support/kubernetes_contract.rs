//! Kubernetes' published description, and whether what was sent and answered keeps to it.
//!
//! It knows Deployments, ReplicaSets and pods. Of other kinds the address is checked member by member, and of StatefulSets and
//! DaemonSets the template, which is the same everywhere.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};

use super::sandbox::http_server::{Request, Service};
use super::sandbox::kubernetes::Kubernetes;

/// Kinds that the description leaves out, by group, version and plural.
const OTHERS: [(&str, &str, &str); 3] = [
    ("apps", "v1", "statefulsets"),
    ("apps", "v1", "daemonsets"),
    ("argoproj.io", "v1alpha1", "applications"),
];

/// The description.
pub struct KubernetesContract(Value);

impl KubernetesContract {
    /// Opens it; `None` where it is not beside the repository.
    pub fn open() -> Option<Self> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../shared/contracts/kubernetes/openapi.json");
        let text = std::fs::read_to_string(path).ok()?;
        Some(Self(
            serde_json::from_str(&text).expect("the published description is JSON"),
        ))
    }

    /// Checks a request, and what the stand-in answers to it now.
    ///
    /// # Errors
    ///
    /// A text for people.
    pub fn check(&self, request: &Request, server: &Arc<Kubernetes>) -> Result<(), String> {
        if request.method != "GET" || !request.body.is_empty() {
            return Err("it is no plain GET".to_owned());
        }
        let answer = server.answer(request);
        let body: Value =
            serde_json::from_slice(&answer.body).map_err(|error| error.to_string())?;
        let segments: Vec<&str> = request.path.split('/').skip(1).collect();
        if let [
            "apis",
            group,
            version,
            "namespaces",
            namespace,
            plural,
            name,
        ] = segments.as_slice()
            && OTHERS.contains(&(group, version, plural))
        {
            if namespace.is_empty() || name.is_empty() || !request.query.is_empty() {
                return Err("namespace and name, and nothing else".to_owned());
            }
            let template = &body["spec"]["template"];
            return match (answer.status, template.is_null()) {
                (200, false) => self.validate("io.k8s.api.core.v1.PodTemplateSpec", template),
                _ => Ok(()),
            };
        }
        let (path, operation) = self.operation(&segments)?;
        let known = self.parameters(path, operation);
        for (name, _) in url::form_urlencoded::parse(request.query.as_bytes()) {
            if !known.iter().any(|known| *known == name) {
                return Err(format!("no such parameter: {name}"));
            }
        }
        match operation["responses"]["200"]["schema"]["$ref"].as_str() {
            Some(schema) if answer.status == 200 => {
                let name = schema.trim_start_matches("#/definitions/");
                self.validate(name, &body)
            }
            Some(_) | None => Ok(()),
        }
    }

    fn operation(&self, segments: &[&str]) -> Result<(&Value, &Value), String> {
        self.0["paths"]
            .as_object()
            .into_iter()
            .flatten()
            .find(|(template, _)| {
                let template: Vec<&str> = template.split('/').skip(1).collect();
                template.len() == segments.len()
                    && template
                        .iter()
                        .zip(segments)
                        .all(|(wanted, found)| wanted.starts_with('{') || wanted == found)
            })
            .map(|(_, path)| (path, &path["get"]))
            .ok_or_else(|| "no such path".to_owned())
    }

    fn parameters<'a>(&'a self, path: &'a Value, operation: &'a Value) -> Vec<&'a str> {
        [path, operation]
            .into_iter()
            .filter_map(|place| place["parameters"].as_array())
            .flatten()
            .map(|parameter| match parameter["$ref"].as_str() {
                Some(reference) => self
                    .0
                    .pointer(reference.trim_start_matches('#'))
                    .unwrap_or(&Value::Null),
                None => parameter,
            })
            .filter_map(|parameter| parameter["name"].as_str())
            .collect()
    }

    fn validate(&self, definition: &str, value: &Value) -> Result<(), String> {
        let schema = json!({
            "$ref": format!("#/definitions/{definition}"), "definitions": self.0["definitions"],
        });
        let validator = jsonschema::options()
            .with_draft(jsonschema::Draft::Draft4)
            .build(&schema)
            .map_err(|error| error.to_string())?;
        let errors: Vec<String> = validator
            .iter_errors(value)
            .map(|error| format!("{error} at {}", error.instance_path()))
            .collect();
        if errors.is_empty() {
            Ok(())
        } else {
            Err(errors.join("; "))
        }
    }
}
