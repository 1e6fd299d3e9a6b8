//! What GraphQL tells of one issue, in domain words.
//!
//! More pages of its lists are read only back to what matters. What could not be read becomes a gap, which refuses; nothing is
//! judged here.

use chrono::{DateTime, TimeDelta, Utc};

use super::GitHub;
use super::comments::Texts;
use super::documents::{self, DETAIL_PAGE};
use super::older_pages::List;
use super::wire::{self, Nodes, WireEdit, WireIssue, WireParent, WireTimelineItem, actor, present};
use super::work::{assigned_at, native_blocker, rivals, withheld_blocker};
use crate::domain::identity::Authorisation;
use crate::domain::issue::{
    Actor, Assignment, BlockerState, BodyEdits, Edit, IssueFacts, LabelChange, LabelEvent, Parent,
    StateChange, StateEvent, ViaApp,
};
use crate::domain::repository::IssueNumber;
use crate::service_error::ServiceError;
use crate::tracker::Repository;

/// The longest quiet time before a labelling that can be configured.
const QUIET_MAX: TimeDelta = TimeDelta::days(1);

impl GitHub<'_> {
    /// Whether the entries, oldest first, hold the newest change of the ready label and the longest quiet time before it.
    fn reaches_back(&self, items: &[WireTimelineItem]) -> bool {
        let is_of_the_ready_label = |item: &&WireTimelineItem| {
            let label = item.label.as_ref().map(|label| label.name.as_str());
            matches!(item.kind.as_str(), "LabeledEvent" | "UnlabeledEvent")
                && label == Some(self.labels.ready.as_str())
        };
        let newest = items.iter().rev().find(is_of_the_ready_label);
        let oldest = items.iter().find_map(|item| item.created_at);
        match (newest.and_then(|item| item.created_at), oldest) {
            (Some(newest), Some(oldest)) => oldest < newest - QUIET_MAX,
            (None, _) | (_, None) => false,
        }
    }

    /// Turns an issue into facts. `gaps` has what its answer was found to lack.
    pub(super) fn issue_facts(
        &self,
        repository: &Repository,
        wire: WireIssue,
        with_comments: bool,
        mut gaps: Vec<String>,
    ) -> Result<IssueFacts, ServiceError> {
        let number = IssueNumber(wire.number);
        let capabilities = self.capabilities();
        let has_comments = wire
            .commented
            .is_none_or(|commented| commented.total_count != Some(0));
        self.note_comments(&repository.key, number, has_comments);
        let assignees = present(wire.assignees, "assignees", &mut gaps);
        if assignees.total_count != Some(assignees.nodes.len() as u64) {
            gaps.push("the issue has more assignees than GitHub lists".to_owned());
        }
        if assignees.nodes.iter().any(Option::is_none) {
            gaps.push("who is assigned is withheld".to_owned());
        }
        let assignees: Vec<Actor> = assignees
            .nodes
            .into_iter()
            .flatten()
            .map(|assignee| actor(Some(assignee)))
            .collect();
        let labels = present(wire.labels, "labels", &mut gaps);
        if labels.total_count != Some(labels.nodes.len() as u64) {
            gaps.push("the issue has more labels than GitHub lists".to_owned());
        }
        let timeline = present(wire.timeline_items, "timeline", &mut gaps);
        // What is more than the quiet time older than the newest labelling does not matter, but since when somebody is
        // assigned does.
        let timeline = self.back_to(
            &List {
                repo: &repository.repo,
                number,
                field: "timelineItems",
                document: &documents::timeline_page(),
                too_many: "the timeline is too long to be read back to the labelling",
            },
            DETAIL_PAGE,
            timeline,
            |items: &mut [WireTimelineItem]| {
                self.reaches_back(items)
                    && assignees
                        .iter()
                        .all(|assignee| assigned_at(items, assignee).is_some())
            },
            &mut gaps,
        )?;
        let assignees = assignees
            .into_iter()
            .map(|assignee| Assignment {
                since: assigned_at(&timeline, &assignee),
                assignee,
            })
            .collect();
        let body_edits = body_edits(wire.last_edited_at, wire.user_content_edits, &mut gaps);
        let mut blockers = Vec::new();
        if wire.blocked_by.is_none() && capabilities.dependencies {
            gaps.push("the answer lacks the blockers".to_owned());
        }
        let mut listed_open_native_blockers = 0;
        for blocker in wire
            .blocked_by
            .into_iter()
            .flat_map(|blockers| blockers.nodes)
        {
            let blocker = blocker.map_or_else(withheld_blocker, native_blocker);
            listed_open_native_blockers += u64::from(blocker.state == BlockerState::Open);
            blockers.push(blocker);
        }
        if wire.issue_dependencies_summary.is_none() && capabilities.dependencies {
            gaps.push("the answer lacks the number of open blockers".to_owned());
        }
        let open_sub_issues = wire.sub_issues_summary.map(|summary| summary.open());
        if open_sub_issues.is_none() && capabilities.sub_issues {
            gaps.push("the answer lacks the number of sub-issues".to_owned());
        }
        let rivals = rivals(
            wire.closed_by_pull_requests_references,
            capabilities,
            &mut gaps,
        );
        let mut facts = IssueFacts {
            number,
            url: wire.url,
            title: wire.title,
            body: wire.body,
            author: actor(wire.author),
            created_at: wire.created_at,
            state: wire::issue_state(wire.state),
            state_events: Vec::new(),
            is_pull_request: false,
            labels: labels.nodes.into_iter().map(|label| label.name).collect(),
            label_events: Vec::new(),
            renames: Vec::new(),
            transfers: Vec::new(),
            body_edits,
            comments: Vec::new(),
            blockers,
            open_native_blockers: wire
                .issue_dependencies_summary
                .map(|summary| summary.blocked_by),
            listed_open_native_blockers,
            assignees,
            open_sub_issues,
            rivals,
            parent: wire.parent.map_or(Parent::None, WireParent::into_parent),
            gaps,
        };
        for item in timeline {
            add_timeline_item(item, &mut facts);
        }
        if with_comments {
            let comments = present(wire.comments, "comments", &mut facts.gaps);
            self.add_comments(repository, comments, Texts::Unread, &mut facts)?;
        }
        Ok(facts)
    }
}

/// What is known of edits. Where the time of the newest one and the list contradict each other, the worse of the two counts.
fn body_edits(
    last_edited_at: Option<DateTime<Utc>>,
    edits: Option<Nodes<WireEdit>>,
    gaps: &mut Vec<String>,
) -> BodyEdits {
    let newest_listed = || {
        let edits = edits.iter().flat_map(|edits| &edits.nodes);
        edits.map(|edit| edit.edited_at).max()
    };
    let Some(last_at) = last_edited_at.or_else(newest_listed) else {
        return BodyEdits::Never;
    };
    let edits = present(edits, "edits", gaps);
    BodyEdits::Edited {
        last_at,
        complete: edits.total_count == Some(edits.nodes.len() as u64),
        listed: edits.nodes.into_iter().map(WireEdit::into_edit).collect(),
    }
}

fn add_timeline_item(item: WireTimelineItem, facts: &mut IssueFacts) {
    let WireTimelineItem {
        kind,
        id,
        created_at,
        label,
        actor: who,
        assignee: _,
    } = item;
    let Some(at) = created_at else {
        facts.gaps.push(format!("a {kind} without a time"));
        return;
    };
    let mut state = |change, who| {
        facts.state_events.push(StateEvent {
            at,
            change,
            actor: actor(who),
        });
    };
    let change = match kind.as_str() {
        "ClosedEvent" => return state(StateChange::Closed, who),
        "ReopenedEvent" => return state(StateChange::Reopened, who),
        "RenamedTitleEvent" => {
            facts.renames.push(Edit {
                at,
                editor: actor(who),
            });
            return;
        }
        "TransferredEvent" => {
            facts.transfers.push(at);
            return;
        }
        "LabeledEvent" => LabelChange::Added,
        "UnlabeledEvent" => LabelChange::Removed,
        _ => return,
    };
    match (id.as_deref().and_then(Authorisation::new), label) {
        (Some(id), Some(label)) => facts.label_events.push(LabelEvent {
            id,
            at,
            change,
            label: label.name,
            actor: actor(who),
            via_app: ViaApp::Unknown,
        }),
        (None, _) | (_, None) => facts
            .gaps
            .push(format!("a {kind} without a usable id or label")),
    }
}
