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
    if let Some(date) = iso_date(plain) {
        return Some(Told::at(date));
    }
    let tokens = tokens(rest);
    let after_header = matches!(anchor, "retry-after" | "retry_after" | "retry after");
    if let Some(wait) = duration(&tokens, after_header) {
        return said_at.checked_add_signed(wait).map(Told::at);
    }
    time_of_day(&tokens, said_at)
}

/// "2026-11-28T03:00:00Z", with an offset, with a blank in place of the T, or without seconds.
fn iso_date(text: &str) -> Option<DateTime<Utc>> {
    let text: String = text
        .chars()
        .take_while(|c| !matches!(c, ')' | '"' | ',' | ']'))
        .collect();
    let upper = text.trim_end_matches('.').to_uppercase();
    let upper = upper.trim();
    let end = upper
        .find(|c: char| {
            !(c.is_ascii_digit() || matches!(c, '-' | ':' | 'T' | 'Z' | '.' | '+' | ' '))
        })
        .unwrap_or(upper.len());
    let stamp = upper[..end].trim();
    if let Ok(date) = DateTime::parse_from_rfc3339(&stamp.replacen(' ', "T", 1)) {
        return Some(date.to_utc());
    }
    for form in [
        "%Y-%m-%dT%H:%M:%S",
        "%Y-%m-%d %H:%M:%S",
        "%Y-%m-%dT%H:%M",
        "%Y-%m-%d %H:%M",
    ] {
        if let Ok(date) = chrono::NaiveDateTime::parse_from_str(stamp.trim_end_matches('Z'), form) {
            return Some(date.and_utc());
        }
    }
    let date = NaiveDate::parse_from_str(stamp, "%Y-%m-%d").ok()?;
    Some(date.and_time(NaiveTime::MIN).and_utc())
}

/// "in 5 minutes", "20s", "1h 30m". Words for numbers are not read.
fn duration(tokens: &[Token<'_>], bare_seconds: bool) -> Option<TimeDelta> {
    let mut rest = skip(
        tokens,
        &["in", "after", "for", "about", "approximately", "another"],
    );
    let mut total = TimeDelta::zero();
    let mut any = false;
    while let [Token::Number(number), tail @ ..] = rest {
        let number: i64 = number.parse().ok()?;
        // A part of a second more is on the safe side.
        let (number, tail) = match tail {
            [Token::Mark('.'), Token::Number(_), tail @ ..] => (number.checked_add(1)?, tail),
            tail => (number, tail),
        };
        let (unit, tail) = match tail {
            [Token::Word(word), tail @ ..] if seconds_in(word).is_some() => {
                (seconds_in(word)?, tail)
            }
            tail if bare_seconds && !any && !matches!(tail, [Token::Mark(':'), ..]) => (1, tail),
            [] | [Token::Word(_) | Token::Number(_) | Token::Mark(_), ..] => break,
        };
        total = total.checked_add(&TimeDelta::try_seconds(number.checked_mul(unit)?)?)?;
        any = true;
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
    let fillers = &[
        "at", "on", "by", "the", "your", "limit", "um", "à", "will", "be", "is", "around", "today",
        "limits",
    ];
    let rest = skip(tokens, fillers);
    let (day, rest) = day(rest);
    let rest = skip(rest, fillers);
    let (time, rest) = match clock_time(rest) {
        Some((time, rest)) => (time, rest),
        // A date alone is its beginning.
        None => match day {
            Day::Date { .. } => (NaiveTime::MIN, rest),
            Day::Next | Day::Later(_) | Day::Weekday(_) => return None,
        },
    };
    // "3am tomorrow", "3am on Oct 7".
    let (day, rest) = match day {
        Day::Next => match self::day(skip(rest, &["on"])) {
            (Day::Next, _) => (Day::Next, rest),
            (named, behind) => (named, behind),
        },
        named @ (Day::Later(_) | Day::Weekday(_) | Day::Date { .. }) => (named, rest),
    };
    let zone = zone(rest);
    let place = match zone {
        Zone::Known(place) => place,
        Zone::None => Place::fixed(0),
        Zone::Unknown => return None,
    };
    let offset_at = |at| TimeDelta::try_seconds(place.offset_at(at));
    let offset = offset_at(said_at)?;
    let local = said_at.checked_add_signed(offset)?.naive_utc();
    let earliest = local.checked_sub_signed(JUST_PASSED)?;
    let on = |date: NaiveDate| date.and_time(time);
    let from = |first: NaiveDate, step: u64| {
        let first = on(first);
        if first >= earliest {
            Some(first)
        } else {
            first.checked_add_days(Days::new(step))
        }
    };
    let today = local.date();
    let passed = local - on(today);
    let is_a_day_late = day == Day::Next && passed > JUST_PASSED && passed <= MAY_HAVE_PASSED;
    let told = match day {
        Day::Next => from(today, 1)?,
        Day::Later(days) => on(today.checked_add_days(Days::new(days))?),
        Day::Weekday(weekday) => {
            let ahead =
                (7 + weekday.num_days_from_monday() - today.weekday().num_days_from_monday()) % 7;
            from(today.checked_add_days(Days::new(u64::from(ahead)))?, 7)?
        }
        Day::Date {
            month,
            day,
            year: Some(year),
        } => on(NaiveDate::from_ymd_opt(year, month, day)?),
        Day::Date {
            month,
            day,
            year: None,
        } => {
            let this_year = NaiveDate::from_ymd_opt(today.year(), month, day).map(on);
            match this_year.filter(|told| *told >= earliest) {
                Some(told) => told,
                None => on(NaiveDate::from_ymd_opt(today.year() + 1, month, day)?),
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
mod tests {
    use super::*;

    /// A Saturday.
    const SAID_AT: &str = "2026-11-28T02:00:00Z";

    fn told(text: &str) -> String {
        let told = told_time(text, SAID_AT.parse().unwrap());
        told.map_or_else(
            || "-".to_owned(),
            |told| told.at.format("%m-%dT%H:%M:%S").to_string(),
        )
    }

    #[test]
    fn moments_are_read_in_the_ways_that_errors_have() {
        for (text, expected) in [
            // Epochs.
            ("Claude AI usage limit reached|1795846200", "11-28T06:10:00"),
            (
                "Claude AI usage limit reached|1795846200000",
                "11-28T06:10:00",
            ),
            (
                "usage_limit_reached, \"resets_at\":1795846200",
                "11-28T06:10:00",
            ),
            ("limit, resets at 1795846200.", "11-28T06:10:00"),
            // Long ago, and in another life: not believed.
            ("Claude AI usage limit reached|1751234567", "-"),
            ("Claude AI usage limit reached|4102444800", "-"),
            ("Claude AI usage limit reached|17", "-"),
            (
                "You will regain access on 2026-12-01 at 00:00 UTC.",
                "12-01T00:00:00",
            ),
            // Times of day with a zone.
            ("You've hit your limit · resets 3am (UTC)", "11-28T03:00:00"),
            ("You've hit your limit · resets 5am (UTC)", "11-28T05:00:00"),
            ("resets 1am (UTC)", "11-29T01:00:00"),
            ("resets 1:30am (UTC)", "11-29T01:30:00"),
            ("resets 12am (UTC)", "11-29T00:00:00"),
            ("resets 12pm UTC", "11-28T12:00:00"),
            ("resets 11:59 p.m. (UTC)", "11-28T23:59:00"),
            ("resets at 14:00 UTC.", "11-28T14:00:00"),
            ("resets 14:00:30 UTC.", "11-28T14:00:30"),
            ("resets 1:58am (UTC)", "11-28T01:58:00"),
            ("resets 7:30 pm (GMT+2)", "11-28T17:30:00"),
            ("resets at 09:00 UTC+05:30", "11-28T03:30:00"),
            ("resets at 23:00 -0800", "11-28T07:00:00"),
            ("resets 3am PST", "11-28T11:00:00"),
            ("resets 3am CET", "11-28T02:00:00"),
            ("resets midnight UTC", "11-29T00:00:00"),
            ("resets at noon UTC", "11-28T12:00:00"),
            ("resets 3am (Etc/UTC)", "11-28T03:00:00"),
            // Places.
            ("resets 3am (Europe/Berlin)", "11-28T02:00:00"),
            ("resets 4am (Europe/Berlin)", "11-28T03:00:00"),
            ("resets 3am (America/New_York)", "11-28T08:00:00"),
            ("resets 11pm (America/Los_Angeles)", "11-28T07:00:00"),
            ("resets 9:30am (Asia/Kolkata)", "11-28T04:00:00"),
            ("resets 3pm Pacific", "11-28T23:00:00"),
            ("resets Nov 30 at 9am (Europe/London)", "11-30T09:00:00"),
            ("resets 3am (Mars/Olympus_Mons)", "-"),
            ("resets 3am (local time)", "-"),
            // Times of day without a zone: UTC, up to twelve hours ahead.
            ("5-hour limit reached ∙ resets 11pm", "-"),
            ("5-hour limit reached ∙ resets 5am", "11-28T05:00:00"),
            ("5-hour limit reached ∙ resets 2pm", "11-28T14:00:00"),
            ("5-hour limit reached ∙ resets 2:01pm", "-"),
            (
                "You've reached your usage limit. Your limit will reset at 14:00",
                "11-28T14:00:00",
            ),
            (
                "Your limit will reset at 14:00. Upgrade for more",
                "11-28T14:00:00",
            ),
            ("Try again at 04:15", "11-28T04:15:00"),
            ("try again at 3:14 AM.", "11-28T03:14:00"),
            ("resets at 5h30", "11-28T05:30:00"),
            ("resets 6 Uhr", "11-28T06:00:00"),
            // Dates.
            ("resets Nov 30 at 3am (UTC)", "11-30T03:00:00"),
            ("resets Nov 30, 3am (UTC)", "11-30T03:00:00"),
            ("resets 30 November 2026, 03:00 UTC", "11-30T03:00:00"),
            ("resets Dec 5", "12-05T00:00:00"),
            ("resets Nov 30th at 11pm", "11-30T23:00:00"),
            ("resets tomorrow at 9am", "11-29T09:00:00"),
            ("resets 9am tomorrow", "11-29T09:00:00"),
            ("resets Monday 9am (UTC)", "11-30T09:00:00"),
            ("resets Sat 1am (UTC)", "12-05T01:00:00"),
            ("resets Sat 3am (UTC)", "11-28T03:00:00"),
            ("reset at 2026-11-28T04:00:00Z", "11-28T04:00:00"),
            ("reset at 2026-11-28T04:00:00+02:00", "11-28T02:00:00"),
            ("resets 2026-11-28 04:00 UTC", "11-28T04:00:00"),
            ("available again on 2026-12-01", "12-01T00:00:00"),
            ("resets Mar 3", "-"),
            // Waits.
            ("Please retry in 20s", "11-28T02:00:20"),
            ("retry in 20.5s", "11-28T02:00:21"),
            ("try again in 5 minutes", "11-28T02:05:00"),
            ("Please try again in 1h30m", "11-28T03:30:00"),
            ("resets in 2 hours and 10 minutes", "11-28T04:10:00"),
            ("resets in 3 days", "12-01T02:00:00"),
            ("Retry-After: 120", "11-28T02:02:00"),
            ("retry after 30 seconds", "11-28T02:00:30"),
            ("wait 10 minutes", "11-28T02:10:00"),
            ("Retrying in 5 seconds… (attempt 4/10)", "11-28T02:00:05"),
            // Nothing, or nothing certain.
            ("You've hit your limit", "-"),
            ("try again later", "-"),
            ("try again in a moment", "-"),
            ("resets 3", "-"),
            ("resets 25:00 UTC", "-"),
            ("resets 13pm UTC", "-"),
            ("resets in 99999999999999999999 hours", "-"),
            ("resets in 90 days", "-"),
            ("resets Feb 30", "-"),
            ("", "-"),
        ] {
            assert_eq!(told(text), expected, "{text}");
        }
    }

    #[test]
    fn any_text_is_read_without_harm() {
        for text in [
            "resets ",
            "|",
            "resets at",
            "resets 1:",
            "resets (",
            "resets +",
            "resets -99",
            "retry-after",
            "resets Ä 3am",
            "reset 9999-99-99",
        ] {
            for said_at in [
                DateTime::<Utc>::MIN_UTC,
                DateTime::<Utc>::MAX_UTC,
                DateTime::UNIX_EPOCH,
            ] {
                let _ = told_time(text, said_at);
                let _ = told_time("resets 3am (UTC)", said_at);
                let _ = told_time("resets Jan 1 3am (UTC-8)", said_at);
                let _ = told_time("resets in 4 weeks", said_at);
            }
        }
    }
}
