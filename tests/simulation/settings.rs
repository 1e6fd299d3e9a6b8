//! The configuration of the simulated ticks, through the program's own parser.
//!
//! Every secret is a canary: it must never come back in a log, a report, a comment, a bell or a prompt.

use std::collections::{BTreeMap, BTreeSet};

use afk::domain::config::{self, Config, Source};
use chrono::TimeDelta;

use super::world::World;

/// The limits, in seconds; short, so that many ends are seen.
pub const RUN_MAX: i64 = 3_600;
pub const STALL: i64 = 900;
pub const SETTLE: i64 = 60;
pub const CI_START_MAX: i64 = 300;
pub const CI_MAX: i64 = 1_200;
pub const FIX_MAX: i64 = 1_800;
pub const ORPHAN: i64 = 300;
pub const RESUME_MAX: usize = 4;
pub const ATTEMPTS: u32 = 2;
pub const MAX_IN_FLIGHT: usize = 2;
pub const TOKENS_MAX: u64 = 500_000;

/// The sum of the limits of a run, as SPEC 4.3 has it.
pub const SUM_OF_LIMITS: i64 = RUN_MAX + FIX_MAX + CI_START_MAX + CI_MAX;
pub const QUIET: i64 = 60;

/// No machine's clock is further from the world's.
pub const SKEW: TimeDelta = TimeDelta::seconds(20);

/// Seconds after which a tick rings no more: `AFK_TICK_MAX_SECONDS` as it is by default, less the time for a note.
pub const BELLS_MAX: i64 = 95;

/// Secrets, in the forms that their makers give them.
pub const CANARIES: [(&str, &str); 7] = [
    (
        "AFK_FORGEJO_TOKEN",
        "CANARYcanary0123456789abcdefCANARYcanary0007",
    ),
    ("AFK_GITHUB_TOKEN", "ghp_CANARYcanaryCANARYcanaryCANARY0001"),
    (
        "AFK_T3_TOKEN",
        "eyJCANARYcanaryCANARYcanaryCANARYcanaryCANARY0002",
    ),
    (
        "AFK_WOODPECKER_TOKEN",
        "eyJCANARYwoodpeckerCANARYcanaryCANARY0003",
    ),
    ("AFK_NTFY_TOKEN", "tk_CANARYcanaryCANARYcanary0004"),
    (
        "AFK_SLACK_WEBHOOK_URL",
        "https://hooks.slack.com/services/TCANARY/BCANARY/CANARYcanaryCANARYcanary0005",
    ),
    (
        "AFK_KUBERNETES_TOKEN",
        "eyJCANARYkubernetesCANARYcanaryCANARY0006",
    ),
];

/// What a failing check or an agent may print: every canary there is.
pub fn excerpt() -> String {
    CANARIES
        .iter()
        .map(|(key, secret)| format!("{key}={secret}\n"))
        .collect()
}

/// Repositories that something deploys after a green build: Woodpecker the first, the forge itself the second.
pub const DEPLOYED: [usize; 2] = [1, 2];

/// What people may set, and change under a tick's feet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Settings {
    pub kill_switch: bool,
    pub halt: bool,
    pub allowlist: Vec<String>,
    pub public: Vec<String>,
    pub quiet: i64,
}

impl Settings {
    /// What a new process reads.
    pub fn of(world: &World) -> Self {
        let names = |indexes: &BTreeSet<usize>| -> Vec<String> {
            indexes
                .iter()
                .map(|index| world.repos[*index].name.to_string())
                .collect()
        };
        Self {
            kill_switch: world.kill_switch,
            halt: world.halt,
            allowlist: names(&world.enrolled),
            public: names(&world.public),
            quiet: world.quiet(),
        }
    }
}

pub fn config(settings: &Settings) -> Config {
    let Settings {
        kill_switch,
        halt,
        allowlist,
        public,
        quiet,
    } = settings;
    let mut values: BTreeMap<String, String> = [
        ("AFK_KILL_SWITCH", if *kill_switch { "on" } else { "off" }),
        ("AFK_HALT", if *halt { "on" } else { "off" }),
        ("AFK_T3_URL", "https://t3.example.org"),
        ("AFK_TRUSTED_APPS", "trusty-app"),
        ("AFK_REFUSAL_COMMENT", "off"),
        ("AFK_AGENT_ACCOUNTS", super::forge::AGENT),
        ("AFK_FORGEJO_URL", "https://forge.example.org"),
        ("AFK_WOODPECKER_URL", "https://ci.example.org"),
        ("AFK_NTFY_URL", "https://ntfy.example.org"),
        ("AFK_NTFY_TOPIC", "afk"),
        (
            "AFK_REPOS",
            r#"{"org/repo1": {"deploy": "woodpecker", "rollout": {"namespace": "a", "deployment": "b", "container": "c"}},
                "org/repo2": {"deploy": {"on": "github", "environment": "production"}}}"#,
        ),
    ]
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .into();
    values.insert("AFK_ALLOWLIST".to_owned(), allowlist.join(","));
    values.insert("AFK_ALLOW_PUBLIC".to_owned(), public.join(","));
    for (key, value) in [
        ("AFK_RUN_MAX_SECONDS", RUN_MAX),
        ("AFK_STALL_SECONDS", STALL),
        ("AFK_SETTLE_SECONDS", SETTLE),
        ("AFK_CI_START_MAX_SECONDS", CI_START_MAX),
        ("AFK_CI_MAX_SECONDS", CI_MAX),
        ("AFK_FIX_FORWARD_MAX_SECONDS", FIX_MAX),
        ("AFK_FIX_FORWARD_MAX_ATTEMPTS", i64::from(ATTEMPTS)),
        ("AFK_MAX_IN_FLIGHT", MAX_IN_FLIGHT as i64),
        ("AFK_READY_SETTLE_SECONDS", 0),
        ("AFK_QUIET_SECONDS", *quiet),
        ("AFK_ORPHAN_SECONDS", ORPHAN),
        ("AFK_RESUME_MAX", RESUME_MAX as i64),
        ("AFK_MAX_STARTS_PER_DAY", 0),
        ("AFK_RUN_MAX_TOKENS", TOKENS_MAX as i64),
    ] {
        values.insert(key.to_owned(), value.to_string());
    }
    for (key, value) in CANARIES {
        values.insert(key.to_owned(), value.to_owned());
    }
    let values = values
        .into_iter()
        .map(|(key, value)| (key, Ok(value)))
        .collect();
    config::load(&[Source::new("simulation", values)])
        .unwrap()
        .config
}
