//! The shipped ConfigMap, read by the program's own parser.

use std::collections::{BTreeMap, BTreeSet};

use afk::domain::config::{self, Gate, Key, KeyDefault, Loaded, Source};
use serde_json::Value;

use super::rendered::{
    BASE, EXAMPLE, SOAK, SOAKS, container, deployments, file, list, mounted_settings, name,
    rendered, text,
};

fn values(pairs: &BTreeMap<String, String>) -> BTreeMap<String, Result<String, String>> {
    pairs
        .iter()
        .map(|(key, value)| (key.clone(), Ok(value.clone())))
        .collect()
}

/// What a CronJob's container sets by itself. The emergency stop is not there unless somebody made it.
fn environment(cron_job: &Value) -> BTreeMap<String, String> {
    list(&container(cron_job)["env"])
        .iter()
        .filter_map(|variable| {
            let value = variable["value"].as_str()?;
            Some((text(&variable["name"]).to_owned(), value.to_owned()))
        })
        .collect()
}

/// Parses what a CronJob's program finds: environment first, then the directory.
fn load(settings: &BTreeMap<String, String>, environment: &BTreeMap<String, String>) -> Loaded {
    let sources = [
        Source::new("environment", values(environment)),
        Source::directory("/etc/afk/settings", values(settings)),
    ];
    config::load(&sources).unwrap_or_else(|errors| panic!("{errors}"))
}

#[test]
fn the_shipped_settings_are_disarmed_and_hold_no_unknown_key() {
    let Some(base) = rendered(BASE) else { return };
    let settings = base.settings("afk");
    for cron_job in base.cron_jobs() {
        let loaded = load(&settings, &environment(cron_job));
        assert_eq!(loaded.warnings, []);
        assert!(
            matches!(loaded.config.gate(), Gate::Disarmed(_)),
            "{}",
            name(cron_job)
        );
        // Both gates are closed, not only one.
        assert!(loaded.config.allowlist().is_empty());
        assert_eq!(settings["AFK_KILL_SWITCH"], "true");
        assert_eq!(settings["AFK_ALLOWLIST"], "");
    }
    // The parser would have told.
    let mut slip = settings;
    slip.insert("AFK_KILLSWITCH".to_owned(), "off".to_owned());
    assert_eq!(load(&slip, &BTreeMap::new()).warnings.len(), 1);
}

/// Names in the comment lines after `# Left out:` that say why.
fn left_out() -> BTreeSet<String> {
    let source = file("base/settings.yaml");
    let (_, comments) = source.split_once("# Left out:\n").unwrap();
    let mut names = BTreeSet::new();
    for line in comments.lines().take_while(|line| line.starts_with("# ")) {
        let (keys, why) = line[2..].split_once(": ").unwrap();
        assert!(why.len() > 20, "{line}");
        names.extend(keys.split(", ").map(str::to_owned));
    }
    names
}

#[test]
fn every_key_is_shipped_or_said_to_be_left_out() {
    let Some(base) = rendered(BASE) else { return };
    let settings = base.settings("afk");
    let left_out = left_out();
    for key in Key::ALL {
        let shipped = settings.contains_key(key.name())
            || key
                .file_name()
                .is_some_and(|file| settings.contains_key(file));
        assert_ne!(
            shipped,
            left_out.contains(key.name()),
            "{key} must be either shipped or said to be left out"
        );
    }
    for name in &left_out {
        assert!(Key::names().any(|known| known == name), "{name} is no key");
    }
}

#[test]
fn shipped_values_are_the_programs_defaults() {
    let Some(base) = rendered(BASE) else { return };
    for (name, value) in base.settings("afk") {
        let Some(key) = Key::ALL.iter().find(|key| key.name() == name) else {
            assert!(name.ends_with("_FILE"), "{name}");
            continue;
        };
        let default = match key.default() {
            KeyDefault::Value(value) => value,
            KeyDefault::Unset(_) => "",
        };
        assert_eq!(value, default, "{name}");
        assert!(!key.is_secret(), "{name} would be a secret in the open");
    }
}

#[test]
fn row_4_every_overlay_that_can_write_ships_with_both_gates_closed_and_is_complete() {
    let writing = deployments()
        .into_iter()
        .filter(|overlay| overlay.of != BASE && !SOAKS.contains(&overlay.of.as_str()));
    for overlay in writing {
        let mut settings = overlay.settings("afk");
        for cron_job in overlay.cron_jobs() {
            let loaded = load(&settings, &environment(cron_job));
            assert_eq!(loaded.warnings, []);
            assert!(matches!(loaded.config.gate(), Gate::Disarmed(_)));
            assert!(loaded.config.allowlist().is_empty());
        }
        // Two words arm it, one after the other, and nothing else is missing then.
        settings.insert("AFK_ALLOWLIST".to_owned(), "octo-org/widgets".to_owned());
        for cron_job in overlay.cron_jobs() {
            let loaded = load(&settings, &environment(cron_job));
            assert_eq!(loaded.warnings, []);
            assert!(matches!(loaded.config.gate(), Gate::Drain(_)));
            loaded.config.require_for_poll().unwrap();
            loaded.config.require_for_watch().unwrap();
            assert_eq!(
                loaded.config.notifiers.ntfy.is_some(),
                !overlay.of.starts_with("overlays/shard"),
                "a shard has no doorbell of its own yet"
            );
        }
        settings.insert("AFK_KILL_SWITCH".to_owned(), "off".to_owned());
        let armed = load(&settings, &BTreeMap::new()).config.gate();
        assert!(matches!(armed, Gate::Armed(_)));
    }
}

#[test]
fn only_a_dry_run_finds_an_open_kill_switch() {
    let mut armed = 0;
    for overlay in deployments() {
        for cron_job in overlay.cron_jobs() {
            let settings = mounted_settings(cron_job);
            let loaded = load(&overlay.settings(settings), &environment(cron_job));
            let dry = list(&container(cron_job)["args"]).contains(&"--dry-run".into());
            if let Gate::Armed(_) = loaded.config.gate() {
                armed += 1;
                assert!(dry, "{} {}", overlay.of, name(cron_job));
                // Nothing that could run for real ever mounts that ConfigMap.
                assert_ne!(settings, "afk");
            }
            assert_eq!(dry, SOAKS.contains(&overlay.of.as_str()));
        }
    }
    assert!(
        armed == 4 || rendered(BASE).is_none(),
        "the soaks are armed"
    );
}

#[test]
fn the_soak_has_the_settings_of_the_example_but_the_gates() {
    let (Some(example), Some(soak)) = (rendered(EXAMPLE), rendered(SOAK)) else {
        return;
    };
    let mut settings = soak.settings("afk-soak");
    assert_eq!(
        settings.insert("AFK_KILL_SWITCH".to_owned(), "on".to_owned()),
        Some("off".to_owned())
    );
    assert_eq!(
        settings.insert("AFK_ALLOWLIST".to_owned(), String::new()),
        Some("octo-org/widgets".to_owned())
    );
    assert_eq!(settings, example.settings("afk"));
}
