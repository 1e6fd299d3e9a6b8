//! Options of commands that carry a user and a password, or a password: `curl -u bob:x`, `docker login -p x`, `mysql -px`.
//!
//! The same options mean something else elsewhere (`docker run -u 1000:1000`, `cargo test -p x`, `rsync -a a:b`), so the program
//! decides. Tools with options of their own are read where they are ([`super::tools`]).

use std::ops::Range;

use super::around;
use super::value::{has_both, is_odd, is_stand_in};

/// What a program takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Program {
    /// `-u bob:x`, and `-U` for a proxy.
    Requests,
    /// `-u bob:x`, and several options in one word: `-su bob:x`.
    Curl,
    /// `-a bob:x`.
    Httpie,
    /// `-p x`, behind `login` alone.
    Registry {
        /// Whether that word was read.
        logs_in: bool,
    },
    /// `-p x` and `-px`.
    Password,
    /// `-px`.
    Archive,
    /// `-a x`.
    Cache,
    /// `-P x`.
    Queue,
}

/// Programs, and what they take.
const PROGRAMS: [(&[&str], Program); 8] = [
    (&["curl"], Program::Curl),
    (
        &[
            "wget",
            "pulp",
            "mc",
            "ldapsearch",
            "etcdctl",
            "grpcurl",
            "lftp",
        ],
        Program::Requests,
    ),
    (
        &["http", "https", "xh", "xhs", "httpie", "hey", "oha"],
        Program::Httpie,
    ),
    (
        &[
            "docker", "podman", "nerdctl", "helm", "skopeo", "buildah", "crane", "oras", "regctl",
            "cargo", "az", "oc",
        ],
        Program::Registry { logs_in: false },
    ),
    (
        &[
            "sshpass",
            "mysql",
            "mysqldump",
            "mysqladmin",
            "mariadb",
            "mariadb-dump",
            "mariadb-admin",
            "twine",
            "nuget",
        ],
        Program::Password,
    ),
    (&["7z", "7za", "7zz"], Program::Archive),
    (&["redis-cli"], Program::Cache),
    (
        &["sqlcmd", "mosquitto_pub", "mosquitto_sub"],
        Program::Queue,
    ),
];

fn program(name: &str) -> Option<Program> {
    let (_, program) = PROGRAMS.iter().find(|(names, _)| names.contains(&name))?;
    Some(*program)
}

/// Finds credentials behind such options.
pub(super) fn find(text: &str, secrets: &mut Vec<Range<usize>>) {
    let mut line_start = 0;
    let mut command = None;
    for line in text.split_inclusive('\n') {
        line_of_command(&around::as_command(line), &mut command, &mut |secret| {
            secrets.push(line_start + secret.start..line_start + secret.end);
        });
        // A command goes on behind a backslash.
        if !line.trim_end().ends_with('\\') {
            command = None;
        }
        line_start += line.len();
    }
}

fn line_of_command(line: &str, command: &mut Option<Program>, push: &mut impl FnMut(Range<usize>)) {
    let mut words: Vec<Range<usize>> = Vec::new();
    let mut at = 0;
    for word in line.split([' ', '\t', '\n']) {
        if !word.is_empty() {
            words.push(at..at + word.len());
        }
        at += word.len() + 1;
    }
    for (index, range) in words.iter().enumerate() {
        let raw = &line[range.clone()];
        let place = bare(line, range);
        let word = &line[place.clone()];
        if raw.starts_with('`') || matches!(raw, "|" | "||" | "&&" | ";" | "&") {
            *command = None;
        }
        if let Some(next) = program(word.rsplit('/').next().unwrap_or_default()) {
            *command = Some(next);
        } else if matches!(word, "login" | "auth")
            && let Some(Program::Registry { logs_in }) = command
        {
            *logs_in = true;
        }
        let next = words.get(index + 1).map(|next| bare(line, next));
        let credential = match secret_of(word, *command, raw.starts_with('`')) {
            Some(Place::Next(form)) => next.map(|next| (next, form)),
            Some(Place::Behind(length, form)) => Some((place.start + length..place.end, form)),
            None => None,
        };
        if let Some((value, form)) = credential
            && is_credential(&line[value.clone()], form)
        {
            push(value);
        }
        if raw.ends_with([';', '`']) {
            *command = None;
        }
    }
}

/// Where the value of an option stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// In the next word.
    Next(Form),
    /// Behind so many bytes of the word itself.
    Behind(usize, Form),
}

/// What a value looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// A user, a colon and a password.
    Pair,
    /// The same of a program that nobody knows: the password has letters and digits.
    OddPair,
    /// A password.
    Word,
    /// A password where a port or a path may stand.
    NoPort,
    /// A password that is directly behind its option, as other options are.
    OddWord,
}

fn secret_of(word: &str, command: Option<Program>, begins: bool) -> Option<Place> {
    let pair = match command {
        Some(Program::Requests | Program::Curl | Program::Httpie) => Form::Pair,
        Some(
            Program::Registry { .. }
            | Program::Password
            | Program::Archive
            | Program::Cache
            | Program::Queue,
        )
        | None => Form::OddPair,
    };
    // A container runs as a user and a group.
    let is_container = matches!(command, Some(Program::Registry { .. }));
    if matches!(word, "--user" | "--proxy-user" | "--auth") {
        return (!is_container).then_some(Place::Next(pair));
    }
    if let Some(option) = ["--user=", "--proxy-user=", "--auth="]
        .iter()
        .find(|option| word.starts_with(*option))
    {
        return (!is_container).then_some(Place::Behind(option.len(), pair));
    }
    match command {
        Some(Program::Requests | Program::Curl) if matches!(word, "-u" | "-U") => {
            Some(Place::Next(Form::Pair))
        }
        Some(Program::Requests) => (word.starts_with("-u")).then_some(Place::Behind(2, Form::Pair)),
        Some(Program::Curl) => {
            /// Options of one letter without a value.
            const FLAGS: &str = "#0123456aBfgGiIjJklLnNOpqRsSvZ";
            let letters = word.strip_prefix('-')?;
            let length = letters.find(|c| !FLAGS.contains(c))?;
            let rest = letters[length..].strip_prefix('u')?;
            Some(if rest.is_empty() {
                Place::Next(Form::Pair)
            } else {
                Place::Behind(length + 2, Form::Pair)
            })
        }
        Some(Program::Httpie) => matches!(word, "-a" | "-u").then_some(Place::Next(Form::Pair)),
        Some(Program::Registry { logs_in: true } | Program::Password) => {
            if word == "-p" {
                return Some(Place::Next(Form::NoPort));
            }
            word.starts_with("-p")
                .then_some(Place::Behind(2, Form::OddWord))
        }
        Some(Program::Archive) => word
            .starts_with("-p")
            .then_some(Place::Behind(2, Form::OddWord)),
        Some(Program::Cache) => matches!(word, "-a" | "--pass").then_some(Place::Next(Form::Word)),
        Some(Program::Queue) => (word == "-P").then_some(Place::Next(Form::Word)),
        Some(Program::Registry { logs_in: false }) => None,
        // "with `-u bob:x`".
        None => (begins && word == "-u").then_some(Place::Next(Form::OddPair)),
    }
}

fn is_credential(value: &str, form: Form) -> bool {
    let (user, password) = value.split_once(':').unwrap_or(("", value));
    let is_pair = !user.is_empty() || value.starts_with(':');
    let has_form = match form {
        Form::Pair => is_pair && !value.contains("://"),
        Form::OddPair => is_pair && !value.contains("://") && has_both(password),
        Form::Word => true,
        Form::NoPort => !value.contains([':', '/']),
        Form::OddWord => value.len() > 2 && is_odd(value) && !value.contains(':'),
    };
    has_form
        && !password.is_empty()
        && !value.starts_with('-')
        && !is_stand_in(value, "")
        && !is_stand_in(password, "")
}

/// A word without what stands around it.
fn bare(line: &str, range: &Range<usize>) -> Range<usize> {
    around::bare(line, range.clone(), &['"', '\'', '`', '(', ')', ',', ';'])
}
