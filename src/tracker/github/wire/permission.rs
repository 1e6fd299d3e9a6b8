//! The permission of one login.

use serde::Deserialize;

use super::actor::RestUser;
use crate::domain::issue::Permission;

/// Answer of `GET /repos/{owner}/{repo}/collaborators/{login}/permission`.
#[derive(Debug, Deserialize)]
pub(in crate::tracker::github) struct RestPermission {
    pub(in crate::tracker::github) permission: String,
    #[serde(default)]
    pub(in crate::tracker::github) role_name: Option<String>,
    pub(in crate::tracker::github) user: Option<RestUser>,
}

/// The legacy base permission, which custom roles collapse into (`contracts/github` section 5). The role's
/// name only tells people why read is what triage comes to.
pub(in crate::tracker::github) fn permission(
    word: &str,
    role_name: Option<&str>,
) -> Option<Permission> {
    match word {
        "read" if role_name == Some("triage") => Some(Permission::Triage),
        "admin" => Some(Permission::Admin),
        "maintain" => Some(Permission::Maintain),
        "write" => Some(Permission::Write),
        "triage" => Some(Permission::Triage),
        "read" => Some(Permission::Read),
        "none" => Some(Permission::None),
        _ => None,
    }
}
