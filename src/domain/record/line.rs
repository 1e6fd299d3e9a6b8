//! One line of a record.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{POLICY_VERSION, VERSION};
use crate::domain::identity::{Slot, ThreadId, digest_of};
use crate::domain::reason::ReasonCode;
use crate::domain::repository::{IssueNumber, RepoRef};
use crate::domain::text::redaction::redact;

/// Which tick decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tick {
    /// `afk-poll`, about an issue.
    Poll,
    /// `afk-watch`, on a run.
    Watch,
}

impl Tick {
    /// Returns the word that lines carry.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Poll => "poll",
            Self::Watch => "watch",
        }
    }
}

/// One decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Version of the form.
    pub version: u32,
    /// Version of the rules.
    pub policy: u32,
    /// Which tick.
    pub tick: Tick,
    /// When the tick started.
    pub time: DateTime<Utc>,
    /// Whether acts were only named.
    pub dry_run: bool,
    /// The repository.
    pub repository: RepoRef,
    /// The issue; 0 when nobody knows any more.
    pub issue: IssueNumber,
    /// The run's thread.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<ThreadId>,
    /// The run's slot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot: Option<Slot>,
    /// What the run's thread was doing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// `dispatch`, `refuse` or `skip` of an issue; the action on a run.
    pub decision: String,
    /// Why: the codes of the reasons, in their order.
    pub codes: Vec<ReasonCode>,
    /// `uuid5` of the facts, as they stand in the line.
    pub digest: String,
    /// What it was decided from; `null` where it was told and not decided.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub facts: Value,
}

impl Line {
    /// Builds a line with today's versions. What looks like a secret is taken out of the facts.
    ///
    /// # Errors
    ///
    /// When the facts can not be written as JSON.
    pub fn new<F: Serialize>(
        tick: Tick,
        time: DateTime<Utc>,
        repository: RepoRef,
        issue: IssueNumber,
        facts: Option<&F>,
    ) -> Result<Self, String> {
        let mut facts = serde_json::to_value(facts).map_err(|error| error.to_string())?;
        take_secrets_out(&mut facts);
        Ok(Self {
            version: VERSION,
            policy: POLICY_VERSION,
            tick,
            time,
            dry_run: false,
            repository,
            issue,
            thread: None,
            slot: None,
            state: None,
            decision: String::new(),
            codes: Vec::new(),
            digest: digest(&facts),
            facts,
        })
    }

    /// Reads a line.
    ///
    /// # Errors
    ///
    /// Why the text is no decision.
    pub fn parse(text: &str) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Form {
            version: u32,
        }
        // It is one line, whatever its end is counted as.
        let text = text.trim_end_matches(['\r', '\n']);
        let no_decision = |error: serde_json::Error| {
            error
                .to_string()
                .replace(" at line 1 column ", " at column ")
        };
        let form: Form = serde_json::from_str(text).map_err(no_decision)?;
        if form.version != VERSION {
            return Err(format!(
                "its version is {}, and this program knows version {VERSION}",
                form.version
            ));
        }
        serde_json::from_str(text).map_err(no_decision)
    }

    /// Returns the line without its facts, whose digest tells them apart.
    #[must_use]
    pub fn without_facts(&self) -> Self {
        Self {
            facts: Value::Null,
            ..self.clone()
        }
    }

    /// Returns whether it was decided from facts that are left out.
    #[must_use]
    pub fn lacks_facts(&self) -> bool {
        self.facts.is_null() && !self.is_intact()
    }

    /// Returns whether the digest is that of the facts.
    #[must_use]
    pub fn is_intact(&self) -> bool {
        self.digest == digest(&self.facts)
    }
}

/// Members of an object are in the order of their names, whoever wrote them.
fn digest(facts: &Value) -> String {
    digest_of(&format!("facts|{facts}"))
}

fn take_secrets_out(value: &mut Value) {
    match value {
        Value::String(text) => {
            let clean = redact(text);
            if clean != *text {
                *text = clean;
            }
        }
        Value::Array(values) => values.iter_mut().for_each(take_secrets_out),
        Value::Object(members) => members.values_mut().for_each(take_secrets_out),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
