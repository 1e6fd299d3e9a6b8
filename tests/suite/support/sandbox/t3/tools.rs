//! Tool calls of an agent, and the activities that they leave behind.

use serde_json::{Value, json};

use super::T3Version;
use super::read_model::{Activity, OpenTool};
use super::turns::Scene;

impl Scene<'_> {
    /// Starts a tool call. One that follows no text is a model call of its own.
    pub(super) fn start_tool(&mut self, name: &'static str, input: Value, detail: String) {
        let turn = self.active();
        let same_call = std::mem::take(&mut turn.call_is_open);
        let turn = turn.id.clone();
        if !same_call {
            self.model_call();
            self.active().call_is_open = false;
        }
        let tool = OpenTool {
            call: format!("toolu_{}", self.mint.id().replace('-', "")),
            turn: turn.clone(),
            name,
            input,
            detail,
        };
        let started = json!({"itemType": tool.item_type(), "detail": format!("{name}: {{}}")});
        let summary = format!("{} started", tool.summary());
        self.activity(
            ("tool", "tool.started"),
            &summary,
            started,
            Some(turn.clone()),
        );
        let summary = tool.summary();
        let updated = tool.payload(Some("inProgress"), None);
        self.activity(("tool", "tool.updated"), summary, updated, Some(turn));
        self.thread.open_tool = Some(tool);
    }

    /// Ends the open tool call, if there is one. `reported` tells whether the tool itself reported its end;
    /// a call that was cut off has no second update.
    pub(super) fn end_tool(&mut self, output: &str, reported: bool) {
        let Some(tool) = self.thread.open_tool.take() else {
            return;
        };
        let (summary, turn) = (tool.summary(), Some(tool.turn.clone()));
        let result = reported.then_some(output);
        if self.is(T3Version::Fork0_0_33) {
            let stale = |activity: &Activity| {
                activity.kind == "tool.updated" && activity.payload["detail"] == json!(tool.detail)
            };
            self.thread.activities.retain(|activity| !stale(activity));
        }
        let completed = tool.payload(None, result);
        self.activity(("tool", "tool.completed"), summary, completed, turn.clone());
        if reported {
            let updated = tool.payload(Some("inProgress"), result);
            self.activity(("tool", "tool.updated"), summary, updated, turn);
        }
    }
}

impl OpenTool {
    fn item_type(&self) -> &'static str {
        if self.name == "Bash" {
            "command_execution"
        } else {
            "dynamic_tool_call"
        }
    }

    fn summary(&self) -> &'static str {
        if self.name == "Bash" {
            "Command run"
        } else {
            "Tool call"
        }
    }

    fn payload(&self, status: Option<&str>, result: Option<&str>) -> Value {
        let mut payload = json!({
            "itemType": self.item_type(),
            "detail": self.detail,
            "data": {"toolName": self.name, "input": self.input},
        });
        if let Some(status) = status {
            payload["status"] = json!(status);
        }
        if let Some(result) = result {
            payload["data"]["result"] = json!({
                "tool_use_id": self.call,
                "type": "tool_result",
                "content": result,
                "is_error": false,
            });
        }
        payload
    }
}
