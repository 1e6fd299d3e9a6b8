//! The real ticks over simulated worlds: crashes, overlaps, hostile people, and services that fail in every way.
//!
//! One seed decides everything: repositories, issues, what people and agents do, which tick runs when and where it is held,
//! what each call meets. The ticks are the program's own; the worlds behind the ports keep the contracts (`ports.rs`), and
//! every event is judged by `promises.rs`. A seed that fails prints itself and the end of its trace; run it alone with
//!
//! ```text
//! AFK_SIMULATION_SEED=17 AFK_SIMULATION_MODE=liveness cargo test --test simulation one_seed -- --nocapture
//! ```
//!
//! The same ticks, in worlds where a script leaves nothing to chance, tell the stories of `stories.rs` with a fault at every
//! call (`faults.rs`).
//!
//! More seeds than usual with `AFK_SIMULATION_SEEDS=100000 cargo test --profile simulation --test simulation`
//! (`AFK_SIMULATION_FROM` goes on where a run ended); every single fault on every server and all pairs of faults with `AFK_SIMULATION_PAIRS=all`.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "test code: nobody links against it, a broken assumption must stop the test, and the number of seeds is a variable"
)]

mod asked;
mod commits;
mod executor;
mod fairness;
mod faults;
mod forge;
mod people;
mod ports;
mod promises;
mod records;
mod run;
mod script;
mod settings;
mod stories;
mod ticks;
mod troubles;
mod weather;
mod work;
mod world;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use afk::domain::identity::EndKind;
use afk::domain::reason::ReasonCode;
use run::{Mode, Options, Outcome, Variant, simulate};

/// Seeds of each mode in the default run, in which everything happens often; `AFK_SIMULATION_SEEDS` asks for more, or fewer.
const SEEDS: u64 = 740;

/// The first seed; `AFK_SIMULATION_FROM` asks for another, so that a long run can go on where it was.
fn first_seed() -> u64 {
    std::env::var("AFK_SIMULATION_FROM").map_or(0, |seed| seed.parse().unwrap())
}

/// How often each fault, act and end must have happened in [`SEEDS`] seeds of each mode, or they prove little.
const OFTEN: u64 = 100;

/// How often each question of a record must have been asked.
const RECORDED: u64 = 30;

/// Seeds within which a planted mistake must be found.
const FOUND_WITHIN: u64 = 200;

/// How many seeds are tried of each mode.
fn seeds() -> u64 {
    std::env::var("AFK_SIMULATION_SEEDS").map_or(SEEDS, |seeds| seeds.parse().unwrap())
}

/// So many seeds that fail are named before a mode is given up.
const FAILURES_MAX: usize = 12;

/// Stops the test with everything that a person needs to see the failures again, and the end of the first one's trace.
fn fail(failures: &[(Options, String)]) -> ! {
    /// How much of the end of a trace is shown.
    const SHOWN: usize = 60;
    let (options, violation) = &failures[0];
    let options = *options;
    let traced = simulate(Options {
        traced: true,
        ..options
    });
    let from = traced.trace.len().saturating_sub(SHOWN);
    panic!(
        "{violation}\n{options:?}\n{}",
        traced.trace[from..].join("\n")
    );
}

/// Runs seeds of one mode on all processors and returns what happened in them.
fn run_seeds(mode: Mode, seeds: &[u64]) -> BTreeMap<String, u64> {
    let (next, coverage) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    let failures = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    loop {
                        let done = next.fetch_add(1, Ordering::Relaxed);
                        let Some(seed) = seeds.get(done).copied() else {
                            return;
                        };
                        if done > 0 && done % 10_000 == 0 {
                            println!("{mode:?}: {done} seeds");
                        }
                        let options = Options {
                            seed,
                            mode,
                            variant: Variant::Real,
                            traced: false,
                        };
                        let Outcome {
                            violation,
                            coverage: seen,
                            ..
                        } = simulate(options);
                        if let Some(violation) = violation {
                            println!("{mode:?}, seed {seed}: {violation}");
                            let mut failures = failures.lock().unwrap();
                            failures.push((options, violation));
                            if failures.len() >= FAILURES_MAX {
                                next.store(seeds.len(), Ordering::Relaxed);
                            }
                            continue;
                        }
                        let mut coverage = coverage.lock().unwrap();
                        for (what, times) in seen {
                            *coverage.entry(what).or_default() += times;
                        }
                    }
                })
            })
            .collect();
        for worker in workers {
            worker
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        }
    });
    let failures = failures.into_inner().unwrap();
    if !failures.is_empty() {
        fail(&failures);
    }
    coverage.into_inner().unwrap()
}

/// Reasons that no simulated world shows: every edit is told here.
const NEVER_HERE: [ReasonCode; 1] = [ReasonCode::EditHistoryHidden];

/// Everything that must have happened often.
fn wanted() -> Vec<String> {
    let mut wanted = Vec::new();
    for code in ReasonCode::ALL {
        if NEVER_HERE.contains(code) {
            continue;
        }
        let ends = ReasonCode::ALL
            .iter()
            .position(|known| *known == ReasonCode::Landed)
            .unwrap();
        let position = ReasonCode::ALL.iter().position(|known| known == code);
        wanted.push(if position >= Some(ends) {
            format!("end reason {code}")
        } else {
            format!("reason {code}")
        });
    }
    wanted.extend(EndKind::ALL.map(|kind| format!("end {}", kind.as_str())));
    wanted.extend(
        [
            "wait",
            "resume",
            "fix_forward",
            "close_success",
            "escalate_prepush",
            "freeze_escalate",
            "stand_down",
            "finish",
        ]
        .map(|action| format!("action {action}")),
    );
    wanted.extend(
        [
            "DiesBefore act",
            "DiesBefore read",
            "DiesAfter act",
            "DiesAfter read",
            "LosesAnswer act",
            "LosesAnswer read",
            "Late act",
            "AskedToStop act",
            "AskedToStop read",
            "Slow act",
            "Slow read",
            "Refuses act",
            "Refuses read",
            "RateLimited",
            "down T3",
            "down Forge",
            "down Bells",
            "incomplete facts",
            "lagging list",
            "paused for ever",
            "permission unknown",
            "t3-restart",
            "a bell is refused for good",
            "a write is refused for good",
            "T3 forgets messages",
            "T3 is restored from a backup",
            "a forge never comes back",
            "a sink is gone for good",
            "a title is forged: another issue",
            "a title is forged: done",
            "a title is forged: stood-down",
            "issues are withheld",
            "provider fails: Credentials",
            "provider fails: Overloaded",
            "provider fails: UntilWhen",
        ]
        .map(|fault| format!("fault {fault}")),
    );
    wanted.extend(
        [
            "LiveFleet",
            "WholeFleet",
            "OneThread",
            "CreateProject",
            "CreateThread",
            "StartTurn",
            "Retitle",
            "Interrupt",
            "StopSession",
            "Archive",
            "Survey",
            "Issue",
            "Reread",
            "Permission",
            "Watch",
            "Stray",
            "AddLabel",
            "RemoveLabel",
            "CreateComment",
            "EditComment",
            "CloseIssue",
            "ReopenIssue",
            "Ring",
        ]
        .map(|call| format!("overlap at {call}")),
    );
    wanted.extend(
        [
            "an agent is stopped by its provider",
            "an agent pushes while it is stopped",
            "an agent survives a restart of T3",
            "an agent works on in the background",
            "bell",
            "disarmed tick",
            "draining tick",
            "halted tick",
            "people archive a thread",
            "people delete a thread",
            "people rename a repository, or back",
            "people revert a commit of a run",
            "released",
            "resumed",
            "people assign",
            "people unassign",
            "people split an issue",
            "people put the parts together",
            "people write a brief",
            "people minimise a brief",
            "people edit a brief",
            "people make a discussion of an issue",
            "people put on hold",
            "people take off hold",
            "people open a pull request",
            "people close a pull request",
            "people close and reopen",
            "people edit and label",
            "people label through an App",
            "started with a brief",
        ]
        .map(str::to_owned),
    );
    wanted
}

/// The questions of which a tick keeps records.
fn recorded() -> impl Iterator<Item = String> {
    [
        "poll nothing",
        "poll queue",
        "poll sight",
        "poll gate certain",
        "poll gate without_people",
        "poll gate whole",
        "poll gate again",
        "poll order",
        "poll told",
        "watch table",
        "watch end",
        "watch allocated",
        "watch forge",
        "watch told",
    ]
    .into_iter()
    .map(|question| format!("record of {question}"))
}

#[test]
fn no_promise_is_broken_and_everything_comes_to_rest() {
    let mut coverage = BTreeMap::new();
    let only = mode_asked_for();
    let modes = only.map_or_else(|| Mode::ALL.to_vec(), |mode| vec![mode]);
    for mode in modes {
        let seeds: Vec<u64> = (first_seed()..mode.share_of(seeds())).collect();
        println!("{mode:?}: {} seeds", seeds.len());
        for (what, times) in run_seeds(mode, &seeds) {
            *coverage.entry(what).or_default() += times;
        }
    }
    for (what, times) in &coverage {
        println!("{times:9} {what}");
    }
    let times = |what: &str| coverage.get(what).copied().unwrap_or(0);
    let often = wanted().into_iter().map(|what| (what, OFTEN));
    let seldom: Vec<String> = often
        .chain(recorded().map(|what| (what, RECORDED)))
        .filter(|(what, least)| times(what) < *least)
        .map(|(what, _)| format!("{what}: {}", times(&what)))
        .collect();
    assert!(
        seeds() < SEEDS || only.is_some() || seldom.is_empty(),
        "these seeds prove little: {seldom:#?}"
    );
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    for seed in 0..40 {
        let mode = if seed % 2 == 0 {
            Mode::Safety
        } else {
            Mode::Liveness
        };
        let options = Options {
            seed,
            mode,
            variant: Variant::Real,
            traced: true,
        };
        let (one, other) = (simulate(options), simulate(options));
        assert!(one.trace.len() > 20, "seed {seed} is short");
        assert_eq!(one.trace, other.trace, "seed {seed}");
        assert_eq!(one.coverage, other.coverage, "seed {seed}");
    }
}

/// The only mode that somebody wants to see.
fn mode_asked_for() -> Option<Mode> {
    match std::env::var("AFK_SIMULATION_MODE").as_deref() {
        Ok("liveness") => Some(Mode::Liveness),
        Ok("forge-lost") => Some(Mode::ForgeLost),
        Ok("work") => Some(Mode::Work),
        Ok("safety") => Some(Mode::Safety),
        Err(_) => None,
        Ok(other) => {
            panic!("AFK_SIMULATION_MODE is {other:?}, not safety, liveness, forge-lost or work")
        }
    }
}

/// Runs one seed with its whole trace, when somebody names one.
#[test]
fn one_seed() {
    let Ok(seed) = std::env::var("AFK_SIMULATION_SEED") else {
        return;
    };
    let mode = mode_asked_for().unwrap_or(Mode::Safety);
    let outcome = simulate(Options {
        seed: seed.parse().unwrap(),
        mode,
        variant: Variant::Real,
        traced: true,
    });
    println!("{}", outcome.trace.join("\n"));
    assert_eq!(outcome.violation, None);
}

/// A mistake that such systems really make must be found, and as what it is.
fn is_found(variant: Variant, as_what: &str) {
    is_found_in(Mode::Safety, variant, as_what);
}

fn is_found_in(mode: Mode, variant: Variant, as_what: &str) {
    for seed in 0..FOUND_WITHIN {
        let outcome = simulate(Options {
            seed,
            mode,
            variant,
            traced: false,
        });
        let Some(violation) = outcome.violation else {
            continue;
        };
        // It may break another promise before the one that it is known by: then the program itself keeps that one here.
        let is_its_doing = || {
            let options = Options {
                seed,
                mode,
                variant: Variant::Real,
                traced: false,
            };
            simulate(options).violation.is_none()
        };
        if violation.contains(as_what) || is_its_doing() {
            println!("{variant:?}: found at seed {seed}: {violation}");
            return;
        }
    }
    panic!("{variant:?} is not found in {FOUND_WITHIN} seeds");
}

#[test]
fn a_label_before_the_dispatch_is_found() {
    is_found(
        Variant::LabelBeforeDispatch,
        "locked before anything was started",
    );
}

#[test]
fn random_command_ids_are_found() {
    is_found(Variant::RandomCommandIds, "a second first turn");
}

#[test]
fn a_release_before_the_bell_is_found() {
    is_found(Variant::ReleaseBeforeBell, "never rang");
}

#[test]
fn a_lost_receipt_is_found() {
    is_found(Variant::ReceiptIsLost, " rings ");
}

#[test]
fn a_corrective_turn_outside_the_step_ids_is_found() {
    is_found(Variant::CorrectionOutsideSteps, "two corrective turns");
}

#[test]
fn trust_in_a_triage_label_is_found() {
    is_found(Variant::TriageIsTrusted, "is not trusted");
}

#[test]
fn a_sink_that_is_never_given_up_is_found() {
    is_found_in(Mode::Liveness, Variant::GivesUpNoSink, "is not released");
}

#[test]
fn a_name_that_is_followed_in_the_place_of_an_id_is_found() {
    is_found_in(Mode::Liveness, Variant::FollowsNames, "ended as forge-lost");
}

#[test]
fn an_end_that_is_honoured_without_a_green_commit_is_found() {
    is_found(Variant::BelievesDone, "landed");
}

#[test]
fn a_completed_turn_that_means_idle_is_found() {
    is_found(
        Variant::CompletedTurnMeansIdle,
        "released under a live agent",
    );
}
