//! One request, as adapters say it.

use url::Url;

use super::bearer::Bearer;

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
