//! Commands that agents leave running when their turn is over, and agents that wake when such a command ends.

use serde_json::{Value, json};

use super::read_model::{AgentProcess, BackgroundCommand, Order, TurnRequest};
use super::turns::{Scene, TurnEnd};
use super::{T3, T3Version};

impl T3 {
    /// The agent starts a shell command in the background and goes on. Returns the command's task id; empty on a frozen thread.
    pub fn agent_starts_background(&self, thread: &str, command: &str) -> String {
        let started = self.working(thread, |scene| {
            let input = json!({"command": command, "run_in_background": true});
            scene.start_tool("Bash", input, format!("Bash: {command}"));
            let task = format!("b{}", &scene.mint.id().replace('-', "")[..8]);
            let mut payload = json!({"taskId": task, "taskType": "local_bash", "detail": command});
            if scene.is(T3Version::Fork0_0_33) {
                payload["agentKind"] = json!("background");
                payload["title"] = json!(command);
            }
            let turn = scene.thread.active_turn().map(str::to_owned);
            scene.activity(("info", "task.started"), "Task started", payload, turn);
            // The tool call is over at once; that says nothing about the command.
            scene.end_tool("Command running in background", true);
            scene.thread.background.push(BackgroundCommand {
                id: task.clone(),
                command: command.to_owned(),
            });
            task
        });
        started.unwrap_or_default()
    }

    /// The background command ends: the agent wakes, and its session runs without a turn. A stop that waited for the
    /// command takes effect instead.
    pub fn background_ends(&self, thread: &str, task: &str) {
        self.on(thread, |scene| {
            let tasks = &mut scene.thread.background;
            let place = tasks.iter().position(|known| known.id == task);
            let ended = tasks.remove(place.expect("the story names a command that runs"));
            scene.report_end(&ended);
            if scene.thread.order == Some(Order::Stop) && scene.thread.background.is_empty() {
                scene.stop_session();
                return;
            }
            // In the middle of a turn it is only told.
            if !scene.is_working() {
                scene.session("running", None, None);
                scene.thread.agent = AgentProcess::Woken;
            }
        });
    }

    /// The agent that woke by itself says something and rests: a turn that nobody asked for.
    pub fn woken_agent_finishes(&self, thread: &str, text: &str) {
        self.on(thread, |scene| {
            assert_eq!(
                scene.thread.agent,
                AgentProcess::Woken,
                "no agent woke on {thread}"
            );
            let request = TurnRequest {
                text: String::new(),
                has_attachments: false,
                title_seed: None,
                created_at: scene.now.clone(),
            };
            scene.begin_turn(&request);
            scene.say(text);
            scene.model_call();
            scene.end_turn(&TurnEnd::Over);
            scene.land_checkpoint();
        });
    }
}

impl Scene<'_> {
    fn report_end(&mut self, ended: &BackgroundCommand) {
        let BackgroundCommand { id, command } = ended;
        let detail = format!("Background command \"{command}\" completed (exit code 0)");
        if self.is(T3Version::Fork0_0_33) {
            let payload = json!({"taskId": id, "status": "completed", "endedAt": self.now, "taskType": "local_bash"});
            self.activity(("info", "task.updated"), "Task updated", payload, None);
        } else {
            let message = format!("Claude system message 'task_updated' — task_id: {id}");
            let payload: Value = json!({
                "message": message,
                "detail": {"type": "system", "subtype": "task_updated", "task_id": id},
            });
            self.activity(("info", "runtime.warning"), &message, payload, None);
        }
        let payload = json!({"taskId": id, "status": "completed", "detail": detail});
        self.activity(("info", "task.completed"), "Task completed", payload, None);
    }
}
