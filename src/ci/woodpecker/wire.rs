//! Woodpecker's answers as they come (`contracts/woodpecker` section 3).

use serde::Deserialize;
use serde_json::Value;

use crate::domain::verdict::deploy::PipelineEvent;

#[derive(Debug, Deserialize)]
pub(super) struct WireRepo {
    pub(super) id: u64,
    #[serde(default)]
    pub(super) forge_remote_id: String,
    #[serde(default)]
    pub(super) active: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct WirePipeline {
    pub(super) number: u64,
    pub(super) event: String,
    pub(super) status: String,
    #[serde(default)]
    pub(super) commit: String,
    #[serde(default)]
    pub(super) branch: String,
    #[serde(default)]
    pub(super) deploy_to: String,
    pub(super) deploy_task: Option<String>,
    #[serde(rename = "ref")]
    pub(super) git_ref: Option<String>,
    /// The schedule's name; older servers tell it as the sender.
    pub(super) cron: Option<String>,
    pub(super) sender: Option<String>,
    #[serde(default)]
    pub(super) created: i64,
    #[serde(default)]
    pub(super) finished: i64,
    #[serde(default)]
    pub(super) reviewed_by: String,
    pub(super) variables: Option<serde_json::Map<String, Value>>,
    pub(super) cancel_info: Option<WireCancel>,
    pub(super) errors: Option<Vec<WireError>>,
    pub(super) workflows: Option<Vec<WireWorkflow>>,
}

impl WirePipeline {
    /// What its event names: the tag, the schedule, or the task of a promotion.
    pub(super) fn named(&self, event: PipelineEvent) -> Option<String> {
        let told = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        match event {
            PipelineEvent::Tag => told(&self.git_ref).map(|tag| {
                let short = tag.strip_prefix("refs/tags/");
                short.map(str::to_owned).unwrap_or(tag)
            }),
            PipelineEvent::Cron => told(&self.cron).or_else(|| told(&self.sender)),
            // A promotion through GitHub has the task `deploy` unless somebody names another.
            PipelineEvent::Deployment => {
                self.deploy_task.as_ref().map(|task| match task.as_str() {
                    "deploy" => String::new(),
                    task => task.to_owned(),
                })
            }
            PipelineEvent::Manual | PipelineEvent::Push | PipelineEvent::Other => None,
        }
    }
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct WireCancel {
    pub(super) superseded_by: Option<u64>,
    #[serde(default)]
    pub(super) canceled_by_user: String,
    #[serde(default)]
    pub(super) canceled_by_step: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireError {
    #[serde(default)]
    pub(super) message: String,
    #[serde(default)]
    pub(super) is_warning: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireWorkflow {
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) state: String,
    #[serde(default)]
    pub(super) error: String,
    pub(super) children: Option<Vec<WireStep>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireStep {
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) state: String,
    #[serde(default)]
    pub(super) error: String,
    #[serde(default)]
    pub(super) exit_code: i64,
}
