//! The table itself, and every combination of inputs that it is held against.

use super::*;

struct Row {
    name: &'static str,
    matches: fn(Case) -> bool,
    action: fn(Case) -> Action,
    reason: fn(Case) -> Option<ReasonCode>,
}

/// The table of the specification, line by line. First match wins.
const TABLE: &[Row] = &[
    Row {
        name: "yes | GREEN | not running",
        matches: |case| matches!(case.outlook, Outlook::Green) && !case.running(),
        action: |case| Action::CloseSuccess {
            quiet: case.revoked,
        },
        reason: |_| Some(ReasonCode::Landed),
    },
    Row {
        name: "yes | GREEN | running | within the run limit",
        matches: |case| {
            matches!(case.outlook, Outlook::Green)
                && case.run_age < RUN_MAX
                && !case.over_tokens()
                && !case.halted()
        },
        action: |_| Action::Wait,
        reason: |_| None,
    },
    Row {
        name: "yes | GREEN | running | past it",
        matches: |case| matches!(case.outlook, Outlook::Green),
        action: |case| Action::CloseSuccess {
            quiet: case.revoked,
        },
        reason: |_| Some(ReasonCode::Landed),
    },
    Row {
        // A live agent is stopped also where it is not "running": silent, waiting for long, or unknown.
        name: "any | not GREEN | running, or stopped by its provider | AFK_HALT",
        matches: |case| {
            let is_live = case.more == More::HaltedAlive;
            case.halted() && (case.running() || is_live || case.stop().is_some())
        },
        action: |case| case.hand_back(),
        reason: |_| Some(ReasonCode::Halted),
    },
    Row {
        name: "any | not GREEN | running | tokens over AFK_RUN_MAX_TOKENS",
        matches: |case| case.over_tokens() && case.running(),
        action: |case| case.hand_back(),
        reason: |_| Some(ReasonCode::TokenLimit),
    },
    Row {
        name: "yes | reverted | any",
        matches: |case| matches!(case.outlook, Outlook::Reverted),
        action: |_| Action::EscalatePrepush,
        reason: |_| Some(ReasonCode::Reverted),
    },
    Row {
        name: "yes | RED by ci-blocked | any",
        matches: |case| matches!(case.outlook, Outlook::Blocked),
        action: |_| Action::FreezeEscalate,
        reason: |_| Some(ReasonCode::CiBlocked),
    },
    Row {
        name: "yes | RED by ci-silent | any",
        matches: |case| matches!(case.outlook, Outlook::Silent),
        action: |_| Action::FreezeEscalate,
        reason: |_| Some(ReasonCode::CiSilent),
    },
    Row {
        name: "yes | RED by ci-skipped | any",
        matches: |case| matches!(case.outlook, Outlook::Skipped),
        action: |_| Action::FreezeEscalate,
        reason: |_| Some(ReasonCode::CiSkipped),
    },
    Row {
        name: "no | any | revoked by a person",
        matches: |case| !case.pushed() && case.revoked,
        action: |_| Action::StandDown,
        reason: |_| Some(ReasonCode::Revoked),
    },
    Row {
        name: "any | not GREEN | stopped by its provider | not resumable, or AFK_RESUME_MAX in a row used up",
        matches: |case| match case.stop() {
            Some(Stop::ForGood) => true,
            Some(Stop::Until(_, resumes)) => resumes >= 8,
            None => false,
        },
        action: |case| case.hand_back(),
        reason: |_| Some(ReasonCode::ProviderFailed),
    },
    Row {
        // Revoked and red it ends by the row "yes | RED | not running | revoked": waiting would have no end.
        name: "any | not GREEN | stopped by its provider | resume time not reached, or draining, or revoked after a push",
        matches: |case| match case.stop() {
            Some(Stop::Until(seconds, _)) => {
                let over = case.revoked && case.red().is_some();
                seconds > 0 || !over && (case.draining || (case.revoked && case.pushed()))
            }
            Some(Stop::ForGood) | None => false,
        },
        action: |_| Action::Wait,
        reason: |_| None,
    },
    Row {
        name: "any | not GREEN | stopped by its provider",
        matches: |case| case.stop().is_some() && !(case.revoked && case.red().is_some()),
        action: |_| Action::Resume,
        reason: |_| None,
    },
    Row {
        name: "yes | RED | any | seconds since the first red at or over max",
        matches: |case| case.red().is_some_and(|(_, _, since)| since >= FIX_MAX),
        action: |_| Action::FreezeEscalate,
        reason: |_| Some(ReasonCode::BudgetExhausted),
    },
    Row {
        name: "yes | RED | running",
        matches: |case| case.red().is_some() && case.running(),
        action: |_| Action::Wait,
        reason: |_| None,
    },
    Row {
        name: "yes | RED | not running | revoked",
        matches: |case| case.red().is_some() && case.revoked,
        action: |_| Action::FreezeEscalate,
        reason: |_| Some(ReasonCode::RevokedRed),
    },
    Row {
        name: "yes | RED | not running | this commit was answered already",
        matches: |case| case.red().is_some_and(|(_, answered, _)| answered),
        action: |_| Action::FreezeEscalate,
        reason: |_| Some(ReasonCode::NoNewCommit),
    },
    Row {
        name: "yes | RED | not running | attempts at or over max",
        matches: |case| {
            case.red()
                .is_some_and(|(attempts, _, _)| attempts >= case.max_attempts)
        },
        action: |_| Action::FreezeEscalate,
        reason: |_| Some(ReasonCode::BudgetExhausted),
    },
    Row {
        name: "yes | RED | not running | draining",
        matches: |case| case.red().is_some() && case.draining,
        action: |_| Action::Wait,
        reason: |_| None,
    },
    Row {
        name: "yes | RED | not running",
        matches: |case| case.red().is_some(),
        action: |_| Action::FixForward,
        reason: |_| None,
    },
    Row {
        name: "yes | PENDING | any",
        matches: |case| case.pushed(),
        action: |_| Action::Wait,
        reason: |_| None,
    },
    Row {
        name: "no | any | not every commit since the dispatch could be read | within the run limit",
        matches: |case| case.more == More::NotEveryCommitRead && case.run_age < RUN_MAX,
        action: |_| Action::Wait,
        reason: |_| None,
    },
    Row {
        name: "no | any | not every commit since the dispatch could be read | past it",
        matches: |case| case.more == More::NotEveryCommitRead,
        action: |_| Action::EscalatePrepush,
        reason: |_| Some(ReasonCode::RunLimit),
    },
    Row {
        name: "no | over | for at least the settle time",
        matches: |case| case.is(&[AgentState::Over]) && case.unchanged >= SETTLE,
        action: |_| Action::EscalatePrepush,
        reason: |_| Some(ReasonCode::NoPush),
    },
    Row {
        name: "no | failed | for at least the settle time",
        matches: |case| case.is(&[AgentState::Failed]) && case.unchanged >= SETTLE,
        action: |_| Action::EscalatePrepush,
        reason: |_| Some(ReasonCode::AgentFailed),
    },
    Row {
        name: "no | dead | for at least the settle time",
        matches: |case| case.is(&[AgentState::Dead]) && case.unchanged >= SETTLE,
        action: |_| Action::EscalatePrepush,
        reason: |_| Some(ReasonCode::AgentStalled),
    },
    Row {
        name: "no | gone | for at least the settle time",
        matches: |case| case.is(&[AgentState::Gone]) && case.unchanged >= SETTLE,
        action: |_| Action::EscalatePrepush,
        reason: |_| Some(ReasonCode::AgentLost),
    },
    Row {
        name: "no | waiting | for at least 10 min",
        matches: |case| case.is(&[AgentState::Waiting]) && case.unchanged >= 600,
        action: |_| Action::EscalatePrepush,
        reason: |_| Some(ReasonCode::AgentWaiting),
    },
    Row {
        name: "no | starting or unknown | for at least 15 min",
        matches: |case| {
            case.is(&[AgentState::Starting, AgentState::Unknown]) && case.unchanged >= 900
        },
        action: |_| Action::EscalatePrepush,
        reason: |_| Some(ReasonCode::AgentLost),
    },
    Row {
        name: "no | running, waiting, starting | run age at or over the run limit",
        matches: |case| {
            case.is(&[
                AgentState::Running,
                AgentState::Waiting,
                AgentState::Starting,
            ]) && case.run_age >= RUN_MAX
        },
        action: |_| Action::EscalatePrepush,
        reason: |_| Some(ReasonCode::RunLimit),
    },
    Row {
        name: "no | otherwise",
        matches: |_| true,
        action: |_| Action::Wait,
        reason: |_| None,
    },
];

fn around(limit: i64) -> [i64; 3] {
    [limit - 1, limit, limit + 1]
}

pub(super) fn outlooks() -> Vec<Outlook> {
    let mut outlooks = vec![
        Outlook::NotPushed,
        Outlook::Green,
        Outlook::Pending,
        Outlook::Silent,
        Outlook::Skipped,
        Outlook::Blocked,
        Outlook::Reverted,
    ];
    for since in around(FIX_MAX) {
        for attempts in [0, 1, 4, 5, 6] {
            for answered in [false, true] {
                for clock in [FirstRed::Conclusion, FirstRed::Correction] {
                    // Nothing was answered, and no correction began the clock, before one was sent.
                    if attempts > 0 || (!answered && clock == FirstRed::Conclusion) {
                        outlooks.push(Outlook::Red {
                            attempts,
                            answered,
                            since,
                            clock,
                        });
                    }
                }
            }
        }
    }
    outlooks
}

/// Every combination, on both sides of every limit.
fn cases() -> Vec<Case> {
    let unchanged: Vec<i64> = [SETTLE, 600, 900].into_iter().flat_map(around).collect();
    combinations(&unchanged, &around(RUN_MAX), &[More::Nothing])
}

/// Everything that is rare, on both sides of its limits.
fn rare_cases() -> Vec<Case> {
    let rare = [
        More::Halted,
        More::HaltedAlive,
        More::HaltedAndStopped,
        More::Tokens(1_000),
        More::Tokens(1_001),
        More::NotEveryCommitRead,
        More::Stopped(Stop::ForGood),
        More::Stopped(Stop::Until(1, 0)),
        More::Stopped(Stop::Until(0, 7)),
        More::Stopped(Stop::Until(-1, 8)),
    ];
    combinations(&[119, 120, 599, 600], &[RUN_MAX - 1, RUN_MAX], &rare)
}

/// Combinations with few times, for what hardly depends on them.
pub(super) fn few_cases() -> Vec<Case> {
    combinations(&[0, 900], &[RUN_MAX - 1, RUN_MAX], &[More::Nothing])
}

fn combinations(unchanged: &[i64], run_ages: &[i64], more: &[More]) -> Vec<Case> {
    let outlooks = outlooks();
    let mut cases = Vec::new();
    for &outlook in &outlooks {
        for agent in AGENTS {
            for &unchanged in unchanged {
                for &run_age in run_ages {
                    for (revoked, draining) in
                        [(false, false), (false, true), (true, false), (true, true)]
                    {
                        for max_attempts in [5, 1, 0] {
                            cases.extend(more.iter().map(|&more| Case {
                                outlook,
                                agent,
                                unchanged,
                                run_age,
                                revoked,
                                draining,
                                max_attempts,
                                more,
                            }));
                        }
                    }
                }
            }
        }
    }
    cases
}

#[test]
fn every_combination_of_inputs_is_decided_as_the_table_says() {
    let mut hits = vec![0; TABLE.len()];
    for case in cases().into_iter().chain(rare_cases()) {
        let row = TABLE.iter().position(|row| (row.matches)(case)).unwrap();
        hits[row] += 1;
        let row = &TABLE[row];
        let decided = next_action(&case.facts(), &limits(case.max_attempts), now());
        assert_eq!(
            (decided.action, decided.reason),
            ((row.action)(case), (row.reason)(case)),
            "{case:?} is row '{}': {}",
            row.name,
            decided.detail
        );
        assert_eq!(
            decided.reason.is_some(),
            decided.action.end_kind().is_some(),
            "an end has a reason and nothing else has one"
        );
        assert!(decided.detail.ends_with('.'), "{}", decided.detail);
    }
    for (row, hits) in TABLE.iter().zip(hits) {
        assert!(hits > 0, "no combination reaches row '{}'", row.name);
    }
}
