//! Whether an end that stands in a title is believed (SPEC 4.3, w3).
//!
//! Whoever can write to T3 can write "done" there. So an end that was found, and not decided in this tick, is carried out
//! only on what this tick saw. Handing back is always safe.

use serde::{Deserialize, Serialize};

use super::run_state_machine::{Action, Decided};
use crate::domain::identity::EndKind;
use crate::domain::reason::ReasonCode;
use crate::domain::verdict::ci::{RedReason, Verdict};

/// What a tick saw of a run whose title says that it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndFacts {
    /// The end that stands in the title.
    pub kind: EndKind,
    /// Its code there, where the title has one.
    pub reason: Option<ReasonCode>,
    /// Whether somebody withdrew the authorisation, even if that was undone.
    pub withdrawn_once: bool,
    /// Whether an agent was ever started.
    pub started: bool,
    /// Whether the forge told nothing of the issue.
    pub issue_unread: bool,
    /// Whether what could not be read is waited for no longer. Until then one bad moment of a service says nothing against what
    /// an earlier tick saw.
    pub lost: bool,
    /// What CI says about the run's commit; `None` without a commit.
    pub verdict: Option<Verdict>,
    /// Whether a stage of it could not be read.
    pub stage_unread: bool,
    /// Whether every commit since the dispatch was read.
    pub every_commit_read: bool,
}

/// What this tick's facts say about an end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// It is carried out.
    Proven,
    /// The evidence may still come; why, for people.
    Waits(String),
    /// The run is handed back instead.
    Unproven(Decided),
}

/// Holds an end that was found in a title against what was seen. `decided` is what the table says of the run.
#[must_use]
pub fn proof(facts: &EndFacts, decided: &Decided) -> Proof {
    match facts.kind {
        EndKind::NeedsHuman | EndKind::Frozen => Proof::Proven,
        EndKind::StoodDown => {
            if facts.withdrawn_once || !facts.started {
                Proof::Proven
            } else if facts.issue_unread && !facts.lost {
                Proof::Waits(
                    "its title says that it was withdrawn, and its issue could not be read"
                        .to_owned(),
                )
            } else {
                Proof::Unproven(instead(
                    facts,
                    decided,
                    "stood-down",
                    "nobody withdrew the issue",
                ))
            }
        }
        EndKind::Done => match &facts.verdict {
            Some(Verdict::Green) => Proof::Proven,
            Some(Verdict::Pending { stage, detail }) => Proof::Waits(format!(
                "its title says that it landed; the {} of its commit is not finished: {detail}",
                stage.as_str()
            )),
            // A stage that could not be read just now says nothing against what an earlier tick saw.
            Some(Verdict::Red(red))
                if red.reason == RedReason::CiSilent && facts.stage_unread && !facts.lost =>
            {
                Proof::Waits(format!(
                    "its title says that it landed, and its {} could not be read",
                    red.stage.as_str()
                ))
            }
            Some(Verdict::Red(_)) => {
                Proof::Unproven(instead(facts, decided, "done", "its commit is red"))
            }
            None => {
                let over = facts.lost || matches!(decided.reason, Some(ReasonCode::RunLimit));
                // The issue tells which commit closed it.
                let withheld = facts.issue_unread && !facts.lost;
                if (facts.every_commit_read && !withheld) || over {
                    let why = "no commit of it is on the branch";
                    Proof::Unproven(instead(facts, decided, "done", why))
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
fn instead(facts: &EndFacts, decided: &Decided, says: &str, but: &str) -> Decided {
    match (decided.action, decided.reason) {
        (Action::EscalatePrepush | Action::FreezeEscalate, Some(_)) => decided.clone(),
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
            reason: Some(match &facts.verdict {
                Some(Verdict::Red(red)) if red.reason == RedReason::Reverted => {
                    ReasonCode::Reverted
                }
                Some(_) => ReasonCode::NoNewCommit,
                None => ReasonCode::NoPush,
            }),
            detail: format!("The title of its thread says '{says}', and {but}."),
        },
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::domain::verdict::ci::{Red, Stage};

    fn verdicts() -> [Option<Verdict>; 6] {
        let red = |reason| {
            Some(Verdict::Red(Red {
                stage: Stage::Build,
                reason,
                at: DateTime::UNIX_EPOCH,
                checks: Vec::new(),
                cause: None,
            }))
        };
        [
            None,
            Some(Verdict::Green),
            Some(Verdict::Pending {
                stage: Stage::Build,
                detail: "it runs".to_owned(),
            }),
            red(RedReason::CiSilent),
            red(RedReason::Failed),
            red(RedReason::Reverted),
        ]
    }

    fn decisions() -> [Decided; 3] {
        let decided = |action, reason| Decided {
            action,
            reason,
            detail: "as the table says".to_owned(),
        };
        [
            decided(Action::Wait, None),
            decided(Action::EscalatePrepush, Some(ReasonCode::RunLimit)),
            decided(Action::EscalatePrepush, Some(ReasonCode::ForgeLost)),
        ]
    }

    /// Every combination of what a tick can see, with what the table says.
    fn all() -> Vec<(EndFacts, Decided)> {
        let mut all = Vec::new();
        let kinds = [
            EndKind::Done,
            EndKind::NeedsHuman,
            EndKind::Frozen,
            EndKind::StoodDown,
        ];
        for (kind, bits) in kinds
            .iter()
            .flat_map(|kind| (0..64_u32).map(move |bits| (kind, bits)))
        {
            for verdict in verdicts() {
                for decided in decisions() {
                    let facts = EndFacts {
                        kind: *kind,
                        reason: None,
                        withdrawn_once: bits & 1 != 0,
                        started: bits & 2 != 0,
                        issue_unread: bits & 4 != 0,
                        lost: bits & 8 != 0,
                        verdict: verdict.clone(),
                        stage_unread: bits & 16 != 0,
                        every_commit_read: bits & 32 != 0,
                    };
                    all.push((facts, decided));
                }
            }
        }
        all
    }

    #[test]
    fn an_end_is_carried_out_only_on_what_was_seen() {
        for (facts, decided) in all() {
            let proven = match facts.kind {
                EndKind::NeedsHuman | EndKind::Frozen => true,
                EndKind::StoodDown => facts.withdrawn_once || !facts.started,
                EndKind::Done => facts.verdict == Some(Verdict::Green),
            };
            let is = proof(&facts, &decided) == Proof::Proven;
            assert_eq!(is, proven, "{facts:?} {decided:?}");
        }
    }

    #[test]
    fn what_could_not_be_read_is_waited_for_until_it_is_lost_and_a_commit_until_its_deadline() {
        for (facts, decided) in all() {
            let is_pending = matches!(facts.verdict, Some(Verdict::Pending { .. }));
            let is_silent = facts.verdict.as_ref().is_some_and(
                |verdict| matches!(verdict, Verdict::Red(red) if red.reason == RedReason::CiSilent),
            );
            let is_over = decided.reason == Some(ReasonCode::RunLimit);
            let waits = match facts.kind {
                EndKind::NeedsHuman | EndKind::Frozen => false,
                EndKind::StoodDown => {
                    !facts.withdrawn_once && facts.started && facts.issue_unread && !facts.lost
                }
                EndKind::Done if facts.verdict.is_none() => {
                    (facts.issue_unread || !facts.every_commit_read) && !facts.lost && !is_over
                }
                EndKind::Done => is_pending || (is_silent && facts.stage_unread && !facts.lost),
            };
            let is = matches!(proof(&facts, &decided), Proof::Waits(_));
            assert_eq!(is, waits, "{facts:?} {decided:?}");
        }
    }

    #[test]
    fn what_is_not_believed_is_handed_back_with_the_reason_of_the_table_or_of_the_commit() {
        for (facts, decided) in all() {
            let Proof::Unproven(instead) = proof(&facts, &decided) else {
                continue;
            };
            assert_eq!(instead.action, Action::EscalatePrepush, "{facts:?}");
            let of_commit = match &facts.verdict {
                Some(Verdict::Red(red)) if red.reason == RedReason::Reverted => {
                    ReasonCode::Reverted
                }
                Some(_) => ReasonCode::NoNewCommit,
                None => ReasonCode::NoPush,
            };
            assert_eq!(
                instead.reason,
                Some(decided.reason.unwrap_or(of_commit)),
                "{facts:?}"
            );
            let is_of_table = instead == decided;
            assert_eq!(is_of_table, decided.reason.is_some(), "{facts:?}");
            assert!(
                is_of_table
                    || instead
                        .detail
                        .contains(&format!("says '{}'", facts.kind.as_str())),
                "{}",
                instead.detail
            );
        }
    }
}
