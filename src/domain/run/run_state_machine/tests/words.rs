//! What people read of a decision, and what is not a row of the table.

use super::*;

#[test]
fn people_read_why() {
    let not_running = |outlook| Case {
        outlook,
        agent: AgentState::Over,
        ..DEFAULT
    };
    let revoked = |case| Case {
        revoked: true,
        ..case
    };
    let answered = |attempts, answered, since| {
        not_running(Outlook::Red {
            attempts,
            answered,
            since,
            clock: FirstRed::Conclusion,
        })
    };
    let agent = |agent, unchanged| Case {
        agent,
        unchanged,
        ..DEFAULT
    };
    let more = |more| Case { more, ..DEFAULT };
    let texts = [
        (not_running(Outlook::Green), "Commit 4f1c2b7a is green."),
        (
            not_running(Outlook::Pending),
            "The build of commit 4f1c2b7a is not finished: unit tests.",
        ),
        (
            not_running(Outlook::Silent),
            "The build of commit 4f1c2b7a did not start or end in time.",
        ),
        (
            not_running(Outlook::Skipped),
            "The message of commit 4f1c2b7a asks CI to skip it, so nothing was checked.",
        ),
        (
            answered(0, false, FIX_MAX),
            "Commit 4f1c2b7a is red, and the time for repairs (1 h) is used up.",
        ),
        (
            revoked(answered(0, false, 5)),
            "Commit 4f1c2b7a is red, and octocat closed the issue.",
        ),
        (
            answered(1, true, 5),
            "Commit 4f1c2b7a is red; the agent had a corrective turn for it, which brought no commit with the run's line.",
        ),
        (
            answered(5, false, 10),
            "Commit 4f1c2b7a is red, and all 5 attempts to repair are used up.",
        ),
        (
            answered(1, false, 10),
            "Commit 4f1c2b7a is red: corrective turn 2 of 5.",
        ),
        (
            revoked(DEFAULT),
            "Before anything was pushed, octocat closed the issue: the run is stopped.",
        ),
        (
            agent(AgentState::Over, 119),
            "The agent finished; its push may not show yet.",
        ),
        (
            agent(AgentState::Over, 120),
            "The agent finished, and no commit is on the branch.",
        ),
        (
            agent(AgentState::Waiting, 754),
            "The agent has waited 12 min 34 s for an answer that nobody is there to give.",
        ),
        (
            agent(AgentState::Starting, 900),
            "The agent did not start within 15 min.",
        ),
        (
            agent(AgentState::Unknown, 5_460),
            "What the agent does has not been known for 1 h 31 min.",
        ),
        (
            Case {
                run_age: RUN_MAX,
                ..DEFAULT
            },
            "The run reached its limit of 4 h without a commit on the branch.",
        ),
        (DEFAULT, "The agent is at work."),
        (
            more(More::Halted),
            "AFK_HALT is on: the agent is stopped and the run handed back.",
        ),
        (
            more(More::Tokens(1_001)),
            "The run used 1001 tokens, more than AFK_RUN_MAX_TOKENS allows.",
        ),
        (
            more(More::NotEveryCommitRead),
            "Not every commit since the start could be read, so it is not known whether one is the run's.",
        ),
        (
            more(More::Stopped(Stop::ForGood)),
            "The run was stopped and can not go on by itself: the provider is overloaded.",
        ),
        (
            more(More::Stopped(Stop::Until(0, 8))),
            "The run was stopped again after 8 resumes in a row: the provider is overloaded.",
        ),
        (
            more(More::Stopped(Stop::Until(60, 0))),
            "Paused until 2026-03-01T12:01:00Z: the provider is overloaded.",
        ),
        (
            more(More::Stopped(Stop::Until(0, 0))),
            "The run was stopped and goes on now: the provider is overloaded.",
        ),
        (
            Case {
                draining: true,
                ..answered(1, false, 10)
            },
            "Commit 4f1c2b7a is red; the kill switch is on, so no corrective turn is sent.",
        ),
        (
            Case {
                draining: true,
                more: More::Halted,
                ..answered(1, false, 10)
            },
            "Commit 4f1c2b7a is red; AFK_HALT is on, so no corrective turn is sent.",
        ),
        (
            Case {
                draining: true,
                ..more(More::Stopped(Stop::Until(0, 0)))
            },
            "Paused: the provider is overloaded. The kill switch is on, so the agent is not told to go on.",
        ),
        (
            Case {
                outlook: Outlook::Pending,
                revoked: true,
                ..more(More::Stopped(Stop::Until(0, 0)))
            },
            "Paused: the provider is overloaded. The agent is not told to go on, because octocat closed the issue.",
        ),
    ];
    for (case, text) in texts {
        let decided = next_action(&case.facts(), &limits(5), now());
        assert_eq!(decided.detail, text, "{case:?}");
    }
}

#[test]
fn a_step_and_a_forge_are_given_up_only_past_everything_that_could_be_under_way() {
    let everything = RUN_MAX + FIX_MAX + 900 + 5_400;
    for (age, given_up) in [
        (0, false),
        (everything - 1, false),
        (everything, false),
        (everything + 1, true),
    ] {
        let age = TimeDelta::seconds(age);
        assert_eq!(past_every_limit(age, &limits(5)), given_up, "{age}");
    }
}

#[test]
fn without_its_step_a_run_is_handed_back_and_an_end_stays_an_end() {
    for case in few_cases() {
        let decided = next_action(&case.facts(), &limits(case.max_attempts), now());
        let replaced = without_step(decided.clone(), case.pushed());
        if decided.action == Action::FixForward {
            assert_eq!(
                (replaced.action, replaced.reason),
                (Action::FreezeEscalate, Some(ReasonCode::RunLimit))
            );
        } else {
            assert_eq!(replaced, decided);
        }
    }
}

#[test]
fn a_resume_that_is_refused_for_good_hands_the_run_back() {
    for (outlook, action) in [
        (Outlook::NotPushed, Action::EscalatePrepush),
        (Outlook::Pending, Action::FreezeEscalate),
    ] {
        let case = Case {
            outlook,
            more: More::Stopped(Stop::Until(0, 0)),
            ..DEFAULT
        };
        let decided = next_action(&case.facts(), &limits(5), now());
        assert_eq!(decided.action, Action::Resume);
        let replaced = without_step(decided, case.pushed());
        assert_eq!(
            (replaced.action, replaced.reason),
            (action, Some(ReasonCode::ProviderFailed))
        );
    }
}

#[test]
fn failures_and_questions_are_quoted() {
    for (agent, text) in [
        (
            AgentState::Failed,
            "The agent failed (spawn ENOENT), and no commit is on the branch.",
        ),
        (
            AgentState::Waiting,
            "The agent has waited 15 min for an answer that nobody is there to give: spawn ENOENT.",
        ),
    ] {
        let mut facts = Case {
            agent,
            unchanged: 900,
            ..DEFAULT
        }
        .facts();
        facts.said = Some("spawn ENOENT".to_owned());
        assert_eq!(next_action(&facts, &limits(5), now()).detail, text);
    }
}

/// Nobody is told that an agent finished which was stopped.
#[test]
fn an_agent_that_was_stopped_is_not_called_finished() {
    let how = "The agent's session was stopped in the middle of its turn";
    for (said, unchanged, text) in [
        (
            Some(how),
            SETTLE,
            "The agent's session was stopped in the middle of its turn, and no commit is on the branch.",
        ),
        (
            Some(how),
            SETTLE - 1,
            "The agent's session was stopped in the middle of its turn; its push may not show yet.",
        ),
        (
            None,
            SETTLE,
            "The agent finished, and no commit is on the branch.",
        ),
    ] {
        let mut facts = Case {
            agent: AgentState::Over,
            unchanged,
            ..DEFAULT
        }
        .facts();
        facts.said = said.map(str::to_owned);
        let decided = next_action(&facts, &limits(5), now());
        assert_eq!(decided.detail, text);
        let is_end = unchanged >= SETTLE;
        assert_eq!(decided.reason, is_end.then_some(ReasonCode::NoPush));
    }
}

/// A commit had its corrective turn, and somebody pushed over it: that it is gone is what a person has to know.
#[test]
fn a_commit_that_is_no_longer_on_the_branch_is_named() {
    let correction = |red_commit: Option<CommitSha>, seconds| Correction {
        red_commit,
        sent_at: ago(seconds),
    };
    let known = || correction(Some(commit()), 900);
    for (agent, run_age, corrections, text) in [
        (
            AgentState::Over,
            1_000,
            vec![known(), correction(Some(earlier_commit()), 1_800)],
            "The agent finished, and commit 4f1c2b7a, for which the corrective turn was, is no longer on the branch.",
        ),
        (
            AgentState::Dead,
            1_000,
            vec![known()],
            "The agent went silent, and commit 4f1c2b7a, for which the corrective turn was, is no longer on the branch.",
        ),
        (
            AgentState::Running,
            RUN_MAX,
            vec![known()],
            "The run reached its limit of 4 h, and commit 4f1c2b7a, for which the corrective turn was, is no longer on the branch.",
        ),
        (
            AgentState::Running,
            RUN_MAX,
            Vec::new(),
            "The run reached its limit of 4 h without a commit on the branch.",
        ),
        // The message no longer says which.
        (
            AgentState::Over,
            1_000,
            vec![correction(None, 900)],
            "The agent finished, and no commit is on the branch.",
        ),
    ] {
        let mut facts = Case {
            agent,
            unchanged: SETTLE,
            run_age,
            ..DEFAULT
        }
        .facts();
        facts.corrections = corrections;
        let decided = next_action(&facts, &limits(5), now());
        assert_eq!(
            (decided.action, decided.detail.as_str()),
            (Action::EscalatePrepush, text)
        );
    }
}

#[test]
fn a_tick_that_resumes_an_end_rings_the_same_bells() {
    for case in few_cases() {
        let facts = case.facts();
        let decided = next_action(&facts, &limits(case.max_attempts), now());
        if let Some(end) = decided.action.end_kind() {
            let quiet = match decided.action {
                Action::CloseSuccess { quiet } => quiet,
                Action::StandDown => true,
                Action::Wait
                | Action::FixForward
                | Action::Resume
                | Action::EscalatePrepush
                | Action::FreezeEscalate => false,
            };
            assert_eq!(is_quiet(end, &facts.revocation, facts.green_since), quiet);
        }
    }
}

#[test]
fn corrections_are_read_from_our_own_messages() {
    let message = |red_commit: Option<&str>| MessageId {
        repository: RepositoryKey::new(ForgeKind::GitHub, "github.com", RepositoryId(1)),
        issue: IssueNumber(7),
        authorisation: Authorisation::new("LE_1").unwrap(),
        slot: Slot(1),
        step: StepNumber(1),
        red_commit: red_commit.map(str::to_owned),
    };
    assert_eq!(Correction::of_message(&message(None), now()), None);
    let of = |sha: &str| Correction::of_message(&message(Some(sha)), now()).unwrap();
    assert_eq!(of(commit().as_str()).red_commit, Some(commit()));
    assert_eq!(
        Correction::of_message(&message(Some("resume")), now()),
        None
    );
    // It still counts as an attempt.
    assert_eq!(of("4f1c2b7a").red_commit, None);
}

#[test]
fn actions_have_the_words_of_reports() {
    let words = [
        (Action::Wait, "wait", None),
        (Action::FixForward, "fix_forward", None),
        (Action::Resume, "resume", None),
        (
            Action::CloseSuccess { quiet: true },
            "close_success",
            Some(EndKind::Done),
        ),
        (
            Action::EscalatePrepush,
            "escalate_prepush",
            Some(EndKind::NeedsHuman),
        ),
        (
            Action::FreezeEscalate,
            "freeze_escalate",
            Some(EndKind::Frozen),
        ),
        (Action::StandDown, "stand_down", Some(EndKind::StoodDown)),
    ];
    for (action, word, end) in words {
        assert_eq!(
            (action.to_string().as_str(), action.end_kind()),
            (word, end)
        );
    }
}

#[test]
fn a_cause_that_is_a_whole_sentence_ends_with_one_full_stop() {
    let mut facts = Case {
        outlook: Outlook::Silent,
        agent: AgentState::Over,
        ..DEFAULT
    }
    .facts();
    let Progress::Pushed {
        verdict: Verdict::Red(red),
        ..
    } = &mut facts.progress
    else {
        panic!("red");
    };
    red.cause = Some("nothing reports by the name 'acme/mirror'.".to_owned());
    assert_eq!(
        next_action(&facts, &limits(5), now()).detail,
        "The build of commit 4f1c2b7a did not start or end in time: nothing reports by the name 'acme/mirror'."
    );
}
