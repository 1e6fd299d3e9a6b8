//! The checklist: one comment per run that shows people how far it is (SPEC 7).
//!
//! It is written from evidence and never read back: only its own id is found again, by a hidden marker that names the
//! thread. Whether a comment is by our own account is for the caller to know.

use std::fmt::Write as _;

use uuid::Uuid;

use crate::domain::config::RepositoryConfig;
use crate::domain::identity::ThreadId;
use crate::domain::repository::IssueRef;
use crate::domain::text::quoting::{one_line, plain, shorten, shorten_bytes};
use crate::domain::text::redaction::redact;
use crate::domain::verdict::ci::{Stage, Verdict};

/// The longest comment that a forge takes. GitHub counts characters; bytes are never fewer.
pub const COMMENT_MAX_BYTES: usize = 65_536;

/// The longest text about what is waited for, in characters.
const WAITS_MAX_CHARS: usize = 500;

const MARKER_START: &str = "<!-- afk:run ";
const MARKER_END: &str = " -->";

/// Returns the hidden marker that begins the checklist of a run.
#[must_use]
pub fn marker(thread: ThreadId) -> String {
    format!("{MARKER_START}{thread}{MARKER_END}")
}

/// Returns the run whose checklist a comment is. Text that is quoted further down does not count.
#[must_use]
pub fn thread_of(body: &str) -> Option<ThreadId> {
    let (id, _) = body
        .trim_start()
        .strip_prefix(MARKER_START)?
        .split_once(MARKER_END)?;
    Uuid::try_parse(id).ok().map(ThreadId)
}

/// Returns whether a comment is the checklist of this run.
#[must_use]
pub fn is_checklist_of(body: &str, thread: ThreadId) -> bool {
    thread_of(body) == Some(thread)
}

/// What is known of a run's way, and nothing that is only likely.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress<'a> {
    /// The thread exists and its first turn has not begun.
    Starting,
    /// The first turn began, and no commit of the run is on the branch.
    Working,
    /// A commit of the run is on the branch.
    Pushed(&'a Verdict),
    /// The commit is green, and the issue is closed or about to be.
    Done,
}

/// The line that a checklist stands at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// The worktree is being made.
    Worktree,
    /// The agent works; nothing is claimed about how far.
    FailingTest,
    /// The commit's build runs or is red.
    Ci,
    /// The commit's deploy or rollout runs or is red.
    Rollout,
    /// Everything is green, and the run has not ended.
    Closing,
    /// Nothing is left.
    Done,
}

impl Phase {
    /// Every phase, in order.
    pub const ALL: [Self; 6] = [
        Self::Worktree,
        Self::FailingTest,
        Self::Ci,
        Self::Rollout,
        Self::Closing,
        Self::Done,
    ];

    /// Returns the phase that the evidence shows.
    #[must_use]
    pub const fn of(progress: Progress<'_>) -> Self {
        match progress {
            Progress::Starting => Self::Worktree,
            Progress::Working => Self::FailingTest,
            Progress::Pushed(Verdict::Green) => Self::Closing,
            Progress::Pushed(Verdict::Pending { stage, .. }) => Self::at(*stage),
            Progress::Pushed(Verdict::Red(red)) => Self::at(red.stage),
            Progress::Done => Self::Done,
        }
    }

    const fn at(stage: Stage) -> Self {
        match stage {
            Stage::Build => Self::Ci,
            Stage::Deploy | Stage::Rollout => Self::Rollout,
        }
    }

    /// Returns how many of the seven lines are behind it.
    const fn lines_done(self) -> usize {
        match self {
            Self::Worktree => 0,
            Self::FailingTest => 1,
            Self::Ci => 4,
            Self::Rollout => 5,
            Self::Closing => 6,
            Self::Done => 7,
        }
    }
}

/// Returns whether a repository has the line *Deployed / rolled out*: with a deploy stage, a rollout stage, or both.
#[must_use]
pub const fn has_rollout_line(config: &RepositoryConfig) -> bool {
    config.deploy.is_some() || !config.rollout.is_empty()
}

/// What a checklist shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checklist<'a> {
    /// The bound issue.
    pub issue: &'a IssueRef,
    /// The run.
    pub thread: ThreadId,
    /// The branch that the run pushes to.
    pub branch: &'a str,
    /// How far it is.
    pub phase: Phase,
    /// Whether the line *Deployed / rolled out* is there; see [`has_rollout_line`].
    pub rollout_line: bool,
    /// Corrective turns so far.
    pub attempts: u32,
    /// What the commit's CI waits for, as far as anybody knows; not yet redacted.
    pub waits: Option<&'a str>,
    /// What follows when the run has ended: a hand-back, a summary, a note; see [`crate::domain::told::hand_back`].
    pub ending: Option<&'a str>,
}

impl Checklist<'_> {
    /// Returns the comment's text. The same facts give the same text.
    #[must_use]
    pub fn render(&self) -> String {
        let Self {
            issue,
            thread,
            branch,
            phase,
            rollout_line,
            attempts,
            waits,
            ending,
        } = self;
        let pushed = format!("Pushed to {}", plain(&shorten(branch, 250)));
        let lines = [
            "Worktree created",
            "Failing test written (TDD red)",
            "Implementation passing (TDD green)",
            &pushed,
            "CI green on pushed commit",
            "Deployed / rolled out",
            "Done — issue closed",
        ];
        const ROLLOUT: usize = 5;
        let mut text = format!(
            "{}\n### {issue} — AFK run progress (thread {thread})\n\n",
            marker(*thread)
        );
        for (index, line) in lines.into_iter().enumerate() {
            if index == ROLLOUT && !rollout_line {
                continue;
            }
            let mark = match index.cmp(&phase.lines_done()) {
                std::cmp::Ordering::Less => 'x',
                std::cmp::Ordering::Equal => '~',
                std::cmp::Ordering::Greater => ' ',
            };
            writeln!(text, "- [{mark}] {line}").expect("writing to a string does not fail");
        }
        match attempts {
            0 => {}
            1 => text.push_str("\n_Fix-forward: 1 attempt._\n"),
            many => writeln!(text, "\n_Fix-forward: {many} attempts._")
                .expect("writing to a string does not fail"),
        }
        if let Some(waits) = waits {
            let waits = shorten(&one_line(&redact(waits)), WAITS_MAX_CHARS);
            writeln!(text, "\n_Waits: {}._", plain(waits.trim_end_matches('.')))
                .expect("writing to a string does not fail");
        }
        if let Some(ending) = ending {
            text.push('\n');
            text.push_str(ending);
        }
        shorten_bytes(&text, COMMENT_MAX_BYTES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::{Deploy, Rollout, WoodpeckerDeploy, WorkloadKind};
    use crate::domain::repository::ForgeKind;
    use crate::domain::verdict::ci::{Red, RedReason};
    use chrono::DateTime;

    const THREAD: &str = "7b1f0c52-7c51-5d0a-9c5e-0a2f3a4b5c6d";

    fn thread() -> ThreadId {
        ThreadId(Uuid::try_parse(THREAD).unwrap())
    }

    fn render(phase: Phase, rollout_line: bool, attempts: u32) -> String {
        Checklist {
            issue: &IssueRef::parse("acme/widgets#7", ForgeKind::GitHub).unwrap(),
            thread: thread(),
            branch: "main",
            phase,
            rollout_line,
            attempts,
            waits: None,
            ending: None,
        }
        .render()
    }

    fn whole(lines: &str) -> String {
        format!(
            "<!-- afk:run {THREAD} -->\n### acme/widgets#7 — AFK run progress (thread {THREAD})\n\n{lines}"
        )
    }

    #[test]
    fn every_phase_of_a_repository_with_a_rollout() {
        for (phase, marks) in [
            (Phase::Worktree, "~      "),
            (Phase::FailingTest, "x~     "),
            (Phase::Ci, "xxxx~  "),
            (Phase::Rollout, "xxxxx~ "),
            (Phase::Closing, "xxxxxx~"),
            (Phase::Done, "xxxxxxx"),
        ] {
            let [a, b, c, d, e, f, g]: [char; 7] =
                marks.chars().collect::<Vec<_>>().try_into().unwrap();
            assert_eq!(
                render(phase, true, 0),
                whole(&format!(
                    "- [{a}] Worktree created\n\
                     - [{b}] Failing test written (TDD red)\n\
                     - [{c}] Implementation passing (TDD green)\n\
                     - [{d}] Pushed to main\n\
                     - [{e}] CI green on pushed commit\n\
                     - [{f}] Deployed / rolled out\n\
                     - [{g}] Done — issue closed\n"
                ))
            );
        }
    }

    #[test]
    fn every_phase_of_a_repository_without_a_rollout() {
        for (phase, marks) in [
            (Phase::Worktree, "~     "),
            (Phase::FailingTest, "x~    "),
            (Phase::Ci, "xxxx~ "),
            (Phase::Closing, "xxxxx~"),
            (Phase::Done, "xxxxxx"),
        ] {
            let [a, b, c, d, e, g]: [char; 6] =
                marks.chars().collect::<Vec<_>>().try_into().unwrap();
            assert_eq!(
                render(phase, false, 0),
                whole(&format!(
                    "- [{a}] Worktree created\n\
                     - [{b}] Failing test written (TDD red)\n\
                     - [{c}] Implementation passing (TDD green)\n\
                     - [{d}] Pushed to main\n\
                     - [{e}] CI green on pushed commit\n\
                     - [{g}] Done — issue closed\n"
                ))
            );
        }
    }

    #[test]
    fn corrective_turns_are_noted_when_there_were_any() {
        let none = render(Phase::Ci, false, 0);
        assert_eq!(
            render(Phase::Ci, false, 1),
            format!("{none}\n_Fix-forward: 1 attempt._\n")
        );
        assert_eq!(
            render(Phase::Ci, false, 2),
            format!("{none}\n_Fix-forward: 2 attempts._\n")
        );
    }

    #[test]
    fn what_is_waited_for_is_shown_and_calls_nobody() {
        let issue = IssueRef::parse("acme/widgets#7", ForgeKind::GitHub).unwrap();
        let mut checklist = Checklist {
            issue: &issue,
            thread: thread(),
            branch: "main",
            phase: Phase::Rollout,
            rollout_line: true,
            attempts: 0,
            waits: None,
            ending: None,
        };
        let bare = checklist.render();
        for (waits, shown) in [
            (
                "rollout: Deployment shop/widgets: it still runs image tag '0ld0ld00'",
                "rollout: Deployment shop/widgets: it still runs image tag '0ld0ld00'",
            ),
            ("deploy: two\nlines.", "deploy: two lines"),
        ] {
            checklist.waits = Some(waits);
            assert_eq!(checklist.render(), format!("{bare}\n_Waits: {shown}._\n"));
        }
        let long = "@alice password=hunter2hunter2 ".repeat(40);
        checklist.waits = Some(&long);
        let text = checklist.render();
        assert!(
            !text.contains("hunter2") && !text.contains("@alice"),
            "{text}"
        );
        assert!(text.len() < bare.len() + 4 * WAITS_MAX_CHARS);
    }

    #[test]
    fn the_ending_follows_after_an_empty_line() {
        let issue = IssueRef::parse("acme/widgets#7", ForgeKind::GitHub).unwrap();
        let mut checklist = Checklist {
            issue: &issue,
            thread: thread(),
            branch: "main",
            phase: Phase::Done,
            rollout_line: false,
            attempts: 0,
            waits: None,
            ending: None,
        };
        let plain = checklist.render();
        checklist.ending = Some("The end.\n");
        assert_eq!(checklist.render(), format!("{plain}\nThe end.\n"));
        let long = "x".repeat(COMMENT_MAX_BYTES);
        checklist.ending = Some(&long);
        assert_eq!(checklist.render().len(), COMMENT_MAX_BYTES);
    }

    #[test]
    fn the_phase_follows_from_evidence_alone() {
        let pending = |stage| Verdict::Pending {
            stage,
            detail: String::new(),
        };
        let red = |stage| {
            Verdict::Red(Red {
                stage,
                reason: RedReason::Failed,
                at: DateTime::UNIX_EPOCH,
                checks: Vec::new(),
                cause: None,
            })
        };
        for (progress, phase) in [
            (Progress::Starting, Phase::Worktree),
            (Progress::Working, Phase::FailingTest),
            (Progress::Pushed(&pending(Stage::Build)), Phase::Ci),
            (Progress::Pushed(&pending(Stage::Deploy)), Phase::Rollout),
            (Progress::Pushed(&pending(Stage::Rollout)), Phase::Rollout),
            (Progress::Pushed(&red(Stage::Build)), Phase::Ci),
            (Progress::Pushed(&red(Stage::Deploy)), Phase::Rollout),
            (Progress::Pushed(&red(Stage::Rollout)), Phase::Rollout),
            (Progress::Pushed(&Verdict::Green), Phase::Closing),
            (Progress::Done, Phase::Done),
        ] {
            assert_eq!(Phase::of(progress), phase, "{progress:?}");
        }
    }

    #[test]
    fn the_rollout_line_needs_a_stage() {
        let rollout = Rollout {
            kind: WorkloadKind::Deployment,
            namespace: "x".to_owned(),
            name: "y".to_owned(),
            container: None,
            revision: None,
        };
        let deploy = Deploy::Woodpecker(WoodpeckerDeploy::usual());
        for (deploy, rollout, expected) in [
            (None, Vec::new(), false),
            (Some(deploy.clone()), Vec::new(), true),
            (None, vec![rollout.clone()], true),
            (Some(deploy), vec![rollout], true),
        ] {
            let config = RepositoryConfig {
                deploy,
                rollout,
                ..RepositoryConfig::BUILD_ONLY
            };
            assert_eq!(has_rollout_line(&config), expected);
        }
    }

    #[test]
    fn a_checklist_is_known_by_its_first_line() {
        let text = render(Phase::Worktree, true, 0);
        assert!(is_checklist_of(&text, thread()));
        assert!(is_checklist_of(&text.replace('\n', "\r\n"), thread()));
        assert!(!is_checklist_of(&text, ThreadId(Uuid::nil())));
        for other in [
            format!("Quote:\n{text}"),
            format!("> {text}"),
            String::new(),
            "<!-- afk:run x -->".to_owned(),
            format!("<!-- afk:run {THREAD}"),
        ] {
            assert_eq!(thread_of(&other), None, "{other}");
        }
    }
}
