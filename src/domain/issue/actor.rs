//! Who does things on a forge.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// Who did something on a forge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// A person's account.
    User {
        /// Login at the time of reading; can be renamed and registered anew by somebody else.
        login: String,
        /// Numeric account id; `None` when the answer at hand does not carry it.
        id: Option<u64>,
    },
    /// An App or another machine account.
    Bot {
        /// Login without a `[bot]` suffix: the App's slug.
        slug: String,
        /// Numeric account id; `None` when the answer at hand does not carry it.
        id: Option<u64>,
    },
    /// Something else that a forge calls an actor: organisation, mannequin, enterprise account, or a kind we do not know.
    Other {
        /// The forge's word for it.
        kind: String,
        /// Its login.
        login: String,
    },
    /// A deleted account, or an answer without an actor.
    Gone,
}

impl Actor {
    /// Returns a name for people.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::User { login, .. } | Self::Other { login, .. } => login,
            Self::Bot { slug, .. } => slug,
            Self::Gone => "a deleted account",
        }
    }

    /// Returns whether this is a person whose word counts: not we, no bot, none of the accounts that agents use, which are in lower
    /// case.
    #[must_use]
    pub fn is_person(&self, own: &OwnAccount, agents: &BTreeSet<String>) -> bool {
        match self {
            Self::User { login, .. } => {
                !own.is(self) && !agents.contains(&login.to_ascii_lowercase())
            }
            Self::Bot { .. } | Self::Other { .. } | Self::Gone => false,
        }
    }

    /// Returns whether this is a bot that does nothing for us: neither we nor an agent, whose accounts are in lower case.
    #[must_use]
    pub fn is_others_bot(&self, own: &OwnAccount, agents: &BTreeSet<String>) -> bool {
        match self {
            Self::Bot { slug, .. } => !own.is(self) && !agents.contains(&slug.to_ascii_lowercase()),
            Self::User { .. } | Self::Other { .. } | Self::Gone => false,
        }
    }
}

/// Whether an App stood between a person and an act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ViaApp {
    /// The person acted directly.
    No,
    /// The App with this slug acted for the person.
    App(String),
    /// The forge did not say.
    Unknown,
}

/// The account that our token belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnAccount {
    /// Its login; `slug[bot]` for an App.
    pub login: String,
    /// Its numeric id, where the forge tells.
    pub id: Option<u64>,
}

impl OwnAccount {
    /// Returns whether an actor is this account: by id where both are known, because logins can be taken over.
    #[must_use]
    pub fn is(&self, actor: &Actor) -> bool {
        let (name, id, own_name) = match actor {
            Actor::User { login, id } => (login, id, self.login.as_str()),
            Actor::Bot { slug, id } => (
                slug,
                id,
                self.login.strip_suffix("[bot]").unwrap_or(&self.login),
            ),
            Actor::Other { .. } | Actor::Gone => return false,
        };
        match (id, self.id) {
            (Some(id), Some(own_id)) => *id == own_id,
            (None, _) | (_, None) => name.eq_ignore_ascii_case(own_name),
        }
    }
}
