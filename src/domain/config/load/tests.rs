//! The whole table of keys, the gates over all sources, and what must never be shown.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;
use crate::domain::config::{BaseUrl, Gate, KeyDefault, Secret, SecretSource, ServiceConfig};

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
            allowlist: vec![],
            trust: TrustConfig {
                allow_public: [].into(),
                trusted_apps: [].into(),
            },
            labels: Labels {
                ready: "ready-for-agent".to_owned(),
                in_progress: "agent-in-progress".to_owned(),
                ready_for_human: "ready-for-human".to_owned(),
            },
            limits: Limits {
                max_in_flight: 5,
                budget: Usd::DEFAULT,
                fix_forward_max_attempts: 5,
                fix_forward_max: TimeDelta::seconds(3600),
                run_max: TimeDelta::seconds(14400),
                stall: TimeDelta::seconds(1800),
                settle: TimeDelta::seconds(120),
                ci_start_max: TimeDelta::seconds(900),
                ci_max: TimeDelta::seconds(5400),
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
            github: ServiceConfig {
                url: BaseUrl::parse("https://api.github.com").ok(),
                token: None,
            },
            forgejo: ServiceConfig::default(),
            woodpecker: ServiceConfig::default(),
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

/// What a good value is and does, and how a bad one is reported, for each key.
struct Sample {
    key: Key,
    good: &'static str,
    took: fn(&Config) -> bool,
    bad: &'static str,
    problem: &'static str,
}

const SECONDS: &str = "expected a whole number of seconds from 1 to 2592000 (30 days), found '0'";
const REPO: &str = "expected owner/name, github:owner/name or forgejo:owner/name, found 'x'";
const ADDRESS: &str = "expected an http:// or https:// address with a host, found 'host'";
const TOKEN: &str = "expected one word of printable ASCII characters";

fn samples() -> Vec<Sample> {
    let sample = |key, good, took, bad, problem| Sample {
        key,
        good,
        took,
        bad,
        problem,
    };
    let days30 = TimeDelta::days(30);
    assert_eq!(days30.num_seconds(), 2_592_000);
    vec![
        sample(
            Key::KillSwitch,
            "off",
            |c| c.kill_switch == KillSwitch::Off,
            "maybe",
            "expected 1, true, yes or on, or 0, false, no or off, found 'maybe'",
        ),
        sample(
            Key::Allowlist,
            "a/b, forgejo:c/d,A/B,",
            |c| c.allowlist == [repository("a/b"), repository("forgejo:c/d")],
            "a/b,x",
            REPO,
        ),
        sample(
            Key::AllowPublic,
            "a/b,a/B",
            |c| c.trust.allow_public == [repository("a/b")].into(),
            "x",
            REPO,
        ),
        sample(
            Key::TrustedApps,
            "Triage-App[bot], other",
            |c| {
                c.trust.trusts_app("triage-app")
                    && c.trust.trusts_app("Other[bot]")
                    && !c.trust.trusts_app("else")
            },
            "a b",
            "expected the slug of an App: a-z, 0-9 and -, found 'a b'",
        ),
        sample(
            Key::ReadyLabel,
            "go",
            |c| c.labels.ready == "go",
            "a,b",
            "expected a label of 1 to 50 characters without commas and control characters, found 'a,b'",
        ),
        sample(
            Key::InProgressLabel,
            "busy",
            |c| c.labels.in_progress == "busy",
            "Ready-For-Agent",
            "expected another label than AFK_READY_LABEL, found 'Ready-For-Agent' for both",
        ),
        sample(
            Key::ReadyForHumanLabel,
            "help",
            |c| c.labels.ready_for_human == "help",
            "AGENT-in-progress",
            "expected another label than AFK_IN_PROGRESS_LABEL, found 'AGENT-in-progress' for both",
        ),
        sample(
            Key::MaxInFlight,
            "1000",
            |c| c.limits.max_in_flight == 1000,
            "0",
            "expected a whole number from 1 to 1000, found '0'",
        ),
        sample(
            Key::BudgetUsd,
            "0.5",
            |c| c.limits.budget.cents() == 50,
            "0",
            "expected US dollars above 0 and up to 10000, with at most two decimals, found '0'",
        ),
        sample(
            Key::FixForwardMaxAttempts,
            "0",
            |c| c.limits.fix_forward_max_attempts == 0,
            "21",
            "expected a whole number from 0 to 20, found '21'",
        ),
        sample(
            Key::FixForwardMaxSeconds,
            "1",
            |c| c.limits.fix_forward_max == TimeDelta::seconds(1),
            "0",
            SECONDS,
        ),
        sample(
            Key::RunMaxSeconds,
            "2592000",
            |c| c.limits.run_max == TimeDelta::days(30),
            "0",
            SECONDS,
        ),
        sample(
            Key::StallSeconds,
            "2",
            |c| c.limits.stall == TimeDelta::seconds(2),
            "0",
            SECONDS,
        ),
        sample(
            Key::SettleSeconds,
            "3",
            |c| c.limits.settle == TimeDelta::seconds(3),
            "0",
            SECONDS,
        ),
        sample(
            Key::CiStartMaxSeconds,
            "4",
            |c| c.limits.ci_start_max == TimeDelta::seconds(4),
            "0",
            SECONDS,
        ),
        sample(
            Key::CiMaxSeconds,
            "5",
            |c| c.limits.ci_max == TimeDelta::seconds(5),
            "0",
            SECONDS,
        ),
        sample(
            Key::TickMaxSeconds,
            "6",
            |c| c.limits.tick_max == Duration::from_secs(6),
            "0",
            SECONDS,
        ),
        sample(
            Key::T3Url,
            "http://t3.afk.svc:3773/",
            |c| {
                let url = BaseUrl::parse("http://t3.afk.svc:3773").ok();
                c.executor.t3.url == url && c.cockpit.url == url
            },
            "host",
            ADDRESS,
        ),
        sample(
            Key::T3Token,
            "t",
            |c| c.executor.t3.token == inline("t"),
            "a b",
            TOKEN,
        ),
        sample(
            Key::T3WorkspaceRoot,
            "/srv/",
            |c| c.executor.workspace_root.as_str() == "/srv",
            "srv",
            "expected an absolute path without . and .. in it, found 'srv'",
        ),
        sample(
            Key::T3Instance,
            "codex",
            |c| c.executor.instance == "codex",
            "a b",
            "expected one word of 1 to 200 printable ASCII characters, found 'a b'",
        ),
        sample(
            Key::T3Model,
            "claude-opus",
            |c| c.executor.model == "claude-opus",
            "a b",
            "expected one word of 1 to 200 printable ASCII characters, found 'a b'",
        ),
        sample(
            Key::CockpitUrl,
            "http://t3.example.org",
            |c| {
                c.cockpit.url == BaseUrl::parse("http://t3.example.org").ok()
                    && c.executor.t3.url.is_none()
            },
            "host",
            ADDRESS,
        ),
        sample(
            Key::CockpitLink,
            "{cockpit}/#/{thread}",
            |c| c.cockpit.link == LinkTemplate::parse("{cockpit}/#/{thread}").unwrap(),
            "{cockpit}",
            "expected a link with {thread} in it, found '{cockpit}'",
        ),
        sample(
            Key::DefaultForge,
            "Forgejo",
            |c| c.default_forge == ForgeKind::Forgejo,
            "gitlab",
            "expected github or forgejo, found 'gitlab'",
        ),
        sample(
            Key::GithubUrl,
            "https://ghe/api/v3",
            |c| c.github.url == BaseUrl::parse("https://ghe/api/v3").ok(),
            "host",
            ADDRESS,
        ),
        sample(
            Key::GithubToken,
            "g",
            |c| c.github.token == inline("g"),
            "a b",
            TOKEN,
        ),
        sample(
            Key::ForgejoUrl,
            "https://git",
            |c| c.forgejo.url == BaseUrl::parse("https://git").ok(),
            "host",
            ADDRESS,
        ),
        sample(
            Key::ForgejoToken,
            "f",
            |c| c.forgejo.token == inline("f"),
            "a b",
            TOKEN,
        ),
        sample(
            Key::WoodpeckerUrl,
            "https://ci",
            |c| c.woodpecker.url == BaseUrl::parse("https://ci").ok(),
            "host",
            ADDRESS,
        ),
        sample(
            Key::WoodpeckerToken,
            "w",
            |c| c.woodpecker.token == inline("w"),
            "a b",
            TOKEN,
        ),
        sample(
            Key::KubernetesUrl,
            "http://127.0.0.1:8001",
            |c| c.kubernetes.api.url == BaseUrl::parse("http://127.0.0.1:8001").ok(),
            "host",
            ADDRESS,
        ),
        sample(
            Key::KubernetesToken,
            "k",
            |c| c.kubernetes.api.token == inline("k"),
            "a b",
            TOKEN,
        ),
        sample(
            Key::KubernetesCaFile,
            "/ca.pem",
            |c| c.kubernetes.ca_file == Some("/ca.pem".into()),
            "ca.pem",
            "expected an absolute path, found 'ca.pem'",
        ),
        sample(
            Key::SlackWebhookUrl,
            "https://hooks.slack.com/x",
            |c| c.notifiers.slack == inline("https://hooks.slack.com/x"),
            "http://hooks.slack.com/x",
            "expected https://, or a host that is loopback or cluster-internal",
        ),
        sample(
            Key::NtfyUrl,
            "https://ntfy.sh",
            |c| {
                c.notifiers
                    .ntfy
                    .as_ref()
                    .is_some_and(|n| n.url.as_str() == "https://ntfy.sh")
            },
            "host",
            ADDRESS,
        ),
        sample(
            Key::NtfyTopic,
            "topic",
            |c| {
                c.notifiers
                    .ntfy
                    .as_ref()
                    .is_some_and(|n| n.topic == "topic")
            },
            "a b",
            "expected 1 to 64 characters of A-Z, a-z, 0-9, - and _, found 'a b'",
        ),
        sample(
            Key::NtfyToken,
            "n",
            |c| {
                c.notifiers
                    .ntfy
                    .as_ref()
                    .is_some_and(|n| n.token == inline("n"))
            },
            "a b",
            TOKEN,
        ),
        sample(
            Key::Repos,
            r#"{"a/b": {"branch": "x"}}"#,
            |c| {
                c.repository(&repository("A/B")).branch.as_deref() == Some("x")
                    && *c.repository(&repository("a/c")) == RepositoryConfig::BUILD_ONLY
            },
            r#"{"a/b": {"branch": 5}}"#,
            "github:a/b: branch: expected a string, found a number",
        ),
        sample(
            Key::Log,
            "DEBUG",
            |c| c.logging.level == LogLevel::Debug,
            "loud",
            "expected off, error, warn, info, debug or trace, found 'loud'",
        ),
        sample(
            Key::LogFormat,
            "json",
            |c| c.logging.format == LogFormat::Json,
            "xml",
            "expected auto, pretty or json, found 'xml'",
        ),
        sample(
            Key::ConfigDir,
            "conf",
            |c| c.config_dir == Some("conf".into()),
            "a\nb",
            r"expected a path, found 'a\nb'",
        ),
    ]
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
        assert_eq!(empty, load(&[environment(company(key))]), "{name}");
        assert!(!empty.is_ok_and(|loaded| took(&loaded.config)), "{name}");
        let place = if key == Key::InProgressLabel || key == Key::ReadyForHumanLabel {
            ""
        } else {
            " (environment)"
        };
        assert_eq!(problems(&with(bad)), [format!("{name}: {problem}{place}")]);
    }
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
        for (text, good) in [
            ("0", false),
            ("1", true),
            ("2592000", true),
            ("2592001", false),
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
fn every_combination_of_kill_switch_and_allowlist_over_two_sources() {
    let switches = [None, Some("off"), Some("on"), Some("maybe")];
    let lists = [None, Some("a/b"), Some(" , ")];
    let of = |switch: Option<&'static str>, list: Option<&'static str>| {
        let pairs = [("AFK_KILL_SWITCH", switch), ("AFK_ALLOWLIST", list)];
        pairs
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .collect::<Vec<_>>()
    };
    for first in switches {
        for second in switches {
            for first_list in lists {
                for second_list in lists {
                    let loaded = load(&[
                        environment(&of(first, first_list)),
                        directory(&of(second, second_list)),
                    ]);
                    let said = [first, second];
                    if said.contains(&Some("maybe")) {
                        assert!(loaded.is_err());
                        continue;
                    }
                    let gate = loaded.unwrap().config.gate();
                    let off = !said.contains(&Some("on")) && said.contains(&Some("off"));
                    let enrolled = first_list.or(second_list) == Some("a/b");
                    let expected = match (off, enrolled) {
                        (true, true) => {
                            matches!(&gate, Gate::Armed(armed) if armed.enrolled() == [repository("a/b")])
                        }
                        (false, true) => {
                            matches!(&gate, Gate::Drain(drain) if drain.enrolled() == [repository("a/b")])
                        }
                        (_, false) => matches!(&gate, Gate::Disarmed(_)),
                    };
                    assert!(
                        expected,
                        "{first:?} {second:?} {first_list:?} {second_list:?} {gate:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn an_unclear_kill_switch_is_an_error_in_any_source() {
    let unreadable = BTreeMap::from([("AFK_KILL_SWITCH".to_owned(), Err("not UTF-8".to_owned()))]);
    let errors = load(&[
        environment(&[("AFK_KILL_SWITCH", "on"), ("AFK_ALLOWLIST", "a/b")]),
        directory(&[("AFK_KILL_SWITCH", "offf")]),
        Source::directory("/etc/more", unreadable),
    ])
    .unwrap_err();
    assert_eq!(
        errors.to_string(),
        "AFK_KILL_SWITCH: can not be read, not UTF-8 (directory /etc/more)\n\
         AFK_KILL_SWITCH: expected 1, true, yes or on, or 0, false, no or off, found 'offf' (directory /etc/afk)"
    );
}

#[test]
fn the_reason_names_who_says_on() {
    let loaded = load(&[
        environment(&[("AFK_KILL_SWITCH", "off"), ("AFK_ALLOWLIST", "a/b")]),
        directory(&[("AFK_KILL_SWITCH", "1")]),
    ]);
    assert_eq!(
        loaded
            .unwrap()
            .config
            .gate()
            .into_armed()
            .unwrap_err()
            .to_string(),
        "disarmed: AFK_KILL_SWITCH is on (directory /etc/afk); to arm, set AFK_KILL_SWITCH to off"
    );
}

#[test]
fn secrets_are_inline_or_files_and_those_of_a_directory_are_read_anew() {
    type TokenOf = fn(&Config) -> Option<SecretSource>;
    let tokens: [(Key, TokenOf); 7] = [
        (Key::T3Token, |c| c.executor.t3.token.clone()),
        (Key::GithubToken, |c| c.github.token.clone()),
        (Key::ForgejoToken, |c| c.forgejo.token.clone()),
        (Key::WoodpeckerToken, |c| c.woodpecker.token.clone()),
        (Key::KubernetesToken, |c| c.kubernetes.api.token.clone()),
        (Key::SlackWebhookUrl, |c| c.notifiers.slack.clone()),
        (Key::NtfyToken, |c| c.notifiers.ntfy.as_ref()?.token.clone()),
    ];
    let secrets: Vec<_> = Key::ALL
        .iter()
        .copied()
        .filter(|key| key.is_secret())
        .collect();
    assert_eq!(tokens.map(|(key, _)| key).as_slice(), secrets);
    for (key, token) in tokens {
        let (name, file_name) = (key.name(), key.file_name().unwrap());
        let secret = "https://hunter2";
        let with = |pair| environment(&[company(key), &[pair]].concat());
        let from = |sources: &[Source]| token(&load(sources).unwrap().config);
        assert_eq!(from(&[with((name, secret))]), inline(secret));
        assert_eq!(from(&[with((file_name, "/run/x"))]), file("/run/x"));
        let other = environment(company(key));
        assert_eq!(
            from(&[other.clone(), directory(&[(name, secret)])]),
            file(&format!("/etc/afk/{name}"))
        );
        assert_eq!(
            from(&[other, directory(&[(file_name, "/run/x")])]),
            file("/run/x")
        );
        assert_eq!(
            from(&[with((file_name, "/run/x")), directory(&[(name, secret)])]),
            file("/run/x")
        );
        // A token where a path belongs.
        let errors = load(&[with((file_name, "hunter2"))]).unwrap_err();
        assert_eq!(
            errors.to_string(),
            format!("{file_name}: expected an absolute path (environment)")
        );
    }
}

#[test]
fn no_secret_shows_up_in_errors_or_debug_forms() {
    let secrets: Vec<_> = Key::ALL.iter().filter(|key| key.is_secret()).collect();
    let mut pairs: Vec<_> = secrets
        .iter()
        .map(|key| (key.name(), "https://hunter2"))
        .collect();
    pairs.extend([
        ("AFK_NTFY_URL", "https://n"),
        ("AFK_NTFY_TOPIC", "t"),
        ("AFK_HUNTER", "hunter2"),
    ]);
    let sources = [environment(&pairs)];
    let loaded = load(&sources).unwrap();
    assert!(!format!("{loaded:?} {loaded:#?} {sources:?}").contains("hunter2"));

    let bad: Vec<_> = secrets
        .iter()
        .map(|key| (key.name(), "hunter2 \u{0}hunter2"))
        .collect();
    let both: Vec<_> = secrets
        .iter()
        .flat_map(|key| {
            [
                (key.name(), "hunter2"),
                (key.file_name().unwrap(), "hunter2"),
            ]
        })
        .collect();
    let urls: Vec<_> = Key::ALL
        .iter()
        .filter(|key| key.name().ends_with("_URL") && !key.is_secret())
        .flat_map(|key| {
            [
                "https://u:hunter2@h",
                "https://h?hunter2",
                "x://hunter2@",
                "u:hunter2@h",
            ]
            .map(|url| (key.name(), url))
        })
        .collect();
    let lists = [
        "AFK_ALLOWLIST",
        "AFK_ALLOW_PUBLIC",
        "AFK_TRUSTED_APPS",
        "AFK_T3_INSTANCE",
        "AFK_COCKPIT_LINK",
    ]
    .map(|name| (name, "https://u:hunter2@github.com/o/n x"));
    let unreadable: BTreeMap<_, _> = Key::names()
        .filter(|name| name.contains("TOKEN") || name.contains("WEBHOOK"))
        .map(|name| (name.to_owned(), Err("not UTF-8: hunter2".to_owned())))
        .collect();
    let mut all = vec![environment(&bad), environment(&both), environment(&lists)];
    all.extend(urls.iter().map(|pair| environment(&[*pair])));
    all.push(Source::new("environment", unreadable));
    for source in all {
        let errors = load(std::slice::from_ref(&source)).unwrap_err();
        let shown = format!("{errors} {errors:?} {:?}", errors.problems());
        assert!(!shown.contains("hunter2"), "{shown}");
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
AFK_REPOS: github:a/b: deploy: expected \"woodpecker\", found 'argo' (environment)
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

#[test]
fn webhooks_in_directories_are_checked_too() {
    let errors = load(&[directory(&[("AFK_SLACK_WEBHOOK_URL", "ftp://hunter2")])]).unwrap_err();
    assert_eq!(
        errors.to_string(),
        "AFK_SLACK_WEBHOOK_URL: expected an http:// or https:// address with a host (directory /etc/afk)"
    );
}

fn any_value() -> impl Strategy<Value = Result<String, String>> {
    prop_oneof![
        6 => prop_oneof![
            Just("on"), Just("off"), Just("FALSE"), Just("0"), Just(""), Just("a/b"), Just(" "), Just("{}"),
            Just("https://h"), Just("http://h.example.org"), Just("/p"), Just("5"), Just("maybe"),
            Just("{\"a/b\":{\"build\":{\"checks\":[1]}}}"), Just("{cockpit}{thread}{"), Just("é://@?#"),
        ].prop_map(|text| Ok(text.to_owned())),
        2 => any::<String>().prop_map(Ok),
        1 => "[\\[\\]{}\":,a/b0-9 ]{0,40}".prop_map(Ok),
        1 => any::<String>().prop_map(Err),
    ]
}

fn any_name() -> impl Strategy<Value = String> {
    let names: Vec<_> = Key::names().map(str::to_owned).collect();
    prop_oneof![
        4 => prop_oneof![Just("AFK_KILL_SWITCH".to_owned()), Just("AFK_ALLOWLIST".to_owned())],
        4 => proptest::sample::select(names),
        1 => any::<String>().prop_map(|text| format!("AFK_{text}")),
        1 => any::<String>(),
    ]
}

fn any_values() -> impl Strategy<Value = BTreeMap<String, Result<String, String>>> {
    proptest::collection::btree_map(any_name(), any_value(), 0..6)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn any_input_is_parsed_or_refused_with_reasons(first in any_values(), second in any_values()) {
        let sources = [Source::new("environment", first), Source::directory("/etc/afk", second)];
        match load(&sources) {
            Ok(loaded) => {
                for warning in &loaded.warnings {
                    prop_assert_eq!(warning.to_string().lines().count(), 1);
                }
                let _ = (loaded.config.require_for_poll(), loaded.config.require_for_watch());
            }
            Err(errors) => {
                prop_assert!(!errors.problems().is_empty());
                let text = errors.to_string();
                let (warnings, problems): (Vec<&str>, Vec<&str>) =
                    text.lines().partition(|line| line.starts_with("warning: AFK_"));
                prop_assert_eq!(problems.len(), errors.problems().len());
                for line in &problems {
                    prop_assert!(line.starts_with("AFK_"), "{}", line);
                }
                prop_assert!(text.lines().skip(problems.len()).eq(warnings));
            }
        }
    }

    #[test]
    fn armed_means_that_every_kill_switch_is_off_and_something_is_enrolled(
        first in any_values(), second in any_values(), switch in "(off|0|no|False|on|x|)",
    ) {
        let mut first = first;
        first.entry("AFK_KILL_SWITCH".to_owned()).or_insert(Ok(switch));
        let said: Vec<_> = [&first, &second]
            .into_iter()
            .filter_map(|values| values.get("AFK_KILL_SWITCH").cloned())
            .filter(|value| value.as_ref().map_or(true, |text| !text.trim().is_empty()))
            .collect();
        let sources = [Source::new("environment", first), Source::directory("/etc/afk", second)];
        if let Ok(loaded) = load(&sources) {
            let off = |value: &Result<String, String>| {
                value.as_ref().is_ok_and(|text| {
                    ["0", "false", "no", "off"].contains(&text.trim().to_ascii_lowercase().as_str())
                })
            };
            let all_off = !said.is_empty() && said.iter().all(off);
            match loaded.config.gate() {
                Gate::Armed(armed) => {
                    prop_assert!(all_off);
                    prop_assert!(!armed.enrolled().is_empty());
                }
                Gate::Drain(drain) => {
                    prop_assert!(!all_off);
                    prop_assert!(!drain.enrolled().is_empty());
                }
                Gate::Disarmed(_) => prop_assert!(loaded.config.allowlist().is_empty()),
            }
        }
    }
}
