//! For every key a good value with what it becomes, and a bad one with what is said.

use super::*;

/// What a good value is and does, and how a bad one is reported, for each key.
pub(super) struct Sample {
    pub(super) key: Key,
    pub(super) good: &'static str,
    pub(super) took: fn(&Config) -> bool,
    pub(super) bad: &'static str,
    pub(super) problem: &'static str,
}

pub(super) const SECONDS: &str =
    "expected a whole number of seconds from 1 to 2592000 (30 days), found '0'";
pub(super) const REPO: &str =
    "expected owner/name, github:owner/name or forgejo:owner/name, found 'x'";
pub(super) const ADDRESS: &str =
    "expected an http:// or https:// address with a host, found 'host'";
pub(super) const HEARTBEAT: &str = "expected an http:// or https:// address with a host";
pub(super) const TOKEN: &str = "expected one word of printable ASCII characters";

pub(super) fn samples() -> Vec<Sample> {
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
            "expected the slug of an App: a-z, 0-9 and -, separated by commas, found 'a b'",
        ),
        sample(
            Key::TrustedPeople,
            "Octo-Cat, forgejo:some_one.else",
            |c| {
                c.trust.trusts_person(ForgeKind::GitHub, "octo-CAT")
                    && c.trust.trusts_person(ForgeKind::Forgejo, "Some_One.Else")
                    && !c.trust.trusts_person(ForgeKind::Forgejo, "octo-cat")
                    && !c.trust.trusts_person(ForgeKind::GitHub, "octo")
            },
            "gitlab:someone",
            "expected github: or forgejo: before the login, found 'gitlab:someone'",
        ),
        sample(
            Key::AgentAccounts,
            "Build-Bot, helper[bot]",
            |c| {
                c.trust.is_agent("build-bot")
                    && c.trust.is_agent("Helper")
                    && c.trust.is_agent("helper[bot]")
                    && !c.trust.is_agent("bot")
            },
            "a b",
            "expected a login: a-z, 0-9, -, _ and ., separated by commas, found 'a b'",
        ),
        sample(
            Key::QuietSeconds,
            "0",
            |c| c.limits.quiet == TimeDelta::zero(),
            "86401",
            "expected a whole number of seconds from 0 to 86400, found '86401'",
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
            Key::HoldLabels,
            "Blocked, later",
            |c| c.labels.holds("bLOCKED") && c.labels.holds("Later") && !c.labels.holds("wontfix"),
            "Ready-for-agent",
            "expected other labels than AFK_READY_LABEL, found 'ready-for-agent' for both",
        ),
        sample(
            Key::ReadySettleSeconds,
            "3600",
            |c| c.limits.ready_settle == TimeDelta::hours(1),
            "3601",
            "expected a whole number of seconds from 0 to 3600, found '3601'",
        ),
        sample(
            Key::MaxInFlight,
            "1000",
            |c| c.limits.max_in_flight == 1000,
            "0",
            "expected a whole number from 1 to 1000, found '0'",
        ),
        sample(
            Key::MaxStartsPerDay,
            "0",
            |c| c.limits.max_starts_per_day.is_none(),
            "10001",
            "expected a whole number from 0 to 10000, found '10001'",
        ),
        sample(
            Key::RunMaxTokens,
            "1000000",
            |c| c.limits.run_max_tokens == Some(1_000_000),
            "0",
            "expected a whole number of tokens from 1 to 1000000000000, found '0'",
        ),
        sample(
            Key::ResumeMax,
            "0",
            |c| c.limits.resume_max == 0,
            "101",
            "expected a whole number from 0 to 100, found '101'",
        ),
        sample(
            Key::OrphanSeconds,
            "7",
            |c| c.limits.orphan == TimeDelta::seconds(7),
            "0",
            SECONDS,
        ),
        sample(
            Key::Halt,
            "on",
            |c| c.halt != Halt::default(),
            "maybe",
            "expected 1, true, yes or on, or 0, false, no or off, found 'maybe'",
        ),
        sample(
            Key::RefusalComment,
            "no",
            |c| !c.refusal_comment,
            "maybe",
            "expected 1, true, yes or on, or 0, false, no or off, found 'maybe'",
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
            Key::CiSettleSeconds,
            "0",
            |c| c.limits.ci_settle == TimeDelta::zero(),
            "3601",
            "expected a whole number of seconds from 0 to 3600, found '3601'",
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
            Key::GithubAppId,
            "Iv1.8a61f9b3a7aba766",
            |c| {
                c.github_app
                    .as_ref()
                    .is_some_and(|app| app.id == "Iv1.8a61f9b3a7aba766")
            },
            "my app",
            "expected the id or client id of an App: letters, digits and ., found 'my app'",
        ),
        sample(
            Key::GithubAppKeyFile,
            "/run/app.pem",
            |c| {
                c.github_app
                    .as_ref()
                    .is_some_and(|app| app.key_file == Path::new("/run/app.pem"))
            },
            "app.pem",
            "expected an absolute path, found 'app.pem'",
        ),
        sample(
            Key::PollHeartbeatUrl,
            "https://hc.example.org/ping/uuid",
            |c| c.monitoring.poll_heartbeat == inline("https://hc.example.org/ping/uuid"),
            "hc.example.org/ping/uuid",
            HEARTBEAT,
        ),
        sample(
            Key::WatchHeartbeatUrl,
            "https://hc.example.org/ping/uuid",
            |c| c.monitoring.watch_heartbeat == inline("https://hc.example.org/ping/uuid"),
            "hc.example.org/ping/uuid",
            HEARTBEAT,
        ),
        sample(
            Key::MetricsFile,
            "/var/lib/node-exporter/afk-poll.prom",
            |c| {
                c.monitoring.metrics_file.as_deref()
                    == Some(Path::new("/var/lib/node-exporter/afk-poll.prom"))
            },
            "afk-poll.prom",
            "expected an absolute path, found 'afk-poll.prom'",
        ),
        sample(
            Key::PushgatewayUrl,
            "http://pushgateway.monitoring.svc:9091",
            |c| {
                c.monitoring.pushgateway
                    == BaseUrl::parse("http://pushgateway.monitoring.svc:9091").ok()
            },
            "host",
            ADDRESS,
        ),
        sample(
            Key::CaFile,
            "/etc/ssl/ours.pem",
            |c| c.ca_file.as_deref() == Some(Path::new("/etc/ssl/ours.pem")),
            "ours.pem",
            "expected an absolute path, found 'ours.pem'",
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
            Key::WoodpeckerPublicUrl,
            "https://ci.example.org/",
            |c| {
                c.woodpecker_public_url == BaseUrl::parse("https://ci.example.org").ok()
                    && c.woodpecker.url.is_none()
            },
            "host",
            ADDRESS,
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
