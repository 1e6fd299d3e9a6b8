//! What every GraphQL answer is made of: data and errors, pages, names.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::pruned::PrunedMap;

/// A GraphQL answer.
#[derive(Debug, Deserialize)]
pub(in crate::tracker::github) struct GraphQlAnswer {
    #[serde(default, deserialize_with = "pruned")]
    pub(in crate::tracker::github) data: Option<Map<String, Value>>,
    #[serde(default)]
    pub(in crate::tracker::github) errors: Vec<GraphQlError>,
    /// Some refusals have nothing else, whatever their status.
    #[serde(default)]
    pub(in crate::tracker::github) message: Option<String>,
}

fn pruned<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Map<String, Value>>, D::Error> {
    Ok(Option::<PrunedMap>::deserialize(deserializer)?.map(|map| map.0))
}

/// One entry of a GraphQL answer's `errors`.
#[derive(Clone, Debug, Deserialize)]
pub(in crate::tracker::github) struct GraphQlError {
    #[serde(default, rename = "type")]
    pub(in crate::tracker::github) kind: Option<String>,
    #[serde(default)]
    pub(in crate::tracker::github) message: String,
    #[serde(default)]
    pub(in crate::tracker::github) path: Option<Vec<Value>>,
    #[serde(default)]
    pub(in crate::tracker::github) extensions: Option<Value>,
}

impl GraphQlError {
    /// The path's steps that are names, so without list indexes.
    pub(in crate::tracker::github) fn names(&self) -> Vec<&str> {
        self.path
            .iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect()
    }

    pub(in crate::tracker::github) fn is_kind(&self, kind: &str) -> bool {
        self.kind.as_deref() == Some(kind)
    }

    /// Whether the server's schema lacks the field.
    pub(in crate::tracker::github) fn is_undefined_field(&self, field: &str) -> bool {
        let extension = |key: &str| {
            self.extensions
                .as_ref()
                .and_then(|extensions| extensions[key].as_str())
        };
        (extension("code") == Some("undefinedField") && extension("fieldName") == Some(field))
            || (self.message.contains("doesn't exist on type")
                && self.message.contains(&format!("'{field}'")))
    }
}

/// A page of a connection.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::tracker::github) struct Nodes<T> {
    pub(in crate::tracker::github) nodes: Vec<T>,
    #[serde(default)]
    pub(in crate::tracker::github) total_count: Option<u64>,
    #[serde(default)]
    pub(in crate::tracker::github) page_info: Option<PageInfo>,
}

/// Which members are asked for depends on the direction of reading; the ones that were must be there.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::tracker::github) struct PageInfo {
    #[serde(default)]
    has_next_page: Option<bool>,
    #[serde(default)]
    end_cursor: Option<String>,
    #[serde(default)]
    has_previous_page: Option<bool>,
    #[serde(default)]
    start_cursor: Option<String>,
}

impl PageInfo {
    /// Whether there is a page before; `None` when the answer does not say.
    pub(in crate::tracker::github) const fn has_previous(&self) -> Option<bool> {
        self.has_previous_page
    }
}

/// The cursor of the next page, when there is one.
///
/// # Errors
///
/// A text for people when the answer does not say whether there is one.
pub(in crate::tracker::github) fn next_page(
    page_info: Option<PageInfo>,
    what: &str,
) -> Result<Option<String>, String> {
    let page_info = page_info.unwrap_or_default();
    match (page_info.has_next_page, page_info.end_cursor) {
        (Some(false), _) => Ok(None),
        (Some(true), Some(cursor)) => Ok(Some(cursor)),
        (Some(true), None) | (None, _) => Err(format!(
            "the answer does not say whether there are more {what}"
        )),
    }
}

/// The cursor of the page before, when there is one.
///
/// # Errors
///
/// A text for people when the answer does not say whether there is one.
pub(in crate::tracker::github) fn previous_page(
    page_info: Option<PageInfo>,
    what: &str,
) -> Result<Option<String>, String> {
    let page_info = page_info.unwrap_or_default();
    match (page_info.has_previous_page, page_info.start_cursor) {
        (Some(false), _) => Ok(None),
        (Some(true), Some(cursor)) => Ok(Some(cursor)),
        (Some(true), None) | (None, _) => Err(format!(
            "the answer does not say whether there are older {what}"
        )),
    }
}

/// For members whose null is a fact and whose absence is none.
pub(in crate::tracker::github) fn maybe_null<
    'de,
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    Option::deserialize(deserializer)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::tracker::github) struct Viewer {
    pub(in crate::tracker::github) login: String,
    pub(in crate::tracker::github) database_id: Option<u64>,
}

#[derive(Debug, Deserialize)]
pub(in crate::tracker::github) struct Named {
    pub(in crate::tracker::github) name: String,
}

/// A connection that the answer must have; a missing one is a gap.
pub(in crate::tracker::github) fn present<T>(
    nodes: Option<Nodes<T>>,
    what: &str,
    gaps: &mut Vec<String>,
) -> Nodes<T> {
    nodes.unwrap_or_else(|| {
        gaps.push(format!("the answer lacks the {what}"));
        Nodes {
            nodes: Vec::new(),
            total_count: None,
            page_info: None,
        }
    })
}
