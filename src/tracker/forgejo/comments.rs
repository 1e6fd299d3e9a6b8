//! The comments of an issue, and which of them were written here.
//!
//! Texts, editors and times stand in the timeline. Whether a comment came with a migration does not: a migration enters comments of
//! strangers under the account of whoever ran it, and only the list of comments keeps their names. What that list does not hold,
//! or holds under another name, is nobody's here. Who may be believed is decided in `domain`.

use std::collections::BTreeSet;

use super::Forgejo;
use super::edits::comment_edit;
use super::timeline::{Happened, Item};
use super::wire::{UNTOLD, WireComment, actor, author};
use crate::domain::issue::{Actor, Comment};
use crate::domain::repository::IssueNumber;
use crate::service_error::ServiceError;
use crate::tracker::Repository;

impl Forgejo<'_> {
    /// Puts the comments together, oldest first. The list is read once per tick, and only where somebody who is not we commented:
    /// our own comments are never read to an agent.
    pub(super) fn comments(
        &self,
        repository: &Repository,
        number: IssueNumber,
        items: &[Item<'_>],
        others_may_edit: bool,
    ) -> Result<Vec<Comment>, ServiceError> {
        let own = repository.own_account.id;
        let commented = || items.iter().filter(|item| is_comment(item));
        let by_people = commented().any(
            |item| matches!(actor(item.entry.user.as_ref()), Actor::User { id, .. } if id != own),
        );
        let written_here = if by_people {
            self.written_here(repository, number)?
        } else {
            BTreeSet::new()
        };
        let is_ours = |item: &Item<'_>| {
            let user = item.entry.user.as_ref();
            user.is_some_and(|user| u64::try_from(user.id).ok() == own)
        };
        Ok(commented()
            .map(|item| {
                let is_known = is_ours(item) || written_here.contains(&item.entry.id);
                comment(item, is_known, others_may_edit)
            })
            .collect())
    }

    /// Numbers of the comments that were written here.
    fn written_here(
        &self,
        repository: &Repository,
        number: IssueNumber,
    ) -> Result<BTreeSet<u64>, ServiceError> {
        self.written_here.once(&(repository.id, number), || {
            let repo = &repository.repo;
            let name = format!("read the comments of {}#{number}", repo.full_name());
            let issue = number.to_string();
            let segments = [
                "repos",
                repo.owner(),
                repo.name(),
                "issues",
                &issue,
                "comments",
            ];
            // All of them come in one answer.
            let comments: Option<Vec<WireComment>> = self
                .sender
                .read(&name, &segments, &[])
                .map_err(|error| self.or_missing(repo, number, error))?;
            let comments = comments.unwrap_or_default().into_iter();
            Ok(comments
                .filter(WireComment::is_written_here)
                .map(|comment| comment.id)
                .collect())
        })
    }
}

fn is_comment(item: &Item<'_>) -> bool {
    matches!(item.what, Happened::Commented)
}

fn comment(item: &Item<'_>, written_here: bool, others_may_edit: bool) -> Comment {
    let original = (!written_here).then_some(UNTOLD);
    let author = author(item.entry.user.as_ref(), original);
    Comment {
        created_at: item.entry.created_at,
        last_edit: comment_edit(item, &author, others_may_edit),
        earlier_editors: Some(Vec::new()),
        author,
        // These forges can not hide a comment.
        minimised: false,
        body: item.entry.body.clone().unwrap_or_default(),
    }
}
