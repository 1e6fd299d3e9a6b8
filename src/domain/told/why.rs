//! Why a run ended or was not run, in one sentence for people.
//!
//! Text of others is shortened and redacted here.

use crate::domain::reason::{Reason, ReasonCode, any_refusal};
use crate::domain::text::quoting::{one_line, plain, shorten};
use crate::domain::text::redaction::redact;

/// The longest detail of a reason that is shown, in characters.
const DETAIL_MAX_CHARS: usize = 1_000;

/// Returns one sentence of Markdown that says why, for people: the reason's own where an end has one.
#[must_use]
pub fn why(reason: &Reason) -> String {
    sentence(reason, plain)
}

/// Returns the same sentence for places that know no Markdown and mark up text themselves.
#[must_use]
pub fn why_unmarked(reason: &Reason) -> String {
    sentence(reason, one_line)
}

/// Returns the reason with a clause behind what it says; both without a full stop.
#[must_use]
pub fn with_clause(reason: &Reason, clause: &str) -> Reason {
    let said = match reason.detail.as_str() {
        "" => usual_sentence(reason.code).unwrap_or_default(),
        detail => detail.trim_end_matches('.'),
    };
    Reason::new(reason.code, format!("{said}; {clause}"))
}

fn sentence(reason: &Reason, mark_up: impl Fn(&str) -> String) -> String {
    let detail = shorten(&redact(&reason.detail), DETAIL_MAX_CHARS);
    let detail = mark_up(detail.trim_end_matches('.'));
    let code = reason.code;
    match (usual_sentence(code), detail.as_str()) {
        (Some(sentence), "") => format!("{sentence} (`{code}`)."),
        (Some(_), sentence) => format!("{sentence} (`{code}`)."),
        (None, "") => format!("The issue may not be run as it is (`{code}`)."),
        (None, detail) => format!("The issue may not be run as it is (`{code}`): {detail}."),
    }
}

/// What an end is about, when nobody says more; `None` for a refusal.
const fn usual_sentence(code: ReasonCode) -> Option<&'static str> {
    Some(match code {
        ReasonCode::Landed => "The commit is green",
        ReasonCode::NoPush => "The agent finished and no commit of this run is on the branch",
        ReasonCode::AgentFailed => "The agent failed before a commit of this run was on the branch",
        ReasonCode::AgentStalled => {
            "The agent went silent before a commit of this run was on the branch"
        }
        ReasonCode::AgentWaiting => "The agent waits for an answer or an approval",
        ReasonCode::AgentLost => "The agent's thread is gone, or its turn never began",
        ReasonCode::RunLimit => {
            "The run reached its time limit before a commit of it was on the branch"
        }
        ReasonCode::BudgetExhausted => {
            "The commit is red, and the time or the attempts to repair it are used up"
        }
        ReasonCode::NoNewCommit => {
            "The commit is red, and the agent's corrective turn brought no commit with the run's line"
        }
        ReasonCode::CiSilent => "CI did not start, or did not end, in time",
        ReasonCode::CiSkipped => "The commit asks CI to skip it, so nobody knows whether it works",
        ReasonCode::Revoked => {
            "A person withdrew the issue before a commit of this run was on the branch"
        }
        ReasonCode::RevokedRed => "A person withdrew the issue while its commit is red",
        ReasonCode::Stray => "The issue shows a run, and no live run of it is known",
        ReasonCode::TokenLimit => "The run used more tokens than it may",
        ReasonCode::ProviderFailed => {
            "The provider of the agent's model failed, and the run could not be resumed"
        }
        ReasonCode::LatePush => "A commit came while the agent was being stopped",
        ReasonCode::CiBlocked => "CI waits for a person",
        ReasonCode::Reverted => "The commit of this run was reverted",
        ReasonCode::ForgeLost => "The issue could not be read until the run's limits were over",
        ReasonCode::Forged => "The thread's title and messages name different runs",
        ReasonCode::Halted => "Every live agent was stopped, because AFK_HALT is on",
        any_refusal!() => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_a_sentence_of_its_own_or_is_a_refusal() {
        for code in ReasonCode::ALL {
            let sentence = why(&Reason::new(*code, ""));
            assert!(sentence.ends_with(&format!(" (`{code}`).")), "{sentence}");
            assert!(sentence.starts_with(char::is_uppercase), "{sentence}");
        }
    }
}
