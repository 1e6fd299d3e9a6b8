//! One GraphQL query, and what speaks against its answer as a whole: a limit, an overload, fields that the server lacks.

use std::sync::PoisonError;

use serde_json::{Map, Value};

use super::capabilities::Capabilities;
use super::rest::{SERVICE, is_limit_message};
use super::wire::{GraphQlAnswer, GraphQlError};
use super::{GitHub, error_kind, take};
use crate::service_error::{FailureKind, ServiceError};

impl GitHub<'_> {
    /// Sends one query that is built from what the server's schema has, again without what it turns out to lack. `before_reading` is
    /// called when the answer is there and nothing of it is held yet.
    pub(super) fn query_capable(
        &self,
        name: &str,
        document: &dyn Fn(Capabilities) -> String,
        variables: &Value,
        before_reading: &mut dyn FnMut(),
    ) -> Result<GraphQlAnswer, ServiceError> {
        loop {
            let asked = self.capabilities();
            let answer = self.query_held(name, &document(asked), variables, before_reading)?;
            let left = asked.without_undefined(&answer.errors);
            if left == asked {
                return Ok(answer);
            }
            tracing::debug!(?left, "this GitHub lacks some fields");
            *self
                .capabilities
                .lock()
                .unwrap_or_else(PoisonError::into_inner) = left;
        }
    }

    pub(super) fn capabilities(&self) -> Capabilities {
        *self
            .capabilities
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends one query about one repository and returns what it holds of that. Any error fails it.
    pub(super) fn query_repository(
        &self,
        name: &str,
        document: &str,
        variables: &Value,
    ) -> Result<Map<String, Value>, ServiceError> {
        let answer = self.query(name, document, variables)?;
        let fail = |kind, detail: String| ServiceError::new(SERVICE, name, kind, detail);
        if let Some(error) = answer.errors.first() {
            return Err(fail(error_kind(error), error.message.clone()));
        }
        answer
            .data
            .ok_or_else(|| "no data".to_owned())
            .and_then(|mut data| take(&mut data, "repository"))
            .map_err(|detail| fail(FailureKind::Unreadable, detail))
    }

    /// Sends one query and returns data and errors.
    pub(super) fn query(
        &self,
        name: &str,
        document: &str,
        variables: &Value,
    ) -> Result<GraphQlAnswer, ServiceError> {
        self.query_held(name, document, variables, &mut || {})
    }

    fn query_held(
        &self,
        name: &str,
        document: &str,
        variables: &Value,
        before_reading: &mut dyn FnMut(),
    ) -> Result<GraphQlAnswer, ServiceError> {
        let call = self.sender.graphql(name, document, variables)?;
        let answer = self.sender.send(&call)?;
        if answer.status != 200 {
            return Err(self.sender.failure(&call, answer));
        }
        let limited_for = self.sender.limited_for(&answer);
        before_reading();
        let mut answer: GraphQlAnswer = answer.decode()?;
        let price = answer
            .data
            .as_mut()
            .and_then(|data| data.remove("rateLimit"));
        if let Some(cost) = price.and_then(|price| price["cost"].as_u64()) {
            self.sender.budgets().spend(cost);
        }
        if let Some(message) = limit_in(&answer) {
            self.sender.note_limit(limited_for);
            return Err(ServiceError::new(
                SERVICE,
                name,
                FailureKind::RateLimited {
                    retry_after: Some(limited_for),
                },
                message,
            ));
        }
        if let Some(error) = answer.errors.iter().find(|error| is_overload(error)) {
            return Err(ServiceError::new(
                SERVICE,
                name,
                FailureKind::Overloaded,
                error.message.clone(),
            ));
        }
        Ok(answer)
    }
}

/// What says that our rate is limited, in an answer with status 200: an error of that type, or nothing but a message.
fn limit_in(answer: &GraphQlAnswer) -> Option<String> {
    let is_limit = |error: &&GraphQlError| {
        error.is_kind("RATE_LIMITED")
            || error.is_kind("RATE_LIMIT")
            || is_limit_message(&error.message)
    };
    if let Some(error) = answer.errors.iter().find(is_limit) {
        return Some(error.message.clone());
    }
    let message = answer.message.as_ref().filter(|_| answer.data.is_none());
    message.filter(|message| is_limit_message(message)).cloned()
}

fn is_overload(error: &GraphQlError) -> bool {
    [
        "MAX_NODE_LIMIT_EXCEEDED",
        "SERVICE_UNAVAILABLE",
        "RESOURCE_LIMITS_EXCEEDED",
    ]
    .iter()
    .any(|kind| error.is_kind(kind))
        || error
            .message
            .contains("Something went wrong while executing your query")
        || error
            .message
            .to_ascii_lowercase()
            .contains("resource limit")
}
