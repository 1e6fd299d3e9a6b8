//! What opens a service, as it is at this moment.

use std::fmt;

use super::secret_file::read_secret;
use crate::domain::config::{Secret, SecretSource};
use crate::service_error::FailureKind;

/// What opens a service: asked for each request anew, because tokens rotate while a tick runs.
pub trait Bearer: fmt::Debug + Send + Sync {
    /// Returns the token of this moment.
    ///
    /// # Errors
    ///
    /// What the caller may do about it, and a text that holds no secret.
    fn bearer(&self) -> Result<Secret, (FailureKind, String)>;

    /// Returns whether the settings hold the token, so that a person has to give another one where it is refused.
    fn is_of_settings(&self) -> bool {
        false
    }

    /// Hears that the service does not take this token. Returns whether it is worth asking once more, because
    /// [`Bearer::bearer`] has another one then, or says why not.
    fn refused(&self, _token: &Secret) -> bool {
        false
    }
}

impl Bearer for SecretSource {
    fn bearer(&self) -> Result<Secret, (FailureKind, String)> {
        read_secret(self).map_err(|why| (FailureKind::SecretUnreadable, why))
    }

    fn is_of_settings(&self) -> bool {
        true
    }
}
