//! What the binary promises to people and schedulers: help, exit status, streams, and silence when disarmed.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::world::{Finished, T3_TOKEN, World, finish};

const POLL: &str = env!("CARGO_BIN_EXE_afk-poll");
const WATCH: &str = env!("CARGO_BIN_EXE_afk-watch");

fn run(arguments: &[&str], settings: &[(&str, &str)]) -> Finished {
    run_binary(POLL, arguments, settings)
}

fn run_binary(binary: &str, arguments: &[&str], settings: &[(&str, &str)]) -> Finished {
    finish(
        Command::new(binary)
            .env_clear()
            .envs(settings.iter().copied())
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap(),
    )
}

/// Every way of being disarmed.
const DISARMED: [&[(&str, &str)]; 5] = [
    &[],
    &[("AFK_ALLOWLIST", "acme/widgets")],
    &[("AFK_KILL_SWITCH", "on"), ("AFK_ALLOWLIST", "acme/widgets")],
    &[("AFK_KILL_SWITCH", "off")],
    &[("AFK_KILL_SWITCH", "off"), ("AFK_ALLOWLIST", " , ")],
];

#[test]
fn a_disarmed_tick_says_why_in_one_line_and_succeeds() {
    for settings in DISARMED {
        let finished = run(&[], settings);
        assert_eq!(finished.status, 0, "{finished:?}");
        assert_eq!(finished.stdout.lines().count(), 1, "{finished:?}");
        assert!(
            finished
                .stdout
                .starts_with("afk-poll: nothing was done: disarmed: ")
        );
        assert_eq!(finished.stderr.lines().count(), 1, "{finished:?}");
        let report = run(&["--output", "json"], settings).report();
        assert_eq!(report["armed"], false);
        for list in ["repositories", "dispatched", "runs", "failures"] {
            assert_eq!(report[list].as_array().map(Vec::len), Some(0), "{list}");
        }
    }
}

/// Every way in which the watcher does nothing: without an allowlist, whatever the switch says.
const UNWATCHED: [&[(&str, &str)]; 3] = [
    &[],
    &[("AFK_KILL_SWITCH", "on")],
    &[("AFK_KILL_SWITCH", "off"), ("AFK_ALLOWLIST", " , ")],
];

#[test]
fn a_disarmed_watcher_says_why_in_one_line_and_succeeds() {
    for settings in UNWATCHED {
        let finished = run_binary(WATCH, &[], settings);
        assert_eq!(finished.status, 0, "{finished:?}");
        assert_eq!(finished.stdout.lines().count(), 1, "{finished:?}");
        assert!(
            finished
                .stdout
                .starts_with("afk-watch: nothing was done: disarmed: "),
            "{finished:?}"
        );
        let report = run_binary(WATCH, &["--output", "json"], settings).report();
        assert_eq!(
            (report["armed"].as_bool(), report["tick"].as_str()),
            (Some(false), Some("watch"))
        );
    }
}

#[test]
fn a_draining_watcher_needs_its_services() {
    let settings = [
        ("AFK_KILL_SWITCH", "on"),
        ("AFK_ALLOWLIST", "acme/widgets"),
        ("AFK_T3_URL", "http://127.0.0.1:1"),
        ("AFK_T3_TOKEN", "t"),
        ("AFK_GITHUB_TOKEN", "t"),
    ];
    let finished = run_binary(WATCH, &[], &settings[..2]);
    assert_eq!(finished.status, 2, "{finished:?}");
    let finished = run_binary(WATCH, &["--output", "json"], &settings);
    assert_eq!(finished.status, 3, "{finished:?}");
    assert_eq!(finished.report()["failures"][0]["service"], "t3");
    // Only what was named is listed.
    let arguments = ["--output", "json", "--repo", "acme/other"];
    let finished = run_binary(WATCH, &arguments, &settings);
    assert_eq!(finished.status, 3, "{finished:?}");
    assert_eq!(finished.report()["repositories"], serde_json::json!([]));
}

/// A device that takes no byte.
fn full() -> Stdio {
    Stdio::from(std::fs::File::create("/dev/full").unwrap())
}

#[test]
fn a_log_or_a_report_that_nobody_takes_does_not_stop_a_tick() {
    // An unknown key is warned about, so that there is something to log.
    let spawn = |stdout: Stdio, stderr: Stdio| {
        Command::new(POLL)
            .env_clear()
            .env("AFK_PORT", "1")
            .stdin(Stdio::null())
            .stdout(stdout)
            .stderr(stderr)
            .output()
            .unwrap()
    };
    let output = spawn(Stdio::piped(), full());
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(output.stdout.starts_with(b"afk-poll: nothing was done"));
    let output = spawn(full(), Stdio::piped());
    // Not "could not start": what was done was done.
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("can not write the report"), "{said}");
    assert_eq!(spawn(full(), full()).status.code(), Some(1));
}

#[test]
#[expect(clippy::disallowed_methods, reason = "CI must not skip")]
fn a_disarmed_tick_opens_no_socket() {
    if Command::new("strace").arg("-V").output().is_err() {
        assert!(std::env::var_os("CI").is_none(), "strace is missing");
        eprintln!("SKIPPED: strace is not installed, sockets of a disarmed tick were not counted");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let trace = directory.path().join("trace");
    let calls = |binary: &str, settings: &[(&str, &str)]| {
        let status = Command::new("strace")
            .args(["-f", "-e", "trace=network", "-o"])
            .arg(&trace)
            .arg(binary)
            .env_clear()
            .envs(settings.iter().copied())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap();
        let trace = std::fs::read_to_string(&trace).unwrap();
        let calls: Vec<String> = trace
            .lines()
            .filter(|line| line.contains('(') && !line.contains("+++"))
            .map(str::to_owned)
            .collect();
        (status.code(), calls)
    };
    let disarmed = DISARMED.map(|settings| (POLL, settings));
    let unwatched = UNWATCHED.map(|settings| (WATCH, settings));
    for (binary, settings) in disarmed.into_iter().chain(unwatched) {
        // With everything configured that an armed tick would use.
        let mut all = settings.to_vec();
        all.extend([
            ("AFK_T3_URL", "http://127.0.0.1:1"),
            ("AFK_T3_TOKEN", "t"),
            ("AFK_GITHUB_TOKEN", "t"),
        ]);
        assert_eq!(calls(binary, &all), (Some(0), Vec::new()));
    }
    // The trace would have shown a socket: an armed tick has some.
    let (status, armed) = calls(
        POLL,
        &[
            ("AFK_KILL_SWITCH", "off"),
            ("AFK_ALLOWLIST", "acme/widgets"),
            ("AFK_T3_URL", "http://127.0.0.1:1"),
            ("AFK_T3_TOKEN", "t"),
            ("AFK_GITHUB_URL", "http://127.0.0.1:1"),
            ("AFK_GITHUB_TOKEN", "t"),
        ],
    );
    assert_eq!(status, Some(3));
    assert!(
        armed.iter().any(|call| call.contains("socket(")),
        "{armed:?}"
    );
}

#[test]
fn wrong_configuration_names_every_problem_at_once() {
    let finished = run(
        &[],
        &[
            ("AFK_KILL_SWITCH", "maybe"),
            ("AFK_ALLOWLIST", "widgets"),
            ("AFK_MAX_IN_FLIGHT", "0"),
            ("AFK_T3_URL", "http://t3.example.org"),
            ("AFK_T3_TOKEN", "hush-hush"),
        ],
    );
    assert_eq!((finished.status, finished.stdout.as_str()), (2, ""));
    for key in [
        "AFK_KILL_SWITCH",
        "AFK_ALLOWLIST",
        "AFK_MAX_IN_FLIGHT",
        "AFK_T3_URL",
    ] {
        assert!(finished.stderr.contains(key), "{key}: {}", finished.stderr);
    }
    assert!(!finished.stderr.contains("hush-hush"));
}

#[test]
fn a_slip_in_a_name_is_told_beside_the_problems() {
    let settings = [("AFK_MAX_IN_FLIGHT", "0"), ("AFK_T3_TOKN", "x")];
    let finished = run(&[], &settings);
    assert_eq!(finished.status, 2);
    for told in [
        "AFK_MAX_IN_FLIGHT: ",
        "warning: AFK_T3_TOKN (environment): unknown key, did you mean AFK_T3_TOKEN?",
    ] {
        assert!(finished.stderr.contains(told), "{}", finished.stderr);
    }
}

#[test]
fn an_armed_tick_without_its_settings_is_a_configuration_error() {
    let finished = run(
        &[],
        &[
            ("AFK_KILL_SWITCH", "off"),
            ("AFK_ALLOWLIST", "acme/widgets"),
        ],
    );
    assert_eq!(finished.status, 2);
    for key in ["AFK_T3_URL", "AFK_T3_TOKEN", "AFK_GITHUB_TOKEN"] {
        assert!(finished.stderr.contains(key), "{key}: {}", finished.stderr);
    }
}

#[test]
fn wrong_arguments_are_usage_errors() {
    for arguments in [
        &["--no-such-flag"][..],
        &["surplus"],
        &["--output", "yaml"],
        &["--repo", "no-slash"],
        &["--issue", "acme/widgets"],
        &["--config-dir", "/nonexistent/afk"],
        &["explain"],
        &["explain", "acme/widgets"],
        &["explain", "acme/widgets#0"],
        &["--dry-run", "explain", "acme/widgets#1"],
        &["explain", "acme/widgets#1", "--dry-run"],
        &["status"],
    ] {
        let finished = run(arguments, &[]);
        assert_eq!(
            (finished.status, finished.stdout.as_str()),
            (2, ""),
            "{arguments:?}"
        );
        assert!(!finished.stderr.is_empty());
    }
    let arguments = ["--repo", "a", "--issue", "b", "--repo", "c"];
    let finished = run(&arguments, &[]);
    assert_eq!(finished.status, 2);
    assert_eq!(finished.stderr.matches("--repo: ").count(), 2);
    assert_eq!(finished.stderr.matches("--issue: ").count(), 1);
}

#[test]
fn help_and_version_go_to_standard_output() {
    let help = run(&["--help"], &[]);
    assert_eq!(help.status, 0);
    for flag in [
        "--dry-run",
        "--repo",
        "--issue",
        "--config-dir",
        "--output",
        "--log-format",
        "--version",
        "--help",
        "Exit status:",
        "AFK_KILL_SWITCH",
    ] {
        assert!(help.stdout.contains(flag), "{flag}");
    }
    let help = run_binary(WATCH, &["--help"], &[]);
    assert!(
        help.status == 0 && help.stdout.contains("drains"),
        "{help:?}"
    );
    let version = run_binary(WATCH, &["--version"], &[]);
    assert_eq!(
        version.stdout,
        concat!("afk-watch ", env!("CARGO_PKG_VERSION"), "\n")
    );
    let version = run(&["--version"], &[]);
    assert_eq!(
        version.stdout,
        concat!("afk-poll ", env!("CARGO_PKG_VERSION"), "\n")
    );
}

#[test]
fn unknown_keys_are_warned_about_with_the_nearest_known_one() {
    let finished = run(
        &[],
        &[
            ("AFK_KILLSWITCH", "off"),
            ("AFK_T3_SERVICE_HOST", "10.0.0.1"),
        ],
    );
    assert_eq!(finished.status, 0);
    assert!(
        finished.stderr.contains("AFK_KILLSWITCH") && finished.stderr.contains("AFK_KILL_SWITCH")
    );
    assert!(finished.stderr.contains("AFK_T3_SERVICE_HOST"));
}

fn write(directory: &Path, key: &str, value: &str) {
    std::fs::write(directory.join(key), format!("{value}\n")).unwrap();
}

#[test]
fn a_directory_of_files_configures_as_the_environment_does() {
    let world = World::new();
    let number = world.ready_issue("configured by files");
    let directory = tempfile::tempdir().unwrap();
    for (key, value) in &world.settings {
        write(directory.path(), key, value);
    }
    // As a mounted ConfigMap looks: other entries stand beside the keys.
    std::fs::create_dir(directory.path().join("..data")).unwrap();
    let path = directory.path().to_str().unwrap();
    let finished = run(&["--output", "json", "--config-dir", path], &[]);
    assert_eq!(finished.dispatched(), [number], "{finished:?}");
    let finished = run(&["--output", "json"], &[("AFK_CONFIG_DIR", path)]);
    assert_eq!(finished.status, 0);
    // Any "on" wins.
    let finished = run(
        &["--output", "json", "--config-dir", path],
        &[("AFK_KILL_SWITCH", "on")],
    );
    assert_eq!(finished.report()["armed"], false);
}

#[test]
fn secrets_are_read_from_their_files_and_an_unreadable_one_is_named() {
    let mut world = World::new();
    let number = world.ready_issue("secret from a file");
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), "token", T3_TOKEN);
    world.unset("AFK_T3_TOKEN");
    world.set(
        "AFK_T3_TOKEN_FILE",
        directory.path().join("missing").to_str().unwrap(),
    );
    let finished = world.poll();
    assert_eq!(finished.status, 2, "{finished:?}");
    assert!(finished.stderr.contains("AFK_T3_TOKEN_FILE: can not read"));
    assert!(finished.stderr.contains("missing"));
    assert!(world.requests().is_empty());
    world.set(
        "AFK_T3_TOKEN_FILE",
        directory.path().join("token").to_str().unwrap(),
    );
    assert_eq!(world.poll().dispatched(), [number]);
}

#[test]
fn a_secret_that_is_no_small_file_is_named_and_not_waited_for() {
    let mut world = World::new();
    world.ready_issue("a secret that never comes");
    let directory = tempfile::tempdir().unwrap();
    let pipe = directory.path().join("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    let large = directory.path().join("large");
    std::fs::File::create(&large)
        .unwrap()
        .set_len(1 << 30)
        .unwrap();
    world.unset("AFK_T3_TOKEN");
    for (path, why) in [
        (pipe.as_path(), "expected a file"),
        (directory.path(), "expected a file"),
        (Path::new("/dev/zero"), "expected a file"),
        (large.as_path(), "expected at most 64 KiB"),
    ] {
        world.set("AFK_T3_TOKEN_FILE", path.to_str().unwrap());
        let finished = world.poll();
        assert_eq!(finished.status, 2, "{finished:?}");
        let named = format!("AFK_T3_TOKEN_FILE: can not read {}: {why}", path.display());
        assert!(finished.stderr.contains(&named), "{finished:?}");
    }
    assert!(world.requests().is_empty());
}

#[test]
fn texts_from_outside_break_no_line_and_move_no_cursor() {
    let bad = "acme/wid\u{1b}[2J\r\nERROR forged\u{202e}";
    for arguments in [
        &["--repo", bad][..],
        &["--issue", bad],
        &["--config-dir", bad],
        &["--log-format", bad],
        &[bad],
    ] {
        let finished = run(arguments, &[]);
        assert_eq!(finished.status, 2, "{finished:?}");
        let texts = finished.stderr.replace('\n', "");
        assert!(
            !texts.contains(|c: char| c.is_control() || c == '\u{202e}'),
            "{finished:?}"
        );
        if arguments[0] == "--repo" || arguments[0] == "--issue" {
            assert_eq!(finished.stderr.lines().count(), 1, "{finished:?}");
        }
    }
}

#[test]
fn the_watcher_wants_every_secret_that_a_run_may_need_before_it_starts() {
    let mut world = World::new();
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    write(
        directory.path(),
        "far",
        "http://hooks.example.org/services/x",
    );
    world.set("AFK_NTFY_URL", "http://127.0.0.1:1");
    world.set("AFK_NTFY_TOPIC", "afk");
    for (key, value) in [
        ("AFK_SLACK_WEBHOOK_URL_FILE", file("missing")),
        ("AFK_SLACK_WEBHOOK_URL_FILE", file("far")),
        ("AFK_NTFY_TOKEN_FILE", file("missing")),
    ] {
        world.set(key, &value);
        let settings: Vec<(&str, &str)> = world
            .settings
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .collect();
        let finished = run_binary(WATCH, &[], &settings);
        assert_eq!(finished.status, 2, "{finished:?}");
        let named = format!("{key}: ");
        assert!(finished.stderr.contains(&named), "{}", finished.stderr);
        assert!(world.requests().is_empty());
        world.unset(key);
    }
}

#[test]
fn an_allowlist_that_is_emptied_in_the_environment_stops_everything() {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), "AFK_ALLOWLIST", "acme/widgets");
    write(directory.path(), "AFK_KILL_SWITCH", "off");
    let path = directory.path().to_str().unwrap();
    for binary in [POLL, WATCH] {
        let arguments = ["--config-dir", path];
        assert_eq!(run_binary(binary, &arguments, &[]).status, 2);
        let finished = run_binary(binary, &arguments, &[("AFK_ALLOWLIST", " ")]);
        assert_eq!(finished.status, 0, "{finished:?}");
        assert!(finished.stdout.contains("nothing was done: disarmed"));
    }
}

#[test]
fn a_pipe_in_the_configuration_directory_is_named_and_not_waited_for() {
    let directory = tempfile::tempdir().unwrap();
    let made = Command::new("mkfifo")
        .arg(directory.path().join("AFK_LOG"))
        .status();
    assert!(made.unwrap().success());
    let finished = run(&["--config-dir", directory.path().to_str().unwrap()], &[]);
    assert_eq!(finished.status, 2);
    assert!(finished.stderr.contains("AFK_LOG"), "{finished:?}");
    assert!(finished.stderr.contains("expected a file"), "{finished:?}");
}

#[test]
fn a_repository_that_is_named_and_unknown_to_the_watcher_is_not_passed_over_in_silence() {
    let world = World::new();
    let settings: Vec<(&str, &str)> = world
        .settings
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect();
    let arguments = ["--output", "json", "--repo", "acme/widgetz"];
    let finished = run_binary(WATCH, &arguments, &settings);
    assert_eq!(finished.status, 0, "{finished:?}");
    let entry = &finished.report()["repositories"][0];
    assert_eq!(entry["repository"], "github:acme/widgetz");
    assert_eq!(entry["outcome"], "idle");
    assert_eq!(
        entry["detail"],
        "it is not on AFK_ALLOWLIST, and no run of it is under way"
    );
    assert!(finished.stderr.contains("acme/widgetz"));
    for (binary, error) in [
        (WATCH, "not on AFK_ALLOWLIST, and no run of it is under way"),
        (POLL, "not on AFK_ALLOWLIST"),
    ] {
        let report = run_binary(binary, &arguments, &settings).report();
        assert_eq!(
            report["warnings"],
            serde_json::json!([{"repository": "github:acme/widgetz", "service": "command line",
                "call": "find acme/widgetz", "error": error}])
        );
    }
    let arguments = ["digest", "--repo", "acme/widgetz"];
    let told = run_binary(WATCH, &arguments, &settings);
    let line = "find acme/widgetz: not on AFK_ALLOWLIST, and no run of it is under way\n";
    assert_eq!(told.stdout.matches(line).count(), 1, "{told:?}");
}

#[test]
fn a_rollout_that_nobody_can_read_fails_the_watchers_tick_and_no_others() {
    let mut world = World::new();
    let rollout = r#"{"acme/widgets": {"rollout": {"namespace": "shop", "name": "widgets"}}}"#;
    world.set("AFK_REPOS", rollout);
    let settings: Vec<(&str, &str)> = world
        .settings
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect();
    let finished = run_binary(WATCH, &["--output", "json"], &settings);
    assert_eq!(finished.status, 1, "{finished:?}");
    assert_eq!(
        finished.report()["failures"],
        serde_json::json!([{"repository": "github:acme/widgets", "service": "kubernetes", "call": "find the cluster",
            "error": "the rollout can not be read: this is no pod: set AFK_KUBERNETES_URL, for example to \
                      http://127.0.0.1:8001 for `kubectl proxy`"}])
    );
    assert_eq!(run_binary(POLL, &[], &settings).status, 0);
    let checked = run_binary(POLL, &["check"], &settings);
    assert!(!checked.stderr.contains("ERROR"), "{checked:?}");
    assert!(!checked.stderr.contains("rollout"), "{checked:?}");
    assert!(!checked.stdout.contains("rollout"), "{checked:?}");
    let checked = run_binary(WATCH, &["check"], &settings);
    assert_eq!(checked.status, 2, "{checked:?}");
    let said = "there is no Kubernetes to ask: this is no pod: set AFK_KUBERNETES_URL";
    assert!(checked.stdout.contains(said), "{checked:?}");
}

#[test]
fn what_stops_a_tick_is_said_in_the_form_of_the_log() {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), "AFK_LOG_FORMAT", "json");
    let path = directory.path().to_str().unwrap();
    let wrong = ("AFK_MAX_IN_FLIGHT", "0");
    let unset = [
        ("AFK_KILL_SWITCH", "off"),
        ("AFK_ALLOWLIST", "acme/widgets"),
    ];
    for binary in [POLL, WATCH] {
        for (arguments, settings, is_json) in [
            // Nobody sits at a pipe.
            (&[][..], &[wrong][..], true),
            (&[], &unset, true),
            (&["--config-dir", "/nowhere"], &[], true),
            (&["--repo", "no repository"], &[], true),
            (&["--config-dir", path], &[wrong], true),
            (
                &["--log-format", "json"],
                &[wrong, ("AFK_LOG_FORMAT", "pretty")],
                true,
            ),
            // What is wrong with the form itself is no reason to lose the line.
            (&[], &[("AFK_LOG_FORMAT", "xml")], true),
            (&[], &[wrong, ("AFK_LOG_FORMAT", "pretty")], false),
            (
                &["--log-format", "pretty", "--config-dir", path],
                &[wrong],
                false,
            ),
            (&["--log-format", "pretty"], &unset, false),
        ] {
            let finished = run_binary(binary, arguments, settings);
            assert_eq!(finished.status, 2, "{finished:?}");
            assert_eq!(finished.stdout, "");
            let parsed = serde_json::from_str::<serde_json::Value>(&finished.stderr);
            assert_eq!(
                parsed.is_ok(),
                is_json,
                "{arguments:?} {settings:?}: {finished:?}"
            );
            if let Ok(line) = parsed {
                // One line with the fields of every other log line.
                assert_eq!(finished.stderr.lines().count(), 1);
                assert_eq!(line["level"], "ERROR");
                assert!(line["timestamp"].as_str().unwrap().ends_with('Z'));
                let message = line["message"].as_str().unwrap();
                assert!(message.starts_with("afk-"), "{message}");
            }
        }
    }
}

#[test]
fn certificates_that_can_not_be_read_are_a_configuration_error_where_they_are_needed() {
    let mut world = World::new();
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), "empty", "");
    write(directory.path(), "other", "no certificate\n");
    let rollout = r#"{"acme/widgets": {"rollout": {"namespace": "shop", "deployment": "widgets", "container": "app"}}}"#;
    let settings = |world: &World| -> Vec<(String, String)> {
        world
            .settings
            .iter()
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    };
    let watch = |world: &World| {
        let settings = settings(world);
        let settings: Vec<(&str, &str)> = settings
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .collect();
        run_binary(WATCH, &[], &settings)
    };
    for name in ["missing", "empty", "other"] {
        let path = directory.path().join(name);
        world.set("AFK_KUBERNETES_CA_FILE", path.to_str().unwrap());
        world.set("AFK_REPOS", rollout);
        let before = world.requests().len();
        let finished = watch(&world);
        assert_eq!(finished.status, 2, "{name}: {finished:?}");
        assert!(
            finished.stderr.contains("AFK_KUBERNETES_CA_FILE: ")
                && finished.stderr.contains(path.to_str().unwrap()),
            "{finished:?}"
        );
        assert_eq!(finished.stdout, "");
        assert_eq!(world.requests().len(), before);
        // Nobody needs it without a rollout, and the poller never does.
        assert_eq!(world.poll().status, 0);
        world.set("AFK_REPOS", "{}");
        assert_eq!(watch(&world).status, 0);
    }
}

#[test]
fn an_error_of_the_settings_is_one_line_of_json_without_breaks() {
    let finished = run(
        &["--log-format", "json"],
        &[
            ("AFK_ALLOWLIST", "https://github.com/octo/w"),
            ("AFK_RUN_MAX_SECONDS", "soon"),
        ],
    );
    assert_eq!(finished.status, 2, "{finished:?}");
    let line: serde_json::Value = serde_json::from_str(&finished.stderr).unwrap();
    let message = line["message"].as_str().unwrap();
    assert!(!message.contains('\n'), "{message}");
    for part in [
        "afk-poll: the configuration is wrong: AFK_",
        "AFK_ALLOWLIST: expected a name and no address: 'github:octo/w' is meant",
        "; AFK_RUN_MAX_SECONDS: expected ",
    ] {
        assert!(message.contains(part), "{part} in {message}");
    }
}
