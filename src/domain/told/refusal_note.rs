//! The note on an issue that somebody asked a run for and that is refused: why, and what would change it (SPEC 7).
//!
//! One comment per issue, found again by a hidden marker. Nothing is ever read from it but its own id, and whether its text
//! is still right. Whether a comment is by our own account is for the caller to know.

use super::labels::label;
use crate::domain::reason::{Reason, ReasonCode, any_end};
use crate::domain::remedy::{Words, remedy};
use crate::domain::text::quoting::{plain, shorten};

const MARKER: &str = "<!-- afk:refusal -->";

/// The longest detail that is told.
const DETAIL_MAX: usize = 300;

/// Reasons that are told one by one.
const REASONS_MAX: usize = 20;

/// Returns whether a comment is such a note. Text that is quoted further down does not count.
#[must_use]
pub fn is_refusal_note(body: &str) -> bool {
    body.trim_start().starts_with(MARKER)
}

/// Returns the note for these reasons. The same reasons give the same text.
#[must_use]
pub fn refusal_note(reasons: &[Reason], words: Words<'_>) -> String {
    let mut note = format!("{MARKER}\n#### No agent was started for this issue\n\n");
    for reason in reasons.iter().take(REASONS_MAX) {
        let detail = plain(&shorten(&reason.detail, DETAIL_MAX));
        let detail = if detail.is_empty() {
            String::new()
        } else {
            format!(" ({detail})")
        };
        note.push_str(&format!(
            "- {}{detail}.\n  What would change it: {}.\n",
            in_words(reason.code),
            plain(&remedy(reason.code, words))
        ));
    }
    note.push_str(&format!(
        "\nThis note follows what is so, and goes away when an agent is started or the label {} is taken off.\n",
        label(words.ready)
    ));
    note
}

/// What a refusal says to people who label.
const fn in_words(code: ReasonCode) -> &'static str {
    match code {
        ReasonCode::NoLabelEvent => "It is not known who put the label on",
        ReasonCode::LabelRemoved => "The label was taken off, or set anew",
        ReasonCode::Voided => "It was closed, moved or handed back after it was labelled",
        ReasonCode::LabelActorUnknown => "Nobody knows who labelled it",
        ReasonCode::LabelByApp => "An App labelled it that is not trusted here",
        ReasonCode::LabelBySelf => "Our own account labelled it",
        ReasonCode::LabelByAgent => "An account that agents use labelled it",
        ReasonCode::PermissionTooLow => "Who labelled it may not push here",
        ReasonCode::PermissionUnknown => "The permission of somebody could not be looked up",
        ReasonCode::PermissionAmbiguous => "The forge does not tell whether somebody may push here",
        ReasonCode::Transferred => "It was moved here after it was labelled",
        ReasonCode::NotOpen => "It is not an open issue",
        ReasonCode::Archived => "The repository is archived, or takes no commits",
        ReasonCode::HandedBack => "It is marked as handed back to a person",
        ReasonCode::EditedSince => {
            "Somebody who may not push has changed the text since it was labelled, or may have"
        }
        ReasonCode::EditedBefore => {
            "Somebody who may not push changed the text shortly before it was labelled"
        }
        ReasonCode::EditHistoryHidden => {
            "The forge does not tell whether somebody who may not push changed the text"
        }
        ReasonCode::PublicRepository => {
            "Everybody can see the repository, and the operator has not allowed that"
        }
        ReasonCode::HiddenText => "Its text has parts that people do not see",
        ReasonCode::TooLong => "It is too long for one message to an agent",
        ReasonCode::Blocked => "Something that blocks it is still open",
        ReasonCode::BlockerUnresolved => "Something that blocks it could not be looked up",
        ReasonCode::FactsIncomplete => "Not everything about it could be read",
        ReasonCode::Settling => "It was labelled a moment ago",
        ReasonCode::OnHold => "A label holds it back",
        ReasonCode::AssignedSince => "Somebody has taken it since it was labelled",
        ReasonCode::HasSubIssues => "It has sub-issues that are open",
        ReasonCode::PullRequestOpen => "A pull request for it is open",
        ReasonCode::NotAllowlisted => "The repository is not enrolled",
        ReasonCode::RepositoryBusy => "Another run holds the repository",
        ReasonCode::LockLabel => "An issue of the repository is marked as being worked on",
        ReasonCode::AlreadyRun => "It had the run that this labelling asked for",
        ReasonCode::LowerPriority => "Another issue goes first",
        ReasonCode::CapReached => "As many agents are at work as the operator allows",
        ReasonCode::ProviderPaused => "The provider of the model does not answer",
        any_end!() => "An earlier run of it ended",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: Words<'_> = Words {
        ready: "ready-for-agent",
        in_progress: "agent-in-progress",
        ready_for_human: "ready-for-human",
    };

    #[test]
    fn the_note_says_why_and_what_would_change_it() {
        let reasons = [
            Reason::new(ReasonCode::Blocked, "acme/widgets#9 is open"),
            Reason::new(ReasonCode::Archived, ""),
        ];
        let note = refusal_note(&reasons, WORDS);
        assert_eq!(
            note,
            "<!-- afk:refusal -->\n#### No agent was started for this issue\n\n\
             - Something that blocks it is still open (acme/widgets#9 is open).\n  \
             What would change it: close what blocks it, or take the blocker off the issue.\n\
             - The repository is archived, or takes no commits.\n  \
             What would change it: take the repository out of the archive; a mirror gets no run, and an empty repository needs a first commit.\n\n\
             This note follows what is so, and goes away when an agent is started or the label `ready-for-agent` is taken off.\n"
        );
        assert!(is_refusal_note(&note));
        assert!(!is_refusal_note(&format!("> {note}")));
    }

    #[test]
    fn details_of_others_call_nobody_and_hide_nothing() {
        let reason = Reason::new(
            ReasonCode::OnHold,
            format!("shows '@everyone <!-- {} -->'", "x".repeat(1_000)),
        );
        let note = refusal_note(&[reason], WORDS);
        assert!(!note.contains("@everyone"), "{note}");
        assert_eq!(note.matches("<!--").count(), 1);
        assert!(note.len() < 1_500);
    }
}
