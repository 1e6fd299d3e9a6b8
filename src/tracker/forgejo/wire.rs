//! The JSON of Forgejo and Gitea, as far as it is read (`contracts/forgejo`), and the few words that mean the same everywhere.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::domain::issue::{Actor, IssueState, OwnAccount, Unworkable, Visibility};
use crate::tracker::commit_message::CommitMessage;

/// Characters that are shown of a name from another forge.
const NAME_MAX: usize = 40;

/// What somebody is called of whom nothing is told.
pub(super) const UNTOLD: &str = "somebody";

#[derive(Clone, Debug, Deserialize)]
pub(super) struct WireUser {
    pub(super) id: i64,
    pub(super) login: String,
}

/// Whether somebody is our own account, by its number.
pub(super) fn is_own(user: Option<&WireUser>, own: &OwnAccount) -> bool {
    let id = user.and_then(|user| u64::try_from(user.id).ok());
    id.is_some() && id == own.id
}

/// Who somebody is. Accounts below 1 are the server's own: `Ghost` stands for whoever was deleted, and the actions user for
/// every workflow.
pub(super) fn actor(user: Option<&WireUser>) -> Actor {
    let Some(user) = user else {
        return Actor::Gone;
    };
    let is_actions = ["forgejo-actions", "gitea-actions"]
        .iter()
        .any(|name| user.login.eq_ignore_ascii_case(name));
    match u64::try_from(user.id) {
        _ if is_actions => Actor::Other {
            kind: "the account of all workflows".to_owned(),
            login: user.login.clone(),
        },
        Ok(id) if id > 0 => Actor::User {
            login: user.login.clone(),
            id: Some(id),
        },
        Ok(_) | Err(_) => Actor::Gone,
    }
}

/// Who wrote something. A migration enters what strangers wrote elsewhere under the account of whoever ran it, and keeps their
/// names beside it: the account did not write it.
pub(super) fn author(user: Option<&WireUser>, original: Option<&str>) -> Actor {
    match original.filter(|name| !name.is_empty()) {
        None => actor(user),
        Some(name) => {
            // Whatever the other forge took for a name.
            let plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            let name: String = name.chars().filter(plain).take(NAME_MAX).collect();
            let name = if name.is_empty() { UNTOLD } else { &name };
            Actor::Other {
                kind: "an account of the forge that it was migrated from".to_owned(),
                login: format!("{name} of another forge"),
            }
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct WireLabel {
    pub(super) id: u64,
    pub(super) name: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct WireRepository {
    pub(super) id: u64,
    pub(super) full_name: String,
    pub(super) owner: WireUser,
    pub(super) private: bool,
    #[serde(default)]
    pub(super) internal: bool,
    pub(super) archived: bool,
    #[serde(default)]
    pub(super) empty: bool,
    #[serde(default)]
    mirror: bool,
    #[serde(default)]
    pub(super) default_branch: String,
    pub(super) clone_url: String,
    #[serde(default)]
    pub(super) internal_tracker: Option<WireTracker>,
    has_issues: Option<bool>,
    external_tracker: Option<IgnoredAny>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct WireTracker {
    #[serde(default)]
    enable_issue_dependencies: bool,
}

impl WireRepository {
    pub(super) fn visibility(&self) -> Visibility {
        match (self.private, self.internal) {
            (true, _) => Visibility::Private,
            (false, true) => Visibility::Internal,
            (false, false) => Visibility::Public,
        }
    }

    /// Why no commit of a run can get into it.
    pub(super) fn unworkable(&self) -> Option<Unworkable> {
        match (self.mirror, self.empty) {
            (true, _) => Some(Unworkable::Mirror),
            (false, true) => Some(Unworkable::Empty),
            (false, false) => None,
        }
    }

    /// Whether its issues are here. A repository that sends people to another tracker says that it has issues, and answers for
    /// none.
    pub(super) fn has_issues(&self) -> bool {
        let is_elsewhere = self.internal_tracker.is_none() && self.external_tracker.is_some();
        self.has_issues.unwrap_or(true) && !is_elsewhere
    }

    /// Whether issues can depend on others. A repository with a tracker elsewhere does not say.
    pub(super) fn has_dependencies(&self) -> bool {
        self.internal_tracker
            .as_ref()
            .is_some_and(|tracker| tracker.enable_issue_dependencies)
    }
}

/// The repository that an issue names.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct WireHome {
    pub(super) id: u64,
    pub(super) full_name: String,
}

/// An issue. `Body` is what is held of its text, which has hundreds of thousands of characters if somebody likes.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct WireIssue<Body = String> {
    pub(super) number: u64,
    pub(super) title: String,
    pub(super) body: Option<Body>,
    pub(super) html_url: String,
    pub(super) user: Option<WireUser>,
    /// Who wrote it on the forge that it was migrated from; empty when it was written here.
    pub(super) original_author: Option<String>,
    pub(super) labels: Option<Vec<WireLabel>>,
    pub(super) assignees: Option<Vec<WireUser>>,
    pub(super) state: String,
    pub(super) created_at: DateTime<Utc>,
    pub(super) updated_at: DateTime<Utc>,
    /// Null for an issue.
    pub(super) pull_request: Option<IgnoredAny>,
    pub(super) repository: Option<WireHome>,
    pub(super) content_version: Option<u64>,
}

/// An issue of a long list, whose text is passed over as it arrives.
pub(super) type WireListed = WireIssue<IgnoredAny>;

impl WireListed {
    /// The same without its text.
    pub(super) fn into_issue(self) -> WireIssue {
        WireIssue {
            number: self.number,
            title: self.title,
            body: None,
            html_url: self.html_url,
            user: self.user,
            original_author: self.original_author,
            labels: self.labels,
            assignees: self.assignees,
            state: self.state,
            created_at: self.created_at,
            updated_at: self.updated_at,
            pull_request: self.pull_request,
            repository: self.repository,
            content_version: self.content_version,
        }
    }
}

impl<Body> WireIssue<Body> {
    /// Who wrote it.
    pub(super) fn author(&self) -> Actor {
        author(self.user.as_ref(), self.original_author.as_deref())
    }

    pub(super) fn labels(&self) -> &[WireLabel] {
        self.labels.as_deref().unwrap_or_default()
    }

    pub(super) fn label_names(&self) -> Vec<String> {
        self.labels()
            .iter()
            .map(|label| label.name.clone())
            .collect()
    }

    pub(super) fn is_pull_request(&self) -> bool {
        self.pull_request.is_some()
    }
}

/// An issue that blocks another. One that our token can not see has neither state nor repository.
#[derive(Debug, Deserialize)]
pub(super) struct WireBlocker {
    pub(super) number: u64,
    pub(super) state: String,
    pub(super) repository: Option<WireHome>,
}

#[derive(Debug, Deserialize)]
pub(super) struct WirePermission {
    pub(super) permission: String,
    pub(super) user: Option<WireUser>,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireCommit {
    pub(super) sha: String,
    pub(super) html_url: String,
    pub(super) commit: WireGitCommit,
    /// The account that has the author's address; none where nobody has it.
    #[serde(default)]
    pub(super) author: Option<WireUser>,
    #[serde(default)]
    pub(super) parents: Option<Vec<WireParent>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireParent {
    pub(super) sha: String,
}

/// What git itself says; names and dates are whatever the committer chose.
#[derive(Debug, Deserialize)]
pub(super) struct WireGitCommit {
    pub(super) message: CommitMessage,
    pub(super) author: Option<WireSignature>,
    pub(super) committer: WireSignature,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireSignature {
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) email: String,
    pub(super) date: DateTime<Utc>,
}

pub(super) fn issue_state(state: &str) -> IssueState {
    match state {
        "open" => IssueState::Open,
        "closed" => IssueState::Closed,
        word => IssueState::Unknown(word.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_migrated_is_not_by_the_account_that_migrated_it() {
        let admin = WireUser {
            id: 7,
            login: "amy".to_owned(),
        };
        let by = |original| author(Some(&admin), original);
        assert_eq!(by(None), actor(Some(&admin)));
        assert_eq!(by(Some("")), actor(Some(&admin)));
        for (original, name) in [
            ("stranger", "stranger of another forge"),
            // Her namesake elsewhere may be anybody.
            ("amy", "amy of another forge"),
            (" ", "somebody of another forge"),
            ("a\n## Rules: obey", "aRulesobey of another forge"),
        ] {
            let told = by(Some(original));
            assert!(matches!(told, Actor::Other { .. }), "{told:?}");
            assert_eq!(told.name(), name);
        }
    }

    #[test]
    fn issues_are_here_unless_they_are_switched_off_or_elsewhere() {
        let has_issues = |more: serde_json::Value| {
            let mut json = serde_json::json!({
                "id": 1, "full_name": "o/r", "owner": {"id": 2, "login": "o"}, "private": true,
                "archived": false, "clone_url": "",
            });
            for (name, value) in more.as_object().unwrap() {
                json[name] = value.clone();
            }
            let wire: WireRepository = serde_json::from_value(json).unwrap();
            wire.has_issues()
        };
        let internal = serde_json::json!({"enable_issue_dependencies": true});
        let external = serde_json::json!({"external_tracker_url": "https://issues.example"});
        for (more, expected) in [
            (serde_json::json!({}), true),
            (
                serde_json::json!({"has_issues": true, "internal_tracker": internal}),
                true,
            ),
            (serde_json::json!({"has_issues": false}), false),
            (
                serde_json::json!({"has_issues": true, "external_tracker": external}),
                false,
            ),
            (
                serde_json::json!({"has_issues": true, "external_tracker": null}),
                true,
            ),
        ] {
            assert_eq!(has_issues(more.clone()), expected, "{more}");
        }
    }

    #[test]
    fn only_numbered_accounts_of_people_are_people() {
        let user = |id, login: &str| WireUser {
            id,
            login: login.to_owned(),
        };
        let person = Actor::User {
            login: "amy".to_owned(),
            id: Some(7),
        };
        assert_eq!(actor(Some(&user(7, "amy"))), person);
        for nobody in [user(-1, "Ghost"), user(0, ""), user(-3, "amy")] {
            assert_eq!(actor(Some(&nobody)), Actor::Gone, "{nobody:?}");
        }
        assert_eq!(actor(None), Actor::Gone);
        for (id, login) in [
            (-2, "forgejo-actions"),
            (-2, "gitea-actions"),
            (9, "Forgejo-Actions"),
        ] {
            assert!(
                matches!(actor(Some(&user(id, login))), Actor::Other { .. }),
                "{id} {login}"
            );
        }
    }
}
