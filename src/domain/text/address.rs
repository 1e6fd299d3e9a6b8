//! Addresses of links and pictures: which of them does a page keep?
//!
//! Pages drop addresses of schemes that could do more than lead somewhere, and with them every trace of what they say. It
//! does not say how long an address may be, and it follows none.

/// The schemes of links that pages keep, in lower case.
const SCHEMES: [&str; 6] = ["http", "https", "irc", "ircs", "mailto", "xmpp"];

/// Ends of addresses of pictures that GitHub shows to those people only who see the page in bright, or dark, colours.
const OF_ONE_THEME: [&str; 2] = ["#gh-dark-mode-only", "#gh-light-mode-only"];

/// Returns whether a page keeps the address of a link, its references decoded.
pub(in crate::domain::text) fn is_followed(address: &str) -> bool {
    scheme(address).is_none_or(|scheme| {
        SCHEMES
            .iter()
            .any(|known| scheme.eq_ignore_ascii_case(known))
    })
}

/// Returns whether a page shows a picture of this address, its references decoded, to everybody.
pub(in crate::domain::text) fn shows_picture(address: &str) -> bool {
    let address = address.trim();
    let is_of_one_theme = OF_ONE_THEME.iter().any(|end| address.ends_with(end));
    let is_loaded = scheme(address).is_none_or(|scheme| {
        ["http", "https"]
            .iter()
            .any(|known| scheme.eq_ignore_ascii_case(known))
    });
    !address.is_empty() && is_loaded && !is_of_one_theme
}

/// What stands before the first colon, unless it is a part of a path.
fn scheme(address: &str) -> Option<&str> {
    let (scheme, _) = address.split_once(':')?;
    (!scheme.contains(['/', '#', '?'])).then_some(scheme)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_keep_the_schemes_that_lead_somewhere() {
        for (address, expected) in [
            ("https://e.org/a:b", true),
            ("HTTP://e.org", true),
            ("mailto:a@b.example", true),
            ("xmpp:a@b.example", true),
            ("irc://e.org/x", true),
            ("a/b", true),
            ("", true),
            ("/a:b", true),
            ("#a:b", true),
            ("?a:b", true),
            ("//e.org/a", true),
            ("javascript:x", false),
            ("data:text/plain,x", false),
            ("vbscript:x", false),
            ("x:y", false),
            ("java\nscript:x", false),
            (" https://e.org", false),
            (":x", false),
        ] {
            assert_eq!(is_followed(address), expected, "{address:?}");
        }
    }

    #[test]
    fn pictures_are_shown_that_everybody_can_load() {
        for (address, expected) in [
            ("https://e.org/a.png", true),
            ("a.png", true),
            (" /a.png ", true),
            ("https://e.org/a.png#gh-dark-mode", true),
            ("", false),
            (" \n", false),
            ("data:image/png;base64,x", false),
            ("mailto:x", false),
            ("https://e.org/a.png#gh-dark-mode-only", false),
            ("a.png#gh-light-mode-only ", false),
        ] {
            assert_eq!(shows_picture(address), expected, "{address:?}");
        }
    }
}
