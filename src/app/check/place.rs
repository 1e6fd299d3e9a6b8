//! Where a secret is to be put: not every one comes from the key of its own name, and a value beside a file is an error.

use crate::domain::config::{Key, SecretSource};

/// Where a person puts another secret in place of this one.
pub(super) fn place(source: &SecretSource, key: Key) -> String {
    match source {
        SecretSource::Inline(_) => key.name().to_owned(),
        // A file of the configuration directory has the key's own name.
        SecretSource::File(path) if path.file_name().is_some_and(|name| name == key.name()) => {
            format!("the file {}", path.display())
        }
        SecretSource::File(path) => format!(
            "the file {} that {} names",
            path.display(),
            key.file_name().unwrap_or(key.name())
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::Secret;

    #[test]
    fn the_place_is_where_the_secret_came_from() {
        for (source, wanted) in [
            (SecretSource::Inline(Secret::new("hunter2")), "AFK_T3_TOKEN"),
            (
                SecretSource::File("/run/t3".into()),
                "the file /run/t3 that AFK_T3_TOKEN_FILE names",
            ),
            (
                SecretSource::File("/etc/afk/AFK_T3_TOKEN".into()),
                "the file /etc/afk/AFK_T3_TOKEN",
            ),
        ] {
            assert_eq!(place(&source, Key::T3Token), wanted);
        }
    }
}
