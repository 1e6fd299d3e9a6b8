//! Clause 8: every blocker is closed, the native ones and those that the body names.

use super::refusal::Reasons;
use crate::domain::issue::{Blocker, BlockerState, IssueFacts};
use crate::domain::reason::{NAMES_NO_ISSUE, ReasonCode, TOO_MANY_BLOCKERS};
use crate::domain::start::blocked_by::{BlockedBy, BlockerRef};

/// Judges what the forge lists of native blockers, and its count of those that are open: some can be invisible to us.
pub(in crate::domain::start) fn check_native(
    listed: &[Blocker],
    open: Option<u64>,
    reasons: &mut Reasons,
) {
    let is_open = |blocker: &&Blocker| blocker.state == BlockerState::Open;
    for blocker in listed.iter().filter(is_open) {
        reasons.refuse(ReasonCode::Blocked, format!("{} is open", blocker.name));
    }
    let seen = listed.iter().filter(is_open).count() as u64;
    check_unseen(open, seen, reasons);
}

fn check_unseen(open: Option<u64>, seen: u64, reasons: &mut Reasons) {
    if let Some(open) = open
        && open > seen
    {
        let detail = match open - seen {
            1 => "1 open blocker can not be seen".to_owned(),
            unseen => format!("{unseen} open blockers can not be seen"),
        };
        reasons.refuse(ReasonCode::Blocked, detail);
    }
}

/// Judges the blockers: what was looked up, and what the body names now.
pub(super) fn check(issue: &IssueFacts, named: &BlockedBy, reasons: &mut Reasons) {
    for blocker in &issue.blockers {
        match &blocker.state {
            BlockerState::Closed => {}
            BlockerState::Open => {
                reasons.refuse(ReasonCode::Blocked, format!("{} is open", blocker.name));
            }
            BlockerState::Unresolved(why) => {
                reasons.refuse(
                    ReasonCode::BlockerUnresolved,
                    format!("{}: {why}", blocker.name),
                );
            }
        }
    }
    check_unseen(
        issue.open_native_blockers,
        issue.listed_open_native_blockers,
        reasons,
    );
    // What was looked up may stem from an older text.
    for reference in &named.references {
        if !issue
            .blockers
            .iter()
            .any(|blocker| may_be(&blocker.name, reference))
        {
            let name = match &reference.repo {
                Some((owner, name)) => format!("{owner}/{name}#{}", reference.number),
                None => format!("#{}", reference.number),
            };
            reasons.refuse(
                ReasonCode::BlockerUnresolved,
                format!("{name} was not looked up"),
            );
        }
    }
    for text in &named.unreadable {
        reasons.refuse(
            ReasonCode::BlockerUnresolved,
            format!("'{text}{NAMES_NO_ISSUE}"),
        );
    }
    if named.too_many {
        reasons.refuse(ReasonCode::BlockerUnresolved, TOO_MANY_BLOCKERS);
    }
}

/// Returns whether a blocker can be the one that the body names. Repositories can be renamed, so that only
/// the number has to agree.
fn may_be(blocker: &str, reference: &BlockerRef) -> bool {
    blocker
        .rsplit_once('#')
        .is_some_and(|(_, number)| number.parse() == Ok(reference.number.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::repository::IssueNumber;

    #[test]
    fn looked_up_blockers_match_by_number() {
        let reference = BlockerRef {
            repo: Some(("old".to_owned(), "name".to_owned())),
            number: IssueNumber(12),
        };
        assert!(may_be("new/name#12", &reference));
        for other in ["new/name#112", "new/name#1", "12", "new/name#", ""] {
            assert!(!may_be(other, &reference), "{other:?}");
        }
    }
}
