//! Deciding again what a line says was decided.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::line::{Line, Tick};
use crate::domain::reason::ReasonCode;
use crate::domain::run::basis::RunBasis;
use crate::domain::start::basis::StartBasis;

/// What was decided, or is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// The word of the decision or action.
    pub decision: String,
    /// Why.
    pub codes: Vec<ReasonCode>,
}

/// How today's code decides otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// It decides this.
    Decides(Outcome),
    /// It would ask more than was asked then.
    AsksMore,
    /// The facts are not those that the line was written with.
    OtherFacts,
    /// The facts were left out, as the log does: nothing can be decided.
    NoFacts,
}

/// Decides a line again. `None`: as it was decided then.
///
/// # Errors
///
/// Why the facts of the line are none.
pub fn replay(line: &Line) -> Result<Option<Difference>, String> {
    if line.lacks_facts() {
        return Ok(Some(Difference::NoFacts));
    }
    if !line.is_intact() {
        return Ok(Some(Difference::OtherFacts));
    }
    if line.facts.is_null() {
        return Ok(None);
    }
    let now = match line.tick {
        Tick::Poll => facts::<StartBasis>(line)?
            .decide(line.issue)
            .map(|(decision, reasons)| Outcome {
                decision: decision.as_str().to_owned(),
                codes: reasons.iter().map(|reason| reason.code).collect(),
            }),
        Tick::Watch => {
            let (action, reason) = facts::<RunBasis>(line)?.decide();
            Some(Outcome {
                decision: action.to_owned(),
                codes: reason.into_iter().collect(),
            })
        }
    };
    Ok(match now {
        None => Some(Difference::AsksMore),
        Some(now) if now.decision == line.decision && now.codes == line.codes => None,
        Some(now) => Some(Difference::Decides(now)),
    })
}

fn facts<F: DeserializeOwned>(line: &Line) -> Result<F, String> {
    F::deserialize(&line.facts)
        .map_err(|error| format!("its facts are none of afk-{}: {error}", line.tick.as_str()))
}
