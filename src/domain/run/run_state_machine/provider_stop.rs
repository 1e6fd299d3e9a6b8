//! The rows of a run that was stopped by its provider, or by a restart of T3: nobody's fault, so it goes on later.

use chrono::{DateTime, SecondsFormat, Utc};

use super::action::{Action, Decided};
use super::facts::{Progress, RunFacts};
use crate::domain::config::RunLimits;
use crate::domain::reason::ReasonCode;
use crate::domain::verdict::ci::Verdict;

/// Returns what to do with a stopped run; `None` when it is not stopped.
pub(super) fn provider_stop(
    facts: &RunFacts,
    limits: &RunLimits,
    now: DateTime<Utc>,
) -> Option<Decided> {
    let stopped = facts.stopped.as_ref()?;
    let what = &stopped.what;
    let hand_back = |why: String| Some(Decided::hand_back(facts, ReasonCode::ProviderFailed, why));
    let Some(resume_at) = stopped.resume_at else {
        return hand_back(format!(
            "The run was stopped and can not go on by itself: {what}."
        ));
    };
    if facts.resumes >= limits.resume_max {
        return hand_back(match limits.resume_max {
            0 => format!("The run was stopped, and resumes are switched off: {what}."),
            max => format!("The run was stopped again after {max} resumes in a row: {what}."),
        });
    }
    let wait = |why: String| Some(Decided::go_on(Action::Wait, why));
    if now < resume_at {
        let at = resume_at.to_rfc3339_opts(SecondsFormat::Secs, true);
        return wait(format!("Paused until {at}: {what}."));
    }
    let revoked = facts.revocation.in_words();
    if revoked.is_some() && is_red(facts) {
        // Nobody asks it to go on any more, so waiting would have no end.
        return None;
    }
    if facts.draining {
        return wait(format!(
            "Paused: {what}. The kill switch is on, so the agent is not told to go on."
        ));
    }
    let pushed = matches!(facts.progress, Progress::Pushed { .. });
    if let Some(who_and_what) = revoked.filter(|_| pushed) {
        return wait(format!(
            "Paused: {what}. The agent is not told to go on, because {who_and_what}."
        ));
    }
    Some(Decided::go_on(
        Action::Resume,
        format!("The run was stopped and goes on now: {what}."),
    ))
}

fn is_red(facts: &RunFacts) -> bool {
    match &facts.progress {
        Progress::Pushed { verdict, .. } => match verdict {
            Verdict::Red(_) => true,
            Verdict::Pending { .. } | Verdict::Green => false,
        },
        Progress::Working => false,
    }
}
