//! The commands of T3 Code's dispatch endpoint, read as strictly as the server reads them.
//!
//! This file knows shapes only: which members a command has, which are required and what they may hold.
//! It does not know whether a thread exists; that is for the rules. Unknown members are ignored.

use serde_json::{Map, Value, json};

/// A command that fits its schema. Ids and titles are trimmed.
#[derive(Clone, Debug)]
pub struct Command {
    pub id: String,
    pub act: Act,
}

/// What a command asks for.
#[derive(Clone, Debug)]
pub enum Act {
    ProjectCreate {
        project: String,
        title: String,
        workspace_root: String,
        create_workspace: bool,
        default_model_selection: Value,
        created_at: String,
    },
    ProjectMetaUpdate {
        project: String,
        title: Option<String>,
        workspace_root: Option<String>,
        default_model_selection: Option<Value>,
        scripts: Option<Value>,
    },
    ProjectDelete {
        project: String,
        force: bool,
    },
    ThreadCreate {
        thread: String,
        project: String,
        title: String,
        model_selection: Value,
        runtime_mode: String,
        interaction_mode: String,
        branch: Option<String>,
        worktree_path: Option<String>,
        created_at: String,
    },
    TurnStart {
        thread: String,
        message: String,
        text: String,
        attachments: Vec<Value>,
        title_seed: Option<String>,
        created_at: String,
    },
    TurnInterrupt {
        thread: String,
        turn: Option<String>,
        created_at: String,
    },
    SessionStop {
        thread: String,
    },
    UserInputRespond {
        thread: String,
        request: String,
        answers: Value,
    },
    ApprovalRespond {
        thread: String,
        request: String,
        decision: String,
    },
    ThreadArchive {
        thread: String,
    },
    ThreadUnarchive {
        thread: String,
    },
    ThreadDelete {
        thread: String,
    },
    ThreadMetaUpdate {
        thread: String,
        title: Option<String>,
        model_selection: Option<Value>,
        branch: Option<Option<String>>,
        worktree_path: Option<Option<String>>,
    },
    RuntimeModeSet {
        thread: String,
        mode: String,
        created_at: String,
    },
    InteractionModeSet {
        thread: String,
        mode: String,
        created_at: String,
    },
    CheckpointRevert {
        thread: String,
        turns_kept: u64,
    },
}

/// The body does not fit any command; the server says so with an empty 400.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DoesNotFit;

const RUNTIME_MODES: [&str; 3] = ["approval-required", "auto-accept-edits", "full-access"];
const INTERACTION_MODES: [&str; 2] = ["default", "plan"];
const DECISIONS: [&str; 4] = ["accept", "acceptForSession", "decline", "cancel"];

impl Command {
    /// Reads one command.
    pub fn parse(body: &Value) -> Result<Self, DoesNotFit> {
        let members = Members(body.as_object().ok_or(DoesNotFit)?);
        Ok(Self {
            id: members.id("commandId")?,
            act: Act::parse(&members)?,
        })
    }
}

impl Act {
    fn parse(members: &Members<'_>) -> Result<Self, DoesNotFit> {
        let kind = members.text("type")?;
        let thread = || members.id("threadId");
        let created_at = || members.text("createdAt");
        Ok(match kind.as_str() {
            "project.create" => Self::ProjectCreate {
                project: members.id("projectId")?,
                title: members.id("title")?,
                workspace_root: members.id("workspaceRoot")?,
                create_workspace: members.flag("createWorkspaceRootIfMissing")?,
                default_model_selection: members
                    .nullable_model_selection("defaultModelSelection")?
                    .unwrap_or(Value::Null),
                created_at: created_at()?,
            },
            "project.meta.update" => Self::ProjectMetaUpdate {
                project: members.id("projectId")?,
                title: members.optional_id("title")?,
                workspace_root: members.optional_id("workspaceRoot")?,
                default_model_selection: members
                    .nullable_model_selection("defaultModelSelection")?,
                scripts: members.optional("scripts", Value::is_array)?,
            },
            "project.delete" => Self::ProjectDelete {
                project: members.id("projectId")?,
                force: members.flag("force")?,
            },
            "thread.create" => Self::ThreadCreate {
                thread: thread()?,
                project: members.id("projectId")?,
                title: members.id("title")?,
                model_selection: members
                    .model_selection("modelSelection")?
                    .ok_or(DoesNotFit)?,
                runtime_mode: members.one_of("runtimeMode", &RUNTIME_MODES)?,
                interaction_mode: match members.has("interactionMode") {
                    true => members.one_of("interactionMode", &INTERACTION_MODES)?,
                    false => "default".to_owned(),
                },
                branch: members.nullable_id("branch")?.ok_or(DoesNotFit)?,
                worktree_path: members.nullable_id("worktreePath")?.ok_or(DoesNotFit)?,
                created_at: created_at()?,
            },
            "thread.turn.start" => Self::turn_start(members)?,
            "thread.turn.interrupt" => Self::TurnInterrupt {
                thread: thread()?,
                turn: members.optional_id("turnId")?,
                created_at: created_at()?,
            },
            "thread.session.stop" => {
                created_at()?;
                Self::SessionStop { thread: thread()? }
            }
            "thread.user-input.respond" => {
                created_at()?;
                Self::UserInputRespond {
                    thread: thread()?,
                    request: members.id("requestId")?,
                    answers: members.required("answers", Value::is_object)?,
                }
            }
            "thread.approval.respond" => {
                created_at()?;
                Self::ApprovalRespond {
                    thread: thread()?,
                    request: members.id("requestId")?,
                    decision: members.one_of("decision", &DECISIONS)?,
                }
            }
            "thread.archive" => Self::ThreadArchive { thread: thread()? },
            "thread.unarchive" => Self::ThreadUnarchive { thread: thread()? },
            "thread.delete" => Self::ThreadDelete { thread: thread()? },
            "thread.meta.update" => Self::ThreadMetaUpdate {
                thread: thread()?,
                title: members.optional_id("title")?,
                model_selection: members.model_selection("modelSelection")?,
                branch: members.nullable_id("branch")?,
                worktree_path: members.nullable_id("worktreePath")?,
            },
            "thread.runtime-mode.set" => Self::RuntimeModeSet {
                thread: thread()?,
                mode: members.one_of("runtimeMode", &RUNTIME_MODES)?,
                created_at: created_at()?,
            },
            "thread.interaction-mode.set" => Self::InteractionModeSet {
                thread: thread()?,
                mode: members.one_of("interactionMode", &INTERACTION_MODES)?,
                created_at: created_at()?,
            },
            "thread.checkpoint.revert" => {
                let turns_kept = members.required("turnCount", Value::is_u64)?;
                created_at()?;
                Self::CheckpointRevert {
                    thread: thread()?,
                    turns_kept: turns_kept.as_u64().unwrap_or_default(),
                }
            }
            // Internal types such as `thread.session.set` are refused exactly like unknown ones.
            _ => return Err(DoesNotFit),
        })
    }

    fn turn_start(members: &Members<'_>) -> Result<Self, DoesNotFit> {
        let message = members.required("message", Value::is_object)?;
        let message = Members(message.as_object().ok_or(DoesNotFit)?);
        message.one_of("role", &["user"])?;
        let attachments = message.required("attachments", Value::is_array)?;
        let attachments = attachments.as_array().cloned().unwrap_or_default();
        for attachment in &attachments {
            let attachment = Members(attachment.as_object().ok_or(DoesNotFit)?);
            attachment.one_of("type", &["image"])?;
            attachment.id("name")?;
            attachment.id("mimeType")?;
            attachment.id("dataUrl")?;
            attachment.required("sizeBytes", Value::is_u64)?;
        }
        // Both modes must be there, and neither has an effect: the thread's own values win.
        members.one_of("runtimeMode", &RUNTIME_MODES)?;
        members.one_of("interactionMode", &INTERACTION_MODES)?;
        members.model_selection("modelSelection")?;
        members.optional("sourceProposedPlan", Value::is_object)?;
        members.optional("bootstrap", Value::is_object)?;
        Ok(Self::TurnStart {
            thread: members.id("threadId")?,
            message: message.id("messageId")?,
            text: message.text("text")?,
            attachments,
            title_seed: members.optional_id("titleSeed")?,
            created_at: members.text("createdAt")?,
        })
    }

    /// Returns the id of the project or thread that the command is about.
    pub fn target(&self) -> &str {
        match self {
            Self::ProjectCreate { project, .. }
            | Self::ProjectMetaUpdate { project, .. }
            | Self::ProjectDelete { project, .. } => project,
            Self::ThreadCreate { thread, .. }
            | Self::TurnStart { thread, .. }
            | Self::TurnInterrupt { thread, .. }
            | Self::SessionStop { thread, .. }
            | Self::UserInputRespond { thread, .. }
            | Self::ApprovalRespond { thread, .. }
            | Self::ThreadArchive { thread }
            | Self::ThreadUnarchive { thread }
            | Self::ThreadDelete { thread }
            | Self::ThreadMetaUpdate { thread, .. }
            | Self::RuntimeModeSet { thread, .. }
            | Self::InteractionModeSet { thread, .. }
            | Self::CheckpointRevert { thread, .. } => thread,
        }
    }
}

/// The members of one JSON object, read one by one.
struct Members<'a>(&'a Map<String, Value>);

impl Members<'_> {
    fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    fn required(&self, name: &str, fits: impl Fn(&Value) -> bool) -> Result<Value, DoesNotFit> {
        self.optional(name, fits)?.ok_or(DoesNotFit)
    }

    /// An optional member may be absent, but not `null`.
    fn optional(
        &self,
        name: &str,
        fits: impl Fn(&Value) -> bool,
    ) -> Result<Option<Value>, DoesNotFit> {
        match self.0.get(name) {
            None => Ok(None),
            Some(value) if fits(value) => Ok(Some(value.clone())),
            Some(_) => Err(DoesNotFit),
        }
    }

    /// Any string, blank ones included.
    fn text(&self, name: &str) -> Result<String, DoesNotFit> {
        let value = self.0.get(name).and_then(Value::as_str);
        value.map(str::to_owned).ok_or(DoesNotFit)
    }

    /// A string with something in it, trimmed.
    fn id(&self, name: &str) -> Result<String, DoesNotFit> {
        self.optional_id(name)?.ok_or(DoesNotFit)
    }

    fn optional_id(&self, name: &str) -> Result<Option<String>, DoesNotFit> {
        let Some(value) = self.0.get(name) else {
            return Ok(None);
        };
        let text = value.as_str().ok_or(DoesNotFit)?.trim();
        if text.is_empty() {
            return Err(DoesNotFit);
        }
        Ok(Some(text.to_owned()))
    }

    /// `None` when absent, `Some(None)` when `null`.
    fn nullable_id(&self, name: &str) -> Result<Option<Option<String>>, DoesNotFit> {
        match self.0.get(name) {
            Some(Value::Null) => Ok(Some(None)),
            _ => Ok(self.optional_id(name)?.map(Some)),
        }
    }

    fn flag(&self, name: &str) -> Result<bool, DoesNotFit> {
        let flag = self.optional(name, Value::is_boolean)?;
        Ok(flag.is_some_and(|flag| flag == Value::Bool(true)))
    }

    fn one_of(&self, name: &str, allowed: &[&str]) -> Result<String, DoesNotFit> {
        let text = self.text(name)?;
        if allowed.contains(&text.as_str()) {
            Ok(text)
        } else {
            Err(DoesNotFit)
        }
    }

    /// `{instanceId, model, options?}`, or the legacy `{provider, model}`, which is stored in the new form.
    fn model_selection(&self, name: &str) -> Result<Option<Value>, DoesNotFit> {
        let Some(selection) = self.optional(name, Value::is_object)? else {
            return Ok(None);
        };
        let members = Members(selection.as_object().ok_or(DoesNotFit)?);
        let instance = match members.optional_id("instanceId")? {
            Some(instance) => instance,
            None => members.id("provider")?,
        };
        let options = members.optional("options", |options| {
            options.is_array() || options.is_object()
        })?;
        let mut stored = json!({"instanceId": instance, "model": members.id("model")?});
        if let Some(options) = options {
            stored["options"] = options;
        }
        Ok(Some(stored))
    }

    fn nullable_model_selection(&self, name: &str) -> Result<Option<Value>, DoesNotFit> {
        match self.0.get(name) {
            Some(Value::Null) => Ok(Some(Value::Null)),
            _ => self.model_selection(name),
        }
    }
}
