//! Older pages of one of an issue's lists.
//!
//! Lists are read from their new end back to what matters. Where that is not reached, or an answer does not say whether
//! there is more, a gap says so.

use serde::Deserialize;
use serde_json::{Value, json};

use super::rest::SERVICE;
use super::wire::{Nodes, previous_page};
use super::{GitHub, decode};
use crate::domain::repository::{IssueNumber, RepoRef};
use crate::service_error::{FailureKind, ServiceError};

/// Older pages of one list that are read: with fifty entries on each, as many as an issue may have comments.
const OLDER_PAGES_MAX: usize = 50;

/// One list of one issue.
#[derive(Debug)]
pub(super) struct List<'l> {
    pub(super) repo: &'l RepoRef,
    pub(super) number: IssueNumber,
    /// Its field.
    pub(super) field: &'l str,
    /// The document that reads an older page of it.
    pub(super) document: &'l str,
    /// The gap when there are more pages than are read.
    pub(super) too_many: &'l str,
}

impl GitHub<'_> {
    /// Reads older pages until `reached`, or to the list's beginning. Entries are oldest first. What `reached` takes out of them
    /// is not held while the others are read.
    pub(super) fn back_to<T: for<'de> Deserialize<'de>>(
        &self,
        list: &List<'_>,
        page: u32,
        newest: Nodes<T>,
        mut reached: impl FnMut(&mut [T]) -> bool,
        gaps: &mut Vec<String>,
    ) -> Result<Vec<T>, ServiceError> {
        let mut entries = newest.nodes;
        let mut page_info = newest.page_info;
        for pages in 0.. {
            if reached(&mut entries) {
                break;
            }
            match previous_page(page_info.take(), list.field) {
                Ok(None) => break,
                Ok(Some(_)) if pages == OLDER_PAGES_MAX => {
                    gaps.push(list.too_many.to_owned());
                    break;
                }
                Ok(Some(before)) => {
                    let mut older: Nodes<T> =
                        self.list_page(list, json!({ "page": page, "before": before }))?;
                    page_info = older.page_info.take();
                    entries.splice(0..0, older.nodes);
                }
                Err(why) => {
                    gaps.push(why);
                    break;
                }
            }
        }
        Ok(entries)
    }

    /// Reads one page of a list; `variables` has what it takes beside the issue.
    pub(super) fn list_page<T: for<'de> Deserialize<'de>>(
        &self,
        list: &List<'_>,
        mut variables: Value,
    ) -> Result<Nodes<T>, ServiceError> {
        let List {
            repo,
            number,
            field,
            document,
            too_many: _,
        } = list;
        let name = format!("read {field} of {}#{number}", repo.full_name());
        variables["owner"] = json!(repo.owner());
        variables["name"] = json!(repo.name());
        variables["number"] = json!(number.0);
        let answer = self.query(&name, document, &variables)?;
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
}
