//! The token of one installation of an App: minted for one owner's repositories, kept in memory, renewed before it ends, and
//! minted again, once in a tick, when GitHub refuses it.
//!
//! It is narrowed to the repositories that we work on and to the rights that we use, as far as the installation has them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::asking::http_date;
use super::assertion::Issuer;
use super::rights::Right;
use super::sightings::Sightings;
use crate::clock::Clock;
use crate::domain::config::Secret;
use crate::domain::repository::RepoRef;
use crate::http::{Bearer, Call, Http, Method};
use crate::service_error::{FailureKind, ServiceError};
use crate::tracker::github::{SERVICE, Sender};

/// The time before its end at which a token is renewed: longer than any request.
const RENEWED_BEFORE: Duration = Duration::from_secs(120);

/// The time between two attempts to renew a token that still holds.
const RENEWAL_PAUSE: Duration = Duration::from_secs(30);

/// The most repositories that one token can be narrowed to (`contracts/github` section 2).
const NARROWED_MAX: usize = 500;

/// One owner's installation.
#[derive(Debug)]
pub(super) struct Installation<'a> {
    /// Sends with the App's own assertions.
    sender: Sender<'a>,
    issuer: Arc<Issuer>,
    http: &'a Http<'a>,
    /// What the token is narrowed to; not empty, all of one owner.
    repositories: Vec<RepoRef>,
    rights: &'static [Right],
    /// Where repositories are noted that are called otherwise today.
    sightings: Sightings,
    kept: Mutex<Kept>,
}

#[derive(Debug)]
struct Kept {
    token: Token,
    /// Whether a refused token was given up already: asked once in a tick.
    minted_again: bool,
}

#[derive(Debug)]
enum Token {
    None,
    Minted(InUse),
    /// What minting failed with: asked once in a tick.
    Failed(FailureKind, String),
}

/// A token that opens something, with its times in the clock's uptime.
#[derive(Clone, Debug)]
struct InUse {
    secret: Secret,
    /// From when on a new one is asked for.
    renewed_from: Duration,
    /// When it opens nothing any more.
    ends: Duration,
}

/// `GET /repos/{owner}/{repo}/installation` (GitHub REST 2022-11-28).
#[derive(Deserialize)]
pub(super) struct Found {
    pub(super) id: u64,
    suspended_at: Option<String>,
    permissions: BTreeMap<String, String>,
}

impl Found {
    fn has(&self, right: &Right) -> bool {
        let given = self.permissions.get(right.name).map_or("", String::as_str);
        given == right.level || given == "write" || given == "admin"
    }
}

/// `POST /app/installations/{id}/access_tokens`.
#[derive(Deserialize)]
pub(super) struct Minted {
    pub(super) token: String,
    expires_at: DateTime<Utc>,
}

impl<'a> Installation<'a> {
    pub(super) fn new(
        http: &'a Http<'a>,
        sender: Sender<'a>,
        issuer: Arc<Issuer>,
        repositories: Vec<RepoRef>,
        rights: &'static [Right],
        sightings: Sightings,
    ) -> Self {
        Self {
            sender,
            issuer,
            http,
            repositories,
            rights,
            sightings,
            kept: Mutex::new(Kept {
                token: Token::None,
                minted_again: false,
            }),
        }
    }

    fn clock(&self) -> &'a dyn Clock {
        self.http.deadline().clock()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn mint(&self) -> Result<InUse, ServiceError> {
        let found = self.found()?;
        if found.suspended_at.is_some() {
            return Err(refusal(format!(
                "the App's installation with {} is suspended; an owner has to unsuspend it",
                self.owner()
            )));
        }
        let rights = self.granted(&found)?;
        match self.minted(found.id, &self.repositories, &rights) {
            // One repository that is not part of the installation costs the others nothing.
            Err(error) if error.kind == FailureKind::Refused => {
                let (inside, outside) = self.partition(found.id)?;
                if outside.is_empty() || inside.is_empty() {
                    return Err(error);
                }
                // Of one that is called otherwise today the report tells.
                for repo in outside
                    .iter()
                    .filter(|repo| self.sightings.number_of(repo).is_none())
                {
                    tracing::warn!(
                        "the App is not installed for {repo}, its owner has to select it"
                    );
                }
                self.minted(found.id, &inside, &rights)
            }
            result => result,
        }
    }

    /// Mints a token, and returns the rights in use that the installation can do without and lacks.
    pub(super) fn open(&self) -> Result<Vec<&'static Right>, ServiceError> {
        let found = self.found()?;
        let token = self.mint()?;
        self.kept().token = Token::Minted(token);
        let lacks = |right: &&Right| !right.required && !found.has(right);
        Ok(self.rights.iter().filter(lacks).collect())
    }

    fn owner(&self) -> &str {
        self.repositories.first().map_or("", RepoRef::owner)
    }

    /// The installation, by the first repository that is part of it.
    fn found(&self) -> Result<Found, ServiceError> {
        for repo in &self.repositories {
            if let Some(found) = self.installation_of(repo)? {
                return Ok(found);
            }
        }
        let names: Vec<&str> = self.repositories.iter().map(RepoRef::name).collect();
        Err(ServiceError::new(
            SERVICE,
            "find the App's installation",
            FailureKind::Denied,
            format!(
                "the App is not installed with {} for {}; an owner has to install it and select the repositories, by their names of today",
                self.owner(),
                names.join(", ")
            ),
        ))
    }

    /// `None` when the App is not installed for this repository, or the repository is not there under this name.
    fn installation_of(&self, repo: &RepoRef) -> Result<Option<Found>, ServiceError> {
        let address = self
            .sender
            .address(&["repos", repo.owner(), repo.name(), "installation"]);
        let name = "find the App's installation";
        let call = self.sender.call(name, Method::Get, address);
        let answer = self.issuer.send(&self.sender, &call, self.now())?;
        match answer.status {
            200 => answer.decode().map(Some),
            // Called otherwise today, or withheld: about this repository alone.
            301 | 307 | 308 => {
                self.sightings.note(repo, &answer);
                Ok(None)
            }
            401 => Err(self.issuer.refused(&self.sender, &call, answer)),
            status => {
                let error = self.sender.failure(&call, answer);
                match (status, &error.kind) {
                    (404, FailureKind::NotFound) | (451, FailureKind::Denied) => Ok(None),
                    (_, _) => Err(error),
                }
            }
        }
    }

    fn now(&self) -> i64 {
        self.clock().now().timestamp()
    }

    /// The rights in use that the installation has.
    fn granted(&self, found: &Found) -> Result<BTreeMap<&'static str, &'static str>, ServiceError> {
        let mut granted = BTreeMap::new();
        let mut missing = Vec::new();
        for right in self.rights {
            if found.has(right) {
                granted.insert(right.name, right.level);
            } else if right.required {
                missing.push(format!("{}: {}", right.name, right.level));
            } else {
                tracing::debug!(
                    right = right.name,
                    "the App lacks a right that it can do without"
                );
            }
        }
        if missing.is_empty() {
            Ok(granted)
        } else {
            Err(refusal(format!(
                "the App's installation with {} lacks rights ({}); add them to the App and let the owner accept them",
                self.owner(),
                missing.join(", ")
            )))
        }
    }

    fn minted(
        &self,
        id: u64,
        repositories: &[RepoRef],
        rights: &BTreeMap<&'static str, &'static str>,
    ) -> Result<InUse, ServiceError> {
        let id = id.to_string();
        let address = self
            .sender
            .address(&["app", "installations", &id, "access_tokens"]);
        let names: Vec<&str> = repositories.iter().map(RepoRef::name).collect();
        let mut body = serde_json::json!({ "permissions": rights });
        if names.len() <= NARROWED_MAX {
            body["repositories"] = serde_json::json!(names);
        }
        let call = Call {
            json: Some(body.to_string().into_bytes()),
            // A token more does no harm.
            repeatable: true,
            ..self.sender.call(
                "mint a token of the App's installation",
                Method::Post,
                address,
            )
        };
        let answer = self.sender.send(&call)?;
        if answer.status != 201 {
            return Err(self.sender.failure(&call, answer));
        }
        let theirs = answer
            .header("date")
            .and_then(http_date)
            .unwrap_or_else(|| self.clock().now());
        let minted: Minted = answer.decode()?;
        let life = (minted.expires_at - theirs).to_std().unwrap_or_default();
        let now = self.clock().uptime();
        let secret = Secret::parse(&minted.token).map_err(|error| {
            ServiceError::new(
                SERVICE,
                call.name,
                FailureKind::Unreadable,
                error.to_string(),
            )
        })?;
        Ok(InUse {
            secret,
            renewed_from: now + life.saturating_sub(RENEWED_BEFORE),
            ends: now + life,
        })
    }

    /// Which repositories are part of the installation, and which are not.
    fn partition(&self, id: u64) -> Result<(Vec<RepoRef>, Vec<RepoRef>), ServiceError> {
        let (mut inside, mut outside) = (Vec::new(), Vec::new());
        for repo in &self.repositories {
            match self.installation_of(repo)? {
                Some(found) if found.id == id => inside.push(repo.clone()),
                Some(_) | None => outside.push(repo.clone()),
            }
        }
        Ok((inside, outside))
    }
}

impl Bearer for Installation<'_> {
    fn bearer(&self) -> Result<Secret, (FailureKind, String)> {
        // Held while a token is minted: whoever comes meanwhile wants the same one.
        let mut kept = self.kept();
        let before = match &kept.token {
            Token::Minted(token) if self.clock().uptime() < token.renewed_from => {
                return Ok(token.secret.clone());
            }
            Token::Failed(kind, why) => return Err((kind.clone(), why.clone())),
            Token::Minted(token) => Some(token.clone()),
            Token::None => None,
        };
        match self.mint() {
            Ok(token) => {
                let secret = token.secret.clone();
                kept.token = Token::Minted(token);
                Ok(secret)
            }
            Err(error) => {
                let now = self.clock().uptime();
                if let Some(before) = before.filter(|token| now < token.ends) {
                    tracing::warn!("the App's token is not renewed yet: {error}");
                    let secret = before.secret.clone();
                    kept.token = Token::Minted(InUse {
                        renewed_from: before.ends.min(now + RENEWAL_PAUSE),
                        ..before
                    });
                    return Ok(secret);
                }
                let why = format!("no token: {error}");
                kept.token = Token::Failed(error.kind.clone(), why.clone());
                Err((error.kind, why))
            }
        }
    }

    fn refused(&self, token: &Secret) -> bool {
        let mut kept = self.kept();
        match &kept.token {
            // Another thread heard it first, and there is a new one already, or what became of it.
            Token::Minted(in_use) if in_use.secret != *token => true,
            Token::None | Token::Failed(..) => true,
            Token::Minted(_) if kept.minted_again => false,
            Token::Minted(_) => {
                tracing::info!("GitHub refuses the App's token, asking for another one");
                kept.token = Token::None;
                kept.minted_again = true;
                true
            }
        }
    }
}

fn refusal(detail: String) -> ServiceError {
    ServiceError::new(
        SERVICE,
        "find the App's installation",
        FailureKind::Denied,
        detail,
    )
}

#[cfg(test)]
mod tests;
