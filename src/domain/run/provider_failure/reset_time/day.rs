//! Which day a text names.

use chrono::Weekday;

use super::tokens::{Token, skip};

/// A day, as a text names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Day {
    Next,
    Later(u64),
    Weekday(Weekday),
    Date {
        month: u32,
        day: u32,
        year: Option<i32>,
    },
}

pub(super) fn day<'a, 't>(tokens: &'a [Token<'t>]) -> (Day, &'a [Token<'t>]) {
    let number = |text: &str| {
        text.parse::<u32>()
            .ok()
            .filter(|day| (1..=31).contains(day))
    };
    match tokens {
        // "2026-12-01", also before a "T".
        [
            Token::Number(year),
            Token::Mark('-'),
            Token::Number(month),
            Token::Mark('-'),
            Token::Number(day),
            rest @ ..,
        ] if year.len() == 4 => {
            let rest = match rest {
                [Token::Word("t"), behind @ ..] => behind,
                rest => rest,
            };
            match (year.parse(), month.parse(), number(day)) {
                (Ok(year), Ok(month), Some(day)) => {
                    let year = Some(year);
                    (Day::Date { month, day, year }, rest)
                }
                (Ok(_) | Err(_), _, _) => (Day::Next, tokens),
            }
        }
        // "12/5/2026": the month comes first, where it can.
        [
            Token::Number(first),
            Token::Mark('/'),
            Token::Number(second),
            Token::Mark('/'),
            Token::Number(year),
            rest @ ..,
        ] if year.len() == 4 => match (number(first), number(second), year.parse()) {
            (Some(first), Some(second), Ok(year)) => {
                let (month, day) = if first > 12 {
                    (second, first)
                } else {
                    (first, second)
                };
                let year = Some(year);
                (Day::Date { month, day, year }, rest)
            }
            (Some(_) | None, _, _) => (Day::Next, tokens),
        },
        [Token::Word("tomorrow"), rest @ ..] => (Day::Later(1), rest),
        [Token::Word("next"), Token::Word(word), rest @ ..] if weekday(word).is_some() => {
            (Day::Weekday(weekday(word).unwrap_or(Weekday::Mon)), rest)
        }
        [Token::Word(word), rest @ ..] if weekday(word).is_some() => {
            let behind = skip(rest, &[]);
            // "Mon, Oct 7".
            match day(behind) {
                (named @ Day::Date { .. }, rest) => (named, rest),
                (Day::Next | Day::Later(_) | Day::Weekday(_), _) => {
                    (Day::Weekday(weekday(word).unwrap_or(Weekday::Mon)), rest)
                }
            }
        }
        [Token::Word(word), Token::Number(text), rest @ ..] => match (month(word), number(text)) {
            (Some(month), Some(day)) => {
                let (year, rest) = year(skip_ordinal(rest));
                (Day::Date { month, day, year }, rest)
            }
            (None, _) | (_, None) => (Day::Next, tokens),
        },
        [Token::Number(text), rest @ ..] => match (number(text), skip_ordinal(rest)) {
            (Some(day), [Token::Word(word), rest @ ..]) if month(word).is_some() => {
                let (year, rest) = year(rest);
                let month = month(word).unwrap_or(1);
                (Day::Date { month, day, year }, rest)
            }
            (Some(_) | None, _) => (Day::Next, tokens),
        },
        [] | [Token::Word(_) | Token::Mark(_), ..] => (Day::Next, tokens),
    }
}

fn skip_ordinal<'a, 't>(tokens: &'a [Token<'t>]) -> &'a [Token<'t>] {
    match tokens {
        [Token::Word("st" | "nd" | "rd" | "th"), rest @ ..] => rest,
        rest => rest,
    }
}

fn year<'a, 't>(tokens: &'a [Token<'t>]) -> (Option<i32>, &'a [Token<'t>]) {
    let rest = skip(tokens, &[]);
    match rest {
        [Token::Number(year), rest @ ..] if year.len() == 4 && year.starts_with("20") => {
            (year.parse().ok(), rest)
        }
        rest => (None, rest),
    }
}

fn month(word: &str) -> Option<u32> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    named(&MONTHS, word).and_then(|index| u32::try_from(index + 1).ok())
}

fn weekday(word: &str) -> Option<Weekday> {
    const DAYS: [&str; 7] = [
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
    ];
    let index = named(&DAYS, word)?;
    Weekday::try_from(u8::try_from(index).ok()?).ok()
}

fn named(names: &[&str], word: &str) -> Option<usize> {
    (word.len() >= 3)
        .then(|| names.iter().position(|name| name.starts_with(word)))
        .flatten()
}
