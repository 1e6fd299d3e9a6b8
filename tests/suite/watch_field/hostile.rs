//! Answers that no service should give, at each step of a run's end.

use afk::exit_code::ExitCode;
use serde_json::json;

use super::*;
use crate::support::place::{Place, on_each_kind_of_forge};
use crate::support::sandbox::http_server::Response;
use crate::support::world::{HUMAN, LOCK};

on_each_kind_of_forge! {
    what_is_refused_for_good_is_passed_at_every_step,
    what_may_pass_is_waited_for_at_every_step_and_done_once,
    what_something_before_the_forge_refuses_is_waited_for_and_not_for_ever,
    a_forge_behind_a_page_is_no_forge,
    a_proxy_before_the_forge_ends_no_run_at_once,
    a_landed_run_whose_issue_can_not_be_closed_is_told_and_released,
    an_archived_repository_holds_no_run,
    a_t3_that_takes_no_more_titles_rings_once,
    an_agent_that_hands_its_issue_back_under_our_name_silences_no_bell,
    answers_of_the_forge_that_are_none_decide_nothing,
    the_stages_of_a_renamed_repository_are_those_of_its_old_name,
}

/// Every write to the forge whose path has these words is answered like this.
fn writes_answer(saga: &Saga, what: &'static str, fault: &Fault) {
    let place = saga.world.place;
    let fault = fault.clone();
    saga.world.journal.intercept(move |exchange| {
        let request = &exchange.request;
        let is_write = exchange.service == place.word()
            && request.method != "GET"
            && request.path != "/graphql"
            && request.path.contains(what);
        if is_write { fault.clone() } else { Fault::None }
    });
}

fn answer(status: u16, message: &str) -> Fault {
    Fault::Instead(Response::json(status, &json!({"message": message})))
}

/// Whether an answer is a limit only by its words, which are GitHub's.
fn is_in_words(fault: &Fault) -> bool {
    let Fault::Instead(response) = fault else {
        return false;
    };
    [403, 422].contains(&response.status)
}

/// A run whose agent finished without a push, for longer than the settle time.
fn without_push(saga: &Saga) -> (u64, String) {
    let (number, thread) = saga.started();
    saga.world.t3.agent_finishes(&thread, "I could not do it.");
    saga.pass(130);
    (number, thread)
}

fn what_is_refused_for_good_is_passed_at_every_step(place: Place) {
    for (step, status, message) in [
        ("/comments", 404, "Not Found"),
        ("/comments", 410, "Issues are disabled for this repo"),
        (
            "/comments",
            451,
            "Repository unavailable due to DMCA takedown",
        ),
        ("/comments", 422, "Validation Failed"),
        ("/labels", 403, "Resource not accessible by integration"),
        ("/labels", 404, "Not Found"),
        ("/labels", 413, "Payload too large"),
    ] {
        let saga = Saga::at(place);
        let (_, thread) = without_push(&saga);
        writes_answer(&saga, step, &answer(status, message));
        let report = saga.watch();
        assert_eq!(report.exit_code(), ExitCode::DoneWithFailures, "{report}");
        assert!(is_released(&saga, &thread), "{step} {status}: {report}");
        assert_eq!(saga.bells.titles().len(), 1, "{step} {status}");
        assert!(title(&saga, &thread).ends_with(" · needs-human (no-push) · rung ntfy"));
    }
}

fn what_may_pass_is_waited_for_at_every_step_and_done_once(place: Place) {
    let page = Response::text(200, "text/html", "<html><body>Bad gateway</body></html>");
    let moved = Response::empty(301).with_header("location", "https://e.example/");
    for (step, fault) in [
        ("/comments", answer(429, "Too many requests")),
        (
            "/comments",
            answer(403, "You have exceeded a secondary rate limit."),
        ),
        ("/comments", answer(422, "was submitted too quickly")),
        ("/comments", answer(408, "Request timed out")),
        ("/comments", Fault::Instead(page.clone())),
        ("/comments", Fault::Instead(moved)),
        ("/labels", answer(502, "Bad gateway")),
        ("/labels", Fault::Instead(page)),
        ("/labels", Fault::Truncate(5)),
        ("/labels", Fault::LostAnswer),
    ] {
        let saga = Saga::at(place);
        if !place.is_github() && is_in_words(&fault) {
            continue;
        }
        let (number, thread) = without_push(&saga);
        writes_answer(&saga, step, &fault);
        let report = saga.watch();
        assert!(!report.failures.is_empty(), "{step} {fault:?}: {report}");
        assert!(!is_released(&saga, &thread), "{step} {fault:?}: {report}");
        saga.world.journal.calm();
        saga.pass(120);
        let report = saga.watch();
        assert!(report.failures.is_empty(), "{step} {fault:?}: {report}");
        assert!(is_released(&saga, &thread), "{step} {fault:?}: {report}");
        assert!(has(&saga, number, HUMAN) && !has(&saga, number, LOCK));
        assert_eq!(saga.bells.titles().len(), 1, "{step} {fault:?}");
        assert_eq!(saga.checklist(number).len(), 1, "{step} {fault:?}");
    }
}

/// What proxies, gateways and routers say in the place of a forge.
fn before_the_forge(status: u16) -> [Fault; 3] {
    [
        Response::text(status, "text/plain; charset=utf-8", "404 page not found\n"),
        Response::text(
            status,
            "text/html",
            "<html><title>Access denied</title></html>",
        ),
        Response::json(status, &json!({"error": "login_required"})),
    ]
    .map(Fault::Instead)
}

fn what_something_before_the_forge_refuses_is_waited_for_and_not_for_ever(place: Place) {
    for (step, status) in [
        ("/comments", 403),
        ("/labels", 404),
        ("/labels", 405),
        ("/issues/", 400),
        ("/issues/", 421),
    ] {
        for fault in before_the_forge(status) {
            let saga = Saga::at(place);
            let (number, thread) = without_push(&saga);
            writes_answer(&saga, step, &fault);
            let report = saga.watch();
            let mut failures = report.failures.iter();
            assert!(
                failures.any(|it| it.error.contains("something before")),
                "{step} {fault:?}: {report}"
            );
            assert!(!is_released(&saga, &thread), "{step} {fault:?}: {report}");
            saga.world.journal.calm();
            saga.pass(120);
            saga.watch();
            assert!(is_released(&saga, &thread), "{step} {fault:?}");
            assert!(has(&saga, number, HUMAN) && !has(&saga, number, LOCK));
            assert_eq!(saga.bells.titles().len(), 1, "{step} {fault:?}");
            assert_eq!(saga.checklist(number).len(), 1, "{step} {fault:?}");
        }
    }
    // It may be the words of this comment that it refuses.
    let saga = Saga::at(place);
    let (_, thread) = without_push(&saga);
    writes_answer(&saga, "/comments", &before_the_forge(403)[1]);
    let mut hours = 0;
    while !is_released(&saga, &thread) {
        saga.watch();
        assert!(hours < 40);
        saga.pass(3_600);
        hours += 1;
    }
    assert!(hours > 24, "{hours}");
    assert_eq!(saga.bells.titles().len(), 1);
}

fn a_forge_behind_a_page_is_no_forge(place: Place) {
    let redirect =
        Response::empty(302).with_header("location", "https://sso.example/login?rd=x&state=s3cret");
    let gzip =
        Response::text(200, "application/json", "{}").with_header("content-encoding", "gzip");
    let mut faults: Vec<Fault> = [
        Response::text(200, "text/html", "<html><title>Log in</title></html>"),
        redirect,
        Response::text(407, "text/html", "<h1>Who are you?</h1>"),
        Response::empty(204),
        gzip,
    ]
    .map(Fault::Instead)
    .into();
    faults.push(Fault::Truncate(5));
    for status in [400, 403, 404, 421] {
        faults.extend(before_the_forge(status));
    }
    for fault in faults {
        let saga = Saga::at(place);
        let (_, thread) = without_push(&saga);
        let answer = fault.clone();
        saga.world.journal.intercept(move |exchange| {
            if exchange.service == place.word() {
                answer.clone()
            } else {
                Fault::None
            }
        });
        for report in [saga.poll(), saga.watch()] {
            assert_eq!(
                report.exit_code(),
                ExitCode::CouldNotStart,
                "{fault:?}: {report}"
            );
            let text = report.to_string();
            assert!(!text.contains("s3cret") && !text.contains("<h"), "{text}");
        }
        assert!(!is_released(&saga, &thread));
    }
}

/// A page in the place of the forge is not the forge's word that the repository is gone.
fn a_proxy_before_the_forge_ends_no_run_at_once(place: Place) {
    for fault in before_the_forge(404) {
        let saga = Saga::at(place);
        let (number, thread) = saga.started();
        saga.world.t3.agent_finishes(&thread, "I could not do it.");
        saga.pass(86_400);
        let asked = std::sync::atomic::AtomicBool::new(false);
        // One bad moment: the first reading of the repository alone.
        saga.world.journal.intercept(move |exchange| {
            let path = &exchange.request.path;
            let is_reading = path == "/graphql" || path.ends_with(&format!("/repos/{REPO}"));
            let is_first = exchange.service == place.word()
                && is_reading
                && !asked.swap(true, std::sync::atomic::Ordering::SeqCst);
            if is_first { fault.clone() } else { Fault::None }
        });
        let report = saga.watch();
        assert!(
            report
                .runs
                .iter()
                .all(|run| run.reason.is_none_or(|code| code.as_str() != "forge-lost")),
            "{report}"
        );
        assert_eq!(saga.checklist(number).len(), 1, "{report}");
    }
}

fn a_landed_run_whose_issue_can_not_be_closed_is_told_and_released(place: Place) {
    for (status, message) in [
        (403, "Repository was archived so is read-only."),
        (410, "This issue was deleted"),
    ] {
        let saga = Saga::at(place);
        let (number, thread) = green(&saga);
        saga.world.journal.intercept(move |exchange| {
            if exchange.request.method == "PATCH" && exchange.request.path.contains("/issues/") {
                answer(status, message)
            } else {
                Fault::None
            }
        });
        let report = saga.watch();
        assert!(is_released(&saga, &thread), "{status}: {report}");
        assert!(is_open(&saga, number) && !has(&saga, number, LOCK));
        assert_eq!(
            saga.bells.titles(),
            [format!("[DONE] {REPO}#{number} landed")]
        );
        assert!(
            report.failures.iter().any(|it| it.error.contains(message)),
            "{report}"
        );
    }
}

fn an_archived_repository_holds_no_run(place: Place) {
    let saga = Saga::at(place);
    let (_, thread) = without_push(&saga);
    saga.world.forge.archive_repository(REPO);
    let report = saga.watch();
    assert_eq!(report.exit_code(), ExitCode::DoneWithFailures, "{report}");
    assert!(is_released(&saga, &thread), "{report}");
    assert_eq!(saga.bells.titles().len(), 1);
    if !place.is_github() {
        // Labels can be taken off there also in an archive, and only the comment was refused.
        saga.pass(120);
        let report = saga.watch();
        assert!(
            report.runs.is_empty() && report.warnings.is_empty(),
            "{report}"
        );
        assert_eq!(saga.bells.titles().len(), 1);
        return;
    }
    // The lock label can not be taken off there: a warning, and nothing is tried that would fail again.
    for _ in 0..3 {
        saga.pass(120);
        saga.world.journal.clear();
        let report = saga.watch();
        assert_eq!(report.exit_code(), ExitCode::Done, "{report}");
        assert_eq!(report.warnings.len(), 1, "{report}");
        assert!(report.warnings[0].error.contains("not archived any more"));
        let writes = saga.world.journal.exchanges();
        let writes: Vec<&str> = writes
            .iter()
            .filter(|it| it.service == place.word() && it.request.path != "/graphql")
            .map(|it| it.request.method.as_str())
            .filter(|method| *method != "GET")
            .collect();
        assert_eq!(writes, Vec::<&str>::new());
    }
    assert_eq!(saga.bells.titles().len(), 1);
}

fn a_t3_that_takes_no_more_titles_rings_once(place: Place) {
    // Its disk is full, or the token that was rotated in may only read.
    for (status, landed) in [(500, true), (500, false), (403, true), (403, false)] {
        let saga = Saga::at(place);
        let (number, thread) = if landed {
            green(&saga)
        } else {
            without_push(&saga)
        };
        let is_recorded = std::sync::atomic::AtomicBool::new(false);
        saga.world.journal.intercept(move |exchange| {
            let body = String::from_utf8_lossy(&exchange.request.body);
            let is_of = |command| exchange.service == "t3" && body.contains(command);
            // The end itself is recorded; its receipts are not.
            let is_receipt = is_of("thread.meta.update")
                && is_recorded.swap(true, std::sync::atomic::Ordering::SeqCst);
            if is_receipt || is_of("thread.archive") {
                // In the form in which T3 refuses.
                let body = json!({"_tag": "EnvironmentError", "reason": "no space left on device"});
                Fault::Instead(Response::json(status, &body))
            } else {
                Fault::None
            }
        });
        for _ in 0..5 {
            let report = saga.watch();
            assert_eq!(report.exit_code(), ExitCode::DoneWithFailures, "{report}");
            assert!(!is_released(&saga, &thread));
            saga.pass(120);
        }
        assert_eq!(saga.bells.titles().len(), 1, "{status} {landed}");
        assert_eq!(is_open(&saga, number), !landed);
        assert_eq!(has(&saga, number, HUMAN), !landed);
        assert!(!has(&saga, number, LOCK));
        saga.world.journal.calm();
        saga.watch();
        assert!(is_released(&saga, &thread));
    }
}

fn an_agent_that_hands_its_issue_back_under_our_name_silences_no_bell(place: Place) {
    let saga = Saga::at(place);
    let (number, thread) = without_push(&saga);
    saga.world.forge.create_label(REPO, HUMAN);
    saga.world.forge.label(REPO, number, "afk-bot", HUMAN);
    saga.watch();
    assert!(is_released(&saga, &thread));
    assert_eq!(saga.bells.titles().len(), 1);
}

fn answers_of_the_forge_that_are_none_decide_nothing(place: Place) {
    let page = Response::text(200, "text/html", "<html>Log in</html>");
    let bare = |body: serde_json::Value| Response::json(200, &body);
    let error = json!({"message": "Something went wrong while executing your query."});
    for fault in [
        Fault::Instead(page),
        Fault::Truncate(400),
        Fault::LostRequest,
        Fault::Instead(bare(json!({}))),
        Fault::Instead(bare(json!([]))),
        Fault::Instead(bare(json!({"data": null}))),
        Fault::Instead(bare(json!({"data": {}}))),
        Fault::Instead(bare(json!({"errors": [error.clone()]}))),
        Fault::Instead(bare(json!({"data": null, "errors": [error.clone()]}))),
        Fault::Instead(bare(
            json!({"message": "You have exceeded a secondary rate limit"}),
        )),
        Fault::Instead(bare(
            json!({"errors": [{"type": "RATE_LIMIT", "message": "API rate limit exceeded"}]}),
        )),
        answer(401, "Bad credentials"),
        answer(502, "Server Error"),
    ] {
        let saga = Saga::at(place);
        let (number, thread) = green(&saga);
        let planted = fault.clone();
        saga.world.journal.intercept(move |exchange| {
            let is_reading =
                exchange.request.path == "/graphql" || exchange.request.method == "GET";
            if exchange.service == place.word() && is_reading {
                planted.clone()
            } else {
                Fault::None
            }
        });
        let report = saga.watch();
        assert_ne!(report.exit_code(), ExitCode::Done, "{fault:?}: {report}");
        assert!(
            !is_released(&saga, &thread) && is_open(&saga, number),
            "{fault:?}"
        );
        assert!(saga.bells.titles().is_empty(), "{fault:?}: {report}");
        saga.world.journal.calm();
        saga.pass(3_700);
        saga.watch();
        assert!(
            is_released(&saga, &thread) && !is_open(&saga, number),
            "{fault:?}"
        );
    }
}

fn the_stages_of_a_renamed_repository_are_those_of_its_old_name(place: Place) {
    let mut saga = Saga::at(place);
    let stages = format!(r#"{{"{REPO}": {{"build": {{"checks": ["deploy-gate"]}}}}}}"#);
    saga.world.set("AFK_REPOS", &stages);
    let (number, thread) = green(&saga);
    saga.world.forge.rename_repository(REPO, "new-owner/gizmos");
    let report = saga.watch();
    assert_eq!(
        report.runs[0].action, "wait",
        "the named check is not there: {report}"
    );
    assert!(!is_released(&saga, &thread));
    let sha = report.runs[0].commit.as_ref().unwrap().to_string();
    let forge = &saga.world.forge;
    forge.commit_status("new-owner/gizmos", &sha, "alice", "deploy-gate", "success");
    saga.pass(60);
    let report = saga.watch();
    assert_eq!(code(&report), "landed", "{report}");
    assert!(!forge.is_open("new-owner/gizmos", number));
}
