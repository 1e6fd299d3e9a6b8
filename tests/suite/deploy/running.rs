//! The built binaries run with what the manifests give them: disarmed, stopped, without Secrets, armed.

use std::collections::BTreeMap;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::support::saga::Saga;
use crate::support::sandbox::kubernetes::{self, Kubernetes};
use crate::support::sandbox::ntfy;
use crate::support::world::{Finished, LOCK, READY, REPO, T3_TOKEN, finish};

use super::api_server::{ApiServer, ROOTS};
use super::container::{Container, Namespace};
use super::rendered::{
    BASE, DIGEST, EXAMPLE, EXTERNAL_SECRETS, Rendered, SOAKS, deployments, file, list, rendered,
    with,
};

/// A namespace with what a rendering puts there, and without any Secret.
fn namespace(overlay: &Rendered) -> Namespace {
    let mut config_maps: BTreeMap<_, _> = overlay
        .all("ConfigMap")
        .into_iter()
        .map(|map| map["metadata"]["name"].as_str().unwrap().to_owned())
        .map(|name| (name.clone(), overlay.settings(&name)))
        .collect();
    // Every namespace has this one.
    config_maps.insert(
        "kube-root-ca.crt".to_owned(),
        [("ca.crt".to_owned(), ROOTS.to_owned())].into(),
    );
    Namespace {
        config_maps,
        token: kubernetes::TOKEN.to_owned(),
        api_server_port: 1,
        ..Namespace::default()
    }
}

/// Somebody made the Secrets.
fn add_secrets(namespace: &mut Namespace, github: &str) {
    for (name, key, value) in [
        ("afk-t3", "token", T3_TOKEN),
        ("afk-github", "token", github),
        ("afk-ntfy", "token", ntfy::TOKEN),
    ] {
        // `kubectl create secret --from-file` keeps the line end of the file.
        let value = format!("{value}\n");
        namespace
            .secrets
            .insert(name.to_owned(), [(key.to_owned(), value)].into());
    }
}

/// Somebody pulled the emergency stop.
fn pull_stop(namespace: &mut Namespace) {
    let stop = [("AFK_KILL_SWITCH".to_owned(), "on".to_owned())].into();
    namespace.config_maps.insert("afk-stop".to_owned(), stop);
}

fn assert_nothing_was_done(finished: &Finished) {
    assert_eq!(finished.status, 0, "{finished:?}");
    assert_eq!(finished.report()["armed"], false);
    assert_eq!(finished.stderr.lines().count(), 1, "{finished:?}");
}

#[test]
#[expect(clippy::disallowed_methods, reason = "CI must not skip")]
fn as_shipped_both_do_nothing_with_and_without_secrets() {
    let Some(base) = rendered(BASE) else { return };
    let traced = Command::new("strace").arg("-V").output().is_ok();
    assert!(
        traced || std::env::var_os("CI").is_none(),
        "strace is missing"
    );
    for with_secrets in [false, true] {
        let mut namespace = namespace(&base);
        if with_secrets {
            add_secrets(&mut namespace, "unused");
        }
        for cron_job in base.cron_jobs() {
            let container = Container::of(cron_job, &namespace);
            assert_nothing_was_done(&container.run());
            if traced {
                assert_eq!(sockets(&container), Vec::<String>::new());
            } else {
                eprintln!("SKIPPED: strace is not installed, sockets were not counted");
            }
        }
    }
}

/// Network system calls of one tick.
fn sockets(container: &Container) -> Vec<String> {
    let directory = container.root().join("trace");
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::set_permissions(&directory, Permissions::from_mode(0o777)).unwrap();
    let trace = directory.join("calls");
    let strace = ["strace", "-f", "-e", "trace=network", "-o"];
    let wrapper = [&strace[..], &[trace.to_str().unwrap()]].concat();
    let finished = finish(
        container
            .command(&wrapper)
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .spawn()
            .unwrap(),
    );
    assert_eq!(finished.status, 0, "{finished:?}");
    let calls = std::fs::read_to_string(trace).unwrap();
    assert!(calls.contains("exited with 0"), "{calls}");
    calls
        .lines()
        .filter(|line| line.contains('(') && !line.contains("+++"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn an_armed_tick_without_its_secret_names_the_file() {
    for soak in SOAKS {
        let Some(soak) = rendered(soak) else { return };
        let namespace = namespace(&soak);
        for cron_job in soak.cron_jobs() {
            let finished = Container::of(cron_job, &namespace).run();
            assert_eq!(finished.status, 2, "{finished:?}");
            for file in ["/etc/afk/secrets/t3-token", "/etc/afk/secrets/github-token"] {
                assert!(finished.stderr.contains(file), "{finished:?}");
            }
            assert_eq!(finished.stdout, "");
        }
    }
}

#[test]
fn the_emergency_stop_disarms_every_poller() {
    for overlay in deployments() {
        let mut namespace = namespace(&overlay);
        pull_stop(&mut namespace);
        let finished = Container::of(overlay.cron_jobs()[0], &namespace).run();
        assert_nothing_was_done(&finished);
        let detail = finished.report()["detail"].to_string();
        assert!(
            detail.contains("AFK_KILL_SWITCH is on (environment"),
            "{detail}"
        );
    }
}

/// The example in a cluster: its settings with the sandbox's addresses, its Secrets, an API server.
struct Cluster {
    saga: Saga,
    namespace: Namespace,
    kubernetes: std::sync::Arc<Kubernetes>,
    api_server: ApiServer,
}

impl Cluster {
    /// It begins four minutes ago by the machine's clock, which the binaries read: a label that is put on then is settled by the
    /// limit that the manifests ship. What happens after a start comes when the sandbox has caught up fully.
    fn of(overlay: &Rendered) -> Self {
        let mut saga = Saga::new();
        saga.world.catch_up();
        let kubernetes = Kubernetes::new(saga.world.clock.clone());
        kubernetes.set_deployment(
            "shop",
            "widgets",
            &[("app", "registry.test/widgets:0ld0ld00")],
        );
        let api_server = ApiServer::start(kubernetes.clone());
        let mut namespace = namespace(overlay);
        namespace.api_server_port = api_server.port;
        let github = saga.world.settings["AFK_GITHUB_TOKEN"].clone();
        add_secrets(&mut namespace, &github);
        // The addresses of the sandbox stand where the overlay puts its own; so does the repository.
        for (name, settings) in &mut namespace.config_maps {
            if name == "kube-root-ca.crt" {
                continue;
            }
            for key in [
                "AFK_T3_URL",
                "AFK_GITHUB_URL",
                "AFK_NTFY_URL",
                "AFK_NTFY_TOPIC",
            ] {
                let value = saga.world.settings[key].clone();
                assert!(settings.insert(key.to_owned(), value).is_some(), "{key}");
            }
            for key in ["AFK_ALLOWLIST", "AFK_REPOS"] {
                let value = settings[key].replace("octo-org/widgets", REPO);
                assert!(value.contains(REPO) || (key == "AFK_ALLOWLIST" && value.is_empty()));
                settings.insert(key.to_owned(), value);
            }
        }
        saga.world.unset("AFK_GITHUB_TOKEN");
        Self {
            saga,
            namespace,
            kubernetes,
            api_server,
        }
    }

    /// The operator writes a setting.
    fn set(&mut self, key: &str, value: &str) {
        let settings = self.namespace.config_maps.get_mut("afk").unwrap();
        settings.insert(key.to_owned(), value.to_owned());
    }

    /// The operator names the check that has to be green, so that nobody waits for results that come late.
    fn names_its_check(&mut self) {
        let settings = self.namespace.config_maps.get_mut("afk").unwrap();
        let repos = settings.get_mut("AFK_REPOS").unwrap();
        let named = repos.replace(
            r#"{"rollout":"#,
            r#"{"build": {"checks": ["build"]}, "rollout":"#,
        );
        assert_ne!(*repos, named);
        *repos = named;
    }

    /// One tick of a CronJob.
    fn tick(&self, overlay: &Rendered, name: &str) -> Finished {
        Container::of(overlay.object("CronJob", name), &self.namespace).run()
    }

    /// Standard output and error of a tick, as they would be in a cluster with the example's repository.
    fn said(&self, overlay: &Rendered, name: &str) -> String {
        let container = Container::of(overlay.object("CronJob", name), &self.namespace);
        let Finished { stdout, stderr, .. } = container.run();
        format!("{stdout}{stderr}")
            .replace(container.root().to_str().unwrap(), "")
            .replace(REPO, "octo-org/widgets")
    }
}

fn only_run(finished: &Finished) -> (String, String) {
    let report = finished.report();
    let [run] = list(&report["runs"]) else {
        panic!("{report:#}")
    };
    let field = |name: &str| run[name].as_str().unwrap().to_owned();
    (field("action"), field("state"))
}

#[test]
fn armed_they_start_a_run_and_bring_it_to_its_end() {
    for overlay in [EXAMPLE, EXTERNAL_SECRETS] {
        let Some(overlay) = rendered(overlay) else {
            return;
        };
        let mut cluster = Cluster::of(&overlay);
        let number = cluster.saga.world.ready_issue("Reject negative sizes");

        // As the overlay ships, neither does anything; with the first gate open the watcher drains.
        assert_nothing_was_done(&cluster.tick(&overlay, "afk-poll"));
        assert_nothing_was_done(&cluster.tick(&overlay, "afk-watch"));
        cluster.set("AFK_ALLOWLIST", REPO);
        assert_nothing_was_done(&cluster.tick(&overlay, "afk-poll"));
        let drained = cluster.tick(&overlay, "afk-watch");
        assert_eq!(drained.status, 0, "{drained:?}");
        let detail = drained.report()["detail"].to_string();
        assert!(detail.contains("drain"), "{detail}");
        assert!(cluster.saga.world.t3.threads().is_empty());

        cluster.set("AFK_KILL_SWITCH", "off");
        let started = cluster.tick(&overlay, "afk-poll");
        assert_eq!(started.status, 0, "{started:?}");
        assert_eq!(started.dispatched(), [number], "{started:?}");
        let thread = cluster.saga.world.only_thread().id;
        assert!(cluster.saga.world.labels(number).contains(&LOCK.to_owned()));

        let saga = &cluster.saga;
        saga.world.catch_up_fully();
        saga.pass(5);
        saga.world.t3.agent_starts(&thread);
        saga.pass(5);
        let seen = cluster.tick(&overlay, "afk-watch");
        assert_eq!(seen.status, 0, "{seen:?}");
        assert_eq!(only_run(&seen), ("wait".to_owned(), "running".to_owned()));

        let sha = saga.push(number, &thread, "Reject negative sizes");
        saga.world.t3.agent_finishes(&thread, "Pushed.");
        saga.ci(&sha, "success");
        assert_eq!(cluster.api_server.asked(), [""; 0]);
        let image = format!("registry.test/widgets:{}", &sha[..8]);
        cluster
            .kubernetes
            .set_image("shop", "widgets", "app", &image);
        cluster.kubernetes.rollout_completes("shop", "widgets");
        // By the machine's clock the build has only just ended, and more results may come for as long as the manifests say.
        let fresh = cluster.tick(&overlay, "afk-watch");
        assert_eq!(fresh.status, 0, "{fresh:?}");
        assert_eq!(only_run(&fresh), ("wait".to_owned(), "over".to_owned()));
        assert_eq!(cluster.api_server.asked(), [""; 0]);
        cluster.names_its_check();
        let ended = cluster.tick(&overlay, "afk-watch");
        assert_eq!(ended.status, 0, "{ended:?}");
        assert_eq!(only_run(&ended).0, "close_success", "{ended:?}");

        // The token of the account opened the API, over a certificate that only the cluster's roots vouch for.
        assert_eq!(
            cluster.api_server.asked(),
            ["GET /apis/apps/v1/namespaces/shop/deployments/widgets 200"]
        );
        let saga = &cluster.saga;
        assert!(!saga.world.github.issue_state(REPO, number).open);
        assert_eq!(
            saga.bells.titles(),
            [format!("[DONE] {REPO}#{number} landed")]
        );
    }
}

#[test]
fn a_digest_is_told_with_the_gates_closed_too_and_acts_on_nothing() {
    let Some(overlay) = with(EXAMPLE, &["digest"]) else {
        return;
    };
    let mut cluster = Cluster::of(&overlay);
    let number = cluster.saga.world.ready_issue("Reject negative sizes");
    let before = cluster.saga.world.labels(number);
    let told = cluster.tick(&overlay, DIGEST);
    assert_eq!(told.status, 0, "{told:?}");
    cluster.set("AFK_ALLOWLIST", REPO);
    let told = cluster.tick(&overlay, DIGEST);
    assert_eq!(told.status, 0, "{told:?}");
    assert!(told.stdout.starts_with(r#"{"version":"#), "{told:?}");
    assert_eq!(
        cluster.saga.bells.titles(),
        ["[DIGEST] nothing to say", "[DIGEST] 1 ready"]
    );
    assert!(cluster.saga.world.t3.threads().is_empty());
    assert_eq!(cluster.saga.world.labels(number), before);
    // Before anybody made a Secret it says what is missing.
    let bare = namespace(&overlay);
    let missing = Container::of(overlay.object("CronJob", DIGEST), &bare).run();
    assert_eq!(missing.status, 2, "{missing:?}");
    assert!(
        missing.stderr.contains("/etc/afk/secrets/t3-token"),
        "{missing:?}"
    );
}

#[test]
fn row_12_a_soak_decides_and_writes_nothing_with_secrets_of_either_kind() {
    for overlay in SOAKS {
        let Some(soak) = rendered(overlay) else {
            return;
        };
        assert_soaks(&soak);
    }
}

fn assert_soaks(soak: &Rendered) {
    let cluster = Cluster::of(soak);
    let number = cluster.saga.world.ready_issue("Reject negative sizes");
    let before = cluster.saga.world.labels(number);
    let decided = cluster.tick(soak, "afk-poll-soak");
    assert_eq!(decided.status, 0, "{decided:?}");
    assert_eq!(decided.decision(REPO, number).0, "dispatch");
    let report = decided.report();
    assert_eq!(
        (report["armed"].as_bool(), report["dry_run"].as_bool()),
        (Some(true), Some(true))
    );
    let watched = cluster.tick(soak, "afk-watch-soak");
    assert_eq!(watched.status, 0, "{watched:?}");
    assert!(cluster.saga.world.t3.threads().is_empty());
    assert_eq!(cluster.saga.world.labels(number), before);
    assert!(cluster.saga.bells.rung().is_empty());
}

#[test]
fn row_10_reports_and_logs_are_json_in_lines_of_their_own() {
    for overlay in [BASE, SOAKS[0]] {
        let Some(overlay) = rendered(overlay) else {
            return;
        };
        let cluster = (overlay.of != BASE).then(|| Cluster::of(&overlay));
        let namespace = cluster
            .as_ref()
            .map_or_else(|| namespace(&overlay), |cluster| cluster.namespace.clone());
        for cron_job in overlay.cron_jobs() {
            let finished = Container::of(cron_job, &namespace).run();
            assert_eq!(finished.status, 0, "{finished:?}");
            assert_eq!(finished.stdout.lines().count(), 1, "{finished:?}");
            // By this the page tells a report from the log.
            assert!(finished.stdout.starts_with(r#"{"version":"#));
            // An armed tick without anything to do has nothing to log.
            assert!(overlay.of != BASE || !finished.stderr.is_empty());
            for line in finished.stderr.lines() {
                let line: serde_json::Value = serde_json::from_str(line).unwrap();
                assert!(line["message"].is_string() && line["level"].is_string());
                assert!(line["version"].is_null());
            }
        }
    }
}

#[test]
fn the_lines_that_the_page_quotes_are_the_programs() {
    let (Some(base), Some(example)) = (rendered(BASE), rendered(EXAMPLE)) else {
        return;
    };
    let mut cluster = Cluster::of(&example);
    let number = cluster.saga.world.ready_issue("Reject negative sizes");
    let mut said = String::new();
    cluster.set("AFK_ALLOWLIST", REPO);
    said += &cluster.said(&example, "afk-watch");
    let mut stopped = cluster.namespace.clone();
    pull_stop(&mut stopped);
    let running = std::mem::replace(&mut cluster.namespace, stopped);
    said += &cluster.said(&example, "afk-poll");
    cluster.namespace = running.clone();

    cluster.set("AFK_KILL_SWITCH", "off");
    cluster.namespace.secrets.clear();
    said += &cluster.said(&example, "afk-poll");
    cluster.namespace.secrets = running.secrets.clone();
    let expired = [("token".to_owned(), "expired".to_owned())].into();
    cluster
        .namespace
        .secrets
        .insert("afk-t3".to_owned(), expired);
    said += &cluster.said(&example, "afk-poll");
    cluster.namespace.secrets = running.secrets.clone();

    said += &cluster.said(&example, "afk-poll");
    said += &cluster.said(&example, "afk-watch");
    let thread = cluster.saga.world.only_thread().id;
    let saga = &cluster.saga;
    saga.world.catch_up_fully();
    saga.pass(5);
    saga.world.t3.agent_starts(&thread);
    let sha = saga.push(number, &thread, "Reject negative sizes");
    saga.world.t3.agent_finishes(&thread, "Pushed.");
    saga.ci(&sha, "success");
    let image = format!("registry.test/widgets:{}", &sha[..8]);
    cluster
        .kubernetes
        .set_image("shop", "widgets", "app", &image);
    cluster.kubernetes.rollout_completes("shop", "widgets");
    cluster.names_its_check();
    said += &cluster.said(&example, "afk-watch");
    let labels = cluster.saga.world.labels(number);
    assert!(!labels.contains(&READY.to_owned()), "{labels:?}");

    cluster.namespace = namespace(&base);
    said += &cluster.said(&base, "afk-poll");
    let said = said.replace(&format!("#{number}"), "#12");
    let page = file("README.md");
    let (_, quoted) = page
        .split_once("<!-- lines of the program -->\n```text\n")
        .unwrap();
    let (quoted, _) = quoted.split_once("```").unwrap();
    assert!(quoted.lines().count() > 5);
    for line in quoted.lines() {
        assert!(said.contains(line), "nobody says {line:?} in:\n{said}");
    }
}
