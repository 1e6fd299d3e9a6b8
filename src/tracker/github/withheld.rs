//! Values that GitHub keeps to itself, and issues that are not where they were.
//!
//! What is withheld is left out of an answer, never read as null: null says something. Nothing is judged here.

use serde_json::Value;

use super::GitHub;
use super::wire::GraphQlError;
use crate::domain::repository::{IssueNumber, RepoRef};
use crate::http::Method;
use crate::service_error::{FailureKind, ServiceError};
use crate::tracker::RunIssue;

impl GitHub<'_> {
    /// How an issue went away: GraphQL does not tell, and REST redirects to where an issue was transferred.
    pub(super) fn gone(
        &self,
        repo: &RepoRef,
        number: IssueNumber,
    ) -> Result<RunIssue, ServiceError> {
        let name = format!("look where {}#{number} is", repo.full_name());
        let number = number.to_string();
        let url = self
            .sender
            .address(&["repos", repo.owner(), repo.name(), "issues", &number]);
        let call = self.sender.call(&name, Method::Get, url);
        let answer = match self.sender.send(&call) {
            Ok(answer) => answer,
            Err(error) if error.kind == FailureKind::OutOfTime => return Err(error),
            Err(error) => {
                tracing::debug!(%repo, "not known how it went away: {error}");
                return Ok(RunIssue::Missing);
            }
        };
        Ok(match answer.status {
            301 | 302 | 307 | 308 => RunIssue::Transferred,
            _ => RunIssue::Missing,
        })
    }
}

/// Takes what an error is about out of the answer: a value that is withheld is absent, not null, because null says something.
pub(super) fn leave_out(data: Option<&mut Value>, error: &GraphQlError) {
    let Some(mut at) = data else { return };
    // The first step names the repository, whose data this is.
    let mut path = error.path.iter().flatten().skip(1).peekable();
    while let Some(step) = path.next() {
        let is_last = path.peek().is_none();
        let next = match (step, &mut *at) {
            (Value::String(name), Value::Object(members)) => {
                if is_last {
                    members.remove(name);
                    return;
                }
                members.get_mut(name)
            }
            (Value::Number(index), Value::Array(items)) => {
                let index = index.as_u64().and_then(|index| usize::try_from(index).ok());
                index.and_then(|index| items.get_mut(index))
            }
            (_, _) => None,
        };
        match next {
            // A null on the way: GraphQL withheld what was above, too.
            None | Some(Value::Null) => return,
            Some(next) => at = next,
        }
    }
}
