//! Where a redirect leads, as far as people may read it.

use url::Url;

/// The place that a `location` names: scheme, host, port and path. What comes behind the path is left out, and so is who would log
/// in there: both may be secrets, such as the state of a sign-on.
#[must_use]
pub fn place(location: &str) -> String {
    match Url::parse(location) {
        Ok(url) if url.has_host() => {
            let origin = url.origin().ascii_serialization();
            format!("{origin}{}", url.path())
        }
        // Relative, or no address at all.
        Ok(_) | Err(_) => {
            let path = location.split(['?', '#']).next().unwrap_or_default();
            path.rsplit_once('@')
                .map_or(path, |(_, host)| host)
                .to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_neither_query_nor_user() {
        for (location, expected) in [
            (
                "https://sso.example/login?rd=x&state=s3cret#t",
                "https://sso.example/login",
            ),
            (
                "https://bob:pw@sso.example:8443/a/b?c",
                "https://sso.example:8443/a/b",
            ),
            ("https://sso.example", "https://sso.example/"),
            (
                "/repositories/1/issues/1/events?page=2",
                "/repositories/1/issues/1/events",
            ),
            ("/login#token=1", "/login"),
            ("//bob:pw@sso.example/login?x", "sso.example/login"),
            ("mailto:bob@example.org?body=x", "example.org"),
            ("?state=1", ""),
            ("", ""),
        ] {
            assert_eq!(place(location), expected, "{location}");
        }
    }
}
