//! How the runs under way are laid out in lines of a terminal.
//!
//! One block per run. No line is wider than the page; where the page is narrow, what does not fit goes to the next line.

use chrono::TimeDelta;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::{RunStatus, Status};
use crate::domain::text::quoting::printable;
use crate::domain::told::span::span;
use crate::tick::report::count;
use crate::tick::watch::{LimitLeft, Sight};

/// What it is laid out for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Columns of a line, 20 to 100.
    pub width: usize,
    /// Whether words are coloured.
    pub colour: bool,
}

impl Page {
    /// The widest page.
    pub const WIDEST: usize = 100;
    /// The narrowest page: what is narrower is laid out as if it were this wide.
    pub const NARROWEST: usize = 20;

    /// Lays out for so many columns.
    #[must_use]
    pub fn new(columns: usize, colour: bool) -> Self {
        Self {
            width: columns.clamp(Self::NARROWEST, Self::WIDEST),
            colour,
        }
    }
}

/// How a line is coloured.
#[derive(Clone, Copy)]
enum Tone {
    Plain,
    Heading,
    Good,
    Bad,
    Faint,
}

impl Tone {
    const fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Heading => "\x1b[1m",
            Self::Good => "\x1b[32m",
            Self::Bad => "\x1b[31m",
            Self::Faint => "\x1b[2m",
        }
    }
}

struct Sheet {
    page: Page,
    text: String,
}

impl Sheet {
    /// Writes a text, broken into lines at blanks; lines after the first are set in two more.
    fn write(&mut self, indent: usize, tone: Tone, text: &str) {
        let mut indent = indent.min(self.page.width / 4);
        let mut line = String::new();
        let text = printable(text);
        for word in text.split_whitespace() {
            let mut word = word;
            loop {
                let room = self.page.width - indent;
                let used = line.width();
                let blank = usize::from(used > 0);
                if used + blank + word.width() <= room {
                    if blank > 0 {
                        line.push(' ');
                    }
                    line.push_str(word);
                    break;
                }
                if used > 0 {
                    self.line(indent, tone, &line);
                    line.clear();
                    indent = (indent + 2).min(self.page.width / 4);
                } else {
                    // A word that is longer than a line.
                    let (begin, rest) = word.split_at(within(word, room));
                    line.push_str(begin);
                    word = rest;
                }
            }
        }
        self.line(indent, tone, &line);
    }

    fn line(&mut self, indent: usize, tone: Tone, line: &str) {
        let code = if self.page.colour { tone.code() } else { "" };
        let end = if code.is_empty() { "" } else { "\x1b[0m" };
        self.text.push_str(&" ".repeat(indent));
        self.text.push_str(code);
        self.text.push_str(line);
        self.text.push_str(end);
        self.text.push('\n');
    }
}

/// How many bytes of a word that is wider than `room` fit into it; wide characters take two columns.
fn within(word: &str, room: usize) -> usize {
    let mut used = 0;
    word.char_indices()
        .find(|(_, c)| {
            used += c.width().unwrap_or(0);
            used > room
        })
        .map_or(word.len(), |(at, _)| at)
}

impl Status {
    /// Returns what a person is shown.
    #[must_use]
    pub fn render(&self, page: Page) -> String {
        let mut sheet = Sheet {
            page,
            text: String::new(),
        };
        let runs = match self.runs.len() {
            0 if self.could_not_start => "which runs are under way can not be told".to_owned(),
            0 if !self.failures.is_empty() => {
                "no run is under way, as far as could be read".to_owned()
            }
            0 => "no run is under way".to_owned(),
            runs => format!("{} under way", count(runs, "run", "runs")),
        };
        let strays = match self.strays.len() {
            0 => String::new(),
            strays => format!(", {}", count(strays, "stray", "strays")),
        };
        let at = self.at.format("%Y-%m-%d %H:%M:%S UTC");
        sheet.write(0, Tone::Heading, &format!("{runs}{strays} · {at}"));
        for run in &self.runs {
            block(&mut sheet, run);
        }
        for stray in &self.strays {
            let line = &stray.line;
            let head = format!("{}#{} stray", line.repository.full_name(), line.issue);
            sheet.write(0, Tone::Bad, &head);
            sheet.write(2, Tone::Plain, &stray.next);
        }
        if let Some(size) = self.snapshot
            && size.is_worth_a_line()
        {
            let line = format!("T3's snapshot: {}", size.in_words());
            sheet.write(0, Tone::Faint, &line);
        }
        if let Some(why) = &self.gate {
            sheet.write(0, Tone::Faint, why);
        }
        if let Some(paused) = &self.paused {
            let until = paused.until.map_or_else(
                || "until a person has mended that".to_owned(),
                |until| format!("until {}", until.format("%Y-%m-%d %H:%M:%S UTC")),
            );
            sheet.write(
                0,
                Tone::Bad,
                &format!(
                    "paused: nothing is started since {}, {until}: {} waits: {}",
                    paused.since.format("%Y-%m-%d %H:%M:%S UTC"),
                    paused.run,
                    paused.reason
                ),
            );
        }
        for (word, entries) in [("failed", &self.failures), ("warning", &self.warnings)] {
            for entry in entries {
                let text = format!("{word}: {}: {}: {}", entry.service, entry.call, entry.error);
                sheet.write(0, Tone::Bad, &text);
            }
        }
        sheet.text
    }
}

fn block(sheet: &mut Sheet, run: &RunStatus) {
    let line = &run.line;
    let slot = line
        .slot
        .map_or_else(String::new, |slot| format!(" run {slot}"));
    let title = run
        .sight
        .as_ref()
        .and_then(|sight| sight.title.as_deref())
        .unwrap_or("(its issue could not be read)");
    let head = format!(
        "{}#{}{slot} · {title}",
        line.repository.full_name(),
        line.issue
    );
    sheet.write(0, Tone::Heading, &head);
    match &run.sight {
        Some(sight) => facts(sheet, run, sight),
        None => sheet.write(2, Tone::Plain, &line.state),
    }
    sheet.write(2, Tone::Plain, &format!("next: {}", run.next));
    if let Some(link) = run.sight.as_ref().and_then(|sight| sight.link.as_ref()) {
        sheet.write(2, Tone::Faint, link);
    }
}

fn facts(sheet: &mut Sheet, run: &RunStatus, sight: &Sight) {
    let line = &run.line;
    let tone = match line.verdict {
        Some("green") => Tone::Good,
        Some("red") => Tone::Bad,
        Some(_) | None => Tone::Plain,
    };
    let commit = line
        .commit
        .as_ref()
        .map_or_else(|| "no commit".to_owned(), |sha| sha.short().to_owned());
    let stages: Vec<String> = sight
        .stages
        .iter()
        .map(|stage| format!("{} {}", stage.stage, stage.outcome))
        .collect();
    let stages = if stages.is_empty() {
        String::new()
    } else {
        format!(" · {}", stages.join(", "))
    };
    sheet.write(
        2,
        tone,
        &format!("{} · {} · {commit}{stages}", sight.phase, line.state),
    );
    let seconds = |seconds| span(TimeDelta::seconds(seconds));
    let tokens = line.tokens.map_or_else(
        || "tokens unknown".to_owned(),
        |tokens| format!("{tokens} tokens"),
    );
    sheet.write(
        2,
        Tone::Plain,
        &format!(
            "{} old · quiet for {} · {} · {tokens}",
            seconds(sight.age_seconds),
            seconds(sight.quiet_seconds),
            count(sight.turns, "turn", "turns")
        ),
    );
    let left: Vec<String> = sight.left.iter().map(one_left).collect();
    if !left.is_empty() {
        sheet.write(2, Tone::Plain, &format!("left: {}", left.join(", ")));
    }
    if !sight.waits_for.is_empty() {
        let sinks = sight.waits_for.join(", ");
        sheet.write(2, Tone::Plain, &format!("its bell is to ring at: {sinks}"));
    }
}

fn one_left(limit: &LimitLeft) -> String {
    let amount = match limit.unit {
        "seconds" => span(TimeDelta::seconds(limit.left)),
        unit => format!("{} {unit}", limit.left),
    };
    format!("{amount} of {}", limit.key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(width: usize, text: &str) -> String {
        let mut sheet = Sheet {
            page: Page::new(width, false),
            text: String::new(),
        };
        sheet.write(2, Tone::Bad, text);
        sheet.text
    }

    #[test]
    fn no_line_is_wider_than_the_page_and_nothing_is_lost() {
        let text = "octo-org/widgets#12 run 3 · Ünïcode title with https://a.very/long/address/that/does/not/fit/anywhere at all";
        let wide = "octo-org/widgets#12 run 3 · 負のサイズを拒否する負のサイズを拒否する負のサイズを拒否する and 拒否 👩‍🔧";
        for (text, width) in (1..=120).flat_map(|width| [(text, width), (wide, width)]) {
            let written = written(width, text);
            let widest = written.lines().map(|line| line.width()).max();
            assert!(widest <= Some(width.clamp(20, 100)), "{width}: {written}");
            let squeeze = |text: &str| text.split_whitespace().collect::<String>();
            assert_eq!(squeeze(&written), squeeze(text), "{width}");
        }
    }

    #[test]
    fn colour_is_written_only_where_it_is_wanted_and_texts_of_others_bring_none() {
        let of = |colour| {
            let mut sheet = Sheet {
                page: Page::new(80, colour),
                text: String::new(),
            };
            sheet.write(0, Tone::Bad, "a\u{1b}[31mb");
            sheet.text
        };
        assert_eq!(of(false), "a [31mb\n");
        assert_eq!(of(true), "\u{1b}[31ma [31mb\u{1b}[0m\n");
    }
}
