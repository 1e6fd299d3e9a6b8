//! Which commit an image was built from, as far as its tag tells.
//!
//! A tag that names no commit proves nothing, for or against one.

use crate::domain::verdict::ci::CommitSha;

/// The shortest abbreviation of a commit id that counts, in hexadecimal digits.
const SHORTEST: usize = 7;

/// A reference to an image: `REPOSITORY[:TAG][@DIGEST]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageReference<'a> {
    /// Registry and path.
    pub repository: &'a str,
    /// The tag, when there is one.
    pub tag: Option<&'a str>,
}

impl<'a> ImageReference<'a> {
    /// Splits a reference; a digest is dropped.
    #[must_use]
    pub fn parse(text: &'a str) -> Self {
        let named = text.split('@').next().unwrap_or_default();
        let path_start = named.rfind('/').unwrap_or(0);
        match named[path_start..].rfind(':') {
            Some(colon) => Self {
                repository: &named[..path_start + colon],
                tag: Some(&named[path_start + colon + 1..]),
            },
            None => Self {
                repository: named,
                tag: None,
            },
        }
    }
}

/// Returns whether a tag, or a part of it between `-` and `_`, is the beginning of this commit's id.
#[must_use]
pub fn names(tag: &str, commit: &CommitSha) -> bool {
    parts(tag).any(|part| {
        part.len() >= SHORTEST && commit.as_str().starts_with(&part.to_ascii_lowercase())
    })
}

/// Returns whether a tag names some commit: a part is an abbreviated id, and not a date or a number.
#[must_use]
pub fn names_a_commit(tag: &str) -> bool {
    parts(tag).any(|part| {
        (SHORTEST..=64).contains(&part.len())
            && part.bytes().all(|byte| byte.is_ascii_hexdigit())
            && !part.bytes().all(|byte| byte.is_ascii_digit())
    })
}

fn parts(tag: &str) -> impl Iterator<Item = &str> {
    tag.split(['-', '_'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_split_at_the_last_colon_after_the_last_slash() {
        for (text, repository, tag) in [
            ("widgets", "widgets", None),
            ("widgets:4f1c2b7a", "widgets", Some("4f1c2b7a")),
            (
                "registry:5000/acme/widgets",
                "registry:5000/acme/widgets",
                None,
            ),
            (
                "registry:5000/acme/widgets:main-4f1c2b7a@sha256:00ff",
                "registry:5000/acme/widgets",
                Some("main-4f1c2b7a"),
            ),
            ("acme/widgets@sha256:00ff", "acme/widgets", None),
            ("/widgets:4f1c2b7a", "/widgets", Some("4f1c2b7a")),
            ("", "", None),
        ] {
            assert_eq!(
                ImageReference::parse(text),
                ImageReference { repository, tag },
                "{text}"
            );
        }
    }

    #[test]
    fn a_tag_names_a_commit_by_a_part_of_seven_digits_or_more() {
        let commit = CommitSha::parse("4f1c2b7a9d8e7f60514233241506f7e8d9cafbec").unwrap();
        for (tag, ours, any) in [
            ("4f1c2b7", true, true),
            ("4F1C2B7A", true, true),
            ("4f1c2b7a9d8e7f60514233241506f7e8d9cafbec", true, true),
            ("main-4f1c2b7a", true, true),
            ("v1.2_4f1c2b7a-amd64", true, true),
            ("4f1c2b", false, false),
            ("4f1c2b7b", false, true),
            ("main4f1c2b7a", false, false),
            ("f1c2b7a9d", false, true),
            ("20261120", false, false),
            ("latest", false, false),
            ("", false, false),
        ] {
            assert_eq!(
                (names(tag, &commit), names_a_commit(tag)),
                (ours, any),
                "{tag}"
            );
        }
    }
}
