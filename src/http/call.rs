//! One request, as adapters say it.

use url::Url;

use super::bearer::Bearer;
use crate::domain::config::Key;

/// HTTP methods that the program uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Creates, and GraphQL queries.
    Post,
    /// Replaces.
    Put,
    /// Changes parts.
    Patch,
    /// Removes.
    Delete,
}

/// One request.
#[derive(Debug)]
pub struct Call<'a> {
    /// The service, as failures name it.
    pub service: &'static str,
    /// What is asked, as failures name it.
    pub name: &'a str,
    /// The method.
    pub method: Method,
    /// The address. Never shown: a webhook's is a secret.
    pub url: Url,
    /// Headers beside the usual ones.
    pub headers: &'a [(&'static str, &'static str)],
    /// What opens the service, asked anew for this request.
    pub bearer: Option<&'a dyn Bearer>,
    /// A body: JSON, unless `headers` tell its `content-type`.
    pub json: Option<Vec<u8>>,
    /// Whether sending it twice does no harm, so that a lost answer is asked for once more.
    pub repeatable: bool,
}

impl Call<'_> {
    /// What follows the status where the service does not know our token: `key` is the one of a token that settings hold.
    #[must_use]
    pub fn why_unknown(&self, status: u16, key: Key) -> String {
        let is_of_settings = self.bearer.is_some_and(Bearer::is_of_settings);
        if status != 401 || !is_of_settings {
            return String::new();
        }
        format!("; the token of {key} (or its _FILE) is wrong, expired or revoked")
    }
}

/// Appends path segments, escaped, to a base address that may have a path of its own.
///
/// # Panics
///
/// When the base is no http or https address.
#[must_use]
pub fn join(base: &Url, path: &[&str]) -> Url {
    let mut url = base.clone();
    url.path_segments_mut()
        .expect("http and https addresses have a path")
        .pop_if_empty()
        .extend(path);
    url
}
