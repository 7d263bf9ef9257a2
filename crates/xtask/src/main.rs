//! The project's own commands. `cargo xtask help` lists them.

mod api_types;
mod bench;
mod chaos;
mod clock;
mod demo;
mod demo_page;
mod deps;
mod docker_setup;
mod generate;
mod generator;
mod images;
mod process;
mod prove;
mod say;
mod signals;
mod soak;
mod steps;
mod suites;
mod target;
mod test;
mod tools;
mod web;
mod workspace;

use std::process::ExitCode;

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
    /// Watch a crowd visit a receiver that is started for it; ends by comparing what was sent with what was recorded
    Demo(demo::Arguments),
    /// Run every check: format, lints, dependency rules, generated files, tests, doc tests, suites
    Test(test::Arguments),
    /// Build the web page into web/dist, which the control plane is built with
    Web(web::Arguments),
    /// Record the walkthroughs of docs/tutorials from the running page; takes some minutes
    Tutorials,
    /// Write the files that are derived from the code: docs/settings.md, config/*.env, the report's schema
    Generate(generate::Arguments),
    /// Check which crate may reach what, and the licences of everything that is linked
    DepsCheck,
    /// Build the container images; makes their base image first where none can be pulled
    Images(images::Arguments),
    /// Measure what a hit costs, beside wrk, and write docs/benchmarks.md
    Bench(bench::Arguments),
    /// Kill a backfill again and again, and prove that nothing is missing and little is there twice
    Chaos(chaos::Arguments),
    /// Run every kind of traffic against the receiver and prove that what was sent is what its reports say
    Prove(prove::Arguments),
    /// Watch a steady load for a long time: memory, open files, lag, and the conservation law against the receiver
    Soak(soak::Arguments),
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Test(arguments) => test::run(&arguments),
        Command::Web(arguments) => web::run(&arguments),
        Command::Tutorials => web::tutorials(),
        Command::Generate(arguments) => generate::run(&arguments),
        Command::DepsCheck => deps::run(),
        Command::Images(arguments) => images::run(&arguments),
        Command::Bench(arguments) => bench::run(&arguments),
        Command::Chaos(arguments) => chaos::run(&arguments),
        Command::Prove(arguments) => prove::run(&arguments),
        Command::Soak(arguments) => soak::run(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say::line(format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
