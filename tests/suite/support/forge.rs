//! One forge of either family, with the verbs that both know: what people, agents and CI do there, and what a test looks at.
//!
//! What only one of them has is told on that stand-in itself.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::sandbox::clock::SandboxClock;
use super::sandbox::forgejo::state::{IssuesAre, Level};
use super::sandbox::forgejo::{Forgejo, ForgejoOptions, ServerKind};
use super::sandbox::github::GitHub;
use super::sandbox::github_state::{Role, Visibility};
use super::sandbox::http_server::Service;

/// A stand-in; clones share it.
#[derive(Clone)]
pub enum Forge {
    GitHub(Arc<GitHub>),
    Forgejo(Arc<Forgejo>),
}

/// What somebody is in a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rank {
    Nobody,
    /// May label and not push, where a forge has such people; else a reader, whom a story lets do it all the same.
    Triage,
    Writer,
    /// Pushes, and maintains the repository where a forge has such people.
    Maintainer,
}

/// One comment as a test sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    pub id: u64,
    pub author: String,
    pub body: String,
}

/// Tells both what they know alike.
macro_rules! both {
    ($forge:expr, $github:ident => $on_github:expr, $forgejo:ident => $on_forgejo:expr) => {
        match $forge {
            Forge::GitHub($github) => $on_github,
            Forge::Forgejo($forgejo) => $on_forgejo,
        }
    };
}

impl Forge {
    /// A server without anything but our account and the owner of the usual repository, a person.
    pub fn forgejo(kind: ServerKind, clock: SandboxClock) -> Self {
        let forgejo = Forgejo::new(ForgejoOptions::of(kind), clock);
        forgejo.add_user("acme");
        Self::Forgejo(forgejo)
    }

    pub fn service(&self) -> Arc<dyn Service> {
        both!(self, github => github.clone(), forgejo => forgejo.clone())
    }

    // Accounts and repositories.

    pub fn add_user(&self, login: &str) {
        both!(self, it => _ = it.add_user(login), it => _ = it.add_user(login));
    }

    /// The account in whose name workflows act.
    pub fn add_workflow_account(&self) -> &'static str {
        match self {
            Self::GitHub(github) => {
                github.add_app("github-actions");
                "github-actions"
            }
            Self::Forgejo(forgejo) => forgejo.actions_account(),
        }
    }

    /// Such as `stale`: an App, where there are Apps, and an account like others elsewhere.
    pub fn add_bot(&self, slug: &str) {
        both!(self, it => _ = it.add_app(slug), it => _ = it.add_user(slug));
    }

    pub fn delete_user(&self, login: &str) {
        both!(self, it => it.delete_user(login), it => it.delete_user(login));
    }

    pub fn rename_account(&self, login: &str, to: &str) {
        both!(self, it => it.rename_account(login, to), it => it.rename_user(login, to));
    }

    /// A private repository that was pushed to before; its number.
    pub fn add_repository(&self, full_name: &str) -> u64 {
        match self {
            Self::GitHub(github) => github.add_repository(full_name, Visibility::Private),
            Self::Forgejo(forgejo) => {
                let owner = full_name.split('/').next().expect("owner/name");
                forgejo.add_owner(owner);
                let id = forgejo.add_repository(full_name);
                // Nobody pushed before: an empty repository has no branch.
                forgejo.push_commit(full_name, owner, "Begin");
                id
            }
        }
    }

    pub fn set_rank(&self, full_name: &str, login: &str, rank: Rank) {
        let (role, level) = match rank {
            Rank::Nobody => (Role::NONE, Level::None),
            Rank::Triage => (Role::TRIAGE, Level::Read),
            Rank::Writer => (Role::WRITE, Level::Write),
            Rank::Maintainer => (Role::MAINTAIN, Level::Write),
        };
        both!(self, it => it.set_permission(full_name, login, role), it => it.set_level(full_name, login, level));
    }

    /// Everybody who is signed in may read it.
    pub fn make_internal(&self, full_name: &str) {
        both!(self, it => it.set_visibility(full_name, Visibility::Internal),
            it => it.with_repository(full_name, |home| (home.private, home.internal) = (false, true)));
    }

    pub fn make_public(&self, full_name: &str) {
        both!(self, it => it.set_visibility(full_name, Visibility::Public), it => it.make_public(full_name));
    }

    pub fn set_default_branch(&self, full_name: &str, branch: &str) {
        match self {
            Self::GitHub(github) => github.set_default_branch(full_name, branch),
            Self::Forgejo(forgejo) => {
                forgejo.with_repository(full_name, |home| branch.clone_into(&mut home.branch));
            }
        }
    }

    pub fn rename_repository(&self, old: &str, new: &str) {
        if let Self::Forgejo(forgejo) = self {
            forgejo.add_owner(new.split('/').next().expect("owner/name"));
        }
        both!(self, it => it.rename_repository(old, new), it => it.rename_repository(old, new));
    }

    pub fn delete_repository(&self, full_name: &str) {
        both!(self, it => it.delete_repository(full_name), it => it.delete_repository(full_name));
    }

    /// Our token can no longer see a private repository.
    pub fn withdraw_repository(&self, full_name: &str) {
        both!(self, it => it.withdraw_repository(full_name), it => it.set_level(full_name, "afk-bot", Level::None));
    }

    pub fn archive_repository(&self, full_name: &str) {
        both!(self, it => it.archive_repository(full_name), it => it.with_repository(full_name, |home| home.archived = true));
    }

    pub fn unarchive_repository(&self, full_name: &str) {
        both!(self, it => it.unarchive_repository(full_name), it => it.with_repository(full_name, |home| home.archived = false));
    }

    pub fn disable_issues(&self, full_name: &str) {
        both!(self, it => it.disable_issues(full_name),
            it => it.with_repository(full_name, |home| home.issues_are = IssuesAre::Off));
    }

    // Issues.

    pub fn open_issue(&self, full_name: &str, author: &str, title: &str, body: &str) -> u64 {
        both!(self, it => it.open_issue(full_name, author, title, body, &[]), it => it.open_issue(full_name, author, title, body))
    }

    pub fn delete_issue(&self, full_name: &str, number: u64) {
        both!(self, it => it.delete_issue(full_name, number), it => it.delete_issue(full_name, number));
    }

    pub fn create_label(&self, full_name: &str, label: &str) {
        both!(self, it => it.create_label(full_name, label), it => it.create_label(full_name, label));
    }

    pub fn label(&self, full_name: &str, number: u64, who: &str, label: &str) {
        both!(self, it => it.label(full_name, number, who, label), it => it.label_issue(full_name, number, who, label));
    }

    pub fn unlabel(&self, full_name: &str, number: u64, who: &str, label: &str) {
        both!(self, it => it.unlabel(full_name, number, who, label), it => it.unlabel(full_name, number, who, label));
    }

    pub fn close(&self, full_name: &str, number: u64, who: &str) {
        both!(self, it => it.close(full_name, number, who), it => it.close_issue(full_name, number, who));
    }

    pub fn reopen(&self, full_name: &str, number: u64, who: &str) {
        both!(self, it => it.reopen(full_name, number, who), it => it.reopen_issue(full_name, number, who));
    }

    pub fn assign(&self, full_name: &str, number: u64, who: &str, assignee: &str) {
        both!(self, it => it.assign(full_name, number, who, assignee), it => it.assign(full_name, number, who, assignee));
    }

    pub fn rename_title(&self, full_name: &str, number: u64, who: &str, title: &str) {
        both!(self, it => it.rename_title(full_name, number, who, title),
            it => it.rename_title(full_name, number, who, title));
    }

    /// Forgejo and Gitea do not tell who.
    pub fn edit_body(&self, full_name: &str, number: u64, who: &str, text: &str) {
        both!(self, it => it.edit_body(full_name, number, who, text), it => it.edit_body(full_name, number, text));
    }

    pub fn comment(&self, full_name: &str, number: u64, who: &str, text: &str) -> u64 {
        both!(self, it => it.comment(full_name, number, who, text), it => it.comment_on(full_name, number, who, text))
    }

    pub fn edit_comment(&self, full_name: &str, comment: u64, who: &str, text: &str) {
        match self {
            Self::GitHub(github) => github.edit_comment(full_name, comment, who, text),
            Self::Forgejo(forgejo) => {
                let number = forgejo.issue_of_comment(full_name, comment);
                forgejo.edit_comment_text(full_name, number, comment, text);
            }
        }
    }

    pub fn delete_comment(&self, full_name: &str, comment: u64) {
        both!(self, it => it.delete_comment(full_name, comment), it => it.delete_comment(full_name, comment));
    }

    pub fn block(&self, full_name: &str, number: u64, on: u64) {
        both!(self, it => it.add_blocked_by(full_name, number, full_name, on), it => it.depend(full_name, number, on));
    }

    /// An issue that our token can not see blocks.
    pub fn block_out_of_sight(&self, full_name: &str, number: u64) {
        both!(self, it => it.add_hidden_blocker(full_name, number), it => it.depend_on_hidden(full_name, number));
    }

    /// A pull request that says that it closes an issue.
    pub fn pull_request(&self, full_name: &str, author: &str, closes: u64) -> u64 {
        match self {
            Self::GitHub(github) => {
                let number = github.make_pull_request(full_name, author, "A pull request");
                github.link_pull_request(full_name, closes, full_name, number);
                number
            }
            Self::Forgejo(forgejo) => forgejo.open_pull_request(full_name, author, closes),
        }
    }

    /// Somebody merges it, which closes the issue. Returns the merge commit.
    pub fn merge(&self, full_name: &str, pull_request: u64, who: &str, issue: u64) -> String {
        both!(self, it => it.merge_closing(full_name, pull_request, who, issue),
            it => it.merge_pull_request(full_name, pull_request, who))
    }

    // Commits and CI.

    pub fn push_commit(&self, full_name: &str, pusher: &str, message: &str) -> String {
        both!(self, it => it.push_commit(full_name, pusher, message), it => it.push_commit(full_name, pusher, message))
    }

    /// Its committer's clock shows another time.
    pub fn push_commit_dated(
        &self,
        full_name: &str,
        pusher: &str,
        message: &str,
        at: DateTime<Utc>,
    ) -> String {
        both!(self, it => it.push_commit_dated(full_name, pusher, message, at),
            it => it.push_commit_dated(full_name, pusher, message, at))
    }

    /// On top of others than the head.
    pub fn push_commit_onto(
        &self,
        full_name: &str,
        pusher: &str,
        message: &str,
        parents: &[&str],
    ) -> String {
        both!(self, it => it.push_commit_onto(full_name, pusher, message, parents),
            it => it.push_commit_onto(full_name, pusher, message, parents))
    }

    /// A force push takes a commit off the branch.
    pub fn drop_commit(&self, full_name: &str, sha: &str) {
        both!(self, it => it.drop_commit(full_name, sha), it => it.drop_commit(full_name, sha));
    }

    pub fn start_workflow(&self, full_name: &str, sha: &str, name: &str, jobs: &[&str]) -> u64 {
        both!(self, it => it.start_workflow(full_name, sha, name, jobs), it => it.start_workflow(full_name, sha, name, jobs))
    }

    pub fn finish_job(&self, full_name: &str, run: u64, job: &str, conclusion: &str) {
        both!(self, it => it.finish_job(full_name, run, job, conclusion), it => it.finish_job(full_name, run, job, conclusion));
    }

    pub fn finish_workflow(&self, full_name: &str, run: u64, conclusion: &str) {
        both!(self, it => it.finish_workflow(full_name, run, conclusion),
            it => it.finish_workflow(full_name, run, conclusion));
    }

    pub fn commit_status(&self, full_name: &str, sha: &str, who: &str, context: &str, word: &str) {
        both!(self, it => it.commit_status(full_name, sha, who, context, word),
            it => it.post_status(full_name, sha, context, word));
    }

    /// A service posts a status with a description.
    pub fn described_status(
        &self,
        full_name: &str,
        sha: &str,
        (context, word): (&str, &str),
        says: &str,
    ) {
        both!(self, it => it.described_status(full_name, sha, "afk-bot", (context, word), says),
            it => it.described_status(full_name, sha, context, word, says));
    }

    // What a test looks at.

    pub fn labels_of(&self, full_name: &str, number: u64) -> Vec<String> {
        both!(self, it => it.labels_of(full_name, number), it => it.labels_of(full_name, number))
    }

    /// What stands for a label of a repository in the addresses of calls.
    pub fn label_in_addresses(&self, full_name: &str, label: &str) -> String {
        match self {
            Self::GitHub(_) => label.to_owned(),
            Self::Forgejo(forgejo) => forgejo.label_id(full_name, label).to_string(),
        }
    }

    pub fn is_open(&self, full_name: &str, number: u64) -> bool {
        both!(self, it => it.issue_state(full_name, number).open, it => it.is_open(full_name, number))
    }

    pub fn comments_of(&self, full_name: &str, number: u64) -> Vec<Comment> {
        let of = |id, author, body| Comment { id, author, body };
        match self {
            Self::GitHub(github) => github
                .comments_of(full_name, number)
                .into_iter()
                .map(|comment| of(comment.id, comment.author, comment.body))
                .collect(),
            Self::Forgejo(forgejo) => forgejo
                .comments_of(full_name, number)
                .into_iter()
                .map(|comment| of(comment.id, comment.author, comment.body))
                .collect(),
        }
    }

    /// The numbers of all issues of a repository.
    pub fn issues_of(&self, full_name: &str) -> Vec<u64> {
        both!(self, it => it.issues_of(full_name), it => it.issues_of(full_name))
    }

    /// How often a label was put on an issue.
    pub fn times_labelled(&self, full_name: &str, number: u64, label: &str) -> usize {
        match self {
            Self::GitHub(github) => {
                let start = format!("labeled {label} ");
                let events = github.events_of(full_name, number);
                events
                    .iter()
                    .filter(|event| event.starts_with(&start))
                    .count()
            }
            Self::Forgejo(forgejo) => forgejo.labellings(full_name, number, label).len(),
        }
    }

    /// The authorisation that the newest labelling is.
    pub fn newest_label_event(&self, full_name: &str, number: u64, label: &str) -> Option<String> {
        both!(self, it => it.newest_label_event(full_name, number, label),
            it => it.newest_label_event(full_name, number, label))
    }

    /// How many requests changed something, or tried to.
    pub fn writes(&self) -> usize {
        both!(self, it => it.writes().len(), it => it.writes().len())
    }

    pub fn answer(
        &self,
        request: &super::sandbox::http_server::Request,
    ) -> super::sandbox::http_server::Response {
        both!(self, it => it.answer(request), it => it.answer(request))
    }
}
