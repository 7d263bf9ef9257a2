//! The headless load generator: settings in, a crowd of visitors out, a report of what became of every hit.

#![allow(unreachable_pub, reason = "in a program `pub` means: for the other modules")]

mod capacity;
mod chronicle;
mod cli;
mod clock;
mod commands;
mod content;
mod encode;
mod engine;
mod figures;
mod log;
mod metrics;
mod probes;
mod progress;
mod record;
mod reporting;
mod run;
mod state;
mod wire;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    end_on_panic();
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

/// A panic in one task would leave its hits unaccounted for while the others go on: end the process instead.
fn end_on_panic() {
    let say = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        say(panic);
        std::process::exit(i32::from(cli::EXIT_SOFTWARE));
    }));
}
