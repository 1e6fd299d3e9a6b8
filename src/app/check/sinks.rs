//! The places where bells ring. Without `--ring` only their hosts are asked, which rings nothing.

use url::Url;

use super::lines::Lines;
use super::probe::host_answers;
use crate::domain::config::{Config, parse_webhook};
use crate::domain::told::message::Message;
use crate::http::{Http, read_secret};
use crate::tick::watch::Watch;

const MEND: &str =
    "see that the address, the topic and the token are right, and that the network lets us through";

/// Tells of each sink. Only `ring` sends anything: one message to each.
pub(super) fn check(
    lines: &mut Lines,
    http: &Http<'_>,
    config: &Config,
    watch: &Watch<'_>,
    ring: bool,
) {
    if watch.sinks.is_empty() {
        lines.warn(
            "sinks",
            "none is configured: bells are only logged",
            "set AFK_SLACK_WEBHOOK_URL, or AFK_NTFY_URL and AFK_NTFY_TOPIC",
        );
    }
    if ring {
        return rung(lines, watch);
    }
    let notifiers = &config.notifiers;
    if let Some(webhook) = &notifiers.slack {
        let address = read_secret(webhook)
            .and_then(|secret| parse_webhook(secret.expose()).map_err(|error| error.to_string()));
        host(lines, http, "slack", address);
    }
    if let Some(ntfy) = &notifiers.ntfy {
        host(lines, http, "ntfy", Ok(ntfy.url.url().clone()));
    }
}

fn host(lines: &mut Lines, http: &Http<'_>, name: &'static str, address: Result<Url, String>) {
    let subject = format!("sink {name}");
    match address.and_then(|address| host_answers(http, name, &address)) {
        Ok(()) => lines.ok(
            subject,
            "its host answers; whether it takes a message, --ring shows",
        ),
        Err(why) => lines.problem(subject, format!("its host does not answer: {why}"), MEND),
    }
}

fn rung(lines: &mut Lines, watch: &Watch<'_>) {
    for sink in watch.sinks {
        let subject = format!("sink {}", sink.name());
        let message = Message::new(
            "[TEST] AFK can reach you",
            "Somebody asked afk-watch check --ring for this. Nobody has to do anything.",
            "test",
        );
        match sink.tell(&message) {
            Ok(()) => lines.ok(subject, "took a test message"),
            Err(error) => lines.problem(subject, error.to_string(), MEND),
        }
    }
}
