//! What a platform team stumbled over on a real control plane. Each test has the number of the row that it keeps mended; what
//! belongs to a component stands in `components.rs`, what belongs to the page's commands in `steps.rs`.

use std::net::IpAddr;

use serde_json::{Value, json};

use super::rendered::{
    BASE, EXAMPLE, EXTERNAL_SECRETS, INSTANCE, Rendered, SHARD, SHARD_ONE, SOAKS, components,
    container, deployments, file, list, name, pod, rendered, text, with,
};

/// Base, overlays, each component on top of the example and of a shard, and all of them with a soak on top.
pub fn everything() -> Option<Vec<Rendered>> {
    let mut all = deployments();
    for overlay in [EXAMPLE, SHARD_ONE] {
        for component in components() {
            all.push(with(overlay, &[&component])?);
        }
        all.push(with(overlay, &every_component())?);
    }
    Some(all)
}

/// All components in the order of their names, the soak last.
pub fn every_component() -> Vec<&'static str> {
    let mut names: Vec<&'static str> = components()
        .into_iter()
        .filter(|name| name != "soak")
        .map(|name| &*name.leak())
        .collect();
    names.push("soak");
    names
}

/// Paths at which the API server would store something else than what is written, so that no apply comes to rest.
fn restless(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        // Dropped, as if it were not there.
        Value::Null => found.push(path.to_owned()),
        Value::Array(items) => {
            if items.is_empty() {
                found.push(path.to_owned());
            }
            for (index, item) in items.iter().enumerate() {
                restless(item, &format!("{path}/{index}"), found);
            }
        }
        Value::Object(fields) => {
            if fields.is_empty() {
                found.push(path.to_owned());
            }
            for (key, field) in fields {
                let here = format!("{path}/{key}");
                // Of a ConfigMap empty values are kept; of a variable they are dropped.
                if key == "value" && field == "" {
                    found.push(here.clone());
                }
                if ["cpu", "memory"].contains(&key.as_str()) && !canonical(text(field)) {
                    found.push(here.clone());
                }
                restless(field, &here, found);
            }
        }
        Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Whether a quantity is written as the server writes it.
fn canonical(quantity: &str) -> bool {
    let digits = quantity.trim_end_matches(|c: char| !c.is_ascii_digit());
    let number: u64 = digits.parse().unwrap_or(0);
    let whole = match &quantity[digits.len()..] {
        "" => return number > 0,
        "m" => 1000,
        "Ki" | "Mi" | "Gi" => 1024,
        _ => return false,
    };
    number > 0 && !number.is_multiple_of(whole)
}

#[test]
fn row_1_nothing_is_written_that_the_server_drops() {
    let Some(all) = everything() else { return };
    for overlay in all {
        for object in &overlay.objects {
            let mut found = Vec::new();
            restless(object, "", &mut found);
            assert_eq!(found, [""; 0], "{}: {}", overlay.of, name(object));
        }
    }
    // Each of these would have kept a diff from being clean.
    for (value, wanted) in [
        (json!({"spec": {"ingress": []}}), "/spec/ingress"),
        (json!({"env": [{"name": "A", "value": ""}]}), "/env/0/value"),
        (
            json!({"metadata": {"annotations": {}}}),
            "/metadata/annotations",
        ),
        (json!({"spec": null}), "/spec"),
        (json!({"limits": {"cpu": "1000m"}}), "/limits/cpu"),
        (json!({"limits": {"memory": "1024Mi"}}), "/limits/memory"),
        (json!({"limits": {"cpu": "0.5"}}), "/limits/cpu"),
    ] {
        let mut found = Vec::new();
        restless(&value, "", &mut found);
        assert_eq!(found, [wanted]);
    }
}

#[test]
fn row_2_every_object_and_every_pod_has_the_labels() {
    let Some(all) = everything() else { return };
    for overlay in all {
        let instance = if SOAKS.contains(&overlay.of.as_str()) || overlay.of.ends_with("soak") {
            "soak"
        } else {
            overlay.namespace()
        };
        let mut labelled: Vec<&Value> = overlay.objects.iter().collect();
        for cron_job in overlay.cron_jobs() {
            labelled.push(&cron_job["spec"]["jobTemplate"]);
            labelled.push(pod(cron_job));
        }
        for object in labelled {
            let labels = &object["metadata"]["labels"];
            assert_eq!(
                labels["app.kubernetes.io/name"], "afk",
                "{}: {object:#}",
                overlay.of
            );
            assert_eq!(labels[INSTANCE], instance, "{}: {object:#}", overlay.of);
        }
    }
}

#[test]
fn row_2_no_selector_depends_on_which_deployment_it_is() {
    // A soak lives under the deployment's own network rules.
    let Some(all) = everything() else { return };
    for overlay in all {
        for policy in overlay.all("NetworkPolicy") {
            let selector = &policy["spec"]["podSelector"]["matchLabels"];
            assert!(selector[INSTANCE].is_null(), "{selector}");
            assert_eq!(selector["app.kubernetes.io/name"], "afk");
        }
    }
}

/// The rules for Prometheus.
fn rules() -> Vec<Value> {
    let rules: Value = yaml_serde::from_str(&file("alerts.yaml")).unwrap();
    let [group] = list(&rules["groups"]) else {
        panic!("{rules:#}")
    };
    list(&group["rules"]).to_vec()
}

#[test]
fn row_3_what_somebody_suspended_is_not_called_silent() {
    let mut told = 0;
    for rule in rules() {
        let expression = text(&rule["expr"]);
        if ["AfkSilent", "AfkNeverSucceeded"].contains(&text(&rule["alert"])) {
            assert!(
                expression
                    .contains("unless on (namespace, cronjob) kube_cronjob_spec_suspend == 1"),
                "{expression}"
            );
            told += 1;
        }
        // The soak is looked at by people, not by alerts. AFK's own figures tell ticks apart by a label.
        let of_cron_jobs = expression.contains("kube_cronjob");
        let wanted: &[&str] = match text(&rule["alert"]) {
            "AfkNoDigest" => &[
                "afk-digest",
                "unless on (namespace, cronjob) kube_cronjob_spec_suspend",
            ],
            _ if of_cron_jobs => &["afk-poll", "afk-watch"],
            _ => &["afk_"],
        };
        for part in wanted {
            assert!(expression.contains(part), "{expression}");
        }
        assert!(file("README.md").contains(text(&rule["alert"])));
        assert!(
            file("alerts_test.yaml").contains(&format!("alertname: {}", text(&rule["alert"]))),
            "{rule:#}"
        );
    }
    assert_eq!(told, 2);
}

#[test]
fn row_9_a_day_of_good_ticks_and_a_week_of_some_bad_ones_stay() {
    for overlay in deployments() {
        for cron_job in overlay.cron_jobs() {
            let spec = &cron_job["spec"];
            let minutes = match text(&spec["schedule"]) {
                "*/3 * * * *" => 3,
                "1-59/2 * * * *" => 2,
                other => panic!("{other}"),
            };
            assert_eq!(
                spec["successfulJobsHistoryLimit"],
                24 * 60 / minutes,
                "{}",
                name(cron_job)
            );
            // Fourteen a day.
            assert!(spec["failedJobsHistoryLimit"].as_u64().unwrap() >= 14 * 7);
            // A time to live would take them away whatever the limits say.
            let job = &spec["jobTemplate"]["spec"];
            assert!(job["ttlSecondsAfterFinished"].is_null());
        }
    }
    let page = file("README.md");
    assert!(page.contains("the last 480 of `afk-poll` and 720 of `afk-watch`"));
}

#[test]
fn row_12_a_soak_makes_no_secret_and_mounts_the_deployments_own() {
    for (soak, of) in SOAKS.iter().zip([EXAMPLE, EXTERNAL_SECRETS]) {
        let (Some(soak), Some(deployment)) = (rendered(soak), rendered(of)) else {
            return;
        };
        assert!(soak.all("ExternalSecret").is_empty());
        for (ours, theirs) in soak.cron_jobs().iter().zip(deployment.cron_jobs()) {
            let secrets = |cron_job: &Value| -> Vec<Value> {
                list(&pod(cron_job)["spec"]["volumes"])
                    .iter()
                    .filter(|volume| volume["name"] == "secrets")
                    .cloned()
                    .collect()
            };
            assert_eq!(secrets(ours), secrets(theirs));
        }
        // What it took out is everything that would act on the deployment's own objects.
        for kind in ["Namespace", "NetworkPolicy"] {
            assert!(soak.all(kind).is_empty());
            assert!(!deployment.all(kind).is_empty());
        }
    }
}

#[test]
fn row_14_the_image_is_pinned_by_a_digest_that_somebody_has_to_write() {
    for overlay in deployments().iter().filter(|overlay| overlay.of != BASE) {
        for cron_job in overlay.cron_jobs() {
            let image = format!(
                "registry.example.org/afk:{}@sha256:{}",
                env!("CARGO_PKG_VERSION"),
                "0".repeat(64)
            );
            assert_eq!(container(cron_job)["image"], image.as_str());
        }
    }
    assert!(file("README.md").contains("where 64 zeros stand"));
}

/// Whether an address lies in a range such as `10.0.0.0/8`.
fn within(address: IpAddr, range: &str) -> bool {
    let (base, length) = range.split_once('/').unwrap();
    let length: u32 = length.parse().unwrap();
    match (address, base.parse().unwrap()) {
        (IpAddr::V4(address), IpAddr::V4(base)) => {
            let shift = 32 - length;
            u64::from(u32::from(address)) >> shift == u64::from(u32::from(base)) >> shift
        }
        (IpAddr::V6(address), IpAddr::V6(base)) => {
            let shift = 128 - length;
            shift == 128 || u128::from(address) >> shift == u128::from(base) >> shift
        }
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
    }
}

/// Whether a policy lets out to an address on a port, by address blocks.
fn lets_out(policy: &Value, address: &str, port: u64) -> bool {
    let address = address.parse().unwrap();
    list(&policy["spec"]["egress"]).iter().any(|rule| {
        let ports = list(&rule["ports"]);
        (ports.is_empty() || ports.iter().any(|allowed| allowed["port"] == port))
            && list(&rule["to"]).iter().any(|peer| {
                let block = &peer["ipBlock"];
                !block.is_null()
                    && within(address, text(&block["cidr"]))
                    && !list(&block["except"])
                        .iter()
                        .any(|range| within(address, text(range)))
            })
    })
}

const PRIVATE: [&str; 21] = [
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "127.0.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.254",
    "192.168.1.1",
    "::1",
    "fd00:ec2::254",
    "fc00::1",
    "fe80::1",
    "64:ff9b::10.0.0.1",
    "64:ff9b::100.64.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::169.254.169.254",
    "64:ff9b::172.31.255.254",
    "64:ff9b::192.168.1.1",
    "64:ff9b:1::10.0.0.1",
    "2002:a00:1::1",
    "2002:c0a8:101::1",
];
const PUBLIC: [&str; 7] = [
    "140.82.121.6",
    "172.32.0.1",
    "100.128.0.1",
    "192.169.0.1",
    "2606:50c0:8000::153",
    "64:ff9b::140.82.121.6",
    "64:ff9b::172.32.0.1",
];

#[test]
fn row_15_https_goes_to_public_addresses_only() {
    for overlay in [BASE, EXAMPLE, SHARD] {
        let Some(overlay) = rendered(overlay) else {
            return;
        };
        for policy in overlay.all("NetworkPolicy") {
            for address in PRIVATE {
                assert!(
                    !lets_out(policy, address, 443),
                    "{} lets out to {address}",
                    name(policy)
                );
            }
        }
        let all = overlay.object("NetworkPolicy", "afk");
        for address in PUBLIC {
            assert!(lets_out(all, address, 443), "{address}");
            assert!(!lets_out(all, address, 80), "{address}");
            assert!(!lets_out(all, address, 53), "{address}");
        }
    }
}

/// Whether the API server takes a range as an exception of another one: of the same kind, as it counts them (an address of IPv4
/// that is written as one of IPv6 is IPv4 to it), and smaller.
fn is_exception(range: &str, of: &str) -> bool {
    let parsed = |text: &str| {
        let (base, length) = text.split_once('/').unwrap();
        (
            base.parse::<IpAddr>().unwrap(),
            length.parse::<u32>().unwrap(),
        )
    };
    let ((base, length), (_, of_length)) = (parsed(range), parsed(of));
    let is_mapped = matches!(base, IpAddr::V6(address) if address.to_ipv4_mapped().is_some());
    !is_mapped && length > of_length && within(base, of)
}

#[test]
fn row_15_the_server_takes_every_exception() {
    let Some(all) = everything() else { return };
    for overlay in all {
        for policy in overlay.all("NetworkPolicy") {
            let peers = list(&policy["spec"]["egress"])
                .iter()
                .flat_map(|rule| list(&rule["to"]))
                .map(|peer| &peer["ipBlock"]);
            for block in peers.filter(|block| !block.is_null()) {
                let cidr = text(&block["cidr"]);
                for range in list(&block["except"]).iter().map(text) {
                    assert!(is_exception(range, cidr), "{range} of {cidr}");
                    // Written as the server would write it, or some day it warns.
                    let (base, _) = range.split_once('/').unwrap();
                    let address: IpAddr = base.parse().unwrap();
                    assert_eq!(address.to_string(), base);
                }
            }
        }
    }
    for (range, of) in [
        ("::ffff:0:0/96", "::/0"),
        ("10.0.0.0/8", "::/0"),
        ("fc00::/7", "0.0.0.0/0"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("10.0.0.0/8", "10.0.0.0/16"),
    ] {
        assert!(!is_exception(range, of), "{range} of {of}");
    }
}

#[test]
fn row_15_one_forge_inside_is_one_address() {
    let Some(inside) = with(EXAMPLE, &["private-forge"]) else {
        return;
    };
    let policy = inside.object("NetworkPolicy", "afk-private-forge");
    assert!(lets_out(policy, "192.0.2.20", 443));
    assert!(!lets_out(policy, "192.0.2.21", 443));
    assert!(!lets_out(policy, "192.0.2.20", 80));
}

#[test]
fn row_17_the_memory_limit_has_room_for_what_is_promised_three_times() {
    const PROMISED: u64 = 40_000_000;
    let Some(base) = rendered(BASE) else { return };
    for cron_job in base.cron_jobs() {
        let limit = text(&container(cron_job)["resources"]["limits"]["memory"]);
        let mebibytes: u64 = limit.strip_suffix("Mi").unwrap().parse().unwrap();
        assert!(mebibytes << 20 > 3 * PROMISED, "{limit}");
    }
}
