//! What the servers of this family do differently, in one table.
//!
//! The server is asked once per tick what it is. An answer that can not be read as a version counts as a Gitea of unknown age,
//! which is the one that proves least.

use serde::Deserialize;

/// What a server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Server {
    /// As people know it: `Forgejo 11.0.15`.
    pub(super) name: String,
    pub(super) traits: Traits,
}

/// The differences that matter to us. Where nothing stands here, all of them behave alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Traits {
    /// Without a page number, a timeline comes whole in one answer.
    pub(super) whole_timeline: bool,
    /// Issues carry `content_version`, which counts edits of the body.
    pub(super) content_version: bool,
    /// `actions/runs` is there, and can be narrowed to a commit.
    pub(super) action_runs: bool,
    /// The timeline and the comments of an issue that is not there are 500, and not 404.
    pub(super) breaks_on_missing: bool,
    /// A permission look-up tells nothing of what teams let their members do in single units.
    pub(super) hides_team_units: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Forgejo,
    Gitea,
}

/// | kind | since | whole timeline | content_version | action runs | breaks on missing | hides team units |, the newest rows first.
/// The last row is a Gitea of which nothing is known.
const TABLE: &[(Kind, (u64, u64), Traits)] = &[
    (
        Kind::Forgejo,
        (12, 0),
        traits(true, false, true, false, false),
    ),
    (
        Kind::Forgejo,
        (0, 0),
        traits(true, false, false, false, false),
    ),
    (Kind::Gitea, (1, 26), traits(false, true, true, true, true)),
    (Kind::Gitea, (1, 25), traits(false, false, true, true, true)),
    (
        Kind::Gitea,
        (1, 24),
        traits(false, false, false, true, true),
    ),
    (
        Kind::Gitea,
        (1, 0),
        traits(false, false, false, true, false),
    ),
    (Kind::Gitea, (0, 0), traits(false, false, false, true, true)),
];

const fn traits(
    whole_timeline: bool,
    content_version: bool,
    action_runs: bool,
    breaks_on_missing: bool,
    hides_team_units: bool,
) -> Traits {
    Traits {
        whole_timeline,
        content_version,
        action_runs,
        breaks_on_missing,
        hides_team_units,
    }
}

/// The answer of `GET /version`.
#[derive(Debug, Deserialize)]
pub(super) struct WireVersion {
    version: String,
}

impl WireVersion {
    pub(super) fn server(&self) -> Server {
        let version = self.version.trim();
        let kind = if version.contains("+gitea-") {
            Kind::Forgejo
        } else {
            Kind::Gitea
        };
        let bare = version.split(['+', '-']).next().unwrap_or_default();
        let mut numbers = bare.trim_start_matches('v').split('.');
        let mut number = || numbers.next().and_then(|text| text.parse::<u64>().ok());
        let number = match (number(), number()) {
            (Some(major), minor) => (major, minor.unwrap_or(0)),
            (None, _) => (0, 0),
        };
        let row = TABLE
            .iter()
            .find(|(of, since, _)| *of == kind && number >= *since);
        let (_, _, traits) = row.expect("each kind has a row that begins at 0");
        let word = match kind {
            Kind::Forgejo => "Forgejo",
            Kind::Gitea => "Gitea",
        };
        Server {
            name: format!("{word} {bare}"),
            traits: *traits,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_told_apart_by_their_version() {
        let forgejo = traits(true, false, false, false, false);
        for (version, name, expected) in [
            ("11.0.15+gitea-1.22.0", "Forgejo 11.0.15", forgejo),
            ("7.0.0+gitea-1.21.11", "Forgejo 7.0.0", forgejo),
            (
                "13.0.5+gitea-1.22.0",
                "Forgejo 13.0.5",
                traits(true, false, true, false, false),
            ),
            (
                "16.0.0-dev-12-abc+gitea-1.22.0",
                "Forgejo 16.0.0",
                traits(true, false, true, false, false),
            ),
            (
                "1.26.3",
                "Gitea 1.26.3",
                traits(false, true, true, true, true),
            ),
            (
                "1.27.0+rc0-12-gabc",
                "Gitea 1.27.0",
                traits(false, true, true, true, true),
            ),
            (
                "2.0.0",
                "Gitea 2.0.0",
                traits(false, true, true, true, true),
            ),
            (
                "1.25.1",
                "Gitea 1.25.1",
                traits(false, false, true, true, true),
            ),
            (
                "1.24.0",
                "Gitea 1.24.0",
                traits(false, false, false, true, true),
            ),
            (
                "1.23.8",
                "Gitea 1.23.8",
                traits(false, false, false, true, false),
            ),
            (
                "1.9.0",
                "Gitea 1.9.0",
                traits(false, false, false, true, false),
            ),
            (
                "development",
                "Gitea development",
                traits(false, false, false, true, true),
            ),
            ("", "Gitea ", traits(false, false, false, true, true)),
        ] {
            let server = WireVersion {
                version: version.to_owned(),
            }
            .server();
            assert_eq!((server.name.as_str(), server.traits), (name, expected));
        }
    }
}
