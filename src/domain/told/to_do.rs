//! What a person has to do after an end, in one or two sentences.
//!
//! Labels are named as the operator calls them. Nothing is quoted here.

use super::labels::LabelNames;
use crate::domain::reason::{ReasonCode, any_refusal};

/// Returns what has to be done, without markup; `None` where nothing has.
#[must_use]
pub fn to_do(code: ReasonCode, labels: &LabelNames<'_>) -> Option<String> {
    let LabelNames {
        ready,
        in_progress,
        ready_for_human,
    } = labels;
    let first = match code {
        ReasonCode::Landed | ReasonCode::Revoked => return None,
        ReasonCode::NoPush => "Read the agent's last message and decide",
        ReasonCode::AgentFailed | ReasonCode::AgentStalled | ReasonCode::AgentLost => {
            "Look at the thread and at T3's host"
        }
        ReasonCode::AgentWaiting => "Answer the agent's question in the issue",
        ReasonCode::RunLimit | ReasonCode::TokenLimit => {
            "Look whether the issue is too large for one run"
        }
        ReasonCode::ProviderFailed => {
            "Look at the provider's account: limits, credentials, credit and model"
        }
        ReasonCode::LatePush => "Look at the commit that came late",
        ReasonCode::BudgetExhausted | ReasonCode::NoNewCommit | ReasonCode::RevokedRed => {
            "Repair or revert the red commit"
        }
        ReasonCode::CiSilent => "Look why CI gave no answer for the commit",
        ReasonCode::CiSkipped => "Let CI run for the commit",
        ReasonCode::CiBlocked => "Approve or decide what CI waits for",
        ReasonCode::Reverted => "Decide what becomes of the issue after the revert",
        ReasonCode::ForgeLost => {
            "Look whether the repository and the issue still exist, and what was pushed"
        }
        ReasonCode::Forged => {
            return Some(
                "Look who changed the thread in T3. Nothing was written to an issue.".to_owned(),
            );
        }
        ReasonCode::Halted => "Find out why AFK_HALT was set before anything runs again",
        ReasonCode::Stray => {
            return Some(format!(
                "Look at what was pushed for this issue. Until somebody removes the label {in_progress}, no other run of this repository starts."
            ));
        }
        // Refusals: nobody is rung for them.
        any_refusal!() => return None,
    };
    Some(format!(
        "{first}. To run it again, remove the label {ready_for_human} and add {ready} anew."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LABELS: LabelNames<'_> = LabelNames {
        ready: "ready-for-agent",
        in_progress: "agent-in-progress",
        ready_for_human: "ready-for-human",
    };

    #[test]
    fn every_end_that_rings_high_says_what_to_do() {
        let silent: Vec<&str> = ReasonCode::ALL
            .iter()
            .skip_while(|code| **code != ReasonCode::Landed)
            .filter(|code| to_do(**code, &LABELS).is_none())
            .map(|code| code.as_str())
            .collect();
        assert_eq!(silent, ["landed", "revoked"]);
        assert_eq!(to_do(ReasonCode::Blocked, &LABELS), None);
        assert_eq!(
            to_do(ReasonCode::CiBlocked, &LABELS).as_deref(),
            Some(
                "Approve or decide what CI waits for. To run it again, remove the label ready-for-human and add ready-for-agent anew."
            )
        );
        let stray = to_do(ReasonCode::Stray, &LABELS).unwrap();
        assert!(
            stray.contains("removes the label agent-in-progress"),
            "{stray}"
        );
    }
}
