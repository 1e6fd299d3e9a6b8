//! Starts runs: one tick, then exit.

use std::process::ExitCode;

// Threads share one heap: as much memory on glibc as on musl, and what one thread frees the others use.
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

fn main() -> ExitCode {
    afk::app::poll()
}
