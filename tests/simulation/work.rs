//! What people do around an issue: take it, split it, brief the agent, hold it, open a pull request, change their mind.

use chrono::TimeDelta;

use super::forge::{AGENT, By, HOLD, Issue, READY, Remark, What};
use super::world::World;

impl World {
    /// One thing that a person does around an issue. What holds an issue back is taken away about as often as it is put there.
    pub fn somebody_works(&mut self, repo: usize, number: u64) {
        if self.rng.bool() && self.somebody_makes_room() {
            return;
        }
        match self.rng.u8(0..20) {
            0..=2 => {
                self.count("people assign");
                let who = ["alice", "rita", AGENT][self.rng.usize(0..3)];
                let now = self.now;
                self.bend(repo, number, |issue| {
                    issue.assigned.insert(who, now);
                });
            }
            3..=5 => {
                self.count("people split an issue");
                let part = number % self.repos[repo].issues.len() as u64 + 1;
                self.bend(repo, number, |issue| {
                    issue.parts.insert(part);
                });
            }
            6..=9 => self.somebody_talks(repo, number),
            10 => {
                self.count("people make a discussion of an issue");
                self.bend(repo, number, |issue| issue.gone = true);
                // No list shows it any more.
                self.repos[repo].before.remove(&number);
            }
            11..=12 => {
                self.count("people put on hold");
                let label = What::Labeled(HOLD.to_owned());
                self.change(repo, number, By::Person("tina"), label);
            }
            13..=15 => {
                self.count("people open a pull request");
                let who = ["bob", "rita"][self.rng.usize(0..2)];
                self.bend(repo, number, |issue| {
                    issue.rivals.insert(who);
                });
            }
            16..=17 => {
                self.count("people close and reopen");
                self.change(repo, number, By::Person("bob"), What::Closed(None));
                self.pass(TimeDelta::seconds(1));
                self.change(repo, number, By::Person("tina"), What::Reopened);
            }
            _ => {
                self.count("people edit and label");
                let off = What::Unlabeled(READY.to_owned());
                self.change(repo, number, By::Person("bob"), off);
                self.change(repo, number, By::Person("rita"), What::Edited);
                let seconds = self.rng.i64(1..100);
                self.pass(TimeDelta::seconds(seconds));
                self.ask(repo, number);
            }
        }
    }

    /// Somebody takes away what holds some issue back. Returns whether there was such an issue.
    fn somebody_makes_room(&mut self) -> bool {
        let held: Vec<(usize, u64)> = self
            .repos
            .iter()
            .flat_map(|repo| repo.issues.values().map(|issue| (repo.index, issue)))
            .filter(|(_, issue)| {
                issue.shows(HOLD)
                    || !issue.assigned.is_empty()
                    || !issue.parts.is_empty()
                    || !issue.rivals.is_empty()
            })
            .map(|(repo, issue)| (repo, issue.number))
            .collect();
        if held.is_empty() {
            return false;
        }
        let (repo, number) = held[self.rng.usize(0..held.len())];
        let issue = &self.repos[repo].issues[&number];
        if !issue.assigned.is_empty() {
            self.count("people unassign");
            self.bend(repo, number, |issue| issue.assigned.clear());
        } else if !issue.parts.is_empty() {
            self.count("people put the parts together");
            self.bend(repo, number, |issue| issue.parts.clear());
        } else if !issue.rivals.is_empty() {
            self.count("people close a pull request");
            self.bend(repo, number, |issue| issue.rivals.clear());
        } else {
            self.count("people take off hold");
            let off = What::Unlabeled(HOLD.to_owned());
            self.change(repo, number, By::Person("tina"), off);
        }
        true
    }

    fn somebody_talks(&mut self, repo: usize, number: u64) {
        /// No issue of the simulation is a long conversation: each writer is a look-up more.
        const LONG: usize = 3;
        let by = [
            By::Person("bob"),
            By::Person("bob"),
            By::Person("bob"),
            By::Person("rita"),
            By::Person(AGENT),
            By::App("trusty-app"),
        ][self.rng.usize(0..6)];
        let now = self.now;
        // What was said already is changed as often as something is said.
        let (repo, number) = match self.any_with_remarks() {
            Some(there) if self.rng.bool() => there,
            Some(_) | None => (repo, number),
        };
        let remarks = &self.repos[repo].issues[&number].remarks;
        match (remarks.len(), self.rng.u8(0..6)) {
            (1.., 0..=1) => {
                self.count("people minimise a brief");
                self.bend(repo, number, |issue| {
                    issue.remarks.last_mut().unwrap().minimised = true;
                });
            }
            (1.., 2..=3) => {
                self.count("people edit a brief");
                self.bend(repo, number, |issue| {
                    issue.remarks.last_mut().unwrap().edited = Some((by, now));
                });
            }
            (LONG.., _) => self.bend(repo, number, |issue| issue.remarks.clear()),
            _ => {
                // Often right after the label.
                if self.rng.bool() {
                    let label = What::Labeled(READY.to_owned());
                    self.change(repo, number, By::Person("alice"), label);
                    self.pass(TimeDelta::seconds(3));
                }
                self.brief(repo, number, by);
            }
        }
    }

    /// Somebody says what the agent should know.
    pub fn brief(&mut self, repo: usize, number: u64, by: By) {
        self.count("people write a brief");
        let id = self.next();
        let remark = Remark {
            mark: format!("REMARK-{repo}-{number}-{id}-"),
            by,
            at: self.now,
            minimised: false,
            edited: None,
        };
        self.bend(repo, number, |issue| issue.remarks.push(remark));
    }

    fn any_with_remarks(&mut self) -> Option<(usize, u64)> {
        let there: Vec<(usize, u64)> = self
            .repos
            .iter()
            .flat_map(|repo| repo.issues.values().map(|issue| (repo.index, issue)))
            .filter(|(_, issue)| !issue.remarks.is_empty())
            .map(|(repo, issue)| (repo, issue.number))
            .collect();
        (!there.is_empty()).then(|| there[self.rng.usize(0..there.len())])
    }

    /// Changes what is no event of the timeline.
    fn bend(&mut self, repo: usize, number: u64, bend: impl FnOnce(&mut Issue)) {
        let Some(issue) = self.repos[repo].issues.get_mut(&number) else {
            return;
        };
        bend(issue);
        let Issue {
            gone,
            remarks,
            assigned,
            parts,
            rivals,
            ..
        } = &*issue;
        let told = (
            *gone,
            remarks.len(),
            assigned.len(),
            parts.len(),
            rivals.len(),
        );
        self.say(|| {
            format!("repo{repo}#{number}: gone, remarks, assignees, parts, rivals are {told:?}")
        });
    }
}
