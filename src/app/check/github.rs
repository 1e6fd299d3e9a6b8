//! Who is our token on GitHub, and may it do in each repository what the ticks do? Nothing is written.

use serde_json::Value;
use url::Url;

use super::lines::Lines;
use super::probe::{Got, get};
use crate::domain::config::{Config, Endpoint, GitHubAccess};
use crate::domain::issue::{OwnAccount, PermissionFact};
use crate::domain::repository::{ForgeKind, RepoRef};
use crate::http::{Http, join};
use crate::service_error::{FailureKind, ServiceError};
use crate::tracker::{Repository, Tracker};

const HEADERS: &[(&str, &str)] = &[
    ("accept", "application/vnd.github+json"),
    ("x-github-api-version", "2022-11-28"),
];

/// Points of the rate limit below which a day of ticks may not go through.
const POINTS_LOW: u64 = 500;

struct Asker<'a> {
    http: &'a Http<'a>,
    endpoint: &'a Endpoint,
}

impl Asker<'_> {
    fn get(&self, name: &str, path: &[&str]) -> Result<Got, ServiceError> {
        let url: Url = join(self.endpoint.url.url(), path);
        let bearer = Some(&self.endpoint.token);
        get(self.http, "github", name, url, HEADERS, bearer)
    }
}

pub(super) fn check(
    lines: &mut Lines,
    http: &Http<'_>,
    config: &Config,
    access: &GitHubAccess,
    tracker: &dyn Tracker,
) {
    // What an App may is minted for each owner: that its repositories can be read shows that it is installed.
    let asker = match access {
        GitHubAccess::Token(endpoint) => Some(Asker { http, endpoint }),
        GitHubAccess::App { .. } => {
            lines.ok("github token", "an App's, minted for each owner");
            None
        }
    };
    if let Some(asker) = &asker
        && !identity(lines, asker)
    {
        return;
    }
    let repos: Vec<RepoRef> = config
        .allowlist()
        .iter()
        .filter(|repo| repo.forge() == ForgeKind::GitHub)
        .cloned()
        .collect();
    if repos.is_empty() {
        return;
    }
    for (repo, survey) in repos.iter().zip(tracker.survey(&repos)) {
        match survey {
            Err(error) => unreadable(lines, repo, &error),
            Ok(survey) => {
                let repository = &survey.repository;
                lines.ok(
                    format!("{repo} reading"),
                    format!("{} ready issues", survey.ready.len()),
                );
                state(lines, config, repository);
                permission(lines, tracker, repository);
                if let Some(asker) = &asker {
                    rights(lines, asker, repo);
                    labels(lines, asker, config, repo);
                    branch(lines, asker, config, repository);
                    actions(lines, asker, repo);
                }
            }
        }
    }
}

/// Who the token is. Returns whether GitHub knows it.
fn identity(lines: &mut Lines, asker: &Asker<'_>) -> bool {
    const SUBJECT: &str = "github token";
    const MEND: &str = "give AFK_GITHUB_TOKEN a token of the account that AFK acts as";
    match asker.get("read who we are", &["user"]) {
        Err(error) => {
            let mend = if error.kind == FailureKind::SecretUnreadable {
                "see that the file can be read and holds the token"
            } else {
                "see that AFK_GITHUB_URL is right and that the network lets us through"
            };
            lines.problem(SUBJECT, error.to_string(), mend);
            return false;
        }
        Ok(got) if got.status == 401 => {
            lines.problem(
                SUBJECT,
                format!("GitHub does not know it: {}", got.excerpt),
                MEND,
            );
            return false;
        }
        Ok(got) if got.status == 200 && got.json["login"].is_string() => {
            let login = got.json["login"].as_str().unwrap_or("unknown");
            lines.ok(SUBJECT, format!("it is {login}"));
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
        Ok(got) if got.status == 403 => lines.ok(SUBJECT, "it is the installation of an App"),
        Ok(got) => {
            lines.problem(
                SUBJECT,
                format!("HTTP {}: {}", got.status, got.excerpt),
                "AFK_GITHUB_URL must be the REST address: https://api.github.com, or https://HOST/api/v3",
            );
            return false;
        }
    }
    if let Ok(got) = asker.get("read the rate limit", &["rate_limit"]) {
        let left = |name: &str| got.json["resources"][name]["remaining"].as_u64();
        if let (Some(core), Some(graphql)) = (left("core"), left("graphql")) {
            let fact = format!("{core} requests and {graphql} points are left in this hour");
            if core.min(graphql) < POINTS_LOW {
                lines.warn(
                    "github rate limit",
                    fact,
                    "see who else uses this token, or give AFK one of its own",
                );
            } else {
                lines.ok("github rate limit", fact);
            }
        }
    }
    true
}

fn unreadable(lines: &mut Lines, repo: &RepoRef, error: &ServiceError) {
    let mend = match &error.kind {
        FailureKind::NotFound => {
            "see that it is spelled right in AFK_ALLOWLIST and that the token may read it"
        }
        FailureKind::Moved { .. } => "put its name of today into AFK_ALLOWLIST",
        FailureKind::Denied => "give the token the right to read its metadata and issues",
        FailureKind::RateLimited { .. } => {
            "wait until the limit is over, and see who uses the token"
        }
        FailureKind::Unreachable
        | FailureKind::Overloaded
        | FailureKind::Refused
        | FailureKind::Unreadable
        | FailureKind::SecretUnreadable
        | FailureKind::OutOfTime => "see what GitHub says, and try again",
    };
    lines.problem(format!("{repo} reading"), error.to_string(), mend);
}

fn state(lines: &mut Lines, config: &Config, repository: &Repository) {
    use crate::domain::issue::Visibility;
    let repo = &repository.repo;
    if repository.facts.archived {
        lines.problem(
            format!("{repo} state"),
            "it is archived: nothing can be written or pushed",
            "take it out of the archive, or off AFK_ALLOWLIST",
        );
    }
    match repository.facts.visibility {
        Visibility::Private => lines.ok(format!("{repo} visibility"), "private"),
        Visibility::Public | Visibility::Internal | Visibility::Unknown => {
            if config.trust.allow_public.contains(repo) {
                lines.ok(
                    format!("{repo} visibility"),
                    "public, and AFK_ALLOW_PUBLIC lists it",
                );
            } else {
                lines.problem(
                    format!("{repo} visibility"),
                    "it is not private, so that every issue is refused (public-repository)",
                    "make it private, or list it in AFK_ALLOW_PUBLIC knowing that strangers write its issues",
                );
            }
        }
    }
    if repository.default_branch.is_none() {
        lines.problem(
            format!("{repo} branch"),
            "it is empty: there is no branch to push to",
            "push a first commit",
        );
    }
}

fn rights(lines: &mut Lines, asker: &Asker<'_>, repo: &RepoRef) {
    let subject = format!("{repo} rights");
    match asker.get("read the repository", &["repos", repo.owner(), repo.name()]) {
        Ok(got) if got.status == 200 => {
            let may = |right: &str| got.json["permissions"][right] == true;
            if may("push") {
                lines.ok(subject, "our account may push, label and comment");
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
            }
        }
        Ok(got) => lines.problem(
            subject,
            format!("HTTP {}: {}", got.status, got.excerpt),
            "give the token the right to read the repository's metadata",
        ),
        Err(error) => lines.problem(
            subject,
            error.to_string(),
            "see what GitHub says, and try again",
        ),
    }
}

/// Whether permissions of people can be looked up: our own stands for all.
fn permission(lines: &mut Lines, tracker: &dyn Tracker, repository: &Repository) {
    let subject = format!("{} permissions", repository.repo);
    let OwnAccount { login, .. } = &repository.own_account;
    let login = login.strip_suffix("[bot]").unwrap_or(login);
    let mend =
        "let the token read collaborators (metadata: read, and push access for a classic token)";
    match tracker.permission(repository, login) {
        Ok(PermissionFact::Unknown(why)) => lines.problem(subject, why, mend),
        Ok(
            PermissionFact::Known { .. }
            | PermissionFact::Ambiguous { .. }
            | PermissionFact::Mistaken(_),
        ) => lines.ok(subject, "permissions of people can be looked up"),
        Err(error) => lines.problem(subject, error.to_string(), mend),
    }
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
                    lines.problem(
                        subject,
                        format!(
                            "is spelled '{stored}' there, and the ready label is compared exactly"
                        ),
                        format!(
                            "gh label edit '{stored}' --name '{label}' --repo {}",
                            repo.full_name()
                        ),
                    );
                }
            }
            Ok(got) if got.status == 404 && *label == labels.ready => lines.warn(
                subject,
                "is missing, so that nobody can ask for a run",
                format!("gh label create '{label}' --repo {}", repo.full_name()),
            ),
            Ok(got) if got.status == 404 => {
                lines.ok(subject, "is missing; it is created when it is first needed");
            }
            Ok(got) => lines.problem(
                subject,
                format!("HTTP {}: {}", got.status, got.excerpt),
                "give the token the right to read issues",
            ),
            Err(error) => lines.problem(
                subject,
                error.to_string(),
                "see what GitHub says, and try again",
            ),
        }
    }
}

/// Rules that would refuse the agent's push, where they can be read.
fn branch(lines: &mut Lines, asker: &Asker<'_>, config: &Config, repository: &Repository) {
    let repo = &repository.repo;
    let branch = config
        .repository(repo)
        .branch_or(repository.default_branch.as_deref());
    let subject = format!("{repo} branch {branch}");
    let path = [
        "repos",
        repo.owner(),
        repo.name(),
        "rules",
        "branches",
        &branch,
    ];
    let got = match asker.get("read the rules of a branch", &path) {
        Ok(got) => got,
        Err(error) => {
            lines.warn(
                subject,
                error.to_string(),
                "see by hand that the agent may push to it",
            );
            return;
        }
    };
    let Some(rules) = got.json.as_array().filter(|_| got.status == 200) else {
        lines.ok(
            subject,
            format!("its rules can not be read (HTTP {})", got.status),
        );
        return;
    };
    let kinds: Vec<&str> = rules
        .iter()
        .filter_map(|rule| rule["type"].as_str())
        .collect();
    let refuse: Vec<&str> = kinds
        .iter()
        .copied()
        .filter(|kind| {
            [
                "pull_request",
                "merge_queue",
                "update",
                "required_status_checks",
            ]
            .contains(kind)
        })
        .collect();
    if refuse.is_empty() {
        lines.ok(subject, "no rule refuses a push");
    } else {
        lines.problem(
            subject,
            format!("rules refuse the agent's push: {}", refuse.join(", ")),
            "let the agent's account bypass them, or name another branch in AFK_REPOS",
        );
    }
}

fn actions(lines: &mut Lines, asker: &Asker<'_>, repo: &RepoRef) {
    let path = ["repos", repo.owner(), repo.name(), "actions", "permissions"];
    let Ok(got) = asker.get("read whether Actions run", &path) else {
        return;
    };
    if got.status == 200 && got.json["enabled"] == Value::Bool(false) {
        lines.warn(
            format!("{repo} actions"),
            "GitHub Actions are switched off: without statuses of another CI no commit gets green",
            "switch Actions on, or see that another CI reports statuses",
        );
    }
}
