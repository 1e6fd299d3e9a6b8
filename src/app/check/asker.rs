//! Asks GitHub with our token what no adapter asks.

use url::Url;

use super::probe::{Got, get};
use crate::domain::config::Endpoint;
use crate::http::{Http, join};
use crate::service_error::ServiceError;

const HEADERS: &[(&str, &str)] = &[
    ("accept", "application/vnd.github+json"),
    ("x-github-api-version", "2022-11-28"),
];

/// Our token and where it is good.
pub(super) struct Asker<'a> {
    pub(super) http: &'a Http<'a>,
    pub(super) endpoint: &'a Endpoint,
}

impl Asker<'_> {
    /// Reads one address, given by its segments.
    pub(super) fn get(&self, name: &str, path: &[&str]) -> Result<Got, ServiceError> {
        let url: Url = join(self.endpoint.url.url(), path);
        let bearer = Some(&self.endpoint.token);
        get(self.http, "github", name, url, HEADERS, bearer)
    }
}
