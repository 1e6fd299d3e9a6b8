//! Who is our App on GitHub, and what did each owner give it? A token is minted for each: nothing else shows that one can be had.

use std::collections::BTreeMap;

use url::Url;

use super::asker::Asker;
use super::budget::budget;
use super::lines::Lines;
use super::repository::{Mends, mend_of_illness, own_account};
use crate::app::wiring::label_names;
use crate::domain::config::{AppIdentity, Config, Deploy};
use crate::domain::repository::RepoRef;
use crate::http::Http;
use crate::service_error::FailureKind;
use crate::tick::TickKind;
use crate::tracker::github_app::{GitHubApp, Opened, POLL_RIGHTS, Right, WATCH_RIGHTS};

pub(super) const APP_MENDS: Mends = Mends {
    forge: "GitHub",
    unknown: "see that AFK_GITHUB_APP_ID and the key that AFK_GITHUB_APP_KEY_FILE names are of one App",
    not_found: "see that it is spelled right in AFK_ALLOWLIST, and have its owner install the App and select the repository",
    denied: "have its owner install the App, select the repository, end a suspension and grant the rights that the README names; and see \
             that AFK_GITHUB_APP_ID and the key are the App's",
    permissions: "have the owner grant the App metadata: read",
};

/// What opens each owner's repositories, by the owner's name in lower case.
pub(super) type Owners<'a> = BTreeMap<String, Opened<'a>>;

/// Tells who the App is and what each owner of these repositories gave it; `None` when GitHub does not know it.
pub(super) fn owners<'a>(
    lines: &mut Lines,
    http: &'a Http<'a>,
    config: &Config,
    url: &'a Url,
    app: &AppIdentity,
    repos: &[RepoRef],
    kind: TickKind,
) -> Option<Owners<'a>> {
    const SUBJECT: &str = "github app";
    let rights = match kind {
        TickKind::Poll => POLL_RIGHTS,
        TickKind::Watch => WATCH_RIGHTS,
    };
    let labels = label_names(config);
    let app = GitHubApp::new(http, url.clone(), app, labels, config.allowlist(), rights);
    match app.slug() {
        Ok(slug) => {
            lines.ok(SUBJECT, format!("it is {slug}, and acts as {slug}[bot]"));
            own_account(lines, config, &slug);
            if config.trust.trusts_app(&slug) {
                lines.warn(
                    "AFK_TRUSTED_APPS",
                    format!("it lists {slug}, our own App, whose labels never count"),
                    "take it out",
                );
            }
        }
        // That was told with the settings.
        Err(error) if error.kind == FailureKind::SecretUnreadable => return None,
        Err(error) => {
            let mend = match mend_of_illness(&error, APP_MENDS.forge) {
                Some(mend) => mend,
                None if error.kind == FailureKind::Denied => APP_MENDS.unknown.to_owned(),
                None => "see that AFK_GITHUB_URL is right and that the network lets us through"
                    .to_owned(),
            };
            lines.problem(SUBJECT, error.to_string(), mend);
            return None;
        }
    }
    let mut by_owner: BTreeMap<String, Vec<&RepoRef>> = BTreeMap::new();
    for repo in repos {
        let owner = repo.owner().to_ascii_lowercase();
        by_owner.entry(owner).or_default().push(repo);
    }
    let mut owners = Owners::new();
    for (owner, repos) in by_owner {
        let name = repos[0].owner();
        let subject = format!("github token of {name}");
        match app.open(repos[0]) {
            Err(error) => {
                let refused = matches!(error.kind, FailureKind::Denied | FailureKind::NotFound);
                let mend = match mend_of_illness(&error, APP_MENDS.forge) {
                    Some(mend) => mend,
                    None if refused => APP_MENDS.denied.to_owned(),
                    None => "see what GitHub says, and try again".to_owned(),
                };
                lines.problem(subject, error.to_string(), mend);
            }
            Ok(opened) => {
                let many = match repos.len() {
                    1 => "1 repository".to_owned(),
                    many => format!("{many} repositories"),
                };
                lines.ok(subject, format!("it was minted, for {many}"));
                told_rights(lines, config, name, &repos, &opened.lacks);
                let asker = Asker {
                    http,
                    url,
                    bearer: opened.bearer(),
                };
                budget(lines, &asker, &format!("github rate limit of {name}"));
                owners.insert(owner, opened);
            }
        }
    }
    Some(owners)
}

/// Rights that an owner did not grant and whose lack is noticed.
fn told_rights(
    lines: &mut Lines,
    config: &Config,
    owner: &str,
    repos: &[&RepoRef],
    lacks: &[&Right],
) {
    let reads_deployments = repos
        .iter()
        .any(|repo| matches!(config.repository(repo).deploy, Some(Deploy::GitHub { .. })));
    let missing: Vec<String> = lacks
        .iter()
        .filter(|right| right.name != "deployments" || reads_deployments)
        .map(|right| format!("{}: {}", right.name, right.level))
        .collect();
    let subject = format!("github rights of {owner}");
    if missing.is_empty() {
        lines.ok(subject, "it has every right that is used");
    } else {
        lines.warn(
            subject,
            format!(
                "it lacks {}: what these tell is not seen",
                missing.join(", ")
            ),
            "add them to the App, and have the owner accept them",
        );
    }
}
