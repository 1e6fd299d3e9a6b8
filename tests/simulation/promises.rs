//! What must never happen, judged at each event against what really is.
//!
//! Nothing here uses the policy, the gate or the decision table: what a trusted person asked for is worked out again, in the
//! plainest way, from the memory of the forge (`asked.rs`).

use afk::domain::identity::{EndKind, Ending, ThreadId, Title};
use afk::domain::reason::ReasonCode;
use afk::domain::repository::IssueNumber;
use afk::domain::told::notification::Notification;
use afk::executor::{NewThread, NewTurn};
use chrono::{DateTime, TimeDelta, Utc};

use super::commits::Commit;
use super::executor::Version;
use super::forge::{AGENT, By, LOCK, READY, Repo, What, event_id};
use super::settings;
use super::world::{World, short};

/// A bell that rang.
#[derive(Clone, Debug)]
pub struct Bell {
    pub title: String,
    pub sink: &'static str,
    pub repo: usize,
    pub issue: u64,
    /// Who rang it.
    pub tick: usize,
    pub thread: Option<ThreadId>,
    pub at: DateTime<Utc>,
}

/// The thread that a bell links to.
pub fn thread_of(bell: &Notification) -> Option<ThreadId> {
    let (_, id) = bell.thread_url()?.rsplit_once('/')?;
    uuid::Uuid::try_parse(id).ok().map(ThreadId)
}

impl World {
    fn ending(&self, thread: ThreadId) -> Option<Ending> {
        Title::parse(&self.t3.threads.get(&thread)?.title)?.ending
    }

    /// p7: one authorisation has one slot, ever.
    pub fn judge_allocation(&mut self, tick: usize, new: &NewThread) {
        let twice = self.t3.threads.values().any(|thread| {
            Title::parse(&thread.title).is_some_and(|title| {
                title.issue == new.title.issue
                    && title.full_name == new.title.full_name
                    && title.authorisation == new.title.authorisation
            })
        });
        self.say(|| format!("tick {tick} allocates '{}'", new.title));
        if twice && self.acts_on_what_was_lost(tick) {
            self.count("a slot of a tick that began before a restore");
        } else if twice {
            self.violate(format!("a second slot for one labelling: {}", new.title));
        }
    }

    /// p9, and every corrective turn.
    pub fn judge_turn(&mut self, tick: usize, turn: &NewTurn) {
        let (repo, number) = {
            let thread = &self.t3.threads[&turn.thread];
            (thread.repo, thread.issue)
        };
        let is_of_before = self.acts_on_what_was_lost(tick);
        if is_of_before {
            self.count("a turn of a tick that began before a restore");
            if self.ending(turn.thread).is_some() {
                return;
            }
        }
        let thread = &self.t3.threads[&turn.thread];
        let name = format!("repo{repo}#{number} {}", short(turn.thread));
        // What is written in the archive has a step of its own where T3 hides what was sent: a turn of a tick that read before is
        // sent as well, and the next tick stops its agent.
        if self.ending(turn.thread).is_some()
            && thread.by_person
            && self.t3.version == Version::Fork
            && self.ticks[tick].overlapped
        {
            return self.count("open: a turn beside the end of a run that a person archived");
        }
        if self.ends_of_before.contains(&turn.thread) {
            return self.count("a turn beside an end of before a restore");
        }
        if self.ending(turn.thread).is_some() && !thread.forged {
            self.violate(format!("{name}: a turn is sent to a run that has ended"));
            return;
        }
        if turn.message.is_resume() {
            return self.judge_resume(tick, turn, &name);
        }
        let Some(red) = turn.message.repairs() else {
            if thread.sent(0) {
                self.violate(format!("{name}: a second first turn"));
                return;
            }
            match self.may_start(tick, repo, number, turn) {
                Err(_) if is_of_before => {}
                Err(why) => self.violate(format!("{name}: started although {why}")),
                Ok(0) => {}
                Ok(_) => self.count("started with a brief"),
            }
            self.count("started");
            self.started.insert((repo, number));
            return;
        };
        let corrections = thread
            .messages
            .iter()
            .filter(|message| !message.forgotten)
            .filter_map(|message| message.id.repairs());
        if corrections.clone().any(|answered| answered == red) {
            self.violate(format!("{name}: two corrective turns for commit {red}"));
        } else if corrections.count() >= settings::ATTEMPTS as usize {
            self.violate(format!("{name}: more corrective turns than allowed"));
        } else if self.ticks[tick].draining {
            self.violate(format!("{name}: a turn is sent while draining"));
        }
    }

    /// A turn that asks to go on.
    fn judge_resume(&mut self, tick: usize, turn: &NewTurn, name: &str) {
        let thread = &self.t3.threads[&turn.thread];
        let slack = TimeDelta::seconds(60);
        let seen = self.ticks[tick].seen.get(&turn.thread).copied();
        let seen_at = self.ticks[tick].first_seen.get(&turn.thread).copied();
        let wrong = if seen.unwrap_or(0) < thread.shown().count() {
            Some("resumed over a turn that nobody saw")
        } else if thread.sent(turn.message.step.0) {
            Some("two turns under one step id")
        } else if self.ticks[tick].draining {
            Some("resumed while draining")
        } else if thread.orphan {
            Some("resumed although its agent lives on")
        } else if thread.resumes_in_a_row() >= settings::RESUME_MAX {
            Some("resumed more often than allowed")
        } else {
            match thread.stopped {
                // A resume that T3 accepted, lost in a restart and forgot: what it shows is the stop before it.
                None if thread.messages.iter().any(|message| message.forgotten) => None,
                // A backup took the stop away after the look.
                None if self.acts_on_what_was_lost(tick) => None,
                None => Some("resumed although nothing had stopped it"),
                // Another tick's resume was forgotten, so that its step id does not hold this one back, and a second stop came after the look.
                Some(stopped)
                    if seen_at.is_some_and(|seen_at| seen_at < stopped.at)
                        && thread.messages.iter().any(|message| message.forgotten) =>
                {
                    None
                }
                Some(stopped) => match stopped.not_before(thread.resumes_in_a_row()) {
                    None => Some("resumed although no message helps"),
                    Some(at) if at > self.now + slack => Some("resumed before its time"),
                    Some(_) => None,
                },
            }
        };
        match wrong {
            Some(wrong) => self.violate(format!("{name}: {wrong}")),
            None => self.count("resumed"),
        }
    }

    /// What an end's reason claims about the agent.
    fn judge_reason(&mut self, tick: usize, thread: ThreadId, reason: ReasonCode) {
        let found = &self.t3.threads[&thread];
        let name = short(thread);
        let waits = found.stopped.is_some_and(|stopped| {
            let resumable = stopped.not_before(0).is_some();
            stopped.by_provider() && resumable && self.now - stopped.at > TimeDelta::seconds(30)
        }) && found.resumes_in_a_row() < settings::RESUME_MAX;
        // A command that never ends holds a run up for twice the stall limit.
        let patience = TimeDelta::seconds(2 * settings::STALL);
        let works_on = found
            .background_since
            .is_some_and(|since| self.now - since < patience);
        let idle = matches!(reason, ReasonCode::NoPush | ReasonCode::AgentFailed);
        let gives_up = reason == ReasonCode::ProviderFailed;
        let turns = found.messages.iter();
        let corrections = turns
            .filter(|message| message.id.repairs().is_some())
            .count();
        let young = self.now - found.created_at < TimeDelta::seconds(settings::FIX_MAX);
        let spent = corrections >= settings::ATTEMPTS as usize;
        let age = self.now - found.created_at;
        let sum = TimeDelta::seconds(settings::SUM_OF_LIMITS);
        let state = &self.ticks[tick];
        let unread = self.repos[found.repo].lost
            || state.unread > 1
            || state.withheld.contains(&(found.repo, found.issue));
        // The clock that the thread was created by and the one that it is measured with may differ.
        let too_soon = age <= sum - settings::SKEW * 2;
        if reason == ReasonCode::ForgeLost && (too_soon || !unread) {
            self.violate(format!(
                "{name}: ended as forge-lost after {age}, unread: {unread}"
            ));
        } else if reason == ReasonCode::Halted && !state.halted && !found.renamed {
            self.violate(format!("{name}: halted, and the switch is off"));
        } else if reason == ReasonCode::TokenLimit
            && found.tokens <= settings::TOKENS_MAX
            && !self.acts_on_what_was_lost(tick)
        {
            self.violate(format!("{name}: ended for {} tokens", found.tokens));
        } else if reason == ReasonCode::Reverted
            && !self.repos[found.repo]
                .commits
                .iter()
                .any(|commit| commit.reverted)
        {
            self.violate(format!("{name}: nobody took its commit back"));
        } else if gives_up && waits && age <= sum {
            self.violate(format!("{name}: given up although its provider comes back"));
        } else if reason == ReasonCode::Landed && !self.is_green(thread) {
            // Its title, which somebody typed, is all that tells whose it is.
            if found.is_anybodys() {
                return self.count("a run landed that only a typed title tells of");
            }
            if self.delivering || state.is_over_time(self.now) {
                return self.count("an end that was decided long before");
            }
            self.violate(format!("{name}: landed without a green commit"));
        } else if idle && waits && !found.forged {
            self.violate(format!("{name}: handed back because of its provider"));
        } else if idle && works_on && !found.forged {
            self.violate(format!(
                "{name}: ended as {reason} while a command of it runs"
            ));
        } else if reason == ReasonCode::BudgetExhausted && young && !spent {
            self.violate(format!("{name}: frozen with turns left"));
        }
    }

    /// At most one live agent per repository. Threads that a person released are that person's doing.
    pub fn judge_live_agents(&mut self, started: ThreadId) {
        let repo = self.t3.threads[&started].repo;
        let live = self
            .t3
            .threads
            .values()
            .filter(|thread| thread.repo == repo && thread.is_alive() && !thread.by_person)
            .count();
        if live > 1 {
            self.violate(format!("repo{repo}: {live} live agents"));
        }
    }

    /// A new title: an end, or a receipt.
    pub fn judge_title(&mut self, tick: usize, thread: ThreadId, title: &Title) {
        let Some(ending) = &title.ending else {
            return self.violate(format!(
                "{}: a title without an end is written",
                short(thread)
            ));
        };
        self.say(|| format!("{}: titled {}", short(thread), title));
        let is_of_before = self.acts_on_what_was_lost(tick);
        let covers_one_of_before = self.ends_of_before.remove(&thread);
        if is_of_before {
            self.ends_of_before.insert(thread);
        }
        let found = &self.t3.threads[&thread];
        let (messages, before) = (found.shown().count(), self.ending(thread));
        let (forged, repo, number) = (found.forged, found.repo, found.issue);
        // A person typed over its title, and T3 forgot all messages.
        let renamed = found.renamed;
        let is_nobodys = renamed && !found.is_named();
        let is_done = ending.kind == EndKind::Done;
        let was_once_done = self.landed.contains(&(repo, number));
        if is_done && !forged {
            self.landed.insert((repo, number));
        }
        // What stood there was decided on a commit that is not the newest any more, or was taken back. In the minute after that both
        // are right: what one tick sees another does not see yet.
        let was_done = before
            .as_ref()
            .is_some_and(|before| before.kind == EndKind::Done);
        let outdated = was_done && (!self.is_green(thread) || self.may_show_revert(thread));
        // A note whose answer never came may come late, over what was decided since.
        let is_note = !(ending.rung.is_empty() && ending.given_up.is_empty());
        let late_note = self.delivering && (is_note || (is_done && was_once_done));
        match before {
            None => {
                if let Some(reason) = ending.reason
                    && !is_of_before
                {
                    self.judge_reason(tick, thread, reason);
                }
                // An end is decided on everything that was sent. In a thread that a person archived or deleted no turn runs, and some
                // servers hide what it got.
                let released = self.t3.threads[&thread].is_released();
                let seen = self.ticks[tick].seen.get(&thread).copied().unwrap_or(0);
                // A backup that is put back shows again what T3 had forgotten.
                if !released && seen < messages && !is_of_before {
                    self.violate(format!(
                        "{}: ended over a turn that nobody saw",
                        short(thread)
                    ));
                }
                self.count(&format!("end {}", ending.kind.as_str()));
            }
            // An end needs evidence, and a forge that is gone gives none any more.
            Some(before)
                if before.kind != ending.kind
                    && ending.reason == Some(ReasonCode::ForgeLost)
                    && self.repos[repo].lost =>
            {
                self.count("an end is covered by forge-lost");
            }
            // A tick that carries out an end of a moment ago notes in it what it rang, or tries whether it could; the next one holds
            // it against the evidence.
            Some(before)
                if before.kind != ending.kind
                    && self.ticks[tick].overlapped
                    && (self.ticks[tick]
                        .ending_of(thread)
                        .is_some_and(|seen| seen.kind == ending.kind)
                        || !(ending.rung.is_empty() && ending.given_up.is_empty())) =>
            {
                self.count("a note of a tick that overlapped covers an end");
            }
            // Of a thread that a person archived, some servers do not show the messages: each tick records its end under a step of
            // its own.
            Some(before)
                if before.kind != ending.kind
                    && self.ticks[tick].overlapped
                    && self.t3.version == Version::Fork
                    && self.t3.threads[&thread].by_person
                    && ending.kind != EndKind::Done =>
            {
                self.count("an end in the archive is covered by that of an older tick");
            }
            // What such a tick wrote, without the message that it was about, is proven by nothing.
            Some(before)
                if before.kind != ending.kind
                    && (is_of_before
                        || covers_one_of_before
                        || (was_done && self.restored_at.is_some())) =>
            {
                self.count("an end of a tick that began before a restore");
            }
            Some(before) if before.kind != ending.kind && late_note => {
                self.count("a note that came late covers an end");
            }
            Some(before) if before.kind != ending.kind && outdated => {
                self.count("an end is covered, because its commit is not green any more");
            }
            // Whose issue left took with it what said which commit is the run's: nothing proves that it landed.
            Some(before)
                if before.kind == EndKind::Done
                    && ending.kind == EndKind::NeedsHuman
                    && self.is_gone(repo, number) =>
            {
                self.count("an end is not proven any more because its issue left");
            }
            // A person had taken the end out of the title when this tick read it, and the note of an older tick put it back.
            Some(before)
                if before.kind != ending.kind
                    && renamed
                    && self.ticks[tick].overlapped
                    && self.ticks[tick].ending_of(thread).is_none() =>
            {
                self.count("an end that a person took away is covered, which a note had put back");
            }
            Some(before) if before.kind != ending.kind && is_nobodys => {
                self.count("an end is covered in a run that nothing names any more");
            }
            Some(before) if before.kind != ending.kind && !forged => {
                self.violate(format!("{}: a second end", short(thread)));
            }
            Some(_) => {}
        }
    }

    /// Whether the newest commit of a run is green and was not taken back. Where its own build was cancelled or did not come, a
    /// newer commit of the branch that is green proves it.
    fn is_green(&self, id: ThreadId) -> bool {
        let Some(commit) = self.newest_commit(id) else {
            return false;
        };
        let repo = &self.repos[self.t3.threads[&id].repo];
        // Lists lag, and a tick may act on what it read at its beginning.
        let read_at = self.now - TimeDelta::seconds(settings::BELLS_MAX);
        self.is_proven(self.t3.threads[&id].repo, commit)
            && !self.shows_revert(repo, commit, read_at)
    }

    /// Whether a tick may know by now that the newest commit of a run was taken back.
    fn may_show_revert(&self, id: ThreadId) -> bool {
        self.newest_commit(id).is_some_and(|commit| {
            self.shows_revert(&self.repos[self.t3.threads[&id].repo], commit, self.now)
        })
    }

    /// Whether lists have shown since before a moment that a commit was taken back.
    fn shows_revert(&self, repo: &Repo, commit: &Commit, since: DateTime<Utc>) -> bool {
        let revert = format!("This reverts commit {}", commit.sha);
        commit.reverted
            && repo
                .commits
                .iter()
                .any(|newer| newer.listed_at <= since && newer.message.contains(&revert))
    }

    fn is_gone(&self, repo: usize, number: u64) -> bool {
        let issue = self.repos[repo].issues.get(&number);
        issue.is_none_or(|issue| issue.gone)
    }

    /// Whether a run of an issue names another one as well: nothing is written to it for that run's sake.
    pub fn is_contradicted(&self, repo: usize, number: u64) -> bool {
        let mut runs = self.t3.threads.values();
        runs.any(|thread| (thread.repo, thread.issue) == (repo, number) && thread.is_contradicted())
    }

    /// w10: nothing may be left to do, and nobody may be at work.
    pub fn judge_release(&mut self, tick: usize, id: ThreadId) {
        let now = self.now;
        if self.acts_on_what_was_lost(tick) {
            self.ends_of_before.insert(id);
        }
        let thread = &self.t3.threads[&id];
        let name = format!("repo{}#{} {}", thread.repo, thread.issue, short(id));
        let dead = TimeDelta::seconds(2 * settings::STALL);
        let slack = TimeDelta::seconds(60);
        // Servers that do not say that they were restarted do not tell of an agent that lived through it.
        let untold = thread.orphan && self.t3.version != Version::Fork;
        // T3 forgot the first message in the seconds in which its turn had not begun, and a title tells of an end: a slot that was
        // never started looks the same.
        let forgotten = thread.turns == 1
            && thread
                .messages
                .iter()
                .all(|message| message.forgotten && now - message.at < slack);
        if forgotten && thread.is_alive() {
            self.count("released before a turn whose message T3 forgot began");
            return;
        }
        if !untold && thread.is_alive() && thread.quiet_for(now) + slack < dead {
            // After a restore the same slot may be another run's.
            if self.acts_on_what_was_lost(tick) {
                return self.count("a release of a tick that began before a restore");
            }
            // A person took the end out of the title while a tick carried it out, and another tick had the run go on.
            let renamed = self.ticks[tick].ending_of(id).is_some() && self.ending(id).is_none();
            if self.ticks[tick].overlapped && renamed {
                return self.count("a release of a run that a person had go on just now");
            }
            return self.violate(format!("{name}: released under a live agent"));
        }
        if thread.is_anybodys() {
            return self.count("released without anything that tells whose run it is");
        }
        let (age, forged) = (now - thread.created_at, thread.forged);
        let (repo, number, created_at) = (thread.repo, thread.issue, thread.created_at);
        let Some(ending) = self.ending(id) else {
            let given_up = TimeDelta::seconds(settings::RUN_MAX);
            let shows_title = Title::parse(&self.t3.threads[&id].title).is_some();
            // A backup that was put back takes away an end that this tick had carried out.
            if age < given_up && shows_title && self.restored_at.is_none() {
                self.violate(format!("{name}: released without an end"));
            }
            return;
        };
        self.say(|| format!("tick {tick} releases {name} as {}", ending.kind.as_str()));
        let read = self.ticks[tick].ending_of(id).map(|read| read.kind);
        if self.ticks[tick].overlapped && read.is_some_and(|read| read != ending.kind) {
            return self.count("open: a release over an end that another tick wrote just now");
        }
        self.count("released");
        // A slot that never ran is given up as quietly, whoever wrote that into its title.
        let started = !self.t3.threads[&id].messages.is_empty();
        if (forged && !started) || (ending.kind == EndKind::StoodDown && !forged) {
            return;
        }
        let withdrawn = self.repos[repo].issues.get(&number).is_none_or(|issue| {
            issue.gone
                || issue.events.iter().any(|event| {
                    event.at + TimeDelta::seconds(60) >= created_at
                        && event.by != By::Us
                        && match &event.what {
                            What::Unlabeled(label) => label == READY,
                            What::Closed(_) => true,
                            What::Labeled(_)
                            | What::Reopened
                            | What::Renamed
                            | What::Edited
                            | What::Transferred => false,
                        }
                })
        });
        let quiet = ending.kind == EndKind::Done || forged;
        if quiet && withdrawn {
            return;
        }
        let state = &self.ticks[tick];
        let refused = state.refused.clone();
        let noted = state.rung(id);
        let knows_dead = |sink: &'static str| {
            refused.contains(&(id, sink)) || noted.iter().any(|name| name == sink)
        };
        for sink in super::run::SINKS {
            let rang = self.bells.iter().any(|bell| {
                bell.sink == sink
                    && (bell.thread == Some(id)
                        || (bell.thread.is_none()
                            && (bell.repo, bell.issue) == (repo, number)
                            && bell.at >= created_at))
            });
            let given_up = ending.given_up.iter().any(|name| name == sink);
            if given_up && !self.dead_sinks.contains(sink) {
                self.violate(format!("{name}: gave up {sink}, which is there"));
            } else if given_up {
                self.count("released with a sink that was given up");
            } else if self.dead_sinks.contains(sink) && knows_dead(sink) {
                // The note of another tick covered the one of this.
                self.count("released with a sink that was given up, and its note was covered");
            } else if !rang {
                self.violate(format!(
                    "{name}: released as {} and {sink} never rang",
                    ending.kind.as_str()
                ));
            }
        }
    }

    /// w6: at most once, as far as that can be.
    pub fn judge_bell(&mut self, tick: usize, sink: &'static str, bell: &Notification) {
        let repo = self.repo_of(&bell.issue().repo).unwrap();
        let thread = thread_of(bell);
        self.say(|| format!("{sink}: {}", bell.title()));
        self.count("bell");
        if let Some(thread) = thread {
            let noted = self.ticks[tick]
                .rung(thread)
                .iter()
                .any(|rung| rung == sink);
            let shows = self
                .ending(thread)
                .is_some_and(|ending| ending.is_settled(sink));
            if noted && !shows {
                self.count("a receipt is covered by the note of an older tick");
            } else if noted {
                self.violate(format!(
                    "{}: {sink} rings although its receipt was seen",
                    short(thread)
                ));
            }
            self.judge_second_bell(tick, sink, thread, &bell.title());
        }
        self.bells.push(Bell {
            sink,
            title: bell.title(),
            repo,
            issue: bell.issue().number.0,
            tick,
            thread,
            at: self.now,
        });
    }

    /// SPEC 11: a second bell needs a crash or an overlap between the ringing of the first and its note.
    fn judge_second_bell(
        &mut self,
        tick: usize,
        sink: &'static str,
        thread: ThreadId,
        title: &str,
    ) {
        // Whose title was written late, or by a person, lost its notes to somebody else.
        let meddled = self.late_titles
            || self.restored_at.is_some()
            || self
                .t3
                .threads
                .get(&thread)
                .is_none_or(|it| it.renamed || it.forged);
        let excused = |earlier: usize| {
            let ringer = &self.ticks[earlier];
            ringer.disturbed || ringer.killed || ringer.overlapped
        };
        let again = self
            .bells
            .iter()
            // What was done and is taken back before it is released has another bell.
            .filter(|bell| bell.sink == sink && bell.thread == Some(thread) && bell.title == title)
            .any(|bell| !meddled && !excused(bell.tick) && !excused(tick));
        /// So many bells are a siege, whatever the excuse of each. Where T3 is restored nothing is left of those before.
        const SIEGE: usize = 8;
        let ever = self
            .bells
            .iter()
            .filter(|bell| bell.sink == sink && bell.thread == Some(thread))
            .filter(|bell| self.restored_at.is_none_or(|then| bell.at >= then))
            .count();
        // Nothing holds a note where a person deleted the thread and the forge refuses every write for good: open, and counted.
        let cannot_be_noted = self.t3.threads.get(&thread).is_some_and(|found| {
            let issue = self.repos[found.repo].issues.get(&found.issue);
            found.deleted && issue.is_some_and(|issue| issue.refuses_writes)
        });
        if ever >= SIEGE && cannot_be_noted {
            self.count("open: bells that nothing can note ring on");
        } else if ever >= SIEGE {
            self.violate(format!("{}: {sink} rings on and on", short(thread)));
        } else if again {
            self.violate(format!(
                "{}: {sink} rings again, and nothing went wrong",
                short(thread)
            ));
        } else if ever > 0 {
            self.count("second bell, excused");
        }
    }

    /// The lock label comes after the start: a start that fails leaves none.
    pub fn judge_label_added(&mut self, repo: usize, number: u64, label: &str) {
        if label != LOCK {
            return;
        }
        let mistaken = self
            .t3
            .threads
            .values()
            .any(|thread| thread.repo == repo && thread.is_anybodys());
        if !self.started.contains(&(repo, number)) && !mistaken {
            self.violate(format!(
                "repo{repo}#{number}: locked before anything was started"
            ));
        }
    }

    /// w8 and w9: a newer labelling is nobody's to take away, and the lock goes last.
    pub fn judge_label_removed(&mut self, tick: usize, repo: usize, number: u64, label: &str) {
        let Some(issue) = self.repos[repo].issues.get(&number).cloned() else {
            return;
        };
        let newest = issue.authorisation().map(|event| event.id);
        if label == READY && issue.shows(READY) {
            let seen = self.ticks[tick]
                .labelling
                .get(&(repo, number))
                .copied()
                .flatten();
            // What an agent, or an App that nobody lists, puts on asks for nothing.
            let asks = |by: By| match by {
                By::Person(AGENT) | By::App("shady-app") | By::Us => false,
                By::Person(_) | By::App(_) | By::Through(..) | By::Deleted => true,
            };
            if issue.authorisation().is_some_and(|event| !asks(event.by)) {
                self.count("w8 took away a label that asks for nothing");
            } else if seen != newest {
                self.count("w8 took away a labelling that it could not have seen");
            } else if let Some(newest) = newest
                && !self.had_slot(repo, number, newest)
                && !self.is_stray_by_a_person(repo, number)
                && self.restored_at.is_none()
            {
                self.violate(format!(
                    "repo{repo}#{number}: took away a labelling that had no run"
                ));
            }
        }
        if label == LOCK && issue.open && issue.shows(READY) && issue.shows(LOCK) {
            // What a later run holds, a tick of before does not know of.
            let began_at = self.ticks[tick].began_at;
            let ended = newest.is_some_and(|newest| {
                self.t3.threads.values().any(|thread| {
                    (thread.repo, thread.issue) == (repo, number)
                        && thread.created_at <= began_at
                        && Title::parse(&thread.title).is_some_and(|title| {
                            title.authorisation == event_id(newest).digest()
                                && title
                                    .ending
                                    .is_some_and(|end| end.kind != EndKind::StoodDown)
                        })
                })
            });
            let seen = self.ticks[tick]
                .labelling
                .get(&(repo, number))
                .copied()
                .flatten();
            // What the forge refused for good is passed over, and it may refuse one write and take the next.
            if ended && self.ticks[tick].denied.contains(&(repo, number)) {
                self.count(
                    "the ready label was refused to be taken off, and the lock label was not",
                );
            } else if ended
                && seen == newest
                && !self.meddled.contains(&(repo, number))
                && !self.is_contradicted(repo, number)
            {
                self.violate(format!(
                    "repo{repo}#{number}: open, ready and unlocked although its run is over"
                ));
            }
        }
    }

    /// Whether a slot was ever bound to this labelling.
    fn had_slot(&self, repo: usize, number: u64, event: u64) -> bool {
        let digest = event_id(event).digest();
        self.t3.threads.values().any(|thread| {
            (thread.repo, thread.issue) == (repo, number) && thread.bound_to == digest
        })
    }

    /// Whether a slot can still be seen to be bound to this labelling: a person may have given it another title.
    pub fn bound_to(&self, repo: usize, number: u64, event: u64) -> bool {
        let digest = event_id(event).digest();
        self.t3.threads.values().any(|thread| {
            (thread.repo, thread.issue) == (repo, number)
                && (thread
                    .messages
                    .iter()
                    .any(|message| message.id.authorisation == event_id(event))
                    || Title::parse(&thread.title)
                        .is_some_and(|title| title.authorisation == digest))
        })
    }

    /// Whether a slot of the issue was made so long after this label event that the slot may have come from it (SPEC 4.1 p4): a
    /// request to make it arrived late, and the issue was labelled anew meanwhile.
    pub fn is_older_than_a_slot(&self, repo: usize, number: u64, event: u64) -> bool {
        let events = &self.repos[repo].issues[&number].events;
        events.iter().filter(|one| one.id == event).any(|labelled| {
            self.t3.threads.values().any(|thread| {
                // Some servers show of a released thread nothing but its title, whoever typed that.
                let titled = Title::parse(&thread.title)
                    .is_some_and(|title| title.issue == IssueNumber(number));
                thread.repo == repo
                    && (thread.issue == number || titled)
                    && thread.created_at > labelled.at + TimeDelta::minutes(5)
            })
        })
    }

    /// Whether a released thread has no end to show because of what a person did with it: SPEC 4.3 hands its issue back as
    /// a stray, whatever was asked since.
    fn is_stray_by_a_person(&self, repo: usize, number: u64) -> bool {
        self.t3.threads.values().any(|thread| {
            (thread.repo, thread.issue) == (repo, number)
                && (thread.by_person || (thread.renamed && thread.is_released()))
        })
    }

    /// w7: we close only what landed.
    pub fn judge_close(&mut self, repo: usize, number: u64) {
        if !self.landed.contains(&(repo, number)) && !self.has_green_commit(repo, number) {
            self.violate(format!(
                "repo{repo}#{number}: closed although nothing landed"
            ));
        }
    }

    /// Whatever was logged, reported, written or rung holds no secret.
    pub fn judge_secrets(&mut self) {
        let leaked = settings::CANARIES
            .iter()
            .find(|(_, secret)| self.published.contains(secret));
        if let Some((key, _)) = leaked {
            self.violate(format!("the secret {key} was published"));
        }
        self.published.clear();
    }
}
