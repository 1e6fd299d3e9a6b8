//! What a trusted person asked for, worked out again from the memory of the forge, in the plainest way.
//!
//! Nothing here uses the gate: clause by clause as SPEC 4.2 and 4.2b have them, over what really happened.

use std::collections::BTreeSet;

use afk::executor::NewTurn;
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

use super::forge::{AGENT, BlockedOn, By, HOLD, HUMAN, Issue, READY, What, event_id};
use super::settings;
use super::ticks::Examined;
use super::world::World;

/// What really held of a repository when a tick read it; SPEC 4.1 has that read once, at p2.
#[derive(Clone, Copy, Debug)]
pub struct SeenRepository {
    pub archived: bool,
    pub private: bool,
    /// Whether its owner let it be public.
    pub may_be_public: bool,
}

/// An issue that may be started, as far as it is not about what people may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The labelling.
    pub event: u64,
    /// Everybody who must be trusted.
    pub people: BTreeSet<&'static str>,
    /// Everybody who must not: they have pull requests, and only those of people who may push count.
    pub strangers: BTreeSet<&'static str>,
    /// How often its text was changed.
    pub version: u32,
    /// What was said, and who must be trusted for it to be told to the agent.
    pub remarks: Vec<(String, Option<BTreeSet<&'static str>>)>,
}

impl World {
    /// The naive oracle: whether this issue may be started now, and who must be trusted for it. What its body names is asked
    /// about once, at p5: `blockers` says whether that is now.
    pub fn asked(
        &self,
        repo: usize,
        number: u64,
        seen: SeenRepository,
        blockers: bool,
    ) -> Result<Asked, &'static str> {
        let repo = &self.repos[repo];
        let issue = repo.issues.get(&number).ok_or("no such issue")?;
        let event = issue.authorisation().ok_or("nobody asks for it")?;
        if !issue.shows(READY) {
            return Err("the label is not shown");
        }
        let mut people = BTreeSet::new();
        match event.by {
            By::Person(AGENT) | By::Through(_, AGENT) => return Err("an agent asks"),
            By::Person(login) => drop(people.insert(login)),
            By::App("trusty-app") => {}
            // Who acts through an App must be trusted as well.
            By::Through("trusty-app", login) => drop(people.insert(login)),
            By::App(_) | By::Through(..) => return Err("an App asks"),
            By::Us => return Err("we ask ourselves"),
            By::Deleted => return Err("nobody knows who asks"),
        }
        if issue.gone || issue.pull_request || !issue.open {
            return Err("it is not open");
        }
        if seen.archived {
            return Err("the repository is archived");
        }
        let shows = |wanted: &str| {
            let mut labels = issue.labels.iter();
            labels.any(|label| label.eq_ignore_ascii_case(wanted))
        };
        if shows(HUMAN) {
            return Err("it was handed back");
        }
        if shows(HOLD) {
            return Err("it is on hold");
        }
        // Forges tell times to the second.
        let second = |at: DateTime<Utc>| at.trunc_subsecs(0);
        let quiet = second(event.at) - TimeDelta::seconds(self.quiet());
        for other in &issue.events {
            // What happened in the same second may have happened afterwards.
            let later = other.id > event.id;
            let since = later || second(other.at) >= second(event.at);
            match (&other.what, other.by) {
                (What::Transferred, _) if later => return Err("it was moved here afterwards"),
                (What::Closed(_), _) if since => return Err("it was closed since"),
                (What::Labeled(label), _) if since && label.eq_ignore_ascii_case(HUMAN) => {
                    return Err("it was handed back since");
                }
                (What::Edited | What::Renamed, by) if later || second(other.at) >= quiet => {
                    match by {
                        By::Person(AGENT) => return Err("an agent changed its text"),
                        By::Person(login) => drop(people.insert(login)),
                        By::App(_) | By::Through(..) | By::Us | By::Deleted => {
                            return Err("no person changed its text");
                        }
                    }
                }
                (
                    What::Transferred
                    | What::Closed(_)
                    | What::Edited
                    | What::Renamed
                    | What::Labeled(_)
                    | What::Unlabeled(_)
                    | What::Reopened,
                    _,
                ) => {}
            }
        }
        if !seen.may_be_public && !seen.private {
            return Err("the repository is public");
        }
        if issue.hidden {
            return Err("it has hidden text");
        }
        if issue.long {
            return Err("it is too long");
        }
        match issue.blocked_on.filter(|_| blockers) {
            None => {}
            Some(BlockedOn::Unknown) => return Err("nobody knows its blocker"),
            Some(BlockedOn::Issue(blocker)) => {
                let closed = repo
                    .issues
                    .get(&blocker)
                    .is_some_and(|blocker| !blocker.open && !blocker.gone);
                if !closed {
                    return Err("it is blocked");
                }
            }
        }
        if issue
            .assigned
            .values()
            .any(|at| second(*at) >= second(event.at))
        {
            return Err("somebody took it");
        }
        if repo.open_parts(issue) > 0 {
            return Err("it was split");
        }
        if seen.private && !issue.rivals.is_empty() {
            return Err("somebody has a pull request");
        }
        Ok(Asked {
            event: event.id,
            people,
            strangers: issue.rivals.clone(),
            version: issue.version,
            remarks: remarks(issue),
        })
    }

    /// How long before a labelling nobody untrusted may have changed a text.
    pub fn quiet(&self) -> i64 {
        if self.at_work { settings::QUIET } else { 0 }
    }

    pub fn note_examined(&mut self, tick: usize, repo: usize, number: u64) {
        let verdict = match self.ticks[tick].surveyed.get(&repo) {
            Some(seen) => self.asked(repo, number, *seen, true),
            None => Err("nobody looked at its repository"),
        };
        self.ticks[tick]
            .examined
            .insert((repo, number), Examined { verdict });
    }

    pub fn note_reread(&mut self, tick: usize, repo: usize, number: u64) {
        let verdict = match self.ticks[tick].surveyed.get(&repo) {
            Some(seen) => self.asked(repo, number, *seen, false),
            None => Err("nobody looked at its repository"),
        };
        self.ticks[tick]
            .reread
            .insert((repo, number), Examined { verdict });
    }

    /// Judges a first turn. Returns how many remarks the agent was told.
    pub fn may_start(
        &self,
        tick: usize,
        repo: usize,
        number: u64,
        turn: &NewTurn,
    ) -> Result<usize, String> {
        let state = &self.ticks[tick];
        if !state.enrolled.contains(&repo) {
            return Err("it is not on the allowlist".to_owned());
        }
        if self.waits_for_provider(state.began_at) {
            return Err("a run waits for its provider".to_owned());
        }
        let examined = state.examined.get(&(repo, number));
        let Examined { verdict } = examined.ok_or("nobody examined it")?;
        let examined = verdict.as_ref().map_err(|why| (*why).to_owned())?;
        let reread = state.reread.get(&(repo, number));
        let Examined { verdict } = reread.ok_or("nobody looked at it again")?;
        let reread = verdict
            .as_ref()
            .map_err(|why| format!("at the second look {why}"))?;
        if turn.message.authorisation != event_id(examined.event) {
            return Err("another labelling was examined".to_owned());
        }
        if (reread.event, reread.version) != (examined.event, examined.version) {
            return Err("it changed since it was examined".to_owned());
        }
        let permitted = |login: &str| state.permitted.get(&(repo, login.to_owned())).copied();
        for login in examined.people.union(&reread.people) {
            if permitted(login) != Some(true) {
                return Err(format!("{login} is not trusted"));
            }
        }
        if !self.repos_seen_private(tick, repo) {
            for login in examined.strangers.union(&reread.strangers) {
                if permitted(login) != Some(false) {
                    return Err(format!("{login} has a pull request"));
                }
            }
        }
        let mark = format!("TEXT-{repo}-{number}-v{}-", examined.version);
        if !turn.text.contains(&mark) {
            return Err("the agent is told another text".to_owned());
        }
        let mut told = 0;
        for (when, asked) in [("examined", examined), ("looked at again", reread)] {
            told = 0;
            for (mark, writers) in &asked.remarks {
                let is_told = turn.text.contains(mark.as_str());
                let may_be_told = writers.as_ref().is_some_and(|writers| {
                    writers.iter().all(|login| permitted(login) == Some(true))
                });
                let withheld = writers
                    .iter()
                    .flatten()
                    .any(|login| state.untold.contains(&(repo, (*login).to_owned())));
                if is_told && !may_be_told {
                    return Err(format!(
                        "the agent is told what nobody trusted said ({when})"
                    ));
                }
                if !is_told && may_be_told && !withheld {
                    return Err(format!("the agent is not told what was said ({when})"));
                }
                told += usize::from(is_told);
            }
        }
        Ok(told)
    }

    fn repos_seen_private(&self, tick: usize, repo: usize) -> bool {
        let seen = self.ticks[tick].surveyed.get(&repo);
        seen.is_some_and(|seen| seen.private)
    }
}

/// What was said, and who must be trusted for it; nobody could be, where there is none.
fn remarks(issue: &Issue) -> Vec<(String, Option<BTreeSet<&'static str>>)> {
    let person = |by: By| match by {
        By::Person(AGENT) | By::App(_) | By::Through(..) | By::Us | By::Deleted => None,
        By::Person(login) => Some(login),
    };
    let of = |remark: &super::forge::Remark| {
        let editor = remark.edited.map(|(by, _)| by);
        let writers = [Some(remark.by), editor].into_iter().flatten();
        let writers: Option<BTreeSet<_>> = writers.map(person).collect();
        (remark.mark.clone(), writers.filter(|_| !remark.minimised))
    };
    issue.remarks.iter().map(of).collect()
}
