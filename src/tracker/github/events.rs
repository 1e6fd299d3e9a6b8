//! Label events through REST, which alone tells the App behind them.
//!
//! Reads the first page, and from the last page back until the newest change of the ready label is in view.

use url::Url;

use super::GitHub;
use super::wire::RestEvent;
use crate::domain::issue::LabelEvent;
use crate::domain::repository::IssueNumber;
use crate::http::Method;
use crate::service_error::ServiceError;
use crate::tracker::Repository;

/// Pages of events that are read, beside the first: 2,000 entries.
const EVENT_PAGES_MAX: usize = 20;

impl GitHub<'_> {
    /// Reads label events through REST, which alone tells the App behind them: the first page, and from the
    /// last page back until the newest change of the ready label is in view.
    pub(super) fn label_events(
        &self,
        repository: &Repository,
        number: IssueNumber,
        gaps: &mut Vec<String>,
    ) -> Result<Vec<LabelEvent>, ServiceError> {
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
        repository: &Repository,
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
