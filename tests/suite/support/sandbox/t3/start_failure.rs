//! Turns that were accepted and never ran, and the little that each version tells about it.

use serde_json::json;

use super::T3Version;
use super::read_model::{AgentProcess, TurnRequest};
use super::turns::{Scene, adapter_error};

/// Why a turn that was accepted never ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StartFailure {
    /// The thread's model selection names an instance that the server does not know.
    UnknownProviderInstance,
    /// The provider is known, its program is not installed.
    ProviderNotInstalled,
    /// The agent's program is missing.
    AgentBinaryMissing,
    /// The workspace directory is gone; looks the same as a missing program.
    WorkspaceRemoved,
    /// The agent's program refuses to run.
    AgentExitsAtStart,
    /// The prompt has more than 120,000 characters.
    PromptTooLong,
    /// The prompt is empty.
    PromptEmpty,
}

/// The longest prompt that a provider takes, in characters.
const PROMPT_LIMIT_CHARS: usize = 120_000;

impl Scene<'_> {
    /// Why this turn cannot run, as far as the server itself can tell.
    pub(super) fn obstacle(&self, request: &TurnRequest) -> Option<StartFailure> {
        match self.thread.model_selection["instanceId"].as_str() {
            Some("claudeAgent") if !self.has_workspace => Some(StartFailure::WorkspaceRemoved),
            Some("claudeAgent") => {
                let length = request.text.chars().count();
                let is_empty = length == 0 && !request.has_attachments;
                let too_long = length > PROMPT_LIMIT_CHARS;
                let failure = is_empty.then_some(StartFailure::PromptEmpty);
                failure.or(too_long.then_some(StartFailure::PromptTooLong))
            }
            Some("codex") => Some(StartFailure::ProviderNotInstalled),
            Some(_) | None => Some(StartFailure::UnknownProviderInstance),
        }
    }

    /// The next waiting turn fails before it runs; nobody hears of it but this thread's activities.
    pub(super) fn fail_start(&mut self, failure: &StartFailure, requested_at: &str) {
        let id = self.thread.id.clone();
        let instance = self.thread.model_selection["instanceId"].clone();
        let instance = instance.as_str().unwrap_or("").to_owned();
        let binary = "Claude Code native binary not found at claude. Please ensure Claude Code is installed via \
                      native installer or specify a valid path with options.pathToClaudeCodeExecutable.";
        let (detail, errors, process_error) = match failure {
            StartFailure::UnknownProviderInstance => {
                let detail = format!(
                    "Thread '{id}' references unknown provider instance '{instance}'. The instance is not \
                     configured in this build."
                );
                (detail, 0, None)
            }
            StartFailure::ProviderNotInstalled => {
                let detail = format!(
                    "ProviderAdapterProcessError: Provider adapter process error ({instance}) for thread {id}: \
                     Failed to spawn Codex App Server process for command: codex app-server"
                );
                (detail, 0, None)
            }
            StartFailure::AgentBinaryMissing | StartFailure::WorkspaceRemoved => {
                let detail = format!(
                    "ProviderAdapterSessionNotFoundError: Unknown claudeAgent adapter thread: {id}"
                );
                (detail, 2, Some(binary))
            }
            StartFailure::AgentExitsAtStart => {
                let words = "Claude Code process exited with code 1";
                (words.to_owned(), 1, Some(words))
            }
            StartFailure::PromptTooLong => {
                let detail = "ProviderValidationError: Provider validation failed in \
                              ProviderService.sendTurn: Expected a value with a length of at most 120000";
                (detail.to_owned(), 0, None)
            }
            StartFailure::PromptEmpty => {
                let detail = "ProviderValidationError: Provider validation failed in \
                              ProviderService.sendTurn: Either input text or at least one attachment is \
                              required";
                (detail.to_owned(), 0, None)
            }
        };
        for _ in 0..errors {
            let payload = json!({"message": process_error});
            self.activity(("error", "runtime.error"), "Runtime error", payload, None);
        }
        let payload = json!({"detail": detail});
        let kind = ("error", "provider.turn.start.failed");
        self.at(requested_at, |scene| {
            scene.activity(kind, "Provider turn start failed", payload, None);
        });
        match failure {
            StartFailure::PromptTooLong | StartFailure::PromptEmpty => {
                self.session("ready", None, None);
                self.thread.agent = AgentProcess::Idle;
            }
            StartFailure::AgentBinaryMissing
            | StartFailure::WorkspaceRemoved
            | StartFailure::AgentExitsAtStart => {
                let error = match self.version {
                    T3Version::V0_0_27 => adapter_error(&id, process_error.unwrap_or("")),
                    T3Version::July | T3Version::Fork0_0_33 => {
                        "Claude runtime stream failed.".to_owned()
                    }
                };
                self.session("stopped", None, Some(error));
            }
            StartFailure::UnknownProviderInstance | StartFailure::ProviderNotInstalled => {
                if self.is(T3Version::Fork0_0_33) {
                    self.session("error", None, Some(detail));
                    let known = *failure == StartFailure::ProviderNotInstalled;
                    if let Some(session) = &mut self.thread.session {
                        session.provider = known.then_some(instance);
                    }
                }
            }
        }
    }
}
