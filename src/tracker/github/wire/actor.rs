//! Who did something, as GraphQL and REST name them.

use serde::Deserialize;

use crate::domain::issue::Actor;

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::tracker::github) struct WireActor {
    #[serde(rename = "__typename")]
    pub(in crate::tracker::github) kind: String,
    pub(in crate::tracker::github) login: String,
    #[serde(default)]
    pub(in crate::tracker::github) database_id: Option<u64>,
}

impl WireActor {
    /// Turns an account into a domain actor.
    pub(in crate::tracker::github) fn to_actor(&self) -> Actor {
        self.clone().into_actor()
    }

    pub(in crate::tracker::github) fn into_actor(self) -> Actor {
        match self.kind.as_str() {
            "User" => Actor::User {
                login: self.login,
                id: self.database_id,
            },
            "Bot" => Actor::Bot {
                slug: slug(&self.login),
                id: self.database_id,
            },
            _ => Actor::Other {
                kind: self.kind,
                login: self.login,
            },
        }
    }
}

/// Turns an actor that may be missing into a domain actor.
pub(in crate::tracker::github) fn actor(actor: Option<WireActor>) -> Actor {
    actor.map_or(Actor::Gone, WireActor::into_actor)
}

#[derive(Debug, Deserialize)]
pub(in crate::tracker::github) struct RestUser {
    pub(in crate::tracker::github) login: String,
    pub(in crate::tracker::github) id: u64,
    #[serde(default, rename = "type")]
    pub(in crate::tracker::github) kind: String,
}

/// GraphQL gives a Bot's login with or without `[bot]`, REST with it; the slug has none.
fn slug(login: &str) -> String {
    login.strip_suffix("[bot]").unwrap_or(login).to_owned()
}

impl RestUser {
    pub(in crate::tracker::github) fn into_actor(self) -> Actor {
        match self.kind.as_str() {
            // Where REST shows the account that stands for deleted ones, GraphQL shows none.
            "User" if self.login.eq_ignore_ascii_case("ghost") => Actor::Gone,
            "User" => Actor::User {
                login: self.login,
                id: Some(self.id),
            },
            "Bot" => Actor::Bot {
                slug: slug(&self.login),
                id: Some(self.id),
            },
            _ => Actor::Other {
                kind: self.kind,
                login: self.login,
            },
        }
    }
}
