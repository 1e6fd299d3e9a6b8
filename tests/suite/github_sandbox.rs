//! The stand-in for GitHub does what the contract says GitHub does.
//!
//! Only the stand-in is tested here, by hand-made requests; the program under test is not involved.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::support::contract::Contract;
use crate::support::sandbox::clock::SandboxClock;
use crate::support::sandbox::github::{
    Enterprise, GitHub, GitHubOptions, TokenAccount, TokenRights,
};
use crate::support::sandbox::github_checks::CheckRights;
use crate::support::sandbox::github_limits::Overload;
use crate::support::sandbox::github_state::{Access, EditHistory, Role, Visibility};
use crate::support::sandbox::http_server::{HttpServer, Journal, Request, Response, Service};

const WIDGETS: &str = "octo-org/widgets";
const GADGETS: &str = "octo-org/gadgets";
const READY: &str = "ready-for-agent";
const LOCK: &str = "agent-in-progress";

fn morning() -> DateTime<Utc> {
    DateTime::from_timestamp(1_784_534_400, 0).expect("08:00 on 20 July 2026")
}

struct Stage {
    clock: SandboxClock,
    github: Arc<GitHub>,
}

impl Stage {
    fn new(options: GitHubOptions) -> Self {
        let clock = SandboxClock::at(morning());
        let github = GitHub::new(options, clock.clone());
        Self { clock, github }
    }

    /// Two repositories and three people: alice may write, carol and mallory are strangers.
    fn usual(options: GitHubOptions) -> Self {
        let stage = Self::new(options);
        for login in ["alice", "carol", "mallory"] {
            stage.github.add_user(login);
        }
        stage.github.add_repository(WIDGETS, Visibility::Private);
        stage.github.add_repository(GADGETS, Visibility::Private);
        stage
            .github
            .set_permission(WIDGETS, "alice", Role::MAINTAIN);
        stage.github.set_permission(GADGETS, "alice", Role::WRITE);
        stage
    }

    fn later(&self, minutes: i64) {
        self.clock.advance(TimeDelta::minutes(minutes));
    }

    fn send(&self, method: &str, target: &str, body: Option<&Value>) -> Response {
        self.github.answer(&request(method, target, body))
    }

    fn rest(&self, method: &str, target: &str, body: Option<&Value>) -> (u16, Value) {
        read(&self.send(method, target, body))
    }

    fn graphql(&self, query: &str, variables: &Value) -> Value {
        let body = json!({"query": query, "variables": variables});
        let (status, answer) = self.rest("POST", "/graphql", Some(&body));
        assert_eq!(status, 200, "{answer}");
        answer
    }
}

fn request(method: &str, target: &str, body: Option<&Value>) -> Request {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let headers = [
        ("host", "127.0.0.1:4000"),
        ("authorization", "Bearer ghp_sandbox"),
        ("accept", "application/vnd.github+json"),
        ("x-github-api-version", "2022-11-28"),
        ("user-agent", "afk"),
    ];
    Request {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers: headers
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into_iter()
            .collect::<BTreeMap<_, _>>(),
        body: body.map(Value::to_string).unwrap_or_default().into_bytes(),
    }
}

fn header(response: &Response, name: &str) -> String {
    let found = response.headers.iter().find(|(given, _)| given == name);
    found.map(|(_, value)| value.clone()).unwrap_or_default()
}

fn read(response: &Response) -> (u16, Value) {
    let body = serde_json::from_slice(&response.body).unwrap_or(Value::Null);
    (response.status, body)
}

/// Insists that `answer` has the members and types of `example`; null fits everything.
fn same_shape(example: &Value, answer: &Value, place: &str) {
    match (example, answer) {
        (Value::Null, _) | (_, Value::Null) => {}
        (Value::Object(example), Value::Object(answer)) => {
            let names = |object: &serde_json::Map<String, Value>| {
                let mut names: Vec<String> = object.keys().cloned().collect();
                names.sort();
                names
            };
            assert_eq!(names(example), names(answer), "members of {place}");
            for (name, example) in example {
                same_shape(example, &answer[name], &format!("{place}.{name}"));
            }
        }
        (Value::Array(examples), Value::Array(answers)) => {
            for answer in answers {
                let alike = |example: &&Value| example["__typename"] == answer["__typename"];
                if let Some(example) = examples.iter().find(alike) {
                    same_shape(example, answer, &format!("{place}[]"));
                }
            }
        }
        _ => assert_eq!(
            std::mem::discriminant(example),
            std::mem::discriminant(answer),
            "type of {place}"
        ),
    }
}

/// The situation of the published examples, as far as it can be told.
fn example_stage() -> Stage {
    let stage = Stage::usual(GitHubOptions::default());
    let github = &stage.github;
    github.set_default_branch(WIDGETS, "master");
    github.add_app("triage-helper");
    github.add_user("dave");
    github.skip_to_number(GADGETS, 12);
    let other = github.open_issue(GADGETS, "carol", "Elsewhere", "Body", &[]);
    github.skip_to_number(WIDGETS, 41);
    let cleared = github.open_issue(WIDGETS, "carol", "Done before", "Body", &[]);
    github.close(WIDGETS, cleared, "alice");
    github.skip_to_number(WIDGETS, 87);
    let first = github.open_issue(WIDGETS, "carol", "500 on bad limit", "Old", &[]);
    github.label(WIDGETS, first, "alice", "priority:2");
    let second = github.open_issue(WIDGETS, "mallory", "Add retry to uploader", "Old", &[]);
    let third = github.open_issue(WIDGETS, "dave", "Label applied by an app", "Bump.", &[]);
    github.delete_user("dave");
    stage.later(10);
    github.edit_body(
        WIDGETS,
        first,
        "carol",
        "Blocked by #41, octo-org/gadgets#12",
    );
    github.rename_title(WIDGETS, first, "alice", "Reject negative page sizes");
    github.add_blocked_by(WIDGETS, first, WIDGETS, cleared);
    github.add_blocked_by(WIDGETS, first, GADGETS, other);
    stage.later(80);
    github.label(WIDGETS, first, "alice", READY);
    github.label(WIDGETS, second, "alice", READY);
    github.label_by_app(WIDGETS, third, "triage-helper", READY);
    stage.later(15);
    github.edit_body(WIDGETS, second, "mallory", "Evil");
    stage
}

#[test]
fn github_sandbox_answers_the_published_queries_in_the_shape_of_their_examples() {
    let Some(contract) = Contract::open() else {
        return;
    };
    let stage = example_stage();
    let run = |name: &str, variables: &Value| {
        let query = contract.text(&format!("github/queries/{name}.graphql"));
        contract
            .validate_graphql(&query, variables)
            .expect("published queries are valid");
        let answer = stage.graphql(&query, variables);
        let example = contract.json(&format!("github/examples/{name}.response.json"));
        same_shape(&example, &answer, name);
        assert_eq!(answer["errors"], Value::Null);
        (example["data"].clone(), answer["data"].clone())
    };

    let (example, ready) = run(
        "ready",
        &contract.json("github/examples/ready.variables.json"),
    );
    assert_eq!(
        ready["rateLimit"]["nodeCount"],
        example["rateLimit"]["nodeCount"]
    );
    assert_eq!(ready["rateLimit"]["cost"], example["rateLimit"]["cost"]);
    assert_eq!(ready["viewer"], example["viewer"]);
    for member in [
        "databaseId",
        "nameWithOwner",
        "isArchived",
        "hasIssuesEnabled",
        "visibility",
        "defaultBranchRef",
    ] {
        assert_eq!(ready["r0"][member], example["r0"][member]);
    }
    for (index, member) in [
        (0, "issueDependenciesSummary"),
        (0, "title"),
        (0, "author"),
        (2, "author"),
        (2, "editor"),
    ] {
        let of = |data: &Value| data["r0"]["ready"]["nodes"][index][member].clone();
        assert_eq!(of(&ready), of(&example), "{member}");
    }
    let bot = &ready["r0"]["ready"]["nodes"][2]["timelineItems"]["nodes"][0]["actor"];
    assert_eq!(
        (&bot["__typename"], &bot["login"]),
        (&json!("Bot"), &json!("triage-helper"))
    );

    let (_, trust) = run("trust", &json!({}));
    assert_eq!(trust["r0"]["a0"]["edges"][0]["permission"], "MAINTAIN");
    assert_eq!(trust["r0"]["a1"]["edges"], json!([]));
    let (example, blockers) = run("blockers", &json!({}));
    assert_eq!(blockers, example);

    let github = &stage.github;
    github.label(WIDGETS, 87, "afk-bot", LOCK);
    github.comment(WIDGETS, 87, "afk-bot", "- [ ] pushed");
    github.comment(WIDGETS, 87, "mallory", "- [x] pushed");
    let closing = github.push_commit(
        WIDGETS,
        "alice",
        "Reject negative page sizes\n\nCloses #87\n",
    );
    let (_, in_flight) = run(
        "in-flight",
        &contract.json("github/examples/in-flight.variables.json"),
    );
    let issue = &in_flight["r0"]["inFlight"]["nodes"][0];
    assert_eq!(
        (&issue["state"], &issue["stateReason"]),
        (&json!("CLOSED"), &json!("COMPLETED"))
    );
    let closed = issue["timelineItems"]["nodes"]
        .as_array()
        .and_then(|nodes| nodes.last())
        .expect("it was closed");
    assert_eq!(
        closed["closer"],
        json!({"__typename": "Commit", "oid": closing})
    );
    let history = &in_flight["r0"]["defaultBranchRef"]["target"]["history"];
    assert_eq!(
        (&history["totalCount"], &history["nodes"][0]["oid"]),
        (&json!(1), &json!(closing))
    );
}

#[test]
fn github_sandbox_rest_answers_fit_the_published_description() {
    let Some(contract) = Contract::open() else {
        return;
    };
    let stage = example_stage();
    stage.github.make_pull_request(WIDGETS, "alice", "Change");
    stage
        .github
        .label_via_app(WIDGETS, 41, "alice", "triage-helper", READY);
    stage.github.unlabel(WIDGETS, 41, "alice", READY);
    stage.github.note_event(WIDGETS, 41, "alice", "subscribed");
    stage.github.lock_issue(WIDGETS, 41, "alice");
    stage.github.reopen(WIDGETS, 41, "alice");
    stage.github.add_sub_issue(WIDGETS, 87, WIDGETS, 88);
    let comment = stage.github.comment(WIDGETS, 87, "alice", "First");
    stage.github.push_commit(WIDGETS, "alice", "Refs #87");
    let in_widgets = |path: &str| format!("/repos/{WIDGETS}{path}");
    let call = |method: &str, target: &str, body: Option<Value>, expected: u16| {
        let request = request(method, target, body.as_ref());
        contract
            .validate_github_request(&request)
            .unwrap_or_else(|error| panic!("{method} {target}: {error}"));
        let response = stage.github.answer(&request);
        let (status, answer) = read(&response);
        assert_eq!(status, expected, "{method} {target}: {answer:#}");
        contract
            .validate_github_response(&request, &response)
            .unwrap_or_else(|error| panic!("{method} {target}: {error}\n{answer:#}"));
        answer
    };
    for path in [
        "",
        "/issues?state=all&per_page=2&sort=created&direction=asc",
        "/issues?labels=ready-for-agent",
        "/issues/87",
        "/issues/89",
        "/issues/41/events",
        "/issues/87/events?per_page=100&page=1",
        "/issues/41/timeline",
        "/issues/87/timeline",
        "/issues/87/comments?since=2026-07-20T08:00:00Z",
        "/issues/87/labels",
        "/issues/87/dependencies/blocked_by",
        "/issues/41/dependencies/blocking",
        "/issues/87/sub_issues",
        "/issues/88/parent",
        "/labels/priority:2",
        "/collaborators/alice/permission",
        "/collaborators/mallory/permission",
    ] {
        call("GET", &in_widgets(path), None, 200);
    }
    call("GET", "/user", None, 200);
    call("GET", "/rate_limit", None, 200);
    call(
        "GET",
        &in_widgets(&format!("/issues/comments/{comment}")),
        None,
        200,
    );
    let labels = json!({"labels": ["area/ci", LOCK]});
    call("POST", &in_widgets("/issues/87/labels"), Some(labels), 200);
    call(
        "DELETE",
        &in_widgets("/issues/87/labels/area%2Fci"),
        None,
        200,
    );
    let label =
        json!({"name": "ready-for-human", "color": "d93f0b", "description": "A person is needed"});
    call("POST", &in_widgets("/labels"), Some(label), 201);
    let written = call(
        "POST",
        &in_widgets("/issues/87/comments"),
        Some(json!({"body": "Text"})),
        201,
    );
    let own = format!("/issues/comments/{}", written["id"]);
    call(
        "PATCH",
        &in_widgets(&own),
        Some(json!({"body": "Other"})),
        200,
    );
    let closing = json!({"state": "closed", "state_reason": "completed"});
    call("PATCH", &in_widgets("/issues/87"), Some(closing), 200);
    call("GET", &in_widgets("/issues/87/timeline"), None, 200);
    for missing in [
        "/issues/999",
        "/labels/none",
        "/collaborators/triage-helper%5Bbot%5D/permission",
        "/issues/41/parent",
    ] {
        call("GET", &in_widgets(missing), None, 404);
    }
}

#[test]
fn github_sandbox_answers_about_branches_and_what_guards_them_fit_the_published_description() {
    let Some(contract) = Contract::open() else {
        return;
    };
    let stage = Stage::usual(GitHubOptions::default());
    let github = &stage.github;
    github.push_commit(WIDGETS, "alice", "One");
    let call = |target: &str, expected: u16| {
        let request = request("GET", &format!("/repos/{WIDGETS}{target}"), None);
        contract
            .validate_github_request(&request)
            .unwrap_or_else(|error| panic!("{target}: {error}"));
        let response = github.answer(&request);
        let (status, answer) = read(&response);
        assert_eq!(status, expected, "{target}: {answer:#}");
        contract
            .validate_github_response(&request, &response)
            .unwrap_or_else(|error| panic!("{target}: {error}\n{answer:#}"));
        answer
    };
    assert_eq!(call("/branches/main", 200)["protected"], false);
    assert_eq!(call("/rules/branches/main", 200), json!([]));
    call("/branches/trunk", 404);
    // What only admins are told.
    call("/branches/main/protection", 403);
    call("/actions/permissions", 403);
    github.set_permission(WIDGETS, "afk-bot", Role::ADMIN);
    call("/branches/main/protection", 404);
    assert_eq!(call("/actions/permissions", 200)["enabled"], true);
    github.switch_actions_off(WIDGETS);
    assert_eq!(call("/actions/permissions", 200)["enabled"], false);
    github.add_rule(WIDGETS, "required_signatures", json!(null));
    let update = json!({"update_allows_fetch_and_merge": false});
    github.add_rule(WIDGETS, "update", update);
    assert_eq!(call("/rules/branches/main", 200)[1]["type"], "update");
    github.protect_branch(WIDGETS, json!({"lock_branch": {"enabled": true}}));
    assert_eq!(call("/branches/main", 200)["protected"], true);
    call("/branches/main/protection", 200);
}

#[test]
fn github_sandbox_rest_answers_about_checks_fit_the_published_description() {
    let Some(contract) = Contract::open() else {
        return;
    };
    let stage = Stage::usual(GitHubOptions::default());
    let github = &stage.github;
    let first = github.push_commit(WIDGETS, "alice", "One");
    let second = github.push_commit(WIDGETS, "alice", "Two");
    let call = |target: &str, expected: u16| {
        let request = request("GET", &format!("/repos/{WIDGETS}{target}"), None);
        contract
            .validate_github_request(&request)
            .unwrap_or_else(|error| panic!("{target}: {error}"));
        let response = stage.github.answer(&request);
        let (status, answer) = read(&response);
        assert_eq!(status, expected, "{target}: {answer:#}");
        contract
            .validate_github_response(&request, &response)
            .unwrap_or_else(|error| panic!("{target}: {error}\n{answer:#}"));
        answer
    };
    let nothing = call(&format!("/commits/{first}/status"), 200);
    assert_eq!(
        (&nothing["state"], &nothing["total_count"]),
        (&json!("pending"), &json!(0))
    );
    let run = github.start_workflow(WIDGETS, &first, "CI", &["build", "test"]);
    github.fail_in_step(WIDGETS, run, "test", "Run tests");
    github.finish_workflow(WIDGETS, run, "failure");
    github.rerun(WIDGETS, run);
    github.start_workflow_by(WIDGETS, &first, "Nightly", "schedule", &["fuzz"]);
    github.check_run(WIDGETS, &first, "scanner", "scan", Some("success"));
    github.empty_suite(WIDGETS, &first, "dependabot");
    for state in ["pending", "success"] {
        github.commit_status(WIDGETS, &first, "alice", "docs", state);
    }
    github.commit_status(WIDGETS, &first, "alice", "deploy", "error");

    assert_eq!(call("/commits?per_page=1", 200)[0]["sha"], json!(second));
    assert_eq!(
        call(&format!("/commits/{first}"), 200)["commit"]["message"],
        "One"
    );
    let latest = call(&format!("/commits/{first}/check-runs?filter=latest"), 200);
    assert_eq!(latest["total_count"], 4);
    let all = call(&format!("/commits/{first}/check-runs?filter=all"), 200);
    assert_eq!(all["total_count"], 6);
    let combined = call(&format!("/commits/{first}/status"), 200);
    assert_eq!(
        (&combined["state"], &combined["total_count"]),
        (&json!("failure"), &json!(2))
    );
    let history = call(&format!("/commits/{first}/statuses"), 200);
    assert_eq!(history.as_array().map(Vec::len), Some(3));
    let any = format!("/actions/runs?head_sha={first}&per_page=100");
    assert_eq!(call(&any, 200)["total_count"], 2);
    let runs = format!("/actions/runs?head_sha={first}&event=push&per_page=100");
    let runs = call(&runs, 200);
    assert_eq!(runs["total_count"], 1);
    assert_eq!(runs["workflow_runs"][0]["run_attempt"], 2);
    assert_eq!(runs["workflow_runs"][0]["status"], "queued");
    call(&format!("/actions/runs/{run}"), 200);
    let jobs = call(
        &format!("/actions/runs/{run}/jobs?filter=all&per_page=100&page=1"),
        200,
    );
    assert_eq!(jobs["total_count"], 4);
    assert_eq!(jobs["jobs"][1]["steps"][1]["name"], "Run tests");
    assert_eq!(
        call(&format!("/compare/{first}...main"), 200)["status"],
        "ahead"
    );
    assert_eq!(
        call(&format!("/compare/{second}...{first}"), 200)["status"],
        "behind"
    );
    call("/compare/nothing...main", 404);

    github.set_check_rights(CheckRights::FINE_GRAINED);
    call(&format!("/commits/{first}/check-runs"), 403);
    call(&format!("/actions/runs?head_sha={first}"), 200);
}

#[test]
fn github_sandbox_contract_refuses_requests_that_are_not_described() {
    let Some(contract) = Contract::open() else {
        return;
    };
    let refused = |method: &str, target: &str, body: Option<Value>| {
        let request = request(method, target, body.as_ref());
        contract
            .validate_github_request(&request)
            .expect_err(target)
    };
    assert_eq!(
        refused("GET", "/repos/o/r/issues?label=x", None),
        "query parameter label is unknown"
    );
    assert!(refused("GET", "/repos/o/r/issues?state=shut", None).starts_with("state: "));
    assert_eq!(
        refused("GET", "/repos/o/r/issues?per_page=many", None),
        "per_page is not a number"
    );
    assert_eq!(
        refused("GET", "/repos/o/r/issues/seven", None),
        "issue_number is not a number"
    );
    assert_eq!(
        refused("GET", "/repos/o/r/pulls", None),
        "/repos/o/r/pulls is not a described path"
    );
    assert_eq!(
        refused("PUT", "/repos/o/r/issues/7/labels", None),
        "PUT is not described for /repos/o/r/issues/7/labels"
    );
    assert_eq!(
        refused("POST", "/repos/o/r/issues/7/comments", None),
        "the body is missing"
    );
    let comment = json!({"body": "x", "text": "y"});
    assert_eq!(
        refused("POST", "/repos/o/r/issues/7/comments", Some(comment)),
        "body member text is unknown"
    );
    refused(
        "POST",
        "/repos/o/r/issues/7/comments",
        Some(json!({"body": 7})),
    );
    refused(
        "PATCH",
        "/repos/o/r/issues/7",
        Some(json!({"state": "done"})),
    );
    let query = json!({"query": "query($n: Int!) { repository(owner: \"o\", name: \"r\") { issue(number: $n) { titel } } }"});
    assert!(refused("POST", "/graphql", Some(query)).contains("titel"));
    let query =
        "query($n: Int!) { repository(owner: \"o\", name: \"r\") { issue(number: $n) { title } } }";
    assert_eq!(contract.validate_graphql(query, &json!({"n": 7})), Ok(()));
    contract
        .validate_graphql(query, &json!({}))
        .expect_err("a variable is missing");
    contract
        .validate_graphql(query, &json!({"n": "7"}))
        .expect_err("a variable has the wrong type");
    contract
        .validate_graphql(query, &json!({"n": 7, "m": 8}))
        .expect_err("a variable is unknown");
}

#[test]
fn github_sandbox_fails_with_the_published_errors() {
    let Some(contract) = Contract::open() else {
        return;
    };
    let examples = contract.json("github/examples/rest.errors.json");
    let check = |key: &str, response: &Response| {
        let text = examples[key].to_string().replace("12345", "555001");
        let example: Value = serde_json::from_str(&text).expect("still JSON");
        let (status, body) = read(response);
        assert_eq!(
            (json!(status), &body),
            (example["status"].clone(), &example["body"]),
            "{key}"
        );
        for (name, value) in example["headers"].as_object().into_iter().flatten() {
            // Amounts and times depend on the day.
            let given = response.headers.iter().find(|(given, _)| given == name);
            let (_, given) = given.unwrap_or_else(|| panic!("{key} has no header {name}"));
            if !matches!(
                (key, name.as_str()),
                (_, "x-ratelimit-reset") | ("403-secondary-rate-limit", "x-ratelimit-remaining")
            ) {
                assert_eq!(value, given, "{key} {name}");
            }
        }
    };
    let stage = example_stage();
    let label = json!({"labels": [READY]});
    let issue = format!("/repos/{WIDGETS}/issues/87");
    let mut stranger = request("GET", &issue, None);
    stranger
        .headers
        .insert("authorization".to_owned(), "Bearer other".to_owned());
    check("401", &stage.github.answer(&stranger));
    check("404", &stage.send("GET", "/repos/octo-org/none", None));
    check(
        "404-remove-absent-label",
        &stage.send("DELETE", &format!("{issue}/labels/none"), None),
    );
    let bot = format!("/repos/{WIDGETS}/collaborators/triage-helper%5Bbot%5D/permission");
    check("404-permission-of-app", &stage.send("GET", &bot, None));
    check(
        "422",
        &stage.send(
            "POST",
            &format!("/repos/{WIDGETS}/labels"),
            Some(&json!({"name": READY.to_uppercase()})),
        ),
    );
    stage.github.disable_issues(GADGETS);
    check(
        "410-issues-disabled",
        &stage.send("GET", &format!("/repos/{GADGETS}/issues"), None),
    );
    stage.github.set_rights(TokenRights {
        push: true,
        issues_write: false,
    });
    check(
        "403-permission",
        &stage.send("POST", &format!("{issue}/labels"), Some(&label)),
    );
    stage.github.secondary_limit_after(0, 403, 60);
    check("403-secondary-rate-limit", &stage.send("GET", &issue, None));
    stage.github.calm_down();
    stage.github.rate_limit_after(0);
    check("403-primary-rate-limit", &stage.send("GET", &issue, None));
    stage.github.calm_down();
    stage.github.rate_limit_after(0);
    let example = contract.json("github/examples/rate-limited.response.json");
    let example = example.to_string().replace("12345", "555001");
    assert_eq!(
        stage
            .graphql("{ viewer { login } }", &json!({}))
            .to_string(),
        example_text(&example)
    );
}

fn example_text(text: &str) -> String {
    let value: Value = serde_json::from_str(text).expect("still JSON");
    value.to_string()
}

#[test]
fn github_sandbox_reports_invisible_repositories_per_alias() {
    let Some(contract) = Contract::open() else {
        return;
    };
    let stage = Stage::usual(GitHubOptions::default());
    stage.github.withdraw_repository(WIDGETS);
    stage.github.withdraw_repository(GADGETS);
    let query = contract.text("github/queries/ready.graphql");
    let answer = stage.graphql(
        &query,
        &contract.json("github/examples/ready.variables.json"),
    );
    let example = contract.json("github/examples/repository-not-found.response.json");
    let without_place = |answer: &Value| {
        let mut errors = answer["errors"].clone();
        for error in errors.as_array_mut().into_iter().flatten() {
            assert!(error["locations"][0]["line"].is_number());
            error["locations"] = Value::Null;
        }
        errors
    };
    assert_eq!(without_place(&answer), without_place(&example));
    assert_eq!(
        (&answer["data"]["r0"], &answer["data"]["r1"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(answer["data"]["viewer"]["login"], "afk-bot");

    let rights = TokenRights {
        push: false,
        issues_write: true,
    };
    let stage = Stage::usual(GitHubOptions {
        rights,
        ..GitHubOptions::default()
    });
    let answer = stage.graphql(&contract.text("github/queries/trust.graphql"), &json!({}));
    let example = contract.json("github/examples/trust.forbidden.response.json");
    assert_eq!(without_place(&answer), without_place(&example));
    assert_eq!(answer["data"]["r0"], example["data"]["r0"]);
}

#[test]
fn github_sandbox_pages_connections_both_ways() {
    let stage = Stage::usual(GitHubOptions::default());
    let number = stage
        .github
        .open_issue(WIDGETS, "carol", "Title", "Body", &[]);
    for name in ["a", "b", "c", "d", "e"] {
        stage.later(1);
        stage.github.label(WIDGETS, number, "alice", name);
        stage.github.comment(WIDGETS, number, "carol", name);
    }
    let query = "query($n: Int!, $first: Int, $last: Int, $after: String, $before: String) {
        repository(owner: \"octo-org\", name: \"widgets\") { issue(number: $n) {
            timelineItems(first: $first, last: $last, after: $after, before: $before, itemTypes: [LABELED_EVENT]) {
                filteredCount
                pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
                nodes { ... on LabeledEvent { label { name } } }
            }
        } }
    }";
    let page = |bounds: Value| {
        let mut variables = bounds;
        variables["n"] = json!(number);
        let answer = stage.graphql(query, &variables);
        assert_eq!(answer["errors"], Value::Null, "{answer}");
        let page = answer["data"]["repository"]["issue"]["timelineItems"].clone();
        let nodes = page["nodes"].as_array().expect("a list").iter();
        let names: String = nodes
            .filter_map(|node| node["label"]["name"].as_str())
            .collect();
        let info = page["pageInfo"].clone();
        let more = (info["hasPreviousPage"] == true, info["hasNextPage"] == true);
        (names, more, info, page["filteredCount"].clone())
    };
    let (names, more, info, count) = page(json!({"first": 2}));
    assert_eq!(
        (names.as_str(), more, count),
        ("ab", (false, true), json!(5))
    );
    let (names, more, info, count) = page(json!({"first": 2, "after": info["endCursor"]}));
    assert_eq!(
        (names.as_str(), more, count),
        ("cd", (true, true), json!(3))
    );
    let (names, more, ..) = page(json!({"first": 2, "after": info["endCursor"]}));
    assert_eq!((names.as_str(), more), ("e", (true, false)));
    let (names, more, info, _) = page(json!({"last": 2}));
    assert_eq!((names.as_str(), more), ("de", (true, false)));
    let (names, more, info, _) = page(json!({"last": 2, "before": info["startCursor"]}));
    assert_eq!((names.as_str(), more), ("bc", (true, true)));
    let (names, more, ..) = page(json!({"last": 2, "before": info["startCursor"]}));
    assert_eq!((names.as_str(), more), ("a", (false, true)));

    let answer = stage.graphql(query, &json!({"n": number, "first": 2, "after": "bogus"}));
    assert_eq!(answer["errors"][0]["type"], "INVALID_CURSOR_ARGUMENTS");
    let answer = stage.graphql(query, &json!({"n": number, "first": 101}));
    assert_eq!(
        (&answer["errors"][0]["type"], &answer["data"]),
        (&json!("EXCESSIVE_PAGINATION"), &Value::Null)
    );
    let answer = stage.graphql(query, &json!({"n": number}));
    assert_eq!(answer["errors"][0]["type"], "MISSING_PAGINATION_BOUNDARIES");
    let many = "{ repository(owner: \"octo-org\", name: \"widgets\") { issues(first: 100) { nodes {
        comments(first: 100) { nodes { id } } blockedBy(first: 100) { nodes { comments(first: 100) { nodes { id } } } }
    } } } }";
    let answer = stage.graphql(many, &json!({}));
    assert_eq!(answer["errors"][0]["type"], "MAX_NODE_LIMIT_EXCEEDED");
}

#[test]
fn github_sandbox_links_rest_pages() {
    let stage = Stage::usual(GitHubOptions::default());
    let number = stage.github.open_issue(
        WIDGETS,
        "carol",
        "Title",
        "Body",
        &["a", "b", "c", "d", "e"],
    );
    let mut target = format!("/repos/{WIDGETS}/issues/{number}/events?per_page=2");
    let mut names = Vec::new();
    for _ in 0..3 {
        let response = stage.send("GET", &target, None);
        let (status, page) = read(&response);
        assert_eq!(status, 200);
        let page = page.as_array().expect("a list").clone();
        names.extend(
            page.iter()
                .filter_map(|event| event["label"]["name"].as_str().map(str::to_owned)),
        );
        let link = response
            .headers
            .iter()
            .find(|(name, _)| name == "link")
            .expect("there are more pages");
        let next = link
            .1
            .split(", ")
            .find_map(|link| link.strip_suffix("; rel=\"next\""));
        let Some(next) = next else { break };
        let next = next
            .trim_matches(['<', '>'])
            .strip_prefix("http://127.0.0.1:4000")
            .expect("links lead back here");
        next.clone_into(&mut target);
    }
    assert_eq!(names, ["a", "b", "c", "d", "e"]);
    let (_, all) = stage.rest(
        "GET",
        &format!("/repos/{WIDGETS}/issues/{number}/events?per_page=1000"),
        None,
    );
    assert_eq!(all.as_array().map(Vec::len), Some(5));
}

#[test]
fn github_sandbox_answers_the_permission_question_in_all_its_forms() {
    let stage = Stage::usual(GitHubOptions::default());
    stage
        .github
        .add_repository("octo-org/open", Visibility::Public);
    stage.github.add_app("helper");
    let ask = |repository: &str, login: &str| {
        let (status, body) = stage.rest(
            "GET",
            &format!("/repos/{repository}/collaborators/{login}/permission"),
            None,
        );
        let text = |member: &str| body[member].as_str().unwrap_or_default().to_owned();
        (
            status,
            text("permission"),
            text("role_name"),
            text("message"),
        )
    };
    let granted =
        |permission: &str, role: &str| (200, permission.to_owned(), role.to_owned(), String::new());
    let roles = [
        (Role::ADMIN, "admin", "admin"),
        (Role::MAINTAIN, "write", "maintain"),
        (Role::WRITE, "write", "write"),
        (Role::TRIAGE, "read", "triage"),
        (Role::READ, "read", "read"),
        (Role::NONE, "none", "none"),
        (Role::custom("admin", Access::Read), "read", "admin"),
        (
            Role::custom("Release manager", Access::Write),
            "write",
            "Release manager",
        ),
    ];
    for (role, permission, name) in roles {
        stage.github.set_permission(WIDGETS, "carol", role);
        assert_eq!(ask(WIDGETS, "carol"), granted(permission, name));
    }
    assert_eq!(ask(WIDGETS, "mallory"), granted("none", "none"));
    assert_eq!(ask("octo-org/open", "mallory"), granted("read", "read"));
    assert_eq!(ask(WIDGETS, "nobody").3, "nobody is not a user");
    assert_eq!(
        ask(WIDGETS, "helper%5Bbot%5D").3,
        "helper[bot] is not a user"
    );
    assert_eq!(ask("octo-org/none", "alice").0, 404);
    stage
        .github
        .set_permission(WIDGETS, "afk-bot", Role::TRIAGE);
    let (status, .., message) = ask(WIDGETS, "alice");
    assert_eq!(
        (status, message.as_str()),
        (
            403,
            "Must have push access to view collaborator permission."
        )
    );

    // A login that changed hands answers with the new id.
    let stage = Stage::usual(GitHubOptions::default());
    let old = stage.github.account_id("alice");
    stage.github.delete_user("alice");
    let new = stage.github.re_register("alice");
    let (_, body) = stage.rest(
        "GET",
        &format!("/repos/{WIDGETS}/collaborators/alice/permission"),
        None,
    );
    assert_eq!(
        (&body["user"]["id"], &body["permission"]),
        (&json!(new), &json!("none"))
    );
    assert_ne!(old, new);
}

#[test]
fn github_sandbox_creates_unknown_labels_only_with_push_access() {
    let stage = Stage::usual(GitHubOptions::default());
    let number = stage
        .github
        .open_issue(WIDGETS, "carol", "Title", "Body", &[]);
    let labels = format!("/repos/{WIDGETS}/issues/{number}/labels");
    let (status, answer) = stage.rest("POST", &labels, Some(&json!({"labels": ["typo"]})));
    assert_eq!((status, &answer[0]["color"]), (200, &json!("ededed")));
    assert!(stage.github.has_label(WIDGETS, "typo"));
    stage.rest("POST", &labels, Some(&json!({"labels": ["TYPO"]})));
    assert_eq!(
        stage.github.events_of(WIDGETS, number),
        ["labeled typo by afk-bot"]
    );
    assert_eq!(stage.github.labels_in(WIDGETS), ["typo"]);

    let rights = TokenRights {
        push: false,
        issues_write: true,
    };
    let stage = Stage::usual(GitHubOptions {
        rights,
        ..GitHubOptions::default()
    });
    let number = stage
        .github
        .open_issue(WIDGETS, "carol", "Title", "Body", &[]);
    stage.github.create_label(WIDGETS, LOCK);
    let labels = format!("/repos/{WIDGETS}/issues/{number}/labels");
    assert_eq!(
        stage
            .rest("POST", &labels, Some(&json!({"labels": ["typo"]})))
            .0,
        403
    );
    assert!(!stage.github.has_label(WIDGETS, "typo"));
    assert_eq!(
        stage
            .rest("POST", &labels, Some(&json!({"labels": [LOCK]})))
            .0,
        200
    );
    assert_eq!(stage.github.labels_of(WIDGETS, number), [LOCK]);
    assert_eq!(
        stage.rest("DELETE", &format!("{labels}/{LOCK}"), None).0,
        200
    );
    assert_eq!(
        stage.rest("DELETE", &format!("{labels}/{LOCK}"), None).0,
        404
    );
    let statuses: Vec<u16> = stage
        .github
        .writes()
        .iter()
        .map(|write| write.status)
        .collect();
    assert_eq!(statuses, [403, 200, 200, 404]);
}

#[test]
fn github_sandbox_refuses_what_the_service_refuses() {
    let stage = Stage::usual(GitHubOptions::default());
    let number = stage
        .github
        .open_issue(WIDGETS, "carol", "Title", "Body", &[]);
    let issue = format!("/repos/{WIDGETS}/issues/{number}");
    let with_header = |name: &str, value: Option<&str>| {
        let mut request = request("GET", &issue, None);
        request.headers.remove(name);
        if let Some(value) = value {
            request.headers.insert(name.to_owned(), value.to_owned());
        }
        stage.github.answer(&request).status
    };
    assert_eq!(with_header("user-agent", None), 403);
    assert_eq!(with_header("authorization", None), 401);
    assert_eq!(with_header("authorization", Some("token ghp_sandbox")), 401);
    assert_eq!(with_header("x-github-api-version", Some("2020-01-01")), 400);
    assert_eq!(with_header("x-github-api-version", None), 400);
    assert_eq!(with_header("x-github-api-version", Some("2026-03-10")), 200);
    assert_eq!(with_header("accept", Some("text/html")), 415);
    let status =
        |method: &str, target: &str, body: Value| stage.rest(method, target, Some(&body)).0;
    assert_eq!(stage.rest("GET", &format!("{issue}/"), None).0, 404);
    assert_eq!(
        stage.rest("GET", &format!("/repos/{WIDGETS}/"), None).0,
        404
    );
    assert_eq!(
        stage
            .rest("GET", &format!("/repos/{WIDGETS}/labels/broken%2"), None)
            .0,
        400
    );
    assert_eq!(
        status("POST", &format!("{issue}/labels"), json!({"labels": []})),
        422
    );
    assert_eq!(
        status("POST", &format!("{issue}/labels"), json!({"labels": [7]})),
        422
    );
    assert_eq!(
        status(
            "POST",
            &format!("{issue}/labels"),
            json!({"labels": [{"name": "x", "suggest": true}]})
        ),
        422
    );
    assert_eq!(status("POST", &format!("{issue}/comments"), json!({})), 422);
    assert_eq!(
        status(
            "POST",
            &format!("{issue}/comments"),
            json!({"body": "x".repeat(65_537)})
        ),
        422
    );
    assert_eq!(status("PATCH", &issue, json!({"state": "done"})), 422);
    let mut broken = request("POST", &format!("{issue}/comments"), None);
    broken.body = b"{".to_vec();
    assert_eq!(stage.github.answer(&broken).status, 400);
    assert_eq!(
        stage
            .rest("GET", &format!("/repos/{WIDGETS}/issues?state=shut"), None)
            .0,
        422
    );

    stage.github.lock_issue(WIDGETS, number, "alice");
    assert_eq!(
        status("POST", &format!("{issue}/comments"), json!({"body": "x"})),
        201
    );
    stage
        .github
        .set_permission(WIDGETS, "afk-bot", Role::TRIAGE);
    assert_eq!(
        status("POST", &format!("{issue}/comments"), json!({"body": "x"})),
        403
    );
    stage.github.set_permission(WIDGETS, "afk-bot", Role::READ);
    assert_eq!(
        status(
            "POST",
            &format!("{issue}/labels"),
            json!({"labels": [READY]})
        ),
        403
    );
    stage.github.set_permission(WIDGETS, "afk-bot", Role::WRITE);
    stage.github.archive_repository(WIDGETS);
    assert_eq!(
        status(
            "POST",
            &format!("{issue}/labels"),
            json!({"labels": [READY]})
        ),
        403
    );
    stage.github.delete_issue(WIDGETS, number);
    assert_eq!(stage.rest("GET", &issue, None).0, 410);

    let app = TokenAccount::App("afk".to_owned());
    let stage = Stage::usual(GitHubOptions {
        account: app,
        ..GitHubOptions::default()
    });
    assert_eq!(stage.rest("GET", "/user", None).0, 403);
    let viewer = stage.graphql("{ viewer { login databaseId } }", &json!({}));
    assert_eq!(
        viewer["data"]["viewer"],
        json!({"login": "afk[bot]", "databaseId": 555_001})
    );
    stage.github.replace_token("next");
    assert_eq!(stage.rest("GET", &format!("/repos/{WIDGETS}"), None).0, 401);
}

#[test]
fn github_sandbox_refuses_whole_queries_that_name_unknown_things() {
    let query = "query Ready($first: Int!) {
  repository(owner: \"octo-org\", name: \"widgets\") { ...Repo }
}
fragment Repo on Repository {
  issues(first: $first) { nodes { number issueDependenciesSummary { blockedBy } subIssuesSummary { total } } }
}";
    let options = |enterprise| GitHubOptions {
        enterprise,
        ..GitHubOptions::default()
    };
    let ask = |stage: &Stage, query: &str, variables: Value| {
        let body = json!({"query": query, "variables": variables});
        stage.rest("POST", "/api/graphql", Some(&body)).1
    };
    let stage = Stage::usual(options(Enterprise::WithoutDependencies));
    let answer = ask(&stage, query, json!({"first": 5}));
    assert_eq!(answer.get("data"), None);
    assert_eq!(
        answer["errors"][0],
        json!({
            "path": ["fragment Repo", "issues", "nodes", "issueDependenciesSummary"],
            "extensions": {"code": "undefinedField", "typeName": "Issue", "fieldName": "issueDependenciesSummary"},
            "locations": [{"line": 5, "column": 42}],
            "message": "Field 'issueDependenciesSummary' doesn't exist on type 'Issue'",
        })
    );
    assert_eq!(
        answer["errors"][1]["extensions"]["fieldName"],
        "subIssuesSummary"
    );
    assert_eq!(answer["errors"].as_array().map(Vec::len), Some(2));
    let number = stage
        .github
        .open_issue(WIDGETS, "carol", "Title", "Body", &[]);
    let blocked_by = format!("/api/v3/repos/{WIDGETS}/issues/{number}/dependencies/blocked_by");
    assert_eq!(stage.rest("GET", &blocked_by, None).0, 404);
    assert_eq!(stage.rest("GET", &format!("/repos/{WIDGETS}"), None).0, 404);
    assert_eq!(
        ask(&stage, "{ rateLimit { cost } }", json!({}))["data"]["rateLimit"],
        Value::Null
    );

    let stage = Stage::usual(options(Enterprise::WithoutSubIssues));
    let answer = ask(&stage, query, json!({"first": 5}));
    assert_eq!(answer["errors"].as_array().map(Vec::len), Some(1));
    let stage = Stage::usual(options(Enterprise::WithDependencies));
    stage
        .github
        .open_issue(WIDGETS, "carol", "Title", "Body", &[]);
    assert_eq!(ask(&stage, query, json!({"first": 5})).get("errors"), None);
    assert_eq!(stage.rest("GET", &blocked_by, None).0, 200);

    for (query, variables, message) in [
        (query, json!({}), "first"),
        (query, json!({"first": "5"}), "first"),
        (
            "{ viewer { login(x: 1) } }",
            json!({}),
            "Field 'login' doesn't accept argument 'x'",
        ),
        ("{ viewer { login ", json!({}), "syntax error"),
        ("{ repository(owner: \"x\") { id } }", json!({}), "name"),
        ("query { viewer { ...Gone } }", json!({}), "Gone"),
        (
            "query { viewer { ... on Nothing { id } } }",
            json!({}),
            "No such type Nothing",
        ),
        (
            "{ repository(owner: \"o\", name: \"n\") { issues(first: 1, states: [SHUT]) { totalCount } } }",
            json!({}),
            "SHUT",
        ),
    ] {
        let answer = ask(&stage, query, variables);
        assert_eq!(answer.get("data"), None, "{query}");
        assert!(answer["errors"].to_string().contains(message), "{answer}");
    }
}

#[test]
fn github_sandbox_keeps_a_renamed_repository_reachable() {
    let stage = Stage::usual(GitHubOptions::default());
    let number = stage
        .github
        .open_issue(WIDGETS, "carol", "Title", "Body", &[]);
    stage.github.rename_repository(WIDGETS, "octo-org/gizmos");
    let old = format!("/repos/{WIDGETS}/issues/{number}/labels?per_page=5");
    let response = stage.send("GET", &old, None);
    assert_eq!(response.status, 301);
    let location = header(&response, "location");
    let path = location
        .strip_prefix("http://127.0.0.1:4000")
        .expect("it leads back here");
    assert_eq!(path, "/repositories/1296269/issues/1/labels?per_page=5");
    assert_eq!(stage.rest("GET", path, None).0, 200);
    let label = json!({"labels": [LOCK]});
    let response = stage.send("POST", &old, Some(&label));
    assert_eq!(response.status, 307);
    let (status, _) = stage.rest("POST", path, Some(&label));
    assert_eq!(
        (status, stage.github.labels_of("octo-org/gizmos", number)),
        (200, vec![LOCK.to_owned()])
    );
    let (_, body) = stage.rest("GET", "/repositories/1296269", None);
    assert_eq!(body["full_name"], "octo-org/gizmos");

    let ask = |follow: &str| {
        let query = format!(
            "{{ r: repository(owner: \"octo-org\", name: \"widgets\"{follow}) {{ nameWithOwner databaseId }} }}"
        );
        stage.graphql(&query, &json!({}))
    };
    assert_eq!(ask("")["data"]["r"]["nameWithOwner"], "octo-org/gizmos");
    assert_eq!(
        ask(", followRenames: false")["errors"][0]["type"],
        "NOT_FOUND"
    );
    stage.github.add_repository(WIDGETS, Visibility::Private);
    assert_eq!(
        ask("")["data"]["r"],
        json!({"nameWithOwner": WIDGETS, "databaseId": 1_296_271})
    );

    let moved = stage
        .github
        .transfer("octo-org/gizmos", number, GADGETS, "alice");
    let response = stage.send("GET", "/repos/octo-org/gizmos/issues/1", None);
    let location = header(&response, "location");
    assert!(
        location.ends_with(&format!("/repositories/1296270/issues/{moved}")),
        "{location}"
    );
    let gone = "/repos/octo-org/gizmos/issues/1/events";
    assert_eq!(stage.rest("GET", gone, None).0, 404);
    let query = "{ repository(owner: \"octo-org\", name: \"gizmos\") { issueOrPullRequest(number: 1) { __typename } } }";
    let answer = stage.graphql(query, &json!({}));
    assert_eq!(
        answer["errors"][0]["message"],
        "Could not resolve to an issue or pull request with the number of 1."
    );
    assert_eq!(
        stage.github.events_of(GADGETS, moved),
        [
            "labeled agent-in-progress by afk-bot",
            "transferred by alice"
        ]
    );
}

#[test]
fn github_sandbox_counts_requests_against_limits() {
    let stage = Stage::usual(GitHubOptions::default());
    let get = || stage.send("GET", &format!("/repos/{WIDGETS}"), None);
    assert_eq!(header(&get(), "x-ratelimit-remaining"), "4999");
    stage.github.secondary_limit_after(1, 429, 30);
    assert_eq!(get().status, 200);
    let limited = get();
    assert_eq!(
        (limited.status, header(&limited, "retry-after").as_str()),
        (429, "30")
    );
    assert_eq!(stage.github.limit_violations(), 0);
    stage.clock.advance(TimeDelta::seconds(29));
    assert_eq!(get().status, 429);
    assert_eq!(stage.github.limit_violations(), 1);
    stage.clock.advance(TimeDelta::seconds(1));
    assert_eq!(get().status, 200);

    stage.github.rate_limit_after(0);
    let limited = get();
    assert_eq!(
        (
            limited.status,
            header(&limited, "x-ratelimit-remaining").as_str()
        ),
        (403, "0")
    );
    let reset: i64 = header(&limited, "x-ratelimit-reset")
        .parse()
        .expect("seconds");
    assert_eq!(
        stage.graphql("{ viewer { login } }", &json!({}))["data"]["viewer"]["login"],
        "afk-bot"
    );
    stage
        .clock
        .advance(TimeDelta::seconds(reset - stage.clock.now().timestamp()));
    assert_eq!(get().status, 200);
    assert_eq!(stage.github.limit_violations(), 1);

    let stage = Stage::usual(GitHubOptions {
        graphql_limit: 2,
        rest_limit: 2,
        ..GitHubOptions::default()
    });
    let query = "{ rateLimit { remaining } }";
    assert_eq!(
        stage.graphql(query, &json!({}))["data"]["rateLimit"]["remaining"],
        1
    );
    assert_eq!(
        stage.graphql(query, &json!({}))["data"]["rateLimit"]["remaining"],
        0
    );
    assert_eq!(
        stage.graphql(query, &json!({}))["errors"][0]["type"],
        "RATE_LIMITED"
    );
    assert_eq!(stage.rest("GET", &format!("/repos/{WIDGETS}"), None).0, 200);
}

#[test]
fn github_sandbox_breaks_down_under_too_many_aliases() {
    let stage = Stage::usual(GitHubOptions::default());
    let query = "{ a: repository(owner: \"octo-org\", name: \"widgets\") { id } b: repository(owner: \"octo-org\", name: \"gadgets\") { id } }";
    let status = || {
        stage
            .send("POST", "/graphql", Some(&json!({"query": query})))
            .status
    };
    for (overload, expected) in [
        (Overload::BadGateway, 502),
        (Overload::GatewayTimeout, 504),
        (Overload::ResourceLimit, 200),
    ] {
        stage.github.overload_when_aliases_exceed(1, overload);
        assert_eq!(status(), expected);
    }
    assert_eq!(stage.graphql(query, &json!({})).get("data"), None);
    stage
        .github
        .overload_when_aliases_exceed(2, Overload::BadGateway);
    assert_eq!(status(), 200);
}

#[test]
fn github_sandbox_remembers_labels_edits_and_people_as_the_service_does() {
    let stage = Stage::usual(GitHubOptions::default());
    let github = &stage.github;
    github.add_app("helper");
    let number = github.open_issue(WIDGETS, "carol", "Title", "Body", &["form"]);
    stage.later(1);
    github.label_via_app(WIDGETS, number, "alice", "helper", READY);
    github.label_by_app(WIDGETS, number, "helper", "bot-label");
    github.rename_label(WIDGETS, READY, "ready");
    let query = "{ repository(owner: \"octo-org\", name: \"widgets\") {
        found: issues(first: 5, labels: [\"READY\", \"unknown\"]) { totalCount }
        none: issues(first: 5, labels: [\"ready-for-agent\"]) { totalCount }
        issue(number: 1) {
            lastEditedAt includesCreatedEdit editor { login } author { __typename login }
            userContentEdits(first: 5) { totalCount nodes { editedAt deletedAt editor { login } } }
            labels(first: 9) { nodes { name } }
            timelineItems(last: 9) { nodes { ... on LabeledEvent { id label { name } actor { __typename login } } } }
        }
    } }";
    let look = || stage.graphql(query, &json!({}))["data"]["repository"].clone();
    let seen = look();
    assert_eq!(
        (&seen["found"]["totalCount"], &seen["none"]["totalCount"]),
        (&json!(1), &json!(0))
    );
    let events = &seen["issue"]["timelineItems"]["nodes"];
    assert_eq!(
        events[0]["actor"],
        json!({"__typename": "User", "login": "carol"})
    );
    assert_eq!(events[1]["label"]["name"], "ready");
    assert_eq!(
        events[1]["actor"],
        json!({"__typename": "User", "login": "alice"})
    );
    assert_eq!(
        events[2]["actor"],
        json!({"__typename": "Bot", "login": "helper"})
    );
    assert_eq!(
        events[1]["id"],
        json!(github.newest_label_event(WIDGETS, number, READY))
    );
    assert_eq!(
        (
            &seen["issue"]["lastEditedAt"],
            &seen["issue"]["includesCreatedEdit"]
        ),
        (&Value::Null, &json!(false))
    );

    let (_, rest) = stage.rest(
        "GET",
        &format!("/repos/{WIDGETS}/issues/{number}/events"),
        None,
    );
    assert_eq!(rest[1]["label"]["name"], READY);
    assert_eq!(rest[1]["node_id"], events[1]["id"]);
    assert_eq!(rest[1]["performed_via_github_app"]["slug"], "helper");
    assert_eq!(
        (&rest[2]["actor"]["login"], &rest[2]["actor"]["type"]),
        (&json!("helper[bot]"), &json!("Bot"))
    );
    assert_eq!(rest[2]["performed_via_github_app"], Value::Null);

    stage.later(1);
    github.edit_body(WIDGETS, number, "mallory", "Evil");
    github.rename_title(WIDGETS, number, "mallory", "Other");
    let issue = look()["issue"].clone();
    assert_eq!(
        (&issue["lastEditedAt"], &issue["editor"]["login"]),
        (&json!("2026-07-20T08:02:00Z"), &json!("mallory"))
    );
    let edits = &issue["userContentEdits"];
    assert_eq!(
        (&edits["totalCount"], &issue["includesCreatedEdit"]),
        (&json!(2), &json!(true))
    );
    assert_eq!(edits["nodes"][0]["editor"]["login"], "mallory");
    assert_eq!(edits["nodes"][1]["editedAt"], "2026-07-20T08:00:00Z");
    github.delete_newest_edit(WIDGETS, number);
    assert_eq!(
        look()["issue"]["userContentEdits"]["nodes"][0]["deletedAt"],
        "2026-07-20T08:02:00Z"
    );
    github.hide_edit_history(WIDGETS, number, EditHistory::Null);
    assert_eq!(look()["issue"]["userContentEdits"], Value::Null);
    github.hide_edit_history(WIDGETS, number, EditHistory::Empty);
    assert_eq!(
        look()["issue"]["userContentEdits"],
        json!({"totalCount": 0, "nodes": []})
    );
    assert_eq!(github.issue_state(WIDGETS, number).title, "Other");

    github.delete_user("carol");
    let issue = look()["issue"].clone();
    assert_eq!(
        (
            &issue["author"],
            &issue["timelineItems"]["nodes"][0]["actor"]
        ),
        (&Value::Null, &Value::Null)
    );
    let (_, rest) = stage.rest("GET", &format!("/repos/{WIDGETS}/issues/{number}"), None);
    assert_eq!(rest["user"]["login"], "ghost");
}

#[test]
fn github_sandbox_counts_blockers_it_does_not_list() {
    let stage = Stage::usual(GitHubOptions::default());
    let github = &stage.github;
    github.add_repository("octo-org/secret", Visibility::Private);
    let blocked = github.open_issue(WIDGETS, "carol", "Blocked", "Body", &[]);
    let open = github.open_issue(GADGETS, "carol", "Open", "Body", &[]);
    let hidden = github.open_issue("octo-org/secret", "carol", "Hidden", "Body", &[]);
    github.add_blocked_by(WIDGETS, blocked, GADGETS, open);
    github.add_blocked_by(WIDGETS, blocked, "octo-org/secret", hidden);
    github.add_hidden_blocker(WIDGETS, blocked);
    github.withdraw_repository("octo-org/secret");
    let query = "{ repository(owner: \"octo-org\", name: \"widgets\") { issue(number: 1) {
        issueDependenciesSummary { blockedBy totalBlockedBy } blockedBy(first: 5) { totalCount nodes { number } }
    } } }";
    let look = || stage.graphql(query, &json!({}))["data"]["repository"]["issue"].clone();
    assert_eq!(
        look()["issueDependenciesSummary"],
        json!({"blockedBy": 3, "totalBlockedBy": 3})
    );
    assert_eq!(
        look()["blockedBy"],
        json!({"totalCount": 1, "nodes": [{"number": open}]})
    );
    github.close_because(GADGETS, open, "alice", "not_planned");
    assert_eq!(
        look()["issueDependenciesSummary"],
        json!({"blockedBy": 2, "totalBlockedBy": 3})
    );
    let (_, listed) = stage.rest(
        "GET",
        &format!("/repos/{WIDGETS}/issues/1/dependencies/blocked_by"),
        None,
    );
    assert_eq!(
        (&listed[0]["state_reason"], listed.as_array().map(Vec::len)),
        (&json!("not_planned"), Some(1))
    );
}

#[test]
fn github_sandbox_mixes_pull_requests_into_rest_lists_only() {
    let stage = Stage::usual(GitHubOptions::default());
    let github = &stage.github;
    github.open_issue(WIDGETS, "carol", "Issue", "Body", &[READY]);
    let pull_request = github.make_pull_request(WIDGETS, "alice", "Change");
    github.label(WIDGETS, pull_request, "alice", READY);
    let (_, listed) = stage.rest(
        "GET",
        &format!("/repos/{WIDGETS}/issues?labels={READY}&direction=asc"),
        None,
    );
    let kinds: Vec<bool> = listed
        .as_array()
        .expect("a list")
        .iter()
        .map(|entry| entry.get("pull_request").is_some())
        .collect();
    assert_eq!(kinds, [false, true]);
    let query = "{ repository(owner: \"octo-org\", name: \"widgets\") {
        issues(first: 5) { totalCount }
        issueOrPullRequest(number: 2) { __typename ... on PullRequest { prState: state merged } }
        issue(number: 2) { id }
    } }";
    let answer = stage.graphql(query, &json!({}));
    let data = &answer["data"]["repository"];
    assert_eq!(data["issues"]["totalCount"], 1);
    assert_eq!(
        data["issueOrPullRequest"],
        json!({"__typename": "PullRequest", "prState": "OPEN", "merged": false})
    );
    assert_eq!(
        answer["errors"][0]["message"],
        "Could not resolve to an Issue with the number of 2."
    );
    github.merge_pull_request(WIDGETS, pull_request, "alice");
    let data = stage.graphql(query, &json!({}))["data"]["repository"].clone();
    assert_eq!(data["issueOrPullRequest"]["prState"], "MERGED");
}

#[test]
fn github_sandbox_writes_change_what_is_read() {
    let stage = Stage::usual(GitHubOptions::default());
    let github = &stage.github;
    let number = github.open_issue(WIDGETS, "carol", "Title", "Body", &[READY]);
    let issue = format!("/repos/{WIDGETS}/issues/{number}");
    let (_, comment) = stage.rest(
        "POST",
        &format!("{issue}/comments"),
        Some(&json!({"body": "One"})),
    );
    let own = format!("/repos/{WIDGETS}/issues/comments/{}", comment["id"]);
    stage.rest("PATCH", &own, Some(&json!({"body": "Two"})));
    assert_eq!(github.comments_of(WIDGETS, number)[0].body, "Two");
    let foreign = github.comment(WIDGETS, number, "carol", "Mine");
    github.set_permission(WIDGETS, "afk-bot", Role::TRIAGE);
    let other = format!("/repos/{WIDGETS}/issues/comments/{foreign}");
    assert_eq!(
        stage.rest("PATCH", &other, Some(&json!({"body": "x"}))).0,
        403
    );
    assert_eq!(stage.send("DELETE", &own, None).status, 204);
    assert_eq!(
        stage.rest("PATCH", &own, Some(&json!({"body": "x"}))).0,
        404
    );
    assert_eq!(github.comments_of(WIDGETS, number).len(), 1);

    let close = json!({"state": "closed", "state_reason": "not_planned"});
    stage.rest("PATCH", &issue, Some(&close));
    stage.rest(
        "PATCH",
        &issue,
        Some(&json!({"state": "closed", "state_reason": "completed"})),
    );
    assert_eq!(
        github.issue_state(WIDGETS, number).reason.as_deref(),
        Some("not_planned")
    );
    stage.rest("PATCH", &issue, Some(&json!({"state": "open"})));
    assert!(github.issue_state(WIDGETS, number).open);
    assert_eq!(
        github.events_of(WIDGETS, number),
        [
            "labeled ready-for-agent by carol",
            "closed not_planned by afk-bot",
            "reopened by afk-bot"
        ]
    );
}

#[test]
fn github_sandbox_tells_odd_stories() {
    let stage = Stage::usual(GitHubOptions::default());
    let github = &stage.github;
    github.add_organization("big-corp");
    github.add_mannequin("imported");
    let number = github.open_issue(WIDGETS, "imported", "Title", "Body", &[]);
    github.label(WIDGETS, number, "big-corp", READY);
    github.transfer_in(WIDGETS, number, GADGETS, "alice");
    github.set_visibility(WIDGETS, Visibility::Internal);
    let kept = github.comment(WIDGETS, number, "carol", "First");
    let gone = github.comment(WIDGETS, number, "carol", "Second");
    stage.later(3);
    github.edit_comment(WIDGETS, kept, "alice", "Changed");
    github.delete_comment(WIDGETS, gone);
    let query = "{ repository(owner: \"octo-org\", name: \"widgets\") { visibility isPrivate issue(number: 1) {
        author { __typename }
        comments(last: 5) { totalCount nodes { body lastEditedAt editor { login } viewerDidAuthor } }
        timelineItems(first: 9) { nodes {
            __typename
            ... on LabeledEvent { actor { __typename login } }
            ... on TransferredEvent { fromRepository { nameWithOwner } }
            ... on IssueComment { body }
        } }
    } } }";
    let data = stage.graphql(query, &json!({}))["data"]["repository"].clone();
    assert_eq!(
        (&data["visibility"], &data["isPrivate"]),
        (&json!("INTERNAL"), &json!(true))
    );
    assert_eq!(data["issue"]["author"]["__typename"], "Mannequin");
    let comment = json!({
        "body": "Changed", "lastEditedAt": "2026-07-20T08:03:00Z",
        "editor": {"login": "alice"}, "viewerDidAuthor": false,
    });
    assert_eq!(
        data["issue"]["comments"],
        json!({"totalCount": 1, "nodes": [comment]})
    );
    let timeline = json!([
        {"__typename": "IssueComment", "body": "Changed"},
        {"__typename": "LabeledEvent", "actor": {"__typename": "Organization", "login": "big-corp"}},
        {"__typename": "TransferredEvent", "fromRepository": {"nameWithOwner": GADGETS}},
    ]);
    assert_eq!(data["issue"]["timelineItems"]["nodes"], timeline);
}

#[test]
fn github_sandbox_serves_a_real_connection() {
    let stage = Stage::usual(GitHubOptions::default());
    let number = stage
        .github
        .open_issue(WIDGETS, "carol", "Title", "Body", &[]);
    let journal = Journal::new();
    let server = HttpServer::start(
        "github",
        Arc::clone(&journal),
        Arc::clone(&stage.github) as Arc<dyn Service>,
    );
    let address = server.url();
    let host = address
        .strip_prefix("http://")
        .expect("a loopback address")
        .to_owned();
    let body = json!({"labels": [READY]}).to_string();
    let path = format!("/repos/{WIDGETS}/issues/{number}/labels");
    let message = format!(
        "POST {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer ghp_sandbox\r\nuser-agent: afk\r\n\
         accept: application/vnd.github+json\r\nx-github-api-version: 2022-11-28\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(&host).expect("the server listens");
    stream
        .write_all(message.as_bytes())
        .expect("the server reads");
    stream
        .shutdown(Shutdown::Write)
        .expect("the connection is open");
    let mut answer = String::new();
    stream
        .read_to_string(&mut answer)
        .expect("the server answers");
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(
        answer.contains(&format!("{address}/repos/{WIDGETS}/labels/{READY}")),
        "{answer}"
    );
    assert_eq!(journal.len(), 1);
    let writes = stage.github.writes();
    assert_eq!(writes[0].line, format!("POST {path}"));
    assert_eq!(writes[0].body, Some(json!({"labels": [READY]})));
}
