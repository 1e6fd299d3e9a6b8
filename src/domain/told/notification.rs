//! Doorbells: what people are told when a run ends (SPEC 7).
//!
//! Rendering is pure and the vocabulary is closed. How a sink marks up, cuts and sends the text is the sink's affair,
//! and so is whether it rang before.

use crate::domain::identity::{EndKind, ThreadId};
use crate::domain::reason::ReasonCode;
use crate::domain::repository::IssueRef;
use crate::domain::text::quoting::{link, one_line};
use crate::domain::text::redaction::redact;

/// What a bell says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BellKind {
    /// A run landed.
    Done,
    /// A run was handed back before its commit was on the branch, or is lost.
    NeedsHuman,
    /// A run was handed back with a red commit on the branch.
    Frozen,
}

impl BellKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Done, Self::NeedsHuman, Self::Frozen];

    /// Returns the bell of an end; a withdrawn run has none.
    #[must_use]
    pub const fn of(end: EndKind) -> Option<Self> {
        match end {
            EndKind::Done => Some(Self::Done),
            EndKind::NeedsHuman => Some(Self::NeedsHuman),
            EndKind::Frozen => Some(Self::Frozen),
            EndKind::StoodDown => None,
        }
    }

    /// Returns the word that tags carry.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::NeedsHuman => "needs-human",
            Self::Frozen => "frozen",
        }
    }

    /// Returns how loud it rings.
    #[must_use]
    pub const fn urgency(self) -> Urgency {
        match self {
            Self::Done => Urgency::Low,
            Self::NeedsHuman | Self::Frozen => Urgency::High,
        }
    }
}

/// How loud a bell rings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Urgency {
    /// Good to know.
    Low,
    /// A person must act.
    High,
}

/// One bell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    kind: BellKind,
    issue: IssueRef,
    issue_url: Option<String>,
    thread_url: Option<String>,
    detail: String,
    issue_title: Option<String>,
    reason: Option<ReasonCode>,
    to_do: Option<String>,
    key: Option<ThreadId>,
}

impl Notification {
    /// Builds a bell. `detail` may quote others: what looks like a secret is taken out. Addresses that are none are
    /// left out. There is a thread address when there is a thread.
    #[must_use]
    pub fn new(
        kind: BellKind,
        issue: IssueRef,
        issue_url: Option<&str>,
        thread_url: Option<&str>,
        detail: &str,
    ) -> Self {
        Self {
            kind,
            issue,
            issue_url: issue_url.and_then(link),
            thread_url: thread_url.and_then(link),
            detail: redact(detail).trim().to_owned(),
            issue_title: None,
            reason: None,
            to_do: None,
            key: None,
        }
    }

    /// Adds the issue's title, which the body begins with. It is somebody else's text.
    #[must_use]
    pub fn about(self, issue_title: Option<&str>) -> Self {
        let issue_title = issue_title
            .map(|title| redact(&one_line(title)).trim().to_owned())
            .filter(|title| !title.is_empty());
        Self {
            issue_title,
            ..self
        }
    }

    /// Adds the reason, whose words the title of a frozen run carries.
    #[must_use]
    pub fn because(self, reason: ReasonCode) -> Self {
        Self {
            reason: Some(reason),
            ..self
        }
    }

    /// Adds what a person has to do.
    #[must_use]
    pub fn to_do(self, to_do: Option<&str>) -> Self {
        Self {
            to_do: to_do.map(str::to_owned),
            ..self
        }
    }

    /// Adds the run that the bell is about: a sink that can replace a message by its key does.
    #[must_use]
    pub fn keyed(self, thread: ThreadId) -> Self {
        Self {
            key: Some(thread),
            ..self
        }
    }

    /// Returns the run that the bell is about.
    #[must_use]
    pub const fn key(&self) -> Option<ThreadId> {
        self.key
    }

    /// Returns what the bell says.
    #[must_use]
    pub const fn kind(&self) -> BellKind {
        self.kind
    }

    /// Returns the issue.
    #[must_use]
    pub const fn issue(&self) -> &IssueRef {
        &self.issue
    }

    /// Returns the issue's address.
    #[must_use]
    pub fn issue_url(&self) -> Option<&str> {
        self.issue_url.as_deref()
    }

    /// Returns the thread's address.
    #[must_use]
    pub fn thread_url(&self) -> Option<&str> {
        self.thread_url.as_deref()
    }

    /// Returns the issue's title, what exactly happened, and what a person has to do, each on lines of its own; may be empty.
    #[must_use]
    pub fn detail(&self) -> String {
        let parts = [
            self.issue_title.as_deref(),
            Some(self.detail.as_str()),
            self.to_do.as_deref(),
        ];
        let parts: Vec<&str> = parts
            .into_iter()
            .flatten()
            .filter(|part| !part.is_empty())
            .collect();
        parts.join("\n")
    }

    /// Returns the title. What follows [`BellKind::Frozen`] is the reason's words.
    #[must_use]
    pub fn title(&self) -> String {
        let issue = &self.issue;
        match self.kind {
            BellKind::Done => format!("[DONE] {issue} landed"),
            BellKind::NeedsHuman => format!("[NEEDS-HUMAN] {issue} needs a human"),
            BellKind::Frozen => format!("[FROZEN] {issue} frozen — {}", frozen_words(self.reason)),
        }
    }

    /// Returns the text below the title: the detail, then the thread.
    #[must_use]
    pub fn body(&self) -> String {
        self.body_with(&self.detail())
    }

    /// Returns the body with another detail, for sinks that must shorten it and keep the thread.
    #[must_use]
    pub fn body_with(&self, detail: &str) -> String {
        match &self.thread_url {
            Some(thread) if detail.is_empty() => format!("Thread: {thread}"),
            Some(thread) => format!("{detail}\nThread: {thread}"),
            None => detail.to_owned(),
        }
    }

    /// Returns the tags, the most general first.
    #[must_use]
    pub const fn tags(&self) -> [&'static str; 3] {
        let group = match self.kind.urgency() {
            Urgency::Low => "done",
            Urgency::High => "escalation",
        };
        ["afk", group, self.kind.as_str()]
    }
}

/// What stands behind "frozen".
const fn frozen_words(reason: Option<ReasonCode>) -> &'static str {
    match reason {
        Some(ReasonCode::CiSilent) => "CI silent",
        Some(ReasonCode::CiSkipped) => "CI skipped",
        Some(ReasonCode::CiBlocked) => "needs approval",
        Some(ReasonCode::NoNewCommit) => "no new commit",
        Some(ReasonCode::RevokedRed) => "withdrawn while red",
        Some(ReasonCode::ProviderFailed) => "provider failed",
        Some(ReasonCode::TokenLimit) => "token limit",
        Some(ReasonCode::RunLimit) => "run limit",
        Some(ReasonCode::Halted) => "halted",
        Some(_) | None => "budget exhausted",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::repository::ForgeKind;

    fn bell(kind: BellKind, thread: Option<&str>, detail: &str) -> Notification {
        Notification::new(
            kind,
            IssueRef::parse("owner/name#7", ForgeKind::GitHub).unwrap(),
            Some("https://github.com/owner/name/issues/7"),
            thread,
            detail,
        )
    }

    #[test]
    fn every_bell_reads_as_specified() {
        let thread = "https://t3.example.org/env-1/7b1f0c52-7c51-5d0a-9c5e-0a2f3a4b5c6d";
        for (kind, urgency, title, tags) in [
            (
                BellKind::Done,
                Urgency::Low,
                "[DONE] owner/name#7 landed",
                ["afk", "done", "done"],
            ),
            (
                BellKind::NeedsHuman,
                Urgency::High,
                "[NEEDS-HUMAN] owner/name#7 needs a human",
                ["afk", "escalation", "needs-human"],
            ),
            (
                BellKind::Frozen,
                Urgency::High,
                "[FROZEN] owner/name#7 frozen — budget exhausted",
                ["afk", "escalation", "frozen"],
            ),
        ] {
            let bell = bell(kind, Some(thread), "Commit 4f1c2b7a.");
            assert_eq!(bell.title(), title);
            assert_eq!(bell.body(), format!("Commit 4f1c2b7a.\nThread: {thread}"));
            assert_eq!(bell.tags(), tags);
            assert_eq!(kind.urgency(), urgency);
        }
    }

    #[test]
    fn what_is_missing_leaves_no_line() {
        assert_eq!(bell(BellKind::Done, None, "").body(), "");
        assert_eq!(bell(BellKind::Done, None, "Detail.").body(), "Detail.");
        assert_eq!(
            bell(BellKind::Done, Some("https://t3.example.org/x"), "").body(),
            "Thread: https://t3.example.org/x"
        );
    }

    #[test]
    fn a_withdrawn_run_has_no_bell() {
        let bells: Vec<_> = EndKind::ALL.into_iter().map(BellKind::of).collect();
        assert_eq!(
            bells,
            [
                Some(BellKind::Done),
                Some(BellKind::NeedsHuman),
                Some(BellKind::Frozen),
                None
            ]
        );
    }

    #[test]
    fn details_carry_no_secrets() {
        let bell = bell(
            BellKind::Frozen,
            Some("https://user:hunter2@t3.example.org/x"),
            "push failed: password=hunter2\n",
        );
        assert_eq!(
            bell.body(),
            "push failed: password=[redacted]\nThread: https://t3.example.org/x"
        );
    }

    #[test]
    fn a_frozen_run_says_why_in_its_title() {
        for (reason, words) in [
            (ReasonCode::BudgetExhausted, "budget exhausted"),
            (ReasonCode::CiSilent, "CI silent"),
            (ReasonCode::CiSkipped, "CI skipped"),
            (ReasonCode::CiBlocked, "needs approval"),
            (ReasonCode::NoNewCommit, "no new commit"),
            (ReasonCode::RevokedRed, "withdrawn while red"),
            (ReasonCode::ProviderFailed, "provider failed"),
            (ReasonCode::TokenLimit, "token limit"),
            (ReasonCode::Halted, "halted"),
        ] {
            let frozen = bell(BellKind::Frozen, None, "").because(reason);
            assert_eq!(
                frozen.title(),
                format!("[FROZEN] owner/name#7 frozen — {words}")
            );
            let handed_back = bell(BellKind::NeedsHuman, None, "").because(reason);
            assert_eq!(
                handed_back.title(),
                "[NEEDS-HUMAN] owner/name#7 needs a human"
            );
        }
    }

    #[test]
    fn the_body_says_what_it_is_about_what_happened_and_what_to_do() {
        let bell = bell(
            BellKind::Frozen,
            Some("https://t3.example.org/x"),
            "It is red.",
        )
        .about(Some("Fix the\nwidget password=hunter2"))
        .to_do(Some("Repair it."))
        .keyed(ThreadId(uuid::Uuid::nil()));
        assert_eq!(
            bell.body(),
            "Fix the widget password=[redacted]\nIt is red.\nRepair it.\nThread: https://t3.example.org/x"
        );
        assert_eq!(bell.key(), Some(ThreadId(uuid::Uuid::nil())));
    }
}
