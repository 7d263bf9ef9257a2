//! The headless load generator: settings in, a crowd of visitors out, a report of what became of every hit.

#![allow(unreachable_pub, reason = "in a program `pub` means: for the other modules")]

mod cli;
mod clock;
mod commands;
mod content;
mod encode;
mod engine;
mod figures;
mod log;
mod metrics;
mod progress;
mod run;
mod state;
mod wire;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    // Ring, for every TLS client of this process; a second call would only say that it was done.
    rustls::crypto::ring::default_provider().install_default().ok();
    match cli::Cli::try_parse() {
        Ok(cli) => commands::dispatch(cli),
        Err(error) => {
            error.print().ok();
            if error.use_stderr() { ExitCode::from(cli::EXIT_CONFIG) } else { ExitCode::SUCCESS }
        }
    }
}
