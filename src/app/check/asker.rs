//! Asks GitHub with a token of ours what no adapter asks.

use url::Url;

use super::probe::{Got, get};
use crate::http::{Bearer, Http, join};
use crate::service_error::ServiceError;

const HEADERS: &[(&str, &str)] = &[
    ("accept", "application/vnd.github+json"),
    ("x-github-api-version", "2022-11-28"),
];

/// A token and where it is good.
pub(super) struct Asker<'a> {
    pub(super) http: &'a Http<'a>,
    pub(super) url: &'a Url,
    pub(super) bearer: &'a dyn Bearer,
}

impl Asker<'_> {
    /// Reads one address, given by its segments.
    pub(super) fn get(&self, name: &str, path: &[&str]) -> Result<Got, ServiceError> {
        let url: Url = join(self.url, path);
        get(self.http, "github", name, url, HEADERS, Some(self.bearer))
    }
}
