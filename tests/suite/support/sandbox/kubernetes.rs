//! A stand-in for the Deployments of a Kubernetes API server, as strict as `contracts/kubernetes` tells.
//!
//! Nothing rolls out by itself: tests say when the controller looks and when pods move. Counters of zero are left out of
//! the answers, as on the real server.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::SecondsFormat;
use serde_json::{Map, Value, json};

use super::clock::SandboxClock;
use super::http_server::{Request, Response, Service};

pub const TOKEN: &str = "kubernetes-sandbox-token";

#[derive(Clone, Debug)]
struct Deployment {
    generation: i64,
    observed: i64,
    wanted: i64,
    replicas: i64,
    updated: i64,
    available: i64,
    paused: bool,
    /// Name, image.
    init_containers: Vec<(String, String)>,
    containers: Vec<(String, String)>,
    template_metadata: Value,
    conditions: Vec<Value>,
    /// `deployment.kubernetes.io/revision`.
    revision: u64,
    /// Templates that were current once, with the revision of the last time.
    past: Vec<(Vec<(String, String)>, u64)>,
    /// Under which revisions the template was current before.
    earlier: Vec<u64>,
    /// Statuses of its pods.
    pods: Vec<Value>,
}

#[derive(Debug, Default)]
struct State {
    /// `None`: `kubectl proxy`, which needs none.
    token: Option<String>,
    deployments: BTreeMap<(String, String), Deployment>,
    /// Namespaces that our role does not reach.
    forbidden: BTreeSet<String>,
    /// Whether our role may list nothing.
    no_lists: bool,
    /// Objects of other kinds, by their path below `/apis/`.
    objects: BTreeMap<String, Value>,
    /// Statuses of their pods.
    pods: BTreeMap<(String, String), Vec<Value>>,
}

/// A Kubernetes API server.
pub struct Kubernetes {
    clock: SandboxClock,
    state: Mutex<State>,
}

impl Kubernetes {
    /// The server as a pod sees it.
    pub fn new(clock: SandboxClock) -> Arc<Self> {
        let server = Self::proxy(clock);
        server.state().token = Some(TOKEN.to_owned());
        server
    }

    /// The server behind `kubectl proxy`.
    pub fn proxy(clock: SandboxClock) -> Arc<Self> {
        Arc::new(Self {
            clock,
            state: Mutex::default(),
        })
    }

    /// A Deployment with two pods that is rolled out.
    pub fn set_deployment(&self, namespace: &str, name: &str, containers: &[(&str, &str)]) {
        let owned = |(name, image): &(&str, &str)| ((*name).to_owned(), (*image).to_owned());
        let deployment = Deployment {
            generation: 1,
            observed: 1,
            wanted: 2,
            replicas: 2,
            updated: 2,
            available: 2,
            paused: false,
            init_containers: Vec::new(),
            containers: containers.iter().map(owned).collect(),
            template_metadata: json!({"labels": {"app": name}}),
            conditions: vec![
                self.condition("Available", "True", "MinimumReplicasAvailable", ""),
                self.condition("Progressing", "True", "NewReplicaSetAvailable", ""),
            ],
            revision: 1,
            past: Vec::new(),
            earlier: Vec::new(),
            pods: Vec::new(),
        };
        self.state()
            .deployments
            .insert((namespace.to_owned(), name.to_owned()), deployment);
    }

    /// A deploy sets the image of one container. The status still tells of the rollout before.
    pub fn set_image(&self, namespace: &str, name: &str, container: &str, image: &str) {
        self.change(namespace, name, |deployment| {
            deployment.generation += 1;
            let current = (deployment.containers.clone(), deployment.revision);
            deployment.past.push(current);
            deployment.earlier.clear();
            deployment.revision += 1;
            for (known, old) in deployment
                .containers
                .iter_mut()
                .chain(&mut deployment.init_containers)
            {
                if known == container {
                    *old = image.to_owned();
                }
            }
        });
    }

    /// Somebody restarts it: a new template with the same images.
    pub fn restart(&self, namespace: &str, name: &str) {
        self.change(namespace, name, |deployment| {
            deployment.generation += 1;
            let current = (deployment.containers.clone(), deployment.revision);
            deployment.past.push(current);
            deployment.earlier.clear();
            deployment.revision += 1;
        });
    }

    /// `kubectl rollout undo`: the template before becomes current, under a new revision.
    pub fn undo(&self, namespace: &str, name: &str) {
        self.change(namespace, name, |deployment| {
            deployment.generation += 1;
            let (before, revision) = deployment.past.pop().expect("there is one before");
            let current = (deployment.containers.clone(), deployment.revision);
            deployment.past.push(current);
            deployment.revision += 1;
            deployment.containers = before;
            deployment.earlier = vec![revision];
        });
    }

    /// A Deployment beside another one, whose labels it carries with one more.
    pub fn set_canary(&self, namespace: &str, name: &str, of: &str, containers: &[(&str, &str)]) {
        self.set_deployment(namespace, name, containers);
        self.change(namespace, name, |deployment| {
            deployment.template_metadata = json!({"labels": {"app": of, "track": "canary"}});
        });
    }

    /// A pod of a Deployment says this.
    pub fn add_pod(&self, namespace: &str, name: &str, status: Value) {
        self.change(namespace, name, |deployment| deployment.pods.push(status));
    }

    /// A pod of an object of another kind says this.
    pub fn add_pod_of_object(&self, namespace: &str, name: &str, status: Value) {
        let key = (namespace.to_owned(), name.to_owned());
        self.state().pods.entry(key).or_default().push(status);
    }

    /// An object of another kind, by its path below `/apis/`.
    pub fn set_object(&self, path: &str, object: Value) {
        self.state().objects.insert(path.to_owned(), object);
    }

    /// The role of our account allows `get` only.
    pub fn forbid_lists(&self) {
        self.state().no_lists = true;
    }

    /// The rollout takes its next step: seen, pods added, old pods gone, new pods available. Returns whether it is
    /// complete now.
    pub fn rollout_progresses(&self, namespace: &str, name: &str) -> bool {
        let progressing = self.condition("Progressing", "True", "ReplicaSetUpdated", "");
        let complete = self.condition("Progressing", "True", "NewReplicaSetAvailable", "");
        let mut is_complete = false;
        self.change(namespace, name, |deployment| {
            if deployment.observed < deployment.generation {
                deployment.observed = deployment.generation;
                deployment.updated = 0;
                set_condition(deployment, progressing);
            } else if deployment.updated < deployment.wanted {
                deployment.updated = deployment.wanted;
                deployment.replicas = deployment.wanted + 1;
                deployment.available = 1;
            } else if deployment.replicas > deployment.updated {
                deployment.replicas = deployment.updated;
            } else {
                deployment.available = deployment.updated;
                set_condition(deployment, complete);
                is_complete = true;
            }
        });
        is_complete
    }

    /// The rollout goes on to its end.
    pub fn rollout_completes(&self, namespace: &str, name: &str) {
        while !self.rollout_progresses(namespace, name) {}
    }

    /// The new pods crash until the deadline.
    pub fn rollout_stalls(&self, namespace: &str, name: &str) {
        let exceeded = self.condition(
            "Progressing",
            "False",
            "ProgressDeadlineExceeded",
            "ReplicaSet \"widgets-7d\" has timed out progressing.",
        );
        self.change(namespace, name, |deployment| {
            deployment.observed = deployment.generation;
            deployment.updated = 1;
            deployment.replicas = deployment.wanted + 1;
            set_condition(deployment, exceeded);
        });
    }

    /// A quota refuses new pods.
    pub fn refuse_pods(&self, namespace: &str, name: &str, why: &str) {
        let failure = self.condition("ReplicaFailure", "True", "FailedCreate", why);
        self.change(namespace, name, |deployment| {
            deployment.observed = deployment.generation;
            deployment.updated = 0;
            set_condition(deployment, failure);
        });
    }

    pub fn pause(&self, namespace: &str, name: &str) {
        self.change(namespace, name, |deployment| {
            deployment.paused = true;
            deployment.generation += 1;
            deployment.observed = deployment.generation;
        });
    }

    pub fn scale_to_zero(&self, namespace: &str, name: &str) {
        self.change(namespace, name, |deployment| {
            deployment.generation += 1;
            deployment.observed = deployment.generation;
            deployment.wanted = 0;
            deployment.replicas = 0;
            deployment.updated = 0;
            deployment.available = 0;
        });
    }

    pub fn add_init_container(&self, namespace: &str, name: &str, container: &str, image: &str) {
        self.change(namespace, name, |deployment| {
            deployment
                .init_containers
                .push((container.to_owned(), image.to_owned()));
        });
    }

    pub fn annotate_template(&self, namespace: &str, name: &str, key: &str, value: &str) {
        self.change(namespace, name, |deployment| {
            deployment.template_metadata["annotations"] = json!({key: value});
        });
    }

    pub fn delete_deployment(&self, namespace: &str, name: &str) {
        self.state()
            .deployments
            .remove(&(namespace.to_owned(), name.to_owned()));
    }

    /// The role of our account does not reach this namespace.
    pub fn forbid(&self, namespace: &str) {
        self.state().forbidden.insert(namespace.to_owned());
    }

    /// The kubelet rotates the token.
    pub fn rotate_token(&self, token: &str) {
        self.state().token = Some(token.to_owned());
    }

    fn condition(&self, kind: &str, status: &str, reason: &str, message: &str) -> Value {
        let now = self.clock.now().to_rfc3339_opts(SecondsFormat::Secs, true);
        json!({
            "type": kind, "status": status, "reason": reason, "message": message,
            "lastUpdateTime": now, "lastTransitionTime": now,
        })
    }

    fn change(&self, namespace: &str, name: &str, change: impl FnOnce(&mut Deployment)) {
        let mut state = self.state();
        let key = (namespace.to_owned(), name.to_owned());
        let deployment = state.deployments.get_mut(&key);
        change(deployment.unwrap_or_else(|| panic!("no Deployment {namespace}/{name}")));
    }

    /// Everything that it remembers, in words that are the same when it is the same.
    pub fn memory(&self) -> String {
        format!("{:?}", *self.state())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn set_condition(deployment: &mut Deployment, condition: Value) {
    deployment
        .conditions
        .retain(|known| known["type"] != condition["type"]);
    deployment.conditions.push(condition);
}

impl Service for Kubernetes {
    fn answer(&self, request: &Request) -> Response {
        let state = self.state();
        match &state.token {
            Some(token) => {
                if request.header("authorization") != Some(&format!("Bearer {token}")) {
                    return status(401, "Unauthorized", "Unauthorized");
                }
            }
            None => {
                let host = request.header("host").unwrap_or_default();
                if !(host.starts_with("127.0.0.1") || host.starts_with("localhost")) {
                    return Response::text(403, "text/plain", "Forbidden");
                }
            }
        }
        let segments: Vec<&str> = request.path.split('/').skip(1).collect();
        if let Some(object) = state
            .objects
            .get(request.path.strip_prefix("/apis/").unwrap_or_default())
        {
            return Response::json(200, object);
        }
        if let [
            "apis",
            "apps",
            "v1",
            "namespaces",
            namespace,
            list @ "replicasets",
        ]
        | ["api", "v1", "namespaces", namespace, list @ "pods"] = segments.as_slice()
        {
            if request.method != "GET" {
                return status(405, "MethodNotAllowed", "the stand-in only reads");
            }
            return self::list(&state, namespace, list, &request.query);
        }
        let [
            "apis",
            "apps",
            "v1",
            "namespaces",
            namespace,
            "deployments",
            name,
        ] = segments.as_slice()
        else {
            return status(
                404,
                "NotFound",
                "the server could not find the requested resource",
            );
        };
        if request.method != "GET" || !request.query.is_empty() {
            return status(
                405,
                "MethodNotAllowed",
                "the stand-in only reads single objects",
            );
        }
        if state.forbidden.contains(*namespace) {
            let message = format!(
                "deployments.apps \"{name}\" is forbidden: User \"system:serviceaccount:afk:afk\" cannot get resource \
                 \"deployments\" in API group \"apps\" in the namespace \"{namespace}\""
            );
            return status(403, "Forbidden", &message);
        }
        let key = ((*namespace).to_owned(), (*name).to_owned());
        match state.deployments.get(&key) {
            Some(deployment) => Response::json(200, &render(namespace, name, deployment)),
            None => status(
                404,
                "NotFound",
                &format!("deployments.apps \"{name}\" not found"),
            ),
        }
    }
}

/// What belongs to the Deployment that the selector names.
fn list(state: &State, namespace: &str, list: &str, query: &str) -> Response {
    if state.no_lists || state.forbidden.contains(namespace) {
        let message = format!(
            "{list} is forbidden: User \"system:serviceaccount:afk:afk\" cannot list resource"
        );
        return status(403, "Forbidden", &message);
    }
    let mut app = None;
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        match name.as_ref() {
            "labelSelector" => app = value.strip_prefix("app=").map(str::to_owned),
            "limit" => {}
            other => return status(400, "BadRequest", &format!("unknown parameter {other}")),
        }
    }
    let Some(app) = app else {
        return status(400, "BadRequest", "the stand-in lists by app only");
    };
    // The selector fits all that carry the label, whosever they are.
    let selected = state.deployments.iter().filter(|((place, _), deployment)| {
        place == namespace && deployment.template_metadata["labels"]["app"] == json!(app)
    });
    let of_deployments = selected.flat_map(|((_, name), deployment)| match list {
        "pods" => pods(namespace, name, deployment),
        _ => replica_sets(namespace, name, deployment),
    });
    let of_object = state.pods.get(&(namespace.to_owned(), app.clone()));
    let of_object = of_object.into_iter().flatten().filter(|_| list == "pods");
    let pod = |status: &Value| json!({"metadata": {"name": app, "namespace": namespace}, "status": status});
    let items: Vec<Value> = of_deployments.chain(of_object.map(pod)).collect();
    Response::json(
        200,
        &json!({"apiVersion": "v1", "kind": "List", "metadata": {}, "items": items}),
    )
}

fn uid(name: &str) -> String {
    let sum: u64 = name.bytes().map(u64::from).sum();
    format!("0d9c1a4e-0000-4000-8000-{sum:012x}")
}

fn owned_by(kind: &str, name: &str) -> Value {
    json!([{"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": uid(name), "controller": true,
        "blockOwnerDeletion": true}])
}

fn pods(namespace: &str, name: &str, deployment: &Deployment) -> Vec<Value> {
    let hash = format!("7d{}", deployment.revision);
    let set = format!("{name}-{hash}");
    let pod = |status: &Value| {
        json!({"metadata": {"name": format!("{set}-x"), "namespace": namespace,
            "labels": {"app": name, "pod-template-hash": hash},
            "ownerReferences": owned_by("ReplicaSet", &set)}, "status": status})
    };
    deployment.pods.iter().map(pod).collect()
}

fn replica_sets(namespace: &str, app: &str, deployment: &Deployment) -> Vec<Value> {
    let current = (deployment.containers.clone(), deployment.revision);
    deployment
        .past
        .iter()
        .chain([&current])
        .map(|(containers, revision)| {
            let containers: Vec<Value> = containers
                .iter()
                .map(|(name, image)| json!({"name": name, "image": image}))
                .collect();
            let mut annotations =
                json!({"deployment.kubernetes.io/revision": revision.to_string()});
            if *revision == deployment.revision && !deployment.earlier.is_empty() {
                let earlier: Vec<String> = deployment.earlier.iter().map(u64::to_string).collect();
                annotations["deployment.kubernetes.io/revision-history"] = json!(earlier.join(","));
            }
            json!({
                "metadata": {"name": format!("{app}-7d{revision}"), "namespace": namespace,
                    "annotations": annotations, "ownerReferences": owned_by("Deployment", app)},
                "spec": {"selector": {"matchLabels": {"app": app}},
                    "template": {"metadata": {}, "spec": {"containers": containers}}},
            })
        })
        .collect()
}

fn status(code: u16, reason: &str, message: &str) -> Response {
    Response::json(
        code,
        &json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": message, "reason": reason, "code": code,
        }),
    )
}

fn render(namespace: &str, name: &str, deployment: &Deployment) -> Value {
    let containers = |containers: &[(String, String)]| {
        containers
            .iter()
            .map(|(name, image)| json!({"name": name, "image": image, "resources": {}}))
            .collect::<Vec<_>>()
    };
    let mut pod = json!({"containers": containers(&deployment.containers)});
    if !deployment.init_containers.is_empty() {
        pod["initContainers"] = json!(containers(&deployment.init_containers));
    }
    let mut spec = json!({
        "replicas": deployment.wanted, "progressDeadlineSeconds": 600,
        "selector": {"matchLabels": {"app": name}},
        "template": {"metadata": deployment.template_metadata, "spec": pod},
    });
    if deployment.paused {
        spec["paused"] = json!(true);
    }
    let mut counters = Map::new();
    for (key, count) in [
        ("observedGeneration", deployment.observed),
        ("replicas", deployment.replicas),
        ("updatedReplicas", deployment.updated),
        ("readyReplicas", deployment.available),
        ("availableReplicas", deployment.available),
        (
            "unavailableReplicas",
            (deployment.replicas - deployment.available).max(0),
        ),
    ] {
        if count != 0 {
            counters.insert(key.to_owned(), json!(count));
        }
    }
    counters.insert("conditions".to_owned(), json!(deployment.conditions));
    json!({
        "kind": "Deployment", "apiVersion": "apps/v1",
        "metadata": {
            "name": name, "namespace": namespace, "generation": deployment.generation,
            "uid": uid(name), "resourceVersion": "12345",
            "annotations": {"deployment.kubernetes.io/revision": deployment.revision.to_string()},
        },
        "spec": spec, "status": counters,
    })
}
