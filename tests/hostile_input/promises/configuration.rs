//! Configuration: what any environment and any directories of files may come to.
//!
//! An input has one `NAME=value` per line; lines of `---` separate sources, of which the first is the environment.
//! `\n` in a value is a line end. A line that is no UTF-8 is a value that can not be read.

use std::collections::BTreeMap;

use afk::domain::config::{Config, ConfigErrors, Gate, Key, Source, load};

/// Stands at the end of every secret, and where an address has [`PLACE`] among its credentials.
const SECRET: &str = "Qx7-Unguessable.7421";
const PLACE: &str = "%SECRET%";

type Values = BTreeMap<String, Result<String, String>>;

/// Checks one configuration.
///
/// # Panics
///
/// When something holds that must not.
pub fn configuration(bytes: &[u8]) {
    if String::from_utf8_lossy(bytes).contains(SECRET) {
        return;
    }
    let collected = collected(bytes);
    let sources: Vec<Source> = collected
        .iter()
        .enumerate()
        .map(|(index, values)| match index {
            0 => Source::new("environment", values.clone()),
            _ => Source::directory(format!("/etc/afk/{index}"), values.clone()),
        })
        .collect();
    hides_secrets(&format!("{sources:?}"));
    match load(&sources) {
        Err(errors) => check_errors(&errors),
        Ok(loaded) => {
            for warning in &loaded.warnings {
                let text = warning.to_string();
                hides_secrets(&text);
                assert!(!text.contains(char::is_control), "{text:?}");
            }
            check_gate(&loaded.config, &collected);
            check_limits(&loaded.config);
            check_access(&loaded.config);
        }
    }
}

fn collected(bytes: &[u8]) -> Vec<Values> {
    let mut sources = vec![Values::new()];
    for line in bytes.split(|byte| *byte == b'\n') {
        if line == b"---" {
            sources.push(Values::new());
            continue;
        }
        let readable = str::from_utf8(line).is_ok();
        let line = String::from_utf8_lossy(line);
        let Some((name, value)) = line.split_once('=') else {
            continue;
        };
        let mut value = value.replace("\\n", "\n");
        if is_secret(name) {
            value.push_str(SECRET);
        }
        let among_credentials = name.ends_with("_URL") && has_place_among_credentials(&value);
        value = value.replace(PLACE, if among_credentials { SECRET } else { "x" });
        let value = if readable {
            Ok(value)
        } else {
            Err("not UTF-8".to_owned())
        };
        if let Some(values) = sources.last_mut() {
            values.insert(name.to_owned(), value);
        }
    }
    sources
}

/// Whether the place is between `://` and `@`, with nothing of a path before.
fn has_place_among_credentials(value: &str) -> bool {
    let Some((_, rest)) = value.split_once("://") else {
        return false;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let credentials = authority.rsplit_once('@').map(|(before, _)| before);
    credentials.is_some_and(|credentials| credentials.contains(PLACE))
        && !rest[authority.len()..].contains(PLACE)
}

fn is_secret(name: &str) -> bool {
    Key::ALL
        .iter()
        .any(|key| key.is_secret() && key.name() == name)
}

fn hides_secrets(text: &str) {
    assert!(!text.contains(SECRET), "shows a secret: {text}");
}

fn check_errors(errors: &ConfigErrors) {
    hides_secrets(&format!("{errors} {errors:?}"));
    assert!(!errors.problems().is_empty());
    for problem in errors.problems() {
        let text = problem.to_string();
        assert!(text.starts_with(problem.key().name()), "{text:?}");
        assert!(!text.contains(char::is_control), "{text:?}");
        assert!(text.chars().count() < 1_000, "{text:?}");
    }
}

/// Opens the gates by a second reading of the two keys, which shares nothing with the first.
fn check_gate(config: &Config, collected: &[Values]) {
    let said = |name: &str| -> Vec<&str> {
        collected
            .iter()
            .filter_map(|values| values.get(name)?.as_ref().ok())
            .map(|value| value.trim())
            .filter(|value| !value.is_empty())
            .collect()
    };
    let switch = said("AFK_KILL_SWITCH");
    let is_off = !switch.is_empty()
        && switch.iter().all(|word| {
            ["0", "false", "no", "off"]
                .iter()
                .any(|off| word.eq_ignore_ascii_case(off))
        });
    // An empty one counts, too.
    let first = collected
        .iter()
        .find_map(|values| values.get("AFK_ALLOWLIST")?.as_ref().ok());
    let allowlist = first.map_or(0, |list| {
        list.split(',')
            .filter(|entry| !entry.trim().is_empty())
            .count()
    });
    let enrolled = match config.gate() {
        Gate::Armed(armed) => {
            assert!(is_off, "armed by {switch:?}");
            armed.enrolled().to_vec()
        }
        Gate::Drain(drain) => {
            assert!(!is_off, "drains by {switch:?}");
            drain.enrolled().to_vec()
        }
        Gate::Disarmed(_) => {
            assert_eq!(allowlist, 0, "enrolled nothing");
            Vec::new()
        }
    };
    assert!(enrolled.len() <= allowlist);
    assert_eq!(enrolled.is_empty(), allowlist == 0);
    assert_eq!(enrolled, config.allowlist());
    let list = said("AFK_ALLOWLIST")
        .first()
        .map_or_else(String::new, |list| list.to_ascii_lowercase());
    for repo in &enrolled {
        let name = repo.full_name().to_ascii_lowercase();
        assert!(list.contains(&name), "{repo} is not in {list:?}");
        // What reports show is what the command line and the configuration take.
        let again = afk::domain::repository::RepoRef::parse(&repo.to_string(), repo.forge());
        assert_eq!(again.as_ref(), Ok(repo));
    }
}

fn check_limits(config: &Config) {
    let limits = &config.limits;
    assert!((1..=1_000).contains(&limits.max_in_flight));
    assert!(limits.fix_forward_max_attempts <= 20);
    for time in [
        limits.fix_forward_max,
        limits.run_max,
        limits.stall,
        limits.settle,
        limits.ci_start_max,
        limits.ci_max,
    ] {
        assert!((1..=30 * 86_400).contains(&time.num_seconds()));
    }
    assert!((1..=30 * 86_400).contains(&limits.tick_max.as_secs()));
    let labels = [
        &config.labels.ready,
        &config.labels.in_progress,
        &config.labels.ready_for_human,
    ];
    for label in labels {
        assert!((1..=50).contains(&label.chars().count()), "{label:?}");
        assert!(!label.contains(','), "{label:?}");
        let alike = labels
            .iter()
            .filter(|other| other.to_lowercase() == label.to_lowercase());
        assert_eq!(alike.count(), 1, "{label:?}");
    }
}

fn check_access(config: &Config) {
    hides_secrets(&format!("{config:?}"));
    if let Err(errors) = config.require_for_poll() {
        check_errors(&errors);
    }
    if let Err(errors) = config.require_for_watch() {
        check_errors(&errors);
    }
    // A token never goes to a public host in the clear.
    for service in [
        &config.executor.t3,
        &config.github,
        &config.forgejo,
        &config.woodpecker,
        &config.kubernetes.api,
    ] {
        if let (Some(url), Some(_)) = (&service.url, &service.token) {
            assert!(!url.is_plain() || url.is_near(), "{url:?}");
        }
    }
}
