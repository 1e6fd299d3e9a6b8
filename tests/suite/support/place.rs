//! The forges that stories are told on.

use afk::domain::repository::ForgeKind;

use super::sandbox::forgejo::ServerKind;

/// A forge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    GitHub,
    Forgejo11,
    Forgejo13,
    Gitea126,
}

impl Place {
    /// Which of the servers of the other family it is.
    pub fn server(self) -> Option<ServerKind> {
        match self {
            Self::GitHub => None,
            Self::Forgejo11 => Some(ServerKind::Forgejo11),
            Self::Forgejo13 => Some(ServerKind::Forgejo13),
            Self::Gitea126 => Some(ServerKind::Gitea126),
        }
    }

    pub fn is_github(self) -> bool {
        self == Self::GitHub
    }

    pub fn forge(self) -> ForgeKind {
        match self {
            Self::GitHub => ForgeKind::GitHub,
            Self::Forgejo11 | Self::Forgejo13 | Self::Gitea126 => ForgeKind::Forgejo,
        }
    }

    /// What reports, settings and the journal call it.
    pub fn word(self) -> &'static str {
        match self {
            Self::GitHub => "github",
            Self::Forgejo11 | Self::Forgejo13 | Self::Gitea126 => "forgejo",
        }
    }

    /// The key of a setting of it: `URL`, `TOKEN`.
    pub fn key(self, what: &str) -> String {
        format!("AFK_{}_{what}", self.word().to_uppercase())
    }
}

/// Makes a test of each story for each forge, named `STORY::FORGE`. A story is a function that is told its place.
macro_rules! on_every_forge {
    ($($story:ident),+ $(,)?) => { $(
        mod $story {
            use super::$story as tell;
            use crate::support::place::Place;

            #[test]
            fn github() {
                tell(Place::GitHub);
            }

            #[test]
            fn forgejo_11() {
                tell(Place::Forgejo11);
            }

            #[test]
            fn forgejo_13() {
                tell(Place::Forgejo13);
            }

            #[test]
            fn gitea_1_26() {
                tell(Place::Gitea126);
            }
        }
    )+ };
}

/// As [`on_every_forge`], for stories in which the forge plays no part of its own: of the Forgejos and Gitea the newest Forgejo
/// hears them each time, the others when all tests are asked for (`cargo test -- --include-ignored`).
macro_rules! on_each_kind_of_forge {
    ($($story:ident),+ $(,)?) => { $(
        mod $story {
            use super::$story as tell;
            use crate::support::place::Place;

            #[test]
            fn github() {
                tell(Place::GitHub);
            }

            #[test]
            #[ignore = "as on forgejo_13"]
            fn forgejo_11() {
                tell(Place::Forgejo11);
            }

            #[test]
            fn forgejo_13() {
                tell(Place::Forgejo13);
            }

            #[test]
            #[ignore = "as on forgejo_13"]
            fn gitea_1_26() {
                tell(Place::Gitea126);
            }
        }
    )+ };
}

pub(crate) use on_each_kind_of_forge;
pub(crate) use on_every_forge;
