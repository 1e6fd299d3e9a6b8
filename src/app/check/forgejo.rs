//! Forgejo and Gitea: the server, and every repository: whether it can be read and worked in, and whether people can be looked up.
//! Nothing is written.

use serde_json::Value;

use super::github::quoted;
use super::lines::Lines;
use super::probe::{Got, get};
use super::repository::{Mends, own_account, state, unreadable};
use crate::domain::config::{Config, Endpoint};
use crate::domain::issue::{Permission, PermissionFact};
use crate::domain::repository::{ForgeKind, RepoRef};
use crate::http::{Http, join};
use crate::service_error::ServiceError;
use crate::tracker::{Repository, Tracker};

const MENDS: Mends = Mends {
    forge: "the forge",
    unknown: "make a new token, and put it into AFK_FORGEJO_TOKEN or the file of AFK_FORGEJO_TOKEN_FILE",
    not_found: "see that it is spelled right in AFK_ALLOWLIST and that AFK_FORGEJO_TOKEN may read it",
    denied: "give AFK_FORGEJO_TOKEN the scopes write:issue, read:repository and read:user, and its account access to the repository",
    permissions: "make our account an administrator of the repository, or list people in AFK_TRUSTED_PEOPLE",
};

/// Versions that were tried, by how they begin.
const TRIED: &[&str] = &["11.", "13.", "1.26."];

/// Asks the server with our token what no adapter asks.
struct Asker<'a> {
    http: &'a Http<'a>,
    endpoint: &'a Endpoint,
}

impl Asker<'_> {
    fn get(&self, name: &str, path: &[&str]) -> Result<Got, ServiceError> {
        self.get_page(name, path, None)
    }

    fn get_page(
        &self,
        name: &str,
        path: &[&str],
        page: Option<usize>,
    ) -> Result<Got, ServiceError> {
        let base = join(self.endpoint.url.url(), &["api", "v1"]);
        let mut url = join(&base, path);
        if let Some(page) = page {
            url.query_pairs_mut()
                .append_pair("limit", "50")
                .append_pair("page", &page.to_string());
        }
        get(
            self.http,
            "forgejo",
            name,
            url,
            &[],
            Some(&self.endpoint.token),
        )
    }

    fn of_repository(&self, name: &str, repo: &RepoRef, path: &[&str]) -> Option<Got> {
        let mut whole = vec!["repos", repo.owner(), repo.name()];
        whole.extend(path);
        self.get(name, &whole).ok()
    }
}

/// Tells of the server and of every enrolled repository there, and returns those that can be read.
pub(super) fn check(
    lines: &mut Lines,
    http: &Http<'_>,
    config: &Config,
    endpoint: &Endpoint,
    tracker: &dyn Tracker,
) -> Vec<Repository> {
    let mut read = Vec::new();
    let asker = Asker { http, endpoint };
    version(lines, &asker);
    let repos: Vec<_> = config
        .allowlist()
        .iter()
        .filter(|repo| repo.forge() == ForgeKind::Forgejo)
        .cloned()
        .collect();
    for (repo, survey) in repos.iter().zip(tracker.survey(&repos)) {
        match survey {
            Err(error) => unreadable(lines, repo, &error, &MENDS),
            Ok(survey) => {
                let repository = &survey.repository;
                if read.is_empty() {
                    own_account(lines, config, &repository.own_account.login);
                }
                lines.ok(
                    format!("{repo} reading"),
                    format!(
                        "{} ready issues; our account is {}",
                        survey.ready.len(),
                        repository.own_account.login
                    ),
                );
                state(lines, config, repository);
                people(lines, tracker, repository);
                rights(lines, &asker, repo);
                teams(lines, &asker, repo);
                labels(lines, &asker, config, repo);
                branch(lines, &asker, config, repository);
                read.push(survey.repository);
            }
        }
    }
    read
}

fn version(lines: &mut Lines, asker: &Asker<'_>) {
    const SUBJECT: &str = "forgejo version";
    match asker.get("read the version", &["version"]) {
        Ok(got) if got.status == 200 && got.json["version"].is_string() => {
            let version = got.json["version"].as_str().unwrap_or("unknown");
            if TRIED.iter().any(|tried| version.starts_with(tried)) {
                lines.ok(SUBJECT, format!("{version}, which was tried"));
            } else {
                lines.warn(
                    SUBJECT,
                    format!(
                        "{version} was never tried; tried are Forgejo 11 and 13, and Gitea 1.26"
                    ),
                    "try it with --dry-run first, or use a version that was tried",
                );
            }
        }
        Ok(got) => {
            let mend = match got.mend_of_illness(MENDS.forge) {
                Some(mend) => mend,
                None if got.status == 401 => MENDS.unknown.to_owned(),
                None => "see that AFK_FORGEJO_URL is the server's own address, without api/v1, and that AFK_FORGEJO_TOKEN is known there"
                    .to_owned(),
            };
            lines.problem(SUBJECT, got.in_words(), mend);
        }
        Err(error) => lines.problem(
            SUBJECT,
            error.to_string(),
            "see that AFK_FORGEJO_URL is right and that the network lets us through",
        ),
    }
}

/// What our account may do. What the token may is told to nobody who has it.
fn rights(lines: &mut Lines, asker: &Asker<'_>, repo: &RepoRef) {
    let subject = format!("{repo} rights");
    let Some(got) = asker
        .of_repository("read the repository", repo, &[])
        .filter(|got| got.status == 200)
    else {
        return;
    };
    let may = |right: &str| got.json["permissions"][right] == true;
    if may("push") {
        lines.ok(
            subject,
            "our account may push, label and comment; that the token has write:issue can not be seen without writing",
        );
    } else {
        lines.problem(
            subject,
            "our account may neither label nor close issues",
            "give the account write permission on the repository",
        );
    }
    if got.json["has_issues"] == false {
        lines.problem(
            format!("{repo} issues"),
            "issues are switched off",
            "switch them on, or take the repository off AFK_ALLOWLIST",
        );
    }
    let subject = format!("{repo} actions");
    let denied = || {
        let runs = asker.of_repository("read the runs of Actions", repo, &["actions", "runs"]);
        runs.is_some_and(|runs| runs.status == 403)
    };
    match got.json["has_actions"].as_bool() {
        Some(true) if denied() => lines.warn(
            subject,
            "our account may not see runs of Actions: a workflow that posts no status is not noticed",
            "give our account the right to read Actions in the repository, and AFK_FORGEJO_TOKEN read:repository",
        ),
        Some(true) => lines.ok(subject, "Actions are switched on"),
        Some(false) => lines.ok(
            subject,
            "Actions are switched off: only statuses of another CI make a commit green",
        ),
        None => lines.ok(
            subject,
            "the server does not tell whether they are switched on",
        ),
    }
}

/// Whether there are people who may edit issues, and labels with them, and may not push. Old entries of an issue show a label's
/// name of today: whoever renames one makes an old labelling say something else, and nothing tells of it.
fn teams(lines: &mut Lines, asker: &Asker<'_>, repo: &RepoRef) {
    let got = asker.of_repository("read the teams", repo, &["teams"]);
    let Some(got) = got.filter(|got| got.status == 200) else {
        // It belongs to a person, or what keeps us from reading is told elsewhere.
        return;
    };
    let listed = got.json.as_array();
    let may_write = |team: &Value, unit: &str| {
        matches!(
            team["units_map"][unit].as_str(),
            Some("write" | "admin" | "owner")
        )
    };
    let names: Vec<&str> = listed
        .into_iter()
        .flatten()
        .filter(|team| !matches!(team["permission"].as_str(), Some("owner" | "admin")))
        .filter(|team| may_write(team, "repo.issues") && !may_write(team, "repo.code"))
        .filter_map(|team| team["name"].as_str())
        .collect();
    let subject = format!("{repo} teams");
    if names.is_empty() {
        lines.ok(subject, "whoever may edit issues by a team may push, too");
    } else {
        lines.warn(
            subject,
            format!(
                "members of {} may edit issues and labels, and not push: by renaming a label to the ready label they could turn an old labelling by somebody else into a start",
                names.join(", ")
            ),
            "let only people edit issues who may push",
        );
    }
}

fn labels(lines: &mut Lines, asker: &Asker<'_>, config: &Config, repo: &RepoRef) {
    let Some(stored) = all_labels(asker, repo) else {
        return lines.warn(
            format!("{repo} labels"),
            "they can not be read",
            "give AFK_FORGEJO_TOKEN the scope write:issue, which reads them, too",
        );
    };
    let labels = &config.labels;
    let ours = [&labels.ready, &labels.in_progress, &labels.ready_for_human];
    for label in ours {
        let subject = format!("{repo} label {label}");
        let mut other = stored.iter();
        let other = other.find(|stored| stored.name.to_lowercase() == label.to_lowercase());
        let rival = ours.into_iter().find(|rival| {
            let mut stored = stored.iter();
            *rival != label
                && stored.any(|stored| stored.name == **label && stored.takes_off(rival))
        });
        match other.map(|stored| &stored.name) {
            Some(other) if other == label && rival.is_some() => {
                let rival = rival.map_or("", String::as_str);
                lines.warn(
                    subject,
                    format!(
                        "is exclusive: putting it on takes '{rival}' off, which has the same scope"
                    ),
                    "make it a label that is not exclusive, or name one of them outside the scope",
                );
            }
            Some(other) if other == label => lines.ok(subject, "is there"),
            Some(other) => lines.problem(
                subject,
                format!("is spelled '{other}' there, and the ready label is compared exactly"),
                format!("rename it to '{label}'"),
            ),
            None if *label == labels.ready => {
                lines.warn(
                    subject,
                    "is missing, so that nobody can ask for a run",
                    "create it, or mend AFK_READY_LABEL where it is misspelt",
                );
                lines.command(format!(
                    "tea labels create --repo {} --name {} --color '#0e8a16'",
                    repo.full_name(),
                    quoted(label)
                ));
            }
            None => lines.ok(subject, "is missing; it is created when it is first needed"),
        }
    }
}

/// A label of the repository.
struct Stored {
    name: String,
    exclusive: bool,
}

impl Stored {
    /// Whether an issue that gets it loses the `other`: of labels of one scope, which is all before the last slash, an exclusive
    /// one stands alone.
    fn takes_off(&self, other: &str) -> bool {
        let scope = |name: &str| name.rsplit_once('/').map(|(scope, _)| scope.to_owned());
        let own = scope(&self.name).filter(|scope| !scope.is_empty());
        self.exclusive && own.is_some() && own == scope(other)
    }
}

/// All labels; `None` when they can not be read.
fn all_labels(asker: &Asker<'_>, repo: &RepoRef) -> Option<Vec<Stored>> {
    /// More labels than anybody has.
    const PAGES_MAX: usize = 20;
    let path = ["repos", repo.owner(), repo.name(), "labels"];
    let mut labels = Vec::new();
    for page in 1..=PAGES_MAX {
        let got = asker.get_page("read the labels", &path, Some(page)).ok()?;
        let listed = got.json.as_array().filter(|_| got.status == 200)?;
        if listed.is_empty() {
            break;
        }
        labels.extend(listed.iter().filter_map(|label| {
            Some(Stored {
                name: label["name"].as_str()?.to_owned(),
                exclusive: label["exclusive"] == true,
            })
        }));
    }
    Some(labels)
}

/// What may refuse the agent's push, as far as the branch tells.
fn branch(lines: &mut Lines, asker: &Asker<'_>, config: &Config, repository: &Repository) {
    let repo = &repository.repo;
    if repository.default_branch.is_none() {
        return;
    }
    let of_repo = config.repository(repo);
    let branch = of_repo.branch_or(repository.default_branch.as_deref());
    let subject = format!("{repo} branch {branch}");
    match asker.of_repository("read the branch", repo, &["branches", &branch]) {
        Some(got) if got.status == 404 && got.json.is_object() => lines.problem(
            subject,
            "there is no such branch, so that no commit of a run is ever found on it",
            "push a first commit to it, or mend branch in AFK_REPOS",
        ),
        Some(got) if got.status == 200 => {
            let is = |name: &str| got.json[name] == true;
            let mut demands = Vec::new();
            if got.json["required_approvals"].as_u64().unwrap_or(0) > 0 {
                demands.push("required approvals");
            }
            if is("enable_status_check") {
                demands.push("required statuses");
            }
            if is("protected") && !is("user_can_push") {
                demands.push("a protection that keeps our account from pushing");
            }
            if demands.is_empty() {
                lines.ok(subject, "nothing refuses a push of our account");
            } else {
                lines.warn(
                    subject,
                    format!("a push may be refused by {}", demands.join(", ")),
                    "let the agent's account push to it, or name another branch in AFK_REPOS",
                );
            }
        }
        Some(_) | None => lines.warn(
            subject,
            "it can not be read",
            "see by hand that the agent's account may push to it",
        ),
    }
}

/// Whether people can be looked up. Anybody may look up themselves there, and only an administrator others: so our own level
/// tells.
fn people(lines: &mut Lines, tracker: &dyn Tracker, repository: &Repository) {
    let subject = format!("{} permissions", repository.repo);
    let fact = match tracker.permission(repository, &repository.own_account.login) {
        Ok(PermissionFact::Known {
            permission: Permission::Admin,
            ..
        }) => return lines.ok(subject, "permissions of people can be looked up"),
        Ok(
            PermissionFact::Known { .. }
            | PermissionFact::Ambiguous { .. }
            | PermissionFact::Unknown(_)
            | PermissionFact::Mistaken(_),
        ) => "our account does not administer it: only labels by the owner count, and by people whom AFK_TRUSTED_PEOPLE lists"
            .to_owned(),
        Err(error) => error.to_string(),
    };
    lines.warn(subject, fact, MENDS.permissions);
}

#[cfg(test)]
mod tests {
    use super::Stored;

    #[test]
    fn an_exclusive_label_takes_off_what_is_of_its_scope() {
        for (name, exclusive, other, takes_off) in [
            ("ready/agent", true, "ready/lock", true),
            ("a/b/agent", true, "a/b/lock", true),
            ("ready/agent", false, "ready/lock", false),
            ("ready/agent", true, "agent-in-progress", false),
            ("ready-for-agent", true, "agent-in-progress", false),
            ("a/b/agent", true, "a/lock", false),
            ("/agent", true, "/lock", false),
        ] {
            let name = name.to_owned();
            let stored = Stored { name, exclusive };
            assert_eq!(
                stored.takes_off(other),
                takes_off,
                "{} {other}",
                stored.name
            );
        }
    }
}
