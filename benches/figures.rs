//! The figures that the program must reach, measured in one run and printed beside their targets.
//!
//! `cargo bench` measures the built release binaries against the loopback sandbox, every answer of which takes 50 ms, so
//! that wall clock can be told in round trips. Figures that are counts (requests, sockets,
//! bytes of a binary) are the same on every machine: one that is off makes the exit status 1. Times and memory depend
//! on the machine: one that is off is only a warning. `BENCH_COUNTS=1` measures only what is counted in requests and system
//! calls: that is the same for binaries that are not optimised. `BENCH_ONLY=memory` and `BENCH_ONLY=trips` measure a part. `BENCH_CGROUP=/sys/fs/cgroup/memory/afk` puts the ticks whose memory
//! is measured into that control group, which has to be there with its limit.
//!
//! ```text
//! figures/forgejo.rs   the same for Forgejo and Gitea: counts of requests, and memory
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

#[path = "figures/forgejo.rs"]
mod forgejo;
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
use runs::Stages;
use sandbox::t3::T3Version;
use table::{Table, Target};
use world::{READY_PER_REPOSITORY, Tick, World};

/// How long every answer of the sandbox takes.
const LATENCY: Duration = Duration::from_millis(50);

/// How long every answer takes where it is told how many of them a tick waits for in sequence.
const SLOWER: Duration = Duration::from_millis(250);

/// Runs that the measured tick starts.
const STARTS: usize = 5;

/// About how long the large snapshot of T3 is; some more than the 20 MB of the target.
const SNAPSHOT_BYTES: usize = 21_000_000;

const MB: f64 = 1_000_000.0;

/// How often things are repeated.
struct Effort {
    /// Whether times count, so that long waits are made.
    times: bool,
    ticks: usize,
    starts_of_process: usize,
}

impl Effort {
    const WHOLE: Self = Self {
        times: true,
        ticks: 9,
        starts_of_process: 400,
    };

    /// Enough to see that ticks ask the same.
    const COUNTS: Self = Self {
        times: false,
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
    match std::env::var("BENCH_ONLY").as_deref() {
        Ok("memory") => {
            texts(&mut table);
            forgejo::texts(&mut table);
            memory(&mut table);
            return ExitCode::SUCCESS;
        }
        Ok("trips") => {
            refusing(&mut table, &effort);
            watching(&mut table, &effort);
            return ExitCode::SUCCESS;
        }
        Ok(other) => panic!("BENCH_ONLY is 'memory' or 'trips', not '{other}'"),
        Err(_) => {}
    }
    for binary in [POLL, WATCH] {
        silent(&mut table, binary);
        if !counts_only {
            size(&mut table, binary);
            light(&mut table, &effort, binary);
        }
    }
    reading(&mut table, &effort);
    refusing(&mut table, &effort);
    waiting_its_turn(&mut table, &effort);
    starting(&mut table);
    idle(&mut table);
    watching(&mut table, &effort);
    ending(&mut table, &effort);
    light_readings(&mut table);
    forgejo::figures(&mut table);
    if !counts_only {
        decoding(&mut table);
        memory(&mut table);
        texts(&mut table);
        forgejo::texts(&mut table);
    }
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
        if repositories == 100 {
            table.row(
                &format!("{name}: connections to the forge"),
                tick.connections as f64,
                Target::CountAtMost(8.0),
            );
            table.row(
                &format!("{name}: answers not to be compressed"),
                tick.plain as f64,
                Target::CountAtMost(0.0),
            );
        }
        if repositories == 1 {
            table.row(
                &format!("{name}: connections to the forge"),
                tick.connections as f64,
                Target::CountAtMost(1.0),
            );
        }
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
    if effort.times {
        let slow = || world.slow_down(SLOWER);
        in_sequence(table, figure, &tick, slow, || world.tick(100, 1, &[]));
    }
    table.row(
        &format!("{figure}: round trips"),
        round_trips(tick.wall),
        Target::AtMost(6.0),
    );
}

/// One issue that may start behind three hundred that may not, where only one may, and every answer takes long.
fn waiting_its_turn(table: &mut Table, effort: &Effort) {
    const SLOW: Duration = Duration::from_millis(200);
    let mut world = World::of(100);
    world.refuse_all(100);
    world.add_patient();
    if effort.times {
        world.slow_down(SLOW);
    }
    let tick = world.tick(101, 1, &[]);
    let figure = "one eligible behind 300 refused, 200 ms, one slot";
    table.row(
        &format!("{figure}: left waiting"),
        1.0 - tick.dispatched as f64,
        Target::CountAtMost(0.0),
    );
    table.note(&format!("{figure}: requests"), tick.requests() as f64);
    if effort.times {
        let trips = tick.wall.as_secs_f64() / SLOW.as_secs_f64();
        table.note(&format!("{figure}: round trips"), trips);
    }
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
    const CHARACTERS: usize = 60_000;
    for (what, text) in [
        ("of 60 kB", "page size ".repeat(CHARACTERS / 10)),
        // A character has up to three times the bytes.
        ("of 180 kB", "\u{4e2d}\u{6587}".repeat(CHARACTERS / 2)),
    ] {
        let world = World::with(100, 25, &text);
        both_resident(table, &format!("100 x 25 texts {what}"), &world, 100, 100);
    }
    let world = World::of(RUNS);
    world.fly(RUNS, RUNS, Stages::None);
    world.chatter(RUNS, 50, CHARACTERS);
    both_resident(table, "50 x 50 comments of 60 kB", &world, RUNS, RUNS);
}

/// What both programs hold in a world; a poll does everything but start.
fn both_resident(table: &mut Table, what: &str, world: &World, repositories: usize, slots: usize) {
    for binary in ["poll", "watch"] {
        let command = match binary {
            "poll" => world.command(repositories, slots, &["--dry-run"]),
            _ => world.watch_command(repositories),
        };
        let peak = peak_memory(command, || world.is_quiet());
        resident(table, &format!("{binary} with {what}: resident, MB"), peak);
    }
}

fn resident(table: &mut Table, figure: &str, peak: Option<u64>) {
    match peak {
        Some(bytes) => table.row(figure, bytes as f64 / MB, Target::Below(40.0)),
        None => table.skip(figure, "< 40", "no /proc here"),
    }
}

/// Memory where T3 holds much.
fn memory(table: &mut Table) {
    const RELEASED_OF_EACH: u32 = 100;
    for what in [
        "a snapshot of 21 MB",
        "of 200 MB",
        "10,000 released threads",
    ] {
        let world = World::of(WATCHED);
        // What is released comes first: its runs would hold the slots that are free.
        match what {
            "a snapshot of 21 MB" => world.inflate(SNAPSHOT_BYTES),
            "of 200 MB" => world.inflate(10 * SNAPSHOT_BYTES),
            _ => world.release(RELEASED_OF_EACH),
        }
        let figure = |binary: &str| format!("{binary} with {what}: resident, MB");
        let bytes = world.snapshot_bytes() as f64 / MB;
        table.note(&format!("{what}: MB of snapshot"), bytes);
        let poll = peak_memory(world.command(WATCHED, 1, &[]), || world.is_quiet());
        resident(table, &figure("poll"), poll);
        table.note(
            &format!("poll with {what}: times it is read"),
            world.snapshot_reads() as f64,
        );
        let watch = peak_memory(world.watch_command(WATCHED), || world.is_quiet());
        resident(table, &figure("watch"), watch);
    }
    let world = World::of(RUNS);
    world.come_to_an_end(RUNS);
    world.inflate(SNAPSHOT_BYTES);
    let figure = format!("watch with {RUNS} ends and 21 MB: resident, MB");
    let watch = peak_memory(world.watch_command(RUNS), || world.is_quiet());
    resident(table, &figure, watch);
}

/// How much work a byte of the snapshot is.
fn decoding(table: &mut Table) {
    let figure = "decoding: instructions per byte of snapshot";
    let world = World::of(1);
    world.inflate(1_000_000);
    let measured = |world: &World| Some((world.snapshot_bytes(), world.instructions()?));
    let Some((small, few)) = measured(&world) else {
        return table.skip(figure, "<= 30", "callgrind (valgrind) is not installed");
    };
    world.inflate(4_000_000);
    let Some((large, many)) = measured(&world) else {
        return table.skip(figure, "<= 30", "callgrind gave no count");
    };
    let per_byte = (many - few) as f64 / (large - small) as f64;
    table.row(figure, per_byte, Target::AtMost(30.0));
}

/// Runs in flight while the watcher is measured.
const RUNS: usize = 50;

/// Repositories that the watcher reads.
const WATCHED: usize = 100;

fn watching(table: &mut Table, effort: &Effort) {
    for stages in [Stages::None, Stages::ByName, Stages::ById] {
        let world = World::of(WATCHED);
        world.fly(WATCHED, RUNS, stages);
        // The first tick writes what people see; later ones only read.
        world.watch(WATCHED);
        world.slow_down(LATENCY);
        let tick = median(effort.ticks, || world.watch(WATCHED));
        assert_eq!(tick.runs, RUNS, "every run is looked at");
        assert_eq!(tick.writes, 0, "nothing is left to write");
        // Without its id, Woodpecker is asked twice: no tick remembers what the last one was told.
        let (what, per_deploy) = match stages {
            Stages::None => ("", 0.0),
            Stages::ByName => (" + stages", 2.0),
            Stages::ById => (" + stages by id", 1.0),
        };
        let figure = format!("watch {WATCHED} repositories, {RUNS} runs{what}");
        table.row(
            &format!("{figure}: forge"),
            tick.forge_reads as f64,
            Target::CountAtMost(6.0),
        );
        table.note(&format!("{figure}: T3"), tick.t3_reads as f64);
        table.row(
            &format!("{figure}: points"),
            tick.points as f64,
            Target::CountAtMost(0.05 * WATCHED as f64 + 0.4 * RUNS as f64),
        );
        if stages != Stages::None {
            // A figure of 0 would say that nobody got so far.
            assert!(tick.rollout_reads > 0, "some wait for Kubernetes");
            let per = |asked: usize, reads: usize| reads as f64 / asked as f64;
            table.row(
                &format!("{figure}: per deploy"),
                per(runs::DEPLOYS_ASKED, tick.deploy_reads),
                Target::CountAtMost(per_deploy),
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
        if effort.times {
            let slow = || world.slow_down(SLOWER);
            in_sequence(table, &figure, &tick, slow, || world.watch(WATCHED));
        }
    }
}

/// Fifty runs end in one tick.
fn ending(table: &mut Table, effort: &Effort) {
    let world = World::of(RUNS);
    world.come_to_an_end(RUNS);
    if effort.times {
        world.slow_down(LATENCY);
    }
    let tick = world.watch(RUNS);
    assert_eq!(tick.runs, RUNS, "every run is looked at");
    assert_eq!(tick.bells, RUNS, "every end rings");
    let figure = format!("{RUNS} ends in one tick");
    if effort.times {
        table.row(
            &format!("{figure}: round trips"),
            round_trips(tick.wall),
            Target::AtMost(250.0),
        );
    }
    table.row(
        &format!("{figure}: snapshots of T3 0.0.27"),
        tick.snapshots as f64,
        Target::CountAtMost(4.0),
    );
    table.note(
        &format!("{figure}: reads of the forge"),
        tick.forge_reads as f64,
    );
    table.note(&format!("{figure}: writes"), tick.writes as f64);
    table.row(
        &format!("{figure}: connections to the forge"),
        tick.connections as f64,
        Target::CountAtMost(8.0),
    );
    assert_eq!(world.watch(RUNS).runs, 0, "every run is released");
}

/// What is read of a T3 that has lighter answers than the snapshot.
fn light_readings(table: &mut Table) {
    const FLYING: usize = 5;
    let world = World::on(T3Version::Fork0_0_33, 10, READY_PER_REPOSITORY, "Please.");
    let starting = world.tick(10, FLYING, &[]);
    assert_eq!(
        starting.dispatched, FLYING,
        "as many starts as there is room for"
    );
    let mut read = |figure: &str, tick: &Tick, limits: [f64; 3]| {
        let counts = [tick.shells, tick.threads, tick.snapshots];
        let names = ["shell", "one thread", "snapshot"];
        for ((name, count), limit) in names.iter().zip(counts).zip(limits) {
            let figure = format!("newer T3, {figure}: {name}");
            table.row(&figure, count as f64, Target::CountAtMost(limit));
        }
    };
    // Of each start the thread and the turn are read back.
    read("5 starts", &starting, [1.0, 2.0 * FLYING as f64, 1.0]);
    let full = world.tick(10, FLYING, &[]);
    read("nothing to start, 5 runs", &full, [1.0, FLYING as f64, 0.0]);
    let watch = world.watch(10);
    assert_eq!(watch.runs, FLYING, "every run is looked at");
    read("watch, 5 runs", &watch, [1.0, FLYING as f64, 0.0]);
}

/// How many answers a tick waits for one after the other: what it takes longer where each of them takes longer. Its own work, and
/// that of the sandbox, is the same in both.
fn in_sequence(
    table: &mut Table,
    figure: &str,
    fast: &Tick,
    slow_down: impl FnOnce(),
    tick: impl Fn() -> Tick,
) {
    slow_down();
    let slow = median(3, tick);
    let longer = slow.wall.saturating_sub(fast.wall).as_secs_f64();
    let trips = longer / (SLOWER - LATENCY).as_secs_f64();
    table.note(&format!("{figure}: answers in sequence"), trips);
    table.note(
        &format!("{figure}: ms beside waiting"),
        (fast.wall.as_secs_f64() - trips * LATENCY.as_secs_f64()) * 1000.0,
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
