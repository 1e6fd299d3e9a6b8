//! What a repository and an issue are called.
//!
//! Names are for people and for requests; identities (see [`crate::domain::identity`]) are built from the numeric
//! repository id, because names can be changed and reused.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::hash::{Hash, Hasher};
use std::str::FromStr;

/// The kind of forge that hosts a repository. Gitea counts as Forgejo: the two speak the same API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ForgeKind {
    /// github.com, GitHub Enterprise Server, or Enterprise Cloud with data residency.
    GitHub,
    /// Forgejo or Gitea.
    Forgejo,
}

impl ForgeKind {
    /// Returns the word used in configuration, reports and identities.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::GitHub => "github",
            Self::Forgejo => "forgejo",
        }
    }
}

impl fmt::Display for ForgeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ForgeKind {
    type Err = ParseRepoError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.to_ascii_lowercase().as_str() {
            "github" => Ok(Self::GitHub),
            "forgejo" | "gitea" => Ok(Self::Forgejo),
            _ => Err(ParseRepoError::UnknownForge(text.to_owned())),
        }
    }
}

/// Why a text does not name a repository or an issue.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseRepoError {
    /// The part before the colon is no forge we know.
    #[error("'{0}' is not a forge (known: github, forgejo)")]
    UnknownForge(String),
    /// Not of the form `owner/name`.
    #[error("'{0}' is not of the form owner/name")]
    NotOwnerName(String),
    /// The address of a page.
    #[error("'{0}' is an address; {1} is meant")]
    Address(String, String),
    /// Not of the form `owner/name#number`.
    #[error("'{0}' is not of the form owner/name#number")]
    NotIssue(String),
}

/// Owner and name of a repository on one forge.
///
/// Keeps the spelling it was given, for people; compares without regard to ASCII case, as forges do.
#[derive(Clone, Debug)]
pub struct RepoRef {
    forge: ForgeKind,
    owner: String,
    name: String,
}

impl RepoRef {
    /// Parses `owner/name`, or `forge:owner/name`, which overrules `default_forge`.
    ///
    /// # Errors
    ///
    /// [`ParseRepoError`] when the text has another form or a part has a character that no forge allows
    /// in names: anything but ASCII letters, digits, `-`, `_` and `.`.
    pub fn parse(text: &str, default_forge: ForgeKind) -> Result<Self, ParseRepoError> {
        if let Some(meant) = named_by_address(text) {
            return Err(ParseRepoError::Address(text.to_owned(), meant));
        }
        let (forge, full_name) = match text.split_once(':') {
            Some((forge, rest)) => (forge.parse()?, rest),
            None => (default_forge, text),
        };
        let (owner, name) = full_name
            .split_once('/')
            .filter(|(owner, name)| is_name(owner) && is_name(name))
            .ok_or_else(|| ParseRepoError::NotOwnerName(text.to_owned()))?;
        Ok(Self {
            forge,
            owner: owner.to_owned(),
            name: name.to_owned(),
        })
    }

    /// Returns the kind of forge that hosts it.
    #[must_use]
    pub const fn forge(&self) -> ForgeKind {
        self.forge
    }

    /// Returns the owner: a user or an organisation.
    #[must_use]
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// Returns the name without the owner.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns `owner/name`.
    #[must_use]
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }

    fn folded(&self) -> (ForgeKind, String, String) {
        (
            self.forge,
            self.owner.to_ascii_lowercase(),
            self.name.to_ascii_lowercase(),
        )
    }
}

/// Which repository the address of its page names, as it is to be written; `None` for any other text, and for one that may hold
/// credentials.
fn named_by_address(text: &str) -> Option<String> {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))?;
    let mut parts = rest.trim_end_matches('/').split('/');
    let (host, owner, name) = (parts.next()?, parts.next()?, parts.next()?);
    let name = name.strip_suffix(".git").unwrap_or(name);
    let is_plain = is_name(owner) && is_name(name) && !host.contains('@');
    if !is_plain || parts.next().is_some() {
        return None;
    }
    let of_github = format!("'{}:{owner}/{name}'", ForgeKind::GitHub);
    Some(if host == "github.com" || host == "www.github.com" {
        of_github
    } else {
        format!("'{}:{owner}/{name}' or {of_github}", ForgeKind::Forgejo)
    })
}

/// Writes `forge:owner/name`, the form used in reports.
impl fmt::Display for RepoRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}/{}", self.forge, self.owner, self.name)
    }
}

impl Serialize for RepoRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RepoRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text, ForgeKind::GitHub).map_err(D::Error::custom)
    }
}

impl PartialEq for RepoRef {
    fn eq(&self, other: &Self) -> bool {
        self.forge == other.forge
            && self.owner.eq_ignore_ascii_case(&other.owner)
            && self.name.eq_ignore_ascii_case(&other.name)
    }
}

impl Eq for RepoRef {}

impl Hash for RepoRef {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.folded().hash(state);
    }
}

impl PartialOrd for RepoRef {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for RepoRef {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.folded().cmp(&other.folded())
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 100
        && text != "."
        && text != ".."
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

/// Number of an issue within its repository; 1 or more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct IssueNumber(pub u64);

impl fmt::Display for IssueNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// One issue of one repository.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IssueRef {
    /// Where it is.
    pub repo: RepoRef,
    /// Its number there.
    pub number: IssueNumber,
}

impl IssueRef {
    /// Parses `owner/name#number` or `forge:owner/name#number`.
    ///
    /// # Errors
    ///
    /// [`ParseRepoError`] when the text has another form, or the number is 0 or too large.
    pub fn parse(text: &str, default_forge: ForgeKind) -> Result<Self, ParseRepoError> {
        let (repo, number) = text
            .split_once('#')
            .ok_or_else(|| ParseRepoError::NotIssue(text.to_owned()))?;
        let number = number
            .bytes()
            .all(|byte| byte.is_ascii_digit())
            .then(|| number.parse().ok())
            .flatten()
            .filter(|number| *number > 0)
            .ok_or_else(|| ParseRepoError::NotIssue(text.to_owned()))?;
        Ok(Self {
            repo: RepoRef::parse(repo, default_forge)?,
            number: IssueNumber(number),
        })
    }
}

/// Writes `owner/name#number`, the form people use.
impl fmt::Display for IssueRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}#{}", self.repo.owner, self.repo.name, self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_compare_without_case_and_keep_their_spelling() {
        let spelled = RepoRef::parse("Octo-Org/Widgets", ForgeKind::GitHub).unwrap();
        let lower = RepoRef::parse("github:octo-org/widgets", ForgeKind::Forgejo).unwrap();
        assert_eq!(spelled, lower);
        assert_eq!(spelled.to_string(), "github:Octo-Org/Widgets");
    }

    #[test]
    fn repositories_sort_by_forge_owner_and_name_without_case() {
        let repo = |text: &str| RepoRef::parse(text, ForgeKind::GitHub).unwrap();
        let sorted = ["a/c", "B/b", "b/C", "forgejo:a/a"].map(repo);
        for pair in sorted.windows(2) {
            assert!(pair[0] < pair[1], "{} {}", pair[0], pair[1]);
        }
        assert_eq!(
            repo("A/b").partial_cmp(&repo("a/B")),
            Some(std::cmp::Ordering::Equal)
        );
    }

    #[test]
    fn the_address_of_a_page_is_told_as_the_name_that_is_meant() {
        let said = |text: &str| {
            let error = RepoRef::parse(text, ForgeKind::GitHub).unwrap_err();
            error.to_string()
        };
        for text in [
            "https://github.com/octo/w",
            "https://www.github.com/octo/w/",
            "http://github.com/octo/w.git",
        ] {
            assert_eq!(
                said(text),
                format!("'{text}' is an address; 'github:octo/w' is meant")
            );
        }
        assert_eq!(
            said("https://git.example.org/octo/w"),
            "'https://git.example.org/octo/w' is an address; 'forgejo:octo/w' or 'github:octo/w' is meant"
        );
        // No page of a repository, or one that may hold credentials.
        for text in [
            "https://github.com/octo",
            "https://github.com/octo/w/issues",
            "https://me:secret@github.com/octo/w",
            "git@github.com:octo/w",
        ] {
            assert!(!said(text).contains("is meant"), "{text}");
        }
    }

    #[test]
    fn one_repository_has_one_hash() {
        let hash = |text: &str| {
            let mut hasher = std::hash::DefaultHasher::new();
            RepoRef::parse(text, ForgeKind::GitHub)
                .unwrap()
                .hash(&mut hasher);
            hasher.finish()
        };
        assert_eq!(hash("Octo-Org/Widgets"), hash("octo-org/widgets"));
        assert_ne!(hash("octo-org/widgets"), hash("octo-org/gadgets"));
    }

    #[test]
    fn texts_that_name_no_repository_are_refused() {
        for text in [
            "",
            "widgets",
            "a/b/c",
            "/b",
            "a/",
            "a b/c",
            "a/..",
            "gitlab:a/b",
            "a/b#1",
            "ä/b",
        ] {
            assert!(RepoRef::parse(text, ForgeKind::GitHub).is_err(), "{text:?}");
        }
    }

    #[test]
    fn issues_need_a_positive_plain_number() {
        let issue = IssueRef::parse("a/b#12", ForgeKind::GitHub).unwrap();
        assert_eq!(
            (issue.number, issue.to_string().as_str()),
            (IssueNumber(12), "a/b#12")
        );
        for text in [
            "a/b",
            "a/b#",
            "a/b#0",
            "a/b#-1",
            "a/b#+1",
            "a/b#1x",
            "a/b#99999999999999999999",
        ] {
            assert!(
                IssueRef::parse(text, ForgeKind::GitHub).is_err(),
                "{text:?}"
            );
        }
    }
}
