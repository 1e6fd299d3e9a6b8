//! An issue as the watcher reads it: its events, and the comments by our own account, out of its timeline.
//!
//! A comment by anybody else is dropped here, before anything looks at its text.

use std::collections::BTreeMap;

use super::Forgejo;
use super::blockers::ends_reading;
use super::closers::{WirePull, candidates, closed_by, pull_requests};
use super::entries::Uses;
use super::issue::check_home;
use super::timeline::{Happened, Item};
use super::timeline_pages::{Sight, Timeline};
use super::wire::{WireIssue, actor, is_own, issue_state};
use crate::domain::identity::Authorisation;
use crate::domain::issue::{Actor, LabelChange, OwnAccount, StateChange, web_of_issue};
use crate::domain::repository::{IssueNumber, IssueRef};
use crate::domain::verdict::attribution::{Placement, is_bot_by_name};
use crate::domain::verdict::ci::CommitSha;
use crate::domain::verdict::issue_mention::closes_issue;
use crate::service_error::{FailureKind, ServiceError};
use crate::tracker::{
    Closer, CommitReading, IssueEvent, IssueEventKind, IssueReading, OwnComment, Repository,
    RunIssue,
};

/// Commits, and pull requests, that are looked up to find what closed an issue.
const LOOK_UPS_MAX: usize = 10;

/// What was read of an issue.
pub(super) enum Seen {
    /// It is there.
    Issue(Box<WireIssue>, Timeline),
    /// The repository has no such issue.
    Missing,
}

impl Forgejo<'_> {
    /// Reads an issue, unless it is known already, and its timeline.
    pub(super) fn seen(
        &self,
        repository: &Repository,
        number: IssueNumber,
        known: Option<WireIssue>,
    ) -> Result<Seen, ServiceError> {
        let issue = match known {
            Some(known) => known,
            None => {
                let read = self.wire_issue(&repository.repo, number);
                match self.unless_missing(repository, read)? {
                    Some(issue) => issue.into_issue(),
                    None => return Ok(Seen::Missing),
                }
            }
        };
        check_home(repository, &issue)?;
        // It may have gone away since it was found.
        let timeline = self.timeline(&repository.repo, &issue, Uses::Run(&repository.own_account));
        let Some(timeline) = self.unless_missing(repository, timeline)? else {
            return Ok(Seen::Missing);
        };
        Ok(Seen::Issue(Box::new(issue), timeline))
    }

    /// What a run asks of the issue.
    pub(super) fn run_issue(
        &self,
        repository: &Repository,
        seen: Seen,
        commits: &[CommitReading],
    ) -> Result<RunIssue, ServiceError> {
        let Seen::Issue(issue, timeline) = seen else {
            return Ok(RunIssue::Missing);
        };
        let mut gaps = Vec::new();
        match timeline.sight {
            Sight::Whole | Sight::Unexplained => {}
            Sight::Broken => gaps.push(
                "the timeline has entries that our token can not see between those that it can"
                    .to_owned(),
            ),
        }
        let items = timeline.items(&self.labels.ready, &mut gaps);
        let listed = match gaps.as_slice() {
            [] => None,
            // A comment of ours may be among what was not shown; the list of comments shows all.
            [_, ..] => self.listed_comments(repository, IssueNumber(issue.number), &mut gaps)?,
        };
        let closings = self.closings(repository, &issue, &items, commits)?;
        let own = &repository.own_account;
        let events = items
            .iter()
            .enumerate()
            .filter_map(|(index, item)| {
                let closer = closings.iter().find(|(closing, _)| *closing == index);
                event(repository, item, closer.map(|(_, closer)| closer), own)
            })
            .collect();
        Ok(RunIssue::Issue(Box::new(IssueReading {
            number: IssueNumber(issue.number),
            url: issue.html_url.clone(),
            title: issue.title.clone(),
            state: issue_state(&issue.state),
            labels: issue.label_names(),
            events,
            // Comments stand in the same timeline.
            comments_incomplete: !gaps.is_empty() && listed.is_none(),
            own_comments: listed.unwrap_or_else(|| {
                let comments = items.iter().filter_map(|item| own_comment(item, own));
                comments.collect()
            }),
            gaps,
        })))
    }

    /// Our own comments, from the list of comments; `None`, and a gap, when it can not be read.
    fn listed_comments(
        &self,
        repository: &Repository,
        number: IssueNumber,
        gaps: &mut Vec<String>,
    ) -> Result<Option<Vec<OwnComment>>, ServiceError> {
        match self.own_comments(repository, number) {
            Ok(Ok(comments)) => Ok(Some(comments)),
            Ok(Err(why)) => {
                gaps.push(why);
                Ok(None)
            }
            Err(error) if ends_reading(&error) => Err(error),
            Err(error) => {
                gaps.push(error.to_string());
                Ok(None)
            }
        }
    }

    /// Which closings are a commit's, or a pull request's.
    fn closings(
        &self,
        repository: &Repository,
        issue: &WireIssue,
        items: &[Item<'_>],
        commits: &[CommitReading],
    ) -> Result<Vec<(usize, Closer)>, ServiceError> {
        let candidates = candidates(items);
        let issue_ref = IssueRef {
            repo: repository.repo.clone(),
            number: IssueNumber(issue.number),
        };
        let web = web_of_issue(&issue.html_url);
        let mut closing: Vec<CommitSha> = Vec::new();
        let mut asked: Vec<CommitSha> = Vec::new();
        for candidate in &candidates {
            let Some(sha) = CommitSha::parse(candidate.sha) else {
                continue;
            };
            if asked.contains(&sha) {
                continue;
            }
            let listed = commits.iter().find(|commit| commit.sha == sha);
            let closes = match listed {
                Some(commit) => closes_issue(&commit.message, &issue_ref, web),
                None if asked.len() < LOOK_UPS_MAX => {
                    self.closes(repository, &issue_ref, web, &sha)?
                }
                None => false,
            };
            asked.push(sha.clone());
            if closes {
                closing.push(sha);
            }
        }
        let is_closing =
            |sha: &str| CommitSha::parse(sha).is_some_and(|sha| closing.contains(&sha));
        let mut closings: Vec<(usize, Closer)> = closed_by(&candidates, is_closing)
            .into_iter()
            .filter_map(|(index, sha)| Some((index, Closer::Commit(CommitSha::parse(sha)?))))
            .collect();
        self.add_merges(repository, items, &mut closings)?;
        Ok(closings)
    }

    /// Adds the closings that merging a pull request made.
    fn add_merges(
        &self,
        repository: &Repository,
        items: &[Item<'_>],
        closings: &mut Vec<(usize, Closer)>,
    ) -> Result<(), ServiceError> {
        let mut read: BTreeMap<u64, Option<WirePull>> = BTreeMap::new();
        for (index, number) in pull_requests(items, repository.id) {
            if closings.iter().any(|(closing, _)| *closing == index) {
                continue;
            }
            if !read.contains_key(&number) && read.len() < LOOK_UPS_MAX {
                read.insert(number, self.pull(repository, number)?);
            }
            let pull = read.get(&number).and_then(Option::as_ref);
            let Some(pull) = pull.filter(|pull| pull.closed(&items[index])) else {
                continue;
            };
            let sha = pull.merge_commit_sha.as_deref();
            let closer = Closer::PullRequest {
                number: IssueNumber(number),
                merge_commit: sha.and_then(CommitSha::parse),
                // Bots are accounts like others here.
                author: match actor(pull.user.as_ref()) {
                    Actor::User { login, id } if is_bot_by_name(&login, "") => {
                        Actor::Bot { slug: login, id }
                    }
                    author @ (Actor::User { .. }
                    | Actor::Bot { .. }
                    | Actor::Other { .. }
                    | Actor::Gone) => author,
                },
            };
            closings.push((index, closer));
        }
        Ok(())
    }

    /// Reads a pull request; `None` when it is gone, or pull requests were switched off.
    fn pull(&self, repository: &Repository, number: u64) -> Result<Option<WirePull>, ServiceError> {
        let repo = &repository.repo;
        let name = format!("read the pull request {}#{number}", repo.full_name());
        let number = number.to_string();
        let segments = ["repos", repo.owner(), repo.name(), "pulls", &number];
        match self.sender.read(&name, &segments, &[]) {
            Ok(pull) => Ok(Some(pull)),
            Err(error) if error.kind == FailureKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether a commit that is not listed has a closing keyword for the issue and is on the default branch.
    fn closes(
        &self,
        repository: &Repository,
        issue: &IssueRef,
        web: &str,
        sha: &CommitSha,
    ) -> Result<bool, ServiceError> {
        let Some(branch) = &repository.default_branch else {
            return Ok(false);
        };
        let commit = self.commit(&repository.repo, sha)?;
        if !commit.is_some_and(|commit| closes_issue(&commit.message, issue, web)) {
            return Ok(false);
        }
        let placement = self.placement(&repository.repo, branch, sha)?;
        Ok(placement == Placement::OnBranch)
    }
}

fn event(
    repository: &Repository,
    item: &Item<'_>,
    closed_by: Option<&Closer>,
    own: &OwnAccount,
) -> Option<IssueEvent> {
    let entry = item.entry;
    let kind = match &item.what {
        Happened::Label(LabelChange::Added, label) => IssueEventKind::LabelAdded {
            label: label.name.clone(),
            id: Authorisation::new(&entry.id.to_string()),
        },
        Happened::Label(LabelChange::Removed, label) => IssueEventKind::LabelRemoved {
            label: label.name.clone(),
        },
        Happened::State(StateChange::Closed) => {
            IssueEventKind::Closed(closed_by.cloned().unwrap_or(Closer::Actor))
        }
        Happened::State(StateChange::Reopened) => IssueEventKind::Reopened,
        Happened::Commit { sha } => IssueEventKind::Referenced {
            commit: CommitSha::parse(sha)?,
            here: is_here(repository, entry.body.as_deref().unwrap_or_default(), sha),
        },
        Happened::Renamed | Happened::Assigned { .. } | Happened::Commented | Happened::Other => {
            return None;
        }
    };
    Some(IssueEvent {
        at: item.at,
        by_us: is_own(entry.user.as_ref(), own),
        actor: actor(entry.user.as_ref()),
        kind,
    })
}

/// Whether the link to a commit leads into this repository.
fn is_here(repository: &Repository, link: &str, sha: &str) -> bool {
    let target = format!("/{}/commit/{sha}\"", repository.repo.full_name());
    link.to_ascii_lowercase()
        .contains(&target.to_ascii_lowercase())
}

fn own_comment(item: &Item<'_>, own: &OwnAccount) -> Option<OwnComment> {
    let entry = item.entry;
    (matches!(item.what, Happened::Commented) && is_own(entry.user.as_ref(), own)).then(|| {
        OwnComment {
            id: entry.id.to_string(),
            body: entry.body.clone().unwrap_or_default(),
            created_at: entry.created_at,
            // Nobody is named as the editor.
            edited_by_other: entry.updated_at != entry.created_at,
        }
    })
}
