//! An issue's events through REST, which alone tells the App behind a label event, and does not lag as GraphQL does.
//!
//! Reads the first page, and from the last page back until the newest change of the ready label is in view. Where the two
//! readings differ, what either of them has counts.

use chrono::{DateTime, Utc};
use url::Url;

use super::GitHub;
use super::wire::{RestEvent, RestHappening};
use crate::domain::issue::{Actor, Assignment, Edit, IssueFacts, LabelEvent, StateEvent};
use crate::domain::repository::IssueNumber;
use crate::http::Method;
use crate::service_error::ServiceError;
use crate::tracker::Repository;

/// Pages of events that are read, beside the first: 2,000 entries.
const EVENT_PAGES_MAX: usize = 20;

/// What the events say, oldest first.
#[derive(Debug, Default)]
pub(super) struct Events {
    labels: Vec<LabelEvent>,
    states: Vec<StateEvent>,
    renames: Vec<Edit>,
    transfers: Vec<DateTime<Utc>>,
    /// Of everybody who was assigned, when that was last, if nobody took it back.
    assigned: Vec<(Actor, Option<DateTime<Utc>>)>,
}

impl GitHub<'_> {
    /// Reads the events: the first page, and from the last page back until the newest change of the ready label is in view.
    pub(super) fn events(
        &self,
        repository: &Repository,
        number: IssueNumber,
        gaps: &mut Vec<String>,
    ) -> Result<Events, ServiceError> {
        let (first, last_page) = self.events_page(repository, number, 1)?;
        let mut pages = Vec::new();
        let mut page = last_page.unwrap_or(1);
        let mut reached = false;
        while page > 1 && !reached {
            if pages.len() >= EVENT_PAGES_MAX {
                gaps.push("the events are too many to be read back to the labelling".to_owned());
                break;
            }
            let (events, _) = self.events_page(repository, number, page)?;
            reached = events.iter().flatten().any(
                |event| matches!(event, RestHappening::Label(event) if event.label == self.labels.ready),
            );
            pages.push(events);
            page -= 1;
        }
        if !reached {
            pages.push(first);
        }
        let mut events = Events::default();
        for event in pages.into_iter().rev().flatten() {
            match event {
                Ok(RestHappening::Label(event)) => events.labels.push(event),
                Ok(RestHappening::State(event)) => events.states.push(event),
                Ok(RestHappening::Rename(edit)) => events.renames.push(edit),
                Ok(RestHappening::Transfer(at)) => events.transfers.push(at),
                Ok(RestHappening::Assignment {
                    at,
                    assignee,
                    begins,
                }) => {
                    events.assigned.retain(|(known, _)| *known != assignee);
                    events.assigned.push((assignee, begins.then_some(at)));
                }
                Err(why) => gaps.push(why),
            }
        }
        Ok(events)
    }

    /// Reads one page of events, oldest first, and the number of the last page.
    #[expect(
        clippy::type_complexity,
        reason = "a page and its neighbour, used once"
    )]
    fn events_page(
        &self,
        repository: &Repository,
        number: IssueNumber,
        page: usize,
    ) -> Result<(Vec<Result<RestHappening, String>>, Option<usize>), ServiceError> {
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
            .filter_map(|event| event.into_happening().transpose())
            .collect();
        Ok((events, last_page))
    }
}

impl Events {
    /// Adds what the events say to what GraphQL told.
    pub(super) fn add_to(mut self, facts: &mut IssueFacts, ready_label: &str) {
        self.agree_on_the_labelling(facts, ready_label);
        // REST names the App behind a label event: its entries are the ones that stay.
        let told = std::mem::replace(&mut facts.label_events, self.labels);
        for event in told {
            let is_known = facts.label_events.iter().any(|known| {
                (known.at, known.change) == (event.at, event.change)
                    && known.label.eq_ignore_ascii_case(&event.label)
            });
            // The newest change of the ready label is judged above; older ones do not matter.
            if !is_known && event.label != ready_label {
                facts.label_events.push(event);
            }
        }
        facts.label_events.sort_by_key(|event| event.at);
        let told = std::mem::replace(&mut facts.state_events, self.states);
        for event in told {
            let is_known = facts
                .state_events
                .iter()
                .any(|known| (known.at, known.change) == (event.at, event.change));
            if !is_known {
                facts.state_events.push(event);
            }
        }
        facts.state_events.sort_by_key(|event| event.at);
        for rename in self.renames {
            // Two of one second are two.
            if !facts.renames.contains(&rename) {
                facts.renames.push(rename);
            }
        }
        for (assignee, since) in self.assigned {
            // Taken back, and still shown: the worse of both counts.
            let Some(since) = since else { continue };
            let mut known = facts.assignees.iter_mut();
            match known.find(|known| known.assignee == assignee) {
                Some(known) => known.since = known.since.max(Some(since)),
                None => facts.assignees.push(Assignment {
                    assignee,
                    since: Some(since),
                }),
            }
        }
        for at in self.transfers {
            if !facts.transfers.contains(&at) {
                facts.transfers.push(at);
            }
        }
    }

    /// Both lists must have the same newest change of the ready label. REST names a label as of the event, GraphQL as it is
    /// now; where REST has none, there is nothing to agree on. An id can be spelled in two forms: GraphQL's stays.
    fn agree_on_the_labelling(&mut self, facts: &mut IssueFacts, ready_label: &str) {
        let is_ready = |event: &&mut LabelEvent| event.label == ready_label;
        let Some(event) = self.labels.iter_mut().rev().find(is_ready) else {
            return;
        };
        let told = facts
            .label_events
            .iter()
            .rev()
            .find(|event| event.label == ready_label);
        match told {
            Some(told) if told.id == event.id => {}
            Some(told)
                if (told.at, told.change, &told.actor)
                    == (event.at, event.change, &event.actor) =>
            {
                event.id = told.id.clone();
            }
            Some(_) | None => facts
                .gaps
                .push("GitHub's two lists of label events disagree".to_owned()),
        }
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
