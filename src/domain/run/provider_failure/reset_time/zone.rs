//! Which zone a text names.

use super::place::Place;
use super::tokens::Token;

/// A zone, as a text names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Zone {
    None,
    /// A place, or a fixed offset.
    Known(Place),
    /// One that is not known here.
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
    let signed = |sign: char, tail: &[Token<'_>]| {
        offset(sign, tail).map_or(Zone::Unknown, |east| Zone::Known(Place::fixed(east)))
    };
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
        [Token::Word(_), Token::Mark('/'), Token::Word(_), ..] => {
            Place::named(&place_name(rest)).map_or(Zone::Unknown, Zone::Known)
        }
        [Token::Word(word), ..] => match *word {
            "utc" | "gmt" | "z" | "zulu" | "wet" => Zone::Known(Place::fixed(0)),
            "bst" | "cet" | "west" => Zone::Known(Place::fixed(3_600)),
            "cest" | "eet" => Zone::Known(Place::fixed(7_200)),
            "eest" | "msk" => Zone::Known(Place::fixed(10_800)),
            "ist" => Zone::Known(Place::fixed(19_800)),
            "jst" | "kst" => Zone::Known(Place::fixed(32_400)),
            "edt" => Zone::Known(Place::fixed(-14_400)),
            "est" | "cdt" => Zone::Known(Place::fixed(-18_000)),
            "cst" | "mdt" => Zone::Known(Place::fixed(-21_600)),
            "mst" | "pdt" => Zone::Known(Place::fixed(-25_200)),
            "pst" => Zone::Known(Place::fixed(-28_800)),
            "local" => Zone::Unknown,
            word if Place::named(word).is_some() => {
                Place::named(word).map_or(Zone::Unknown, Zone::Known)
            }
            _ if matches!(tokens, [Token::Mark('('), ..]) => Zone::Unknown,
            _ => Zone::None,
        },
        [] | [Token::Number(_) | Token::Mark(_), ..] => Zone::None,
    }
}

/// The words at the beginning with the marks of a name between them.
fn place_name(tokens: &[Token<'_>]) -> String {
    let mut name = String::new();
    for token in tokens {
        match token {
            Token::Word(word) => name.push_str(word),
            Token::Mark(mark @ ('/' | '_' | '-')) => name.push(*mark),
            Token::Mark(_) | Token::Number(_) => break,
        }
    }
    name
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
        [..] if hours.len() == 4 => (hours[..2].parse().ok()?, hours[2..].parse().ok()?),
        [] | [Token::Word(_) | Token::Number(_) | Token::Mark(_), ..] => (hours.parse().ok()?, 0),
    };
    let (hours, minutes): (i64, i64) = (hours, minutes);
    if hours > 14 || minutes > 59 {
        return None;
    }
    let seconds = hours * 3_600 + minutes * 60;
    Some(if sign == '-' { -seconds } else { seconds })
}
