//! Addresses of services.
//!
//! Nothing here resolves a name. Whether a host is near enough for `http://` is told by its name alone.

use std::fmt;

use url::{Host, Url};

/// The address that a service's requests are built on: http or https, a host, perhaps a path; nothing else,
/// and no slash at the end.
#[derive(Clone, PartialEq, Eq)]
pub struct BaseUrl(Url);

/// What is wrong with an address. Never holds the address, which may have credentials in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseUrlError {
    /// Another scheme, no host, or no address at all.
    #[error("expected an http:// or https:// address with a host")]
    NotHttp,
    /// A user name or a password.
    #[error("expected an address without user name and password")]
    UserInfo,
    /// A query or a fragment.
    #[error("expected an address without query and fragment")]
    Query,
    /// A Slack webhook that would travel in the clear.
    #[error("expected https://, or a host that is loopback or cluster-internal")]
    Plain,
}

impl BaseUrl {
    /// Parses an address.
    ///
    /// # Errors
    ///
    /// [`ParseUrlError`] when the text is not an http or https address, or has more than scheme, host, port and path.
    pub fn parse(text: &str) -> Result<Self, ParseUrlError> {
        let mut url = parse_http(text)?;
        if url.query().is_some() || url.fragment().is_some() {
            return Err(ParseUrlError::Query);
        }
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        Ok(Self(url))
    }

    /// Returns the address, without a slash at the end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }

    /// Returns the address for building requests on: an empty path shows as a slash, any other has none at its end.
    #[must_use]
    pub const fn url(&self) -> &Url {
        &self.0
    }

    /// Returns host and, when it is not the default one of the scheme, port: `git.example.org:8443`.
    #[must_use]
    pub fn authority(&self) -> &str {
        self.0.authority()
    }

    /// Returns the host without port.
    #[must_use]
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// Returns whether requests are not encrypted.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.0.scheme() == "http"
    }

    /// Returns whether the host is loopback (127.0.0.0/8, ::1, localhost) or cluster-internal by its name
    /// (`*.svc`, `*.svc.cluster.local`, one label), so that `http://` may carry a token to it.
    #[must_use]
    pub fn is_near(&self) -> bool {
        is_near(&self.0)
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BaseUrl({})", self.as_str())
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Parses the address of a Slack webhook, which is a secret: do not print what this returns.
///
/// # Errors
///
/// [`ParseUrlError`] when the text is not an https address (http for loopback and cluster-internal hosts), or has
/// user name, password or fragment.
pub fn parse_webhook(text: &str) -> Result<Url, ParseUrlError> {
    let url = parse_http(text)?;
    if url.fragment().is_some() {
        return Err(ParseUrlError::Query);
    }
    if url.scheme() != "https" && !is_near(&url) {
        return Err(ParseUrlError::Plain);
    }
    Ok(url)
}

fn parse_http(text: &str) -> Result<Url, ParseUrlError> {
    // The library drops line ends and tabs, and reads `https:host` and backslashes as addresses.
    let strange = |c: char| c.is_whitespace() || c.is_control() || c == '\\';
    if text.contains(strange) {
        return Err(ParseUrlError::NotHttp);
    }
    let (scheme, rest) = text.split_once("://").ok_or(ParseUrlError::NotHttp)?;
    let is_http = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    // Three slashes would be read as two.
    if !is_http || rest.starts_with('/') {
        return Err(ParseUrlError::NotHttp);
    }
    let url = Url::parse(text).map_err(|_| ParseUrlError::NotHttp)?;
    if url.host_str().is_none_or(str::is_empty) {
        return Err(ParseUrlError::NotHttp);
    }
    let authority_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    if rest[..authority_end].contains('@') {
        return Err(ParseUrlError::UserInfo);
    }
    Ok(url)
}

/// Returns whether the host is this machine or one of this cluster; see [`BaseUrl::is_near`].
#[must_use]
pub fn is_near(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => {
            let full_name = name.strip_suffix('.').unwrap_or(name);
            let inside = |suffix: &str| {
                full_name
                    .strip_suffix(suffix)
                    .is_some_and(|rest| !rest.is_empty())
            };
            !name.contains('.') || inside(".svc") || inside(".svc.cluster.local")
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_normalised_without_slash_at_the_end() {
        for (text, normal) in [
            ("https://api.github.com", "https://api.github.com"),
            ("https://api.github.com/", "https://api.github.com"),
            ("HTTPS://API.GitHub.com:443//", "https://api.github.com"),
            (
                "https://ghe.example.org/api/v3/",
                "https://ghe.example.org/api/v3",
            ),
            ("http://127.0.0.1:8001", "http://127.0.0.1:8001"),
            ("http://[::1]:80/x//", "http://[::1]/x"),
        ] {
            assert_eq!(
                BaseUrl::parse(text).map(|url| url.as_str().to_owned()),
                Ok(normal.to_owned())
            );
        }
        let url = BaseUrl::parse("https://Git.example.org:8443/forge").unwrap();
        assert_eq!(
            (url.authority(), url.host()),
            ("git.example.org:8443", "git.example.org")
        );
        assert_eq!(
            format!("{url} {url:?}"),
            "https://git.example.org:8443/forge BaseUrl(https://git.example.org:8443/forge)"
        );
    }

    #[test]
    fn other_texts_are_refused() {
        use ParseUrlError::{NotHttp, Query, UserInfo};
        for (text, error) in [
            ("", NotHttp),
            ("api.github.com", NotHttp),
            ("ftp://host", NotHttp),
            ("file:///etc/passwd", NotHttp),
            ("https://", NotHttp),
            ("https:///host", NotHttp),
            ("https:host", NotHttp),
            ("https:\\\\host", NotHttp),
            ("https://ho\nst", NotHttp),
            ("https://ho st", NotHttp),
            ("https://host/a b", NotHttp),
            ("https://host/a\u{7F}b", NotHttp),
            ("https://host/a\\b", NotHttp),
            ("https://host:99999", NotHttp),
            ("https://999.1.1.1", NotHttp),
            ("https://user@host", UserInfo),
            ("https://user:password@host", UserInfo),
            ("https://:@host", UserInfo),
            ("https://@host", UserInfo),
            ("https://host?", Query),
            ("https://host/?a=b", Query),
            ("https://host/#", Query),
            ("https://host#a@b", Query),
        ] {
            assert_eq!(BaseUrl::parse(text), Err(error), "{text:?}");
        }
    }

    #[test]
    fn near_is_loopback_or_cluster_internal() {
        for host in [
            "127.0.0.1",
            "127.255.0.9:80",
            "127.1",
            "[::1]",
            "localhost",
            "LOCALHOST:8080",
            "t3",
            "t3.afk.svc",
            "t3.afk.svc.",
            "t3.afk.svc.cluster.local",
            "T3.afk.SVC.cluster.local.:3000",
        ] {
            assert!(
                BaseUrl::parse(&format!("http://{host}")).unwrap().is_near(),
                "{host}"
            );
        }
        for host in [
            "10.0.0.1",
            "192.168.1.1",
            "128.0.0.1",
            "0.0.0.0",
            "[::]",
            "[::ffff:127.0.0.1]",
            "[fe80::1]",
            "git.example.org",
            "svc.example.org",
            "svc.cluster.local.example.org",
            "t3.notsvc",
            "x.cluster.local",
            "com.",
            ".svc",
            "svc.cluster.local",
            "localhost.example.org",
            "127.0.0.1.example.org",
        ] {
            let near = BaseUrl::parse(&format!("http://{host}")).is_ok_and(|url| url.is_near());
            assert!(!near, "{host}");
        }
    }

    #[test]
    fn webhooks_are_encrypted_or_near() {
        for text in [
            "https://hooks.slack.com/services/T0/B0/x",
            "http://localhost:9/hook",
            "http://relay.afk.svc/x?y",
        ] {
            assert!(parse_webhook(text).is_ok(), "{text}");
        }
        for (text, error) in [
            (
                "http://hooks.slack.com/services/T0/B0/x",
                ParseUrlError::Plain,
            ),
            ("https://u:p@hooks.slack.com/", ParseUrlError::UserInfo),
            ("https://hooks.slack.com/#x", ParseUrlError::Query),
            ("hooks.slack.com/services", ParseUrlError::NotHttp),
        ] {
            assert_eq!(parse_webhook(text), Err(error), "{text}");
        }
    }
}
