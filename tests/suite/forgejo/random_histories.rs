//! Histories that chance makes, judged by what really happened: nothing starts that nobody trusted asked for, or whose text
//! somebody untrusted can have changed since; what is clean starts.
//!
//! The people do only what the servers let them: who may write issues labels, closes and edits; the poster closes, opens and
//! edits what is his; everybody who can read may comment, and mention the issue where our token can not see it.

use crate::support::forgejo_saga::ForgejoSaga;
use crate::support::sandbox::forgejo::ServerKind;
use crate::support::sandbox::forgejo::state::Level;
use crate::support::world::{HUMAN, READY, REPO};

/// Histories on each server.
const SEEDS: u64 = 60;

/// More mentions than a Gitea is read past.
const FLOOD: usize = 1_200;

/// The same numbers on every machine.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 20).unwrap() % limit
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Ready,
    Unready,
    Closed,
    Reopened,
    HandedBack,
    Taken,
    Title,
    Body,
    Comment,
    Hidden(usize),
}

#[derive(Clone, Copy, Debug)]
struct Act {
    who: &'static str,
    what: What,
    at: i64,
}

/// A repository of a person, or of an organisation that has people who may write issues alone.
struct Tale {
    story: ForgejoSaga,
    number: u64,
    poster: &'static str,
    acts: Vec<Act>,
    /// Who may push.
    trusted: Vec<&'static str>,
    /// Who may write issues.
    writers: Vec<&'static str>,
    readers: Vec<&'static str>,
}

impl Tale {
    fn begin(kind: ServerKind, chance: &mut Chance) -> Self {
        let is_organisation = chance.below(3) == 0;
        let (story, trusted, writers) = if is_organisation {
            let story = ForgejoSaga::in_organisation(kind);
            (story, vec!["olga"], vec!["olga", "tracy"])
        } else {
            let story = ForgejoSaga::of(kind);
            (story, vec!["alice", "acme"], vec!["alice", "acme"])
        };
        story.forge.add_user("rita");
        story.forge.set_level(REPO, "rita", Level::Read);
        let mut readers = writers.clone();
        readers.push("rita");
        let poster = chance.one(&[trusted[0], trusted[0], "rita", writers[1]]);
        let number = story.issue_by(poster, "Please do it.");
        Self {
            story,
            number,
            poster,
            acts: Vec::new(),
            trusted,
            writers,
            readers,
        }
    }

    fn now(&self) -> i64 {
        self.story.saga.world.clock.now().timestamp()
    }

    fn is_open(&self) -> bool {
        self.story.forge.is_open(REPO, self.number)
    }

    fn shows(&self, label: &str) -> bool {
        self.story
            .labels(self.number)
            .iter()
            .any(|shown| shown == label)
    }

    fn act(&mut self, who: &'static str, what: What) {
        let (forge, number) = (&self.story.forge, self.number);
        // What changes nothing leaves no trace.
        let changes = match what {
            What::Ready => !self.shows(READY),
            What::Unready => self.shows(READY),
            What::HandedBack => !self.shows(HUMAN),
            What::Taken => self.shows(HUMAN),
            What::Closed => self.is_open(),
            What::Reopened => !self.is_open(),
            What::Title | What::Body | What::Comment | What::Hidden(_) => true,
        };
        if !changes {
            return;
        }
        let at = self.now();
        match what {
            What::Ready => forge.label_issue(REPO, number, who, READY),
            What::Unready => forge.unlabel(REPO, number, who, READY),
            What::HandedBack => forge.label_issue(REPO, number, who, HUMAN),
            What::Taken => forge.unlabel(REPO, number, who, HUMAN),
            What::Closed => forge.close_issue(REPO, number, who),
            What::Reopened => forge.reopen_issue(REPO, number, who),
            What::Title => forge.rename_title(REPO, number, who, &format!("Title {at}")),
            What::Body => forge.edit_body(REPO, number, &format!("Body {at}")),
            What::Comment => _ = forge.comment_on(REPO, number, who, "A word."),
            What::Hidden(times) => forge.flood(REPO, number, who, times),
        }
        self.acts.push(Act { who, what, at });
    }

    /// Something that somebody may do.
    fn happen(&mut self, chance: &mut Chance) {
        let writer = chance.one(&self.writers);
        let owner = if chance.below(2) == 0 {
            writer
        } else {
            self.poster
        };
        let reader = chance.one(&self.readers);
        let (who, what) = match chance.below(16) {
            0..=3 => (writer, What::Ready),
            4 => (writer, What::Unready),
            5 => (writer, What::HandedBack),
            6 => (writer, What::Taken),
            7 => (owner, What::Closed),
            8 | 9 => (owner, What::Reopened),
            10 => (owner, What::Title),
            11 | 12 => (owner, What::Body),
            13 => (reader, What::Comment),
            14 => (reader, What::Hidden(1 + chance.below(70))),
            _ => (reader, What::Hidden(FLOOD)),
        };
        self.act(who, what);
        let seconds = [1, 2, 5, 40, 400][chance.below(5)];
        self.story.pass(seconds);
    }

    fn is_trusted(&self, who: &str) -> bool {
        self.trusted.contains(&who)
    }

    /// Why it must not start; `None` when it may.
    fn objection(&self) -> Option<String> {
        let newest = self
            .acts
            .iter()
            .rposition(|act| matches!(act.what, What::Ready | What::Unready));
        let Some(newest) = newest else {
            return Some("nobody asked".to_owned());
        };
        let asked = self.acts[newest];
        if asked.what == What::Unready || !self.is_open() || self.shows(HUMAN) {
            return Some("withdrawn".to_owned());
        }
        if !self.is_trusted(asked.who) {
            return Some(format!("asked for by {}", asked.who));
        }
        let later = &self.acts[newest + 1..];
        // Behind a flood a Gitea shows nothing: there it counts that nobody untrusted could have acted.
        let hides = |act: &Act| act.what == What::Hidden(FLOOD);
        let is_hidden = self.story.kind.is_gitea() && later.iter().any(hides);
        let withdrawn = |act: &&Act| matches!(act.what, What::Closed | What::HandedBack);
        if let Some(act) = later.iter().find(withdrawn)
            && !(is_hidden && self.is_trusted(act.who))
        {
            return Some(format!("voided by {act:?}"));
        }
        let changed = |act: &&Act| {
            let soon = asked.at - act.at < 300;
            match act.what {
                What::Title => soon && !self.is_trusted(act.who),
                // Before the label, nobody is told of edits where they are hidden.
                What::Body => act.at >= asked.at && !self.is_trusted(act.who),
                What::Ready
                | What::Unready
                | What::Closed
                | What::Reopened
                | What::HandedBack
                | What::Taken
                | What::Comment
                | What::Hidden(_) => false,
            }
        };
        let act = self.acts.iter().find(changed)?;
        Some(format!("changed by {act:?}"))
    }

    /// Whether nothing speaks against it at all: trusted people alone, and the label the last thing that happened.
    fn is_clean(&self) -> bool {
        let last = self.acts.last().is_some_and(|act| act.what == What::Ready);
        let mut people = self.acts.iter().map(|act| act.who).chain([self.poster]);
        let hides = |act: &Act| matches!(act.what, What::Hidden(_));
        last && people.all(|who| self.is_trusted(who))
            && self.is_open()
            && !self.shows(HUMAN)
            && !self.acts.iter().any(hides)
            && self.objection().is_none()
    }
}

fn judge(kind: ServerKind) {
    let (mut started, mut clean) = (0, 0);
    for seed in 1..=SEEDS {
        let mut chance = Chance(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let mut tale = Tale::begin(kind, &mut chance);
        for _ in 0..3 + chance.below(8) {
            tale.happen(&mut chance);
        }
        if chance.below(2) == 0 {
            let who = tale.trusted[0];
            tale.act(who, What::Unready);
            tale.story.pass(5);
            tale.act(who, What::Ready);
        }
        tale.story.pass(30);
        let report = tale.story.poll();
        let has_started = !report.dispatched.is_empty();
        let told = || {
            format!(
                "{kind:?} seed {seed}, by {}: {:#?}\n{report}",
                tale.poster, tale.acts
            )
        };
        if let Some(why) = tale.objection() {
            assert!(!has_started, "{why}\n{}", told());
        }
        if tale.is_clean() {
            clean += 1;
            assert!(has_started, "{}", told());
        }
        started += usize::from(has_started);
    }
    assert!(
        started > 8 && clean > 0,
        "{kind:?}: {started} started, {clean} were clean"
    );
}

#[test]
fn of_chance_histories_on_forgejo_11_only_those_start_that_may() {
    judge(ServerKind::Forgejo11);
}

#[test]
fn of_chance_histories_on_forgejo_13_only_those_start_that_may() {
    judge(ServerKind::Forgejo13);
}

#[test]
fn of_chance_histories_on_gitea_only_those_start_that_may() {
    judge(ServerKind::Gitea126);
}
