//! The stories that `faults.rs` disturbs: what people ask, what agents and CI do, and how it must end.
//!
//! People act on what has happened, not on the clock, so that a story is the same one however it is disturbed. That the end
//! named here is the right one is checked on the undisturbed telling.

use afk::domain::identity::{EndKind, Ending, Title};
use afk::domain::reason::ReasonCode;
use afk::domain::repository::IssueNumber;
use chrono::TimeDelta;

use super::commits::Ci;
use super::faults::Telling;
use super::forge::{By, HUMAN, LOCK, READY, What};
use super::ports::Call;
use super::settings;
use super::troubles::OutageWords;
use super::world::{Plan, World};

pub struct Story {
    pub name: &'static str,
    /// Whether pairs of faults are tried on it as well.
    pub core: bool,
    /// How each run ends, by repository, issue and slot; "released" without an end of ours.
    pub ends: &'static [&'static str],
    /// Labels that are left on the first issue, and whether it is open.
    pub left: (&'static [&'static str], bool),
    pub tell: fn(&Telling),
}

const PUSH: Plan = Plan::Push {
    twice: false,
    trailer: true,
    skip_ci: false,
    after_end: false,
};

const ALICE: By = By::Person("alice");

const CLOSED: (&[&str], bool) = (&[], false);
const HANDED_BACK: (&[&str], bool) = (&["ready-for-human"], true);

/// A provider takes no work for an hour, and whoever looks every nine minutes sees each of our resumes fail but the last. No story
/// of the fault loop: it tells whether resumes in a row are counted.
pub const OVERLOADED_FOR_AN_HOUR: Story = Story {
    name: "its provider is overloaded for an hour",
    core: false,
    ends: &["done"],
    left: CLOSED,
    tell: |story| {
        story.plan(&[Plan::Nothing, PUSH, PUSH], &[Ci::Green]);
        story.ask(0, 1);
        story.then(|world| world.set_outage(OutageWords::Overloaded, 60));
        for _ in 0..9 {
            story.round();
            story.then(|world| world.pass(TimeDelta::minutes(9)));
        }
        story.rest();
    },
};

/// T3 forgets the first message before its turn begins, and the label goes. No story of the fault loop: it tells of one moment.
pub const FORGOTTEN_BEFORE_IT_BEGINS: Story = Story {
    name: "its first message is forgotten before its turn begins",
    core: false,
    ends: &["stood-down"],
    left: (&[], true),
    tell: |story| {
        story.plan(&[PUSH], &[Ci::Green]);
        story.ask(0, 1);
        story.until(started);
        story.then(|world| {
            for thread in world.t3.threads.values_mut() {
                for message in &mut thread.messages {
                    message.forgotten = true;
                }
            }
            off(world, READY);
        });
        story.rest();
    },
};

fn started(world: &World) -> bool {
    world.t3.threads.values().any(|thread| thread.sent(0))
}

/// The run shows on its issue, where its stray is found.
fn followed(world: &World) -> bool {
    let issue = &world.repos[0].issues[&1];
    started(world) && issue.shows(LOCK) && !issue.comments.is_empty()
}

fn allocated(world: &World) -> bool {
    !world.t3.threads.is_empty()
}

fn pushed(world: &World) -> bool {
    world.repos.iter().any(|repo| !repo.commits.is_empty())
}

/// A run has its end, and is not released.
fn ended(world: &World) -> bool {
    world.t3.threads.values().any(|thread| {
        !thread.is_released()
            && Title::parse(&thread.title).is_some_and(|title| title.ending.is_some())
    })
}

fn off(world: &mut World, label: &str) {
    world.change(0, 1, ALICE, What::Unlabeled(label.to_owned()));
}

fn on(world: &mut World, label: &str) {
    world.change(0, 1, ALICE, What::Labeled(label.to_owned()));
}

/// A person releases every thread that there is.
fn release(world: &mut World, deleted: bool) {
    let now = world.now;
    for thread in world.t3.threads.values_mut() {
        thread.release(deleted, true, now);
    }
}

fn one_run(story: &Telling, plans: &[Plan], checks: &[Ci]) {
    story.plan(plans, checks);
    story.ask(0, 1);
    story.rest();
}

/// Something happens while an agent is at work that never ends by itself.
fn meanwhile(story: &Telling, when: fn(&World) -> bool, happens: impl FnOnce(&mut World)) {
    story.plan(&[Plan::Endless], &[]);
    story.ask(0, 1);
    story.until(when);
    story.then(happens);
    story.rest();
}

/// The run was sent a corrective turn.
fn corrected(world: &World) -> bool {
    let mut threads = world.t3.threads.values();
    threads.any(|thread| thread.sent(1))
}

/// The provider takes no work for so many minutes from the first turn on; the next turn that it takes pushes.
fn stopped_by_provider(story: &Telling, says: OutageWords, minutes: i64) {
    story.plan(&[Plan::Nothing, PUSH, PUSH], &[Ci::Green]);
    story.ask(0, 1);
    story.then(|world| world.set_outage(says, minutes));
    story.until(paused);
    story.then(|world| world.pass(TimeDelta::minutes(minutes)));
    story.rest();
}

/// Everything is halted for a while. Poll sends nothing meanwhile, so what an earlier poll tick sent late comes after it.
fn halt(story: &Telling) {
    story.then(|world| world.halt = true);
    for _ in 0..6 {
        story.round();
    }
    story.then(|world| world.halt = false);
    story.rest();
}

/// A provider has stopped a run.
fn paused(world: &World) -> bool {
    let mut threads = world.t3.threads.values();
    threads.any(|thread| thread.stopped.is_some())
}

/// The forge of the first repository is gone until every limit of its run is over.
fn lose_the_forge(world: &mut World) {
    world.repos[0].lost = true;
    world.pass(TimeDelta::seconds(settings::SUM_OF_LIMITS));
}

pub const STORIES: [Story; 41] = [
    Story {
        name: "landed",
        core: true,
        ends: &["done"],
        left: CLOSED,
        tell: |story| one_run(story, &[PUSH], &[Ci::Green]),
    },
    Story {
        name: "landed with deploy and rollout",
        core: false,
        ends: &["done"],
        left: CLOSED,
        tell: |story| {
            story.plan(&[PUSH], &[Ci::Green]);
            story.ask(1, 1);
            story.rest();
        },
    },
    Story {
        name: "red, then repaired",
        core: true,
        ends: &["done"],
        left: CLOSED,
        tell: |story| one_run(story, &[PUSH, PUSH], &[Ci::Red, Ci::Green]),
    },
    Story {
        name: "red, never repaired",
        core: true,
        ends: &["frozen"],
        left: HANDED_BACK,
        tell: |story| one_run(story, &[PUSH, Plan::Nothing], &[Ci::Red]),
    },
    Story {
        name: "red as often as it may be",
        core: false,
        ends: &["frozen"],
        left: HANDED_BACK,
        tell: |story| one_run(story, &[PUSH, PUSH, PUSH], &[Ci::Red, Ci::Red, Ci::Red]),
    },
    Story {
        name: "no push",
        core: true,
        ends: &["needs-human"],
        left: HANDED_BACK,
        tell: |story| one_run(story, &[Plan::Nothing], &[]),
    },
    Story {
        name: "stalled",
        core: false,
        ends: &["needs-human"],
        left: HANDED_BACK,
        tell: |story| one_run(story, &[Plan::Stall], &[]),
    },
    Story {
        name: "at work beyond the run limit",
        core: false,
        ends: &["needs-human"],
        left: HANDED_BACK,
        tell: |story| one_run(story, &[Plan::Endless], &[]),
    },
    Story {
        name: "question asked",
        core: true,
        ends: &["needs-human"],
        left: HANDED_BACK,
        tell: |story| one_run(story, &[Plan::Ask], &[]),
    },
    Story {
        name: "agent died",
        core: false,
        ends: &["needs-human"],
        left: HANDED_BACK,
        tell: |story| one_run(story, &[Plan::Die], &[]),
    },
    Story {
        name: "agent not started",
        core: false,
        ends: &["needs-human"],
        left: HANDED_BACK,
        tell: |story| one_run(story, &[Plan::NotStarted], &[]),
    },
    Story {
        name: "start lost by a restart of T3",
        core: false,
        ends: &["needs-human"],
        left: HANDED_BACK,
        tell: |story| {
            story.ask(0, 1);
            story.until(started);
            story.then(World::restart);
            story.rest();
        },
    },
    Story {
        name: "label removed before the push",
        core: true,
        ends: &["stood-down"],
        left: (&[], true),
        tell: |story| meanwhile(story, started, |world| off(world, READY)),
    },
    Story {
        name: "closed by a person before the push",
        core: false,
        ends: &["stood-down"],
        left: CLOSED,
        tell: |story| {
            meanwhile(story, started, |world| {
                world.change(0, 1, ALICE, What::Closed(None))
            })
        },
    },
    Story {
        name: "closed by its push, and red",
        core: true,
        ends: &["frozen"],
        left: HANDED_BACK,
        tell: |story| {
            let closes = Plan::Push {
                twice: false,
                trailer: false,
                skip_ci: false,
                after_end: false,
            };
            one_run(story, &[closes, Plan::Nothing], &[Ci::Red]);
        },
    },
    Story {
        name: "armed again before the release",
        core: true,
        ends: &["needs-human", "done"],
        left: CLOSED,
        tell: |story| {
            story.plan(&[Plan::Ask, PUSH], &[Ci::Green]);
            story.ask(0, 1);
            story.until(ended);
            story.then(|world| {
                off(world, READY);
                world.pass(TimeDelta::seconds(1));
                on(world, READY);
            });
            story.rest();
        },
    },
    Story {
        name: "CI is silent",
        core: false,
        ends: &["frozen"],
        left: HANDED_BACK,
        tell: |story| one_run(story, &[PUSH], &[Ci::None]),
    },
    Story {
        name: "CI is skipped",
        core: false,
        ends: &["frozen"],
        left: HANDED_BACK,
        tell: |story| {
            let skips = Plan::Push {
                twice: false,
                trailer: true,
                skip_ci: true,
                after_end: false,
            };
            one_run(story, &[skips], &[]);
        },
    },
    Story {
        name: "archived by a person",
        core: false,
        ends: &["needs-human"],
        left: HANDED_BACK,
        tell: |story| meanwhile(story, followed, |world| release(world, false)),
    },
    Story {
        name: "deleted by a person",
        core: false,
        ends: &["needs-human"],
        left: HANDED_BACK,
        tell: |story| meanwhile(story, followed, |world| release(world, true)),
    },
    Story {
        name: "locked by hand",
        core: false,
        ends: &[],
        left: (&["agent-in-progress"], true),
        tell: |story| {
            story.issue(0, 1);
            story.then(|world| {
                world.meddled.insert((0, 1));
                on(world, LOCK);
            });
            story.rest();
        },
    },
    Story {
        name: "a lock left over",
        core: false,
        ends: &["done"],
        left: CLOSED,
        tell: |story| {
            one_run(story, &[PUSH], &[Ci::Green]);
            story.then(|world| {
                world.meddled.insert((0, 1));
                on(world, LOCK);
            });
            story.rest();
        },
    },
    Story {
        name: "T3 lost its data while the agent worked",
        core: false,
        ends: &[],
        left: (&[LOCK, READY, HUMAN], true),
        tell: |story| {
            story.plan(&[PUSH], &[Ci::Green]);
            story.ask(0, 1);
            story.until(followed);
            story.then(World::lose_t3);
            story.rest();
        },
    },
    Story {
        name: "T3 lost its data, and a person asks again",
        core: false,
        ends: &["done"],
        left: CLOSED,
        tell: |story| {
            story.plan(&[PUSH, PUSH], &[Ci::Green, Ci::Green]);
            story.ask(0, 1);
            story.until(followed);
            story.then(World::lose_t3);
            story.rest();
            for label in [READY, HUMAN, LOCK] {
                story.then(|world| off(world, label));
            }
            story.then(|world| on(world, READY));
            story.rest();
        },
    },
    Story {
        name: "T3 lost its data after the run",
        core: false,
        ends: &[],
        left: CLOSED,
        tell: |story| {
            one_run(story, &[PUSH], &[Ci::Green]);
            story.then(World::lose_t3);
            story.rest();
        },
    },
    Story {
        name: "drained, then armed again",
        core: false,
        ends: &["done"],
        left: CLOSED,
        tell: |story| {
            story.plan(&[PUSH, PUSH], &[Ci::Red, Ci::Green]);
            story.ask(0, 1);
            story.until(pushed);
            story.then(|world| world.kill_switch = true);
            for _ in 0..4 {
                story.round();
            }
            story.then(|world| world.kill_switch = false);
            story.rest();
        },
    },
    Story {
        name: "off the allowlist",
        core: false,
        ends: &["done"],
        left: CLOSED,
        tell: |story| {
            story.plan(&[PUSH], &[Ci::Green]);
            story.ask(0, 1);
            story.until(started);
            story.then(|world| world.enrolled = [1].into());
            story.rest();
        },
    },
    Story {
        name: "allocated, then no longer eligible",
        core: true,
        ends: &["stood-down"],
        left: (&[], true),
        tell: |story| {
            story.dies_at(Call::StartTurn);
            story.ask(0, 1);
            story.until(allocated);
            story.then(|world| off(world, READY));
            story.rest();
        },
    },
    Story {
        name: "two issues of one repository",
        core: true,
        ends: &["done", "done"],
        left: CLOSED,
        tell: |story| {
            story.plan(&[PUSH, PUSH], &[Ci::Green, Ci::Green]);
            story.ask(0, 1);
            story.ask(0, 2);
            story.rest();
        },
    },
    Story {
        name: "the cap is reached",
        core: false,
        ends: &["done", "done", "done"],
        left: CLOSED,
        tell: |story| {
            story.plan(&[PUSH, PUSH, PUSH], &[]);
            for repo in 0..3 {
                story.ask(repo, 1);
            }
            story.rest();
        },
    },
    Story {
        name: "stopped by its provider, and resumed",
        core: true,
        ends: &["done"],
        left: CLOSED,
        tell: |story| {
            stopped_by_provider(story, OutageWords::UntilWhen, 40);
        },
    },
    Story {
        name: "its provider is overloaded twice",
        core: false,
        ends: &["done"],
        left: CLOSED,
        tell: |story| {
            stopped_by_provider(story, OutageWords::Overloaded, 20);
        },
    },
    Story {
        name: "its provider does not know our credentials",
        core: false,
        ends: &["needs-human"],
        left: HANDED_BACK,
        tell: |story| {
            stopped_by_provider(story, OutageWords::Credentials, 40);
        },
    },
    Story {
        name: "red, then stopped by its provider, then repaired",
        core: false,
        ends: &["done"],
        left: CLOSED,
        tell: |story| {
            story.plan(&[PUSH, Plan::Nothing, PUSH], &[Ci::Red, Ci::Green]);
            story.ask(0, 1);
            story.until(pushed);
            story.then(|world| world.set_outage(OutageWords::UntilWhen, 60));
            story.until(paused);
            story.then(|world| world.pass(TimeDelta::minutes(60)));
            story.rest();
        },
    },
    Story {
        name: "the forge never comes back",
        core: false,
        ends: &["needs-human"],
        left: (&[LOCK, READY], true),
        tell: |story| meanwhile(story, followed, lose_the_forge),
    },
    Story {
        name: "the forge comes back after the end",
        core: false,
        ends: &["needs-human"],
        left: HANDED_BACK,
        tell: |story| {
            meanwhile(story, followed, lose_the_forge);
            story.then(|world| world.repos[0].lost = false);
            story.rest();
        },
    },
    Story {
        name: "somebody types done",
        core: false,
        ends: &["needs-human"],
        left: HANDED_BACK,
        tell: |story| {
            meanwhile(story, followed, |world| {
                world.type_into_titles(|title| {
                    title.ending = Some(Ending::new(EndKind::Done, Some(ReasonCode::Landed)));
                });
            });
        },
    },
    Story {
        name: "somebody types another issue",
        core: false,
        ends: &["needs-human"],
        left: (&[LOCK, READY], true),
        tell: |story| {
            meanwhile(story, followed, |world| {
                world.type_into_titles(|title| title.issue = IssueNumber(2));
                for thread in world.t3.threads.values_mut() {
                    thread.contradicts = true;
                }
            });
        },
    },
    Story {
        name: "halted before the push",
        core: false,
        ends: &["needs-human"],
        left: HANDED_BACK,
        tell: |story| {
            story.plan(&[Plan::Endless], &[]);
            story.ask(0, 1);
            story.until(followed);
            halt(story);
        },
    },
    Story {
        name: "halted after a red push",
        core: false,
        ends: &["frozen"],
        left: HANDED_BACK,
        tell: |story| {
            story.plan(&[PUSH, Plan::Endless], &[Ci::Red]);
            story.ask(0, 1);
            story.until(corrected);
            halt(story);
        },
    },
    Story {
        name: "taken back by a person",
        core: false,
        ends: &["needs-human"],
        left: HANDED_BACK,
        tell: |story| {
            story.plan(&[PUSH, Plan::Endless], &[Ci::Red]);
            story.ask(0, 1);
            story.until(corrected);
            story.then(|world| world.take_back(0));
            story.rest();
        },
    },
];
