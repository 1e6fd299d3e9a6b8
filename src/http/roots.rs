//! Files of root certificates.
//!
//! They are read when they are needed; whoever wants to know beforehand asks [`check_roots`].

use std::path::Path;

use reqwest::Certificate;

use super::cause::chain;
use super::secret_file::read_file;

/// Longer than the certificates of any machine.
const ROOTS_MAX_BYTES: u64 = 1024 * 1024;

/// Makes sure that a file can be read and holds a certificate in PEM.
///
/// # Errors
///
/// What is wrong with the file, by its path.
pub fn check_roots(path: &Path) -> Result<(), String> {
    read_roots(path).map(drop)
}

pub(super) fn read_roots(path: &Path) -> Result<Vec<Certificate>, String> {
    let pem = read_file(path, ROOTS_MAX_BYTES)
        .map_err(|why| format!("can not read {}: {why}", path.display()))?;
    let certificates = Certificate::from_pem_bundle(pem.as_bytes())
        .map_err(|error| format!("{}: {}", path.display(), chain(&error)))?;
    if certificates.is_empty() {
        return Err(format!("{} holds no certificate", path.display()));
    }
    Ok(certificates)
}
