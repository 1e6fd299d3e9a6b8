//! Schedules, deadlines, rights, network and figures of the rendered objects.

use std::collections::BTreeSet;
use std::time::Duration;

use afk::domain::config::{self, Key, KeyDefault, Source};
use serde_json::{Value, json};

use super::rendered::{
    BASE, EXAMPLE, EXTERNAL_SECRETS, Rendered, SHARD, SHARD_ONE, SHARDS, SOAKS, container,
    deployments, list, name, pod, rendered, text,
};

/// Calls `check` with every CronJob of base and overlays.
fn each_cron_job(check: impl Fn(&Value)) {
    for overlay in deployments() {
        for cron_job in overlay.cron_jobs() {
            check(cron_job);
        }
    }
}

/// Which of the two binaries a CronJob runs.
fn component(cron_job: &Value) -> &str {
    text(&cron_job["metadata"]["labels"]["app.kubernetes.io/component"])
}

const BASE_OBJECTS: [&str; 8] = [
    "ConfigMap afk",
    "CronJob afk-poll",
    "CronJob afk-watch",
    "Namespace afk",
    "NetworkPolicy afk",
    "NetworkPolicy afk-t3",
    "ServiceAccount afk-poll",
    "ServiceAccount afk-watch",
];

const ROLLOUT_OBJECTS: [&str; 3] = [
    "NetworkPolicy afk-watch-kubernetes",
    "Role afk-watch",
    "RoleBinding afk-watch",
];

const EXTERNAL: [&str; 3] = [
    "ExternalSecret afk-github",
    "ExternalSecret afk-ntfy",
    "ExternalSecret afk-t3",
];

fn assert_objects(overlay: &Rendered, parts: &[&[&str]]) {
    let mut wanted = parts.concat();
    wanted.sort_unstable();
    assert_eq!(overlay.names(), wanted, "{}", overlay.of);
}

#[test]
fn base_and_overlays_hold_exactly_these_objects() {
    let Some(base) = rendered(BASE) else { return };
    assert_objects(&base, &[&BASE_OBJECTS]);
    let example = rendered(EXAMPLE).unwrap();
    assert_objects(&example, &[&BASE_OBJECTS, &ROLLOUT_OBJECTS]);
    let external = rendered(EXTERNAL_SECRETS).unwrap();
    assert_objects(&external, &[&BASE_OBJECTS, &ROLLOUT_OBJECTS, &EXTERNAL]);
    // Deleting the soak must take away neither the namespace nor anything that the real CronJobs use.
    for soak in SOAKS {
        let names = rendered(soak).unwrap().names();
        assert_eq!(names.len(), 7, "{names:?}");
        assert!(
            names.iter().all(|name| name.ends_with("-soak")),
            "{names:?}"
        );
    }
    let moved = |namespace| {
        BASE_OBJECTS.map(|name| match name {
            "Namespace afk" => namespace,
            other => other,
        })
    };
    assert_objects(&rendered(SHARD).unwrap(), &[&moved("Namespace afk-two")]);
    // In an application's namespace the rights of several shards may meet: they have the shard's name.
    let rollout = [
        "NetworkPolicy afk-watch-kubernetes",
        "Role afk-one-watch",
        "RoleBinding afk-one-watch",
    ];
    let (one, two, three) = (
        moved("Namespace afk-one"),
        moved("Namespace afk-two"),
        moved("Namespace afk-three"),
    );
    let shards = rendered(SHARDS).unwrap();
    assert_objects(&shards, &[&one, &two, &three, &rollout]);
    // A shard by itself is the same as its part of the fleet.
    let own = rendered(SHARD_ONE).unwrap();
    assert_objects(&own, &[&one, &rollout]);
    for object in &own.objects {
        assert!(shards.objects.contains(object), "{}", name(object));
    }
}

#[test]
fn every_object_stands_in_the_namespace_of_afk_but_the_rights_in_the_applications() {
    for overlay in deployments() {
        let own = match overlay.of.as_str() {
            SHARD => "afk-two",
            shard if shard.starts_with(SHARDS) => shard.rsplit(' ').next().unwrap(),
            _ => "afk",
        };
        for object in &overlay.objects {
            let namespace = &object["metadata"]["namespace"];
            match text(&object["kind"]) {
                "Namespace" => {
                    assert!(namespace.is_null());
                    assert_eq!(object["metadata"]["name"], own);
                }
                "Role" | "RoleBinding" => assert_eq!(namespace, "shop"),
                _ => assert_eq!(namespace, own, "{}", name(object)),
            }
        }
    }
}

#[test]
fn the_namespace_demands_the_restricted_profile() {
    let Some(base) = rendered(BASE) else { return };
    let labels = &base.object("Namespace", "afk")["metadata"]["labels"];
    for mode in ["enforce", "audit", "warn"] {
        let label = format!("pod-security.kubernetes.io/{mode}");
        assert_eq!(labels[&label], "restricted");
        assert_eq!(labels[format!("{label}-version")], "latest");
    }
}

#[test]
fn cron_jobs_are_scheduled_and_limited_as_promised() {
    each_cron_job(|cron_job| {
        let schedule = match component(cron_job) {
            "poll" => "*/3 * * * *",
            "watch" => "1-59/2 * * * *",
            other => panic!("{other}"),
        };
        for (path, wanted) in [
            ("/spec/schedule", json!(schedule)),
            ("/spec/timeZone", json!("Etc/UTC")),
            ("/spec/concurrencyPolicy", json!("Forbid")),
            ("/spec/startingDeadlineSeconds", json!(90)),
            ("/spec/jobTemplate/spec/backoffLimit", json!(0)),
        ] {
            assert_eq!(cron_job.pointer(path), Some(&wanted), "{path}");
        }
        // Applying again must not wake what somebody suspended.
        assert!(cron_job["spec"]["suspend"].is_null());
        let pod = &pod(cron_job)["spec"];
        for (path, wanted) in [
            ("/restartPolicy", json!("Never")),
            ("/enableServiceLinks", json!(false)),
            ("/automountServiceAccountToken", json!(false)),
            ("/securityContext/runAsNonRoot", json!(true)),
            (
                "/securityContext/seccompProfile",
                json!({"type": "RuntimeDefault"}),
            ),
            (
                "/containers/0/securityContext/readOnlyRootFilesystem",
                json!(true),
            ),
            (
                "/containers/0/securityContext/allowPrivilegeEscalation",
                json!(false),
            ),
            (
                "/containers/0/securityContext/capabilities",
                json!({"drop": ["ALL"]}),
            ),
            ("/containers/0/imagePullPolicy", json!("IfNotPresent")),
        ] {
            assert_eq!(pod.pointer(path), Some(&wanted), "{path}");
        }
    });
}

fn seconds(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

/// The longest that a tick lives, by the program's own table.
fn tick_max() -> u64 {
    match Key::TickMaxSeconds.default() {
        KeyDefault::Value(value) => value.parse().unwrap(),
        KeyDefault::Unset(text) => panic!("{text}"),
    }
}

#[test]
fn a_tick_ends_by_itself_before_kubernetes_ends_it() {
    each_cron_job(|cron_job| {
        let job = &cron_job["spec"]["jobTemplate"]["spec"];
        let pod = &pod(cron_job)["spec"];
        // The clock of the Job runs while the pod is scheduled and the image is pulled.
        const START_UP: u64 = 45;
        assert!(seconds(&job["activeDeadlineSeconds"]) >= tick_max() + START_UP);
        // However a SIGTERM comes, the tick's own deadline is over before SIGKILL; and the Job's deadline does not count it.
        let grace = seconds(&pod["terminationGracePeriodSeconds"]);
        assert!(grace > tick_max());
        // A Job that was due while another one ran starts late, or is left to the next one.
        assert!(seconds(&cron_job["spec"]["startingDeadlineSeconds"]) < 2 * 60);
    });
    let loaded = config::load(&[Source::new("nothing", Default::default())]).unwrap();
    assert_eq!(
        loaded.config.limits.tick_max,
        Duration::from_secs(tick_max())
    );
}

#[test]
fn memory_and_processor_are_bounded_by_the_figures_of_the_benchmark() {
    /// What a tick may take with a large snapshot (SPEC 10), in bytes.
    const RESIDENT_MAX: u64 = 40_000_000;
    let mebibytes = |value: &Value| -> u64 {
        let number = text(value).strip_suffix("Mi").unwrap();
        number.parse::<u64>().unwrap() << 20
    };
    let millicores = |value: &Value| -> u64 {
        let number = text(value).strip_suffix('m').unwrap();
        number.parse().unwrap()
    };
    each_cron_job(|cron_job| {
        let resources = &container(cron_job)["resources"];
        let (requests, limits) = (&resources["requests"], &resources["limits"]);
        assert!(mebibytes(&limits["memory"]) > RESIDENT_MAX * 3 / 2);
        assert!(mebibytes(&limits["memory"]) >= mebibytes(&requests["memory"]));
        assert!(millicores(&limits["cpu"]) >= millicores(&requests["cpu"]));
    });
}

#[test]
fn secrets_come_as_optional_files_and_nothing_else() {
    for overlay in deployments() {
        assert!(overlay.all("Secret").is_empty());
        for cron_job in overlay.cron_jobs() {
            let container = container(cron_job);
            assert!(container["envFrom"].is_null());
            for variable in list(&container["env"]) {
                let name = text(&variable["name"]);
                let secret = Key::ALL
                    .iter()
                    .any(|key| key.is_secret() && key.name() == name);
                assert!(!secret, "{name} in the environment");
                let from = &variable["valueFrom"];
                assert!(from["secretKeyRef"].is_null(), "{name}");
            }
            let volumes = list(&pod(cron_job)["spec"]["volumes"]);
            assert!(volumes.iter().all(|volume| volume["secret"].is_null()));
            for source in volumes
                .iter()
                .flat_map(|volume| list(&volume["projected"]["sources"]))
                .filter(|source| !source["secret"].is_null())
            {
                assert_eq!(source["secret"]["optional"], true);
                assert_eq!(list(&source["secret"]["items"]).len(), 1);
            }
        }
        // Every file that the settings name is mounted, by the watcher at least.
        let mounted: BTreeSet<String> = secret_files(&overlay);
        for settings in overlay.all("ConfigMap") {
            for (key, value) in settings["data"].as_object().unwrap() {
                if key.ends_with("_FILE") {
                    assert!(mounted.contains(text(value)), "{key}: {value}");
                }
            }
        }
    }
}

#[test]
fn mounted_files_can_be_read_by_the_pods_user_and_secrets_by_nobody_else() {
    each_cron_job(|cron_job| {
        let spec = &pod(cron_job)["spec"];
        let context = &spec["securityContext"];
        assert_eq!(context["fsGroup"], context["runAsGroup"]);
        assert_ne!(context["runAsGroup"], 0);
        for volume in list(&spec["volumes"]) {
            let mode = match text(&volume["name"]) {
                "settings" => &volume["configMap"]["defaultMode"],
                _ => &volume["projected"]["defaultMode"],
            };
            let open_to_all = volume["name"] == "settings";
            assert_eq!(*mode, if open_to_all { 0o444 } else { 0o440 });
        }
    });
}

/// Paths of all secrets in the watcher's container.
fn secret_files(overlay: &Rendered) -> BTreeSet<String> {
    let cron_jobs = overlay.cron_jobs();
    let watch = cron_jobs
        .into_iter()
        .find(|cron_job| component(cron_job) == "watch")
        .unwrap();
    let volumes = list(&pod(watch)["spec"]["volumes"]);
    let secrets = volumes
        .iter()
        .find(|volume| volume["name"] == "secrets")
        .unwrap();
    list(&secrets["projected"]["sources"])
        .iter()
        .map(|source| {
            let path = text(&source["secret"]["items"][0]["path"]);
            format!("/etc/afk/secrets/{path}")
        })
        .collect()
}

#[test]
fn external_secrets_make_the_secrets_that_are_mounted() {
    let Some(overlay) = rendered(EXTERNAL_SECRETS) else {
        return;
    };
    let mut mounted = BTreeSet::new();
    for cron_job in overlay.cron_jobs() {
        for source in list(&pod(cron_job)["spec"]["volumes"])
            .iter()
            .flat_map(|volume| list(&volume["projected"]["sources"]))
            .filter(|source| !source["secret"].is_null())
        {
            let secret = &source["secret"];
            mounted.insert((
                text(&secret["name"]).to_owned(),
                text(&secret["items"][0]["key"]).to_owned(),
            ));
        }
    }
    for external in overlay.all("ExternalSecret") {
        // The shape that External Secrets describes; its schema is not at hand, so every field is named here.
        assert_eq!(external["apiVersion"], "external-secrets.io/v1");
        let secret = text(&external["metadata"]["name"]);
        let spec = external["spec"].as_object().unwrap();
        let fields: Vec<&str> = spec.keys().map(String::as_str).collect();
        assert_eq!(
            fields,
            ["data", "refreshInterval", "secretStoreRef", "target"]
        );
        assert_eq!(
            spec["secretStoreRef"],
            json!({"kind": "ClusterSecretStore", "name": "example"})
        );
        assert_eq!(
            spec["target"],
            json!({"name": secret, "creationPolicy": "Owner", "deletionPolicy": "Retain"})
        );
        let [data] = list(&spec["data"]) else {
            panic!("{external:#}")
        };
        let key = text(&data["secretKey"]);
        let short = secret.strip_prefix("afk-").unwrap();
        assert_eq!(
            data["remoteRef"],
            json!({"key": format!("afk/{short}"), "property": key})
        );
        assert!(
            mounted.contains(&(secret.to_owned(), key.to_owned())),
            "{secret} is not mounted"
        );
    }
}

#[test]
fn the_poller_has_no_token_and_the_watcher_may_get_one_deployment() {
    for overlay in deployments() {
        for account in overlay.all("ServiceAccount") {
            assert_eq!(account["automountServiceAccountToken"], false);
        }
        for cron_job in overlay.cron_jobs() {
            assert_eq!(
                pod(cron_job)["spec"]["serviceAccountName"],
                cron_job["metadata"]["name"],
                "the account has the name of its CronJob"
            );
            let tokens = list(&pod(cron_job)["spec"]["volumes"])
                .iter()
                .flat_map(|volume| list(&volume["projected"]["sources"]))
                .filter(|source| !source["serviceAccountToken"].is_null())
                .count();
            assert_eq!(tokens, usize::from(component(cron_job) == "watch"));
        }
        for kind in ["ClusterRole", "ClusterRoleBinding"] {
            assert!(overlay.all(kind).is_empty());
        }
        for (role, binding) in overlay.all("Role").iter().zip(overlay.all("RoleBinding")) {
            assert_eq!(
                role["rules"],
                json!([{"apiGroups": ["apps"], "resources": ["deployments"], "resourceNames": ["widgets"], "verbs": ["get"]}])
            );
            assert_eq!(binding["roleRef"]["name"], role["metadata"]["name"]);
            let account = &binding["subjects"][0]["name"];
            assert_eq!(
                binding["subjects"],
                json!([{"kind": "ServiceAccount", "name": account, "namespace": overlay.namespace()}])
            );
            overlay.object("ServiceAccount", text(account));
            assert!(text(account).starts_with("afk-watch"));
        }
    }
}

#[test]
fn every_rollout_that_is_configured_may_be_read() {
    let mut rollouts = BTreeSet::new();
    for overlay in deployments() {
        for settings in overlay.all("ConfigMap") {
            let configured = text(&settings["data"]["AFK_REPOS"]);
            let repositories: Value = serde_json::from_str(configured).unwrap();
            for repository in repositories.as_object().unwrap().values() {
                let rollout = &repository["rollout"];
                let [role] = overlay.all("Role")[..] else {
                    panic!("{}: one role", overlay.of)
                };
                assert_eq!(rollout["namespace"], role["metadata"]["namespace"]);
                let names = list(&role["rules"][0]["resourceNames"]);
                assert!(names.contains(&rollout["deployment"]));
                rollouts.insert(overlay.of.clone());
            }
        }
    }
    // The example and what is made of it, and the first of the shards.
    assert!(rollouts.is_empty() || rollouts.len() == 5, "{rollouts:?}");
}

#[test]
fn the_network_lets_out_dns_https_and_t3_only() {
    let Some(example) = rendered(EXAMPLE) else {
        return;
    };
    let ports = |policy: &str| -> Vec<(String, u64)> {
        let policy = example.object("NetworkPolicy", policy);
        list(&policy["spec"]["egress"])
            .iter()
            .flat_map(|rule| {
                // A rule without peers lets out to everywhere; one without ports lets out everything.
                assert!(!list(&rule["to"]).is_empty() && !list(&rule["ports"]).is_empty());
                list(&rule["ports"])
            })
            .map(|port| (text(&port["protocol"]).to_owned(), seconds(&port["port"])))
            .collect()
    };
    let port = |protocol: &str, port| (protocol.to_owned(), port);
    assert_eq!(
        ports("afk"),
        [port("UDP", 53), port("TCP", 53), port("TCP", 443)]
    );
    assert_eq!(ports("afk-t3"), [port("TCP", 3773)]);
    assert_eq!(ports("afk-watch-kubernetes"), [port("TCP", 6443)]);

    let all = &example.object("NetworkPolicy", "afk")["spec"];
    assert_eq!(all["policyTypes"], json!(["Ingress", "Egress"]));
    assert!(all["ingress"].is_null(), "nothing gets in");
    // They reach exactly our pods, all of them.
    for policy in example.all("NetworkPolicy") {
        let selector = policy["spec"]["podSelector"]["matchLabels"]
            .as_object()
            .unwrap();
        for cron_job in example.cron_jobs() {
            let labels = &pod(cron_job)["metadata"]["labels"];
            let selected = selector.iter().all(|(key, value)| labels[key] == *value);
            let for_watch_only = policy["metadata"]["name"] == "afk-watch-kubernetes";
            assert_eq!(
                selected,
                !for_watch_only || component(cron_job) == "watch",
                "{} and {}",
                name(policy),
                name(cron_job)
            );
        }
    }
    // The address and the rule of T3 name the same namespace and, in the example, the same port.
    let url = &example.settings("afk")["AFK_T3_URL"];
    assert_eq!(url, "http://t3.t3.svc:3773");
    let peer = &example.object("NetworkPolicy", "afk-t3")["spec"]["egress"][0]["to"][0];
    assert_eq!(
        peer["namespaceSelector"]["matchLabels"],
        json!({"kubernetes.io/metadata.name": "t3"})
    );
}
