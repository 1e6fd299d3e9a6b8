//! When a provider takes work again, as far as its error says so.
//!
//! Errors name a moment in many ways: an epoch, a date, a time of day with and without a zone, a number of minutes. What
//! can not be read for certain is not guessed: then the default wait applies.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeDelta, Utc};

use self::clock_time::clock_time;
use self::day::{Day, day};
use self::place::Place;
use self::tokens::{Token, skip, tokens};
use self::zone::{Zone, zone};

mod clock_time;
mod day;
mod place;
mod tokens;
mod zone;

/// A time that was reached this long before the error was written is the one that the error means: clocks differ.
const JUST_PASSED: TimeDelta = TimeDelta::minutes(5);

/// A time of day that passed this long before the error was written may be meant all the same: the error is told late.
const MAY_HAVE_PASSED: TimeDelta = TimeDelta::hours(2);

/// The farthest time that is believed. Quotas are by the month at most.
const FARTHEST: TimeDelta = TimeDelta::days(32);

/// The farthest time of day without a zone that is believed.
const FARTHEST_WITHOUT_ZONE: TimeDelta = TimeDelta::hours(12);

/// Seconds east of UTC where clocks show least.
const WESTERNMOST: i64 = -12 * 3_600;

/// What stands before a moment.
const ANCHORS: &[&str] = &[
    "resets_at",
    "reset_at",
    "resetting",
    "resets",
    "reset",
    "retry-after",
    "retry_after",
    "retry after",
    "retrying",
    "retry",
    "try again",
    "come back",
    "available again",
    "cycle ends",
    "regain access",
    "available",
    "again",
    "until",
    "wait",
];

/// How far behind an anchor the moment stands, in characters.
const REACH: usize = 70;

/// A moment that an error names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// The moment.
    pub at: DateTime<Utc>,
    /// Whether only a time of day was named, which had passed not long before: a day earlier may be meant.
    pub is_a_day_late: bool,
}

impl Told {
    const fn at(at: DateTime<Utc>) -> Self {
        Self {
            at,
            is_a_day_late: false,
        }
    }
}

/// Reads the moment from which the provider takes work again; `said_at` is when the error was written.
#[must_use]
pub fn told_time(text: &str, said_at: DateTime<Utc>) -> Option<Told> {
    let text = text.to_lowercase();
    let told = epoch_behind_a_bar(&text).map(Told::at).or_else(|| {
        let mut anchors: Vec<(usize, &str)> = ANCHORS
            .iter()
            .flat_map(|anchor| text.match_indices(anchor))
            .collect();
        anchors.sort_unstable();
        anchors.into_iter().find_map(|(at, anchor)| {
            let rest: String = text[at + anchor.len()..].chars().take(REACH).collect();
            moment(&rest, anchor, said_at)
        })
    })?;
    let earliest = said_at.checked_sub_signed(JUST_PASSED)?;
    let latest = said_at.checked_add_signed(FARTHEST)?;
    (earliest <= told.at && told.at <= latest).then_some(told)
}

/// "limit reached|1751234567".
fn epoch_behind_a_bar(text: &str) -> Option<DateTime<Utc>> {
    let (_, rest) = text.split_once('|')?;
    epoch(rest.trim_start())
}

/// Seconds, or milliseconds, since 1970, at the beginning of a text.
fn epoch(text: &str) -> Option<DateTime<Utc>> {
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    let number: i64 = digits.parse().ok()?;
    match digits.len() {
        10 => DateTime::from_timestamp(number, 0),
        13 => DateTime::from_timestamp_millis(number),
        _ => None,
    }
}

/// A moment at the beginning of what stands behind an anchor.
fn moment(rest: &str, anchor: &str, said_at: DateTime<Utc>) -> Option<Told> {
    let plain = rest.trim_start_matches([':', '=', '"', '\'', ' ', '(', '·', '∙', '<', '~']);
    let plain = ["at ", "on ", "by ", "um ", "à "]
        .iter()
        .find_map(|word| plain.strip_prefix(word))
        .unwrap_or(plain)
        .trim_start_matches([':', '"', '\'', ' ', '<']);
    if let Some(epoch) = epoch(plain) {
        return Some(Told::at(epoch));
    }
    let tokens = tokens(rest);
    if starts_with_date(&tokens) {
        return time_of_day(&tokens, said_at);
    }
    let after_header = matches!(anchor, "retry-after" | "retry_after" | "retry after");
    if let Some(wait) = duration(&tokens, after_header) {
        return said_at.checked_add_signed(wait).map(Told::at);
    }
    time_of_day(&tokens, said_at)
}

/// Words between an anchor, a day and an hour.
const FILLERS: &[&str] = &[
    "at", "on", "by", "the", "your", "limit", "um", "à", "will", "be", "is", "around", "today",
    "limits",
];

/// "2026-11-28": the number of a year is no wait.
fn starts_with_date(tokens: &[Token<'_>]) -> bool {
    matches!(
        day(skip(tokens, FILLERS)).0,
        Day::Date { year: Some(_), .. }
    )
}

/// "in 5 minutes", "20s", "1h 30m". Words for numbers are not read.
fn duration(tokens: &[Token<'_>], bare_seconds: bool) -> Option<TimeDelta> {
    let mut rest = skip(
        tokens,
        &["in", "after", "for", "about", "approximately", "another"],
    );
    let mut total = TimeDelta::zero();
    let mut any = false;
    // "in an hour".
    if let [Token::Word("a" | "an" | "one"), Token::Word(unit), ..] = rest
        && let Some(seconds) = seconds_in(unit)
    {
        return TimeDelta::try_seconds(seconds);
    }
    let mut last_unit = 0;
    while let [Token::Number(number), tail @ ..] = rest {
        let number: i64 = number.parse().ok()?;
        // A part of a second more is on the safe side.
        let (number, tail) = match tail {
            [Token::Mark('.'), Token::Number(_), tail @ ..] => (number.checked_add(1)?, tail),
            tail => (number, tail),
        };
        let (seconds, unit, tail) = match tail {
            [
                Token::Word("ms" | "msec" | "millisecond" | "milliseconds"),
                tail @ ..,
            ] => (number / 1_000 + 1, 1, tail),
            [Token::Word(word), tail @ ..] if seconds_in(word).is_some() => {
                let unit = seconds_in(word)?;
                (number.checked_mul(unit)?, unit, tail)
            }
            tail if bare_seconds && !any && !matches!(tail, [Token::Mark(':' | '-'), ..]) => {
                (number, 1, tail)
            }
            // "2h30".
            tail if last_unit == 3_600 && number < 60 => (number * 60, 60, tail),
            [] | [Token::Word(_) | Token::Number(_) | Token::Mark(_), ..] => break,
        };
        total = total.checked_add(&TimeDelta::try_seconds(seconds)?)?;
        any = true;
        last_unit = unit;
        rest = skip(tail, &["and"]);
    }
    any.then_some(total)
}

fn seconds_in(unit: &str) -> Option<i64> {
    Some(match unit {
        "s" | "sec" | "secs" | "second" | "seconds" => 1,
        "m" | "min" | "mins" | "minute" | "minutes" => 60,
        "h" | "hr" | "hrs" | "hour" | "hours" => 3_600,
        "d" | "day" | "days" => 86_400,
        "week" | "weeks" => 604_800,
        _ => return None,
    })
}

/// "3am (UTC)", "at 14:00", "Oct 7 at 3:30 pm", "tomorrow at 9am UTC", "Monday 9am", "7 Oct 2026, 03:00 +02:00".
fn time_of_day(tokens: &[Token<'_>], said_at: DateTime<Utc>) -> Option<Told> {
    let rest = skip(tokens, FILLERS);
    let (day, rest) = day(rest);
    let behind = skip(rest, FILLERS);
    let (time, rest) = match clock_time(behind) {
        Some((time, rest)) => (Some(time), rest),
        // Of what stands behind a day only the zone counts.
        None => (None, rest),
    };
    // "3am tomorrow", "3am on Oct 7".
    let (day, rest) = match day {
        Day::Next => match self::day(skip(rest, &["on"])) {
            (Day::Next, _) => (Day::Next, rest),
            (named, behind) => (named, behind),
        },
        named @ (Day::Later(_) | Day::Weekday(_) | Day::Date { .. }) => (named, rest),
    };
    // A date alone is its beginning, any other day its end.
    let (time, is_end) = match (time, day) {
        (Some(time), _) => (time, false),
        (None, Day::Date { .. }) => (NaiveTime::MIN, false),
        (None, Day::Later(_) | Day::Weekday(_)) => (NaiveTime::MIN, true),
        (None, Day::Next) => return None,
    };
    let zone = zone(rest);
    let place = match (zone, day) {
        (Zone::Known(place), _) => place,
        (Zone::None, _) => Place::fixed(0),
        // Somebody's own hour may be any.
        (Zone::Unknown, Day::Next) => return None,
        // The latest that it can be: where a day ends last.
        (Zone::Unknown, Day::Later(_) | Day::Weekday(_) | Day::Date { .. }) => {
            Place::fixed(WESTERNMOST)
        }
    };
    let offset_at = |at| TimeDelta::try_seconds(place.offset_at(at));
    let offset = offset_at(said_at)?;
    let local = said_at.checked_add_signed(offset)?.naive_utc();
    let earliest = local.checked_sub_signed(JUST_PASSED)?;
    let on = |date: NaiveDate| {
        let date = if is_end { date.succ_opt()? } else { date };
        Some(date.and_time(time))
    };
    let from = |first: NaiveDate, step: u64| {
        let first = on(first)?;
        if first >= earliest {
            Some(first)
        } else {
            first.checked_add_days(Days::new(step))
        }
    };
    let today = local.date();
    let passed = local - today.and_time(time);
    let is_a_day_late = day == Day::Next && passed > JUST_PASSED && passed <= MAY_HAVE_PASSED;
    let told = match day {
        Day::Next => from(today, 1)?,
        Day::Later(days) => {
            // Nobody knows whether it is the next day there already.
            let today = match zone {
                Zone::Unknown => said_at.date_naive(),
                Zone::None | Zone::Known(_) => today,
            };
            on(today.checked_add_days(Days::new(days))?)?
        }
        Day::Weekday(weekday) => {
            let ahead =
                (7 + weekday.num_days_from_monday() - today.weekday().num_days_from_monday()) % 7;
            from(today.checked_add_days(Days::new(u64::from(ahead)))?, 7)?
        }
        Day::Date {
            month,
            day,
            year: Some(year),
        } => on(NaiveDate::from_ymd_opt(year, month, day)?)?,
        Day::Date {
            month,
            day,
            year: None,
        } => {
            let this_year = NaiveDate::from_ymd_opt(today.year(), month, day).and_then(on);
            match this_year.filter(|told| *told >= earliest) {
                Some(told) => told,
                None => on(NaiveDate::from_ymd_opt(today.year() + 1, month, day)?)?,
            }
        }
    };
    // Clocks may change in between.
    let roughly = told.checked_sub_signed(offset)?.and_utc();
    let told = told.checked_sub_signed(offset_at(roughly)?)?.and_utc();
    let far = told - said_at > FARTHEST_WITHOUT_ZONE;
    match (zone, day) {
        // Somebody's own time of day, whose zone is not named: as far away as this it may be any.
        (Zone::None, Day::Next) if far => None,
        (Zone::None | Zone::Known(_) | Zone::Unknown, _) => Some(Told {
            at: told,
            is_a_day_late,
        }),
    }
}

#[cfg(test)]
mod tests;
