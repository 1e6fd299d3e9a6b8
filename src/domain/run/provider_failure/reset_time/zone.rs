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
        // Counted the other way round: five hours west.
        [
            Token::Word("etc"),
            Token::Mark('/'),
            Token::Word("gmt"),
            Token::Mark(sign @ ('+' | '-')),
            tail @ ..,
        ] => signed(if *sign == '+' { '-' } else { '+' }, tail),
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
        [Token::Word(_), ..] => {
            let in_brackets = matches!(tokens, [Token::Mark('(' | '['), ..]);
            in_words(rest, in_brackets)
        }
        [] | [Token::Number(_) | Token::Mark(_), ..] => Zone::None,
    }
}

/// "PST", "Central European Summer Time", "Pacific", "US Pacific", "your local time".
fn in_words(tokens: &[Token<'_>], in_brackets: bool) -> Zone {
    let words: Vec<&str> = tokens
        .iter()
        .map_while(|token| match token {
            Token::Word(word) => Some(*word),
            Token::Number(_) | Token::Mark(_) => None,
        })
        .take(LONGEST_NAME)
        .collect();
    let Some(first) = words.first() else {
        return Zone::None;
    };
    // A name of several words ends in "time", and then all of it counts.
    if let Some(end) = words.iter().position(|word| *word == "time") {
        let name: Vec<&str> = words[..end]
            .iter()
            .filter(|word| !matches!(**word, "standard" | "summer" | "daylight" | "us" | "the"))
            .copied()
            .collect();
        return long_name(&name.join(" "))
            .or_else(|| abbreviation(&name.join(" ")))
            .map_or(Zone::Unknown, Zone::Known);
    }
    let first = match (first, words.get(1)) {
        (&"us", Some(second)) => second,
        (first, _) => first,
    };
    if *first == "local" {
        return Zone::Unknown;
    }
    let alone = abbreviation(first).or_else(|| long_name(first));
    match alone {
        Some(place) => Zone::Known(place),
        None if in_brackets => Zone::Unknown,
        None => Zone::None,
    }
}

/// The longest name of a zone, in words: "Australian Central Western Standard Time".
const LONGEST_NAME: usize = 5;

fn abbreviation(word: &str) -> Option<Place> {
    let minutes = match word {
        "utc" | "gmt" | "z" | "zulu" | "wet" => 0,
        "bst" | "cet" | "mez" | "west" | "wat" => 60,
        "cest" | "mesz" | "eet" | "sast" | "cat" => 120,
        "eest" | "msk" | "trt" | "eat" | "idt" => 180,
        "gst" => 240,
        "pkt" => 300,
        "ist" => 330,
        "npt" => 345,
        "ict" | "wib" => 420,
        "awst" | "sgt" | "hkt" | "pht" | "myt" => 480,
        "jst" | "kst" => 540,
        "acst" => 570,
        "aest" => 600,
        "acdt" => 630,
        "aedt" => 660,
        "nzst" => 720,
        "nzdt" => 780,
        "ndt" => -150,
        "adt" | "brt" | "clst" => -180,
        "nst" => -210,
        "ast" | "clt" | "edt" => -240,
        "est" | "cdt" => -300,
        "cst" | "mdt" => -360,
        "mst" | "pdt" => -420,
        "pst" | "akdt" => -480,
        "akst" => -540,
        "hst" => -600,
        "et" => return Place::named("america/new_york"),
        "ct" => return Place::named("america/chicago"),
        "mt" => return Place::named("america/denver"),
        "pt" => return Place::named("america/los_angeles"),
        _ => return None,
    };
    Some(Place::fixed(minutes * 60))
}

/// A name without "standard", "summer", "daylight" and "time": those who live there say one for the other.
fn long_name(name: &str) -> Option<Place> {
    Place::named(match name {
        "coordinated universal" | "universal" | "greenwich mean" | "greenwich" => "etc/utc",
        "british" | "uk" | "london" => "europe/london",
        "western european" => "europe/lisbon",
        "central european" | "middle european" => "europe/paris",
        "eastern european" => "europe/athens",
        "moscow" => "europe/moscow",
        "eastern" | "north american eastern" | "new york" => "america/new_york",
        "central" | "north american central" => "america/chicago",
        "mountain" | "north american mountain" => "america/denver",
        "pacific" | "north american pacific" => "america/los_angeles",
        "atlantic" => "america/halifax",
        "newfoundland" => "america/st_johns",
        "alaska" => "america/anchorage",
        "hawaii" | "hawaii-aleutian" => "pacific/honolulu",
        "brasilia" => "america/sao_paulo",
        "argentina" => "america/argentina/buenos_aires",
        "india" | "indian" => "asia/kolkata",
        "pakistan" => "asia/karachi",
        "gulf" => "asia/dubai",
        "israel" => "asia/jerusalem",
        "singapore" => "asia/singapore",
        "china" | "beijing" => "asia/shanghai",
        "hong kong" => "asia/hong_kong",
        "japan" => "asia/tokyo",
        "korea" | "korean" => "asia/seoul",
        "australian eastern" => "australia/sydney",
        "australian central" => "australia/adelaide",
        "australian western" => "australia/perth",
        "new zealand" => "pacific/auckland",
        "central african" | "central africa" => "africa/maputo",
        "east africa" | "east african" => "africa/nairobi",
        "west africa" | "west african" => "africa/lagos",
        "south africa" | "south african" => "africa/johannesburg",
        _ => return None,
    })
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
