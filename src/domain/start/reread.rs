//! The last look before the first turn: what the second reading of an issue does not ask for again (SPEC 4.1, p8).
//!
//! It judges nothing: [`super::eligibility::judge_again`] does.

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
    restore_texts(&mut completed.comments, &checked.comments);
    completed
}

/// A comment whose text was not asked for again has the text that was checked, and the same editors before the last one, unless
/// somebody edited it since.
fn restore_texts(comments: &mut [Comment], checked: &[Comment]) {
    let mut known: Vec<&Comment> = checked.iter().collect();
    for comment in comments {
        let same = known.iter().position(|known| {
            known.author == comment.author
                && known.created_at == comment.created_at
                && known.last_edit == comment.last_edit
                && known.minimised == comment.minimised
        });
        if let Some(index) = same {
            let known = known.remove(index);
            comment.earlier_editors.clone_from(&known.earlier_editors);
            comment.by_mail = known.by_mail;
            if comment.body.is_empty() {
                comment.body.clone_from(&known.body);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta, Utc};

    use super::*;
    use crate::domain::issue::{Actor, Edit};

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::seconds(seconds)
    }

    fn user(login: &str, id: u64) -> Actor {
        Actor::User {
            login: login.to_owned(),
            id: Some(id),
        }
    }

    fn comment(body: &str) -> Comment {
        Comment {
            author: user("ada", 1),
            created_at: at(0),
            last_edit: None,
            earlier_editors: Some(Vec::new()),
            minimised: false,
            by_mail: false,
            body: body.to_owned(),
        }
    }

    fn texts(checked: &[Comment], now: &[Comment]) -> Vec<String> {
        let mut now = now.to_vec();
        restore_texts(&mut now, checked);
        now.into_iter().map(|comment| comment.body).collect()
    }

    /// What was not asked for again stays without a text, unless it is certainly the comment that was checked: without it,
    /// the agent would not receive the same, and nothing starts.
    #[test]
    fn only_the_comment_that_was_checked_has_the_text_that_was_checked() {
        let checked = [comment("the brief")];
        assert_eq!(texts(&checked, &[comment("")]), ["the brief"]);
        for (what, bend) in [
            (
                "somebody else's",
                (|now| now.author = user("eve", 2)) as fn(&mut Comment),
            ),
            ("another time", |now| now.created_at = at(1)),
            ("edited since", |now| {
                now.last_edit = Some(Edit {
                    at: at(1),
                    editor: user("ada", 1),
                });
            }),
            ("hidden since", |now| now.minimised = true),
        ] {
            let mut now = comment("");
            bend(&mut now);
            assert_eq!(texts(&checked, &[now]), [""], "{what}");
        }
    }

    #[test]
    fn a_text_that_was_asked_for_again_is_kept() {
        assert_eq!(texts(&[comment("old")], &[comment("new")]), ["new"]);
        // The next one of the same second has its own text all the same.
        assert_eq!(
            texts(
                &[comment("first"), comment("second")],
                &[comment("anew"), comment("")]
            ),
            ["anew", "second"]
        );
    }
}
