//! The states of the blockers that bodies name.
//!
//! Those of many issues are looked up together, each once. What can not be looked up is an unresolved blocker, which refuses.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::batches::{Part, Parts, in_batches_of};
use super::wire::WireBlockerState;
use super::{GitHub, decode};
use crate::domain::issue::{Blocker, BlockerState, IssueFacts, web_of_issue};
use crate::domain::repository::IssueNumber;
use crate::domain::start::blocked_by::BlockedBy;
use crate::service_error::ServiceError;
use crate::tracker::Repository;

/// Blockers that are looked up in one request. Each is one object, which GitHub finds by its number.
const BLOCKERS_AT_ONCE: usize = 100;

/// Owner, name and number, as they were written first.
type Reference = (String, String, IssueNumber);

/// What makes two references the same.
fn folded((owner, name, number): &Reference) -> Reference {
    (
        owner.to_ascii_lowercase(),
        name.to_ascii_lowercase(),
        *number,
    )
}

impl GitHub<'_> {
    /// Looks up what the bodies name and adds it to the blockers.
    pub(super) fn look_up_named_blockers(&self, issues: &mut [(&Repository, &mut IssueFacts)]) {
        let named: Vec<Vec<Reference>> = issues
            .iter()
            .map(|(repository, facts)| self.named_in(repository, facts))
            .collect();
        let mut wanted: HashMap<Reference, Reference> = HashMap::new();
        for reference in named.iter().flatten() {
            wanted
                .entry(folded(reference))
                .or_insert_with(|| reference.clone());
        }
        let mut wanted: Vec<Reference> = wanted.into_values().collect();
        wanted.sort_unstable();
        let states = in_batches_of(BLOCKERS_AT_ONCE, &wanted, |batch, _| self.states(batch));
        let known: HashMap<Reference, BlockerState> = wanted
            .iter()
            .map(folded)
            .zip(states.into_iter().map(|state| {
                state.unwrap_or_else(|error| BlockerState::Unresolved(error.to_string()))
            }))
            .collect();
        for ((_, facts), named) in issues.iter_mut().zip(named) {
            let blockers = named.iter().map(|reference| {
                let (owner, name, number) = reference;
                Blocker {
                    name: format!("{owner}/{name}#{number}"),
                    state: known.get(&folded(reference)).cloned().unwrap_or_else(|| {
                        BlockerState::Unresolved("it was not looked up".to_owned())
                    }),
                }
            });
            // In front, as bodies name them first.
            facts.blockers.splice(0..0, blockers);
        }
    }

    fn named_in(&self, repository: &Repository, facts: &IssueFacts) -> Vec<Reference> {
        let named = BlockedBy::in_body(&facts.body, web_of_issue(&facts.url)).references;
        named
            .into_iter()
            .map(|reference| {
                let repo = &repository.repo;
                let (owner, name) = reference
                    .repo
                    .unwrap_or_else(|| (repo.owner().to_owned(), repo.name().to_owned()));
                (owner, name, reference.number)
            })
            .collect()
    }

    fn states(
        &self,
        wanted: &[Reference],
    ) -> Result<Vec<Result<BlockerState, ServiceError>>, ServiceError> {
        let mut variables = json!({});
        for (index, (owner, name, number)) in wanted.iter().enumerate() {
            variables[format!("o{index}")] = json!(owner);
            variables[format!("n{index}")] = json!(name);
            variables[format!("i{index}")] = json!(number.0);
        }
        let document = |_| super::documents::states(wanted.len());
        let Parts { parts, .. } = self.query_parts(
            "look up blockers that bodies name",
            &document,
            &variables,
            wanted.len(),
        )?;
        Ok(parts.into_iter().map(|part| Ok(state_of(part))).collect())
    }
}

fn state_of(part: Part) -> BlockerState {
    if let Some(error) = part.errors.first() {
        return BlockerState::Unresolved(error.message.clone());
    }
    let wire = part
        .data
        .and_then(|mut data| data.get_mut("blocker").map(Value::take))
        .ok_or_else(|| "no answer".to_owned())
        .and_then(decode::<WireBlockerState>);
    wire.map_or_else(BlockerState::Unresolved, |wire| {
        match (wire.state.as_deref(), wire.pr_state.as_deref()) {
            (Some("CLOSED"), None) | (None, Some("CLOSED" | "MERGED")) => BlockerState::Closed,
            (Some("OPEN"), None) | (None, Some("OPEN")) => BlockerState::Open,
            (state, pr_state) => BlockerState::Unresolved(format!(
                "unknown state {}",
                state.or(pr_state).unwrap_or("none")
            )),
        }
    })
}
