//! The issue that a body names as its parent, where GitHub itself knows none.

use serde_json::{Value, json};

use super::rest::SERVICE;
use super::wire::WireParent;
use super::{GitHub, decode, documents, error_kind};
use crate::domain::issue::Parent;
use crate::domain::start::blocked_by::BlockerRef;
use crate::service_error::{FailureKind, ServiceError};
use crate::tracker::Repository;

impl GitHub<'_> {
    /// Reads a parent by its name. The error names it.
    pub(super) fn named_parent(
        &self,
        repository: &Repository,
        reference: &BlockerRef,
    ) -> Result<Parent, ServiceError> {
        let (owner, name) = match &reference.repo {
            Some((owner, name)) => (owner.as_str(), name.as_str()),
            None => (repository.repo.owner(), repository.repo.name()),
        };
        let number = reference.number;
        let call = format!("read the parent {owner}/{name}#{number}");
        let variables = json!({
            "owner": owner, "name": name, "number": number.0, "page": documents::DETAIL_PAGE,
        });
        let answer = self.query(&call, &documents::parent_issue(), &variables)?;
        let failed = |kind, detail: String| ServiceError::new(SERVICE, call.clone(), kind, detail);
        if let Some(error) = answer.errors.first() {
            let kind = error_kind(error);
            if kind == FailureKind::NotFound {
                return Ok(Parent::Unreadable {
                    name: format!("{owner}/{name}#{number}"),
                    why: error.message.clone(),
                });
            }
            return Err(failed(kind, error.message.clone()));
        }
        let issue = answer
            .data
            .and_then(|mut data| {
                data.get_mut("repository")?
                    .get_mut("issue")
                    .map(Value::take)
            })
            .ok_or_else(|| failed(FailureKind::Unreadable, "no issue".to_owned()))?;
        let parent: WireParent =
            decode(issue).map_err(|detail| failed(FailureKind::Unreadable, detail))?;
        Ok(parent.into_parent())
    }
}
