//! The assertion with which an App says who it is: a JSON Web Token, signed with the App's key (RS256, RFC 7519 and 7518).
//!
//! The key is read from its file for each assertion, is held no longer than that, and is never shown.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;

use crate::domain::config::{AppIdentity, Secret};
use crate::http::read_file;

/// How far back an assertion says that it was made: GitHub refuses what was made in its future (`contracts/github` section 2).
const BACKDATED_SECONDS: i64 = 60;

/// How long an assertion holds from now. GitHub takes at most ten minutes by its own clock; the rest is for clocks that go ahead.
const VALID_SECONDS: i64 = 480;

/// Longer than any RSA key in PEM.
const KEY_MAX_BYTES: u64 = 64 * 1024;

/// An App's identity, and how far our clock is from GitHub's.
#[derive(Debug)]
pub(super) struct Issuer {
    id: String,
    key_file: PathBuf,
    /// Seconds that GitHub's clock is ahead of ours, once it has told us.
    ahead: AtomicI64,
}

impl Issuer {
    pub(super) fn new(app: &AppIdentity) -> Self {
        Self {
            id: app.id.clone(),
            key_file: app.key_file.clone(),
            ahead: AtomicI64::new(0),
        }
    }

    /// Takes GitHub's time for ours. Returns whether that changes anything.
    pub(super) fn adjust(&self, ours: i64, theirs: i64) -> bool {
        let ahead = theirs.saturating_sub(ours);
        self.ahead.swap(ahead, Ordering::Relaxed) != ahead
    }

    /// Makes an assertion at `now`, in seconds since 1970 by our clock.
    ///
    /// # Errors
    ///
    /// A text that names the file, and never its content.
    pub(super) fn assertion(&self, now: i64) -> Result<Secret, String> {
        let key = read_key(&self.key_file)?;
        let now = now.saturating_add(self.ahead.load(Ordering::Relaxed));
        sign(&self.id, now, &key).map_err(|why| format!("{}: {why}", self.key_file.display()))
    }
}

fn sign(issuer: &str, now: i64, key: &RsaKeyPair) -> Result<Secret, String> {
    let header = serde_json::json!({"alg": "RS256", "typ": "JWT"});
    let claims = serde_json::json!({
        "iat": now.saturating_sub(BACKDATED_SECONDS),
        "exp": now.saturating_add(VALID_SECONDS),
        "iss": issuer,
    });
    let signed = [header, claims]
        .map(|part| URL_SAFE_NO_PAD.encode(part.to_string()))
        .join(".");
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(
        &RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        signed.as_bytes(),
        &mut signature,
    )
    .map_err(|_| "the key can not sign".to_owned())?;
    let signature = URL_SAFE_NO_PAD.encode(signature);
    Ok(Secret::new(format!("{signed}.{signature}")))
}

/// Makes sure that a file holds a key that can sign for an App.
///
/// # Errors
///
/// What is wrong with the file, by its path; never its content.
pub fn check_key(path: &Path) -> Result<(), String> {
    read_key(path).map(drop)
}

fn read_key(path: &Path) -> Result<RsaKeyPair, String> {
    let name = path.display();
    let pem =
        read_file(path, KEY_MAX_BYTES).map_err(|why| format!("can not read {name}: {why}"))?;
    let der = PrivateKeyDer::from_pem_slice(pem.as_bytes())
        .map_err(|_| format!("{name}: expected a private key in PEM"))?;
    let key = match &der {
        PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()),
        PrivateKeyDer::Pkcs8(der) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()),
        // Elliptic curves, and what is not known yet.
        PrivateKeyDer::Sec1(_) | _ => return Err(format!("{name}: expected an RSA key")),
    };
    key.map_err(|why| {
        format!("{name}: expected an RSA key that can sign, the key is no good: {why}")
    })
}

#[cfg(test)]
mod tests {
    use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};

    use super::*;

    const KEY: &str = include_str!("../../../tests/fixtures/github_app/key.pem");

    fn issuer(pem: &str) -> (tempfile::TempDir, Issuer) {
        let directory = tempfile::tempdir().unwrap();
        let key_file = directory.path().join("key.pem");
        std::fs::write(&key_file, pem).unwrap();
        let app = AppIdentity {
            id: "12345".to_owned(),
            key_file,
        };
        (directory, Issuer::new(&app))
    }

    fn claims(assertion: &Secret) -> serde_json::Value {
        let part = assertion.expose().split('.').nth(1).unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    }

    #[test]
    fn an_assertion_names_the_app_holds_for_minutes_and_is_signed_with_its_key() {
        let (_directory, issuer) = issuer(KEY);
        let now = 1_800_000_000;
        let assertion = issuer.assertion(now).unwrap();
        let parts: Vec<&str> = assertion.expose().split('.').collect();
        assert_eq!(
            URL_SAFE_NO_PAD.decode(parts[0]).unwrap(),
            br#"{"alg":"RS256","typ":"JWT"}"#
        );
        assert_eq!(
            claims(&assertion),
            serde_json::json!({"iat": now - 60, "exp": now + 480, "iss": "12345"})
        );
        let key = read_key(&issuer.key_file).unwrap();
        let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public().as_ref());
        let signed = format!("{}.{}", parts[0], parts[1]);
        let signature = URL_SAFE_NO_PAD.decode(parts[2]).unwrap();
        assert!(public.verify(signed.as_bytes(), &signature).is_ok());
        assert!(public.verify(b"another text", &signature).is_err());
    }

    #[test]
    fn the_time_is_that_of_github_once_it_is_known() {
        let (_directory, issuer) = issuer(KEY);
        assert!(issuer.adjust(1_000, 9_000));
        assert!(!issuer.adjust(1_001, 9_001));
        let iat = &claims(&issuer.assertion(1_100).unwrap())["iat"];
        assert_eq!(iat, &serde_json::json!(9_100 - 60));
    }

    #[test]
    fn files_without_an_rsa_key_are_named_and_not_shown() {
        for (pem, wanted) in [
            ("", "expected a private key in PEM"),
            ("hunter2", "expected a private key in PEM"),
            (
                "-----BEGIN RSA PRIVATE KEY-----\naHVudGVyMg==\n-----END RSA PRIVATE KEY-----\n",
                "expected an RSA key that can sign",
            ),
            (
                "-----BEGIN EC PRIVATE KEY-----\naHVudGVyMg==\n-----END EC PRIVATE KEY-----\n",
                "expected an RSA key",
            ),
            (
                "-----BEGIN PRIVATE KEY-----\naHVudGVyMg==\n-----END PRIVATE KEY-----\n",
                "expected an RSA key that can sign",
            ),
        ] {
            let (_directory, issuer) = issuer(pem);
            let why = issuer.assertion(0).unwrap_err();
            let path = issuer.key_file.display().to_string();
            assert!(why.starts_with(&path) && why.contains(wanted), "{why}");
            assert!(!why.contains("hunter2") && !why.contains("aHVu"), "{why}");
            assert_eq!(check_key(&issuer.key_file), Err(why));
        }
        let why = check_key(Path::new("/nowhere/key.pem")).unwrap_err();
        assert!(why.starts_with("can not read /nowhere/key.pem: "), "{why}");
    }

    #[test]
    fn nothing_that_is_printed_shows_the_key() {
        let (_directory, issuer) = issuer(KEY);
        let assertion = issuer.assertion(0).unwrap();
        let shown = format!("{issuer:?} {assertion:?}");
        assert!(!shown.contains("PRIVATE KEY") && shown.contains("[redacted]"));
    }
}
