//! The log on standard error.

use std::io::IsTerminal;

use tracing::level_filters::LevelFilter;

use super::arguments::LogFormatArgument;
use crate::domain::config::{Config, LogFormat, LogLevel};

pub(super) fn start_logging(argument: Option<LogFormatArgument>, config: &Config) {
    let level = match config.logging.level {
        LogLevel::Off => LevelFilter::OFF,
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    let pretty = match (argument, config.logging.format) {
        (Some(LogFormatArgument::Pretty), _) | (None, LogFormat::Pretty) => true,
        (Some(LogFormatArgument::Json), _) | (None, LogFormat::Json) => false,
        (None, LogFormat::Auto) => std::io::stderr().is_terminal(),
    };
    let builder = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_target(false)
        .with_ansi(false)
        // A log that nobody can read any more is no reason to stop in the middle of an act.
        .log_internal_errors(false)
        .with_writer(std::io::stderr);
    // Fails only when a subscriber is installed already.
    drop(if pretty {
        builder.try_init()
    } else {
        builder.json().flatten_event(true).try_init()
    });
}
