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
                title: in_order(&thread.title),
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

    /// The same end, with runs that never began stood down for the reason that watch names. Either tick may end them, each by
    /// its own rules: poll names the clause that refuses the issue.
    pub(super) fn in_words_of_watch(mut self) -> Self {
        for run in self.runs.iter_mut().filter(|run| run.turns == 0) {
            run.title = run
                .title
                .replace("stood-down (not-open)", "stood-down (revoked)");
        }
        self
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

/// A title whose receipts are sorted: sinks that answered go first, so that a disturbed tick may ring in another order.
fn in_order(title: &str) -> String {
    const RUNG: &str = " · rung ";
    let Some((run, receipts)) = title.split_once(RUNG) else {
        return title.to_owned();
    };
    let mut receipts: Vec<&str> = receipts.split(',').collect();
    receipts.sort_unstable();
    format!("{run}{RUNG}{}", receipts.join(","))
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
