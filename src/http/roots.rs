//! Files of root certificates.
//!
//! They are read when they are needed; whoever wants to know beforehand asks [`check_roots`].

use std::path::Path;

use reqwest::Certificate;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::cause::chain;
use super::secret_file::read_file;

/// Longer than the certificates of any machine.
const ROOTS_MAX_BYTES: u64 = 1024 * 1024;

/// Makes sure that a file can be read and holds certificates in PEM, each of which can be used.
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
    // Editors of another system begin a file with a mark.
    let pem = pem.trim_start_matches('\u{feff}');
    try_each(pem.as_bytes()).map_err(|why| format!("{}: {why}", path.display()))?;
    let certificates = Certificate::from_pem_bundle(pem.as_bytes())
        .map_err(|error| format!("{}: {}", path.display(), chain(&error)))?;
    if certificates.is_empty() {
        return Err(format!("{} holds no certificate", path.display()));
    }
    Ok(certificates)
}

/// Takes each certificate as connections do: one that is damaged spoils them all, and they would not say which.
fn try_each(pem: &[u8]) -> Result<(), String> {
    for (index, certificate) in CertificateDer::pem_slice_iter(pem).enumerate() {
        let number = index + 1;
        let damaged = |why: &dyn std::error::Error| {
            format!("certificate {number} in it can not be used: {}", chain(why))
        };
        let certificate = certificate.map_err(|error| damaged(&error))?;
        RootCertStore::empty()
            .add(certificate)
            .map_err(|error| damaged(&error))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = include_str!("../../tests/fixtures/one-root.pem");

    fn checked(pem: &str) -> Result<(), String> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("roots.pem");
        std::fs::write(&path, pem).unwrap();
        let name = path.display().to_string();
        check_roots(&path).map_err(|why| why.replace(&name, "FILE"))
    }

    #[test]
    fn a_damaged_certificate_is_told_by_its_number() {
        // DER of something else.
        let damaged = "-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n";
        let begins = "FILE: certificate 2 in it can not be used: ";
        for second in [
            damaged,
            "-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n",
        ] {
            let why = checked(&format!("{ROOT}\n{second}{ROOT}")).unwrap_err();
            assert!(why.starts_with(begins), "{why}");
        }
        assert_eq!(
            checked("no PEM"),
            Err("FILE holds no certificate".to_owned())
        );
    }

    #[test]
    fn a_byte_order_mark_is_taken_off() {
        for pem in [
            ROOT.to_owned(),
            format!("\u{feff}{ROOT}"),
            format!("{ROOT}{ROOT}"),
        ] {
            assert_eq!(checked(&pem), Ok(()));
        }
    }
}
