//! The Dockerfile and the page for operators agree with the manifests, and name only what exists.

use std::collections::BTreeSet;
use std::path::Path;

use afk::domain::config::Key;
use serde_json::Value;

use super::rendered::{
    ALL, BASE, DIGEST, container, deployments, file, list, mounted_settings, pod, rendered, text,
};

fn page() -> String {
    file("README.md")
}

/// The Dockerfile's instructions, continued lines joined, comments left out.
fn instructions() -> Vec<String> {
    let dockerfile = file("Dockerfile");
    let lines: Vec<&str> = dockerfile
        .lines()
        .filter(|line| !line.starts_with('#'))
        .collect();
    lines
        .join("\n")
        .replace("\\\n", " ")
        .lines()
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_image_is_built_from_the_lock_file_and_pinned_versions() {
    let all = instructions();
    let bases: Vec<&str> = all
        .iter()
        .filter_map(|line| line.strip_prefix("FROM "))
        .collect();
    assert_eq!(
        bases,
        ["rust:${RUST_VERSION}-slim-bookworm AS build", "scratch"]
    );
    let version = all
        .iter()
        .find_map(|line| line.strip_prefix("ARG RUST_VERSION="))
        .unwrap();
    assert_eq!(version.split('.').count(), 3, "{version}");
    // The one tool that is fetched has a version, and its own lock file counts. Man pages are made beside.
    let tools: Vec<&String> = all.iter().filter(|line| line.contains("cargo ")).collect();
    assert_eq!(
        tools,
        [
            "RUN cargo install --locked --version 0.7.7 cargo-auditable",
            "RUN cargo run --locked --example man -- /image/usr/local/share",
        ]
    );
    let script = file("build");
    let build = script
        .lines()
        .find(|line| line.starts_with("cargo auditable build"))
        .unwrap();
    for flag in ["--locked", "--release", "--bins"] {
        assert!(build.contains(flag), "{flag}");
    }
    // Nothing gets into the context unless it is named.
    let ignored = include_str!("../../../.dockerignore");
    let patterns: Vec<&str> = ignored
        .lines()
        .filter(|line| !line.starts_with('#'))
        .collect();
    assert_eq!(
        patterns,
        [
            "*",
            "!Cargo.toml",
            "!Cargo.lock",
            "!src",
            "!benches",
            "!examples",
            "!deploy/build",
            "!deploy/licences",
            "!LICENSE-APACHE",
            "!LICENSE-MIT"
        ]
    );
}

#[test]
fn the_last_stage_runs_nothing_and_takes_two_binaries_and_the_roots() {
    let all = instructions();
    let (build, last) = all.split_at(all.iter().position(|line| line == "FROM scratch").unwrap());
    let words: Vec<&str> = last
        .iter()
        .filter_map(|line| line.split(' ').next())
        .collect();
    assert_eq!(
        words,
        ["FROM", "COPY", "ARG", "ARG", "LABEL", "USER", "CMD"]
    );
    assert_eq!(last[1], "COPY --from=build /image/ /");
    let staged = build.join("\n");
    for part in ["afk-poll", "afk-watch", "ca-certificates.crt", "INTERP"] {
        assert!(staged.contains(part), "{part}");
    }
    for label in ["source=\"${SOURCE}\"", "revision=\"${REVISION}\""] {
        let label = format!("org.opencontainers.image.{label}");
        assert!(last[4].contains(&label), "{label}");
    }
    let version = format!(
        "org.opencontainers.image.version=\"{}\"",
        env!("CARGO_PKG_VERSION")
    );
    assert!(last[4].contains(&version));
}

#[test]
fn image_and_pods_have_the_same_user_and_paths() {
    let all = instructions();
    let user = all
        .iter()
        .find_map(|line| line.strip_prefix("USER "))
        .unwrap();
    for overlay in deployments() {
        for cron_job in overlay.cron_jobs() {
            let context = &pod(cron_job)["spec"]["securityContext"];
            let of_pod = format!("{}:{}", context["runAsUser"], context["runAsGroup"]);
            assert_eq!(of_pod, user);
            let binary = text(&container(cron_job)["command"][0]);
            let (directory, name) = binary.rsplit_once('/').unwrap();
            assert!(all.iter().any(|line| line.starts_with("RUN deploy/build ")
                && line.ends_with(&format!("/image{directory}"))));
            assert!(file("build").contains(&format!("for binary in {BOTH}")));
            assert!(BOTH.split(' ').any(|binary| binary == name));
        }
    }
    let image = format!("registry.example.org/afk:{}", env!("CARGO_PKG_VERSION"));
    assert!(page().contains(&image));
}

/// What the image holds.
const BOTH: &str = "afk-poll afk-watch";

/// Words made of these characters that begin with `start`.
fn words<'a>(page: &'a str, start: &str, also: &str) -> BTreeSet<&'a str> {
    page.split(|c: char| !(c.is_ascii_alphanumeric() || also.contains(c)))
        .filter(|word| word.starts_with(start))
        .collect()
}

#[test]
fn the_page_names_only_keys_that_exist() {
    let page = page();
    let names = words(&page, "AFK_", "_");
    assert!(names.len() > 10, "{names:?}");
    for name in names {
        assert!(Key::names().any(|known| known == name), "{name}");
    }
}

/// Names of Secrets, with their key, that the watcher mounts.
fn mounted_secrets(cron_job: &Value) -> BTreeSet<(String, String)> {
    list(&pod(cron_job)["spec"]["volumes"])
        .iter()
        .flat_map(|volume| list(&volume["projected"]["sources"]))
        .filter(|source| !source["secret"].is_null())
        .map(|source| {
            let secret = &source["secret"];
            (
                text(&secret["name"]).to_owned(),
                text(&secret["items"][0]["key"]).to_owned(),
            )
        })
        .collect()
}

#[test]
fn the_page_names_only_objects_that_exist() {
    let Some(base) = rendered(BASE) else { return };
    let mut known: BTreeSet<String> = [
        // The emergency stop, a Job that the page makes, and what components mount.
        "afk-stop",
        "afk-poll-now",
        "afk-watch-ask",
        "afk-ca",
        "afk-registry",
    ]
    .map(str::to_owned)
    .into();
    for overlay in ALL {
        for object in rendered(overlay).unwrap().objects {
            known.insert(text(&object["metadata"]["name"]).to_owned());
        }
    }
    let watch = base.object("CronJob", "afk-watch");
    known.extend(mounted_secrets(watch).into_iter().map(|(name, _)| name));
    // Components' own.
    known.extend(["afk-github-app", DIGEST].map(str::to_owned));
    let page = page();
    let named = words(&page, "afk-", "-");
    assert!(named.len() > 8, "{named:?}");
    for name in named {
        // A name to which a command adds the time.
        let name = name.trim_end_matches('-');
        assert!(name == "afk" || known.contains(name), "{name}");
    }
    // The stop has the name and the key that the pods look for.
    let stop = "kubectl -n afk create configmap afk-stop --from-literal=AFK_KILL_SWITCH=on";
    assert!(page.contains(stop));
    for cron_job in base.cron_jobs() {
        let env = list(&container(cron_job)["env"]);
        let reference = env
            .iter()
            .find(|variable| variable["name"] == "AFK_KILL_SWITCH")
            .map(|variable| &variable["valueFrom"]["configMapKeyRef"])
            .unwrap();
        assert_eq!(reference["name"], "afk-stop");
        assert_eq!(reference["key"], "AFK_KILL_SWITCH");
        assert_eq!(mounted_settings(cron_job), "afk");
    }
}

#[test]
fn the_table_of_secrets_is_what_is_mounted() {
    let Some(base) = rendered(BASE) else { return };
    let page = page();
    let told: BTreeSet<(String, String)> = page
        .lines()
        .skip_while(|line| !line.ends_with(" Secrets"))
        .take_while(|line| !line.ends_with(" Apply"))
        .filter(|line| line.starts_with("| `afk-"))
        .map(|line| {
            let cells: Vec<&str> = line.split('`').collect();
            (cells[1].to_owned(), cells[3].to_owned())
        })
        .collect();
    assert_eq!(told, mounted_secrets(base.object("CronJob", "afk-watch")));
    let poll = mounted_secrets(base.object("CronJob", "afk-poll"));
    let names: Vec<&str> = poll.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        ["afk-forgejo", "afk-github", "afk-t3"],
        "the poller rings nobody"
    );
}

#[test]
fn the_page_names_only_files_that_exist() {
    let deploy = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy");
    let page = page();
    let mut seen = 0;
    for quoted in page.split('`').skip(1).step_by(2) {
        let place = quoted.strip_prefix("deploy/").unwrap_or(quoted);
        let in_example = deploy.join("overlays/example").join(place);
        let of_ours = ["overlays/", "base/", "components/"]
            .iter()
            .any(|start| place.starts_with(start));
        if place.ends_with(".yaml") || of_ours {
            assert!(
                deploy.join(place).exists() || in_example.exists(),
                "{quoted}"
            );
            seen += 1;
        }
    }
    assert!(seen > 25, "{seen}");
    for line in page.lines().filter(|line| line.contains(" -k deploy/")) {
        let (_, path) = line.split_once(" -k deploy/").unwrap();
        let path = path.split([' ', '`']).next().unwrap();
        assert!(ALL.contains(&path), "{line}");
    }
}

#[test]
fn the_figures_of_the_page_are_those_of_the_manifests() {
    let Some(base) = rendered(BASE) else { return };
    let page = page();
    let settings = base.settings("afk");
    for cron_job in base.cron_jobs() {
        let job = &cron_job["spec"]["jobTemplate"]["spec"];
        let spec = &pod(cron_job)["spec"];
        let resources = &container(cron_job)["resources"];
        let mebibytes = |value: &Value| text(value).replace("Mi", " MiB");
        for told in [
            format!(
                "A tick lives at most {} seconds (`AFK_TICK_MAX_SECONDS`)",
                settings["AFK_TICK_MAX_SECONDS"]
            ),
            format!(
                "`terminationGracePeriodSeconds` is {}",
                spec["terminationGracePeriodSeconds"]
            ),
            format!(
                "{} seconds (`activeDeadlineSeconds`)",
                job["activeDeadlineSeconds"]
            ),
            format!(
                "up to {} seconds late",
                cron_job["spec"]["startingDeadlineSeconds"]
            ),
            format!("The limit is {}", mebibytes(&resources["limits"]["memory"])),
            format!(
                "the request is {}",
                mebibytes(&resources["requests"]["memory"])
            ),
            format!("user {}", spec["securityContext"]["runAsUser"]),
        ] {
            assert!(page.contains(&told), "{told}");
        }
        assert_eq!(resources["limits"]["cpu"], "500m", "half a processor");
    }
}
