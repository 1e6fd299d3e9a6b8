//! Is T3 there, is it a version that was tried, and does it let us do what we do?

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::lines::Lines;
use super::place::place;
use super::probe::{Got, get};
use crate::domain::config::{Config, Endpoint, Key, SecretSource};
use crate::domain::identity::workspace;
use crate::executor::{Executor, Fleet};
use crate::http::{Bearer as _, Http, join};
use crate::service_error::{FailureKind, ServiceError};
use crate::tracker::Repository;

/// Versions that were tried; a server built from the tag v0.0.27 calls itself 0.0.26.
const TRIED: &[&str] = &["0.0.26", "0.0.27", "0.0.28", "0.0.33"];

/// What our bearer must be allowed.
const SCOPES: &[&str] = &["orchestration:read", "orchestration:operate"];

/// Clocks may differ by so much without any harm.
const CLOCKS_MAX: TimeDelta = TimeDelta::minutes(2);

/// A bearer that ends before the next day is told of.
const ENDS_SOON: TimeDelta = TimeDelta::hours(24);

/// One in a file that ends so soon was not renewed.
const RENEWED: TimeDelta = TimeDelta::minutes(10);

pub(super) fn check(
    lines: &mut Lines,
    http: &Http<'_>,
    config: &Config,
    endpoint: &Endpoint,
    executor: &dyn Executor,
    now: DateTime<Utc>,
) -> Option<Fleet> {
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
            return None;
        }
        Ok(got) if got.status != 200 || !got.json["environmentId"].is_string() => {
            let mend = mend_of(&got, "AFK_T3_URL must be the address of a T3 Code server");
            lines.problem("t3", got.in_words(), mend);
            return None;
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
    // What can not be read was told with the settings, and what T3 does not know opens nothing.
    if endpoint.token.bearer().is_err() || !session(lines, http, endpoint, now) {
        return None;
    }
    let fleet = executor.live_fleet();
    match &fleet {
        Err(error) => lines.problem(
            "t3 reading",
            error.to_string(),
            mend_of_reading(error, endpoint),
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
        }
    }
    lines.ok(
        "t3 agent",
        format!(
            "instance {} with model {}; T3 checks neither before the first turn",
            config.executor.instance, config.executor.model
        ),
    );
    fleet.ok()
}

/// What mends an answer that is not what was asked for: `own` where it is T3's.
fn mend_of(got: &Got, own: &str) -> String {
    let illness = got.mend_of_illness("T3");
    illness.unwrap_or_else(|| match got.status {
        401 => "let us through to T3: something before it wants somebody to log in".to_owned(),
        _ => own.to_owned(),
    })
}

/// What mends a snapshot that could not be read, by why not.
fn mend_of_reading(error: &ServiceError, endpoint: &Endpoint) -> String {
    match &error.kind {
        FailureKind::Unreachable if error.is_refused_before() => {
            "see what stands before T3, and have it let us through"
        }
        FailureKind::Denied => return pair_anew(endpoint),
        FailureKind::SecretUnreadable => {
            "see that the file that AFK_T3_TOKEN_FILE names can be read and holds the token"
        }
        FailureKind::NotFound | FailureKind::Moved { .. } | FailureKind::Unreadable => {
            "see that AFK_T3_URL is T3's own address, and that its version was tried"
        }
        FailureKind::OutOfTime => "raise AFK_TICK_MAX_SECONDS, or see why T3 is slow",
        FailureKind::RateLimited { .. }
        | FailureKind::Unreachable
        | FailureKind::Overloaded
        | FailureKind::Refused => "see T3's own log, and try again",
    }
    .to_owned()
}

/// How to get a bearer that may do what we do.
fn pair_anew(endpoint: &Endpoint) -> String {
    format!(
        "pair with T3 anew with the scopes {}, as step 2 of 'From nothing to the first run' in the README says, and put the bearer into {}",
        SCOPES.join(" and "),
        place(&endpoint.token, Key::T3Token)
    )
}

/// Tells of each repository where its runs work: a project is ours by its id, whatever its title, and a start is refused where
/// that works elsewhere.
pub(super) fn projects(lines: &mut Lines, config: &Config, fleet: &Fleet, read: &[Repository]) {
    for repository in read {
        let repo = &repository.repo;
        let wanted = match &config.repository(repo).workspace {
            Some(workspace) => workspace.to_string(),
            None => workspace(
                config.executor.workspace_root.as_str(),
                &repository.host,
                repo,
                repository.id,
            ),
        };
        let subject = format!("{repo} workspace");
        let own = repository.key.project().to_string();
        let mut projects = fleet.projects.iter();
        match projects.find(|project| project.id == own) {
            Some(project) if project.workspace_root != wanted => lines.problem(
                subject,
                format!(
                    "its project works in {}, and {wanted} is configured: every start is refused",
                    project.workspace_root
                ),
                format!(
                    "set \"workspace\": \"{}\" for {repo} in AFK_REPOS, or see who changed the project",
                    project.workspace_root
                ),
            ),
            Some(_) => lines.ok(subject, format!("its project works in {wanted}")),
            None => {
                let mut projects = fleet.projects.iter();
                let by_root = projects.find(|project| project.workspace_root == wanted);
                lines.ok(
                    subject,
                    match by_root {
                        Some(project) => format!("project {} works in {wanted}", project.title),
                        None => format!("the first start makes its project, in {wanted}"),
                    },
                );
            }
        }
    }
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

/// Tells what our bearer may do and until when. Returns whether T3 knows it.
fn session(lines: &mut Lines, http: &Http<'_>, endpoint: &Endpoint, now: DateTime<Utc>) -> bool {
    const SUBJECT: &str = "t3 token";
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
        Err(error) => {
            lines.problem(
                SUBJECT,
                error.to_string(),
                "see that T3 still runs, and try again",
            );
            false
        }
        Ok(got)
            if (got.status == 401 && got.json["_tag"].is_string())
                || (got.status == 200 && got.json["authenticated"] != true) =>
        {
            lines.problem(
                SUBJECT,
                "T3 does not know it: it is wrong, expired or revoked",
                pair_anew(endpoint),
            );
            false
        }
        Ok(got) if got.status != 200 => {
            let mend = mend_of(&got, "see T3's own log, and that its version was tried");
            lines.problem(SUBJECT, got.in_words(), mend);
            false
        }
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
                lines.problem(
                    SUBJECT,
                    format!("lacks {}", missing.join(" and ")),
                    pair_anew(endpoint),
                );
            }
            let ends = got.json["expiresAt"]
                .as_str()
                .and_then(|at| DateTime::parse_from_rfc3339(at).ok());
            if let Some(ends) = ends.map(|ends| ends.to_utc()) {
                let left = ends - now;
                let ends = ends.format("%Y-%m-%d %H:%M:%S UTC");
                // A file is read anew for each use, and something may renew it every hour.
                let (soon, mend) = match &endpoint.token {
                    SecretSource::File(_) => (
                        RENEWED,
                        "see that something renews the file that AFK_T3_TOKEN_FILE names",
                    ),
                    SecretSource::Inline(_) => (
                        ENDS_SOON,
                        "pair with T3 for one that lives longer, or let something renew a file that AFK_T3_TOKEN_FILE names",
                    ),
                };
                if left < soon {
                    lines.warn("t3 token's end", format!("it ends at {ends}"), mend);
                } else {
                    lines.ok("t3 token's end", format!("at {ends}"));
                }
            }
            // One that lacks the right to read opens no snapshot, and that is told.
            !missing.contains(&SCOPES[0])
        }
    }
}
