//! What people do: ask, withdraw, edit, close, move, archive, rename, meddle with T3, and flip switches.

use afk::domain::issue::Permission;
use chrono::TimeDelta;

use super::commits::Ci;
use super::forge::{AGENT, BlockedOn, By, HUMAN, LOCK, READY, What};
use super::world::World;

impl World {
    /// Some issue; often one with a run under way, where people matter most.
    fn any_issue(&mut self) -> (usize, u64) {
        let live: Vec<(usize, u64)> = self
            .t3
            .threads
            .values()
            .filter(|thread| !thread.is_released())
            .map(|thread| (thread.repo, thread.issue))
            .collect();
        if !live.is_empty() && self.rng.u8(0..3) == 0 {
            return live[self.rng.usize(0..live.len())];
        }
        let repo = self.rng.usize(0..self.repos.len());
        let numbers: Vec<u64> = self.repos[repo].issues.keys().copied().collect();
        (repo, numbers[self.rng.usize(0..numbers.len())])
    }

    /// Who asks: mostly somebody who may.
    fn labeller(&mut self) -> By {
        match self.rng.u8(0..40) {
            // At work agents try it, and Apps act for people who may.
            0..=2 if self.at_work => By::Person(AGENT),
            3..=4 if self.at_work => By::Through("trusty-app", "bob"),
            0..=23 => By::Person("alice"),
            24..=27 => By::Person("bob"),
            28..=30 => By::Person("tina"),
            31..=32 => By::App("trusty-app"),
            33..=34 => By::App("shady-app"),
            35 => By::Through("trusty-app", "rita"),
            36 => By::Through("shady-app", "alice"),
            37..=38 => By::Deleted,
            _ => By::Us,
        }
    }

    pub fn ask(&mut self, repo: usize, number: u64) {
        let by = self.labeller();
        if matches!(by, By::Through(..)) {
            self.count("people label through an App");
        }
        self.change(repo, number, by, What::Labeled(READY.to_owned()));
    }

    /// One thing that a person does.
    /// An issue whose text was too long whenever it was read, so often that somebody is told of it.
    fn read_in_vain(&self) -> Option<(usize, u64)> {
        const LOOKS: u32 = 3;
        self.repos.iter().find_map(|repo| {
            let mut issues = repo.issues.values();
            let found = issues.find(|issue| issue.long && issue.long_looks >= LOOKS)?;
            Some((repo.index, found.number))
        })
    }

    fn mend_the_text(&mut self, repo: usize, number: u64) {
        self.count("people mend the text");
        if let Some(issue) = self.repos[repo].issues.get_mut(&number) {
            issue.hidden = false;
            issue.long = false;
            issue.blocked_on = None;
        }
        self.change(repo, number, By::Person("alice"), What::Edited);
    }

    pub fn somebody_acts(&mut self) {
        // Forges tell times to the second: what happens within one has no order.
        self.pass(TimeDelta::seconds(1));
        for tick in &mut self.ticks {
            tick.acts += 1;
        }
        let (repo, number) = self.any_issue();
        let label = |label: &str| What::Labeled(label.to_owned());
        let off = |label: &str| What::Unlabeled(label.to_owned());
        let alice = By::Person("alice");
        if let Some((repo, number)) = self.read_in_vain() {
            return self.mend_the_text(repo, number);
        }
        if self.at_work && self.rng.u8(0..3) != 0 {
            return self.somebody_works(repo, number);
        }
        match self.rng.u8(0..66) {
            0..=15 => self.ask(repo, number),
            16..=18 => {
                self.count("people relabel");
                self.change(repo, number, alice, off(HUMAN));
                self.change(repo, number, alice, off(READY));
                self.pass(TimeDelta::seconds(1));
                self.ask(repo, number);
            }
            19..=21 => {
                self.count("people unlabel");
                self.change(repo, number, By::Person("tina"), off(READY));
            }
            22..=24 => {
                self.count("people edit");
                let by = [
                    alice,
                    By::Person("rita"),
                    By::Person("tina"),
                    By::App("shady-app"),
                ][self.rng.usize(0..4)];
                let what = if self.rng.bool() {
                    What::Edited
                } else {
                    What::Renamed
                };
                self.change(repo, number, by, what);
            }
            25 => self.mend_the_text(repo, number),
            26..=28 => {
                self.count("people close");
                self.change(repo, number, alice, What::Closed(None));
            }
            29..=30 => {
                self.count("people reopen");
                self.change(repo, number, alice, What::Reopened);
            }
            31..=32 => {
                self.count("people hand back");
                self.change(repo, number, alice, label(HUMAN));
            }
            33..=34 => {
                self.count("people take the hand-back off");
                self.change(repo, number, alice, off(HUMAN));
            }
            35..=36 => {
                self.count("people flip the lock label");
                self.meddled.insert((repo, number));
                let what = if self.rng.bool() {
                    label(LOCK)
                } else {
                    off(LOCK)
                };
                self.change(repo, number, alice, what);
            }
            37 => {
                self.count("people transfer an issue here");
                self.change(repo, number, alice, What::Transferred);
            }
            38 if self.at_work => {}
            38 => {
                self.count("people transfer an issue away");
                if let Some(issue) = self.repos[repo].issues.get_mut(&number) {
                    issue.gone = true;
                }
            }
            39..=41 => {
                self.count("people archive a repository, or back");
                self.repos[repo].archived = !self.repos[repo].archived;
                let archived = self.repos[repo].archived;
                self.say(|| format!("repo{repo} archived: {archived}"));
            }
            42 => {
                self.count("people rename a repository, or back");
                let moved = self.repos[repo].moved_to.is_none();
                self.repos[repo].moved_to = moved.then(|| format!("org/moved{repo}"));
                self.say(|| format!("repo{repo} renamed: {moved}"));
            }
            43..=47 => {
                self.count("people change the allowlist");
                if !self.enrolled.remove(&repo) {
                    self.enrolled.insert(repo);
                }
                let enrolled = self.enrolled.clone();
                self.say(|| format!("allowlist: {enrolled:?}"));
            }
            48 => {
                self.count("people flip the halt switch");
                self.halt = !self.halt;
                let on = self.halt;
                self.say(|| format!("halt on: {on}"));
            }
            49..=50 => {
                self.count("people flip the kill switch");
                self.kill_switch = !self.kill_switch;
                let on = self.kill_switch;
                self.say(|| format!("kill switch on: {on}"));
            }
            51..=53 => {
                self.count("people change a permission");
                let who = ["alice", "tina"][self.rng.usize(0..2)];
                let level = [Permission::Write, Permission::Triage][self.rng.usize(0..2)];
                self.repos[repo].permissions.insert(who, level);
            }
            54 => {
                self.count("people make a repository public, or back");
                self.repos[repo].private = !self.repos[repo].private;
            }
            55..=56 if self.at_work => {}
            55..=56 => self.meddle_with_a_thread(),
            57 => {
                self.count("people push");
                self.pushed(repo, "Something else".to_owned());
            }
            58..=60 => self.take_back(repo),
            61..=62 => {
                self.count("people delete our comment");
                if let Some(issue) = self.repos[repo].issues.get_mut(&number) {
                    issue.comments.clear();
                }
            }
            _ => {
                self.count("people block an issue");
                if let Some(issue) = self.repos[repo].issues.get_mut(&number) {
                    issue.blocked_on = Some(BlockedOn::Issue(number % 3 + 1));
                }
                self.change(repo, number, alice, What::Edited);
            }
        }
    }

    fn meddle_with_a_thread(&mut self) {
        let live: Vec<_> = self
            .t3
            .threads
            .values()
            .filter(|thread| !thread.is_released())
            .map(|thread| thread.id)
            .collect();
        if live.is_empty() {
            return;
        }
        let id = live[self.rng.usize(0..live.len())];
        let now = self.now;
        let which = self.rng.u8(0..3);
        let thread = self.thread_mut(id).unwrap();
        let what = match which {
            0 => {
                thread.release(false, true, now);
                "people archive a thread"
            }
            1 => {
                thread.release(true, true, now);
                "people delete a thread"
            }
            _ => {
                thread.title = "my favourite thread".to_owned();
                thread.renamed = true;
                "people rename a thread"
            }
        };
        self.count(what);
        self.say(|| format!("{what}: {}", super::world::short(id)));
    }

    /// A person takes back the newest commit of a run.
    pub fn take_back(&mut self, repo: usize) {
        let commits = self.repos[repo].commits.iter_mut().rev();
        let newest = commits
            .filter(|commit| commit.of_run.is_some() && !commit.reverted)
            .find(|commit| commit.ci != Ci::None);
        let Some(newest) = newest else {
            return;
        };
        newest.reverted = true;
        let message = format!("Revert \"Do it\"\n\nThis reverts commit {}.\n", newest.sha);
        self.count("people revert a commit of a run");
        self.pushed(repo, message);
    }
}
