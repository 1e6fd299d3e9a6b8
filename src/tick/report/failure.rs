//! One line of what failed, or of what needs a person.

use serde::{Serialize, Serializer};

use crate::domain::repository::RepoRef;
use crate::service_error::ServiceError;

/// Something that went wrong, or, among the warnings, that needs a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The repository concerned; `null` when all are.
    #[serde(serialize_with = "name")]
    pub repository: Option<RepoRef>,
    /// The service.
    pub service: String,
    /// What was asked of it.
    pub call: String,
    /// What happened.
    pub error: String,
}

impl Failure {
    /// Notes a failed call.
    #[must_use]
    pub fn new(repository: Option<&RepoRef>, error: &ServiceError) -> Self {
        let text = error.for_operators();
        let head = format!("{}: {}: ", error.service, error.call);
        Self {
            repository: repository.cloned(),
            service: error.service.to_owned(),
            call: error.call.clone(),
            error: text.strip_prefix(&head).map_or(text.clone(), str::to_owned),
        }
    }

    /// Builds a warning: what was looked at, of which service, and what a person should know.
    #[must_use]
    pub fn warning(
        repository: Option<&RepoRef>,
        service: &str,
        call: impl Into<String>,
        what: impl Into<String>,
    ) -> Self {
        Self {
            repository: repository.cloned(),
            service: service.to_owned(),
            call: call.into(),
            error: what.into(),
        }
    }

    /// What is named as the service of what the command line is wrong about.
    const COMMAND_LINE: &str = "command line";

    /// Builds the warning about a repository that the command line names and where there is nothing to do: it may be a slip.
    #[must_use]
    pub fn stranger(repository: &RepoRef, what: &str) -> Self {
        let call = format!("find {}", repository.full_name());
        Self::warning(Some(repository), Self::COMMAND_LINE, call, what)
    }

    /// Returns whether the command line is to be mended, and nothing else.
    #[must_use]
    pub fn is_of_command_line(&self) -> bool {
        self.service == Self::COMMAND_LINE
    }
}

fn name<S: Serializer>(repository: &Option<RepoRef>, serializer: S) -> Result<S::Ok, S::Error> {
    match repository {
        Some(repository) => serializer.collect_str(repository),
        None => serializer.serialize_none(),
    }
}
