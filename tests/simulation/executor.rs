//! The T3 server's memory: threads, receipts, sessions, and the agents behind them.
//!
//! Follows `contracts/t3`: a command id takes effect once, ever; accepted is not proof; a turn runs some time after it was
//! accepted, or is lost; a stop shows "ready" before "stopped"; archiving ends no agent and freezes what is shown.

use std::collections::BTreeMap;

use afk::domain::identity::{AuthorisationDigest, CommandId, MessageId, ThreadId, Title};
use afk::domain::reason::ReasonCode;
use afk::domain::repository::IssueNumber;
use afk::domain::run::thread_state::{
    LastWords, OpenRequest, OpenTask, OurMessage, SessionFacts, StartFailure, ThreadFacts,
    ThreadLog, TurnFacts, WaitsFor, thread_state,
};
use afk::executor::{Fleet, Project, Thread};
use chrono::{DateTime, TimeDelta, Utc};

/// Which server, as far as its answers differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// Whole snapshots only, which list messages.
    Release,
    /// A light list besides, without messages and released threads.
    July,
    /// As July, and the whole snapshot lists no messages either.
    Fork,
}

/// Who is really at work behind a thread, whatever it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agent {
    /// Nobody.
    None,
    /// Nobody yet: a turn was accepted.
    Pending,
    /// Somebody who can push.
    Working,
}

#[derive(Clone, Debug)]
pub struct Message {
    pub id: MessageId,
    pub at: DateTime<Utc>,
    /// T3 does not show it any more. The receipt of its command stays.
    pub forgotten: bool,
    /// How many answers stood before it in the list: its time is the sender's.
    pub answers_before: usize,
}

#[derive(Clone)]
pub struct SimThread {
    pub id: ThreadId,
    pub project: String,
    pub title: String,
    /// The labelling that it was made for, whatever its title becomes.
    pub bound_to: AuthorisationDigest,
    pub archived: bool,
    pub deleted: bool,
    /// Released by a person, not by us.
    pub by_person: bool,
    /// Somebody typed an end into its title.
    pub forged: bool,
    /// Somebody typed another issue into its title: nothing is written to either.
    pub contradicts: bool,
    /// Given another title by a person.
    pub renamed: bool,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub messages: Vec<Message>,
    pub agent: Agent,
    /// Counts the agents of this thread: what an earlier one had planned is void.
    pub generation: u32,
    pub session: Option<SessionFacts>,
    pub turn: Option<TurnFacts>,
    pub answers: Vec<DateTime<Utc>>,
    pub words: Option<String>,
    pub activity_at: Option<DateTime<Utc>>,
    pub question: Option<OpenRequest>,
    pub start_failure: Option<StartFailure>,
    /// What stopped its agent last, although it did nothing wrong; until the next turn.
    pub stopped: Option<super::troubles::Stopped>,
    /// Since when a command of its agent runs although no turn does.
    pub background_since: Option<DateTime<Utc>>,
    /// A stop was accepted and waits for that command.
    pub stop_waits: bool,
    /// Its agent survived a restart of T3 and is not known to it.
    pub orphan: bool,
    /// When it was archived or deleted last.
    pub released_at: Option<DateTime<Utc>>,
    /// What is shown for ever, once it was released.
    frozen: Option<ThreadFacts>,
    /// Tokens that it used so far, and whether its agent uses many.
    pub tokens: u64,
    pub hungry: bool,
    /// How many turns the agent was given, for its plans.
    pub turns: u32,
    /// Which repository and issue, for the driver.
    pub repo: usize,
    pub issue: u64,
}

impl SimThread {
    pub fn new(
        id: ThreadId,
        project: &str,
        title: &Title,
        now: DateTime<Utc>,
        repo: usize,
    ) -> Self {
        Self {
            id,
            project: project.to_owned(),
            title: title.to_string(),
            bound_to: title.authorisation.clone(),
            archived: false,
            deleted: false,
            by_person: false,
            forged: false,
            contradicts: false,
            renamed: false,
            created_at: now,
            updated_at: now,
            messages: Vec::new(),
            agent: Agent::None,
            generation: 0,
            session: None,
            turn: None,
            answers: Vec::new(),
            words: None,
            activity_at: None,
            question: None,
            start_failure: None,
            stopped: None,
            background_since: None,
            stop_waits: false,
            orphan: false,
            released_at: None,
            frozen: None,
            tokens: 0,
            hungry: false,
            turns: 0,
            repo,
            issue: title.issue.0,
        }
    }

    /// How long nothing moved in it.
    pub fn quiet_for(&self, now: DateTime<Utc>) -> TimeDelta {
        thread_state(&self.facts(true), now, TimeDelta::hours(1)).quiet_for
    }

    pub fn is_released(&self) -> bool {
        self.archived || self.deleted
    }

    pub fn is_alive(&self) -> bool {
        self.agent != Agent::None
    }

    /// The messages that T3 shows.
    pub fn shown(&self) -> impl DoubleEndedIterator<Item = &Message> {
        self.messages.iter().filter(|message| !message.forgotten)
    }

    /// Whether nothing tells any more whose run it is: a person typed over its title, and T3 forgot what we sent. Any other title
    /// of the repository is believed then (SPEC 11).
    pub fn is_anybodys(&self) -> bool {
        (self.forged || self.renamed) && !self.messages.is_empty() && !self.is_named()
    }

    /// Whether a message that T3 shows names its issue.
    pub fn is_named(&self) -> bool {
        self.shown()
            .any(|message| message.id.issue == IssueNumber(self.issue))
    }

    /// Whether it names another issue as well, or its title says that it did: a backup that was put back may have taken that away.
    pub fn is_contradicted(&self) -> bool {
        let says_so = || {
            let ending = Title::parse(&self.title)?.ending?;
            ending.reason
        };
        self.contradicts || says_so() == Some(ReasonCode::Forged)
    }

    pub fn resumes_in_a_row(&self) -> usize {
        let newest_first = self.shown().rev();
        newest_first
            .take_while(|message| message.id.is_resume())
            .count()
    }

    pub fn sent(&self, step: u32) -> bool {
        self.messages
            .iter()
            .any(|message| message.id.step.0 == step)
    }

    /// Whether T3 tells that something was sent; of a released thread what it told when that was released.
    pub fn shows_start(&self) -> bool {
        let sent = || self.shown().next().is_some();
        self.frozen
            .as_ref()
            .map_or_else(sent, ThreadFacts::is_started)
    }

    fn facts(&self, told: bool) -> ThreadFacts {
        if let Some(frozen) = &self.frozen {
            let mut frozen = frozen.clone();
            frozen.archived = self.archived;
            frozen.deleted = self.deleted;
            frozen.archived_at = self.released_at.filter(|_| self.archived);
            frozen.deleted_at = self.released_at.filter(|_| self.deleted);
            frozen.updated_at = Some(self.updated_at);
            if !told {
                frozen.log = None;
            }
            return frozen;
        }
        let last_request = self.shown().last().map(|message| message.at);
        ThreadFacts {
            archived: self.archived,
            deleted: self.deleted,
            created_at: Some(self.created_at),
            updated_at: Some(self.updated_at),
            session: self.session.clone(),
            latest_turn: self.turn.clone(),
            log: told.then(|| ThreadLog {
                ours: self
                    .shown()
                    .map(|message| OurMessage {
                        id: message.id.clone(),
                        at: Some(message.at),
                    })
                    .collect(),
                requests: self.shown().count(),
                last_request_at: last_request,
                answers: self.answers.len(),
                answers_since: self.answers.len()
                    - self
                        .shown()
                        .last()
                        .map_or(0, |message| message.answers_before),
                last_answer_at: self.answers.last().copied(),
                last_words: self.words.as_ref().map(|words| LastWords {
                    text: words.clone(),
                    shortened: false,
                    at: self.answers.last().copied(),
                }),
                checkpoints: 0,
                last_checkpoint: None,
                activities: usize::from(self.activity_at.is_some()),
                last_activity_at: self.activity_at,
                start_failure: self.start_failure.clone(),
                interrupt_failed_at: None,
                open_requests: self.question.iter().cloned().collect(),
                open_tasks: self
                    .background_since
                    .iter()
                    .map(|since| OpenTask {
                        id: "task-1".to_owned(),
                        at: Some(*since),
                    })
                    .collect(),
                tokens: (self.tokens > 0).then_some(self.tokens),
                ..ThreadLog::default()
            }),
            latest_user_message_at: last_request,
            pending_answer: self.question.is_some(),
            pending_approval: false,
            ..ThreadFacts::default()
        }
    }

    pub fn release(&mut self, deleted: bool, by_person: bool, now: DateTime<Utc>) {
        if self.frozen.is_none() {
            self.frozen = Some(self.facts(true));
        }
        self.archived |= !deleted;
        self.deleted |= deleted;
        self.by_person |= by_person;
        self.released_at = Some(now);
        self.updated_at = now;
    }

    pub fn unarchive(&mut self, now: DateTime<Utc>) {
        self.released_at = None;
        self.archived = false;
        self.frozen = None;
        self.updated_at = now;
    }

    pub fn set_session(&mut self, status: &str, error: Option<&str>, now: DateTime<Utc>) {
        let active_turn = (status == "running")
            .then(|| self.turn.as_ref().map(|turn| turn.id.clone()))
            .flatten();
        self.session = Some(SessionFacts {
            status: status.to_owned(),
            active_turn,
            last_error: error.map(str::to_owned),
            updated_at: Some(now),
        });
        self.updated_at = now;
    }

    pub fn ask(&mut self, now: DateTime<Utc>) {
        self.question = Some(OpenRequest {
            waits_for: WaitsFor::Answer,
            at: Some(now),
            turn: self.turn.as_ref().map(|turn| turn.id.clone()),
            stale: false,
            question: None,
        });
        self.activity_at = Some(now);
        self.updated_at = now;
    }
}

#[derive(Clone)]
pub struct T3 {
    pub version: Version,
    pub projects: Vec<Project>,
    pub threads: BTreeMap<ThreadId, SimThread>,
    /// Whether each command id that was ever used was accepted.
    pub receipts: BTreeMap<CommandId, bool>,
}

impl T3 {
    pub fn new(version: Version) -> Self {
        Self {
            version,
            projects: Vec::new(),
            threads: BTreeMap::new(),
            receipts: BTreeMap::new(),
        }
    }

    fn show(&self, thread: &SimThread, told: bool) -> Thread {
        // As the adapter does: a list that shows no message of a thread may hide them.
        let told = told && (thread.shown().next().is_some() || !thread.answers.is_empty());
        let facts = thread.facts(told);
        Thread {
            id: thread.id,
            project: thread.project.clone(),
            title: thread.title.clone(),
            archived: thread.archived,
            deleted: thread.deleted,
            messages: if told {
                facts
                    .our_messages()
                    .iter()
                    .map(|message| message.id.clone())
                    .collect()
            } else {
                Vec::new()
            },
            messages_told: told,
            facts,
        }
    }

    pub fn live(&self) -> Fleet {
        match self.version {
            Version::Release => self.whole(),
            Version::July | Version::Fork => Fleet {
                projects: self.projects.clone(),
                threads: self
                    .threads
                    .values()
                    .filter(|thread| !thread.is_released())
                    .map(|thread| (thread.id, self.show(thread, false)))
                    .collect(),
                live_only: true,
                ..Fleet::default()
            },
        }
    }

    pub fn whole(&self) -> Fleet {
        let told = self.version != Version::Fork;
        Fleet {
            projects: self.projects.clone(),
            threads: self
                .threads
                .values()
                .map(|thread| (thread.id, self.show(thread, told)))
                .collect(),
            live_only: false,
            ..Fleet::default()
        }
    }

    pub fn one(&self, id: ThreadId) -> Option<Thread> {
        let thread = self.threads.get(&id)?;
        if thread.is_released() && self.version != Version::Release {
            return None;
        }
        let mut shown = self.show(thread, true);
        shown.facts = thread.facts(true);
        shown.messages_told = true;
        Some(shown)
    }

    /// Whether a command takes effect: `Ok(true)`, is a duplicate: `Ok(false)`, or was refused before: `Err`.
    pub fn receive(&mut self, command: CommandId) -> Result<bool, ()> {
        match self.receipts.get(&command) {
            Some(true) => Ok(false),
            Some(false) => Err(()),
            None => Ok(true),
        }
    }
}
