//! Whose build is the run's, where it may be another commit's: asks one commit after the other.
//!
//! What a newer one's answer means is told by [`super::stand_in`].

use super::clock::{build_clock, within};
use super::question::{Asked, Next, Question, red};
use super::stand_in::{Search, Why, oldest};
use super::until::{StageLimit, Until};
use super::words::{CANCELLED, NOTHING_STARTED, nothing_started_for, of_a_newer};
use crate::domain::verdict::ci::{Hold, RedReason, Stage, StageOutcome};

impl<'c> Question<'c> {
    /// Takes the answer.
    #[must_use]
    pub fn answer(mut self, outcome: StageOutcome) -> Next<'c> {
        if self.stage != Stage::Build {
            return self.settle(outcome);
        }
        match std::mem::replace(&mut self.asked, Asked::Own) {
            Asked::Own => self.of_own(outcome),
            Asked::Alone => self.of_own_alone(outcome),
            Asked::Newer(index, mut search) => {
                if search.decides(index, &self.pushed.newer[index], &outcome) {
                    self.asked = Asked::Newer(index, search);
                    self.settle(outcome)
                } else {
                    self.go_on(search)
                }
            }
            Asked::OnSideBranch(of_merge) => self.of_side_branch(of_merge, outcome),
        }
    }

    /// The build of the run's own commit.
    fn of_own(self, outcome: StageOutcome) -> Next<'c> {
        match outcome {
            StageOutcome::None | StageOutcome::OnlyNewer { .. } => {
                let merge = self.asked_newer().map(|merge| &merge.sha);
                let own = merge.map_or_else(|| NOTHING_STARTED.to_owned(), nothing_started_for);
                self.ask_newer(Why::never_built(own))
            }
            StageOutcome::NotNamed { said } => self.ask_newer(Why::never_built(said)),
            StageOutcome::Superseded => self.ask_newer(Why::superseded()),
            StageOutcome::Blocked {
                hold: Hold::Waits, ..
            } => self.ask_newer(Why::held(outcome)),
            StageOutcome::Pending { .. }
            | StageOutcome::Blocked {
                hold: Hold::Stopped,
                ..
            }
            | StageOutcome::Unreadable { .. }
            | StageOutcome::Success { .. }
            | StageOutcome::Failure { .. } => self.settle(outcome),
        }
    }

    /// The same, where no newer commit has a build: what has none cancelled nothing. What did may have come after it was read, and
    /// has as long as a build may take to start.
    fn of_own_alone(self, outcome: StageOutcome) -> Next<'c> {
        match outcome {
            StageOutcome::Failure { concluded_at, .. } => {
                let limit = StageLimit::Start;
                let cancelled_at = concluded_at.unwrap_or(self.clock);
                let since = within(self.clock, self.end_max, cancelled_at).min(self.now);
                let at = since + self.time_of_limit(limit);
                if self.now >= at {
                    return self.settle(outcome);
                }
                self.waits(CANCELLED.to_owned(), Until { at, limit })
            }
            StageOutcome::None
            | StageOutcome::OnlyNewer { .. }
            | StageOutcome::NotNamed { .. }
            | StageOutcome::Superseded => self.wait_for(StageLimit::End, CANCELLED.to_owned()),
            StageOutcome::Pending { .. }
            | StageOutcome::Blocked { .. }
            | StageOutcome::Unreadable { .. }
            | StageOutcome::Success { .. } => self.settle(outcome),
        }
    }

    /// What ran on the side branch, where CI had its time on the branch and ran on nothing there: it is all that there will be.
    fn of_side_branch(mut self, of_merge: String, outcome: StageOutcome) -> Next<'c> {
        self.merge = None;
        match outcome {
            StageOutcome::None
            | StageOutcome::OnlyNewer { .. }
            | StageOutcome::NotNamed { .. }
            | StageOutcome::Superseded => self.never_built(of_merge),
            StageOutcome::Failure {
                concluded_at,
                checks,
            } => {
                // On the branch it is since the merge.
                let concluded_at = concluded_at.map(|at| at.max(self.clock));
                self.settle(StageOutcome::Failure {
                    concluded_at,
                    checks,
                })
            }
            StageOutcome::Pending { .. }
            | StageOutcome::Blocked { .. }
            | StageOutcome::Unreadable { .. }
            | StageOutcome::Success { .. } => self.settle(outcome),
        }
    }

    /// Begins to ask the newer commits that contain the watched one.
    pub(super) fn ask_newer(mut self, why: Why) -> Next<'c> {
        if let Some(oldest) = oldest(&self.pushed.newer) {
            // The clock starts anew once, with the oldest of them, so that a busy branch does not push the deadline on.
            self.clock = build_clock(oldest.committed_at, self.clock, self.now);
        }
        self.go_on(Search::new(why))
    }

    /// Asks the next of them, and decides where there is none.
    fn go_on(mut self, search: Search) -> Next<'c> {
        if let Some(index) = search.next(&self.pushed.newer) {
            self.asked = Asked::Newer(index, search);
            return Next::Ask(self);
        }
        let (no_build, a_build) = (
            search.found_no_build(&self.pushed.newer),
            search.found_a_build(),
        );
        match search.why {
            Why::Superseded {
                open: Some(said), ..
            } => self.settle(said),
            Why::Superseded {
                open: None,
                red: Some(red),
            } => {
                let (index, said) = *red;
                self.asked = Asked::Newer(index, Search::new(Why::superseded()));
                self.settle(said)
            }
            Why::Superseded {
                open: None,
                red: None,
            } => {
                if no_build {
                    self.asked = Asked::Alone;
                    return Next::Ask(self);
                }
                self.wait_for(StageLimit::End, CANCELLED.to_owned())
            }
            Why::Held { own, pending } => self.held(*own, pending),
            Why::NeverBuilt {
                own,
                pending: Some(detail),
                red,
            } => {
                let red = red.map_or_else(String::new, |red| format!("; {red}"));
                self.wait_for(StageLimit::End, of_a_newer(&own, &format!("{detail}{red}")))
            }
            Why::NeverBuilt {
                own,
                pending: None,
                red,
            } => {
                self.clock = self.first_clock;
                let is_merged = self.pushed.newer.iter().any(|newer| newer.descent.merges());
                if is_merged && !a_build && self.now >= self.clock + self.start_max {
                    self.asked = Asked::OnSideBranch(own);
                    return Next::Ask(self);
                }
                let known = match red {
                    None => own,
                    Some(red) => of_a_newer(&own, &red),
                };
                if is_merged {
                    return self.wait_for(StageLimit::Start, known);
                }
                self.never_built(known)
            }
        }
    }

    /// Waits for newer commits that may make up for what waits for a person, as long as one of them may still do so.
    fn held(mut self, own: StageOutcome, pending: Option<String>) -> Next<'c> {
        let limit = StageLimit::End;
        let at = self.clock + self.time_of_limit(limit);
        match (&own, pending) {
            (StageOutcome::Blocked { what, .. }, Some(newer)) if self.now < at => {
                self.waits(of_a_newer(&what.in_words(), &newer), Until { at, limit })
            }
            (_, Some(_) | None) => {
                self.clock = self.first_clock;
                self.settle(own)
            }
        }
    }

    /// Waits for a build until it had its time to start, and not at all where CI was asked to stay away.
    fn never_built(self, known: String) -> Next<'c> {
        if let Some(token) = &self.pushed.skip_token {
            let cause = format!("its message says '{token}'");
            let (reason, at) = (RedReason::CiSkipped, self.clock);
            return red(Stage::Build, reason, at, Vec::new(), Some(cause));
        }
        self.wait_for(StageLimit::Start, known)
    }
}
