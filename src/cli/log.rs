//! The log: one line per event on standard error. On a terminal only warnings, since the bars speak; so where quiet is asked
//! for.

use std::io::IsTerminal;

use tracing::level_filters::LevelFilter;

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// One line of text per event
    Text,
    /// One JSON object per event
    Json,
}

/// Starts the log.
pub(super) fn start(format: Format, quiet: bool) {
    let terminal = std::io::stderr().is_terminal();
    let level = if quiet || (terminal && format == Format::Text) { LevelFilter::WARN } else { LevelFilter::INFO };
    let builder = tracing_subscriber::fmt().with_writer(std::io::stderr).with_max_level(level).with_ansi(terminal);
    match format {
        Format::Text => builder.with_target(false).init(),
        Format::Json => builder.json().flatten_event(true).with_target(false).init(),
    }
}
