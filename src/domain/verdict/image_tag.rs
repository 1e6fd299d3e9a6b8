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

/// Returns whether a tag holds the beginning of this commit's id: at least seven hexadecimal digits between characters that
/// are none.
#[must_use]
pub fn names(tag: &str, commit: &CommitSha) -> bool {
    digits(tag).any(|digits| commit.as_str().starts_with(&digits.to_ascii_lowercase()))
}

/// Returns whether a tag names some commit: an abbreviated id, and not a date or a number.
#[must_use]
pub fn names_a_commit(tag: &str) -> bool {
    digits(tag)
        .any(|digits| digits.len() <= 64 && !digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Returns `text` without the ids of commits in it that `tag` names as well, abbreviated or not; `None` where it has none of them.
#[must_use]
pub fn without_ids_of(text: &str, tag: &str) -> Option<String> {
    let ids: Vec<String> = digits(tag).map(str::to_ascii_lowercase).collect();
    let is_of_tag = |digits: &&str| {
        let digits = digits.to_ascii_lowercase();
        ids.iter()
            .any(|id| id.starts_with(&digits) || digits.starts_with(id.as_str()))
    };
    let mut found = digits(text).filter(is_of_tag).peekable();
    found.peek()?;
    Some(found.fold(text.to_owned(), |rest, id| rest.replace(id, "")))
}

/// The longest runs of hexadecimal digits that may be an id. Other letters around them are fine: `git describe` writes a `g`
/// before it, versions have a `v`.
fn digits(tag: &str) -> impl Iterator<Item = &str> {
    tag.split(|c: char| !c.is_ascii_hexdigit())
        .filter(|digits| digits.len() >= SHORTEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_beside_the_ids_of_a_tag_is_left() {
        const WHOLE: &str = "4f1c2b7a9d0e4f1c2b7a9d0e4f1c2b7a9d0e4f1c";
        for (text, tag, expected) in [
            ("4f1c2b7a", "4f1c2b7a", Some("")),
            (WHOLE, "4f1c2b7a", Some("")),
            ("4F1C2B7", WHOLE, Some("")),
            ("web-4f1c2b7a", "main-4f1c2b7a", Some("web-")),
            ("4f1c2b7a/4f1c2b7", "v1-g4f1c2b7a", Some("/")),
            ("web-4f1c2b7b", "4f1c2b7a", None),
            ("4f1c2b", "4f1c2b7a", None),
            ("web", "4f1c2b7a", None),
            ("4f1c2b7a", "latest", None),
            ("", "", None),
        ] {
            let rest = without_ids_of(text, tag);
            assert_eq!(rest.as_deref(), expected, "{text} {tag}");
        }
    }

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
    fn a_tag_names_a_commit_by_seven_digits_or_more() {
        let commit = CommitSha::parse("4f1c2b7a9d8e7f60514233241506f7e8d9cafbec").unwrap();
        for (tag, ours, any) in [
            ("4f1c2b7", true, true),
            ("4F1C2B7A", true, true),
            ("4f1c2b7a9d8e7f60514233241506f7e8d9cafbec", true, true),
            ("main-4f1c2b7a", true, true),
            ("v1.2_4f1c2b7a-amd64", true, true),
            ("4f1c2b", false, false),
            ("4f1c2b7b", false, true),
            // B12, and what was seen on a cluster.
            ("v1.2.3-5-g4f1c2b7", true, true),
            ("4f1c2b7a9d8e7f60514233241506f7e8d9cafbec-dirty", true, true),
            ("0.0.0-dev.4f1c2b7a", true, true),
            ("1.4.0.4f1c2b7a", true, true),
            ("build.4f1c2b7a", true, true),
            ("main.4f1c2b7a", true, true),
            ("1.4.2-main.4f1c2b7", true, true),
            ("v4f1c2b7", true, true),
            ("main4f1c2b7a", true, true),
            ("sha-4f1c2b7a", true, true),
            ("sha256.4f1c2b7a", true, true),
            ("release+4f1c2b7a", true, true),
            // Other digits before or after it make another id.
            ("a4f1c2b7a", false, true),
            ("4f1c2b7a9d8e7f60514233241506f7e8d9cafbec0", false, true),
            ("2026.11.20", false, false),
            ("1.4.2", false, false),
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

    /// Tags that people and tools write, and words that only look like a commit.
    #[test]
    fn what_looks_like_a_commit_and_is_none_of_ours() {
        let commit = CommitSha::parse("deadbeef9d8e7f60514233241506f7e8d9cafbec").unwrap();
        for (tag, ours, any) in [
            ("deadbeef", true, true),
            ("DEADBEEF9D", true, true),
            ("cafe1234", false, true),
            ("deadbee", true, true),
            ("deadbea", false, true),
            ("dead-beef", false, false),
            ("1.2.3+deadbeef", true, true),
            ("1.2.3_deadbeef-amd64", true, true),
            ("deadbeef-arm64", true, true),
            ("deadbeef.20261120", true, true),
            ("20261120-deadbeef", true, true),
            ("20261120.deadbeef9", true, true),
            ("cafe1234-deadbeef", true, true),
            // A letter that is a digit, too, sticks to it.
            ("basedeadbeef", false, true),
            ("deadbeef0", false, true),
            ("xdeadbeefx", true, true),
            ("pr-1234567", false, false),
            ("build-1234567-rc.1", false, false),
            ("v20261120.1", false, false),
            ("facade", false, false),
            ("effaced", false, true),
            ("ümläut-deadbeef", true, true),
            (
                "sha256-deadbeef9d8e7f60514233241506f7e8d9cafbecdeadbeef9d8e7f60514233",
                false,
                true,
            ),
            ("latest", false, false),
        ] {
            assert_eq!(
                (names(tag, &commit), names_a_commit(tag)),
                (ours, any),
                "{tag}"
            );
        }
        let long = format!("deadbeef{}", "0".repeat(70));
        assert_eq!(
            (names(&long, &commit), names_a_commit(&long)),
            (false, false)
        );
    }
}
