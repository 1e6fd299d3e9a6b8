//! What a query costs before it runs: connection requests, nodes, and the bounds every connection needs.
//!
//! The arithmetic is GitHub's: parents are counted at their maximum, points are connection requests
//! divided by a hundred, rounded, at least one.

use apollo_compiler::ExecutableDocument;
use apollo_compiler::executable::{Field, Operation, Selection, SelectionSet};
use apollo_compiler::response::JsonMap;
use serde_json::{Value, json};

/// Most nodes a query may ask for.
pub const NODE_LIMIT: u64 = 500_000;
/// Most entries of a connection on one page.
const PAGE_LIMIT: i64 = 100;

/// The result of reading a query with its variables.
#[derive(Debug, Default)]
pub struct Price {
    pub nodes: u64,
    pub connection_requests: u64,
    /// How many repositories the query names.
    pub repositories: usize,
    /// Connections without bounds, or with forbidden ones.
    pub errors: Vec<Value>,
}

impl Price {
    pub fn of(document: &ExecutableDocument, operation: &Operation, variables: &JsonMap) -> Self {
        let mut reader = Reader {
            document,
            variables,
            price: Self::default(),
        };
        reader.selections(&operation.selection_set, 1, &[]);
        reader.price
    }

    pub fn points(&self) -> u64 {
        ((self.connection_requests + 50) / 100).max(1)
    }
}

struct Reader<'a> {
    document: &'a ExecutableDocument,
    variables: &'a JsonMap,
    price: Price,
}

impl Reader<'_> {
    fn selections(&mut self, set: &SelectionSet, parents: u64, path: &[String]) {
        for selection in &set.selections {
            match selection {
                Selection::Field(field) => self.field(field, parents, path),
                Selection::InlineFragment(inline) => {
                    self.selections(&inline.selection_set, parents, path)
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.document.fragments.get(&spread.fragment_name) {
                        self.selections(&fragment.selection_set, parents, path);
                    }
                }
            }
        }
    }

    fn field(&mut self, field: &Field, parents: u64, path: &[String]) {
        let mut path = path.to_vec();
        path.push(field.response_key().to_string());
        let type_name = field.ty().inner_named_type().as_str();
        if type_name == "Repository" && path.len() == 1 {
            self.price.repositories += 1;
        }
        let mut children = parents;
        if type_name.ends_with("Connection") {
            let size = self.page_size(field, &path);
            self.price.connection_requests += parents;
            children = parents.saturating_mul(size);
            self.price.nodes = self.price.nodes.saturating_add(children);
        }
        self.selections(&field.selection_set, children, &path);
    }

    fn page_size(&mut self, field: &Field, path: &[String]) -> u64 {
        let bounds = ["first", "last"].map(|name| (name, self.number(field, name)));
        let mut size = None;
        for (name, bound) in bounds {
            let Some(bound) = bound else { continue };
            if bound > PAGE_LIMIT {
                self.refuse(field, path, "EXCESSIVE_PAGINATION", &format!(
                    "Requesting {bound} records on the `{}` connection exceeds the `{name}` limit of {PAGE_LIMIT} records.",
                    field.name
                ));
            } else if bound < 1 {
                self.refuse(
                    field,
                    path,
                    "INVALID_PAGINATION",
                    &format!(
                        "`{name}` on the `{}` connection cannot be less than one.",
                        field.name
                    ),
                );
            }
            size = Some(u64::try_from(bound).unwrap_or(0).max(size.unwrap_or(0)));
        }
        if let [(_, Some(_)), (_, Some(_))] = bounds {
            self.refuse(field, path, "INVALID_PAGINATION", &format!(
                "Passing both `first` and `last` to paginate the `{}` connection is not supported.",
                field.name
            ));
        }
        if size.is_none() {
            self.refuse(field, path, "MISSING_PAGINATION_BOUNDARIES", &format!(
                "You must provide a `first` or `last` value to properly paginate the `{}` connection.",
                field.name
            ));
        }
        size.unwrap_or(1)
    }

    fn number(&self, field: &Field, name: &str) -> Option<i64> {
        let argument = field
            .arguments
            .iter()
            .find(|argument| argument.name == name)?;
        let value = argument.value.as_ref();
        if let Some(variable) = value.as_variable() {
            return self.variables.get(variable.as_str())?.as_i64();
        }
        value.to_i32().map(i64::from)
    }

    fn refuse(&mut self, field: &Field, path: &[String], kind: &str, message: &str) {
        let span = field.name.location();
        let place = span.and_then(|span| span.line_column(&self.document.sources));
        let locations = place.map(|place| json!({"line": place.line, "column": place.column}));
        let error = json!({
            "type": kind,
            "path": path,
            "locations": locations.into_iter().collect::<Vec<_>>(),
            "message": message,
        });
        if !self.price.errors.contains(&error) {
            self.price.errors.push(error);
        }
    }
}
