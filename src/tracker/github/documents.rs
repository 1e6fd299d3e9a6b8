//! The GraphQL documents with which poll reads, and the pieces that the watcher's share.
//!
//! Generated from capabilities, because one field that a server lacks fails the whole document
//! (`contracts/github` section 1). Every document validates against GitHub's public schema of July 2026.

use std::fmt::Write as _;

use super::capabilities::Capabilities;
use crate::domain::start::blocked_by::BlockerRef;

/// Issues per repository and page of the bulk read.
pub(super) const READY_PAGE: u32 = 25;

/// The same when GitHub can not finish one repository.
pub(super) const READY_PAGE_SMALL: u32 = 5;

/// Items per page of an issue's comments, timeline and edits.
pub(super) const DETAIL_PAGE: u32 = 100;

/// Who did something.
pub(super) const ACTOR: &str =
    "actor { __typename login ... on User { databaseId } ... on Bot { databaseId } }";

/// What every bulk read asks about a repository.
pub(super) const FACTS: &str = "fragment Facts on Repository {
  databaseId nameWithOwner url isArchived hasIssuesEnabled visibility
  defaultBranchRef { name }
}
";

/// The bulk read of `count` repositories, as aliases `r0`, `r1`, and so on.
pub(super) fn survey(capabilities: Capabilities, count: usize) -> String {
    let mut document =
        String::from("query Survey($ready: [String!]!, $locked: [String!]!, $page: Int!");
    for index in 0..count {
        write!(
            document,
            ", $o{index}: String!, $n{index}: String!, $a{index}: String"
        )
        .expect("a String takes any text");
    }
    document.push_str(") {\n  viewer { login databaseId }\n");
    for index in 0..count {
        writeln!(
            document,
            "  r{index}: repository(owner: $o{index}, name: $n{index}) {{ ...Facts locked: issues(labels: $locked, states: [OPEN, CLOSED], first: 100) {{ nodes {{ number }} }} ready: issues(labels: $ready, states: [OPEN], first: $page, after: $a{index}, orderBy: {{field: CREATED_AT, direction: ASC}}) {{ ...Ready }} }}"
        )
        .expect("a String takes any text");
    }
    let sub_issues = if capabilities.sub_issues {
        SUB_ISSUES
    } else {
        ""
    };
    document.push_str(&format!(
        "}}
fragment Ready on IssueConnection {{
  pageInfo {{ hasNextPage endCursor }}
  nodes {{
    number body
    labels(first: 100) {{ totalCount nodes {{ name }} }}
    timelineItems(last: 10, itemTypes: [LABELED_EVENT, UNLABELED_EVENT]) {{
      nodes {{ __typename ... on LabeledEvent {{ id createdAt label {{ name }} }} ... on UnlabeledEvent {{ label {{ name }} }} }}
    }}
    {sub_issues}
  }}
}}
"
    ));
    document.push_str(FACTS);
    document
}

const SUB_ISSUES: &str = "subIssuesSummary { total completed }";

/// What happened to an issue, as far as it is asked.
const ITEM_TYPES: &str = "[LABELED_EVENT, UNLABELED_EVENT, RENAMED_TITLE_EVENT, TRANSFERRED_EVENT, CLOSED_EVENT, REOPENED_EVENT, ASSIGNED_EVENT]";

/// An account, wherever it stands.
const ACCOUNT: &str = "{ __typename login ... on User { databaseId } ... on Bot { databaseId } }";

/// An issue as context of another one, with everybody who changed it.
fn parent_fields() -> String {
    format!(
        "number title body lastEditedAt author {ACCOUNT} repository {{ nameWithOwner }}
          userContentEdits(first: $page) {{ totalCount nodes {{ editor {ACCOUNT} }} }}
          timelineItems(last: $page, itemTypes: [RENAMED_TITLE_EVENT]) {{ pageInfo {{ hasPreviousPage startCursor }} nodes {{ __typename ... on RenamedTitleEvent {{ {ACTOR} }} }} }}"
    )
}

/// The issue that a body names as its parent.
pub(super) fn parent_issue() -> String {
    format!(
        "query Parent($owner: String!, $name: String!, $number: Int!, $page: Int!) {{
  repository(owner: $owner, name: $name) {{ issue(number: $number) {{ {} }} }}
}}
",
        parent_fields()
    )
}

/// Everything the trust gate asks about one issue, and the state of the blockers that its body names.
pub(super) fn issue(capabilities: Capabilities, references: &[BlockerRef]) -> String {
    let dependencies = if capabilities.dependencies {
        "issueDependenciesSummary { blockedBy }
      blockedBy(first: 100) { totalCount nodes { number state repository { nameWithOwner } } }"
    } else {
        ""
    };
    let sub_issues = if capabilities.sub_issues {
        format!("{SUB_ISSUES} parent {{ {} }}", parent_fields())
    } else {
        String::new()
    };
    let rivals = if capabilities.closing_pull_requests {
        format!(
            "closedByPullRequestsReferences(first: 100, includeClosedPrs: false) {{ totalCount nodes {{ number state author {ACCOUNT} repository {{ nameWithOwner }} }} }}"
        )
    } else {
        String::new()
    };
    let mut document = format!(
        "query Issue($owner: String!, $name: String!, $number: Int!, $page: Int!) {{
  repository(owner: $owner, name: $name) {{
    databaseId nameWithOwner isArchived visibility
    issueOrPullRequest(number: $number) {{
      __typename
      ... on Issue {{
        number url title body state createdAt
        author {{ __typename login ... on User {{ databaseId }} ... on Bot {{ databaseId }} }}
        labels(first: 100) {{ totalCount nodes {{ name }} }}
        lastEditedAt
        userContentEdits(first: $page) {{ totalCount nodes {{ editedAt editor {{ __typename login ... on User {{ databaseId }} ... on Bot {{ databaseId }} }} }} }}
        timelineItems(last: $page, itemTypes: {ITEM_TYPES}) {{ ...Timeline }}
        comments(last: $page) {{ ...Comments }}
        assignees(first: 20) {{ totalCount nodes {{ __typename login databaseId }} }}
        {dependencies}
        {sub_issues}
        {rivals}
      }}
    }}
  }}
"
    );
    for (index, reference) in references.iter().enumerate() {
        let number = reference.number;
        match &reference.repo {
            None => writeln!(
                document,
                "  b{index}: repository(owner: $owner, name: $name) {{ nameWithOwner blocker: issueOrPullRequest(number: {number}) {{ ...Blocker }} }}"
            ),
            Some((owner, name)) => writeln!(
                document,
                "  b{index}: repository(owner: {owner:?}, name: {name:?}) {{ nameWithOwner blocker: issueOrPullRequest(number: {number}) {{ ...Blocker }} }}"
            ),
        }
        .expect("a String takes any text");
    }
    document.push_str("}\n");
    if !references.is_empty() {
        document.push_str(
            "fragment Blocker on IssueOrPullRequest { __typename ... on Issue { state } ... on PullRequest { prState: state } }\n",
        );
    }
    document.push_str(&timeline_fragment());
    document.push_str(COMMENTS_FRAGMENT);
    document
}

/// An older page of an issue's timeline.
pub(super) fn timeline_page() -> String {
    format!(
        "query Timeline($owner: String!, $name: String!, $number: Int!, $page: Int!, $before: String!) {{
  repository(owner: $owner, name: $name) {{ issue(number: $number) {{
    timelineItems(last: $page, before: $before, itemTypes: {ITEM_TYPES}) {{ ...Timeline }}
  }} }}
}}
{}",
        timeline_fragment()
    )
}

/// An older page of an issue's comments.
pub(super) fn comments_page() -> String {
    format!(
        "query Comments($owner: String!, $name: String!, $number: Int!, $page: Int!, $before: String!) {{
  repository(owner: $owner, name: $name) {{ issue(number: $number) {{ comments(last: $page, before: $before) {{ ...Comments }} }} }}
}}
{COMMENTS_FRAGMENT}"
    )
}

fn timeline_fragment() -> String {
    format!(
        "fragment Timeline on IssueTimelineItemsConnection {{
  pageInfo {{ hasPreviousPage startCursor }}
  nodes {{
    __typename
    ... on LabeledEvent {{ id createdAt label {{ name }} {ACTOR} }}
    ... on UnlabeledEvent {{ id createdAt label {{ name }} {ACTOR} }}
    ... on RenamedTitleEvent {{ createdAt {ACTOR} }}
    ... on TransferredEvent {{ createdAt }}
    ... on ClosedEvent {{ createdAt {ACTOR} }}
    ... on ReopenedEvent {{ createdAt {ACTOR} }}
    ... on AssignedEvent {{ createdAt assignee {{ __typename ... on User {{ login databaseId }} ... on Bot {{ login databaseId }} ... on Mannequin {{ login }} ... on Organization {{ login }} }} }}
  }}
}}
"
    )
}

const COMMENTS_FRAGMENT: &str = "fragment Comments on IssueCommentConnection {
  pageInfo { hasPreviousPage startCursor }
  nodes {
    author { __typename login ... on User { databaseId } ... on Bot { databaseId } }
    editor { __typename login ... on User { databaseId } ... on Bot { databaseId } }
    body createdAt lastEditedAt isMinimized
  }
}
";
