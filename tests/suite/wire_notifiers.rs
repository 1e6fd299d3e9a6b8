//! The sinks against stand-ins: what people see, and what happens when a bell does not ring.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use afk::clock::Deadline;
use afk::domain::config::{BaseUrl, NtfyConfig, Secret, SecretSource};
use afk::domain::repository::{ForgeKind, IssueRef};
use afk::domain::told::notification::{BellKind, Notification};
use afk::http::Http;
use afk::notifier::Sink;
use afk::notifier::ntfy::Ntfy;
use afk::notifier::slack::Slack;
use afk::service_error::{FailureKind, ServiceError};
use chrono::DateTime;
use serde_json::{Value, json};

use crate::support::message_schema::check_message;
use crate::support::sandbox::clock::SandboxClock;
use crate::support::sandbox::http_server::{Fault, HttpServer, Journal, Response};
use crate::support::sandbox::{ntfy, slack};
use crate::wire_lab::{StillClock, broken_answers};

const THREAD: &str = "https://t3.example.org/env-1/7b1f0c52-7c51-5d0a-9c5e-0a2f3a4b5c6d";
const ISSUE: &str = "https://github.com/acme/widgets/issues/7";

fn bell(kind: BellKind, detail: &str) -> Notification {
    Notification::new(
        kind,
        IssueRef::parse("acme/widgets#7", ForgeKind::GitHub).unwrap(),
        Some(ISSUE),
        Some(THREAD),
        detail,
    )
}

fn bare_bell() -> Notification {
    Notification::new(
        BellKind::NeedsHuman,
        IssueRef::parse("acme/widgets#7", ForgeKind::GitHub).unwrap(),
        None,
        None,
        "",
    )
}

fn secret(text: &str) -> SecretSource {
    SecretSource::Inline(Secret::parse(text).unwrap())
}

/// Both stand-ins, each on a port of its own.
struct Bench {
    slack: Arc<slack::Slack>,
    ntfy: Arc<ntfy::Ntfy>,
    journal: Arc<Journal>,
    slack_server: HttpServer,
    ntfy_server: HttpServer,
    clock: StillClock,
}

impl Bench {
    fn new() -> Self {
        let clock = SandboxClock::at(DateTime::UNIX_EPOCH);
        let (slack, ntfy) = (slack::Slack::new(), ntfy::Ntfy::new(clock));
        let journal = Journal::new();
        let slack_server = HttpServer::start("slack", Arc::clone(&journal), slack.clone());
        let ntfy_server = HttpServer::start("ntfy", Arc::clone(&journal), ntfy.clone());
        Self {
            slack,
            ntfy,
            journal,
            slack_server,
            ntfy_server,
            clock: StillClock::default(),
        }
    }

    fn http(&self) -> Http<'_> {
        let limit = Duration::from_secs(100);
        Http::new(Deadline::start(&self.clock, limit, Arc::default()))
    }

    fn webhook(&self) -> SecretSource {
        secret(&format!("{}{}", self.slack_server.url(), slack::PATH))
    }

    fn ring_slack(&self, bell: &Notification) -> Result<(), ServiceError> {
        let http = self.http();
        let sink = Slack::new(&http, self.webhook());
        assert_eq!(sink.name(), "slack");
        sink.ring(bell)
    }

    fn ring_ntfy(&self, bell: &Notification) -> Result<(), ServiceError> {
        self.ring_ntfy_with(bell, None)
    }

    fn ring_ntfy_with(
        &self,
        bell: &Notification,
        token: Option<SecretSource>,
    ) -> Result<(), ServiceError> {
        let http = self.http();
        let config = NtfyConfig {
            url: BaseUrl::parse(&self.ntfy_server.url()).unwrap(),
            topic: ntfy::TOPIC.to_owned(),
            token,
        };
        let sink = Ntfy::new(&http, config);
        assert_eq!(sink.name(), "ntfy");
        sink.ring(bell)
    }

    fn body(&self) -> Value {
        self.journal
            .exchanges()
            .last()
            .unwrap()
            .request
            .json()
            .unwrap()
    }
}

fn slack_message(title: &str, section: &str, tags: &str) -> Value {
    json!({
        "text": format!("{title}\n{section}"),
        "blocks": [
            {"type": "header", "text": {"type": "plain_text", "text": title}},
            {"type": "section", "text": {"type": "mrkdwn", "text": section}},
            {"type": "context", "elements": [
                {"type": "mrkdwn", "text": format!("<{ISSUE}|acme/widgets#7>")},
                {"type": "mrkdwn", "text": tags},
            ]},
        ],
        "unfurl_links": false,
        "unfurl_media": false,
    })
}

#[test]
fn every_bell_as_slack_shows_it() {
    for (kind, title, tags) in [
        (
            BellKind::Done,
            "[DONE] acme/widgets#7 landed",
            "afk · done · done",
        ),
        (
            BellKind::NeedsHuman,
            "[NEEDS-HUMAN] acme/widgets#7 needs a human",
            "afk · escalation · needs-human",
        ),
        (
            BellKind::Frozen,
            "[FROZEN] acme/widgets#7 frozen — budget exhausted",
            "afk · escalation · frozen",
        ),
    ] {
        let bench = Bench::new();
        assert_eq!(bench.ring_slack(&bell(kind, "Commit 4f1c2b7a.")), Ok(()));
        let section = format!("Commit 4f1c2b7a.\nThread: <{THREAD}|Open the thread>");
        assert_eq!(
            bench.slack.messages(),
            [slack_message(title, &section, tags)]
        );
        check_message("slack/webhook-message.schema.json", &bench.body());
    }
}

#[test]
fn every_bell_as_ntfy_shows_it() {
    for (kind, title, priority, tags) in [
        (
            BellKind::Done,
            "[DONE] acme/widgets#7 landed",
            2,
            ["afk", "done", "done"],
        ),
        (
            BellKind::NeedsHuman,
            "[NEEDS-HUMAN] acme/widgets#7 needs a human",
            4,
            ["afk", "escalation", "needs-human"],
        ),
        (
            BellKind::Frozen,
            "[FROZEN] acme/widgets#7 frozen — budget exhausted",
            4,
            ["afk", "escalation", "frozen"],
        ),
    ] {
        let bench = Bench::new();
        assert_eq!(bench.ring_ntfy(&bell(kind, "Commit 4f1c2b7a.")), Ok(()));
        assert_eq!(
            bench.body(),
            json!({
                "topic": "afk-alerts",
                "title": title,
                "message": format!("Commit 4f1c2b7a.\nThread: {THREAD}"),
                "priority": priority,
                "tags": tags,
                "click": THREAD,
                "actions": [{"action": "view", "label": "Issue", "url": ISSUE}],
            })
        );
        assert_eq!(bench.journal.exchanges()[0].request.path, "/");
        assert_eq!(bench.ntfy.messages()[0]["topic"], ntfy::TOPIC);
        check_message("ntfy/message.schema.json", &bench.body());
    }
}

#[test]
fn a_bell_without_addresses_and_detail_still_rings() {
    let bench = Bench::new();
    assert_eq!(bench.ring_slack(&bare_bell()), Ok(()));
    let title = "[NEEDS-HUMAN] acme/widgets#7 needs a human";
    assert_eq!(
        bench.body(),
        json!({
            "text": title,
            "blocks": [
                {"type": "header", "text": {"type": "plain_text", "text": title}},
                {"type": "context", "elements": [
                    {"type": "mrkdwn", "text": "acme/widgets#7"},
                    {"type": "mrkdwn", "text": "afk · escalation · needs-human"},
                ]},
            ],
            "unfurl_links": false,
            "unfurl_media": false,
        })
    );
    assert_eq!(bench.ring_ntfy(&bare_bell()), Ok(()));
    assert_eq!(
        bench.body(),
        json!({
            "topic": "afk-alerts",
            "title": title,
            "message": title,
            "priority": 4,
            "tags": ["afk", "escalation", "needs-human"],
        })
    );
}

#[test]
fn text_of_others_pings_nobody_and_is_cut_before_it_is_escaped() {
    let bench = Bench::new();
    let hostile = bell(BellKind::Frozen, "<!channel> & <https://evil.example|x>");
    assert_eq!(bench.ring_slack(&hostile), Ok(()));
    assert_eq!(
        bench.body()["blocks"][1]["text"]["text"],
        format!(
            "&lt;!channel&gt; &amp; &lt;https://evil.example|x&gt;\nThread: <{THREAD}|Open the thread>"
        )
    );
    for piece in ["&", "<", "😀", "ab ", "\"\n"] {
        let long = bell(BellKind::Frozen, &piece.repeat(9_000));
        assert_eq!(bench.ring_slack(&long), Ok(()), "{piece:?}");
        check_message("slack/webhook-message.schema.json", &bench.body());
        let section = bench.body()["blocks"][1]["text"]["text"].clone();
        let section = section.as_str().unwrap();
        assert!(section.ends_with(&format!("…\nThread: <{THREAD}|Open the thread>")));
        assert!(
            (2_990..=3_000).contains(&section.encode_utf16().count()),
            "{piece:?}"
        );

        assert_eq!(bench.ring_ntfy(&long), Ok(()), "{piece:?}");
        check_message("ntfy/message.schema.json", &bench.body());
        let body = bench.journal.exchanges().last().unwrap().request.body.len();
        assert!(body < 8_192, "{piece:?}: {body}");
        let message = bench.body()["message"].as_str().unwrap().to_owned();
        assert!(message.ends_with(&format!("…\nThread: {THREAD}")));
        assert!(message.len() <= 3_500, "{piece:?}: {}", message.len());
    }
}

#[test]
fn blocks_that_slack_refuses_are_left_out() {
    let bench = Bench::new();
    bench.slack.reject_blocks();
    let long = bell(BellKind::Frozen, &"&".repeat(9_000));
    assert_eq!(bench.ring_slack(&bell(BellKind::Frozen, "a < b")), Ok(()));
    assert_eq!(bench.ring_slack(&long), Ok(()));
    let messages = bench.slack.messages();
    assert_eq!(
        messages[0],
        json!({
            "text": format!(
                "[FROZEN] acme/widgets#7 frozen — budget exhausted\na &lt; b\nThread: <{THREAD}|Open the thread>"
            ),
            "unfurl_links": false,
            "unfurl_media": false,
        })
    );
    check_message("slack/webhook-message.schema.json", &messages[1]);
    assert_eq!(bench.journal.len(), 4);
}

/// Kind of failure, requests, and milliseconds that were waited.
type Outcome = (Option<FailureKind>, usize, u64);

fn slack_outcome(plant: impl Fn(&slack::Slack)) -> Outcome {
    let bench = Bench::new();
    plant(&bench.slack);
    let kind = bench
        .ring_slack(&bell(BellKind::Done, "x"))
        .err()
        .map(|error| error.kind);
    (kind, bench.journal.len(), bench.clock.waited())
}

#[test]
fn slacks_refusals() {
    use FailureKind::{Denied, NotFound, RateLimited, Refused, Unreachable, Unreadable};
    for (body, rang) in [
        ("{\"success\":true}", true),
        ("{\"ok\": true}", true),
        ("{\"success\":false}", false),
        ("{\"error\":\"ok\"}", false),
        ("<html>ok</html>", false),
        ("true", false),
    ] {
        let outcome = slack_outcome(|slack| slack.refuse_next(200, body));
        assert_eq!(outcome.0.is_none(), rang, "{body} {outcome:?}");
    }
    for (status, word, kind) in [
        (400, "invalid_payload", Refused),
        (400, "no_text", Refused),
        (400, "user_not_found", Refused),
        (403, "action_prohibited", Denied),
        (403, "invalid_token", Denied),
        (404, "no_service", NotFound),
        (404, "channel_not_found", NotFound),
        (410, "channel_is_archived", NotFound),
        (418, "something_new", Refused),
        (302, "found", Unreadable),
        (200, "accepted", Unreadable),
    ] {
        assert_eq!(
            slack_outcome(|slack| slack.refuse_next(status, word)),
            (Some(kind), 1, 0),
            "{status} {word}"
        );
    }
    // What may pass is left to the next tick: a bell is never repeated at once, and nothing is waited for.
    for plant in [
        |slack: &slack::Slack| slack.goes_down(1),
        |slack: &slack::Slack| slack.refuse_next(500, "rollup_error"),
    ] {
        assert_eq!(slack_outcome(plant), (Some(Unreachable), 1, 0));
    }
    for seconds in [2, 31] {
        let limited = RateLimited {
            retry_after: Some(Duration::from_secs(seconds)),
        };
        assert_eq!(
            slack_outcome(|slack| slack.rate_limit_next(seconds)),
            (Some(limited), 1, 0)
        );
    }
}

fn ntfy_outcome(plant: impl Fn(&ntfy::Ntfy)) -> Outcome {
    let bench = Bench::new();
    plant(&bench.ntfy);
    let kind = bench
        .ring_ntfy(&bell(BellKind::Done, "x"))
        .err()
        .map(|error| error.kind);
    (kind, bench.journal.len(), bench.clock.waited())
}

#[test]
fn ntfys_refusals() {
    use FailureKind::{Denied, RateLimited, Refused, Unreachable};
    let limited = || RateLimited { retry_after: None };
    for (code, kind) in [
        (40_007, Refused),
        (40_009, Refused),
        (40_010, Refused),
        (40_011, Refused),
        (40_017, Refused),
        (40_018, Refused),
        (40_024, Refused),
        (40_101, Denied),
        (40_301, Denied),
        (41_301, Refused),
        (41_303, Refused),
        (42_905, limited()),
        (42_908, limited()),
        (42_909, limited()),
        (50_701, Refused),
    ] {
        assert_eq!(
            ntfy_outcome(|ntfy| ntfy.refuse_next(code)),
            (Some(kind), 1, 0),
            "{code}"
        );
    }
    assert_eq!(
        ntfy_outcome(|ntfy| ntfy.refuse_next(42_901)),
        (Some(limited()), 1, 0)
    );
    assert_eq!(
        ntfy_outcome(|ntfy| ntfy.goes_down(1)),
        (Some(Unreachable), 1, 0)
    );
}

/// What a router or a gateway says in the place of a sink.
fn before_a_sink(status: u16) -> [Response; 5] {
    [
        Response::text(status, "text/plain; charset=utf-8", "404 page not found\n"),
        Response::text(status, "text/plain", "forbidden"),
        Response::text(status, "text/html", "<html><title>Log in</title></html>"),
        Response::text(status, "application/json", "\"no_such_route\""),
        Response::empty(status),
    ]
}

#[test]
fn what_no_sink_says_is_no_refusal() {
    use FailureKind::{Unreachable, Unreadable};
    for status in [
        400, 401, 403, 404, 405, 407, 409, 410, 413, 414, 421, 431, 499,
    ] {
        let kind = match status {
            // About this message alone: the others are sent all the same.
            413 | 414 | 431 => Unreadable,
            _ => Unreachable,
        };
        for response in before_a_sink(status) {
            let bench = Bench::new();
            let said = format!("{response:?}");
            bench
                .journal
                .intercept(move |_| Fault::Instead(response.clone()));
            for result in [
                bench.ring_slack(&bell(BellKind::Done, "x")),
                bench.ring_ntfy(&bell(BellKind::Done, "x")),
            ] {
                let error = result.unwrap_err();
                assert_eq!(error.kind, kind, "{said}");
                let told = format!("HTTP {status}");
                assert!(error.detail.starts_with(&told), "{error}");
                assert!(error.detail.contains("something before"), "{error}");
            }
        }
    }
}

#[test]
fn servers_that_take_slacks_form_refuse_in_objects_of_their_own() {
    use FailureKind::{Denied, NotFound, Refused};
    for (status, body, kind) in [
        // Mattermost, Rocket.Chat and Discord.
        (
            400,
            json!({"id": "web.incoming_webhook.invalid.app_error", "message": "Invalid webhook", "status_code": 400}),
            Refused,
        ),
        (
            400,
            json!({"success": false, "error": "Invalid integration id or token provided."}),
            Refused,
        ),
        (
            404,
            json!({"message": "Unknown Webhook", "code": 10_015}),
            NotFound,
        ),
        (
            403,
            json!({"message": "Missing Permissions", "code": 50_013}),
            Denied,
        ),
    ] {
        let bench = Bench::new();
        let said = body.clone();
        bench
            .journal
            .intercept(move |_| Fault::Instead(Response::json(status, &body)));
        let result = bench.ring_slack(&bell(BellKind::Done, "x"));
        assert_eq!(result.unwrap_err().kind, kind, "{said}");
    }
}

#[test]
fn ntfys_token_is_sent_as_a_bearer() {
    let bench = Bench::new();
    bench.ntfy.require_token();
    let bell = bell(BellKind::Done, "x");
    let kind = |result: Result<(), ServiceError>| result.unwrap_err().kind;
    assert_eq!(kind(bench.ring_ntfy(&bell)), FailureKind::Denied);
    assert_eq!(
        kind(bench.ring_ntfy_with(&bell, Some(secret("tk_wrong")))),
        FailureKind::Denied
    );
    assert_eq!(
        bench.ring_ntfy_with(&bell, Some(secret(ntfy::TOKEN))),
        Ok(())
    );
}

#[test]
fn a_bell_is_never_repeated_at_once() {
    for (fault, in_channel) in [(Fault::LostRequest, 0), (Fault::LostAnswer, 1)] {
        let bench = Bench::new();
        bench.journal.intercept(move |_| fault.clone());
        for result in [
            bench.ring_slack(&bell(BellKind::Done, "x")),
            bench.ring_ntfy(&bell(BellKind::Done, "x")),
        ] {
            assert_eq!(result.unwrap_err().kind, FailureKind::Unreachable);
        }
        assert_eq!(bench.journal.len(), 2);
        assert_eq!(bench.slack.messages().len(), in_channel);
        assert_eq!(bench.ntfy.messages().len(), in_channel);
    }
}

#[test]
fn answers_that_mean_nothing_are_no_receipt() {
    let odd_json = [
        json!({}),
        json!({"event": "message", "topic": "other"}),
        json!({"event": "open", "topic": ntfy::TOPIC}),
    ]
    .map(|body| ("odd JSON", Response::json(200, &body)));
    for (name, response) in broken_answers().into_iter().chain(odd_json) {
        let kind = match response.status {
            // Nothing that a sink says.
            400..=499 => FailureKind::Unreachable,
            _ => FailureKind::Unreadable,
        };
        let bench = Bench::new();
        bench
            .journal
            .intercept(move |_| Fault::Instead(response.clone()));
        for result in [
            bench.ring_slack(&bell(BellKind::Done, "x")),
            bench.ring_ntfy(&bell(BellKind::Done, "x")),
        ] {
            assert_eq!(result.unwrap_err().kind, kind, "{name}");
        }
    }
}

#[test]
fn the_webhooks_address_is_in_no_error() {
    let bench = Bench::new();
    let says_nothing = |error: ServiceError| {
        let text = format!("{error} {error:?}");
        assert!(
            !text.contains("secret") && !text.contains("T0000"),
            "{text}"
        );
    };
    // A proxy repeats the path in its page.
    let page = format!("Cannot POST {}", slack::PATH);
    bench.slack.refuse_next(404, &page);
    says_nothing(bench.ring_slack(&bell(BellKind::Done, "x")).unwrap_err());
    for fault in [Fault::LostRequest, Fault::LostAnswer, Fault::Truncate(1)] {
        bench.journal.intercept(move |_| fault.clone());
        says_nothing(bench.ring_slack(&bell(BellKind::Done, "x")).unwrap_err());
    }
    // Nobody listens.
    let clock = StillClock::default();
    let http = Http::new(Deadline::start(
        &clock,
        Duration::from_secs(100),
        Arc::default(),
    ));
    let webhook = secret(&format!("http://127.0.0.1:1{}", slack::PATH));
    says_nothing(
        Slack::new(&http, webhook)
            .ring(&bell(BellKind::Done, "x"))
            .unwrap_err(),
    );
}

#[test]
fn the_webhook_is_read_and_checked_for_each_bell() {
    let bench = Bench::new();
    let http = bench.http();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("webhook");
    let sink = Slack::new(&http, SecretSource::File(file.clone()));
    let bell = bell(BellKind::Done, "x");
    let refused = |result: Result<(), ServiceError>| {
        let error = result.unwrap_err();
        assert_eq!(error.kind, FailureKind::SecretUnreadable);
        error.detail
    };
    assert!(refused(sink.ring(&bell)).contains("can not read"));
    std::fs::write(&file, "http://hooks.slack.com/services/x").unwrap();
    assert_eq!(
        refused(sink.ring(&bell)),
        "AFK_SLACK_WEBHOOK_URL: expected https://, or a host that is loopback or cluster-internal"
    );
    assert_eq!(bench.journal.len(), 0);
    let good = format!("{}{}\n", bench.slack_server.url(), slack::PATH);
    std::fs::write(&file, good).unwrap();
    assert_eq!(sink.ring(&bell), Ok(()));
}

#[test]
fn a_tick_that_is_asked_to_stop_does_not_wait() {
    let bench = Bench::new();
    let stop = Arc::new(AtomicBool::new(true));
    let http = Http::new(Deadline::start(
        &bench.clock,
        Duration::from_secs(100),
        stop,
    ));
    bench.slack.rate_limit_next(5);
    let sink = Slack::new(&http, bench.webhook());
    let error = sink.ring(&bell(BellKind::Done, "x")).unwrap_err();
    assert!(matches!(error.kind, FailureKind::RateLimited { .. }));
    assert_eq!((bench.journal.len(), bench.clock.waited()), (1, 0));
}
