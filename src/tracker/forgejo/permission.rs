//! The permission of one login on one repository, now, by the recipe of `contracts/forgejo` section 4.3.
//!
//! Looked up once per tick. Only administrators of a repository may ask about others.

use super::Forgejo;
use super::rest::failure;
use super::teams::Teams;
use super::wire::{WirePermission, WireUser};
use crate::domain::issue::{Permission, PermissionFact};
use crate::http::Method;
use crate::service_error::{FailureKind, ServiceError};
use crate::tracker::Repository;

/// What the forge's word alone says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    Certain(Permission),
    /// May push, unless the repository is an organisation's that has teams without code.
    Write,
    Unknown,
}

fn word(permission: &str) -> Word {
    match permission {
        "owner" | "admin" => Word::Certain(Permission::Admin),
        "write" => Word::Write,
        "read" => Word::Certain(Permission::Read),
        "none" => Word::Certain(Permission::None),
        _ => Word::Unknown,
    }
}

/// What `write` means for the account `id`, given the teams of the repository.
fn write(id: u64, teams: &Teams) -> PermissionFact {
    match teams.ambiguous() {
        None => PermissionFact::Known {
            id,
            permission: Permission::Write,
        },
        Some(team) => PermissionFact::Ambiguous {
            id,
            why: format!(
                "the forge says write, which members of the team '{team}' have without access to code: give that team code:read as well, its members then show read; or give this person admin"
            ),
        },
    }
}

/// What a `permission` below write means for the account `id`, given the teams of the repository.
fn below_write(
    id: u64,
    permission: Permission,
    hides_units: bool,
    teams: &Teams,
) -> PermissionFact {
    match teams.shown_too_low(permission, hides_units) {
        None => PermissionFact::Known { id, permission },
        Some(team) => PermissionFact::Ambiguous {
            id,
            why: format!(
                "the forge says {}, as it does of members of the team '{team}', who may push: give this person admin, or write as a direct collaborator",
                if permission == Permission::Read {
                    "read"
                } else {
                    "none"
                }
            ),
        },
    }
}

/// The number of the account that an answer is about; what is known instead when it is not about `login`.
fn account(login: &str, user: Option<&WireUser>) -> Result<u64, PermissionFact> {
    let Some(user) = user else {
        let why = "the answer names no user".to_owned();
        return Err(PermissionFact::Unknown(why));
    };
    match numbered(login, user) {
        Some(id) => Ok(id),
        None => Err(PermissionFact::Mistaken(format!(
            "asked for {login}, the forge answered for {}",
            user.login
        ))),
    }
}

/// The number of `user`, when that is the person of this name.
fn numbered(login: &str, user: &WireUser) -> Option<u64> {
    let id = u64::try_from(user.id).ok().filter(|id| *id > 0);
    id.filter(|_| user.login.eq_ignore_ascii_case(login))
}

impl Forgejo<'_> {
    /// Looks a permission up, or remembers what an earlier look-up gave.
    pub(super) fn known_permission(
        &self,
        repository: &Repository,
        login: &str,
    ) -> Result<PermissionFact, ServiceError> {
        let key = (repository.id, login.to_ascii_lowercase());
        self.permissions
            .once(&key, || self.look_up_permission(repository, login))
    }

    fn look_up_permission(
        &self,
        repository: &Repository,
        login: &str,
    ) -> Result<PermissionFact, ServiceError> {
        let repo = &repository.repo;
        let name = format!("look up the permission of {login} on {}", repo.full_name());
        let url = self.sender.address(
            &[
                "repos",
                repo.owner(),
                repo.name(),
                "collaborators",
                login,
                "permission",
            ],
            &[],
        );
        let call = self.sender.call(&name, Method::Get, url, None);
        let answer = self.sender.send(&call)?;
        let status = answer.status;
        if status != 200 {
            let error = failure(&call, answer);
            return match (status, &error.kind) {
                (403, FailureKind::Denied) => Ok(self.without_look_up(repository, login, error)),
                (404, FailureKind::NotFound) => Ok(PermissionFact::Mistaken(error.detail)),
                (_, _) => Err(error),
            };
        }
        let wire: WirePermission = answer.decode()?;
        let id = match account(login, wire.user.as_ref()) {
            Ok(id) => id,
            Err(fact) => return Ok(fact),
        };
        match word(&wire.permission) {
            Word::Certain(permission) if permission.is_trusted() => {
                Ok(PermissionFact::Known { id, permission })
            }
            Word::Certain(permission) => {
                let hides_units = self.server()?.traits.hides_team_units;
                // Without teams the word stands: who is told to be no writer is refused.
                let teams = self.teams(repository).unwrap_or(Teams::OfPerson);
                Ok(below_write(id, permission, hides_units, &teams))
            }
            Word::Write => Ok(write(id, &self.teams(repository)?)),
            Word::Unknown => Ok(PermissionFact::Unknown(format!(
                "unknown permission '{}'",
                wire.permission
            ))),
        }
    }

    /// Our account is no administrator of the repository. Whom a repository belongs to can be told all the same.
    fn without_look_up(
        &self,
        repository: &Repository,
        login: &str,
        refusal: ServiceError,
    ) -> PermissionFact {
        let owner = self.known(repository.id).map(|known| known.owner);
        match owner.and_then(|owner| numbered(login, &owner)) {
            Some(id) => PermissionFact::Known {
                id,
                permission: Permission::Admin,
            },
            None => PermissionFact::Unknown(format!(
                "our account must be an administrator of the repository to look it up: {}",
                refusal.detail
            )),
        }
    }
}

impl Forgejo<'_> {
    /// Reads the teams of a repository, once per tick.
    pub(super) fn teams(&self, repository: &Repository) -> Result<Teams, ServiceError> {
        self.teams.once(&repository.id, || {
            let repo = &repository.repo;
            let name = format!("read the teams of {}", repo.full_name());
            let url = self
                .sender
                .address(&["repos", repo.owner(), repo.name(), "teams"], &[]);
            let call = self.sender.call(&name, Method::Get, url, None);
            let answer = self.sender.send(&call)?;
            let status = answer.status;
            if status == 200 {
                let teams = answer.decode::<Option<_>>()?;
                return Ok(Teams::OfOrganisation(teams.unwrap_or_default()));
            }
            let error = failure(&call, answer);
            match (status, &error.kind) {
                (405, FailureKind::Refused) => Ok(Teams::OfPerson),
                (_, _) => Err(error),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_forge_are_read_as_the_recipe_says() {
        for (text, expected) in [
            ("owner", Word::Certain(Permission::Admin)),
            ("admin", Word::Certain(Permission::Admin)),
            ("write", Word::Write),
            ("read", Word::Certain(Permission::Read)),
            ("none", Word::Certain(Permission::None)),
            ("Owner", Word::Unknown),
            ("maintain", Word::Unknown),
            ("", Word::Unknown),
        ] {
            assert_eq!(word(text), expected, "{text}");
        }
    }

    #[test]
    fn an_answer_counts_for_the_account_of_that_name_alone() {
        let user = |id, login: &str| WireUser {
            id,
            login: login.to_owned(),
        };
        for (login, answered, expected) in [
            ("amy", user(7, "amy"), Some(7)),
            ("AMY", user(7, "Amy"), Some(7)),
            ("amy", user(7, "amy2"), None),
            ("amy", user(7, ""), None),
            ("", user(7, "amy"), None),
            // Accounts of the server itself.
            ("ghost", user(-1, "Ghost"), None),
            ("amy", user(0, "amy"), None),
        ] {
            let told = account(login, Some(&answered));
            let is_mistaken = matches!(told, Err(PermissionFact::Mistaken(_)));
            assert_eq!((told.ok(), is_mistaken), (expected, expected.is_none()));
            assert_eq!(numbered(login, &answered), expected, "{login} {answered:?}");
        }
        assert!(matches!(
            account("amy", None),
            Err(PermissionFact::Unknown(_))
        ));
    }

    #[test]
    fn less_than_write_is_open_where_a_team_pushes_unseen() {
        let coders = serde_json::json!([{"name": "coders", "permission": "none",
            "units_map": {"repo.code": "write", "repo.issues": "write"}}]);
        let coders = Teams::OfOrganisation(serde_json::from_value(coders).unwrap());
        for (permission, word) in [
            (Permission::Read, "says read"),
            (Permission::None, "says none"),
        ] {
            let known = PermissionFact::Known { id: 7, permission };
            assert_eq!(below_write(7, permission, true, &Teams::OfPerson), known);
            let PermissionFact::Ambiguous { id: 7, why } =
                below_write(7, permission, true, &coders)
            else {
                panic!("a coder is shown so");
            };
            assert!(why.contains(word) && why.contains("'coders'"), "{why}");
        }
    }

    #[test]
    fn write_counts_where_every_writer_may_push() {
        let of =
            |json: serde_json::Value| Teams::OfOrganisation(serde_json::from_value(json).unwrap());
        let known = PermissionFact::Known {
            id: 7,
            permission: Permission::Write,
        };
        assert_eq!(write(7, &Teams::OfPerson), known);
        let coders = serde_json::json!([{"name": "coders", "permission": "write",
            "units_map": {"repo.code": "write", "repo.issues": "write"}}]);
        assert_eq!(write(7, &of(coders)), known);
        let triage = serde_json::json!([{"name": "triage", "permission": "write",
            "units_map": {"repo.issues": "write"}}]);
        let PermissionFact::Ambiguous { id: 7, why } = write(7, &of(triage)) else {
            panic!("a member of triage may not push");
        };
        assert!(
            why.contains("'triage'") && why.contains("code:read"),
            "{why}"
        );
    }
}
