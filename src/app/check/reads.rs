//! May the token read what ticks read, call by call? One that may not is told of before a run waits for what it can not see.

use super::asker::Asker;
use super::lines::Lines;
use crate::domain::config::{Config, Deploy};
use crate::tick::TickKind;
use crate::tracker::Repository;

/// What is read, the right that it needs, and what is not seen without it.
struct Reading<'a> {
    what: &'static str,
    right: &'static str,
    path: Vec<&'a str>,
}

fn reading<'a>(what: &'static str, right: &'static str, path: &[&'a str]) -> Reading<'a> {
    Reading {
        what,
        right,
        path: path.to_vec(),
    }
}

fn of_commit<'a>(
    what: &'static str,
    right: &'static str,
    commit: &'a str,
    last: &'a str,
) -> Reading<'a> {
    reading(what, right, &["commits", commit, last])
}

/// Asks for one entry of everything that this program reads of a repository. Nothing is written.
pub(super) fn reads(
    lines: &mut Lines,
    asker: &Asker<'_>,
    config: &Config,
    repository: &Repository,
    kind: TickKind,
) {
    let repo = &repository.repo;
    let subject = format!("{repo} reads");
    let of_repo = config.repository(repo);
    // An empty repository has no commit to ask about.
    let branch = repository.default_branch.as_deref();
    let mut readings = Vec::new();
    if let Some(branch) = branch {
        readings.push(of_commit("pull requests", "pull_requests", branch, "pulls"));
    }
    if kind == TickKind::Watch {
        if let Some(branch) = branch {
            readings.push(of_commit("checks", "checks", branch, "check-runs"));
            readings.push(of_commit("commit statuses", "statuses", branch, "status"));
        }
        readings.push(reading("runs of Actions", "actions", &["actions", "runs"]));
        if matches!(of_repo.deploy, Some(Deploy::GitHub { .. })) {
            readings.push(reading("deployments", "deployments", &["deployments"]));
        }
    }
    let mut missing = Vec::new();
    for Reading { what, right, path } in &readings {
        let mut whole = vec!["repos", repo.owner(), repo.name()];
        whole.extend(path.iter().copied());
        match asker.get(what, &whole) {
            Ok(got) if (200..300).contains(&got.status) => {}
            // A commit that is not there: not a right that is not.
            Ok(got) if got.status == 409 || got.status == 422 => {}
            Ok(got) => {
                // No right mends a GitHub that is ill, and what else is asked of it then tells nothing.
                if let Some(mend) = got.mend_of_illness("GitHub") {
                    let fact = format!("{what} can not be read: {}", got.in_words());
                    return lines.warn(subject, fact, mend);
                }
                missing.push((*right, format!("{what} ({})", got.in_words())));
            }
            Err(error) => missing.push((*right, format!("{what} ({})", error.detail))),
        }
    }
    if readings.is_empty() {
        return;
    }
    if missing.is_empty() {
        let what: Vec<&str> = readings.iter().map(|reading| reading.what).collect();
        return lines.ok(subject, format!("{} can be read", what.join(", ")));
    }
    let (rights, facts): (Vec<&str>, Vec<String>) = missing.into_iter().unzip();
    lines.warn(
        subject,
        format!(
            "these can not be read, and what they tell is not seen: {}",
            facts.join(", ")
        ),
        format!("give the token {}: read", rights.join(", ")),
    );
}
