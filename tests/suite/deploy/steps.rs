//! The page for operators as a person follows it: its sections in order, and its commands, as far as they can be tried without
//! a cluster. Rows are those of what a platform team stumbled over.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use afk::domain::config::Key;
use serde_json::Value;

use super::rendered::{BASE, EXAMPLE, file, list, pod, rendered, text};

fn page() -> String {
    file("README.md")
}

/// Titles of the sections, without their numbers.
fn titles(page: &str) -> Vec<&str> {
    page.lines()
        .filter_map(|line| line.strip_prefix("## "))
        .map(|line| line.split_once(". ").unwrap().1)
        .collect()
}

/// The text of a section.
fn section<'a>(page: &'a str, title: &str) -> &'a str {
    let heading = format!(". {title}\n");
    let (_, rest) = page
        .split_once(&heading)
        .unwrap_or_else(|| panic!("no section {title}"));
    rest.split("\n## ").next().unwrap()
}

/// Blocks of commands, each with its lines.
fn blocks(text: &str) -> Vec<Vec<String>> {
    let mut blocks = Vec::new();
    let mut lines: Option<Vec<String>> = None;
    for line in text.lines() {
        match (line.trim(), &mut lines) {
            ("```sh", None) => lines = Some(Vec::new()),
            ("```", Some(_)) => blocks.extend(lines.take()),
            (line, Some(lines)) => lines.push(line.to_owned()),
            (_, None) => {}
        }
    }
    blocks
}

fn commands(text: &str) -> Vec<String> {
    blocks(text).concat()
}

/// Where a command stands among all commands of the page.
fn position(all: &[String], start: &str) -> usize {
    all.iter()
        .position(|command| command.starts_with(start))
        .unwrap_or_else(|| panic!("no command {start}"))
}

#[test]
fn sections_stand_in_the_order_in_which_a_person_works_and_are_numbered_so() {
    let page = page();
    let wanted = [
        "The image",
        "What to prepare in T3",
        "What to prepare in the forge",
        "Your values",
        "Secrets",
        "Apply",
        "Reports and logs",
        "Soak: look before you leap",
        "Arm: two gates, in this order",
        "Pause, drain, stop",
        "Rotate and renew",
        "Upgrade and remove",
        "What alerts look like",
        "The network",
        "Several owners, several deployments",
        "Figures, and why",
        "What was tried, and what was not",
    ];
    assert_eq!(titles(&page), wanted);
    for (index, title) in wanted.iter().enumerate() {
        let heading = format!("\n## {}. {title}\n", index + 1);
        assert!(page.contains(&heading), "{heading}");
    }
    // What the page says of its own sections.
    for (words, title) in [
        ("rotate", "Rotate and renew"),
        ("lines of section 13", "What alerts look like"),
        ("(section 2)", "What to prepare in T3"),
        ("(section 3)", "What to prepare in the forge"),
        ("section 5 made the namespace", "Secrets"),
        ("section 7 tells where the reports", "Reports and logs"),
        ("| section 10 |", "Pause, drain, stop"),
        ("| section 14 |", "The network"),
    ] {
        assert!(page.contains(words), "{words}");
        let number: String = words.chars().filter(char::is_ascii_digit).collect();
        if !number.is_empty() {
            assert_eq!(wanted[number.parse::<usize>().unwrap() - 1], title);
        }
    }
}

#[test]
fn every_block_of_commands_is_a_script_that_a_shell_can_read() {
    let all = blocks(&page());
    assert!(all.len() > 12, "{}", all.len());
    for block in all {
        let script = block.join("\n");
        let output = Command::new("bash")
            .args(["-n", "-c", &script])
            .output()
            .unwrap();
        assert!(output.status.success(), "{script}\n{output:?}");
    }
}

#[test]
fn row_4_nothing_opens_a_gate_before_the_section_arm_and_its_warnings() {
    let page = page();
    let (before, _) = page.split_once(". Arm: two gates").unwrap();
    for opening in ["`AFK_KILL_SWITCH: \"off\"`", "**`AFK_ALLOWLIST`**"] {
        assert!(!before.contains(opening), "{opening}");
        assert!(page.contains(opening), "{opening}");
    }
    let arm = section(&page, "Arm: two gates, in this order");
    let place = |words: &str| arm.find(words).unwrap_or_else(|| panic!("no {words}"));
    let stale = place("agent-in-progress");
    assert!(stale < place("**`AFK_ALLOWLIST`**"));
    assert!(place("**`AFK_ALLOWLIST`**") < place("**`AFK_KILL_SWITCH: \"off\"`**"));
    // The settings that people edit say where the gates are opened, too.
    let settings = file("overlays/example/settings.yaml");
    assert!(settings.contains("deploy/README.md, section \"Arm\""));
}

#[test]
fn row_5_one_directory_has_one_name_on_the_whole_page() {
    let page = page();
    let mut named = BTreeSet::new();
    for command in commands(&page) {
        assert!(!command.starts_with("cp "), "{command}");
        if let Some((_, path)) = command.split_once(" -k ") {
            named.insert(path.split(' ').next().unwrap().to_owned());
        }
    }
    let wanted =
        ["example", "shard", "shards", "soak"].map(|name| format!("deploy/overlays/{name}"));
    assert_eq!(named.into_iter().collect::<Vec<_>>(), wanted);
    // The soak is built on that directory.
    let soak: Value = yaml_serde::from_str(&file("overlays/soak/kustomization.yaml")).unwrap();
    assert_eq!(soak["resources"][0], "../example");
}

#[test]
fn row_6_the_applications_namespace_is_looked_for_before_anything_needs_it() {
    let all = commands(&page());
    let looked = position(&all, "kubectl get namespace shop");
    assert!(looked < position(&all, "kubectl apply -k"));
    let Some(example) = rendered(EXAMPLE) else {
        return;
    };
    for object in &example.objects {
        let namespace = object["metadata"]["namespace"].as_str();
        assert!(
            matches!(namespace, None | Some("afk" | "shop")),
            "{object:#}"
        );
    }
    // Its own is made before the Secrets that go there.
    let made = position(&all, "kubectl apply -f deploy/base/namespace.yaml");
    assert!(made < position(&all, "kubectl -n afk create secret"));
}

#[test]
fn row_7_the_servers_dry_run_comes_when_the_namespace_is_there() {
    let page = page();
    let all = commands(&page);
    let made = position(&all, "kubectl apply -f deploy/base/namespace.yaml");
    for (index, command) in all.iter().enumerate() {
        if command.contains("--dry-run=server") {
            assert!(index > made, "{command}");
        }
    }
    assert!(section(&page, "Apply").contains("in a namespace that is not there yet it refuses"));
}

#[test]
fn row_8_a_tick_by_hand_has_a_name_of_its_own_each_time() {
    let page = page();
    let all = commands(&page);
    let job = &all[position(&all, "kubectl -n afk create job")];
    assert!(job.ends_with(" \"$tick\""), "{job}");
    let named = &all[position(&all, "tick=")];
    assert!(named.contains("$(date +%s)"), "{named}");
    // A Job's pods have its name as a label, which holds no more than 63 characters.
    let name = named
        .replace("tick=", "")
        .replace("$(date +%s)", "1800000000");
    assert!(name.len() < 63, "{name}");
    for line in page.lines().filter(|line| line.contains("create job")) {
        assert!(line.contains("$tick"), "{line}");
    }
}

#[test]
fn row_9_logs_of_several_pods_tell_which_pod_spoke() {
    let mut selected = 0;
    for command in commands(&page()) {
        if command.contains(" logs -l ") {
            selected += 1;
            assert!(command.contains(" --prefix"), "{command}");
            // By default only ten lines of each are shown.
            assert!(command.contains(" --tail=-1"), "{command}");
        }
    }
    assert!(selected > 2);
}

#[test]
fn row_11_no_token_is_recommended_that_nothing_renews() {
    let page = page();
    let knows_apps = Key::names().any(|name| name == "AFK_GITHUB_APP_ID");
    assert_eq!(
        page.contains("components/github-app"),
        knows_apps,
        "the page and the keys disagree about App tokens"
    );
    assert!(!page.contains("nothing here renews it"));
    assert!(section(&page, "What to prepare in T3").contains("It lives 30 days"));
    let rotate = section(&page, "Rotate and renew");
    assert!(rotate.contains("| `afk-t3` | 30 days |"));
}

/// Runs a command of the page, which must not need a cluster.
fn try_out(command: &str, directory: &Path) -> Value {
    let command = command.split(" | ").next().unwrap();
    let dry = " --dry-run=client -o json";
    let script = command.replace(" --dry-run=client -o yaml", "") + dry;
    let output = Command::new("bash")
        .args(["-c", &script])
        .current_dir(directory)
        .output()
        .unwrap();
    assert!(output.status.success(), "{script}\n{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn commands_that_make_objects_make_those_that_the_pods_look_for() {
    let Some(base) = rendered(BASE) else { return };
    let directory = tempfile::tempdir().unwrap();
    for name in [
        "t3-token",
        "github-token",
        "ntfy-token",
        "ca.crt",
        "key.pem",
    ] {
        std::fs::write(directory.path().join(name), "value\n").unwrap();
    }
    let page = page();
    let mounted: BTreeSet<(String, String)> =
        list(&pod(base.object("CronJob", "afk-watch"))["spec"]["volumes"])
            .iter()
            .flat_map(|volume| list(&volume["projected"]["sources"]))
            .filter(|source| !source["secret"].is_null())
            .map(|source| {
                let secret = &source["secret"];
                let key = text(&secret["items"][0]["key"]);
                (text(&secret["name"]).to_owned(), key.to_owned())
            })
            .collect();
    let mut made = 0;
    for command in commands(&page) {
        if command.starts_with("kubectl -n afk create secret generic") {
            let secret = try_out(&command, directory.path());
            assert_eq!(secret["metadata"]["namespace"], "afk");
            let keys: Vec<&String> = secret["data"].as_object().unwrap().keys().collect();
            let name = text(&secret["metadata"]["name"]).to_owned();
            assert!(mounted.contains(&(name, keys[0].clone())), "{command}");
            made += 1;
        }
    }
    assert_eq!(made, 4);

    let stop = "kubectl -n afk create configmap afk-stop --from-literal=AFK_KILL_SWITCH=on";
    assert!(page.contains(stop));
    let map = try_out(stop, directory.path());
    assert_eq!(map["data"], serde_json::json!({"AFK_KILL_SWITCH": "on"}));

    // Components say their command in their first lines.
    for (component, kind, key) in [
        ("private-ca", "ConfigMap", "ca.crt"),
        ("pull-secret", "Secret", ".dockerconfigjson"),
        ("github-app", "Secret", "key.pem"),
    ] {
        let source = file(&format!("components/{component}/kustomization.yaml"));
        let command = source
            .lines()
            .find_map(|line| line.strip_prefix("#   "))
            .unwrap();
        let object = try_out(command, directory.path());
        assert_eq!(object["kind"], kind);
        let keys: Vec<&String> = object["data"].as_object().unwrap().keys().collect();
        assert_eq!(keys, [key]);
        assert!(source.contains(text(&object["metadata"]["name"])));
    }
}

#[test]
fn a_question_is_a_job_of_the_watcher_with_other_arguments() {
    let Some(base) = rendered(BASE) else { return };
    let page = page();
    let all = commands(&page);
    let patch = &all[position(&all, "kubectl patch --local")];
    let (patch, create) = patch.split_once(" | ").unwrap();
    assert_eq!(create, "kubectl create -f -");
    // What `create job --from` makes of the CronJob, without a server to read it from.
    let directory = tempfile::tempdir().unwrap();
    let cron_job = base.object("CronJob", "afk-watch");
    let mut job = cron_job["spec"]["jobTemplate"].clone();
    job["apiVersion"] = "batch/v1".into();
    job["kind"] = "Job".into();
    job["metadata"]["name"] = "afk-watch-ask-1800000000".into();
    std::fs::write(directory.path().join("ask.yaml"), job.to_string()).unwrap();
    let output = Command::new("bash")
        .args(["-c", patch])
        .current_dir(directory.path())
        .env("KUBECONFIG", "/nonexistent/config")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let patched: Value = yaml_serde::from_slice(&output.stdout).unwrap();
    let arguments = "/spec/template/spec/containers/0/args";
    assert_eq!(
        patched.pointer(arguments),
        Some(&serde_json::json!(["check"]))
    );
    *job.pointer_mut(arguments).unwrap() = serde_json::json!(["check"]);
    assert_eq!(patched, job, "nothing else is another");
    // Each word is a command of the program that the page names.
    for (binary, words) in [
        (
            env!("CARGO_BIN_EXE_afk-watch"),
            ["`check`", "`status`"].as_slice(),
        ),
        (env!("CARGO_BIN_EXE_afk-poll"), &["`explain`"]),
    ] {
        for word in words {
            assert!(section(&page, "Reports and logs").contains(word), "{word}");
            let help = Command::new(binary)
                .args([word.trim_matches('`'), "--help"])
                .output()
                .unwrap();
            assert!(help.status.success(), "{help:?}");
        }
    }
}

#[test]
fn every_kubectl_command_is_one_that_kubectl_understands() {
    if rendered(BASE).is_none() {
        return;
    }
    let page = page();
    let in_text = page
        .lines()
        .flat_map(|line| line.split('`').skip(1).step_by(2))
        .filter(|quoted| quoted.starts_with("kubectl -n afk "))
        .map(str::to_owned);
    let all: BTreeSet<String> = commands(&page).into_iter().chain(in_text).collect();
    let mut tried = 0;
    for command in all.iter().filter(|command| {
        // Those that make objects are tried with what they make.
        command.starts_with("kubectl ")
            && !command.contains("create secret")
            && !command.contains(" --local ")
            && !command.contains("configmap")
    }) {
        let command = command.split(" | ").next().unwrap();
        let command = command.split(" >").next().unwrap();
        // Where nobody answers, whatever gets as far as asking was understood.
        let script = command.replacen("kubectl ", "kubectl --server=http://127.0.0.1:1 ", 1);
        let output = Command::new("bash")
            .args(["-c", &script])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env("tick", "afk-poll-now-1800000000")
            .env("KUBECONFIG", "/nonexistent/config")
            .env("HOME", env!("CARGO_TARGET_TMPDIR"))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{command}");
        let asked = said.contains("127.0.0.1:1");
        assert!(asked && !said.contains("unknown"), "{command}: {said}");
        tried += 1;
    }
    assert!(tried > 14, "{tried}");
}

#[test]
fn what_is_written_as_json_is_json() {
    let page = page();
    let mut seen = 0;
    for block in page.split("```json\n").skip(1) {
        let (json, _) = block.split_once("```").unwrap();
        let parsed: Value = serde_json::from_str(json.trim()).unwrap();
        assert!(parsed.is_object());
        seen += 1;
    }
    assert_eq!(seen, 1);
}
