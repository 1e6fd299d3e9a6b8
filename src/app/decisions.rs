//! `--decisions`: appends what a tick decided to a file, and tells it to a log that wants everything.
//!
//! A record that can not be written is a failure of the tick, and stops nothing: the tick is over when it is written. A tick
//! that is killed leaves none.

use std::fs::OpenOptions;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use crate::domain::record::Line;
use crate::tick::{Failure, TickReport};

/// Whether anybody wants to know what decisions were made from.
pub(super) fn are_wanted(file: Option<&Path>) -> bool {
    file.is_some() || tracing::enabled!(tracing::Level::DEBUG)
}

/// Writes the record of a tick.
pub(super) fn keep(report: &mut TickReport, file: Option<&Path>) {
    let kept = report.decisions().and_then(|lines| {
        for line in &lines {
            tell(line)?;
        }
        match file {
            Some(file) if !lines.is_empty() => {
                append(file, &lines).map_err(|why| format!("{}: {why}", file.display()))
            }
            Some(_) | None => Ok(()),
        }
    });
    if let Err(why) = kept {
        tracing::warn!("--decisions: {why}");
        report
            .failures
            .push(Failure::warning(None, "afk", "write the decisions", why));
    }
}

/// Tells the log, without the facts.
fn tell(line: &Line) -> Result<(), String> {
    if tracing::enabled!(tracing::Level::DEBUG) {
        let text = json(&line.without_facts())?;
        tracing::debug!(repo = %line.repository, issue = line.issue.0, "decided: {text}");
    }
    Ok(())
}

fn json(line: &Line) -> Result<String, String> {
    serde_json::to_string(line).map_err(|error| error.to_string())
}

/// Appends lines, and nothing to anything but a file: a pipe or a device would take them and keep nothing.
fn append(path: &Path, lines: &[Line]) -> Result<(), String> {
    // Asked before it is opened: opening a pipe waits for somebody who reads.
    match std::fs::metadata(path) {
        Ok(metadata) if !metadata.is_file() => return Err("expected a file".to_owned()),
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(error.to_string()),
    }
    let in_words = |error: std::io::Error| error.to_string();
    let mut file = OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
        .map_err(in_words)?;
    let mut text = String::new();
    let end = file.seek(SeekFrom::End(0)).map_err(in_words)?;
    if end > 0 {
        // A writer that died in a line spoils no other one.
        file.seek(SeekFrom::End(-1)).map_err(in_words)?;
        let mut last = [0];
        file.read_exact(&mut last).map_err(in_words)?;
        if last != *b"\n" {
            text.push('\n');
        }
    }
    for line in lines {
        text.push_str(&json(line)?);
        text.push('\n');
    }
    file.write_all(text.as_bytes())
        .and_then(|()| file.sync_data())
        .map_err(in_words)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use chrono::DateTime;

    use super::*;
    use crate::domain::record::Tick;
    use crate::domain::repository::{ForgeKind, IssueNumber, RepoRef};

    fn line(issue: u64) -> Line {
        let repository = RepoRef::parse("octo-org/widgets", ForgeKind::GitHub).unwrap();
        let (at, number) = (DateTime::UNIX_EPOCH, IssueNumber(issue));
        Line::new::<()>(Tick::Poll, at, repository, number, None).unwrap()
    }

    #[test]
    fn lines_are_added_for_the_owner_alone_and_a_torn_one_spoils_no_other() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("decisions");
        append(&path, &[line(1)]).unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        append(&path, &[line(2), line(3)]).unwrap();
        let torn = std::fs::read_to_string(&path).unwrap() + "{\"vers";
        std::fs::write(&path, torn).unwrap();
        append(&path, &[line(4)]).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let issues: Vec<Option<u64>> = text
            .lines()
            .map(|line| Line::parse(line).ok().map(|line| line.issue.0))
            .collect();
        assert_eq!(issues, [Some(1), Some(2), Some(3), None, Some(4)]);
    }

    #[test]
    fn nothing_is_written_to_what_is_no_file() {
        let directory = tempfile::tempdir().unwrap();
        let pipe = directory.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        for path in [directory.path(), &pipe, Path::new("/dev/null")] {
            assert_eq!(
                append(path, &[line(1)]),
                Err("expected a file".to_owned()),
                "{}",
                path.display()
            );
        }
        let nowhere = directory.path().join("none").join("decisions");
        assert!(append(&nowhere, &[line(1)]).is_err());
    }
}
