//! What a check asks about an App and its installations. Ticks ask none of it.

use serde::Deserialize;

use super::installation::Installation;
use super::rights::Right;
use super::{AsApp, GitHubApp};
use crate::domain::repository::RepoRef;
use crate::http::{Bearer, Method};
use crate::service_error::ServiceError;
use crate::tracker::github::Sender;

/// An owner's installation with a token of it.
#[derive(Debug)]
pub struct Opened<'a> {
    installation: Installation<'a>,
    /// Rights that are used and that the owner did not grant; nothing fails without them.
    pub lacks: Vec<&'static Right>,
}

impl Opened<'_> {
    /// What opens the owner's repositories.
    #[must_use]
    pub fn bearer(&self) -> &dyn Bearer {
        &self.installation
    }
}

/// `GET /app` (GitHub REST 2022-11-28).
#[derive(Deserialize)]
struct WireApp {
    slug: String,
}

impl<'a> GitHubApp<'a> {
    /// Returns the App's slug: its account is called so, with `[bot]` behind it.
    ///
    /// # Errors
    ///
    /// What GitHub says; of a key or an id that are not the App's, that they have to be.
    pub fn slug(&self) -> Result<String, ServiceError> {
        let as_app = AsApp {
            issuer: self.issuer.clone(),
            http: self.http,
        };
        let sender = Sender::new(self.http, self.base.clone(), Box::new(as_app));
        let call = sender.call("read the App", Method::Get, sender.address(&["app"]));
        let now = self.http.deadline().clock().now().timestamp();
        let answer = self.issuer.send(&sender, &call, now)?;
        match answer.status {
            200 => answer.decode().map(|app: WireApp| app.slug),
            401 => Err(self.issuer.refused(&sender, &call, answer)),
            _ => Err(sender.failure(&call, answer)),
        }
    }

    /// Mints a token for the enrolled repositories of the owner of `repo`.
    ///
    /// # Errors
    ///
    /// Why there is none: not installed, suspended, without a right that is needed, or what GitHub says.
    pub fn open(&self, repo: &RepoRef) -> Result<Opened<'a>, ServiceError> {
        let installation = self.installation(&self.narrowing(repo));
        let lacks = installation.open()?;
        Ok(Opened {
            installation,
            lacks,
        })
    }
}
