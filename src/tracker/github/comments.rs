//! The comments of one issue, as the trust gate asks for them.
//!
//! They are read last, of an issue that nothing else refuses, because anybody may write them and they may be long. What is held
//! of their texts has a limit; the second look right before the first turn reads none of them, only whether they changed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::json;

use super::GitHub;
use super::documents::{self, DETAIL_PAGE};
use super::older_pages::List;
use super::wire::{Nodes, WireComment};
use crate::domain::identity::RepositoryKey;
use crate::domain::issue::IssueFacts;
use crate::domain::repository::IssueNumber;
use crate::service_error::ServiceError;
use crate::tracker::Repository;

/// Bytes of comments that are held of one issue, of people who may have a say. What an agent is told has an eighth of it.
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
    /// Notes whether an issue has comments, as far as its reading told.
    pub(super) fn note_comments(
        &self,
        repository: &RepositoryKey,
        number: IssueNumber,
        has_comments: bool,
    ) {
        let mut uncommented = lock(&self.uncommented);
        let key = (repository.clone(), number);
        if has_comments {
            uncommented.remove(&key);
        } else {
            uncommented.insert(key);
        }
    }

    /// Reads all comments of an issue with their texts, unless its reading told that there are none. One that is written meanwhile
    /// is seen by the second look.
    pub(super) fn read_comments(
        &self,
        repository: &Repository,
        facts: &mut IssueFacts,
    ) -> Result<(), ServiceError> {
        let key = (repository.key.clone(), facts.number);
        if lock(&self.uncommented).contains(&key) {
            return Ok(());
        }
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
        let mut without_say = BTreeMap::new();
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
            |comments| {
                if is_too_long(comments) {
                    self.drop_texts_without_say(repository, comments, &mut without_say);
                }
                is_too_long(comments)
            },
            &mut facts.gaps,
        )?;
        if is_too_long(&comments) {
            facts.gaps.push(
                "people who may push wrote more in comments than is read: hide those that do not matter"
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

    /// Drops the texts of those who may not push for certain: nothing of theirs is told, and however much strangers write, what
    /// counts is read. `known` remembers whom this is known of.
    fn drop_texts_without_say(
        &self,
        repository: &Repository,
        comments: &mut [WireComment],
        known: &mut BTreeMap<String, bool>,
    ) {
        let logins: BTreeSet<String> = comments
            .iter()
            .filter(|comment| comment.body.as_ref().is_some_and(|body| !body.is_empty()))
            .filter_map(person)
            .filter(|login| !known.contains_key(login))
            .collect();
        let asked: Vec<(&Repository, &str)> = logins
            .iter()
            .map(|login| (repository, login.as_str()))
            .collect();
        let levels = self.look_up_lower_permissions(&asked);
        known.extend(
            logins
                .iter()
                .cloned()
                .zip(levels.iter().map(Option::is_some)),
        );
        for comment in comments {
            let has_none = person(comment).is_some_and(|login| known.get(&login) == Some(&true));
            if let (true, Some(body)) = (has_none || comment.author.is_none(), &mut comment.body) {
                *body = String::new();
            }
        }
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The login of the person who wrote it. Whether an App has a say is told elsewhere.
fn person(comment: &WireComment) -> Option<String> {
    let author = comment.author.as_ref()?;
    (author.kind == "User").then(|| author.login.clone())
}

fn is_too_long(comments: &[WireComment]) -> bool {
    let lengths = comments
        .iter()
        .map(|comment| comment.body.as_ref().map_or(0, String::len));
    lengths.sum::<usize>() > TEXTS_MAX_BYTES
}
