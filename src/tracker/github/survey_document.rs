//! The GraphQL document of poll's bulk read.
//!
//! It asks for what refuses without a further request, and for nothing that people write at length. The first page of each
//! repository is short, because most repositories have nothing ready and GitHub counts points by what a document may give: 20
//! repositories cost 3 points. Repositories with more are asked for longer pages, as long as they need.

use std::fmt::Write as _;

use super::capabilities::Capabilities;
use super::documents::{ASSIGNEE, FACTS, SUB_ISSUES, rival_fields};

/// Ready issues on the first page of a repository.
pub(super) const READY_FIRST_PAGE: u64 = 3;

/// Ready issues on a later page, at most.
pub(super) const READY_PAGE: u64 = 25;

/// The same when GitHub can not finish one repository.
pub(super) const READY_PAGE_SMALL: u64 = 5;

/// The bulk read of `count` repositories, as aliases `r0`, `r1`, and so on. Variables: `$ready`, `$locked`; per repository `$o`,
/// `$n`, `$p`, how long the page is, and `$a`, where it begins.
pub(super) fn survey(capabilities: Capabilities, count: usize) -> String {
    let mut variables = String::from("$ready: [String!]!, $locked: [String!]!");
    let mut body = String::new();
    for index in 0..count {
        write!(
            variables,
            ", $o{index}: String!, $n{index}: String!, $p{index}: Int!, $a{index}: String"
        )
        .expect("a String takes any text");
        writeln!(
            body,
            "  r{index}: repository(owner: $o{index}, name: $n{index}) {{ ...Facts locked: issues(labels: $locked, states: [OPEN, CLOSED], first: 100) {{ nodes {{ number }} }} ready: issues(labels: $ready, states: [OPEN], first: $p{index}, after: $a{index}, orderBy: {{field: CREATED_AT, direction: ASC}}) {{ ...Ready }} }}"
        )
        .expect("a String takes any text");
    }
    let sub_issues = if capabilities.sub_issues {
        SUB_ISSUES
    } else {
        ""
    };
    let dependencies = if capabilities.dependencies {
        "issueDependenciesSummary { blockedBy } blockedBy(first: 20) { nodes { number state repository { nameWithOwner } } }"
    } else {
        ""
    };
    let rivals = if capabilities.closing_pull_requests {
        format!(
            "closedByPullRequestsReferences(first: 10, includeClosedPrs: false) {{ nodes {{ {} }} }}",
            rival_fields()
        )
    } else {
        String::new()
    };
    format!(
        "query Survey({variables}) {{
  viewer {{ login databaseId }}
{body}}}
fragment Ready on IssueConnection {{
  totalCount
  pageInfo {{ hasNextPage endCursor }}
  nodes {{
    number lastEditedAt
    labels(first: 100) {{ nodes {{ name }} }}
    timelineItems(last: 20, itemTypes: [LABELED_EVENT, UNLABELED_EVENT, ASSIGNED_EVENT]) {{
      nodes {{ __typename ... on LabeledEvent {{ id createdAt label {{ name }} }} ... on UnlabeledEvent {{ label {{ name }} }} ... on AssignedEvent {{ createdAt {ASSIGNEE} }} }}
    }}
    assignees(first: 20) {{ nodes {{ __typename login databaseId }} }}
    {sub_issues}
    {dependencies}
    {rivals}
  }}
}}
{FACTS}"
    )
}
