//! Each optional part of `deploy/components`: what it changes, that it changes nothing else, and that all of them add up.
//!
//! Row 13 of what a platform team missed: pull secrets, proxies, private authorities, OpenShift, other DNS, other processors,
//! Cilium. Shapes of operators' own kinds are named field by field, because no schema is at hand.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::sandbox::clock::SandboxClock;
use crate::support::sandbox::kubernetes::Kubernetes;
use crate::support::world::Finished;

use super::api_server::{ApiServer, ROOTS};
use super::container::{Container, Namespace};
use super::platform::every_component;
use super::rendered::{
    BASE, DIGEST, EXAMPLE, Rendered, SHARD_ONE, components, container, file, list, name, pod,
    rendered, text, with,
};

/// The example, and the example with one component.
fn beside(component: &str) -> Option<(Rendered, Rendered)> {
    Some((rendered(EXAMPLE)?, with(EXAMPLE, &[component])?))
}

/// Names of objects that only the second holds, and of those that only the first holds.
fn difference(before: &Rendered, after: &Rendered) -> (Vec<String>, Vec<String>) {
    let (before, after): (BTreeSet<_>, BTreeSet<_>) = (
        before.names().into_iter().collect(),
        after.names().into_iter().collect(),
    );
    (
        after.difference(&before).cloned().collect(),
        before.difference(&after).cloned().collect(),
    )
}

/// Variables of a container that have a value of their own.
fn variables(cron_job: &Value) -> Vec<(&str, &str)> {
    list(&container(cron_job)["env"])
        .iter()
        .filter_map(|variable| Some((text(&variable["name"]), variable["value"].as_str()?)))
        .collect()
}

#[test]
fn the_page_tells_of_every_component_and_of_no_other() {
    let page = file("README.md");
    let told: Vec<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `components/"))
        .map(|line| line.split('`').next().unwrap())
        .collect();
    let mut sorted = told.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, components());
    for component in components() {
        let source = file(&format!("components/{component}/kustomization.yaml"));
        assert!(
            source.starts_with("# "),
            "{component} does not say what it is for"
        );
        let parsed: Value = yaml_serde::from_str(&source).unwrap();
        assert_eq!(parsed["kind"], "Component");
        assert_eq!(parsed["apiVersion"], "kustomize.config.k8s.io/v1alpha1");
    }
}

#[test]
fn components_add_up_in_any_order() {
    let all = every_component();
    let (soak, alone) = all.split_last().unwrap();
    assert_eq!(*soak, "soak");
    let mut reversed = alone.to_vec();
    reversed.reverse();
    let (Some(one), Some(other)) = (with(EXAMPLE, alone), with(EXAMPLE, &reversed)) else {
        return;
    };
    assert_eq!(one.names(), other.names());
    for object in &one.objects {
        if object["kind"] == "CronJob" {
            continue;
        }
        let name = text(&object["metadata"]["name"]);
        assert_eq!(object, other.object(text(&object["kind"]), name));
    }
    // Lists of variables and volumes have the order in which components are named, and hold the same.
    for (one, other) in one.cron_jobs().iter().zip(other.cron_jobs()) {
        let sorted = |cron_job: &Value| {
            let mut variables: Vec<String> = list(&container(cron_job)["env"])
                .iter()
                .map(Value::to_string)
                .collect();
            variables.sort();
            variables
        };
        assert_eq!(sorted(one), sorted(other));
    }
}

#[test]
fn a_soak_with_every_component_holds_nothing_but_its_own() {
    let Some(soak) = with(EXAMPLE, &every_component()) else {
        return;
    };
    let names = soak.names();
    assert_eq!(names.len(), 7, "{names:?}");
    for name in names {
        assert!(name.ends_with("-soak"), "{name}");
    }
    for cron_job in soak.cron_jobs() {
        assert!(list(&container(cron_job)["args"]).contains(&"--dry-run".into()));
        // What the pods need to reach anything is there in the soak too.
        assert!(
            variables(cron_job)
                .iter()
                .any(|(name, _)| *name == "HTTPS_PROXY")
        );
        assert!(!pod(cron_job)["spec"]["imagePullSecrets"].is_null());
    }
}

/// The Job of the digest without the word that makes it one, and that of the watcher.
fn jobs_of_digest_and_watcher(overlay: &Rendered) -> (Value, Value) {
    let job = |name| overlay.object("CronJob", name)["spec"]["jobTemplate"].clone();
    let (mut digest, watch) = (job(DIGEST), job("afk-watch"));
    let arguments = digest
        .pointer_mut("/spec/template/spec/containers/0/args")
        .and_then(Value::as_array_mut)
        .unwrap();
    assert_eq!(arguments.remove(0), "digest");
    (digest, watch)
}

#[test]
fn a_digest_is_the_watcher_with_one_word_more_once_a_day() {
    let Some((before, after)) = beside("digest") else {
        return;
    };
    let added = vec![format!("CronJob {DIGEST}")];
    assert_eq!(difference(&before, &after), (added, vec![]));
    for object in &before.objects {
        let kept = after.object(text(&object["kind"]), text(&object["metadata"]["name"]));
        assert_eq!(object, kept, "{}", name(object));
    }
    // Account, rights, Secrets, security context, and the labels by which network rules find it.
    let (digest, watch) = jobs_of_digest_and_watcher(&after);
    assert_eq!(digest, watch);
    let cron_job = after.object("CronJob", DIGEST);
    for (path, wanted) in [
        ("/spec/schedule", json!("0 6 * * *")),
        ("/spec/timeZone", json!("Etc/UTC")),
        ("/spec/concurrencyPolicy", json!("Forbid")),
        ("/spec/suspend", Value::Null),
    ] {
        let found = cron_job.pointer(path).unwrap_or(&Value::Null);
        assert_eq!(*found, wanted, "{path}");
    }
    // Later than that the next day's is nearer than the one that was missed.
    assert!(
        cron_job["spec"]["startingDeadlineSeconds"]
            .as_u64()
            .unwrap()
            <= 12 * 3600
    );
}

#[test]
fn what_other_components_change_in_the_watcher_they_change_in_the_digest() {
    let all = every_component();
    let (_, alone) = all.split_last().unwrap();
    let mut reversed = alone.to_vec();
    reversed.reverse();
    for order in [alone, &reversed] {
        let Some(overlay) = with(EXAMPLE, order) else {
            return;
        };
        let (digest, watch) = jobs_of_digest_and_watcher(&overlay);
        assert_eq!(digest, watch, "{order:?}");
        let cron_job = overlay.object("CronJob", DIGEST);
        assert!(
            variables(cron_job)
                .iter()
                .any(|(name, _)| *name == "HTTPS_PROXY")
        );
    }
}

#[test]
fn row_13_pull_secrets() {
    let Some((before, after)) = beside("pull-secret") else {
        return;
    };
    assert_eq!(difference(&before, &after), (vec![], vec![]));
    for cron_job in after.cron_jobs() {
        assert_eq!(
            pod(cron_job)["spec"]["imagePullSecrets"],
            json!([{"name": "afk-registry"}])
        );
    }
}

#[test]
fn row_13_another_processor() {
    let Some((before, after)) = beside("architecture") else {
        return;
    };
    assert_eq!(difference(&before, &after), (vec![], vec![]));
    for (before, after) in before.cron_jobs().iter().zip(after.cron_jobs()) {
        assert!(pod(before)["spec"]["nodeSelector"].is_null());
        assert_eq!(
            pod(after)["spec"]["nodeSelector"],
            json!({"kubernetes.io/arch": "amd64"})
        );
    }
}

#[test]
fn row_13_openshift_gives_user_ids_and_answers_names_itself() {
    let Some((before, after)) = beside("openshift") else {
        return;
    };
    assert_eq!(difference(&before, &after), (vec![], vec![]));
    for cron_job in after.cron_jobs() {
        // Which ids is the admission's to say; that it is not root stays ours.
        assert_eq!(
            pod(cron_job)["spec"]["securityContext"],
            json!({"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}})
        );
    }
    let policy = after.object("NetworkPolicy", "afk");
    assert_eq!(
        policy["spec"]["egress"][0],
        json!({
            "to": [{
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "openshift-dns"}},
                "podSelector": {"matchLabels": {"dns.operator.openshift.io/daemonset-dns": "default"}},
            }],
            "ports": [{"protocol": "UDP", "port": 5353}, {"protocol": "TCP", "port": 5353}],
        })
    );
    // The rule for HTTPS is the one that was there.
    assert_eq!(
        policy["spec"]["egress"][1],
        before.object("NetworkPolicy", "afk")["spec"]["egress"][1]
    );
}

/// An address, and protocol and port pairs, that the only rule of a policy lets all pods out to.
fn only_way(policy: &Value) -> (String, Vec<(String, u64)>) {
    assert_eq!(
        policy["spec"]["podSelector"],
        json!({"matchLabels": {"app.kubernetes.io/name": "afk"}})
    );
    assert_eq!(policy["spec"]["policyTypes"], json!(["Egress"]));
    let [rule] = list(&policy["spec"]["egress"]) else {
        panic!("{policy:#}")
    };
    let [peer] = list(&rule["to"]) else {
        panic!("{policy:#}")
    };
    let ports = list(&rule["ports"])
        .iter()
        .map(|port| {
            (
                text(&port["protocol"]).to_owned(),
                port["port"].as_u64().unwrap(),
            )
        })
        .collect();
    (text(&peer["ipBlock"]["cidr"]).to_owned(), ports)
}

#[test]
fn row_13_dns_by_address() {
    let Some((before, after)) = beside("node-local-dns") else {
        return;
    };
    let added = vec!["NetworkPolicy afk-node-local-dns".to_owned()];
    assert_eq!(difference(&before, &after), (added, vec![]));
    assert_eq!(
        only_way(after.object("NetworkPolicy", "afk-node-local-dns")),
        (
            "169.254.20.10/32".to_owned(),
            vec![("UDP".to_owned(), 53), ("TCP".to_owned(), 53)]
        )
    );
}

#[test]
fn row_13_the_proxys_port_is_in_the_rules() {
    let Some((before, after)) = beside("proxy") else {
        return;
    };
    let added = vec!["NetworkPolicy afk-proxy".to_owned()];
    assert_eq!(difference(&before, &after), (added, vec![]));
    let (_, ports) = only_way(after.object("NetworkPolicy", "afk-proxy"));
    for cron_job in after.cron_jobs() {
        let all = variables(cron_job);
        let proxy = all.iter().find(|(name, _)| *name == "HTTPS_PROXY").unwrap();
        let port = proxy.1.rsplit_once(':').unwrap().1.parse().unwrap();
        assert_eq!(ports, [("TCP".to_owned(), port)]);
        assert!(all.iter().any(|(name, _)| *name == "NO_PROXY"));
    }
}

#[test]
fn row_13_cilium_knows_the_api_server_by_name() {
    let Some((before, after)) = beside("cilium") else {
        return;
    };
    let added = vec!["CiliumNetworkPolicy afk-watch-api-server".to_owned()];
    let taken = vec!["NetworkPolicy afk-watch-kubernetes".to_owned()];
    assert_eq!(difference(&before, &after), (added, taken));
    let policy = after.object("CiliumNetworkPolicy", "afk-watch-api-server");
    assert_eq!(policy["apiVersion"], "cilium.io/v2");
    // Ports are texts there.
    assert_eq!(
        policy["spec"],
        json!({
            "endpointSelector": {"matchLabels": {"app.kubernetes.io/name": "afk", "app.kubernetes.io/component": "watch"}},
            "egress": [{
                "toEntities": ["kube-apiserver"],
                "toPorts": [{"ports": [{"port": "443", "protocol": "TCP"}, {"port": "6443", "protocol": "TCP"}]}],
            }],
        })
    );
    // Without a rollout stage there is nothing to replace, and it renders all the same.
    let base = with(BASE, &["cilium"]).unwrap();
    assert!(base.all("CiliumNetworkPolicy").len() == 1);
}

#[test]
fn alerts_for_the_operator_are_the_tested_ones() {
    let Some((before, after)) = beside("alerts") else {
        return;
    };
    let added = vec!["PrometheusRule afk".to_owned()];
    assert_eq!(difference(&before, &after), (added, vec![]));
    let rule = after.object("PrometheusRule", "afk");
    assert_eq!(rule["apiVersion"], "monitoring.coreos.com/v1");
    let tested: Value = yaml_serde::from_str(&file("alerts.yaml")).unwrap();
    assert_eq!(rule["spec"], tested);
}

#[test]
fn row_9_a_cluster_with_a_log_pipeline_keeps_fewer_jobs() {
    let Some((before, after)) = beside("short-history") else {
        return;
    };
    assert_eq!(difference(&before, &after), (vec![], vec![]));
    let page = file("README.md");
    for cron_job in after.cron_jobs() {
        let spec = &cron_job["spec"];
        let (good, bad) = (
            &spec["successfulJobsHistoryLimit"],
            &spec["failedJobsHistoryLimit"],
        );
        assert!(page.contains(&format!(
            "`components/short-history` keeps {good} and {bad}"
        )));
    }
}

#[test]
fn external_secrets_is_the_same_as_overlay_and_as_component() {
    let (Some(overlay), Some(component)) = (
        rendered("overlays/external-secrets"),
        with(EXAMPLE, &["external-secrets"]),
    ) else {
        return;
    };
    assert_eq!(overlay.objects, component.objects);
}

/// Gives a variable of the container another value.
pub fn set_variable(cron_job: &mut Value, name: &str, value: &str) {
    let variables = cron_job
        .pointer_mut("/spec/jobTemplate/spec/template/spec/containers/0/env")
        .and_then(Value::as_array_mut)
        .unwrap();
    let variable = variables
        .iter_mut()
        .find(|variable| variable["name"] == name);
    variable.unwrap()["value"] = value.into();
}

/// One tick of the armed poller with components, its T3 and its forge at addresses of the test.
pub fn tick(
    components: &[&str],
    settings: &[(&str, &str)],
    change: impl Fn(&mut Value),
) -> Option<Finished> {
    let overlay = with(EXAMPLE, components)?;
    let mut map = overlay.settings("afk");
    map.insert("AFK_ALLOWLIST".to_owned(), "octo-org/widgets".to_owned());
    map.insert("AFK_KILL_SWITCH".to_owned(), "off".to_owned());
    map.insert("AFK_TICK_MAX_SECONDS".to_owned(), "20".to_owned());
    for (key, value) in settings {
        map.insert((*key).to_owned(), (*value).to_owned());
    }
    let authority = [("ca.crt".to_owned(), ROOTS.to_owned())].into();
    let token = |value: &str| [("token".to_owned(), format!("{value}\n"))].into();
    let namespace = Namespace {
        config_maps: [("afk".to_owned(), map), ("afk-ca".to_owned(), authority)].into(),
        secrets: [
            ("afk-t3".to_owned(), token("t3-token-of-this-test")),
            ("afk-github".to_owned(), token("forge-token-of-this-test")),
        ]
        .into(),
        api_server_port: 1,
        ..Namespace::default()
    };
    let mut cron_job = overlay.object("CronJob", "afk-poll").clone();
    change(&mut cron_job);
    Some(Container::of(&cron_job, &namespace).run())
}

#[test]
fn row_13_an_authority_of_ones_own_is_trusted() {
    // An HTTPS server whose certificate only the authority of these tests vouches for. It is no T3, and says 404.
    let server = ApiServer::start(Kubernetes::new(SandboxClock::at(
        chrono::DateTime::UNIX_EPOCH,
    )));
    let url = format!("https://127.0.0.1:{}", server.port);
    let settings = [("AFK_T3_URL", url.as_str())];
    let Some(trusted) = tick(&["private-ca"], &settings, |_| {}) else {
        return;
    };
    assert_eq!(trusted.status, 3, "{trusted:?}");
    assert!(!server.asked().is_empty(), "{trusted:?}");
    // Without the component it hangs up in the handshake.
    let asked = server.asked().len();
    let stranger = tick(&["pull-secret"], &settings, |_| {}).unwrap();
    assert_eq!(stranger.status, 3, "{stranger:?}");
    assert_eq!(server.asked().len(), asked, "{stranger:?}");
    assert!(stranger.stderr.contains("certificate"), "{stranger:?}");
}

#[test]
fn row_16_an_authority_that_is_not_there_is_a_mistake_of_configuration_and_named() {
    let elsewhere =
        |cron_job: &mut Value| set_variable(cron_job, "AFK_CA_FILE", "/etc/afk/ca/other.crt");
    let Some(finished) = tick(&["private-ca"], &[], elsewhere) else {
        return;
    };
    // As a token that is missing, and not as a network that is down.
    assert_eq!(finished.status, 2, "{finished:?}");
    for words in ["AFK_CA_FILE", "/etc/afk/ca/other.crt"] {
        assert!(finished.stderr.contains(words), "{finished:?}");
    }
}

#[test]
fn the_authority_is_mounted_for_both_and_takes_no_public_root_away() {
    let Some((before, after)) = beside("private-ca") else {
        return;
    };
    assert_eq!(difference(&before, &after), (vec![], vec![]));
    for cron_job in after.cron_jobs() {
        let variables = variables(cron_job);
        assert!(variables.contains(&("AFK_CA_FILE", "/etc/afk/ca/ca.crt")));
        // The public roots stay where the Dockerfile puts them.
        let roots = "/etc/ssl/certs/ca-certificates.crt";
        assert!(file("Dockerfile").contains(&format!("cp {roots} /image/etc/ssl/certs/")));
        assert!(
            !variables
                .iter()
                .any(|(name, _)| name.starts_with("SSL_CERT"))
        );
        let mounts = list(&container(cron_job)["volumeMounts"]);
        assert!(
            mounts.contains(&json!({"name": "ca", "mountPath": "/etc/afk/ca", "readOnly": true}))
        );
        let volumes = list(&pod(cron_job)["spec"]["volumes"]);
        assert!(volumes.contains(
            &json!({"name": "ca", "configMap": {"name": "afk-ca", "defaultMode": 0o444}})
        ));
    }
}

#[test]
fn external_secrets_of_an_app_fetch_its_key_and_no_token() {
    for overlay in [EXAMPLE, SHARD_ONE] {
        for order in [
            ["github-app", "github-app/external-secrets"],
            ["github-app/external-secrets", "github-app"],
        ] {
            let Some(app) = with(overlay, &order) else {
                return;
            };
            let made: BTreeSet<&str> = app
                .all("ExternalSecret")
                .into_iter()
                .map(|external| {
                    let name = text(&external["metadata"]["name"]);
                    assert_eq!(external["metadata"]["namespace"], app.namespace());
                    assert_eq!(external["spec"]["target"]["name"], name);
                    name
                })
                .collect();
            assert_eq!(made, ["afk-github-app", "afk-ntfy", "afk-t3"].into());
            let key = app.object("ExternalSecret", "afk-github-app");
            assert_eq!(key["spec"]["data"][0]["secretKey"], "key.pem");
            // What pods can not start without is made.
            for cron_job in app.cron_jobs() {
                for volume in list(&pod(cron_job)["spec"]["volumes"]) {
                    if !volume["secret"].is_null() {
                        assert!(made.contains(text(&volume["secret"]["secretName"])));
                    }
                }
            }
        }
        let soak = with(
            overlay,
            &["github-app", "github-app/external-secrets", "soak"],
        )
        .unwrap();
        assert!(soak.all("ExternalSecret").is_empty());
    }
}

#[test]
fn an_app_takes_the_tokens_place() {
    let Some((before, after)) = beside("github-app") else {
        return;
    };
    let (old, mut new) = (before.settings("afk"), after.settings("afk"));
    assert_eq!(
        new.remove("AFK_GITHUB_APP_KEY_FILE").as_deref(),
        Some("/etc/afk/github-app/key.pem")
    );
    let mut gone = old.clone();
    gone.retain(|key, _| !new.contains_key(key));
    assert_eq!(gone.keys().collect::<Vec<_>>(), ["AFK_GITHUB_TOKEN_FILE"]);
    assert!(new.iter().all(|(key, value)| old.get(key) == Some(value)));
    for cron_job in after.cron_jobs() {
        let mounts = list(&container(cron_job)["volumeMounts"]);
        assert!(mounts.contains(
            &json!({"name": "github-app", "mountPath": "/etc/afk/github-app", "readOnly": true})
        ));
        let volumes = list(&pod(cron_job)["spec"]["volumes"]);
        assert!(volumes.contains(&json!(
            {"name": "github-app", "secret": {"secretName": "afk-github-app", "defaultMode": 0o440}}
        )));
    }
}
