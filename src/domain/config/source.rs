//! Where values come from, and which of several wins.
//!
//! Collecting is done elsewhere: this takes what was found. Values are chosen here and not judged.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use super::key::{Key, PREFIX, RawConfig};
use super::problem::{Problem, Warning, one_line};
use super::value::LogFormat;

/// Names and values from one place: the environment, or a directory with one file per key.
///
/// A value is `Err` when it is there and can not be used as text; the error says why, without the value.
/// Names without our prefix are ignored, so a whole environment can be passed.
#[derive(Clone)]
pub struct Source {
    name: String,
    directory: Option<PathBuf>,
    values: BTreeMap<String, Result<String, String>>,
}

impl Source {
    /// Makes a source from the process environment, or whatever else has `name` in messages.
    #[must_use]
    pub fn new(name: impl Into<String>, values: BTreeMap<String, Result<String, String>>) -> Self {
        Self {
            name: name.into(),
            directory: None,
            values,
        }
    }

    /// Keeps nothing but the values of these keys.
    #[must_use]
    pub fn only(mut self, keys: &[Key]) -> Self {
        self.values
            .retain(|name, _| keys.iter().any(|key| key.name() == name));
        self
    }

    /// Makes a source from the files directly in `directory`: file names are keys, contents are values.
    ///
    /// A secret that is found here is read anew from its file for each use.
    #[must_use]
    pub fn directory(
        directory: impl Into<PathBuf>,
        values: BTreeMap<String, Result<String, String>>,
    ) -> Self {
        let directory = directory.into();
        Self {
            name: format!("directory {}", one_line(&directory.to_string_lossy())),
            directory: Some(directory),
            values,
        }
    }

    /// Returns the name that messages use.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the directory, if the source is one.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.directory.as_deref()
    }

    /// Returns the trimmed value of `name`; an empty one counts as not there, except for lists where empty is a wish of its own: who
    /// empties the allowlist wants everything to stop, whatever another source says, and no label needs to hold an issue back.
    fn value(&self, name: &str) -> Option<Result<&str, &str>> {
        match self.values.get(name)? {
            Ok(text) => Some(text.trim())
                .filter(|text| !text.is_empty() || means_something_when_empty(name))
                .map(Ok),
            Err(why) => Some(Err(why)),
        }
    }
}

/// Returns the form of log lines that sources ask for, for what is said before all settings are known. The first that names one
/// wins; one that can not be read counts as [`LogFormat::Auto`].
#[must_use]
pub fn early_log_format(sources: &[Source]) -> LogFormat {
    sources
        .iter()
        .find_map(|source| source.value(Key::LogFormat.name()))
        .and_then(|value| LogFormat::parse(value.ok()?).ok())
        .unwrap_or(LogFormat::Auto)
}

fn means_something_when_empty(name: &str) -> bool {
    [Key::Allowlist, Key::HoldLabels]
        .iter()
        .any(|key| key.name() == name)
}

/// Shows names only: values may be secrets.
impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ours = |name: &&String| name.starts_with(PREFIX);
        f.debug_struct("Source")
            .field("name", &self.name)
            .field("keys", &self.values.keys().filter(ours).collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

/// What all sources together say.
pub(super) struct Merged<'a> {
    /// The value that won, per key.
    pub(super) raw: RawConfig,
    /// The source that won, per key; also where the value can not be used.
    pub(super) origins: BTreeMap<Key, &'a Source>,
    /// Every readable value of the switches that any source can turn on, with the name of its source.
    pub(super) switches: BTreeMap<Key, Vec<(&'a str, &'a str)>>,
    /// Values that are unreadable or contradict each other.
    pub(super) problems: Vec<Problem>,
    /// Names that mean nothing.
    pub(super) warnings: Vec<Warning>,
}

/// Merges the sources, the first one first in precedence.
pub(super) fn merge(sources: &[Source]) -> Merged<'_> {
    let mut chosen: BTreeMap<&'static str, &str> = BTreeMap::new();
    let mut origins = BTreeMap::new();
    let mut switches: BTreeMap<Key, Vec<(&str, &str)>> = BTreeMap::new();
    let mut problems = Vec::new();
    let mut warnings = Vec::new();

    for source in sources {
        warnings.extend(unknown_keys(source));
        for key in Key::ALL.iter().copied() {
            let own = source.value(key.name());
            let file = key.file_name().and_then(|name| source.value(name));
            if own.is_none() && file.is_none() {
                continue;
            }
            if key == Key::ConfigDir && source.directory.is_some() {
                warnings.push(Warning::NoEffect {
                    key,
                    source: source.name.clone(),
                    why: "it is read from the environment only",
                });
                continue;
            }
            if let (Some(_), Some(_), Some(file_name)) = (own, file, key.file_name()) {
                problems.push(Problem::new(
                    key,
                    format!("expected it or {file_name}, found both ({})", source.name),
                ));
            }
            let is_switch = matches!(key, Key::KillSwitch | Key::Halt);
            if origins.contains_key(&key) && !is_switch {
                continue;
            }
            origins.entry(key).or_insert(source);
            for (value, is_file) in [(own, false), (file, true)] {
                let name = if is_file {
                    key.file_name()
                } else {
                    Some(key.name())
                };
                match (value, name) {
                    (Some(Ok(text)), _) if is_switch => {
                        switches.entry(key).or_default().push((source.name(), text));
                    }
                    (Some(Ok(text)), Some(name)) => {
                        chosen.insert(name, text);
                    }
                    (Some(Err(why)), _) => {
                        let text = unreadable(key, why, source);
                        problems.push(if is_file {
                            Problem::of_file(key, text)
                        } else {
                            Problem::new(key, text)
                        });
                    }
                    (None, _) | (Some(Ok(_)), None) => {}
                }
            }
        }
    }

    let pairs = chosen
        .into_iter()
        .map(|(name, text)| (name.to_owned(), text.to_owned()));
    let raw = envy::prefixed(PREFIX)
        .from_iter(pairs)
        .expect("every field is an optional string");
    Merged {
        raw,
        origins,
        switches,
        problems,
        warnings,
    }
}

fn unreadable(key: Key, why: &str, source: &Source) -> String {
    // Library errors about text that is not UTF-8 tend to quote it.
    if key.is_secret() {
        format!("can not be read ({})", source.name)
    } else {
        format!("can not be read, {} ({})", one_line(why), source.name)
    }
}

fn unknown_keys(source: &Source) -> impl Iterator<Item = Warning> {
    let known: BTreeSet<_> = Key::names().collect();
    source
        .values
        .keys()
        .filter(move |name| {
            let ours = name
                .get(..PREFIX.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(PREFIX));
            ours && !known.contains(name.as_str())
        })
        .map(|name| Warning::UnknownKey {
            name: one_line(name),
            source: source.name.clone(),
            nearest: Key::nearest(name),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(pairs: &[(&str, &str)]) -> BTreeMap<String, Result<String, String>> {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), Ok((*value).to_owned())))
            .collect()
    }

    #[test]
    fn the_form_of_early_log_lines_needs_no_sound_settings() {
        for (first, second, wanted) in [
            (&[][..], &[][..], LogFormat::Auto),
            (&[("AFK_LOG_FORMAT", " JSON\n")], &[], LogFormat::Json),
            (
                &[("AFK_KILL_SWITCH", "perhaps")],
                &[("AFK_LOG_FORMAT", "pretty")],
                LogFormat::Pretty,
            ),
            (
                &[("AFK_LOG_FORMAT", "pretty")],
                &[("AFK_LOG_FORMAT", "json")],
                LogFormat::Pretty,
            ),
            (
                &[("AFK_LOG_FORMAT", "")],
                &[("AFK_LOG_FORMAT", "json")],
                LogFormat::Json,
            ),
            (
                &[("AFK_LOG_FORMAT", "xml")],
                &[("AFK_LOG_FORMAT", "json")],
                LogFormat::Auto,
            ),
        ] {
            let sources = [first, second].map(|pairs| Source::new("anything", values(pairs)));
            assert_eq!(early_log_format(&sources), wanted, "{first:?} {second:?}");
        }
    }

    #[test]
    fn a_shown_source_names_its_keys_and_no_value() {
        let source = Source::new(
            "environment",
            values(&[("AFK_GITHUB_TOKEN", "hunter2"), ("PATH", "/bin")]),
        );
        assert_eq!(
            format!("{source:?}"),
            r#"Source { name: "environment", keys: ["AFK_GITHUB_TOKEN"], .. }"#
        );
    }

    #[test]
    fn the_first_source_wins_and_empty_values_are_not_there() {
        let sources = [
            Source::new(
                "environment",
                values(&[("AFK_LOG", " debug\n"), ("AFK_T3_URL", "  "), ("HOME", "/")]),
            ),
            Source::directory(
                "/etc/afk",
                values(&[("AFK_LOG", "warn"), ("AFK_T3_URL", "http://t3\n")]),
            ),
        ];
        let merged = merge(&sources);
        assert_eq!(merged.raw.value(Key::Log), Some("debug"));
        assert_eq!(merged.raw.value(Key::T3Url), Some("http://t3"));
        assert_eq!(merged.origins[&Key::T3Url].name(), "directory /etc/afk");
        assert_eq!((merged.problems, merged.warnings), (vec![], vec![]));
    }

    #[test]
    fn a_secret_and_its_file_are_one_key() {
        let sources = [
            Source::new(
                "environment",
                values(&[("AFK_T3_TOKEN_FILE", "/run/token")]),
            ),
            Source::directory("/etc/afk", values(&[("AFK_T3_TOKEN", "old")])),
        ];
        let merged = merge(&sources);
        assert_eq!(merged.raw.value(Key::T3Token), None);
        assert_eq!(merged.raw.file(Key::T3Token), Some("/run/token"));
        assert_eq!(merged.problems, []);
    }

    #[test]
    fn a_secret_and_its_file_in_one_source_contradict() {
        let sources = [Source::new(
            "environment",
            values(&[
                ("AFK_NTFY_TOKEN", "hunter2"),
                ("AFK_NTFY_TOKEN_FILE", "/run/token"),
            ]),
        )];
        let [problem] = &merge(&sources).problems[..] else {
            panic!("one problem");
        };
        assert_eq!(
            problem.to_string(),
            "AFK_NTFY_TOKEN: expected it or AFK_NTFY_TOKEN_FILE, found both (environment)"
        );
    }

    #[test]
    fn unreadable_values_say_why_unless_secret_and_do_not_matter_when_overruled() {
        let mut bad = values(&[]);
        for name in [
            "AFK_LOG",
            "AFK_REPOS",
            "AFK_GITHUB_TOKEN",
            "AFK_NTFY_TOKEN_FILE",
            "PATH",
        ] {
            bad.insert(name.to_owned(), Err("not UTF-8: \"hunter2\"".to_owned()));
        }
        let sources = [
            Source::new("environment", values(&[("AFK_LOG", "info")])),
            Source::directory("/etc/afk", bad),
        ];
        let texts: Vec<_> = merge(&sources)
            .problems
            .iter()
            .map(Problem::to_string)
            .collect();
        assert_eq!(
            texts,
            [
                "AFK_GITHUB_TOKEN: can not be read (directory /etc/afk)",
                "AFK_NTFY_TOKEN_FILE: can not be read (directory /etc/afk)",
                "AFK_REPOS: can not be read, not UTF-8: \"hunter2\" (directory /etc/afk)",
            ]
        );
    }

    #[test]
    fn unknown_names_are_reported_with_the_nearest_key() {
        let sources = [Source::new(
            "environment",
            values(&[
                ("AFK_KILLSWITCH", "off"),
                ("AFK_PORT", "tcp://10.0.0.1"),
                ("afk_log", "x"),
                ("XAFK_LOG", "x"),
                ("AF", "x"),
                ("Äfk", "x"),
            ]),
        )];
        let texts: Vec<_> = merge(&sources)
            .warnings
            .iter()
            .map(Warning::to_string)
            .collect();
        assert_eq!(
            texts,
            [
                "AFK_KILLSWITCH (environment): unknown key, did you mean AFK_KILL_SWITCH?",
                "AFK_PORT (environment): unknown key",
                "afk_log (environment): unknown key, did you mean AFK_LOG?",
            ]
        );
    }

    #[test]
    fn the_directory_of_the_directory_has_no_effect() {
        let sources = [Source::directory(
            "/etc/afk",
            values(&[("AFK_CONFIG_DIR", "/elsewhere")]),
        )];
        let merged = merge(&sources);
        assert_eq!(merged.raw.value(Key::ConfigDir), None);
        assert_eq!(
            merged.warnings[0].to_string(),
            "AFK_CONFIG_DIR (directory /etc/afk): has no effect, it is read from the environment only"
        );
    }

    #[test]
    fn printing_a_source_shows_no_values() {
        let source = Source::new(
            "environment",
            values(&[("AFK_T3_TOKEN", "hunter2"), ("SECRET_hunter2", "x")]),
        );
        assert!(!format!("{source:?}").contains("hunter2"));
    }
}
