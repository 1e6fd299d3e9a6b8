//! What the suite needs besides the crate: the loopback sandbox, and the program run against it.

pub mod contract;
pub mod delivery;
pub mod forgejo_contract;
pub mod forgejo_saga;
pub mod kubernetes_contract;
pub mod message_schema;
pub mod saga;
pub mod sandbox;
pub mod world;
