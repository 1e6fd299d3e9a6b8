//! The whole table of keys, the gates over all sources, and what must never be shown.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use chrono::TimeDelta;

use super::*;
use crate::domain::config::{
    BaseUrl, Gate, GitHubAccess, KeyDefault, Secret, SecretSource, ServiceConfig,
};

mod gates;
mod properties;
mod samples;
mod secrets;

use self::samples::*;

type Pairs<'a> = &'a [(&'a str, &'a str)];

fn values(pairs: Pairs) -> BTreeMap<String, Result<String, String>> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), Ok((*value).to_owned())))
        .collect()
}

fn environment(pairs: Pairs) -> Source {
    Source::new("environment", values(pairs))
}

fn directory(pairs: Pairs) -> Source {
    Source::directory("/etc/afk", values(pairs))
}

/// Loads from the environment alone.
pub(in crate::domain::config) fn config(pairs: Pairs) -> Config {
    load(&[environment(pairs)]).unwrap().config
}

fn problems(pairs: Pairs) -> Vec<String> {
    let errors = load(&[environment(pairs)]).expect_err("problems");
    errors.to_string().lines().map(str::to_owned).collect()
}

fn repository(name: &str) -> RepoRef {
    RepoRef::parse(name, ForgeKind::GitHub).unwrap()
}

fn file(path: &str) -> Option<SecretSource> {
    Some(SecretSource::File(path.into()))
}

fn inline(text: &str) -> Option<SecretSource> {
    Some(SecretSource::Inline(Secret::parse(text).unwrap()))
}

#[test]
fn nothing_at_all_is_a_disarmed_configuration_with_the_defaults_of_the_specification() {
    let Loaded { config, warnings } = load(&[]).unwrap();
    assert_eq!(warnings, []);
    assert_eq!(
        config.gate().into_armed().unwrap_err().to_string(),
        "disarmed: AFK_KILL_SWITCH is on (default) and AFK_ALLOWLIST is empty; \
         to arm, list repositories in AFK_ALLOWLIST and set AFK_KILL_SWITCH to off"
    );
    assert_eq!(
        config,
        Config {
            kill_switch: KillSwitch::On(vec!["default".to_owned()]),
            halt: Halt::default(),
            allowlist: vec![],
            trust: TrustConfig {
                allow_public: [].into(),
                trusted_apps: [].into(),
                trusted_people: [].into(),
                agent_accounts: [].into(),
            },
            labels: Labels {
                ready: "ready-for-agent".to_owned(),
                in_progress: "agent-in-progress".to_owned(),
                ready_for_human: "ready-for-human".to_owned(),
                hold: ["needs-triage", "needs-info", "wontfix"]
                    .map(str::to_owned)
                    .into(),
            },
            refusal_comment: true,
            limits: Limits {
                max_in_flight: 5,
                max_starts_per_day: Some(20),
                budget: Usd::DEFAULT,
                fix_forward_max_attempts: 5,
                fix_forward_max: TimeDelta::seconds(3600),
                run_max: TimeDelta::seconds(14400),
                stall: TimeDelta::seconds(1800),
                settle: TimeDelta::seconds(120),
                ci_start_max: TimeDelta::seconds(900),
                ci_max: TimeDelta::seconds(5400),
                ci_settle: TimeDelta::seconds(60),
                run_max_tokens: None,
                resume_max: 8,
                orphan: TimeDelta::seconds(600),
                ready_settle: TimeDelta::seconds(60),
                quiet: TimeDelta::seconds(300),
                tick_max: Duration::from_secs(100),
            },
            executor: ExecutorConfig {
                t3: ServiceConfig::default(),
                workspace_root: WorkspacePath::parse("/data").unwrap(),
                instance: "claudeAgent".to_owned(),
                model: "claude-sonnet-4-6".to_owned(),
            },
            cockpit: CockpitConfig {
                url: None,
                link: LinkTemplate::parse("{cockpit}/{environment}/{thread}").unwrap(),
            },
            default_forge: ForgeKind::GitHub,
            github_app: None,
            ca_file: None,
            monitoring: MonitoringConfig::default(),
            github: ServiceConfig {
                url: BaseUrl::parse("https://api.github.com").ok(),
                token: None,
            },
            forgejo: ServiceConfig::default(),
            woodpecker: ServiceConfig::default(),
            woodpecker_public_url: None,
            kubernetes: KubernetesConfig {
                api: ServiceConfig::default(),
                ca_file: None,
            },
            notifiers: NotifierConfig {
                slack: None,
                ntfy: None,
            },
            repositories: [].into(),
            logging: LogConfig {
                level: LogLevel::Info,
                format: LogFormat::Auto,
            },
            config_dir: None,
        }
    );
}

/// What a key needs beside it to make sense.
fn company(key: Key) -> Pairs<'static> {
    const NTFY: [(&str, &str); 2] = [
        ("AFK_NTFY_URL", "https://ntfy.example.org"),
        ("AFK_NTFY_TOPIC", "company"),
    ];
    if key == Key::NtfyUrl {
        &[NTFY[1]]
    } else if key == Key::NtfyTopic {
        &[NTFY[0]]
    } else if key == Key::GithubAppId {
        &[("AFK_GITHUB_APP_KEY_FILE", "/run/company.pem")]
    } else if key == Key::GithubAppKeyFile {
        &[("AFK_GITHUB_APP_ID", "12345")]
    } else if key == Key::NtfyToken {
        &NTFY
    } else {
        &[]
    }
}

#[test]
fn every_key_takes_a_good_value_and_refuses_a_bad_one() {
    let samples = samples();
    let keys: Vec<_> = samples.iter().map(|sample| sample.key).collect();
    assert_eq!(keys, Key::ALL);
    for Sample {
        key,
        good,
        took,
        bad,
        problem,
    } in samples
    {
        let name = key.name();
        let with = |value| [company(key), &[(name, value)]].concat();
        let padded = format!(" {good}\n");
        assert!(took(&config(&with(&padded))), "{name}");
        let empty = load(&[environment(&with(" \t\n"))]);
        if key == Key::HoldLabels {
            assert!(empty.as_ref().unwrap().config.labels.hold.is_empty());
        } else {
            assert_eq!(empty, load(&[environment(company(key))]), "{name}");
        }
        assert!(!empty.is_ok_and(|loaded| took(&loaded.config)), "{name}");
        let labels = [
            Key::InProgressLabel,
            Key::ReadyForHumanLabel,
            Key::HoldLabels,
        ];
        let place = if labels.contains(&key) {
            ""
        } else {
            " (environment)"
        };
        assert_eq!(problems(&with(bad)), [format!("{name}: {problem}{place}")]);
    }
}

#[test]
fn entries_that_something_else_separates_are_told_so() {
    const NAME: &str = "expected owner/name, github:owner/name or forgejo:owner/name";
    for (list, found, hint) in [
        ("a/b c/d", "a/b c/d", ", separated by commas"),
        ("a/b\nc/d", r"a/b\nc/d", ", separated by commas"),
        ("a/b,\u{feff}c/d", r"\u{feff}c/d", ""),
        ("a/b,c d", "c d", ""),
    ] {
        assert_eq!(
            problems(&[("AFK_ALLOWLIST", list)]),
            [format!(
                "AFK_ALLOWLIST: {NAME}{hint}, found '{found}' (environment)"
            )],
            "{list:?}"
        );
    }
}

#[test]
fn an_app_is_whole_and_stands_in_place_of_a_token() {
    let (id, key) = (
        ("AFK_GITHUB_APP_ID", "12345"),
        ("AFK_GITHUB_APP_KEY_FILE", "/run/app.pem"),
    );
    assert_eq!(
        problems(&[id]),
        ["AFK_GITHUB_APP_KEY_FILE: expected it to be set, because AFK_GITHUB_APP_ID is"]
    );
    assert_eq!(
        problems(&[key]),
        ["AFK_GITHUB_APP_ID: expected it to be set, because AFK_GITHUB_APP_KEY_FILE is"]
    );
    for token in ["AFK_GITHUB_TOKEN", "AFK_GITHUB_TOKEN_FILE"] {
        assert_eq!(
            problems(&[id, key, (token, "/run/token")]),
            ["AFK_GITHUB_APP_ID: expected it or AFK_GITHUB_TOKEN, found both"]
        );
    }
    assert_eq!(
        problems(&[id, key, ("AFK_GITHUB_URL", "http://ghe.example.org/api/v3")]),
        [
            "AFK_GITHUB_URL: expected https:// because of AFK_GITHUB_APP_ID, or a host that is loopback or cluster-internal, \
             found 'http://ghe.example.org/api/v3' (environment)"
        ]
    );
    let complete = [
        id,
        key,
        ("AFK_ALLOWLIST", "a/b"),
        ("AFK_T3_URL", "https://t3.example.org"),
        ("AFK_T3_TOKEN", "t"),
    ];
    let access = config(&complete).require_for_poll().unwrap();
    assert!(matches!(
        access.github,
        Some(GitHubAccess::App { url, app })
            if url.as_str() == "https://api.github.com" && app.id == "12345" && app.key_file == Path::new("/run/app.pem")
    ));
}

#[test]
fn every_default_value_is_good() {
    for key in Key::ALL {
        if let KeyDefault::Value(text) = key.default() {
            let explicit = config(&[(key.name(), text)]);
            if *key == Key::KillSwitch {
                assert_eq!(
                    explicit.kill_switch,
                    KillSwitch::On(vec!["environment".to_owned()])
                );
            } else {
                assert_eq!(explicit, config(&[]), "{key}");
            }
        }
    }
}

#[test]
fn every_limit_has_two_sides() {
    for key in Key::ALL
        .iter()
        .filter(|key| key.name().ends_with("_SECONDS"))
    {
        let may_be_none = [
            (Key::CiSettleSeconds, ("3600", "3601")),
            (Key::ReadySettleSeconds, ("3600", "3601")),
            (Key::QuietSeconds, ("86400", "86401")),
        ]
        .into_iter()
        .find(|(none, _)| none == key)
        .map(|(_, most)| most);
        let (most, above) = may_be_none.unwrap_or(("2592000", "2592001"));
        for (text, good) in [
            ("0", may_be_none.is_some()),
            ("1", true),
            (most, true),
            (above, false),
            ("-1", false),
            ("1s", false),
        ] {
            assert_eq!(
                load(&[environment(&[(key.name(), text)])]).is_ok(),
                good,
                "{key} {text}"
            );
        }
    }
    for (name, text, good) in [
        ("AFK_MAX_IN_FLIGHT", "0", false),
        ("AFK_MAX_IN_FLIGHT", "1", true),
        ("AFK_MAX_IN_FLIGHT", "1000", true),
        ("AFK_MAX_IN_FLIGHT", "1001", false),
        ("AFK_FIX_FORWARD_MAX_ATTEMPTS", "0", true),
        ("AFK_FIX_FORWARD_MAX_ATTEMPTS", "20", true),
        ("AFK_FIX_FORWARD_MAX_ATTEMPTS", "21", false),
        ("AFK_BUDGET_USD", "0", false),
        ("AFK_BUDGET_USD", "0.01", true),
        ("AFK_BUDGET_USD", "10000", true),
        ("AFK_BUDGET_USD", "10000.01", false),
    ] {
        assert_eq!(
            load(&[environment(&[(name, text)])]).is_ok(),
            good,
            "{name} {text}"
        );
    }
}

#[test]
fn all_problems_are_reported_at_once_in_table_order() {
    let pairs = [
        ("AFK_LOG", "loud"),
        ("AFK_KILL_SWITCH", "maybe"),
        ("AFK_ALLOWLIST", "a/b,x,gitlab:a/b"),
        ("AFK_DEFAULT_FORGE", "svn"),
        ("AFK_T3_URL", "http://t3.example.org"),
        ("AFK_T3_TOKEN", "two words"),
        ("AFK_NTFY_TOPIC", "topic"),
        ("AFK_REPOS", r#"{"x": {}, "a/b": {"deploy": "argo"}}"#),
        ("AFK_RUN_MAX_SECONDS", "1h"),
    ];
    assert_eq!(
        problems(&pairs).join("\n"),
        "AFK_KILL_SWITCH: expected 1, true, yes or on, or 0, false, no or off, found 'maybe' (environment)
AFK_ALLOWLIST: expected owner/name, github:owner/name or forgejo:owner/name, found 'x' (environment)
AFK_ALLOWLIST: expected github: or forgejo: before owner/name, found 'gitlab:a/b' (environment)
AFK_RUN_MAX_SECONDS: expected a whole number of seconds from 1 to 2592000 (30 days), found '1h' (environment)
AFK_T3_URL: expected https:// because of AFK_T3_TOKEN, or a host that is loopback or cluster-internal, found 'http://t3.example.org' (environment)
AFK_T3_TOKEN: expected one word of printable ASCII characters (environment)
AFK_DEFAULT_FORGE: expected github or forgejo, found 'svn' (environment)
AFK_NTFY_URL: expected it to be set, because AFK_NTFY_TOPIC is
AFK_REPOS: expected owner/name, github:owner/name or forgejo:owner/name, found 'x' (environment)
AFK_REPOS: github:a/b: deploy: expected \"woodpecker\" or an object, found 'argo' (environment)
AFK_LOG: expected off, error, warn, info, debug or trace, found 'loud' (environment)"
    );
}

#[test]
fn tokens_travel_encrypted_or_stay_near() {
    for (url_key, token_key) in [
        ("AFK_T3_URL", "AFK_T3_TOKEN"),
        ("AFK_GITHUB_URL", "AFK_GITHUB_TOKEN"),
        ("AFK_FORGEJO_URL", "AFK_FORGEJO_TOKEN"),
        ("AFK_WOODPECKER_URL", "AFK_WOODPECKER_TOKEN"),
        ("AFK_KUBERNETES_URL", "AFK_KUBERNETES_TOKEN"),
        ("AFK_NTFY_URL", "AFK_NTFY_TOKEN"),
    ] {
        let file_key = format!("{token_key}_FILE");
        for token in [
            None,
            Some((token_key, "t")),
            Some((file_key.as_str(), "/run/t")),
        ] {
            for (url, near) in [
                ("http://host.example.org", false),
                ("http://10.0.0.1", false),
                ("http://[::ffff:127.0.0.1]", false),
                ("https://host.example.org", true),
                ("http://127.0.0.1:1", true),
                ("http://[::1]", true),
                ("http://localhost", true),
                ("http://name", true),
                ("http://name.space.svc", true),
                ("http://name.space.svc.cluster.local", true),
            ] {
                let mut pairs = vec![(url_key, url)];
                pairs.extend(token);
                if url_key == "AFK_NTFY_URL" {
                    pairs.push(("AFK_NTFY_TOPIC", "topic"));
                }
                let loaded = load(&[environment(&pairs)]);
                assert_eq!(loaded.is_ok(), near || token.is_none(), "{pairs:?}");
            }
        }
    }
}

#[test]
fn address_and_token_may_come_from_different_sources() {
    let errors = load(&[
        environment(&[("AFK_FORGEJO_URL", "http://git.example.org")]),
        directory(&[("AFK_FORGEJO_TOKEN", "t")]),
    ])
    .unwrap_err();
    assert_eq!(errors.problems()[0].key(), Key::ForgejoUrl);
}

#[test]
fn bare_names_belong_to_the_default_forge() {
    let config = config(&[
        ("AFK_DEFAULT_FORGE", "forgejo"),
        ("AFK_ALLOWLIST", "a/b,github:c/d"),
        ("AFK_REPOS", r#"{"a/b": {"branch": "x"}}"#),
    ]);
    assert_eq!(
        config.allowlist(),
        [repository("forgejo:a/b"), repository("github:c/d")]
    );
    assert!(
        config
            .repository(&repository("forgejo:a/b"))
            .branch
            .is_some()
    );
}

#[test]
fn ntfy_needs_address_and_topic_and_a_lone_token_is_a_warning() {
    assert_eq!(
        problems(&[("AFK_NTFY_URL", "https://n")]),
        ["AFK_NTFY_TOPIC: expected it to be set, because AFK_NTFY_URL is"]
    );
    let loaded = load(&[environment(&[("AFK_NTFY_TOKEN", "t")])]).unwrap();
    assert_eq!(loaded.config.notifiers.ntfy, None);
    assert_eq!(
        loaded.warnings[0].to_string(),
        "AFK_NTFY_TOKEN (environment): has no effect, AFK_NTFY_URL and AFK_NTFY_TOPIC are not set"
    );
}

#[test]
fn three_equal_labels_are_reported_for_each_pair() {
    let found = problems(&[
        ("AFK_READY_LABEL", "x"),
        ("AFK_IN_PROGRESS_LABEL", "X"),
        ("AFK_READY_FOR_HUMAN_LABEL", "x"),
    ]);
    assert_eq!(found.len(), 3);
}
