//! Who is trusted: accounts, Apps, agents and ourselves, and what is known of their rights.

use super::rules::GateRules;
use crate::domain::issue::{Actor, OwnAccount, Permission, PermissionFact, Permissions};
use crate::domain::reason::ReasonCode;

/// What is known of somebody's rights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::domain::start) enum Standing {
    /// A person who may push, or whom the operator vouches for where the forge can not tell.
    Trusted,
    /// Somebody who is not trusted, and why.
    Untrusted(String),
    /// A person whose permission could not be had; the code and why.
    NotKnown(ReasonCode, String),
}

/// The level of one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::domain::start) enum Level {
    /// May push.
    Enough,
    /// May not push, for certain.
    TooLow(Permission),
    /// Not to be had; the code and why.
    NotKnown(ReasonCode, String),
}

/// The permissions that were looked up, and the rules about accounts.
#[derive(Clone, Copy, Debug)]
pub(in crate::domain::start) struct People<'a> {
    pub(in crate::domain::start) permissions: &'a Permissions,
    pub(in crate::domain::start) rules: &'a GateRules<'a>,
}

impl People<'_> {
    /// Returns whether what `actor` writes is trusted.
    pub(in crate::domain::start) fn standing(&self, actor: &Actor) -> Standing {
        let Some((login, id)) = identified_person(actor, self.rules) else {
            let why = if is_own(actor, self.rules.own_account) {
                "our own account"
            } else if is_agent(actor, self.rules) {
                "an account that agents use"
            } else {
                "no identified person"
            };
            return Standing::Untrusted(why.to_owned());
        };
        match self.level(login, id) {
            Level::Enough => Standing::Trusted,
            Level::TooLow(permission) => {
                Standing::Untrusted(format!("{} permission", permission_word(permission)))
            }
            Level::NotKnown(code, why) => Standing::NotKnown(code, why),
        }
    }

    /// Returns what the account `id`, which has the login `login`, may do. The operator's list lifts nobody whom the
    /// forge is sure about.
    pub(in crate::domain::start) fn level(&self, login: &str, id: u64) -> Level {
        let unknown = |why: &str| Level::NotKnown(ReasonCode::PermissionUnknown, why.to_owned());
        let vouched_for = || self.rules.trust.trusts_person(self.rules.forge, login);
        match self.permissions.of(login) {
            None => unknown("not looked up"),
            Some(
                PermissionFact::Known { id: now, .. } | PermissionFact::Ambiguous { id: now, .. },
            ) if *now != id => unknown("the login belongs to another account now"),
            Some(PermissionFact::Known { permission, .. }) => {
                if permission.is_trusted() {
                    Level::Enough
                } else {
                    Level::TooLow(*permission)
                }
            }
            Some(PermissionFact::Ambiguous { .. } | PermissionFact::Unknown(_))
                if vouched_for() =>
            {
                Level::Enough
            }
            Some(PermissionFact::Ambiguous { why, .. }) => {
                Level::NotKnown(ReasonCode::PermissionAmbiguous, why.clone())
            }
            Some(PermissionFact::Unknown(why) | PermissionFact::Mistaken(why)) => unknown(why),
        }
    }
}

/// Returns login and id of a person who is neither we nor an agent; nobody else can be trusted for what they wrote.
pub(in crate::domain::start) fn identified_person<'a>(
    actor: &'a Actor,
    rules: &GateRules<'_>,
) -> Option<(&'a str, u64)> {
    match actor {
        Actor::User {
            login,
            id: Some(id),
        } => (!is_own(actor, rules.own_account) && !is_agent(actor, rules)).then_some((login, *id)),
        Actor::User { id: None, .. } | Actor::Bot { .. } | Actor::Other { .. } | Actor::Gone => {
            None
        }
    }
}

/// Returns whether `actor` is the account that our token belongs to.
pub(in crate::domain::start) fn is_own(actor: &Actor, own: &OwnAccount) -> bool {
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

/// Returns whether the operator says that agents use the account.
pub(in crate::domain::start) fn is_agent(actor: &Actor, rules: &GateRules<'_>) -> bool {
    match actor {
        Actor::User { login, .. } | Actor::Other { login, .. } => rules.trust.is_agent(login),
        Actor::Bot { slug, .. } => rules.trust.is_agent(slug),
        Actor::Gone => false,
    }
}

/// Returns words for people.
pub(in crate::domain::start) const fn permission_word(permission: Permission) -> &'static str {
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
