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

#[derive(Default)]
pub struct Table {
    rows: Vec<[String; 4]>,
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
        self.rows
            .push([figure, measured, target, verdict].map(str::to_owned));
    }
}

fn number(value: f64) -> String {
    if value.fract() == 0.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.2}")
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut row = |[figure, measured, target, verdict]: [&str; 4]| {
            let line = format!("{figure:<56} {measured:>9}  {target:<8} {verdict}");
            writeln!(f, "{}", line.trim_end())
        };
        row(["figure", "measured", "target", "ok"])?;
        self.rows
            .iter()
            .try_for_each(|cells| row(cells.each_ref().map(String::as_str)))
    }
}
