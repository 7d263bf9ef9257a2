//! `cargo xtask prove`: runs against the receiver, each followed by `loadgen verify`, which must find every figure exact:
//! fixed ones of every kind, or such as are drawn at random.

mod cases;
mod content;
mod dice;
mod draw;
mod random;

use std::{
    hash::{BuildHasher as _, RandomState},
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::Value;

use crate::{
    generator::{Programs, without_settings},
    target::LOCAL_TOKEN,
};

/// What to prove, and how much.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  cargo xtask prove\n  cargo xtask prove --visits 8000\n  cargo xtask prove --random 20\n  \
                        cargo xtask prove --random 1 --seed 7"
)]
pub(crate) struct Arguments {
    /// Visits of all fixed runs together, but for the one whose hits are lost
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(400..=10_000_000))]
    visits: u64,
    /// N runs with random settings instead of the fixed ones
    #[arg(long, value_name = "N", conflicts_with = "visits", value_parser = clap::value_parser!(u64).range(1..))]
    random: Option<u64>,
    /// What random settings are drawn from: case after case has the next seed; another one each time when not given
    #[arg(long, value_name = "S", requires = "random")]
    seed: Option<u64>,
}

/// What the tests can afford: fixed runs of so many visits, and so many random ones.
const SHORT: (u64, u64) = (8000, 3);

/// The seed of the tests.
const SEED: u64 = 1;

/// Runs and proves.
///
/// # Errors
/// When a figure differs, and when what was lost is not named.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let programs = Programs::build()?;
    match arguments.random {
        // Short enough to be typed again.
        Some(count) => {
            let seed = arguments.seed.unwrap_or_else(|| RandomState::new().hash_one(count) % 1_000_000_000);
            random::run(&programs, count, seed)
        }
        None => cases::run(&programs, arguments.visits),
    }
}

/// The part of `cargo xtask test`.
///
/// # Errors
/// As [`run`].
pub(crate) fn suite() -> anyhow::Result<()> {
    let programs = Programs::build()?;
    cases::run(&programs, SHORT.0)?;
    random::run(&programs, SHORT.1, SEED)
}

/// What `loadgen verify` says of the last run.
fn verify(loadgen: &Path, tracker_url: &str, folder: &Path) -> anyhow::Result<(bool, Value)> {
    let mut command = Command::new(loadgen);
    without_settings(&mut command);
    let output = command
        .args(["verify", "--run", "last", "--format", "json", "--wait", "5"])
        .env("MATOMO_URL", tracker_url)
        .env("MATOMO_TOKEN_AUTH", LOCAL_TOKEN)
        .env("STATE_DIR", folder.join("state"))
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start the load generator")?;
    let said = match output.status.code() {
        Some(0 | 1) => serde_json::from_slice(&output.stdout).context("the proof is no JSON")?,
        _ => bail!("`loadgen verify` ended with {}", output.status),
    };
    Ok((output.status.success(), said))
}
