//! The adapters of the deploy and rollout stages against stand-ins, and against answers that no service should give.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use afk::ci::rollout::{ClusterApi, Rollouts};
use afk::ci::woodpecker::Woodpecker;
use afk::ci::{StageQuery, StageReader};
use afk::clock::Deadline;
use afk::domain::config::{
    BaseUrl, Deploy, Endpoint, RepositoryConfig, Rollout, Secret, SecretSource, Trigger,
    WoodpeckerDeploy, WorkloadKind,
};
use afk::domain::identity::RepositoryId;
use afk::domain::repository::{ForgeKind, RepoRef};
use afk::domain::verdict::ci::{CommitSha, FailedCheck, StageOutcome};
use afk::http::Http;
use afk::service_error::{FailureKind, ServiceError};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use url::Url;

use crate::support::message_schema::check_definition;
use crate::support::sandbox::clock::SandboxClock;
use crate::support::sandbox::http_server::{HttpServer, Journal, Response, Service};
use crate::support::sandbox::{kubernetes, woodpecker};
use crate::wire_lab::{StillClock, broken_answers};

const REPO: &str = "acme/widgets";
const OURS: &str = "4f1c2b7a9d8e7f60514233241506f7e8d9cafbec";
const NEWER: &str = "aaaaaaaa9d8e7f60514233241506f7e8d9cafbec";
const OLDER: &str = "bbbbbbbb9d8e7f60514233241506f7e8d9cafbec";
const REPOSITORY_ID: u64 = 1_296_269;

fn now() -> DateTime<Utc> {
    DateTime::parse_from_rfc3339("2026-11-20T09:00:00Z")
        .unwrap()
        .to_utc()
}

fn secret(text: &str) -> SecretSource {
    SecretSource::Inline(Secret::parse(text).unwrap())
}

/// One stand-in and its journal.
struct Bench<S> {
    service: Arc<S>,
    journal: Arc<Journal>,
    server: HttpServer,
}

impl<S: Service> Bench<S> {
    fn new(service: Arc<S>) -> Self {
        let journal = Journal::new();
        let server = HttpServer::start("lab", Arc::clone(&journal), service.clone());
        Self {
            service,
            journal,
            server,
        }
    }

    fn url(&self) -> BaseUrl {
        BaseUrl::parse(&self.server.url()).unwrap()
    }

    /// Requests so far: `GET path?query`.
    fn requests(&self) -> Vec<String> {
        self.journal
            .exchanges()
            .into_iter()
            .map(|exchange| {
                let request = exchange.request;
                if request.query.is_empty() {
                    format!("{} {}", request.method, request.path)
                } else {
                    format!("{} {}?{}", request.method, request.path, request.query)
                }
            })
            .collect()
    }
}

fn with_http<T>(story: impl FnOnce(&Http<'_>) -> T) -> T {
    let clock = StillClock::default();
    let deadline = Deadline::start(&clock, Duration::from_secs(100), Arc::default());
    story(&Http::new(deadline))
}

fn config() -> RepositoryConfig {
    RepositoryConfig {
        deploy: Some(Deploy::Woodpecker(WoodpeckerDeploy::usual())),
        rollout: vec![Rollout {
            kind: WorkloadKind::Deployment,
            namespace: "prod".to_owned(),
            name: "widgets".to_owned(),
            container: None,
            revision: None,
        }],
        ..RepositoryConfig::BUILD_ONLY
    }
}

fn ask(reader: &dyn StageReader, config: &RepositoryConfig) -> Result<StageOutcome, ServiceError> {
    ask_after(reader, config, None)
}

fn ask_after(
    reader: &dyn StageReader,
    config: &RepositoryConfig,
    deployed_at: Option<DateTime<Utc>>,
) -> Result<StageOutcome, ServiceError> {
    reader.read(&StageQuery {
        repo: &RepoRef::parse(REPO, ForgeKind::GitHub).unwrap(),
        id: RepositoryId(REPOSITORY_ID),
        config,
        commit: &CommitSha::parse(OURS).unwrap(),
        branch: "main",
        of_run: &[CommitSha::parse(OURS).unwrap()],
        since: now(),
        descendants: &[CommitSha::parse(NEWER).unwrap()],
        known: &[],
        knows_all: false,
        deployed_at,
        began: deployed_at.unwrap_or_else(now),
    })
}

/// The outcome in one line.
fn short(outcome: Result<StageOutcome, ServiceError>) -> String {
    match outcome {
        Ok(StageOutcome::None | StageOutcome::NotNamed { .. }) => "none".to_owned(),
        Ok(StageOutcome::OnlyNewer { said }) => format!("only newer: {said}"),
        Ok(StageOutcome::Pending { detail }) => format!("pending: {detail}"),
        Ok(StageOutcome::Success { ended_at }) => {
            format!("success at {}", ended_at.unwrap().format("%H:%M"))
        }
        Ok(StageOutcome::Failure { checks, .. }) => format!("failure: {}", checks[0].name),
        Ok(StageOutcome::Blocked { hold, what, .. }) => format!("{hold:?}: {}", what.name),
        Ok(StageOutcome::Unreadable { cause }) => format!("unreadable: {cause}"),
        Ok(StageOutcome::Superseded) => "superseded".to_owned(),
        Err(error) => format!("error: {error}"),
    }
}

fn woodpecker_bench() -> Bench<woodpecker::Woodpecker> {
    let bench = Bench::new(woodpecker::Woodpecker::new(SandboxClock::at(now())));
    bench.service.add_repository("Acme/Widgets", REPOSITORY_ID);
    bench
}

fn deploy_stage(bench: &Bench<woodpecker::Woodpecker>) -> Result<StageOutcome, ServiceError> {
    deploy_stage_with(bench, woodpecker::TOKEN)
}

fn deploy_stage_with(
    bench: &Bench<woodpecker::Woodpecker>,
    token: &str,
) -> Result<StageOutcome, ServiceError> {
    with_http(|http| {
        let endpoint = Endpoint {
            url: bench.url(),
            token: secret(token),
        };
        ask(&Woodpecker::new(http, &endpoint, None), &config())
    })
}

#[test]
fn a_deploy_is_looked_up_once_and_listed_in_one_page() {
    let bench = woodpecker_bench();
    bench.service.deploy_pipeline(REPO, &OURS[..8], "success");
    with_http(|http| {
        let endpoint = Endpoint {
            url: BaseUrl::parse(&format!("{}/api", bench.server.url())).unwrap(),
            token: secret(woodpecker::TOKEN),
        };
        let reader = Woodpecker::new(http, &endpoint, None);
        assert_eq!(short(ask(&reader, &config())), "success at 09:00");
        assert_eq!(short(ask(&reader, &config())), "success at 09:00");
    });
    let list = "GET /api/repos/40/pipelines?page=1&perPage=50&event=manual&branch=main&after=2026-11-20T08%3A55%3A00Z";
    assert_eq!(
        bench.requests(),
        ["GET /api/repos/lookup/acme/widgets", list, list]
    );
    let pipeline = bench.service.pipeline(REPO, 1);
    check_definition("woodpecker/openapi.json", "Pipeline", &pipeline);
}

#[test]
fn a_deploy_goes_its_way() {
    let bench = woodpecker_bench();
    // A trigger that ran nothing was answered with 204 and left nothing.
    assert_eq!(short(deploy_stage(&bench)), "none");
    let number = bench.service.deploy_pipeline(REPO, &OURS[..8], "created");
    assert_eq!(
        short(deploy_stage(&bench)),
        "pending: pipeline 1 waits for its turn"
    );
    bench.service.set_status(REPO, number, "blocked");
    assert_eq!(
        short(deploy_stage(&bench)),
        "Waits: deploy pipeline 1 waits for a person to approve it"
    );
    bench.service.set_status(REPO, number, "running");
    assert_eq!(short(deploy_stage(&bench)), "pending: pipeline 1 runs");
    bench.service.set_status(REPO, number, "success");
    assert_eq!(short(deploy_stage(&bench)), "success at 09:00");
}

#[test]
fn a_failure_names_its_steps() {
    let bench = woodpecker_bench();
    let number = bench.service.deploy_pipeline(REPO, &OURS[..8], "failure");
    bench
        .service
        .fail_step(REPO, number, "deploy", "set-image", 3);
    assert_eq!(
        deploy_stage(&bench),
        Ok(StageOutcome::Failure {
            concluded_at: Some(now()),
            checks: vec![FailedCheck {
                name: "deploy pipeline 1: deploy/set-image".to_owned(),
                url: Some(format!("{}/repos/40/pipeline/1", bench.server.url())),
                excerpt: Some("exit code 3".to_owned()),
            }],
        })
    );
    assert_eq!(bench.requests()[2], "GET /api/repos/40/pipelines/1");
    // Without steps, errors of the configuration are all there is.
    bench.service.change(REPO, number, |pipeline| {
        pipeline["status"] = json!("error");
        pipeline["workflows"] = json!(null);
        pipeline["errors"] = json!([
            {"type": "linter", "message": "old syntax", "is_warning": true},
            {"type": "compiler", "message": "secret not found", "is_warning": false},
        ]);
    });
    let Ok(StageOutcome::Failure { checks, .. }) = deploy_stage(&bench) else {
        panic!("no failure")
    };
    assert_eq!(checks[0].name, "deploy pipeline 1 has an error");
    assert_eq!(checks[0].excerpt.as_deref(), Some("secret not found"));
}

#[test]
fn restarts_and_newer_images_count() {
    let bench = woodpecker_bench();
    let first = bench.service.deploy_pipeline(REPO, &OURS[..8], "failure");
    let second = bench.service.restart(REPO, first, "success");
    assert_eq!(short(deploy_stage(&bench)), "success at 09:00");
    bench.service.set_status(REPO, second, "killed");
    assert_eq!(
        short(deploy_stage(&bench)),
        "failure: deploy pipeline 2 was killed"
    );
    let third = bench.service.deploy_pipeline(REPO, &NEWER[..8], "running");
    bench.service.supersede(REPO, second, third);
    assert_eq!(short(deploy_stage(&bench)), "pending: pipeline 3 runs");
    bench.service.set_status(REPO, third, "success");
    assert_eq!(short(deploy_stage(&bench)), "success at 09:00");
}

#[test]
fn a_pipeline_that_took_the_place_of_ours_is_read_by_itself() {
    let bench = woodpecker_bench();
    let ours = bench.service.deploy_pipeline(REPO, &OURS[..8], "running");
    // Of an event that the list does not show.
    let other = bench.service.add(REPO, "cron", OLDER, "failure");
    bench.service.supersede(REPO, ours, other);
    assert_eq!(
        short(deploy_stage(&bench)),
        "pending: pipeline 2 of another commit superseded pipeline 1 and did not succeed; a person has to deploy again"
    );
    bench.service.delete(REPO, other);
    assert_eq!(
        short(deploy_stage(&bench)),
        "pending: its pipeline was superseded by pipeline 2, which can not be found"
    );
}

fn by_push() -> RepositoryConfig {
    RepositoryConfig {
        deploy: Some(Deploy::Woodpecker(WoodpeckerDeploy {
            trigger: Trigger::Push,
            ..WoodpeckerDeploy::usual()
        })),
        ..config()
    }
}

fn deploy_stage_of(
    bench: &Bench<woodpecker::Woodpecker>,
    config: &RepositoryConfig,
) -> Result<StageOutcome, ServiceError> {
    with_http(|http| {
        let endpoint = Endpoint {
            url: bench.url(),
            token: secret(woodpecker::TOKEN),
        };
        ask(&Woodpecker::new(http, &endpoint, None), config)
    })
}

/// Found by branch and time, behind any number of others.
#[test]
fn pages_are_read_back_to_the_commit_and_no_further() {
    let clock = SandboxClock::at(now() - TimeDelta::hours(2));
    let bench = Bench::new(woodpecker::Woodpecker::new(clock.clone()));
    bench.service.add_repository(REPO, REPOSITORY_ID);
    for _ in 0..120 {
        bench.service.push_pipeline(REPO, OLDER, "success");
    }
    clock.advance(TimeDelta::hours(2));
    bench.service.push_pipeline(REPO, OURS, "success");
    for index in 0..560 {
        let number = bench.service.push_pipeline(REPO, OLDER, "success");
        if index % 10 != 0 {
            bench.service.change(REPO, number, |pipeline| {
                pipeline["branch"] = json!("topic");
            });
        }
    }
    assert_eq!(
        short(deploy_stage_of(&bench, &by_push())),
        "success at 09:00"
    );
    let pages: Vec<_> = bench.requests()[1..]
        .iter()
        .map(|request| request.split("page=").nth(1).unwrap()[..1].to_owned())
        .collect();
    assert_eq!(pages, ["1", "2"]);
}

/// Servers before 3.0 know the time of creation, and no other filter.
#[test]
fn servers_without_filters_are_filtered_here() {
    let bench = woodpecker_bench();
    bench.service.be_old();
    for event in ["pull_request", "tag", "release", "cron"] {
        bench.service.add(REPO, event, OURS, "success");
    }
    let elsewhere = bench.service.push_pipeline(REPO, OURS, "success");
    bench.service.change(REPO, elsewhere, |pipeline| {
        pipeline["branch"] = json!("release-x");
    });
    assert_eq!(short(deploy_stage_of(&bench, &by_push())), "none");
    bench.service.push_pipeline(REPO, OURS, "success");
    assert_eq!(
        short(deploy_stage_of(&bench, &by_push())),
        "success at 09:00"
    );
}

#[test]
fn a_configured_number_saves_the_look_up_and_people_get_their_own_address() {
    let bench = woodpecker_bench();
    let number = bench.service.deploy_pipeline(REPO, &OURS[..8], "blocked");
    let config = RepositoryConfig {
        deploy: Some(Deploy::Woodpecker(WoodpeckerDeploy {
            id: Some(40),
            ..WoodpeckerDeploy::usual()
        })),
        ..config()
    };
    let public = BaseUrl::parse("https://ci.example.org/root").unwrap();
    let said = with_http(|http| {
        let endpoint = Endpoint {
            url: bench.url(),
            token: secret(woodpecker::TOKEN),
        };
        ask(&Woodpecker::new(http, &endpoint, Some(&public)), &config)
    });
    let Ok(StageOutcome::Blocked { what, .. }) = said else {
        panic!("{said:?}");
    };
    assert_eq!(
        what.url,
        Some(format!(
            "https://ci.example.org/root/repos/40/pipeline/{number}"
        ))
    );
    assert_eq!(bench.requests().len(), 1);
}

#[test]
fn a_configured_workflow_is_read_by_itself() {
    let bench = woodpecker_bench();
    let number = bench.service.push_pipeline(REPO, OURS, "failure");
    bench.service.change(REPO, number, |pipeline| {
        pipeline["workflows"] = json!([
            {"id": 1, "pid": 1, "name": "notify", "state": "failure", "children": []},
            {"id": 2, "pid": 2, "name": "deploy", "state": "success", "children": []},
        ]);
    });
    let of = |workflow: &str| {
        let config = RepositoryConfig {
            deploy: Some(Deploy::Woodpecker(WoodpeckerDeploy {
                trigger: Trigger::Push,
                workflow: Some(workflow.to_owned()),
                ..WoodpeckerDeploy::usual()
            })),
            ..config()
        };
        short(deploy_stage_of(&bench, &config))
    };
    assert_eq!(of("deploy"), "success at 09:00");
    assert_eq!(of("notify"), "failure: deploy pipeline 1: notify");
    assert_eq!(of("rollout"), "none");
}

fn workflow_deploy() -> RepositoryConfig {
    RepositoryConfig {
        deploy: Some(Deploy::Woodpecker(WoodpeckerDeploy {
            trigger: Trigger::Push,
            workflow: Some("deploy".to_owned()),
            ..WoodpeckerDeploy::usual()
        })),
        ..config()
    }
}

/// Lists do not tell workflows: every newer pipeline has to be read, and that has an end which says what it is.
#[test]
fn newer_pipelines_without_the_workflow_are_read_and_change_nothing() {
    let only = |bench: &Bench<woodpecker::Woodpecker>, number: u64, name: &str, state: &str| {
        bench.service.change(REPO, number, |pipeline| {
            pipeline["workflows"] =
                json!([{"id": 1, "pid": 1, "name": name, "state": state, "children": []}]);
        });
    };
    for (docs_only, expected, requests) in [
        (0, "failure: deploy pipeline 1: deploy", 4),
        (4, "failure: deploy pipeline 1: deploy", 8),
        (29, "failure: deploy pipeline 1: deploy", 33),
        (
            30,
            "pending: which workflows ran was read of the 30 newest pipelines, and that is not enough to know",
            32,
        ),
    ] {
        let bench = woodpecker_bench();
        let own = bench.service.push_pipeline(REPO, OURS, "failure");
        only(&bench, own, "deploy", "failure");
        for _ in 0..docs_only {
            let newer = bench.service.push_pipeline(REPO, NEWER, "success");
            only(&bench, newer, "docs", "success");
        }
        let said = short(deploy_stage_of(&bench, &workflow_deploy()));
        assert_eq!(said, expected, "{docs_only}");
        assert_eq!(bench.requests().len(), requests, "{docs_only}");
    }
}

#[test]
fn what_a_person_stopped_says_who_it_was() {
    let bench = woodpecker_bench();
    let number = bench.service.deploy_pipeline(REPO, &OURS[..8], "running");
    bench.service.cancel(REPO, number, "alice");
    assert_eq!(
        short(deploy_stage(&bench)),
        "Stopped: deploy pipeline 1 was cancelled by alice; a person has to start it again"
    );
    bench.service.decline(REPO, number, "bob");
    assert_eq!(
        short(deploy_stage(&bench)),
        "Stopped: deploy pipeline 1 was declined by bob; a person has to decide how to go on"
    );
}

#[test]
fn what_woodpecker_does_not_show_is_a_mistake_for_people() {
    let kind = |outcome: Result<StageOutcome, ServiceError>| outcome.unwrap_err().kind;
    let bench = woodpecker_bench();
    assert_eq!(
        kind(deploy_stage_with(&bench, "wrong")),
        FailureKind::Denied
    );
    // Anybody may read a public repository, so a wrong token goes unnoticed.
    bench.service.publish(REPO);
    assert_eq!(short(deploy_stage_with(&bench, "wrong")), "none");
    bench.service.disable(REPO);
    assert_eq!(
        short(deploy_stage(&bench)),
        "error: look up acme/widgets: not found, or our token may not see it: the repository is not enabled in Woodpecker"
    );
    let other = Bench::new(woodpecker::Woodpecker::new(SandboxClock::at(now())));
    assert_eq!(kind(deploy_stage(&other)), FailureKind::NotFound);
    other.service.add_repository(REPO, 5);
    assert_eq!(
        short(deploy_stage(&other)),
        "error: look up acme/widgets: not found, or our token may not see it: Woodpecker knows another repository by this name"
    );
}

/// A service with one answer for everything.
struct Always(Response);

impl Service for Always {
    fn answer(&self, _: &crate::support::sandbox::http_server::Request) -> Response {
        self.0.clone()
    }
}

fn both_against(response: &Response) -> [FailureKind; 2] {
    let bench = Bench::new(Arc::new(Always(response.clone())));
    with_http(|http| {
        let endpoint = Endpoint {
            url: bench.url(),
            token: secret("x"),
        };
        let rollouts = Rollouts::new(
            http,
            ClusterApi {
                base: bench.url().url().clone(),
                token: Some(secret("x")),
                ca_file: None,
            },
        );
        [
            ask(&Woodpecker::new(http, &endpoint, None), &config()),
            ask(&rollouts, &config()),
        ]
        .map(|outcome| outcome.unwrap_err().kind)
    })
}

#[test]
fn every_status_has_its_kind() {
    for (status, kind) in [
        (204, FailureKind::Unreadable),
        (302, FailureKind::Unreadable),
        (400, FailureKind::Refused),
        (401, FailureKind::Denied),
        (403, FailureKind::Denied),
        (404, FailureKind::NotFound),
        (410, FailureKind::Refused),
        (429, FailureKind::RateLimited { retry_after: None }),
        (500, FailureKind::Unreachable),
        (503, FailureKind::Unreachable),
    ] {
        let kinds = both_against(&Response::text(status, "text/plain", "no"));
        assert_eq!(kinds, [kind.clone(), kind], "{status}");
    }
    let waiting = Response::empty(429).with_header("retry-after", "7");
    let kind = FailureKind::RateLimited {
        retry_after: Some(Duration::from_secs(7)),
    };
    assert_eq!(both_against(&waiting), [kind.clone(), kind]);
}

#[test]
fn answers_that_mean_nothing_are_unreadable() {
    for (name, response) in broken_answers() {
        let kind = match response.status {
            400..=499 => FailureKind::Refused,
            _ => FailureKind::Unreadable,
        };
        assert_eq!(both_against(&response), [kind.clone(), kind], "{name}");
    }
    for body in [
        json!({}),
        json!([]),
        json!({"kind": "Deployment", "metadata": {"name": "gadgets"}, "spec": {"template": {"spec": {"containers": []}}}}),
        json!({"kind": "StatefulSet", "metadata": {"name": "widgets"}, "spec": {"template": {"spec": {"containers": []}}}}),
    ] {
        assert_eq!(
            both_against(&Response::json(200, &body))[1],
            FailureKind::Unreadable,
            "{body}"
        );
    }
}

fn cluster_bench() -> Bench<kubernetes::Kubernetes> {
    let bench = Bench::new(kubernetes::Kubernetes::new(SandboxClock::at(now())));
    bench.service.set_deployment(
        "prod",
        "widgets",
        &[("app", "registry:5000/widgets:bbbbbbbb")],
    );
    bench
}

fn api<S: Service>(bench: &Bench<S>, token: Option<SecretSource>) -> ClusterApi {
    ClusterApi {
        base: bench.url().url().clone(),
        token,
        ca_file: None,
    }
}

fn rollout_stage(bench: &Bench<kubernetes::Kubernetes>) -> String {
    let api = api(bench, Some(secret(kubernetes::TOKEN)));
    with_http(|http| short(ask(&Rollouts::new(http, api), &config())))
}

#[test]
fn a_rollout_goes_its_way() {
    let bench = cluster_bench();
    let cluster = &bench.service;
    let stage = || {
        let text = rollout_stage(&bench);
        text.replace("Deployment prod/widgets: ", "")
    };
    assert_eq!(stage(), "pending: it still runs image tag 'bbbbbbbb'");
    cluster.set_image("prod", "widgets", "app", "registry:5000/widgets:4f1c2b7a");
    assert_eq!(
        stage(),
        "pending: the cluster has not seen the new image yet"
    );
    for expected in [
        "pending: 0 of 2 pods have the new image",
        "pending: 1 old pods are still there",
        "pending: 1 of 2 new pods are available",
        "success at 09:00",
    ] {
        cluster.rollout_progresses("prod", "widgets");
        assert_eq!(stage(), expected);
    }
    assert_eq!(
        bench.requests()[0],
        "GET /apis/apps/v1/namespaces/prod/deployments/widgets"
    );
    // A newer commit's image contains ours.
    cluster.set_image("prod", "widgets", "app", "registry:5000/widgets:aaaaaaaa");
    cluster.rollout_completes("prod", "widgets");
    assert_eq!(stage(), "success at 09:00");
}

#[test]
fn rollouts_that_go_wrong() {
    let with = |story: fn(&kubernetes::Kubernetes)| {
        let bench = cluster_bench();
        bench
            .service
            .set_image("prod", "widgets", "app", "registry:5000/widgets:4f1c2b7a");
        story(&bench.service);
        rollout_stage(&bench).replace("Deployment prod/widgets: ", "")
    };
    assert_eq!(
        with(|cluster| cluster.rollout_stalls("prod", "widgets")),
        "failure: rollout of Deployment prod/widgets"
    );
    assert_eq!(
        with(|cluster| cluster.pause("prod", "widgets")),
        "pending: somebody paused it; a person must resume it"
    );
    assert_eq!(
        with(|cluster| cluster.scale_to_zero("prod", "widgets")),
        "pending: it is scaled to zero, so nothing runs the image"
    );
    assert_eq!(
        with(|cluster| cluster.refuse_pods("prod", "widgets", "exceeded quota")),
        "pending: the cluster refuses pods (FailedCreate: exceeded quota)"
    );
    assert_eq!(
        with(|cluster| {
            cluster.add_init_container("prod", "widgets", "init", "registry:5000/widgets:bbbbbbbb");
            cluster.rollout_completes("prod", "widgets");
        }),
        "pending: one of its containers still runs registry:5000/widgets:bbbbbbbb"
    );
}

#[test]
fn an_annotation_tells_the_commit_of_a_floating_tag() {
    let bench = cluster_bench();
    bench.service.set_deployment(
        "prod",
        "widgets",
        &[("app", "registry:5000/widgets:latest")],
    );
    assert!(rollout_stage(&bench).contains("tag 'latest' names no commit"));
    bench
        .service
        .annotate_template("prod", "widgets", "org.opencontainers.image.revision", OURS);
    assert_eq!(rollout_stage(&bench), "success at 09:00");
}

/// Slow GitOps restarts the old image long after the deploy; only what ran before was rolled back.
#[test]
fn another_image_is_a_failure_only_when_ours_ran_before() {
    let bench = cluster_bench();
    let cluster = &bench.service;
    let stage = || {
        let deployed_at = Some(now() - TimeDelta::minutes(12));
        let api = api(&bench, Some(secret(kubernetes::TOKEN)));
        with_http(|http| short(ask_after(&Rollouts::new(http, api), &config(), deployed_at)))
    };
    cluster.restart("prod", "widgets");
    cluster.rollout_completes("prod", "widgets");
    assert!(stage().starts_with("pending: Deployment prod/widgets: it still runs"));
    cluster.set_image("prod", "widgets", "app", "registry:5000/widgets:4f1c2b7a");
    cluster.rollout_completes("prod", "widgets");
    assert_eq!(stage(), "success at 09:00");
    cluster.undo("prod", "widgets");
    cluster.rollout_completes("prod", "widgets");
    assert_eq!(stage(), "failure: rollout of Deployment prod/widgets");
    // Where our role may not list what ran, nobody knows.
    cluster.forbid_lists();
    assert!(stage().starts_with("pending: Deployment prod/widgets: it still runs"));
}

#[test]
fn a_failed_rollout_quotes_its_pods_where_our_role_allows_it() {
    let bench = cluster_bench();
    let cluster = &bench.service;
    cluster.set_image("prod", "widgets", "app", "registry:5000/widgets:4f1c2b7a");
    cluster.rollout_stalls("prod", "widgets");
    cluster.add_pod("prod", "widgets", json!({"containerStatuses": [{
        "name": "app", "ready": false, "restartCount": 0, "image": "x", "imageID": "",
        "state": {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image"}},
    }]}));
    let excerpt = || {
        let api = api(&bench, Some(secret(kubernetes::TOKEN)));
        let said = with_http(|http| ask(&Rollouts::new(http, api), &config()));
        match said {
            Ok(StageOutcome::Failure { checks, .. }) => checks[0].excerpt.clone().unwrap(),
            other => panic!("{other:?}"),
        }
    };
    assert!(
        excerpt().ends_with("Its pods say:\napp: ImagePullBackOff: Back-off pulling image"),
        "{}",
        excerpt()
    );
    cluster.forbid_lists();
    assert!(excerpt().starts_with("ProgressDeadlineExceeded"));
    assert!(!excerpt().contains("pods say"));
}

#[test]
fn other_kinds_are_read_and_all_of_a_list_must_be_green() {
    let bench = cluster_bench();
    let image = "registry:5000/widgets:4f1c2b7a";
    let rollout = |kind, name: &str| Rollout {
        kind,
        name: name.to_owned(),
        ..config().rollout.remove(0)
    };
    let objects = [
        (
            "statefulsets",
            "StatefulSet",
            json!({
                "spec": {"replicas": 2, "updateStrategy": {"type": "RollingUpdate"}},
                "status": {"observedGeneration": 1, "replicas": 2, "readyReplicas": 2, "updatedReplicas": 2},
            }),
        ),
        (
            "daemonsets",
            "DaemonSet",
            json!({
                "spec": {},
                "status": {"observedGeneration": 1, "desiredNumberScheduled": 3, "updatedNumberScheduled": 3, "numberAvailable": 3},
            }),
        ),
    ];
    for (plural, kind, mut object) in objects {
        object["kind"] = json!(kind);
        object["metadata"] = json!({"name": "db", "namespace": "prod", "generation": 1});
        object["spec"]["template"] =
            json!({"spec": {"containers": [{"name": "app", "image": image}]}});
        bench
            .service
            .set_object(&format!("apps/v1/namespaces/prod/{plural}/db"), object);
    }
    bench.service.set_object(
        "argoproj.io/v1alpha1/namespaces/prod/applications/shop",
        json!({
            "kind": "Application", "metadata": {"name": "shop", "namespace": "prod"}, "spec": {},
            "status": {"sync": {"status": "Synced", "revision": OURS}, "health": {"status": "Healthy"},
                "operationState": {"phase": "Succeeded", "finishedAt": "2026-11-20T09:00:00Z"}},
        }),
    );
    let said = |rollout: Vec<Rollout>| {
        let config = RepositoryConfig {
            rollout,
            ..config()
        };
        let api = api(&bench, Some(secret(kubernetes::TOKEN)));
        match with_http(|http| ask(&Rollouts::new(http, api), &config)) {
            Ok(StageOutcome::Success { .. }) => "success".to_owned(),
            other => short(other),
        }
    };
    let others = [
        rollout(WorkloadKind::StatefulSet, "db"),
        rollout(WorkloadKind::DaemonSet, "db"),
        rollout(WorkloadKind::Application, "shop"),
    ];
    for one in &others {
        assert_eq!(said(vec![one.clone()]), "success", "{one:?}");
    }
    assert_eq!(said(others.to_vec()), "success");
    // The Deployment still has the old image.
    let mut all = others.to_vec();
    all.push(rollout(WorkloadKind::Deployment, "widgets"));
    assert!(said(all).starts_with("pending: Deployment prod/widgets"));
    // A kind that it is not.
    assert_eq!(
        said(vec![rollout(WorkloadKind::Deployment, "db")]),
        "error: read Deployment prod/db: not found, or our token may not see it: there is no such Deployment; \
         kind, namespace or name may be wrong in AFK_REPOS: deployments.apps \"db\" not found"
    );
}

#[test]
fn mistakes_of_configuration_are_named() {
    let bench = cluster_bench();
    let cluster = &bench.service;
    let named = RepositoryConfig {
        rollout: vec![Rollout {
            container: Some("web".to_owned()),
            ..config().rollout.remove(0)
        }],
        ..config()
    };
    let api = api(&bench, Some(secret(kubernetes::TOKEN)));
    with_http(|http| {
        assert_eq!(
            short(ask(&Rollouts::new(http, api), &named)),
            "error: read Deployment prod/widgets: not found, or our token may not see it: \
             Deployment prod/widgets has no container 'web' (it has app); check AFK_REPOS"
        );
    });
    cluster.delete_deployment("prod", "widgets");
    assert_eq!(
        rollout_stage(&bench),
        "error: read Deployment prod/widgets: not found, or our token may not see it: \
         there is no such Deployment; kind, namespace or name may be wrong in AFK_REPOS: deployments.apps \"widgets\" not found"
    );
    cluster.forbid("prod");
    assert!(
        rollout_stage(&bench).starts_with(
            "error: read Deployment prod/widgets: denied: the Role must allow `get` on this Deployment: deployments.apps"
        )
    );
}

#[test]
fn the_token_is_read_anew_for_every_request_and_once_more_after_a_refusal() {
    let bench = cluster_bench();
    let directory = tempfile::tempdir().unwrap();
    let file: PathBuf = directory.path().join("token");
    std::fs::write(&file, "first\n").unwrap();
    let api = api(&bench, Some(SecretSource::File(file.clone())));
    with_http(|http| {
        let reader = Rollouts::new(http, api);
        bench.service.rotate_token("first");
        assert!(short(ask(&reader, &config())).starts_with("pending"));
        // The kubelet swaps the file while our request is on its way.
        let (service, path) = (Arc::clone(&bench.service), file.clone());
        bench.journal.intercept(move |exchange| {
            if exchange.number == 1 {
                service.rotate_token("second");
                std::fs::write(&path, "second").unwrap();
            }
            crate::support::sandbox::http_server::Fault::None
        });
        assert!(short(ask(&reader, &config())).starts_with("pending"));
        assert_eq!(bench.journal.len(), 3);
        bench.service.rotate_token("third");
        let error = ask(&reader, &config()).unwrap_err();
        assert_eq!(error.kind, FailureKind::Denied);
        assert_eq!(bench.journal.len(), 5);
        std::fs::remove_file(&file).unwrap();
        let error = ask(&reader, &config()).unwrap_err();
        assert_eq!(error.kind, FailureKind::SecretUnreadable);
        assert_eq!(bench.journal.len(), 5);
    });
}

#[test]
fn the_proxy_needs_no_token() {
    let bench = Bench::new(kubernetes::Kubernetes::proxy(SandboxClock::at(now())));
    bench
        .service
        .set_deployment("prod", "widgets", &[("app", "widgets:4f1c2b7a")]);
    let api = api(&bench, None);
    with_http(|http| {
        assert_eq!(
            short(ask(&Rollouts::new(http, api), &config())),
            "success at 09:00"
        );
    });
    assert!(
        bench.journal.exchanges()[0]
            .request
            .header("authorization")
            .is_none()
    );
}

#[test]
fn a_certificate_file_that_can_not_be_used_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("ca.crt");
    let ask_with = || {
        let clock = StillClock::default();
        let deadline = Deadline::start(&clock, Duration::from_secs(100), Arc::default());
        let http = Http::new(deadline).trusting_only(file.clone());
        let api = ClusterApi {
            base: Url::parse("https://127.0.0.1:1").unwrap(),
            token: Some(secret("x")),
            ca_file: Some(file.clone()),
        };
        ask(&Rollouts::new(&http, api), &config())
            .unwrap_err()
            .to_string()
    };
    assert!(ask_with().contains("can not read"), "{}", ask_with());
    std::fs::write(&file, "no certificate").unwrap();
    assert!(
        ask_with().contains("holds no certificate"),
        "{}",
        ask_with()
    );
}
