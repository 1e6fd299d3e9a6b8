//! Who is trusted: accounts, Apps and ourselves, and what is known of their rights.

use super::rules::GateRules;
use crate::domain::issue::{Actor, OwnAccount, Permission, PermissionFact, Permissions};

/// What is known of somebody's rights.
pub(super) enum Standing {
    /// A person who may push.
    Trusted,
    /// Somebody who is not trusted, and why.
    Untrusted(String),
    /// A person whose permission could not be had, and why.
    Unknown(String),
}

/// The permissions that were looked up, and the rules about accounts.
#[derive(Clone, Copy, Debug)]
pub(super) struct People<'a> {
    pub(super) permissions: &'a Permissions,
    pub(super) rules: &'a GateRules<'a>,
}

impl People<'_> {
    /// Returns whether what `actor` writes is trusted.
    pub(super) fn standing(&self, actor: &Actor) -> Standing {
        let Some((login, id)) = identified_person(actor, self.rules) else {
            let why = if is_own(actor, self.rules.own_account) {
                "our own account"
            } else {
                "no identified person"
            };
            return Standing::Untrusted(why.to_owned());
        };
        match self.permission(login, id) {
            Ok(permission) if permission.is_trusted() => Standing::Trusted,
            Ok(permission) => {
                Standing::Untrusted(format!("{} permission", permission_word(permission)))
            }
            Err(why) => Standing::Unknown(why),
        }
    }

    /// Returns the permission of the account `id`, which has the login `login`.
    ///
    /// # Errors
    ///
    /// Why it is not known, for people.
    pub(super) fn permission(&self, login: &str, id: u64) -> Result<Permission, String> {
        match self.permissions.of(login) {
            Some(PermissionFact::Known {
                id: now,
                permission,
            }) if *now == id => Ok(*permission),
            Some(PermissionFact::Known { .. }) => {
                Err("the login belongs to another account now".to_owned())
            }
            Some(PermissionFact::Unknown(why)) => Err(why.clone()),
            None => Err("not looked up".to_owned()),
        }
    }
}

/// Returns login and id of a person who is not us; nobody else can be trusted for what they wrote.
pub(super) fn identified_person<'a>(
    actor: &'a Actor,
    rules: &GateRules<'_>,
) -> Option<(&'a str, u64)> {
    match actor {
        Actor::User {
            login,
            id: Some(id),
        } => (!is_own(actor, rules.own_account)).then_some((login, *id)),
        Actor::User { id: None, .. } | Actor::Bot { .. } | Actor::Other { .. } | Actor::Gone => {
            None
        }
    }
}

/// Returns whether `actor` is the account that our token belongs to.
pub(super) fn is_own(actor: &Actor, own: &OwnAccount) -> bool {
    let is_id = |id: &Option<u64>| id.is_some() && *id == own.id;
    match actor {
        Actor::User { login, id } => is_id(id) || login.eq_ignore_ascii_case(&own.login),
        Actor::Bot { slug, id } => is_id(id) || is_own_slug(slug, own),
        Actor::Other { login, .. } => login.eq_ignore_ascii_case(&own.login),
        Actor::Gone => false,
    }
}

/// Returns whether `slug` is the App that our token belongs to.
pub(super) fn is_own_slug(slug: &str, own: &OwnAccount) -> bool {
    let own_slug = own.login.strip_suffix("[bot]").unwrap_or(&own.login);
    let slug = slug.strip_suffix("[bot]").unwrap_or(slug);
    slug.eq_ignore_ascii_case(own_slug)
}

/// Returns whether the operator listed the App.
pub(super) fn is_trusted_app(slug: &str, rules: &GateRules<'_>) -> bool {
    rules
        .trusted_apps
        .iter()
        .any(|trusted| trusted.eq_ignore_ascii_case(slug))
}

/// Returns words for people.
pub(super) const fn permission_word(permission: Permission) -> &'static str {
    match permission {
        Permission::None => "no",
        Permission::Read => "only read",
        Permission::Triage => "only triage",
        Permission::Write => "write",
        Permission::Maintain => "maintain",
        Permission::Admin => "admin",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_account_is_known_by_login_slug_and_id() {
        let app = OwnAccount {
            login: "afk[bot]".to_owned(),
            id: Some(9),
        };
        let bot = |slug: &str, id| Actor::Bot {
            slug: slug.to_owned(),
            id,
        };
        let user = |login: &str, id| Actor::User {
            login: login.to_owned(),
            id,
        };
        for (actor, own) in [
            (bot("afk", None), true),
            (bot("AFK", Some(1)), true),
            (bot("other", Some(9)), true),
            (bot("other", None), false),
            (bot("af", None), false),
            (user("afk[bot]", None), true),
            (user("afk", Some(1)), false),
            (user("other", Some(9)), true),
            (Actor::Gone, false),
        ] {
            assert_eq!(is_own(&actor, &app), own, "{actor:?}");
        }
        let unnumbered = OwnAccount {
            login: "afk".to_owned(),
            id: None,
        };
        assert!(!is_own(&user("other", None), &unnumbered));
    }
}
