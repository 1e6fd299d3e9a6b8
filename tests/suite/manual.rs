//! Man pages and completions, as `cargo run --example man` writes them: nothing that a program understands is missing.

use std::collections::BTreeMap;
use std::path::Path;

use afk::app::{PollArguments, WatchArguments};
use afk::domain::config::Key;
use clap::{Command, CommandFactory as _};

#[path = "../../examples/man/pages.rs"]
mod pages;

/// All files below a directory, by their place in it.
fn files(directory: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut open = vec![directory.to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let place = path.strip_prefix(directory).unwrap();
                let text = std::fs::read_to_string(&path).unwrap();
                found.insert(place.to_str().unwrap().to_owned(), text);
            }
        }
    }
    found
}

fn written() -> BTreeMap<String, String> {
    let directory = tempfile::tempdir().unwrap();
    let below = directory.path().join("made/when/missing");
    pages::write(&below).unwrap();
    files(&below)
}

/// Long flags of a command, as they are typed.
fn flags(command: &Command) -> Vec<String> {
    let long = |argument: &clap::Arg| Some(format!("--{}", argument.get_long()?));
    command.get_arguments().filter_map(long).collect()
}

/// A page as it is read: without the marks of troff that can stand inside a word.
fn plain(page: &str) -> String {
    let mut text = page.replace("\\-", "-").replace("\\&", "");
    for font in ["\\fB", "\\fI", "\\fR"] {
        text = text.replace(font, "");
    }
    text
}

#[test]
fn every_program_and_command_has_a_page_with_all_of_its_flags() {
    let files = written();
    let mut seen = 0;
    for mut program in [PollArguments::command(), WatchArguments::command()] {
        program.build();
        let name = program.get_name().to_owned();
        let own = std::iter::once((name.clone(), program.clone()));
        let commands = program
            .get_subcommands()
            .map(|command| (format!("{name}-{}", command.get_name()), command.clone()));
        for (page, command) in own.chain(commands.collect::<Vec<_>>()) {
            let text = plain(&files[&format!("man/man1/{page}.1")]);
            assert!(text.contains(&format!(".TH {page} 1")), "{text}");
            for flag in flags(&command) {
                assert!(text.contains(&flag), "{page} does not tell of {flag}");
            }
            // The first words of the long help.
            let about = command.get_about().unwrap().to_string();
            assert!(text.contains(&about), "{page}: {about}");
            seen += 1;
        }
        let text = plain(&files[&format!("man/man1/{name}.1")]);
        for key in Key::ALL {
            assert!(text.contains(key.name()), "{name}: {key}");
        }
        assert!(text.contains("\n.SH ENVIRONMENT\n"));
    }
    // Two programs; explain, check and replay; status, digest and check.
    assert_eq!(seen, 8);
    let pages = files.keys().filter(|file| file.starts_with("man/man1/"));
    assert_eq!(pages.count(), seen, "a page of nothing: {:?}", files.keys());
}

#[test]
fn completions_of_three_shells_know_every_command_and_flag() {
    let files = written();
    for mut program in [PollArguments::command(), WatchArguments::command()] {
        program.build();
        let name = program.get_name().to_owned();
        for place in [
            format!("bash-completion/completions/{name}"),
            format!("zsh/site-functions/_{name}"),
            format!("fish/vendor_completions.d/{name}.fish"),
        ] {
            let script = &files[&place];
            for command in program.get_subcommands().chain([&program]) {
                let known = command.get_name();
                assert!(script.contains(known), "{place} does not know {known}");
                for flag in flags(command) {
                    // Fish names them without dashes.
                    let bare = format!("-l {}", flag.trim_start_matches('-'));
                    let there = script.contains(&flag) || script.contains(&bare);
                    assert!(there, "{place} does not know {flag}");
                }
            }
        }
    }
    assert_eq!(files.len(), 8 + 6, "{:?}", files.keys());
}

#[test]
fn two_writings_give_the_same_bytes_and_hold_no_place_of_this_machine() {
    let files = written();
    assert_eq!(files, written());
    for (place, text) in &files {
        for part in [env!("CARGO_MANIFEST_DIR"), env!("CARGO_TARGET_TMPDIR")] {
            assert!(!text.contains(part), "{place} names {part}");
        }
    }
}

/// What `--help` prints for each program and command, whole.
const HELP: [(&str, &[&str], &str); 8] = [
    (POLL, &[], include_str!("../fixtures/help/afk-poll.txt")),
    (
        POLL,
        &["explain"],
        include_str!("../fixtures/help/afk-poll-explain.txt"),
    ),
    (
        POLL,
        &["check"],
        include_str!("../fixtures/help/afk-poll-check.txt"),
    ),
    (WATCH, &[], include_str!("../fixtures/help/afk-watch.txt")),
    (
        WATCH,
        &["status"],
        include_str!("../fixtures/help/afk-watch-status.txt"),
    ),
    (
        WATCH,
        &["digest"],
        include_str!("../fixtures/help/afk-watch-digest.txt"),
    ),
    (
        POLL,
        &["replay"],
        include_str!("../fixtures/help/afk-poll-replay.txt"),
    ),
    (
        WATCH,
        &["check"],
        include_str!("../fixtures/help/afk-watch-check.txt"),
    ),
];

const POLL: &str = env!("CARGO_BIN_EXE_afk-poll");
const WATCH: &str = env!("CARGO_BIN_EXE_afk-watch");

#[test]
fn help_is_what_was_read_and_agreed_to() {
    for (binary, command, wanted) in HELP {
        let output = std::process::Command::new(binary)
            .env_clear()
            .args(command)
            .arg("--help")
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let told = String::from_utf8(output.stdout).unwrap();
        assert!(
            told == wanted,
            "put this into tests/fixtures/help when it is meant:\n{told}"
        );
        for line in wanted.lines() {
            assert!(line.chars().count() <= 100, "{line}");
        }
    }
}
