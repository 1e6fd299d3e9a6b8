//! Everything that the trust gate asks about one issue.
//!
//! The issue first, then its timeline: what happens in between shows as a newer entry, never as an older text. Comments are
//! entries of the timeline. What could not be read becomes a gap, which refuses; nothing is judged here.

use serde::de::IgnoredAny;

use super::Forgejo;
use super::blockers::ends_reading;
use super::bounded::Bounded;
use super::comments::Commented;
use super::edits::{is_quiet, is_unedited};
use super::entries::{Texts, Uses};
use super::rest::SERVICE;
use super::timeline::{Happened, Item, add_to};
use super::timeline_pages::Timeline;
use super::wire::{WireIssue, issue_state};
use crate::domain::identity::RepositoryId;
use crate::domain::issue::{
    Actor, BodyEdits, IssueFacts, Parent, PermissionFact, TEXT_MAX_BYTES, web_of_issue,
};
use crate::domain::repository::{IssueNumber, RepoRef};
use crate::domain::start::blocked_by::BlockedBy;
use crate::service_error::{FailureKind, ServiceError};
use crate::tracker::{IssueLookup, Repository};

/// The largest answer about one issue that is read, in bytes. It is not held: of a longer one the issue is refused without reading
/// on, so that a text does not decide how long a tick takes.
const ISSUE_MAX_BYTES: usize = 4 * 1024 * 1024;

impl Forgejo<'_> {
    /// Reads an issue by its number, with as much of its text as tells whether it is longer than is read. The error names it.
    pub(super) fn whole_issue(
        &self,
        repo: &RepoRef,
        number: IssueNumber,
    ) -> Result<Bounded<WireIssue>, ServiceError> {
        let name = format!("read {}#{number}", repo.full_name());
        let number = number.to_string();
        let segments = ["repos", repo.owner(), repo.name(), "issues", &number];
        self.sender
            .read_bounded(&name, &segments, TEXT_MAX_BYTES, ISSUE_MAX_BYTES)
    }

    /// Reads an issue by its number, without its text. The error names it.
    pub(super) fn wire_issue(
        &self,
        repo: &RepoRef,
        number: IssueNumber,
    ) -> Result<WireIssue<IgnoredAny>, ServiceError> {
        let name = format!("read {}#{number}", repo.full_name());
        let number = number.to_string();
        self.sender.read(
            &name,
            &["repos", repo.owner(), repo.name(), "issues", &number],
            &[],
        )
    }

    /// What a failure about an issue means: Gitea breaks (500) where an issue is not there, and also on bad days. The issue itself
    /// tells them apart.
    pub(super) fn or_missing(
        &self,
        repo: &RepoRef,
        number: IssueNumber,
        error: ServiceError,
    ) -> ServiceError {
        let may_be_missing =
            error.kind == FailureKind::Unreachable && error.answered_by.status() == Some(500);
        if !may_be_missing
            || !self
                .server()
                .is_ok_and(|server| server.traits.breaks_on_missing)
        {
            return error;
        }
        match self.wire_issue(repo, number) {
            Err(missing) if missing.kind == FailureKind::NotFound => missing,
            Ok(_) | Err(_) => error,
        }
    }

    /// Reads all that the gate asks, but for the blockers that the body names.
    pub(super) fn read_issue(
        &self,
        repository: &Repository,
        number: IssueNumber,
        texts: Texts,
    ) -> Result<IssueLookup, ServiceError> {
        let repo = &repository.repo;
        let read = self.whole_issue(repo, number);
        let mut issue = match self.unless_missing(repository, read)? {
            Some(Bounded::Within(issue)) => issue,
            Some(Bounded::Beyond(max)) => return Ok(IssueLookup::TooLong(max)),
            None => return Ok(IssueLookup::Missing),
        };
        let body = kept_of(issue.body.take());
        check_home(repository, &issue)?;
        if issue.is_pull_request() {
            return Ok(IssueLookup::PullRequest);
        }
        // It may have gone away since it was read.
        let timeline = self.timeline(repo, &issue, Uses::Gate);
        let Some(timeline) = self.unless_missing(repository, timeline)? else {
            return Ok(IssueLookup::Missing);
        };
        let mut gaps = Vec::new();
        let items = timeline.items(&self.labels.ready, &mut gaps);
        let blockers = self.dependencies(repository, number, &mut gaps)?;
        self.unseen(repository, &issue, &timeline, &mut gaps)?;
        let traits = self.server()?.traits;
        let needs_teams = !is_unedited(&issue, traits)
            || items
                .iter()
                .any(|item| matches!(item.what, Happened::Commented) && is_edited(item));
        let others_may_edit = needs_teams && self.others_may_edit(repository, &mut gaps)?;
        let asked = Commented {
            number,
            items: &items,
            others_may_edit,
            texts,
        };
        let comments = self.comments(repository, &asked, &mut gaps);
        let Some(comments) = self.unless_missing(repository, comments)? else {
            return Ok(IssueLookup::Missing);
        };
        let now = self.sender.http().deadline().clock().now();
        let body_edits = if is_unedited(&issue, traits) {
            BodyEdits::Never
        } else {
            BodyEdits::Hidden {
                others_may_edit,
                quiet_since_authorisation: is_quiet(&issue, &items, &self.labels.ready, now),
            }
        };
        let mut facts = IssueFacts {
            number,
            url: issue.html_url.clone(),
            title: issue.title.clone(),
            body,
            author: issue.author(),
            created_at: issue.created_at,
            state: issue_state(&issue.state),
            state_events: Vec::new(),
            is_pull_request: false,
            labels: issue.label_names(),
            label_events: Vec::new(),
            renames: Vec::new(),
            // An issue can not be moved to another repository.
            transfers: Vec::new(),
            body_edits,
            comments,
            blockers,
            open_native_blockers: None,
            listed_open_native_blockers: 0,
            assignees: Vec::new(),
            open_sub_issues: None,
            rivals: Vec::new(),
            parent: Parent::None,
            gaps,
        };
        add_to(&mut facts, &items, &issue, &self.labels.ready);
        Ok(IssueLookup::Issue(Box::new(facts)))
    }

    /// Looks up the blockers that the body names.
    pub(super) fn add_named_blockers(
        &self,
        repository: &Repository,
        facts: &mut IssueFacts,
    ) -> Result<(), ServiceError> {
        if facts.is_beyond_reading() {
            return Ok(());
        }
        let named = BlockedBy::in_body(&facts.body, web_of_issue(&facts.url));
        let blockers = self.named_blockers(repository, &named.references)?;
        facts.blockers.extend(blockers);
        Ok(())
    }

    /// What of the timeline our token may not have seen.
    fn unseen(
        &self,
        repository: &Repository,
        issue: &WireIssue,
        timeline: &Timeline,
        gaps: &mut Vec<String>,
    ) -> Result<(), ServiceError> {
        let mut failed = None;
        let gap = timeline.sight.gap(|| {
            // The poster may change the title, and close and open it.
            let trusted = self.poster_is_trusted(repository, issue);
            let others =
                trusted.and_then(|trusted| Ok(!trusted || self.others_may_edit(repository, gaps)?));
            others.unwrap_or_else(|error| {
                failed = Some(error);
                true
            })
        });
        if let Some(error) = failed {
            return Err(error);
        }
        gaps.extend(gap.map(str::to_owned));
        Ok(())
    }

    /// Whether whoever wrote the issue may push. Where that can not be told, no.
    fn poster_is_trusted(
        &self,
        repository: &Repository,
        issue: &WireIssue,
    ) -> Result<bool, ServiceError> {
        let Actor::User {
            login,
            id: Some(poster),
        } = issue.author()
        else {
            return Ok(false);
        };
        match self.known_permission(repository, &login) {
            Ok(PermissionFact::Known { id, permission }) => {
                Ok(permission.is_trusted() && poster == id)
            }
            Ok(
                PermissionFact::Ambiguous { .. }
                | PermissionFact::Unknown(_)
                | PermissionFact::Mistaken(_),
            ) => Ok(false),
            Err(error) if ends_reading(&error) => Err(error),
            Err(_) => Ok(false),
        }
    }

    /// Whether people who may not push can edit issues of others. Where that can not be told, they may.
    pub(super) fn others_may_edit(
        &self,
        repository: &Repository,
        gaps: &mut Vec<String>,
    ) -> Result<bool, ServiceError> {
        match self.teams(repository) {
            Ok(teams) => Ok(teams.edit_without_push()),
            Err(error) if ends_reading(&error) => Err(error),
            Err(error) => {
                gaps.push(format!("who else can edit the issue: {error}"));
                Ok(true)
            }
        }
    }
}

/// A body, or of one that is longer than is read a beginning that is longer, too, and hardly more.
fn kept_of(body: Option<String>) -> String {
    let mut body = body.unwrap_or_default();
    let longer = TEXT_MAX_BYTES + 1;
    if let Some(end) = (longer..body.len()).find(|end| body.is_char_boundary(*end)) {
        body.truncate(end);
    }
    body.shrink_to_fit();
    body
}

/// An answer about another repository than the one that was asked about is none.
pub(super) fn check_home(repository: &Repository, issue: &WireIssue) -> Result<(), ServiceError> {
    match &issue.repository {
        Some(home) if RepositoryId(home.id) == repository.id => Ok(()),
        Some(_) | None => Err(ServiceError::new(
            SERVICE,
            format!("read {}#{}", repository.repo.full_name(), issue.number),
            FailureKind::Unreadable,
            "the name belongs to another repository now",
        )),
    }
}

fn is_edited(item: &Item<'_>) -> bool {
    item.entry.updated_at != item.entry.created_at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_body_hardly_more_is_kept_than_shows_that_it_is_long() {
        for character in ["a", "ä", "€", "😀"] {
            let most = TEXT_MAX_BYTES / character.len();
            for (count, is_whole) in [(0, true), (1, true), (most, true), (3 * most, false)] {
                let body = character.repeat(count);
                let kept = kept_of(Some(body.clone()));
                assert!(body.starts_with(&kept), "{character} {count}");
                assert_eq!(kept == body, is_whole, "{character} {count}");
                assert_eq!(
                    kept.len() > TEXT_MAX_BYTES,
                    !is_whole,
                    "{character} {count}"
                );
                assert!(kept.len() <= TEXT_MAX_BYTES + character.len());
            }
        }
        assert_eq!(kept_of(None), "");
    }
}
