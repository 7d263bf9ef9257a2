//! The log: one line an event, on standard error, as text or JSON.

use settings::{LogLevel, Process};
use tracing::level_filters::LevelFilter;

/// Sets the log up; only the first call of a process counts.
pub fn start(process: &Process) {
    let level = match process.log_level {
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Warning => LevelFilter::WARN,
        LogLevel::Error => LevelFilter::ERROR,
    };
    let builder =
        tracing_subscriber::fmt().with_max_level(level).with_target(false).with_writer(std::io::stderr);
    if process.log_json {
        builder.json().flatten_event(true).try_init().ok();
    } else {
        builder.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).try_init().ok();
    }
}
