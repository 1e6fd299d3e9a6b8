//! What a repository is called today that an installation knows no more by its name: it was renamed, or went to another owner.
//!
//! A token is narrowed to names of today, so it opens nothing under a former name, and GitHub's redirects of other questions are
//! not seen. The one question that needs no such token, which installation a repository has, is redirected to the repository's
//! number, which stays. Nothing is done here under either name.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde::Deserialize;

use super::installation::{Found, Minted};
use super::sightings::Sightings;
use crate::domain::config::{Secret, SecretSource};
use crate::domain::repository::RepoRef;
use crate::http::{Answer, Call, Method};
use crate::service_error::{FailureKind, ServiceError};
use crate::tracker::github::{SERVICE, Sender};

/// Finds the names of today.
#[derive(Debug)]
pub(super) struct Renamed<'a> {
    /// Sends with the App's own assertions.
    sender: Sender<'a>,
    sightings: Sightings,
    /// What was found: asked once in a tick.
    found: Mutex<BTreeMap<RepoRef, Option<String>>>,
}

/// `GET /installation/repositories`.
#[derive(Deserialize)]
struct Opened {
    repositories: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    id: u64,
    full_name: String,
}

impl<'a> Renamed<'a> {
    pub(super) fn new(sender: Sender<'a>, sightings: Sightings) -> Self {
        Self {
            sender,
            sightings,
            found: Mutex::default(),
        }
    }

    /// Says of a repository that is not there under its name what it is called now, where that is known.
    pub(super) fn told<T>(
        &self,
        repo: &RepoRef,
        result: Result<T, ServiceError>,
    ) -> Result<T, ServiceError> {
        result.map_err(|error| match error.kind {
            FailureKind::NotFound | FailureKind::Denied => match self.name_of_today(repo) {
                Some(to) => ServiceError::new(
                    SERVICE,
                    error.call,
                    FailureKind::Moved { to },
                    "the repository was renamed or transferred: put the new name on AFK_ALLOWLIST",
                ),
                None => error,
            },
            FailureKind::Moved { .. }
            | FailureKind::RateLimited { .. }
            | FailureKind::Overloaded
            | FailureKind::Refused
            | FailureKind::Unreachable
            | FailureKind::Unreadable
            | FailureKind::SecretUnreadable
            | FailureKind::OutOfTime => error,
        })
    }

    fn name_of_today(&self, repo: &RepoRef) -> Option<String> {
        let id = self.sightings.number_of(repo)?;
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let name = found.entry(repo.clone()).or_insert_with(|| {
            self.look_up(id).unwrap_or_else(|error| {
                tracing::warn!("{repo} was renamed, and its name of today is not known: {error}");
                None
            })
        });
        name.clone()
    }

    /// Asks for a token that opens this repository and may do nothing with it, and with that for its name.
    fn look_up(&self, id: u64) -> Result<Option<String>, ServiceError> {
        let number = id.to_string();
        let address = self
            .sender
            .address(&["repositories", &number, "installation"]);
        let call = self.sender.call(
            "find the App's installation of a renamed repository",
            Method::Get,
            address,
        );
        let found: Found = self.answered(&call, 200)?.decode()?;
        let installation = found.id.to_string();
        let address =
            self.sender
                .address(&["app", "installations", &installation, "access_tokens"]);
        let body = serde_json::json!({"repository_ids": [id], "permissions": {"metadata": "read"}});
        let call = Call {
            json: Some(body.to_string().into_bytes()),
            repeatable: true,
            ..self.sender.call(
                "mint a token for the name of a renamed repository",
                Method::Post,
                address,
            )
        };
        let minted: Minted = self.answered(&call, 201)?.decode()?;
        let token = SecretSource::Inline(Secret::new(&minted.token));
        let address = self.sender.address(&["installation", "repositories"]);
        let call = Call {
            bearer: Some(&token),
            ..self.sender.call(
                "read the name of a renamed repository",
                Method::Get,
                address,
            )
        };
        let opened: Opened = self.answered(&call, 200)?.decode()?;
        let named = opened.repositories.into_iter().find(|named| named.id == id);
        Ok(named.map(|named| named.full_name))
    }

    fn answered<'c>(&self, call: &'c Call<'c>, wanted: u16) -> Result<Answer<'c>, ServiceError> {
        let answer = self.sender.send(call)?;
        if answer.status == wanted {
            Ok(answer)
        } else {
            Err(self.sender.failure(call, answer))
        }
    }
}
