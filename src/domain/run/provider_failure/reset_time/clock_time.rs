//! Which time of day a text names.

use chrono::NaiveTime;

use super::tokens::Token;

pub(super) fn clock_time<'a, 't>(tokens: &'a [Token<'t>]) -> Option<(NaiveTime, &'a [Token<'t>])> {
    match tokens {
        [Token::Word("midnight"), rest @ ..] => return Some((NaiveTime::MIN, rest)),
        [Token::Word("noon"), rest @ ..] => {
            return Some((NaiveTime::from_hms_opt(12, 0, 0)?, rest));
        }
        [] | [Token::Word(_) | Token::Number(_) | Token::Mark(_), ..] => {}
    }
    let [Token::Number(hour), rest @ ..] = tokens else {
        return None;
    };
    if hour.len() > 2 {
        return None;
    }
    let hour: u32 = hour.parse().ok()?;
    let two = |text: &str| {
        (text.len() == 2)
            .then(|| text.parse::<u32>().ok())
            .flatten()
    };
    let (minute, second, explicit, rest) = match rest {
        [
            Token::Mark(':'),
            Token::Number(minute),
            Token::Mark(':'),
            Token::Number(second),
            rest @ ..,
        ] => (two(minute)?, two(second)?, true, without_fraction(rest)),
        [
            Token::Mark(':') | Token::Word("h"),
            Token::Number(minute),
            rest @ ..,
        ] => (two(minute)?, 0, true, rest),
        [Token::Mark('.'), Token::Number(minute), rest @ ..] if minute.len() == 2 => {
            (two(minute)?, 0, true, rest)
        }
        [Token::Word("h" | "uhr" | "heures"), rest @ ..] => (0, 0, true, rest),
        rest => (0, 0, false, rest),
    };
    let (half, rest) = match rest {
        [Token::Word("am"), rest @ ..] => (Some(0), rest),
        [Token::Word("pm"), rest @ ..] => (Some(12), rest),
        [
            Token::Word("a"),
            Token::Mark('.'),
            Token::Word("m"),
            rest @ ..,
        ] => (Some(0), rest),
        [
            Token::Word("p"),
            Token::Mark('.'),
            Token::Word("m"),
            rest @ ..,
        ] => (Some(12), rest),
        [Token::Word("midnight"), rest @ ..] if hour == 12 => (Some(0), rest),
        [Token::Word("noon"), rest @ ..] if hour == 12 => (Some(12), rest),
        [Token::Word("uhr" | "h" | "hrs" | "hours"), rest @ ..] if explicit => (None, rest),
        rest => (None, rest),
    };
    let hour = match half {
        Some(half) if (1..=12).contains(&hour) => hour % 12 + half,
        Some(_) => return None,
        None if explicit => hour,
        // "resets 3" may be anything.
        None => return None,
    };
    Some((NaiveTime::from_hms_opt(hour, minute, second)?, rest))
}

/// A part of a second is less than clocks differ.
fn without_fraction<'a, 't>(tokens: &'a [Token<'t>]) -> &'a [Token<'t>] {
    match tokens {
        [Token::Mark('.' | ','), Token::Number(_), rest @ ..] => rest,
        rest => rest,
    }
}
