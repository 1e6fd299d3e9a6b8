//! Many runs that end in one tick, each in a repository of its own: what overlaps, what does not, and ticks that die amid them.
//!
//! What a single end looks like is in `watch.rs` and `watch_crashes`. Requests of such a tick come in no fixed order; what is
//! checked holds in every order.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::every_point;
use crate::support::place::{Place, on_each_kind_of_forge};
use crate::support::saga::Saga;
use crate::support::sandbox::http_server::{Exchange, Fault};
use crate::support::sandbox::t3::{T3Options, T3Version};
use crate::support::world::{HUMAN, LOCK, READY, WorldOptions};

on_each_kind_of_forge! {
    many_ends_share_their_read_backs_and_keep_each_its_order,
    a_tick_that_dies_amid_many_ends_loses_none,
}

const REPOS: [&str; 6] = [
    "acme/widgets",
    "acme/gadgets",
    "acme/gizmos",
    "zeta/tools",
    "zeta/toys",
    "zeta/tins",
];

/// Whether the run of a repository landed; the others pushed nothing.
fn landed(index: usize) -> bool {
    index.is_multiple_of(2)
}

struct Ending {
    repo: &'static str,
    number: u64,
    thread: String,
    landed: bool,
}

/// Runs whose agents are done: half of them pushed what is green.
fn all_done(place: Place, version: T3Version) -> (Saga, Vec<Ending>) {
    let mut saga = Saga::with(WorldOptions {
        t3: T3Options::new(version),
        ..WorldOptions::at(place)
    });
    for repo in &REPOS[1..] {
        saga.world.add_repository(repo);
    }
    saga.world.enrol(&REPOS);
    saga.world.set("AFK_MAX_IN_FLIGHT", "10");
    for repo in REPOS {
        let number = saga.world.issue(repo, "Reject negative sizes", "Please.\n");
        saga.world.approve(repo, number);
    }
    let report = saga.poll();
    assert_eq!(report.dispatched.len(), REPOS.len(), "{report}");
    saga.pass(5);
    let mut endings = Vec::new();
    for (index, repo) in REPOS.into_iter().enumerate() {
        let started = report
            .dispatched
            .iter()
            .find(|started| started.repository.full_name() == repo)
            .unwrap();
        let (number, thread) = (started.issue.0, started.thread.to_string());
        saga.world.t3.agent_starts(&thread);
        if landed(index) {
            let message = format!("Reject\n\nRefs {repo}#{number}\nAfk-Run: {thread}\n");
            let sha = saga.world.forge.push_commit(repo, "afk-bot", &message);
            let run = saga
                .world
                .forge
                .start_workflow(repo, &sha, "ci", &["build"]);
            saga.world.forge.finish_workflow(repo, run, "success");
        }
        saga.world.t3.agent_finishes(&thread, "Done.");
        endings.push(Ending {
            repo,
            number,
            thread,
            landed: landed(index),
        });
    }
    saga.pass(130);
    saga.world.journal.clear();
    (saga, endings)
}

fn shows(saga: &Saga, ending: &Ending, label: &str) -> bool {
    let labels = saga.world.forge.labels_of(ending.repo, ending.number);
    labels.iter().any(|shown| shown == label)
}

/// What holds after every tick, also after one that died.
fn assert_safe(saga: &Saga, endings: &[Ending], story: &str) {
    let live = saga.world.t3.live_agents();
    for ending in endings {
        let thread = saga.world.t3.thread(&ending.thread).unwrap();
        assert!(
            !thread.archived || !live.contains(&ending.thread),
            "{story}: {} is released under a live agent",
            ending.repo
        );
        let open = saga.world.forge.is_open(ending.repo, ending.number);
        assert!(
            !open || !shows(saga, ending, READY) || shows(saga, ending, LOCK),
            "{story}: {} is open, ready and unlocked",
            ending.repo
        );
        assert!(
            !thread.archived || !rung(saga, ending).is_empty(),
            "{story}: {} is released and nothing rang",
            ending.repo
        );
    }
}

/// Everything that rang for a run.
fn rung(saga: &Saga, ending: &Ending) -> Vec<String> {
    let of = format!("{}#{}", ending.repo, ending.number);
    let titles = saga.bells.titles().into_iter();
    titles.filter(|title| title.contains(&of)).collect()
}

fn assert_over(saga: &Saga, endings: &[Ending], story: &str) {
    assert!(saga.world.t3.live_agents().is_empty(), "{story}");
    for ending in endings {
        let name = ending.repo;
        let thread = saga.world.t3.thread(&ending.thread).unwrap();
        assert!(thread.archived, "{story}: {name}: {}", thread.title);
        let kind = if ending.landed { "done" } else { "needs-human" };
        assert!(thread.title.contains(kind), "{story}: {}", thread.title);
        let open = saga.world.forge.is_open(name, ending.number);
        assert_eq!(open, !ending.landed, "{story}: {name}");
        assert!(!shows(saga, ending, READY) && !shows(saga, ending, LOCK));
        assert_eq!(shows(saga, ending, HUMAN), !ending.landed, "{story}");
        let lists = saga.world.forge.comments_of(name, ending.number);
        assert_eq!(lists.len(), 1, "{story}: {name}: {lists:#?}");
    }
}

/// The acts of each run in the order in which they were sent, in short.
fn acts(saga: &Saga, endings: &[Ending]) -> BTreeMap<&'static str, Vec<String>> {
    let mut acts: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    for exchange in saga.world.journal.exchanges() {
        let request = &exchange.request;
        let body = request.json().unwrap_or_default();
        let (of, act) = match exchange.service {
            "t3" if request.method == "POST" => {
                let title = body["title"].as_str().unwrap_or_default();
                let kind = body["type"].as_str().unwrap().to_owned();
                let act = if title.contains("rung") {
                    "note".to_owned()
                } else {
                    kind
                };
                (body["threadId"].as_str().unwrap().to_owned(), act)
            }
            _ if is_forge_write(&exchange) => {
                // Where labels are made before they are put on, no run is meant.
                let Some((_, kind)) = request.path.rsplit_once("/issues/") else {
                    continue;
                };
                (request.path.clone(), format!("{} {kind}", request.method))
            }
            "ntfy" => (body["title"].as_str().unwrap().to_owned(), "ring".into()),
            _ => continue,
        };
        let ending = endings.iter().find(|ending| {
            of == ending.thread || of.contains(&format!("{}/", ending.repo)) || {
                of.contains(&format!("{}#", ending.repo))
            }
        });
        let acts = acts.entry(ending.unwrap().repo).or_default();
        // A label that is not known yet is asked for by its name, and by its number once it was made.
        if acts.last() != Some(&act) {
            acts.push(act);
        }
    }
    acts
}

fn is_forge_write(exchange: &Exchange) -> bool {
    let request = &exchange.request;
    ["github", "forgejo"].contains(&exchange.service)
        && request.method != "GET"
        && !request.path.ends_with("/graphql")
}

/// Counts what is under way at once.
#[derive(Default)]
struct Gauge {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Gauge {
    fn up(&self) {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
    }
}

fn many_ends_share_their_read_backs_and_keep_each_its_order(place: Place) {
    for version in [T3Version::V0_0_27, T3Version::Fork0_0_33] {
        let (saga, endings) = all_done(place, version);
        let story = format!("{version:?}");
        let gauges: Arc<[Gauge; 3]> = Arc::default();
        let gauge = |exchange: &Exchange| match exchange.service {
            "ntfy" => Some(2),
            "t3" if exchange.request.method == "POST" => Some(1),
            _ => is_forge_write(exchange).then_some(0),
        };
        let counted = Arc::clone(&gauges);
        saga.world.journal.intercept(move |exchange| {
            if let Some(index) = gauge(exchange) {
                counted[index].up();
            }
            Fault::None
        });
        let counted = Arc::clone(&gauges);
        saga.world.journal.observe(move |exchange| {
            if let Some(index) = gauge(exchange) {
                counted[index].now.fetch_sub(1, Ordering::SeqCst);
            }
        });
        let report = saga.watch();
        saga.world.journal.calm();
        assert!(report.failures.is_empty(), "{report}");
        assert_safe(&saga, &endings, &story);
        assert_over(&saga, &endings, &story);
        let most = gauges
            .each_ref()
            .map(|gauge| gauge.most.load(Ordering::SeqCst));
        assert_eq!(most[0], 1, "forge writes at once");
        assert!((1..=4).contains(&most[1]), "acts in T3 at once: {most:?}");
        assert!((1..=4).contains(&most[2]), "bells at once: {most:?}");
        let snapshots = saga
            .world
            .requests()
            .iter()
            .filter(|request| request.ends_with("/orchestration/snapshot"))
            .count();
        let of_light_servers = version == T3Version::Fork0_0_33;
        assert_eq!(snapshots, if of_light_servers { 0 } else { 3 }, "{story}");
        for (name, acts) in acts(&saga, &endings) {
            let ending = endings.iter().find(|ending| ending.repo == name).unwrap();
            let number = ending.number;
            let settles = if ending.landed {
                format!("PATCH {number}")
            } else {
                format!("POST {number}/labels")
            };
            let label = |of| saga.world.forge.label_in_addresses(name, of);
            let expected = [
                "thread.meta.update".to_owned(),
                "thread.session.stop".to_owned(),
                format!("POST {number}/comments"),
                "ring".to_owned(),
                "note".to_owned(),
                settles,
                format!("DELETE {number}/labels/{}", label(READY)),
                format!("DELETE {number}/labels/{}", label(LOCK)),
                "thread.archive".to_owned(),
            ];
            assert_eq!(acts, expected, "{story}: {name}");
        }
        // As if one had come after the other.
        let told: Vec<String> = report
            .runs
            .iter()
            .map(|run| run.repository.full_name())
            .collect();
        assert_eq!(told, REPOS, "{report}");
        assert_eq!(saga.bells.titles().len(), REPOS.len());
    }
}

fn a_tick_that_dies_amid_many_ends_loses_none(place: Place) {
    // Something like sixty acts and forty reads.
    let step = if every_point() { 1 } else { 37 };
    for (turn, point) in (5..100).step_by(step).enumerate() {
        let version = [T3Version::V0_0_27, T3Version::Fork0_0_33][turn % 2];
        let story = format!("{version:?}, dead at {point}");
        let (saga, endings) = all_done(place, version);
        saga.world.journal.intercept(move |exchange| {
            if exchange.number >= point {
                Fault::LostRequest
            } else {
                Fault::None
            }
        });
        drop(saga.watch());
        saga.world.journal.calm();
        assert_safe(&saga, &endings, &story);
        for _ in 0..2 {
            saga.world.t3.settle();
            saga.pass(60);
            let report = saga.watch();
            assert!(report.failures.is_empty(), "{story}: {report}");
            assert_safe(&saga, &endings, &story);
        }
        assert_over(&saga, &endings, &story);
        for ending in &endings {
            // A bell that rang and could not be noted rings once more.
            let bells = rung(&saga, ending);
            assert!((1..=2).contains(&bells.len()), "{story}: {bells:?}");
        }
    }
}
