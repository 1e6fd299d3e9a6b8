//! Secrets as they are at this moment: tokens rotate while a tick runs.

use crate::domain::config::{Secret, SecretSource};

/// Reads a secret as it is now.
///
/// # Errors
///
/// A text that names the file and never its content.
pub fn read_secret(source: &SecretSource) -> Result<Secret, String> {
    match source {
        SecretSource::Inline(secret) => Ok(secret.clone()),
        SecretSource::File(path) => {
            let text = std::fs::read_to_string(path)
                .map_err(|error| format!("can not read {}: {error}", path.display()))?;
            let text = text.trim();
            if text.is_empty() {
                return Err(format!("{} is empty", path.display()));
            }
            Secret::parse(text).map_err(|error| format!("{}: {error}", path.display()))
        }
    }
}
