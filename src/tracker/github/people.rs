//! Many people's permissions in one request.
//!
//! GraphQL lists collaborators, and only to tokens that may push; it is a first look. Who it says may not push is refused without
//! a request of their own. Whoever passes is looked up by itself, right before it matters: see `permission`.

use serde::Deserialize;
use serde_json::json;

use super::batches::{Part, Parts, in_batches_of};
use super::{GitHub, decode, documents};
use crate::domain::issue::Permission;
use crate::tracker::Repository;

/// People in one request; each is one list of at most one entry.
const PEOPLE_AT_ONCE: usize = 100;

#[derive(Debug, Deserialize)]
struct WireCollaborators {
    collaborators: Option<WireEdges>,
}

#[derive(Debug, Deserialize)]
struct WireEdges {
    edges: Vec<Option<WireEdge>>,
}

#[derive(Debug, Deserialize)]
struct WireEdge {
    permission: String,
    node: WireNode,
}

#[derive(Debug, Deserialize)]
struct WireNode {
    login: String,
}

impl GitHub<'_> {
    /// Whoever of these may not push, for certain.
    pub(super) fn look_up_lower_permissions(
        &self,
        wanted: &[(&Repository, &str)],
    ) -> Vec<Option<Permission>> {
        let levels = in_batches_of(PEOPLE_AT_ONCE, wanted, |batch, _| {
            let mut variables = json!({});
            for (index, (repository, login)) in batch.iter().enumerate() {
                variables[format!("o{index}")] = json!(repository.repo.owner());
                variables[format!("n{index}")] = json!(repository.repo.name());
                variables[format!("l{index}")] = json!(login);
            }
            let document = |_| documents::people(batch.len());
            let Parts { parts, .. } =
                self.query_parts("look up permissions", &document, &variables, batch.len())?;
            let levels = batch.iter().zip(parts);
            Ok(levels
                .map(|((_, login), part)| Ok(lower_level(login, part)))
                .collect())
        });
        // What could not be told this way is asked for one by one.
        levels
            .into_iter()
            .map(|level| level.ok().flatten())
            .collect()
    }
}

fn lower_level(login: &str, part: Part) -> Option<Permission> {
    if !part.errors.is_empty() {
        return None;
    }
    let wire: WireCollaborators = decode(part.data?).ok()?;
    match wire.collaborators?.edges.as_slice() {
        [] => Some(Permission::None),
        [Some(edge)] if edge.node.login.eq_ignore_ascii_case(login) => {
            match edge.permission.as_str() {
                "READ" => Some(Permission::Read),
                "TRIAGE" => Some(Permission::Triage),
                _ => None,
            }
        }
        _ => None,
    }
}
