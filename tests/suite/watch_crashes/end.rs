//! What is left of a story, compared between a disturbed and an undisturbed one.

use super::play::Play;
use crate::support::world::REPO;

/// How the issue and all its runs stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct End {
    /// `None` when it is not in the repository any more.
    issue: Option<Issue>,
    runs: Vec<Run>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Issue {
    open: bool,
    labels: Vec<String>,
    /// Of each comment of ours, the lines that tell how far its run came. The rest names times and commits.
    comments: Vec<Vec<String>>,
    comments_of_others: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Run {
    title: String,
    archived: bool,
    deleted: bool,
    turns: usize,
    at_work: bool,
}

impl End {
    pub(super) fn of(play: &Play, number: u64) -> Self {
        let world = &play.saga.world;
        let live = world.t3.live_agents();
        let run = |id: &String| {
            let thread = world.t3.thread(id).unwrap();
            Run {
                title: thread.title,
                archived: thread.archived,
                deleted: thread.deleted,
                turns: play.saga.turns(id),
                at_work: live.contains(id),
            }
        };
        Self {
            issue: world.github.has_issue(REPO, number).then(|| Issue {
                open: world.github.issue_state(REPO, number).open,
                labels: world.labels(number),
                comments: play
                    .saga
                    .checklist(number)
                    .iter()
                    .map(|body| progress(body))
                    .collect(),
                comments_of_others: world
                    .github
                    .comments_of(REPO, number)
                    .iter()
                    .filter(|comment| comment.author != "afk-bot")
                    .count(),
            }),
            runs: world.t3.threads().iter().map(run).collect(),
        }
    }

    /// Whether this is `other` with one comment of ours twice.
    pub(super) fn repeats_a_comment_of(&self, other: &Self) -> bool {
        let count = |end: &Self| end.issue.as_ref().map_or(0, |issue| issue.comments.len());
        (0..count(other)).any(|repeated| {
            let mut end = other.clone();
            let issue = end.issue.as_mut().expect("an issue with comments is there");
            let comment = issue.comments[repeated].clone();
            issue.comments.insert(repeated, comment);
            *self == end
        })
    }

    /// The same end, with titles that do not say which bells rang.
    pub(super) fn without_receipts(&self) -> Self {
        let mut end = self.clone();
        for run in &mut end.runs {
            if let Some(receipts) = run.title.find(" · rung ") {
                run.title.truncate(receipts);
            }
        }
        end
    }
}

fn progress(body: &str) -> Vec<String> {
    body.lines()
        .filter(|line| {
            ["#### ", "- [", "_Fix-forward"]
                .iter()
                .any(|start| line.starts_with(start))
        })
        .map(str::to_owned)
        .collect()
}
