//! Where components put what they bring: into the namespace of the one deployment that they are named for, and nowhere else.
//!
//! kustomize renders what it is told, also what would act on another deployment's objects. So what can not be meant must not be
//! rendered at all: a component beside several deployments at once, and one behind a soak.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::platform::every_component;
use super::rendered::{
    DIGEST, EXAMPLE, INSTANCE, Rendered, SHARD, SHARD_ONE, SHARDS, components, container, file,
    list, name, pod, refused, rendered_at, text, way_to_deploy, with,
};

/// Components that bring objects of their own.
fn bringing() -> Vec<String> {
    let brings = |component: &String| {
        let parsed: Value =
            yaml_serde::from_str(&file(&format!("components/{component}/kustomization.yaml")))
                .unwrap();
        // The digest brings its CronJob by a component inside.
        !parsed["resources"].is_null() || component == "digest"
    };
    components().into_iter().filter(brings).collect()
}

/// Every object stands in the deployment's namespace with its label; rights stand in the application's.
fn assert_placed(overlay: &Rendered, namespace: &str, instance: &str) {
    for object in &overlay.objects {
        let place = &object["metadata"]["namespace"];
        match text(&object["kind"]) {
            "Namespace" => assert_eq!(object["metadata"]["name"], namespace),
            "Role" | "RoleBinding" => assert_eq!(place, "shop", "{}", overlay.of),
            _ => assert_eq!(place, namespace, "{}: {}", overlay.of, name(object)),
        }
        let label = &object["metadata"]["labels"][INSTANCE];
        assert_eq!(label, instance, "{}: {}", overlay.of, name(object));
    }
    for binding in overlay.all("RoleBinding") {
        assert_eq!(binding["subjects"][0]["namespace"], namespace);
        let role = overlay.object("Role", text(&binding["roleRef"]["name"]));
        assert_eq!(
            role["metadata"]["namespace"],
            binding["metadata"]["namespace"]
        );
    }
}

#[test]
fn components_follow_the_deployment_that_they_are_put_on() {
    for (overlay, namespace) in [(EXAMPLE, "afk"), (SHARD, "afk-two"), (SHARD_ONE, "afk-one")] {
        let all = every_component();
        let (soak, alone) = all.split_last().unwrap();
        let Some(with_all) = with(overlay, alone) else {
            return;
        };
        assert_placed(&with_all, namespace, namespace);
        assert_placed(&with(overlay, &all).unwrap(), namespace, "soak");
        assert_placed(&with(overlay, &[soak]).unwrap(), namespace, "soak");
    }
}

#[test]
fn a_digest_of_a_shard_tells_of_its_repositories() {
    let Some(shard) = with(SHARD_ONE, &["digest"]) else {
        return;
    };
    let arguments = |name| list(&container(shard.object("CronJob", name))["args"]).to_vec();
    let mut wanted = arguments("afk-watch");
    assert!(
        wanted
            .iter()
            .any(|argument| text(argument).starts_with("--repo="))
    );
    wanted.insert(0, "digest".into());
    assert_eq!(arguments(DIGEST), wanted);
    assert_eq!(
        pod(shard.object("CronJob", DIGEST))["metadata"]["labels"][INSTANCE],
        "afk-one"
    );
}

/// Namespaces that the rules of a deployment name.
fn watched(overlay: &Rendered) -> BTreeSet<String> {
    let rule = overlay.object("PrometheusRule", "afk");
    let mut named = BTreeSet::new();
    for rule in list(&rule["spec"]["groups"][0]["rules"]) {
        let mut of_rule = 0;
        for (operator, quote) in [("namespace=\"", '"'), ("namespace=~\"|", '|')] {
            for part in text(&rule["expr"]).split(operator).skip(1) {
                named.insert(part.split(quote).next().unwrap().to_owned());
                of_rule += 1;
            }
        }
        let figures = text(&rule["expr"]).matches('{').count();
        assert_eq!(of_rule, figures, "{rule:#}");
    }
    named
}

#[test]
fn alert_rules_look_at_the_deployment_that_brings_them() {
    for (overlay, namespace) in [(EXAMPLE, "afk"), (SHARD, "afk-two"), (SHARD_ONE, "afk-one")] {
        let Some(overlay) = with(overlay, &["alerts"]) else {
            return;
        };
        assert_eq!(watched(&overlay), [namespace.to_owned()].into());
    }
}

/// The shards with these components named in the file of each, as an operator would.
fn fleet(components: &[&str]) -> Option<Rendered> {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("kustomize/fleet")
        .join(components.join("-"));
    let way = |directory: &PathBuf| {
        std::fs::create_dir_all(directory).unwrap();
        way_to_deploy(directory)
    };
    let named: String = components
        .iter()
        .map(|component| format!("\n  - ../../../components/{component}"))
        .collect();
    for shard in ["one", "two", "three"] {
        let source = |name: &str| file(&format!("{SHARDS}/{shard}/{name}"));
        let (own, base) = (place.join(shard), place.join(shard).join("base"));
        let outer = source("kustomization.yaml")
            .replace("components: []", &format!("components:{named}"))
            .replace("../../../components", &format!("{}/components", way(&own)));
        assert!(outer.contains("components:\n"), "{shard}");
        std::fs::write(own.join("kustomization.yaml"), outer).unwrap();
        let inner = source("base/kustomization.yaml")
            .replace("../../../../base", &format!("{}/base", way(&base)));
        std::fs::write(base.join("kustomization.yaml"), inner).unwrap();
        if shard == "one" {
            std::fs::write(own.join("rollout.yaml"), source("rollout.yaml")).unwrap();
        }
    }
    let all = file(&format!("{SHARDS}/kustomization.yaml"));
    std::fs::write(place.join("kustomization.yaml"), all).unwrap();
    rendered_at(&format!("a fleet with {}", components.join(", ")), &place)
}

#[test]
fn components_named_in_each_shard_make_a_fleet_without_doubles() {
    let all = every_component();
    let (_, alone) = all.split_last().unwrap();
    let Some(fleet) = fleet(alone) else { return };
    let mut ids = BTreeSet::new();
    for object in &fleet.objects {
        let namespace = object["metadata"]["namespace"].as_str().unwrap_or_default();
        assert!(ids.insert((namespace.to_owned(), name(object))));
    }
    let mut rules = BTreeSet::new();
    for shard in fleet.deployments() {
        let namespace = shard.namespace().to_owned();
        assert_placed(&shard, &namespace, &namespace);
        assert_eq!(watched(&shard), [namespace.clone()].into());
        let rule = shard.object("PrometheusRule", "afk");
        for rule in list(&rule["spec"]["groups"][0]["rules"]) {
            assert!(rules.insert(rule["expr"].to_string()), "{rule:#}");
        }
        let arguments = |name| list(&container(shard.object("CronJob", name))["args"]).to_vec();
        let mut wanted = arguments("afk-watch");
        wanted.insert(0, "digest".into());
        assert_eq!(arguments(DIGEST), wanted, "{namespace}");
    }
    assert_eq!(rules.len() % 3, 0);
}

#[test]
fn a_component_beside_several_deployments_is_refused() {
    let bringing = bringing();
    assert_eq!(bringing.len(), 7, "{bringing:?}");
    for component in &bringing {
        let Some(said) = refused(SHARDS, &[component]) else {
            return;
        };
        assert!(
            said.contains("multiple matches for selector ServiceAccount"),
            "{component}: {said}"
        );
    }
    let explained = file("base/placed/kustomization.yaml") + &file("README.md");
    assert_eq!(
        explained
            .matches("multiple matches for selector ServiceAccount")
            .count(),
        2
    );
}

#[test]
fn nothing_that_a_soak_would_not_take_out_comes_behind_it() {
    for component in &bringing() {
        for overlay in [EXAMPLE, SHARD] {
            let Some(said) = refused(overlay, &["soak", component]) else {
                return;
            };
            assert!(
                said.contains("testing value /metadata/name failed"),
                "{component}: {said}"
            );
        }
    }
    let explained = file("base/placed/kustomization.yaml") + &file("README.md");
    assert_eq!(
        explained
            .matches("testing value /metadata/name failed")
            .count(),
        2
    );
}

#[test]
fn a_soak_of_a_deployment_with_cilium_and_a_private_forge_takes_both_out() {
    for overlay in [EXAMPLE, SHARD_ONE] {
        for components in [
            ["cilium", "private-forge", "soak"],
            ["private-forge", "cilium", "soak"],
        ] {
            let Some(soak) = with(overlay, &components) else {
                return;
            };
            for kind in ["NetworkPolicy", "CiliumNetworkPolicy", "Namespace"] {
                assert!(soak.all(kind).is_empty(), "{}: {kind}", soak.of);
            }
            assert_eq!(soak.objects.len(), 7, "{:?}", soak.names());
        }
    }
}
