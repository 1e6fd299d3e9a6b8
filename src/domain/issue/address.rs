//! Where a forge's pages are, told by the address of one of them.

/// Segments of `owner/name/issues/7`.
const OF_ISSUE: usize = 4;

/// Segments of `owner/name.git`.
const OF_CLONE: usize = 2;

/// Returns what the addresses of all issues of a forge begin with, without the scheme, from the address of one:
/// `host[:port]`, and the path where the forge is below one.
#[must_use]
pub fn web_of_issue(address: &str) -> &str {
    without(address, OF_ISSUE)
}

/// Returns the same from the address that a repository is cloned from.
#[must_use]
pub fn web_of_clone(address: &str) -> &str {
    without(address, OF_CLONE)
}

/// The address without scheme and its last segments; the host alone where there are fewer.
fn without(address: &str, segments: usize) -> &str {
    let rest = address.split_once("://").map_or("", |(_, rest)| rest);
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let cut = rest
        .trim_end_matches('/')
        .rmatch_indices('/')
        .nth(segments - 1);
    match cut {
        Some((at, _)) => &rest[..at],
        None => rest.split('/').next().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forge_is_where_its_issues_are() {
        for (address, web) in [
            ("https://github.com/a/b/issues/1", "github.com"),
            (
                "http://forge.example:3000/a/b/issues/1",
                "forge.example:3000",
            ),
            ("https://h/git/a/b/issues/1", "h/git"),
            ("https://h/deep/git/a/b/issues/1/", "h/deep/git"),
            ("https://h/git/a/b/issues/1#issuecomment-2", "h/git"),
            ("https://github.com/a/b", "github.com"),
            ("https://github.com", "github.com"),
            ("https://github.com/", "github.com"),
            ("github.com/a/b/issues/1", ""),
            ("", ""),
        ] {
            assert_eq!(web_of_issue(address), web, "{address:?}");
        }
    }

    #[test]
    fn a_forge_is_where_its_repositories_are_cloned_from() {
        for (address, web) in [
            ("https://github.com/a/b.git", "github.com"),
            ("https://h:3000/git/a/b.git", "h:3000/git"),
            ("https://h", "h"),
            ("", ""),
        ] {
            assert_eq!(web_of_clone(address), web, "{address:?}");
        }
    }
}
