//! Secrets as they are at this moment: tokens rotate while a tick runs.

use std::io::Read as _;
use std::path::Path;

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
            let text = read_file(path, SECRET_MAX_BYTES)
                .map_err(|why| format!("can not read {}: {why}", path.display()))?;
            let text = text.trim();
            if text.is_empty() {
                return Err(format!("{} is empty", path.display()));
            }
            Secret::parse(text).map_err(|error| format!("{}: {error}", path.display()))
        }
    }
}

/// Longer than any secret: a key of an App has 4 KiB.
const SECRET_MAX_BYTES: u64 = 64 * 1024;

/// Reads a file, and nothing else that has a path: a pipe or a device would never end. Links are followed, as in a mounted
/// Secret.
pub(crate) fn read_file(path: &Path, max_bytes: u64) -> Result<String, String> {
    // Asked before it is opened: opening a pipe waits for somebody who writes.
    let metadata = std::fs::metadata(path).map_err(|error| error.to_string())?;
    if !metadata.is_file() {
        return Err("expected a file".to_owned());
    }
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    // It may grow while it is read.
    file.take(max_bytes + 1)
        .read_to_string(&mut text)
        .map_err(|error| error.to_string())?;
    if text.len() as u64 > max_bytes {
        return Err(format!("expected at most {} KiB", max_bytes / 1024));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &Path) -> Result<String, String> {
        read_secret(&SecretSource::File(path.to_owned())).map(|secret| secret.expose().to_owned())
    }

    #[test]
    fn only_small_files_are_read() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("token");
        std::fs::write(&path, " abc\n").unwrap();
        assert_eq!(read(&path).as_deref(), Ok("abc"));
        std::fs::write(&path, "a".repeat(64 * 1024)).unwrap();
        assert!(read(&path).is_ok());
        std::fs::write(&path, "a".repeat(64 * 1024 + 1)).unwrap();
        let name = path.display();
        assert_eq!(
            read(&path),
            Err(format!("can not read {name}: expected at most 64 KiB"))
        );
        std::fs::write(&path, "\n").unwrap();
        assert_eq!(read(&path), Err(format!("{name} is empty")));
        for path in [directory.path(), Path::new("/dev/zero")] {
            let why = read(path).unwrap_err();
            assert!(why.ends_with(": expected a file"), "{why}");
        }
    }

    #[test]
    fn nobody_waits_for_a_pipe() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&path).status();
        assert!(made.unwrap().success());
        assert_eq!(
            read(&path),
            Err(format!("can not read {}: expected a file", path.display()))
        );
    }
}
