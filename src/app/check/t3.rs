//! Is T3 there, is it a version that was tried, and does it let us do what we do?

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::lines::Lines;
use super::probe::get;
use crate::domain::config::{Config, Endpoint};
use crate::executor::Executor;
use crate::http::{Http, join};

/// Versions that were tried; a server built from the tag v0.0.27 calls itself 0.0.26.
const TRIED: &[&str] = &["0.0.26", "0.0.27", "0.0.28", "0.0.33"];

/// What our bearer must be allowed.
const SCOPES: &[&str] = &["orchestration:read", "orchestration:operate"];

/// Clocks may differ by so much without any harm.
const CLOCKS_MAX: TimeDelta = TimeDelta::minutes(2);

/// A bearer that ends sooner is told of.
const ENDS_SOON: TimeDelta = TimeDelta::hours(1);

pub(super) fn check(
    lines: &mut Lines,
    http: &Http<'_>,
    config: &Config,
    endpoint: &Endpoint,
    executor: &dyn Executor,
    now: DateTime<Utc>,
) {
    let base = endpoint.url.url();
    let started = http.deadline().clock().uptime();
    let environment = get(
        http,
        "t3",
        "read the environment",
        join(base, &[".well-known", "t3", "environment"]),
        &[],
        None,
    );
    match environment {
        Err(error) => {
            lines.problem(
                "t3",
                error.to_string(),
                "see that T3 runs and that AFK_T3_URL is its address",
            );
            return;
        }
        Ok(got) if got.status != 200 || !got.json["environmentId"].is_string() => {
            lines.problem(
                "t3",
                format!("HTTP {}: {}", got.status, got.excerpt),
                "AFK_T3_URL must be the address of a T3 Code server",
            );
            return;
        }
        Ok(got) => {
            let version = got.json["serverVersion"].as_str().unwrap_or("unknown");
            if TRIED.contains(&version) {
                lines.ok("t3 version", format!("{version}, which was tried"));
            } else {
                lines.warn(
                    "t3 version",
                    format!("{version} was never tried; tried are {}", TRIED.join(", ")),
                    "try it with --dry-run first, or use a version that was tried",
                );
            }
            clocks(
                lines,
                got.date,
                now,
                http.deadline().clock().uptime() - started,
            );
        }
    }
    session(lines, http, endpoint, now);
    match executor.live_fleet() {
        Err(error) => lines.problem(
            "t3 reading",
            error.to_string(),
            "give AFK_T3_TOKEN the scope orchestration:read",
        ),
        Ok(fleet) => {
            let (threads, projects) = (fleet.threads.len(), fleet.projects.len());
            let size = fleet
                .snapshot_size(now)
                .map_or_else(String::new, |size| format!(", {}", size.in_words()));
            let fact = format!("{projects} projects, {threads} threads{size}");
            match fleet.size_warning() {
                None => lines.ok("t3 reading", fact),
                Some(why) => lines.warn("t3 reading", fact, why),
            }
            for project in &fleet.projects {
                let ours = config
                    .allowlist()
                    .iter()
                    .any(|repo| repo.full_name().eq_ignore_ascii_case(&project.title));
                if ours {
                    lines.ok(
                        format!("t3 project {}", project.title),
                        format!("works in {}", project.workspace_root),
                    );
                }
            }
        }
    }
    lines.ok(
        "t3 agent",
        format!(
            "instance {} with model {}; T3 checks neither before the first turn",
            config.executor.instance, config.executor.model
        ),
    );
}

fn clocks(lines: &mut Lines, theirs: Option<DateTime<Utc>>, ours: DateTime<Utc>, took: Duration) {
    let Some(theirs) = theirs else {
        return;
    };
    let slack = TimeDelta::from_std(took).unwrap_or_default();
    let apart = (theirs - ours).abs() - slack;
    if apart > CLOCKS_MAX {
        lines.warn(
            "clocks",
            format!("T3's clock and ours are {} s apart", apart.num_seconds()),
            "set both by NTP: stalls and limits are told by T3's times",
        );
    } else {
        lines.ok("clocks", "T3's and ours agree");
    }
}

fn session(lines: &mut Lines, http: &Http<'_>, endpoint: &Endpoint, now: DateTime<Utc>) {
    const SUBJECT: &str = "t3 token";
    const MEND: &str = "mint a new one: t3 auth session issue, or exchange a pairing credential with scope \
                        'orchestration:read orchestration:operate'";
    let url = join(endpoint.url.url(), &["api", "auth", "session"]);
    let session = get(
        http,
        "t3",
        "read the session",
        url,
        &[],
        Some(&endpoint.token),
    );
    match session {
        Err(error) => lines.problem(SUBJECT, error.to_string(), MEND),
        Ok(got) if got.status != 200 || got.json["authenticated"] != true => lines.problem(
            SUBJECT,
            format!("T3 does not know it (HTTP {})", got.status),
            MEND,
        ),
        Ok(got) => {
            let scopes: Vec<&str> = got.json["scopes"]
                .as_array()
                .map(|scopes| scopes.iter().filter_map(|scope| scope.as_str()).collect())
                .unwrap_or_default();
            let missing: Vec<&str> = SCOPES
                .iter()
                .copied()
                .filter(|scope| !scopes.contains(scope))
                .collect();
            if missing.is_empty() {
                lines.ok(SUBJECT, format!("may {}", SCOPES.join(" and ")));
            } else {
                lines.problem(SUBJECT, format!("lacks {}", missing.join(" and ")), MEND);
            }
            let ends = got.json["expiresAt"]
                .as_str()
                .and_then(|at| DateTime::parse_from_rfc3339(at).ok());
            if let Some(ends) = ends.map(|ends| ends.to_utc()) {
                let left = ends - now;
                if left < ENDS_SOON {
                    lines.warn(
                        "t3 token's end",
                        format!("it ends at {ends}"),
                        "see that something renews the file that AFK_T3_TOKEN_FILE names",
                    );
                } else {
                    lines.ok("t3 token's end", format!("at {ends}"));
                }
            }
        }
    }
}
