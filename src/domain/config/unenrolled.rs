//! Entries of `AFK_REPOS` that are of no repository on `AFK_ALLOWLIST`: misspelt, most likely, and then the repository that was meant
//! lands its runs without a deploy.
//!
//! Only the allowlist decides: what the command line narrows a tick to is nobody's slip.

use std::fmt;

use crate::domain::repository::RepoRef;

/// One such entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unenrolled {
    /// What it is of.
    pub repo: RepoRef,
    /// The enrolled repository that was probably meant.
    pub nearest: Option<RepoRef>,
}

impl fmt::Display for Unenrolled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let repo = &self.repo;
        write!(f, "{repo} is not enrolled: it is not on AFK_ALLOWLIST")?;
        match &self.nearest {
            Some(nearest) => write!(f, ", did you mean {nearest}?"),
            None => Ok(()),
        }
    }
}

/// The `entries` that are of no enrolled repository; none while nothing is enrolled.
pub(super) fn unenrolled<'a>(
    enrolled: &[RepoRef],
    entries: impl Iterator<Item = &'a RepoRef>,
) -> Vec<Unenrolled> {
    if enrolled.is_empty() {
        return Vec::new();
    }
    entries
        .filter(|repo| !enrolled.contains(repo))
        .map(|repo| Unenrolled {
            repo: repo.clone(),
            nearest: nearest(repo, enrolled).cloned(),
        })
        .collect()
}

/// The repository that `repo` most likely was meant to be, if any comes near: of the same name elsewhere, or nearly so called.
fn nearest<'a>(repo: &RepoRef, enrolled: &'a [RepoRef]) -> Option<&'a RepoRef> {
    /// Below this, two names are just two names.
    const LIKENESS: f64 = 0.65;
    /// Comparing long names costs their length.
    const LONGEST: usize = 200;
    let name = |repo: &RepoRef| repo.full_name().to_lowercase();
    let wanted = name(repo);
    if wanted.len() > LONGEST {
        return None;
    }
    enrolled
        .iter()
        .map(|known| {
            let likeness = strsim::normalized_damerau_levenshtein(&wanted, &name(known));
            (likeness, known)
        })
        .filter(|(likeness, _)| *likeness >= LIKENESS)
        // The first one of several that are as near.
        .rev()
        .max_by(|(left, _), (right, _)| left.total_cmp(right))
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::{Source, load};

    fn told(allowlist: &str, repos: &str) -> Vec<String> {
        let values = [("AFK_ALLOWLIST", allowlist), ("AFK_REPOS", repos)];
        let values = values.map(|(name, value)| (name.to_owned(), Ok(value.to_owned())));
        let source = Source::new("environment", values.into());
        let loaded = load(&[source]).unwrap();
        let told: Vec<String> = loaded
            .config
            .unenrolled()
            .iter()
            .map(Unenrolled::to_string)
            .collect();
        // Whoever loads is told the same.
        let warned: Vec<String> = loaded.warnings.iter().map(ToString::to_string).collect();
        let expected: Vec<String> = told
            .iter()
            .map(|entry| format!("AFK_REPOS (environment): {entry}"))
            .collect();
        assert_eq!(warned, expected);
        told
    }

    #[test]
    fn an_entry_of_no_enrolled_repository_is_told_with_the_one_that_was_meant() {
        const NOT: &str = "is not enrolled: it is not on AFK_ALLOWLIST";
        for (allowlist, repos, expected) in [
            (
                "acme/widgets,acme/gadgets",
                r#"{"acme/wigdets": {}}"#,
                vec![format!(
                    "github:acme/wigdets {NOT}, did you mean github:acme/widgets?"
                )],
            ),
            (
                "forgejo:acme/x",
                r#"{"acme/x": {}}"#,
                vec![format!("github:acme/x {NOT}, did you mean forgejo:acme/x?")],
            ),
            (
                "acme/widgets",
                r#"{"acme/widgets": {}, "other/thing": {}}"#,
                vec![format!("github:other/thing {NOT}")],
            ),
            ("acme/widgets", r#"{"Acme/Widgets": {}}"#, vec![]),
            // What is built on a mirror names the mirror, which nobody enrols.
            (
                "acme/widgets",
                r#"{"acme/widgets": {"build": {"on": "forgejo:acme/mirror"}}}"#,
                vec![],
            ),
            // Nothing is enrolled yet.
            ("", r#"{"acme/widgets": {}}"#, vec![]),
        ] {
            assert_eq!(told(allowlist, repos), expected, "{allowlist} {repos}");
        }
    }
}
