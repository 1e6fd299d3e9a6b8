//! Alert rules and the dashboard ask only for figures that the programs give, with labels that those have.

use std::collections::{BTreeMap, BTreeSet};

use afk::domain::reason::{Reason, ReasonCode};
use afk::domain::repository::{ForgeKind, IssueNumber, RepoRef};
use afk::domain::told::digest::{Digest, Waiting};
use afk::tick::TickKind;
use afk::tick::report::{
    Decision, Failure, IssueReport, Outcome, RepositoryReport, RunReport, TickReport,
    digest_metrics, metrics,
};
use afk::tracker::Points;
use serde_json::Value;

use super::rendered::{file, list, text};

/// Figures by name, with their labels.
type Figures = BTreeMap<String, BTreeSet<String>>;

/// A report in which there is one of everything that is counted.
fn one_of_everything() -> TickReport {
    let mut report = TickReport::new(TickKind::Watch, chrono::DateTime::UNIX_EPOCH, false);
    let repository = RepoRef::parse("octo-org/widgets", ForgeKind::GitHub).unwrap();
    report.repositories.push(RepositoryReport {
        repository: repository.clone(),
        outcome: Outcome::Refused,
        detail: String::new(),
        issues: vec![IssueReport {
            labelled_at: None,
            has_run: false,
            basis: None,
            issue: IssueNumber(1),
            decision: Decision::Refuse,
            reasons: vec![Reason {
                code: ReasonCode::Blocked,
                detail: String::new(),
            }],
        }],
    });
    report.runs.push(RunReport {
        started_at: None,
        basis: None,
        repository,
        issue: IssueNumber(2),
        thread: None,
        slot: None,
        action: "wait",
        state: "running".to_owned(),
        commit: None,
        verdict: None,
        reason: None,
        tokens: None,
        detail: String::new(),
    });
    report
        .failures
        .push(Failure::warning(None, "t3", "read", "no answer"));
    report.points.push(Points {
        service: "github",
        budget: "core".to_owned(),
        used: 1,
        left: 2,
        limit: 3,
        resets_at: None,
    });
    report.requests.insert("t3", 1);
    report
}

fn one_hand_back() -> Digest {
    Digest {
        version: 1,
        at: chrono::DateTime::UNIX_EPOCH,
        gate: None,
        landed: Vec::new(),
        waiting: vec![Waiting {
            issue: "octo-org/widgets#1".to_owned(),
            kind: "frozen",
            reason: None,
            age_seconds: Some(0),
            link: None,
        }],
        running: Vec::new(),
        ready: Vec::new(),
        failures: Vec::new(),
        warnings: Vec::new(),
        tokens: 0,
        tokens_unknown: 0,
    }
}

/// What the programs give.
fn given() -> Figures {
    let mut figures = Figures::new();
    let mut text = metrics(&one_of_everything(), Some(chrono::DateTime::UNIX_EPOCH));
    text.push_str(&digest_metrics(&one_hand_back()));
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("# TYPE ") {
            figures.insert(name.trim_end_matches(" gauge").to_owned(), BTreeSet::new());
        } else if !line.starts_with('#') {
            let (name, rest) = line.split_once('{').unwrap();
            let (pairs, _) = rest.split_once('}').unwrap();
            let labels = figures.get_mut(name).unwrap();
            labels.extend(
                pairs
                    .split(',')
                    .map(|pair| pair.split_once('=').unwrap().0.to_owned()),
            );
        }
    }
    assert!(figures.values().all(|labels| labels.contains("tick")));
    figures
}

/// Words of the language that are no figures and no labels.
const WORDS: [&str; 14] = [
    "absent",
    "and",
    "by",
    "changes",
    "h",
    "max",
    "max_over_time",
    "min",
    "on",
    "or",
    "sum",
    "time",
    "unless",
    "m",
];

/// Names of an expression, without what stands in quotes: words, and those that stand in braces or behind `by` and `on`.
fn names(expression: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let unquoted: String = expression.split('"').step_by(2).collect();
    let (mut words, mut labels) = (BTreeSet::new(), BTreeSet::new());
    let (mut word, mut last, mut in_labels) = (String::new(), String::new(), false);
    for character in unquoted.chars().chain([' ']) {
        if character.is_ascii_alphabetic()
            || character == '_'
            || (!word.is_empty() && character.is_ascii_digit())
        {
            word.push(character);
            continue;
        }
        if !word.is_empty() {
            last = std::mem::take(&mut word);
            if in_labels {
                labels.insert(last.clone());
            } else {
                words.insert(last.clone());
            }
        }
        match character {
            '{' => in_labels = true,
            '(' if last == "by" || last == "on" => in_labels = true,
            '}' | ')' => in_labels = false,
            _ => {}
        }
        if !character.is_whitespace() {
            last.clear();
        }
    }
    (words, labels)
}

/// Figures of ours that an expression asks for. Stops the test where it asks for one, or a label, that there is not.
fn asked(figures: &Figures, expression: &str) -> BTreeSet<String> {
    let (words, labels) = names(expression);
    let (ours, others): (BTreeSet<_>, BTreeSet<_>) =
        words.into_iter().partition(|word| word.starts_with("afk_"));
    for word in &others {
        assert!(WORDS.contains(&word.as_str()), "{word} in {expression}");
    }
    let mut known = BTreeSet::new();
    for name in &ours {
        let of_name = figures.get(name);
        known.extend(of_name.unwrap_or_else(|| panic!("no {name} for {expression}")));
    }
    for label in &labels {
        // Where figures come from is no label of ours: Prometheus gives it.
        assert!(
            known.contains(label) || label == "namespace",
            "no label {label} for {expression}"
        );
    }
    ours
}

#[test]
fn the_dashboard_shows_every_figure_and_asks_for_no_other() {
    let figures = given();
    let dashboard: Value = serde_json::from_str(&file("dashboard.json")).unwrap();
    let (mut shown, mut ids) = (BTreeSet::new(), BTreeSet::new());
    for panel in list(&dashboard["panels"]) {
        let title = text(&panel["title"]);
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{title}");
        assert!(!text(&panel["description"]).is_empty(), "{title}");
        assert!(!list(&panel["targets"]).is_empty(), "{title}");
        for target in list(&panel["targets"]) {
            // Whoever imports it says which Prometheus is meant.
            assert_eq!(target["datasource"]["uid"], "${datasource}", "{title}");
            let expression = text(&target["expr"]);
            let asked = asked(&figures, expression);
            assert!(!asked.is_empty(), "{expression}");
            shown.extend(asked);
            let (_, labels) = names(expression);
            for legend in text(&target["legendFormat"]).split("{{").skip(1) {
                let (label, _) = legend.split_once("}}").unwrap();
                assert!(labels.contains(label), "{title}: {label}");
            }
        }
    }
    assert_eq!(shown, figures.into_keys().collect());
}

#[test]
fn rules_on_our_own_figures_ask_for_what_there_is() {
    let figures = given();
    let rules: Value = yaml_serde::from_str(&file("alerts.yaml")).unwrap();
    let mut seen = 0;
    for rule in list(&rules["groups"][0]["rules"]) {
        let expression = text(&rule["expr"]);
        if !expression.contains("kube_") {
            assert!(!asked(&figures, expression).is_empty(), "{expression}");
            seen += 1;
        }
    }
    assert_eq!(seen, 7);
}

#[test]
fn a_slip_in_an_expression_is_found() {
    let figures = given();
    for slip in [
        "sum(afk_dispatches)",
        "sum by (stat) (afk_runs)",
        "afk_runs{thread=\"x\"}",
        "up == 0",
    ] {
        let found = std::panic::catch_unwind(|| asked(&figures, slip));
        assert!(found.is_err(), "{slip}");
    }
}
