//! What somebody may do in one repository.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A level of access to one repository, lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// None at all.
    None,
    /// May read.
    Read,
    /// May label and edit issues, not push.
    Triage,
    /// May push.
    Write,
    /// May push and manage.
    Maintain,
    /// May do everything; owners count as admins.
    Admin,
}

impl Permission {
    /// Returns whether the level is enough to ask for a run.
    #[must_use]
    pub const fn is_trusted(self) -> bool {
        match self {
            Self::Write | Self::Maintain | Self::Admin => true,
            Self::None | Self::Read | Self::Triage => false,
        }
    }
}

/// What a look-up of one login's permission on one repository gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PermissionFact {
    /// The forge's answer.
    Known {
        /// Numeric id of the account that has the login now.
        id: u64,
        /// Its level.
        permission: Permission,
    },
    /// The forge's words leave open whether the account may push (Forgejo, Gitea: teams of an organisation).
    Ambiguous {
        /// Numeric id of the account that has the login now.
        id: u64,
        /// What is open, for people.
        why: String,
    },
    /// Not to be had: unknown word, refused or failed look-up; the text says which.
    Unknown(String),
    /// The forge answers that the login is nobody, or answers for somebody else. Nothing makes up for that.
    Mistaken(String),
}

/// Permissions on one repository, looked up by exact login. GitHub and Forgejo compare logins without ASCII case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permissions(BTreeMap<String, PermissionFact>);

impl Permissions {
    /// Notes what a look-up gave.
    pub fn insert(&mut self, login: &str, fact: PermissionFact) {
        self.0.insert(login.to_ascii_lowercase(), fact);
    }

    /// Notes what a look-up of many told of one of them: nothing without a level, or without the number of the account.
    pub fn insert_level(&mut self, login: &str, id: Option<u64>, level: Option<Permission>) {
        if let (Some(id), Some(permission)) = (id, level) {
            self.insert(login, PermissionFact::Known { id, permission });
        }
    }

    /// Returns what is known of `login`, or `None` when nobody asked.
    #[must_use]
    pub fn of(&self, login: &str) -> Option<&PermissionFact> {
        self.0.get(&login.to_ascii_lowercase())
    }
}
