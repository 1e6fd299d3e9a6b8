//! Every pipeline that was recorded on a real Woodpecker 3.17, replayed through the reader into the fold.
//!
//! The recordings live beside the repository. Without them the test says so loudly, and fails where `CI` is set.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use afk::ci::woodpecker::Woodpecker;
use afk::ci::{StageQuery, StageReader};
use afk::clock::{Deadline, SystemClock};
use afk::domain::config::{
    BaseUrl, Deploy, Endpoint, RepositoryConfig, Secret, SecretSource, Trigger, WoodpeckerDeploy,
};
use afk::domain::identity::RepositoryId;
use afk::domain::repository::{ForgeKind, RepoRef};
use afk::domain::verdict::ci::{CommitSha, Hold, StageOutcome};
use afk::http::Http;
use afk::service_error::{FailureKind, ServiceError};
use chrono::DateTime;
use serde_json::{Value, json};

use crate::support::sandbox::http_server::{HttpServer, Journal, Request, Response, Service};

#[expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "CI must not skip, and elsewhere people must read that it does"
)]
fn directory() -> Option<PathBuf> {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/contracts/woodpecker/recordings");
    if path.is_dir() {
        return Some(path);
    }
    assert!(
        std::env::var_os("CI").is_none(),
        "the recordings are missing: {}",
        path.display()
    );
    eprintln!("SKIPPED: no recordings at {}", path.display());
    None
}

/// A body as it was recorded: a document, or its text.
fn document(body: &Value) -> Value {
    body.as_str().map_or_else(
        || body.clone(),
        |text| serde_json::from_str(text).unwrap_or_default(),
    )
}

fn recording(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// A server that knows one repository and these pipelines, newest first.
struct Recorded(Vec<Value>);

impl Service for Recorded {
    fn answer(&self, request: &Request) -> Response {
        let number = request
            .path
            .rsplit('/')
            .next()
            .and_then(|last| last.parse::<u64>().ok());
        match number {
            Some(number) => {
                let found = self.0.iter().find(|pipeline| pipeline["number"] == number);
                found.map_or_else(
                    || Response::empty(404),
                    |pipeline| Response::json(200, pipeline),
                )
            }
            None => {
                let listed: Vec<Value> = self
                    .0
                    .iter()
                    .cloned()
                    .map(|mut pipeline| {
                        pipeline.as_object_mut().unwrap().remove("workflows");
                        pipeline
                    })
                    .collect();
                Response::json(200, &json!(listed))
            }
        }
    }
}

fn read(pipelines: Vec<Value>, trigger: Trigger, commit: &str) -> StageOutcome {
    read_workflow(pipelines, trigger, None, commit)
}

fn read_workflow(
    pipelines: Vec<Value>,
    trigger: Trigger,
    workflow: Option<&str>,
    commit: &str,
) -> StageOutcome {
    let deploy = WoodpeckerDeploy {
        trigger,
        id: Some(1),
        workflow: workflow.map(str::to_owned),
        ..WoodpeckerDeploy::usual()
    };
    read_from(Arc::new(Recorded(pipelines)), WIDGETS, deploy, commit).unwrap()
}

fn read_from(
    service: Arc<dyn Service>,
    repository: RepositoryId,
    deploy: WoodpeckerDeploy,
    commit: &str,
) -> Result<StageOutcome, ServiceError> {
    let server = HttpServer::start("woodpecker", Journal::new(), service);
    let clock = SystemClock::start();
    let deadline = Deadline::start(&clock, Duration::from_secs(100), Arc::default());
    let http = Http::new(deadline);
    let config = RepositoryConfig {
        deploy: Some(Deploy::Woodpecker(deploy)),
        ..RepositoryConfig::BUILD_ONLY
    };
    let endpoint = Endpoint {
        url: BaseUrl::parse(&server.url()).unwrap(),
        token: SecretSource::Inline(Secret::new("x")),
    };
    let commit = CommitSha::parse(commit).unwrap();
    Woodpecker::new(&http, &endpoint, None).read(&StageQuery {
        repo: &RepoRef::parse("octo-org/widgets", ForgeKind::GitHub).unwrap(),
        id: repository,
        config: &config,
        branch: "main",
        commit: &commit,
        of_run: std::slice::from_ref(&commit),
        since: DateTime::from_timestamp(1_795_880_000, 0).unwrap(),
        descendants: &[],
        known: &[],
        knows_all: false,
        deployed_at: None,
        began: DateTime::from_timestamp(1_795_880_000, 0).unwrap(),
    })
}

/// A server that gives a recorded answer to one kind of request, and knows nothing else.
struct Answering {
    /// `lookup`, `list` or `single`.
    kind: &'static str,
    status: u16,
    body: Value,
}

impl Service for Answering {
    fn answer(&self, request: &Request) -> Response {
        let asked = if request.path.contains("/lookup/") {
            "lookup"
        } else if request.path.ends_with("/pipelines") {
            "list"
        } else {
            "single"
        };
        if asked != self.kind {
            // Our own pipeline was superseded by one that has to be read by itself.
            let own = json!([{"number": 7, "event": "push", "status": "killed", "branch": "main", "commit": OURS,
                "created": 1_795_880_100, "finished": 1_795_880_200, "cancel_info": {"superseded_by": 99_999}}]);
            return Response::json(
                200,
                if self.kind == "single" {
                    &own
                } else {
                    &Value::Null
                },
            );
        }
        if self.body.is_null() {
            Response::empty(self.status)
        } else {
            Response::json(self.status, &self.body)
        }
    }
}

/// The commit that a recorded pipeline deploys, with the configuration under which it does.
fn deployed(pipeline: &Value) -> (Trigger, String) {
    let commit = pipeline["commit"].as_str().unwrap().to_owned();
    let trigger = match pipeline["event"].as_str().unwrap() {
        "manual" => Trigger::Manual {
            variable: "IMAGE_TAG".to_owned(),
        },
        "push" => Trigger::Push,
        "deployment" => Trigger::Deployment {
            target: Some("production".to_owned()),
        },
        "tag" => Trigger::Tag,
        "cron" => Trigger::Cron,
        other => panic!("no trigger for {other}"),
    };
    // A manual pipeline records the head of the branch; what it built is in its variable.
    match pipeline["variables"]["IMAGE_TAG"].as_str() {
        Some(tag) => (trigger, format!("{tag}{}", &"0".repeat(40 - tag.len()))),
        None => (trigger, commit),
    }
}

/// The recorded repository, by its id on the forge.
const WIDGETS: RepositoryId = RepositoryId(10);

const OURS: &str = "4f1c2b7a9d8e7f60514233241506f7e8d9cafbec";

/// What is asked for by no request of ours, and why.
const NOT_MET: [(&str, &str); 8] = [
    (
        "access-token-parameter.json",
        "the token is in a header, never in an address",
    ),
    (
        "healthz.json",
        "a server that is not well is seen by its answers",
    ),
    ("latest-branch.json", "shows pushes only, and only one"),
    ("latest.json", "shows pushes only, and only one"),
    ("trigger-filtered.json", "nothing is ever triggered"),
    ("trigger-no-body.json", "nothing is ever triggered"),
    ("trigger.json", "nothing is ever triggered"),
    (
        "version.json",
        "every server from 2.8 on is read in the same way",
    ),
];

/// Answers to requests of ours that are no pipeline: which request, and what the reader makes of it.
const ANSWERS: [(&str, &str, &str); 23] = [
    ("bad-id.json", "list", "refused"),
    ("list-bad-date.json", "list", "refused"),
    ("list-unknown-event.json", "list", "refused"),
    ("list-unknown-status.json", "list", "refused"),
    (
        "lookup-disabled.json",
        "lookup",
        "not-found: the repository is not enabled in Woodpecker",
    ),
    ("lookup-encoded-slash.json", "lookup", "none"),
    ("lookup-not-enabled.json", "lookup", "not-found"),
    ("lookup-other-case.json", "lookup", "none"),
    ("lookup-private-anonymous.json", "lookup", "denied"),
    ("lookup-private-no-right.json", "lookup", "not-found"),
    ("lookup-private-wrong-token.json", "lookup", "denied"),
    // Of another repository: its id on the forge is another one.
    (
        "lookup-public-anonymous.json",
        "lookup",
        "not-found: Woodpecker knows another repository by this name",
    ),
    (
        "lookup-public-wrong-token.json",
        "lookup",
        "not-found: Woodpecker knows another repository by this name",
    ),
    ("lookup-unknown-anonymous.json", "lookup", "denied"),
    ("lookup-unknown.json", "lookup", "not-found"),
    ("lookup.json", "lookup", "none"),
    ("single-unknown.json", "single", "pending"),
    ("single-word.json", "single", "refused"),
    ("trigger-no-right.json", "list", "not-found"),
    ("trigger-unknown-branch.json", "list", "unreachable"),
    ("unknown-id-anonymous.json", "list", "denied"),
    ("unknown-id.json", "list", "not-found"),
    ("list-beyond.json", "list", "none"),
];

fn is_pipeline(name: &str) -> bool {
    name.starts_with("pipeline-") || name == "single.json"
}

/// Every recording is a pipeline, a list, another answer, or nothing that a reader meets.
#[test]
fn every_other_answer_means_what_it_should_and_no_recording_is_left_out() {
    let Some(directory) = directory() else {
        return;
    };
    let mut names: Vec<String> = std::fs::read_dir(&directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    for name in &names {
        let recorded = recording(&directory.join(name));
        let body = document(&recorded["response"]["body"]);
        let answer = ANSWERS.iter().find(|(known, _, _)| known == name);
        let is_not_met = NOT_MET.iter().any(|(known, _)| known == name);
        let is_list = body.is_array();
        assert_eq!(
            1,
            [is_pipeline(name), is_not_met, answer.is_some() || is_list,]
                .into_iter()
                .filter(|fits| *fits)
                .count(),
            "{name}"
        );
        let Some((_, kind, expected)) = answer else {
            continue;
        };
        let status = recorded["response"]["status"].as_u64().unwrap();
        let server = Answering {
            kind,
            status: u16::try_from(status).unwrap(),
            body,
        };
        let deploy = WoodpeckerDeploy {
            trigger: Trigger::Push,
            id: (*kind != "lookup").then_some(1),
            ..WoodpeckerDeploy::usual()
        };
        // That one is recorded of a repository that was enabled once.
        let repository = if name == "lookup-disabled.json" {
            RepositoryId(15)
        } else {
            WIDGETS
        };
        let said = match read_from(Arc::new(server), repository, deploy, OURS) {
            Ok(outcome) => word(&outcome).to_owned(),
            Err(error) => {
                let kind = match error.kind {
                    FailureKind::NotFound => "not-found",
                    FailureKind::Denied => "denied",
                    FailureKind::Refused => "refused",
                    FailureKind::Unreachable => "unreachable",
                    other @ (FailureKind::Moved { .. }
                    | FailureKind::RateLimited { .. }
                    | FailureKind::Overloaded
                    | FailureKind::Unreadable
                    | FailureKind::SecretUnreadable
                    | FailureKind::OutOfTime) => panic!("{name}: {other:?}"),
                };
                match expected.split_once(": ") {
                    Some((_, detail)) if error.detail.contains(detail) => {
                        format!("{kind}: {detail}")
                    }
                    Some(_) | None => kind.to_owned(),
                }
            }
        };
        assert_eq!(said, *expected, "{name}");
    }
    let listed = NOT_MET.len() + ANSWERS.len();
    assert!(names.len() > listed, "{} of {listed}", names.len());
}

fn word(outcome: &StageOutcome) -> &'static str {
    match outcome {
        StageOutcome::None | StageOutcome::NotNamed { .. } => "none",
        StageOutcome::OnlyNewer { .. } => "only newer",
        StageOutcome::Pending { .. } => "pending",
        StageOutcome::Blocked {
            hold: Hold::Waits, ..
        } => "waits",
        StageOutcome::Blocked {
            hold: Hold::Stopped,
            ..
        } => "stopped",
        StageOutcome::Unreadable { .. } => "unreadable",
        StageOutcome::Success { .. } => "success",
        StageOutcome::Failure { .. } => "failure",
        StageOutcome::Superseded => "superseded",
    }
}

#[test]
fn every_recorded_pipeline_has_its_verdict() {
    let Some(directory) = directory() else {
        return;
    };
    // All of it, then only its workflow `deploy`, then only `build`.
    let expected = [
        // A workflow that never ran is told by its pipeline.
        (
            "pipeline-canceled-before-start.json",
            ["stopped", "stopped", "none"],
        ),
        ("pipeline-cron.json", ["success", "none", "none"]),
        ("pipeline-declined.json", ["stopped", "stopped", "stopped"]),
        ("pipeline-deployment.json", ["failure", "failure", "none"]),
        // Its configuration could not be read: what it would run is not known.
        ("pipeline-error.json", ["failure", "failure", "failure"]),
        (
            "pipeline-killed-by-user.json",
            ["stopped", "stopped", "none"],
        ),
        // Another branch at the same commit says nothing about ours.
        ("pipeline-other-branch.json", ["none", "none", "none"]),
        ("pipeline-restarted.json", ["failure", "failure", "none"]),
        (
            "pipeline-skipped-workflow.json",
            ["failure", "failure", "failure"],
        ),
        // The one that took its place is not known here, and what had ended before stands.
        (
            "pipeline-superseded.json",
            ["pending", "pending", "success"],
        ),
        ("pipeline-tag.json", ["success", "none", "none"]),
        ("pipeline-timed-out.json", ["failure", "failure", "success"]),
        ("pipeline-warning.json", ["failure", "failure", "none"]),
        ("single.json", ["failure", "failure", "none"]),
    ];
    let mut seen = Vec::new();
    for entry in std::fs::read_dir(&directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let recorded = recording(&path);
        let body = &recorded["response"]["body"];
        let pipeline = document(body);
        if !is_pipeline(&name) {
            continue;
        }
        let said = [None, Some("deploy"), Some("build")].map(|workflow| {
            let (trigger, commit) = deployed(&pipeline);
            word(&read_workflow(
                vec![pipeline.clone()],
                trigger,
                workflow,
                &commit,
            ))
        });
        let wanted = expected.iter().find(|(known, _)| *known == name);
        assert_eq!(Some(said), wanted.map(|(_, words)| *words), "{name}");
        seen.push(name);
    }
    assert_eq!(seen.len(), expected.len(), "{seen:?}");
}

/// The recorded one that was superseded, with what took its place.
#[test]
fn what_took_the_place_of_a_recorded_pipeline_says_what_becomes_of_it() {
    let Some(directory) = directory() else {
        return;
    };
    let superseded =
        document(&recording(&directory.join("pipeline-superseded.json"))["response"]["body"]);
    let number = superseded["cancel_info"]["superseded_by"].as_u64().unwrap();
    let (_, commit) = deployed(&superseded);
    for (status, deploy, all, one) in [
        ("success", "success", "pending", "pending"),
        ("failure", "failure", "pending", "pending"),
        ("running", "pending", "pending", "pending"),
        ("declined", "declined", "pending", "pending"),
        ("success", "skipped", "pending", "pending"),
    ] {
        let mut last = superseded.clone();
        last["number"] = json!(number);
        last["status"] = json!(status);
        last["commit"] = json!("9".repeat(40));
        last["cancel_info"] = Value::Null;
        last["workflows"] =
            json!([{"id": 1, "pid": 1, "name": "deploy", "state": deploy, "children": []}]);
        let pipelines = vec![last.clone(), superseded.clone()];
        for (workflow, expected) in [
            (None, all),
            (Some("deploy"), one),
            (Some("build"), "success"),
        ] {
            let said = read_workflow(pipelines.clone(), Trigger::Push, workflow, &commit);
            assert_eq!(
                word(&said),
                expected,
                "{status} {deploy} {workflow:?}: {said:?}"
            );
        }
        // The same commit pushed again: the newest of it counts.
        last["commit"] = json!(commit);
        let said = read_workflow(vec![last, superseded.clone()], Trigger::Push, None, &commit);
        assert_eq!(word(&said), told_by(status), "{status}");
    }
}

/// What a status says of a pipeline by itself.
fn told_by(status: &str) -> &'static str {
    match status {
        "success" => "success",
        "failure" | "error" => "failure",
        "declined" | "canceled" => "stopped",
        "blocked" => "waits",
        "skipped" => "none",
        "created" | "pending" | "running" => "pending",
        other => panic!("no recording says {other} in a list"),
    }
}

/// Lists as they were recorded: whatever configuration reads them, nothing is said of a commit that they do not hold.
#[test]
fn every_recorded_list_can_be_read_and_says_nothing_of_a_strange_commit() {
    let Some(directory) = directory() else {
        return;
    };
    let (mut lists, mut verdicts) = (0, 0);
    for entry in std::fs::read_dir(&directory).unwrap() {
        let recorded = recording(&entry.unwrap().path());
        let body = document(&recorded["response"]["body"]);
        let Value::Array(pipelines) = body else {
            continue;
        };
        lists += 1;
        // A reader asks for a page of 50 and stops at a short one.
        let pipelines: Vec<Value> = pipelines
            .into_iter()
            .filter(Value::is_object)
            .take(49)
            .collect();
        for trigger in [
            Trigger::Manual {
                variable: "IMAGE_TAG".to_owned(),
            },
            Trigger::Push,
            Trigger::Deployment { target: None },
            Trigger::Tag,
            Trigger::Cron,
        ] {
            let outcome = read(pipelines.clone(), trigger, &"9".repeat(40));
            assert_eq!(outcome, StageOutcome::None);
        }
        // And of those that they do hold, the newest of each commit counts, whatever it says.
        let mut judged = Vec::new();
        for pipeline in &pipelines {
            let is_asked = match pipeline["event"].as_str().unwrap() {
                "manual" => pipeline["variables"]["IMAGE_TAG"].is_string(),
                "deployment" => pipeline["deploy_to"] == "production",
                "tag" => true,
                event => matches!(event, "push" | "cron"),
            };
            let is_on_branch = pipeline["event"] == "tag" || pipeline["branch"] == "main";
            let is_killed = pipeline["status"] == "killed";
            if !is_asked || !is_on_branch || is_killed {
                continue;
            }
            let (trigger, commit) = deployed(pipeline);
            if judged.contains(&(trigger.clone(), commit.clone())) {
                continue;
            }
            let outcome = read(pipelines.clone(), trigger.clone(), &commit);
            let says = pipeline["status"].as_str().unwrap();
            assert_eq!(word(&outcome), told_by(says), "{pipeline}");
            judged.push((trigger, commit));
            verdicts += 1;
        }
    }
    assert!(verdicts > 5, "{verdicts}");
    assert!(lists > 5, "{lists}");
}
