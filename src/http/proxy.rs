//! Which proxy stands between us and an address, for whoever has to be told that nobody answered: the proxy may be what is down.
//!
//! Nothing is connected here; the HTTP library reads the same variables by the same rules.

use hyper_util::client::proxy::matcher::Matcher;
use url::Url;

/// Says which proxy a request to `url` goes through, and what sets it; `None` where it goes there directly.
pub(super) fn through(url: &Url) -> Option<String> {
    described(&Matcher::from_env(), url)
}

/// Host and port alone: whoever logs in at a proxy has a password in the same variable.
fn described(matcher: &Matcher, url: &Url) -> Option<String> {
    let proxy = matcher.intercept(&url.as_str().parse().ok()?)?;
    let host = proxy.uri().host()?;
    let port = proxy.uri().port_u16();
    let port = port.map_or_else(String::new, |port| format!(":{port}"));
    let variable = if url.scheme() == "https" {
        "HTTPS_PROXY"
    } else {
        "HTTP_PROXY"
    };
    Some(format!(
        "through the proxy {host}{port} of {variable} or ALL_PROXY"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_told_by_host_and_port_alone() {
        let told = |matcher: &Matcher, url: &str| described(matcher, &Url::parse(url).unwrap());
        let matcher = Matcher::builder()
            .https("http://bob:s3cret@proxy.example:3128")
            .no("inside.example")
            .build();
        let through = "through the proxy proxy.example:3128 of HTTPS_PROXY or ALL_PROXY";
        for (url, expected) in [
            ("https://api.github.com/x?y", Some(through)),
            ("http://api.github.com", None),
            ("https://git.inside.example", None),
        ] {
            assert_eq!(told(&matcher, url).as_deref(), expected, "{url}");
        }
        let none = Matcher::builder().build();
        assert_eq!(told(&none, "https://api.github.com"), None);
        let bare = Matcher::builder().all("http://proxy.example").build();
        assert_eq!(
            told(&bare, "http://forge.example").unwrap(),
            "through the proxy proxy.example of HTTP_PROXY or ALL_PROXY"
        );
    }
}
