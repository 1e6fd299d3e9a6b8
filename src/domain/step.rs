//! Outward acts as values: what a tick is about to do to the world, before it does it.
//!
//! Deciding makes steps, one function in the ticks applies them, and a dry run prints them. Order matters and is
//! data: [`Start::ORDER`].

use std::fmt;

use crate::domain::identity::{MessageId, ProjectId, StepNumber, ThreadId, Title};
use crate::domain::repository::IssueRef;

/// One outward act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Creates the repository's project, with its directory.
    CreateProject {
        /// `P(R)`.
        project: ProjectId,
        /// `owner/name`.
        title: String,
        /// Where its agents work.
        workspace_root: String,
    },
    /// Allocates a slot: creates its thread, which binds it to issue and authorisation.
    CreateThread {
        /// `T(R, n)`.
        thread: ThreadId,
        /// Id of the project, which may be somebody else's for the same directory.
        project: String,
        /// The binding.
        title: Title,
    },
    /// Sends a message to the agent, under the step's command id.
    StartTurn {
        /// The thread.
        thread: ThreadId,
        /// The message, which repeats the binding.
        message: MessageId,
        /// What it says.
        text: String,
        /// The thread's present runtime mode; `None` for a thread that was just created.
        runtime_mode: Option<String>,
    },
    /// Records a run's end in its title, under the step's command id.
    End {
        /// The thread.
        thread: ThreadId,
        /// The step.
        step: StepNumber,
        /// The title with the ending.
        title: Title,
    },
    /// Notes in the title of an ended run which sinks rang.
    NoteRung {
        /// The thread.
        thread: ThreadId,
        /// The title with the receipts.
        title: Title,
    },
    /// Asks the agent to stop what it does.
    Interrupt {
        /// The thread.
        thread: ThreadId,
        /// T3's id of the running turn, when it is known.
        turn: Option<String>,
    },
    /// Ends the agent's session.
    StopSession {
        /// The thread.
        thread: ThreadId,
    },
    /// Takes a thread out of the archive, so that its agent can be stopped.
    Unarchive {
        /// The thread.
        thread: ThreadId,
    },
    /// Releases the slot.
    Archive {
        /// The thread.
        thread: ThreadId,
    },
    /// Writes a comment of ours.
    CreateComment {
        /// The issue.
        issue: IssueRef,
        /// Its Markdown.
        body: String,
    },
    /// Rewrites a comment of ours.
    EditComment {
        /// The issue.
        issue: IssueRef,
        /// The forge's id of the comment.
        comment: String,
        /// Its Markdown.
        body: String,
    },
    /// Removes a comment of ours that stands there twice.
    DeleteComment {
        /// The issue.
        issue: IssueRef,
        /// The forge's id of the comment.
        comment: String,
    },
    /// Closes an issue as completed.
    CloseIssue {
        /// The issue.
        issue: IssueRef,
    },
    /// Opens an issue again that a push closed.
    ReopenIssue {
        /// The issue.
        issue: IssueRef,
    },
    /// Shows a label on an issue.
    AddLabel {
        /// The issue.
        issue: IssueRef,
        /// The label.
        label: String,
    },
    /// Takes a label off an issue.
    RemoveLabel {
        /// The issue.
        issue: IssueRef,
        /// The label.
        label: String,
    },
}

/// For logs and dry runs: what is done to what, never the text of a message.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CreateProject {
                title,
                workspace_root,
                ..
            } => write!(f, "create the T3 project {title} in {workspace_root}"),
            Self::CreateThread { title, .. } => write!(f, "allocate the thread '{title}'"),
            Self::StartTurn {
                message, thread, ..
            } => write!(
                f,
                "send message {} for #{} to thread {thread}",
                message.step.0, message.issue
            ),
            Self::End { title, .. } => write!(f, "record the end '{title}'"),
            Self::NoteRung { title, .. } => write!(f, "note the bells in '{title}'"),
            Self::Interrupt { thread, .. } => write!(f, "interrupt thread {thread}"),
            Self::StopSession { thread } => write!(f, "stop the session of thread {thread}"),
            Self::Unarchive { thread } => write!(f, "take thread {thread} out of the archive"),
            Self::Archive { thread } => write!(f, "archive thread {thread}"),
            Self::CreateComment { issue, .. } => write!(f, "comment on {issue}"),
            Self::EditComment { issue, comment, .. } => {
                write!(f, "edit comment {comment} on {issue}")
            }
            Self::DeleteComment { issue, comment } => {
                write!(f, "delete comment {comment} on {issue}")
            }
            Self::CloseIssue { issue } => write!(f, "close {issue}"),
            Self::ReopenIssue { issue } => write!(f, "reopen {issue}"),
            Self::AddLabel { issue, label } => write!(f, "label {issue} {label}"),
            Self::RemoveLabel { issue, label } => write!(f, "take {label} off {issue}"),
        }
    }
}

/// The acts of a start, without their content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// p6.
    EnsureProject,
    /// p7: binds the slot before anything runs.
    CreateThread,
    /// p8: not an act, but nothing may come between it and the turn.
    Reread,
    /// p9: from here on an agent works.
    StartTurn,
    /// p11: after the dispatch, so that a failed one leaves no label.
    AddLabel,
}

impl Start {
    /// The order of a start (SPEC 4.1, p6 to p11).
    pub const ORDER: [Self; 5] = [
        Self::EnsureProject,
        Self::CreateThread,
        Self::Reread,
        Self::StartTurn,
        Self::AddLabel,
    ];
}
