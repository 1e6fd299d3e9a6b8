//! The built binary as the operating system sees it: how long it runs, how much memory it takes, what it asks for.
//!
//! Knows nothing of forges. What a platform does not offer gives `None`.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// The binary that starts runs.
pub const POLL: &str = env!("CARGO_BIN_EXE_afk-poll");

/// The binary that drives them.
pub const WATCH: &str = env!("CARGO_BIN_EXE_afk-watch");

/// What a process gets that needs more memory than its control group has.
const SIGKILL: i32 = 9;

/// How long a process must do nothing before it counts as done with its work.
const QUIET: Duration = Duration::from_secs(1);

/// How long a process may take until then.
const QUIET_MAX: Duration = Duration::from_secs(60);

/// More than any pipe holds.
const MORE_THAN_A_PIPE: usize = 4 << 20;

/// A binary with these settings and nothing else in its environment.
pub fn command(binary: &str, settings: &BTreeMap<String, String>, arguments: &[&str]) -> Command {
    let mut command = Command::new(binary);
    command
        .env_clear()
        .envs(settings)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// A program that does nothing, built with optimisation.
pub struct EmptyProgram {
    path: PathBuf,
    _directory: TempDir,
}

impl EmptyProgram {
    pub fn build() -> Option<Self> {
        let directory = tempfile::tempdir().ok()?;
        let source = directory.path().join("empty.rs");
        std::fs::write(&source, "fn main() {}\n").ok()?;
        let path = directory.path().join("empty");
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let status = Command::new(rustc)
            .arg("-O")
            .arg("-o")
            .arg(&path)
            .arg(&source)
            .status();
        status.ok()?.success().then_some(Self {
            path,
            _directory: directory,
        })
    }

    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        command
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }
}

/// Medians from start to exit.
pub struct StartUp {
    pub empty: Duration,
    pub tick: Duration,
}

/// Runs both in turn, so that whatever else the machine does hits both alike.
pub fn start_up(times: usize, empty: impl Fn() -> Command, tick: impl Fn() -> Command) -> StartUp {
    const WARM_UP: usize = 5;
    let mut samples: [Vec<Duration>; 2] = Default::default();
    for round in 0..times + WARM_UP {
        for (of_one, mut command) in samples.iter_mut().zip([empty(), tick()]) {
            let start = Instant::now();
            let status = command.status().expect("the program was built");
            let took = start.elapsed();
            assert!(status.success(), "{command:?} ended with {status}");
            if round >= WARM_UP {
                of_one.push(took);
            }
        }
    }
    let [empty, tick] = samples.map(|mut of_one| {
        of_one.sort_unstable();
        of_one[times / 2]
    });
    StartUp { empty, tick }
}

/// The most memory that a process held, in bytes.
///
/// With `BENCH_CGROUP` it is put into that control group, whose limit then holds: a tick that needs more is killed, and what it held
/// until then is its figure.
///
/// Its standard output is a pipe that is full already: it works as ever, and waits where it would print its report
/// and exit. `world_is_quiet` says that nobody owes it an answer.
pub fn peak_memory(mut command: Command, world_is_quiet: impl Fn() -> bool) -> Option<u64> {
    let (mut reader, writer) = std::io::pipe().ok()?;
    command.stdout(writer.try_clone().ok()?);
    let mut filler = writer;
    // Ends when the pipe was read to its end, or has no reader any more.
    std::thread::spawn(move || drop(filler.write_all(&vec![0; MORE_THAN_A_PIPE])));
    std::thread::sleep(Duration::from_millis(20));
    let mut child = command.spawn().ok()?;
    if let Some(group) = std::env::var_os("BENCH_CGROUP") {
        let members = PathBuf::from(group).join("cgroup.procs");
        std::fs::write(&members, child.id().to_string()).expect("the control group takes it");
    }
    // It holds the other end of the pipe.
    drop(command);
    let status = format!("/proc/{}/status", child.id());
    let start = Instant::now();
    let mut quiet_since = Instant::now();
    let mut peak = 0;
    while quiet_since.elapsed() < QUIET && start.elapsed() < QUIET_MAX {
        let (waits, now) = parse(&std::fs::read_to_string(&status).unwrap_or_default());
        if !waits || now > peak || !world_is_quiet() {
            quiet_since = Instant::now();
        }
        peak = peak.max(now);
        std::thread::sleep(Duration::from_millis(5));
    }
    let mut said = Vec::new();
    drop(reader.read_to_end(&mut said));
    let exit = child.wait().ok()?;
    let was_killed = exit.signal() == Some(SIGKILL);
    assert!(
        exit.success() || was_killed,
        "the tick ended with {exit}: {}",
        String::from_utf8_lossy(&said).trim_start_matches('\0')
    );
    (peak > 0).then_some(peak)
}

/// Whether a process sleeps, and the most memory it held so far, from its `/proc/<pid>/status`.
fn parse(status: &str) -> (bool, u64) {
    let field = |name: &str| {
        let rest = status.lines().find_map(|line| line.strip_prefix(name))?;
        rest.split_whitespace().next()
    };
    let kilobytes: u64 = field("VmHWM:")
        .and_then(|number| number.parse().ok())
        .unwrap_or(0);
    (field("State:") == Some("S"), kilobytes * 1024)
}

/// How many instructions a process takes, counted by callgrind. `None` when that is not installed.
pub fn instructions(binary: &str, settings: &BTreeMap<String, String>) -> Option<u64> {
    let mut command = Command::new("valgrind");
    command
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(binary)
        .args(["--dry-run", "--output", "json"])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .envs(settings)
        .stdin(Stdio::null());
    let output = command.output().ok()?;
    assert!(output.status.success(), "{command:?}: {}", output.status);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let (_, collected) = said.rsplit_once("Collected : ")?;
    collected.split_whitespace().next()?.parse().ok()
}

/// How many network system calls a disarmed tick makes. `None` when there is no way to see them: an armed tick, which
/// makes some, is traced first.
pub fn network_calls(binary: &str) -> Option<usize> {
    let nobody = [
        ("AFK_KILL_SWITCH", "off"),
        ("AFK_ALLOWLIST", "acme/widgets"),
        ("AFK_T3_URL", "http://127.0.0.1:9"),
        ("AFK_T3_TOKEN", "none"),
        ("AFK_GITHUB_URL", "http://127.0.0.1:9"),
        ("AFK_GITHUB_TOKEN", "none"),
    ];
    let armed = traced_calls(binary, &nobody)?;
    (armed > 0).then(|| traced_calls(binary, &[]))?
}

fn traced_calls(binary: &str, settings: &[(&str, &str)]) -> Option<usize> {
    let directory = tempfile::tempdir().ok()?;
    let trace = directory.path().join("trace");
    let path = std::env::var_os("PATH").unwrap_or_default();
    Command::new("strace")
        .args(["-f", "-qq", "-e", "trace=network", "-o"])
        .arg(&trace)
        .arg(binary)
        .env_clear()
        .env("PATH", path)
        .envs(settings.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .ok()?;
    let calls = std::fs::read_to_string(trace).ok()?;
    Some(calls.lines().filter(|line| line.contains('(')).count())
}
