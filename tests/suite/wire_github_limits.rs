//! GitHub's limits as only a body tells them: the tick stops asking, whatever the status says.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::support::sandbox::http_server::{Fault, Service};
use crate::support::world::World;

/// Answers GraphQL with this status, body and header.
fn answer_queries(world: &World, status: u16, body: Value, header: Option<(&str, &str)>) {
    let github = Arc::clone(&world.github);
    let header = header.map(|(name, value)| (name.to_owned(), value.to_owned()));
    world.journal.intercept(move |exchange| {
        if exchange.service != "github" || !exchange.request.path.ends_with("/graphql") {
            return Fault::None;
        }
        let mut answer = github.answer(&exchange.request);
        answer.status = status;
        answer.body = body.to_string().into_bytes();
        answer.headers.extend(header.clone());
        Fault::Instead(answer)
    });
}

#[test]
fn a_limit_is_known_by_its_words_and_nothing_more_is_asked() {
    let only_message =
        |text: &str| json!({"message": text, "documentation_url": "https://docs.github.com"});
    let error =
        |kind: Option<&str>, text: &str| json!({"errors": [{"type": kind, "message": text}]});
    let cases = [
        (
            200,
            error(
                Some("RATE_LIMIT"),
                "API rate limit already exceeded for user ID 1.",
            ),
        ),
        (
            200,
            error(
                Some("RATE_LIMITED"),
                "API rate limit exceeded for user ID 1.",
            ),
        ),
        (
            200,
            error(
                None,
                "You have exceeded a secondary rate limit. Please wait a few minutes.",
            ),
        ),
        (
            200,
            only_message("You have exceeded a secondary rate limit. Please wait a few minutes."),
        ),
        (
            200,
            only_message("API rate limit exceeded for installation ID 1."),
        ),
        (
            403,
            only_message(
                "You have triggered an abuse detection mechanism. Please wait a few minutes.",
            ),
        ),
        (
            403,
            only_message("You have exceeded a secondary rate limit."),
        ),
        (403, only_message("API rate limit exceeded for user ID 1.")),
        (
            422,
            only_message("Validation Failed: was submitted too quickly"),
        ),
    ];
    for (status, body) in cases {
        let world = World::new();
        let number = world.ready_issue("Sort the list");
        answer_queries(&world, status, body.clone(), None);
        let finished = world.poll();
        world.journal.calm();
        // Every forge in use limits us: nothing was done.
        assert_eq!(finished.status, 3, "{body}: {finished:?}");
        let asked = world.requests();
        let to_github = asked.iter().filter(|line| line.starts_with("github "));
        assert_eq!(to_github.count(), 1, "{body}: {asked:?}");
        assert_eq!(world.poll().dispatched(), [number], "{body}");
    }
}

#[test]
fn a_time_to_wait_that_is_no_number_is_a_limit_all_the_same() {
    let world = World::new();
    world.ready_issue("Sort the list");
    let date = ("retry-after", "Wed, 21 Oct 2026 07:28:00 GMT");
    answer_queries(&world, 403, json!({"message": "Forbidden"}), Some(date));
    let finished = world.poll();
    world.journal.calm();
    assert_eq!(finished.status, 3, "{finished:?}");
    let asked = world.requests();
    let to_github = asked.iter().filter(|line| line.starts_with("github "));
    assert_eq!(to_github.count(), 1, "{asked:?}");
}

/// Words about a limit in a text of people are no limit.
#[test]
fn an_issue_about_rate_limits_is_an_issue() {
    let world = World::new();
    let number = world.ready_issue("We have exceeded a secondary rate limit");
    assert_eq!(world.poll().dispatched(), [number]);
}
