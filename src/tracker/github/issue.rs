//! Everything that the trust gate asks about one issue.
//!
//! One GraphQL request in the common case, and more pages only back to what matters. What could not be read becomes
//! a gap, which refuses; nothing is judged here.

use std::sync::atomic::Ordering;

use serde_json::{Map, Value, json};

use super::documents::{self, Capabilities, DETAIL_PAGE};
use super::older_pages::List;
use super::rest::SERVICE;
use super::wire::{
    self, GraphQlAnswer, GraphQlError, Nodes, WireBlockerState, WireComment, WireIssue,
    WireRepository, WireTimelineItem, actor,
};
use super::{GitHub, decode, error_kind, take};
use crate::domain::identity::{Authorisation, RepositoryId, RepositoryKey};
use crate::domain::issue::{
    Blocker, BlockerState, BodyEdits, Edit, IssueFacts, LabelChange, LabelEvent, ViaApp,
};
use crate::domain::repository::{ForgeKind, IssueNumber};
use crate::domain::start::blocked_by::BlockerRef;
use crate::service_error::{FailureKind, ServiceError};
use crate::tracker::{IssueLookup, Repository};

impl GitHub<'_> {
    /// Reads an issue through GraphQL. The error names the issue.
    pub(super) fn read_issue(
        &self,
        repository: &Repository,
        number: IssueNumber,
        references: &[BlockerRef],
    ) -> Result<IssueLookup, ServiceError> {
        let name = format!("read {}#{number}", repository.repo.full_name());
        let variables = json!({
            "owner": repository.repo.owner(),
            "name": repository.repo.name(),
            "number": number.0,
            "page": DETAIL_PAGE,
        });
        let mut answer = self.query(&name, &self.issue_document(references), &variables)?;
        let lacks_dependencies = answer.errors.iter().any(|error| {
            error.is_undefined_field("blockedBy")
                || error.is_undefined_field("issueDependenciesSummary")
        });
        if lacks_dependencies && self.has_dependencies.swap(false, Ordering::Relaxed) {
            tracing::debug!("this GitHub has no issue dependencies");
            answer = self.query(&name, &self.issue_document(references), &variables)?;
        }
        let GraphQlAnswer { data, errors } = answer;
        let unreadable = |detail: String| {
            ServiceError::new(SERVICE, name.clone(), FailureKind::Unreadable, detail)
        };
        let mut gaps = Vec::new();
        for error in &errors {
            match error.names().as_slice() {
                ["repository", "issueOrPullRequest"] if error.is_kind("NOT_FOUND") => {
                    return Ok(IssueLookup::Missing);
                }
                ["repository"] => {
                    return Err(ServiceError::new(
                        SERVICE,
                        name,
                        error_kind(error),
                        error.message.clone(),
                    ));
                }
                ["repository", ..] => gaps.push(format!("GitHub says: {}", error.message)),
                [alias, ..] if alias.starts_with('b') => {}
                _ => return Err(unreadable(error.message.clone())),
            }
        }
        let mut data = data.ok_or_else(|| unreadable("no data".to_owned()))?;
        let wire: WireRepository = take(&mut data, "repository").map_err(&unreadable)?;
        if RepositoryKey::new(
            ForgeKind::GitHub,
            &self.authority,
            RepositoryId(wire.database_id),
        ) != repository.key
        {
            return Err(unreadable(
                "the name belongs to another repository now".to_owned(),
            ));
        }
        let Some(issue) = wire.issue_or_pull_request else {
            return if gaps.is_empty() {
                Ok(IssueLookup::Missing)
            } else {
                Err(unreadable(gaps.join("; ")))
            };
        };
        match issue["__typename"].as_str() {
            Some("Issue") => {}
            Some("PullRequest") => return Ok(IssueLookup::PullRequest),
            Some(_) | None => return Err(unreadable("neither issue nor pull request".to_owned())),
        }
        let issue: WireIssue = decode(issue).map_err(&unreadable)?;
        if issue.number != number.0 {
            return Err(unreadable(format!("got issue {}", issue.number)));
        }
        let blockers = named_blockers(&mut data, &errors, repository, references);
        self.issue_facts(repository, issue, blockers, gaps)
            .map(|facts| IssueLookup::Issue(Box::new(facts)))
    }

    fn issue_document(&self, references: &[BlockerRef]) -> String {
        let capabilities = Capabilities {
            dependencies: self.has_dependencies.load(Ordering::Relaxed),
        };
        documents::issue(capabilities, references)
    }

    fn issue_facts(
        &self,
        repository: &Repository,
        wire: WireIssue,
        mut blockers: Vec<Blocker>,
        mut gaps: Vec<String>,
    ) -> Result<IssueFacts, ServiceError> {
        let number = IssueNumber(wire.number);
        let labels = present(wire.labels, "labels", &mut gaps);
        if labels.total_count != Some(labels.nodes.len() as u64) {
            gaps.push("the issue has more labels than GitHub lists".to_owned());
        }
        let timeline = present(wire.timeline_items, "timeline", &mut gaps);
        // Entries older than the newest change of the ready label do not matter.
        let timeline = self.back_to(
            &List {
                repo: &repository.repo,
                number,
                field: "timelineItems",
                document: &documents::timeline_page(),
                too_many: "the timeline is too long to be read back to the labelling",
            },
            timeline,
            |items: &[WireTimelineItem]| {
                items.iter().any(|item| {
                    let label = item.label.as_ref().map(|label| label.name.as_str());
                    matches!(item.kind.as_str(), "LabeledEvent" | "UnlabeledEvent")
                        && label == Some(self.labels.ready.as_str())
                })
            },
            &mut gaps,
        )?;
        let comments = present(wire.comments, "comments", &mut gaps);
        let comments: Vec<WireComment> = self.back_to(
            &List {
                repo: &repository.repo,
                number,
                field: "comments",
                document: &documents::comments_page(),
                too_many: "the issue has more comments than are read",
            },
            comments,
            |_| false,
            &mut gaps,
        )?;
        let comments = comments
            .into_iter()
            .map(WireComment::into_comment)
            .collect();
        let body_edits = match wire.last_edited_at {
            None => BodyEdits::Never,
            Some(last_at) => {
                let edits = present(wire.user_content_edits, "edits", &mut gaps);
                BodyEdits::Edited {
                    last_at,
                    complete: edits.total_count == Some(edits.nodes.len() as u64),
                    listed: edits
                        .nodes
                        .into_iter()
                        .map(wire::WireEdit::into_edit)
                        .collect(),
                }
            }
        };
        if wire.blocked_by.is_none() && self.has_dependencies.load(Ordering::Relaxed) {
            gaps.push("the answer lacks the blockers".to_owned());
        }
        let mut listed_open_native_blockers = 0;
        for blocker in wire
            .blocked_by
            .into_iter()
            .flat_map(|blockers| blockers.nodes)
        {
            let state = match blocker.state.as_str() {
                "OPEN" => BlockerState::Open,
                "CLOSED" => BlockerState::Closed,
                word => BlockerState::Unresolved(format!("unknown state {word}")),
            };
            listed_open_native_blockers += u64::from(state == BlockerState::Open);
            blockers.push(Blocker {
                name: format!("{}#{}", blocker.repository.name_with_owner, blocker.number),
                state,
            });
        }
        if wire.issue_dependencies_summary.is_none()
            && self.has_dependencies.load(Ordering::Relaxed)
        {
            gaps.push("the answer lacks the number of open blockers".to_owned());
        }
        let mut facts = IssueFacts {
            number,
            url: wire.url,
            title: wire.title,
            body: wire.body,
            author: actor(wire.author),
            state: wire::issue_state(wire.state),
            is_pull_request: false,
            labels: labels.nodes.into_iter().map(|label| label.name).collect(),
            label_events: Vec::new(),
            renames: Vec::new(),
            transfers: Vec::new(),
            body_edits,
            comments,
            blockers,
            open_native_blockers: wire
                .issue_dependencies_summary
                .map(|summary| summary.blocked_by),
            listed_open_native_blockers,
            gaps,
        };
        for item in timeline {
            add_timeline_item(item, &mut facts);
        }
        Ok(facts)
    }
}

/// A connection that the answer must have; a missing one is a gap.
fn present<T>(nodes: Option<Nodes<T>>, what: &str, gaps: &mut Vec<String>) -> Nodes<T> {
    nodes.unwrap_or_else(|| {
        gaps.push(format!("the answer lacks the {what}"));
        Nodes {
            nodes: Vec::new(),
            total_count: None,
            page_info: None,
        }
    })
}

fn add_timeline_item(item: WireTimelineItem, facts: &mut IssueFacts) {
    let WireTimelineItem {
        kind,
        id,
        created_at,
        label,
        actor: who,
    } = item;
    let Some(at) = created_at else {
        facts.gaps.push(format!("a {kind} without a time"));
        return;
    };
    let change = match kind.as_str() {
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

/// The states of the blockers that a body names.
fn named_blockers(
    data: &mut Map<String, Value>,
    errors: &[GraphQlError],
    repository: &Repository,
    references: &[BlockerRef],
) -> Vec<Blocker> {
    references
        .iter()
        .enumerate()
        .map(|(index, reference)| {
            let alias = format!("b{index}");
            let name = match &reference.repo {
                Some((owner, name)) => format!("{owner}/{name}#{}", reference.number),
                None => format!("{}#{}", repository.repo.full_name(), reference.number),
            };
            let error = errors
                .iter()
                .find(|error| error.names().first() == Some(&alias.as_str()));
            let state = match error {
                Some(error) => BlockerState::Unresolved(error.message.clone()),
                None => data
                    .get_mut(&alias)
                    .and_then(|alias| alias.get_mut("blocker"))
                    .map(Value::take)
                    .ok_or_else(|| "no answer".to_owned())
                    .and_then(decode::<WireBlockerState>)
                    .map_or_else(BlockerState::Unresolved, |wire| {
                        match (wire.state.as_deref(), wire.pr_state.as_deref()) {
                            (Some("CLOSED"), None) | (None, Some("CLOSED" | "MERGED")) => {
                                BlockerState::Closed
                            }
                            (Some("OPEN"), None) | (None, Some("OPEN")) => BlockerState::Open,
                            (state, pr_state) => BlockerState::Unresolved(format!(
                                "unknown state {}",
                                state.or(pr_state).unwrap_or("none")
                            )),
                        }
                    }),
            };
            Blocker { name, state }
        })
        .collect()
}
