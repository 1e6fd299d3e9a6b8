//! Which zone a text names.

use super::tokens::Token;

/// A zone, as a text names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Zone {
    None,
    /// Seconds east of UTC.
    Offset(i64),
    /// One whose offset is not known here: names of places need a calendar of their own.
    Unknown,
}

pub(super) fn zone(tokens: &[Token<'_>]) -> Zone {
    let mut rest = tokens;
    while let [Token::Mark('(' | '.' | ',' | '['), tail @ ..] = rest {
        // Behind the end of a sentence another one begins.
        if matches!(rest, [Token::Mark('.'), ..]) && !matches!(tail, [Token::Mark('('), ..]) {
            return Zone::None;
        }
        rest = tail;
    }
    let signed =
        |sign: char, tail: &[Token<'_>]| offset(sign, tail).map_or(Zone::Unknown, Zone::Offset);
    match rest {
        [
            Token::Word("utc" | "gmt"),
            Token::Mark(sign @ ('+' | '-')),
            tail @ ..,
        ] => signed(*sign, tail),
        [Token::Mark(sign @ ('+' | '-')), tail @ ..] if matches!(tail, [Token::Number(_), ..]) => {
            signed(*sign, tail)
        }
        // "Europe/Berlin".
        [
            Token::Word("etc"),
            Token::Mark('/'),
            Token::Word("utc" | "gmt"),
            ..,
        ] => Zone::Offset(0),
        [Token::Word(_), Token::Mark('/' | '_'), Token::Word(_), ..] => Zone::Unknown,
        [Token::Word(word), ..] => match *word {
            "utc" | "gmt" | "z" | "zulu" | "wet" => Zone::Offset(0),
            "bst" | "cet" | "west" => Zone::Offset(3_600),
            "cest" | "eet" => Zone::Offset(7_200),
            "eest" | "msk" => Zone::Offset(10_800),
            "ist" => Zone::Offset(19_800),
            "jst" | "kst" => Zone::Offset(32_400),
            "edt" => Zone::Offset(-14_400),
            "est" | "cdt" => Zone::Offset(-18_000),
            "cst" | "mdt" => Zone::Offset(-21_600),
            "mst" | "pdt" => Zone::Offset(-25_200),
            "pst" => Zone::Offset(-28_800),
            "pt" | "et" | "ct" | "mt" | "local" | "pacific" | "eastern" => Zone::Unknown,
            _ if matches!(tokens, [Token::Mark('('), ..]) => Zone::Unknown,
            _ => Zone::None,
        },
        _ => Zone::None,
    }
}

/// "2", "02:00", "0200", "5:30".
fn offset(sign: char, tokens: &[Token<'_>]) -> Option<i64> {
    let [Token::Number(hours), rest @ ..] = tokens else {
        return None;
    };
    let (hours, minutes) = match rest {
        [Token::Mark(':'), Token::Number(minutes), ..] => {
            (hours.parse().ok()?, minutes.parse().ok()?)
        }
        _ if hours.len() == 4 => (hours[..2].parse().ok()?, hours[2..].parse().ok()?),
        _ => (hours.parse().ok()?, 0),
    };
    let (hours, minutes): (i64, i64) = (hours, minutes);
    if hours > 14 || minutes > 59 {
        return None;
    }
    let seconds = hours * 3_600 + minutes * 60;
    Some(if sign == '-' { -seconds } else { seconds })
}
