//! Sinks that hang, limit and die.

use std::sync::Arc;

use chrono::TimeDelta;

use super::*;
use crate::support::place::{Place, on_each_kind_of_forge};
use crate::support::sandbox::http_server::{HttpServer, Response};
use crate::support::sandbox::ntfy::{self, Ntfy};
use crate::support::sandbox::slack::{self, Slack};
use crate::support::world::{LOCK, READY};

on_each_kind_of_forge! {
    a_sink_that_hangs_costs_its_time_once_and_the_other_rings_for_all,
    a_sink_that_never_comes_back_is_given_up_a_day_after_the_limits,
    all_sinks_dead_hold_nobody,
    what_a_sink_may_take_later_is_not_given_up_at_once,
    a_bell_whose_answer_was_lost_is_not_repeated_at_once,
    ntfy_is_reached_under_a_base_path_and_by_an_address_that_ends_in_the_topic,
    a_router_in_the_place_of_a_sink_loses_no_bell,
}

/// A story with Slack beside ntfy, which is there as long as its server.
fn with_slack(place: Place) -> (Saga, Arc<Slack>, HttpServer) {
    let mut saga = Saga::at(place);
    let slack = Slack::new();
    let server = HttpServer::start("slack", Arc::clone(&saga.world.journal), slack.clone());
    let address = format!("{}{}", server.url(), slack::PATH);
    saga.world.set("AFK_SLACK_WEBHOOK_URL", &address);
    (saga, slack, server)
}

fn a_sink_that_hangs_costs_its_time_once_and_the_other_rings_for_all(place: Place) {
    const RUNS: usize = 8;
    let (mut saga, slack, _server) = with_slack(place);
    let names: Vec<String> = (0..RUNS).map(|index| format!("acme/r{index}")).collect();
    for name in &names {
        saga.world.add_repository(name);
        let number = saga.world.issue(name, "Reject negative sizes", "Please.\n");
        saga.world.forge.label(name, number, "alice", READY);
    }
    let enrolled: Vec<&str> = names.iter().map(String::as_str).collect();
    saga.world.enrol(&enrolled);
    saga.world.set("AFK_MAX_IN_FLIGHT", "8");
    let report = saga.poll();
    assert_eq!(report.dispatched.len(), RUNS, "{report}");
    saga.pass(5);
    let threads: Vec<String> = report
        .dispatched
        .iter()
        .map(|run| run.thread.to_string())
        .collect();
    for thread in &threads {
        saga.world.t3.agent_starts(thread);
        saga.world.t3.agent_finishes(thread, "I could not do it.");
    }
    saga.pass(130);
    // Each call hangs for as long as we wait, and then there is no answer.
    let clock = saga.world.clock.clone();
    saga.world.journal.intercept(move |exchange| {
        if exchange.service == "slack" {
            clock.advance(TimeDelta::seconds(20));
            Fault::LostRequest
        } else {
            Fault::None
        }
    });
    saga.world.journal.clear();
    let report = saga.watch();
    assert_eq!(saga.bells.titles().len(), RUNS, "{report}");
    let exchanges = saga.world.journal.exchanges();
    let asked = exchanges.iter().filter(|it| it.service == "slack").count();
    assert_eq!(asked, 1);
    for thread in &threads {
        assert!(title(&saga, thread).ends_with(" · rung ntfy"), "{report}");
        assert!(!is_released(&saga, thread), "slack may still come back");
    }
    saga.world.journal.calm();
    saga.pass(60);
    let report = saga.watch();
    assert!(report.failures.is_empty(), "{report}");
    assert_eq!(
        (slack.messages().len(), saga.bells.titles().len()),
        (RUNS, RUNS)
    );
    assert!(threads.iter().all(|thread| is_released(&saga, thread)));
}

fn a_router_in_the_place_of_a_sink_loses_no_bell(place: Place) {
    for (service, response) in [
        (
            "ntfy",
            Response::text(404, "text/plain", "404 page not found\n"),
        ),
        (
            "ntfy",
            Response::text(403, "text/html", "<h1>Forbidden</h1>"),
        ),
        (
            "slack",
            Response::text(404, "text/plain", "404 page not found\n"),
        ),
        (
            "slack",
            Response::text(403, "text/html", "<h1>Forbidden</h1>"),
        ),
    ] {
        let (saga, slack, _server) = with_slack(place);
        let (_, thread) = green(&saga);
        let said = format!("{service} {response:?}");
        saga.world.journal.intercept(move |exchange| {
            if exchange.service == service {
                Fault::Instead(response.clone())
            } else {
                Fault::None
            }
        });
        let report = saga.watch();
        assert!(!report.failures.is_empty(), "{said}: {report}");
        assert!(!is_released(&saga, &thread), "{said}: {report}");
        saga.world.journal.calm();
        saga.pass(60);
        let report = saga.watch();
        assert!(report.failures.is_empty(), "{said}: {report}");
        assert!(is_released(&saga, &thread), "{said}: {report}");
        assert!(!title(&saga, &thread).contains('!'), "{said}");
        assert_eq!((slack.messages().len(), saga.bells.titles().len()), (1, 1));
    }
}

fn a_sink_that_never_comes_back_is_given_up_a_day_after_the_limits(place: Place) {
    for what in ["down", "quota", "page", "elsewhere"] {
        let (saga, slack, _server) = with_slack(place);
        let (number, thread) = green(&saga);
        saga.world.journal.intercept(move |exchange| {
            if exchange.service != "ntfy" {
                return Fault::None;
            }
            let page = Response::text(200, "text/html", "<html>Log in</html>");
            Fault::Instead(match what {
                "quota" => Response::json(
                    429,
                    &serde_json::json!({"code": 42_908, "http": 429, "error": "limit reached: daily message quota reached"}),
                ),
                "page" => page,
                "elsewhere" => Response::empty(302).with_header("location", "https://e.example/"),
                _ => return Fault::LostRequest,
            })
        });
        let mut hours = 0;
        while !is_released(&saga, &thread) {
            let report = saga.watch();
            assert!(!report.failures.is_empty(), "{what}: {report}");
            assert!(hours < 40, "{what}: {report}");
            saga.pass(3_600);
            hours += 1;
        }
        // 24,300 seconds of limits, a day, and the hour in which it is noticed.
        assert_eq!(hours, 32, "{what}");
        assert!(
            title(&saga, &thread).ends_with(" · rung slack,!ntfy"),
            "{what}"
        );
        assert_eq!(slack.messages().len(), 1, "{what}");
        assert!(!is_open(&saga, number) && !has(&saga, number, LOCK));
    }
}

fn all_sinks_dead_hold_nobody(place: Place) {
    let (saga, slack, _server) = with_slack(place);
    let (number, thread) = green(&saga);
    slack.refuse_next(410, "channel_is_archived");
    saga.world.journal.intercept(|exchange| {
        if exchange.service == "ntfy" {
            let body = serde_json::json!({"code": 40_401, "http": 404, "error": "page not found"});
            Fault::Instead(Response::json(404, &body))
        } else {
            Fault::None
        }
    });
    let report = saga.watch();
    assert!(is_released(&saga, &thread), "{report}");
    assert!(title(&saga, &thread).ends_with(" · done (landed) · rung !slack,!ntfy"));
    assert!(!is_open(&saga, number));
    let given_up: Vec<String> = report
        .failures
        .iter()
        .filter(|failure| failure.error.contains("given up"))
        .map(|failure| failure.service.clone())
        .collect();
    assert_eq!(given_up.len(), 2, "{report}");
}

fn what_a_sink_may_take_later_is_not_given_up_at_once(place: Place) {
    for (status, word) in [
        (429, "rate_limited"),
        (500, "rollup_error"),
        (503, "service_unavailable"),
        (408, "timeout"),
        (425, "too_early"),
    ] {
        let (saga, slack, _server) = with_slack(place);
        let (_, thread) = green(&saga);
        slack.refuse_next(status, word);
        let report = saga.watch();
        assert!(
            title(&saga, &thread).ends_with(" · rung ntfy"),
            "{status}: {report}"
        );
        assert!(!is_released(&saga, &thread), "{status}");
        saga.pass(60);
        saga.watch();
        assert!(is_released(&saga, &thread), "{status}");
        assert_eq!(slack.messages().len(), 1, "{status}");
    }
}

fn a_bell_whose_answer_was_lost_is_not_repeated_at_once(place: Place) {
    let saga = Saga::at(place);
    let (_, thread) = green(&saga);
    saga.world.journal.intercept(|exchange| {
        if exchange.service == "ntfy" {
            Fault::LostAnswer
        } else {
            Fault::None
        }
    });
    saga.watch();
    assert_eq!(saga.bells.titles().len(), 1);
    saga.world.journal.calm();
    saga.pass(60);
    saga.watch();
    assert_eq!(
        saga.bells.titles().len(),
        2,
        "at least once, and once more after no answer"
    );
    assert!(is_released(&saga, &thread));
}

/// ntfy behind a proxy that gives it a path.
struct BehindPath(Arc<Ntfy>);

impl crate::support::sandbox::http_server::Service for BehindPath {
    fn answer(&self, request: &crate::support::sandbox::http_server::Request) -> Response {
        let Some(path) = request.path.strip_prefix("/bells") else {
            return Response::text(404, "text/plain", "404 page not found");
        };
        let mut request = request.clone();
        request.path = path.to_owned();
        self.0.answer(&request)
    }
}

fn ntfy_is_reached_under_a_base_path_and_by_an_address_that_ends_in_the_topic(place: Place) {
    for (base, behind) in [
        ("/bells", true),
        ("/bells/", true),
        (&format!("/bells/{}", ntfy::TOPIC), true),
        (&format!("/{}", ntfy::TOPIC), false),
        (&format!("/{}/", ntfy::TOPIC), false),
    ] {
        let mut saga = Saga::at(place);
        let server = Ntfy::new(saga.world.clock.clone());
        let journal = Arc::clone(&saga.world.journal);
        let http = if behind {
            HttpServer::start("ntfy", journal, Arc::new(BehindPath(Arc::clone(&server))))
        } else {
            HttpServer::start("ntfy", journal, server.clone())
        };
        saga.world
            .set("AFK_NTFY_URL", &format!("{}{base}", http.url()));
        let (_, thread) = green(&saga);
        let report = saga.watch();
        assert!(report.failures.is_empty(), "{base}: {report}");
        assert_eq!(server.messages().len(), 1, "{base}");
        assert_eq!(server.messages()[0]["topic"], ntfy::TOPIC);
        assert_eq!(server.messages()[0]["sequence_id"], thread.as_str());
        assert!(is_released(&saga, &thread));
    }
}
