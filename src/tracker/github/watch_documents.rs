//! The GraphQL documents with which the watcher reads.
//!
//! One document reads up to twenty repositories with the issues of their runs, the newest commits and the checks of the newest
//! one, which most often is the run's; another one the checks of the other commits that matter. Other documents read more pages of one list. The figures are worst cases: what GitHub counts and
//! what it sends differ by far, because hardly any issue or commit fills its pages.

use std::fmt::Write as _;

use super::batches::Size;
use super::documents::{ACTOR, FACTS};
use crate::domain::repository::IssueNumber;

/// Commits on a page of a branch's history; the most that GitHub allows.
pub(super) const HISTORY_PAGE: u32 = 100;

/// Check suites of one commit that are read.
const SUITES_PAGE: u32 = 100;

/// Checks on a page of one commit; the most that GitHub allows.
pub(super) const CHECKS_PAGE: u32 = 100;

const EVENT_KINDS: &str =
    "[LABELED_EVENT, UNLABELED_EVENT, REFERENCED_EVENT, CLOSED_EVENT, REOPENED_EVENT]";

/// What to read of one repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    /// Issues, as aliases `i0`, `i1`, and so on.
    pub(super) issues: Vec<IssueNumber>,
    /// Commits, as alias `head`; what CI says of the newest one, as alias `tip`.
    pub(super) commits: Commits,
}

/// Whose commits to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Commits {
    /// None.
    No,
    /// Those of the default branch.
    OfDefaultBranch,
    /// Those of the branch in the variable `$b<index>`.
    OfBranch,
}

/// The bulk read, as aliases `r0`, `r1`, and so on. Variables: `$locked`; per repository `$o`, `$n`, and with
/// a configured branch `$b` (its qualified name).
pub(super) fn watch(shapes: &[Shape], size: Size) -> String {
    let commits = match size {
        Size::Full => HISTORY_PAGE,
        Size::Small => 30,
    };
    let mut variables = String::from("$locked: [String!]!");
    let mut body = String::new();
    for (index, shape) in shapes.iter().enumerate() {
        write!(variables, ", $o{index}: String!, $n{index}: String!")
            .expect("a String takes any text");
        let head = match shape.commits {
            Commits::No => None,
            Commits::OfDefaultBranch => Some("defaultBranchRef".to_owned()),
            Commits::OfBranch => {
                write!(variables, ", $b{index}: String!").expect("a String takes any text");
                Some(format!("ref(qualifiedName: $b{index})"))
            }
        };
        let mut parts = String::new();
        for (index, number) in shape.issues.iter().enumerate() {
            write!(
                parts,
                " i{index}: issue(number: {number}) {{ ...RunIssue }}"
            )
            .expect("a String takes any text");
        }
        if let Some(head) = head {
            write!(
                parts,
                " head: {head} {{ target {{ oid ... on Commit {{ history(first: {commits}) {{ ...History }} }} }} }}"
            )
            .expect("a String takes any text");
            if size == Size::Full {
                write!(parts, " tip: {head} {{ target {{ oid ...Reports }} }}")
                    .expect("a String takes any text");
            }
        }
        writeln!(
            body,
            "  r{index}: repository(owner: $o{index}, name: $n{index}) {{ ...Facts locked: issues(labels: $locked, states: [OPEN, CLOSED], first: 100) {{ nodes {{ number title url state }} }}{parts} }}"
        )
        .expect("a String takes any text");
    }
    let mut document =
        format!("query Watch({variables}) {{\n  viewer {{ login databaseId }}\n{body}}}\n{FACTS}");
    if shapes.iter().any(|shape| !shape.issues.is_empty()) {
        document.push_str(&run_issue_fragments());
    }
    if shapes.iter().any(|shape| shape.commits != Commits::No) {
        document.push_str(HISTORY);
        if size == Size::Full {
            document.push_str(&reports_fragments());
        }
    }
    document
}

/// An older page of an issue's comments.
pub(super) fn comments_page() -> String {
    format!(
        "query RunComments($owner: String!, $name: String!, $number: Int!, $page: Int!, $before: String!) {{
  repository(owner: $owner, name: $name) {{ issue(number: $number) {{ comments(last: $page, before: $before) {{ ...RunComments }} }} }}
}}
{COMMENTS}"
    )
}

/// An older page of an issue's events.
pub(super) fn events_page() -> String {
    format!(
        "query RunEvents($owner: String!, $name: String!, $number: Int!, $page: Int!, $before: String!) {{
  repository(owner: $owner, name: $name) {{ issue(number: $number) {{ timelineItems(last: $page, before: $before, itemTypes: {EVENT_KINDS}) {{ ...RunEvents }} }} }}
}}
{}",
        events_fragment()
    )
}

/// A later page of the history that ends at one commit.
pub(super) fn history_page() -> String {
    format!(
        "query History($owner: String!, $name: String!, $oid: GitObjectID!, $page: Int!, $after: String!) {{
  repository(owner: $owner, name: $name) {{ object(oid: $oid) {{ oid ... on Commit {{ history(first: $page, after: $after) {{ ...History }} }} }} }}
}}
{}",
        history_with_parents()
    )
}

/// The checks of many commits, as aliases `r0`, `r1`, and so on, and on request the parents of so many commits from there down.
/// Variables: per commit `$o`, `$n` and `$c`, its id.
///
/// Parents are asked for only where they matter: a page of a hundred commits costs a point with them, and next to nothing without.
pub(super) fn details(lines: &[u32]) -> String {
    let mut variables = String::new();
    let mut body = String::new();
    for (index, line) in lines.iter().enumerate() {
        write!(
            variables,
            "$o{index}: String!, $n{index}: String!, $c{index}: GitObjectID!, "
        )
        .expect("a String takes any text");
        let line = match line {
            0 => String::new(),
            commits => format!(
                " ... on Commit {{ line: history(first: {commits}) {{ nodes {{ oid {PARENTS} }} }} }}"
            ),
        };
        writeln!(
            body,
            "  r{index}: repository(owner: $o{index}, name: $n{index}) {{ object(oid: $c{index}) {{ oid ...Reports{line} }} }}"
        )
        .expect("a String takes any text");
    }
    let variables = variables.trim_end_matches(", ");
    format!(
        "query Details({variables}) {{
  viewer {{ login databaseId }}
{body}}}
{}",
        reports_fragments()
    )
}

/// What reports on a commit.
fn reports_fragments() -> String {
    format!(
        "fragment Reports on GitObject {{ ... on Commit {{ statusCheckRollup {{ contexts(first: {CHECKS_PAGE}) {{ ...Contexts }} }} checkSuites(first: {SUITES_PAGE}) {{ ...Suites }} }} }}
{}{}",
        contexts_fragment(true),
        suites_fragment(true)
    )
}

/// The parents of some commits from one down, where the checks of many could not be had.
pub(super) fn line() -> String {
    format!(
        "query Line($owner: String!, $name: String!, $oid: GitObjectID!, $page: Int!) {{
  repository(owner: $owner, name: $name) {{ object(oid: $oid) {{ oid ... on Commit {{ line: history(first: $page) {{ nodes {{ oid {PARENTS} }} }} }} }} }}
}}
"
    )
}

/// A page of the checks of one commit; on request without what only Actions: read opens.
pub(super) fn checks_page(with_workflows: bool) -> String {
    format!(
        "query Checks($owner: String!, $name: String!, $oid: GitObjectID!, $page: Int!, $after: String, $suites: String) {{
  repository(owner: $owner, name: $name) {{ nameWithOwner object(oid: $oid) {{ oid ... on Commit {{ statusCheckRollup {{ contexts(first: $page, after: $after) {{ ...Contexts }} }} checkSuites(first: {SUITES_PAGE}, after: $suites) {{ ...Suites }} }} }} }}
}}
{}{}",
        contexts_fragment(with_workflows),
        suites_fragment(with_workflows)
    )
}

fn run_issue_fragments() -> String {
    format!(
        "fragment RunIssue on Issue {{
  number title url state repository {{ databaseId }}
  labels(first: 100) {{ totalCount nodes {{ name }} }}
  comments(last: 50) {{ ...RunComments }}
  timelineItems(last: 50, itemTypes: {EVENT_KINDS}) {{ ...RunEvents }}
}}
{COMMENTS}{}",
        events_fragment()
    )
}

const COMMENTS: &str = "fragment RunComments on IssueCommentConnection {
  pageInfo { hasPreviousPage startCursor }
  nodes {
    fullDatabaseId viewerDidAuthor body createdAt lastEditedAt
    editor { __typename login ... on User { databaseId } ... on Bot { databaseId } }
  }
}
";

/// The repository of a mention is not asked for: it may be one that our token can not see.
fn events_fragment() -> String {
    format!(
        "fragment RunEvents on IssueTimelineItemsConnection {{
  pageInfo {{ hasPreviousPage startCursor }}
  nodes {{
    __typename
    ... on LabeledEvent {{ id createdAt label {{ name }} {ACTOR} }}
    ... on UnlabeledEvent {{ id createdAt label {{ name }} {ACTOR} }}
    ... on ReferencedEvent {{ createdAt {ACTOR} isCrossRepository commit {{ oid }} }}
    ... on ClosedEvent {{ createdAt {ACTOR} closer {{ __typename ... on Commit {{ oid }} ... on PullRequest {{ number author {{ __typename login ... on User {{ databaseId }} }} mergeCommit {{ oid }} }} }} }}
    ... on ReopenedEvent {{ createdAt {ACTOR} }}
  }}
}}
"
    )
}

const HISTORY: &str = "fragment History on CommitHistoryConnection {
  pageInfo { hasNextPage endCursor }
  nodes { oid message committedDate url author { name email } }
}
";

/// Commits with more parents than these are not made by hand.
const PARENTS: &str = "parents(first: 10) { nodes { oid } }";

/// Older pages are few and tell parents at once.
fn history_with_parents() -> String {
    HISTORY.replace("author {", &format!("{PARENTS} author {{"))
}

/// Summaries and texts are left out: each may hold 64 KiB.
fn contexts_fragment(with_workflows: bool) -> String {
    let workflow = workflow(with_workflows);
    format!(
        "fragment Contexts on StatusCheckRollupContextConnection {{
  pageInfo {{ hasNextPage endCursor }}
  nodes {{
    __typename
    ... on CheckRun {{
      name status conclusion startedAt completedAt detailsUrl title
      checkSuite {{ databaseId app {{ slug }} branch {{ name }} {workflow} }}
    }}
    ... on StatusContext {{ context state createdAt targetUrl description }}
  }}
}}
"
    )
}

fn suites_fragment(with_workflows: bool) -> String {
    let workflow = workflow(with_workflows);
    format!(
        "fragment Suites on CheckSuiteConnection {{
  pageInfo {{ hasNextPage endCursor }}
  nodes {{ databaseId status conclusion createdAt updatedAt app {{ slug }} branch {{ name }} {workflow} }}
}}
"
    )
}

const fn workflow(shown: bool) -> &'static str {
    if shown {
        "workflowRun { event url workflow { databaseId name } }"
    } else {
        ""
    }
}
