//! Which provider's error a text is, if it is one.
//!
//! A message of the agent is believed only in the forms that agents' programs write, and only where nothing in it says that
//! work was done: an agent that repaired a rate limiter writes about rate limits. An error that T3 itself reports is believed
//! wherever the words stand.

pub use self::api_error::cause_by_status;
use self::api_error::{api_error, by_error_type};
use self::form::{
    ends_there, is_code, is_inside_quotes, is_quoted, names_other_service, normalised,
    reports_work, undecorated, without_answer, without_quotes,
};
use self::headlines::{HEADLINES, PLAIN};
use self::limit::limit_sentence;
use super::stop::StopCause;

mod api_error;
mod form;
mod headlines;
mod limit;

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
    match place {
        Place::Message => {
            let own = without_quotes(text);
            message(&normalised(&own)).or_else(|| last_line(&own))
        }
        Place::SystemError => system_error(&normalised(text)),
    }
}

/// A limit with its reset as the last line of a message, alone: agents' programs write it behind whatever the agent said.
fn last_line(text: &str) -> Option<StopCause> {
    let text = text.trim_end();
    if text.chars().count() > EMBEDDED_MAX_CHARS {
        return None;
    }
    let (before, line) = text.rsplit_once('\n')?;
    let line = normalised(line);
    let is_alone = before.ends_with('\n') || before.ends_with("\n\r");
    let tells_reset = line.contains("· resets ") || line.contains('|');
    if !is_alone || !tells_reset || is_code(&line) || names_other_service(&line) {
        return None;
    }
    let head = undecorated(&line);
    let is_bare = head.len() == line.len() || !is_quoted(&line, line.len() - head.len());
    is_bare.then(|| limit_sentence(head, true)).flatten()
}

fn message(text: &str) -> Option<StopCause> {
    let length = text.chars().count();
    if length == 0 || length > MESSAGE_MAX_CHARS {
        return None;
    }
    let head = undecorated(text);
    let mark = &text[..text.len() - head.len()];
    // What begins in quotation marks quotes somebody.
    let head = if is_quoted(text, mark.len()) || is_code(mark) {
        ""
    } else {
        head
    };
    // The provider's own answer behind an error is no prose, whatever words it has.
    let prose = without_answer(text);
    if reports_work(&prose) {
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
    if let Some(cause) = limit_sentence(head, true).filter(|_| !foreign) {
        return Some(cause);
    }
    for (words, goes_on, cause) in HEADLINES {
        let Some(rest) = head.strip_prefix(words) else {
            continue;
        };
        let of_provider = match cause {
            StopCause::Limit | StopCause::Overloaded => !foreign,
            StopCause::Rejected
            | StopCause::TooLong
            | StopCause::Credentials
            | StopCause::Model
            | StopCause::Credit
            | StopCause::Restart => true,
        };
        if of_provider && (*goes_on || ends_there(rest)) {
            return Some(*cause);
        }
    }
    if length > EMBEDDED_MAX_CHARS || foreign {
        return None;
    }
    embedded(text)
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

/// An error inside a short message, with other words around it.
fn embedded(text: &str) -> Option<StopCause> {
    if let Some(cause) = limit_sentence(text, false) {
        return Some(cause);
    }
    for (at, words) in text.match_indices("api error") {
        if !is_quoted(text, at)
            && let Some(cause) = api_error(&text[at + words.len()..])
        {
            return Some(cause);
        }
    }
    PLAIN.iter().find_map(|(words, goes_on, cause)| {
        let at = text.find(words)?;
        let ends = *goes_on || ends_there(&text[at + words.len()..]);
        (ends && !is_quoted(text, at) && !is_inside_quotes(text, at)).then_some(*cause)
    })
}

/// What T3 says of a session: believed wherever it stands, because no agent writes it.
fn system_error(text: &str) -> Option<StopCause> {
    if let Some(cause) = limit_sentence(text, false).or_else(|| by_error_type(text)) {
        return Some(cause);
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
    found.next().map(|(.., cause)| *cause)
}

#[cfg(test)]
mod tests;
