//! Texts around an issue's own: comments, and the parent.

use chrono::{DateTime, Utc};

use super::actor::Actor;
use super::history::Edit;
use crate::domain::repository::RepoRef;

/// One comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Who wrote it.
    pub author: Actor,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// Its newest edit; `None` when the forge says that there was none. An editor whom the forge does not name is
    /// [`Actor::Gone`].
    pub last_edit: Option<Edit>,
    /// Who edited it before that; `None` where the forge does not list all of them.
    pub earlier_editors: Option<Vec<Actor>>,
    /// Whether somebody hid it (outdated, off-topic, resolved, spam, abuse).
    pub minimised: bool,
    /// Whether it is an answer by e-mail, which quotes what others wrote; `false` where the forge does not tell.
    pub by_mail: bool,
    /// Its Markdown.
    pub body: String,
}

/// The issue that this one is a part of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParentIssue {
    /// Its name for people: `owner/name#n`.
    pub name: String,
    /// The repository that it is in; `None` when the forge's name for it can not be read.
    pub repo: Option<RepoRef>,
    /// Title, as shown.
    pub title: String,
    /// Body, as Markdown.
    pub body: String,
    /// Who opened it.
    pub author: Actor,
    /// Everybody who edited body or title.
    pub editors: Vec<Actor>,
    /// Whether `editors` names all of them.
    pub editors_complete: bool,
}

/// What is known of a parent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Parent {
    /// There is none.
    #[default]
    None,
    /// It was read.
    Read(Box<ParentIssue>),
    /// There is one, and it could not be read.
    Unreadable {
        /// Its name for people.
        name: String,
        /// Why not.
        why: String,
    },
}
