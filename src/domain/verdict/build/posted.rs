//! Check runs of GitHub Actions that are no jobs.

use crate::domain::verdict::ci::Check;

/// Whether a check run of GitHub Actions is no job: whatever holds the token of a job may post one (`dorny/test-reporter` and others
/// do). Its address is `/OWNER/NAME/runs/N`, or what the poster says; those of jobs go by `/actions/runs/N/job/N`, or, where GitHub
/// Enterprise Server is old, end in `?check_suite_focus=true`. Without an address nothing is known.
pub(super) fn is_posted(check: &Check) -> bool {
    let address = check.url.as_deref().and_then(|url| url.split_once("://"));
    let Some((_, place)) = address else {
        return false;
    };
    let path = place.split(['?', '#']).next().unwrap_or_default();
    let segments: Vec<&str> = path.split('/').collect();
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_job = matches!(
        segments.as_slice(),
        [.., "actions", "runs", run, "job" | "jobs", job] if is_number(run) && is_number(job)
    );
    !is_job && !place.contains("check_suite_focus=true")
}
