//! The figures of one tick as Prometheus reads them (text exposition format 0.0.4).
//!
//! Everything is a gauge of the last tick: a batch program counts nothing beyond its own life.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Utc};

use super::{Decision, TickKind, TickReport};
use crate::domain::told::digest::Digest;
use crate::exit_code::ExitCode;

/// Renders the figures; every family is there in every text, so that no alert waits for a series that never came.
/// `t3_token_ends` is when the bearer of T3 ends, as far as it says so itself.
#[must_use]
pub fn metrics(report: &TickReport, t3_token_ends: Option<DateTime<Utc>>) -> String {
    let mut page = Page::of(report.tick);
    let elapsed = (report.finished_at - report.started_at).num_milliseconds();
    page.finished(report.finished_at);
    page.one(
        "afk_tick_duration_milliseconds",
        "How long the last tick took",
        elapsed.max(0),
    );
    page.exit_status(report.exit_code());
    page.one(
        "afk_armed",
        "Whether both gates were open",
        i64::from(report.armed),
    );
    page.family(
        "afk_repositories",
        "Repositories by outcome",
        &["outcome"],
        report
            .repositories
            .iter()
            .map(|repository| vec![repository.outcome.as_str()]),
    );
    page.family(
        "afk_decisions",
        "Decisions on issues, each with its first reason",
        &["decision", "reason"],
        report.repositories.iter().flat_map(|repository| {
            repository.issues.iter().map(|issue| {
                let reason = issue.reasons.first();
                vec![
                    issue.decision.as_str(),
                    reason.map_or("", |reason| reason.code.as_str()),
                ]
            })
        }),
    );
    page.one(
        "afk_eligible_not_started",
        "Issues that are eligible, as far as was asked, and were not started in this tick",
        count(report.repositories.iter().flat_map(|repository| {
            repository
                .issues
                .iter()
                .filter(|issue| issue.decision == Decision::Skip && !issue.has_run)
        })),
    );
    page.one(
        "afk_oldest_not_started_seconds",
        "Age of the oldest labelling among issues that are eligible and were not started; 0 without one, and of forges that tell no labelling in bulk (Forgejo, Gitea)",
        oldest(
            report,
            report
                .repositories
                .iter()
                .flat_map(|repository| &repository.issues)
                .filter(|issue| issue.decision == Decision::Skip && !issue.has_run)
                .filter_map(|issue| issue.labelled_at),
        ),
    );
    page.one(
        "afk_dispatched",
        "Runs that the last tick started",
        count(report.dispatched.iter()),
    );
    page.family(
        "afk_runs",
        "Runs under way and strays, by state",
        &["state"],
        report.runs.iter().map(|run| vec![run.state.as_str()]),
    );
    page.one(
        "afk_oldest_run_seconds",
        "Age of the oldest run that is not released; 0 without one",
        oldest(report, report.runs.iter().filter_map(|run| run.started_at)),
    );
    page.family(
        "afk_run_actions",
        "What was done about runs, with the reason of those that ended",
        &["action", "reason"],
        report
            .runs
            .iter()
            .map(|run| vec![run.action, run.reason.map_or("", |reason| reason.as_str())]),
    );
    page.one(
        "afk_run_tokens",
        "Tokens of all runs under way, as far as T3 reports them",
        report
            .runs
            .iter()
            .filter_map(|run| run.tokens)
            .fold(0_i64, |sum, tokens| {
                sum.saturating_add(i64::try_from(tokens).unwrap_or(i64::MAX))
            }),
    );
    page.family(
        "afk_failures",
        "Failed calls by service",
        &["service"],
        report
            .failures
            .iter()
            .map(|failure| vec![failure.service.as_str()]),
    );
    page.one(
        "afk_warnings",
        "What needs a person and did not fail",
        count(report.warnings.iter()),
    );
    let requests = report.requests.iter();
    page.values(
        "afk_requests",
        "Requests that the last tick sent, by service",
        &["service"],
        &requests
            .map(|(service, count)| (vec![*service], *count))
            .collect(),
    );
    let (mut used, mut left) = (BTreeMap::new(), BTreeMap::new());
    // Of several tokens with one budget each: what all of them spent, and what the one with least has left.
    for points in &report.points {
        let labels = vec![points.service, points.budget.as_str()];
        let spent: &mut u64 = used.entry(labels.clone()).or_default();
        *spent = spent.saturating_add(points.used);
        let least: &mut u64 = left.entry(labels).or_insert(u64::MAX);
        *least = points.left.min(*least);
    }
    page.values(
        "afk_points_used",
        "Points of a forge's rate limit that the last tick spent",
        &["service", "budget"],
        &used,
    );
    page.values(
        "afk_points_left",
        "Points of a forge's rate limit that are left until it resets",
        &["service", "budget"],
        &left,
    );
    let ends = t3_token_ends.map(|ends| (Vec::new(), ends.timestamp()));
    page.values(
        "afk_t3_token_ends_timestamp_seconds",
        "When the bearer of T3 ends, by its own word; without a sample where it has none",
        &[],
        &ends.into_iter().collect::<BTreeMap<Vec<&str>, i64>>(),
    );
    page.text
}

/// Renders what a digest knows beside the ticks: who waits for a person, and since when. Told as times, for a digest is told once a day.
#[must_use]
pub fn digest_metrics(digest: &Digest) -> String {
    let mut page = Page {
        text: String::new(),
        tick: "digest",
    };
    page.one(
        "afk_digest_timestamp_seconds",
        "When the last digest was put together",
        digest.at.timestamp(),
    );
    page.one(
        "afk_handed_back",
        "Runs that were handed back and that no person has taken up, and strays, as of the last digest",
        count(digest.waiting.iter()),
    );
    let ages = digest.waiting.iter().filter_map(|one| one.age_seconds);
    let oldest = ages
        .max()
        .map(|age| (Vec::new(), digest.at.timestamp() - age));
    page.values(
        "afk_oldest_handed_back_timestamp_seconds",
        "When the oldest of them was handed back; without a sample where nobody waits",
        &[],
        &oldest.into_iter().collect::<BTreeMap<Vec<&str>, i64>>(),
    );
    page.text
}

/// Renders what is known of a tick that got no further than its settings.
#[must_use]
pub fn metrics_of_stopped(tick: TickKind, at: DateTime<Utc>, code: ExitCode) -> String {
    let mut page = Page::of(tick);
    page.finished(at);
    page.exit_status(code);
    page.text
}

/// Seconds since the earliest of these times.
fn oldest(report: &TickReport, times: impl Iterator<Item = DateTime<Utc>>) -> i64 {
    times.min().map_or(0, |earliest| {
        (report.finished_at - earliest).num_seconds().max(0)
    })
}

fn count<T>(things: impl Iterator<Item = T>) -> i64 {
    i64::try_from(things.count()).unwrap_or(i64::MAX)
}

struct Page<'a> {
    text: String,
    tick: &'a str,
}

impl Page<'_> {
    fn of(tick: TickKind) -> Self {
        Self {
            text: String::new(),
            tick: tick.binary().trim_start_matches("afk-"),
        }
    }

    fn finished(&mut self, at: DateTime<Utc>) {
        self.one(
            "afk_tick_finished_timestamp_seconds",
            "When the last tick ended",
            at.timestamp(),
        );
    }

    fn exit_status(&mut self, code: ExitCode) {
        self.one(
            "afk_tick_exit_status",
            "Exit status of the last tick: 0 done, 1 with failures, 2 usage or configuration, 3 could not start",
            i64::from(u8::from(code)),
        );
    }

    fn head(&mut self, name: &str, help: &str) {
        self.line(format_args!("# HELP {name} {help}"));
        self.line(format_args!("# TYPE {name} gauge"));
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        self.text.push_str(&format!("{line}\n"));
    }

    fn one(&mut self, name: &str, help: &str, value: i64) {
        self.head(name, help);
        let tick = self.tick;
        self.line(format_args!("{name}{{tick=\"{tick}\"}} {value}"));
    }

    /// Counts what has the same values of the labels.
    fn family<'v>(
        &mut self,
        name: &str,
        help: &str,
        labels: &[&str],
        things: impl Iterator<Item = Vec<&'v str>>,
    ) {
        let mut counts: BTreeMap<Vec<&str>, u64> = BTreeMap::new();
        for values in things {
            *counts.entry(values).or_default() += 1;
        }
        self.values(name, help, labels, &counts);
    }

    /// One sample for each combination of the labels' values.
    fn values<N: fmt::Display>(
        &mut self,
        name: &str,
        help: &str,
        labels: &[&str],
        samples: &BTreeMap<Vec<&str>, N>,
    ) {
        self.head(name, help);
        for (values, count) in samples {
            let pairs: String = labels
                .iter()
                .zip(values)
                .map(|(label, value)| format!(",{label}=\"{}\"", escaped(value)))
                .collect();
            let tick = self.tick;
            self.line(format_args!("{name}{{tick=\"{tick}\"{pairs}}} {count}"));
        }
    }
}

/// A label's value may hold anything but these as they are.
fn escaped(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::super::{Failure, IssueReport, Outcome, RepositoryReport, RunReport};
    use super::*;
    use crate::domain::reason::{Reason, ReasonCode};
    use crate::domain::repository::{ForgeKind, IssueNumber, RepoRef};
    use crate::domain::told::digest::Waiting;
    use crate::tracker::Points;

    #[test]
    fn a_tick_is_counted_by_outcome_reason_state_and_service() {
        let mut report = TickReport::new(TickKind::Poll, DateTime::UNIX_EPOCH, false);
        report.finished_at += TimeDelta::milliseconds(1_500);
        let repo = RepoRef::parse("octo-org/widgets", ForgeKind::GitHub).unwrap();
        let ago = |seconds| Some(DateTime::UNIX_EPOCH - TimeDelta::seconds(seconds));
        let issue = |number, decision, reasons: &[ReasonCode]| IssueReport {
            labelled_at: ago(100 * i64::try_from(number).unwrap()),
            has_run: number == 9,
            basis: None,
            issue: IssueNumber(number),
            decision,
            reasons: reasons
                .iter()
                .map(|code| Reason {
                    code: *code,
                    detail: "of this test".to_owned(),
                })
                .collect(),
        };
        report.repositories.push(RepositoryReport {
            repository: repo.clone(),
            outcome: Outcome::Refused,
            detail: String::new(),
            issues: vec![
                issue(
                    1,
                    Decision::Refuse,
                    &[ReasonCode::Blocked, ReasonCode::OnHold],
                ),
                issue(2, Decision::Refuse, &[ReasonCode::Blocked]),
                issue(3, Decision::Skip, &[ReasonCode::CapReached]),
                issue(4, Decision::Skip, &[ReasonCode::CapReached]),
                issue(5, Decision::Dispatch, &[]),
                issue(9, Decision::Skip, &[ReasonCode::RepositoryBusy]),
            ],
        });
        report.runs.push(RunReport {
            started_at: ago(7_200),
            basis: None,
            repository: repo.clone(),
            issue: IssueNumber(7),
            thread: None,
            slot: None,
            action: "wait",
            state: "odd \"state\"\\\n".to_owned(),
            commit: None,
            verdict: None,
            reason: None,
            tokens: Some(1_200),
            detail: String::new(),
        });
        report
            .failures
            .push(Failure::warning(None, "t3", "read", "no answer"));
        for (budget, used, left) in [("graphql", 4, 90), ("core", 2, 70), ("graphql", 3, 80)] {
            report.points.push(Points {
                service: "github",
                budget: budget.to_owned(),
                used,
                left,
                limit: 100,
                resets_at: None,
            });
        }
        report.requests.insert("t3", 3);
        let text = metrics(&report, ago(-60));
        for line in [
            "afk_tick_finished_timestamp_seconds{tick=\"poll\"} 1",
            "afk_tick_duration_milliseconds{tick=\"poll\"} 1500",
            "afk_tick_exit_status{tick=\"poll\"} 1",
            "afk_armed{tick=\"poll\"} 1",
            "afk_repositories{tick=\"poll\",outcome=\"refused\"} 1",
            "afk_decisions{tick=\"poll\",decision=\"refuse\",reason=\"blocked\"} 2",
            "afk_decisions{tick=\"poll\",decision=\"skip\",reason=\"cap-reached\"} 2",
            "afk_eligible_not_started{tick=\"poll\"} 2",
            "afk_oldest_not_started_seconds{tick=\"poll\"} 401",
            "afk_oldest_run_seconds{tick=\"poll\"} 7201",
            "afk_t3_token_ends_timestamp_seconds{tick=\"poll\"} 60",
            "afk_dispatched{tick=\"poll\"} 0",
            "afk_runs{tick=\"poll\",state=\"odd \\\"state\\\"\\\\\\n\"} 1",
            "afk_run_actions{tick=\"poll\",action=\"wait\",reason=\"\"} 1",
            "afk_run_tokens{tick=\"poll\"} 1200",
            "afk_failures{tick=\"poll\",service=\"t3\"} 1",
            "afk_warnings{tick=\"poll\"} 0",
            "afk_requests{tick=\"poll\",service=\"t3\"} 3",
            "afk_points_used{tick=\"poll\",service=\"github\",budget=\"graphql\"} 7",
            "afk_points_left{tick=\"poll\",service=\"github\",budget=\"graphql\"} 80",
            "afk_points_used{tick=\"poll\",service=\"github\",budget=\"core\"} 2",
        ] {
            assert!(text.lines().any(|known| known == line), "{line}\n{text}");
        }
        assert!(text.ends_with('\n'));
    }

    #[test]
    fn what_waits_for_a_person_is_told_by_its_oldest_and_not_where_nobody_waits() {
        let waiting = |age_seconds| Waiting {
            issue: "octo-org/widgets#9".to_owned(),
            kind: "frozen",
            reason: None,
            age_seconds,
            link: None,
        };
        let mut digest = Digest {
            version: 1,
            at: DateTime::UNIX_EPOCH + TimeDelta::seconds(1_000),
            gate: None,
            landed: Vec::new(),
            waiting: vec![waiting(Some(100)), waiting(None), waiting(Some(900))],
            running: Vec::new(),
            ready: Vec::new(),
            failures: Vec::new(),
            warnings: Vec::new(),
            tokens: 0,
            tokens_unknown: 0,
        };
        let samples = |digest: &Digest| -> Vec<String> {
            let text = digest_metrics(digest);
            let samples = text.lines().filter(|line| !line.starts_with('#'));
            samples.map(str::to_owned).collect()
        };
        assert_eq!(
            samples(&digest),
            [
                "afk_digest_timestamp_seconds{tick=\"digest\"} 1000",
                "afk_handed_back{tick=\"digest\"} 3",
                "afk_oldest_handed_back_timestamp_seconds{tick=\"digest\"} 100",
            ]
        );
        digest.waiting.clear();
        assert_eq!(
            samples(&digest)[1..],
            ["afk_handed_back{tick=\"digest\"} 0"]
        );
    }

    #[test]
    fn every_line_is_a_comment_or_one_sample_and_every_family_is_told_of_once() {
        let report = TickReport::disarmed(
            TickKind::Watch,
            DateTime::UNIX_EPOCH,
            false,
            "of this test".to_owned(),
        );
        let text = metrics(&report, None);
        let heads = text
            .lines()
            .filter(|line| line.starts_with("# TYPE "))
            .count();
        let mut names: Vec<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix("# TYPE "))
            .filter_map(|line| line.strip_suffix(" gauge"))
            .collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!((names.len(), heads), (19, 19));
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let (name, value) = line.rsplit_once(' ').unwrap();
            assert!(
                name.contains("{tick=\"watch\"") && name.ends_with('}'),
                "{line}"
            );
            assert!(value.parse::<i64>().is_ok(), "{line}");
        }
        assert!(text.contains("afk_oldest_run_seconds{tick=\"watch\"} 0\n"));
        assert!(!text.contains("afk_t3_token_ends_timestamp_seconds{"));
        assert!(text.contains("afk_armed{tick=\"watch\"} 0\n"));
    }
}
