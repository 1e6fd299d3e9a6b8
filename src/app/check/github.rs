//! Who is our token on GitHub, and may it do in each repository what the ticks do? Nothing is written.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use url::Url;

use super::app::{self, APP_MENDS, Owners};
use super::asker::Asker;
use super::branch::branch;
use super::budget::budget;
use super::lines::Lines;
use super::place::place;
use super::probe::Got;
use super::reads::reads;
use super::repository::{Mends, own_account, permission, state, unreadable};
use crate::domain::config::{Config, Endpoint, GitHubAccess, Key, SecretSource};
use crate::domain::repository::{ForgeKind, RepoRef};
use crate::http::Http;
use crate::service_error::FailureKind;
use crate::tick::TickKind;
use crate::tracker::{Repository, Tracker};

const TOKEN_MENDS: Mends = Mends {
    forge: "GitHub",
    unknown: "make a new token, and put it into AFK_GITHUB_TOKEN or the file of AFK_GITHUB_TOKEN_FILE",
    not_found: "see that it is spelled right in AFK_ALLOWLIST and that the token may read it",
    denied: "give the token the right to read its metadata and issues",
    permissions: "let the token read collaborators (metadata: read, and push access for a classic token)",
};

/// Tells who we are and what we may in every enrolled repository there, and returns those that can be read.
pub(super) fn check(
    lines: &mut Lines,
    http: &Http<'_>,
    config: &Config,
    access: &GitHubAccess,
    tracker: &dyn Tracker,
    kind: TickKind,
    now: DateTime<Utc>,
) -> Vec<Repository> {
    let mut read = Vec::new();
    let repos: Vec<RepoRef> = config
        .allowlist()
        .iter()
        .filter(|repo| repo.forge() == ForgeKind::GitHub)
        .cloned()
        .collect();
    let (ours, mends) = match access {
        GitHubAccess::Token(endpoint) => (Ours::Token(endpoint), &TOKEN_MENDS),
        GitHubAccess::App { url, app } => {
            let owners = app::owners(lines, http, config, url.url(), app, &repos, kind);
            match owners {
                Some(owners) => (Ours::App(url.url(), owners), &APP_MENDS),
                None => return read,
            }
        }
    };
    if let Ours::Token(endpoint) = &ours
        && !identity(
            lines,
            &of_token(http, endpoint),
            config,
            &endpoint.token,
            now,
        )
    {
        return read;
    }
    if repos.is_empty() {
        return read;
    }
    for (repo, survey) in repos.iter().zip(tracker.survey(&repos)) {
        match survey {
            Err(error) => unreadable(lines, repo, &error, mends),
            Ok(survey) => {
                let repository = &survey.repository;
                lines.ok(
                    format!("{repo} reading"),
                    format!("{} ready issues", survey.ready.len()),
                );
                state(lines, config, repository);
                permission(lines, tracker, repository, mends.permissions);
                if let Some(asker) = ours.asker(http, repo) {
                    let of_app = matches!(ours, Ours::App(..));
                    rights(lines, &asker, repo, of_app);
                    if !of_app {
                        // An App's rights were told with its installation.
                        reads(lines, &asker, config, repository, kind);
                    }
                    labels(lines, &asker, config, repo);
                    branch(lines, &asker, config, repository);
                    actions(lines, &asker, repo);
                }
                read.push(survey.repository);
            }
        }
    }
    read
}

/// What we ask GitHub with.
enum Ours<'a> {
    Token(&'a Endpoint),
    App(&'a Url, Owners<'a>),
}

impl Ours<'_> {
    /// What opens a repository; `None` where no token could be had.
    fn asker<'s>(&'s self, http: &'s Http<'s>, repo: &RepoRef) -> Option<Asker<'s>> {
        match self {
            Self::Token(endpoint) => Some(of_token(http, endpoint)),
            Self::App(url, owners) => Some(Asker {
                http,
                url,
                bearer: owners.get(&repo.owner().to_ascii_lowercase())?.bearer(),
            }),
        }
    }
}

fn of_token<'a>(http: &'a Http<'a>, endpoint: &'a Endpoint) -> Asker<'a> {
    Asker {
        http,
        url: endpoint.url.url(),
        bearer: &endpoint.token,
    }
}

/// Who the token is. Returns whether GitHub knows it.
fn identity(
    lines: &mut Lines,
    asker: &Asker<'_>,
    config: &Config,
    token: &SecretSource,
    now: DateTime<Utc>,
) -> bool {
    const SUBJECT: &str = "github token";
    match asker.get("read who we are", &["user"]) {
        // That was told with the settings.
        Err(error) if error.kind == FailureKind::SecretUnreadable => return false,
        Err(error) => {
            lines.problem(
                SUBJECT,
                error.to_string(),
                "see that AFK_GITHUB_URL is right and that the network lets us through",
            );
            return false;
        }
        Ok(got) if got.status == 401 => {
            lines.problem(
                SUBJECT,
                format!("GitHub does not know it: {}", got.excerpt),
                format!(
                    "put a token of the account that AFK acts as into {}",
                    place(token, Key::GithubToken)
                ),
            );
            return false;
        }
        Ok(got) if got.status == 200 && got.json["login"].is_string() => {
            let login = got.json["login"].as_str().unwrap_or("unknown");
            lines.ok(SUBJECT, format!("it is {login}"));
            own_account(lines, config, login);
            if let Some(ends) = &got.ends {
                end(lines, ends, now);
            }
            if let Some(scopes) = got.scopes.filter(|scopes| !scopes.is_empty()) {
                let has_repo = scopes.split(',').any(|scope| scope.trim() == "repo");
                if has_repo {
                    lines.ok("github scopes", scopes);
                } else {
                    lines.problem(
                        "github scopes",
                        format!("'{scopes}' lacks repo"),
                        "give the classic token the scope repo, or use a fine-grained one",
                    );
                }
            }
        }
        // An App's installation is nobody.
        Ok(got) if got.status == 403 && is_of_installation(&got) => {
            lines.ok(SUBJECT, "it is the installation of an App");
        }
        Ok(got) => {
            lines.problem(SUBJECT, got.in_words(), mend_of_identity(&got));
            return false;
        }
    }
    budget(lines, asker, "github rate limit");
    true
}

/// How GitHub refuses to tell an installation of an App who it is.
fn is_of_installation(got: &Got) -> bool {
    got.message()
        .contains("Resource not accessible by integration")
}

/// What mends an answer that does not say who we are.
fn mend_of_identity(got: &Got) -> String {
    let is_limit = got.message().to_ascii_lowercase().contains("rate limit");
    match got.mend_of_illness("GitHub") {
        Some(mend) => mend,
        None if is_limit => {
            "wait until the limit is over, and see who uses the token".to_owned()
        }
        None if got.status == 403 => "do what GitHub says, or use another token".to_owned(),
        None => "AFK_GITHUB_URL must be the REST address: https://api.github.com, or https://HOST/api/v3".to_owned(),
    }
}

/// What mends a right that we seem to lack: GitHub may as well be ill.
fn mend_of_right(got: &Got, right: &str) -> String {
    got.mend_of_illness("GitHub")
        .unwrap_or_else(|| right.to_owned())
}

/// What our account may do. An App's rights were told with its installation: what GitHub tells here is a user's.
fn rights(lines: &mut Lines, asker: &Asker<'_>, repo: &RepoRef, of_app: bool) {
    let subject = format!("{repo} rights");
    match asker.get("read the repository", &["repos", repo.owner(), repo.name()]) {
        Ok(got) if got.status == 200 => {
            let may = |right: &str| got.json["permissions"][right] == true;
            if of_app {
                // Nothing is told of an App here but whether there are issues.
            } else if may("push") && got.scopes.is_some_and(|scopes| !scopes.is_empty()) {
                lines.ok(subject, "our account may push, label and comment");
            } else if may("push") {
                lines.ok(
                    subject,
                    "our account may push, label and comment; that the token may write issues, too, can not be seen without writing",
                );
            } else if may("triage") {
                lines.warn(
                    subject,
                    "our account may label and comment, and may not push; labels that are missing can not be created",
                    "create the three labels by hand, and see that the agent's own account may push",
                );
            } else {
                lines.problem(
                    subject,
                    "our account may neither label nor close issues",
                    "give the account, or the token, write permission on the repository",
                );
            }
            if got.json["has_issues"] == false {
                lines.problem(
                    format!("{repo} issues"),
                    "issues are switched off",
                    "switch them on, or take the repository off AFK_ALLOWLIST",
                );
                lines.command(format!("gh repo edit {} --enable-issues", repo.full_name()));
            }
        }
        Ok(got) => lines.problem(
            subject,
            got.in_words(),
            mend_of_right(
                &got,
                "give the token the right to read the repository's metadata",
            ),
        ),
        Err(error) => lines.problem(
            subject,
            error.to_string(),
            "see what GitHub says, and try again",
        ),
    }
}

/// When a token of a person ends: GitHub tells it with every answer.
fn end(lines: &mut Lines, told: &str, now: DateTime<Utc>) {
    const SUBJECT: &str = "github token's end";
    /// A token that ends sooner is told of.
    const SOON: TimeDelta = TimeDelta::days(7);
    let of_zone = DateTime::parse_from_str(told, "%Y-%m-%d %H:%M:%S %z").map(|at| at.to_utc());
    let of_utc = || {
        let told = told.trim_end_matches(" UTC");
        NaiveDateTime::parse_from_str(told, "%Y-%m-%d %H:%M:%S").map(|at| at.and_utc())
    };
    match of_zone.or_else(|_| of_utc()) {
        Ok(ends) if ends - now < SOON => lines.warn(
            SUBJECT,
            format!("it ends at {ends}"),
            "make a new one, and put it in its place before that",
        ),
        Ok(ends) => lines.ok(SUBJECT, format!("at {ends}")),
        Err(_) => lines.ok(SUBJECT, format!("GitHub says {told}")),
    }
}

/// One word of a shell, whatever a label is called.
pub(super) fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

fn labels(lines: &mut Lines, asker: &Asker<'_>, config: &Config, repo: &RepoRef) {
    let labels = &config.labels;
    for label in [&labels.ready, &labels.in_progress, &labels.ready_for_human] {
        let subject = format!("{repo} label {label}");
        let path = ["repos", repo.owner(), repo.name(), "labels", label];
        match asker.get("read a label", &path) {
            Ok(got) if got.status == 200 => {
                let stored = got.json["name"].as_str().unwrap_or_default();
                if stored == label {
                    lines.ok(subject, "is there");
                } else {
                    let command = format!(
                        "gh label edit {} --name {} --repo {}",
                        quoted(stored),
                        quoted(label),
                        repo.full_name()
                    );
                    lines.problem(
                        subject,
                        format!(
                            "is spelled '{stored}' there, and the ready label is compared exactly"
                        ),
                        command.clone(),
                    );
                    lines.command(command);
                }
            }
            Ok(got) if got.status == 404 && got.json.is_object() && *label == labels.ready => {
                let command = format!(
                    "gh label create {} --repo {}",
                    quoted(label),
                    repo.full_name()
                );
                let fact = "is missing, so that nobody can ask for a run";
                let mend = format!("{command}, or mend AFK_READY_LABEL where it is misspelt");
                lines.warn(subject, fact, mend);
                lines.command(command);
            }
            Ok(got) if got.status == 404 && got.json.is_object() => {
                lines.ok(subject, "is missing; it is created when it is first needed");
            }
            Ok(got) => lines.problem(
                subject,
                got.in_words(),
                mend_of_right(&got, "give the token the right to read issues"),
            ),
            Err(error) => lines.problem(
                subject,
                error.to_string(),
                "see what GitHub says, and try again",
            ),
        }
    }
}

fn actions(lines: &mut Lines, asker: &Asker<'_>, repo: &RepoRef) {
    let path = ["repos", repo.owner(), repo.name(), "actions", "permissions"];
    let Ok(got) = asker.get("read whether Actions run", &path) else {
        return;
    };
    let subject = format!("{repo} actions");
    if got.status == 200 && got.json["enabled"] == false {
        lines.warn(
            subject,
            "GitHub Actions are switched off: without statuses of another CI no commit gets green",
            "switch Actions on, or see that another CI reports statuses; those of Woodpecker count only when build.checks in AFK_REPOS \
             names them",
        );
        lines.command(format!(
            "gh api --method PUT repos/{}/actions/permissions -F enabled=true -f allowed_actions=all",
            repo.full_name()
        ));
    } else if got.status == 200 {
        lines.ok(subject, "GitHub Actions are switched on");
    } else {
        lines.ok(
            subject,
            "whether they are switched on is told to admins only",
        );
    }
}
