//! Stateful stand-ins for T3 Code and GitHub on loopback, as strict as the services they stand for.

pub mod clock;
pub mod forgejo;
pub mod github;
pub mod github_app;
pub mod github_branches;
pub mod github_checks;
mod github_checks_rest;
mod github_commits;
mod github_connection;
mod github_deployments;
mod github_graphql;
mod github_ids;
mod github_json;
pub mod github_limits;
mod github_objects;
mod github_price;
mod github_rest;
mod github_schema;
pub mod github_state;
mod github_story;
pub mod http_server;
pub mod kubernetes;
pub mod kubernetes_objects;
pub mod ntfy;
pub mod slack;
pub mod t3;
pub mod woodpecker;
