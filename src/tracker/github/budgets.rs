//! What this tick spent of GitHub's rate limits, and what is left (`contracts/github` section 3).
//!
//! GraphQL tells the price of each query in its answer, REST requests cost one point each; what is left stands in the headers.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};

use crate::http::Answer;
use crate::tracker::Points;

/// The budgets of one token, by name.
#[derive(Debug, Default)]
pub(in crate::tracker) struct Budgets(Mutex<BTreeMap<String, Points>>);

/// The budget of GraphQL, as headers name it.
const GRAPHQL: &str = "graphql";

impl Budgets {
    /// Notes what an answer says is left. A REST request is counted.
    pub(in crate::tracker) fn note(&self, service: &'static str, answer: &Answer<'_>) {
        let number = |name: &str| answer.header(name)?.trim().parse::<u64>().ok();
        let (Some(left), Some(limit)) =
            (number("x-ratelimit-remaining"), number("x-ratelimit-limit"))
        else {
            return;
        };
        let budget = answer.header("x-ratelimit-resource").unwrap_or("core");
        let resets_at: Option<DateTime<Utc>> = number("x-ratelimit-reset")
            .and_then(|at| DateTime::from_timestamp(i64::try_from(at).ok()?, 0));
        let mut budgets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = budgets.entry(budget.to_owned()).or_insert_with(|| Points {
            service,
            budget: budget.to_owned(),
            used: 0,
            left,
            limit,
            resets_at,
        });
        known.used += u64::from(budget != GRAPHQL);
        known.limit = limit;
        // Answers overtake each other; a new window begins with more.
        known.left = if known.resets_at == resets_at {
            known.left.min(left)
        } else {
            left
        };
        known.resets_at = resets_at;
    }

    /// Counts the price of a query.
    pub(in crate::tracker) fn spend(&self, points: u64) {
        let mut budgets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = budgets.get_mut(GRAPHQL) {
            known.used += points;
        }
    }

    pub(in crate::tracker) fn all(&self) -> Vec<Points> {
        let budgets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        budgets.values().cloned().collect()
    }
}
