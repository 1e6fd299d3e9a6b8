//! Identities that make every outward act happen at most once (SPEC 3).
//!
//! All of them are pure functions of the repository's numeric id, the slot and the step, so that a tick
//! that starts after a crash computes the same ones. Nothing here asks whether an identity is in use.

mod authorisation;
mod key;
mod message_id;
mod namespace;
mod slot;
mod thread;
mod title;

pub use self::authorisation::{Authorisation, AuthorisationDigest};
pub use self::key::{ProjectId, RepositoryId, RepositoryKey, workspace};
pub use self::message_id::MessageId;
pub use self::namespace::digest_of;
pub use self::slot::{Slot, StepNumber};
pub use self::thread::{CommandId, ThreadId};
pub use self::title::{EndKind, Ending, Title};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::repository::ForgeKind;

    fn key() -> RepositoryKey {
        RepositoryKey::new(ForgeKind::GitHub, "github.com", RepositoryId(1_296_269))
    }

    /// Computed independently with Python's `uuid.uuid5`.
    #[test]
    fn identities_are_the_ones_of_the_specification() {
        let thread = key().thread(Slot::FIRST);
        assert_eq!(key().as_str(), "github@github.com/1296269");
        assert_eq!(key().project().to_string(), EXPECTED[0]);
        assert_eq!(thread.to_string(), EXPECTED[1]);
        assert_eq!(thread.step(StepNumber::FIRST).to_string(), EXPECTED[2]);
        let digest = Authorisation::new("LE_lADOExample2").unwrap().digest();
        assert_eq!(digest.to_string(), EXPECTED[3]);
    }

    const EXPECTED: [&str; 4] = [
        "35e696d8-06a4-510f-a09e-e5fd7a4cad95",
        "a6ca3d15-f3ab-5ee0-8b39-cb3d82fbe2e5",
        "85a59893-c931-5d84-93e6-f8fe5e49e906",
        "cfe2fda94967",
    ];
}
