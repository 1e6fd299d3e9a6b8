//! What the process's exit status tells (SPEC 9).

use std::process::ExitCode as ProcessExitCode;

/// The exit status of both binaries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitCode {
    /// The tick is done, also when it is disarmed or there was nothing to do.
    Done = 0,
    /// The tick is done; failures are listed in the report.
    DoneWithFailures = 1,
    /// The command line or the configuration is wrong; nothing was done.
    Usage = 2,
    /// T3, or every forge in use, is unreachable, refuses our token or limits our rate; nothing was done.
    CouldNotStart = 3,
}

impl ExitCode {
    /// What tells of work that could not start, or that went on and had failures.
    #[must_use]
    pub const fn of(could_not_start: bool, has_failures: bool) -> Self {
        match (could_not_start, has_failures) {
            (true, _) => Self::CouldNotStart,
            (false, true) => Self::DoneWithFailures,
            (false, false) => Self::Done,
        }
    }
}

impl From<ExitCode> for u8 {
    fn from(code: ExitCode) -> Self {
        code as Self
    }
}

impl From<ExitCode> for ProcessExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(u8::from(code))
    }
}
