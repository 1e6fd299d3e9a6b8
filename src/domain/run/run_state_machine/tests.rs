//! Holds the code against the table of SPEC 6, row by row, over every combination of inputs.

use self::table::{few_cases, outlooks};
use super::*;
use crate::domain::identity::{Authorisation, RepositoryId, RepositoryKey, Slot, StepNumber};
use crate::domain::identity::{EndKind, MessageId};
use crate::domain::issue::Actor;
use crate::domain::reason::ReasonCode;
use crate::domain::repository::{ForgeKind, IssueNumber};
use crate::domain::run::revocation::Revocation;
use crate::domain::verdict::ci::Stage;
use crate::domain::verdict::ci::{CommitSha, Red, RedReason, Verdict};
use chrono::TimeDelta;

mod table;

const AGENTS: [AgentState; 8] = [
    AgentState::Starting,
    AgentState::Running,
    AgentState::Waiting,
    AgentState::Over,
    AgentState::Failed,
    AgentState::Dead,
    AgentState::Gone,
    AgentState::Unknown,
];

const RUN_MAX: i64 = 14_400;
const FIX_MAX: i64 = 3_600;
const SETTLE: i64 = 120;

/// The inputs of the table as plain numbers, all of them ages in seconds.
#[derive(Clone, Copy, Debug)]
struct Case {
    outlook: Outlook,
    agent: AgentState,
    unchanged: i64,
    run_age: i64,
    revoked: bool,
    draining: bool,
    max_attempts: u32,
    more: More,
}

/// What else there is about a run; most have nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
enum More {
    Nothing,
    Halted,
    /// Its session shows an agent, whatever it is doing.
    HaltedAlive,
    /// Tokens used, where 1,000 are allowed.
    Tokens(u64),
    NotEveryCommitRead,
    Stopped(Stop),
    HaltedAndStopped,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Stop {
    ForGood,
    /// This many seconds until it may go on; resumes so far.
    Until(i64, u32),
}

#[derive(Clone, Copy, Debug)]
enum Outlook {
    NotPushed,
    Green,
    Pending,
    Silent,
    Skipped,
    Blocked,
    Reverted,
    Red {
        attempts: u32,
        answered: bool,
        /// Seconds since the first red.
        since: i64,
        clock: FirstRed,
    },
}

/// Which of the two possible beginnings of the fix-forward clock is the earlier one.
#[derive(Clone, Copy, Debug, PartialEq)]
enum FirstRed {
    Conclusion,
    Correction,
}

/// 2026-03-01, 12:00 UTC.
fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_772_366_400, 0).unwrap()
}

fn ago(seconds: i64) -> DateTime<Utc> {
    now() - TimeDelta::seconds(seconds)
}

fn commit() -> CommitSha {
    CommitSha::parse(&"4f1c2b7a".repeat(5)).unwrap()
}

fn earlier_commit() -> CommitSha {
    CommitSha::parse(&"0e".repeat(20)).unwrap()
}

fn red(reason: RedReason, since: i64) -> Verdict {
    Verdict::Red(Red {
        stage: Stage::Build,
        reason,
        at: ago(since),
        checks: Vec::new(),
        cause: None,
    })
}

fn limits(max_attempts: u32) -> RunLimits {
    RunLimits {
        fix_forward_max_attempts: max_attempts,
        fix_forward_max: TimeDelta::seconds(FIX_MAX),
        run_max: TimeDelta::seconds(RUN_MAX),
        settle: TimeDelta::seconds(SETTLE),
        ci_start_max: TimeDelta::seconds(900),
        ci_max: TimeDelta::seconds(5_400),
        ci_settle: TimeDelta::seconds(60),
        max_tokens: Some(1_000),
        resume_max: 8,
        orphan: TimeDelta::seconds(600),
    }
}

fn revocation() -> Revocation {
    Revocation::ClosedByPerson {
        actor: Actor::User {
            login: "octocat".to_owned(),
            id: Some(1),
        },
        at: ago(5),
    }
}

fn correction(red_commit: CommitSha, age: i64) -> Correction {
    Correction {
        red_commit: Some(red_commit),
        sent_at: ago(age),
    }
}

impl Case {
    fn facts(self) -> RunFacts {
        let (verdict, corrections) = match self.outlook {
            Outlook::NotPushed => (None, Vec::new()),
            Outlook::Green => (Some(Verdict::Green), Vec::new()),
            Outlook::Pending => {
                let detail = "unit tests".to_owned();
                let stage = Stage::Build;
                (Some(Verdict::Pending { stage, detail }), Vec::new())
            }
            Outlook::Silent => (Some(red(RedReason::CiSilent, 1)), Vec::new()),
            Outlook::Skipped => (Some(red(RedReason::CiSkipped, 1)), Vec::new()),
            Outlook::Blocked => (Some(red(RedReason::CiBlocked, 1)), Vec::new()),
            Outlook::Reverted => (Some(red(RedReason::Reverted, 1)), Vec::new()),
            Outlook::Red {
                attempts,
                answered,
                since,
                clock,
            } => {
                let (concluded, first_sent) = match clock {
                    FirstRed::Conclusion => (since, since - 1),
                    FirstRed::Correction => (1, since),
                };
                // The newest one first: the order must not matter.
                let corrections = (0..i64::from(attempts))
                    .rev()
                    .map(|index| {
                        let is_newest = index + 1 == i64::from(attempts);
                        let red_commit = if answered && is_newest {
                            commit()
                        } else {
                            earlier_commit()
                        };
                        correction(red_commit, first_sent - index)
                    })
                    .collect();
                (Some(red(RedReason::Failed, concluded)), corrections)
            }
        };
        RunFacts {
            agent: self.agent,
            live: self.more == More::HaltedAlive,
            changed_at: ago(self.unchanged),
            said: None,
            stopped: self.stop().map(|stop| Stopped {
                resume_at: match stop {
                    Stop::ForGood => None,
                    Stop::Until(seconds, _) => Some(ago(-seconds)),
                },
                what: "the provider is overloaded".to_owned(),
            }),
            resumes: match self.stop() {
                Some(Stop::Until(_, resumes)) => resumes,
                Some(Stop::ForGood) | None => 0,
            },
            resumed_at: None,
            tokens: match self.more {
                More::Tokens(used) => Some(used),
                More::Nothing
                | More::Halted
                | More::HaltedAlive
                | More::NotEveryCommitRead
                | More::Stopped(_)
                | More::HaltedAndStopped => None,
            },
            started_at: ago(self.run_age),
            corrections,
            revocation: if self.revoked {
                revocation()
            } else {
                Revocation::None
            },
            draining: self.draining,
            halted: self.halted(),
            every_commit_read: self.more != More::NotEveryCommitRead,
            green_since: None,
            progress: match verdict {
                None => Progress::Working,
                Some(verdict) => Progress::Pushed {
                    commit: commit(),
                    verdict,
                },
            },
        }
    }

    fn stop(self) -> Option<Stop> {
        match self.more {
            More::Stopped(stop) => Some(stop),
            More::HaltedAndStopped => Some(Stop::Until(0, 0)),
            More::Nothing
            | More::Halted
            | More::HaltedAlive
            | More::Tokens(_)
            | More::NotEveryCommitRead => None,
        }
    }

    fn halted(self) -> bool {
        matches!(
            self.more,
            More::Halted | More::HaltedAlive | More::HaltedAndStopped
        )
    }

    fn over_tokens(self) -> bool {
        matches!(self.more, More::Tokens(used) if used > 1_000)
    }

    fn hand_back(self) -> Action {
        if self.pushed() {
            Action::FreezeEscalate
        } else {
            Action::EscalatePrepush
        }
    }

    fn is(self, agents: &[AgentState]) -> bool {
        agents.contains(&self.agent)
    }

    fn pushed(self) -> bool {
        !matches!(self.outlook, Outlook::NotPushed)
    }

    /// "Running" as the specification defines it for a pushed commit.
    fn running(self) -> bool {
        self.is(&[AgentState::Starting, AgentState::Running])
            || self.is(&[AgentState::Waiting]) && (self.unchanged < 600 || !self.pushed())
    }

    fn red(self) -> Option<(u32, bool, i64)> {
        match self.outlook {
            Outlook::Red {
                attempts,
                answered,
                since,
                clock: _,
            } => Some((attempts, answered, since)),
            Outlook::NotPushed
            | Outlook::Green
            | Outlook::Pending
            | Outlook::Silent
            | Outlook::Skipped
            | Outlook::Blocked
            | Outlook::Reverted => None,
        }
    }
}

const DEFAULT: Case = Case {
    outlook: Outlook::NotPushed,
    agent: AgentState::Running,
    unchanged: 10,
    run_age: 3_600,
    revoked: false,
    draining: false,
    max_attempts: 5,
    more: More::Nothing,
};

const RED: Outlook = Outlook::Red {
    attempts: 1,
    answered: false,
    since: 100,
    clock: FirstRed::Conclusion,
};

/// An agent that worked for hours before its push still has its full budget for repairs.
#[test]
fn long_work_before_the_push_does_not_shorten_the_time_for_repairs() {
    let case = Case {
        outlook: RED,
        agent: AgentState::Over,
        run_age: 3 * RUN_MAX,
        ..DEFAULT
    };
    let decided = next_action(&case.facts(), &limits(5), now());
    assert_eq!(decided.action, Action::FixForward);
}

/// The clocks of the run and of fix-forward start anew with a resume, and no attempt is burned.
#[test]
fn a_resume_starts_the_clocks_anew() {
    let long_ago = Case {
        outlook: Outlook::Red {
            attempts: 1,
            answered: false,
            since: FIX_MAX + 5,
            clock: FirstRed::Conclusion,
        },
        agent: AgentState::Over,
        run_age: RUN_MAX,
        ..DEFAULT
    };
    for (resumed, action) in [
        (None, Action::FreezeEscalate),
        (Some(FIX_MAX), Action::FreezeEscalate),
        (Some(FIX_MAX - 1), Action::FixForward),
    ] {
        let mut facts = long_ago.facts();
        facts.resumed_at = resumed.map(ago);
        assert_eq!(next_action(&facts, &limits(5), now()).action, action);
        assert_eq!(facts.attempts(), 1);
    }
    for (resumed, action) in [
        (None, Action::EscalatePrepush),
        (Some(RUN_MAX), Action::EscalatePrepush),
        (Some(RUN_MAX - 1), Action::Wait),
    ] {
        let mut facts = Case {
            run_age: RUN_MAX,
            ..DEFAULT
        }
        .facts();
        facts.resumed_at = resumed.map(ago);
        assert_eq!(next_action(&facts, &limits(5), now()).action, action);
    }
}

/// T3 was restored, and the run's thread came again: its first commit is red since before the run began anew.
#[test]
fn the_time_for_repairs_never_begins_before_the_run() {
    for (run_age, action) in [
        (FIX_MAX, Action::FreezeEscalate),
        (FIX_MAX - 1, Action::FixForward),
    ] {
        for clock in [FirstRed::Conclusion, FirstRed::Correction] {
            let facts = Case {
                outlook: Outlook::Red {
                    attempts: u32::from(clock == FirstRed::Correction),
                    answered: false,
                    since: 2 * FIX_MAX,
                    clock,
                },
                agent: AgentState::Over,
                run_age,
                ..DEFAULT
            }
            .facts();
            assert_eq!(
                next_action(&facts, &limits(5), now()).action,
                action,
                "{run_age} {clock:?}"
            );
        }
    }
}

#[test]
fn clocks_that_run_ahead_of_ours_reach_no_limit() {
    for outlook in outlooks() {
        for agent in AGENTS {
            let mut facts = Case {
                outlook,
                agent,
                ..DEFAULT
            }
            .facts();
            facts.changed_at = ago(-60);
            facts.started_at = ago(-60);
            let decided = next_action(&facts, &limits(5), now());
            let reverted = decided.reason == Some(ReasonCode::Reverted);
            assert!(
                reverted || decided.action != Action::EscalatePrepush,
                "{facts:?}"
            );
        }
    }
}

mod words;
