//! The last look before the first turn: what the second reading of an issue does not ask for again (SPEC 4.1, p8).
//!
//! It judges nothing: [`super::eligibility::changes`] does.

use crate::domain::issue::{Comment, IssueFacts, ViaApp};

/// Returns the second reading `now`, completed with what only the first reading `checked` asked for.
pub(super) fn completed(checked: &IssueFacts, now: &IssueFacts) -> IssueFacts {
    let mut completed = now.clone();
    for event in &mut completed.label_events {
        let known = checked
            .label_events
            .iter()
            .find(|known| known.id == event.id);
        if let Some(known) = known
            && event.via_app == ViaApp::Unknown
            && event.actor == known.actor
        {
            event.via_app = known.via_app.clone();
        }
    }
    for blocker in &checked.blockers {
        let is_known = completed
            .blockers
            .iter()
            .any(|known| known.name.eq_ignore_ascii_case(&blocker.name));
        if !is_known {
            completed.blockers.push(blocker.clone());
        }
    }
    completed.parent = checked.parent.clone();
    // A comment whose text was not asked for again has the text that was checked, unless somebody edited it since.
    let mut known: Vec<&Comment> = checked.comments.iter().collect();
    for comment in &mut completed.comments {
        let same = known.iter().position(|known| {
            known.author == comment.author
                && known.created_at == comment.created_at
                && known.last_edit == comment.last_edit
                && known.minimised == comment.minimised
        });
        if let Some(index) = same {
            let known = known.remove(index);
            if comment.body.is_empty() {
                comment.body.clone_from(&known.body);
            }
        }
    }
    completed
}
