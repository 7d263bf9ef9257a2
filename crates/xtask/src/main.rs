//! The project's own commands. `cargo xtask help` lists them.

mod clock;
mod deps;
mod generate;
mod say;
mod steps;
mod suites;
mod test;
mod tools;
mod workspace;

use clap::{Parser, Subcommand};

/// The project's own commands.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run every check: format, lints, dependency rules, generated files, tests, doc tests, suites
    Test(test::Arguments),
    /// Write the files that are derived from the code: docs/settings.md, config/*.env, the report's schema
    Generate(generate::Arguments),
    /// Check which crate may reach what, and the licences of everything that is linked
    DepsCheck,
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::Test(arguments) => test::run(&arguments),
        Command::Generate(arguments) => generate::run(&arguments),
        Command::DepsCheck => deps::run(),
    }
}
