//! T3 Code over HTTP (`contracts/t3`): server 0.0.27 and the newer ones with `shell` and per-thread reading.
//!
//! It sends each command as it is told and reads what the server says. It does not decide which command is
//! due, it does not retry commands, and it never takes "accepted" for "done".
//!
//! Servers are told apart by asking: an endpoint that a server lacks answers `404` without a body, `503`
//! with plain text, or `200` with the web client's page.

use std::sync::atomic::{AtomicU8, Ordering};

use chrono::SecondsFormat;
use url::Url;

use self::commands::{Command, ModelSelection, UserMessage};
use self::facts::Kept;
use self::failure::failure;
use self::wire::{Accepted, Environment};
use super::{Executor, Fleet, NewProject, NewThread, NewTurn, Thread};
use crate::domain::config::SecretSource;
use crate::domain::identity::{CommandId, ThreadId, Title};
use crate::http::{Answer, Call, Http, Method, join};
use crate::service_error::{AnsweredBy, FailureKind, ServiceError};

mod activities;
mod checkpoints;
mod commands;
mod facts;
mod failure;
mod lenient;
mod messages;
mod readings;
mod snapshot;
mod token;
mod wire;

pub use self::token::token_end;

const SERVICE: &str = "t3";

/// What else a connection without an answer may mean.
const STARTS_HINT: &str = " (T3 0.0.27 accepts connections while it starts and does not answer them: the next tick asks again)";

/// What agents may do when nobody changed it: everything, without asking.
const FULL_ACCESS: &str = "full-access";

/// Which agent runs the threads.
#[derive(Clone, Debug)]
pub struct Agent {
    /// Provider instance, `AFK_T3_INSTANCE`.
    pub instance: String,
    /// Model, `AFK_T3_MODEL`.
    pub model: String,
}

/// A T3 Code server.
#[derive(Debug)]
pub struct T3<'a> {
    http: &'a Http<'a>,
    base: Url,
    bearer: SecretSource,
    agent: Agent,
    shell: Endpoint,
    thread_detail: Endpoint,
}

/// Whether a server has an endpoint, as far as this tick knows.
#[derive(Debug, Default)]
struct Endpoint(AtomicU8);

impl Endpoint {
    const UNKNOWN: u8 = 0;
    const ABSENT: u8 = 1;

    fn may_exist(&self) -> bool {
        self.0.load(Ordering::Relaxed) == Self::UNKNOWN
    }

    fn note_absent(&self) {
        self.0.store(Self::ABSENT, Ordering::Relaxed);
    }
}

impl<'a> T3<'a> {
    /// Prepares to talk to the server at `base`. Sends nothing.
    #[must_use]
    pub fn new(http: &'a Http<'a>, base: Url, bearer: SecretSource, agent: Agent) -> Self {
        Self {
            http,
            base,
            bearer,
            agent,
            shell: Endpoint::default(),
            thread_detail: Endpoint::default(),
        }
    }

    fn get<'c>(&'c self, name: &'c str, path: &[&str]) -> Call<'c> {
        Call {
            service: SERVICE,
            name,
            method: Method::Get,
            url: join(&self.base, path),
            headers: &[("accept", "application/json")],
            bearer: Some(&self.bearer),
            json: None,
            repeatable: true,
        }
    }

    fn send<'c>(&self, call: &'c Call<'c>) -> Result<Answer<'c>, ServiceError> {
        self.http.send(call).map_err(|mut error| {
            if error.answered_by == AnsweredBy::NobodyInTime {
                // So that nobody looks for the fault in the network.
                error.detail.push_str(STARTS_HINT);
            }
            error
        })
    }

    fn dispatch(&self, name: &str, command: &Command<'_>) -> Result<(), ServiceError> {
        let call = Call {
            service: SERVICE,
            name,
            method: Method::Post,
            url: join(&self.base, &["api", "orchestration", "dispatch"]),
            headers: &[("accept", "application/json")],
            bearer: Some(&self.bearer),
            json: Some(serde_json::to_vec(command).expect("commands are plain data")),
            repeatable: false,
        };
        let answer = self.send(&call)?;
        if answer.status != 200 {
            return Err(failure(&call, answer));
        }
        answer.decode::<Accepted>().map(drop)
    }

    fn created_at(&self) -> String {
        self.http
            .deadline()
            .clock()
            .now()
            .to_rfc3339_opts(SecondsFormat::Millis, true)
    }
}

impl Executor for T3<'_> {
    fn live_fleet(&self) -> Result<Fleet, ServiceError> {
        match self.shell()? {
            Some(fleet) => Ok(fleet),
            None => self.snapshot(),
        }
    }

    fn light_fleet(&self) -> Result<Option<Fleet>, ServiceError> {
        self.shell()
    }

    fn whole_fleet(&self) -> Result<Fleet, ServiceError> {
        self.snapshot()
    }

    fn thread(&self, id: ThreadId) -> Result<Option<Thread>, ServiceError> {
        match self.detail(id)? {
            Some(thread) => Ok(thread),
            None => Ok(self.snapshot_of(Kept::These(&[id]))?.threads.remove(&id)),
        }
    }

    fn threads(&self, ids: &[ThreadId]) -> Vec<Result<Option<Thread>, ServiceError>> {
        self.read_threads(ids)
    }

    fn create_project(&self, project: &NewProject) -> Result<(), ServiceError> {
        self.dispatch(
            "create a project",
            &Command::ProjectCreate {
                command_id: project.command.to_string(),
                project_id: project.id.to_string(),
                title: &project.title,
                workspace_root: &project.workspace_root,
                create_workspace_root_if_missing: true,
                created_at: self.created_at(),
            },
        )
    }

    fn create_thread(&self, thread: &NewThread) -> Result<(), ServiceError> {
        self.dispatch(
            "create a thread",
            &Command::ThreadCreate {
                command_id: thread.command.to_string(),
                thread_id: thread.id.to_string(),
                project_id: &thread.project,
                title: thread.title.to_string(),
                model_selection: ModelSelection {
                    instance_id: &self.agent.instance,
                    model: &self.agent.model,
                },
                runtime_mode: FULL_ACCESS,
                interaction_mode: "default",
                branch: None,
                worktree_path: None,
                created_at: self.created_at(),
            },
        )
    }

    fn start_turn(&self, turn: &NewTurn) -> Result<(), ServiceError> {
        self.dispatch(
            "start a turn",
            &Command::ThreadTurnStart {
                command_id: turn.command.to_string(),
                thread_id: turn.thread.to_string(),
                message: UserMessage {
                    message_id: turn.message.to_string(),
                    role: "user",
                    text: &turn.text,
                    attachments: [],
                },
                runtime_mode: turn.runtime_mode.as_deref().unwrap_or(FULL_ACCESS),
                interaction_mode: "default",
                created_at: self.created_at(),
            },
        )
    }

    fn retitle(
        &self,
        command: CommandId,
        thread: ThreadId,
        title: &Title,
    ) -> Result<(), ServiceError> {
        self.dispatch(
            "change a thread's title",
            &Command::ThreadMetaUpdate {
                command_id: command.to_string(),
                thread_id: thread.to_string(),
                title: title.to_string(),
            },
        )
    }

    fn environment_id(&self) -> Result<String, ServiceError> {
        let mut call = self.get(
            "read the environment id",
            &[".well-known", "t3", "environment"],
        );
        // Public: a bearer has no business there.
        call.bearer = None;
        let answer = self.send(&call)?;
        if answer.status != 200 {
            return Err(failure(&call, answer));
        }
        Ok(answer.decode::<Environment>()?.environment_id)
    }

    fn interrupt(
        &self,
        command: CommandId,
        thread: ThreadId,
        turn: Option<&str>,
    ) -> Result<(), ServiceError> {
        self.dispatch(
            "interrupt a turn",
            &Command::ThreadTurnInterrupt {
                command_id: command.to_string(),
                thread_id: thread.to_string(),
                turn_id: turn,
                created_at: self.created_at(),
            },
        )
    }

    fn stop_session(&self, command: CommandId, thread: ThreadId) -> Result<(), ServiceError> {
        self.dispatch(
            "stop a session",
            &Command::ThreadSessionStop {
                command_id: command.to_string(),
                thread_id: thread.to_string(),
                created_at: self.created_at(),
            },
        )
    }

    fn archive(&self, command: CommandId, thread: ThreadId) -> Result<(), ServiceError> {
        let archived = self.dispatch(
            "archive a thread",
            &Command::ThreadArchive {
                command_id: command.to_string(),
                thread_id: thread.to_string(),
            },
        );
        let Err(error) = archived else {
            return Ok(());
        };
        match error.kind {
            // T3 refuses to archive twice, and a lost answer may have been a good one.
            FailureKind::Refused | FailureKind::Unreachable | FailureKind::Unreadable => {
                match self.thread(thread)? {
                    Some(thread) if !thread.is_released() => Err(error),
                    Some(_) | None => Ok(()),
                }
            }
            FailureKind::NotFound
            | FailureKind::Moved { .. }
            | FailureKind::Denied
            | FailureKind::RateLimited { .. }
            | FailureKind::Overloaded
            | FailureKind::SecretUnreadable
            | FailureKind::OutOfTime => Err(error),
        }
    }

    fn unarchive(&self, command: CommandId, thread: ThreadId) -> Result<(), ServiceError> {
        self.dispatch(
            "unarchive a thread",
            &Command::ThreadUnarchive {
                command_id: command.to_string(),
                thread_id: thread.to_string(),
            },
        )
    }
}

#[cfg(test)]
mod recordings_tests;
