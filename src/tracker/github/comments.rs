//! The comments of one issue, as the trust gate asks for them.
//!
//! They are read last, of an issue that nothing else refuses, because anybody may write them and they may be long. What is held
//! of their texts has a limit; the second look right before the first turn reads none of them, only whether they changed.

use serde_json::json;

use super::GitHub;
use super::documents::{self, DETAIL_PAGE};
use super::older_pages::List;
use super::wire::{Nodes, WireComment};
use crate::domain::issue::IssueFacts;
use crate::service_error::ServiceError;
use crate::tracker::Repository;

/// Bytes of comments that are held of one issue. What an agent is told has an eighth of it.
const TEXTS_MAX_BYTES: usize = 1024 * 1024;

/// Comments on a page with their texts: the longest have 64 KiB characters each.
const TEXTS_PAGE: u32 = 50;

/// Whether the texts of comments are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Texts {
    Read,
    Unread,
}

impl GitHub<'_> {
    /// Reads all comments of an issue with their texts.
    pub(super) fn read_comments(
        &self,
        repository: &Repository,
        facts: &mut IssueFacts,
    ) -> Result<(), ServiceError> {
        let document = documents::comments_page(true);
        let list = List {
            repo: &repository.repo,
            number: facts.number,
            field: "comments",
            document: &document,
            too_many: "",
        };
        let newest = self.list_page(&list, json!({ "page": TEXTS_PAGE }))?;
        self.add_comments(repository, newest, Texts::Read, facts)
    }

    /// Adds comments to the facts, back to the first one.
    pub(super) fn add_comments(
        &self,
        repository: &Repository,
        newest: Nodes<WireComment>,
        texts: Texts,
        facts: &mut IssueFacts,
    ) -> Result<(), ServiceError> {
        let too_long = |comments: &[WireComment]| {
            let lengths = comments
                .iter()
                .map(|comment| comment.body.as_ref().map_or(0, String::len));
            lengths.sum::<usize>() > TEXTS_MAX_BYTES
        };
        let comments: Vec<WireComment> = self.back_to(
            &List {
                repo: &repository.repo,
                number: facts.number,
                field: "comments",
                document: &documents::comments_page(texts == Texts::Read),
                too_many: "the issue has more comments than are read",
            },
            match texts {
                Texts::Read => TEXTS_PAGE,
                Texts::Unread => DETAIL_PAGE,
            },
            newest,
            |comments| too_long(comments),
            &mut facts.gaps,
        )?;
        if too_long(&comments) {
            facts.gaps.push(
                "the comments have more text than is read: hide those that do not matter"
                    .to_owned(),
            );
        }
        if texts == Texts::Read && comments.iter().any(|comment| comment.body.is_none()) {
            facts
                .gaps
                .push("a comment came without its text".to_owned());
        }
        facts.comments = comments
            .into_iter()
            .map(WireComment::into_comment)
            .collect();
        Ok(())
    }
}
