//! The GraphQL types the stand-in knows, and what GitHub says about a query that uses others.
//!
//! The types live in `github_schema.graphql`, compiled in. A new type needs an entry there and a
//! resolver in `github_objects.rs`, nothing else. Whether a server knows dependencies and sub-issues is
//! decided here, so that older Enterprise servers refuse whole queries as they do.

use apollo_compiler::ast;
use apollo_compiler::validation::Valid;
use apollo_compiler::{Name, Node, Schema};
use serde_json::{Value, json};

const CORE: &str = include_str!("github_schema.graphql");

const DEPENDENCIES: &str = "
type IssueDependenciesSummary { blockedBy: Int! blocking: Int! totalBlockedBy: Int! totalBlocking: Int! }
input IssueDependencyOrder { direction: OrderDirection! field: IssueDependencyOrderField! }
enum IssueDependencyOrderField { CREATED_AT DEPENDENCY_ADDED_AT }
extend type Issue {
  issueDependenciesSummary: IssueDependenciesSummary!
  blockedBy(
    after: String, before: String, first: Int, last: Int,
    orderBy: IssueDependencyOrder = {direction: DESC, field: DEPENDENCY_ADDED_AT}
  ): IssueConnection!
}
";

const SUB_ISSUES: &str = "
type SubIssuesSummary { completed: Int! percentCompleted: Int! total: Int! }
extend type Issue {
  subIssuesSummary: SubIssuesSummary!
  parent: Issue
  closedByPullRequestsReferences(
    after: String, before: String, first: Int, includeClosedPrs: Boolean = false, last: Int,
    orderByState: Boolean = false, userLinkedOnly: Boolean = false
  ): PullRequestConnection
}
";

/// What a server's schema has beyond the core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    pub dependencies: bool,
    pub sub_issues: bool,
}

/// The schema of a server with these capabilities.
pub fn schema(capabilities: Capabilities) -> Valid<Schema> {
    let mut text = CORE.to_owned();
    if capabilities.dependencies {
        text.push_str(DEPENDENCIES);
    }
    if capabilities.sub_issues {
        text.push_str(SUB_ISSUES);
    }
    Schema::parse_and_validate(text, "github_schema.graphql")
        .expect("the schema of the sandbox is valid")
}

/// Errors for fields and arguments that do not exist, in GitHub's words; empty when all exist.
pub fn undefined_names(schema: &Schema, document: &ast::Document) -> Vec<Value> {
    let mut search = Search {
        schema,
        document,
        errors: Vec::new(),
    };
    for definition in &document.definitions {
        if let ast::Definition::OperationDefinition(operation) = definition {
            let Some(root) = schema.root_operation(operation.operation_type) else {
                continue;
            };
            let kind = operation.operation_type.name();
            let start = match &operation.name {
                Some(name) => format!("{kind} {name}"),
                None => kind.to_owned(),
            };
            search.selections(root, &operation.selection_set, &[start]);
        } else if let ast::Definition::FragmentDefinition(fragment) = definition {
            let start = format!("fragment {}", fragment.name);
            search.condition(&fragment.type_condition, &fragment.selection_set, &[start]);
        }
    }
    search.errors
}

struct Search<'a> {
    schema: &'a Schema,
    document: &'a ast::Document,
    errors: Vec<Value>,
}

impl Search<'_> {
    fn condition(&mut self, name: &Name, selections: &[ast::Selection], path: &[String]) {
        if self.schema.types.contains_key(name) {
            self.selections(name, selections, path);
            return;
        }
        self.errors.push(json!({
            "path": path,
            "extensions": {"code": "undefinedType", "typeName": name.as_str()},
            "locations": self.location(name.location()),
            "message": format!("No such type {name}, so it can't be a fragment condition"),
        }));
    }

    fn selections(&mut self, parent: &Name, selections: &[ast::Selection], path: &[String]) {
        for selection in selections {
            match selection {
                ast::Selection::Field(field) => self.field(parent, field, path),
                ast::Selection::FragmentSpread(_) => {}
                ast::Selection::InlineFragment(inline) => {
                    let name = inline.type_condition.as_ref().unwrap_or(parent);
                    let mut path = path.to_vec();
                    path.push(format!("... on {name}"));
                    self.condition(name, &inline.selection_set, &path);
                }
            }
        }
    }

    fn field(&mut self, parent: &Name, field: &Node<ast::Field>, path: &[String]) {
        let mut path = path.to_vec();
        path.push(field.response_name().to_string());
        let name = &field.name;
        let Ok(definition) = self.schema.type_field(parent, name) else {
            self.errors.push(json!({
                "path": path,
                "extensions": {"code": "undefinedField", "typeName": parent.as_str(), "fieldName": name.as_str()},
                "locations": self.location(field.location()),
                "message": format!("Field '{name}' doesn't exist on type '{parent}'"),
            }));
            return;
        };
        for argument in &field.arguments {
            if definition.argument_by_name(&argument.name).is_none() {
                path.push(argument.name.to_string());
                self.errors.push(json!({
                    "path": path,
                    "extensions": {
                        "code": "argumentNotAccepted", "name": name.as_str(),
                        "typeName": "Field", "argumentName": argument.name.as_str(),
                    },
                    "locations": self.location(argument.location()),
                    "message": format!("Field '{name}' doesn't accept argument '{}'", argument.name),
                }));
                path.pop();
            }
        }
        let inner = definition.ty.inner_named_type().clone();
        self.selections(&inner, &field.selection_set, &path);
    }

    fn location(&self, span: Option<apollo_compiler::parser::SourceSpan>) -> Value {
        match span.and_then(|span| span.line_column(&self.document.sources)) {
            Some(place) => json!([{"line": place.line, "column": place.column}]),
            None => json!([]),
        }
    }
}
