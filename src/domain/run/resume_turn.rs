//! What the agent is told when it may go on after a stop that was nobody's fault.
//!
//! What stopped it is the program's own word, never a quote. Whether a resume is due is decided elsewhere.

use crate::domain::identity::ThreadId;
use crate::domain::repository::IssueRef;

/// A turn that tells the agent to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResumeTurn<'a> {
    /// The bound issue.
    pub issue: &'a IssueRef,
    /// The run.
    pub thread: ThreadId,
    /// The branch to push to.
    pub branch: &'a str,
}

impl ResumeTurn<'_> {
    /// Returns the message.
    #[must_use]
    pub fn render(&self) -> String {
        let Self {
            issue,
            thread,
            branch,
        } = self;
        format!(
            "\
Your last turn was stopped from outside: by the provider of the model, or by a restart of the server. It was not your fault.\n\
\n\
Go on with {issue} where you stopped. Look first at what is there already: your worktree, your commits, and `{branch}` on the remote. All rules of this run still hold:\n\
- If nothing before this message tells you what the issue asks for, say so and stop: do not fetch the issue.\n\
- Never enter plan mode, never ask with a tool, do not ask questions, do not wait for a person. Nothing may outlive your turn.\n\
- Every commit message carries the line `Refs {issue}` and the trailer `Afk-Run: {thread}`, no word that closes an issue, and no token that makes CI skip the commit.\n\
- Fetch, merge the newest `{branch}`, verify with the project's own checks, then push with `git push origin HEAD:{branch}`, remove your worktree and stop. Never force-push, never skip hooks.\n\
- If everything was pushed already, say so and stop.\n"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::repository::ForgeKind;

    #[test]
    fn the_turn_says_to_look_first_and_repeats_the_marks() {
        let text = ResumeTurn {
            issue: &IssueRef::parse("acme/widgets#7", ForgeKind::GitHub).unwrap(),
            thread: ThreadId(uuid::Uuid::nil()),
            branch: "main",
        }
        .render();
        assert!(text.starts_with("Your last turn was stopped from outside"));
        assert!(text.contains("\nGo on with acme/widgets#7 where you stopped."));
        assert!(text.contains("`Afk-Run: 00000000-0000-0000-0000-000000000000`"));
        assert!(text.contains("`Refs acme/widgets#7`"));
        assert!(text.contains("never ask with a tool"));
        assert!(text.contains("`git push origin HEAD:main`, remove your worktree and stop"));
        // The first message may have been lost with a turn that did not start.
        assert!(text.contains("asks for, say so and stop: do not fetch the issue.\n- Never"));
        assert!(text.ends_with("say so and stop.\n"));
    }
}
