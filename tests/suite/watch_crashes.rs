//! Crashes and overlaps of `afk-watch`: every tick of a story dies, or is overtaken, at each of its requests.
//!
//! A tick dies inside this process: one request still takes effect, and its answer and all that the tick sends later is
//! lost. Clean ticks come after it. However it was disturbed, a story must reach the end that it reaches undisturbed,
//! with no bell lost and at most one rung again. Whether that end is the right one is for the stories of `watch.rs`.
//!
//! What a dead tick leaves behind is what its writes did until then, so that dying after each write is dying before and
//! after each request: reads leave nothing. In the same way a tick that is held before a request is one
//! that is held after the one before. Ticks that write nothing when undisturbed are left alone.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::support::saga::Saga;
use crate::support::sandbox::http_server::Fault;
use crate::support::sandbox::t3::{T3Options, T3Version};
use crate::support::world::{LOCK, READY, REPO, WorldOptions};

/// Ends a story that is stuck; no story waits that long when all is well.
const STUCK: Duration = Duration::from_secs(20);

/// No end takes more ticks than this.
const TICKS_MAX: usize = 8;

/// What happens to a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    /// The answer to one request, and everything that it sends later, is lost.
    Dies,
    /// The answer to one request is lost, and the tick goes on.
    LosesAnAnswer,
    /// It is held while another tick of `afk-watch` runs from start to end.
    OvertakenByWatch,
    /// It is held while a tick of `afk-poll` runs from start to end.
    OvertakenByPoll,
}

/// One disturbance of a story: which of its watch ticks, at which request of it.
#[derive(Clone, Copy, Debug)]
struct Disturbance {
    tick: usize,
    request: usize,
    trouble: Trouble,
}

/// What is left of a story, compared between a disturbed and an undisturbed one.
#[derive(Clone, Debug, PartialEq, Eq)]
struct End {
    open: bool,
    labels: Vec<String>,
    own_comments: usize,
    title: String,
    archived: bool,
    deleted: bool,
    turns: usize,
}

/// A story that is told with or without a disturbance.
struct Play {
    saga: Saga,
    name: String,
    disturbance: Option<Disturbance>,
    /// Of each watch tick so far, what it asked for.
    ticks: Vec<Vec<String>>,
    /// Whether a person releases a thread under a live agent in this story.
    released_by_a_person: bool,
}

type Story = fn(&mut Play) -> u64;

impl Play {
    fn new(name: &str, version: T3Version, disturbance: Option<Disturbance>) -> Self {
        Self {
            saga: Saga::with(WorldOptions {
                t3: T3Options::new(version),
                ..WorldOptions::default()
            }),
            name: format!("{name}, {version:?}, {disturbance:?}"),
            disturbance,
            ticks: Vec::new(),
            released_by_a_person: false,
        }
    }

    /// One tick of `afk-watch`; the disturbed one is followed by what a CronJob starts next.
    fn tick(&mut self) {
        self.saga.world.journal.clear();
        let disturbance = self
            .disturbance
            .filter(|disturbance| disturbance.tick == self.ticks.len());
        let Some(disturbance) = disturbance else {
            let report = self.saga.watch();
            assert!(report.failures.is_empty(), "{}: {report}", self.name);
            self.ticks.push(self.saga.world.requests());
            self.check();
            return;
        };
        match disturbance.trouble {
            Trouble::Dies | Trouble::LosesAnAnswer => self.lose(disturbance),
            Trouble::OvertakenByWatch | Trouble::OvertakenByPoll => self.be_overtaken(disturbance),
        }
        self.ticks.push(self.saga.world.requests());
        self.saga.world.journal.calm();
        self.check();
        self.saga.world.t3.settle();
        self.saga.pass(10);
        let report = self.saga.watch();
        assert!(report.failures.is_empty(), "{}: {report}", self.name);
        self.check();
    }

    fn lose(&self, disturbance: Disturbance) {
        let goes_on = disturbance.trouble == Trouble::LosesAnAnswer;
        self.saga.world.journal.intercept(move |exchange| {
            match exchange.number.cmp(&disturbance.request) {
                Ordering::Equal => Fault::LostAnswer,
                Ordering::Greater if !goes_on => Fault::LostRequest,
                Ordering::Less | Ordering::Greater => Fault::None,
            }
        });
        drop(self.saga.watch());
    }

    fn be_overtaken(&self, disturbance: Disturbance) {
        let door = Door::default();
        let held = door.clone();
        self.saga.world.journal.intercept(move |exchange| {
            if exchange.number == disturbance.request {
                held.hold();
            }
            Fault::None
        });
        let saga = &self.saga;
        std::thread::scope(|scope| {
            let slow = scope.spawn(|| saga.watch());
            door.await_arrival();
            match disturbance.trouble {
                Trouble::OvertakenByPoll => {
                    let report = saga.poll();
                    assert!(report.dispatched.is_empty(), "{}: {report}", self.name);
                }
                Trouble::OvertakenByWatch | Trouble::Dies | Trouble::LosesAnAnswer => {
                    drop(saga.watch());
                }
            }
            self.check();
            door.open();
            drop(slow.join().expect("a tick does not panic"));
        });
    }

    /// What holds after every tick, also after one that died.
    fn check(&self) {
        let name = &self.name;
        let world = &self.saga.world;
        let threads = world.t3.threads();
        let live = world.t3.live_agents();
        for id in &threads {
            let thread = world.t3.thread(id).unwrap();
            assert!(
                !thread.archived || !live.contains(id) || self.released_by_a_person,
                "{name}: released under a live agent"
            );
            let sent: Vec<&str> = thread
                .messages
                .iter()
                .filter(|message| message.role == "user")
                .filter_map(|message| message.id.split('|').nth(6))
                .collect();
            let answered: BTreeSet<&str> = sent.iter().copied().collect();
            assert_eq!(
                sent.len(),
                answered.len(),
                "{name}: two turns for one commit"
            );
            let Some(number) = issue_of(&thread.title) else {
                continue;
            };
            // Repository and issue, run, authorisation, and then the end.
            if thread.title.matches(" · ").nth(2).is_none() || thread.deleted {
                continue;
            }
            let labels = world.labels(number);
            let shows = |label: &str| labels.iter().any(|shown| shown == label);
            assert!(
                !world.github.issue_state(REPO, number).open || !shows(READY) || shows(LOCK),
                "{name}: open, ready and unlocked although its run is over"
            );
        }
    }

    /// Ticks, a minute apart, until nothing is left to do.
    fn until_over(&mut self, number: u64) -> u64 {
        for _ in 0..TICKS_MAX {
            self.saga.world.t3.settle();
            self.saga.pass(60);
            let before = self.state();
            self.tick();
            if self.saga.world.t3.live_agents().is_empty() && self.state() == before {
                return number;
            }
        }
        panic!("{}: does not come to an end", self.name);
    }

    /// Everything that a tick could have changed.
    fn state(&self) -> (u64, usize) {
        let world = &self.saga.world;
        (world.t3.sequence(), world.github.writes().len())
    }

    fn end(&self, number: u64) -> End {
        let world = &self.saga.world;
        let threads = world.t3.threads();
        assert!(threads.len() <= 1, "{}: a second run", self.name);
        let thread = threads.first().map(|id| world.t3.thread(id).unwrap());
        let of = |look: fn(&crate::support::sandbox::t3::ThreadView) -> bool| {
            thread.as_ref().is_some_and(look)
        };
        End {
            open: world.github.issue_state(REPO, number).open,
            labels: world.labels(number),
            own_comments: self.saga.checklist(number).len(),
            title: thread
                .as_ref()
                .map(|thread| thread.title.clone())
                .unwrap_or_default(),
            archived: of(|thread| thread.archived),
            deleted: of(|thread| thread.deleted),
            turns: thread.map_or(0, |thread| self.saga.turns(&thread.id)),
        }
    }
}

fn issue_of(title: &str) -> Option<u64> {
    title
        .strip_prefix(&format!("{REPO}#"))?
        .split(' ')
        .next()?
        .parse()
        .ok()
}

/// A door at which one exchange waits until the story lets it go on.
#[derive(Clone, Default)]
struct Door(Arc<(Mutex<DoorState>, Condvar)>);

#[derive(Default)]
struct DoorState {
    arrived: bool,
    open: bool,
}

impl Door {
    fn change(&self, change: impl FnOnce(&mut DoorState)) {
        change(&mut self.0.0.lock().unwrap_or_else(PoisonError::into_inner));
        self.0.1.notify_all();
    }

    fn wait_until(&self, what: &str, reached: impl Fn(&DoorState) -> bool) {
        let state = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (_state, timeout) = self
            .0
            .1
            .wait_timeout_while(state, STUCK, |state| !reached(state))
            .unwrap_or_else(PoisonError::into_inner);
        assert!(!timeout.timed_out(), "stuck: {what}");
    }

    fn hold(&self) {
        self.change(|state| state.arrived = true);
        self.wait_until("nobody opened", |state| state.open);
    }

    fn await_arrival(&self) {
        self.wait_until("nobody came", |state| state.arrived);
    }

    fn open(&self) {
        self.change(|state| state.open = true);
    }
}

/// Tells a story undisturbed, then with each disturbance in turn.
fn disturb_everywhere(name: &str, version: T3Version, trouble: Trouble, story: Story) {
    let mut play = Play::new(name, version, None);
    let number = story(&mut play);
    let wanted = play.end(number);
    let bells = play.saga.bells.titles();
    assert!(bells.len() <= 1, "{name}: {bells:?}");
    let ticks = play.ticks.clone();
    drop(play);
    for (tick, requests) in ticks.iter().enumerate() {
        if !requests.iter().any(|request| writes(request)) {
            continue;
        }
        for (request, asked) in requests.iter().enumerate() {
            let matters = match trouble {
                Trouble::Dies | Trouble::LosesAnAnswer => writes(asked),
                Trouble::OvertakenByWatch | Trouble::OvertakenByPoll => request > 0,
            };
            if !matters {
                continue;
            }
            let disturbance = Disturbance {
                tick,
                request,
                trouble,
            };
            let mut play = Play::new(name, version, Some(disturbance));
            play.name = format!("{} ({asked})", play.name);
            let number = story(&mut play);
            let name = &play.name;
            assert!(
                play.ticks.len() > tick,
                "{name}: over before it was disturbed"
            );
            assert_eq!(play.end(number), wanted, "{name}");
            let rung = play.saga.bells.titles();
            assert!(
                (bells.len()..=2 * bells.len()).contains(&rung.len()),
                "{name}: {rung:?}"
            );
            assert!(rung.iter().all(|title| bells.contains(title)), "{name}");
            let report = play.saga.poll();
            assert!(report.dispatched.is_empty(), "{name}: {report}");
            // What was sent is the same as undisturbed, which is held against the contract.
            play.saga.world.journal.clear();
        }
    }
}

/// Whether a request, as `describe` names it, may change anything.
fn writes(request: &str) -> bool {
    !request.contains(" GET ") && !request.ends_with("/graphql")
}

// The stories. Each returns the number of its issue.

fn landed(play: &mut Play) -> u64 {
    let (number, thread) = play.saga.started();
    play.tick();
    let sha = play.saga.push(number, &thread, "Reject negative sizes");
    play.saga.world.t3.agent_finishes(&thread, "Pushed.");
    play.tick();
    play.saga.ci(&sha, "success");
    play.tick();
    play.until_over(number)
}

fn repaired(play: &mut Play) -> u64 {
    let (number, thread) = play.saga.started();
    let red = play.saga.push(number, &thread, "First try");
    play.saga.world.t3.agent_finishes(&thread, "Pushed.");
    play.saga.ci(&red, "failure");
    play.tick();
    assert_eq!(play.saga.turns(&thread), 2, "{}", play.name);
    play.saga.pass(5);
    play.saga.world.t3.agent_starts(&thread);
    let green = play.saga.push(number, &thread, "Second try");
    play.saga.world.t3.agent_finishes(&thread, "Repaired.");
    play.saga.ci(&green, "success");
    play.tick();
    play.until_over(number)
}

fn frozen(play: &mut Play) -> u64 {
    play.saga.world.set("AFK_FIX_FORWARD_MAX_ATTEMPTS", "1");
    let (number, thread) = play.saga.started();
    let red = play.saga.push(number, &thread, "First try");
    play.saga.world.t3.agent_finishes(&thread, "Pushed.");
    play.saga.ci(&red, "failure");
    play.tick();
    assert_eq!(play.saga.turns(&thread), 2, "{}", play.name);
    play.saga.pass(5);
    play.saga.world.t3.agent_starts(&thread);
    let red = play.saga.push(number, &thread, "Second try");
    play.saga.world.t3.agent_finishes(&thread, "I can not.");
    play.saga.ci(&red, "failure");
    play.tick();
    play.until_over(number)
}

/// The agent is still at work when its run ends: it takes a tick to stop.
fn stalled(play: &mut Play) -> u64 {
    let (number, thread) = play.saga.started();
    play.saga.world.t3.agent_says(&thread, "Let me look.");
    play.saga.pass(1_800 + 120);
    play.tick();
    play.until_over(number)
}

fn nothing_pushed(play: &mut Play) -> u64 {
    let (number, thread) = play.saga.started();
    play.saga.world.t3.agent_finishes(&thread, "I need access.");
    play.saga.pass(120);
    play.tick();
    play.until_over(number)
}

fn label_removed(play: &mut Play) -> u64 {
    let (number, _) = play.saga.started();
    play.saga.world.github.unlabel(REPO, number, "alice", READY);
    play.saga.pass(5);
    play.tick();
    play.until_over(number)
}

fn closed_by_its_push_and_red(play: &mut Play) -> u64 {
    play.saga.world.set("AFK_FIX_FORWARD_MAX_ATTEMPTS", "0");
    let (number, thread) = play.saga.started();
    let sha = play.saga.world.github.push_commit(
        REPO,
        "afk-bot",
        &format!("Oops\n\nCloses #{number}\n\nAfk-Run: {thread}\n"),
    );
    play.saga.pass(5);
    play.saga.world.t3.agent_finishes(&thread, "Pushed.");
    play.saga.ci(&sha, "failure");
    play.tick();
    play.until_over(number)
}

fn archived_by_a_person(play: &mut Play) -> u64 {
    play.released_by_a_person = true;
    let (number, thread) = play.saga.started();
    play.saga.world.t3.people_archive(&thread);
    play.saga.pass(5);
    play.tick();
    play.until_over(number)
}

fn deleted_by_a_person(play: &mut Play) -> u64 {
    play.released_by_a_person = true;
    let (number, thread) = play.saga.started();
    play.saga.world.t3.people_delete(&thread);
    play.saga.pass(5);
    play.tick();
    play.until_over(number)
}

fn locked_by_hand(play: &mut Play) -> u64 {
    let number = play.saga.world.ready_issue("Reject negative sizes");
    play.saga.world.github.label(REPO, number, "alice", LOCK);
    play.saga.pass(5);
    play.tick();
    play.until_over(number)
}

fn lock_left_over(play: &mut Play) -> u64 {
    let number = nothing_pushed(play);
    play.saga.world.github.label(REPO, number, "alice", LOCK);
    play.saga.pass(5);
    play.tick();
    play.until_over(number)
}

macro_rules! everywhere {
    ($($test:ident: $story:ident on $version:ident, $trouble:ident;)*) => {$(
        #[test]
        fn $test() {
            disturb_everywhere(stringify!($story), T3Version::$version, Trouble::$trouble, $story);
        }
    )*};
}

everywhere! {
    a_tick_may_die_anywhere_while_a_run_lands: landed on V0_0_27, Dies;
    a_tick_may_die_anywhere_while_a_run_lands_on_july: landed on July, Dies;
    a_tick_may_die_anywhere_while_a_run_lands_on_the_fork: landed on Fork0_0_33, Dies;
    a_tick_may_die_anywhere_while_a_run_is_repaired: repaired on V0_0_27, Dies;
    a_tick_may_die_anywhere_while_a_run_is_frozen: frozen on V0_0_27, Dies;
    a_tick_may_die_anywhere_while_a_run_is_frozen_on_july: frozen on July, Dies;
    a_tick_may_die_anywhere_while_a_stalled_agent_is_stopped: stalled on V0_0_27, Dies;
    a_tick_may_die_anywhere_while_a_stalled_agent_is_stopped_on_july: stalled on July, Dies;
    a_tick_may_die_anywhere_while_a_run_without_a_push_is_handed_back: nothing_pushed on July, Dies;
    a_tick_may_die_anywhere_while_a_run_is_stood_down: label_removed on V0_0_27, Dies;
    a_tick_may_die_anywhere_while_an_issue_is_reopened: closed_by_its_push_and_red on V0_0_27, Dies;
    a_tick_may_die_anywhere_while_an_archived_run_is_handed_back: archived_by_a_person on V0_0_27, Dies;
    a_tick_may_die_anywhere_while_an_archived_run_is_handed_back_on_july: archived_by_a_person on July, Dies;
    a_tick_may_die_anywhere_while_a_deleted_run_is_handed_back: deleted_by_a_person on V0_0_27, Dies;
    a_tick_may_die_anywhere_while_an_unknown_stray_is_handed_back: locked_by_hand on V0_0_27, Dies;
    a_tick_may_die_anywhere_while_a_lock_is_cleared_away: lock_left_over on V0_0_27, Dies;

    a_lost_answer_changes_nothing_when_a_run_lands: landed on V0_0_27, LosesAnAnswer;
    a_lost_answer_changes_nothing_when_a_run_is_frozen: frozen on July, LosesAnAnswer;
    a_lost_answer_changes_nothing_when_an_archived_run_is_handed_back: archived_by_a_person on V0_0_27, LosesAnAnswer;

    two_watch_ticks_land_a_run_once: landed on V0_0_27, OvertakenByWatch;
    two_watch_ticks_land_a_run_once_on_july: landed on July, OvertakenByWatch;
    two_watch_ticks_land_a_run_once_on_the_fork: landed on Fork0_0_33, OvertakenByWatch;
    two_watch_ticks_freeze_a_run_once: frozen on V0_0_27, OvertakenByWatch;
    two_watch_ticks_freeze_a_run_once_on_july: frozen on July, OvertakenByWatch;
    two_watch_ticks_stop_a_stalled_agent_once: stalled on V0_0_27, OvertakenByWatch;
    a_poll_tick_meanwhile_starts_nothing_while_a_run_lands: landed on V0_0_27, OvertakenByPoll;
    a_poll_tick_meanwhile_starts_nothing_while_a_run_is_frozen: frozen on V0_0_27, OvertakenByPoll;
    a_poll_tick_meanwhile_starts_nothing_while_a_run_is_frozen_on_july: frozen on July, OvertakenByPoll;
}
