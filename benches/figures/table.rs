//! Figures beside their targets, as text.

use std::fmt;

/// What a figure must reach.
#[derive(Clone, Copy)]
pub enum Target {
    /// Nothing; told for comparison.
    None,
    /// A count: off is a failure.
    CountAtMost(f64),
    /// A count: off is a failure.
    CountBelow(f64),
    /// Depends on the machine: off is a warning.
    AtMost(f64),
    /// Depends on the machine: off is a warning.
    Below(f64),
}

impl Target {
    fn holds(self, measured: f64) -> bool {
        match self {
            Self::None => true,
            Self::CountAtMost(limit) | Self::AtMost(limit) => measured <= limit,
            Self::CountBelow(limit) | Self::Below(limit) => measured < limit,
        }
    }

    fn is_count(self) -> bool {
        match self {
            Self::CountAtMost(_) | Self::CountBelow(_) => true,
            Self::None | Self::AtMost(_) | Self::Below(_) => false,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => Ok(()),
            Self::CountAtMost(limit) | Self::AtMost(limit) => write!(f, "<= {limit}"),
            Self::CountBelow(limit) | Self::Below(limit) => write!(f, "< {limit}"),
        }
    }
}

/// Prints every row as it is measured: what is killed or fails halfway does not take the other figures along.
#[derive(Default)]
pub struct Table {
    is_headed: bool,
    off: bool,
}

impl Table {
    /// A figure with a target.
    pub fn row(&mut self, figure: &str, measured: f64, target: Target) {
        let verdict = match (target, target.holds(measured)) {
            (Target::None, _) => "",
            (_, true) => "ok",
            (target, false) if target.is_count() => {
                self.off = true;
                "OFF"
            }
            (_, false) => "warning",
        };
        self.push(figure, &number(measured), &target.to_string(), verdict);
    }

    /// A figure for comparison.
    pub fn note(&mut self, figure: &str, measured: f64) {
        self.row(figure, measured, Target::None);
    }

    /// A figure that can not be measured here.
    pub fn skip(&mut self, figure: &str, target: &str, why: &str) {
        self.push(figure, "-", target, why);
    }

    /// Whether every count is as it must be.
    pub fn counts_hold(&self) -> bool {
        !self.off
    }

    fn push(&mut self, figure: &str, measured: &str, target: &str, verdict: &str) {
        if !std::mem::replace(&mut self.is_headed, true) {
            print(["figure", "measured", "target", "ok"]);
        }
        print([figure, measured, target, verdict]);
    }
}

fn print([figure, measured, target, verdict]: [&str; 4]) {
    let line = format!("{figure:<56} {measured:>9}  {target:<8} {verdict}");
    println!("{}", line.trim_end());
}

fn number(value: f64) -> String {
    if value.fract() == 0.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.2}")
    }
}
