//! Whether an end that stands in a title is believed (SPEC 4.3, w3).
//!
//! Whoever can write to T3 can write "done" there. So an end that was found, and not decided in this tick, is carried out
//! only on what this tick saw. Handing back is always safe.

use super::observed::Observed;
use crate::domain::identity::{EndKind, Ending};
use crate::domain::reason::ReasonCode;
use crate::domain::run::run_state_machine::{Action, Decided};
use crate::domain::verdict::ci::{RedReason, Verdict};

/// What this tick's facts say about an end.
pub(super) enum Proof {
    /// It is carried out.
    Proven,
    /// The evidence may still come; why, for people.
    Waits(String),
    /// The run is handed back instead.
    Unproven(Decided),
}

/// Holds an end that was found in a title against what was seen. `given_up` says that the run is older than the sum of its
/// limits: then nothing is waited for any more, but an issue that could not be read, until `lost` says that it never will be.
pub(super) fn proof(run: &Observed, ending: &Ending, given_up: bool, lost: bool) -> Proof {
    match ending.kind {
        EndKind::NeedsHuman | EndKind::Frozen => Proof::Proven,
        EndKind::StoodDown => {
            if run.standing.withdrawn_once || !run.thread.facts.is_started() {
                Proof::Proven
            } else if run.is_unread() && !lost {
                Proof::Waits(
                    "its title says that it was withdrawn, and its issue could not be read"
                        .to_owned(),
                )
            } else {
                Proof::Unproven(instead(run, "stood-down", "nobody withdrew the issue"))
            }
        }
        EndKind::Done => match &run.verdict {
            Some(Verdict::Green) => Proof::Proven,
            Some(Verdict::Pending { stage, detail }) => Proof::Waits(format!(
                "its title says that it landed; the {} of its commit is not finished: {detail}",
                stage.as_str()
            )),
            // A stage that could not be read just now says nothing against what an earlier tick saw.
            Some(Verdict::Red(red))
                if red.reason == RedReason::CiSilent && !run.unread.is_empty() && !given_up =>
            {
                Proof::Waits(format!(
                    "its title says that it landed, and its {} could not be read",
                    red.stage.as_str()
                ))
            }
            Some(Verdict::Red(_)) => Proof::Unproven(instead(run, "done", "its commit is red")),
            None => {
                let all_read = run
                    .facts
                    .as_ref()
                    .is_none_or(|facts| facts.every_commit_read);
                let over = matches!(run.decided.reason, Some(ReasonCode::RunLimit));
                // The issue tells which commit closed it.
                let withheld = run.is_unread() && !lost;
                if (all_read && !withheld) || over {
                    let why = "no commit of it is on the branch";
                    Proof::Unproven(instead(run, "done", why))
                } else {
                    Proof::Waits(
                        "its title says that it landed, and not everything that tells of its commit could be read"
                            .to_owned(),
                    )
                }
            }
        },
    }
}

/// The hand-back in the place of an end that is not believed: what the table says, where that is one.
fn instead(run: &Observed, says: &str, but: &str) -> Decided {
    match (run.decided.action, run.decided.reason) {
        (Action::EscalatePrepush | Action::FreezeEscalate, Some(_)) => run.decided.clone(),
        (
            Action::Wait
            | Action::FixForward
            | Action::Resume
            | Action::CloseSuccess { .. }
            | Action::StandDown
            | Action::EscalatePrepush
            | Action::FreezeEscalate,
            _,
        ) => Decided {
            action: Action::EscalatePrepush,
            reason: Some(match (&run.pushed, &run.verdict) {
                (_, Some(Verdict::Red(red))) if red.reason == RedReason::Reverted => {
                    ReasonCode::Reverted
                }
                (Some(_), _) => ReasonCode::NoNewCommit,
                (None, _) => ReasonCode::NoPush,
            }),
            detail: format!("The title of its thread says '{says}', and {but}."),
        },
    }
}
