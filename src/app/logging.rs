//! The log on standard error.

use std::io::{IsTerminal, Write};

use tracing::level_filters::LevelFilter;

use super::arguments::{CommonArguments, LogFormatArgument};
use super::settings::collect;
use crate::domain::config::{Config, LogFormat, LogLevel, early_log_format};
use crate::domain::text::quoting::printable;

/// Starts the log. A command that only looks is `quiet`: what it would do is no news, so that it logs from warnings on, unless
/// more than the usual is asked for.
pub(super) fn start_logging(argument: Option<LogFormatArgument>, config: &Config, quiet: bool) {
    let level = match config.logging.level {
        LogLevel::Off => LevelFilter::OFF,
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info if quiet => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    let pretty = !is_json(argument, config.logging.format);
    let builder = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_target(false)
        .with_ansi(false)
        // A log that nobody can read any more is no reason to stop in the middle of an act.
        .log_internal_errors(false)
        .with_writer(std::io::stderr);
    // Fails only when a subscriber is installed already.
    drop(if pretty {
        builder
            .with_writer(|| OneLine(std::io::stderr()))
            .try_init()
    } else {
        builder.json().flatten_event(true).try_init()
    });
}

/// Returns whether what is said before the settings are known is JSON; settings that can not be read are no reason not to look.
pub(super) fn is_json_early(arguments: &CommonArguments) -> bool {
    let sources = collect(arguments.config_dir.as_deref());
    let format = sources.map_or(LogFormat::Auto, |sources| early_log_format(&sources));
    is_json(arguments.log_format, format)
}

fn is_json(argument: Option<LogFormatArgument>, format: LogFormat) -> bool {
    match (argument, format) {
        (Some(LogFormatArgument::Pretty), _) | (None, LogFormat::Pretty) => false,
        (Some(LogFormatArgument::Json), _) | (None, LogFormat::Json) => true,
        (None, LogFormat::Auto) => !std::io::stderr().is_terminal(),
    }
}

/// Writes each event as one line, whatever texts of others are in it. An event comes as a whole, with its line end. JSON
/// needs none of this: it has no line ends in its texts.
struct OneLine<W: Write>(W);

impl<W: Write> Write for OneLine<W> {
    fn write(&mut self, event: &[u8]) -> std::io::Result<usize> {
        let line = printable(&String::from_utf8_lossy(event)) + "\n";
        self.0.write_all(line.as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_line() {
        let mut log = OneLine(Vec::new());
        log.write_all(b"INFO a check \x1b[31m\nERROR forged\r\n")
            .unwrap();
        assert_eq!(log.0, b"INFO a check [31m ERROR forged\n");
    }
}
