//! What `kubectl kustomize` makes of base, overlays and components. Judges nothing.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Mutex, PoisonError};

use serde::Deserialize as _;
use serde_json::Value;

pub const BASE: &str = "base";
pub const EXAMPLE: &str = "overlays/example";
pub const EXTERNAL_SECRETS: &str = "overlays/external-secrets";
pub const SOAK: &str = "overlays/soak";
/// A soak where External Secrets makes the Secrets.
pub const SOAK_EXTERNAL: &str = "overlays/soak-external-secrets";
/// A second deployment, in a namespace of its own.
pub const SHARD: &str = "overlays/shard";
/// Three deployments at once.
pub const SHARDS: &str = "overlays/shards";
/// One of those, the only one with a rollout stage.
pub const SHARD_ONE: &str = "overlays/shards/one";
pub const ALL: [&str; 7] = [
    BASE,
    EXAMPLE,
    EXTERNAL_SECRETS,
    SOAK,
    SOAK_EXTERNAL,
    SHARD,
    SHARDS,
];
/// The label that tells deployments apart.
pub const INSTANCE: &str = "app.kubernetes.io/instance";
/// The CronJob of the component `digest`.
pub const DIGEST: &str = "afk-digest";
/// Those that run with `--dry-run`.
pub const SOAKS: [&str; 2] = [SOAK, SOAK_EXTERNAL];

/// The objects of one rendering.
pub struct Rendered {
    pub of: String,
    pub objects: Vec<Value>,
}

/// Reads a file below `deploy/`.
pub fn file(path: &str) -> String {
    let path = deploy().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn deploy() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy")
}

/// Renders a directory below `deploy/`. `None`, said loudly, without kubectl; under `CI` that is a failure.
pub fn rendered(of: &str) -> Option<Rendered> {
    known(of, || deploy().join(of))
}

/// Every deployment of base and overlays: the shards of a fleet each by itself. None without kubectl.
pub fn deployments() -> Vec<Rendered> {
    let all = ALL.into_iter().filter_map(rendered);
    all.flat_map(Rendered::deployments).collect()
}

/// Names of all components, sorted.
pub fn components() -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(deploy().join("components"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Renders an overlay with components, as an operator would name them in a kustomization of their own.
pub fn with(overlay: &str, components: &[&str]) -> Option<Rendered> {
    let name = combination(overlay, components);
    known(&name, || combined(overlay, components))
}

/// What kubectl says of a combination that can not be rendered.
pub fn refused(overlay: &str, components: &[&str]) -> Option<String> {
    let output = kustomize(&combined(overlay, components))?;
    let name = combination(overlay, components);
    assert!(!output.status.success(), "{name} is rendered");
    Some(String::from_utf8(output.stderr).unwrap())
}

/// Renders a directory of a test's own.
pub fn rendered_at(of: &str, directory: &Path) -> Option<Rendered> {
    known(of, || directory.to_owned())
}

/// The relative path from a directory to `deploy/`; kustomize takes no other.
pub fn way_to_deploy(directory: &Path) -> String {
    let directory = directory.canonicalize().unwrap();
    way(&directory, &deploy().canonicalize().unwrap())
}

fn combination(overlay: &str, components: &[&str]) -> String {
    format!("{overlay} with {}", components.join(", "))
}

/// A kustomization of an overlay with components.
fn combined(overlay: &str, components: &[&str]) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("kustomize")
        .join(combination(overlay, components).replace(['/', ' ', ','], "-"));
    std::fs::create_dir_all(&directory).unwrap();
    let root = way_to_deploy(&directory);
    let mut kustomization = format!(
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n  - {root}/{overlay}\ncomponents:\n"
    );
    for component in components {
        kustomization += &format!("  - {root}/components/{component}\n");
    }
    std::fs::write(directory.join("kustomization.yaml"), kustomization).unwrap();
    directory
}

/// The relative path from one directory to another.
fn way(from: &Path, to: &Path) -> String {
    let (from, to): (Vec<Component>, Vec<Component>) =
        (from.components().collect(), to.components().collect());
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = from[shared..].iter().map(|_| "..");
    let down = to[shared..]
        .iter()
        .map(|part| part.as_os_str().to_str().unwrap());
    up.chain(down).collect::<Vec<_>>().join("/")
}

/// What was rendered before under this name, or what the directory renders to.
fn known(of: &str, directory: impl FnOnce() -> PathBuf) -> Option<Rendered> {
    // Many tests look at the same few renderings.
    static KNOWN: Mutex<BTreeMap<String, Option<Vec<Value>>>> = Mutex::new(BTreeMap::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let objects = known
        .entry(of.to_owned())
        .or_insert_with(|| render(of, &directory()))
        .clone()?;
    Some(Rendered {
        of: of.to_owned(),
        objects,
    })
}

#[expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "CI must not skip, and a test that checks less must say so"
)]
fn kustomize(directory: &Path) -> Option<Output> {
    let Ok(output) = Command::new("kubectl")
        .arg("kustomize")
        .arg(directory)
        .output()
    else {
        assert!(std::env::var_os("CI").is_none(), "kubectl is missing");
        eprintln!("SKIPPED: kubectl is not installed, the manifests were not rendered");
        return None;
    };
    Some(output)
}

fn render(of: &str, directory: &Path) -> Option<Vec<Value>> {
    let output = kustomize(directory)?;
    assert!(output.status.success(), "{of}: {output:?}");
    assert!(output.stderr.is_empty(), "{of} warns: {output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let objects = yaml_serde::Deserializer::from_str(&text)
        .map(|document| Value::deserialize(document).unwrap())
        .collect();
    Some(objects)
}

impl Rendered {
    /// The deployments that are rendered here, each with the objects that have its label.
    pub fn deployments(self) -> Vec<Self> {
        let namespaces = self.all("Namespace").len();
        if namespaces < 2 {
            return vec![self];
        }
        let mut parts: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for object in self.objects {
            let instance = text(&object["metadata"]["labels"][INSTANCE]).to_owned();
            parts.entry(instance).or_default().push(object);
        }
        assert_eq!(parts.len(), namespaces, "{}", self.of);
        let of = |instance| format!("{}: {instance}", self.of);
        parts
            .into_iter()
            .map(|(instance, objects)| Self {
                of: of(instance),
                objects,
            })
            .collect()
    }

    /// The namespace of a deployment, as the account of its watcher tells it.
    pub fn namespace(&self) -> &str {
        let accounts = self.all("ServiceAccount");
        assert_eq!(accounts.len(), 2, "{}", self.of);
        assert_eq!(
            accounts[0]["metadata"]["namespace"],
            accounts[1]["metadata"]["namespace"]
        );
        text(&accounts[0]["metadata"]["namespace"])
    }

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

    /// Both ticks, and the digest where its component is there.
    pub fn cron_jobs(&self) -> Vec<&Value> {
        let all = self.all("CronJob");
        let is_tick = |cron_job: &&&Value| cron_job["metadata"]["name"] != DIGEST;
        assert_eq!(all.iter().filter(is_tick).count(), 2, "{}", self.of);
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
