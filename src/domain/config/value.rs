//! Parsers of single values.
//!
//! Each takes a trimmed text and returns a value, or what was expected instead. None of them repeats the text:
//! whether it may be shown is for the caller to know.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use chrono::TimeDelta;

use crate::domain::repository::ForgeKind;

/// What was expected of a text, as a phrase that begins with "expected".
pub(super) type Expected = String;

/// An amount of US dollars, above 0 and up to 10,000, to the cent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Usd {
    cents: u32,
}

impl Usd {
    /// What one run may cost unless configured otherwise: 100 dollars.
    pub const DEFAULT: Self = Self { cents: 10_000 };

    /// Returns the amount in cents.
    #[must_use]
    pub const fn cents(self) -> u32 {
        self.cents
    }

    /// Returns the amount in dollars.
    #[must_use]
    pub fn dollars(self) -> f64 {
        f64::from(self.cents) / 100.0
    }

    pub(super) fn parse(text: &str) -> Result<Self, Expected> {
        const MAX_DOLLARS: u64 = 10_000;
        let expected =
            || "expected US dollars above 0 and up to 10000, with at most two decimals".to_owned();
        let (dollars, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let cents = match decimals.len() {
            1 => whole(decimals).map(|tenths| tenths * 10),
            2 => whole(decimals),
            _ => None,
        };
        whole(dollars)
            .filter(|dollars| *dollars <= MAX_DOLLARS)
            .zip(cents)
            .map(|(dollars, cents)| dollars * 100 + cents)
            .filter(|cents| (1..=MAX_DOLLARS * 100).contains(cents))
            .and_then(|cents| u32::try_from(cents).ok())
            .map(|cents| Self { cents })
            .ok_or_else(expected)
    }
}

/// Writes dollars, and cents when there are any: `100`, `2.50`.
impl fmt::Display for Usd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (dollars, cents) = (self.cents / 100, self.cents % 100);
        if cents == 0 {
            write!(f, "{dollars}")
        } else {
            write!(f, "{dollars}.{cents:02}")
        }
    }
}

/// An absolute directory on the server that runs agents; nothing is known about it here.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WorkspacePath(String);

impl WorkspacePath {
    /// Returns the path, without a slash at the end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the path of something below: `below` has no slash at its start.
    #[must_use]
    pub fn join(&self, below: &str) -> String {
        format!("{}/{below}", self.0.trim_end_matches('/'))
    }

    pub(super) fn parse(text: &str) -> Result<Self, Expected> {
        const MAX_BYTES: usize = 4096;
        let sane = text.starts_with('/')
            && text.len() <= MAX_BYTES
            && !text.contains(char::is_control)
            && !text.split('/').any(|part| part == "." || part == "..");
        if !sane {
            return Err("expected an absolute path without . and .. in it".to_owned());
        }
        let path = text.trim_end_matches('/');
        Ok(Self(if path.is_empty() { "/" } else { path }.to_owned()))
    }
}

impl fmt::Display for WorkspacePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The least severe log lines that are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// Nothing at all.
    Off,
    /// What failed.
    Error,
    /// What a person should look at.
    Warn,
    /// Acts, and the one line that says why nothing was done.
    Info,
    /// Decisions and requests.
    Debug,
    /// Everything.
    Trace,
}

/// The form of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Pretty on a terminal, JSON otherwise.
    Auto,
    /// For people.
    Pretty,
    /// One JSON document per line.
    Json,
}

impl LogLevel {
    pub(super) fn parse(text: &str) -> Result<Self, Expected> {
        match text.to_ascii_lowercase().as_str() {
            "off" => Ok(Self::Off),
            "error" => Ok(Self::Error),
            "warn" => Ok(Self::Warn),
            "info" => Ok(Self::Info),
            "debug" => Ok(Self::Debug),
            "trace" => Ok(Self::Trace),
            _ => Err("expected off, error, warn, info, debug or trace".to_owned()),
        }
    }
}

impl LogFormat {
    pub(super) fn parse(text: &str) -> Result<Self, Expected> {
        match text.to_ascii_lowercase().as_str() {
            "auto" => Ok(Self::Auto),
            "pretty" => Ok(Self::Pretty),
            "json" => Ok(Self::Json),
            _ => Err("expected auto, pretty or json".to_owned()),
        }
    }
}

pub(super) fn boolean(text: &str) -> Result<bool, Expected> {
    match text.to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => Ok(true),
        "0" | "false" | "no" | "off" => Ok(false),
        _ => Err("expected 1, true, yes or on, or 0, false, no or off".to_owned()),
    }
}

pub(super) fn number(text: &str, min: u32, max: u32) -> Result<u32, Expected> {
    whole(text)
        .and_then(|number| u32::try_from(number).ok())
        .filter(|number| (min..=max).contains(number))
        .ok_or_else(|| format!("expected a whole number from {min} to {max}"))
}

/// 30 days: longer limits are slips, not wishes.
const MAX_SECONDS: u32 = 30 * 24 * 60 * 60;

pub(super) fn duration(text: &str) -> Result<Duration, Expected> {
    let seconds = whole(text)
        .and_then(|number| u32::try_from(number).ok())
        .filter(|number| (1..=MAX_SECONDS).contains(number))
        .ok_or_else(|| {
            format!("expected a whole number of seconds from 1 to {MAX_SECONDS} (30 days)")
        })?;
    Ok(Duration::from_secs(u64::from(seconds)))
}

pub(super) fn time_delta(text: &str) -> Result<TimeDelta, Expected> {
    let duration = duration(text)?;
    TimeDelta::from_std(duration).map_err(|_| "expected fewer seconds".to_owned())
}

/// A time that may be none at all.
pub(super) fn seconds_up_to(text: &str, max: u32) -> Result<TimeDelta, Expected> {
    whole(text)
        .and_then(|number| u32::try_from(number).ok())
        .filter(|number| *number <= max)
        .map(|seconds| TimeDelta::seconds(i64::from(seconds)))
        .ok_or_else(|| format!("expected a whole number of seconds from 0 to {max}"))
}

pub(super) fn tokens(text: &str) -> Result<u64, Expected> {
    /// More than any provider counts for one run.
    const MAX: u64 = 1_000_000_000_000;
    whole(text)
        .filter(|number| (1..=MAX).contains(number))
        .ok_or_else(|| format!("expected a whole number of tokens from 1 to {MAX}"))
}

/// Plain decimal digits only: no sign, no exponent, no separators.
fn whole(text: &str) -> Option<u64> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())
        .flatten()
}

pub(super) fn label(text: &str) -> Result<String, Expected> {
    // GitHub refuses longer names, and reads a comma as the end of one in queries.
    const MAX_CHARS: usize = 50;
    let sane = !text.is_empty()
        && text.chars().count() <= MAX_CHARS
        && !text.contains(|c: char| c == ',' || c.is_control());
    sane.then(|| text.to_owned()).ok_or_else(|| {
        format!(
            "expected a label of 1 to {MAX_CHARS} characters without commas and control characters"
        )
    })
}

/// A name that goes to T3 as it is.
pub(super) fn word(text: &str) -> Result<String, Expected> {
    const MAX_CHARS: usize = 200;
    let sane = !text.is_empty()
        && text.len() <= MAX_CHARS
        && text.bytes().all(|byte| byte.is_ascii_graphic());
    sane.then(|| text.to_owned())
        .ok_or_else(|| format!("expected one word of 1 to {MAX_CHARS} printable ASCII characters"))
}

pub(super) fn topic(text: &str) -> Result<String, Expected> {
    // What ntfy itself accepts.
    let sane = (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    sane.then(|| text.to_owned())
        .ok_or_else(|| "expected 1 to 64 characters of A-Z, a-z, 0-9, - and _".to_owned())
}

pub(super) fn absolute_path(text: &str) -> Result<PathBuf, Expected> {
    let sane = text.starts_with('/') && !text.contains(char::is_control);
    sane.then(|| PathBuf::from(text))
        .ok_or_else(|| "expected an absolute path".to_owned())
}

pub(super) fn path(text: &str) -> Result<PathBuf, Expected> {
    let sane = !text.is_empty() && !text.contains(char::is_control);
    sane.then(|| PathBuf::from(text))
        .ok_or_else(|| "expected a path".to_owned())
}

/// Splits at commas; white space around entries and empty entries are dropped.
pub(super) fn entries(text: &str) -> impl Iterator<Item = &str> {
    text.split(',')
        .map(str::trim)
        .filter(|entry| !entry.is_empty())
}

/// The slug of an App, in lower case and without the `[bot]` that its login ends with.
pub(super) fn app_slug(text: &str) -> Result<String, Expected> {
    let folded = text.to_ascii_lowercase();
    let slug = folded.strip_suffix("[bot]").unwrap_or(&folded);
    let sane = (1..=100).contains(&slug.len())
        && slug
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    sane.then(|| slug.to_owned())
        .ok_or_else(|| "expected the slug of an App: a-z, 0-9 and -".to_owned())
}

/// What GitHub calls an App by: its id, or its client id such as `Iv1.8a61f9b3a7aba766`.
pub(super) fn app_id(text: &str) -> Result<String, Expected> {
    let sane = (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'.');
    sane.then(|| text.to_owned())
        .ok_or_else(|| "expected the id or client id of an App: letters, digits and .".to_owned())
}

/// A login, in lower case and without the `[bot]` that an App's ends with.
pub(super) fn login(text: &str) -> Result<String, Expected> {
    let folded = text.to_ascii_lowercase();
    let login = folded.strip_suffix("[bot]").unwrap_or(&folded);
    let sane = (1..=100).contains(&login.len())
        && login
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    sane.then(|| login.to_owned())
        .ok_or_else(|| "expected a login: a-z, 0-9, -, _ and .".to_owned())
}

/// A person of a forge: `github:login`, `forgejo:login`, or a bare login of the default forge.
pub(super) fn person(
    text: &str,
    default_forge: ForgeKind,
) -> Result<(ForgeKind, String), Expected> {
    let (forge, name) = match text.split_once(':') {
        None => (default_forge, text),
        Some((forge, name)) => (
            forge
                .parse()
                .map_err(|_| "expected github: or forgejo: before the login".to_owned())?,
            name,
        ),
    };
    Ok((forge, login(name)?))
}

/// A name in Kubernetes (RFC 1123): one label, or labels joined by dots.
pub(super) fn kubernetes_name(text: &str, dots: bool) -> Result<String, Expected> {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
    };
    let sane = if dots {
        text.len() <= 253 && text.split('.').all(is_label)
    } else {
        is_label(text)
    };
    sane.then(|| text.to_owned())
        .ok_or_else(|| "expected a Kubernetes name: a-z, 0-9 and -".to_owned())
}

/// The short name of a branch, by the rules of `git check-ref-format --branch`.
pub(super) fn branch(text: &str) -> Result<String, Expected> {
    const MAX_BYTES: usize = 244;
    const FORBIDDEN: &str = " ~^:?*[\\";
    let sane = !text.is_empty()
        && text.len() <= MAX_BYTES
        && text != "@"
        && text != "HEAD"
        && !text.starts_with('-')
        && !text.ends_with('.')
        && !text.contains("..")
        && !text.contains("@{")
        && !text.contains(|c: char| c.is_control() || c.is_whitespace() || FORBIDDEN.contains(c))
        && text
            .split('/')
            .all(|part| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock"));
    sane.then(|| text.to_owned())
        .ok_or_else(|| "expected the name of a branch".to_owned())
}

/// The name of a check or the context of a commit status.
pub(super) fn check_name(text: &str) -> Result<String, Expected> {
    const MAX_CHARS: usize = 255;
    let sane = !text.is_empty()
        && text == text.trim()
        && text.chars().count() <= MAX_CHARS
        && !text.contains(char::is_control);
    sane.then(|| text.to_owned())
        .ok_or_else(|| "expected the name of a check".to_owned())
}

/// Collects, keeping the first of equals, in order.
pub(super) fn distinct<T: Ord + Clone>(values: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut seen = BTreeSet::new();
    values
        .into_iter()
        .filter(|value| seen.insert(value.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_log_are_read_in_any_case_and_others_refused() {
        for (word, level) in [
            ("off", LogLevel::Off),
            ("error", LogLevel::Error),
            ("warn", LogLevel::Warn),
            ("Info", LogLevel::Info),
            ("DEBUG", LogLevel::Debug),
            ("trace", LogLevel::Trace),
        ] {
            assert_eq!(LogLevel::parse(word), Ok(level), "{word}");
        }
        for (word, format) in [
            ("auto", LogFormat::Auto),
            ("pretty", LogFormat::Pretty),
            ("JSON", LogFormat::Json),
        ] {
            assert_eq!(LogFormat::parse(word), Ok(format), "{word}");
        }
        assert!(LogLevel::parse("warning").is_err() && LogFormat::parse("text").is_err());
    }

    #[test]
    fn a_workspace_path_is_written_as_it_is() {
        let path = WorkspacePath::parse("/data/x/").unwrap();
        assert_eq!(path.to_string(), "/data/x");
    }

    #[test]
    fn booleans_are_these_words_in_any_case_and_no_others() {
        for (word, value) in [
            ("1", true),
            ("true", true),
            ("yes", true),
            ("on", true),
            ("0", false),
            ("false", false),
            ("no", false),
            ("off", false),
        ] {
            let capital = word[..1].to_uppercase() + &word[1..];
            for spelling in [word.to_owned(), word.to_uppercase(), capital] {
                assert_eq!(boolean(&spelling), Ok(value), "{spelling}");
            }
        }
        for word in [
            "", "2", "-1", "00", "01", "t", "f", "y", "n", "tru", "true!", "enabled", "disable",
            "none", "оff",
        ] {
            assert!(boolean(word).is_err(), "{word}");
        }
    }

    #[test]
    fn numbers_are_plain_digits_within_their_range() {
        assert_eq!(number("0", 0, 20), Ok(0));
        assert_eq!(number("20", 0, 20), Ok(20));
        assert_eq!(number("007", 0, 20), Ok(7));
        for text in [
            "",
            "21",
            "-1",
            "+1",
            "1.0",
            "1e1",
            "1_0",
            "0x1",
            "٣",
            "99999999999999999999",
        ] {
            assert_eq!(
                number(text, 0, 20),
                Err("expected a whole number from 0 to 20".to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn durations_are_1_second_to_30_days() {
        assert_eq!(duration("1"), Ok(Duration::from_secs(1)));
        assert_eq!(duration("2592000"), Ok(Duration::from_secs(2_592_000)));
        assert_eq!(time_delta("2592000"), Ok(TimeDelta::days(30)));
        for text in ["0", "2592001", "-5", "5s", "1.5", ""] {
            assert_eq!(
                time_delta(text),
                Err("expected a whole number of seconds from 1 to 2592000 (30 days)".to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn dollars_are_above_0_to_10000_to_the_cent() {
        for (text, cents, shown) in [
            ("0.01", 1, "0.01"),
            ("2.5", 250, "2.50"),
            ("100", 10_000, "100"),
            ("100.00", 10_000, "100"),
            ("9999.99", 999_999, "9999.99"),
            ("10000", 1_000_000, "10000"),
        ] {
            let usd = Usd::parse(text).unwrap();
            assert_eq!((usd.cents(), usd.to_string().as_str()), (cents, shown));
        }
        assert!((Usd::parse("2.5").unwrap().dollars() - 2.5).abs() < 1e-9);
        for text in [
            "0", "0.00", "10000.01", "10001", "-1", "1.", ".", "1.005", "1e2", "$5", "NaN", "inf",
            "",
        ] {
            assert!(Usd::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn workspaces_are_absolute_and_end_without_slash() {
        assert_eq!(
            WorkspacePath::parse("/data//").unwrap().join("a/b"),
            "/data/a/b"
        );
        assert_eq!(WorkspacePath::parse("/").unwrap().join("a"), "/a");
        for text in [
            "data",
            "./data",
            "~/data",
            "/data/../etc",
            "/data/.",
            "/a\nb",
            "",
        ] {
            assert!(WorkspacePath::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn labels_have_1_to_50_characters_and_no_commas() {
        assert_eq!(
            label("ready for agent 🤖"),
            Ok("ready for agent 🤖".to_owned())
        );
        assert!(label(&"ä".repeat(50)).is_ok());
        for text in [&"ä".repeat(51), "", "a,b", "a\tb", "a\u{7f}"] {
            assert!(label(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn slugs_are_folded_and_lose_their_suffix() {
        for (text, slug) in [
            ("dependabot[bot]", "dependabot"),
            ("My-App", "my-app"),
            ("My-App[BOT]", "my-app"),
        ] {
            assert_eq!(app_slug(text).as_deref(), Ok(slug));
        }
        for text in [
            "[bot]",
            "my app",
            "my_app",
            "app[bot][bot]",
            "äpp",
            &"a".repeat(101),
        ] {
            assert!(app_slug(text).is_err(), "{text}");
        }
    }

    #[test]
    fn names_that_enter_requests_hold_nothing_odd() {
        for text in ["web", "web-1", "0"] {
            assert!(kubernetes_name(text, false).is_ok(), "{text}");
        }
        for text in [
            "",
            "Web",
            "-web",
            "web-",
            "a.b",
            "a/b",
            "a b",
            &"a".repeat(64),
        ] {
            assert!(kubernetes_name(text, false).is_err(), "{text}");
        }
        assert!(kubernetes_name("web.v1", true).is_ok());
        assert!(kubernetes_name("web..v1", true).is_err());
        for text in ["main", "release/1.0", "feature_x", "ünï"] {
            assert!(branch(text).is_ok(), "{text}");
        }
        for text in [
            "", "-x", "a b", "a..b", "a~1", "a:b", "/a", "a/", "a//b", ".a", "a/.b", "a.lock",
            "a.", "@", "HEAD", "a@{1}", "a\\b", "a?b", "a*", "a[b", "a\nb", "a\u{7}b", "a\u{A0}b",
        ] {
            assert!(branch(text).is_err(), "{text:?}");
        }
        assert!(check_name("build (ubuntu, stable)").is_ok());
        for text in ["", " a", "a ", "a\nb"] {
            assert!(check_name(text).is_err(), "{text:?}");
        }
        for text in ["alerts", "A-z_0", &"a".repeat(64)] {
            assert!(topic(text).is_ok(), "{text}");
        }
        for text in ["", "a b", "a/b", "ä", &"a".repeat(65)] {
            assert!(topic(text).is_err(), "{text}");
        }
    }
}
