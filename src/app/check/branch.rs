//! Would GitHub take the agent's push? Who may pass by a rule is told to admins only, so a rule is a warning and no problem.

use serde_json::Value;

use super::asker::Asker;
use super::lines::Lines;
use crate::domain::config::Config;
use crate::tracker::Repository;

/// Kinds of rules that no plain push to a branch that is there meets. Every other kind may refuse one.
const HARMLESS: &[&str] = &[
    "branch_name_pattern",
    "copilot_code_review",
    "creation",
    "deletion",
    "non_fast_forward",
    "required_linear_history",
    "tag_name_pattern",
];

/// What of an older branch protection may refuse a push, and where it says so.
const PROTECTIONS: &[(&str, &str)] = &[
    ("required_pull_request_reviews", ""),
    ("required_status_checks", ""),
    ("restrictions", ""),
    ("required_signatures", "enabled"),
    ("lock_branch", "enabled"),
];

const BY_HAND: &str = "see by hand that the agent's account may push to it";

/// Tells what may refuse a push to the branch that agents push to, as far as our token may read it.
pub(super) fn branch(
    lines: &mut Lines,
    asker: &Asker<'_>,
    config: &Config,
    repository: &Repository,
) {
    let repo = &repository.repo;
    if repository.default_branch.is_none() {
        // An empty repository; that is told of as its state.
        return;
    }
    let branch = config
        .repository(repo)
        .branch_or(repository.default_branch.as_deref());
    let subject = format!("{repo} branch {branch}");
    let (owner, name) = (repo.owner(), repo.name());
    let path = ["repos", owner, name, "branches", &branch];
    let protected = match asker.get("read a branch", &path) {
        Err(error) => return lines.warn(subject, error.to_string(), BY_HAND),
        Ok(got) if got.status == 404 && got.json.is_object() => {
            return lines.problem(
                subject,
                "there is no such branch, so that no commit of a run is ever found on it",
                "push a first commit to it, or mend branch in AFK_REPOS",
            );
        }
        Ok(got) if got.status != 200 => {
            let fact = format!("it can not be read: {}", got.in_words());
            return lines.warn(subject, fact, BY_HAND);
        }
        Ok(got) => got.json["protected"] == true,
    };
    let path = ["repos", owner, name, "rules", "branches", &branch];
    let rules = asker.get("read the rules of a branch", &path).ok();
    let rules = rules.filter(|got| got.status == 200);
    let kinds: Option<Vec<&str>> =
        rules
            .as_ref()
            .and_then(|got| got.json.as_array())
            .map(|rules| {
                rules
                    .iter()
                    .filter_map(|rule| rule["type"].as_str())
                    .collect()
            });
    let path = ["repos", owner, name, "branches", &branch, "protection"];
    let protection = protected
        .then(|| asker.get("read the protection of a branch", &path).ok())
        .flatten()
        .filter(|got| got.status == 200);
    let mut refuse: Vec<&str> = kinds.iter().flatten().copied().collect();
    refuse.retain(|kind| !HARMLESS.contains(kind));
    if let Some(protection) = &protection {
        for part in demanded(&protection.json) {
            refuse.push(part);
        }
    }
    refuse.sort_unstable();
    refuse.dedup();
    if !refuse.is_empty() {
        return lines.warn(
            subject,
            format!("a push may be refused by {}", refuse.join(", ")),
            "let the agent's account bypass that, or name another branch in AFK_REPOS",
        );
    }
    match (kinds.as_deref(), protected, protection.is_some()) {
        // Some rule protects it, or nothing does.
        (Some([_, ..]), _, _) | (Some([]), false, _) | (Some([]), true, true) => {
            lines.ok(subject, "no rule refuses a push");
        }
        (Some([]), true, false) => lines.warn(
            subject,
            "it is protected, and what that demands is told to admins only",
            BY_HAND,
        ),
        (None, _, _) => lines.warn(subject, "its rules can not be read", BY_HAND),
    }
}

/// What a branch protection demands of a push.
fn demanded(protection: &Value) -> impl Iterator<Item = &'static str> {
    PROTECTIONS
        .iter()
        .filter(|(part, switch)| {
            let part = &protection[part];
            if switch.is_empty() {
                part.is_object()
            } else {
                part[switch] == true
            }
        })
        .map(|(part, _)| *part)
}
