//! Who is our token on GitHub, and may it do in each repository what the ticks do? Nothing is written.

use super::asker::Asker;
use super::branch::branch;
use super::lines::Lines;
use super::repository::{Mends, permission, state, unreadable};
use crate::domain::config::{Config, GitHubAccess};
use crate::domain::repository::{ForgeKind, RepoRef};
use crate::http::Http;
use crate::service_error::FailureKind;
use crate::tracker::{Repository, Tracker};

/// Points of the rate limit below which a day of ticks may not go through.
const POINTS_LOW: u64 = 500;

const TOKEN_MENDS: Mends = Mends {
    not_found: "see that it is spelled right in AFK_ALLOWLIST and that the token may read it",
    denied: "give the token the right to read its metadata and issues",
    permissions: "let the token read collaborators (metadata: read, and push access for a classic token)",
};

const APP_MENDS: Mends = Mends {
    not_found: "see that it is spelled right in AFK_ALLOWLIST, and have its owner install the App and select the repository",
    denied: "have its owner install the App, select the repository, end a suspension and grant the rights that the README names; and see \
             that AFK_GITHUB_APP_ID and the key are the App's",
    permissions: "have the owner grant the App metadata: read",
};

/// Tells who we are and what we may in every enrolled repository there, and returns those that can be read.
pub(super) fn check(
    lines: &mut Lines,
    http: &Http<'_>,
    config: &Config,
    access: &GitHubAccess,
    tracker: &dyn Tracker,
) -> Vec<Repository> {
    let mut read = Vec::new();
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
        return read;
    }
    let repos: Vec<RepoRef> = config
        .allowlist()
        .iter()
        .filter(|repo| repo.forge() == ForgeKind::GitHub)
        .cloned()
        .collect();
    if repos.is_empty() {
        return read;
    }
    let mends = match access {
        GitHubAccess::Token(_) => &TOKEN_MENDS,
        GitHubAccess::App { .. } => &APP_MENDS,
    };
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
                if let Some(asker) = &asker {
                    rights(lines, asker, repo);
                    labels(lines, asker, config, repo);
                    branch(lines, asker, config, repository);
                    actions(lines, asker, repo);
                }
                read.push(survey.repository);
            }
        }
    }
    read
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

fn actions(lines: &mut Lines, asker: &Asker<'_>, repo: &RepoRef) {
    let path = ["repos", repo.owner(), repo.name(), "actions", "permissions"];
    let Ok(got) = asker.get("read whether Actions run", &path) else {
        return;
    };
    if got.status == 200 && got.json["enabled"] == false {
        lines.warn(
            format!("{repo} actions"),
            "GitHub Actions are switched off: without statuses of another CI no commit gets green",
            "switch Actions on, or see that another CI reports statuses",
        );
    }
}
