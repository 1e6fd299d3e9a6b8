//! The comments of an issue, which of them were written here, and what they say.
//!
//! Editors and times stand in the timeline. Whether a comment came with a migration does not: a migration enters comments of
//! strangers under the account of whoever ran it, and only the list of comments keeps their names. What that list does not hold,
//! or holds under another name, is nobody's here. Who may be believed is decided in `domain`.
//!
//! Texts come from the list, too, one after the other, because anybody may write them and they may be long. What is held of them
//! has a limit: above it the texts of those who may not push for certain are left out.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

use super::Forgejo;
use super::blockers::ends_reading;
use super::edits::comment_edit;
use super::entries::{TEXT_MAX, Texts};
use super::lists::{Keep, beginning};
use super::timeline::{Happened, Item};
use super::wire::{UNTOLD, WireUser, actor, author, is_own};
use crate::domain::issue::{Actor, Comment, PermissionFact};
use crate::domain::repository::IssueNumber;
use crate::service_error::ServiceError;
use crate::tracker::{OwnComment, Repository};

/// Bytes of comments that are held of one issue. What an agent is told has an eighth of it.
const TEXTS_MAX_BYTES: usize = 1024 * 1024;

const WORD: Keep = Keep::Scalar(1_000);

/// What is kept of a comment while it is read. A text that is cut here is over the limit by itself.
const COMMENT: Keep = Keep::Members(&[
    ("id", WORD),
    ("user", Keep::Members(&[("id", WORD), ("login", WORD)])),
    ("original_author", WORD),
    ("body", Keep::Scalar(TEXTS_MAX_BYTES + 1)),
    ("created_at", WORD),
    ("updated_at", WORD),
]);

/// The comments that are asked for.
#[derive(Debug)]
pub(super) struct Commented<'i> {
    pub(super) number: IssueNumber,
    pub(super) items: &'i [Item<'i>],
    pub(super) others_may_edit: bool,
    pub(super) texts: Texts,
}

/// A comment in the list of comments, which tells what the timeline does not: whether it was written here.
#[derive(Debug, Deserialize)]
struct WireComment {
    id: u64,
    user: Option<WireUser>,
    original_author: Option<String>,
    #[serde(default)]
    body: Option<String>,
    created_at: Option<DateTime<Utc>>,
    updated_at: Option<DateTime<Utc>>,
}

impl WireComment {
    fn is_written_here(&self) -> bool {
        self.original_author.as_deref().is_none_or(str::is_empty)
    }
}

/// What the list told.
#[derive(Debug, Default)]
struct Told {
    /// Numbers of the comments that were written here.
    written_here: BTreeSet<u64>,
    /// What they say, each with the time of its last edit, where that is told.
    texts: BTreeMap<u64, (Option<DateTime<Utc>>, String)>,
    /// Bytes of all texts that count, held or not.
    length: usize,
    /// Who wrote them.
    writers: BTreeSet<String>,
}

impl Told {
    /// Takes the next comment of the list. `has_say` tells whose texts count, by login.
    fn add(&mut self, comment: WireComment, own: Option<u64>, has_say: &dyn Fn(&str) -> bool) {
        if !comment.is_written_here() {
            return;
        }
        self.written_here.insert(comment.id);
        let Actor::User { login, id } = actor(comment.user.as_ref()) else {
            return;
        };
        // Our own comments are never read to an agent.
        if id == own || !has_say(&login) {
            return;
        }
        let mut body = comment.body.unwrap_or_default();
        let room = TEXTS_MAX_BYTES.saturating_sub(self.length);
        self.length = self.length.saturating_add(body.len());
        let mut fits = room.min(body.len());
        while !body.is_char_boundary(fits) {
            fits -= 1;
        }
        body.truncate(fits);
        body.shrink_to_fit();
        self.writers.insert(login);
        self.texts.insert(comment.id, (comment.updated_at, body));
    }

    const fn is_too_long(&self) -> bool {
        self.length > TEXTS_MAX_BYTES
    }
}

impl Forgejo<'_> {
    /// Puts the comments together, oldest first. The list is read once per tick, and only where somebody who is not we commented:
    /// our own comments are never read to an agent. What can not be read of it is a gap.
    pub(super) fn comments(
        &self,
        repository: &Repository,
        asked: &Commented<'_>,
        gaps: &mut Vec<String>,
    ) -> Result<Vec<Comment>, ServiceError> {
        let own = repository.own_account.id;
        let commented = || asked.items.iter().filter(|item| is_comment(item));
        let by_people = commented().any(
            |item| matches!(actor(item.entry.user.as_ref()), Actor::User { id, .. } if id != own),
        );
        let mut texts = BTreeMap::new();
        let written_here = match asked.texts {
            Texts::Read | Texts::Unread if !by_people => BTreeSet::new(),
            Texts::Unread => {
                let (repository_id, number) = (repository.id, asked.number);
                self.written_here.once(&(repository_id, number), || {
                    let nobody = |_: &str| false;
                    let told = self.told(repository, asked.number, &nobody, &mut Vec::new())?;
                    Ok(told.written_here)
                })?
            }
            Texts::Read => {
                let told = self.texts(repository, asked.number, gaps)?;
                texts = told.texts;
                let key = (repository.id, asked.number);
                self.written_here.forget(&key);
                self.written_here.once(&key, || Ok(told.written_here))?
            }
        };
        let is_ours = |item: &Item<'_>| is_own(item.entry.user.as_ref(), &repository.own_account);
        Ok(commented()
            .map(|item| {
                let is_known = is_ours(item) || written_here.contains(&item.entry.id);
                let body = match texts.remove(&item.entry.id) {
                    Some((None, body)) => body,
                    Some((Some(at), body)) if at == item.entry.updated_at => body,
                    Some((Some(_), _)) => {
                        let id = item.entry.id;
                        gaps.push(format!("comment {id} was edited while it was read"));
                        String::new()
                    }
                    None => String::new(),
                };
                comment(item, body, is_known, asked.others_may_edit)
            })
            .collect())
    }

    /// Reads the texts that count.
    fn texts(
        &self,
        repository: &Repository,
        number: IssueNumber,
        gaps: &mut Vec<String>,
    ) -> Result<Told, ServiceError> {
        let told = self.told(repository, number, &|_| true, gaps)?;
        if !told.is_too_long() {
            return Ok(told);
        }
        let mut with_say = BTreeSet::new();
        for login in told.writers {
            if self.may_have_say(repository, &login)? {
                with_say.insert(login);
            }
        }
        let has_say = |login: &str| with_say.contains(login);
        let told = self.told(repository, number, &has_say, &mut Vec::new())?;
        if told.is_too_long() {
            gaps.push(
                "people who may push wrote more in comments than is read: delete those that do not matter"
                    .to_owned(),
            );
        }
        Ok(told)
    }

    /// Whether somebody is not known to be without the right to push.
    fn may_have_say(&self, repository: &Repository, login: &str) -> Result<bool, ServiceError> {
        match self.known_permission(repository, login) {
            Ok(PermissionFact::Known { permission, .. }) => Ok(permission.is_trusted()),
            Ok(
                PermissionFact::Ambiguous { .. }
                | PermissionFact::Unknown(_)
                | PermissionFact::Mistaken(_),
            ) => Ok(true),
            Err(error) if ends_reading(&error) => Err(error),
            Err(_) => Ok(true),
        }
    }

    fn told(
        &self,
        repository: &Repository,
        number: IssueNumber,
        has_say: &dyn Fn(&str) -> bool,
        gaps: &mut Vec<String>,
    ) -> Result<Told, ServiceError> {
        let mut told = Told::default();
        let own = repository.own_account.id;
        let unreadable = self.each_comment(repository, number, &mut |comment| {
            told.add(comment, own, has_say);
        })?;
        gaps.extend(unreadable);
        Ok(told)
    }

    /// Our own comments, oldest first, for where the timeline does not show all entries. Each has to be readable.
    pub(super) fn own_comments(
        &self,
        repository: &Repository,
        number: IssueNumber,
    ) -> Result<Result<Vec<OwnComment>, String>, ServiceError> {
        let mut ours = Vec::new();
        let mut undated = None;
        let unreadable = self.each_comment(repository, number, &mut |comment| {
            if is_own(comment.user.as_ref(), &repository.own_account) {
                let Some(created_at) = comment.created_at else {
                    undated = Some(format!("comment {} has no time", comment.id));
                    return;
                };
                let body = comment.body.unwrap_or_default();
                ours.push((
                    comment.id,
                    OwnComment {
                        id: comment.id.to_string(),
                        body: beginning(&body, TEXT_MAX).to_owned(),
                        created_at,
                        // Nobody is named as the editor.
                        edited_by_other: comment.updated_at != comment.created_at,
                    },
                ));
            }
        })?;
        ours.sort_by_key(|(id, _)| *id);
        Ok(match unreadable.or(undated) {
            Some(why) => Err(why),
            None => Ok(ours.into_iter().map(|(_, comment)| comment).collect()),
        })
    }

    /// Reads the list, which comes in one answer. Returns what of it could not be read, for people.
    fn each_comment(
        &self,
        repository: &Repository,
        number: IssueNumber,
        tell: &mut dyn FnMut(WireComment),
    ) -> Result<Option<String>, ServiceError> {
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
        let mut unreadable = None;
        let mut take = |value: Value| match serde_json::from_value(value) {
            Ok(comment) => tell(comment),
            Err(error) => unreadable = Some(format!("a comment can not be read: {error}")),
        };
        self.sender
            .each(&name, &segments, &[], COMMENT, &mut take)
            .map_err(|error| self.or_missing(repo, number, error))?;
        Ok(unreadable)
    }
}

fn is_comment(item: &Item<'_>) -> bool {
    matches!(item.what, Happened::Commented)
}

fn comment(item: &Item<'_>, body: String, written_here: bool, others_may_edit: bool) -> Comment {
    let original = (!written_here).then_some(UNTOLD);
    let author = author(item.entry.user.as_ref(), original);
    Comment {
        created_at: item.entry.created_at,
        last_edit: comment_edit(item, &author, others_may_edit),
        earlier_editors: Some(Vec::new()),
        author,
        // These forges can not hide a comment.
        minimised: false,
        by_mail: false,
        body,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn written(id: u64, user: i64, original: &str, length: usize) -> WireComment {
        serde_json::from_value(json!({
            "id": id, "user": {"id": user, "login": format!("u{user}")}, "original_author": original,
            "body": "ä".repeat(length / 2), "created_at": "2026-11-28T16:12:30Z",
            "updated_at": "2026-11-28T16:12:31Z",
        }))
        .unwrap()
    }

    fn held(told: &Told) -> usize {
        told.texts.values().map(|(_, body)| body.capacity()).sum()
    }

    #[test]
    fn however_much_is_written_no_more_than_the_limit_is_held() {
        let mut told = Told::default();
        for id in 1..=5 {
            told.add(written(id, 2, "", 500_001), Some(99), &|_| true);
            assert!(held(&told) <= TEXTS_MAX_BYTES, "{}", held(&told));
        }
        assert!(told.is_too_long());
        assert_eq!(told.written_here.len(), 5);
        // The limit itself is none too long.
        let mut told = Told::default();
        told.add(written(1, 2, "", TEXTS_MAX_BYTES), Some(99), &|_| true);
        assert!(!told.is_too_long());
        assert_eq!(held(&told), TEXTS_MAX_BYTES);
        told.add(written(2, 2, "", 2), Some(99), &|_| true);
        assert!(told.is_too_long());
        assert_eq!(held(&told), TEXTS_MAX_BYTES);
    }

    #[test]
    fn only_texts_count_that_somebody_else_wrote_here_who_has_a_say() {
        for (user, original, has_say, is_known, counts) in [
            (2, "", true, true, true),
            (2, "", false, true, false),
            // Ours, a stranger's from another forge, and nobody's.
            (99, "", true, true, false),
            (2, "eve", true, false, false),
            (-1, "", true, true, false),
        ] {
            let mut told = Told::default();
            told.add(written(1, user, original, 10), Some(99), &|login| {
                assert_eq!(login, format!("u{user}"));
                has_say
            });
            let found = (told.written_here.contains(&1), told.texts.contains_key(&1));
            assert_eq!(found, (is_known, counts), "{user} {original} {has_say}");
            assert_eq!(
                (told.length, told.writers.len()),
                if counts { (10, 1) } else { (0, 0) }
            );
        }
    }
}
