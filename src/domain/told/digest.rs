//! The digest: what happened while nobody looked, in one message for people who read it once a day (SPEC 7).
//!
//! Pure data and words. It can not know what T3 and the forges do not tell any more: failures of ticks that are over are in
//! their logs alone.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use crate::domain::reason::{Reason, ReasonCode};
use crate::domain::text::quoting::printable;
use crate::domain::told::message::Message;
use crate::domain::told::span::span;

/// How far a digest looks back for what landed, what failed and what was used.
pub const LOOK_BACK: TimeDelta = TimeDelta::hours(24);

/// What happened, and what stands.
#[derive(Clone, Debug, Serialize)]
pub struct Digest {
    /// The version of the document.
    pub version: u32,
    /// When it was put together.
    pub at: DateTime<Utc>,
    /// Why nothing is started; `null` when both gates are open.
    pub gate: Option<String>,
    /// Runs that landed in the last day, the latest last.
    pub landed: Vec<Landed>,
    /// Runs that were handed back and that no person has taken up, the oldest first.
    pub waiting: Vec<Waiting>,
    /// Runs under way.
    pub running: Vec<Running>,
    /// Ready issues that have no run.
    pub ready: Vec<Ready>,
    /// What failed in the last day, as far as that can still be known, and what could not be read just now.
    pub failures: Vec<Failed>,
    /// Repositories that the command line names and where there is nothing to do; each with why. Absent when there is none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// Tokens of the runs that were at work in the last day, as far as T3 reports them.
    pub tokens: u64,
    /// Runs of the last day of which T3 reports no tokens.
    pub tokens_unknown: usize,
}

/// A run that landed.
#[derive(Clone, Debug, Serialize)]
pub struct Landed {
    /// `owner/name#n`.
    pub issue: String,
    /// Its commit; `null` when it can not be told any more.
    pub commit: Option<String>,
    /// From its first message to its end.
    pub seconds: i64,
}

/// A run that waits for a person.
#[derive(Clone, Debug, Serialize)]
pub struct Waiting {
    /// `owner/name#n`.
    pub issue: String,
    /// `needs-human`, `frozen`, or `stray`.
    pub kind: &'static str,
    /// Why it was handed back; `null` when it can not be told any more.
    pub reason: Option<ReasonCode>,
    /// Since its end; `null` when nobody knows.
    pub age_seconds: Option<i64>,
    /// Where a person goes on.
    pub link: Option<String>,
}

/// A run under way.
#[derive(Clone, Debug, Serialize)]
pub struct Running {
    /// `owner/name#n`.
    pub issue: String,
    /// How far it is.
    pub phase: &'static str,
    /// What its thread does.
    pub state: String,
    /// Since its first message; `null` when it could not be read.
    pub age_seconds: Option<i64>,
    /// The link to its thread.
    pub link: Option<String>,
}

/// A ready issue without a run.
#[derive(Clone, Debug, Serialize)]
pub struct Ready {
    /// `owner/name#n`.
    pub issue: String,
    /// `dispatch`, `refuse` or `skip`: what the next tick does with it, if both gates are open.
    pub decision: &'static str,
    /// Why it has none; empty when the next tick starts it.
    pub reasons: Vec<Reason>,
}

/// Something that failed.
#[derive(Clone, Debug, Serialize)]
pub struct Failed {
    /// The repository; `null` when it concerns all.
    pub repository: Option<String>,
    /// The service, or `afk` for a run.
    pub service: String,
    /// What was asked of it, or which run.
    pub call: String,
    /// What happened.
    pub error: String,
}

/// More entries of a section are counted and not named.
const NAMED_MAX: usize = 8;

/// The longest body: Slack takes 3,000 characters, ntfy 3,500 bytes.
const BODY_MAX: usize = 2_800;

impl Digest {
    /// Returns whether there is nothing to say.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.landed.is_empty()
            && self.waiting.is_empty()
            && self.running.is_empty()
            && self.ready.is_empty()
            && self.failures.is_empty()
            && self.warnings.is_empty()
    }

    /// Returns the message for the sinks.
    #[must_use]
    pub fn message(&self) -> Message {
        if self.is_empty() {
            return Message::new("[DIGEST] nothing to say", NOTHING, "digest");
        }
        let counts = [
            (self.landed.len(), "landed"),
            (self.waiting.len(), "waiting for a person"),
            (self.running.len(), "under way"),
            (self.ready.len(), "ready"),
            (self.failures.len(), "failed"),
            (
                self.warnings.len(),
                if self.warnings.len() == 1 {
                    "warning"
                } else {
                    "warnings"
                },
            ),
        ];
        let counts: Vec<String> = counts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        Message::new(
            format!("[DIGEST] {}", counts.join(", ")),
            &self.body(),
            "digest",
        )
    }

    fn body(&self) -> String {
        let unknown = match self.tokens_unknown {
            0 => String::new(),
            1 => ", and those of 1 run that T3 does not report".to_owned(),
            runs => format!(", and those of {runs} runs that T3 does not report"),
        };
        let tokens = format!("Tokens: {}{unknown}\n", self.tokens);
        let mut body = String::new();
        if let Some(gate) = &self.gate {
            // First: nothing else is to be understood without it.
            body.push_str(&shortened(gate));
            body.push('\n');
        }
        for warning in self.warnings.iter().take(NAMED_MAX) {
            body.push_str(&shortened(warning));
            body.push('\n');
        }
        let sections = self.sections();
        let mut left = sections.iter().filter(|(_, all)| !all.is_empty()).count();
        for (heading, entries) in &sections {
            let room = BODY_MAX.saturating_sub(length(&body) + length(&tokens));
            section(&mut body, heading, entries, room / left.max(1));
            left = left.saturating_sub(usize::from(!entries.is_empty()));
        }
        body.push_str(&tokens);
        body
    }

    /// The sections in their order, each with its entries.
    fn sections(&self) -> [(&'static str, Vec<String>); 5] {
        let landed = self.landed.iter().map(|landed| {
            let commit = landed.commit.as_deref().map_or_else(
                || "with a commit that can not be told any more".to_owned(),
                |sha| format!("as {}", sha.chars().take(8).collect::<String>()),
            );
            format!("{} {commit}, in {}", landed.issue, seconds(landed.seconds))
        });
        let waiting = self.waiting.iter().map(|waiting| {
            let reason = waiting
                .reason
                .map_or_else(String::new, |reason| format!(" ({reason})"));
            let age = waiting
                .age_seconds
                .map_or_else(String::new, |age| format!(", for {}", seconds(age)));
            let link = waiting
                .link
                .as_ref()
                .map_or_else(String::new, |link| format!(": {link}"));
            format!("{} {}{reason}{age}{link}", waiting.issue, waiting.kind)
        });
        let running = self.running.iter().map(|running| {
            let age = running
                .age_seconds
                .map_or_else(String::new, |age| format!(", {} old", seconds(age)));
            format!(
                "{} {} ({}){age}",
                running.issue, running.phase, running.state
            )
        });
        let ready = self.ready.iter().map(|ready| {
            let reasons: Vec<String> = ready.reasons.iter().map(Reason::to_string).collect();
            let why = match (&self.gate, reasons.is_empty()) {
                (_, false) => reasons.join("; "),
                (None, true) => "the next tick starts it".to_owned(),
                (Some(_), true) => "eligible, and a gate is closed".to_owned(),
            };
            format!("{}: {why}", ready.issue)
        });
        let failures = self.failures.iter().map(|failed| {
            let repository = failed
                .repository
                .as_ref()
                .map_or_else(String::new, |repository| format!("{repository}: "));
            format!(
                "{repository}{}: {}: {}",
                failed.service, failed.call, failed.error
            )
        });
        [
            ("Landed", landed.collect()),
            ("Waiting for a person", waiting.collect()),
            ("Under way", running.collect()),
            ("Ready and not started", ready.collect()),
            ("Failed", failures.collect()),
        ]
    }
}

/// What is said when there is nothing to say.
const NOTHING: &str = "Nothing landed, nothing waits for a person, nothing is under way or ready, and nothing failed.";

/// Adds a section of at most `room`; what does not fit is counted.
fn section(body: &mut String, heading: &str, entries: &[String], room: usize) {
    /// Longer than any line that counts what is left out.
    const COUNT_MAX: usize = 24;
    if entries.is_empty() {
        return;
    }
    body.push_str(heading);
    body.push_str(":\n");
    let mut used = length(heading) + COUNT_MAX;
    let mut named = 0;
    for entry in entries.iter().take(NAMED_MAX) {
        let line = format!("- {}\n", shortened(entry));
        used += length(&line);
        if used > room && named > 0 {
            break;
        }
        body.push_str(&line);
        named += 1;
    }
    if entries.len() > named {
        body.push_str(&format!("- and {} more\n", entries.len() - named));
    }
}

/// How much room a text takes at most, whatever a sink writes for some characters.
fn length(text: &str) -> usize {
    text.chars()
        .map(|c| match c {
            '&' | '<' | '>' => 5,
            '"' | '\\' | '\n' => 2,
            c => c.len_utf8(),
        })
        .sum()
}

/// One entry, whatever others wrote into it.
fn shortened(entry: &str) -> String {
    /// Longer ones crowd out the others.
    const LONGEST: usize = 240;
    crate::domain::text::quoting::shorten(&printable(entry), LONGEST)
}

fn seconds(seconds: i64) -> String {
    span(TimeDelta::seconds(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn empty() -> Digest {
        Digest {
            version: 1,
            at: DateTime::UNIX_EPOCH,
            gate: None,
            landed: Vec::new(),
            waiting: Vec::new(),
            running: Vec::new(),
            ready: Vec::new(),
            failures: Vec::new(),
            warnings: Vec::new(),
            tokens: 0,
            tokens_unknown: 0,
        }
    }

    #[test]
    fn nothing_to_say_is_one_line() {
        let message = empty().message();
        assert_eq!(message.title(), "[DIGEST] nothing to say");
        assert_eq!(message.body(), NOTHING);
    }

    #[test]
    fn everything_is_told_in_its_section() {
        let digest = Digest {
            landed: vec![Landed {
                issue: "acme/widgets#12".to_owned(),
                commit: Some("4f1c2b7a9d8e7f6a5b4c3d2e1f0a9b8c7d6e5f4a".to_owned()),
                seconds: 3_900,
            }],
            waiting: vec![Waiting {
                issue: "acme/widgets#9".to_owned(),
                kind: "frozen",
                reason: Some(ReasonCode::BudgetExhausted),
                age_seconds: Some(90_000),
                link: Some("https://github.com/acme/widgets/issues/9".to_owned()),
            }],
            running: vec![Running {
                issue: "acme/gears#3".to_owned(),
                phase: "ci",
                state: "over".to_owned(),
                age_seconds: Some(1_200),
                link: None,
            }],
            ready: vec![Ready {
                issue: "acme/widgets#15".to_owned(),
                decision: "refuse",
                reasons: vec![Reason::new(ReasonCode::Blocked, "acme/widgets#9 is open")],
            }],
            failures: vec![Failed {
                repository: Some("github:acme/bolts".to_owned()),
                service: "github".to_owned(),
                call: "read acme/bolts".to_owned(),
                error: "HTTP 404\nforged".to_owned(),
            }],
            tokens: 120_000,
            tokens_unknown: 1,
            ..empty()
        };
        let message = digest.message();
        assert_eq!(
            message.title(),
            "[DIGEST] 1 landed, 1 waiting for a person, 1 under way, 1 ready, 1 failed"
        );
        assert_eq!(
            message.body(),
            "Landed:\n- acme/widgets#12 as 4f1c2b7a, in 1 h 5 min\n\
             Waiting for a person:\n- acme/widgets#9 frozen (budget-exhausted), for 1 d 1 h: https://github.com/acme/widgets/issues/9\n\
             Under way:\n- acme/gears#3 ci (over), 20 min old\n\
             Ready and not started:\n- acme/widgets#15: blocked (acme/widgets#9 is open)\n\
             Failed:\n- github:acme/bolts: github: read acme/bolts: HTTP 404 forged\n\
             Tokens: 120000, and those of 1 run that T3 does not report"
        );
    }

    #[test]
    fn long_sections_are_cut_and_counted() {
        let ready = |number: usize| Ready {
            issue: format!("a/b#{number}"),
            decision: "skip",
            reasons: vec![Reason::new(ReasonCode::LowerPriority, "x".repeat(1_000))],
        };
        let digest = Digest {
            ready: (0..300).map(ready).collect(),
            ..empty()
        };
        let message = digest.message();
        assert!(message.body().contains("- and 292 more\n"));
        assert!(message.body().len() < 3_000);
    }

    #[test]
    fn the_gate_comes_first_and_every_section_has_its_share_of_what_sinks_take() {
        let long =
            |what: &str, number: usize| format!("acme/widgets#{number} {}", what.repeat(300));
        let digest = Digest {
            gate: Some("AFK_KILL_SWITCH is on: nothing is started".to_owned()),
            landed: (0..9)
                .map(|number| Landed {
                    issue: long("l", number),
                    commit: None,
                    seconds: 60,
                })
                .collect(),
            waiting: (0..9)
                .map(|number| Waiting {
                    issue: long("w", number),
                    kind: "frozen",
                    reason: None,
                    age_seconds: None,
                    link: None,
                })
                .collect(),
            ready: (0..9)
                .map(|number| Ready {
                    issue: format!("acme/widgets#{number}"),
                    decision: "refuse",
                    reasons: vec![Reason::new(ReasonCode::Blocked, "<&>".repeat(100))],
                })
                .collect(),
            failures: (0..9)
                .map(|number| Failed {
                    repository: None,
                    service: "github".to_owned(),
                    call: format!("read {number}"),
                    error: "\"".repeat(300),
                })
                .collect(),
            ..empty()
        };
        let message = digest.message();
        let body = message.body();
        assert!(
            body.starts_with(
                "AFK_KILL_SWITCH is on: nothing is started\nLanded:\n- acme/widgets#0"
            ),
            "{body}"
        );
        for part in [
            "Waiting for a person:\n- acme/widgets#0",
            "Ready and not started:\n- acme/widgets#0",
            "Failed:\n- github: read 0",
        ] {
            assert!(body.contains(part), "{part} in {body}");
        }
        assert!(body.ends_with("Tokens: 0"), "{body}");
        let shown = body
            .lines()
            .filter(|line| line.starts_with("- and "))
            .count();
        assert_eq!(shown, 4, "{body}");
        assert!(length(body) <= 3_000, "{}", length(body));
    }
}
