//! What `kubectl kustomize` makes of base and overlays. Judges nothing.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use serde::Deserialize as _;
use serde_json::Value;

pub const BASE: &str = "base";
pub const EXAMPLE: &str = "overlays/example";
pub const EXTERNAL_SECRETS: &str = "overlays/external-secrets";
pub const SOAK: &str = "overlays/soak";
pub const ALL: [&str; 4] = [BASE, EXAMPLE, EXTERNAL_SECRETS, SOAK];

/// The objects of one rendering.
pub struct Rendered {
    pub of: &'static str,
    pub objects: Vec<Value>,
}

/// Reads a file below `deploy/`.
pub fn file(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("deploy")
        .join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Renders a directory below `deploy/`. `None`, said loudly, without kubectl; under `CI` that is a failure.
pub fn rendered(of: &'static str) -> Option<Rendered> {
    // Many tests look at the same few renderings.
    static KNOWN: Mutex<BTreeMap<&str, Option<Vec<Value>>>> = Mutex::new(BTreeMap::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let objects = known.entry(of).or_insert_with(|| render(of)).clone()?;
    Some(Rendered { of, objects })
}

#[expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "CI must not skip, and a test that checks less must say so"
)]
fn render(of: &str) -> Option<Vec<Value>> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("deploy")
        .join(of);
    let Ok(output) = Command::new("kubectl")
        .arg("kustomize")
        .arg(&directory)
        .output()
    else {
        assert!(std::env::var_os("CI").is_none(), "kubectl is missing");
        eprintln!("SKIPPED: kubectl is not installed, the manifests were not rendered");
        return None;
    };
    assert!(output.status.success(), "{of}: {output:?}");
    assert!(output.stderr.is_empty(), "{of} warns: {output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let objects = yaml_serde::Deserializer::from_str(&text)
        .map(|document| Value::deserialize(document).unwrap())
        .collect();
    Some(objects)
}

impl Rendered {
    /// All objects of a kind.
    pub fn all(&self, kind: &str) -> Vec<&Value> {
        let wanted = |object: &&Value| object["kind"] == kind;
        self.objects.iter().filter(wanted).collect()
    }

    pub fn object(&self, kind: &str, name: &str) -> &Value {
        let all = self.all(kind);
        all.into_iter()
            .find(|object| object["metadata"]["name"] == name)
            .unwrap_or_else(|| panic!("{}: no {kind} {name}", self.of))
    }

    pub fn cron_jobs(&self) -> Vec<&Value> {
        let all = self.all("CronJob");
        assert_eq!(all.len(), 2, "{}", self.of);
        all
    }

    /// `Kind name` of every object, sorted.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.objects.iter().map(name).collect();
        names.sort();
        names
    }

    /// Key and value of a ConfigMap.
    pub fn settings(&self, name: &str) -> BTreeMap<String, String> {
        let data = self.object("ConfigMap", name)["data"].as_object().unwrap();
        data.iter()
            .map(|(key, value)| (key.clone(), text(value).to_owned()))
            .collect()
    }
}

/// `Kind name`.
pub fn name(object: &Value) -> String {
    format!(
        "{} {}",
        text(&object["kind"]),
        text(&object["metadata"]["name"])
    )
}

/// The pod that a CronJob starts.
pub fn pod(cron_job: &Value) -> &Value {
    &cron_job["spec"]["jobTemplate"]["spec"]["template"]
}

/// Its only container.
pub fn container(cron_job: &Value) -> &Value {
    let containers = list(&pod(cron_job)["spec"]["containers"]);
    assert_eq!(containers.len(), 1);
    &containers[0]
}

/// The ConfigMap that is mounted where `AFK_CONFIG_DIR` points.
pub fn mounted_settings(cron_job: &Value) -> &str {
    let volumes = list(&pod(cron_job)["spec"]["volumes"]);
    let mut names = volumes
        .iter()
        .filter_map(|volume| volume["configMap"]["name"].as_str());
    let name = names.next().unwrap();
    assert_eq!(names.next(), None);
    name
}

pub fn text(value: &Value) -> &str {
    value
        .as_str()
        .unwrap_or_else(|| panic!("no text: {value:#}"))
}

/// A list; empty when it is not there.
pub fn list(value: &Value) -> &[Value] {
    if value.is_null() {
        return &[];
    }
    value
        .as_array()
        .unwrap_or_else(|| panic!("no list: {value:#}"))
}
