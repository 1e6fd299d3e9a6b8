//! Whatever GitHub answers, through the adapter: reads, acts, limits and failures.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta};
use url::Url;

use super::exchange::{Exchange, bearer, checked};
use afk::domain::config::{Labels, TrustConfig};
use afk::domain::identity::{Authorisation, RepositoryId, RepositoryKey};
use afk::domain::issue::{
    IssueFacts, IssueState, OwnAccount, Permission, PermissionFact, Permissions, RepositoryFacts,
    Visibility,
};
use afk::domain::repository::{ForgeKind, IssueNumber, IssueRef, RepoRef};
use afk::domain::start::prompt::MESSAGE_MAX_UNITS;
use afk::domain::start::trust_gate::{GateFacts, GateRules, GateVerdict, judge, people_to_ask};
use afk::domain::verdict::ci::{Check, CheckSource, CheckState, CommitSha};
use afk::http::Http;
use afk::tracker::github::GitHub;
use afk::tracker::{
    Checks, IssueLookup, IssueReading, LabelNames, Repository, RunIssue, RunQuery, Tracker,
    WatchQuery, WatchReading,
};

pub(crate) const READY: &str = "ready-for-agent";
const COMMIT: &str = "4f1c2b7a9d8e7f60514233241506f7e8d9cafbec";
const ISSUE: IssueNumber = IssueNumber(87);

/// The longest excerpt of a check, in characters.
const EXCERPT_MAX_CHARS: usize = 500;

/// Checks one conversation with GitHub.
///
/// # Panics
///
/// When something holds that must not.
pub fn forge_answers(bytes: &[u8]) {
    let Some(exchange) = Exchange::read(bytes) else {
        return;
    };
    let repo = repo();
    let sha = CommitSha::parse(COMMIT).unwrap();
    let issue = IssueRef {
        repo: repo.clone(),
        number: ISSUE,
    };
    match exchange.question % 16 {
        0 => {
            let other = RepoRef::parse("octo-org/gadgets", ForgeKind::GitHub).unwrap();
            let repos = [repo, other];
            let (surveys, _) = exchange.ask(|http| github(http).survey(&repos));
            assert_eq!(surveys.len(), repos.len());
            for (asked, survey) in repos.iter().zip(surveys) {
                if let Some(survey) = checked(survey) {
                    check_repository(&survey.repository, asked);
                }
            }
        }
        1 => {
            if let Some(lookup) = read_issue(&exchange) {
                check_lookup(&lookup);
            }
        }
        2 => {
            let (lookup, _) = exchange.ask(|http| github(http).reread(&repository(), ISSUE));
            checked(lookup).iter().for_each(check_lookup);
        }
        3 => {
            let (fact, _) = exchange.ask(|http| github(http).permission(&repository(), "alice"));
            if let Some(PermissionFact::Known { permission, .. }) = checked(fact) {
                assert!(says(&exchange, "alice"));
                let words = ["write", "maintain", "admin"];
                assert!(
                    !permission.is_trusted() || words.iter().any(|word| says(&exchange, word)),
                    "{permission:?} out of nothing"
                );
            }
        }
        4 => {
            let queries = watch_queries();
            let (readings, _) = exchange.ask(|http| github(http).watch(&queries));
            assert_eq!(readings.len(), queries.len());
            for (query, reading) in queries.iter().zip(readings) {
                if let Some(reading) = checked(reading) {
                    check_reading(&reading, query);
                }
            }
        }
        5 => {
            let (stray, _) = exchange.ask(|http| github(http).stray(&issue));
            if let Some(RunIssue::Issue(reading)) = checked(stray) {
                check_run_issue(&reading);
            }
        }
        6 => {
            let (checks, _) = exchange.ask(|http| github(http).commit_checks(&repo, &sha));
            checked(checks)
                .iter()
                .flat_map(|told| &told.checks)
                .for_each(check_check);
        }
        7 => {
            let check = Check {
                name: "build".to_owned(),
                source: CheckSource::Run {
                    app: Some("github-actions".to_owned()),
                    event: None,
                    branch: None,
                    suite: None,
                },
                state: CheckState::Failure,
                at: None,
                url: Some("https://github.com/octo-org/widgets/actions/runs/1/job/2".to_owned()),
                excerpt: None,
            };
            let (excerpt, _) = exchange.ask(|http| github(http).failure_excerpt(&repo, &check));
            assert!(excerpt.is_none_or(|text| text.chars().count() <= EXCERPT_MAX_CHARS));
        }
        8 => {
            let (added, _) = exchange.ask(|http| github(http).add_label(&issue, READY));
            assert!(checked(added).is_none() || says(&exchange, READY));
        }
        9 => {
            let (removed, _) = exchange.ask(|http| github(http).remove_label(&issue, READY));
            checked(removed);
        }
        10 => {
            let (written, _) = exchange.ask(|http| github(http).create_comment(&issue, "text"));
            let id = checked(written);
            assert!(id.is_none_or(|id| id.parse::<u64>().is_ok()));
        }
        11 => {
            let (edited, _) = exchange.ask(|http| github(http).edit_comment(&issue, "1", "text"));
            assert!(checked(edited).is_none() || exchange.first().status != 404);
        }
        12 => {
            let (deleted, _) = exchange.ask(|http| github(http).delete_comment(&issue, "1"));
            checked(deleted);
        }
        13 => {
            let (closed, _) = exchange.ask(|http| github(http).close_issue(&issue));
            assert!(checked(closed).is_none() || says(&exchange, "closed"));
        }
        _ => {
            let (opened, _) = exchange.ask(|http| github(http).reopen_issue(&issue));
            assert!(checked(opened).is_none() || says(&exchange, "open"));
        }
    }
}

/// Whether some answer has the word, in any case.
fn says(exchange: &Exchange, word: &str) -> bool {
    let texts = exchange.texts();
    texts.is_none_or(|texts| texts.iter().any(|text| text.to_lowercase() == word))
}

fn github<'a>(http: &'a Http<'a>) -> GitHub<'a> {
    let labels = LabelNames {
        ready: READY.to_owned(),
        in_progress: "agent-in-progress".to_owned(),
        ready_for_human: "ready-for-human".to_owned(),
    };
    let base = Url::parse("https://api.github.com").unwrap();
    GitHub::new(http, base, bearer(), labels)
}

fn repo() -> RepoRef {
    RepoRef::parse("octo-org/widgets", ForgeKind::GitHub).unwrap()
}

fn repository() -> Repository {
    let id = RepositoryId(1_296_269);
    Repository {
        repo: repo(),
        key: RepositoryKey::new(ForgeKind::GitHub, "github.com", id),
        id,
        host: "github.com".to_owned(),
        facts: RepositoryFacts {
            archived: false,
            unworkable: None,
            visibility: Visibility::Private,
        },
        default_branch: Some("main".to_owned()),
        clone_url: "https://github.com/octo-org/widgets.git".to_owned(),
        own_account: own_account(),
    }
}

fn own_account() -> OwnAccount {
    OwnAccount {
        login: "afk-bot".to_owned(),
        id: Some(555_001),
    }
}

fn watch_queries() -> [WatchQuery; 2] {
    let since = DateTime::from_timestamp(1_767_200_000, 0).unwrap();
    let other = RepoRef::parse("octo-org/gadgets", ForgeKind::GitHub).unwrap();
    [
        WatchQuery {
            repo: repo(),
            runs: vec![RunQuery {
                issue: ISSUE,
                // The run that the recorded commit names.
                thread: afk::domain::identity::ThreadId(uuid::Uuid::from_u128(
                    0xa6ca_3d15_f3ab_5ee0_8b39_cb3d_82fb_e2e5,
                )),
                dispatched_at: since,
                since,
            }],
            branch: None,
        },
        WatchQuery {
            repo: other,
            runs: Vec::new(),
            branch: None,
        },
    ]
}

/// Reads the issue as poll does.
pub(crate) fn read_issue(exchange: &Exchange) -> Option<IssueLookup> {
    let ask = |http: &Http<'_>| github(http).issue(&repository(), ISSUE);
    checked(exchange.ask(ask).0)
}

/// Reads the first of the two repositories as the watcher does.
pub(crate) fn read_runs(exchange: &Exchange) -> Option<WatchReading> {
    let queries = watch_queries();
    let (readings, _) = exchange.ask(|http| github(http).watch(&queries));
    readings.into_iter().next().and_then(checked)
}

fn check_repository(repository: &Repository, asked: &RepoRef) {
    assert_eq!(repository.repo, *asked);
    let key = RepositoryKey::new(ForgeKind::GitHub, "github.com", repository.id);
    assert_eq!(repository.key, key);
}

fn check_lookup(lookup: &IssueLookup) {
    let IssueLookup::Issue(facts) = lookup else {
        return;
    };
    assert_eq!(facts.number, ISSUE, "answers for another issue");
    judged(facts);
}

/// The labels as they are by default.
pub(crate) fn labels() -> Labels {
    Labels {
        ready: READY.to_owned(),
        in_progress: "agent-in-progress".to_owned(),
        ready_for_human: "ready-for-human".to_owned(),
        hold: BTreeSet::new(),
    }
}

/// Nobody has a rule of his own.
pub(crate) fn nobody_special() -> TrustConfig {
    TrustConfig {
        allow_public: BTreeSet::new(),
        trusted_apps: BTreeSet::new(),
        trusted_people: BTreeSet::new(),
        agent_accounts: BTreeSet::new(),
    }
}

/// Judges an issue with the most generous rules, everybody being trusted: what passes then must be whole.
pub(crate) fn judged(facts: &IssueFacts) -> bool {
    let authorisation = facts
        .label_events
        .iter()
        .rev()
        .find(|event| event.label == READY)
        .map(|event| event.id.clone())
        .unwrap_or_else(|| Authorisation::new("LE_none").unwrap());
    let repository = repository();
    let (labels, trust) = (labels(), nobody_special());
    let rules = GateRules {
        labels: &labels,
        trust: &trust,
        forge: ForgeKind::GitHub,
        public_allowed: true,
        quiet: TimeDelta::zero(),
        settle: TimeDelta::zero(),
        lock_brakes: true,
        enrolled: &[],
        now: DateTime::UNIX_EPOCH,
        own_account: &repository.own_account,
        text_budget: MESSAGE_MAX_UNITS,
    };
    let mut permissions = Permissions::default();
    for login in people_to_ask(facts, &authorisation, &rules) {
        permissions.insert(
            &login,
            PermissionFact::Known {
                id: 101,
                permission: Permission::Admin,
            },
        );
    }
    let verdict = judge(
        &GateFacts {
            repository: &repository.facts,
            issue: facts,
            permissions: &permissions,
            authorisation: &authorisation,
        },
        &rules,
    );
    match verdict {
        GateVerdict::Refused(refusal) => {
            assert!(!refusal.reasons().is_empty());
            false
        }
        GateVerdict::Trusted(text) => {
            assert_eq!(facts.gaps, Vec::<String>::new());
            assert_eq!(facts.state, IssueState::Open);
            assert!(facts.labels.iter().any(|label| label == READY));
            assert!(text.utf16_length() <= MESSAGE_MAX_UNITS);
            assert!(text.as_str().starts_with("Title:\n\n"));
            assert!(
                !text
                    .as_str()
                    .contains(['\u{202e}', '\u{200b}', '\u{e0041}'])
            );
            true
        }
    }
}

fn check_reading(reading: &WatchReading, query: &WatchQuery) {
    check_repository(&reading.repository, &query.repo);
    assert_eq!(reading.runs.len(), query.runs.len());
    for (run, asked) in reading.runs.iter().zip(&query.runs) {
        if let RunIssue::Issue(issue) = run {
            assert_eq!(issue.number, asked.issue);
            check_run_issue(issue);
        }
    }
    assert!(!query.runs.is_empty() || reading.commits.is_empty());
    for commit in &reading.commits {
        if let Checks::Read(told) = &commit.checks {
            told.checks.iter().for_each(check_check);
        }
    }
}

fn check_run_issue(issue: &IssueReading) {
    for comment in &issue.own_comments {
        // The id goes into an address.
        assert!(comment.id.bytes().all(|byte| byte.is_ascii_digit()));
    }
}

fn check_check(check: &Check) {
    let excerpt = check.excerpt.as_deref().unwrap_or_default();
    assert!(excerpt.chars().count() <= EXCERPT_MAX_CHARS, "{excerpt}");
}
