//! The GraphQL documents with which poll reads, and the pieces that the watcher's share.
//!
//! Generated from capabilities, because one field that a server lacks fails the whole document
//! (`contracts/github` section 1). Every document validates against GitHub's public schema of July 2026.

use std::fmt::Write as _;

use super::capabilities::Capabilities;

/// Items per page of an issue's comments, timeline and edits.
pub(super) const DETAIL_PAGE: u32 = 100;

/// The same when GitHub can not finish one issue.
pub(super) const DETAIL_PAGE_SMALL: u32 = 25;

/// Who did something.
pub(super) const ACTOR: &str =
    "actor { __typename login ... on User { databaseId } ... on Bot { databaseId } }";

/// What every bulk read asks about a repository.
pub(super) const FACTS: &str = "fragment Facts on Repository {
  databaseId nameWithOwner url isArchived hasIssuesEnabled visibility
  defaultBranchRef { name }
}
";

/// How many sub-issues there are.
pub(super) const SUB_ISSUES: &str = "subIssuesSummary { total completed }";

/// What happened to an issue, as far as it is asked.
const ITEM_TYPES: &str = "[LABELED_EVENT, UNLABELED_EVENT, RENAMED_TITLE_EVENT, TRANSFERRED_EVENT, CLOSED_EVENT, REOPENED_EVENT, ASSIGNED_EVENT]";

/// An account, wherever it stands.
pub(super) const ACCOUNT: &str =
    "{ __typename login ... on User { databaseId } ... on Bot { databaseId } }";

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

/// Who is assigned, in an event of it.
pub(super) const ASSIGNEE: &str = "assignee { __typename ... on User { login databaseId } ... on Bot { login databaseId } ... on Mannequin { login } ... on Organization { login } }";

/// A pull request that will close an issue.
pub(super) fn rival_fields() -> String {
    format!("number state author {ACCOUNT} repository {{ nameWithOwner }}")
}

/// Everything the trust gate asks about `count` issues, as aliases `r0`, `r1`, and so on, on request with what is known of the
/// comments beside their texts. Variables: `$page`; per issue `$o`, `$n` and `$i`, its number.
pub(super) fn issues(capabilities: Capabilities, count: usize, with_comments: bool) -> String {
    let mut variables = String::from("$page: Int!");
    let mut body = String::new();
    for index in 0..count {
        write!(
            variables,
            ", $o{index}: String!, $n{index}: String!, $i{index}: Int!"
        )
        .expect("a String takes any text");
        writeln!(
            body,
            "  r{index}: repository(owner: $o{index}, name: $n{index}) {{ databaseId issueOrPullRequest(number: $i{index}) {{ __typename ...Detail }} }}"
        )
        .expect("a String takes any text");
    }
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
            "closedByPullRequestsReferences(first: 100, includeClosedPrs: false) {{ totalCount nodes {{ {} }} }}",
            rival_fields()
        )
    } else {
        String::new()
    };
    let (comments, comments_fragment) = if with_comments {
        (
            "comments(last: $page) { ...Comments }",
            comments_fragment(false),
        )
    } else {
        // Most issues have none, and need not be asked for them.
        (
            "commented: comments(first: 1) { totalCount }",
            String::new(),
        )
    };
    format!(
        "query Issues({variables}) {{
  viewer {{ login databaseId }}
{body}}}
fragment Detail on Issue {{
  number url title body state createdAt
  author {ACCOUNT}
  labels(first: 100) {{ totalCount nodes {{ name }} }}
  lastEditedAt
  userContentEdits(first: $page) {{ totalCount nodes {{ editedAt editor {ACCOUNT} }} }}
  timelineItems(last: $page, itemTypes: {ITEM_TYPES}) {{ ...Timeline }}
  {comments}
  assignees(first: 20) {{ totalCount nodes {{ __typename login databaseId }} }}
  {dependencies}
  {sub_issues}
  {rivals}
}}
{}{comments_fragment}",
        timeline_fragment()
    )
}

/// The states of `count` issues or pull requests, as aliases `r0`, `r1`, and so on. Variables: per one `$o`, `$n` and `$i`.
pub(super) fn states(count: usize) -> String {
    let mut variables = String::new();
    let mut body = String::new();
    for index in 0..count {
        write!(
            variables,
            "$o{index}: String!, $n{index}: String!, $i{index}: Int!, "
        )
        .expect("a String takes any text");
        writeln!(
            body,
            "  r{index}: repository(owner: $o{index}, name: $n{index}) {{ blocker: issueOrPullRequest(number: $i{index}) {{ __typename ... on Issue {{ state }} ... on PullRequest {{ prState: state }} }} }}"
        )
        .expect("a String takes any text");
    }
    let variables = variables.trim_end_matches(", ");
    format!("query Blockers({variables}) {{\n  viewer {{ login databaseId }}\n{body}}}\n")
}

/// What `count` people may do, as aliases `r0`, `r1`, and so on. Variables: per one `$o`, `$n` and `$l`, the login.
pub(super) fn people(count: usize) -> String {
    let mut variables = String::new();
    let mut body = String::new();
    for index in 0..count {
        write!(
            variables,
            "$o{index}: String!, $n{index}: String!, $l{index}: String!, "
        )
        .expect("a String takes any text");
        writeln!(
            body,
            "  r{index}: repository(owner: $o{index}, name: $n{index}) {{ collaborators(login: $l{index}, first: 1) {{ edges {{ permission node {{ login }} }} }} }}"
        )
        .expect("a String takes any text");
    }
    let variables = variables.trim_end_matches(", ");
    format!("query People({variables}) {{\n  viewer {{ login databaseId }}\n{body}}}\n")
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

/// A page of an issue's comments, from the newest back, on request without their texts.
pub(super) fn comments_page(with_texts: bool) -> String {
    format!(
        "query Comments($owner: String!, $name: String!, $number: Int!, $page: Int!, $before: String) {{
  repository(owner: $owner, name: $name) {{ issue(number: $number) {{ comments(last: $page, before: $before) {{ ...Comments }} }} }}
}}
{}",
        comments_fragment(with_texts)
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
    ... on AssignedEvent {{ createdAt {ASSIGNEE} }}
  }}
}}
"
    )
}

/// What tells that a text will not be read comes before it.
fn comments_fragment(with_texts: bool) -> String {
    // A comment that was edited more often is not told to an agent. Fifty comments with their edits cost one point.
    let body = if with_texts {
        format!(
            "userContentEdits(first: 50) {{ totalCount nodes {{ editor {ACCOUNT} }} }} createdViaEmail body"
        )
    } else {
        String::new()
    };
    format!(
        "fragment Comments on IssueCommentConnection {{
  pageInfo {{ hasPreviousPage startCursor }}
  nodes {{
    isMinimized createdAt lastEditedAt author {ACCOUNT} editor {ACCOUNT} {body}
  }}
}}
"
    )
}
