//! What people read at each end, whole: the bell, and the last part of the issue's comment.
//!
//! The expected texts stand in `tests/fixtures/told/every_end.txt`. What was found is written beside the test's other output,
//! so that a deliberate change is copied from there and read before it lands.

use std::fmt::Write as _;

use afk::domain::config::{RunLimits, load};
use afk::domain::identity::{EndKind, RepositoryId, RepositoryKey, Slot};
use afk::domain::issue::Actor;
use afk::domain::reason::{Reason, ReasonCode};
use afk::domain::repository::{ForgeKind, IssueNumber, IssueRef, RepoRef};
use afk::domain::run::revocation::{Gone, Revocation};
use afk::domain::run::run_state_machine::{
    Action, AgentState, Correction, Decided, Progress, RunFacts, Stopped, next_action,
};
use afk::domain::told::checks;
use afk::domain::told::hand_back::{HandBack, LastCommit, Summary, stood_down};
use afk::domain::told::labels::LabelNames;
use afk::domain::told::notification::{BellKind, Notification};
use afk::domain::told::to_do::to_do;
use afk::domain::told::why::why_unmarked;
use afk::domain::verdict::ci::{CommitSha, FailedCheck, Red, RedReason, Stage, Verdict};
use chrono::{DateTime, TimeDelta, Utc};

const LABELS: LabelNames<'_> = LabelNames {
    ready: "ready-for-agent",
    in_progress: "agent-in-progress",
    ready_for_human: "ready-for-human",
};

const EXPECTED: &str = include_str!("../fixtures/told/every_end.txt");

fn now() -> DateTime<Utc> {
    "2026-11-28T03:00:00Z".parse().unwrap()
}

fn sha() -> CommitSha {
    CommitSha::parse("4f1c2b7a00112233445566778899aabbccddeeff").unwrap()
}

fn checks() -> Vec<FailedCheck> {
    vec![FailedCheck {
        name: "build".to_owned(),
        url: Some("https://ci.example/runs/1".to_owned()),
        excerpt: None,
    }]
}

/// A run of one hour whose agent has been over for ten minutes without a push.
fn over() -> RunFacts {
    RunFacts {
        agent: AgentState::Over,
        live: false,
        changed_at: now() - TimeDelta::minutes(16),
        said: None,
        stopped: None,
        resumes: 0,
        resumed_at: None,
        tokens: Some(48_200),
        started_at: now() - TimeDelta::minutes(60),
        corrections: Vec::new(),
        revocation: Revocation::None,
        draining: false,
        halted: false,
        every_commit_read: true,
        green_since: None,
        progress: Progress::Working,
    }
}

fn pushed(verdict: Verdict) -> RunFacts {
    RunFacts {
        progress: Progress::Pushed {
            commit: sha(),
            verdict,
        },
        ..over()
    }
}

fn red(reason: RedReason, checks: Vec<FailedCheck>, cause: Option<&str>) -> RunFacts {
    pushed(Verdict::Red(Red {
        stage: Stage::Build,
        reason,
        at: now() - TimeDelta::minutes(20),
        checks,
        cause: cause.map(str::to_owned),
    }))
}

fn failed() -> RunFacts {
    red(RedReason::Failed, checks(), None)
}

fn closed_by_alice() -> Revocation {
    Revocation::ClosedByPerson {
        actor: Actor::User {
            login: "alice".to_owned(),
            id: Some(1),
        },
        at: now() - TimeDelta::minutes(5),
    }
}

/// Every way to an end that the table knows, in the order of the codes.
fn ends() -> Vec<RunFacts> {
    let of = |agent, said: Option<&str>| RunFacts {
        agent,
        said: said.map(str::to_owned),
        ..over()
    };
    let stopped = |what: &str, resume_at| {
        Some(Stopped {
            resume_at,
            what: what.to_owned(),
        })
    };
    let limit = "the provider's usage limit is reached: You've hit your limit";
    let credentials =
        "the provider refused the credentials on T3's host: Invalid API key · Please run /login";
    vec![
        pushed(Verdict::Green),
        over(),
        of(
            AgentState::Failed,
            Some("Claude Code native binary not found"),
        ),
        of(AgentState::Dead, None),
        of(AgentState::Waiting, Some("Which database?")),
        of(AgentState::Gone, None),
        of(AgentState::Starting, None),
        RunFacts {
            started_at: now() - TimeDelta::hours(4),
            ..of(AgentState::Running, None)
        },
        RunFacts {
            started_at: now() - TimeDelta::hours(4),
            every_commit_read: false,
            ..of(AgentState::Running, None)
        },
        RunFacts {
            tokens: Some(2_000_001),
            ..of(AgentState::Running, None)
        },
        RunFacts {
            stopped: stopped(credentials, None),
            ..over()
        },
        RunFacts {
            stopped: stopped(limit, Some(now())),
            resumes: 8,
            ..failed()
        },
        RunFacts {
            halted: true,
            ..of(AgentState::Running, None)
        },
        RunFacts {
            halted: true,
            agent: AgentState::Running,
            ..failed()
        },
        RunFacts {
            corrections: vec![Correction {
                red_commit: None,
                sent_at: now() - TimeDelta::minutes(70),
            }],
            ..failed()
        },
        RunFacts {
            corrections: vec![
                Correction {
                    red_commit: None,
                    sent_at: now() - TimeDelta::minutes(20),
                };
                5
            ],
            ..failed()
        },
        RunFacts {
            corrections: vec![Correction {
                red_commit: Some(sha()),
                sent_at: now() - TimeDelta::minutes(20),
            }],
            ..failed()
        },
        red(
            RedReason::CiSilent,
            Vec::new(),
            Some("no run of the commit ever appeared"),
        ),
        red(RedReason::CiSkipped, Vec::new(), None),
        red(
            RedReason::CiBlocked,
            vec![FailedCheck {
                name: "deploy waits for approval".to_owned(),
                url: Some("https://ci.example/pipelines/7".to_owned()),
                excerpt: None,
            }],
            None,
        ),
        red(
            RedReason::Reverted,
            Vec::new(),
            Some("reverted by 99aabbcc"),
        ),
        RunFacts {
            revocation: closed_by_alice(),
            ..over()
        },
        RunFacts {
            revocation: Revocation::IssueGone(Gone::Transferred),
            ..over()
        },
        RunFacts {
            revocation: closed_by_alice(),
            ..failed()
        },
    ]
}

/// Ends that are no row of the table, as the watcher words them.
fn others() -> Vec<(Decided, bool)> {
    let hand_back = |reason, detail: &str| Decided {
        action: Action::EscalatePrepush,
        reason: Some(reason),
        detail: detail.to_owned(),
    };
    vec![
        (
            hand_back(
                ReasonCode::ForgeLost,
                "The run's limits are over, and the forge could not be read: read the runs of acme/widgets: not found or not visible to our token: HTTP 404.",
            ),
            false,
        ),
        (
            hand_back(
                ReasonCode::Forged,
                "The thread's title and messages name different runs, so nothing is written to an issue.",
            ),
            false,
        ),
        (
            hand_back(
                ReasonCode::LatePush,
                "The agent finished, and no commit is on the branch (`no-push`). Commit 4f1c2b7a came all the same, while the agent was being stopped; it is red",
            ),
            true,
        ),
        (hand_back(ReasonCode::Stray, ""), false),
    ]
}

fn tell(
    out: &mut String,
    decided: &Decided,
    pushed: bool,
    red: &[FailedCheck],
    tokens: Option<u64>,
) {
    let code = decided.reason.unwrap();
    let kind = decided.action.end_kind().unwrap();
    let reason = Reason::new(code, decided.detail.clone());
    writeln!(out, "==== {code}, {} ====", kind.as_str()).unwrap();
    let key = RepositoryKey::new(ForgeKind::GitHub, "github.com", RepositoryId(7));
    let link = format!("https://t3.example/env/{}", key.thread(Slot::FIRST));
    let issue = IssueRef {
        repo: RepoRef::parse("acme/widgets", ForgeKind::GitHub).unwrap(),
        number: IssueNumber(7),
    };
    match BellKind::of(kind) {
        None => writeln!(out, "(no bell)").unwrap(),
        Some(bell) => {
            let mut detail = why_unmarked(&reason);
            if bell != BellKind::Done {
                detail += &checks::lines(code, red);
            }
            let bell = Notification::new(bell, issue, None, Some(&link), &detail)
                .about(Some("Reject negative sizes"))
                .because(code)
                .to_do(to_do(code, &LABELS).as_deref());
            writeln!(out, "{}\n{}", bell.title(), bell.body()).unwrap();
        }
    }
    let commit = sha();
    let elapsed = TimeDelta::minutes(60);
    let section = match kind {
        EndKind::Done => Summary {
            sha: &commit,
            url: None,
            branch: "main",
            elapsed,
            attempts: 1,
            tokens,
            rolled_out: false,
            thread_url: Some(&link),
        }
        .render(),
        EndKind::StoodDown => stood_down(&reason, Some(&link), LABELS),
        EndKind::NeedsHuman | EndKind::Frozen => HandBack {
            reason: &reason,
            commit: pushed.then_some(LastCommit {
                sha: &commit,
                url: None,
                red_checks: red,
            }),
            branch: "main",
            elapsed,
            attempts: 1,
            tokens,
            last_error: None,
            question: None,
            last_message: Some("I could not do it."),
            thread_url: Some(&link),
            labels: LABELS,
        }
        .render(),
    };
    writeln!(out, "---- comment ----\n{}", section.trim_end()).unwrap();
}

#[test]
fn every_end_reads_as_it_should() {
    let config = load(&[]).unwrap().config;
    let limits = RunLimits {
        max_tokens: Some(2_000_000),
        ..RunLimits::from(&config.limits)
    };
    let mut out = String::new();
    let mut seen = Vec::new();
    for facts in ends() {
        let decided = next_action(&facts, &limits, now());
        let (pushed, red) = match &facts.progress {
            Progress::Working => (false, Vec::new()),
            Progress::Pushed { verdict, .. } => match verdict {
                Verdict::Red(red) => (true, red.checks.clone()),
                Verdict::Green | Verdict::Pending { .. } => (true, Vec::new()),
            },
        };
        assert!(decided.reason.is_some(), "{decided:?}");
        seen.extend(decided.reason);
        tell(&mut out, &decided, pushed, &red, facts.tokens);
    }
    for (decided, pushed) in others() {
        seen.extend(decided.reason);
        let red = if pushed { checks() } else { Vec::new() };
        tell(&mut out, &decided, pushed, &red, None);
    }
    let missing: Vec<&str> = ReasonCode::ALL
        .iter()
        .skip_while(|code| **code != ReasonCode::Landed)
        .filter(|code| !seen.contains(code))
        .map(|code| code.as_str())
        .collect();
    assert!(missing.is_empty(), "no text was looked at for {missing:?}");
    let found = concat!(env!("CARGO_TARGET_TMPDIR"), "/every_end.txt");
    std::fs::write(found, &out).unwrap();
    assert!(
        out == EXPECTED,
        "the texts are not those of the fixture: compare with {found}"
    );
}
