//! Which provider's error a text is, if it is one.
//!
//! A message of the agent is believed only in the forms that agents' programs write, and only where nothing in it says that
//! work was done: an agent that repaired a rate limiter writes about rate limits. An error that T3 itself reports is believed
//! wherever the words stand.

pub use self::api_error::cause_by_status;
use self::api_error::{api_error, by_error_type};
use self::behind::{behind_mark, ends_as_of_a_program};
use self::form::{
    ends_there, is_code, is_inside_quotes, is_quoted, is_somebodys, names_another_api,
    names_other_service, names_service_of_its_own, normalised, reports_work, undecorated,
    without_answer, without_quotes,
};
use self::headlines::{HEADLINES, PLAIN};
use self::limit::{limit_sentence, tells_reset};
use self::paragraph::{LastParagraph, last_paragraph};
use self::session::{lasting, passing, used_up};
use super::stop::StopCause;

mod api_error;
mod behind;
mod form;
mod headlines;
mod limit;
mod paragraph;
mod session;

/// Where a text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The agent's last message.
    Message,
    /// An error that the server keeps of a session.
    SystemError,
}

/// The longest message that may be an error, in characters. Errors with a whole JSON answer have some 400.
const MESSAGE_MAX_CHARS: usize = 900;

/// The longest message that may have an error somewhere inside, in characters.
const EMBEDDED_MAX_CHARS: usize = 320;

/// Recognises a provider's error; `None` for everything else.
#[must_use]
pub fn cause_of(text: &str, place: Place) -> Option<StopCause> {
    error_in(text, place).map(|(cause, _)| cause)
}

/// Recognises a provider's error, and returns the part of the text that it is in.
#[must_use]
pub fn error_in(text: &str, place: Place) -> Option<(StopCause, &str)> {
    match place {
        Place::Message => {
            let own = normalised(&without_quotes(text));
            match last_paragraph(text, EMBEDDED_MAX_CHARS) {
                LastParagraph::Alone(words) => match alone(&normalised(words)) {
                    Some(cause) => Some((cause, words)),
                    None => Some((message(&own)?, text)),
                },
                LastParagraph::OfOnePiece => Some((message(&own)?, text)),
                LastParagraph::Shown => Some((alone(&own)?, text)),
            }
        }
        Place::SystemError => Some((system_error(&normalised(text))?, text)),
    }
}

/// An error that is all of a message, or stands in one.
fn message(text: &str) -> Option<StopCause> {
    alone(text).or_else(|| {
        let prose = without_answer(text);
        let is_short = text.chars().count() <= EMBEDDED_MAX_CHARS;
        let may_have_one = is_short
            && !reports_work(&prose)
            && !is_code(&prose)
            && !names_other_service(&prose)
            && !names_another_api(&prose);
        may_have_one.then(|| embedded(text)).flatten()
    })
}

/// An error that a text begins with.
fn alone(text: &str) -> Option<StopCause> {
    let length = text.chars().count();
    if length == 0 || length > MESSAGE_MAX_CHARS {
        return None;
    }
    let head = undecorated(text);
    let mark = &text[..text.len() - head.len()];
    // What begins in quotation marks quotes somebody.
    if is_quoted(text, mark.len()) || is_code(mark) {
        return None;
    }
    // The provider's own answer behind an error is no prose, whatever words it has.
    let prose = without_answer(text);
    if reports_work(&prose) || is_somebodys(&prose) {
        return None;
    }
    if head.starts_with("api error") && names_another_api(&prose) {
        return None;
    }
    if let Some(cause) = head.strip_prefix("api error").and_then(api_error) {
        return Some(cause);
    }
    if let Some(cause) = bare_answer(head) {
        return Some(cause);
    }
    if is_code(&prose) {
        return None;
    }
    let foreign = names_other_service(&prose);
    let limit = limit_sentence(head, true).or_else(|| bare_status(head));
    if let Some(cause) = limit.filter(|_| !foreign) {
        return Some(cause);
    }
    if is_retired_model(head) {
        return Some(StopCause::Model);
    }
    let found = HEADLINES.iter().find(|(words, goes_on, cause)| {
        let of_provider = match cause {
            // The way to the provider's API may lead through a proxy.
            StopCause::Overloaded if words.contains("api") => !names_another_api(&prose),
            StopCause::Limit | StopCause::Overloaded => !foreign,
            // Whoever asks for /login is the program, whatever else it names.
            StopCause::Credentials => {
                words.contains("/login")
                    || words.contains("oauth")
                    || !names_service_of_its_own(&prose)
            }
            StopCause::Rejected
            | StopCause::TooLong
            | StopCause::Model
            | StopCause::Credit
            | StopCause::Restart => true,
        };
        // Errors are told with the error that they come from.
        let is_error = |rest: &str| behind_mark(rest).is_some_and(|rest| alone(rest).is_some());
        let ends = |rest: &str| {
            ends_as_of_a_program(rest) || is_error(rest) || (ends_there(rest) && tells_reset(rest))
        };
        let behind = head.strip_prefix(words);
        of_provider && behind.is_some_and(|rest| *goes_on || ends(rest))
    });
    found.map(|(.., cause)| *cause)
}

/// "The model claude-… was retired on January 5, 2026. Please switch to a newer model.", and nothing else.
fn is_retired_model(head: &str) -> bool {
    const HINTS: [&str; 8] = [
        "run", "use", "please", "switch", "try", "select", "choose", "pick",
    ];
    let Some((model, rest)) = head
        .strip_prefix("the model ")
        .and_then(|rest| rest.split_once(' '))
    else {
        return false;
    };
    let ends = [
        "was retired on ",
        "has been retired",
        "is no longer available",
    ];
    let behind = ends.iter().find_map(|words| rest.strip_prefix(words));
    let is_all = |behind: &str| {
        let sentences = behind.split(['.', '·', ';', '!']).skip(1);
        let mut first_words = sentences.filter_map(|sentence| sentence.split_whitespace().next());
        first_words.all(|word| HINTS.contains(&word))
    };
    model.contains(|c: char| c.is_ascii_digit())
        && behind.is_some_and(|behind| behind.chars().count() < 160 && is_all(behind))
}

/// What a provider answered, and nothing else: a status and its error object.
fn bare_answer(head: &str) -> Option<StopCause> {
    let (status, answer) = head.split_once(' ')?;
    let status = status
        .parse()
        .ok()
        .filter(|status| (400..600).contains(status))?;
    answer
        .starts_with("{\"")
        .then(|| cause_by_status(Some(status), answer))
}

/// "HTTP 429: Too Many Requests": a status with its own phrase, and little else.
fn bare_status(head: &str) -> Option<StopCause> {
    const PHRASES: &[(u16, &str)] = &[
        (429, "too many requests"),
        (500, "internal server error"),
        (502, "bad gateway"),
        (503, "service unavailable"),
        (504, "gateway timeout"),
        (504, "gateway time-out"),
        (529, "overloaded"),
    ];
    let prefixes = ["http error ", "http status ", "http ", "error ", "status "];
    let named = prefixes.iter().find_map(|prefix| head.strip_prefix(prefix));
    let rest = named.unwrap_or(head);
    let (status, rest) = rest.split_at_checked(3)?;
    let status: u16 = status.parse().ok()?;
    let phrase = rest.trim_start_matches([':', ' ', '-', '·', '(']);
    let (_, words) = PHRASES
        .iter()
        .find(|(of, words)| *of == status && phrase.starts_with(words))?;
    let behind = &phrase[words.len()..];
    // Without "HTTP", only those that no page of anybody's answers with.
    let is_told = named.is_some() || matches!(status, 429 | 529);
    let is_all = ends_there(behind) && behind.chars().count() < 60;
    (is_told && is_all && phrase.len() < rest.len()).then(|| cause_by_status(Some(status), phrase))
}

/// An error inside a short message, with other words around it.
fn embedded(text: &str) -> Option<StopCause> {
    if let Some(cause) = limit_sentence(text, false) {
        return Some(cause);
    }
    for (at, words) in text.match_indices("api error") {
        if !is_quoted(text, at)
            && !is_somebodys(&without_answer(&text[at..]))
            && let Some(cause) = api_error(&text[at + words.len()..])
        {
            return Some(cause);
        }
    }
    PLAIN.iter().find_map(|(words, goes_on, cause)| {
        let at = text.find(words)?;
        let behind = &text[at + words.len()..];
        let ends = (*goes_on || ends_there(behind)) && !is_somebodys(&without_answer(behind));
        (ends && !is_quoted(text, at) && !is_inside_quotes(text, at)).then_some(*cause)
    })
}

/// What T3 says of a session: believed wherever it stands, because no agent writes it.
fn system_error(text: &str) -> Option<StopCause> {
    // Such a sentence may be all that is said.
    let is_all = |text| limit_sentence(undecorated(text), true);
    let told = limit_sentence(text, false)
        .or_else(|| is_all(text).filter(|_| !names_other_service(text)))
        .or_else(|| by_error_type(text))
        .or_else(|| lasting(text))
        .or_else(|| used_up(text));
    if told.is_some() {
        return told;
    }
    for (at, words) in text.match_indices("api error") {
        if let Some(cause) = api_error(&text[at + words.len()..]) {
            return Some(cause);
        }
    }
    for marker in [
        "status ",
        "status code ",
        "status: ",
        "http ",
        "unexpected status ",
    ] {
        for (at, words) in text.match_indices(marker) {
            let rest = &text[at + words.len()..];
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            if digits.len() == 3
                && let Some(status) = digits.parse().ok().filter(|status| *status >= 400)
            {
                return Some(cause_by_status(Some(status), &rest[3..]));
            }
        }
    }
    let mut found = HEADLINES.iter().filter(|(words, ..)| text.contains(words));
    found
        .next()
        .map(|(.., cause)| *cause)
        .or_else(|| passing(text))
}

#[cfg(test)]
mod program_tests;
#[cfg(test)]
mod service_tests;

#[cfg(test)]
mod tests;
