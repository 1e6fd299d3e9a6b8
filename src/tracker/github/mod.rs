//! GitHub: github.com, Enterprise Server and Enterprise Cloud (`contracts/github`).
//!
//! Reads through GraphQL, many repositories in one request; asks REST for what GraphQL does not tell (the App
//! behind a label event, the permission of one login) and for every write. It judges nothing: what could not be read
//! becomes a named gap or an error.

mod documents;
mod rest;
mod wire;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::Deserialize;
use serde_json::{Map, Value, json};
use url::Url;

use self::documents::{Capabilities, DETAIL_PAGE, READY_PAGE};
use self::rest::{SERVICE, Sender};
use self::wire::{
    GraphQlAnswer, GraphQlError, Nodes, PageInfo, RestEvent, RestPermission, Viewer,
    WireBlockerState, WireComment, WireIssue, WireReady, WireRepository, WireSurvey,
    WireTimelineItem, actor,
};
use super::{IssueLookup, LabelNames, ReadyIssue, RepositorySurvey, Tracker};
use crate::domain::blocked_by::{BlockedBy, BlockerRef};
use crate::domain::config::SecretSource;
use crate::domain::identity::{Authorisation, RepositoryId, RepositoryKey};
use crate::domain::issue::{
    Blocker, BlockerState, BodyEdits, Edit, IssueFacts, LabelChange, LabelEvent, OwnAccount,
    PermissionFact, RepositoryFacts, ViaApp,
};
use crate::domain::repository::{ForgeKind, IssueNumber, RepoRef};
use crate::fan_out::fan_out;
use crate::http::{Http, Method};
use crate::service_error::{FailureKind, ServiceError};

/// Repositories in one bulk request. More would run into GitHub's 10 s limit (`contracts/github` section 3).
const BATCH: usize = 20;

/// Pages of ready issues that are read of one repository: 1,000 issues.
const READY_PAGES_MAX: usize = 40;

/// Older pages of one issue's comments, timeline or events that are read: 2,000 entries.
const DETAIL_PAGES_MAX: usize = 20;

/// A GitHub, for the length of one tick.
#[derive(Debug)]
pub struct GitHub<'a> {
    sender: Sender<'a>,
    /// Host with its port when it is not the default one, as it enters the repository key.
    authority: String,
    /// Host without the port.
    host: String,
    labels: LabelNames,
    has_dependencies: AtomicBool,
    permissions: Mutex<HashMap<(RepoRef, String), Result<PermissionFact, ServiceError>>>,
}

/// One repository of a bulk read, and where its list of ready issues goes on.
#[derive(Clone, Debug)]
struct Wanted {
    repo: RepoRef,
    after: Option<String>,
}

/// One page of one repository.
#[derive(Debug)]
struct SurveyPage {
    survey: RepositorySurvey,
    next: Option<String>,
}

impl<'a> GitHub<'a> {
    /// Prepares to talk to the GitHub whose REST base address is `base`. Sends nothing.
    #[must_use]
    pub fn new(http: &'a Http<'a>, base: Url, token: SecretSource, labels: LabelNames) -> Self {
        let host = web_host(&base);
        let authority = match base.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.clone(),
        };
        Self {
            sender: Sender::new(http, base, token),
            authority,
            host,
            labels,
            has_dependencies: AtomicBool::new(true),
            permissions: Mutex::new(HashMap::new()),
        }
    }

    /// Sends one query and returns data and errors.
    fn query(
        &self,
        name: &str,
        document: &str,
        variables: &Value,
    ) -> Result<GraphQlAnswer, ServiceError> {
        let call = self.sender.graphql(name, document, variables)?;
        let answer = self.sender.send(&call)?;
        if answer.status != 200 {
            return Err(self.sender.failure(&call, answer));
        }
        let reset_in = self.sender.reset_in(&answer);
        let answer: GraphQlAnswer = answer.decode()?;
        if let Some(error) = answer
            .errors
            .iter()
            .find(|error| error.is_kind("RATE_LIMITED"))
        {
            self.sender.note_limit(reset_in);
            return Err(ServiceError::new(
                SERVICE,
                name,
                FailureKind::RateLimited {
                    retry_after: Some(reset_in),
                },
                error.message.clone(),
            ));
        }
        if let Some(error) = answer.errors.iter().find(|error| is_overload(error)) {
            return Err(ServiceError::new(
                SERVICE,
                name,
                FailureKind::Overloaded,
                error.message.clone(),
            ));
        }
        Ok(answer)
    }

    /// Reads one batch; halves it when GitHub is overloaded.
    fn survey_batch(&self, wanted: &[Wanted], page: u32) -> Vec<Result<SurveyPage, ServiceError>> {
        const SMALLEST_PAGE: u32 = 5;
        match self.survey_once(wanted, page) {
            Ok(pages) => pages,
            Err(error) if error.kind == FailureKind::Overloaded && wanted.len() > 1 => {
                let (left, right) = wanted.split_at(wanted.len() / 2);
                let mut pages = self.survey_batch(left, page);
                pages.extend(self.survey_batch(right, page));
                pages
            }
            Err(error) if error.kind == FailureKind::Overloaded && page > SMALLEST_PAGE => {
                self.survey_batch(wanted, SMALLEST_PAGE)
            }
            Err(error) => wanted.iter().map(|_| Err(error.clone())).collect(),
        }
    }

    fn survey_once(
        &self,
        wanted: &[Wanted],
        page: u32,
    ) -> Result<Vec<Result<SurveyPage, ServiceError>>, ServiceError> {
        const NAME: &str = "list ready issues";
        let mut variables = json!({
            "ready": [self.labels.ready],
            "locked": [self.labels.in_progress],
            "page": page,
        });
        for (index, Wanted { repo, after }) in wanted.iter().enumerate() {
            variables[format!("o{index}")] = json!(repo.owner());
            variables[format!("n{index}")] = json!(repo.name());
            variables[format!("a{index}")] = json!(after);
        }
        let answer = self.query(NAME, &documents::survey(wanted.len()), &variables)?;
        let whole =
            |detail: String| ServiceError::new(SERVICE, NAME, FailureKind::Unreadable, detail);
        let aliases: Vec<String> = (0..wanted.len()).map(|index| format!("r{index}")).collect();
        if let Some(error) = answer.errors.iter().find(|error| {
            let first = error.names().first().copied().unwrap_or_default();
            !aliases.iter().any(|alias| alias == first)
        }) {
            return Err(whole(error.message.clone()));
        }
        let mut data = answer.data.ok_or_else(|| whole("no data".to_owned()))?;
        let viewer: Viewer = take(&mut data, "viewer").map_err(&whole)?;
        let own_account = OwnAccount {
            login: viewer.login,
            id: viewer.database_id,
        };
        Ok(wanted
            .iter()
            .zip(&aliases)
            .map(|(wanted, alias)| {
                let errors: Vec<_> = answer
                    .errors
                    .iter()
                    .filter(|error| error.names().first() == Some(&alias.as_str()))
                    .collect();
                self.survey_page(wanted, data.remove(alias), &errors, &own_account)
            })
            .collect())
    }

    /// Turns one alias of a bulk answer into a page. Any error about it fails it: a partial answer must not
    /// be read as "no such issue".
    fn survey_page(
        &self,
        wanted: &Wanted,
        data: Option<Value>,
        errors: &[&GraphQlError],
        own_account: &OwnAccount,
    ) -> Result<SurveyPage, ServiceError> {
        let repo = &wanted.repo;
        let name = || format!("list ready issues of {}", repo.full_name());
        if let Some(error) = errors.first() {
            return Err(ServiceError::new(
                SERVICE,
                name(),
                error_kind(error),
                error.message.clone(),
            ));
        }
        let wire: WireSurvey = data
            .ok_or_else(|| "no data".to_owned())
            .and_then(decode)
            .map_err(|detail| {
                ServiceError::new(SERVICE, name(), FailureKind::Unreadable, detail)
            })?;
        if !wire.name_with_owner.eq_ignore_ascii_case(&repo.full_name()) {
            return Err(ServiceError::new(
                SERVICE,
                name(),
                FailureKind::Moved {
                    to: wire.name_with_owner,
                },
                "the repository was renamed or transferred: put the new name on AFK_ALLOWLIST",
            ));
        }
        if !wire.has_issues_enabled {
            return Err(ServiceError::new(
                SERVICE,
                name(),
                FailureKind::NotFound,
                "issues are disabled in this repository",
            ));
        }
        let next = wire
            .ready
            .page_info
            .filter(|page| page.has_next_page)
            .and_then(|page| page.end_cursor);
        Ok(SurveyPage {
            next,
            survey: RepositorySurvey {
                repo: repo.clone(),
                key: RepositoryKey::new(
                    ForgeKind::GitHub,
                    &self.authority,
                    RepositoryId(wire.database_id),
                ),
                id: RepositoryId(wire.database_id),
                host: self.host.clone(),
                facts: RepositoryFacts {
                    archived: wire.is_archived,
                    visibility: wire::visibility(&wire.visibility),
                },
                default_branch: wire.default_branch_ref.map(|branch| branch.name),
                clone_url: format!("{}.git", wire.url),
                own_account: own_account.clone(),
                ready: wire
                    .ready
                    .nodes
                    .into_iter()
                    .map(|issue| self.ready_issue(issue))
                    .collect(),
                locked: wire
                    .locked
                    .nodes
                    .into_iter()
                    .map(|issue| IssueNumber(issue.number))
                    .collect(),
            },
        })
    }

    fn ready_issue(&self, wire: WireReady) -> ReadyIssue {
        let newest = wire.timeline_items.nodes.into_iter().rev().find(|change| {
            change
                .label
                .as_ref()
                .is_some_and(|label| label.name == self.labels.ready)
        });
        ReadyIssue {
            number: IssueNumber(wire.number),
            labels: wire
                .labels
                .nodes
                .into_iter()
                .map(|label| label.name)
                .collect(),
            authorisation: newest
                .filter(|change| change.kind == "LabeledEvent")
                .and_then(|change| Authorisation::new(change.id.as_deref()?)),
            blocked_by: BlockedBy::in_body(&wire.body, &self.authority),
        }
    }

    /// Reads an issue through GraphQL. The error names the issue.
    fn read_issue(
        &self,
        repository: &RepositorySurvey,
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
        repository: &RepositorySurvey,
        wire: WireIssue,
        mut blockers: Vec<Blocker>,
        mut gaps: Vec<String>,
    ) -> Result<IssueFacts, ServiceError> {
        let number = IssueNumber(wire.number);
        let labels = present(wire.labels, "labels", &mut gaps);
        if labels
            .total_count
            .is_some_and(|all| all > labels.nodes.len() as u64)
        {
            gaps.push("the issue has more labels than GitHub lists".to_owned());
        }
        let timeline = present(wire.timeline_items, "timeline", &mut gaps);
        let timeline = self.whole_timeline(repository, number, timeline, &mut gaps)?;
        let comments = present(wire.comments, "comments", &mut gaps);
        let comments = self.whole_comments(repository, number, comments, &mut gaps)?;
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

    /// Pages back until the newest change of the ready label is in view: older entries do not matter.
    fn whole_timeline(
        &self,
        repository: &RepositorySurvey,
        number: IssueNumber,
        newest: Nodes<WireTimelineItem>,
        gaps: &mut Vec<String>,
    ) -> Result<Vec<WireTimelineItem>, ServiceError> {
        let mut items = newest.nodes;
        let mut page_info = newest.page_info;
        for _ in 0..DETAIL_PAGES_MAX {
            let reached = items.iter().any(|item| {
                matches!(item.kind.as_str(), "LabeledEvent" | "UnlabeledEvent")
                    && item
                        .label
                        .as_ref()
                        .is_some_and(|label| label.name == self.labels.ready)
            });
            let Some(before) = previous_page(&mut page_info).filter(|_| !reached) else {
                return Ok(items);
            };
            let mut older: Nodes<WireTimelineItem> = self.issue_page(
                repository,
                number,
                &documents::timeline_page(),
                "timelineItems",
                &before,
            )?;
            page_info = older.page_info.take();
            items.splice(0..0, older.nodes);
        }
        gaps.push("the timeline is too long to be read back to the labelling".to_owned());
        Ok(items)
    }

    fn whole_comments(
        &self,
        repository: &RepositorySurvey,
        number: IssueNumber,
        newest: Nodes<WireComment>,
        gaps: &mut Vec<String>,
    ) -> Result<Vec<crate::domain::issue::Comment>, ServiceError> {
        let mut comments = newest.nodes;
        let mut page_info = newest.page_info;
        for _ in 0..DETAIL_PAGES_MAX {
            let Some(before) = previous_page(&mut page_info) else {
                return Ok(comments
                    .into_iter()
                    .map(WireComment::into_comment)
                    .collect());
            };
            let mut older: Nodes<WireComment> = self.issue_page(
                repository,
                number,
                &documents::comments_page(),
                "comments",
                &before,
            )?;
            page_info = older.page_info.take();
            comments.splice(0..0, older.nodes);
        }
        gaps.push("the issue has more comments than are read".to_owned());
        Ok(comments
            .into_iter()
            .map(WireComment::into_comment)
            .collect())
    }

    /// Reads an older page of one of an issue's lists.
    fn issue_page<T: for<'de> Deserialize<'de>>(
        &self,
        repository: &RepositorySurvey,
        number: IssueNumber,
        document: &str,
        field: &str,
        before: &str,
    ) -> Result<Nodes<T>, ServiceError> {
        let name = format!(
            "read older {field} of {}#{number}",
            repository.repo.full_name()
        );
        let answer = self.query(
            &name,
            document,
            &json!({
                "owner": repository.repo.owner(),
                "name": repository.repo.name(),
                "number": number.0,
                "page": DETAIL_PAGE,
                "before": before,
            }),
        )?;
        let unreadable = |detail: String| {
            ServiceError::new(SERVICE, name.clone(), FailureKind::Unreadable, detail)
        };
        if let Some(error) = answer.errors.first() {
            return Err(unreadable(error.message.clone()));
        }
        let mut data = answer
            .data
            .ok_or_else(|| unreadable("no data".to_owned()))?;
        let page = data
            .get_mut("repository")
            .and_then(|repository| repository.get_mut("issue"))
            .and_then(|issue| issue.get_mut(field))
            .map(Value::take)
            .ok_or_else(|| unreadable(format!("no {field}")))?;
        decode(page).map_err(unreadable)
    }

    /// Reads label events through REST, which alone tells the App behind them: the first page, and from the
    /// last page back until the newest change of the ready label is in view.
    fn label_events(
        &self,
        repository: &RepositorySurvey,
        number: IssueNumber,
        gaps: &mut Vec<String>,
    ) -> Result<Vec<LabelEvent>, ServiceError> {
        let (first, last_page) = self.events_page(repository, number, 1)?;
        let mut pages = Vec::new();
        let mut page = last_page.unwrap_or(1);
        let mut reached = false;
        while page > 1 && !reached {
            if pages.len() >= DETAIL_PAGES_MAX {
                gaps.push("the events are too many to be read back to the labelling".to_owned());
                break;
            }
            let (events, _) = self.events_page(repository, number, page)?;
            reached = events
                .iter()
                .flatten()
                .any(|event| event.label == self.labels.ready);
            pages.push(events);
            page -= 1;
        }
        if !reached {
            pages.push(first);
        }
        let mut label_events = Vec::new();
        for event in pages.into_iter().rev().flatten() {
            match event {
                Ok(event) => label_events.push(event),
                Err(why) => gaps.push(why),
            }
        }
        Ok(label_events)
    }

    /// Reads one page of events, oldest first, and the number of the last page.
    #[expect(
        clippy::type_complexity,
        reason = "a page and its neighbour, used once"
    )]
    fn events_page(
        &self,
        repository: &RepositorySurvey,
        number: IssueNumber,
        page: usize,
    ) -> Result<(Vec<Result<LabelEvent, String>>, Option<usize>), ServiceError> {
        let repo = &repository.repo;
        let name = format!("read the events of {}#{number}", repo.full_name());
        let mut url = self.sender.address(&[
            "repos",
            repo.owner(),
            repo.name(),
            "issues",
            &number.to_string(),
            "events",
        ]);
        url.query_pairs_mut()
            .append_pair("per_page", "100")
            .append_pair("page", &page.to_string());
        let call = self.sender.call(&name, Method::Get, url);
        let answer = self.sender.send(&call)?;
        if answer.status != 200 {
            return Err(self.sender.failure(&call, answer));
        }
        let last_page = answer.header("link").and_then(last_page);
        let events: Vec<RestEvent> = answer.decode()?;
        let events = events
            .into_iter()
            .filter_map(|event| event.into_label_event().transpose())
            .collect();
        Ok((events, last_page))
    }

    fn look_up_permission(
        &self,
        repository: &RepositorySurvey,
        login: &str,
    ) -> Result<PermissionFact, ServiceError> {
        let repo = &repository.repo;
        let name = format!("look up the permission of {login} on {}", repo.full_name());
        let url = self.sender.address(&[
            "repos",
            repo.owner(),
            repo.name(),
            "collaborators",
            login,
            "permission",
        ]);
        let call = self.sender.call(&name, Method::Get, url);
        let answer = self.sender.send(&call)?;
        match answer.status {
            200 => {}
            404 => {
                let (_, excerpt) = answer.into_small_json();
                return Ok(PermissionFact::Unknown(format!("HTTP 404: {excerpt}")));
            }
            _ => return Err(self.sender.failure(&call, answer)),
        }
        let wire: RestPermission = answer.decode()?;
        let Some(user) = wire.user else {
            return Ok(PermissionFact::Unknown(
                "the answer names no user".to_owned(),
            ));
        };
        if !user.login.eq_ignore_ascii_case(login) {
            return Ok(PermissionFact::Unknown(format!(
                "asked for {login}, GitHub answered for {}",
                user.login
            )));
        }
        Ok(
            match wire::permission(&wire.permission, wire.role_name.as_deref()) {
                Some(permission) => PermissionFact::Known {
                    id: user.id,
                    permission,
                },
                None => {
                    PermissionFact::Unknown(format!("unknown permission '{}'", wire.permission))
                }
            },
        )
    }

    fn post_label(
        &self,
        repository: &RepositorySurvey,
        number: IssueNumber,
        label: &str,
    ) -> Result<(), ServiceError> {
        let repo = &repository.repo;
        let name = format!("label {}#{number} {label}", repo.full_name());
        let url = self.sender.address(&[
            "repos",
            repo.owner(),
            repo.name(),
            "issues",
            &number.to_string(),
            "labels",
        ]);
        let mut call = self.sender.call(&name, Method::Post, url);
        // Adding a label that is on already has no effect.
        call.repeatable = true;
        call.json = Some(json!({"labels": [label]}).to_string().into_bytes());
        let answer = self.sender.send(&call)?;
        if answer.status != 200 {
            return Err(self.sender.failure(&call, answer));
        }
        let shown: Vec<wire::Named> = answer.decode()?;
        if shown
            .iter()
            .any(|shown| shown.name.eq_ignore_ascii_case(label))
        {
            Ok(())
        } else {
            Err(ServiceError::new(
                SERVICE,
                name,
                FailureKind::Refused,
                "GitHub accepted the label and does not show it",
            ))
        }
    }

    /// Creates a label in the repository; it may exist already.
    fn create_label(&self, repository: &RepositorySurvey, label: &str) -> Result<(), ServiceError> {
        let repo = &repository.repo;
        let name = format!("create the label {label} in {}", repo.full_name());
        let url = self
            .sender
            .address(&["repos", repo.owner(), repo.name(), "labels"]);
        let mut call = self.sender.call(&name, Method::Post, url);
        call.json = Some(
            json!({"name": label, "color": "1d76db", "description": "Set by AFK"})
                .to_string()
                .into_bytes(),
        );
        let answer = self.sender.send(&call)?;
        if answer.status == 201 {
            return Ok(());
        }
        let error = self.sender.failure(&call, answer);
        // 422 `already_exists`: another client was faster.
        if error.kind == FailureKind::Refused {
            Ok(())
        } else {
            Err(error)
        }
    }
}

impl Tracker for GitHub<'_> {
    fn survey(&self, repos: &[RepoRef]) -> Vec<Result<RepositorySurvey, ServiceError>> {
        let wanted: Vec<Wanted> = repos
            .iter()
            .map(|repo| Wanted {
                repo: repo.clone(),
                after: None,
            })
            .collect();
        let mut surveys: Vec<Result<RepositorySurvey, ServiceError>> = Vec::new();
        let mut more: Vec<(usize, Wanted)> = Vec::new();
        for page in self.survey_batches(&wanted) {
            surveys.push(page.map(|page| {
                if let Some(after) = page.next {
                    more.push((
                        surveys.len(),
                        Wanted {
                            repo: page.survey.repo.clone(),
                            after: Some(after),
                        },
                    ));
                }
                page.survey
            }));
        }
        for _ in 1..READY_PAGES_MAX {
            if more.is_empty() {
                break;
            }
            let (indexes, wanted): (Vec<usize>, Vec<Wanted>) = more.drain(..).unzip();
            for (index, page) in indexes.into_iter().zip(self.survey_batches(&wanted)) {
                match page {
                    Ok(page) => {
                        if let Some(after) = page.next {
                            more.push((
                                index,
                                Wanted {
                                    repo: page.survey.repo.clone(),
                                    after: Some(after),
                                },
                            ));
                        }
                        if let Ok(survey) = &mut surveys[index] {
                            survey.ready.extend(page.survey.ready);
                        }
                    }
                    Err(error) => surveys[index] = Err(error),
                }
            }
        }
        surveys
    }

    fn issue(
        &self,
        repository: &RepositorySurvey,
        number: IssueNumber,
        blocked_by: &BlockedBy,
    ) -> Result<IssueLookup, ServiceError> {
        let mut lookup = self.read_issue(repository, number, &blocked_by.references)?;
        if let IssueLookup::Issue(facts) = &lookup {
            // The gate reads the body again, and refuses references that were not looked up.
            let named = BlockedBy::in_body(&facts.body, &self.authority);
            if named.references != blocked_by.references {
                lookup = self.read_issue(repository, number, &named.references)?;
            }
        }
        let mut facts = match lookup {
            IssueLookup::Issue(facts) => facts,
            other @ (IssueLookup::PullRequest | IssueLookup::Missing) => return Ok(other),
        };
        let events = self.label_events(repository, number, &mut facts.gaps)?;
        let newest = |events: &[LabelEvent]| {
            events
                .iter()
                .rev()
                .find(|event| event.label == self.labels.ready)
                .map(|event| event.id.clone())
        };
        // REST names a label as of the event, GraphQL as it is now: where REST has the event, both must agree.
        if let Some(id) = newest(&events)
            && newest(&facts.label_events) != Some(id)
        {
            facts
                .gaps
                .push("GitHub's two lists of label events disagree".to_owned());
        }
        facts.label_events = events;
        Ok(IssueLookup::Issue(facts))
    }

    fn reread(
        &self,
        repository: &RepositorySurvey,
        number: IssueNumber,
    ) -> Result<IssueLookup, ServiceError> {
        self.read_issue(repository, number, &[])
    }

    fn permission(
        &self,
        repository: &RepositorySurvey,
        login: &str,
    ) -> Result<PermissionFact, ServiceError> {
        let key = (repository.repo.clone(), login.to_ascii_lowercase());
        let known = {
            let permissions = self
                .permissions
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            permissions.get(&key).cloned()
        };
        if let Some(known) = known {
            return known;
        }
        let permission = self.look_up_permission(repository, login);
        self.permissions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key, permission.clone());
        permission
    }

    fn add_label(
        &self,
        repository: &RepositorySurvey,
        number: IssueNumber,
        label: &str,
    ) -> Result<(), ServiceError> {
        match self.post_label(repository, number, label) {
            // A token that may label but not push can not create labels by using them.
            Err(error)
                if matches!(
                    error.kind,
                    FailureKind::Denied | FailureKind::NotFound | FailureKind::Refused
                ) =>
            {
                self.create_label(repository, label)?;
                self.post_label(repository, number, label)
            }
            result => result,
        }
    }
}

impl GitHub<'_> {
    /// Reads batches in parallel; results in the order of `wanted`.
    fn survey_batches(&self, wanted: &[Wanted]) -> Vec<Result<SurveyPage, ServiceError>> {
        let batches: Vec<&[Wanted]> = wanted.chunks(BATCH).collect();
        fan_out(&batches, |batch| self.survey_batch(batch, READY_PAGE))
            .into_iter()
            .flatten()
            .collect()
    }
}

/// Host of the web pages that belong to a REST base address.
fn web_host(base: &Url) -> String {
    let host = base.host_str().unwrap_or_default().to_ascii_lowercase();
    match host.strip_prefix("api.") {
        Some(rest) if rest == "github.com" || rest.ends_with(".ghe.com") => rest.to_owned(),
        Some(_) | None => host,
    }
}

/// Number of the last page in a `Link` header.
fn last_page(link: &str) -> Option<usize> {
    link.split(',').find_map(|part| {
        let (address, parameters) = part.split_once(';')?;
        if !parameters.contains("rel=\"last\"") {
            return None;
        }
        let address = address.trim().trim_start_matches('<').trim_end_matches('>');
        Url::parse(address)
            .ok()?
            .query_pairs()
            .find(|(key, _)| key == "page")?
            .1
            .parse()
            .ok()
    })
}

fn previous_page(page_info: &mut Option<PageInfo>) -> Option<String> {
    page_info
        .take()
        .filter(|page| page.has_previous_page)
        .and_then(|page| page.start_cursor)
}

fn is_overload(error: &GraphQlError) -> bool {
    [
        "MAX_NODE_LIMIT_EXCEEDED",
        "SERVICE_UNAVAILABLE",
        "RESOURCE_LIMITS_EXCEEDED",
    ]
    .iter()
    .any(|kind| error.is_kind(kind))
        || error
            .message
            .contains("Something went wrong while executing your query")
        || error
            .message
            .to_ascii_lowercase()
            .contains("resource limit")
}

fn error_kind(error: &GraphQlError) -> FailureKind {
    match error.kind.as_deref() {
        Some("NOT_FOUND") => FailureKind::NotFound,
        Some("FORBIDDEN" | "INSUFFICIENT_SCOPES") => FailureKind::Denied,
        Some(_) | None => FailureKind::Unreadable,
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
    repository: &RepositorySurvey,
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

fn take<T: for<'de> Deserialize<'de>>(
    data: &mut Map<String, Value>,
    key: &str,
) -> Result<T, String> {
    data.remove(key)
        .ok_or_else(|| format!("the answer lacks {key}"))
        .and_then(decode)
}

fn decode<T: for<'de> Deserialize<'de>>(value: Value) -> Result<T, String> {
    serde_json::from_value(value).map_err(|error| format!("unexpected JSON: {error}"))
}
