//! `cargo xtask bench`: what a hit costs, measured and written down with the command and the machine.

mod capacity;
mod cost;
mod million;
mod page;
mod rivals;

use std::{fmt::Write as _, process::Command};

use anyhow::Context as _;
use clap::{Args, ValueEnum};

use crate::{
    generator::Programs,
    say, signals,
    workspace::{cargo, must, output_of, root},
};

/// What to measure.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  cargo xtask bench\n  cargo xtask bench single --seconds 20")]
pub(crate) struct Arguments {
    /// Only these; none = all
    what: Vec<What>,
    /// How long each sends [default: 15, a million visits 600]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(5..))]
    seconds: Option<u64>,
}

/// A benchmark, and a section of docs/benchmarks.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// Processor time a hit, one request each, beside wrk
    Single,
    /// Processor time a hit in bulk requests
    Bulk,
    /// A million visits under way at once: memory and lag
    Million,
    /// Planning and encoding alone
    Planning,
    /// The search for the most that a target bears, on a receiver whose limit is known
    Capacity,
    /// The control plane: how quickly it answers and starts, and its memory
    Control,
}

impl What {
    const ALL: [Self; 6] =
        [Self::Single, Self::Bulk, Self::Million, Self::Planning, Self::Capacity, Self::Control];
}

/// Measures, prints, and writes docs/benchmarks.md.
///
/// # Errors
/// When a program does not build or run.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let wanted: Vec<What> = What::ALL
        .into_iter()
        .filter(|what| arguments.what.is_empty() || arguments.what.contains(what))
        .collect();
    let mut page = page::Page::read(&root().join("docs/benchmarks.md"))?;
    for what in wanted {
        let name = what.to_possible_value().context("every benchmark has a name")?.get_name().to_owned();
        say::heading(&name);
        let text = match what {
            What::Single => cost::single(&Programs::build()?, arguments.seconds.unwrap_or(15))?,
            What::Bulk => cost::bulk(&Programs::build()?, arguments.seconds.unwrap_or(15))?,
            What::Million => million::run(&Programs::build()?, arguments.seconds.unwrap_or(600))?,
            What::Planning => planning()?,
            What::Capacity => capacity::run(&Programs::build()?)?,
            What::Control => control(&Programs::build()?)?,
        };
        signals::check()?;
        say::line(&text);
        page.set(&name, &format!("`cargo xtask bench {name}` on {}\n\n{text}", page::machine()));
        page.write()?;
    }
    Ok(())
}

/// The control plane over processes of this machine, as one client sees it.
fn control(programs: &Programs) -> anyhow::Result<String> {
    must(&mut cargo(&["build", "--release", "--package", "control", "--bins"]))?;
    let folder = programs.loadgen.parent().context("the load generator lies in a folder")?;
    output_of(Command::new(root().join("tests/api/figures.py")).env("PROGRAMS", folder))
}

/// The crates' own benchmarks, as they print themselves.
fn planning() -> anyhow::Result<String> {
    let mut text = String::new();
    for (package, bench) in [("traffic", "plan"), ("matomo", "encode")] {
        let printed = output_of(&mut cargo(&["bench", "--quiet", "--package", package, "--bench", bench]))?;
        let _ = write!(text, "```\n{}\n```\n", printed.trim_end());
    }
    Ok(text)
}
