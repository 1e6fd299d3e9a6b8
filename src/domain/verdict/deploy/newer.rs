//! What is said of a commit by what deploys newer ones that contain it, which may help it and never hurt it.

use chrono::{DateTime, Utc};

use crate::domain::verdict::ci::{FailedCheck, StageOutcome};

/// What one deploy of a newer commit says.
#[derive(Debug)]
pub(super) struct Newer<'c> {
    /// The commit that it deploys.
    pub(super) commit: &'c str,
    /// Its number, where it has one.
    pub(super) number: Option<u64>,
    /// What it says.
    pub(super) said: StageOutcome,
    /// Whether a failure of it tells of what it deploys: nothing cut it off, and nothing of the same commit took its place.
    pub(super) is_telling: bool,
}

/// An outcome with the number of what says it.
type Said = (StageOutcome, Option<u64>);

/// The newest success that deployed a commit which nothing else deployed, among the parts of newer ones, newest first. A newer commit is
/// deployed when all its parts are, those included that an older one of them left undone.
pub(super) fn deployed(newer: &[Newer<'_>]) -> Option<Said> {
    let undone = || newer.iter().filter(|part| !is_success(part));
    let success = newer.iter().find(|one| {
        let may_miss = |part: &Newer<'_>| part.commit == one.commit || part.number < one.number;
        is_success(one) && !undone().any(may_miss)
    })?;
    Some((success.said.clone(), success.number))
}

/// Whether it succeeded.
pub(super) const fn is_success(newer: &Newer<'_>) -> bool {
    matches!(newer.said, StageOutcome::Success { .. })
}

/// What is left of what a commit's own deploy says beside newer ones, newest first, that do not make it a success. They are
/// waited for, `being_deployed`, while they may still do so.
pub(super) fn beside(
    own: Said,
    newer: &[Newer<'_>],
    being_deployed: &dyn Fn(&str) -> String,
) -> Said {
    let waits = |own: Option<String>, (what, number): (&str, Option<u64>)| {
        let detail = being_deployed(what);
        let detail = own.map_or_else(|| detail.clone(), |own| format!("{own}; {detail}"));
        (StageOutcome::Pending { detail }, number)
    };
    match own.0 {
        StageOutcome::None => to_wait_for(newer)
            .map(|what| waits(None, what))
            .or_else(|| only_newer(newer))
            .unwrap_or(own),
        // It was waited for in the hope of a success, and the time for repairs begins when that is gone.
        StageOutcome::Failure {
            concluded_at,
            checks,
        } => {
            let mut failed = newer.iter().filter(|one| one.is_telling && is_failure(one));
            let ended = match (failed.next(), to_wait_for(newer)) {
                (None, Some(what)) => {
                    return waits(checks.first().map(FailedCheck::in_words), what);
                }
                (None, None) => newer.iter().filter_map(concluded).max(),
                (Some(last), _) => failed.chain([last]).filter_map(concluded).min(),
            };
            let failure = StageOutcome::Failure {
                concluded_at: concluded_at.map(|own| ended.map_or(own, |ended| ended.max(own))),
                checks,
            };
            (failure, own.1)
        }
        // A person who holds ours up for a newer one has decided.
        StageOutcome::Blocked { ref what, .. } => match under_way(newer) {
            Some(newer) => waits(Some(what.in_words()), newer),
            None => own,
        },
        StageOutcome::OnlyNewer { .. }
        | StageOutcome::NotNamed { .. }
        | StageOutcome::Pending { .. }
        | StageOutcome::Unreadable { .. }
        | StageOutcome::Success { .. }
        | StageOutcome::Superseded => own,
    }
}

/// Whether it failed.
const fn is_failure(newer: &Newer<'_>) -> bool {
    matches!(newer.said, StageOutcome::Failure { .. })
}

/// When it failed, as far as the service tells; `None` for everything else.
const fn concluded(newer: &Newer<'_>) -> Option<DateTime<Utc>> {
    match newer.said {
        StageOutcome::Failure { concluded_at, .. } => concluded_at,
        StageOutcome::None
        | StageOutcome::OnlyNewer { .. }
        | StageOutcome::NotNamed { .. }
        | StageOutcome::Pending { .. }
        | StageOutcome::Blocked { .. }
        | StageOutcome::Unreadable { .. }
        | StageOutcome::Success { .. }
        | StageOutcome::Superseded => None,
    }
}

/// The newest one that has not ended.
fn under_way<'n>(newer: &'n [Newer<'_>]) -> Option<(&'n str, Option<u64>)> {
    newer.iter().find_map(|newer| match &newer.said {
        StageOutcome::Pending { detail } => Some((detail.as_str(), newer.number)),
        StageOutcome::Blocked { .. }
        | StageOutcome::None
        | StageOutcome::OnlyNewer { .. }
        | StageOutcome::NotNamed { .. }
        | StageOutcome::Unreadable { .. }
        | StageOutcome::Success { .. }
        | StageOutcome::Failure { .. }
        | StageOutcome::Superseded => None,
    })
}

/// The newest one that has not ended, or a person's decision where nothing newer was tried.
fn to_wait_for<'n>(newer: &'n [Newer<'_>]) -> Option<(&'n str, Option<u64>)> {
    let mut heard = newer
        .iter()
        .filter(|one| !is_success(one) && one.said != StageOutcome::None);
    match heard.next() {
        Some(Newer {
            said: StageOutcome::Blocked { what, .. },
            number,
            ..
        }) => Some((&what.name, *number)),
        Some(_) | None => under_way(newer),
    }
}

/// What the newest of the newer ones that failed, or was replaced, says of a commit that nothing deployed. No number: what failed in it is not explained,
/// for it is nobody's to mend here.
fn only_newer(newer: &[Newer<'_>]) -> Option<Said> {
    newer.iter().find_map(|newer| match &newer.said {
        StageOutcome::Failure { checks, .. } => {
            let said = checks.first()?.in_words();
            Some((StageOutcome::OnlyNewer { said }, None))
        }
        said @ StageOutcome::OnlyNewer { .. } => Some((said.clone(), None)),
        StageOutcome::None
        | StageOutcome::NotNamed { .. }
        | StageOutcome::Pending { .. }
        | StageOutcome::Blocked { .. }
        | StageOutcome::Unreadable { .. }
        | StageOutcome::Success { .. }
        | StageOutcome::Superseded => None,
    })
}
