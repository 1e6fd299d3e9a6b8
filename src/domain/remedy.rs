//! What would change a refusal, in plain words: one sentence per reason code.
//!
//! Said by `explain` and by the note on a refused issue. It promises nothing: other reasons may stand beside this one.

use crate::domain::reason::{ReasonCode, any_end};

/// The names of the labels, as this installation has them.
#[derive(Clone, Copy, Debug)]
pub struct Words<'a> {
    /// Asks for a run.
    pub ready: &'a str,
    /// Shows a run.
    pub in_progress: &'a str,
    /// Shows that a person must look.
    pub ready_for_human: &'a str,
}

/// Returns what would change a refusal; empty for a code that ends runs and refuses nothing.
#[must_use]
pub fn remedy(code: ReasonCode, words: Words<'_>) -> String {
    let Words {
        ready,
        in_progress,
        ready_for_human,
    } = words;
    let anew = format!("take '{ready}' off and put it on again");
    match code {
        ReasonCode::NoLabelEvent => {
            format!("somebody with write permission puts '{ready}' on, and takes it off first where it is shown")
        }
        ReasonCode::LabelRemoved | ReasonCode::AlreadyRun => {
            format!("somebody with write permission puts '{ready}' on anew")
        }
        ReasonCode::Voided => format!(
            "somebody with write permission looks at the issue again: {anew}"
        ),
        ReasonCode::LabelActorUnknown
        | ReasonCode::LabelBySelf
        | ReasonCode::LabelByAgent
        | ReasonCode::PermissionTooLow => {
            format!("a person with write permission labels it: {anew}")
        }
        ReasonCode::LabelByApp => format!(
            "a person with write permission labels it ({anew}), or the operator lists the App in AFK_TRUSTED_APPS"
        ),
        ReasonCode::PermissionUnknown => {
            "nothing to do if the next ticks can look the permission up; otherwise see that our token may read permissions"
                .to_owned()
        }
        ReasonCode::PermissionAmbiguous => {
            "the operator lists the person in AFK_TRUSTED_PEOPLE, or the person gets write permission directly"
                .to_owned()
        }
        ReasonCode::Transferred => {
            format!("somebody with write permission here reads it and labels it anew: {anew}")
        }
        ReasonCode::NotOpen => {
            format!("open the issue again, and label it anew: {anew}; a pull request never gets a run")
        }
        ReasonCode::Archived => {
            "take the repository out of the archive; a mirror gets no run, and an empty repository needs a first commit"
                .to_owned()
        }
        ReasonCode::HandedBack => format!(
            "take '{ready_for_human}' off, and label it anew: {anew}"
        ),
        ReasonCode::EditedSince | ReasonCode::EditedBefore => format!(
            "somebody with write permission reads the text as it is now and labels it anew: {anew}"
        ),
        ReasonCode::EditHistoryHidden => {
            "somebody with write permission opens an issue with this text and labels that one".to_owned()
        }
        ReasonCode::PublicRepository => {
            "the operator lists the repository in AFK_ALLOW_PUBLIC, or it is made private".to_owned()
        }
        ReasonCode::HiddenText => format!(
            "somebody with write permission takes what can not be seen out of title and body, and labels it anew: {anew}"
        ),
        ReasonCode::TooLong => "shorten the issue, or split it".to_owned(),
        ReasonCode::Blocked => {
            "close what blocks it, or take the blocker off the issue".to_owned()
        }
        ReasonCode::BlockerUnresolved => {
            "name the blocker as '#12' or 'owner/name#12', in a repository that our token can read; write 'none' where there is none"
                .to_owned()
        }
        ReasonCode::FactsIncomplete => {
            "nothing to do if the next ticks can read it; otherwise see the log of afk-poll".to_owned()
        }
        ReasonCode::Settling => "nothing to do: the next ticks ask again".to_owned(),
        ReasonCode::OnHold => "take the label that holds it back off".to_owned(),
        ReasonCode::AssignedSince => format!("unassign, or label it anew: {anew}"),
        ReasonCode::HasSubIssues => {
            "close the sub-issues, or label them instead of this one".to_owned()
        }
        ReasonCode::PullRequestOpen => "close or merge the pull request, or take the link to this issue off".to_owned(),
        ReasonCode::NotAllowlisted => {
            "the operator lists the repository in AFK_ALLOWLIST".to_owned()
        }
        ReasonCode::RepositoryBusy => {
            "nothing to do: it gets its turn when that run is over".to_owned()
        }
        ReasonCode::LockLabel => format!(
            "take '{in_progress}' off that issue, if no run of it is under way any more"
        ),
        ReasonCode::LowerPriority => {
            "nothing to do: it gets its turn; a label 'priority:<n>' or 'P0' to 'P9' puts it earlier".to_owned()
        }
        ReasonCode::CapReached => {
            "nothing to do: it gets its turn; the operator can raise the limit".to_owned()
        }
        ReasonCode::ProviderPaused => {
            "nothing to do: it gets its turn when the provider of the model answers again".to_owned()
        }
        any_end!() => String::new(),
    }
}

/// What would change the refusal of an issue that is not there: `not-open` with nothing to open.
pub const NO_SUCH_ISSUE: &str = "see that the number is right";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_a_remedy_and_no_end_has_one() {
        let words = Words {
            ready: "ready",
            in_progress: "busy",
            ready_for_human: "human",
        };
        let last = ReasonCode::ALL
            .iter()
            .position(|code| *code == ReasonCode::ProviderPaused)
            .unwrap();
        for (index, code) in ReasonCode::ALL.iter().enumerate() {
            let text = remedy(*code, words);
            assert_eq!(text.is_empty(), index > last, "{code}: {text}");
            assert!(!text.ends_with('.') && !text.contains('\n'), "{text}");
        }
    }
}
