//! Repositories that GitHub redirected us to: under which former name, and their number, which stays.
//!
//! It asks nothing; whoever looks an installation up notes what it saw.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use url::Url;

use crate::domain::repository::RepoRef;
use crate::http::Answer;

/// What was seen in this tick, shared by all who look.
#[derive(Clone, Debug, Default)]
pub(super) struct Sightings(Arc<Mutex<BTreeMap<RepoRef, u64>>>);

impl Sightings {
    /// Notes where a repository went, if the answer says so.
    pub(super) fn note(&self, repo: &RepoRef, answer: &Answer<'_>) {
        if let Some(id) = answer.header("location").and_then(number) {
            let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            known.insert(repo.clone(), id);
        }
    }

    /// Returns the number of a repository that is called otherwise today.
    pub(super) fn number_of(&self, repo: &RepoRef) -> Option<u64> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(repo).copied()
    }
}

/// The number in an address such as `https://api.github.com/repositories/4711/installation`. Nothing else of it is used, so that
/// no answer can send a token elsewhere.
fn number(location: &str) -> Option<u64> {
    let url = Url::parse(location).ok()?;
    let segments: Vec<&str> = url.path_segments()?.collect();
    let [.., "repositories", id, "installation"] = segments[..] else {
        return None;
    };
    id.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_number_is_taken_from_a_redirect() {
        for (location, wanted) in [
            (
                "https://api.github.com/repositories/4711/installation",
                Some(4711),
            ),
            (
                "https://ghe.example/api/v3/repositories/7/installation",
                Some(7),
            ),
            (
                "https://elsewhere.example/repositories/7/installation",
                Some(7),
            ),
            ("https://api.github.com/repositories/x/installation", None),
            ("https://api.github.com/repositories/-1/installation", None),
            ("https://api.github.com/repositories/4711", None),
            (
                "https://api.github.com/repos/octo/widgets/installation",
                None,
            ),
            ("/repositories/4711/installation", None),
            ("", None),
        ] {
            assert_eq!(number(location), wanted, "{location}");
        }
    }
}
