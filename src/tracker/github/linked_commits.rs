//! Commits that an issue's events name and that the list of the branch does not hold.
//!
//! They reach further than a list that was cut short. Few runs have any; each is read, and asked where it is only when it
//! would be the run's.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;

use super::rest::SERVICE;
use super::watched_commits::WireAuthor;
use super::{GitHub, take};
use crate::domain::repository::RepoRef;
use crate::domain::verdict::attribution::{
    BranchCommit, LinkedCommit, Placement, RunMarks, recognise,
};
use crate::domain::verdict::ci::CommitSha;
use crate::http::Method;
use crate::service_error::{FailureKind, ServiceError};
use crate::tracker::commit_message::CommitMessage;

/// Commits that are read of one run.
const LINKED_MAX: usize = 10;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireLinked {
    oid: String,
    message: CommitMessage,
    committed_date: DateTime<Utc>,
    author: Option<WireAuthor>,
}

#[derive(Debug, Deserialize)]
struct RestComparison {
    status: String,
}

impl GitHub<'_> {
    /// Reads commits that events name, and where those are that would be the run's.
    pub(super) fn linked_commits(
        &self,
        repo: &RepoRef,
        branch: &str,
        named: &[&CommitSha],
        closers: &[CommitSha],
        run: &RunMarks<'_>,
    ) -> Result<Vec<LinkedCommit>, ServiceError> {
        // The newest are named last.
        let newest = &named[named.len().saturating_sub(LINKED_MAX)..];
        let mut linked = Vec::new();
        for commit in self.named(repo, newest)? {
            if recognise(&commit, closers, run).is_some() {
                let placement = self.placement(repo, &commit.sha, branch)?;
                linked.push(LinkedCommit { commit, placement });
            }
        }
        Ok(linked)
    }

    fn named(
        &self,
        repo: &RepoRef,
        commits: &[&CommitSha],
    ) -> Result<Vec<BranchCommit>, ServiceError> {
        let name = format!("read commits that events of {} name", repo.full_name());
        let mut heads = String::from("$owner: String!, $name: String!");
        let mut body = String::new();
        let mut variables = json!({"owner": repo.owner(), "name": repo.name()});
        for (index, sha) in commits.iter().enumerate() {
            write!(heads, ", $c{index}: GitObjectID!").expect("a String takes any text");
            write!(body, " c{index}: object(oid: $c{index}) {{ ...Linked }}")
                .expect("a String takes any text");
            variables[format!("c{index}")] = json!(sha.as_str());
        }
        let document = format!(
            "query Linked({heads}) {{ repository(owner: $owner, name: $name) {{{body} }} }}
fragment Linked on GitObject {{ ... on Commit {{ oid message committedDate author {{ name email }} }} }}
"
        );
        let unreadable =
            |detail| ServiceError::new(SERVICE, name.clone(), FailureKind::Unreadable, detail);
        let mut found = self.query_repository(&name, &document, &variables)?;
        let mut read = Vec::new();
        for index in 0..commits.len() {
            // Null: gone, or of a fork.
            let commit: Option<WireLinked> =
                take(&mut found, &format!("c{index}")).map_err(&unreadable)?;
            let Some(commit) = commit else {
                continue;
            };
            let sha = CommitSha::parse(&commit.oid)
                .ok_or_else(|| unreadable(format!("'{}' is no commit id", commit.oid)))?;
            read.push(BranchCommit {
                sha,
                message: commit.message.0,
                committed_at: commit.committed_date,
                author: commit.author.as_ref().and_then(WireAuthor::author),
                by_bot: commit.author.is_some_and(|author| author.is_bot()),
                parents: Vec::new(),
            });
        }
        Ok(read)
    }

    /// Whether the branch contains a commit.
    fn placement(
        &self,
        repo: &RepoRef,
        sha: &CommitSha,
        branch: &str,
    ) -> Result<Placement, ServiceError> {
        let name = format!(
            "look for {} on {branch} of {}",
            sha.short(),
            repo.full_name()
        );
        let range = format!("{sha}...{branch}");
        let mut url = self
            .sender
            .address(&["repos", repo.owner(), repo.name(), "compare", &range]);
        url.query_pairs_mut().append_pair("per_page", "1");
        let call = self.sender.call(&name, Method::Get, url);
        let comparison: RestComparison = match self.answer(&call, 200) {
            Ok(answer) => answer.decode()?,
            // They have no history in common.
            Err(error) if error.kind == FailureKind::NotFound => return Ok(Placement::Elsewhere),
            Err(error) => return Err(error),
        };
        Ok(match comparison.status.as_str() {
            "ahead" | "identical" => Placement::OnBranch,
            "behind" | "diverged" => Placement::Elsewhere,
            _ => Placement::Unknown,
        })
    }
}
