//! The permission of one login on one repository, now; looked up once per tick.

use super::GitHub;
use super::wire::{self, RestPermission};
use crate::domain::issue::PermissionFact;
use crate::http::Method;
use crate::service_error::{FailureKind, ServiceError};
use crate::tracker::Repository;

impl GitHub<'_> {
    /// Looks a permission up, or remembers what an earlier look-up gave.
    pub(super) fn known_permission(
        &self,
        repository: &Repository,
        login: &str,
    ) -> Result<PermissionFact, ServiceError> {
        let key = (repository.repo.clone(), login.to_ascii_lowercase());
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
        let url = self.sender.address(&[
            "repos",
            repo.owner(),
            repo.name(),
            "collaborators",
            login,
            "permission",
        ]);
        let call = self.sender.call(&name, Method::Get, url);
        let answer = self.sender.send(&call)?;
        let status = answer.status;
        if status != 200 {
            let error = self.sender.failure(&call, answer);
            return match (status, &error.kind) {
                (404, FailureKind::NotFound) => Ok(PermissionFact::Mistaken(error.detail)),
                (_, _) => Err(error),
            };
        }
        let wire: RestPermission = answer.decode()?;
        let Some(user) = wire.user else {
            return Ok(PermissionFact::Unknown(
                "the answer names no user".to_owned(),
            ));
        };
        if !user.login.eq_ignore_ascii_case(login) {
            return Ok(PermissionFact::Mistaken(format!(
                "asked for {login}, GitHub answered for {}",
                user.login
            )));
        }
        Ok(
            match wire::permission(&wire.permission, wire.role_name.as_deref()) {
                Some(permission) => PermissionFact::Known {
                    id: user.id,
                    permission,
                },
                None => {
                    PermissionFact::Unknown(format!("unknown permission '{}'", wire.permission))
                }
            },
        )
    }
}
