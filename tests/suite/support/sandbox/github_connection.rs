//! Pages of a GraphQL connection, forwards and backwards.
//!
//! A cursor stands for a place in the order, not for an entry, so a page can be followed although the
//! entry it ended with has gone. Bounds were checked before the query ran; see `github_price.rs`.

use super::github_ids::{Place, cursor, place_of_cursor};
use super::github_objects::{Ask, Object, Refusal, Value, leaf, null};

/// One page and what is known about the rest.
pub struct Page<T> {
    entries: Vec<(Place, T)>,
    name: &'static str,
    has_previous: bool,
    has_next: bool,
    total: usize,
    filtered: usize,
}

impl<T> Page<T> {
    /// Cuts a page out of `entries`, which are listed by rising place.
    pub fn cut(
        name: &'static str,
        mut entries: Vec<(Place, T)>,
        ask: &Ask<'_>,
    ) -> Result<Self, Refusal> {
        entries.sort_by_key(|(place, _)| *place);
        let total = entries.len();
        let after = place(name, ask.text("after"))?;
        let before = place(name, ask.text("before"))?;
        let start = after.map_or(0, |after| {
            entries.partition_point(|(place, _)| *place <= after)
        });
        let end = before.map_or(total, |before| {
            entries.partition_point(|(place, _)| *place < before)
        });
        let (mut start, mut end) = (start, end.max(start));
        let filtered = end - start;
        if let Some(first) = ask.number("first") {
            end = end.min(start + usize::try_from(first).unwrap_or(0));
        }
        if let Some(last) = ask.number("last") {
            start = start.max(end.saturating_sub(usize::try_from(last).unwrap_or(0)));
        }
        let (has_previous, has_next) = (start > 0, end < total);
        Ok(Self {
            entries: entries.drain(start..end).collect(),
            name,
            has_previous,
            has_next,
            total,
            filtered,
        })
    }

    /// The connection as an object; `node` renders one entry.
    pub fn connection<'w>(
        self,
        type_name: &'static str,
        node: impl Fn(&T) -> Value<'w> + 'w,
        edge: impl Fn(&T, String) -> Value<'w> + 'w,
    ) -> Value<'w>
    where
        T: 'w,
    {
        Object::value(type_name, move |ask| {
            Ok(match ask.field {
                "totalCount" => leaf(self.total),
                "filteredCount" => leaf(self.filtered),
                "nodes" => Value::List(self.entries.iter().map(|(_, entry)| node(entry)).collect()),
                "edges" => {
                    let edges = self.entries.iter();
                    Value::List(
                        edges
                            .map(|(place, entry)| edge(entry, cursor(self.name, *place)))
                            .collect(),
                    )
                }
                "pageInfo" => self.page_info(),
                _ => return Err(Refusal::not_modelled(type_name, ask)),
            })
        })
    }

    fn page_info<'w>(&self) -> Value<'w> {
        let (has_previous, has_next) = (self.has_previous, self.has_next);
        let name = self.name;
        let start = self.entries.first().map(|(place, _)| cursor(name, *place));
        let end = self.entries.last().map(|(place, _)| cursor(name, *place));
        Object::value("PageInfo", move |ask| {
            Ok(match ask.field {
                "hasPreviousPage" => leaf(has_previous),
                "hasNextPage" => leaf(has_next),
                "startCursor" => leaf(start.clone()),
                "endCursor" => leaf(end.clone()),
                _ => return Err(Refusal::not_modelled("PageInfo", ask)),
            })
        })
    }
}

/// For connections whose edges nobody can ask for.
pub fn no_edges<'w, T>(_: &T, _: String) -> Value<'w> {
    null()
}

fn place(name: &str, text: Option<&str>) -> Result<Option<Place>, Refusal> {
    let Some(text) = text else { return Ok(None) };
    match place_of_cursor(name, text) {
        Some(place) => Ok(Some(place)),
        None => Err(Refusal {
            kind: "INVALID_CURSOR_ARGUMENTS",
            message: format!("`{text}` does not appear to be a valid cursor."),
        }),
    }
}
