//! What a comment says when a run has ended: hand-back, summary, stood-down, stray (SPEC 4.3 and 7).
//!
//! Each is the last part of the checklist, or a comment of its own for issues without one. Text of others is fenced,
//! shortened and redacted here; who reads these comments is not known.

use std::fmt::Write as _;

use chrono::TimeDelta;

use super::checks::named;
use super::labels::{LabelNames, label};
use super::span::span;
use super::why::why;
use crate::domain::reason::Reason;
use crate::domain::text::quoting::{code, fenced, link, linked_code, one_line, plain, shorten};
use crate::domain::text::redaction::redact;
use crate::domain::verdict::ci::{CommitSha, FailedCheck};

/// How many failed checks are listed.
const CHECKS_MAX: usize = 20;

/// The longest name of a check that is shown, in characters.
const NAME_MAX_CHARS: usize = 200;

/// How much of the agent's last message is shown, in characters. The thread has all of it.
const MESSAGE_MAX_CHARS: usize = 2_000;

/// How much of an error or a question is shown, in characters.
const QUOTE_MAX_CHARS: usize = 500;

/// The last commit of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastCommit<'a> {
    /// Its id.
    pub sha: &'a CommitSha,
    /// Where to look.
    pub url: Option<&'a str>,
    /// What is red on it; empty when nothing is, or when nothing reported.
    pub red_checks: &'a [FailedCheck],
}

/// A run that is handed back to a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandBack<'a> {
    /// Why.
    pub reason: &'a Reason,
    /// The last commit of the run on the branch.
    pub commit: Option<LastCommit<'a>>,
    /// The branch.
    pub branch: &'a str,
    /// From the run's start until its end was decided.
    pub elapsed: TimeDelta,
    /// Corrective turns.
    pub attempts: u32,
    /// Tokens that T3 reports; `None` when it reports none.
    pub tokens: Option<u64>,
    /// What T3 keeps as the session's error, as it came.
    pub last_error: Option<&'a str>,
    /// What the agent asked and nobody answered, as it came.
    pub question: Option<&'a str>,
    /// The agent's last message, as it came.
    pub last_message: Option<&'a str>,
    /// The thread's address.
    pub thread_url: Option<&'a str>,
    /// The labels to name.
    pub labels: LabelNames<'a>,
}

impl HandBack<'_> {
    /// Returns the section.
    #[must_use]
    pub fn render(&self) -> String {
        let Self {
            reason,
            commit,
            branch,
            elapsed,
            attempts,
            tokens,
            last_error,
            question,
            last_message,
            thread_url,
            labels,
        } = self;
        let mut text = format!("#### Handed back to a person\n\n{}\n\n", why(reason));
        match commit {
            Some(commit) => push_commit(&mut text, commit, named(reason.code)),
            None => push_line(
                &mut text,
                &format!("- Last commit: none on {}", code(branch, NAME_MAX_CHARS)),
            ),
        }
        push_line(&mut text, &format!("- Elapsed: {}", span(*elapsed)));
        push_line(&mut text, &format!("- Fix-forward attempts: {attempts}"));
        push_tokens(&mut text, *tokens);
        push_thread(&mut text, *thread_url);
        push_quote(&mut text, "T3's last error", *last_error);
        push_quote(&mut text, "The agent's unanswered question", *question);
        let message = last_message.map(redact).unwrap_or_default();
        if !message.trim().is_empty() {
            text.push_str("\nThe agent's last message:\n\n");
            text.push_str(&fenced(&shorten(message.trim(), MESSAGE_MAX_CHARS)));
        }
        push_line(
            &mut text,
            &format!(
                "\nTo run it again, remove the label {} and add {} anew.",
                label(labels.ready_for_human),
                label(labels.ready)
            ),
        );
        text
    }
}

/// A run that landed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary<'a> {
    /// The green commit.
    pub sha: &'a CommitSha,
    /// Where to look.
    pub url: Option<&'a str>,
    /// The branch.
    pub branch: &'a str,
    /// From the run's start until its end was decided.
    pub elapsed: TimeDelta,
    /// Corrective turns.
    pub attempts: u32,
    /// Tokens that T3 reports; `None` when it reports none.
    pub tokens: Option<u64>,
    /// Whether the commit was deployed or rolled out too.
    pub rolled_out: bool,
    /// The thread's address.
    pub thread_url: Option<&'a str>,
}

impl Summary<'_> {
    /// Returns the section.
    #[must_use]
    pub fn render(&self) -> String {
        let Self {
            sha,
            url,
            branch,
            elapsed,
            attempts,
            tokens,
            rolled_out,
            thread_url,
        } = self;
        let mut text = format!(
            "#### Landed\n\nCommit {} is on {}, CI is green{}.\n\n",
            linked_code(sha.short(), NAME_MAX_CHARS, *url),
            code(branch, NAME_MAX_CHARS),
            if *rolled_out {
                ", and it is rolled out"
            } else {
                ""
            },
        );
        push_line(&mut text, &format!("- Elapsed: {}", span(*elapsed)));
        push_line(&mut text, &format!("- Fix-forward attempts: {attempts}"));
        push_tokens(&mut text, *tokens);
        push_thread(&mut text, *thread_url);
        text
    }
}

/// Returns what follows the summary of a run whose issue the forge does not let be closed; `why` is what it said, not yet redacted.
#[must_use]
pub fn not_closed(why: &str) -> String {
    let why = shorten(&one_line(&redact(why)), QUOTE_MAX_CHARS);
    format!(
        "\n**The issue is still open: the forge does not let it be closed.** {}. Close it by hand when that is settled.\n",
        plain(why.trim_end_matches('.'))
    )
}

/// Returns the section of a run that was withdrawn, or that was never started.
#[must_use]
pub fn stood_down(reason: &Reason, thread_url: Option<&str>, labels: LabelNames<'_>) -> String {
    let mut text = format!("#### Stood down\n\n{}\n\n", why(reason));
    push_thread(&mut text, thread_url);
    if thread_url.and_then(link).is_some() {
        text.push('\n');
    }
    push_line(
        &mut text,
        &format!("To run it, add the label {} anew.", label(labels.ready)),
    );
    text
}

fn push_commit(text: &mut String, commit: &LastCommit<'_>, named: &str) {
    let LastCommit {
        sha,
        url,
        red_checks,
    } = commit;
    push_line(
        text,
        &format!(
            "- Last commit: {}",
            linked_code(sha.short(), NAME_MAX_CHARS, *url)
        ),
    );
    for check in red_checks.iter().take(CHECKS_MAX) {
        let name = redact(&check.name);
        push_line(
            text,
            &format!(
                "  - {named}: {}",
                linked_code(&name, NAME_MAX_CHARS, check.url.as_deref())
            ),
        );
    }
    let more = red_checks.len().saturating_sub(CHECKS_MAX);
    if more > 0 {
        push_line(text, &format!("  - and {more} more"));
    }
}

/// Not reported is not zero.
fn push_tokens(text: &mut String, tokens: Option<u64>) {
    let tokens = tokens.map_or_else(|| "unknown".to_owned(), |tokens| tokens.to_string());
    push_line(text, &format!("- Tokens: {tokens}"));
}

/// Quotes what somebody else wrote, fenced and shortened.
fn push_quote(text: &mut String, what: &str, quote: Option<&str>) {
    let quote = quote.map(redact).unwrap_or_default();
    if !quote.trim().is_empty() {
        text.push_str(&format!("\n{what}:\n\n"));
        text.push_str(&fenced(&shorten(quote.trim(), QUOTE_MAX_CHARS)));
    }
}

fn push_thread(text: &mut String, url: Option<&str>) {
    if let Some(url) = url.and_then(link) {
        push_line(text, &format!("- Thread: {url}"));
    }
}

fn push_line(text: &mut String, line: &str) {
    writeln!(text, "{line}").expect("writing to a string does not fail");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::reason::ReasonCode;
    use crate::domain::told::phase_checklist::COMMENT_MAX_BYTES;

    const LABELS: LabelNames<'_> = LabelNames {
        ready: "ready-for-agent",
        in_progress: "agent-in-progress",
        ready_for_human: "ready-for-human",
    };
    const THREAD: &str = "https://t3.example.org/env-1/7b1f0c52-7c51-5d0a-9c5e-0a2f3a4b5c6d";
    const COMMIT: &str =
        "https://github.com/acme/widgets/commit/4f1c2b7a9d8e7f60514233241506f7e8d9cafbec";

    fn sha() -> CommitSha {
        CommitSha::parse("4f1c2b7a9d8e7f60514233241506f7e8d9cafbec").unwrap()
    }

    fn check(name: &str, url: Option<&str>) -> FailedCheck {
        FailedCheck {
            name: name.to_owned(),
            url: url.map(str::to_owned),
            excerpt: None,
        }
    }

    fn hand_back<'a>(reason: &'a Reason) -> HandBack<'a> {
        HandBack {
            reason,
            commit: None,
            branch: "main",
            elapsed: TimeDelta::seconds(7_500),
            attempts: 0,
            tokens: None,
            last_error: None,
            question: None,
            last_message: None,
            thread_url: Some(THREAD),
            labels: LABELS,
        }
    }

    #[test]
    fn an_issue_that_the_forge_keeps_open_is_said_to_be_open() {
        assert_eq!(
            not_closed("HTTP 412: open dependencies\n(acme/widgets#9 is open)."),
            "\n**The issue is still open: the forge does not let it be closed.** \
             HTTP 412: open dependencies (acme/widgets#9 is open). Close it by hand when that is settled.\n"
        );
    }

    #[test]
    fn a_run_without_a_commit_is_handed_back_with_the_agents_words() {
        let reason = Reason::new(ReasonCode::NoPush, "");
        let section = HandBack {
            last_message: Some(
                "I need a decision by @alice:\n```\nGH_TOKEN=ghp_0123456789abcdefABCDEF\n```\n",
            ),
            ..hand_back(&reason)
        };
        assert_eq!(
            section.render(),
            "#### Handed back to a person\n\
             \n\
             The agent finished and no commit of this run is on the branch (`no-push`).\n\
             \n\
             - Last commit: none on `main`\n\
             - Elapsed: 2 h 5 min\n\
             - Fix-forward attempts: 0\n\
             - Tokens: unknown\n\
             - Thread: https://t3.example.org/env-1/7b1f0c52-7c51-5d0a-9c5e-0a2f3a4b5c6d\n\
             \n\
             The agent's last message:\n\
             \n\
             ````text\n\
             I need a decision by @alice:\n\
             ```\n\
             GH_TOKEN=[redacted]\n\
             ```\n\
             ````\n\
             \n\
             To run it again, remove the label `ready-for-human` and add `ready-for-agent` anew.\n"
        );
    }

    #[test]
    fn errors_and_questions_are_quoted() {
        let reason = Reason::new(ReasonCode::AgentWaiting, "");
        let section = HandBack {
            tokens: Some(0),
            last_error: Some("spawn claude ENOENT token=hunter2"),
            question: Some("Which database?\n``` @alice"),
            thread_url: None,
            ..hand_back(&reason)
        }
        .render();
        assert!(
            section.contains(
                "- Tokens: 0\n\
                 \n\
                 T3's last error:\n\
                 \n\
                 ```text\n\
                 spawn claude ENOENT token=[redacted]\n\
                 ```\n\
                 \n\
                 The agent's unanswered question:\n\
                 \n\
                 ````text\n\
                 Which database?\n\
                 ``` @alice\n\
                 ````\n"
            ),
            "{section}"
        );
    }

    #[test]
    fn a_red_commit_is_handed_back_with_its_checks() {
        let reason = Reason::new(
            ReasonCode::BudgetExhausted,
            "Commit 4f1c2b7a is red, and all 5 attempts to repair are used up.",
        );
        let sha = sha();
        let checks = [
            check(
                "build (ubuntu, 1.88)",
                Some("https://github.com/acme/widgets/actions/runs/1"),
            ),
            check("lint](https://evil.example)", None),
        ];
        let section = HandBack {
            commit: Some(LastCommit {
                sha: &sha,
                url: Some(COMMIT),
                red_checks: &checks,
            }),
            attempts: 5,
            thread_url: None,
            ..hand_back(&reason)
        };
        assert_eq!(
            section.render(),
            "#### Handed back to a person\n\
             \n\
             Commit 4f1c2b7a is red, and all 5 attempts to repair are used up (`budget-exhausted`).\n\
             \n\
             - Last commit: [`4f1c2b7a`](https://github.com/acme/widgets/commit/4f1c2b7a9d8e7f60514233241506f7e8d9cafbec)\n\
             \x20 - red: [`build (ubuntu, 1.88)`](https://github.com/acme/widgets/actions/runs/1)\n\
             \x20 - red: `lint](https://evil.example)`\n\
             - Elapsed: 2 h 5 min\n\
             - Fix-forward attempts: 5\n\
             - Tokens: unknown\n\
             \n\
             To run it again, remove the label `ready-for-human` and add `ready-for-agent` anew.\n"
        );
    }

    #[test]
    fn a_landed_run_is_summed_up() {
        let sha = sha();
        let summary = Summary {
            sha: &sha,
            url: Some(COMMIT),
            branch: "main",
            elapsed: TimeDelta::minutes(42),
            attempts: 1,
            tokens: Some(12_345),
            rolled_out: true,
            thread_url: Some(THREAD),
        };
        assert_eq!(
            summary.render(),
            "#### Landed\n\
             \n\
             Commit [`4f1c2b7a`](https://github.com/acme/widgets/commit/4f1c2b7a9d8e7f60514233241506f7e8d9cafbec) is on `main`, \
             CI is green, and it is rolled out.\n\
             \n\
             - Elapsed: 42 min\n\
             - Fix-forward attempts: 1\n\
             - Tokens: 12345\n\
             - Thread: https://t3.example.org/env-1/7b1f0c52-7c51-5d0a-9c5e-0a2f3a4b5c6d\n"
        );
        let build_only = Summary {
            rolled_out: false,
            url: None,
            thread_url: None,
            attempts: 0,
            ..summary
        };
        assert_eq!(
            build_only.render(),
            "#### Landed\n\
             \n\
             Commit `4f1c2b7a` is on `main`, CI is green.\n\
             \n\
             - Elapsed: 42 min\n\
             - Fix-forward attempts: 0\n\
             - Tokens: 12345\n"
        );
    }

    #[test]
    fn a_withdrawn_run_says_how_to_run_it() {
        assert_eq!(
            stood_down(
                &Reason::new(ReasonCode::Revoked, "@alice removed the label."),
                Some(THREAD),
                LABELS
            ),
            "#### Stood down\n\
             \n\
             @\u{200b}alice removed the label (`revoked`).\n\
             \n\
             - Thread: https://t3.example.org/env-1/7b1f0c52-7c51-5d0a-9c5e-0a2f3a4b5c6d\n\
             \n\
             To run it, add the label `ready-for-agent` anew.\n"
        );
        assert_eq!(
            stood_down(
                &Reason::new(ReasonCode::Blocked, "acme/widgets#9 is open"),
                None,
                LABELS
            ),
            "#### Stood down\n\
             \n\
             The issue may not be run as it is (`blocked`): acme/widgets#9 is open.\n\
             \n\
             To run it, add the label `ready-for-agent` anew.\n"
        );
    }

    #[test]
    fn the_largest_section_fits_into_a_comment() {
        let reason = Reason::new(ReasonCode::NoNewCommit, "😀".repeat(9_000));
        let sha = sha();
        let url = format!("https://x.example/{}", "a".repeat(900));
        let checks = vec![check(&"😀".repeat(500), Some(&url)); 500];
        let message = "😀`".repeat(90_000);
        let section = HandBack {
            commit: Some(LastCommit {
                sha: &sha,
                url: Some(&url),
                red_checks: &checks,
            }),
            last_message: Some(&message),
            ..hand_back(&reason)
        }
        .render();
        assert!(section.contains("  - and 480 more\n"));
        assert!(
            section.len() < COMMENT_MAX_BYTES - 2_000,
            "{}",
            section.len()
        );
    }
}
