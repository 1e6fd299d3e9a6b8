//! Branches, what guards them, and whether Actions run: what somebody asks who wants to know whether a push will be taken.
//!
//! Only the default branch is there. Rules are told to every reader, the older protection and Actions to admins only.

use serde_json::{Value, json};

use super::github::{GitHub, Inner};
use super::github_rest::{DOCS, Outcome, Target, not_found, refuse};
use super::github_state::Access;
use super::http_server::Response;

/// What guards a repository's default branch.
#[derive(Clone, Debug, Default)]
pub struct Guards {
    /// Rules of rulesets that are active for it.
    pub rules: Vec<Value>,
    /// The older protection, as its address tells it.
    pub protection: Option<Value>,
    /// Somebody switched Actions off.
    pub actions_are_off: bool,
}

impl GitHub {
    /// Adds a rule of a ruleset of the repository; `parameters` is null where its kind has none.
    pub fn add_rule(&self, full_name: &str, kind: &str, parameters: Value) {
        let mut rule = json!({
            "type": kind, "ruleset_source_type": "Repository", "ruleset_source": full_name, "ruleset_id": 42,
        });
        if !parameters.is_null() {
            rule["parameters"] = parameters;
        }
        self.change_repository(full_name, |repository| repository.guards.rules.push(rule));
    }

    /// Protects the default branch the older way.
    pub fn protect_branch(&self, full_name: &str, protection: Value) {
        self.change_repository(full_name, |repository| {
            repository.guards.protection = Some(protection);
        });
    }

    pub fn switch_actions_off(&self, full_name: &str) {
        self.change_repository(full_name, |repository| {
            repository.guards.actions_are_off = true;
        });
    }

    /// The program's token has these scopes; a classic one tells them with every answer.
    pub fn set_scopes(&self, scopes: &str) {
        self.lock().options.scopes = Some(scopes.to_owned());
    }

    /// The program's token ends then, as GitHub spells it.
    pub fn set_token_end(&self, at: &str) {
        self.lock().options.token_ends = Some(at.to_owned());
    }

    /// The program's token lacks these rights to read.
    pub fn withhold(&self, rights: &[&str]) {
        self.lock().options.withheld = rights.iter().map(|right| (*right).to_owned()).collect();
    }
}

impl Target<'_> {
    pub fn read_guards(&self, inner: &Inner, rest: &[&str]) -> Outcome {
        let home = self.home(inner);
        let guards = &home.guards;
        let is_branch = |name: &str| name == home.default_branch && !home.commits.is_empty();
        match rest {
            ["branches", name] => {
                let newest = home.commits.last().filter(|_| is_branch(name));
                let Some(commit) = newest else {
                    return Err(refuse(404, "Branch not found", DOCS));
                };
                let address = format!(
                    "{}/branches/{name}",
                    self.writer(inner).repository_url(home)
                );
                let protected = guards.protection.is_some() || !guards.rules.is_empty();
                let body = json!({
                    "name": name, "commit": self.writer(inner).commit(home, commit),
                    "_links": {"self": address, "html": format!("https://github.test/tree/{name}")},
                    "protected": protected,
                    "protection": {"enabled": guards.protection.is_some()},
                    "protection_url": format!("{address}/protection"),
                });
                Ok(Response::json(200, &body))
            }
            // A branch that is not there has no rules, unless they are made for its name.
            ["rules", "branches", name] => {
                let rules = if is_branch(name) {
                    guards.rules.clone()
                } else {
                    Vec::new()
                };
                Ok(Response::json(200, &Value::Array(rules)))
            }
            ["branches", name, "protection"] => {
                self.is_admin(inner)?;
                match guards.protection.as_ref().filter(|_| is_branch(name)) {
                    Some(protection) => Ok(Response::json(200, protection)),
                    None => Err(refuse(404, "Branch not protected", DOCS)),
                }
            }
            ["actions", "permissions"] => {
                self.is_admin(inner)?;
                let body = if guards.actions_are_off {
                    json!({"enabled": false, "sha_pinning_required": false})
                } else {
                    json!({"enabled": true, "allowed_actions": "all", "sha_pinning_required": false})
                };
                Ok(Response::json(200, &body))
            }
            _ => Err(not_found()),
        }
    }

    /// What is kept from everybody else.
    fn is_admin(&self, inner: &Inner) -> Result<(), Response> {
        let access = inner.state.role(self.home(inner), inner.viewer).access();
        if access >= Access::Admin {
            return Ok(());
        }
        Err(refuse(403, "Must have admin rights to Repository.", DOCS))
    }
}
