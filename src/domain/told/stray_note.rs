//! The note on an issue that shows a run of which nothing is known (SPEC 4.3).
//!
//! It stands for the bell that was rung, so that no tick rings it again.

use super::labels::{LabelNames, label};
use super::why::why;
use crate::domain::identity::AuthorisationDigest;
use crate::domain::reason::{Reason, ReasonCode};

const STRAY_MARKER: &str = "<!-- afk:stray ";

/// Returns the hidden marker that begins the note on a stray, which stands for the bell that was rung for it.
///
/// It names the authorisation, when the issue has one, so that a later stray of the same issue rings again.
#[must_use]
pub fn stray_marker(authorisation: Option<&AuthorisationDigest>) -> String {
    match authorisation {
        Some(authorisation) => format!("{STRAY_MARKER}{authorisation} -->"),
        None => format!("{STRAY_MARKER}unknown -->"),
    }
}

/// Returns whether a comment is the note on this stray.
#[must_use]
pub fn is_stray_note(body: &str, authorisation: Option<&AuthorisationDigest>) -> bool {
    body.trim_start().starts_with(&stray_marker(authorisation))
}

const UNRUNG_MARKER: &str = "<!-- afk:unrung ";

/// Returns the sinks whose bell had not rung when the note was written: a later tick rings these alone.
pub fn unrung_sinks(note: &str) -> impl Iterator<Item = &str> {
    let listed = note
        .trim_end()
        .lines()
        .next_back()
        .and_then(|line| line.strip_prefix(UNRUNG_MARKER)?.strip_suffix(" -->"));
    listed.into_iter().flat_map(|listed| listed.split(','))
}

/// Returns the comment on an issue that shows the lock label although no run of it is known. `unrung` are the sinks whose bell
/// could not be rung yet.
#[must_use]
pub fn stray_note(
    authorisation: Option<&AuthorisationDigest>,
    labels: LabelNames<'_>,
    unrung: &[&str],
) -> String {
    let unrung = if unrung.is_empty() {
        String::new()
    } else {
        format!("\n{UNRUNG_MARKER}{} -->\n", unrung.join(","))
    };
    let LabelNames {
        ready,
        in_progress,
        ready_for_human,
    } = labels;
    format!(
        "{}\n#### Handed back to a person\n\n{}\n\nLook at what was pushed for this issue. Until somebody removes the label {}, \
         no other run of this repository starts. To run it again, remove {} and {}, and add {} anew.\n{unrung}",
        stray_marker(authorisation),
        why(&Reason::new(ReasonCode::Stray, "")),
        label(in_progress),
        label(in_progress),
        label(ready_for_human),
        label(ready),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::identity::Authorisation;

    const LABELS: LabelNames<'_> = LabelNames {
        ready: "ready-for-agent",
        in_progress: "agent-in-progress",
        ready_for_human: "ready-for-human",
    };

    #[test]
    fn a_stray_is_noted_once_per_authorisation() {
        let digest = Authorisation::new("LE_1").unwrap().digest();
        let note = stray_note(Some(&digest), LABELS, &[]);
        assert_eq!(
            note,
            format!(
                "<!-- afk:stray {digest} -->\n\
                 #### Handed back to a person\n\
                 \n\
                 The issue shows a run, and no live run of it is known (`stray`).\n\
                 \n\
                 Look at what was pushed for this issue. Until somebody removes the label `agent-in-progress`, no other run of this \
                 repository starts. To run it again, remove `agent-in-progress` and `ready-for-human`, and add `ready-for-agent` anew.\n"
            )
        );
        assert!(is_stray_note(&note, Some(&digest)));
        assert!(!is_stray_note(&note, None));
        assert!(is_stray_note(&stray_note(None, LABELS, &[]), None));
        assert_eq!(unrung_sinks(&note).count(), 0);
        let waiting = stray_note(Some(&digest), LABELS, &["slack", "ntfy"]);
        assert_eq!(waiting, format!("{note}\n<!-- afk:unrung slack,ntfy -->\n"));
        assert!(is_stray_note(&waiting, Some(&digest)));
        assert!(unrung_sinks(&waiting).eq(["slack", "ntfy"]));
        // As a forge may give it back.
        assert!(unrung_sinks(&waiting.trim_end().replace('\n', "\r\n")).eq(["slack", "ntfy"]));
    }
}
