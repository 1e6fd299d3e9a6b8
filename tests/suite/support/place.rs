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

/// Makes one test of a story: `told_at!(NAME, PLACE, FUNCTION)`, and why it is told only when asked for.
macro_rules! told_at {
    ($test:ident, $place:ident, $tell:expr $(, $why:literal)?) => {
        #[test]
        $(#[ignore = $why])?
        fn $test() {
            $tell($crate::support::place::Place::$place);
        }
    };
}

/// Makes a test of each story for each forge, named `STORY::FORGE`. A story is a function that is told its place.
macro_rules! on_every_forge {
    ($($story:ident),+ $(,)?) => { $(
        mod $story {
            use super::$story as tell;
            use crate::support::place::told_at;

            told_at!(github, GitHub, tell);
            told_at!(forgejo_11, Forgejo11, tell);
            told_at!(forgejo_13, Forgejo13, tell);
            told_at!(gitea_1_26, Gitea126, tell);
        }
    )+ };
}

/// As [`on_every_forge`], for stories in which the forge plays no part of its own: of the Forgejos and Gitea the newest Forgejo
/// hears them each time, the others when all tests are asked for (`cargo test -- --include-ignored`).
macro_rules! on_each_kind_of_forge {
    ($($story:ident),+ $(,)?) => { $(
        mod $story {
            use super::$story as tell;
            use crate::support::place::told_at;

            told_at!(github, GitHub, tell);
            told_at!(forgejo_11, Forgejo11, tell, "as on forgejo_13");
            told_at!(forgejo_13, Forgejo13, tell);
            told_at!(gitea_1_26, Gitea126, tell, "as on forgejo_13");
        }
    )+ };
}

pub(crate) use on_each_kind_of_forge;
pub(crate) use on_every_forge;
pub(crate) use told_at;
