//! The figures that the program must reach, measured in one run and printed beside their targets.
//!
//! `cargo bench` measures the built release binaries against the loopback sandbox, every answer of which takes 50 ms, so
//! that wall clock can be told in round trips. Figures that are counts (requests, sockets,
//! bytes of a binary) are the same on every machine: one that is off makes the exit status 1. Times and memory depend
//! on the machine: one that is off is only a warning. `BENCH_COUNTS=1` measures only what is counted in requests and system
//! calls: that is the same for binaries that are not optimised.
//!
//! ```text
//! figures/process.rs   a binary as a process: time, memory, system calls
//! figures/table.rs     what is printed
//! figures/runs.rs      runs in flight, for the watcher
//! figures/world.rs     the sandbox that is read
//! ```
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::print_stdout,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a program for a terminal that measures time and must stop when a measurement went wrong"
)]

use std::process::ExitCode;
use std::time::Duration;

#[path = "figures/process.rs"]
mod process;
#[path = "figures/runs.rs"]
mod runs;
#[path = "../tests/suite/support/sandbox/mod.rs"]
#[allow(
    dead_code,
    unused_imports,
    clippy::unwrap_used,
    reason = "shared with the suite, which needs more of it"
)]
mod sandbox;
#[path = "figures/table.rs"]
mod table;
#[path = "figures/world.rs"]
mod world;

use process::{EmptyProgram, POLL, WATCH, network_calls, peak_memory, start_up};
use table::{Table, Target};
use world::{READY_PER_REPOSITORY, Tick, World};

/// How long every answer of the sandbox takes.
const LATENCY: Duration = Duration::from_millis(50);

/// Runs that the measured tick starts.
const STARTS: usize = 5;

/// About how long the large snapshot of T3 is; some more than the 20 MB of the target.
const SNAPSHOT_BYTES: usize = 21_000_000;

const MB: f64 = 1_000_000.0;

/// How often things are repeated.
struct Effort {
    ticks: usize,
    starts_of_process: usize,
}

impl Effort {
    const WHOLE: Self = Self {
        ticks: 9,
        starts_of_process: 400,
    };

    /// Enough to see that ticks ask the same.
    const COUNTS: Self = Self {
        ticks: 2,
        starts_of_process: 0,
    };
}

fn main() -> ExitCode {
    let counts_only = std::env::var_os("BENCH_COUNTS").is_some_and(|value| value == "1");
    let effort = if counts_only {
        Effort::COUNTS
    } else {
        Effort::WHOLE
    };
    let mut table = Table::default();
    for binary in [POLL, WATCH] {
        silent(&mut table, binary);
        if !counts_only {
            size(&mut table, binary);
            light(&mut table, &effort, binary);
        }
    }
    reading(&mut table, &effort);
    refusing(&mut table, &effort);
    starting(&mut table);
    idle(&mut table);
    watching(&mut table, &effort);
    if !counts_only {
        memory(&mut table);
        texts(&mut table);
        watching_memory(&mut table);
    }
    println!("{table}");
    if table.counts_hold() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// The name of a binary.
fn name(binary: &str) -> &str {
    binary.rsplit('/').next().unwrap_or(binary)
}

fn size(table: &mut Table, binary: &str) {
    let size = std::fs::metadata(binary)
        .expect("the binary was built")
        .len();
    table.row(
        &format!("size of {}, MB", name(binary)),
        size as f64 / MB,
        Target::CountBelow(8.0),
    );
}

/// What a disarmed tick asks of the network: nothing.
fn silent(table: &mut Table, binary: &str) {
    let figure = format!("disarmed {}: network system calls", name(binary));
    match network_calls(binary) {
        Some(calls) => table.row(&figure, calls as f64, Target::CountAtMost(0.0)),
        None => table.skip(&figure, "0", "strace does not work here"),
    }
}

/// What a disarmed tick takes of the machine.
fn light(table: &mut Table, effort: &Effort, binary: &str) {
    let figure = |what: &str| format!("disarmed {}: {what}", name(binary));
    let nothing = || process::command(binary, &Default::default(), &[]);
    match EmptyProgram::build() {
        Some(empty) => {
            let times = start_up(effort.starts_of_process, || empty.command(), nothing);
            table.note("an empty program, ms", times.empty.as_secs_f64() * 1000.0);
            table.note(
                &figure("start to exit, ms"),
                times.tick.as_secs_f64() * 1000.0,
            );
            let ratio = times.tick.as_secs_f64() / times.empty.as_secs_f64();
            table.row(
                &figure("times an empty program"),
                ratio,
                Target::AtMost(2.0),
            );
        }
        None => table.skip(
            &figure("times an empty program"),
            "<= 2",
            "rustc does not work here",
        ),
    }
    match peak_memory(nothing(), || true) {
        Some(bytes) => table.row(
            &figure("resident, MB"),
            bytes as f64 / MB,
            Target::Below(8.0),
        ),
        None => table.skip(&figure("resident, MB"), "< 8", "no /proc here"),
    }
}

fn reading(table: &mut Table, effort: &Effort) {
    let sizes = [1, 10, 100, 300];
    let world = World::of(sizes[sizes.len() - 1]);
    // One run is under way, so that a limit of 1 leaves a tick with reading.
    world.occupy();
    let mut ticks = Vec::new();
    for repositories in sizes {
        world.slow_down(Duration::ZERO);
        let unhindered = median(effort.ticks, || world.tick(repositories, 1, &["--dry-run"]));
        world.slow_down(LATENCY);
        let tick = median(effort.ticks, || world.tick(repositories, 1, &["--dry-run"]));
        let issues = repositories * READY_PER_REPOSITORY;
        assert_eq!(tick.dispatched, 0, "nothing may start");
        let name = format!("poll reads {repositories:>3} repositories, {issues} ready");
        let (requests, trips) = if repositories == 100 {
            (Target::CountAtMost(12.0), Target::AtMost(4.0))
        } else {
            (Target::None, Target::None)
        };
        table.row(
            &format!("{name}: requests"),
            tick.requests() as f64,
            requests,
        );
        table.row(
            &format!("{name}: round trips"),
            round_trips(tick.wall),
            trips,
        );
        table.note(
            &format!("{name}: ms without latency"),
            unhindered.wall.as_secs_f64() * 1000.0,
        );
        ticks.push(tick);
    }
    let (hundred, three_hundred) = (&ticks[2], &ticks[3]);
    let growth = three_hundred.requests() as f64 / hundred.requests() as f64;
    table.row(
        "300 to 100 repositories: requests",
        growth,
        Target::CountAtMost(3.0),
    );
    let growth = three_hundred.wall.as_secs_f64() / hundred.wall.as_secs_f64();
    table.row("300 to 100 repositories: time", growth, Target::AtMost(3.0));

    let starting = world.tick(100, 1 + STARTS, &[]);
    assert_eq!(
        starting.dispatched, STARTS,
        "as many starts as there is room for"
    );
    let per_start =
        |counts: fn(&Tick) -> usize| (counts(&starting) - counts(hundred)) as f64 / STARTS as f64;
    table.row(
        "per start: reads of the forge",
        per_start(|tick| tick.forge_reads),
        Target::CountAtMost(4.0),
    );
    table.note(
        "per start: read-backs from T3",
        per_start(|tick| tick.t3_reads),
    );
    table.note("per start: writes", per_start(|tick| tick.writes));
    table.note(
        "per start: round trips",
        (round_trips(starting.wall) - round_trips(hundred.wall)) / STARTS as f64,
    );
}

/// A hundred repositories in which every ready issue is refused, with one free slot.
fn refusing(table: &mut Table, effort: &Effort) {
    let world = World::of(100);
    world.refuse_all(100);
    world.slow_down(LATENCY);
    let tick = median(effort.ticks, || world.tick(100, 1, &[]));
    assert_eq!(tick.dispatched, 0, "nothing may start");
    let figure = "poll refuses 300 in 100 repositories";
    table.row(
        &format!("{figure}: requests"),
        tick.requests() as f64,
        Target::CountAtMost(30.0),
    );
    table.row(
        &format!("{figure}: round trips"),
        round_trips(tick.wall),
        Target::AtMost(6.0),
    );
}

/// Runs that start in one tick.
const MANY_STARTS: usize = 20;

fn starting(table: &mut Table) {
    let world = World::of(MANY_STARTS);
    world.slow_down(LATENCY);
    let tick = world.tick(MANY_STARTS, MANY_STARTS, &[]);
    assert_eq!(tick.dispatched, MANY_STARTS, "all of them start");
    let figure = format!("{MANY_STARTS} starts in one tick");
    table.row(
        &format!("{figure}: round trips"),
        round_trips(tick.wall),
        Target::AtMost(60.0),
    );
    table.row(
        &format!("{figure}: snapshots of T3 0.0.27"),
        tick.snapshots as f64,
        Target::CountAtMost(3.0),
    );
}

/// Nothing is ready and nothing runs.
fn idle(table: &mut Table) {
    for (repositories, requests) in [(20, Target::None), (1000, Target::CountAtMost(60.0))] {
        let world = World::with(repositories, 0, "");
        let poll = world.tick(repositories, 1, &[]);
        let watch = world.watch(repositories);
        let figure = format!("{repositories} idle repositories");
        table.row(
            &format!("{figure}: requests of a poll"),
            poll.requests() as f64,
            requests,
        );
        table.row(
            &format!("{figure}: points of a poll, each"),
            poll.points as f64 / repositories as f64,
            Target::CountAtMost(0.15),
        );
        table.row(
            &format!("{figure}: points of a watch, each"),
            watch.points as f64 / repositories as f64,
            Target::CountAtMost(0.05),
        );
    }
}

/// Memory where people write much.
fn texts(table: &mut Table) {
    const BYTES: usize = 60_000;
    let long = "page size ".repeat(BYTES / 10);
    let world = World::with(100, 25, &long);
    let poll = "poll with 100 x 25 texts of 60 kB: resident, MB";
    match peak_memory(world.command(100, 100, &["--dry-run"]), || world.is_quiet()) {
        Some(bytes) => table.row(poll, bytes as f64 / MB, Target::Below(40.0)),
        None => table.skip(poll, "< 40", "no /proc here"),
    }
    let world = World::of(RUNS);
    world.fly(RUNS, RUNS, false);
    world.chatter(RUNS, 50, BYTES);
    let watch = "watch with 50 x 50 comments of 60 kB: resident, MB";
    match peak_memory(world.watch_command(RUNS), || world.is_quiet()) {
        Some(bytes) => table.row(watch, bytes as f64 / MB, Target::Below(40.0)),
        None => table.skip(watch, "< 40", "no /proc here"),
    }
}

fn memory(table: &mut Table) {
    let world = World::of(100);
    world.inflate(SNAPSHOT_BYTES);
    let snapshot = world.snapshot_bytes();
    table.note("T3 snapshot, MB", snapshot as f64 / MB);
    let name = "poll with that snapshot: resident, MB";
    let peak = peak_memory(world.command(100, 1, &[]), || world.is_quiet());
    table.note(
        "poll with that snapshot: times it is read",
        world.snapshot_reads() as f64,
    );
    match peak {
        Some(bytes) => table.row(name, bytes as f64 / MB, Target::Below(40.0)),
        None => table.skip(name, "< 40", "no /proc here"),
    }
}

/// Runs in flight while the watcher is measured.
const RUNS: usize = 50;

/// Repositories that the watcher reads.
const WATCHED: usize = 100;

fn watching(table: &mut Table, effort: &Effort) {
    for stages in [false, true] {
        let world = World::of(WATCHED);
        world.fly(WATCHED, RUNS, stages);
        // The first tick writes what people see; later ones only read.
        world.watch(WATCHED);
        world.slow_down(LATENCY);
        let tick = median(effort.ticks, || world.watch(WATCHED));
        assert_eq!(tick.runs, RUNS, "every run is looked at");
        assert_eq!(tick.writes, 0, "nothing is left to write");
        let what = if stages { " + stages" } else { "" };
        let figure = format!("watch {WATCHED} repositories, {RUNS} runs{what}");
        table.row(
            &format!("{figure}: forge"),
            tick.forge_reads as f64,
            Target::CountAtMost(6.0),
        );
        table.note(&format!("{figure}: T3"), tick.t3_reads as f64);
        if stages {
            let per = |asked: usize, reads: usize| reads as f64 / asked as f64;
            table.row(
                &format!("{figure}: per deploy"),
                per(runs::DEPLOYS_ASKED, tick.deploy_reads),
                // Woodpecker is asked twice: for its id of the repository, which no tick remembers, and for the pipelines.
                Target::AtMost(1.0),
            );
            table.row(
                &format!("{figure}: per rollout"),
                per(runs::ROLLOUTS_ASKED, tick.rollout_reads),
                Target::CountAtMost(1.0),
            );
        }
        table.row(
            &format!("{figure}: trips"),
            round_trips(tick.wall),
            Target::AtMost(6.0),
        );
    }
}

fn watching_memory(table: &mut Table) {
    let world = World::of(WATCHED);
    world.fly(WATCHED, RUNS, false);
    world.inflate(SNAPSHOT_BYTES);
    let figure = "watch with a 21 MB snapshot: resident, MB";
    match peak_memory(world.watch_command(WATCHED), || world.is_quiet()) {
        Some(bytes) => table.row(figure, bytes as f64 / MB, Target::Below(40.0)),
        None => table.skip(figure, "< 40", "no /proc here"),
    }
    table.note(
        "watch with that snapshot: times it is read",
        world.snapshot_reads() as f64,
    );
}

fn round_trips(wall: Duration) -> f64 {
    wall.as_secs_f64() / LATENCY.as_secs_f64()
}

/// The tick of median length. All of them must have made the same requests.
fn median(times: usize, tick: impl Fn() -> Tick) -> Tick {
    let mut ticks: Vec<Tick> = (0..times).map(|_| tick()).collect();
    let requests: Vec<usize> = ticks.iter().map(Tick::requests).collect();
    assert!(
        requests.iter().all(|count| *count == requests[0]),
        "ticks differ in their requests: {requests:?}"
    );
    ticks.sort_by_key(|tick| tick.wall);
    ticks.swap_remove(times / 2)
}
