//! What the suite needs besides the crate: the loopback sandbox, and the program run against it.

pub mod contract;
pub mod delivery;
pub mod forge;
pub mod forgejo_contract;
pub mod forgejo_saga;
pub mod kubernetes_contract;
pub mod message_schema;
pub mod place;
pub mod saga;
pub mod sandbox;
pub mod world;

/// Whether stories that are disturbed at many places are told for every one (`AFK_EVERY_POINT=1`), and not for a fair part.
#[allow(
    clippy::disallowed_methods,
    reason = "this variable is for tests; the program never reads it"
)]
pub fn every_point() -> bool {
    std::env::var_os("AFK_EVERY_POINT").is_some_and(|value| value == "1")
}
